/* Addresses: what is taken, what is refused, what compares equal. */
#include "connector/mail/addr.h"

#include <check.h>

Suite *test_addr_suite(void);

static struct arena a;

static void begin(void)
{
	a = ARENA_EMPTY;
}

static void end(void)
{
	arena_release(&a);
}

static const struct {
	const char *in, *key;
	bool utf8, literals;
} good[] = {
	{"a..b@docomo.example", "a..b@docomo.example", false, false},
	{"A.@docomo.example", "a.@docomo.example", false, false},
	{"\"a..b\"@docomo.example", "a..b@docomo.example", false, false},
	{"a@b", "a@b", false, false},
	{"Taro.Yamada@Example.CO.JP", "taro.yamada@example.co.jp", false,
	 false},
	{"a+b=c@x.jp", "a+b=c@x.jp", false, false},
	{"\"Taro\"@x.jp", "taro@x.jp", false, false},
	{"\"ta ro\"@x.jp", "\"ta ro\"@x.jp", false, false},
	{"\"a\\b\"@x.jp", "ab@x.jp", false, false},
	{"\"a\\\"b\"@x.jp", "\"a\\\"b\"@x.jp", false, false},
	{"\"a@b\"@x.jp", "\"a@b\"@x.jp", false, false},
	{"\"\"@x.jp", "\"\"@x.jp", false, false},
	{"a@x.jp.", "a@x.jp", false, false},
	{"a@xn--wgv71a.jp", "a@xn--wgv71a.jp", false, false},
	{"太郎@日本.jp", "太郎@xn--wgv71a.jp", true, false},
	{"a@日本。jp", "a@xn--wgv71a.jp", true, false},
	{"a@[192.0.2.1]", "a@[192.0.2.1]", false, true},
	{"a@[IPv6:2001:DB8::1]", "a@[ipv6:2001:db8::1]", false, true},
};

START_TEST(takes_good_ones)
{
	struct addr r;
	struct err e = ERR_EMPTY;

	ck_assert_msg(addr_parse(str_of(good[_i].in), good[_i].utf8,
				 good[_i].literals, &a, &r, &e),
		      "%s: %s", good[_i].in, e.text);
	ck_assert_msg(str_is(r.key, good[_i].key), "%.*s", STR_ARG(r.key));
	ck_assert(str_is(r.text, good[_i].in));
	ck_assert(str_ends(r.key, r.key_domain));
	ck_assert(r.key.p[r.key.n - r.key_domain.n - 1] == '@');
}
END_TEST

static const char *const bad[] = {
	"",
	"@",
	"a",
	"a@",
	"@b",
	"a@@b",
	"a@b@c",
	"a b@c",
	"a@b c",
	"a@-b.jp",
	"a@b-.jp",
	"a@b..jp",
	"a@.b",
	"a@b_c.jp",
	"<a@b>",
	"@x,@y:a@b",
	"a@b\r\n",
	"a\t@b",
	"\"a@b",
	"\"a\"b@c",
	"a\"b\"@c",
	"\"a\\\"@b",
	"a@[192.0.2.1]",
	"(c)a@b",
	"a@b (c)",
	"a@b;",
	"a,b@c",
	"a@..",
	"a@",
	"\"a\x01\"@b",
	"\"a\\",
	"a:b@c",
	"a@b:25",
	"太郎@x.jp",
	"a@\xff.jp",
	"a\xff@x.jp",
	"a@日本.jp",
};

START_TEST(refuses_bad_ones)
{
	struct addr r;
	struct err e = ERR_EMPTY;

	ck_assert_msg(!addr_parse(str_of(bad[_i]), false, false, &a, &r, &e),
		      "%s", bad[_i]);
	ck_assert_int_eq(e.class, ERR_PERMANENT);
}
END_TEST

START_TEST(refuses_embedded_nul)
{
	struct addr r;

	ck_assert(!addr_parse(STR("a\0b@c"), true, true, &a, &r, NULL));
	ck_assert(!addr_parse(STR("a@b\0c"), true, true, &a, &r, NULL));
	ck_assert(
		!addr_parse(STR("a@\xe6\x97\0.jp"), true, true, &a, &r, NULL));
}
END_TEST

START_TEST(keeps_the_limits)
{
	char s[400];
	struct addr r;

	memset(s, 'a', sizeof(s));
	s[64] = '@';
	ck_assert(
		addr_parse(str_n(s, 64 + 1 + 63), false, false, &a, &r, NULL));
	ck_assert(
		!addr_parse(str_n(s, 64 + 1 + 64), false, false, &a, &r, NULL));
	s[64] = 'a';
	s[65] = '@';
	ck_assert(
		!addr_parse(str_n(s, 65 + 1 + 20), false, false, &a, &r, NULL));
	memset(s, 'a', sizeof(s));
	s[1] = '@';
	for (size_t i = 33; i < sizeof(s); i += 32)
		s[i] = '.';
	ck_assert(addr_parse(str_n(s, 2 + 255), false, false, &a, &r, NULL));
	ck_assert(!addr_parse(str_n(s, 2 + 257), false, false, &a, &r, NULL));
	ck_assert(!addr_parse(str_n(s, 330), false, false, &a, &r, NULL));
}
END_TEST

