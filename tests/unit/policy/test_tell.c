/* The whole plan as JSON and as text: what people and programs read of it. */
#include "tests/unit/policy/try.h"

#include <string.h>

Suite *test_tell_suite(void);

#define EXT "a@customer.example.com"

static const struct plan *a_plan(void)
{
	try_source()->tls = "tests/unit/policy/data/tls.csv";
	try_policy(
		"sekisho: 1\n"
		"domains: {internal: [example.co.jp]}\n"
		"lists: {hints: {file: data/hints.csv}}\n"
		"texts: {nda: {ja: 守秘のお願い, en: Keep this secret}}\n"
		"calendars: {office: {timezone: Asia/Tokyo, open: {mon-fri: "
		"\"09:30-19:00\"}}}\n"
		"defaults: {calendar: office}\n"
		"rules:\n"
		"  - rule: by-grade\n"
		"    when: {recipient: {in: [good.example.org, "
		"other.example]}}\n"
		"    do: {attachments: {way: by-tls, at-least: "
		"opportunistic, keep: 3d, downloads: 5}}\n"
		"  - rule: page\n"
		"    when: {recipient: {in: [weak.example.org]}}\n"
		"    do: {attachments: {way: link}, password: {make: "
		"registered, from: hints, tell: hint, to: recipient}}\n"
		"  - rule: zip\n"
		"    when: {recipient: {class: external}}\n"
		"    do: {attachments: {way: zip, cipher: zipcrypto, bundle: "
		"each, names: cp932}, insert: {text: nda, at: tail}, sign: "
		"smime}\n"
		"  - rule: ask\n"
		"    do: {approve: {by: manager, within: 1 business day, "
		"then: escalate, remind: 1h}, hold: {for: 5m, user: {for: "
		"1m..1h, then: [send, wait]}}, schedule: {next-opening: "
		"office, urgent: {approve: {by: akira.kondo@example.co.jp}}}}\n"
		"  - rule: ghost\n    mode: shadow\n    do: {refuse: {}}\n");
	return TRY_MAIL(.to = "a@good.example.org,b@other.example,c@weak."
			      "example.org,"
			      "d@none.example.org",
			.files = "見積.pdf,!b.zip",
			.at = "2026-09-01T19:30:00+09:00");
}

static const struct json *rcpt(const struct json *j, size_t at)
{
	return json_at(json_get(j, "recipients"), at);
}

static const char *file_way(const struct json *j, size_t at, size_t file,
			    const char *key)
{
	return json_get_cstr(
		json_at(json_get(rcpt(j, at), "attachments"), file), key, "-");
}

START_TEST(ways_in_json)
{
	struct json *j = plan_json(a_plan(), try_facts(), tz_utc());
	const struct json *o;

	ck_assert_str_eq(file_way(j, 0, 0, "way"), "attach");
	ck_assert_str_eq(file_way(j, 0, 0, "way-if-protected"), "-");
	ck_assert_int_eq(json_type(json_get(rcpt(j, 0), "password")),
			 JSON_NULL);
	o = json_get(rcpt(j, 0), "tls");
	ck_assert_str_eq(json_get_cstr(o, "grade", ""), "valid-certificate");
	ck_assert(json_get_bool(o, "settled", false));
	/* both forms */
	ck_assert_str_eq(file_way(j, 1, 0, "way"), "link");
	ck_assert_str_eq(file_way(j, 1, 0, "way-if-protected"), "attach");
	o = json_get(rcpt(j, 1), "tls");
	ck_assert_str_eq(json_get_cstr(o, "grade", ""), "unknown");
	ck_assert(!json_get_bool(o, "settled", true));
	o = json_get(rcpt(j, 1), "link");
	ck_assert_int_eq(json_get_int(o, "keep-seconds", 0), 3 * 86400);
	ck_assert_int_eq(json_get_int(o, "downloads", 0), 5);
	ck_assert_str_eq(json_get_cstr(o, "place", ""), "head");
	/* ZIP, and what is encrypted already outside of it */
	ck_assert_str_eq(file_way(j, 3, 0, "way"), "zip");
	ck_assert_str_eq(file_way(j, 3, 1, "way"), "attach");
	o = json_get(rcpt(j, 3), "zip");
	ck_assert_str_eq(json_get_cstr(o, "bundle", ""), "each");
	ck_assert_str_eq(json_get_cstr(o, "cipher", ""), "zipcrypto");
	ck_assert_str_eq(json_get_cstr(o, "names", ""), "cp932");
	ck_assert_str_eq(json_get_cstr(rcpt(j, 3), "way-rule", ""), "zip");
	json_free(&j);
}
END_TEST

