/* test_guesses.c - passwords that are guessed. */
#include "tests/unit/auth/login_world.h"
#include <stdio.h>

Suite *test_guesses_suite(void);

static struct login_world *const world = &login_world;

static struct guesses g;

static struct guess who(const char *address, const char *name)
{
	struct guess w;

	guess_of(&g, peer(address), str_of(name), &w);
	return w;
}

static bool allowed(const char *address, const char *name, int64_t now)
{
	struct guess w = who(address, name);

	return guess_allowed(&g, &w, now);
}

static void wrong(const char *address, const char *name, int64_t now)
{
	struct guess w = who(address, name);

	guess_wrong(&g, &w, now);
}

static void guesses_new(void)
{
	static const struct logins_tuning t = {.window_us = 100,
					       .per_address = 3,
					       .per_name = 4,
					       .overall = 8};

	guesses_release(&g);
	guesses_init(&g, &t);
}

START_TEST(guesses_are_counted)
{
	guesses_new();
	for (int i = 0; i < 3; i++)
		wrong("192.0.2.1:9", "a", 1000);
	ck_assert(!allowed("192.0.2.1:7", "b", 1000)); /* by address */
	ck_assert(allowed("192.0.2.2:7", "a", 1000));
	wrong("192.0.2.2:7", "A", 1000);
	ck_assert(!allowed("192.0.2.3:7", "a", 1000)); /* by name */
	ck_assert(allowed("192.0.2.3:7", "b", 1000));
	ck_assert(!allowed("192.0.2.3:7", "a", 1150)); /* the next window */
	ck_assert(allowed("192.0.2.3:7", "a", 1350));
	guesses_new();
	for (int i = 0; i < 8; i++) { /* by all together */
		char a[40], n[8];

		snprintf(a, sizeof(a), "198.51.100.%d:1", i);
		snprintf(n, sizeof(n), "n%d", i);
		ck_assert(allowed(a, n, 1000));
		wrong(a, n, 1000);
	}
	ck_assert(!allowed("203.0.113.1:1", "z", 1000));
	guesses_release(&g);
}
END_TEST

START_TEST(an_ipv6_network_is_one)
{
	guesses_new();
	wrong("[2001:db8::1]:1", "a", 1000);
	wrong("[2001:db8::2]:1", "b", 1000);
	wrong("[2001:db8:0:0:ffff::]:1", "c", 1000);
	ck_assert(!allowed("[2001:db8::99]:1", "d", 1000));
	ck_assert(allowed("[2001:db8:0:1::1]:1", "d", 1000));
	guesses_release(&g);
}
END_TEST

/* Whoever guesses a name does not lock out the person who has it. */
START_TEST(known_people_stay)
{
	struct guess taro;

	guesses_new();
	taro = who("192.0.2.1:1", "taro");
	guess_right(&g, &taro);
	for (int i = 0; i < 8; i++) {
		char a[40];

		snprintf(a, sizeof(a), "198.51.100.%d:1", i);
		wrong(a, "taro", 1000);
	}
	ck_assert(!allowed("198.51.100.99:1", "taro", 1000));
	ck_assert(allowed("192.0.2.1:1", "taro", 1000));
	for (int i = 0; i < 4; i++) /* and does not guess from there */
		wrong("192.0.2.1:1", "taro", 1000);
	ck_assert(!allowed("192.0.2.1:1", "taro", 1000));
	guesses_release(&g);
}
END_TEST

START_TEST(guessing_ends_in_later)
{
	world->tuning.per_name = 3;
	open_logins();
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(by_password(NULL, "taro", "x"), LOGIN_REFUSED);
	ck_assert_int_eq(by_password(NULL, "taro", "sesame"), LOGIN_LATER);
	ck_assert_int_eq(by_password(NULL, "taro", "x"), LOGIN_LATER);
}
END_TEST

/* From many addresses at once: none has its answer when the last one comes. */
START_TEST(guesses_at_once_are_counted)
{
	int count[3] = {0};

	world->tuning.per_name = 3;
	open_logins();
	world->answered = 0;
	for (int i = 0; i < 4 * HASH_QUEUE_MAX; i++) {
		char from[40];

		snprintf(from, sizeof(from), "198.51.100.%d:1", i);
		login_password(world->logins, peer(from), NULL, STR("taro"),
			       STR("x"), on_many, count);
	}
	loop_run(world->loop);
	ck_assert_int_eq(count[LOGIN_REFUSED], 3);
	ck_assert_int_eq(count[LOGIN_LATER], 4 * HASH_QUEUE_MAX - 3);
	ck_assert_int_eq(by_password(NULL, "taro", "sesame"), LOGIN_LATER);
	ck_assert_uint_eq(world->logins->guesses.open.n, 0);
}
END_TEST

Suite *test_guesses_suite(void)
{
	Suite *s = suite_create("guesses");
	TCase *t = tcase_create("all");

	tcase_add_unchecked_fixture(t, login_make, login_drop);
	tcase_add_checked_fixture(t, login_setup, login_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, guesses_are_counted);
	tcase_add_test(t, an_ipv6_network_is_one);
	tcase_add_test(t, known_people_stay);
	tcase_add_test(t, guessing_ends_in_later);
	tcase_add_test(t, guesses_at_once_are_counted);
	suite_add_tcase(s, t);
	return s;
}
