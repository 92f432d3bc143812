/* job.c - jobs: begun, answered exactly once. Where they go: place.c. */
#include "connector/base/clock.h"
#include "connector/base/die.h"
#include "connector/base/utf8.h"
#include "connector/inspect/inspect_int.h"
#include "connector/mail/inspected.h"

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
	answer.wire = buf_str(&wire);
	job->done(job->arg, &answer);
}

static void fail(struct inspect_job *job)
{
	struct edit_answer answer = {.failed = true, .why = job->why};

	metric_add(job->p->conf.metrics, METRIC_INSPECT_FAILED, 1);
	if (job->kind == RING_EDIT)
		job->edited(job->arg, &answer);
	else
		fail_view(job);
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

/* Nothing is named that was not asked. */
static bool fits(const struct findings *f, const struct asked *asked)
{
	for (size_t i = 0; i < f->hit_n; i++)
		if (f->hit[i].term >= asked->term_n)
			return false;
	for (size_t i = 0; i < f->company_n; i++)
		if (f->company[i].company >= asked->company_n)
			return false;
	return f->version == asked->version;
}

static bool answer_view(struct inspect_job *job, const struct asked *asked)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct str wire = buf_str(&job->p->report);
	struct findings f;
	struct view v;
	struct inspect_answer answer = {
		.view = &v, .findings = &f, .wire = wire};
	bool both;

	TRY(inspected_read(wire, job->body.size, &a, &v, &f, &both, &job->why));
	if (!both || !fits(&f, asked))
		return false;
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

bool job_answer(struct inspect_job *job, const struct asked *asked,
		const struct ring_report *rep)
{
	struct inspect *p = job->p;

	if (rep->status == RING_BAD) {
		take_error(job, rep);
		job_fail_soon(p, job);
		return true;
	}
	if (rep->status != RING_OK)
		return false;
	if (job->kind == RING_CANARY)
		asked = canary_asked();
	TRY(job->kind == RING_EDIT ? answer_edit(job)
				   : answer_view(job, asked));
	if (job->kind != RING_CANARY)
		metric_add(p->conf.metrics, METRIC_INSPECTED, 1);
	job_free(job);
	return true;
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
	job->params = BUF_MAX(RING_PARAM_MAX);
	job->large = body->size > RING_BODY_MAX;
	job->since = clock_monotonic_us();
	if (body->region)
		body->region->users++;
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
	/* Canaries do not wait for what may wait for them. */
	queue_add(&p->waiting, job, job->only != NULL);
	jobs_dispatch(p);
	return job;
}

struct inspect_job *inspect_view(struct inspect *p, unsigned tenant,
				 const struct inspect_body *body,
				 inspect_done *done, void *arg)
{
	struct inspect_job *job = job_new(p, tenant, body, RING_VIEW, arg);

	job->done = done;
	return submit(p, job);
}

struct inspect_job *job_canary(struct generation *g,
			       const struct inspect_body *body,
			       inspect_done *done, void *arg)
{
	struct inspect_job *job = job_new(g->p, 0, body, RING_CANARY, arg);

	job->done = done;
	job->only = g;
	return submit(g->p, job);
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
