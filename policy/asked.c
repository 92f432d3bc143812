/* asked.c - what an old version's question asked, against a newer policy's.
 *
 * Words and companies are met again by their marks, so that a new order of
 * rules or lists changes nothing.
 */
#include <stdlib.h>
#include "policy/policy_int.h"
#include "policy/record_int.h"

/* What of a mail is read for a question: bits of enum place for its texts, and
 * behind them these. */
enum { READS_FILES = 1 << PLACE_N, READS_INSIDE = 2 << PLACE_N };
#define READS_BODY (1u << PLACE_SUBJECT | 1u << PLACE_BODY | 1u << PLACE_HEADER)

struct place_mark {
	uint64_t mark;
	uint32_t is; /* places, or an index */
};
struct marks {
	struct place_mark *v;
	size_t n;
};
struct asked {
	struct arena arena;
	const struct question *q;   /* of the new policy */
	struct marks term, company; /* of the new policy, to its index */
	bool anything;		    /* was asked then */
	bool same;		    /* the very question */
	unsigned reads, read;	    /* READS_*, now and then */
	struct map rewritten; /* names of rules that say something else now */
	unsigned char *untold_places; /* by term */
	unsigned untold_detectors;
	bool untold_companies, untold_names;
};

static int by_mark(const void *a, const void *b)
{
	const struct place_mark *x = a, *y = b;

	return (x->mark > y->mark) - (x->mark < y->mark);
}

static void sort_marks(struct marks *m)
{
	if (m->n)
		qsort(m->v, m->n, sizeof(*m->v), by_mark);
}

/* The first of this mark, or n. */
static size_t find_mark(const struct marks *m, uint64_t mark)
{
	size_t lo = 0, hi = m->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (m->v[mid].mark < mark)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < m->n && m->v[lo].mark == mark ? lo : m->n;
}

/* As the inspector does it: who asks about text has archives opened, and who
 * has them opened learns what files are. */
static unsigned reads_of(const struct question *q)
{
	unsigned reads = q->company_n ? q->company_places : 0;

	for (size_t i = 0; i < q->term_n; i++)
		reads |= q->term[i].places;
	if (q->detectors)
		reads |= (1u << PLACE_N) - 1 - (1u << PLACE_HEADER);
	if (q->asks_content || q->asks_inside)
		reads |= READS_INSIDE | READS_FILES;
	if (q->asks_files)
		reads |= READS_FILES;
	return reads;
}

static struct marks term_marks(const struct question *q, bool places,
			       struct arena *a)
{
	struct marks m = {arena_array(a, q->term_n, sizeof(*m.v)), q->term_n};

	for (size_t i = 0; i < m.n; i++)
		m.v[i] = (struct place_mark){term_mark(&q->term[i]),
					     places ? q->term[i].places
						    : (uint32_t)i};
	sort_marks(&m);
	return m;
}

static struct marks company_marks(const struct question *q, struct arena *a)
{
	size_t n = q->company_places ? q->company_n : 0;
	struct marks m = {arena_array(a, n, sizeof(*m.v)), n};

	for (size_t i = 0; i < n; i++)
		m.v[i] = (struct place_mark){company_mark(q->company[i]),
					     (uint32_t)i};
	sort_marks(&m);
	return m;
}

/* ---- words in file names ------------------------------------------------- */

static void cond_names(const struct cond *c, struct name_words *to)
{
	if (!c)
		return;
	if (c->kind == COND_ATT_NAME)
		vec_push(to, &c->words);
	for (size_t i = 0; i < c->sub_n; i++)
		cond_names(c->sub[i], to);
}

void name_words_of(const struct policy *p, struct name_words *to)
{
	for (size_t i = 0; i < p->rules.n; i++) {
		const struct rule *r = &p->rules.v[i];

		if (r->mode == RULE_OFF)
			continue;
		cond_names(r->when, to);
		cond_names(r->unless, to);
	}
}

static struct marks name_marks(const struct policy *p, struct arena *a)
{
	struct name_words words = {0};
	struct marks m = {0};
	size_t n = 0;

	name_words_of(p, &words);
	for (size_t i = 0; i < words.n; i++)
		n += words.v[i]->n;
	m.v = arena_array(a, n, sizeof(*m.v));
	for (size_t i = 0; i < words.n; i++)
		for (size_t k = 0; k < words.v[i]->n; k++)
			m.v[m.n++].mark = mark_str(MARK_SEED, words.v[i]->v[k]);
	vec_release(&words);
	sort_marks(&m);
	return m;
}

/* ---- what rules say ------------------------------------------------------- */

