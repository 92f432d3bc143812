/* People's own settings: inside a range they choose, elsewhere they only
 * tighten.
 */
#include "tests/unit/policy/try.h"

Suite *test_users_suite(void);

#define EXT    "a@customer.example.com"
#define TARO   "taro.yamada@example.co.jp"   /* hold 0m */
#define HANAKO "hanako.suzuki@example.co.jp" /* hold 30m, then wait */
#define YUI    "yui.kato@example.co.jp"	     /* own hold 10m, confirms files */
#define ERP    "erp@example.co.jp"	     /* hold 2m */
#define AYA    "aya.mori@example.co.jp"	     /* bcc from 3 */
#define AKIRA  "akira.kondo@example.co.jp"   /* bcc from 8 */

static void begin(void)
{
	try_begin();
	try_source()->users = "tests/unit/policy/data/users.csv";
}

static const struct {
	const char *hold, *from, *gates;
} ROWS[] = {
	/* without a range: only longer, only stricter */
	{"{for: 5m}", TARO, "hold:300:send:1@300"},
	{"{for: 5m}", ERP, "hold:300:send:1@300"},
	{"{for: 5m}", HANAKO, "hold:1800:wait:1"},
	{"{for: 60m, then: wait}", HANAKO, "hold:3600:wait:1"},
	/* inside of it: as they like */
	{"{for: 5m, user: {for: 0m..72h, then: [send, wait]}}", TARO, ""},
	{"{for: 5m, user: {for: 1m..10m}}", ERP, "hold:120:send:1@120"},
	{"{for: 5m, user: {for: 0m..72h, then: [send, wait]}}", HANAKO,
	 "hold:1800:wait:1"},
	{"{for: 60m, then: wait, user: {for: 10m..2h}}", HANAKO,
	 "hold:1800:wait:1"},
	/* outside of it: only tighter */
	{"{for: 5m, user: {for: 3m..10m}}", TARO, "hold:300:send:1@300"},
	{"{for: 5m, user: {for: 3m..10m}}", ERP, "hold:300:send:1@300"},
	{"{for: 5m, user: {for: 3m..10m, then: [send]}}", HANAKO,
	 "hold:1800:wait:1"},
	/* nobody else's business */
	{"{for: 5m}", AYA, "hold:300:send:1@300"},
	/* none at all is no answer where something follows */
	{"{for: 5m, then: discard, user: {for: 0m..1h}}", TARO,
	 "hold:60:discard:1@60"},
};

START_TEST(lengths_and_ends)
{
	const struct plan *p;

	try_rules(arena_printf(try_arena(), "  - rule: r\n    do: {hold: %s}\n",
			       ROWS[_i].hold));
	p = TRY_MAIL(.from = ROWS[_i].from, .to = EXT);
	ck_assert_msg(!strcmp(gates_of(p, 0), ROWS[_i].gates),
		      "%s of %s: %s instead of %s", ROWS[_i].hold,
		      ROWS[_i].from, gates_of(p, 0), ROWS[_i].gates);
}
END_TEST

/* Another rule without a range holds the stage up. */
START_TEST(every_rule_of_a_stage_has_a_say)
{
	const struct plan *p;

	try_rules("  - rule: a\n    do: {hold: {for: 5m, user: {for: 0m..72h}}}"
		  "\n"
		  "  - rule: b\n    do: {hold: {for: 3m}}\n"
		  "  - rule: c\n    do: {hold: {for: 7m, stage: 2, user: {for: "
		  "1m..1h, then: [send, wait]}}}\n");
	p = TRY_MAIL(.from = TARO, .to = EXT);
	ck_assert_str_eq(gates_of(p, 0), "hold:180:send:1@180 hold:420:send:2");
	ck_assert(!p->rcpt[0].gate[0].user);
	ck_assert(p->rcpt[0].gate[1].user);
	ck_assert_int_eq(p->rcpt[0].gate[1].user_lo_us, US_PER_MIN);
	ck_assert_int_eq(p->rcpt[0].gate[1].user_hi_us, US_PER_HOUR);
	ck_assert_uint_eq(p->rcpt[0].gate[1].user_then,
			  1u << THEN_SEND | 1u << THEN_WAIT);
}
END_TEST

