/* test_slots.c - T7: silent and slow clients keep nobody out; each address
 * and tenant has its share.
 */
#include <check.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>
#include "tests/unit/connector/smtpd/harness.h"

#define IDLE  2000
#define SLOW  500
#define CROWD (IDLE + SLOW)

static struct harness h;
static struct client crowd[CROWD];
static struct client good;

static void setup(void)
{
	struct rlimit files = {8192, 8192};

	harness_init(&h, false);
	if (setrlimit(RLIMIT_NOFILE, &files) != 0)
		getrlimit(RLIMIT_NOFILE, &files);
	ck_assert_uint_gt(files.rlim_cur, 2 * CROWD + 100);
	quota_limits(h.smtpd);
}

static void teardown(void)
{
	harness_release(&h);
}

static void crowd_close(size_t n)
{
	for (size_t i = 0; i < n; i++)
		client_close(&crowd[i]);
}

static const char *alias(size_t i, const char *net)
{
	static char text[64];

	snprintf(text, sizeof(text), "%s.%zu", net, i % 250 + 1);
	return text;
}

/* One byte each, at most so many rounds; a good client is served at once. */
static void trickle_and_serve(void)
{
	static const char slow[] = "EHLO slow.test\r\nNOOP\r\n";
	size_t peak = 0;

	for (size_t round = 0; round < 5; round++) {
		for (size_t i = IDLE; i < CROWD; i++)
			if (!crowd[i].eof)
				(void)!write(crowd[i].fd, slow + round, 1);
		pump(&h);
		peak = MAX_OF(peak, smtpd_sessions(h.smtpd));
		ck_assert(client_open(&h, &good, PEER_EXAMPLE));
		ck_assert(client_expect(&good, "220 *"));
		ck_assert(client_to_data(&good, "a@example.jp",
					 "b@partner.test"));
		client_send(&good, STR("x\r\n.\r\n"));
		ck_assert(client_expect(&good, "250 2.0.0 *"));
		client_close(&good);
	}
	ck_assert_uint_le(peak, h.config.limits.sessions);
	ck_assert_uint_eq(h.flow.taken.n, 5);
}

START_TEST(strangers_cannot_keep_a_tenant_out)
{
	for (size_t i = 0; i < CROWD; i++)
		client_open(&h, &crowd[i], alias(i, "10.0.0"));
	ck_assert_uint_le(h.smtpd->strangers, 1500);
	trickle_and_serve();
	crowd_close(CROWD);
}
END_TEST

/* The same crowd from the tenant's own network, all slots taken. */
START_TEST(idle_peers_cannot_keep_their_colleagues_out)
{
	for (size_t i = 0; i < CROWD; i++)
		client_open(&h, &crowd[i], alias(i, "192.0.2"));
	ck_assert_uint_eq(smtpd_sessions(h.smtpd), h.config.limits.sessions);
	usleep(IDLE_MOVE_US + 20 * US_PER_MS);
	trickle_and_serve();
	crowd_close(CROWD);
}
END_TEST

START_TEST(young_sessions_keep_their_slot)
{
	h.config.limits.sessions = 3;
	quota_limits(h.smtpd);
	for (size_t i = 0; i < 3; i++)
		ck_assert(client_open(&h, &crowd[i], PEER_EXAMPLE));
	ck_assert(!client_open(&h, &good, PEER_EXAMPLE));
	ck_assert(client_expect(&good, "421 4.3.2 *"));
	ck_assert(good.eof);
	client_close(&good);
	usleep(IDLE_MOVE_US + 20 * US_PER_MS);
	client_say(&crowd[0], "NOOP"); /* now [1] is the oldest */
	ck_assert(client_open(&h, &good, PEER_EXAMPLE));
	ck_assert(client_expect(&good, "220 *"));
	ck_assert(client_expect(&crowd[1], "220 *"));
	ck_assert(client_expect(&crowd[1], "421 4.3.2 *"));
	client_pull(&crowd[0]);
	ck_assert(!crowd[0].eof);
	client_close(&good);
	crowd_close(3);
}
END_TEST

