/* gates.c - what keeps a recipient's copy: stages, delay, doubt, mode. */
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

/* ---- doubt ---- */

static const struct plan_reason WHY[DOUBT_COUNT] = {
	[DOUBT_PICTURE] = {STR("画像などで、読める文字がありません。"),
			   STR("Pictures hold no text to read.")},
	[DOUBT_ENCRYPTED] = {STR("暗号化されていて中を読めません。"),
			     STR("Something is encrypted and was not read.")},
	[DOUBT_UNKNOWN_TYPE] = {STR("読み方を知らない形式があります。"),
				STR("Something has a type that is not read.")},
	[DOUBT_TOO_LARGE] = {STR("大きすぎて読めないものがあります。"),
			     STR("Something is too large to be read.")},
	[DOUBT_DAMAGED] = {STR("壊れていて読めないものがあります。"),
			   STR("Something is damaged and was not read.")},
	[DOUBT_AMBIGUOUS] = {STR("メールの書き方があいまいで、読み方が1つに"
				 "決まりません。"),
			     STR("The message can be read in more than one "
				 "way.")},
	[DOUBT_LIMIT] = {STR("検査の上限を超えました。"),
			 STR("A limit of the inspection was reached.")},
	[DOUBT_FAILED] = {STR("検査が終わりませんでした。"),
			  STR("The inspection did not finish.")},
};

/* Only these speak of the message itself (POLICY, Doubt). */
static bool speaks_always(enum doubt doubt)
{
	return doubt == DOUBT_AMBIGUOUS || doubt == DOUBT_LIMIT ||
	       doubt == DOUBT_FAILED;
}

static enum doubt_line line_of(struct deciding *d, enum doubt doubt)
{
	enum doubt_line line = d->q.p->doubt[doubt];

	if (!speaks_always(doubt) && !(d->q.unanswered >> doubt & 1) &&
	    !d->q.p->question.asks_content)
		return LINE_PASS;
	/* "rules": no rule can name it yet. */
	return line == LINE_RULES && doubt == DOUBT_ENCRYPTED ? LINE_CONFIRM
							      : line;
}

static enum doubt_line strictest(struct deciding *d, enum doubt *which)
{
	const struct view *v = d->q.f->view;
	enum doubt_line best = LINE_PASS;

	for (size_t i = 0; i < v->reason_n; i++) {
		enum doubt_line line = line_of(d, v->reason[i].doubt);

		if (line > best) {
			best = line;
			*which = v->reason[i].doubt;
		}
	}
	/* Nothing was read and nobody said why: the inspection failed. */
	if (v->completeness == VIEW_NONE && best < LINE_HOLD && !v->reason_n) {
		best = line_of(d, DOUBT_FAILED);
		*which = DOUBT_FAILED;
	}
	return best;
}

static void doubt_gate(struct deciding *d, struct plan_rcpt *r,
		       enum doubt_line line, enum doubt which)
{
	bool manager = d->q.person && d->q.person->manager;
	struct gate *g = gate_add(
		d, r, line == LINE_APPROVE ? GATE_APPROVE : GATE_HOLD);

	g->doubt = str_of(view_doubt_name(which));
	g->then = line == LINE_CONFIRM ? THEN_RETURN : THEN_WAIT;
	if (line == LINE_CONFIRM)
		g->by = STR("sender");
	else if (line == LINE_APPROVE && manager)
		g->by = STR("manager");
	else
		g->by = STR("admin");
}

void decide_doubt(struct deciding *d)
{
	enum doubt which = DOUBT_FAILED;
	enum doubt_line line = strictest(d, &which);

	if (line < LINE_CONFIRM)
		return;
	for (size_t i = 0; i < d->plan->rcpt_n; i++) {
		struct plan_rcpt *r = &d->plan->rcpt[i];

		if (r->refused)
			continue;
		reason_add(d, r, WHY[which]);
		if (d->q.f->mode == MODE_PASS)
			continue;
		doubt_gate(d, r, line, which);
		d->plan->doubtful = true;
	}
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
