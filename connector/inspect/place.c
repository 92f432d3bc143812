/* place.c - jobs to children of the generation that serves, and what time asks
 * for: children to start, deadlines to keep.
 */
#include "connector/base/clock.h"
#include "connector/inspect/inspect_int.h"

#define DISPATCH_LOOK 64 /* waiting jobs looked at in one go */

/* Large mails may hold all children but one. */
static bool large_fits(const struct child *c)
{
	const struct generation *g = c->g;
	unsigned busy = 0;

	if (c->larges || g->child_n == 1)
		return true;
	for (unsigned i = 0; i < g->child_n; i++)
		busy += g->child[i].larges > 0;
	return busy + 1 < g->child_n;
}

static bool may_take(const struct child *c, const struct inspect_job *job)
{
	return c->state == CHILD_READY && ring_free_slots(&c->ring) > 0 &&
	       (!c->bound || c->tenant == job->tenant || child_load(c) == 0) &&
	       (!job->large || large_fits(c)) &&
	       (!job->body.region || c->regions.n < REGIONS_LIMIT);
}

/* The child with least before it; one of the same tenant, of equals. */
static struct child *choose(struct inspect *p, const struct inspect_job *job)
{
	struct child *best = NULL;
	struct generation *g = job->only ? job->only : p->gen[GEN_NOW];
	size_t best_cost = SIZE_MAX;

	for (unsigned i = 0; i < g->child_n; i++) {
		struct child *c = &g->child[i];
		size_t cost;

		if (!may_take(c, job))
			continue;
		cost = (child_load(c) + c->larges * RING_SLOTS) * 2 +
		       (c->bound && c->tenant != job->tenant);
		if (cost < best_cost) {
			best_cost = cost;
			best = c;
		}
	}
	return best;
}

/* A child that served somebody else keeps nothing of it in its slots. */
static void bind_tenant(struct child *c, unsigned tenant)
{
	if (c->bound && c->tenant != tenant)
		ring_wipe(&c->ring);
	c->bound = true;
	c->tenant = tenant;
}

static void place_job(struct inspect *p, struct inspect_job *job,
		      struct child *c)
{
	queue_remove(&p->waiting, job);
	bind_tenant(c, job->tenant);
	if (child_push(c, job))
		return;
	if (job->why.class != ERR_NONE) {
		job_fail_soon(p, job);
		return;
	}
	/* The child did not take what it was told. */
	queue_add(&p->waiting, job, true);
	child_drop(c, child_load(c) > 0, "a child that does not listen");
}

void jobs_dispatch(struct inspect *p)
{
	struct inspect_job *job = p->waiting.first, *next;
	struct child *c;

	for (unsigned i = 0; job && i < DISPATCH_LOOK; i++, job = next) {
		next = job->next;
		c = choose(p, job);
		if (!c)
			continue;
		place_job(p, job, c);
		if (c->state == CHILD_NONE)
			return; /* the queue has changed; soon again */
	}
	if (p->jobs && !p->tick_on) {
		p->tick_on = true;
		timer_set(p->tick, p->conf.deadline_us / 4);
	}
}

/* ---- time -------------------------------------------------------------- */

static void start_zygote(struct generation *g, int64_t now)
{
	struct err e = ERR_EMPTY;

	if (g->zygote && !g->zygote_ready && now > g->until)
		zygote_lost(g);
	if (g->zygote || now < g->zygote_at || zygote_start(g, &e))
		return;
	LOG(g->p->conf.log, LOG_ERROR, "inspect.zygote.start", LE(&e));
	g->zygote_at = now + g->zygote_backoff;
	g->zygote_backoff = MIN_OF(g->zygote_backoff * 2, BACKOFF_MOST);
}

static void start_children(struct generation *g, int64_t now)
{
	struct err e = ERR_EMPTY;

	for (unsigned i = 0; g->zygote_ready && i < g->child_n; i++) {
		struct child *c = &g->child[i];

		if (c->state != CHILD_NONE || now < c->start_at)
			continue;
		if (!child_start(c, &e)) {
			LOG(g->p->conf.log, LOG_ERROR, "inspect.child.start",
			    LE(&e));
			c->start_at = now + BACKOFF_MOST;
		}
	}
}

/* The old one is not repaired: what it cannot do any more, the new one does. */
static void start_due(struct inspect *p, int64_t now)
{
	struct generation *g = p->gen[GEN_NOW];
	unsigned ready = 0;

	if (g) {
		start_zygote(g, now);
		start_children(g, now);
		for (unsigned i = 0; i < g->child_n; i++)
			ready += g->child[i].state == CHILD_READY;
		metric_set(p->conf.metrics, METRIC_INSPECTORS, ready);
	}
	if (p->gen[GEN_NEXT])
		start_children(p->gen[GEN_NEXT], now);
}

static void drop_overdue(struct inspect *p, int64_t now)
{
	for (struct child *c = child_next(p, NULL); c; c = child_next(p, c)) {
		if (c->state == CHILD_NONE ||
		    now - c->head_since < p->conf.deadline_us)
			continue;
		if (c->state == CHILD_STARTING || child_load(c) > 0)
			child_drop(c, true, "deadline passed");
	}
}

static void fail_overdue(struct inspect *p, int64_t now)
{
	struct inspect_job *job = p->waiting.first, *next;

	for (; job; job = next) {
		next = job->next;
		if (now - job->since < p->conf.deadline_us * QUEUE_DEADLINES)
			continue;
		queue_remove(&p->waiting, job);
		if (job->why.class == ERR_NONE)
			err_set(&job->why, ERR_RETRY, 0, "no inspector");
		job_fail_soon(p, job);
	}
}

/* Something is to be waited for. */
static bool has_cause(struct inspect *p)
{
	struct generation *g = p->gen[GEN_NOW];

	if (p->jobs || p->asked || p->gen[GEN_NEXT] || p->gen[GEN_OLD] || !g ||
	    !g->zygote_ready)
		return true;
	for (unsigned i = 0; i < g->child_n; i++)
		if (g->child[i].state <= CHILD_STARTING)
			return true;
	return false;
}

/* Runs while there is cause. */
void jobs_tick(void *pool)
{
	struct inspect *p = pool;
	int64_t now = clock_monotonic_us();

	drop_overdue(p, now);
	fail_overdue(p, now);
	start_due(p, now);
	jobs_dispatch(p);
	generations_look(p, now);
	p->tick_on = has_cause(p);
	if (p->tick_on)
		timer_set(p->tick,
			  MIN_OF(p->conf.deadline_us / 4, BACKOFF_LEAST * 10));
}
