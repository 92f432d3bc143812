/* test_loop.c - what comes back: the trace of ours, our done header. */
#include "m365.h"

Suite *test_loop_suite(void);

#define A "hanako@partner.example"
#define C "saburo@third.example"

static struct bench b;

static const char *copy_as_text(struct sent *s)
{
	return arena_strndup(&b.arena, s->bytes.p, s->bytes.n);
}

START_TEST(loop_once_passes_twice_is_held)
{
	struct mail m = {.to = {A}, .id = "x"};
	int64_t one, two, three;

	bench_open(&b, _i, HOLD_SEND);
	one = mail_send(&b, &m);
	ck_assert_int_eq(act(&b, ACT_SEND_NOW, one, "sender " TARO), ERR_NONE);
	UNTIL(&b, state_of(&b, one, 0) == RCPT_DELIVERED);
	m.text = copy_as_text(sent_to(&b, A));
	two = mail_send(&b, &m);
	UNTIL(&b, state_of(&b, two, 0) == RCPT_DELIVERED);
	ck_assert(str_is(found(&b, two).rcpt[0].gates, ""));
	ck_assert_uint_eq(sent_count(&b, two, A, "Hello."), 1);
	m.text = copy_as_text(&b.sent.v[b.sent.n - 1]);
	three = mail_send(&b, &m);
	ck_assert_int_eq(state_of(&b, three, 0), RCPT_HELD);
	ck_assert(str_is(found(&b, three).message.reason, "loop"));
	ck_assert(str_is(found(&b, three).rcpt[0].reason, "loop"));
	ck_assert_int_eq(found(&b, three).rcpt[0].due_us, 0);
	UNTIL(&b, sent_count(&b, 0, "it@example.co.jp", NULL) == 2);
	ck_assert_int_eq(metric_get(&b.metrics, METRIC_ALARMS), 1);
	/* Never a word to the user: only the first hold's notice. */
	ck_assert_uint_eq(sent_count(&b, 0, TARO, NULL), 1);
	/* And the sender cannot let it go. */
	ck_assert_int_eq(act(&b, ACT_SEND_NOW, three, "sender"), ERR_CONFLICT);
	ck_assert_int_eq(act(&b, ACT_RELEASE, three, "uid 0"), ERR_NONE);
	UNTIL(&b, state_of(&b, three, 0) == RCPT_DELIVERED);
	bench_close(&b);
}
END_TEST

#define TRACE(id)                                                              \
	"Received: from x ([192.0.2.1])\r\n\tby gate.example.co.jp (Sekisho) " \
	"with ESMTP id " id ";\r\n\tTue, 25 Aug 2026 14:37:00 +0900\r\n"       \
	"Message-ID: <f@c>\r\nFrom: " TARO "\r\nSubject: s\r\n\r\nx\r\n"

START_TEST(trace_that_nobody_knows_is_held)
{
	int64_t id;

	bench_open(&b, _i, NULL);
	id = mail_send(
		&b, &(struct mail){.to = {A}, .text = TRACE("0123456789ABC")});
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	ck_assert(str_is(found(&b, id).message.reason, "loop"));
	UNTIL(&b, sent_count(&b, 0, "it@example.co.jp", NULL) == 2);
	ck_assert_uint_eq(sent_count(&b, 0, TARO, NULL), 0);
	bench_close(&b);
}
END_TEST

/* It may be our own notice: one more about it would come back as well. */
START_TEST(loop_from_nobody_is_an_alarm_and_no_notice)
{
	int64_t id;

	bench_open(&b, _i, NULL);
	id = mail_send(&b, &(struct mail){.from = "",
					  .to = {A},
					  .text = TRACE("0123456789ABC")});
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	ck_assert(str_is(found(&b, id).message.reason, "loop"));
	UNTIL(&b, sent_count(&b, 0, "it@example.co.jp", NULL) == 1);
	bench_wait(&b, 50);
	ck_assert_uint_eq(sent_count(&b, 0, "it@example.co.jp", NULL), 1);
	ck_assert_int_eq(metric_get(&b.metrics, METRIC_ALARMS), 1);
	bench_close(&b);
}
END_TEST

