/* reader.c - connections that only read. */
#include "connector/base/mem.h"
#include "connector/store/store_int.h"

static struct store_reader *reader_new(struct db_place *p, bool own_place,
				       struct keys *keys, struct spool *spool,
				       struct err *e)
{
	struct store_reader *r = NEW(struct store_reader);

	r->place = p;
	r->own_place = own_place;
	r->spool = spool;
	key_ring_init(&r->ring, keys, false);
	r->db = db_open(p, DB_READER, e);
	if (!r->db || !schema_check(r->db, e))
		store_reader_free(&r);
	return r;
}

struct store_reader *store_reader_new(struct store *s, struct err *e)
{
	return reader_new(s->place, false, s->keys, s->spool, e);
}

struct store_reader *store_reader_open(const struct store_conf *conf,
				       struct err *e)
{
	struct db_place *p = db_place_new(conf->url, e);

	return p ? reader_new(p, true, conf->keys, conf->spool, e) : NULL;
}

void store_reader_free(struct store_reader **r)
{
	struct store_reader *old = TAKE(*r);

	if (!old)
		return;
	db_close(&old->db);
	key_ring_release(&old->ring);
	if (old->own_place)
		db_place_free(&old->place);
	mem_free(old);
}

/* A failed read may have left its connection in a transaction: that would see
 * old rows for ever, and a memory database's writer waits for its end. */
static bool reader_renew(struct store_reader *r, struct err *e)
{
	struct db *fresh = db_open(r->place, DB_READER, e);

	TRY(fresh != NULL);
	db_close(&r->db);
	r->db = fresh;
	return true;
}

bool reader_begin(struct store_reader *r, struct err *e)
{
	struct err first;

	/* BEGIN fails within a transaction only. */
	if (!r->db->broken &&
	    db_do_n(r->db, SQL_BEGIN_READ, DB_NO_ARGS, NULL, &first))
		return true;
	TRY(reader_renew(r, e));
	return db_do_n(r->db, SQL_BEGIN_READ, DB_NO_ARGS, NULL, e);
}

bool reader_end(struct store_reader *r, bool ok)
{
	struct err ignored;
	bool ended = db_do_n(r->db, ok ? SQL_END_READ : SQL_ROLLBACK,
			     DB_NO_ARGS, NULL, &ignored);

	/* Nothing was written: a failure to end matters to the next one, who
	 * tries again what fails here. */
	if ((!ended || r->db->broken) && !reader_renew(r, &ignored))
		r->db->broken = true;
	return ok;
}

/* ---- messages ---------------------------------------------------------------- */

static bool ids_load(struct store_reader *r, const struct ids *ids,
		     struct arena *a, struct store_found **found_r, size_t *n_r,
		     struct err *e)
{
	struct load l = {r->db, &r->ring, a, false};

	*found_r = arena_array(a, ids->n, sizeof(**found_r));
	for (*n_r = 0; *n_r < ids->n; ++*n_r)
		TRY(message_load(&l, ids->v[*n_r], *found_r + *n_r, e));
	return true;
}

bool store_list(struct store_reader *r, const struct store_query *q,
		struct arena *a, struct store_found **found_r, size_t *n_r,
		struct err *e)
{
	int64_t before = q->after_id ? q->after_id : INT64_MAX;
	enum rcpt_state state = RCPT_STATE_COUNT;
	int64_t code = -1;
	struct ids ids = {0};
	bool ok;

	*n_r = 0;
	if (q->state.n && !rcpt_state_parse(q->state, &state))
		return err_set(e, ERR_NOT_FOUND, 0,
			       "no state is called "
			       "\"" STR_FMT "\"",
			       STR_ARG(str_head(q->state, 40)));
	if (q->state.n)
		code = rcpt_code(state);
	TRY(reader_begin(r, e));
	ok = ids_collect(
		db_ask_n(r->db,
			 q->open_only ? SQL_MESSAGE_LIST_OPEN
				      : SQL_MESSAGE_LIST,
			 DB_ARGS(DB_I(before), DB_T(q->tenant), DB_T(q->reason),
				 DB_T(q->sender), DB_I(code), DB_I(q->limit)),
			 e),
		&ids);
	ok = ok && ids_load(r, &ids, a, found_r, n_r, e);
	vec_release(&ids);
	return reader_end(r, ok);
}

bool store_by_message_id(struct store_reader *r, struct str tenant,
			 struct str message_id, struct arena *a,
			 struct store_found **found_r, size_t *n_r,
			 struct err *e)
{
	struct ids ids = {0};
	bool ok;

