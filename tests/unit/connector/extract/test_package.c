/* Texts of documents: joined where formatting cuts, parted where cells are. */
#include <check.h>
#include "connector/extract/package_int.h"
#include "tests/unit/connector/extract/looked.h"

Suite *test_package_suite(void);

static struct looked l;

static void start(void)
{
	looked_start(&l);
}

static void stop(void)
{
	looked_stop(&l);
}

#define R(text) "<w:r><w:t>" text "</w:t></w:r>"
#define BOX(text)                                                              \
	"<w:r><w:pict><w:txbxContent><w:p>" R(text) "</w:p></w:txbxContent>"   \
						    "</w:pict></w:r>"
#define RUBY(base, reading)                                                    \
	"<w:r><w:ruby><w:rt>" R(reading) "</w:rt><w:rubyBase>" R(              \
		base) "</w:rubyBase></w:ruby></w:r>"

/* A body, a word, and how often it is there. */
static const struct {
	const char *body, *word;
	unsigned n;
} texts[] = {
	{"<w:p>" R("社") R("外") R("秘") "</w:p>", "社外秘", 1},
	{"<w:p>" R("社外") "</w:p><w:p>" R("秘密") "</w:p>", "秘密", 1},
	{"<w:p>" R("secr") "<w:r><w:rPr><w:b/></w:rPr><w:t>et</w:t></w:r>"
			   "</w:p>",
	 "secret", 1},
	{"<w:p>" R("a") "</w:p><w:p>" R("b") "</w:p>", "ab", 0},
	{"<w:tbl><w:tr><w:tc><w:p>" R("4111") "</w:p></w:tc><w:tc><w:p>" R(
		 "x") "</w:p></w:tc></w:tr></w:tbl>",
	 "4111x", 0},
	/* A box and a reading stand in the middle of a word. */
	{"<w:p>" R("社") BOX("箱の中") R("外秘") "</w:p>", "社外秘", 1},
	{"<w:p>" R("社") BOX("箱の中") R("外秘") "</w:p>", "箱の中", 1},
	{"<w:p>" RUBY("社", "しゃ") R("外秘") "</w:p>", "社外秘", 1},
	{"<w:p>" RUBY("社", "しゃないひ") R("外秘") "</w:p>", "しゃないひ", 1},
	{"<w:p><w:del><w:r><w:delText>消した文</w:delText></w:r></w:del></w:p>",
	 "消した文", 1},
	{"<w:p><w:r><w:instrText>HYPERLINK x-secret</w:instrText></w:r></w:p>",
	 "x-secret", 1},
	{"<w:p><w:r><w:t>a&amp;b</w:t></w:r></w:p>", "a&b", 1},
	{"<w:p><w:r><w:t><![CDATA[raw]]> text</w:t></w:r></w:p>", "raw text",
	 1},
	{"<w:p>" R("one") "<w:r><w:tab/></w:r>" R("two") "</w:p>", "one two",
	 1},
	{"<w:p><w:r><w:drawing><wp:docPr xmlns:wp=\"x\" descr=\"代わりの文\"/>"
	 "</w:drawing></w:r></w:p>",
	 "代わりの文", 1},
	/* Places on the page are no text. */
	{"<w:p><w:posOffset>4111111111111111</w:posOffset></w:p>",
	 "4111111111111111", 0},
};

START_TEST(words_of_word)
{
	made_docx(&l.file, texts[_i].body, NULL, 0);
	ck_assert_msg(looked_word(&l, "a.docx", texts[_i].word) == texts[_i].n,
		      "%s", texts[_i].body);
	ck_assert(looked_clean(&l));
	ck_assert(str_is(l.p->real_type, "application/" MADE_OOXML
					 "wordprocessingml.document"));
}
END_TEST

#define W_PART(root, text)                                                     \
	"<w:" root " xmlns:w=\"http://schemas.openxmlformats.org/"             \
	"wordprocessingml/2006/main\"><w:p>" R(text) "</w:p></w:" root ">"
