/* structure.c - the tree of a message in one pass over its bytes (RFC 2046).
 *
 * A stack of open entities; the message's delimiter lines are found from the
 * dashes they start with.  Spans only: nothing is decoded or kept.
 */
#include "connector/base/mem.h"
#include "connector/extract/scan_int.h"

/* What must lie behind a dash to judge a delimiter line. */
#define DELIM_LINE_MAX (BOUNDARY_MAX + 512)

enum open_kind { OPEN_LEAF, OPEN_MULTIPART, OPEN_MESSAGE };

struct open {
	size_t part;
	enum open_kind kind;
	struct str boundary; /* multipart */
	bool begun;	     /* a delimiter was seen */
	bool closed;	     /* its last delimiter was seen */
	size_t children;
};

struct tree {
	struct scan *s;
	struct open open[MIME_DEPTH_MAX + 2];
	size_t n;
	struct str boundary[MIME_DEPTH_MAX + 2]; /* of the open multiparts */
	size_t owner[MIME_DEPTH_MAX + 2];	 /* their index in open */
	struct bounds bounds;
	struct counter counter; /* of the open leaf */
	bool counting, stop;
};

struct delim {
	int which; /* index into bounds; DELIM_NONE: end of the message */
	bool closing;
	uint64_t line; /* its first dash */
	uint64_t next; /* behind its line end */
	unsigned eol;  /* length of the line end before it */
};

static void push(struct tree *t, size_t part, enum open_kind kind,
		 struct str boundary)
{
	t->open[t->n] = (struct open){
		.part = part, .kind = kind, .boundary = boundary};
	if (kind == OPEN_MULTIPART) {
		/* "x" and "xy": where one begins like the other, mail
		 * programs differ about which of them a line closes. */
		for (size_t i = 0; i < t->bounds.n; i++)
			if (str_starts(t->boundary[i], boundary) ||
			    str_starts(boundary, t->boundary[i]))
				scan_doubt(t->s, DOUBT_AMBIGUOUS, part);
		t->boundary[t->bounds.n] = boundary;
		t->owner[t->bounds.n++] = t->n;
	}
	t->n++;
}

static bool is_thorough;

void structure_set_thorough(bool thorough)
{
	is_thorough = thorough;
}

/* The innermost entity ends at `end`. */
static void pop(struct tree *t, uint64_t end)
{
	struct open *o = &t->open[--t->n];
	struct view_part *p = &t->s->v->part[o->part];

	p->len = end > p->off ? end - p->off : 0;
	if (o->kind == OPEN_MULTIPART) {
		t->bounds.n--;
		p->decoded = p->len;
		/* No last delimiter, or no part at all. */
		if (!o->closed || o->children == 0)
			scan_doubt(t->s, DOUBT_DAMAGED, o->part);
		return;
	}
	p->decoded = p->len;
	if (o->kind == OPEN_LEAF && t->counting) {
		p->decoded = MIN_OF(counter_end(&t->counter), p->len);
		if (!t->counter.bad)
			t->s->more[o->part].base64 =
				is_thorough ? 0 : t->counter.alphabet;
		else
			scan_doubt(t->s,
				   t->counter.cte == CTE_BASE64
					   ? DOUBT_AMBIGUOUS
					   : DOUBT_DAMAGED,
				   o->part);
	}
	t->counting = false;
}

/* What kind of entity the part is, judged by its type. */
static enum open_kind kind_of(const struct scan *s, size_t part,
			      struct str boundary)
{
	static const char *const mails[] = {"message/rfc822", "message/global",
					    "message/rfc2822", "message/news"};
	const struct view_part *p = &s->v->part[part];

	if (p->multipart)
		return boundary.n ? OPEN_MULTIPART : OPEN_LEAF;
	for (size_t i = 0; i < ARRAY_LEN(mails); i++)
		if (str_is(p->type, mails[i]) && s->more[part].cte == CTE_PLAIN)
			return OPEN_MESSAGE;
	return OPEN_LEAF;
}

/* An entity whose header starts at `at`; attached mails open one within. */
static uint64_t open_entity(struct tree *t, uint64_t at)
{
	struct scan *s = t->s;
	enum open_kind kind;

	do {
		struct open *o = t->n ? &t->open[t->n - 1] : NULL;
		struct str boundary = STR_EMPTY, in;
		struct header h;
		size_t part;

		if (t->n > MIME_DEPTH_MAX) {
			scan_doubt(s, DOUBT_LIMIT, VIEW_WHOLE);
			t->stop = true;
			return at;
		}
		if (o) {
			in = source_at(&s->src, at, SOURCE_WANT_MAX);
			header_read(in, at, &t->bounds, s->a, &h);
		} else {
			h = s->header;
		}
		s->part_headers += h.body - at;
		if (s->part_headers > PART_HEADERS_BYTES_MAX)
			h.limit = true;
		part = entity_add(s, &h, o ? o->part : VIEW_WHOLE, t->n,
				  &boundary);
		if (part == VIEW_WHOLE || h.limit) {
			scan_doubt(s, DOUBT_LIMIT, part);
			t->stop = true;
			return at;
		}
		if (o)
			o->children++;
		kind = kind_of(s, part, boundary);
		push(t, part, kind, boundary);
		at = h.body;
		if (h.no_empty_line)
			break;
	} while (kind == OPEN_MESSAGE);
	t->counting = kind == OPEN_LEAF;
	counter_init(&t->counter, s->more[t->open[t->n - 1].part].cte);
	return at;
}

