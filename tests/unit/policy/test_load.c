/* Loading: every error in one run, files, folders, includes, names, digests,
 * and the reference that is held against the tables.
 */
#include "tests/unit/policy/try.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/policy_int.h"

Suite *test_load_suite(void);

#define DATA "tests/unit/policy/data/"

static struct str file(const char *path)
{
	struct err e = ERR_EMPTY;
	struct str s;

	ck_assert_msg(conf_read_file(path, MIB, try_arena(), &s, &e), "%s",
		      e.text);
	return s;
}

static void golden(const char *language, const char *expected)
{
	const struct policy_source src = {.path = DATA "bad.yaml",
					  .people = DATA "people.csv"};
	struct conf_errors errs = {0};
	AUTO(buf) out = BUF_MAX(MIB);
	struct str want;

	ck_assert_ptr_null(policy_load(&src, &errs));
	conf_errors_print(&errs, language, &out);
	conf_errors_release(&errs);
	want = file(expected);
	if (!str_eq(want, buf_str(&out)) && getenv("GOLDEN")) {
		FILE *f = fopen(expected, "w");

		fwrite(out.p, 1, out.n, f);
		fclose(f);
	}
	ck_assert_msg(str_eq(want, buf_str(&out)), "%s", buf_cstr(&out));
}

START_TEST(every_error_in_one_run)
{
	golden("en", DATA "bad.en");
	golden("ja", DATA "bad.ja");
}
END_TEST

/* One mistake, one error: nothing that only follows from it is told. */
static const struct {
	const char *yaml, *only;
} CASCADES[] = {
	{"rules: [{rule: r, when: {body: {word: [a]}}, do: {hold: {}}}]\n",
	 "did you mean `words`"},
	{"rules: [{rule: r, doo: {hold: {}}}]\n", "did you mean `do`"},
	{"rules: [{rule: r, do: {delay: {fro: 5m}}}]\n", "did you mean `for`"},
	{"rules:\n  - rule: r\n    do: {hold: {}}\n    rule: s\n"
	 "    do: {hold: {}}\n",
	 "write `- rule:`"},
	{"include: [none.yaml]\n", "cannot be read"},
	{"<<: {a: 1}\n", "merge keys"},
	{"rules: [{rule: r, when: {body: {words: free}}, do: {hold: {}}}]\n",
	 "words stand in [brackets]"},
	{"rules: [{rule: r, when: {to: {count: \"\uff1e= 3\"}}, "
	 "do: {hold: {}}}]\n",
	 "half-width"},
	{"rules: [{rule: r, do: {hold: {for: 3 business days}}}]\n",
	 "`within` and `remind`"},
};

START_TEST(no_cascades)
{
	AUTO(buf) yaml = BUF_MAX(1024);
	const char *text, *line;

	buf_printf(&yaml, "sekisho: 1\ndomains: {internal: [a.example]}\n%s",
		   CASCADES[_i].yaml);
	text = try_errors(buf_cstr(&yaml));
	line = strchr(text, '\n');
	ck_assert_msg(strstr(text, CASCADES[_i].only), "%s", text);
	ck_assert_msg(line && !line[1], "%s", text);
}
END_TEST

START_TEST(reference_equals_the_tables)
{
	struct str readme = file("policy/README.md"), words, line;
	ptrdiff_t at = str_find(readme, STR("<!-- words -->"));
	AUTO(buf) want = BUF_MAX(MIB);
	AUTO(buf) list = BUF_MAX(MIB);

	ck_assert_int_ge(at, 0);
	policy_words(&list);
	buf_puts(&want, "<!-- words -->\n| kind | word | state |\n"
			"|---|---|---|\n");
	words = buf_str(&list);
	while (str_split(&words, '\n', &line) && line.n) {
		struct str kind, word, state;

		ck_assert(str_split(&line, '\t', &kind));
		ck_assert(str_split(&line, '\t', &word));
		ck_assert(str_split(&line, '\t', &state));
		buf_printf(&want,
			   "| " STR_FMT " | `" STR_FMT "` | " STR_FMT " |\n",
			   STR_ARG(kind), STR_ARG(word), STR_ARG(state));
	}
	if (getenv("GOLDEN")) {
		FILE *f = fopen("policy/README.md", "w");

		fwrite(readme.p, 1, (size_t)at, f);
		fwrite(want.p, 1, want.n, f);
		fclose(f);
		return;
	}
	ck_assert_msg(str_eq(str_skip(readme, (size_t)at), buf_str(&want)),
		      "policy/README.md is not what GOLDEN=1 writes");
}
END_TEST

/* ---- a folder, includes, lists beside them ---- */

static char folder[64];

static const char *in_folder(const char *name)
{
	return arena_printf(try_arena(), "%s/%s", folder, name);
}

