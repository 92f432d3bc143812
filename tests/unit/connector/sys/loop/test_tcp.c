/* test_tcp.c - connections made and taken, refused, reset; addresses as text. */
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include "connector/base/mem.h"
#include "tests/unit/connector/sys/loop/peer.h"

Suite *test_tcp_suite(void);

static struct loop *l;

static void setup(void)
{
	struct err e = ERR_EMPTY;

	l = loop_new(&e);
	ck_assert_ptr_nonnull(l);
}

static void teardown(void)
{
	loop_free(&l);
}

struct listener {
	int fd, port, taken;
	int got[8];
	struct acceptor *a;
};

static void on_accept(void *arg, int new, const struct sockaddr_storage *peer)
{
	struct listener *s = arg;
	struct buf text = BUF_MAX(100);

	net_text((const struct sockaddr *)peer, false, &text);
	ck_assert(str_is(buf_str(&text), "127.0.0.1"));
	buf_release(&text);
	s->got[s->taken++] = new;
	if (s->taken == 2)
		acceptor_free(&s->a);
}

static void listener_open(struct listener *s)
{
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);
	struct err e = ERR_EMPTY;

	*s = (struct listener){0};
	ck_assert_msg(net_listen(STR("127.0.0.1:0"), &s->fd, &e), "%s", e.text);
	getsockname(s->fd, (struct sockaddr *)&sa, &len);
	s->port = ntohs(sa.sin_port);
	s->a = acceptor_new(l, s->fd, on_accept, s);
}

static void listener_close(struct listener *s)
{
	acceptor_free(&s->a);
	close(s->fd);
	for (int i = 0; i < s->taken; i++)
		close(s->got[i]);
}

static struct conn *dial(const struct listener *s, struct peer *q,
			 bool from_somewhere)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)s->port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in from = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct err e = ERR_EMPTY;
	struct conn *c = conn_connect(l, (struct sockaddr *)&to, sizeof(to),
				      from_somewhere ? (struct sockaddr *)&from
						     : NULL,
				      sizeof(from), &peer_ops, q, &e);

	ck_assert_msg(c != NULL, "%s", e.text);
	ck_assert_int_eq(q->connects + q->ends, 0);
	return c;
}

static void free_me(struct peer *q)
{
	conn_free(&q->c);
}

START_TEST(connects_and_accepts)
{
	struct peer q[2] = {{.got = BUF_MAX(100)}, {.got = BUF_MAX(100)}};
	struct listener s;

	listener_open(&s);
	acceptor_pause(s.a, true);
	q[0].c = dial(&s, &q[0], false);
	conn_write(q[0].c, "early", 5); /* queued until connected */
	q[1].c = dial(&s, &q[1], true);
	q[1].when = ON_CONNECTED;
	q[1].act = free_me;
	turn_until(l, &q[0].connects, 1);
	turn_until(l, &q[1].connects, 1);
	ck_assert_ptr_null(q[1].c);
	turn_for(l, 10);
	ck_assert_int_eq(s.taken, 0);
	acceptor_pause(s.a, false);
	turn_until(l, &s.taken, 2);
	{
		char in[8];

		ck_assert_int_eq(read(s.got[0], in, 8), 5);
	}
	listener_close(&s);
	turn_until(l, &q[0].ends, 1);
	peer_end(&q[0]);
	peer_end(&q[1]);
}
END_TEST

START_TEST(refused_connections_end)
{
	struct peer q = {.got = BUF_MAX(100)};
	struct listener s;

	listener_open(&s);
	listener_close(&s);
	q.c = dial(&s, &q, false);
	q.when = ON_END;
	q.act = free_me;
	turn_until(l, &q.ends, 1);
	ck_assert_int_eq(q.how, CONN_END_ERROR);
	ck_assert_int_eq(q.why.class, ERR_RETRY);
	ck_assert_int_eq(q.why.code, ECONNREFUSED);
	ck_assert_int_eq(q.connects, 0);
	peer_end(&q);
}
END_TEST

