/* How rules and their actions combine: policy/README.md, line by line. */
#include "tests/unit/policy/try.h"

Suite *test_decide_suite(void);

#define EXT    "a@customer.example.com"
#define JST(t) "2026-09-01T" t "+09:00" /* a Tuesday */

/* ---- combining ---- */

START_TEST(hold_sixty_minutes)
{
	const struct plan *p;

	try_rules("  - rule: h\n"
		  "    title: {ja: 外部宛てを60分保留, en: Hold external}\n"
		  "    when: {recipient: {class: external}}\n"
		  "    do: {hold: {for: 60m, then: send}}\n");
	p = TRY_MAIL(.to = EXT ",b@example.co.jp,c@group.example.net");
	ck_assert_str_eq(gates_of(p, 0), "hold:3600:send:1@3600");
	ck_assert_str_eq(gates_of(p, 1), "");
	ck_assert_str_eq(gates_of(p, 2), "");
	ck_assert_int_eq(p->outcome, OUTCOME_HOLD);
	ck_assert_int_eq(p->rcpt[1].outcome, OUTCOME_DELIVER);
	ck_assert_int_eq(p->rcpt[1].class, RCPT_INTERNAL);
	ck_assert_int_eq(p->rcpt[2].class, RCPT_AFFILIATED);
	ck_assert_str_eq(names_of_rules(p), "h");
	ck_assert(str_is(p->rcpt[0].gate[0].by, "sender"));
	ck_assert(str_is(p->rcpt[0].gate[0].rule, "h"));
	ck_assert_uint_eq(p->notice_n, 1);
	ck_assert(str_is(p->notice[0].kind, "hold"));
	ck_assert(str_is(p->notice[0].to, "taro.yamada@example.co.jp"));
	ck_assert(str_is(p->rcpt[0].reason[0].ja,
			 "規則「外部宛てを60分保留」: 60分保留し、そのあと"
			 "送ります。条件: 社外の宛先。"));
	ck_assert(str_is(p->smallest_change.en, "Remove " EXT));
	ck_assert_uint_eq(p->shape_n, 1);
}
END_TEST

START_TEST(stages)
{
	const struct plan *p;

	try_rules("  - rule: a\n    do: {hold: {for: 5m, then: send}}\n"
		  "  - rule: b\n    do: {hold: {for: 10m, then: discard}}\n"
		  "  - rule: c\n    do: {hold: {for: 60m, stage: 2}}\n"
		  "  - rule: d\n    do: {hold: {for: 2m, then: return}}\n");
	p = TRY_MAIL(.to = EXT);
	ck_assert_str_eq(gates_of(p, 0),
			 "hold:600:return:1@600 hold:3600:send:2");
	ck_assert(str_is(p->rcpt[0].gate[0].rule, "b"));
	try_rules("  - rule: a\n    do: {hold: {for: 5m, then: wait}}\n"
		  "  - rule: b\n    do: {hold: {for: 10m, then: discard}}\n");
	p = TRY_MAIL(.to = EXT);
	ck_assert_str_eq(gates_of(p, 0), "hold:600:wait:1");
}
END_TEST

START_TEST(defaults)
{
	const struct plan *p;

	try_rules("  - rule: a\n    do: {hold: {}}\n");
	p = TRY_MAIL(.to = EXT);
	ck_assert_str_eq(gates_of(p, 0), "hold:300:send:1@300");
	try_policy("sekisho: 1\ndomains: {internal: [example.co.jp]}\n"
		   "defaults: {hold: {for: 7m, then: return}, refuse: {tell: "
		   "nobody, forward: boss@example.co.jp}}\n"
		   "rules:\n"
		   "  - rule: a\n    when: {subject: {words: [h]}}\n"
		   "    do: {hold: {}}\n"
		   "  - rule: b\n    when: {subject: {words: [r]}}\n"
		   "    do: {refuse: {}}\n");
	p = TRY_MAIL(.to = EXT, .subject = "h");
	ck_assert_str_eq(gates_of(p, 0), "hold:420:return:1@420");
	p = TRY_MAIL(.to = EXT, .subject = "r");
	ck_assert_int_eq(p->outcome, OUTCOME_REFUSE);
	ck_assert_uint_eq(p->notice_n, 0);
	ck_assert_uint_eq(p->copy_n, 1);
	ck_assert(str_is(p->copy[0].to, "boss@example.co.jp"));
	ck_assert(str_is(p->copy[0].when, "refused"));
}
END_TEST

