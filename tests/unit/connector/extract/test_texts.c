/* Which texts of a message are read, as what, and how they add up. */
#include <check.h>
#include "connector/base/codec.h"
#include "connector/extract/fold_int.h"
#include "connector/extract/text_int.h"
#include "tests/unit/connector/extract/asked.h"

Suite *test_texts_suite(void);

#define AT(p) (1u << (p))
#define ALL   (AT(PLACE_N) - 1 - AT(PLACE_HEADER))

/* What a term counts in a mail at each place. */
static void counts(const char *term, const char *mail, const char *wanted)
{
	AUTO(buf) found = BUF_MAX(1000);
	const struct findings *f;
	struct asked t;

	asked_start(&t);
	asked_term(&t, term, ALL);
	asked_compile(&t);
	f = asked_mail(&t, mail);
	for (size_t i = 0; i < f->hit_n; i++)
		buf_printf(&found, "%s%s=%u", i ? " " : "",
			   place_name(f->hit[i].place), f->hit[i].count);
	ck_assert_msg(str_is(buf_str(&found), wanted),
		      "'%s' is not '%s' in: %s", buf_cstr(&found), wanted,
		      mail);
	asked_stop(&t);
}

START_TEST(places_are_told_apart)
{
	counts("秘密",
	       "From: a@x.jp\nSubject: =?utf-8?B?56eY5a+G?=\n\n秘 密と秘密\n",
	       "subject=1 body=2");
	counts("秘密",
	       "From: a@x.jp\nContent-Type: multipart/mixed; boundary=b\n\n"
	       "秘密\n--b\nContent-Type: text/plain; charset=utf-8\n\n秘密\n"
	       "--b\nContent-Type: application/x-y\nContent-Disposition: "
	       "attachment; "
	       "filename=\"=?utf-8?B?56eY5a+G?=.dat\"\n\nx\n--b--\n",
	       "body=2 file-names=1");
	counts("x-secret",
	       "From: a@x.jp\nX-Secret: x-secret\nSubject: y\n\nz\n", "");
}
END_TEST

START_TEST(transfer_encodings_and_charsets)
{
	static const char *const bodies[] = {
		"; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
		"56S+\n5aSW\n56eY\n",
		"; charset=UTF-8\nContent-Transfer-Encoding: "
		"quoted-printable\n\n=E7=A4=BE=\n=E5=A4=\n=96=E7=A7=98\n",
		"; charset=iso-2022-jp\n\n\x1b$B<R30Hk\x1b(B\n",
		"; charset=iso-2022-jp\n\n\x1b$B<R\x1b(B\n\x1b$B30Hk\x1b(B\n",
		/* Escapes that say nothing split a word for some. */
		"; "
		"charset=iso-2022-jp\n\n\x1b$B<R\x1b(B\x1b$B30\x1b$BHk\x1b(B\n",
		"; charset=shift_jis\n\n\x8e\xd0\x8aO\x94\xe9\n",
		"; charset=euc-jp\n\n\xbc\xd2\xb3\xb0\xc8\xeb\n",
		"; charset=utf-16le\nContent-Transfer-Encoding: base64\n\n"
		"PnkWWdh5\n",
		"; charset=utf-16\nContent-Transfer-Encoding: base64\n\n"
		"/v95PlkWedg=\n",
		"; charset=utf-7\n\n+eT5ZFnnY-\n",
		/* Without a name, or with a wrong one. */
		"\n\n\x1b$B<R30Hk\x1b(B\n",
		"\n\n\x8e\xd0\x8aO\x94\xe9\x82\xc5\x82\xb7\n",
		"\n\n\xbc\xd2\xb3\xb0\xc8\xeb\xa4\xc7\xa4\xb9\n",
		"; charset=us-ascii\n\n\x1b$B<R30Hk\x1b(B\n",
		"; charset=us-ascii\n\n社外秘\n",
		"; charset=iso-8859-1\n\n社外秘\n",
		"; "
		"charset=iso-8859-1\n\n\x8e\xd0\x8aO\x94\xe9\x82\xc5\x82\xb7\n",
		"; charset=utf-8\n\n\x8e\xd0\x8aO\x94\xe9\x82\xc5\x82\xb7\n",
		"; charset=utf-8\n\n\x1b$B<R30Hk\x1b(B\n",
		"; charset=shift_jis\n\n社外秘\n",
		"; charset=euc-jp\n\n\x8e\xd0\x8aO\x94\xe9\x82\xc5\x82\xb7\n",
		"; charset=x-nobody\n\n社外秘\n",
		"\nContent-Transfer-Encoding: base64\n\n//4+eRZZ2Hk=\n",
		"\nContent-Transfer-Encoding: base64\n\n"
		"PnkWWdh5DQAKAA0ACgANAAoA\n",
		"\nContent-Transfer-Encoding: base64\n\n77u/56S+5aSW56eY\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		AUTO(buf) mail = BUF_MAX(4 * KIB);

		buf_printf(&mail, "From: a@x.jp\nContent-Type: text/plain%s",
			   bodies[i]);
		counts("社外秘", buf_cstr(&mail), "body=1");
	}
}
END_TEST

