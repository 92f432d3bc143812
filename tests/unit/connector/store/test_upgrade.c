/* test_upgrade.c - stores of older releases, brought up by this one, and killed
 * at every write on the way.
 *
 * An old store is a store of today, taken back by SQL: what it holds is sealed
 * and chained as in life.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "connector/store/driver_int.h"
#include "store_help.h"

Suite *test_upgrade_suite(void);

/* From version i + 2 back to i + 1; a new schema adds its row. */
static const char *const BACK[] = {
	"ALTER TABLE rcpt DROP COLUMN route;"
	"PRAGMA user_version = 1",

	"ALTER TABLE policy ADD COLUMN files TEXT;"
	"UPDATE policy SET files = (SELECT json_group_object(n.name,"
	" CAST(f.bytes AS TEXT)) FROM policy_name n JOIN policy_file f"
	" ON f.k = n.k WHERE n.version = policy.version);"
	"DROP TABLE policy_name; DROP TABLE policy_file; DROP TABLE record;"
	"ALTER TABLE policy DROP COLUMN origin;"
	"ALTER TABLE policy DROP COLUMN main;"
	"ALTER TABLE policy DROP COLUMN asked;"
	"PRAGMA user_version = 2",

	"DROP TABLE past;"
	"PRAGMA user_version = 3",

	"DROP INDEX token_expires; DROP INDEX rcpt_failed;"
	"DROP INDEX rcpt_open;"
	"CREATE INDEX rcpt_open ON rcpt (state / 10, due) WHERE state < 100;"
	"PRAGMA user_version = 4",

	"DROP INDEX rcpt_ready; ALTER TABLE rcpt DROP COLUMN tenant;"
	"PRAGMA user_version = 5",
};
#define NEWEST ((int)ARRAY_LEN(BACK) + 1)

/* Bytes by which the kills step through the files: less than a page. */
#define KILL_STEP 4000
#define KILLS_MAX 2000

static struct bench b;
static int64_t mail[6];

/* On the file, with no store open. */
static int schema_of(const char *sql)
{
	struct err e = ERR_EMPTY;
	struct db_place *p = db_place_new(b.url, &e);
	struct db *db = db_open(p, DB_WRITER, &e);
	int64_t version;

	ck_assert_msg(db != NULL, "%s", e.text);
	if (sql)
		ck_assert_msg(db_exec(db, sql, &e), "%s", e.text);
	ck_assert(
		db_one_n(db, SQL_SCHEMA_VERSION, DB_NO_ARGS, 0, &version, &e));
	db_close(&db);
	db_place_free(&p);
	return (int)version;
}

static void put_policy(void)
{
	static const struct store_policy_file FILES[] = {
		{STR("policy.yaml"), STR("sekisho: 1\n")},
		{STR("lists/a.csv"), STR("address\na@example.jp\n")}};
	struct store_job *j = store_job_new(b.store);
	struct store_policy p = {.version = 1,
				 .at_us = NOW,
				 .who = STR("uid 0"),
				 .note = STR("why"),
				 .digest = STR("d"),
				 .origin = STR("file"),
				 .file = FILES,
				 .file_n = ARRAY_LEN(FILES)};

	store_add_policy(j, &p);
	store_put_secret(j, STR("zip"), STR("Zp-2026!"));
	ck_assert_int_eq(job_do(&b, j), ERR_NONE);
}

/* A store as release `version` left it. */
static void old_store(int version)
{
	static const enum rcpt_state STATES[] = {RCPT_RECEIVED,	 RCPT_HELD,
						 RCPT_READY,	 RCPT_DEFERRED,
						 RCPT_DELIVERED, RCPT_BOUNCED};

	bench_open(&b, BENCH_SQLITE);
	put_policy();
	for (size_t i = 0; i < ARRAY_LEN(STATES); i++) {
		mail[i] = mail_put(&b, 1 + i, RCPT_READY);
		if (STATES[i] == RCPT_DELIVERED || STATES[i] == RCPT_BOUNCED ||
		    STATES[i] == RCPT_HELD)
			ck_assert_int_eq(rcpt_move(&b, mail[i], 0, STATES[i]),
					 ERR_NONE);
	}
	bench_shut(&b);
	ck_assert_int_eq(schema_of(NULL), NEWEST);
	for (int i = NEWEST - 1; i >= version; i--)
		schema_of(BACK[i - 1]);
	ck_assert_int_eq(schema_of(NULL), version);
}

static size_t claimed(void)
{
	struct store_job *j = store_job_new(b.store);
	const struct store_found *f;
	size_t n, rcpts = 0;

	claim_all(j, NOW + US_PER_DAY, 100);
	ck_assert(store_run(b.store, j, NULL));
	f = store_job_found(j, &n);
	for (size_t i = 0; i < n; i++)
		rcpts += f[i].rcpt_n;
	store_job_free(&j);
	return rcpts;
}

