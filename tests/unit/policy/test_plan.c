/* A plan as JSON and as sentences; how fast a decision is. */
#include "tests/unit/policy/try.h"

#include <stdio.h>

#include "policy/policy_int.h"

Suite *test_plan_suite(void);

#define EXT "a@customer.example.com"

static const struct plan *a_plan(void)
{
	try_rules("  - rule: hold\n    title: {ja: 保留, en: Hold}\n"
		  "    when: {recipient: {class: external}}\n"
		  "    do: {hold: {for: 60m}, copy: {to: manager, when: "
		  "released}}\n"
		  "  - rule: second\n    when: {recipient: {class: external}}\n"
		  "    do: {hold: {for: 2h, stage: 2, then: discard}, delay: "
		  "{for: 1h}}\n"
		  "  - rule: ghost\n    mode: shadow\n    do: {refuse: {}}\n"
		  "  - rule: mark\n"
		  "    do: {header: {add: {X-A: b}}, bcc: {hide: external}}\n");
	return TRY_MAIL(.to = EXT ",b@example.co.jp", .files = "a.pdf,~i.png",
			.reasons = "limit", .completeness = VIEW_PARTIAL);
}

static const char *gate_cstr(const struct json *gate, const char *key)
{
	return json_get_cstr(gate, key, "(null)");
}

START_TEST(json_shape)
{
	const struct plan *p = a_plan();
	struct json *j = plan_json(p, try_facts(), tz_utc());
	const struct json *rcpts = json_get(j, "recipients"), *r, *g;

	ck_assert_str_eq(json_get_cstr(j, "outcome", ""), "approve");
	ck_assert_uint_eq(json_size(json_get(j, "rules")), 3);
	ck_assert_str_eq(json_cstr(json_at(json_get(j, "shadow"), 0), ""),
			 "ghost");
	ck_assert_uint_eq(json_size(rcpts), 2);
	r = json_at(rcpts, 0);
	ck_assert_str_eq(json_get_cstr(r, "address", ""), EXT);
	ck_assert_str_eq(json_get_cstr(r, "class", ""), "external");
	ck_assert_str_eq(json_get_cstr(r, "outcome", ""), "approve");
	ck_assert(json_get_bool(r, "bcc", false));
	ck_assert(!json_get_bool(r, "served-by-tenant", true));
	ck_assert_str_eq(json_get_cstr(r, "route", ""), "relay");
	ck_assert_int_eq(json_type(json_get(r, "password")), JSON_NULL);
	ck_assert_uint_eq(json_size(json_get(r, "inserts")), 0);
	ck_assert_uint_eq(json_size(json_get(r, "attachments")), 1);
	ck_assert_str_eq(json_get_cstr(json_at(json_get(r, "attachments"), 0),
				       "name", ""),
			 "a.pdf");
	ck_assert_uint_eq(json_size(json_get(r, "gates")), 4);
	g = json_at(json_get(r, "gates"), 0);
	ck_assert_str_eq(gate_cstr(g, "kind"), "hold");
	ck_assert_str_eq(gate_cstr(g, "until"), "2026-09-01T02:00:00+00:00");
	ck_assert_int_eq(json_get_int(g, "for-seconds", 0), 3600);
	ck_assert_int_eq(json_get_int(g, "stage", 0), 1);
	ck_assert_str_eq(gate_cstr(g, "then"), "send");
	ck_assert_str_eq(gate_cstr(g, "by"), "sender");
	ck_assert_ptr_null(json_get(g, "doubt"));
	/* The second stage begins when the first one ends. */
	g = json_at(json_get(r, "gates"), 1);
	ck_assert_str_eq(gate_cstr(g, "until"), "2026-09-01T04:00:00+00:00");
	ck_assert_str_eq(gate_cstr(g, "then"), "discard");
	g = json_at(json_get(r, "gates"), 2);
	ck_assert_str_eq(gate_cstr(g, "kind"), "delay");
	ck_assert_int_eq(json_type(json_get(g, "stage")), JSON_NULL);
	g = json_at(json_get(r, "gates"), 3);
	ck_assert_str_eq(gate_cstr(g, "kind"), "approve");
	ck_assert_str_eq(gate_cstr(g, "doubt"), "limit");
	ck_assert_int_eq(json_type(json_get(g, "then")), JSON_NULL);
	ck_assert(json_get_bool(json_at(rcpts, 1), "served-by-tenant", false));
	ck_assert_str_eq(
		json_get_cstr(json_get(j, "inspection"), "completeness", ""),
		"partial");
	ck_assert_uint_eq(
		json_size(json_get(json_get(j, "inspection"), "parts")), 3);
	ck_assert_int_eq(json_type(json_get(j, "findings")), JSON_OBJECT);
	ck_assert_str_eq(
		json_get_cstr(json_at(json_get(j, "copies"), 0), "when", ""),
		"released");
	ck_assert_uint_eq(json_size(json_get(j, "edits")), 1);
	/* the sender twice, and his manager */
	ck_assert_uint_eq(json_size(json_get(j, "notices")), 3);
	json_free(&j);
}
END_TEST

