/* fault.h - named points at which a test may kill the process or fail a call.
 *
 * In normal builds both are constants and cost nothing.  With FAULTS=1
 * (make crash) the environment decides:
 *   SEKISHO_CRASH_AT=<name>:<n>          kill -9 at the n-th passage
 *   SEKISHO_FAIL_AT=<name>:<n>:<errno>   the n-th passage fails
 *   SEKISHO_FAIL_AT=<name>:<n>+:<errno>  that one and all later ones fail
 *   SEKISHO_FAULT_LOG=<file>             each passage appends its name
 * Passages are counted per process.  Threads: any.
 */
#ifndef SEKISHO_BASE_FAULT_H
#define SEKISHO_BASE_FAULT_H

#include "connector/base/macros.h"

#ifdef SEKISHO_FAULTS

void fault_point(const char *name);

/* True when this passage is to fail; *errno_r then holds the errno. */
bool fault_fail(const char *name, int *errno_r) MUST_USE;

#else

static inline void fault_point(const char *name)
{
	(void)name;
}

static inline bool MUST_USE fault_fail(const char *name, int *errno_r)
{
	(void)name;
	(void)errno_r;
	return false;
}

#endif

#endif
