/* rule_text.c - what a rule does, in words: a recipient's reasons say so. */
#include "policy/policy_int.h"

static void clause(struct buf *b, bool ja, const char *text)
{
	if (b->n)
		buf_puts(b, ja ? "。" : ", ");
	buf_puts(b, text);
}

void say_hold(struct buf *b, int64_t us, enum gate_then then, bool ja)
{
	static const char *const JA[] = {
		"そのあと送ります", "そのあと破棄します",
		"そのあと差出人へ戻します", "差出人が送るまで待ちます"};
	static const char *const EN[] = {"then sent", "then discarded",
					 "then returned to the sender",
					 "until the sender sends it"};

	if (ja) {
		say_duration(b, us, true);
		buf_printf(b, "保留し、%s", JA[then]);
		return;
	}
	buf_puts(b, "held for ");
	say_duration(b, us, false);
	buf_printf(b, ", %s", EN[then]);
}

static void say_refuse(struct buf *b, const struct do_refuse *r, bool ja)
{
	if (r->only_these)
		clause(b, ja,
		       ja ? "この宛先への送信を断ります"
			  : "refused for this recipient");
	else
		clause(b, ja, ja ? "送信を断ります" : "refused");
}

static void say_bcc(struct buf *b, const struct do_bcc *bcc, bool ja)
{
	static const char *const JA[] = {"", "社外の", "社内の", "全部の"};
	static const char *const EN[] = {"", "external", "internal", "all"};

	clause(b, ja, "");
	if (ja)
		buf_printf(b, "%s宛先を To と Cc から Bcc に移します",
			   JA[bcc->hide]);
	else
		buf_printf(b, "%s addresses move from To and Cc to Bcc",
			   EN[bcc->hide]);
}

static void say_delay(struct buf *b, int64_t us, bool ja)
{
	clause(b, ja, ja ? "" : "sent ");
	say_duration(b, us, ja);
	buf_puts(b, ja ? "後に送ります" : " later");
}

void say_who(struct buf *b, struct str who, bool ja)
{
	if (str_is(who, "manager"))
		buf_puts(b, ja ? "上司" : "the manager");
	else if (str_is(who, "superior"))
		buf_puts(b, ja ? "上司かその上の人" : "a superior");
	else if (str_is(who, "anyone-internal"))
		buf_puts(b, ja ? "社内の誰か" : "anyone inside");
	else if (str_is(who, "sender"))
		buf_puts(b, ja ? "差出人" : "the sender");
	else if (ja && str_chr(who, '@') < 0)
		buf_printf(b, "「" STR_FMT "」", STR_ARG(who));
	else
		buf_put_str(b, who);
}

static void say_copy(struct buf *b, const struct do_copy *c, bool ja)
{
	clause(b, ja, ja ? "" : "copy to ");
	say_who(b,
		c->who.shown.n			    ? c->who.shown
		: c->who.set && c->who.set->exact_n ? c->who.set->exact[0]
						    : STR_EMPTY,
		ja);
	buf_puts(b, ja ? "へ写しを送ります" : "");
}

static void say_approve(struct buf *b, const struct do_approve *a, bool ja)
{
	clause(b, ja, ja ? "" : "needs approval by ");
	say_who(b, a->shown, ja);
	if (a->need > 1)
		buf_printf(b, ja ? "のうち%u人" : " (%u of them)", a->need);
	buf_puts(b, ja ? "の承認を待ちます" : "");
}

static const char *const WAYS_JA[] = {"添付をそのまま送ります",
				      "添付をパスワード付きZIPにします",
				      "添付を受け取りページに置きます",
				      "相手のTLSにより添付の送り方を選びます",
				      "添付を宛先ごとに決めたやり方で送ります"};
static const char *const WAYS_EN[] = {
	"attachments go as they are",
	"attachments become a ZIP with a password",
	"attachments go to a download page",
	"how attachments go depends on TLS",
	"attachments go the way registered for the recipient"};

/* What became of a way for one recipient; `to`: his, where it was chosen. */
static void say_settled(struct buf *b, const struct told_way *t, bool ja)
{
	static const char *const JA[] = {
		[WAY_EARLIER] = "添付の送り方は前の規則で決まっています",
		[WAY_NO_FILES] = "添付はありません",
		[WAY_LATER] = ("相手のTLSがまだわからないので、添付の送り方は"
			       "送るときに決めます"),
		[WAY_PROTECTED] = "相手のTLSで守られるので、",
		[WAY_UNPROTECTED] = "相手のTLSでは守られないので、",
		[WAY_LISTED] = "宛先ごとに決めたとおり、"};
	static const char *const EN[] = {
		[WAY_EARLIER] = "an earlier rule settled how attachments go",
		[WAY_NO_FILES] = "there are no attachments",
		[WAY_LATER] = ("how attachments go is settled when they leave, "
			       "the recipient's TLS is not known yet"),
		[WAY_PROTECTED] = "TLS protects the way there: ",
		[WAY_UNPROTECTED] = "TLS does not protect the way there: ",
		[WAY_LISTED] = "as registered for the recipient: "};

	clause(b, ja, ja ? JA[t->kind] : EN[t->kind]);
	if (t->kind >= WAY_PROTECTED)
		buf_puts(b, ja ? WAYS_JA[t->to] : WAYS_EN[t->to]);
}

