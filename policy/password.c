/* password.c - the password of a recipient's ZIP or download page: settled by
 * the first rule that names one, else by the defaults.
 */
#include "policy/policy_int.h"

static const struct rule *first_rule(struct deciding *d, size_t at)
{
	const struct falls *fell = &d->fell[at];

	for (size_t i = 0; i < fell->n; i++)
		if (!fell->v[i].refuse_only &&
		    fell->v[i].rule->act.password.set)
			return fell->v[i].rule;
	return NULL;
}

/* A hint is told of a registered password, never of a random one. */
static void registered(struct deciding *d, size_t at,
		       const struct do_password *how, struct plan_password *p)
{
	const struct dest *dest = dests_find(how->from,
					     &d->q.f->env->rcpt[at].addr);

	if (!dest || !dest->secret.n) {
		p->make = how->other;
		p->tell_hint = false;
		return;
	}
	p->secret = dest->secret;
	p->hint = dest->hint;
}

void decide_password(struct deciding *d, size_t at)
{
	struct plan_rcpt *r = &d->plan->rcpt[at];
	const struct rule *rule = first_rule(d, at);
	const struct do_password *how = rule ? &rule->act.password
					     : &d->q.p->password_default;
	unsigned used = ways_used(r);
	struct plan_password *p = &r->password;

	if (!(used & ~(1u << WAY_ATTACH)))
		return;
	*p = (struct plan_password){
		.set = true,
		.make = how->make,
		.length = how->length,
		.classes = how->classes,
		.tell_hint = how->tell_hint,
		.to = how->to,
		.after_us = how->after_us,
		/* A ZIP has no page that could mail a code. */
		.mailed_code = how->mailed_code && !(used >> WAY_ZIP & 1),
		.rule = rule ? rule->name : STR_EMPTY};
	if (p->make == PASSWORD_REGISTERED)
		registered(d, at, how, p);
}
