/* test_route.c - what of a tenant's mail shares a way out. */
#include <check.h>
#include "connector/flow/flow.h"

Suite *test_route_suite(void);

static const struct {
	const char *via, *from, *to, *route;
} CASES[] = {
	{"relay", "s@example.jp", "a@partner.example", ""},
	{"direct", "s@example.jp", "a@partner.example", "partner.example"},
	{"direct", "", "a@Partner.EXAMPLE", "partner.example"},
	{"direct", "s@example.jp", "\"a@b\"@partner.example",
	 "partner.example"},
	{"direct", "s@example.jp", "a@日本語.example",
	 "xn--wgv71a119e.example"},
	{"direct", "s@example.jp", "a@[192.0.2.1]", "[192.0.2.1]"},
	{"direct", "s@example.jp", "a@[IPv6:2001:DB8::1]",
	 "[ipv6:2001:db8::1]"},
	{"smtp-auth", "S@Example.jp", "a@partner.example", "s@example.jp"},
	{"smtp-auth", "", "a@partner.example", "gate@example.jp"},
};

START_TEST(routes)
{
	struct arena a = ARENA_EMPTY;
	struct tenant_conf t = {
		.deliver.via = (char *)CASES[_i].via,
		.notices_from = (char *)"gate@example.jp",
	};
	struct str route = flow_route(&t, str_of(CASES[_i].from),
				      str_of(CASES[_i].to), &a);

	ck_assert_msg(str_is(route, CASES[_i].route), STR_FMT, STR_ARG(route));
	arena_release(&a);
}
END_TEST

Suite *test_route_suite(void)
{
	Suite *s = suite_create("route");
	TCase *c = tcase_create("all");

	tcase_add_loop_test(c, routes, 0, (int)ARRAY_LEN(CASES));
	suite_add_tcase(s, c);
	return s;
}
