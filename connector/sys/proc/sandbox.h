/* sandbox.h - the inner profile: what a child that reads mail may still do.
 *
 * Entered after everything is loaded. Resource limits, Landlock with nothing
 * allowed (where the kernel has it), seccomp with the list in sandbox.c: no
 * file, no socket, no process, no new executable memory. There is no way back.
 * Wall: libseccomp is included in sandbox.c only.
 */
#ifndef SEKISHO_SYS_PROC_SANDBOX_H
#define SEKISHO_SYS_PROC_SANDBOX_H

#include "connector/base/buf.h"
#include "connector/base/err.h"

enum {
	SANDBOX_RLIMITS = 1,
	SANDBOX_LANDLOCK = 2,
	SANDBOX_SECCOMP = 4,
	SANDBOX_LOG_ONLY = 8, /* breaches are logged, not stopped */
};

struct sandbox {
	uint64_t memory_max; /* private writable bytes of this process */
	bool log_only;	     /* sanitizer and valgrind builds */
};

/* level_r: SANDBOX_* bits that were reached. Fails without seccomp. */
bool sandbox_enter(const struct sandbox *s, unsigned *level_r,
		   struct err *e) MUST_USE;
/* "seccomp+landlock+rlimits", for logs and pages. */
void sandbox_level_text(unsigned level, struct buf *out);
/* How many system calls the profile allows. */
size_t sandbox_calls(void);

#endif
