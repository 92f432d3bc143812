/* job.c - jobs: waiting, placed, answered exactly once.
 */
#include "connector/base/clock.h"
#include "connector/base/die.h"
#include "connector/base/utf8.h"
#include "connector/inspect/inspect_int.h"

#define DISPATCH_LOOK 64 /* waiting jobs looked at in one go */
#define PARAMS_MAX    (16 * MIB)

void queue_add(struct queue *q, struct inspect_job *job, bool front)
{
	must(!job->queued);
	job->queued = true;
	job->prev = front ? NULL : q->last;
	job->next = front ? q->first : NULL;
	*(job->prev ? &job->prev->next : &q->first) = job;
	*(job->next ? &job->next->prev : &q->last) = job;
}

void queue_remove(struct queue *q, struct inspect_job *job)
{
	must(job->queued);
	*(job->prev ? &job->prev->next : &q->first) = job->next;
	*(job->next ? &job->next->prev : &q->last) = job->prev;
	job->queued = false;
}

void job_free(struct inspect_job *job)
{
	struct inspect *p = job->p;

	p->jobs--;
	if (job->body.region)
		region_unuse(job->body.region);
	buf_release(&job->params);
	mem_free(job);
}

size_t inspect_backlog(const struct inspect *p)
{
	return p->jobs;
}

/* ---- ends -------------------------------------------------------------- */

static void fail_view(struct inspect_job *job)
{
	AUTO(buf) wire = BUF_MAX(KIB);
	struct view_reason reason = {DOUBT_FAILED, VIEW_WHOLE};
	struct view v = {.completeness = VIEW_NONE,
			 .reason = &reason,
			 .reason_n = 1,
			 .size = job->body.size};
	struct inspect_answer answer = {.failed = true, .why = job->why};

	view_write(&v, &wire);
	answer.view = &v;
	answer.view_wire = buf_str(&wire);
	job->done(job->arg, &answer);
}

static void fail(struct inspect_job *job)
{
	struct edit_answer answer = {.failed = true, .why = job->why};

	metric_add(job->p->conf.metrics, METRIC_INSPECT_FAILED, 1);
	if (job->kind == RING_VIEW)
		fail_view(job);
	else
		job->edited(job->arg, &answer);
	job_free(job);
}

/* Not from within the call that made the job: by the next turn of the loop. */
void job_fail_soon(struct inspect *p, struct inspect_job *job)
{
	if (job->cancelled) {
		job_free(job);
		return;
	}
	if (job->why.class == ERR_NONE)
		err_set(&job->why, ERR_RETRY, 0, "not inspected");
	queue_add(&p->failing, job, false);
	timer_set(p->soon, 0);
}

void jobs_fail_due(void *pool)
{
	struct inspect *p = pool;

	while (p->failing.first) {
		struct inspect_job *job = p->failing.first;

		queue_remove(&p->failing, job);
		fail(job);
	}
	jobs_tick(p);
}

void jobs_again(struct inspect *p, struct inspect_job *job)
{
	if (job->cancelled || job->tries >= TRIES_MAX) {
		job_fail_soon(p, job);
		return;
	}
	job->since = clock_monotonic_us();
	queue_add(&p->waiting, job, true);
}

static bool answer_view(struct inspect_job *job)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct str wire = buf_str(&job->p->report);
	struct view v;
	struct inspect_answer answer = {.view = &v, .view_wire = wire};

	if (wire.n > VIEW_BYTES_MAX)
		return false;
	TRY(view_read(wire, job->body.size, &a, &v, &job->why));
	if (!job->cancelled)
		job->done(job->arg, &answer);
	return true;
}

static bool answer_edit(struct inspect_job *job)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct rd in = rd_of(buf_str(&job->p->report));
	struct edit_answer answer = {.n = rd_u32(&in)};
	struct edits *edits;

	if (!rd_ok(&in) || answer.n != job->changes)
		return false;
	edits = arena_array(&a, answer.n, sizeof(*edits));
	for (size_t i = 0; i < answer.n; i++) {
		struct str one = rd_lenbytes(&in, RING_LARGE_MAX);

		if (!rd_ok(&in) ||
		    !edits_read(one, job->body.size, &a, &edits[i], &job->why))
			return false;
	}
	TRY(rd_end(&in));
	answer.edits = edits;
	if (!job->cancelled)
		job->edited(job->arg, &answer);
	return true;
}

/* What the child says is wrong: for logs and pages, so cleaned. */
static void take_error(struct inspect_job *job, const struct ring_report *rep)
{
	struct str text = str_head(buf_str(&job->p->report), ERR_TEXT_MAX - 1);
	AUTO(buf) clean = BUF_MAX(KIB);
	enum err_class class = rep->class == ERR_LIMIT	 ? ERR_LIMIT
			       : rep->class == ERR_RETRY ? ERR_RETRY
							 : ERR_PERMANENT;

	utf8_clean(&clean, text, ERR_TEXT_MAX);
	if (job->why.class == ERR_NONE)
		err_set(&job->why, class, 0, "%s", buf_cstr(&clean));
}

bool job_answer(struct inspect_job *job, const struct ring_report *rep)
{
	struct inspect *p = job->p;

	if (rep->status == RING_BAD) {
		take_error(job, rep);
		job_fail_soon(p, job);
		return true;
	}
	if (rep->status != RING_OK)
		return false;
	TRY(job->kind == RING_VIEW ? answer_view(job) : answer_edit(job));
	metric_add(p->conf.metrics, METRIC_INSPECTED, 1);
	job_free(job);
	return true;
}

