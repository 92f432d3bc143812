/* test_record.c - the facts of each decision are kept, and lead to it again. */
#include "bench.h"
#include "policy/replay.h"

Suite *test_record_suite(void);

static struct bench b;
#define A "hanako@partner.example"
#define B "taro@example.co.jp"

/* All records by the policy of now: how many, and do they decide the same? */
static struct replay_sums replayed(void)
{
	const struct policy *p = b.flow->policy->policy;
	const char *const domains[] = {b.domains[0]};
	AUTO(buf) asked = BUF_MAX(ASKED_MAX);
	struct replay *r = replay_new(p, 0);
	struct replay_sums sums;
	struct store_record *v;
	struct err e = ERR_EMPTY;
	size_t n;

	asked_write(p, &asked);
	replay_version(r, 7, buf_str(&asked));
	replay_tenant(r, &(struct replay_tenant){str_of(b.tenant.tenant),
						 domains, 1, NULL});
	ck_assert(store_records(b.reader, -1, 1000, &b.arena, &v, &n, &e));
	for (size_t i = 0; i < n; i++)
		replay_add(r, v[i].id, v[i].policy, v[i].wire);
	sums = replay_sums(r);
	replay_free(&r);
	return sums;
}

START_TEST(each_decision_has_its_record)
{
	struct replay_sums s;

	bench_open(&b, _i, HOLD_SEND);
	b.config.retention.replay_us = US_PER_DAY;
	for (int i = 0; i < 3; i++)
		mail_to(&b, A, B);
	s = replayed();
	ck_assert_uint_eq(s.mails, 3);
	ck_assert_uint_eq(s.same, 3);
	bench_close(&b);
}
END_TEST

START_TEST(none_where_none_is_wanted)
{
	bench_open(&b, _i, HOLD_SEND);
	b.config.retention.replay_us = 0;
	mail_to(&b, A, B);
	ck_assert_uint_eq(replayed().mails, 0);
	bench_close(&b);
}
END_TEST

/* Accepted first, decided later: in the same commit as the decision. */
START_TEST(a_late_decision_has_one)
{
	int64_t id;
	struct replay_sums s;

	bench_open(&b, _i, HOLD_SEND);
	b.config.retention.replay_us = US_PER_DAY;
	b.inspect.silent = true;
	id = mail_to(&b, A, NULL);
	ck_assert_uint_eq(replayed().mails, 0);
	fake_inspect_speak(&b.inspect);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_HELD);
	s = replayed();
	ck_assert(s.mails == 1 && s.same == 1);
	bench_close(&b);
}
END_TEST

Suite *test_record_suite(void)
{
	Suite *s = suite_create("record");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, each_decision_has_its_record, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, none_where_none_is_wanted, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, a_late_decision_has_one, 0, BENCH_DRIVERS);
	suite_add_tcase(s, t);
	return s;
}
