/* Which replies mean us, and which mean the mail. */
#include "providers/providers_int.h"

#include <check.h>
#include <stdio.h>

Suite *test_replies_suite(void);

static const struct {
	enum hop_kind kind;
	int code;
	const char *status, *text;
	enum smtp_stage at;
	enum reply_means means;
	enum hop_mood mood;
} row[] = {
	/* Exchange Online */
	{HOP_RELAY, 550, "5.7.64",
	 "5.7.64 TenantAttribution; Relay Access Denied SMTP.", SMTP_AT_MAIL,
	 REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_RELAY, 550, "5.7.64", "5.7.64 TenantAttribution", SMTP_AT_END,
	 REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_RELAY, 550, "5.7.68",
	 "5.7.68 TenantInboundAttribution; Direct Send not allowed for this "
	 "organization",
	 SMTP_AT_END, REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_RELAY, 550, "5.7.51", "5.7.51 TenantInboundAttribution; Rejecting",
	 SMTP_AT_RCPT, REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_RELAY, 550, "5.7.705",
	 "5.7.705 Access denied, tenant has exceeded threshold", SMTP_AT_END,
	 REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_RELAY, 550, "5.7.708",
	 "5.7.708 Service unavailable. Access denied, traffic not accepted "
	 "from this IP",
	 SMTP_AT_END, REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_RELAY, 550, "5.7.750",
	 "5.7.750 Service unavailable. Client blocked from sending from "
	 "unregistered domains",
	 SMTP_AT_END, REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_RELAY, 550, "5.7.506", "5.7.506 Access denied, bad HELO",
	 SMTP_AT_MAIL, REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_MAILBOX, 530, "5.7.57",
	 "5.7.57 Client not authenticated to send mail", SMTP_AT_MAIL,
	 REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_MAILBOX, 550, "5.7.60",
	 "5.7.60 SMTP; Client does not have permissions to send as this sender",
	 SMTP_AT_END, REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_RELAY, 550, "5.7.60", "5.7.60 something else", SMTP_AT_END,
	 REPLY_PLAIN, HOP_FINE},
	{HOP_MAILBOX, 554, "5.2.252",
	 "5.2.252 SendAsDenied; a@b.example not allowed to send as c@b.example",
	 SMTP_AT_END, REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_RELAY, 451, "4.4.62",
	 "4.4.62 Mail sent to the wrong Office 365 region. ATTR35",
	 SMTP_AT_RCPT, REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_RELAY, 554, "5.4.14",
	 "5.4.14 Hop count exceeded - possible mail loop ATTR34", SMTP_AT_END,
	 REPLY_LOOP, HOP_FINE},
	{HOP_RELAY, 554, "5.4.6", "5.4.6 Routing loop detected", SMTP_AT_END,
	 REPLY_LOOP, HOP_FINE},
	{HOP_RELAY, 554, "5.4.6", "5.4.6 Hop count exceeded", SMTP_AT_END,
	 REPLY_LOOP, HOP_FINE},
	{HOP_RELAY, 550, "5.7.128", "5.7.128 TransportRules.Loop", SMTP_AT_END,
	 REPLY_LOOP, HOP_FINE},
	{HOP_RELAY, 550, "5.1.8",
	 "5.1.8 Access denied, bad outbound sender AS(42004)", SMTP_AT_RCPT,
	 REPLY_QUOTA, HOP_FINE},
	{HOP_RELAY, 550, "5.1.8", "5.1.8 Sender address rejected", SMTP_AT_RCPT,
	 REPLY_PLAIN, HOP_FINE},
	{HOP_MAILBOX, 550, "5.2.2", "5.2.2 Submission quota exceeded",
	 SMTP_AT_END, REPLY_QUOTA, HOP_FINE},
	{HOP_MAILBOX, 554, "5.2.2",
	 "5.2.2 mailbox full; SubmissionQuotaExceededException", SMTP_AT_END,
	 REPLY_QUOTA, HOP_FINE},
	{HOP_RELAY, 552, "5.2.2", "5.2.2 mailbox full", SMTP_AT_RCPT,
	 REPLY_PLAIN, HOP_FINE},
	{HOP_RELAY, 550, "5.7.233",
	 "5.7.233 Your message cannot be sent because your tenant exceeded its "
	 "daily limit",
	 SMTP_AT_END, REPLY_QUOTA, HOP_THROTTLES},
	{HOP_RELAY, 451, "4.7.500", "4.7.500 Server busy", SMTP_AT_MAIL,
	 REPLY_THROTTLE, HOP_THROTTLES},
	{HOP_RELAY, 451, "4.7.650",
	 "4.7.650 The mail server has been temporarily rate limited (AS843)",
	 SMTP_AT_MAIL, REPLY_THROTTLE, HOP_THROTTLES},
	{HOP_DIRECT, 451, "4.7.650",
	 "4.7.650 The mail server has been temporarily rate limited (AS843)",
	 SMTP_AT_MAIL, REPLY_THROTTLE, HOP_THROTTLES},
	{HOP_RELAY, 451, "4.7.850", "4.7.850 Server busy", SMTP_AT_MAIL,
	 REPLY_THROTTLE, HOP_THROTTLES},
	{HOP_MAILBOX, 432, "4.3.2",
	 "4.3.2 Concurrent connections limit exceeded", SMTP_AT_END,
	 REPLY_THROTTLE, HOP_THROTTLES},
	{HOP_RELAY, 421, "4.3.2", "4.3.2 bye", SMTP_AT_RCPT, REPLY_THROTTLE,
	 HOP_THROTTLES},
	{HOP_RELAY, 452, "4.5.3", "4.5.3 Too many recipients (AS780090)",
	 SMTP_AT_RCPT, REPLY_FEWER, HOP_FINE},
	{HOP_DIRECT, 550, "5.5.3", "5.5.3 Too many recipients", SMTP_AT_RCPT,
	 REPLY_FEWER, HOP_FINE},
	{HOP_RELAY, 452, "4.5.3", "4.5.3 not of the recipients", SMTP_AT_END,
	 REPLY_PLAIN, HOP_FINE},
	{HOP_DIRECT, 452, "", "Error: too many recipients", SMTP_AT_RCPT,
	 REPLY_FEWER, HOP_FINE},
	{HOP_DIRECT, 452, "4.3.1", "4.3.1 insufficient storage", SMTP_AT_RCPT,
	 REPLY_PLAIN, HOP_FINE},
	{HOP_DIRECT, 552, "", "Too many recipients", SMTP_AT_RCPT, REPLY_FEWER,
	 HOP_FINE},
	{HOP_RELAY, 550, "5.6.11", "5.6.11 SMTPSEND.BareLinefeedsAreIllegal",
	 SMTP_AT_END, REPLY_PLAIN, HOP_FINE},
	{HOP_RELAY, 550, "5.7.512",
	 "5.7.512 Message must be RFC 5322 section 3.6.2 compliant",
	 SMTP_AT_END, REPLY_PLAIN, HOP_FINE},
	{HOP_RELAY, 552, "5.3.4",
	 "5.3.4 Message size exceeds fixed maximum message size", SMTP_AT_END,
	 REPLY_PLAIN, HOP_FINE},
	{HOP_RELAY, 550, "5.7.606", "5.7.606 Access denied, banned sending IP",
	 SMTP_AT_RCPT, REPLY_PLAIN, HOP_FINE},
	/* Google */
	{HOP_RELAY, 550, "5.7.1",
	 "5.7.1 Invalid credentials for relay [192.0.2.1]", SMTP_AT_MAIL,
	 REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_RELAY, 550, "5.7.1",
	 "5.7.1 Daily SMTP relay limit exceeded for customer", SMTP_AT_END,
	 REPLY_QUOTA, HOP_THROTTLES},
	{HOP_RELAY, 550, "5.4.5",
	 "5.4.5 Daily SMTP relay sending limit exceeded for user", SMTP_AT_END,
	 REPLY_QUOTA, HOP_FINE},
	{HOP_MAILBOX, 550, "5.4.5", "5.4.5 Daily user sending limit exceeded",
	 SMTP_AT_END, REPLY_QUOTA, HOP_FINE},
	{HOP_RELAY, 450, "4.2.1",
	 "4.2.1 Peak SMTP relay limit exceeded for customer", SMTP_AT_MAIL,
	 REPLY_QUOTA, HOP_THROTTLES},
	{HOP_RELAY, 450, "4.2.1", "4.2.1 mailbox busy", SMTP_AT_RCPT,
	 REPLY_PLAIN, HOP_FINE},
	{HOP_RELAY, 451, "4.3.0",
	 "4.3.0 Multiple destination domains per transaction is unsupported. "
	 "Please try again.",
	 SMTP_AT_RCPT, REPLY_ONE_DOMAIN, HOP_FINE},
	{HOP_DIRECT, 451, "4.3.0",
	 "4.3.0 Multiple destination domains per transaction is unsupported. "
	 "Please try again.",
	 SMTP_AT_RCPT, REPLY_ONE_DOMAIN, HOP_FINE},
	{HOP_DIRECT, 421, "4.7.28",
	 "4.7.28 Our system has detected an unusual rate of unsolicited mail",
	 SMTP_AT_END, REPLY_THROTTLE, HOP_THROTTLES},
	{HOP_RELAY, 550, "5.7.28",
	 "5.7.28 Our system has detected an unusual rate of unsolicited mail",
	 SMTP_AT_END, REPLY_THROTTLE, HOP_THROTTLES},
	{HOP_DIRECT, 550, "5.7.28",
	 "5.7.28 Our system has detected an unusual rate of unsolicited mail",
	 SMTP_AT_END, REPLY_PLAIN, HOP_FINE},
	/* any server */
	{HOP_DIRECT, 421, "4.7.0", "4.7.0 Try again later, closing connection",
	 SMTP_AT_EHLO, REPLY_THROTTLE, HOP_THROTTLES},
	{HOP_RELAY, 421, "", "too many", SMTP_AT_GREETING, REPLY_THROTTLE,
	 HOP_THROTTLES},
	{HOP_DIRECT, 421, "", "bye", SMTP_AT_RCPT, REPLY_PLAIN, HOP_FINE},
	{HOP_MAILBOX, 421, "4.4.2",
	 "4.4.2 Message submission rate for this client has exceeded the "
	 "configured limit",
	 SMTP_AT_MAIL, REPLY_THROTTLE, HOP_THROTTLES},
	{HOP_RELAY, 502, "", "what?", SMTP_AT_AUTH, REPLY_MISCONFIGURED,
	 HOP_REFUSES_US},
	{HOP_MAILBOX, 0, "4.7.10", "a login needs TLS", SMTP_AT_AUTH,
	 REPLY_PLAIN, HOP_REFUSES_US},
	{HOP_RELAY, 0, "4.7.4", "neither PLAIN nor LOGIN", SMTP_AT_AUTH,
	 REPLY_PLAIN, HOP_REFUSES_US},
	{HOP_MAILBOX, 0, "4.7.8", "login.key is not JSON", SMTP_AT_AUTH,
	 REPLY_PLAIN, HOP_REFUSES_US},
	{HOP_MAILBOX, 454, "4.7.0", "4.7.0 Temporary authentication failure",
	 SMTP_AT_AUTH, REPLY_THROTTLE, HOP_THROTTLES},
	{HOP_RELAY, 530, "5.7.0", "5.7.0 Must issue a STARTTLS command first",
	 SMTP_AT_MAIL, REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_DIRECT, 530, "5.7.0", "5.7.0 Must issue a STARTTLS command first",
	 SMTP_AT_MAIL, REPLY_PLAIN, HOP_FINE},
	{HOP_MAILBOX, 535, "5.7.3", "5.7.3 Authentication unsuccessful",
	 SMTP_AT_AUTH, REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_MAILBOX, 534, "5.7.9",
	 "5.7.9 Application-specific password required", SMTP_AT_AUTH,
	 REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_MAILBOX, 538, "5.7.11", "5.7.11 Encryption required", SMTP_AT_AUTH,
	 REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_RELAY, 554, "5.7.1", "5.7.1 you are not welcome", SMTP_AT_GREETING,
	 REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_DIRECT, 554, "5.7.1", "5.7.1 blocked using a list",
	 SMTP_AT_GREETING, REPLY_PLAIN, HOP_FINE},
	{HOP_RELAY, 554, "5.7.1", "5.7.1 <a@b.example>: Relay access denied",
	 SMTP_AT_RCPT, REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_DIRECT, 554, "5.7.1", "5.7.1 <a@b.example>: Relay access denied",
	 SMTP_AT_RCPT, REPLY_PLAIN, HOP_FINE},
	{HOP_RELAY, 554, "5.7.1", "5.7.1 quoting: relay access denied",
	 SMTP_AT_END, REPLY_PLAIN, HOP_FINE},
	{HOP_RELAY, 550, "5.7.1", "5.7.1 <a@b.example>... Relaying denied",
	 SMTP_AT_RCPT, REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_RELAY, 550, "", "relay not permitted", SMTP_AT_RCPT,
	 REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_RELAY, 550, "5.7.54",
	 "5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
	 SMTP_AT_RCPT, REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_RELAY, 550, "",
	 "you are not permitted to relay through this server", SMTP_AT_RCPT,
	 REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_RELAY, 550, "5.7.0", "5.7.0 Mail relay denied [192.0.2.1].",
	 SMTP_AT_MAIL, REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_RELAY, 550, "5.7.1", "5.7.1 gate not allowed to relay",
	 SMTP_AT_RCPT, REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_RELAY, 553, "",
	 "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
	 SMTP_AT_RCPT, REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_DIRECT, 553, "",
	 "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
	 SMTP_AT_RCPT, REPLY_PLAIN, HOP_FINE},
	{HOP_RELAY, 554, "5.7.1",
	 "5.7.1 <gate[192.0.2.1]>: Client host rejected: Access denied",
	 SMTP_AT_RCPT, REPLY_MISCONFIGURED, HOP_REFUSES_US},
	/* A relay that asks the next host, and what that one says. */
	{HOP_RELAY, 550, "5.1.1",
	 "5.1.1 <x@dead.example>: Recipient address rejected: undeliverable "
	 "address: host mx.dead.example said: 553 sorry, that domain isn't in "
	 "my list of allowed rcpthosts",
	 SMTP_AT_RCPT, REPLY_PLAIN, HOP_FINE},
	{HOP_RELAY, 550, "5.1.1",
	 "5.1.1 <x@dead.example>: Recipient address rejected: undeliverable "
	 "address: Relay access denied",
	 SMTP_AT_RCPT, REPLY_PLAIN, HOP_FINE},
	{HOP_RELAY, 550, "5.7.1",
	 "5.7.1 host mx.dead.example[192.0.2.7] said: 554-5.7.1 "
	 "<x@dead.example>: Relay access denied",
	 SMTP_AT_RCPT, REPLY_PLAIN, HOP_FINE},
	{HOP_RELAY, 550, "",
	 "<x@dead.example>: undeliverable address: host mx.dead.example said: "
	 "553 sorry, that domain isn't in my list of allowed rcpthosts",
	 SMTP_AT_RCPT, REPLY_PLAIN, HOP_FINE},
	{HOP_RELAY, 550, "",
	 "Callout verification failed: 550 relay not permitted", SMTP_AT_RCPT,
	 REPLY_PLAIN, HOP_FINE},
	{HOP_RELAY, 550, "",
	 "verifying: the server answered '550 5.7.1 <x@dead.example>... "
	 "Relaying denied'",
	 SMTP_AT_RCPT, REPLY_PLAIN, HOP_FINE},
	{HOP_RELAY, 550, "", "host mx.dead.example said: client host rejected",
	 SMTP_AT_RCPT, REPLY_PLAIN, HOP_FINE},
	/* A number that is no reply's. */
	{HOP_RELAY, 554, "5.7.1",
	 "5.7.1 <room-550 @b.example> at 192.0.2.550: 4500 Relay access denied",
	 SMTP_AT_RCPT, REPLY_MISCONFIGURED, HOP_REFUSES_US},
	{HOP_RELAY, 550, "5.1.1", "5.1.1 no such user", SMTP_AT_RCPT,
	 REPLY_PLAIN, HOP_FINE},
	{HOP_RELAY, 554, "5.7.1", "5.7.1 Message rejected as spam", SMTP_AT_END,
	 REPLY_PLAIN, HOP_FINE},
	{HOP_RELAY, 451, "4.7.1", "4.7.1 greylisted", SMTP_AT_RCPT, REPLY_PLAIN,
	 HOP_FINE},
	/* our own client */
	{HOP_RELAY, 0, "4.7.10", "TLS is demanded, STARTTLS is not offered",
	 SMTP_AT_STARTTLS, REPLY_PLAIN, HOP_REFUSES_US},
	{HOP_RELAY, 0, "4.7.5", "the certificate does not verify", SMTP_AT_TLS,
	 REPLY_PLAIN, HOP_REFUSES_US},
	{HOP_DIRECT, 0, "4.7.5", "the certificate does not verify", SMTP_AT_TLS,
	 REPLY_PLAIN, HOP_FINE},
	{HOP_RELAY, 0, "4.7.5", "the certificate does not verify", SMTP_AT_MAIL,
	 REPLY_PLAIN, HOP_FINE},
	{HOP_RELAY, 0, "5.6.3", "8-bit", SMTP_AT_MAIL, REPLY_PLAIN, HOP_FINE},
};

