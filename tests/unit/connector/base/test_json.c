/* test_json.c - strict reading, exact integers, building. */
#include "connector/base/json.h"
#include <check.h>
#include <stdio.h>
#include "connector/base/mem.h"

static void round_trip(const char *text)
{
	struct err e = ERR_EMPTY;
	struct json *j = json_parse(str_of(text), &e);
	struct buf b = BUF_MAX(MIB);

	ck_assert_msg(j != NULL, "%s: %s", text, e.text);
	json_print(j, &b, false);
	ck_assert_str_eq(buf_cstr(&b), text);
	json_free(&j);
	ck_assert_ptr_null(j);
	buf_release(&b);
}

static void refused(struct str text)
{
	struct err e = ERR_EMPTY;

	ck_assert_msg(json_parse(text, &e) == NULL, STR_FMT, STR_ARG(text));
	ck_assert_int_ne(e.class, ERR_NONE);
	ck_assert_int_ne(e.text[0], 0);
}

START_TEST(round_trips)
{
	round_trip("{}");
	round_trip("[]");
	round_trip("null");
	round_trip("\"a\\\"b\\\\c\\n\"");
	round_trip("[true,false,null,0,-1,1.5,\"\xe9\x96\xa2\"]");
	round_trip("{\"a\":{\"b\":[{\"c\":[]}]}}");
	round_trip("[9007199254740993,-9223372036854775808,1767225600000000]");
	round_trip("{\"x\":123456789012345678901234567890}");
}
END_TEST

START_TEST(what_is_refused)
{
	static const char *const bad[] = {"",
					  " ",
					  "{",
					  "[",
					  "[1,]",
					  "{\"a\"}",
					  "{\"a\":}",
					  "{a:1}",
					  "{\"a\":1,}",
					  "01",
					  "-",
					  "+1",
					  "1.",
					  ".5",
					  "1e",
					  "1e+",
					  "NaN",
					  "Infinity",
					  "nul",
					  "nullx",
					  "true false",
					  "{} x",
					  "'a'",
					  "\"a",
					  "\"\n\"",
					  "\"\\x\"",
					  "\"\\u12g4\"",
					  "\"\\u0000\"",
					  "\"\\ud800\"",
					  "\"\\udc00\"",
					  "\"\\ud800\\u0041\"",
					  "\"\xff\"",
					  "\"\xc0\xaf\"",
					  "\xef\xbb\xbf{}",
					  "{\"a\":1,\"a\":2}",
					  "[{\"x\":1,\"\\u0078\":2}]",
					  "[1 2]",
					  "{\"a\" 1}",
					  "[1]]",
					  "/* c */ 1",
					  "\"\x01\"",
					  "[\"a\":1]",
					  "0x10",
					  "--1"};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		refused(str_of(bad[i]));
	refused(STR("1\0"));
	refused(STR("\"a\0b\""));
	refused(STR("{\"a\0b\":1}"));
}
END_TEST

START_TEST(lines_are_told)
{
	struct err e = ERR_EMPTY;

	ck_assert_ptr_null(json_parse(STR("{\n\"a\": 1,\n\"b\": x}"), &e));
	ck_assert_str_eq(e.text, "JSON, line 3: a value expected");
	ck_assert_ptr_null(json_parse(STR("{\"a\": 1, \"a\": 2}"), &e));
	ck_assert_str_eq(e.text, "JSON: key \"a\" twice");
}
END_TEST

START_TEST(depth_and_size)
{
	struct buf b = BUF_MAX(32 * MIB);
	struct err e = ERR_EMPTY;
	struct json *j;

	for (int depth = JSON_DEPTH_MAX; depth < JSON_DEPTH_MAX + 2; depth++) {
		buf_clear(&b);
		for (int i = 0; i < depth; i++)
			buf_putc(&b, '[');
		for (int i = 0; i < depth; i++)
			buf_putc(&b, ']');
		j = json_parse(buf_str(&b), &e);
		ck_assert(depth > JSON_DEPTH_MAX ? j == NULL : j != NULL);
		json_free(&j);
	}
	buf_clear(&b);
	for (int i = 0; i < 5 * 1000 * 1000; i++) /* no stack is used up */
		buf_putc(&b, '[');
	refused(buf_str(&b));
	buf_clear(&b);
	buf_putc(&b, '[');
	for (int i = 0; i < JSON_NODES_MAX + 1; i++)
		buf_puts(&b, "0,");
	buf_puts(&b, "0]");
	refused(buf_str(&b));
	buf_clear(&b);
	buf_putc(&b, '"');
	while (b.n < JSON_BYTES_MAX)
		buf_puts(&b, "aaaaaaaaaaaaaaaa");
	buf_putc(&b, '"');
	refused(buf_str(&b));
	buf_release(&b);
}
END_TEST

static int64_t int_of(const char *text)
{
	struct err e = ERR_EMPTY;
	struct json *j = json_parse(str_of(text), &e);
	int64_t v;

	ck_assert_msg(j != NULL, "%s: %s", text, e.text);
	ck_assert_int_eq(json_type(j), JSON_NUMBER);
	v = json_int(j, -77);
	json_free(&j);
	return v;
}

