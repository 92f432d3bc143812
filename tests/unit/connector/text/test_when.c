/* Dates, spans and sizes as people read them. */
#include "connector/text/when.h"

#include <check.h>

Suite *test_when_suite(void);

static struct tz *zone;

static void load(void)
{
	struct err e;

	zone = tz_load("Asia/Tokyo", &e);
	ck_assert_ptr_nonnull(zone);
}

static void unload(void)
{
	tz_free(&zone);
}

static int64_t at(const char *text)
{
	int64_t us;

	ck_assert(time_parse_rfc3339(str_of(text), &us));
	return us;
}

static const struct {
	const char *at, *ja, *en, *exact;
} rows[] = {
	{"2026-08-25T14:37:00+09:00", "今日 14:37", "today 14:37", "14:37:00"},
	{"2026-08-24T18:20:00+09:00", "昨日 18:20", "yesterday 18:20",
	 "昨日 18:20:00"},
	{"2026-08-26T09:30:00+09:00", "明日 09:30", "tomorrow 09:30",
	 "明日 09:30:00"},
	{"2026-08-28T09:30:05+09:00", "8月28日(金) 09:30", "Fri 28 Aug, 09:30",
	 "8月28日(金) 09:30:05"},
	{"2027-01-08T09:30:00+09:00", "2027年1月8日(金) 09:30",
	 "Fri 8 Jan 2027, 09:30", "2027年1月8日(金) 09:30:00"},
	/* the day of the zone counts, not of UTC */
	{"2026-08-24T15:00:00Z", "今日 00:00", "today 00:00", "00:00:00"},
};

START_TEST(writes_moments)
{
	int64_t now = at("2026-08-25T14:32:48+09:00");
	AUTO(buf) b = BUF_MAX(200);

	when_put(&b, LANGUAGE_JA, zone, at(rows[_i].at), now, true);
	ck_assert_str_eq(buf_cstr(&b), rows[_i].ja);
	buf_clear(&b);
	when_put(&b, LANGUAGE_EN, zone, at(rows[_i].at), now, true);
	ck_assert_str_eq(buf_cstr(&b), rows[_i].en);
	buf_clear(&b);
	when_put_exact(&b, LANGUAGE_JA, zone, at(rows[_i].at), now);
	ck_assert_str_eq(buf_cstr(&b), rows[_i].exact);
}
END_TEST

static const struct {
	int64_t s;
	const char *ja, *en, *clock;
} spans[] = {
	{252, "4分12秒", "4 min 12 s", "4:12"},
	{8884, "2時間28分", "2 h 28 min", "2:28:04"},
	{6 * 86400, "6日", "6 days", "6日 0:00:00"},
	{90000, "25時間", "25 h", "1日 1:00:00"},
	{7, "7秒", "7 s", "0:07"},
	{60, "1分", "1 min", "1:00"},
	{-5, "0秒", "0 s", "0:00"},
};

START_TEST(writes_spans)
{
	AUTO(buf) b = BUF_MAX(200);

	when_put_span(&b, LANGUAGE_JA, spans[_i].s * US_PER_S);
	ck_assert_str_eq(buf_cstr(&b), spans[_i].ja);
	buf_clear(&b);
	when_put_span(&b, LANGUAGE_EN, spans[_i].s * US_PER_S);
	ck_assert_str_eq(buf_cstr(&b), spans[_i].en);
	buf_clear(&b);
	when_put_clock(&b, LANGUAGE_JA, spans[_i].s * US_PER_S);
	ck_assert_str_eq(buf_cstr(&b), spans[_i].clock);
}
END_TEST

static const struct {
	uint64_t bytes;
	const char *want;
} sizes[] = {
	{0, "0 B"},
	{1023, "1023 B"},
	{1024, "1 KB"},
	{86016, "84 KB"},
	{1887437, "1.8 MB"},
	{UINT64_C(104857600), "100 MB"},
	{UINT64_C(5) << 30, "5 GB"},
	{UINT64_C(3) << 50, "3072 TB"},
};

START_TEST(writes_sizes)
{
	AUTO(buf) b = BUF_MAX(200);

	when_put_size(&b, sizes[_i].bytes);
	ck_assert_str_eq(buf_cstr(&b), sizes[_i].want);
}
END_TEST

Suite *test_when_suite(void)
{
	Suite *s = suite_create("when");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, load, unload);
	tcase_add_loop_test(c, writes_moments, 0, ARRAY_LEN(rows));
	tcase_add_loop_test(c, writes_spans, 0, ARRAY_LEN(spans));
	tcase_add_loop_test(c, writes_sizes, 0, ARRAY_LEN(sizes));
	suite_add_tcase(s, c);
	return s;
}
