/* test_versions.c - versions of the policy, and the facts of decisions. */
#include <stdlib.h>
#include "store_help.h"

Suite *test_versions_suite(void);

static struct bench b;

static enum err_class policy_add(uint32_t version, const char *digest,
				 const struct store_policy_file *file, size_t n)
{
	struct store_job *j = store_job_new(b.store);
	struct store_policy p = {.version = version,
				 .at_us = NOW + version,
				 .who = STR("uid 0"),
				 .note = STR("why"),
				 .digest = str_of(digest),
				 .origin = STR("page"),
				 .main = STR("policy.yaml"),
				 .asked = STR("as\0ked"),
				 .file = file,
				 .file_n = n};

	store_add_policy(j, &p);
	return job_do(&b, j);
}

static int64_t rows(const char *table)
{
	AUTO(buf) sql = BUF_MAX(200);
	struct err e = ERR_EMPTY;
	struct str v;

	buf_printf(&sql,
		   "INSERT INTO value (k, v) SELECT 'rows', CAST(count(*) AS"
		   " TEXT) FROM %s 1 ON CONFLICT (k) DO UPDATE"
		   " SET v = excluded.v",
		   table);
	tamper(&b, buf_cstr(&sql));
	ck_assert(store_value(b.reader, STR("rows"), &b.arena, &v, &e));
	return atoll(arena_strndup(&b.arena, v.p, v.n));
}

START_TEST(a_version_keeps_its_files_byte_for_byte)
{
	const struct store_policy_file one[] = {
		{STR("policy.yaml"), STR("sekisho: 1\n")},
		{STR("lists/cp932.csv"), STR("\x93\x8c\x8b\x9e\0x")},
		{STR("lists/empty.csv"), STR("")}};
	const struct store_policy_file two[] = {
		{STR("policy.yaml"), STR("sekisho: 1 # new\n")},
		{STR("lists/cp932.csv"), STR("\x93\x8c\x8b\x9e\0x")}};
	struct store_policy p, *list;
	struct err e = ERR_EMPTY;
	size_t n;

	bench_open(&b, _i);
	ck_assert_int_eq(policy_add(1, "d1", one, 3), ERR_NONE);
	ck_assert_int_eq(policy_add(2, "d2", two, 2), ERR_NONE);
	ck_assert_int_eq(policy_add(2, "d3", two, 2), ERR_CONFLICT);
	ck_assert(store_policy(b.reader, 1, &b.arena, &p, &e));
	ck_assert_uint_eq(p.file_n, 3);
	for (size_t i = 0; i < 3; i++) {
		ck_assert(str_eq(p.file[i].name, one[i].name));
		ck_assert(str_eq(p.file[i].bytes, one[i].bytes));
	}
	ck_assert(str_is(p.origin, "page") && str_is(p.main, "policy.yaml") &&
		  str_is(p.note, "why") && str_eq(p.asked, STR("as\0ked")));
	ck_assert(store_policy(b.reader, 0, &b.arena, &p, &e));
	ck_assert(p.version == 2 && p.file_n == 2);
	ck_assert(!store_policy(b.reader, 7, &b.arena, &p, &e));
	ck_assert_int_eq(e.class, ERR_NOT_FOUND);
	ck_assert(store_policies(b.reader, 10, &b.arena, &list, &n, &e));
	ck_assert(n == 2 && list[0].version == 2 && list[1].version == 1);
	ck_assert(str_is(list[1].digest, "d1") && list[1].at_us == NOW + 1);
	/* A content that is there is not kept again. */
	if (_i == BENCH_SQLITE)
		ck_assert_int_eq(rows("policy_file WHERE"), 4);
	bench_close(&b);
}
END_TEST

static int64_t record_put(int64_t at_us, struct str wire)
{
	struct store_job *j = store_job_new(b.store);
	int64_t id = id_next(&b.ids, at_us);

	store_add_record(j, id, 3, wire);
	ck_assert_int_eq(job_do(&b, j), ERR_NONE);
	return id;
}

