/* fake_inspect.c - see fake_inspect.h. */
#include "fake_inspect.h"
#include "connector/base/limits.h"
#include "connector/base/die.h"
#include "connector/base/mem.h"
#include "connector/mail/inspected.h"
#include "connector/mail/scan.h"

struct inspect_job {
	struct inspect *p;
	struct inspect_job *next;
	struct arena arena;
	struct timer *timer;
	struct str text; /* the whole message */
	uint32_t version;
	inspect_done *done;
	inspect_edited *edited;
	const struct change *change;
	size_t n;
	void *arg;
};

struct region {
	struct inspect *p;
	char bytes[BODY_REGION_MAX];
};

void fake_inspect_init(struct inspect *p, struct loop *l)
{
	*p = (struct inspect){.loop = l, .regions = 1};
}

static void job_free(struct inspect_job *job)
{
	struct inspect_job **at = &job->p->first;

	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	timer_free(&job->timer);
	arena_release(&job->arena);
	mem_free(job);
}

/* ---- a small reader of headers ---------------------------------------------- */

static struct str value_of(struct str field)
{
	return str_trim(str_skip(field, (size_t)str_chr(field, ':') + 1));
}

static struct view_addrs addrs_of(struct arena *a, struct str value)
{
	struct view_addrs v = {.present = true,
			       .v = arena_array(a, 64, sizeof(*v.v))};
	struct str one;

	while (v.n < 64 && str_split(&value, ',', &one)) {
		ptrdiff_t open = str_chr(one, '<'), end = str_chr(one, '>');

		if (open >= 0 && end > open)
			one = str_n(one.p + open + 1, (size_t)(end - open - 1));
		v.v[v.n++].address = str_trim(one);
	}
	return v;
}

static void look(struct inspect_job *job, struct view *v)
{
	struct str rest = job->text, name, field;

	*v = (struct view){.size = job->text.n};
	while (header_field_next(&rest, &name, &field)) {
		if (str_is_ci(name, "From"))
			v->from = addrs_of(&job->arena, value_of(field));
		else if (str_is_ci(name, "To"))
			v->to = addrs_of(&job->arena, value_of(field));
		else if (str_is_ci(name, "Subject"))
			v->subject = value_of(field);
	}
	v->has_to = v->to.present;
	v->has_subject = v->subject.n > 0;
	v->header_end = job->text.n - rest.n;
	if (!job->p->attachment_unread)
		return;
	v->completeness = VIEW_PARTIAL;
	v->reason = arena_array(&job->arena, 1, sizeof(*v->reason));
	v->reason[0] = (struct view_reason){DOUBT_AMBIGUOUS, VIEW_WHOLE};
	v->reason_n = 1;
}

/* A hidden address: To becomes what the change says, whole. */
static void cut(struct inspect_job *job, const struct change *c,
		struct edits *e)
{
	struct str rest = job->text, name, field;

	*e = (struct edits){0};
	if (change_is_empty(c))
		return;
	e->v = arena_array(&job->arena, 2, sizeof(*e->v));
	for (size_t i = 0; i < c->add_n; i++)
		e->v[e->n++] = (struct edit){
			.text = str_of(arena_printf(&job->arena,
						    STR_FMT ": " STR_FMT "\r\n",
						    STR_ARG(c->add[i].name),
						    STR_ARG(c->add[i].value)))};
	while (c->hide_n && header_field_next(&rest, &name, &field))
		if (str_is_ci(name, "To"))
			e->v[e->n++] = (struct edit){
				.off = (uint64_t)(field.p - job->text.p),
				.len = field.n,
				.text = str_of(arena_printf(
					&job->arena, "To: " STR_FMT "\r\n",
					STR_ARG(c->to_when_empty)))};
}

/* ---- answers ---------------------------------------------------------------- */

