/* Which conditions caught a mail, as its recipients' reasons say it. */
#include "tests/unit/policy/try.h"

Suite *test_why_suite(void);

#define EXT	"a@customer.example.com"
#define A	"x@partner-a.example.org"
#define R(rest) "  - rule: r\n" rest "    do: {refuse: {}}\n"
#define W(when) R("    when: " when "\n")
#define U(rest) R("    unless: " rest "\n")
#define NIGHT	"{during: {from: \"19:00\", to: \"09:30\"}}"
#define PERSONAL                                                               \
	"{in: [body, attachments], any: {phone: \">= 2\", card: \"= 1\"}}"

static const struct {
	const char *rules;
	struct mail m;
	const char *ja, *en; /* NULL: no condition */
} CASES[] = {
	{W("{recipient: {class: external}}"),
	 {.to = EXT},
	 "社外の宛先",
	 "external recipient"},
	{W("{recipient: {not-in: [x.jp, y.jp]}}"),
	 {.to = EXT},
	 "宛先が「x.jp, y.jp」に当たらない",
	 "recipient not in x.jp, y.jp"},
	{W("{sender: {in: sales, kind: person}}"),
	 {.to = EXT},
	 "差出人が「sales」に当たる、差出人が個人",
	 "sender in sales, sender a person"},
	{W("{sender: {kind: [shared, system]}}"),
	 {.to = EXT, .from = "info@example.co.jp"},
	 "差出人が共有メールボックス",
	 "sender a shared mailbox"},
	{W("{sender: {employed-less-than: 90d, leaves-within: 30d}}"),
	 {.to = EXT, .from = "yui.kato@example.co.jp"},
	 "差出人の入社から90日未満、差出人の退職が30日以内",
	 "sender employed less than 90 days, sender leaves within 30 days"},
	{W("{to-cc: {count: \">= 2\", of: external}}"),
	 {.to = EXT ",b@x.jp", .cc = "b@x.jp"},
	 "To と Cc に社外が2件(2件以上)",
	 "2 external addresses in To and Cc (2 or more)"},
	{W("{to: {count: \"= 1\"}, cc: {count: \"0..2\"}}"),
	 {.to = EXT},
	 "To に宛先が1件(ちょうど1件)、Cc に宛先が0件(2件以下)",
	 "1 address in To (exactly 1), 0 addresses in Cc (at most 2)"},
	{W("{not: {to: {only: sender}}, cc: {present: true}}"),
	 {.to = EXT, .cc = EXT},
	 "To が差出人だけではない、Cc がある",
	 "To does not hold only the sender, there is Cc"},
	{U("{cc: {has: [superior, sales]}}"),
	 {.to = EXT},
	 "Cc に上司かその上の人や「sales」がいない",
	 "a superior or sales not in Cc"},
	{U("{sender: {in: sales}, subject: {words: [急]}}"),
	 {.to = EXT, .from = "yui.kato@example.co.jp", .subject = "x"},
	 "差出人が「sales」に当たらない、件名に決めた言葉がない",
	 "sender not in sales, none of the words in the subject"},
	{W("{time: " NIGHT "}"),
	 {.to = EXT, .at = "2026-09-01T20:00:00+09:00"},
	 "19:00から09:30までの間",
	 "between 19:00 and 09:30"},
	{W("{time: {outside: office}}"),
	 {.to = EXT, .at = "2026-09-05T12:00:00+09:00"},
	 "「office」の時間外",
	 "outside the hours of office"},
	{W("{anywhere: {words: [見積書, 単価]}}"),
	 {.to = EXT, .subject = "見積書", .body = "見積書と単価"},
	 "件名と本文に「見積書, 単価」",
	 "\"見積書, 単価\" in the subject and the body"},
	{W("{header: {name: X-A}}"),
	 {.to = EXT, .fields = "X-A=1"},
	 "ヘッダ X-A がある",
	 "a header field X-A"},
	{W("{personal-data: " PERSONAL "}"),
	 {.to = EXT, .personal = "phone/body/1,phone/attachments/2"},
	 "電話番号が3件(2件以上)",
	 "3 phone numbers (2 or more)"},
	{W("{personal-data: " PERSONAL "}"),
	 {.to = EXT, .personal = "card/body/1"},
	 "カード番号が1件(ちょうど1件)",
	 "1 card number (exactly 1)"},
	{W("{partner: {register: partners, domain: unknown}}"),
	 {.to = EXT},
	 "宛先が「partners」にない",
	 "recipient not in partners"},
	{W("{partner: {register: partners, domain: known, body: [absent, "
	   "another]}}"),
	 {.to = A, .body = "パートナービー"},
	 "宛先が「partners」にある、本文にほかの会社名がある",
	 "recipient in partners, another company is named in the body"},
	{W("{partner: {register: partners, body: [absent, another]}}"),
	 {.to = A, .body = "拝啓"},
	 "本文に会社名がない",
	 "no company is named in the body"},
	{W("{attachments: {count: \">= 1\", total: \">= 2KB\", largest: \"< "
	   "1MB\"}}"),
	 {.to = EXT, .files = "a:2048,b:1024"},
	 "添付が2件、添付が合わせて3 KB(2 KB以上)、最大の添付が2 KB(1 "
	 "MB未満)",
	 "2 attachments, attachments of 3 KB (2 KB or more), an attachment of "
	 "2 KB (less than 1 MB)"},
	{W("{attachments: {extension: {in: [exe]}, macro: true}}"),
	 {.to = EXT, .files = "a.exe,b.docm!m"},
	 "添付の拡張子が一覧にある、マクロのある添付",
	 "an attachment with a listed extension, an attachment with macros"},
	{W("{attachments: {extension: {not-in: [pdf]}, nameless: true}}"),
	 {.to = EXT, .files = "-:3"},
	 "添付の拡張子が一覧にない、名前のない添付",
	 "an attachment whose extension is not listed, an attachment without a "
	 "name"},
	{W("{attachments: {encrypted: all}}"),
	 {.to = EXT, .files = "a.zip!e", .reasons = "encrypted@1"},
	 "添付がすべて暗号化されている",
	 "all attachments are encrypted"},
	{W("{message: {size: \">= 1KB\"}}"),
	 {.to = EXT, .size = 2048},
	 "メールが2 KB(1 KB以上)",
	 "a message of 2 KB (1 KB or more)"},
	{W("{any: [{to: {count: \">= 9\"}}, {message: {class: plain}}]}"),
	 {.to = EXT},
	 "メールの種類",
	 "the message's class"},
	{R(""), {.to = EXT}, NULL, NULL},
};

