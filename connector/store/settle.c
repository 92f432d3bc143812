/* settle.c - what follows from a job's steps, at its end, in its transaction.
 *
 * A message whose last recipient ended gives up its body, unless it is kept
 * for a while or another open message uses it.  What was accepted or ended and
 * no audit row of the job tells of, gets one: the ledger counts on it.
 */
#include "connector/store/store_int.h"

struct tally *work_tally(struct work *w, int64_t id)
{
	VEC_EACH (t, &w->tally) {
		if (t->id == id)
			return t;
	}
	vec_push(&w->tally, ((struct tally){.id = id}));
	return &w->tally.v[w->tally.n - 1];
}

bool work_audit(struct work *w, const struct audit_row *row, struct err *e)
{
	struct audit_row r = *row;

	VEC_EACH (t, &w->tally) {
		if (t->id != r.message || r.message == 0)
			continue;
		if (str_is(r.event, "accepted")) {
			r.rcpts += t->accepted - t->in_audit;
			t->in_audit = t->accepted;
		}
		r.ends += t->ended - t->ends_told;
		t->ends_told = t->ended;
	}
	return audit_append(w->db, &w->head, &r, e);
}

struct body_state {
	int64_t open, place, of, file, drop_us;
};

static bool body_state(struct work *w, int64_t id, struct body_state *b,
		       bool *there_r, struct err *e)
{
	struct db_rows r = db_ask_n(w->db, SQL_MESSAGE_END, DB_ARGS(DB_I(id)),
				    e);

	*there_r = db_next(&r);
	if (*there_r)
		*b = (struct body_state){db_int(&r, 0), db_int(&r, 1),
					 db_int(&r, 2), db_int(&r, 3),
					 db_int(&r, 4)};
	return db_done(&r);
}

/* The row says GONE and holds no key; the bytes go with it. A spool file is
 * given back when this is durable. */
static bool body_gone(struct work *w, int64_t id, const struct body_state *b,
		      struct err *e)
{
	TRY(db_do_n(w->db, SQL_MESSAGE_DROP,
		    DB_ARGS(DB_I(id), DB_I(b->open), DB_I(BODY_GONE)), NULL,
		    e));
	key_ring_drop_body(w->ring, id);
	if (b->place == BODY_INLINE)
		return db_do_n(w->db, SQL_BODY_DELETE, DB_ARGS(DB_I(id)), NULL,
			       e);
	if (b->place == BODY_SPOOL) {
		vec_push(&w->freed, (uint32_t)b->file);
		return db_do_n(w->db, SQL_SPOOL_DELETE,
			       DB_ARGS(DB_I(b->file), DB_I(id)), NULL, e);
	}
	return true;
}

static bool body_used(struct work *w, int64_t id, bool *used_r, struct err *e)
{
	int64_t used;

	TRY(db_one_n(w->db, SQL_MESSAGE_USED, DB_ARGS(DB_I(id)), 0, &used, e));
	*used_r = used != 0;
	return true;
}

static bool has_bytes(const struct body_state *b)
{
	return b->place == BODY_INLINE || b->place == BODY_SPOOL;
}

bool body_drop(struct work *w, int64_t id, struct err *e)
{
	struct body_state b;
	bool there, used;

	TRY(body_state(w, id, &b, &there, e));
	if (!there || b.open > 0 || !has_bytes(&b))
		return true;
	TRY(body_used(w, id, &used, e));
	return used || body_gone(w, id, &b, e);
}

/* The message that lent its body to one that ended now: its time may have
 * come in the meantime. */
static bool lender_settle(struct work *w, int64_t id, int64_t now_us,
			  struct err *e)
{
	struct body_state b;
	bool there;

	TRY(body_state(w, id, &b, &there, e));
	if (!there || b.open > 0 || b.drop_us == 0 || b.drop_us > now_us)
		return true;
	return body_drop(w, id, e);
}

static bool ends_settle(struct work *w, const struct tally *t, struct err *e)
{
	struct body_state b;
	bool there, used;

	TRY(body_state(w, t->id, &b, &there, e));
	if (!there)
		return err_set(e, ERR_BUG, 0, "an end without a message");
	b.open -= t->ended;
	if (b.open < 0)
		return err_set(e, ERR_BUG, 0, "more ends than recipients");
	TRY(body_used(w, t->id, &used, e));
	if (b.open == 0 && has_bytes(&b) && !used && t->keep_us <= 0)
		return body_gone(w, t->id, &b, e);
	if (b.open == 0 && has_bytes(&b))
		b.drop_us = MAX_OF(t->at_us + t->keep_us, INT64_C(1));
	TRY(db_do_n(w->db, SQL_MESSAGE_SET_END,
		    DB_ARGS(DB_I(t->id), DB_I(b.open), DB_I(b.drop_us)), NULL,
		    e));
	if (b.open == 0 && b.place == BODY_OF_OTHER)
		return lender_settle(w, b.of, t->at_us, e);
	return true;
}

static bool rest_audit(struct work *w, const struct tally *t, struct err *e)
{
	struct audit_row row = {.at_us = t->at_us,
				.message = t->id,
				.actor = STR("engine"),
				.event = STR("accepted"),
				.detail = STR("{}")};

	if (t->accepted > t->in_audit)
		TRY(work_audit(w, &row, e));
	row.event = STR("ended");
	if (t->ended > t->ends_told)
		TRY(work_audit(w, &row, e));
	return true;
}

bool work_settle(struct work *w, struct err *e)
{
	for (size_t i = 0; i < w->tally.n; i++) {
		TRY(rest_audit(w, &w->tally.v[i], e));
		if (w->tally.v[i].ended)
			TRY(ends_settle(w, &w->tally.v[i], e));
	}
	return true;
}
