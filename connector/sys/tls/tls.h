/* tls.h - TLS contexts and sessions (OpenSSL behind our own types).
 *
 * TLS 1.2 and 1.3, X25519 first, no tickets, no renegotiation, no compression.
 * A context is reference-counted and immutable: a reload makes a new one, and
 * sessions keep the one they began with.  Error queues are cleared per call.
 */
#ifndef SEKISHO_SYS_TLS_H
#define SEKISHO_SYS_TLS_H

#include "connector/base/arena.h"
#include "connector/base/buf.h"
#include "connector/base/err.h"

struct tls_ctx;
struct tls_session;

struct tls_server_conf {
	const char *certificate_file; /* PEM chain */
	const char *key_file;
	struct str key;			 /* its PEM, instead of key_file */
	bool request_client_certificate; /* asked for, never demanded */
	const char *client_ca_file; /* to verify clients; NULL: system store */
	const char *alpn;	    /* "http/1.1" or NULL */
};
struct tls_ctx *tls_server_new(const struct tls_server_conf *conf,
			       struct err *e) MUST_USE;
/* A certificate for peers that ask for this name by SNI (RFC 6066 3); those
 * that ask for another one, or for none, get ctx's own. named NULL: a label
 * only, with ctx's own certificate. Before the first session; keeps a
 * reference of named. */
void tls_server_add_name(struct tls_ctx *ctx, const char *name,
			 struct tls_ctx *named);

enum tls_verify { TLS_VERIFY_NONE, TLS_VERIFY_NAME };
struct tls_client_conf {
	const char *ca_file;	      /* NULL: system store */
	const char *certificate_file; /* client certificate, or NULL */
	const char *key_file;	      /* NULL: in certificate_file */
	enum tls_verify verify;
};
struct tls_ctx *tls_client_new(const struct tls_client_conf *conf,
			       struct err *e) MUST_USE;
struct tls_ctx *tls_ctx_ref(struct tls_ctx *ctx);
bool tls_ctx_is_server(const struct tls_ctx *ctx);
void tls_ctx_free(struct tls_ctx **ctx); /* drops one reference */

/* name: SNI and, with TLS_VERIFY_NAME, the DNS-ID to check (RFC 9525; the CN
 * serves where the certificate has no DNS names at all), or an IP address. */
struct tls_session *tls_session_new(struct tls_ctx *ctx, int fd,
				    const char *name, struct err *e) MUST_USE;
void tls_session_free(struct tls_session **s);

enum tls_io {
	TLS_OK,
	TLS_WANT_READ,
	TLS_WANT_WRITE,
	TLS_CLOSED,
	TLS_TRUNCATED,
	TLS_FAILED
};
enum tls_io tls_handshake(struct tls_session *s, struct err *e);
enum tls_io tls_read(struct tls_session *s, void *p, size_t n, size_t *n_r,
		     struct err *e);
enum tls_io tls_write(struct tls_session *s, const void *p, size_t n,
		      size_t *n_r, struct err *e);
bool tls_pending(struct tls_session *s);  /* decrypted bytes wait inside */
void tls_shutdown(struct tls_session *s); /* close_notify, best effort */

const char *tls_version(struct tls_session *s); /* "TLSv1.3" */
const char *tls_cipher(struct tls_session *s);
/* Was the peer's certificate there, and did its chain verify? */
bool tls_peer_verified(struct tls_session *s);
/* The added name that the peer asked for, as it was added; NULL: none, or
 * another one. A label that the peer chose, never a proof. Valid as long as
 * the session. */
const char *tls_server_name(const struct tls_session *s);
/* First DNS SAN, else CN, of the peer's certificate into out. */
bool tls_peer_name(struct tls_session *s, struct buf *out);
/* Every DNS SAN of it, or where it has none the CN: at most `most` names, into
 * the arena; those that are no plain text are left out. How many came. */
size_t tls_peer_names(struct tls_session *s, struct arena *a,
		      struct str *name_r, size_t most);
bool tls_peer_has_name(struct tls_session *s, const char *name);

/* A bare SSL for a server's bufferevent (connector/sys/http only), which frees
 * it; it keeps a reference of ctx. */
struct ssl_st;
struct ssl_st *tls_bare_server(struct tls_ctx *ctx) MUST_USE;

#endif
