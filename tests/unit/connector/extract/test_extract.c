/* Views: what is seen, and where readings differ it is said. */
#include <check.h>
#include "connector/base/limits.h"
#include "tests/unit/connector/extract/harness.h"
#include "tests/unit/slow.h"

Suite *test_extract_suite(void);

static struct harness h;

static void begin(void)
{
	harness_start(&h);
}

static void end(void)
{
	harness_stop(&h);
}

#define F "From: Taro <taro@example.co.jp>\n"
#define MIX                                                                    \
	F "MIME-Version: 1.0\nContent-Type: multipart/mixed; "                 \
	  "boundary=\"=_x\"\n\n"

static void is(struct str s, const char *want)
{
	ck_assert_msg(str_is(s, want), "\"%.*s\" is not \"%s\"", STR_ARG(s),
		      want);
}

static void whole(const struct view *v)
{
	ck_assert_msg(v->completeness == VIEW_COMPLETE, "reason %s",
		      v->reason_n ? view_doubt_name(v->reason[0].doubt) : "?");
	ck_assert_uint_eq(v->reason_n, 0);
}

START_TEST(plain_mail)
{
	const struct view *v = harness_view(
		&h, F "To: a@b.jp, \"B, C\" <c@d.jp>\nCc: g: e@f.jp, h@i.jp;\n"
		      "Subject: =?UTF-8?B?5Lu2?=\n =?UTF-8?B?5ZCN?= x\n"
		      "Message-ID: <1@x>\nDate: x\n\nbody\n");

	whole(v);
	is(v->from.v[0].address, "taro@example.co.jp");
	is(v->from.v[0].name, "Taro");
	ck_assert_uint_eq(v->to.n, 2);
	is(v->to.v[1].address, "c@d.jp");
	is(v->to.v[1].name, "B, C");
	ck_assert_uint_eq(v->cc.n, 2);
	is(v->cc.v[1].address, "h@i.jp");
	is(v->subject, "件名 x");
	is(v->message_id, "1@x");
	ck_assert(v->has_message_id && v->has_date && v->has_to && v->has_cc &&
		  v->has_subject && !v->bcc.present);
	ck_assert_uint_eq(v->part_n, 1);
	is(v->part[0].type, "text/plain");
	ck_assert(!v->part[0].attachment);
	ck_assert_uint_eq(v->part[0].len, 6);
	ck_assert_uint_eq(v->header_end + 2, v->part[0].off);
	ck_assert(!v->has_8bit && !v->has_bare_lf);
	ck_assert_uint_eq(v->field_n, 6);
	is(v->field[3].name, "Subject");
	is(v->field[3].value, "件名 x");
}
END_TEST

START_TEST(parts_and_attachments)
{
	const struct view *v = harness_view(
		&h,
		MIX "preamble\n--=_x\nContent-Type: multipart/alternative; "
		    "boundary=alt7\n\n--alt7\n\nplain\n--alt7\n"
		    "Content-Type: text/html\n\n<img src=\"cid:p1@x\">\n"
		    "--alt7--\n\n--=_x\nContent-Type: image/png; name=a.png\n"
		    "Content-ID: <p1@x>\nContent-Transfer-Encoding: base64\n\n"
		    "QUJD\nREVG\n--=_x\nContent-Type: image/png; name=b.png\n"
		    "Content-ID: <p2@x>\n\nX\n--=_x\n"
		    "Content-Type: application/pdf\n"
		    "Content-Disposition: attachment; filename=\"c.pdf\"\n"
		    "Content-Transfer-Encoding: quoted-printable\n\na=20b=\nc\n"
		    "--=_x\nContent-Type: application/octet-stream\n\nzz\n"
		    "--=_x--\nepilogue\n");

	whole(v);
	ck_assert_uint_eq(v->part_n, 8);
	is(v->part[0].type, "multipart/mixed");
	ck_assert(v->part[0].multipart && v->part[1].multipart);
	ck_assert_uint_eq(v->part[2].parent, 1);
	ck_assert(!v->part[2].attachment && !v->part[3].attachment);
	ck_assert(v->part[4].inline_cid && !v->part[4].attachment);
	ck_assert_uint_eq(v->part[4].decoded, 6);
	ck_assert(!v->part[5].inline_cid && v->part[5].attachment);
	is(v->part[6].name, "c.pdf");
	ck_assert_uint_eq(v->part[6].decoded, 4);
	ck_assert(v->part[6].attachment && !v->part[6].nameless);
	ck_assert(v->part[7].attachment && v->part[7].nameless);
	ck_assert_uint_eq(v->part[7].len, 2);
}
END_TEST

