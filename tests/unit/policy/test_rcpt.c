/* Conditions on a recipient that look beyond his address: first time, own
 * private address, TLS grade.
 */
#include "tests/unit/policy/try.h"

#include <stdio.h>

#include "connector/base/mem.h"
#include "policy/policy_int.h"

Suite *test_rcpt_suite(void);

#define DATA "tests/unit/policy/data/"
/* ---- first time ---- */

/* taro (sales, under boss) wrote to t@, k.oono (engineering) to k@, nobody to
 * n@. */
static const struct {
	const char *from, *to, *scope;
	bool first;
} FIRST[] = {
	{"taro.yamada@example.co.jp", "t@x.example", "sender", false},
	{"taro.yamada@example.co.jp", "T@X.example", "sender", false},
	{"taro.yamada@example.co.jp", "k@x.example", "sender", true},
	{"taro.yamada@example.co.jp", "n@x.example", "sender", true},
	/* The same group, the same manager, manager and managed. */
	{"junko@example.co.jp", "t@x.example", "sender", true},
	{"junko@example.co.jp", "t@x.example", "team", false},
	{"boss@example.co.jp", "t@x.example", "team", false},
	{"jiro@example.co.jp", "t@x.example", "team", false},
	{"jiro@example.co.jp", "k@x.example", "team", true},
	{"stranger@example.co.jp", "t@x.example", "team", true},
	{"stranger@example.co.jp", "t@x.example", "company", false},
	{"stranger@example.co.jp", "n@x.example", "company", true},
	/* Nobody counts inside. */
	{"taro.yamada@example.co.jp", "new@example.co.jp", "company", false},
	{"taro.yamada@example.co.jp", "n@group.example.net", "company", true},
};

START_TEST(first_time)
{
	const struct plan *plan;

	try_source()->people = DATA "staff.csv";
	try_source()->history = DATA "past.csv";
	try_rule("", arena_printf(try_arena(), "{recipient: {first-time: %s}}",
				  FIRST[_i].scope));
	plan = TRY_MAIL(.from = FIRST[_i].from, .to = FIRST[_i].to);
	ck_assert_int_eq(plan_holds(plan), FIRST[_i].first);
	ck_assert_int_eq(plan_says(plan, "for the first time"),
			 FIRST[_i].first);
}
END_TEST

START_TEST(unknown_past_is_first)
{
	const struct plan *plan;

	try_rule("", "{recipient: {first-time: company}}");
	ck_assert_uint_eq(policy_needs(try_loaded()), NEEDS_PAST);
	plan = TRY_MAIL(.to = "a@x.example");
	ck_assert(plan_holds(plan));
	ck_assert(plan_says(plan, "It is not known whether"));
	try_rule("", "{not: {recipient: {first-time: company}}}");
	ck_assert(!plan_holds(TRY_MAIL(.to = "a@x.example")));
}
END_TEST

START_TEST(past_of_the_engine)
{
	const struct str one[] = {STR("taro.yamada@example.co.jp")};
	const struct rcpt_past past[] = {
		{.sender = one, .sender_n = 1}, {0}, {.more = true}};
	struct facts f;
	struct plan plan;

	try_rule("", "{recipient: {first-time: company}}");
	TRY_MAIL(.to = "a@x.example,b@x.example,c@x.example");
	f = *try_facts();
	f.past = past;
	policy_decide(try_loaded(), &f, try_arena(), &plan);
	ck_assert_int_eq(plan.rcpt[0].outcome, OUTCOME_DELIVER);
	ck_assert_int_eq(plan.rcpt[1].outcome, OUTCOME_HOLD);
	ck_assert_int_eq(plan.rcpt[2].outcome, OUTCOME_DELIVER);
	/* The trial without b keeps c's past at c. */
	ck_assert(str_is(plan.smallest_change.en, "Remove b@x.example"));
}
END_TEST

static const struct {
	const char *text, *en;
} BAD_HISTORY[] = {
	{"sender,to\n", "columns `sender` and `recipient`"},
	{"sender,recipient\na,b@x.example\n", "`a` is no address"},
	{"sender,recipient\na@x.example,b@\n", "`b@` is no address"},
	{"sender,recipient,count\na@x.example,b@x.example,0\n",
	 "`0` is no number"},
	{"sender,recipient,count\na@x.example,b@x.example,99999999999\n",
	 "is no number"},
	{"sender,recipient,last\na@x.example,b@x.example,soon\n",
	 "`soon` is no date"},
};

START_TEST(bad_history)
{
	struct conf_errors errs = {0};
	struct past_row *row;
	size_t n;

	ck_assert(!policy_history(str_of(BAD_HISTORY[_i].text), "h.csv",
				  try_arena(), &errs, &row, &n));
	ck_assert_msg(strstr(errs.v[0].en, BAD_HISTORY[_i].en), "%s",
		      errs.v[0].en);
	conf_errors_release(&errs);
}
END_TEST

