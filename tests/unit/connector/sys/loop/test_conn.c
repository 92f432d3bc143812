/* test_conn.c - plain streams: order, pressure, ends, and life in callbacks. */
#include <check.h>
#include <errno.h>
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
		ck_assert_int_lt(clock_monotonic_us() - begun, 20 * US_PER_S);
	}
	took = clock_monotonic_us() - begun;
	ck_assert_int_ge(took, 150 * US_PER_MS);
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
	suite_add_tcase(s, t);
	return s;
}
