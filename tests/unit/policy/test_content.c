/* Conditions on content: words, personal data, partners, files; each against a
 * mail that meets it and one that does not.
 */
#include <stdlib.h>

#include "tests/unit/policy/try.h"

Suite *test_content_suite(void);

#define EXT "a@customer.example.com"

struct row {
	const char *when; /* the rest of the rule */
	enum { NO, YES, OPEN } falls;
	struct mail m;
};

static const struct row WORDS[] = {
	{"{subject: {words: [社外秘]}}", YES, {.subject = "【社 外　秘】"}},
	{"{subject: {words: [社外秘]}}", NO, {.body = "社外秘"}},
	{"{body: {words: [社外秘]}}", YES, {.body = "これは社外秘です"}},
	{"{body: {words: [社外秘]}}", NO, {.subject = "社外秘"}},
	{"{file-names: {words: [見積]}}", YES, {.files = "御見積書.xlsx"}},
	{"{file-names: {words: [見積]}}",
	 YES,
	 {.files = "a.zip!a", .inner = "1/御見積書.xlsx"}},
	{"{attachment-text: {words: [見積]}}", YES, {.text = "見積 10 円"}},
	{"{attachment-text: {words: [見積]}}", NO, {.body = "見積"}},
	{"{anywhere: {words: [見積]}}", YES, {.text = "見積"}},
	{"{anywhere: {words: [見積]}}", YES, {.subject = "見積"}},
	{"{anywhere: {words: [見積]}}", YES, {.files = "見積.pdf"}},
	{"{anywhere: {words: [見積]}}", NO, {.fields = "X-A=見積"}},
	{"{body: {words: words}}", YES, {.body = "CONFIDENTIAL"}},
	/* hits are those of all words, in all places */
	{"{anywhere: {words: [a, b], hits: \">= 4\"}}",
	 YES,
	 {.subject = "a", .body = "b b", .text = "a"}},
	{"{anywhere: {words: [a, b], hits: \">= 4\"}}",
	 NO,
	 {.subject = "a", .body = "b b"}},
	{"{body: {words: [a, b], hits: \"= 0\"}}", YES, {.body = "c"}},
	{"{body: {words: [a, b], hits: \"= 0\"}}", NO, {.body = "a"}},
	{"{body: {words: [a], hits: \"1..2\"}}", NO, {.body = "a a a"}},
	/* what folds alike is one word */
	{"{body: {words: [ab, ＡＢ, Ab], hits: \"= 1\"}}", YES, {.body = "ab"}},
	/* expressions; with words, both must hold, as in Exchange */
	{"{subject: {regex: \"a[0-9]+\"}}", YES, {.subject = "A12"}},
	{"{subject: {regex: \"a[0-9]+\"}}", NO, {.subject = "Ab"}},
	{"{body: {regex: [\"x[0-9]\", \"y[0-9]\"], hits: \">= 2\"}}",
	 YES,
	 {.body = "x1 y2"}},
	{"{body: {words: [q], regex: \"a[0-9]+\"}}", NO, {.body = "a12"}},
	{"{body: {words: [q], regex: \"a[0-9]+\"}}", YES, {.body = "a12 q"}},
	/* header */
	{"{header: {name: X-Project, words: [q]}}",
	 YES,
	 {.fields = "X-Project=z,x-project=Ｑ1"}},
	{"{header: {name: X-Project, words: [q]}}",
	 NO,
	 {.fields = "X-Other=q,X-Project=z"}},
	{"{header: {name: X-Project, regex: \"^p-[0-9]+\"}}",
	 YES,
	 {.fields = "X-Project=P-12"}},
	{"{header: {present: true, name: X-A, words: [q]}}",
	 YES,
	 {.fields = "X-A=q"}},
	/* what was not read */
	{"{body: {words: [q]}}", OPEN, {.reasons = "damaged@b"}},
	{"{body: {words: [q]}}", YES, {.body = "q", .reasons = "damaged@b"}},
	{"{body: {words: [q]}}", NO, {.files = "a", .reasons = "encrypted@1"}},
	{"{subject: {words: [q]}}", NO, {.reasons = "damaged@b"}},
	{"{subject: {words: [q]}}", OPEN, {.completeness = VIEW_NONE}},
	{"{attachment-text: {words: [q]}}",
	 OPEN,
	 {.files = "a", .reasons = "encrypted@1"}},
	{"{attachment-text: {words: [q]}}",
	 OPEN,
	 {.files = "a", .reasons = "too-large"}},
	{"{attachment-text: {words: [q]}}",
	 NO,
	 {.files = "a.png", .reasons = "picture@1"}},
	{"{not: {attachment-text: {words: [q]}}}",
	 YES,
	 {.files = "a.png", .reasons = "picture@1"}},
	{"{not: {attachment-text: {words: [q]}}}",
	 OPEN,
	 {.files = "a", .reasons = "encrypted@1"}},
	{"{attachment-text: {words: [q], hits: \"< 3\"}}",
	 OPEN,
	 {.files = "a", .text = "q", .reasons = "encrypted@1"}},
	{"{attachment-text: {words: [q], hits: \"< 3\"}}",
	 NO,
	 {.files = "a", .text = "q q q", .reasons = "encrypted@1"}},
	{"{file-names: {words: [q]}}",
	 NO, /* its list was read */
	 {.files = "a.zip!ae", .inner = "1/x!e", .reasons = "encrypted@1"}},
	{"{file-names: {words: [q]}}",
	 OPEN, /* an archive in it was not */
	 {.files = "a.zip!ae", .inner = "1/x.zip!e", .reasons = "encrypted@1"}},
	{"{file-names: {words: [q]}}",
	 OPEN,
	 {.files = "a.rar", .reasons = "unknown-type@1"}},
	{"{file-names: {words: [q]}}",
	 NO, /* nothing can be inside */
	 {.files = "a.dwg", .reasons = "unknown-type@1"}},
	{"{body: {words: [q]}}", OPEN, {.no_findings = true}},
	{"{body: {words: [q]}}", OPEN, {.body = "q", .old_findings = true}},
	{"{body: {words: [q]}}", OPEN, {.more = true}},
	{"{body: {words: [q]}}", YES, {.body = "q", .more = true}},
	/* only what is open matters */
	{"{body: {words: [q]}, recipient: {class: internal}}",
	 NO,
	 {.reasons = "damaged@b"}},
	{"{any: [{body: {words: [q]}}, {subject: {words: [s]}}]}",
	 YES,
	 {.subject = "s", .reasons = "damaged@b"}},
};

