/* test_limits.c - what one session may: sizes, recipients, a rate. */
#include <check.h>
#include "tests/unit/connector/smtpd/harness.h"

Suite *test_limits_suite(void);

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

START_TEST(size_is_held_before_and_while_reading)
{
	AUTO(buf) b = BUF_MAX(4 * MIB);

	client_say(&c, "EHLO x");
	ck_assert(client_expect(&c, "250-*"));
	client_say(&c, "MAIL FROM:<" GOOD "> SIZE=1048577");
	ck_assert(client_expect(&c, "552 5.3.4 *"));
	client_say(&c, "MAIL FROM:<" GOOD "> SIZE=99999999999999999999");
	ck_assert(client_expect(&c, "552 5.3.4 *"));
	ck_assert(client_to_data(&c, GOOD, TO));
	while (b.n <= h.config.limits.message)
		buf_puts(&b, "0123456789012345678901234567890123456789\r\n");
	buf_puts(&b, ".\r\nNOOP\r\n");
	client_send(&c, buf_str(&b));
	ck_assert(client_expect(&c, "552 5.3.4 *"));
	ck_assert(client_expect(&c, "250 2.0.0 Ok"));
	ck_assert_uint_eq(h.flow.taken.n, 0);
}
END_TEST

START_TEST(size_counts_what_is_kept)
{
	h.config.limits.message = 10;
	ck_assert(client_to_data(&c, GOOD, TO));
	client_send(&c, STR("..345678\r\n.\r\n"));
	ck_assert(client_expect(&c, "250 2.0.0 *"));
	ck_assert(client_to_data(&c, GOOD, TO));
	client_send(&c, STR("..3456789\r\n.\r\n"));
	ck_assert(client_expect(&c, "250 2.0.0 *"));
	ck_assert(client_to_data(&c, GOOD, TO));
	client_send(&c, STR("..34567890\r\n.\r\n"));
	ck_assert(client_expect(&c, "552 5.3.4 *"));
}
END_TEST

START_TEST(endless_content_ends)
{
	AUTO(buf) b = BUF_MAX(4 * MIB);

	ck_assert(client_to_data(&c, GOOD, TO));
	while (b.n < MIB)
		buf_puts(&b, "0123456789012345678901234567890123456789\r\n");
	for (int i = 0; i < 40 && !c.eof; i++)
		client_send(&c, buf_str(&b));
	ck_assert(client_expect(&c, "552 5.3.4 *"));
	ck_assert(c.eof);
	ck_assert_uint_eq(h.flow.taken.n, 0);
}
END_TEST

START_TEST(long_content_line_is_refused)
{
	AUTO(buf) b = BUF_MAX(4 * MIB);

	h.config.limits.message = 8 * MIB;
	ck_assert(client_to_data(&c, GOOD, TO));
	while (b.n < SMTP_TEXT_LINE_MAX)
		buf_putc(&b, 'x');
	buf_puts(&b, "\r\n.\r\n");
	client_send(&c, buf_str(&b));
	ck_assert(client_expect(&c, "250 2.0.0 *"));
	ck_assert(client_to_data(&c, GOOD, TO));
	buf_truncate(&b, b.n - 5);
	buf_puts(&b, "y\r\n.\r\nNOOP\r\n");
	client_send(&c, buf_str(&b));
	ck_assert(client_expect(&c, "550 5.6.0 *line*"));
	ck_assert(client_expect(&c, "250 2.0.0 Ok"));
	ck_assert_uint_eq(h.flow.taken.n, 1);
}
END_TEST

