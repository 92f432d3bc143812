/* question.c - what the rules ask the inspector, as one question for all of
 * them: terms and companies are pooled, rules that are off ask nothing.
 */
#include "policy/policy_int.h"

#include <stdlib.h>

/* What the terms leave of a question's bytes. */
#define COMPANY_WIRE	    4
#define COMPANIES_BYTES_MAX (32 * MIB)

/* ---- terms ---- */

/* Terms while they are gathered. */
struct pool {
	struct loader *l;
	struct map seen; /* text, kind and field: index + 1 */
	struct {
		VEC_OF(struct term);
	} terms;
	struct {
		VEC_OF(const struct conf_node *);
	} at;
	bool full;
};

static void term_key(struct buf *key, const struct cond *c, struct str text)
{
	buf_putc(key, c->regex ? 'e' : 'w');
	for (size_t i = 0; i < c->name.n; i++)
		buf_putc(key, ascii_lower(c->name.p[i]));
	buf_putc(key, 0);
	buf_put_str(key, text);
}

static uint32_t pool_term(struct pool *p, const struct cond *c, size_t i)
{
	AUTO(buf) key = BUF_MAX(QUESTION_TERM_MAX + 200);
	uintptr_t at;

	term_key(&key, c, c->words.shown[i]);
	at = (uintptr_t)map_get(&p->seen, buf_str(&key));
	if (!at) {
		struct term t = {.text = c->words.shown[i],
				 .regex = c->regex,
				 .field = c->name};

		vec_push(&p->terms, t);
		vec_push(&p->at, c->words.at[i]);
		at = p->terms.n;
		map_put(&p->seen, buf_str(&key), (void *)at);
	}
	p->terms.v[at - 1].places |= c->places;
	return (uint32_t)(at - 1);
}

