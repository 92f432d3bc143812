/* replay.c - decides past mail by another policy, and counts; see replay.h. */
#include "policy/policy_int.h"
#include "policy/replay_int.h"

/* The row of a rule; old ones that are gone come behind the new. */
static struct replay_rule *rule_row(struct replay *r, struct str name)
{
	struct replay_rule *rule = map_get(&r->by_name, name);

	if (rule)
		return rule;
	rule = NEW(struct replay_rule);
	rule->name = arena_str(&r->arena, name);
	map_put(&r->by_name, rule->name, rule);
	vec_push(&r->rule, rule);
	return rule;
}

struct replay *replay_new(const struct policy *p, unsigned examples)
{
	struct replay *r = NEW(struct replay);

	r->policy = p;
	r->examples = examples;
	for (size_t i = 0; i < p->rules.n; i++)
		rule_row(r, p->rules.v[i].name)->is_new = true;
	return r;
}

void replay_free(struct replay **rp)
{
	struct replay *r = TAKE(*rp);

	if (!r)
		return;
	VEC_EACH (v, &r->version)
		asked_free(&v->asked);
	asked_free(&r->nothing);
	vec_release(&r->version);
	vec_release(&r->tenant);
	VEC_EACH (rule, &r->rule) {
		vec_release(&(*rule)->example);
		mem_free(*rule);
	}
	vec_release(&r->rule);
	map_release(&r->by_name);
	arena_release(&r->arena);
	mem_free(r);
}

void replay_tenant(struct replay *r, const struct replay_tenant *t)
{
	vec_push(&r->tenant, *t);
}

void replay_version(struct replay *r, uint32_t version, struct str asked)
{
	vec_push(&r->version, ((struct replay_version){
				      version, asked_new(asked, r->policy)}));
}

struct replay_sums replay_sums(const struct replay *r)
{
	return r->sums;
}

static const struct asked *asked_by(struct replay *r, uint32_t version)
{
	VEC_EACH (v, &r->version)
		if (v->version == version)
			return v->asked;
	if (!r->nothing)
		r->nothing = asked_new(STR_EMPTY, r->policy);
	return r->nothing;
}

static void tenant_fill(const struct replay *r, struct record *was)
{
	for (size_t i = 0; i < r->tenant.n; i++) {
		const struct replay_tenant *t = &r->tenant.v[i];

		if (!str_eq(t->name, was->note.tenant))
			continue;
		was->facts.tenant_domains = t->domain;
		was->facts.tenant_domain_n = t->domain_n;
		was->facts.known = t->known;
	}
	if (!was->facts.known && !r->policy->past_known)
		was->facts.untold |= NEEDS_KNOWN;
}

/* ---- one mail ----------------------------------------------------------------- */

static bool outcomes_differ(const struct record *was, const struct plan *plan)
{
	for (size_t i = 0; i < plan->rcpt_n; i++)
		if (plan->rcpt[i].outcome != was->treated[i].outcome)
			return true;
	return false;
}

static bool marks_differ(const struct record *was, const struct plan *plan)
{
	for (size_t i = 0; i < plan->rcpt_n; i++) {
		struct treated now;

		treated_of(plan, &was->facts, i, &now);
		if (now.mark != was->treated[i].mark)
			return true;
	}
	return told_of(plan) != was->told;
}

/* Made by a rule, and not by doubt. */
static bool is_sure(const struct gate *g)
{
	return g->rule.n && !g->doubt.n;
}

static enum outcome strongest(const struct record *was)
{
	enum outcome best = OUTCOME_DELIVER;

	for (size_t i = 0; i < was->env.rcpt_n; i++)
		best = MAX_OF(best, was->treated[i].outcome);
	return best;
}

static bool listed(const struct str *v, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(v[i], name))
			return true;
	return false;
}

/* A mail of which the counts speak. */
struct compared {
	struct replay *r;
	const struct asked *asked;
	const struct record *was;
	const struct plan *plan;
	int64_t id;
};

