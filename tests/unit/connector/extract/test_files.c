/* Attachments looked into: flags, lists of what is inside, doubts, limits. */
#include <check.h>
#include <zip.h>
#include "connector/extract/files_int.h"
#include "tests/unit/connector/extract/looked.h"

Suite *test_files_suite(void);

static struct looked l;

static void start(void)
{
	looked_start(&l);
}

static void stop(void)
{
	looked_stop(&l);
}

static void put(const char *text)
{
	buf_clear(&l.file);
	buf_puts(&l.file, text);
}

#define EXE                                                                    \
	STR("MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0\x40\0"     \
	    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"     \
	    "\0\0\0\0\x80\0\0\0\x0e\x1f\xba\x0e")
#define TEXT                                                                   \
	{                                                                      \
		.name = "a.txt", .text = "目印 in a text"                    \
	}
#define SEALED                                                                 \
	{                                                                      \
		.name = "b.txt", .text = "????????????????", .flags = 1        \
	}

START_TEST(a_text_is_read)
{
	put("目印と目印\n");
	ck_assert_uint_eq(looked_word(&l, "a.csv", "目印"), 2);
	ck_assert(looked_clean(&l));
	ck_assert_uint_eq(l.p->file, FILE_READ);
	ck_assert(str_is(l.p->real_type, "text/plain"));
	put("\x96\xda\x88\xf3\n");
	ck_assert_uint_eq(looked_word(&l, "a.csv", "目印"), 1);
	put("<html>目<b>印</b>");
	ck_assert_uint_eq(looked_word(&l, "a.html", "目印"), 1);
}
END_TEST

/* A word that lies where one piece ends and the next begins. */
START_TEST(a_long_text_is_read_in_pieces)
{
	for (size_t at = MIB - 20; at < MIB + 8; at += 4) {
		buf_clear(&l.file);
		while (l.file.n < at)
			buf_putc(&l.file, l.file.n % 80 ? 'x' : '\n');
		buf_puts(&l.file, "目印");
		while (l.file.n < 2 * MIB)
			buf_putc(&l.file, 'y');
		ck_assert_uint_ge(looked_word(&l, "a.txt", "目印"), 1);
		ck_assert(looked_clean(&l));
	}
}
END_TEST

START_TEST(a_text_that_is_too_long_is_not_read_to_the_end)
{
	buf_clear(&l.file);
	while (l.file.n < 20 * MIB)
		buf_puts(&l.file, "a line of it");
	memcpy(l.file.p, "\xfe\xff", 2); /* UTF-16: not cut into pieces */
	for (size_t i = 2; i < l.file.n; i += 2)
		l.file.p[i] = '\0';
	looked_at(&l, "a.txt");
	ck_assert(looked_doubt(&l, DOUBT_TOO_LARGE));
	ck_assert_uint_eq(l.p->file, 0);
}
END_TEST

static const struct {
	const char *name, *text;
	unsigned flags;
	enum doubt doubt; /* DOUBT_COUNT: none */
} simple[] = {
	{"a.png", "\x89PNG\r\n\x1a\n", 0, DOUBT_PICTURE},
	{"a.mp3", "ID3\4...", 0, DOUBT_PICTURE},
	{"a.7z", "7z\xbc\xaf\x27\x1c", 0, DOUBT_UNKNOWN_TYPE},
	{"a.dwg", "AC1027\1\2\3\4", 0, DOUBT_UNKNOWN_TYPE},
	{"a.rtf", "{\\rtf1", 0, DOUBT_UNKNOWN_TYPE},
	{"a.asc", "-----BEGIN PGP MESSAGE-----\n", FILE_ENCRYPTED,
	 DOUBT_ENCRYPTED},
	{"a.pdf", "%PDF-1.4\n", 0, DOUBT_UNKNOWN_TYPE}, /* no program here */
	{"a.pdf", "%PDF-1.4\ntrailer<</Encrypt 1 0 R>>", FILE_ENCRYPTED,
	 DOUBT_ENCRYPTED},
	{"a.pdf", "just a text", FILE_DISGUISED | FILE_READ, DOUBT_COUNT},
	{"a.zip", "PK\3\4 broken", 0, DOUBT_DAMAGED},
	{"a.doc", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 broken", 0, DOUBT_DAMAGED},
	{"a.sh", "#!/bin/sh\n", FILE_EXECUTABLE | FILE_READ, DOUBT_COUNT},
	{"a.txt", "", FILE_READ, DOUBT_COUNT},
	{"a.dat", "\1\2\3\4\5\6\7\x80\x81", 0, DOUBT_UNKNOWN_TYPE},
};

START_TEST(each_kind_and_its_doubt)
{
	put(simple[_i].text);
	looked_at(&l, simple[_i].name);
	ck_assert_msg(l.p->file == simple[_i].flags, "%s: %x", simple[_i].name,
		      l.p->file);
	if (simple[_i].doubt == DOUBT_COUNT)
		ck_assert_uint_eq(l.v->reason_n, 0);
	else
		ck_assert(looked_doubt(&l, simple[_i].doubt));
}
END_TEST

/* ---- archives ---- */

START_TEST(an_archive_is_listed_and_read)
{
	MADE_ZIP(&l.file, TEXT, {.name = "folder/"},
		 {.name = "folder/b.exe", .bytes = EXE},
		 {.name = "見積.xlsm", .text = "x"});
	ck_assert_uint_eq(looked_word(&l, "a.zip", "目印"), 1);
	ck_assert_uint_eq(l.p->file, FILE_ARCHIVE | FILE_EXECUTABLE |
					     FILE_MACRO | FILE_DISGUISED);
	ck_assert(looked_doubt(&l, DOUBT_UNKNOWN_TYPE)); /* the program */
	ck_assert(looked_inner(&l, "a.txt")->file == FILE_READ);
	ck_assert(str_is(looked_inner(&l, "a.txt")->type, "text/plain"));
	ck_assert_uint_eq(looked_inner(&l, "folder/b.exe")->depth, 1);
	ck_assert(looked_inner(&l, "folder/b.exe")->file == FILE_EXECUTABLE);
	ck_assert_ptr_null(looked_inner(&l, "folder/"));
}
END_TEST

START_TEST(archives_in_archives)
{
	AUTO(buf) in = BUF_MAX(MADE_MAX);
	AUTO(buf) middle = BUF_MAX(MADE_MAX);

	MADE_ZIP(&in, TEXT);
	MADE_ZIP(&middle, {.name = "in.zip", .bytes = buf_str(&in)});
	MADE_ZIP(&l.file, {.name = "middle.zip", .bytes = buf_str(&middle)});
	ck_assert_uint_eq(looked_word(&l, "a.zip", "目印"), 1);
	ck_assert(looked_clean(&l));
	ck_assert_uint_eq(looked_inner(&l, "middle.zip")->depth, 1);
	ck_assert_uint_eq(looked_inner(&l, "in.zip")->depth, 2);
	ck_assert_uint_eq(looked_inner(&l, "a.txt")->depth, 3);
}
END_TEST

START_TEST(a_document_in_an_archive)
{
	AUTO(buf) in = BUF_MAX(MADE_MAX);

	made_docx(&in,
		  "<w:p><w:r><w:t>目</w:t></w:r><w:r><w:t>印</w:t></w:r>"
		  "</w:p>",
		  NULL, 0);
	made_packed(&l.file, "報告.docx", buf_str(&in), 0);
	ck_assert_uint_eq(looked_word(&l, "a.zip", "目印"), 1);
	ck_assert(looked_clean(&l));
	ck_assert_ptr_nonnull(looked_inner(&l, "報告.docx"));
}
END_TEST

START_TEST(names_inside_are_file_names)
{
	l.t.q.term_n = 0;
	asked_term(&l.t, "見積", 1 << PLACE_FILE_NAMES);
	asked_compile(&l.t);
	MADE_ZIP(&l.file, {.name = "見積.txt"}, {.name = "x/見積/y.txt"});
	looked_at(&l, "a.zip");
	ck_assert_uint_eq(findings_hits(&l.t.h.f, 0, 1 << PLACE_FILE_NAMES), 2);
}
END_TEST

START_TEST(encrypted_archives)
{
	static const unsigned ciphers[] = {ZIP_EM_TRAD_PKWARE, ZIP_EM_AES_128,
					   ZIP_EM_AES_256};

	for (size_t i = 0; i < ARRAY_LEN(ciphers); i++) {
		buf_clear(&l.file);
		made_packed(&l.file, "a.exe", EXE, ciphers[i]);
		looked_at(&l, "a.zip");
		ck_assert_uint_eq(l.p->file, FILE_ARCHIVE | FILE_ENCRYPTED |
						     FILE_SOME_ENCRYPTED |
						     FILE_EXECUTABLE);
		ck_assert(looked_doubt(&l, DOUBT_ENCRYPTED));
		ck_assert_uint_eq(l.v->reason_n, 1);
		ck_assert(looked_inner(&l, "a.exe")->file & FILE_ENCRYPTED);
	}
	buf_clear(&l.file);
	MADE_ZIP(&l.file, TEXT, SEALED);
	ck_assert_uint_eq(looked_word(&l, "a.zip", "目印"), 1);
	ck_assert_uint_eq(l.p->file, FILE_ARCHIVE | FILE_SOME_ENCRYPTED);
}
END_TEST

/* All there is in it needs a password: so does it. */
START_TEST(an_encrypted_archive_in_an_archive)
{
	AUTO(buf) in = BUF_MAX(MADE_MAX);

	made_packed(&in, "a.txt", STR("x"), ZIP_EM_AES_256);
	MADE_ZIP(&l.file, {.name = "in.zip", .bytes = buf_str(&in)});
	looked_at(&l, "a.zip");
	ck_assert(l.p->file & FILE_ENCRYPTED);
}
END_TEST

START_TEST(an_encrypted_document)
{
	MADE_OLE(&l.file, NULL, {"EncryptedPackage", STR("x")},
		 {"EncryptionInfo", STR("x")});
	looked_at(&l, "a.docx");
	ck_assert_uint_eq(l.p->file, FILE_ENCRYPTED);
	ck_assert(looked_doubt(&l, DOUBT_ENCRYPTED));
	ck_assert(str_is(l.p->real_type, "application/encrypted"));
}
END_TEST

START_TEST(old_documents)
{
	MADE_OLE(&l.file, NULL, {"WordDocument", STR("0123456789\0\0xxxx")},
		 {"_VBA_PROJECT", STR("x")});
	looked_at(&l, "a.doc");
	ck_assert_uint_eq(l.p->file, FILE_MACRO);
	ck_assert(looked_doubt(&l, DOUBT_UNKNOWN_TYPE));
}
END_TEST

START_TEST(an_object_that_carries_a_file)
{
	AUTO(buf) ole = BUF_MAX(MADE_MAX);
	AUTO(buf) in = BUF_MAX(MADE_MAX);
	struct made_entry part = {.name = "word/embeddings/oleObject1.bin"};

	made_xlsx(&in, "<si><t>目印</t></si>", "", "");
	MADE_OLE(&ole, NULL, {"Package", buf_str(&in)});
	part.bytes = buf_str(&ole);
	made_docx(&l.file, "", &part, 1);
	ck_assert_uint_eq(looked_word(&l, "a.docx", "目印"), 1);
	ck_assert(looked_clean(&l));
}
END_TEST

START_TEST(no_document_but_its_name)
{
	MADE_ZIP(&l.file, TEXT);
	looked_at(&l, "a.docx");
	ck_assert(l.p->file & FILE_DISGUISED);
	ck_assert(l.p->file & FILE_ARCHIVE);
}
END_TEST

START_TEST(an_archive_behind_a_picture)
{
	put("GIF89a\1\2");
	MADE_ZIP(&l.file, TEXT);
	looked_at(&l, "a.gif");
	ck_assert(looked_doubt(&l, DOUBT_AMBIGUOUS));
	ck_assert(looked_doubt(&l, DOUBT_PICTURE));
}
END_TEST

/* ---- limits ---- */

START_TEST(nests_end)
{
	AUTO(buf) in = BUF_MAX(MADE_MAX);

	MADE_ZIP(&in, TEXT);
	for (int i = 0; i <= FILES_DEPTH_MAX; i++) {
		buf_clear(&l.file);
		MADE_ZIP(&l.file, {.name = "in.zip", .bytes = buf_str(&in)});
		buf_clear(&in);
		buf_put_str(&in, buf_str(&l.file));
	}
	looked_at(&l, "a.zip");
	ck_assert(looked_doubt(&l, DOUBT_LIMIT));
}
END_TEST

/* A thousand to one: nothing but a bomb does that. */
START_TEST(bombs_end)
{
	/* Also one that is larger than what is unpacked at once. */
	static const size_t SIZES[] = {40 * MIB, 80 * MIB};

	for (size_t i = 0; i < ARRAY_LEN(SIZES); i++) {
		AUTO(buf) zeros = BUF_MAX(100 * MIB);

		memset(buf_room(&zeros, SIZES[i]), 0, SIZES[i]);
		buf_grown(&zeros, SIZES[i]);
		made_packed(&l.file, "zeros.bin", buf_str(&zeros), 0);
		looked_at(&l, "a.zip");
		ck_assert(looked_doubt(&l, DOUBT_LIMIT));
		ck_assert(!looked_doubt(&l, DOUBT_TOO_LARGE));
		buf_clear(&l.file);
	}
	MADE_ZIP(&l.file, TEXT,
		 {.name = "b.txt", .at_first = true, .text = "目印 in a text"});
	looked_at(&l, "a.zip");
	ck_assert(looked_doubt(&l, DOUBT_LIMIT));
}
END_TEST

START_TEST(many_entries_end)
{
	static struct made_entry v[65536];

	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		v[i].name = "x";
	made_zip(&l.file, v, ARRAY_LEN(v));
	looked_at(&l, "a.zip");
	ck_assert(looked_doubt(&l, DOUBT_LIMIT));
	ck_assert_uint_eq(l.v->inner_n, 0);
}
END_TEST

START_TEST(sizes_that_lie)
{
	/* The directory says less than there is, and more. */
	MADE_ZIP(&l.file,
		 {.name = "a.txt", .text = "longer", .size_lie = (uint32_t)-3});
	looked_at(&l, "a.zip");
	ck_assert(looked_doubt(&l, DOUBT_AMBIGUOUS));
	ck_assert(!(l.p->file & FILE_READ));
	buf_clear(&l.file);
	MADE_ZIP(&l.file, {.name = "a.txt", .text = "x", .crc_lie = 1});
	looked_at(&l, "a.zip");
	ck_assert(looked_doubt(&l, DOUBT_DAMAGED));
}
END_TEST

START_TEST(names_that_lead_astray)
{
	MADE_ZIP(&l.file, {.name = "../../etc/x.txt"},
		 {.name = "報告\xe2\x80\xaexcod.exe", .bytes = EXE});
	looked_at(&l, "a.zip");
	ck_assert(looked_doubt(&l, DOUBT_AMBIGUOUS));
	ck_assert(l.p->file & FILE_DISGUISED);
	ck_assert(l.p->file & FILE_EXECUTABLE);
}
END_TEST

/* ---- attached mails ---- */

#define INNER_MAIL                                                             \
	"From: x@example.jp\r\nTo: y@example.jp\r\nSubject: 目印\r\n"        \
	"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=i\r\n"   \
	"\r\n--i\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n目印\r\n" \
	"--i\r\nContent-Type: application/x-y; name=\"inside.exe\"\r\n\r\n"    \
	"目印\r\n--i--\r\n"

START_TEST(an_attached_mail)
{
	l.t.q.term_n = 0;
	asked_term(&l.t, "目印", 1 << PLACE_ATTACHMENTS);
	asked_compile(&l.t);
	buf_clear(&l.mail);
	buf_puts(&l.mail,
		 "From: a@x.jp\r\nMIME-Version: 1.0\r\nContent-Type: "
		 "multipart/mixed; boundary=o\r\n\r\n--o\r\n\r\nbody\r\n--o\r\n"
		 "Content-Type: message/rfc822\r\n\r\n" INNER_MAIL "--o--\r\n");
	asked_raw(&l.t, buf_str(&l.mail));
	l.v = &l.t.h.v;
	ck_assert_uint_eq(findings_hits(&l.t.h.f, 0, 1 << PLACE_ATTACHMENTS),
			  3);
	ck_assert_uint_eq(l.v->inner_n, 1);
	ck_assert_uint_eq(l.v->inner[0].part, 2);
	ck_assert_uint_eq(l.v->inner[0].depth, 1);
	ck_assert(str_is(l.v->inner[0].name, "inside.exe"));
	ck_assert(l.v->part[2].file & FILE_EXECUTABLE);
	ck_assert(l.v->part[2].file & FILE_ARCHIVE);
}
END_TEST

START_TEST(a_mail_in_a_file)
{
	put(INNER_MAIL);
	ck_assert_uint_eq(looked_word(&l, "a.eml", "目印"), 3);
	ck_assert_uint_eq(l.v->inner_n, 1);
	ck_assert(l.p->file & FILE_EXECUTABLE);
	ck_assert(str_is(l.p->real_type, "message/rfc822"));
}
END_TEST

START_TEST(a_mail_in_an_archive)
{
	MADE_ZIP(&l.file, {.name = "a.eml", .text = INNER_MAIL});
	ck_assert_uint_eq(looked_word(&l, "a.zip", "目印"), 3);
	ck_assert_uint_eq(looked_inner(&l, "a.eml")->depth, 1);
	ck_assert_uint_eq(looked_inner(&l, "inside.exe")->depth, 2);
}
END_TEST

/* What is ambiguous within is so as a whole. */
START_TEST(an_ambiguous_mail_in_a_file)
{
	put("From: x@example.jp\r\nTo: y@example.jp\r\nContent-Type: "
	    "multipart/mixed; boundary=i; boundary=j\r\n\r\n--i\r\n\r\na\r\n"
	    "--i--\r\n");
	looked_at(&l, "a.eml");
	ck_assert(looked_doubt(&l, DOUBT_AMBIGUOUS));
}
END_TEST

/* ---- what is asked ---- */

START_TEST(nothing_asked_nothing_looked_at)
{
	l.t.q.asks_content = l.t.q.asks_files = l.t.q.asks_inside = false;
	asked_compile(&l.t);
	MADE_ZIP(&l.file, TEXT);
	looked_at(&l, "a.exe");
	ck_assert_uint_eq(l.p->file, 0);
	ck_assert_uint_eq(l.v->reason_n + l.v->inner_n, 0);
	ck_assert_uint_eq(l.p->real_type.n, 0);
}
END_TEST

START_TEST(files_alone_are_asked)
{
	l.t.q.asks_content = l.t.q.asks_inside = false;
	asked_compile(&l.t);
	MADE_ZIP(&l.file, TEXT, SEALED);
	looked_at(&l, "a.zip");
	ck_assert_uint_eq(l.p->file, FILE_ARCHIVE | FILE_SOME_ENCRYPTED);
	ck_assert_uint_eq(l.v->reason_n + l.v->inner_n, 0);
}
END_TEST

/* ---- PDF, by a program that is played here ---- */

static struct {
	const char *text;
	enum err_class class;
	int code;
	unsigned runs;
} program;

static bool play(void *arg, enum outer_program which, struct str document,
		 size_t max, struct buf *text, struct err *e)
{
	ck_assert_ptr_eq(arg, &program);
	ck_assert_int_eq(which, OUTER_PDFTOTEXT);
	ck_assert(str_starts(document, STR("%PDF-")));
	ck_assert_uint_gt(max, strlen(program.text));
	program.runs++;
	buf_puts(text, program.text);
	return program.class == ERR_NONE ||
	       err_set(e, program.class, program.code, "played");
}

static const struct {
	const char *pdf, *text;
	enum err_class class;
	int code;
	enum doubt doubt;
	unsigned flags, words;
} pdfs[] = {
	{"%PDF-1.4", "目印\f", ERR_NONE, 0, DOUBT_COUNT, FILE_READ, 1},
	{"%PDF-1.4", " \n\f", ERR_NONE, 0, DOUBT_PICTURE, 0, 0},
	{"%PDF-1.4 /Subtype/Image/", "目印\f \f", ERR_NONE, 0, DOUBT_PICTURE, 0,
	 1},
	{"%PDF-1.4", "目印\f \f", ERR_NONE, 0, DOUBT_COUNT, FILE_READ, 1},
	{"%PDF-1.4", "", ERR_PERMANENT, 1, DOUBT_DAMAGED, 0, 0},
	{"%PDF-1.4 /Encrypt 3 0 R", "", ERR_PERMANENT, 1, DOUBT_ENCRYPTED,
	 FILE_ENCRYPTED, 0},
	/* Encrypted, and open to everybody. */
	{"%PDF-1.4 /Encrypt 3 0 R", "目印\f", ERR_NONE, 0, DOUBT_COUNT,
	 FILE_READ, 1},
	{"%PDF-1.4", "目印", ERR_LIMIT, 0, DOUBT_TOO_LARGE, 0, 1},
	{"%PDF-1.4", "目印", ERR_RETRY, 0, DOUBT_FAILED, 0, 0},
	{"%PDF-1.4 /Type/EmbeddedFile ", "x", ERR_NONE, 0, DOUBT_UNKNOWN_TYPE,
	 0, 0},
};

START_TEST(what_the_program_says_of_a_pdf)
{
	const struct extract_outer o = {.programs = 1u << OUTER_PDFTOTEXT,
					.run = play,
					.arg = &program};

	extract_set_outer(l.t.h.x, &o);
	program.text = pdfs[_i].text;
	program.class = pdfs[_i].class;
	program.code = pdfs[_i].code;
	put(pdfs[_i].pdf);
	ck_assert_uint_eq(looked_word(&l, "a.pdf", "目印"), pdfs[_i].words);
	ck_assert_uint_gt(program.runs, 0);
	ck_assert_uint_eq(l.p->file, pdfs[_i].flags);
	if (pdfs[_i].doubt == DOUBT_COUNT)
		ck_assert_uint_eq(l.v->reason_n, 0);
	else
		ck_assert(looked_doubt(&l, pdfs[_i].doubt));
}
END_TEST

static void add_archives(TCase *c)
{
	tcase_add_test(c, an_archive_is_listed_and_read);
	tcase_add_test(c, archives_in_archives);
	tcase_add_test(c, a_document_in_an_archive);
	tcase_add_test(c, names_inside_are_file_names);
	tcase_add_test(c, encrypted_archives);
	tcase_add_test(c, an_encrypted_archive_in_an_archive);
	tcase_add_test(c, an_encrypted_document);
	tcase_add_test(c, old_documents);
	tcase_add_test(c, an_object_that_carries_a_file);
	tcase_add_test(c, no_document_but_its_name);
	tcase_add_test(c, an_archive_behind_a_picture);
	tcase_add_test(c, nests_end);
	tcase_add_test(c, bombs_end);
	tcase_add_test(c, many_entries_end);
	tcase_add_test(c, sizes_that_lie);
	tcase_add_test(c, names_that_lead_astray);
}

Suite *test_files_suite(void)
{
	Suite *s = suite_create("files");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, start, stop);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, a_text_is_read);
	tcase_add_test(c, a_long_text_is_read_in_pieces);
	tcase_add_test(c, a_text_that_is_too_long_is_not_read_to_the_end);
	tcase_add_loop_test(c, each_kind_and_its_doubt, 0, ARRAY_LEN(simple));
	add_archives(c);
	tcase_add_test(c, an_attached_mail);
	tcase_add_test(c, a_mail_in_a_file);
	tcase_add_test(c, a_mail_in_an_archive);
	tcase_add_test(c, an_ambiguous_mail_in_a_file);
	tcase_add_test(c, nothing_asked_nothing_looked_at);
	tcase_add_test(c, files_alone_are_asked);
	tcase_add_loop_test(c, what_the_program_says_of_a_pdf, 0,
			    ARRAY_LEN(pdfs));
	suite_add_tcase(s, c);
	return s;
}
