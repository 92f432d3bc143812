/* test_steady.c - a wall clock that jumps, slews, and sleeps. */
#include "connector/base/steady.h"
#include <check.h>

Suite *test_steady_suite(void);

#define WALL (INT64_C(1788000000) * US_PER_S)
#define BOOT (1000 * US_PER_S)

static struct steady s;
static int64_t wall, machine;

static void begin(void)
{
	wall = WALL;
	machine = BOOT;
	steady_start(&s, wall, machine);
}

static void pass(int64_t us)
{
	wall += us;
	machine += us;
}

static int64_t now(void)
{
	return steady_now_us(s.base_us, wall, machine);
}

START_TEST(a_jump_is_seen_at_once)
{
	static const int64_t JUMP[] = {US_PER_DAY, -US_PER_HOUR, 6 * US_PER_MIN,
				       -6 * US_PER_MIN};

	begin();
	pass(US_PER_S);
	wall += JUMP[_i];
	/* Even before anybody looks. */
	ck_assert_int_eq(now(), WALL + US_PER_S);
	ck_assert(steady_look(&s, wall, machine));
	ck_assert(s.jumped);
	pass(2 * US_PER_HOUR);
	ck_assert(!steady_look(&s, wall, machine));
	ck_assert_int_eq(now(), WALL + US_PER_S + 2 * US_PER_HOUR);
	ck_assert_int_eq(steady_off_us(s.base_us, wall, machine), JUMP[_i]);
	/* It comes back. */
	wall -= JUMP[_i];
	ck_assert(steady_look(&s, wall, machine));
	ck_assert(!s.jumped);
	ck_assert_int_eq(now(), wall);
}
END_TEST

START_TEST(small_steps_and_suspends_are_none)
{
	begin();
	wall += 4 * US_PER_MIN;
	ck_assert(!steady_look(&s, wall, machine));
	ck_assert_int_eq(now(), wall);
	/* Both clocks go on through a suspend. */
	pass(3 * US_PER_DAY);
	ck_assert(!steady_look(&s, wall, machine));
	/* By now the step is followed: another one is small again. */
	wall += 4 * US_PER_MIN;
	ck_assert(!steady_look(&s, wall, machine));
	/* But not two at once. */
	wall += 4 * US_PER_MIN;
	ck_assert(steady_look(&s, wall, machine));
}
END_TEST

/* A slew of 500 ppm for a year, looked at four times a second would be long:
 * every minute; and then so often that a look is too short to follow. */
START_TEST(a_slew_is_followed)
{
	begin();
	for (int i = 0; i < 60 * 24 * 365; i++) {
		wall += US_PER_MIN + US_PER_MIN / 2000;
		machine += US_PER_MIN;
		if (steady_look(&s, wall, machine))
			ck_abort_msg("not followed in minute %d", i);
	}
	ck_assert_int_lt(steady_off_us(s.base_us, wall, machine), US_PER_S);
	wall += US_PER_MIN;
	for (int i = 0; i < 200000; i++) {
		pass(US_PER_MS / 10 * 7);
		if (steady_look(&s, wall, machine))
			ck_abort_msg("not followed in round %d", i);
	}
	ck_assert_int_lt(steady_off_us(s.base_us, wall, machine),
			 US_PER_MIN - 139 * US_PER_MS);
}
END_TEST

START_TEST(a_restart_remembers)
{
	begin();
	steady_resume(&s, WALL, BOOT);
	machine += 10 * US_PER_MIN;
	wall = WALL - US_PER_HOUR;
	ck_assert(steady_look(&s, wall, machine));
	ck_assert_int_eq(now(), WALL + 10 * US_PER_MIN);
}
END_TEST

Suite *test_steady_suite(void)
{
	Suite *suite = suite_create("steady");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, a_jump_is_seen_at_once, 0, 4);
	tcase_add_test(t, small_steps_and_suspends_are_none);
	tcase_add_test(t, a_slew_is_followed);
	tcase_add_test(t, a_restart_remembers);
	suite_add_tcase(suite, t);
	return suite;
}
