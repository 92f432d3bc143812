/* test_kept.c - a version that was kept loads as its files did. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "connector/base/arena.h"
#include "policy/policy.h"
#include "tests/unit/policy/try.h"

Suite *test_kept_suite(void);

static char folder[] = "/tmp/sekisho-kept-XXXXXX";
static struct arena arena;

static const char *at(const char *name)
{
	return arena_printf(&arena, "%s/%s", folder, name);
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(at(name), "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void begin(void)
{
	arena = ARENA_EMPTY;
	memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	mkdir(at("p"), 0700);
	mkdir(at("p/lists"), 0700);
	put("people.csv", "address,name,manager,groups,employment\n");
	put("p/b.yaml", "sekisho: 1\ninclude: [z.yaml]\nlists:\n"
			"  l: {file: lists/l.csv, column: domain}\n"
			"rules:\n  - rule: b\n    title: {ja: b, en: b}\n"
			"    when: {recipient: {in: l}}\n"
			"    do: {hold: {for: 5m, then: send}}\n");
	put("p/a.yaml", "sekisho: 1\nrules:\n  - rule: a\n"
			"    title: {ja: a, en: a}\n    when: {to: {present: "
			"true}}\n    do: {delay: {for: 5m}}\n");
	put("p/z.yaml", "sekisho: 1\ndomains: {internal: [example.co.jp]}\n");
	put("p/lists/l.csv", "domain\npartner.example\n");
}

static void end(void)
{
	static const char *const FILES[] = {"p/a.yaml", "p/b.yaml", "p/z.yaml",
					    "p/lists/l.csv", "people.csv"};

	for (size_t i = 0; i < ARRAY_LEN(FILES); i++)
		unlink(at(FILES[i]));
	rmdir(at("p/lists"));
	rmdir(at("p"));
	rmdir(folder);
	arena_release(&arena);
}

static struct policy *load(struct policy_source *src)
{
	struct conf_errors errs = {0};
	AUTO(buf) text = BUF_MAX(64 * KIB);
	struct policy *p = policy_load(src, &errs);

	conf_errors_print(&errs, "en", &text);
	ck_assert_msg(p, "%s", buf_cstr(&text));
	conf_errors_release(&errs);
	return p;
}

static const char *const PATHS[] = {"p", "p/b.yaml"};

START_TEST(a_version_loads_as_its_files)
{
	struct policy_source src = {.people = at("people.csv"),
				    .path = at(PATHS[_i])};
	struct policy *p = load(&src), *kept;
	struct policy_source from;

	src.kept = policy_files(p, &src.kept_n);
	src.main = policy_main(p);
	ck_assert_str_eq(src.main, _i ? "b.yaml" : "");
	ck_assert_uint_eq(src.kept_n, _i ? 4 : 5);
	/* Nothing is read from disk: the files are gone. */
	unlink(at("p/z.yaml"));
	unlink(at("p/lists/l.csv"));
	kept = load(&src);
	ck_assert_str_eq(policy_digest(kept), policy_digest(p));
	ck_assert_uint_eq(policy_rule_count(kept), _i ? 1 : 2);
	ck_assert_str_eq(policy_main(kept), src.main);
	policy_free(&kept);
	/* The organisation's folder has moved. */
	from = src;
	from.path = _i ? "/nowhere/else/b.yaml" : "/nowhere/else";
	from.people = "/nowhere/people.csv";
	kept = load(&from);
	ck_assert_str_eq(policy_digest(kept), policy_digest(p));
	policy_free(&kept);
	policy_free(&p);
}
END_TEST

/* People's own settings are part of it, as any list; a version from before
 * they were kept has none. */
START_TEST(users_are_part_of_a_version)
{
	struct policy_source src = {.people = at("people.csv"),
				    .path = at("p")};
	struct policy *before = load(&src), *p, *kept;
	struct policy_source from;

	put("users.csv", "address,setting,value\na@example.co.jp,hold,30m\n");
	src.users = at("users.csv");
	p = load(&src);
	ck_assert_str_ne(policy_digest(p), policy_digest(before));
	from = src;
	from.kept = policy_files(p, &from.kept_n);
	from.main = policy_main(p);
	unlink(at("users.csv"));
	kept = load(&from);
	ck_assert_str_eq(policy_digest(kept), policy_digest(p));
	policy_free(&kept);
	from.kept = policy_files(before, &from.kept_n);
	kept = load(&from);
	ck_assert_str_eq(policy_digest(kept), policy_digest(before));
	policy_free(&kept);
	policy_free(&p);
	policy_free(&before);
}
END_TEST

START_TEST(what_a_version_lacks_is_an_error)
{
	struct policy_source src = {.people = at("people.csv"),
				    .path = at("p")};
	struct policy *p = load(&src);
	struct conf_errors errs = {0};
	AUTO(buf) text = BUF_MAX(64 * KIB);
	size_t n;

	src.kept = policy_files(p, &n);
	src.kept_n = 2;
	ck_assert_ptr_null(policy_load(&src, &errs));
	conf_errors_print(&errs, "en", &text);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&text), "not in this version"));
	buf_clear(&text);
	conf_errors_print(&errs, "ja", &text);
	ck_assert_ptr_nonnull(
		strstr(buf_cstr(&text), "この版に含まれていません"));
	ck_assert_ptr_null(strstr(buf_cstr(&text), "version"));
	conf_errors_release(&errs);
	policy_free(&p);
}
END_TEST

Suite *test_kept_suite(void)
{
	Suite *s = suite_create("kept");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_loop_test(t, a_version_loads_as_its_files, 0, 2);
	tcase_add_test(t, users_are_part_of_a_version);
	tcase_add_test(t, what_a_version_lacks_is_an_error);
	suite_add_tcase(s, t);
	return s;
}
