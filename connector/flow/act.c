/* act.c - what people decide: send now, discard, return, release.
 *
 * One compare-and-swap commit with its audit rows; whoever is second is told
 * CONFLICT and changes nothing.  What is done to one copy of a mail that came
 * split is done to all that joined it.
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
	unsigned races;
	bool alone; /* no joined copy is in the job */
};

/* One message, and what becomes of its recipients. */
struct copy {
	const struct store_found *found;
	struct store_rcpt *rows;
	bool *touched;
	size_t changed;
};
struct copies {
	struct copy *v; /* the one that was asked for first */
	size_t n;
	size_t changed; /* recipients of all of them */
};

static void act_run(void *arg);

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
	/* The clock may have had one of many only: the others still wait. */
	if (why && why->class == ERR_CONFLICT && !d->alone &&
	    d->races++ < RACES_MOST) {
		loop_post(d->f->c.loop, act_run, d);
		return;
	}
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

static bool release(struct flow *f, struct store_rcpt *r, bool as_is,
		    struct arena *a)
{
	struct gate *g;
	size_t n;

	if (r->state != RCPT_HELD && r->state != RCPT_PARKED)
		return false;
	if (as_is)
		r->shape = 0;
	else if (r->shape == SHAPE_MISSING ||
		 (flow_gates_read(r->gates, a, &g, &n) && gates_unbuilt(g, n)))
		return false;
	r->due_us = flow_now(f);
	f->ready = true;
	if (r->state == RCPT_PARKED)
		r->ready_us = r->due_us; /* from now on it is tried */
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
		return release(f, r, act->as_is, a);
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

/* The original goes back once, with everybody who did not get it. False: it
 * cannot. */
static bool tell_return(struct doing *d, struct store_job *job,
			const struct own_about *about, const struct copies *all)
{
	struct str *list = arena_array(store_job_arena(job), all->changed,
				       sizeof(*list));
	struct str why = str_of(d->act.comment[0] ? d->act.comment
						  : d->act.reason);
	struct notice n = {.kind = NOTICE_RETURNED,
			   .to = about->m->sender,
			   .recipient = list,
			   .by = str_of(d->act.by),
			   .own_text = {why, why},
			   .attach_original = true,
			   .then = NOTICE_THEN_RETURN};

	for (size_t i = 0; i < all->n; i++) {
		const struct copy *c = &all->v[i];

		for (size_t k = 0; k < c->found->rcpt_n; k++)
			if (c->touched[k])
				list[n.recipient_n++] = c->rows[k].address;
	}
	return own_notice(d->f, job, about, &n);
}

/* Send now led to somebody else's gate. */
static void tell_admins(struct doing *d, struct store_job *job,
			const struct own_about *about, const struct copy *c)
{
	struct str *list = arena_array(store_job_arena(job), c->changed,
				       sizeof(*list));
	size_t n = 0;

	for (size_t k = 0; k < c->found->rcpt_n; k++)
		if (c->touched[k] && c->rows[k].state == RCPT_HELD &&
		    c->rows[k].due_us == 0)
			list[n++] = c->rows[k].address;
	own_admins(d->f, job, about, list, n);
}

/* False: what is to go back cannot. */
static bool tell(struct doing *d, struct store_job *job,
		 const struct copies *all)
{
	struct flow *f = d->f;
	bool told = d->act.act != ACT_RETURN;

	for (size_t i = 0; i < all->n; i++) {
		const struct copy *c = &all->v[i];
		const struct store_message *m = &c->found->message;
		struct own_about about = {m, flow_tenant(f, m->tenant),
					  flow_now(f)};
		bool free = false;

		if (!about.tenant || c->changed == 0)
			continue;
		if (!told && !tell_return(d, job, &about, all))
			return false;
		told = true;
		for (size_t k = 0; k < c->found->rcpt_n; k++)
			free = free || (c->touched[k] &&
					c->rows[k].state == RCPT_READY);
		if (free)
			own_release_copies(f, job, &about);
		tell_admins(d, job, &about, c);
	}
	return told;
}

static void act_audit(struct doing *d, struct store_job *job,
		      const struct copy *c)
{
	struct json *detail = json_object();
	int64_t id = c->found->message.id;
	char asked[ID_TEXT_LEN + 1];

	json_add_int(detail, "recipients", (int64_t)c->changed);
	if (d->act.reason[0])
		json_add_cstr(detail, "reason", d->act.reason);
	if (d->act.comment[0])
		json_add_bool(detail, "comment", true);
	if (d->act.as_is)
		json_add_bool(detail, "as-is", true);
	if (id != d->act.id) {
		id_text(d->act.id, asked);
		json_add_cstr(detail, "with", asked);
	}
	audit_add(d->f, job, flow_now(d->f), id, d->act.actor,
		  act_events[d->act.act], detail);
}

static const char *why_not_released(const struct store_found *found)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct gate *g;
	size_t n;

