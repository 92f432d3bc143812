/* plan_text.c - a plan as sentences, in ja or en. */
#include "connector/base/utf8.h"
#include "policy/plan_int.h"

#define REASONS_SHOWN 10
#define NAME_CHARS    200
#define LINE_CHARS    8000 /* reasons are sentences */

static const char *const OUTCOME_JA[] = {
	[OUTCOME_DELIVER] = "すぐに送ります",
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

/* Names and words of mail and policy, in one line each. */
static void put(struct buf *out, struct str text)
{
	utf8_clean(out, text, LINE_CHARS);
}

static void rcpt_text(const struct plan *plan, const struct plan_rcpt *r,
		      const struct tz *tz, const char *language,
		      struct buf *out)
{
	bool ja = strcmp(language, "ja") == 0;
	static const char *const CLASS_JA[] = {"社内", "グループ会社", "社外"};

	buf_putc(out, '\n');
	put(out, r->address);
	buf_printf(out, " (%s): %s\n",
		   ja ? CLASS_JA[r->class] : recipient_class_name(r->class),
		   (ja ? OUTCOME_JA : OUTCOME_EN)[r->outcome]);
	for (size_t i = 0; i < r->gate_n; i++) {
		AUTO(buf) gate = BUF_MAX(MIB);

		gate_text(&r->gate[i], tz, language, &gate);
		buf_puts(out, "  - ");
		put(out, buf_str(&gate));
		buf_putc(out, '\n');
	}
	if (r->bcc && !plan->shape[r->shape].hide_n)
		buf_puts(out, ja ? "  - ほかの宛先に届くメールでは、To と Cc "
				   "から外れます(Bcc)\n"
				 : "  - leaves To and Cc of what others get "
				   "(Bcc)\n");
	else if (r->bcc)
		buf_puts(out, ja ? "  - To と Cc から外れます(Bcc)\n"
				 : "  - leaves To and Cc (Bcc)\n");
	else if (plan->shape[r->shape].hide_n)
		buf_printf(out,
			   ja ? "  - To と Cc から%zu件が外れます\n"
			   : plan->shape[r->shape].hide_n == 1
				   ? "  - %zu address leaves To and Cc\n"
				   : "  - %zu addresses leave To and Cc\n",
			   plan->shape[r->shape].hide_n);
	plan_text_copy(r, ja, out);
	for (size_t i = 0; i < r->reason_n; i++) {
		buf_puts(out, "  ");
		put(out, ja ? r->reason[i].ja : r->reason[i].en);
		buf_putc(out, '\n');
	}
}

static void told_text(const struct plan *plan, bool ja, struct buf *out)
{
	for (size_t i = 0; i < plan->copy_n; i++) {
		buf_puts(out, ja ? "写し: " : "Copy: ");
		put(out, plan->copy[i].to);
		buf_puts(out, " (");
		say_when(out, plan->copy[i].when, ja);
		if (plan->copy[i].brake)
			buf_puts(out, ja ? "。送る前なら差出人に戻せます"
					 : "; can return it to the sender "
					   "before it leaves");
		buf_puts(out, ")\n");
	}
	for (size_t i = 0; i < plan->notice_n; i++) {
		if (!plan_tells(plan, i))
			continue;
		buf_puts(out, ja ? "通知: " : "Notice: ");
		put(out, plan->notice[i].to);
		buf_puts(out, " (");
		say_notice(out, plan->notice[i].kind, ja);
		buf_puts(out, ")\n");
	}
}

static void names_text(const char *head, const struct str *v, size_t n,
		       struct buf *out)
{
	if (!n)
		return;
	buf_puts(out, head);
	for (size_t i = 0; i < n; i++) {
		buf_puts(out, i ? ", " : "");
		put(out, v[i]);
	}
	buf_putc(out, '\n');
}

static void shadow_text(const struct plan *plan, bool ja, struct buf *out)
{
	for (size_t i = 0; i < plan->shadow_n; i++) {
		buf_puts(out, ja ? "影で当たった規則: " : "In shadow: ");
		put(out, plan->shadow[i].rule);
		buf_puts(out, ja ? " (何もしていません)\n  "
				 : " (nothing was done)\n  ");
		put(out,
		    ja ? plan->shadow[i].text.ja : plan->shadow[i].text.en);
		buf_putc(out, '\n');
	}
}

/* What was not read, and of which part. */
static void inspection_lines(const struct view *v, bool ja, struct buf *out)
{
	for (size_t i = 0; i < v->reason_n && i < REASONS_SHOWN; i++) {
		const struct view_reason *r = &v->reason[i];

		buf_puts(out, ja ? "検査: " : "Inspection: ");
		say_doubt(out, str_of(view_doubt_name(r->doubt)), ja);
		if (r->part < v->part_n && v->part[r->part].name.n) {
			buf_puts(out, ja ? "「" : " \"");
			utf8_clean(out, v->part[r->part].name, NAME_CHARS);
			buf_puts(out, ja ? "」" : "\"");
		}
		buf_putc(out, '\n');
	}
}

static void findings_line(const struct findings *f, bool ja, struct buf *out)
{
	bool first = true;

	for (int d = 0; f && d < DETECT_N; d++) {
		const struct kind_words *w = &KIND_WORDS[d];
		uint32_t n = f->unique[SCOPE_ANYWHERE][d];

		if (!n)
			continue;
		buf_puts(out, first ? ja ? "見つかったもの: " : "Found: "
			      : ja  ? "、"
				    : ", ");
		if (ja)
			buf_printf(out, "%s %u件", w->ja, n);
		else
			buf_printf(out, "%u %s", n, n == 1 ? w->one : w->many);
		first = false;
	}
	if (!first)
		buf_putc(out, '\n');
}

static void unbuilt_line(const struct plan *plan, bool ja, struct buf *out)
{
	if (!plan->unbuilt)
		return;
	buf_puts(out, ja ? "まだ実行できません: " : "Not carried out yet: ");
	unbuilt_text(plan->unbuilt, ja ? "ja" : "en", out);
	buf_puts(out, plan->unbuilt & UNBUILT_COPY
			      ? (ja ? "。このメールは受け取らず(451)、"
				      "受け取った後なら管理者へ回します\n"
				    : ". Such mail is not taken (451), or held "
				      "for an admin\n")
			      : (ja ? "。管理者へ回します\n"
				    : ". It is held for an admin\n"));
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
	inspection_lines(f->view, ja, out);
	findings_line(f->findings, ja, out);
	for (size_t i = 0; i < plan->rcpt_n; i++)
		rcpt_text(plan, &plan->rcpt[i], tz, language, out);
	if (plan->rcpt_n)
		buf_putc(out, '\n');
	told_text(plan, ja, out);
	unbuilt_line(plan, ja, out);
	if (!plan->smallest_change.ja.n)
		return;
	buf_puts(out, ja ? "通し方: " : "Smallest change that would pass: ");
	put(out, ja ? plan->smallest_change.ja : plan->smallest_change.en);
	buf_putc(out, '\n');
}
