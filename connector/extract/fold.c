/* fold.c - text as it is compared, window by window; see fold_int.h. */
#include "connector/extract/fold_int.h"
#include "connector/base/die.h"
#include "connector/base/utf8.h"

#define HIGH_FIRST 0xd800u
#define LOW_FIRST  0xdc00u

static void flush(struct fold_reader *r, struct fold *f)
{
	if (r->segment_n)
		fold_slow(f, r->segment, r->segment_n);
	r->segment_n = 0;
	r->segment_chars = 0;
}

static void segment_add(struct fold_reader *r, uint32_t cp)
{
	if (cp >= 0x10000) {
		cp -= 0x10000;
		r->segment[r->segment_n++] = (uint16_t)(HIGH_FIRST +
							(cp >> 10));
		cp = LOW_FIRST + (cp & 0x3ff);
	}
	r->segment[r->segment_n++] = (uint16_t)cp;
	r->segment_chars++;
}

/* A character that is not ASCII, or that a mark may follow. */
static void add(struct fold_reader *r, struct fold *f, uint32_t cp)
{
	if (r->segment_chars == FOLD_SEGMENT_MAX || !fold_joins(cp))
		flush(r, f);
	segment_add(r, cp);
}

static void add_ascii(struct fold_reader *r, struct fold *f, uint32_t cp)
{
	uint32_t to = fold_simple(cp);

	flush(r, f);
	if (to != FOLD_GONE)
		vec_push(f, to);
}

/* A UTF-8 character at p, at least three bytes before the end, or 0 when it is
 * not one of three good bytes: nearly all Japanese text is. */
