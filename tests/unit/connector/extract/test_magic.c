/* What files are by their bytes, and what their names say beside that. */
#include <check.h>
#include "connector/extract/magic_int.h"
#include "connector/mail/view.h"

Suite *test_magic_suite(void);

#define NULS "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static const struct {
	struct str bytes;
	const char *type;
	enum reader reader;
	bool program;
} kinds[] = {
	{STR("PK\3\4" NULS), "application/zip", READER_ZIP, false},
	{STR("PK\5\6" NULS), "application/zip", READER_ZIP, false},
	{STR("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" NULS),
	 "application/x-ole-storage", READER_OLE, false},
	{STR("%PDF-1.7\n"), "application/pdf", READER_PDF, false},
	{STR("\n\n%PDF-1.7\n1 0 obj endobj"), "application/pdf", READER_PDF,
	 false},
	{STR("a text that names %PDF-1.7"), "text/plain", READER_TEXT, false},
	{STR("{\\rtf1\\ansi"), "application/rtf", READER_NONE, false},
	{STR("\x1f\x8b\x08\0"), "application/gzip", READER_NONE, false},
	{STR("BZh91AY&SY\x01\x02\x03\xff"), "application/x-bzip2", READER_NONE,
	 false},
	{STR("\xfd"
	     "7zXZ\0"),
	 "application/x-xz", READER_NONE, false},
	{STR("7z\xbc\xaf\x27\x1c"), "application/x-7z-compressed", READER_NONE,
	 false},
	{STR("Rar!\x1a\x07\1\0"), "application/vnd.rar", READER_NONE, false},
	{STR("\x22\x10-lh5-\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	 "application/x-lzh", READER_NONE, false},
	{STR("MSCF\0\0\0\0"), "application/vnd.ms-cab-compressed", READER_NONE,
	 false},
	{STR("MZ" NULS NULS), "application/vnd.microsoft.portable-executable",
	 READER_NONE, true},
	{STR("\x7f"
	     "ELF\2\1"),
	 "application/x-elf", READER_NONE, true},
	{STR("\xcf\xfa\xed\xfe"), "application/x-mach-binary", READER_NONE,
	 true},
	{STR("L\0\0\0\1\x14\2\0"), "application/x-ms-shortcut", READER_NONE,
	 true},
	{STR("#!/bin/sh\n"), "text/x-script", READER_TEXT, true},
	{STR("#@~^4wAAAA==-mD"), "text/x-script", READER_NONE, true},
	{STR("<html><HTA:APPLICATION id=x>"), "application/hta", READER_HTML,
	 true},
	{STR("\x89PNG\r\n\x1a\n"), "image/png", READER_PICTURE, false},
	{STR("\xff\xd8\xff\xe0"), "image/jpeg", READER_PICTURE, false},
	{STR("GIF89a\1\0"), "image/gif", READER_PICTURE, false},
	{STR("BM6\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"), "image/bmp",
	 READER_PICTURE, false},
	{STR("RIFF\1\2\3\4WEBPVP8 \0"), "image/webp", READER_PICTURE, false},
	{STR("\0\0\0\x18"
	     "ftypheic"),
	 "image/heic", READER_PICTURE, false},
	{STR("\0\0\0\x18"
	     "ftypmp42"),
	 "video/mp4", READER_PICTURE, false},
	{STR("ID3\4\0\0"), "audio/mpeg", READER_PICTURE, false},
	{STR("  <!DOCTYPE HTML><p>"), "text/html", READER_HTML, false},
	{STR("\xef\xbb\xbf<html>"), "text/html", READER_HTML, false},
	{STR("<?xml version='1.0'?><a/>"), "application/xml", READER_TEXT,
	 false},
	{STR("<?xml version='1.0'?><svg>"), "image/svg+xml", READER_TEXT,
	 false},
	{STR("From: a@x.jp\nTo: b@x.jp\nSubject: c\n\ntext"), "message/rfc822",
	 READER_MAIL, false},
	{STR("From x Mon Jan 1\nFrom: a@x.jp\nTo: b@x.jp\n\n"),
	 "application/mbox", READER_NONE, false},
	{STR("Dear: all\nthis is no mail"), "text/plain", READER_TEXT, false},
	{STR("070701,12,3\n070702,4,5\n"), "text/plain", READER_TEXT, false},
	{STR("BMW is a car, and this a text about it"), "text/plain",
	 READER_TEXT, false},
	{STR("\x8d\x82\x8b\xb4\x82\xb3\x82\xf1"), "text/plain", READER_TEXT,
	 false},
	{STR("\x1b$B<R30Hk\x1b(B\n"), "text/plain", READER_TEXT, false},
	{STR("\xff\xfe"
	     "a\0b\0"),
	 "text/plain", READER_TEXT, false},
	{STR(""), "", READER_TEXT, false},
	{STR("\1\2\3\4\5\6\7\x80\x81\x82"), "", READER_NONE, false},
	{STR("AC1027\0\0\0\0"), "image/vnd.dwg", READER_NONE, false},
	{STR("-----BEGIN PGP MESSAGE-----\n"), "application/pgp-encrypted",
	 READER_SEALED, false},
	{STR("\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x80\x30"
	     "\x80\x02\x01\x00\x31\x82\x01\x5a\x30\x82"),
	 "application/pkcs7-mime", READER_SEALED, false},
	/* Signatures: of something else, and with what is signed inside. */
	{STR("\x30\x82\x05\x1f\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0"
	     "\x82"
	     "\x05\x10\x30\x82\x05\x0c\x02\x01\x01\x31\x0d\x30\x0b\x06\x09\x60"
	     "\x86"
	     "\x48\x01\x65\x03\x04\x02\x01\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7"
	     "\x0d"
	     "\x01\x07\x01\xa0\x82"),
	 "application/pkcs7-signature", READER_NOTHING, false},
	{STR("\x30\x82\x05\x1f\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0"
	     "\x82"
	     "\x05\x10\x30\x82\x05\x0c\x02\x01\x01\x31\x0d\x30\x0b\x06\x09\x60"
	     "\x86"
	     "\x48\x01\x65\x03\x04\x02\x01\x30\x82\x01\x0b\x06\x09\x2a\x86\x48"
	     "\x86"
	     "\xf7\x0d\x01\x07\x01\xa0\x82\x01"),
	 "application/pkcs7-mime", READER_NONE, false},
};

START_TEST(kinds_by_content)
{
	bool both;
	const struct kind *k = magic_kind(kinds[_i].bytes, &both);

	ck_assert_str_eq(k->type, kinds[_i].type);
	ck_assert_int_eq(k->reader, kinds[_i].reader);
	ck_assert_int_eq(k->program, kinds[_i].program);
	ck_assert(!both);
}
END_TEST

START_TEST(two_formats_in_one_are_told)
{
	bool both;
	const struct kind *k = magic_kind(
		STR("GIF89a\1\0 %PDF-1.4\n1 0 obj\nendobj"), &both);

	ck_assert_str_eq(k->type, "application/pdf");
	ck_assert(both);
}
END_TEST

START_TEST(an_archive_of_tape_is_known_far_in)
{
	char tar[1024] = "name.txt";
	bool both;

	memcpy(tar + 257, "ustar", 5);
	ck_assert_str_eq(magic_kind(str_n(tar, sizeof(tar)), &both)->type,
			 "application/x-tar");
}
END_TEST

#define X FILE_EXECUTABLE
#define D FILE_DISGUISED
#define M FILE_MACRO

static const struct {
	const char *name;
	unsigned family, flags;
} names[] = {
	{"見積.pdf", FAM_PDF, 0},
	{"見積.pdf", FAM_PROGRAM, D},
	{"見積.pdf", FAM_ZIP, D},
	{"見積.pdf", 0, 0}, /* not known: nothing said */
	{"a.docx", FAM_OOXML, 0},
	{"a.docx", FAM_ZIP, D},
	{"a.docx", FAM_SEALED, 0},
	{"a.docx", FAM_OFFICE, 0},
	{"a.zip", FAM_OOXML, 0}, /* a docx is a zip */
	{"a.csv", FAM_TEXT, 0},
	{"a.txt", FAM_HTML, 0},
	{"a.csv", FAM_OOXML, D},
	{"a.xls", FAM_HTML, 0}, /* as many programs export */
	{"a.xls", FAM_TEXT, 0},
	{"a.doc", FAM_RTF, 0},
	{"a.jpg", FAM_IMAGE, 0},
	{"a.JPG", FAM_TEXT, D},
	{"a.png", FAM_MEDIA, 0},
	{"a", FAM_PROGRAM, 0},
	{"a.dat", FAM_ZIP, 0},
	{"a.tar.gz", FAM_ARCHIVE, 0},
	{"a.exe", FAM_PROGRAM, X},
	{"A.EXE", FAM_PROGRAM, X},
	{"a.exe. . ", FAM_PROGRAM, X},
	{"a.exe\xe3\x80\x80", FAM_PROGRAM, X},
	{"a.exe", FAM_TEXT, X | D},
	{"a.pdf.exe", FAM_PROGRAM, X | D},
	{"見積書.xlsx        .scr", FAM_PROGRAM, X | D},
	{"setup.1.2.exe", FAM_PROGRAM, X},
	{"photo.jpg.lnk", FAM_PROGRAM, X | D},
	{"報告\xe2\x80\xaexcod.exe", FAM_PROGRAM, X | D},
	{"報告\xe2\x80\xaegpj.pdf", FAM_PDF, D},
	{"a.e\xe2\x80\x8bxe", FAM_PROGRAM, X},
	{"folder.exe/readme.txt", FAM_TEXT, 0},
	{"x\\y.vbs", FAM_TEXT, X},
	{"a.js", FAM_TEXT, X},
	{"a.ps1", FAM_TEXT, X},
	{"a.hta", FAM_HTML, X},
	{"a.docm", FAM_OOXML, M},
	{"a.xlam", FAM_OOXML, M},
	{"a.jar", FAM_ZIP, X},
	{"www.example.com", FAM_TEXT, X},
	{"", FAM_PROGRAM, 0},
	{".", FAM_TEXT, 0},
	{"a.a-very-long-extension-that-is-none", FAM_TEXT, 0},
};

START_TEST(names_beside_content)
{
	ck_assert_msg(name_flags(str_of(names[_i].name), names[_i].family) ==
			      names[_i].flags,
		      "%s", names[_i].name);
}
END_TEST

START_TEST(extensions)
{
	char room[NAME_EXT_MAX];

	ck_assert(str_is(name_extension(STR("a/b.Tar.GZ"), room), "gz"));
	ck_assert(name_extension(STR("a.b/c"), room).n == 0);
	ck_assert(name_extension(STR("見積"), room).n == 0);
}
END_TEST

Suite *test_magic_suite(void)
{
	Suite *s = suite_create("magic");
	TCase *c = tcase_create("all");

	tcase_add_loop_test(c, kinds_by_content, 0, ARRAY_LEN(kinds));
	tcase_add_test(c, two_formats_in_one_are_told);
	tcase_add_test(c, an_archive_of_tape_is_known_far_in);
	tcase_add_loop_test(c, names_beside_content, 0, ARRAY_LEN(names));
	tcase_add_test(c, extensions);
	suite_add_tcase(s, c);
	return s;
}
