/* test_ledger.c - the proof sees what is wrong; the chain sees who did it. */
#include "store_help.h"

Suite *test_ledger_suite(void);

static struct bench b;

static void some_mail(void)
{
	for (unsigned i = 0; i < 6; i++) {
		int64_t id = mail_put(&b, 1 + i % 3, RCPT_SENDING);

		for (unsigned n = 0; i % 2 && n < 1 + i % 3; n++)
			ck_assert_int_eq(rcpt_move(&b, id, n, RCPT_DELIVERED),
					 ERR_NONE);
	}
	ledger_good(&b);
	audit_good(&b);
}

/* Each is found, either as unexplained or as a sum that does not fit. */
static const char *const losses[] = {
	"DELETE FROM rcpt WHERE n = 2",
	"DELETE FROM rcpt WHERE msg = (SELECT min(id) FROM message)",
	"DELETE FROM message WHERE id = (SELECT max(id) FROM message)",
	"UPDATE rcpt SET state = 17 WHERE n = 1",
	"UPDATE rcpt SET state = 100 WHERE state = 30",
	"UPDATE rcpt SET state = 30 WHERE state = 100",
	"INSERT INTO rcpt (msg, n, state, unknowns) VALUES (12345, 0, 30, 0)",
	"DELETE FROM audit WHERE event = 'accepted'",
	"DELETE FROM audit WHERE event = 'delivered'",
	"UPDATE audit SET rcpts = rcpts + 1 WHERE event = 'accepted'",
};

START_TEST(a_loss_is_unexplained)
{
	bench_open(&b, BENCH_SQLITE);
	some_mail();
	tamper(&b, losses[_i]);
	ck_assert_uint_gt(ledger_get(&b).unexplained_n, 0);
	bench_close(&b);
}
END_TEST

static const char *const forgeries[] = {
	"UPDATE audit SET detail = '{\"x\":1}' WHERE seq = 3",
	"UPDATE audit SET at = at + 1 WHERE seq = 3",
	"UPDATE audit SET actor = 'uid 1' WHERE seq = 3",
	"UPDATE audit SET event = 'held' WHERE seq = 3",
	"UPDATE audit SET msg = msg + 1 WHERE seq = 3",
	"UPDATE audit SET rcpts = 7 WHERE seq = 3",
	"UPDATE audit SET ends = 7 WHERE seq = 3",
	"UPDATE audit SET hash = zeroblob(32) WHERE seq = 3",
	"UPDATE audit SET hash = x'' WHERE seq = 3",
	"DELETE FROM audit WHERE seq = 3",
	"DELETE FROM audit WHERE seq = 1",
	"DELETE FROM audit WHERE seq <= 3",
	"UPDATE audit SET seq = 0 WHERE seq = 1",
	/* two rows that change places, hashes and all */
	"UPDATE audit SET seq = 1000 WHERE seq = 3;"
	"UPDATE audit SET seq = 3 WHERE seq = 4;"
	"UPDATE audit SET seq = 4 WHERE seq = 1000",
	"UPDATE meta SET v = v WHERE 0;"
	"INSERT INTO meta VALUES ('audit-base', zeroblob(48));"
	"DELETE FROM audit WHERE seq <= 3",
	/* the boundary between two fields moves */
	"UPDATE audit SET actor = actor || 'a',"
	" event = substr(event, 2) WHERE seq = 1",
};

START_TEST(a_forgery_breaks_the_chain)
{
	unsigned char head[SHA256_LEN];
	struct err e = ERR_EMPTY;
	uint64_t rows;

	bench_open(&b, BENCH_SQLITE);
	some_mail();
	tamper(&b, forgeries[_i]);
	ck_assert(!store_audit_verify(b.reader, &rows, head, &e));
	ck_assert_int_eq(e.class, ERR_PERMANENT);
	ck_assert_ptr_nonnull(strstr(e.text, "audit row"));
	bench_close(&b);
}
END_TEST

