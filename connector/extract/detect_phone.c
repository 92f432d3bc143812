/* detect_phone.c - phone numbers of Japan's numbering plan. */
#include "connector/extract/detect_int.h"

/* Area codes: for three digits after which the plan goes on, the fourth digits
 * that exist; "" where all do (the area code has two or three digits). */
static const struct {
	char head[4], fourth[11];
} areas[] = {
	{"011", ""},	     {"012", "3456"},	 {"013", "3456789"},
	{"014", "23456"},    {"015", "2345678"}, {"016", "234567"},
	{"017", ""},	     {"018", ""},	 {"019", ""},
	{"022", ""},	     {"023", ""},	 {"024", ""},
	{"025", ""},	     {"026", ""},	 {"027", ""},
	{"028", ""},	     {"029", ""},	 {"042", ""},
	{"043", ""},	     {"044", ""},	 {"045", ""},
	{"046", ""},	     {"047", ""},	 {"048", ""},
	{"049", ""},	     {"052", ""},	 {"053", ""},
	{"054", ""},	     {"055", ""},	 {"056", "12345678"},
	{"057", "2345678"},  {"058", ""},	 {"059", ""},
	{"072", ""},	     {"073", ""},	 {"074", "023456789"},
	{"075", ""},	     {"076", ""},	 {"077", ""},
	{"078", ""},	     {"079", ""},	 {"082", ""},
	{"083", ""},	     {"084", ""},	 {"085", "23456789"},
	{"086", ""},	     {"087", ""},	 {"088", ""},
	{"089", ""},	     {"092", ""},	 {"093", ""},
	{"094", "02346789"}, {"095", ""},	 {"096", ""},
	{"097", ""},	     {"098", ""},	 {"099", ""},
};

static bool starts(const char *digits, const char *head)
{
	return !strncmp(digits, head, strlen(head));
}

static bool area_ok(const char *digits)
{
	if (starts(digits, "03") || starts(digits, "06") ||
	    starts(digits, "042") || starts(digits, "047"))
		return digits[2] != '0';
	if (starts(digits, "04"))
		return digits[2] >= '2';
	for (size_t i = 0; i < ARRAY_LEN(areas); i++)
		if (starts(digits, areas[i].head))
			return !areas[i].fourth[0] ||
			       strchr(areas[i].fourth, digits[3]);
	return false;
}

/* 0120, 0570 and the like: ten digits. */
static bool is_service(const char *digits)
{
	return starts(digits, "0120") || starts(digits, "0570") ||
	       starts(digits, "0990") || starts(digits, "0180");
}

bool phone_ok(const char *digits, unsigned n)
{
	if (n == 11 && starts(digits, "0800"))
		return !starts(digits + 4, "0000000");
	if (n == 11)
		return (digits[1] >= '5' && digits[1] <= '9') &&
		       digits[0] == '0' && digits[2] == '0' && digits[3] != '0';
	if (n != 10 || digits[0] != '0' || starts(digits + 2, "00000000"))
		return false;
	return is_service(digits) || area_ok(digits);
}

/* "03-1234-5678" and its kind: an area code of this length exists. */
static bool shape_fits(const struct window *w)
{
	if (w->n == 10 && w->shape[0] == 'c')
		return starts(w->digits, "03") || starts(w->digits, "04") ||
		       starts(w->digits, "06");
	return true;
}

#define URL_SPAN 200 /* glyphs looked back for "://" */

/* Digits of an address on the web are a number of an article, a page, unless
 * they are called a phone number there. */
static bool in_url(struct detect *d, const struct window *w)
{
	static const char *const names[] = {"tel", "phone", "fax", "mobile",
					    NULL};
	const struct fold *f = d->f;
	size_t at = d->runs.v[w->first].at;

	if (w->first != w->last || fold_before(f, at, 8, names))
		return false;
	for (size_t i = at; i > 0 && at - i < URL_SPAN; i--) {
		d->set->work++;
		if (f->v[i - 1] <= ' ' || f->v[i - 1] >= 0x7f)
			return false;
		if (f->v[i - 1] == ':' && fold_word(f, i, "//"))
			return true;
	}
	return false;
}

static bool national(struct detect *d, const struct window *w)
{
	static const char *const fixed[] = {"cee", "dde", "ece", "fbe", "edd",
					    "ci",  "dh",  "eg",	 "ge",	NULL};
	static const char *const mobile[] = {"dee", "di", "he",
					     "ede", "eh", NULL};
	static const char *const labels[] = {"電話",  "携帯", "tel",
					     "phone", "fax",  NULL};
	const struct writing how = {.shapes = w->n == 10 ? fixed : mobile,
				    .ok = phone_ok,
				    .labels = labels};

	return phone_ok(w->digits, w->n) && shape_fits(w) &&
	       window_edges(d, w) && window_shaped(d, w, &how) && !in_url(d, w);
}

/* "+81 90 1234 5678", "+81 (0)3-...": digits in the national form. */
static bool abroad(const struct detect *d, const struct window *w,
		   char national_r[WINDOW_DIGITS_MAX + 2])
{
	size_t at = d->runs.v[w->first].at;
	size_t skip = w->digits[2] == '0' ? 3 : 2;

	if (!at || d->f->v[at - 1] != '+' || !starts(w->digits, "81") ||
	    w->n < 11 || w->n > 13)
		return false;
	national_r[0] = '0';
	memcpy(national_r + 1, w->digits + skip, w->n - skip + 1);
	return phone_ok(national_r, w->n - (unsigned)skip + 1) &&
	       (w->last + 1 >= d->runs.n ||
		d->runs.v[w->last + 1].before != GAP_HYPHEN);
}

void detect_phone(struct detect *d)
{
	for (size_t i = 0; i < d->runs.n; i++) {
		struct window w;
		char other[WINDOW_DIGITS_MAX + 2];

		if (!window_may_begin(d, i, 2))
			continue;
		window_begin(d, i, &w);
		if (w.digits[0] != '0' && w.digits[0] != '8')
			continue;
		do {
			bool ok = w.n >= 10 && !window_taken(d, &w);

			if (ok && w.digits[0] == '0' && national(d, &w))
				memcpy(other, w.digits, sizeof(w.digits));
			else if (!ok || !abroad(d, &w, other))
				continue;
			window_hit(d, &w, DETECT_PHONE, str_of(other), 4);
			window_take(d, &w);
			break;
		} while (w.n < 13 && window_grow(d, &w));
	}
}
