/* pool.c - the pool's start and end; see inspect.h.
 */
#include <poll.h>
#include "connector/base/clock.h"
#include "connector/inspect/inspect_int.h"

#define CHILDREN_DEFAULT 2
#define DEADLINE_DEFAULT (30 * US_PER_S)
#define MEMORY_DEFAULT	 (64 * MIB)
#define REGIONS_DEFAULT	 20
#define READY_DEFAULT	 (3 * US_PER_MIN)
#define STEP_MS		 20
#define LEVEL_MAX	 64

static struct inspect *pool_new(struct loop *l, const struct inspect_conf *conf)
{
	struct inspect *p = NEW(struct inspect);
	struct inspect_conf *c = &p->conf;

	*c = *conf;
	p->program = mem_strdup(conf->program);
	c->program = p->program;
	c->children = MIN_OF(c->children ? c->children : CHILDREN_DEFAULT,
			     (unsigned)CHILDREN_LIMIT);
	c->regions = MIN_OF(c->regions ? c->regions : REGIONS_DEFAULT,
			    (unsigned)REGIONS_LIMIT);
	if (c->deadline_us == 0)
		c->deadline_us = DEADLINE_DEFAULT;
	if (c->part_memory_max == 0)
		c->part_memory_max = MEMORY_DEFAULT;
	if (c->ready_us == 0)
		c->ready_us = READY_DEFAULT;
	p->loop = l;
	p->report = BUF_MAX(RING_LARGE_MAX);
	p->level_text = BUF_MAX(LEVEL_MAX);
	p->tick = timer_new(l, jobs_tick, p);
	p->soon = timer_new(l, jobs_fail_due, p);
	p->region = NEW_ARRAY(struct region, c->regions);
	p->region_n = c->regions;
	for (unsigned i = 0; i < p->region_n; i++)
		p->region[i].shm = SHM_EMPTY;
	return p;
}

/* ---- before the loop runs: its descriptors are polled by hand --------------- */

struct watched {
	struct pollfd f[GEN_N * (1 + 2 * CHILDREN_LIMIT)];
	nfds_t n;
};

static void watch(struct watched *w, int fd)
{
	w->f[w->n++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

static bool called(const struct watched *w, int fd)
{
	for (nfds_t i = 0; i < w->n; i++)
		if (w->f[i].fd == fd)
			return w->f[i].revents != 0;
	return false;
}

static void watch_all(struct inspect *p, struct watched *w)
{
	for (unsigned i = 0; i < GEN_N; i++)
		if (p->gen[i] && p->gen[i]->zygote)
			watch(w, p->gen[i]->zsock);
	for (struct child *c = child_next(p, NULL); c; c = child_next(p, c)) {
		if (c->state == CHILD_NONE)
			continue;
		watch(w, c->ring.bell);
		watch(w, c->sock);
	}
}

void pool_step(struct inspect *p, int ms)
{
	struct watched w = {.n = 0};

	watch_all(p, &w);
	if (poll(w.f, w.n, ms) > 0) {
		for (unsigned i = 0; i < GEN_N; i++)
			if (p->gen[i] && p->gen[i]->zygote &&
			    called(&w, p->gen[i]->zsock))
				zygote_on_io(p->gen[i], IO_READ);
		/* A child may be gone by what came before. */
		for (struct child *c = child_next(p, NULL); c;
		     c = child_next(p, c)) {
			if (c->state != CHILD_NONE && called(&w, c->ring.bell))
				child_on_bell(c, IO_READ);
			if (c->state != CHILD_NONE && called(&w, c->sock))
				child_on_sock(c, IO_READ);
		}
	}
	jobs_fail_due(p);
}

struct starting {
	bool ended;
	struct err why;
};

static bool on_asked(void *arg, const struct err *why)
{
	struct starting *s = arg;

	s->ended = true;
	if (why)
		s->why = *why;
	return true;
}

static bool start(struct inspect *p, const struct question *q, struct err *e)
{
	struct inspect_question *asked = inspect_question_new(q, e);
	struct starting *s;
	struct err why;

	TRY(asked != NULL);
	p->gen[GEN_NEXT] = generation_new(p, asked, e);
	inspect_question_free(&asked);
	TRY(p->gen[GEN_NEXT] != NULL);
	s = NEW(struct starting);
	p->asked = on_asked;
	p->asked_arg = s;
	while (!s->ended)
		pool_step(p, STEP_MS);
	why = s->why;
	mem_free(s);
	if (e && why.class != ERR_NONE)
		*e = why;
	return why.class == ERR_NONE;
}

struct inspect *inspect_start(struct loop *l, const struct inspect_conf *conf,
			      const struct question *q, struct err *e)
{
	struct inspect *p = pool_new(l, conf);

	if (!start(p, q, e)) {
		if (e)
			e->class = ERR_CONFIG;
		inspect_stop(&p);
		return NULL;
	}
	LOG(p->conf.log, LOG_INFO, "inspect.start",
	    LU("children", p->conf.children), LS("sandbox", inspect_level(p)));
	return p;
}

static void free_queue(struct queue *q)
{
	while (q->first) {
		struct inspect_job *job = q->first;

		queue_remove(q, job);
		job_free(job);
	}
}

void inspect_stop(struct inspect **pool)
{
	struct inspect *p = *pool;

	*pool = NULL;
	if (!p)
		return;
	/* No callback comes from here on. */
	p->stopping = true;
	for (unsigned i = 0; i < GEN_N; i++)
		generation_end(&p->gen[i]);
	free_queue(&p->waiting);
	free_queue(&p->failing);
	timer_free(&p->tick);
	timer_free(&p->soon);
	regions_free(p);
	mem_free(p->program);
	buf_release(&p->report);
	buf_release(&p->level_text);
	mem_free(p);
}

const char *inspect_level(const struct inspect *p)
{
	return buf_cstr((struct buf *)&p->level_text);
}
