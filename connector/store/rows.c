/* rows.c - rows of messages and recipients as structs. */
#include "connector/base/mem.h"
#include "connector/store/store_int.h"

/* On disk for years: a number here is never used for another state. */
static const int state_code[RCPT_STATE_COUNT] = {
	[RCPT_RECEIVED] = 0,  [RCPT_HELD] = 10,	      [RCPT_READY] = 20,
	[RCPT_DEFERRED] = 21, [RCPT_UNKNOWN] = 22,    [RCPT_SENDING] = 30,
	[RCPT_PARKED] = 40,   [RCPT_DELIVERED] = 100, [RCPT_BOUNCED] = 101,
	[RCPT_REFUSED] = 102, [RCPT_DISCARDED] = 103, [RCPT_RETURNED] = 104,
	[RCPT_EXPIRED] = 105,
};

int rcpt_code(enum rcpt_state s)
{
	return state_code[s];
}

enum rcpt_state rcpt_of_code(int code)
{
	for (unsigned s = 0; s < RCPT_STATE_COUNT; s++)
		if (state_code[s] == code)
			return (enum rcpt_state)s;
	return RCPT_STATE_COUNT;
}

int64_t identity_of(struct str tenant, struct str message_id)
{
	unsigned char digest[SHA256_LEN];
	struct buf key = BUF_MAX(64 * KIB);
	uint64_t v = 0;

	if (message_id.n == 0)
		return 0;
	buf_put_bytes(&key, tenant);
	buf_put_bytes(&key, message_id);
	sha256_of(key.p, key.n, digest);
	buf_release(&key);
	for (unsigned i = 0; i < sizeof(v); i++)
		v = v << 8 | digest[i];
	v &= INT64_MAX;
	return v ? (int64_t)v : 1;
}

bool ids_collect(struct db_rows r, struct ids *ids)
{
	while (db_next(&r))
		vec_push(ids, db_int(&r, 0));
	return db_done(&r);
}

/* ---- messages ---------------------------------------------------------------- */

static struct str text_at(const struct load *l, const struct db_rows *r, int i)
{
	struct str s = db_bytes(r, i);

	return s.n ? arena_str(l->arena, s) : STR_EMPTY;
}

/* Columns 0 to 26 of MESSAGE_GET but for the sealed ones. */
static void message_clear(const struct load *l, const struct db_rows *r,
			  struct store_message *m)
{
	struct str digest = db_bytes(r, 10), wrapped = db_bytes(r, 17);

	m->kind = (enum message_kind)db_int(r, 0);
	m->tenant = text_at(l, r, 1);
	m->message_id = text_at(l, r, 2);
	m->from = text_at(l, r, 3);
	m->sender = text_at(l, r, 4);
	m->body = (enum mail_body)db_int(r, 5);
	m->smtputf8 = db_int(r, 6) != 0;
	m->ret = (enum dsn_ret)db_int(r, 7);
	m->envid = text_at(l, r, 8);
	m->size = (uint64_t)db_int(r, 9);
	if (digest.n == SHA256_LEN)
		memcpy(m->digest, digest.p, SHA256_LEN);
	m->prefix = text_at(l, r, 11);
	m->place = (enum body_place)db_int(r, 12);
	m->of = db_int(r, 13);
	m->spool.file = (uint32_t)db_int(r, 14);
	m->spool.version = (uint64_t)db_int(r, 15);
	m->spool.length = (uint64_t)db_int(r, 16);
	if (wrapped.n == WRAPPED_LEN)
		memcpy(m->wrapped, wrapped.p, WRAPPED_LEN);
	m->reason = text_at(l, r, 20);
	m->client = text_at(l, r, 21);
	m->accepted_us = db_int(r, 22);
	m->policy_version = (uint32_t)db_int(r, 23);
	m->language = text_at(l, r, 24);
	m->about = db_int(r, 25);
	m->decided = db_int(r, 26) != 0;
}

/* A field that does not open stays empty and is told; only a keeper that does
 * not answer is an error. */
static bool tolerate(struct load *l, bool ok, struct err *why, struct err *e)
{
	if (ok || why->class == ERR_DENIED)
		return true;
	if (why->class == ERR_RETRY)
		return err_set(e, why->class, why->code, "%s", why->text);
	l->damaged = true;
	return true;
}

static bool message_sealed(struct load *l, const struct db_rows *r,
			   const unsigned char *key, struct store_message *m,
			   struct err *e)
{
	const struct {
		enum seal_kind kind;
		int column;
		struct str *to;
	} field[] = {{SEAL_SUBJECT, 19, &m->subject},
		     {SEAL_VIEW, 28, &m->view},
		     {SEAL_PLAN, 29, &m->plan},
		     {SEAL_EDITS, 30, &m->edits}};

