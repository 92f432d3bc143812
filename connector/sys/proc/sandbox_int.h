/* sandbox_int.h - what the two profiles are made of. */
#ifndef SEKISHO_SYS_PROC_SANDBOX_INT_H
#define SEKISHO_SYS_PROC_SANDBOX_INT_H

#include "connector/sys/proc/sandbox.h"

#define SANDBOX_FILES_MAX 64 /* open at once */

/* System calls by name; any other ends the process. */
struct sandbox_calls {
	const char *const *v;
	size_t n;
	const char *const *no_exec; /* without PROT_EXEC in argument three */
	size_t no_exec_n;
	const struct sandbox_calls *more;
};
bool sandbox_filter(const struct sandbox_calls *c, bool log_only,
		    struct err *e) MUST_USE;
bool sandbox_limit(int what, uint64_t max) MUST_USE;
/* A Landlock ruleset that handles all the kernel knows; -1: it knows none. */
int sandbox_ruleset(void);
bool sandbox_restrict(int ruleset) MUST_USE; /* closes it */

#endif