START_TEST(recipients_are_limited)
{
	AUTO(buf) b = BUF_MAX(64 * KIB);

	client_say(&c, "EHLO x");
	client_say(&c, "MAIL FROM:<" GOOD ">");
	ck_assert(client_expect(&c, "250-*"));
	ck_assert(client_expect(&c, "250 2.1.0 *"));
	for (unsigned i = 0; i <= h.config.limits.recipients; i++)
		buf_printf(&b, "RCPT TO:<u%u@partner.test>\r\n", i);
	client_send(&c, buf_str(&b));
	for (unsigned i = 0; i < h.config.limits.recipients; i++)
		ck_assert(client_expect(&c, "250 2.1.5 *"));
	ck_assert(client_expect(&c, "452 4.5.3 *"));
	client_say(&c, "DATA");
	ck_assert(client_expect(&c, "354 *"));
	client_send(&c, STR(".\r\n"));
	ck_assert(client_expect(&c, "250 2.0.0 *"));
	ck_assert_uint_eq(h.flow.taken.v[0]->env.rcpt_n,
			  h.config.limits.recipients);
	ck_assert_uint_eq(h.flow.taken.v[0]->body.n, 0);
}
END_TEST

START_TEST(doubled_recipients_are_one)
{
	client_say(&c, "EHLO x");
	client_say(&c, "MAIL FROM:<" GOOD ">");
	client_say(&c, "RCPT TO:<" TO ">");
	client_say(&c, "RCPT TO:<B@PARTNER.TEST>");
	client_say(&c, "DATA");
	client_send(&c, STR("x\r\n.\r\n"));
	ck_assert_uint_eq(h.flow.taken.n, 1);
	ck_assert_uint_eq(h.flow.taken.v[0]->env.rcpt_n, 1);
}
END_TEST

START_TEST(senders_have_a_rate)
{
	h.config.limits.per_sender_per_hour = 3;
	for (int i = 0; i < 3; i++) {
		ck_assert(client_to_data(&c, GOOD, TO));
		client_send(&c, STR("x\r\n.\r\n"));
		ck_assert(client_expect(&c, "250 2.0.0 *"));
	}
	client_say(&c, "MAIL FROM:<A@example.jp>");
	ck_assert(client_expect(&c, "450 4.7.1 *"));
	client_say(&c, "MAIL FROM:<other@example.jp>");
	ck_assert(client_expect(&c, "250 2.1.0 *"));
	client_say(&c, "RSET");
	ck_assert(client_expect(&c, "250 2.0.0 *"));
	/* An hour later half of the window counts, two hours later none. */
	h.smtpd->rate.window_us -= US_PER_HOUR * 3 / 2;
	client_say(&c, "MAIL FROM:<" GOOD ">");
	ck_assert(client_expect(&c, "250 2.1.0 *"));
}
END_TEST

START_TEST(a_restart_forgives_no_sender)
{
	struct store_sent sent[] = {
		{STR("t"), STR("A@Example.jp"), .messages = 2},
		{STR("u"), STR(GOOD), .messages = 2},
		{STR("t"), STR("other@example.jp"), .messages = 2}};
	struct err e;

	h.config.limits.per_sender_per_hour = 3;
	h.flow.sent = sent;
	h.flow.sent_n = ARRAY_LEN(sent);
	ck_assert(quota_load(h.smtpd, &e));
	ck_assert(client_to_data(&c, "new@example.jp", TO));
	client_send(&c, STR("x\r\n.\r\n"));
	ck_assert(client_expect(&c, "250 2.0.0 *"));
	client_say(&c, "MAIL FROM:<" GOOD ">");
	ck_assert(client_expect(&c, "450 4.7.1 *"));
	client_say(&c, "MAIL FROM:<other@example.jp>");
	ck_assert(client_expect(&c, "250 2.1.0 *"));
}
END_TEST

Suite *test_limits_suite(void)
{
	Suite *s = suite_create("limits");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, size_is_held_before_and_while_reading);
	tcase_add_test(t, size_counts_what_is_kept);
	tcase_add_test(t, endless_content_ends);
	tcase_add_test(t, long_content_line_is_refused);
	tcase_add_test(t, recipients_are_limited);
	tcase_add_test(t, doubled_recipients_are_one);
	tcase_add_test(t, senders_have_a_rate);
	tcase_add_test(t, a_restart_forgives_no_sender);
	suite_add_tcase(s, t);
	return s;
}
