/* server.c - streams, their requests one after another, and answers. */
#include "connector/sys/http/server.h"
#include <netinet/in.h>
#include <unistd.h>
#include "connector/base/clock.h"
#include "connector/base/vec.h"

#define ANSWER_MAX     (HTTP_HEADERS_MAX + 8 * MIB)
#define FLUSH_US       (5 * US_PER_S)
#define REQUESTS_MAX   100 /* on one stream */
#define DATE_CHARS_MAX 64

struct listener {
	struct http_server *server;
	struct acceptor *acceptor;
	bool tls;
};

struct stream {
	struct http_server *server;
	struct stream *next, *prev;
	struct conn *conn;
	struct sockaddr_storage peer;
	bool counted;
	struct http_exchange *x; /* being read or answered */
	bool answering;		 /* the handler has it */
	size_t scanned;		 /* of the head */
	struct buf body;
	unsigned requests;
};

struct http_exchange {
	struct arena arena;
	struct http_request request;
	struct stream *stream; /* NULL: the peer is gone */
};

struct http_server {
	struct http_server_conf c;
	struct tls_ctx *tls;
	struct {
		VEC_OF(struct listener *);
	} listeners;
	struct stream *first;
	size_t open;
};

/* ---- streams --------------------------------------------------------------- */

static void exchange_free(struct http_exchange **x)
{
	if (*x == NULL)
		return;
	arena_release(&(*x)->arena);
	mem_free(*x);
	*x = NULL;
}

/* What the handler holds goes on without us. */
static void let_go(struct stream *s)
{
	if (s->answering)
		s->x->stream = NULL;
	else
		exchange_free(&s->x);
	s->x = NULL;
	s->answering = false;
}

static void stream_free(struct stream *s)
{
	let_go(s);
	conn_free(&s->conn);
	buf_release(&s->body);
	if (s->prev)
		s->prev->next = s->next;
	else
		s->server->first = s->next;
	if (s->next)
		s->next->prev = s->prev;
	s->server->open--;
	mem_free(s);
}

static void stream_close(struct stream *s)
{
	conn_close_after_flush(&s->conn, FLUSH_US);
	stream_free(s);
}

static struct http_exchange *exchange_new(struct stream *s)
{
	struct http_exchange *x = NEW(struct http_exchange);

	x->stream = s;
	return x;
}

static void hand_over(struct stream *s)
{
	struct http_exchange *x = s->x;

	x->request.peer = s->peer;
	x->request.tls = conn_is_tls(s->conn);
	s->answering = true;
	s->requests++;
	conn_pause(s->conn, true);
	s->server->c.handler(s->server->c.arg, x);
}

static void refuse(struct stream *s, int status, size_t unread)
{
	conn_consume(s->conn, unread);
	s->x->request = (struct http_request){.refused = status};
	hand_over(s);
}

/* Bytes of the head; true: it is whole and taken, the body follows. */
static bool read_head(struct stream *s, struct str in, size_t *used_r)
{
	int status = http_head_end(in, &s->scanned);
	struct str head;

	if (status == 0 && in.n >= HTTP_HEADERS_MAX)
		status = 431;
	if (status == 0)
		return false;
	if (status == 200) {
		head = arena_str(&s->x->arena, str_head(in, s->scanned));
		status = http_head_parse(head, &s->x->arena, &s->x->request);
	}
	if (status != 200) {
		refuse(s, status, in.n);
		return false;
	}
	*used_r = s->scanned;
	s->body = BUF_MAX(HTTP_BODY_MAX);
	return true;
}

static void on_data(void *arg, struct conn *c, struct str in)
{
	struct stream *s = arg;
	size_t used = 0, wanted;

	if (s->answering || in.n == 0)
		return;
	if (s->x == NULL) {
		s->x = exchange_new(s);
		s->scanned = 0;
	}
	if (s->x->request.host.n == 0) {
		if (!read_head(s, in, &used))
			return;
		conn_consume(c, used);
		in = str_skip(in, used);
	}
	wanted = (size_t)s->x->request.length - s->body.n;
	used = MIN_OF(wanted, in.n);
	buf_put_str(&s->body, str_head(in, used));
	conn_consume(c, used);
	if (used < wanted)
		return;
	s->x->request.body = arena_str(&s->x->arena, buf_str(&s->body));
	buf_release(&s->body);
	hand_over(s);
}

/* The answer is with the kernel: the next request may come. */
static void on_drained(void *arg, struct conn *c)
{
	struct stream *s = arg;

	if (s->answering)
		return;
	conn_deadline(c, s->server->c.deadline_us);
	conn_pause(c, false);
}

static void on_secured(void *arg, struct conn *c)
{
	(void)arg;
	(void)c;
}

static void on_end(void *arg, struct conn *c, enum conn_end how,
		   const struct err *why)
{
	(void)c;
	(void)how;
	(void)why;
	stream_free(arg);
}

static const struct conn_ops ops = {
	.on_data = on_data,
	.on_drained = on_drained,
	.on_secured = on_secured,
	.on_end = on_end,
};

/* ---- accepting ------------------------------------------------------------- */

static bool same_address(const struct sockaddr_storage *a,
			 const struct sockaddr_storage *b)
{
	const struct sockaddr_in *a4 = (const struct sockaddr_in *)a;
	const struct sockaddr_in *b4 = (const struct sockaddr_in *)b;
	const struct sockaddr_in6 *a6 = (const struct sockaddr_in6 *)a;
	const struct sockaddr_in6 *b6 = (const struct sockaddr_in6 *)b;

	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET)
		return a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	/* A site holds a /64 of its own: that is one address to us. */
	return memcmp(&a6->sin6_addr, &b6->sin6_addr, 8) == 0;
}

