/* calendar.c - windows of time: start included, end excluded, in the zone of
 * the window, across midnight, with days that are closed.
 */
#include "policy/policy_int.h"

static const char *const DAYS[] = {"sun", "mon", "tue", "wed",
				   "thu", "fri", "sat"};
#define DAY_MINUTES	(24 * 60)
#define LOOK_AHEAD_DAYS 40

/* Open in a window that began on this day? */
static bool open_from(const struct calendar *c, const struct civil *day,
		      int minute)
{
	if (closed_on(c, day))
		return false;
	for (size_t i = 0; i < c->open_n; i++) {
		const struct window *w = &c->open[i];
		int to = w->to_m <= w->from_m ? w->to_m + DAY_MINUTES : w->to_m;

		if (w->days >> day->weekday & 1 && minute >= w->from_m &&
		    minute < to)
			return true;
	}
	return false;
}

bool calendar_open(const struct calendar *c, int64_t at_us)
{
	struct civil now, before;
	int minute;

	civil_of(c->tz, at_us, &now);
	minute = now.hour * 60 + now.minute;
	if (open_from(c, &now, minute))
		return true;
	/* A window of the day before that goes past midnight. */
	before = (struct civil){.year = now.year,
				.month = now.month,
				.day = now.day - 1,
				.hour = 12};
	civil_of(c->tz, civil_to_us(c->tz, &before), &before);
	return open_from(c, &before, minute + DAY_MINUTES);
}

int64_t calendar_change(const struct calendar *c, int64_t at_us)
{
	bool open = calendar_open(c, at_us);
	struct civil now;
	int64_t best = 0;

	civil_of(c->tz, at_us, &now);
	for (int d = 0; d < LOOK_AHEAD_DAYS && !best; d++) {
		for (size_t i = 0; i < c->open_n * 2 + 1; i++) {
			struct civil at = {.year = now.year,
					   .month = now.month,
					   .day = now.day + d};
			int64_t us;

			if (i < c->open_n)
				at.minute = c->open[i].from_m;
			else if (i < c->open_n * 2)
				at.minute = c->open[i - c->open_n].to_m;
			us = civil_to_us(c->tz, &at);
			if (us > at_us && (!best || us < best) &&
			    calendar_open(c, us) != open)
				best = us;
		}
	}
	return best;
}

int64_t calendar_close_of_day(const struct calendar *c, int64_t at_us)
{
	struct civil day;
	int64_t best = 0;

	civil_of(c->tz, at_us, &day);
	for (size_t i = 0; i < c->open_n && !closed_on(c, &day); i++) {
		const struct window *w = &c->open[i];
		struct civil end = {.year = day.year,
				    .month = day.month,
				    .day = day.day + (w->to_m <= w->from_m),
				    .minute = w->to_m};

		if (w->days >> day.weekday & 1)
			best = MAX_OF(best, civil_to_us(c->tz, &end));
	}
	return best;
}

/* "09:30" to minutes; "24:00" only as an end. */
static bool minutes(struct str s, bool end, int *m_r)
{
	uint64_t h, m;
	ptrdiff_t colon = str_chr(s, ':');

	TRY(colon == 1 || colon == 2);
	TRY(s.n == (size_t)colon + 3);
	TRY(str_u64(str_head(s, (size_t)colon), &h));
	TRY(str_u64(str_skip(s, (size_t)colon + 1), &m));
	TRY(m < 60 && (h < 24 || (end && h == 24 && m == 0)));
	*m_r = (int)(h * 60 + m);
	return true;
}

static int day_of(struct str s)
{
	for (int i = 0; i < 7; i++)
		if (str_is(s, DAYS[i]))
			return i;
	return -1;
}

/* "mon-fri", "sat", "daily" */
static bool days_word(struct str s, unsigned *days)
{
	ptrdiff_t dash = str_chr(s, '-');
	int from, to;

	if (str_is(s, "daily")) {
		*days |= 0x7f;
		return true;
	}
	from = day_of(dash < 0 ? s : str_head(s, (size_t)dash));
	to = dash < 0 ? from : day_of(str_skip(s, (size_t)dash + 1));
	TRY(from >= 0 && to >= 0);
	for (int d = from;; d = (d + 1) % 7) {
		*days |= 1u << d;
		if (d == to)
			return true;
	}
}

