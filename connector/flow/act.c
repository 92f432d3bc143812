/* act.c - what people decide: send now, discard, return, release.
 *
 * One compare-and-swap commit with its audit row; whoever is second is told
 * CONFLICT and changes nothing.
 */
#include "connector/flow/flow_int.h"

struct doing {
	struct flow *f;
	struct flow_action act;
	int64_t asked_us;
	struct loop *back;
	void (*done)(void *arg, const struct err *why);
	void *arg;
	struct err why;
	bool failed;
};

static void answer(void *arg)
{
	struct doing *d = arg;

	d->done(d->arg, d->failed ? &d->why : NULL);
	mem_free(d);
}

static void finish(struct doing *d, const struct err *why)
{
	if (why) {
		d->failed = true;
		d->why = *why;
	}
	loop_post(d->back, answer, d);
}

static void on_acted(void *arg, struct store_job *job, const struct err *why)
{
	struct doing *d = arg;

	(void)job;
	fault_point("act-committed");
	if (!why)
		flow_wake(d->f);
	finish(d, why);
}

static bool send_now(struct flow *f, struct store_rcpt *r, struct arena *a)
{
	int64_t now = flow_now(f);
	struct gate *g;
	size_t n;

	if (r->state != RCPT_HELD || !flow_gates_read(r->gates, a, &g, &n) ||
	    !gates_skip_own(r, g, n, now))
		return false;
	f->ready = true;
	rcpt_move(r, r->gate >= n && r->due_us <= now ? RCPT_READY : RCPT_HELD,
		  now);
	return true;
}

static bool release(struct flow *f, struct store_rcpt *r, bool as_is)
{
	if (r->state != RCPT_HELD && r->state != RCPT_PARKED)
		return false;
	if (as_is)
		r->shape = 0;
	else if (r->shape == SHAPE_MISSING)
		return false;
	r->due_us = flow_now(f);
	f->ready = true;
	rcpt_move(r, RCPT_READY, r->due_us);
	return true;
}

/* The new state of one recipient; false: this act does not fit it. */
static bool act_on(struct doing *d, struct store_rcpt *r, struct arena *a)
{
	const struct flow_action *act = &d->act;
	struct flow *f = d->f;
	enum rcpt_state end = act->act == ACT_DISCARD ? RCPT_DISCARDED
						      : RCPT_RETURNED;

	/* Opened since this was asked for: somebody was faster. */
	if (r->state == RCPT_READY && r->ready_us >= d->asked_us)
		return false;
	if (act->act == ACT_SEND_NOW)
		return send_now(f, r, a);
	if (act->act == ACT_RELEASE)
		return release(f, r, act->as_is);
	if (!flow_state_allowed(r->state, end))
		return false;
	rcpt_move(r, end, flow_now(f));
	return true;
}

static const char *const act_events[] = {
	[ACT_SEND_NOW] = "sent-now",
	[ACT_RELEASE] = "released",
	[ACT_DISCARD] = "discarded",
	[ACT_RETURN] = "returned",
};

static void tell_return(struct doing *d, struct store_job *job,
			const struct own_about *about,
			const struct store_rcpt *rows, const bool *touched,
			size_t rows_n)
{
	struct str *list = arena_array(store_job_arena(job), rows_n,
				       sizeof(*list));
	struct str why = str_of(d->act.reason);
	struct notice n = {.kind = NOTICE_RETURNED,
			   .to = about->m->sender,
			   .recipient = list,
			   .own_text = {why, why},
			   .attach_original = true,
			   .then = NOTICE_THEN_RETURN};

	for (size_t i = 0; i < rows_n; i++)
		if (touched[i])
			list[n.recipient_n++] = rows[i].address;
	own_notice(d->f, job, about, &n);
}

