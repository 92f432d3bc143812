/* How attachments go, with which password; texts, stamps, S/MIME. */
#include "tests/unit/policy/try.h"

#include <string.h>

Suite *test_ways_suite(void);

#define EXT "a@customer.example.com"
#define LISTS                                                                  \
	"sekisho: 1\n"                                                         \
	"domains: {internal: [example.co.jp]}\n"                               \
	"lists:\n"                                                             \
	"  ways: {file: data/ways.csv}\n"                                      \
	"  hints: {file: data/hints.csv}\n"                                    \
	"texts: {nda: {ja: 守秘, en: NDA}}\n"

/* "a.pdf:zip b.txt:attach|link" */
static const char *ways(const struct plan *p, size_t rcpt)
{
	AUTO(buf) b = BUF_MAX(4096);

	for (size_t i = 0; i < p->rcpt[rcpt].file_n; i++) {
		const struct plan_file *f = &p->rcpt[rcpt].file[i];

		buf_printf(&b, "%s" STR_FMT ":%s", i ? " " : "",
			   STR_ARG(f->name), way_name(f->way_tls));
		if (f->way != f->way_tls)
			buf_printf(&b, "|%s", way_name(f->way));
	}
	return arena_strndup(try_arena(), b.p ? b.p : "", b.n);
}

/* "random:password:3:180" or what is registered, or "-". */
static const char *password(const struct plan *p, size_t rcpt)
{
	static const char *const MAKE[] = {"random", "registered", "none"};
	const struct plan_password *w = &p->rcpt[rcpt].password;

	if (!w->set)
		return "-";
	return arena_printf(try_arena(), "%s" STR_FMT ":%s:%u:%lld",
			    MAKE[w->make], STR_ARG(w->secret),
			    w->tell_hint ? "hint" : "password", w->to,
			    (long long)(w->after_us / US_PER_S));
}

static void rules(const char *text)
{
	try_source()->tls = "tests/unit/policy/data/tls.csv";
	try_policy(arena_printf(try_arena(), LISTS "rules:\n%s", text));
}

START_TEST(the_first_that_names_one)
{
	const struct plan *p;

	rules("  - rule: none\n    do: {hold: {for: 5m}}\n"
	      "  - rule: in\n    when: {recipient: {class: internal}}\n"
	      "    do: {attachments: {way: attach}}\n"
	      "  - rule: zip\n    do: {attachments: {way: zip}}\n"
	      "  - rule: link\n    do: {attachments: {way: link}, password: "
	      "{length: 20, after: 0s, to: recipient}}\n");
	p = TRY_MAIL(.to = "b@example.co.jp," EXT, .files = "a.pdf,~i.png,b");
	ck_assert_str_eq(ways(p, 0), "a.pdf:attach b:attach");
	ck_assert_str_eq(ways(p, 1), "a.pdf:zip b:zip");
	ck_assert_str_eq(password(p, 0), "-");
	/* the password, too, is of the first rule that names one */
	ck_assert_str_eq(password(p, 1), "random:password:1:0");
	ck_assert_uint_eq(p->rcpt[1].password.length, 20);
	ck_assert_uint_eq(p->rcpt[0].unbuilt, 0);
	ck_assert_uint_eq(p->rcpt[1].unbuilt, UNBUILT_ZIP | UNBUILT_PASSWORD);
	ck_assert_int_eq(p->rcpt[1].outcome, OUTCOME_HOLD);
	ck_assert(str_is(p->rcpt[1].ways.rule, "zip"));
}
END_TEST

static const char *reason(const struct plan *p, size_t rcpt, size_t at)
{
	struct plan_reason r = p->rcpt[rcpt].reason[at];

	return arena_printf(try_arena(), STR_FMT "|" STR_FMT, STR_ARG(r.ja),
			    STR_ARG(r.en));
}

