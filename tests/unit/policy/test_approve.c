/* Whose consent is asked for, until when, and what happens without anybody. */
#include "tests/unit/policy/try.h"

Suite *test_approve_suite(void);

#define EXT    "a@customer.example.com"
#define TARO   "taro.yamada@example.co.jp"
#define HANAKO "hanako.suzuki@example.co.jp"
#define AKIRA  "akira.kondo@example.co.jp"

/* "by:who,who:need" of all approvals of a recipient. */
static const char *approvals(const struct plan *p, size_t rcpt)
{
	AUTO(buf) b = BUF_MAX(4096);

	for (size_t i = 0; i < p->rcpt[rcpt].gate_n; i++) {
		const struct gate *g = &p->rcpt[rcpt].gate[i];

		if (g->kind == GATE_HOLD && str_is(g->by, "admin"))
			buf_puts(&b, "admin ");
		if (g->kind != GATE_APPROVE)
			continue;
		buf_printf(&b, STR_FMT ":", STR_ARG(g->by));
		for (size_t k = 0; k < g->who_n; k++)
			buf_printf(&b, "%s" STR_FMT, k ? "," : "",
				   STR_ARG(g->who[k]));
		buf_printf(&b, ":%u ", g->need);
	}
	return arena_strndup(try_arena(), b.p ? b.p : "", b.n);
}

static const struct {
	const char *how, *from, *asked;
} ROWS[] = {
	{"by: manager", TARO, "manager:" HANAKO ":1 "},
	{"by: superior", TARO, "superior:" HANAKO "," AKIRA ":1 "},
	{"by: superior, need: 2", TARO, "superior:" HANAKO "," AKIRA ":2 "},
	{"by: " AKIRA, TARO, AKIRA ":" AKIRA ":1 "},
	{"by: managers", TARO, "managers:" HANAKO ":1 "},
	{"by: [manager, " AKIRA "], need: 2", TARO,
	 "manager, " AKIRA ":" HANAKO "," AKIRA ":2 "},
	{"by: anyone-internal", TARO, "anyone-internal::1 "},
	/* nobody above the president */
	{"by: manager", AKIRA, "admin "},
	{"by: manager, if-none: hold", AKIRA, "admin "},
	{"by: manager, if-none: pass", AKIRA, ""},
	{"by: manager, if-none: " HANAKO, AKIRA, HANAKO ":" HANAKO ":1 "},
	{"by: manager, if-none: anyone-internal", AKIRA, "anyone-internal::1 "},
	{"by: superior", "erp@example.co.jp", "admin "},
	/* the sender never decides about his own mail */
	{"by: [" TARO "]", TARO, "admin "},
	{"by: [" TARO "], self: true", TARO, TARO ":" TARO ":1 "},
	{"by: [" TARO ", " AKIRA "]", TARO, TARO ", " AKIRA ":" AKIRA ":1 "},
	{"by: sender, self: true", TARO, "sender:" TARO ":1 "},
	{"by: manager, if-none: " AKIRA, AKIRA, "admin "},
	/* too few are not enough, and no reason to pass */
	{"by: [" TARO ", " AKIRA "], need: 2, if-none: pass", TARO, "admin "},
};

START_TEST(who_is_asked)
{
	const struct plan *p;

	try_rules(arena_printf(try_arena(),
			       "  - rule: r\n    do: {approve: {%s}}\n",
			       ROWS[_i].how));
	p = TRY_MAIL(.from = ROWS[_i].from, .to = EXT);
	ck_assert_msg(!strcmp(approvals(p, 0), ROWS[_i].asked),
		      "%s: %s instead of %s", ROWS[_i].how, approvals(p, 0),
		      ROWS[_i].asked);
	ck_assert_uint_eq(p->unbuilt,
			  strchr(ROWS[_i].asked, ':') ? UNBUILT_APPROVAL : 0);
}
END_TEST

START_TEST(whoever_left_is_not_asked)
{
	try_rules("  - rule: r\n    do: {approve: {by: "
		  "[yui.kato@example.co.jp, " AKIRA "]}}\n");
	/* Her last day is 15 September. */
	ck_assert_str_eq(approvals(TRY_MAIL(.to = EXT,
					    .at = "2026-09-15T23:00:00+09:00"),
				   0),
			 "yui.kato@example.co.jp, " AKIRA
			 ":yui.kato@example.co.jp," AKIRA ":1 ");
	ck_assert_str_eq(approvals(TRY_MAIL(.to = EXT,
					    .at = "2026-09-16T00:00:00+09:00"),
				   0),
			 "yui.kato@example.co.jp, " AKIRA ":" AKIRA ":1 ");
}
END_TEST