#define D_PART(root, text)                                                     \
	"<a:" root " xmlns:a=\"http://schemas.openxmlformats.org/drawingml/"   \
	"2006/main\"><a:p><a:r><a:t>" text "</a:t></a:r></a:p></a:" root ">"

static const struct made_entry parts[] = {
	{.name = "word/header1.xml", .text = W_PART("hdr", "目印")},
	{.name = "word/footer1.xml", .text = W_PART("ftr", "目印")},
	{.name = "word/comments.xml", .text = W_PART("comments", "目印")},
	{.name = "word/footnotes.xml", .text = W_PART("footnotes", "目印")},
	{.name = "word/endnotes.xml", .text = W_PART("endnotes", "目印")},
	{.name = "word/glossary/document.xml",
	 .text = W_PART("glossaryDocument", "目印")},
	{.name = "anywhere/else.bin",
	 .text = "<?xml version='1.0'?>" W_PART("document", "目印")},
	{.name = "word/diagrams/data1.xml",
	 .text = D_PART("dataModel", "目印")},
	{.name = "docProps/core.xml",
	 .text = "<coreProperties><title>目印</title></coreProperties>"},
	{.name = "customXml/item1.xml", .text = "<x><y>目印</y></x>"},
	{.name = "word/afchunk.htm", .text = "<html><p>目<b>印</b></p>"},
	{.name = "word/embeddings/notes.txt", .text = "目印"},
	/* Programs leave such behind. */
	{.name = "customXml/empty.xml", .text = ""},
};

START_TEST(all_parts_are_read)
{
	made_docx(&l.file, "", &parts[_i], 1);
	ck_assert_msg(looked_word(&l, "a.docx", "目印") ==
			      (*parts[_i].text != '\0'),
		      "%s", parts[_i].name);
	ck_assert(looked_clean(&l));
}
END_TEST

START_TEST(wide_characters)
{
	static const char xml[] = "<?xml version='1.0' encoding='UTF-16'?>"
				  "<x><y>mark</y></x>";
	struct made_entry part = {.name = "customXml/item1.xml"};
	AUTO(buf) wide = BUF_MAX(KIB);

	buf_put_u16(&wide, 0xfeff);
	for (size_t i = 0; i + 1 < sizeof(xml); i++)
		buf_put_u16(&wide, (unsigned char)xml[i]);
	part.bytes = buf_str(&wide);
	made_docx(&l.file, "", &part, 1);
	ck_assert_uint_eq(looked_word(&l, "a.docx", "mark"), 1);
	ck_assert(looked_clean(&l));
}
END_TEST

/* ---- what is wrong with a document ---- */

#define LOL(n, m)                                                              \
	"<!ENTITY l" #n " \"&l" #m ";&l" #m ";&l" #m ";&l" #m ";&l" #m ";\">"

static const struct {
	struct made_entry part;
	enum doubt doubt;
} wrong[] = {
	{{.name = "word/bomb.xml",
	  .text = "<!DOCTYPE x [<!ENTITY l0 \"lol\">" LOL(1, 0) LOL(2, 1)
		  LOL(3, 2) LOL(4, 3) LOL(5, 4) "]><x>&l5;</x>"},
	 DOUBT_LIMIT},
	{{.name = "word/outside.xml",
	  .text = "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>"
		  "<x>&e;</x>"},
	 DOUBT_LIMIT},
	{{.name = "word/dtd.xml",
	  .text = "<!DOCTYPE x SYSTEM \"http://127.0.0.1/x.dtd\"><x/>"},
	 DOUBT_LIMIT},
	{{.name = "word/cut.xml", .text = "<x><y>text"}, DOUBT_DAMAGED},
	{{.name = "word/none.xml", .text = "no XML at all"}, DOUBT_DAMAGED},
	{{.name = "word/entity.xml", .text = "<x>&nobody;</x>"}, DOUBT_DAMAGED},
	{{.name = "word/charset.xml",
	  .text = "<?xml version='1.0' encoding='x-none'?><x/>"},
	 DOUBT_DAMAGED},
	{{.name = "word/crc.xml", .text = "<x/>", .crc_lie = 1}, DOUBT_DAMAGED},
	{{.name = "word/embeddings/a.bin", .text = "\1\2\3\4\5\6\7\x80"},
	 DOUBT_UNKNOWN_TYPE},
};

