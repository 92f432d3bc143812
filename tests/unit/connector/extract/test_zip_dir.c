/* Archives whose records disagree, as "My ZIP isn't your ZIP" tells them. */
#include <check.h>
#include "connector/extract/zip_int.h"
#include "tests/unit/connector/extract/made.h"

Suite *test_zip_dir_suite(void);

#define ENTRIES_MAX 1000

static struct arena a;
static struct buf zip;
static struct charset *cs;
static struct zip_dir dir;

static void start(void)
{
	struct err e;

	cs = charset_new(&e);
	zip = BUF_MAX(MADE_MAX);
}

static void stop(void)
{
	charset_free(&cs);
	buf_release(&zip);
	arena_release(&a);
}

static void list(void)
{
	zip_list(buf_str(&zip), ENTRIES_MAX, cs, &a, &dir);
}

static bool plain(void)
{
	list();
	return !dir.damaged && !dir.ambiguous && !dir.limit && !dir.overlap;
}

#define A                                                                      \
	{                                                                      \
		.name = "a.txt", .text = "one"                                 \
	}
#define B                                                                      \
	{                                                                      \
		.name = "b.txt", .text = "two two"                             \
	}

START_TEST(plain_archives)
{
	MADE_ZIP(&zip, A, B);
	ck_assert(plain());
	ck_assert_uint_eq(dir.n, 2);
	ck_assert(str_is(dir.v[1].name, "b.txt"));
	ck_assert_uint_eq(dir.v[1].size, 7);
	buf_clear(&zip);
	MADE_ZIP(&zip, {.name = "a.txt", .text = "one", .descriptor = true},
		 {.name = "b.txt", .text = "", .descriptor = true},
		 {.name = "folder/"});
	ck_assert(plain());
	ck_assert(dir.v[2].folder);
	buf_clear(&zip);
	made_zip(&zip, NULL, 0);
	ck_assert(plain());
	ck_assert_uint_eq(dir.n, 0);
	buf_clear(&zip);
	made_packed(&zip, "見積.txt", STR("text text text text text text"), 0);
	ck_assert(plain());
	ck_assert(str_is(dir.v[0].name, "見積.txt"));
}
END_TEST

/* An archive that is stored as the last member of another. */
START_TEST(an_archive_in_an_archive_is_plain)
{
	AUTO(buf) inner = BUF_MAX(MADE_MAX);

	MADE_ZIP(&inner, A, B);
	MADE_ZIP(&zip, A, {.name = "in.zip", .bytes = buf_str(&inner)});
	ck_assert(plain());
	ck_assert_uint_eq(dir.n, 2);
}
END_TEST

static const struct {
	const char *what;
	struct made_entry v[3];
	size_t n;
	const char *before, *behind;
} odd[] = {
	{"another name before the entry",
	 {{.name = "a.txt", .local_name = "a.exe", .text = "x"}},
	 1,
	 NULL,
	 NULL},
	{"a password in one place only",
	 {{.name = "a.txt", .text = "x", .local_flags_xor = 1}},
	 1,
	 NULL,
	 NULL},
	{"another size in the directory",
	 {{.name = "a.txt", .text = "x", .size_lie = 5}},
	 1,
	 NULL,
	 NULL},
	{"an entry that no directory lists",
	 {A, {.name = "b.txt", .text = "x", .gap = "PK\3\4 hidden"}},
	 2,
	 NULL,
	 NULL},
	{"bytes between entries",
	 {A, {.name = "b.txt", .text = "x", .gap = "?"}},
	 2,
	 NULL,
	 NULL},
	{"an entry twice",
	 {{.name = "a.txt", .text = "x", .directory = 1}},
	 1,
	 NULL,
	 NULL},
	{"two entries of one name",
	 {A, {.name = "a.txt", .text = "other"}},
	 2,
	 NULL,
	 NULL},
	{"one name by two kinds of slash",
	 {{.name = "x/a", .text = "1"}, {.name = "x\\a", .text = "2"}},
	 2,
	 NULL,
	 NULL},
	{"a way out of the folder",
	 {{.name = "../a", .text = "x"}},
	 1,
	 NULL,
	 NULL},
	{"a way out, further down",
	 {{.name = "b/../../a", .text = "x"}},
	 1,
	 NULL,
	 NULL},
	{"from the root",
	 {{.name = "/etc/passwd", .text = "x"}},
	 1,
	 NULL,
	 NULL},
	{"of a drive", {{.name = "C:\\a", .text = "x"}}, 1, NULL, NULL},
	{"a folder with bytes", {{.name = "a/", .text = "x"}}, 1, NULL, NULL},
	{"no name", {{.name = "", .text = "x"}}, 1, NULL, NULL},
	{"bytes before it", {A}, 1, "MZ program", NULL},
	{"bytes behind it", {A}, 1, NULL, "garbage"},
};