/* All approvals of several rules must be given, behind the holds. */
START_TEST(several_rules)
{
	const struct plan *p;

	try_rules("  - rule: a\n    do: {approve: {by: manager, within: 2h}}\n"
		  "  - rule: b\n    do: {hold: {for: 5m}}\n"
		  "  - rule: c\n    when: {recipient: {class: external}}\n"
		  "    do: {approve: {by: " AKIRA ", within: 1d, remind: 20h, "
		  "then: escalate}}\n");
	p = TRY_MAIL(.to = EXT ",b@example.co.jp");
	ck_assert_str_eq(approvals(p, 0),
			 "manager:" HANAKO ":1 " AKIRA ":" AKIRA ":1 ");
	ck_assert_str_eq(approvals(p, 1), "manager:" HANAKO ":1 ");
	/* asked for when the hold ends: five minutes later */
	ck_assert_str_eq(gates_of(p, 0),
			 "hold:300:send:1@300 approve:7200:return:0@7500 "
			 "approve:86400:escalate:0@86700");
	ck_assert_int_eq(p->rcpt[0].gate[2].remind_us -
				 try_facts()->accepted_us,
			 20 * US_PER_HOUR + 5 * US_PER_MIN);
	ck_assert_int_eq(p->outcome, OUTCOME_APPROVE);
	ck_assert_uint_eq(p->notice_n, 3); /* the sender and both of them */
}
END_TEST

/* What is kept of a recipient's gates is bounded. */
START_TEST(very_many_rules)
{
	AUTO(buf) rules = BUF_MAX(MIB);
	const struct plan *p;

	for (int i = 0; i < 200; i++)
		buf_printf(&rules,
			   "  - rule: a%d\n    do: {approve: {by: %s}, hold: "
			   "{for: 5m, stage: %d}}\n",
			   i, i % 3 ? "manager" : "[" TARO "]", i % 20 + 1);
	try_rules(buf_cstr(&rules));
	p = TRY_MAIL(.to = EXT);
	/* stages, approvals, and one admin for what is too much */
	ck_assert_uint_eq(p->rcpt[0].gate_n, 20 + 32 + 1);
	ck_assert_int_eq(p->outcome, OUTCOME_APPROVE);
}
END_TEST

/* Nobody knows when it will be asked for. */
START_TEST(behind_a_hold_without_end)
{
	try_rules("  - rule: a\n    do: {approve: {by: manager, within: 2h}, "
		  "hold: {for: 5m, then: wait}}\n");
	ck_assert_str_eq(gates_of(TRY_MAIL(.to = EXT), 0),
			 "hold:300:wait:1 approve:7200:return:0");
}
END_TEST

START_TEST(within_business_days)
{
	const struct plan *p;

	try_policy("sekisho: 1\n"
		   "calendars: {office: {timezone: Asia/Tokyo, open: {mon-fri: "
		   "\"09:30-19:00\"}}}\n"
		   "defaults: {calendar: office}\n"
		   "rules:\n  - rule: a\n"
		   "    do: {approve: {by: manager, within: 3 business "
		   "days}}\n");
	p = TRY_MAIL(.to = EXT); /* Tuesday 10:00 */
	/* Friday 19:00 */
	ck_assert_int_eq(p->rcpt[0].gate[0].until_us - try_facts()->accepted_us,
			 3 * US_PER_DAY + 9 * US_PER_HOUR);
	ck_assert(str_is(p->rcpt[0].gate[0].within.ja, "3営業日"));
}
END_TEST

START_TEST(classes_and_approval)
{
	try_rules("  - rule: a\n    do: {approve: {by: manager}, hold: {for: "
		  "5m}, schedule: {next-opening: office}}\n");
	ck_assert_str_eq(gates_of(TRY_MAIL(.to = EXT, .classes = CLASS_CALENDAR,
					   .at = "2026-09-01T20:00:00+09:00"),
				  0),
			 "approve:259200:return:0@259200");
	ck_assert_str_eq(gates_of(TRY_MAIL(.to = EXT, .envelope = "",
					   .classes = CLASS_AUTO_REPLY),
				  0),
			 "");
}
END_TEST

