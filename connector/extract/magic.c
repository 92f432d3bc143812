/* magic.c - media types by content; see magic_int.h.
 *
 * Signatures are those of the formats' own descriptions.  The order counts:
 * the first row that fits is taken.
 */
#include "connector/extract/magic_int.h"

#define TEXT_ODD_SHARE 64  /* one control character in so many is text yet */
#define HTML_LOOK      KIB /* where <html> makes a text HTML */
#define PDF_LOOK       KIB /* where readers accept %PDF- */
#define MAIL_LOOK      (4 * KIB)
#define CMS_LOOK       256 /* where signed data tell what they sign */
#define MAIL_FIELDS    2   /* well-known fields that make a text a mail */

#define K(t, f, r)                                                             \
	{                                                                      \
		t, f, READER_##r, false                                        \
	}
#define PROGRAM(t)                                                             \
	{                                                                      \
		t, FAM_PROGRAM, READER_NONE, true                              \
	}
#define SIGN(off, bytes, kind)                                                 \
	{                                                                      \
		off, {bytes, sizeof(bytes) - 1}, kind                          \
	}

static const struct kind unknown = {"", 0, READER_NONE, false};
static const struct kind empty = {"", 0, READER_TEXT, false};
static const struct kind text = K("text/plain", FAM_TEXT, TEXT);
static const struct kind html = K("text/html", FAM_HTML, HTML);
static const struct kind hta = {"application/hta", FAM_SCRIPT, READER_HTML,
				true};
static const struct kind xml = K("application/xml", FAM_XML, TEXT);
static const struct kind svg = K("image/svg+xml", FAM_XML, TEXT);
static const struct kind script = {"text/x-script", FAM_SCRIPT, READER_TEXT,
				   true};
static const struct kind coded_script = {"text/x-script", FAM_SCRIPT,
					 READER_NONE, true};
static const struct kind mail = K("message/rfc822", FAM_MAIL, MAIL);
static const struct kind mbox = K("application/mbox", FAM_MAIL, NONE);
static const struct kind pdf = K("application/pdf", FAM_PDF, PDF);
static const struct kind pe = PROGRAM("application/vnd.microsoft."
				      "portable-executable");
static const struct kind bmp = K("image/bmp", FAM_IMAGE, PICTURE);
static const struct kind lzh = K("application/x-lzh", FAM_ARCHIVE, NONE);
static const struct kind tar = K("application/x-tar", FAM_ARCHIVE, NONE);
static const struct kind iso = K("application/x-iso9660-image", FAM_ARCHIVE,
				 NONE);
static const struct kind enveloped = K("application/pkcs7-mime", FAM_SEALED,
				       SEALED);
static const struct kind signed_data = K("application/pkcs7-mime", FAM_MAIL,
					 NONE);
static const struct kind signature = K("application/pkcs7-signature", 0,
				       NOTHING);
static const struct kind pgp = K("application/pgp-encrypted", FAM_SEALED,
				 SEALED);

struct sign {
	size_t off;
	struct str bytes;
	struct kind kind;
};

/* Texts, or near enough. */
static const struct sign text_signs[] = {
	SIGN(0, "{\\rtf", K("application/rtf", FAM_RTF, NONE)),
	SIGN(0, "-----BEGIN PGP MESSAGE-----",
	     K("application/pgp-encrypted", FAM_SEALED, SEALED)),
	SIGN(0, "Salted__", K("application/octet-stream", FAM_SEALED, SEALED)),
	SIGN(0, "age-encryption.org/",
	     K("application/x-age", FAM_SEALED, SEALED)),
};