static bool is_counted(const struct http_server *s,
		       const struct sockaddr_storage *peer)
{
	for (size_t i = 0; i < s->c.uncounted_n; i++)
		if (cidr_has(&s->c.uncounted[i], (const struct sockaddr *)peer))
			return false;
	return true;
}

static bool has_room(const struct http_server *s,
		     const struct sockaddr_storage *peer, bool counted)
{
	unsigned same = 0;

	if (s->open >= s->c.connections)
		return false;
	if (!counted)
		return true;
	for (const struct stream *o = s->first; o; o = o->next)
		if (o->counted && same_address(&o->peer, peer))
			same++;
	return same < s->c.connections_per_address;
}

static void on_accept(void *arg, int fd, const struct sockaddr_storage *peer)
{
	struct listener *l = arg;
	struct http_server *server = l->server;
	bool counted = is_counted(server, peer);
	struct stream *s;

	if (!has_room(server, peer, counted) ||
	    (l->tls && server->tls == NULL)) {
		close(fd);
		return;
	}
	s = NEW(struct stream);
	s->server = server;
	s->peer = *peer;
	s->counted = counted;
	s->next = server->first;
	if (s->next)
		s->next->prev = s;
	server->first = s;
	server->open++;
	s->conn = conn_new(server->c.loop, fd, &ops, s);
	conn_deadline(s->conn, server->c.deadline_us);
	if (l->tls) {
		size_t dropped;

		conn_start_tls(s->conn, server->tls, NULL, &dropped);
	}
}

struct http_server *http_server_new(const struct http_server_conf *conf)
{
	struct http_server *s = NEW(struct http_server);

	s->c = *conf;
	return s;
}

void http_server_listen(struct http_server *s, int fd, bool tls)
{
	struct listener *l = NEW(struct listener);

	l->server = s;
	l->tls = tls;
	l->acceptor = acceptor_new(s->c.loop, fd, on_accept, l);
	vec_push(&s->listeners, l);
}

void http_server_set_tls(struct http_server *s, struct tls_ctx *tls)
{
	struct tls_ctx *old = s->tls;

	s->tls = tls ? tls_ctx_ref(tls) : NULL;
	tls_ctx_free(&old);
}

void http_server_free(struct http_server **s)
{
	struct http_server *old = *s;

	if (old == NULL)
		return;
	*s = NULL;
	while (old->first)
		stream_free(old->first);
	VEC_EACH (l, &old->listeners) {
		acceptor_free(&(*l)->acceptor);
		mem_free(*l);
	}
	vec_release(&old->listeners);
	tls_ctx_free(&old->tls);
	mem_free(old);
}

size_t http_server_open(const struct http_server *s)
{
	return s->open;
}

/* ---- answers --------------------------------------------------------------- */

const struct http_request *http_request(const struct http_exchange *x)
{
	return &x->request;
}

struct arena *http_arena(struct http_exchange *x)
{
	return &x->arena;
}

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{200, "OK"},
	{303, "See Other"},
	{304, "Not Modified"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{409, "Conflict"},
	{411, "Length Required"},
	{413, "Content Too Large"},
	{414, "URI Too Long"},
	{417, "Expectation Failed"},
	{422, "Unprocessable Content"},
	{431, "Request Header Fields Too Large"},
	{500, "Internal Server Error"},
	{503, "Service Unavailable"},
};

const char *http_reason(int status)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return status >= 500 ? "Server Error" : "Bad Request";
}

static void put_head(struct buf *out, const struct http_reply *r, bool close)
{
	AUTO(buf) date = BUF_MAX(DATE_CHARS_MAX);

	/* RFC 9110 5.6.7: the zone is called GMT. */
	time_put_rfc5322(&date, tz_utc(), clock_now_us());
	buf_printf(out, "HTTP/1.1 %d %s\r\nDate: " STR_FMT " GMT\r\n",
		   r->status, http_reason(r->status),
		   STR_ARG(str_head(buf_str(&date),
				    date.n - MIN_OF(date.n, 6ul))));
	for (size_t i = 0; i < r->field_n; i++) {
		if (str_has_control(r->field[i].name) ||
		    str_has_control(r->field[i].value))
			continue;
		buf_put_str(out, r->field[i].name);
		buf_puts(out, ": ");
		buf_put_str(out, r->field[i].value);
		buf_puts(out, "\r\n");
	}
	/* RFC 9110 8.6: none with 304. */
	if (r->status != 304)
		buf_printf(out, "Content-Length: %zu\r\n", r->body.n);
	if (close)
		buf_puts(out, "Connection: close\r\n");
	buf_puts(out, "\r\n");
}

void http_reply(struct http_exchange **x, const struct http_reply *reply)
{
	struct http_exchange *old = TAKE(*x);
	struct stream *s = old->stream;
	AUTO(buf) out = BUF_MAX(ANSWER_MAX);
	bool close;

	if (s == NULL) {
		exchange_free(&old);
		return;
	}
	close = reply->close || old->request.close || old->request.refused ||
		s->requests >= REQUESTS_MAX;
	put_head(&out, reply, close);
	if (old->request.method != HTTP_HEAD && reply->status != 304)
		buf_put_str(&out, reply->body);
	conn_write_str(s->conn, buf_str(&out));
	s->answering = false;
	s->x = NULL;
	exchange_free(&old);
	if (close)
		stream_close(s);
}