/* A card, an Individual Number and a word, in every writing. */
START_TEST(numbers_in_every_writing)
{
	static const struct {
		const char *type, *cte, *content;
	} rows[] = {
		{"plain; charset=iso-2022-jp", "7bit",
		 "\x1b$B#4#1#1#1!]#1#1#1#1!]#1#1#1#1!]#1#1#1#1\x1b(B\n"
		 "\x1b$B8D?MHV9f\x1b(B 1234-5678-9018\n"},
		/* Halves of each in another set, kana of half width between. */
		{"plain; charset=iso-2022-jp", "7bit",
		 "4111\x1b$B#1#1#1#1\x1b(B1111\x1b$B#1#1#1#1\x1b(B\n"
		 "\x1b(IO2EJMT1\x1b(J 123456\x1b$B#7#8#9#0#1#8\x1b(B\n"},
		{"plain; charset=shift_jis", "8bit",
		 "\x82\x53\x82\x50\x82\x50\x82\x50\x81\x7c 1111 1111 1111\n"
		 "1234 5678 9018\n"},
		{"plain; charset=euc-jp", "8bit",
		 "\xa3\xb4\xa3\xb1\xa3\xb1\xa3\xb1\xa1\xdd"
		 "1111-1111-1111\n123456789018\n"},
		{"plain", "quoted-printable",
		 "4111 1111=\n 1111 1111\n1234=\n56789018\n"},
		{"plain; charset=utf-8", "8bit",
		 "4111\u22121111\uff0d1111\u20101111\n"
		 "1234\u200b5678\u20609018\n"},
		{"html; charset=utf-8", "8bit",
		 "<p>4111<b>1111</b>&#8203;1111&shy;1111</p>\n"
		 "<td>1234</td><!-- - --><span>5678</span>9018"},
		{"html; charset=utf-8", "8bit",
		 "<p>4111 1111 1111 1111</p><p>&#x31;&#50;34<i></i>5678"
		 "<font color='x>'>9018</font></p>"},
		{"plain", "base64",
		 "NDExMSAxMTExIDExMTEgMTExMQox\nMjM0NTY3ODkwMTgK\n"},
		{"plain; charset=utf-16", "base64",
		 "/v8ANAAxADEAMQAxADEAMQAxADEAMQAxADEAMQAxADEAMQAKADEAMgAzADQAN"
		 "QA2"
		 "ADcAOAA5ADAAMQA4\n"},
	};
	const struct findings *f;
	struct asked t;

	asked_start(&t);
	t.q.detectors = 1u << DETECT_CARD | 1u << DETECT_MY_NUMBER;
	asked_compile(&t);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) mail = BUF_MAX(4 * KIB);

		buf_printf(&mail,
			   "From: a@x.jp\nContent-Type: text/%s\n"
			   "Content-Transfer-Encoding: %s\n\n%s",
			   rows[i].type, rows[i].cte, rows[i].content);
		f = asked_mail(&t, buf_cstr(&mail));
		ck_assert_msg(
			f->unique[SCOPE_BODY][DETECT_CARD] == 1 &&
				f->unique[SCOPE_BODY][DETECT_MY_NUMBER] == 1,
			"row %zu: %u %u", i, f->unique[SCOPE_BODY][DETECT_CARD],
			f->unique[SCOPE_BODY][DETECT_MY_NUMBER]);
	}
	asked_stop(&t);
}
END_TEST

