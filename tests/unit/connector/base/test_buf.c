/* test_buf.c - buffers and the reader that takes their wire form. */
#include "connector/base/buf.h"
#include <check.h>
#include <signal.h>
#include "connector/base/mem.h"
#include "connector/base/rd.h"

START_TEST(maximum_holds)
{
	struct buf b = BUF_MAX(10);

	ck_assert(buf_puts(&b, "12345678"));
	ck_assert(!buf_puts(&b, "abc"));
	ck_assert(!buf_ok(&b)); /* sticks */
	ck_assert(buf_puts(&b, "90"));
	ck_assert(!buf_ok(&b));
	ck_assert_str_eq(buf_cstr(&b), "1234567890");
	ck_assert_uint_eq(b.n, 10);
	ck_assert(!buf_putc(&b, 'x'));
	buf_clear(&b);
	ck_assert(buf_ok(&b) && b.n == 0);
	ck_assert(buf_printf(&b, "%d-%s", 42, "abcdefg"));
	ck_assert(!buf_printf(&b, "%d", 1));
	ck_assert_str_eq(buf_cstr(&b), "42-abcdefg");
	buf_release(&b);
	ck_assert_uint_eq(b.max, 10);
	ck_assert_ptr_null(buf_room(&b, SIZE_MAX));
	ck_assert(buf_put(&b, NULL, 0));
	buf_release(&b);
}
END_TEST

START_TEST(nothing_fits_in_nothing)
{
	struct buf b = {0};

	ck_assert(!buf_putc(&b, 'x'));
	ck_assert_str_eq(buf_cstr(&b), "");
	buf_release(&b);
}
END_TEST

START_TEST(long_formats)
{
	struct buf b = BUF_MAX(1000);
	char text[600];
	size_t n;
	char *p;

	memset(text, 'x', 599);
	text[599] = '\0';
	ck_assert(buf_printf(&b, "<%s>", text));
	ck_assert_uint_eq(b.n, 601);
	ck_assert(!buf_printf(&b, "<%s>", text));
	ck_assert_uint_eq(b.n, 601);
	p = buf_take(&b, &n);
	ck_assert_uint_eq(n, 601);
	ck_assert_uint_eq(strlen(p), 601);
	ck_assert_ptr_null(b.p);
	mem_free(p);
	p = buf_take(&b, NULL);
	ck_assert_str_eq(p, "");
	mem_free(p);
}
END_TEST

START_TEST(front_and_back)
{
	struct buf b = {.max = 1000, .secret = true};

	for (int i = 0; i < 100; i++)
		buf_puts(&b, "0123456789");
	buf_drop(&b, 5);
	buf_truncate(&b, 7);
	ck_assert_str_eq(buf_cstr(&b), "5678901");
	buf_drop(&b, 7);
	ck_assert_uint_eq(b.n, 0);
	buf_clear(&b);
	buf_release(&b);
}
END_TEST

START_TEST(dropping_too_much_is_a_bug)
{
	struct buf b = BUF_MAX(10);

	buf_drop(&b, 1);
}
END_TEST

START_TEST(wire_form)
{
	struct buf b = BUF_MAX(100);
	struct rd r;

	buf_put_u8(&b, 0xfe);
	buf_put_u16(&b, 0xbeef);
	buf_put_u32(&b, 0xdeadbeef);
	buf_put_u64(&b, UINT64_C(0x0123456789abcdef));
	buf_put_bytes(&b, STR("hello"));
	buf_put_bytes(&b, STR_EMPTY);
	ck_assert_uint_eq((unsigned char)b.p[1], 0xef); /* little endian */
	r = rd_of(buf_str(&b));
	ck_assert_uint_eq(rd_u8(&r), 0xfe);
	ck_assert_uint_eq(rd_u16(&r), 0xbeef);
	ck_assert_uint_eq(rd_u32(&r), 0xdeadbeef);
	ck_assert_uint_eq(rd_u64(&r), UINT64_C(0x0123456789abcdef));
	ck_assert(str_is(rd_lenbytes(&r, 5), "hello"));
	ck_assert_uint_eq(rd_lenbytes(&r, 5).n, 0);
	ck_assert(rd_end(&r));
	/* every cut is noticed, none reads past it */
	for (size_t n = 0; n < b.n; n++) {
		char *copy = mem_dup(b.p, n);

		r = rd_of(str_n(copy, n));
		rd_u8(&r);
		rd_u16(&r);
		rd_u32(&r);
		rd_u64(&r);
		rd_lenbytes(&r, 100);
		rd_lenbytes(&r, 100);
		ck_assert(!rd_ok(&r) && !rd_end(&r));
		ck_assert_uint_eq(rd_u32(&r), 0);
		ck_assert_ptr_null(rd_bytes(&r, 0).p);
		ck_assert_ptr_null(rd_rest(&r).p);
		mem_free(copy);
	}
	buf_release(&b);
}
END_TEST

