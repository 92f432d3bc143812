/* Notices: the classic form byte for byte, every kind in every language,
 * hostile values, a site's own templates. */
#include "connector/notice/notice_int.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

Suite *test_notice_suite(void);

static struct notices *set;
static struct tz *zone;

static void load(void)
{
	struct err e = ERR_EMPTY;

	set = notices_load(NULL, &e);
	ck_assert_msg(set != NULL, "%s", e.text);
	zone = tz_load("Asia/Tokyo", &e);
	ck_assert_ptr_nonnull(zone);
}

static void unload(void)
{
	notices_free(&set);
	tz_free(&zone);
}

static int64_t at(const char *text)
{
	int64_t us;

	ck_assert(time_parse_rfc3339(str_of(text), &us));
	return us;
}

static const struct notice_text first_time = {
	STR("初めての宛先 1件(new@customer.example.com)"),
	STR("1 first-time recipient (new@customer.example.com)")};
static const struct str rcpt = STR("test@example.com");

static struct notice sample(void)
{
	return (struct notice){
		.kind = NOTICE_HELD,
		.language = STR("ja"),
		.from = STR("sekisho@example.co.jp"),
		.from_name = STR("関所"),
		.to = STR("taro.yamada@example.co.jp"),
		.hostname = STR("gate.example.co.jp"),
		.public_url = STR("https://gate.example.co.jp/"),
		.subject = STR("送信テスト"),
		.original_from = STR("taro.yamada@example.co.jp"),
		.recipient = &rcpt,
		.recipient_n = 1,
		.message_id = STR("<1@gate.example.co.jp>"),
		.date_us = at("2021-02-09T05:55:00+09:00"),
		.due_us = at("2021-02-09T06:00:00+09:00"),
		.tz = zone,
		.token = STR("TOKEN"),
		.check_number = STR("4821"),
		.reason = &first_time,
		.reason_n = 1,
		.way_out = {STR("確認ページで印を付けるか、"
				"この宛先を外してください。"),
			    STR("Tick it on the page, or remove it.")},
	};
}

/* Seed 000, page 13, with our address. */
static const char seed_form[] =
	"=====\n"
	"メール配送保留のお知らせ\n"
	"=====\n"
	"\n"
	"現在メールが保留されています。以下のURLを参照して確認してください。\n"
	"\n"
	"[件名] 送信テスト\n"
	"[URL] https://gate.example.co.jp/m/TOKEN\n"
	"\n"
	"※URLが折り返されている場合は1行につなげてアクセスしてください。\n"
	"\n"
	"※保留されたメールは2021-02-09 06:00:00 +0900に、"
	"自動的に配送されます。\n";

static const char below[] =
	"\n"
	"-----\n"
	"確認番号: 4821\n"
	"止めた理由: 初めての宛先 1件(new@customer.example.com)\n"
	"通し方: 確認ページで印を付けるか、この宛先を外してください。\n";

struct rendered {
	struct buf subject, text, html;
};

static struct rendered render(const struct notice *n)
{
	struct rendered r = {BUF_MAX(MIB), BUF_MAX(MIB), BUF_MAX(MIB)};
	struct err e = ERR_EMPTY;

	ck_assert_msg(notice_render(set, n, &r.subject, &r.text, &r.html, &e),
		      "%s", e.text);
	buf_cstr(&r.subject);
	buf_cstr(&r.text);
	buf_cstr(&r.html);
	return r;
}

static void rendered_release(struct rendered *r)
{
	buf_release(&r->subject);
	buf_release(&r->text);
	buf_release(&r->html);
}

START_TEST(seed_form_byte_for_byte)
{
	struct notice n = sample();
	AUTO(rendered) whole = render(&n);
	AUTO_STR want = mem_printf("%s%s", seed_form, below);

	ck_assert_str_eq(whole.subject.p, "[配送保留] 送信テスト");
	ck_assert_str_eq(whole.text.p, want);
	n.seed_form_only = true;
	rendered_release(&whole);
	whole = render(&n);
	ck_assert_str_eq(whole.text.p, seed_form);
	ck_assert_uint_eq(whole.html.n, 0);
}
END_TEST