START_TEST(a_trace_of_another_mail_opens_nothing)
{
	/* Forged: a real id of ours, and a Message-ID that was released, but
	 * not of one mail; then for somebody who never got it. */
	struct mail m = {.to = {A}};
	char id_s[ID_TEXT_LEN + 1];
	int64_t one, two, id;

	bench_open(&b, _i, NULL);
	one = mail_send(&b, &(struct mail){.to = {A}, .id = "one"});
	two = mail_send(&b, &(struct mail){.to = {A}, .id = "two"});
	UNTIL(&b, state_of(&b, one, 0) == RCPT_DELIVERED &&
			  state_of(&b, two, 0) == RCPT_DELIVERED);
	id_text(one, id_s);
	m.text = arena_printf(&b.arena,
			      "Received: from x by gate.example.co.jp "
			      "(Sekisho) with ESMTP id %s; x\r\n"
			      "Message-ID: <two@client>\r\nFrom: " TARO
			      "\r\n\r\nx\r\n",
			      id_s);
	id = mail_send(&b, &m);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	id_text(two, id_s);
	m.text = arena_printf(&b.arena,
			      "Received: from x by gate.example.co.jp "
			      "(Sekisho) with ESMTP id %s; x\r\n"
			      "Message-ID: <two@client>\r\nFrom: " TARO
			      "\r\n\r\nx\r\n",
			      id_s);
	m.to[1] = C;
	id = mail_send(&b, &m);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	ck_assert_int_eq(state_of(&b, id, 1), RCPT_HELD);
	bench_close(&b);
}
END_TEST

/* Its sender has seen the id of a mail of his that left: in the reply, or in a
 * copy to himself. */
START_TEST(a_forged_trace_lets_no_other_bytes_out)
{
	struct mail m = {.to = {A}, .id = "x"};
	char id_s[ID_TEXT_LEN + 1];
	int64_t one, two;

	bench_open(&b, _i, HOLD_SEND);
	one = mail_send(&b, &m);
	ck_assert_int_eq(act(&b, ACT_SEND_NOW, one, "sender " TARO), ERR_NONE);
	UNTIL(&b, state_of(&b, one, 0) == RCPT_DELIVERED);
	id_text(one, id_s);
	m.text = arena_printf(&b.arena,
			      "Received: from x by gate.example.co.jp "
			      "(Sekisho) with ESMTP id %s; x\r\n%sMore.\r\n",
			      id_s, mail_text(&b, &m));
	two = mail_send(&b, &m);
	UNTIL(&b, state_of(&b, two, 0) == RCPT_HELD);
	ck_assert(str_is(found(&b, two).message.reason, "loop"));
	ck_assert_int_eq(found(&b, two).rcpt[0].due_us, 0);
	bench_close(&b);
}
END_TEST

/* The bytes of the mail m behind a Received field with this id. */
static const char *traced(const struct mail *m, int64_t id)
{
	char id_s[ID_TEXT_LEN + 1];

	id_text(id, id_s);
	return arena_printf(&b.arena,
			    "Received: from x by gate.example.co.jp "
			    "(Sekisho) with ESMTP id %s; x\r\n%s",
			    id_s, mail_text(&b, m));
}

/* The same bytes again and again: once it may be a loop. */
START_TEST(a_forged_trace_counts_once)
{
	struct mail m = {.to = {A}, .id = "x"};
	int64_t one, two, three;

	bench_open(&b, _i, HOLD_SEND);
	one = mail_send(&b, &m);
	ck_assert_int_eq(act(&b, ACT_SEND_NOW, one, "sender " TARO), ERR_NONE);
	UNTIL(&b, state_of(&b, one, 0) == RCPT_DELIVERED);
	m.text = traced(&m, one);
	two = mail_send(&b, &m);
	UNTIL(&b, state_of(&b, two, 0) == RCPT_DELIVERED);
	three = mail_send(&b, &m);
	ck_assert_int_eq(state_of(&b, three, 0), RCPT_HELD);
	bench_close(&b);
}
END_TEST

/* What ended here cannot have come back, whatever it says. */
START_TEST(a_forged_trace_lets_no_refused_one_out)
{
	struct mail m = {.to = {A}, .id = "x"};
	int64_t one, two;

	bench_open(&b, _i, EXTERNAL "    do: {refuse: {tell: sender}}\n");
	one = mail_send(&b, &m);
	ck_assert_int_eq(state_of(&b, one, 0), RCPT_REFUSED);
	m.text = traced(&m, one);
	two = mail_send(&b, &m);
	UNTIL(&b, state_of(&b, two, 0) == RCPT_HELD);
	ck_assert(str_is(found(&b, two).message.reason, "loop"));
	bench_close(&b);
}
END_TEST

START_TEST(a_forged_trace_lets_no_discarded_one_out)
{
	struct mail m = {.to = {A}, .id = "x"};
	int64_t one, two;

	bench_open(&b, _i, HOLD_SEND);
	one = mail_send(&b, &m);
	ck_assert_int_eq(act(&b, ACT_DISCARD, one, "uid 0"), ERR_NONE);
	m.text = traced(&m, one);
	two = mail_send(&b, &m);
	UNTIL(&b, state_of(&b, two, 0) == RCPT_HELD);
	bench_close(&b);
}
END_TEST

