/* detect_runs.c - groups of digits, what stands between them, and windows of
 * groups that may be one number. */
#include "connector/extract/detect_int.h"

/* U+30FC and the kanji one are typed for a hyphen between digits. */
static bool is_bar(uint32_t c)
{
	return c == '-' || c == 0x30fc || c == 0x4e00;
}

struct between {
	unsigned blanks, lines, bars, dots, slashes, parens, n;
	bool blank_first, blank_last;
};

static bool count(struct between *b, uint32_t c)
{
	bool blank = c == ' ' || c == '\n';

	b->blank_first = b->blank_first || (blank && !b->n);
	b->blank_last = blank;
	b->n++;
	if (c == ' ')
		b->blanks++;
	else if (c == '\n')
		b->lines++;
	else if (is_bar(c))
		b->bars++;
	else if (c == '.' || c == 0x30fb || c == 0xb7)
		b->dots++;
	else if (c == '/')
		b->slashes++;
	else if (c == '(' || c == ')')
		b->parens++;
	else
		return false;
	return true;
}

static enum gap marked(const struct between *b)
{
	if (b->parens)
		return b->lines || b->parens > 2 || b->dots || b->slashes
			       ? GAP_BREAK
			       : GAP_PAREN;
	if (b->bars)
		return b->blank_first && b->blank_last ? GAP_DASH : GAP_HYPHEN;
	if (b->blanks || b->lines)
		return GAP_BREAK;
	return b->dots ? GAP_DOT : GAP_SLASH;
}

static enum gap gap_of(const struct between *b)
{
	unsigned marks = b->bars + b->dots + b->slashes;

	if (b->lines > 1 || b->blanks > 2 * GAP_BLANKS_MAX || marks > 1)
		return GAP_BREAK;
	if (marks || b->parens)
		return marked(b);
	if (b->lines)
		return GAP_LINE;
	return b->blanks <= GAP_BLANKS_MAX ? GAP_BLANK : GAP_BREAK;
}

void runs_find(const struct fold *f, struct runs *r, uint64_t *work)
{
	struct between b = {0};
	bool joins = false;
	size_t i = 0;

	*work += f->n;
	while (i < f->n) {
		struct group g = {.at = (uint32_t)i};

		while (cp_digit(fold_at(f, i)))
			i++;
		g.n = (uint32_t)i - g.at;
		if (g.n) {
			g.before = joins && r->n ? gap_of(&b) : GAP_BREAK;
			vec_push(r, g);
			b = (struct between){0};
			joins = true;
		}
		joins = i < f->n && joins && count(&b, f->v[i]);
		/* Between groups nothing else is looked for. */
		i = joins ? i + 1 : fold_seek(f, i, '0', 10);
	}
}

void runs_release(struct runs *r)
{
	vec_release(r);
}

static void take_digits(const struct detect *d, struct window *w,
			const struct group *g)
{
	for (size_t i = 0; i < g->n; i++)
		w->digits[w->n++] = (char)fold_at(d->f, g->at + i);
	w->digits[w->n] = 0;
	d->set->work += g->n;
}

static void shape_add(char *shape, bool join, size_t n)
{
	size_t at = strlen(shape);

	if (join && at)
		shape[at - 1] = (char)(shape[at - 1] + (int)n);
	else
		shape[at] = (char)('a' + n);
}

void window_begin(const struct detect *d, size_t first, struct window *w)
{
	const struct group *g = &d->runs.v[first];

	*w = (struct window){.first = first, .last = first};
	d->set->work++;
	if (g->n > WINDOW_DIGITS_MAX)
		return;
	take_digits(d, w, g);
	shape_add(w->shape, false, g->n);
	shape_add(w->bars, false, g->n);
}

bool window_grow(const struct detect *d, struct window *w)
{
	const struct group *g = &d->runs.v[w->last + 1];
	bool blank;

	if (!w->n || w->last + 1 >= d->runs.n || g->before == GAP_BREAK ||
	    g->before == GAP_SLASH || w->n + g->n > WINDOW_DIGITS_MAX)
		return false;
	blank = g->before == GAP_BLANK || g->before == GAP_LINE;
	w->lines += g->before == GAP_LINE;
	w->blanks += blank;
	w->hyphens += g->before == GAP_HYPHEN || g->before == GAP_DASH;
	w->others += g->before == GAP_DOT || g->before == GAP_PAREN;
	w->last++;
	take_digits(d, w, g);
	shape_add(w->shape, false, g->n);
	shape_add(w->bars, blank, g->n);
	return true;
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

	/* A number that fills its line may have others above and below. */
	if (!w->lines && left == GAP_LINE)
		left = GAP_BREAK;
	if (!w->lines && right == GAP_LINE)
		right = GAP_BREAK;
	return (left == GAP_BREAK || left == GAP_DASH) &&
	       (right == GAP_BREAK || right == GAP_DASH);
}

bool window_shaped(const struct detect *d, const struct window *w,
		   const char *const *shapes)
{
	if (w->first == w->last)
		return true;
	if (!w->lines && among(w->shape, shapes))
		return true;
	if (!isolated(d, w))
		return false;
	return among(w->shape, shapes) || !(w->hyphens + w->others) ||
	       among(w->bars, shapes);
}

unsigned window_beside(const struct detect *d, const struct window *w,
		       unsigned n)
{
	unsigned found = 0;
	size_t i;

	for (i = w->first;
	     found < WINDOW_DIGITS_MAX && i > 0 &&
	     d->runs.v[i].before == GAP_BLANK && d->runs.v[i - 1].n == n;
	     i--)
		found++;
	for (i = w->last + 1;
	     found < WINDOW_DIGITS_MAX && i < d->runs.n &&
	     d->runs.v[i].before == GAP_BLANK && d->runs.v[i].n == n;
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

void runs_take(struct detect *d, size_t at, size_t end)
{
	size_t low = 0, high = d->runs.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (d->runs.v[mid].at < at)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < d->runs.n && d->runs.v[low].at < end; low++)
		d->runs.v[low].taken = true;
}
