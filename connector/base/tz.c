/* tz.c - time zones from TZif files (RFC 8536) and civil time; see clock.h.
 * Beyond the last transition of the file its footer, a POSIX TZ rule, holds.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "connector/base/clock.h"
#include "connector/base/mem.h"
#include "connector/base/rd.h"

#define ZONE_DIR       "/usr/share/zoneinfo/"
#define ZONE_FILE_MAX  (256 * 1024)
#define ZONE_NAME_MAX  64
#define TRANSITION_MAX 10000
#define TYPE_MAX       256
#define ABBREV_MAX     256
#define HEADER_BYTES   44 /* RFC 8536 3.1 */
#define S_PER_DAY      86400

struct tz_type {
	int32_t offset_s;
	char abbrev[12];
};

/* One edge of summer time, POSIX TZ: Mm.w.d, Jn or n, and a time of day. */
struct edge {
	char kind; /* 'M', 'J' or 'n' */
	int month, week, day;
	int32_t time_s;
};

struct rule {
	bool there, summer;
	struct tz_type std, dst;
	struct edge begin, end;
};

struct tz {
	char name[ZONE_NAME_MAX];
	size_t n;      /* transitions */
	int64_t *at_s; /* growing */
	unsigned char *type_of;
	struct tz_type type[TYPE_MAX];
	struct rule rule;
};

static const struct tz utc = {.name = "UTC", .type[0] = {0, "UTC"}};

const struct tz *tz_utc(void)
{
	return &utc;
}

const char *tz_name(const struct tz *tz)
{
	return tz->name;
}

void tz_free(struct tz **tz)
{
	if (!*tz)
		return;
	mem_free((*tz)->at_s);
	mem_free((*tz)->type_of);
	mem_free(*tz);
	*tz = NULL;
}

/* Days since 1970-01-01, proleptic Gregorian; month may overflow. The year is
 * counted from March, so that the leap day is its last. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t m = month - 3;
	int64_t y = year + m / 12;

	m %= 12;
	if (m < 0) {
		m += 12;
		y--;
	}
	/* 719468 days from 0000-03-01 to 1970-01-01; floor division below. */
	return 365 * y + (y >= 0 ? y / 4 : (y - 3) / 4) -
	       (y >= 0 ? y / 100 : (y - 99) / 100) +
	       (y >= 0 ? y / 400 : (y - 399) / 400) + (153 * m + 2) / 5 + day -
	       1 - 719468;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0 ? 1 : 0);
}

static void date_of(int64_t days, struct civil *c)
{
	int64_t z = days + 719468;
	int64_t era = floor_div(z, 146097);
	int64_t in_era = z - era * 146097;
	int64_t y = (in_era - in_era / 1460 + in_era / 36524 -
		     in_era / 146096) /
		    365;
	int64_t in_year = in_era - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * in_year + 2) / 153;

	c->day = (int)(in_year - (153 * m + 2) / 5 + 1);
	c->month = (int)(m < 10 ? m + 3 : m - 9);
	c->year = (int)(era * 400 + y + (c->month <= 2 ? 1 : 0));
	c->weekday = (int)(((days + 4) % 7 + 7) % 7);
}

/* ---- the footer ---- */

