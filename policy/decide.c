/* decide.c - facts to a plan (policy/README.md, "How they combine"). */
#include "policy/policy_int.h"

/* Without a tenant (explain without a configuration) the policy's own domains
 * serve; without either every From counts.  Nobody of ours is written in a way
 * that leads on to others: notices would follow it. */
static bool from_is_ours(const struct policy *p, const struct facts *f,
			 const struct addr *addr)
{
	if (addr_routes_on(addr->key))
		return false;
	if (f->tenant_domain_n)
		return domain_fit(f->tenant_domains, f->tenant_domain_n,
				  addr->key_domain) > 0;
	return !p || policy_class(p, addr) == RCPT_INTERNAL;
}

/* Forwarded mail has somebody else's From: then the envelope speaks. */
struct str sender_of(const struct policy *p, const struct facts *f,
		     struct arena *a)
{
	const struct view_addrs *from = &f->view->from;
	struct str first = STR_EMPTY;

	for (size_t i = 0; i < from->n; i++) {
		struct addr addr;

		if (!from->v[i].address.n)
			continue;
		addr_lenient(from->v[i].address, a, &addr);
		if (from_is_ours(p, f, &addr))
			return from->v[i].address;
		if (!first.n)
			first = from->v[i].address;
	}
	return envelope_null_sender(f->env) ? first : f->env->from.text;
}

struct str policy_sender(const struct facts *f, struct arena *a)
{
	return sender_of(NULL, f, a);
}

static const char *const OUTCOMES[] = {"deliver", "delay",   "schedule",
				       "hold",	  "approve", "refuse"};
static const char *const GATE_KINDS[] = {"hold", "approve", "delay",
					 "schedule"};
static const char *const THENS[] = {"send", "discard", "return", "wait",
				    "escalate"};

const char *outcome_name(enum outcome o)
{
	return OUTCOMES[o];
}

const char *gate_kind_name(enum gate_kind k)
{
	return GATE_KINDS[k];
}

const char *gate_then_name(enum gate_then t)
{
	return THENS[t];
}

static struct allowed what_is_allowed(const struct policy *p, unsigned classes)
{
	struct allowed all = {GATES_ALL, EDITS_ALL, NOTICES_EACH};

	if (!classes)
		return (struct allowed){p->row[0].gates, p->row[0].edits,
					p->row[0].notices};
	for (int i = 0; i + 1 < CLASS_ROWS_N; i++) {
		const struct class_row *row = &p->row[i + 1];

		if (!(classes >> i & 1))
			continue;
		all.gates &= row->gates;
		all.edits = MIN_OF(all.edits, row->edits);
		all.notices = MIN_OF(all.notices, row->notices);
	}
	return all;
}

/* ---- rules ---- */

/* The strongest that it asks for by itself. */
static enum outcome rule_outcome(const struct rule *r, unsigned gates)
{
	const struct actions *a = &r->act;

	if (a->refuse.set && gates & GATES_REFUSE)
		return OUTCOME_REFUSE;
	if (a->approve.set && gates & GATES_APPROVE)
		return OUTCOME_APPROVE;
	if (a->hold.set && gates & GATES_HOLD)
		return OUTCOME_HOLD;
	if (a->schedule.set && gates & GATES_SCHEDULE)
		return OUTCOME_SCHEDULE;
	if (a->delay_us && gates & GATES_DELAY)
		return OUTCOME_DELAY;
	return OUTCOME_DELIVER;
}

enum outcome rule_asks_for(const struct rule *r)
{
	return r->mode == RULE_ENFORCE ? rule_outcome(r, GATES_ALL)
				       : OUTCOME_DELIVER;
}

/* Does it fall on the recipient of the moment? Unknown: it might, if somebody
 * knew what it asks. */
static enum truth rule_ask(struct asking *q, const struct rule *r,
			   unsigned *why_r)
{
	enum truth when = r->when ? cond_ask(q, r->when) : T_TRUE, lifted;

	*why_r = r->when ? q->why : 0;
	if (when == T_FALSE || !r->unless)
		return when;
	lifted = cond_ask(q, r->unless);
	*why_r |= q->why;
	return truth_and(when, truth_not(lifted));
}

