/* driver_int.h - the small SQL layer under the store, and its drivers.
 *
 * A place is where a store lives; a db is one connection to it, for one thread
 * at a time.  Statements are rows of sql_int.h, prepared once per connection.
 * Arguments are bound without copying and must live until the next call.
 *
 * Failures: CONFLICT for a broken constraint (the statement alone failed);
 * anything else sets `broken`: the transaction is worth nothing any more.
 */
#ifndef SEKISHO_STORE_DRIVER_INT_H
#define SEKISHO_STORE_DRIVER_INT_H

#include "connector/base/err.h"
#include "connector/base/str.h"
#include "connector/store/sql_int.h"

enum db_use { DB_WRITER, DB_READER };
enum db_step { DB_ROW, DB_END, DB_FAILED };

struct db_arg {
	enum { DB_INT, DB_TEXT, DB_BLOB } kind;
	int64_t i;
	struct str s;
};
#define DB_I(v)	     ((struct db_arg){.kind = DB_INT, .i = (int64_t)(v)})
#define DB_T(v)	     ((struct db_arg){.kind = DB_TEXT, .s = (v)})
#define DB_B(v)	     ((struct db_arg){.kind = DB_BLOB, .s = (v)})
#define DB_KEY(p, n) DB_B(str_n((p), (n)))

struct db;

/* Failures on command; the memory driver looks here. Counted from the moment
 * they are set; 0: none. */
struct db_faults {
	_Atomic long step_at, commit_at; /* this one fails (counts down) */
	_Atomic bool lasting;		 /* and all that follow */
	_Atomic long steps, commits;	 /* seen so far */
	const struct db *_Atomic spared; /* who sees none of it; NULL: nobody */
};

struct db_driver;
struct db_place {
	const struct db_driver *driver;
	char *path;   /* behind the scheme of the URL */
	void *anchor; /* keeps a memory database alive */
	struct db_faults faults;
};

struct db {
	struct db_place *place;
	void *handle;
	bool broken;
	bool sync_failed; /* ... in a commit, by the disk */
	void *stmt[SQL_COUNT];
};

struct db_driver {
	const char *scheme;
	bool on_disk; /* has a file, and a lock beside it */
	bool (*place_init)(struct db_place *p, struct str rest, struct err *e);
	void (*place_release)(struct db_place *p);
	void *(*connect)(struct db_place *p, enum db_use use, struct err *e);
	void (*disconnect)(struct db *db);
	bool (*exec)(struct db *db, const char *sql, struct err *e);
	void *(*prepare)(struct db *db, const char *sql, struct err *e);
	void (*finalize)(void *stmt);
	bool (*bind)(struct db *db, void *stmt, const struct db_arg *arg,
		     size_t n, struct err *e);
	enum db_step (*step)(struct db *db, void *stmt, struct err *e);
	bool (*commit)(struct db *db, struct err *e);
	void (*reset)(void *stmt);
	int64_t (*get_int)(void *stmt, int column);
	struct str (*get_bytes)(void *stmt, int column);
	int64_t (*changes)(struct db *db);
};
extern const struct db_driver db_driver_sqlite, db_driver_memory;

/* CONFIG: unknown scheme or no path. */
struct db_place *db_place_new(const char *url, struct err *e) MUST_USE;
void db_place_free(struct db_place **p);
struct db *db_open(struct db_place *p, enum db_use use, struct err *e) MUST_USE;
void db_close(struct db **db);

/* Several statements without results. */
bool db_exec(struct db *db, const char *sql, struct err *e) MUST_USE;
bool db_commit(struct db *db, struct err *e) MUST_USE;

/* A statement's run: db_ask, db_next until false, db_done. */
struct db_rows {
	struct db *db;
	void *stmt;
	bool failed;
	struct err *e;
};
struct db_rows db_ask_n(struct db *db, enum sql id, const struct db_arg *arg,
			size_t n, struct err *e);
bool db_next(struct db_rows *r);
bool db_done(struct db_rows *r); /* false: it failed */
int64_t db_int(const struct db_rows *r, int column);
struct str db_bytes(const struct db_rows *r, int column); /* until db_next */

/* No rows wanted; *changed_r (or NULL): rows touched. */
bool db_do_n(struct db *db, enum sql id, const struct db_arg *arg, size_t n,
	     int64_t *changed_r, struct err *e) MUST_USE;
/* One integer; `none` when there is no row. */
bool db_one_n(struct db *db, enum sql id, const struct db_arg *arg, size_t n,
	      int64_t none, int64_t *v_r, struct err *e) MUST_USE;

#define DB_ARGS(...)                                                           \
	((const struct db_arg[]){__VA_ARGS__}),                                \
		(sizeof((const struct db_arg[]){__VA_ARGS__}) /                \
		 sizeof(struct db_arg))
#define DB_NO_ARGS NULL, 0

#endif
