/* map.h - bytes -> pointer, keyed hash (SipHash with a random key), keys are
 * copied, values are borrowed. Not thread-safe.
 */
#ifndef SEKISHO_BASE_MAP_H
#define SEKISHO_BASE_MAP_H

#include "connector/base/str.h"

struct map_slot;
struct map {
	struct map_slot *slot;
	size_t n, cap;
};

#define MAP_EMPTY ((struct map){0})

void map_release(struct map *m);		    /* values untouched */
void *map_get(const struct map *m, struct str key); /* or NULL */
void *map_put(struct map *m, struct str key, void *value); /* old or NULL */
void *map_remove(struct map *m, struct str key);	   /* old or NULL */
/* Iterate, without putting or removing meanwhile:
 * size_t at = 0; while (map_next(m, &at, &key, &value)) ... */
bool map_next(const struct map *m, size_t *at, struct str *key_r,
	      void **value_r);

#endif
