/* test_diff.c - unified diffs: the known ones, and that `patch` takes them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include "connector/base/mem.h"
#include "connector/text/diff.h"
#include "tests/unit/slow.h"

Suite *test_diff_suite(void);

static const char *diff(const char *old, const char *new)
{
	static struct buf out;

	buf_release(&out);
	out = BUF_MAX(MIB);
	diff_unified(str_of(old), str_of(new), "a", "b", &out);
	return buf_cstr(&out);
}

START_TEST(known_ones)
{
	ck_assert_str_eq(diff("x\n", "x\n"), "");
	ck_assert_str_eq(diff("", ""), "");
	ck_assert_str_eq(diff("", "x\n"), "--- a\n+++ b\n@@ -0,0 +1 @@\n+x\n");
	ck_assert_str_eq(diff("x\n", ""), "--- a\n+++ b\n@@ -1 +0,0 @@\n-x\n");
	ck_assert_str_eq(diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n",
			      "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"),
			 "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n"
			 "+five\n 6\n 7\n 8\n");
	ck_assert_str_eq(diff("1\n2\n", "1\n2"),
			 "--- a\n+++ b\n@@ -1,2 +1,2 @@\n 1\n-2\n+2\n"
			 "\\ No newline at end of file\n");
	ck_assert_str_eq(diff("1\n2", "1\n3\n"),
			 "--- a\n+++ b\n@@ -1,2 +1,2 @@\n 1\n-2\n"
			 "\\ No newline at end of file\n+3\n");
}
END_TEST

/* Six lines between two differences are one hunk, seven are two. */
START_TEST(hunks_join_where_they_meet)
{
	ck_assert_ptr_nonnull(strstr(
		diff("a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n"),
		"@@ -1,8 +1,8 @@\n"));
	ck_assert_str_eq(diff("a\n1\n2\n3\n4\n5\n6\n7\nb\n",
			      "A\n1\n2\n3\n4\n5\n6\n7\nB\n"),
			 "--- a\n+++ b\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n"
			 "@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
}
END_TEST

/* Applies a diff to `old` line by line, strictly. */
static void apply(struct str old, struct str d, struct buf *out)
{
	struct str line;
	size_t at = 0;

	ck_assert(str_split(&d, '\n', &line) && str_split(&d, '\n', &line));
	while (str_split(&d, '\n', &line)) {
		struct str kept;

		if (line.p[0] == '@') {
			size_t to = strtoul(line.p + 4, NULL, 10);

			to -= str_find(line, STR(",0 +")) < 0;
			for (; at < to; at++) {
				ck_assert(str_split(&old, '\n', &kept));
				buf_put_str(out, kept);
				buf_putc(out, '\n');
			}
			continue;
		}
		if (line.p[0] != '+') {
			ck_assert(str_split(&old, '\n', &kept));
			ck_assert(str_eq(kept, str_skip(line, 1)));
			at++;
		}
		if (line.p[0] != '-') {
			buf_put_str(out, str_skip(line, 1));
			buf_putc(out, '\n');
		}
	}
	buf_put_str(out, old);
}

START_TEST(any_two_texts_are_led_over)
{
	srand(7);
	for (int round = 0; round < CASES(3000); round++) {
		AUTO(buf) a = BUF_MAX(MIB);
		AUTO(buf) b = BUF_MAX(MIB);
		AUTO(buf) d = BUF_MAX(MIB);
		AUTO(buf) c = BUF_MAX(MIB);
		int words = 1 + rand() % 6;

		for (int n = rand() % 30; n > 0; n--)
			buf_printf(&a, "%d\n", rand() % words);
		for (int n = rand() % 30; n > 0; n--)
			buf_printf(&b, "%d\n", rand() % words);
		diff_unified(buf_str(&a), buf_str(&b), "a", "b", &d);
		if (!d.n) {
			ck_assert(str_eq(buf_str(&a), buf_str(&b)));
			continue;
		}
		apply(buf_str(&a), buf_str(&d), &c);
		ck_assert(str_eq(buf_str(&b), buf_str(&c)));
	}
}
END_TEST

/* A register of 100,000 rows, one of them new; and two that share nothing. */
START_TEST(large_texts)
{
	AUTO(buf) a = BUF_MAX(8 * MIB);
	AUTO(buf) b = BUF_MAX(8 * MIB);
	AUTO(buf) d = BUF_MAX(32 * MIB);

	for (int i = 0; i < 100000; i++) {
		buf_printf(&a, "row %d\n", i);
		if (i == 50000)
			buf_puts(&b, "a new one\n");
		buf_printf(&b, "row %d\n", i);
	}
	diff_unified(buf_str(&a), buf_str(&b), "a", "b", &d);
	ck_assert(str_starts(buf_str(&d),
			     STR("--- a\n+++ b\n@@ -49998,6 +49998,7 @@\n")));
	buf_clear(&b);
	buf_clear(&d);
	for (int i = 0; i < 20000; i++)
		buf_printf(&b, "other %d\n", i);
	diff_unified(buf_str(&a), buf_str(&b), "a", "b", &d);
	ck_assert(str_starts(buf_str(&d),
			     STR("--- a\n+++ b\n@@ -1,100000 +1,20000 @@\n-")));
}
END_TEST

Suite *test_diff_suite(void)
{
	Suite *s = suite_create("diff");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, known_ones);
	tcase_add_test(t, hunks_join_where_they_meet);
	tcase_add_test(t, any_two_texts_are_led_over);
	tcase_add_test(t, large_texts);
	suite_add_tcase(s, t);
	return s;
}
