/* detect_numbers.c - numbers with check digits: cards, Individual Numbers,
 * Corporate Numbers; 16 digits in a row; driver's licences. */
#include "connector/extract/detect_int.h"

static unsigned digit(char c)
{
	return (unsigned)(c - '0');
}

/* ISO/IEC 7812-1, annex B. */
bool luhn_ok(const char *digits, unsigned n)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < n; i++) {
		unsigned v = digit(digits[n - 1 - i]);

		if (i % 2)
			v = v * 2 > 9 ? v * 2 - 9 : v * 2;
		sum += v;
	}
	return n > 0 && sum % 10 == 0;
}

#define FROM_16 (1u << 16 | 1u << 17 | 1u << 18 | 1u << 19)
#define FROM_14 (1u << 14 | 1u << 15 | FROM_16)

/* Prefixes of six digits and the lengths that their brand issues. */
static const struct {
	unsigned low, high;
	unsigned lengths; /* bit n: n digits */
} brands[] = {
	{400000, 499999, 1u << 13 | 1u << 16 | 1u << 19}, /* Visa */
	{510000, 559999, 1u << 16},			  /* Mastercard */
	{222100, 272099, 1u << 16},			  /* Mastercard */
	{340000, 349999, 1u << 15},			  /* Amex */
	{370000, 379999, 1u << 15},			  /* Amex */
	{352800, 358999, FROM_16},			  /* JCB */
	{300000, 305999, FROM_14},			  /* Diners */
	{309500, 309599, FROM_14},			  /* Diners */
	{360000, 369999, FROM_14},			  /* Diners */
	{380000, 399999, FROM_14},			  /* Diners */
	{601100, 601199, FROM_16},			  /* Discover */
	{644000, 659999, FROM_16},			  /* Discover */
	{620000, 629999, FROM_16},			  /* UnionPay */
	{810000, 817199, FROM_16},			  /* UnionPay */
};

bool card_ok(const char *digits, unsigned n)
{
	unsigned head = 0;

	if (n < 13 || n > 19)
		return false;
	for (unsigned i = 0; i < 6; i++)
		head = head * 10 + digit(digits[i]);
	for (size_t i = 0; i < ARRAY_LEN(brands); i++)
		if (head >= brands[i].low && head <= brands[i].high &&
		    brands[i].lengths & 1u << n)
			return luhn_ok(digits, n);
	return false;
}

/* Order of the Ministry of Internal Affairs and Communications No. 85 of
 * 2014, article 5: the last digit from the eleven before it. */
bool my_number_ok(const char *digits)
{
	unsigned sum = 0, any = 0, rest;

	for (unsigned n = 1; n <= 11; n++) {
		unsigned v = digit(digits[11 - n]);

		sum += v * (n <= 6 ? n + 1 : n - 5);
		any |= v;
	}
	rest = sum % 11;
	/* Nobody has all zeros; forms have them. */
	return any && digit(digits[11]) == (rest <= 1 ? 0 : 11 - rest);
}

/* Order of the Ministry of Finance No. 70 of 2014, article 2: the first digit
 * from the twelve behind it. */
bool corporate_ok(const char *digits)
{
	unsigned sum = 0;

	for (unsigned n = 1; n <= 12; n++)
		sum += digit(digits[13 - n]) * (n % 2 ? 1 : 2);
	return digit(digits[0]) == 9 - sum % 9;
}

static struct str value(const struct window *w)
{
	return str_n(w->digits, w->n);
}

/* GS1 General Specifications 7.9.1, prefixes 45 and 49 (Japan): what is printed
 * on goods, and begins as the short numbers of Visa do. */
static bool is_jan(const struct window *w)
{
	unsigned sum = 0;

	if (w->n != 13 || w->digits[0] != '4' ||
	    (w->digits[1] != '5' && w->digits[1] != '9'))
		return false;
	for (unsigned i = 0; i < 13; i++)
		sum += digit(w->digits[i]) * (i % 2 ? 3 : 1);
	return sum % 10 == 0;
}