static void say_ways(struct buf *b, const struct do_ways *w,
		     const struct told_way *t, bool ja)
{
	if (t && t->kind != WAY_AS_WRITTEN)
		say_settled(b, t, ja);
	else
		clause(b, ja, ja ? WAYS_JA[w->way] : WAYS_EN[w->way]);
}

static void say_password(struct buf *b, enum password_make make, bool hint,
			 bool ja)
{
	static const char *const JA[] = {"パスワードを毎回作ります",
					 "登録したパスワードを使います",
					 "パスワードを付けません"};
	static const char *const EN[] = {"password made anew",
					 "registered password", "no password"};

	clause(b, ja, ja ? JA[make] : EN[make]);
	if (hint)
		buf_puts(b, ja ? "(知らせるのはヒントだけ)"
			       : " (only its hint is told)");
}

static void say_the_password(struct buf *b, const struct do_password *p,
			     const struct told_way *t, bool ja)
{
	if (!t)
		say_password(b, p->make, p->tell_hint, ja);
	else if (t->password)
		say_password(b, t->password->make, t->password->tell_hint, ja);
}

static void say_gates(struct buf *b, const struct actions *a, bool ja)
{
	if (a->refuse.set)
		say_refuse(b, &a->refuse, ja);
	if (a->hold.set) {
		clause(b, ja, "");
		say_hold(b, a->hold.for_us, a->hold.then, ja);
	}
	if (a->approve.set)
		say_approve(b, &a->approve, ja);
	if (a->delay_us)
		say_delay(b, a->delay_us, ja);
	if (a->schedule.set)
		clause(b, ja,
		       ja ? "次の営業時間になってから送ります"
			  : "sent when the calendar next opens");
}

static void say_look(struct buf *b, const struct actions *a,
		     const struct told_way *t, bool ja)
{
	if (a->bcc.hide)
		say_bcc(b, &a->bcc, ja);
	if (a->ways.set)
		say_ways(b, &a->ways, t, ja);
	if (a->password.set)
		say_the_password(b, &a->password, t, ja);
	if (a->insert_n)
		clause(b, ja, ja ? "本文に文を入れます" : "text put in");
	if (a->header.add_n || a->header.remove_n)
		clause(b, ja, ja ? "ヘッダを変えます" : "header changed");
	if (a->header.stamp)
		clause(b, ja,
		       ja ? "確認の記録を付けます"
			  : "a record of the check is added");
	if (a->sign)
		clause(b, ja, ja ? "S/MIME で署名します" : "signed by S/MIME");
	if (a->encrypt)
		clause(b, ja,
		       ja ? "S/MIME で暗号化します" : "encrypted by S/MIME");
}

static void say_actions(struct buf *b, const struct rule *r,
			const struct told_way *t, bool ja)
{
	const struct actions *a = &r->act;

	say_gates(b, a, ja);
	say_look(b, a, t, ja);
	if (a->copy.set)
		say_copy(b, &a->copy, ja);
	if (a->notify.set)
		clause(b, ja, ja ? "関係者に知らせます" : "people are told");
	if (!b->n)
		buf_puts(b, ja ? "これより後の規則は当てません"
			       : "later rules do not apply");
}

void say_rule(struct buf *out, const struct rule *r, bool ja)
{
	struct str title = ja ? r->title.ja : r->title.en;

	buf_put_str(out, title.n ? title : r->name);
}

static struct str describe(struct arena *a, const struct rule *r,
			   const struct told_way *t, bool ja)
{
	AUTO(buf) acts = BUF_MAX(4096);
	AUTO(buf) all = BUF_MAX(8192);

	say_actions(&acts, r, t, ja);
	buf_puts(&all, ja ? "規則「" : "Rule \"");
	say_rule(&all, r, ja);
	buf_puts(&all, ja ? "」: " : "\": ");
	buf_put_str(&all, buf_str(&acts));
	buf_puts(&all, ja ? "。" : ".");
	return arena_say(a, &all);
}

void rule_describe(struct loader *l, struct rule *r)
{
	r->reason.ja = describe(l->a, r, NULL, true);
	r->reason.en = describe(l->a, r, NULL, false);
}

struct plan_reason rule_told(struct arena *a, const struct rule *r,
			     const struct told_way *t)
{
	return (struct plan_reason){describe(a, r, t, true),
				    describe(a, r, t, false)};
}
