/* made.c - see made.h. */
#include "tests/unit/connector/extract/made.h"
#include <check.h>
#include <zip.h>
#include "connector/base/codec.h"

/* ---- zip, record by record (APPNOTE 4.3) ---- */

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

static struct str bytes_of(const struct made_entry *e)
{
	return e->bytes.p ? e->bytes : str_of(e->text ? e->text : "");
}

/* The fields that both headers have, from the flags to the extra's length. */
static void put_common(struct buf *out, const struct made_entry *e,
		       unsigned flags, bool local, size_t name_n,
		       size_t extra_n)
{
	struct str s = bytes_of(e);
	bool later = e->descriptor && local;

	buf_put_u16(out, (uint16_t)(flags | (e->descriptor ? 8 : 0)));
	buf_put_u16(out, (uint16_t)e->method);
	buf_put_u32(out, 0x5d625000);
	buf_put_u32(out, later ? 0 : crc_of(s) ^ e->crc_lie);
	buf_put_u32(out, later ? 0 : (uint32_t)s.n);
	buf_put_u32(out, later ? 0 : (uint32_t)s.n + (local ? 0 : e->size_lie));
	buf_put_u16(out, (uint16_t)name_n);
	buf_put_u16(out, (uint16_t)extra_n);
}

static void put_local(struct buf *out, const struct made_entry *e)
{
	struct str s = bytes_of(e);
	struct str name = str_of(e->local_name ? e->local_name : e->name);

	buf_puts(out, e->gap ? e->gap : "");
	buf_put(out, "PK\3\4\x14\0", 6);
	put_common(out, e, e->flags ^ e->local_flags_xor, true, name.n, 0);
	buf_put_str(out, name);
	buf_put_str(out, s);
	if (e->descriptor) {
		buf_put(out, "PK\7\x8", 4);
		buf_put_u32(out, crc_of(s));
		buf_put_u32(out, (uint32_t)s.n);
		buf_put_u32(out, (uint32_t)s.n);
	}
}

static void put_central(struct buf *out, const struct made_entry *e, size_t off)
{
	struct str name = str_of(e->name);

	buf_put(out, "PK\1\2\x14\0\x14\0", 8);
	put_common(out, e, e->flags, false, name.n, e->extra.n);
	buf_put_u16(out, 0);
	buf_put_u32(out, 0);
	buf_put_u32(out, 0);
	buf_put_u32(out, (uint32_t)off);
	buf_put_str(out, name);
	buf_put_str(out, e->extra);
}

void made_zip(struct buf *out, const struct made_entry *v, size_t n)
{
	AUTO(buf) dir = BUF_MAX(MADE_MAX);
	size_t start = out->n, at, rows = 0, first = 0;

	for (size_t i = 0; i < n; i++) {
		at = out->n - start + (v[i].gap ? strlen(v[i].gap) : 0);
		first = i ? first : at;
		if (!v[i].at_first)
			put_local(out, &v[i]);
		for (unsigned k = 0; k <= v[i].directory; k++) {
			put_central(&dir, &v[i], v[i].at_first ? first : at);
			rows++;
		}
	}
	at = out->n - start;
	buf_put_str(out, buf_str(&dir));
	buf_put(out, "PK\5\6\0\0\0\0", 8);
	buf_put_u16(out, (uint16_t)rows);
	buf_put_u16(out, (uint16_t)rows);
	buf_put_u32(out, (uint32_t)dir.n);
	buf_put_u32(out, (uint32_t)at);
	buf_put_u16(out, 0);
	ck_assert(buf_ok(out) && buf_ok(&dir));
}

void made_packed(struct buf *out, const char *name, struct str bytes,
		 unsigned cipher)
{
	zip_source_t *to = zip_source_buffer_create(NULL, 0, 0, NULL);
	zip_t *z = zip_open_from_source(to, ZIP_TRUNCATE, NULL);
	zip_int64_t i;
	zip_stat_t st;
	char *room;

	ck_assert_ptr_nonnull(z);
	zip_source_keep(to);
	i = zip_file_add(z, name, zip_source_buffer(z, bytes.p, bytes.n, 0),
			 ZIP_FL_ENC_UTF_8);
	ck_assert_int_ge(i, 0);
	if (cipher)
		ck_assert_int_eq(zip_file_set_encryption(z, (zip_uint64_t)i,
							 (zip_uint16_t)cipher,
							 "pw"),
				 0);
	ck_assert_int_eq(zip_close(z), 0);
	ck_assert_int_eq(zip_source_stat(to, &st), 0);
	ck_assert_int_eq(zip_source_open(to), 0);
	room = buf_room(out, st.size);
	ck_assert_ptr_nonnull(room);
	ck_assert_int_eq(zip_source_read(to, room, st.size),
			 (zip_int64_t)st.size);
	buf_grown(out, st.size);
	zip_source_close(to);
	zip_source_free(to);
}