/* The reasons tell what comes to pass, not what a rule wished. */
START_TEST(reasons)
{
	const struct plan *p;

	rules("  - rule: a\n    when: {recipient: {class: external}}\n"
	      "    do: {attachments: {way: by-tls, else: link}}\n"
	      "  - rule: b\n    do: {attachments: {way: zip}, password: "
	      "{length: 20}}\n");
	p = TRY_MAIL(.to = "x@good.example.org,x@none.example.org,"
			   "x@nobody.example.org,b@example.co.jp",
		     .files = "a.pdf");
	ck_assert(strstr(reason(p, 0, 0), "守られるので、添付をそのまま"));
	ck_assert(strstr(reason(p, 0, 1), "前の規則で決まって"));
	ck_assert(!strstr(reason(p, 0, 1), "パスワード"));
	ck_assert(strstr(reason(p, 1, 0), "守られないので、添付を受け取り"));
	ck_assert(strstr(reason(p, 1, 1), "パスワードを毎回作ります"));
	ck_assert(strstr(reason(p, 2, 0), "settled when they leave"));
	ck_assert(strstr(reason(p, 3, 0), "become a ZIP with a password"));
	p = TRY_MAIL(.to = "b@example.co.jp");
	ck_assert(strstr(reason(p, 0, 0), "添付はありません"));
	rules("  - rule: a\n    do: {attachments: {way: {from: ways}}, "
	      "password: {make: registered, from: ways, else: random}}\n");
	p = TRY_MAIL(.to = "x@zip.example.org,x@link.example.org," EXT,
		     .files = "a.pdf");
	ck_assert(strstr(reason(p, 0, 0), "決めたとおり、添付をパスワード"));
	ck_assert(strstr(reason(p, 0, 0), "registered password"));
	ck_assert(strstr(reason(p, 1, 0), "go to a download page"));
	ck_assert(strstr(reason(p, 1, 0), "password made anew"));
	ck_assert(strstr(reason(p, 2, 0), "go as they are"));
	ck_assert(!strstr(reason(p, 2, 0), "password"));
	rules("  - rule: a\n    do: {hold: {for: 5m}}\n"
	      "  - rule: b\n    do: {refuse: {}}\n");
	p = TRY_MAIL(.to = EXT);
	ck_assert_uint_eq(p->rcpt[0].reason_n, 1);
	ck_assert(strstr(reason(p, 0, 0), "refused"));
}
END_TEST

/* What is not built may keep it, which is no part of the plan. */
START_TEST(keeping_is_told_where_a_gate_keeps)
{
	static const struct {
		const char *how;
		size_t told;
	} rows[] = {{"attachments: {way: link}", 0},
		    {"attachments: {way: link}, hold: {for: 5m}", 1}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) text = BUF_MAX(64 * KIB);
		const struct plan *p;
		struct json *j;

		rules(arena_printf(try_arena(), "  - rule: z\n    do: {%s}\n",
				   rows[i].how));
		p = TRY_MAIL(.to = EXT, .files = "a.pdf");
		j = plan_json(p, try_facts(), tz_utc());
		ck_assert_uint_eq(json_size(json_get(j, "notices")),
				  rows[i].told);
		json_free(&j);
		plan_text(p, try_facts(), tz_utc(), "en", &text);
		ck_assert(!strstr(buf_cstr(&text), "mail is kept") ==
			  !rows[i].told);
	}
}
END_TEST

START_TEST(nothing_attached)
{
	const struct plan *p;

	rules("  - rule: zip\n    do: {attachments: {way: zip}}\n");
	p = TRY_MAIL(.to = EXT, .files = "~i.png");
	ck_assert_uint_eq(p->rcpt[0].file_n, 0);
	ck_assert_str_eq(password(p, 0), "-");
	ck_assert_uint_eq(p->unbuilt, 0);
}
END_TEST

