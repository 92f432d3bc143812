/* test_error.c - what pages say that cannot be shown. */
#include <check.h>
#include <string.h>
#include "connector/base/mem.h"
#include "tests/unit/connector/web/web_talk.h"

Suite *test_error_suite(void);

static const struct {
	const char *method, *path, *allow;
} wrong_methods[] = {
	{"DELETE", "/m/AAAAAAAAAAAAAAAAAAAAAA", "GET, HEAD, POST"},
	{"PUT", "/help", "GET, HEAD"},
	{"PUT", "/m/AAAAAAAAAAAAAAAAAAAAAA/discard", "GET, HEAD"},
};

/* RFC 9110 15.5.6. */
START_TEST(methods_that_are_allowed_are_named)
{
	AUTO_STR got = ask(wrong_methods[_i].method, wrong_methods[_i].path,
			   "");
	AUTO_STR allow = after(got, "\r\nAllow: ", "\r");

	ck_assert_int_eq(status(got), 405);
	ck_assert_str_eq(allow, wrong_methods[_i].allow);
}
END_TEST

/* What nobody can read is answered by its own name. */
START_TEST(long_requests_are_called_so)
{
	AUTO_STR fields = mem_printf("X: %060000d\r\n", 0);
	AUTO_STR got = ask("GET", "/help", fields);

	ck_assert_ptr_nonnull(
		strstr(got, "HTTP/1.1 431 Request Header Fields Too Large"));
	ck_assert_ptr_nonnull(strstr(got, "送られた内容が長すぎました"));
}
END_TEST

/* An error says what helps, and leads back where there is a page. */
START_TEST(errors_help)
{
	AUTO(form) f = get_form(CASE_HELD);
	AUTO_STR link = ask("GET", "/m/AAAAAAAAAAAAAAAAAAAAAA",
			    "Accept-Language: en\r\n");
	AUTO_STR stale = post(CASE_HELD, &f,
			      (struct post){.act = "send", .csrf = "x"});
	AUTO_STR back = mem_printf("<a href=\"/m/%s\">", w.token[CASE_HELD]);

	ck_assert_ptr_nonnull(strstr(link, "join them into one"));
	ck_assert_ptr_null(strstr(link, "Nothing changed"));
	ck_assert_int_eq(status(stale), 403);
	ck_assert_ptr_nonnull(strstr(stale, "まだ何も変わっていません"));
	ck_assert_ptr_nonnull(strstr(stale, back));
}
END_TEST

Suite *test_error_suite(void)
{
	Suite *s = suite_create("error");
	TCase *c = tcase_create("all");

	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, open_world, close_world);
	tcase_add_loop_test(c, methods_that_are_allowed_are_named, 0,
			    ARRAY_LEN(wrong_methods));
	tcase_add_test(c, long_requests_are_called_so);
	tcase_add_test(c, errors_help);
	suite_add_tcase(s, c);
	return s;
}
