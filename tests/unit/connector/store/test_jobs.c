/* test_jobs.c - jobs: wholly or not at all, each for itself, in order. */
#include "store_help.h"
#include <stdatomic.h>

Suite *test_jobs_suite(void);

static struct bench b;

static struct store_rcpt rcpt_now(int64_t id, unsigned n)
{
	return mail_get(&b, id).rcpt[n];
}

/* ---- groups ------------------------------------------------------------------ */

#define MANY 3000

struct order {
	unsigned next;
	unsigned bad;
	_Atomic unsigned seen;
};
static struct order order;

static void ordered(void *arg, struct store_job *j, const struct err *why)
{
	unsigned n = (unsigned)(uintptr_t)arg;

	(void)j;
	if (n != order.next++)
		order.bad++;
	if ((why != NULL) != (n % 10 == 7))
		order.bad++;
	order.seen++;
}

static void seen_all(unsigned n)
{
	struct timespec nap = {0, 1000000};

	while (order.seen < n)
		nanosleep(&nap, NULL);
}

/* Jobs that conflict stand among others in the same commits. */
START_TEST(a_group_keeps_order_and_a_conflict_is_alone)
{
	int64_t id, *ids = mem_zero(MANY, sizeof(*ids));
	struct store_rcpt wrong;

	bench_open(&b, _i);
	order = (struct order){0};
	id = mail_put(&b, 1, RCPT_HELD);
	wrong = rcpt_now(id, 0);
	wrong.version += 5;
	for (unsigned i = 0; i < MANY; i++) {
		struct store_job *j = store_job_new(b.store);

		ids[i] = mail_add(&b, j, 1, RCPT_READY);
		if (i % 10 == 7)
			store_set_rcpt(j, id, RCPT_HELD, &wrong, 0);
		store_submit(b.store, j, NULL, ordered, (void *)(uintptr_t)i);
	}
	seen_all(MANY);
	ck_assert_uint_eq(order.bad, 0);
	for (unsigned i = 0; i < MANY; i++) {
		struct store_found f;
		bool there = store_show(b.reader, ids[i], &b.arena, &f, NULL);

		ck_assert_int_eq(there, i % 10 != 7);
	}
	ck_assert_uint_eq(ledger_get(&b).accepted, MANY - MANY / 10 + 1);
	ledger_good(&b);
	audit_good(&b);
	mem_free(ids);
	bench_close(&b);
}
END_TEST

/* A job without savepoint that breaks a constraint takes nobody with it. */
START_TEST(a_broken_constraint_is_alone)
{
	int64_t id;

	bench_open(&b, _i);
	order = (struct order){0};
	id = mail_put(&b, 1, RCPT_HELD);
	for (unsigned i = 0; i < 200; i++) {
		struct store_job *j = store_job_new(b.store);
		struct store_message m = {.id = id, .place = BODY_GONE};

		mail_add(&b, j, 1, RCPT_READY);
		if (i % 10 == 7)
			store_add_message(j, &m, NULL, 0);
		store_submit(b.store, j, NULL, ordered, (void *)(uintptr_t)i);
	}
	seen_all(200);
	ck_assert_uint_eq(order.bad, 0);
	ck_assert_uint_eq(ledger_get(&b).accepted, 181);
	ledger_good(&b);
	audit_good(&b);
	bench_close(&b);
}
END_TEST

static void loop_told(void *arg, struct store_job *j, const struct err *why)
{
	(void)j;
	ck_assert_ptr_null(why);
	if (++order.seen == 500)
		loop_stop(arg);
}

START_TEST(callbacks_come_on_the_loop)
{
	struct err e = ERR_EMPTY;
	struct loop *l = loop_new(&e);

	bench_open(&b, _i);
	order = (struct order){0};
	for (unsigned i = 0; i < 500; i++) {
		struct store_job *j = store_job_new(b.store);

		mail_add(&b, j, 1, RCPT_READY);
		store_submit(b.store, j, l, loop_told, l);
	}
	loop_run(l);
	ck_assert_uint_eq(ledger_get(&b).accepted, 500);
	loop_free(&l);
	bench_close(&b);
}
END_TEST

