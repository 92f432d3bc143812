/* Edits: who is hidden, what stays byte for byte. */
#include <check.h>
#include "tests/unit/connector/extract/harness.h"

Suite *test_edits_suite(void);

static struct harness h;

static void begin(void)
{
	harness_start(&h);
}

static void end(void)
{
	harness_stop(&h);
}

#define ME "taro@example.co.jp"

static const struct {
	const char *in, *out; /* header between From and the body */
	const char *hide[4];
} cases[] = {
	{"To: a@x.jp, b@y.jp\n", "To: b@y.jp\n", {"a@x.jp"}},
	{"To: a@x.jp, b@y.jp\n", "To: a@x.jp\n", {"b@y.jp"}},
	{"To: a@x.jp, b@y.jp, c@z.jp\n", "To: a@x.jp, c@z.jp\n", {"b@y.jp"}},
	{"To: a@x.jp, b@y.jp, c@z.jp\n", "To: c@z.jp\n", {"b@y.jp", "a@x.jp"}},
	{"To: a@x.jp, b@y.jp, c@z.jp\n", "To: a@x.jp\n", {"b@y.jp", "c@z.jp"}},
	{"To: a@x.jp, b@y.jp, c@z.jp\n", "To: b@y.jp\n", {"a@x.jp", "c@z.jp"}},
	{"To: A@X.JP\n", "To: " ME "\n", {"a@x.jp"}},
	{"to: A@X.JP\nSubject: s\n", "to: " ME "\nSubject: s\n", {"a@x.jp"}},
	{"To: b@y.jp\nCc: a@x.jp\nSubject: s\n",
	 "To: b@y.jp\nSubject: s\n",
	 {"a@x.jp"}},
	{"Cc: a@x.jp\nSubject: s\n", "Subject: s\nTo: " ME "\n", {"a@x.jp"}},
	{"To: a@x.jp\nCc: b@y.jp\n", "To: " ME "\nCc: b@y.jp\n", {"a@x.jp"}},
	{"To: a@x.jp\nCc: b@y.jp\n", "To: " ME "\n", {"a@x.jp", "b@y.jp"}},
	/* Folds and the other addresses' own form are kept. */
	{"To: =?UTF-8?B?5Lu2?= <a@x.jp>,\n\t\"B,  b\" <b@y.jp>,\n C <c@z.jp>\n",
	 "To: =?UTF-8?B?5Lu2?= <a@x.jp>,\n\tC <c@z.jp>\n",
	 {"b@y.jp"}},
	{"To: A <a@x.jp>,\n  B <B@y.jp>\n", "To: B <B@y.jp>\n", {"a@x.jp"}},
	{"To: A <a@x.jp>,\n  B <B@y.jp>\n", "To: A <a@x.jp>\n", {"b@y.jp"}},
	{"To: a@x.jp (a, b), b@y.jp\n", "To: b@y.jp\n", {"a@x.jp"}},
	{"To: \"a\"@x.jp, b@y.jp\n", "To: b@y.jp\n", {"a@x.jp"}},
	/* Groups. */
	{"To: g: a@x.jp, b@y.jp;, c@z.jp\n",
	 "To: g: b@y.jp;, c@z.jp\n",
	 {"a@x.jp"}},
	{"To: g: a@x.jp, b@y.jp;, c@z.jp\n",
	 "To: c@z.jp\n",
	 {"a@x.jp", "b@y.jp"}},
	{"To: c@z.jp, g: a@x.jp;\n", "To: c@z.jp\n", {"a@x.jp"}},
	{"To: g: a@x.jp;\n", "To: " ME "\n", {"a@x.jp"}},
	{"To: g: a@x.jp, b@y.jp;, c@z.jp\n",
	 "To: g: a@x.jp, b@y.jp;\n",
	 {"c@z.jp"}},
	/* An address that is not there changes nothing. */
	{"To: ken@x.jp, b@y.jp\n", "To: ken@x.jp, b@y.jp\n", {"n@x.jp"}},
	{"To: undisclosed-recipients:;\n",
	 "To: undisclosed-recipients:;\n",
	 {"n@x.jp"}},
	{"To: a@x.jp.example, a@x.jp\n", "To: a@x.jp.example\n", {"a@x.jp"}},
	/* A-labels and letters of another width compare equal. */
	{"To: a@xn--wgv71a.jp, b@y.jp\n", "To: b@y.jp\n", {"a@xn--wgv71a.jp"}},
	{"To: a@日本.jp, b@y.jp\n", "To: b@y.jp\n", {"a@xn--wgv71a.jp"}},
	/* No Bcc field leaves. */
	{"To: a@x.jp, b@y.jp\nBcc: d@w.jp\nSubject: s\n",
	 "To: b@y.jp\nSubject: s\n",
	 {"a@x.jp"}},
	/* Several fields of a kind. */
	{"To: a@x.jp\nTo: b@y.jp\n", "To: " ME "\nTo: b@y.jp\n", {"a@x.jp"}},
	{"To: a@x.jp\nTo: b@y.jp\n", "To: " ME "\n", {"a@x.jp", "b@y.jp"}},
};

