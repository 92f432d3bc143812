/* live.c - checks of what the running engine says of itself. */
#include "connector/doctor/doctor_int.h"

#define PARKED_TEXT                                                            \
	"next-hop-refuses の警報と記録を見て、設定を直してください。"

static void say_sandbox(struct doctor *d)
{
	const char *level = json_get_cstr(d->c.live, "sandbox", "");
	bool full = strstr(level, "seccomp") && strstr(level, "landlock");

	doctor_say(d, full ? DOCTOR_FINE : DOCTOR_WARN,
		   "Landlock のあるカーネル(6.1 以降)で動かしてください。",
		   "use a kernel with Landlock (6.1 or later)",
		   "検査の隔離: %s", "the inspector's sandbox: %s", level);
	if (full && !strstr(level, "outer"))
		doctor_say(d, DOCTOR_NOTE,
			   "poppler-utils と poppler-data を入れてください。",
			   "install poppler-utils and poppler-data",
			   "PDF を読むプログラムがありません。PDF は"
			   "「形式が不明」になります。",
			   "no program reads PDF: it is \"unknown-type\"");
}

static void say_mode(struct doctor *d)
{
	const char *mode = json_get_cstr(d->c.live, "mode", "normal");

	if (strcmp(mode, "normal") != 0)
		doctor_say(d, DOCTOR_WARN, "終わったら: sekisho mode normal。",
			   "when it is over: `sekisho mode normal`",
			   "いまは平常ではありません: %s",
			   "this is no normal day: mode %s", mode);
}

static void say_clock(struct doctor *d)
{
	if (json_get_bool(d->c.live, "clock-jumped", false))
		doctor_say(d, DOCTOR_BAD,
			   "時計を直すか、いまの時刻が正しければ sekisho "
			   "clock accept。それまで保留の時限は止まります。",
			   "put the clock right, or, where it is right now, "
			   "`sekisho clock accept`; until then timers wait",
			   "時計が %lld 秒跳びました",
			   "the clock jumped by %lld s",
			   (long long)json_get_int(d->c.live,
						   "clock-off-seconds", 0));
}

static void say_policy(struct doctor *d)
{
	const char *runs = json_get_cstr(d->c.live, "policy-digest", "");
	long long version = json_get_int(d->c.live, "policy", 0);

	if (!d->c.policy_digest)
		doctor_say(
			d, DOCTOR_BAD,
			"sekisho check の誤りを直してください。動いている"
			"版はそのまま働きます。",
			"mend what `sekisho check` tells; the running version "
			"stays",
			"規則のファイルに誤りがあります(版 %lld が動作中)",
			"the policy file is not valid (version %lld runs)",
			version);
	else if (strcmp(runs, d->c.policy_digest) != 0)
		doctor_say(d, DOCTOR_WARN,
			   "sekisho policy apply で適用してください。",
			   "`sekisho policy apply` takes it",
			   "規則のファイルは、動いている版 %lld と違います",
			   "the policy file differs from version %lld that "
			   "runs",
			   version);
	else
		doctor_say(d, DOCTOR_FINE, NULL, NULL,
			   "規則の版 %lld が動いています",
			   "policy version %lld runs", version);
}

static void say_aged(struct doctor *d)
{
	const struct json *list = json_get(d->c.live, "policy-aged");

	for (size_t i = 0; i < json_size(list); i++) {
		const struct json *row = json_at(list, i);

		doctor_say(d, DOCTOR_WARN,
			   "新しい日付の一覧に替えてください(休日: 内閣府の "
			   "syukujitsu.csv、または新しい版の sekisho)。",
			   "take a newer list (holidays: the Cabinet Office's "
			   "syukujitsu.csv, or a newer sekisho)",
			   "%s%.0s", "%.0s%s", json_get_cstr(row, "ja", ""),
			   json_get_cstr(row, "en", ""));
	}
}