/* Of what cannot be told: what a replay assumes. */
static enum truth guess(struct deciding *d, enum truth falls, unsigned *why)
{
	const struct guess *g = d->q.f->guess;
	unsigned digit = g ? g->digits : 0;

	if (d->plan->untold_asked < UNTOLD_MORE)
		d->plan->untold_asked++;
	if (!g)
		return falls;
	if (g->base == 2 && *why & ~WHY_UNTOLD)
		d->plan->untold_asked = UNTOLD_MORE;
	for (unsigned i = 0; i < d->guessed; i++)
		digit /= g->base;
	d->guessed++;
	digit %= g->base;
	if (digit < 2)
		return truth_of(digit);
	*why &= ~WHY_UNTOLD;
	if (digit == 3 || !*why)
		*why |= digit == 3 ? WHY(DOUBT_TOO_LARGE) : WHY(DOUBT_DAMAGED);
	return falls;
}

/* The same, and what it came upon is kept where it matters. */
static bool rule_falls(struct deciding *d, const struct rule *r, size_t rcpt)
{
	struct found *all = &d->found[rcpt], *now = &d->q.found;
	enum truth falls;
	unsigned why;

	*now = (struct found){0};
	falls = rule_ask(&d->q, r, &why);
	if (falls == T_UNKNOWN && why & WHY_UNTOLD && r->mode == RULE_ENFORCE)
		falls = guess(d, falls, &why);
	if (falls == T_UNKNOWN && r->mode == RULE_ENFORCE) {
		all->missing |= now->missing;
		doubt_rule_open(d, rcpt, r, why);
	}
	if (falls != T_TRUE)
		return false;
	if (r->mode == RULE_ENFORCE) {
		all->bits |= now->bits;
		if (now->like.n) {
			all->like = now->like;
			all->unlike = now->unlike;
		}
	}
	return true;
}

/* What it would have been alone, and for whom. */
static void shadow_add(struct deciding *d, size_t rule, size_t rcpt)
{
	struct plan_shadow *s = &d->shadow[rule];
	const struct rule *r = &d->q.p->rules.v[rule];

	if (!s->rcpt_n)
		*s = (struct plan_shadow){
			.rule = r->name,
			.outcome = rule_outcome(r, d->allowed.gates),
			.text = r->reason,
			.rcpt = arena_array(d->q.a, d->plan->rcpt_n,
					    sizeof(*s->rcpt))};
	s->rcpt[s->rcpt_n++] = d->plan->rcpt[rcpt].address;
}

static void rules_of_rcpt(struct deciding *d, size_t at, struct fall *room)
{
	struct asking *q = &d->q;
	const struct rules *rules = &q->p->rules;
	struct falls *out = &d->fell[at];
	bool stopped = false;
	size_t n = 0;

	q->rcpt = &q->f->env->rcpt[at];
	q->rcpt_class = d->plan->rcpt[at].class;
	for (size_t i = 0; i < rules->n; i++) {
		const struct rule *r = &rules->v[i];

		if (r->mode == RULE_OFF || (stopped && !r->act.refuse.set) ||
		    !rule_in_time(r, q->f->accepted_us) ||
		    !rule_falls(d, r, at))
			continue;
		if (r->mode == RULE_SHADOW) {
			shadow_add(d, i, at);
			continue;
		}
		d->hit[i] = true;
		doubt_rule_fell(d, at, r);
		room[n++] = (struct fall){r, stopped};
		stopped = stopped || r->stop;
	}
	out->v = arena_array(q->a, n, sizeof(*room));
	out->n = n;
	if (n)
		memcpy(out->v, room, n * sizeof(*room));
}

static struct str *names_of(struct deciding *d, const bool *hit, size_t *n_r)
{
	const struct rules *rules = &d->q.p->rules;
	struct str *v = arena_array(d->q.a, rules->n, sizeof(*v));