/* Days as people write them out, and slips. */
static const char *near_day(struct str word)
{
	static const char *const WORDS[] = {"sun", "mon", "tue", "wed",
					    "thu", "fri", "sat", "daily"};
	AUTO(buf) lower = BUF_MAX(64);

	for (size_t i = 0; i < word.n && i < 32; i++)
		buf_putc(&lower, ascii_lower(word.p[i]));
	for (size_t i = 0; i < ARRAY_LEN(WORDS); i++)
		if (str_starts(buf_str(&lower), str_of(WORDS[i])))
			return WORDS[i];
	return str_nearest(buf_str(&lower), WORDS, ARRAY_LEN(WORDS));
}

static void no_day(struct loader *l, const struct conf_node *at,
		   struct str word)
{
	ptrdiff_t dash = str_chr(word, '-');
	struct str part = dash < 0 ? word : str_head(word, (size_t)dash);
	const char *near;

	if (dash >= 0 && day_of(part) >= 0)
		part = str_skip(word, (size_t)dash + 1);
	near = near_day(part);
	conf_error(l->errs, at,
		   "「" STR_FMT "」は曜日ではありません。mon-fri、"
		   "sat、daily の形で書いてください。%s%s%s%.0s%.0s%.0s",
		   "`" STR_FMT "`: write days as mon-fri, sat, "
		   "daily%.0s%.0s%.0s%s%s%s",
		   STR_ARG(conf_word(word)), near ? "「" : "", near ? near : "",
		   near ? "」のことですか。" : "",
		   near ? "; did you mean `" : "", near ? near : "",
		   near ? "`?" : "");
}

static bool days_text(struct loader *l, const struct conf_node *at,
		      struct str s, unsigned *days)
{
	struct str rest = s, word;

	*days = 0;
	while (str_split(&rest, ',', &word)) {
		if (days_word(str_trim(word), days))
			continue;
		no_day(l, at, str_trim(word));
		return false;
	}
	return true;
}

static bool days_node(struct loader *l, const struct conf_node *n,
		      unsigned *days)
{
	if (n->kind != CONF_LIST)
		return want_scalar(l, n) && days_text(l, n, n->text, days);
	*days = 0;
	for (size_t i = 0; i < n->n; i++) {
		unsigned one = 0;

		TRY(want_scalar(l, n->item[i]) &&
		    days_text(l, n->item[i], n->item[i]->text, &one));
		*days |= one;
	}
	return true;
}

static void add_window(struct loader *l, struct calendar *c, struct window w)
{
	struct window *v = arena_array(l->a, c->open_n + 1, sizeof(*v));

	if (c->open_n)
		memcpy(v, c->open, c->open_n * sizeof(*v));
	v[c->open_n++] = w;
	c->open = v;
}

static bool bad_time(struct loader *l, const struct conf_node *n)
{
	conf_error(l->errs, n,
		   "「" STR_FMT "」は使えません。\"09:30\" の形で"
		   "書いてください。",
		   "`" STR_FMT "`: write a time of day as \"09:30\"",
		   STR_ARG(conf_word(n->text)));
	return false;
}

static bool times_text(struct loader *l, const struct conf_node *n,
		       struct window *w)
{
	struct str s = n->text;
	ptrdiff_t dash = str_chr(s, '-');

	if (dash > 0 &&
	    minutes(str_trim(str_head(s, (size_t)dash)), false, &w->from_m) &&
	    minutes(str_trim(str_skip(s, (size_t)dash + 1)), true, &w->to_m) &&
	    w->from_m != w->to_m)
		return true;
	conf_error(l->errs, n,
		   "「" STR_FMT "」は使えません。\"09:30-19:00\" の形で"
		   "書いてください。",
		   "`" STR_FMT "`: write hours as \"09:30-19:00\"",
		   STR_ARG(conf_word(s)));
	return false;
}

