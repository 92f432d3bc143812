/* step_message.c - a message enters the store, and is decided. */
#include "connector/base/mem.h"
#include "connector/store/store_int.h"

struct step_add {
	struct step step;
	struct store_message m;
	struct store_rcpt *rcpt;
	size_t rcpt_n;
};

static bool key_is_zero(const unsigned char key[KEY_LEN])
{
	unsigned char any = 0;

	for (size_t i = 0; i < KEY_LEN; i++)
		any |= key[i];
	return any == 0;
}

/* Whose body it is in the end, which must still be there. */
static bool body_owner(struct work *w, struct store_message *m, struct err *e)
{
	int64_t place = BODY_GONE, of = 0;
	struct db_rows r;

	if (m->place != BODY_OF_OTHER)
		return true;
	r = db_ask_n(w->db, SQL_MESSAGE_BODY, DB_ARGS(DB_I(m->of)), e);
	if (db_next(&r)) {
		place = db_int(&r, 0);
		of = db_int(&r, 1);
	}
	TRY(db_done(&r));
	if (place == BODY_OF_OTHER) {
		m->of = of;
		return true;
	}
	if (place == BODY_GONE)
		return err_set(e, ERR_NOT_FOUND, 0,
			       "the body that is meant is gone");
	return true;
}

static bool body_add(struct work *w, struct store_message *m, struct err *e)
{
	struct arena a = ARENA_EMPTY;
	struct str sealed;
	bool ok;

	if (m->place == BODY_SPOOL)
		return db_do_n(w->db, SQL_SPOOL_ADD,
			       DB_ARGS(DB_I(m->spool.file), DB_I(m->id)), NULL,
			       e);
	if (m->place != BODY_INLINE)
		return true;
	sealed = field_seal(m->dek, m->id, SEAL_BODY, 0, 0, m->bytes, &a);
	ok = db_do_n(w->db, SQL_BODY_ADD, DB_ARGS(DB_I(m->id), DB_B(sealed)),
		     NULL, e);
	arena_release(&a);
	return ok;
}

static bool decision_add(struct work *w, int64_t id, const unsigned char *key,
			 const struct str text[3], struct err *e)
{
	static const enum seal_kind kind[3] = {SEAL_VIEW, SEAL_PLAN,
					       SEAL_EDITS};
	struct arena a = ARENA_EMPTY;
	struct str sealed[3];
	bool ok;

	if (text[0].n + text[1].n + text[2].n == 0)
		return true;
	for (size_t i = 0; i < 3; i++)
		sealed[i] = field_seal(key, id, kind[i], 0, 0, text[i], &a);
	ok = db_do_n(w->db, SQL_DECISION_ADD,
		     DB_ARGS(DB_I(id), DB_B(sealed[0]), DB_B(sealed[1]),
			     DB_B(sealed[2])),
		     NULL, e);
	arena_release(&a);
	return ok;
}

static bool message_add(struct work *w, const struct store_message *m,
			const unsigned char text_key[KEY_LEN],
			const unsigned char text_wrapped[WRAPPED_LEN],
			size_t open, struct err *e)
{
	bool own = m->place == BODY_INLINE || m->place == BODY_SPOOL;
	int64_t identity = m->kind == MESSAGE_MAIL
				   ? identity_of(m->tenant, m->message_id)
				   : 0;
	struct arena a = ARENA_EMPTY;
	struct str subject = field_seal(text_key, m->id, SEAL_SUBJECT, 0, 0,
					m->subject, &a);
	bool ok = db_do_n(
		w->db, SQL_MESSAGE_ADD,
		DB_ARGS(DB_I(m->id), DB_I(m->kind), DB_T(m->tenant),
			DB_T(m->message_id), DB_I(identity), DB_T(m->from),
			DB_T(m->sender), DB_I(m->body), DB_I(m->smtputf8),
			DB_I(m->ret), DB_T(m->envid), DB_I(m->size),
			DB_KEY(m->digest, SHA256_LEN), DB_B(m->prefix),
			DB_I(m->place), DB_I(m->of), DB_I(m->spool.file),
			DB_I(m->spool.version), DB_I(m->spool.length),
			DB_KEY(m->wrapped, own ? WRAPPED_LEN : 0),
			DB_KEY(text_wrapped, WRAPPED_LEN), DB_B(subject),
			DB_T(m->reason), DB_T(m->client), DB_I(m->accepted_us),
			DB_I(m->policy_version), DB_T(m->language),
			DB_I(m->about), DB_I(m->decided), DB_I(open)),
		NULL, e);

	arena_release(&a);
	return ok;
}