static uint64_t mark_node(uint64_t mark, const struct conf_node *n)
{
	mark = mark_u64(mark, (uint64_t)n->kind);
	if (n->kind == CONF_SCALAR)
		return mark_str(mark, n->text);
	for (size_t i = 0; i < n->n; i++) {
		if (n->kind == CONF_MAP)
			mark = mark_str(mark, n->key[i]->text);
		mark = mark_node(mark, n->item[i]);
	}
	return mark;
}

/* Its name and all that stands below it. */
static struct marks rule_marks(const struct policy *p, struct arena *a)
{
	struct marks m = {arena_array(a, p->rules.n, sizeof(*m.v)), 0};

	for (size_t i = 0; i < p->rules.n; i++)
		m.v[m.n++].mark = mark_node(MARK_SEED, p->rules.v[i].at);
	sort_marks(&m);
	return m;
}

/* ---- as it is kept ---------------------------------------------------------- */

static void put_marks(struct buf *out, const struct marks *m)
{
	buf_put_u32(out, (uint32_t)m->n);
	for (size_t i = 0; i < m->n; i++)
		buf_put_u64(out, m->v[i].mark);
}

void asked_write(const struct policy *p, struct buf *out)
{
	AUTO(arena) a = ARENA_EMPTY;
	const struct question *q = &p->question;
	struct marks term = term_marks(q, true, &a);
	struct marks company = company_marks(q, &a);
	struct marks name = name_marks(p, &a);
	struct marks rule = rule_marks(p, &a);

	buf_put_u8(out, ASKED_VERSION);
	buf_put_u32(out, q->version);
	buf_put_u8(out, (uint8_t)reads_of(q));
	buf_put_u32(out, q->detectors);
	buf_put_u8(out, (uint8_t)q->company_places);
	buf_put_u32(out, (uint32_t)term.n);
	for (size_t i = 0; i < term.n; i++) {
		buf_put_u64(out, term.v[i].mark);
		buf_put_u8(out, (uint8_t)term.v[i].is);
	}
	put_marks(out, &company);
	put_marks(out, &name);
	put_marks(out, &rule);
}

/* The places in which every word of the old question was looked for. */
struct old_asked {
	uint32_t version;
	unsigned reads, detectors, company_places;
	struct marks term, company, name, rule;
};

static struct marks get_marks(struct rd *in, struct arena *a)
{
	struct marks m = {.n = rd_count(in, QUESTION_COMPANIES_MAX, 8)};

	m.v = arena_array(a, m.n, sizeof(*m.v));
	for (size_t i = 0; i < m.n; i++)
		m.v[i].mark = rd_u64(in);
	sort_marks(&m);
	return m;
}

static bool old_read(struct str wire, struct arena *a, struct old_asked *o)
{
	struct rd in = rd_of(wire);
	bool known = rd_u8(&in) == ASKED_VERSION;

	o->version = rd_u32(&in);
	o->reads = rd_u8(&in);
	o->detectors = rd_u32(&in);
	o->company_places = rd_u8(&in);
	o->term.n = rd_count(&in, QUESTION_TERMS_MAX, 9);
	o->term.v = arena_array(a, o->term.n, sizeof(*o->term.v));
	for (size_t i = 0; i < o->term.n; i++) {
		o->term.v[i].mark = rd_u64(&in);
		o->term.v[i].is = rd_u8(&in);
	}
	sort_marks(&o->term);
	o->company = get_marks(&in, a);
	o->name = get_marks(&in, a);
	o->rule = get_marks(&in, a);
	return known && rd_end(&in);
}

/* Places where a term was not looked for. */
static unsigned places_untold(const struct old_asked *o, const struct term *t)
{
	uint64_t mark = term_mark(t);
	unsigned places = 0;

	for (size_t i = find_mark(&o->term, mark);
	     i < o->term.n && o->term.v[i].mark == mark; i++)
		places |= o->term.v[i].is;
	return t->places & ~places;
}

static bool all_in(const struct marks *these, const struct marks *those)
{
	for (size_t i = 0; i < these->n; i++)
		if (find_mark(those, these->v[i].mark) == those->n)
			return false;
	return true;
}

static bool companies_were_asked(const struct old_asked *o,
				 const struct asked *k)
{
	if (k->company.n && k->q->company_places & ~o->company_places)
		return false;
	return all_in(&k->company, &o->company);
}

struct asked *asked_new(struct str wire, const struct policy *p)
{
	struct asked *k = NEW(struct asked);
	AUTO(arena) a = ARENA_EMPTY;
	const struct question *q = &p->question;
	struct old_asked old = {0};
	struct marks name = name_marks(p, &a);

