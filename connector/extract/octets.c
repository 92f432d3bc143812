/* octets.c - which parts hold 8-bit bytes or bare line feeds, so that they can
 * be encoded for a next hop that takes neither (RFC 6152 3, RFC 3030).
 *
 * Only messages that have any are read again.
 */
#include "connector/extract/scan_int.h"

struct octets {
	struct source *src;
	char last;
	bool high;
	uint64_t bare_lf;
};

static void look(struct octets *o, const char *p, size_t n)
{
	unsigned char any = 0;

	for (size_t i = 0; i < n; i++) {
		any |= (unsigned char)p[i];
		o->bare_lf += p[i] == '\n' && (i ? p[i - 1] : o->last) != '\r';
	}
	o->high = o->high || any & 0x80;
	if (n)
		o->last = p[n - 1];
}

/* What lies in from..to; the byte before it is the last one looked at. */
static void span(struct octets *o, uint64_t from, uint64_t to)
{
	o->high = false;
	o->bare_lf = 0;
	while (from < to) {
		struct str w = source_at(o->src, from, 1);

		if (!w.n)
			return;
		w = str_head(w, to - from);
		look(o, w.p, w.n);
		from += w.n;
	}
}

static bool is_leaf(const struct view *v, size_t i)
{
	return !v->part[i].multipart &&
	       (i + 1 == v->part_n || v->part[i + 1].parent != i);
}

void octets_find(struct scan *s)
{
	struct octets o = {.src = &s->src};
	struct view *v = s->v;
	uint64_t at = 0;

	if (!s->src.has_8bit && !s->src.has_bare_lf)
		return;
	for (size_t i = 0; i < v->part_n; i++) {
		struct view_part *p = &v->part[i];

		if (!is_leaf(v, i) || p->off < at)
			continue;
		span(&o, at, p->off);
		v->between_8bit = v->between_8bit || o.high;
		v->between_bare_lf = v->between_bare_lf || o.bare_lf;
		span(&o, p->off, p->off + p->len);
		p->has_8bit = o.high;
		p->bare_lf = o.bare_lf;
		at = p->off + p->len;
	}
	span(&o, at, v->size);
	v->between_8bit = v->between_8bit || o.high;
	v->between_bare_lf = v->between_bare_lf || o.bare_lf;
}
