/* buf.c - growing bytes with a maximum; see buf.h.
 * The heap block holds one byte above the maximum, for buf_cstr().
 */
#include "connector/base/buf.h"
#include <stdio.h>
#include "connector/base/die.h"
#include "connector/base/mem.h"

#define FIRST_BYTES 128

void buf_init(struct buf *b, size_t max)
{
	*b = BUF_MAX(max);
}

void buf_release(struct buf *b)
{
	if (b->secret)
		mem_wipe(b->p, b->cap);
	mem_free(b->p);
	*b = (struct buf){.max = b->max, .secret = b->secret};
}

void buf_clear(struct buf *b)
{
	if (b->secret)
		mem_wipe(b->p, b->n);
	b->n = 0;
	b->full = false;
}

bool buf_ok(const struct buf *b)
{
	return !b->full;
}

struct str buf_str(const struct buf *b)
{
	return str_n(b->p, b->n);
}

static void resize(struct buf *b, size_t cap)
{
	char *p;

	if (!b->secret) {
		b->p = mem_grow(b->p, cap, 1);
		b->cap = cap;
		return;
	}
	/* realloc would leave a copy of the secret behind. */
	p = mem_alloc(cap);
	if (b->n)
		memcpy(p, b->p, b->n);
	mem_wipe(b->p, b->cap);
	mem_free(b->p);
	b->p = p;
	b->cap = cap;
}

char *buf_room(struct buf *b, size_t n)
{
	size_t want, cap;

	if (n > b->max || b->n > b->max - n) {
		b->full = true;
		return NULL;
	}
	want = b->n + n + 1;
	if (want > b->cap) {
		cap = b->cap > FIRST_BYTES / 2 ? b->cap * 2 : FIRST_BYTES;
		if (cap < want)
			cap = want;
		if (b->max < cap)
			cap = b->max + 1;
		resize(b, cap);
	}
	return b->p + b->n;
}

void buf_grown(struct buf *b, size_t n)
{
	must(b->n + n < b->cap || n == 0);
	b->n += n;
}

const char *buf_cstr(struct buf *b)
{
	if (b->n + 1 > b->cap)
		resize(b, b->n + 1);
	b->p[b->n] = '\0';
	return b->p;
}

char *buf_take(struct buf *b, size_t *n_r)
{
	char *p;

	buf_cstr(b);
	p = b->p;
	if (n_r)
		*n_r = b->n;
	*b = (struct buf){.max = b->max, .secret = b->secret};
	return p;
}

bool buf_put(struct buf *b, const void *p, size_t n)
{
	char *room = buf_room(b, n);

	if (!room)
		return false;
	if (n)
		memcpy(room, p, n);
	b->n += n;
	return true;
}

bool buf_puts(struct buf *b, const char *s)
{
	return buf_put(b, s, strlen(s));
}

bool buf_put_str(struct buf *b, struct str s)
{
	return buf_put(b, s.p, s.n);
}

bool buf_putc(struct buf *b, char c)
{
	return buf_put(b, &c, 1);
}

bool buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	char small[256];
	va_list again;
	char *room;
	int n;
	bool ok;

	va_copy(again, ap);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	must(n >= 0);
	if ((size_t)n < sizeof(small)) {
		ok = buf_put(b, small, (size_t)n);
		if (b->secret)
			mem_wipe(small, sizeof(small));
	} else {
		room = buf_room(b, (size_t)n);
		ok = room != NULL;
		if (room) /* buf_room leaves a byte for the NUL */
			vsnprintf(room, (size_t)n + 1, fmt, again);
		b->n += ok ? (size_t)n : 0;
	}
	va_end(again);
	return ok;
}

bool buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	bool ok;

	va_start(ap, fmt);
	ok = buf_vprintf(b, fmt, ap);
	va_end(ap);
	return ok;
}

void buf_drop(struct buf *b, size_t n)
{
	size_t left;

	must(n <= b->n);
	if (n == 0)
		return;
	left = b->n - n;
	memmove(b->p, b->p + n, left);
	if (b->secret)
		mem_wipe(b->p + left, n);
	b->n = left;
}

void buf_truncate(struct buf *b, size_t n)
{
	must(n <= b->n);
	if (n == b->n)
		return;
	if (b->secret)
		mem_wipe(b->p + n, b->n - n);
	b->n = n;
}

static bool put_le(struct buf *b, uint64_t v, size_t bytes)
{
	unsigned char le[8];

	for (size_t i = 0; i < bytes; i++)
		le[i] = (unsigned char)(v >> (8 * i));
	return buf_put(b, le, bytes);
}

bool buf_put_u8(struct buf *b, uint8_t v)
{
	return put_le(b, v, 1);
}

bool buf_put_u16(struct buf *b, uint16_t v)
{
	return put_le(b, v, 2);
}

bool buf_put_u32(struct buf *b, uint32_t v)
{
	return put_le(b, v, 4);
}

bool buf_put_u64(struct buf *b, uint64_t v)
{
	return put_le(b, v, 8);
}

bool buf_put_bytes(struct buf *b, struct str s)
{
	size_t before = b->n;

	/* A length without its bytes would be read as something else. */
	if (s.n > UINT32_MAX || !buf_put_u32(b, (uint32_t)s.n) ||
	    !buf_put_str(b, s)) {
		b->full = true;
		b->n = before;
		return false;
	}
	return true;
}