/* A peer that goes on sending must still get our last reply: a plain close
 * would reset the connection and throw it away. */
START_TEST(last_reply_survives_unread_bytes)
{
	struct peer q = {.got = BUF_MAX(MIB)}, r = {.got = BUF_MAX(MIB)};
	char *block = mem_zero(1, 400 * KIB);
	struct listener s;

	listener_open(&s);
	q.c = dial(&s, &q, false);
	turn_until(l, &s.taken, 1);
	r.c = conn_new(l, s.got[--s.taken], &peer_ops, &r);
	conn_pause(r.c, true);
	conn_write(q.c, block, 400 * KIB);
	turn_for(l, 5);
	conn_write_str(r.c, STR("421 too long\r\n"));
	conn_close_after_flush(&r.c, US_PER_S);
	turn_until(l, &q.ends, 1);
	ck_assert_int_eq(q.how, CONN_END_EOF);
	ck_assert(str_is(buf_str(&q.got), "421 too long\r\n"));
	mem_free(block);
	peer_end(&q);
	peer_end(&r);
	turn_for(l, 5);
	listener_close(&s);
}
END_TEST

START_TEST(reset_is_an_error)
{
	struct linger now = {.l_onoff = 1};
	struct peer q = {.got = BUF_MAX(100)};
	struct listener s;

	listener_open(&s);
	q.c = dial(&s, &q, false);
	turn_until(l, &s.taken, 1);
	setsockopt(s.got[0], SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	listener_close(&s);
	turn_until(l, &q.ends, 1);
	ck_assert_int_eq(q.how, CONN_END_ERROR);
	ck_assert_int_eq(q.why.code, ECONNRESET);
	peer_end(&q);
}
END_TEST

START_TEST(addresses)
{
	static const char *const good[] = {"0.0.0.0:25", "127.0.0.1:65535",
					   "[::1]:25", "[2001:db8::1]:0"};
	static const char *const bad[] = {
		"",	    ":25",	    "127.0.0.1",    "127.0.0.1:",
		"::1:25",   "[::1]",	    "[::1]:65536",  "[127.0.0.1]:25",
		"host:25",  "127.0.0.1:+5", "[]:25",	    "[::1:25",
		"1.2.3:25", "127.0.0.1:2 ", " 127.0.0.1:2", "[::1%lo]:25"};
	struct sockaddr_storage sa;
	struct sockaddr_in6 mapped = {.sin6_family = AF_INET6,
				      .sin6_port = htons(7)};
	struct buf text = BUF_MAX(100);
	struct err e;
	socklen_t len;

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		ck_assert_msg(net_parse(str_of(good[i]), &sa, &len, &e), "%s",
			      good[i]);
		buf_clear(&text);
		net_text((struct sockaddr *)&sa, true, &text);
		ck_assert_str_eq(buf_cstr(&text), good[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ck_assert_msg(!net_parse(str_of(bad[i]), &sa, &len, &e), "%s",
			      bad[i]);
		ck_assert_int_eq(e.class, ERR_CONFIG);
	}
	mapped.sin6_addr.s6_addr[10] = mapped.sin6_addr.s6_addr[11] = 0xff;
	mapped.sin6_addr.s6_addr[15] = 9;
	buf_clear(&text);
	net_text((struct sockaddr *)&mapped, true, &text);
	ck_assert_str_eq(buf_cstr(&text), "0.0.0.9:7");
	buf_release(&text);
}
END_TEST

Suite *test_tcp_suite(void)
{
	Suite *s = suite_create("sys/tcp");
	TCase *t = tcase_create("plain");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, connects_and_accepts);
	tcase_add_test(t, refused_connections_end);
	tcase_add_test(t, last_reply_survives_unread_bytes);
	tcase_add_test(t, reset_is_an_error);
	tcase_add_test(t, addresses);
	suite_add_tcase(s, t);
	return s;
}
