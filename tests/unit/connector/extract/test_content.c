/* Parts decoded: both ends of a large one are what they are in the whole. */
#include <check.h>
#include "connector/base/codec.h"
#include "connector/extract/files_int.h"
#include "tests/unit/connector/extract/looked.h"

Suite *test_content_suite(void);

#define LARGE (300 * KIB)

/* What the view says of a part of this text. */
struct one {
	struct scan s;
	struct view v;
	struct view_part part;
	struct part_more more;
};

static void one_of(struct one *o, struct str raw)
{
	struct extract_source src = {.size = raw.n, .p = raw.p};
	struct counter c;

	*o = (struct one){.part = {.len = raw.n}, .more = {.cte = CTE_BASE64}};
	o->v = (struct view){.part = &o->part, .part_n = 1};
	o->s.v = &o->v;
	o->s.more = &o->more;
	source_init(&o->s.src, &src, NULL);
	counter_init(&c, CTE_BASE64);
	counter_add(&c, raw.p, raw.n);
	o->part.decoded = counter_end(&c);
	o->more.base64 = c.bad ? 0 : c.alphabet;
}

static void noise(struct buf *out, size_t n)
{
	uint32_t x = 12345;

	while (out->n < n) {
		x = x * 1664525u + 1013904223u;
		buf_putc(out, (char)(x >> 16));
	}
}

/* In lines of that many characters, of whole groups or not. */
static void in_lines(struct buf *out, struct str bytes, size_t width)
{
	AUTO(buf) text = BUF_MAX(2 * MIB);

	b64_encode(&text, bytes);
	for (size_t i = 0; i < text.n; i += width) {
		buf_put_str(out, str_head(str_skip(buf_str(&text), i), width));
		buf_puts(out, "\r\n");
	}
}

START_TEST(ends_are_those_of_the_whole)
{
	static const size_t widths[] = {76, 64, 75, 74, 73, 998, 33};
	AUTO(buf) bytes = BUF_MAX(MIB);
	AUTO(buf) raw = BUF_MAX(2 * MIB);
	AUTO(buf) head = BUF_MAX(MIB);
	AUTO(buf) tail = BUF_MAX(MIB);
	struct str want;
	struct one o;

	noise(&bytes, LARGE + (size_t)_i % 3);
	want = buf_str(&bytes);
	in_lines(&raw, want, widths[_i / 3]);
	one_of(&o, buf_str(&raw));
	ck_assert_uint_eq(o.part.decoded, want.n);
	ck_assert(content_ends(&o.s, 0, MAGIC_HEAD_MAX, ZIP_TAIL_MAX, &head,
			       &tail));
	ck_assert_uint_ge(head.n, MAGIC_HEAD_MAX);
	ck_assert_uint_ge(tail.n, ZIP_TAIL_MAX);
	ck_assert(str_starts(want, buf_str(&head)));
	ck_assert(str_ends(want, buf_str(&tail)));
}
END_TEST

START_TEST(odd_base64_has_no_ends)
{
	AUTO(buf) bytes = BUF_MAX(MIB);
	AUTO(buf) raw = BUF_MAX(2 * MIB);
	AUTO(buf) out = BUF_MAX(MIB);
	struct one o;

	noise(&bytes, LARGE);
	in_lines(&raw, buf_str(&bytes), 76);
	raw.p[raw.n / 2] = _i ? '!' : '=';
	one_of(&o, buf_str(&raw));
	ck_assert(!content_ends(&o.s, 0, MAGIC_HEAD_MAX, ZIP_TAIL_MAX, &out,
				&out));
}
END_TEST

/* Line ends take no room: a part that fits exactly is read. */
START_TEST(a_part_as_large_as_its_room)
{
	AUTO(buf) bytes = BUF_MAX(MIB);
	AUTO(buf) raw = BUF_MAX(2 * MIB);
	struct one o;

	noise(&bytes, LARGE + (size_t)_i);
	in_lines(&raw, buf_str(&bytes), 76);
	one_of(&o, buf_str(&raw));
	for (size_t less = 0; less < 4; less++) {
		AUTO(buf) out = BUF_MAX(bytes.n - less);

		ck_assert(content_read(&o.s, 0, &out) == (less == 0));
		ck_assert_uint_eq(out.n, bytes.n - less);
		ck_assert(str_starts(buf_str(&bytes), buf_str(&out)));
	}
}
END_TEST

/* Nor is a file's memory asked for twice. */
START_TEST(a_file_is_held_once)
{
	AUTO(buf) bytes = BUF_MAX(2 * MIB);
	AUTO(buf) raw = BUF_MAX(4 * MIB);
	AUTO(buf) out = BUF_MAX(FILES_MEMORY_MAX);
	struct file file = {.depth = 0};
	struct one o;

	buf_puts(&bytes, "%PDF-1.4");
	noise(&bytes, MIB + (size_t)_i);
	in_lines(&raw, buf_str(&bytes), _i ? 76 : 4);
	one_of(&o, buf_str(&raw));
	file.size = o.part.decoded;
	file_load(&o.s, 0, &out, &file);
	ck_assert(str_eq(file.bytes, buf_str(&bytes)));
	ck_assert_uint_le(out.cap, bytes.n + 64 * KIB + 1);
}
END_TEST