/* The copy that left was another one. */
START_TEST(a_forged_trace_lets_nothing_out_unedited)
{
	struct mail m = {.to = {A}, .id = "x"};
	int64_t one, two;

	bench_open(&b, _i, EXTERNAL "    do: {bcc: {hide: external}}\n");
	one = mail_send(&b, &m);
	UNTIL(&b, state_of(&b, one, 0) == RCPT_DELIVERED);
	ck_assert_uint_gt(found(&b, one).message.edits.n, 0);
	m.text = traced(&m, one);
	two = mail_send(&b, &m);
	UNTIL(&b, state_of(&b, two, 0) == RCPT_HELD);
	bench_close(&b);
}
END_TEST

START_TEST(restored_store_holds_what_comes_back)
{
	/* Held here, yet it comes back with our trace: not yet released. */
	struct mail m = {.to = {A}, .id = "x"};
	char id_s[ID_TEXT_LEN + 1];
	int64_t one, two;

	bench_open(&b, _i, HOLD_SEND);
	one = mail_send(&b, &m);
	id_text(one, id_s);
	m.text = arena_printf(&b.arena,
			      "Received: from x by gate.example.co.jp "
			      "(Sekisho) with ESMTP id %s; x\r\n%s",
			      id_s, mail_text(&b, &m));
	two = mail_send(&b, &m);
	UNTIL(&b, state_of(&b, two, 0) == RCPT_HELD);
	ck_assert(str_is(found(&b, two).message.reason, "loop"));
	ck_assert_int_eq(found(&b, two).rcpt[0].due_us, 0);
	bench_close(&b);
}
END_TEST

START_TEST(hundred_hops_are_a_loop)
{
	AUTO(buf) text = BUF_MAX(64 * KIB);
	int64_t id;

	bench_open(&b, BENCH_MEMORY, NULL);
	for (int i = 0; i <= HOPS_MAX; i++)
		buf_puts(&text, "Received: from a by b; c\r\n");
	buf_puts(&text, "From: " TARO "\r\n\r\nx\r\n");
	id = mail_send(&b, &(struct mail){.to = {A}, .text = buf_cstr(&text)});
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	bench_close(&b);
}
END_TEST

#define OURS(n)                                                                \
	"Received: from x by gate.example.co.jp (Sekisho) with ESMTP id " n    \
	"; x\r\n"

START_TEST(many_lines_of_ours_are_a_loop)
{
	struct mail m = {.to = {A}};
	int64_t id;

	m365_open(&b, NULL);
	m.text = m365_text(&b, OURS("1") OURS("2") OURS("3") OURS("4") ALL, "l",
			   0);
	id = mail_send(&b, &m);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	ck_assert(str_is(found(&b, id).message.reason, "loop"));
	UNTIL(&b, sent_count(&b, 0, "it@example.co.jp", "loop") > 0);
	bench_close(&b);
}
END_TEST

/* Our done header came back: the ledger decides what that means. */
START_TEST(done_header_asks_the_ledger)
{
	struct mail m = {.to = {A}};
	int64_t id;

	m365_open(&b, NULL);
	m.text = m365_text(&b, ALL, "l", 0);
	id = mail_send(&b, &m);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	bench_policy(&b, HOLD_SEND);
	m.text = m365_text(&b, "X-Sekisho-Done: " M365_BACK "\r\n" ALL, "l", 0);
	id = mail_send(&b, &m); /* a loop: out at once */
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	id = mail_send(&b, &m);
	ck_assert(str_is(found(&b, id).message.reason, "loop"));
	/* Nothing of it in the ledger. */
	m.text = m365_text(&b, "X-Sekisho-Done: " M365_BACK "\r\n" ALL, "other",
			   0);
	id = mail_send(&b, &m);
	ck_assert(str_is(found(&b, id).message.reason, "loop"));
	/* An employee's own header of that name says nothing. */
	m.text = m365_text(&b, "X-Sekisho-Done: guessed\r\n" ALL, "third", 0);
	id = mail_send(&b, &m);
	ck_assert(str_is(found(&b, id).message.reason, "policy") ||
		  str_is(found(&b, id).message.reason, "hold"));
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	m365_nothing_at_rest(&b);
	bench_close(&b);
}
END_TEST

Suite *test_loop_suite(void)
{
	Suite *s = suite_create("flow/loop");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, loop_once_passes_twice_is_held, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, trace_that_nobody_knows_is_held, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, loop_from_nobody_is_an_alarm_and_no_notice, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, a_trace_of_another_mail_opens_nothing, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, a_forged_trace_lets_no_other_bytes_out, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, a_forged_trace_counts_once, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, a_forged_trace_lets_no_refused_one_out, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, a_forged_trace_lets_no_discarded_one_out, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, a_forged_trace_lets_nothing_out_unedited, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, restored_store_holds_what_comes_back, 0,
			    BENCH_DRIVERS);
	tcase_add_test(t, hundred_hops_are_a_loop);
	tcase_add_test(t, many_lines_of_ours_are_a_loop);
	tcase_add_test(t, done_header_asks_the_ledger);
	suite_add_tcase(s, t);
	return s;
}