START_TEST(what_unpackers_read_differently)
{
	buf_puts(&zip, odd[_i].before ? odd[_i].before : "");
	made_zip(&zip, odd[_i].v, odd[_i].n);
	buf_puts(&zip, odd[_i].behind ? odd[_i].behind : "");
	list();
	ck_assert_msg(dir.ambiguous || dir.damaged, "%s", odd[_i].what);
	ck_assert_msg(odd[_i].before || dir.ambiguous, "%s", odd[_i].what);
}
END_TEST

/* A second end of the archive, in the comment of the first. */
START_TEST(two_ends)
{
	AUTO(buf) second = BUF_MAX(MADE_MAX);

	MADE_ZIP(&second, B);
	MADE_ZIP(&zip, A);
	zip.p[zip.n - 2] = (char)second.n;
	buf_put_str(&zip, buf_str(&second));
	list();
	ck_assert(dir.ambiguous);
}
END_TEST

/* Many entries that unpack the same bytes (zblg and its like). */
START_TEST(entries_that_share_bytes)
{
	MADE_ZIP(&zip, A, {.name = "b.txt", .text = "one", .at_first = true});
	list();
	ck_assert(dir.overlap);
}
END_TEST

START_TEST(too_many_entries)
{
	static struct made_entry v[ENTRIES_MAX + 1];

	for (size_t i = 0; i <= ENTRIES_MAX; i++)
		v[i].name = "x";
	made_zip(&zip, v, ENTRIES_MAX + 1);
	list();
	ck_assert(dir.limit);
	ck_assert_uint_eq(dir.n, 0);
}
END_TEST

/* Sixteen bits hold 65,535: this archive says that it is empty. */
START_TEST(a_count_that_wraps)
{
	static struct made_entry v[65536];

	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		v[i].name = "x";
	made_zip(&zip, v, ARRAY_LEN(v));
	list();
	ck_assert(dir.limit);
}
END_TEST

START_TEST(broken_archives)
{
	MADE_ZIP(&zip, A, B);
	for (size_t n = 0; n < zip.n; n++) {
		zip_list(str_n(zip.p, n), ENTRIES_MAX, cs, &a, &dir);
		ck_assert(dir.damaged || dir.ambiguous);
	}
	for (size_t i = 0; i < zip.n; i++) {
		zip.p[i] ^= 0x55;
		list(); /* whatever it says, it reads nothing outside */
		zip.p[i] ^= 0x55;
	}
}
END_TEST

#define SJIS_NAME "\x8c\xa9\x90\xcf.txt" /* 見積 */

START_TEST(names_of_all_machines)
{
	MADE_ZIP(&zip, {.name = SJIS_NAME}, {.name = "見積.csv"},
		 {.name = "請求.csv", .flags = 0x800});
	ck_assert(plain());
	ck_assert(str_is(dir.v[0].name, "見積.txt"));
	ck_assert(dir.v[0].other.n == 0);
	/* Without the flag it may be read as CP932, too. */
	ck_assert(str_is(dir.v[1].name, "見積.csv"));
	ck_assert(dir.v[1].other.n > 0);
	ck_assert(str_is(dir.v[2].name, "請求.csv"));
	ck_assert(dir.v[2].other.n == 0);
}
END_TEST

START_TEST(the_other_name_is_kept)
{
	MADE_ZIP(&zip, {.name = "a.txt", .local_name = "a.exe"},
		 {.name = "b.txt",
		  .extra = STR("\x75\x70\x0b\0\1\0\0\0\0b.exe"
			       "x")});
	list();
	ck_assert(dir.ambiguous);
	ck_assert(str_is(dir.v[0].other, "a.exe"));
	ck_assert(str_is(dir.v[1].other, "b.exex"));
}
END_TEST

START_TEST(an_archive_behind_something)
{
	buf_puts(&zip, "GIF89a and its picture");
	MADE_ZIP(&zip, A);
	ck_assert(zip_at_end(buf_str(&zip), true));
	ck_assert(!zip_at_end(STR("GIF89a and its picture"), false));
	ck_assert(!zip_at_end(STR("PK\5\6 in the middle of a text, long enough "
				  "that it could be one"),
			      false));
	/* Bytes behind it do not hinder all unpackers. */
	buf_puts(&zip, "\r\n");
	ck_assert(zip_at_end(buf_str(&zip), false));
	ck_assert(!zip_at_end(buf_str(&zip), true));
}
END_TEST

Suite *test_zip_dir_suite(void)
{
	Suite *s = suite_create("zip_dir");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, start, stop);
	tcase_add_test(c, plain_archives);
	tcase_add_test(c, an_archive_in_an_archive_is_plain);
	tcase_add_loop_test(c, what_unpackers_read_differently, 0,
			    ARRAY_LEN(odd));
	tcase_add_test(c, two_ends);
	tcase_add_test(c, entries_that_share_bytes);
	tcase_add_test(c, too_many_entries);
	tcase_add_test(c, a_count_that_wraps);
	tcase_add_test(c, broken_archives);
	tcase_add_test(c, names_of_all_machines);
	tcase_add_test(c, the_other_name_is_kept);
	tcase_add_test(c, an_archive_behind_something);
	suite_add_tcase(s, c);
	return s;
}
