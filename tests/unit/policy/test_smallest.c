/* The smallest change with which a mail would pass. */
#include "policy/policy_int.h"
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
	/* Two reasons at once. */
	p = TRY_MAIL(.to = EXT, .subject = "社外秘です", .size = 12582912);
	ck_assert(str_is(p->smallest_change.en,
			 "Make the message smaller than 10 MB (now 12 MB); "
			 "and take \"社外秘\" out of the subject"));
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

/* ---- every condition: its change, or that it has none ---- */

#define OTHER "b@other.example.com"
#define HOLD(when)                                                             \
	"  - rule: h\n    when: " when "\n    do: {hold: {for: 5m}}\n"
#define BOTH EXT "," OTHER
#define NONE "", ""

static const struct {
	enum cond_kind kind;
	const char *rules;
	struct mail m;
	const char *ja, *en;
} KINDS[] = {
	/* Nobody becomes another sender, or older, for the sake of a mail. */
	{COND_SENDER_IN, REFUSE("{sender: {in: sales}}"), {.to = EXT}, NONE},
	{COND_SENDER_KIND,
	 REFUSE("{sender: {kind: person}}"),
	 {.to = EXT},
	 NONE},
	{COND_SENDER_EMPLOYED,
	 REFUSE("{sender: {employed-less-than: 36500d}}"),
	 {.to = EXT},
	 NONE},
	{COND_SENDER_LEAVES,
	 REFUSE("{sender: {leaves-within: 90d}}"),
	 {.from = "yui.kato@example.co.jp", .to = EXT},
	 NONE},
	/* A recipient can be left out while another remains. */
	{COND_RCPT_CLASS,
	 HOLD("{recipient: {class: external}}"),
	 {.to = EXT},
	 NONE},
	{COND_RCPT_CLASS,
	 HOLD("{recipient: {class: external}}"),
	 {.to = EXT ",k@example.co.jp"},
	 "宛先 a@customer.example.com を外す",
	 "Remove a@customer.example.com"},
	{COND_RCPT_IN,
	 REFUSE("{recipient: {in: free-mail}}"),
	 {.to = EXT ",x@gmail.com"},
	 "宛先 x@gmail.com を外す",
	 "Remove x@gmail.com"},
	{COND_RCPT_FIRST,
	 HOLD("{recipient: {first-time: sender}}"),
	 {.to = "t@x.example,n@x.example"},
	 "宛先 n@x.example を外す",
	 "Remove n@x.example"},
	{COND_RCPT_FIRST,
	 HOLD("{recipient: {first-time: sender}}"),
	 {.to = "n@x.example"},
	 NONE},
	{COND_RCPT_PRIVATE,
	 HOLD("{recipient: {own-private: true}}"),
	 {.to = EXT ",taro.yamada@gmail.com"},
	 "宛先 taro.yamada@gmail.com を外す",
	 "Remove taro.yamada@gmail.com"},
	{COND_RCPT_LOOK_ALIKE,
	 HOLD("{recipient: {look-alike: true}}"),
	 {.to = "x@partner-a.example.orq"},
	 "宛先を確かめる(x@partner-a.example.org のことですか)",
	 "Check the address (did you mean x@partner-a.example.org?)"},
	{COND_TLS,
	 HOLD("{tls: {grade: \"< valid-certificate\"}}"),
	 {.to = "a@opp.example.org,a@tls.example.org"},
	 "宛先 a@opp.example.org を外す",
	 "Remove a@opp.example.org"},
	{COND_PARTNER_DOMAIN,
	 REFUSE("{partner: {register: partners, domain: unknown}}"),
	 {.to = A "," EXT},
	 "宛先 a@customer.example.com を外す",
	 "Remove a@customer.example.com"},
	/* To and Cc. */
	{COND_ADDRS_COUNT,
	 REFUSE("{to-cc: {count: \">= 2\", of: external}}"),
	 {.to = BOTH},
	 "To と Cc の社外の宛先を1件に減らす(いま2件)",
	 "Cut external recipients in To and Cc to 1 (now 2)"},
	{COND_ADDRS_HAS,
	 REFUSE("{cc: {has: manager}}"),
	 {.to = EXT, .cc = "hanako.suzuki@example.co.jp"},
	 "宛先 hanako.suzuki@example.co.jp を外す",
	 "Remove hanako.suzuki@example.co.jp"},
	{COND_ADDRS_HAS,
	 REFUSE("{not: {cc: {has: manager}}}"),
	 {.to = EXT},
	 "鈴木花子さんを Cc に入れる",
	 "Add 鈴木花子 to Cc"},
	{COND_ADDRS_HAS,
	 REFUSE("{not: {to-cc: {has: anyone-internal}}}"),
	 {.to = EXT},
	 "社内の誰か(鈴木花子さんなど)を Cc に入れる",
	 "Add somebody inside (such as 鈴木花子) to Cc"},
	{COND_ADDRS_ONLY,
	 REFUSE("{not: {to: {only: sender}}}"),
	 {.to = EXT},
	 "To は差出人だけにし、ほかの宛先は Bcc に移す",
	 "Leave only the sender in To, and move the others to Bcc"},
	{COND_ADDRS_ONLY,
	 REFUSE("{to: {only: sender}}"),
	 {.to = "taro.yamada@example.co.jp", .rcpt = EXT},
	 NONE},
	{COND_ADDRS_PRESENT,
	 REFUSE("{cc: {present: true}}"),
	 {.to = EXT, .cc = OTHER},
	 "Cc の宛先を Bcc に移す",
	 "Move Cc to Bcc"},
	{COND_ADDRS_PRESENT,
	 REFUSE("{to: {present: false}}"),
	 {.rcpt = EXT},
	 "宛先 a@customer.example.com を To に入れる",
	 "Put a@customer.example.com into To"},
	/* Content. */
	{COND_HEADER_PRESENT,
	 REFUSE("{header: {name: X-A, present: true}}"),
	 {.to = EXT, .fields = "X-A=1"},
	 NONE},
	{COND_TERMS,
	 REFUSE("{body: {words: [社外秘]}}"),
	 {.to = EXT, .body = "社外秘"},
	 "本文から「社外秘」を除く",
	 "Take \"社外秘\" out of the body"},
	{COND_PERSONAL,
	 REFUSE("{personal-data: {any: {card: \">= 1\"}}}"),
	 {.to = EXT, .personal = "card/body/1"},
	 "本文のカード番号1件を除く",
	 "Remove 1 card number from the body"},
	{COND_PARTNER_TEXT,
	 REFUSE("{partner: {register: partners, body: another}}"),
	 {.to = A, .body = "パートナービー"},
	 "本文から「有限会社パートナービー」の名前を除く",
	 "Take \"有限会社パートナービー\" out of the body"},
	{COND_ATT_COUNT,
	 REFUSE("{attachments: {count: \">= 2\"}}"),
	 {.to = EXT, .files = "a,b"},
	 "添付を1件に減らす(いま2件)",
	 "Cut attachments to 1 (now 2)"},
	{COND_ATT_COUNT,
	 REFUSE("{attachments: {count: \"= 0\"}}"),
	 {.to = EXT},
	 NONE},
	{COND_ATT_TOTAL,
	 REFUSE("{attachments: {total: \">= 1KB\"}}"),
	 {.to = EXT, .files = "a:900,b:300"},
	 "添付「a」を外す",
	 "Leave out the attachment a"},
	{COND_ATT_LARGEST,
	 REFUSE("{attachments: {largest: \">= 1KB\"}}"),
	 {.to = EXT, .files = "a:9000,b:300"},
	 "添付「a」を外す",
	 "Leave out the attachment a"},
	{COND_ATT_EXTENSION,
	 REFUSE("{attachments: {extension: {not-in: [pdf]}}}"),
	 {.to = EXT, .files = "a.pdf,b.exe,c.doc"},
	 "添付「b.exe, c.doc」を外す",
	 "Leave out the attachments b.exe, c.doc"},
	{COND_ATT_TYPE,
	 REFUSE("{attachments: {type: {in: [image/*]}}}"),
	 {.to = EXT, .files = "a=image/png"},
	 "添付「a」を外す",
	 "Leave out the attachment a"},
	{COND_ATT_NAME,
	 REFUSE("{attachments: {name: {words: [secret]}}}"),
	 {.to = EXT, .files = "a.pdf,secret.pdf"},
	 "添付「secret.pdf」を外す",
	 "Leave out the attachment secret.pdf"},
	{COND_ATT_NAMELESS,
	 REFUSE("{attachments: {nameless: true}}"),
	 {.to = EXT, .files = "-"},
	 "名前のない添付(application/octet-stream)に名前を付ける",
	 "Give the attachment without a name (application/octet-stream) one"},
	{COND_ATT_ENCRYPTED,
	 REFUSE("{attachments: {encrypted: all}}"),
	 {.to = EXT, .files = "a.zip!e"},
	 "暗号化された添付「a.zip」を外す",
	 "Leave out the attachment a.zip, which is encrypted"},
	{COND_ATT_FLAG,
	 REFUSE("{attachments: {executable: true}}"),
	 {.to = EXT, .files = "a!x"},
	 "添付「a」を外す",
	 "Leave out the attachment a"},
	{COND_SIZE,
	 REFUSE("{message: {size: \">= 1MB\"}}"),
	 {.to = EXT, .size = 2097152},
	 "メールを 1 MB より小さくする(いま 2 MB)",
	 "Make the message smaller than 1 MB (now 2 MB)"},
	{COND_SIZE, REFUSE("{message: {size: \"< 1MB\"}}"), {.to = EXT}, NONE},
	{COND_CLASS, REFUSE("{message: {class: plain}}"), {.to = EXT}, NONE},
	{COND_TIME,
	 REFUSE("{time: {outside: office}}"),
	 {.to = EXT, .at = "2026-09-01T20:00:00+09:00"},
	 "2026年9月2日(水) 09:30 まで待つ",
	 "Wait until Wed 2 Sep 2026, 09:30"},
	{COND_TIME,
	 REFUSE("{time: {during: {from: \"09:00\", to: \"12:00\", timezone: "
		"Asia/Tokyo}}}"),
	 {.to = EXT},
	 "12:00 まで待つ",
	 "Wait until 12:00"},
	{COND_RESULT,
	 REFUSE("{inspection: {result: [partial, none]}}"),
	 {.to = EXT, .files = "a.dwg", .reasons = "unknown-type@1"},
	 "中を調べられない添付「a.dwg」を外す",
	 "Leave out the attachment a.dwg, which could not be read"},
	{COND_REASON,
	 REFUSE("{inspection: {reason: encrypted}}"),
	 {.to = EXT, .files = "a.zip!e", .reasons = "encrypted@1"},
	 "暗号化された添付「a.zip」を外す",
	 "Leave out the attachment a.zip, which is encrypted"},
	/* Several at once. */
	{COND_ANY,
	 REFUSE("{personal-data: {any: {card: \">= 1\", phone: \">= 3\"}}}"),
	 {.to = EXT, .personal = "card/body/1,phone/body/5"},
	 "本文のカード番号1件を除く。また、本文の電話番号5件のうち3件を除く",
	 "Remove 1 card number from the body; and remove 3 of 5 phone numbers "
	 "from the body"},
	{COND_ANY,
	 REFUSE("{not: {to: {only: sender}}}") "  - rule: s\n    when: {cc: "
					       "{count: \">= 1\"}}\n"
					       "    do: {refuse: {}}\n",
	 {.to = EXT, .cc = OTHER},
	 "To は差出人だけにし、ほかの宛先は Bcc に移す。また、Cc を Bcc "
	 "に移す(いま1件)",
	 "Leave only the sender in To, and move the others to Bcc; and move "
	 "Cc to Bcc (now 1)"},
	{COND_AND,
	 REFUSE("{attachments: {count: \">= 1\"}, body: {words: "
		"[q]}}"),
	 {.to = EXT, .body = "q", .files = "a"},
	 "添付を外す(いま1件)",
	 "Leave out the attachments (now 1)"},
	/* One rule less is not none. */
	{COND_NOT,
	 HOLD("{recipient: {class: external}}") "  - rule: s\n    when: {body: "
						"{words: [q]}}\n"
						"    do: {refuse: {}}\n",
	 {.to = EXT, .body = "q"},
	 "本文から「q」を除く。そのあとは保留",
	 "Take \"q\" out of the body; it is then held"},
};

