/* Conditions and how actions combine: POLICY, line by line. */
#include "tests/unit/policy/try.h"

Suite *test_decide_suite(void);

#define EXT "a@customer.example.com"

/* ---- single conditions: does the rule fire? ---- */

struct row {
	const char *when; /* the rest of the rule */
	bool fires;
	struct mail m;
};
#define JST(t) "2026-09-01T" t "+09:00" /* a Tuesday */
static const struct row ROWS[] = {
	/* sender */
	{"when: {sender: {in: [taro.yamada@example.co.jp]}}",
	 true,
	 {.to = EXT}},
	{"when: {sender: {in: [example.co.jp]}}", true, {.to = EXT}},
	{"when: {sender: {in: [TARO.YAMADA@Example.CO.JP]}}",
	 true,
	 {.to = EXT}},
	{"when: {sender: {in: [\"*.example.co.jp\"]}}", false, {.to = EXT}},
	{"when: {sender: {not-in: [example.co.jp]}}", false, {.to = EXT}},
	{"when: {sender: {in: sales}}", true, {.to = EXT}},
	{"when: {sender: {in: managers}}", false, {.to = EXT}},
	{"when: {sender: {in: managers}}",
	 true,
	 {.from = "hanako.suzuki@example.co.jp", .to = EXT}},
	{"when: {sender: {in: sales}}",
	 true, /* nested group */
	 {.from = "aya.mori@example.co.jp", .to = EXT}},
	{"when: {sender: {in: temps}}",
	 true,
	 {.from = "shin.ito@example.co.jp", .to = EXT}},
	{"when: {sender: {in: juniors}}",
	 true,
	 {.from = "aya.mori@example.co.jp", .to = EXT}},
	{"when: {sender: {in: juniors}}", false, {.to = EXT}},
	{"when: {sender: {kind: system}}",
	 true,
	 {.from = "erp@example.co.jp", .to = EXT}},
	{"when: {sender: {kind: [shared, system]}}", false, {.to = EXT}},
	{"when: {sender: {kind: person}}", true, {.to = EXT}},
	{"when: {sender: {employed-less-than: 90d}}",
	 true,
	 {.from = "yui.kato@example.co.jp", .to = EXT}},
	{"when: {sender: {employed-less-than: 62d}}",
	 false,
	 {.from = "yui.kato@example.co.jp", .to = EXT}},
	{"when: {sender: {employed-less-than: 90d}}", false, {.to = EXT}},
	{"when: {sender: {leaves-within: 30d}}",
	 true,
	 {.from = "yui.kato@example.co.jp", .to = EXT}},
	{"when: {sender: {leaves-within: 13d}}",
	 false,
	 {.from = "yui.kato@example.co.jp", .to = EXT}},
	/* forwarding: the envelope speaks for a foreign From */
	{"when: {sender: {in: [taro.yamada@example.co.jp]}}",
	 true,
	 {.from = "x@other.example",
	  .envelope = "taro.yamada@example.co.jp",
	  .to = EXT}},
	{"when: {sender: {in: [taro.yamada@example.co.jp]}}",
	 true,
	 {.envelope = "bounce@mailer.example", .to = EXT}},
	/* recipient */
	{"when: {recipient: {class: external}}", true, {.to = EXT}},
	{"when: {recipient: {class: [internal, affiliated]}}",
	 false,
	 {.to = EXT}},
	{"when: {recipient: {class: internal}}",
	 true,
	 {.to = "x@sub.example.co.jp"}},
	{"when: {recipient: {class: affiliated}}",
	 true,
	 {.to = "x@group.example.net"}},
	{"when: {recipient: {class: external}}",
	 true, /* below a group */
	 {.to = "x@sub.group.example.net"}},
	{"when: {recipient: {class: external}}",
	 true, /* most specific */
	 {.to = "ml-partners@example.co.jp"}},
	{"when: {recipient: {in: key-customers}}",
	 true,
	 {.to = "x@bigcustomer.example.com"}},
	{"when: {recipient: {in: key-customers}}",
	 false,
	 {.to = "x@sub.bigcustomer.example.com"}},
	{"when: {recipient: {in: [free-mail, b@x.example]}}",
	 true,
	 {.to = "b@x.example"}},
	{"when: {recipient: {in: free-mail}}", true, {.to = "X@GMAIL.com"}},
	{"when: {recipient: {not-in: free-mail}}", true, {.to = EXT}},
	{"when: {recipient: {in: [\"*\"]}}", true, {.to = EXT}},
	/* to, cc, to-cc read the header */
	{"when: {to: {count: \">= 2\"}}", true, {.to = "a@x.jp,b@x.jp"}},
	{"when: {to: {count: \">= 2\"}}", false, {.to = "a@x.jp,A@X.jp"}},
	{"when: {to: {count: \">= 2\"}}",
	 false,
	 {.to = "a@x.jp", .rcpt = "a@x.jp,b@x.jp,c@x.jp"}},
	{"when: {to-cc: {count: \"= 2\"}}",
	 true,
	 {.to = "a@x.jp,b@x.jp", .cc = "a@x.jp"}},
	{"when: {cc: {count: \"= 0\"}}", true, {.to = EXT}},
	{"when: {to-cc: {count: \"< 2\", of: external}}",
	 true,
	 {.to = "a@x.jp,b@example.co.jp"}},
	{"when: {to-cc: {count: \"2..3\", of: [external, affiliated]}}",
	 true,
	 {.to = "a@x.jp,b@group.example.net,c@example.co.jp"}},
	{"when: {to-cc: {count: \"2..3\"}}",
	 false,
	 {.to = "a@x.jp,b@x.jp,c@x.jp,d@x.jp"}},
	{"when: {to: {present: false}}", true, {.cc = EXT}},
	{"when: {to: {present: true}}", false, {.cc = EXT}},
	{"when: {to: {only: sender}}",
	 true,
	 {.to = "taro.yamada@example.co.jp", .rcpt = EXT}},
	{"when: {to: {only: sender}}", false, {.cc = EXT}},
	{"when: {to: {only: sender}}",
	 false,
	 {.to = "taro.yamada@example.co.jp,b@x.jp"}},
	{"when: {cc: {has: manager}}",
	 true,
	 {.to = EXT, .cc = "Hanako.Suzuki@example.co.jp"}},
	{"when: {cc: {has: manager}}",
	 false,
	 {.to = EXT, .cc = "akira.kondo@example.co.jp"}},
	{"when: {cc: {has: superior}}",
	 true,
	 {.to = EXT, .cc = "akira.kondo@example.co.jp"}},
	{"when: {cc: {has: superior}}",
	 false,
	 {.to = "akira.kondo@example.co.jp", .cc = EXT}},
	{"when: {cc: {has: anyone-internal}}",
	 true,
	 {.to = EXT, .cc = "yui.kato@example.co.jp"}},
	{"when: {cc: {has: anyone-internal}}",
	 false,
	 {.to = EXT, .cc = "taro.yamada@example.co.jp"}},
	{"when: {to: {has: [free-mail, c@x.jp]}}", true, {.to = "c@x.jp"}},
	{"when: {to-cc: {has: sales}}",
	 true,
	 {.to = EXT, .cc = "hanako.suzuki@example.co.jp"}},
	/* subject: folded */
	{"when: {subject: {words: [社外秘]}}",
	 true,
	 {.to = EXT, .subject = "【社 外　秘】資料"}},
	{"when: {subject: {words: words}}",
	 true,
	 {.to = EXT, .subject = "ＣＯＮＦＩＤＥＮＴＩＡＬ report"}},
	{"when: {subject: {words: [マル秘]}}",
	 true,
	 {.to = EXT, .subject = "まる秘"}},
	{"when: {subject: {words: [ガイド]}}",
	 true,
	 {.to = EXT, .subject = "ｶﾞｲﾄﾞ"}},
	{"when: {subject: {words: [top secret]}}",
	 true,
	 {.to = EXT,
	  .subject = "TOP  Se\xc2\xad"
		     "cret"}},
	{"when: {subject: {words: [社外秘]}}",
	 false,
	 {.to = EXT, .subject = "社内秘"}},
	{"when: {subject: {words: [a], hits: \">= 3\"}}",
	 true,
	 {.to = EXT, .subject = "a b A c a"}},
	{"when: {subject: {words: [a], hits: \">= 3\"}}",
	 false,
	 {.to = EXT, .subject = "a b a"}},
	/* header */
	{"when: {header: {name: X-Project}}",
	 true,
	 {.to = EXT, .fields = "x-project=Q"}},
	{"when: {header: {name: X-Project, present: false}}",
	 true,
	 {.to = EXT, .fields = "X-Other=Q"}},
	{"when: {header: {name: X-Project, words: [q]}}",
	 true,
	 {.to = EXT, .fields = "X-Project=z,X-Project=Ｑ1"}},
	{"when: {header: {words: [q], name: X-Project}}",
	 false,
	 {.to = EXT, .fields = "X-Project=z"}},
	/* attachments */
	{"when: {attachments: {count: \">= 3\"}}",
	 true,
	 {.to = EXT, .files = "a,b,c"}},
	{"when: {attachments: {count: \">= 3\"}}",
	 false,
	 {.to = EXT, .files = "a,b,~c"}},
	{"when: {attachments: {count: \">= 3\", inline: true}}",
	 true,
	 {.to = EXT, .files = "a,b,~c"}},
	{"when: {attachments: {count: \"= 0\"}}", true, {.to = EXT}},
	{"when: {attachments: {total: \">= 2MB\"}}",
	 true,
	 {.to = EXT, .files = "a:1048576,b:1048576"}},
	{"when: {attachments: {total: \">= 2MB\"}}",
	 false,
	 {.to = EXT, .files = "a:1048576,b:1048575"}},
	{"when: {attachments: {largest: \"> 1MB\"}}",
	 false,
	 {.to = EXT, .files = "a:1048576,b:1048576"}},
	{"when: {attachments: {largest: \"> 1MB\"}}",
	 true,
	 {.to = EXT, .files = "a:1048577"}},
	{"when: {attachments: {extension: {in: [exe, .ZIP]}}}",
	 true,
	 {.to = EXT, .files = "a.txt,B.Zip"}},
	{"when: {attachments: {extension: {in: [gz]}}}",
	 true,
	 {.to = EXT, .files = "a.tar.gz"}},
	{"when: {attachments: {extension: {in: [tar.gz]}}}",
	 true,
	 {.to = EXT, .files = "a.TAR.GZ"}},
	{"when: {attachments: {extension: {in: [tar.gz]}}}",
	 false,
	 {.to = EXT, .files = "a.gz"}},
	{"when: {attachments: {extension: {in: [gz]}}}",
	 false,
	 {.to = EXT, .files = "gz"}},
	{"when: {attachments: {extension: {in: [zip]}}}",
	 true,
	 {.to = EXT, .files = "ａ．ｚｉｐ"}},
	{"when: {attachments: {extension: {not-in: [pdf, docx]}}}",
	 true,
	 {.to = EXT, .files = "a.pdf,b.exe"}},
	{"when: {attachments: {extension: {not-in: [pdf]}}}",
	 false,
	 {.to = EXT, .files = "a.pdf"}},
	{"when: {attachments: {extension: {not-in: [pdf]}}}",
	 false,
	 {.to = EXT}},
	{"when: {attachments: {nameless: true}}",
	 true,
	 {.to = EXT, .files = "a,-"}},
	{"when: {attachments: {nameless: true}}",
	 false,
	 {.to = EXT, .files = "a"}},
	/* message */
	{"when: {message: {size: \">= 10MB\"}}",
	 true,
	 {.to = EXT, .size = 10485760}},
	{"when: {message: {size: \">= 10MB\"}}",
	 false,
	 {.to = EXT, .size = 10485759}},
	{"when: {message: {class: plain}}", true, {.to = EXT}},
	{"when: {message: {class: [signed, tnef]}}",
	 true,
	 {.to = EXT, .classes = CLASS_TNEF}},
	{"when: {message: {class: bulk}}", true, {.to = EXT, .bulk = true}},
	/* time: start included, end excluded */
	{"when: {time: {during: office}}",
	 true,
	 {.to = EXT, .at = JST("09:30:00")}},
	{"when: {time: {during: office}}",
	 false,
	 {.to = EXT, .at = JST("09:29:59")}},
	{"when: {time: {during: office}}",
	 true,
	 {.to = EXT, .at = JST("18:59:59")}},
	{"when: {time: {during: office}}",
	 false,
	 {.to = EXT, .at = JST("19:00:00")}},
	{"when: {time: {outside: office}}",
	 true, /* Saturday */
	 {.to = EXT, .at = "2026-09-05T12:00:00+09:00"}},
	{"when: {time: {outside: office}}",
	 true, /* closed by the list */
	 {.to = EXT, .at = "2026-09-22T12:00:00+09:00"}},
	{"when: {time: {during: office}}",
	 true, /* another offset */
	 {.to = EXT, .at = "2026-09-01T02:00:00+00:00"}},
	{"when: {time: {during: {from: \"19:00\", to: \"09:30\"}}}",
	 true,
	 {.to = EXT, .at = JST("19:00:00")}},
	{"when: {time: {during: {from: \"19:00\", to: \"09:30\"}}}",
	 true,
	 {.to = EXT, .at = JST("00:00:00")}},
	{"when: {time: {during: {from: \"19:00\", to: \"09:30\"}}}",
	 true,
	 {.to = EXT, .at = JST("09:29:59")}},
	{"when: {time: {during: {from: \"19:00\", to: \"09:30\"}}}",
	 false,
	 {.to = EXT, .at = JST("09:30:00")}},
	{"when: {time: {during: {from: \"19:00\", to: \"09:30\"}}}",
	 false,
	 {.to = EXT, .at = JST("18:59:59")}},
	/* Friday's window runs into Saturday, Sunday's is none */
	{"when: {time: {during: {from: \"19:00\", to: \"09:30\", days: "
	 "mon-fri}}}",
	 true,
	 {.to = EXT, .at = "2026-09-05T08:00:00+09:00"}},
	{"when: {time: {during: {from: \"19:00\", to: \"09:30\", days: "
	 "mon-fri}}}",
	 false,
	 {.to = EXT, .at = "2026-09-07T08:00:00+09:00"}},
	{"when: {time: {during: {from: \"00:00\", to: \"24:00\", days: [sat, "
	 "sun]}}}",
	 true,
	 {.to = EXT, .at = "2026-09-06T23:59:59+09:00"}},
	/* a zone with summer time: 09:00 in Berlin is 07:00 or 08:00 UTC */
	{"when: {time: {during: {from: \"09:00\", to: \"10:00\", timezone: "
	 "Europe/Berlin}}}",
	 true,
	 {.to = EXT, .at = "2026-07-01T07:00:00+00:00"}},
	{"when: {time: {during: {from: \"09:00\", to: \"10:00\", timezone: "
	 "Europe/Berlin}}}",
	 false,
	 {.to = EXT, .at = "2026-12-01T07:00:00+00:00"}},
	{"when: {time: {during: {from: \"09:00\", to: \"10:00\", timezone: "
	 "Europe/Berlin}}}",
	 true,
	 {.to = EXT, .at = "2026-12-01T08:00:00+00:00"}},
	/* inspection */
	{"when: {inspection: {reason: [damaged, limit]}}",
	 true,
	 {.to = EXT, .reasons = "limit", .completeness = VIEW_PARTIAL}},
	{"when: {inspection: {result: [partial, none]}}",
	 true,
	 {.to = EXT, .reasons = "limit", .completeness = VIEW_PARTIAL}},
	{"when: {inspection: {result: [partial, none]}}", false, {.to = EXT}},
	/* several keys, several values, any, not, unless */
	{"when: {recipient: {class: external}, subject: {words: [x]}}",
	 false,
	 {.to = EXT}},
	{"when: {subject: [{words: [x]}, {words: [y]}]}",
	 true,
	 {.to = EXT, .subject = "y"}},
	{"when: {any: [{subject: {words: [x]}}, {to: {count: \"= 1\"}}]}",
	 true,
	 {.to = EXT}},
	{"when: {not: {recipient: {class: internal}}}", true, {.to = EXT}},
	{"when: {not: {recipient: {class: external}}}", false, {.to = EXT}},
	{"unless: {recipient: {class: internal}, subject: {words: [x]}}",
	 false,
	 {.to = EXT, .subject = "x"}},
	{"unless: {recipient: {class: internal}, subject: {words: [x]}}",
	 true,
	 {.to = EXT}},
	{"from: 2026-09-01", true, {.to = EXT, .at = JST("00:00:00")}},
	{"from: 2026-09-01",
	 false,
	 {.to = EXT, .at = "2026-08-31T23:59:59+09:00"}},
	{"until: 2026-09-02", true, {.to = EXT, .at = JST("23:59:59")}},
	{"until: 2026-09-01", false, {.to = EXT, .at = JST("00:00:00")}},
	{"mode: off", false, {.to = EXT}},
	/* what was not read is neither true nor false */
	{"when: {to: {count: \"= 0\"}}",
	 false,
	 {.to = EXT, .completeness = VIEW_NONE, .reasons = "failed"}},
	{"when: {not: {to: {count: \">= 1\"}}}",
	 false,
	 {.to = EXT, .completeness = VIEW_NONE, .reasons = "failed"}},
	{"unless: {subject: {words: [x]}}",
	 false,
	 {.to = EXT, .completeness = VIEW_NONE, .reasons = "failed"}},
	{"when: {recipient: {class: external}}",
	 true,
	 {.to = EXT, .completeness = VIEW_NONE, .reasons = "failed"}},
};

START_TEST(conditions)
{
	const struct row *r = &ROWS[_i];
	const struct plan *p;

	try_rules(arena_printf(try_arena(),
			       "  - rule: r\n    %s\n    do: {delay: {for: "
			       "1m}}\n",
			       r->when));
	p = try_mail(&r->m);
	ck_assert_msg((p->rule_n == 1) == r->fires, "%s (row %d)", r->when, _i);
}
END_TEST

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
			 "送ります。"));
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
			 "2026年9月2日(水) 09:30 まで待つ"));
	p = TRY_MAIL(.to = EXT, .at = JST("09:29:59"));
	ck_assert_int_eq(p->outcome, OUTCOME_REFUSE);
	ck_assert(str_is(p->smallest_change.en, "Wait until 09:30"));
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
	ck_assert(str_is(p->notice[0].kind, "hold"));
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
	tcase_add_loop_test(c, conditions, 0, ARRAY_LEN(ROWS));
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
	tcase_add_test(c, doubt);
	tcase_add_test(c, modes);
	tcase_add_test(c, smallest_changes);
	tcase_add_test(c, sender_of);
	suite_add_tcase(s, c);
	return s;
}
