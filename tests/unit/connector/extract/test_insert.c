/* Texts put into a body: seen once by every reader, in its charset, and every
 * other byte as it was.
 */
#include <check.h>
#include "connector/mail/view.h"
#include "tests/unit/connector/extract/harness.h"

Suite *test_insert_suite(void);

static struct harness h;

static void begin(void)
{
	harness_start(&h);
}

static void end(void)
{
	harness_stop(&h);
}

static struct change_text text[4];

static struct change head_and_tail(const char *head, const char *tail)
{
	struct change c = {.insert = text};

	if (head)
		text[c.insert_n++] = (struct change_text){str_of(head), false};
	if (tail)
		text[c.insert_n++] = (struct change_text){str_of(tail), true};
	return c;
}

static const char *edited(const char *mail, const char *head, const char *tail)
{
	struct change c = head_and_tail(head, tail);
	const char *out = harness_edit(&h, mail, &c);

	ck_assert_msg(out, "%s", h.e.text);
	return out;
}

#define PLAIN "Content-Type: text/plain; charset="

static const struct {
	const char *mail, *head, *tail, *out;
} ROWS[] = {
	/* in place */
	{"From: a@b\n\nhello\n", "HEAD", NULL, "From: a@b\n\nHEAD\n\nhello\n"},
	{"From: a@b\n\nhello\n", NULL, "TAIL", "From: a@b\n\nhello\n\nTAIL\n"},
	{"From: a@b\n\nhello\n", "HEAD\ntwo", "TAIL",
	 "From: a@b\n\nHEAD\ntwo\n\nhello\n\nTAIL\n"},
	{"From: a@b\n\nhello", NULL, "TAIL", "From: a@b\n\nhello\n\nTAIL\n"},
	{PLAIN "UTF-8\nContent-Transfer-Encoding: 8bit\n\nこんにちは\n", "守秘",
	 NULL,
	 PLAIN
	 "UTF-8\nContent-Transfer-Encoding: 8bit\n\n守秘\n\nこんにちは\n"},
	/* what may be 8-bit and is not stays so */
	{PLAIN "utf-8\nContent-Transfer-Encoding: 8bit\n\nhello\n", "あ", NULL,
	 PLAIN "utf-8\nContent-Transfer-Encoding: base64\nMIME-Version: "
	       "1.0\n\n44GCDQoNCmhlbGxvDQo=\n"},
	{PLAIN "utf-8\nContent-Transfer-Encoding: 8bit\n\nhello\n", "HEAD",
	 NULL,
	 PLAIN "utf-8\nContent-Transfer-Encoding: 8bit\n\nHEAD\n\nhello\n"},
	/* 7-bit, and ASCII goes into any charset */
	{PLAIN "iso-2022-jp\n\n\033$B$\"\033(B\n", "HEAD", "TAIL",
	 PLAIN "iso-2022-jp\n\nHEAD\n\n\033$B$\"\033(B\n\nTAIL\n"},
	/* quoted-printable */
	{PLAIN "utf-8\nContent-Transfer-Encoding: quoted-printable\n\nb=3Dc\n",
	 "あ = 1 ", NULL,
	 PLAIN "utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
	       "=E3=81=82 =3D 1=20\n\nb=3Dc\n"},
	/* base64: its content anew, nothing else */
	{PLAIN "utf-8\nContent-Transfer-Encoding: base64\n\naGVsbG8K\n", "HEAD",
	 "TAIL",
	 PLAIN "utf-8\nContent-Transfer-Encoding: base64\n\n"
	       "SEVBRA0KDQpoZWxsbwoNClRBSUwNCg==\n"},
	/* no room for it in 7 bits: the encoding changes */
	{PLAIN "utf-8; format=flowed\n\nhello\n", "あ", NULL,
	 PLAIN "utf-8; format=flowed\nContent-Transfer-Encoding: base64\n"
	       "MIME-Version: 1.0\n\n44GCDQoNCmhlbGxvDQo=\n"},
	/* nor in its charset: that, too */
	{"Content-Transfer-Encoding: 7bit\n" PLAIN "us-ascii; x=\"charset=y\"\n"
	 "X: y\n\nhello\n",
	 "あ", NULL,
	 "Content-Transfer-Encoding: base64\nMIME-Version: 1.0\n" PLAIN
	 "utf-8; x=\"charset=y\"\n"
	 "X: y\n\n44GCDQoNCmhlbGxvDQo=\n"},
	{"Content-Type: text/plain;\n\tCharset=\"iso-8859-1\";\n\tdelsp=no\n"
	 "Content-Transfer-Encoding: quoted-printable\n\ncaf=E9\n",
	 "あ", NULL,
	 "Content-Type: text/plain;\n\tCharset=utf-8;\n\tdelsp=no\n"
	 "Content-Transfer-Encoding: base64\nMIME-Version: "
	 "1.0\n\n44GCDQoNCmNhZsOpDQo=\n"},
	{"From: a@b\n\nhello\n", "あ", NULL,
	 "From: a@b\nContent-Type: text/plain; charset=utf-8\n"
	 "Content-Transfer-Encoding: base64\nMIME-Version: "
	 "1.0\n\n44GCDQoNCmhlbGxvDQo=\n"},
	{"MIME-Version: 1.0\nContent-Type: text/plain\n\nhello\n", "あ", NULL,
	 "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
	 "Content-Transfer-Encoding: base64\n\n44GCDQoNCmhlbGxvDQo=\n"},
	/* a body of nothing, or of one byte */
	{"From: a@b\n\n", "HEAD", "TAIL", "From: a@b\n\nHEAD\n\n\nTAIL\n"},
	{"From: a@b\n\nx", "HEAD", "TAIL", "From: a@b\n\nHEAD\n\nx\n\nTAIL\n"},
	{"From: a@b\n\n", "あ", NULL,
	 "From: a@b\nContent-Type: text/plain; charset=utf-8\n"
	 "Content-Transfer-Encoding: base64\nMIME-Version: "
	 "1.0\n\n44GCDQoNCg==\n"},
};