	*n_r = 0;
	for (size_t i = 0; i < rules->n; i++)
		if (hit[i])
			v[(*n_r)++] = rules->v[i].name;
	return v;
}

void decide_rules(struct deciding *d)
{
	size_t n = d->q.p->rules.n;
	struct fall *room = arena_array(d->q.a, n, sizeof(*room));
	struct plan *plan = d->plan;

	d->hit = arena_alloc(d->q.a, n + 1);
	d->untold = arena_alloc(d->q.a, n + 1);
	d->shadow = arena_array(d->q.a, n, sizeof(*d->shadow));
	d->fell = arena_array(d->q.a, plan->rcpt_n, sizeof(*d->fell));
	d->found = arena_array(d->q.a, plan->rcpt_n, sizeof(*d->found));
	d->open = arena_array(d->q.a, plan->rcpt_n, sizeof(*d->open));
	for (size_t i = 0; i < plan->rcpt_n; i++)
		rules_of_rcpt(d, i, room);
	plan->rule = names_of(d, d->hit, &plan->rule_n);
	for (size_t i = 0; i < n; i++)
		if (d->shadow[i].rcpt_n)
			d->shadow[plan->shadow_n++] = d->shadow[i];
	plan->shadow = d->shadow;
}

/* ---- refusal ---- */

static void refuse_message(struct deciding *d, const struct rule *r)
{
	const struct do_refuse *how = &r->act.refuse;
	struct plan *plan = d->plan;

	if (!plan->refuse_tell.n) {
		plan->refuse_tell = how->tell_nobody ? STR("nobody")
						     : STR("sender");
		plan->refuse_forward = how->forward;
		plan->refuse_text = how->text;
	}
	if (!how->only_these && !d->refused_by)
		d->refused_by = r;
}

static void find_refusals(struct deciding *d)
{
	if (!(d->allowed.gates & GATES_REFUSE))
		return;
	for (size_t i = 0; i < d->plan->rcpt_n; i++) {
		for (size_t k = 0; k < d->fell[i].n; k++) {
			const struct rule *r = d->fell[i].v[k].rule;

			if (!r->act.refuse.set)
				continue;
			refuse_message(d, r);
			d->plan->rcpt[i].refused = true;
		}
	}
	for (size_t i = 0; d->refused_by && i < d->plan->rcpt_n; i++)
		d->plan->rcpt[i].refused = true;
}

/* ---- recipients ---- */

void reason_add(struct deciding *d, struct plan_rcpt *r,
		struct plan_reason reason)
{
	struct plan_reason *v = arena_array(d->q.a, r->reason_n + 1,
					    sizeof(*v));

	if (r->reason_n)
		memcpy(v, r->reason, r->reason_n * sizeof(*v));
	v[r->reason_n++] = reason;
	r->reason = v;
}

static void reasons_of(struct deciding *d, size_t at)
{
	struct plan_rcpt *r = &d->plan->rcpt[at];
	const struct falls *fell = &d->fell[at];
	bool own = false;

	r->reason = arena_array(d->q.a, fell->n + 1, sizeof(*r->reason));
	for (size_t i = 0; i < fell->n; i++) {
		const struct rule *rule = fell->v[i].rule;

		own = own || (d->refused_by && rule == d->refused_by);
		/* What else would have been done does not come to pass. */
		if (!r->refused || rule->act.refuse.set)
			r->reason[r->reason_n++] = why_reason(d, at, rule);
	}
	if (d->refused_by && !own)
		r->reason[r->reason_n++] = why_others(d, d->refused_by);
	found_reasons(d, r, &d->found[at]);
}

