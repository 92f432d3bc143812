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
}

/* ---- one mail ----------------------------------------------------------------- */

static bool differs(const struct record *was, const struct plan *plan)
{
	for (size_t i = 0; i < plan->rcpt_n; i++) {
		struct treated now;

		treated_of(plan, &was->facts, i, &now);
		if (now.outcome != was->treated[i].outcome ||
		    (was->marks && now.mark != was->treated[i].mark))
			return true;
	}
	return was->marks && told_of(plan) != was->told;
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

/* A rule that fell and cannot be told now may well fall again: no word then of
 * what would be different. */
static bool fell_untold(const struct compared *c)
{
	for (size_t i = 0; i < c->was->rule_n; i++)
		if (untold(c, c->was->rule[i]))
			return true;
	return false;
}

static void compare(struct compared *c)
{
	struct replay_sums *sums = &c->r->sums;
	bool other = differs(c->was, c->plan);

	for (size_t i = 0; i < c->plan->rule_n; i++)
		rule_row(c->r, c->plan->rule[i])->falls++;
	for (size_t i = 0; i < c->plan->untold_n; i++)
		count(c, c->plan->untold[i], REPLAY_UNTOLD);
	if (other && !fell_untold(c)) {
		sums->changed++;
		count_changes(c);
	} else if (c->plan->untold_n) {
		sums->untold++;
	} else {
		sums->same++;
	}
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