START_TEST(plain)
{
	ck_assert_str_eq(edited(ROWS[_i].mail, ROWS[_i].head, ROWS[_i].tail),
			 ROWS[_i].out);
}
END_TEST

#define HTML "Content-Type: text/html; charset=utf-8\n\n"

static const struct {
	const char *in, *out; /* behind HTML */
} PAGES[] = {
	{"<html><body bgcolor=red>hi</body></html>\n",
	 "<html><body bgcolor=red>\n<div>H &lt;&amp; &#23432;<br>\n</div>\nhi"
	 "\n<div>T<br>\n</div>\n</body></html>\n"},
	{"<p>hi</p>\n", "\n<div>H &lt;&amp; &#23432;<br>\n</div>\n<p>hi</p>\n\n"
			"<div>T<br>\n</div>\n"},
	/* the last of them is the end */
	{"<BODY>a</body>b</BODY >\n",
	 "<BODY>\n<div>H &lt;&amp; &#23432;<br>\n</div>\na</body>b\n<div>T<br>"
	 "\n</div>\n</BODY >\n"},
};

START_TEST(pages)
{
	AUTO(buf) in = BUF_MAX(4096);
	AUTO(buf) out = BUF_MAX(4096);

	buf_printf(&in, HTML "%s", PAGES[_i].in);
	buf_printf(&out, HTML "%s", PAGES[_i].out);
	ck_assert_str_eq(edited(buf_cstr(&in), "H <& 守", "T"), buf_cstr(&out));
}
END_TEST

#define ALTERNATIVE                                                            \
	"Content-Type: multipart/mixed; boundary=m\n\n"                        \
	"--m\nContent-Type: multipart/alternative; boundary=a\n\n"             \
	"--a\n\n%splain%s\n"                                                   \
	"--a\nContent-Type: multipart/related; boundary=r\n\n"                 \
	"--r\nContent-Type: text/html\n\n%s<img src=\"cid:i\">%s\n"            \
	"--r\nContent-Type: image/png\nContent-ID: <i>\n\npng\n--r--\n"        \
	"--a--\n"                                                              \
	"--m\nContent-Type: text/plain\nContent-Disposition: attachment; "     \
	"filename=a.txt\n\nfile\n"                                             \
	"--m\n\nfooter\n--m--\n"

START_TEST(every_alternative_once)
{
	AUTO(buf) in = BUF_MAX(4096);
	AUTO(buf) out = BUF_MAX(4096);

	buf_printf(&in, ALTERNATIVE, "", "", "", "");
	buf_printf(&out, ALTERNATIVE, "H\n\n", "\n\nT\n",
		   "\n<div>H<br>\n</div>\n", "\n\n<div>T<br>\n</div>\n");
	ck_assert_str_eq(edited(buf_cstr(&in), "H", "T"), buf_cstr(&out));
}
END_TEST