START_TEST(time_lag)
{
	const struct plan *p;

	try_rules("  - rule: lag\n"
		  "    when: {recipient: {in: key-customers}}\n"
		  "    do:\n"
		  "      delay: {for: 60m}\n"
		  "      copy: {to: manager, tell-sender: true}\n"
		  "  - rule: less\n    when: {recipient: {class: external}}\n"
		  "    do: {delay: {for: 5m}, hold: {for: 10m}}\n");
	p = TRY_MAIL(.to = "x@bigcustomer.example.com,b@example.co.jp," EXT);
	ck_assert_str_eq(gates_of(p, 0),
			 "hold:600:send:1@600 delay:3600:send:0@3600");
	ck_assert_str_eq(gates_of(p, 1), "");
	ck_assert_str_eq(gates_of(p, 2),
			 "hold:600:send:1@600 delay:300:send:0@300");
	ck_assert_int_eq(p->rcpt[0].outcome, OUTCOME_HOLD);
	ck_assert_uint_eq(p->copy_n, 1);
	ck_assert(str_is(p->copy[0].to, "hanako.suzuki@example.co.jp"));
	ck_assert(str_is(p->copy[0].when, "accepted"));
	ck_assert(str_is(p->notice[1].kind, "copy"));
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

START_TEST(ten_external_become_bcc)
{
	const struct plan *p;

	try_rules(BCC_RULE);
	p = TRY_MAIL(.to = many("x.example", 9, "b@example.co.jp"));
	ck_assert_uint_eq(p->shape_n, 1);
	ck_assert_uint_eq(p->rule_n, 0);
	for (int n = 10; n <= 11; n++) {
		p = TRY_MAIL(.to = many("x.example", n, "b@example.co.jp"));
		ck_assert_int_eq(p->outcome, OUTCOME_DELIVER);
		ck_assert_uint_eq(p->shape_n, 2);
		ck_assert_uint_eq(p->shape[1].hide_n, (size_t)n);
		ck_assert(str_is(p->shape[1].to_when_empty,
				 "taro.yamada@example.co.jp"));
		ck_assert(!p->rcpt[0].bcc);
		ck_assert_uint_eq(p->rcpt[0].shape, 1);
		for (int i = 1; i <= n; i++) {
			ck_assert(p->rcpt[i].bcc);
			ck_assert_uint_eq(p->rcpt[i].shape, 1);
		}
		ck_assert_uint_eq(p->notice_n, 1);
		ck_assert(str_is(p->notice[0].kind, "bcc"));
	}
	/* Bcc recipients of the envelope are no part of the count. */
	p = TRY_MAIL(.to = "b@example.co.jp",
		     .rcpt = many("x.example", 20, "b@example.co.jp"));
	ck_assert_uint_eq(p->rule_n, 0);
}
END_TEST

START_TEST(bcc_classes)
{
	const struct plan *p;

	try_rules("  - rule: i\n    do: {bcc: {hide: internal, tell-sender: "
		  "false}}\n");
	p = TRY_MAIL(.to = EXT ",b@example.co.jp", .cc = "c@group.example.net");
	ck_assert_uint_eq(p->shape[1].hide_n, 2);
	ck_assert(!p->rcpt[0].bcc && p->rcpt[1].bcc && p->rcpt[2].bcc);
	ck_assert_uint_eq(p->notice_n, 0);
	try_rules("  - rule: i\n    do: {bcc: {hide: all}}\n");
	p = TRY_MAIL(.to = EXT ",b@example.co.jp", .cc = "c@group.example.net");
	ck_assert_uint_eq(p->shape[1].hide_n, 3);
	/* only in copies of the recipients that the rule fell on */
	try_rules("  - rule: i\n    when: {recipient: {class: external}}\n"
		  "    do: {bcc: {hide: all}}\n");
	p = TRY_MAIL(.to = EXT ",b@example.co.jp");
	ck_assert_uint_eq(p->rcpt[0].shape, 1);
	ck_assert_uint_eq(p->rcpt[1].shape, 0);
	ck_assert(p->rcpt[0].bcc && p->rcpt[1].bcc);
}
END_TEST

#define NIGHT                                                                  \
	"  - rule: night\n"                                                    \
	"    when: {recipient: {class: external}, time: {during: {from: "      \
	"\"19:00\", to: \"09:30\", timezone: Asia/Tokyo}}}\n"                  \
	"    do: {refuse: {tell: sender}}\n"

START_TEST(night_refusal)
{
	const struct plan *p;

	try_rules(NIGHT "  - rule: h\n    do: {hold: {for: 60m}}\n");
	p = TRY_MAIL(.to = EXT ",b@example.co.jp", .at = JST("19:00:00"));
	ck_assert_int_eq(p->outcome, OUTCOME_REFUSE);
	ck_assert_int_eq(p->rcpt[1].outcome, OUTCOME_REFUSE);
	ck_assert_str_eq(gates_of(p, 0), "");
	ck_assert_str_eq(names_of_rules(p), "night h");
	ck_assert(str_is(p->refuse_tell, "sender"));
	ck_assert(str_is(p->notice[0].kind, "refused"));
	ck_assert(str_is(p->smallest_change.ja,
			 "2026年9月2日(水) 09:30 まで待つ。そのあとは保留"));
	p = TRY_MAIL(.to = EXT, .at = JST("09:29:59"));
	ck_assert_int_eq(p->outcome, OUTCOME_REFUSE);
	ck_assert(str_is(p->smallest_change.en,
			 "Wait until 09:30; it is then held"));
	p = TRY_MAIL(.to = EXT, .at = JST("09:30:00"));
	ck_assert_int_eq(p->outcome, OUTCOME_HOLD);
	p = TRY_MAIL(.to = "b@example.co.jp", .at = JST("23:00:00"));
	ck_assert_int_eq(p->outcome, OUTCOME_HOLD);
}
END_TEST

START_TEST(refuse_only_these)
{
	const struct plan *p;

	try_rules("  - rule: free\n    when: {recipient: {in: free-mail}}\n"
		  "    do: {refuse: {only: these-recipients, text: nda}}\n"
		  "  - rule: h\n    when: {recipient: {class: external}}\n"
		  "    do: {hold: {for: 60m}}\n");
	p = TRY_MAIL(.to = "x@gmail.com," EXT ",b@example.co.jp");
	ck_assert(p->rcpt[0].refused);
	ck_assert_int_eq(p->rcpt[0].outcome, OUTCOME_REFUSE);
	ck_assert_str_eq(gates_of(p, 0), "");
	ck_assert_str_eq(gates_of(p, 1), "hold:3600:send:1@3600");
	ck_assert_int_eq(p->rcpt[2].outcome, OUTCOME_DELIVER);
	ck_assert_int_eq(p->outcome, OUTCOME_REFUSE);
	ck_assert(str_is(p->refuse_text.ja, "守秘"));
	ck_assert_uint_eq(p->notice_n, 2);
}
END_TEST

START_TEST(shadow_and_stop)
{
	const struct plan *p;

	try_rules("  - rule: s\n    mode: shadow\n    stop: true\n"
		  "    do: {refuse: {}}\n"
		  "  - rule: a\n    when: {recipient: {class: internal}}\n"
		  "    stop: true\n"
		  "  - rule: h\n    do: {hold: {for: 60m}, notify: {who: "
		  "[hanako.suzuki@example.co.jp], text: nda}}\n"
		  "  - rule: z\n    when: {subject: {words: [zz]}}\n"
		  "    do: {refuse: {}, copy: {to: manager, when: refused}}\n");
	p = TRY_MAIL(.to = EXT ",b@example.co.jp");
	ck_assert_str_eq(names_of_rules(p), "a h");
	ck_assert_uint_eq(p->shadow_n, 1);
	ck_assert(str_is(p->shadow[0].rule, "s"));
	ck_assert_str_eq(gates_of(p, 0), "hold:3600:send:1@3600");
	ck_assert_str_eq(gates_of(p, 1), "");
	ck_assert_uint_eq(p->notice_n, 2);
	ck_assert(str_is(p->notice[1].kind, "text"));
	ck_assert(str_is(p->notice[1].text.en, "NDA"));
	/* refuse is not stopped, the other actions of that rule are */
	p = TRY_MAIL(.to = "b@example.co.jp", .subject = "zz");
	ck_assert_int_eq(p->outcome, OUTCOME_REFUSE);
	ck_assert_uint_eq(p->copy_n, 0);
	p = TRY_MAIL(.to = EXT, .subject = "zz");
	ck_assert_uint_eq(p->copy_n, 1);
}
END_TEST

START_TEST(headers_and_shapes)
{
	const struct plan *p;

	try_rules("  - rule: a\n    do: {header: {add: {X-Checked: \"yes\"}}}\n"
		  "  - rule: b\n    when: {recipient: {class: external}}\n"
		  "    do: {header: {remove: [X-Internal]}}\n");
	p = TRY_MAIL(.to = EXT ",b@example.co.jp,c@y.example");
	ck_assert_uint_eq(p->shape_n, 3);
	ck_assert_uint_eq(p->rcpt[0].shape, p->rcpt[2].shape);
	ck_assert_uint_ne(p->rcpt[0].shape, p->rcpt[1].shape);
	ck_assert(str_is(p->shape[1].add[0].name, "X-Checked"));
	ck_assert(str_is(p->shape[1].remove[0], "X-Internal"));
	ck_assert_uint_eq(p->shape[2].remove_n, 0);
	/* signed mail: only added fields */
	p = TRY_MAIL(.to = EXT, .classes = CLASS_SIGNED);
	ck_assert_uint_eq(p->shape[1].add_n, 1);
	ck_assert_uint_eq(p->shape[1].remove_n, 0);
	p = TRY_MAIL(.to = EXT, .classes = CLASS_ENCRYPTED);
	ck_assert_uint_eq(p->shape_n, 1);
}
END_TEST

START_TEST(classes)
{
	const struct plan *p;
	const char *ten = many("x.example", 10, "b@example.co.jp");

	try_rules(BCC_RULE "  - rule: h\n    do: {hold: {for: 60m}, delay: "
			   "{for: 1h}}\n");
	p = TRY_MAIL(.to = EXT, .classes = CLASS_CALENDAR);
	ck_assert_str_eq(gates_of(p, 0), "");
	ck_assert_uint_eq(p->rcpt[0].reason_n, 2);
	/* what answers by itself needs the null sender, or anybody could call
	 * his mail so */
	for (unsigned c = CLASS_RECEIPT; c <= CLASS_DSN; c <<= 1) {
		p = TRY_MAIL(.to = EXT, .classes = c);
		ck_assert_str_ne(gates_of(p, 0), "");
		p = TRY_MAIL(.to = EXT, .classes = c, .envelope = "");
		ck_assert_str_eq(gates_of(p, 0), "");
		ck_assert_uint_eq(p->notice_n, 0);
	}
	p = TRY_MAIL(.to = EXT, .bulk = true);
	ck_assert(str_is(p->notice[0].kind, "digest"));
	/* To of signed mail is not cut: the sender looks again */
	p = TRY_MAIL(.to = ten, .classes = CLASS_SIGNED);
	ck_assert_uint_eq(p->shape_n, 1);
	ck_assert_str_eq(gates_of(p, 0),
			 "hold:3600:send:1@3600 delay:3600:send:0@3600 "
			 "hold:0:return:0");
	p = TRY_MAIL(.to = ten, .classes = CLASS_TNEF);
	ck_assert_uint_eq(p->shape_n, 2);
	try_policy("sekisho: 1\n"
		   "classes: {calendar: {gates: all, edits: all}}\n"
		   "rules:\n  - rule: h\n    do: {hold: {for: 60m}}\n");
	p = TRY_MAIL(.to = EXT, .classes = CLASS_CALENDAR);
	ck_assert_str_eq(gates_of(p, 0), "hold:3600:send:1@3600");
}
END_TEST

START_TEST(sender_of)
{
	struct facts f;

	try_rules("  - rule: a\n    do: {hold: {}}\n");
	TRY_MAIL(.from = "x@other.example", .envelope = "fwd@example.co.jp",
		 .to = EXT);
	f = *try_facts();
	ck_assert(str_is(policy_sender(&f, try_arena()), "fwd@example.co.jp"));
	f.tenant_domain_n = 0;
	ck_assert(str_is(policy_sender(&f, try_arena()), "x@other.example"));
	TRY_MAIL(.from = "", .envelope = "", .to = EXT);
	ck_assert_uint_eq(policy_sender(try_facts(), try_arena()).n, 0);
}
END_TEST

Suite *test_decide_suite(void)
{
	Suite *s = suite_create("decide");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, try_begin, try_end);
	tcase_add_test(c, hold_sixty_minutes);
	tcase_add_test(c, stages);
	tcase_add_test(c, defaults);
	tcase_add_test(c, time_lag);
	tcase_add_test(c, ten_external_become_bcc);
	tcase_add_test(c, bcc_classes);
	tcase_add_test(c, night_refusal);
	tcase_add_test(c, refuse_only_these);
	tcase_add_test(c, shadow_and_stop);
	tcase_add_test(c, headers_and_shapes);
	tcase_add_test(c, classes);
	tcase_add_test(c, sender_of);
	suite_add_tcase(s, c);
	return s;
}
