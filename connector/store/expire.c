/* expire.c - what retention takes away: bodies, ledger rows, audit rows.
 *
 * A message that is forgotten leaves an audit row that says how many of its
 * recipients go, so that the ledger still adds up.
 */
#include "connector/base/clock.h"
#include "connector/base/id.h"
#include "connector/store/store_int.h"

/* The writer has other things to do; the rest goes with the next job. */
#define EXPIRE_TIME_US (250 * US_PER_MS)
#define EXPIRE_CHUNK   200
#define TOKEN_KEEP_US  (30 * US_PER_DAY) /* past its end: says so kindly */

struct step_expire {
	struct step step;
	int64_t now_us;
	struct store_keep keep;
};

static bool bodies_expire(struct work *w, int64_t now_us, struct err *e)
{
	struct ids ids = {0};
	bool ok = ids_collect(
		db_ask_n(w->db, SQL_MESSAGE_DROPPABLE,
			 DB_ARGS(DB_I(now_us), DB_I(STORE_EXPIRE_MAX)), e),
		&ids);

	for (size_t i = 0; ok && i < ids.n; i++)
		ok = body_drop(w, ids.v[i], e);
	vec_release(&ids);
	return ok;
}

static bool message_forget(struct work *w, int64_t id, int64_t now_us,
			   struct err *e)
{
	static const enum sql gone[] = {SQL_DECISION_DELETE,
					SQL_MESSAGE_DELETE};
	struct audit_row row = {.at_us = now_us,
				.message = id,
				.actor = STR("timer"),
				.event = STR("forgotten"),
				.detail = STR("{}")};
	int64_t rcpts = 0;

	TRY(db_do_n(w->db, SQL_RCPT_DELETE, DB_ARGS(DB_I(id)), &rcpts, e));
	for (size_t i = 0; i < ARRAY_LEN(gone); i++)
		TRY(db_do_n(w->db, gone[i], DB_ARGS(DB_I(id)), NULL, e));
	row.rcpts = -rcpts;
	row.ends = -rcpts;
	return work_audit(w, &row, e);
}

/* One look at the next oldest messages; *after moves on, or to INT64_MAX when
 * there is nothing old left. */
static bool ledger_chunk(struct work *w, int64_t before_us, int64_t *after,
			 struct ids *ids, struct err *e)
{
	struct db_rows r = db_ask_n(w->db, SQL_MESSAGE_OLD,
				    DB_ARGS(DB_I(*after), DB_I(EXPIRE_CHUNK)),
				    e);
	int64_t seen = 0;

	while (db_next(&r)) {
		if (db_int(&r, 3) >= before_us) {
			seen = 0;
			break;
		}
		seen++;
		*after = db_int(&r, 0);
		if (db_int(&r, 1) == 0 && db_int(&r, 2) == 0)
			vec_push(ids, db_int(&r, 0));
	}
	if (seen < EXPIRE_CHUNK)
		*after = INT64_MAX;
	return db_done(&r);
}

static bool ledger_expire(struct work *w, const struct step_expire *s,
			  struct err *e)
{
	int64_t end = clock_monotonic_us() + EXPIRE_TIME_US;
	int64_t after = INT64_MIN;
	bool ok = true;

	while (ok && after < INT64_MAX && clock_monotonic_us() < end) {
		struct ids ids = {0};

		ok = ledger_chunk(w, s->now_us - s->keep.ledger_us, &after,
				  &ids, e);
		for (size_t i = 0; ok && i < ids.n; i++)
			ok = message_forget(w, ids.v[i], s->now_us, e);
		vec_release(&ids);
	}
	return ok;
}

/* What a version's question asked goes with its last record: a list that
 * changes every hour makes many versions. */
static bool records_expire(struct work *w, int64_t before_us, struct err *e)
{
	TRY(db_do_n(w->db, SQL_RECORD_OLD, DB_ARGS(DB_I(id_first(before_us))),
		    NULL, e));
	return db_do_n(w->db, SQL_POLICY_FORGET, DB_ARGS(DB_I(before_us)), NULL,
		       e);
}

static bool expire_run(struct work *w, struct step *step, struct err *e)
{
	struct step_expire *s = (struct step_expire *)step;

	TRY(bodies_expire(w, s->now_us, e));
	TRY(db_do_n(w->db, SQL_TOKEN_OLD,
		    DB_ARGS(DB_I(s->now_us - TOKEN_KEEP_US)), NULL, e));
	if (s->keep.record_us > 0)
		TRY(records_expire(w, s->now_us - s->keep.record_us, e));
	if (s->keep.ledger_us > 0)
		TRY(ledger_expire(w, s, e));
	if (s->keep.audit_us > 0)
		TRY(audit_cut(w->db, &w->head, s->now_us - s->keep.audit_us,
			      s->now_us, e));
	return true;
}

void store_expire(struct store_job *j, int64_t now_us,
		  const struct store_keep *keep)
{
	struct step_expire *s = job_step(j, sizeof(*s), expire_run, true);

	s->now_us = now_us;
	s->keep = *keep;
}
