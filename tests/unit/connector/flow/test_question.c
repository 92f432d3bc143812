/* test_question.c - another policy while mail is inspected: each mail is
 * decided by one policy, on answers to what that one asks.
 */
#include "bench.h"

Suite *test_question_suite(void);

static struct bench b;
#define OUTSIDE "hanako@partner.example"

#define QUESTIONS_MOST 5

START_TEST(answered_before_the_change)
{
	int64_t id;

	bench_open(&b, _i, HOLD_SEND ASKS);
	b.inspect.silent = true;
	id = mail_to(&b, OUTSIDE, NULL);
	/* Its children end what they have begun. */
	bench_policy(&b, NULL);
	fake_inspect_speak(&b.inspect);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_HELD);
	ck_assert_uint_eq(b.inspect.views, 1);
	bench_close(&b);
}
END_TEST

START_TEST(answered_after_the_change)
{
	uint32_t next;
	int64_t id;

	bench_open(&b, _i, NULL);
	next = b.inspect.version;
	bench_policy(&b, HOLD_SEND ASKS);
	ck_assert_uint_ne(b.inspect.version, next);
	b.inspect.silent = true;
	/* It waited until the new children took it. */
	b.inspect.version = next;
	id = mail_to(&b, OUTSIDE, NULL);
	bench_policy(&b, NULL);
	ck_assert_uint_eq(b.inspect.version, next);
	fake_inspect_speak(&b.inspect);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	ck_assert_uint_eq(b.inspect.views, 1);
	bench_close(&b);
}
END_TEST

/* Neither the policy's nor the one in force: inspected again. */
START_TEST(answers_to_something_else_are_not_used)
{
	uint32_t right;
	int64_t id;

	bench_open(&b, _i, HOLD_SEND);
	right = b.inspect.version;
	b.inspect.silent = true;
	b.inspect.version = right + 1;
	id = mail_to(&b, OUTSIDE, NULL);
	b.inspect.version = right;
	fake_inspect_speak(&b.inspect);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_HELD);
	ck_assert_uint_eq(b.inspect.views, 2);
	ck_assert(!str_is(found(&b, id).message.reason, "failed"));
	bench_close(&b);
}
END_TEST

START_TEST(what_never_fits_is_held)
{
	int64_t id;

	bench_open(&b, _i, NULL);
	b.inspect.version++;
	id = mail_to(&b, OUTSIDE, NULL);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_HELD);
	ck_assert_uint_eq(b.inspect.views, QUESTIONS_MOST);
	ck_assert(str_is(found(&b, id).message.reason, "failed"));
	bench_close(&b);
}
END_TEST

Suite *test_question_suite(void)
{
	Suite *s = suite_create("question");
	TCase *t = tcase_create("question");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, answered_before_the_change, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, answered_after_the_change, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, answers_to_something_else_are_not_used, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, what_never_fits_is_held, 0, BENCH_DRIVERS);
	suite_add_tcase(s, t);
	return s;
}