enum outcome rcpt_outcome(const struct plan_rcpt *r,
			  bool (*counts)(const struct gate *g))
{
	static const enum outcome OF[] = {[GATE_HOLD] = OUTCOME_HOLD,
					  [GATE_APPROVE] = OUTCOME_APPROVE,
					  [GATE_DELAY] = OUTCOME_DELAY,
					  [GATE_SCHEDULE] = OUTCOME_SCHEDULE};
	enum outcome best = OUTCOME_DELIVER;

	if (r->refused)
		return OUTCOME_REFUSE;
	for (size_t i = 0; i < r->gate_n; i++)
		if (!counts || counts(&r->gate[i]))
			best = MAX_OF(best, OF[r->gate[i].kind]);
	return best;
}

static void start_plan(struct deciding *d)
{
	const struct envelope *env = d->q.f->env;
	struct plan *plan = d->plan;

	plan->rcpt_n = env->rcpt_n;
	plan->rcpt = arena_array(d->q.a, env->rcpt_n, sizeof(*plan->rcpt));
	for (size_t i = 0; i < env->rcpt_n; i++) {
		plan->rcpt[i].address = env->rcpt[i].addr.text;
		plan->rcpt[i].class = policy_class(d->q.p, &env->rcpt[i].addr);
	}
	/* One shape a recipient at most, and the unchanged one. */
	plan->shape = arena_array(d->q.a, env->rcpt_n + 1,
				  sizeof(*plan->shape));
	plan->shape_n = 1;
	d->user = policy_user(d->q.p, &d->q.sender);
	for (size_t i = 0; i < plan->rcpt_n; i++)
		files_as_they_came(d, i);
}

static void decide_rcpt(struct deciding *d, size_t at, bool acts)
{
	reasons_of(d, at);
	if (!acts || d->plan->rcpt[at].refused)
		return;
	decide_gates(d, at);
	decide_ways(d, at);
	decide_inserts(d, at);
	decide_shape(d, at);
}

static void finish(struct deciding *d)
{
	struct plan *plan = d->plan;

	plan->untold = names_of(d, d->untold, &plan->untold_n);
	for (size_t i = 0; i < plan->rcpt_n; i++) {
		struct plan_rcpt *r = &plan->rcpt[i];

		decide_deadlines(d, i);
		if (!r->refused)
			decide_unbuilt(d, i);
		r->outcome = rcpt_outcome(r, NULL);
		plan->outcome = MAX_OF(plan->outcome, r->outcome);
	}
}

static void decide_all(const struct policy *p, const struct facts *f,
		       struct arena *a, struct plan *plan_r, bool explains)
{
	struct deciding d = {.plan = plan_r, .explains = explains};
	bool acts = f->mode != MODE_PASS;

	*plan_r = (struct plan){0};
	asking_init(&d.q, p, f, a);
	d.allowed = what_is_allowed(p, d.q.classes);
	start_plan(&d);
	decide_rules(&d);
	find_refusals(&d);
	for (size_t i = 0; i < plan_r->rcpt_n; i++)
		decide_rcpt(&d, i, acts);
	decide_hidden(&d);
	/* Journals go to one address that an admin chose. */
	if (!d.refused_by && !f->journal)
		decide_doubt(&d);
	for (size_t i = 0; i < plan_r->rcpt_n; i++)
		decide_missing(&d, i);
	if (f->mode == MODE_HOLD)
		decide_mode_hold(&d);
	finish(&d);
	decide_copies(&d);
	decide_notices(&d);
	asking_release(&d.q);
}

void decide(const struct policy *p, const struct facts *f, struct arena *a,
	    struct plan *plan_r)
{
	decide_all(p, f, a, plan_r, false);
}

void policy_let_pass(const struct policy *p, const struct facts *f,
		     struct arena *a, struct plan *plan_r)
{
	struct deciding d = {.plan = plan_r};

	*plan_r = (struct plan){0};
	asking_init(&d.q, p, f, a);
	start_plan(&d);
	asking_release(&d.q);
}

void policy_decide(const struct policy *p, const struct facts *f,
		   struct arena *a, struct plan *plan_r)
{
	decide_all(p, f, a, plan_r, true);
	decide_smallest(p, f, a, plan_r);
}
