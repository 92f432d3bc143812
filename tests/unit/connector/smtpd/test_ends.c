/* test_ends.c - how sessions end: the peer, the clock, drain, a new configuration. */
#include <check.h>
#include <unistd.h>
#include "tests/unit/connector/smtpd/harness.h"

Suite *test_ends_suite(void);

#define GOOD "a@example.jp"
#define TO   "b@partner.test"

static struct harness h;
static struct client c;

static void setup(void)
{
	harness_init(&h, false);
	client_open(&h, &c, PEER_EXAMPLE);
	ck_assert(client_expect(&c, "220 gate.example.jp *"));
}

static void teardown(void)
{
	client_close(&c);
	ck_assert_uint_eq(h.flow.open, 0);
	harness_release(&h);
}

START_TEST(eof_anywhere_takes_nothing)
{
	static const char all[] = "EHLO x\r\nMAIL FROM:<" GOOD
				  ">\r\nRCPT TO:<" TO
				  ">\r\nDATA\r\nSubject: x\r\n\r\nhi\r\n.\r\n";
	struct client k;

	for (size_t n = 0; n < sizeof(all) - 1; n++) {
		client_open(&h, &k, PEER_EXAMPLE);
		client_send(&k, str_n(all, n));
		client_fin(&k);
		ck_assert_msg(k.eof, "%zu", n);
		client_close(&k);
		ck_assert_uint_eq(h.flow.taken.n, 0);
		ck_assert_uint_eq(h.flow.open, 0);
	}
	ck_assert_uint_eq(smtpd_sessions(h.smtpd), 1);
}
END_TEST

START_TEST(gone_while_waiting_leaves_the_message_to_the_flow)
{
	struct client k;

	h.flow.never = true;
	client_open(&h, &k, PEER_EXAMPLE);
	ck_assert(client_expect(&k, "220 *"));
	ck_assert(client_to_data(&k, GOOD, TO));
	client_send(&k, STR("x\r\n.\r\nNOOP\r\n"));
	ck_assert_uint_eq(h.flow.open, 1);
	client_close(&k);
	smtpd_free(&h.smtpd); /* the session with it */
	fake_answer(&h.flow);
	ck_assert_uint_eq(h.flow.abandoned, 1);
	ck_assert_uint_eq(h.flow.taken.n, 1);
}
END_TEST

/* The deadline of the connection passes; how long it is depends on the state
 * and on the network. */
static void time_is_up(void)
{
	conn_deadline(h.smtpd->newest->conn, 1);
	for (int i = 0; i < 200 && !c.eof; i++) {
		usleep(1000);
		client_pull(&c);
	}
	ck_assert(c.eof);
	ck_assert_uint_eq(smtpd_sessions(h.smtpd), 0);
}

START_TEST(time_is_up_between_commands)
{
	time_is_up();
	ck_assert(client_expect(&c, "421 4.4.2 *"));
}
END_TEST

START_TEST(time_is_up_inside_content)
{
	ck_assert(client_to_data(&c, GOOD, TO));
	client_send(&c, STR("Subject: x\r\n"));
	time_is_up();
	ck_assert(client_expect(&c, "421 4.4.2 *"));
	ck_assert_uint_eq(h.flow.open, 0);
}
END_TEST

START_TEST(time_is_up_while_the_commit_is_awaited)
{
	h.flow.never = true;
	ck_assert(client_to_data(&c, GOOD, TO));
	client_send(&c, STR("Subject: x\r\n.\r\n"));
	time_is_up();
	ck_assert(client_expect(&c, "421 4.4.2 *"));
	fake_answer(&h.flow); /* it was durable all the same */
	ck_assert_uint_eq(h.flow.taken.n, 1);
	ck_assert_uint_eq(h.flow.abandoned, 1);
}
END_TEST

static void drained(void *arg)
{
	*(int *)arg += 1;
}

START_TEST(drains)
{
	struct client idle;
	int done = 0;

	client_open(&h, &idle, PEER_EXAMPLE);
	ck_assert(client_expect(&idle, "220 *"));
	ck_assert(client_to_data(&c, GOOD, TO));
	smtpd_drain(h.smtpd, 30 * US_PER_S, drained, &done);
	ck_assert(client_expect(&idle, "421 4.3.2 *"));
	ck_assert(idle.eof);
	client_send(&c, STR("x\r\n.\r\n"));
	ck_assert(client_expect(&c, "250 2.0.0 *"));
	ck_assert_int_eq(done, 0);
	client_say(&c, "MAIL FROM:<" GOOD ">");
	ck_assert(client_expect(&c, "421 4.3.2 *"));
	pump(&h);
	ck_assert_int_eq(done, 1);
	client_close(&idle);
	client_open(&h, &idle, PEER_EXAMPLE);
	ck_assert(client_expect(&idle, "421 4.3.2 *"));
	client_close(&idle);
}
END_TEST

