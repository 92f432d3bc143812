/* test_session.c - order of verbs, pipelining, errors, pressure. */
#include <check.h>
#include <unistd.h>
#include "tests/unit/connector/smtpd/harness.h"

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

START_TEST(takes_a_mail)
{
	struct fake_message *m;

	ck_assert(client_to_data(&c, GOOD, TO));
	client_send(&c, STR("Subject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n"));
	ck_assert(client_expect(&c, "250 2.0.0 Ok: queued as FAKE"));
	ck_assert(client_expect(&c, "221 2.0.0 *"));
	ck_assert(c.eof);
	ck_assert_uint_eq(h.flow.taken.n, 1);
	m = h.flow.taken.v[0];
	ck_assert(str_is(buf_str(&m->body), "Subject: x\r\n\r\n.dot\r\n"));
	ck_assert_str_eq(m->tenant, "example");
	ck_assert_str_eq(m->helo, "client.example.jp");
	ck_assert(str_is(m->env.from.text, GOOD));
	ck_assert_uint_eq(m->env.rcpt_n, 1);
	ck_assert_uint_eq(smtpd_sessions(h.smtpd), 0);
}
END_TEST

START_TEST(pipelines_whole_transactions)
{
	AUTO(buf) b = BUF_MAX(MIB);

	h.flow.late = true;
	client_say(&c, "EHLO x");
	ck_assert(client_expect(&c, "250-*PIPELINING*SIZE 1048576*8BITMIME*"
				    "SMTPUTF8*CHUNKING*DSN*250 "
				    "ENHANCEDSTATUSCODES"));
	for (int i = 0; i < 50; i++)
		buf_puts(&b, "MAIL FROM:<" GOOD ">\r\nRCPT TO:<" TO
			     ">\r\nBDAT 4 LAST\r\nabcd");
	client_send(&c, buf_str(&b));
	for (int i = 0; i < 200; i++)
		pump(&h);
	for (int i = 0; i < 50; i++) {
		ck_assert(client_expect(&c, "250 2.1.0 *"));
		ck_assert(client_expect(&c, "250 2.1.5 *"));
		ck_assert(client_expect(&c, "250 2.0.0 *"));
	}
	ck_assert_uint_eq(h.flow.taken.n, 50);
}
END_TEST

static const struct {
	const char *say, *reply;
} order[] = {
	{"MAIL FROM:<" GOOD ">", "503 5.5.1 *"},
	{"RCPT TO:<" TO ">", "503 5.5.1 *"},
	{"DATA", "503 5.5.1 *"},
	{"STARTTLS", "503 5.5.1 *"},
	{"RSET", "250 2.0.0 *"},
	{"NOOP hello", "250 2.0.0 *"},
	{"HELP", "214 2.0.0 *"},
	{"EHLO", "501 5.5.4 *"},
	{"EHLO a b", "501 5.5.4 *"},
	{"EHLO a\"b", "501 5.5.4 *"},
	{"HELO x", "250 gate.example.jp"},
	{"MAIL FROM:<" GOOD "> SIZE=1", "555 5.5.4 *"},
	{"EHLO [192.0.2.7]", "250-*"},
	{"STARTTLS", "502 5.5.1 *"},
	{"DATA", "503 5.5.1 *"},
	{"MAIL FROM:<" GOOD ">", "250 2.1.0 *"},
	{"MAIL FROM:<" GOOD ">", "503 5.5.1 *"},
	{"STARTTLS", "503 5.5.1 *"},
	{"DATA", "503 5.5.1 *"},
	{"RCPT TO:<" TO ">", "250 2.1.5 *"},
	{"RCPT TO:<" TO ">", "250 2.1.5 *"},
	{"DATA now", "501 5.5.4 *"},
	{"VRFY x", "252 2.5.1 *"},
	{"EXPN x", "502 5.5.1 *"},
	{"AUTH PLAIN AAAA", "502 5.5.1 *"},
	{"XCLIENT ADDR=1.2.3.4", "500 5.5.2 *"},
	{"", "500 5.5.2 *"},
	{"NOOP \x01", "500 5.5.2 *"},
	{"RSET x", "501 5.5.4 *"},
	{"rset", "250 2.0.0 *"},
	{"RCPT TO:<" TO ">", "503 5.5.1 *"},
	{"quit", "221 2.0.0 *"},
};

START_TEST(verbs_have_an_order)
{
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		client_say(&c, order[i].say);
		ck_assert_msg(client_expect(&c, order[i].reply), "%zu: %s", i,
			      order[i].say);
	}
	ck_assert(c.eof);
}
END_TEST

START_TEST(ends_after_many_errors)
{
	client_say(&c, "EHLO x");
	ck_assert(client_expect(&c, "250-*"));
	for (int i = 0; i < SMTP_ERRORS_MAX; i++) {
		client_say(&c, "BOGUS");
		ck_assert(client_expect(&c, "500 5.5.2 *"));
	}
	client_say(&c, "NOOP");
	ck_assert(client_expect(&c, "421 4.7.0 *"));
	ck_assert(c.eof);
}
END_TEST

START_TEST(refused_recipients_of_a_tenant_are_no_attack)
{
	client_say(&c, "EHLO x");
	client_say(&c, "MAIL FROM:<" GOOD ">");
	for (int i = 0; i < SMTP_ERRORS_MAX * 2; i++)
		client_say(&c, "RCPT TO:<b@[192.0.2.1]>");
	client_say(&c, "RCPT TO:<" TO ">");
	while (fits("5*", client_reply(&c)) || c.in.n)
		;
	client_say(&c, "DATA");
	ck_assert(client_expect(&c, "354 *"));
}
END_TEST