START_TEST(integers_are_exact_or_nothing)
{
	ck_assert_int_eq(int_of("0"), 0);
	ck_assert_int_eq(int_of("-0"), 0);
	ck_assert_int_eq(int_of("2147483648"), INT64_C(2147483648));
	ck_assert_int_eq(int_of("999999999999999"), INT64_C(999999999999999));
	ck_assert_int_eq(int_of("9007199254740993"), INT64_C(9007199254740993));
	ck_assert_int_eq(int_of("-9007199254740993"),
			 INT64_C(-9007199254740993));
	ck_assert_int_eq(int_of("9223372036854775807"), INT64_MAX);
	ck_assert_int_eq(int_of("-9223372036854775808"), INT64_MIN);
	ck_assert_int_eq(int_of("9223372036854775808"), -77);
	ck_assert_int_eq(int_of("123456789012345678901234567890123456789012345"
				"6789012345678901234567890123456789"),
			 -77);
	ck_assert_int_eq(int_of("1.5"), -77);
	ck_assert_int_eq(int_of("2e3"), 2000);
	ck_assert_int_eq(int_of("9007199254740993.0"), 9007199254740992);
	ck_assert_int_eq(int_of("1e300"), -77);
	ck_assert_int_eq(int_of("1e999"), -77);
	ck_assert_int_eq(int_of("-1e999"), -77);
}
END_TEST

START_TEST(reading)
{
	struct err e = ERR_EMPTY;
	struct json *j = json_parse(
		STR("{\"s\":\"x\",\"n\":5,\"t\":true,\"o\":{\"A\":1},"
		    "\"a\":[1,\"two\",null]}"),
		&e);
	const struct json *a, *m;

	ck_assert_ptr_nonnull(j);
	ck_assert_int_eq(json_type(j), JSON_OBJECT);
	ck_assert_uint_eq(json_size(j), 5);
	ck_assert_str_eq(json_get_cstr(j, "s", "f"), "x");
	ck_assert_str_eq(json_get_cstr(j, "n", "f"), "f");
	ck_assert_str_eq(json_get_cstr(j, "none", "f"), "f");
	ck_assert_int_eq(json_get_int(j, "n", 9), 5);
	ck_assert_int_eq(json_get_int(j, "s", 9), 9);
	ck_assert(json_get_bool(j, "t", false));
	ck_assert(json_get_bool(j, "n", true));
	ck_assert_ptr_null(json_get(json_get(j, "o"), "a")); /* case counts */
	ck_assert_ptr_null(json_get(json_get(j, "a"), "x"));
	ck_assert_ptr_null(json_get(NULL, "x"));
	a = json_get(j, "a");
	ck_assert_int_eq(json_type(a), JSON_ARRAY);
	ck_assert_str_eq(json_key(a), "a");
	ck_assert_uint_eq(json_size(a), 3);
	ck_assert_str_eq(json_cstr(json_at(a, 1), NULL), "two");
	ck_assert_int_eq(json_type(json_at(a, 2)), JSON_NULL);
	ck_assert_ptr_null(json_at(a, 3));
	ck_assert_ptr_null(json_at(a, SIZE_MAX));
	ck_assert_ptr_null(json_at(NULL, 0));
	ck_assert_uint_eq(json_size(NULL), 0);
	m = json_at(j, 0);
	for (size_t i = 0; m; m = json_next(m), i++)
		ck_assert_ptr_eq(m, json_at(j, i));
	json_free(&j);
	json_free(&j);
}
END_TEST

START_TEST(building)
{
	struct json *j = json_object(), *list;
	struct buf b = BUF_MAX(KIB);

	json_add_cstr(j, "s", "a\"b");
	json_add_cstr(j, "none", NULL);
	json_add_str(j, "bad", STR("x\xff\0y"));
	json_add_int(j, "i", INT64_C(1767225600123456));
	json_add_int(j, "min", INT64_MIN);
	json_add_bool(j, "b", true);
	list = json_add_array(j, "l");
	json_add_int(list, NULL, 7);
	json_add_cstr(json_add_object(list, NULL), "k", "v");
	json_add(list, NULL, json_array());
	json_add_null(list, NULL);
	json_print(j, &b, false);
	ck_assert_str_eq(buf_cstr(&b),
			 "{\"s\":\"a\\\"b\",\"none\":null,"
			 "\"bad\":\"x\xef\xbf\xbd\xef\xbf\xbdy\","
			 "\"i\":1767225600123456,"
			 "\"min\":-9223372036854775808,\"b\":true,"
			 "\"l\":[7,{\"k\":\"v\"},[],null]}");
	ck_assert_int_eq(json_get_int(j, "i", 0), INT64_C(1767225600123456));
	buf_clear(&b);
	json_print(j, &b, true);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&b), "\n"));
	json_free(&j);
	buf_release(&b);
}
END_TEST

Suite *test_json_suite(void);
Suite *test_json_suite(void)
{
	Suite *s = suite_create("base/json");
	TCase *t = tcase_create("json");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, round_trips);
	tcase_add_test(t, what_is_refused);
	tcase_add_test(t, lines_are_told);
	tcase_add_test(t, depth_and_size);
	tcase_add_test(t, integers_are_exact_or_nothing);
	tcase_add_test(t, reading);
	tcase_add_test(t, building);
	suite_add_tcase(s, t);
	return s;
}
