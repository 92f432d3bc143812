/* spawn.h - start a program of ours with named descriptors and nothing else.
 *
 * The child gets descriptors 0 to 2 and those of `fd`, in order from 3 on; all
 * others are closed. Its environment is what is given, never ours. Safe from
 * any thread (posix_spawn). The caller waits for the process.
 */
#ifndef SEKISHO_SYS_PROC_SPAWN_H
#define SEKISHO_SYS_PROC_SPAWN_H

#include <sys/types.h>
#include "connector/base/err.h"

#define SPAWN_FDS_MAX 16

struct proc_spawn {
	const char *program;	 /* a path, never looked up */
	const char *const *argv; /* ends in NULL; argv[0] too */
	const char *const *env;	 /* ends in NULL; NULL: empty */
	const int *fd;		 /* become 3, 4, ... */
	size_t fd_n;
	bool keep_stdio; /* else stdin and stdout are /dev/null */
};
bool proc_spawn(const struct proc_spawn *s, pid_t *pid_r,
		struct err *e) MUST_USE;

/* Wait for a process that was told to end; SIGKILL after `ms`. */
void proc_reap(pid_t pid, int ms);

#endif
