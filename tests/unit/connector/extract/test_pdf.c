/* test_pdf.c - what is packed in a PDF's object streams. */
#include <check.h>

#include "connector/extract/files_int.h"
#include "tests/unit/connector/extract/looked.h"

Suite *test_pdf_suite(void);

static struct looked l;

static bool play(void *arg, enum outer_program which, struct str document,
		 size_t max, struct buf *text, struct err *e)
{
	(void)arg, (void)which, (void)document, (void)max, (void)e;
	return buf_puts(text, "hello\f");
}

static const struct extract_outer outer = {.programs = 1u << OUTER_PDFTOTEXT,
					   .run = play};

static void start(void)
{
	looked_start(&l);
	extract_set_outer(l.t.h.x, &outer);
}

static void stop(void)
{
	looked_stop(&l);
}

/* Blocks that are not deflated, in a zlib stream (RFC 1950, RFC 1951). */
static void put_stored(struct buf *out, struct str s)
{
	uint32_t a = 1, b = 0;

	buf_puts(out, "\x78\x01");
	for (size_t i = 0; i < s.n; i++) {
		a = (a + (unsigned char)s.p[i]) % 65521;
		b = (b + a) % 65521;
	}
	do {
		size_t n = MIN_OF(s.n, (size_t)0xffff);

		buf_putc(out, s.n == n);
		for (unsigned k = 0; k < 4; k++)
			buf_putc(out, (char)((k < 2 ? n : ~n) >> (k % 2 * 8)));
		buf_put_str(out, str_head(s, n));
		s = str_skip(s, n);
	} while (s.n);
	for (int k = 1; k >= 0; k--)
		buf_putc(out, (char)(b >> (k * 8)));
	for (int k = 1; k >= 0; k--)
		buf_putc(out, (char)(a >> (k * 8)));
}

/* "\001" in `pdf` stands for `packed` as a zlib stream. */
static void put(const char *pdf, struct str packed)
{
	const char *at = strchr(pdf, '\001');

	buf_clear(&l.file);
	buf_puts(&l.file, "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n");
	buf_put(&l.file, pdf, at ? (size_t)(at - pdf) : strlen(pdf));
	if (!at)
		return;
	put_stored(&l.file, packed);
	buf_puts(&l.file, at + 1);
}

#define END "\nendstream\nendobj\n"
#define OBJSTM                                                                 \
	"5 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode>>stream\n"
#define NOTE  "6 0 <</Type/Annot/Subtype/Text/Contents(\\172anzibar)>>"
#define CARRY "6 0 <</Type/Filespec/F(a.exe)/E#46 <</F 8 0 R>>>>"

static const struct {
	const char *pdf, *packed;
	enum doubt doubt;
	unsigned words;
} rows[] = {
	/* As programs write them. */
	{OBJSTM "\001" END, "6 0 <</Title(hello)>>", DOUBT_COUNT, 0},
	{OBJSTM "\001" END, "", DOUBT_COUNT, 0},
	{"4 0 obj<</First 6 0 R>>endobj 5 0 obj<</Length 3>>stream\nabc" END,
	 "", DOUBT_COUNT, 0},
	{"4 0 obj<</Length 3/P(x)>>stream\nabc" END, "", DOUBT_COUNT, 0},
	{"startxref\n9\n%%EOF\n" OBJSTM "\001" END, NOTE, DOUBT_COUNT, 1},
	/* Notes. */
	{OBJSTM "\001" END, NOTE, DOUBT_COUNT, 1},
	{"5 0 obj<</N 1/First 4/Filter[/Fl]>>\nstream\r\n\001" END, NOTE,
	 DOUBT_COUNT, 1},
	/* What is stored is seen as it stands, too. */
	{"5 0 obj<</Type/Obj#53tm/First 4/Filter[ /Flate#44ecode ]>>\n"
	 "stream \n\001" END,
	 NOTE, DOUBT_COUNT, 2},
	{"5 0 obj<</Type/ObjStm/First 4>>stream\n" NOTE END, "", DOUBT_COUNT,
	 1},
	{OBJSTM "\001" END, "6 0 % stream\n" NOTE, DOUBT_COUNT, 1},
	{OBJSTM "\001" END, "6 0 /stream\n" NOTE, DOUBT_COUNT, 1},
	{"% stream\n4 0 obj" NOTE "endobj", "", DOUBT_COUNT, 1},
	{"% (\n" OBJSTM "\001" END, NOTE, DOUBT_COUNT, 1},
	{"4 0 obj<<>>stream\n" END OBJSTM "\001" END, NOTE, DOUBT_COUNT, 1},
	/* Files. */
	{OBJSTM "\001" END, CARRY, DOUBT_UNKNOWN_TYPE, 0},
	{OBJSTM "\001" END, "6 0 <</Names<</EmbeddedFiles 7 0 R>>>>",
	 DOUBT_UNKNOWN_TYPE, 0},
	/* Not read here, and maybe elsewhere. */
	{OBJSTM "junk" END, "", DOUBT_DAMAGED, 0},
	{OBJSTM "\001" END, "\x78\x01", DOUBT_DAMAGED, 0},
	{OBJSTM "\x78\x01\x02", "", DOUBT_DAMAGED, 0},
	{"5 0 obj<</Type/ObjStm/First 4/Filter/LZWDecode>>stream\nx" END, "",
	 DOUBT_DAMAGED, 0},
	{"5 0 obj<</First 4/Filter[/FlateDecode/AHx]>>stream\n\001" END, "36>",
	 DOUBT_DAMAGED, 0},
	{"5 0 obj<</First 4/Filter 9 0 R>>stream\n\001" END, NOTE,
	 DOUBT_DAMAGED, 0},
	{"5 0 obj<</First 4/Filter/FlateDecode/DecodeParms<</Predictor 12>>>>"
	 "stream\n\001" END,
	 NOTE, DOUBT_DAMAGED, 0},
	{"5 0 obj<</First 4/Filter/AHx/X(endobj 5 0 obj/Filter/Fl)>>"
	 "stream\n\001" END,
	 NOTE, DOUBT_DAMAGED, 0},
	{"5 0 obj<</First 4/Filter/AHx %endobj 5 0 obj<</Filter/Fl\n>>"
	 "stream\n\001" END,
	 NOTE, DOUBT_DAMAGED, 0},
	/* Encrypted, and open to everybody. */
	{"<</Encrypt 3 0 R>>" OBJSTM "\001" END, NOTE, DOUBT_ENCRYPTED, 0},
	{"<</Encrypt 3 0 R>><</Annots 4 0 R>>", "", DOUBT_ENCRYPTED, 0},
	{"<</Encrypt 3 0 R/EmbeddedFiles 3 0 R>>", "", DOUBT_ENCRYPTED, 0},
	{"<</Encrypt 3 0 R/Title(zanzibar)/Author(\xa1\xe8)>>", "", DOUBT_COUNT,
	 1},
};

