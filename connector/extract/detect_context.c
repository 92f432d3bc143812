/* detect_context.c - numbers that only the words beside them make personal:
 * bank accounts and passports. */
#include "connector/extract/detect_int.h"

#define KIND_SPAN 24 /* glyphs between "普通" and the number */
#define BANK_SPAN 64 /* glyphs between a bank's name and the number */
#define PASS_SPAN 40

static struct str value(const struct window *w)
{
	return str_n(w->digits, w->n);
}

/* What may stand between the kind of an account and its number. */
static size_t filler(const struct fold *f, size_t i)
{
	static const char *const words[] = {
		"預金", "口座", "番号", "名義", "no", ".",  ":", "(",  ")",
		"-",	"/",	"、",	"・",	"=",  "[",  "]", "「", "」",
		"は",	"の",	"【",	"】",	",",  "\"", "|"};

	if (fold_at(f, i) == ' ' || fold_at(f, i) == '\n')
		return 1;
	for (size_t w = 0; w < ARRAY_LEN(words); w++) {
		size_t n = fold_word(f, i, words[w]);

		if (n)
			return n;
	}
	return 0;
}

/* "普通預金 口座番号: " directly before glyph `at`. */
static bool kind_before(struct detect *d, size_t at)
{
	static const char *const kinds[] = {
		"普通", "当座", "貯蓄",		  "口座番号",  "口座no",
		"(普)", "(当)", "account number", "account no"};

	for (size_t i = at > KIND_SPAN ? at - KIND_SPAN : 0; i < at; i++)
		for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
			size_t n = fold_word(d->f, i, kinds[k]), end = i + n;

			d->set->work++;
			while (n && end < at && (n = filler(d->f, end)))
				end += n;
			if (n && end == at)
				return true;
		}
	return false;
}

static bool bank_before(const struct detect *d, size_t at)
{
	static const char *const banks[] = {
		"銀行", "信用金庫", "信金",	"信用組合", "信組",
		"農協", "労金",	    "労働金庫", "支店",	    NULL};
	static const char *const account[] = {"口座", "普通", "当座", "貯蓄",
					      NULL};

	return fold_before(d->f, at, BANK_SPAN, banks) &&
	       fold_before(d->f, at, KIND_SPAN, account);
}

static bool account(struct detect *d, size_t i)
{
	static const char *const shapes[] = {"de", "ed", NULL};
	static const struct writing how = {.shapes = shapes};
	struct window w;
	size_t at = d->runs.v[i].at;

	window_begin(d, i, &w);
	while (w.n < 7 && window_grow(d, &w))
		;
	/* 〒 has three and four digits, too. */
	if (w.n != 7 || window_taken(d, &w) || !window_edges(d, &w) ||
	    !window_shaped(d, &w, &how) ||
	    fold_at(d->f, at ? at - 1 : 0) == 0x3012)
		return false;
	if (!kind_before(d, at) && (w.first != w.last || !bank_before(d, at)))
		return false;
	window_hit(d, &w, DETECT_BANK, value(&w), 3);
	window_take(d, &w);
	return true;
}

/* Up to this many glyphs between 記号 and 番号 of the Japan Post Bank. */
#define POST_GAP 12

/* Its 記号 (1, three digits, 0) and its 番号 (six to eight, ends in 1). */
static void post_account(struct detect *d, size_t i)
{
	static const char *const words[] = {"ゆうちょ", "郵便貯金", "記号",
					    "通常貯金", "ぱるる",   NULL};
	const struct group *g = &d->runs.v[i], *next;
	struct window w, number;
	char both[WINDOW_DIGITS_MAX];
	size_t end = g->at + g->n;

	if (i + 1 >= d->runs.n || g->n != 5)
		return;
	next = g + 1;
	window_begin(d, i, &w);
	window_begin(d, i + 1, &number);
	if (w.digits[0] != '1' || w.digits[4] != '0' || number.n < 6 ||
	    number.n > 8 || number.digits[number.n - 1] != '1' ||
	    next->at - end > POST_GAP || w.first == number.first)
		return;
	while (end < next->at) {
		size_t n = filler(d->f, end);

		if (!n)
			return;
		end += n;
	}
	if (!fold_before(d->f, g->at, PASS_SPAN, words))
		return;
	memcpy(both, w.digits, 5);
	memcpy(both + 5, number.digits, number.n);
	w.last = i + 1;
	window_hit(d, &w, DETECT_BANK, str_n(both, 5 + number.n), 3);
	window_take(d, &w);
}

void detect_bank(struct detect *d)
{
	for (size_t i = 0; i < d->runs.n; i++)
		if (!account(d, i))
			post_account(d, i);
}

/* Two letters before the digits, maybe a blank or hyphen between. */
static bool passport_head(const struct fold *f, size_t at, size_t *begin_r)
{
	size_t i = at;

	if (i > 0 && (f->v[i - 1] == ' ' || f->v[i - 1] == '-'))
		i--;
	if (i < 2 || !cp_letter(f->v[i - 1]) || !cp_letter(f->v[i - 2]))
		return false;
	*begin_r = i - 2;
	return i == 2 || !cp_alnum(f->v[i - 3]);
}

void detect_passport(struct detect *d)
{
	static const char *const words[] = {"旅券", "パスポート", "passport",
					    NULL};

	for (size_t i = 0; i < d->runs.n; i++) {
		const struct group *g = &d->runs.v[i];
		size_t end = g->at + g->n, begin;
		AUTO(buf) sample = BUF_MAX(DETECT_VALUE_MAX);
		char text[9];

		d->set->work++;
		if (g->n != 7 || cp_alnum(fold_at(d->f, end)) ||
		    !passport_head(d->f, g->at, &begin) ||
		    !fold_before(d->f, begin, PASS_SPAN, words))
			continue;
		text[0] = (char)d->f->v[begin];
		text[1] = (char)d->f->v[begin + 1];
		for (size_t k = 0; k < 7; k++)
			text[2 + k] = (char)d->f->v[g->at + k];
		detect_mask(str_n(text, 9), 3, &sample);
		detect_hit(d, DETECT_PASSPORT, begin, str_n(text, 9),
			   buf_str(&sample));
	}
}
