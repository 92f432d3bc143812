/* detect_places.c - postal addresses of Japan: a municipality, a town and a
 * number; or a postal code. */
#include "connector/extract/detect_int.h"
#include "connector/base/utf8.h"
#include "connector/extract/places_int.h"

#define TOWN_MAX  24 /* glyphs between municipality and number */
#define CODE_SPAN 6  /* glyphs between a postal code and its address */

static bool is_kanji_digit(uint32_t c)
{
	return c == 0x4e00 || c == 0x4e8c || c == 0x4e09 || c == 0x56db ||
	       c == 0x4e94 || c == 0x516d || c == 0x4e03 || c == 0x516b ||
	       c == 0x4e5d || c == 0x5341;
}

static bool is_name(uint32_t c)
{
	return (c >= 0x3041 && c <= 0x30ff && c != 0x30fb) || c == 0x3005 ||
	       c == 0x3006 || (c >= 0x3400 && c < 0xa000) ||
	       (c >= 0xf900 && c < 0xfb00);
}

/* "1-2-3", "1丁目2番3号", "12番地": its end, or 0. */
static size_t number_end(const struct fold *f, size_t i)
{
	static const char *const units[] = {"丁目", "番地", "番", "号", "-"};
	size_t end = 0;

	for (unsigned parts = 0; parts < 6; parts++) {
		size_t begin = i, n = 0;

		while (i - begin < 5 && (cp_digit(fold_at(f, i)) ||
					 is_kanji_digit(fold_at(f, i))))
			i++;
		if (i == begin)
			break;
		end = parts ? i : 0;
		for (size_t u = 0; u < ARRAY_LEN(units) && !n; u++)
			n = fold_word(f, i, units[u]);
		if (!n)
			break;
		i += n;
		end = fold_at(f, i - 1) == '-' ? end : i;
		while (fold_at(f, i) == ' ')
			i++;
		if (fold_at(f, i) == 0x306e) /* の */
			i++;
	}
	return end;
}

/* Words of a sentence, not of a town. */
static bool ends_as_sentence(const struct fold *f, size_t town, size_t i)
{
	static const char *const particles[] = {"で",	"は",	"に",	"が",
						"を",	"も",	"と",	"から",
						"より", "まで", "など", "の"};

	for (size_t k = 0; k < ARRAY_LEN(particles); k++) {
		size_t n = utf8_length(str_of(particles[k]));

		if (i - town >= n && fold_word(f, i - n, particles[k]))
			return true;
	}
	return false;
}

/* A unit of something else makes "1-2" an amount. */
static bool counts_things(const struct fold *f, size_t i)
{
	static const char *const things[] = {"日", "月", "年", "時", "人", "名",
					     "円", "回", "件", "%",  "歳", "個",
					     "台", "分", "位", "社", "月"};

	for (size_t k = 0; k < ARRAY_LEN(things); k++)
		if (fold_word(f, i, things[k]))
			return true;
	return cp_digit(fold_at(f, i)) || cp_letter(fold_at(f, i));
}

/* A digit of "北1条西": part of a town's name. */
static bool is_street(const struct fold *f, size_t i)
{
	size_t end = cp_digit(fold_at(f, i + 1)) ? i + 2 : i + 1;

	return cp_digit(fold_at(f, i)) && fold_word(f, end, "条");
}

/* Behind a municipality: the end of town and number, or 0. */
static size_t address_end(struct detect *d, size_t town)
{
	size_t i = town;

	for (; i < d->f->n && i - town < TOWN_MAX; i++) {
		uint32_t c = d->f->v[i];
		size_t end = cp_digit(c) || is_kanji_digit(c)
				     ? number_end(d->f, i)
				     : 0;

		d->set->work += 1 + (end ? end - i : 0);
		if (end)
			return ends_as_sentence(d->f, town, i) ||
					       counts_things(d->f, end)
				       ? 0
				       : end;
		if (c != ' ' && !is_name(c) && !is_street(d->f, i))
			break;
	}
	return 0;
}

