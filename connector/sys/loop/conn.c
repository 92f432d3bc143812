/* conn.c - streams on a loop: state, callbacks, life and end; see conn.h.
 *
 * All events of a stream run through work(), which calls the owner in a fixed
 * order; what an owner's call changes is settled once, when the outermost of
 * our functions is left.  Memory goes then, too.
 */
#include "connector/sys/loop/conn.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include "connector/base/die.h"
#include "connector/base/mem.h"
#include "connector/sys/loop/conn_int.h"

/* Once bytes are kept unread, the next ones come in pieces of this size. */
#define READ_MORE ((size_t)16 * 1024)

static void work(struct conn *c, int ready);

/* ---- what is wanted of the loop ---- */

static bool may_read(const struct conn *c)
{
	return conn_is_open(c) && !c->in_over && !c->paused && !c->closing &&
	       c->in.n < CONN_IN_MAX;
}

static bool can_end(const struct conn *c)
{
	return c->late && c->in_over && !c->ended &&
	       ((!c->paused && !c->again) || !conn_is_open(c));
}

static bool is_drained(const struct conn *c)
{
	return c->drain_due && c->out.n == 0 && !c->ended && !c->dead &&
	       conn_is_open(c);
}

static int wants_opening(const struct conn *c)
{
	if (c->in_over)
		return 0;
	if (c->state == CONN_HANDSHAKE && !c->shake_wants_write)
		return IO_READ;
	return IO_WRITE;
}

static int wants(const struct conn *c)
{
	int want = 0;

	if (!conn_is_open(c))
		return wants_opening(c);
	if (c->fin_sent)
		return IO_READ;
	if (may_read(c))
		want |= c->read_wants_write ? IO_WRITE : IO_READ;
	if (c->out.n > 0 && !c->dead)
		want |= c->write_wants_read ? IO_READ : IO_WRITE;
	return want;
}

/* Is there something to do that no descriptor will tell? */
static bool wants_kick(const struct conn *c)
{
	if (c->closing)
		return c->out.n == 0 && !c->fin_sent;
	return (c->again && !c->paused && !c->ended) || can_end(c) ||
	       is_drained(c) ||
	       (c->state == CONN_SECURED && may_read(c) && tls_pending(c->tls));
}

static void on_kick(void *arg)
{
	work(arg, 0);
}

static void settle(struct conn *c)
{
	if (c->busy || c->freed)
		return;
	if (c->state == CONN_TLS_WAIT && c->plain_left == 0)
		c->state = CONN_HANDSHAKE;
	io_want(c->io, wants(c));
	if (!wants_kick(c))
		return;
	if (!c->kick)
		c->kick = timer_new(c->loop, on_kick, c);
	timer_set(c->kick, 0);
}

/* ---- life ---- */

static void release(struct conn *c)
{
	buf_release(&c->in);
	buf_release(&c->out);
	mem_free(c->late);
	mem_free(c);
}

/* The descriptor goes at once; memory that a callback of ours may look at
 * stays until that returns. */
static void destroy(struct conn *c)
{
	if (c->freed)
		return;
	c->freed = true;
	loop_unadopt(&c->orphan);
	io_free(&c->io);
	timer_free(&c->deadline);
	timer_free(&c->kick);
	/* Bytes that never left are an end the peer shall not take as ours. */
	if (c->tls && c->out.n == 0 && !c->fin_sent)
		tls_shutdown(c->tls);
	tls_session_free(&c->tls);
	close(c->fd);
	if (c->busy == 0)
		release(c);
}

void conn_free(struct conn **c)
{
	struct conn *old = TAKE(*c);

	if (old)
		destroy(old);
}

static void enter(struct conn *c)
{
	c->busy++;
}

static void leave(struct conn *c)
{
	if (!c->freed && c->busy == 1)
		conn_flush(c);
	if (--c->busy > 0)
		return;
	if (c->freed)
		release(c);
	else
		settle(c);
}

static void on_ready(void *arg, int ready)
{
	work(arg, ready);
}