START_TEST(drain_ends_in_time)
{
	int done = 0;

	ck_assert(client_to_data(&c, GOOD, TO));
	smtpd_drain(h.smtpd, US_PER_MS, drained, &done);
	for (int i = 0; i < 200 && !done; i++) {
		usleep(1000);
		pump(&h);
	}
	ck_assert_int_eq(done, 1);
	ck_assert_uint_eq(smtpd_sessions(h.smtpd), 0);
	client_pull(&c);
	ck_assert(c.eof);
}
END_TEST

START_TEST(a_new_config_keeps_transactions_of_tenants_that_stay)
{
	struct config next = h.config;
	struct tenant_conf moved[1] = {h.tenant[1]};
	struct client k;

	client_open(&h, &k, PEER_EXAMPLE);
	ck_assert(client_expect(&k, "220 *"));
	ck_assert(client_to_data(&k, GOOD, TO));
	client_say(&c, "EHLO x");
	client_say(&c, "MAIL FROM:<" GOOD ">");
	ck_assert(client_expect(&c, "250-*"));
	ck_assert(client_expect(&c, "250 2.1.0 *"));
	moved[0].index = 0;
	next.tenant = moved;
	next.tenant_n = 1;
	auth_set_config(h.auth, &next, NULL, NULL);
	smtpd_set_config(h.smtpd, &next);
	client_say(&c, "RCPT TO:<" TO ">");
	ck_assert(client_expect(&c, "503 5.5.1 *"));
	client_say(&c, "MAIL FROM:<" GOOD ">");
	ck_assert(client_expect(&c, "550 5.7.1 *"));
	auth_set_config(h.auth, &h.config, NULL, NULL);
	smtpd_set_config(h.smtpd, &h.config);
	client_say(&c, "MAIL FROM:<" GOOD ">");
	ck_assert(client_expect(&c, "250 2.1.0 *"));
	client_close(&k);
	ck_assert_uint_eq(h.smtpd->per_tenant[0], 1);
}
END_TEST

START_TEST(a_new_config_ends_logins_that_it_does_not_take)
{
	static const struct str own[] = {STR(GOOD)};
	struct session *s;

	client_say(&c, "EHLO x");
	ck_assert(client_expect(&c, "250-*"));
	s = h.smtpd->oldest;
	s->door = DOOR_SUBMISSION;
	s->login.tenant = &h.config.tenant[0];
	s->login.address = own;
	s->login.address_n = 1;
	client_say(&c, "MAIL FROM:<" GOOD ">");
	ck_assert(client_expect(&c, "250 2.1.0 *"));
	smtpd_set_config(h.smtpd, &h.config);
	client_say(&c, "RCPT TO:<" TO ">");
	ck_assert(client_expect(&c, "250 2.1.5 *"));
	h.logins.ways = 0;
	smtpd_set_config(h.smtpd, &h.config);
	client_say(&c, "RCPT TO:<" TO ">");
	ck_assert(client_expect(&c, "503 5.5.1 *"));
	client_say(&c, "MAIL FROM:<" GOOD ">");
	ck_assert(client_expect(&c, "530 5.7.0 *"));
}
END_TEST

Suite *test_ends_suite(void)
{
	Suite *s = suite_create("ends");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, eof_anywhere_takes_nothing);
	tcase_add_test(t, gone_while_waiting_leaves_the_message_to_the_flow);
	tcase_add_test(t, time_is_up_between_commands);
	tcase_add_test(t, time_is_up_inside_content);
	tcase_add_test(t, time_is_up_while_the_commit_is_awaited);
	tcase_add_test(t, drains);
	tcase_add_test(t, drain_ends_in_time);
	tcase_add_test(t, a_new_config_keeps_transactions_of_tenants_that_stay);
	tcase_add_test(t, a_new_config_ends_logins_that_it_does_not_take);
	suite_add_tcase(s, t);
	return s;
}