START_TEST(a_hold_of_his_own)
{
	const struct plan *p;

	try_rules("  - rule: a\n    when: {recipient: {in: [b@x.example]}}\n"
		  "    do: {hold: {for: 5m, then: return}}\n");
	p = TRY_MAIL(.from = YUI, .to = EXT ",b@x.example,c@example.co.jp");
	ck_assert_str_eq(gates_of(p, 0), "hold:600:send:1@600");
	ck_assert(p->rcpt[0].gate[0].own);
	ck_assert_str_eq(gates_of(p, 1), "hold:600:return:1@600");
	ck_assert_str_eq(gates_of(p, 2), ""); /* a colleague */
	/* and his own look at what he attaches */
	p = TRY_MAIL(.from = YUI, .to = EXT, .files = "a.pdf");
	ck_assert_str_eq(gates_of(p, 0), "hold:600:send:1@600 hold:0:return:0");
}
END_TEST

#define SEVEN                                                                  \
	"a@x.example,b@x.example,c@x.example,d@x.example,e@x.example,"         \
	"f@x.example,g@x.example"
#define TWO "a@x.example,b@x.example"

static const struct {
	const char *rule, *from, *to;
	bool bcc;
} BCC[] = {
	{"count: \">= 5\"", TARO, SEVEN, true},
	{"count: \">= 5\"", TARO, TWO, false},
	/* stricter than the rule: always */
	{"count: \">= 10\"", AYA, SEVEN, true},
	{"count: \">= 10\"", AYA, TWO, false},
	/* looser: inside the range only */
	{"count: \">= 5\"", AKIRA, SEVEN, true},
	{"range", AKIRA, SEVEN, false},
	{"narrow", AKIRA, SEVEN, true},
};

START_TEST(how_many_make_bcc)
{
	const char *user = strcmp(BCC[_i].rule, "range") == 0
				   ? ", user: {count: \"2..10\"}"
			   : strcmp(BCC[_i].rule, "narrow") == 0
				   ? ", user: {count: \"2..6\"}"
				   : "";
	uint64_t most = strstr(user, "..10") ? 10 : *user ? 6 : 0;
	const struct plan *p;

	try_rules(arena_printf(
		try_arena(),
		"  - rule: b\n    when: {to-cc: {%s, of: external}}\n"
		"    do: {bcc: {hide: external%s}}\n",
		*user ? "count: \">= 5\"" : BCC[_i].rule, user));
	p = TRY_MAIL(.from = BCC[_i].from, .to = BCC[_i].to);
	ck_assert_int_eq(p->rcpt[0].bcc, BCC[_i].bcc);
	ck_assert_uint_eq(p->bcc_user_hi, most);
}
END_TEST

START_TEST(bad_settings)
{
	const char *told;

	try_source()->users = "tests/unit/policy/data/bad-users.csv";
	told = try_errors("sekisho: 1\nrules: []\n");
	ck_assert_ptr_nonnull(strstr(told, "bad-users.csv:2:1: `nobody`"));
	ck_assert_ptr_nonnull(strstr(told, "bad-users.csv:3:1: `colour`"));
	ck_assert_ptr_nonnull(strstr(told, "bad-users.csv:4:1: `100h`"));
	ck_assert_ptr_nonnull(strstr(told, "bad-users.csv:5:1: `escalate`"));
	ck_assert_ptr_nonnull(strstr(told, "bad-users.csv:6:1: `0`"));
	ck_assert_ptr_nonnull(strstr(told, "bad-users.csv:7:1: `30s`"));
	try_source()->users = "tests/unit/policy/data/tls.csv";
	ck_assert_ptr_nonnull(
		strstr(try_errors("sekisho: 1\nrules: []\n"), "are needed"));
}
END_TEST

Suite *test_users_suite(void)
{
	Suite *s = suite_create("users");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, begin, try_end);
	tcase_add_loop_test(c, lengths_and_ends, 0, ARRAY_LEN(ROWS));
	tcase_add_test(c, every_rule_of_a_stage_has_a_say);
	tcase_add_test(c, a_hold_of_his_own);
	tcase_add_loop_test(c, how_many_make_bcc, 0, ARRAY_LEN(BCC));
	tcase_add_test(c, bad_settings);
	suite_add_tcase(s, c);
	return s;
}
