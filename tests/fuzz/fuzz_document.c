/* fuzz_document - bytes as an XML part of a document, in a zip whose records
 * are right, so that they get to the readers of texts and cells. The first
 * byte chooses the part.
 */
#include "connector/base/die.h"
#include "connector/extract/files_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define WORD  "wordprocessingml.document"
#define SHEET "spreadsheetml.sheet"
#define TYPES(t)                                                               \
	"<Types><Default Extension=\"xml\" ContentType=\"application/vnd."     \
	"openxmlformats-officedocument." t ".main+xml\"/></Types>"

static const struct {
	const char *types, *part;
} rows[] = {
	{TYPES(WORD), "word/document.xml"},
	{TYPES(SHEET), "xl/worksheets/sheet1.xml"},
	{TYPES(SHEET), "xl/sharedStrings.xml"},
	{TYPES(SHEET), "xl/styles.xml"},
	{TYPES(WORD), "docProps/core.xml"},
	{NULL, "[Content_Types].xml"},
};

static uint32_t crc_of(struct str s)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < s.n; i++) {
		crc ^= (unsigned char)s.p[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static void put_common(struct buf *out, struct str name, struct str s)
{
	buf_put(out, "\x14\0\0\0\0\0\0\0\0\0", 10);
	buf_put_u32(out, crc_of(s));
	buf_put_u32(out, (uint32_t)s.n);
	buf_put_u32(out, (uint32_t)s.n);
	buf_put_u32(out, (uint32_t)name.n);
}

static void put_entry(struct buf *out, struct buf *dir, const char *name,
		      struct str s)
{
	size_t off = out->n;

	buf_puts(out, "PK\3\4");
	put_common(out, str_of(name), s);
	buf_puts(out, name);
	buf_put_str(out, s);
	buf_put(dir, "PK\1\2\x14\0", 6);
	put_common(dir, str_of(name), s);
	buf_put(dir, "\0\0\0\0\0\0\0\0\0\0", 10);
	buf_put_u32(dir, (uint32_t)off);
	buf_puts(dir, name);
}

static void put_end(struct buf *out, const struct buf *dir, unsigned entries)
{
	size_t at = out->n;

	buf_put_str(out, buf_str(dir));
	buf_put(out, "PK\5\6\0\0\0\0", 8);
	buf_put_u16(out, (uint16_t)entries);
	buf_put_u16(out, (uint16_t)entries);
	buf_put_u32(out, (uint32_t)dir->n);
	buf_put_u32(out, (uint32_t)at);
	buf_put_u16(out, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct charset *cs;
	AUTO(arena) a = ARENA_EMPTY;
	AUTO(buf) zip = BUF_MAX(8 * MIB);
	AUTO(buf) dir = BUF_MAX(8 * MIB);
	struct view_part part = {.depth = 0};
	struct view v = {.part = &part, .part_n = 1};
	static const struct question q = {.version = 1};
	struct scan s = {.a = &a, .v = &v, .q = &q};
	struct files f = {.s = &s, .inside = true, .texts = true};
	struct file file = {.name = STR("a"), .whole = true};
	size_t row;

	if (!cs) {
		cs = charset_new(NULL);
		unzip_load();
	}
	if (n == 0)
		return 0;
	s.cs = cs;
	row = p[0] % ARRAY_LEN(rows);
	if (rows[row].types)
		put_entry(&zip, &dir, "[Content_Types].xml",
			  str_of(rows[row].types));
	put_entry(&zip, &dir, rows[row].part, str_n(p + 1, n - 1));
	put_end(&zip, &dir, rows[row].types ? 2 : 1);
	file.bytes = buf_str(&zip);
	file.size = zip.n;
	file_look(&f, &file);
	/* Its records agree, unless the part holds others. */
	must(!scan_has(&s, DOUBT_AMBIGUOUS) ||
	     str_find(file.bytes, STR("%PDF-")) >= 0 ||
	     str_find(str_n(p, n), STR("PK")) >= 0);
	return 0;
}
