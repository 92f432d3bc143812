/* Command lines: the forms that are taken, and what is told otherwise. */
#include "connector/main/options_int.h"

#include <check.h>
#include <stdlib.h>
#include <sysexits.h>

Suite *test_options_suite(void);

static bool json;
static const char *conf;
static struct option_list to;

static const struct option_row ROWS[] = {
	{"config", 'c', OPTION_TEXT, &conf, "FILE", "設定", "configuration"},
	{"json", 0, OPTION_FLAG, &json, NULL, "JSON で", "as JSON"},
	{"to", 't', OPTION_LIST, &to, "A", "宛先", "recipient"},
	{0},
};
static const struct command_usage USAGE = {"try [options] FILE", "試す", "try",
					   1, 2};

static int parse(int argc, const char *const *words, int *n_r, char **argv)
{
	json = false;
	conf = NULL;
	option_list_release(&to);
	for (int i = 0; i < argc; i++)
		argv[i] = (char *)(uintptr_t)words[i];
	return options_parse(&USAGE, ROWS, argc, argv, n_r);
}
#define PARSE(...)                                                             \
	parse((int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)),   \
	      (const char *[]){__VA_ARGS__}, &n, argv)

START_TEST(forms)
{
	char *argv[16];
	int n = 0;

	ck_assert_int_eq(PARSE("try", "--to", "a", "x", "--json", "--to=b",
			       "-tc", "-t", "d", "-c", "f", "--", "--y"),
			 -1);
	ck_assert_int_eq(n, 2);
	ck_assert_str_eq(argv[1], "x");
	ck_assert_str_eq(argv[2], "--y");
	ck_assert(json);
	ck_assert_str_eq(conf, "f");
	ck_assert_uint_eq(to.n, 4);
	ck_assert_str_eq(to.v[1], "b");
	ck_assert_str_eq(to.v[2], "c");
	ck_assert_int_eq(PARSE("try", "-"), -1);
	ck_assert_int_eq(PARSE("try", "--config=", "x"), -1);
	ck_assert_str_eq(conf, "");
	option_list_release(&to);
}
END_TEST

START_TEST(errors)
{
	char *argv[16];
	int n = 0;

	ck_assert_int_eq(PARSE("try"), EX_USAGE);
	ck_assert_int_eq(PARSE("try", "a", "b", "c"), EX_USAGE);
	ck_assert_int_eq(PARSE("try", "--jsom", "a"), EX_USAGE);
	ck_assert_int_eq(PARSE("try", "-x", "a"), EX_USAGE);
	ck_assert_int_eq(PARSE("try", "--json=1", "a"), EX_USAGE);
	ck_assert_int_eq(PARSE("try", "a", "--config"), EX_USAGE);
	ck_assert_int_eq(PARSE("try", "--help"), 0);
	option_list_release(&to);
}
END_TEST

START_TEST(language)
{
	unsetenv("LC_ALL");
	unsetenv("LC_MESSAGES");
	setenv("LANG", "ja_JP.UTF-8", 1);
	ck_assert_str_eq(options_language(), "ja");
	setenv("LC_ALL", "C.UTF-8", 1);
	ck_assert_str_eq(options_language(), "en");
}
END_TEST

Suite *test_options_suite(void)
{
	Suite *s = suite_create("options");
	TCase *c = tcase_create("all");

	tcase_add_test(c, forms);
	tcase_add_test(c, errors);
	tcase_add_test(c, language);
	suite_add_tcase(s, c);
	return s;
}