static struct smtp_answer answer_of(size_t i)
{
	struct smtp_answer a = {.code = row[i].code};

	snprintf(a.status, sizeof(a.status), "%s", row[i].status);
	snprintf(a.text, sizeof(a.text), "%s", row[i].text);
	return a;
}

START_TEST(each_reply)
{
	struct smtp_rcpt r = {.at = row[_i].at,
			      .answer = answer_of((size_t)_i)};
	enum hop_mood mood = reply_mood(&r.answer, r.at, row[_i].kind);
	enum reply_means means;
	int64_t window_us;

	r.class = r.answer.code < 500 ? SMTP_DEFERRED : SMTP_FAILED;
	means = reply_means(&r, row[_i].kind, &window_us);
	ck_assert_msg(mood == row[_i].mood, "%d %s is %s", r.answer.code,
		      r.answer.text, hop_mood_name(mood));
	ck_assert_msg(means == row[_i].means, "%d %s means %d", r.answer.code,
		      r.answer.text, means);
	ck_assert((window_us > 0) == (means == REPLY_QUOTA));
}
END_TEST

START_TEST(no_row_without_a_test)
{
	bool met[100] = {false};

	ck_assert_uint_le(reply_rows(), ARRAY_LEN(met));
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct smtp_answer a = answer_of(i);
		ptrdiff_t at = reply_row(&a, row[i].at, row[i].kind);

		if (at >= 0)
			met[at] = true;
	}
	for (size_t i = 0; i < reply_rows(); i++)
		ck_assert_msg(met[i], "row %zu is never met", i);
}
END_TEST

