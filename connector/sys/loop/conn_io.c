/* conn_io.c - bytes of a stream to and from the kernel, plain or TLS, without
 * any callback; see conn_int.h.
 */
#include <errno.h>
#include <sys/socket.h>
#include "connector/base/mem.h"
#include "connector/sys/loop/conn_int.h"

#define LINGER_MAX (1024 * 1024)

void conn_late_end(struct conn *c, enum conn_end how, const struct err *why)
{
	if (c->late)
		return;
	c->late = NEW(struct conn_late);
	c->late->how = how;
	if (why)
		c->late->why = *why;
}

static enum tls_io socket_error(const char *what, enum tls_io want,
				struct err *e)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return want;
	err_errno(e, "%s", what);
	e->class = ERR_RETRY; /* another connection may do better */
	return TLS_FAILED;
}

static enum tls_io send_plain(int fd, const void *p, size_t n, size_t *n_r,
			      struct err *e)
{
	ssize_t sent;

	*n_r = 0;
	do {
		sent = send(fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return socket_error("send", TLS_WANT_WRITE, e);
	*n_r = (size_t)sent;
	return TLS_OK;
}

static enum tls_io recv_plain(int fd, void *p, size_t n, size_t *n_r,
			      struct err *e)
{
	ssize_t got;

	*n_r = 0;
	do {
		got = recv(fd, p, n, MSG_DONTWAIT);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return socket_error("receive", TLS_WANT_READ, e);
	*n_r = (size_t)got;
	return got > 0 ? TLS_OK : TLS_CLOSED;
}

/* The write side is over. The read side goes on where it can: the peer's last
 * words, a reply that says why, may still be there. */
static void write_failed(struct conn *c, const struct err *why)
{
	c->dead = true;
	c->unsent += c->out.n - c->out_at;
	buf_release(&c->out);
	c->out_at = c->plain_left = 0;
	conn_late_end(c, CONN_END_ERROR, why);
	if (!conn_is_open(c))
		c->in_over = true;
}

size_t conn_send_now(struct conn *c, const void *p, size_t n)
{
	struct err why = ERR_EMPTY;
	size_t all = 0, some;
	enum tls_io io;

	do {
		io = c->state == CONN_SECURED
			     ? tls_write(c->tls, (const char *)p + all, n - all,
					 &some, &why)
			     : send_plain(c->fd, (const char *)p + all, n - all,
					  &some, &why);
		all += some;
	} while (io == TLS_OK && all < n);
	c->write_wants_read = io == TLS_WANT_READ;
	if (io == TLS_CLOSED || io == TLS_TRUNCATED || io == TLS_FAILED)
		write_failed(c, &why);
	return all;
}

void conn_flush(struct conn *c)
{
	bool plain_only = c->state == CONN_TLS_WAIT;
	size_t n = plain_only ? c->plain_left : c->out.n - c->out_at;
	size_t sent;

	if (n == 0 || c->dead || !(conn_is_open(c) || plain_only))
		return;
	sent = conn_send_now(c, c->out.p + c->out_at, n);
	if (c->dead)
		return;
	c->out_at += sent;
	if (plain_only)
		c->plain_left -= sent;
	if (c->out_at == c->out.n) {
		buf_release(&c->out);
		c->out_at = 0;
	}
}

static void read_ended(struct conn *c, enum tls_io io, const struct err *why)
{
	c->in_over = true;
	if (io == TLS_FAILED)
		c->dead = true;
	conn_late_end(c,
		      io == TLS_CLOSED	    ? CONN_END_EOF
		      : io == TLS_TRUNCATED ? CONN_END_TRUNCATED
					    : CONN_END_ERROR,
		      why);
}

size_t conn_receive(struct conn *c, char *p, size_t n)
{
	bool tls = c->state == CONN_SECURED;
	struct err why = ERR_EMPTY;
	size_t all = 0, some;
	enum tls_io io;

	do { /* TLS gives a record at a time; the kernel all it has */
		io = tls ? tls_read(c->tls, p + all, n - all, &some, &why)
			 : recv_plain(c->fd, p + all, n - all, &some, &why);
		all += some;
	} while (tls && io == TLS_OK && all < n);
	c->read_wants_write = io == TLS_WANT_WRITE;
	if (io == TLS_CLOSED || io == TLS_TRUNCATED || io == TLS_FAILED)
		read_ended(c, io, &why);
	return all;
}

bool conn_linger(struct conn *c)
{
	struct err why;
	size_t some;
	enum tls_io io = recv_plain(c->fd, loop_scratch(c->loop), SCRATCH_BYTES,
				    &some, &why);

	c->lingered += some;
	if (io == TLS_WANT_READ)
		return true;
	return io == TLS_OK && c->lingered < LINGER_MAX;
}
