/* test_codec.c - codecs and UTF-8. */
#include "connector/base/codec.h"
#include <check.h>
#include "connector/base/id.h"
#include "connector/base/utf8.h"

typedef bool decoder(struct buf *out, struct str in);
typedef void encoder(struct buf *out, struct str in);

static void is(decoder *d, const char *in, const char *want)
{
	struct buf b = BUF_MAX(100);

	buf_puts(&b, "+");
	ck_assert_msg(d(&b, str_of(in)) == (want != NULL), "%s", in);
	ck_assert_str_eq(buf_cstr(&b) + 1, want ? want : "");
	buf_release(&b);
}

static void gives(encoder *en, struct str in, const char *want)
{
	struct buf b = BUF_MAX(strlen(want));

	en(&b, in);
	ck_assert_str_eq(buf_cstr(&b), want);
	ck_assert(buf_ok(&b));
	if (*want) { /* one byte less: nothing at all, and full */
		buf_release(&b);
		b.max--;
		en(&b, in);
		ck_assert_uint_eq(b.n, 0);
		ck_assert(!buf_ok(&b));
	}
	buf_release(&b);
}

START_TEST(base64)
{
	gives(b64_encode, STR(""), "");
	gives(b64_encode, STR("f"), "Zg=="); /* RFC 4648 10 */
	gives(b64_encode, STR("fo"), "Zm8=");
	gives(b64_encode, STR("foo"), "Zm9v");
	gives(b64_encode, STR("foob"), "Zm9vYg==");
	gives(b64_encode, STR("\xff\xfe\xfd"), "//79");
	gives(b64url_encode, STR("\xff\xfe\xfd\xff"), "__79_w");
	is(b64_decode, "", "");
	is(b64_decode, "Zm9vYmFy", "foobar");
	is(b64_decode, "Zm8=", "fo");
	is(b64_decode, "Zg==", "f");
	is(b64_decode, "Zg=", NULL);
	is(b64_decode, "Zg", NULL);
	is(b64_decode, "Zh==", NULL); /* unused bits */
	is(b64_decode, "Z===", NULL);
	is(b64_decode, "====", NULL);
	is(b64_decode, "Zg==Zg==", NULL);
	is(b64_decode, "Zm9v\r\n", NULL);
	is(b64_decode, "Zm-_", NULL);
	is(b64url_decode, "Zm8", "fo");
	is(b64url_decode, "Zm8=", NULL);
	is(b64url_decode, "Zm+/", NULL);
	is(b64url_decode, "Z", NULL);
}
END_TEST

START_TEST(base64_lines)
{
	char in[58];

	memset(in, 0, sizeof(in));
	gives(b64_encode_mime, str_n(in, 0), "");
	gives(b64_encode_mime, str_n(in, 57),
	      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	      "AAAAAAAAAAAA\r\n");
	gives(b64_encode_mime, str_n(in, 58),
	      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	      "AAAAAAAAAAAA\r\nAA==\r\n");
}
END_TEST

START_TEST(round_trips)
{
	char in[200];

	for (size_t n = 0; n < sizeof(in); n++) {
		struct buf text = BUF_MAX(KIB), back = BUF_MAX(KIB);

		random_bytes(in, n);
		b64_encode(&text, str_n(in, n));
		ck_assert(b64_decode(&back, buf_str(&text)));
		ck_assert(str_eq(buf_str(&back), str_n(in, n)));
		buf_clear(&text);
		buf_clear(&back);
		hex_encode(&text, str_n(in, n));
		ck_assert(hex_decode(&back, buf_str(&text)));
		ck_assert(str_eq(buf_str(&back), str_n(in, n)));
		buf_clear(&text);
		buf_clear(&back);
		percent_encode(&text, str_n(in, n));
		ck_assert(percent_decode(&back, buf_str(&text), true));
		ck_assert(str_eq(buf_str(&back), str_n(in, n)));
		buf_clear(&text);
		buf_clear(&back);
		xtext_encode(&text, str_n(in, n));
		ck_assert(xtext_decode(&back, buf_str(&text)));
		ck_assert(str_eq(buf_str(&back), str_n(in, n)));
		buf_release(&text);
		buf_release(&back);
	}
}
END_TEST

static bool form_decode(struct buf *out, struct str in)
{
	return percent_decode(out, in, true);
}