static const struct {
	enum notice_then then;
	bool due;
	const char *ja, *en;
} ends[] = {
	{NOTICE_THEN_DISCARD, true,
	 "※保留されたメールは2021-02-09 06:00:00 +0900に、"
	 "自動的に破棄されます。\n",
	 "* This message will be discarded automatically at "
	 "2021-02-09 06:00:00 +0900.\n"},
	{NOTICE_THEN_WAIT, true,
	 "※保留されたメールは、確認ページで送信するまで配送されません。\n",
	 "* This message will not be sent until you send it on that page.\n"},
	{NOTICE_THEN_SEND, false,
	 "※保留されたメールは、確認ページで送信するまで配送されません。\n",
	 "* This message will not be sent until you send it on that page.\n"},
	{NOTICE_THEN_SEND, true,
	 "※保留されたメールは2021-02-09 06:00:00 +0900に、"
	 "自動的に配送されます。\n",
	 "* This message will be sent automatically at "
	 "2021-02-09 06:00:00 +0900.\n"},
};

START_TEST(last_line_says_what_expiry_does)
{
	struct notice n = sample();

	n.then = ends[_i].then;
	n.due_us = ends[_i].due ? n.due_us : 0;
	n.seed_form_only = true;
	for (int l = 0; l < 2; l++) {
		const char *want = l ? ends[_i].en : ends[_i].ja;
		AUTO(rendered) r = {0};

		n.language = l ? STR("en") : STR("ja");
		r = render(&n);
		ck_assert_msg(str_ends(buf_str(&r.text), str_of(want)), "%s",
			      r.text.p);
	}
}
END_TEST

START_TEST(both_languages_in_one)
{
	struct notice n = sample();
	AUTO(rendered) r = {0};
	const char *line;

	n.language = STR("ja+en");
	r = render(&n);
	ck_assert_str_eq(r.subject.p, "[配送保留 / Held] 送信テスト");
	ck_assert(strncmp(r.text.p, seed_form, sizeof(seed_form) - 1) == 0);
	line = strstr(r.text.p, "\n-----\n\n=====\nMessage held\n=====\n");
	ck_assert_ptr_nonnull(line);
	ck_assert_ptr_nonnull(strstr(line, "[Subject] 送信テスト\n"));
	ck_assert_ptr_nonnull(strstr(line, "Check number: 4821\n"));
	ck_assert_ptr_nonnull(strstr(r.html.p, "lang=\"en\""));
}
END_TEST

/* Every kind says what it is about, without the HTML part. */
START_TEST(every_kind_in_every_language)
{
	static const char *const languages[] = {"ja", "en", "ja+en"};
	struct notice n = sample();

	n.kind = (enum notice_kind)_i;
	n.own_text = (struct notice_text){STR("本文 1行目\n2行目"),
					  STR("line 1\nline 2")};
	n.rule = (struct notice_text){STR("夜は送らない"), STR("Not at night")};
	n.count = 11;
	for (size_t l = 0; l < 3; l++) {
		AUTO(rendered) r = {0};

		n.language = str_of(languages[l]);
		r = render(&n);
		ck_assert_ptr_nonnull(
			strstr(r.subject.p,
			       n.kind == NOTICE_DIGEST ? "11" : "送信テスト"));
		ck_assert_ptr_null(strchr(r.subject.p, '\n'));
		ck_assert(strncmp(r.text.p, "=====\n", 6) == 0);
		ck_assert_ptr_null(strstr(r.text.p, "{{"));
		ck_assert_ptr_null(strstr(r.html.p, "{{"));
		ck_assert_ptr_null(strstr(r.html.p, "<img"));
		ck_assert_ptr_null(strstr(r.html.p, "<script"));
		ck_assert_ptr_nonnull(strstr(r.html.p, "<h1"));
	}
}
END_TEST

static const struct {
	const char *language, *link, *number, *sentence, *wait, *back;
} brakes[] = {
	{"ja", "[URL] https://gate.example.co.jp/b/TOKEN\n",
	 "[確認番号] 4821\n", "まだ送っていません。早ければ 06:00 に送ります。",
	 "まだ送っていません。確認が済むまで、このまま待ちます。",
	 "boss@example.co.jp さんが、送る前のこのメールをあなたに戻しました。"},
	{"en", "[URL] https://gate.example.co.jp/b/TOKEN\n",
	 "[Check number] 4821\n",
	 "Not sent yet. Leaves at 06:00 at the earliest.",
	 "Not sent yet. It waits until somebody has looked at it.",
	 "boss@example.co.jp gave this message back to you before it was "
	 "sent."},
};