static const struct row PERSONAL[] = {
	{"{personal-data: {in: body, any: {card: \">= 3\"}}}",
	 YES,
	 {.personal = "card/body/3"}},
	{"{personal-data: {in: body, any: {card: \">= 3\"}}}",
	 NO,
	 {.personal = "card/body/2,card/attachments/1"}},
	{"{personal-data: {in: attachments, any: {card: \">= 1\"}}}",
	 NO,
	 {.personal = "card/body/2"}},
	{"{personal-data: {any: {card: \">= 3\"}}}",
	 YES, /* anywhere, unless said */
	 {.personal = "card/body/2,card/attachments/1"}},
	{"{personal-data: {in: [body, attachments], any: {card: \"= 3\"}}}",
	 YES,
	 {.personal = "card/body/2,card/attachments/1"}},
	{"{personal-data: {in: anywhere, any: {phone: \">= 10\", "
	 "postal-address: \">= 10\"}}}",
	 YES,
	 {.personal = "phone/body/3,postal-address/attachments/10"}},
	{"{personal-data: {in: anywhere, all: {phone: \">= 10\", "
	 "postal-address: \">= 10\"}}}",
	 NO,
	 {.personal = "phone/body/3,postal-address/attachments/10"}},
	{"{personal-data: {in: anywhere, all: {phone: \">= 3\", people: \">= "
	 "2\"}}}",
	 YES,
	 {.personal = "phone/body/3,people/attachments/2"}},
	{"{personal-data: {in: anywhere, any: {people: \">= 3\"}}}",
	 NO,
	 {.personal = "person-name/attachments/5,people/attachments/2"}},
	{"{personal-data: {in: body, any: {iban: \"= 0\"}}}", YES, {0}},
	{"{personal-data: {in: body, any: {my-number: \">= 1\"}}}",
	 NO,
	 {.personal = "corporate-number/body/1"}},
	{"{personal-data: [{any: {card: \">= 9\"}}, {any: {iban: \">= 1\"}}]}",
	 YES,
	 {.personal = "iban/body/1"}},
	/* a limit of counting: more is certain, less is not */
	{"{personal-data: {in: body, any: {card: \">= 3\"}}}",
	 YES,
	 {.personal = "card/body/3", .more = true}},
	{"{personal-data: {in: body, any: {card: \"< 5\"}}}",
	 OPEN,
	 {.personal = "card/body/3", .more = true}},
	{"{personal-data: {in: body, any: {card: \"< 3\"}}}",
	 NO,
	 {.personal = "card/body/3", .more = true}},
	{"{personal-data: {in: attachments, any: {card: \">= 3\"}}}",
	 OPEN,
	 {.files = "a",
	  .personal = "card/attachments/2",
	  .reasons = "damaged@1"}},
	{"{personal-data: {in: body, any: {card: \">= 3\"}}}",
	 NO,
	 {.files = "a", .personal = "card/body/2", .reasons = "damaged@1"}},
};