START_TEST(ends_of_stages)
{
	struct gate g[] = {
		{.kind = GATE_HOLD, .until_us = 10, .for_us = 5},
		{.kind = GATE_HOLD, .for_us = 7},
		{.kind = GATE_HOLD, .for_us = 1, .then = THEN_RETURN},
		{.kind = GATE_APPROVE},
		{.kind = GATE_DELAY, .until_us = 99},
	};

	for (size_t i = 0; i < 2; i++)
		g[i].then = THEN_SEND;
	ck_assert_int_eq(gate_until(g, 0), 10);
	ck_assert_int_eq(gate_until(g, 1), 17);
	ck_assert_int_eq(gate_until(g, 2), 18);
	ck_assert_int_eq(gate_until(g, 3), 0);
	ck_assert_int_eq(gate_until(g, 4), 99);
	g[1].then = THEN_DISCARD;
	ck_assert_int_eq(gate_until(g, 1), 17);
	ck_assert_int_eq(gate_until(g, 2), 0);
	g[0].until_us = 0;
	ck_assert_int_eq(gate_until(g, 1), 0);
	/* Without a time of its own: whoever confirms it says when. */
	g[0].until_us = 10;
	g[1] = (struct gate){.kind = GATE_HOLD, .then = THEN_RETURN};
	ck_assert_int_eq(gate_until(g, 1), 0);
	g[1].then = THEN_SEND;
	ck_assert_int_eq(gate_until(g, 1), 0);
	ck_assert_int_eq(gate_until(g, 2), 0);
}
END_TEST

START_TEST(texts)
{
	const struct plan *p = a_plan();
	const struct tz *tz = tz_utc();
	AUTO(buf) ja = BUF_MAX(MIB);
	AUTO(buf) en = BUF_MAX(MIB);

	plan_text(p, try_facts(), tz, "ja", &ja);
	plan_text(p, try_facts(), tz, "en", &en);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&ja), "結果: 承認を待ちます\n"));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&ja),
				     "  - 60分保留し、2026年9月1日(火) 02:00 "
				     "に自動で送ります\n"));
	ck_assert_ptr_nonnull(
		strstr(buf_cstr(&ja), "第2段で2時間保留し、破棄します"));
	ck_assert_ptr_nonnull(
		strstr(buf_cstr(&ja),
		       "上司(hanako.suzuki@example.co.jp)の承認を待ちます"));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&en), "Outcome: waits for"));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&en),
				     "held for 2 hours in stage 2, then "
				     "discarded"));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&en), "In shadow: ghost"));
}
END_TEST

/* What a mail or a file says neither moves a terminal nor forges a line. */
START_TEST(texts_are_clean)
{
	struct plan p = *a_plan();
	struct str rule = STR("a\033]0;t\a\nOutcome: forged\xe2\x80\xae");
	AUTO(buf) en = BUF_MAX(MIB);

	p.rule = &rule;
	p.rule_n = 1;
	p.smallest_change.en = rule;
	p.smallest_change.ja = rule;
	plan_text(&p, try_facts(), tz_utc(), "en", &en);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&en), "Rules: a"));
	ck_assert_ptr_null(strstr(buf_cstr(&en), "\nOutcome: forged"));
	ck_assert_ptr_null(strstr(buf_cstr(&en), "\033"));
	ck_assert_ptr_null(strstr(buf_cstr(&en), "\a"));
	ck_assert_ptr_null(strstr(buf_cstr(&en), "\xe2\x80\xae"));
}
END_TEST

/* Twenty rules and one recipient: 20 microseconds. The bound of the test is
 * wide, since tests run on busy machines and under sanitizers. */
START_TEST(speed)
{
	AUTO(buf) rules = BUF_MAX(MIB);
	struct plan plan;
	int64_t begun, took;
	int n = 2000;

	for (int i = 0; i < 20; i++)
		buf_printf(&rules,
			   "  - rule: r%d\n"
			   "    when: {recipient: {class: external, not-in: "
			   "key-customers}, subject: {words: [w%d, 社外秘]}, "
			   "sender: {not-in: managers}}\n"
			   "    do: {hold: {for: %dm}}\n",
			   i, i, i + 1);
	try_rules(buf_cstr(&rules));
	TRY_MAIL(.to = EXT, .subject = "いつものお知らせ 2026");
	begun = clock_monotonic_us();
	for (int i = 0; i < n; i++) {
		struct arena a = ARENA_EMPTY;
		const struct policy *p = try_loaded();

		policy_decide(p, try_facts(), &a, &plan);
		arena_release(&a);
	}
	took = clock_monotonic_us() - begun;
	printf("decide: %.1f us for 20 rules\n", (double)took / n);
	/* some 20 us each; the bound only catches a blunder */
	ck_assert_int_lt(took / n, 5000);
}
END_TEST

START_TEST(many_recipients)
{
	AUTO(buf) to = BUF_MAX(MIB);
	const struct plan *p;
	int64_t begun;

	for (int i = 0; i < 1000; i++)
		buf_printf(&to, "%sp%d@x%d.example", i ? "," : "", i, i % 10);
	try_rules("  - rule: a\n    when: {to-cc: {count: \">= 10\"}}\n"
		  "    do: {bcc: {hide: all}, hold: {for: 5m}}\n"
		  "  - rule: b\n    when: {recipient: {in: [x1.example]}}\n"
		  "    do: {refuse: {only: these-recipients}}\n");
	begun = clock_monotonic_us();
	p = TRY_MAIL(.to = buf_cstr(&to));
	begun = clock_monotonic_us() - begun;
	printf("decide: %.1f ms for 1000 recipients\n", (double)begun / 1000);
	ck_assert_int_lt(begun, 20 * US_PER_S);
	ck_assert_uint_eq(p->shape_n, 2);
	ck_assert_uint_eq(p->shape[1].hide_n, 1000);
	ck_assert(p->rcpt[1].refused && !p->rcpt[2].refused);
	ck_assert(p->rcpt[999].bcc);
}
END_TEST

Suite *test_plan_suite(void)
{
	Suite *s = suite_create("plan");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, try_begin, try_end);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, json_shape);
	tcase_add_test(c, ends_of_stages);
	tcase_add_test(c, texts);
	tcase_add_test(c, texts_are_clean);
	tcase_add_test(c, speed);
	tcase_add_test(c, many_recipients);
	suite_add_tcase(s, c);
	return s;
}
