/* The smallest change with which a mail would pass. */
#include "tests/unit/policy/try.h"

Suite *test_smallest_suite(void);

#define EXT "a@customer.example.com"

START_TEST(smallest_changes)
{
	const struct plan *p;

	try_rules("  - rule: a\n    when: {to: {count: \">= 3\"}}\n"
		  "    do: {refuse: {}}\n");
	p = TRY_MAIL(.to = "a@x.jp,b@x.jp,c@x.jp,d@x.jp");
	ck_assert(str_is(p->smallest_change.ja, "To を2件に減らす(いま4件)"));
	ck_assert(str_is(p->smallest_change.en, "Cut To to 2 (now 4)"));
	try_rules("  - rule: a\n    when: {recipient: {class: external}}\n"
		  "    unless: {cc: {has: superior}}\n"
		  "    do: {hold: {for: 60m}}\n");
	p = TRY_MAIL(.to = EXT);
	ck_assert(str_is(p->smallest_change.ja, "鈴木花子さんを Cc に入れる"));
	ck_assert(str_is(p->smallest_change.en, "Add 鈴木花子 to Cc"));
	try_rules("  - rule: a\n    when: {attachments: {count: \">= 3\"}}\n"
		  "    do: {refuse: {}}\n"
		  "  - rule: b\n    when: {attachments: {extension: {in: "
		  "[exe]}}}\n    do: {refuse: {}}\n"
		  "  - rule: c\n    when: {message: {size: \">= 10MB\"}}\n"
		  "    do: {refuse: {}}\n"
		  "  - rule: d\n    when: {subject: {words: [社外秘]}}\n"
		  "    do: {refuse: {}}\n");
	p = TRY_MAIL(.to = EXT, .files = "a,b,c,d");
	ck_assert(
		str_is(p->smallest_change.en, "Cut attachments to 2 (now 4)"));
	p = TRY_MAIL(.to = EXT, .files = "a,b.exe");
	ck_assert(str_is(p->smallest_change.ja, "添付「b.exe」を外す"));
	p = TRY_MAIL(.to = EXT, .size = 12582912);
	ck_assert(str_is(p->smallest_change.ja,
			 "メールを 10 MB より小さくする(いま 12 MB)"));
	p = TRY_MAIL(.to = EXT, .subject = "社外秘です");
	ck_assert(str_is(p->smallest_change.ja, "件名から「社外秘」を除く"));
	/* two reasons at once: nothing small would pass */
	p = TRY_MAIL(.to = EXT, .subject = "社外秘です", .size = 12582912);
	ck_assert_uint_eq(p->smallest_change.ja.n, 0);
}
END_TEST