#define A	"x@partner-a.example.org"
#define P(rest) "{partner: {register: partners, " rest "}}"
static const struct row PARTNERS[] = {
	{P("domain: known"), YES, {.to = A}},
	{P("domain: known"), YES, {.to = "X@PARTNER-A.example.org"}},
	{P("domain: known"), NO, {.to = "x@sub.partner-a.example.org"}},
	{P("domain: known"), YES, {.to = "x@sub.wide.example.org"}},
	{P("domain: known"), NO, {.to = "x@wide.example.org"}},
	{P("domain: unknown"), YES, {.to = EXT}},
	{P("domain: unknown"), NO, {.to = A}},
	{P("body: match"),
	 YES,
	 {.to = A, .body = "株式会社パートナーエー 御中"}},
	{P("body: match"), NO, {.to = A, .body = "拝啓"}},
	{P("body: match"),
	 NO,
	 {.to = A, .body = "有限会社パートナービー 御中"}},
	{P("body: match"),
	 YES, /* a company of several domains */
	 {.to = "x@a-second.example.org",
	  .body = "株式会社パートナーエー 御中"}},
	{P("body: match"),
	 YES, /* a domain of several companies */
	 {.to = "x@partner-b.example.org",
	  .body = "ビー・サービス合同会社 御中"}},
	{P("body: absent"), YES, {.to = A, .body = "拝啓"}},
	{P("body: absent"), NO, {.to = A, .body = "有限会社パートナービー"}},
	{P("body: absent"), YES, {.to = A, .body = "株式会社当社の山田です"}},
	{P("body: another"),
	 YES,
	 {.to = A, .body = "有限会社パートナービー 御中"}},
	{P("body: another"),
	 YES, /* both are named */
	 {.to = A, .body = "株式会社パートナーエーと有限会社パートナービー"}},
	{P("body: another"),
	 NO, /* our own name is no other's */
	 {.to = A, .body = "株式会社パートナーエー 御中 株式会社当社"}},
	{P("body: another"), YES, {.to = A, .body = "どこにもない商店"}},
	{P("body: another"), YES, {.to = EXT, .body = "ワイド工業"}},
	{P("body: [absent, another]"), YES, {.to = A, .body = "拝啓"}},
	{P("body: [absent, another]"),
	 NO,
	 {.to = A, .body = "株式会社パートナーエー"}},
	/* names that differ by the legal form alone */
	{P("body: match"), YES, {.to = A, .body = "㈱パートナーエー"}},
	{P("body: match"), YES, {.to = A, .body = "パートナーエー御中"}},
	{P("body: another"), NO, {.to = A, .body = "㈱パートナーエー"}},
	{P("body: another"), NO, {.to = A, .body = "パートナーエー御中"}},
	{P("body: another"), YES, {.to = A, .body = "有限会社パートナーエー"}},
	{P("body: match"), NO, {.to = A, .body = "有限会社パートナーエー"}},
	{P("body: absent"), NO, {.to = A, .body = "有限会社パートナーエー"}},
	{P("file-names: match"),
	 YES,
	 {.to = A, .files = "株式会社パートナーエー様.pdf"}},
	{P("file-names: absent"), YES, {.to = A, .files = "見積.pdf"}},
	{P("file-names: absent"), NO, {.to = A}}, /* no name to miss it */
	{P("file-names: another"),
	 YES,
	 {.to = A,
	  .files = "a.zip!a",
	  .inner = "1/有限会社パートナービー.xls"}},
	{P("domain: known, body: match"),
	 NO,
	 {.to = EXT, .body = "株式会社パートナーエー"}},
	{P("body: absent"), OPEN, {.to = A, .reasons = "damaged@b"}},
	{P("body: absent"),
	 NO,
	 {.to = A, .body = "ワイド工業", .reasons = "damaged@b"}},
	{P("body: match"), OPEN, {.to = A, .no_findings = true}},
	{P("body: match"), NO, {.to = "x@no-name.example.org", .body = "x"}},
};

