/* when.c - see when.h. */
#include "connector/text/when.h"

static const char *const ja_days[] = {"日", "月", "火", "水", "木", "金", "土"};
static const char *const en_days[] = {"Sun", "Mon", "Tue", "Wed",
				      "Thu", "Fri", "Sat"};
static const char *const en_months[] = {"Jan", "Feb", "Mar", "Apr",
					"May", "Jun", "Jul", "Aug",
					"Sep", "Oct", "Nov", "Dec"};

static bool same_day(const struct civil *a, const struct civil *b)
{
	return a->year == b->year && a->month == b->month && a->day == b->day;
}

/* -1, 0, 1 for the days about now; 2: another one. */
static int day_about(const struct tz *tz, const struct civil *at,
		     int64_t now_us)
{
	struct civil now, c;

	civil_of(tz, now_us, &now);
	for (int d = -1; d <= 1; d++) {
		struct civil noon = now;

		noon.hour = 12;
		noon.day += d;
		civil_of(tz, civil_to_us(tz, &noon), &c);
		if (same_day(&c, at))
			return d;
	}
	return 2;
}

static void put_day(struct buf *b, enum language l, const struct civil *c,
		    bool with_year)
{
	if (l == LANGUAGE_JA) {
		if (with_year)
			buf_printf(b, "%d年", c->year);
		buf_printf(b, "%d月%d日(%s)", c->month, c->day,
			   ja_days[c->weekday]);
		return;
	}
	buf_printf(b, "%s %d %s", en_days[c->weekday], c->day,
		   en_months[c->month - 1]);
	if (with_year)
		buf_printf(b, " %d", c->year);
}

static void put_date(struct buf *b, enum language l, const struct tz *tz,
		     const struct civil *c, int64_t now_us, bool words)
{
	static const char *const near[LANGUAGES][3] = {
		{"昨日", "今日", "明日"}, {"yesterday", "today", "tomorrow"}};
	int about = day_about(tz, c, now_us);
	struct civil now;

	if (about == 0 && !words)
		return;
	if (about <= 1) {
		buf_printf(b, "%s ", near[l][about + 1]);
		return;
	}
	civil_of(tz, now_us, &now);
	put_day(b, l, c, now.year != c->year);
	buf_puts(b, l == LANGUAGE_JA ? " " : ", ");
}

void when_put(struct buf *b, enum language l, const struct tz *tz,
	      int64_t at_us, int64_t now_us, bool words)
{
	struct civil c;

	civil_of(tz, at_us, &c);
	put_date(b, l, tz, &c, now_us, words);
	buf_printf(b, "%02d:%02d", c.hour, c.minute);
}

void when_put_exact(struct buf *b, enum language l, const struct tz *tz,
		    int64_t at_us, int64_t now_us)
{
	struct civil c;

	civil_of(tz, at_us, &c);
	put_date(b, l, tz, &c, now_us, false);
	buf_printf(b, "%02d:%02d:%02d", c.hour, c.minute, c.second);
}

struct span {
	int64_t days, hours, minutes, seconds;
};

static struct span span_of(int64_t us)
{
	int64_t s = us > 0 ? us / US_PER_S : 0;

	return (struct span){s / 86400, s / 3600 % 24, s / 60 % 60, s % 60};
}

void when_put_span(struct buf *b, enum language l, int64_t us)
{
	struct span s = span_of(us);
	bool ja = l == LANGUAGE_JA;

	if (s.days > 1) {
		buf_printf(b, ja ? "%lld日" : "%lld days", (long long)s.days);
	} else if (s.days > 0 || s.hours > 0) {
		buf_printf(b, ja ? "%lld時間" : "%lld h",
			   (long long)(s.days * 24 + s.hours));
		if (s.minutes > 0)
			buf_printf(b, ja ? "%lld分" : " %lld min",
				   (long long)s.minutes);
	} else if (s.minutes > 0) {
		buf_printf(b, ja ? "%lld分" : "%lld min", (long long)s.minutes);
		if (s.seconds > 0)
			buf_printf(b, ja ? "%lld秒" : " %lld s",
				   (long long)s.seconds);
	} else {
		buf_printf(b, ja ? "%lld秒" : "%lld s", (long long)s.seconds);
	}
}

void when_put_clock(struct buf *b, enum language l, int64_t us)
{
	struct span s = span_of(us);

	if (s.days > 0)
		buf_printf(b, l == LANGUAGE_JA ? "%lld日 " : "%lld d ",
			   (long long)s.days);
	if (s.days > 0 || s.hours > 0)
		buf_printf(b, "%lld:%02lld:%02lld", (long long)s.hours,
			   (long long)s.minutes, (long long)s.seconds);
	else
		buf_printf(b, "%lld:%02lld", (long long)s.minutes,
			   (long long)s.seconds);
}

void when_put_size(struct buf *b, uint64_t bytes)
{
	static const char *const unit[] = {"KB", "MB", "GB", "TB"};
	uint64_t tenth = bytes * 10 / 1024;
	size_t u = 0;

	if (bytes < 1024) {
		buf_printf(b, "%llu B", (unsigned long long)bytes);
		return;
	}
	while (tenth >= 10240 && u + 1 < ARRAY_LEN(unit)) {
		tenth /= 1024;
		u++;
	}
	if (tenth < 100 && tenth % 10 != 0)
		buf_printf(b, "%llu.%llu %s", (unsigned long long)tenth / 10,
			   (unsigned long long)tenth % 10, unit[u]);
	else
		buf_printf(b, "%llu %s", (unsigned long long)tenth / 10,
			   unit[u]);
}