static void count(struct compared *c, struct str name, enum replay_why why)
{
	struct replay_rule *rule = rule_row(c->r, name);
	unsigned *shown = why == REPLAY_UNTOLD ? &rule->untold : &rule->changes;

	rule->why[why]++;
	if (*shown == c->r->examples)
		return;
	++*shown;
	vec_push(&rule->example, ((struct replay_example){
					 c->id, c->was->facts.accepted_us, why,
					 strongest(c->was), c->plan->outcome}));
}

static bool untold(const struct compared *c, struct str name)
{
	return listed(c->plan->untold, c->plan->untold_n, name);
}

/* By which rules a mail is treated differently: those that fall on it and did
 * not, or no more, or say something else. */
static void count_changes(struct compared *c)
{
	const struct plan *plan = c->plan;
	const struct record *was = c->was;
	bool any = false;

	for (size_t i = 0; i < plan->rule_n; i++) {
		struct str name = plan->rule[i];
		bool fell = listed(was->rule, was->rule_n, name);

		if (fell && !asked_rewritten(c->asked, name))
			continue;
		count(c, name, fell ? REPLAY_OTHER : REPLAY_NEW);
		any = true;
	}
	for (size_t i = 0; i < was->rule_n; i++) {
		if (listed(plan->rule, plan->rule_n, was->rule[i]) ||
		    untold(c, was->rule[i]))
			continue;
		count(c, was->rule[i], REPLAY_GONE);
		any = true;
	}
	if (!any)
		count(c, STR_EMPTY, REPLAY_OTHER);
}

/* ---- what cannot be told ------------------------------------------------------ */

static bool stops(const struct policy *p, struct str name)
{
	for (size_t i = 0; i < p->rules.n; i++)
		if (str_eq(p->rules.v[i].name, name))
			return p->rules.v[i].stop;
	return false;
}

/* Stricter already by what is told: gates that others may add take nothing
 * back, but a rule that stops lifts all behind it save refusals. */
static bool surely_stricter(const struct compared *c)
{
	const struct plan *plan = c->plan;
	bool stopped = false;

	for (size_t i = 0; i < plan->untold_n; i++)
		stopped = stopped || stops(c->r->policy, plan->untold[i]);
	for (size_t i = 0; i < plan->rcpt_n; i++) {
		enum outcome now = rcpt_outcome(&plan->rcpt[i], is_sure);

		if (now > c->was->treated[i].outcome &&
		    (!stopped || now == OUTCOME_REFUSE))
			return true;
	}
	return false;
}

static bool doubt_matters(const struct policy *p, enum doubt doubt)
{
	return p->doubt[doubt] != LINE_PASS;
}

/* What is read tells what could not be: of what the new policy opens and the
 * old one did not, nothing is known; what the old one opened, the new one may
 * never stumble over. */
static bool reading_untold(const struct compared *c)
{
	const struct policy *p = c->r->policy;
	const struct view *v = &c->was->view;

	if (asked_the_same(c->asked))
		return false;
	if (c->was->findings.more)
		return true;
	for (size_t i = 0; asked_more(c->asked) && i < v->reason_n; i++)
		if (doubt_matters(p, v->reason[i].doubt))
			return true;
	return asked_less(c->asked) &&
	       places_there(v) >> PLACE_ATTACHMENTS & 1 &&
	       (doubt_matters(p, DOUBT_AMBIGUOUS) ||
		doubt_matters(p, DOUBT_LIMIT) ||
		doubt_matters(p, DOUBT_FAILED));
}

static bool differs(const struct compared *c, const struct plan *plan)
{
	return outcomes_differ(c->was, plan) || marks_differ(c->was, plan);
}

/* ---- every way in which it may have been ---- */

#define GUESSES_MAX 64

enum verdict { IS_SAME, IS_CHANGED, IS_UNTOLD };

/* Where parts are read for the first time, or others were not, doubt may
 * decide as well. */
static unsigned guess_base(const struct compared *c)
{
	return c->was->view.reason_n || !c->was->facts.findings ||
			       c->was->findings.more ||
			       !asked_reads_known(c->asked)
		       ? 4
		       : 2;
}

/* The same whatever the rules that cannot be told would have done? */
static enum verdict guess_all(const struct compared *c)
{
	struct guess g = {.base = guess_base(c)};
	struct facts f = c->was->facts;
	bool changed = false, same = false;
	unsigned most = 1;

