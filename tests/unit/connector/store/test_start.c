/* test_start.c - stores that an engine must not open, and what lies in the
 * files of one that it did.
 */
#include "store_help.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *test_start_suite(void);

static struct bench b;

START_TEST(another_key_stops_the_start)
{
	struct store_conf conf;
	struct err e = ERR_EMPTY;
	AUTO_STR file = NULL;
	bool empty;

	bench_prepare(&b, BENCH_SQLITE);
	ck_assert(store_is_empty(b.url, &empty, &e) && empty);
	bench_start(&b);
	ck_assert(store_is_empty(b.url, &empty, &e) && !empty);
	mail_put(&b, 1, RCPT_READY);
	bench_shut(&b);
	file = mem_printf("%s/other.key", b.folder);
	ck_assert(master_key_make(file, &e));
	conf = (struct store_conf){.url = b.url, .keys = keys_local(file, &e)};
	ck_assert_ptr_null(store_open(&conf, &e));
	ck_assert_int_eq(e.class, ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(e.text, "sekisho key restore"));
	ck_assert_ptr_nonnull(strstr(e.text, "store.db"));
	keys_free(&conf.keys);
	bench_start(&b);
	ck_assert_uint_eq(ledger_get(&b).accepted, 1);
	bench_close(&b);
}
END_TEST

START_TEST(a_second_engine_is_refused)
{
	struct store_conf conf;
	struct store_reader *r;
	struct err e = ERR_EMPTY;
	struct store_found f;
	int64_t id;

	bench_open(&b, BENCH_SQLITE);
	id = mail_put(&b, 1, RCPT_READY);
	conf = (struct store_conf){
		.url = b.url, .keys = b.keys, .spool = b.spool};
	ck_assert_ptr_null(store_open(&conf, &e));
	ck_assert_int_eq(e.class, ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(e.text, "another engine"));
	/* The command line reads beside it, with keys or without. */
	r = store_reader_open(&conf, &e);
	ck_assert_msg(r != NULL, "%s", e.text);
	ck_assert(store_show(r, id, &b.arena, &f, &e));
	ck_assert(str_is(f.message.subject, "the subject"));
	store_reader_free(&r);
	conf.keys = NULL;
	r = store_reader_open(&conf, &e);
	ck_assert(store_show(r, id, &b.arena, &f, &e));
	ck_assert_uint_eq(f.message.subject.n, 0);
	ck_assert_uint_eq(f.rcpt[0].gates.n, 0);
	ck_assert(str_is(f.rcpt[0].address, "Hanako@partner.example"));
	store_reader_free(&r);
	bench_close(&b);
}
END_TEST

START_TEST(bad_stores_are_refused_clearly)
{
	static const char *const urls[] = {
		"", "sqlite", "sqlite:", "mysql:x", "memory:x", "/var/lib/x"};
	struct store_conf conf;
	struct err e = ERR_EMPTY;
	bool empty;

	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		conf = (struct store_conf){.url = urls[i]};
		ck_assert_ptr_null(store_open(&conf, &e));
		ck_assert_int_eq(e.class, ERR_CONFIG);
		ck_assert(!store_is_empty(urls[i], &empty, &e));
	}
	bench_prepare(&b, BENCH_SQLITE);
	conf = (struct store_conf){.url = b.url, .keys = b.keys};
	ck_assert_ptr_null(store_reader_open(&conf, &e)); /* nothing there */
	file_put(b.url + 7, "this is not a database, but a letter to it....",
		 46);
	ck_assert_ptr_null(store_open(&conf, &e));
	ck_assert(!store_is_empty(b.url, &empty, &e)); /* never "empty" */
	ck_assert_int_eq(unlink(b.url + 7), 0);
	bench_start(&b);
	tamper(&b, "PRAGMA user_version = 99");
	bench_shut(&b);
	ck_assert_ptr_null(store_open(&conf, &e));
	ck_assert_int_eq(e.class, ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(e.text, "99"));
	ck_assert_ptr_null(store_reader_open(&conf, &e));
	unlink(b.url + 7);
	bench_start(&b);
	bench_close(&b);
}
END_TEST

/* T25: markers are in no file of the folder, whatever state they were in. */
START_TEST(nothing_sealed_is_in_clear)
{
	static const char *const marker[] = {
		"Hello there!", "the subject", "gate-bytes", "view-bytes",
		"{\"plan\":1}", "edit-bytes",  "pass-word"};
	static const char *const files[] = {"store.db", "store.db-wal"};
	struct store_job *j;

	bench_open(&b, BENCH_SQLITE);
	for (unsigned i = 0; i < 200; i++) {
		int64_t id = mail_put(&b, 1, RCPT_HELD);

		if (i % 2)
			ck_assert_int_eq(rcpt_move(&b, id, 0, RCPT_DISCARDED),
					 ERR_NONE);
	}
	j = store_job_new(b.store);
	store_put_secret(j, STR("relay"), STR("pass-word"));
	ck_assert_int_eq(job_do(&b, j), ERR_NONE);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO_STR path = mem_printf("%s/%s", b.folder, files[i]);
		size_t n;
		char *p = file_get(path, &n);

		for (size_t k = 0; k < ARRAY_LEN(marker); k++)
			ck_assert_msg(memmem(p, n, marker[k],
					     strlen(marker[k])) == NULL,
				      "%s in %s", marker[k], files[i]);
		mem_free(p);
	}
	bench_close(&b);
}
END_TEST

Suite *test_start_suite(void)
{
	Suite *s = suite_create("start");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 300);
	tcase_add_test(t, another_key_stops_the_start);
	tcase_add_test(t, a_second_engine_is_refused);
	tcase_add_test(t, bad_stores_are_refused_clearly);
	tcase_add_test(t, nothing_sealed_is_in_clear);
	suite_add_tcase(s, t);
	return s;
}