START_TEST(brake_and_what_comes_of_it)
{
	struct notice n = sample();
	AUTO(rendered) r = {0};

	n.language = str_of(brakes[_i].language);
	n.kind = NOTICE_COPY;
	n.attach_original = true;
	/* The seed's forms know no brake: nothing of it is left out. */
	n.seed_form_only = true;
	r = render(&n);
	ck_assert_ptr_nonnull(strstr(r.text.p, brakes[_i].link));
	ck_assert_ptr_nonnull(strstr(r.text.p, brakes[_i].number));
	ck_assert_ptr_nonnull(strstr(r.text.p, brakes[_i].sentence));
	ck_assert_ptr_nonnull(
		strstr(r.html.p, "href=\"https://gate.example.co.jp/b/TOKEN"));
	rendered_release(&r);
	n.due_us = 0;
	r = render(&n);
	ck_assert_ptr_nonnull(strstr(r.text.p, brakes[_i].wait));
	rendered_release(&r);
	n.kind = NOTICE_RETURNED;
	n.token = STR_EMPTY;
	n.by = STR("boss@example.co.jp");
	n.own_text = (struct notice_text){STR("a <b>\nc"), STR("a <b>\nc")};
	r = render(&n);
	ck_assert_ptr_nonnull(strstr(r.text.p, brakes[_i].back));
	ck_assert_ptr_nonnull(strstr(r.text.p, "]\na <b>\nc\n"));
	ck_assert_ptr_nonnull(strstr(r.html.p, "</b>\na &lt;b&gt;\nc</p>"));
}
END_TEST

START_TEST(hostile_values_stay_inert)
{
	struct notice n = sample();
	AUTO(rendered) r = {0};
	AUTO(buf) head = BUF_MAX(MIB);
	AUTO(buf) tail = BUF_MAX(MIB);
	struct err e = ERR_EMPTY;
	static const struct notice_text evil = {
		STR("</p><script>alert(1)</script>"), STR_EMPTY};

	n.subject = STR("a\r\nBcc: x@example.com\r\n\r\n"
			"<script>alert(1)</script>\xe2\x80\xae{{url}}");
	n.reason = &evil;
	n.kind = NOTICE_REFUSED;
	r = render(&n);
	ck_assert_ptr_null(strstr(r.html.p, "<script"));
	ck_assert_ptr_null(strstr(r.text.p, "\nBcc:"));
	ck_assert_ptr_null(strchr(r.subject.p, '\n'));
	ck_assert_ptr_nonnull(strstr(r.subject.p, "{{url}}"));
	ck_assert(notice_write(set, &n, &head, &tail, &e));
	ck_assert_ptr_null(strstr(buf_cstr(&head), "\nBcc:"));
}
END_TEST

START_TEST(long_values_are_cut)
{
	struct notice n = sample();
	AUTO(rendered) r = {0};
	struct str many[25];
	char subject[301];

	memset(subject, 'x', 300);
	subject[300] = 0;
	for (size_t i = 0; i < 25; i++)
		many[i] = rcpt;
	n.kind = NOTICE_REFUSED;
	n.subject = str_of(subject);
	n.recipient = many;
	n.recipient_n = 25;
	n.reason_more = 7;
	r = render(&n);
	ck_assert_uint_lt(r.subject.n, 130);
	ck_assert_ptr_nonnull(strstr(r.subject.p, "\xe2\x80\xa6"));
	ck_assert_ptr_nonnull(strstr(r.text.p, "[宛先] ほか5件\n"));
	ck_assert_ptr_nonnull(strstr(r.text.p, "[理由] ほか7件\n"));
	ck_assert_ptr_nonnull(strstr(r.html.p, "ほか7件</p>"));
	ck_assert_ptr_nonnull(strstr(r.html.p, " ほか5件</td>"));
}
END_TEST

START_TEST(subjects_are_never_empty)
{
	struct notice n = sample();
	AUTO(rendered) r = {0};

	n.subject = STR_EMPTY;
	r = render(&n);
	ck_assert_str_eq(r.subject.p, "[配送保留] (件名なし)");
	rendered_release(&r);
	n.kind = NOTICE_ALARM;
	n.own_text = (struct notice_text){STR("loop: x\nmore"),
					  STR("loop: x\nmore")};
	r = render(&n);
	ck_assert_str_eq(r.subject.p, "[関所 警報] loop: x");
	ck_assert_ptr_nonnull(strstr(r.text.p, "\nloop: x\nmore\n"));
	rendered_release(&r);
	n.kind = NOTICE_DIGEST;
	n.own_text.ja = STR("a\nb\n");
	r = render(&n);
	ck_assert_ptr_nonnull(strstr(r.text.p, "\na\nb\n\n※"));
}
END_TEST

