/* What was not read, and whom that concerns; modes. */
#include "tests/unit/policy/try.h"

Suite *test_doubt_suite(void);

#define EXT "a@customer.example.com"

START_TEST(doubt)
{
	const struct plan *p;

	try_rules("  - rule: a\n    when: {attachments: {count: \">= 1\"}}\n"
		  "    do: {hold: {for: 5m}}\n");
	p = TRY_MAIL(.to = EXT, .completeness = VIEW_NONE, .reasons = "failed");
	ck_assert_str_eq(gates_of(p, 0), "hold:0:wait:0:failed:admin");
	ck_assert(p->doubtful);
	ck_assert_int_eq(p->outcome, OUTCOME_HOLD);
	p = TRY_MAIL(.to = EXT, .completeness = VIEW_NONE);
	ck_assert_str_eq(gates_of(p, 0), "hold:0:wait:0:failed:admin");
	p = TRY_MAIL(.to = EXT, .completeness = VIEW_PARTIAL,
		     .reasons = "ambiguous");
	ck_assert_str_eq(gates_of(p, 0), "approve:0:wait:0:ambiguous:manager");
	ck_assert_int_eq(p->outcome, OUTCOME_APPROVE);
	p = TRY_MAIL(.from = "erp@example.co.jp", .to = EXT,
		     .completeness = VIEW_PARTIAL, .reasons = "limit");
	ck_assert_str_eq(gates_of(p, 0), "approve:0:wait:0:limit:admin");
	/* the strictest line wins */
	p = TRY_MAIL(.to = EXT, .completeness = VIEW_PARTIAL,
		     .reasons = "ambiguous,failed,limit");
	ck_assert_str_eq(gates_of(p, 0), "hold:0:wait:0:failed:admin");
	/* damage as a whole leaves the attachments' question open */
	p = TRY_MAIL(.to = EXT, .completeness = VIEW_PARTIAL,
		     .reasons = "damaged");
	ck_assert_str_eq(gates_of(p, 0), "hold:0:return:0:damaged:sender");
	/* nothing asks about content: unread types raise no doubt */
	p = TRY_MAIL(.to = EXT, .completeness = VIEW_PARTIAL,
		     .reasons = "picture");
	try_rules("  - rule: a\n    when: {subject: {words: [x]}}\n"
		  "    do: {hold: {for: 5m}}\n");
	p = TRY_MAIL(.to = EXT, .completeness = VIEW_PARTIAL,
		     .reasons = "unknown-type,encrypted,damaged,too-large");
	ck_assert_str_eq(gates_of(p, 0), "");
	try_policy("sekisho: 1\ndoubt: {failed: pass, limit: confirm}\n");
	p = TRY_MAIL(.to = EXT, .completeness = VIEW_NONE, .reasons = "failed");
	ck_assert_str_eq(gates_of(p, 0), "");
	p = TRY_MAIL(.to = EXT, .completeness = VIEW_PARTIAL,
		     .reasons = "limit");
	ck_assert_str_eq(gates_of(p, 0), "hold:0:return:0:limit:sender");
}
END_TEST

/* The first five lines apply where a rule that could fall on the recipient asks
 * about content that concerns the part. */
#define LATER_IF(when)                                                         \
	"  - rule: r\n    when: " when "\n    do: {delay: {for: 1m}}\n"
