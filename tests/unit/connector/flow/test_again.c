/* test_again.c - what is held because nobody could read it is inspected once
 * more when program or question have changed, and once only.
 */
#include "connector/store/store_int.h"
#include "bench.h"

Suite *test_again_suite(void);

static struct bench b;
#define A "hanako@partner.example"
#define B "jiro@other.example"

static int64_t held_failed(const char *one, const char *two)
{
	int64_t id;

	b.inspect.fail_view = true;
	id = mail_to(&b, one, two);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_HELD);
	ck_assert(str_is(found(&b, id).message.reason, "failed"));
	return id;
}

static bool looked(void)
{
	return !b.flow->failed.due && b.flow->failed.under_way == 0;
}

/* The same files, another program. */
static void upgrade(const char *policy)
{
	b.build = "2";
	bench_reopen(&b, policy);
}

START_TEST(the_same_program_does_not_try_again)
{
	unsigned views;
	int64_t id;

	bench_open(&b, BENCH_SQLITE, NULL);
	UNTIL(&b, looked());
	id = held_failed(A, NULL);
	views = b.inspect.views;
	b.inspect.fail_view = false;
	bench_reopen(&b, NULL);
	bench_wait(&b, 400);
	ck_assert(looked());
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	ck_assert_uint_eq(b.inspect.views, views);
	bench_close(&b);
}
END_TEST

START_TEST(another_program_reads_it)
{
	int64_t id;

	bench_open(&b, BENCH_SQLITE, NULL);
	UNTIL(&b, looked());
	id = held_failed(A, B);
	b.inspect.fail_view = false;
	upgrade(NULL);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED &&
			  state_of(&b, id, 1) == RCPT_DELIVERED);
	ck_assert_uint_eq(story_count(&b, id, "inspected-again"), 1);
	ck_assert(found(&b, id).message.view.n > 0);
	ck_assert_uint_eq(found(&b, id).rcpt[0].gates.n, 0);
	ck_assert(str_is(found(&b, id).message.subject, "hello"));
	UNTIL(&b, looked());
	bench_close(&b);
}
END_TEST

START_TEST(another_question_reads_it)
{
	unsigned views;
	int64_t id;

	bench_open(&b, BENCH_MEMORY, NULL);
	UNTIL(&b, looked());
	id = held_failed(A, NULL);
	views = b.inspect.views;
	b.inspect.fail_view = false;
	bench_policy(&b, NULL);
	bench_wait(&b, 400);
	ck_assert_uint_eq(b.inspect.views, views);
	bench_policy(&b, EXTERNAL "    do: {refuse: {}}\n" ASKS);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_REFUSED);
	bench_close(&b);
}
END_TEST

/* Whatever the doubt line says: it is not let go by this. */
START_TEST(it_fails_again_and_stays)
{
	static const char lax[] = "doubt: {failed: pass}\nrules: []\n";
	size_t told;
	int64_t id;

	bench_open(&b, BENCH_SQLITE, NULL);
	UNTIL(&b, looked());
	id = held_failed(A, NULL);
	bench_wait(&b, 50);
	told = message_count(&b);
	upgrade(lax);
	UNTIL(&b, story_count(&b, id, "inspected-again") == 1);
	UNTIL(&b, looked());
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	ck_assert(story_has(&b, id, "inspected-again", "failed"));
	ck_assert_uint_eq(message_count(&b), told);
	/* Once is enough. */
	bench_reopen(&b, lax);
	bench_wait(&b, 400);
	ck_assert_uint_eq(story_count(&b, id, "inspected-again"), 1);
	bench_close(&b);
}
END_TEST

START_TEST(the_new_plan_holds_it)
{
	struct store_found f;
	int64_t id;

	bench_open(&b, BENCH_SQLITE, NULL);
	UNTIL(&b, looked());
	id = held_failed(A, NULL);
	ck_assert_int_eq(found(&b, id).rcpt[0].due_us, 0);
	b.inspect.fail_view = false;
	upgrade(EXTERNAL "    do: {hold: {for: 1m, then: send}}\n");
	UNTIL(&b, found(&b, id).rcpt[0].due_us != 0);
	f = found(&b, id);
	ck_assert_int_eq(f.rcpt[0].state, RCPT_HELD);
	ck_assert(!str_is(f.message.reason, "failed"));
	/* Facts and time are those of the moment of acceptance. */
	ck_assert_int_eq(f.rcpt[0].due_us, f.message.accepted_us + US_PER_MIN);
	bench_close(&b);
}
END_TEST

START_TEST(who_has_ended_stays_out_of_it)
{
	struct flow_action discard = {.act = ACT_DISCARD};
	int64_t id, gone;

	bench_open(&b, BENCH_SQLITE, NULL);
	UNTIL(&b, looked());
	id = held_failed(A, NULL);
	gone = held_failed(B, NULL);
	discard.id = gone;
	ck_assert_int_eq(act_full(&b, &discard), ERR_NONE);
	b.inspect.fail_view = false;
	upgrade(NULL);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	UNTIL(&b, looked());
	ck_assert_int_eq(state_of(&b, gone, 0), RCPT_DISCARDED);
	ck_assert_uint_eq(story_count(&b, gone, "inspected-again"), 0);
	bench_close(&b);
}
END_TEST