void check_engine(struct doctor *d)
{
	if (!d->c.live) {
		doctor_say(
			d, DOCTOR_BAD,
			"sekisho serve を動かすか、この利用者に制御ソケットを"
			"開く権限を与えてください。",
			"run `sekisho serve`, or let this user open the "
			"control socket",
			"関所が答えません(%s)", "no answer at %s",
			d->c.config->control ? d->c.config->control : "-");
		return;
	}
	say_sandbox(d);
	say_policy(d);
	say_aged(d);
	say_mode(d);
	say_clock(d);
	if (!json_get_bool(d->c.live, "dns-validates", true))
		doctor_say(d, DOCTOR_WARN,
			   "dns-root-data を入れるか、dns: trust-anchor を"
			   "書いてください。",
			   "install dns-root-data, or set `dns: trust-anchor`",
			   "DNS の答えを検証していません",
			   "answers of the DNS are not validated");
}

/* What the engine says of its own proofs: until it is mended, mail of that
 * tenant gets 451. */
void check_secrets(struct doctor *d)
{
	const struct json *lines = json_get(d->c.live, "health");

	if (!d->c.live)
		return;
	for (size_t i = 0; i < json_size(lines); i++) {
		const char *line = json_cstr(json_at(lines, i), "");

		if (str_starts(str_of(line), STR("tenant ")))
			doctor_say(d, DOCTOR_BAD,
				   "sekisho secret set か rotate で置いて"
				   "ください。それまで 451 と答えます。",
				   "set it with `sekisho secret set` or "
				   "`rotate`; until then its mail gets 451",
				   "%s", "%s", line);
	}
}

static void say_ranges(struct doctor *d, const struct json *row)
{
	long long count = json_get_int(row, "count", 0);
	int64_t age_us = d->now_us - json_get_int(row, "fetched-us", 0);

	if (count == 0)
		doctor_say(d, DOCTOR_BAD,
			   "外への https と DNS、設定の ranges を確かめて"
			   "ください。それまで 451 と答えます。",
			   "check https and DNS to the outside, and `ranges`; "
			   "until then its mail gets 451",
			   "%s のアドレスの一覧をまだ取得できていません",
			   "%s: the list of its addresses was never fetched",
			   json_key(row));
	else
		doctor_say(d,
			   age_us > d->c.config->ranges.alarm_us ? DOCTOR_WARN
								 : DOCTOR_FINE,
			   "外への https と DNS を確かめてください。"
			   "古い一覧は使い続けられます。",
			   "check https and DNS to the outside; the old list "
			   "serves on",
			   "%s のアドレス %lld 件、%lld 時間前に取得",
			   "%s: %lld ranges, fetched %lld hours ago",
			   json_key(row), count,
			   (long long)(age_us / US_PER_HOUR));
}

void check_ranges(struct doctor *d)
{
	const struct json *clouds = json_get(d->c.live, "ranges");

	if (!d->c.live)
		return;
	for (size_t i = 0; i < json_size(clouds); i++)
		say_ranges(d, json_at(clouds, i));
}

static uint64_t state_count(struct doctor *d, const char *state,
			    const char *reason)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct store_query q = {.open_only = true,
				.state = str_of(state),
				.reason = str_of(reason),
				.limit = 1000};
	struct store_found *found;
	struct err e = ERR_EMPTY;
	size_t n = 0;

	if (!store_list(d->c.reader, &q, &a, &found, &n, &e))
		return 0;
	return n;
}

void check_queue(struct doctor *d)
{
	uint64_t open = 0, held = 0, parked, failed;
	struct err e = ERR_EMPTY;

	if (!d->c.reader || !store_counts(d->c.reader, &open, &held, &e))
		return;
	parked = state_count(d, "parked", "");
	failed = state_count(d, "held", "failed");
	if (parked)
		doctor_say(d, DOCTOR_BAD, PARKED_TEXT,
			   "see the alarm next-hop-refuses and the log, and "
			   "mend the settings there or here",
			   "次のサーバーに断られて待つメールが %llu 通あります",
			   "%llu mails wait because the next hop refuses us",
			   (unsigned long long)parked);
	if (failed)
		doctor_say(d, DOCTOR_WARN,
			   "sekisho queue list を見て、離すか返すかを"
			   "決めてください。",
			   "see `sekisho queue list` and release or return "
			   "them",
			   "検査に失敗して待つメールが %llu 通あります",
			   "%llu mails are held because their inspection "
			   "failed",
			   (unsigned long long)failed);
	doctor_say(d, DOCTOR_FINE, NULL, NULL, "途中の宛先 %llu(うち保留 %llu)",
		   "%llu recipients under way, %llu of them held",
		   (unsigned long long)open, (unsigned long long)held);
}
