/* store.c - opening and closing: lock, schema, key, spool, writer. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>
#include "connector/base/clock.h"
#include "connector/base/codec.h"
#include "connector/base/mem.h"
#include "connector/store/store_int.h"

#define META_KEY "key"

/* ---- is there anything? ------------------------------------------------------ */

static bool path_is_there(const struct db_place *p)
{
	return p->driver->on_disk && access(p->path, F_OK) == 0;
}

/* A store belongs to a master key from its first start on. */
static bool key_is_noted(struct db *db, bool *noted_r, struct err *e)
{
	int64_t tables;
	struct db_rows r;

	*noted_r = false;
	TRY(db_one_n(db, SQL_META_TABLE, DB_NO_ARGS, 0, &tables, e));
	if (tables == 0)
		return true;
	r = db_ask_n(db, SQL_META_GET, DB_ARGS(DB_T(STR(META_KEY))), e);
	*noted_r = db_next(&r);
	return db_done(&r);
}

bool store_is_empty(const char *url, bool *empty_r, struct err *e)
{
	struct db_place *p = db_place_new(url, e);
	bool ok = p != NULL, noted = false;
	struct db *db;

	*empty_r = false;
	if (ok && path_is_there(p)) {
		db = db_open(p, DB_READER, e);
		ok = db && key_is_noted(db, &noted, e);
		db_close(&db);
	}
	if (ok)
		*empty_r = !noted;
	db_place_free(&p);
	return ok;
}

/* ---- opening -------------------------------------------------------------- */

static bool lock_take(struct store *s, struct err *e)
{
	AUTO_STR path = NULL;

	if (!s->place->driver->on_disk)
		return true;
	path = mem_printf("%s.lock", s->place->path);
	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			  0600);
	if (s->lock_fd < 0) {
		err_errno(e, "%s", path);
		if (e)
			e->class = ERR_CONFIG;
		return false;
	}
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return err_set(e, ERR_CONFIG, errno,
			       "the store %s is in use by another engine "
			       "(%s is locked)",
			       s->place->path, path);
	return true;
}

static bool key_differs(const struct store *s, struct str was,
			const unsigned char id[KEY_ID_LEN], struct err *e)
{
	struct buf text[2] = {BUF_MAX(64), BUF_MAX(64)};

	hex_encode(&text[0], str_head(was, 4));
	hex_encode(&text[1], str_head(str_n(id, KEY_ID_LEN), 4));
	err_set(e, ERR_CONFIG, 0,
		"the store %s was sealed under master key %.8s, but "
		"`master-key` names a file with key %.8s: put the right file "
		"back from its backup, or run `sekisho key restore` with the "
		"words that `sekisho key backup` printed",
		s->place->path, buf_cstr(&text[0]), buf_cstr(&text[1]));
	buf_release(&text[0]);
	buf_release(&text[1]);
	return false;
}

/* Notes the key's identity at the first start, compares it ever after. */
static bool key_compare(struct store *s, struct err *e)
{
	unsigned char id[KEY_ID_LEN];
	struct db_rows r;
	bool noted, same = true;

	TRY(keys_identity(s->keys, id, e));
	r = db_ask_n(s->work.db, SQL_META_GET, DB_ARGS(DB_T(STR(META_KEY))), e);
	noted = db_next(&r);
	if (noted && !str_eq(db_bytes(&r, 0), str_n(id, KEY_ID_LEN)))
		same = key_differs(s, db_bytes(&r, 0), id, e);
	if (!db_done(&r) || !same)
		return false;
	return noted ||
	       db_do_n(s->work.db, SQL_META_PUT,
		       DB_ARGS(DB_T(STR(META_KEY)), DB_KEY(id, KEY_ID_LEN)),
		       NULL, e);
}

/* Schema and key in one transaction: a kill leaves the old store. */
static bool prepare(struct store *s, struct err *e)
{
	struct db *db = s->work.db;

	TRY(db_do_n(db, SQL_BEGIN_WRITE, DB_NO_ARGS, NULL, e));
	return schema_upgrade(db, e) && key_compare(s, e) && db_commit(db, e);
}

struct named {
	VEC_OF(uint32_t);
};

