/* recheck.c - the policy in force laid over held mail (`policy apply --held`).
 *
 * Every message with a held recipient is inspected and decided once more, as
 * of its acceptance; of the new plan only what is tighter is taken over.  Each
 * message is a commit of its own, compared and swapped: whoever was faster, the
 * clock or a person, holds.  That it is under way is kept in the store: after
 * an end it begins anew, and what was done already is the same.
 */
#include "connector/flow/flow_int.h"

#define RECHECK_VALUE	"recheck"
#define RECHECK_AT_ONCE 4

struct recheck {
	struct arena arena;
	int64_t *id;
	size_t n, at;
	unsigned under_way;
	bool begun; /* that it is under way is durable */
	struct timer *more;
};

/* One message on its way. */
struct checked {
	struct judged *j;
	unsigned races;
};

static void counts_set(struct flow *f, const struct flow_recheck *c)
{
	pthread_mutex_lock(&f->mode_lock);
	f->recheck_counts = *c;
	pthread_mutex_unlock(&f->mode_lock);
}

void flow_recheck_get(struct flow *f, struct flow_recheck *c_r)
{
	pthread_mutex_lock(&f->mode_lock);
	*c_r = f->recheck_counts;
	pthread_mutex_unlock(&f->mode_lock);
}

enum outcome_of_check {
	CHECK_TIGHTENED,
	CHECK_SAME,
	CHECK_LOOSER,
	CHECK_GONE,
	CHECK_FAILED
};

static void count(struct flow *f, enum outcome_of_check what)
{
	struct flow_recheck c;

	flow_recheck_get(f, &c);
	c.messages++;
	c.tightened += what == CHECK_TIGHTENED;
	c.same += what == CHECK_SAME;
	c.looser += what == CHECK_LOOSER;
	c.gone += what == CHECK_GONE;
	c.failed += what == CHECK_FAILED;
	counts_set(f, &c);
}

static void checked_done(struct checked *c, enum outcome_of_check what)
{
	struct flow *f = c->j->f;

	count(f, what);
	f->recheck->under_way--;
	timer_set(f->recheck->more, 0);
	judged_free(&c->j);
	mem_free(c);
}

/* ---- one message ------------------------------------------------------------- */

/* The gates that the new plan has for a recipient. A refusal is an admin's to
 * carry out: the mail was accepted. */
static const struct gate *wanted(struct judged *j, const struct plan_rcpt *p,
				 size_t *n_r)
{
	static const struct gate refused = {.kind = GATE_HOLD,
					    .then = THEN_WAIT,
					    .by = STR("admin"),
					    .doubt = STR("refused")};

	if (p->refused || p->outcome == OUTCOME_REFUSE) {
		*n_r = 1;
		return &refused;
	}
	/* What it asks for now nobody can carry out: it must not leave as it
	 * was decided before. */
	if (p->unbuilt & UNBUILT_COPY)
		return unbuilt_gates(j, p, n_r);
	*n_r = MIN_OF(p->gate_n, (size_t)GATES_MAX);
	return p->gate;
}

struct rows {
	struct store_rcpt *v;
	size_t n, held;
	struct str *waits; /* for an admin, now */
	size_t waits_n;
	bool looser, failed;
};

static void lay_over(struct checked *c, const struct store_found *found,
		     struct arena *a, struct rows *rows)
{
	struct judged *j = c->j;

	rows->v = arena_array(a, found->rcpt_n, sizeof(*rows->v));
	rows->waits = arena_array(a, found->rcpt_n, sizeof(*rows->waits));
	for (size_t i = 0; i < found->rcpt_n && i < j->plan.rcpt_n; i++) {
		struct store_rcpt *r = &rows->v[rows->n];
		size_t n;
		const struct gate *g = wanted(j, &j->plan.rcpt[i], &n);

		*r = found->rcpt[i];
		if (r->state != RCPT_HELD)
			continue;
		rows->held++;
		switch (gates_tighten(r, g, n, flow_now(j->f), a)) {
		case TIGHTEN_DONE:
			rows->n++;
			if (r->due_us == 0 && found->rcpt[i].due_us != 0)
				rows->waits[rows->waits_n++] = r->address;
			break;
		case TIGHTEN_LOOSER:
			rows->looser = true;
			break;
		case TIGHTEN_FAILED:
			rows->failed = true;
			break;
		case TIGHTEN_SAME:
			break;
		}
	}
}