/* A cause that has a sentence is told by it, in either language. */
START_TEST(alarms_say_what_they_are_about)
{
	struct notice n = sample();
	AUTO(rendered) r = {0};

	n.kind = NOTICE_ALARM;
	n.subject = STR_EMPTY;
	n.cause = STR("lists");
	n.own_text = (struct notice_text){
		STR("a.csv:2:1: だめ\nb.csv:3:1: だめ"),
		STR("a.csv:2:1: bad\nb.csv:3:1: bad")};
	r = render(&n);
	ck_assert_str_eq(
		r.subject.p,
		"[関所 警報] 規則の一覧を読み込めませんでした。いままでの"
		"版のままです");
	ck_assert_ptr_nonnull(strstr(r.text.p, "\na.csv:2:1: だめ\n"));
	ck_assert_ptr_nonnull(strstr(r.text.p, "\n[原因] lists\n"));
	ck_assert_ptr_nonnull(strstr(r.html.p, "いままでの版のままです</p>"));
	rendered_release(&r);
	n.language = STR("en");
	r = render(&n);
	ck_assert_str_eq(r.subject.p,
			 "[Sekisho alarm] Lists of the policy were not taken; "
			 "the old ones serve on");
	ck_assert_ptr_nonnull(strstr(r.text.p, "\na.csv:2:1: bad\n"));
	ck_assert_ptr_null(strstr(r.text.p, "だめ"));
	rendered_release(&r);
	n.cause = STR("something-new");
	r = render(&n);
	ck_assert_str_eq(r.subject.p, "[Sekisho alarm] a.csv:2:1: bad");
}
END_TEST

static const struct {
	bool waits, goes;
	int64_t outside;
	const char *ja, *en;
} bccs[] = {
	{false, true, 1,
	 "社外の宛先が1件あったため、全員を Bcc にして送りました。",
	 "There were 1 recipients outside"},
	{true, false, 1, "全員を Bcc に変えました。まだ保留中です。",
	 "The message is still held."},
	{true, true, 1, "全員を Bcc に変えました。一部はまだ保留中です。",
	 "Some of it is still held."},
	{false, true, 0, "規則により、宛先1件を Bcc にして送りました。",
	 "By rule, 1 recipients were changed to Bcc."},
	{true, false, 0, "宛先1件を Bcc に変えました。まだ保留中です。",
	 "The message is still held."},
	{true, true, 0, "宛先1件を Bcc に変えました。一部はまだ保留中です。",
	 "Some of it is still held."},
};

START_TEST(bcc_says_whether_it_was_sent)
{
	struct notice n = sample();
	AUTO(rendered) r = {0};

	n.kind = NOTICE_BCC;
	n.language = STR("ja+en");
	n.waits = bccs[_i].waits;
	n.goes = bccs[_i].goes;
	n.count = bccs[_i].outside;
	r = render(&n);
	ck_assert_msg(strstr(r.text.p, bccs[_i].ja) != NULL, "%s", r.text.p);
	ck_assert_msg(strstr(r.text.p, bccs[_i].en) != NULL, "%s", r.text.p);
	ck_assert_ptr_nonnull(strstr(r.html.p, bccs[_i].ja));
	if (n.waits)
		ck_assert_ptr_null(strstr(r.text.p, "送りました"));
}
END_TEST

START_TEST(modes_are_told_in_words)
{
	struct notice n = sample();
	AUTO(rendered) r = {0};

	n.kind = NOTICE_MODE;
	n.subject = STR_EMPTY;
	n.cause = STR("hold");
	n.by = STR("uid 0");
	n.own_text = (struct notice_text){STR("点検"), STR("maintenance")};
	r = render(&n);
	ck_assert_str_eq(r.subject.p, "[関所] 動作の切り替え: "
				      "すべてのメールの送信を止めました(hold)");
	ck_assert_ptr_nonnull(strstr(r.text.p, "\n[理由] 点検\n"
					       "[操作した人] uid 0\n"));
	ck_assert_ptr_nonnull(strstr(r.html.p, "<b>理由</b>\n点検</p>"));
	ck_assert_ptr_nonnull(strstr(r.html.p, "uid 0</td>"));
	rendered_release(&r);
	n.language = STR("en");
	n.cause = STR("normal");
	n.by = STR_EMPTY;
	n.due_us = 0;
	r = render(&n);
	ck_assert_str_eq(r.subject.p, "[Sekisho] Mode changed: Rules work as "
				      "usual again (normal)");
	ck_assert_ptr_null(strstr(r.text.p, "Done by"));
	ck_assert_ptr_null(strstr(r.text.p, "Until"));
}
END_TEST

