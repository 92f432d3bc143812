/* test_str.c */
#include "connector/base/str.h"
#include <check.h>

START_TEST(comparing)
{
	ck_assert(str_eq(STR_EMPTY, STR("")));
	ck_assert(!str_eq(STR("a"), STR("b")));
	ck_assert(str_eq_ci(STR("MaIl"), STR("mAiL")));
	ck_assert(
		!str_eq_ci(STR("\xc3\x84"), STR("\xc3\xa4"))); /* ASCII only */
	ck_assert(!str_eq_ci(STR("@"), STR("`")));
	ck_assert(str_is(STR("x"), "x") && str_is_ci(STR("X"), "x"));
	ck_assert(str_starts(STR("abc"), STR("ab")));
	ck_assert(!str_starts(STR("a"), STR("ab")));
	ck_assert(str_starts_ci(STR("ABc"), STR("ab")));
	ck_assert(str_ends(STR("abc"), STR("bc")) &&
		  str_ends(STR("a"), STR("")));
	ck_assert(!str_ends(STR("c"), STR("bc")));
	ck_assert(str_ends_ci(STR("aBC"), STR("bc")));
	ck_assert_int_eq(str_cmp(STR("a"), STR("ab")), -1);
	ck_assert_int_eq(str_cmp(STR("b"), STR("ab")), 1);
	ck_assert_int_eq(str_cmp(STR("\xff"), STR("a")), 1);
	ck_assert_int_eq(str_cmp(STR_EMPTY, STR("")), 0);
}
END_TEST

START_TEST(secrets)
{
	ck_assert(str_eq_secret(STR("secret"), STR("secret")));
	ck_assert(!str_eq_secret(STR("secret"), STR("secreT")));
	ck_assert(!str_eq_secret(STR("secret"), STR("secre")));
	ck_assert(!str_eq_secret(STR("secre"), STR("secret")));
	ck_assert(!str_eq_secret(STR("aa"), STR("a")));
	ck_assert(!str_eq_secret(STR("a"), STR_EMPTY));
	ck_assert(!str_eq_secret(STR_EMPTY, STR("a")));
	ck_assert(str_eq_secret(STR_EMPTY, STR_EMPTY));
}
END_TEST

START_TEST(cutting)
{
	struct str rest = STR("a,,b"), f;

	ck_assert(str_is(str_trim(STR(" \t\r\n x y \n")), "x y"));
	ck_assert_uint_eq(str_trim(STR("  ")).n, 0);
	ck_assert_uint_eq(str_skip(STR("ab"), 9).n, 0);
	ck_assert_uint_eq(str_skip(STR_EMPTY, 1).n, 0);
	ck_assert(str_is(str_head(STR("ab"), 9), "ab"));
	ck_assert(str_split(&rest, ',', &f) && str_is(f, "a"));
	ck_assert(str_split(&rest, ',', &f) && f.n == 0);
	ck_assert(str_split(&rest, ',', &f) && str_is(f, "b"));
	ck_assert(!str_split(&rest, ',', &f));
	rest = STR("");
	ck_assert(!str_split(&rest, ',', &f));
	rest = STR(",x");
	ck_assert(str_split(&rest, ',', &f) && f.n == 0);
	ck_assert(str_split(&rest, ',', &f) && str_is(f, "x"));
}
END_TEST

START_TEST(finding)
{
	ck_assert_int_eq(str_chr(STR("a:b:"), ':'), 1);
	ck_assert_int_eq(str_rchr(STR("a:b:"), ':'), 3);
	ck_assert_int_eq(str_chr(STR_EMPTY, ':'), -1);
	ck_assert_int_eq(str_rchr(STR_EMPTY, ':'), -1);
	ck_assert_int_eq(str_find(STR("aab"), STR("ab")), 1);
	ck_assert_int_eq(str_find(STR("a"), STR("ab")), -1);
	ck_assert_int_eq(str_find(STR_EMPTY, STR_EMPTY), 0);
	ck_assert_int_eq(str_find_ci(STR("xxMaiL"), STR("mail")), 2);
	ck_assert_int_eq(str_find_ci(STR("mai"), STR("mail")), -1);
}
END_TEST

START_TEST(numbers)
{
	uint64_t v = 7;

	ck_assert(str_u64(STR("0"), &v) && v == 0);
	ck_assert(str_u64(STR("18446744073709551615"), &v) && v == UINT64_MAX);
	ck_assert(str_u64(STR("007"), &v) && v == 7);
	ck_assert(!str_u64(STR("18446744073709551616"), &v));
	ck_assert(!str_u64(STR("99999999999999999999999"), &v));
	ck_assert(!str_u64(STR(""), &v) && !str_u64(STR("-1"), &v));
	ck_assert(!str_u64(STR("+1"), &v) && !str_u64(STR(" 1"), &v));
	ck_assert(!str_u64(STR("1x"), &v));
	ck_assert_uint_eq(v, 7);
	ck_assert(str_has_control(STR("a\x7f")) && str_has_control(STR("\0")));
	ck_assert(!str_has_control(STR("a\xe3\x81")));
	ck_assert(str_is_ascii(STR("a\0b")) && !str_is_ascii(STR("\x80")));
}
END_TEST

START_TEST(nearest_names)
{
	static const char *const names[] = {"hold", "delay", "refuse",
					    "recipient", "attachments"};
	char longest[200];

	memset(longest, 'x', sizeof(longest));
#define NEAR(w) str_nearest(STR(w), names, ARRAY_LEN(names))
	ck_assert_str_eq(NEAR("hodl"), "hold"); /* a swap is one step */
	ck_assert_str_eq(NEAR("hold"), "hold");
	ck_assert_str_eq(NEAR("Hold"), "hold");
	ck_assert_str_eq(NEAR("recipeint"), "recipient");
	ck_assert_str_eq(NEAR("atachment"), "attachments");
	ck_assert_str_eq(NEAR("delya"), "delay");
	ck_assert_ptr_null(NEAR("quarantine"));
	ck_assert_ptr_null(NEAR(""));
	ck_assert_ptr_null(NEAR("q"));
	ck_assert_ptr_null(
		str_nearest(str_n(longest, 200), names, ARRAY_LEN(names)));
	ck_assert_ptr_null(str_nearest(STR("hold"), NULL, 0));
}
END_TEST

Suite *test_str_suite(void);
Suite *test_str_suite(void)
{
	Suite *s = suite_create("base/str");
	TCase *t = tcase_create("str");

	tcase_add_test(t, comparing);
	tcase_add_test(t, secrets);
	tcase_add_test(t, cutting);
	tcase_add_test(t, finding);
	tcase_add_test(t, numbers);
	tcase_add_test(t, nearest_names);
	suite_add_tcase(s, t);
	return s;
}
