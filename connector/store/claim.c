/* claim.c - what is due: for delivery, for a gate, for a decision. */
#include "connector/base/mem.h"
#include "connector/store/store_int.h"

struct step_claim {
	struct step step;
	int64_t now_us;
	unsigned messages;
	struct store_rooms rooms; /* of a claim */
};

static void id_add(struct ids *ids, int64_t id)
{
	VEC_EACH (v, ids) {
		if (*v == id)
			return;
	}
	vec_push(ids, id);
}

static bool due_ids(struct work *w, enum sql which, const struct step_claim *s,
		    struct ids *ids, struct err *e)
{
	struct db_rows r = db_ask_n(w->db, which, DB_ARGS(DB_I(s->now_us)), e);

	while (ids->n < s->messages && db_next(&r))
		id_add(ids, db_int(&r, 0));
	return db_done(&r);
}

/* Something sealed does not open: nothing of it may leave, somebody has to
 * look. */
static bool damaged_hold(struct work *w, int64_t id, int64_t now_us,
			 struct err *e)
{
	struct audit_row row = {.at_us = now_us,
				.message = id,
				.actor = STR("engine"),
				.event = STR("damaged"),
				.detail = STR("{\"why\":\"a sealed field does "
					      "not open\"}")};

	LOG(w->store->log, LOG_ERROR, "message-damaged", LI("id", id));
	TRY(db_do_n(w->db, SQL_RCPT_DAMAGED, DB_ARGS(DB_I(id)), NULL, e) &&
	    db_do_n(w->db, SQL_MESSAGE_DAMAGED, DB_ARGS(DB_I(id)), NULL, e));
	if (!w->job->damaged)
		w->job->damaged = id;
	return work_audit(w, &row, e);
}

/* Keeps only recipients that `wanted` accepts. */
static void rcpts_keep(struct store_found *f, int64_t now_us,
		       bool (*wanted)(const struct store_rcpt *, int64_t))
{
	size_t n = 0;

	for (size_t i = 0; i < f->rcpt_n; i++)
		if (wanted(&f->rcpt[i], now_us))
			f->rcpt[n++] = f->rcpt[i];
	f->rcpt_n = n;
}

static bool held_due(const struct store_rcpt *t, int64_t now_us)
{
	return (t->state == RCPT_HELD || t->state == RCPT_PARKED) &&
	       t->due_us > 0 && t->due_us <= now_us;
}

static bool attempt_audit(struct work *w, const struct store_found *f,
			  int64_t now_us, struct err *e)
{
	struct audit_row row = {.at_us = now_us,
				.message = f->message.id,
				.actor = STR("engine"),
				.event = STR("attempt")};
	struct buf detail = BUF_MAX(STORE_AUDIT_MAX / 2);
	bool ok;

	buf_puts(&detail, "{\"recipients\":{");
	for (size_t i = 0; i < f->rcpt_n; i++)
		buf_printf(&detail, "%s\"%u\":%u", i ? "," : "", f->rcpt[i].n,
			   f->rcpt[i].attempts);
	buf_puts(&detail, "}}");
	row.detail = buf_str(&detail);
	ok = work_audit(w, &row, e);
	buf_release(&detail);
	return ok;
}

static bool claimable(const struct store_rcpt *t, int64_t now_us)
{
	return (t->state == RCPT_READY || t->state == RCPT_DEFERRED ||
		t->state == RCPT_UNKNOWN) &&
	       t->due_us <= now_us;
}

/* All picked routes of the message of picks->v[at]. */
static bool claim_rcpts(struct work *w, struct picks *p, size_t at,
			struct store_found *f, int64_t now_us, struct err *e)
{
	int64_t id = p->v[at].id;
	size_t n = 0;

	for (size_t i = 0; i < f->rcpt_n; i++) {
		bool mine = false;

		for (size_t k = at; k < p->n && !mine; k++)
			mine = p->v[k].id == id && !p->v[k].put_off_us &&
			       str_eq(p->v[k].route, f->rcpt[i].route);
		if (mine && claimable(&f->rcpt[i], now_us))
			f->rcpt[n++] = f->rcpt[i];
	}
	f->rcpt_n = n;
	for (size_t k = at; k < p->n; k++) {
		struct pick *one = &p->v[k];

		if (one->id != id || one->put_off_us)
			continue;
		one->done = true;
		TRY(db_do_n(w->db, SQL_RCPT_CLAIM,
			    DB_ARGS(DB_I(id), DB_I(now_us), DB_T(one->route)),
			    NULL, e));
	}
	for (size_t i = 0; i < f->rcpt_n; i++) {
		f->rcpt[i].state = RCPT_SENDING;
		f->rcpt[i].due_us = 0;
		f->rcpt[i].version++;
		f->rcpt[i].attempts++;
	}
	return true;
}

