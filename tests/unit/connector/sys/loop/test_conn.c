/* test_conn.c - plain streams: order, pressure, ends, and life in callbacks. */
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include "connector/base/clock.h"
#include "connector/base/mem.h"
#include "tests/unit/connector/sys/loop/peer.h"

static struct loop *l;
static struct peer p;
static int fd[2]; /* fd[0] is p's, fd[1] ours */

static void setup(void)
{
	struct err e = ERR_EMPTY;

	l = loop_new(&e);
	ck_assert_ptr_nonnull(l);
	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	p = (struct peer){.got = BUF_MAX(64 * MIB)};
	p.c = conn_new(l, fd[0], &peer_ops, &p);
}

static void teardown(void)
{
	peer_end(&p);
	close(fd[1]);
	loop_free(&l);
}

static void say(const char *s)
{
	ck_assert_int_eq(write(fd[1], s, strlen(s)), (ssize_t)strlen(s));
}

static size_t hear(char *to, size_t n)
{
	ssize_t got = read(fd[1], to, n);

	return got > 0 ? (size_t)got : 0;
}

/* True at the end of the stream, false while it is open. */
static bool at_end(void)
{
	char c;

	return read(fd[1], &c, 1) == 0;
}

START_TEST(byte_by_byte)
{
	static const char text[] = "EHLO a\r\nMAIL FROM:<x@y>\r\nrest";

	p.lines = true;
	for (size_t i = 0; text[i]; i++) {
		ck_assert_int_eq(write(fd[1], text + i, 1), 1);
		turn_until(l, &p.datas, (int)i + 1);
	}
	ck_assert(str_is(buf_str(&p.got), "EHLO a\r\nMAIL FROM:<x@y>\r\n"));
	ck_assert_uint_eq(p.most, strlen("MAIL FROM:<x@y>\r\n"));
	p.lines = false;
	say(".");
	turn_until_got(l, &p, strlen(text) + 1);
	ck_assert(str_ends(buf_str(&p.got), STR("rest.")));
}
END_TEST

START_TEST(reading_stops_when_full)
{
	char *block = mem_zero(1, CONN_IN_MAX * 2);
	size_t sent = 0;
	ssize_t n;

	p.hungry = true;
	for (int i = 0; i < 100; i++) {
		n = write(fd[1], block + sent, CONN_IN_MAX * 2 - sent);
		sent += n > 0 ? (size_t)n : 0;
		turn_for(l, 1);
	}
	ck_assert_uint_eq(p.most, CONN_IN_MAX);
	ck_assert_uint_lt(sent, CONN_IN_MAX * 2);
	p.hungry = false;
	conn_consume(p.c, 100); /* outside: room again */
	for (int i = 0; i < 200 && sent < CONN_IN_MAX * 2; i++) {
		n = write(fd[1], block + sent, CONN_IN_MAX * 2 - sent);
		sent += n > 0 ? (size_t)n : 0;
		turn_for(l, 1);
	}
	turn_until_got(l, &p, CONN_IN_MAX * 2 - 100);
	mem_free(block);
}
END_TEST

START_TEST(pause_keeps_bytes_and_the_end)
{
	p.hungry = true;
	say("one");
	turn_until(l, &p.datas, 1);
	conn_pause(p.c, true);
	say("two");
	shutdown(fd[1], SHUT_WR);
	turn_for(l, 20);
	ck_assert_int_eq(p.datas, 1);
	ck_assert_int_eq(p.ends, 0);
	p.hungry = false;
	conn_pause(p.c, false);
	ck_assert_int_eq(p.datas, 1); /* not before return */
	turn_until(l, &p.ends, 1);
	ck_assert(str_is(buf_str(&p.got), "onetwo"));
	ck_assert_int_eq(p.how, CONN_END_EOF);
}
END_TEST

static void pause_twice(struct peer *q)
{
	conn_pause(q->c, true);
	conn_pause(q->c, false);
}

START_TEST(pause_inside_data)
{
	p.when = ON_DATA;
	p.act = pause_twice;
	say("x"); /* taken: nothing to show again */
	turn_for(l, 20);
	ck_assert_int_eq(p.datas, 1);
	p.hungry = true;
	p.when = ON_DATA;
	say("y"); /* not taken: shown once more */
	turn_until(l, &p.datas, 3);
	turn_for(l, 20);
	ck_assert_int_eq(p.datas, 3);
}
END_TEST

/* An owner may still hold the old pointer on its way out. */
static void free_me(struct peer *q)
{
	struct conn *c = q->c;

	conn_free(&q->c);
	conn_deadline(c, US_PER_S);
	conn_pause(c, true);
	conn_write(c, "x", 1);
}

