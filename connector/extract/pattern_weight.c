/* pattern_weight.c - how large an expression becomes when its bounded repeats
 * are written out; see pattern_int.h.
 *
 * Vectorscan takes nearly any expression, but for some it takes minutes and
 * gigabytes: ".{0,1000}" between two words, or repeats of repeats of letters of
 * every script. The weights are measured: at PATTERN_WEIGHT_MAX compiling
 * takes some seconds at most.
 */
#include "connector/extract/pattern_int.h"

#define DEPTH_MAX	 40
#define WEIGHT_OTHER	 3   /* a character of several bytes */
#define WEIGHT_ANY	 4   /* '.', and classes that are not ASCII alone */
#define WEIGHT_SCRIPT	 8   /* one script */
#define WEIGHT_PROPERTY	 100 /* letters of all scripts and the like */
#define WEIGHT_SATURATED (1u << 20)

struct weigher {
	struct str rest;
	unsigned depth;
};

static unsigned sum(unsigned a, unsigned b)
{
	return MIN_OF(a + b, WEIGHT_SATURATED);
}

static unsigned product(unsigned a, unsigned b)
{
	uint64_t n = (uint64_t)a * b;

	return n < WEIGHT_SATURATED ? (unsigned)n : WEIGHT_SATURATED;
}

static char peek(const struct weigher *w)
{
	return w->rest.n ? w->rest.p[0] : '\0';
}

static char next(struct weigher *w)
{
	char c = peek(w);

	w->rest = str_skip(w->rest, 1);
	return c;
}

/* Behind "\p" or "\P". */
static unsigned property(struct weigher *w, bool negated)
{
	static const char *const scripts[] = {"Han", "Hiragana"};
	ptrdiff_t end = str_chr(w->rest, '}');
	struct str name;

	if (peek(w) != '{' || end < 0)
		return WEIGHT_PROPERTY;
	name = str_n(w->rest.p + 1, (size_t)end - 1);
	w->rest = str_skip(w->rest, (size_t)end + 1);
	for (size_t i = 0; !negated && i < ARRAY_LEN(scripts); i++)
		if (str_is_ci(name, scripts[i]))
			return WEIGHT_SCRIPT;
	return WEIGHT_PROPERTY;
}

static unsigned escape(struct weigher *w)
{
	char c = next(w);

	if (c == 'p' || c == 'P')
		return property(w, c == 'P');
	return c == 'D' || c == 'W' || c == 'S' ? WEIGHT_ANY : 1;
}

/* Behind '['. */
static unsigned class(struct weigher *w)
{
	unsigned most = 1;
	bool first = true;

	if (peek(w) == '^') {
		next(w);
		most = WEIGHT_ANY;
	}
	while (w->rest.n) {
		char c = next(w);

		if (c == ']' && !first)
			break;
		if (c == '\\')
			most = MAX_OF(most, escape(w));
		else if (c & 0x80)
			most = MAX_OF(most, (unsigned)WEIGHT_ANY);
		first = false;
	}
	return most;
}

static unsigned number(struct weigher *w)
{
	unsigned n = 0;

	while (ascii_digit(peek(w)))
		n = sum(product(n, 10), (unsigned)(next(w) - '0'));
	return n;
}

/* The most that a quantifier writes out; 1: there is none. */
static unsigned repeats(struct weigher *w)
{
	struct weigher ahead = *w;
	unsigned n;

	if (peek(w) != '{')
		return 1;
	next(&ahead);
	if (!ascii_digit(peek(&ahead)))
		return 1;
	n = number(&ahead);
	if (peek(&ahead) == ',') {
		next(&ahead);
		n = MAX_OF(n, number(&ahead));
	}
	if (next(&ahead) != '}')
		return 1;
	*w = ahead;
	return MAX_OF(n, 1u);
}

static unsigned sequence(struct weigher *w);

static unsigned item(struct weigher *w)
{
	char c = next(w);
	unsigned n = 1;

	if (c == '(')
		n = sequence(w);
	else if (c == '[')
		n = class(w);
	else if (c == '\\')
		n = escape(w);
	else if (c == '.')
		n = WEIGHT_ANY;
	else if (c & 0x80)
		n = (c & 0xc0) == 0xc0 ? WEIGHT_OTHER : 0;
	/* Bytes that go on a character belong to it. */
	while ((c & 0xc0) == 0xc0 && (peek(w) & 0xc0) == 0x80)
		next(w);
	return n;
}

/* Up to the end of a group, or of all; alternatives add up. */
static unsigned sequence(struct weigher *w)
{
	unsigned n = 0;

	if (++w->depth > DEPTH_MAX)
		return WEIGHT_SATURATED;
	while (w->rest.n && n < WEIGHT_SATURATED) {
		unsigned one;

		if (peek(w) == ')') {
			next(w);
			break;
		}
		one = item(w);
		n = sum(n, product(one, repeats(w)));
	}
	w->depth--;
	return n;
}

unsigned pattern_weight(struct str expression)
{
	struct weigher w = {.rest = expression};
	unsigned n = 0;

	/* A bracket too many is Vectorscan's to refuse. */
	while (w.rest.n && n < WEIGHT_SATURATED)
		n = sum(n, sequence(&w));
	return n;
}
