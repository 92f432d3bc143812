/* Many bytes at a time: the same as one by one, at every width. */
#include <check.h>
#include "connector/base/codec.h"
#include "connector/base/macros.h"
#include "connector/extract/decode_int.h"
#include "connector/extract/source_int.h"
#include "connector/extract/wide_int.h"

Suite *test_wide_suite(void);

#define BYTES 2000

static uint32_t seed;

static unsigned chance(unsigned of)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % of;
}

static void start(void)
{
	seed = 1;
}

static void stop(void)
{
	wide_set_narrow(false);
}

/* Base64 in lines; here and there something else. */
static void make(struct buf *out, const char *odd, unsigned share)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
				       "mnopqrstuvwxyz0123456789+/";

	buf_clear(out);
	while (out->n < BYTES) {
		if (share && chance(share) == 0)
			buf_putc(out, odd[chance((unsigned)strlen(odd) + 1)]);
		else
			buf_putc(out, alphabet[chance(64)]);
		if (out->n % 78 == 76)
			buf_puts(out, "\r\n");
	}
}

static void count_one_by_one(struct counter *c, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		counter_add(c, s.p + i, 1);
}

static void decode_one_by_one(struct decoder *d, struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++)
		decoder_add(d, str_n(s.p + i, 1), out);
}

static void same(struct str s)
{
	AUTO(buf) slow = BUF_MAX(2 * BYTES);
	AUTO(buf) fast = BUF_MAX(2 * BYTES);
	struct counter a, b;
	struct decoder d, e;

	counter_init(&a, CTE_BASE64);
	counter_init(&b, CTE_BASE64);
	count_one_by_one(&a, s);
	counter_add(&b, s.p, s.n);
	ck_assert_uint_eq(a.alphabet, b.alphabet);
	ck_assert_uint_eq(a.pad, b.pad);
	ck_assert_uint_eq(counter_end(&a), counter_end(&b));
	ck_assert_int_eq(a.bad, b.bad);
	decoder_init(&d, CTE_BASE64);
	decoder_init(&e, CTE_BASE64);
	decode_one_by_one(&d, s, &slow);
	decoder_add(&e, s, &fast);
	ck_assert(str_eq(buf_str(&slow), buf_str(&fast)));
}

START_TEST(base64_is_counted_and_decoded_alike)
{
	static const unsigned shares[] = {0, 1000, 300, 100, 20, 2};
	AUTO(buf) b = BUF_MAX(2 * BYTES);

	wide_set_narrow(_i);
	for (unsigned i = 0; i < 600; i++) {
		make(&b, i % 2 ? "=" : "@[`{/:+, .-!=\t\x80\xff",
		     shares[i % ARRAY_LEN(shares)]);
		same(str_skip(buf_str(&b), i % 37));
		same(str_head(buf_str(&b), i));
	}
}
END_TEST

/* Each byte that there is, at each place of a lane. */
START_TEST(each_byte)
{
	AUTO(buf) b = BUF_MAX(2 * BYTES);

	wide_set_narrow(_i);
	for (unsigned c = 0; c < 256; c++) {
		make(&b, "", 0);
		b.p[200 + c % 64] = (char)c;
		same(str_head(buf_str(&b), 500));
	}
}
END_TEST

static void facts_of(struct str s, struct wide_facts *f)
{
	for (size_t i = 0; i < s.n; i++) {
		char before = i ? s.p[i - 1] : 0;

		f->bare_lf |= s.p[i] == '\n' && before != '\r';
		f->bare_cr |= s.p[i] != '\n' && before == '\r';
		f->nul |= s.p[i] == 0;
		f->high |= (s.p[i] & 0x80) != 0;
	}
	f->bare_cr |= s.n && s.p[s.n - 1] == '\r';
}

START_TEST(facts_are_found_anywhere)
{
	AUTO(buf) b = BUF_MAX(2 * BYTES);

	wide_set_narrow(_i);
	for (unsigned i = 0; i < 3000; i++) {
		struct extract_source in;
		struct wide_facts f = {0};
		struct source s;

		make(&b, "", 0);
		if (i % 4)
			b.p[chance(BYTES)] = "\r\n\0\x80"[chance(4)];
		in = (struct extract_source){.size = b.n - i % 40,
					     .p = b.p + i % 40};
		source_init(&s, &in, NULL);
		facts_of(str_n(in.p, (size_t)in.size), &f);
		ck_assert_int_eq(s.has_bare_lf, f.bare_lf);
		ck_assert_int_eq(s.has_bare_cr, f.bare_cr);
		ck_assert_int_eq(s.has_nul, f.nul);
		ck_assert_int_eq(s.has_8bit, f.high);
	}
}
END_TEST

Suite *test_wide_suite(void)
{
	Suite *s = suite_create("wide");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, start, stop);
	tcase_add_loop_test(c, base64_is_counted_and_decoded_alike, 0, 2);
	tcase_add_loop_test(c, each_byte, 0, 2);
	tcase_add_loop_test(c, facts_are_found_anywhere, 0, 2);
	suite_add_tcase(s, c);
	return s;
}
