/* file_name.c - what a file's name says; see magic_int.h.
 *
 * Extensions that Windows or Office would run or install when opened, those
 * with macros, and which contents an extension may stand for.
 */
#include "connector/base/utf8.h"
#include "connector/extract/magic_int.h"
#include "connector/mail/view.h"

enum { PROGRAM = 1, MACRO = 2, DOCUMENT = 4 };

#define TEXTS	(FAM_TEXT | FAM_HTML | FAM_XML | FAM_MAIL | FAM_SCRIPT | FAM_RTF)
#define ZIPS	(FAM_ZIP | FAM_OOXML | FAM_ODF)
#define OFFICES (FAM_OOXML | FAM_OFFICE | FAM_SEALED)
/* Exports and old forms that these programs open without a word. */
#define OLD_OFFICES (OFFICES | TEXTS | FAM_OLE)
#define PACKED	    (FAM_ARCHIVE | ZIPS | FAM_SEALED | FAM_PROGRAM)
#define SHOWN	    (FAM_IMAGE | FAM_MEDIA | FAM_XML)

struct row {
	const char *ext;
	unsigned content; /* FAM_* it may stand for; 0: any */
	unsigned flags;
};

static const struct row rows[] = {
	/* documents */
	{"docx", OFFICES, DOCUMENT},
	{"docm", OFFICES, DOCUMENT | MACRO},
	{"dotx", OFFICES, DOCUMENT},
	{"dotm", OFFICES, DOCUMENT | MACRO},
	{"xlsx", OFFICES, DOCUMENT},
	{"xlsm", OFFICES, DOCUMENT | MACRO},
	{"xlsb", OFFICES, DOCUMENT},
	{"xltx", OFFICES, DOCUMENT},
	{"xltm", OFFICES, DOCUMENT | MACRO},
	{"xlam", OFFICES, DOCUMENT | MACRO},
	{"pptx", OFFICES, DOCUMENT},
	{"pptm", OFFICES, DOCUMENT | MACRO},
	{"ppsx", OFFICES, DOCUMENT},
	{"ppsm", OFFICES, DOCUMENT | MACRO},
	{"potx", OFFICES, DOCUMENT},
	{"potm", OFFICES, DOCUMENT | MACRO},
	{"ppam", OFFICES, DOCUMENT | MACRO},
	{"sldm", OFFICES, DOCUMENT | MACRO},
	{"doc", OLD_OFFICES, DOCUMENT},
	{"dot", OLD_OFFICES, DOCUMENT},
	{"xls", OLD_OFFICES, DOCUMENT},
	{"xlt", OLD_OFFICES, DOCUMENT},
	{"xla", OLD_OFFICES, DOCUMENT | MACRO},
	{"ppt", OLD_OFFICES, DOCUMENT},
	{"pps", OLD_OFFICES, DOCUMENT},
	{"pot", OLD_OFFICES, DOCUMENT},
	{"ppa", OLD_OFFICES, DOCUMENT | MACRO},
	{"rtf", FAM_RTF | OFFICES, DOCUMENT},
	{"pdf", FAM_PDF | FAM_SEALED, DOCUMENT},
	{"odt", FAM_ODF, DOCUMENT},
	{"ods", FAM_ODF, DOCUMENT},
	{"odp", FAM_ODF, DOCUMENT},
	{"odg", FAM_ODF, DOCUMENT},
	{"ott", FAM_ODF, DOCUMENT},
	{"ots", FAM_ODF, DOCUMENT},
	{"otp", FAM_ODF, DOCUMENT},
	{"txt", TEXTS | FAM_SEALED, DOCUMENT},
	{"text", TEXTS, DOCUMENT},
	{"log", TEXTS, DOCUMENT},
	{"csv", TEXTS, DOCUMENT},
	{"tsv", TEXTS, DOCUMENT},
	{"md", TEXTS, DOCUMENT},
	{"json", TEXTS, DOCUMENT},
	{"xml", TEXTS, DOCUMENT},
	{"htm", TEXTS, DOCUMENT},
	{"html", TEXTS, DOCUMENT},
	{"ics", TEXTS, DOCUMENT},
	{"vcf", TEXTS, DOCUMENT},
	{"eml", TEXTS, DOCUMENT},
	{"mht", TEXTS, DOCUMENT},
	{"msg", FAM_OLE, DOCUMENT},
	{"jtd", FAM_OLE | ZIPS, DOCUMENT},
	{"vsdx", ZIPS | FAM_SEALED, DOCUMENT},
	{"vsdm", ZIPS | FAM_SEALED, DOCUMENT | MACRO},
	{"epub", ZIPS, DOCUMENT},
	/* pictures, sound */
	{"png", SHOWN, DOCUMENT},
	{"jpg", SHOWN, DOCUMENT},
	{"jpeg", SHOWN, DOCUMENT},
	{"jpe", SHOWN, DOCUMENT},
	{"gif", SHOWN, DOCUMENT},
	{"bmp", SHOWN, DOCUMENT},
	{"tif", SHOWN, DOCUMENT},
	{"tiff", SHOWN, DOCUMENT},
	{"ico", SHOWN, DOCUMENT},
	{"webp", SHOWN, DOCUMENT},
	{"heic", SHOWN, DOCUMENT},
	{"heif", SHOWN, DOCUMENT},
	{"avif", SHOWN, DOCUMENT},
	{"psd", SHOWN, DOCUMENT},
	{"svg", FAM_IMAGE | TEXTS, DOCUMENT},
	{"emf", SHOWN, DOCUMENT},
	{"wmf", SHOWN, DOCUMENT},
	{"mp3", SHOWN, DOCUMENT},
	{"m4a", SHOWN, DOCUMENT},
	{"wav", SHOWN, DOCUMENT},
	{"aac", SHOWN, DOCUMENT},
	{"ogg", SHOWN, DOCUMENT},
	{"flac", SHOWN, DOCUMENT},
	{"wma", SHOWN, DOCUMENT},
	{"mp4", SHOWN, DOCUMENT},
	{"m4v", SHOWN, DOCUMENT},
	{"mov", SHOWN, DOCUMENT},
	{"avi", SHOWN, DOCUMENT},
	{"wmv", SHOWN, DOCUMENT},
	{"mpg", SHOWN, DOCUMENT},
	{"mpeg", SHOWN, DOCUMENT},
	{"mkv", SHOWN, DOCUMENT},
	{"webm", SHOWN, DOCUMENT},
	/* archives; those that unpack themselves are programs */
	{"zip", PACKED, DOCUMENT},
	{"7z", PACKED, DOCUMENT},
	{"rar", PACKED, DOCUMENT},
	{"lzh", PACKED, DOCUMENT},
	{"lha", PACKED, DOCUMENT},
	{"cab", PACKED, DOCUMENT},
	{"tar", PACKED, DOCUMENT},
	{"gz", PACKED, DOCUMENT},
	{"tgz", PACKED, DOCUMENT},
	{"bz2", PACKED, DOCUMENT},
	{"xz", PACKED, DOCUMENT},
	{"zst", PACKED, DOCUMENT},
	{"arj", PACKED, DOCUMENT},
	{"iso", PACKED, 0},
	{"img", 0, 0},
	{"vhd", PACKED, 0},
	{"vhdx", PACKED, 0},
	/* programs */
	{"exe", FAM_PROGRAM, PROGRAM},
	{"com", FAM_PROGRAM | TEXTS, PROGRAM},
	{"scr", FAM_PROGRAM | TEXTS, PROGRAM},
	{"pif", FAM_PROGRAM, PROGRAM},
	{"dll", FAM_PROGRAM, PROGRAM},
	{"sys", FAM_PROGRAM | TEXTS, PROGRAM},
	{"drv", FAM_PROGRAM, PROGRAM},
	{"ocx", FAM_PROGRAM, PROGRAM},
	{"cpl", FAM_PROGRAM, PROGRAM},
	{"ax", FAM_PROGRAM, PROGRAM},
	{"xll", FAM_PROGRAM, PROGRAM},
	{"wll", FAM_PROGRAM, PROGRAM},
	{"lnk", FAM_PROGRAM, PROGRAM},
	{"msi", FAM_OLE, PROGRAM},
	{"msp", FAM_OLE, PROGRAM},
	{"mst", FAM_OLE, PROGRAM},
	{"msu", 0, PROGRAM},
	{"msix", ZIPS, PROGRAM},
	{"msixbundle", ZIPS, PROGRAM},
	{"appx", ZIPS, PROGRAM},
	{"appxbundle", ZIPS, PROGRAM},
	{"appinstaller", TEXTS, PROGRAM},
	{"application", TEXTS, PROGRAM},
	{"appref-ms", 0, PROGRAM},
	{"gadget", 0, PROGRAM},
	{"jar", ZIPS, PROGRAM},
	{"jnlp", TEXTS, PROGRAM},
	{"class", FAM_PROGRAM, PROGRAM},
	{"apk", ZIPS, PROGRAM},
	{"ipa", ZIPS, PROGRAM},
	{"xpi", ZIPS, PROGRAM},
	{"crx", 0, PROGRAM},
	{"dmg", 0, PROGRAM},
	{"pkg", 0, PROGRAM},
	{"deb", FAM_ARCHIVE, PROGRAM},
	{"rpm", 0, PROGRAM},
	{"run", 0, PROGRAM},
	{"bin", 0, 0},
	{"so", FAM_PROGRAM, PROGRAM},
	{"chm", FAM_PROGRAM, PROGRAM},
	{"hlp", 0, PROGRAM},
	{"swf", 0, PROGRAM},
	/* scripts */
	{"bat", TEXTS, PROGRAM},
	{"cmd", TEXTS, PROGRAM},
	{"btm", TEXTS, PROGRAM},
	{"ps1", TEXTS, PROGRAM},
	{"ps2", TEXTS, PROGRAM},
	{"ps1xml", TEXTS, PROGRAM},
	{"psm1", TEXTS, PROGRAM},
	{"psd1", TEXTS, PROGRAM},
	{"psc1", TEXTS, PROGRAM},
	{"cdxml", TEXTS, PROGRAM},
	{"pssc", TEXTS, PROGRAM},
	{"vbs", TEXTS, PROGRAM},
	{"vbe", TEXTS, PROGRAM},
	{"vb", TEXTS, PROGRAM},
	{"js", TEXTS, PROGRAM},
	{"jse", TEXTS, PROGRAM},
	{"mjs", TEXTS, PROGRAM},
	{"ws", TEXTS, PROGRAM},
	{"wsf", TEXTS, PROGRAM},
	{"wsh", TEXTS, PROGRAM},
	{"wsc", TEXTS, PROGRAM},
	{"sct", TEXTS, PROGRAM},
	{"shb", 0, PROGRAM},
	{"shs", 0, PROGRAM},
	{"hta", TEXTS, PROGRAM},
	{"htc", TEXTS, PROGRAM},
	{"inf", TEXTS, PROGRAM},
	{"ins", TEXTS, PROGRAM},
	{"isp", TEXTS, PROGRAM},
	{"reg", TEXTS, PROGRAM},
	{"scf", TEXTS, PROGRAM},
	{"url", TEXTS, PROGRAM},
	{"website", TEXTS, PROGRAM},
	{"msc", TEXTS, PROGRAM},
	{"mshxml", TEXTS, PROGRAM},
	{"job", 0, PROGRAM},
	{"theme", TEXTS, PROGRAM},
	{"settingcontent-ms", TEXTS, PROGRAM},
	{"library-ms", TEXTS, PROGRAM},
	{"search-ms", TEXTS, PROGRAM},
	{"searchconnector-ms", TEXTS, PROGRAM},
	{"diagcab", FAM_ARCHIVE, PROGRAM},
	{"rdp", TEXTS, PROGRAM},
	{"xbap", TEXTS, PROGRAM},
	{"iqy", TEXTS, PROGRAM},
	{"slk", TEXTS, PROGRAM},
	{"ade", 0, PROGRAM},
	{"adp", 0, PROGRAM},
	{"accde", 0, PROGRAM},
	{"mde", 0, PROGRAM},
	{"mda", 0, PROGRAM},
	{"maf", 0, PROGRAM},
	{"osd", TEXTS, PROGRAM},
	{"py", TEXTS, PROGRAM},
	{"pyw", TEXTS, PROGRAM},
	{"pyc", 0, PROGRAM},
	{"pyz", 0, PROGRAM},
	{"pl", TEXTS, PROGRAM},
	{"rb", TEXTS, PROGRAM},
	{"sh", TEXTS, PROGRAM},
	{"csh", TEXTS, PROGRAM},
	{"ksh", TEXTS, PROGRAM},
	{"bash", TEXTS, PROGRAM},
	{"command", TEXTS, PROGRAM},
	{"desktop", TEXTS, PROGRAM},
	{"scpt", 0, PROGRAM},
	{"applescript", TEXTS, PROGRAM},
	{"workflow", 0, PROGRAM},
};

