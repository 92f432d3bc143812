/* clock.c - now, and moments as text; zones are in tz.c. See clock.h. */
#include "connector/base/clock.h"
#include <stdlib.h>
#include <time.h>
#include "connector/base/rd.h"

static int64_t read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

int64_t clock_now_us(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t clock_monotonic_us(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_machine_us(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

static char sign_of(int32_t offset_s)
{
	return offset_s < 0 ? '-' : '+';
}

static int offset_hours(int32_t offset_s)
{
	return abs(offset_s) / 3600;
}

static int offset_minutes(int32_t offset_s)
{
	return abs(offset_s) / 60 % 60;
}

void time_put_rfc5322(struct buf *b, const struct tz *tz, int64_t at_us)
{
	static const char *const day[] = {"Sun", "Mon", "Tue", "Wed",
					  "Thu", "Fri", "Sat"};
	static const char *const month[] = {"Jan", "Feb", "Mar", "Apr",
					    "May", "Jun", "Jul", "Aug",
					    "Sep", "Oct", "Nov", "Dec"};
	struct civil c;

	civil_of(tz, at_us, &c);
	buf_printf(b, "%s, %d %s %04d %02d:%02d:%02d %c%02d%02d",
		   day[c.weekday], c.day, month[c.month - 1], c.year, c.hour,
		   c.minute, c.second, sign_of(c.offset_s),
		   offset_hours(c.offset_s), offset_minutes(c.offset_s));
}

void time_put_rfc3339(struct buf *b, const struct tz *tz, int64_t at_us)
{
	struct civil c;

	civil_of(tz, at_us, &c);
	buf_printf(b, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", c.year,
		   c.month, c.day, c.hour, c.minute, c.second,
		   sign_of(c.offset_s), offset_hours(c.offset_s),
		   offset_minutes(c.offset_s));
}

void time_put_notice(struct buf *b, const struct tz *tz, int64_t at_us)
{
	struct civil c;

	civil_of(tz, at_us, &c);
	buf_printf(b, "%04d-%02d-%02d %02d:%02d:%02d %c%02d%02d", c.year,
		   c.month, c.day, c.hour, c.minute, c.second,
		   sign_of(c.offset_s), offset_hours(c.offset_s),
		   offset_minutes(c.offset_s));
}

/* Exactly `digits` digits with a value in [least, most]; else bad. */
static int number(struct rd *r, size_t digits, int least, int most)
{
	struct str s = rd_bytes(r, digits);
	uint64_t v;

	if (!str_u64(s, &v) || v < (uint64_t)least || v > (uint64_t)most) {
		r->bad = true;
		return least;
	}
	return (int)v;
}

static void expect(struct rd *r, const char *one_of)
{
	int c = rd_byte(r);

	if (c <= 0 || !strchr(one_of, c))
		r->bad = true;
}

static bool is_digit(unsigned char c)
{
	return ascii_digit((char)c);
}

/* RFC 3339 5.6 time-secfrac; digits below microseconds are dropped. */
static int fraction_us(struct rd *r)
{
	struct str s;
	int us = 0;

	if (!rd_accept(r, '.'))
		return 0;
	s = rd_while(r, is_digit);
	if (s.n == 0)
		r->bad = true;
	for (size_t i = 0; i < 6; i++)
		us = us * 10 + (i < s.n ? s.p[i] - '0' : 0);
	return us;
}

static int32_t zone(struct rd *r)
{
	int sign = rd_byte(r);
	int32_t s;

	if (sign == 'Z' || sign == 'z')
		return 0;
	if (sign != '+' && sign != '-')
		r->bad = true;
	s = number(r, 2, 0, 23) * 3600;
	expect(r, ":");
	s += number(r, 2, 0, 59) * 60;
	return sign == '-' ? -s : s;
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30,
				   31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

bool time_parse_rfc3339(struct str s, int64_t *us_r)
{
	struct rd r = rd_of(s);
	struct civil c = {0};
	int32_t offset;

	c.year = number(&r, 4, 0, 9999);
	expect(&r, "-");
	c.month = number(&r, 2, 1, 12);
	expect(&r, "-");
	c.day = number(&r, 2, 1, days_in_month(c.year, c.month));
	expect(&r, "Tt ");
	c.hour = number(&r, 2, 0, 23);
	expect(&r, ":");
	c.minute = number(&r, 2, 0, 59);
	expect(&r, ":");
	c.second = number(&r, 2, 0, 60); /* 60: a leap second, 5.6 */
	c.us = fraction_us(&r);
	offset = zone(&r);
	if (!rd_end(&r))
		return false;
	*us_r = civil_to_us(tz_utc(), &c) - offset * US_PER_S;
	return true;
}

/* The digits at the head of s as a number; the rest is the unit. */
static bool number_unit(struct str s, uint64_t *v_r, struct str *unit_r)
{
	size_t n = 0;

	while (n < s.n && ascii_digit(s.p[n]))
		n++;
	*unit_r = str_skip(s, n);
	return str_u64(str_head(s, n), v_r);
}

bool duration_parse(struct str s, int64_t *us_r)
{
	static const struct {
		char letter;
		int64_t us;
	} unit[] = {{'s', US_PER_S},
		    {'m', US_PER_MIN},
		    {'h', US_PER_HOUR},
		    {'d', US_PER_DAY}};
	struct str name;
	uint64_t v;
	int64_t us;

	TRY(number_unit(s, &v, &name));
	if (name.n == 0 && v == 0) {
		*us_r = 0;
		return true;
	}
	if (name.n != 1)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(unit); i++) {
		if (unit[i].letter != name.p[0])
			continue;
		if (__builtin_mul_overflow(v, unit[i].us, &us))
			return false;
		*us_r = us;
		return true;
	}
	return false;
}

bool size_parse(struct str s, uint64_t *bytes_r)
{
	static const struct {
		const char *name;
		uint64_t bytes;
	} unit[] = {
		{"", 1},
		{"B", 1},
		{"KB", 1024},
		{"MB", 1024 * 1024},
		{"GB", 1024 * 1024 * 1024},
		{"TB", UINT64_C(1024) * 1024 * 1024 * 1024},
	};
	struct str name;
	uint64_t v;

	TRY(number_unit(s, &v, &name));
	name = str_trim(name); /* "2 MB" */
	for (size_t i = 0; i < ARRAY_LEN(unit); i++) {
		if (str_is_ci(name, unit[i].name))
			return !__builtin_mul_overflow(v, unit[i].bytes,
						       bytes_r);
	}
	return false;
}
