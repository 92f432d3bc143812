/* test_octets.c - mails made 7-bit with strict line ends: what is encoded, what
 * stays byte for byte, and what cannot be done.
 */
#include <check.h>
#include "connector/mail/seven.h"
#include "harness.h"

Suite *test_octets_suite(void);

#define FROM "From: taro@example.jp\r\n"

static struct harness h;

static void begin(void)
{
	harness_start(&h);
}

static void end(void)
{
	harness_stop(&h);
}

static void lowered(const struct edits *e, struct buf *out)
{
	struct splice s;
	struct splice_piece p;

	splice_init(&s, e, h.mail.n);
	while (splice_next(&s, &p)) {
		struct edit_coder coder = {0};
		struct str in = str_n(h.mail.p + p.off, (size_t)p.len);

		if (!p.original)
			buf_put_str(out, p.text);
		else if (p.how == EDIT_TEXT)
			buf_put_str(out, in);
		for (size_t at = 0; p.how != EDIT_TEXT && at < in.n;
		     at += EDIT_STEP)
			edit_code(&coder, p.how,
				  str_head(str_skip(in, at), EDIT_STEP), out);
	}
	ck_assert_uint_eq(splice_size(e, h.mail.n), out->n);
}

/* The mail's view in v; what it becomes. NULL: it cannot be made. */
static const char *seven(const struct view *v, struct buf *out)
{
	struct edits e;

	buf_clear(out);
	if (!seven_make(v, &h.a, &e))
		return NULL;
	lowered(&e, out);
	return buf_cstr(out);
}

static const struct {
	const char *mail, *want; /* NULL: cannot be made */
} mails[] = {
	/* Nothing to do. */
	{"Subject: a\r\n\r\nb\r\n", "Subject: a\r\n\r\nb\r\n"},
	{"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
	 "Content-Transfer-Encoding: 8bit\r\nX-A: b\r\n\r\n\xe9\x96\xa2\r\n",
	 "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
	 "Content-Transfer-Encoding: base64\r\nX-A: b\r\n\r\n6ZaiDQo=\r\n"},
	/* Text that knows nothing of MIME. */
	{"Subject: a\r\n\r\n\xe9\x96\xa2\r\n",
	 "Subject: a\r\nContent-Transfer-Encoding: base64\r\n"
	 "MIME-Version: 1.0\r\n"
	 "Content-Type: text/plain; charset=unknown-8bit\r\n\r\n"
	 "6ZaiDQo=\r\n"},
	/* One part of two; the container says 8bit, too. */
	{"MIME-Version: 1.0\r\nContent-Transfer-Encoding: binary\r\n"
	 "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nascii\r\n"
	 "--x\r\nContent-Type: text/html\r\n\r\n\xe9\x96\xa2\r\n--x--\r\n",
	 "MIME-Version: 1.0\r\nContent-Transfer-Encoding: 7bit\r\n"
	 "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nascii\r\n"
	 "--x\r\nContent-Type: text/html\r\n"
	 "Content-Transfer-Encoding: base64\r\n\r\n6Zai\r\n\r\n--x--\r\n"},
	/* Bare line feeds: plain content is encoded as it is; in base64 and
	 * quoted-printable they are line ends. */
	{"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\na\nb\r\n",
	 "MIME-Version: 1.0\r\nContent-Type: text/plain\r\n"
	 "Content-Transfer-Encoding: base64\r\n\r\nYQpiDQo=\r\n"},
	{"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n"
	 "Content-Transfer-Encoding: base64\r\n\r\nYWJj\nZGVm\r\n",
	 "MIME-Version: 1.0\r\nContent-Type: text/plain\r\n"
	 "Content-Transfer-Encoding: base64\r\n\r\nYWJj\r\nZGVm\r\n"},
	/* In an attached mail only the leaf is encoded. */
	{"MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n"
	 "MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n\xe9\x96\xa2",
	 "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n"
	 "MIME-Version: 1.0\r\nContent-Type: text/plain\r\n"
	 "Content-Transfer-Encoding: base64\r\n\r\n6Zai\r\n"},
	/* 8-bit in a header, before the first part, in signed mail, in a
	 * report: it stays, and cannot go. */
	{"Subject: \xe9\x96\xa2\r\n\r\na\r\n", NULL},
	{"MIME-Version: 1.0\r\n"
	 "Content-Type: multipart/mixed; boundary=x\r\n\r\n\xe9\x96\xa2\r\n"
	 "--x\r\n\r\na\r\n--x--\r\n",
	 NULL},
	{"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
	 "boundary=x\r\n\r\n"
	 "--x\nX-A: b\r\n\r\na\r\n--x--\r\n",
	 NULL},
	{"MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=x; "
	 "protocol=\"application/pgp-signature\"\r\n\r\n--x\r\n\r\n"
	 "\xe9\x96\xa2\r\n--x\r\nContent-Type: application/pgp-signature"
	 "\r\n\r\na\r\n--x--\r\n",
	 NULL},
	{"MIME-Version: 1.0\r\nContent-Type: message/delivery-status\r\n\r\n"
	 "A: \xe9\x96\xa2\r\n",
	 NULL},
};

START_TEST(mails_become_7bit)
{
	AUTO(buf) mail = BUF_MAX(10000);
	AUTO(buf) out = BUF_MAX(10000);
	const char *got;

	buf_puts(&mail, FROM);
	buf_puts(&mail, mails[_i].mail);
	got = seven(harness_view_raw(&h, buf_str(&mail)), &out);

	if (!mails[_i].want) {
		ck_assert_msg(!got, "made: %s", got);
		return;
	}
	ck_assert_ptr_nonnull(got);
	ck_assert_str_eq(got + strlen(FROM), mails[_i].want);
}
END_TEST

/* Several steps of the encoder, and a mail read piece by piece. */
START_TEST(large_ones_too)
{
	AUTO(buf) mail = BUF_MAX(2 * MIB);
	AUTO(buf) out = BUF_MAX(4 * MIB);
	const struct view *v;
	struct view again;

	buf_puts(&mail,
		 FROM "MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n");
	while (mail.n < MIB)
		buf_puts(&mail, "\xe9\x96\xa2\xe6\x89\x80 line\n");
	v = harness_view_raw(&h, buf_str(&mail));
	ck_assert(v->has_8bit && v->has_bare_lf && !v->between_8bit);
	again = *v;
	ck_assert_ptr_nonnull(seven(&again, &out));
	v = harness_view_raw(&h, buf_str(&out));
	ck_assert(!v->has_8bit && !v->has_bare_lf && v->part_n == 1);
	ck_assert_uint_eq(v->part[0].decoded, again.part[0].len);
}
END_TEST

Suite *test_octets_suite(void)
{
	Suite *s = suite_create("octets");
	TCase *c = tcase_create("all");

	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, begin, end);
	tcase_add_loop_test(c, mails_become_7bit, 0, ARRAY_LEN(mails));
	tcase_add_test(c, large_ones_too);
	suite_add_tcase(s, c);
	return s;
}
