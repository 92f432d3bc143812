#include <check.h>
Suite *test_web_suite(void);
Suite *test_web_suite(void)
{
	return suite_create("web");
}
