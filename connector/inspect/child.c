/* child.c - one sandboxed child as the engine sees it. Everything that comes
 * from it is checked; what is wrong ends it.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "connector/base/clock.h"
#include "connector/base/die.h"
#include "connector/inspect/inspect_int.h"
#include "connector/sys/proc/fdpass.h"
#include "connector/sys/proc/sandbox.h"

struct child *child_next(struct inspect *p, struct child *c)
{
	unsigned i = 0;

	if (c) {
		struct generation *g = c->g;

		if (c + 1 < g->child + g->child_n)
			return c + 1;
		while (p->gen[i++] != g)
			;
	}
	while (i < GEN_N && !p->gen[i])
		i++;
	return i < GEN_N ? p->gen[i]->child : NULL;
}

void child_init(struct child *c, struct generation *g)
{
	c->p = g->p;
	c->g = g;
	c->sock = -1;
	c->ring.wake = c->ring.bell = -1;
	c->ring.jobs = c->ring.reports = SHM_EMPTY;
	c->backoff = BACKOFF_LEAST;
}

size_t child_load(const struct child *c)
{
	return RING_SLOTS - ring_free_slots(&c->ring);
}

static void child_release(struct child *c)
{
	if (c->bell_io)
		io_free(&c->bell_io);
	if (c->sock_io)
		io_free(&c->sock_io);
	if (c->sock >= 0)
		close(c->sock);
	c->sock = -1;
	ring_release(&c->ring);
	vec_release(&c->regions);
	c->bound = false;
	c->larges = c->served = 0;
	c->state = CHILD_NONE;
}

bool child_start(struct child *c, struct err *e)
{
	struct inspect *p = c->p;
	int pair[2], fd[ZYGOTE_FDS];
	bool ok;

	TRY(ring_new(&c->ring, e));
	if (!fdpass_pair(pair, e)) {
		ring_release(&c->ring);
		return false;
	}
	c->id = ++p->last_child;
	c->sock = pair[0];
	fd[ZYGOTE_FD_JOBS] = c->ring.jobs.fd;
	fd[ZYGOTE_FD_REPORTS] = c->ring.reports.fd;
	fd[ZYGOTE_FD_WAKE] = c->ring.wake;
	fd[ZYGOTE_FD_BELL] = c->ring.bell;
	fd[ZYGOTE_FD_SOCK] = pair[1];
	ok = zygote_tell(c->g, ZYGOTE_SPAWN, c->id, fd, ZYGOTE_FDS);
	close(pair[1]);
	if (!ok) {
		child_release(c);
		return err_set(e, ERR_RETRY, 0, "the zygote does not answer");
	}
	c->state = CHILD_STARTING;
	c->head_since = clock_monotonic_us();
	c->bell_io = io_new(p->loop, c->ring.bell, child_on_bell, c);
	c->sock_io = io_new(p->loop, c->sock, child_on_sock, c);
	io_want(c->bell_io, IO_READ);
	io_want(c->sock_io, IO_READ);
	return true;
}

/* Out of the ring, oldest first. */
static struct inspect_job *fifo_at(struct child *c, uint32_t n)
{
	return c->fifo[n % RING_SLOTS];
}

static void give_back(struct child *c, bool blame, const char *why)
{
	uint32_t from = c->ring.taken, to = c->ring.pushed;

	/* From the last to the first, each to the front: order stays. */
	while (to != from) {
		struct inspect_job *job = fifo_at(c, --to);

		if (blame && to == from) {
			job->tries++;
			err_set(&job->why, ERR_PERMANENT, 0, "%s", why);
		}
		jobs_again(c->p, job);
	}
}

void child_drop(struct child *c, bool blame, const char *why)
{
	struct inspect *p = c->p;
	bool quiet = c->state == CHILD_RETIRING && child_load(c) == 0;
	bool useful = c->served > 0;

	if (!quiet)
		LOG(p->conf.log, LOG_WARN, "inspect.child.lost", LS("why", why),
		    LU("jobs", child_load(c)));
	/* If it lives, it is ended by the one process that may not mix it up
	 * with another; if the zygote is gone, it follows that. */
	if (!zygote_tell(c->g, ZYGOTE_KILL, c->id, NULL, 0) && c->g->zygote)
		LOG(p->conf.log, LOG_WARN, "inspect.zygote.full");
	give_back(c, blame, why);
	child_release(c);
	c->backoff = useful ? BACKOFF_LEAST
			    : MIN_OF(c->backoff * 2, BACKOFF_MOST);
	c->start_at = clock_monotonic_us() + (useful ? 0 : c->backoff);
	timer_set(p->soon, 0);
}

void child_retire(struct child *c)
{
	if (c->state != CHILD_READY)
		return;
	c->state = CHILD_RETIRING;
	if (child_load(c) == 0)
		child_drop(c, false, "retired");
}

/* The region's descriptor, once per child. */
static bool show_region(struct child *c, struct region *r)
{
	struct ring_msg m = {
		.kind = RING_MSG_REGION, .id = r->id, .off = r->shm.n};

	for (size_t i = 0; i < c->regions.n; i++)
		if (c->regions.v[i] == r->id)
			return true;
	if (!fdpass_send(c->sock, &m, sizeof(m), &r->shm.fd, 1))
		return false;
	r->shown = true;
	vec_push(&c->regions, r->id);
	return true;
}

static bool body_read(struct inspect_job *job, uint64_t off, void *to, size_t n)
{
	const struct inspect_body *b = &job->body;

	if (!b->p)
		return b->read(b->arg, off, to, n, &job->why);
	memcpy(to, b->p + off, n);
	return true;
}

static enum ring_where place(const struct inspect_job *job)
{
	const struct inspect_body *b = &job->body;

