/* driver_memory.c - the same SQL on a private database in memory, for tests;
 * steps and commits fail on command (struct db_faults).
 *
 * "memory:" is a new place each time.  It lives as long as the place.
 */
#include "connector/base/id.h"
#include "connector/base/mem.h"
#include "connector/store/driver_int.h"

static bool memory_place_init(struct db_place *p, struct str rest,
			      struct err *e)
{
	uint64_t name[2];

	if (rest.n != 0)
		return err_set(e, ERR_CONFIG, 0,
			       "store: memory: has no path behind it");
	/* A shared name, so that readers of this place see the same. */
	random_bytes(name, sizeof(name));
	p->path = mem_printf("file:/sekisho-%llx%llx?vfs=memdb",
			     (unsigned long long)name[0],
			     (unsigned long long)name[1]);
	p->anchor = db_driver_sqlite.connect(p, DB_WRITER, e);
	return p->anchor != NULL;
}

static void memory_place_release(struct db_place *p)
{
	struct db anchor = {.place = p, .handle = p->anchor};

	if (p->anchor)
		db_driver_sqlite.disconnect(&anchor);
}

static void *memory_connect(struct db_place *p, enum db_use use, struct err *e)
{
	return db_driver_sqlite.connect(p, use, e);
}

static void memory_disconnect(struct db *db)
{
	db_driver_sqlite.disconnect(db);
}

static bool memory_exec(struct db *db, const char *sql, struct err *e)
{
	return db_driver_sqlite.exec(db, sql, e);
}

static void *memory_prepare(struct db *db, const char *sql, struct err *e)
{
	return db_driver_sqlite.prepare(db, sql, e);
}

static void memory_finalize(void *stmt)
{
	db_driver_sqlite.finalize(stmt);
}

static bool memory_bind(struct db *db, void *stmt, const struct db_arg *arg,
			size_t n, struct err *e)
{
	return db_driver_sqlite.bind(db, stmt, arg, n, e);
}

/* Counts a passage; true when it is one that shall fail. */
static bool fails_now(struct db_faults *f, _Atomic long *at, _Atomic long *seen)
{
	long left = *at;

	++*seen;
	if (left == 0)
		return false;
	if (left > 1 || !f->lasting)
		*at = left - 1;
	return left == 1;
}

static enum db_step memory_step(struct db *db, void *stmt, struct err *e)
{
	struct db_faults *f = &db->place->faults;

	if (db != f->spared && fails_now(f, &f->step_at, &f->steps)) {
		db->broken = true;
		err_set(e, ERR_RETRY, 0, "store: step made to fail");
		return DB_FAILED;
	}
	return db_driver_sqlite.step(db, stmt, e);
}

static bool memory_commit(struct db *db, struct err *e)
{
	struct db_faults *f = &db->place->faults;

	if (fails_now(f, &f->commit_at, &f->commits)) {
		db->broken = db->sync_failed = true;
		return err_set(e, ERR_RETRY, 0, "store: commit made to fail");
	}
	return db_driver_sqlite.commit(db, e);
}

static void memory_reset(void *stmt)
{
	db_driver_sqlite.reset(stmt);
}

static int64_t memory_get_int(void *stmt, int column)
{
	return db_driver_sqlite.get_int(stmt, column);
}

static struct str memory_get_bytes(void *stmt, int column)
{
	return db_driver_sqlite.get_bytes(stmt, column);
}

static int64_t memory_changes(struct db *db)
{
	return db_driver_sqlite.changes(db);
}

const struct db_driver db_driver_memory = {
	.scheme = "memory",
	.place_init = memory_place_init,
	.place_release = memory_place_release,
	.connect = memory_connect,
	.disconnect = memory_disconnect,
	.exec = memory_exec,
	.prepare = memory_prepare,
	.finalize = memory_finalize,
	.bind = memory_bind,
	.step = memory_step,
	.commit = memory_commit,
	.reset = memory_reset,
	.get_int = memory_get_int,
	.get_bytes = memory_get_bytes,
	.changes = memory_changes,
};