	if (!old_read(wire, &a, &old))
		old = (struct old_asked){0};
	k->q = q;
	k->term = term_marks(q, false, &k->arena);
	k->company = company_marks(q, &k->arena);
	k->same = old.version && old.version == q->version;
	k->reads = reads_of(q);
	k->read = old.reads;
	k->untold_places = arena_alloc(&k->arena, q->term_n + 1);
	for (size_t i = 0; i < q->term_n; i++)
		k->untold_places[i] = (unsigned char)places_untold(&old,
								   &q->term[i]);
	k->untold_detectors = q->detectors & ~old.detectors;
	k->untold_companies = !companies_were_asked(&old, k);
	for (size_t i = 0; i < p->rules.n; i++)
		if (find_mark(&old.rule,
			      mark_node(MARK_SEED, p->rules.v[i].at)) ==
		    old.rule.n)
			map_put(&k->rewritten, p->rules.v[i].name, k);
	k->anything = old.term.n || old.detectors || old.company.n || old.reads;
	k->untold_names = !all_in(&name, &old.name);
	return k;
}

void asked_free(struct asked **kp)
{
	struct asked *k = TAKE(*kp);

	if (!k)
		return;
	map_release(&k->rewritten);
	arena_release(&k->arena);
	mem_free(k);
}

/* ---- hits ------------------------------------------------------------------- */

bool asked_rewritten(const struct asked *q, struct str rule)
{
	return map_get(&q->rewritten, rule) != NULL;
}

bool asked_anything(const struct asked *q)
{
	return q->anything;
}

bool asked_the_same(const struct asked *q)
{
	return q->same;
}

/* Of the texts that stand in the mail itself nothing is said: what is left
 * unread there is rare. */
bool asked_less(const struct asked *q)
{
	return (q->reads & ~q->read & ~READS_BODY) != 0;
}

bool asked_reads_known(const struct asked *q)
{
	return !(q->reads & ~q->read);
}

bool asked_more(const struct asked *q)
{
	return (q->read & ~q->reads) != 0;
}

void asked_untold(const struct asked *q, struct facts *f, struct findings *to)
{
	unsigned unread = q->reads & ~q->read;

	to->version = q->q->version;
	to->untold_places = q->untold_places;
	to->untold_detectors = q->untold_detectors;
	to->untold_companies = q->untold_companies;
	to->untold_files = (unread & READS_FILES) != 0;
	to->untold_inside = (unread & READS_INSIDE) != 0;
	f->untold |= UNTOLD_ENDS | (q->untold_names ? UNTOLD_NAMES : 0) |
		     (q->read != q->reads ? UNTOLD_REASONS : 0);
}

static size_t matches(const struct marks *m, const struct old_hit *old,
		      size_t n)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = find_mark(m, old[i].mark);
		     k < m->n && m->v[k].mark == old[i].mark; k++)
			sum++;
	return sum;
}

static int by_term(const void *a, const void *b)
{
	const struct term_hit *x = a, *y = b;

	if (x->term != y->term)
		return x->term < y->term ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

void asked_terms(const struct asked *q, const struct old_hit *old, size_t n,
		 struct arena *a, struct findings *f)
{
	size_t all = matches(&q->term, old, n);
	struct term_hit *v = arena_array(a, all, sizeof(*v));
	size_t kept = 0;

	f->hit = v;
	all = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t k = find_mark(&q->term, old[i].mark);
		     k < q->term.n && q->term.v[k].mark == old[i].mark; k++)
			v[all++] = (struct term_hit){
				q->term.v[k].is, old[i].place, old[i].count};
	if (all)
		qsort(v, all, sizeof(*v), by_term);
	/* A word that stood twice in the old question is one. */
	for (size_t i = 0; i < all; i++)
		if (!kept || by_term(&v[kept - 1], &v[i]) != 0)
			v[kept++] = v[i];
	f->hit_n = kept;
}

static int by_company(const void *a, const void *b)
{
	const struct company_hit *x = a, *y = b;

	if (x->company != y->company)
		return x->company < y->company ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

void asked_companies(const struct asked *q, const struct old_hit *old, size_t n,
		     struct arena *a, struct findings *f)
{
	size_t all = matches(&q->company, old, n);
	struct company_hit *v = arena_array(a, all, sizeof(*v));
	size_t kept = 0;

	f->company = v;
	all = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t k = find_mark(&q->company, old[i].mark);
		     k < q->company.n && q->company.v[k].mark == old[i].mark;
		     k++)
			v[all++] = (struct company_hit){q->company.v[k].is,
							old[i].place};
	if (all)
		qsort(v, all, sizeof(*v), by_company);
	for (size_t i = 0; i < all; i++)
		if (!kept || by_company(&v[kept - 1], &v[i]) != 0)
			v[kept++] = v[i];
	f->company_n = kept;
}