START_TEST(objects_that_are_packed)
{
	put(rows[_i].pdf, str_of(rows[_i].packed));
	ck_assert_uint_eq(looked_word(&l, "a.pdf", "zanzibar"), rows[_i].words);
	if (rows[_i].doubt == DOUBT_COUNT)
		ck_assert_uint_eq(l.v->reason_n, 0);
	else
		ck_assert(looked_doubt(&l, rows[_i].doubt));
	ck_assert_int_eq((l.p->file & FILE_SOME_ENCRYPTED) != 0,
			 rows[_i].doubt == DOUBT_ENCRYPTED);
}
END_TEST

/* What a rule asks of names and programs, nobody asking for texts. */
START_TEST(files_are_found_without_texts)
{
	l.t.q.asks_content = false;
	put(OBJSTM "\001" END, STR(CARRY));
	looked_at(&l, "a.pdf");
	ck_assert(looked_doubt(&l, DOUBT_UNKNOWN_TYPE));
}
END_TEST

START_TEST(streams_end)
{
	AUTO(buf) much = BUF_MAX(64 * MIB);

	while (much.n < 9 * MIB)
		buf_puts(&much, "6 0 <</A 0>> ");
	put(OBJSTM "\001" END, buf_str(&much));
	looked_at(&l, "a.pdf");
	ck_assert(looked_doubt(&l, DOUBT_LIMIT));
}
END_TEST

/* Each goes on through all that follow it, and unpacks to next to nothing. */
START_TEST(streams_in_each_other_end)
{
	static const char one[] =
		"endobj 5 0 obj<</Type/ObjStm/First 4/Filter/Fl>>"
		"stream\n\x78\x01";
	size_t n = sizeof(one) - 1;

	put(one, STR(""));
	for (int i = 0; i < 400; i++) {
		buf_putc(&l.file, 0);
		for (unsigned k = 0; k < 4; k++)
			buf_putc(&l.file,
				 (char)((k < 2 ? n : ~n) >> (k % 2 * 8)));
		buf_put(&l.file, one, n);
	}
	while (l.file.n < 8 * MIB)
		buf_put(&l.file, "\0\0\0\xff\xff", 5);
	looked_at(&l, "a.pdf");
	ck_assert(looked_doubt(&l, DOUBT_LIMIT));
}
END_TEST

START_TEST(files_of_streams_end)
{
	buf_clear(&l.file);
	buf_puts(&l.file, "%PDF-1.7\n");
	for (int i = 0; i < 30000; i++)
		buf_puts(&l.file,
			 "5 0 obj<</Type/ObjStm/First 4>>stream\n6 0 9" END);
	looked_at(&l, "a.pdf");
	ck_assert(looked_doubt(&l, DOUBT_LIMIT));
}
END_TEST

Suite *test_pdf_suite(void)
{
	Suite *s = suite_create("pdf");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, start, stop);
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, objects_that_are_packed, 0, ARRAY_LEN(rows));
	tcase_add_test(c, files_are_found_without_texts);
	tcase_add_test(c, streams_end);
	tcase_add_test(c, streams_in_each_other_end);
	tcase_add_test(c, files_of_streams_end);
	suite_add_tcase(s, c);
	return s;
}