START_TEST(passwords_and_texts_in_json)
{
	struct json *j = plan_json(a_plan(), try_facts(), tz_utc());
	const struct json *o = json_get(rcpt(j, 3), "password");

	ck_assert_str_eq(json_get_cstr(o, "make", ""), "random");
	ck_assert_str_eq(json_get_cstr(o, "tell", ""), "password");
	ck_assert_uint_eq(json_size(json_get(o, "to")), 2);
	ck_assert_int_eq(json_get_int(o, "after-seconds", 0), 180);
	ck_assert_int_eq(json_get_int(o, "length", 0), 10);
	ck_assert_uint_eq(json_size(json_get(o, "classes")), 4);
	o = json_get(rcpt(j, 2), "password");
	ck_assert_str_eq(json_get_cstr(o, "make", ""), "registered");
	ck_assert_str_eq(json_get_cstr(o, "secret", ""), "company");
	ck_assert_str_eq(json_get_cstr(o, "tell", ""), "hint");
	ck_assert_str_eq(json_get_cstr(o, "hint", ""), "ご契約時のパスワード");
	ck_assert_ptr_null(json_get(o, "length"));
	o = json_at(json_get(rcpt(j, 3), "inserts"), 0);
	ck_assert_str_eq(json_get_cstr(o, "name", ""), "nda");
	ck_assert_str_eq(json_get_cstr(o, "at", ""), "tail");
	ck_assert_str_eq(json_get_cstr(json_get(o, "text"), "en", ""),
			 "Keep this secret");
	ck_assert_str_eq(json_get_cstr(rcpt(j, 3), "sign", ""), "smime");
	ck_assert_int_eq(json_type(json_get(rcpt(j, 3), "encrypt")), JSON_NULL);
	json_free(&j);
}
END_TEST

START_TEST(gates_in_json)
{
	struct json *j = plan_json(a_plan(), try_facts(), tz_utc());
	const struct json *gates = json_get(rcpt(j, 3), "gates"), *g;

	ck_assert_str_eq(json_get_cstr(j, "outcome", ""), "approve");
	ck_assert_uint_eq(json_size(gates), 3);
	g = json_get(json_at(gates, 0), "user");
	ck_assert_int_eq(json_int(json_at(json_get(g, "for-seconds"), 1), 0),
			 3600);
	ck_assert_uint_eq(json_size(json_get(g, "then")), 2);
	g = json_at(gates, 1);
	ck_assert_str_eq(json_get_cstr(g, "kind", ""), "schedule");
	ck_assert_str_eq(json_get_cstr(g, "until", ""),
			 "2026-09-02T00:30:00+00:00");
	ck_assert_str_eq(json_get_cstr(g, "then", ""), "send");
	ck_assert_str_eq(json_get_cstr(g, "urgent", ""),
			 "akira.kondo@example.co.jp");
	g = json_at(gates, 2);
	ck_assert_str_eq(json_get_cstr(g, "kind", ""), "approve");
	ck_assert_str_eq(json_get_cstr(g, "by", ""), "manager");
	ck_assert_str_eq(json_get_cstr(g, "then", ""), "escalate");
	ck_assert_str_eq(json_get_cstr(g, "until", ""),
			 "2026-09-02T10:00:00+00:00");
	ck_assert_str_eq(json_get_cstr(g, "remind", ""),
			 "2026-09-01T11:35:00+00:00");
	ck_assert_int_eq(json_type(json_get(g, "for-seconds")), JSON_NULL);
	ck_assert_int_eq(json_get_int(g, "need", 0), 1);
	ck_assert(!json_get_bool(g, "self", true));
	ck_assert_str_eq(json_cstr(json_at(json_get(g, "who"), 0), ""),
			 "hanako.suzuki@example.co.jp");
	ck_assert_str_eq(json_get_cstr(json_get(g, "within"), "ja", ""),
			 "1営業日");
	json_free(&j);
}
END_TEST