START_TEST(caught)
{
	const struct plan *p;
	const char *reason, *at;

	try_rules(CASES[_i].rules);
	p = try_mail(&CASES[_i].m);
	ck_assert_str_eq(names_of_rules(p), "r");
	reason = arena_strndup(try_arena(), p->rcpt[0].reason[0].ja.p,
			       p->rcpt[0].reason[0].ja.n);
	at = strstr(reason, "条件: ");
	ck_assert_int_eq(!at, !CASES[_i].ja);
	if (!at)
		return;
	ck_assert_str_eq(at,
			 arena_printf(try_arena(), "条件: %s。", CASES[_i].ja));
	reason = arena_strndup(try_arena(), p->rcpt[0].reason[0].en.p,
			       p->rcpt[0].reason[0].en.n);
	at = strstr(reason, "Because: ");
	ck_assert_ptr_nonnull(at);
	ck_assert_str_eq(
		at, arena_printf(try_arena(), "Because: %s.", CASES[_i].en));
}
END_TEST

/* Each recipient hears why he, or that it was another. */
START_TEST(by_recipient)
{
	const struct plan *p;

	try_rules(W("{recipient: {in: [x.jp, y.jp]}}"));
	p = TRY_MAIL(.to = "a@x.jp,b@y.jp," EXT);
	ck_assert(str_eq(p->rcpt[0].reason[0].ja, p->rcpt[1].reason[0].ja));
	ck_assert(str_is(p->rcpt[2].reason[0].en,
			 "Rule \"r\": refused. Because: other recipients of "
			 "this mail."));
	try_rules("  - rule: r\n    when: {recipient: {class: [internal, "
		  "external]}}\n    do: {hold: {}}\n");
	p = TRY_MAIL(.to = EXT ",b@example.co.jp,c@x.jp");
	ck_assert_ptr_nonnull(strstr(p->rcpt[0].reason[0].en.p, "external"));
	ck_assert_ptr_nonnull(strstr(p->rcpt[1].reason[0].en.p, "internal"));
	ck_assert(str_eq(p->rcpt[0].reason[0].en, p->rcpt[2].reason[0].en));
}
END_TEST

Suite *test_why_suite(void)
{
	Suite *s = suite_create("why");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, try_begin, try_end);
	tcase_add_loop_test(c, caught, 0, (int)ARRAY_LEN(CASES));
	tcase_add_test(c, by_recipient);
	suite_add_tcase(s, c);
	return s;
}