static int file_cmp(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static bool file_is_named(void *arg, uint32_t file)
{
	struct named *named = arg;

	return named->n && bsearch(&file, named->v, named->n, sizeof(*named->v),
				   file_cmp) != NULL;
}

static bool spool_settle(struct store *s, struct err *e)
{
	struct db_rows r;
	struct named named = {0};
	bool ok;

	if (!s->spool)
		return true;
	r = db_ask_n(s->work.db, SQL_SPOOL_ALL, DB_NO_ARGS, e);
	while (db_next(&r))
		vec_push(&named, (uint32_t)db_int(&r, 0));
	ok = db_done(&r) &&
	     spool_free_unless(s->spool, file_is_named, &named, e);
	vec_release(&named);
	return ok;
}

static bool start(struct store *s, struct err *e)
{
	TRY(lock_take(s, e));
	s->work.db = db_open(s->place, DB_WRITER, e);
	TRY(s->work.db != NULL);
	TRY(prepare(s, e));
	TRY(spool_settle(s, e));
	TRY(audit_head_load(s->work.db, &s->work.head, e));
	s->healthy = true;
	if (!writer_start(s))
		return err_set(e, ERR_RETRY, 0, "store: no thread to be had");
	return true;
}

static void sync_init(struct store *s)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &attr);
	pthread_condattr_destroy(&attr);
}

struct store *store_open(const struct store_conf *conf, struct err *e)
{
	struct db_place *p = db_place_new(conf->url, e);
	struct store *s;

	if (!p)
		return NULL;
	s = NEW(struct store);
	s->place = p;
	s->keys = conf->keys;
	s->spool = conf->spool;
	s->log = conf->log;
	s->metrics = conf->metrics;
	s->lock_fd = -1;
	s->last = &s->first;
	sync_init(s);
	key_ring_init(&s->ring, s->keys, true);
	s->work.store = s;
	s->work.ring = &s->ring;
	if (!start(s, e))
		store_close(&s);
	return s;
}

void store_close(struct store **s)
{
	struct store *old = TAKE(*s);

	if (!old)
		return;
	pthread_mutex_lock(&old->lock);
	old->ending = true;
	pthread_cond_signal(&old->wake);
	pthread_mutex_unlock(&old->lock);
	if (old->writing)
		pthread_join(old->writer, NULL);
	db_close(&old->work.db);
	vec_release(&old->work.tally);
	vec_release(&old->work.freed);
	key_ring_release(&old->ring);
	db_place_free(&old->place);
	if (old->lock_fd >= 0)
		close(old->lock_fd); /* ends the lock */
	pthread_cond_destroy(&old->wake);
	pthread_mutex_destroy(&old->lock);
	mem_free(old);
}

/* ---- recovery --------------------------------------------------------------- */

#define RECOVER_CHUNK 500
#define LANE_SENDING  3

struct step_recover {
	struct step step;
	int64_t now_us, due_us;
	int64_t rcpts; /* out */
};

static bool recover_one(struct work *w, struct step_recover *s, int64_t id,
			struct err *e)
{
	struct audit_row row = {.at_us = s->now_us,
				.message = id,
				.actor = STR("engine"),
				.event = STR("unknown")};
	struct buf detail = BUF_MAX(80);
	int64_t n;
	bool ok;

	TRY(db_do_n(w->db, SQL_RCPT_LOSE, DB_ARGS(DB_I(id), DB_I(s->due_us)),
		    &n, e));
	s->rcpts += n;
	buf_printf(&detail, "{\"recipients\":%lld,\"why\":\"restart\"}",
		   (long long)n);
	row.detail = buf_str(&detail);
	ok = work_audit(w, &row, e);
	buf_release(&detail);
	return ok;
}

static bool recover_run(struct work *w, struct step *step, struct err *e)
{
	struct step_recover *s = (struct step_recover *)step;
	int64_t id[RECOVER_CHUNK];
	size_t n = 0;
	int64_t after = INT64_MIN;

	s->rcpts = 0;
	do {
		struct db_rows r = db_ask_n(w->db, SQL_RCPT_LANE,
					    DB_ARGS(DB_I(LANE_SENDING),
						    DB_I(after),
						    DB_I(RECOVER_CHUNK)),
					    e);

		for (n = 0; n < RECOVER_CHUNK && db_next(&r); n++)
			id[n] = db_int(&r, 0);
		TRY(db_done(&r));
		for (size_t i = 0; i < n; i++)
			TRY(recover_one(w, s, id[i], e));
		if (n > 0)
			after = id[n - 1];
	} while (n == RECOVER_CHUNK);
	return true;
}

bool store_recover(struct store *s, int64_t now_us, int64_t due_us,
		   size_t *unknown_r, struct err *e)
{
	struct store_job *j = store_job_new(s);
	struct step_recover *step = job_step(j, sizeof(*step), recover_run,
					     false);
	bool ok;

	step->now_us = now_us;
	step->due_us = due_us;
	ok = store_run(s, j, e);
	*unknown_r = ok ? (size_t)step->rcpts : 0;
	store_job_free(&j);
	return ok;
}
