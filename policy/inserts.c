/* inserts.c - what is put into a recipient's copy, or around it: prepared
 * texts, the stamp of the check, S/MIME.
 */
#include "policy/policy_int.h"

#define INSERTS_MAX 64

static void add(struct plan_rcpt *r, const struct plan_insert *in)
{
	for (size_t i = 0; i < r->insert_n; i++)
		if (r->insert[i].tail == in->tail &&
		    str_eq(r->insert[i].text.ja, in->text.ja) &&
		    str_eq(r->insert[i].text.en, in->text.en))
			return;
	if (r->insert_n < INSERTS_MAX)
		r->insert[r->insert_n++] = *in;
}

static void of_rule(struct deciding *d, size_t at, const struct rule *rule)
{
	struct plan_rcpt *r = &d->plan->rcpt[at];

	for (size_t i = 0; i < rule->act.insert_n; i++) {
		const struct do_insert *in = &rule->act.insert[i];
		struct plan_insert one = {in->name, in->text, in->tail,
					  rule->name};
		const struct dest *dest =
			in->from ? dests_find(in->from,
					      &d->q.f->env->rcpt[at].addr)
				 : NULL;

		if (in->from && (!dest || !dest->text.ja.n))
			continue;
		if (dest) {
			one.name = dest->text_name;
			one.text = dest->text;
		}
		add(r, &one);
	}
}

/* Somebody else sees it before it leaves, whatever happens. */
bool seen_by_another(const struct plan_rcpt *r)
{
	for (size_t i = 0; i < r->gate_n; i++) {
		const struct gate *g = &r->gate[i];

		if (g->kind == GATE_APPROVE && g->rule.n && !g->self &&
		    g->then != THEN_SEND)
			return true;
	}
	return false;
}

static void stamp_text(struct deciding *d, struct plan_rcpt *r,
		       const struct rule *rule)
{
	static const struct plan_reason BY_TWO = {
		STR("このメールは、差出人とは別の担当者が内容を確認してから"
		    "送信しています。"),
		STR("This message was checked by a second person before it "
		    "was sent.")};
	static const struct plan_reason BY_RULE = {
		STR("このメールは、送信前の検査を受けています。"),
		STR("This message was inspected before it was sent.")};
	struct plan_insert in = {STR("stamp"), BY_RULE, true, rule->name};

	(void)d;
	if (seen_by_another(r))
		in.text = BY_TWO;
	add(r, &in);
}

static void dropped(struct deciding *d, struct plan_rcpt *r)
{
	reason_add(d, r,
		   (struct plan_reason){
			   STR("署名や暗号化などのあるメールなので、本文は"
			       "変えません。"),
			   STR("Signed, encrypted or special mail: its text "
			       "is not changed.")});
}

static size_t most_inserts(const struct falls *fell)
{
	size_t n = 0;

	for (size_t i = 0; i < fell->n; i++)
		n += fell->v[i].rule->act.insert_n + 1;
	return MIN_OF(n, (size_t)INSERTS_MAX);
}

void decide_inserts(struct deciding *d, size_t at)
{
	struct plan_rcpt *r = &d->plan->rcpt[at];
	const struct falls *fell = &d->fell[at];
	bool wanted = false, may = d->allowed.edits == EDITS_ALL;

	r->insert = arena_array(d->q.a, most_inserts(fell), sizeof(*r->insert));
	for (size_t i = 0; i < fell->n; i++) {
		const struct rule *rule = fell->v[i].rule;
		const struct actions *a = &rule->act;

		if (fell->v[i].refuse_only)
			continue;
		of_rule(d, at, rule);
		if (a->header.stamp & STAMP_TEXT)
			stamp_text(d, r, rule);
		r->sign = r->sign || a->sign;
		r->encrypt = r->encrypt || a->encrypt;
	}
	wanted = r->insert_n || r->sign || r->encrypt;
	if (may || !wanted)
		return;
	r->insert_n = 0;
	r->sign = r->encrypt = false;
	dropped(d, r);
}
