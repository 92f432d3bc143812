/* test_mode.c - the bad day: pass, hold, normal again; alarms. */
#include "bench.h"

Suite *test_mode_suite(void);

static struct bench b;
#define A  "hanako@partner.example"
#define IT "it@example.co.jp"

struct answer {
	bool came, failed;
};

static void on_mode(void *arg, const struct err *why)
{
	struct answer *a = arg;

	a->came = true;
	a->failed = why != NULL;
}

static void mode(enum policy_mode to, int64_t for_us)
{
	struct flow_mode m = {.mode = to,
			      .until_us = clock_now_us() + for_us,
			      .reason = "the test",
			      .by = "uid 0"},
			 now;
	struct answer a = {0};

	flow_set_mode(b.flow, &m, b.loop, on_mode, &a);
	UNTIL(&b, a.came);
	ck_assert(!a.failed);
	flow_get_mode(b.flow, &now);
	ck_assert_int_eq(now.mode, to);
	ck_assert_str_eq(now.reason, "the test");
	ck_assert_str_eq(now.by, "uid 0");
}

/* The notice of change n says that. */
static void told(size_t n, const char *what)
{
	VEC_EACH (s, &b.sent) {
		if (!strstr(s->to, IT) || n--)
			continue;
		ck_assert_msg(strstr(buf_cstr(&s->bytes), what) != NULL, "%s",
			      s->bytes.p);
		return;
	}
	ck_abort_msg("no such notice");
}

START_TEST(hold_lets_nothing_out)
{
	int64_t one, two, three;

	bench_open(&b, _i, NULL);
	b.deaf = true;
	one = mail_to(&b, A, NULL); /* on its way already */
	b.closed = true;
	b.slots = 0;
	three = mail_to(&b, A, NULL);
	b.closed = false;
	b.slots = 4;
	mode(MODE_HOLD, US_PER_HOUR);
	two = mail_to(&b, A, NULL);
	b.deaf = false;
	bench_answer(&b);
	bench_wait(&b, 400);
	ck_assert_int_eq(state_of(&b, one, 0), RCPT_DELIVERED);
	ck_assert_int_eq(state_of(&b, two, 0), RCPT_READY);
	ck_assert_uint_eq(sent_count(&b, two, NULL, NULL), 0);
	ck_assert_uint_eq(sent_count(&b, 0, IT, NULL), 0); /* nor our own */
	mode(MODE_NORMAL, US_PER_HOUR);
	UNTIL(&b, state_of(&b, two, 0) == RCPT_DELIVERED);
	UNTIL(&b, state_of(&b, three, 0) == RCPT_DELIVERED);
	UNTIL(&b, sent_count(&b, 0, IT, NULL) == 2); /* both changes */
	told(0, "[Sekisho] Mode changed: All mail is held for now (hold)");
	told(0, "\r\n[Reason] the test\r\n[Done by] uid 0\r\n");
	told(0, "\r\n[Until] ");
	told(1, "[Sekisho] Mode changed: Rules work as usual again (normal)");
	bench_close(&b);
}
END_TEST

static void claimed(void *arg, size_t started, int64_t next_us)
{
	(void)arg;
	(void)next_us;
	ck_assert_uint_eq(started, 0);
}

static void claim(void *arg)
{
	struct bench *to = arg;

	to->closed = false;
	to->slots = 4;
	flow_claim(to->flow, &(struct store_rooms){.copies = 50}, claimed, to);
}

/* Asked for and not yet durable: a claim that comes now is too late. */
START_TEST(a_hold_that_comes_holds)
{
	struct flow_mode m = {.mode = MODE_HOLD,
			      .until_us = clock_now_us() + US_PER_HOUR};
	struct answer a = {0};
	int64_t id;

	bench_open(&b, _i, NULL);
	b.closed = true;
	b.slots = 0;
	id = mail_to(&b, A, NULL);
	flow_set_mode(b.flow, &m, b.loop, on_mode, &a);
	loop_post(b.loop, claim, &b);
	UNTIL(&b, a.came);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_READY);
	bench_close(&b);
}
END_TEST

START_TEST(hold_stops_the_clock_of_gates)
{
	int64_t id;

	bench_open(&b, _i, HOLD_SEND);
	id = mail_to(&b, A, NULL);
	mode(MODE_HOLD, US_PER_HOUR);
	due_set(&b, id, 0, 1);
	bench_wait(&b, 400);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	mode(MODE_NORMAL, US_PER_HOUR);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	bench_close(&b);
}
END_TEST