static const struct row *row_of(struct str ext)
{
	for (size_t i = 0; ext.n && i < ARRAY_LEN(rows); i++)
		if (str_is(ext, rows[i].ext))
			return &rows[i];
	return NULL;
}

/* Characters that a reader does not see, at the name's end or within. */
static bool is_unseen(uint32_t cp)
{
	return cp <= ' ' || cp == 0x7f || cp == 0xa0 || cp == 0xad ||
	       cp == 0x3000 || cp == 0xfeff || (cp >= 0x2000 && cp <= 0x200f) ||
	       (cp >= 0x2028 && cp <= 0x202f) || (cp >= 0x2060 && cp <= 0x2069);
}

/* Overrides and embeddings that turn "gpj.exe" into "exe.jpg". */
static bool turns_around(struct str name)
{
	int32_t cp;

	while ((cp = utf8_next(&name)) >= 0)
		if (cp == 0x202e || cp == 0x202d || cp == 0x202b ||
		    cp == 0x2067)
			return true;
	return false;
}

/* Windows drops dots and blanks at the end; quotes and slashes cannot be in a
 * name, and mail programs leave them out. */
static struct str cut_end(struct str name)
{
	struct str rest = name;
	size_t end = 0;
	int32_t cp;

	while ((cp = utf8_next(&rest)) >= 0)
		if (cp != '.' && cp != '"' && cp != '\'' && cp != '/' &&
		    cp != '\\' && !is_unseen((uint32_t)cp))
			end = name.n - rest.n;
	return str_head(name, end);
}

