/* The view's wire form: round trip, and every way to lie about it. */
#include "connector/mail/view.h"
#include "connector/mail/question.h"

#include <check.h>
#include "connector/base/limits.h"

Suite *test_view_suite(void);

#define SIZE 1000

static struct arena a;
static struct view_addr two[] = {{STR("a@b.jp"), STR("A")},
				 {STR("c@d.jp"), {NULL, 0}}};
static struct view_field field = {STR("X-A"), STR("b"), 10, 20};
static struct view_part parts[2] = {
	{.parent = VIEW_WHOLE,
	 .multipart = true,
	 .type = STR("multipart/mixed"),
	 .off = 100,
	 .len = 900,
	 .decoded = 900},
	{.parent = 0,
	 .depth = 1,
	 .attachment = true,
	 .type = STR("a/b"),
	 .charset = STR("utf-8"),
	 .name = STR("x.pdf"),
	 .other_names = STR("y\0z"),
	 .off = 200,
	 .len = 100,
	 .decoded = 75},
};
static struct view_reason reason = {DOUBT_AMBIGUOUS, 1};

static struct view sample(void)
{
	return (struct view){.completeness = VIEW_PARTIAL,
			     .reason = &reason,
			     .reason_n = 1,
			     .classes = CLASS_SIGNED | CLASS_BULK,
			     .from = {two, 1, true},
			     .to = {two, 2, true},
			     .cc = {NULL, 0, true},
			     .subject = STR("件名"),
			     .message_id = STR("1@b"),
			     .has_message_id = true,
			     .has_to = true,
			     .has_8bit_header = true,
			     .header_end = 100,
			     .size = SIZE,
			     .field = &field,
			     .field_n = 1,
			     .part = parts,
			     .part_n = 2};
}

static bool round_trip(const struct view *v, struct view *r, struct buf *out,
		       uint64_t size)
{
	*out = BUF_MAX(VIEW_BYTES_MAX);
	view_write(v, out);
	return view_read(buf_str(out), size, &a, r, NULL);
}

static void begin(void)
{
	a = ARENA_EMPTY;
}

static void end(void)
{
	arena_release(&a);
}

START_TEST(comes_back_whole)
{
	struct view v = sample(), r;
	AUTO(buf) out = BUF_MAX(0);

	ck_assert(round_trip(&v, &r, &out, SIZE));
	ck_assert_int_eq(r.completeness, VIEW_PARTIAL);
	ck_assert_uint_eq(r.classes, CLASS_SIGNED | CLASS_BULK);
	ck_assert(str_is(r.subject, "件名") && str_is(r.message_id, "1@b"));
	ck_assert(r.from.n == 1 && r.to.n == 2 && r.cc.n == 0);
	ck_assert(r.cc.present && !r.bcc.present);
	ck_assert(str_is(r.to.v[1].address, "c@d.jp"));
	ck_assert(r.has_message_id && !r.has_date && r.has_to && !r.has_cc);
	ck_assert(r.has_8bit_header && !r.has_8bit && !r.has_bare_lf);
	ck_assert(r.field_n == 1 && r.field[0].off == 10);
	ck_assert(r.part_n == 2 && r.part[0].multipart);
	ck_assert(r.part[1].attachment && !r.part[1].nameless);
	ck_assert(str_eq(r.part[1].other_names, STR("y\0z")));
	ck_assert_uint_eq(r.part[1].decoded, 75);
	ck_assert(r.reason_n == 1 && r.reason[0].doubt == DOUBT_AMBIGUOUS);
}
END_TEST

START_TEST(refuses_every_cut)
{
	struct view v = sample(), r;
	AUTO(buf) out = BUF_MAX(0);

	ck_assert(round_trip(&v, &r, &out, SIZE));
	for (size_t n = 0; n < out.n; n++)
		ck_assert(!view_read(str_n(out.p, n), SIZE, &a, &r, NULL));
	buf_putc(&out, 'x');
	ck_assert(!view_read(buf_str(&out), SIZE, &a, &r, NULL));
}
END_TEST

