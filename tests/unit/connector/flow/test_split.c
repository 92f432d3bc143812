/* test_split.c - a mail whose recipients came in several transactions: what is
 * done to one copy is done to all that joined it.
 */
#include "bench.h"

Suite *test_split_suite(void);

static struct bench b;
#define A "hanako@partner.example"
#define B "jiro@other.example"
#define C "saburo@third.example"
#define TEXT(id, body)                                                         \
	"Message-ID: <" id "@c>\r\nFrom: " TARO "\r\nSubject: s\r\n\r\n" body  \
	"\r\n"

static int64_t copy_text(const char *to, const char *text)
{
	return mail_send(&b, &(struct mail){.to = {to}, .text = text});
}

static int64_t copy(const char *to)
{
	return copy_text(to, TEXT("s", "x"));
}

static const struct {
	enum flow_act act;
	enum rcpt_state end;
	const char *event;
} acts[] = {
	{ACT_SEND_NOW, RCPT_DELIVERED, "sent-now"},
	{ACT_RELEASE, RCPT_DELIVERED, "released"},
	{ACT_DISCARD, RCPT_DISCARDED, "discarded"},
	{ACT_RETURN, RCPT_RETURNED, "returned"},
};

/* _i: the act, on the first copy or on a later one. */
START_TEST(an_act_reaches_every_copy)
{
	size_t which = (size_t)_i / 2;
	int64_t id[3];

	bench_open(&b, BENCH_MEMORY, HOLD_SEND);
	id[0] = copy(A);
	id[1] = copy(B);
	id[2] = copy(C);
	UNTIL(&b, sent_count(&b, 0, TARO, NULL) == 1);
	ck_assert_int_eq(act(&b, acts[which].act, id[_i % 2], "sender " TARO),
			 ERR_NONE);
	for (size_t i = 0; i < 3; i++) {
		UNTIL(&b, state_of(&b, id[i], 0) == acts[which].end);
		ck_assert_uint_eq(story_count(&b, id[i], acts[which].event), 1);
		ck_assert(story_has(&b, id[i], acts[which].event,
				    "because of the test"));
	}
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(act(&b, acts[which].act, id[i], "sender"),
				 ERR_CONFLICT);
	bench_wait(&b, 30);
	/* What was returned comes once, and names them all. */
	ck_assert_uint_eq(sent_count(&b, 0, TARO, "message/rfc822"),
			  acts[which].act == ACT_RETURN);
	ck_assert_uint_eq(sent_count(&b, 0, TARO, NULL),
			  1 + (acts[which].act == ACT_RETURN));
	bench_close(&b);
}
END_TEST

START_TEST(what_is_left_can_still_be_decided)
{
	int64_t one, two;

	bench_open(&b, _i, HOLD_SEND);
	one = copy(A);
	two = copy(B);
	due_set(&b, one, 0, 1);
	UNTIL(&b, state_of(&b, one, 0) == RCPT_DELIVERED);
	ck_assert_int_eq(act(&b, ACT_RETURN, one, "sender"), ERR_NONE);
	ck_assert_int_eq(state_of(&b, one, 0), RCPT_DELIVERED);
	ck_assert_int_eq(state_of(&b, two, 0), RCPT_RETURNED);
	ck_assert_uint_eq(story_count(&b, one, "returned"), 0);
	UNTIL(&b, sent_count(&b, 0, TARO, "message/rfc822") == 1);
	ck_assert_int_eq(act(&b, ACT_RETURN, one, "sender"), ERR_CONFLICT);
	bench_close(&b);
}
END_TEST