static const struct {
	const char *rules;
	struct mail m;
	const char *gates; /* of the first recipient */
} CONCERNS[] = {
	{LATER_IF("{attachment-text: {words: [q]}}"),
	 {.files = "a", .reasons = "unknown-type@1"},
	 "hold:0:return:0:unknown-type:sender"},
	{LATER_IF("{attachment-text: {words: [q]}}"),
	 {.files = "a", .reasons = "damaged@b"},
	 ""},
	{LATER_IF("{body: {words: [q]}}"),
	 {.files = "a", .reasons = "damaged@b"},
	 "hold:0:return:0:damaged:sender"},
	{LATER_IF("{body: {words: [q]}}"),
	 {.files = "a", .reasons = "too-large@1"},
	 ""},
	/* it fell: what is left open changes nothing */
	{LATER_IF("{attachment-text: {words: [q]}}"),
	 {.files = "a,b", .text = "q", .reasons = "unknown-type@1"},
	 "delay:60:send:0@60"},
	/* it cannot fall on this recipient */
	{LATER_IF("{attachment-text: {words: [q]}, recipient: {class: "
		  "internal}}"),
	 {.files = "a", .reasons = "unknown-type@1"},
	 ""},
	{LATER_IF("{attachment-text: {words: [q]}, sender: {in: managers}}"),
	 {.files = "a", .reasons = "unknown-type@1"},
	 ""},
	/* modes */
	{LATER_IF("{attachment-text: {words: [q]}}") "    mode: shadow\n",
	 {.files = "a", .reasons = "unknown-type@1"},
	 ""},
	{LATER_IF("{attachment-text: {words: [q]}}") "    mode: off\n",
	 {.files = "a", .reasons = "unknown-type@1"},
	 ""},
	{LATER_IF("{attachment-text: {words: [q]}}") "    until: 2026-08-01\n",
	 {.files = "a", .reasons = "unknown-type@1"},
	 ""},
	{"  - rule: s\n    stop: true\n" LATER_IF(
		 "{attachment-text: {words: [q]}}"),
	 {.files = "a", .reasons = "unknown-type@1"},
	 ""},
	{"  - rule: s\n    stop: true\n"
	 "  - rule: r\n    when: {attachment-text: {words: [q]}}\n"
	 "    do: {refuse: {}}\n",
	 {.files = "a", .reasons = "unknown-type@1"},
	 "hold:0:return:0:unknown-type:sender"},
	/* where it would lift a rule */
	{"  - rule: r\n    unless: {attachment-text: {words: [q]}}\n"
	 "    do: {delay: {for: 1m}}\n",
	 {.files = "a", .reasons = "too-large@1"},
	 "hold:0:return:0:too-large:sender"},
	/* look-inside, flags */
	{LATER_IF("{attachments: {extension: {in: [exe]}}}"),
	 {.files = "a.rar", .reasons = "unknown-type@1"},
	 "hold:0:return:0:unknown-type:sender"},
	{LATER_IF("{attachments: {extension: {in: [exe]}, look-inside: "
		  "false}}"),
	 {.files = "a.rar", .reasons = "unknown-type@1"},
	 ""},
	/* pictures are complete */
	{LATER_IF("{attachment-text: {words: [q]}}"),
	 {.files = "a.png", .reasons = "picture@1"},
	 ""},
	/* "encrypted: rules": where no rule names it, confirm */
	{LATER_IF("{attachment-text: {words: [q]}}"),
	 {.files = "a!e", .reasons = "encrypted@1"},
	 "hold:0:return:0:encrypted:sender"},
	{LATER_IF("{attachment-text: {words: [q]}}") "  - rule: e\n    when: "
						     "{attachments: "
						     "{encrypted: any}}\n"
						     "    do: {delay: {for: "
						     "2m}}\n",
	 {.files = "a!e", .reasons = "encrypted@1"},
	 "delay:120:send:0@120"},
	{LATER_IF("{attachment-text: {words: [q]}}") "  - rule: e\n    when: "
						     "{attachments: "
						     "{encrypted: all}}\n"
						     "    do: {delay: {for: "
						     "2m}}\n",
	 {.files = "a!e,b", .reasons = "encrypted@1"},
	 "hold:0:return:0:encrypted:sender"},
	{LATER_IF("{attachments: {encrypted: any}, attachment-text: {words: "
		  "[q]}}"),
	 {.files = "a!e", .reasons = "encrypted@1"},
	 "hold:0:return:0:encrypted:sender"},
	{LATER_IF("{attachment-text: {words: [q]}}") "  - rule: e\n    when: "
						     "{inspection: {reason: "
						     "encrypted}}\n"
						     "    do: {delay: {for: "
						     "2m}}\n",
	 {.files = "a!e", .reasons = "encrypted@1"},
	 "delay:120:send:0@120"},
	/* nothing but `encrypted` is asked, and that is known */
	{LATER_IF("{attachments: {encrypted: all}}"),
	 {.files = "a!e,b", .reasons = "encrypted@1"},
	 ""},
	/* strictest of those that apply */
	{LATER_IF("{attachment-text: {words: [q]}}"),
	 {.files = "a,b", .reasons = "unknown-type@1,ambiguous@2"},
	 "approve:0:wait:0:ambiguous:manager"},
	/* findings that did not come, or were cut */
	{LATER_IF("{body: {words: [q]}}"),
	 {.no_findings = true},
	 "hold:0:wait:0:failed:admin"},
	{LATER_IF("{body: {words: [q]}}"),
	 {.old_findings = true},
	 "hold:0:wait:0:failed:admin"},
	{LATER_IF("{body: {words: [q]}, recipient: {class: internal}}"),
	 {.no_findings = true},
	 ""},
	{LATER_IF("{personal-data: {any: {card: \"< 3\"}}}"),
	 {.more = true},
	 "approve:0:wait:0:limit:manager"},
	/* of an automatic answer nothing can be done but to refuse it */
	{LATER_IF("{body: {words: [q]}}"),
	 {.reasons = "damaged@b", .envelope = "", .classes = CLASS_AUTO_REPLY},
	 ""},
	{"  - rule: r\n    when: {body: {words: [q]}}\n"
	 "    do: {refuse: {}}\n",
	 {.reasons = "damaged@b", .envelope = "", .classes = CLASS_AUTO_REPLY},
	 "hold:0:return:0:damaged:sender"},
};