static bool is_alpha(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_quoted_abbrev(unsigned char c)
{
	return ascii_alnum((char)c) || c == '+' || c == '-';
}

static bool is_digit(unsigned char c)
{
	return ascii_digit((char)c);
}

static bool set_abbrev(struct tz_type *t, struct str s)
{
	if (s.n == 0 || s.n >= sizeof(t->abbrev))
		return false;
	memcpy(t->abbrev, s.p, s.n);
	t->abbrev[s.n] = '\0';
	return true;
}

static bool rule_abbrev(struct rd *r, struct tz_type *t)
{
	if (!rd_accept(r, '<'))
		return set_abbrev(t, rd_while(r, is_alpha));
	return set_abbrev(t, rd_while(r, is_quoted_abbrev)) &&
	       rd_accept(r, '>');
}

static bool rule_number(struct rd *r, int most, int *v_r)
{
	uint64_t v;

	if (!str_u64(rd_while(r, is_digit), &v) || v > (uint64_t)most)
		return false;
	*v_r = (int)v;
	return true;
}

/* [+-]hh[:mm[:ss]]; hours up to 167 as RFC 8536 3.3.1 allows. */
static bool rule_time(struct rd *r, int32_t *s_r)
{
	bool minus = rd_accept(r, '-');
	int h, m = 0, s = 0;

	if (!minus)
		rd_accept(r, '+');
	TRY(rule_number(r, 167, &h));
	if (rd_accept(r, ':')) {
		TRY(rule_number(r, 59, &m));
		if (rd_accept(r, ':'))
			TRY(rule_number(r, 59, &s));
	}
	*s_r = h * 3600 + m * 60 + s;
	if (minus)
		*s_r = -*s_r;
	return true;
}

static bool rule_edge(struct rd *r, struct edge *e)
{
	e->time_s = 2 * 3600;
	TRY(rd_accept(r, ','));
	if (rd_accept(r, 'M')) {
		e->kind = 'M';
		TRY(rule_number(r, 12, &e->month) && e->month > 0);
		TRY(rd_accept(r, '.') && rule_number(r, 5, &e->week) &&
		    e->week > 0);
		TRY(rd_accept(r, '.') && rule_number(r, 6, &e->day));
	} else {
		e->kind = rd_accept(r, 'J') ? 'J' : 'n';
		TRY(rule_number(r, 365, &e->day));
	}
	return !rd_accept(r, '/') || rule_time(r, &e->time_s);
}

static bool rule_parse(struct str s, struct rule *rule)
{
	struct rd r = rd_of(s);
	int32_t west;

	TRY(rule_abbrev(&r, &rule->std));
	TRY(rule_time(&r, &west));
	rule->std.offset_s = -west;
	rule->there = true;
	if (rd_end(&r))
		return true;
	TRY(rule_abbrev(&r, &rule->dst));
	rule->dst.offset_s = rule->std.offset_s + 3600;
	if (rd_peek(&r) != ',') {
		TRY(rule_time(&r, &west));
		rule->dst.offset_s = -west;
	}
	TRY(rule_edge(&r, &rule->begin) && rule_edge(&r, &rule->end));
	rule->summer = true;
	return rd_end(&r);
}

/* Local seconds since 1970 of an edge in a year. */
static int64_t edge_local_s(const struct edge *e, int year)
{
	int64_t day;
	int weekday;

	if (e->kind == 'M') {
		day = days_of(year, e->month, 1);
		weekday = (int)(((day + 4) % 7 + 7) % 7);
		day += (e->day - weekday + 7) % 7 + (e->week - 1) * 7;
		if (day >= days_of(year, e->month + 1, 1))
			day -= 7; /* week 5 is the last one */
	} else {
		day = days_of(year, 1, 1) + e->day;
		/* Jn counts from 1 and never the leap day */
		if (e->kind == 'J' &&
		    (e->day < 60 ||
		     days_of(year, 3, 1) - days_of(year, 1, 1) == 59))
			day--;
	}
	return day * S_PER_DAY + e->time_s;
}

static const struct tz_type *rule_type(const struct rule *rule, int64_t at_s)
{
	int64_t begin, end;
	struct civil c;
	bool summer;

	if (!rule->summer)
		return &rule->std;
	date_of(floor_div(at_s + rule->std.offset_s, S_PER_DAY), &c);
	begin = edge_local_s(&rule->begin, c.year) - rule->std.offset_s;
	end = edge_local_s(&rule->end, c.year) - rule->dst.offset_s;
	summer = begin < end ? at_s >= begin && at_s < end
			     : at_s >= begin || at_s < end;
	return summer ? &rule->dst : &rule->std;
}

/* ---- the file ---- */

struct counts {
	uint32_t isut, isstd, leap, time, type, chars;
};

static uint64_t be(struct rd *r, size_t bytes)
{
	struct str s = rd_bytes(r, bytes);
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | (unsigned char)s.p[i];
	return v;
}

static bool read_header(struct rd *r, struct counts *c)
{
	struct str magic = rd_bytes(r, 4);
	int version = rd_byte(r);

	if (!str_eq(magic, STR("TZif")) || version < '2')
		return false;
	rd_bytes(r, 15);
	c->isut = (uint32_t)be(r, 4);
	c->isstd = (uint32_t)be(r, 4);
	c->leap = (uint32_t)be(r, 4);
	c->time = (uint32_t)be(r, 4);
	c->type = (uint32_t)be(r, 4);
	c->chars = (uint32_t)be(r, 4);
	return rd_ok(r) && c->time <= TRANSITION_MAX && c->type > 0 &&
	       c->type <= TYPE_MAX && c->chars <= ABBREV_MAX &&
	       c->leap <= TRANSITION_MAX && c->isut <= TYPE_MAX &&
	       c->isstd <= TYPE_MAX;
}

/* Behind the transitions and types: leap seconds (POSIX time has none) and
 * the standard/UT marks are passed over. */
static bool read_types(struct rd *r, const struct counts *c, struct tz *tz)
{
	unsigned char at[TYPE_MAX];
	struct str abbrevs;

	for (uint32_t i = 0; i < c->type; i++) {
		tz->type[i].offset_s = (int32_t)be(r, 4);
		rd_u8(r);
		at[i] = rd_u8(r);
	}
	abbrevs = rd_bytes(r, c->chars);
	for (uint32_t i = 0; rd_ok(r) && i < c->type; i++) {
		struct str s = str_skip(abbrevs, at[i]);
		ptrdiff_t end = str_chr(s, '\0');

		if (end < 0 ||
		    !set_abbrev(&tz->type[i], str_head(s, (size_t)end)) ||
		    tz->type[i].offset_s > 26 * 3600 ||
		    tz->type[i].offset_s < -26 * 3600)
			return false;
	}
	rd_bytes(r, c->leap * 12 + c->isstd + c->isut);
	return rd_ok(r);
}

static bool read_file(struct rd *r, struct tz *tz)
{
	struct counts c;
	struct str footer;
	ptrdiff_t end;

	/* The first block holds 32-bit times; the second one is what we want */
	TRY(read_header(r, &c));
	rd_bytes(r, c.time * 5 + c.type * 6 + c.chars + c.leap * 8 + c.isstd +
			    c.isut);
	TRY(read_header(r, &c));
	tz->n = c.time;
	tz->at_s = NEW_ARRAY(int64_t, c.time);
	tz->type_of = NEW_ARRAY(unsigned char, c.time);
	for (uint32_t i = 0; i < c.time; i++) {
		tz->at_s[i] = (int64_t)be(r, 8);
		if (i > 0 && tz->at_s[i] <= tz->at_s[i - 1])
			return false;
	}
	for (uint32_t i = 0; i < c.time; i++) {
		tz->type_of[i] = rd_u8(r);
		if (tz->type_of[i] >= c.type)
			return false;
	}
	TRY(read_types(r, &c, tz));
	TRY(rd_accept(r, '\n'));
	footer = rd_rest(r);
	end = str_chr(footer, '\n');
	TRY(end >= 0);
	return end == 0 || rule_parse(str_head(footer, (size_t)end), &tz->rule);
}

static bool name_ok(const char *name)
{
	struct str s = str_of(name);

	if (s.n == 0 || s.n >= ZONE_NAME_MAX || s.p[0] == '/' ||
	    str_find(s, STR("..")) >= 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!ascii_alnum(s.p[i]) && !strchr("/_+-", s.p[i]))
			return false;
	}
	return true;
}