	for (size_t i = 0; i < ARRAY_LEN(field); i++) {
		struct err why = ERR_EMPTY;
		bool ok = field_open(key, m->id, field[i].kind, 0, 0,
				     db_bytes(r, field[i].column), l->arena,
				     field[i].to, &why);

		TRY(tolerate(l, ok, &why, e));
	}
	return true;
}

/* The keys of a message; *text_r NULL when they cannot be had. */
static bool message_keys(struct load *l, const struct db_rows *r,
			 struct store_message *m, unsigned char *text,
			 bool *text_r, struct err *e)
{
	struct err why = ERR_EMPTY;
	bool ok = true;

	if (m->place == BODY_INLINE || m->place == BODY_SPOOL)
		ok = key_ring_body(l->ring, m->id, db_bytes(r, 17), m->dek,
				   &why);
	TRY(tolerate(l, ok, &why, e));
	why = ERR_EMPTY;
	*text_r = key_ring_text(l->ring, m->id, db_bytes(r, 18), text, &why);
	return tolerate(l, *text_r, &why, e);
}

/* ---- recipients ------------------------------------------------------------- */

static void rcpt_clear(const struct load *l, const struct db_rows *r,
		       struct store_rcpt *t)
{
	t->n = (unsigned)db_int(r, 0);
	t->address = text_at(l, r, 1);
	t->key = text_at(l, r, 2);
	t->notify = (unsigned)db_int(r, 3);
	t->orcpt = text_at(l, r, 4);
	t->state = rcpt_of_code((int)db_int(r, 5));
	t->version = (unsigned)db_int(r, 6);
	t->shape = (unsigned)db_int(r, 7);
	t->gate = (unsigned)db_int(r, 10);
	t->due_us = db_int(r, 11);
	t->attempts = (unsigned)db_int(r, 12);
	t->unknowns = (unsigned)db_int(r, 13);
	t->code = (int)db_int(r, 14);
	t->answer = text_at(l, r, 15);
	t->remote = text_at(l, r, 16);
	t->ended_us = db_int(r, 17);
	t->warned_us = db_int(r, 18);
	t->reason = text_at(l, r, 19);
	t->ready_us = db_int(r, 20);
	t->route = text_at(l, r, 21);
}

static bool rcpts_load(struct load *l, int64_t id, const unsigned char *key,
		       struct store_found *f, struct err *e)
{
	struct db_rows r = db_ask_n(l->db, SQL_RCPT_OF, DB_ARGS(DB_I(id)), e);
	struct {
		VEC_OF(struct store_rcpt);
	} list = {0};
	bool ok = true;

	while (ok && db_next(&r)) {
		struct store_rcpt t = {0};
		struct err why = ERR_EMPTY;

		rcpt_clear(l, &r, &t);
		if (key)
			ok = tolerate(l,
				      field_open(key, id, SEAL_TEXT, t.n,
						 (uint64_t)db_int(&r, 9),
						 db_bytes(&r, 8), l->arena,
						 &t.gates, &why),
				      &why, e);
		vec_push(&list, t);
	}
	ok = db_done(&r) && ok;
	f->rcpt_n = list.n;
	f->rcpt = arena_array(l->arena, list.n, sizeof(*f->rcpt));
	if (list.n)
		memcpy(f->rcpt, list.v, list.n * sizeof(*f->rcpt));
	vec_release(&list);
	return ok;
}

static bool message_row(struct load *l, int64_t id, struct store_message *m,
			unsigned char *key, bool *key_r, struct err *e)
{
	struct db_rows r = db_ask_n(l->db, SQL_MESSAGE_GET, DB_ARGS(DB_I(id)),
				    e);
	bool there = db_next(&r);
	bool ok = there;

	if (there) {
		message_clear(l, &r, m);
		ok = message_keys(l, &r, m, key, key_r, e) &&
		     (!*key_r || message_sealed(l, &r, key, m, e));
	}
	if (!db_done(&r))
		return false;
	if (!there)
		return err_set(e, ERR_NOT_FOUND, 0, "no such message");
	return ok;
}

bool message_load(struct load *l, int64_t id, struct store_found *f_r,
		  struct err *e)
{
	unsigned char key[KEY_LEN];
	bool has_key = false, ok;

	*f_r = (struct store_found){.message = {.id = id}};
	l->damaged = false;
	ok = message_row(l, id, &f_r->message, key, &has_key, e) &&
	     rcpts_load(l, id, has_key ? key : NULL, f_r, e);
	mem_wipe(key, sizeof(key));
	f_r->damaged = l->damaged;
	return ok;
}