	for (size_t i = 0; i < found->rcpt_n; i++) {
		const struct store_rcpt *r = &found->rcpt[i];

		if (r->state != RCPT_HELD)
			continue;
		if (r->shape == SHAPE_MISSING)
			return "its edits could not be made: release it as it "
			       "is, or return it";
		if (flow_gates_read(r->gates, &a, &g, &n) &&
		    gates_unbuilt(g, n))
			return "its plan cannot be carried out yet: release "
			       "it as it is, without what the plan asks for, "
			       "or return it";
	}
	return NULL;
}

/* A claim has held it, and would hold it again. */
static bool cannot_leave(const struct doing *d, const struct store_found *found)
{
	return found->damaged && str_is(found->message.reason, "damaged") &&
	       (d->act.act == ACT_RELEASE || d->act.act == ACT_SEND_NOW);
}

/* Nothing fits any more: why? */
static void act_refuse(struct doing *d, const struct store_found *found)
{
	struct err e = ERR_EMPTY;
	const char *why = d->act.act == ACT_RELEASE ? why_not_released(found)
						    : NULL;

	if (cannot_leave(d, found))
		why = "it cannot be read any more: return or discard it";
	err_set(&e, ERR_CONFLICT, 0, "%s",
		why ? why : "nothing is held any more");
	finish(d, &e);
}

static void act_commit(struct doing *d, struct store_job *job,
		       const struct copies *all)
{
	struct flow *f = d->f;
	struct err e = ERR_EMPTY;

	if (d->act.use_token)
		store_use_token(job, d->act.token, flow_now(f));
	/* The comparing steps first: who lost shall hear CONFLICT, not that the
	 * body is gone. It goes at the end of the job only. */
	for (size_t i = 0; i < all->n; i++) {
		const struct copy *c = &all->v[i];

		for (size_t k = 0; k < c->found->rcpt_n; k++)
			if (c->touched[k])
				store_set_rcpt(job, c->found->message.id,
					       c->found->rcpt[k].state,
					       &c->rows[k],
					       f->c.config->retention
						       .body_after_end_us);
	}
	if (!tell(d, job, all)) {
		err_set(&e, ERR_PERMANENT, 0,
			"it cannot be given back: its tenant is not "
			"configured, or no notice may go to its sender");
		store_job_free(&job);
		finish(d, &e);
		return;
	}
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].changed)
			act_audit(d, job, &all->v[i]);
	fault_point("act-commit");
	flow_submit(f, job, on_acted, d);
}

static void copy_act(struct doing *d, const struct store_found *found,
		     struct arena *a, struct copies *all)
{
	bool joined = all->n > 0;
	struct copy *c = &all->v[all->n++];

	c->found = found;
	c->rows = arena_array(a, found->rcpt_n, sizeof(*c->rows));
	c->touched = arena_array(a, found->rcpt_n, sizeof(*c->touched));
	for (size_t i = 0; i < found->rcpt_n; i++) {
		c->rows[i] = found->rcpt[i];
		if (joined && c->rows[i].state != RCPT_HELD)
			continue; /* on its way already */
		c->touched[i] = !cannot_leave(d, found) &&
				act_on(d, &c->rows[i], a);
		c->changed += c->touched[i];
	}
	all->changed += c->changed;
	if (joined && c->changed)
		d->alone = false;
}

static void act_job(struct doing *d, const struct store_found *found,
		    const struct store_found *same, size_t n)
{
	struct store_job *job;
	struct copies all = {0};
	struct arena *a;
	struct err e = ERR_EMPTY;

	if (d->act.act == ACT_RETURN && found->message.sender.n == 0) {
		err_set(&e, ERR_PERMANENT, 0, "it has no sender to return to");
		finish(d, &e);
		return;
	}
	job = store_job_new(d->f->c.store);
	a = store_job_arena(job);
	all.v = arena_array(a, n + 1, sizeof(*all.v));
	d->alone = true;
	copy_act(d, found, a, &all);
	for (size_t i = 0; i < n; i++)
		if (copy_joined(found, &same[i]))
			copy_act(d, &same[i], a, &all);
	if (all.changed == 0) {
		store_job_free(&job);
		act_refuse(d, found);
		return;
	}
	act_commit(d, job, &all);
}

static void act_run(void *arg)
{
	struct doing *d = arg;
	AUTO(arena) a = ARENA_EMPTY;
	struct store_found found, *same = NULL;
	struct err e = ERR_EMPTY;
	size_t n = 0;

	if (d->f->stopping) {
		err_set(&e, ERR_RETRY, 0, "stopping");
		finish(d, &e);
		return;
	}
	if (!store_show(d->f->reader, d->act.id, &a, &found, &e) ||
	    (found.message.kind == MESSAGE_MAIL &&
	     !store_by_message_id(d->f->reader, found.message.tenant,
				  found.message.message_id, &a, &same, &n,
				  &e))) {
		finish(d, &e);
		return;
	}
	act_job(d, &found, same, n);
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
