/* plan_text.c - a plan as sentences, in ja or en. */
#include "policy/policy_int.h"

static const char *const OUTCOME_JA[] = {
	[OUTCOME_DELIVER] = "そのまま送ります",
	[OUTCOME_DELAY] = "遅らせて送ります",
	[OUTCOME_SCHEDULE] = "決まった時刻に送ります",
	[OUTCOME_HOLD] = "保留します",
	[OUTCOME_APPROVE] = "承認を待ちます",
	[OUTCOME_REFUSE] = "送りません(断ります)"};
static const char *const OUTCOME_EN[] = {
	[OUTCOME_DELIVER] = "sent at once",
	[OUTCOME_DELAY] = "sent later",
	[OUTCOME_SCHEDULE] = "sent at a set time",
	[OUTCOME_HOLD] = "held",
	[OUTCOME_APPROVE] = "waits for approval",
	[OUTCOME_REFUSE] = "refused"};
static const char *const THEN_JA[] = {[THEN_SEND] = "自動で送ります",
				      [THEN_DISCARD] = "破棄します",
				      [THEN_RETURN] = "差出人へ戻します",
				      [THEN_WAIT] = "差出人が送るまで待ちます",
				      [THEN_ESCALATE] = "上の人へ回します"};
static const char *const THEN_EN[] = {
	[THEN_SEND] = "sent by itself",
	[THEN_DISCARD] = "discarded",
	[THEN_RETURN] = "returned to the sender",
	[THEN_WAIT] = "kept until the sender sends it",
	[THEN_ESCALATE] = "passed on"};

static void doubt_text(const struct gate *g, bool ja, struct buf *out)
{
	if (str_is(g->by, "sender"))
		buf_puts(out, ja ? "差出人がもう一度確かめるまで待ちます"
				 : "waits until the sender confirms it");
	else if (g->kind == GATE_APPROVE)
		buf_puts(out, ja ? (str_is(g->by, "manager")
					    ? "上司の承認を待ちます"
					    : "管理者の承認を待ちます")
			      : str_is(g->by, "manager")
				      ? "waits for the manager's approval"
				      : "waits for an admin's approval");
	else
		buf_puts(out, ja ? "管理者が確かめるまで待ちます"
				 : "waits for an admin");
	if (g->doubt.n)
		buf_printf(out,
			   ja ? "(検査: " STR_FMT ")"
			      : " (inspection: " STR_FMT ")",
			   STR_ARG(g->doubt));
}

static void timed_text(const struct gate *g, const struct tz *tz, bool ja,
		       struct buf *out)
{
	if (ja && g->stage > 1)
		buf_printf(out, "第%u段で", g->stage);
	if (!ja)
		buf_puts(out, g->kind == GATE_DELAY ? "after " : "held for ");
	say_duration(out, g->for_us, ja);
	if (ja)
		buf_puts(out, g->kind == GATE_DELAY ? "後に" : "保留し、");
	if (g->until_us) {
		buf_puts(out, ja ? "" : " until ");
		say_moment(out, tz, g->until_us, ja);
		buf_puts(out, ja ? " に" : "");
	}
	if (ja) {
		buf_puts(out, THEN_JA[g->then]);
		return;
	}
	if (g->stage > 1)
		buf_printf(out, " in stage %u", g->stage);
	buf_printf(out, ", then %s", THEN_EN[g->then]);
}

void gate_text(const struct gate *g, const struct tz *tz, const char *language,
	       struct buf *out)
{
	bool ja = strcmp(language, "ja") == 0;

	if (g->for_us)
		timed_text(g, tz, ja, out);
	else
		doubt_text(g, ja, out);
}

static void rcpt_text(const struct plan *plan, const struct plan_rcpt *r,
		      const struct tz *tz, const char *language,
		      struct buf *out)
{
	bool ja = strcmp(language, "ja") == 0;
	static const char *const CLASS_JA[] = {"社内", "グループ会社", "社外"};

