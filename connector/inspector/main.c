/* main.c - sekisho-inspector: the zygote.
 *
 * Started by the engine with a socket as descriptor 3 and what the policy asks
 * as descriptor 4. Loads and compiles everything once, then forks a sandboxed
 * child for each request, tells when one has died, and ends when the engine is
 * gone. It never sees a message. With --check it looks at a question instead.
 *
 *	sekisho-inspector --memory BYTES [--log-only] [--check]
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>
#include "connector/base/die.h"
#include "connector/base/log.h"
#include "connector/inspector/inspector_int.h"
#include "connector/sys/proc/fdpass.h"

#define CHILDREN_MAX 256
#define MEMORY_LEAST (16 * MIB)

struct zygote {
	struct inspector in;
	int sock;
	struct {
		pid_t pid; /* 0: free */
		uint32_t id;
	} child[CHILDREN_MAX];
};

static bool tell(struct zygote *z, uint32_t kind, uint32_t id, int value)
{
	struct zygote_msg m = {.kind = kind, .id = id, .value = value};

	return fdpass_send(z->sock, &m, sizeof(m), NULL, 0);
}

/* In the child: everything of the zygote is left behind. */
NORETURN static void become_child(struct zygote *z, pid_t parent,
				  const int fd[ZYGOTE_FDS], int signals)
{
	sigset_t none;

	/* So that no child outlives the engine, even one that hangs. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(EX_OSERR);
	close(z->sock);
	close(signals);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	_exit(child_run(&z->in, fd));
}

static void spawn(struct zygote *z, uint32_t id, const int fd[ZYGOTE_FDS],
		  int signals)
{
	pid_t parent = getpid(), pid = -1;
	size_t i = 0;

	while (i < CHILDREN_MAX && z->child[i].pid)
		i++;
	if (i < CHILDREN_MAX)
		pid = fork();
	if (pid == 0)
		become_child(z, parent, fd, signals);
	if (pid > 0) {
		z->child[i].pid = pid;
		z->child[i].id = id;
	}
	tell(z, ZYGOTE_SPAWNED, id, pid > 0 ? (int)pid : 0);
}

/* By number, and only while it is ours and unreaped: a process id that was
 * given to somebody else is never hit. */
static void end_child(struct zygote *z, uint32_t id)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (z->child[i].pid && z->child[i].id == id)
			kill(z->child[i].pid, SIGKILL);
}

static void reap(struct zygote *z, int signals)
{
	struct signalfd_siginfo si;
	int status;
	pid_t pid;

	while (read(signals, &si, sizeof(si)) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < CHILDREN_MAX; i++) {
			if (z->child[i].pid != pid)
				continue;
			z->child[i].pid = 0;
			tell(z, ZYGOTE_DIED, z->child[i].id, status);
		}
}

/* One message of the engine; false: it is gone. */
static bool serve(struct zygote *z, int signals)
{
	struct zygote_msg m;
	int fd[ZYGOTE_FDS];
	size_t fds = 0;
	ssize_t n = fdpass_recv(z->sock, &m, sizeof(m), fd, ZYGOTE_FDS, &fds,
				true);

	if (n <= 0)
		return false;
	if (n == sizeof(m) && m.kind == ZYGOTE_SPAWN && fds == ZYGOTE_FDS)
		spawn(z, m.id, fd, signals);
	else if (n == sizeof(m) && m.kind == ZYGOTE_KILL)
		end_child(z, m.id);
	for (size_t i = 0; i < fds; i++)
		close(fd[i]);
	return true;
}

static int watch_children(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		fatal(EX_OSERR, "signalfd: %m");
	return fd;
}

static bool read_options(struct zygote *z, int argc, char **argv)
{
	uint64_t memory = 0;
	bool check = false;

	for (int i = 1; i < argc; i++) {
		struct str arg = str_of(argv[i]);

		if (str_is(arg, "--log-only"))
			z->in.sandbox.log_only = true;
		else if (str_is(arg, "--check"))
			check = true;
		else if (!str_is(arg, "--memory") || i + 1 == argc ||
			 !str_u64(str_of(argv[++i]), &memory))
			fatal(EX_USAGE, "sekisho-inspector is started by "
					"sekisho, not by hand");
	}
	z->in.sandbox.memory_max = MAX_OF(memory, (uint64_t)MEMORY_LEAST);
	return check;
}

/* The engine shows the text to whoever wanted that policy. */
NORETURN static void refuse(struct zygote *z, const struct err *e)
{
	struct {
		struct zygote_msg m;
		char text[ERR_TEXT_MAX];
	} told = {.m = {.kind = ZYGOTE_REFUSED}};
	size_t n = strlen(e->text);

	memcpy(told.text, e->text, n);
	if (!fdpass_send(z->sock, &told, sizeof(told.m) + n, NULL, 0))
		fatal(EX_CONFIG, "%s", e->text);
	exit(EX_CONFIG);
}

static void load(struct zygote *z)
{
	struct err e = ERR_EMPTY;

	z->in.x = extract_new(&e);
	if (z->in.x)
		z->in.canary = extract_new(&e);
	if (!z->in.canary)
		fatal(EX_CONFIG, "%s", e.text);
	ask_limit(&z->in);
	if (!ask_load(&z->in, ZYGOTE_QUESTION_FD, &e))
		refuse(z, &e);
	/* Nobody may wait any more for what took its time. */
	if (!tell(z, ZYGOTE_READY, 0, 0))
		exit(EX_UNAVAILABLE);
}

int main(int argc, char **argv)
{
	struct zygote z = {.sock = ZYGOTE_SOCK_FD};
	struct pollfd p[2];
	int signals;

	log_setup(LOG_INFO, false, "inspector");
	if (read_options(&z, argc, argv))
		return check_run(&z.in);
	signals = watch_children();
	load(&z);
	p[0] = (struct pollfd){.fd = z.sock, .events = POLLIN};
	p[1] = (struct pollfd){.fd = signals, .events = POLLIN};
	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		if (p[1].revents)
			reap(&z, signals);
		if (p[0].revents && !serve(&z, signals))
			break;
	}
	extract_free(&z.in.x);
	extract_free(&z.in.canary);
	return EX_OK; /* the children follow: PR_SET_PDEATHSIG */
}