static void apply(struct checked *c);

static void on_applied(void *arg, struct store_job *job, const struct err *why)
{
	struct checked *c = arg;

	(void)job;
	fault_point("recheck-committed");
	if (!why) {
		metric_add(c->j->f->c.metrics, METRIC_TIGHTENED, 1);
		flow_wake(c->j->f); /* notices */
		checked_done(c, CHECK_TIGHTENED);
	} else if (why->class == ERR_CONFLICT && c->races++ < RACES_MOST) {
		apply(c);
	} else {
		LOG(&c->j->log, LOG_WARN, "not-tightened", LE(why));
		checked_done(c, why->class == ERR_CONFLICT ? CHECK_GONE
							   : CHECK_FAILED);
	}
}

static void rows_set(struct checked *c, const struct store_found *found,
		     const struct rows *rows, struct store_job *job)
{
	struct judged *j = c->j;
	struct flow *f = j->f;
	struct own_about about = {&found->message, j->tenant, flow_now(f)};
	struct json *detail = json_object();

	for (size_t i = 0; i < rows->n; i++)
		store_set_rcpt(job, j->m.id, RCPT_HELD, &rows->v[i],
			       f->c.config->retention.body_after_end_us);
	store_set_reason(job, j->m.id, rows->v[0].reason);
	json_add_int(detail, "policy", j->policy->version);
	json_add_int(detail, "recipients", (int64_t)rows->n);
	audit_add(f, job, flow_now(f), j->m.id, "engine", "tightened", detail);
	own_admins(f, job, &about, rows->waits, rows->waits_n);
	f->ready = f->ready || rows->waits_n;
}

/* On the rows as they are now. */
static void apply(struct checked *c)
{
	struct judged *j = c->j;
	struct store_job *job = store_job_new(j->f->c.store);
	struct arena *a = store_job_arena(job);
	struct store_found found;
	struct rows rows = {0};
	struct err e = ERR_EMPTY;
	bool shown = store_show(j->f->reader, j->m.id, a, &found, &e);

	if (shown)
		lay_over(c, &found, a, &rows);
	if (rows.n) {
		rows_set(c, &found, &rows, job);
		fault_point("recheck-commit");
		flow_submit(j->f, job, on_applied, c);
		return;
	}
	store_job_free(&job);
	checked_done(c, !shown || rows.failed ? CHECK_FAILED
			: !rows.held	      ? CHECK_GONE
			: rows.looser	      ? CHECK_LOOSER
					      : CHECK_SAME);
}

static void on_judged(struct judged *j)
{
	struct checked *c = NEW(struct checked);

	c->j = j;
	/* It could not be read now: that says nothing about the mail. */
	if (!j->found || j->admin_hold)
		checked_done(c, CHECK_FAILED);
	else if (j->not_enrolled)
		checked_done(c, CHECK_SAME);
	else
		apply(c);
}

static bool is_held(const struct store_found *found)
{
	for (size_t i = 0; i < found->rcpt_n; i++)
		if (found->rcpt[i].state == RCPT_HELD)
			return found->message.kind == MESSAGE_MAIL &&
			       found->message.decided;
	return false;
}

static void check(struct flow *f, int64_t id)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct store_found found;
	struct err e = ERR_EMPTY;
	struct judged *j;

	if (!store_show(f->reader, id, &a, &found, &e)) {
		count(f, CHECK_FAILED);
		return;
	}
	if (!is_held(&found) || judged_in_hand(f, id)) {
		count(f, CHECK_GONE);
		return;
	}
	j = judged_stored(f, &found);
	j->gates_only = true;
	f->recheck->under_way++;
	if (judged_begin(j, on_judged, &e))
		return;
	f->recheck->under_way--;
	count(f, CHECK_FAILED);
	judged_free(&j);
}

/* ---- all of them ------------------------------------------------------------- */

void recheck_free(struct flow *f)
{
	struct recheck *r = TAKE(f->recheck);

	if (!r)
		return;
	timer_free(&r->more);
	arena_release(&r->arena);
	mem_free(r);
}

static void on_ended(void *arg, struct store_job *job, const struct err *why)
{
	struct flow *f = arg;

	(void)job;
	if (why)
		LOG(&f->log, LOG_WARN, "recheck-not-ended", LE(why));
}

