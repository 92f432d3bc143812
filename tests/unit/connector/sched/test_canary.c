/* test_canary.c - canaries go by their interval, and are missed aloud. */
#include <check.h>
#include <stdio.h>
#include "connector/sched/canary_int.h"
#include "tests/unit/connector/sched/fake_outside.h"

Suite *test_canary_suite(void);

static struct loop *loop;
static struct timer *tick;
static struct tenant_conf tenants[2];
static struct config config;
static struct sched_conf conf;
static struct canaries *canaries;

static void on_tick(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

#define UNTIL(cond)                                                            \
	do {                                                                   \
		int64_t end_ = clock_monotonic_us() + 2 * US_PER_MIN;          \
		while (!(cond)) {                                              \
			ck_assert_msg(clock_monotonic_us() < end_,             \
				      "never came: " #cond);                   \
			timer_set(tick, 5 * US_PER_MS);                        \
			loop_run(loop);                                        \
		}                                                              \
	} while (0)

/* At least two looks of the scheduler have gone by. */
static void two_looks(void)
{
	int64_t from = clock_monotonic_us();

	UNTIL(clock_monotonic_us() - from > 2500 * US_PER_MS);
}

static void setup(void)
{
	struct err e = ERR_EMPTY;

	outside = (struct fake_outside){0};
	log_setup(LOG_ERROR + 1, false, "test");
	loop = loop_new(&e);
	tick = timer_new(loop, on_tick, NULL);
	tenants[0] = (struct tenant_conf){.tenant = (char *)"none"};
	tenants[1] = (struct tenant_conf){.tenant = (char *)"some", .index = 1};
	tenants[1].canary.to = (char *)"canary@example.com";
	tenants[1].canary.every_us = US_PER_MS;
	config = (struct config){.tenant = tenants, .tenant_n = 2};
	conf = (struct sched_conf){.loop = loop, .config = &config};
	canaries = canaries_new(&conf);
}

static void teardown(void)
{
	canaries_free(&canaries);
	timer_free(&tick);
	loop_free(&loop);
}

START_TEST(are_sent_for_who_wants_them)
{
	UNTIL(outside.canaries >= 2);
	ck_assert_ptr_eq(outside.sent_for, &tenants[1]);
	ck_assert_uint_eq(outside.alarms, 0);
}
END_TEST

START_TEST(are_sent_by_their_interval)
{
	tenants[1].canary.every_us = US_PER_DAY;
	two_looks();
	ck_assert_uint_eq(outside.canaries, 0);
}
END_TEST

static const struct {
	bool accepted;
	const char *word;
} halves[] = {{true, "never came back"}, {false, "did not take it"}};

START_TEST(are_missed_once_and_by_half)
{
	outside.canary.missing = true;
	outside.canary.accepted = halves[_i].accepted;
	UNTIL(outside.alarms);
	ck_assert_str_eq(outside.alarm, "canary");
	ck_assert_ptr_nonnull(strstr(outside.detail, "some: "));
	ck_assert_ptr_nonnull(strstr(outside.detail, halves[_i].word));
	two_looks();
	ck_assert_uint_eq(outside.alarms, 1);
	/* One that came back and is missed again is a new alarm. */
	outside.canary.missing = false;
	two_looks();
	outside.canary.missing = true;
	UNTIL(outside.alarms == 2);
}
END_TEST

START_TEST(rest_while_nothing_may_leave)
{
	outside.mode = MODE_HOLD;
	outside.canary.missing = true;
	two_looks();
	ck_assert_uint_eq(outside.canaries + outside.alarms, 0);
	/* Behind it there is an interval of grace. */
	tenants[1].canary.every_us = US_PER_DAY;
	outside.mode = MODE_NORMAL;
	two_looks();
	ck_assert_uint_eq(outside.alarms, 0);
}
END_TEST

Suite *test_canary_suite(void)
{
	Suite *s = suite_create("canary");
	TCase *c = tcase_create("canary");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 90);
	tcase_add_test(c, are_sent_for_who_wants_them);
	tcase_add_test(c, are_sent_by_their_interval);
	tcase_add_loop_test(c, are_missed_once_and_by_half, 0,
			    sizeof(halves) / sizeof(halves[0]));
	tcase_add_test(c, rest_while_nothing_may_leave);
	suite_add_tcase(s, c);
	return s;
}
