/* ways_text.c - a recipient's reasons tell how his attachments go, not what a
 * rule wished: another rule may have settled it, or TLS, or a list.
 */
#include "policy/policy_int.h"

static struct told_way told_of(struct deciding *d, size_t at,
			       const struct rule *r, const struct rule *chosen,
			       enum file_way to)
{
	const struct plan_rcpt *rcpt = &d->plan->rcpt[at];
	struct told_way t = {.to = to};

	if (rcpt->password.set && str_eq(rcpt->password.rule, r->name))
		t.password = &rcpt->password;
	if (!d->file_n)
		t.kind = WAY_NO_FILES;
	else if (!chosen)
		t = (struct told_way){.kind = WAY_LISTED, .to = WAY_ATTACH};
	else if (r != chosen)
		t.kind = WAY_EARLIER;
	else if (rcpt->ways.by_tls)
		t.kind = WAY_LATER;
	else if (rcpt->ways.at_least)
		t.kind = rcpt->ways.grade >= rcpt->ways.at_least
				 ? WAY_PROTECTED
				 : WAY_UNPROTECTED;
	else if (r->act.ways.way == DO_FROM)
		t.kind = WAY_LISTED;
	return t;
}

/* `old` begins with what the rule says of itself; the conditions follow. */
static struct str instead(struct arena *a, struct str old, struct str own,
			  struct str told)
{
	struct str rest = str_skip(old, own.n);

	if (!str_starts(old, own) || str_eq(own, told))
		return old;
	return str_of(
		arena_printf(a, STR_FMT STR_FMT, STR_ARG(told), STR_ARG(rest)));
}

void ways_told(struct deciding *d, size_t at, const struct rule *chosen,
	       enum file_way to)
{
	const struct falls *fell = &d->fell[at];
	struct plan_rcpt *rcpt = &d->plan->rcpt[at];

	for (size_t i = 0; d->explains && i < fell->n; i++) {
		const struct rule *r = fell->v[i].rule;
		struct plan_reason *v = &rcpt->reason[i], told;
		struct told_way t;

		if (!r->act.ways.set || fell->v[i].refuse_only)
			continue;
		t = told_of(d, at, r, chosen, to);
		told = rule_told(d->q.a, r, &t);
		v->ja = instead(d->q.a, v->ja, r->reason.ja, told.ja);
		v->en = instead(d->q.a, v->en, r->reason.en, told.en);
	}
}