START_TEST(nested_mail)
{
	const struct view *v = harness_view(
		&h,
		MIX "--=_x\n\nhello\n--=_x\nContent-Type: message/rfc822\n\n"
		    "From: b@c.jp\nSubject: in\nMIME-Version: 1.0\n"
		    "Content-Type: multipart/mixed; boundary=inner9\n\n"
		    "--inner9\n\nx\n--inner9\nContent-Type: a/b; name=z.exe\n"
		    "\nMZ\n--inner9--\n--=_x--\n");

	whole(v);
	ck_assert_uint_eq(v->part_n, 6);
	is(v->part[2].type, "message/rfc822");
	ck_assert(v->part[2].attachment);
	ck_assert_uint_eq(v->part[3].parent, 2);
	is(v->part[5].name, "z.exe");
	/* Of the attached mail, not of this one. */
	ck_assert(!v->part[5].attachment);
	ck_assert_uint_eq(v->from.n, 1);
}
END_TEST

START_TEST(file_names)
{
	const struct view *v = harness_view(
		&h, F "Content-Type: a/b; name=\"=?ISO-2022-JP?B?"
		      "GyRCOCtAUT1xGyhC?=.exe\"\n"
		      "Content-Disposition: attachment;\n"
		      " filename*0*=UTF-8''%E8%A6%8B%E7%A9; "
		      "filename*1*=%8D.pdf\n\nx");

	whole(v);
	is(v->part[0].name, "見積.pdf");
	is(v->part[0].other_names, "見積書.exe");
}
END_TEST

START_TEST(raw_names)
{
	/* CP932, unencoded, as old programs send it. */
	const struct view *v = harness_view(
		&h, F "Content-Type: a/b;\n name=\"\x8c\xa9\x90\xcf\x8f\x91\"\n"
		      "Subject: \x8c\xa9\x90\xcf\x8f\x91\n\nx");

	is(v->part[0].name, "見積書");
	is(v->subject, "見積書");
	ck_assert(v->has_8bit_header && v->has_8bit);
}
END_TEST

#define CAL "BEGIN:VCALENDAR"