START_TEST(good_history)
{
	struct conf_errors errs = {0};
	struct past_row *row;
	size_t n;

	ck_assert(policy_history(STR("last,Recipient,sender\n"
				     "2026/9/1,\"B@X.example\",a@x.example\n"
				     ",c@x.example,a@x.example\n"),
				 "h.csv", try_arena(), &errs, &row, &n));
	ck_assert_uint_eq(n, 2);
	ck_assert(str_is(row[0].recipient, "b@x.example"));
	ck_assert_uint_eq(row[0].count, 1);
	ck_assert_int_gt(row[0].last_us, 0);
	ck_assert_int_eq(row[1].last_us, 0);
}
END_TEST

/* ---- own private address ---- */

static const struct {
	const char *from, *to;
	bool own;
} PRIVATE[] = {
	/* Both names, in any order, with whatever between and behind. */
	{"taro.yamada@example.co.jp", "taro.yamada.1985@gmail.com", true},
	{"taro.yamada@example.co.jp", "yamada_taro@yahoo.co.jp", true},
	{"taro.yamada@example.co.jp", "yamadataro@outlook.jp", true},
	{"taro.yamada@example.co.jp", "taro-y-yamada@gmail.com", true},
	{"taro.yamada@example.co.jp", "Tarou.Yamada+shop@gmail.com", true},
	{"taro.yamada@example.co.jp", "tarohyamada@docomo.ne.jp", true},
	{"taro.yamada@example.co.jp", "the.yamada.taro@ezweb.ne.jp", true},
	/* An initial and the other name. */
	{"taro.yamada@example.co.jp", "t-yamada@gmail.com", true},
	{"taro.yamada@example.co.jp", "yamada.t.85@softbank.ne.jp", true},
	{"taro.yamada@example.co.jp", "taro.y@icloud.com", true},
	/* By the reading in kana, where the address says little. */
	{"k.oono@example.co.jp", "kenji.ohno@gmail.com", true},
	{"k.oono@example.co.jp", "ono-kenzi77@gmail.com", true},
	{"k.oono@example.co.jp", "kooono@gmail.com", true},
	{"junko@example.co.jp", "j.inoue@gmail.com", true},
	{"junko@example.co.jp", "zyunkoinoue@gmail.com", true},
	/* His login. */
	{"junko@example.co.jp", "junko1990@gmail.com", true},
	{"tyamada7@example.co.jp", "tyamada@gmail.com", true},
	/* Named in people.csv, wherever it is. */
	{"taro.yamada@example.co.jp", "yt1985@isp.example", true},
	{"taro.yamada@example.co.jp", "T@HOME.example", true},
	/* Who wrote as the shared mailbox. */
	{"info@example.co.jp", "yamada.taro@gmail.com", true},
	{"info@example.co.jp", "yt1985@isp.example", true},

	/* Others. */
	{"taro.yamada@example.co.jp", "hanako.suzuki@gmail.com", false},
	{"taro.yamada@example.co.jp", "yamada@gmail.com", false},
	{"taro.yamada@example.co.jp", "yamada1985@gmail.com", false},
	{"taro.yamada@example.co.jp", "hanako.yamada@gmail.com", false},
	{"taro.yamada@example.co.jp", "taro@gmail.com", false},
	{"taro.yamada@example.co.jp", "taro.yamaguchi@gmail.com", false},
	{"taro.yamada@example.co.jp", "kentaro.ito@gmail.com", false},
	{"taro.yamada@example.co.jp", "s-yamada@gmail.com", false},
	/* Not a private domain: a namesake at a customer's. */
	{"taro.yamada@example.co.jp", "taro.yamada@customer.example", false},
	{"taro.yamada@example.co.jp", "taro.yamada@sub.example.co.jp", false},
	{"k.oono@example.co.jp", "yt1985@isp.example", false},
	{"junko@example.co.jp", "inoue@gmail.com", false},
	/* A desk has no private address. */
	{"sales@example.co.jp", "sales@gmail.com", false},
	{"support@example.co.jp", "support@gmail.com", false},
	{"info@example.co.jp", "info@gmail.com", false},
};

START_TEST(own_private)
{
	const struct plan *plan;

	try_source()->people = DATA "staff.csv";
	try_rule("", "{recipient: {own-private: true}}");
	plan = TRY_MAIL(.from = PRIVATE[_i].from, .to = PRIVATE[_i].to);
	ck_assert_int_eq(plan_holds(plan), PRIVATE[_i].own);
	ck_assert_int_eq(plan_says(plan, "own private address"),
			 PRIVATE[_i].own);
}
END_TEST