/* Without alternatives: before the first text, behind the last. */
START_TEST(texts_with_files_between)
{
	static const char mail[] =
		"Content-Type: multipart/mixed; boundary=m\n\n"
		"--m\n\n%sfirst\n"
		"--m\nContent-Type: application/pdf\n\npdf\n"
		"--m\n\nsecond\n"
		"--m\n\nthird%s\n--m--\n";
	AUTO(buf) in = BUF_MAX(4096);
	AUTO(buf) out = BUF_MAX(4096);

	buf_printf(&in, mail, "", "");
	buf_printf(&out, mail, "H\n\n", "\n\nT\n");
	ck_assert_str_eq(edited(buf_cstr(&in), "H", "T"), buf_cstr(&out));
}
END_TEST

#define MIXED "Content-Type: multipart/mixed;\n\tboundary=\"=_sekisho_a\"\n"
#define HEAD_PART                                                              \
	"--=_sekisho_a\nContent-Type: text/plain; charset=utf-8\n\nH\n\n"
#define TAIL_PART                                                              \
	"--=_sekisho_a\nContent-Type: text/plain; charset=utf-8\n\nT\n"
#define OPEN  "--=_sekisho_a\n"
#define CLOSE "\n--=_sekisho_a--\n"

/* No text of its own: it gets one, and what is there becomes a part. */
static const struct {
	const char *mail, *head, *tail, *out;
} WRAPPED[] = {
	{"From: a@b\nContent-Type: application/pdf; name=a.pdf\n"
	 "Subject: x\nContent-Transfer-Encoding: base64\n"
	 "Content-Disposition: attachment\nMIME-Version: 1.0\n\ncGRm\n",
	 "H", NULL,
	 "From: a@b\n" MIXED "Subject: x\nMIME-Version: 1.0\n\n" HEAD_PART OPEN
	 "Content-Type: application/pdf; name=a.pdf\n"
	 "Content-Transfer-Encoding: base64\n"
	 "Content-Disposition: attachment\n\ncGRm\n" CLOSE},
	{"Content-Type: application/pdf\n\npdf", NULL, "T",
	 "MIME-Version: 1.0\n" MIXED "\n" OPEN
	 "Content-Type: application/pdf\n\npdf\n" TAIL_PART
	 "--=_sekisho_a--\n"},
	{"Content-Type: multipart/mixed; boundary=m\nMIME-Version: 1.0\n\n"
	 "--m\nContent-Type: application/pdf\n\npdf\n--m--\n",
	 "H", "T",
	 MIXED "MIME-Version: 1.0\n\n" HEAD_PART OPEN
	       "Content-Type: multipart/mixed; boundary=m\n\n--m\n"
	       "Content-Type: application/pdf\n\npdf\n--m--\n\n" TAIL_PART
	       "--=_sekisho_a--\n"},
	{"Content-Type: message/rfc822\nMIME-Version: 1.0\n\nFrom: a@b\n\n"
	 "hi\n",
	 "H", NULL,
	 MIXED "MIME-Version: 1.0\n\n" HEAD_PART OPEN
	       "Content-Type: message/rfc822\n\nFrom: a@b\n\nhi\n" CLOSE},
	{"MIME-Version: 1.0\nContent-Transfer-Encoding: binary\n"
	 "Content-Type: image/png\n\n\x80",
	 "あ", NULL,
	 "MIME-Version: 1.0\n" MIXED "Content-Transfer-Encoding: binary\n\n"
	 "--=_sekisho_a\nContent-Type: text/plain; charset=utf-8\n"
	 "Content-Transfer-Encoding: base64\n\n44GCDQoNCg==\n" OPEN
	 "Content-Transfer-Encoding: binary\nContent-Type: image/png\n\n"
	 "\x80" CLOSE},
	{"MIME-Version: 1.0\nContent-Type: text/plain\n"
	 "Content-Disposition: attachment; filename=a.txt\n\n",
	 "H", NULL,
	 "MIME-Version: 1.0\n" MIXED "\n" HEAD_PART OPEN
	 "Content-Type: text/plain\nContent-Disposition: attachment; "
	 "filename=a.txt\n\n" CLOSE},
};

START_TEST(a_mail_without_text)
{
	ck_assert_str_eq(
		edited(WRAPPED[_i].mail, WRAPPED[_i].head, WRAPPED[_i].tail),
		WRAPPED[_i].out);
}
END_TEST

/* A boundary that stands in the mail is none. */
START_TEST(another_boundary)
{
	const char *out = edited("MIME-Version: 1.0\nContent-Type: image/png\n"
				 "\n\n--=_sekisho_a\n\n=_sekisho_b",
				 "H", NULL);

	ck_assert_ptr_nonnull(strstr(out, "boundary=\"=_sekisho_c\""));
}
END_TEST