/* Letters alone make no file of this kind of what is text. */
static const struct sign signs[] = {
	SIGN(0, "PK\3\4", K("application/zip", FAM_ZIP, ZIP)),
	SIGN(0, "PK\5\6", K("application/zip", FAM_ZIP, ZIP)),
	SIGN(0, "PK00PK\3\4", K("application/zip", FAM_ZIP, ZIP)),
	SIGN(0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
	     K("application/x-ole-storage", FAM_OLE, OLE)),
	SIGN(0, "\x76\xe8\x04\x60\xc4\x11\xe3\x86",
	     K("application/x-microsoft-rpmsg-message", FAM_SEALED, SEALED)),
	/* What a Mac notes of a file, beside it (RFC 1740). */
	SIGN(0, "\0\5\x16\7\0\2\0", K("application/applefile", FAM_TEXT, TEXT)),

	SIGN(0, "7z\xbc\xaf\x27\x1c",
	     K("application/x-7z-compressed", FAM_ARCHIVE, NONE)),
	SIGN(0, "Rar!\x1a\x07", K("application/vnd.rar", FAM_ARCHIVE, NONE)),
	SIGN(0, "\x1f\x8b\x08", K("application/gzip", FAM_ARCHIVE, NONE)),
	SIGN(0, "\x1f\x9d", K("application/x-compress", FAM_ARCHIVE, NONE)),
	SIGN(4, "1AY&SY", K("application/x-bzip2", FAM_ARCHIVE, NONE)),
	SIGN(0,
	     "\xfd"
	     "7zXZ\0",
	     K("application/x-xz", FAM_ARCHIVE, NONE)),
	SIGN(0, "LZIP", K("application/x-lzip", FAM_ARCHIVE, NONE)),
	SIGN(0, "\x28\xb5\x2f\xfd", K("application/zstd", FAM_ARCHIVE, NONE)),
	SIGN(0, "\x04\x22\x4d\x18", K("application/x-lz4", FAM_ARCHIVE, NONE)),
	SIGN(0, "MSCF\0\0\0\0",
	     K("application/vnd.ms-cab-compressed", FAM_ARCHIVE, NONE)),
	SIGN(0, "MSWIM\0\0\0", K("application/x-ms-wim", FAM_ARCHIVE, NONE)),
	SIGN(0, "vhdxfile", K("application/x-vhdx", FAM_ARCHIVE, NONE)),
	SIGN(0, "conectix", K("application/x-vhd", FAM_ARCHIVE, NONE)),
	SIGN(0, "\x60\xea", K("application/x-arj", FAM_ARCHIVE, NONE)),
	SIGN(7, "**ACE**", K("application/x-ace", FAM_ARCHIVE, NONE)),
	SIGN(0, "!<arch>\n", K("application/x-archive", FAM_ARCHIVE, NONE)),
	SIGN(0, "070701", K("application/x-cpio", FAM_ARCHIVE, NONE)),
	SIGN(0, "xar!", K("application/x-xar", FAM_ARCHIVE, NONE)),
	SIGN(0, "EGGA", K("application/x-egg", FAM_ARCHIVE, NONE)),
	SIGN(0, "ALZ\1", K("application/x-alz", FAM_ARCHIVE, NONE)),
	SIGN(0, "\x78\x9f\x3e\x22",
	     K("application/vnd.ms-tnef", FAM_ARCHIVE, NONE)),
	SIGN(0, "!BDN", K("application/vnd.ms-outlook-pst", FAM_ARCHIVE, NONE)),

	SIGN(0, "\x89PNG\r\n\x1a\n", K("image/png", FAM_IMAGE, PICTURE)),
	SIGN(0, "\xff\xd8\xff", K("image/jpeg", FAM_IMAGE, PICTURE)),
	SIGN(0, "GIF87a", K("image/gif", FAM_IMAGE, PICTURE)),
	SIGN(0, "GIF89a", K("image/gif", FAM_IMAGE, PICTURE)),
	SIGN(0, "II*\0", K("image/tiff", FAM_IMAGE, PICTURE)),
	SIGN(0, "MM\0*", K("image/tiff", FAM_IMAGE, PICTURE)),
	SIGN(0, "II+\0", K("image/tiff", FAM_IMAGE, PICTURE)),
	SIGN(0, "8BPS\0\1", K("image/vnd.adobe.photoshop", FAM_IMAGE, PICTURE)),
	SIGN(0, "\0\0\1\0", K("image/vnd.microsoft.icon", FAM_IMAGE, PICTURE)),
	SIGN(0, "\0\0\0\x0cjP  ", K("image/jp2", FAM_IMAGE, PICTURE)),
	SIGN(0, "\0\0\0\x0cJXL ", K("image/jxl", FAM_IMAGE, PICTURE)),
	SIGN(0, "\xd7\xcd\xc6\x9a\0\0", K("image/wmf", FAM_IMAGE, PICTURE)),
	SIGN(40, " EMF\0\0\1\0", K("image/emf", FAM_IMAGE, PICTURE)),
	SIGN(0, "VCLMTF\1\0", K("image/x-svm", FAM_IMAGE, PICTURE)),
	SIGN(8, "WEBPVP8", K("image/webp", FAM_IMAGE, PICTURE)),
	SIGN(4, "ftyphei", K("image/heic", FAM_IMAGE, PICTURE)),
	SIGN(4, "ftypmif1", K("image/heif", FAM_IMAGE, PICTURE)),
	SIGN(4, "ftypavif", K("image/avif", FAM_IMAGE, PICTURE)),

	SIGN(4, "ftyp", K("video/mp4", FAM_MEDIA, PICTURE)),
	SIGN(4, "moov", K("video/quicktime", FAM_MEDIA, PICTURE)),
	SIGN(8, "WAVEfmt ", K("audio/x-wav", FAM_MEDIA, PICTURE)),
	SIGN(8, "AVI LIST", K("video/x-msvideo", FAM_MEDIA, PICTURE)),
	SIGN(0, "\x1a\x45\xdf\xa3", K("video/x-matroska", FAM_MEDIA, PICTURE)),
	SIGN(0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11",
	     K("video/x-ms-asf", FAM_MEDIA, PICTURE)),
	SIGN(0, "\0\0\1\xba", K("video/mpeg", FAM_MEDIA, PICTURE)),
	SIGN(0, "\0\0\1\xb3", K("video/mpeg", FAM_MEDIA, PICTURE)),
	SIGN(0, "FLV\1", K("video/x-flv", FAM_MEDIA, PICTURE)),
	SIGN(0, "OggS\0", K("audio/ogg", FAM_MEDIA, PICTURE)),
	SIGN(0, "fLaC\0", K("audio/flac", FAM_MEDIA, PICTURE)),
	SIGN(0, "ID3\2", K("audio/mpeg", FAM_MEDIA, PICTURE)),
	SIGN(0, "ID3\3", K("audio/mpeg", FAM_MEDIA, PICTURE)),
	SIGN(0, "ID3\4", K("audio/mpeg", FAM_MEDIA, PICTURE)),
	SIGN(0, "\xff\xfb", K("audio/mpeg", FAM_MEDIA, PICTURE)),
	SIGN(0, "\xff\xf3", K("audio/mpeg", FAM_MEDIA, PICTURE)),
	SIGN(0, "\xff\xf1", K("audio/aac", FAM_MEDIA, PICTURE)),
	SIGN(0, "#!AMR", K("audio/amr", FAM_MEDIA, PICTURE)),
	SIGN(0, "MThd\0\0\0\6", K("audio/midi", FAM_MEDIA, PICTURE)),

	SIGN(0,
	     "\x7f"
	     "ELF",
	     PROGRAM("application/x-elf")),
	SIGN(0, "\xfe\xed\xfa\xce", PROGRAM("application/x-mach-binary")),
	SIGN(0, "\xfe\xed\xfa\xcf", PROGRAM("application/x-mach-binary")),
	SIGN(0, "\xce\xfa\xed\xfe", PROGRAM("application/x-mach-binary")),
	SIGN(0, "\xcf\xfa\xed\xfe", PROGRAM("application/x-mach-binary")),
	/* Java classes and Mach-O for several processors. */
	SIGN(0, "\xca\xfe\xba\xbe", PROGRAM("application/java-vm")),
	SIGN(0, "L\0\0\0\1\x14\2\0", PROGRAM("application/x-ms-shortcut")),
	SIGN(0, "dex\n03", PROGRAM("application/vnd.android.dex")),
	SIGN(0, "\0asm\1\0\0\0", PROGRAM("application/wasm")),
	SIGN(0, "ITSF\3\0\0\0", PROGRAM("application/vnd.ms-htmlhelp")),

	/* Known, without a reader; a name says nothing against them. */
	SIGN(0, "SQLite format 3\0", K("application/vnd.sqlite3", 0, NONE)),
	SIGN(4, "Standard Jet DB\0", K("application/x-msaccess", 0, NONE)),
	SIGN(4, "Standard ACE DB\0", K("application/x-msaccess", 0, NONE)),
	SIGN(0, "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d",
	     K("application/onenote", 0, NONE)),
	SIGN(0, "AC10", K("image/vnd.dwg", 0, NONE)),
	SIGN(128, "DICM", K("application/dicom", 0, NONE)),
};

