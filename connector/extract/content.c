/* content.c - the decoded bytes of a part, all of them or those at both ends;
 * see text_int.h.
 */
#include "connector/extract/text_int.h"

/* Raw bytes to decoded ones: with line ends, and some blanks more. */
#define RAW_OF(n) ((n) / 2 * 3)

/* Up to CONTENT_STEP bytes at `at` of the part, before `end`. */
static struct str window(struct scan *s, const struct view_part *p, uint64_t at,
			 uint64_t end)
{
	uint64_t n = MIN_OF(end - at, (uint64_t)CONTENT_STEP);

	return str_head(source_at(&s->src, p->off + at, (size_t)n), (size_t)n);
}

static bool decode_span(struct scan *s, size_t part, uint64_t at, uint64_t end,
			struct buf *out)
{
	struct decoder d;

	decoder_init(&d, s->more[part].cte);
	while (at < end && buf_ok(out)) {
		struct str w = window(s, &s->v->part[part], at, end);

		if (w.n == 0)
			return false;
		decoder_add(&d, w, out);
		at += w.n;
	}
	decoder_end(&d, out);
	return buf_ok(out);
}

bool content_read(struct scan *s, size_t part, struct buf *out)
{
	return decode_span(s, part, 0, s->v->part[part].len, out);
}

/* Where, at `at` or soon behind it, a group of four characters begins. They
 * are counted from there to the end: how many there are in all is known. */
static bool find_group(struct scan *s, size_t part, uint64_t *at)
{
	const struct view_part *p = &s->v->part[part];
	struct counter c;
	struct str w;
	unsigned skip;

	counter_init(&c, CTE_BASE64);
	for (uint64_t i = *at; i < p->len; i += w.n) {
		w = window(s, p, i, p->len);
		if (w.n == 0)
			return false;
		counter_add(&c, w.p, w.n);
	}
	skip = (unsigned)((c.alphabet - s->more[part].base64) % 4);
	w = window(s, p, *at, p->len);
	for (; skip && w.n; w = str_skip(w, 1), ++*at)
		skip -= base64_is(w.p[0]);
	return skip == 0;
}

bool content_ends(struct scan *s, size_t part, size_t head, size_t tail,
		  struct buf *head_r, struct buf *tail_r)
{
	const struct view_part *p = &s->v->part[part];
	uint64_t at;

	if (!s->more[part].base64 || p->len < RAW_OF(head) + RAW_OF(tail))
		return false;
	at = p->len - RAW_OF(tail);
	return decode_span(s, part, 0, RAW_OF(head), head_r) &&
	       head_r->n >= head && find_group(s, part, &at) &&
	       decode_span(s, part, at, p->len, tail_r) && tail_r->n >= tail;
}
