/* doubt_gates.c - what keeps a copy because something was not read
 * (policy/README.md, "Doubt").
 *
 * `ambiguous`, `limit` and `failed` speak of the message itself and apply
 * always.  The other lines apply to a recipient where a rule could fall on him
 * whose conditions were left open by just that doubt: rules_of_rcpt() has
 * gathered these while it asked.
 */
#include "policy/policy_int.h"

#define NAMES_IN_REASON 3

static const struct plan_reason WHY_TEXT[DOUBT_COUNT] = {
	[DOUBT_PICTURE] = {STR("画像などで、読める文字がありません"),
			   STR("Pictures hold no text to read")},
	[DOUBT_ENCRYPTED] = {STR("暗号化されていて中を読めません"),
			     STR("Something is encrypted and was not read")},
	[DOUBT_UNKNOWN_TYPE] = {STR("読み方を知らない形式があります"),
				STR("Something has a type that is not read")},
	[DOUBT_TOO_LARGE] = {STR("大きすぎて読めないものがあります"),
			     STR("Something is too large to be read")},
	[DOUBT_DAMAGED] = {STR("壊れていて読めないものがあります"),
			   STR("Something is damaged and was not read")},
	[DOUBT_AMBIGUOUS] = {STR("メールの書き方があいまいで、読み方が1つに"
				 "決まりません"),
			     STR("The message can be read in more than one "
				 "way")},
	[DOUBT_LIMIT] = {STR("検査の上限を超えました"),
			 STR("A limit of the inspection was reached")},
	[DOUBT_FAILED] = {STR("検査が終わりませんでした"),
			  STR("The inspection did not finish")},
};

#define SPEAK_ALWAYS                                                           \
	(WHY(DOUBT_AMBIGUOUS) | WHY(DOUBT_LIMIT) | WHY(DOUBT_FAILED))

/* Doubts that the view tells of the message itself. */
static unsigned always(const struct facts *f)
{
	unsigned doubts = 0;

	for (size_t i = 0; i < f->view->reason_n; i++)
		doubts |= WHY(f->view->reason[i].doubt) & SPEAK_ALWAYS;
	/* Nothing was read and nobody said why: the inspection failed. */
	if (f->view->completeness == VIEW_NONE && !f->view->reason_n)
		doubts |= WHY(DOUBT_FAILED);
	return doubts;
}

/* "rules": those of the recipient decide, where one names this doubt. */
static enum doubt_line line_of(const struct deciding *d,
			       const struct open *open, enum doubt doubt)
{
	enum doubt_line line = d->q.p->doubt[doubt];

	if (line != LINE_RULES)
		return line;
	return open->named >> doubt & 1 ? LINE_PASS : LINE_CONFIRM;
}

static enum doubt_line strictest(const struct deciding *d,
				 const struct open *open, unsigned doubts,
				 enum doubt *which)
{
	enum doubt_line best = LINE_PASS;

	for (int i = 0; i < DOUBT_COUNT; i++) {
		enum doubt_line line;

		if (!(doubts >> i & 1))
			continue;
		line = line_of(d, open, (enum doubt)i);
		if (line > best) {
			best = line;
			*which = (enum doubt)i;
		}
	}
	return best;
}

/* "… (estimate.zip)": the parts that the doubt speaks of. */
static void put_names(const struct view *v, enum doubt doubt, struct buf *out)
{
	size_t n = 0;

	for (size_t i = 0; i < v->reason_n && n < NAMES_IN_REASON; i++) {
		const struct view_reason *r = &v->reason[i];

		if (r->doubt != doubt || r->part >= v->part_n ||
		    !v->part[r->part].name.n)
			continue;
		buf_puts(out, n++ ? ", " : "(");
		buf_put_str(out, v->part[r->part].name);
	}
	if (n)
		buf_putc(out, ')');
}

static struct plan_reason reason_of(const struct deciding *d, enum doubt doubt)
{
	AUTO(buf) names = BUF_MAX(64 * KIB);
	struct plan_reason r = WHY_TEXT[doubt];

	put_names(d->q.f->view, doubt, &names);
	r.ja = str_of(arena_printf(d->q.a, STR_FMT STR_FMT "。", STR_ARG(r.ja),
				   STR_ARG(buf_str(&names))));
	r.en = str_of(arena_printf(d->q.a, STR_FMT "%s" STR_FMT ".",
				   STR_ARG(r.en), names.n ? " " : "",
				   STR_ARG(buf_str(&names))));
	return r;
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
	struct plan_reason told[DOUBT_COUNT] = {0};
	unsigned doubts = always(d->q.f);

	for (size_t i = 0; i < d->plan->rcpt_n; i++) {
		struct plan_rcpt *r = &d->plan->rcpt[i];
		enum doubt which = DOUBT_FAILED;
		enum doubt_line line;

		if (r->refused)
			continue;
		line = strictest(d, &d->open[i], doubts | d->open[i].why,
				 &which);
		if (line < LINE_CONFIRM)
			continue;
		if (!told[which].ja.n)
			told[which] = reason_of(d, which);
		reason_add(d, r, told[which]);
		if (d->q.f->mode == MODE_PASS)
			continue;
		doubt_gate(d, r, line, which);
		d->plan->doubtful = true;
	}
}

/* ---- while rules are asked ---- */

/* Of some classes nothing can be done but to refuse them. */
static bool may_act(const struct deciding *d, const struct rule *r)
{
	return d->allowed.gates & ~(unsigned)GATES_REFUSE ||
	       d->allowed.edits != EDITS_NONE ||
	       (d->allowed.gates & GATES_REFUSE && r->act.refuse.set);
}

void doubt_rule_open(struct deciding *d, size_t at, const struct rule *r,
		     unsigned why)
{
	if (why & WHY_UNTOLD)
		d->untold[r - d->q.p->rules.v] = true;
	if (!may_act(d, r))
		return;
	d->open[at].why |= why & ~WHY_UNTOLD;
	/* What left it open, it cannot decide about. */
	d->open[at].named |= r->names & ~why;
}

void doubt_rule_fell(struct deciding *d, size_t at, const struct rule *r)
{
	d->open[at].named |= r->names;
}