#define ATT(rest) "{attachments: {" rest "}}"
static const struct row FILES[] = {
	/* types, declared and by content */
	{ATT("type: {in: [application/pdf]}"),
	 YES,
	 {.files = "a.txt=application/pdf"}},
	{ATT("type: {in: [image/*]}"), YES, {.files = "a=IMAGE/PNG"}},
	{ATT("type: {in: [image/*]}"), NO, {.files = "a=application/pdf"}},
	{ATT("type: {in: [application/octet-stream]}"), YES, {.files = "a"}},
	{ATT("type: {in: [image/png]}"),
	 YES,
	 {.files = "a.zip!a", .inner = "1/x=image/png"}},
	{ATT("type: {in: [image/png]}, look-inside: false"),
	 NO,
	 {.files = "a.zip!a", .inner = "1/x=image/png"}},
	{ATT("type: {in: [image/png]}"),
	 OPEN,
	 {.files = "a", .reasons = "damaged@1"}},
	{ATT("type: {in: [image/png]}"),
	 NO,
	 {.files = "a=text/plain", .reasons = "damaged@1"}},
	/* names */
	{ATT("name: {words: [見積]}"), YES, {.files = "a,御見積.pdf"}},
	{ATT("name: {words: [見積]}"), NO, {.files = "~見積.png"}},
	{ATT("name: {words: [見積]}, inline: true"),
	 YES,
	 {.files = "~見積.png"}},
	{ATT("name: {words: [見積]}"),
	 YES,
	 {.files = "a.zip!a", .inner = "1/dir/見積.xls"}},
	{ATT("name: {words: [見積]}, look-inside: false"),
	 NO,
	 {.files = "a.zip!a", .inner = "1/dir/見積.xls"}},
	/* extensions of what is inside */
	{ATT("extension: {in: [exe]}"),
	 YES,
	 {.files = "a.zip!a", .inner = "1/x/y.exe"}},
	{ATT("extension: {in: [exe]}, look-inside: false"),
	 NO,
	 {.files = "a.zip!a", .inner = "1/x/y.exe"}},
	{ATT("extension: {not-in: [zip, txt]}"),
	 NO, /* folders and nameless texts have none */
	 {.files = "a.zip!a", .inner = "1/x/,1/x/y.txt,1/"}},
	{ATT("extension: {not-in: [zip, txt]}"),
	 YES,
	 {.files = "a.zip!a", .inner = "1/x/y.exe"}},
	{ATT("extension: {in: [exe]}"),
	 NO,
	 {.files = "a.zip!ae", .inner = "1/y.txt!e", .reasons = "encrypted@1"}},
	{ATT("extension: {in: [exe]}"),
	 OPEN,
	 {.files = "a.7z!e", .reasons = "encrypted@1"}},
	{ATT("extension: {in: [exe]}, look-inside: false"),
	 NO,
	 {.files = "a.7z!e", .reasons = "encrypted@1"}},
	{ATT("extension: {in: [exe]}"),
	 NO,
	 {.files = "a.dwg", .reasons = "unknown-type@1"}},
	{ATT("extension: {in: [exe]}"),
	 YES,
	 {.files = "a.7z!e,b.exe", .reasons = "encrypted@1"}},
	{ATT("extension: {in: [exe]}"),
	 OPEN,
	 {.files = "a.zip", .no_findings = true}},
	{ATT("extension: {in: [exe]}"),
	 NO,
	 {.files = "a.txt", .no_findings = true}},
	/* flags */
	{ATT("macro: true"), YES, {.files = "a.docm!m"}},
	{ATT("macro: true"), NO, {.files = "a.docx"}},
	{ATT("macro: false"), YES, {.files = "a.docx"}},
	{ATT("macro: true"), YES, {.files = "a.zip!a", .inner = "1/x.doc!m"}},
	{ATT("macro: true, look-inside: false"),
	 NO,
	 {.files = "a.zip!am", .inner = "1/x.doc!m"}},
	{ATT("macro: true"), OPEN, {.files = "a!e", .reasons = "encrypted@1"}},
	{ATT("executable: true"), YES, {.files = "a.txt!xd"}},
	{ATT("disguised: true"), YES, {.files = "a.txt!xd"}},
	{ATT("disguised: true"), NO, {.files = "a.exe!x"}},
	{ATT("executable: true"),
	 NO, /* a document holds no programs */
	 {.files = "a.docx!e", .reasons = "encrypted@1"}},
	{ATT("executable: true"),
	 OPEN,
	 {.files = "a.zip!ae", .inner = "1/x!e", .reasons = "encrypted@1"}},
	{ATT("executable: true"), OPEN, {.files = "a", .no_findings = true}},
	{ATT("executable: true"), NO, {.no_findings = true}},
	/* encrypted */
	{ATT("encrypted: all"), YES, {.files = "a!e,b!e"}},
	{ATT("encrypted: all"), NO, {.files = "a!e,b"}},
	{ATT("encrypted: all"), NO, {0}},
	{ATT("encrypted: all"), YES, {.files = "a!e,~b"}},
	{ATT("encrypted: all, inline: true"), NO, {.files = "a!e,~b"}},
	{ATT("encrypted: any"), YES, {.files = "a!e,b"}},
	{ATT("encrypted: any"), YES, {.files = "a!e"}},
	{ATT("encrypted: any"), NO, {.files = "a,b"}},
	{ATT("encrypted: some"), YES, {.files = "a!e,b"}},
	{ATT("encrypted: some"), NO, {.files = "a!e"}},
	{ATT("encrypted: none"), YES, {.files = "a,b"}},
	{ATT("encrypted: none"), YES, {0}},
	{ATT("encrypted: none"), NO, {.files = "a,b!e"}},
	{ATT("encrypted: any"),
	 YES,
	 {.files = "a.zip!as", .inner = "1/x!e,1/y"}},
	{ATT("encrypted: any, look-inside: false"),
	 NO,
	 {.files = "a.zip!as", .inner = "1/x!e,1/y"}},
	{ATT("encrypted: all"),
	 NO,
	 {.files = "a.zip!as", .inner = "1/x!e,1/y"}},
	{ATT("encrypted: all"), OPEN, {.files = "a", .reasons = "damaged@1"}},
	{ATT("encrypted: all"), NO, {.files = "a,b", .reasons = "damaged@1"}},
	{ATT("encrypted: any"),
	 YES,
	 {.files = "a,b!e", .reasons = "damaged@1,encrypted@2"}},
	{ATT("encrypted: none"),
	 OPEN,
	 {.files = "a.rar", .reasons = "unknown-type@1"}},
	{ATT("encrypted: none"),
	 YES,
	 {.files = "a.dwg", .reasons = "unknown-type@1"}},
	/* counts speak of the attachments as they stand in the mail */
	{ATT("count: \"= 1\""), YES, {.files = "a.zip!a", .inner = "1/x,1/y"}},
	{ATT("count: \"= 1\""),
	 YES,
	 {.files = "a!e", .reasons = "encrypted@1"}},
	{ATT("count: \"= 1\""), OPEN, {.files = "a", .reasons = "limit"}},
};

