/* tally.c - counts by term; see tally_int.h. */
#include "connector/extract/tally_int.h"
#include "connector/base/mem.h"
#include "connector/mail/findings.h"

void tally_init(struct tally *t, size_t terms)
{
	*t = (struct tally){.count = NEW_ARRAY(uint32_t, terms),
			    .touched = NEW_ARRAY(uint32_t, terms),
			    .n = terms};
}

void tally_release(struct tally *t)
{
	mem_free(t->count);
	mem_free(t->touched);
	*t = (struct tally){0};
}

static void set(struct tally *t, uint32_t term, uint32_t n)
{
	if (!t->count[term] && n)
		t->touched[t->touched_n++] = term;
	t->count[term] = MIN_OF(n, (uint32_t)FINDINGS_COUNT_MAX);
}

void tally_add(struct tally *t, uint32_t term, uint32_t n)
{
	set(t, term, t->count[term] + n);
}

void tally_take_sum(struct tally *t, struct tally *from)
{
	for (size_t i = 0; i < from->touched_n; i++)
		tally_add(t, from->touched[i], from->count[from->touched[i]]);
	tally_clear(from);
}

void tally_take_max(struct tally *t, struct tally *from)
{
	for (size_t i = 0; i < from->touched_n; i++) {
		uint32_t term = from->touched[i];

		set(t, term, MAX_OF(t->count[term], from->count[term]));
	}
	tally_clear(from);
}

void tally_clear(struct tally *t)
{
	for (size_t i = 0; i < t->touched_n; i++)
		t->count[t->touched[i]] = 0;
	t->touched_n = 0;
}
