/* db.c - statements and rows over whichever driver the URL names. */
#include "connector/base/mem.h"
#include "connector/store/driver_int.h"

static const struct db_driver *const drivers[] = {&db_driver_sqlite,
						  &db_driver_memory};

static const char *const sql_text[SQL_COUNT] = {
#define SQL_TEXT(id, text) [SQL_##id] = (text),
	SQL_ROWS(SQL_TEXT)
#undef SQL_TEXT
};

struct db_place *db_place_new(const char *url, struct err *e)
{
	struct str rest = str_of(url), scheme;

	if (!str_split(&rest, ':', &scheme))
		scheme = STR_EMPTY;
	for (size_t i = 0; i < ARRAY_LEN(drivers); i++) {
		struct db_place *p;

		if (!str_is(scheme, drivers[i]->scheme))
			continue;
		p = NEW(struct db_place);
		p->driver = drivers[i];
		if (!p->driver->place_init(p, rest, e))
			db_place_free(&p);
		return p;
	}
	err_set(e, ERR_CONFIG, 0,
		"store: \"%s\" is neither sqlite:PATH nor "
		"memory:",
		url);
	return NULL;
}

void db_place_free(struct db_place **p)
{
	struct db_place *old = TAKE(*p);

	if (!old)
		return;
	old->driver->place_release(old);
	mem_free(old->path);
	mem_free(old);
}

struct db *db_open(struct db_place *p, enum db_use use, struct err *e)
{
	void *handle = p->driver->connect(p, use, e);
	struct db *db;

	if (!handle)
		return NULL;
	db = NEW(struct db);
	db->place = p;
	db->handle = handle;
	return db;
}

void db_close(struct db **db)
{
	struct db *old = TAKE(*db);

	if (!old)
		return;
	for (size_t i = 0; i < SQL_COUNT; i++)
		if (old->stmt[i])
			old->place->driver->finalize(old->stmt[i]);
	old->place->driver->disconnect(old);
	mem_free(old);
}

bool db_exec(struct db *db, const char *sql, struct err *e)
{
	return db->place->driver->exec(db, sql, e);
}

bool db_commit(struct db *db, struct err *e)
{
	return db->place->driver->commit(db, e);
}

struct db_rows db_ask_n(struct db *db, enum sql id, const struct db_arg *arg,
			size_t n, struct err *e)
{
	const struct db_driver *driver = db->place->driver;
	struct db_rows r = {.db = db, .e = e};

	if (!db->stmt[id])
		db->stmt[id] = driver->prepare(db, sql_text[id], e);
	r.stmt = db->stmt[id];
	r.failed = !r.stmt || !driver->bind(db, r.stmt, arg, n, e);
	return r;
}

bool db_next(struct db_rows *r)
{
	enum db_step step;

	if (r->failed)
		return false;
	step = r->db->place->driver->step(r->db, r->stmt, r->e);
	r->failed = step == DB_FAILED;
	return step == DB_ROW;
}

bool db_done(struct db_rows *r)
{
	if (r->stmt)
		r->db->place->driver->reset(r->stmt);
	return !r->failed;
}

int64_t db_int(const struct db_rows *r, int column)
{
	return r->db->place->driver->get_int(r->stmt, column);
}

struct str db_bytes(const struct db_rows *r, int column)
{
	return r->db->place->driver->get_bytes(r->stmt, column);
}

bool db_do_n(struct db *db, enum sql id, const struct db_arg *arg, size_t n,
	     int64_t *changed_r, struct err *e)
{
	struct db_rows r = db_ask_n(db, id, arg, n, e);

	while (db_next(&r))
		;
	if (!r.failed && changed_r)
		*changed_r = db->place->driver->changes(db);
	return db_done(&r);
}

bool db_one_n(struct db *db, enum sql id, const struct db_arg *arg, size_t n,
	      int64_t none, int64_t *v_r, struct err *e)
{
	struct db_rows r = db_ask_n(db, id, arg, n, e);

	*v_r = db_next(&r) ? db_int(&r, 0) : none;
	return db_done(&r);
}
