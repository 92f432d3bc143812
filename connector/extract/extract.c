/* extract.c - a message to a view; see extract.h. */
#include "connector/extract/extract.h"
#include "connector/base/mem.h"
#include "connector/extract/collect_int.h"
#include "connector/extract/edits_int.h"
#include "connector/extract/files_int.h"
#include "connector/extract/text_int.h"
#include "connector/extract/xml_int.h"

#define FIRST_REASONS 8

struct extract {
	struct charset *cs;
	char *window;		 /* for messages that are read piece by piece */
	struct question q;	 /* its scalars */
	struct collect *collect; /* NULL: nothing was ever asked */
	struct extract_outer outer;
};

struct extract *extract_new(struct err *e)
{
	struct extract *x = NEW(struct extract);

	x->cs = charset_new(e);
	x->window = mem_alloc(SOURCE_WINDOW_MAX);
	second_init();
	unzip_load();
	xml_load();
	if (!x->cs)
		extract_free(&x);
	return x;
}

void extract_free(struct extract **x)
{
	if (!*x)
		return;
	charset_free(&(*x)->cs);
	collect_free(&(*x)->collect);
	mem_free((*x)->window);
	mem_free(*x);
	*x = NULL;
}

void extract_set_outer(struct extract *x, const struct extract_outer *outer)
{
	x->outer = *outer;
}

bool scan_has(const struct scan *s, enum doubt d)
{
	for (size_t i = 0; i < s->v->reason_n; i++)
		if (s->v->reason[i].doubt == d)
			return true;
	return false;
}

void scan_doubt(struct scan *s, enum doubt d, size_t part)
{
	struct view *v = s->v;

	for (size_t i = 0; i < v->reason_n; i++)
		if (v->reason[i].doubt == d && v->reason[i].part == part)
			return;
	/* A picture holds no text to read: what there is was read. */
	if (v->completeness == VIEW_COMPLETE && d != DOUBT_PICTURE)
		v->completeness = VIEW_PARTIAL;
	if (v->reason_n == s->reason_cap) {
		size_t cap = s->reason_cap ? s->reason_cap * 4 : FIRST_REASONS;
		struct view_reason *r = arena_array(s->a, cap, sizeof(*r));

		if (v->reason_n)
			memcpy(r, v->reason, v->reason_n * sizeof(*r));
		v->reason = r;
		s->reason_cap = cap;
	}
	v->reason[v->reason_n++] = (struct view_reason){d, (uint16_t)part};
}

/* The header is kept: of a message that is read piece by piece, copied. */
static void read_header(struct scan *s)
{
	struct str in = source_at(&s->src, 0, SOURCE_WANT_MAX);

	if (!s->src.in.p)
		in = arena_str(s->a, str_head(in, MIME_HEADER_BLOCK_MAX + 1));
	header_read(in, 0, NULL, s->a, &s->header);
	if (s->header.limit)
		scan_doubt(s, DOUBT_LIMIT, VIEW_WHOLE);
}

/* A single part whose header speaks of no other kind is one to everybody. */
static bool plainly_single(const struct scan *s)
{
	for (size_t i = 0; i < s->header.n; i++)
		if (str_find_ci(s->header.v[i].raw, STR("multipart")) >= 0 ||
		    str_find_ci(s->header.v[i].raw, STR("message/")) >= 0)
			return false;
	return s->v->part_n == 1;
}

static void read_all(struct scan *s)
{
	read_header(s);
	fields_read(s);
	/* Above a limit nothing else is read: the mail is held anyway. */
	if (scan_has(s, DOUBT_LIMIT))
		return;
	structure_read(s);
	if (s->src.has_nul || s->src.has_bare_cr)
		scan_doubt(s, DOUBT_AMBIGUOUS, VIEW_WHOLE);
	classes_find(s);
	if (!scan_has(s, DOUBT_LIMIT) && !scan_has(s, DOUBT_AMBIGUOUS) &&
	    !plainly_single(s) && !second_agrees(s))
		scan_doubt(s, DOUBT_AMBIGUOUS, VIEW_WHOLE);
	text_read(s);
	files_read(s, s->q);
}

bool extract_ask(struct extract *x, const struct question *q, struct err *e)
{
	struct collect *c = collect_new(q, e);

	TRY(c);
	collect_free(&x->collect);
	x->collect = c;
	x->q = c->q;
	return true;
}

struct errors {
	struct arena *a;
	struct question_error *v;
	size_t n;
};

static void keep_error(void *arg, uint32_t term, const char *why)
{
	struct errors *l = arg;

	if (l->n == QUESTION_ERRORS_MAX)
		return;
	if (!l->v)
		l->v = arena_array(l->a, QUESTION_ERRORS_MAX, sizeof(*l->v));
	l->v[l->n++] = (struct question_error){
		term, text_keep(str_of(why), QUESTION_ERROR_MAX, l->a)};
}

bool extract_check(const struct question *q, struct arena *a,
		   struct question_error **v_r, size_t *n_r)
{
	struct errors l = {.a = a};
	bool ok = terms_check(q, keep_error, &l);

	*v_r = l.v;
	*n_r = l.n;
	return ok;
}

bool extract_view(struct extract *x, const struct extract_source *src,
		  struct arena *a, struct view *v_r, struct findings *f_r,
		  struct err *e)
{
	struct scan s = {
		.cs = x->cs, .a = a, .v = v_r, .q = &x->q, .outer = &x->outer};

	*f_r = (struct findings){.version = x->q.version};
	*v_r = (struct view){.completeness = VIEW_COMPLETE, .size = src->size};
	source_init(&s.src, src, x->window);
	if (x->collect && collect_asks(x->collect)) {
		s.collect = x->collect;
		collect_begin(s.collect);
	}
	read_all(&s);
	if (s.collect)
		collect_end(s.collect, a, f_r);
	v_r->has_8bit = s.src.has_8bit;
	v_r->has_bare_lf = s.src.has_bare_lf;
	if (s.src.failed)
		return err_set(e, ERR_RETRY, 0, "the message cannot be read");
	return true;
}

bool extract_edits(struct extract *x, const struct extract_source *src,
		   const struct change *c, struct arena *a,
		   struct edits *edits_r, struct err *e)
{
	struct view v = {0};
	struct scan s = {.cs = x->cs, .a = a, .v = &v};

	source_init(&s.src, src, x->window);
	read_header(&s);
	if (s.src.failed)
		return err_set(e, ERR_RETRY, 0, "the message cannot be read");
	if (s.header.limit)
		return err_set(e, ERR_LIMIT, 0, "the header is too large");
	if (c->insert_n) {
		structure_read(&s);
		classes_find(&s);
	}
	if (s.src.failed)
		return err_set(e, ERR_RETRY, 0, "the message cannot be read");
	return edits_make(&s, c, edits_r, e);
}
