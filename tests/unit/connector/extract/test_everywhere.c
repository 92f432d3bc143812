/* A card and an Individual Number, wherever a mail can hold them, in the
 * charsets of Japan: found once each.
 */
#include <check.h>
#include "tests/unit/connector/extract/asked.h"
#include "tests/unit/connector/extract/made.h"

Suite *test_everywhere_suite(void);

#define NUMBERS "4111-1111-1111-1111 123456789018"
#define WIDE	"４１１１－１１１１－１１１１－１１１１　１２３４５６７８９０１８"
/* The same in JIS X 0208 (two escapes), CP932, EUC-JP. */
#define JIS                                                                    \
	"\x1b$B#4#1#1#1!]#1#1#1#1!]#1#1#1#1!]#1#1#1#1!!#1#2#3#4#5#6#7#8#9#0#1" \
	"#8\x1b(B"
#define SJIS                                                                   \
	"\x82\x53\x82\x50\x82\x50\x82\x50-1111-1111-1111 \x82\x50\x82\x51"     \
	"3456789018"
#define EUC                                                                    \
	"\xa3\xb4\xa3\xb1\xa3\xb1\xa3\xb1-1111-1111-1111 \xa3\xb1\xa3\xb2"     \
	"3456789018"
#define PART                                                                   \
	"From: a@x.jp\nContent-Type: application/octet-stream\n"               \
	"Content-Disposition: attachment; "

static struct asked t;
static struct buf file, mail;

static void begin(void)
{
	asked_start(&t);
	t.q.detectors = 1u << DETECT_CARD | 1u << DETECT_MY_NUMBER;
	t.q.asks_content = t.q.asks_files = t.q.asks_inside = true;
	asked_compile(&t);
	file = BUF_MAX(MADE_MAX);
	mail = BUF_MAX(MADE_MAX);
}

static void end(void)
{
	buf_release(&file);
	buf_release(&mail);
	asked_stop(&t);
}

static void found(const struct findings *f, const char *where)
{
	const uint32_t *n = f->unique[SCOPE_ANYWHERE];

	ck_assert_msg(n[DETECT_CARD] == 1 && n[DETECT_MY_NUMBER] == 1,
		      "%s: %u %u", where, n[DETECT_CARD], n[DETECT_MY_NUMBER]);
}

static const char *const mails[] = {
	"From: a@x.jp\nSubject: " NUMBERS "\n\nx\n",
	"From: a@x.jp\nSubject: =?utf-8?Q?4111-1111-1111-?=\n"
	" =?utf-8?Q?1111=20123456789018?=\n\nx\n",
	"From: a@x.jp\nSubject: =?iso-2022-jp?B?"
	"GyRCIzQjMSMxIzEbKEI=?=-1111-1111-1111 123456789018\n\nx\n",
	"From: a@x.jp\nSubject: " WIDE "\n\nx\n",
	PART "filename=\"" NUMBERS ".bin\"\n\nx\n",
	PART
	"filename*0=\"4111-1111-1111-\";\n filename*1=\"1111 1234567890\";\n "
	"filename*2=\"18.bin\"\n\nx\n",
	PART "filename*=utf-8''4111%2D1111%2D1111%2D1111%20123456789018\n\nx\n",
	PART "filename=a.bin\nContent-Description: " NUMBERS "\n\nx\n",
	PART "filename=a.bin\nContent-Description: =?utf-8?B?"
	     "NDExMS0xMTExLTExMTEtMTExMSAxMjM0NTY3ODkwMTg=?=\n\nx\n",
	"From: a@x.jp\nContent-Type: text/plain; charset=iso-2022-jp\n\n" JIS
	"\n",
	"From: a@x.jp\nContent-Type: text/plain\n\n" JIS "\n",
	"From: a@x.jp\nContent-Type: text/plain; charset=utf-8\n"
	"Content-Transfer-Encoding: 8bit\n\n" JIS "\n",
	"From: a@x.jp\nContent-Type: text/plain; charset=windows-31j\n"
	"Content-Transfer-Encoding: 8bit\n\n" SJIS "\n",
	"From: a@x.jp\nContent-Type: text/plain\n"
	"Content-Transfer-Encoding: 8bit\n\n" SJIS "\n",
	"From: a@x.jp\nContent-Type: text/plain; charset=euc-jp\n"
	"Content-Transfer-Encoding: 8bit\n\n" EUC "\n",
	"From: a@x.jp\nContent-Type: text/plain\n"
	"Content-Transfer-Encoding: 8bit\n\n" EUC "\n",
	"From: a@x.jp\nContent-Type: text/plain; charset=utf-7\n\n"
	"4111+AC0-1111+IhI-1111+/w0-1111 +ADEAMg-3456789018\n",
	"From: a@x.jp\nContent-Type: text/html; charset=utf-8\n"
	"Content-Transfer-Encoding: quoted-printable\n\n"
	"<td>4111</td>=\n<td>1=\n111</td><td>1111</td><td>1111</td></tr>"
	"<p>1234=E2=80=8B56789018</p>\n",
};

