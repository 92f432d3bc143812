/* outer_starter.c - starts one program for one document; see outer_int.h.
 *
 * The process that runs this was forked from a child that has read nothing
 * yet; it never looks at a document.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>
#include "connector/base/clock.h"
#include "connector/inspector/outer_int.h"
#include "connector/sys/proc/fdpass.h"
#include "connector/sys/proc/sandbox.h"

#define CPU_S	   (OUTER_MS / 1000 + 1)
#define DOC_SEALS  (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define FIRST_FREE 3 /* descriptors from here on are not the program's */

static const char *const poppler_data[] = {"/usr/share/poppler", NULL};

static const struct outer_row {
	struct sandbox_program program;
	const char *argv[8];
} rows[OUTER_N] = {
	[OUTER_PDFTOTEXT] = {.program = {"/usr/bin/pdftotext", poppler_data},
			     .argv = {"pdftotext", "-q", "-enc", "UTF-8", "-",
				      "-", NULL}},
};

struct starter {
	int sock;
	int null; /* standard error of the programs */
	struct outer_conf conf;
};

struct job {
	const struct outer_row *row;
	int document, out, in; /* memory; the pipe's two ends */
	pid_t pid;
	int status;
	bool late;
};

static bool tell(const struct starter *s, struct outer_msg m, const int *fd)
{
	return fdpass_send(s->sock, &m, sizeof(m), fd, fd ? 1 : 0);
}

static bool hear(const struct starter *s, struct outer_msg *m_r)
{
	return fdpass_recv(s->sock, m_r, sizeof(*m_r), NULL, 0, NULL, true) ==
	       sizeof(*m_r);
}

/* In the process that becomes the program. */
NORETURN static void become(const struct starter *s, const struct job *j,
			    pid_t parent)
{
	static char *const no_env[] = {NULL};
	struct err e;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent ||
	    dup2(j->document, STDIN_FILENO) < 0 ||
	    dup2(j->in, STDOUT_FILENO) < 0 ||
	    dup2(s->null, STDERR_FILENO) < 0 ||
	    close_range(FIRST_FREE, ~0U, 0) != 0)
		_exit(EX_OSERR);
	signal(SIGPIPE, SIG_DFL);
	if (!sandbox_program_enter(OUTER_MEMORY_MAX, CPU_S, s->conf.log_only,
				   &e))
		_exit(EX_CONFIG);
	execve(j->row->program.path, (char *const *)j->row->argv, no_env);
	_exit(EX_UNAVAILABLE);
}

/* Ends with the program: in time, late, or with the child that asked. */
static void wait_for(const struct starter *s, struct job *j)
{
	int pid_fd = (int)syscall(SYS_pidfd_open, j->pid, 0);
	int64_t end = clock_monotonic_us() + s->conf.ms * US_PER_MS;
	struct pollfd p[2] = {{.fd = pid_fd, .events = POLLIN},
			      {.fd = s->sock, .events = 0}};
	int n = 0;

	while (pid_fd >= 0 && n >= 0 && !p[0].revents && !p[1].revents) {
		int64_t left = end - clock_monotonic_us();

		if (left <= 0)
			break;
		n = poll(p, 2, (int)(left / US_PER_MS) + 1);
		if (n < 0 && errno == EINTR)
			n = 0;
	}
	if (!p[0].revents) {
		j->late = true;
		kill(j->pid, SIGKILL);
	}
	while (waitpid(j->pid, &j->status, 0) < 0 && errno == EINTR)
		;
	if (pid_fd >= 0)
		close(pid_fd);
}

static bool get_document(const struct starter *s, struct job *j, uint64_t n)
{
	struct outer_msg m;

	j->document = memfd_create("document", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (j->document < 0 || n == 0 || n > OUTER_DOCUMENT_MAX ||
	    ftruncate(j->document, (off_t)n) != 0)
		return false;
	return tell(s, (struct outer_msg){.kind = OUTER_ROOM}, &j->document) &&
	       hear(s, &m) && m.kind == OUTER_GO &&
	       fcntl(j->document, F_ADD_SEALS, DOC_SEALS) == 0;
}

static bool start(const struct starter *s, struct job *j)
{
	pid_t parent = getpid();
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) != 0)
		return false;
	j->out = fd[0];
	j->in = fd[1];
	j->pid = fork();
	if (j->pid == 0)
		become(s, j, parent);
	close(j->in);
	j->in = -1;
	return j->pid > 0;
}

static void release(struct job *j)
{
	if (j->document >= 0)
		close(j->document);
	if (j->out >= 0)
		close(j->out);
	if (j->in >= 0)
		close(j->in);
}

/* False: the child is gone. */
static bool run(const struct starter *s, const struct outer_msg *ask)
{
	struct job j = {.document = -1, .out = -1, .in = -1};
	bool ok = ask->program < OUTER_N;

	if (ok)
		j.row = &rows[ask->program];
	if (!ok || !get_document(s, &j, ask->n) || !start(s, &j)) {
		release(&j);
		return tell(s, (struct outer_msg){.kind = OUTER_NOT}, NULL);
	}
	ok = tell(s, (struct outer_msg){.kind = OUTER_STARTED}, &j.out);
	/* The child's end of the pipe alone is left: when it is closed, the
	 * program that writes on ends. */
	release(&j);
	wait_for(s, &j);
	return ok && tell(s,
			  (struct outer_msg){.kind = OUTER_DONE,
					     .n = j.late,
					     .status = j.status},
			  NULL);
}

/* Everything of the child but the socket is left behind. */
static bool leave_child(struct starter *s, struct err *e)
{
	struct sandbox_program all[OUTER_N];

	s->null = open("/dev/null", O_RDWR);
	if (s->null < 0 || dup2(s->null, STDIN_FILENO) < 0 ||
	    dup2(s->null, STDOUT_FILENO) < 0)
		return err_errno(e, "/dev/null");
	s->null = STDOUT_FILENO;
	s->sock = dup2(s->sock, FIRST_FREE);
	if (s->sock < 0 || close_range(FIRST_FREE + 1, ~0U, 0) != 0)
		return err_errno(e, "descriptors");
	for (size_t i = 0; i < OUTER_N; i++)
		all[i] = rows[i].program;
	return sandbox_starter_enter(all, OUTER_N, s->conf.log_only, e);
}

static unsigned programs(void)
{
	unsigned there = 0;

	for (unsigned i = 0; i < OUTER_N; i++)
		there |= (access(rows[i].program.path, X_OK) == 0) << i;
	return there;
}

void outer_serve(int sock, const struct outer_conf *conf)
{
	struct starter s = {.sock = sock, .conf = *conf};
	struct outer_msg m = {.kind = OUTER_READY, .n = programs()};
	struct err e;

	if (s.conf.ms == 0)
		s.conf.ms = OUTER_MS;
	signal(SIGPIPE, SIG_IGN);
	if (!leave_child(&s, &e))
		_exit(EX_CONFIG);
	if (!tell(&s, m, NULL))
		_exit(EX_OK);
	while (hear(&s, &m))
		if (m.kind != OUTER_ASK || !run(&s, &m))
			break;
	_exit(EX_OK);
}