static bool rcpt_add(struct work *w, const struct store_message *m,
		     const struct store_rcpt *t,
		     const unsigned char key[KEY_LEN], struct err *e)
{
	struct arena a = ARENA_EMPTY;
	struct str gates = field_seal(key, m->id, SEAL_TEXT, t->n, t->version,
				      t->gates, &a);
	bool ok = db_do_n(
		w->db, SQL_RCPT_ADD,
		DB_ARGS(DB_I(m->id), DB_I(t->n), DB_T(t->address), DB_T(t->key),
			DB_I(t->notify), DB_T(t->orcpt),
			DB_I(rcpt_code(t->state)), DB_I(t->version),
			DB_I(t->shape), DB_B(gates), DB_I(t->version),
			DB_I(t->gate), DB_I(t->due_us), DB_I(t->attempts),
			DB_I(t->unknowns), DB_I(t->code), DB_T(t->answer),
			DB_T(t->remote), DB_I(t->ended_us), DB_I(t->warned_us),
			DB_T(t->reason), DB_I(t->ready_us), DB_T(t->route),
			DB_T(m->tenant)),
		NULL, e);

	arena_release(&a);
	return ok;
}

static bool rcpts_add(struct work *w, const struct step_add *s,
		      const unsigned char key[KEY_LEN], struct err *e)
{
	struct tally *t = work_tally(w, s->m.id);

	for (size_t i = 0; i < s->rcpt_n; i++)
		TRY(rcpt_add(w, &s->m, &s->rcpt[i], key, e));
	t->accepted += (int64_t)s->rcpt_n;
	t->at_us = s->m.accepted_us;
	for (size_t i = 0; i < s->rcpt_n; i++)
		t->ended += rcpt_state_ended(s->rcpt[i].state);
	return true;
}

static bool add_run(struct work *w, struct step *step, struct err *e)
{
	struct step_add *s = (struct step_add *)step;
	struct store_message *m = &s->m;
	const struct str text[3] = {m->view, m->plan, m->edits};
	unsigned char key[KEY_LEN], wrapped[WRAPPED_LEN];
	bool own = m->place == BODY_INLINE || m->place == BODY_SPOOL;
	bool ok;

	if (own && key_is_zero(m->dek))
		TRY(keys_dek_new(w->store->keys, m->dek, m->wrapped, e));
	TRY(keys_dek_new(w->store->keys, key, wrapped, e));
	/* `open` counts all: those that ended at once are settled like others.
	 */
	ok = body_owner(w, m, e) &&
	     message_add(w, m, key, wrapped, s->rcpt_n, e) &&
	     body_add(w, m, e) && decision_add(w, m->id, key, text, e) &&
	     rcpts_add(w, s, key, e);
	if (ok)
		key_ring_put(w->ring, m->id, own ? m->dek : NULL, key);
	mem_wipe(key, sizeof(key));
	return ok;
}

static void rcpt_copy(struct arena *a, struct store_rcpt *to,
		      const struct store_rcpt *from)
{
	*to = *from;
	to->address = arena_str(a, from->address);
	to->key = arena_str(a, from->key);
	to->orcpt = arena_str(a, from->orcpt);
	to->gates = arena_str(a, from->gates);
	to->answer = arena_str(a, from->answer);
	to->remote = arena_str(a, from->remote);
	to->reason = arena_str(a, from->reason);
	to->route = arena_str(a, from->route);
}

void store_add_message(struct store_job *j, const struct store_message *m,
		       const struct store_rcpt *rcpt, size_t n)
{
	struct step_add *s = job_step(j, sizeof(*s), add_run,
				      m->place == BODY_OF_OTHER);
	struct arena *a = &j->arena;
	struct str *const copied[] = {
		&s->m.tenant, &s->m.message_id, &s->m.from,    &s->m.sender,
		&s->m.envid,  &s->m.prefix,	&s->m.subject, &s->m.reason,
		&s->m.client, &s->m.language,	&s->m.view,    &s->m.plan,
		&s->m.edits};

	s->m = *m;
	for (size_t i = 0; i < ARRAY_LEN(copied); i++)
		*copied[i] = arena_str(a, *copied[i]);
	s->rcpt = arena_array(a, n, sizeof(*s->rcpt));
	s->rcpt_n = n;
	for (size_t i = 0; i < n; i++)
		rcpt_copy(a, &s->rcpt[i], &rcpt[i]);
}

/* ---- decisions ---------------------------------------------------------------- */

struct step_decide {
	struct step step;
	int64_t id;
	bool again;
	struct str view, plan, edits, subject, sender, reason;
	uint32_t policy_version;
};

static bool text_key(struct work *w, int64_t id, unsigned char key[KEY_LEN],
		     struct err *e)
{
	struct db_rows r = db_ask_n(w->db, SQL_MESSAGE_KEY, DB_ARGS(DB_I(id)),
				    e);
	bool there = db_next(&r);
	bool ok = there && key_ring_text(w->ring, id, db_bytes(&r, 0), key, e);

	if (!db_done(&r))
		return false;
	if (!there)
		return err_set(e, ERR_NOT_FOUND, 0, "no such message");
	return ok;
}