static void tell(struct doing *d, struct store_job *job,
		 const struct store_found *found, const struct store_rcpt *rows,
		 const bool *touched)
{
	struct flow *f = d->f;
	struct own_about about = {&found->message,
				  flow_tenant(f, found->message.tenant),
				  flow_now(f)};
	bool free = false;

	if (!about.tenant)
		return;
	if (d->act.act == ACT_RETURN)
		tell_return(d, job, &about, rows, touched, found->rcpt_n);
	for (size_t i = 0; i < found->rcpt_n; i++)
		free = free || (touched[i] && rows[i].state == RCPT_READY);
	if (free)
		own_release_copies(f, job, &about);
}

static void act_audit(struct doing *d, struct store_job *job, size_t changed)
{
	struct json *detail = json_object();

	json_add_int(detail, "recipients", (int64_t)changed);
	if (d->act.reason[0])
		json_add_cstr(detail, "reason", d->act.reason);
	if (d->act.as_is)
		json_add_bool(detail, "as-is", true);
	audit_add(d->f, job, flow_now(d->f), d->act.id, d->act.actor,
		  act_events[d->act.act], detail);
}

static bool missing(const struct store_found *found)
{
	for (size_t i = 0; i < found->rcpt_n; i++)
		if (found->rcpt[i].shape == SHAPE_MISSING &&
		    found->rcpt[i].state == RCPT_HELD)
			return true;
	return false;
}

static void act_job(struct doing *d, const struct store_found *found)
{
	struct flow *f = d->f;
	struct store_job *job = store_job_new(f->c.store);
	struct arena *a = store_job_arena(job);
	struct store_rcpt *rows = arena_array(a, found->rcpt_n, sizeof(*rows));
	bool *touched = arena_array(a, found->rcpt_n, sizeof(*touched));
	struct err e = ERR_EMPTY;
	size_t changed = 0;

	for (size_t i = 0; i < found->rcpt_n; i++) {
		rows[i] = found->rcpt[i];
		touched[i] = act_on(d, &rows[i], a);
		changed += touched[i];
	}
	if (d->act.act == ACT_RETURN && found->message.sender.n == 0) {
		changed = 0;
		err_set(&e, ERR_PERMANENT, 0, "it has no sender to return to");
	}
	if (changed == 0) {
		store_job_free(&job);
		if (e.class == ERR_NONE)
			err_set(&e, ERR_CONFLICT, 0,
				d->act.act == ACT_RELEASE && missing(found)
					? "its edits could not be made: "
					  "release it as it is, or return it"
					: "nothing is held any more");
		finish(d, &e);
		return;
	}
	if (d->act.use_token)
		store_use_token(job, d->act.token, flow_now(f));
	/* The comparing steps first: who lost shall hear CONFLICT, not that the
	 * body is gone. It goes at the end of the job only. */
	for (size_t i = 0; i < found->rcpt_n; i++)
		if (touched[i])
			store_set_rcpt(
				job, d->act.id, found->rcpt[i].state, &rows[i],
				f->c.config->retention.body_after_end_us);
	tell(d, job, found, rows, touched);
	act_audit(d, job, changed);
	fault_point("act-commit");
	flow_submit(f, job, on_acted, d);
}

static void act_run(void *arg)
{
	struct doing *d = arg;
	AUTO(arena) a = ARENA_EMPTY;
	struct store_found found;
	struct err e = ERR_EMPTY;

	if (d->f->stopping) {
		err_set(&e, ERR_RETRY, 0, "stopping");
		finish(d, &e);
		return;
	}
	if (!store_show(d->f->reader, d->act.id, &a, &found, &e)) {
		finish(d, &e);
		return;
	}
	act_job(d, &found);
}

void flow_do(struct flow *f, const struct flow_action *act, struct loop *l,
	     void (*done)(void *arg, const struct err *why), void *arg)
{
	struct doing *d = NEW(struct doing);

	d->f = f;
	d->act = *act;
	d->asked_us = flow_now(f);
	d->back = l;
	d->done = done;
	d->arg = arg;
	loop_post(f->c.loop, act_run, d);
}