START_TEST(a_session_that_waits_for_its_commit_stays)
{
	struct client k;

	h.config.limits.sessions = 1;
	quota_limits(h.smtpd);
	h.flow.never = true;
	ck_assert(client_open(&h, &k, PEER_EXAMPLE));
	ck_assert(client_expect(&k, "220 *"));
	ck_assert(client_to_data(&k, "a@example.jp", "b@partner.test"));
	client_send(&k, STR("x\r\n.\r\n"));
	usleep(IDLE_MOVE_US + 20 * US_PER_MS);
	ck_assert(!client_open(&h, &good, PEER_EXAMPLE));
	client_close(&good);
	fake_answer(&h.flow);
	ck_assert(client_expect(&k, "250 2.0.0 *"));
	client_close(&k);
}
END_TEST

START_TEST(descriptors_are_a_limit_too)
{
	struct rlimit few;

	/* Who may not raise the hard limit (under valgrind: nobody) keeps it. */
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &few), 0);
	few.rlim_max = MAX_OF(few.rlim_max, (rlim_t)8192);
	few.rlim_cur = 64;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	quota_limits(h.smtpd);
	ck_assert_uint_eq(h.smtpd->most, 32);
	few.rlim_cur = 1024;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	quota_limits(h.smtpd);
	ck_assert_uint_eq(h.smtpd->most, 768);
	few.rlim_cur = 8192;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	quota_limits(h.smtpd);
	ck_assert_uint_eq(h.smtpd->most, 2000);
}
END_TEST

START_TEST(an_address_has_its_share)
{
	h.config.limits.sessions_per_address = 3;
	for (size_t i = 0; i < 3; i++)
		ck_assert(client_open(&h, &crowd[i], PEER_STRANGER));
	ck_assert(!client_open(&h, &good, PEER_STRANGER));
	ck_assert(client_expect(&good, "421 4.3.2 *address*"));
	client_close(&good);
	client_close(&crowd[0]);
	ck_assert(client_open(&h, &crowd[0], PEER_STRANGER));
	ck_assert(client_open(&h, &good, PEER_EXAMPLE));
	client_close(&good);
	crowd_close(3);
	/* IPv6: a /64 is one address. */
	ck_assert(client_open(&h, &crowd[0], "2001:db8:1:2::1"));
	ck_assert(client_open(&h, &crowd[1], "2001:db8:1:2::2"));
	ck_assert(client_open(&h, &crowd[2], "2001:db8:1:2:3::3"));
	ck_assert(!client_open(&h, &good, "2001:db8:1:2:ffff::4"));
	client_close(&good);
	ck_assert(client_open(&h, &good, "2001:db8:1:3::1"));
	client_close(&good);
	crowd_close(3);
	ck_assert_uint_eq(h.smtpd->per_address.n, 0);
	ck_assert_uint_eq(h.smtpd->strangers, 0);
}
END_TEST

START_TEST(a_tenant_has_its_share)
{
	h.config.limits.sessions_per_tenant = 2;
	ck_assert(client_open(&h, &crowd[0], PEER_EXAMPLE));
	ck_assert(client_open(&h, &crowd[1], PEER_EXAMPLE));
	ck_assert(!client_open(&h, &good, PEER_EXAMPLE));
	client_close(&good);
	ck_assert(client_open(&h, &good, PEER_SECURE));
	client_close(&good);
	usleep(IDLE_MOVE_US + 20 * US_PER_MS);
	ck_assert(client_open(&h, &good, PEER_EXAMPLE));
	client_close(&good);
	crowd_close(2);
	ck_assert_uint_eq(h.smtpd->per_tenant[0], 0);
	ck_assert_uint_eq(h.smtpd->per_tenant[1], 0);
}
END_TEST

Suite *test_slots_suite(void);

Suite *test_slots_suite(void)
{
	Suite *s = suite_create("slots");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, strangers_cannot_keep_a_tenant_out);
	tcase_add_test(t, idle_peers_cannot_keep_their_colleagues_out);
	tcase_add_test(t, young_sessions_keep_their_slot);
	tcase_add_test(t, a_session_that_waits_for_its_commit_stays);
	tcase_add_test(t, descriptors_are_a_limit_too);
	tcase_add_test(t, an_address_has_its_share);
	tcase_add_test(t, a_tenant_has_its_share);
	suite_add_tcase(s, t);
	return s;
}
