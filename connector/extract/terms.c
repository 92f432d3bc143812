/* terms.c - words and expressions by Vectorscan; see terms_int.h.
 *
 * All words are literals of one database: a match's begin is its end less the
 * word's length. Expressions are a second one. Where a match of theirs begins
 * is not asked for: to find it, version 5.4.9 copies the text into 255 bytes of
 * its stack. Matches are told apart by their ends and their least length.
 */
#include "connector/extract/terms_int.h"
#include <hs.h>
#include "connector/base/die.h"
#include "connector/base/mem.h"
#include "connector/base/utf8.h"
#include "connector/extract/pattern_int.h"

#define EXPRESSION_FLAGS (HS_FLAG_UTF8 | HS_FLAG_CASELESS | HS_FLAG_MULTILINE)

/* One literal or expression. */
struct pattern {
	char *text;
	uint32_t term;
	uint32_t length; /* of a word; the least length of an expression */
	uint32_t most;	 /* the largest length; UINT32_MAX: there is none */
	unsigned flags;	 /* for Vectorscan */
	bool whole_begin, whole_end; /* must not be within a longer word */
};
struct patterns {
	VEC_OF(struct pattern);
	hs_database_t *db;
	/* Of the scan under way, by pattern: its last match. */
	struct last {
		uint32_t from, to, scan;
		uint32_t end; /* of an expression: the last one told */
	} * last;
};
struct where {
	uint8_t places;
	char *field; /* lower case, or NULL */
};
struct terms {
	struct patterns words, expressions;
	struct where *where; /* by term */
	size_t n;
	unsigned word_places, expression_places;
	hs_scratch_t *scratch;
	struct tally tight; /* of the second form */
	uint32_t scans;
};

/* ---- compiling ----------------------------------------------------------- */

struct bad {
	terms_bad *tell;
	void *arg;
	bool any;
};

static void refuse(struct bad *b, uint32_t term, const char *why)
{
	b->any = true;
	b->tell(b->arg, term, why);
}

static bool is_word_at(struct str s)
{
	int32_t cp = utf8_next(&s);

	return cp >= 0 && form_kind((uint32_t)cp) & KIND_WORD;
}

/* The last character of s. */
static struct str tail(struct str s)
{
	size_t n = s.n;

	while (n > 0 && (s.p[n - 1] & 0xc0) == 0x80)
		n--;
	return str_skip(s, n ? n - 1 : 0);
}

static void add_word(struct patterns *v, const struct question *q, size_t i,
		     struct bad *bad)
{
	AUTO(buf) text = BUF_MAX(PATTERN_MAX);
	struct pattern p = {.term = (uint32_t)i};
	struct str s;

	pattern_word(q->term[i].text, &text);
	s = buf_str(&text);
	if (!s.n || !buf_ok(&text)) {
		refuse(bad, p.term,
		       s.n ? "too long" : "nothing in it can be seen");
		return;
	}
	p.length = (uint32_t)s.n;
	p.whole_begin = is_word_at(s);
	p.whole_end = is_word_at(tail(s));
	p.text = mem_strndup(s.p, s.n);
	vec_push(v, p);
}

/* NULL, or why not; to be freed by the caller. */
static char *try_expression(const char *text, unsigned flags)
{
	hs_database_t *db;
	hs_compile_error_t *e = NULL;
	char *why;

	if (hs_compile(text, flags, HS_MODE_BLOCK, NULL, &db, &e) ==
	    HS_SUCCESS) {
		hs_free_database(db);
		return NULL;
	}
	why = mem_strdup(e && e->message ? e->message : "refused");
	hs_free_compile_error(e);
	return why;
}

/* The least and most bytes that match; false: refused, and told. */
static bool find_lengths(const char *text, struct pattern *p, struct bad *bad)
{
	hs_compile_error_t *e = NULL;
	hs_expr_info_t *info = NULL;

	if (hs_expression_info(text, EXPRESSION_FLAGS, &info, &e) !=
	    HS_SUCCESS) {
		refuse(bad, p->term, e && e->message ? e->message : "refused");
		hs_free_compile_error(e);
		return false;
	}
	p->length = info->min_width;
	p->most = info->max_width;
	mem_free(info);
	if (!p->length)
		refuse(bad, p->term, "it matches where nothing stands");
	return p->length > 0;
}

