/* tell.c - who else gets a copy or a notice. */
#include "policy/policy_int.h"

static const char *const WHEN[] = {"accepted", "released", "refused"};

static void add_copy(struct deciding *d, struct str to, const char *when,
		     bool tell, struct str rule)
{
	struct plan *plan = d->plan;
	struct plan_copy *v;

	for (size_t i = 0; i < plan->copy_n; i++)
		if (str_eq_ci(plan->copy[i].to, to) &&
		    str_is(plan->copy[i].when, when))
			return;
	v = arena_array(d->q.a, plan->copy_n + 1, sizeof(*v));
	if (plan->copy_n)
		memcpy(v, plan->copy, plan->copy_n * sizeof(*v));
	v[plan->copy_n++] = (struct plan_copy){to, tell, str_of(when), false,
					       rule};
	plan->copy = v;
}

static void add_notice(struct deciding *d, struct str to, const char *kind,
		       struct plan_reason text)
{
	struct plan *plan = d->plan;
	struct plan_notice *v;

	for (size_t i = 0; i < plan->notice_n; i++)
		if (str_eq_ci(plan->notice[i].to, to) &&
		    str_is(plan->notice[i].kind, kind) &&
		    str_eq(plan->notice[i].text.ja, text.ja))
			return;
	v = arena_array(d->q.a, plan->notice_n + 1, sizeof(*v));
	if (plan->notice_n)
		memcpy(v, plan->notice, plan->notice_n * sizeof(*v));
	v[plan->notice_n++] = (struct plan_notice){to, str_of(kind), text};
	plan->notice = v;
}

static bool some_refused(const struct plan *plan)
{
	for (size_t i = 0; i < plan->rcpt_n; i++)
		if (plan->rcpt[i].refused)
			return true;
	return false;
}

static void copies_of_rule(struct deciding *d, const struct rule *r)
{
	const struct do_copy *c = &r->act.copy;
	struct addresses to = {0};

	if (!c->set || (c->when == COPY_REFUSED ? !some_refused(d->plan)
						: d->refused_by != NULL))
		return;
	who_addresses(&d->q, &c->who, false, &to);
	for (size_t i = 0; i < to.n; i++)
		add_copy(d, to.v[i], WHEN[c->when], c->tell_sender, r->name);
}

/* Rules whose actions count: a rule that only refuses behind a `stop` has no
 * others. */
static bool acted(struct deciding *d, const struct rule *r)
{
	for (size_t i = 0; i < d->plan->rcpt_n; i++)
		for (size_t k = 0; k < d->fell[i].n; k++)
			if (d->fell[i].v[k].rule == r &&
			    !d->fell[i].v[k].refuse_only)
				return true;
	return false;
}

static bool some_wait(const struct plan *plan)
{
	for (size_t i = 0; i < plan->rcpt_n; i++)
		if (plan->rcpt[i].gate_n && !plan->rcpt[i].refused)
			return true;
	return false;
}

/* Whoever stands above the sender and reads the mail before it leaves can stop
 * it (a brake). */
static void brakes(struct deciding *d)
{
	struct plan *plan = d->plan;
	bool wait = !d->refused_by && some_wait(plan);

	for (size_t i = 0; wait && i < plan->copy_n; i++) {
		struct plan_copy *c = &plan->copy[i];
		struct addr to;

		addr_lenient(c->to, d->q.a, &to);
		c->brake = str_is(c->when, "accepted") &&
			   is_superior(d->q.person, &to);
	}
}

void decide_copies(struct deciding *d)
{
	const struct rules *rules = &d->q.p->rules;
	struct plan *plan = d->plan;

	if (plan->refuse_forward.n && some_refused(plan))
		add_copy(d, plan->refuse_forward, "refused", false, STR_EMPTY);
	if (d->q.f->mode == MODE_PASS)
		return;
	for (size_t i = 0; i < rules->n; i++)
		if (d->hit[i] && rules->v[i].act.copy.set &&
		    acted(d, &rules->v[i]))
			copies_of_rule(d, &rules->v[i]);
	brakes(d);
}

static void notices_of_rule(struct deciding *d, const struct rule *r)
{
	const struct do_notify *note = &r->act.notify;

	for (size_t i = 0; i < note->who_n; i++) {
		struct addresses to = {0};

		who_addresses(&d->q, &note->who[i], false, &to);
		for (size_t k = 0; k < to.n; k++)
			add_notice(d, to.v[k], "text", note->text);
	}
}

static bool some_gate(const struct plan *plan)
{
	for (size_t i = 0; i < plan->rcpt_n; i++)
		for (size_t k = 0; k < plan->rcpt[i].gate_n; k++)
			if (plan->rcpt[i].gate[k].kind == GATE_HOLD ||
			    plan->rcpt[i].gate[k].kind == GATE_APPROVE)
				return true;
	return false;
}

/* Whoever is asked for approval hears of it when the holds are over. */
static void notices_to_approvers(struct deciding *d)
{
	struct plan_reason none = {0};

	for (size_t i = 0; i < d->plan->rcpt_n; i++) {
		const struct plan_rcpt *r = &d->plan->rcpt[i];

		for (size_t k = 0; k < r->gate_n; k++) {
			const struct gate *g = &r->gate[k];

			for (size_t w = 0;
			     g->kind == GATE_APPROVE && w < g->who_n; w++)
				add_notice(d, g->who[w], "approve", none);
		}
	}
}

/* Bcc is told only where some rule that asked for it wants that, or the sender
 * set it himself. */
static bool tell_bcc(struct deciding *d)
{
	const struct rules *rules = &d->q.p->rules;
	bool hidden = false;

	for (size_t i = 1; i < d->plan->shape_n; i++)
		hidden = hidden || d->plan->shape[i].hide_n;
	if (hidden && d->user && d->user->bcc)
		return true;
	for (size_t i = 0; hidden && i < rules->n; i++)
		if (d->hit[i] && rules->v[i].act.bcc.hide &&
		    rules->v[i].act.bcc.tell_sender)
			return true;
	return false;
}

static void notices_to_sender(struct deciding *d)
{
	struct plan *plan = d->plan;
	struct plan_reason none = {0};
	struct str sender = d->q.sender.text;
	bool copied = false;

	if (some_refused(plan) && !str_is(plan->refuse_tell, "nobody"))
		add_notice(d, sender, "refused", none);
	if (some_gate(plan) || plan->unbuilt)
		add_notice(d, sender,
			   d->allowed.notices == NOTICES_DIGEST ? "digest"
								: "hold",
			   none);
	if (tell_bcc(d))
		add_notice(d, sender, "bcc", none);
	for (size_t i = 0; i < plan->copy_n; i++)
		copied = copied || plan->copy[i].tell_sender;
	if (copied)
		add_notice(d, sender, "copy", none);
}

void decide_notices(struct deciding *d)
{
	const struct rules *rules = &d->q.p->rules;

	if (d->q.sender.text.n && d->allowed.notices != NOTICES_NONE)
		notices_to_sender(d);
	if (d->q.f->mode == MODE_PASS)
		return;
	notices_to_approvers(d);
	for (size_t i = 0; i < rules->n; i++)
		if (d->hit[i] && rules->v[i].act.notify.set &&
		    acted(d, &rules->v[i]))
			notices_of_rule(d, &rules->v[i]);
}