static void try_row(const struct row *rows, int i)
{
	struct mail m = rows[i].m;
	const struct plan *p;
	bool open;

	if (!m.to)
		m.to = EXT;
	try_rules(arena_printf(try_arena(),
			       "  - rule: r\n    when: %s\n    do: {delay: "
			       "{for: 1m}}\n",
			       rows[i].when));
	p = try_mail(&m);
	ck_assert_msg((p->rule_n == 1) == (rows[i].falls == YES), "%s (row %d)",
		      rows[i].when, i);
	/* The opposite falls on just those that are not open. */
	try_rules(arena_printf(
		try_arena(),
		"  - rule: r\n    when: {not: %s}\n    do: {delay: "
		"{for: 1m}}\n",
		rows[i].when));
	p = try_mail(&m);
	open = rows[i].falls == OPEN;
	ck_assert_msg((p->rule_n == 1) == (rows[i].falls == NO),
		      "not %s (row %d)", rows[i].when, i);
	ck_assert_msg(!open || p->doubtful, "%s (row %d): no doubt",
		      rows[i].when, i);
}

START_TEST(words)
{
	try_row(WORDS, _i);
}
END_TEST

START_TEST(personal_data)
{
	try_row(PERSONAL, _i);
}
END_TEST

START_TEST(partners)
{
	try_row(PARTNERS, _i);
}
END_TEST

