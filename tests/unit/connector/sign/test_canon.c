/* test_canon.c - the canonical forms, RFC 6376 3.4, in every split. */
#include <check.h>
#include "connector/base/codec.h"
#include "connector/sign/dkim_int.h"

Suite *test_canon_suite(void);

static const struct {
	const char *body, *simple, *relaxed;
} bodies[] = {
	{"", "\r\n", ""}, /* 3.4.3, 3.4.4 */
	{"\r\n", "\r\n", ""},
	{"\r\n\r\n\r\n", "\r\n", ""},
	{"x", "x\r\n", "x\r\n"},
	{"x\r\n", "x\r\n", "x\r\n"},
	{"x\r\n\r\n\r\n", "x\r\n", "x\r\n"},
	{" C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n",
	 " C\r\nD E\r\n"}, /* 3.4.5 */
	{" ", " \r\n", ""},
	{" \r\n", " \r\n", ""},
	{" \r\n\r\n", " \r\n", ""},
	{"\t \r\n \r\nx", "\t \r\n \r\nx\r\n", "\r\n\r\nx\r\n"},
	{"x \r\n \r\n", "x \r\n \r\n", "x\r\n"},
	{"\r\n\r\nx", "\r\n\r\nx\r\n", "\r\n\r\nx\r\n"},
	{"  x", "  x\r\n", " x\r\n"},
	{"a\r\n\r\n\r\nb\r\n", "a\r\n\r\n\r\nb\r\n", "a\r\n\r\n\r\nb\r\n"},
	/* Bytes that are no line end. */
	{"a\nb\n", "a\nb\n\r\n", "a\nb\n\r\n"},
	{"a\rb\r", "a\rb\r\r\n", "a\rb\r\r\n"},
	{"a\r\r\nb", "a\r\r\nb\r\n", "a\r\r\nb\r\n"},
	{"a \r b", "a \r b\r\n", "a \r b\r\n"},
	{"a\r \nb", "a\r \nb\r\n", "a\r \nb\r\n"},
	{"\n", "\n\r\n", "\n\r\n"},
	{"\r", "\r\r\n", "\r\r\n"},
	{"x\r\n\n\r\n", "x\r\n\n\r\n", "x\r\n\n\r\n"},
};

static void body_is(enum dkim_canon canon, struct str body, size_t step,
		    struct str want)
{
	unsigned char got[SHA256_LEN], right[SHA256_LEN];
	struct dkim_body b;

	dkim_body_begin(&b, canon);
	for (size_t at = 0; at < body.n; at += step)
		dkim_body_add(&b, body.p + at, MIN_OF(step, body.n - at));
	dkim_body_end(&b, got);
	sha256_of(want.p, want.n, right);
	ck_assert_msg(memcmp(got, right, SHA256_LEN) == 0, "\"%.*s\" %d %zu",
		      STR_ARG(body), (int)canon, step);
	ck_assert_uint_eq(b.length, want.n);
}

START_TEST(body)
{
	struct str in = str_of(bodies[_i].body);

	for (size_t step = 1; step <= in.n + 1; step++) {
		body_is(DKIM_SIMPLE, in, step, str_of(bodies[_i].simple));
		body_is(DKIM_RELAXED, in, step, str_of(bodies[_i].relaxed));
	}
}
END_TEST

/* The digests that RFC 6376 names for the empty body. */
START_TEST(empty_body)
{
	static const char *const want[] = {
		"frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=",
		"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="};

	for (int canon = DKIM_SIMPLE; canon <= DKIM_RELAXED; canon++) {
		unsigned char hash[SHA256_LEN];
		struct buf text = BUF_MAX(64);
		struct dkim_body b;

		dkim_body_begin(&b, (enum dkim_canon)canon);
		dkim_body_end(&b, hash);
		b64_encode(&text, str_n(hash, sizeof(hash)));
		ck_assert_str_eq(buf_cstr(&text), want[canon]);
		buf_release(&text);
	}
}
END_TEST

/* Longer than the room inside, and more line ends than anybody holds. */
START_TEST(long_bodies)
{
	struct buf in = BUF_MAX(8 * MIB);
	struct dkim_body b;
	unsigned char got[SHA256_LEN], want[SHA256_LEN];

	for (size_t i = 0; i < 60000; i++)
		buf_puts(&in, i % 11 ? "abcdefghijk lmn " : "o p  q \r\n\r\n");
	for (int canon = DKIM_SIMPLE; canon <= DKIM_RELAXED; canon++) {
		dkim_body_begin(&b, (enum dkim_canon)canon);
		dkim_body_add(&b, in.p, in.n);
		dkim_body_end(&b, want);
		for (size_t step = 4093; step < 4099; step++) {
			dkim_body_begin(&b, (enum dkim_canon)canon);
			for (size_t at = 0; at < in.n; at += step)
				dkim_body_add(&b, in.p + at,
					      MIN_OF(step, in.n - at));
			dkim_body_end(&b, got);
			ck_assert_mem_eq(got, want, SHA256_LEN);
		}
	}
	dkim_body_begin(&b, DKIM_RELAXED);
	for (size_t i = 0; i < 1000 * 1000; i++)
		dkim_body_add(&b, "\r\n", 2);
	dkim_body_add(&b, "x", 1);
	dkim_body_end(&b, got);
	ck_assert_uint_eq(b.length, 2 * 1000 * 1000 + 3);
	buf_release(&in);
}
END_TEST

