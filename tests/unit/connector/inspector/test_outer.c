/* A real pdftotext, started as a child starts it: texts, failures, limits. */
#include "connector/inspector/outer_int.h"

#include <check.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

Suite *test_outer_suite(void);

#define TEXT_MAX (1 * MIB)

/* One page that shows what `content` draws; no table of offsets, which the
 * program makes for itself. */
#define PDF_HEAD                                                               \
	"%PDF-1.4\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n"             \
	"2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj\n"                 \
	"3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]"              \
	"/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>> endobj\n"            \
	"4 0 obj <</Length 99>>\nstream\n"
#define PDF_MIDDLE "\nendstream endobj\n"
#define PDF_TAIL   "\ntrailer <</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"
#define HELVETICA                                                              \
	"5 0 obj <</Type/Font/Subtype/Type1/BaseFont/Helvetica>> endobj"
/* A font that is not in the file: its tables come with poppler-data. */
#define RYUMIN                                                                 \
	"5 0 obj <</Type/Font/Subtype/Type0/BaseFont/Ryumin-Light"             \
	"/Encoding/UniJIS-UTF16-H/DescendantFonts[6 0 R]>> endobj\n"           \
	"6 0 obj <</Type/Font/Subtype/CIDFontType0/BaseFont/Ryumin-Light"      \
	"/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)/Supplement 6>>"     \
	"/FontDescriptor 7 0 R>> endobj\n"                                     \
	"7 0 obj <</Type/FontDescriptor/FontName/Ryumin-Light/Flags 4"         \
	"/FontBBox[0 0 1000 1000]/ItalicAngle 0/Ascent 800/Descent -200"       \
	"/CapHeight 700/StemV 80>> endobj"
#define LATIN_PDF                                                              \
	PDF_HEAD "BT /F 12 Tf 20 200 Td (confidential 42) Tj ET" PDF_MIDDLE    \
		HELVETICA PDF_TAIL
#define JAPANESE_PDF                                                           \
	PDF_HEAD                                                               \
	"BT /F 12 Tf 20 200 Td <793E591679D8> Tj ET" PDF_MIDDLE RYUMIN PDF_TAIL

#if defined(SEKISHO_SANITIZED) || defined(SEKISHO_VALGRIND)
#define LOG_ONLY true
#else
#define LOG_ONLY false
#endif

static struct outer outer;
static struct extract_outer calls;
static struct buf text;
static struct err e;

static void start(void)
{
	outer_start(&outer, &(struct outer_conf){.log_only = LOG_ONLY});
	calls = outer_calls(&outer);
	text = BUF_MAX(TEXT_MAX);
	e = ERR_EMPTY;
}

static void stop(void)
{
	outer_stop(&outer);
	buf_release(&text);
}

static bool run(struct str document, size_t max)
{
	buf_clear(&text);
	e = ERR_EMPTY;
	return calls.run(calls.arg, OUTER_PDFTOTEXT, document, max, &text, &e);
}

static bool has(const char *word)
{
	return str_find(buf_str(&text), str_of(word)) >= 0;
}

START_TEST(reads_a_document)
{
	ck_assert_msg(run(STR(LATIN_PDF), TEXT_MAX), "%s", e.text);
	ck_assert_msg(has("confidential 42"), "%s", buf_cstr(&text));
}
END_TEST

/* Starved of its tables the program gives nothing, and says nothing. */
START_TEST(reads_japanese)
{
	ck_assert_msg(run(STR(JAPANESE_PDF), TEXT_MAX), "%s", e.text);
	ck_assert_msg(has("社外秘"), "%s", buf_cstr(&text));
}
END_TEST

START_TEST(reads_one_after_another)
{
	for (int i = 0; i < 5; i++) {
		ck_assert(run(STR(LATIN_PDF), TEXT_MAX));
		ck_assert(has("confidential"));
		ck_assert(!run(STR("%PDF-1.4 and nothing else"), TEXT_MAX));
		ck_assert_int_eq(e.class, ERR_PERMANENT);
		ck_assert_int_eq(e.code, 1);
	}
}
END_TEST

START_TEST(takes_no_more_text_than_asked)
{
	ck_assert(!run(STR(LATIN_PDF), 5));
	ck_assert_int_eq(e.class, ERR_LIMIT);
	ck_assert_uint_eq(text.n, 5);
	ck_assert_msg(run(STR(LATIN_PDF), TEXT_MAX), "%s", e.text);
}
END_TEST

START_TEST(takes_no_document_above_its_limit)
{
	static const char byte;

	ck_assert(!run(str_n(&byte, OUTER_DOCUMENT_MAX + 1), TEXT_MAX));
	ck_assert_int_eq(e.class, ERR_LIMIT);
}
END_TEST

START_TEST(takes_a_large_document)
{
	AUTO(buf) large = BUF_MAX(OUTER_DOCUMENT_MAX);

	buf_puts(&large, LATIN_PDF);
	while (large.n + KIB < 8 * MIB)
		buf_puts(&large, "% a line of comment that nobody reads\n");
	buf_puts(&large, PDF_TAIL);
	ck_assert_msg(run(buf_str(&large), TEXT_MAX), "%s", e.text);
	ck_assert(has("confidential"));
}
END_TEST

START_TEST(a_slow_program_is_ended)
{
	outer_stop(&outer);
	outer_start(&outer, &(struct outer_conf){LOG_ONLY, 1});
	/* Nothing starts, loads its tables and reads in a millisecond. */
	ck_assert(!run(STR(JAPANESE_PDF), TEXT_MAX));
	ck_assert_int_eq(e.class, ERR_LIMIT);
}
END_TEST

/* A child whose starter is gone ends: its mail is tried again in another. */
START_TEST(without_its_starter_a_child_ends)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		outer_stop(&outer);
		(void)run(STR(LATIN_PDF), TEXT_MAX);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), EX_SOFTWARE);
}
END_TEST

Suite *test_outer_suite(void)
{
	Suite *s = suite_create("outer");
	TCase *c = tcase_create("all");
	struct outer probe;

	/* Without Landlock or the program there is nothing to test. */
	outer_start(&probe, &(struct outer_conf){.log_only = LOG_ONLY});
	outer_stop(&probe);
	tcase_add_checked_fixture(c, start, stop);
	if (probe.programs & 1u << OUTER_PDFTOTEXT) {
		tcase_add_test(c, reads_a_document);
		tcase_add_test(c, reads_japanese);
		tcase_add_test(c, reads_one_after_another);
		tcase_add_test(c, takes_no_more_text_than_asked);
		tcase_add_test(c, takes_no_document_above_its_limit);
		tcase_add_test(c, takes_a_large_document);
		tcase_add_test(c, a_slow_program_is_ended);
		tcase_add_test(c, without_its_starter_a_child_ends);
	}
	suite_add_tcase(s, c);
	return s;
}