/* A cut tail is seen by whoever keeps a head elsewhere. */
START_TEST(a_cut_tail_changes_the_head)
{
	unsigned char before[SHA256_LEN], after[SHA256_LEN];
	struct err e = ERR_EMPTY;
	uint64_t rows, fewer;

	bench_open(&b, BENCH_SQLITE);
	some_mail();
	ck_assert(store_audit_verify(b.reader, &rows, before, &e));
	tamper(&b, "DELETE FROM audit WHERE seq ="
		   " (SELECT max(seq) FROM audit)");
	ck_assert(store_audit_verify(b.reader, &fewer, after, &e));
	ck_assert_uint_eq(fewer, rows - 1);
	ck_assert_mem_ne(before, after, SHA256_LEN);
	ck_assert_uint_gt(ledger_get(&b).unexplained_n, 0);
	bench_close(&b);
}
END_TEST

static void expire(int64_t now, int64_t ledger, int64_t audit)
{
	struct store_job *j = store_job_new(b.store);

	store_expire(j, now, &(struct store_keep){ledger, audit, 0});
	ck_assert_int_eq(job_do(&b, j), ERR_NONE);
}

START_TEST(retention_keeps_the_sums)
{
	unsigned char head[SHA256_LEN];
	struct store_found *list;
	struct err e = ERR_EMPTY;
	uint64_t before, rows;
	size_t n;

	bench_open(&b, _i);
	some_mail();
	ck_assert(store_audit_verify(b.reader, &before, head, &e));
	expire(NOW + 50, 100, 100); /* nothing is old */
	ck_assert_uint_eq(ledger_get(&b).accepted, 12);
	expire(NOW + 200, 100, 0); /* ended messages go, open ones stay */
	ledger_good(&b);
	audit_good(&b);
	ck_assert(store_list(b.reader, &(struct store_query){.limit = 100},
			     &b.arena, &list, &n, &e));
	ck_assert_uint_eq(n, 3);
	ck_assert_uint_eq(ledger_get(&b).accepted, ledger_get(&b).open);
	/* Audit rows go up to the first that a kept message needs. */
	expire(NOW + 300, 0, 100);
	ck_assert(store_audit_verify(b.reader, &rows, head, &e));
	ledger_good(&b);
	for (size_t i = 0; i < n; i++)
		for (unsigned k = 0; k < list[i].rcpt_n; k++)
			ck_assert_int_eq(rcpt_move(&b, list[i].message.id, k,
						   RCPT_BOUNCED),
					 ERR_NONE);
	expire(NOW + 1000, 100, 100);
	expire(NOW + 2000, 100, 100);
	ledger_good(&b);
	ck_assert(store_audit_verify(b.reader, &rows, head, &e));
	ck_assert_uint_lt(rows, before);
	if (_i == BENCH_SQLITE)
		bench_reopen(&b);
	mail_put(&b, 2, RCPT_READY);
	ck_assert_uint_eq(ledger_get(&b).accepted, 2);
	ledger_good(&b);
	audit_good(&b);
	bench_close(&b);
}
END_TEST

/* What nobody tells the audit, the store tells. */
START_TEST(silence_is_filled)
{
	struct store_message m = {.id = 7, .place = BODY_GONE};
	struct store_rcpt r[2] = {{.n = 0, .state = RCPT_SENDING},
				  {.n = 1, .state = RCPT_REFUSED}};
	struct store_audit *story;
	struct store_job *j;
	struct err e = ERR_EMPTY;
	size_t n;

	bench_open(&b, _i);
	j = store_job_new(b.store);
	store_add_message(j, &m, r, 2);
	ck_assert_int_eq(job_do(&b, j), ERR_NONE);
	j = store_job_new(b.store);
	r[0].state = RCPT_DELIVERED;
	store_set_rcpt(j, 7, RCPT_SENDING, &r[0], 0);
	ck_assert_int_eq(job_do(&b, j), ERR_NONE);
	ck_assert(store_story(b.reader, 7, &b.arena, &story, &n, &e));
	ck_assert_uint_eq(n, 2);
	ck_assert(str_is(story[0].event, "accepted"));
	ck_assert(str_is(story[1].event, "ended"));
	ledger_good(&b);
	audit_good(&b);
	bench_close(&b);
}
END_TEST

/* ---- lists ------------------------------------------------------------------ */

static size_t list_n(const struct store_query *q)
{
	struct store_found *f;
	struct err e = ERR_EMPTY;
	size_t n;

	ck_assert_msg(store_list(b.reader, q, &b.arena, &f, &n, &e), "%s",
		      e.text);
	for (size_t i = 1; i < n; i++)
		ck_assert_int_gt(f[i - 1].message.id, f[i].message.id);
	return n;
}