/* Who has to act is told how. */
START_TEST(what_to_do_is_plain)
{
	struct notice n = sample();
	AUTO(rendered) r = {0};

	n.kind = NOTICE_HELD_ADMIN;
	n.id = STR("38G3KGJ2G0000");
	r = render(&n);
	ck_assert_ptr_nonnull(
		strstr(r.text.p, "「sekisho queue release 38G3KGJ2G0000」"));
	ck_assert_ptr_nonnull(
		strstr(r.html.p, "「sekisho queue release 38G3KGJ2G0000」"));
	rendered_release(&r);
	n.kind = NOTICE_REFUSED;
	r = render(&n);
	ck_assert_ptr_nonnull(strstr(r.text.p, "\n※送る必要があるときは、"));
	rendered_release(&r);
	n.kind = NOTICE_ALARM;
	r = render(&n);
	ck_assert_ptr_nonnull(strstr(r.text.p, "\n※「sekisho doctor」で、"));
}
END_TEST

START_TEST(whole_mail_with_original)
{
	struct notice n = sample();
	AUTO(buf) head = BUF_MAX(MIB);
	AUTO(buf) tail = BUF_MAX(MIB);
	struct err e = ERR_EMPTY;

	n.kind = NOTICE_RETURNED;
	n.attach_original = true;
	n.in_reply_to = STR("<orig@example.co.jp>");
	ck_assert_msg(notice_write(set, &n, &head, &tail, &e), "%s", e.text);
	ck_assert_ptr_nonnull(
		strstr(buf_cstr(&head), "Auto-Submitted: auto-generated\r\n"));
	ck_assert_ptr_nonnull(strstr(head.p, "message/rfc822"));
	ck_assert_ptr_nonnull(strstr(head.p, "original.eml"));
	ck_assert_ptr_nonnull(
		strstr(head.p, "In-Reply-To: <orig@example.co.jp>\r\n"));
	ck_assert_uint_gt(tail.n, 0);
}
END_TEST

static void put_file(const char *folder, const char *name, const char *text)
{
	AUTO_STR path = mem_printf("%s/%s", folder, name);
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void drop_file(const char *folder, const char *name)
{
	AUTO_STR path = mem_printf("%s/%s", folder, name);

	unlink(path);
}

START_TEST(own_templates_replace)
{
	char folder[] = "/tmp/sekisho-notice-XXXXXX";
	struct err e = ERR_EMPTY;
	struct notice n = sample();
	AUTO(rendered) r = {0};

	ck_assert_ptr_nonnull(mkdtemp(folder));
	put_file(folder, "held.ja.txt", "Subject: 社内 {{subject}}\n\n本文\n");
	notices_free(&set);
	set = notices_load(folder, &e);
	ck_assert_msg(set != NULL, "%s", e.text);
	r = render(&n);
	ck_assert_str_eq(r.subject.p, "社内 送信テスト");
	ck_assert_str_eq(r.text.p, "本文\n");
	notices_free(&set);
	put_file(folder, "held.ja.txt", "Subject: x\n\n\n{{#a}}\n");
	ck_assert_ptr_null(notices_load(folder, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "held.ja.txt:4:"));
	put_file(folder, "held.ja.txt", "Subject: x\n\n{{t.no_such_word}}\n");
	ck_assert_ptr_null(notices_load(folder, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "no_such_word"));
	drop_file(folder, "held.ja.txt");
	put_file(folder, "hold.ja.txt", "x");
	ck_assert_ptr_null(notices_load(folder, &e));
	ck_assert_int_eq(e.class, ERR_CONFIG);
	drop_file(folder, "hold.ja.txt");
	rmdir(folder);
	ck_assert_ptr_null(notices_load(folder, &e));
}
END_TEST

Suite *test_notice_suite(void)
{
	Suite *s = suite_create("notice");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, load, unload);
	tcase_add_test(c, seed_form_byte_for_byte);
	tcase_add_loop_test(c, last_line_says_what_expiry_does, 0,
			    ARRAY_LEN(ends));
	tcase_add_test(c, both_languages_in_one);
	tcase_add_loop_test(c, every_kind_in_every_language, 0, NOTICE_KINDS);
	tcase_add_loop_test(c, brake_and_what_comes_of_it, 0, 2);
	tcase_add_test(c, hostile_values_stay_inert);
	tcase_add_test(c, long_values_are_cut);
	tcase_add_test(c, subjects_are_never_empty);
	tcase_add_test(c, alarms_say_what_they_are_about);
	tcase_add_loop_test(c, bcc_says_whether_it_was_sent, 0,
			    ARRAY_LEN(bccs));
	tcase_add_test(c, modes_are_told_in_words);
	tcase_add_test(c, what_to_do_is_plain);
	tcase_add_test(c, whole_mail_with_original);
	tcase_add_test(c, own_templates_replace);
	suite_add_tcase(s, c);
	return s;
}
