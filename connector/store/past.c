/* past.c - who of a tenant has written to whom, and how often: one row each.
 *
 * It grows with the delivered mail and shrinks by retention, a slice of the
 * table at a time.
 */
#include "connector/base/clock.h"
#include "connector/store/store_int.h"

#define SLICE 5000 /* rows that one job looks at */

struct step_past {
	struct step step;
	struct str tenant;
	struct store_past row;
	bool known; /* from elsewhere: as it says, not once more */
};

static bool past_run(struct work *w, struct step *step, struct err *e)
{
	struct step_past *s = (struct step_past *)step;

	return db_do_n(w->db, s->known ? SQL_PAST_KNOWN : SQL_PAST_MORE,
		       DB_ARGS(DB_T(s->tenant), DB_T(s->row.recipient),
			       DB_T(s->row.sender), DB_I(s->row.count),
			       DB_I(s->row.last_us)),
		       NULL, e);
}

static void add(struct store_job *j, struct str tenant,
		const struct store_past *row, bool known)
{
	struct step_past *s = job_step(j, sizeof(*s), past_run, false);

	s->tenant = arena_str(&j->arena, tenant);
	s->row = *row;
	s->row.sender = arena_str(&j->arena, row->sender);
	s->row.recipient = arena_str(&j->arena, row->recipient);
	s->known = known;
}

void store_add_past(struct store_job *j, struct str tenant,
		    const struct store_past *row)
{
	add(j, tenant, row, false);
}

void store_put_past(struct store_job *j, struct str tenant,
		    const struct store_past *row)
{
	add(j, tenant, row, true);
}

/* ---- retention ---- */

struct step_past_expire {
	struct step step;
	int64_t before_us;
};

struct past_key {
	struct str tenant, recipient, sender;
};
struct past_keys {
	VEC_OF(struct past_key);
};

/* Where the last slice ended: three texts, each behind its length. */
static void cursor_write(const struct past_key *k, struct buf *out)
{
	buf_put_bytes(out, k->tenant);
	buf_put_bytes(out, k->recipient);
	buf_put_bytes(out, k->sender);
}

static bool cursor_load(struct work *w, struct arena *a, struct past_key *k_r,
			struct err *e)
{
	struct db_rows r = db_ask_n(w->db, SQL_META_GET,
				    DB_ARGS(DB_T(STR("past"))), e);
	struct rd in;

	*k_r = (struct past_key){STR(""), STR(""), STR("")};
	if (db_next(&r)) {
		in = rd_of(arena_str(a, db_bytes(&r, 0)));
		k_r->tenant = rd_lenbytes(&in, STORE_AUDIT_MAX);
		k_r->recipient = rd_lenbytes(&in, STORE_AUDIT_MAX);
		k_r->sender = rd_lenbytes(&in, STORE_AUDIT_MAX);
	}
	return db_done(&r);
}

/* The next slice; *at moves to its last row, or to the begin of the table. */
static bool slice(struct work *w, struct past_key *at, int64_t before_us,
		  struct past_keys *old, struct arena *a, struct err *e)
{
	struct db_rows r = db_ask_n(w->db, SQL_PAST_SLICE,
				    DB_ARGS(DB_T(at->tenant),
					    DB_T(at->recipient),
					    DB_T(at->sender), DB_I(SLICE)),
				    e);
	struct past_key k = *at;
	int64_t n = 0;

	while (db_next(&r)) {
		k = (struct past_key){arena_str(a, db_bytes(&r, 0)),
				      arena_str(a, db_bytes(&r, 1)),
				      arena_str(a, db_bytes(&r, 2))};
		if (db_int(&r, 3) < before_us)
			vec_push(old, k);
		n++;
	}
	*at = n < SLICE ? (struct past_key){STR(""), STR(""), STR("")} : k;
	return db_done(&r);
}

static bool slice_expire(struct work *w, int64_t before_us, struct arena *a,
			 struct past_keys *old, struct err *e)
{
	AUTO(buf) cursor = BUF_MAX(64 * KIB);
	struct past_key at;

	TRY(cursor_load(w, a, &at, e));
	TRY(slice(w, &at, before_us, old, a, e));
	for (size_t i = 0; i < old->n; i++)
		TRY(db_do_n(w->db, SQL_PAST_DELETE,
			    DB_ARGS(DB_T(old->v[i].tenant),
				    DB_T(old->v[i].recipient),
				    DB_T(old->v[i].sender)),
			    NULL, e));
	cursor_write(&at, &cursor);
	return db_do_n(w->db, SQL_META_PUT,
		       DB_ARGS(DB_T(STR("past")), DB_B(buf_str(&cursor))), NULL,
		       e);
}

static bool expire_run(struct work *w, struct step *step, struct err *e)
{
	struct step_past_expire *s = (struct step_past_expire *)step;
	struct past_keys old = {0};
	struct arena a = ARENA_EMPTY;
	bool ok = slice_expire(w, s->before_us, &a, &old, e);

	vec_release(&old);
	arena_release(&a);
	return ok;
}

void store_expire_past(struct store_job *j, int64_t before_us)
{
	struct step_past_expire *s = job_step(j, sizeof(*s), expire_run, true);

	s->before_us = before_us;
}

/* ---- reading ---- */

bool store_past_of(struct store_reader *r, struct str tenant,
		   struct str recipient, struct str first, struct arena *a,
		   struct str **sender_r, size_t *n_r, bool *more_r,
		   struct err *e)
{
	struct db_rows rows = db_ask_n(r->db, SQL_PAST_OF,
				       DB_ARGS(DB_T(tenant), DB_T(recipient),
					       DB_T(first),
					       DB_I(STORE_PAST_SENDERS + 1)),
				       e);
	struct str *v = NULL;

	*n_r = 0;
	*more_r = false;
	while (db_next(&rows)) {
		if (!v)
			v = arena_array(a, STORE_PAST_SENDERS, sizeof(*v));
		*more_r = *n_r == STORE_PAST_SENDERS;
		if (!*more_r)
			v[(*n_r)++] = arena_str(a, db_bytes(&rows, 0));
	}
	*sender_r = v;
	return db_done(&rows);
}

bool store_past_list(struct store_reader *r, struct str tenant,
		     const struct store_past *after, unsigned limit,
		     struct arena *a, struct store_past **past_r, size_t *n_r,
		     struct err *e)
{
	struct db_rows rows = db_ask_n(
		r->db, SQL_PAST_LIST,
		DB_ARGS(DB_T(tenant), DB_T(after ? after->recipient : STR("")),
			DB_T(after ? after->sender : STR("")), DB_I(limit)),
		e);

	*past_r = arena_array(a, limit, sizeof(**past_r));
	*n_r = 0;
	while (db_next(&rows) && *n_r < limit)
		(*past_r)[(*n_r)++] = (struct store_past){
			.recipient = arena_str(a, db_bytes(&rows, 0)),
			.sender = arena_str(a, db_bytes(&rows, 1)),
			.count = db_int(&rows, 2),
			.last_us = db_int(&rows, 3)};
	return db_done(&rows);
}
