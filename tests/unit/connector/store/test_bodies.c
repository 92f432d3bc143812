/* test_bodies.c - how long bodies live, where they lie, and what happens to
 * those that were tampered with.
 */
#include "store_help.h"

Suite *test_bodies_suite(void);

static struct bench b;

static bool body_is_there(int64_t id)
{
	struct store_found f = mail_get(&b, id);
	char text[12];

	return store_body_read(b.reader, &f.message, 0, text, 12, NULL) &&
	       memcmp(text, "Hello there!", 12) == 0;
}

static void end_with_keep(int64_t id, int64_t keep_us)
{
	struct store_rcpt r = mail_get(&b, id).rcpt[0];
	struct store_job *j = store_job_new(b.store);
	enum rcpt_state from = r.state;

	r.state = RCPT_DELIVERED;
	r.ended_us = NOW;
	store_set_rcpt(j, id, from, &r, keep_us);
	ck_assert_int_eq(job_do(&b, j), ERR_NONE);
}

static void expire(int64_t now, int64_t ledger, int64_t audit)
{
	struct store_job *j = store_job_new(b.store);

	store_expire(j, now, &(struct store_keep){ledger, audit, 0});
	ck_assert_int_eq(job_do(&b, j), ERR_NONE);
}

START_TEST(a_kept_body_goes_in_time)
{
	int64_t id;

	bench_open(&b, _i);
	id = mail_put(&b, 1, RCPT_SENDING);
	end_with_keep(id, 1000);
	ck_assert(body_is_there(id));
	expire(NOW + 999, 0, 0);
	ck_assert(body_is_there(id));
	expire(NOW + 1000, 0, 0);
	ck_assert(!body_is_there(id));
	ck_assert_int_eq(mail_get(&b, id).message.place, BODY_GONE);
	ledger_good(&b);
	audit_good(&b);
	bench_close(&b);
}
END_TEST

static int64_t notice_put(int64_t of, enum rcpt_state state)
{
	struct store_message m = {.kind = MESSAGE_NOTICE,
				  .tenant = STR("example"),
				  .place = BODY_OF_OTHER,
				  .of = of,
				  .about = of,
				  .size = 12,
				  .accepted_us = NOW,
				  .decided = true};
	struct store_rcpt r = {.address = STR("taro@example.co.jp"),
			       .state = state};
	struct store_job *j = store_job_new(b.store);
	struct err e = ERR_EMPTY;

	m.id = id_next(&b.ids, clock_now_us());
	store_add_message(j, &m, &r, 1);
	if (!store_run(b.store, j, &e))
		m.id = -(int64_t)e.class;
	store_job_free(&j);
	return m.id;
}

START_TEST(a_lent_body_lives_on)
{
	int64_t id, notice, second;

	bench_open(&b, _i);
	id = mail_put(&b, 1, RCPT_SENDING);
	notice = notice_put(id, RCPT_READY);
	ck_assert(body_is_there(notice));
	end_with_keep(id, 0);
	ck_assert(body_is_there(id));
	second = notice_put(notice,
			    RCPT_READY); /* of a borrower: the owner's */
	ck_assert_int_eq(mail_get(&b, second).message.of, id);
	expire(NOW + 5000, 0, 0);
	ck_assert(body_is_there(second));
	end_with_keep(notice, 0);
	ck_assert(body_is_there(second));
	end_with_keep(second, 0);
	ck_assert(!body_is_there(second));
	ck_assert(!body_is_there(id));
	ck_assert_int_eq(notice_put(id, RCPT_READY), -(int)ERR_NOT_FOUND);
	ck_assert_int_eq(notice_put(4711, RCPT_READY), -(int)ERR_NOT_FOUND);
	ledger_good(&b);
	audit_good(&b);
	bench_close(&b);
}
END_TEST

/* The DSN about a message is added in the job that ends the message. */
START_TEST(lent_in_the_job_that_ends_it)
{
	struct store_message m = {.kind = MESSAGE_NOTICE,
				  .id = 99,
				  .place = BODY_OF_OTHER,
				  .size = 12,
				  .accepted_us = NOW};
	struct store_rcpt r, to = {.state = RCPT_READY};
	struct store_job *j;
	int64_t id;

	bench_open(&b, _i);
	id = mail_put(&b, 1, RCPT_SENDING);
	r = mail_get(&b, id).rcpt[0];
	r.state = RCPT_BOUNCED;
	r.ended_us = NOW;
	m.of = id;
	j = store_job_new(b.store);
	store_set_rcpt(j, id, RCPT_SENDING, &r, 0);
	store_add_message(j, &m, &to, 1);
	ck_assert_int_eq(job_do(&b, j), ERR_NONE);
	ck_assert(body_is_there(99));
	end_with_keep(99, 0);
	ck_assert(!body_is_there(id));
	ledger_good(&b);
	bench_close(&b);
}
END_TEST

