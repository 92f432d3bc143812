/* collect.c - what a message answers to a question; see collect_int.h. */
#include "connector/extract/collect_int.h"
#include <stdlib.h>
#include "connector/base/mem.h"
#include "connector/extract/places_int.h"

/* Samples of each detector that are told. */
#define SAMPLES_EACH (FINDINGS_SAMPLES_MAX / DETECT_N)

static struct tally *const *levels(struct collect *c, struct tally *v[4])
{
	v[0] = &c->text;
	v[1] = &c->readings;
	v[2] = &c->alternative;
	v[3] = &c->group;
	return v;
}

static void copy_fields(struct collect *c, const struct question *q)
{
	c->field = NEW_ARRAY(char *, q->term_n);
	for (size_t i = 0; i < q->term_n; i++)
		if (q->term[i].places >> PLACE_HEADER & 1)
			c->field[c->field_n++] = mem_strndup(
				q->term[i].field.p, q->term[i].field.n);
}

static unsigned places_of(const struct question *q)
{
	unsigned places = q->company_n ? q->company_places : 0;

	for (size_t i = 0; i < q->term_n; i++)
		places |= q->term[i].places;
	if (q->detectors)
		places |= 1u << PLACE_SUBJECT | 1u << PLACE_BODY |
			  1u << PLACE_FILE_NAMES | 1u << PLACE_ATTACHMENTS;
	return places;
}

struct collect *collect_new(const struct question *q, struct err *e)
{
	struct collect *c = NEW(struct collect);
	struct tally *v[4];

	c->q = *q;
	c->q.term = NULL;
	c->q.company = NULL;
	c->places = places_of(q);
	c->detectors = q->detectors & ~(1u << DETECT_NAME);
	copy_fields(c, q);
	forms_init(&c->forms);
	for (size_t i = 0; i < 4; i++)
		tally_init(levels(c, v)[i], q->term_n);
	for (size_t i = 0; i < PLACE_N; i++)
		tally_init(&c->total[i], q->term_n);
	for (size_t i = 0; i < SCOPE_N; i++)
		detect_set_init(&c->set[i]);
	places_ready();
	if (q->company_n && q->company_places && fold_ready(e)) {
		c->companies = companies_new(q);
		c->company = NEW_ARRAY(uint8_t, q->company_n);
	}
	c->terms = terms_new(q, e);
	if (c->terms && q->detectors >> DETECT_NAME & 1)
		c->namer = namer_new(e);
	if (!c->terms || (q->detectors >> DETECT_NAME & 1 && !c->namer))
		collect_free(&c);
	return c;
}

void collect_free(struct collect **c)
{
	struct tally *v[4];

	if (!*c)
		return;
	terms_free(&(*c)->terms);
	namer_free(&(*c)->namer);
	companies_free(&(*c)->companies);
	mem_free((*c)->company);
	vec_release(&(*c)->companies_found);
	forms_release(&(*c)->forms);
	fold_release(&(*c)->fold);
	for (size_t i = 0; i < 4; i++)
		tally_release(levels(*c, v)[i]);
	for (size_t i = 0; i < PLACE_N; i++)
		tally_release(&(*c)->total[i]);
	for (size_t i = 0; i < SCOPE_N; i++)
		detect_set_release(&(*c)->set[i]);
	vec_release(&(*c)->source);
	for (size_t i = 0; i < (*c)->field_n; i++)
		mem_free((*c)->field[i]);
	mem_free((*c)->field);
	mem_free(*c);
	*c = NULL;
}

bool collect_asks(const struct collect *c)
{
	return c->places;
}

void collect_begin(struct collect *c)
{
	struct tally *v[4];

	for (size_t i = 0; i < 4; i++)
		tally_clear(levels(c, v)[i]);
	for (size_t i = 0; i < PLACE_N; i++)
		tally_clear(&c->total[i]);
	VEC_EACH (company, &c->companies_found)
		c->company[*company] = 0;
	c->companies_found.n = 0;
	c->in_readings = c->in_group = false;
	c->source.n = 0;
	c->bytes = 0;
}

