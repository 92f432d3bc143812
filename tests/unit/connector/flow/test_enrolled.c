/* test_enrolled.c - a pilot: people outside the group have no rules. */
#include "m365.h"

Suite *test_enrolled_suite(void);

#define A "hanako@partner.example"

static struct bench b;

static void people_policy(const char *people)
{
	static const char *const internal[] = {"example.co.jp"};
	AUTO_STR path = mem_printf("%s/people.csv", b.folder);
	struct policy_source src = {
		.people = path, .internal = internal, .internal_n = 1};
	struct conf_errors errs = {0};
	FILE *f = fopen(path, "w");
	struct policy *p;

	ck_assert_ptr_nonnull(f);
	fputs(people, f);
	fclose(f);
	p = policy_load_text(&src, STR("sekisho: 1\nrules:\n" HOLD_SEND),
			     "policy.yaml", &errs);
	conf_errors_release(&errs);
	ck_assert_ptr_nonnull(p);
	b.inspect.version = policy_question(p)->version;
	flow_set_policy(b.flow, p, 8);
}

START_TEST(who_is_not_enrolled_has_no_rules)
{
	struct mail m = {.to = {A}};
	int64_t id;

	m365_open(&b, NULL);
	b.tenant.enrolled_group = (char *)"pilot@example.co.jp";
	people_policy("address,groups\n" TARO ",sub@example.co.jp\n"
		      "sub@example.co.jp,pilot@example.co.jp\n"
		      "other@example.co.jp,\n");
	m.text = m365_text(&b, ALL, "in", 0);
	id = mail_send(&b, &m);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	people_policy("address,groups\nother@example.co.jp,"
		      "pilot@example.co.jp\n");
	m.text = m365_text(&b, ALL, "out", 0);
	id = mail_send(&b, &m);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	ck_assert(story_has(&b, id, "accepted", "not-enrolled"));
	/* Not even doubt holds it. */
	b.inspect.attachment_unread = true;
	m.text = m365_text(&b, ALL, "doubt", 0);
	id = mail_send(&b, &m);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	/* But who is in its From has to be known. */
	b.inspect.fail_view = true;
	m.text = m365_text(&b, ALL, "failed", 0);
	id = mail_send(&b, &m);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	bench_close(&b);
}
END_TEST

/* One of the group has the rules, whoever else he names in his From. */
START_TEST(another_name_in_from_ends_no_rules)
{
	static const char *const from[] = {
		"other@example.co.jp", "other@example.co.jp, " TARO,
		"other@example.co.jp\r\nFrom: " TARO};
	struct mail m = {.to = {A}};
	int64_t id;

	m365_open(&b, NULL);
	b.tenant.enrolled_group = (char *)"pilot@example.co.jp";
	people_policy("address,groups\n" TARO ",pilot@example.co.jp\n"
		      "other@example.co.jp,\n");
	m.text = arena_printf(&b.arena,
			      ALL "From: %s\r\nTo: " A
				  "\r\nMessage-ID: <x@c>\r\n\r\nx\r\n",
			      from[_i % 3]);
	m.from = _i < 3 ? TARO : "other@example.co.jp";
	id = mail_send(&b, &m);
	if (_i == 3) /* he is not of the group, and nobody of it is named */
		UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	else
		ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	bench_close(&b);
}
END_TEST

Suite *test_enrolled_suite(void)
{
	Suite *s = suite_create("enrolled");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, who_is_not_enrolled_has_no_rules);
	tcase_add_loop_test(t, another_name_in_from_ends_no_rules, 0, 6);
	suite_add_tcase(s, t);
	return s;
}
