/* detect_mine.c - Individual Numbers ("My Number").
 *
 * One of ten numbers of twelve digits has the right check digit by chance, so
 * what is called otherwise, is an amount or begins with a date is none, unless
 * it is called an Individual Number.
 */
#include "connector/base/utf8.h"
#include "connector/extract/detect_int.h"

#define NAME_SPAN  20 /* glyphs of what a number is called */
#define MINE_SPAN  40
#define YEAR_FIRST 2010
#define YEAR_LAST  2039

const char *const my_number_words[] = {"マイナンバー", "個人番号", "my number",
				       NULL};

static bool twelve_ok(const char *digits, unsigned n)
{
	return n == 12 && my_number_ok(digits);
}

/* Behind what a number is called: "番号: 1", "No.1", "番号は「1". */
static size_t name_end(const struct fold *f, size_t at)
{
	static const uint32_t marks[] = {' ', ':', '.',	   '#',	  '=', '(',
					 '[', '"', ',',	   '|',	  '-', '<',
					 '>', ';', 0x300c, 0x306f /* は */};
	size_t begin = at > NAME_SPAN ? at - NAME_SPAN : 0;

	for (; at > begin; at--) {
		bool mark = false;

		for (size_t i = 0; i < ARRAY_LEN(marks) && !mark; i++)
			mark = f->v[at - 1] == marks[i];
		if (!mark)
			break;
	}
	return at;
}

/* Does the word end at glyph `end`? Where it begins, else `end`. */
static size_t word_ends(const struct fold *f, size_t end, const char *word)
{
	size_t n = utf8_length(str_of(word));

	if (n > end || fold_word(f, end - n, word) != n)
		return end;
	/* "paid" is no "id". */
	return cp_letter(f->v[end - n]) && end > n &&
			       cp_letter(f->v[end - n - 1])
		       ? end
		       : end - n;
}

/* "受注番号", "order no": a kind of number, and whose. */
static bool kind_of_number(const struct fold *f, size_t end)
{
	static const char *const kinds[] = {"番号", "ナンバー", "number", "no"};
	static const char *const free[] = {"my", "マイ", "個人",
					   "の", "桁",	 "individual"};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		size_t at = word_ends(f, end, kinds[i]);
		uint32_t before;

		if (at == end)
			continue;
		while (at && f->v[at - 1] == ' ')
			at--;
		before = at ? f->v[at - 1] : 0;
		for (size_t k = 0; k < ARRAY_LEN(free); k++)
			if (word_ends(f, at, free[k]) != at)
				return false;
		return cp_letter(before) || before >= 0x3041;
	}
	return false;
}

/* Numbers of parcels, orders, goods, phones: what is called so directly before
 * it is none of a person. */
static bool called_otherwise(struct detect *d, size_t at)
{
	static const char *const names[] = {
		"コード", "code",   "伝票", "注文",   "受注",	  "発注",
		"追跡",	  "品番",   "型番", "ロット", "シリアル", "管理",
		"請求書", "見積書", "tel",  "電話",   "携帯",	  "fax",
		"phone",  "jan",    "ean",  "upc",    "gtin",	  "sku",
		"lot",	  "serial", "po",   "order",  "invoice",  "tracking",
		"ref",	  "isbn",   "id",   "imei",   "口座",	  "計",
		"金額"};
	size_t end = name_end(d->f, at);

	d->set->work += at - end + ARRAY_LEN(names);
	if (at != end && at - end == 1 && d->f->v[end] == ',')
		return false; /* the cell before it */
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (word_ends(d->f, end, names[i]) != end)
			return true;
	return kind_of_number(d->f, end);
}

/* "¥1", "1円". */
static bool is_amount(const struct fold *f, size_t at, size_t end)
{
	static const char *const units[] = {"円", "個", "件", "点",   "株",
					    "%",  "台", "本", "ドル", "バイト"};
	uint32_t before = at ? f->v[at - 1] : 0;

	if (before == 0xa5 || before == '\\' || before == '$' ||
	    before == 0x20ac || before == 0xa3 || before == '#')
		return true;
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (fold_word(f, end, units[i]))
			return true;
	return false;
}

static unsigned decimal(const char *digits, unsigned n)
{
	unsigned v = 0;

	while (n--)
		v = v * 10 + (unsigned)(*digits++ - '0');
	return v;
}

/* "202611221053", "20261122" and a running number: 1.1 of 10,000 numbers that
 * anybody has begin so. */
static bool begins_with_date(const char *digits)
{
	unsigned year = decimal(digits, 4), month = decimal(digits + 4, 2),
		 day = decimal(digits + 6, 2);

	return year >= YEAR_FIRST && year <= YEAR_LAST && month >= 1 &&
	       month <= 12 && day >= 1 && day <= 31;
}

/* Is it one, by what stands beside it? */
static bool is_mine(struct detect *d, const struct window *w)
{
	const struct group *last = &d->runs.v[w->last];
	size_t at = d->runs.v[w->first].at;

	if (called_otherwise(d, at))
		return false;
	if (!is_amount(d->f, at, last->at + last->n) &&
	    !begins_with_date(w->digits))
		return true;
	return fold_before(d->f, at, MINE_SPAN, my_number_words);
}

void detect_my_number(struct detect *d)
{
	static const char *const shapes[] = {"eee", "gg", NULL};
	static const struct writing how = {.shapes = shapes,
					   .ok = twelve_ok,
					   .labels = my_number_words,
					   .strict = true};

	for (size_t i = 0; i < d->runs.n; i++) {
		struct window w;

		if (!window_may_begin(d, i, 4))
			continue;
		window_begin(d, i, &w);
		while (w.n < 12 && window_grow(d, &w))
			;
		if (w.n != 12 || window_taken(d, &w) ||
		    !my_number_ok(w.digits) || !window_edges(d, &w) ||
		    !window_shaped(d, &w, &how) ||
		    (w.first != w.last && window_beside(d, &w, 4, false)) ||
		    !is_mine(d, &w))
			continue;
		window_hit(d, &w, DETECT_MY_NUMBER, str_n(w.digits, w.n), 2);
		window_take(d, &w);
	}
}