static struct conn *make(struct loop *l, int fd, const struct conn_ops *ops,
			 void *arg)
{
	struct conn *c = NEW(struct conn);
	int on = 1;

	c->loop = l;
	c->fd = fd;
	c->ops = ops;
	c->arg = arg;
	c->in = BUF_MAX(CONN_IN_MAX);
	c->out = BUF_MAX(CONN_OUT_MAX);
	c->io = io_new(l, fd, on_ready, c);
	/* Fails on what is no TCP socket, and does not matter there. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return c;
}

struct conn *conn_new(struct loop *l, int fd, const struct conn_ops *ops,
		      void *arg)
{
	struct conn *c = make(l, fd, ops, arg);

	net_nonblocking(fd);
	c->state = CONN_PLAIN;
	settle(c);
	return c;
}

struct conn *conn_connect(struct loop *l, const struct sockaddr *to,
			  socklen_t to_len, const struct sockaddr *bind_to,
			  socklen_t bind_len, const struct conn_ops *ops,
			  void *arg, struct err *e)
{
	struct conn *c;
	int fd;

	if (!net_connect(to, to_len, bind_to, bind_len, &fd, e))
		return NULL;
	c = make(l, fd, ops, arg);
	c->state = CONN_CONNECTING;
	settle(c);
	return c;
}

/* ---- telling the owner ---- */

static void tell_end(struct conn *c, enum conn_end how, const struct err *why)
{
	if (c->ended || c->closing)
		return;
	c->ended = c->in_over = true;
	c->again = false;
	if (c->deadline)
		timer_stop(c->deadline);
	if (c->ops->on_end)
		c->ops->on_end(c->arg, c, how, why);
}

/* Show `v`, which lies in the scratch or in c->in; keep what is not taken. */
static void show(struct conn *c, struct str v, bool in_scratch)
{
	struct str rest;

	c->again = false;
	c->view = v;
	c->taken = 0;
	c->viewing = true;
	c->view_dropped = false;
	c->wipe = false;
	if (c->ops->on_data)
		c->ops->on_data(c->arg, c, v);
	c->viewing = false;
	/* The bytes are ours, in the scratch or in c->in; that one may be gone,
	 * and was wiped then. */
	if (c->wipe &&
	    (in_scratch || (!c->freed && !c->closing && !c->view_dropped)))
		mem_wipe((char *)(uintptr_t)v.p, c->taken);
	if (c->freed || c->closing)
		return;
	rest = str_skip(v, c->taken);
	if (in_scratch)
		must(buf_put_str(&c->in, rest));
	else
		buf_drop(&c->in, c->taken);
	if (c->in.n == 0) {
		buf_release(&c->in);
		c->again = false;
	}
}

static void take_in(struct conn *c)
{
	bool scratch = c->in.n == 0;
	size_t room = scratch ? SCRATCH_BYTES
			      : MIN_OF(READ_MORE, CONN_IN_MAX - c->in.n);
	char *to = scratch ? loop_scratch(c->loop) : buf_room(&c->in, room);
	size_t n;

	must(to);
	n = conn_receive(c, to, room);
	if (n == 0)
		return;
	if (!scratch)
		buf_grown(&c->in, n);
	show(c, scratch ? str_n(to, n) : buf_str(&c->in), scratch);
}

static void finish_connect(struct conn *c)
{
	struct err why = ERR_EMPTY;
	socklen_t len = sizeof(int);
	int code = 0;

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &code, &len) != 0)
		code = errno;
	if (code == 0) {
		c->state = CONN_PLAIN;
		if (c->ops->on_connected)
			c->ops->on_connected(c->arg, c);
		return;
	}
	errno = code;
	err_errno(&why, "connect");
	why.class = ERR_RETRY;
	c->in_over = c->dead = true;
	conn_late_end(c, CONN_END_ERROR, &why);
}

static void shake(struct conn *c)
{
	struct err why = ERR_EMPTY;
	enum tls_io io = tls_handshake(c->tls, &why);

	c->shake_wants_write = io == TLS_WANT_WRITE;
	if (io == TLS_WANT_READ || io == TLS_WANT_WRITE)
		return;
	if (io == TLS_OK) {
		c->state = CONN_SECURED;
		if (c->ops->on_secured)
			c->ops->on_secured(c->arg, c);
		return;
	}
	c->in_over = c->dead = true;
	conn_late_end(c, io == TLS_FAILED ? CONN_END_ERROR : CONN_END_TRUNCATED,
		      &why);
}

/* Until the stream is open: connect, older plain bytes, handshake. */
static void work_opening(struct conn *c, int ready)
{
	if (c->in_over)
		return;
	if (c->state == CONN_CONNECTING && (ready & IO_WRITE))
		finish_connect(c);
	if (!c->freed && c->state == CONN_TLS_WAIT) {
		conn_flush(c);
		if (c->plain_left == 0 && !c->dead)
			c->state = CONN_HANDSHAKE;
	}
	if (!c->freed && c->state == CONN_HANDSHAKE)
		shake(c);
}

static void work_open(struct conn *c, int ready)
{
	if ((ready & IO_WRITE) || c->write_wants_read)
		conn_flush(c);
	if (c->again && !c->paused && !c->ended)
		show(c, buf_str(&c->in), false);
	if (c->freed || c->closing || !may_read(c))
		return;
	if ((ready & IO_READ) || c->read_wants_write ||
	    (c->tls && tls_pending(c->tls)))
		take_in(c);
}

/* The owner has gone: send the rest, say that this is the end, wait for the
 * peer to say so. A close with unread bytes would make the kernel send a reset,
 * and that may overtake our last reply. */
static void work_closing(struct conn *c)
{
	conn_flush(c);
	if (c->dead || !conn_is_open(c)) {
		destroy(c);
		return;
	}
	if (c->out.n > 0)
		return;
	if (!c->fin_sent) {
		if (c->tls)
			tls_shutdown(c->tls);
		shutdown(c->fd, SHUT_WR);
		c->fin_sent = true;
	}
	if (c->in_over || !conn_linger(c))
		destroy(c);
}