START_TEST(ended_at_once)
{
	int64_t id;

	bench_open(&b, _i);
	id = mail_put(&b, 3, RCPT_REFUSED);
	ck_assert(!body_is_there(id));
	ck_assert_uint_eq(ledger_get(&b).end[RCPT_REFUSED], 3);
	ledger_good(&b);
	audit_good(&b);
	bench_close(&b);
}
END_TEST

/* ---- spool ------------------------------------------------------------------ */

struct put {
	struct loop *loop;
	struct spool_ref ref;
};

static void put_done(void *arg, const struct spool_ref *ref,
		     const struct err *why)
{
	struct put *p = arg;

	ck_assert_ptr_null(why);
	p->ref = *ref;
	loop_stop(p->loop);
}

static int64_t large_put(size_t n, uint32_t *file_r)
{
	struct store_message m = {.id = id_next(&b.ids, clock_now_us()),
				  .place = BODY_SPOOL,
				  .size = n,
				  .accepted_us = NOW};
	struct store_rcpt r = {.state = RCPT_SENDING};
	struct store_job *j = store_job_new(b.store);
	struct err e = ERR_EMPTY;
	struct put put = {.loop = loop_new(&e)};
	char *p = mem_zero(1, n);
	struct spool_out *o;

	ck_assert(keys_dek_new(b.keys, m.dek, m.wrapped, &e));
	memcpy(p, "Hello there!", 12);
	memcpy(p + n - 4, "tail", 4);
	o = spool_out_new(b.spool, m.id, m.dek);
	ck_assert(spool_out_write(o, p, n, &e));
	spool_out_sync(&o, put.loop, NULL, put_done, &put);
	loop_run(put.loop);
	m.spool = put.ref;
	*file_r = put.ref.file;
	store_add_message(j, &m, &r, 1);
	ck_assert_int_eq(job_do(&b, j), ERR_NONE);
	loop_free(&put.loop);
	mem_free(p);
	return m.id;
}

START_TEST(large_bodies_and_their_files)
{
	uint32_t file[3];
	int64_t id[3];
	char tail[4];
	struct store_found f;
	struct err e = ERR_EMPTY;

	bench_open(&b, _i);
	id[0] = large_put(200000, &file[0]);
	id[1] = large_put(300000, &file[1]);
	ck_assert_uint_ne(file[0], file[1]);
	f = mail_get(&b, id[1]);
	ck_assert(body_is_there(id[0]) && body_is_there(id[1]));
	ck_assert(store_body_read(b.reader, &f.message, 299996, tail, 4, &e));
	ck_assert_int_eq(memcmp(tail, "tail", 4), 0);
	end_with_keep(id[0], 0);
	ck_assert(!body_is_there(id[0]));
	id[2] = large_put(100000, &file[2]);
	ck_assert_uint_eq(file[2], file[0]); /* reused, now that it may be */
	ck_assert(body_is_there(id[2]) && body_is_there(id[1]));
	if (_i == BENCH_SQLITE) {
		bench_reopen(&b);
		ck_assert(body_is_there(id[2]) && body_is_there(id[1]));
		large_put(70000, &file[0]);
		ck_assert(file[0] != file[1] && file[0] != file[2]);
		ck_assert(body_is_there(id[2]) && body_is_there(id[1]));
	}
	ledger_good(&b);
	bench_close(&b);
}
END_TEST

/* Two rows can never name one file: the second job fails, alone. */
START_TEST(one_file_one_row)
{
	struct store_message m = {.id = 5, .place = BODY_SPOOL, .size = 1};
	struct store_rcpt r = {.state = RCPT_SENDING};
	struct store_job *j;
	uint32_t file;

	bench_open(&b, _i);
	large_put(100000, &file);
	m.spool.file = file;
	j = store_job_new(b.store);
	store_add_message(j, &m, &r, 1);
	ck_assert_int_eq(job_do(&b, j), ERR_CONFLICT);
	bench_close(&b);
}
END_TEST

/* ---- tampering -------------------------------------------------------- */

static const char *const swaps[] = {
	"UPDATE body SET sealed = (SELECT sealed FROM body WHERE msg <> 1"
	" LIMIT 1)",
	"UPDATE message SET wrapped = (SELECT wrapped FROM message ORDER BY id"
	" DESC LIMIT 1)",
	"UPDATE body SET sealed = substr(sealed, 1, 30)",
	"UPDATE body SET sealed = x'00'",
	"UPDATE message SET wrapped = x'00'",
};

