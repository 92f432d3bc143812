/* test_faults.c - the store fails at the n-th commit; the process ends
 * in each phase.  Nothing is lost, nothing half-written, nothing told twice.
 */
#include <ftw.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bench.h"
#include "connector/store/store_int.h"
#include "connector/sys/spool/spool_int.h"

Suite *test_faults_suite(void);

static struct bench b;
#define A "hanako@partner.example"
#define B "jiro@other.example"

static void fails_b(struct bench *bench, struct attempt *a,
		    struct attempt_rcpt *r)
{
	(void)bench;
	if (a->message.kind != MESSAGE_MAIL || !str_is(r->row.address, B))
		return;
	r->class = ATTEMPT_FAILED;
	r->code = 550;
	snprintf(r->status, sizeof(r->status), "5.1.1");
	snprintf(r->answer, sizeof(r->answer), "550 5.1.1 no such user");
}

/* A client that comes again until it hears 250. */
static int64_t send_stubbornly(const struct mail *m, unsigned *refused)
{
	int64_t id;

	for (;;) {
		struct reply r = mail_try(&b, m);

		if (r.code == 250) {
			ck_assert(id_parse(str_skip(str_of(r.text), 14), &id));
			return id;
		}
		ck_assert_int_eq(r.code, 451);
		++*refused;
	}
}

static const char rules[] = "  - rule: r\n    when: {recipient: {in: [" B
			    "]}}\n    do: {hold: {for: 1m, then: send}}\n";

/* Accept, hold one and send one, let go, fail one: with a DSN at the end. */
static void scenario(long commit_at, bool late)
{
	struct db_faults *f;
	struct mail m = {.to = {A, B}, .id = "scenario"};
	unsigned refused = 0;
	int64_t id;

	bench_open(&b, BENCH_MEMORY, rules);
	b.verdict = fails_b;
	b.inspect.view_after_us = late ? 25 * US_PER_MS : 0;
	bench_wait(&b, 3);
	f = &b.store->place->faults;
	f->commit_at = commit_at;
	id = send_stubbornly(&m, &refused);
	ck_assert_uint_le(refused, 1);
	UNTIL(&b, state_of(&b, id, 1) == RCPT_HELD);
	while (act(&b, ACT_SEND_NOW, id, "sender") == ERR_RETRY)
		bench_wait(&b, 5);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	UNTIL(&b, state_of(&b, id, 1) == RCPT_BOUNCED);
	UNTIL(&b, sent_count(&b, 0, TARO, "delivery-status") == 1);
	UNTIL(&b, ledger(&b).open == 0);
	/* Once each: the mail for A and for B, the notice, the DSN. */
	ck_assert_uint_eq(sent_count(&b, id, A, NULL), 1);
	ck_assert_uint_eq(sent_count(&b, id, B, NULL), 1);
	ck_assert_uint_eq(b.sent.n, 4);
	ck_assert_uint_eq(message_count(&b), 3);
	/* Counted when the commit is known, a turn after it can be read. */
	UNTIL(&b, metric_get(&b.metrics, METRIC_BOUNCED) == 1);
}

START_TEST(every_commit_fails_once)
{
	long seen = 0;

	for (long n = 0; n <= seen; n++) {
		scenario(n, _i == 1);
		if (n == 0)
			seen = MIN_OF(b.store->place->faults.commits, 40L);
		bench_close(&b);
	}
	ck_assert_int_gt(seen, 5);
}
END_TEST

