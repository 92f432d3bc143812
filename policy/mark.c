/* mark.c - hashes that tell treatments, words and companies apart. */
#include "policy/record_int.h"

uint64_t mark_bytes(uint64_t mark, const void *p, size_t n)
{
	const unsigned char *at = p;

	for (size_t i = 0; i < n; i++) {
		mark ^= at[i];
		mark *= UINT64_C(0x100000001b3);
	}
	return mark;
}

/* A number in one step: most of a treatment is numbers. */
uint64_t mark_u64(uint64_t mark, uint64_t v)
{
	mark = (mark ^ v) * UINT64_C(0x9e3779b97f4a7c15);
	return mark ^ mark >> 29;
}

uint64_t mark_str(uint64_t mark, struct str s)
{
	return mark_bytes(mark_u64(mark, s.n), s.p, s.n);
}

uint64_t term_mark(const struct term *t)
{
	uint64_t mark = mark_u64(MARK_SEED, t->regex);

	mark = mark_u64(mark, t->field.n);
	for (size_t i = 0; i < t->field.n; i++) {
		char c = ascii_lower(t->field.p[i]);

		mark = mark_bytes(mark, &c, 1);
	}
	return mark_str(mark, t->text);
}

uint64_t company_mark(struct str name)
{
	return mark_str(MARK_SEED, name);
}

/* ---- what a recipient gets and waits for ---------------------------------- */

static uint64_t mark_text(uint64_t mark, const struct plan_reason *t)
{
	return mark_str(mark_str(mark, t->ja), t->en);
}

static uint64_t mark_gate(uint64_t mark, const struct gate *g,
			  int64_t accepted_us)
{
	int64_t late = g->until_us ? g->until_us - accepted_us : 0;

	mark = mark_u64(mark, (uint64_t)g->kind);
	mark = mark_u64(mark, g->stage);
	mark = mark_u64(mark, (uint64_t)g->for_us);
	mark = mark_u64(mark, (uint64_t)late);
	mark = mark_u64(mark, (uint64_t)g->then);
	mark = mark_str(mark, g->by);
	mark = mark_str(mark, g->doubt);
	for (size_t i = 0; i < g->who_n; i++)
		mark = mark_str(mark, g->who[i]);
	mark = mark_u64(mark, g->need);
	mark = mark_u64(mark, g->self);
	mark = mark_text(mark, &g->within);
	mark = mark_u64(mark, (uint64_t)g->remind_us);
	mark = mark_str(mark, g->urgent);
	mark = mark_u64(mark, g->user);
	mark = mark_u64(mark, (uint64_t)g->user_lo_us);
	mark = mark_u64(mark, (uint64_t)g->user_hi_us);
	return mark_u64(mark, g->user_then);
}

static uint64_t mark_ways(uint64_t mark, const struct plan_rcpt *r)
{
	const struct plan_ways *w = &r->ways;

	for (size_t i = 0; i < r->file_n; i++) {
		mark = mark_u64(mark, (uint64_t)r->file[i].way);
		mark = mark_u64(mark, (uint64_t)r->file[i].way_tls);
	}
	if (!w->rule.n)
		return mark;
	mark = mark_u64(mark, w->by_tls);
	mark = mark_u64(mark, (uint64_t)w->at_least);
	mark = mark_u64(mark, w->each);
	mark = mark_u64(mark, w->zipcrypto);
	mark = mark_u64(mark, w->cp932);
	mark = mark_u64(mark, (uint64_t)w->keep_us);
	mark = mark_u64(mark, w->downloads);
	return mark_u64(mark, w->tail);
}

static uint64_t mark_password(uint64_t mark, const struct plan_password *p)
{
	if (!p->set)
		return mark;
	mark = mark_u64(mark, (uint64_t)p->make);
	mark = mark_u64(mark, p->length);
	mark = mark_u64(mark, p->classes);
	mark = mark_str(mark, p->secret);
	mark = mark_str(mark, p->hint);
	mark = mark_u64(mark, p->tell_hint);
	mark = mark_u64(mark, p->to);
	mark = mark_u64(mark, (uint64_t)p->after_us);
	return mark_u64(mark, p->mailed_code);
}

static uint64_t mark_shape(uint64_t mark, const struct change *c)
{
	for (size_t i = 0; i < c->hide_n; i++)
		mark = mark_str(mark, c->hide[i]);
	for (size_t i = 0; i < c->add_n; i++)
		mark = mark_str(mark_str(mark, c->add[i].name),
				c->add[i].value);
	for (size_t i = 0; i < c->remove_n; i++)
		mark = mark_str(mark, c->remove[i]);
	return mark;
}

void treated_of(const struct plan *plan, const struct facts *f, size_t rcpt,
		struct treated *t_r)
{
	const struct plan_rcpt *r = &plan->rcpt[rcpt];
	uint64_t mark = mark_u64(MARK_SEED, r->outcome);

	for (size_t i = 0; i < r->gate_n; i++)
		mark = mark_gate(mark, &r->gate[i], f->accepted_us);
	mark = mark_u64(mark, r->bcc);
	mark = mark_ways(mark, r);
	mark = mark_password(mark, &r->password);
	for (size_t i = 0; i < r->insert_n; i++) {
		mark = mark_text(mark, &r->insert[i].text);
		mark = mark_u64(mark, r->insert[i].tail);
	}
	mark = mark_u64(mark, (uint64_t)r->sign << 1 | r->encrypt);
	if (r->shape < plan->shape_n)
		mark = mark_shape(mark, &plan->shape[r->shape]);
	*t_r = (struct treated){r->outcome, mark};
}

uint64_t told_of(const struct plan *plan)
{
	uint64_t mark = mark_str(MARK_SEED, plan->refuse_forward);

	for (size_t i = 0; i < plan->copy_n; i++) {
		mark = mark_str(mark, plan->copy[i].to);
		mark = mark_u64(mark, plan->copy[i].tell_sender);
		mark = mark_str(mark, plan->copy[i].when);
	}
	for (size_t i = 0; i < plan->notice_n; i++) {
		mark = mark_str(mark, plan->notice[i].to);
		mark = mark_str(mark, plan->notice[i].kind);
		mark = mark_text(mark, &plan->notice[i].text);
	}
	return mark;
}
