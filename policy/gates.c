/* gates.c - what keeps a recipient's copy: stages, delay, mode. */
#include "policy/policy_int.h"

struct gate *gate_add(struct deciding *d, struct plan_rcpt *r,
		      enum gate_kind kind)
{
	struct gate *v = arena_array(d->q.a, r->gate_n + 1, sizeof(*v));

	if (r->gate_n)
		memcpy(v, r->gate, r->gate_n * sizeof(*v));
	r->gate = v;
	v[r->gate_n].kind = kind;
	return &v[r->gate_n++];
}

/* Within a stage the longest time wins, and the strictest end. */
struct stage {
	const struct rule *rule;
	int64_t for_us;
	enum gate_then then;
};

static void add_stage(struct stage *s, const struct rule *r)
{
	const struct do_hold *h = &r->act.hold;

	if (!s->rule || h->for_us > s->for_us) {
		s->rule = r;
		s->for_us = h->for_us;
	}
	/* The enum is in the order send, discard, return, wait. */
	s->then = MAX_OF(s->then, h->then);
}

static void put_stages(struct deciding *d, struct plan_rcpt *r,
		       const struct stage *stage)
{
	bool first = true;

	for (unsigned i = 1; i <= STAGES_MAX; i++) {
		struct gate *g;

		if (!stage[i].rule)
			continue;
		g = gate_add(d, r, GATE_HOLD);
		g->stage = i;
		g->for_us = stage[i].for_us;
		g->then = stage[i].then;
		g->by = STR("sender");
		g->rule = stage[i].rule->name;
		if (first && g->then != THEN_WAIT)
			g->until_us = d->q.f->accepted_us + g->for_us;
		first = false;
	}
}

static void class_says_no(struct deciding *d, struct plan_rcpt *r)
{
	reason_add(d, r,
		   (struct plan_reason){
			   STR("この種類のメールは保留や遅延をしません。"),
			   STR("Mail of this class is not held or delayed.")});
}

void decide_gates(struct deciding *d, size_t at)
{
	struct stage stage[STAGES_MAX + 1] = {0};
	struct plan_rcpt *r = &d->plan->rcpt[at];
	const struct rule *late = NULL;
	bool dropped = false;

	for (size_t i = 0; i < d->fell[at].n; i++) {
		const struct fall *f = &d->fell[at].v[i];
		const struct actions *act = &f->rule->act;

		if (f->refuse_only)
			continue;
		if (act->hold.set && d->allowed.gates & GATES_HOLD)
			add_stage(&stage[act->hold.stage], f->rule);
		else
			dropped = dropped || act->hold.set;
		if (!act->delay_us)
			continue;
		if (!(d->allowed.gates & GATES_DELAY))
			dropped = true;
		else if (!late || act->delay_us > late->act.delay_us)
			late = f->rule;
	}
	put_stages(d, r, stage);
	if (late) {
		struct gate *g = gate_add(d, r, GATE_DELAY);

		g->for_us = late->act.delay_us;
		g->until_us = d->q.f->accepted_us + g->for_us;
		g->then = THEN_SEND;
		g->by = STR("clock");
		g->rule = late->name;
	}
	if (dropped)
		class_says_no(d, r);
}

void decide_mode_hold(struct deciding *d)
{
	for (size_t i = 0; i < d->plan->rcpt_n; i++) {
		struct plan_rcpt *r = &d->plan->rcpt[i];
		struct gate *g;

		if (r->refused)
			continue;
		g = gate_add(d, r, GATE_HOLD);
		g->then = THEN_WAIT;
		g->by = STR("admin");
		reason_add(d, r,
			   (struct plan_reason){
				   STR("いまはすべてのメールを止めています"
				       "(mode hold)。"),
				   STR("All mail is being held (mode "
				       "hold).")});
	}
}
