/* cond_text.c - words and expressions in the subject, the body, file names,
 * attachments and header fields.
 *
 * The inspector finds them (question.h); here they are counted.
 */
#include "policy/policy_int.h"

#define PLACES_ANYWHERE                                                        \
	(1u << PLACE_SUBJECT | 1u << PLACE_BODY | 1u << PLACE_FILE_NAMES |     \
	 1u << PLACE_ATTACHMENTS)

/* ---- loading ---- */

/* Words and expressions are two conditions that must both hold, as the
 * predicates of Exchange for them are; `hits` speaks of each. */
struct text_to {
	struct cond *parent, *words, *regex;
	struct range hits;
};

static struct cond *terms_leaf(struct loader *l, struct text_to *t,
			       const struct conf_node *n, bool regex)
{
	struct cond *c = cond_leaf(l, t->parent, COND_TERMS);

	c->regex = regex;
	if (regex)
		names_expressions(l, n, &c->words);
	else
		names_words(l, n, &c->words);
	return c;
}

static void words_key(struct loader *l, const struct conf_node *n, void *to)
{
	struct text_to *t = to;

	t->words = terms_leaf(l, t, n, false);
}

static void regex_key(struct loader *l, const struct conf_node *n, void *to)
{
	struct text_to *t = to;

	t->regex = terms_leaf(l, t, n, true);
}

static void hits_key(struct loader *l, const struct conf_node *n, void *to)
{
	value_range(l, n, false, &((struct text_to *)to)->hits);
}

static const struct key TEXT[] = {
	{"words", words_key}, {"regex", regex_key}, {"hits", hits_key}};

static void finish(struct cond *c, const struct text_to *t, unsigned places)
{
	if (!c)
		return;
	c->range = t->hits;
	c->places = places;
}

static void text_keys(struct loader *l, const struct conf_node *n, void *to,
		      unsigned places)
{
	struct text_to t = {.parent = to, .hits = {1, UINT64_MAX}};

	keys_parse(l, n, TEXT, ARRAY_LEN(TEXT), &t);
	if (!conf_get(n, "words") && !conf_get(n, "regex"))
		missing(l, n, "「words」か「regex」を書いてください。",
			"write `words` or `regex`");
	finish(t.words, &t, places);
	finish(t.regex, &t, places);
}

#define TEXT_IN(name, places)                                                  \
	void name(struct loader *l, const struct conf_node *n, void *to)       \
	{                                                                      \
		text_keys(l, n, to, places);                                   \
	}
TEXT_IN(cond_subject_keys, 1u << PLACE_SUBJECT)
TEXT_IN(cond_body_keys, 1u << PLACE_BODY)
TEXT_IN(cond_file_names_keys, 1u << PLACE_FILE_NAMES)
TEXT_IN(cond_attachment_text_keys, 1u << PLACE_ATTACHMENTS)
TEXT_IN(cond_anywhere_keys, PLACES_ANYWHERE)

/* ---- header ---- */

struct header_to {
	struct text_to text;
	struct str name;
	struct cond *present;
};

static bool field_name(struct str s)
{
	if (!s.n || s.n > 100)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == ':')
			return false;
	return true;
}

static void header_name(struct loader *l, const struct conf_node *n, void *to)
{
	if (!want_scalar(l, n))
		return;
	if (field_name(n->text))
		((struct header_to *)to)->name = n->text;
	else
		conf_error(l->errs, n, "ヘッダの名前ではありません。",
			   "this is no name of a header field");
}

static void header_present(struct loader *l, const struct conf_node *n,
			   void *to)
{
	struct header_to *t = to;
	bool yes = true;

	value_bool(l, n, &yes);
	t->present = cond_leaf(l, t->text.parent, COND_HEADER_PRESENT);
	t->present->negate = !yes;
}

static const struct key HEADER[] = {{"name", header_name},
				    {"present", header_present},
				    {"words", words_key},
				    {"regex", regex_key}};

void cond_header_keys(struct loader *l, const struct conf_node *n, void *to)
{
	struct header_to t = {.text = {.parent = to, .hits = {1, UINT64_MAX}}};
	struct cond *all = to;

	keys_parse(l, n, HEADER, ARRAY_LEN(HEADER), &t);
	if (!conf_get(n, "name"))
		missing(l, n, "「name」がありません。", "`name` is missing");
	if (!t.present && !t.text.words && !t.text.regex)
		cond_leaf(l, all, COND_HEADER_PRESENT);
	finish(t.text.words, &t.text, 1u << PLACE_HEADER);
	finish(t.text.regex, &t.text, 1u << PLACE_HEADER);
	for (size_t i = 0; i < all->sub_n; i++)
		all->sub[i]->name = t.name;
}

void cond_text_words(struct buf *out)
{
	static const struct key_table TABLES[] = {
		KEY_TABLE("subject.", TEXT),
		KEY_TABLE("header.", HEADER),
	};

	key_tables_list(out, "condition", TABLES, ARRAY_LEN(TABLES));
}

/* ---- asking ---- */

enum truth ask_header(struct asking *q, const struct cond *c)
{
	const struct view *v = q->f->view;

	for (size_t i = 0; i < v->field_n; i++)
		if (str_eq_ci(v->field[i].name, c->name))
			return T_TRUE;
	return T_FALSE;
}

bool cond_has_term(const struct cond *c, uint32_t term)
{
	size_t lo = 0, hi = c->term_n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->term[mid] < term)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < c->term_n && c->term[lo] == term;
}

/* Of a long list few words are found, of a long text few are asked. */
static uint64_t hits(const struct findings *f, const struct cond *c)
{
	uint64_t sum = 0;

	if (f->hit_n < c->term_n) {
		for (size_t i = 0; i < f->hit_n; i++)
			if (c->places >> f->hit[i].place & 1 &&
			    cond_has_term(c, f->hit[i].term))
				sum += f->hit[i].count;
		return sum;
	}
	for (size_t i = 0; i < c->term_n; i++)
		sum += findings_hits(f, c->term[i], c->places);
	return sum;
}

uint64_t terms_hits(const struct asking *q, const struct cond *c)
{
	return q->answers ? hits(q->answers, c) : 0;
}

/* A place that nobody looked in for one of the words, and that is there. */
static bool untold(struct asking *q, const struct cond *c)
{
	const unsigned char *of = q->answers ? q->answers->untold_places : NULL;
	unsigned places = 0;

	for (size_t i = 0; of && i < c->term_n; i++)
		places |= of[c->term[i]];
	places &= c->places;
	if (places >> PLACE_HEADER & 1 && ask_header(q, c) == T_FALSE)
		places = 0;
	return places && places & places_there(q->f->view);
}

enum truth ask_terms(struct asking *q, const struct cond *c)
{
	unsigned why = open_places(q, c->places);
	uint64_t n = terms_hits(q, c);

	if (untold(q, c))
		why |= WHY_UNTOLD;
	if (n >= FINDINGS_COUNT_MAX)
		why |= WHY(DOUBT_LIMIT);
	return count_ask(q, &c->range, n, why);
}