START_TEST(other_mails_are_left_alone)
{
	struct tenant_conf was;
	int64_t one, bytes, id, tenant, again;

	bench_open(&b, _i, HOLD_SEND);
	one = copy(A);
	bytes = copy_text(B, TEXT("s", "y"));
	id = copy_text(B, TEXT("t", "x"));
	was = b.tenant;
	b.tenant.tenant = (char *)"other";
	tenant = copy(B);
	b.tenant = was;
	ck_assert_int_eq(act(&b, ACT_DISCARD, one, "sender"), ERR_NONE);
	/* The sender's resend is his next mail. */
	again = copy(A);
	ck_assert_int_ne(again, one);
	ck_assert_int_eq(act(&b, ACT_DISCARD, one, "sender"), ERR_CONFLICT);
	ck_assert_int_eq(state_of(&b, bytes, 0), RCPT_HELD);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	ck_assert_int_eq(state_of(&b, tenant, 0), RCPT_HELD);
	ck_assert_int_eq(state_of(&b, again, 0), RCPT_HELD);
	bench_close(&b);
}
END_TEST

/* The same bytes, redirected by somebody inside; and said to have come back. */
START_TEST(no_release_is_inherited)
{
	struct mail m = {.from = INFO, .to = {B}, .text = TEXT("s", "x")};
	int64_t one, redirected, stray;

	bench_open(&b, _i, HOLD_SEND);
	one = copy(A);
	UNTIL(&b, sent_count(&b, 0, TARO, NULL) == 1);
	redirected = mail_send(&b, &m);
	stray = copy_text(C, "Received: from x by gate.example.co.jp (Sekisho) "
			     "with ESMTP id 1; x\r\n" TEXT("s", "x"));
	ck_assert(str_is(found(&b, stray).message.reason, "loop"));
	/* Told of on its own: nobody was told of it before. */
	UNTIL(&b, sent_count(&b, 0, TARO, NULL) == 2);
	ck_assert_int_eq(act(&b, ACT_RELEASE, one, "uid 0"), ERR_NONE);
	UNTIL(&b, state_of(&b, one, 0) == RCPT_DELIVERED);
	ck_assert_int_eq(state_of(&b, redirected, 0), RCPT_HELD);
	ck_assert_int_eq(state_of(&b, stray, 0), RCPT_HELD);
	ck_assert_int_eq(act(&b, ACT_RELEASE, stray, "uid 0"), ERR_NONE);
	UNTIL(&b, state_of(&b, stray, 0) == RCPT_DELIVERED);
	ck_assert_int_eq(state_of(&b, redirected, 0), RCPT_HELD);
	bench_close(&b);
}
END_TEST

struct answer {
	bool came;
	enum err_class class;
};

static void on_answer(void *arg, const struct err *why)
{
	struct answer *a = arg;

	a->came = true;
	a->class = why ? why->class : ERR_NONE;
}

START_TEST(two_at_once_are_one_decision)
{
	struct flow_action one = {.act = ACT_DISCARD, .actor = "sender"};
	struct flow_action two = {.act = ACT_RELEASE, .actor = "uid 0"};
	struct answer first = {0}, second = {0};

	bench_open(&b, _i, HOLD_SEND);
	one.id = copy(A);
	two.id = copy(B);
	flow_do(b.flow, &one, b.loop, on_answer, &first);
	flow_do(b.flow, &two, b.loop, on_answer, &second);
	UNTIL(&b, first.came && second.came);
	ck_assert_int_eq(first.class, ERR_NONE);
	ck_assert_int_eq(second.class, ERR_CONFLICT);
	ck_assert_int_eq(state_of(&b, one.id, 0), RCPT_DISCARDED);
	ck_assert_int_eq(state_of(&b, two.id, 0), RCPT_DISCARDED);
	bench_close(&b);
}
END_TEST

Suite *test_split_suite(void)
{
	Suite *s = suite_create("flow/split");
	TCase *t = tcase_create("split");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, an_act_reaches_every_copy, 0, 8);
	tcase_add_loop_test(t, what_is_left_can_still_be_decided, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, other_mails_are_left_alone, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, no_release_is_inherited, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, two_at_once_are_one_decision, 0, BENCH_DRIVERS);
	suite_add_tcase(s, t);
	return s;
}