static bool at(struct str s, size_t off, struct str bytes)
{
	return str_starts(str_skip(s, off), bytes);
}

static unsigned u32_at(struct str s, size_t off)
{
	const unsigned char *p = (const unsigned char *)s.p + off;

	if (s.n < off + 4)
		return 0;
	return (unsigned)p[0] | (unsigned)p[1] << 8 | (unsigned)p[2] << 16 |
	       (unsigned)p[3] << 24;
}

/* A byte order mark says text; else bytes that text does not have. */
static bool is_text(struct str s)
{
	size_t odd = 0;

	s = str_head(s, MAGIC_HEAD_MAX);
	if (at(s, 0, STR("\xff\xfe")) || at(s, 0, STR("\xfe\xff")))
		return true;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == 0)
			return false;
		/* Escapes are ISO-2022-JP's, 0x1a ends files of old. */
		odd += (c < ' ' && !(c >= '\t' && c <= '\r') && c != 0x1b &&
			c != 0x1a) ||
		       c == 0x7f;
	}
	return odd * TEXT_ODD_SHARE <= s.n;
}

static bool is_bmp(struct str s)
{
	static const unsigned char sizes[] = {12, 16, 40, 52, 56, 64, 108, 124};
	unsigned dib = u32_at(s, 14);

	for (size_t i = 0; at(s, 0, STR("BM")) && i < sizeof(sizes); i++)
		if (dib == sizes[i])
			return true;
	return false;
}