START_TEST(close_waits_for_what_was_submitted)
{
	bench_open(&b, BENCH_SQLITE);
	order = (struct order){0};
	for (unsigned i = 0; i < 7; i++) {
		struct store_job *j = store_job_new(b.store);

		mail_add(&b, j, 1, RCPT_READY);
		store_submit(b.store, j, NULL, ordered, (void *)(uintptr_t)i);
	}
	bench_reopen(&b);
	ck_assert_uint_eq(order.seen, 7);
	ck_assert_uint_eq(ledger_get(&b).accepted, 7);
	bench_close(&b);
}
END_TEST

/* ---- races (R13) ------------------------------------------------------------ */

#define RACERS 4
#define ROUNDS 60

struct race {
	pthread_barrier_t start;
	int64_t id;
	struct store_rcpt before;
	_Atomic unsigned won, lost;
};
static struct race race;

static void *racer(void *arg)
{
	static const enum rcpt_state wish[RACERS] = {
		RCPT_READY, RCPT_DISCARDED, RCPT_RETURNED, RCPT_EXPIRED};
	struct store_job *j = store_job_new(b.store);
	struct store_rcpt r = race.before;
	struct err e = ERR_EMPTY;

	r.state = wish[(uintptr_t)arg];
	r.ended_us = rcpt_state_ended(r.state) ? NOW : 0;
	store_set_rcpt(j, race.id, RCPT_HELD, &r, 0);
	store_add_audit(j, NOW, race.id, STR("racer"), STR("moved"), STR("{}"));
	pthread_barrier_wait(&race.start);
	if (store_run(b.store, j, &e))
		race.won++;
	else if (e.class == ERR_CONFLICT)
		race.lost++;
	store_job_free(&j);
	return NULL;
}

START_TEST(of_four_exactly_one_wins)
{
	struct store_audit *story;
	size_t n;

	bench_open(&b, _i);
	pthread_barrier_init(&race.start, NULL, RACERS);
	for (unsigned round = 0; round < ROUNDS; round++) {
		pthread_t thread[RACERS];

		race.id = mail_put(&b, 1, RCPT_HELD);
		race.before = rcpt_now(race.id, 0);
		race.won = race.lost = 0;
		for (uintptr_t i = 0; i < RACERS; i++)
			pthread_create(&thread[i], NULL, racer, (void *)i);
		for (size_t i = 0; i < RACERS; i++)
			pthread_join(thread[i], NULL);
		ck_assert_uint_eq(race.won, 1);
		ck_assert_uint_eq(race.lost, RACERS - 1);
		ck_assert(store_story(b.reader, race.id, &b.arena, &story, &n,
				      NULL));
		ck_assert_uint_eq(n, 2); /* accepted, moved */
	}
	pthread_barrier_destroy(&race.start);
	ledger_good(&b);
	audit_good(&b);
	bench_close(&b);
}
END_TEST

/* ---- single steps ----------------------------------------------------------- */

START_TEST(ends_are_ends)
{
	int64_t id;

	bench_open(&b, _i);
	id = mail_put(&b, 1, RCPT_SENDING);
	ck_assert_int_eq(rcpt_move(&b, id, 0, RCPT_DELIVERED), ERR_NONE);
	ck_assert_int_eq(rcpt_move(&b, id, 0, RCPT_READY), ERR_BUG);
	ck_assert_int_eq(rcpt_move(&b, id, 0, RCPT_BOUNCED), ERR_BUG);
	ledger_good(&b);
	bench_close(&b);
}
END_TEST

/* How many have no decision so far; the only one is 77. */
static size_t undecided(void)
{
	struct store_job *j = store_job_new(b.store);
	const struct store_found *found;
	size_t n;

	store_undecided(j, NOW, 10);
	ck_assert(store_run(b.store, j, NULL));
	found = store_job_found(j, &n);
	if (n > 0)
		ck_assert_int_eq(found->message.id, 77);
	store_job_free(&j);
	return n;
}