START_TEST(refused_intake_leaves_nothing)
{
	struct mail m = {.to = {A}, .n = _i ? 300000 : 0};
	struct reply r;
	struct spool_out *o;
	struct db_faults *f;
	unsigned char key[KEY_LEN] = {1};

	bench_open(&b, BENCH_MEMORY, NULL);
	if (_i) {
		char *text = arena_alloc(&b.arena, m.n);

		memset(text, 'x', m.n);
		memcpy(text, "From: a\r\n\r\n", 11);
		m.text = text;
	}
	b.closed = true;
	f = &b.store->place->faults;
	f->lasting = true;
	f->commit_at = 1;
	for (int i = 0; i < 3; i++) {
		r = mail_try(&b, &m);
		ck_assert_int_eq(r.code, 451);
		ck_assert_str_eq(r.status, "4.3.0");
	}
	ck_assert_uint_eq(b.flow->undecided, 0);
	ck_assert_int_eq(b.reserved, 0);
	ck_assert_uint_eq(b.sent.n, 0);
	f->commit_at = 0;
	f->lasting = false;
	ck_assert_uint_eq(message_count(&b), 0);
	ck_assert_uint_eq(ledger(&b).accepted, 0);
	/* The files of the refused ones are free again. */
	o = spool_out_new(b.spool, 1, key);
	ck_assert_uint_le(b.spool->files.n, 2);
	spool_out_abort(&o);
	bench_close(&b);
}
END_TEST

START_TEST(outcome_waits_for_the_store)
{
	struct db_faults *f;
	int64_t id;

	bench_open(&b, BENCH_MEMORY, NULL);
	b.deaf = true;
	b.verdict = fails_b;
	id = mail_to(&b, B, NULL);
	UNTIL(&b, b.open.n == 1);
	b.closed = true;
	f = &b.store->place->faults;
	f->lasting = true;
	f->commit_at = 1;
	b.deaf = false;
	bench_answer(&b);
	bench_wait(&b, 2500);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_SENDING);
	f->commit_at = 0;
	f->lasting = false;
	b.closed = false;
	UNTIL(&b, state_of(&b, id, 0) == RCPT_BOUNCED);
	UNTIL(&b, sent_count(&b, 0, TARO, "delivery-status") == 1);
	bench_wait(&b, 30);
	ck_assert_uint_eq(b.sent.n, 2); /* one DSN */
	ck_assert_uint_eq(message_count(&b), 2);
	/* Counted when the commit is known, a turn after it can be read. */
	UNTIL(&b, metric_get(&b.metrics, METRIC_BOUNCED) == 1);
	bench_close(&b);
}
END_TEST

START_TEST(decision_waits_for_the_store)
{
	struct db_faults *f;
	int64_t id, other;

	bench_open(&b, BENCH_MEMORY, NULL);
	b.inspect.silent = true;
	id = mail_to(&b, A, NULL);
	f = &b.store->place->faults;
	f->lasting = true;
	f->commit_at = 1;
	fake_inspect_speak(&b.inspect);
	bench_wait(&b, 600);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_RECEIVED);
	f->commit_at = 0;
	f->lasting = false;
	/* Others being judged all the while do not keep it waiting. */
	b.inspect.silent = true;
	UNTIL(&b, mail_try(&b, &(struct mail){.to = {B}}).code == 250);
	b.inspect.silent = false;
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	ck_assert_uint_eq(sent_count(&b, id, NULL, NULL), 1);
	other = b.flow->judged ? b.flow->judged->m.id : 0;
	ck_assert_int_ne(other, 0);
	fake_inspect_speak(&b.inspect);
	UNTIL(&b, state_of(&b, other, 0) == RCPT_DELIVERED);
	bench_close(&b);
}
END_TEST

/* A read that failed may leave its connection in a transaction for ever. */
START_TEST(stuck_reader_is_renewed)
{
	struct mail m = {.to = {A}, .id = "x"};
	struct err e = ERR_EMPTY;
	int64_t id;

	bench_open(&b, _i, HOLD_SEND);
	id = mail_send(&b, &m);
	ck_assert(reader_begin(b.flow->reader, &e));
	ck_assert_int_eq(mail_send(&b, &m), id);
	ck_assert(reader_begin(b.flow->reader, &e));
	ck_assert_int_eq(act(&b, ACT_SEND_NOW, id, "sender"), ERR_NONE);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	bench_close(&b);
}
END_TEST

/* ---- the process ends -------------------------------------------------------------- */

enum phase {
	PHASE_UNDECIDED,
	PHASE_HELD,
	PHASE_READY,
	PHASE_SENDING,
	PHASE_ANSWERED, /* but not recorded */
	PHASE_DEFERRED,
	PHASE_RELEASED,
	PHASES
};

