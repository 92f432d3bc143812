/* writer.c - the writer thread: takes all that waits, commits it at once, and
 * tells each loop with one post.
 */
#include <time.h>
#include "connector/base/die.h"
#include "connector/base/mem.h"
#include "connector/store/store_int.h"

#define WRITER_IDLE_S 1 /* then: checkpoint, or try to reopen */

/* ---- telling --------------------------------------------------------------- */

static void job_tell(struct store_job *j)
{
	bool keep = j->keep;

	j->done(j->arg, j, j->undone ? &j->err : NULL);
	if (!keep)
		store_job_free(&j);
}

static void jobs_tell(void *arg)
{
	struct store_job *j = arg;

	while (j) {
		struct store_job *next = j->next;

		job_tell(j);
		j = next;
	}
}

/* Cuts the jobs of one loop out of *all, in order. */
static struct store_job *jobs_of_loop(struct store_job **all, struct loop *l)
{
	struct store_job *mine = NULL, **mine_end = &mine;

	while (*all) {
		struct store_job *j = *all;

		if (j->loop != l) {
			all = &j->next;
			continue;
		}
		*all = j->next;
		j->next = NULL;
		*mine_end = j;
		mine_end = &j->next;
	}
	return mine;
}

static void group_tell(struct store_job *all)
{
	while (all) {
		struct loop *l = all->loop;
		struct store_job *mine = jobs_of_loop(&all, l);

		if (l)
			loop_post(l, jobs_tell, mine);
		else
			jobs_tell(mine);
	}
}

/* ---- the thread ------------------------------------------------------------- */

/* False: it ends. *first_r NULL: nothing came for a while. */
static bool jobs_wait(struct store *s, struct store_job **first_r)
{
	struct timespec until;
	size_t n = 0;
	bool go_on;
	int why = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += WRITER_IDLE_S;
	pthread_mutex_lock(&s->lock);
	while (!s->first && !s->ending && why == 0) {
		s->asleep = true;
		why = pthread_cond_timedwait(&s->wake, &s->lock, &until);
	}
	s->asleep = false;
	go_on = s->first || !s->ending;
	*first_r = s->first;
	for (struct store_job **end = &s->first; *end; end = &(*end)->next) {
		if (++n < STORE_GROUP_MAX)
			continue;
		s->first = (*end)->next;
		(*end)->next = NULL;
		break;
	}
	if (n < STORE_GROUP_MAX)
		s->first = NULL;
	if (!s->first)
		s->last = &s->first;
	pthread_mutex_unlock(&s->lock);
	s->backlog -= n;
	return go_on;
}

static void writer_idle(struct store *s)
{
	struct err e = ERR_EMPTY;

	if (!s->healthy) {
		if (!writer_reopen(s, &e))
			LOG(s->log, LOG_WARN, "store-still-failing", LE(&e));
		return;
	}
	if (s->since_idle == 0)
		return;
	s->since_idle = 0;
	if (!db_do_n(s->work.db, SQL_CHECKPOINT, DB_NO_ARGS, NULL, &e))
		LOG(s->log, LOG_WARN, "store-checkpoint", LE(&e));
}

static void *writer(void *arg)
{
	struct store *s = arg;
	struct store_job *first;

	while (jobs_wait(s, &first)) {
		if (!first) {
			writer_idle(s);
			continue;
		}
		group_run(s, first);
		group_tell(first);
	}
	return NULL;
}

bool writer_start(struct store *s)
{
	s->writing = pthread_create(&s->writer, NULL, writer, s) == 0;
	return s->writing;
}

/* ---- submitting --------------------------------------------------------------- */

void store_submit(struct store *s, struct store_job *j, struct loop *l,
		  store_done *done, void *arg)
{
	bool wake;

	j->loop = l;
	j->done = done;
	j->arg = arg;
	j->next = NULL;
	s->backlog++;
	pthread_mutex_lock(&s->lock);
	must(!s->ending);
	*s->last = j;
	s->last = &j->next;
	wake = s->asleep;
	s->asleep = false;
	pthread_mutex_unlock(&s->lock);
	if (wake)
		pthread_cond_signal(&s->wake);
}

struct wait {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool done;
	struct err err;
};

static void wait_done(void *arg, struct store_job *j, const struct err *why)
{
	struct wait *w = arg;

	(void)j;
	pthread_mutex_lock(&w->lock);
	w->err = why ? *why : ERR_EMPTY;
	w->done = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

bool store_run(struct store *s, struct store_job *j, struct err *e)
{
	struct wait w = {.done = false};
	bool ok;

	pthread_mutex_init(&w.lock, NULL);
	pthread_cond_init(&w.wake, NULL);
	j->keep = true;
	store_submit(s, j, NULL, wait_done, &w);
	pthread_mutex_lock(&w.lock);
	while (!w.done)
		pthread_cond_wait(&w.wake, &w.lock);
	pthread_mutex_unlock(&w.lock);
	pthread_mutex_destroy(&w.lock);
	pthread_cond_destroy(&w.wake);
	ok = w.err.class == ERR_NONE;
	if (!ok && e)
		*e = w.err;
	return ok;
}

size_t store_backlog(const struct store *s)
{
	return s->backlog;
}

bool store_healthy(const struct store *s)
{
	return s->healthy;
}
