/* die.h - the three ways to die, with fixed meanings.
 *
 * panic: our bug; prints where and a trace, aborts.
 * fatal: the world is wrong at start-up; one clear line, exit(code of sysexits).
 * After serving began, nothing about one message may end the process.
 */
#ifndef SEKISHO_BASE_DIE_H
#define SEKISHO_BASE_DIE_H

#include "connector/base/macros.h"

NORETURN void die_panic(const char *file, int line, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
NORETURN void die_fatal(int exit_code, const char *fmt, ...) PRINTF_LIKE(2, 3);

#define panic(...) die_panic(__FILE__, __LINE__, __VA_ARGS__)
#define fatal	   die_fatal

/* A fact that only a bug of ours can make false. Stays in release builds. */
#define must(x)                                                                \
	do {                                                                   \
		if (!(x))                                                      \
			panic("not so: %s", #x);                               \
	} while (0)

#endif