START_TEST(concerns)
{
	struct mail m = CONCERNS[_i].m;
	const struct plan *p;

	m.to = EXT;
	try_rules(CONCERNS[_i].rules);
	p = try_mail(&m);
	ck_assert_msg(strcmp(gates_of(p, 0), CONCERNS[_i].gates) == 0,
		      "row %d: %s\n%s", _i, gates_of(p, 0), CONCERNS[_i].rules);
}
END_TEST

/* Each recipient has doubts of his own, and the parts are named. */
START_TEST(doubt_by_recipient)
{
	const struct plan *p;

	try_rules("  - rule: r\n    when: {recipient: {class: external}, "
		  "attachment-text: {words: [q]}}\n"
		  "    do: {refuse: {only: these-recipients}}\n");
	p = TRY_MAIL(.to = "b@example.co.jp," EXT, .files = "見積.zip!e",
		     .reasons = "encrypted@1");
	ck_assert_str_eq(gates_of(p, 0), "");
	ck_assert_str_eq(gates_of(p, 1), "hold:0:return:0:encrypted:sender");
	ck_assert_int_eq(p->rcpt[0].outcome, OUTCOME_DELIVER);
	ck_assert(str_is(p->rcpt[1].reason[0].ja,
			 "暗号化されていて中を読めません(見積.zip)。"));
	ck_assert(str_is(p->rcpt[1].reason[0].en,
			 "Something is encrypted and was not read "
			 "(見積.zip)."));
	/* a line of its own */
	try_policy("sekisho: 1\ndomains: {internal: [example.co.jp]}\n"
		   "doubt: {picture: approve, unknown-type: pass, encrypted: "
		   "hold}\n"
		   "rules:\n  - rule: r\n    when: {attachment-text: {words: "
		   "[q]}}\n    do: {refuse: {}}\n"
		   "  - rule: s\n    when: {not: {attachment-text: {words: "
		   "[k]}}}\n    do: {delay: {for: 1m}}\n");
	p = TRY_MAIL(.to = EXT, .files = "a.png", .reasons = "picture@1");
	ck_assert_str_eq(gates_of(p, 0), "approve:0:wait:0:picture:manager");
	/* a declared exception: the part counts as read */
	p = TRY_MAIL(.to = EXT, .files = "a.dwg", .reasons = "unknown-type@1");
	ck_assert_str_eq(gates_of(p, 0), "delay:60:send:0@60");
	p = TRY_MAIL(.to = EXT, .files = "a.zip!e", .reasons = "encrypted@1");
	ck_assert_str_eq(gates_of(p, 0), "hold:0:wait:0:encrypted:admin");
}
END_TEST

static const char *many(const char *host, int n, const char *more)
{
	AUTO(buf) b = BUF_MAX(MIB);

	buf_puts(&b, more);
	for (int i = 0; i < n; i++)
		buf_printf(&b, ",p%d@%s", i, host);
	return arena_strndup(try_arena(), b.p, b.n);
}

#define BCC_RULE                                                               \
	"  - rule: bcc\n"                                                      \
	"    when: {to-cc: {count: \">= 10\", of: external}}\n"                \
	"    do: {bcc: {hide: external, tell-sender: true}}\n"

START_TEST(modes)
{
	const struct plan *p;

	try_rules(BCC_RULE "  - rule: h\n    do: {hold: {for: 60m}, copy: {to: "
			   "manager}}\n"
			   "  - rule: r\n    when: {subject: {words: [r]}}\n"
			   "    do: {refuse: {}}\n");
	p = TRY_MAIL(.to = many("x.example", 10, "b@example.co.jp"),
		     .mode = MODE_PASS, .completeness = VIEW_PARTIAL,
		     .reasons = "limit");
	ck_assert_int_eq(p->outcome, OUTCOME_DELIVER);
	ck_assert_str_eq(names_of_rules(p), "bcc h");
	ck_assert_str_eq(gates_of(p, 0), "");
	ck_assert_uint_eq(p->shape_n, 1);
	ck_assert_uint_eq(p->copy_n + p->notice_n, 0);
	p = TRY_MAIL(.to = EXT, .mode = MODE_PASS, .subject = "r");
	ck_assert_int_eq(p->outcome, OUTCOME_REFUSE);
	p = TRY_MAIL(.to = EXT, .mode = MODE_HOLD);
	ck_assert_str_eq(gates_of(p, 0), "hold:3600:send:1@3600 hold:0:wait:0");
	ck_assert(str_is(p->rcpt[0].gate[1].by, "admin"));
	p = TRY_MAIL(.to = EXT, .mode = MODE_HOLD, .classes = CLASS_DSN,
		     .envelope = "");
	ck_assert_str_eq(gates_of(p, 0), "hold:0:wait:0");
}
END_TEST

Suite *test_doubt_suite(void)
{
	Suite *s = suite_create("doubt");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, try_begin, try_end);
	tcase_add_test(c, doubt);
	tcase_add_loop_test(c, concerns, 0, ARRAY_LEN(CONCERNS));
	tcase_add_test(c, doubt_by_recipient);
	tcase_add_test(c, modes);
	suite_add_tcase(s, c);
	return s;
}
