/* between.c - text that stands between the parts of a mail; see text_int.h. */
#include "connector/extract/text_int.h"

static void take_span(struct scan *s, struct scan *of, enum place place,
		      size_t part, uint64_t from, uint64_t to)
{
	AUTO(buf) bytes = BUF_MAX(TEXT_PART_MAX);

	while (from < to && buf_ok(&bytes)) {
		struct str w = source_at(&of->src, from, 1);

		w = str_head(w, (size_t)MIN_OF(to - from, (uint64_t)w.n));
		if (!w.n)
			break;
		buf_put_str(&bytes, w);
		from += w.n;
	}
	if (!buf_ok(&bytes))
		scan_doubt(s, DOUBT_TOO_LARGE, part);
	(void)text_take_bytes(s, place, part, buf_str(&bytes), STR_EMPTY,
			      false);
}

void between_read(struct scan *s, struct scan *of, enum place place,
		  size_t part, size_t first, size_t end)
{
	bool each = part == VIEW_WHOLE;

	for (size_t i = first; i < end; i++) {
		const struct view_part *p = &of->v->part[i];
		const struct part_more *m = &of->more[i];
		size_t at = each ? i : part;

		if (!p->multipart || (each && m->nested))
			continue;
		take_span(s, of, place, at, p->off, m->before_end);
		if (m->behind)
			take_span(s, of, place, at, m->behind, p->off + p->len);
	}
}