static void add_expression(struct patterns *v, const struct question *q,
			   size_t i, struct bad *bad)
{
	AUTO(buf) text = BUF_MAX(PATTERN_MAX);
	struct pattern p = {.term = (uint32_t)i, .flags = EXPRESSION_FLAGS};
	char *why;

	pattern_expression(q->term[i].text, &text);
	if (!buf_ok(&text) || memchr(text.p, 0, text.n)) {
		refuse(bad, p.term, "too long, or holds a NUL");
		return;
	}
	if (pattern_weight(buf_str(&text)) > PATTERN_WEIGHT_MAX) {
		refuse(bad, p.term, "its repeats {n,m} are too large");
		return;
	}
	if (!find_lengths(buf_cstr(&text), &p, bad))
		return;
	why = try_expression(buf_cstr(&text), p.flags);
	if (why) {
		refuse(bad, p.term, why);
		mem_free(why);
		return;
	}
	p.text = mem_strndup(text.p, text.n);
	vec_push(v, p);
}

static void patterns_release(struct patterns *v)
{
	VEC_EACH (p, v)
		mem_free(p->text);
	vec_release(v);
	mem_free(v->last);
	hs_free_database(v->db);
}

/* Both lists, from the question; false: a term was refused. */
static bool gather(const struct question *q, struct patterns *words,
		   struct patterns *expressions, struct bad *bad)
{
	for (size_t i = 0; i < q->term_n; i++)
		if (q->term[i].regex)
			add_expression(expressions, q, i, bad);
		else
			add_word(words, q, i, bad);
	return !bad->any;
}

static bool build(struct patterns *v, bool literal, struct err *e)
{
	const char **text = NEW_ARRAY(const char *, v->n);
	unsigned *flags = NEW_ARRAY(unsigned, v->n);
	unsigned *id = NEW_ARRAY(unsigned, v->n);
	size_t *length = NEW_ARRAY(size_t, v->n);
	hs_compile_error_t *ce = NULL;
	hs_error_t r;

	for (size_t i = 0; i < v->n; i++) {
		text[i] = v->v[i].text;
		flags[i] = v->v[i].flags;
		length[i] = v->v[i].length;
		id[i] = (unsigned)i;
	}
	r = literal ? hs_compile_lit_multi(text, flags, id, length,
					   (unsigned)v->n, HS_MODE_BLOCK, NULL,
					   &v->db, &ce)
		    : hs_compile_multi(text, flags, id, (unsigned)v->n,
				       HS_MODE_BLOCK, NULL, &v->db, &ce);
	if (r != HS_SUCCESS)
		err_set(e, ERR_CONFIG, 0, "words: %s",
			ce && ce->message ? ce->message : "refused");
	hs_free_compile_error(ce);
	mem_free(text);
	mem_free(flags);
	mem_free(id);
	mem_free(length);
	v->last = NEW_ARRAY(struct last, v->n);
	return r == HS_SUCCESS;
}

static void copy_places(struct terms *t, const struct question *q)
{
	t->n = q->term_n;
	t->where = NEW_ARRAY(struct where, t->n);
	for (size_t i = 0; i < t->n; i++) {
		const struct term *from = &q->term[i];

		t->where[i].places = (uint8_t)from->places;
		if (from->field.n)
			t->where[i].field = mem_strndup(from->field.p,
							from->field.n);
		if (from->regex)
			t->expression_places |= from->places;
		else
			t->word_places |= from->places;
	}
}

static void first_bad(void *arg, uint32_t term, const char *why)
{
	struct err *e = arg;

	if (e && e->class == ERR_NONE)
		err_set(e, ERR_CONFIG, 0, "term %u: %s", term, why);
}

static bool ready(struct err *e)
{
	if (hs_valid_platform() != HS_SUCCESS)
		return err_set(e, ERR_CONFIG, 0,
			       "words need a processor with SSE4.2 or NEON");
	return fold_ready(e);
}

static bool compile(struct terms *t, const struct question *q, struct err *e)
{
	struct err none = ERR_EMPTY;
	struct bad bad = {first_bad, e ? e : &none, false};

	if (e)
		e->class = ERR_NONE;
	TRY(ready(e));
	TRY(gather(q, &t->words, &t->expressions, &bad));
	TRY(!t->words.n || build(&t->words, true, e));
	TRY(!t->expressions.n || build(&t->expressions, false, e));
	if ((t->words.db &&
	     hs_alloc_scratch(t->words.db, &t->scratch) != HS_SUCCESS) ||
	    (t->expressions.db &&
	     hs_alloc_scratch(t->expressions.db, &t->scratch) != HS_SUCCESS))
		return err_set(e, ERR_RETRY, 0, "no memory for words");
	return true;
}

struct terms *terms_new(const struct question *q, struct err *e)
{
	struct terms *t = NEW(struct terms);

	copy_places(t, q);
	tally_init(&t->tight, t->n);
	if (!compile(t, q, e))
		terms_free(&t);
	return t;
}