static void work(struct conn *c, int ready)
{
	enter(c);
	if (!c->closing && !conn_is_open(c))
		work_opening(c, ready);
	else if (!c->closing)
		work_open(c, ready);
	if (!c->freed && !c->closing && can_end(c))
		tell_end(c, c->late->how, &c->late->why);
	if (!c->freed) /* may owe on_drained at once, without another turn */
		conn_flush(c);
	if (!c->freed && !c->closing && is_drained(c)) {
		c->drain_due = false;
		if (c->ops->on_drained)
			c->ops->on_drained(c->arg, c);
	}
	if (!c->freed && c->closing)
		work_closing(c);
	leave(c);
}

/* ---- what the owner may do ---- */

void conn_consume(struct conn *c, size_t n)
{
	if (c->viewing && c->view_dropped)
		return;
	if (c->viewing) {
		must(n <= c->view.n - c->taken);
		c->taken += n;
		return;
	}
	buf_drop(&c->in, n);
	if (c->in.n == 0) {
		buf_release(&c->in);
		c->again = false;
	}
	settle(c);
}

void conn_wipe(struct conn *c)
{
	c->wipe = c->viewing;
	c->in.secret = true;
}

void conn_pause(struct conn *c, bool paused)
{
	if (c->paused && !paused && (c->in.n > 0 || c->viewing))
		c->again = true;
	c->paused = paused;
	settle(c);
}

static void append(struct conn *c, const void *p, size_t n)
{
	struct err why;

	if (c->out_at > c->out.n / 2) {
		buf_drop(&c->out, c->out_at);
		c->out_at = 0;
	}
	if (buf_put(&c->out, p, n))
		return;
	err_set(&why, ERR_BUG, 0, "more than %d bytes wait to be sent",
		CONN_OUT_MAX);
	c->dead = c->in_over = true;
	c->again = false;
	buf_release(&c->out);
	c->out_at = c->plain_left = 0;
	conn_late_end(c, CONN_END_ERROR, &why);
}

void conn_write(struct conn *c, const void *p, size_t n)
{
	size_t sent = 0;

	if (c->dead || n == 0)
		return;
	c->drain_due = c->ops->on_drained != NULL;
	if (c->busy == 0 && c->out.n == 0 && conn_is_open(c))
		sent = conn_send_now(c, p, n);
	if (sent < n && !c->dead)
		append(c, (const char *)p + sent, n - sent);
	else if (sent < n)
		c->unsent += n - sent;
	settle(c);
}

void conn_write_str(struct conn *c, struct str s)
{
	conn_write(c, s.p, s.n);
}

void conn_secret(struct conn *c)
{
	c->out.secret = true;
}

size_t conn_pending(const struct conn *c)
{
	return c->out.n - c->out_at + c->unsent;
}

static void end_orphan(struct loop_orphan *o)
{
	destroy((struct conn *)o);
}

static void on_deadline(void *arg)
{
	struct conn *c = arg;

	if (c->closing) {
		destroy(c);
		return;
	}
	enter(c);
	tell_end(c, CONN_END_DEADLINE,
		 &(struct err){.class = ERR_RETRY, .text = "time is up"});
	leave(c);
}

void conn_close_after_flush(struct conn **c, int64_t within_us)
{
	struct conn *old = TAKE(*c);

	if (!old)
		return;
	old->closing = true;
	if (!old->viewing)
		buf_release(&old->in);
	old->orphan.end = end_orphan;
	loop_adopt(old->loop, &old->orphan);
	conn_deadline(old, within_us > 0 ? within_us : 1);
	if (old->busy > 0) {
		old->again = false;
		return; /* work() goes on with it, or a kick does */
	}
	work(old, 0);
}

void conn_deadline(struct conn *c, int64_t after_us)
{
	if (c->freed || (c->ended && !c->closing))
		return;
	if (after_us == 0) {
		if (c->deadline)
			timer_stop(c->deadline);
		return;
	}
	if (!c->deadline)
		c->deadline = timer_new(c->loop, on_deadline, c);
	timer_set(c->deadline, after_us);
}

void conn_start_tls(struct conn *c, struct tls_ctx *ctx, const char *sni,
		    size_t *dropped_r)
{
	size_t unread = c->viewing ? c->view.n - c->taken : c->in.n;
	struct err why = ERR_EMPTY;

	must(c->state == CONN_PLAIN && !c->tls);
	if (dropped_r)
		*dropped_r = unread;
	if (c->viewing) {
		c->taken = c->view.n;
		c->view_dropped = true;
	} else {
		buf_release(&c->in);
	}
	c->again = false;
	c->tls = tls_session_new(ctx, c->fd, sni, &why);
	if (!c->tls) {
		c->in_over = c->dead = true;
		conn_late_end(c, CONN_END_ERROR, &why);
	} else if (!c->in_over) {
		c->plain_left = conn_pending(c);
		c->state = CONN_TLS_WAIT;
		c->shake_wants_write = !tls_ctx_is_server(ctx);
	}
	settle(c);
}

bool conn_is_tls(const struct conn *c)
{
	return c->state == CONN_SECURED;
}

struct tls_session *conn_tls(struct conn *c)
{
	return conn_is_tls(c) ? c->tls : NULL;
}

int conn_fd(const struct conn *c)
{
	return c->fd;
}