static struct str base_of(struct str name)
{
	ptrdiff_t a, b;

	name = cut_end(name);
	a = str_rchr(name, '/');
	b = str_rchr(name, '\\');
	return str_skip(name, (size_t)(MAX_OF(a, b) + 1));
}

/* The extension of a name without folders, and what stands before it. */
static struct str split_ext(struct str base, char room[NAME_EXT_MAX],
			    struct str *stem_r)
{
	ptrdiff_t dot = str_rchr(base, '.');
	struct str ext = str_skip(base, (size_t)(dot + 1));
	size_t n = 0;

	*stem_r = base;
	if (dot < 0)
		return STR_EMPTY;
	*stem_r = cut_end(str_head(base, (size_t)dot));
	while (ext.n) {
		int32_t cp = utf8_next(&ext);

		if (is_unseen((uint32_t)cp))
			continue;
		if (cp >= 0x7f || n == NAME_EXT_MAX)
			return STR_EMPTY;
		room[n++] = ascii_lower((char)cp);
	}
	return str_n(room, n);
}

struct str name_extension(struct str name, char room[NAME_EXT_MAX])
{
	struct str stem;

	return split_ext(base_of(name), room, &stem);
}

unsigned name_flags(struct str name, unsigned family)
{
	char room[NAME_EXT_MAX], room2[NAME_EXT_MAX];
	struct str stem, ext = split_ext(base_of(name), room, &stem);
	const struct row *r = row_of(ext), *before;
	unsigned flags = 0;

	if (turns_around(name))
		flags |= FILE_DISGUISED;
	if (!r)
		return flags;
	if (r->flags & MACRO)
		flags |= FILE_MACRO;
	if (r->content && family && !(r->content & family))
		flags |= FILE_DISGUISED;
	if (!(r->flags & PROGRAM))
		return flags;
	/* "estimate.pdf.exe" */
	before = row_of(split_ext(stem, room2, &stem));
	if (before && before->flags & DOCUMENT)
		flags |= FILE_DISGUISED;
	return flags | FILE_EXECUTABLE;
}
