/* mem.h - heap that never returns NULL: allocation failure ends the process
 * (exit code EX_OSERR, one line), which the supervisor starts again.
 */
#ifndef SEKISHO_BASE_MEM_H
#define SEKISHO_BASE_MEM_H

#include "connector/base/macros.h"

void *mem_alloc(size_t bytes) MUST_USE;		    /* not cleared */
void *mem_zero(size_t count, size_t size) MUST_USE; /* cleared, checked */
void *mem_grow(void *p, size_t count, size_t size) MUST_USE; /* checked */
void *mem_dup(const void *p, size_t bytes) MUST_USE;
char *mem_strdup(const char *s) MUST_USE; /* NULL stays NULL */
char *mem_strndup(const char *s, size_t n) MUST_USE;
char *mem_printf(const char *fmt, ...) MUST_USE PRINTF_LIKE(1, 2);
void mem_free(void *p);
void mem_wipe(void *p, size_t bytes); /* not optimised away */

#define NEW(type)	   ((type *)mem_zero(1, sizeof(type)))
#define NEW_ARRAY(type, n) ((type *)mem_zero((n), sizeof(type)))

/* For AUTO-like char pointers: __attribute__((cleanup(mem_cleanup_str))). */
static inline void mem_cleanup_str(char **p)
{
	mem_free(*p);
	*p = NULL;
}
#define AUTO_STR __attribute__((cleanup(mem_cleanup_str))) char *

#endif