static const struct {
	const char *to, *how, *ways;
	unsigned unbuilt;
} TLS[] = {
	{"a@good.example.org", "", "a.pdf:attach", 0},
	{"a@weak.example.org", "", "a.pdf:link", UNBUILT_LINK},
	{"a@weak.example.org", "at-least: opportunistic", "a.pdf:attach", 0},
	{"a@none.example.org", "at-least: opportunistic, else: zip",
	 "a.pdf:zip", UNBUILT_ZIP},
	{"a@none.example.org", "at-least: none", "a.pdf:attach", 0},
	{"a@good.example.org", "at-least: dane", "a.pdf:link", UNBUILT_LINK},
	/* nobody knows: both forms */
	{"a@other.example", "", "a.pdf:attach|link",
	 UNBUILT_BY_TLS | UNBUILT_LINK},
	{"a@other.example", "then: zip, else: link", "a.pdf:zip|link",
	 UNBUILT_BY_TLS | UNBUILT_LINK | UNBUILT_ZIP},
	{"a@other.example", "then: attach, else: attach", "a.pdf:attach", 0},
};

START_TEST(by_tls)
{
	const struct plan *p;
	unsigned told = TLS[_i].unbuilt;

	rules(arena_printf(try_arena(),
			   "  - rule: t\n    do: {attachments: {way: by-tls%s%s"
			   "}}\n",
			   *TLS[_i].how ? ", " : "", TLS[_i].how));
	p = TRY_MAIL(.to = TLS[_i].to, .files = "a.pdf");
	ck_assert_str_eq(ways(p, 0), TLS[_i].ways);
	if (told)
		told |= UNBUILT_PASSWORD;
	ck_assert_uint_eq(p->unbuilt, told);
	ck_assert(policy_needs(try_loaded()) & NEEDS_GRADE);
}
END_TEST

START_TEST(what_is_encrypted_already)
{
	static const struct {
		const char *how, *ways;
	} rows[] = {
		{"way: zip", "a.pdf:zip b.zip:attach"},
		{"way: zip, encrypted: pass", "a.pdf:zip b.zip:attach"},
		{"way: zip, encrypted: again", "a.pdf:zip b.zip:zip"},
		{"way: link", "a.pdf:link b.zip:link"},
		{"way: link, encrypted: pass", "a.pdf:link b.zip:attach"},
	};
	const struct plan *p;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		rules(arena_printf(try_arena(),
				   "  - rule: z\n    do: {attachments: {%s}}\n",
				   rows[i].how));
		p = TRY_MAIL(.to = EXT, .files = "a.pdf,!b.zip");
		ck_assert_str_eq(ways(p, 0), rows[i].ways);
		ck_assert(policy_question(try_loaded())->asks_files);
	}
	/* All of it is encrypted: nothing is left to do. */
	rules("  - rule: z\n    do: {attachments: {way: zip}}\n");
	p = TRY_MAIL(.to = EXT, .files = "!b.zip");
	ck_assert_str_eq(password(p, 0), "-");
	ck_assert_uint_eq(p->unbuilt, 0);
}
END_TEST

START_TEST(a_way_for_each_destination)
{
	const struct plan *p;

	rules("  - rule: w\n    do: {attachments: {way: {from: ways}}, "
	      "password: {make: registered, from: ways, else: random}}\n"
	      "  - rule: rest\n    do: {attachments: {way: zip}}\n");
	p = TRY_MAIL(.to = "b@zip.example.org,one@zip.example.org,"
			   "b@link.example.org,b@plain.example.org," EXT,
		     .files = "a.pdf");
	ck_assert_str_eq(ways(p, 0), "a.pdf:zip");
	ck_assert_str_eq(password(p, 0),
			 "registeredzip-partner:password:3:180");
	ck_assert_str_eq(ways(p, 1), "a.pdf:attach|link");
	ck_assert_str_eq(password(p, 1), "random:password:3:180");
	ck_assert_str_eq(ways(p, 2), "a.pdf:link");
	ck_assert_str_eq(password(p, 2), "random:password:3:180");
	ck_assert_str_eq(ways(p, 3), "a.pdf:attach");
	ck_assert_str_eq(password(p, 3), "-");
	/* not in the list: the next rule */
	ck_assert_str_eq(ways(p, 4), "a.pdf:zip");
	ck_assert(str_is(p->rcpt[4].ways.rule, "rest"));
}
END_TEST

