/* test_faults.c - failing steps, commits and reads, full disks. */
#include "store_help.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *test_faults_suite(void);

static struct bench b;

/* ---- the n-th step or commit fails ------------------------------------------ */

/* What a message goes through. Each stage is tried until it succeeds; a stage
 * that said it failed must have left nothing. */
struct walk {
	int64_t id;
	unsigned stage;
	unsigned failures;
};

static struct store_job *walk_job(struct walk *w, const struct store_found *f)
{
	struct store_job *j = store_job_new(b.store);
	struct store_rcpt r;

	if (w->stage == 0) {
		w->id = mail_add(&b, j, 2, RCPT_READY);
		return j;
	}
	if (w->stage == 1) {
		claim_all(j, NOW, 10);
		return j;
	}
	if (w->stage == 4) {
		store_expire(j, NOW + 5, &(struct store_keep){1, 1, 1});
		return j;
	}
	r = f->rcpt[w->stage - 2];
	r.state = RCPT_DELIVERED;
	r.ended_us = NOW + 1;
	store_set_rcpt(j, w->id, RCPT_SENDING, &r, 0);
	return j;
}

/* What must be seen when `stage` stages are done. */
static void walk_check(const struct walk *w, struct store_found *f)
{
	struct store_ledger l = ledger_get(&b);
	struct err e = ERR_EMPTY;
	bool there = store_show(b.reader, w->id, &b.arena, f, &e);
	unsigned ended = w->stage > 1 ? w->stage - 2 : 0;

	ledger_good(&b);
	audit_good(&b);
	ck_assert_int_eq(there, w->stage > 0 && w->stage < 5);
	ck_assert_uint_eq(l.accepted, there ? 2 : 0);
	if (!there)
		return;
	ck_assert_uint_eq(l.end[RCPT_DELIVERED], ended);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(f->rcpt[i].state, w->stage == 1 ? RCPT_READY
						   : i < ended ? RCPT_DELIVERED
							       : RCPT_SENDING);
	ck_assert_int_eq(f->message.place,
			 ended == 2 ? BODY_GONE : BODY_INLINE);
}

static void walk_all(struct walk *w, struct db_faults *faults)
{
	struct store_found f = {0};

	while (w->stage < 5) {
		struct store_job *j = walk_job(w, &f);
		enum err_class class = job_do(&b, j);

		ck_assert(class == ERR_NONE || class == ERR_RETRY);
		if (class == ERR_NONE)
			w->stage++;
		else if (++w->failures > 3)
			faults->step_at = faults->commit_at = 0;
		/* Readers fail on command, too: look when it is over. */
		if (faults->step_at == 0 && faults->commit_at == 0)
			walk_check(w, &f);
		else
			f = (struct store_found){0};
		if (w->stage >= 2 && w->stage < 4 && f.rcpt_n == 0) {
			long step = faults->step_at, commit = faults->commit_at;

			faults->step_at = faults->commit_at = 0;
			f = mail_get(&b, w->id);
			faults->step_at = step;
			faults->commit_at = commit;
		}
	}
}

/* _i: fail that step or commit, once, or from there on until told to stop. */
static void every_nth(bool commits, bool lasting)
{
	for (long n = 1;; n++) {
		struct db_faults *faults;
		struct walk w = {0};
		bool reached;

		bench_open(&b, BENCH_MEMORY);
		faults = &b.store->place->faults;
		faults->lasting = lasting;
		if (commits)
			faults->commit_at = n;
		else
			faults->step_at = n;
		walk_all(&w, faults);
		reached = commits ? faults->commit_at == 0
				  : faults->step_at == 0;
		ck_assert(store_healthy(b.store) || !reached);
		ck_assert_int_eq(reached, w.failures > 0);
		bench_close(&b);
		if (!reached) {
			ck_assert_int_gt(n, commits ? 4 : 40);
			break;
		}
	}
}

START_TEST(every_step_may_fail)
{
	every_nth(false, _i);
}
END_TEST

START_TEST(every_commit_may_fail)
{
	every_nth(true, _i);
}
END_TEST

/* _i: nothing else fails, or everything until it is over, the end of the
 * transaction too. The next to read or write shall notice neither. */
static bool read_fails(long nth, bool lasting, bool (*get)(int64_t id))
{
	struct db_faults *faults = &b.store->place->faults;
	int64_t one, two;
	bool reached;

	one = mail_put(&b, 1, RCPT_HELD);
	faults->lasting = lasting;
	faults->step_at = nth;
	reached = !get(one) || faults->step_at == 0;
	faults->step_at = 0;
	two = mail_put(&b, 1, RCPT_HELD); /* its writer does not wait */
	ck_assert(get(two));
	ck_assert(get(one));
	return reached;
}