static bool slurp(const char *name, struct buf *out, struct err *e)
{
	char path[sizeof(ZONE_DIR) + ZONE_NAME_MAX];
	char part[4096];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), ZONE_DIR "%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, ERR_CONFIG, errno,
			       "time zone \"%s\" is not in " ZONE_DIR, name);
	while ((n = read(fd, part, sizeof(part))) > 0) {
		if (!buf_put(out, part, (size_t)n))
			break;
	}
	close(fd);
	if (n != 0)
		return err_set(e, ERR_CONFIG, 0,
			       "time zone \"%s\" cannot be read", name);
	return true;
}

struct tz *tz_load(const char *name, struct err *e)
{
	AUTO(buf) file = BUF_MAX(ZONE_FILE_MAX);
	struct tz *tz;
	struct rd r;

	if (!name_ok(name)) {
		err_set(e, ERR_CONFIG, 0, "\"%.64s\" is no time zone", name);
		return NULL;
	}
	if (!slurp(name, &file, e))
		return NULL;
	tz = NEW(struct tz);
	snprintf(tz->name, sizeof(tz->name), "%s", name);
	r = rd_of(buf_str(&file));
	if (!read_file(&r, tz)) {
		err_set(e, ERR_CONFIG, 0,
			"time zone \"%s\": the file is damaged", name);
		tz_free(&tz);
	}
	return tz;
}

/* ---- use ---- */

static const struct tz_type *type_at(const struct tz *tz, int64_t at_s)
{
	size_t low = 0, high = tz->n;

	while (low < high) { /* low: transitions not after at_s */
		size_t mid = low + (high - low) / 2;

		if (tz->at_s[mid] <= at_s)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == tz->n && tz->rule.there)
		return rule_type(&tz->rule, at_s);
	return &tz->type[low == 0 ? 0 : tz->type_of[low - 1]];
}

int32_t tz_offset_s(const struct tz *tz, int64_t at_us)
{
	return type_at(tz, floor_div(at_us, US_PER_S))->offset_s;
}

const char *tz_abbrev(const struct tz *tz, int64_t at_us)
{
	return type_at(tz, floor_div(at_us, US_PER_S))->abbrev;
}

void civil_of(const struct tz *tz, int64_t at_us, struct civil *c_r)
{
	int64_t s = floor_div(at_us, US_PER_S);
	int64_t days, in_day;

	c_r->us = (int)(at_us - s * US_PER_S);
	c_r->offset_s = type_at(tz, s)->offset_s;
	s += c_r->offset_s;
	days = floor_div(s, S_PER_DAY);
	in_day = s - days * S_PER_DAY;
	date_of(days, c_r);
	c_r->hour = (int)(in_day / 3600);
	c_r->minute = (int)(in_day / 60 % 60);
	c_r->second = (int)(in_day % 60);
}

int64_t civil_to_us(const struct tz *tz, const struct civil *c)
{
	int64_t local = days_of(c->year, c->month, c->day) * S_PER_DAY +
			c->hour * INT64_C(3600) + c->minute * INT64_C(60) +
			c->second;
	/* Offsets a day to either side: a change lies between or there is none
	 * that concerns this hour. */
	int32_t before = type_at(tz, local - S_PER_DAY)->offset_s;
	int32_t after = type_at(tz, local + S_PER_DAY)->offset_s;
	int64_t first = local - before, second = local - after;
	int64_t s = first;

	if (type_at(tz, first)->offset_s == before) {
		if (second < first && type_at(tz, second)->offset_s == after)
			s = second;
	} else if (type_at(tz, second)->offset_s == after) {
		s = second;
	}
	return s * US_PER_S + c->us;
}