static const struct {
	const char *field, *relaxed;
} fields[] = {
	{"A: X\r\n", "a:X\r\n"}, /* 3.4.5 */
	{"B : Y\t\r\n\tZ  \r\n", "b:Y Z\r\n"},
	{"SUBJect:\r\n   AbC  \t  dEf\r\n", "subject:AbC dEf\r\n"},
	{"X:\r\n", "x:\r\n"},
	{"X:   \r\n", "x:\r\n"},
	{"X:\r\n \r\n y\r\n", "x:y\r\n"},
	{"X: a:b : c\r\n", "x:a:b : c\r\n"},
	{"X: \xe9\x96\xa2  \xe6\x89\x80\r\n",
	 "x:\xe9\x96\xa2 \xe6\x89\x80\r\n"},
	{"X: a\rb\r\n", "x:a\rb\r\n"},
	{"X: cut", "x:cut\r\n"},
};

START_TEST(header)
{
	struct buf out = BUF_MAX(1000);
	struct str in = str_of(fields[_i].field);

	dkim_field_put(&out, DKIM_RELAXED, in, STR_EMPTY);
	ck_assert_str_eq(buf_cstr(&out), fields[_i].relaxed);
	buf_clear(&out);
	dkim_field_put(&out, DKIM_SIMPLE, in, STR_EMPTY);
	ck_assert(str_eq(buf_str(&out), in));
	buf_release(&out);
}
END_TEST

START_TEST(cut_value)
{
	struct str in = STR("S: a=1; b= xx\r\n yy ; c=2\r\n");
	struct str b = str_n(in.p + 10, 9);
	struct buf out = BUF_MAX(1000);

	dkim_field_put(&out, DKIM_SIMPLE, in, b);
	ck_assert_str_eq(buf_cstr(&out), "S: a=1; b=; c=2\r\n");
	buf_clear(&out);
	dkim_field_put(&out, DKIM_RELAXED, in, b);
	ck_assert_str_eq(buf_cstr(&out), "s:a=1; b=; c=2\r\n");
	buf_release(&out);
}
END_TEST

/* 5.4.2: repeated names take fields from the bottom; more names than fields
 * take nothing. */
START_TEST(from_the_bottom)
{
	struct str names[] = {STR("x"), STR("A"), STR("X"), STR("x"),
			      STR("none")};
	struct str head = STR("X: 1\r\na: 2\r\nX: 3\r\nb: 4\r\n\r\nX: 5\r\n");
	struct buf out = BUF_MAX(1000);
	struct dkim_fields f;

	dkim_fields_read(head, &f);
	ck_assert_uint_eq(f.n, 4);
	for (int round = 0; round < 2; round++) {
		buf_clear(&out);
		dkim_fields_put(&out, DKIM_RELAXED, &f, names,
				ARRAY_LEN(names));
		ck_assert_str_eq(buf_cstr(&out), "x:3\r\na:2\r\nx:1\r\n");
	}
	vec_release(&f);
	buf_release(&out);
}
END_TEST

static const struct {
	const char *text;
	size_t n; /* 0: malformed */
} lists[] = {
	{"v=1", 1},
	{"v=1;", 1},
	{" v = 1 ; a = b ; \r\n", 2},
	{"v=;a=", 2},
	{"A=1;a=2", 2},
	{"a_1=x", 1},
	{"a=b=c==", 1},
	{"a=\xe9\x96\xa2", 1},
	{"", 0},
	{";", 0},
	{"v=1;;", 0},
	{";v=1", 0},
	{"v=1;a", 0},
	{"v=1;v=1", 0},
	{"1a=2", 0},
	{"a b=1", 0},
	{"=1", 0},
	{"v=a\001", 0},
	{"v=a\x7f", 0},
	{"v", 0},
	{" ", 0},
	{"v=1; ;", 0},
	{"v=1; ; ", 0},
};

START_TEST(tags)
{
	struct dkim_tags t;

	ck_assert_int_eq(dkim_tags_read(str_of(lists[_i].text), &t, NULL),
			 lists[_i].n > 0);
	if (lists[_i].n)
		ck_assert_uint_eq(t.n, lists[_i].n);
}
END_TEST

START_TEST(many_tags)
{
	struct buf text = BUF_MAX(1000);
	struct dkim_tags t;

	for (unsigned i = 0; i <= DKIM_TAGS_MAX; i++) {
		ck_assert_int_eq(dkim_tags_read(buf_str(&text), &t, NULL),
				 i > 0);
		buf_printf(&text, "t%u=%u;", i, i);
	}
	ck_assert(!dkim_tags_read(buf_str(&text), &t, NULL));
	buf_release(&text);
}
END_TEST

Suite *test_canon_suite(void)
{
	Suite *s = suite_create("sign/canon");
	TCase *t = tcase_create("canon");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, body, 0, (int)ARRAY_LEN(bodies));
	tcase_add_test(t, empty_body);
	tcase_add_test(t, long_bodies);
	tcase_add_loop_test(t, header, 0, (int)ARRAY_LEN(fields));
	tcase_add_test(t, cut_value);
	tcase_add_test(t, from_the_bottom);
	tcase_add_loop_test(t, tags, 0, (int)ARRAY_LEN(lists));
	tcase_add_test(t, many_tags);
	suite_add_tcase(s, t);
	return s;
}
