/* The YAML subset: what is taken, what is refused, and where errors point. */
#include "connector/conf/conf.h"

#include <check.h>

#include "connector/base/limits.h"

Suite *test_yaml_suite(void);

static struct arena a;
static struct conf_errors errs;

static void start(void)
{
	a = ARENA_EMPTY;
	errs = (struct conf_errors){0};
}

static void stop(void)
{
	arena_release(&a);
	conf_errors_release(&errs);
}

static struct conf_node *parse(const char *text)
{
	return conf_parse(str_of(text), "t.yaml", &a, &errs);
}

/* The single error stands at line:column and says `en`. */
static void refused(const char *text, unsigned line, unsigned column,
		    const char *en)
{
	parse(text);
	ck_assert_uint_ge(errs.errors, 1);
	ck_assert_uint_eq(errs.v[0].line, line);
	ck_assert_uint_eq(errs.v[0].column, column);
	ck_assert_msg(strstr(errs.v[0].en, en), "%s", errs.v[0].en);
	ck_assert_uint_gt(strlen(errs.v[0].ja), 0);
	conf_errors_release(&errs);
}

START_TEST(tree_with_places)
{
	struct conf_node *n = parse("a: 1\nb:\n  - x\n  - {c: \"y\"}\n");
	const struct conf_node *b;

	ck_assert_ptr_nonnull(n);
	ck_assert_uint_eq(errs.n, 0);
	ck_assert_int_eq(n->kind, CONF_MAP);
	ck_assert_uint_eq(n->n, 2);
	b = conf_get(n, "b");
	ck_assert_int_eq(b->kind, CONF_LIST);
	ck_assert_uint_eq(b->n, 2);
	ck_assert_uint_eq(b->item[0]->line, 3);
	ck_assert_uint_eq(b->item[0]->column, 5);
	ck_assert(!b->item[0]->quoted);
	ck_assert(conf_get(b->item[1], "c")->quoted);
	ck_assert(str_is(conf_get(b->item[1], "c")->text, "y"));
	ck_assert_ptr_null(conf_get(n, "c"));
	ck_assert_ptr_null(conf_get(b, "c"));
	ck_assert_ptr_null(conf_get(NULL, "c"));
}
END_TEST

START_TEST(what_is_not_taken)
{
	refused("a: &x 1\n", 1, 4, "anchors");
	refused("a: *x\n", 1, 4, "aliases");
	refused("a: !!str 1\n", 1, 4, "tags");
	refused("a: !x {b: 1}\n", 1, 4, "tags");
	refused("a: 1\na: 2\n", 2, 1, "given twice, first in line 1");
	refused("<<: {a: 1}\n", 1, 1, "merge");
	refused("? [a]\n: 1\n", 1, 3, "a key must be one word");
	refused("a: 1\n---\nb: 2\n", 2, 1, "one document");
	refused("%YAML 1.1\n---\na: 1\n", 1, 1, "directives");
	refused("a: \"x\\0\"\n", 1, 4, "NUL");
}
END_TEST

/* What people type; one error each, where the cause is. */
START_TEST(slips)
{
	refused("a: [*@gmail.com]\n", 1, 5, "needs quotes");
	refused("a: {b: >= 10}\n", 1, 8, "needs quotes");
	refused("a: >= 10\n", 1, 4, "> or | needs quotes");
	refused("a: [@example.jp]\n", 1, 5, "needs quotes");
	refused("a:\n\tb: 1\n", 2, 1, "a tab");
	refused("a:\n  b: 1\n\u3000c: 1\n  d: 1\n", 3, 1, "full-width");
	refused("a:\n\u00a0 b: 1\n  c: 1\n", 2, 1, "no-break");
	refused("a: {b: 1\uff0c c: 2}\n", 1, 9, "full-width sign");
	refused("a: {b: 1} \uff03c\n", 1, 11, "full-width sign");
	refused("a: {b: 1\nc: 2\n", 1, 4, "bracket that begins here");
	refused("a: [#b]\nc: 2\n", 1, 4, "what follows # is a comment");
	refused("a: {b: 1}}\n", 1, 10, "one closing bracket too many");
	refused("a: {b: 1}, c: 2\n", 1, 10, "the value ends before this");
	refused("a: {b: \">= 1}\nc: 1\n", 1, 8, "quote that begins here");
	refused("a: b: c\n", 1, 5, "a second `: `");
	refused("a:\n   b: 1\n  c: 2\n", 3, 3, "begin in column 1");
	refused("a:\n  - b: 1\n  c: 2\n", 3, 3, "begin a new item");
	refused("a: - b\n", 1, 4, "begins on the next line");
	refused("a: b\nc\nd: 1\n", 2, 1, "without `: `");
	refused("a: 1\nb: \x01\n", 2, 4, "control characters");
	refused("a: 1\nb: \xff\n", 2, 1, "save the file as UTF-8");
	refused("\xff\xfe", 0, 0, "UTF-16");
}
END_TEST

START_TEST(a_dash_is_missing)
{
	refused("- a: 1\n  b: 2\n  a: 3\n  b: 4\n", 3, 3, "write `- a:`");
	parse("- a: 1\n  b: 2\n  a: 3\n  b: 4\n");
	ck_assert_uint_eq(errs.errors, 1);
	conf_errors_release(&errs);
	parse("- a: 1\n  b: 2\n  b: 3\n  b: 4\n");
	ck_assert_uint_eq(errs.errors, 2);
}
END_TEST

