/* arena.c - allocations freed together; see arena.h.
 * Blocks come cleared from the heap and are never used twice, so what
 * arena_alloc() gives is clear without a memset.
 */
#include "connector/base/arena.h"
#include <stdarg.h>
#include <stdio.h>
#include "connector/base/die.h"
#include "connector/base/mem.h"

#define ALIGN	    _Alignof(max_align_t)
#define BLOCK_FIRST ((size_t)1024)
#define BLOCK_MOST  ((size_t)64 * 1024)

struct arena_block {
	struct arena_block *next;
	size_t bytes; /* of data */
	_Alignas(max_align_t) unsigned char data[];
};

void arena_init_secret(struct arena *a)
{
	*a = (struct arena){.secret = true};
}

void arena_release(struct arena *a)
{
	struct arena_block *b = a->first;

	while (b) {
		struct arena_block *next = b->next;

		if (a->secret)
			mem_wipe(b->data, b->bytes);
		mem_free(b);
		b = next;
	}
	*a = (struct arena){.secret = a->secret};
}

static struct arena_block *block_new(struct arena *a, size_t bytes)
{
	struct arena_block *b;
	size_t whole;

	if (__builtin_add_overflow(sizeof(*b), bytes, &whole))
		panic("arena: %zu bytes", bytes);
	b = mem_zero(1, whole);
	b->bytes = bytes;
	a->total += bytes;
	return b;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
	struct arena_block *b;
	size_t want, room;

	if (__builtin_add_overflow(bytes ? bytes : 1, ALIGN - 1, &want))
		panic("arena: %zu bytes", bytes);
	want -= want % ALIGN;
	if (want <= a->room - a->used) {
		a->used += want;
		return a->first->data + a->used - want;
	}
	if (want > BLOCK_MOST / 2 && a->first) {
		/* A large piece gets a block behind the first, whose rest
		 * stays in use. */
		b = block_new(a, want);
		b->next = a->first->next;
		a->first->next = b;
		return b->data;
	}
	room = a->room ? MIN_OF(a->room * 2, BLOCK_MOST) : BLOCK_FIRST;
	b = block_new(a, MAX_OF(room, want));
	b->next = a->first;
	a->first = b;
	a->room = b->bytes;
	a->used = want;
	return b->data;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		panic("arena: %zu times %zu bytes", n, size);
	return arena_alloc(a, bytes);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *copy = arena_alloc(a, n + 1);

	if (n)
		memcpy(copy, s, n);
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

struct str arena_str(struct arena *a, struct str s)
{
	return str_n(arena_strndup(a, s.p, s.n), s.n);
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *s;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	must(n >= 0);
	s = arena_alloc(a, (size_t)n + 1);
	vsnprintf(s, (size_t)n + 1, fmt, again);
	va_end(again);
	return s;
}