static enum err_class decide(const struct store_message *d, bool again)
{
	struct store_job *j = store_job_new(b.store);

	store_set_decision(j, d, again);
	return job_do(&b, j);
}

START_TEST(a_message_is_decided_once)
{
	struct store_message m = {.id = 77,
				  .tenant = STR("example"),
				  .place = BODY_INLINE,
				  .bytes = STR("x"),
				  .size = 1};
	struct store_message d = {.id = 77,
				  .view = STR("v"),
				  .plan = STR("p"),
				  .edits = STR("e"),
				  .sender = STR("s@x.jp"),
				  .reason = STR("policy")};
	struct store_rcpt r = {.state = RCPT_RECEIVED};
	struct store_found f;
	struct store_job *j;

	bench_open(&b, _i);
	j = store_job_new(b.store);
	store_add_message(j, &m, &r, 1);
	ck_assert_int_eq(job_do(&b, j), ERR_NONE);
	/* again: not even once so far */
	ck_assert_int_eq(decide(&d, true), ERR_CONFLICT);
	ck_assert_uint_eq(undecided(), 1);
	for (unsigned i = 0; i < 2; i++) {
		d.subject = i ? STR("two") : STR("one");
		d.policy_version = 3 + i;
		ck_assert_int_eq(decide(&d, false),
				 i ? ERR_CONFLICT : ERR_NONE);
	}
	f = mail_get(&b, 77);
	ck_assert(f.message.decided && str_is(f.message.subject, "one"));
	ck_assert(str_is(f.message.view, "v") && str_is(f.message.plan, "p"));
	ck_assert(str_is(f.message.edits, "e"));
	ck_assert_uint_eq(f.message.policy_version, 3);
	ck_assert(str_is(f.message.reason, "policy"));
	ck_assert_uint_eq(undecided(), 0);
	d.view = STR("w");
	d.policy_version = 9;
	ck_assert_int_eq(decide(&d, true), ERR_NONE);
	f = mail_get(&b, 77);
	ck_assert(str_is(f.message.view, "w"));
	ck_assert_uint_eq(f.message.policy_version, 9);
	d.id = 78;
	ck_assert_int_eq(decide(&d, false), ERR_NOT_FOUND);
	ledger_good(&b);
	bench_close(&b);
}
END_TEST

