/* span.c - TIME: spans of the clock, of business days and of business hours. */
#include "policy/policy_int.h"

#define BUSINESS_DAYS_MAX  250
#define BUSINESS_HOURS_MAX 1000
#define SPAN_DAYS_MAX	   366
#define WINDOWS_MAX	   20000 /* that a span of hours goes through */

int64_t calendar_next_open(const struct calendar *c, int64_t at_us)
{
	return calendar_open(c, at_us) ? at_us : calendar_change(c, at_us);
}

/* Noon of the day `days` after that of at_us: no clock change falls on it. */
static int64_t noon_after(const struct calendar *c, int64_t at_us, int days)
{
	struct civil day;

	civil_of(c->tz, at_us, &day);
	day = (struct civil){.year = day.year,
			     .month = day.month,
			     .day = day.day + days,
			     .hour = 12};
	return civil_to_us(c->tz, &day);
}

/* The end of the n-th open day behind the day of from_us. */
static int64_t end_of_days(const struct calendar *c, unsigned n,
			   int64_t from_us)
{
	unsigned seen = 0;

	for (int d = 1; d <= SPAN_DAYS_MAX * 2; d++) {
		int64_t close = calendar_close_of_day(
			c, noon_after(c, from_us, d));

		if (close && ++seen == n)
			return close;
	}
	return from_us + n * US_PER_DAY;
}

static int64_t end_of_hours(const struct calendar *c, unsigned n,
			    int64_t from_us)
{
	int64_t left = n * US_PER_HOUR, at = from_us;

	for (int i = 0; i < WINDOWS_MAX; i++) {
		int64_t open = calendar_next_open(c, at), close;

		if (!open)
			break;
		close = calendar_change(c, open);
		if (!close || close - open >= left)
			return open + left;
		left -= close - open;
		at = close;
	}
	return from_us + n * US_PER_HOUR;
}

int64_t span_end(const struct timespan *s, const struct calendar *c,
		 int64_t from_us)
{
	if (s->kind == SPAN_CLOCK)
		return from_us + s->us;
	if (s->kind == SPAN_BUSINESS_DAYS)
		return c ? end_of_days(c, s->n, from_us)
			 : from_us + s->n * US_PER_DAY;
	return c ? end_of_hours(c, s->n, from_us)
		 : from_us + s->n * US_PER_HOUR;
}

void say_span(struct buf *out, const struct timespan *s, bool ja)
{
	const char *plural = s->n == 1 ? "" : "s";

	if (s->kind == SPAN_CLOCK)
		say_duration(out, s->us, ja);
	else if (s->kind == SPAN_BUSINESS_DAYS)
		buf_printf(out, ja ? "%u営業日%.0s" : "%u business day%s", s->n,
			   plural);
	else
		buf_printf(out, ja ? "%u営業時間%.0s" : "%u business hour%s",
			   s->n, plural);
}

/* "3 business days", "1 business hour" */
static bool business(struct str s, struct timespan *to)
{
	struct str number;
	uint64_t n;

	TRY(str_split(&s, ' ', &number) && str_u64(number, &n));
	s = str_trim(s);
	TRY(str_starts(s, STR("business ")));
	s = str_trim(str_skip(s, strlen("business ")));
	if (str_is(s, "day") || str_is(s, "days"))
		to->kind = SPAN_BUSINESS_DAYS;
	else if (str_is(s, "hour") || str_is(s, "hours"))
		to->kind = SPAN_BUSINESS_HOURS;
	else
		return false;
	to->n = (unsigned)MIN_OF(n, (uint64_t)UINT32_MAX);
	return n >= 1 &&
	       n <= (to->kind == SPAN_BUSINESS_DAYS ? BUSINESS_DAYS_MAX
						    : BUSINESS_HOURS_MAX);
}

/* Defaults may stand behind what uses them, in any of the files. */
static bool some_calendar(struct loader *l)
{
	VEC_EACH (root, &l->roots) {
		const struct conf_node *d = conf_get(*root, "defaults");

		if (d && d->kind == CONF_MAP && conf_get(d, "calendar"))
			return true;
	}
	return false;
}

bool value_span(struct loader *l, const struct conf_node *n,
		struct timespan *to)
{
	*to = (struct timespan){.kind = SPAN_CLOCK};
	if (!want_scalar(l, n))
		return false;
	if (duration_parse(n->text, &to->us))
		return value_duration(l, n, US_PER_MIN,
				      SPAN_DAYS_MAX * US_PER_DAY, &to->us);
	if (!business(str_trim(n->text), to)) {
		conf_error(l->errs, n,
			   "「" STR_FMT "」は使えません。90s 5m 2h 3d、"
			   "3 business days(1 から %d)、"
			   "4 business hours(1 から %d)の形で"
			   "書いてください。",
			   "`" STR_FMT "`: write a time as 90s, 5m, 2h, 3d, "
			   "3 business days (1 to %d) or 4 business hours (1 "
			   "to %d)",
			   STR_ARG(conf_word(n->text)), BUSINESS_DAYS_MAX,
			   BUSINESS_HOURS_MAX);
		return false;
	}
	if (some_calendar(l))
		return true;
	conf_error(l->errs, n,
		   "営業日と営業時間には defaults: {calendar: 暦} が要ります。",
		   "business days and hours need `defaults: {calendar: …}`");
	return false;
}