static size_t which_of(enum hop_kind kind, const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		if (row[i].kind == kind && strstr(row[i].text, text))
			return i;
	ck_abort_msg("no row with %s", text);
	return 0;
}

static enum hop_mood judge(enum hop_kind kind, const char *const *text,
			   const enum smtp_class *in, size_t n,
			   struct smtp_rcpt *rcpt)
{
	struct smtp_mail m = {.rcpt = rcpt, .rcpt_n = n};

	memset(rcpt, 0, n * sizeof(*rcpt));
	for (size_t i = 0; i < n; i++) {
		size_t at = which_of(kind, text[i]);

		rcpt[i].class = in[i];
		rcpt[i].at = row[at].at;
		rcpt[i].answer = answer_of(at);
	}
	return reply_judge(&m, kind);
}

static const enum smtp_class FAILED[] = {SMTP_FAILED, SMTP_FAILED};
#define TWICE(s) ((const char *const[]){(s), (s)})

START_TEST(a_mail_is_not_bounced_for_what_the_hop_thinks_of_us)
{
	struct smtp_rcpt r[2];
	const char *const mixed[] = {": Relay access denied", "no such user"};
	const enum smtp_class half[] = {SMTP_DELIVERED, SMTP_FAILED};

	ck_assert_int_eq(
		judge(HOP_RELAY, TWICE("TenantAttribution"), FAILED, 2, r),
		HOP_REFUSES_US);
	ck_assert_int_eq(r[0].class, SMTP_MISCONFIGURED);
	ck_assert_int_eq(r[1].class, SMTP_MISCONFIGURED);
	ck_assert_int_eq(
		judge(HOP_RELAY, TWICE(": Relay access denied"), FAILED, 2, r),
		HOP_REFUSES_US);
	ck_assert_int_eq(r[1].class, SMTP_MISCONFIGURED);
	ck_assert_int_eq(
		judge(HOP_RELAY, TWICE(": Relay access denied"), half, 2, r),
		HOP_FINE);
	ck_assert_int_eq(r[0].class, SMTP_DELIVERED);
	ck_assert_int_eq(r[1].class, SMTP_FAILED);
	ck_assert_int_eq(judge(HOP_RELAY, mixed, FAILED, 2, r), HOP_FINE);
	ck_assert_int_eq(r[0].class, SMTP_FAILED);
}
END_TEST

