/* detect_runs.c - groups of digits, and what stands between them. */
#include "connector/extract/detect_int.h"

/* U+30FC and the kanji one are typed for a hyphen between digits. */
static bool is_bar(uint32_t c)
{
	return c == '-' || c == 0x30fc || c == 0x4e00;
}

struct between {
	unsigned blanks, lines, bars, dots, slashes, parens, n;
	bool blank_first, blank_last;
	bool fresh; /* only blanks and marks of quoting since the line's end */
};

/* "> ", as it stands before the lines of a mail that is answered. */
static bool is_quote(uint32_t c)
{
	return c == '>' || c == '|';
}

static unsigned *counter(struct between *b, uint32_t c)
{
	if (c == '.' || c == 0x30fb || c == 0xb7)
		return &b->dots;
	if (c == '/')
		return &b->slashes;
	if (c == '(' || c == ')')
		return &b->parens;
	return is_bar(c) ? &b->bars : NULL;
}

static bool count(struct between *b, uint32_t c)
{
	bool blank = c == ' ' || c == '\n';
	unsigned *n;

	if (b->fresh && is_quote(c))
		return true;
	b->blank_first = b->blank_first || (blank && !b->n);
	b->blank_last = blank;
	b->n++;
	b->fresh = c == '\n' || (b->fresh && blank);
	if (blank) {
		b->lines += c == '\n';
		b->blanks += !b->fresh;
		return true;
	}
	n = counter(b, c);
	if (n)
		++*n;
	return n;
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

	/* A cell for the hyphen has line ends at both sides. */
	if (b->lines > 1 + (b->bars == 1) || b->blanks > 2 * GAP_BLANKS_MAX ||
	    marks > 1)
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
			g.column = b.blanks > 1 && !b.lines;
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