START_TEST(a_charset_that_nobody_knows_is_doubt)
{
	struct asked t;

	asked_start(&t);
	asked_term(&t, "社外秘", AT(PLACE_BODY));
	asked_compile(&t);
	asked_mail(&t, "From: a@x.jp\nContent-Type: text/plain; "
		       "charset=x-nobody\n\n社外秘\n");
	ck_assert(harness_has(&t.h.v, DOUBT_DAMAGED));
	asked_mail(&t, "From: a@x.jp\nContent-Type: text/plain; "
		       "charset=x-nobody\n\nascii\n");
	ck_assert(!harness_has(&t.h.v, DOUBT_DAMAGED));
	asked_stop(&t);
}
END_TEST

#define HEAD "From: a@x.jp\nContent-Type: multipart/"
#define TEXT "Content-Type: text/plain; charset=utf-8\n\n"
#define HTML "Content-Type: text/html; charset=utf-8\n\n"

START_TEST(alternatives_are_one_text)
{
	/* Each is read; the richer one counts. */
	counts("秘密",
	       HEAD "alternative; boundary=b\n\n--b\n" TEXT "秘密\n--b\n" HTML
		    "<p>秘密</p><p>秘密</p>\n--b--\n",
	       "body=2");
	counts("秘密",
	       HEAD "alternative; boundary=b\n\n--b\n" TEXT "秘密\n--b\n" HTML
		    "x\n--b--\n",
	       "body=1");
	/* Bodies side by side add up, within an alternative too. */
	counts("秘密",
	       HEAD "mixed; boundary=b\n\n--b\n" TEXT "秘密\n--b\n" HTML
		    "秘密\n--b--\n",
	       "body=2");
	counts("秘密",
	       HEAD
	       "mixed; boundary=a\n\n--a\n"
	       "Content-Type: multipart/alternative; boundary=b\n\n--b\n" TEXT
	       "秘密\n--b\n"
	       "Content-Type: multipart/related; boundary=c\n\n--c\n" HTML
	       "秘密\n--c\n" HTML "秘密\n--c--\n--b--\n"
	       "--a\n" TEXT "秘密\n--a--\n",
	       "body=3");
}
END_TEST

START_TEST(header_fields_are_those_named)
{
	const struct findings *f;
	struct asked t;

	asked_start(&t);
	asked_term(&t, "alpha", AT(PLACE_HEADER));
	asked_term(&t, "alpha", AT(PLACE_HEADER));
	t.term[0].field = STR("X-Project");
	t.term[1].field = STR("x-other");
	asked_compile(&t);
	f = asked_mail(&t, "From: a@x.jp\nX-Project: alpha\nx-project: Alpha\n"
			   "Subject: alpha\nComments: alpha\n\nalpha\n");
	ck_assert_uint_eq(f->hit_n, 1);
	ck_assert_uint_eq(f->hit[0].term, 0);
	ck_assert_uint_eq(f->hit[0].count, 2);
	asked_stop(&t);
}
END_TEST

START_TEST(all_names_of_a_file_are_read)
{
	static const char mail[] = HEAD
		"mixed; boundary=b\n\n--b\n" TEXT "x\n--b\n"
		"Content-Type: application/x-y; name=秘密.dat\n"
		"Content-Disposition: attachment; filename=plan.dat\n\n"
		"x\n--b--\n";

	counts("秘密", mail, "file-names=1");
	counts("plan", mail, "file-names=1");
	counts("dat", mail, "file-names=1");
}
END_TEST

