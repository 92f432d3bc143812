/* step_other.c - audit rows, tokens, values, secrets. */
#include "connector/base/mem.h"
#include "connector/store/store_int.h"

struct step_audit {
	struct step step;
	struct audit_row row;
};

static bool audit_run(struct work *w, struct step *step, struct err *e)
{
	return work_audit(w, &((struct step_audit *)step)->row, e);
}

void store_add_audit(struct store_job *j, int64_t at_us, int64_t message,
		     struct str actor, struct str event, struct str detail)
{
	struct step_audit *s = job_step(j, sizeof(*s), audit_run, false);

	/* Behind the changes that it tells of: then it carries their numbers.
	 */
	s->step.last = true;
	s->row.at_us = at_us;
	s->row.message = message;
	s->row.actor = arena_str(&j->arena, actor);
	s->row.event = arena_str(&j->arena, event);
	s->row.detail = arena_str(&j->arena, detail);
}

/* ---- tokens ----------------------------------------------------------------- */

struct step_token {
	struct step step;
	struct store_token t;
	int64_t at_us;
};

static bool token_add_run(struct work *w, struct step *step, struct err *e)
{
	const struct store_token *t = &((struct step_token *)step)->t;

	return db_do_n(w->db, SQL_TOKEN_ADD,
		       DB_ARGS(DB_KEY(t->hash, SHA256_LEN), DB_I(t->kind),
			       DB_I(t->message), DB_T(t->person),
			       DB_KEY(t->check, SHA256_LEN), DB_I(t->tries),
			       DB_I(t->expires_us), DB_I(t->used_us)),
		       NULL, e);
}

void store_add_token(struct store_job *j, const struct store_token *t)
{
	struct step_token *s = job_step(j, sizeof(*s), token_add_run, true);

	s->t = *t;
	s->t.person = arena_str(&j->arena, t->person);
}

static bool token_use_run(struct work *w, struct step *step, struct err *e)
{
	struct step_token *s = (struct step_token *)step;
	int64_t n = 0;

	TRY(db_do_n(w->db, SQL_TOKEN_USE,
		    DB_ARGS(DB_KEY(s->t.hash, SHA256_LEN), DB_I(s->at_us)), &n,
		    e));
	if (n != 1)
		return err_set(e, ERR_CONFLICT, 0, "used already");
	return true;
}

void store_use_token(struct store_job *j, const unsigned char hash[SHA256_LEN],
		     int64_t at_us)
{
	struct step_token *s = job_step(j, sizeof(*s), token_use_run, true);

	memcpy(s->t.hash, hash, SHA256_LEN);
	s->at_us = at_us ? at_us : 1; /* 0 means "not used" */
}

static bool token_try_run(struct work *w, struct step *step, struct err *e)
{
	struct step_token *s = (struct step_token *)step;

	return db_do_n(w->db, SQL_TOKEN_TRY,
		       DB_ARGS(DB_KEY(s->t.hash, SHA256_LEN)), NULL, e);
}

void store_count_try(struct store_job *j, const unsigned char hash[SHA256_LEN])
{
	struct step_token *s = job_step(j, sizeof(*s), token_try_run, false);

	memcpy(s->t.hash, hash, SHA256_LEN);
}

/* ---- values and secrets ------------------------------------------------------ */

struct step_value {
	struct step step;
	struct str key, value;
};

static bool value_run(struct work *w, struct step *step, struct err *e)
{
	struct step_value *s = (struct step_value *)step;

	return db_do_n(w->db, SQL_VALUE_PUT,
		       DB_ARGS(DB_T(s->key), DB_B(s->value)), NULL, e);
}

void store_put_value(struct store_job *j, struct str key, struct str value)
{
	struct step_value *s = job_step(j, sizeof(*s), value_run, false);

	s->key = arena_str(&j->arena, key);
	s->value = arena_str(&j->arena, value);
}

static bool secret_run(struct work *w, struct step *step, struct err *e)
{
	struct step_value *s = (struct step_value *)step;
	unsigned char key[KEY_LEN], wrapped[WRAPPED_LEN];
	struct arena a = ARENA_EMPTY;
	struct str sealed;
	bool ok;

	TRY(keys_dek_new(w->store->keys, key, wrapped, e));
	/* Bound to its name: two secrets cannot change places. */
	sealed = field_seal(key, identity_of(STR("secret"), s->key),
			    SEAL_SECRET, 0, 0, s->value, &a);
	mem_wipe(key, sizeof(key));
	ok = db_do_n(w->db, SQL_SECRET_PUT,
		     DB_ARGS(DB_T(s->key), DB_KEY(wrapped, WRAPPED_LEN),
			     DB_B(sealed)),
		     NULL, e);
	arena_release(&a);
	return ok;
}

void store_put_secret(struct store_job *j, struct str name, struct str plain)
{
	struct step_value *s = job_step(j, sizeof(*s), secret_run, true);

	s->key = arena_str(&j->arena, name);
	s->value = arena_str(&j->arena, plain);
}
