/* story.c - what `sekisho queue show` prints of a message's story: rows of the
 * audit, as people read them.
 */
#include "connector/main/story_int.h"

#include "connector/base/id.h"
#include "connector/base/utf8.h"

#define WORD_CHARS 200 /* of one value that came from outside */

struct called {
	const char *word, *ja, *en;
};

static const struct called EVENTS[] = {
	{"accepted", "受付", "accepted"},
	{"decided", "判定", "decided"},
	{"attempt", "送信開始", "attempt"},
	{"outcome", "送信結果", "outcome"},
	{"unknown", "返事なし", "unknown"},
	{"due", "時刻到来", "due"},
	{"sent-now", "今すぐ送信", "sent now"},
	{"released", "保留解除", "released"},
	{"discarded", "破棄", "discarded"},
	{"returned", "返却", "returned"},
	{"ended", "終了", "ended"},
	{"repeat", "同じメールの再送", "repeat"},
	{"tightened", "規則の再適用", "tightened"},
	{"damaged", "破損", "damaged"},
	{"forgotten", "消去", "forgotten"},
};

static const struct called STATES[] = {
	{"received", "受付", "received"},
	{"held", "保留", "held"},
	{"ready", "送信待ち", "ready"},
	{"sending", "送信中", "sending"},
	{"deferred", "再送待ち", "deferred"},
	{"unknown", "返事なし", "unknown"},
	{"parked", "停止", "parked"},
	{"delivered", "配送済み", "delivered"},
	{"bounced", "配送不能", "bounced"},
	{"refused", "拒否", "refused"},
	{"discarded", "破棄", "discarded"},
	{"returned", "返却", "returned"},
	{"expired", "期限切れ", "expired"},
};

static const struct called OUTCOMES[] = {
	{"refuse", "送らない", "refused"},
	{"approve", "承認が必要", "needs approval"},
	{"hold", "保留", "held"},
	{"schedule", "時刻を決めて送る", "scheduled"},
	{"delay", "遅らせて送る", "delayed"},
	{"deliver", "すぐに送る", "sent at once"},
	{"failed", "検査が終わらなかった", "inspection not finished"},
	{"loop", "メールが回っている", "a mail loop"},
	{"not-enrolled", "規則の対象外", "not enrolled"},
};

static const char *call(const struct called *v, size_t n, const char *word,
			bool ja)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].word, word) == 0)
			return ja ? v[i].ja : v[i].en;
	return word;
}
#define CALL(table, word, ja) call(table, ARRAY_LEN(table), word, ja)

const char *story_event(const char *event, bool ja)
{
	return CALL(EVENTS, event, ja);
}

/* ---- one detail ---- */

static void text_put(struct buf *out, const char *text)
{
	utf8_clean(out, str_of(text), WORD_CHARS);
}

/* Texts without controls; numbers and all else as JSON has them. */
static void value_put(struct buf *out, const struct json *v)
{
	AUTO(buf) raw = BUF_MAX(MIB);

	if (json_type(v) == JSON_STRING) {
		text_put(out, json_cstr(v, ""));
		return;
	}
	json_print(v, &raw, false);
	utf8_clean(out, buf_str(&raw), WORD_CHARS);
}

static void address_put(struct buf *out, const struct json *rcpts, int64_t n)
{
	const struct json *one = n < 0 || (size_t)n >= json_size(rcpts)
					 ? NULL
					 : json_at(rcpts, (size_t)n);

	text_put(out, one ? json_get_cstr(one, "address", "?") : "?");
}

/* {"0": 1}: the first recipient's first attempt. */
static void attempts_put(struct buf *out, const struct json *v,
			 const struct json *rcpts, bool ja)
{
	for (const struct json *m = json_at(v, 0); m; m = json_next(m)) {
		uint64_t n = UINT32_MAX;

		(void)!str_u64(str_of(json_key(m)), &n);
		if (m != json_at(v, 0))
			buf_puts(out, ja ? "、" : ", ");
		address_put(out, rcpts, (int64_t)MIN_OF(n, UINT32_MAX));
		buf_printf(out, ja ? " %lld回目" : " attempt %lld",
			   (long long)json_int(m, 0));
	}
}

static void outcomes_put(struct buf *out, const struct json *v,
			 const struct json *rcpts, bool ja)
{
	for (const struct json *one = json_at(v, 0); one;
	     one = json_next(one)) {
		const char *answer = json_get_cstr(one, "answer", "");

		if (one != json_at(v, 0))
			buf_puts(out, ja ? "、" : ", ");
		address_put(out, rcpts, json_get_int(one, "n", -1));
		buf_printf(out, " %s",
			   CALL(STATES, json_get_cstr(one, "state", "?"), ja));
		if (!*answer)
			continue;
		buf_puts(out, " (");
		text_put(out, answer);
		buf_putc(out, ')');
	}
}