void collect_add(struct collect *c, enum place place)
{
	if (c->in_readings)
		tally_take_max(&c->readings, &c->text);
	else if (c->in_group)
		tally_take_sum(&c->alternative, &c->text);
	else
		tally_take_sum(&c->total[place], &c->text);
}

void collect_readings_begin(struct collect *c)
{
	c->in_readings = true;
}

void collect_readings_end(struct collect *c, enum place place)
{
	c->in_readings = false;
	tally_take_sum(c->in_group ? &c->alternative : &c->total[place],
		       &c->readings);
}

void collect_group_begin(struct collect *c)
{
	c->in_group = true;
}

void collect_alternative_end(struct collect *c)
{
	tally_take_max(&c->group, &c->alternative);
}

void collect_group_end(struct collect *c, enum place place)
{
	collect_alternative_end(c);
	c->in_group = false;
	tally_take_sum(&c->total[place], &c->group);
}

void collect_company(struct collect *c, enum place place, uint32_t company)
{
	if (!c->company[company])
		vec_push(&c->companies_found, company);
	c->company[company] |= (uint8_t)(1u << place);
}

static int compare_u32(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void tell_companies(struct collect *c, struct arena *a,
			   struct findings *f)
{
	size_t n = MIN_OF(c->companies_found.n * PLACE_N,
			  (size_t)FINDINGS_HITS_MAX);

	if (!n)
		return;
	qsort(c->companies_found.v, c->companies_found.n,
	      sizeof(*c->companies_found.v), compare_u32);
	f->company = arena_array(a, n, sizeof(*f->company));
	VEC_EACH (it, &c->companies_found)
		for (unsigned p = 0; p < PLACE_N; p++) {
			if (!(c->company[*it] >> p & 1))
				continue;
			f->more = f->more || f->company_n == n;
			if (f->company_n < n)
				f->company[f->company_n++] =
					(struct company_hit){*it, p};
		}
}

/* Ordered by term and place. */
static void tell_hits(const struct collect *c, struct arena *a,
		      struct findings *f)
{
	size_t n = 0;

	for (size_t p = 0; p < PLACE_N; p++)
		n += c->total[p].touched_n;
	f->more = f->more || n > FINDINGS_HITS_MAX;
	n = MIN_OF(n, (size_t)FINDINGS_HITS_MAX);
	f->hit = arena_array(a, n, sizeof(*f->hit));
	for (uint32_t t = 0; f->hit_n < n && t < c->q.term_n; t++)
		for (unsigned p = 0; f->hit_n < n && p < PLACE_N; p++)
			if (c->total[p].count[t])
				f->hit[f->hit_n++] = (struct term_hit){
					t, p, c->total[p].count[t]};
}

/* The first ones of each detector. */
static void tell_samples(const struct collect *c, struct arena *a,
			 struct findings *f)
{
	const struct detect_set *all = &c->set[SCOPE_ANYWHERE];
	unsigned each[DETECT_N] = {0};

	f->sample = arena_array(a, FINDINGS_SAMPLES_MAX, sizeof(*f->sample));
	VEC_EACH (hit, &all->hits) {
		const struct text_source *from = &c->source.v[hit->source];
		struct str text = text_keep(hit->sample, FINDINGS_SAMPLE_MAX,
					    a);

		if (each[hit->what] == SAMPLES_EACH || str_has_control(text))
			continue;
		each[hit->what]++;
		f->sample[f->sample_n++] = (struct sample){
			hit->what, from->place, from->part, text};
	}
}

void collect_end(struct collect *c, struct arena *a, struct findings *f_r)
{
	*f_r = (struct findings){.version = c->q.version};
	tell_hits(c, a, f_r);
	tell_companies(c, a, f_r);
	for (size_t s = 0; s < SCOPE_N; s++) {
		memcpy(f_r->unique[s], c->set[s].unique,
		       sizeof(f_r->unique[s]));
		f_r->people[s] = c->set[s].people.n;
		f_r->more = f_r->more || c->set[s].more ||
			    c->set[s].people.more;
	}
	tell_samples(c, a, f_r);
	forms_trim(&c->forms);
	/* The values are wiped at once. */
	for (size_t s = 0; s < SCOPE_N; s++) {
		detect_set_release(&c->set[s]);
		detect_set_init(&c->set[s]);
	}
}
