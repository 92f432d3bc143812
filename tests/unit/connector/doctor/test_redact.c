/* test_redact.c - a report shows domains and hides persons. */
#include <check.h>
#include "connector/doctor/doctor.h"

Suite *test_redact_suite(void);

static const struct {
	const char *in, *out;
} rows[] = {
	{"a: taro.yamada@example.jp", "a: ***@example.jp\n"},
	{"admins: [a@x.jp,b@y.jp, c@z.jp]",
	 "admins: [***@x.jp,***@y.jp, ***@z.jp]\n"},
	{"{to: a@x.jp}", "{to: ***@x.jp}\n"},
	{"\"taro yamada\"@x.jp", "***@x.jp\n"},
	{"\xe5\xa4\xaa\xe9\x83\x8e@x.jp", "***@x.jp\n"},
	{"u: https://name:pass@h.example/p", "u: https://***@h.example/p\n"},
	{"a@b@c", "***@***@c\n"},
	{"@", "***@\n"},
	{"host: relay.example.jp", "host: relay.example.jp\n"},
	{"", ""},
};

START_TEST(local_parts_are_hidden)
{
	AUTO(buf) out = BUF_MAX(1 * KIB);

	doctor_redact(str_of(rows[_i].in), &out);
	ck_assert_str_eq(buf_cstr(&out), rows[_i].out);
}
END_TEST

static const struct {
	const char *in, *out;
} settings[] = {
	{"a: b # taro\n# hanako\n\n  \nc: d\n", "a: b \nc: d\n"},
	{"secret: {secret: relay-password}",
	 "secret: {secret: relay-password}\n"},
	{"login: {kind: password, user: taro, secret: x}",
	 "login: {kind: password, user: ***, secret: x}\n"},
	{"    user: taro\n    x: y", "    user: ***\n    x: y\n"},
	{"user: taro@x.jp", "user: ***\n"},
	{"a: b#c", "a: b#c\n"},
};

START_TEST(settings_lose_comments_and_logins)
{
	AUTO(buf) out = BUF_MAX(1 * KIB);

	doctor_redact_settings(str_of(settings[_i].in), &out);
	ck_assert_str_eq(buf_cstr(&out), settings[_i].out);
}
END_TEST

Suite *test_redact_suite(void)
{
	Suite *s = suite_create("doctor/redact");
	TCase *c = tcase_create("redact");

	tcase_add_loop_test(c, local_parts_are_hidden, 0,
			    sizeof(rows) / sizeof(rows[0]));
	tcase_add_loop_test(c, settings_lose_comments_and_logins, 0,
			    sizeof(settings) / sizeof(settings[0]));
	suite_add_tcase(s, c);
	return s;
}