START_TEST(what_is_wrong_is_told)
{
	made_docx(&l.file, "<w:p>" R("text") "</w:p>", &wrong[_i].part, 1);
	looked_at(&l, "a.docx");
	ck_assert_msg(looked_doubt(&l, wrong[_i].doubt), "%s",
		      wrong[_i].part.name);
	ck_assert(!(l.p->file & FILE_READ));
}
END_TEST

START_TEST(deep_xml_ends)
{
	AUTO(buf) deep = BUF_MAX(MADE_MAX);

	for (int i = 0; i < 100000; i++)
		buf_puts(&deep, "<w:p>");
	made_docx(&l.file, buf_cstr(&deep), NULL, 0);
	looked_at(&l, "a.docx");
	ck_assert(looked_doubt(&l, DOUBT_DAMAGED));
}
END_TEST

START_TEST(macros_are_seen)
{
	static const struct made_entry vba[] = {
		{.name = "word/vbaProject.bin", .text = "\xd0\xcf\x11\xe0"},
		{.name = "xl/macrosheets/sheet1.xml", .text = "<x/>"},
	};

	for (size_t i = 0; i < ARRAY_LEN(vba); i++) {
		buf_clear(&l.file);
		made_docx(&l.file, "", &vba[i], 1);
		looked_at(&l, "a.docx");
		ck_assert(l.p->file & FILE_MACRO);
	}
	buf_clear(&l.file);
	MADE_ZIP(&l.file, {.name = "[Content_Types].xml",
			   .text = MADE_TYPES("vnd.ms-excel.sheet.macroEnabled."
					      "main+xml")});
	looked_at(&l, "a.xlsm");
	ck_assert(l.p->file & FILE_MACRO);
	buf_clear(&l.file);
	made_docx(&l.file, "", NULL, 0);
	looked_at(&l, "a.docx");
	ck_assert(!(l.p->file & FILE_MACRO));
}
END_TEST

/* A workbook in a letter is read as itself. */
START_TEST(a_document_in_a_document)
{
	AUTO(buf) in = BUF_MAX(MADE_MAX);
	struct made_entry part = {.name = "word/embeddings/sheet.xlsx"};

	made_xlsx(&in, "<si><t>目印</t></si>", "",
		  "<row><c t=\"s\"><v>0</v></c></row>");
	part.bytes = buf_str(&in);
	made_docx(&l.file, "", &part, 1);
	ck_assert_uint_eq(looked_word(&l, "a.docx", "目印"), 1);
	ck_assert(looked_clean(&l));
	ck_assert_uint_eq(l.v->inner_n, 0);
}
END_TEST

START_TEST(pictures_alone)
{
	static const struct made_entry png = {.name = "word/media/image1.png",
					      .text = "\x89PNG\r\n\x1a\n"};

	made_docx(&l.file, "<w:p>" R("text") "</w:p>", &png, 1);
	looked_at(&l, "a.docx");
	ck_assert(looked_clean(&l));
	buf_clear(&l.file);
	made_docx(&l.file, "<w:p> </w:p>", &png, 1);
	looked_at(&l, "a.docx");
	ck_assert(looked_doubt(&l, DOUBT_PICTURE));
}
END_TEST

/* ---- sheets ---- */

#define STYLES                                                                 \
	"<numFmts><numFmt numFmtId=\"164\" formatCode=\"000000000000\"/>"      \
	"<numFmt numFmtId=\"165\" formatCode=\"0000\\-0000\"/><numFmt "        \
	"numFmtId=\"166\" formatCode=\"yyyy/mm/dd\"/></numFmts><cellXfs>"      \
	"<xf numFmtId=\"0\"/><xf numFmtId=\"164\"/><xf numFmtId=\"165\"/>"     \
	"<xf numFmtId=\"166\"/></cellXfs>"
