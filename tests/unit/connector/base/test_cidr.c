/* Networks: what is read is written in the same form. */
#include "connector/base/cidr.h"

#include <check.h>

Suite *test_cidr_suite(void);

START_TEST(round_trip)
{
	static const struct {
		const char *text;
		bool v4;
	} rows[] = {
		{"192.0.2.1", true},	  {"192.0.2.0/24", true},
		{"0.0.0.0/0", true},	  {"2001:db8::10", false},
		{"2001:db8::/32", false}, {"::/0", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e = ERR_EMPTY;
		AUTO(buf) b = BUF_MAX(64);
		struct cidr c;

		ck_assert_msg(cidr_parse(str_of(rows[i].text), &c, &e), "%s",
			      e.text);
		cidr_put(&b, &c);
		ck_assert_str_eq(buf_cstr(&b), rows[i].text);
		ck_assert_int_eq(cidr_is_v4(&c), rows[i].v4);
	}
}
END_TEST

Suite *test_cidr_suite(void)
{
	Suite *s = suite_create("cidr");
	TCase *c = tcase_create("all");

	tcase_add_test(c, round_trip);
	suite_add_tcase(s, c);
	return s;
}