START_TEST(hold_ends_by_its_time)
{
	struct flow_mode now;
	int64_t id;

	bench_open(&b, _i, NULL);
	mode(MODE_HOLD, 500 * US_PER_MS);
	id = mail_to(&b, A, NULL);
	bench_wait(&b, 200);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_READY);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	flow_get_mode(b.flow, &now);
	ck_assert_int_eq(now.mode, MODE_NORMAL);
	ck_assert_str_eq(now.by, "timer");
	UNTIL(&b, sent_count(&b, 0, IT, NULL) == 2);
	bench_close(&b);
}
END_TEST

START_TEST(a_restart_ends_no_mode)
{
	struct flow_mode now;

	bench_open(&b, BENCH_SQLITE, NULL);
	mode(MODE_HOLD, US_PER_HOUR);
	bench_reopen(&b, NULL);
	flow_get_mode(b.flow, &now);
	ck_assert_int_eq(now.mode, MODE_HOLD);
	ck_assert_str_eq(now.reason, "the test");
	ck_assert_int_gt(now.until_us, clock_now_us() + US_PER_MIN);
	mode(MODE_HOLD, 100 * US_PER_MS);
	bench_reopen(&b, NULL);
	bench_wait(&b, 500); /* over while it was down, or soon after */
	flow_get_mode(b.flow, &now);
	ck_assert_int_eq(now.mode, MODE_NORMAL);
	bench_close(&b);
}
END_TEST

START_TEST(pass_records_and_lets_go)
{
	int64_t id;

	bench_open(&b, _i, HOLD_SEND);
	mode(MODE_PASS, US_PER_HOUR);
	id = mail_to(&b, A, NULL);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	/* Doubt, too; but a refusal refuses. */
	b.inspect.fail_view = true;
	id = mail_to(&b, A, NULL);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	b.inspect.fail_view = false;
	bench_policy(&b, EXTERNAL "    do: {refuse: {tell: sender}}\n");
	id = mail_to(&b, A, NULL);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_REFUSED);
	bench_close(&b);
}
END_TEST

START_TEST(one_mail_per_cause)
{
	bench_open(&b, _i, NULL);
	for (int i = 0; i < 5; i++)
		flow_alarm(b.flow, "next-hop", STR("550 relaying denied"));
	flow_alarm(b.flow, "another", STR("other"));
	UNTIL(&b, sent_count(&b, 0, IT, NULL) == 2);
	bench_wait(&b, 50);
	ck_assert_uint_eq(sent_count(&b, 0, IT, NULL), 2);
	ck_assert_int_eq(metric_get(&b.metrics, METRIC_ALARMS), 6);
	/* An hour later it is told again. */
	*(int64_t *)map_get(&b.flow->alarms, STR("another")) -= ALARM_EVERY_US;
	flow_alarm(b.flow, "another", STR("other"));
	UNTIL(&b, sent_count(&b, 0, IT, NULL) == 3);
	bench_close(&b);
}
END_TEST

START_TEST(a_restart_tells_nothing_anew)
{
	size_t before;

	bench_open(&b, BENCH_SQLITE, NULL);
	flow_alarm(b.flow, "next-hop", STR("550 relaying denied"));
	UNTIL(&b, sent_count(&b, 0, IT, NULL) == 1);
	bench_reopen(&b, NULL);
	before = message_count(&b);
	flow_alarm(b.flow, "next-hop", STR("550 relaying denied"));
	bench_wait(&b, 50);
	ck_assert_uint_eq(message_count(&b), before);
	flow_alarm(b.flow, "another", STR("other"));
	UNTIL(&b, message_count(&b) == before + 1);
	bench_close(&b);
}
END_TEST

Suite *test_mode_suite(void)
{
	Suite *s = suite_create("flow/mode");
	TCase *t = tcase_create("mode");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, hold_lets_nothing_out, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, a_hold_that_comes_holds, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, hold_stops_the_clock_of_gates, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, hold_ends_by_its_time, 0, BENCH_DRIVERS);
	tcase_add_test(t, a_restart_ends_no_mode);
	tcase_add_loop_test(t, pass_records_and_lets_go, 0, BENCH_DRIVERS);
	tcase_add_test(t, a_restart_tells_nothing_anew);
	tcase_add_loop_test(t, one_mail_per_cause, 0, BENCH_DRIVERS);
	suite_add_tcase(s, t);
	return s;
}
