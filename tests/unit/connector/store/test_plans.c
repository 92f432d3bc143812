/* test_plans.c - no statement walks through a table that grows: with a million
 * held mails and ten million in the ledger each would stop the engine.
 */
#include "connector/store/driver_int.h"
#include "store_help.h"

Suite *test_plans_suite(void);

static const struct {
	const char *name, *text;
} statements[] = {
#define NAMED(id, text) {#id, text},
	SQL_ROWS(NAMED)
#undef NAMED
};

/* What may be walked, by whom, and why. */
static const struct {
	const char *name, *walk;
} allowed[] = {
	/* What is open, from the index alone. */
	{"RCPT_OPEN", "SCAN rcpt USING COVERING INDEX rcpt_open"},
	{"MESSAGE_LIST_OPEN", "SCAN rcpt USING COVERING INDEX rcpt_open"},
	/* In the order of their keys, up to a limit or the newest. */
	{"AUDIT_LAST", "SCAN audit"},
	{"AUDIT_OLD", "SCAN audit"},
	{"POLICY_LIST", "SCAN policy"},
	/* Commands that prove or show all of the ledger. */
	{"AUDIT_ALL", "SCAN audit"},
	{"RCPT_COUNTS", "SCAN rcpt"},
	{"LEDGER_ACCEPTED", "SCAN audit"},
	{"LEDGER_NO_ROWS", "SCAN a"},
	{"LEDGER_OTHER", "SCAN r"},
	/* At the start: as many as there are files. */
	{"SPOOL_ALL", "SCAN spool"},
	{"META_TABLE", "SCAN sqlite_master"},
	/* Of two ranges that are searched and merged. */
	{"RCPT_HELD_DUE", "SCAN (subquery-2)"},
};

static bool may_walk(const char *name, struct str walk)
{
	for (size_t i = 0; i < ARRAY_LEN(allowed); i++)
		if (strcmp(allowed[i].name, name) == 0 &&
		    str_is(walk, allowed[i].walk))
			return true;
	return false;
}

/* A claim: what waits is walked from the index alone. */
#define READY_FROM_INDEX "SEARCH rcpt USING COVERING INDEX rcpt_ready "
static bool is_claim(const char *name)
{
	return strcmp(name, "RCPT_WAY") == 0 || strcmp(name, "RCPT_DUE") == 0;
}

static void plan_check(struct db *db, const char *name, const char *text)
{
	const struct db_driver *driver = db->place->driver;
	AUTO(buf) question = BUF_MAX(16 * KIB);
	struct err e = ERR_EMPTY;
	bool from_index = false;
	enum db_step step;
	void *stmt;

	buf_printf(&question, "EXPLAIN QUERY PLAN %s", text);
	stmt = driver->prepare(db, buf_cstr(&question), &e);
	ck_assert_msg(stmt != NULL, "%s: %s", name, e.text);
	while ((step = driver->step(db, stmt, &e)) == DB_ROW) {
		struct str line = driver->get_bytes(stmt, 3);

		ck_assert_msg(!str_starts(line, STR("SCAN")) ||
				      may_walk(name, line),
			      "%s: " STR_FMT, name, STR_ARG(line));
		from_index |= str_starts(line, STR(READY_FROM_INDEX));
	}
	ck_assert_msg(step == DB_END, "%s: %s", name, e.text);
	ck_assert_msg(from_index || !is_claim(name), "%s: from rows", name);
	driver->finalize(stmt);
}

START_TEST(nothing_walks_through_what_grows)
{
	struct bench b;
	struct err e = ERR_EMPTY;
	struct db_place *p;
	struct db *db;

	bench_open(&b, BENCH_SQLITE);
	p = db_place_new(b.url, &e);
	db = db_open(p, DB_READER, &e);
	ck_assert_msg(db != NULL, "%s", e.text);
	for (size_t i = 0; i < ARRAY_LEN(statements); i++)
		plan_check(db, statements[i].name, statements[i].text);
	db_close(&db);
	db_place_free(&p);
	bench_close(&b);
}
END_TEST

Suite *test_plans_suite(void)
{
	Suite *s = suite_create("plans");
	TCase *c = tcase_create("all");

	tcase_add_test(c, nothing_walks_through_what_grows);
	suite_add_tcase(s, c);
	return s;
}