#define STRINGS                                                                \
	"<si><t>氏名</t></si><si><r><t>山</t></r><r><t>田</t></r><rPh><t>" \
	"ヤマダ</t></rPh></si><si><t>使われない</t></si>"
#define ROW(cells)   "<row>" cells "</row>"
#define NUM(v)	     "<c><v>" v "</v></c>"
#define TEXT(v)	     "<c t=\"inlineStr\"><is><t>" v "</t></is></c>"
#define STYLED(s, v) "<c s=\"" s "\"><v>" v "</v></c>"

static const struct {
	const char *sheet, *word;
	unsigned n;
} cells[] = {
	{ROW("<c t=\"s\"><v>0</v></c>"), "氏名", 1},
	{ROW("<c t=\"s\"><v>1</v></c>"), "山田", 1},
	{ROW("<c t=\"s\"><v>1</v></c>"), "ヤマダ", 1},
	{ROW("<c t=\"s\"><v>0</v></c>") ROW("<c t=\"s\"><v>0</v></c>"), "氏名",
	 2},
	{"", "使われない", 1},
	{ROW("<c t=\"inlineStr\"><is><r><t>社</t></r><r><t>外秘</t></r></is>"
	     "</c>"),
	 "社外秘", 1},
	{ROW("<c t=\"str\"><f>A1</f><v>結果</v></c>"), "結果", 1},
	{ROW("<c t=\"str\"><f>\"隠\"&amp;A1</f><v>x</v></c>"), "隠", 1},
	{ROW(NUM("4.111111111111111E15")), "4111111111111111", 1},
	{ROW(NUM("4111111111111111")), "4111111111111111", 1},
	{ROW(NUM("4111") NUM("1111")), "41111111", 0},
	{ROW(STYLED("1", "12345678901")), "012345678901", 1},
	{ROW(STYLED("2", "1234567")), "0123-4567", 1},
	/* A date is a number of days, whatever digits it has. */
	{ROW(STYLED("3", "46054.411111111111")), "411111111111", 0},
	/* The zeros that a number lost come back where its column's head says
	 * what it is. */
	{ROW(TEXT("氏名") TEXT("携帯番号")) ROW(TEXT("山田") NUM("9012345678")),
	 "09012345678", 1},
	{ROW(TEXT("ＴＥＬ")) ROW(NUM("312345678")), "0312345678", 1},
	{ROW("<c r=\"C1\" t=\"inlineStr\"><is><t>電話</t></is></c>")
		 ROW("<c r=\"B2\"><v>9012345678</v></c>"
		     "<c r=\"C2\"><v>312345678</v></c>"),
	 "0312345678", 1},
	{ROW("<c r=\"C1\" t=\"inlineStr\"><is><t>電話</t></is></c>")
		 ROW("<c r=\"B2\"><v>9012345678</v></c>"),
	 "09012345678", 0},
	{ROW(TEXT("個人番号")) ROW(NUM("44324451959")), "044324451959", 1},
	{ROW(TEXT("ﾏｲﾅﾝﾊﾞｰ")) ROW(NUM("1234567890")), "001234567890", 1},
	{ROW(TEXT("売上高")) ROW(NUM("9012345678")), "09012345678", 0},
	{ROW(TEXT("電話")) ROW(NUM("12345678")), "012345678", 0},
	{"", "顧客", 1}, /* a hidden sheet's name */
	{"<oddHeader>見出し</oddHeader>", "見出し", 1},
};

START_TEST(cells_of_excel)
{
	made_xlsx(&l.file, STRINGS, STYLES, cells[_i].sheet);
	ck_assert_msg(looked_word(&l, "a.xlsx", cells[_i].word) == cells[_i].n,
		      "%s: %s", cells[_i].sheet, cells[_i].word);
	ck_assert(looked_clean(&l));
}
END_TEST

