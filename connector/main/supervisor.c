/* supervisor.c - `sekisho serve`: opens the listening sockets, starts keeper
 * and engine by exec, starts them again with back-off, and parses nothing that
 * comes from outside.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>
#include "connector/base/clock.h"
#include "connector/base/log.h"
#include "connector/base/mem.h"
#include "connector/main/main_int.h"
#include "connector/sys/loop/conn.h"
#include "connector/sys/proc/spawn.h"

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MOST_MS	 2000
#define STEADY_US	 (10 * US_PER_S) /* lived this long: no back-off */
#define STOP_WITHIN_MS	 40000
#define ENGINE_WITHIN_MS 2000 /* behind its keeper */
#define ENGINE_STEP_MS	 10
#define DESCRIPTORS	 65536

struct supervisor {
	struct config *config;
	struct log_ctx log;
	int fd[ENGINE_LISTEN_MAX];
	size_t fd_n, n[LISTEN_COUNT];
	pid_t keeper, engine;
	int ready_fd; /* the engine writes a byte when it serves */
	bool was_ready;
	int64_t started_us;
	unsigned backoff_ms;
};

static volatile sig_atomic_t stop_wanted, reload_wanted, child_ended;

static void on_signal(int signo)
{
	if (signo == SIGHUP)
		reload_wanted = 1;
	else if (signo == SIGCHLD)
		child_ended = 1;
	else
		stop_wanted = 1;
}