START_TEST(what_is_not_carried_out_and_what_would_have_been)
{
	struct json *j = plan_json(a_plan(), try_facts(), tz_utc());
	const struct json *o;

	ck_assert_uint_eq(json_size(json_get(j, "unbuilt")), 6);
	ck_assert_uint_eq(json_size(json_get(rcpt(j, 0), "unbuilt")), 2);
	ck_assert_str_eq(json_cstr(json_at(json_get(j, "shadow"), 0), ""),
			 "ghost");
	o = json_at(json_get(j, "would"), 0);
	ck_assert_str_eq(json_get_cstr(o, "rule", ""), "ghost");
	ck_assert_str_eq(json_get_cstr(o, "outcome", ""), "refuse");
	ck_assert_uint_eq(json_size(json_get(o, "recipients")), 4);
	ck_assert_ptr_nonnull(strstr(
		json_get_cstr(json_get(o, "text"), "en", ""), "refused"));
	json_free(&j);
}
END_TEST

START_TEST(findings_in_json)
{
	const struct plan *p = a_plan();
	struct facts f = *try_facts();
	struct sample sample = {DETECT_CARD, PLACE_BODY, VIEW_WHOLE,
				STR("4***********11")};
	struct findings found = {.sample = &sample, .sample_n = 1};
	struct json *j;
	AUTO(buf) text = BUF_MAX(MIB);

	found.unique[SCOPE_ANYWHERE][DETECT_CARD] = 3;
	found.unique[SCOPE_BODY][DETECT_PHONE] = 2;
	found.people[SCOPE_ANYWHERE] = 2;
	f.findings = &found;
	j = plan_json(p, &f, tz_utc());
	ck_assert_int_eq(json_get_int(json_get(j, "findings"), "card", 0), 3);
	ck_assert_int_eq(json_get_int(json_get(j, "findings"), "people", 0), 2);
	ck_assert_ptr_null(json_get(json_get(j, "findings"), "phone"));
	ck_assert_str_eq(
		json_get_cstr(json_at(json_get(j, "samples"), 0), "text", ""),
		"4***********11");
	json_free(&j);
	plan_text(p, &f, tz_utc(), "en", &text);
	ck_assert_ptr_nonnull(
		strstr(buf_cstr(&text), "Found: 3 card numbers\n"));
}
END_TEST

static const char *const EN[] = {
	"a@good.example.org (external): waits for approval\n",
	"  - held for 5 minutes until Tue 1 Sep 2026, 19:35, then sent by "
	"itself; the sender may choose 1 minute to 60 minutes\n",
	"  - waits for the next opening, Wed 2 Sep 2026, 09:30 (earlier if "
	"akira.kondo@example.co.jp approves)\n",
	"  - waits for approval by the manager (hanako.suzuki@example.co.jp), "
	"within 1 business day (by Wed 2 Sep 2026, 19:00), then passed on to "
	"the next person above\n",
	"  - TLS (predicted): a valid certificate (asked for: at least "
	"encryption)\n",
	"  - attachment \"見積.pdf\": attached as it is\n",
	"  - attachment \"見積.pdf\": where TLS has at least encryption: "
	"attached as it is, else: download page (3 days, 5 "
	"times)\n",
	"  - attachment \"見積.pdf\": ZIP with a password (ZipCrypto)\n",
	"  - attachment \"b.zip\": attached as it is\n",
	"  - password: made anew (10 characters), told in another mail to "
	"recipient and sender after 3 minutes\n",
	"  - password: the registered one (company), only its hint is told to "
	"the recipient after 3 minutes (hint: ご契約時のパスワード)\n",
	"  - text put at the end: Keep this secret\n",
	"  - signed by S/MIME\n",
	"In shadow: ghost (nothing was done)\n",
	"Not carried out yet: ZIP encryption of attachments, download page, ",
};
static const char *const JA[] = {
	"  - 5分保留し、2026年9月1日(火) 19:35 に自動で送ります。差出人は"
	"長さを1分から60分の間で選べます\n",
	"  - 次の営業時間になってから、2026年9月2日(水) 09:30 に送ります"
	"(急ぐときはakira.kondo@example.co.jpの承認で早められます)\n",
	"  - 上司(hanako.suzuki@example.co.jp)の承認を待ちます。期限は1営業日"
	"(2026年9月2日(水) 19:00 まで)、過ぎたらその上の人へ回します\n",
	"  - TLS(予測): 正しい証明書(条件: 暗号化あり以上)\n",
	"  - 添付「見積.pdf」: そのまま添付\n",
	"  - 添付「見積.pdf」: TLSが「暗号化あり」以上ならそのまま"
	"添付、でなければ受け取りページ(3日、5回まで)\n",
	"  - 添付「見積.pdf」: パスワード付きZIP(ZipCrypto)\n",
	"  - パスワード: 毎回新しく作り(10文字)、3分後に宛先と差出人へ別の"
	"メールで知らせます\n",
	"  - パスワード: 登録したもの(company)を使い、3分後に宛先へヒントだけを"
	"知らせます(ヒント: ご契約時のパスワード)\n",
	"  - 本文の終わりに次の文を入れます: 守秘のお願い\n",
	"  - S/MIME で署名します\n",
	"影で当たった規則: ghost (何もしていません)\n",
	"まだ実行できません: 添付のZIP暗号化、受け取りページ、",
};