static bool get_shown(int64_t id)
{
	struct store_found f;
	struct err e = ERR_EMPTY;

	return store_show(b.reader, id, &b.arena, &f, &e);
}

static bool get_same(int64_t id)
{
	char text[ID_TEXT_LEN + 1];
	struct store_found *f;
	struct err e = ERR_EMPTY;
	size_t n;

	id_text(id, text);
	return store_by_message_id(b.reader, STR("example"), str_of(text),
				   &b.arena, &f, &n, &e) &&
	       n == 1;
}

static bool get_listed(int64_t id)
{
	struct store_query q = {.limit = 2}; /* newest */
	struct store_found *f;
	struct err e = ERR_EMPTY;
	size_t n;

	if (!store_list(b.reader, &q, &b.arena, &f, &n, &e))
		return false;
	for (size_t i = 0; i < n; i++)
		if (f[i].message.id == id)
			return true;
	return false;
}

static bool get_ledger(int64_t id)
{
	struct store_ledger l;
	struct err e = ERR_EMPTY;

	(void)id;
	return store_ledger(b.reader, &b.arena, &l, &e);
}

START_TEST(a_failed_read_holds_nothing_up)
{
	static bool (*const get[])(int64_t) = {get_shown, get_same, get_listed,
					       get_ledger};

	for (size_t i = 0; i < ARRAY_LEN(get); i++) {
		long n = 1;

		bench_open(&b, BENCH_MEMORY);
		while (read_fails(n, _i, get[i]))
			n++;
		ck_assert_int_gt(n, 3);
		bench_close(&b);
	}
}
END_TEST

START_TEST(comes_back_without_traffic)
{
	struct timespec nap = {0, 50000000};
	struct store_job *j;

	bench_open(&b, BENCH_MEMORY);
	b.store->place->faults.commit_at = 1;
	j = store_job_new(b.store);
	mail_add(&b, j, 1, RCPT_READY);
	ck_assert_int_eq(job_do(&b, j), ERR_RETRY);
	ck_assert(!store_healthy(b.store));
	for (unsigned i = 0; i < 100 && !store_healthy(b.store); i++)
		nanosleep(&nap, NULL);
	ck_assert(store_healthy(b.store));
	bench_close(&b);
}
END_TEST

/* ---- disk full ---------------------------------------------------------------- */

START_TEST(a_full_disk_is_a_retry)
{
	struct rlimit was, small;
	struct store_job *j;
	enum err_class class = ERR_NONE;
	unsigned taken = 0;
	static char big[60000];
	struct store_message m = {.tenant = STR("example"),
				  .place = BODY_INLINE,
				  .bytes = {big, sizeof(big)},
				  .size = sizeof(big)};
	struct store_rcpt r = {.state = RCPT_READY};

	bench_open(&b, BENCH_SQLITE);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	small = was;
	small.rlim_cur = 2 * 1024 * 1024;
	setrlimit(RLIMIT_FSIZE, &small);
	for (unsigned i = 0; i < 200 && class == ERR_NONE; i++) {
		j = store_job_new(b.store);
		m.id = id_next(&b.ids, NOW);
		store_add_message(j, &m, &r, 1);
		class = job_do(&b, j);
		taken += class == ERR_NONE;
	}
	ck_assert_int_eq(class, ERR_RETRY);
	setrlimit(RLIMIT_FSIZE, &was);
	ck_assert_uint_gt(taken, 5);
	ck_assert_uint_eq(ledger_get(&b).accepted, taken);
	j = store_job_new(b.store);
	m.id = id_next(&b.ids, NOW);
	store_add_message(j, &m, &r, 1);
	ck_assert_int_eq(job_do(&b, j), ERR_NONE);
	ck_assert(store_healthy(b.store));
	ck_assert_uint_eq(ledger_get(&b).accepted, taken + 1);
	ledger_good(&b);
	audit_good(&b);
	bench_reopen(&b);
	ck_assert_uint_eq(ledger_get(&b).accepted, taken + 1);
	bench_close(&b);
}
END_TEST

Suite *test_faults_suite(void)
{
	Suite *s = suite_create("faults");
	TCase *t = tcase_create("faults");

	tcase_set_timeout(t, 300);
	tcase_add_loop_test(t, every_step_may_fail, 0, 2);
	tcase_add_loop_test(t, every_commit_may_fail, 0, 2);
	tcase_add_loop_test(t, a_failed_read_holds_nothing_up, 0, 2);
	tcase_add_test(t, comes_back_without_traffic);
	tcase_add_test(t, a_full_disk_is_a_retry);
	suite_add_tcase(s, t);
	return s;
}
