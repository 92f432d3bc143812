/* test_session.c - order of verbs, pipelining, limits, ends, pressure. */
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
	tcase_add_test(t, size_is_held_before_and_while_reading);
	tcase_add_test(t, size_counts_what_is_kept);
	tcase_add_test(t, endless_content_ends);
	tcase_add_test(t, long_content_line_is_refused);
	tcase_add_test(t, trouble_of_the_store_is_told_at_the_end);
	tcase_add_test(t, recipients_are_limited);
	tcase_add_test(t, doubled_recipients_are_one);
	tcase_add_test(t, senders_have_a_rate);
	tcase_add_test(t, a_restart_forgives_no_sender);
	tcase_add_test(t, eof_anywhere_takes_nothing);
	tcase_add_test(t, gone_while_waiting_leaves_the_message_to_the_flow);
	tcase_add_test(t, busy_flow_stops_reading);
	tcase_add_test(t, busy_flow_lets_content_end);
	tcase_add_test(t, time_is_up_between_commands);
	tcase_add_test(t, time_is_up_inside_content);
	tcase_add_test(t, time_is_up_while_the_commit_is_awaited);
	tcase_add_test(t, unread_replies_stop_reading);
	tcase_add_test(t, drains);
	tcase_add_test(t, drain_ends_in_time);
	tcase_add_test(t, a_new_config_keeps_transactions_of_tenants_that_stay);
	tcase_add_test(t, a_new_config_ends_logins_that_it_does_not_take);
	suite_add_tcase(s, t);
	return s;
}
