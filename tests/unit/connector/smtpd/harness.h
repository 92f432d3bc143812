/* harness.h - the real session code on a real loop, with made-up peers.
 *
 * A client is one end of a socket pair; its peer address is what the test
 * says.  Nothing runs but inside pump(), so each send is one segment and every
 * run is the same.
 */
#ifndef TESTS_SMTPD_HARNESS_H
#define TESTS_SMTPD_HARNESS_H

#include "connector/smtpd/smtpd_int.h"
#include "tests/unit/connector/smtpd/fake_flow.h"
#include "tests/unit/connector/smtpd/fake_login.h"

#define PEER_EXAMPLE  "192.0.2.7"     /* tenant example, no TLS needed */
#define PEER_SECURE   "198.51.100.7"  /* tenant secure, TLS needed */
#define PEER_SHARED   "203.0.113.7"   /* both tenants' network, TLS for one */
#define PEER_STRANGER "192.168.99.99" /* nobody's */

struct harness {
	struct loop *loop;
	struct config config;
	struct tenant_conf tenant[2];
	struct flow flow;
	struct logins logins;
	struct auth *auth;
	struct smtpd *smtpd;
	struct tls_ctx *server_tls, *client_tls;
	struct metrics metrics;
	bool tls_files; /* certificates were made in dir */
	char dir[64];
};

/* Tenants: example (example.jp, *.example.jp; 192.0.2.0/24, 203.0.113.0/24),
 * secure (secure.test; 198.51.100.0/24, 203.0.113.0/24; TLS). */
void harness_init(struct harness *h, bool tls);
void harness_release(struct harness *h);
void pump(struct harness *h); /* until nothing more happens by itself */

struct client {
	struct harness *h;
	int fd;
	struct tls_session *tls;
	const char *sni; /* asked for in the handshake; NULL: none */
	struct buf in;
	bool eof;
};
bool client_open(struct harness *h, struct client *c, const char *peer);
/* Where people come in; with DOOR_SUBMISSIONS the handshake is next. */
bool client_open_at(struct harness *h, struct client *c, const char *peer,
		    enum smtpd_door door);
void client_close(struct client *c);
void client_fin(struct client *c);
void client_send(struct client *c, struct str s); /* one segment, then pump */
void client_say(struct client *c, const char *line);	    /* adds CR LF */
void client_raw(struct client *c, const void *p, size_t n); /* below TLS */
bool client_start_tls(struct client *c); /* the handshake alone */
void client_pull(struct client *c);	 /* pump and read */
/* One whole reply, lines joined by \n; empty: none. Valid until next. */
struct str client_reply(struct client *c);
struct str client_reply_ready(struct client *c); /* without a look */
bool fits(const char *pattern, struct str s);	 /* '*' alone is special */
/* The next reply fits the pattern. Prints both when not. */
bool client_expect(struct client *c, const char *pattern);
/* EHLO and a transaction up to the reply to DATA. */
bool client_to_data(struct client *c, const char *from, const char *to);

#endif
