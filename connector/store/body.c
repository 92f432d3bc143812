/* body.c - plain bytes of a body, wherever it lies. */
#include "connector/base/mem.h"
#include "connector/store/store_int.h"

struct body {
	int64_t id; /* whose bytes they are, and to whom the seal is bound */
	enum body_place place;
	int64_t of;
	struct spool_ref spool;
	uint64_t size;
	unsigned char key[KEY_LEN];
};

/* Who has loaded the message holds its key: the keeper is not asked again for
 * each piece. */
static bool body_key(struct store_reader *r, const struct store_message *m,
		     struct str wrapped, struct body *b, struct err *e)
{
	static const unsigned char none[KEY_LEN];

	if (b->id != m->id || memcmp(m->dek, none, KEY_LEN) == 0 ||
	    !str_eq(wrapped, str_n(m->wrapped, WRAPPED_LEN)))
		return key_ring_body(&r->ring, b->id, wrapped, b->key, e);
	memcpy(b->key, m->dek, KEY_LEN);
	return true;
}

static bool body_find(struct store_reader *r, const struct store_message *m,
		      struct body *b, struct err *e)
{
	int64_t id = m->place == BODY_OF_OTHER ? m->of : m->id;
	struct db_rows rows = db_ask_n(r->db, SQL_MESSAGE_BODY,
				       DB_ARGS(DB_I(id)), e);
	bool there = db_next(&rows), ok = there;

	*b = (struct body){.id = id, .place = BODY_GONE};
	if (there) {
		b->place = (enum body_place)db_int(&rows, 0);
		b->of = db_int(&rows, 1);
		b->spool.file = (uint32_t)db_int(&rows, 2);
		b->spool.version = (uint64_t)db_int(&rows, 3);
		b->spool.length = (uint64_t)db_int(&rows, 4);
		b->size = (uint64_t)db_int(&rows, 6);
		if (b->place == BODY_INLINE || b->place == BODY_SPOOL)
			ok = body_key(r, m, db_bytes(&rows, 5), b, e);
	}
	if (!db_done(&rows))
		return false;
	if (!there)
		return err_set(e, ERR_NOT_FOUND, 0, "no such message");
	return ok;
}

static bool inline_read(struct store_reader *r, const struct body *b,
			uint64_t off, void *to, size_t n, struct err *e)
{
	struct db_rows rows = db_ask_n(r->db, SQL_BODY_GET,
				       DB_ARGS(DB_I(b->id)), e);
	struct arena a = ARENA_EMPTY;
	struct str plain = STR_EMPTY;
	bool there = db_next(&rows), ok;

	arena_init_secret(&a);
	ok = there && field_open(b->key, b->id, SEAL_BODY, 0, 0,
				 db_bytes(&rows, 0), &a, &plain, e);
	if (!db_done(&rows))
		ok = false;
	else if (!there)
		ok = err_set(e, ERR_NOT_FOUND, 0, "the body is gone");
	if (ok && (off > plain.n || n > plain.n - off))
		ok = err_set(e, ERR_PERMANENT, 0,
			     "the body is shorter than its row says");
	if (ok && n)
		memcpy(to, plain.p + off, n);
	arena_release(&a);
	return ok;
}

bool store_body_read(struct store_reader *r, const struct store_message *m,
		     uint64_t off, void *to, size_t n, struct err *e)
{
	struct body b;
	bool ok;

	/* The row is asked, not the struct: it may have changed since. */
	TRY(body_find(r, m, &b, e));
	if (b.place == BODY_INLINE)
		ok = inline_read(r, &b, off, to, n, e);
	else if (b.place != BODY_SPOOL)
		ok = err_set(e, ERR_NOT_FOUND, 0, "the body is gone");
	else if (!r->spool)
		ok = err_set(e, ERR_DENIED, 0, "no spool at hand");
	else
		ok = spool_read(r->spool, &b.spool, b.id, b.key, off, to, n, e);
	mem_wipe(&b, sizeof(b));
	return ok;
}
