/* What is left out of large leaves changes nothing: mails by chance, seen with
 * everything read and with what can be left out. */
#include <check.h>
#include "connector/base/codec.h"
#include "connector/extract/charset_int.h"
#include "connector/extract/scan_int.h"
#include "tests/unit/connector/extract/looked.h"
#include "tests/unit/slow.h"

Suite *test_holes_suite(void);

#define ROUNDS	 (32 / CASES_DIVISOR)
#define OPINIONS (192 / CASES_DIVISOR)
#define MAILS	 8 /* of a round */
#define LEAVES	 4
#define BYTES(s)                                                               \
	{                                                                      \
		s, sizeof(s) - 1                                               \
	}
#define LARGE	  (256 * KIB) /* of which the ends alone may do */
#define DEPTH	  2
#define BYTES_MAX (16 * MIB)

static struct looked l;
static uint32_t seed;

static unsigned chance(unsigned of)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % of;
}

static void start(void)
{
	looked_start(&l);
}

static void stop(void)
{
	structure_set_thorough(false);
	looked_stop(&l);
}

static size_t some_size(void)
{
	switch (chance(4)) {
	case 0:
		return chance(10 * KIB);
	case 1:
		return LARGE - 100 + chance(200);
	default:
		return LARGE + chance(100 * KIB);
	}
}

static void noise(struct buf *out, size_t n)
{
	for (size_t end = out->n + n; out->n < end;)
		buf_putc(out, (char)chance(256));
}

static void words(struct buf *out, size_t n)
{
	for (size_t end = out->n + n; out->n < end;)
		buf_puts(out, chance(9) ? "word " : "needle\r\n");
}

static void archive(struct buf *out)
{
	MADE_ZIP(out, {.name = "a.txt", .text = "a needle"});
}

/* ---- files ---- */

static void put_mail(struct buf *out, unsigned depth);