START_TEST(line_ends_are_strict)
{
	client_send(&c, STR("EHLO x\n"));
	ck_assert(client_expect(&c, "500 5.5.2 *CR LF*"));
	ck_assert(c.eof);
	ck_assert_uint_eq(smtpd_sessions(h.smtpd), 0);
}
END_TEST

START_TEST(long_lines_end_the_session)
{
	AUTO(buf) b = BUF_MAX(MIB);

	buf_puts(&b, "NOOP ");
	while (b.n < SMTP_LINE_MAX - 2)
		buf_putc(&b, 'x');
	buf_puts(&b, "\r\n");
	client_send(&c, buf_str(&b));
	ck_assert(client_expect(&c, "250 *"));
	buf_truncate(&b, b.n - 2);
	buf_puts(&b, "xxx\r\nNOOP\r\n");
	client_send(&c, buf_str(&b));
	ck_assert(client_expect(&c, "500 5.5.2 *too long*"));
	ck_assert(c.eof);
}
END_TEST

START_TEST(browsers_are_sent_away)
{
	client_send(&c, STR("POST / HTTP/1.1\r\nHost: x\r\n\r\n"
			    "EHLO x\r\nMAIL FROM:<" GOOD ">\r\n"));
	ck_assert(client_expect(&c, "500 5.5.2 *"));
	ck_assert(c.eof);
	ck_assert(client_expect(&c, ""));
}
END_TEST

START_TEST(trouble_of_the_store_is_told_at_the_end)
{
	h.flow.fail_at = 10;
	h.flow.fail_class = ERR_RETRY;
	ck_assert(client_to_data(&c, GOOD, TO));
	client_send(&c, STR("Subject: x\r\n"));
	ck_assert(client_expect(&c, ""));
	client_send(&c, STR("\r\nhi\r\n.\r\n"));
	ck_assert(client_expect(&c, "452 4.3.1 *"));
	h.flow.fail_class = ERR_LIMIT;
	ck_assert(client_to_data(&c, GOOD, TO));
	client_send(&c, STR("Subject: x\r\n.\r\n"));
	ck_assert(client_expect(&c, "552 5.3.4 *"));
	h.flow.fail_at = 0;
	h.flow.reply = (struct intake_reply){451, "4.3.0", "disk"};
	ck_assert(client_to_data(&c, GOOD, TO));
	client_send(&c, STR("Subject: x\r\n.\r\n"));
	ck_assert(client_expect(&c, "451 4.3.0 disk"));
	ck_assert_uint_eq(h.flow.taken.n, 0);
}
END_TEST

START_TEST(busy_flow_stops_reading)
{
	h.flow.busy = true;
	client_say(&c, "NOOP");
	ck_assert(client_expect(&c, ""));
	client_say(&c, "NOOP");
	ck_assert(client_expect(&c, ""));
	h.flow.busy = false;
	for (int i = 0; i < 100 && c.in.n == 0; i++) {
		usleep(1000);
		client_pull(&c);
	}
	ck_assert(client_expect(&c, "250 *"));
	ck_assert(client_expect(&c, "250 *"));
}
END_TEST

START_TEST(busy_flow_lets_content_end)
{
	ck_assert(client_to_data(&c, GOOD, TO));
	h.flow.busy = true;
	client_send(&c, STR("Subject: x\r\n\r\n"));
	client_send(&c, STR("hi\r\n.\r\nNOOP\r\n"));
	ck_assert(client_expect(&c, "250 2.0.0 Ok: queued*"));
	ck_assert(client_expect(&c, ""));
	ck_assert_uint_eq(h.flow.taken.n, 1);
}
END_TEST

START_TEST(unread_replies_stop_reading)
{
	AUTO(buf) b = BUF_MAX(4 * MIB);
	size_t sent = 0;

	while (b.n < 64 * KIB)
		buf_puts(&b, "EHLO aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n");
	for (int i = 0; i < 400; i++) {
		ssize_t n = send(c.fd, b.p, b.n, MSG_DONTWAIT | MSG_NOSIGNAL);

		sent += n > 0 ? (size_t)n : 0;
		pump(&h);
	}
	ck_assert_uint_lt(sent, 2 * MIB);
	ck_assert_uint_lt(conn_pending(h.smtpd->oldest->conn), 128 * KIB);
}
END_TEST

Suite *test_session_suite(void);

Suite *test_session_suite(void)
{
	Suite *s = suite_create("session");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, takes_a_mail);
	tcase_add_test(t, pipelines_whole_transactions);
	tcase_add_test(t, verbs_have_an_order);
	tcase_add_test(t, ends_after_many_errors);
	tcase_add_test(t, refused_recipients_of_a_tenant_are_no_attack);
	tcase_add_test(t, line_ends_are_strict);
	tcase_add_test(t, long_lines_end_the_session);
	tcase_add_test(t, browsers_are_sent_away);
	tcase_add_test(t, trouble_of_the_store_is_told_at_the_end);
	tcase_add_test(t, busy_flow_stops_reading);
	tcase_add_test(t, busy_flow_lets_content_end);
	tcase_add_test(t, unread_replies_stop_reading);
	suite_add_tcase(s, t);
	return s;
}
