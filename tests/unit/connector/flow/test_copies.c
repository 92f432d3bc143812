/* test_copies.c - what others get: refusals and their notices, copies, Bcc. */
#include "bench.h"

Suite *test_copies_suite(void);

#define A "hanako@partner.example"
#define B "jiro@other.example"

static struct bench b;

START_TEST(refused_whole_with_forward)
{
	static const char rules[] = EXTERNAL
		"    do: {refuse: {forward: boss@example.co.jp}}\n";
	int64_t id;

	bench_open(&b, _i, rules);
	id = mail_to(&b, A, B);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_REFUSED);
	ck_assert_int_eq(state_of(&b, id, 1), RCPT_REFUSED);
	notice_for(&b, "boss@example.co.jp", 0);
	notice_for(&b, TARO, 0);
	bench_wait(&b, 50);
	ck_assert_uint_eq(b.sent.n, 2); /* once each */
	ck_assert_uint_eq(sent_count(&b, 0, "boss@", "\r\nHello.\r\n"), 1);
	UNTIL(&b, found(&b, id).message.place == BODY_GONE);
	bench_close(&b);
}
END_TEST

START_TEST(refused_for_these_recipients_only)
{
	static const char rules[] =
		"  - rule: r\n    when: {recipient: {in: [" B "]}}\n"
		"    do: {refuse: {only: these-recipients}}\n";
	int64_t id;

	bench_open(&b, _i, rules);
	id = mail_to(&b, A, B);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	ck_assert_int_eq(state_of(&b, id, 1), RCPT_REFUSED);
	ck_assert_ptr_nonnull(strstr(readable(&b, notice_for(&b, TARO, 0)), B));
	ck_assert_uint_eq(sent_count(&b, id, B, NULL), 0);
	bench_close(&b);
}
END_TEST

/* There is no way to whom it would be told: somebody has to know. */
START_TEST(refused_and_untold)
{
#define ODD "x%out.example@example.co.jp"
	int64_t id;

	bench_open(&b, _i,
		   "  - rule: r\n    when: {recipient: {in: [" B "]}}\n"
		   "    do: {refuse: {only: these-recipients}}\n");
	id = mail_send(&b,
		       &(struct mail){.from = ODD,
				      .to = {B},
				      .text = "From: " ODD "\r\n\r\nx\r\n"});
	UNTIL(&b, state_of(&b, id, 0) == RCPT_REFUSED);
	ck_assert_ptr_nonnull(map_get(&b.flow->alarms, STR("untold")));
	bench_close(&b);
}
END_TEST

START_TEST(copies_at_their_time_and_once)
{
	static const char rules[] =
		"  - rule: early\n    when: {recipient: {class: external}}\n"
		"    do: {copy: {to: early@example.co.jp}}\n"
		"  - rule: late\n    when: {recipient: {class: external}}\n"
		"    do: {copy: {to: late@example.co.jp, when: released}}\n"
		"  - rule: one\n    when: {recipient: {in: [" A "]}}\n"
		"    do: {hold: {for: 1m}}\n"
		"  - rule: two\n    when: {recipient: {in: [" B "]}}\n"
		"    do: {hold: {for: 2m}}\n";
	int64_t id;

	bench_open(&b, _i, rules);
	id = mail_to(&b, A, B);
	UNTIL(&b, sent_count(&b, 0, "early@", "\r\nHello.\r\n") == 1);
	ck_assert_uint_eq(sent_count(&b, 0, "late@", NULL), 0);
	due_set(&b, id, 0, 1);
	UNTIL(&b, sent_count(&b, 0, "late@", "\r\nHello.\r\n") == 1);
	due_set(&b, id, 1, 1);
	UNTIL(&b, state_of(&b, id, 1) == RCPT_DELIVERED);
	/* Not held at all: released at once. */
	mail_to(&b, "saburo@third.example", NULL);
	UNTIL(&b, sent_count(&b, 0, "late@", NULL) == 2);
	bench_wait(&b, 30);
	ck_assert_uint_eq(sent_count(&b, 0, "early@", NULL), 2);
	ck_assert_uint_eq(sent_count(&b, 0, "late@", NULL), 2);
	bench_close(&b);
}
END_TEST

START_TEST(bcc_shapes_and_their_notice)
{
	static const char rules[] = EXTERNAL
		"    do: {bcc: {hide: external, tell-sender: true}}\n";
	int64_t id;

	bench_open(&b, _i, rules);
	id = mail_to(&b, A, B);
	UNTIL(&b, state_of(&b, id, 1) == RCPT_DELIVERED);
	ck_assert_uint_eq(sent_count(&b, id, A, "To: " TARO "\r\n"), 1);
	ck_assert_ptr_nonnull(
		strstr(readable(&b, notice_for(&b, TARO, 0)), "Bcc"));
	bench_close(&b);
}
END_TEST

Suite *test_copies_suite(void)
{
	Suite *s = suite_create("flow/copies");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, refused_whole_with_forward, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, refused_and_untold, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, refused_for_these_recipients_only, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, copies_at_their_time_and_once, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, bcc_shapes_and_their_notice, 0, BENCH_DRIVERS);
	suite_add_tcase(s, t);
	return s;
}
