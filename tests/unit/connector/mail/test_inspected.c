/* A view and its findings in one piece, and the bare view of older stores. */
#include "connector/mail/inspected.h"

#include <check.h>
#include "connector/base/limits.h"

Suite *test_inspected_suite(void);

#define SIZE 100

static struct arena a;
static struct view_part part = {
	.parent = VIEW_WHOLE, .type = STR("text/plain"), .len = 50};
static struct view v = {.completeness = VIEW_COMPLETE,
			.subject = STR("s"),
			.size = SIZE,
			.part = &part,
			.part_n = 1};
static struct sample sample = {.what = DETECT_CARD,
			       .place = PLACE_BODY,
			       .part = 0,
			       .text = STR("4111 **** **** 1111")};
static struct term_hit hit = {.term = 3, .place = PLACE_BODY, .count = 2};
static struct findings f = {.version = 7,
			    .hit = &hit,
			    .hit_n = 1,
			    .sample = &sample,
			    .sample_n = 1};

static void begin(void)
{
	a = ARENA_EMPTY;
	sample.part = 0;
}

static void end(void)
{
	arena_release(&a);
}

static bool read_back(struct str wire, bool *has_r)
{
	struct view view;
	struct findings found;
	struct err e = ERR_EMPTY;

	if (!inspected_read(wire, SIZE, &a, &view, &found, has_r, &e))
		return false;
	ck_assert(str_is(view.subject, "s"));
	if (!*has_r)
		return true;
	ck_assert_uint_eq(found.version, 7);
	ck_assert_uint_eq(findings_hits(&found, 3, 1 << PLACE_BODY), 2);
	ck_assert(str_eq(found.sample[0].text, sample.text));
	return true;
}

START_TEST(both_come_back)
{
	AUTO(buf) out = BUF_MAX(VIEW_BYTES_MAX);
	struct str view, found;
	struct view alone;
	bool has = false;

	inspected_write(&v, &f, &out);
	ck_assert(read_back(buf_str(&out), &has) && has);
	ck_assert(inspected_split(buf_str(&out), &view, &found));
	ck_assert(view.n > 0 && found.n > 0);
	ck_assert(inspected_view(buf_str(&out), SIZE, &a, &alone, NULL));
	ck_assert_uint_eq(alone.part_n, 1);
}
END_TEST

START_TEST(a_bare_view_has_no_findings)
{
	AUTO(buf) out = BUF_MAX(VIEW_BYTES_MAX);
	struct view alone;
	bool has = true;

	view_write(&v, &out);
	ck_assert(read_back(buf_str(&out), &has) && !has);
	ck_assert(inspected_view(buf_str(&out), SIZE, &a, &alone, NULL));
}
END_TEST

/* Cut at any byte, or with one more, it is nothing. */
START_TEST(a_cut_one_is_refused)
{
	AUTO(buf) out = BUF_MAX(VIEW_BYTES_MAX);
	bool has;

	inspected_write(&v, &f, &out);
	for (size_t n = 0; n < out.n; n++)
		ck_assert(!read_back(str_head(buf_str(&out), n), &has));
	buf_putc(&out, 0);
	ck_assert(!read_back(buf_str(&out), &has));
}
END_TEST

START_TEST(samples_are_of_parts_that_are_there)
{
	AUTO(buf) out = BUF_MAX(VIEW_BYTES_MAX);
	bool has;

	sample.part = 1;
	inspected_write(&v, &f, &out);
	ck_assert(!read_back(buf_str(&out), &has));
	buf_clear(&out);
	sample.part = VIEW_WHOLE;
	inspected_write(&v, &f, &out);
	ck_assert(read_back(buf_str(&out), &has) && has);
}
END_TEST

START_TEST(what_does_not_fit_is_told)
{
	AUTO(buf) out = BUF_MAX(20);

	inspected_write(&v, &f, &out);
	ck_assert(!buf_ok(&out));
}
END_TEST

Suite *test_inspected_suite(void)
{
	Suite *s = suite_create("inspected");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, begin, end);
	tcase_add_test(c, both_come_back);
	tcase_add_test(c, a_bare_view_has_no_findings);
	tcase_add_test(c, a_cut_one_is_refused);
	tcase_add_test(c, samples_are_of_parts_that_are_there);
	tcase_add_test(c, what_does_not_fit_is_told);
	suite_add_tcase(s, c);
	return s;
}