START_TEST(what_is_too_large_is_doubt)
{
	AUTO(buf) text = BUF_MAX(64 * MIB);
	struct asked t;

	asked_start(&t);
	asked_term(&t, "社外秘", AT(PLACE_BODY));
	asked_compile(&t);
	buf_puts(&text, "社外秘");
	while (text.n < TEXT_PART_MAX - 10)
		buf_puts(&text, "12345678\n");
	asked_body(&t, buf_cstr(&text), false);
	ck_assert(harness_has(&t.h.v, DOUBT_TOO_LARGE));
	ck_assert_uint_eq(t.h.f.hit_n, 1);
	buf_truncate(&text, TEXT_PART_MAX / 2);
	asked_body(&t, buf_cstr(&text), false);
	ck_assert(!harness_has(&t.h.v, DOUBT_TOO_LARGE));
	/* Nothing is read where nothing is asked. */
	t.q.term_n = 0;
	asked_compile(&t);
	while (text.n < TEXT_PART_MAX + 10)
		buf_puts(&text, "12345678\n");
	asked_body(&t, buf_cstr(&text), false);
	ck_assert(!harness_has(&t.h.v, DOUBT_TOO_LARGE));
	asked_stop(&t);
}
END_TEST

START_TEST(values_are_counted_once_in_each_scope)
{
	const struct findings *f;
	struct asked t;

	asked_start(&t);
	t.q.detectors = 1u << DETECT_CARD | 1u << DETECT_PHONE;
	asked_compile(&t);
	f = asked_mail(&t, HEAD
		       "alternative; boundary=b\nSubject: 090-1234-5678\n\n"
		       "--b\n" TEXT "4111 1111 1111 1111\n--b\n" HTML
		       "<p>4111<b>1111</b>1111&shy;1111</p>"
		       "<p>5149265504680877 03-1234-5678</p>\n--b--\n");
	ck_assert_uint_eq(f->unique[SCOPE_BODY][DETECT_CARD], 2);
	ck_assert_uint_eq(f->unique[SCOPE_BODY][DETECT_PHONE], 1);
	ck_assert_uint_eq(f->unique[SCOPE_ATTACHMENTS][DETECT_CARD], 0);
	ck_assert_uint_eq(f->unique[SCOPE_ANYWHERE][DETECT_CARD], 2);
	ck_assert_uint_eq(f->unique[SCOPE_ANYWHERE][DETECT_PHONE], 2);
	ck_assert_uint_eq(f->sample_n, 4);
	ck_assert_int_eq(f->sample[0].place, PLACE_SUBJECT);
	ck_assert_uint_eq(f->sample[0].part, VIEW_WHOLE);
	ck_assert_str_eq(f->sample[0].text.p, "***-****-5678");
	ck_assert_int_eq(f->sample[1].place, PLACE_BODY);
	ck_assert_uint_eq(f->sample[1].part, 1);
	ck_assert_str_eq(f->sample[1].text.p, "****-****-****-1111");
	/* The next message begins anew. */
	f = asked_body(&t, "4111111111111111", false);
	ck_assert_uint_eq(f->unique[SCOPE_ANYWHERE][DETECT_CARD], 1);
	ck_assert_uint_eq(f->sample_n, 1);
	asked_stop(&t);
}
END_TEST

START_TEST(a_number_over_the_end_of_a_window)
{
	AUTO(buf) text = BUF_MAX(4 * MIB);
	const struct findings *f;
	struct asked t;

	asked_start(&t);
	t.q.detectors = 1u << DETECT_CARD;
	asked_term(&t, "社外秘", AT(PLACE_BODY));
	asked_compile(&t);
	for (size_t pad = 0; pad < 40; pad++) {
		buf_clear(&text);
		while (text.n < FOLD_WINDOW - 20 + pad)
			buf_putc(&text, 'x');
		buf_puts(&text, " 4111 1111 1111 1111 社外秘 ");
		while (text.n < 2 * FOLD_WINDOW + FOLD_BESIDE - 20 - pad)
			buf_putc(&text, 'x');
		buf_puts(&text, " 5149 2655 0468 0877 社外秘 ");
		f = asked_body(&t, buf_cstr(&text), false);
		ck_assert_uint_eq(f->unique[SCOPE_BODY][DETECT_CARD], 2);
		ck_assert_uint_eq(f->hit[0].count, 2);
	}
	asked_stop(&t);
}
END_TEST

