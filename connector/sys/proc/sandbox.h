/* sandbox.h - what a process that reads mail may still do. Two profiles.
 *
 * The inner one, entered after everything is loaded. Resource limits, Landlock with nothing
 * allowed (where the kernel has it), seccomp with the list in sandbox.c: no
 * file, no socket, no process, no new executable memory.
 *
 * The outer one, for an unmodified program that reads one document: it may read
 * its libraries and data, and nothing else; no file to write, no socket, no
 * process beside it. It needs Landlock; without it there is no such program.
 *
 * There is no way back from either.
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
	SANDBOX_OUTER = 16,   /* programs of the outer profile run */
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
/* How many system calls the inner profile allows. */
size_t sandbox_calls(void);

/* A program of the outer profile. */
struct sandbox_program {
	const char *path;
	const char *const *reads; /* its data; ends in NULL */
};
/* For the process that starts such programs, and all that it forks: Landlock
 * on the programs, the loader, libraries and data, and system calls enough to
 * start them. Fails (class CONFIG) without Landlock or without a program. */
bool sandbox_starter_enter(const struct sandbox_program *p, size_t n,
			   bool log_only, struct err *e) MUST_USE;
/* For what it forked, last before execve. */
bool sandbox_program_enter(uint64_t memory_max, unsigned cpu_s, bool log_only,
			   struct err *e) MUST_USE;

#endif
