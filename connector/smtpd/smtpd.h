/* smtpd.h - the SMTP server: listeners, sessions, verbs, DATA, BDAT, replies.
 * One per loop. Never a relay: a session that proves no tenant gets 550 5.7.1.
 */
#ifndef SEKISHO_SMTPD_H
#define SEKISHO_SMTPD_H

#include "auth/auth.h"
#include "auth/login.h"
#include "connector/flow/flow.h"
#include "connector/sys/tls/tls.h"

/* Where a peer came in. */
enum smtpd_door {
	DOOR_SMTP,	  /* servers: they prove a tenant, nobody logs in */
	DOOR_SUBMISSION,  /* people: they log in under STARTTLS (RFC 6409) */
	DOOR_SUBMISSIONS, /* the same, TLS from the first byte (RFC 8314 3.3) */
};
struct smtpd_listener {
	int fd;
	enum smtpd_door door;
};

struct smtpd;
struct smtpd_conf {
	struct loop *loop;
	const struct config *config;
	struct flow *flow;
	struct auth *auth;     /* of the same configuration, at all times */
	struct logins *logins; /* likewise; NULL: there are none */
	struct tls_ctx *tls;   /* NULL: no STARTTLS is offered */
	const struct smtpd_listener *listener;
	size_t listener_n;
	const struct log_ctx *log;
	struct metrics *metrics;
};
struct smtpd *smtpd_new(const struct smtpd_conf *conf, struct err *e) MUST_USE;
void smtpd_set_tls(struct smtpd *s, struct tls_ctx *tls); /* new sessions */
/* After auth_set_config() and logins_set_config(). */
void smtpd_set_config(struct smtpd *s, const struct config *c);
/* No new sessions; open ones end at their next command with 421. done when
 * the last is gone or after within_us. */
void smtpd_drain(struct smtpd *s, int64_t within_us, void (*done)(void *arg),
		 void *arg);
void smtpd_free(struct smtpd **s);
size_t smtpd_sessions(const struct smtpd *s);

#endif
