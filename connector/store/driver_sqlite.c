/* driver_sqlite.c - SQLite: the only file that knows it.
 *
 * WAL with synchronous=FULL: a commit is one write of the log and one sync
 * (without FULL a power cut loses acknowledged mail: measured).
 */
#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include "connector/base/fault.h"
#include "connector/base/mem.h"
#include "connector/store/driver_int.h"

#define SQLITE_WAIT_MS 5000

/* What SQLite's words mean to us. A broken constraint is the fault of one
 * statement; everything else ends the transaction. */
static void db_failed(struct db *db, sqlite3 *handle, int rc, struct err *e)
{
	enum err_class class;

	switch (rc & 0xff) {
	case SQLITE_CONSTRAINT:
		class = ERR_CONFLICT;
		break;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		class = ERR_PERMANENT;
		break;
	case SQLITE_ERROR:
	case SQLITE_MISUSE:
	case SQLITE_RANGE:
	case SQLITE_TOOBIG:
	case SQLITE_MISMATCH:
		class = ERR_BUG;
		break;
	default: /* full, I/O, busy, locked, memory ... */
		class = ERR_RETRY;
	}
	if (db && class != ERR_CONFLICT)
		db->broken = true;
	err_set(e, class, 0, "store: %s (%d)", sqlite3_errmsg(handle), rc);
}

static bool sqlite_place_init(struct db_place *p, struct str rest,
			      struct err *e)
{
	if (rest.n == 0)
		return err_set(e, ERR_CONFIG, 0,
			       "store: sqlite: needs a path behind it");
	p->path = mem_strndup(rest.p, rest.n);
	return true;
}

static void sqlite_place_release(struct db_place *p)
{
	(void)p;
}

static bool handle_exec(struct db *db, sqlite3 *handle, const char *sql,
			struct err *e)
{
	int rc = sqlite3_exec(handle, sql, NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		return true;
	db_failed(db, handle, rc, e);
	return false;
}

/* A cache of 4 MiB: what does not fit, the system has in memory; and after most
 * commits SQLite walks all of it (balancing moves pages by way of a number
 * above every other). */
static const char writer_pragmas[] = "PRAGMA page_size=4096;"
				     "PRAGMA journal_mode=WAL;"
				     "PRAGMA synchronous=FULL;"
				     "PRAGMA wal_autocheckpoint=4000;"
				     "PRAGMA journal_size_limit=67108864;"
				     "PRAGMA secure_delete=FAST;"
				     "PRAGMA cache_size=-4096;"
				     "PRAGMA temp_store=MEMORY;"
				     "PRAGMA foreign_keys=OFF;"
				     "PRAGMA trusted_schema=OFF";
static const char reader_pragmas[] = "PRAGMA query_only=ON;"
				     "PRAGMA cache_size=-4096;"
				     "PRAGMA temp_store=MEMORY;"
				     "PRAGMA trusted_schema=OFF";

/* Nobody asks how much memory SQLite uses: without the count each allocation
 * takes one lock less. Before the first connection, or it is not heard. */
static void count_nothing(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static void *sqlite_connect(struct db_place *p, enum db_use use, struct err *e)
{
	int how = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
		  SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE;
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	sqlite3 *handle = NULL;
	int rc;

	pthread_once(&once, count_nothing);
	if (use == DB_WRITER)
		how |= SQLITE_OPEN_CREATE;
	rc = sqlite3_open_v2(p->path, &handle, how, NULL);
	if (rc != SQLITE_OK) {
		err_set(e, ERR_RETRY, 0, "store %s: %s", p->path,
			handle ? sqlite3_errmsg(handle) : sqlite3_errstr(rc));
		sqlite3_close(handle);
		return NULL;
	}
	sqlite3_busy_timeout(handle, SQLITE_WAIT_MS);
	if (!handle_exec(NULL, handle,
			 use == DB_WRITER ? writer_pragmas : reader_pragmas,
			 e)) {
		err_wrap(e, "%s", p->path);
		sqlite3_close(handle);
		return NULL;
	}
	return handle;
}

static void sqlite_disconnect(struct db *db)
{
	sqlite3_close(db->handle);
}

static bool sqlite_do_exec(struct db *db, const char *sql, struct err *e)
{
	return handle_exec(db, db->handle, sql, e);
}

static void *sqlite_prepare(struct db *db, const char *sql, struct err *e)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v3(db->handle, sql, -1,
				    SQLITE_PREPARE_PERSISTENT, &stmt, NULL);

	if (rc != SQLITE_OK)
		db_failed(db, db->handle, rc, e);
	return stmt;
}

static void sqlite_finalize(void *stmt)
{
	sqlite3_finalize(stmt);
}

static bool sqlite_bind(struct db *db, void *stmt, const struct db_arg *arg,
			size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		const char *p = arg[i].s.p ? arg[i].s.p : "";
		int at = (int)i + 1;
		int rc;

		if (arg[i].kind == DB_INT)
			rc = sqlite3_bind_int64(stmt, at, arg[i].i);
		else if (arg[i].kind == DB_TEXT)
			rc = sqlite3_bind_text64(stmt, at, p, arg[i].s.n,
						 SQLITE_STATIC, SQLITE_UTF8);
		else
			rc = sqlite3_bind_blob64(stmt, at, p, arg[i].s.n,
						 SQLITE_STATIC);
		if (rc == SQLITE_OK)
			continue;
		db_failed(db, db->handle, rc, e);
		return false;
	}
	return true;
}

static enum db_step sqlite_do_step(struct db *db, void *stmt, struct err *e)
{
	int rc = sqlite3_step(stmt);

	if (rc == SQLITE_ROW)
		return DB_ROW;
	if (rc == SQLITE_DONE)
		return DB_END;
	db_failed(db, db->handle, rc, e);
	return DB_FAILED;
}

static bool sqlite_commit(struct db *db, struct err *e)
{
	int why = 0;

	if (fault_fail("store-commit", &why)) {
		db->broken = db->sync_failed = true;
		return err_set(e, ERR_RETRY, why, "store: commit made to fail");
	}
	if (handle_exec(db, db->handle, "COMMIT", e))
		return true;
	db->sync_failed = true;
	return false;
}

static void sqlite_do_reset(void *stmt)
{
	sqlite3_reset(stmt);
}

static int64_t sqlite_get_int(void *stmt, int column)
{
	return sqlite3_column_int64(stmt, column);
}

static struct str sqlite_get_bytes(void *stmt, int column)
{
	const void *p = sqlite3_column_blob(stmt, column);

	return str_n(p, p ? (size_t)sqlite3_column_bytes(stmt, column) : 0);
}

static int64_t sqlite_changed(struct db *db)
{
	return sqlite3_changes64(db->handle);
}

const struct db_driver db_driver_sqlite = {
	.scheme = "sqlite",
	.on_disk = true,
	.place_init = sqlite_place_init,
	.place_release = sqlite_place_release,
	.connect = sqlite_connect,
	.disconnect = sqlite_disconnect,
	.exec = sqlite_do_exec,
	.prepare = sqlite_prepare,
	.finalize = sqlite_finalize,
	.bind = sqlite_bind,
	.step = sqlite_do_step,
	.commit = sqlite_commit,
	.reset = sqlite_do_reset,
	.get_int = sqlite_get_int,
	.get_bytes = sqlite_get_bytes,
	.changes = sqlite_changed,
};