/* Every byte changed in turn: refused, or in bounds. */
START_TEST(survives_every_flip)
{
	struct view v = sample(), r;
	AUTO(buf) out = BUF_MAX(0);

	ck_assert(round_trip(&v, &r, &out, SIZE));
	for (size_t i = 0; i < out.n; i++)
		for (int bit = 0; bit < 8; bit++) {
			out.p[i] ^= (char)(1 << bit);
			if (view_read(buf_str(&out), SIZE, &a, &r, NULL)) {
				ck_assert(r.header_end <= SIZE);
				for (size_t k = 0; k < r.part_n; k++)
					ck_assert(r.part[k].off +
							  r.part[k].len <=
						  SIZE);
			}
			out.p[i] ^= (char)(1 << bit);
		}
}
END_TEST

#define REFUSED(change)                                                        \
	do {                                                                   \
		struct view v = sample(), r;                                   \
		struct view_part p[2] = {parts[0], parts[1]};                  \
		struct view_reason w = reason;                                 \
		struct view_field f = field;                                   \
		struct view_addr d = two[0];                                   \
		AUTO(buf) out = BUF_MAX(0);                                    \
		v.part = p;                                                    \
		v.reason = &w;                                                 \
		v.field = &f;                                                  \
		v.from.v = &d;                                                 \
		change;                                                        \
		ck_assert_msg(!round_trip(&v, &r, &out, SIZE), "%s", #change); \
	} while (0)

START_TEST(refuses_lies)
{
	REFUSED(v.size = SIZE + 1);
	REFUSED(v.header_end = SIZE + 1);
	REFUSED(v.classes = 1u << 20);
	REFUSED(v.completeness = 3);
	REFUSED(v.reason_n = 0);
	REFUSED(w.doubt = DOUBT_COUNT);
	REFUSED(w.part = 2);
	REFUSED(f.off = SIZE);
	REFUSED(f.off = UINT64_MAX; f.len = 2);
	REFUSED(p[1].parent = 1);
	REFUSED(p[0].parent = 0);
	REFUSED(p[1].parent = 7);
	REFUSED(p[1].depth = MIME_DEPTH_MAX + 1);
	REFUSED(p[1].decoded = 101);
	REFUSED(p[1].len = SIZE);
	REFUSED(v.subject = STR("a\0b"));
	REFUSED(v.subject = STR("\xff"));
	REFUSED(d.address = STR("a\xed\xa0\x80"));
	REFUSED(d.name = STR("\xc0\x80"));
	REFUSED(p[1].name = STR("\0"));
	REFUSED(p[1].other_names = STR("\xfe"));
}
END_TEST

START_TEST(names_are_the_policys)
{
	ck_assert_str_eq(view_doubt_name(DOUBT_UNKNOWN_TYPE), "unknown-type");
	ck_assert_str_eq(view_doubt_name(DOUBT_FAILED), "failed");
	ck_assert_str_eq(view_doubt_name(DOUBT_COUNT), "unknown");
	ck_assert_str_eq(view_class_name(2), "auto-reply");
	ck_assert_str_eq(view_class_name(8), "bulk");
	ck_assert_str_eq(view_class_name(9), "unknown");
}
END_TEST

START_TEST(questions)
{
	struct question q = {.version = 7, .asks_content = true}, r;
	AUTO(buf) out = BUF_MAX(200);
	struct rd in;

	question_write(&q, &out);
	in = rd_of(buf_str(&out));
	ck_assert(question_read(&in, &a, &r, NULL) && rd_end(&in));
	ck_assert(r.version == 7 && r.asks_content && !r.asks_inside);
	for (size_t n = 0; n < out.n; n++) {
		in = rd_of(str_n(out.p, n));
		ck_assert(!question_read(&in, &a, &r, NULL));
	}
	out.p[4] = 8; /* a flag nobody knows */
	in = rd_of(buf_str(&out));
	ck_assert(!question_read(&in, &a, &r, NULL));
}
END_TEST

Suite *test_view_suite(void)
{
	Suite *s = suite_create("view");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, begin, end);
	tcase_add_test(c, comes_back_whole);
	tcase_add_test(c, refuses_every_cut);
	tcase_add_test(c, survives_every_flip);
	tcase_add_test(c, refuses_lies);
	tcase_add_test(c, names_are_the_policys);
	tcase_add_test(c, questions);
	suite_add_tcase(s, c);
	return s;
}