/* ---- documents ---- */

#define WORD_NS                                                                \
	"xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/"   \
	"main\" xmlns:mc=\"http://schemas.openxmlformats.org/markup-"          \
	"compatibility/2006\""
#define SHEET_NS                                                               \
	"xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\""

void made_docx(struct buf *out, const char *body, const struct made_entry *more,
	       size_t n)
{
	AUTO(buf) xml = BUF_MAX(MADE_MAX);
	struct made_entry v[16] = {
		{.name = "[Content_Types].xml",
		 .text = MADE_TYPES(MADE_OOXML
				    "wordprocessingml.document.main+xml")},
		{.name = "word/document.xml"},
	};

	buf_printf(&xml,
		   "<w:document " WORD_NS "><w:body>%s</w:body>"
		   "</w:document>",
		   body);
	v[1].bytes = buf_str(&xml);
	ck_assert_uint_le(n + 2, ARRAY_LEN(v));
	for (size_t i = 0; i < n; i++)
		v[i + 2] = more[i];
	made_zip(out, v, n + 2);
}

void made_xlsx(struct buf *out, const char *strings, const char *styles,
	       const char *sheet)
{
	AUTO(buf) a = BUF_MAX(MADE_MAX);
	AUTO(buf) b = BUF_MAX(MADE_MAX);
	AUTO(buf) c = BUF_MAX(MADE_MAX);
	struct made_entry v[] = {
		{.name = "[Content_Types].xml",
		 .text = MADE_TYPES(MADE_OOXML "spreadsheetml.sheet.main+xml")},
		{.name = "xl/worksheets/sheet1.xml"},
		{.name = "xl/workbook.xml",
		 .text = "<workbook " SHEET_NS "><sheets><sheet name=\"顧客\" "
			 "state=\"hidden\"/></sheets></workbook>"},
		{.name = "xl/styles.xml"},
		{.name = "xl/sharedStrings.xml"},
	};

	buf_printf(&a,
		   "<worksheet " SHEET_NS "><sheetData>%s</sheetData>"
		   "</worksheet>",
		   sheet);
	buf_printf(&b, "<styleSheet " SHEET_NS ">%s</styleSheet>", styles);
	buf_printf(&c, "<sst " SHEET_NS ">%s</sst>", strings);
	v[1].bytes = buf_str(&a);
	v[3].bytes = buf_str(&b);
	v[4].bytes = buf_str(&c);
	made_zip(out, v, ARRAY_LEN(v));
}

/* ---- compound files (MS-CFB) ---- */

#define SECTOR	  512
#define MINI	  64
#define CUTOFF	  4096
#define FREE_MARK 0xffffffffu
#define END_MARK  0xfffffffeu
#define FAT_MARK  0xfffffffdu

struct ole_plan {
	struct buf body; /* all sectors but the allocation table */
	uint32_t fat[8192];
	uint32_t sectors;
};

static void pad(struct buf *b, size_t to)
{
	while (b->n % to)
		buf_putc(b, 0);
}

/* A chain of its own; gives its first sector. */
static uint32_t put_chain(struct ole_plan *p, struct str s)
{
	uint32_t first = p->sectors,
		 n = (uint32_t)((s.n + SECTOR - 1) / SECTOR);

	if (n == 0)
		return END_MARK;
	buf_put_str(&p->body, s);
	pad(&p->body, SECTOR);
	for (uint32_t i = 0; i < n; i++)
		p->fat[p->sectors++] = i + 1 == n ? END_MARK : first + i + 1;
	ck_assert_uint_lt(p->sectors, 8000);
	return first;
}

