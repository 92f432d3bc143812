/* fault.c - the part of fault.h that exists in builds with FAULTS=1 only.
 *
 * Reads the environment at each passage: these builds are for tests, and a
 * child that was started with another environment must see its own.
 */
#include "connector/base/fault.h"

#ifdef SEKISHO_FAULTS

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

struct fault_counter {
	pthread_mutex_t lock;
	unsigned long crash;
	unsigned long fail;
};

static struct fault_counter counter = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* The text behind "<name>:" of an environment variable, or NULL. */
static const char *fault_spec(const char *variable, const char *name)
{
	const char *text = getenv(variable);
	size_t n = strlen(name);

	if (text == NULL || strncmp(text, name, n) != 0 || text[n] != ':')
		return NULL;
	return text + n + 1;
}

static void fault_note(const char *name)
{
	const char *path = getenv("SEKISHO_FAULT_LOG");
	struct iovec line[2] = {{(void *)(uintptr_t)name, strlen(name)},
				{(void *)(uintptr_t) "\n", 1}};
	int fd;

	if (path == NULL)
		return;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (writev(fd, line, 2) < 0)
		(void)0; /* a test's log; nothing depends on it */
	close(fd);
}

static unsigned long fault_count(unsigned long *of)
{
	unsigned long n;

	pthread_mutex_lock(&counter.lock);
	n = ++*of;
	pthread_mutex_unlock(&counter.lock);
	return n;
}

void fault_point(const char *name)
{
	const char *spec = fault_spec("SEKISHO_CRASH_AT", name);

	fault_note(name);
	if (spec != NULL &&
	    fault_count(&counter.crash) == strtoul(spec, NULL, 10))
		kill(getpid(), SIGKILL);
}

bool fault_fail(const char *name, int *errno_r)
{
	const char *spec = fault_spec("SEKISHO_FAIL_AT", name);
	unsigned long n, at;
	char *end;
	bool later;

	fault_note(name);
	if (spec == NULL)
		return false;
	at = strtoul(spec, &end, 10);
	later = *end == '+';
	if (later)
		end++;
	if (*end != ':')
		return false;
	n = fault_count(&counter.fail);
	if (n != at && !(later && n > at))
		return false;
	*errno_r = (int)strtol(end + 1, NULL, 10);
	return true;
}

#endif
