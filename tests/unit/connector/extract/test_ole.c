/* Compound files: streams of all sizes, what they are, broken ones. */
#include <check.h>
#include "connector/extract/ole_int.h"
#include "connector/mail/view.h"
#include "tests/unit/connector/extract/made.h"

Suite *test_ole_suite(void);

static struct arena a;
static struct buf file, big;
static struct ole o;

static void start(void)
{
	file = BUF_MAX(MADE_MAX);
	big = BUF_MAX(MADE_MAX);
	for (int i = 0; i < 100000; i++)
		buf_putc(&big, (char)('a' + i % 23));
}

static void stop(void)
{
	buf_release(&file);
	buf_release(&big);
	arena_release(&a);
}

static void reads(const char *name, struct str wanted, size_t max)
{
	const struct ole_entry *e = ole_find(&o, name);
	AUTO(buf) got = BUF_MAX(max);

	ck_assert_ptr_nonnull(e);
	ck_assert(ole_read(&o, e, &got));
	ck_assert(str_eq(buf_str(&got), str_head(wanted, max)));
}

START_TEST(streams_of_all_sizes)
{
	struct str whole = buf_str(&big);

	MADE_OLE(&file, NULL, {"small", STR("hello")}, {"large", whole},
		 {"middle", str_head(whole, 1000)},
		 {"just small", str_head(whole, 4095)},
		 {"just large", str_head(whole, 4096)}, {"none", STR("")});
	ck_assert(ole_open(buf_str(&file), &a, &o));
	ck_assert_uint_eq(o.n, 7);
	reads("SMALL", STR("hello"), 100);
	reads("large", whole, MADE_MAX);
	reads("large", whole, 5000);
	reads("middle", str_head(whole, 1000), 2000);
	reads("middle", str_head(whole, 1000), 70);
	reads("just small", str_head(whole, 4095), 5000);
	reads("just large", str_head(whole, 4096), 5000);
	reads("none", STR_EMPTY, 10);
	ck_assert_ptr_null(ole_find(&o, "other"));
}
END_TEST

/* A document of 64 bytes of head and no more. */
#define FIB(flags)                                                             \
	"\xec\xa5\xc1\0\0\0\0\0\0\0" flags "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define BOF	  "\x09\x08\x04\0\0\6\5\0"
#define FILEPASS  "\x2f\0\2\0\0\0"
#define SHEET(dt) "\x85\0\x08\0\0\0\0\0\0" dt "\1\0"
#define EOF_	  "\x0a\0\0\0"
#define USER(tok) "\0\0\xf6\x0f\x14\0\0\0\x14\0\0\0" tok "\0\0\0\0"

static const struct {
	struct made_stream v[3];
	size_t n;
	const char *id, *type;
	unsigned family, flags;
} kinds[] = {
	{{{"WordDocument", STR(FIB("\0\0"))}},
	 1,
	 NULL,
	 "application/msword",
	 FAM_OFFICE,
	 0},
	{{{"WordDocument", STR(FIB("\0\1"))}},
	 1,
	 NULL,
	 "application/msword",
	 FAM_OFFICE,
	 FILE_ENCRYPTED},
	{{{"WordDocument", STR(FIB("\0\0"))}, {"_VBA_PROJECT", STR("x")}},
	 2,
	 NULL,
	 "application/msword",
	 FAM_OFFICE,
	 FILE_MACRO},
	{{{"Workbook", STR(BOF SHEET("\0") EOF_)}},
	 1,
	 NULL,
	 "application/vnd.ms-excel",
	 FAM_OFFICE,
	 0},
	{{{"Workbook", STR(BOF FILEPASS SHEET("\0") EOF_)}},
	 1,
	 NULL,
	 "application/vnd.ms-excel",
	 FAM_OFFICE,
	 FILE_ENCRYPTED},
	/* A sheet of macros, as Excel had them before VBA. */
	{{{"Book", STR(BOF SHEET("\0") SHEET("\1") EOF_)}},
	 1,
	 NULL,
	 "application/vnd.ms-excel",
	 FAM_OFFICE,
	 FILE_MACRO},
	{{{"Workbook", STR(BOF EOF_ FILEPASS)}},
	 1,
	 NULL,
	 "application/vnd.ms-excel",
	 FAM_OFFICE,
	 0},
	{{{"PowerPoint Document", STR("x")},
	  {"Current User", STR(USER("\x5f\xc0\x91\xe3"))}},
	 2,
	 NULL,
	 "application/vnd.ms-powerpoint",
	 FAM_OFFICE,
	 0},
	{{{"PowerPoint Document", STR("x")},
	  {"Current User", STR(USER("\xdf\xc4\xd1\xf3"))}},
	 2,
	 NULL,
	 "application/vnd.ms-powerpoint",
	 FAM_OFFICE,
	 FILE_ENCRYPTED},
	{{{"PowerPoint Document",
	   STR("\2\0\0\4\x0c\0\0\0\7\0\0\0\1\0\0\0\2\0\0\0")}},
	 1,
	 NULL,
	 "application/vnd.ms-powerpoint",
	 FAM_OFFICE,
	 FILE_MACRO},
	{{{"EncryptedPackage", STR("x")}, {"EncryptionInfo", STR("x")}},
	 2,
	 NULL,
	 "application/encrypted",
	 FAM_SEALED,
	 FILE_ENCRYPTED},
	{{{"__properties_version1.0", STR("x")}},
	 1,
	 NULL,
	 "application/vnd.ms-outlook",
	 FAM_OLE,
	 0},
	{{{"x", STR("x")}},
	 1,
	 "\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46",
	 "application/x-msi",
	 FAM_OLE,
	 0},
	{{{"x", STR("x")}}, 1, NULL, "application/x-ole-storage", FAM_OLE, 0},
};