START_TEST(compares_by_key)
{
	struct addr x, y;

	ck_assert(addr_parse(STR("\"A.b\"@EXAMPLE.jp"), false, false, &a, &x,
			     NULL));
	ck_assert(
		addr_parse(STR("a.B@example.jp."), false, false, &a, &y, NULL));
	ck_assert(addr_same(&x, &y));
}
END_TEST

static const struct {
	const char *pattern, *address;
	bool has;
} sets[] = {
	{"*", "a@b.jp", true},
	{"b.jp", "a@b.jp", true},
	{"b.jp", "a@x.b.jp", false},
	{"B.JP", "a@b.jp", true},
	{"*@b.jp", "a@b.jp", true},
	{"*@b.jp", "a@x.b.jp", false},
	{"*.b.jp", "a@b.jp", false},
	{"*.b.jp", "a@x.b.jp", true},
	{"*.b.jp", "a@x.y.b.jp", true},
	{"*.b.jp", "a@xb.jp", false},
	{"A@b.jp", "a@B.jp", true},
	{"a@b.jp", "a@c.jp", false},
	{"日本.jp", "a@xn--wgv71a.jp", true},
	{" b.jp ", "a@b.jp", true},
};

START_TEST(patterns)
{
	struct addr_pattern p;
	struct addr r;

	ck_assert(addr_pattern_parse(str_of(sets[_i].pattern), &a, &p, NULL));
	ck_assert(addr_parse(str_of(sets[_i].address), false, false, &a, &r,
			     NULL));
	ck_assert_int_eq(addr_pattern_has(&p, &r), sets[_i].has);
}
END_TEST

START_TEST(closest_domain)
{
	static const char *const LIST[] = {"example.jp", "*.example.jp",
					   "*.b.example.jp"};
	static const struct {
		const char *domain;
		size_t fit;
	} V[] = {{"example.jp", SIZE_MAX},
		 {"EXAMPLE.JP", SIZE_MAX},
		 {"a.example.jp", sizeof(".example.jp") - 1},
		 {"a.b.example.jp", sizeof(".b.example.jp") - 1},
		 {"b.example.jp", sizeof(".example.jp") - 1},
		 {".example.jp", 0},
		 {"badexample.jp", 0},
		 {"*.example.jp.net", 0},
		 {"jp", 0},
		 {"", 0}};

	for (size_t i = 0; i < ARRAY_LEN(V); i++)
		ck_assert_msg(domain_fit(LIST, ARRAY_LEN(LIST),
					 str_of(V[i].domain)) == V[i].fit,
			      "%s", V[i].domain);
	ck_assert(domain_fit(NULL, 0, STR("example.jp")) == 0);
}
END_TEST

START_TEST(leads_on_to_others)
{
	static const char *const on[] = {
		"x%out.example@a.jp", "out.example!x@a.jp",
		"\"x@out.example\"@a.jp", "x@out.example@a.jp",
		"=?utf-8?q?x=40out.example?=@a.jp"};
	static const char *const here[] = {"x@a.jp",	 "x+y=out.example@a.jp",
					   "a..b.@a.jp", "x",
					   "=x?@a.jp",	 "",
					   "@"};

	for (size_t i = 0; i < ARRAY_LEN(on); i++)
		ck_assert_msg(addr_routes_on(str_of(on[i])), "%s", on[i]);
	for (size_t i = 0; i < ARRAY_LEN(here); i++)
		ck_assert_msg(!addr_routes_on(str_of(here[i])), "%s", here[i]);
}
END_TEST

START_TEST(bad_patterns)
{
	static const char *const in[] = {"",	"*@",  "*.",	 "@b", "a@",
					 "*@*", "a b", "*.*.jp", "**"};
	struct addr_pattern p;

	for (size_t i = 0; i < ARRAY_LEN(in); i++)
		ck_assert_msg(!addr_pattern_parse(str_of(in[i]), &a, &p, NULL),
			      "%s", in[i]);
}
END_TEST

Suite *test_addr_suite(void)
{
	Suite *s = suite_create("addr");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, begin, end);
	tcase_add_loop_test(c, takes_good_ones, 0, ARRAY_LEN(good));
	tcase_add_loop_test(c, refuses_bad_ones, 0, ARRAY_LEN(bad));
	tcase_add_test(c, refuses_embedded_nul);
	tcase_add_test(c, keeps_the_limits);
	tcase_add_test(c, compares_by_key);
	tcase_add_loop_test(c, patterns, 0, ARRAY_LEN(sets));
	tcase_add_test(c, leads_on_to_others);
	tcase_add_test(c, bad_patterns);
	tcase_add_test(c, closest_domain);
	suite_add_tcase(s, c);
	return s;
}