static void close_me(struct peer *q)
{
	conn_write_str(q->c, STR("bye"));
	conn_close_after_flush(&q->c, US_PER_S);
}

static void (*const way[])(struct peer *q) = {free_me, close_me};

START_TEST(free_in_data)
{
	char in[8];

	p.when = ON_DATA;
	p.act = way[_i & 1];
	p.hungry = _i & 2;
	say("hello");
	turn_until(l, &p.datas, 1);
	ck_assert_ptr_null(p.c);
	turn_for(l, 5);
	if (_i & 1)
		ck_assert_uint_eq(hear(in, 8), 3);
	ck_assert(at_end());
}
END_TEST

START_TEST(free_in_data_from_kept_bytes)
{
	p.hungry = true;
	say("hello");
	turn_until(l, &p.datas, 1);
	p.when = ON_DATA;
	p.act = way[_i];
	say("more");
	turn_until(l, &p.datas, 2);
	ck_assert_ptr_null(p.c);
	turn_for(l, 5);
}
END_TEST

START_TEST(free_in_drained)
{
	char in[8];

	p.when = ON_DRAINED;
	p.act = way[_i];
	conn_write(p.c, "out", 3);
	ck_assert_int_eq(p.drains, 0); /* never before return */
	turn_until(l, &p.drains, 1);
	ck_assert_ptr_null(p.c);
	turn_for(l, 5);
	ck_assert_uint_eq(hear(in, 8), _i ? 6 : 3);
	ck_assert(at_end());
}
END_TEST

START_TEST(free_in_end)
{
	p.when = ON_END;
	p.act = way[_i];
	shutdown(fd[1], SHUT_WR);
	turn_until(l, &p.ends, 1);
	ck_assert_ptr_null(p.c);
	ck_assert_int_eq(p.how, CONN_END_EOF);
	turn_for(l, 5);
}
END_TEST

START_TEST(free_in_deadline)
{
	p.when = ON_END;
	p.act = way[_i];
	conn_deadline(p.c, 5 * US_PER_MS);
	turn_until(l, &p.ends, 1);
	ck_assert_ptr_null(p.c);
	ck_assert_int_eq(p.how, CONN_END_DEADLINE);
	turn_for(l, 5);
}
END_TEST

START_TEST(deadline_is_absolute)
{
	int64_t begun = clock_monotonic_us(), took;

	conn_deadline(p.c, 150 * US_PER_MS);
	while (p.ends == 0) {
		say("x");
		turn_for(l, 10);
		ck_assert_int_lt(clock_monotonic_us() - begun, US_PER_S);
	}
	took = clock_monotonic_us() - begun;
	ck_assert_int_ge(took, 150 * US_PER_MS);
	ck_assert_int_le(took, 400 * US_PER_MS);
	ck_assert_int_eq(p.how, CONN_END_DEADLINE);
	/* the owner may still say why */
	conn_write(p.c, "421 slow\r\n", 10);
	conn_close_after_flush(&p.c, US_PER_S);
	turn_for(l, 5);
	{
		char in[32];

		ck_assert_uint_eq(hear(in, sizeof(in)), 10);
		ck_assert(at_end());
	}
}
END_TEST

START_TEST(deadline_can_be_lifted)
{
	conn_deadline(p.c, 5 * US_PER_MS);
	conn_deadline(p.c, 0);
	turn_for(l, 20);
	ck_assert_int_eq(p.ends, 0);
	conn_deadline(p.c, 5 * US_PER_MS);
	turn_until(l, &p.ends, 1);
	conn_deadline(p.c, 5 * US_PER_MS); /* nothing to end any more */
	turn_for(l, 20);
}
END_TEST

static void answer(struct peer *q)
{
	conn_write(q->c, "250 ok\r\n", 8);
	conn_write(q->c, "250 ok\r\n", 8);
}

START_TEST(half_close_is_answered)
{
	char in[64];

	p.when = ON_DATA;
	p.act = answer;
	say("NOOP\r\nNOOP\r\n");
	shutdown(fd[1], SHUT_WR);
	turn_until(l, &p.ends, 1);
	ck_assert_int_eq(p.how, CONN_END_EOF);
	ck_assert_uint_eq(p.got.n, 12);
	conn_write_str(p.c, STR("221 bye\r\n"));
	conn_close_after_flush(&p.c, US_PER_S);
	turn_for(l, 5);
	ck_assert_uint_eq(hear(in, sizeof(in)), 25);
	ck_assert(at_end());
}
END_TEST

static char *pattern;
static size_t fed;