static const struct {
	const char *header;
	unsigned classes;
} class_cases[] = {
	{"Subject: x\n\n", 0},
	{"Auto-Submitted: no\n\n", 0},
	{"Auto-Submitted: No (x)\n\n", CLASS_AUTO_REPLY},
	{"Auto-Submitted: auto-replied; x=y\n\n", CLASS_AUTO_REPLY},
	{"List-Id: <a.b>\n\n", CLASS_BULK},
	{"Precedence: bulk\n\n", CLASS_BULK},
	{"Content-Type: text/calendar; method=REQUEST\n\n" CAL, CLASS_CALENDAR},
	{"Content-Type: text/calendar\n\n" CAL, 0},
	/* As Google sends it: alternatives, and the same as a file. */
	{"Content-Type: multipart/mixed; boundary=m\n\n--m\n"
	 "Content-Type: multipart/alternative; boundary=a\n\n--a\n"
	 "Content-Type: text/plain\n\nx\n--a\n"
	 "Content-Type: text/calendar; method=REQUEST\n\n" CAL "\n--a--\n--m\n"
	 "Content-Type: application/ics; name=invite.ics\n"
	 "Content-Disposition: attachment\n\n" CAL "\n--m--\n",
	 CLASS_CALENDAR},
	/* A file beside it is not part of it; an attached one is a file. */
	{"Content-Type: multipart/mixed; boundary=m\n\n--m\n"
	 "Content-Type: multipart/alternative; boundary=a\n\n--a\n"
	 "Content-Type: text/calendar; method=REQUEST\n\n" CAL "\n--a--\n--m\n"
	 "Content-Type: application/pdf; name=list.pdf\n\n%PDF\n--m--\n",
	 0},
	{"Content-Type: multipart/mixed; boundary=m\n\n--m\n"
	 "Content-Type: text/plain\n\nsecret\n--m\n"
	 "Content-Type: text/calendar; method=REQUEST\n\n" CAL "\n--m--\n",
	 0},
	{"Content-Type: application/pkcs7-mime; smime-type=signed-data\n\n0x",
	 CLASS_SIGNED},
	{"Content-Type: application/pkcs7-mime; "
	 "smime-type=enveloped-data\n\n0x",
	 CLASS_ENCRYPTED},
	{"Content-Type: application/ms-tnef\n\nx", CLASS_TNEF},
	{"Content-Type: application/octet-stream; name=winmail.dat\n\nx",
	 CLASS_TNEF},
	{"Content-Type: multipart/mixed; boundary=qq1\n\n--qq1\nContent-Type: "
	 "application/x-microsoft-rpmsg-message; name=message.rpmsg\n\nx\n"
	 "--qq1--\n",
	 CLASS_RIGHTS_MANAGED},
	{"Content-Type: multipart/signed; boundary=qq1;\n protocol=x\n\n"
	 "--qq1\n\nhi\n--qq1\nContent-Type: application/pkcs7-signature;\n"
	 " name=smime.p7s\n\n0x\n--qq1--\n",
	 CLASS_SIGNED},
	{"Content-Type: multipart/encrypted; boundary=qq1\n\n"
	 "--qq1\nContent-Type: application/pgp-encrypted\n\nhi\n--qq1\n"
	 "Content-Type: application/octet-stream\n\n-----BEGIN PGP "
	 "MESSAGE-----\n--qq1--\n",
	 CLASS_ENCRYPTED},
	{"Content-Type: multipart/report; report-type=delivery-status;\n "
	 "boundary=qq1\n\n--qq1\n\nhi\n--qq1\n"
	 "Content-Type: message/delivery-status\n\nx\n--qq1--\n",
	 CLASS_DSN},
	{"Content-Type: multipart/report;\n report-type=\"disposition-"
	 "notification\"; boundary=qq1\n\n--qq1\n\nhi\n--qq1\n"
	 "Content-Type: message/disposition-notification\n\nx\n--qq1--\n",
	 CLASS_RECEIPT},
	/* Cloaks: a file beside a report, a calendar that is none. */
	{"Content-Type: multipart/report; report-type=delivery-status;\n "
	 "boundary=qq1\n\n--qq1\n\nhi\n--qq1\n"
	 "Content-Type: message/delivery-status\n\nx\n--qq1\n"
	 "Content-Type: a/b; name=x.exe\n\nx\n--qq1--\n",
	 0},
	{"Content-Type: text/calendar; method=REQUEST\n\nhello\n", 0},
};

START_TEST(a_signature_that_is_none)
{
	const struct view *v = harness_view(
		&h,
		F "Content-Type: multipart/signed; boundary=q\n\n--q\n\nhi\n"
		  "--q\nContent-Type: application/pgp-signature; name=a.exe\n"
		  "\nMZ\n--q--\n");

	ck_assert(v->part[2].attachment);
}
END_TEST