static void defers(struct bench *bench, struct attempt *a,
		   struct attempt_rcpt *r)
{
	(void)bench;
	(void)a;
	r->class = ATTEMPT_DEFERRED;
}

static int64_t live_until(enum phase phase)
{
	int64_t id;

	b.closed = true;
	b.deaf = true;
	b.slots = phase == PHASE_READY ? 0 : 4;
	b.inspect.silent = phase == PHASE_UNDECIDED;
	id = mail_to(&b, A, NULL);
	switch (phase) {
	case PHASE_HELD:
		due_set(&b, id, 0, clock_now_us() + 300 * US_PER_MS);
		break;
	case PHASE_SENDING:
	case PHASE_ANSWERED:
		UNTIL(&b, b.open.n == 1);
		if (phase == PHASE_ANSWERED)
			bench_answer(&b);
		break;
	case PHASE_DEFERRED:
		UNTIL(&b, b.open.n == 1);
		b.verdict = defers;
		bench_answer(&b);
		UNTIL(&b, state_of(&b, id, 0) == RCPT_DEFERRED);
		break;
	case PHASE_RELEASED:
		ck_assert_int_eq(act(&b, ACT_SEND_NOW, id, "sender"), ERR_NONE);
		break;
	default:
		break;
	}
	return id;
}

static const char *policy_of(enum phase phase)
{
	return phase == PHASE_HELD || phase == PHASE_RELEASED ? HOLD_SEND
							      : NULL;
}

static int64_t only_mail(void)
{
	struct store_query q = {.limit = 100};
	struct store_found *v;
	struct err e = ERR_EMPTY;
	size_t n;

	ck_assert(store_list(b.reader, &q, &b.arena, &v, &n, &e));
	for (size_t i = 0; i < n; i++)
		if (v[i].message.kind == MESSAGE_MAIL)
			return v[i].message.id;
	ck_abort_msg("no mail");
	return 0;
}

START_TEST(killed_in_each_phase)
{
	char folder[] = "/tmp/sekisho-flow-XXXXXX";
	enum phase phase = (enum phase)_i;
	bool unsure = phase == PHASE_SENDING || phase == PHASE_ANSWERED;
	int status = 0;
	pid_t pid;
	int64_t id;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	pid = fork();
	if (pid == 0) {
		bench_open_at(&b, folder, policy_of(phase));
		live_until(phase);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	bench_open_at(&b, folder, policy_of(phase));
	id = only_mail();
	ck_assert_uint_eq(ledger(&b).accepted, message_count(&b));
	if (unsure)
		ck_assert_int_eq(state_of(&b, id, 0), RCPT_UNKNOWN);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	ck_assert_uint_eq(ledger(&b).unknown, unsure);
	ck_assert_uint_eq(found(&b, id).rcpt[0].unknowns, unsure);
	ck_assert_uint_eq(sent_count(&b, id, NULL, NULL), 1);
	UNTIL(&b, ledger(&b).open == 0);
	bench_close(&b);
}
END_TEST

/* A clean end knows what was answered: that is never "unknown". */
START_TEST(clean_end_records_answers)
{
	int64_t id;
	struct attempt *a;

	bench_open(&b, BENCH_SQLITE, NULL);
	id = live_until(PHASE_SENDING);
	a = b.open.v[--b.open.n];
	a->rcpt[0].class = ATTEMPT_DELIVERED;
	flow_attempt_done(b.flow, &a);
	b.flow->stopping = true;
	b.deaf = false;
	/* As the engine does: no turn of the loop in between. */
	UNTIL(&b, b.reserved == 0);
	bench_reopen(&b, NULL);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_DELIVERED);
	ck_assert_uint_eq(ledger(&b).unknown, 0);
	bench_close(&b);
}
END_TEST

