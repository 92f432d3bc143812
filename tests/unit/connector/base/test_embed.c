/* Finding an embedded file by its name. */
#include "connector/base/embed.h"

#include <check.h>

Suite *test_embed_suite(void);

static const unsigned char bytes[] = {'h', 'i', 0};
static const struct embedded table[] = {
	{"a.css", bytes, 2},
	{"b/c.js", bytes, 1},
	{0},
};

START_TEST(finds_by_whole_name)
{
	ck_assert_ptr_eq(embedded_find(table, "b/c.js"), &table[1]);
	ck_assert_ptr_null(embedded_find(table, "b/c"));
	ck_assert_ptr_null(embedded_find(table, ""));
	ck_assert_ptr_null(embedded_find(table + 2, "a.css"));
}
END_TEST

Suite *test_embed_suite(void)
{
	Suite *s = suite_create("embed");
	TCase *c = tcase_create("all");

	tcase_add_test(c, finds_by_whole_name);
	suite_add_tcase(s, c);
	return s;
}