/* "-lh5-", "-lz4-" and the like behind two bytes. */
static bool is_lzh(struct str s)
{
	return s.n > 21 && s.p[2] == '-' && s.p[3] == 'l' &&
	       (s.p[4] == 'h' || s.p[4] == 'z') && s.p[6] == '-';
}

/* RFC 5652 5.2: content that is named and not there, its length given or not.
 */
static bool is_detached(struct str s)
{
	s = str_head(s, CMS_LOOK);
	return str_find(s, STR("\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d"
			       "\x01\x07\x01")) >= 0 ||
	       str_find(s, STR("\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d"
			       "\x01\x07\x01\0\0")) >= 0;
}

/* RFC 5652: a sequence that begins with an id below 1.2.840.113549.1.7. */
static const struct kind *cms_kind(struct str s)
{
	ptrdiff_t oid = str_find(str_head(s, 24),
				 STR("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01"
				     "\x07"));

	if (s.n < 24 || s.p[0] != 0x30 || oid < 0)
		return NULL;
	if (s.p[oid + 10] != 2)
		return &enveloped;
	return is_detached(s) ? &signature : &signed_data;
}

static const struct kind *binary_kind(struct str s)
{
	if (s.n >= 64 && at(s, 0, STR("MZ")))
		return &pe;
	if (is_bmp(s))
		return &bmp;
	if (is_lzh(s))
		return &lzh;
	if (at(s, 257, STR("ustar")))
		return &tar;
	if (at(s, 0x8001, STR("CD001")))
		return &iso;
	return cms_kind(s);
}

static struct str skip_mark(struct str s)
{
	if (str_starts(s, STR("\xef\xbb\xbf")))
		s = str_skip(s, 3);
	while (s.n && strchr(" \t\r\n", s.p[0]))
		s = str_skip(s, 1);
	return s;
}

static bool is_html(struct str s)
{
	static const char *const tags[] = {
		"<!doctype html", "<html",  "<head",   "<body", "<meta",
		"<title",	  "<style", "<script", "<div",	"<table",
		"<span",	  "<font",  "<center", "<p>",	"<br",
	};

	for (size_t i = 0; i < ARRAY_LEN(tags); i++)
		if (str_starts_ci(s, str_of(tags[i])))
			return true;
	return str_find_ci(str_head(s, HTML_LOOK), STR("<html")) >= 0;
}