START_TEST(others)
{
	gives(hex_encode, STR("\x0f\xa0"), "0fa0");
	is(hex_decode, "4aB", NULL);
	is(hex_decode, "4a4B", "JK");
	is(hex_decode, "4g", NULL);
	gives(percent_encode, STR("a b/~\xff"), "a%20b%2F~%FF");
	is(form_decode, "a+b%2b", "a b+");
	is(form_decode, "%", NULL);
	is(form_decode, "%4", NULL);
	is(form_decode, "a%4g", NULL);
	gives(xtext_encode, STR("a+b=c d"), "a+2Bb+3Dc+20d");
	is(xtext_decode, "a+2Bb", "a+b");
	is(xtext_decode, "a+2b", NULL); /* upper case only */
	is(xtext_decode, "a+2", NULL);
	is(xtext_decode, "a=b", NULL);
	is(xtext_decode, "a b", NULL);
}
END_TEST

START_TEST(utf8_is_strict)
{
	static const char *const bad[] = {"\x80",
					  "\xc0\x80",
					  "\xc1\xbf",
					  "\xe0\x9f\xbf",
					  "\xed\xa0\x80",
					  "\xed\xbf\xbf",
					  "\xf0\x8f\xbf\xbf",
					  "\xf4\x90\x80\x80",
					  "\xf5\x80\x80\x80",
					  "\xe3\x81",
					  "\xff",
					  "\xc3(",
					  "\xe3(\x81"};

	ck_assert(utf8_valid(STR("")));
	ck_assert(utf8_valid(STR("a\xc2\x80\xed\x9f\xbf\xee\x80\x80"
				 "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct str s = str_of(bad[i]);
		size_t n = s.n;

		ck_assert_msg(!utf8_valid(s), "%zu", i);
		ck_assert_int_eq(utf8_next(&s), 0xfffd);
		ck_assert_uint_eq(s.n, n - 1); /* one byte at a time */
	}
}
END_TEST

START_TEST(utf8_points)
{
	struct buf b = BUF_MAX(16);
	struct str s;

	for (uint32_t cp = 1; cp < 0x110000; cp += cp < 0x3000 ? 1 : 97) {
		buf_clear(&b);
		ck_assert(utf8_put(&b, cp));
		s = buf_str(&b);
		ck_assert_int_eq(utf8_next(&s), cp >= 0xd800 && cp <= 0xdfff
							? 0xfffd
							: (int)cp);
		ck_assert_int_eq(utf8_next(&s), -1);
	}
	buf_clear(&b);
	utf8_put(&b, 0x110000);
	ck_assert_str_eq(buf_cstr(&b), "\xef\xbf\xbd");
	ck_assert_uint_eq(utf8_length(STR("a\xe9\x96\xa2\xff")), 3);
	buf_release(&b);
}
END_TEST

static void cleans(struct str in, size_t max, const char *want)
{
	struct buf b = BUF_MAX(KIB);

	utf8_clean(&b, in, max);
	ck_assert_str_eq(buf_cstr(&b), want);
	ck_assert(utf8_valid(buf_str(&b)));
	buf_release(&b);
}

#define BAD "\xef\xbf\xbd"

START_TEST(shown_text_is_harmless)
{
	cleans(STR("plain \xe9\x96\xa2\xe6\x89\x80"), 100,
	       "plain \xe9\x96\xa2\xe6\x89\x80");
	cleans(STR("a\r\nBcc: x"), 100, "a" BAD BAD "Bcc: x");
	cleans(STR("a\tb\0c"), 100, "a b" BAD "c");
	cleans(STR("x\xe2\x80\xaegpj.exe"), 100, "x" BAD "gpj.exe");
	cleans(STR("\xe2\x81\xa6\xc2\x85\xe2\x80\xa8"), 100, BAD BAD BAD);
	cleans(STR("pay\xe2\x80\x8bpal\xef\xbb\xbf"), 100, "paypal");
	cleans(STR("\xff\xfe"), 100, BAD BAD);
	cleans(STR("abcdef"), 3, "abc\xe2\x80\xa6");
	cleans(STR("abc"), 3, "abc");
	cleans(STR("abc\xe2\x80\x8b"), 3, "abc");
}
END_TEST

Suite *test_codec_suite(void);
Suite *test_codec_suite(void)
{
	Suite *s = suite_create("base/codec");
	TCase *t = tcase_create("codec");

	tcase_add_test(t, base64);
	tcase_add_test(t, base64_lines);
	tcase_add_test(t, round_trips);
	tcase_add_test(t, others);
	tcase_add_test(t, utf8_is_strict);
	tcase_add_test(t, utf8_points);
	tcase_add_test(t, shown_text_is_harmless);
	suite_add_tcase(s, t);
	return s;
}