static void picks_done(struct picks *p, int64_t id)
{
	VEC_EACH (one, p) {
		one->done |= one->id == id;
	}
}

static bool claim_one(struct work *w, struct picks *p, size_t at,
		      int64_t now_us, struct err *e)
{
	struct load l = {w->db, w->ring, &w->job->arena, false};
	int64_t id = p->v[at].id;
	struct store_found f;

	TRY(message_load(&l, id, &f, e));
	if (l.damaged) {
		picks_done(p, id);
		return damaged_hold(w, id, now_us, e);
	}
	TRY(claim_rcpts(w, p, at, &f, now_us, e));
	*job_found_add(w->job) = f;
	return attempt_audit(w, &f, now_us, e);
}

static bool put_off(struct work *w, const struct pick *one, int64_t now_us,
		    struct err *e)
{
	return db_do_n(w->db, SQL_RCPT_PUT_OFF,
		       DB_ARGS(DB_I(one->id), DB_I(now_us), DB_T(one->route),
			       DB_I(one->put_off_us)),
		       NULL, e);
}

static bool claim_run(struct work *w, struct step *step, struct err *e)
{
	struct step_claim *s = (struct step_claim *)step;
	struct picks p = {0};
	bool ok = due_picks(w, &s->rooms, s->now_us, &p, e);

	for (size_t i = 0; ok && i < p.n; i++) {
		if (p.v[i].put_off_us)
			ok = put_off(w, &p.v[i], s->now_us, e);
		else if (!p.v[i].done)
			ok = claim_one(w, &p, i, s->now_us, e);
	}
	picks_release(&p);
	return ok;
}

void store_claim(struct store_job *j, int64_t now_us,
		 const struct store_rooms *rooms)
{
	struct step_claim *s = job_step(j, sizeof(*s), claim_run, true);
	struct store_room *room = arena_array(&j->arena, rooms->n,
					      sizeof(*room));

	s->now_us = now_us;
	s->rooms = *rooms;
	s->rooms.room = room;
	for (size_t i = 0; i < rooms->n; i++) {
		room[i] = rooms->room[i];
		room[i].tenant = arena_str(&j->arena, room[i].tenant);
		room[i].route = arena_str(&j->arena, room[i].route);
	}
}

static bool due_one(struct work *w, int64_t id, int64_t now_us, struct err *e)
{
	struct load l = {w->db, w->ring, &w->job->arena, false};
	struct store_found f;

	TRY(message_load(&l, id, &f, e));
	if (l.damaged)
		return damaged_hold(w, id, now_us, e);
	rcpts_keep(&f, now_us, held_due);
	*job_found_add(w->job) = f;
	return true;
}

static bool due_run(struct work *w, struct step *step, struct err *e)
{
	struct step_claim *s = (struct step_claim *)step;
	struct ids ids = {0};
	bool ok = due_ids(w, SQL_RCPT_HELD_DUE, s, &ids, e);

	for (size_t i = 0; ok && i < ids.n; i++)
		ok = due_one(w, ids.v[i], s->now_us, e);
	vec_release(&ids);
	return ok;
}

void store_due(struct store_job *j, int64_t now_us, unsigned messages)
{
	struct step_claim *s = job_step(j, sizeof(*s), due_run, true);

	s->now_us = now_us;
	s->messages = messages;
}

static bool undecided_one(struct work *w, int64_t id, int64_t now_us,
			  struct err *e)
{
	struct load l = {w->db, w->ring, &w->job->arena, false};
	struct store_found f;

	TRY(message_load(&l, id, &f, e));
	if (l.damaged)
		return damaged_hold(w, id, now_us, e);
	*job_found_add(w->job) = f;
	return true;
}

static bool undecided_run(struct work *w, struct step *step, struct err *e)
{
	struct step_claim *s = (struct step_claim *)step;
	struct ids ids = {0};
	bool ok = ids_collect(
		db_ask_n(w->db, SQL_MESSAGE_UNDECIDED,
			 DB_ARGS(DB_I(INT64_MIN), DB_I(s->messages)), e),
		&ids);

	for (size_t i = 0; ok && i < ids.n; i++)
		ok = undecided_one(w, ids.v[i], s->now_us, e);
	vec_release(&ids);
	return ok;
}

void store_undecided(struct store_job *j, int64_t now_us, unsigned messages)
{
	struct step_claim *s = job_step(j, sizeof(*s), undecided_run, true);

	s->now_us = now_us;
	s->messages = messages;
}
