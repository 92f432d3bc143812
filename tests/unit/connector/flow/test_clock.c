/* test_clock.c - a wall clock that jumps, here and over restarts (R12). */
#include "bench.h"

Suite *test_clock_suite(void);

static struct bench b;
#define A  "hanako@partner.example"
#define IT "it@example.co.jp"

struct answer {
	bool came;
	enum err_class class;
};

static void on_accept(void *arg, const struct err *why)
{
	struct answer *a = arg;

	a->came = true;
	a->class = why ? why->class : ERR_NONE;
}

static enum err_class accept_clock(void)
{
	struct answer a = {0};

	flow_clock_accept(b.flow, "uid 0", b.loop, on_accept, &a);
	UNTIL(&b, a.came);
	return a.class;
}

static bool jumped(void)
{
	struct flow_clock c;

	flow_clock_get(b.flow, &c);
	return c.jumped;
}

static void pass(int64_t us)
{
	b.wall_us += us;
	b.machine_us += us;
}

START_TEST(time_that_passes_releases)
{
	int64_t id;

	bench_open(&b, _i, HOLD_SEND);
	id = mail_to(&b, A, NULL);
	bench_wait(&b, 300);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	pass(US_PER_MIN); /* or a suspend */
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	ck_assert(!jumped());
	ck_assert_int_eq(accept_clock(), ERR_NOT_FOUND);
	bench_close(&b);
}
END_TEST

START_TEST(a_jump_ahead_releases_nothing)
{
	int64_t id;

	bench_open(&b, _i, HOLD_SEND);
	id = mail_to(&b, A, NULL);
	b.wall_us = US_PER_DAY;
	UNTIL(&b, sent_count(&b, 0, IT, NULL) == 1); /* the alarm */
	bench_wait(&b, 600);
	ck_assert(jumped());
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	ck_assert_int_ge(metric_get(&b.metrics, METRIC_CLOCK_OFF), 86399);
	ck_assert_int_eq(metric_get(&b.metrics, METRIC_ALARMS), 1);
	ck_assert_int_eq(accept_clock(), ERR_NONE);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	ck_assert(!jumped());
	bench_close(&b);
}
END_TEST

START_TEST(a_clock_that_comes_back_goes_on)
{
	int64_t id;

	bench_open(&b, _i, HOLD_SEND);
	id = mail_to(&b, A, NULL);
	b.wall_us = -US_PER_HOUR;
	UNTIL(&b, jumped());
	pass(2 * US_PER_MIN);
	bench_wait(&b, 400);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	b.wall_us += US_PER_HOUR;
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	bench_close(&b);
}
END_TEST

/* Mail that nothing holds goes on; what is held now is not early, whichever
 * clock is right. */
START_TEST(mail_of_the_meantime)
{
	static const int64_t JUMP[] = {US_PER_HOUR, -US_PER_HOUR};
	int64_t id, due;

	bench_open(&b, BENCH_SQLITE,
		   EXTERNAL "    do: {hold: {for: 30m, then: send}}\n");
	b.wall_us = JUMP[_i];
	UNTIL(&b, jumped());
	id = mail_to(&b, "taro@example.co.jp", NULL);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	id = mail_to(&b, A, NULL);
	due = found(&b, id).rcpt[0].due_us;
	ck_assert_int_ge(due, clock_now_us() + 29 * US_PER_MIN);
	ck_assert_int_ge(due, clock_now_us() + JUMP[_i] + 29 * US_PER_MIN);
	bench_close(&b);
}
END_TEST

/* No mass of attempts, no bounce: retries go by the time that passes. */
START_TEST(retries_do_not_jump)
{
	int64_t id;

	bench_open(&b, BENCH_SQLITE, NULL);
	b.closed = true;
	b.slots = 0;
	id = mail_to(&b, A, NULL);
	due_set(&b, id, 0, clock_now_us() + US_PER_HOUR);
	b.wall_us = US_PER_DAY;
	UNTIL(&b, jumped());
	b.closed = false;
	b.slots = 4;
	bench_wait(&b, 700);
	ck_assert_uint_eq(sent_count(&b, id, NULL, NULL), 0);
	pass(US_PER_HOUR);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	bench_close(&b);
}
END_TEST

/* Its time is kept once a minute; here at once, by a new minute. */
static void kept(void)
{
	pass(2 * US_PER_MIN);
	bench_wait(&b, 400);
}

START_TEST(a_restart_does_not_forget)
{
	int64_t id;

	bench_open(&b, BENCH_SQLITE, HOLD_SEND);
	kept();
	id = mail_to(&b, A, NULL);
	b.wall_us += US_PER_DAY; /* while it is down */
	bench_reopen(&b, HOLD_SEND);
	UNTIL(&b, jumped());
	bench_wait(&b, 400);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	kept();
	bench_reopen(&b, HOLD_SEND);
	UNTIL(&b, jumped());
	ck_assert_int_eq(accept_clock(), ERR_NONE);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	kept();
	bench_reopen(&b, HOLD_SEND);
	bench_wait(&b, 300);
	ck_assert(!jumped());
	bench_close(&b);
}
END_TEST

/* Of another boot only a clock that went back is known to be wrong. */
START_TEST(another_boot)
{
	bench_open(&b, BENCH_SQLITE, NULL);
	kept();
	b.clocks.boot_id = "b";
	b.machine_us -= 2 * US_PER_MIN;
	b.wall_us += US_PER_DAY; /* it was off for a day */
	bench_reopen(&b, NULL);
	kept();
	ck_assert(!jumped());
	b.clocks.boot_id = "c";
	b.wall_us -= 10 * US_PER_MIN;
	bench_reopen(&b, NULL);
	UNTIL(&b, jumped());
	bench_close(&b);
}
END_TEST

/* A mode that ends at a moment does not end by a jump. */
START_TEST(a_mode_does_not_jump)
{
	struct flow_mode m = {.mode = MODE_HOLD,
			      .until_us = clock_now_us() + US_PER_HOUR},
			 now;
	struct answer a = {0};

	bench_open(&b, BENCH_SQLITE, NULL);
	flow_set_mode(b.flow, &m, b.loop, on_accept, &a);
	UNTIL(&b, a.came);
	b.wall_us = US_PER_DAY;
	UNTIL(&b, jumped());
	bench_wait(&b, 300);
	flow_get_mode(b.flow, &now);
	ck_assert_int_eq(now.mode, MODE_HOLD);
	bench_close(&b);
}
END_TEST

Suite *test_clock_suite(void)
{
	Suite *s = suite_create("clock");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, time_that_passes_releases, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, a_jump_ahead_releases_nothing, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, a_clock_that_comes_back_goes_on, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, mail_of_the_meantime, 0, 2);
	tcase_add_test(t, retries_do_not_jump);
	tcase_add_test(t, a_restart_does_not_forget);
	tcase_add_test(t, another_boot);
	tcase_add_test(t, a_mode_does_not_jump);
	suite_add_tcase(s, t);
	return s;
}