/* Is the dash at w.p[i] a delimiter? d is filled; false: no. */
static bool judge(struct tree *t, struct str w, size_t i, uint64_t at,
		  struct delim *d)
{
	struct str line = str_skip(w, i);
	ptrdiff_t eol = str_chr(str_head(line, DELIM_LINE_MAX), '\n');
	size_t with_end = eol < 0 ? line.n : (size_t)eol + 1;
	struct str bare = str_head(line, eol < 0 ? line.n : (size_t)eol);

	d->which = bounds_match(&t->bounds, bare, &d->closing);
	if (d->which == DELIM_NEAR)
		scan_doubt(t->s, DOUBT_AMBIGUOUS, VIEW_WHOLE);
	d->line = at + i;
	d->next = at + i + with_end;
	return d->which >= 0;
}

static void count(struct tree *t, const char *p, size_t n)
{
	if (t->counting)
		counter_add(&t->counter, p, n);
}

/* Where a delimiter may start in w from i on, or w.n. */
static size_t next_dash(struct str w, size_t i, bool bol)
{
	const char *p;

	while (i < w.n && (p = memchr(w.p + i, '-', w.n - i))) {
		i = (size_t)(p - w.p);
		if ((i ? p[-1] == '\n' : bol) && (i + 1 == w.n || p[1] == '-'))
			return i;
		i++;
	}
	return w.n;
}

/* Length of the line end before the delimiter: part of the delimiter. */
static unsigned eol_before(struct str w, size_t i, const char tail[2])
{
	char a = i >= 2 ? w.p[i - 2] : tail[i],
	     b = i >= 1 ? w.p[i - 1] : tail[1];

	if (b != '\n')
		return 0;
	return a == '\r' ? 2 : 1;
}

/* The next delimiter at or behind `at`, which starts a line. */
static struct delim next_delim(struct tree *t, uint64_t at)
{
	struct source *src = &t->s->src;
	struct delim d = {.which = DELIM_NONE, .line = src->in.size};
	char tail[2] = {0, 0};
	bool bol = true;

	while (at < src->in.size) {
		struct str w = source_at(src, at, 2 * DELIM_LINE_MAX);
		bool last = at + w.n == src->in.size;
		size_t i = 0, eol;

		if (w.n == 0)
			return d;
		while ((i = next_dash(w, i, bol)) < w.n) {
			if (!last && w.n - i < DELIM_LINE_MAX)
				break; /* judged in the next window */
			if (judge(t, w, i, at, &d)) {
				d.eol = eol_before(w, i, tail);
				eol = MIN_OF((size_t)d.eol, i);
				count(t, w.p, i - eol);
				return d;
			}
			i++;
		}
		/* Two bytes stay back: they may be a delimiter's line end. */
		if (!last)
			i -= 2;
		count(t, w.p, i);
		if (i >= 2)
			memcpy(tail, w.p + i - 2, 2);
		else if (i == 1) {
			tail[0] = tail[1];
			tail[1] = w.p[0];
		}
		bol = tail[1] == '\n';
		at += i;
	}
	d = (struct delim){.which = DELIM_NONE, .line = src->in.size};
	return d;
}

/* Everything inside the delimiter's multipart has ended before it. */
static void close_down_to(struct tree *t, size_t owner, const struct delim *d)
{
	while (t->n > owner + 1)
		pop(t, d->line - d->eol);
}

static uint64_t take_delim(struct tree *t, const struct delim *d)
{
	size_t owner = t->owner[d->which];
	struct open *o = &t->open[owner];

	close_down_to(t, owner, d);
	if (o->closed) {
		/* A part behind the end: read by some, not by others. */
		scan_doubt(t->s, DOUBT_AMBIGUOUS, o->part);
		return d->next;
	}
	if (!o->begun)
		t->s->more[o->part].before_end = d->line;
	o->begun = true;
	o->closed = d->closing;
	if (o->closed)
		t->s->more[o->part].behind = d->next;
	return d->closing ? d->next : open_entity(t, d->next);
}

void structure_read(struct scan *s)
{
	struct tree t = {.s = s};
	uint64_t at;

	t.bounds.v = t.boundary;
	at = open_entity(&t, 0);
	while (!t.stop) {
		struct delim d = next_delim(&t, at);

		if (d.which < 0)
			break;
		at = take_delim(&t, &d);
	}
	while (t.n)
		pop(&t, s->src.in.size);
	if (!t.stop)
		octets_find(s);
}