START_TEST(quotas_and_loops_are_no_bounce)
{
	struct smtp_rcpt r[2];

	ck_assert_int_eq(judge(HOP_RELAY, TWICE("limit exceeded for user"),
			       FAILED, 2, r),
			 HOP_FINE);
	ck_assert_int_eq(r[0].class, SMTP_DEFERRED);
	ck_assert_int_eq(
		judge(HOP_RELAY, TWICE("Daily SMTP relay limit"), FAILED, 2, r),
		HOP_THROTTLES);
	ck_assert_int_eq(r[1].class, SMTP_DEFERRED);
	ck_assert_int_eq(judge(HOP_RELAY, TWICE("5.4.14"), FAILED, 2, r),
			 HOP_FINE);
	ck_assert_int_eq(r[1].class, SMTP_DEFERRED);
	ck_assert_int_eq(judge(HOP_RELAY, TWICE("5.6.11"), FAILED, 2, r),
			 HOP_FINE);
	ck_assert_int_eq(r[1].class, SMTP_FAILED);
}
END_TEST

START_TEST(a_strangers_no_is_a_bounce)
{
	struct smtp_rcpt r[2];

	ck_assert_int_eq(
		judge(HOP_DIRECT, TWICE(": Relay access denied"), FAILED, 2, r),
		HOP_FINE);
	ck_assert_int_eq(r[0].class, SMTP_FAILED);
	ck_assert_int_eq(judge(HOP_DIRECT, TWICE("5.7.28"), FAILED, 2, r),
			 HOP_FINE);
	ck_assert_int_eq(r[1].class, SMTP_FAILED);
}
END_TEST

START_TEST(what_was_delivered_or_unknown_stays_so)
{
	struct smtp_rcpt r[2];
	const enum smtp_class in[] = {SMTP_DELIVERED, SMTP_UNKNOWN};

	ck_assert_int_eq(judge(HOP_RELAY, TWICE("TenantAttribution"), in, 2, r),
			 HOP_FINE);
	ck_assert_int_eq(r[0].class, SMTP_DELIVERED);
	ck_assert_int_eq(r[1].class, SMTP_UNKNOWN);
}
END_TEST

Suite *test_replies_suite(void)
{
	Suite *s = suite_create("replies");
	TCase *c = tcase_create("all");

	tcase_add_loop_test(c, each_reply, 0, ARRAY_LEN(row));
	tcase_add_test(c, no_row_without_a_test);
	tcase_add_test(c, a_mail_is_not_bounced_for_what_the_hop_thinks_of_us);
	tcase_add_test(c, quotas_and_loops_are_no_bounce);
	tcase_add_test(c, a_strangers_no_is_a_bounce);
	tcase_add_test(c, what_was_delivered_or_unknown_stays_so);
	suite_add_tcase(s, c);
	return s;
}