START_TEST(classes)
{
	AUTO(buf) mail = BUF_MAX(10000);
	const struct view *v;

	buf_puts(&mail, F);
	buf_puts(&mail, class_cases[_i].header);
	v = harness_view(&h, buf_cstr(&mail));
	ck_assert_msg(v->classes == class_cases[_i].classes, "%s: %x",
		      class_cases[_i].header, v->classes);
	whole(v);
	for (size_t i = 0; i < v->part_n; i++)
		if (v->classes & (CLASS_SIGNED | CLASS_ENCRYPTED | CLASS_DSN |
				  CLASS_RECEIPT))
			ck_assert(!v->part[i].attachment);
}
END_TEST

/* Each of these is read differently by some mail program. */
static const char *const ambiguous[] = {
	"Subject: no from\n\nx",
	F "From: b@c.jp\n\nx",
	"From: a@b.jp, c@d.jp\n\nx",
	"From : a@b.jp\n\nx",
	"From\n : a@b.jp\n\nx",
	"From: \n\nx",
	"From: Taro\n\nx",
	"From: <a@b.jp> <c@d.jp>\n\nx",
	"From: a@b.jp <c@d.jp>\n\nx",
	"From: <@x.jp,@y.jp:a@b.jp>\n\nx",
	"From: <=?utf-8?B?YUBiLmpw?=>\n\nx",
	"From: =?utf-8?B?PGFAYi5qcD4=?=\n\nx",
	"From: g: a@b.jp, c@d.jp;\n\nx",
	"From: a@b@c.jp\n\nx",
	"From: a(c)@b.jp\n\nx",
	"From: a @ b.jp\n\nx",
	"From: \"a@b.jp\n\nx",
	"From: <a@b.jp\n\nx",
	"From: a@b.jp>\n\nx",
	"From: <a@b.jp> x\n\nx",
	"From: a\\@b.jp <c@d.jp>\n\nx",
	" From: a@b.jp\n" F "\nx",
	F "Resent\x01-X: a\n\nx",
	F "no colon here\nTo: a@b.jp\n\nx",
	F "Subject: a\n \n b\n\nx",
	F "Subject: a\nSubject: b\n\nx",
	F "To: a@b.jp\nTo: c@d.jp\n\nx",
	F "To: a@b.jp; c@d.jp\n\nx",
	F "To: g: a@b.jp\n\nx",
	F "To: g: a@b.jp;<c@d.jp>\n\nx",
	F "To: a@b.jp: c@d.jp;\n\nx",
	F "To: a@b.jp\"c\"\n\nx",
	F "To: [x]a@b.jp\n\nx",
	/* fields */
	F "Content-Type: text/plain\nContent-Type: text/html\n\nx",
	F "Content-Type: text/plain; charset=a; charset=b\n\nx",
	F "Content-Type: text\n\nx",
	F "Content-Type: text/plain charset=x\n\nx",
	F "Content-Type: text(x)/plain\n\nx",
	F "Content-Type: multipart/mixed\n\nx",
	F "Content-Type: multipart/mixed; boundary=\"\"\n\nx",
	F
	"Content-Type: multipart/mixed; boundary=a b\n\n--a b\n\nx\n--a b--\n",
	F "Content-Type: multipart/mixed; boundary=a1; boundary=b1\n\n"
	  "--a1\n\nx\n--a1--\n",
	F "Content-Type: multipart/mixed; boundary*=a1\n\n--a1\n\nx\n--a1--\n",
	F "Content-Type: multipart/mixed; boundary*0=a; boundary*1=1\n\n"
	  "--a1\n\nx\n--a1--\n",
	F
	"Content-Type: multipart/mixed; boundary=(x)a1\n\n--a1\n\nx\n--a1--\n",
	F "Content-Transfer-Encoding: base65\n\nx",
	F "Content-Transfer-Encoding: base64 (x)\n\nQQ==",
	F "Content-Transfer-Encoding: x-uuencode\n\nx",
	F "Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n"
	  "\nQQ==",
	F "Content-Type: multipart/mixed; boundary=a1\n"
	  "Content-Transfer-Encoding: base64\n\n--a1\n\nx\n--a1--\n",
	F "Content-Type: message/partial; id=x; number=1\n\nx",
	F "Content-Disposition: attachment; filename=x; (y)\n\nx",
	F "Content-Disposition: attachment\n"
	  "Content-Disposition: inline\n\nx",
	F "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
	  "QUFB",
	F "Content-Disposition: attachment; filename=\"c.pdf\"x\n\nx",
	F "Content-Disposition: attachment; filename=\"c.pdf\n\nx",
	F "Content-Disposition: attachment; filename=c.exe\x0c\n\nx",
	F "Content-Disposition: attachment; \x0c"
	  "filename=c.exe\n\nx",
	F "Content-Disposition: attachment\x0b; filename=c.exe\n\nx",
	F "Content-Type: a/b; name*0*=UTF-8''a; name*=b.exe\n\nx",
	F "Content-Type: a/b; name*0*=UTF-8''a; name*0*=UTF-8''b\n\nx",
	F "Content-Type: a/b; name*1=b.exe\n\nx",
	F "Content-Type: message/rfc8222\n\nFrom: a@b.jp\n\nx",
	/* T9: structure */
	MIX "--=_x\n\nx\n--=_x--\n--=_x\n\nhidden\n--=_x--\n",
	MIX "--=_x\n\nx\n--=_xy\n\nnear\n--=_x--\n",
	MIX "--=_x\nContent-Type: multipart/mixed; boundary=\"=_xx\"\n\n"
	    "--=_xx\n\nx\n--=_xx--\n--=_x--\n",
	MIX "--=_x\nContent-Type: multipart/mixed; boundary=\"=_x\"\n\n"
	    "--=_x\n\nx\n--=_x--\n--=_x--\n",
	MIX "--=_x\nno colon\n\nx\n--=_x--\n",
	MIX "--=_x\nContent-Type : text/plain\n\nx\n--=_x--\n",
	/* T9: decoders */
	F "Content-Transfer-Encoding: base64\n\nQUJD!REVG\n",
	F "Content-Transfer-Encoding: base64\n\nQQ==QUJD\n",
	F "Content-Transfer-Encoding: base64\n\nQUJDR\n",
	F "Content-Transfer-Encoding: base64\n\nQUJD===\n",
};