START_TEST(a_list_with_else)
{
	const struct plan *p;

	rules("  - rule: w\n    do: {attachments: {way: {from: ways}, else: "
	      "attach}}\n"
	      "  - rule: rest\n    do: {attachments: {way: zip}}\n");
	p = TRY_MAIL(.to = EXT, .files = "a.pdf");
	ck_assert_str_eq(ways(p, 0), "a.pdf:attach");
}
END_TEST

START_TEST(hints)
{
	const struct plan *p;

	rules("  - rule: h\n    do: {attachments: {way: link}, password: "
	      "{make: registered, from: hints, tell: hint, to: recipient}}\n");
	p = TRY_MAIL(.to = EXT, .files = "a.pdf");
	ck_assert_str_eq(password(p, 0), "registeredcompany:hint:1:180");
	ck_assert(str_is(p->rcpt[0].password.hint, "ご契約時のパスワード"));
	/* Whoever is not listed has no hint: it is random, and told. */
	rules("  - rule: h\n    do: {attachments: {way: link}, password: "
	      "{make: registered, from: ways, tell: hint}}\n");
	p = TRY_MAIL(.to = EXT, .files = "a.pdf");
	ck_assert_str_eq(password(p, 0), "random:password:3:180");
}
END_TEST

START_TEST(a_code_by_mail_is_for_pages)
{
	const struct plan *p;

	rules("  - rule: w\n    do: {attachments: {way: {from: ways}}, "
	      "password: {make: none, proof: mailed-code}}\n");
	p = TRY_MAIL(.to = "b@zip.example.org,b@link.example.org",
		     .files = "a.pdf");
	ck_assert(!p->rcpt[0].password.mailed_code);
	ck_assert(p->rcpt[1].password.mailed_code);
	ck_assert_uint_eq(p->rcpt[1].unbuilt, UNBUILT_LINK);
}
END_TEST

/* ---- what the class of the mail allows ---- */

START_TEST(signed_mail_is_confirmed_instead)
{
	const struct plan *p;

	rules("  - rule: z\n    do: {attachments: {way: zip}, insert: {text: "
	      "nda}, sign: smime, header: {stamp: header}}\n");
	p = TRY_MAIL(.to = EXT, .files = "a.pdf", .classes = CLASS_SIGNED);
	ck_assert_str_eq(ways(p, 0), "a.pdf:attach");
	ck_assert_str_eq(gates_of(p, 0), "hold:0:return:0");
	ck_assert(str_is(p->rcpt[0].gate[0].by, "sender"));
	ck_assert_uint_eq(p->rcpt[0].insert_n, 0);
	ck_assert(!p->rcpt[0].sign);
	ck_assert_uint_eq(p->unbuilt, 0);
	ck_assert_str_eq(password(p, 0), "-");
	/* an added header field is no change of what was signed */
	ck_assert_uint_eq(p->shape[p->rcpt[0].shape].add_n, 1);
	/* one confirmation for all of it */
	rules("  - rule: z\n    do: {attachments: {way: zip}, bcc: {hide: "
	      "all}}\n");
	p = TRY_MAIL(.to = EXT, .files = "a.pdf", .classes = CLASS_SIGNED);
	ck_assert_uint_eq(p->rcpt[0].gate_n, 1);
	/* as it is: nothing to ask */
	rules("  - rule: z\n    do: {attachments: {way: attach}}\n");
	p = TRY_MAIL(.to = EXT, .files = "a.pdf", .classes = CLASS_SIGNED);
	ck_assert_uint_eq(p->rcpt[0].gate_n, 0);
}
END_TEST

START_TEST(nothing_is_done_in_mode_pass)
{
	const struct plan *p;

	rules("  - rule: z\n    do: {attachments: {way: zip}, approve: {by: "
	      "manager}, sign: smime}\n");
	p = TRY_MAIL(.to = EXT, .files = "a.pdf", .mode = MODE_PASS);
	ck_assert_int_eq(p->outcome, OUTCOME_DELIVER);
	ck_assert_uint_eq(p->unbuilt, 0);
	ck_assert_str_eq(ways(p, 0), "a.pdf:attach");
	ck_assert_uint_eq(p->rule_n, 1);
}
END_TEST

