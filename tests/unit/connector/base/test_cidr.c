/* Networks: what is read is written in the same form. */
#include "connector/base/cidr.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>

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

static bool is_inside(const char *address)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
		return cidr_is_inside((const struct sockaddr *)&v4);
	ck_assert_int_eq(inet_pton(AF_INET6, address, &v6.sin6_addr), 1);
	return cidr_is_inside((const struct sockaddr *)&v6);
}

START_TEST(inside_and_outside)
{
	static const char *const in[] = {
		"0.0.0.0",
		"10.0.0.1",
		"10.255.255.255",
		"100.64.0.1",
		"100.127.255.255",
		"127.0.0.1",
		"127.255.255.255",
		"169.254.169.254",
		"172.16.0.1",
		"172.31.255.255",
		"192.0.0.8",
		"192.168.0.1",
		"198.19.0.1",
		"224.0.0.1",
		"255.255.255.255",
		"::",
		"::1",
		"::ffff:10.0.0.1",
		"::ffff:0.0.0.0",
		"::127.0.0.1",
		"fe80::1",
		"febf::1",
		"fec0::1",
		"fc00::1",
		"fdff::1",
		"ff02::1",
		"64:ff9b::a00:1",
		"64:ff9b:1::1",
		"64:ff9b::7f00:1",
		"2002:7f00:1::",
		"2002:a00:1::1",
		"2002:c0a8:101::1",
		"::ffff:169.254.169.254",
		"100::1",
		"2001::1",
		"2001:0:7f00:1::",
		"2001:1ff:ffff::1",
		"::ffff:0:127.0.0.1",
		"::ffff:0:8.8.8.8",
		"5f00::1",
		"4000::1",
		"fe7f::1",
		"fbff::1",
		"64:ff9a::a00:1",
		"1fff:ffff::1",
	};
	static const char *const out[] = {
		"1.1.1.1",	     "9.255.255.255",	"11.0.0.0",
		"100.63.255.255",    "100.128.0.0",	"126.255.255.255",
		"128.0.0.0",	     "169.253.255.255", "172.15.255.255",
		"172.32.0.0",	     "192.0.1.1",	"192.167.255.255",
		"192.169.0.0",	     "198.17.255.255",	"198.20.0.0",
		"223.255.255.255",   "2001:4860::8888", "::ffff:8.8.8.8",
		"64:ff9b::808:808",  "2002:808:808::1", "2001:a00:1::1",
		"2001:200::1",	     "2000::1",		"3fff:ffff::1",
		"2400:cb00:2048::1",
	};
	struct sockaddr other = {.sa_family = AF_UNIX};

	for (size_t i = 0; i < ARRAY_LEN(in); i++)
		ck_assert_msg(is_inside(in[i]), "%s", in[i]);
	for (size_t i = 0; i < ARRAY_LEN(out); i++)
		ck_assert_msg(!is_inside(out[i]), "%s", out[i]);
	ck_assert(cidr_is_inside(&other));
}
END_TEST

Suite *test_cidr_suite(void)
{
	Suite *s = suite_create("cidr");
	TCase *c = tcase_create("all");

	tcase_add_test(c, round_trip);
	tcase_add_test(c, inside_and_outside);
	suite_add_tcase(s, c);
	return s;
}
