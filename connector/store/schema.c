/* schema.c - tables, and the steps from one version of them to the next.
 *
 * Keys grow, so that rows land at the right-hand end of each tree; bodies and
 * decisions have tables of their own, so that a change of state does not
 * rewrite them; only open recipients are indexed by time.
 */
#include "connector/base/fault.h"
#include "connector/store/store_int.h"

static const char schema_1[] =
	"CREATE TABLE meta (k TEXT PRIMARY KEY, v BLOB) WITHOUT ROWID;"
	"CREATE TABLE message (id INTEGER PRIMARY KEY, kind INTEGER,"
	" tenant TEXT, message_id TEXT, identity INTEGER, from_ TEXT,"
	" sender TEXT, body INTEGER, smtputf8 INTEGER, ret INTEGER,"
	" envid TEXT, size INTEGER, digest BLOB, prefix BLOB, place INTEGER,"
	" of_ INTEGER, spool_file INTEGER, spool_version INTEGER,"
	" spool_length INTEGER, wrapped BLOB, text_key BLOB, subject BLOB,"
	" reason TEXT, client TEXT, accepted INTEGER, policy INTEGER,"
	" language TEXT, about INTEGER, decided INTEGER, open INTEGER,"
	" drop_us INTEGER);"
	"CREATE INDEX message_identity ON message (identity)"
	" WHERE identity IS NOT NULL;"
	"CREATE INDEX message_of ON message (of_) WHERE of_ <> 0;"
	"CREATE INDEX message_undecided ON message (id) WHERE decided = 0;"
	"CREATE INDEX message_drop ON message (drop_us) WHERE drop_us > 0;"
	"CREATE TABLE decision (msg INTEGER PRIMARY KEY, view BLOB,"
	" plan BLOB, edits BLOB);"
	"CREATE TABLE body (msg INTEGER PRIMARY KEY, sealed BLOB);"
	"CREATE TABLE spool (file INTEGER PRIMARY KEY, msg INTEGER);"
	"CREATE TABLE rcpt (msg INTEGER, n INTEGER, address TEXT, key TEXT,"
	" notify INTEGER, orcpt TEXT, state INTEGER, version INTEGER,"
	" shape INTEGER, gates BLOB, gates_v INTEGER, gate INTEGER,"
	" due INTEGER, attempts INTEGER, unknowns INTEGER, code INTEGER,"
	" answer TEXT, remote TEXT, ended INTEGER, warned INTEGER,"
	" reason TEXT, ready INTEGER, PRIMARY KEY (msg, n)) WITHOUT ROWID;"
	"CREATE INDEX rcpt_open ON rcpt (state / 10, due) WHERE state < 100;"
	"CREATE TABLE audit (seq INTEGER PRIMARY KEY, at INTEGER,"
	" msg INTEGER, actor TEXT, event TEXT, detail TEXT, rcpts INTEGER,"
	" ends INTEGER, hash BLOB);"
	"CREATE INDEX audit_msg ON audit (msg) WHERE msg <> 0;"
	"CREATE TABLE token (hash BLOB PRIMARY KEY, kind INTEGER,"
	" msg INTEGER, person TEXT, digits BLOB, tries INTEGER,"
	" expires INTEGER, used INTEGER) WITHOUT ROWID;"
	"CREATE TABLE value (k TEXT PRIMARY KEY, v BLOB) WITHOUT ROWID;"
	"CREATE TABLE secret (name TEXT PRIMARY KEY, wrapped BLOB,"
	" sealed BLOB) WITHOUT ROWID;"
	"CREATE TABLE policy (version INTEGER PRIMARY KEY, at INTEGER,"
	" who TEXT, note TEXT, digest TEXT, files TEXT);"
	"PRAGMA user_version = 1";

/* Where a recipient's mail goes, beside the tenant (store.h). */
static const char schema_2[] =
	"ALTER TABLE rcpt ADD COLUMN route TEXT NOT NULL DEFAULT '';"
	"PRAGMA user_version = 2";

/* Files of policies, each content once; where a version comes from; what its
 * question asked; and the facts of past decisions. */
