/* detect_window.c - groups of digits that may be one number. */
#include "connector/extract/detect_int.h"

/* Groups of the longest shape; what is spread further stands by itself. */
#define SHAPED_GROUPS_MAX 6

static void take_digits(const struct detect *d, struct window *w,
			const struct group *g)
{
	for (size_t i = 0; i < g->n; i++)
		w->digits[w->n++] = (char)fold_at(d->f, g->at + i);
	w->digits[w->n] = 0;
	d->set->work += g->n;
}

static void shape_add(char *shape, uint8_t *n, bool join, size_t digits)
{
	if (join && *n) {
		shape[*n - 1] = (char)(shape[*n - 1] + (int)digits);
		return;
	}
	shape[(*n)++] = (char)('a' + digits);
	shape[*n] = 0;
}

void window_begin(const struct detect *d, size_t first, struct window *w)
{
	const struct group *g = &d->runs.v[first];

	w->first = w->last = first;
	w->n = w->lines = w->hyphens = w->blanks = w->others = w->columns = 0;
	w->shape_n = w->bars_n = 0;
	w->digits[0] = w->shape[0] = w->bars[0] = 0;
	d->set->work++;
	if (g->n > WINDOW_DIGITS_MAX)
		return;
	take_digits(d, w, g);
	shape_add(w->shape, &w->shape_n, false, g->n);
	shape_add(w->bars, &w->bars_n, false, g->n);
}

/* The gaps around; GAP_BREAK at the ends of the text. */
static enum gap gap_left(const struct detect *d, const struct window *w)
{
	return (enum gap)d->runs.v[w->first].before;
}

static enum gap gap_right(const struct detect *d, const struct window *w)
{
	return w->last + 1 < d->runs.n ? (enum gap)d->runs.v[w->last + 1].before
				       : GAP_BREAK;
}

static bool tight(enum gap g)
{
	return g == GAP_HYPHEN || g == GAP_DOT;
}

/* Behind something that is near, only a shape can make a number of groups:
 * without a bound, rows of digits would cost their square. */
static bool too_far(const struct detect *d, const struct window *w)
{
	enum gap left = gap_left(d, w);
	size_t groups = w->last - w->first + 1;

	if (tight(left))
		return true;
	return left != GAP_BREAK && left != GAP_DASH &&
	       (left != GAP_LINE || w->lines) && groups >= SHAPED_GROUPS_MAX;
}

bool window_may_begin(const struct detect *d, size_t i, unsigned least)
{
	const struct group *g = &d->runs.v[i];
	enum gap left = (enum gap)g->before;

	d->set->work++;
	return left == GAP_BREAK || left == GAP_DASH || left == GAP_LINE ||
	       (g->n >= least && !tight(left));
}

bool window_grow(const struct detect *d, struct window *w)
{
	const struct group *g = &d->runs.v[w->last + 1];
	bool blank;

	if (!w->n || w->last + 1 >= d->runs.n || g->before == GAP_BREAK ||
	    g->before == GAP_SLASH || w->n + g->n > WINDOW_DIGITS_MAX ||
	    too_far(d, w))
		return false;
	blank = g->before == GAP_BLANK || g->before == GAP_LINE;
	w->lines += g->before == GAP_LINE;
	w->blanks += blank;
	w->columns += g->column;
	w->hyphens += g->before == GAP_HYPHEN || g->before == GAP_DASH;
	w->others += g->before == GAP_DOT || g->before == GAP_PAREN;
	w->last++;
	take_digits(d, w, g);
	shape_add(w->shape, &w->shape_n, false, g->n);
	shape_add(w->bars, &w->bars_n, blank, g->n);
	return true;
}

/* Letters before the digits make an identifier of them, but for these. */
static bool label_ends(const struct fold *f, size_t at)
{
	static const char *const labels[] = {
		"tel",	"fax",	  "phone",  "mobile",	 "no",
		"visa", "jcb",	  "master", "card",	 "amex",
		"cell", "number", "diners", "mastercard"};
	size_t begin = at;

	while (begin > 0 && at - begin < 12 && cp_alnum(f->v[begin - 1]))
		begin--;
	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		if (fold_word(f, begin, labels[i]) == at - begin)
			return true;
	return false;
}

bool window_edges(const struct detect *d, const struct window *w)
{
	const struct fold *f = d->f;
	size_t at = d->runs.v[w->first].at;
	size_t end = d->runs.v[w->last].at + d->runs.v[w->last].n;
	uint32_t before = at ? f->v[at - 1] : 0, after = fold_at(f, end);

	d->set->work += 2;
	if (tight(gap_left(d, w)) || tight(gap_right(d, w)))
		return false;
	if (before == '_' || before == '+' || after == '_')
		return false;
	if (cp_letter(before) && !label_ends(f, at))
		return false;
	return !cp_letter(after) || fold_word(f, end, "tel") ||
	       fold_word(f, end, "fax");
}

static bool among(const char *shape, const char *const *shapes)
{
	for (size_t i = 0; shapes[i]; i++)
		if (!strcmp(shape, shapes[i]))
			return true;
	return false;
}

