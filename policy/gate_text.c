/* gate_text.c - a gate as a clause, in ja or en: "60分保留し、…に送ります". */
#include "policy/policy_int.h"

#define NAMES_SHOWN 3

static const char *const THEN_JA[] = {[THEN_SEND] = "自動で送ります",
				      [THEN_DISCARD] = "破棄します",
				      [THEN_RETURN] = "差出人へ戻します",
				      [THEN_WAIT] = "差出人が送るまで待ちます",
				      [THEN_ESCALATE] = "その上の人へ回します"};
static const char *const THEN_EN[] = {
	[THEN_SEND] = "sent by itself",
	[THEN_DISCARD] = "discarded",
	[THEN_RETURN] = "returned to the sender",
	[THEN_WAIT] = "kept until the sender sends it",
	[THEN_ESCALATE] = "passed on to the next person above"};

/* WHO as people say it; other words are names and stand as they are. */
static void put_by(struct buf *out, struct str by, bool ja)
{
	static const struct {
		const char *word, *ja, *en;
	} WORDS[] = {
		{"sender", "差出人", "the sender"},
		{"manager", "上司", "the manager"},
		{"superior", "上司かその上の人", "a superior"},
		{"anyone-internal", "社内の誰か", "anyone inside"},
		{"admin", "管理者", "an admin"},
	};

	for (size_t i = 0; i < ARRAY_LEN(WORDS); i++) {
		if (!str_is(by, WORDS[i].word))
			continue;
		buf_puts(out, ja ? WORDS[i].ja : WORDS[i].en);
		return;
	}
	buf_printf(out,
		   ja && str_chr(by, '@') < 0 ? "「" STR_FMT "」" : STR_FMT,
		   STR_ARG(by));
}

static void put_who(struct buf *out, const struct gate *g, bool ja)
{
	/* An address that the rule names itself is not said twice. */
	if (!g->who_n || (g->who_n == 1 && str_eq_ci(g->who[0], g->by)))
		return;
	buf_puts(out, ja ? "(" : " (");
	for (size_t i = 0; i < g->who_n && i < NAMES_SHOWN; i++)
		buf_printf(out, "%s" STR_FMT, i ? ", " : "",
			   STR_ARG(g->who[i]));
	if (g->who_n > NAMES_SHOWN)
		buf_printf(out, ja ? " ほか%zu人" : " and %zu more",
			   g->who_n - NAMES_SHOWN);
	buf_puts(out, ")");
}

static void put_deadline(struct buf *out, const struct gate *g,
			 const struct tz *tz, bool ja)
{
	if (!g->within.ja.n)
		return;
	if (ja)
		buf_printf(out, "。期限は%s" STR_FMT,
			   g->until_us ? "" : "頼んでから",
			   STR_ARG(g->within.ja));
	else
		buf_printf(out, ", within " STR_FMT, STR_ARG(g->within.en));
	if (g->until_us) {
		buf_puts(out, ja ? "(" : " (by ");
		say_moment(out, tz, g->until_us, ja);
		buf_puts(out, ja ? " まで)" : ")");
	}
	buf_printf(out, ja ? "、過ぎたら%s" : ", then %s",
		   ja ? THEN_JA[g->then] : THEN_EN[g->then]);
}

static void approve_text(const struct gate *g, const struct tz *tz, bool ja,
			 struct buf *out)
{
	if (!ja)
		buf_puts(out, "waits for approval by ");
	put_by(out, g->by, ja);
	put_who(out, g, ja);
	if (g->need > 1)
		buf_printf(out, ja ? "のうち%u人" : ", %u of them", g->need);
	if (ja)
		buf_puts(out, "の承認を待ちます");
	put_deadline(out, g, tz, ja);
}

static void schedule_text(const struct gate *g, const struct tz *tz, bool ja,
			  struct buf *out)
{
	buf_puts(out, ja ? "次の営業時間になってから、"
			 : "waits for the next opening, ");
	say_moment(out, tz, g->until_us, ja);
	buf_puts(out, ja ? " に送ります" : "");
	if (!g->urgent.n)
		return;
	buf_puts(out, ja ? "(急ぐときは" : " (earlier if ");
	put_by(out, g->urgent, ja);
	buf_puts(out, ja ? "の承認で早められます)" : " approves)");
}