/* Blanks gone, units as hyphens: what two spellings have in common. */
static void normalised(const struct fold *f, size_t at, size_t end,
		       struct buf *out)
{
	static const char *const units[] = {"丁目", "番地", "番", "号"};

	for (size_t i = at; i < end; i++) {
		size_t n = 0;

		for (size_t u = 0; u < ARRAY_LEN(units) && !n; u++)
			n = cp_digit(fold_at(f, i - 1)) ||
					    is_kanji_digit(fold_at(f, i - 1))
				    ? fold_word(f, i, units[u])
				    : 0;
		if (n && i + n < end)
			buf_putc(out, '-');
		if (n)
			i += n - 1;
		else if (f->v[i] != ' ' && f->v[i] != '\n')
			utf8_put(out, f->v[i]);
	}
}

static void address_hit(struct detect *d, size_t at, size_t name, size_t town,
			size_t end)
{
	AUTO(buf) value = BUF_MAX(DETECT_VALUE_MAX);
	AUTO(buf) sample = BUF_MAX(DETECT_VALUE_MAX);

	normalised(d->f, name, end, &value);
	normalised(d->f, name, town, &sample);
	buf_puts(&sample, "***");
	detect_hit(d, DETECT_POSTAL, at, buf_str(&value), buf_str(&sample));
}

/* 〒, three digits, four digits: their end, or 0. */
static size_t code_end(const struct fold *f, size_t i, char code_r[8])
{
	unsigned n = 0;
	size_t at = i + 1;

	for (; at < f->n && at - i < 14 && n < 7; at++) {
		uint32_t c = f->v[at];

		if (cp_digit(c))
			code_r[n++] = (char)c;
		else if (c != ' ' && c != '-' && c != 0x30fc)
			return 0;
	}
	return n == 7 && !cp_digit(fold_at(f, at)) && fold_at(f, at) != '-' ? at
									    : 0;
}

static size_t skip_blank(const struct fold *f, size_t i)
{
	for (unsigned n = 0; n < CODE_SPAN; n++, i++)
		if (fold_at(f, i) != ' ' && fold_at(f, i) != '\n')
			break;
	return i;
}

/* An address that begins at i, its prefecture maybe first; behind it, or i. */
static size_t address_at(struct detect *d, size_t i, size_t from)
{
	uint64_t *work = &d->set->work;
	size_t name = skip_blank(d->f, i + places_prefecture(d->f, i, work));
	size_t town = name + places_municipality(d->f, name, work), end;

	if (town == name)
		return i;
	end = address_end(d, town);
	if (!end)
		return i;
	address_hit(d, from, name, town, end);
	return end;
}

static size_t code_at(struct detect *d, size_t i)
{
	char code[8] = {0};
	size_t end = code_end(d->f, i, code), at, next;

	if (!end)
		return i + 1;
	at = skip_blank(d->f, end);
	next = address_at(d, at, i);
	if (next == at)
		detect_hit(d, DETECT_POSTAL, i, str_n(code, 7),
			   STR("\xe3\x80\x92***-****"));
	return next == at ? end : next;
}

/* The postal sign, kana and kanji. */
static size_t next_sign(const struct fold *f, size_t i)
{
	return fold_seek(f, i, 0x3012, 0xfb00 - 0x3012);
}

void detect_postal(struct detect *d)
{
	const struct fold *f = d->f;
	size_t i;

	places_ready();
	d->set->work += f->n;
	for (i = next_sign(f, 0); i < f->n; i = next_sign(f, i)) {
		size_t next = i;

		if (f->v[i] == 0x3012)
			next = code_at(d, i);
		else if (f->v[i] >= 0x3041 && places_begin(f, i))
			next = address_at(d, i, i);
		i = next > i ? next : i + 1;
	}
}