START_TEST(refused_mail_needs_nothing)
{
	const struct plan *p;

	rules("  - rule: z\n    do: {attachments: {way: zip}, refuse: {}}\n");
	p = TRY_MAIL(.to = EXT, .files = "a.pdf");
	ck_assert_int_eq(p->outcome, OUTCOME_REFUSE);
	ck_assert_uint_eq(p->unbuilt, 0);
}
END_TEST

/* ---- stop, shadow, unless ---- */

START_TEST(behind_a_stop_only_refusals_count)
{
	const struct plan *p;

	rules("  - rule: s\n    stop: true\n"
	      "  - rule: z\n    do: {attachments: {way: zip}, approve: {by: "
	      "manager}, schedule: {next-opening: {from: \"01:00\", to: "
	      "\"02:00\"}}, insert: {text: nda}, sign: smime, refuse: {only: "
	      "these-recipients}}\n");
	p = TRY_MAIL(.to = EXT, .files = "a.pdf");
	ck_assert_int_eq(p->outcome, OUTCOME_REFUSE);
	ck_assert_uint_eq(p->rcpt[0].gate_n, 0);
	ck_assert_uint_eq(p->rcpt[0].insert_n, 0);
	ck_assert_str_eq(ways(p, 0), "a.pdf:attach");
}
END_TEST

START_TEST(a_shadow_says_what_it_would_have_done)
{
	const struct plan *p;

	rules("  - rule: late\n    mode: shadow\n    stop: true\n"
	      "    when: {recipient: {in: [" EXT "]}}\n"
	      "    do: {attachments: {way: zip}}\n"
	      "  - rule: early\n    mode: shadow\n"
	      "    do: {approve: {by: manager}, hold: {for: 5m}}\n"
	      "  - rule: real\n    do: {attachments: {way: attach}}\n");
	p = TRY_MAIL(.to = "b@x.example," EXT, .files = "a.pdf");
	ck_assert_uint_eq(p->shadow_n, 2);
	ck_assert(str_is(p->shadow[0].rule, "late"));
	ck_assert_uint_eq(p->shadow[0].rcpt_n, 1);
	ck_assert(str_is(p->shadow[0].rcpt[0], EXT));
	ck_assert_int_eq(p->shadow[0].outcome, OUTCOME_DELIVER);
	ck_assert(str_find(p->shadow[0].text.en, STR("ZIP")) > 0);
	ck_assert_int_eq(p->shadow[1].outcome, OUTCOME_APPROVE);
	ck_assert_uint_eq(p->shadow[1].rcpt_n, 2);
	ck_assert_int_eq(p->outcome, OUTCOME_DELIVER);
	ck_assert_uint_eq(p->unbuilt, 0);
	ck_assert_uint_eq(p->rule_n, 1);
	ck_assert_str_eq(ways(p, 1), "a.pdf:attach");
}
END_TEST

START_TEST(unless_lifts_for_one_recipient)
{
	const struct plan *p;

	rules("  - rule: z\n    unless: {recipient: {in: [" EXT "]}}\n"
	      "    do: {attachments: {way: zip}, approve: {by: manager}}\n");
	p = TRY_MAIL(.to = "b@x.example," EXT, .files = "a.pdf");
	ck_assert_str_eq(ways(p, 0), "a.pdf:zip");
	ck_assert_str_eq(ways(p, 1), "a.pdf:attach");
	ck_assert_int_eq(p->rcpt[1].outcome, OUTCOME_DELIVER);
}
END_TEST

/* ---- texts and stamps ---- */