static void answer_view(struct inspect_job *job)
{
	struct inspect_answer answer = {.failed = job->p->fail_view};
	struct findings f = {.version = job->version};
	struct view v;
	struct buf wire = BUF_MAX(2 * VIEW_BYTES_MAX);
	inspect_done *done = job->done;
	void *arg = job->arg;
	struct inspect_job copy;

	look(job, &v);
	inspected_write(&v, &f, &wire);
	if (answer.failed)
		err_set(&answer.why, ERR_RETRY, 0, "the child died");
	else if (job->p->bad_view)
		answer.wire = STR("nonsense");
	else
		answer.wire = buf_str(&wire);
	answer.view = answer.failed ? NULL : &v;
	answer.findings = answer.failed ? NULL : &f;
	/* The job is over before its callback, as with the real one. */
	copy = *job;
	job->arena = ARENA_EMPTY;
	job_free(job);
	done(arg, &answer);
	arena_release(&copy.arena);
	buf_release(&wire);
}

static void answer_edit(struct inspect_job *job)
{
	struct edit_answer answer = {.failed = job->p->fail_edit, .n = job->n};
	struct edits *e = arena_array(&job->arena, job->n, sizeof(*e));
	inspect_edited *edited = job->edited;
	void *arg = job->arg;
	struct inspect_job copy;

	for (size_t i = 0; i < job->n; i++)
		cut(job, &job->change[i], &e[i]);
	answer.edits = e;
	if (answer.failed)
		err_set(&answer.why, ERR_RETRY, 0, "the child died");
	if (job->p->bad_edit)
		answer.n--;
	copy = *job;
	job->arena = ARENA_EMPTY;
	job_free(job);
	edited(arg, &answer);
	arena_release(&copy.arena);
}

static void on_time(void *arg)
{
	struct inspect_job *job = arg;

	if (job->p->silent)
		return;
	if (job->done)
		answer_view(job);
	else
		answer_edit(job);
}

void fake_inspect_speak(struct inspect *p)
{
	p->silent = false;
	for (struct inspect_job *job = p->first; job; job = job->next)
		timer_set(job->timer, 1);
}

static struct inspect_job *job_new(struct inspect *p,
				   const struct inspect_body *body, void *arg,
				   int64_t after_us)
{
	struct inspect_job *job = NEW(struct inspect_job);
	char *text = arena_alloc(&job->arena, (size_t)body->size + 1);
	struct err e = ERR_EMPTY;

	job->p = p;
	job->arg = arg;
	job->next = p->first;
	p->first = job;
	if (body->p)
		memcpy(text, body->p, (size_t)body->size);
	else
		must(body->read(body->arg, 0, text, (size_t)body->size, &e));
	job->text = str_n(text, (size_t)body->size);
	job->timer = timer_new(p->loop, on_time, job);
	timer_set(job->timer, after_us ? after_us : 1);
	return job;
}

struct inspect_job *inspect_view(struct inspect *p, unsigned tenant,
				 const struct inspect_body *body,
				 inspect_done *done, void *arg)
{
	struct inspect_job *job = job_new(p, body, arg, p->view_after_us);

	(void)tenant;
	p->views++;
	job->version = p->version;
	job->done = done;
	return job;
}

struct inspect_job *inspect_edit(struct inspect *p, unsigned tenant,
				 const struct inspect_body *body,
				 const struct change *change, size_t n,
				 inspect_edited *done, void *arg)
{
	struct inspect_job *job = job_new(p, body, arg, p->edit_after_us);

	(void)tenant;
	p->edits++;
	job->edited = done;
	job->change = change;
	job->n = n;
	return job;
}

void inspect_cancel(struct inspect_job **jobp)
{
	struct inspect_job *job = TAKE(*jobp);

	if (job)
		job_free(job);
}

size_t inspect_backlog(const struct inspect *p)
{
	return p->first != NULL;
}

struct region *inspect_region_take(struct inspect *p, uint64_t size_hint)
{
	struct region *r;

	(void)size_hint;
	if (p->taken >= p->regions)
		return NULL;
	r = mem_alloc(sizeof(*r));
	r->p = p;
	p->taken++;
	return r;
}

char *inspect_region_bytes(struct region *r)
{
	return r->bytes;
}

void inspect_region_give(struct region **rp)
{
	struct region *r = TAKE(*rp);

	if (!r)
		return;
	r->p->taken--;
	mem_free(r);
}
