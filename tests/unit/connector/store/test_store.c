/* test_store.c - what the store promises, on both drivers. */
#include "store_help.h"

Suite *test_store_suite(void);

static struct bench b;

START_TEST(accepts_and_shows)
{
	int64_t id;
	struct store_found f;
	char text[12];
	struct err e = ERR_EMPTY;

	bench_open(&b, _i);
	id = mail_put(&b, 2, RCPT_READY);
	f = mail_get(&b, id);
	ck_assert(str_is(f.message.subject, "the subject"));
	ck_assert(str_is(f.message.plan, "{\"plan\":1}"));
	ck_assert(str_is(f.message.view, "view-bytes"));
	ck_assert(str_is(f.message.edits, "edit-bytes"));
	ck_assert(str_is(f.rcpt[1].gates, "gate-bytes"));
	ck_assert_uint_eq(f.rcpt_n, 2);
	ck_assert(store_body_read(b.reader, &f.message, 0, text, 12, &e));
	ck_assert_int_eq(memcmp(text, "Hello there!", 12), 0);
	ck_assert(store_body_read(b.reader, &f.message, 6, text, 5, &e));
	ck_assert_int_eq(memcmp(text, "there", 5), 0);
	ck_assert(!store_body_read(b.reader, &f.message, 6, text, 7, &e));
	ledger_good(&b);
	audit_good(&b);
	bench_close(&b);
}
END_TEST

START_TEST(claims_and_ends)
{
	struct store_job *j;
	const struct store_found *f;
	size_t n;
	int64_t id;
	struct store_ledger l;
	char byte;
	struct err e = ERR_EMPTY;
	struct store_found shown;

	bench_open(&b, _i);
	id = mail_put(&b, 2, RCPT_READY);
	j = store_job_new(b.store);
	claim_all(j, NOW, 10);
	ck_assert(store_run(b.store, j, &e));
	f = store_job_found(j, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(f->message.id, id);
	ck_assert_uint_eq(f->rcpt_n, 2);
	ck_assert_int_eq(f->rcpt[0].state, RCPT_SENDING);
	ck_assert_uint_eq(f->rcpt[0].attempts, 1);
	store_job_free(&j);
	ck_assert_int_eq(rcpt_move(&b, id, 0, RCPT_DELIVERED), ERR_NONE);
	shown = mail_get(&b, id);
	ck_assert(store_body_read(b.reader, &shown.message, 0, &byte, 1, &e));
	ck_assert_int_eq(rcpt_move(&b, id, 1, RCPT_BOUNCED), ERR_NONE);
	shown = mail_get(&b, id);
	ck_assert_int_eq(shown.message.place, BODY_GONE);
	ck_assert(!store_body_read(b.reader, &shown.message, 0, &byte, 1, &e));
	ck_assert(str_is(shown.message.subject, "the subject"));
	l = ledger_get(&b);
	ck_assert_uint_eq(l.accepted, 2);
	ck_assert_uint_eq(l.open, 0);
	ck_assert_uint_eq(l.end[RCPT_DELIVERED], 1);
	ck_assert_uint_eq(l.end[RCPT_BOUNCED], 1);
	ledger_good(&b);
	audit_good(&b);
	bench_close(&b);
}
END_TEST

Suite *test_store_suite(void)
{
	Suite *s = suite_create("store");
	TCase *t = tcase_create("store");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, accepts_and_shows, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, claims_and_ends, 0, BENCH_DRIVERS);
	suite_add_tcase(s, t);
	return s;
}
