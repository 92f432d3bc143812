/* header.c - header blocks as spans; see header_int.h. */
#include "connector/extract/header_int.h"
#include "connector/base/limits.h"
#include "connector/base/vec.h"

#define FIRST_FIELDS 24

/* The next line with its end; false at the end of `rest`. */
static bool next_line(struct str *rest, struct str *line_r)
{
	ptrdiff_t at;

	if (rest->n == 0)
		return false;
	at = str_chr(*rest, '\n');
	*line_r = at < 0 ? *rest : str_head(*rest, (size_t)at + 1);
	*rest = str_skip(*rest, line_r->n);
	return true;
}

static struct str without_end(struct str line)
{
	if (line.n && line.p[line.n - 1] == '\n')
		line.n--;
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

int bounds_match(const struct bounds *b, struct str line, bool *closing_r)
{
	int found = DELIM_NONE;

	*closing_r = false;
	if (!str_starts(line, STR("--")))
		return DELIM_NONE;
	line = str_skip(line, 2);
	for (size_t i = b->n; i-- > 0;) {
		struct str rest;

		if (!str_starts(line, b->v[i]))
			continue;
		rest = str_skip(line, b->v[i].n);
		*closing_r = str_starts(rest, STR("--"));
		/* RFC 2046 5.1.1: only blanks may follow. */
		if (str_trim(*closing_r ? str_skip(rest, 2) : rest).n == 0)
			return (int)i;
		found = DELIM_NEAR;
	}
	return found;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* RFC 5322 2.2: printable ASCII but the colon. */
static bool name_ok(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] >= 0x7f)
			return false;
	return name.n > 0;
}

struct reading {
	struct str rest;
	uint64_t at;
	struct header *h;
	size_t cap;
	bool crlf, lf; /* line ends seen */
};

/* Every field's line and its folded ones; what makes it odd. */
static struct str take_field(struct reading *r, struct str first)
{
	struct str whole = first, line, next = r->rest;

	while (next.n && is_blank(next.p[0]) && next_line(&next, &line)) {
		/* A fold of blanks alone: the header's end to some. */
		if (str_trim(line).n == 0)
			r->h->odd = true;
		whole.n += line.n;
		r->rest = next;
	}
	return whole;
}

static void note_line_ends(struct reading *r, struct str s)
{
	const char *p = s.p, *end = s.p + s.n;

	if (memchr(s.p, 0, s.n))
		r->h->odd = true;
	while ((p = memchr(p, '\n', (size_t)(end - p)))) {
		if (p > s.p && p[-1] == '\r')
			r->crlf = true;
		else
			r->lf = true;
		if (++p == end)
			break;
	}
}

static void add_field(struct reading *r, struct str whole, struct arena *a)
{
	struct header *h = r->h;
	ptrdiff_t colon = str_chr(whole, ':'), eol = str_chr(whole, '\n');
	struct field f = {.off = r->at, .len = whole.n};

	note_line_ends(r, whole);
	/* No colon in the field's first line: a line that some drop, some
	 * glue to the one before, and some take for the body. */
	if (colon < 0 || (eol >= 0 && eol < colon)) {
		h->odd = true;
		return;
	}
	f.name = str_head(whole, (size_t)colon);
	while (f.name.n && is_blank(f.name.p[f.name.n - 1])) {
		f.name.n--;
		h->odd = true;
	}
	f.raw = without_end(str_skip(whole, (size_t)colon + 1));
	if (!name_ok(f.name))
		h->odd = true;
	if (whole.n > MIME_HEADER_MAX || h->n == MIME_HEADERS_MAX) {
		h->limit = true;
		return;
	}
	if (h->n == r->cap) {
		struct field *more = arena_array(a, r->cap * 4, sizeof(*more));

		memcpy(more, h->v, r->cap * sizeof(*more));
		h->v = more;
		r->cap *= 4;
	}
	h->v[h->n++] = f;
}

void header_read(struct str in, uint64_t off, const struct bounds *open,
		 struct arena *a, struct header *h_r)
{
	struct str line = STR_EMPTY, whole;
	struct reading r = {.rest = str_head(in, MIME_HEADER_BLOCK_MAX),
			    .at = off,
			    .h = h_r,
			    .cap = FIRST_FIELDS};
	bool closing;

	*h_r = (struct header){.no_empty_line = true};
	h_r->v = arena_array(a, r.cap, sizeof(*h_r->v));
	while (!h_r->limit && next_line(&r.rest, &line)) {
		struct str bare = without_end(line);

		if (bare.n == 0) {
			note_line_ends(&r, line);
			h_r->no_empty_line = false;
			break;
		}
		if (open && bounds_match(open, bare, &closing) >= 0) {
			line = STR_EMPTY;
			break;
		}
		if (is_blank(line.p[0]))
			h_r->odd = true; /* a fold of nothing */
		whole = take_field(&r, line);
		add_field(&r, whole, a);
		r.at += whole.n;
		line = STR_EMPTY;
	}
	if (h_r->no_empty_line && in.n > MIME_HEADER_BLOCK_MAX && r.rest.n == 0)
		h_r->limit = true;
	if (r.crlf && r.lf)
		h_r->odd = true;
	h_r->end = r.at;
	h_r->body = r.at + (h_r->no_empty_line ? 0 : line.n);
}

const struct field *header_find(const struct header *h, const char *name)
{
	for (size_t i = 0; i < h->n; i++)
		if (str_is_ci(h->v[i].name, name))
			return &h->v[i];
	return NULL;
}

size_t header_count(const struct header *h, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < h->n; i++)
		n += str_is_ci(h->v[i].name, name);
	return n;
}
