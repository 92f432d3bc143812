/* detect_set.c - what was found: different values, the first of them with
 * place and masked sample. */
#include "connector/extract/detect_int.h"

void detect_set_init(struct detect_set *s)
{
	*s = (struct detect_set){.seen = MAP_EMPTY};
	arena_init_secret(&s->arena);
}

void detect_set_release(struct detect_set *s)
{
	map_release(&s->seen);
	vec_release(&s->hits);
	arena_release(&s->arena);
}

void detect_mask(struct str digits, unsigned shown, struct buf *out)
{
	for (size_t i = 0; i < digits.n; i++) {
		size_t left = digits.n - i;

		if (i && left % 4 == 0)
			buf_putc(out, '-');
		buf_putc(out, left <= shown ? digits.p[i] : '*');
	}
}

void detect_hit(struct detect *d, enum detector what, size_t at, size_t end,
		struct str value, struct str sample)
{
	char key_bytes[DETECT_VALUE_MAX + 1];
	struct detect_set *s = d->set;
	struct str key = {key_bytes, value.n + 1};
	struct detect_hit hit = {.what = what,
				 .source = d->source,
				 .at = d->f->v[at].at,
				 .end = d->f->v[end - 1].end};

	if (!(d->wanted & 1u << what) || value.n > DETECT_VALUE_MAX)
		return;
	key_bytes[0] = (char)('A' + what);
	memcpy(key_bytes + 1, value.p, value.n);
	if (map_get(&s->seen, key))
		return;
	if (s->seen.n >= DETECT_UNIQUE_MAX) {
		s->more = true;
		return;
	}
	map_put(&s->seen, key, s);
	s->unique[what]++;
	if (s->hits.n >= DETECT_HITS_MAX)
		return;
	hit.value = arena_str(&s->arena, value);
	hit.sample = arena_str(&s->arena, sample);
	vec_push(&s->hits, hit);
}

void window_hit(struct detect *d, const struct window *w, enum detector what,
		struct str value, unsigned shown)
{
	const struct group *first = &d->runs.v[w->first];
	const struct group *last = &d->runs.v[w->last];
	AUTO(buf) sample = BUF_MAX(DETECT_VALUE_MAX);

	detect_mask(value, shown, &sample);
	detect_hit(d, what, first->at, last->at + last->n, value,
		   buf_str(&sample));
}