static const char schema_3[] =
	"CREATE TABLE policy_file (k BLOB PRIMARY KEY, bytes BLOB);"
	"CREATE TABLE policy_name (version INTEGER, n INTEGER, name TEXT,"
	" k BLOB, PRIMARY KEY (version, n)) WITHOUT ROWID;"
	"INSERT INTO policy_file SELECT CAST(version || '/' || j.key AS BLOB),"
	" CAST(j.value AS BLOB) FROM policy, json_each(policy.files) j;"
	"INSERT INTO policy_name SELECT version, j.id, j.key,"
	" CAST(version || '/' || j.key AS BLOB)"
	" FROM policy, json_each(policy.files) j;"
	"ALTER TABLE policy DROP COLUMN files;"
	"ALTER TABLE policy ADD COLUMN origin TEXT NOT NULL DEFAULT 'file';"
	"ALTER TABLE policy ADD COLUMN main TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE policy ADD COLUMN asked BLOB;"
	"CREATE TABLE record (msg INTEGER PRIMARY KEY, policy INTEGER,"
	" key BLOB, sealed BLOB);"
	"PRAGMA user_version = 3";

/* Who has written to whom (past.c). */
static const char schema_4[] =
	"CREATE TABLE past (tenant TEXT, rcpt TEXT, sender TEXT,"
	" count INTEGER, last INTEGER, PRIMARY KEY (tenant, rcpt, sender))"
	" WITHOUT ROWID;"
	"PRAGMA user_version = 4";

/* What is open is counted and claimed from the index alone; old tokens, and
 * what nobody could inspect, are found without a look at all the rest. */
static const char schema_5[] =
	"DROP INDEX rcpt_open;"
	"CREATE INDEX rcpt_open ON rcpt (state / 10, due, state)"
	" WHERE state < 100;"
	"CREATE INDEX rcpt_failed ON rcpt (msg)"
	" WHERE reason = 'failed' AND state < 100;"
	"CREATE INDEX token_expires ON token (expires);"
	"PRAGMA user_version = 5";

/* A claim walks what is due of one route of a tenant from the index alone. A row that
 * waits for something else has its tenant when it moves (RCPT_SET): a million
 * of them would make a long start. */
static const char schema_6[] =
	"ALTER TABLE rcpt ADD COLUMN tenant TEXT NOT NULL DEFAULT '';"
	"UPDATE rcpt SET tenant = coalesce((SELECT tenant FROM message"
	" WHERE id = rcpt.msg), '') WHERE state / 10 IN (2, 3) AND state < 100;"
	"CREATE INDEX rcpt_ready ON rcpt"
	" (tenant, route, due, msg, n, state)"
	" WHERE state / 10 = 2 AND state < 100;"
	"PRAGMA user_version = 6";

/* Step i leads from version i to i + 1. */
static const char *const schema_steps[] = {schema_1, schema_2, schema_3,
					   schema_4, schema_5, schema_6};

#define NEWEST ((int64_t)ARRAY_LEN(schema_steps))

/* What is newer may hold what this program would lose: there is no way back
 * but the backup. */
static bool check(int64_t version, struct err *e)
{
	if (version > NEWEST || version < 0)
		return err_set(e, ERR_CONFIG, 0,
			       "the store was written by a newer release "
			       "(schema %d, this one knows %d): install that "
			       "release again, or put back the backup from "
			       "before the upgrade",
			       (int)version, (int)NEWEST);
	if (version < NEWEST)
		return err_set(e, ERR_CONFIG, 0,
			       "the store was written by an older release "
			       "(schema %d, this one needs %d): start the "
			       "engine of this release, which brings it up to "
			       "date",
			       (int)version, (int)NEWEST);
	return true;
}

bool schema_check(struct db *db, struct err *e)
{
	int64_t version;

	TRY(db_one_n(db, SQL_SCHEMA_VERSION, DB_NO_ARGS, 0, &version, e));
	return check(version, e);
}

bool schema_upgrade(struct db *db, struct err *e)
{
	int64_t version;

	TRY(db_one_n(db, SQL_SCHEMA_VERSION, DB_NO_ARGS, 0, &version, e));
	while (version >= 0 && version < NEWEST) {
		fault_point("schema-step");
		TRY(db_exec(db, schema_steps[version++], e));
	}
	return check(version, e);
}