static void no_zone(struct loader *l, const struct conf_node *n)
{
	/* Those that a policy of ours is likely to name. */
	static const char *const ZONES[] = {
		"Asia/Tokyo",	      "UTC",
		"Asia/Seoul",	      "Asia/Shanghai",
		"Asia/Hong_Kong",     "Asia/Taipei",
		"Asia/Bangkok",	      "Asia/Singapore",
		"Asia/Jakarta",	      "Asia/Kolkata",
		"Australia/Sydney",   "Europe/London",
		"Europe/Paris",	      "Europe/Berlin",
		"America/New_York",   "America/Chicago",
		"America/Los_Angeles"};
	const char *near = str_nearest(n->text, ZONES, ARRAY_LEN(ZONES));

	conf_error(l->errs, n,
		   "「" STR_FMT "」という時間帯はありません。Asia/Tokyo の"
		   "ように書いてください。%s%s%s%.0s%.0s%.0s",
		   "`" STR_FMT "`: no such time zone; write it as "
		   "Asia/Tokyo%.0s%.0s%.0s%s%s%s",
		   STR_ARG(conf_word(n->text)), near ? "「" : "",
		   near ? near : "", near ? "」のことですか。" : "",
		   near ? "; did you mean `" : "", near ? near : "",
		   near ? "`?" : "");
}

static void parse_zone(struct loader *l, const struct conf_node *n, void *to)
{
	struct calendar *c = to;
	const struct tz *tz;

	if (!want_scalar(l, n))
		return;
	tz = policy_zone(l->p, n->text);
	if (tz)
		c->tz = tz;
	else
		no_zone(l, n);
}

static void parse_from(struct loader *l, const struct conf_node *n, void *to)
{
	struct calendar *c = to;

	if (want_scalar(l, n) && !minutes(n->text, false, &c->open[0].from_m))
		bad_time(l, n);
}

static void parse_to(struct loader *l, const struct conf_node *n, void *to)
{
	struct calendar *c = to;

	if (want_scalar(l, n) && !minutes(n->text, true, &c->open[0].to_m))
		bad_time(l, n);
}

static void parse_days(struct loader *l, const struct conf_node *n, void *to)
{
	struct calendar *c = to;

	days_node(l, n, &c->open[0].days);
}

bool window_parse(struct loader *l, const struct conf_node *n,
		  struct calendar *to)
{
	static const struct key ROWS[] = {{"from", parse_from},
					  {"to", parse_to},
					  {"days", parse_days},
					  {"timezone", parse_zone}};
	size_t before = l->errs->errors;

	*to = (struct calendar){.tz = l->p->tz};
	add_window(l, to,
		   (struct window){.days = 0x7f, .from_m = -1, .to_m = -1});
	keys_parse(l, n, ROWS, ARRAY_LEN(ROWS), to);
	if (l->errs->errors != before)
		return false;
	if (to->open[0].from_m < 0 || to->open[0].to_m < 0 ||
	    to->open[0].from_m == to->open[0].to_m) {
		conf_error(l->errs, n,
			   "from と to に違う時刻を書いてください。",
			   "write from and to, two different times");
		return false;
	}
	return true;
}

/* open: {mon-fri: "09:30-19:00", sat: ["09:00-12:00", "13:00-15:00"]} */
static void parse_open(struct loader *l, const struct conf_node *n, void *to)
{
	if (!want_map(l, n))
		return;
	for (size_t i = 0; i < n->n; i++) {
		const struct conf_node *v = n->item[i];
		size_t count = v->kind == CONF_LIST ? v->n : 1;
		unsigned days;

		if (!days_text(l, n->key[i], n->key[i]->text, &days))
			continue;
		for (size_t k = 0; k < count; k++) {
			const struct conf_node *t = v->kind == CONF_LIST
							    ? v->item[k]
							    : v;
			struct window w = {.days = days};

			if (want_scalar(l, t) && times_text(l, t, &w))
				add_window(l, to, w);
		}
	}
}

void calendar_parse(struct loader *l, const struct conf_node *n,
		    struct calendar *to)
{
	static const struct key ROWS[] = {{"timezone", parse_zone},
					  {"open", parse_open},
					  {"closed", closed_parse}};

	to->tz = l->p->tz;
	if (!want_keys(l, n, ROWS, ARRAY_LEN(ROWS)))
		return;
	keys_parse(l, n, ROWS, ARRAY_LEN(ROWS), to);
	closed_sort(to);
	if (!conf_get(n, "open"))
		missing(l, n, "「open」がありません。", "`open` is missing");
}
