/* zygote.c - starting sekisho-inspector and hearing from it.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "connector/base/clock.h"
#include "connector/base/utf8.h"
#include "connector/inspect/inspect_int.h"
#include "connector/sys/proc/fdpass.h"
#include "connector/sys/proc/spawn.h"

#define ZYGOTE_END_MS 200
#define CHILDREN_US   (30 * US_PER_S) /* and canaries; slow machines, valgrind */

bool zygote_start(struct generation *g, struct err *e)
{
	const struct inspect_conf *c = &g->p->conf;
	char memory[24];
	const char *argv[] = {"sekisho-inspector", "--memory", memory,
			      c->log_only_sandbox ? "--log-only" : NULL, NULL};
	struct proc_spawn s = {.program = c->program, .argv = argv};
	int pair[2], fd[2];
	bool ok;

	snprintf(memory, sizeof(memory), "%llu",
		 (unsigned long long)(c->part_memory_max + CHILD_MEMORY_BASE));
	TRY(fdpass_pair(pair, e));
	fd[0] = pair[1];
	fd[1] = g->question;
	s.fd = fd;
	s.fd_n = 2;
	ok = proc_spawn(&s, &g->zygote, e);
	close(pair[1]);
	if (!ok) {
		close(pair[0]);
		g->zygote = 0;
		return false;
	}
	g->until = clock_monotonic_us() + c->ready_us;
	g->zsock = pair[0];
	g->zio = io_new(g->p->loop, g->zsock, zygote_on_io, g);
	io_want(g->zio, IO_READ);
	return true;
}

void zygote_stop(struct generation *g, bool at_once)
{
	if (g->zygote == 0)
		return;
	/* The closed socket tells it to end; its children follow. */
	io_free(&g->zio);
	close(g->zsock);
	if (at_once)
		kill(g->zygote, SIGKILL);
	proc_reap(g->zygote, ZYGOTE_END_MS);
	g->zsock = -1;
	g->zygote = 0;
	g->zygote_ready = false;
}

bool zygote_tell(struct generation *g, uint32_t kind, uint32_t id,
		 const int *fd, size_t fd_n)
{
	struct zygote_msg m = {.kind = kind, .id = id};

	return g->zygote && fdpass_send(g->zsock, &m, sizeof(m), fd, fd_n);
}

static struct child *child_by_id(struct generation *g, uint32_t id)
{
	for (unsigned i = 0; i < g->child_n; i++)
		if (g->child[i].id == id && g->child[i].state != CHILD_NONE)
			return &g->child[i];
	return NULL;
}

static void describe(int status, char *text, size_t n)
{
	if (WIFSIGNALED(status))
		snprintf(text, n, "child ended by signal %d%s",
			 WTERMSIG(status),
			 WTERMSIG(status) == SIGSYS ? " (sandbox)" : "");
	else
		snprintf(text, n, "child ended with code %d",
			 WEXITSTATUS(status));
}

/* What it says of its question is for logs and people, so cleaned. */
static void refused(struct generation *g, struct str text)
{
	AUTO(buf) clean = BUF_MAX(KIB);

	utf8_clean(&clean, str_head(text, ERR_TEXT_MAX - 1), ERR_TEXT_MAX);
	generation_fail(g, "%s", buf_cstr(&clean));
}

static void on_message(struct generation *g, const struct zygote_msg *m,
		       struct str text)
{
	struct child *c = child_by_id(g, m->id);
	char why[64];

	if (m->kind == ZYGOTE_READY) {
		g->zygote_ready = true;
		g->until = clock_monotonic_us() + CHILDREN_US;
		timer_set(g->p->soon, 0); /* children can be had */
	} else if (m->kind == ZYGOTE_REFUSED) {
		refused(g, text);
	} else if (m->kind == ZYGOTE_SPAWNED && m->value == 0 && c) {
		child_drop(c, false, "no process for a child");
	} else if (m->kind == ZYGOTE_DIED && c) {
		/* What it answered before it died counts. */
		child_on_bell(c, 0);
		describe(m->value, why, sizeof(why));
		if (c->state != CHILD_NONE)
			child_drop(c, child_load(c) > 0, why);
	}
}

void zygote_lost(struct generation *g)
{
	LOG(g->p->conf.log, LOG_ERROR, "inspect.zygote.lost");
	zygote_stop(g, true);
	for (unsigned i = 0; i < g->child_n; i++)
		if (g->child[i].state != CHILD_NONE)
			child_drop(&g->child[i], false, "zygote lost");
	if (g == g->p->gen[GEN_NEXT])
		generation_fail(g, "%s ended before it was ready",
				g->p->conf.program);
	g->zygote_at = clock_monotonic_us() + g->zygote_backoff;
	g->zygote_backoff = MIN_OF(g->zygote_backoff * 2, BACKOFF_MOST);
	timer_set(g->p->soon, 0);
}

void zygote_on_io(void *generation, int ready)
{
	struct generation *g = generation;
	struct {
		struct zygote_msg m;
		char text[ERR_TEXT_MAX];
	} told;
	ssize_t n;

	(void)ready;
	while (g->zygote) {
		n = fdpass_recv(g->zsock, &told, sizeof(told), NULL, 0, NULL,
				false);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < (ssize_t)sizeof(told.m)) {
			zygote_lost(g);
			return;
		}
		on_message(g, &told.m,
			   str_n(told.text, (size_t)n - sizeof(told.m)));
	}
}
