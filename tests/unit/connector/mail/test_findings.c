/* Questions and findings on the wire: round trip, every cut, every flip, and
 * lies. */
#include "connector/mail/findings.h"
#include <check.h>
#include "connector/base/utf8.h"
#include "connector/mail/view.h"

Suite *test_findings_suite(void);

static struct arena a;

static void begin(void)
{
	a = ARENA_EMPTY;
}

static void end(void)
{
	arena_release(&a);
}

static struct term terms[] = {
	{.text = STR("社外秘"), .places = 1u << PLACE_BODY},
	{.text = STR("\\d{4}"), .regex = true, .places = 7},
	{.text = STR("alpha"),
	 .places = 1u << PLACE_HEADER,
	 .field = STR("X-Project")},
};
static struct str companies[] = {STR("株式会社A"), STR("B")};

static struct question a_question(void)
{
	return (struct question){.version = 9,
				 .asks_content = true,
				 .asks_inside = true,
				 .term = terms,
				 .term_n = ARRAY_LEN(terms),
				 .detectors = 1u << DETECT_CARD |
					      1u << DETECT_NAME,
				 .company = companies,
				 .company_n = ARRAY_LEN(companies),
				 .company_places = 1u << PLACE_BODY};
}

static bool read_question(struct str wire, struct question *q)
{
	struct rd in = rd_of(wire);

	return question_read(&in, &a, q, NULL) && rd_end(&in);
}

START_TEST(a_question_comes_back)
{
	struct question q = a_question(), r;
	AUTO(buf) one = BUF_MAX(KIB);
	AUTO(buf) two = BUF_MAX(KIB);

	question_write(&q, &one);
	ck_assert(read_question(buf_str(&one), &r));
	ck_assert_uint_eq(r.term_n, 3);
	ck_assert(r.term[1].regex && !r.term[0].regex);
	ck_assert(str_is(r.term[2].field, "X-Project"));
	ck_assert(str_is(r.company[0], "株式会社A"));
	question_write(&r, &two);
	ck_assert(str_eq(buf_str(&one), buf_str(&two)));
}
END_TEST

/* Whatever is accepted writes as it was read. */
static void check_question(struct str wire)
{
	struct question q;
	AUTO(buf) again = BUF_MAX(4 * KIB);

	if (!read_question(wire, &q))
		return;
	ck_assert_uint_le(q.term_n, QUESTION_TERMS_MAX);
	for (size_t i = 0; i < q.term_n; i++)
		ck_assert(utf8_valid(q.term[i].text));
	question_write(&q, &again);
	ck_assert(str_eq(buf_str(&again), wire));
}

START_TEST(questions_cut_and_flipped)
{
	struct question q = a_question(), r;
	AUTO(buf) out = BUF_MAX(KIB);

	question_write(&q, &out);
	for (size_t n = 0; n < out.n; n++)
		ck_assert(!read_question(str_n(out.p, n), &r));
	for (size_t i = 0; i < out.n * 8; i++) {
		out.p[i / 8] = (char)(out.p[i / 8] ^ 1 << i % 8);
		check_question(buf_str(&out));
		out.p[i / 8] = (char)(out.p[i / 8] ^ 1 << i % 8);
	}
}
END_TEST

START_TEST(questions_that_lie)
{
	static struct term bad[] = {
		{.text = STR(""), .places = 1},
		{.text = STR("\xff"), .places = 1},
		{.text = STR("x"), .places = 1u << PLACE_N},
		{.text = STR("x"), .places = 1, .field = STR("\xe3\x81\x82")},
	};
	static struct str bad_company = STR("\xff");
	struct question q, r;

	for (size_t i = 0; i < ARRAY_LEN(bad) + 3; i++) {
		AUTO(buf) out = BUF_MAX(KIB);

		q = (struct question){.version = 1};
		if (i < ARRAY_LEN(bad)) {
			q.term = &bad[i];
			q.term_n = 1;
		} else if (i == ARRAY_LEN(bad)) {
			q.company = &bad_company;
			q.company_n = 1;
		} else if (i == ARRAY_LEN(bad) + 1) {
			q.detectors = 1u << DETECT_N;
		} else {
			q.company_places = 1u << PLACE_N;
		}
		question_write(&q, &out);
		ck_assert_msg(!read_question(buf_str(&out), &r), "row %zu", i);
	}
}
END_TEST

static struct term_hit hits[] = {
	{0, PLACE_SUBJECT, 1}, {0, PLACE_BODY, 3}, {2, PLACE_HEADER, 7}};
static struct company_hit company_hits[] = {{0, PLACE_BODY},
					    {1, PLACE_SUBJECT}};
static struct sample samples[] = {
	{DETECT_CARD, PLACE_BODY, 1, STR("****-1111")},
	{DETECT_NAME, PLACE_SUBJECT, VIEW_WHOLE, STR("山***")}};

static struct findings some_findings(void)
{
	struct findings f = {.version = 9,
			     .hit = hits,
			     .hit_n = ARRAY_LEN(hits),
			     .company = company_hits,
			     .company_n = ARRAY_LEN(company_hits),
			     .sample = samples,
			     .sample_n = ARRAY_LEN(samples),
			     .more = true};

	f.unique[SCOPE_BODY][DETECT_CARD] = 4;
	f.people[SCOPE_ANYWHERE] = 2;
	return f;
}

static bool read_findings(struct str wire, struct findings *f)
{
	struct rd in = rd_of(wire);

	return findings_read(&in, &a, f, NULL) && rd_end(&in);
}

