/* conn.h - a TCP stream on a loop, plain or TLS, for both sides of SMTP.
 *
 * The owner reads in on_data: `in` holds all unread bytes; it calls
 * conn_consume() for what it has taken.  When CONN_IN_MAX bytes are unread,
 * reading stops until some are consumed: back-pressure.  What is written in a
 * callback leaves in one piece after it; on_drained comes from the loop each
 * time the queue fell to zero after a conn_write().
 * Errors and end of stream come once, by on_end; no callback comes after it,
 * and the owner must then free or close (it may still write after EOF,
 * TRUNCATED and DEADLINE).  Deadlines are absolute: a byte does not restart
 * them.  Every call is safe inside every callback, conn_free() too; the bytes
 * and the err that a callback was given live until it returns.
 *
 * STARTTLS: conn_start_tls() refuses to carry over unread plain bytes: it
 * drops them and reports how many, so that nothing read before the handshake
 * is ever acted on after it.  What was written before it leaves
 * in plain, what is written after it leaves only under TLS.
 */
#ifndef SEKISHO_SYS_CONN_H
#define SEKISHO_SYS_CONN_H

#include <sys/socket.h>
#include "connector/base/buf.h"
#include "connector/base/cidr.h"
#include "connector/sys/loop/loop.h"
#include "connector/sys/tls/tls.h"

#define CONN_IN_MAX (256 * 1024)
/* An owner that writes more without waiting for on_drained gets on_end. */
#define CONN_OUT_MAX (32 * 1024 * 1024)

enum conn_end {
	CONN_END_EOF,	    /* orderly end by the peer (TLS: close_notify) */
	CONN_END_TRUNCATED, /* TLS: end without close_notify */
	CONN_END_ERROR,	    /* socket or TLS error; text in err */
	CONN_END_DEADLINE,  /* conn_deadline() passed */
};

struct conn;
struct conn_ops {
	void (*on_data)(void *arg, struct conn *c, struct str in);
	void (*on_drained)(void *arg, struct conn *c);
	void (*on_secured)(void *arg, struct conn *c); /* handshake done */
	void (*on_connected)(void *arg, struct conn *c);
	void (*on_end)(void *arg, struct conn *c, enum conn_end how,
		       const struct err *why);
};

/* Takes fd (non-blocking, TCP_NODELAY set here). */
struct conn *conn_new(struct loop *l, int fd, const struct conn_ops *ops,
		      void *arg);
/* Starts a connect; on_connected or on_end follows, never before return. */
struct conn *conn_connect(struct loop *l, const struct sockaddr *to,
			  socklen_t to_len, const struct sockaddr *bind_to,
			  socklen_t bind_len, const struct conn_ops *ops,
			  void *arg, struct err *e) MUST_USE;
/* Ends and frees; no callback comes after it. Safe inside callbacks. */
void conn_free(struct conn **c);

void conn_consume(struct conn *c, size_t n); /* from on_data's view */
/* All of on_data's view holds, or may hold, a secret: what was consumed of it
 * is wiped when the callback returns. */
void conn_wipe(struct conn *c);
/* Stop and go on reading (a session that waits for a commit). Going on calls
 * on_data for bytes already there, from the loop. */
void conn_pause(struct conn *c, bool paused);
void conn_write(struct conn *c, const void *p, size_t n); /* copies */
void conn_write_str(struct conn *c, struct str s);
/* What is written from now on is wiped when it has left. */
void conn_secret(struct conn *c);
size_t conn_pending(const struct conn *c); /* bytes not yet with the kernel */
/* Flush what is queued, then close in an orderly way and free. on_end is not
 * called. At most `within_us`. What the peer still sends is read and dropped,
 * so that our last bytes reach it. */
void conn_close_after_flush(struct conn **c, int64_t within_us);
void conn_deadline(struct conn *c, int64_t after_us); /* 0: none */

/* dropped_r: unread plain bytes thrown away (consume the command before), or
 * NULL. Server or client by ctx; sni also is the name to verify. */
void conn_start_tls(struct conn *c, struct tls_ctx *ctx, const char *sni,
		    size_t *dropped_r);
bool conn_is_tls(const struct conn *c);
struct tls_session *conn_tls(struct conn *c); /* NULL when plain */
int conn_fd(const struct conn *c);

/* Listening sockets: addresses as "0.0.0.0:25" or "[::1]:25"; used by the
 * supervisor. SO_REUSEADDR; IPV6_V6ONLY for v6. */
bool net_listen(struct str address, int *fd_r, struct err *e) MUST_USE;
bool net_parse(struct str address, struct sockaddr_storage *sa_r,
	       socklen_t *len_r, struct err *e) MUST_USE;
void net_text(const struct sockaddr *sa, bool with_port, struct buf *out);

/* Accepts on fd, which stays the caller's; hands over descriptors. */
struct acceptor;
struct acceptor *acceptor_new(struct loop *l, int fd,
			      void (*fn)(void *arg, int fd,
					 const struct sockaddr_storage *peer),
			      void *arg);
void acceptor_pause(struct acceptor *a, bool paused);
void acceptor_free(struct acceptor **a);

#endif