START_TEST(swapped_bodies_do_not_open)
{
	int64_t id[2];

	bench_open(&b, BENCH_SQLITE);
	id[0] = mail_put(&b, 1, RCPT_READY);
	id[1] = mail_put(&b, 1, RCPT_READY);
	ck_assert(body_is_there(id[0]) && body_is_there(id[1]));
	tamper(&b, swaps[_i]);
	ck_assert(!body_is_there(id[0]) || !body_is_there(id[1]));
	bench_close(&b);
}
END_TEST

static const char *const damages[] = {
	"UPDATE message SET subject = x'0011'",
	"UPDATE message SET text_key = x''",
	"UPDATE decision SET plan = view",
	"UPDATE decision SET edits = zeroblob(100)",
	"UPDATE rcpt SET gates = zeroblob(60)",
	"UPDATE rcpt SET gates_v = gates_v + 1",
	"UPDATE rcpt SET n = n + 1",
};

/* Damaged mail is held for somebody to look at, and claims of others go on. */
START_TEST(damaged_mail_is_held)
{
	struct store_job *j;
	struct store_found f;
	const struct store_found *found;
	int64_t id, good;
	size_t n;

	bench_open(&b, BENCH_SQLITE);
	id = mail_put(&b, 1, RCPT_READY);
	bench_reopen(&b); /* the keys kept in memory are forgotten */
	tamper(&b, damages[_i]);
	good = mail_put(&b, 1, RCPT_READY);
	j = store_job_new(b.store);
	claim_all(j, NOW, 10);
	ck_assert(store_run(b.store, j, NULL));
	found = store_job_found(j, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(found->message.id, good);
	store_job_free(&j);
	f = mail_get(&b, id);
	ck_assert_int_eq(f.rcpt[0].state, RCPT_HELD);
	ck_assert(str_is(f.rcpt[0].reason, "damaged"));
	ledger_good(&b);
	audit_good(&b);
	bench_close(&b);
}
END_TEST

/* Who looks for it: the clock for what is held or parked, or who decides. */
static const struct {
	enum rcpt_state state;
	const char *as; /* what makes it due */
	bool undecided;
} waiting[] = {
	{RCPT_HELD, "UPDATE rcpt SET due = 1", false},
	{RCPT_PARKED, "UPDATE rcpt SET due = 1", false},
	{RCPT_RECEIVED, "UPDATE message SET decided = 0", true},
};

static int64_t look(bool undecided, size_t *found_r)
{
	struct store_job *j = store_job_new(b.store);
	int64_t damaged;

	if (undecided)
		store_undecided(j, NOW, 10);
	else
		store_due(j, NOW, 10);
	ck_assert(store_run(b.store, j, NULL));
	(void)store_job_found(j, found_r);
	damaged = store_job_damaged(j);
	store_job_free(&j);
	return damaged;
}

START_TEST(damaged_mail_is_held_once)
{
	bool undecided = waiting[_i].undecided;
	struct store_found f;
	int64_t id;
	size_t n;

	bench_open(&b, BENCH_SQLITE);
	id = mail_put(&b, 1, waiting[_i].state);
	bench_reopen(&b);
	tamper(&b, waiting[_i].as);
	tamper(&b, damages[0]);
	ck_assert_int_eq(look(undecided, &n), id);
	ck_assert_uint_eq(n, 0);
	f = mail_get(&b, id);
	ck_assert_int_eq(f.rcpt[0].state, RCPT_HELD);
	ck_assert_int_eq(f.rcpt[0].due_us, 0);
	ck_assert(str_is(f.message.reason, "damaged") && f.message.decided);
	/* It was never decided: nobody lets it out by mistake. */
	ck_assert_uint_eq(f.rcpt[0].shape, undecided ? 0xffff : 0);
	ck_assert_int_eq(look(undecided, &n), 0);
	ledger_good(&b);
	audit_good(&b);
	bench_close(&b);
}
END_TEST

Suite *test_bodies_suite(void)
{
	Suite *s = suite_create("bodies");
	TCase *t = tcase_create("bodies");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_kept_body_goes_in_time, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, a_lent_body_lives_on, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, lent_in_the_job_that_ends_it, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, ended_at_once, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, large_bodies_and_their_files, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, one_file_one_row, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, swapped_bodies_do_not_open, 0, ARRAY_LEN(swaps));
	tcase_add_loop_test(t, damaged_mail_is_held, 0, ARRAY_LEN(damages));
	tcase_add_loop_test(t, damaged_mail_is_held_once, 0,
			    ARRAY_LEN(waiting));
	suite_add_tcase(s, t);
	return s;
}
