/* pool.c - the pool's start and end; see inspect.h.
 */
#include <poll.h>
#include "connector/base/clock.h"
#include "connector/inspect/inspect_int.h"

#define CHILDREN_DEFAULT 2
#define CHILDREN_LIMIT	 64
#define DEADLINE_DEFAULT (30 * US_PER_S)
#define MEMORY_DEFAULT	 (64 * MIB)
#define REGIONS_DEFAULT	 20
#define START_US	 (20 * US_PER_S) /* slow machines, valgrind */
#define STEP_MS		 20
#define LEVEL_MAX	 64

static struct inspect *pool_new(struct loop *l, const struct inspect_conf *conf)
{
	struct inspect *p = NEW(struct inspect);
	struct inspect_conf *c = &p->conf;

	*c = *conf;
	c->children = MIN_OF(c->children ? c->children : CHILDREN_DEFAULT,
			     (unsigned)CHILDREN_LIMIT);
	c->regions = MIN_OF(c->regions ? c->regions : REGIONS_DEFAULT,
			    (unsigned)REGIONS_LIMIT);
	if (c->deadline_us == 0)
		c->deadline_us = DEADLINE_DEFAULT;
	if (c->part_memory_max == 0)
		c->part_memory_max = MEMORY_DEFAULT;
	p->loop = l;
	p->zsock = -1;
	p->zygote_backoff = BACKOFF_LEAST;
	p->report = BUF_MAX(RING_LARGE_MAX);
	p->level_text = BUF_MAX(LEVEL_MAX);
	p->tick = timer_new(l, jobs_tick, p);
	p->soon = timer_new(l, jobs_fail_due, p);
	p->region = NEW_ARRAY(struct region, c->regions);
	p->region_n = c->regions;
	for (unsigned i = 0; i < p->region_n; i++)
		p->region[i].shm = SHM_EMPTY;
	p->child = NEW_ARRAY(struct child, c->children);
	p->child_n = c->children;
	for (unsigned i = 0; i < p->child_n; i++) {
		p->child[i].p = p;
		p->child[i].sock = -1;
		p->child[i].ring.wake = p->child[i].ring.bell = -1;
		p->child[i].ring.jobs = p->child[i].ring.reports = SHM_EMPTY;
		p->child[i].backoff = BACKOFF_LEAST;
	}
	return p;
}

/* Before the loop runs: its descriptors are polled by hand. */
void pool_step(struct inspect *p, int ms)
{
	struct pollfd f[1 + 2 * CHILDREN_LIMIT];
	struct child *at[1 + 2 * CHILDREN_LIMIT] = {NULL};
	nfds_t n = 0;

	if (p->zygote)
		f[n++] = (struct pollfd){.fd = p->zsock, .events = POLLIN};
	for (unsigned i = 0; i < p->child_n; i++) {
		struct child *c = &p->child[i];

		if (c->state == CHILD_NONE)
			continue;
		at[n] = c;
		f[n++] = (struct pollfd){.fd = c->ring.bell, .events = POLLIN};
		at[n] = c;
		f[n++] = (struct pollfd){.fd = c->sock, .events = POLLIN};
	}
	if (poll(f, n, ms) > 0) {
		for (nfds_t i = 0; i < n; i++) {
			if (f[i].revents == 0)
				continue;
			/* A child may be gone by what came before. */
			if (f[i].fd == p->zsock)
				zygote_on_io(p, IO_READ);
			else if (at[i] && f[i].fd == at[i]->ring.bell)
				child_on_bell(at[i], IO_READ);
			else if (at[i] && f[i].fd == at[i]->sock)
				child_on_sock(at[i], IO_READ);
		}
	}
	jobs_fail_due(p);
}

static bool all_ready(const struct inspect *p)
{
	for (unsigned i = 0; i < p->child_n; i++)
		if (p->child[i].state != CHILD_READY)
			return false;
	return true;
}

static bool start_all(struct inspect *p, struct err *e)
{
	int64_t end = clock_monotonic_us() + START_US;

	TRY(zygote_start(p, e));
	while (!all_ready(p)) {
		pool_step(p, STEP_MS);
		if (p->zygote == 0 || clock_monotonic_us() > end)
			return err_set(e, ERR_CONFIG, 0,
				       "%s does not start its children",
				       p->conf.program);
	}
	return true;
}

struct inspect *inspect_start(struct loop *l, const struct inspect_conf *conf,
			      struct err *e)
{
	struct inspect *p = pool_new(l, conf);

	if (!start_all(p, e) || !canaries_run(p, canaries, e)) {
		if (e)
			e->class = ERR_CONFIG;
		inspect_stop(&p);
		return NULL;
	}
	LOG(p->conf.log, LOG_INFO, "inspect.start", LU("children", p->child_n),
	    LS("sandbox", inspect_level(p)));
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
	for (unsigned i = 0; i < p->child_n; i++)
		if (p->child[i].state != CHILD_NONE) {
			p->child[i].state = CHILD_RETIRING;
			child_drop(&p->child[i], false, "stop");
		}
	zygote_stop(p);
	free_queue(&p->waiting);
	free_queue(&p->failing);
	timer_free(&p->tick);
	timer_free(&p->soon);
	regions_free(p);
	mem_free(p->child);
	buf_release(&p->report);
	buf_release(&p->level_text);
	mem_free(p);
}

const char *inspect_level(const struct inspect *p)
{
	return buf_cstr((struct buf *)&p->level_text);
}