START_TEST(says_ambiguous)
{
	const struct view *v = harness_view(&h, ambiguous[_i]);

	ck_assert_msg(harness_has(v, DOUBT_AMBIGUOUS), "not ambiguous: %s",
		      ambiguous[_i]);
	ck_assert_int_eq(v->completeness, VIEW_PARTIAL);
}
END_TEST

START_TEST(says_ambiguous_of_bytes)
{
	static const struct str raw[] = {
		STR("From: a@b.jp\0\r\nSubject: x\r\n\r\nx"),
		STR("From: a@b.jp\r\nSubject: x\0y\r\n\r\nx"),
		STR("From: a@b.jp\r\n\r\nx\0y"),
		STR("From: a@b.jp\r\nSubject: x\ry\r\n\r\nx"),
		STR("From: a@b.jp\r\n\r\nx\ry\r\n"),
		STR("From: a@b.jp\r\n\r\nx\r"),
		STR("From: a@b.jp\r\nSubject: x\nBcc: c@d.jp\r\n\r\nx"),
	};

	for (size_t i = 0; i < ARRAY_LEN(raw); i++)
		ck_assert_msg(harness_has(harness_view_raw(&h, raw[i]),
					  DOUBT_AMBIGUOUS),
			      "%zu", i);
}
END_TEST

