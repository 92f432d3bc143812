/* zygote.c - starting sekisho-inspector and hearing from it.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "connector/base/clock.h"
#include "connector/inspect/inspect_int.h"
#include "connector/sys/proc/fdpass.h"
#include "connector/sys/proc/spawn.h"

/* What a child needs beside the part in its memory: code's data, GMime, ICU
 * converters, a view. */
#define CHILD_MEMORY_BASE (96 * MIB)
#define ZYGOTE_END_MS	  200

bool zygote_start(struct inspect *p, struct err *e)
{
	char memory[24];
	const char *argv[] = {"sekisho-inspector", "--memory", memory,
			      p->conf.log_only_sandbox ? "--log-only" : NULL,
			      NULL};
	struct proc_spawn s = {.program = p->conf.program, .argv = argv};
	int fd[2];
	bool ok;

	snprintf(memory, sizeof(memory), "%llu",
		 (unsigned long long)(p->conf.part_memory_max +
				      CHILD_MEMORY_BASE));
	TRY(fdpass_pair(fd, e));
	s.fd = &fd[1];
	s.fd_n = 1;
	ok = proc_spawn(&s, &p->zygote, e);
	close(fd[1]);
	if (!ok) {
		close(fd[0]);
		p->zygote = 0;
		return false;
	}
	p->zsock = fd[0];
	p->zio = io_new(p->loop, p->zsock, zygote_on_io, p);
	io_want(p->zio, IO_READ);
	return true;
}

void zygote_stop(struct inspect *p)
{
	if (p->zygote == 0)
		return;
	/* The closed socket tells it to end; its children follow. */
	io_free(&p->zio);
	close(p->zsock);
	proc_reap(p->zygote, ZYGOTE_END_MS);
	p->zsock = -1;
	p->zygote = 0;
	p->zygote_ready = false;
}

bool zygote_tell(struct inspect *p, uint32_t kind, uint32_t id, const int *fd,
		 size_t fd_n)
{
	struct zygote_msg m = {.kind = kind, .id = id};

	return p->zygote && fdpass_send(p->zsock, &m, sizeof(m), fd, fd_n);
}

static struct child *child_by_id(struct inspect *p, uint32_t id)
{
	for (unsigned i = 0; i < p->child_n; i++)
		if (p->child[i].id == id && p->child[i].state != CHILD_NONE)
			return &p->child[i];
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

static void on_message(struct inspect *p, const struct zygote_msg *m)
{
	struct child *c = child_by_id(p, m->id);
	char why[64];

	if (m->kind == ZYGOTE_READY)
		p->zygote_ready = true;
	else if (m->kind == ZYGOTE_SPAWNED && m->value == 0 && c)
		child_drop(c, false, "no process for a child");
	else if (m->kind == ZYGOTE_DIED && c) {
		/* What it answered before it died counts. */
		child_on_bell(c, 0);
		describe(m->value, why, sizeof(why));
		if (c->state != CHILD_NONE)
			child_drop(c, child_load(c) > 0, why);
	}
}

static void lost(struct inspect *p)
{
	LOG(p->conf.log, LOG_ERROR, "inspect.zygote.lost");
	zygote_stop(p);
	for (unsigned i = 0; i < p->child_n; i++)
		if (p->child[i].state != CHILD_NONE)
			child_drop(&p->child[i], false, "zygote lost");
	p->zygote_at = clock_monotonic_us() + p->zygote_backoff;
	p->zygote_backoff = MIN_OF(p->zygote_backoff * 2, BACKOFF_MOST);
	timer_set(p->tick, BACKOFF_LEAST);
}

void zygote_on_io(void *pool, int ready)
{
	struct inspect *p = pool;
	struct zygote_msg m;
	ssize_t n;

	(void)ready;
	while (p->zygote) {
		n = fdpass_recv(p->zsock, &m, sizeof(m), NULL, 0, NULL, false);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n != sizeof(m)) {
			lost(p);
			return;
		}
		on_message(p, &m);
	}
}