/* ---- what is found ---- */

static struct looked l;

static void start(void)
{
	looked_start(&l);
}

static void stop(void)
{
	looked_stop(&l);
}

static void large(struct str head, size_t n)
{
	buf_clear(&l.file);
	buf_put_str(&l.file, head);
	noise(&l.file, n);
}

static void put_zip(size_t behind)
{
	MADE_ZIP(&l.file, {.name = "a.txt", .text = "a text"});
	for (size_t i = 0; i < behind; i++)
		buf_putc(&l.file, 'x');
}

START_TEST(a_large_picture)
{
	large(STR("GIF89a\1\2"), LARGE);
	looked_at(&l, "a.gif");
	ck_assert(str_is(l.p->real_type, "image/gif"));
	ck_assert_uint_eq(l.v->reason_n, 1);
	ck_assert(looked_doubt(&l, DOUBT_PICTURE));
}
END_TEST

START_TEST(an_archive_behind_a_large_picture)
{
	static const size_t behind[] = {0, 1, 2, 3, 16 * KIB, 65000};

	large(STR("GIF89a\1\2"), LARGE);
	put_zip(behind[_i]);
	looked_at(&l, "a.gif");
	ck_assert(looked_doubt(&l, DOUBT_AMBIGUOUS));
	ck_assert(looked_doubt(&l, DOUBT_PICTURE));
}
END_TEST

/* The sign of an end in its first bytes ends no zip. */
START_TEST(a_sign_in_the_middle)
{
	large(STR("GIF89a\1\2"), 40 * KIB);
	put_zip(0);
	noise(&l.file, LARGE);
	looked_at(&l, "a.gif");
	ck_assert(!looked_doubt(&l, DOUBT_AMBIGUOUS));
	ck_assert(looked_doubt(&l, DOUBT_PICTURE));
}
END_TEST

/* Readers of PDFs look a little further down, and find objects anywhere. */
START_TEST(a_large_picture_with_a_document_in_it)
{
	large(STR("GIF89a\1\2%PDF-1.4\n"), LARGE);
	buf_puts(&l.file, "1 0 obj (a) endobj\n");
	noise(&l.file, 2 * LARGE);
	looked_at(&l, "a.gif");
	ck_assert(str_is(l.p->real_type, "application/pdf"));
	ck_assert(looked_doubt(&l, DOUBT_AMBIGUOUS));
}
END_TEST

/* ---- the structure around it ---- */

#define PART "--=_x\r\nContent-Transfer-Encoding: base64\r\n\r\n"

/* The same is seen of what stands beside large parts, however the mail's
 * bytes are had. */
START_TEST(parts_beside_large_ones)
{
	static const struct {
		const char *before, *behind;
		bool clear;
	} rows[] = {
		{"", "--=_x--\r\n", true},
		{"--=_x\r\n\r\na\r\n", "--=_x\r\n\r\nb\r\n--=_x--\r\n", true},
		{"", "--=_x\r\nno colon\r\n\r\nx\r\n--=_x--\r\n", false},
		{"--=_x\r\nno colon\r\n\r\nx\r\n", "--=_x--\r\n", false},
		{"", "--=_x--\r\n--=_x\r\n\r\nx\r\n--=_x--\r\n", false},
		{"", "", false},
	};
	AUTO(buf) bytes = BUF_MAX(MIB);
	AUTO(buf) mail = BUF_MAX(4 * MIB);
	struct harness h;

	noise(&bytes, 100 * KIB);
	harness_start(&h);
	buf_puts(&mail, "From: a@b.jp\r\nMIME-Version: 1.0\r\nContent-Type: "
			"multipart/mixed; boundary=\"=_x\"\r\n\r\n");
	buf_puts(&mail, rows[_i].before);
	for (int i = 0; i < 10; i++) {
		buf_puts(&mail, PART);
		in_lines(&mail, buf_str(&bytes), 76);
	}
	buf_puts(&mail, rows[_i].behind);
	harness_view_raw(&h, buf_str(&mail));
	ck_assert(rows[_i].clear == (h.v.completeness == VIEW_COMPLETE));
	ck_assert_uint_ge(h.v.part_n, 11);
	harness_stop(&h);
}
END_TEST

Suite *test_content_suite(void)
{
	Suite *s = suite_create("content");
	TCase *c = tcase_create("ends"), *k = tcase_create("found");

	tcase_add_loop_test(c, ends_are_those_of_the_whole, 0, 21);
	tcase_add_loop_test(c, odd_base64_has_no_ends, 0, 2);
	tcase_add_loop_test(c, a_part_as_large_as_its_room, 0, 4);
	tcase_add_loop_test(c, a_file_is_held_once, 0, 3);
	tcase_add_loop_test(c, parts_beside_large_ones, 0, 6);
	suite_add_tcase(s, c);
	tcase_add_checked_fixture(k, start, stop);
	tcase_add_test(k, a_large_picture);
	tcase_add_loop_test(k, an_archive_behind_a_large_picture, 0, 6);
	tcase_add_test(k, a_sign_in_the_middle);
	tcase_add_test(k, a_large_picture_with_a_document_in_it);
	suite_add_tcase(s, k);
	return s;
}