START_TEST(approval_ranks_above_the_others)
{
	const struct plan *p;

	try_rules("  - rule: few\n    when: {to-cc: {count: \">= 2\"}}\n"
		  "    do: {approve: {by: manager}}\n"
		  "  - rule: all\n    do: {hold: {for: 5m}}\n");
	p = TRY_MAIL(.to = EXT ",b@example.co.jp");
	ck_assert_int_eq(p->outcome, OUTCOME_APPROVE);
	/* What leads to a mere hold is a change for the better. */
	ck_assert(str_is(p->smallest_change.en,
			 "Cut To and Cc to 1 (now 2); it is then held"));
	try_rules("  - rule: late\n    when: {time: {outside: office}}\n"
		  "    do: {schedule: {next-opening: office}}\n");
	p = TRY_MAIL(.to = EXT, .at = "2026-09-01T20:00:00+09:00");
	ck_assert_int_eq(p->outcome, OUTCOME_SCHEDULE);
	ck_assert(str_is(p->smallest_change.en,
			 "Wait until Wed 2 Sep 2026, 09:30"));
}
END_TEST

/* ---- schedule ---- */

START_TEST(the_next_opening)
{
	static const struct {
		const char *at, *gates;
	} rows[] = {
		{"2026-09-01T10:00:00+09:00", ""}, /* open now */
		{"2026-09-01T18:59:59+09:00", ""},
		{"2026-09-01T19:00:00+09:00",
		 "schedule:0:send:0@52200"}, /* 14.5 hours later */
		{"2026-09-02T09:29:00+09:00", "schedule:0:send:0@60"},
		{"2026-09-02T09:30:00+09:00", ""},
		/* Friday evening: Monday 09:30 */
		{"2026-09-04T19:30:00+09:00", "schedule:0:send:0@223200"},
	};
	const struct plan *p;

	try_rules("  - rule: s\n    do: {schedule: {next-opening: office, "
		  "urgent: {approve: {by: [" AKIRA ", " TARO "]}}}}\n");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		p = TRY_MAIL(.to = EXT, .at = rows[i].at);
		ck_assert_msg(!strcmp(gates_of(p, 0), rows[i].gates), "%s: %s",
			      rows[i].at, gates_of(p, 0));
	}
	ck_assert_uint_eq(p->rcpt[0].gate[0].who_n, 1); /* not the sender */
	ck_assert(str_is(p->rcpt[0].gate[0].who[0], AKIRA));
	ck_assert_int_eq(p->outcome, OUTCOME_SCHEDULE);
	ck_assert_uint_eq(p->unbuilt, 0);
}
END_TEST

START_TEST(the_latest_opening_wins)
{
	try_policy("sekisho: 1\ncalendars:\n"
		   "  early: {timezone: Asia/Tokyo, open: {daily: "
		   "\"08:00-20:00\"}}\n"
		   "  late: {timezone: Asia/Tokyo, open: {daily: "
		   "\"10:00-20:00\"}}\n"
		   "  never: {timezone: Asia/Tokyo, open: {mon: "
		   "\"10:00-11:00\"}, closed: [2026-09-07, 2026-09-14, "
		   "2026-09-21, 2026-09-28, 2026-10-05, 2026-10-12]}\n"
		   "rules:\n"
		   "  - rule: b\n    do: {schedule: {next-opening: late}}\n"
		   "  - rule: a\n    do: {schedule: {next-opening: early}}\n"
		   "  - rule: n\n    when: {sender: {in: [" AKIRA "]}}\n"
		   "    do: {schedule: {next-opening: never}}\n");
	ck_assert_str_eq(
		gates_of(TRY_MAIL(.to = EXT, .at = "2026-09-01T07:00:00+09:00"),
			 0),
		"schedule:0:send:0@10800");
	/* No opening in sight: somebody has to look. */
	ck_assert_str_eq(gates_of(TRY_MAIL(.from = AKIRA, .to = EXT,
					   .at = "2026-09-01T12:00:00+09:00"),
				  0),
			 "hold:0:wait:0");
}
END_TEST

Suite *test_approve_suite(void)
{
	Suite *s = suite_create("approve");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, try_begin, try_end);
	tcase_add_loop_test(c, who_is_asked, 0, ARRAY_LEN(ROWS));
	tcase_add_test(c, whoever_left_is_not_asked);
	tcase_add_test(c, several_rules);
	tcase_add_test(c, very_many_rules);
	tcase_add_test(c, behind_a_hold_without_end);
	tcase_add_test(c, within_business_days);
	tcase_add_test(c, classes_and_approval);
	tcase_add_test(c, approval_ranks_above_the_others);
	tcase_add_test(c, the_next_opening);
	tcase_add_test(c, the_latest_opening_wins);
	suite_add_tcase(s, c);
	return s;
}