static void is_whole(void)
{
	struct store_policy p;
	struct err e = ERR_EMPTY;
	struct str secret;
	char body[12];

	for (size_t i = 0; i < ARRAY_LEN(mail); i++) {
		struct store_found f = mail_get(&b, mail[i]);

		ck_assert_uint_eq(f.rcpt_n, 1 + i);
		ck_assert(str_is(f.message.subject, "the subject"));
		ck_assert(store_body_read(b.reader, &f.message, 0, body,
					  sizeof(body), &e));
		ck_assert_mem_eq(body, "Hello there!", sizeof(body));
	}
	ck_assert(store_policy(b.reader, 1, &b.arena, &p, &e));
	ck_assert_uint_eq(p.file_n, 2);
	for (size_t i = 0; i < p.file_n; i++)
		ck_assert(str_starts(p.file[i].bytes,
				     str_ends(p.file[i].name, STR(".csv"))
					     ? STR("address\na@example.jp\n")
					     : STR("sekisho: 1\n")));
	ck_assert(store_secret(b.reader, STR("zip"), &b.arena, &secret, &e));
	ck_assert(str_is(secret, "Zp-2026!"));
	ledger_good(&b);
	audit_good(&b);
	/* And it goes on: what is ready, and what was held. */
	ck_assert_uint_eq(claimed(), 18);
	ck_assert_int_eq(rcpt_move(&b, mail[1], 0, RCPT_READY), ERR_NONE);
	ck_assert_uint_eq(claimed(), 1);
	ck_assert_int_eq(rcpt_move(&b, mail[2], 0, RCPT_DELIVERED), ERR_NONE);
	mail_put(&b, 2, RCPT_HELD);
	ledger_good(&b);
	audit_good(&b);
}

START_TEST(an_old_store_is_brought_up)
{
	old_store(_i);
	bench_start(&b);
	is_whole();
	bench_shut(&b);
	ck_assert_int_eq(schema_of(NULL), NEWEST);
	bench_start(&b);
	bench_close(&b);
}
END_TEST

/* The kernel ends the process at the first write behind `bytes` of any file. */
static bool start_dies_at(rlim_t bytes)
{
	pid_t child = fork();
	int status;

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		struct rlimit most = {bytes, bytes}, none = {0, 0};

		setrlimit(RLIMIT_CORE, &none);
		signal(SIGXFSZ, SIG_DFL);
		setrlimit(RLIMIT_FSIZE, &most);
		bench_start(&b);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status))
		ck_assert_int_eq(WTERMSIG(status), SIGXFSZ);
	else
		ck_assert_int_eq(WEXITSTATUS(status), 0);
	return WIFSIGNALED(status);
}

START_TEST(killed_at_every_write)
{
	unsigned kills = 0;

	old_store(_i);
	while (start_dies_at((rlim_t)kills * KILL_STEP)) {
		int version = schema_of(NULL);

		ck_assert(version == _i || version == NEWEST);
		ck_assert_uint_lt(++kills, KILLS_MAX);
	}
	/* A step or two at the least: its pages, and what says that it is. */
	ck_assert_uint_ge(kills, 2);
	bench_start(&b);
	is_whole();
	bench_close(&b);
}
END_TEST

static void refused(const char *why)
{
	struct store_conf conf = {.url = b.url, .keys = b.keys};
	struct err e = ERR_EMPTY;
	struct store_reader *r;

	r = store_reader_open(&conf, &e);
	ck_assert_ptr_null(r);
	ck_assert_int_eq(e.class, ERR_CONFIG);
	ck_assert_msg(strstr(e.text, why), "%s", e.text);
	ck_assert_ptr_null(strchr(e.text, '\n'));
}

START_TEST(a_newer_store_is_refused)
{
	struct err e = ERR_EMPTY;
	struct store_conf conf;
	char sql[64];

	old_store(NEWEST);
	snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", NEWEST + 1);
	schema_of(sql);
	b.spool = spool_open(b.spool_folder, &e);
	conf = (struct store_conf){
		.url = b.url, .keys = b.keys, .spool = b.spool};
	b.store = store_open(&conf, &e);
	ck_assert_ptr_null(b.store);
	ck_assert_int_eq(e.class, ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(e.text, "newer release"));
	ck_assert_ptr_nonnull(strstr(e.text, "backup"));
	ck_assert_ptr_null(strchr(e.text, '\n'));
	spool_close(&b.spool);
	refused("newer release");
	/* Nothing was touched. */
	ck_assert_int_eq(schema_of("PRAGMA user_version"), NEWEST + 1);
	snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", NEWEST);
	schema_of(sql);
	bench_start(&b);
	is_whole();
	bench_close(&b);
}
END_TEST

/* The command line beside an engine that was not yet upgraded. */
START_TEST(a_reader_waits_for_the_engine)
{
	old_store(NEWEST - 1);
	refused("older release");
	bench_start(&b);
	is_whole();
	bench_close(&b);
}
END_TEST

Suite *test_upgrade_suite(void)
{
	Suite *s = suite_create("upgrade");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, an_old_store_is_brought_up, 1, NEWEST + 1);
	tcase_add_loop_test(t, killed_at_every_write, 1, NEWEST);
	tcase_add_test(t, a_newer_store_is_refused);
	tcase_add_test(t, a_reader_waits_for_the_engine);
	suite_add_tcase(s, t);
	return s;
}