/* Real mail that must not be held for its form. */
static const char *const fine[] = {
	F "\n",
	F,
	"From: a@b.jp\n\n",
	"From: <a@b.jp>\n\nx",
	"From: a@b.jp (Taro)\n\nx",
	"From: Taro Yamada <a@b.jp> (x)\n\nx",
	"From: a@b.jp <a@b.jp>\n\nx",
	"From: \"x@y.jp\" <a@b.jp>\n\nx",
	"From: J. Doe <a@b.jp>\n\nx",
	"From: [ML 12] Taro <a@b.jp>\n\nx",
	"From: =?UTF-8?B?5Lu2?= <a@b.jp>\n\nx",
	"From: =?UTF-8?B?5Lu2?=\n =?UTF-8?B?5ZCN?=\n <a@b.jp>\n\nx",
	F "To: undisclosed-recipients:;\n\nx",
	F "To: a@b.jp,\n\tc@d.jp,\n e@f.jp\n\nx",
	F "To: a@b.jp,, c@d.jp,\n\nx",
	F "To:\n\nx",
	F "Content-Type: TEXT/PLAIN; CHARSET=utf-8; format=flowed\n\nx",
	F "Content-Type: text/plain;\n charset=utf-8;\n\nx",
	F "Content-Type: text/plain; charset = \"utf-8\"\n\nx",
	F "Content-Type: application/pdf; name=my file.pdf\n\nx",
	F "Content-Type: application/pdf; name=\"C:\\tmp\\a.pdf\"\n\nx",
	F "Content-Transfer-Encoding: BASE64\n\nQUJD\nREVG\n\n",
	F "Content-Transfer-Encoding: base64\n\nQQ==\n",
	F "Content-Transfer-Encoding: base64\n\n\n",
	F "Content-Transfer-Encoding: Quoted-Printable\n\na=3d=\nb \n= \nc\n",
	MIX "--=_x\n\nx\n--=_x-- \n",
	MIX "--=_x \n\nx\n--=_x--",
	MIX "This is a multi-part message in MIME format.\n--=_x\n"
	    "Content-Type: text/plain\n\nx\n-- \nsignature\n--\n--=_x--\n",
	MIX "--=_x\n\n--=_x--\n",
	MIX "--=_x\nContent-Type: multipart/digest; boundary=dd7\n\n"
	    "--dd7\n\nFrom: b@c.jp\nSubject: x\n\nhi\n--dd7--\n--=_x--\n",
};

START_TEST(finds_nothing_wrong)
{
	const struct view *v = harness_view(&h, fine[_i]);

	ck_assert_msg(v->completeness == VIEW_COMPLETE, "%s: %s", fine[_i],
		      v->reason_n ? view_doubt_name(v->reason[0].doubt) : "");
}
END_TEST

START_TEST(bare_line_feeds_alone_are_fine)
{
	const struct view *v = harness_view_raw(
		&h, STR("From: a@b.jp\nSubject: x\n\nbody\n"));

	whole(v);
	ck_assert(v->has_bare_lf);
	is(v->subject, "x");
}
END_TEST

START_TEST(damaged)
{
	const struct view *v = harness_view(&h, MIX "--=_x\n\nhello\n");

	ck_assert(harness_has(v, DOUBT_DAMAGED));
	ck_assert(!harness_has(v, DOUBT_AMBIGUOUS));
	ck_assert_uint_eq(v->part_n, 2);
	ck_assert(harness_has(harness_view(&h, MIX "nothing here\n"),
			      DOUBT_DAMAGED));
	ck_assert(harness_has(harness_view(&h, F "Content-Transfer-Encoding: "
						 "quoted-printable\n\na=ZZb\n"),
			      DOUBT_DAMAGED));
}
END_TEST

static const struct view *many(const char *head, const char *each, unsigned n,
			       const char *tail)
{
	AUTO(buf) b = BUF_MAX(64 * MIB);

	buf_puts(&b, head);
	for (unsigned i = 0; i < n; i++)
		buf_puts(&b, each);
	buf_puts(&b, tail);
	return harness_view(&h, buf_cstr(&b));
}