/* An admin is faster than the inspector: his word counts. */
START_TEST(somebody_else_was_faster)
{
	struct flow_action release = {.act = ACT_RELEASE, .as_is = true};
	int64_t id;

	bench_open(&b, BENCH_SQLITE, NULL);
	UNTIL(&b, looked());
	id = held_failed(A, NULL);
	b.inspect.fail_view = false;
	b.inspect.view_after_us = 300 * US_PER_MS;
	upgrade(EXTERNAL "    do: {refuse: {}}\n");
	UNTIL(&b, b.flow->failed.under_way == 1);
	release.id = id;
	ck_assert_int_eq(act_full(&b, &release), ERR_NONE);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED && looked());
	bench_close(&b);
}
END_TEST

START_TEST(many_are_read_by_and_by)
{
	enum { MANY = 11 };
	int64_t id[MANY];

	bench_open(&b, BENCH_SQLITE, NULL);
	UNTIL(&b, looked());
	for (unsigned i = 0; i < MANY; i++)
		id[i] = held_failed(A, NULL);
	b.inspect.fail_view = false;
	upgrade(NULL);
	for (unsigned i = 0; i < MANY; i++)
		UNTIL(&b, state_of(&b, id[i], 0) == RCPT_DELIVERED);
	UNTIL(&b, looked());
	bench_close(&b);
}
END_TEST

/* Whatever read of the store fails for a moment: it is looked at again. */
START_TEST(a_moment_is_no_answer)
{
	struct db_faults *f;
	int64_t id;

	bench_open(&b, BENCH_MEMORY, NULL);
	UNTIL(&b, looked());
	id = held_failed(A, NULL);
	UNTIL(&b, !flow_busy(b.flow));
	b.inspect.fail_view = false;
	f = &b.store->place->faults;
	b.flow->failed.due = true;
	f->step_at = (unsigned)_i;
	failed_look(b.flow);
	f->step_at = 0;
	b.flow->failed.next_us = 0;
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	ck_assert(!story_has(&b, id, "inspected-again", "failed"));
	UNTIL(&b, looked());
	bench_close(&b);
}
END_TEST

/* Accepted, and not decided before the end. */
static int64_t left_behind(struct store_job *job, bool damaged)
{
	static const struct str text = STR("From: " TARO "\r\nSubject: s\r\n"
					   "\r\ntext\r\n");
	int64_t id = id_next(&b.flow->ids, flow_now(b.flow));
	struct store_message m = {.id = id,
				  .tenant = str_of(b.tenant.tenant),
				  .from = STR(TARO),
				  .sender = STR(TARO),
				  .place = BODY_INLINE,
				  .bytes = text,
				  .size = text.n,
				  .accepted_us = flow_now(b.flow)};
	struct store_rcpt r = {
		.address = STR(A), .key = STR(A), .state = RCPT_RECEIVED};

	/* Its body is sealed by a key that nobody wrapped. */
	if (damaged)
		m.dek[0] = 1;
	store_add_message(job, &m, &r, 1);
	store_add_audit(job, m.accepted_us, id, STR("engine"), STR("accepted"),
			STR("{}"));
	return id;
}

/* One of the first page is damaged: those behind it are still looked for. */
START_TEST(a_damaged_one_hides_no_other)
{
	int64_t id[SWEEP_MESSAGES + 3];
	struct flow_action act;
	struct store_job *job;

	bench_open(&b, BENCH_SQLITE, NULL);
	job = store_job_new(b.store);
	for (size_t i = 0; i < ARRAY_LEN(id); i++)
		id[i] = left_behind(job, i == 7);
	ck_assert(store_run(b.store, job, NULL));
	store_job_free(&job);
	bench_reopen(&b, NULL);
	for (size_t i = 0; i < ARRAY_LEN(id); i++)
		UNTIL(&b, state_of(&b, id[i], 0) ==
				  (i == 7 ? RCPT_HELD : RCPT_DELIVERED));
	ck_assert(str_is(found(&b, id[7]).message.reason, "damaged"));
	bench_wait(&b, 20);
	ck_assert(!b.flow->redecide);
	/* Nobody can release it, in whatever form. */
	for (int as_is = 0; as_is < 2; as_is++) {
		act = (struct flow_action){
			.act = ACT_RELEASE, .id = id[7], .as_is = as_is};
		ck_assert_int_eq(act_full(&b, &act), ERR_CONFLICT);
	}
	ck_assert_int_eq(state_of(&b, id[7], 0), RCPT_HELD);
	act.act = ACT_DISCARD;
	ck_assert_int_eq(act_full(&b, &act), ERR_NONE);
	bench_close(&b);
}
END_TEST

Suite *test_again_suite(void)
{
	Suite *s = suite_create("again");
	TCase *t = tcase_create("again");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, the_same_program_does_not_try_again);
	tcase_add_test(t, another_program_reads_it);
	tcase_add_test(t, another_question_reads_it);
	tcase_add_test(t, it_fails_again_and_stays);
	tcase_add_test(t, the_new_plan_holds_it);
	tcase_add_test(t, who_has_ended_stays_out_of_it);
	tcase_add_test(t, somebody_else_was_faster);
	tcase_add_test(t, many_are_read_by_and_by);
	tcase_add_loop_test(t, a_moment_is_no_answer, 1, 9);
	tcase_add_test(t, a_damaged_one_hides_no_other);
	suite_add_tcase(s, t);
	return s;
}