static int by_index(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void pool_terms(struct pool *p, struct cond *c)
{
	c->term = arena_array(p->l->a, c->words.n, sizeof(*c->term));
	for (size_t i = 0; i < c->words.n; i++) {
		if (p->terms.n == QUESTION_TERMS_MAX && !p->full) {
			conf_error(p->l->errs, c->words.at[i],
				   "語と正規表現が多すぎます(全部で最大 %d)。",
				   "too many words and expressions (at most "
				   "%d in all)",
				   QUESTION_TERMS_MAX);
			p->full = true;
		}
		if (p->full)
			return;
		c->term[c->term_n++] = pool_term(p, c, i);
	}
	if (!c->term_n)
		return;
	c->first = c->term[0];
	qsort(c->term, c->term_n, sizeof(*c->term), by_index);
}

/* ---- what each condition asks ---- */

#define PLACES_TEXT   (1u << PLACE_BODY | 1u << PLACE_ATTACHMENTS)
#define PLACES_INSIDE (1u << PLACE_FILE_NAMES | 1u << PLACE_ATTACHMENTS)

static void ask_of_files(struct question *q, const struct cond *c)
{
	bool name = c->kind == COND_ATT_EXTENSION || c->kind == COND_ATT_NAME;

	q->asks_files = q->asks_files || !name;
	q->asks_inside = q->asks_inside || !c->outer;
	q->asks_content = q->asks_content || !c->outer ||
			  c->kind == COND_ATT_ENCRYPTED;
}

static void ask_of_text(struct question *q, unsigned places)
{
	q->asks_content = true;
	q->asks_inside = q->asks_inside || places & PLACES_INSIDE;
}

static void ask_of(struct pool *p, struct cond *c)
{
	struct question *q = &p->l->p->question;

	for (size_t i = 0; i < c->sub_n; i++)
		ask_of(p, c->sub[i]);
	switch (c->kind) {
	case COND_TERMS:
		pool_terms(p, c);
		ask_of_text(q, c->places);
		break;
	case COND_PERSONAL:
		q->detectors |= personal_detectors(c);
		ask_of_text(q, c->places == 1u << SCOPE_BODY ? 1u << PLACE_BODY
							     : PLACES_TEXT);
		break;
	case COND_PARTNER_TEXT:
		q->company_places |= c->places;
		if (c->partners)
			c->partners->asked = true;
		ask_of_text(q, c->places);
		break;
	case COND_ATT_EXTENSION:
	case COND_ATT_NAME:
	case COND_ATT_TYPE:
	case COND_ATT_ENCRYPTED:
	case COND_ATT_FLAG:
		ask_of_files(q, c);
		break;
	case COND_RESULT:
	case COND_REASON:
		/* What nobody opens looks complete. */
		q->asks_files = q->asks_inside = q->asks_content = true;
		break;
	default:
		break;
	}
}

/* ---- companies ---- */

static void pool_companies(struct loader *l)
{
	struct question *q = &l->p->question;
	struct map seen = MAP_EMPTY;
	size_t most = 0, bytes = 0;

	for (struct partners *p = l->p->partners; p; p = p->next) {
		if (!p->asked)
			continue;
		most += p->company_n;
		for (size_t i = 0; i < p->company_n; i++)
			bytes += p->company[i].name.n + COMPANY_WIRE;
	}
	if (most > QUESTION_COMPANIES_MAX || bytes > COMPANIES_BYTES_MAX) {
		conf_error(l->errs, l->p->partners->node,
			   "台帳の会社名が多すぎます(いま %zu件、%zu "
			   "バイト。最大 %d件、%zu バイト)。",
			   "the registers name too many companies (%zu with "
			   "%zu bytes, at most %d with %zu bytes)",
			   most, bytes, QUESTION_COMPANIES_MAX,
			   COMPANIES_BYTES_MAX);
		return;
	}
	q->company = arena_array(l->a, most, sizeof(*q->company));
	for (struct partners *p = l->p->partners; p; p = p->next)
		if (p->asked)
			partners_pool(l, p, &seen);
	for (struct partners *p = l->p->partners; p; p = p->next)
		if (p->asked)
			partners_roles(l, p);
	map_release(&seen);
}

/* ---- which doubts a rule decides about itself ---- */

static unsigned names_doubts(const struct cond *c)
{
	unsigned doubts = 0;

	if (!c)
		return 0;
	for (size_t i = 0; i < c->sub_n; i++)
		doubts |= names_doubts(c->sub[i]);
	if (c->kind == COND_ATT_ENCRYPTED)
		doubts |= WHY(DOUBT_ENCRYPTED);
	if (c->kind == COND_REASON)
		doubts |= c->mask;
	return doubts;
}

/* ---- terms that do not compile ---- */

/* What helps, by what Vectorscan says; nothing where our own words do. */
static const char *regex_hint(struct str why, bool ja)
{
	if (str_find(why, STR("it matches")) >= 0)
		return "";
	if (str_find(why, STR(" index ")) >= 0)
		return ja ? "記号そのものは \\( \\[ \\. のように書きます。"
			  : "; a sign that stands for itself is written as "
			    "\\( \\[ \\.";
	return ja ? "後方参照や先読み・後読みはありません。"
		  : "; expressions are those of an engine that takes linear "
		    "time: no backreferences, no look-around";
}

static void bad_term(struct loader *l, const struct pool *p,
		     const struct question_error *e)
{
	struct str why = e->text;
	const struct term *t;

	if (e->term >= p->terms.n)
		return;
	t = &p->terms.v[e->term];
	if (str_ends(why, STR(".")))
		why.n--;
	if (t->regex)
		conf_error(l->errs, p->at.v[e->term],
			   "正規表現「" STR_FMT "」は使えません(" STR_FMT ")。"
			   "%s%.0s",
			   "`" STR_FMT "` cannot be used: " STR_FMT "%.0s%s",
			   STR_ARG(conf_word(t->text)), STR_ARG(why),
			   regex_hint(why, true), regex_hint(why, false));
	else
		conf_error(l->errs, p->at.v[e->term],
			   "語「" STR_FMT "」は使えません(" STR_FMT ")。",
			   "`" STR_FMT "` cannot be used: " STR_FMT,
			   STR_ARG(conf_word(t->text)), STR_ARG(why));
}

static void check_terms(struct loader *l, const struct pool *p)
{
	const struct policy_source *src = l->src;
	struct question_error *v = NULL;
	struct err e = ERR_EMPTY;
	size_t n = 0;

	if (!src->check || (!p->terms.n && !l->p->question.company_n))
		return;
	if (!src->check(src->check_arg, &l->p->question, l->a, &v, &n, &e))
		conf_error(l->errs, NULL,
			   "語と正規表現を確かめられませんでした(%s)。",
			   "words and expressions could not be checked: %s",
			   e.text);
	for (size_t i = 0; i < n; i++)
		bad_term(l, p, &v[i]);
}

/* Of what is asked, not of the files: answers stay good, and inspectors stay,
 * when other things of the policy change. */
static void version_of(struct question *q)
{
	AUTO(buf) wire = BUF_MAX(QUESTION_BYTES_MAX);
	struct digest d;
	char hex[65];

	question_write(q, &wire);
	digest_init(&d);
	digest_add(&d, wire.p, wire.n);
	digest_hex(&d, hex);
	q->version = d.h[0] ? d.h[0] : 1;
}

void question_build(struct loader *l)
{
	struct question *q = &l->p->question;
	struct pool p = {.l = l};

	VEC_EACH (r, &l->p->rules) {
		bool locks = r->act.ways.encrypted != CRYPT_USUAL;

		r->names = names_doubts(r->when) | names_doubts(r->unless) |
			   (locks ? WHY(DOUBT_ENCRYPTED) : 0);
		if (r->mode == RULE_OFF)
			continue;
		q->asks_files = q->asks_files || locks;
		if (r->when)
			ask_of(&p, r->when);
		if (r->unless)
			ask_of(&p, r->unless);
	}
	pool_companies(l);
	q->term_n = p.terms.n;
	q->term = arena_array(l->a, q->term_n, sizeof(*q->term));
	if (q->term_n)
		memcpy(q->term, p.terms.v, q->term_n * sizeof(*q->term));
	version_of(q);
	check_terms(l, &p);
	map_release(&p.seen);
	vec_release(&p.terms);
	vec_release(&p.at);
}
