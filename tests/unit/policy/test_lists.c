/* Lists and people: encodings, shipped lists, people's columns. */
#include "tests/unit/policy/try.h"

#include "policy/policy_int.h"

Suite *test_lists_suite(void);

static const struct {
	const char *text;
	size_t n;
	const char *head, *cell;
} CODES[] = {
#define BYTES(s) s, sizeof(s) - 1
	/* UTF-8, with and without BOM. */
	{BYTES("名前\n山田\n"), "名前", "山田"},
	{BYTES("\xef\xbb\xbf"
	       "a\nb\n"),
	 "a", "b"},
	/* CP932: 2 bytes, half-width kana, NEC and IBM extensions, 0x5c as a
	 * second byte. */
	{BYTES("\x96\xbc\x91\x4f\r\n\x8e\x52\x93\x63\r\n"), "名前", "山田"},
	{BYTES("\xb6\xc5\n\x87\x8a\xfb\xfc\n"), "ｶﾅ", "㈱髙"},
	{BYTES("a,b\n\x95\x5c\x8e\xa6,x\n"), "a", "表示"},
	/* UTF-16 as Excel's "Unicode text". */
	{BYTES("\xff\xfe\x0d\x54\x09\x00"
	       "b\x00\n\x00\x3d\xd8\x00\xde\t\x00"
	       "c\x00\n\x00"),
	 "名", "😀"},
	{BYTES("\xfe\xff\x54\x0d\x00\n\x00x\x00\n"), "名", "x"},
	/* Tabs part cells where no comma does. */
	{BYTES("a\tb\nx,y\tz\n"), "a", "x,y"},
};

START_TEST(encodings)
{
	struct conf_errors errs = {0};
	struct csv csv;

	ck_assert(csv_parse(str_n(CODES[_i].text, CODES[_i].n), "f",
			    try_arena(), &errs, &csv));
	ck_assert(str_is(csv.head[0], CODES[_i].head));
	ck_assert_uint_eq(csv.n, 1);
	ck_assert(str_is(csv.row[0].cell[0], CODES[_i].cell));
}
END_TEST

static const struct {
	const char *text;
	size_t n;
	unsigned line;
} BROKEN[] = {
	{BYTES("\x93"), 1},
	{BYTES("a\nb\n\x93\x39\n"), 3},
	{BYTES("a\n\x85\x40\n"), 2}, /* no such character */
	{BYTES("a\n\xf0\x40\n"), 2}, /* a private one */
	{BYTES("a\n\x80\n"), 2},
	{BYTES("\xff\xfe\x00\xd8x\x00"), 1}, /* half a pair */
	{BYTES("\xff\xfe\n\x00x"), 2},
};

START_TEST(broken_bytes)
{
	struct conf_errors errs = {0};
	struct csv csv;

	ck_assert(!csv_parse(str_n(BROKEN[_i].text, BROKEN[_i].n), "f",
			     try_arena(), &errs, &csv));
	ck_assert(strstr(errs.v[0].en, "neither"));
	ck_assert_uint_eq(errs.v[0].line, BROKEN[_i].line);
	conf_errors_release(&errs);
}
END_TEST

Suite *test_lists_suite(void)
{
	Suite *s = suite_create("lists");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, try_begin, try_end);
	tcase_add_loop_test(t, encodings, 0, ARRAY_LEN(CODES));
	tcase_add_loop_test(t, broken_bytes, 0, ARRAY_LEN(BROKEN));
	suite_add_tcase(s, t);
	return s;
}
