/* Lists and people: encodings, shipped lists, people's columns. */
#include "tests/unit/policy/try.h"

#include "policy/policy_int.h"

Suite *test_lists_suite(void);

static const struct {
	const char *text;
	size_t n;
	const char *head, *cell;
} CODES[] = {
#define BYTES(s) s, sizeof(s) - 1
	/* UTF-8, with and without BOM. */
	{BYTES("名前\n山田\n"), "名前", "山田"},
	{BYTES("\xef\xbb\xbf"
	       "a\nb\n"),
	 "a", "b"},
	/* CP932: 2 bytes, half-width kana, NEC and IBM extensions, 0x5c as a
	 * second byte. */
	{BYTES("\x96\xbc\x91\x4f\r\n\x8e\x52\x93\x63\r\n"), "名前", "山田"},
	{BYTES("\xb6\xc5\n\x87\x8a\xfb\xfc\n"), "ｶﾅ", "㈱髙"},
	{BYTES("a,b\n\x95\x5c\x8e\xa6,x\n"), "a", "表示"},
	/* UTF-16 as Excel's "Unicode text". */
	{BYTES("\xff\xfe\x0d\x54\x09\x00"
	       "b\x00\n\x00\x3d\xd8\x00\xde\t\x00"
	       "c\x00\n\x00"),
	 "名", "😀"},
	{BYTES("\xfe\xff\x54\x0d\x00\n\x00x\x00\n"), "名", "x"},
	/* Tabs part cells where no comma does. */
	{BYTES("a\tb\nx,y\tz\n"), "a", "x,y"},
};

START_TEST(encodings)
{
	struct conf_errors errs = {0};
	struct csv csv;

	ck_assert(csv_parse(str_n(CODES[_i].text, CODES[_i].n), "f",
			    try_arena(), &errs, &csv));
	ck_assert(str_is(csv.head[0], CODES[_i].head));
	ck_assert_uint_eq(csv.n, 1);
	ck_assert(str_is(csv.row[0].cell[0], CODES[_i].cell));
}
END_TEST

static const struct {
	const char *text;
	size_t n;
	unsigned line;
} BROKEN[] = {
	{BYTES("\x93"), 1},
	{BYTES("a\nb\n\x93\x39\n"), 3},
	{BYTES("a\n\x85\x40\n"), 2}, /* no such character */
	{BYTES("a\n\xf0\x40\n"), 2}, /* a private one */
	{BYTES("a\n\x80\n"), 2},
	{BYTES("\xff\xfe\x00\xd8x\x00"), 1}, /* half a pair */
	{BYTES("\xff\xfe\n\x00x"), 2},
};

START_TEST(broken_bytes)
{
	struct conf_errors errs = {0};
	struct csv csv;

	ck_assert(!csv_parse(str_n(BROKEN[_i].text, BROKEN[_i].n), "f",
			     try_arena(), &errs, &csv));
	ck_assert(strstr(errs.v[0].en, "neither"));
	ck_assert_uint_eq(errs.v[0].line, BROKEN[_i].line);
	conf_errors_release(&errs);
}
END_TEST

/* ---- shipped lists, calendars ---- */

#define ORG "sekisho: 1\ndomains: {internal: [example.co.jp]}\n"
#define HOLD_IN(set)                                                           \
	"rules: [{rule: r, when: {recipient: {in: " set "}}, "                 \
	"do: {hold: {for: 5m}}}]\n"

static const struct {
	const char *lists, *set, *to;
	bool held;
} SHIPPED[] = {
	{"", "free-mail", "a@gmail.com", true},
	{"", "free-mail", "a@sub.gmail.com", false},
	{"", "carrier", "a@docomo.ne.jp", true},
	{"", "carrier", "a@t.vodafone.ne.jp", true},
	{"", "[carrier, free-mail, x.example]", "a@x.example", true},
	{"", "[carrier, free-mail]", "a@outlook.jp", true},
	/* What the policy defines under the name is all there is... */
	{"lists: {free-mail: [freemail.example]}\n", "free-mail", "a@gmail.com",
	 false},
	/* ...unless it takes the shipped one along. */
	{"lists: {free-mail: {shipped: free-mail, also: [freemail.example]}}\n",
	 "free-mail", "a@gmail.com", true},
	{"lists: {free-mail: {shipped: free-mail, also: [freemail.example]}}\n",
	 "free-mail", "a@freemail.example", true},
	{"lists: {web: {shipped: carrier}}\n", "web", "a@au.com", true},
	{"lists: {f: {file: data/key-customers.csv, encoding: utf-8, "
	 "also: [y.example]}}\n",
	 "f", "a@y.example", true},
};

START_TEST(shipped_lists)
{
	const struct plan *plan;
	AUTO(buf) yaml = BUF_MAX(KIB);

	buf_printf(&yaml,
		   ORG "%srules: [{rule: r, when: {recipient: {in: %s}}, "
		       "do: {hold: {for: 5m}}}]\n",
		   SHIPPED[_i].lists, SHIPPED[_i].set);
	try_policy(buf_cstr(&yaml));
	plan = TRY_MAIL(.to = SHIPPED[_i].to);
	ck_assert_int_eq(plan->outcome == OUTCOME_HOLD, SHIPPED[_i].held);
}
END_TEST