	if (b->size <= RING_BODY_MAX &&
	    b->size + job->params.n <= RING_SLOT_ROOM)
		return RING_INLINE;
	return b->region ? RING_REGION : RING_READ;
}

/* False: the body could not be read, or the child not be told; job->why is
 * set in the first case only. */
bool child_push(struct child *c, struct inspect_job *job)
{
	unsigned char *room = ring_next_room(&c->ring);
	struct ring_job rj = {.id = job->id,
			      .size = job->body.size,
			      .kind = job->kind,
			      .where = place(job),
			      .param_n = (uint32_t)job->params.n};

	/* Asked-for chunks use the slot: parameters must not lie there. */
	rj.param_asked = rj.where == RING_READ ||
			 job->params.n > RING_SLOT_ROOM;
	if (!rj.param_asked && job->params.n)
		memcpy(room, job->params.p, job->params.n);
	if (rj.where == RING_INLINE && job->body.size)
		TRY(body_read(job, 0, room + job->params.n,
			      (size_t)job->body.size));
	if (rj.where == RING_REGION) {
		rj.region = job->body.region->id;
		TRY(show_region(c, job->body.region));
	}
	if (child_load(c) == 0)
		c->head_since = clock_monotonic_us();
	c->fifo[c->ring.pushed % RING_SLOTS] = job;
	c->larges += job->large;
	ring_push(&c->ring, &rj);
	return true;
}

/* One report; false: the child was dropped. */
static bool take_report(struct child *c, const struct ring_report *rep,
			uint32_t at)
{
	struct inspect_job *job = fifo_at(c, at);
	bool cancelled = job->cancelled, large = job->large;

	if (rep->id != job->id) {
		c->ring.taken--; /* still its job, for blame */
		child_drop(c, true, "report for another job");
		return false;
	}
	c->head_since = clock_monotonic_us();
	c->larges -= large;
	c->served++;
	if (!job_answer(job, &c->g->asked, rep)) {
		c->larges += large;
		c->ring.taken--;
		child_drop(c, true, "nonsense from a child");
		return false;
	}
	if ((rep->status != RING_OK && !cancelled) ||
	    c->served >= CHILD_JOBS_MAX)
		child_retire(c);
	if (c->state == CHILD_RETIRING && child_load(c) == 0)
		child_drop(c, false, "retired");
	return c->state == CHILD_READY || c->state == CHILD_RETIRING;
}

void child_on_bell(void *child, int ready)
{
	struct child *c = child;
	struct inspect *p = c->p;
	struct ring_report rep;
	bool bad = false;
	uint64_t n;

	(void)ready;
	if (read(c->ring.bell, &n, sizeof(n)) < 0 && errno != EAGAIN)
		return;
	ring_look(&c->ring);
	for (;;) {
		uint32_t at = c->ring.taken;

		if (!ring_take(&c->ring, &rep, &p->report, &bad))
			break;
		if (!take_report(c, &rep, at))
			goto out;
	}
	if (bad)
		child_drop(c, child_load(c) > 0, "nonsense in the ring");
out:
	jobs_dispatch(p);
}

/* The oldest job's bytes, into its slot. */
static bool answer_read(struct child *c, const struct ring_msg *m)
{
	struct inspect_job *job;
	struct ring_msg r = {.kind = RING_MSG_DATA, .id = m->id};
	unsigned char *room = ring_oldest_room(&c->ring);
	uint64_t off = m->off & ~RING_MSG_PARAM, size;
	bool ok;

	if (child_load(c) == 0 || m->n > RING_CHUNK)
		return false;
	job = fifo_at(c, c->ring.taken);
	size = m->off & RING_MSG_PARAM ? job->params.n : job->body.size;
	if (job->id != m->id || off > size || m->n > size - off ||
	    place(job) == RING_INLINE)
		return false;
	if (m->off & RING_MSG_PARAM) {
		memcpy(room, job->params.p + off, m->n);
		ok = true;
	} else {
		ok = !job->cancelled && body_read(job, off, room, m->n);
	}
	r.n = ok ? m->n : 0;
	return fdpass_send(c->sock, &r, sizeof(r), NULL, 0);
}

static void on_ready(struct child *c, unsigned level)
{
	struct inspect *p = c->p;

	c->state = CHILD_READY;
	c->g->zygote_backoff = BACKOFF_LEAST;
	p->level = level;
	buf_clear(&p->level_text);
	sandbox_level_text(level, &p->level_text);
	if (c->g == p->gen[GEN_NEXT])
		timer_set(p->soon, 0);
	jobs_dispatch(p);
}

/* The report of the job before was pushed before the child asked for this one;
 * it is taken first, whichever descriptor the loop saw first. */
static bool on_read(struct child *c, const struct ring_msg *m)
{
	if (m->kind != RING_MSG_READ)
		return false;
	child_on_bell(c, 0);
	return c->state == CHILD_NONE || answer_read(c, m);
}

/* Reports may be waiting when the socket already tells of the end. */
void child_on_sock(void *child, int ready)
{
	struct child *c = child;
	struct ring_msg m;
	ssize_t n;

	(void)ready;
	while (c->state != CHILD_NONE) {
		n = fdpass_recv(c->sock, &m, sizeof(m), NULL, 0, NULL, false);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			/* The zygote tells how it died; stop listening. */
			io_want(c->sock_io, 0);
			return;
		}
		if (n != sizeof(m))
			child_drop(c, true, "bad message from a child");
		else if (m.kind == RING_MSG_READY && c->state == CHILD_STARTING)
			on_ready(c, m.n);
		else if (!on_read(c, &m))
			child_drop(c, true, "bad request of a child");
	}
}