START_TEST(tenant_that_is_gone_holds_its_mail)
{
	char *name;
	int64_t id;

	bench_open(&b, BENCH_SQLITE, NULL);
	b.inspect.silent = true;
	id = mail_to(&b, A, NULL);
	/* Crash, and a configuration without the tenant. */
	b.flow->redecide = true;
	name = b.tenant.tenant;
	while (b.flow->judged) {
		struct judged *j = b.flow->judged;

		judged_free(&j);
	}
	b.tenant.tenant = (char *)"somebody-else";
	UNTIL(&b, state_of(&b, id, 0) == RCPT_HELD);
	ck_assert(str_is(found(&b, id).rcpt[0].reason, "failed"));
	b.tenant.tenant = name;
	ck_assert_int_eq(act(&b, ACT_RELEASE, id, "uid 0"), ERR_NONE);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	bench_close(&b);
}
END_TEST

/* Its mail waits, however long: without the tenant nobody could be told. */
START_TEST(tenant_that_is_gone_parks_its_mail)
{
	char *name;
	int64_t id;

	bench_open(&b, BENCH_SQLITE, NULL);
	b.config.queue.give_up_us = 1;
	b.slots = 0;
	b.closed = true;
	id = mail_to(&b, A, NULL);
	name = b.tenant.tenant;
	b.tenant.tenant = (char *)"somebody-else";
	b.closed = false;
	UNTIL(&b, state_of(&b, id, 0) == RCPT_PARKED);
	ck_assert_ptr_nonnull(map_get(&b.flow->alarms, STR("parked")));
	ck_assert_int_gt(found(&b, id).rcpt[0].due_us, 0);
	b.tenant.tenant = name;
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	bench_close(&b);
}
END_TEST

#define HOLD_RETURN EXTERNAL "    do: {hold: {for: 1m, then: return}}\n"

/* What cannot go back is kept, however its end was decided. */
START_TEST(given_back_or_kept)
{
#define ODD "x%out.example@example.co.jp"
	static const struct mail mail[] = {
		{.from = ODD, .to = {A}, .text = "From: " ODD "\r\n\r\nx\r\n"},
		{.from = TARO, .to = {A}}};
	char *name;
	int64_t id;

	bench_open(&b, BENCH_MEMORY, HOLD_RETURN);
	id = mail_send(&b, &mail[_i]);
	UNTIL(&b, ledger(&b).open == (_i ? 2U : 1U));
	name = b.tenant.tenant;
	if (_i)
		b.tenant.tenant = (char *)"somebody-else";
	ck_assert_int_eq(act(&b, ACT_RETURN, id, "uid 0"), ERR_PERMANENT);
	due_set(&b, id, 0, 1);
	UNTIL(&b, found(&b, id).rcpt[0].due_us == 0);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	ck_assert_int_eq(found(&b, id).message.place, BODY_INLINE);
	/* Without its tenant no notice tells the admins that it waits. */
	ck_assert_int_eq(map_get(&b.flow->alarms, STR("waits")) != NULL, _i);
	b.tenant.tenant = name;
	ck_assert_int_eq(act(&b, ACT_RELEASE, id, "uid 0"), ERR_NONE);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	bench_close(&b);
}
END_TEST

Suite *test_faults_suite(void)
{
	Suite *s = suite_create("flow/faults");
	TCase *t = tcase_create("store");
	TCase *ends = tcase_create("ends");

	tcase_set_timeout(t, 300);
	tcase_set_timeout(ends, 60);
	tcase_add_loop_test(t, every_commit_fails_once, 0, 2);
	tcase_add_loop_test(t, refused_intake_leaves_nothing, 0, 2);
	tcase_add_test(t, outcome_waits_for_the_store);
	tcase_add_test(t, decision_waits_for_the_store);
	tcase_add_loop_test(t, stuck_reader_is_renewed, 0, BENCH_DRIVERS);
	tcase_add_loop_test(ends, killed_in_each_phase, 0, PHASES);
	tcase_add_test(ends, clean_end_records_answers);
	tcase_add_test(ends, tenant_that_is_gone_holds_its_mail);
	tcase_add_test(ends, tenant_that_is_gone_parks_its_mail);
	tcase_add_loop_test(ends, given_back_or_kept, 0, 2);
	suite_add_tcase(s, t);
	suite_add_tcase(s, ends);
	return s;
}