static const char *const pages[] = {
	"zan</>zibar", /* a comment to browsers, like the next two */
	"zan</ x>zibar",
	"zan<!x=\"y\">zibar",
	"<!-->zanzibar<!-- -->",
	"<!-- x --!>zanzibar<!-- -->",
	"<!--[if mso]>zanzibar<![endif]-->",
	"<a b=c=\"x>zanzibar<b y=\"z\">", /* no quoted value */
	"&#122anzibar",
	"zan&#x000000000ad;zibar",
	"zan&NoBreak;zibar",
	"<svg><![CDATA[zanzibar]]></svg>",
	"<textarea><!-- zanzibar --></textarea>",
	"<style>p::before{content:'zanzibar'}</style>",
	"<style>zanzibar", /* never closed: hides nothing */
	"zan<b style='display : none'>x</b>zibar",
	"<style>.h{display:none}</style>zan<b class=h>x</b>zibar",
	"<div style=display:inline>zan</div><div>zibar",
	"<input value=zanzibar>",
	"<a href='data:text/plain,z%61nzibar'>x</a>",
};

START_TEST(pages_show_more_than_their_text)
{
	AUTO(buf) mail = BUF_MAX(10000);

	buf_puts(&mail, "From: a@x.jp\nContent-Type: text/html\n\n<p>x</p>");
	buf_puts(&mail, pages[_i]);
	counts("zanzibar", buf_cstr(&mail), "body=1");
}
END_TEST

START_TEST(text_beside_parts_and_in_folds)
{
	counts("zanzibar",
	       "From: a@x.jp\nContent-Type: multipart/mixed; boundary=b\n\n"
	       "zanzibar\n--b\n\nx\n--b--\nzanzibar\n",
	       "body=2");
	counts("zanzibar",
	       "From: a@x.jp\nContent-Type: text/calendar; method=REQUEST\n\n"
	       "BEGIN:VCALENDAR\nDESCRIPTION:zan\n zibar\nEND:VCALENDAR\n",
	       "body=1");
	counts("zanzibar",
	       "From: a@x.jp\nContent-Type: text/plain; format=flowed; "
	       "delsp=yes\n\nzan \nzibar\n",
	       "body=1");
	counts("zanzibar",
	       "From: a@x.jp\nContent-Type: text/plain\nContent-Transfer-"
	       "Encoding: quoted-printable\n\nzan= \nzibar\n",
	       "body=1");
	counts("zanzibar",
	       "From: a@x.jp\nContent-Type: text/enriched\n\n"
	       "zan<bold>zib</bold>ar\n",
	       "body=1");
	/* JIS X 0213 and the revision of 1990 by their escapes. */
	counts("社外秘",
	       "From: a@x.jp\nContent-Type: text/plain; charset=iso-2022-jp-3"
	       "\n\n\x1b$(O<R30\x1b&@\x1b$BHk\x1b(B\n",
	       "body=1");
}
END_TEST

Suite *test_texts_suite(void)
{
	Suite *s = suite_create("texts");
	TCase *c = tcase_create("all");

	tcase_set_timeout(c, 60);
	tcase_add_test(c, places_are_told_apart);
	tcase_add_test(c, transfer_encodings_and_charsets);
	tcase_add_test(c, numbers_in_every_writing);
	tcase_add_test(c, a_charset_that_nobody_knows_is_doubt);
	tcase_add_test(c, alternatives_are_one_text);
	tcase_add_test(c, text_beside_parts_and_in_folds);
	tcase_add_loop_test(c, pages_show_more_than_their_text, 0,
			    ARRAY_LEN(pages));
	tcase_add_test(c, header_fields_are_those_named);
	tcase_add_test(c, all_names_of_a_file_are_read);
	tcase_add_test(c, what_is_too_large_is_doubt);
	tcase_add_test(c, values_are_counted_once_in_each_scope);
	tcase_add_test(c, a_number_over_the_end_of_a_window);
	suite_add_tcase(s, c);
	return s;
}