START_TEST(texts)
{
	const struct plan *p;
	const struct change *c;

	rules("  - rule: a\n    do: {insert: [{text: nda}, {text: {ja: a, "
	      "en: b}, at: tail}]}\n"
	      "  - rule: b\n    do: {insert: {text: nda}}\n"
	      "  - rule: c\n    do: {insert: {text: {from: ways}, at: "
	      "tail}}\n");
	p = TRY_MAIL(.to = EXT ",x@link.example.org,x@zip.example.org");
	ck_assert_uint_eq(p->rcpt[0].insert_n, 2); /* the same once */
	ck_assert(str_is(p->rcpt[0].insert[0].name, "nda"));
	ck_assert(str_is(p->rcpt[0].insert[0].text.ja, "守秘"));
	ck_assert(!p->rcpt[0].insert[0].tail && p->rcpt[0].insert[1].tail);
	ck_assert_uint_eq(p->rcpt[1].insert_n, 3); /* of the list */
	ck_assert(str_is(p->rcpt[1].insert[2].name, "nda"));
	ck_assert_uint_eq(p->rcpt[2].insert_n, 2);
	/* What the mail becomes: Japanese before English. */
	c = &p->shape[p->rcpt[0].shape];
	ck_assert_uint_eq(c->insert_n, 2);
	ck_assert(str_is(c->insert[0].text, "守秘\n-----\nNDA"));
	ck_assert(c->insert[1].tail);
	ck_assert_uint_eq(p->rcpt[0].shape, p->rcpt[2].shape);
	ck_assert_uint_ne(p->rcpt[0].shape, p->rcpt[1].shape);
	ck_assert_uint_eq(p->unbuilt, 0);
}
END_TEST

START_TEST(stamps)
{
	const struct plan *p;
	const struct change *c;

	rules("  - rule: a\n    when: {recipient: {class: external}}\n"
	      "    do: {approve: {by: manager}, header: {stamp: both, add: "
	      "{X-A: b}}}\n"
	      "  - rule: b\n    do: {header: {stamp: header}}\n");
	p = TRY_MAIL(.to = EXT ",b@example.co.jp");
	c = &p->shape[p->rcpt[0].shape];
	ck_assert_uint_eq(c->add_n, 2);
	ck_assert(str_is(c->add[1].name, "X-Sekisho-Checked"));
	ck_assert(str_is(c->add[1].value,
			 "2026-09-01T10:00:00+09:00; inspection=complete; "
			 "by=second-person"));
	ck_assert_uint_eq(p->rcpt[0].insert_n, 1);
	ck_assert(str_find(p->rcpt[0].insert[0].text.en, STR("second person")) >
		  0);
	c = &p->shape[p->rcpt[1].shape];
	ck_assert_uint_eq(c->add_n, 1);
	ck_assert(str_is(c->add[0].value,
			 "2026-09-01T10:00:00+09:00; inspection=complete"));
	ck_assert_uint_eq(p->rcpt[1].insert_n, 0);
	/* Where it leaves without an answer, nothing of it is claimed. */
	rules("  - rule: a\n    do: {approve: {by: manager, then: send}, "
	      "header: {stamp: both}}\n");
	p = TRY_MAIL(.to = EXT);
	ck_assert(str_find(p->rcpt[0].insert[0].text.en, STR("second person")) <
		  0);
}
END_TEST

Suite *test_ways_suite(void)
{
	Suite *s = suite_create("ways");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, try_begin, try_end);
	tcase_add_test(c, the_first_that_names_one);
	tcase_add_test(c, keeping_is_told_where_a_gate_keeps);
	tcase_add_test(c, reasons);
	tcase_add_test(c, nothing_attached);
	tcase_add_loop_test(c, by_tls, 0, ARRAY_LEN(TLS));
	tcase_add_test(c, what_is_encrypted_already);
	tcase_add_test(c, a_way_for_each_destination);
	tcase_add_test(c, a_list_with_else);
	tcase_add_test(c, hints);
	tcase_add_test(c, a_code_by_mail_is_for_pages);
	tcase_add_test(c, signed_mail_is_confirmed_instead);
	tcase_add_test(c, nothing_is_done_in_mode_pass);
	tcase_add_test(c, refused_mail_needs_nothing);
	tcase_add_test(c, behind_a_stop_only_refusals_count);
	tcase_add_test(c, a_shadow_says_what_it_would_have_done);
	tcase_add_test(c, unless_lifts_for_one_recipient);
	tcase_add_test(c, texts);
	tcase_add_test(c, stamps);
	suite_add_tcase(s, c);
	return s;
}