static void end(struct flow *f)
{
	struct store_job *job = store_job_new(f->c.store);
	struct json *detail = json_object();
	struct flow_recheck c;

	flow_recheck_get(f, &c);
	c.running = false;
	json_add_int(detail, "messages", (int64_t)c.messages);
	json_add_int(detail, "tightened", (int64_t)c.tightened);
	json_add_int(detail, "same", (int64_t)c.same);
	json_add_int(detail, "looser", (int64_t)c.looser);
	json_add_int(detail, "gone", (int64_t)c.gone);
	json_add_int(detail, "failed", (int64_t)c.failed);
	audit_add(f, job, flow_now(f), 0, "engine", "held-checked", detail);
	store_put_value(job, STR(RECHECK_VALUE), STR_EMPTY);
	recheck_free(f);
	counts_set(f, &c);
	flow_submit(f, job, on_ended, f);
}

/* A few at a time, behind all that is new. */
void recheck_look(struct flow *f)
{
	struct recheck *r = f->recheck;

	if (!r || !r->begun || f->stopping)
		return;
	while (r->at < r->n && r->under_way < RECHECK_AT_ONCE && !flow_busy(f))
		check(f, r->id[r->at++]);
	if (r->at == r->n && r->under_way == 0)
		end(f);
}

static void on_more(void *arg)
{
	recheck_look(arg);
}

static bool begin(struct flow *f, struct err *e)
{
	struct recheck *r = NEW(struct recheck);

	f->recheck = r;
	r->more = timer_new(f->c.loop, on_more, f);
	if (!store_held(f->reader, &r->arena, &r->id, &r->n, e)) {
		recheck_free(f);
		return false;
	}
	counts_set(f, &(struct flow_recheck){.running = true});
	return true;
}

void recheck_resume(struct flow *f)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct str value = STR_EMPTY;
	struct err e = ERR_EMPTY;

	if (store_value(f->reader, STR(RECHECK_VALUE), &a, &value, &e) &&
	    (!value.n || begin(f, &e))) {
		if (f->recheck)
			f->recheck->begun = true;
		return;
	}
	LOG(&f->log, LOG_ERROR, "recheck", LE(&e));
}

/* ---- asking for it ------------------------------------------------------------ */

struct recheck_job {
	struct flow *f;
	char who[128];
	struct loop *back;
	void (*done)(void *arg, const struct err *why);
	void *arg;
	struct err why;
	bool failed;
};

static void recheck_answer(void *arg)
{
	struct recheck_job *r = arg;

	r->done(r->arg, r->failed ? &r->why : NULL);
	mem_free(r);
}

static void answer(struct recheck_job *r, const struct err *why)
{
	if (why) {
		r->failed = true;
		r->why = *why;
	}
	loop_post(r->back, recheck_answer, r);
}

static void on_begun(void *arg, struct store_job *job, const struct err *why)
{
	struct recheck_job *r = arg;

	(void)job;
	if (why) {
		recheck_free(r->f);
		counts_set(r->f, &(struct flow_recheck){0});
	} else {
		r->f->recheck->begun = true;
	}
	answer(r, why);
}

static void recheck_run(void *arg)
{
	struct recheck_job *r = arg;
	struct flow *f = r->f;
	struct store_job *job;
	struct json *detail;
	struct err e = ERR_EMPTY;

	if (f->recheck)
		err_set(&e, ERR_RETRY, 0, "held mail is being looked at");
	if (f->recheck || !begin(f, &e)) {
		answer(r, &e);
		return;
	}
	job = store_job_new(f->c.store);
	detail = json_object();
	json_add_int(detail, "policy", f->policy->version);
	audit_add(f, job, flow_now(f), 0, r->who, "held-check", detail);
	store_put_value(job, STR(RECHECK_VALUE), str_of(r->who));
	flow_submit(f, job, on_begun, r);
}

void flow_recheck(struct flow *f, const char *who, struct loop *l,
		  void (*done)(void *arg, const struct err *why), void *arg)
{
	struct recheck_job *r = NEW(struct recheck_job);

	r->f = f;
	snprintf(r->who, sizeof(r->who), "%s", who);
	r->back = l;
	r->done = done;
	r->arg = arg;
	loop_post(f->c.loop, recheck_run, r);
}
