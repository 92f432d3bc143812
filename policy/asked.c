/* asked.c - what an old version's question asked, against a newer policy's.
 *
 * Words and companies are met again by their marks, so that a new order of
 * rules or lists changes nothing.
 */
#include <stdlib.h>
#include "policy/policy_int.h"
#include "policy/record_int.h"

enum { ASKED_FILES = 1, ASKED_INSIDE = 2 };

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
	bool *untold_term;
	unsigned untold_detectors;
	bool untold_companies, untold_files, untold_inside;
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

/* ---- as it is kept ---------------------------------------------------------- */

void asked_write(const struct policy *p, struct buf *out)
{
	AUTO(arena) a = ARENA_EMPTY;
	const struct question *q = &p->question;
	struct marks term = term_marks(q, true, &a);
	struct marks company = company_marks(q, &a);

	buf_put_u8(out, ASKED_VERSION);
	buf_put_u8(out, (q->asks_files ? ASKED_FILES : 0) |
				(q->asks_inside ? ASKED_INSIDE : 0));
	buf_put_u32(out, q->detectors);
	buf_put_u8(out, (uint8_t)q->company_places);
	buf_put_u32(out, (uint32_t)term.n);
	for (size_t i = 0; i < term.n; i++) {
		buf_put_u64(out, term.v[i].mark);
		buf_put_u8(out, (uint8_t)term.v[i].is);
	}
	buf_put_u32(out, (uint32_t)company.n);
	for (size_t i = 0; i < company.n; i++)
		buf_put_u64(out, company.v[i].mark);
}

/* The places in which every word of the old question was looked for. */
struct old_asked {
	unsigned flags, detectors, company_places;
	struct marks term, company;
};

static bool old_read(struct str wire, struct arena *a, struct old_asked *o)
{
	struct rd in = rd_of(wire);
	bool known = rd_u8(&in) == ASKED_VERSION;

	o->flags = rd_u8(&in);
	o->detectors = rd_u32(&in);
	o->company_places = rd_u8(&in);
	o->term.n = rd_count(&in, QUESTION_TERMS_MAX, 9);
	o->term.v = arena_array(a, o->term.n, sizeof(*o->term.v));
	for (size_t i = 0; i < o->term.n; i++) {
		o->term.v[i].mark = rd_u64(&in);
		o->term.v[i].is = rd_u8(&in);
	}
	o->company.n = rd_count(&in, QUESTION_COMPANIES_MAX, 8);
	o->company.v = arena_array(a, o->company.n, sizeof(*o->company.v));
	for (size_t i = 0; i < o->company.n; i++)
		o->company.v[i].mark = rd_u64(&in);
	sort_marks(&o->term);
	sort_marks(&o->company);
	return known && rd_end(&in);
}

static bool term_was_asked(const struct old_asked *o, const struct term *t)
{
	uint64_t mark = term_mark(t);
	unsigned places = 0;

	for (size_t i = find_mark(&o->term, mark);
	     i < o->term.n && o->term.v[i].mark == mark; i++)
		places |= o->term.v[i].is;
	return (t->places & ~places) == 0;
}

static bool companies_were_asked(const struct old_asked *o,
				 const struct asked *k)
{
	if (k->company.n && k->q->company_places & ~o->company_places)
		return false;
	for (size_t i = 0; i < k->company.n; i++)
		if (find_mark(&o->company, k->company.v[i].mark) ==
		    o->company.n)
			return false;
	return true;
}

struct asked *asked_new(struct str wire, const struct policy *p)
{
	struct asked *k = NEW(struct asked);
	AUTO(arena) a = ARENA_EMPTY;
	const struct question *q = &p->question;
	struct old_asked old = {0};

	if (!old_read(wire, &a, &old))
		old = (struct old_asked){0};
	k->q = q;
	k->term = term_marks(q, false, &k->arena);
	k->company = company_marks(q, &k->arena);
	k->untold_term = arena_alloc(&k->arena, q->term_n + 1);
	for (size_t i = 0; i < q->term_n; i++)
		k->untold_term[i] = !term_was_asked(&old, &q->term[i]);
	k->untold_detectors = q->detectors & ~old.detectors;
	k->untold_companies = !companies_were_asked(&old, k);
	k->untold_files = q->asks_files && !(old.flags & ASKED_FILES);
	k->untold_inside = q->asks_inside && !(old.flags & ASKED_INSIDE);
	return k;
}

void asked_free(struct asked **kp)
{
	struct asked *k = TAKE(*kp);

	if (!k)
		return;
	arena_release(&k->arena);
	mem_free(k);
}

/* ---- hits ------------------------------------------------------------------- */

void asked_untold(const struct asked *q, struct findings *f)
{
	f->untold_term = q->untold_term;
	f->untold_detectors = q->untold_detectors;
	f->untold_companies = q->untold_companies;
	f->untold_files = q->untold_files;
	f->untold_inside = q->untold_inside;
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
