/* fold.c - names and extensions as they are compared: width, case and kana do
 * not count.  (Words in texts are folded and found by the inspector.)
 *
 * Full-width ASCII and half-width kana are made ordinary, hiragana katakana,
 * letters lower case (Latin, Greek, Cyrillic); soft hyphens and zero width go;
 * blanks go beside Japanese characters, where they do not part words.
 */
#include "policy/policy_int.h"

#include "connector/base/utf8.h"

/* U+FF61..U+FF9F, half-width marks and katakana, in order. */
static const uint16_t HALF_KANA[] = {
	0x3002, 0x300c, 0x300d, 0x3001, 0x30fb, 0x30f2, 0x30a1, 0x30a3, 0x30a5,
	0x30a7, 0x30a9, 0x30e3, 0x30e5, 0x30e7, 0x30c3, 0x30fc, 0x30a2, 0x30a4,
	0x30a6, 0x30a8, 0x30aa, 0x30ab, 0x30ad, 0x30af, 0x30b1, 0x30b3, 0x30b5,
	0x30b7, 0x30b9, 0x30bb, 0x30bd, 0x30bf, 0x30c1, 0x30c4, 0x30c6, 0x30c8,
	0x30ca, 0x30cb, 0x30cc, 0x30cd, 0x30ce, 0x30cf, 0x30d2, 0x30d5, 0x30d8,
	0x30db, 0x30de, 0x30df, 0x30e0, 0x30e1, 0x30e2, 0x30e4, 0x30e6, 0x30e8,
	0x30e9, 0x30ea, 0x30eb, 0x30ec, 0x30ed, 0x30ef, 0x30f3, 0x3099, 0x309a};

/* Upper case to lower: `step` 1 for a run moved by `by`, 2 for pairs that
 * follow one another (Latin Extended-A). */
static const struct {
	uint16_t from, to, step, by;
} UPPER[] = {
	{'A', 'Z', 1, 32},     {0xc0, 0xd6, 1, 32},   {0xd8, 0xde, 1, 32},
	{0x100, 0x12e, 2, 1},  {0x132, 0x136, 2, 1},  {0x139, 0x147, 2, 1},
	{0x14a, 0x176, 2, 1},  {0x179, 0x17d, 2, 1},  {0x391, 0x3a9, 1, 32},
	{0x400, 0x40f, 1, 80}, {0x410, 0x42f, 1, 32},
};

static uint32_t lower(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_LEN(UPPER) && c >= UPPER[i].from; i++)
		if (c <= UPPER[i].to &&
		    (c - UPPER[i].from) % UPPER[i].step == 0)
			return c + UPPER[i].by;
	return c;
}

static uint32_t fold_one(uint32_t c)
{
	if (c >= 0xff01 && c <= 0xff5e)
		c -= 0xfee0;
	else if (c >= 0xff61 && c <= 0xff9f)
		c = HALF_KANA[c - 0xff61];
	if (c >= 0x3041 && c <= 0x3096)
		c += 0x60;
	return lower(c);
}

static bool is_blank(uint32_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0 ||
	       c == 0x3000 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f;
}

static bool is_nothing(uint32_t c)
{
	return c == 0 || c == 0xad || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2060 && c <= 0x2064) || c == 0xfeff || c == 0x34f ||
	       (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
	       (c >= 0xfe00 && c <= 0xfe0f);
}

static bool is_japanese(uint32_t c)
{
	return (c >= 0x3001 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x9fff) ||
	       (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3ffff);
}

/* Katakana with its voiced mark (U+3099) or half-voiced mark (U+309A). */
static uint32_t voiced(uint32_t c, uint32_t mark)
{
	bool half = mark == 0x309a;

	if (c >= 0x30cf && c <= 0x30db && (c - 0x30cf) % 3 == 0)
		return c + (half ? 2 : 1);
	if (half)
		return 0;
	if (c == 0x30a6)
		return 0x30f4;
	if ((c >= 0x30ab && c <= 0x30c1 && c % 2 == 1) || c == 0x30c4 ||
	    c == 0x30c6 || c == 0x30c8)
		return c + 1;
	return 0;
}

void fold_text(struct buf *out, struct str s)
{
	uint32_t last = 0; /* kept back for a mark behind it */
	bool blank = false;
	int32_t next;

	while ((next = utf8_next(&s)) >= 0) {
		uint32_t c = fold_one((uint32_t)next), with;

		if (is_nothing(c))
			continue;
		if (is_blank(c)) {
			blank = true;
			continue;
		}
		with = (c == 0x3099 || c == 0x309a) ? voiced(last, c) : 0;
		if (with) {
			last = with;
			continue;
		}
		if (last)
			utf8_put(out, last);
		if (blank && last && !is_japanese(c) && !is_japanese(last))
			buf_putc(out, ' ');
		blank = false;
		last = c;
	}
	if (last)
		utf8_put(out, last);
}

bool words_in(const struct words *w, struct str folded)
{
	for (size_t i = 0; i < w->n; i++)
		if (str_find(folded, w->v[i]) >= 0)
			return true;
	return false;
}
