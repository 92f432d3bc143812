/* group.c - a group of jobs in one transaction; the writer's connection.
 *
 * First all jobs run straight on, with a savepoint only where one compares.
 * If one fails that had none, everything is undone and the group runs again
 * with a savepoint for each: the bad one then fails alone.  If the database
 * itself fails, all fail with RETRY, and nothing is trusted until reopened.
 */
#include "connector/base/clock.h"
#include "connector/base/fault.h"
#include "connector/store/store_int.h"

enum group_end { GROUP_DONE, GROUP_AGAIN, GROUP_FAILED };

static bool steps_run(struct work *w, struct store_job *j, bool last,
		      struct err *e)
{
	for (struct step *step = j->first; step; step = step->next)
		if (step->last == last)
			TRY(step->run(w, step, e));
	return true;
}

static bool job_run(struct work *w, struct store_job *j, struct err *e)
{
	w->job = j;
	w->tally.n = 0;
	w->freed_before = w->freed.n;
	j->found_n = 0;
	j->damaged = 0;
	TRY(steps_run(w, j, false, e));
	TRY(steps_run(w, j, true, e));
	return work_settle(w, e);
}

static bool plain(struct work *w, enum sql id, struct err *e)
{
	return db_do_n(w->db, id, DB_NO_ARGS, NULL, e);
}

static enum group_end job_saved(struct work *w, struct store_job *j,
				bool careful, struct err *e)
{
	struct audit_head head = w->head;
	bool save = careful || j->compares;

	if (save && !plain(w, SQL_SAVE, e))
		return GROUP_FAILED;
	if (job_run(w, j, e))
		return !save || plain(w, SQL_SAVE_KEEP, e) ? GROUP_DONE
							   : GROUP_FAILED;
	if (w->db->broken)
		return GROUP_FAILED;
	if (!save)
		return GROUP_AGAIN;
	j->undone = true;
	j->err = *e;
	w->head = head;
	w->freed.n = w->freed_before;
	j->found_n = 0;
	if (!plain(w, SQL_SAVE_UNDO, e) || !plain(w, SQL_SAVE_KEEP, e))
		return GROUP_FAILED;
	return GROUP_DONE;
}

static enum group_end group_try(struct work *w, struct store_job *first,
				bool careful, struct err *e)
{
	w->freed.n = 0;
	if (!plain(w, SQL_BEGIN_WRITE, e))
		return GROUP_FAILED;
	for (struct store_job *j = first; j; j = j->next) {
		enum group_end end;

		j->undone = false;
		end = job_saved(w, j, careful, e);
		if (end != GROUP_DONE)
			return end;
	}
	fault_point("store-commit-before");
	if (!db_commit(w->db, e))
		return GROUP_FAILED;
	fault_point("store-commit-after");
	return GROUP_DONE;
}

/* Some failures have rolled back already; then this one fails, too, and the
 * connection is given up: it must not go on holding a lock. */
static void undo(struct work *w)
{
	struct err ignored;

	w->freed.n = 0;
	w->store->resync |= w->db->sync_failed;
	if (w->db->broken || !plain(w, SQL_ROLLBACK, &ignored))
		db_close(&w->db);
}

static void group_fail(struct store *s, struct store_job *first,
		       const struct err *why)
{
	for (struct store_job *j = first; j; j = j->next) {
		j->undone = true;
		j->found_n = 0;
		j->err = *why;
		j->err.class = ERR_RETRY;
	}
	s->healthy = false;
	metric_add(s->metrics, METRIC_COMMIT_ERRORS, 1);
	LOG(s->log, LOG_ERROR, "store-failed", LE(why));
}

static void group_done(struct store *s)
{
	VEC_EACH (file, &s->work.freed) {
		spool_give(s->spool, *file);
	}
	s->since_idle++;
	metric_add(s->metrics, METRIC_COMMITS, 1);
}

void group_run(struct store *s, struct store_job *first)
{
	struct work *w = &s->work;
	struct audit_head head;
	struct err e = ERR_EMPTY;
	enum group_end end;

	if (!s->healthy && !writer_reopen(s, &e)) {
		group_fail(s, first, &e);
		return;
	}
	head = w->head;
	end = group_try(w, first, false, &e);
	if (end == GROUP_AGAIN) {
		undo(w);
		w->head = head;
		end = w->db ? group_try(w, first, true, &e) : GROUP_FAILED;
	}
	if (end == GROUP_DONE) {
		group_done(s);
		return;
	}
	if (w->db)
		undo(w);
	w->head = head;
	group_fail(s, first, &e);
}

/* ---- the writer's connection ---------------------------------------------- */

/* A store that can be opened may still be one that cannot be written. */
static bool probe(struct work *w, struct err *e)
{
	unsigned char now[sizeof(int64_t)];
	int64_t at = clock_now_us();

	memcpy(now, &at, sizeof(now));
	return plain(w, SQL_BEGIN_WRITE, e) &&
	       db_do_n(w->db, SQL_META_PUT,
		       DB_ARGS(DB_T(STR("opened")), DB_KEY(now, sizeof(now))),
		       NULL, e) &&
	       db_commit(w->db, e);
}

static bool log_emptied(struct work *w, struct err *e)
{
	int64_t busy;

	TRY(db_one_n(w->db, SQL_CHECKPOINT_ALL, DB_NO_ARGS, 0, &busy, e));
	return !busy || err_set(e, ERR_RETRY, 0,
				"store: a reader keeps the log from being "
				"emptied");
}

bool writer_reopen(struct store *s, struct err *e)
{
	struct work *w = &s->work;

	db_close(&w->db);
	w->db = db_open(s->place, DB_WRITER, e);
	if (!w->db)
		return false;
	/* After a failed sync the kernel may hold pages as clean that never
	 * reached the disk. The log is written out and emptied, so that
	 * nothing of the failed commit is ever taken for a good one. */
	if ((s->resync && !log_emptied(w, e)) ||
	    !audit_head_load(w->db, &w->head, e) || !probe(w, e)) {
		s->resync |= w->db->sync_failed;
		db_close(&w->db);
		return false;
	}
	s->resync = false;
	s->healthy = true;
	LOG(s->log, LOG_WARN, "store-reopened");
	return true;
}