static bool isolated(const struct detect *d, const struct window *w)
{
	enum gap left = gap_left(d, w), right = gap_right(d, w);

	/* A number that fills its line may have others above and below; one
	 * that was recognised is no part of this. */
	if ((!w->lines && left == GAP_LINE) ||
	    (w->first && d->runs.v[w->first - 1].taken))
		left = GAP_BREAK;
	if (!w->lines && right == GAP_LINE)
		right = GAP_BREAK;
	return (left == GAP_BREAK || left == GAP_DASH) &&
	       (right == GAP_BREAK || right == GAP_DASH);
}

/* The k groups from `first` on are as long as those of the window; their
 * digits. */
static bool looks_alike(const struct detect *d, const struct window *w,
			size_t first, char digits_r[WINDOW_DIGITS_MAX + 1])
{
	size_t k = w->last - w->first + 1, n = 0;

	for (size_t i = 0; i < k; i++) {
		const struct group *g = &d->runs.v[first + i];

		if (g->n != d->runs.v[w->first + i].n)
			return false;
		for (size_t c = 0; c < g->n; c++)
			digits_r[n++] = (char)fold_at(d->f, g->at + c);
	}
	digits_r[n] = 0;
	d->set->work += n;
	return true;
}

/* In a table of numbers the rows beside it look alike; it is a column of such
 * numbers if they have good check digits, too. */
static bool row_of_table(const struct detect *d, const struct window *w,
			 const struct writing *how)
{
	size_t k = w->last - w->first + 1;
	char digits[WINDOW_DIGITS_MAX + 1];

	if (!how->ok || window_beside(d, w, d->runs.v[w->first].n, w->lines))
		return false;
	if (w->first >= k && looks_alike(d, w, w->first - k, digits) &&
	    !how->ok(digits, w->n))
		return false;
	return w->last + k >= d->runs.n ||
	       !looks_alike(d, w, w->last + 1, digits) || how->ok(digits, w->n);
}

static bool labelled(const struct detect *d, const struct window *w,
		     const struct writing *how, size_t span)
{
	return fold_before(d->f, d->runs.v[w->first].at, span, how->labels);
}

/* Digit by digit, or broken only where a group of four ends. */
static bool regular(const struct window *w, bool strict)
{
	bool singles = !strict || !(w->columns + w->lines);
	bool fours = !w->columns;

	for (unsigned i = 0; i < w->shape_n; i++) {
		unsigned n = (unsigned)(w->shape[i] - 'a');

		singles = singles && n == 1;
		fours = fours && (n % 4 == 0 || i + 1u == w->shape_n);
	}
	return singles || fours;
}

#define LABEL_NEAR 40
#define LABEL_FAR  1000 /* glyphs: the head of a table */

/* Among its shapes, but each group in a line, a cell or a column. */
static bool spread(const struct detect *d, const struct window *w,
		   const struct writing *how)
{
	if (w->columns || w->lines > 1)
		return row_of_table(d, w, how) &&
		       (!how->strict || labelled(d, w, how, LABEL_FAR));
	return isolated(d, w) || !window_beside(d, w, 4, true);
}

bool window_shaped(const struct detect *d, const struct window *w,
		   const struct writing *how)
{
	if (w->first == w->last)
		return true;
	if (among(w->shape, how->shapes))
		return (!w->lines && !w->columns) || spread(d, w, how);
	if (!isolated(d, w))
		return false;
	if (among(w->bars, how->shapes))
		return true;
	if (w->hyphens + w->others)
		return false;
	if (!how->labels || labelled(d, w, how, LABEL_NEAR))
		return true;
	return regular(w, how->strict) ||
	       (!how->strict && w->lines == 1 && w->blanks == 1);
}

/* Is group i one of n digits that only blanks, or the end of a line or cell,
 * join to the one before and to what is behind it? */
static bool lone(const struct detect *d, size_t i, unsigned n)
{
	const struct group *g = &d->runs.v[i];

	return g->n == n && !g->taken && !tight((enum gap)g->before) &&
	       (i + 1 == d->runs.n || !tight((enum gap)g[1].before));
}

static bool joined(const struct detect *d, size_t i, bool lines)
{
	enum gap g = (enum gap)d->runs.v[i].before;

	return g == GAP_BLANK || (lines && g == GAP_LINE);
}

unsigned window_beside(const struct detect *d, const struct window *w,
		       unsigned n, bool lines)
{
	unsigned found = 0;

	for (size_t i = w->first; found < WINDOW_DIGITS_MAX && i > 0 &&
				  joined(d, i, lines) && lone(d, i - 1, n);
	     i--)
		found++;
	for (size_t i = w->last + 1;
	     found < WINDOW_DIGITS_MAX && i < d->runs.n &&
	     joined(d, i, lines) && lone(d, i, n);
	     i++)
		found++;
	d->set->work += found;
	return found;
}

bool window_taken(const struct detect *d, const struct window *w)
{
	for (size_t i = w->first; i <= w->last; i++)
		if (d->runs.v[i].taken)
			return true;
	return false;
}

void window_take(struct detect *d, const struct window *w)
{
	for (size_t i = w->first; i <= w->last; i++)
		d->runs.v[i].taken = true;
}