#define REFUSE(when) "  - rule: r\n    when: " when "\n    do: {refuse: {}}\n"
#define A	     "x@partner-a.example.org"
static const struct {
	const char *rules;
	struct mail m;
	const char *ja, *en; /* NULL: no change that was tried helps */
} CONTENT[] = {
	{REFUSE("{anywhere: {words: [社外秘, 極秘]}}"),
	 {.body = "社外秘", .files = "極秘.pdf"},
	 "本文とファイル名から「社外秘, 極秘」を除く",
	 "Take \"社外秘, 極秘\" out of the body and the file names"},
	{REFUSE("{body: {words: [a], hits: \">= 3\"}}"),
	 {.body = "a a a a"},
	 "本文の「a」を2回までにする(いま4回)",
	 "Use \"a\" at most 2 times (now 4) in the body"},
	{REFUSE("{subject: {regex: \"[0-9]{4}\"}}"),
	 {.subject = "No 1234"},
	 "件名から正規表現「[0-9]{4}」に合う箇所を除く",
	 "Take out what matches \"[0-9]{4}\" from the subject"},
	{REFUSE("{not: {subject: {words: [案件番号]}}}"),
	 {.subject = "x"},
	 "件名に「案件番号」を入れる",
	 "Put \"案件番号\" into the subject"},
	{REFUSE("{personal-data: {in: attachments, any: {card: \">= 3\"}}}"),
	 {.files = "a",
	  .personal = "card/attachments/5",
	  .samples = "card/attachment-text/4111 **** 1111,phone/body/03 ***"},
	 "添付のカード番号(4111 **** 1111 など)5件のうち3件を除く",
	 "Remove 3 of 5 card numbers (such as 4111 **** 1111) from the "
	 "attachments"},
	{REFUSE("{personal-data: {any: {people: \">= 2\"}}}"),
	 {.personal = "people/body/2"},
	 "本文の個人2人分のうち1人分を除く",
	 "Remove 1 of 2 persons from the body"},
	{REFUSE("{personal-data: {in: [body, attachments], any: {phone: \">= "
		"10\"}}}"),
	 {.personal = "phone/body/8,phone/attachments/4"},
	 "本文と添付の電話番号12件のうち3件を除く",
	 "Remove 3 of 12 phone numbers from the body and the attachments"},
	{REFUSE("{attachments: {macro: true}}"),
	 {.files = "a.docx,b.docm!m"},
	 "添付「b.docm」を外す",
	 "Leave out the attachment b.docm"},
	{REFUSE("{attachments: {type: {in: [application/pdf]}}}"),
	 {.files = "a.docx,b=application/pdf"},
	 "添付「b」を外す",
	 "Leave out the attachment b"},
	{REFUSE("{attachments: {extension: {in: [exe]}}}"),
	 {.files = "a.docx,b.zip!a", .inner = "2/x.exe"},
	 "添付「b.zip」を外す",
	 "Leave out the attachment b.zip"},
	{REFUSE("{attachments: {encrypted: any}}"),
	 {.files = "a.docx,F.zip!e", .reasons = "encrypted@2"},
	 "暗号化された添付「F.zip」を外す",
	 "Leave out the attachment F.zip, which is encrypted"},
	{REFUSE("{attachments: {encrypted: none, count: \">= 1\"}}"),
	 {.files = "a.docx"},
	 "添付「a.docx」をパスワードで暗号化する",
	 "Encrypt the attachment a.docx with a password"},
	/* doubt */
	{REFUSE("{attachment-text: {words: [q]}}"),
	 {.files = "a.docx,F.zip!e", .reasons = "encrypted@2"},
	 "暗号化された添付「F.zip」を外す",
	 "Leave out the attachment F.zip, which is encrypted"},
	{REFUSE("{attachment-text: {words: [q]}}"),
	 {.files = "a.docx,b.dwg", .reasons = "unknown-type@2"},
	 "中を調べられない添付「b.dwg」を外す",
	 "Leave out the attachment b.dwg, which could not be read"},
	/* partners */
	{REFUSE("{partner: {register: partners, body: absent}}"),
	 {.to = A, .body = "拝啓"},
	 "本文に「株式会社パートナーエー」と書く",
	 "Name \"株式会社パートナーエー\" in the body"},
	{REFUSE("{partner: {register: partners, body: another}}"),
	 {.to = A, .body = "パートナーエーとパートナービー"},
	 "本文から「有限会社パートナービー」の名前を除く",
	 "Take \"有限会社パートナービー\" out of the body"},
	{REFUSE("{partner: {register: partners, file-names: [absent, "
		"another]}}"),
	 {.to = A, .files = "パートナービー.pdf"},
	 "ファイル名に「株式会社パートナーエー」と書く。そこから「有限会社パー"
	 "ト"
	 "ナービー」の名前を除く",
	 "Name \"株式会社パートナーエー\" in the file names, and take "
	 "\"有限会社パートナービー\" out of the file names"},
	{REFUSE("{partner: {register: partners, domain: unknown}}"),
	 {.to = EXT},
	 "",
	 ""},
};

START_TEST(content)
{
	struct mail m = CONTENT[_i].m;
	const struct plan *p;

	if (!m.to)
		m.to = EXT;
	try_rules(CONTENT[_i].rules);
	p = try_mail(&m);
	ck_assert_msg(str_is(p->smallest_change.ja, CONTENT[_i].ja),
		      "row %d: %.*s", _i, (int)p->smallest_change.ja.n,
		      p->smallest_change.ja.p);
	ck_assert_msg(str_is(p->smallest_change.en, CONTENT[_i].en),
		      "row %d: %.*s", _i, (int)p->smallest_change.en.n,
		      p->smallest_change.en.p);
}
END_TEST

Suite *test_smallest_suite(void)
{
	Suite *s = suite_create("smallest");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, try_begin, try_end);
	tcase_add_test(c, smallest_changes);
	tcase_add_loop_test(c, content, 0, ARRAY_LEN(CONTENT));
	suite_add_tcase(s, c);
	return s;
}