START_TEST(shipped_errors)
{
	ck_assert(strstr(try_errors(ORG HOLD_IN("carier")),
			 "did you mean `carrier`"));
	ck_assert(strstr(try_errors(ORG "lists: {a: {shipped: freemail}}\n"),
			 "did you mean `free-mail`"));
	ck_assert(strstr(try_errors(ORG "lists: {a: {shipped: carrier, "
					"file: x.csv}}\n"),
			 "unknown key"));
	ck_assert(strstr(try_errors(ORG "lists: {a: {file: data/bytes.csv, "
					"encoding: utf-8}}\n"),
			 "not UTF-8"));
}
END_TEST

static const struct {
	const char *closed, *at;
	bool open;
} CLOSED[] = {
	{"japan", "2026-09-21T10:00:00+09:00", false},
	{"japan", "2026-09-22T10:00:00+09:00", false}, /* between holidays */
	{"japan", "2026-09-24T10:00:00+09:00", true},
	{"japan", "2027-03-22T10:00:00+09:00", false}, /* moved */
	{"{file: data/syukujitsu.csv}", "2026-09-02T10:00:00+09:00", false},
	{"{file: data/syukujitsu.csv}", "2026-09-03T10:00:00+09:00", true},
	{"[japan, 2026-12-29, {file: data/syukujitsu.csv}]",
	 "2026-12-29T10:00:00+09:00", false},
	{"[japan, 2026-12-29, {file: data/syukujitsu.csv}]",
	 "2026-09-23T10:00:00+09:00", false},
	{"2026-12-29", "2026-12-29T10:00:00+09:00", false},
};

START_TEST(closed_days)
{
	const struct plan *plan;
	AUTO(buf) yaml = BUF_MAX(KIB);

	buf_printf(&yaml,
		   ORG "calendars: {c: {open: {mon-fri: \"09:00-17:00\"}, "
		       "closed: %s}}\n"
		       "rules: [{rule: r, when: {time: {during: c}}, "
		       "do: {hold: {for: 5m}}}]\n",
		   CLOSED[_i].closed);
	try_policy(buf_cstr(&yaml));
	plan = TRY_MAIL(.to = "a@x.example", .at = CLOSED[_i].at);
	ck_assert_int_eq(plan->outcome == OUTCOME_HOLD, CLOSED[_i].open);
}
END_TEST

static int64_t day(int year, int month, int d)
{
	struct civil c = {.year = year, .month = month, .day = d};

	return civil_to_us(tz_utc(), &c);
}

START_TEST(old_age)
{
	struct policy_ages ages;
	AUTO(buf) text = BUF_MAX(KIB);
	const struct policy *p;

	p = try_policy(ORG "calendars: {c: {open: {daily: \"09:00-17:00\"}, "
			   "closed: japan}}\n" HOLD_IN("free-mail"));
	policy_ages(p, day(2026, 12, 1), &ages);
	ck_assert_uint_eq(ages.n, 0);
	policy_ages(p, day(2030, 11, 2), &ages);
	ck_assert_uint_eq(ages.n, 2);
	ck_assert_int_eq(ages.v[0].what, AGE_HOLIDAYS);
	policy_age_text(&ages.v[0], "en", &text);
	ck_assert_str_eq(buf_cstr(&text), "calendar `c` knows closed days only "
					  "until 2030-12-31");
	ck_assert_int_eq(ages.v[1].what, AGE_LIST);
	ck_assert_str_eq(ages.v[1].name, "free-mail");
	/* What the policy does not use grows as old as it likes. */
	p = try_policy(ORG "rules: []\n");
	policy_ages(p, day(2040, 1, 1), &ages);
	ck_assert_uint_eq(ages.n, 0);
}
END_TEST

static const struct {
	const char *span, *from, *to;
} SPANS[] = {
	/* Friday to Wednesday's close, a weekend and no holiday between. */
	{"3 business days", "2026-09-04T15:00:00+09:00",
	 "2026-09-09T19:00:00+09:00"},
	{"1 business day", "2026-09-18T20:00:00+09:00",
	 "2026-09-24T19:00:00+09:00"},
	{"1 business day", "2026-09-05T12:00:00+09:00",
	 "2026-09-07T19:00:00+09:00"},
	{"4 business hours", "2026-09-04T17:00:00+09:00",
	 "2026-09-07T11:30:00+09:00"},
	{"2 business hours", "2026-09-04T17:00:00+09:00",
	 "2026-09-04T19:00:00+09:00"},
	{"10 business hours", "2026-09-03T08:00:00+09:00",
	 "2026-09-04T10:00:00+09:00"},
	{"90m", "2026-09-04T18:30:00+09:00", "2026-09-04T20:00:00+09:00"},
};