static void signals_set(void)
{
	static const int list[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
	struct sigaction sa = {.sa_handler = on_signal};

	for (size_t i = 0; i < ARRAY_LEN(list); i++)
		sigaction(list[i], &sa, NULL);
}

static bool listen_all(struct supervisor *s, const struct strings *addresses,
		       size_t *n_r, struct err *e)
{
	for (size_t i = 0; i < addresses->n; i++) {
		if (s->fd_n == ENGINE_LISTEN_MAX)
			return err_set(e, ERR_CONFIG, 0,
				       "more than %d listeners",
				       ENGINE_LISTEN_MAX);
		TRY(net_listen(str_of(addresses->v[i]), &s->fd[s->fd_n], e));
		s->fd_n++;
	}
	*n_r = addresses->n;
	return true;
}

/* Only while the store is empty is a key made; a lost one is never replaced,
 * since with it all that is sealed would be lost. */
static bool key_ready(struct supervisor *s, struct err *e)
{
	bool empty = false;

	if (access(s->config->master_key, F_OK) == 0)
		return true;
	TRY(store_is_empty(s->config->store, &empty, e));
	if (!empty)
		return err_set(e, ERR_CONFIG, 0,
			       "master key %s is missing, and the store is not "
			       "empty: put the file back, or restore it from "
			       "your paper with `sekisho key restore`",
			       s->config->master_key);
	TRY(master_key_make(s->config->master_key, e));
	LOG(&s->log, LOG_WARN, "master-key-made",
	    LS("file", s->config->master_key),
	    LS("advice", "print it now: sekisho key backup"));
	return true;
}

static bool start_keeper(struct supervisor *s, int *engine_side_r,
			 struct err *e)
{
	const char *argv[] = {"sekisho", "-keeper", s->config->master_key,
			      NULL};
	int pair[2];
	struct proc_spawn spawn = {
		.program = self_path(),
		.argv = argv,
		.env = (const char *const *)environ,
		.fd = &pair[1],
		.fd_n = 1,
	};
	bool ok;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return err_errno(e, "socketpair");
	ok = proc_spawn(&spawn, &s->keeper, e);
	close(pair[1]);
	if (!ok)
		close(pair[0]);
	*engine_side_r = pair[0];
	return ok;
}

static bool start_engine(struct supervisor *s, int keeper_fd, struct err *e)
{
	int ready[2], fd[ENGINE_LISTEN_MAX + 2];
	char n[LISTEN_COUNT][16];
	const char *argv[3 + LISTEN_COUNT + 1] = {"sekisho", "-engine",
						  s->config->file};
	struct proc_spawn spawn = {
		.program = self_path(),
		.argv = argv,
		.env = (const char *const *)environ,
		.fd = fd,
		.fd_n = s->fd_n + 2,
	};
	bool ok;

	if (pipe2(ready, O_CLOEXEC | O_NONBLOCK) != 0)
		return err_errno(e, "pipe");
	for (size_t i = 0; i < LISTEN_COUNT; i++) {
		snprintf(n[i], sizeof(n[i]), "%zu", s->n[i]);
		argv[3 + i] = n[i];
	}
	fd[0] = keeper_fd;
	fd[1] = ready[1];
	for (size_t i = 0; i < s->fd_n; i++)
		fd[2 + i] = s->fd[i];
	ok = proc_spawn(&spawn, &s->engine, e);
	close(ready[1]);
	s->ready_fd = ready[0];
	return ok;
}

static bool start_pair(struct supervisor *s, struct err *e)
{
	int keeper_fd = -1;
	bool ok;

	s->started_us = clock_monotonic_us();
	s->was_ready = false;
	TRY(start_keeper(s, &keeper_fd, e));
	ok = start_engine(s, keeper_fd, e);
	close(keeper_fd);
	return ok;
}

/* sd_notify(3): one datagram, when systemd asked for it. */
static void notify_ready(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd;

	if (!path || strlen(path) >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, strlen(path));
	if (to.sun_path[0] == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)!sendto(fd, "READY=1", 7, 0, (struct sockaddr *)&to,
		      (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				  strlen(path)));
	close(fd);
}

static void ready_check(struct supervisor *s)
{
	char byte;

	if (s->was_ready || s->ready_fd < 0 || read(s->ready_fd, &byte, 1) != 1)
		return;
	s->was_ready = true;
	LOG(&s->log, LOG_INFO, "ready");
	notify_ready();
}

/* The pair lives and dies together: an engine without its keeper can take no
 * mail, and a keeper without its engine ends by itself. */
static void end_pair(struct supervisor *s, int signo)
{
	if (s->engine > 0)
		kill(s->engine, signo);
	if (s->engine > 0)
		proc_reap(s->engine, STOP_WITHIN_MS);
	if (s->keeper > 0)
		proc_reap(s->keeper, BACKOFF_MOST_MS);
	s->engine = s->keeper = 0;
	if (s->ready_fd >= 0)
		close(s->ready_fd);
	s->ready_fd = -1;
}

/* A keeper ends well only behind its engine, which then says why; whichever of
 * the two is collected first. */
static pid_t engine_behind(const struct supervisor *s, pid_t pid, int *status)
{
	if (pid != s->keeper || s->engine <= 0 || !WIFEXITED(*status) ||
	    WEXITSTATUS(*status) != 0)
		return pid;
	for (int ms = 0; ms < ENGINE_WITHIN_MS; ms += ENGINE_STEP_MS) {
		if (waitpid(s->engine, status, WNOHANG) > 0)
			return s->engine;
		poll(NULL, 0, ENGINE_STEP_MS);
	}
	return pid;
}

/* -1: go on; else the exit code of the supervisor. */
static int child_check(struct supervisor *s)
{
	int status = 0, code;
	pid_t pid;

	child_ended = 0;
	pid = waitpid(-1, &status, WNOHANG);
	if (pid <= 0)
		return -1;
	pid = engine_behind(s, pid, &status);
	code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
	LOG(&s->log, LOG_ERROR, "process-ended",
	    LS("process", pid == s->keeper ? "keeper" : "engine"),
	    LI("code", code));
	ready_check(s);
	if (pid == s->engine)
		s->engine = 0;
	if (pid == s->keeper)
		s->keeper = 0;
	end_pair(s, SIGKILL);
	/* What was wrong before it ever served will be wrong again. */
	if (!s->was_ready && code > 0)
		return code;
	if (clock_monotonic_us() - s->started_us > STEADY_US)
		s->backoff_ms = 0;
	poll(NULL, 0, (int)s->backoff_ms);
	s->backoff_ms = s->backoff_ms ? s->backoff_ms * 2 : BACKOFF_FIRST_MS;
	s->backoff_ms = MIN_OF(s->backoff_ms, (unsigned)BACKOFF_MOST_MS);
	child_ended = 1; /* look again: the partner may have ended too */
	return -1;
}

static int watch(struct supervisor *s)
{
	struct err e = ERR_EMPTY;
	int code = -1;

	while (!stop_wanted && code < 0) {
		struct pollfd p = {.events = POLLIN};

		if (s->engine <= 0 && !start_pair(s, &e)) {
			LOG(&s->log, LOG_ERROR, "not-started", LE(&e));
			end_pair(s, SIGKILL);
			poll(NULL, 0, BACKOFF_MOST_MS);
			continue;
		}
		p.fd = s->was_ready ? -1 : s->ready_fd;
		if (!child_ended && !reload_wanted)
			poll(&p, 1, 500);
		ready_check(s);
		if (reload_wanted) {
			reload_wanted = 0;
			kill(s->engine, SIGHUP);
		}
		if (child_ended)
			code = child_check(s);
	}
	if (code < 0)
		end_pair(s, SIGTERM);
	return code < 0 ? EX_OK : code;
}

/* A session, a spool file and a next hop each need a descriptor: take all that
 * we may have. The engine inherits it. */
static void descriptors_raise(struct supervisor *s)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) != 0)
		return;
	l.rlim_cur = MIN_OF(l.rlim_max, (rlim_t)DESCRIPTORS);
	if (setrlimit(RLIMIT_NOFILE, &l) != 0)
		LOG(&s->log, LOG_WARN, "descriptors-not-raised");
}