/* ---- placing ----------------------------------------------------------- */

/* Large mails may hold all children but one. */
static bool large_fits(const struct inspect *p, const struct child *c)
{
	unsigned busy = 0;

	if (c->larges || p->child_n == 1)
		return true;
	for (unsigned i = 0; i < p->child_n; i++)
		busy += p->child[i].larges > 0;
	return busy + 1 < p->child_n;
}

static bool may_take(const struct inspect *p, const struct child *c,
		     const struct inspect_job *job)
{
	return c->state == CHILD_READY && ring_free_slots(&c->ring) > 0 &&
	       (!c->bound || c->tenant == job->tenant || child_load(c) == 0) &&
	       (!job->large || large_fits(p, c)) &&
	       (!job->body.region || c->regions.n < REGIONS_LIMIT);
}

/* The child with least before it; one of the same tenant, of equals. */
static struct child *choose(struct inspect *p, const struct inspect_job *job)
{
	struct child *best = NULL;
	size_t best_cost = SIZE_MAX;

	for (unsigned i = 0; i < p->child_n; i++) {
		struct child *c = &p->child[i];
		size_t cost;

		if (!may_take(p, c, job))
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

static void start_due(struct inspect *p, int64_t now)
{
	struct err e = ERR_EMPTY;
	unsigned ready = 0;

	if (p->zygote == 0 && now >= p->zygote_at && !zygote_start(p, &e)) {
		LOG(p->conf.log, LOG_ERROR, "inspect.zygote.start", LE(&e));
		p->zygote_at = now + p->zygote_backoff;
		p->zygote_backoff = MIN_OF(p->zygote_backoff * 2, BACKOFF_MOST);
	}
	for (unsigned i = 0; i < p->child_n; i++) {
		struct child *c = &p->child[i];

		ready += c->state == CHILD_READY;
		if (c->state != CHILD_NONE || p->zygote == 0 ||
		    now < c->start_at)
			continue;
		if (!child_start(c, &e)) {
			LOG(p->conf.log, LOG_ERROR, "inspect.child.start",
			    LE(&e));
			c->start_at = now + BACKOFF_MOST;
		}
	}
	metric_set(p->conf.metrics, METRIC_INSPECTORS, ready);
}

static void drop_overdue(struct inspect *p, int64_t now)
{
	for (unsigned i = 0; i < p->child_n; i++) {
		struct child *c = &p->child[i];

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

/* Children to start, deadlines to keep. Runs while there is cause. */
void jobs_tick(void *pool)
{
	struct inspect *p = pool;
	int64_t now = clock_monotonic_us();
	bool cause = p->jobs > 0 || p->zygote == 0;

	drop_overdue(p, now);
	fail_overdue(p, now);
	start_due(p, now);
	jobs_dispatch(p);
	for (unsigned i = 0; i < p->child_n; i++)
		cause |= p->child[i].state <= CHILD_STARTING;
	p->tick_on = cause;
	if (cause)
		timer_set(p->tick,
			  MIN_OF(p->conf.deadline_us / 4, BACKOFF_LEAST * 10));
}

/* ---- the public side ---------------------------------------------------- */

static struct inspect_job *job_new(struct inspect *p, unsigned tenant,
				   const struct inspect_body *body,
				   enum ring_kind kind, void *arg)
{
	struct inspect_job *job = NEW(struct inspect_job);

	job->p = p;
	job->id = ++p->last_job;
	job->kind = kind;
	job->tenant = tenant;
	job->body = *body;
	job->arg = arg;
	job->params = BUF_MAX(PARAMS_MAX);
	job->large = body->size > RING_BODY_MAX;
	job->since = clock_monotonic_us();
	if (body->region)
		body->region->users++;
	p->several_tenants |= p->any_tenant && p->first_tenant != tenant;
	p->any_tenant = true;
	p->first_tenant = tenant;
	p->jobs++;
	return job;
}

static struct inspect_job *submit(struct inspect *p, struct inspect_job *job)
{
	if (!buf_ok(&job->params)) {
		err_set(&job->why, ERR_LIMIT, 0, "too many changes");
		job_fail_soon(p, job);
		return job;
	}
	queue_add(&p->waiting, job, false);
	jobs_dispatch(p);
	return job;
}

struct inspect_job *inspect_view(struct inspect *p, unsigned tenant,
				 const struct inspect_body *body,
				 const struct question *q, inspect_done *done,
				 void *arg)
{
	struct inspect_job *job = job_new(p, tenant, body, RING_VIEW, arg);

	job->done = done;
	question_write(q, &job->params);
	return submit(p, job);
}

struct inspect_job *inspect_edit(struct inspect *p, unsigned tenant,
				 const struct inspect_body *body,
				 const struct change *change, size_t n,
				 inspect_edited *done, void *arg)
{
	struct inspect_job *job = job_new(p, tenant, body, RING_EDIT, arg);

	job->edited = done;
	job->changes = n;
	buf_put_u32(&job->params, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		change_write(&change[i], &job->params);
	return submit(p, job);
}

static bool in_queue(const struct queue *q, const struct inspect_job *job)
{
	for (const struct inspect_job *it = q->first; it; it = it->next)
		if (it == job)
			return true;
	return false;
}

void inspect_cancel(struct inspect_job **job)
{
	struct inspect_job *it = *job;

	*job = NULL;
	if (!it)
		return;
	if (!it->queued) {
		it->cancelled = true; /* freed when its child answers */
		return;
	}
	queue_remove(in_queue(&it->p->failing, it) ? &it->p->failing
						   : &it->p->waiting,
		     it);
	job_free(it);
}