static bool decide_run(struct work *w, struct step *step, struct err *e)
{
	struct step_decide *s = (struct step_decide *)step;
	const struct str text[3] = {s->view, s->plan, s->edits};
	unsigned char key[KEY_LEN];
	struct arena a = ARENA_EMPTY;
	struct str subject;
	int64_t n = 0;
	bool ok;

	TRY(text_key(w, s->id, key, e));
	subject = field_seal(key, s->id, SEAL_SUBJECT, 0, 0, s->subject, &a);
	ok = db_do_n(w->db,
		     s->again ? SQL_MESSAGE_DECIDE_AGAIN : SQL_MESSAGE_DECIDE,
		     DB_ARGS(DB_I(s->id), DB_B(subject), DB_T(s->sender),
			     DB_T(s->reason), DB_I(s->policy_version)),
		     &n, e);
	arena_release(&a);
	if (ok && n != 1)
		ok = err_set(e, ERR_CONFLICT, 0,
			     s->again ? "not decided yet" : "decided already");
	if (ok && s->again)
		ok = db_do_n(w->db, SQL_DECISION_DELETE, DB_ARGS(DB_I(s->id)),
			     NULL, e);
	ok = ok && decision_add(w, s->id, key, text, e);
	mem_wipe(key, sizeof(key));
	return ok;
}

void store_set_decision(struct store_job *j, const struct store_message *m,
			bool again)
{
	struct step_decide *s = job_step(j, sizeof(*s), decide_run, true);
	struct arena *a = &j->arena;

	s->id = m->id;
	s->again = again;
	s->view = arena_str(a, m->view);
	s->plan = arena_str(a, m->plan);
	s->edits = arena_str(a, m->edits);
	s->subject = arena_str(a, m->subject);
	s->sender = arena_str(a, m->sender);
	s->reason = arena_str(a, m->reason);
	s->policy_version = m->policy_version;
}

struct step_reason {
	struct step step;
	int64_t id;
	struct str reason;
};

static bool reason_run(struct work *w, struct step *step, struct err *e)
{
	struct step_reason *s = (struct step_reason *)step;

	return db_do_n(w->db, SQL_MESSAGE_REASON,
		       DB_ARGS(DB_I(s->id), DB_T(s->reason)), NULL, e);
}

void store_set_reason(struct store_job *j, int64_t id, struct str reason)
{
	struct step_reason *s = job_step(j, sizeof(*s), reason_run, false);

	s->id = id;
	s->reason = arena_str(&j->arena, reason);
}

/* ---- recipients ------------------------------------------------------------- */

struct step_rcpt {
	struct step step;
	int64_t id;
	enum rcpt_state from;
	struct store_rcpt t;
	int64_t keep_us;
};

static bool rcpt_write(struct work *w, const struct step_rcpt *s,
		       struct str gates, struct err *e)
{
	const struct store_rcpt *t = &s->t;
	int64_t n = 0;

	TRY(db_do_n(w->db, SQL_RCPT_SET,
		    DB_ARGS(DB_I(s->id), DB_I(t->n), DB_I(rcpt_code(s->from)),
			    DB_I(t->version), DB_I(rcpt_code(t->state)),
			    DB_I(t->shape), DB_B(gates), DB_I(t->version + 1),
			    DB_I(t->gate), DB_I(t->due_us), DB_I(t->attempts),
			    DB_I(t->unknowns), DB_I(t->code), DB_T(t->answer),
			    DB_T(t->remote), DB_I(t->ended_us),
			    DB_I(t->warned_us), DB_T(t->reason),
			    DB_I(t->notify), DB_T(t->orcpt), DB_I(t->ready_us),
			    DB_T(t->route)),
		    &n, e));
	if (n != 1)
		return err_set(e, ERR_CONFLICT, 0,
			       "the recipient was changed by somebody else");
	return true;
}

static bool rcpt_run(struct work *w, struct step *step, struct err *e)
{
	struct step_rcpt *s = (struct step_rcpt *)step;
	unsigned char key[KEY_LEN];
	struct arena a = ARENA_EMPTY;
	struct str gates = STR_EMPTY;
	struct tally *t;
	bool ok;

	/* Ends are ends: nothing leads out of one. */
	if (rcpt_state_ended(s->from))
		return err_set(e, ERR_BUG, 0, "a change after the end");
	if (s->t.gates.n) {
		TRY(text_key(w, s->id, key, e));
		gates = field_seal(key, s->id, SEAL_TEXT, s->t.n,
				   (uint64_t)s->t.version + 1, s->t.gates, &a);
		mem_wipe(key, sizeof(key));
	}
	ok = rcpt_write(w, s, gates, e);
	arena_release(&a);
	TRY(ok);
	if (rcpt_state_ended(s->t.state)) {
		t = work_tally(w, s->id);
		t->ended++;
		t->at_us = s->t.ended_us;
		t->keep_us = MAX_OF(t->keep_us, s->keep_us);
	}
	return true;
}

void store_set_rcpt(struct store_job *j, int64_t id, enum rcpt_state from,
		    const struct store_rcpt *r, int64_t keep_body_us)
{
	struct step_rcpt *s = job_step(j, sizeof(*s), rcpt_run, true);

	s->id = id;
	s->from = from;
	s->keep_us = keep_body_us;
	rcpt_copy(&j->arena, &s->t, r);
}