	f.guess = &g;
	for (unsigned i = 0; i < c->plan->untold_asked; i++) {
		most *= g.base;
		if (most > GUESSES_MAX)
			return IS_UNTOLD;
	}
	/* Where doubt has no say, what is unknown does not fall. */
	if (g.base == 2) {
		changed = differs(c, c->plan);
		same = !changed;
		g.digits = 1;
	}
	for (; g.digits < most && !(changed && same); g.digits++) {
		AUTO(arena) a = ARENA_EMPTY;
		struct plan plan;
		bool other;

		decide(c->r->policy, &f, &a, &plan);
		if (plan.untold_asked == UNTOLD_MORE)
			return IS_UNTOLD;
		other = differs(c, &plan);
		changed = changed || other;
		same = same || !other;
	}
	return changed && same ? IS_UNTOLD : changed ? IS_CHANGED : IS_SAME;
}

static enum verdict verdict_of(const struct compared *c)
{
	const struct plan *plan = c->plan;

	if (reading_untold(c))
		return IS_UNTOLD;
	if (!c->was->marks)
		return !plan->untold_n && outcomes_differ(c->was, plan)
			       ? IS_CHANGED
			       : IS_UNTOLD;
	if (!plan->untold_n)
		return differs(c, plan) ? IS_CHANGED : IS_SAME;
	return surely_stricter(c) ? IS_CHANGED : guess_all(c);
}

/* Nor then what other rules change: those that stop may stand before them. */
static void count_untold(struct compared *c)
{
	const struct plan *plan = c->plan;
	const struct record *was = c->was;

	for (size_t i = 0; i < plan->rule_n; i++)
		if (!listed(was->rule, was->rule_n, plan->rule[i]) ||
		    asked_rewritten(c->asked, plan->rule[i]))
			count(c, plan->rule[i], REPLAY_UNTOLD);
	for (size_t i = 0; i < was->rule_n; i++)
		if (!listed(plan->rule, plan->rule_n, was->rule[i]) &&
		    !untold(c, was->rule[i]))
			count(c, was->rule[i], REPLAY_UNTOLD);
	if (!plan->untold_n)
		count(c, STR_EMPTY, REPLAY_UNTOLD);
}

static void compare(struct compared *c)
{
	struct replay_sums *sums = &c->r->sums;
	const struct plan *plan = c->plan;
	enum verdict verdict = verdict_of(c);

	for (size_t i = 0; i < plan->rule_n; i++)
		rule_row(c->r, plan->rule[i])->falls++;
	for (size_t i = 0; verdict != IS_SAME && i < plan->untold_n; i++)
		if (!listed(plan->rule, plan->rule_n, plan->untold[i]))
			count(c, plan->untold[i], REPLAY_UNTOLD);
	sums->changed += verdict == IS_CHANGED;
	sums->same += verdict == IS_SAME;
	sums->untold += verdict == IS_UNTOLD;
	if (verdict == IS_CHANGED)
		count_changes(c);
	else if (verdict == IS_UNTOLD)
		count_untold(c);
}

void replay_add(struct replay *r, int64_t id, uint32_t version, struct str wire)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct record was;
	struct plan plan;
	struct err ignored;
	struct compared c = {r, asked_by(r, version), &was, &plan, id};

	r->sums.mails++;
	if (!wire.n || !record_read(wire, c.asked, &a, &was, &ignored)) {
		r->sums.unreadable++;
		return;
	}
	if (!r->first_us || was.facts.accepted_us < r->first_us)
		r->first_us = was.facts.accepted_us;
	r->last_us = MAX_OF(r->last_us, was.facts.accepted_us);
	if (was.note.not_enrolled) {
		r->sums.not_enrolled++;
		return;
	}
	tenant_fill(r, &was);
	decide(r->policy, &was.facts, &a, &plan);
	compare(&c);
}

uint64_t replay_changes(const struct replay_rule *rule)
{
	return rule->why[REPLAY_NEW] + rule->why[REPLAY_GONE] +
	       rule->why[REPLAY_OTHER];
}