START_TEST(half_a_field_is_no_field)
{
	struct buf b = BUF_MAX(10);

	ck_assert(!buf_put_bytes(&b, STR("1234567")));
	ck_assert_uint_eq(b.n, 0);
	ck_assert(!buf_ok(&b));
	buf_release(&b);
}
END_TEST

START_TEST(counts_and_lengths_are_bounded)
{
	struct rd r = rd_of(STR("\x05\0\0\0abcde"));

	ck_assert_uint_eq(rd_lenbytes(&r, 4).n, 0);
	ck_assert(!rd_ok(&r));
	r = rd_of(STR("\xff\xff\xff\xff"));
	rd_lenbytes(&r, SIZE_MAX);
	ck_assert(!rd_ok(&r));
	r = rd_of(STR("\x02\0\0\0abcd"));
	ck_assert_uint_eq(rd_count(&r, 10, 2), 2);
	r = rd_of(STR("\x02\0\0\0abc"));
	ck_assert_uint_eq(rd_count(&r, 10, 2), 0);
	ck_assert(!rd_ok(&r));
	r = rd_of(STR("\x02\0\0\0abc"));
	ck_assert_uint_eq(rd_count(&r, 1, 0), 0);
	ck_assert(!rd_ok(&r));
}
END_TEST

static bool is_digit(unsigned char c)
{
	return ascii_digit((char)c);
}

START_TEST(text_reading)
{
	struct rd r = rd_of(STR("From:12x"));

	ck_assert_int_eq(rd_peek(&r), 'F');
	ck_assert(!rd_accept_ci(&r, "to:"));
	ck_assert(!rd_accept_ci(&r, "from:12xy"));
	ck_assert(rd_accept_ci(&r, "FROM"));
	ck_assert(!rd_accept(&r, ';') && rd_accept(&r, ':'));
	ck_assert(str_is(rd_while(&r, is_digit), "12"));
	ck_assert_uint_eq(rd_while(&r, is_digit).n, 0);
	ck_assert_int_eq(rd_byte(&r), 'x');
	ck_assert_int_eq(rd_byte(&r), -1);
	ck_assert_int_eq(rd_peek(&r), -1);
	ck_assert(rd_end(&r));
	ck_assert_uint_eq(r.pos, 8);
	r = rd_of(STR_EMPTY);
	ck_assert(rd_end(&r) && rd_rest(&r).n == 0 && rd_ok(&r));
}
END_TEST

Suite *test_buf_suite(void);
Suite *test_buf_suite(void)
{
	Suite *s = suite_create("base/buf");
	TCase *t = tcase_create("buf");

	tcase_add_test(t, maximum_holds);
	tcase_add_test(t, nothing_fits_in_nothing);
	tcase_add_test(t, long_formats);
	tcase_add_test(t, front_and_back);
	tcase_add_test_raise_signal(t, dropping_too_much_is_a_bug, SIGABRT);
	tcase_add_test(t, wire_form);
	tcase_add_test(t, half_a_field_is_no_field);
	tcase_add_test(t, counts_and_lengths_are_bounded);
	tcase_add_test(t, text_reading);
	suite_add_tcase(s, t);
	return s;
}