void terms_free(struct terms **t)
{
	if (!*t)
		return;
	patterns_release(&(*t)->words);
	patterns_release(&(*t)->expressions);
	hs_free_scratch((*t)->scratch);
	tally_release(&(*t)->tight);
	for (size_t i = 0; i < (*t)->n; i++)
		mem_free((*t)->where[i].field);
	mem_free((*t)->where);
	mem_free(*t);
	*t = NULL;
}

bool terms_check(const struct question *q, terms_bad *tell, void *arg)
{
	struct bad bad = {tell, arg, false};
	struct patterns words = {0}, expressions = {0};
	struct err e;
	bool ok;

	if (!ready(&e)) {
		tell(arg, 0, e.text);
		return false;
	}
	ok = gather(q, &words, &expressions, &bad);
	patterns_release(&words);
	patterns_release(&expressions);
	return ok;
}

/* ---- scanning ------------------------------------------------------------ */

struct scanning {
	struct terms *t;
	struct patterns *v;
	struct str text;
	enum place place;
	struct str field;
	struct tally *out;
};

static bool counted_here(const struct scanning *s, uint32_t term)
{
	const struct where *w = &s->t->where[term];

	return w->places >> s->place & 1 &&
	       (s->place != PLACE_HEADER ||
		(w->field && str_is_ci(s->field, w->field)));
}

static void take(struct scanning *s, unsigned id, uint32_t from, uint32_t to)
{
	struct last *l = &s->v->last[id];

	if (l->scan == s->t->scans) {
		if (from == l->from) {
			l->to = to;
			return;
		}
		if (from < l->to)
			return;
	}
	*l = (struct last){from, to, s->t->scans, to};
	tally_add(s->out, s->v->v[id].term, 1);
}

static int on_word(unsigned id, unsigned long long from, unsigned long long to,
		   unsigned flags, void *arg)
{
	struct scanning *s = arg;
	const struct pattern *p = &s->v->v[id];
	size_t begin = (size_t)to - p->length;

	(void)from;
	(void)flags;
	if (!counted_here(s, p->term) ||
	    (p->whole_begin && begin &&
	     is_word_at(tail(str_head(s->text, begin)))) ||
	    (p->whole_end && is_word_at(str_skip(s->text, (size_t)to))))
		return 0;
	take(s, id, (uint32_t)begin, (uint32_t)to);
	return 0;
}

/* Is the match that ends here the last one, a character longer? */
static bool grows(const struct scanning *s, const struct pattern *p,
		  const struct last *l, size_t to)
{
	struct str rest = str_head(str_skip(s->text, l->end), to - l->end);

	return l->scan == s->t->scans && p->length != p->most &&
	       to - l->from <= p->most && utf8_next(&rest) >= 0 && !rest.n;
}

static int on_expression(unsigned id, unsigned long long from,
			 unsigned long long to, unsigned flags, void *arg)
{
	struct scanning *s = arg;
	const struct pattern *p = &s->v->v[id];
	struct last *l = &s->v->last[id];

	(void)from;
	(void)flags;
	if (!counted_here(s, p->term))
		return 0;
	if (grows(s, p, l, (size_t)to))
		l->to = (uint32_t)to;
	else
		take(s, id, (uint32_t)to - p->length, (uint32_t)to);
	l->end = (uint32_t)to;
	return 0;
}

static void scan(struct scanning *s, struct str text, match_event_handler on)
{
	s->text = text;
	s->t->scans++;
	/* Without a stop from the handler it fails on nothing but misuse. */
	must(hs_scan(s->v->db, text.p, (unsigned)text.n, 0, s->t->scratch, on,
		     s) == HS_SUCCESS);
}

unsigned terms_forms(const struct terms *t, enum place place)
{
	unsigned forms = 0;

	if (t->word_places >> place & 1)
		forms |= 1u << FORM_WORDS;
	if (t->expression_places >> place & 1)
		forms |= 1u << FORM_SPACED | 1u << FORM_TIGHT;
	return forms;
}

void terms_scan(struct terms *t, const struct forms *f, enum place place,
		struct str field, struct tally *out)
{
	struct scanning s = {.t = t, .place = place, .field = field};
	unsigned forms = terms_forms(t, place);

	s.out = out;
	if (forms >> FORM_WORDS & 1 && f->text[FORM_WORDS].n) {
		s.v = &t->words;
		scan(&s, buf_str(&f->text[FORM_WORDS]), on_word);
	}
	if (!(forms >> FORM_SPACED & 1) || !f->text[FORM_SPACED].n)
		return;
	s.v = &t->expressions;
	scan(&s, buf_str(&f->text[FORM_SPACED]), on_expression);
	if (!f->differ)
		return;
	s.out = &t->tight;
	scan(&s, buf_str(&f->text[FORM_TIGHT]), on_expression);
	tally_take_max(out, &t->tight);
}
