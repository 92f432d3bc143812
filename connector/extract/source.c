/* source.c - windows on a message; see source_int.h. */
#include "connector/extract/source_int.h"
#include "connector/extract/wide_int.h"

#define READ_STEP (64 * KIB)

static void facts_slow(struct source *s, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n' && s->last != '\r')
			s->has_bare_lf = true;
		if (p[i] != '\n' && s->last == '\r')
			s->has_bare_cr = true;
		if (p[i] == 0)
			s->has_nul = true;
		if (p[i] & 0x80)
			s->has_8bit = true;
		s->last = p[i];
	}
}

static void facts_add(struct source *s, const char *p, size_t n)
{
	struct wide_facts facts = {0};
	size_t i = MIN_OF(n, (size_t)1);

	facts_slow(s, p, i);
	i += wide_facts(p + i, n - i, &facts);
	s->has_bare_lf |= facts.bare_lf;
	s->has_bare_cr |= facts.bare_cr;
	s->has_nul |= facts.nul;
	s->has_8bit |= facts.high;
	if (i > 0)
		s->last = p[i - 1];
	facts_slow(s, p + i, n - i);
}

static void facts_upto(struct source *s, uint64_t off, const char *p, size_t n)
{
	uint64_t end = off + n;

	if (off <= s->facts_to && s->facts_to < end) {
		facts_add(s, p + (s->facts_to - off),
			  (size_t)(end - s->facts_to));
		s->facts_to = end;
	}
	if (s->facts_to == s->in.size && s->last == '\r')
		s->has_bare_cr = true;
}

void source_init(struct source *s, const struct extract_source *in,
		 char *window)
{
	*s = (struct source){.in = *in, .window = window};
	if (in->p)
		facts_upto(s, 0, in->p, in->size);
}

static void load(struct source *s, uint64_t off)
{
	uint64_t left = s->in.size - off;
	size_t n = left < SOURCE_WINDOW_MAX ? (size_t)left : SOURCE_WINDOW_MAX;
	size_t keep = 0;

	/* What is there already is moved, not asked for again. */
	if (off >= s->window_off && off < s->window_off + s->window_n) {
		keep = (size_t)(s->window_off + s->window_n - off);
		memmove(s->window, s->window + (off - s->window_off), keep);
	}
	for (size_t at = keep; at < n; at += READ_STEP) {
		size_t step = n - at < READ_STEP ? n - at : READ_STEP;

		if (!s->in.read(s->in.arg, off + at, s->window + at, step)) {
			s->failed = true;
			n = 0;
		}
	}
	s->window_off = off;
	s->window_n = n;
	facts_upto(s, off, s->window, n);
}

struct str source_at(struct source *s, uint64_t off, size_t want)
{
	uint64_t end;

	if (off >= s->in.size || s->failed)
		return STR_EMPTY;
	if (s->in.p)
		return str_n(s->in.p + off, (size_t)(s->in.size - off));
	if (want > s->in.size - off)
		want = (size_t)(s->in.size - off);
	end = s->window_off + s->window_n;
	if (off < s->window_off || off + want > end)
		load(s, off);
	if (s->failed)
		return STR_EMPTY;
	return str_n(s->window + (off - s->window_off),
		     s->window_n - (size_t)(off - s->window_off));
}