	buf_printf(out, "\n" STR_FMT " (%s): %s\n", STR_ARG(r->address),
		   ja ? CLASS_JA[r->class] : recipient_class_name(r->class),
		   (ja ? OUTCOME_JA : OUTCOME_EN)[r->outcome]);
	for (size_t i = 0; i < r->gate_n; i++) {
		buf_puts(out, "  - ");
		gate_text(&r->gate[i], tz, language, out);
		buf_putc(out, '\n');
	}
	if (r->bcc)
		buf_puts(out, ja ? "  - To と Cc から外れます(Bcc)\n"
				 : "  - leaves To and Cc (Bcc)\n");
	else if (plan->shape[r->shape].hide_n)
		buf_printf(out,
			   ja ? "  - To と Cc から %zu 件が外れます\n"
			      : "  - %zu addresses leave To and Cc\n",
			   plan->shape[r->shape].hide_n);
	for (size_t i = 0; i < r->reason_n; i++)
		buf_printf(out, "  " STR_FMT "\n",
			   STR_ARG(ja ? r->reason[i].ja : r->reason[i].en));
}

static void told_text(const struct plan *plan, bool ja, struct buf *out)
{
	for (size_t i = 0; i < plan->copy_n; i++)
		buf_printf(out,
			   ja ? "写し: " STR_FMT " (" STR_FMT ")\n"
			      : "Copy: " STR_FMT " (" STR_FMT ")\n",
			   STR_ARG(plan->copy[i].to),
			   STR_ARG(plan->copy[i].when));
	for (size_t i = 0; i < plan->notice_n; i++)
		buf_printf(out,
			   ja ? "通知: " STR_FMT " (" STR_FMT ")\n"
			      : "Notice: " STR_FMT " (" STR_FMT ")\n",
			   STR_ARG(plan->notice[i].to),
			   STR_ARG(plan->notice[i].kind));
}

static void names_text(const char *head, const struct str *v, size_t n,
		       struct buf *out)
{
	if (!n)
		return;
	buf_puts(out, head);
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s" STR_FMT, i ? ", " : "", STR_ARG(v[i]));
	buf_putc(out, '\n');
}

static void shadow_text(const struct plan *plan, bool ja, struct buf *out)
{
	for (size_t i = 0; i < plan->shadow_n; i++)
		buf_printf(out,
			   ja ? "影で当たった規則: " STR_FMT
				" (何もしていません)\n  " STR_FMT "\n"
			      : "In shadow: " STR_FMT
				" (nothing was done)\n  " STR_FMT "\n",
			   STR_ARG(plan->shadow[i].rule),
			   STR_ARG(ja ? plan->shadow[i].text.ja
				      : plan->shadow[i].text.en));
}

void plan_text(const struct plan *plan, const struct facts *f,
	       const struct tz *tz, const char *language, struct buf *out)
{
	bool ja = strcmp(language, "ja") == 0;

	buf_printf(out, ja ? "結果: %s\n" : "Outcome: %s\n",
		   (ja ? OUTCOME_JA : OUTCOME_EN)[plan->outcome]);
	names_text(ja ? "当たった規則: " : "Rules: ", plan->rule, plan->rule_n,
		   out);
	shadow_text(plan, ja, out);
	for (size_t i = 0; i < f->view->reason_n; i++)
		buf_printf(out, ja ? "検査: %s\n" : "Inspection: %s\n",
			   view_doubt_name(f->view->reason[i].doubt));
	for (size_t i = 0; i < plan->rcpt_n; i++)
		rcpt_text(plan, &plan->rcpt[i], tz, language, out);
	if (plan->rcpt_n)
		buf_putc(out, '\n');
	told_text(plan, ja, out);
	if (plan->smallest_change.ja.n)
		buf_printf(out,
			   ja ? "通し方: " STR_FMT "\n"
			      : "Smallest change that would pass: " STR_FMT
				"\n",
			   STR_ARG(ja ? plan->smallest_change.ja
				      : plan->smallest_change.en));
}
