/* detect_set.c - what was found: different values, the first of them with
 * place and masked sample. */
#include "connector/extract/detect_int.h"

void detect_set_init(struct detect_set *s)
{
	*s = (struct detect_set){.seen = MAP_EMPTY};
	arena_init_secret(&s->arena);
	people_init(&s->people);
}

void values_release(struct map *m)
{
	struct str key;
	size_t at = 0;

	while (map_next(m, &at, &key, NULL))
		mem_wipe((char *)(uintptr_t)key.p, key.n);
	map_release(m);
}

void detect_set_release(struct detect_set *s)
{
	values_release(&s->seen);
	vec_release(&s->hits);
	arena_release(&s->arena);
	people_release(&s->people);
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

static void set_add(struct detect_set *s, struct str key,
		    const struct detect_hit *hit)
{
	struct detect_hit kept = *hit;

	if (map_get(&s->seen, key))
		return;
	if (s->seen.n >= DETECT_UNIQUE_MAX) {
		s->more = true;
		return;
	}
	map_put(&s->seen, key, s);
	s->unique[hit->what]++;
	if (s->hits.n >= DETECT_HITS_MAX)
		return;
	kept.value = arena_str(&s->arena, hit->value);
	kept.sample = arena_str(&s->arena, hit->sample);
	vec_push(&s->hits, kept);
}

void detect_hit(struct detect *d, enum detector what, size_t at,
		struct str value, struct str sample)
{
	char key_bytes[DETECT_VALUE_MAX + 1];
	struct str key = {key_bytes, value.n + 1};
	struct detect_hit hit = {what, value, sample, d->source};

	if (!(d->wanted & 1u << what) || value.n > DETECT_VALUE_MAX ||
	    at < d->f->from || at >= d->f->to)
		return;
	key_bytes[0] = (char)('A' + what);
	memcpy(key_bytes + 1, value.p, value.n);
	for (struct detect_set *s = d->set; s; s = s->also)
		set_add(s, key, &hit);
	mem_wipe(key_bytes, key.n);
}

void window_hit(struct detect *d, const struct window *w, enum detector what,
		struct str value, unsigned shown)
{
	const struct group *first = &d->runs.v[w->first];
	AUTO(buf) sample = BUF_MAX(DETECT_VALUE_MAX);

	detect_mask(value, shown, &sample);
	detect_hit(d, what, first->at, value, buf_str(&sample));
}
