/* test_wire.c - record data: names, texts, what is cut or out of bounds. */
#include "connector/sys/dns/wire.h"
#include <check.h>

Suite *test_wire_suite(void);

static struct arena a;

static void teardown(void)
{
	arena_release(&a);
}

START_TEST(names)
{
	static const struct {
		struct str wire;
		const char *text; /* NULL: refused */
	} cases[] = {
		{STR("\0"), "."},
		{STR("\1A\4TEST\0"), "a.test"},
		{STR("\4_dmk\1-\0"), "_dmk.-"},
		{STR("\1a"), NULL},	 /* no end */
		{STR("\5ab\0"), NULL},	 /* longer than there is */
		{STR("\xc0\x0c"), NULL}, /* pointer */
		{STR("\x41"
		     "a\0"),
		 NULL},			/* old label type */
		{STR("\3a.b\0"), NULL}, /* a dot inside */
		{STR("\2a\0\0"), NULL}, /* a NUL inside */
		{STR("\2a \0"), NULL},
		{STR(""), NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rd in = rd_of(cases[i].wire);
		struct str name;
		bool ok = dns_wire_name(&in, &a, &name);

		ck_assert_msg(ok == (cases[i].text != NULL), "case %zu", i);
		if (ok)
			ck_assert_msg(str_is(name, cases[i].text), STR_FMT,
				      STR_ARG(name));
	}
}
END_TEST

START_TEST(longest_name)
{
	char wire[400];
	struct str name;

	for (size_t labels = 1; labels <= 5; labels++) {
		size_t n = 0;
		struct rd in;

		for (size_t i = 0; i < labels; i++) {
			/* 63 63 63 61: 255 with lengths and root */
			size_t len = i < 3 ? 63 : 61;

			wire[n++] = (char)len;
			memset(wire + n, 'x', len);
			n += len;
		}
		wire[n++] = 0;
		in = rd_of(str_n(wire, n));
		ck_assert(dns_wire_name(&in, &a, &name) == (labels <= 4));
	}
}
END_TEST

START_TEST(texts_are_joined)
{
	struct dns_record r;

	ck_assert(dns_wire_record(DNS_TXT, STR("\2ab\0\3 cd"), &a, &r));
	ck_assert(str_is(r.data, "ab cd"));
	ck_assert(!dns_wire_record(DNS_TXT, STR("\2ab\4cd"), &a, &r));
	ck_assert(dns_wire_record(DNS_TXT, STR_EMPTY, &a, &r));
	ck_assert_uint_eq(r.data.n, 0);
}
END_TEST

START_TEST(data_of_fixed_size)
{
	static const char bytes[20] = {0};
	struct dns_record r;

	for (size_t n = 0; n <= sizeof(bytes); n++) {
		struct str s = str_n(bytes, n);

		ck_assert(dns_wire_record(DNS_A, s, &a, &r) == (n == 4));
		ck_assert(dns_wire_record(DNS_AAAA, s, &a, &r) == (n == 16));
		ck_assert(dns_wire_record(DNS_TLSA, s, &a, &r) == (n >= 3));
	}
	ck_assert(!dns_wire_record((enum dns_type)99, STR("abc"), &a, &r));
}
END_TEST

START_TEST(exchangers)
{
	struct dns_record r;

	ck_assert(dns_wire_record(DNS_MX, STR("\1\2\1A\0"), &a, &r));
	ck_assert_uint_eq(r.preference, 0x102);
	ck_assert(str_is(r.name, "a"));
	ck_assert(!dns_wire_record(DNS_MX, STR("\1\2\1A\0x"), &a, &r));
	ck_assert(!dns_wire_record(DNS_MX, STR("\1\2"), &a, &r));
	ck_assert(!dns_wire_record(DNS_MX, STR("\1"), &a, &r));
}
END_TEST

Suite *test_wire_suite(void)
{
	Suite *s = suite_create("sys/dns-wire");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, NULL, teardown);
	tcase_add_test(c, names);
	tcase_add_test(c, longest_name);
	tcase_add_test(c, texts_are_joined);
	tcase_add_test(c, data_of_fixed_size);
	tcase_add_test(c, exchangers);
	suite_add_tcase(s, c);
	return s;
}