/* "T1234567890123", the number on an invoice, too. */
static bool corporate_edges(const struct detect *d, struct window *w)
{
	size_t at = d->runs.v[w->first].at;

	if (at && d->f->v[at - 1] == 't' &&
	    !(at > 1 && cp_alnum(d->f->v[at - 2])))
		return true;
	return window_edges(d, w);
}

void detect_corporate(struct detect *d)
{
	static const char *const shapes[] = {"beee", "bm", NULL};
	static const struct writing how = {.shapes = shapes};

	for (size_t i = 0; i < d->runs.n; i++) {
		struct window w;

		if (!window_may_begin(d, i, 1))
			continue;
		window_begin(d, i, &w);
		while (w.n < 13 && window_grow(d, &w))
			;
		if (w.n != 13 || window_taken(d, &w) ||
		    !corporate_ok(w.digits) || !corporate_edges(d, &w) ||
		    !window_shaped(d, &w, &how))
			continue;
		window_hit(d, &w, DETECT_CORPORATE, value(&w), 4);
		window_take(d, &w);
	}
}

/* Up to so many groups of four beside a card are its date and code; more make
 * a table of numbers. */
#define CARD_BESIDE_MAX 2

static bool card_window(struct detect *d, const struct window *w)
{
	static const char *const shapes[] = {
		"eeee", "egf",	"ege",	"eeeed", "gk",	  "egfb", "eeeb",
		"gh",	"eeec", "eeed", "eeeeb", "eeeec", NULL};
	static const char *const labels[] = {"カード", "クレジット", "card",
					     "visa",   "master",     "amex",
					     "jcb",    NULL};
	static const struct writing how = {
		.shapes = shapes, .ok = card_ok, .labels = labels};

	if (!card_ok(w->digits, w->n) || is_jan(w) || window_taken(d, w) ||
	    !window_edges(d, w) || !window_shaped(d, w, &how))
		return false;
	return w->first == w->last ||
	       window_beside(d, w, 4, false) <= CARD_BESIDE_MAX;
}

void detect_card(struct detect *d)
{
	for (size_t i = 0; i < d->runs.n; i++) {
		struct window w;

		if (!window_may_begin(d, i, 4))
			continue;
		window_begin(d, i, &w);
		do {
			if (w.n >= 13 && card_window(d, &w)) {
				window_hit(d, &w, DETECT_CARD, value(&w), 4);
				window_take(d, &w);
				break;
			}
		} while (window_grow(d, &w));
	}
}

void detect_sixteen(struct detect *d)
{
	for (size_t i = 0; i < d->runs.n; i++) {
		struct window w;

		window_begin(d, i, &w);
		/* Not the decimals of a fraction. */
		if (w.n == 16 && d->runs.v[i].before != GAP_DOT)
			window_hit(d, &w, DETECT_SIXTEEN, value(&w), 4);
	}
}

#define LICENCE_SPAN 24

/* The commissions that issue licences, by the number's first two digits. */
static bool commission_ok(const char *digits)
{
	static const unsigned char last[10] = {0, 4, 5, 0, 9, 5, 5, 4, 3, 7};
	unsigned tens = digit(digits[0]);

	return tens > 0 && digit(digits[1]) <= last[tens];
}

void detect_licence(struct detect *d)
{
	static const char *const words[] = {"免許",
					    "driver's license",
					    "driver's licence",
					    "driving licence",
					    "drivers license",
					    NULL};
	static const char *const shapes[] = {"eee", "gg", NULL};
	static const struct writing how = {.shapes = shapes};

	for (size_t i = 0; i < d->runs.n; i++) {
		struct window w;
		size_t at = d->runs.v[i].at;

		if (!window_may_begin(d, i, 4))
			continue;
		window_begin(d, i, &w);
		while (w.n < 12 && window_grow(d, &w))
			;
		if (w.n != 12 || window_taken(d, &w) ||
		    !commission_ok(w.digits) || !window_edges(d, &w) ||
		    !window_shaped(d, &w, &how) ||
		    !fold_before(d->f, at, LICENCE_SPAN, words) ||
		    fold_before(d->f, at, LICENCE_SPAN, my_number_words))
			continue;
		window_hit(d, &w, DETECT_LICENCE, value(&w), 4);
		window_take(d, &w);
	}
}