static uint32_t three(const unsigned char *p)
{
	uint32_t cp;

	if ((p[0] & 0xf0) != 0xe0 || (p[1] & 0xc0) != 0x80 ||
	    (p[2] & 0xc0) != 0x80)
		return 0;
	cp = (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 |
	     (p[2] & 0x3fu);
	return cp < 0x800 || (cp >= HIGH_FIRST && cp < 0xe000) ? 0 : cp;
}

/* Whether what stands at p leaves the character before it alone. */
static bool parts(const unsigned char *p, bool html)
{
	if (p[0] < 0x80)
		return !html || (p[0] != '<' && p[0] != '&');
	return three(p) && !fold_joins(three(p));
}

/* Nothing that comes next changes what is in the segment. */
static bool leaves_alone(const struct fold_reader *r)
{
	struct str rest = str_skip(r->src.all, r->src.at);

	return rest.n >= 3 && parts((const unsigned char *)rest.p, r->src.html);
}

/* Characters as they mostly are, as long as they are: each becomes one code
 * point or none by itself. The room is there. */
static void easy(struct fold_reader *r, struct fold *f, size_t want)
{
	const unsigned char *p = (const unsigned char *)r->src.all.p +
				 r->src.at;
	const unsigned char *end = (const unsigned char *)r->src.all.p +
				   r->src.all.n;
	bool html = r->src.html;
	uint32_t *to = f->v + f->n, *full = f->v + want;

	while (to < full && end - p >= 6) {
		uint32_t cp = p[0], out;
		unsigned n = 1;

		if (cp >= 0x80) {
			n = 3;
			cp = three(p);
			if (!cp || !parts(p + 3, html))
				break;
		} else if (html && (cp == '<' || cp == '&')) {
			break;
		} else if (html && cp == '\n') {
			cp = ' ';
		}
		out = fold_simple(cp);
		if (!out)
			break;
		*to = out;
		to += out != FOLD_GONE;
		p += n;
	}
	f->n = (size_t)(to - f->v);
	r->src.at = (size_t)((const char *)p - r->src.all.p);
}

static void room(struct fold *f, size_t n)
{
	if (n <= f->cap)
		return;
	f->cap = n;
	f->v = mem_grow(f->v, n, sizeof(*f->v));
}

/* One character, or one piece of markup. */
static void step(struct fold_reader *r, struct fold *f)
{
	struct fold_source *s = &r->src;
	char c = s->all.p[s->at];
	struct str rest;
	uint32_t cp;

	if (s->html && (c == '<' || c == '&') && fold_markup(s, &cp)) {
		if (cp >= 0x80)
			add(r, f, cp);
		else if (cp)
			add_ascii(r, f, cp);
		if (s->again)
			add_ascii(r, f, cp);
		return;
	}
	rest = str_skip(s->all, s->at);
	cp = (uint32_t)utf8_next(&rest);
	s->at = (size_t)(rest.p - s->all.p);
	if (cp >= 0x80)
		add(r, f, cp);
	else
		/* Line ends of HTML are blanks. */
		add_ascii(r, f, s->html && cp == '\n' ? ' ' : cp);
}

/* Until the window has `want` code points or the text ends. */
static void fill(struct fold_reader *r, struct fold *f, size_t want)
{
	size_t begun = r->src.at, marks = (size_t)r->src.work;

	room(f, want + FOLD_BESIDE);
	while (f->n < want && r->src.at < r->src.all.n) {
		if (r->segment_n && leaves_alone(r))
			flush(r, f);
		if (!r->segment_n) {
			easy(r, f, want);
			if (f->n >= want || r->src.at == r->src.all.n)
				break;
		}
		step(r, f);
	}
	r->end = r->src.at == r->src.all.n;
	if (r->end)
		flush(r, f);
	f->work += r->src.at - begun + (size_t)r->src.work - marks;
}

void fold_begin(struct fold_reader *r, struct fold *f, struct str text,
		bool html)
{
	must(fold_ready(NULL));
	*r = (struct fold_reader){.src = {.all = text, .html = html}};
	f->n = f->from = f->to = 0;
}

bool fold_next(struct fold_reader *r, struct fold *f)
{
	size_t drop = f->to > FOLD_BESIDE ? f->to - FOLD_BESIDE : 0;

	if (drop)
		memmove(f->v, f->v + drop, (f->n - drop) * sizeof(*f->v));
	f->n -= drop;
	f->from = f->to - drop;
	r->fresh = f->n;
	if (!r->end)
		fill(r, f, f->from + FOLD_WINDOW + FOLD_BESIDE);
	f->to = r->end ? f->n : f->n - FOLD_BESIDE;
	return f->from < f->to;
}

void fold_read(struct fold *f, struct str text, bool html)
{
	struct fold_reader r;

	fold_begin(&r, f, text, html);
	while (!r.end)
		fill(&r, f, f->n + FOLD_WINDOW);
	f->to = f->n;
}

void fold_release(struct fold *f)
{
	vec_release(f);
}

typedef uint32_t lane __attribute__((vector_size(16)));
#define LANE (sizeof(lane) / sizeof(uint32_t))

/* Four lanes at once: most of a text is none of what is looked for. */
size_t fold_seek(const struct fold *f, size_t i, uint32_t first, uint32_t n)
{
	for (; i + LANE <= f->n; i += LANE) {
		lane v;
		uint64_t any[2];

		memcpy(&v, f->v + i, sizeof(v));
		v = (lane)(v - first < n);
		memcpy(any, &v, sizeof(any));
		if (any[0] | any[1])
			break;
	}
	while (i < f->n && f->v[i] - first >= n)
		i++;
	return i;
}

static bool is_blank(uint32_t c)
{
	return c == ' ' || c == '\n';
}

/* Nearly always the first character tells that it is not there. */
static bool begins_with(const struct fold *f, size_t i, const char *word)
{
	const unsigned char *p = (const unsigned char *)word;
	uint32_t c = p[0] < 0x80 ? p[0] : three(p);

	return !c || fold_at(f, i) == c;
}

size_t fold_word(const struct fold *f, size_t i, const char *word)
{
	struct str rest;
	size_t at = i;
	int32_t c;

	if (!begins_with(f, i, word))
		return 0;
	rest = str_of(word);
	while ((c = utf8_next(&rest)) >= 0) {
		/* Blanks may stand anywhere inside, or be missing. */
		while (at > i && is_blank(fold_at(f, at)))
			at++;
		if (c == ' ')
			continue;
		if (fold_at(f, at) != (uint32_t)c)
			return 0;
		at++;
	}
	return at - i;
}

bool fold_before(const struct fold *f, size_t i, size_t span,
		 const char *const *words)
{
	for (size_t at = i > span ? i - span : 0; at < i; at++)
		for (size_t w = 0; words[w]; w++) {
			size_t n = fold_word(f, at, words[w]);

			if (n && at + n <= i)
				return true;
		}
	return false;
}