START_TEST(records_are_sealed_and_come_in_order)
{
	struct store_record *v;
	struct err e = ERR_EMPTY;
	int64_t id[3];
	size_t n;

	bench_open(&b, _i);
	for (int i = 0; i < 3; i++)
		id[i] = record_put(NOW + i * US_PER_MIN,
				   i ? STR("facts-in-clear") : STR("first"));
	ck_assert(store_records(b.reader, -1, 2, &b.arena, &v, &n, &e));
	ck_assert(n == 2 && v[0].id == id[0] && str_is(v[0].wire, "first"));
	ck_assert(store_records(b.reader, v[1].id, 2, &b.arena, &v, &n, &e));
	ck_assert(n == 1 && v[0].id == id[2] && v[0].policy == 3);
	ck_assert(str_is(v[0].wire, "facts-in-clear"));
	ck_assert(store_records(b.reader, id_first(NOW + US_PER_MIN), 9,
				&b.arena, &v, &n, &e));
	ck_assert_uint_eq(n, 2);
	if (_i == BENCH_SQLITE)
		ck_assert_int_eq(rows("record WHERE instr(sealed,"
				      " CAST('in-clear' AS BLOB)) > 0 AND"),
				 0);
	/* Bound to its place: two that change places do not open. */
	tamper(&b, "UPDATE record SET policy = 4 WHERE msg ="
		   " (SELECT max(msg) FROM record)");
	ck_assert(store_records(b.reader, v[0].id, 9, &b.arena, &v, &n, &e));
	ck_assert(n == 1 && v[0].wire.n == 0);
	bench_close(&b);
}
END_TEST

START_TEST(records_end_with_their_time)
{
	struct store_record *v;
	struct store_job *j;
	struct err e = ERR_EMPTY;
	int64_t young;
	size_t n;

	bench_open(&b, _i);
	record_put(NOW - 31 * US_PER_DAY, STR("old"));
	young = record_put(NOW - 29 * US_PER_DAY, STR("young"));
	j = store_job_new(b.store);
	store_expire(j, NOW,
		     &(struct store_keep){.record_us = 30 * US_PER_DAY});
	ck_assert_int_eq(job_do(&b, j), ERR_NONE);
	ck_assert(store_records(b.reader, -1, 9, &b.arena, &v, &n, &e));
	ck_assert(n == 1 && v[0].id == young);
	bench_close(&b);
}
END_TEST

START_TEST(what_is_held_is_listed)
{
	struct err e = ERR_EMPTY;
	int64_t held, *id;
	size_t n;

	bench_open(&b, _i);
	mail_put(&b, 1, RCPT_READY);
	held = mail_put(&b, 3, RCPT_HELD);
	mail_put(&b, 1, RCPT_PARKED);
	ck_assert(store_held(b.reader, &b.arena, &id, &n, &e));
	ck_assert(n == 1 && id[0] == held);
	bench_close(&b);
}
END_TEST

/* Its records are gone by then; its files stay. */
START_TEST(a_question_ends_with_its_records)
{
	const struct store_policy_file one[] = {
		{STR("policy.yaml"), STR("sekisho: 1\n")}};
	struct store_job *j;
	struct store_policy p;
	struct err e = ERR_EMPTY;

	bench_open(&b, _i);
	for (uint32_t i = 1; i <= 3; i++) /* at NOW + i */
		ck_assert_int_eq(policy_add(i, "d", one, 1), ERR_NONE);
	j = store_job_new(b.store);
	/* What version 2 decided is younger than that; version 1 ended. */
	store_expire(j, NOW + 3 + US_PER_DAY,
		     &(struct store_keep){.record_us = US_PER_DAY});
	ck_assert_int_eq(job_do(&b, j), ERR_NONE);
	for (uint32_t i = 1; i <= 3; i++) {
		ck_assert(store_policy(b.reader, i, &b.arena, &p, &e));
		ck_assert_uint_eq(p.file_n, 1);
		ck_assert_int_eq(p.asked.n > 0, i > 1);
	}
	bench_close(&b);
}
END_TEST

Suite *test_versions_suite(void)
{
	Suite *s = suite_create("versions");
	TCase *t = tcase_create("versions");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_version_keeps_its_files_byte_for_byte, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, records_are_sealed_and_come_in_order, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, a_question_ends_with_its_records, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, records_end_with_their_time, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, what_is_held_is_listed, 0, BENCH_DRIVERS);
	suite_add_tcase(s, t);
	return s;
}