static bool is_field_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
			return false;
	return s.n > 0;
}

bool magic_is_mail(struct str s)
{
	static const char *const known[] = {
		"From",		"To",		"Subject",
		"Date",		"Message-ID",	"Received",
		"MIME-Version", "Content-Type", "Return-Path"};
	struct str line;
	size_t found = 0;

	s = str_head(s, MAIL_LOOK);
	while (str_split(&s, '\n', &line)) {
		ptrdiff_t colon = str_chr(line, ':');

		if (str_trim(line).n == 0)
			break;
		if (line.p[0] == ' ' || line.p[0] == '\t')
			continue;
		/* What the look's end has cut is no reason to say no. */
		if (colon <= 0 || !is_field_name(str_head(line, (size_t)colon)))
			return s.n == 0 && found >= MAIL_FIELDS;
		for (size_t i = 0; i < ARRAY_LEN(known); i++)
			found += str_is_ci(str_head(line, (size_t)colon),
					   known[i]);
	}
	return found >= MAIL_FIELDS;
}

static const struct kind *text_kind(struct str s)
{
	struct str start = skip_mark(s), head = str_head(s, MAGIC_HEAD_MAX);

	if (at(s, 0, STR("#@~^")))
		return &coded_script;
	if (str_find_ci(head, STR("<hta:application")) >= 0)
		return &hta;
	if (at(s, 0, STR("#!")))
		return &script;
	if (str_starts(start, STR("<?xml")) && !is_html(start))
		return str_find(str_head(start, HTML_LOOK), STR("<svg")) >= 0
			       ? &svg
			       : &xml;
	if (str_starts(start, STR("<svg")))
		return &svg;
	if (is_html(start))
		return &html;
	/* A row of mails; each would be one. */
	if (str_starts(s, STR("From ")) &&
	    magic_is_mail(str_skip(s, (size_t)str_chr(s, '\n') + 1)))
		return &mbox;
	return magic_is_mail(start) ? &mail : &text;
}

const struct kind *magic_declared(struct str type)
{
	if (str_is(type, "message/rfc822") || str_is(type, "message/global") ||
	    str_is(type, "message/rfc2822") || str_is(type, "message/news"))
		return &mail;
	if (str_is(type, "application/pgp-encrypted"))
		return &pgp;
	return NULL;
}

static bool has_letters_only(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

static const struct kind *signed_kind(struct str s, bool textual)
{
	for (size_t i = 0; i < ARRAY_LEN(text_signs); i++)
		if (at(s, text_signs[i].off, text_signs[i].bytes))
			return &text_signs[i].kind;
	for (size_t i = 0; i < ARRAY_LEN(signs); i++)
		if (at(s, signs[i].off, signs[i].bytes) &&
		    !(textual && has_letters_only(signs[i].bytes)))
			return &signs[i].kind;
	return NULL;
}

/* Where readers take a PDF to begin, or -1. */
static ptrdiff_t pdf_at(struct str s)
{
	return str_find(str_head(s, PDF_LOOK), STR("%PDF-"));
}

const struct kind *magic_kind(struct str s, bool *both_r)
{
	ptrdiff_t pdf_begin = pdf_at(s);
	bool textual = is_text(s);
	const struct kind *k = signed_kind(s, textual);

	*both_r = false;
	if (s.n == 0)
		return &empty;
	if (pdf_begin == 0)
		return &pdf;
	if (!k && !textual)
		k = binary_kind(s);
	/* Readers look for a PDF's first line a little further down. */
	if (pdf_begin > 0 && str_find(s, STR("endobj")) > 0) {
		*both_r = k != NULL;
		return &pdf;
	}
	if (k)
		return k;
	return textual ? text_kind(s) : &unknown;
}

bool magic_head_tells(struct str head)
{
	bool both;
	const struct kind *k = magic_kind(head, &both);

	/* A row of mails is told by a line, which may be longer than this. */
	return (k->reader == READER_NONE || k->reader == READER_PICTURE) &&
	       k->family != FAM_MAIL && pdf_at(head) < 0;
}