START_TEST(business_time)
{
	struct conf_errors errs = {0};
	struct conf_node node = {.kind = CONF_SCALAR,
				 .text = str_of(SPANS[_i].span)};
	struct loader l = {.a = try_arena(), .errs = &errs};
	struct timespan span;
	int64_t from, to;

	try_policy(ORG "calendars: {c: {open: {mon-fri: \"09:30-19:00\"}, "
		       "closed: japan}}\ndefaults: {calendar: c}\n");
	vec_push(&l.roots,
		 conf_parse(STR("defaults: {calendar: c}"), "f", l.a, &errs));
	ck_assert(value_span(&l, &node, &span));
	ck_assert(time_parse_rfc3339(str_of(SPANS[_i].from), &from));
	ck_assert(time_parse_rfc3339(str_of(SPANS[_i].to), &to));
	ck_assert_int_eq(span_end(&span, try_loaded()->calendar, from), to);
	vec_release(&l.roots);
}
END_TEST

static const char *const BAD_SPANS[] = {
	"0 business days", "251 business days",	  "3 business weeks",
	"business days",   "1001 business hours", "3 days"};

START_TEST(bad_spans)
{
	struct conf_errors errs = {0};
	struct conf_node node = {.kind = CONF_SCALAR,
				 .text = str_of(BAD_SPANS[_i])};
	struct loader l = {.a = try_arena(), .errs = &errs};
	struct timespan span;

	ck_assert(!value_span(&l, &node, &span));
	ck_assert_uint_eq(errs.errors, 1);
	conf_errors_release(&errs);
}
END_TEST

/* ---- people ---- */

#define STAFF "tests/unit/policy/data/staff.csv"

static const struct {
	const char *from, *who, *cc;
	bool is;
} WHOSE[] = {
	{"taro.yamada@example.co.jp", "manager", "boss@example.co.jp", true},
	{"boss@example.co.jp", "manager", "boss@example.co.jp", false},
	/* A shared mailbox: the managers of those who use it. */
	{"info@example.co.jp", "manager", "boss@example.co.jp", true},
	{"info@example.co.jp", "superior", "boss@example.co.jp", true},
	{"info@example.co.jp", "manager", "taro.yamada@example.co.jp", false},
	{"jiro@example.co.jp", "superior", "boss@example.co.jp", true},
	{"jiro@example.co.jp", "manager", "boss@example.co.jp", false},
	{"k.oono@example.co.jp", "manager", "boss@example.co.jp", false},
};

START_TEST(managers)
{
	const struct plan *plan;
	AUTO(buf) yaml = BUF_MAX(KIB);

	try_source()->people = STAFF;
	buf_printf(&yaml,
		   ORG "rules: [{rule: r, when: {cc: {has: %s}}, "
		       "do: {hold: {for: 5m}}}]\n",
		   WHOSE[_i].who);
	try_policy(buf_cstr(&yaml));
	plan = TRY_MAIL(.from = WHOSE[_i].from, .to = "a@x.example",
			.cc = WHOSE[_i].cc);
	ck_assert_int_eq(plan->outcome == OUTCOME_HOLD, WHOSE[_i].is);
}
END_TEST

START_TEST(people_warnings)
{
	try_source()->people = STAFF;
	try_policy(ORG "people: {all: {group: all}, s: {group: sales}}\n");
	ck_assert(strstr(try_warnings(), "staff.csv:4:1: warning: manager: "
					 "nobody in this list"));
	ck_assert(strstr(try_warnings(), "delegates: nobody in this list has "
					 "the address `gone@example.co.jp`"));
	/* In sales, and so in all. */
	ck_assert(policy_in_group(try_loaded(), STR("all"),
				  STR("taro.yamada@example.co.jp")));
}
END_TEST

START_TEST(ring_of_managers)
{
	try_source()->people = "tests/unit/policy/data/ring.csv";
	ck_assert(strstr(try_errors(ORG), "above his own manager"));
}
END_TEST

Suite *test_lists_suite(void)
{
	Suite *s = suite_create("lists");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, try_begin, try_end);
	tcase_add_loop_test(t, encodings, 0, ARRAY_LEN(CODES));
	tcase_add_loop_test(t, broken_bytes, 0, ARRAY_LEN(BROKEN));
	tcase_add_loop_test(t, shipped_lists, 0, ARRAY_LEN(SHIPPED));
	tcase_add_test(t, shipped_errors);
	tcase_add_loop_test(t, closed_days, 0, ARRAY_LEN(CLOSED));
	tcase_add_test(t, old_age);
	tcase_add_loop_test(t, business_time, 0, ARRAY_LEN(SPANS));
	tcase_add_loop_test(t, bad_spans, 0, ARRAY_LEN(BAD_SPANS));
	tcase_add_loop_test(t, managers, 0, ARRAY_LEN(WHOSE));
	tcase_add_test(t, people_warnings);
	tcase_add_test(t, ring_of_managers);
	suite_add_tcase(s, t);
	return s;
}