static void put_dir(struct buf *dir, const char *name, unsigned type,
		    const char *id, uint32_t start, uint64_t size)
{
	size_t at = dir->n, n = strlen(name);

	for (size_t i = 0; i < n; i++)
		buf_put_u16(dir, (unsigned char)name[i]);
	while (dir->n < at + 64)
		buf_putc(dir, 0);
	buf_put_u16(dir, (uint16_t)(2 * n + 2));
	buf_putc(dir, (char)type);
	buf_putc(dir, 1);
	for (int i = 0; i < 3; i++)
		buf_put_u32(dir, FREE_MARK);
	for (int i = 0; i < 16; i++)
		buf_putc(dir, id ? id[i] : 0);
	for (int i = 0; i < 5; i++)
		buf_put_u32(dir, 0);
	buf_put_u32(dir, start);
	buf_put_u64(dir, size);
}

struct small {
	struct buf bytes, table;
};

static uint32_t put_small(struct small *m, struct str s)
{
	uint32_t first = (uint32_t)(m->bytes.n / MINI), at = first;

	buf_put_str(&m->bytes, s);
	pad(&m->bytes, MINI);
	for (; (at + 1) * (size_t)MINI < m->bytes.n; at++)
		buf_put_u32(&m->table, at + 1);
	buf_put_u32(&m->table, END_MARK);
	return first;
}

static void put_ole_header(struct buf *out, const struct ole_plan *p,
			   uint32_t dir, uint32_t mini, uint32_t fats)
{
	buf_put(out, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
	while (out->n < 24)
		buf_putc(out, 0);
	buf_put(out, "\x3e\0\3\0\xfe\xff\x09\0\x06\0\0\0\0\0\0\0", 16);
	buf_put_u32(out, 0);
	buf_put_u32(out, fats);
	buf_put_u32(out, dir);
	buf_put_u32(out, 0);
	buf_put_u32(out, CUTOFF);
	buf_put_u32(out, mini);
	buf_put_u32(out, mini == END_MARK ? 0 : 1);
	buf_put_u32(out, END_MARK);
	buf_put_u32(out, 0);
	for (uint32_t i = 0; i < 109; i++)
		buf_put_u32(out, i < fats ? p->sectors + i : FREE_MARK);
}

void made_ole(struct buf *out, const struct made_stream *v, size_t n,
	      const char *id)
{
	static struct ole_plan p;
	struct small m = {BUF_MAX(MADE_MAX), BUF_MAX(MADE_MAX)};
	AUTO(buf) dir = BUF_MAX(MADE_MAX);
	AUTO(buf) rest = BUF_MAX(MADE_MAX);
	uint32_t start[32] = {0}, small, table, first, fats;

	p = (struct ole_plan){.body = BUF_MAX(MADE_MAX)};
	for (size_t i = 0; i < n; i++)
		start[i] = v[i].bytes.n < CUTOFF ? put_small(&m, v[i].bytes)
						 : put_chain(&p, v[i].bytes);
	small = put_chain(&p, buf_str(&m.bytes));
	table = put_chain(&p, buf_str(&m.table));
	put_dir(&dir, "Root Entry", 5, id, small, m.bytes.n);
	for (size_t i = 0; i < n; i++)
		put_dir(&dir, v[i].name, 2, NULL, start[i], v[i].bytes.n);
	first = put_chain(&p, buf_str(&dir));
	fats = (p.sectors + 200) / 128 + 1;
	put_ole_header(out, &p, first, table, fats);
	buf_put_str(out, buf_str(&p.body));
	for (uint32_t i = 0; i < fats * 128; i++)
		buf_put_u32(out, i < p.sectors		? p.fat[i]
				 : i < p.sectors + fats ? FAT_MARK
							: FREE_MARK);
	buf_release(&p.body);
	buf_release(&m.bytes);
	buf_release(&m.table);
	ck_assert(buf_ok(out));
}

/* ---- mails ---- */

void made_mail(struct buf *out, const char *name, struct str bytes)
{
	buf_puts(out,
		 "From: a@example.co.jp\r\nTo: b@example.com\r\n"
		 "Subject: s\r\nMessage-ID: <1@example.co.jp>\r\n"
		 "MIME-Version: 1.0\r\n"
		 "Content-Type: multipart/mixed; boundary=\"=_b\"\r\n\r\n"
		 "--=_b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--=_b\r\n"
		 "Content-Type: application/octet-stream;\r\n"
		 " name*=UTF-8''");
	percent_encode(out, str_of(name));
	buf_puts(out, "\r\nContent-Disposition: attachment;\r\n"
		      " filename*=UTF-8''");
	percent_encode(out, str_of(name));
	buf_puts(out, "\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	b64_encode_mime(out, bytes);
	buf_puts(out, "--=_b--\r\n");
	ck_assert(buf_ok(out));
}
