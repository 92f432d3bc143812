/* Which replies mean us, and which mean the mail. */
#include "providers/providers_int.h"

#include <check.h>
#include <stdio.h>

Suite *test_replies_suite(void);

static const struct {
	int code;
	const char *status, *text;
	enum smtp_stage at;
	enum hop_mood mood;
} row[] = {
	{550, "5.7.64", "5.7.64 TenantAttribution; Relay Access Denied SMTP.",
	 SMTP_AT_MAIL, HOP_REFUSES_US},
	{550, "5.7.64", "5.7.64 TenantAttribution", SMTP_AT_RCPT,
	 HOP_REFUSES_US},
	{550, "5.7.64", "5.7.64 TenantAttribution", SMTP_AT_END,
	 HOP_REFUSES_US},
	{550, "5.7.68",
	 "5.7.68 TenantInboundAttribution; Direct Send not "
	 "allowed for this organization",
	 SMTP_AT_END, HOP_REFUSES_US},
	{550, "5.7.51", "5.7.51 TenantInboundAttribution; Rejecting",
	 SMTP_AT_RCPT, HOP_REFUSES_US},
	{550, "5.7.705", "5.7.705 Access denied, tenant has exceeded threshold",
	 SMTP_AT_END, HOP_REFUSES_US},
	{550, "5.7.750", "5.7.750 Unregistered domain", SMTP_AT_END,
	 HOP_REFUSES_US},
	{451, "4.4.62",
	 "4.4.62 Mail sent to the wrong Office 365 region. "
	 "ATTR35",
	 SMTP_AT_RCPT, HOP_REFUSES_US},
	{530, "5.7.0", "5.7.0 Must issue a STARTTLS command first",
	 SMTP_AT_MAIL, HOP_REFUSES_US},
	{530, "5.7.57", "5.7.57 Client not authenticated to send mail",
	 SMTP_AT_MAIL, HOP_REFUSES_US},
	{535, "5.7.3", "5.7.3 Authentication unsuccessful", SMTP_AT_MAIL,
	 HOP_REFUSES_US},
	{550, "5.7.1", "5.7.1 Invalid credentials for relay [192.0.2.1]",
	 SMTP_AT_MAIL, HOP_REFUSES_US},
	{554, "5.7.1", "5.7.1 <a@b.example>: Relay access denied", SMTP_AT_RCPT,
	 HOP_REFUSES_US},
	{554, "5.7.1", "5.7.1 you are not welcome", SMTP_AT_GREETING,
	 HOP_REFUSES_US},
	{0, "4.7.10", "TLS is demanded, STARTTLS is not offered",
	 SMTP_AT_STARTTLS, HOP_REFUSES_US},
	{0, "4.7.5", "the certificate does not verify", SMTP_AT_TLS,
	 HOP_REFUSES_US},
	{451, "4.7.500", "4.7.500 Server busy", SMTP_AT_MAIL, HOP_THROTTLES},
	{451, "4.7.650", "4.7.650 (AS843)", SMTP_AT_MAIL, HOP_THROTTLES},
	{432, "4.3.2", "4.3.2 Concurrent connections limit exceeded",
	 SMTP_AT_END, HOP_THROTTLES},
	{421, "4.7.0", "4.7.0 Try again later, closing connection",
	 SMTP_AT_EHLO, HOP_THROTTLES},
	{421, "", "too many", SMTP_AT_GREETING, HOP_THROTTLES},
	{550, "5.4.5", "5.4.5 Daily SMTP relay sending limit exceeded for user",
	 SMTP_AT_END, HOP_THROTTLES},
	{450, "4.2.1", "4.2.1 Peak SMTP relay limit exceeded for customer",
	 SMTP_AT_MAIL, HOP_THROTTLES},
	/* of the mail */
	{550, "5.1.1", "5.1.1 no such user", SMTP_AT_RCPT, HOP_FINE},
	{554, "5.7.1", "5.7.1 Message rejected as spam", SMTP_AT_END, HOP_FINE},
	{554, "5.7.1", "5.7.1 quoting: relay access denied", SMTP_AT_END,
	 HOP_FINE},
	{550, "5.7.606", "5.7.606 Access denied, banned sending IP",
	 SMTP_AT_RCPT, HOP_FINE},
	{552, "5.2.2", "5.2.2 mailbox full", SMTP_AT_RCPT, HOP_FINE},
	{550, "5.1.8", "5.1.8 Sender address rejected", SMTP_AT_RCPT, HOP_FINE},
	{450, "4.2.1", "4.2.1 mailbox busy", SMTP_AT_RCPT, HOP_FINE},
	{451, "4.7.1", "4.7.1 greylisted", SMTP_AT_RCPT, HOP_FINE},
	{421, "4.3.2", "bye", SMTP_AT_RCPT, HOP_THROTTLES},
	{421, "", "bye", SMTP_AT_RCPT, HOP_FINE},
	{0, "4.7.5", "the certificate does not verify", SMTP_AT_MAIL, HOP_FINE},
	{0, "5.6.3", "8-bit", SMTP_AT_MAIL, HOP_FINE},
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
	struct smtp_answer a = answer_of((size_t)_i);

	ck_assert_msg(reply_mood(&a, row[_i].at) == row[_i].mood, "%d %s is %s",
		      a.code, a.text,
		      hop_mood_name(reply_mood(&a, row[_i].at)));
}
END_TEST

