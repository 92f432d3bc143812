/* approve.c - whose consent a recipient's copy waits for.
 */
#include "policy/policy_int.h"

/* A recipient's gates are kept in a row of bounded size. */
#define APPROVALS_MAX 32

static bool anyone(const struct who *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (w[i].kind == WHO_ANYONE)
			return true;
	return false;
}

/* Without the sender, who never decides about his own mail. */
static struct addresses people_of(struct deciding *d, const struct who *w,
				  size_t n, bool self)
{
	struct addresses all = {0}, out = {0};

	for (size_t i = 0; i < n; i++)
		who_addresses(&d->q, &w[i], true, &all);
	out.v = all.v;
	for (size_t i = 0; i < all.n; i++)
		if (self || !is_the_sender(&d->q, all.v[i]))
			out.v[out.n++] = all.v[i];
	return out;
}

static void ask(struct deciding *d, struct plan_rcpt *r,
		const struct rule *rule, struct str by, struct addresses who,
		unsigned need)
{
	const struct do_approve *a = &rule->act.approve;
	struct gate *g = gate_add(d, r, GATE_APPROVE);

	g->by = by;
	g->who = who.v;
	g->who_n = who.n;
	g->need = need;
	g->self = a->self;
	g->then = a->then;
	g->rule = rule->name;
	g->span = &a->within;
	g->remind = a->remind.us || a->remind.n ? &a->remind : NULL;
	g->for_us = a->within.kind == SPAN_CLOCK ? a->within.us : 0;
}

static size_t gates_like(const struct plan_rcpt *r, enum gate_kind kind,
			 const char *by)
{
	size_t n = 0;

	for (size_t i = 0; i < r->gate_n; i++)
		n += r->gate[i].kind == kind && !r->gate[i].doubt.n &&
		     (!by || str_is(r->gate[i].by, by));
	return n;
}

/* Nobody can say yes: somebody has to look. */
static void hold_for_admin(struct deciding *d, struct plan_rcpt *r,
			   const struct rule *rule, struct plan_reason why)
{
	struct gate *g;

	reason_add(d, r, why);
	if (gates_like(r, GATE_HOLD, "admin"))
		return;
	g = gate_add(d, r, GATE_HOLD);
	g->by = STR("admin");
	g->then = THEN_WAIT;
	g->rule = rule->name;
}

static const struct plan_reason NOBODY = {
	STR("承認する人がいないので、管理者が確かめます。"),
	STR("There is nobody to approve it; an admin has to look.")};
static const struct plan_reason TOO_FEW = {
	STR("承認できる人が足りないので、管理者が確かめます。"),
	STR("There are not enough approvers; an admin has to look.")};
static const struct plan_reason TOO_MANY = {
	STR("求められた承認が多すぎるので、管理者が確かめます。"),
	STR("Too many approvals are asked for; an admin has to look.")};

static void ask_others(struct deciding *d, struct plan_rcpt *r,
		       const struct rule *rule)
{
	const struct do_approve *a = &rule->act.approve;
	struct addresses who = people_of(d, a->none, a->none_n, a->self);

	if (anyone(a->none, a->none_n))
		ask(d, r, rule, a->none_shown, (struct addresses){0}, 1);
	else if (who.n)
		ask(d, r, rule, a->none_shown, who,
		    MIN_OF(a->need, (unsigned)who.n));
	else
		hold_for_admin(d, r, rule, NOBODY);
}

static void one_approval(struct deciding *d, struct plan_rcpt *r,
			 const struct rule *rule)
{
	const struct do_approve *a = &rule->act.approve;
	struct addresses who;

	if (gates_like(r, GATE_APPROVE, NULL) == APPROVALS_MAX) {
		hold_for_admin(d, r, rule, TOO_MANY);
		return;
	}
	if (anyone(a->by, a->by_n)) {
		ask(d, r, rule, a->shown, (struct addresses){0}, a->need);
		return;
	}
	who = people_of(d, a->by, a->by_n, a->self);
	if (who.n >= a->need)
		ask(d, r, rule, a->shown, who, a->need);
	else if (who.n)
		hold_for_admin(d, r, rule, TOO_FEW);
	else if (a->if_none == NONE_ASK)
		ask_others(d, r, rule);
	else if (a->if_none == NONE_HOLD)
		hold_for_admin(d, r, rule, NOBODY);
	else
		reason_add(d, r,
			   (struct plan_reason){
				   STR("承認する人がいないので、承認なしで"
				       "進みます。"),
				   STR("There is nobody to approve it, so no "
				       "approval is asked for.")});
}

bool decide_approvals(struct deciding *d, size_t at)
{
	bool all = true;

	for (size_t i = 0; i < d->fell[at].n; i++) {
		const struct fall *f = &d->fell[at].v[i];

		if (f->refuse_only || !f->rule->act.approve.set)
			continue;
		if (d->allowed.gates & GATES_APPROVE)
			one_approval(d, &d->plan->rcpt[at], f->rule);
		else
			all = false;
	}
	return all;
}

/* ---- when it is asked for, and until when ---- */

/* The end of the holds before it; 0: they have none of their own. */
static int64_t asked_us(const struct deciding *d, const struct plan_rcpt *r)
{
	int64_t at = d->q.f->accepted_us;

	for (size_t i = 0; i < r->gate_n; i++) {
		const struct gate *g = &r->gate[i];

		if (g->kind != GATE_HOLD)
			continue;
		if (!g->for_us || g->then != THEN_SEND)
			return 0;
		at += g->for_us;
	}
	return at;
}

static struct str span_text(struct deciding *d, const struct timespan *s,
			    bool ja)
{
	AUTO(buf) b = BUF_MAX(256);

	say_span(&b, s, ja);
	return arena_say(d->q.a, &b);
}

/* Doubt asks the manager, and names nobody. */
static void name_manager(struct deciding *d, struct gate *g)
{
	const struct who manager = {.kind = WHO_MANAGER};
	struct addresses to = {0};

	if (g->kind != GATE_APPROVE || !g->doubt.n || !str_is(g->by, "manager"))
		return;
	who_addresses(&d->q, &manager, false, &to);
	g->who = to.v;
	g->who_n = to.n;
	g->need = 1;
}

void decide_deadlines(struct deciding *d, size_t rcpt)
{
	struct plan_rcpt *r = &d->plan->rcpt[rcpt];
	const struct calendar *c = d->q.p->calendar;

	for (size_t i = 0; i < r->gate_n; i++) {
		struct gate *g = &r->gate[i];
		int64_t at = g->span || g->remind ? asked_us(d, r) : 0;

		name_manager(d, g);
		if (g->span) {
			g->within.ja = span_text(d, g->span, true);
			g->within.en = span_text(d, g->span, false);
		}
		if (at && g->span)
			g->until_us = span_end(g->span, c, at);
		if (at && g->remind)
			g->remind_us = span_end(g->remind, c, at);
	}
}