START_TEST(findings_come_back)
{
	struct findings f = some_findings(), r;
	AUTO(buf) one = BUF_MAX(4 * KIB);
	AUTO(buf) two = BUF_MAX(4 * KIB);

	findings_write(&f, &one);
	ck_assert(read_findings(buf_str(&one), &r));
	findings_write(&r, &two);
	ck_assert(str_eq(buf_str(&one), buf_str(&two)));
	ck_assert_uint_eq(r.unique[SCOPE_BODY][DETECT_CARD], 4);
	ck_assert_uint_eq(r.people[SCOPE_ANYWHERE], 2);
	ck_assert(r.more);
	ck_assert_uint_eq(findings_hits(&r, 0, ~0u), 4);
	ck_assert_uint_eq(findings_hits(&r, 0, 1u << PLACE_BODY), 3);
	ck_assert_uint_eq(findings_hits(&r, 1, ~0u), 0);
	ck_assert_uint_eq(findings_hits(&r, 2, 1u << PLACE_BODY), 0);
}
END_TEST

static void check_findings(struct str wire)
{
	struct findings f;
	AUTO(buf) again = BUF_MAX(4 * KIB);

	if (!read_findings(wire, &f))
		return;
	for (size_t i = 0; i < f.sample_n; i++)
		ck_assert(utf8_valid(f.sample[i].text) &&
			  !str_has_control(f.sample[i].text));
	findings_write(&f, &again);
	ck_assert(str_eq(buf_str(&again), wire));
}

START_TEST(findings_cut_and_flipped)
{
	struct findings f = some_findings(), r;
	AUTO(buf) out = BUF_MAX(4 * KIB);

	findings_write(&f, &out);
	for (size_t n = 0; n < out.n; n++)
		ck_assert(!read_findings(str_n(out.p, n), &r));
	for (size_t i = 0; i < out.n * 8; i++) {
		out.p[i / 8] = (char)(out.p[i / 8] ^ 1 << i % 8);
		check_findings(buf_str(&out));
		out.p[i / 8] = (char)(out.p[i / 8] ^ 1 << i % 8);
	}
}
END_TEST

static const struct term_hit bad_hits[][2] = {
	{{1, PLACE_BODY, 1}, {0, PLACE_BODY, 1}},    /* not in order */
	{{1, PLACE_BODY, 1}, {1, PLACE_BODY, 1}},    /* twice */
	{{1, PLACE_BODY, 1}, {1, PLACE_SUBJECT, 1}}, /* places, too */
	{{1, PLACE_BODY, 0}, {2, PLACE_BODY, 1}},
	{{1, PLACE_N, 1}, {2, PLACE_BODY, 1}},
	{{1, PLACE_BODY, FINDINGS_COUNT_MAX + 1}, {2, PLACE_BODY, 1}},
	{{1, PLACE_BODY, 1}, {QUESTION_TERMS_MAX, PLACE_BODY, 1}},
};
static const struct sample bad_samples[] = {
	{DETECT_N, PLACE_BODY, 0, STR("x")},
	{DETECT_CARD, PLACE_N, 0, STR("x")},
	{DETECT_CARD, PLACE_BODY, 0, STR("\xff")},
	{DETECT_CARD, PLACE_BODY, 0, STR("a\nb")},
};

START_TEST(findings_that_lie)
{
	struct findings r;

	for (size_t i = 0; i < ARRAY_LEN(bad_hits); i++) {
		AUTO(buf) out = BUF_MAX(KIB);
		struct term_hit two[2] = {bad_hits[i][0], bad_hits[i][1]};
		struct findings f = {.version = 1, .hit = two, .hit_n = 2};

		findings_write(&f, &out);
		ck_assert_msg(!read_findings(buf_str(&out), &r), "hit %zu", i);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad_samples); i++) {
		AUTO(buf) out = BUF_MAX(KIB);
		struct sample one = bad_samples[i];
		struct findings f = {
			.version = 1, .sample = &one, .sample_n = 1};

		findings_write(&f, &out);
		ck_assert_msg(!read_findings(buf_str(&out), &r), "sample %zu",
			      i);
	}
}
END_TEST

START_TEST(errors_of_a_question)
{
	struct question_error v[] = {{3, STR("no look-around")},
				     {7, STR("too large")}};
	struct question_error *r;
	AUTO(buf) out = BUF_MAX(KIB);
	struct rd in;
	size_t n;

	question_errors_write(v, 2, &out);
	in = rd_of(buf_str(&out));
	ck_assert(question_errors_read(&in, &a, &r, &n, NULL) && rd_end(&in));
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(r[1].term, 7);
	ck_assert(str_is(r[0].text, "no look-around"));
	for (size_t cut = 0; cut < out.n; cut++) {
		in = rd_of(str_n(out.p, cut));
		ck_assert(!question_errors_read(&in, &a, &r, &n, NULL));
	}
	v[0].text = STR("a\nb");
	buf_clear(&out);
	question_errors_write(v, 1, &out);
	in = rd_of(buf_str(&out));
	ck_assert(!question_errors_read(&in, &a, &r, &n, NULL));
}
END_TEST

Suite *test_findings_suite(void)
{
	Suite *s = suite_create("findings");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, begin, end);
	tcase_add_test(c, a_question_comes_back);
	tcase_add_test(c, questions_cut_and_flipped);
	tcase_add_test(c, questions_that_lie);
	tcase_add_test(c, findings_come_back);
	tcase_add_test(c, findings_cut_and_flipped);
	tcase_add_test(c, findings_that_lie);
	tcase_add_test(c, errors_of_a_question);
	suite_add_tcase(s, c);
	return s;
}