START_TEST(a_colon_is_missing)
{
	static const char *const KNOWN[] = {"class", "in"};
	static const struct {
		const char *text, *en;
	} ROWS[] = {
		{"{class:external}", "behind `class`"},
		{"{class\uff1a external}", "behind `class`"},
		{"{class\u3000external}", "behind `class`"},
		{"{in sales}", "behind `in`"},
		{"{clas: 1}", "did you mean `class`"},
		{"{inner: 1}", "known here"},
	};

	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct conf_node *n = parse(ROWS[i].text);

		conf_unknown_key(&errs, n->key[0], KNOWN, ARRAY_LEN(KNOWN));
		ck_assert_uint_eq(errs.n, 1);
		ck_assert_msg(strstr(errs.v[0].en, ROWS[i].en), "%s",
			      errs.v[0].en);
		conf_errors_release(&errs);
	}
	ck_assert(conf_full_width(STR("\uff1e= 1")));
	ck_assert(conf_full_width(STR("\u201c10\u201d")));
	ck_assert(!conf_full_width(STR("\u793e\u5916 10")));
}
END_TEST

START_TEST(not_text)
{
	ck_assert_ptr_null(parse("a: \xff\n"));
	ck_assert_uint_eq(errs.errors, 1);
	ck_assert_ptr_null(parse(""));
	ck_assert_ptr_null(parse("# nothing\n"));
	ck_assert_ptr_nonnull(parse("\xef\xbb\xbf"
				    "a: 1\n"));
	ck_assert_uint_eq(errs.errors, 3);
	ck_assert_ptr_null(conf_parse(str_n("\xff\xfe"
					    "a\0",
					    4),
				      "u16", &a, &errs));
}
END_TEST

START_TEST(bounds)
{
	AUTO(buf) deep = BUF_MAX(4096);

	for (int i = 0; i < CONF_DEPTH_MAX; i++)
		buf_putc(&deep, '[');
	for (int i = 0; i < CONF_DEPTH_MAX; i++)
		buf_putc(&deep, ']');
	ck_assert_ptr_nonnull(parse(buf_cstr(&deep)));
	buf_clear(&deep);
	for (int i = 0; i < 2000; i++)
		buf_putc(&deep, '[');
	ck_assert_ptr_null(parse(buf_cstr(&deep)));
	ck_assert_ptr_nonnull(strstr(errs.v[0].en, "too deeply"));
}
END_TEST

START_TEST(many_errors_are_cut)
{
	AUTO(buf) out = BUF_MAX(MIB);
	AUTO(buf) text = BUF_MAX(MIB);

	for (int i = 0; i < CONF_ERRORS_MAX + 50; i++)
		buf_puts(&text, "a: 1\n");
	parse(buf_cstr(&text));
	ck_assert_uint_eq(errs.n, CONF_ERRORS_MAX);
	ck_assert_uint_eq(errs.errors, CONF_ERRORS_MAX + 49);
	ck_assert(errs.more);
	conf_errors_print(&errs, "en", &out);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&out), "There are more"));
}
END_TEST

START_TEST(printing)
{
	static const char *const KNOWN[] = {"recipient", "sender"};
	struct conf_node key = {.kind = CONF_SCALAR,
				.file = "p.yaml",
				.line = 13,
				.column = 7,
				.text = STR("recipent")};
	AUTO(buf) out = BUF_MAX(4096);

	conf_unknown_key(&errs, &key, KNOWN, 2);
	key.line = 9;
	key.text = STR("zzz\n\x1b[31m");
	conf_unknown_key(&errs, &key, KNOWN, 2);
	conf_warning(&errs, NULL, "注意", "take care");
	conf_errors_print(&errs, "en", &out);
	ck_assert_str_eq(buf_cstr(&out) + strcspn(buf_cstr(&out), "p"),
			 strchr(buf_cstr(&out), 'p'));
	ck_assert_ptr_nonnull(
		strstr(buf_cstr(&out),
		       "p.yaml:13:7: `recipent`: unknown key, did you mean "
		       "`recipient`?\n"));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&out), "warning: take care\n"));
	ck_assert_ptr_nonnull(
		strstr(buf_cstr(&out), "known here: recipient, sender\n"));
	ck_assert_ptr_null(strchr(buf_cstr(&out), 0x1b));
	buf_clear(&out);
	conf_errors_print(&errs, "ja", &out);
	ck_assert_ptr_nonnull(
		strstr(buf_cstr(&out), "「recipient」のことですか。"));
	ck_assert_uint_eq(errs.errors, 2);
}
END_TEST

START_TEST(files)
{
	struct err e = ERR_EMPTY;
	struct str s;

	ck_assert(!conf_read_file("/nonexistent/x", 10, &a, &s, &e));
	ck_assert(!conf_read_file("/", 10, &a, &s, &e));
	ck_assert(!conf_read_file("/proc/self/status", 10, &a, &s, &e));
	ck_assert_int_eq(e.class, ERR_LIMIT);
	ck_assert(conf_read_file("/dev/null", 10, &a, &s, &e));
	ck_assert_uint_eq(s.n, 0);
}
END_TEST

Suite *test_yaml_suite(void)
{
	Suite *s = suite_create("yaml");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, start, stop);
	tcase_add_test(c, tree_with_places);
	tcase_add_test(c, what_is_not_taken);
	tcase_add_test(c, slips);
	tcase_add_test(c, a_dash_is_missing);
	tcase_add_test(c, a_colon_is_missing);
	tcase_add_test(c, not_text);
	tcase_add_test(c, bounds);
	tcase_add_test(c, many_errors_are_cut);
	tcase_add_test(c, printing);
	tcase_add_test(c, files);
	suite_add_tcase(s, c);
	return s;
}