static void rcpts_put(struct buf *out, const struct json *v,
		      const struct json *rcpts, bool ja)
{
	int64_t n = json_int(v, 0);

	if (json_type(v) == JSON_OBJECT)
		attempts_put(out, v, rcpts, ja);
	else if (json_type(v) == JSON_ARRAY)
		outcomes_put(out, v, rcpts, ja);
	else if (ja)
		buf_printf(out, "宛先%lld件", (long long)n);
	else
		buf_printf(out, "%lld recipient%s", (long long)n,
			   n == 1 ? "" : "s");
}

static void states_put(struct buf *out, const struct json *v,
		       const struct json *rcpts, bool ja)
{
	(void)rcpts;
	for (const struct json *m = json_at(v, 0); m; m = json_next(m)) {
		if (m != json_at(v, 0))
			buf_puts(out, ja ? "、" : ", ");
		buf_printf(out, ja ? "%s%lld件" : "%s %lld",
			   CALL(STATES, json_key(m), ja),
			   (long long)json_int(m, 0));
	}
}

static void outcome_put(struct buf *out, const struct json *v,
			const struct json *rcpts, bool ja)
{
	(void)rcpts;
	buf_printf(out, ja ? "判定: %s" : "decision: %s",
		   CALL(OUTCOMES, json_cstr(v, "?"), ja));
}

static void about_put(struct buf *out, const struct json *v,
		      const struct json *rcpts, bool ja)
{
	char id[ID_TEXT_LEN + 1];

	(void)rcpts;
	id_text(json_int(v, 0), id);
	buf_printf(out, ja ? "%s についての通知" : "about %s", id);
}

/* What says it all by standing there, or with its value behind. */
static const struct {
	const char *key;
	void (*put)(struct buf *out, const struct json *v,
		    const struct json *rcpts, bool ja);
	const char *ja, *en;
	bool alone;
} DETAILS[] = {
	{"recipients", rcpts_put, NULL, NULL, false},
	{"states", states_put, NULL, NULL, false},
	{"outcome", outcome_put, NULL, NULL, false},
	{"about", about_put, NULL, NULL, false},
	{"client", NULL, "接続元 ", "from ", false},
	{"remote", NULL, "相手 ", "by ", false},
	{"policy", NULL, "規則の版 ", "policy version ", false},
	{"reason", NULL, "理由: ", "reason: ", false},
	{"why", NULL, "原因: ", "cause: ", false},
	{"with", NULL, "一緒に ", "together with ", false},
	{"again", NULL, "もう一度 ", "again as ", false},
	{"kind", NULL, "種類: ", "kind: ", false},
	{"tenant", NULL, "テナント ", "tenant ", false},
	{"ready", NULL, "送信待ち ", "ready ", false},
	{"returned", NULL, "返却 ", "returned ", false},
	{"expired", NULL, "期限切れ ", "expired ", false},
	{"still-held", NULL, "保留のまま ", "still held ", false},
	{"round-ms", NULL, "往復ミリ秒 ", "round trip in ms: ", false},
	{"comment", NULL, "コメントあり", "with a comment", true},
	{"as-is", NULL, "元のまま", "as it came", true},
};

static void member_put(struct buf *out, const struct json *m,
		       const struct json *rcpts, bool ja)
{
	for (size_t i = 0; i < ARRAY_LEN(DETAILS); i++) {
		if (strcmp(json_key(m), DETAILS[i].key) != 0)
			continue;
		if (DETAILS[i].put) {
			DETAILS[i].put(out, m, rcpts, ja);
			return;
		}
		buf_puts(out, ja ? DETAILS[i].ja : DETAILS[i].en);
		if (!DETAILS[i].alone)
			value_put(out, m);
		return;
	}
	buf_printf(out, "%s: ", json_key(m));
	value_put(out, m);
}

void story_detail(struct buf *out, const struct json *detail,
		  const struct json *recipients, bool ja)
{
	const struct json *first = detail && json_size(detail)
					   ? json_at(detail, 0)
					   : NULL;

	for (const struct json *m = first; m; m = json_next(m)) {
		if (m != first)
			buf_puts(out, ja ? "、" : ", ");
		member_put(out, m, recipients, ja);
	}
}