static void feed(struct peer *q)
{
	size_t n = MIN_OF((size_t)(300 * KIB), 20 * MIB - fed);

	if (n == 0)
		return;
	conn_write(q->c, pattern + fed, n);
	fed += n;
	q->when = ON_DRAINED;
}

START_TEST(large_streams_wait_for_drained)
{
	struct peer r = {.got = BUF_MAX(64 * MIB)};

	pattern = mem_alloc(20 * MIB);
	for (size_t i = 0; i < 20 * MIB; i++)
		pattern[i] = (char)('a' + i % 23);
	r.c = conn_new(l, dup(fd[1]), &peer_ops, &r);
	p.act = feed;
	fed = 0;
	feed(&p);
	turn_until_got(l, &r, 20 * MIB);
	ck_assert_mem_eq(r.got.p, pattern, 20 * MIB);
	ck_assert_uint_le(r.most, CONN_IN_MAX);
	ck_assert_uint_eq(conn_pending(p.c), 0);
	mem_free(pattern);
	peer_end(&r);
}
END_TEST

START_TEST(too_much_output_ends)
{
	char *block = mem_zero(1, MIB);

	for (int i = 0; i < 40; i++)
		conn_write(p.c, block, MIB);
	turn_until(l, &p.ends, 1);
	ck_assert_int_eq(p.how, CONN_END_ERROR);
	ck_assert_int_eq(p.why.class, ERR_BUG);
	conn_write(p.c, block, MIB); /* dropped */
	ck_assert_uint_eq(conn_pending(p.c), 0);
	mem_free(block);
}
END_TEST

START_TEST(last_words_are_read_after_a_failed_write)
{
	say("421 no more\r\n");
	close(fd[1]);
	fd[1] = dup(0);
	for (int i = 0; i < 3; i++)
		conn_write_str(p.c, STR("MAIL"));
	turn_until(l, &p.ends, 1);
	ck_assert(str_is(buf_str(&p.got), "421 no more\r\n"));
	ck_assert_int_eq(p.how, CONN_END_ERROR);
	ck_assert_int_eq(p.why.class, ERR_RETRY);
	ck_assert_int_eq(p.drains, 0);
}
END_TEST

START_TEST(close_has_a_limit)
{
	char *block = mem_zero(1, 4 * MIB);

	conn_write(p.c, block, 4 * MIB); /* nobody reads it */
	ck_assert_uint_gt(conn_pending(p.c), 0);
	conn_close_after_flush(&p.c, 20 * US_PER_MS);
	ck_assert_ptr_null(p.c);
	turn_for(l, 60);
	while (hear(block, MIB))
		;
	ck_assert(at_end());
	mem_free(block);
}
END_TEST

START_TEST(loop_ends_what_is_closing)
{
	char *block = mem_zero(1, 4 * MIB);

	conn_write(p.c, block, 4 * MIB);
	conn_close_after_flush(&p.c, 60 * US_PER_S);
	mem_free(block); /* teardown frees the loop; nothing may leak */
}
END_TEST

/* ---- TCP ---- */

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

Suite *test_conn_suite(void);
Suite *test_conn_suite(void)
{
	Suite *s = suite_create("sys/conn");
	TCase *t = tcase_create("plain");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, byte_by_byte);
	tcase_add_test(t, reading_stops_when_full);
	tcase_add_test(t, pause_keeps_bytes_and_the_end);
	tcase_add_test(t, pause_inside_data);
	tcase_add_loop_test(t, free_in_data, 0, 4);
	tcase_add_loop_test(t, free_in_data_from_kept_bytes, 0, 2);
	tcase_add_loop_test(t, free_in_drained, 0, 2);
	tcase_add_loop_test(t, free_in_end, 0, 2);
	tcase_add_loop_test(t, free_in_deadline, 0, 2);
	tcase_add_test(t, deadline_is_absolute);
	tcase_add_test(t, deadline_can_be_lifted);
	tcase_add_test(t, half_close_is_answered);
	tcase_add_test(t, large_streams_wait_for_drained);
	tcase_add_test(t, too_much_output_ends);
	tcase_add_test(t, last_words_are_read_after_a_failed_write);
	tcase_add_test(t, close_has_a_limit);
	tcase_add_test(t, loop_ends_what_is_closing);
	tcase_add_test(t, connects_and_accepts);
	tcase_add_test(t, refused_connections_end);
	tcase_add_test(t, last_reply_survives_unread_bytes);
	tcase_add_test(t, reset_is_an_error);
	tcase_add_test(t, addresses);
	suite_add_tcase(s, t);
	return s;
}