static enum hop_mood judge(const size_t *which, const enum smtp_class *in,
			   size_t n, struct smtp_rcpt *rcpt)
{
	struct smtp_mail m = {.rcpt = rcpt, .rcpt_n = n};

	memset(rcpt, 0, n * sizeof(*rcpt));
	for (size_t i = 0; i < n; i++) {
		rcpt[i].class = in[i];
		rcpt[i].at = row[which[i]].at;
		rcpt[i].answer = answer_of(which[i]);
	}
	return reply_judge(&m);
}

START_TEST(a_mail_is_not_bounced_for_what_the_hop_thinks_of_us)
{
	struct smtp_rcpt r[2];
	const size_t attribution[] = {1, 1}, denied[] = {12, 12};
	const size_t mixed[] = {12, 23}, daily[] = {21, 21};
	const enum smtp_class failed[] = {SMTP_FAILED, SMTP_FAILED};
	const enum smtp_class half[] = {SMTP_DELIVERED, SMTP_FAILED};

	ck_assert_int_eq(judge(attribution, failed, 2, r), HOP_REFUSES_US);
	ck_assert_int_eq(r[0].class, SMTP_MISCONFIGURED);
	ck_assert_int_eq(r[1].class, SMTP_MISCONFIGURED);
	ck_assert_int_eq(judge(denied, failed, 2, r), HOP_REFUSES_US);
	ck_assert_int_eq(r[1].class, SMTP_MISCONFIGURED);
	ck_assert_int_eq(judge(denied, half, 2, r), HOP_FINE);
	ck_assert_int_eq(r[0].class, SMTP_DELIVERED);
	ck_assert_int_eq(r[1].class, SMTP_FAILED);
	ck_assert_int_eq(judge(mixed, failed, 2, r), HOP_FINE);
	ck_assert_int_eq(r[0].class, SMTP_FAILED);
	ck_assert_int_eq(judge(daily, failed, 2, r), HOP_THROTTLES);
	ck_assert_int_eq(r[0].class, SMTP_DEFERRED);
}
END_TEST

START_TEST(what_was_delivered_or_unknown_stays_so)
{
	struct smtp_rcpt r[2];
	const size_t which[] = {0, 0};
	const enum smtp_class in[] = {SMTP_DELIVERED, SMTP_UNKNOWN};

	ck_assert_int_eq(judge(which, in, 2, r), HOP_FINE);
	ck_assert_int_eq(r[0].class, SMTP_DELIVERED);
	ck_assert_int_eq(r[1].class, SMTP_UNKNOWN);
}
END_TEST

Suite *test_replies_suite(void)
{
	Suite *s = suite_create("replies");
	TCase *c = tcase_create("all");

	tcase_add_loop_test(c, each_reply, 0, ARRAY_LEN(row));
	tcase_add_test(c, a_mail_is_not_bounced_for_what_the_hop_thinks_of_us);
	tcase_add_test(c, what_was_delivered_or_unknown_stays_so);
	suite_add_tcase(s, c);
	return s;
}