START_TEST(claims_by_due_time_and_tenant)
{
	const struct store_room full[] = {
		{.tenant = STR("other"), .of = ROOM_ALL_OTHERS},
		{.tenant = STR("example"), .of = ROOM_ALL_OTHERS}};
	const struct store_rooms none = {.copies = 10, .room = full, .n = 2};
	const struct store_rooms two = {.copies = 2, .room = full, .n = 1};
	struct store_job *j;
	const struct store_found *f;
	int64_t id[4];
	size_t n;

	bench_open(&b, _i);
	for (unsigned i = 0; i < 4; i++) {
		struct store_rcpt r;

		id[i] = mail_put(&b, 2, RCPT_DEFERRED);
		r = rcpt_now(id[i], 1);
		r.due_us = NOW + 100 - 10 * (int64_t)i;
		j = store_job_new(b.store);
		store_set_rcpt(j, id[i], RCPT_DEFERRED, &r, 0);
		ck_assert_int_eq(job_do(&b, j), ERR_NONE);
		ck_assert_int_eq(rcpt_move(&b, id[i], 0, RCPT_PARKED),
				 ERR_NONE);
	}
	j = store_job_new(b.store);
	store_claim(j, NOW + 1000, &none);
	ck_assert(store_run(b.store, j, NULL));
	store_job_found(j, &n);
	ck_assert_uint_eq(n, 0);
	store_job_free(&j);
	j = store_job_new(b.store);
	store_claim(j, NOW + 90, &two); /* of 70, 80, 90 */
	ck_assert(store_run(b.store, j, NULL));
	f = store_job_found(j, &n);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(f[0].message.id, id[3]);
	ck_assert_int_eq(f[1].message.id, id[2]);
	ck_assert_uint_eq(f[0].rcpt_n, 1); /* not the parked one */
	ck_assert_uint_eq(f[0].rcpt[0].n, 1);
	ck_assert(str_is(f[0].rcpt[0].gates, "gate-bytes"));
	ck_assert_uint_eq(f[0].rcpt[0].version, rcpt_now(id[3], 1).version);
	store_job_free(&j);
	j = store_job_new(b.store);
	claim_all(j, NOW + 99, 10);
	ck_assert(store_run(b.store, j, NULL));
	f = store_job_found(j, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(f[0].message.id, id[1]);
	store_job_free(&j);
	bench_close(&b);
}
END_TEST

START_TEST(held_come_when_due)
{
	struct store_rcpt r;
	struct store_job *j;
	const struct store_found *f;
	int64_t id;
	size_t n;

	bench_open(&b, _i);
	id = mail_put(&b, 3, RCPT_HELD); /* due 0: never */
	r = rcpt_now(id, 2);
	r.due_us = NOW + 5;
	j = store_job_new(b.store);
	store_set_rcpt(j, id, RCPT_HELD, &r, 0);
	ck_assert_int_eq(job_do(&b, j), ERR_NONE);
	for (int64_t at = NOW + 4; at <= NOW + 6; at++) {
		j = store_job_new(b.store);
		store_due(j, at, 10);
		ck_assert(store_run(b.store, j, NULL));
		f = store_job_found(j, &n);
		ck_assert_uint_eq(n, at >= NOW + 5);
		ck_assert(n == 0 || (f->rcpt_n == 1 && f->rcpt[0].n == 2 &&
				     f->rcpt[0].state == RCPT_HELD));
		store_job_free(&j);
	}
	bench_close(&b);
}
END_TEST

START_TEST(recovery_calls_open_attempts_unknown)
{
	struct err e = ERR_EMPTY;
	int64_t id[700];
	struct store_found f;
	size_t n;

	bench_open(&b, BENCH_SQLITE);
	for (unsigned i = 0; i < ARRAY_LEN(id); i++)
		id[i] = mail_put(&b, 1, RCPT_SENDING);
	mail_put(&b, 1, RCPT_HELD);
	bench_reopen(&b);
	ck_assert(store_recover(b.store, NOW + 5, NOW + 50, &n, &e));
	ck_assert_uint_eq(n, ARRAY_LEN(id));
	f = mail_get(&b, id[3]);
	ck_assert_int_eq(f.rcpt[0].state, RCPT_UNKNOWN);
	ck_assert_uint_eq(f.rcpt[0].unknowns, 1);
	ck_assert_int_eq(f.rcpt[0].due_us, NOW + 50);
	ck_assert(str_is(f.rcpt[0].gates, "gate-bytes"));
	ck_assert(store_recover(b.store, NOW + 6, NOW + 60, &n, &e));
	ck_assert_uint_eq(n, 0);
	ck_assert_uint_eq(ledger_get(&b).unknown, ARRAY_LEN(id));
	ledger_good(&b);
	audit_good(&b);
	bench_close(&b);
}
END_TEST

START_TEST(a_token_is_used_once)
{
	struct store_token t = {.hash = {1, 2},
				.kind = 'm',
				.message = 5,
				.person = STR("taro@example.co.jp"),
				.check = {9},
				.expires_us = NOW};
	struct store_token found;
	struct err e = ERR_EMPTY;
	struct store_job *j;

	bench_open(&b, _i);
	j = store_job_new(b.store);
	store_add_token(j, &t);
	ck_assert_int_eq(job_do(&b, j), ERR_NONE);
	for (unsigned i = 0; i < 3; i++) {
		j = store_job_new(b.store);
		store_count_try(j, t.hash);
		ck_assert_int_eq(job_do(&b, j), ERR_NONE);
	}
	for (unsigned i = 0; i < 2; i++) {
		j = store_job_new(b.store);
		mail_add(&b, j, 1, RCPT_HELD);
		store_use_token(j, t.hash, NOW + i);
		ck_assert_int_eq(job_do(&b, j), i ? ERR_CONFLICT : ERR_NONE);
	}
	ck_assert_uint_eq(ledger_get(&b).accepted, 1);
	ck_assert(store_token_find(b.reader, t.hash, &b.arena, &found, &e));
	ck_assert_uint_eq(found.tries, 3);
	ck_assert_int_eq(found.used_us, NOW);
	ck_assert_int_eq(found.kind, 'm');
	ck_assert_mem_eq(found.check, t.check, SHA256_LEN);
	t.hash[0] = 3;
	ck_assert(!store_token_find(b.reader, t.hash, &b.arena, &found, &e));
	ck_assert_int_eq(e.class, ERR_NOT_FOUND);
	bench_close(&b);
}
END_TEST

START_TEST(values_secrets_policies)
{
	struct err e = ERR_EMPTY;
	struct store_job *j;
	struct store_policy kept;
	struct str s;

	bench_open(&b, _i);
	ck_assert(store_policy(b.reader, 0, &b.arena, &kept, &e));
	ck_assert_uint_eq(kept.version, 0);
	ck_assert(store_value(b.reader, STR("mode"), &b.arena, &s, &e));
	ck_assert_uint_eq(s.n, 0);
	for (unsigned i = 0; i < 2; i++) {
		j = store_job_new(b.store);
		store_put_value(j, STR("mode"), i ? STR("pass") : STR("hold"));
		store_put_secret(j, STR("relay"), i ? STR("pw2") : STR("pw1"));
		store_put_secret(j, STR("smtp"), STR("other"));
		store_add_policy(j,
				 &(struct store_policy){
					 .version = 1 + i,
					 .digest = i ? STR("d2") : STR("d1")});
		ck_assert_int_eq(job_do(&b, j), ERR_NONE);
	}
	ck_assert(store_value(b.reader, STR("mode"), &b.arena, &s, &e));
	ck_assert(str_is(s, "pass"));
	ck_assert(store_secret(b.reader, STR("relay"), &b.arena, &s, &e));
	ck_assert(str_is(s, "pw2"));
	ck_assert(store_policy(b.reader, 0, &b.arena, &kept, &e));
	ck_assert(kept.version == 2 && str_is(kept.digest, "d2"));
	ck_assert(!store_secret(b.reader, STR("none"), &b.arena, &s, &e));
	ck_assert_int_eq(e.class, ERR_NOT_FOUND);
	j = store_job_new(b.store);
	store_add_policy(j, &(struct store_policy){.version = 2});
	ck_assert_int_eq(job_do(&b, j), ERR_CONFLICT);
	/* Two secrets that change places do not open. */
	tamper(&b, "UPDATE secret SET name = 'x' WHERE name = 'relay';"
		   "UPDATE secret SET name = 'relay' WHERE name = 'smtp'");
	ck_assert(!store_secret(b.reader, STR("relay"), &b.arena, &s, &e));
	ck_assert_int_eq(e.class, ERR_PERMANENT);
	bench_close(&b);
}
END_TEST

Suite *test_jobs_suite(void)
{
	Suite *s = suite_create("jobs");
	TCase *t = tcase_create("jobs");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, a_group_keeps_order_and_a_conflict_is_alone, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, a_broken_constraint_is_alone, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, callbacks_come_on_the_loop, 0, BENCH_DRIVERS);
	tcase_add_test(t, close_waits_for_what_was_submitted);
	tcase_add_loop_test(t, of_four_exactly_one_wins, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, ends_are_ends, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, a_message_is_decided_once, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, claims_by_due_time_and_tenant, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, held_come_when_due, 0, BENCH_DRIVERS);
	tcase_add_test(t, recovery_calls_open_attempts_unknown);
	tcase_add_loop_test(t, a_token_is_used_once, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, values_secrets_policies, 0, BENCH_DRIVERS);
	suite_add_tcase(s, t);
	return s;
}
