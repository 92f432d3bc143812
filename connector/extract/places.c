/* places.c - names of places by their first character; see places_int.h. */
#include "connector/extract/places_int.h"
#include "connector/base/die.h"
#include "connector/base/utf8.h"

#define PAIRS	   0x40000u
#define FIRSTS	   1024 /* buckets of first characters */
#define NAMES_MOST 4096
#define CHARS_MOST (NAMES_MOST * 10)

struct spot {
	const uint32_t *name;
	uint16_t n; /* code points */
	bool prefecture;
	int16_t next; /* in the bucket; -1: last */
};

static struct {
	struct spot v[NAMES_MOST];
	size_t n;
	uint32_t chars[CHARS_MOST];
	size_t chars_n;
	int16_t first[FIRSTS];
	uint8_t pair[PAIRS / 8]; /* bits: by their first two characters */
	bool ready;
} all;

static uint32_t bucket(uint32_t cp)
{
	return (cp ^ cp >> 10) % FIRSTS;
}

static uint32_t pair_of(uint32_t a, uint32_t b)
{
	return (a * 0x9e3779b1u ^ b * 0x85ebca6bu) >> 8 & (PAIRS - 1);
}

static void add(struct str name, bool prefecture)
{
	uint32_t *to = all.chars + all.chars_n, b;
	struct spot *p = &all.v[all.n];
	int32_t c;

	must(all.n < NAMES_MOST && all.chars_n + name.n <= CHARS_MOST);
	while ((c = utf8_next(&name)) >= 0)
		all.chars[all.chars_n++] = (uint32_t)c;
	b = bucket(*to);
	*p = (struct spot){to, (uint16_t)(all.chars + all.chars_n - to),
			   prefecture, all.first[b]};
	all.first[b] = (int16_t)all.n++;
	b = pair_of(to[0], to[1]);
	all.pair[b / 8] |= (uint8_t)(1u << b % 8);
}

/* Of a city with wards also the city alone, once: they stand together. */
static void add_city(struct str ward)
{
	static struct str last;
	ptrdiff_t at = str_find(ward, STR("市"));
	struct str city = str_head(ward, at < 0 ? 0 : (size_t)at + 3);

	if (city.n && city.n < ward.n && !str_eq(city, last) &&
	    str_ends(ward, STR("区")))
		add(city, false);
	last = city;
}

/* "北区" of a city too: people leave the city out only behind a prefecture,
 * so a name is kept whole; a town of a county also without the county. */
void places_ready(void)
{
	struct str county = STR("郡");

	if (all.ready)
		return;
	memset(all.first, 0xff, sizeof(all.first));
	for (size_t i = 0; i < PREFECTURES; i++) {
		struct str rest = str_of(prefectures[i].municipalities), name;

		add(str_of(prefectures[i].name), true);
		while (str_split(&rest, '|', &name)) {
			ptrdiff_t at = str_find(name, county);

			add(name, false);
			add_city(name);
			if (at > 0 && (size_t)at + 6 < name.n)
				add(str_skip(name, (size_t)at + 3), false);
		}
	}
	all.ready = true;
}

bool places_begin(const struct fold *f, size_t i)
{
	uint32_t second = fold_at(f, i + 1), bit = pair_of(f->v[i], second);

	return second == ' ' || second == '\n' ||
	       all.pair[bit / 8] >> bit % 8 & 1;
}

static size_t length_at(const struct fold *f, size_t i, const struct spot *p)
{
	size_t at = i;

	for (size_t k = 0; k < p->n; k++, at++) {
		while (at > i &&
		       (fold_at(f, at) == ' ' || fold_at(f, at) == '\n'))
			at++;
		if (fold_at(f, at) != p->name[k])
			return 0;
	}
	return at - i;
}

static size_t longest(const struct fold *f, size_t i, bool prefecture,
		      uint64_t *work)
{
	size_t best = 0;

	if (i >= f->n || !places_begin(f, i))
		return 0;
	for (int k = all.first[bucket(fold_at(f, i))]; k >= 0;
	     k = all.v[k].next) {
		size_t n = all.v[k].prefecture == prefecture
				   ? length_at(f, i, &all.v[k])
				   : 0;

		++*work;
		best = n > best ? n : best;
	}
	return best;
}

size_t places_prefecture(const struct fold *f, size_t i, uint64_t *work)
{
	return longest(f, i, true, work);
}

size_t places_municipality(const struct fold *f, size_t i, uint64_t *work)
{
	return longest(f, i, false, work);
}
