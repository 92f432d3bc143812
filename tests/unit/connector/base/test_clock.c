/* test_clock.c - zones, civil time, and moments as text. */
#include "connector/base/clock.h"
#include "tests/unit/slow.h"
#include <check.h>
#include <stdlib.h>
#include <time.h>

static struct tz *zone(const char *name)
{
	struct err e = ERR_EMPTY;
	struct tz *tz = tz_load(name, &e);

	ck_assert_msg(tz != NULL, "%s", e.text);
	ck_assert_str_eq(tz_name(tz), name);
	return tz;
}

static int64_t at(const char *rfc3339)
{
	int64_t us;

	ck_assert_msg(time_parse_rfc3339(str_of(rfc3339), &us), "%s", rfc3339);
	return us;
}

START_TEST(forms)
{
	struct buf b = BUF_MAX(200);
	struct tz *tokyo = zone("Asia/Tokyo");
	int64_t us = at("2026-08-25T14:37:00+09:00");

	time_put_rfc5322(&b, tokyo, us);
	ck_assert_str_eq(buf_cstr(&b), "Tue, 25 Aug 2026 14:37:00 +0900");
	buf_clear(&b);
	time_put_rfc3339(&b, tokyo, us);
	ck_assert_str_eq(buf_cstr(&b), "2026-08-25T14:37:00+09:00");
	buf_clear(&b);
	time_put_notice(&b, tokyo, us);
	ck_assert_str_eq(buf_cstr(&b), "2026-08-25 14:37:00 +0900");
	buf_clear(&b);
	time_put_rfc5322(&b, tz_utc(), us);
	ck_assert_str_eq(buf_cstr(&b), "Tue, 25 Aug 2026 05:37:00 +0000");
	ck_assert_str_eq(tz_abbrev(tokyo, us), "JST");
	tz_free(&tokyo);
	ck_assert_ptr_null(tokyo);
	tokyo = zone("America/St_Johns");
	buf_clear(&b);
	time_put_rfc3339(&b, tokyo, at("2026-01-01T00:00:00Z"));
	ck_assert_str_eq(buf_cstr(&b), "2025-12-31T20:30:00-03:30");
	tz_free(&tokyo);
	buf_release(&b);
}
END_TEST

/* The C library as the judge: each zone, hours around every change of some
 * years, and years far behind the table of the file. */
START_TEST(offsets_agree_with_the_c_library)
{
	static const char *const names[] = {
		"Asia/Tokyo",	      "America/New_York",  "Europe/London",
		"Europe/Dublin",      "Australia/Sydney",  "Asia/Kathmandu",
		"Africa/Cairo",	      "America/Sao_Paulo", "Asia/Gaza",
		"Pacific/Apia",	      "Asia/Jerusalem",	   "Etc/GMT+5",
		"America/Nuuk",	      "Africa/Casablanca", "UTC",
		"Australia/Lord_Howe"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct tz *tz = zone(names[i]);

		setenv("TZ", names[i], 1);
		tzset();
		for (time_t t = -2000000000; t < 4102444800 + 86400 * 3650;
		     t += CASES_APART(7 * 3600 + 1801)) {
			struct tm tm;
			struct civil c;

			localtime_r(&t, &tm);
			civil_of(tz, t * US_PER_S, &c);
			if (c.offset_s != tm.tm_gmtoff ||
			    c.hour != tm.tm_hour || c.day != tm.tm_mday ||
			    c.month != tm.tm_mon + 1 ||
			    c.year != tm.tm_year + 1900 ||
			    c.weekday != tm.tm_wday || c.second != tm.tm_sec)
				ck_abort_msg("%s at %lld", names[i],
					     (long long)t);
		}
		tz_free(&tz);
	}
}
END_TEST

static void local(const struct tz *tz, const char *text, const char *utc)
{
	struct civil c = {0};
	struct buf b = BUF_MAX(100);

	civil_of(tz_utc(), at(text), &c);
	time_put_rfc3339(&b, tz_utc(), civil_to_us(tz, &c));
	ck_assert_str_eq(buf_cstr(&b), utc);
	buf_release(&b);
}

START_TEST(local_to_moment)
{
	struct tz *ny = zone("America/New_York"), *apia = zone("Pacific/Apia");
	struct civil c = {.year = 2026, .month = 1, .day = 32, .hour = 25};
	struct buf b = BUF_MAX(100);

	/* the hour that does not exist moves forward */
	local(ny, "2026-03-08T02:30:00Z", "2026-03-08T07:30:00+00:00");
	/* the hour that comes twice: the first one */
	local(ny, "2026-11-01T01:30:00Z", "2026-11-01T05:30:00+00:00");
	local(ny, "2026-07-01T12:00:00Z", "2026-07-01T16:00:00+00:00");
	local(ny, "2060-07-01T12:00:00Z", "2060-07-01T16:00:00+00:00");
	local(ny, "2026-11-01T03:00:00Z", "2026-11-01T08:00:00+00:00");
	/* a whole day that Samoa left out */
	local(apia, "2011-12-30T12:00:00Z", "2011-12-30T22:00:00+00:00");
	time_put_rfc3339(&b, tz_utc(), civil_to_us(tz_utc(), &c));
	ck_assert_str_eq(buf_cstr(&b), "2026-02-02T01:00:00+00:00");
	c = (struct civil){.year = 2026, .month = 14, .day = 0, .minute = -1};
	buf_clear(&b);
	time_put_rfc3339(&b, tz_utc(), civil_to_us(tz_utc(), &c));
	ck_assert_str_eq(buf_cstr(&b), "2027-01-30T23:59:00+00:00");
	buf_release(&b);
	tz_free(&ny);
	tz_free(&apia);
}
END_TEST

