/* ole_kind.c - which program a compound file is of, whether it needs a
 * password, and whether it has macros; see ole_int.h.
 */
#include "connector/base/rd.h"
#include "connector/extract/ole_int.h"
#include "connector/mail/view.h"

#define HEAD_BYTES    64
#define BIFF_LOOK     (4 * MIB)	  /* of the part that names the sheets */
#define FIB_ENCRYPTED 0x0100	  /* MS-DOC 2.5.1: flags at 10 */
#define USER_TOKEN    0xf3d1c4dfu /* MS-PPT 2.3.2: encrypted */

/* MS-XLS 2.4: records. */
enum { BIFF_EOF = 0x0a, BIFF_FILEPASS = 0x2f, BIFF_BOUNDSHEET = 0x85 };
enum { SHEET_MACRO = 1, SHEET_MODULE = 6 };

#define OFFICE(t)                                                              \
	{                                                                      \
		t, FAM_OFFICE, READER_NONE, false                              \
	}
#define OLE(t)                                                                 \
	{                                                                      \
		t, FAM_OLE, READER_NONE, false                                 \
	}
#define SEALED(t)                                                              \
	{                                                                      \
		t, FAM_SEALED, READER_SEALED, false                            \
	}

static const struct kind other = OLE("application/x-ole-storage");
static const struct kind installer = {"application/x-msi", FAM_OLE, READER_NONE,
				      true};
/* Formulas are drawn, not written: there is nothing to read. */
static const struct row {
	const char *entry;
	struct kind kind;
} rows[] = {
	{"EncryptedPackage", SEALED("application/encrypted")},
	{"\x09"
	 "DRMContent",
	 SEALED("application/encrypted")},
	{"WordDocument", OFFICE("application/msword")},
	{"Workbook", OFFICE("application/vnd.ms-excel")},
	{"Book", OFFICE("application/vnd.ms-excel")},
	{"PowerPoint Document", OFFICE("application/vnd.ms-powerpoint")},
	{"__properties_version1.0", OLE("application/vnd.ms-outlook")},
	{"VisioDocument", OLE("application/vnd.visio")},
	{"Equation Native",
	 {"application/x-equation", FAM_OLE, READER_PICTURE, false}},
};

static bool word_sealed(struct str head, unsigned *flags)
{
	struct rd r = rd_of(str_skip(head, 10));

	(void)flags;
	return rd_u16(&r) & FIB_ENCRYPTED;
}

/* Records up to the end of the workbook's own part. */
static bool excel_sealed(struct str s, unsigned *flags)
{
	struct rd r = rd_of(s);

	while (rd_ok(&r) && r.n) {
		unsigned id = rd_u16(&r);
		struct str body = rd_bytes(&r, rd_u16(&r));

		if (id == BIFF_EOF || !rd_ok(&r))
			break;
		if (id == BIFF_FILEPASS)
			return true;
		if (id == BIFF_BOUNDSHEET && body.n > 5 &&
		    (body.p[5] == SHEET_MACRO || body.p[5] == SHEET_MODULE))
			*flags |= FILE_MACRO;
	}
	return false;
}

static bool user_sealed(struct str head, unsigned *flags)
{
	struct rd r = rd_of(str_skip(head, 12));

	(void)flags;
	return rd_u32(&r) == USER_TOKEN;
}

/* Streams that tell of a password, or of macros beside VBA's. */
static const struct teller {
	const char *entry;
	size_t look;
	bool (*sealed)(struct str s, unsigned *flags);
} tellers[] = {
	{"WordDocument", HEAD_BYTES, word_sealed},
	{"Workbook", BIFF_LOOK, excel_sealed},
	{"Book", BIFF_LOOK, excel_sealed},
	{"Current User", HEAD_BYTES, user_sealed},
};

/* MS-PPT 2.4.10: the atom that says that a project of macros is there. */
static bool slides_have_macros(struct str in)
{
	struct str atom = STR("\x02\0\0\x04\x0c\0\0\0");
	ptrdiff_t at;

	while ((at = str_find(in, atom)) >= 0) {
		struct rd r;

		in = str_skip(in, (size_t)at + atom.n);
		r = rd_of(str_skip(in, 4));
		if (rd_u32(&r) == 1)
			return true;
	}
	return false;
}

static void ask_tellers(const struct ole *o, unsigned *flags)
{
	for (size_t i = 0; i < ARRAY_LEN(tellers); i++) {
		const struct ole_entry *e = ole_find(o, tellers[i].entry);
		AUTO(buf) head = BUF_MAX(tellers[i].look);

		if (!e)
			continue;
		/* What there is of a broken stream may tell enough. */
		(void)ole_read(o, e, &head);
		if (tellers[i].sealed(buf_str(&head), flags))
			*flags |= FILE_ENCRYPTED;
	}
}

/* {000C1082,4,6-0000-0000-C000-000000000046}: packages, patches. */
static bool is_installer(struct str id)
{
	return id.n == 16 &&
	       (id.p[0] == '\x82' || id.p[0] == '\x84' || id.p[0] == '\x86') &&
	       str_starts(str_skip(id, 1),
			  STR("\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46"));
}

const struct kind *ole_kind(const struct ole *o, unsigned *flags_r)
{
	const struct kind *k = &other;

	*flags_r = 0;
	if (is_installer(o->root_id))
		return &installer;
	for (size_t i = 0; k == &other && i < ARRAY_LEN(rows); i++)
		if (ole_find(o, rows[i].entry))
			k = &rows[i].kind;
	if (ole_find(o, "_VBA_PROJECT") || ole_find(o, "_VBA_PROJECT_CUR"))
		*flags_r |= FILE_MACRO;
	if (ole_find(o, "PowerPoint Document") && slides_have_macros(o->in))
		*flags_r |= FILE_MACRO;
	ask_tellers(o, flags_r);
	if (k->reader == READER_SEALED)
		*flags_r |= FILE_ENCRYPTED;
	return k;
}

static struct str c_string(struct rd *r)
{
	struct str rest = str_n(r->p, r->n);
	ptrdiff_t end = str_chr(rest, 0);

	if (end < 0) {
		r->bad = true;
		return STR_EMPTY;
	}
	(void)rd_bytes(r, (size_t)end + 1);
	return str_head(rest, (size_t)end);
}

/* Size, mark, label, path, marks, path again, size, bytes. */
static bool native_file(struct str s, struct str *file_r, struct str *name_r)
{
	struct rd r = rd_of(s);

	(void)rd_u32(&r);
	(void)rd_u16(&r);
	*name_r = c_string(&r);
	(void)c_string(&r);
	(void)rd_u32(&r);
	(void)rd_bytes(&r, rd_u32(&r));
	*file_r = rd_bytes(&r, rd_u32(&r));
	return rd_ok(&r);
}

bool ole_carried(const struct ole *o, struct arena *a, struct buf *out,
		 struct str *name_r)
{
	const struct ole_entry *e = ole_find(o, "Package");
	struct str file;

	*name_r = STR_EMPTY;
	if (e)
		return ole_read(o, e, out);
	e = ole_find(o, "\x01"
			"Ole10Native");
	if (!e || !ole_read(o, e, out) ||
	    !native_file(buf_str(out), &file, name_r))
		return false;
	*name_r = arena_str(a, *name_r);
	buf_truncate(out, (size_t)(file.p - out->p) + file.n);
	buf_drop(out, (size_t)(file.p - out->p));
	return true;
}