/* Until a person has looked. */
static void person_text(const struct gate *g, bool ja, struct buf *out)
{
	bool sender = str_is(g->by, "sender");

	if (ja)
		buf_puts(out, sender ? "差出人がもう一度確かめるまで待ちます"
				     : "管理者が確かめるまで待ちます");
	else
		buf_puts(out, sender ? "waits until the sender confirms it"
				     : "waits for an admin");
}

static void doubt_text(const struct gate *g, bool ja, struct buf *out)
{
	if (!g->doubt.n)
		return;
	buf_puts(out, ja ? "(検査: " : " (inspection: ");
	say_doubt(out, g->doubt, ja);
	buf_putc(out, ')');
}

static void choice_text(const struct gate *g, bool ja, struct buf *out)
{
	if (!g->user)
		return;
	buf_puts(out, ja ? "。差出人は長さを" : "; the sender may choose ");
	if (g->user_lo_us)
		say_duration(out, g->user_lo_us, ja);
	else
		buf_puts(out, ja ? "保留なし" : "none");
	buf_puts(out, ja ? "から" : " to ");
	say_duration(out, g->user_hi_us, ja);
	if (ja)
		buf_puts(out, "の間で選べます");
}

int64_t gate_until(const struct gate *g, size_t n)
{
	int64_t at;

	if (g[n].until_us || g[n].kind != GATE_HOLD || g[n].then == THEN_WAIT)
		return g[n].until_us;
	at = g[0].until_us;
	for (size_t i = 0; i < n; i++) {
		/* Somebody has to open what does not send by itself, and what
		 * has no time of its own tells no moment. */
		if (!at || g[i].kind != GATE_HOLD || g[i].then != THEN_SEND ||
		    !g[i + 1].for_us)
			return 0;
		at += g[i + 1].for_us;
	}
	return at;
}

/* "60分遅らせ、…に送ります" */
static void delay_text(const struct gate *g, const struct tz *tz, bool ja,
		       struct buf *out)
{
	say_duration(out, g->for_us, ja);
	buf_puts(out, ja ? "遅らせ、" : " later, at ");
	say_moment(out, tz, g->until_us, ja);
	buf_puts(out, ja ? " に送ります" : "");
}

static void timed_text(const struct gate *g, const struct tz *tz, bool ja,
		       struct buf *out)
{
	if (ja && g->stage > 1)
		buf_printf(out, "第%u段で", g->stage);
	if (!ja)
		buf_puts(out, "held for ");
	say_duration(out, g->for_us, ja);
	if (ja)
		buf_puts(out, "保留し、");
	if (g->until_us) {
		buf_puts(out, ja ? "" : " until ");
		say_moment(out, tz, g->until_us, ja);
		buf_puts(out, ja ? " に" : "");
	}
	if (!ja && g->stage > 1)
		buf_printf(out, " in stage %u", g->stage);
	buf_printf(out, ja ? "%s" : ", then %s",
		   ja ? THEN_JA[g->then] : THEN_EN[g->then]);
	choice_text(g, ja, out);
}

/* "Until he sends it": its length says nothing. */
static void wait_text(const struct gate *g, bool ja, struct buf *out)
{
	if (ja && g->stage > 1)
		buf_printf(out, "第%u段で", g->stage);
	buf_puts(out, ja ? "差出人が送るまで待ちます(72時間まで、過ぎたら"
			   "差出人へ戻します)"
			 : "kept until the sender sends it (72 hours at most, "
			   "then returned to the sender)");
	choice_text(g, ja, out);
}

void gate_text(const struct gate *g, const struct tz *tz, const char *language,
	       struct buf *out)
{
	bool ja = strcmp(language, "ja") == 0;

	if (g->kind == GATE_APPROVE)
		approve_text(g, tz, ja, out);
	else if (g->kind == GATE_SCHEDULE)
		schedule_text(g, tz, ja, out);
	else if (!g->for_us)
		person_text(g, ja, out);
	else if (g->kind == GATE_DELAY)
		delay_text(g, tz, ja, out);
	else if (g->then == THEN_WAIT)
		wait_text(g, ja, out);
	else
		timed_text(g, tz, ja, out);
	doubt_text(g, ja, out);
}