static void put_head(struct buf *out)
{
	static const struct str heads[] = {
		BYTES("GIF89a\1\2"),
		BYTES("\x89PNG\r\n\x1a\n"),
		BYTES("7z\xbc\xaf\x27\x1c"),
		BYTES("PK\3\4"),
		BYTES("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
		BYTES("%PDF-1.4\n1 0 obj (a needle) endobj\n"),
		BYTES("GIF89a %PDF-1.4\n"),
		BYTES("{\\rtf1 needle "),
		BYTES("MZ"),
		BYTES("<html>needle"),
		BYTES("From a\n"),
		BYTES("From: a@b.jp\r\nTo: b@c.jp\r\n\r\n"),
		BYTES(""),
	};

	buf_put_str(out, heads[chance(ARRAY_LEN(heads))]);
}

static void put_tail(struct buf *out)
{
	switch (chance(6)) {
	case 0:
		archive(out);
		break;
	case 1:
		archive(out);
		noise(out, chance(3) ? chance(10) : 60000 + chance(10000));
		break;
	case 2:
		buf_puts(out, "PK\5\6");
		noise(out, chance(40));
		break;
	case 3:
		buf_puts(out, "\n1 0 obj (needle) endobj\n");
		noise(out, chance(3) ? 0 : 100 * KIB);
		break;
	default:
		break;
	}
}

static void put_file(struct buf *out, unsigned depth)
{
	if (depth < DEPTH && chance(8) == 0) {
		put_mail(out, depth + 1);
		return;
	}
	put_head(out);
	(chance(3) ? noise : words)(out, some_size());
	put_tail(out);
}

/* ---- how it is written ---- */

/* Somewhere behind `from`. */
static void spoil(struct buf *out, size_t from)
{
	static const char odd[] = "!=-:\n \t.";
	size_t at = from + chance((unsigned)(out->n - from));

	if (chance(5) == 0)
		out->p[at] = odd[chance(sizeof(odd) - 1)];
}

static void put_base64(struct buf *out, struct str bytes)
{
	static const size_t widths[] = {76, 76, 76, 64, 75, 33, 998, 4, 5000};
	static const char *const ends[] = {
		"",  "",     "\r\n",	 "  \r\n",	     "=",
		"=", "====", "QQ==\r\n", "\r\n\r\n-----\r\n"};
	AUTO(buf) text = BUF_MAX(2 * BYTES_MAX);
	size_t width = widths[chance(ARRAY_LEN(widths))], from = out->n;
	bool blanks = chance(10) == 0;

	b64_encode(&text, bytes);
	if (chance(8) == 0)
		buf_truncate(&text, text.n - MIN_OF(text.n, chance(4)));
	for (size_t i = 0; i < text.n; i += width) {
		buf_put_str(out, str_head(str_skip(buf_str(&text), i), width));
		buf_puts(out, blanks ? " \t\r\n" : "\r\n");
	}
	if (chance(12) == 0)
		for (unsigned n = chance(100000); n; n--)
			buf_puts(out, n % 70 ? " " : "\r\n");
	if (chance(4) == 0)
		buf_puts(out, ends[chance(ARRAY_LEN(ends))]);
	if (out->n > from)
		spoil(out, from);
}

static void put_leaf(struct buf *out, unsigned depth)
{
	static const char *const types[] = {"application/octet-stream",
					    "application/octet-stream",
					    "image/gif",
					    "application/pdf",
					    "text/plain",
					    "application/zip",
					    "message/rfc822",
					    "multipart/mixed; boundary=QQQQ"};
	AUTO(buf) bytes = BUF_MAX(BYTES_MAX);

	if (depth < DEPTH && chance(8) == 0) {
		buf_puts(out, "Content-Type: message/rfc822\r\n\r\n");
		put_mail(out, depth + 1);
		return;
	}
	/* The rare ones are doubted anyway. */
	buf_printf(out,
		   "Content-Type: %s\r\nContent-Disposition: attachment; "
		   "filename=\"a.%s\"\r\nContent-Transfer-Encoding: base64\r\n"
		   "\r\n",
		   types[chance(chance(6) ? 6 : ARRAY_LEN(types))],
		   chance(2) ? "gif" : "bin");
	put_file(&bytes, depth);
	put_base64(out, buf_str(&bytes));
}

/* Sometimes with a line that is nearly a delimiter. */
static void put_text(struct buf *out, unsigned depth)
{
	static const char *const ends[] = {"x", "--x", " x", "-", " --", ""};

	buf_puts(out, "\r\nneedle");
	if (chance(20) == 0)
		buf_printf(out, "\r\n--=_%u%s\r\n", depth,
			   ends[chance(ARRAY_LEN(ends))]);
}

static void put_mail(struct buf *out, unsigned depth)
{
	static const char *const odd[] = {
		"no colon\r\n", "X : y\r\n", " folded\r\n", ": nameless\r\n",
		"\r\n",		"=_\r\n",    ">From a\r\n", "From a b\r\n"};
	unsigned leaves = chance(LEAVES + 1);

	buf_puts(out, "From: a@example.co.jp\r\nTo: b@example.com\r\n"
		      "Message-ID: <1@example.co.jp>\r\nMIME-Version: 1.0\r\n");
	if (leaves == 0) {
		put_leaf(out, depth);
		return;
	}
	buf_printf(out,
		   "Content-Type: multipart/mixed; boundary=\"=_%u\"\r\n\r\n",
		   depth);
	while (leaves--) {
		buf_printf(out, "--=_%u\r\n", depth);
		/* Which others read in another way. */
		if (chance(20) == 0)
			buf_puts(out, odd[chance(ARRAY_LEN(odd))]);
		if (chance(3))
			put_leaf(out, depth);
		else
			put_text(out, depth);
		buf_puts(out, "\r\n");
	}
	if (chance(20))
		buf_printf(out, "--=_%u--\r\n", depth);
	/* Behind the end. */
	if (chance(20) == 0)
		buf_printf(out, "--=_%u\r\n\r\nneedle\r\n", depth);
}

/* ---- what is seen ---- */

static void seen(bool thorough, struct buf *out)
{
	structure_set_thorough(thorough);
	asked_raw(&l.t, buf_str(&l.mail));
	view_write(&l.t.h.v, out);
	findings_write(&l.t.h.f, out);
}

START_TEST(nothing_else_is_seen)
{
	l.t.q.term_n = 0;
	asked_term(&l.t, "needle", 1 << PLACE_ATTACHMENTS);
	asked_compile(&l.t);
	for (unsigned i = 0; i < MAILS; i++) {
		AUTO(buf) all = BUF_MAX(BYTES_MAX);
		AUTO(buf) some = BUF_MAX(BYTES_MAX);

		seed = (unsigned)_i * MAILS + i;
		buf_clear(&l.mail);
		put_mail(&l.mail, 0);
		ck_assert(buf_ok(&l.mail));
		seen(true, &all);
		seen(false, &some);
		ck_assert_msg(str_eq(buf_str(&all), buf_str(&some)),
			      "the mail of seed %u", (unsigned)_i * MAILS + i);
	}
}
END_TEST

/* Parts as if we had read the mail wrongly. */
static void misread(struct view *v, unsigned how)
{
	struct view_part *p = &v->part[how / 4 % v->part_n];

	switch (how % 4) {
	case 1:
		p->off += 1 + how % 3;
		break;
	case 2:
		p->len -= MIN_OF(p->len, (uint64_t)(how % 5000));
		break;
	case 3:
		v->part_n -= v->part_n > 1;
		break;
	default:
		break;
	}
}

/* GMime's word alone, also of mails that are doubted for other reasons. */
static bool agrees(struct charset *cs, unsigned how, bool thorough)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct extract_source src = {.size = l.mail.n, .p = l.mail.p};
	struct view v = {.size = l.mail.n};
	struct scan s = {.cs = cs, .a = &a, .v = &v};

	structure_set_thorough(thorough);
	source_init(&s.src, &src, NULL);
	header_read(buf_str(&l.mail), 0, NULL, &a, &s.header);
	structure_read(&s);
	misread(&v, how);
	return second_agrees(&s);
}

START_TEST(the_second_opinion_is_the_same)
{
	struct err e;
	struct charset *cs = charset_new(&e);
	unsigned yes = 0;

	ck_assert_ptr_nonnull(cs);
	for (seed = 0; seed < OPINIONS; seed++) {
		uint32_t of = seed;
		bool whole;

		buf_clear(&l.mail);
		put_mail(&l.mail, 0);
		whole = agrees(cs, of, true);
		ck_assert_msg(agrees(cs, of, false) == whole,
			      "the mail of seed %u", of);
		yes += whole;
		seed = of;
	}
	ck_assert_uint_ge(yes, OPINIONS / 4);
	ck_assert_uint_le(yes, OPINIONS / 2);
	charset_free(&cs);
}
END_TEST

Suite *test_holes_suite(void)
{
	Suite *s = suite_create("holes");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, start, stop);
	tcase_add_loop_test(c, nothing_else_is_seen, 0, ROUNDS);
	tcase_add_test(c, the_second_opinion_is_the_same);
	suite_add_tcase(s, c);
	return s;
}