START_TEST(mails_of_all_kinds)
{
	found(asked_mail(&t, mails[_i]), mails[_i]);
}
END_TEST

static void found_in_file(const char *name)
{
	made_mail(&mail, name, buf_str(&file));
	found(asked_raw(&t, buf_str(&mail)), name);
	buf_clear(&mail);
	buf_clear(&file);
}

START_TEST(files_of_all_kinds)
{
	AUTO(buf) in = BUF_MAX(MADE_MAX);

	buf_puts(&file, "名前,番号\n山田,4111-1111-1111-1111\n,123456789018\n");
	found_in_file("utf8.csv");
	buf_puts(&file, "x," SJIS "\r\n");
	found_in_file("cp932.csv");
	buf_puts(&file, JIS);
	found_in_file("jis.txt");
	buf_puts(&file, "<html><td>" WIDE);
	found_in_file("a.html");
	made_docx(&file,
		  "<w:p><w:r><w:t>4111-11</w:t></w:r><w:r><w:t>11-1111-1111"
		  "</w:t></w:r></w:p><w:p><w:r><w:t>１２３４５６７８９０１８"
		  "</w:t></w:r></w:p>",
		  NULL, 0);
	buf_put_str(&in, buf_str(&file));
	found_in_file("a.docx");
	made_xlsx(&file, "<si><t>4111 1111 1111 1111</t></si>", "",
		  "<row><c t=\"s\"><v>0</v></c></row>"
		  "<row><c><v>123456789018</v></c></row>");
	found_in_file("a.xlsx");
	MADE_ZIP(&file,
		 {.name = "[Content_Types].xml",
		  .text = MADE_TYPES(MADE_OOXML
				     "presentationml.presentation.main+xml")},
		 {.name = "ppt/slides/slide1.xml",
		  .text = "<p:sld xmlns:p=\"http://schemas.openxmlformats.org/"
			  "presentationml/2006/main\" xmlns:a=\"x\"><a:p><a:r>"
			  "<a:t>" NUMBERS "</a:t></a:r></a:p></p:sld>"});
	found_in_file("a.pptx");
	made_packed(&file, "inner.docx", buf_str(&in), 0);
	found_in_file("a.zip");
	MADE_ZIP(&file, {.name = NUMBERS ".txt", .text = "x"});
	found_in_file("names.zip");
}
END_TEST

Suite *test_everywhere_suite(void)
{
	Suite *s = suite_create("everywhere");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, begin, end);
	tcase_add_loop_test(c, mails_of_all_kinds, 0, ARRAY_LEN(mails));
	tcase_add_test(c, files_of_all_kinds);
	suite_add_tcase(s, c);
	return s;
}