	*n_r = 0;
	*found_r = NULL;
	if (message_id.n == 0)
		return true;
	TRY(reader_begin(r, e));
	ok = ids_collect(db_ask_n(r->db, SQL_MESSAGE_SAME,
				  DB_ARGS(DB_I(identity_of(tenant, message_id)),
					  DB_T(tenant), DB_T(message_id),
					  DB_I(MESSAGE_MAIL), DB_I(1000)),
				  e),
			 &ids);
	ok = ok && ids_load(r, &ids, a, found_r, n_r, e);
	vec_release(&ids);
	return reader_end(r, ok);
}

bool store_show(struct store_reader *r, int64_t id, struct arena *a,
		struct store_found *found_r, struct err *e)
{
	struct load l = {NULL, &r->ring, a, false};

	TRY(reader_begin(r, e));
	l.db = r->db;
	return reader_end(r, message_load(&l, id, found_r, e));
}

/* ---- story ------------------------------------------------------------------ */

static struct str text_at(struct arena *a, const struct db_rows *r, int column)
{
	return arena_str(a, db_bytes(r, column));
}

bool store_story(struct store_reader *r, int64_t id, struct arena *a,
		 struct store_audit **audit_r, size_t *n_r, struct err *e)
{
	struct db_rows rows = db_ask_n(r->db, SQL_AUDIT_OF, DB_ARGS(DB_I(id)),
				       e);
	struct {
		VEC_OF(struct store_audit);
	} list = {0};

	while (db_next(&rows)) {
		struct store_audit row = {.seq = db_int(&rows, 0),
					  .at_us = db_int(&rows, 1),
					  .message = db_int(&rows, 2),
					  .actor = text_at(a, &rows, 3),
					  .event = text_at(a, &rows, 4),
					  .detail = text_at(a, &rows, 5)};
		struct str hash = db_bytes(&rows, 6);

		if (hash.n == SHA256_LEN)
			memcpy(row.hash, hash.p, SHA256_LEN);
		vec_push(&list, row);
	}
	*n_r = list.n;
	*audit_r = arena_array(a, list.n, sizeof(**audit_r));
	if (list.n)
		memcpy(*audit_r, list.v, list.n * sizeof(**audit_r));
	vec_release(&list);
	return db_done(&rows);
}

/* ---- tokens, values, secrets ------------------------------------------ */

bool store_token_find(struct store_reader *r,
		      const unsigned char hash[SHA256_LEN], struct arena *a,
		      struct store_token *t_r, struct err *e)
{
	struct db_rows rows = db_ask_n(r->db, SQL_TOKEN_GET,
				       DB_ARGS(DB_KEY(hash, SHA256_LEN)), e);
	bool there = db_next(&rows);

	*t_r = (struct store_token){0};
	if (there) {
		struct str check = db_bytes(&rows, 3);

		memcpy(t_r->hash, hash, SHA256_LEN);
		t_r->kind = (char)db_int(&rows, 0);
		t_r->message = db_int(&rows, 1);
		t_r->person = text_at(a, &rows, 2);
		if (check.n == SHA256_LEN)
			memcpy(t_r->check, check.p, SHA256_LEN);
		t_r->tries = (unsigned)db_int(&rows, 4);
		t_r->expires_us = db_int(&rows, 5);
		t_r->used_us = db_int(&rows, 6);
	}
	if (!db_done(&rows))
		return false;
	return there || err_set(e, ERR_NOT_FOUND, 0, "no such token");
}

bool store_value(struct store_reader *r, struct str key, struct arena *a,
		 struct str *value_r, struct err *e)
{
	struct db_rows rows = db_ask_n(r->db, SQL_VALUE_GET, DB_ARGS(DB_T(key)),
				       e);

	*value_r = db_next(&rows) ? text_at(a, &rows, 0) : STR_EMPTY;
	return db_done(&rows);
}

static bool secret_open(struct store_reader *r, struct str name,
			const struct db_rows *rows, struct arena *a,
			struct str *plain_r, struct err *e)
{
	int64_t id = identity_of(STR("secret"), name);
	unsigned char key[KEY_LEN];
	bool ok;

	TRY(key_ring_text(&r->ring, id, db_bytes(rows, 0), key, e));
	ok = field_open(key, id, SEAL_SECRET, 0, 0, db_bytes(rows, 1), a,
			plain_r, e);
	mem_wipe(key, sizeof(key));
	return ok;
}

bool store_secret(struct store_reader *r, struct str name, struct arena *a,
		  struct str *plain_r, struct err *e)
{
	struct db_rows rows = db_ask_n(r->db, SQL_SECRET_GET,
				       DB_ARGS(DB_T(name)), e);
	bool there = db_next(&rows);
	bool ok = there && secret_open(r, name, &rows, a, plain_r, e);

	if (!db_done(&rows))
		return false;
	if (!there)
		return err_set(e, ERR_NOT_FOUND, 0,
			       "no secret is called "
			       "\"" STR_FMT "\"",
			       STR_ARG(str_head(name, 60)));
	return ok ||
	       err_wrap(e, "secret " STR_FMT, STR_ARG(str_head(name, 60)));
}
