/* test_recheck.c - the policy in force over held mail: only what is tighter. */
#include <time.h>
#include "bench.h"
#include "connector/store/store_int.h"

Suite *test_recheck_suite(void);

static struct bench b;
#define A  "hanako@partner.example"
#define B  "jiro@other.example"
#define IT "it@example.co.jp"

#define EXTERNAL_AGAIN "  - rule: q\n    when: {recipient: {class: external}}\n"
#define HOLD(time)     EXTERNAL "    do: {hold: {for: " time ", then: send}}\n"
#define APPROVE                                                                \
	HOLD("10m")                                                            \
	"  - rule: a\n    when: {recipient: {class: external}}\n"              \
	"    do: {approve: {by: manager, within: 1d, then: return}}\n"

struct answer {
	bool came;
	enum err_class class;
};

static void on_begun(void *arg, const struct err *why)
{
	struct answer *a = arg;

	a->came = true;
	a->class = why ? why->class : ERR_NONE;
}

static enum err_class begin(void)
{
	struct answer a = {0};

	flow_recheck(b.flow, "uid 0", b.loop, on_begun, &a);
	UNTIL(&b, a.came);
	return a.class;
}

static struct flow_recheck counts(void)
{
	struct flow_recheck c;

	flow_recheck_get(b.flow, &c);
	return c;
}

static struct flow_recheck checked(void)
{
	ck_assert_int_eq(begin(), ERR_NONE);
	UNTIL(&b, !counts().running);
	return counts();
}

static int64_t due_of(int64_t id)
{
	return found(&b, id).rcpt[0].due_us;
}

START_TEST(longer_holds_are_taken)
{
	struct flow_recheck c;
	int64_t id[8], free, due;

	bench_open(&b, _i, HOLD("10m"));
	for (int i = 0; i < 8; i++)
		id[i] = mail_to(&b, A, NULL);
	free = mail_to(&b, "taro@example.co.jp", NULL);
	UNTIL(&b, state_of(&b, free, 0) == RCPT_DELIVERED);
	due = due_of(id[3]);
	bench_policy(&b, HOLD("30m"));
	c = checked();
	ck_assert(c.messages == 8 && c.tightened == 8);
	ck_assert_int_eq(due_of(id[3]), due + 20 * US_PER_MIN);
	ck_assert(story_has(&b, id[3], "tightened", "\"recipients\":1"));
	/* Once more: nothing is left to take. */
	c = checked();
	ck_assert(c.messages == 8 && c.same == 8);
	bench_policy(&b, HOLD("1m"));
	c = checked();
	ck_assert(c.looser == 8);
	ck_assert_int_eq(due_of(id[3]), due + 20 * US_PER_MIN);
	bench_close(&b);
}
END_TEST

#define STALL_NS (400L * 1000 * 1000) /* a sweep comes by */

static _Atomic bool stalled;

static void on_writer(void *arg, struct store_job *job, const struct err *why)
{
	(void)arg;
	(void)job;
	(void)why;
	stalled = true;
	nanosleep(&(struct timespec){.tv_nsec = STALL_NS}, NULL);
}

/* The writer stands still for a while, as on a busy disk. */
static void stall_store(void)
{
	struct store_job *job = store_job_new(b.store);

	stalled = false;
	store_submit(b.store, job, NULL, on_writer, NULL);
	UNTIL(&b, stalled);
}

START_TEST(an_end_amid_it_waits_for_the_store)
{
	int64_t id[64], due[64];

	bench_open(&b, BENCH_SQLITE, HOLD("10m"));
	for (int i = 0; i < 64; i++) {
		id[i] = mail_to(&b, A, NULL);
		due[i] = due_of(id[i]);
	}
	bench_policy(&b, HOLD("30m"));
	ck_assert_int_eq(begin(), ERR_NONE);
	UNTIL(&b, counts().messages > 0);
	stall_store();
	bench_reopen(&b, HOLD("30m"));
	/* It goes on after the start. */
	UNTIL(&b, !counts().running);
	for (int i = 0; i < 64; i++)
		ck_assert_int_eq(due_of(id[i]), due[i] + 20 * US_PER_MIN);
	bench_close(&b);
}
END_TEST

START_TEST(one_that_cannot_be_kept_is_not_begun)
{
	int64_t id;

	bench_open(&b, BENCH_MEMORY, HOLD("10m"));
	id = mail_to(&b, A, NULL);
	bench_policy(&b, HOLD("30m"));
	b.inspect.silent = true;
	stall_store();
	b.store->place->faults.commit_at = 1;
	ck_assert_int_eq(begin(), ERR_RETRY);
	ck_assert_uint_eq(b.inspect.views, 1);
	fake_inspect_speak(&b.inspect);
	ck_assert_uint_eq(counts().messages, 0);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	bench_close(&b);
}
END_TEST

START_TEST(nothing_is_released)
{
	struct flow_recheck c;
	int64_t id;

	bench_open(&b, _i, HOLD("10m"));
	id = mail_to(&b, A, NULL);
	bench_policy(&b, NULL);
	c = checked();
	ck_assert(c.looser == 1);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	bench_close(&b);
}
END_TEST

START_TEST(an_approval_is_asked_for)
{
	struct flow_recheck c;
	int64_t id;

	bench_open(&b, _i, HOLD("10m"));
	id = mail_to(&b, A, NULL);
	bench_policy(&b, APPROVE);
	c = checked();
	ck_assert(c.tightened == 1);
	due_set(&b, id, 0, 1);
	bench_wait(&b, 600);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	ck_assert_uint_eq(sent_count(&b, id, NULL, NULL), 0);
	bench_close(&b);
}
END_TEST