/* Nowhere to put it, or not without harm: nothing leaves unedited. */
static const char *const NOT[] = {
	"Content-Type: application/pkcs7-mime; "
	"smime-type=enveloped-data\n\nx\n",
	"Content-Type: multipart/signed; boundary=m; protocol="
	"\"application/pkcs7-signature\"\n\n--m\nContent-Type: "
	"application/pdf\n\npdf\n--m\nContent-Type: "
	"application/pkcs7-signature\n\nx\n--m--\n",
	"Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n",
	"Content-Type: application/ms-tnef\n\nx\n",
	"Content-Type: application/pdf\n",
	PLAIN "us-ascii\nContent-Transfer-Encoding: x-odd\n\nhi\n",
	PLAIN "iso-2022-jp\nContent-Transfer-Encoding: base64\n\n//79/A==\n",
	PLAIN "x-nobody-knows\nContent-Transfer-Encoding: 8bit\n\n\x80\x81\n",
	"From: a@b",
};

START_TEST(nowhere_to_go)
{
	struct change c = head_and_tail("あ", NULL);

	ck_assert_ptr_null(harness_edit(&h, NOT[_i], &c));
}
END_TEST

/* Several texts in their order; with other edits of the header. */
START_TEST(beside_other_edits)
{
	struct str hide = STR("a@x.jp");
	struct header_add add = {STR("X-A"), STR("v")};
	struct change c = head_and_tail("one", "three");

	text[2] = (struct change_text){STR("two"), false};
	c.insert_n = 3;
	c.hide = &hide;
	c.hide_n = 1;
	c.to_when_empty = STR("me@x.jp");
	c.add = &add;
	c.add_n = 1;
	ck_assert_str_eq(
		harness_edit(&h, "To: a@x.jp\nX-B: c\n\nhello\n", &c),
		"To: me@x.jp\nX-B: c\nX-A: v\n\none\n\ntwo\n\nhello\n\n"
		"three\n");
}
END_TEST

#define LARGE "From: a@b\nMIME-Version: 1.0\n" PLAIN "utf-8\n\n"
/* A large body in base64 takes several edits, and decodes to the same. */
START_TEST(large_and_anew)
{
	AUTO(buf) mail = BUF_MAX(MIB);
	const char *out;
	struct view v;

	buf_puts(&mail, LARGE);
	for (int i = 0; i < 6000; i++)
		buf_printf(&mail, "line number %d of a long mail\n", i);
	out = edited(buf_cstr(&mail), "あ", NULL);
	ck_assert_uint_gt(h.edits.n, 3);
	v = *harness_view(&h, out);
	ck_assert_uint_eq(v.part_n, 1);
	ck_assert_msg(v.completeness == VIEW_COMPLETE, "%s",
		      view_doubt_name(v.reason[0].doubt));
	ck_assert_int_eq(v.part[0].coding, CODING_BASE64);
	ck_assert(!v.has_8bit);
	/* 6000 lines with CRLF, and three bytes and two line ends more */
	ck_assert_uint_eq(v.part[0].decoded,
			  buf_str(&mail).n - strlen(LARGE) + 6000 + 7);
}
END_TEST

START_TEST(long_lines_are_encoded)
{
	char line[2000] = {0};
	const char *out;

	memset(line, 'x', sizeof(line) - 1);
	out = edited("From: a@b\n\nhello\n", line, NULL);
	ck_assert_ptr_nonnull(strstr(out, "Content-Transfer-Encoding: base64"));
}
END_TEST

Suite *test_insert_suite(void)
{
	Suite *s = suite_create("insert");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, begin, end);
	tcase_add_loop_test(c, plain, 0, ARRAY_LEN(ROWS));
	tcase_add_loop_test(c, pages, 0, ARRAY_LEN(PAGES));
	tcase_add_test(c, every_alternative_once);
	tcase_add_test(c, texts_with_files_between);
	tcase_add_loop_test(c, a_mail_without_text, 0, ARRAY_LEN(WRAPPED));
	tcase_add_test(c, another_boundary);
	tcase_add_loop_test(c, nowhere_to_go, 0, ARRAY_LEN(NOT));
	tcase_add_test(c, beside_other_edits);
	tcase_add_test(c, large_and_anew);
	tcase_add_test(c, long_lines_are_encoded);
	suite_add_tcase(s, c);
	return s;
}