START_TEST(kinds)
{
	struct mail m = KINDS[_i].m;
	const struct plan *p;

	try_source()->tls = "tests/unit/policy/data/grades.csv";
	try_source()->history = "tests/unit/policy/data/past.csv";
	try_rules(KINDS[_i].rules);
	p = try_mail(&m);
	ck_assert_msg(p->outcome != OUTCOME_DELIVER, "row %d passes", _i);
	ck_assert_msg(str_is(p->smallest_change.ja, KINDS[_i].ja),
		      "row %d: " STR_FMT, _i, STR_ARG(p->smallest_change.ja));
	ck_assert_msg(str_is(p->smallest_change.en, KINDS[_i].en),
		      "row %d: " STR_FMT, _i, STR_ARG(p->smallest_change.en));
}
END_TEST

START_TEST(every_kind_is_told_of)
{
	bool told[COND_KINDS] = {0};

	for (size_t i = 0; i < ARRAY_LEN(KINDS); i++)
		told[KINDS[i].kind] = true;
	for (int k = 0; k < COND_KINDS; k++)
		ck_assert_msg(told[k], "condition %d: which change has it?", k);
}
END_TEST

Suite *test_smallest_suite(void)
{
	Suite *s = suite_create("smallest");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, try_begin, try_end);
	tcase_add_test(c, smallest_changes);
	tcase_add_loop_test(c, content, 0, ARRAY_LEN(CONTENT));
	tcase_add_loop_test(c, kinds, 0, ARRAY_LEN(KINDS));
	tcase_add_test(c, every_kind_is_told_of);
	suite_add_tcase(s, c);
	return s;
}
