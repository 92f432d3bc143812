/* The strict head: what passes, what each refusal is for, every prefix. */
#include "connector/sys/http/request.h"

#include <check.h>
#include <stdio.h>
#include "connector/base/buf.h"

Suite *test_request_suite(void);

#define OK_HEAD "GET / HTTP/1.1\r\nHost: gate.example\r\n"

static int parse(const char *head, struct arena *a, struct http_request *r)
{
	size_t at = 0;
	int status = http_head_end(str_of(head), &at);

	if (status != 200)
		return status;
	return http_head_parse(str_n(head, at), a, r);
}

static const struct {
	const char *head;
	int want; /* 0: not whole yet */
} heads[] = {
	{OK_HEAD "\r\n", 200},
	{OK_HEAD, 0},
	{"HEAD /a/b?x=1&y HTTP/1.1\r\nhOsT:gate.example:8443 \t\r\n\r\n", 200},
	{"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n", 200},
	{"GET / HTTP/1.0\r\nHost: a\r\n\r\n", 200},
	{"GET /%E9%96%A2 HTTP/1.1\r\nHost: a\r\n\r\n", 200},
	{"BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n", 200},
	/* line ends */
	{"GET / HTTP/1.1\nHost: a\n\n", 400},
	{"GET / HTTP/1.1\r\nHost: a\n\r\n", 400},
	{"GET / HTTP/1.1\rHost: a\r\n\r\n", 400},
	{"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400},
	/* request line */
	{"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
	{" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"GET /\r\nHost: a\r\n\r\n", 400},
	{"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
	{"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
	{"GET / http/1.1\r\nHost: a\r\n\r\n", 400},
	{"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"PRI * HTTP/2.0\r\n\r\n", 505},
	/* target */
	{"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"GET /a/.. HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"GET /./b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"GET /%2e%2e/b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"GET /a%2Fb HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"GET /a%5cb HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"GET /a%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"GET /a%0d%0ab HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"GET /a%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"GET /a%c3 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"GET /\xe9\x96\xa2 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	/* fields */
	{OK_HEAD "X : a\r\n\r\n", 400},
	{OK_HEAD " folded: a\r\n\r\n", 400},
	{OK_HEAD "X: a\r\n b\r\n\r\n", 400},
	{OK_HEAD "X\r\n\r\n", 400},
	{OK_HEAD ": a\r\n\r\n", 400},
	{OK_HEAD "X: a\x01\r\n\r\n", 400},
	{OK_HEAD "X\xe9: a\r\n\r\n", 400},
	/* framing */
	{"GET / HTTP/1.1\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
	{OK_HEAD "Host: gate.example\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: u@b\r\n\r\n", 400},
	{OK_HEAD "Content-Length: 0\r\nContent-Length: 0\r\n\r\n", 400},
	{OK_HEAD "Content-Length: 1\r\n\r\n", 400},
	{OK_HEAD "Content-Length: +1\r\n\r\n", 400},
	{OK_HEAD "Content-Length: 1, 1\r\n\r\n", 400},
	{OK_HEAD "Content-Length: 0x1\r\n\r\n", 400},
	{OK_HEAD "Content-Length:\r\n\r\n", 400},
	{OK_HEAD "Content-Length: 99999999999999999999\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", 413},
	{"POST / HTTP/1.1\r\nHost: a\r\n\r\n", 411},
	{OK_HEAD "Transfer-Encoding: chunked\r\n\r\n", 400},
	{OK_HEAD "Transfer-Encoding: gzip\r\n\r\n", 501},
	{OK_HEAD "Transfer-Encoding: x, chunked\r\n\r\n", 501},
	{OK_HEAD "Transfer-Encoding:\r\n\r\n", 501},
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
	 "Transfer-Encoding: chunked\r\n\r\n",
	 400},
	{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
	 "Expect: 100-continue\r\n\r\n",
	 417},
	{OK_HEAD "Cookie: a=1\r\nCookie: a=2\r\n\r\n", 400},
	{OK_HEAD "Origin: a\r\nORIGIN: b\r\n\r\n", 400},
};

START_TEST(judges_heads)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct http_request r;
	int got = parse(heads[_i].head, &a, &r);

	ck_assert_msg(got == heads[_i].want, "%s: %d", heads[_i].head, got);
}
END_TEST

/* However the bytes come, the answer is that of the whole. */
START_TEST(judges_at_every_split)
{
	const char *head = heads[_i].head;
	size_t n = strlen(head);

	for (size_t cut = 0; cut <= n; cut++) {
		size_t at = 0, whole_at = 0;
		int whole = http_head_end(str_n(head, n), &whole_at);
		int first = http_head_end(str_n(head, cut), &at);

		if (first == 0)
			first = http_head_end(str_n(head, n), &at);
		ck_assert_int_eq(first, whole);
		if (first == 200)
			ck_assert_uint_eq(at, whole_at);
	}
}
END_TEST

START_TEST(reads_fields)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct http_request r;

	ck_assert_int_eq(
		parse("POST /m/%E9%96%A2?lang=en&x=a+b%21 HTTP/1.1\r\n"
		      "Host: gate.example:443\r\nContent-Length: 12\r\n"
		      "Cookie: a=1; lang=ja;c\r\nConnection: x, Close\r\n\r\n",
		      &a, &r),
		200);
	ck_assert_int_eq(r.method, HTTP_POST);
	ck_assert(str_is(r.path, "/m/\xe9\x96\xa2"));
	ck_assert(str_is(r.host, "gate.example:443"));
	ck_assert_uint_eq(r.length, 12);
	ck_assert(r.close);
	ck_assert(str_is(http_form_value(r.query, "lang", &a), "en"));
	ck_assert(str_is(http_form_value(r.query, "x", &a), "a b!"));
	ck_assert_uint_eq(http_form_value(r.query, "la", &a).n, 0);
	ck_assert(str_is(http_cookie(&r, "lang"), "ja"));
	ck_assert_uint_eq(http_cookie(&r, "c").n, 0);
	ck_assert_uint_eq(http_cookie(&r, "none").n, 0);
}
END_TEST

START_TEST(refuses_bad_form_values)
{
	AUTO(arena) a = ARENA_EMPTY;

	ck_assert_uint_eq(http_form_value(STR("x=%ff"), "x", &a).n, 0);
	ck_assert_uint_eq(http_form_value(STR("x=%00"), "x", &a).n, 0);
	ck_assert_uint_eq(http_form_value(STR("x=%4"), "x", &a).n, 0);
	ck_assert_uint_eq(http_form_value(STR("x"), "x", &a).n, 0);
	ck_assert(str_is(http_form_value(STR("y=2&x=1"), "x", &a), "1"));
}
END_TEST

START_TEST(doubled_cookie_is_none)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct http_request r;

	ck_assert_int_eq(
		parse(OK_HEAD "Cookie: csrf=1; csrf=2\r\n\r\n", &a, &r), 200);
	ck_assert_uint_eq(http_cookie(&r, "csrf").n, 0);
}
END_TEST

START_TEST(heads_are_bounded)
{
	AUTO(arena) a = ARENA_EMPTY;
	AUTO(buf) b = BUF_MAX(MIB);
	struct http_request r;

	buf_puts(&b, OK_HEAD);
	for (int i = 0; i < HTTP_FIELDS_MAX; i++)
		buf_printf(&b, "X-%d: a\r\n", i);
	buf_puts(&b, "\r\n");
	ck_assert_int_eq(parse(buf_cstr(&b), &a, &r), 431);
	buf_clear(&b);
	buf_puts(&b, OK_HEAD "X: ");
	while (b.n < HTTP_HEADERS_MAX + 10)
		buf_putc(&b, 'a');
	ck_assert_int_eq(parse(buf_cstr(&b), &a, &r), 431);
	buf_clear(&b);
	buf_puts(&b, "GET /");
	while (b.n < HTTP_TARGET_MAX + 10)
		buf_putc(&b, 'a');
	buf_puts(&b, " HTTP/1.1\r\nHost: a\r\n\r\n");
	ck_assert_int_eq(parse(buf_cstr(&b), &a, &r), 414);
}
END_TEST

START_TEST(refuses_nul)
{
	size_t at = 0;

	ck_assert_int_eq(http_head_end(STR("GET /\0 HTTP/1.1\r\n"), &at), 400);
}
END_TEST

Suite *test_request_suite(void)
{
	Suite *s = suite_create("request");
	TCase *c = tcase_create("all");

	tcase_add_loop_test(c, judges_heads, 0, ARRAY_LEN(heads));
	tcase_add_loop_test(c, judges_at_every_split, 0, ARRAY_LEN(heads));
	tcase_add_test(c, reads_fields);
	tcase_add_test(c, refuses_bad_form_values);
	tcase_add_test(c, doubled_cookie_is_none);
	tcase_add_test(c, heads_are_bounded);
	tcase_add_test(c, refuses_nul);
	suite_add_tcase(s, c);
	return s;
}