START_TEST(own_private_lists)
{
	try_rule("lists: {free-mail: [freemail.example]}\n",
		 "{recipient: {own-private: true}}");
	ck_assert(plan_holds(
		TRY_MAIL(.to = "taro.yamada.1985@freemail.example")));
	ck_assert(!plan_holds(TRY_MAIL(.to = "taro.yamada.1985@gmail.com")));
	ck_assert(plan_holds(TRY_MAIL(.to = "taro.yamada@docomo.ne.jp")));
	try_rule("", "{recipient: {class: external, own-private: false}}");
	ck_assert(!plan_holds(TRY_MAIL(.to = "taro.yamada@gmail.com")));
	ck_assert(plan_holds(TRY_MAIL(.to = "a@x.example")));
}
END_TEST

/* ---- tls ---- */

static const struct {
	const char *grade, *to;
	const char *gates;
} TLS[] = {
	{"< valid-certificate", "a@opp.example.org", "hold:300:send:1@300"},
	{"< valid-certificate", "a@plain.example.org", "hold:300:send:1@300"},
	{"< valid-certificate", "a@tls.example.org", ""},
	{"<= valid-certificate", "a@tls.example.org", "hold:300:send:1@300"},
	{">= mta-sts", "a@dane.example.org", "hold:300:send:1@300"},
	{"> mta-sts", "a@sts.example.org", ""},
	{"= none", "a@plain.example.org", "hold:300:send:1@300"},
	{"dane", "a@dane.example.org", "hold:300:send:1@300"},
	/* Nobody knows: an admin looks. */
	{"< valid-certificate", "a@other.example.org",
	 "hold:0:wait:0:tls-unknown:admin"},
};

START_TEST(tls_grade)
{
	try_source()->tls = DATA "grades.csv";
	try_rule("", arena_printf(try_arena(), "{tls: {grade: \"%s\"}}",
				  TLS[_i].grade));
	ck_assert_uint_eq(policy_needs(try_loaded()), NEEDS_GRADE);
	ck_assert_str_eq(gates_of(TRY_MAIL(.to = TLS[_i].to), 0),
			 TLS[_i].gates);
}
END_TEST

START_TEST(tls_unknown)
{
	const struct plan *plan;

	/* Only where the answer matters. */
	try_rule("", "{tls: {grade: none}, subject: {words: [secret]}}");
	plan = TRY_MAIL(.to = "a@x.example", .subject = "hello");
	ck_assert_int_eq(plan->outcome, OUTCOME_DELIVER);
	plan = TRY_MAIL(.to = "a@x.example", .subject = "secret");
	ck_assert_int_eq(plan->outcome, OUTCOME_HOLD);
	ck_assert(plan->doubtful);
	ck_assert(plan_says(plan, "not known yet"));
	plan = TRY_MAIL(.to = "a@x.example", .subject = "secret",
			.mode = MODE_PASS);
	ck_assert_int_eq(plan->outcome, OUTCOME_DELIVER);
	try_rule("",
		 "{any: [{tls: {grade: none}}, {subject: {words: [secret]}}]}");
	plan = TRY_MAIL(.to = "a@x.example", .subject = "secret");
	ck_assert(!plan->doubtful);
}
END_TEST

static const char *const BAD_TLS[] = {"{tls: {grade: good}}",
				      "{tls: {grade: \"< none\"}}",
				      "{tls: {grade: \"> dane\"}}",
				      "{tls: {grade: \"<> none\"}}",
				      "{tls: {grade: \"==none\"}}",
				      "{tls: none}",
				      "{recipient: {first-time: everybody}}",
				      "{recipient: {first-time: true}}",
				      "{recipient: {look-alike: maybe}}",
				      "{recipient: {own-private: [a]}}"};

START_TEST(bad_words)
{
	(void)try_errors(arena_printf(try_arena(),
				      TRY_ORG "rules: [{rule: r, when: %s, do: "
					      "{hold: {for: 5m}}}]\n",
				      BAD_TLS[_i]));
}
END_TEST

Suite *test_rcpt_suite(void)
{
	Suite *s = suite_create("rcpt");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, try_begin, try_end);
	tcase_add_loop_test(t, first_time, 0, ARRAY_LEN(FIRST));
	tcase_add_test(t, unknown_past_is_first);
	tcase_add_test(t, past_of_the_engine);
	tcase_add_loop_test(t, bad_history, 0, ARRAY_LEN(BAD_HISTORY));
	tcase_add_test(t, good_history);
	tcase_add_loop_test(t, own_private, 0, ARRAY_LEN(PRIVATE));
	tcase_add_test(t, own_private_lists);
	tcase_add_loop_test(t, tls_grade, 0, ARRAY_LEN(TLS));
	tcase_add_test(t, tls_unknown);
	tcase_add_loop_test(t, bad_words, 0, ARRAY_LEN(BAD_TLS));
	suite_add_tcase(s, t);
	return s;
}