START_TEST(bad_zones)
{
	static const char *const bad[] = {"",
					  "/etc/passwd",
					  "../../etc/passwd",
					  "Asia/../UTC",
					  "Asia/Tokio",
					  "Asia",
					  "zone.tab",
					  "a b",
					  "tzdata.zi",
					  "posixrules.none",
					  "A\nB"};
	char longest[200];
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ck_assert_ptr_null(tz_load(bad[i], &e));
		ck_assert_int_eq(e.class, ERR_CONFIG);
	}
	memset(longest, 'A', 199);
	longest[199] = '\0';
	ck_assert_ptr_null(tz_load(longest, &e));
}
END_TEST

START_TEST(rfc3339)
{
	static const char *const bad[] = {
		"",
		"2026-08-25",
		"2026-08-25T14:37:00",
		"2026-08-25T14:37Z",
		"2026-02-29T00:00:00Z",
		"2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z",
		"2026-01-00T00:00:00Z",
		"2026-01-01T24:00:00Z",
		"2026-01-01T00:60:00Z",
		"2026-01-01T00:00:61Z",
		"2026-01-01T00:00:00+0900",
		"2026-01-01T00:00:00+24:00",
		"2026-01-01T00:00:00.Z",
		"2026-01-01T00:00:00Z ",
		"26-01-01T00:00:00Z",
		"2026-1-1T00:00:00Z",
		"2026-01-01T00:00:00*09:00",
	};
	int64_t us = 5;

	ck_assert_int_eq(at("1970-01-01T00:00:00Z"), 0);
	ck_assert_int_eq(at("1970-01-01t00:00:00.0000019z"), 1);
	ck_assert_int_eq(at("1970-01-01 00:00:01.5-00:30"), 1801500000);
	ck_assert_int_eq(at("2028-02-29T23:59:60Z"),
			 at("2028-03-01T00:00:00Z"));
	ck_assert_int_eq(at("0000-01-01T00:00:00Z"),
			 INT64_C(-62167219200) * US_PER_S);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ck_assert_msg(!time_parse_rfc3339(str_of(bad[i]), &us), "%s",
			      bad[i]);
		ck_assert_int_eq(us, 5);
	}
}
END_TEST

START_TEST(durations_and_sizes)
{
	uint64_t n;
	int64_t us;

#define DURATION(t) duration_parse(STR(t), &us)
	ck_assert(DURATION("90s") && us == 90 * US_PER_S);
	ck_assert(DURATION("5m") && us == 5 * US_PER_MIN);
	ck_assert(DURATION("2h") && us == 2 * US_PER_HOUR);
	ck_assert(DURATION("400d") && us == 400 * US_PER_DAY);
	ck_assert(DURATION("0") && us == 0);
	ck_assert(DURATION("0d") && us == 0);
	ck_assert(!DURATION("") && !DURATION("5") && !DURATION("h"));
	ck_assert(!DURATION("5 m") && !DURATION("-5m") && !DURATION("1h30m"));
	ck_assert(!DURATION("5w") && !DURATION("1.5h"));
	ck_assert(!DURATION("99999999999999d"));
#define SIZE(t) size_parse(STR(t), &n)
	ck_assert(SIZE("2KB") && n == 2048);
	ck_assert(SIZE("150MB") && n == 150 * MIB);
	ck_assert(SIZE("123B") && n == 123);
	ck_assert(SIZE("123") && n == 123);
	ck_assert(SIZE("1gb") && n == 1024 * MIB);
	ck_assert(!SIZE("") && !SIZE("KB") && !SIZE("-1") && !SIZE("1 KB x"));
	ck_assert(SIZE("2 MB") && n == 2 * MIB);
	ck_assert(!SIZE("1K") && !SIZE("1.5MB") && !SIZE("99999999999TB"));
	ck_assert_int_gt(clock_now_us(), 0);
	us = clock_monotonic_us();
	ck_assert_int_ge(clock_monotonic_us(), us);
}
END_TEST

Suite *test_clock_suite(void);
Suite *test_clock_suite(void)
{
	Suite *s = suite_create("base/clock");
	TCase *t = tcase_create("clock");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, forms);
	tcase_add_test(t, offsets_agree_with_the_c_library);
	tcase_add_test(t, local_to_moment);
	tcase_add_test(t, bad_zones);
	tcase_add_test(t, rfc3339);
	tcase_add_test(t, durations_and_sizes);
	suite_add_tcase(s, t);
	return s;
}