static void all_of(const char *const *want, size_t n, const char *language)
{
	const struct plan *p = a_plan();
	AUTO(buf) out = BUF_MAX(MIB);
	struct tz *tz = tz_load("Asia/Tokyo", NULL);

	plan_text(p, try_facts(), tz, language, &out);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(strstr(buf_cstr(&out), want[i]), "%s\nin:\n%s",
			      want[i], buf_cstr(&out));
	tz_free(&tz);
}

/* Of mail that waits, those above its sender may stop it. */
static const struct {
	const char *rule, *to;
	bool brake;
} BRAKES[] = {
	{"{delay: {for: 60m}, copy: {to: manager}}", EXT, true},
	{"{hold: {for: 60m}, copy: {to: superior}}", EXT, true},
	{"{delay: {for: 60m}, copy: {to: akira.kondo@example.co.jp}}", EXT,
	 true},
	{"{delay: {for: 60m}, copy: {to: manager}}", EXT ",jiro@example.co.jp",
	 true},
	{"{delay: {for: 60m}, copy: {to: ken.sato@example.co.jp}}", EXT, false},
	{"{copy: {to: manager}}", EXT, false},
	{"{delay: {for: 60m}, copy: {to: manager, when: released}}", EXT,
	 false},
	{"{delay: {for: 60m}, refuse: {}, copy: {to: manager, when: refused}}",
	 EXT, false},
};

START_TEST(brakes_of_superiors)
{
	const struct plan *p;
	struct json *j;
	AUTO(buf) text = BUF_MAX(64 * KIB);

	try_rules(arena_printf(try_arena(),
			       "  - rule: r\n    when: {recipient: {class: "
			       "external}}\n    do: %s\n",
			       BRAKES[_i].rule));
	p = TRY_MAIL(.to = BRAKES[_i].to);
	ck_assert_uint_eq(p->copy_n, 1);
	ck_assert_int_eq(p->copy[0].brake, BRAKES[_i].brake);
	j = plan_json(p, try_facts(), tz_utc());
	ck_assert_int_eq(json_get_bool(json_at(json_get(j, "copies"), 0),
				       "brake", false),
			 BRAKES[_i].brake);
	json_free(&j);
	plan_text(p, try_facts(), tz_utc(), "en", &text);
	ck_assert_int_eq(strstr(buf_cstr(&text), "can return it") != NULL,
			 BRAKES[_i].brake);
}
END_TEST

START_TEST(read_by_people)
{
	all_of(EN, ARRAY_LEN(EN), "en");
	all_of(JA, ARRAY_LEN(JA), "ja");
}
END_TEST

Suite *test_tell_suite(void)
{
	Suite *s = suite_create("tell");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, try_begin, try_end);
	tcase_add_test(c, ways_in_json);
	tcase_add_test(c, passwords_and_texts_in_json);
	tcase_add_test(c, gates_in_json);
	tcase_add_test(c, what_is_not_carried_out_and_what_would_have_been);
	tcase_add_test(c, findings_in_json);
	tcase_add_loop_test(c, brakes_of_superiors, 0, ARRAY_LEN(BRAKES));
	tcase_add_test(c, read_by_people);
	suite_add_tcase(s, c);
	return s;
}
