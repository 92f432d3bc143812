/* spawn.c - start a program of ours; see spawn.h. */
#include "connector/sys/proc/spawn.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_FD     3
#define PARKED_FD    100 /* above every target, so that no dup2 hits a source */
#define REAP_STEP_MS 5

static int add_fds(posix_spawn_file_actions_t *fa, const struct proc_spawn *s,
		   const int *parked)
{
	int rc = 0;

	if (!s->keep_stdio) {
		rc |= posix_spawn_file_actions_addopen(fa, 0, "/dev/null",
						       O_RDONLY, 0);
		rc |= posix_spawn_file_actions_addopen(fa, 1, "/dev/null",
						       O_WRONLY, 0);
	}
	for (size_t i = 0; i < s->fd_n; i++)
		rc |= posix_spawn_file_actions_adddup2(fa, parked[i],
						       FIRST_FD + (int)i);
	rc |= posix_spawn_file_actions_addclosefrom_np(fa,
						       FIRST_FD + (int)s->fd_n);
	return rc;
}

static int spawn_now(const struct proc_spawn *s, const int *parked,
		     pid_t *pid_r)
{
	static const char *const none[] = {NULL};
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	sigset_t set;
	int rc;

	if (posix_spawn_file_actions_init(&fa) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&at) != 0) {
		posix_spawn_file_actions_destroy(&fa);
		return ENOMEM;
	}
	/* The engine's blocked and ignored signals are not the child's. */
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&at, &set);
	sigfillset(&set);
	posix_spawnattr_setsigdefault(&at, &set);
	posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGMASK |
					      POSIX_SPAWN_SETSIGDEF);
	rc = add_fds(&fa, s, parked);
	if (rc == 0)
		rc = posix_spawn(pid_r, s->program, &fa, &at,
				 (char *const *)s->argv,
				 (char *const *)(s->env ? s->env : none));
	posix_spawnattr_destroy(&at);
	posix_spawn_file_actions_destroy(&fa);
	return rc;
}

bool proc_spawn(const struct proc_spawn *s, pid_t *pid_r, struct err *e)
{
	int parked[SPAWN_FDS_MAX] = {0}, rc = 0;
	size_t n;

	if (s->fd_n > SPAWN_FDS_MAX)
		return err_set(e, ERR_BUG, 0, "too many descriptors");
	for (n = 0; n < s->fd_n; n++) {
		parked[n] = fcntl(s->fd[n], F_DUPFD_CLOEXEC, PARKED_FD);
		if (parked[n] < 0) {
			rc = errno;
			break;
		}
	}
	if (rc == 0)
		rc = spawn_now(s, parked, pid_r);
	while (n > 0)
		close(parked[--n]);
	if (rc) {
		errno = rc;
		return err_errno(e, "start %s", s->program);
	}
	return true;
}

void proc_reap(pid_t pid, int ms)
{
	int status;

	for (; ms > 0; ms -= REAP_STEP_MS) {
		if (waitpid(pid, &status, WNOHANG) != 0)
			return;
		poll(NULL, 0, REAP_STEP_MS);
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
}
