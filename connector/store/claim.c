/* claim.c - what is due: for delivery, for a gate, for a decision. */
#include "connector/base/mem.h"
#include "connector/store/store_int.h"

struct ids {
	VEC_OF(int64_t);
};

struct step_claim {
	struct step step;
	int64_t now_us;
	unsigned messages;
	struct str *skip;
	size_t skip_n;
};

static bool skipped(const struct step_claim *s, struct str tenant)
{
	for (size_t i = 0; i < s->skip_n; i++)
		if (str_eq(s->skip[i], tenant))
			return true;
	return false;
}

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
		if (!s->skip_n || !skipped(s, db_bytes(&r, 1)))
			id_add(ids, db_int(&r, 0));
	return db_done(&r);
}

/* Something sealed does not open: nothing of it may leave, somebody has to
 * look (STYLE, "fail to hold"). */
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
	TRY(db_do_n(w->db, SQL_RCPT_DAMAGED, DB_ARGS(DB_I(id)), NULL, e));
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

static bool claimable(const struct store_rcpt *t, int64_t now_us)
{
	return (t->state == RCPT_READY || t->state == RCPT_DEFERRED ||
		t->state == RCPT_UNKNOWN) &&
	       t->due_us <= now_us;
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

static bool claim_one(struct work *w, int64_t id, int64_t now_us, struct err *e)
{
	struct load l = {w->db, w->ring, &w->job->arena, false};
	struct store_found f;

	TRY(message_load(&l, id, &f, e));
	if (l.damaged)
		return damaged_hold(w, id, now_us, e);
	TRY(db_do_n(w->db, SQL_RCPT_CLAIM, DB_ARGS(DB_I(id), DB_I(now_us)),
		    NULL, e));
	rcpts_keep(&f, now_us, claimable);
	for (size_t i = 0; i < f.rcpt_n; i++) {
		f.rcpt[i].state = RCPT_SENDING;
		f.rcpt[i].due_us = 0;
		f.rcpt[i].version++;
		f.rcpt[i].attempts++;
	}
	*job_found_add(w->job) = f;
	return attempt_audit(w, &f, now_us, e);
}

static bool claim_run(struct work *w, struct step *step, struct err *e)
{
	struct step_claim *s = (struct step_claim *)step;
	struct ids ids = {0};
	bool ok = due_ids(w, SQL_RCPT_DUE, s, &ids, e);

	for (size_t i = 0; ok && i < ids.n; i++)
		ok = claim_one(w, ids.v[i], s->now_us, e);
	vec_release(&ids);
	return ok;
}

void store_claim(struct store_job *j, int64_t now_us, unsigned messages,
		 const struct str *skip_tenant, size_t skip_n)
{
	struct step_claim *s = job_step(j, sizeof(*s), claim_run, true);

	s->now_us = now_us;
	s->messages = messages;
	s->skip = arena_array(&j->arena, skip_n, sizeof(*s->skip));
	s->skip_n = skip_n;
	for (size_t i = 0; i < skip_n; i++)
		s->skip[i] = arena_str(&j->arena, skip_tenant[i]);
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

static bool undecided_run(struct work *w, struct step *step, struct err *e)
{
	struct step_claim *s = (struct step_claim *)step;
	struct load l = {w->db, w->ring, &w->job->arena, false};
	struct ids ids = {0};
	struct db_rows r = db_ask_n(w->db, SQL_MESSAGE_UNDECIDED,
				    DB_ARGS(DB_I(INT64_MIN), DB_I(s->messages)),
				    e);
	bool ok;

	while (db_next(&r))
		vec_push(&ids, db_int(&r, 0));
	ok = db_done(&r);
	for (size_t i = 0; ok && i < ids.n; i++)
		ok = message_load(&l, ids.v[i], job_found_add(w->job), e);
	vec_release(&ids);
	return ok;
}

void store_undecided(struct store_job *j, unsigned messages)
{
	struct step_claim *s = job_step(j, sizeof(*s), undecided_run, true);

	s->messages = messages;
}
