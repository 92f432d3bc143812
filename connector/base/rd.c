/* rd.c - bounded reader; see rd.h. */
#include "connector/base/rd.h"

struct rd rd_of(struct str s)
{
	return (struct rd){.p = (const unsigned char *)s.p, .n = s.n};
}

bool rd_ok(const struct rd *r)
{
	return !r->bad;
}

bool rd_end(const struct rd *r)
{
	return !r->bad && r->n == 0;
}

static void fail(struct rd *r)
{
	r->bad = true;
	r->n = 0;
}

/* The next n bytes, or NULL and bad. */
static const unsigned char *take(struct rd *r, size_t n)
{
	const unsigned char *at = r->p;

	if (r->bad || n > r->n) {
		fail(r);
		return NULL;
	}
	if (n) {
		r->p += n;
		r->n -= n;
		r->pos += n;
	}
	return at;
}

static uint64_t take_le(struct rd *r, size_t bytes)
{
	const unsigned char *p = take(r, bytes);
	uint64_t v = 0;

	for (size_t i = 0; p && i < bytes; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

uint8_t rd_u8(struct rd *r)
{
	return (uint8_t)take_le(r, 1);
}

uint16_t rd_u16(struct rd *r)
{
	return (uint16_t)take_le(r, 2);
}

uint32_t rd_u32(struct rd *r)
{
	return (uint32_t)take_le(r, 4);
}

uint64_t rd_u64(struct rd *r)
{
	return take_le(r, 8);
}

struct str rd_bytes(struct rd *r, size_t n)
{
	const unsigned char *p = take(r, n);

	return r->bad ? STR_EMPTY : str_n(p, n);
}

struct str rd_lenbytes(struct rd *r, size_t max)
{
	uint32_t n = rd_u32(r);

	if (n > max)
		fail(r);
	return rd_bytes(r, n);
}

uint32_t rd_count(struct rd *r, uint32_t max, size_t min_each)
{
	uint32_t n = rd_u32(r);

	if (n > max || (min_each > 0 && n > r->n / min_each)) {
		fail(r);
		return 0;
	}
	return n;
}

int rd_peek(const struct rd *r)
{
	return r->n && !r->bad ? r->p[0] : -1;
}

int rd_byte(struct rd *r)
{
	return rd_peek(r) < 0 ? -1 : *take(r, 1);
}

bool rd_accept(struct rd *r, char c)
{
	if (rd_peek(r) != (unsigned char)c)
		return false;
	take(r, 1);
	return true;
}

bool rd_accept_ci(struct rd *r, const char *word)
{
	struct str head = str_of(word);

	if (r->bad || !str_starts_ci(str_n(r->p, r->n), head))
		return false;
	take(r, head.n);
	return true;
}

struct str rd_while(struct rd *r, bool (*test)(unsigned char))
{
	size_t n = 0;

	while (n < r->n && test(r->p[n]))
		n++;
	return r->bad ? STR_EMPTY : rd_bytes(r, n);
}

struct str rd_rest(struct rd *r)
{
	return r->bad ? STR_EMPTY : rd_bytes(r, r->n);
}