START_TEST(a_string_that_is_not_there)
{
	made_xlsx(&l.file, "<si></si>", "", ROW("<c t=\"s\"><v>0</v></c>"));
	looked_at(&l, "a.xlsx");
	ck_assert(looked_clean(&l));
	buf_clear(&l.file);
	made_xlsx(&l.file, STRINGS, STYLES, ROW("<c t=\"s\"><v>99</v></c>"));
	looked_at(&l, "a.xlsx");
	ck_assert(looked_doubt(&l, DOUBT_DAMAGED));
}
END_TEST

static const struct {
	const char *value, *mask, *text;
} numbers[] = {
	{"0", "", "0"},
	{"42", "", "42"},
	{"-42", "", "-42"},
	{"1234567890123456", "", "1234567890123456"},
	{"1.234567890123456E15", "", "1234567890123456"},
	{"1.5", "", "1.5"},
	{"1.50", "", "1.5"},
	{"2.0", "", "2"},
	{"100.0", "", "100"},
	{"0.1234567890123", "", "0.123457"},
	{"1e300", "", "1e300"},
	{"nonsense", "", "nonsense"},
	{"", "", ""},
	{"7", "000", "007"},
	{"1234567", "000-0000", "123-4567"},
	{"34567", "000-0000", "003-4567"},
	{"12345678", "000-0000", "1234-5678"},
	{"12", "#00", "12"},
	{"-7", "000", "-7"},
};

START_TEST(numbers_as_shown)
{
	AUTO(buf) out = BUF_MAX(KIB);

	sheet_number(str_of(numbers[_i].value), str_of(numbers[_i].mask), &out);
	ck_assert_str_eq(buf_cstr(&out), numbers[_i].text);
}
END_TEST

START_TEST(masks)
{
	static const char *const no[] = {"General", "yyyy", "0.00", "#,##0",
					 "0%",	    "@",    "0",    "E+00"};
	AUTO(buf) mask = BUF_MAX(KIB);

	for (size_t i = 0; i < ARRAY_LEN(no); i++) {
		buf_clear(&mask);
		ck_assert_msg(!sheet_mask(str_of(no[i]), &mask), "%s", no[i]);
	}
	buf_clear(&mask);
	ck_assert(sheet_mask(STR("\"(\"00\\)0000;x"), &mask));
	ck_assert_str_eq(buf_cstr(&mask), "(00)0000");
}
END_TEST

/* ---- slides, OpenDocument ---- */

START_TEST(slides)
{
	MADE_ZIP(&l.file,
		 {.name = "[Content_Types].xml",
		  .text = MADE_TYPES(MADE_OOXML
				     "presentationml.presentation.main+xml")},
		 {.name = "ppt/slides/slide1.xml",
		  .text = "<p:sld xmlns:p=\"http://schemas.openxmlformats.org/"
			  "presentationml/2006/main\" xmlns:a=\"x\"><a:p><a:r>"
			  "<a:t>目</a:t></a:r><a:r><a:t>印</a:t></a:r></a:p>"
			  "</p:sld>"},
		 {.name = "ppt/notesSlides/notesSlide1.xml",
		  .text = "<p:notes xmlns:p=\"http://schemas.openxmlformats."
			  "org/presentationml/2006/main\" xmlns:a=\"x\"><a:p>"
			  "<a:t>目印</a:t></a:p></p:notes>"},
		 {.name = "ppt/comments/comment1.xml",
		  .text = "<p:cmLst xmlns:p=\"http://schemas.openxmlformats."
			  "org/presentationml/2006/main\"><p:cm><p:text>目印"
			  "</p:text></p:cm></p:cmLst>"});
	ck_assert_uint_eq(looked_word(&l, "a.pptx", "目印"), 3);
	ck_assert(looked_clean(&l));
}
END_TEST

#define ODF(kind, what)                                                        \
	"<o:document-" kind                                                    \
	" xmlns:o=\"urn:oasis:names:tc:opendocument:xmlns:"                    \
	"office:1.0\" xmlns:t=\"x\">" what "</o:document-" kind ">"

