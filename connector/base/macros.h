/* macros.h - the few words that every file uses (README, "Vocabulary").
 */
#ifndef SEKISHO_BASE_MACROS_H
#define SEKISHO_BASE_MACROS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The compiler warns when the result is ignored. */
#define MUST_USE __attribute__((warn_unused_result))

#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define NORETURN	       __attribute__((noreturn))
#define UNUSED		       __attribute__((unused))

/* Return false when x is false; the only macro that returns. */
#define TRY(x)                                                                 \
	do {                                                                   \
		if (!(x))                                                      \
			return false;                                          \
	} while (0)

/* A local `struct type` that type_release(&it) ends at scope end. */
#define AUTO(type) __attribute__((cleanup(type##_release))) struct type

/* A local pointer that type_free(&p) ends at scope end. */
#define AUTO_PTR(type) __attribute__((cleanup(type##_free))) struct type *

/* Move a pointer out of an owner: the owner holds NULL afterwards. */
#define TAKE(p)                                                                \
	({                                                                     \
		__typeof__(p) taken_ = (p);                                    \
		(p) = NULL;                                                    \
		taken_;                                                        \
	})

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define MIN_OF(a, b)                                                           \
	({                                                                     \
		__typeof__(a) a_ = (a);                                        \
		__typeof__(b) b_ = (b);                                        \
		a_ < b_ ? a_ : b_;                                             \
	})
#define MAX_OF(a, b)                                                           \
	({                                                                     \
		__typeof__(a) a_ = (a);                                        \
		__typeof__(b) b_ = (b);                                        \
		a_ > b_ ? a_ : b_;                                             \
	})

#define KIB ((size_t)1024)
#define MIB ((size_t)1024 * 1024)

/* Units of time; every duration and moment in the code is in microseconds
 * unless its name says otherwise. */
#define US_PER_MS   INT64_C(1000)
#define US_PER_S    INT64_C(1000000)
#define US_PER_MIN  (60 * US_PER_S)
#define US_PER_HOUR (60 * US_PER_MIN)
#define US_PER_DAY  (24 * US_PER_HOUR)

#endif
