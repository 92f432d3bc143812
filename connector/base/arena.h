/* arena.h - allocations freed together. One per session, request or job.
 * Not thread-safe. A secret arena (arena_init_secret) wipes on release.
 */
#ifndef SEKISHO_BASE_ARENA_H
#define SEKISHO_BASE_ARENA_H

#include "connector/base/str.h"

struct arena_block;
struct arena {
	struct arena_block *first;
	size_t used, room; /* of the first block */
	size_t total;	   /* bytes asked of the heap */
	bool secret;
};

#define ARENA_EMPTY ((struct arena){0})

void arena_init_secret(struct arena *a);
void arena_release(struct arena *a); /* frees all; reusable */
void *arena_alloc(struct arena *a, size_t bytes) MUST_USE; /* cleared */
void *arena_array(struct arena *a, size_t n, size_t size) MUST_USE;
char *arena_strdup(struct arena *a, const char *s) MUST_USE;
char *arena_strndup(struct arena *a, const char *s, size_t n) MUST_USE;
struct str arena_str(struct arena *a, struct str s) MUST_USE; /* NUL behind */
char *arena_printf(struct arena *a, const char *fmt, ...) MUST_USE
	PRINTF_LIKE(2, 3);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))

#endif
