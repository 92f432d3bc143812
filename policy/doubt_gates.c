/* doubt_gates.c - what keeps a copy because something was not read (POLICY,
 * "Doubt").
 */
#include "policy/policy_int.h"

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