START_TEST(a_refusal_waits_for_an_admin)
{
	struct flow_recheck c;
	struct store_found f;
	int64_t id;

	bench_open(&b, _i, HOLD("10m"));
	id = mail_to(&b, A, B);
	bench_policy(&b, EXTERNAL "    do: {refuse: {tell: sender}}\n");
	c = checked();
	ck_assert(c.tightened == 1);
	f = found(&b, id);
	ck_assert_int_eq(f.rcpt[0].state, RCPT_HELD);
	ck_assert_int_eq(f.rcpt[1].state, RCPT_HELD);
	ck_assert_int_eq(f.rcpt[0].due_us, 0);
	ck_assert(str_is(f.rcpt[0].reason, "refused"));
	ck_assert(str_is(f.message.reason, "refused"));
	UNTIL(&b, sent_count(&b, 0, IT, NULL) == 1);
	ck_assert_int_eq(act(&b, ACT_RETURN, id, "uid 0"), ERR_NONE);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_RETURNED);
	bench_close(&b);
}
END_TEST

/* It would leave without what the policy asks for now. */
START_TEST(what_is_not_built_waits_for_an_admin)
{
	struct flow_action a = {.act = ACT_RELEASE, .actor = "uid 0"};
	struct flow_recheck c;

	bench_open(&b, _i, HOLD("10m"));
	a.id = mail_to(&b, A, NULL);
	bench_policy(&b, HOLD("10m") EXTERNAL_AGAIN "    do: {sign: smime}\n");
	c = checked();
	ck_assert(c.tightened == 1);
	ck_assert_int_eq(due_of(a.id), 0);
	ck_assert(str_is(found(&b, a.id).rcpt[0].reason, "unbuilt"));
	ck_assert_int_eq(act(&b, ACT_SEND_NOW, a.id, "sender"), ERR_CONFLICT);
	ck_assert_int_eq(act_full(&b, &a), ERR_CONFLICT);
	a.as_is = true;
	ck_assert_int_eq(act_full(&b, &a), ERR_NONE);
	UNTIL(&b, state_of(&b, a.id, 0) == RCPT_DELIVERED);
	bench_close(&b);
}
END_TEST

/* Whoever is faster holds: here the operator, while it is inspected. */
START_TEST(a_release_meanwhile_holds)
{
	int64_t one, two;

	bench_open(&b, _i, HOLD("10m"));
	one = mail_to(&b, A, NULL);
	two = mail_to(&b, B, NULL);
	bench_policy(&b, HOLD("30m"));
	b.inspect.silent = true;
	ck_assert_int_eq(begin(), ERR_NONE);
	ck_assert_int_eq(begin(), ERR_RETRY); /* under way */
	bench_wait(&b, 300);
	ck_assert_int_eq(act(&b, ACT_RELEASE, one, "uid 0"), ERR_NONE);
	fake_inspect_speak(&b.inspect);
	UNTIL(&b, !counts().running);
	ck_assert(counts().gone == 1 && counts().tightened == 1);
	UNTIL(&b, state_of(&b, one, 0) == RCPT_DELIVERED);
	ck_assert_int_eq(state_of(&b, two, 0), RCPT_HELD);
	bench_close(&b);
}
END_TEST

START_TEST(what_cannot_be_read_stays)
{
	struct flow_recheck c;
	int64_t id, due;

	bench_open(&b, _i, HOLD("10m"));
	id = mail_to(&b, A, NULL);
	due = due_of(id);
	bench_policy(&b, HOLD("30m"));
	b.inspect.fail_view = true;
	c = checked();
	ck_assert(c.failed == 1);
	ck_assert_int_eq(due_of(id), due);
	bench_close(&b);
}
END_TEST

/* As the store is after an end in the middle. */
START_TEST(a_restart_goes_on)
{
	struct store_job *job;
	struct err e = ERR_EMPTY;
	int64_t id[6], due;

	bench_open(&b, BENCH_SQLITE, HOLD("10m"));
	for (int i = 0; i < 6; i++)
		id[i] = mail_to(&b, A, NULL);
	due = due_of(id[5]);
	job = store_job_new(b.store);
	store_put_value(job, STR("recheck"), STR("uid 0"));
	ck_assert(store_run(b.store, job, &e));
	store_job_free(&job);
	bench_reopen(&b, HOLD("30m"));
	UNTIL(&b, due_of(id[5]) == due + 20 * US_PER_MIN);
	UNTIL(&b, !counts().running);
	ck_assert_uint_eq(counts().tightened, 6);
	for (int i = 0; i < 6; i++)
		ck_assert_uint_eq(story_count(&b, id[i], "tightened"), 1);
	bench_wait(&b, 300);
	bench_reopen(&b, HOLD("30m"));
	ck_assert(!counts().running);
	bench_close(&b);
}
END_TEST

Suite *test_recheck_suite(void)
{
	Suite *s = suite_create("recheck");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, longer_holds_are_taken, 0, BENCH_DRIVERS);
	tcase_add_test(t, an_end_amid_it_waits_for_the_store);
	tcase_add_test(t, one_that_cannot_be_kept_is_not_begun);
	tcase_add_loop_test(t, nothing_is_released, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, an_approval_is_asked_for, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, a_refusal_waits_for_an_admin, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, what_is_not_built_waits_for_an_admin, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, a_release_meanwhile_holds, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, what_cannot_be_read_stays, 0, BENCH_DRIVERS);
	tcase_add_test(t, a_restart_goes_on);
	suite_add_tcase(s, t);
	return s;
}
