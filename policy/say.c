/* say.c - durations, moments and sizes as people read them. */
#include "policy/policy_int.h"

#define SAY_MAX 65536

struct str arena_say(struct arena *a, struct buf *b)
{
	return arena_str(a, buf_str(b));
}

struct unit {
	int64_t us;
	const char *ja, *one, *many;
};
static const struct unit UNITS[] = {
	{US_PER_DAY, "日", "day", "days"},
	{US_PER_HOUR, "時間", "hour", "hours"},
	{US_PER_MIN, "分", "minute", "minutes"},
	{US_PER_S, "秒", "second", "seconds"},
};

/* "60分" stays 60 minutes, as the rule says it; "90分" too. */
static bool one_unit(struct buf *out, int64_t us, bool ja)
{
	for (size_t i = 0; i < ARRAY_LEN(UNITS); i++) {
		const struct unit *u = &UNITS[i];
		int64_t n = us / u->us;

		if (us % u->us || (n < 2 && i + 1 < ARRAY_LEN(UNITS) &&
				   u->us != US_PER_MIN && n != 1))
			continue;
		if (n == 1 && u->us == US_PER_HOUR) {
			u = &UNITS[2];
			n = 60;
		}
		if (ja)
			buf_printf(out, "%lld%s", (long long)n, u->ja);
		else
			buf_printf(out, "%lld %s", (long long)n,
				   n == 1 ? u->one : u->many);
		return true;
	}
	return false;
}

void say_duration(struct buf *out, int64_t us, bool ja)
{
	if (us <= 0)
		buf_puts(out, ja ? "0秒" : "0 seconds");
	else if (!one_unit(out, us, ja))
		buf_printf(out, ja ? "%lld.%lld秒" : "%lld.%lld seconds",
			   (long long)(us / US_PER_S),
			   (long long)(us % US_PER_S / 100000));
}

static const char *const DAYS_JA[] = {"日", "月", "火", "水", "木", "金", "土"};
static const char *const DAYS_EN[] = {"Sun", "Mon", "Tue", "Wed",
				      "Thu", "Fri", "Sat"};
static const char *const MONTHS[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
				     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static void put_time(struct buf *out, const struct civil *c)
{
	buf_printf(out, "%02d:%02d", c->hour, c->minute);
	if (c->second)
		buf_printf(out, ":%02d", c->second);
}

void say_moment(struct buf *out, const struct tz *tz, int64_t at_us, bool ja)
{
	struct civil c;

	civil_of(tz, at_us, &c);
	if (ja)
		buf_printf(out, "%d年%d月%d日(%s) ", c.year, c.month, c.day,
			   DAYS_JA[c.weekday]);
	else
		buf_printf(out, "%s %d %s %d, ", DAYS_EN[c.weekday], c.day,
			   MONTHS[c.month - 1], c.year);
	put_time(out, &c);
}

void say_near(struct buf *out, const struct tz *tz, int64_t at_us,
	      int64_t now_us, bool ja)
{
	struct civil c, now;

	civil_of(tz, at_us, &c);
	civil_of(tz, now_us, &now);
	if (c.year == now.year && c.month == now.month && c.day == now.day)
		put_time(out, &c);
	else
		say_moment(out, tz, at_us, ja);
}

void say_size(struct buf *out, uint64_t bytes)
{
	static const struct {
		uint64_t unit;
		const char *name;
	} SIZES[] = {{UINT64_C(1) << 30, "GB"},
		     {UINT64_C(1) << 20, "MB"},
		     {UINT64_C(1) << 10, "KB"}};

	for (size_t i = 0; i < ARRAY_LEN(SIZES); i++) {
		uint64_t tenths;

		if (bytes < SIZES[i].unit)
			continue;
		tenths = bytes / SIZES[i].unit * 10 +
			 bytes % SIZES[i].unit * 10 / SIZES[i].unit;
		if (tenths % 10 && tenths < 1000)
			buf_printf(out, "%llu.%llu %s",
				   (unsigned long long)(tenths / 10),
				   (unsigned long long)(tenths % 10),
				   SIZES[i].name);
		else
			buf_printf(out, "%llu %s",
				   (unsigned long long)(tenths / 10),
				   SIZES[i].name);
		return;
	}
	buf_printf(out, "%llu B", (unsigned long long)bytes);
}