START_TEST(files)
{
	try_row(FILES, _i);
}
END_TEST

/* Every recipient has a company of his own, however deep the condition. */
START_TEST(partners_by_recipient)
{
	static const char *const WHEN[] = {
		P("body: another"),
		"{not: " P("body: [match, absent]") "}",
		"{any: [{subject: {words: [zz]}}, " P("body: another") "]}",
	};

	for (size_t i = 0; i < ARRAY_LEN(WHEN); i++) {
		const struct plan *p;

		try_rules(arena_printf(try_arena(),
				       "  - rule: r\n    when: %s\n    do: "
				       "{refuse: {only: these-recipients}}\n",
				       WHEN[i]));
		p = TRY_MAIL(.to = A ",x@partner-b.example.org," EXT,
			     .body = "有限会社パートナービー 御中");
		ck_assert(p->rcpt[0].refused);
		ck_assert(!p->rcpt[1].refused);
		ck_assert(p->rcpt[2].refused);
	}
}
END_TEST

/* A replay: what nobody looked for then is neither there nor absent. */
START_TEST(untold)
{
	static const unsigned char PLACES[] = {1u << PLACE_BODY, 0};
	struct findings f;
	struct facts facts;
	struct plan plan;

	try_rules("  - rule: old\n    when: {body: {words: [q]}}\n    do: "
		  "{hold: {}}\n"
		  "  - rule: new\n    when: {body: {words: [r]}}\n    do: "
		  "{hold: {}}\n"
		  "  - rule: card\n    when: {personal-data: {any: {card: \">= "
		  "1\"}}}\n    do: {hold: {}}\n"
		  "  - rule: lock\n    when: {attachments: {macro: true}}\n"
		  "    do: {hold: {}}\n"
		  "  - rule: name\n    when: {partner: {register: partners, "
		  "body: match}}\n    do: {hold: {}}\n");
	TRY_MAIL(.to = A, .files = "a", .body = "r");
	facts = *try_facts();
	f = *facts.findings;
	facts.findings = &f;
	policy_decide(try_loaded(), &facts, try_arena(), &plan);
	ck_assert_uint_eq(plan.untold_n, 0);
	ck_assert_uint_eq(plan.rule_n, 1);
	f.untold_places = PLACES;
	policy_decide(try_loaded(), &facts, try_arena(), &plan);
	ck_assert_uint_eq(plan.untold_n, 1);
	ck_assert(str_is(plan.untold[0], "old"));
	ck_assert(!plan.doubtful);
	f.untold_detectors = 1u << DETECT_CARD;
	f.untold_files = f.untold_companies = true;
	policy_decide(try_loaded(), &facts, try_arena(), &plan);
	ck_assert_uint_eq(plan.untold_n, 4);
	ck_assert_uint_eq(plan.rule_n, 1);
}
END_TEST

Suite *test_content_suite(void)
{
	Suite *s = suite_create("content");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, try_begin, try_end);
	tcase_add_loop_test(c, words, 0, ARRAY_LEN(WORDS));
	tcase_add_loop_test(c, personal_data, 0, ARRAY_LEN(PERSONAL));
	tcase_add_loop_test(c, partners, 0, ARRAY_LEN(PARTNERS));
	tcase_add_loop_test(c, files, 0, ARRAY_LEN(FILES));
	tcase_add_test(c, partners_by_recipient);
	tcase_add_test(c, untold);
	suite_add_tcase(s, c);
	return s;
}
