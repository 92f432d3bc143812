/* check.c - which terms of a question cannot be compiled: told by a sandboxed
 * process of its own, whose answer is bounded and checked.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include "connector/base/clock.h"
#include "connector/inspect/inspect_int.h"
#include "connector/sys/proc/fdpass.h"
#include "connector/sys/proc/spawn.h"

#define CHECK_US     (3 * US_PER_MIN)
#define CHECK_MEMORY "2147483648" /* compiling expressions, by RLIMIT_DATA */
#define CHECK_END_MS 1000
#define STEP_MS	     100

static bool start(const struct inspect_conf *conf, int question, pid_t *pid_r,
		  int *from_r, struct err *e)
{
	const char *argv[] = {"sekisho-inspector",
			      "--check",
			      "--memory",
			      CHECK_MEMORY,
			      conf->log_only_sandbox ? "--log-only" : NULL,
			      NULL};
	struct proc_spawn s = {.program = conf->program, .argv = argv};
	int tube[2], fd[2];
	bool ok;

	if (pipe2(tube, O_CLOEXEC) != 0)
		return err_errno(e, "pipe");
	fd[0] = tube[1];
	fd[1] = question;
	s.fd = fd;
	s.fd_n = 2;
	ok = proc_spawn(&s, pid_r, e);
	close(tube[1]);
	if (ok)
		*from_r = tube[0];
	else
		close(tube[0]);
	return ok;
}

/* All that it says until its end, as far as there is room and time. */
static bool hear(int from, int64_t until, const atomic_bool *stop,
		 struct buf *out, struct err *e)
{
	for (;;) {
		struct pollfd p = {.fd = from, .events = POLLIN};
		char *room = buf_room(out, 4 * KIB);
		ssize_t n;

		if (!room)
			return err_set(e, ERR_BUG, 0, "it says too much");
		if (stop && *stop)
			return err_set(e, ERR_RETRY, 0, "given up");
		if (poll(&p, 1, STEP_MS) <= 0) {
			if (clock_monotonic_us() < until)
				continue;
			return err_set(e, ERR_LIMIT, 0,
				       "its expressions take too long to "
				       "compile");
		}
		n = read(from, room, 4 * KIB);
		if (n == 0)
			return true;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return err_errno(e, "read");
		buf_grown(out, n > 0 ? (size_t)n : 0);
	}
}

static bool take(const struct question *q, struct str wire, struct arena *a,
		 struct question_error **v_r, size_t *n_r, struct err *e)
{
	struct rd in = rd_of(arena_str(a, wire));

	if (wire.n == 0)
		return err_set(e, ERR_PERMANENT, 0, "it ended without a word");
	TRY(question_errors_read(&in, a, v_r, n_r, e));
	for (size_t i = 0; i < *n_r; i++)
		if ((*v_r)[i].term >= q->term_n)
			return err_set(e, ERR_BUG, 0, "bad errors");
	return rd_end(&in) || err_set(e, ERR_BUG, 0, "bad errors");
}

bool inspect_check(const struct inspect_conf *conf, const struct question *q,
		   struct arena *a, struct question_error **v_r, size_t *n_r,
		   struct err *e)
{
	AUTO(buf) out = BUF_MAX(QUESTION_ERRORS_WIRE_MAX + 4 * KIB);
	int64_t until = clock_monotonic_us() +
			(conf->ready_us ? conf->ready_us : CHECK_US);
	int question, from = -1;
	pid_t pid = 0;
	bool ok;

	*v_r = NULL;
	*n_r = 0;
	if (q->term_n == 0)
		return true;
	TRY(question_share(q, NULL, &question, e));
	ok = start(conf, question, &pid, &from, e);
	close(question);
	TRY(ok);
	ok = hear(from, until, conf->stop, &out, e);
	close(from);
	if (!ok && pid > 0)
		kill(pid, SIGKILL);
	proc_reap(pid, CHECK_END_MS);
	ok = ok && take(q, buf_str(&out), a, v_r, n_r, e);
	return ok || err_wrap(e, "%s", conf->program);
}