START_TEST(hides)
{
	struct str hide[4];
	struct change c = {.hide = hide, .to_when_empty = STR(ME)};
	AUTO(buf) in = BUF_MAX(10000);
	AUTO(buf) want = BUF_MAX(10000);
	const char *out;

	while (c.hide_n < 4 && cases[_i].hide[c.hide_n]) {
		hide[c.hide_n] = str_of(cases[_i].hide[c.hide_n]);
		c.hide_n++;
	}
	buf_printf(&in, "From: <" ME ">\n%s\nbody\nTo: a@x.jp\n", cases[_i].in);
	buf_printf(&want, "From: <" ME ">\n%s\nbody\nTo: a@x.jp\n",
		   cases[_i].out);
	out = harness_edit(&h, buf_cstr(&in), &c);
	ck_assert_msg(out, "%s: %s", cases[_i].in, h.e.text);
	ck_assert_str_eq(out, buf_cstr(&want));
}
END_TEST

/* Where a hidden address would still be read, nothing leaves. */
static const char *const leaks[] = {
	"To: b@y.jp (for a@x.jp)\n",
	"To: \"a@x.jp\" <b@y.jp>\n",
	"To: a@x.jp; b@y.jp\n a@x.jp c@z.jp\n",
	"Cc: a@x.jp <b@y.jp>\n",
	"To: <@q.jp:a@x.jp>\n",
};

START_TEST(fails_rather_than_leaks)
{
	struct str hide = STR("a@x.jp");
	struct change c = {
		.hide = &hide, .hide_n = 1, .to_when_empty = STR(ME)};
	AUTO(buf) in = BUF_MAX(10000);
	const char *out;

	buf_printf(&in, "From: <" ME ">\n%s\nbody\n", leaks[_i]);
	out = harness_edit(&h, buf_cstr(&in), &c);
	ck_assert_msg(!out, "%s", out);
	ck_assert_int_eq(h.e.class, ERR_PERMANENT);
}
END_TEST

START_TEST(adds_and_removes)
{
	struct header_add add[] = {{STR("X-A"), STR("v")},
				   {STR("X-B"), STR("確認")}};
	struct str gone[] = {STR("x-gone")};
	struct change c = {
		.add = add, .add_n = 2, .remove = gone, .remove_n = 1};

	ck_assert_str_eq(
		harness_edit(&h,
			     "From: a@b\nX-Gone: 1\n 2\nX-GONE: 3\n"
			     "Subject: s\n\nbody\n",
			     &c),
		"From: a@b\nSubject: s\nX-A: v\nX-B: =?UTF-8?B?56K66KqN?=\n\n"
		"body\n");
	/* No body, no empty line, no line end. */
	ck_assert_str_eq(harness_edit(&h, "From: a@b", &c),
			 "From: a@b\nX-A: v\nX-B: =?UTF-8?B?56K66KqN?=\n");
	ck_assert_str_eq(harness_edit(&h, "\nbody", &c),
			 "X-A: v\nX-B: =?UTF-8?B?56K66KqN?=\n\nbody");
	ck_assert_str_eq(harness_edit(&h, "", &c),
			 "X-A: v\nX-B: =?UTF-8?B?56K66KqN?=\n");
}
END_TEST

START_TEST(injects_nothing)
{
	struct header_add add = {STR("X-A"), STR("v\r\nBcc: x@y\r\n\r\nbody")};
	struct change c = {.add = &add, .add_n = 1};
	const char *out = harness_edit(&h, "From: a@b\n\nbody\n", &c);

	ck_assert_ptr_nonnull(out);
	ck_assert_ptr_null(strstr(out, "\nBcc"));
	add.name = STR("X-A: b\r\nY");
	ck_assert_ptr_null(harness_edit(&h, "From: a@b\n\nbody\n", &c));
	add.name = STR("");
	ck_assert_ptr_null(harness_edit(&h, "From: a@b\n\nbody\n", &c));
	c = (struct change){.hide = &add.name,
			    .hide_n = 1,
			    .to_when_empty = STR("a@b\r\nX: y")};
	ck_assert_ptr_null(harness_edit(&h, "From: a@b\n\nbody\n", &c));
}
END_TEST

START_TEST(line_feeds_stay_line_feeds)
{
	struct header_add add = {STR("X-A"), STR("v")};
	struct change c = {.add = &add, .add_n = 1};
	struct str mail = STR("From: a@b\n\nbody\n");
	struct extract_source src = {.size = mail.n, .p = mail.p};

	ck_assert(extract_edits(h.x, &src, &c, &h.a, &h.edits, &h.e));
	ck_assert_uint_eq(h.edits.n, 1);
	ck_assert(str_is(h.edits.v[0].text, "X-A: v\n"));
	ck_assert_uint_eq(h.edits.v[0].off, 10);
}
END_TEST

Suite *test_edits_suite(void)
{
	Suite *s = suite_create("edits");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, begin, end);
	tcase_add_loop_test(c, hides, 0, ARRAY_LEN(cases));
	tcase_add_loop_test(c, fails_rather_than_leaks, 0, ARRAY_LEN(leaks));
	tcase_add_test(c, adds_and_removes);
	tcase_add_test(c, injects_nothing);
	tcase_add_test(c, line_feeds_stay_line_feeds);
	suite_add_tcase(s, c);
	return s;
}
