/* content.c - the decoded bytes of a part; see text_int.h. */
#include "connector/extract/text_int.h"

#define CONTENT_STEP (64 * KIB)

bool content_read(struct scan *s, size_t part, struct buf *out)
{
	const struct view_part *p = &s->v->part[part];
	struct decoder d;
	uint64_t at = 0;

	decoder_init(&d, s->more[part].cte);
	while (at < p->len && buf_ok(out)) {
		struct str w = source_at(&s->src, p->off + at, CONTENT_STEP);

		w = str_head(w, (size_t)MIN_OF(p->len - at, (uint64_t)w.n));
		w = str_head(w, CONTENT_STEP);
		if (w.n == 0)
			return false;
		decoder_add(&d, w, out);
		at += w.n;
	}
	decoder_end(&d, out);
	return buf_ok(out);
}
