/* vec.h - typed growing array: struct VEC(int) v = {0}; vec_push(&v, 3);
 * Elements move when it grows: keep indexes, not pointers.
 */
#ifndef SEKISHO_BASE_VEC_H
#define SEKISHO_BASE_VEC_H

#include "connector/base/mem.h"

/* Use as:  struct things { VEC_OF(struct thing); };  or inline member. */
#define VEC_OF(type)                                                           \
	type *v;                                                               \
	size_t n;                                                              \
	size_t cap

#define vec_push(vec, value)                                                   \
	do {                                                                   \
		__typeof__(vec) vec_ = (vec);                                  \
		if (vec_->n == vec_->cap) {                                    \
			vec_->cap = vec_->cap ? vec_->cap * 2 : 8;             \
			vec_->v = mem_grow(vec_->v, vec_->cap,                 \
					   sizeof(*vec_->v));                  \
		}                                                              \
		vec_->v[vec_->n++] = (value);                                  \
	} while (0)

#define vec_release(vec)                                                       \
	do {                                                                   \
		__typeof__(vec) vec_ = (vec);                                  \
		mem_free(vec_->v);                                             \
		vec_->v = NULL;                                                \
		vec_->n = vec_->cap = 0;                                       \
	} while (0)

#define VEC_EACH(it, vec)                                                      \
	for (__typeof__(&*(vec)->v) it = (vec)->v;                             \
	     it && it < (vec)->v + (vec)->n; it++)

#endif