START_TEST(open_documents)
{
	MADE_ZIP(&l.file,
		 {.name = "mimetype",
		  .text = "application/vnd.oasis.opendocument.spreadsheet"},
		 {.name = "content.xml",
		  .text = ODF("content",
			      "<t:p>目<t:span>印</t:span></t:p><t:p>a<t:s/>b"
			      "</t:p><t:table-cell value-type=\"float\" "
			      "value=\"4111111111111111\"><t:p>4.1E+15</t:p>"
			      "</t:table-cell>")},
		 {.name = "styles.xml",
		  .text = ODF("styles", "<t:p>目印</t:p>")},
		 {.name = "META-INF/manifest.xml",
		  .text = "<!DOCTYPE m:manifest PUBLIC \"-//OpenOffice.org//"
			  "DTD Manifest 1.0//EN\" "
			  "\"Manifest.dtd\"><manifest/>"});
	ck_assert_uint_eq(looked_word(&l, "a.ods", "目印"), 2);
	ck_assert(looked_clean(&l));
	ck_assert_uint_eq(looked_word(&l, "a.ods", "a b"), 1);
	ck_assert_uint_eq(looked_word(&l, "a.ods", "4111111111111111"), 1);
}
END_TEST

START_TEST(a_list_that_declares)
{
	static const char *const lists[] = {
		"<!DOCTYPE m [<!ENTITY e \"x\">]><m>&e;</m>",
		"<!DOCTYPE m [<!ATTLIST m a CDATA \"encryption-data\">]><m/>",
		"<!DOCTYPE m SYSTEM \"x.dtd\"><m>&e;</m>",
	};

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		buf_clear(&l.file);
		MADE_ZIP(&l.file,
			 {.name = "mimetype",
			  .text = "application/vnd.oasis.opendocument.text"},
			 {.name = "META-INF/manifest.xml", .text = lists[i]});
		looked_at(&l, "a.odt");
		ck_assert_msg(looked_doubt(&l, DOUBT_LIMIT), "%s", lists[i]);
	}
}
END_TEST

START_TEST(a_sealed_open_document)
{
	MADE_ZIP(
		&l.file,
		{.name = "mimetype",
		 .text = "application/vnd.oasis.opendocument.text"},
		{.name = "content.xml", .text = "\1\2\3 not XML"},
		{.name = "META-INF/manifest.xml",
		 .text = "<m:manifest xmlns:m=\"x\"><m:file-entry><m:encryption"
			 "-data/></m:file-entry></m:manifest>"});
	looked_at(&l, "a.odt");
	ck_assert(l.p->file & FILE_ENCRYPTED);
	ck_assert(looked_doubt(&l, DOUBT_ENCRYPTED));
	ck_assert(!looked_doubt(&l, DOUBT_DAMAGED));
}
END_TEST

Suite *test_package_suite(void)
{
	Suite *s = suite_create("package");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, start, stop);
	tcase_add_loop_test(c, words_of_word, 0, ARRAY_LEN(texts));
	tcase_add_loop_test(c, all_parts_are_read, 0, ARRAY_LEN(parts));
	tcase_add_test(c, wide_characters);
	tcase_add_loop_test(c, what_is_wrong_is_told, 0, ARRAY_LEN(wrong));
	tcase_add_test(c, deep_xml_ends);
	tcase_add_test(c, macros_are_seen);
	tcase_add_test(c, a_document_in_a_document);
	tcase_add_test(c, pictures_alone);
	tcase_add_loop_test(c, cells_of_excel, 0, ARRAY_LEN(cells));
	tcase_add_test(c, a_string_that_is_not_there);
	tcase_add_loop_test(c, numbers_as_shown, 0, ARRAY_LEN(numbers));
	tcase_add_test(c, masks);
	tcase_add_test(c, slides);
	tcase_add_test(c, open_documents);
	tcase_add_test(c, a_list_that_declares);
	tcase_add_test(c, a_sealed_open_document);
	suite_add_tcase(s, c);
	return s;
}
