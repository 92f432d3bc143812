/* looked.c - see looked.h. */
#include "tests/unit/connector/extract/looked.h"
#include <check.h>

void looked_start(struct looked *l)
{
	asked_start(&l->t);
	l->file = BUF_MAX(MADE_MAX);
	l->mail = BUF_MAX(2 * MADE_MAX);
	l->t.q.asks_content = l->t.q.asks_files = l->t.q.asks_inside = true;
	/* So that texts are wanted. */
	asked_term(&l->t, "no such word", 1 << PLACE_ATTACHMENTS);
	asked_compile(&l->t);
}

void looked_stop(struct looked *l)
{
	buf_release(&l->file);
	buf_release(&l->mail);
	asked_stop(&l->t);
}

void looked_at(struct looked *l, const char *name)
{
	buf_clear(&l->mail);
	made_mail(&l->mail, name, buf_str(&l->file));
	asked_raw(&l->t, buf_str(&l->mail));
	l->v = &l->t.h.v;
	l->p = &l->v->part[l->v->part_n - 1];
}

unsigned looked_word(struct looked *l, const char *name, const char *word)
{
	l->t.q.term_n = 0;
	asked_term(&l->t, word, 1 << PLACE_ATTACHMENTS);
	asked_compile(&l->t);
	looked_at(l, name);
	return (unsigned)findings_hits(&l->t.h.f, 0, 1 << PLACE_ATTACHMENTS);
}

bool looked_doubt(const struct looked *l, enum doubt d)
{
	return harness_has(l->v, d);
}

bool looked_clean(const struct looked *l)
{
	return l->v->reason_n == 0 && l->p->file & FILE_READ;
}

const struct view_inner *looked_inner(const struct looked *l, const char *name)
{
	for (size_t i = 0; i < l->v->inner_n; i++)
		if (str_is(l->v->inner[i].name, name))
			return &l->v->inner[i];
	return NULL;
}