START_TEST(limits)
{
	const struct view *v;

	ck_assert(harness_has(many(F, "X: y\n", 1001, "\nx"), DOUBT_LIMIT));
	whole(many(F, "X: y\n", 900, "\nx"));
	ck_assert(
		harness_has(many(F "To: ", "a:", 50000, "\n\nx"), DOUBT_LIMIT));
	ck_assert(harness_has(many(F "X: ", "abcdefgh\n ", 7000, "z\n\nx"),
			      DOUBT_LIMIT));
	ck_assert(harness_has(many(F,
				   "X: abcdefghijklmnopqrstuvwxyz0123456789"
				   "abcdefghijklmnopqrstuvwxyz0123456789"
				   "abcdefghijklmnopqrstuvwxyz0123456789"
				   "abcdefghijklmnopqrstuvwxyz0123456789"
				   "abcdefghijklmnopqrstuvwxyz0123456789"
				   "abcdefghijklmnopqrstuvwxyz0123456789"
				   "abcdefghijklmnopqrstuvwxyz0123456789"
				   "abcdefghijklmnopqrstuvwxyz0123456789\n",
				   990, "\nx"),
			      DOUBT_LIMIT));
	v = many(MIX, "--=_x\n\nx\n", 1100, "--=_x--\n");
	ck_assert(harness_has(v, DOUBT_LIMIT));
	ck_assert_uint_le(v->part_n, MIME_PARTS_MAX);
	v = many(F, "Content-Type: message/rfc822\n\n", 60, "x");
	ck_assert(harness_has(v, DOUBT_LIMIT));
	v = many(F "To: ", "a@b.jp,\n ", 2000, "c@d.jp\n\nx");
	whole(v);
	ck_assert_uint_eq(v->to.n, 2001);
	ck_assert(harness_has(many(F "To: ", "a@b,\n ", 20000, "\n\nx"),
			      DOUBT_LIMIT));
	ck_assert(harness_has(many("", "a", 300000, ""), DOUBT_LIMIT));
}
END_TEST

START_TEST(a_delimiter_at_every_distance)
{
	/* The windows of a message that is read in pieces. */
	for (unsigned pad = 0; pad < 40; pad += CASES_APART(1)) {
		AUTO(buf) b = BUF_MAX(4 * MIB);
		const struct view *v;

		buf_puts(&b, MIX "--=_x\nContent-Transfer-Encoding: "
				 "quoted-printable\n\n");
		for (size_t n = 524288 - 20 - pad; b.n < n;)
			buf_puts(&b, b.n + 1000 < n ? "------y--- ----"
						      "---------------\n"
						    : "=3D");
		buf_puts(&b, "\n--=_x\nContent-Type: a/b\n\nX\n--=_x--\n");
		v = harness_view(&h, buf_cstr(&b));
		whole(v);
		ck_assert_uint_eq(v->part_n, 3);
		ck_assert_uint_eq(v->part[2].len, 1);
	}
}
END_TEST

Suite *test_extract_suite(void)
{
	Suite *s = suite_create("extract");
	TCase *c = tcase_create("all");

	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, begin, end);
	tcase_add_test(c, plain_mail);
	tcase_add_test(c, parts_and_attachments);
	tcase_add_test(c, nested_mail);
	tcase_add_test(c, file_names);
	tcase_add_test(c, raw_names);
	tcase_add_test(c, a_signature_that_is_none);
	tcase_add_loop_test(c, classes, 0, ARRAY_LEN(class_cases));
	tcase_add_loop_test(c, says_ambiguous, 0, ARRAY_LEN(ambiguous));
	tcase_add_test(c, says_ambiguous_of_bytes);
	tcase_add_loop_test(c, finds_nothing_wrong, 0, ARRAY_LEN(fine));
	tcase_add_test(c, bare_line_feeds_alone_are_fine);
	tcase_add_test(c, damaged);
	tcase_add_test(c, limits);
	tcase_add_test(c, a_delimiter_at_every_distance);
	suite_add_tcase(s, c);
	return s;
}