static bool open_listeners(struct supervisor *s, struct err *e)
{
	const struct config *c = s->config;
	const struct strings *list[LISTEN_COUNT] = {
		[LISTEN_SMTP] = &c->listen.smtp,
		[LISTEN_SUBMISSION] = &c->listen_submission,
		[LISTEN_SUBMISSIONS] = &c->listen_submissions,
		[LISTEN_WEB] = &c->listen.web,
		[LISTEN_WEB_PLAIN] = &c->listen.web_plain,
	};

	for (size_t i = 0; i < LISTEN_COUNT; i++)
		TRY(listen_all(s, list[i], &s->n[i], e));
	return true;
}

static int supervise(struct supervisor *s)
{
	struct err e = ERR_EMPTY;
	int code;

	if (!key_ready(s, &e) || !open_listeners(s, &e)) {
		print_error("%s", e.text);
		return e.class == ERR_CONFIG ? EX_CONFIG : EX_OSERR;
	}
	signals_set();
	descriptors_raise(s);
	code = watch(s);
	LOG(&s->log, LOG_INFO, "stopped", LI("code", code));
	return code;
}

int cmd_serve(int argc, char **argv)
{
	static const struct command_usage usage = {
		"serve [-c FILE]", "関所を動かします", "Runs the gate.", 0, 0};
	const char *path = NULL;
	const struct option_row rows[] = {OPTION_CONFIG(&path), {0}};
	struct supervisor s = {.ready_fd = -1,
			       .log = {NULL, "part", "supervisor"}};
	int words, code = options_parse(&usage, rows, argc, argv, &words);

	if (code >= 0)
		return code;
	s.config = command_config(path);
	if (!s.config)
		return EX_CONFIG;
	log_setup(LOG_INFO, s.config->run.log_json, "sekisho");
	code = supervise(&s);
	for (size_t i = 0; i < s.fd_n; i++)
		close(s.fd[i]);
	config_free(&s.config);
	return code;
}