static void put(const char *name, const char *text)
{
	int fd = open(in_folder(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static struct policy *load(const char *name, struct conf_errors *errs)
{
	const struct policy_source src = {.path = in_folder(name)};

	return policy_load(&src, errs);
}

START_TEST(folders_and_includes)
{
	struct conf_errors errs = {0};
	struct policy *p;
	const struct policy_file *f;
	char digest[65];
	size_t n;

	snprintf(folder, sizeof(folder), "/tmp/sekisho-policy-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	mkdir(in_folder("lists"), 0700);
	put("lists/a.csv", "domain\nx.example\n");
	put("lists/org.yaml", "domains: {internal: [example.co.jp]}\n"
			      "lists: {a: {file: a.csv}}\n"
			      "rules:\n  - rule: org\n    do: {hold: {}}\n");
	put("20.yaml", "include: [lists/org.yaml]\n"
		       "rules:\n  - rule: twenty\n"
		       "    when: {recipient: {in: a}}\n    do: {hold: {}}\n");
	put("10.yaml", "sekisho: 1\ninclude: lists/org.yaml\n"
		       "rules:\n  - rule: ten\n    do: {hold: {}}\n");
	put("notes.txt", "not read");
	p = load("", &errs);
	ck_assert_uint_eq(errs.n, 0);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(policy_rule_count(p), 3);
	ck_assert(str_is(p->rules.v[0].name, "org"));
	ck_assert(str_is(p->rules.v[1].name, "ten"));
	ck_assert(str_is(p->rules.v[2].name, "twenty"));
	f = policy_files(p, &n);
	ck_assert_uint_eq(n, 4);
	ck_assert_str_eq(f[n - 1].name, "lists/a.csv");
	memcpy(digest, policy_digest(p), sizeof(digest));
	ck_assert_uint_ne(policy_question(p)->version, 0);
	ck_assert(!policy_question(p)->asks_content);
	policy_free(&p);
	p = load("", &errs);
	ck_assert_str_eq(policy_digest(p), digest);
	policy_free(&p);
	put("lists/a.csv", "domain\ny.example\n");
	p = load("", &errs);
	ck_assert_str_ne(policy_digest(p), digest);
	policy_free(&p);
	/* a file that includes itself is read once */
	put("10.yaml", "sekisho: 1\ninclude: 10.yaml\n");
	p = load("10.yaml", &errs);
	ck_assert_ptr_nonnull(p);
	policy_free(&p);
	put("10.yaml", "rules: []\n");
	ck_assert_ptr_null(load("10.yaml", &errs));
	ck_assert_ptr_null(load("none.yaml", &errs));
	ck_assert_ptr_null(load("lists/a.csv", &errs));
	/* What cannot be read may have named the version. */
	conf_errors_release(&errs);
	put("10.yaml", "sekisho: 1\nrules: [\n");
	ck_assert_ptr_null(load("", &errs));
	ck_assert_uint_eq(errs.n, 1);
	ck_assert_ptr_null(strstr(errs.v[0].en, "is missing"));
	unlink(in_folder("20.yaml"));
	unlink(in_folder("10.yaml"));
	ck_assert_ptr_null(load("", &errs));
	unlink(in_folder("notes.txt"));
	unlink(in_folder("lists/a.csv"));
	unlink(in_folder("lists/org.yaml"));
	rmdir(in_folder("lists"));
	rmdir(folder);
	conf_errors_release(&errs);
}
END_TEST

START_TEST(from_memory)
{
	const struct policy_source src = {0};
	struct conf_errors errs = {0};
	struct policy *p;

	ck_assert_ptr_null(policy_load_text(
		&src, STR("sekisho: 1\nlists: {a: {file: a.csv}}\n"), "m",
		&errs));
	conf_errors_release(&errs);
	p = policy_load_text(&src, STR("sekisho: 1\n"), "m", &errs);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(errs.errors, 0);
	ck_assert_uint_eq(errs.n, 1); /* every recipient is external */
	policy_free(&p);
	policy_free(&p);
	conf_errors_release(&errs);
}
END_TEST

START_TEST(domains_of_the_tenants)
{
	static const char *const DOMAINS[] = {"example.jp", "*.example.jp"};
	const struct policy_source src = {.internal = DOMAINS, .internal_n = 2};
	struct conf_errors errs = {0};
	struct policy *p = policy_load_text(&src, STR("sekisho: 1\n"), "m",
					    &errs);
	struct addr addr;

	ck_assert_uint_eq(errs.n, 0);
	addr_lenient(STR("a@b.example.jp"), try_arena(), &addr);
	ck_assert_int_eq(policy_class(p, &addr), RCPT_INTERNAL);
	addr_lenient(STR("a@example.com"), try_arena(), &addr);
	ck_assert_int_eq(policy_class(p, &addr), RCPT_EXTERNAL);
	policy_free(&p);
}
END_TEST

/* The most specific entry wins, whatever the order. */
START_TEST(most_specific_class)
{
	static const struct {
		const char *address;
		enum recipient_class class;
	} T[] = {
		{"a@example.jp", RCPT_INTERNAL},
		{"ml@example.jp", RCPT_EXTERNAL},
		{"ML@EXAMPLE.JP", RCPT_EXTERNAL},
		{"a@sub.example.jp", RCPT_AFFILIATED},
		{"a@deep.sub.example.jp", RCPT_INTERNAL},
		{"a@x.deep.sub.example.jp", RCPT_AFFILIATED},
		{"a@other.example", RCPT_AFFILIATED},
		{"a@xn--r8jz45g.jp", RCPT_INTERNAL},
		{"a..b.@example.jp", RCPT_INTERNAL},
		{"no-address", RCPT_AFFILIATED},
	};
	struct policy *p = try_policy(
		"sekisho: 1\n"
		"domains:\n"
		"  affiliated: [\"*.example.jp\", \"*\"]\n"
		"  internal: [example.jp, deep.sub.example.jp, 例え.jp]\n"
		"  external: [ml@example.jp]\n");

	for (size_t i = 0; i < ARRAY_LEN(T); i++) {
		struct addr addr;

		addr_lenient(str_of(T[i].address), try_arena(), &addr);
		ck_assert_msg(policy_class(p, &addr) == T[i].class, "%s",
			      T[i].address);
	}
}
END_TEST

static const struct {
	const char *text, *en;
} CSVS[] = {
	{"", "no header"},
	{"a,a\n", "given twice"},
	{"a\n1,2\n", "more cells"},
	{"a\n\"x\n", "not closed"},
	{"a\n\"x\"y\n", "behind a closed quote"},
	{"a\rb\n", "bare CR"},
	{"\xff\n", "neither"},
};

START_TEST(bad_csv)
{
	struct conf_errors errs = {0};
	struct csv csv;

	ck_assert(!csv_parse(str_of(CSVS[_i].text), "f", try_arena(), &errs,
			     &csv));
	ck_assert_msg(strstr(errs.v[0].en, CSVS[_i].en), "%s", errs.v[0].en);
	conf_errors_release(&errs);
}
END_TEST

START_TEST(good_csv)
{
	struct conf_errors errs = {0};
	struct csv csv;

	ck_assert(csv_parse(STR("\xef\xbb\xbf"
				"A, b ,c\r\n\r\n,,\n"
				"\"x \"\"y\"\"\n,z\", 2\n3"),
			    "f", try_arena(), &errs, &csv));
	ck_assert_uint_eq(csv.cols, 3);
	ck_assert_uint_eq(csv.n, 2);
	ck_assert(str_is(csv.row[0].cell[0], "x \"y\"\n,z"));
	ck_assert(str_is(csv.row[0].cell[1], "2"));
	ck_assert_uint_eq(csv.row[0].cell[2].n, 0);
	ck_assert_uint_eq(csv.row[0].line, 4);
	ck_assert_uint_eq(csv.row[1].line, 6);
	ck_assert_int_eq(csv_column(&csv, "B"), 1);
	ck_assert_int_eq(csv_column(&csv, "d"), -1);
}
END_TEST

static const struct {
	const char *text;
	bool sizes, ok;
	uint64_t lo, hi;
} RANGES[] = {
	{">= 10", false, true, 10, UINT64_MAX},
	{">10", false, true, 11, UINT64_MAX},
	{"<= 3", false, true, 0, 3},
	{"< 3", false, true, 0, 2},
	{"= 0", false, true, 0, 0},
	{"7", false, true, 7, 7},
	{"2..5", false, true, 2, 5},
	{" 2 .. 5 ", false, true, 2, 5},
	{">= 2MB", true, true, 2097152, UINT64_MAX},
	{"1KB..1MB", true, true, 1024, 1048576},
	{"< 0", false, false, 0, 0},
	{"5..2", false, false, 0, 0},
	{"..5", false, false, 0, 0},
	{">=", false, false, 0, 0},
	{"=> 3", false, false, 0, 0},
	{"-3", false, false, 0, 0},
	{"> 18446744073709551615", false, false, 0, 0},
	{"", false, false, 0, 0},
	{">= 2MB", false, false, 0, 0},
};

START_TEST(ranges)
{
	struct range r = {0, 0};

	ck_assert(range_parse(str_of(RANGES[_i].text), RANGES[_i].sizes, &r) ==
		  RANGES[_i].ok);
	if (RANGES[_i].ok) {
		ck_assert_uint_eq(r.lo, RANGES[_i].lo);
		ck_assert_uint_eq(r.hi, RANGES[_i].hi);
	}
}
END_TEST

static const struct {
	const char *text, *folded;
} FOLDS[] = {
	{"Ａｂ１", "ab1"},
	{"ｶﾞｷﾞﾊﾟﾜｰﾞ", "ガギパワー\xe3\x82\x99"},
	{"がぎぱゔ", "ガギパヴ"},
	{"か\xe3\x82\x99", "ガ"},
	{"社 外\xe3\x80\x80秘", "社外秘"},
	{"  a   b ", "a b"},
	{"秘 a b 密", "秘a b密"},
	{"co\xc2\xadnf\xe2\x80\x8bid", "confid"},
	{"ÀÉß ŽŸ Ωμέγα ПРИВЕТ Ё", "àéß žŸ ωμέγα привет ё"},
	{"a\r\n\tb", "a b"},
	{"", ""},
};

START_TEST(folding)
{
	AUTO(buf) b = BUF_MAX(4096);

	fold_text(&b, str_of(FOLDS[_i].text));
	ck_assert_str_eq(buf_cstr(&b), FOLDS[_i].folded);
}
END_TEST

START_TEST(digests)
{
	struct digest d;
	char hex[65];

	/* FIPS 180-2, appendix B */
	digest_init(&d);
	digest_add(&d, "abc", 3);
	digest_hex(&d, hex);
	ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223"
			      "b00361a396177a9cb410ff61f20015ad");
	digest_init(&d);
	for (int i = 0; i < 1000000 / 50; i++)
		digest_add(&d,
			   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			   50);
	digest_hex(&d, hex);
	ck_assert_str_eq(hex, "cdc76e5c9914fb9281a1c7e284d73e67"
			      "f1809a48a497200e046d39ccc7112cd0");
	digest_init(&d);
	digest_hex(&d, hex);
	ck_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb924"
			      "27ae41e4649b934ca495991b7852b855");
}
END_TEST

static const struct {
	int64_t us;
	const char *ja, *en;
} TIMES[] = {
	{60 * US_PER_MIN, "60分", "60 minutes"},
	{US_PER_MIN, "1分", "1 minute"},
	{90 * US_PER_MIN, "90分", "90 minutes"},
	{2 * US_PER_HOUR, "2時間", "2 hours"},
	{72 * US_PER_HOUR, "3日", "3 days"},
	{US_PER_DAY, "1日", "1 day"},
	{90 * US_PER_S, "90秒", "90 seconds"},
	{US_PER_S, "1秒", "1 second"},
	{0, "0秒", "0 seconds"},
};

START_TEST(durations)
{
	AUTO(buf) b = BUF_MAX(100);

	say_duration(&b, TIMES[_i].us, true);
	ck_assert_str_eq(buf_cstr(&b), TIMES[_i].ja);
	buf_clear(&b);
	say_duration(&b, TIMES[_i].us, false);
	ck_assert_str_eq(buf_cstr(&b), TIMES[_i].en);
}
END_TEST

START_TEST(calendar_changes)
{
	const struct policy *p;
	const struct calendar *c;
	int64_t at, next;

	p = try_rules("  - rule: a\n    when: {time: {during: office}}\n"
		      "    do: {hold: {}}\n");
	c = p->rules.v[0].when->sub[0]->sub[0]->calendar;
	/* Friday evening to Monday morning */
	ck_assert(time_parse_rfc3339(STR("2026-09-04T19:00:00+09:00"), &at));
	ck_assert(time_parse_rfc3339(STR("2026-09-07T09:30:00+09:00"), &next));
	ck_assert_int_eq(calendar_change(c, at), next);
	ck_assert_int_eq(calendar_change(c, next - 1), next);
	ck_assert(time_parse_rfc3339(STR("2026-09-07T19:00:00+09:00"), &at));
	ck_assert_int_eq(calendar_change(c, next), at);
}
END_TEST

Suite *test_load_suite(void)
{
	Suite *s = suite_create("load");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, try_begin, try_end);
	tcase_add_test(c, every_error_in_one_run);
	tcase_add_loop_test(c, no_cascades, 0, ARRAY_LEN(CASCADES));
	tcase_add_test(c, reference_equals_the_tables);
	tcase_add_test(c, folders_and_includes);
	tcase_add_test(c, from_memory);
	tcase_add_test(c, domains_of_the_tenants);
	tcase_add_test(c, most_specific_class);
	tcase_add_loop_test(c, bad_csv, 0, ARRAY_LEN(CSVS));
	tcase_add_test(c, good_csv);
	tcase_add_loop_test(c, ranges, 0, ARRAY_LEN(RANGES));
	tcase_add_loop_test(c, folding, 0, ARRAY_LEN(FOLDS));
	tcase_add_test(c, digests);
	tcase_add_loop_test(c, durations, 0, ARRAY_LEN(TIMES));
	tcase_add_test(c, calendar_changes);
	suite_add_tcase(s, c);
	return s;
}