START_TEST(kinds_passwords_macros)
{
	unsigned flags;
	const struct kind *k;

	made_ole(&file, kinds[_i].v, kinds[_i].n, kinds[_i].id);
	ck_assert(ole_open(buf_str(&file), &a, &o));
	k = ole_kind(&o, &flags);
	ck_assert_str_eq(k->type, kinds[_i].type);
	ck_assert_uint_eq(k->family, kinds[_i].family);
	ck_assert_uint_eq(flags, kinds[_i].flags);
	ck_assert_int_eq(k->program, kinds[_i].id != NULL);
}
END_TEST

static bool carries(struct str bytes, const char *name)
{
	AUTO(buf) got = BUF_MAX(MADE_MAX);
	struct str got_name;

	return ole_open(buf_str(&file), &a, &o) &&
	       ole_carried(&o, &a, &got, &got_name) &&
	       str_eq(buf_str(&got), bytes) && str_is(got_name, name);
}

START_TEST(files_in_objects)
{
	MADE_OLE(&file, NULL, {"Package", buf_str(&big)});
	ck_assert(carries(buf_str(&big), ""));
	buf_clear(&file);
	MADE_OLE(&file, NULL,
		 {"\x01"
		  "Ole10Native",
		  STR("\x40\0\0\0\2\0a.txt\0C:\\a.txt\0\0\0\3\0\4\0\0\0tmp\0"
		      "\5\0\0\0hello trailing")});
	ck_assert(carries(STR("hello"), "a.txt"));
	buf_clear(&file);
	MADE_OLE(&file, NULL,
		 {"\x01"
		  "Ole10Native",
		  STR("\x40\0\0\0\2\0a.txt")});
	ck_assert(!carries(STR("hello"), "a.txt"));
}
END_TEST

/* Every byte changed, every length: read or refused, never outside of it. */
START_TEST(broken_files)
{
	unsigned flags;

	MADE_OLE(&file, NULL, {"Workbook", STR(BOF SHEET("\0") EOF_)},
		 {"_VBA_PROJECT", str_head(buf_str(&big), 5000)});
	for (size_t i = 0; i < file.n; i++) {
		AUTO(arena) b = ARENA_EMPTY;

		file.p[i] ^= (char)0xff;
		if (ole_open(buf_str(&file), &b, &o))
			(void)ole_kind(&o, &flags);
		file.p[i] ^= (char)0xff;
		if (ole_open(str_n(file.p, i), &b, &o))
			(void)ole_kind(&o, &flags);
	}
}
END_TEST

/* A chain that comes back to itself. */
START_TEST(a_loop_ends)
{
	AUTO(buf) got = BUF_MAX(MADE_MAX);
	size_t at;

	MADE_OLE(&file, NULL, {"large", buf_str(&big)});
	/* The table is at the end; entry 5 now points at sector 0. */
	ck_assert(ole_open(buf_str(&file), &a, &o));
	at = ((size_t)o.fat[0] + 1) << o.shift;
	memcpy(file.p + at + 5 * 4, "\0\0\0\0", 4);
	ck_assert(ole_open(buf_str(&file), &a, &o));
	ck_assert(!ole_read(&o, ole_find(&o, "large"), &got));
}
END_TEST

Suite *test_ole_suite(void)
{
	Suite *s = suite_create("ole");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, start, stop);
	tcase_add_test(c, streams_of_all_sizes);
	tcase_add_loop_test(c, kinds_passwords_macros, 0, ARRAY_LEN(kinds));
	tcase_add_test(c, files_in_objects);
	tcase_add_test(c, broken_files);
	tcase_add_test(c, a_loop_ends);
	suite_add_tcase(s, c);
	return s;
}