START_TEST(lists_by_what_is_asked)
{
	struct store_query all = {.limit = 100};
	struct store_query page = {.limit = 4};
	struct store_found *f;
	struct store_job *j;
	struct err e = ERR_EMPTY;
	int64_t first = 0;
	size_t n, seen = 0;

	bench_open(&b, _i);
	for (unsigned i = 0; i < 10; i++) {
		int64_t id = mail_put(&b, 1,
				      i % 2 ? RCPT_HELD : RCPT_DELIVERED);

		first = first ? first : id;
	}
	j = store_job_new(b.store);
	store_set_reason(j, first, STR("loop"));
	ck_assert_int_eq(job_do(&b, j), ERR_NONE);
	ck_assert_uint_eq(list_n(&all), 10);
	all.open_only = true;
	ck_assert_uint_eq(list_n(&all), 5);
	all.open_only = false;
	all.state = STR("delivered");
	ck_assert_uint_eq(list_n(&all), 5);
	all.state = STR("nonsense");
	ck_assert(!store_list(b.reader, &all, &b.arena, &f, &n, &e));
	all.state = STR_EMPTY;
	all.reason = STR("loop");
	ck_assert_uint_eq(list_n(&all), 1);
	all.reason = STR_EMPTY;
	all.sender = STR("TARO@example.co.jp");
	ck_assert_uint_eq(list_n(&all), 10);
	all.tenant = STR("other");
	ck_assert_uint_eq(list_n(&all), 0);
	do {
		ck_assert(store_list(b.reader, &page, &b.arena, &f, &n, &e));
		seen += n;
		if (n)
			page.after_id = f[n - 1].message.id;
	} while (n);
	ck_assert_uint_eq(seen, 10);
	bench_close(&b);
}
END_TEST

START_TEST(finds_by_message_id)
{
	struct store_message m = {.tenant = STR("a"),
				  .message_id = STR("x@y"),
				  .place = BODY_GONE};
	struct store_found *f;
	struct err e = ERR_EMPTY;
	size_t n;

	bench_open(&b, _i);
	for (int64_t i = 1; i <= 8; i++) {
		struct store_job *j = store_job_new(b.store);
		struct store_rcpt r = {.state = RCPT_READY};

		m.id = i;
		m.tenant = i % 2 ? STR("a") : STR("b");
		m.message_id = i > 6 ? STR_EMPTY : STR("x@y");
		m.kind = i == 5 ? MESSAGE_NOTICE : MESSAGE_MAIL;
		store_add_message(j, &m, &r, 1);
		ck_assert_int_eq(job_do(&b, j), ERR_NONE);
	}
	ck_assert(store_by_message_id(b.reader, STR("a"), STR("x@y"), &b.arena,
				      &f, &n, &e));
	ck_assert_uint_eq(n, 2); /* 3 and 1; 5 is a notice */
	ck_assert(f[0].message.id == 3 && f[1].message.id == 1);
	ck_assert_uint_eq(f[0].rcpt_n, 1);
	ck_assert(store_by_message_id(b.reader, STR("a"), STR_EMPTY, &b.arena,
				      &f, &n, &e));
	ck_assert_uint_eq(n, 0);
	ck_assert(store_by_message_id(b.reader, STR("ax"), STR("@y"), &b.arena,
				      &f, &n, &e));
	ck_assert_uint_eq(n, 0);
	bench_close(&b);
}
END_TEST

Suite *test_ledger_suite(void)
{
	Suite *s = suite_create("ledger");
	TCase *t = tcase_create("ledger");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_loss_is_unexplained, 0, ARRAY_LEN(losses));
	tcase_add_loop_test(t, a_forgery_breaks_the_chain, 0,
			    ARRAY_LEN(forgeries));
	tcase_add_test(t, a_cut_tail_changes_the_head);
	tcase_add_loop_test(t, retention_keeps_the_sums, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, silence_is_filled, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, lists_by_what_is_asked, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, finds_by_message_id, 0, BENCH_DRIVERS);
	suite_add_tcase(s, t);
	return s;
}
