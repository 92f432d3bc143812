/* package.c - a zip that is a document: which one, and its parts in order; see
 * package_int.h.
 */
#include "connector/extract/package_int.h"

#define TYPES_NAME "[Content_Types].xml" /* ECMA-376 part 2, 10.1.2 */
#define MIME_NAME  "mimetype"		 /* OpenDocument part 2, 3.3 */
#define MANIFEST   "META-INF/manifest.xml"
#define MIME_MAX   100
#define ODF_TYPE   "application/vnd.oasis.opendocument."
#define OOXML_TYPE "application/vnd.openxmlformats-officedocument."

/* ---- which document ---- */

#define OOXML(t)                                                               \
	{                                                                      \
		OOXML_TYPE t, FAM_OOXML, READER_ZIP, false                     \
	}

/* Content types of main parts; macros and templates are named alike. */
static const struct main_row {
	const char *type; /* found in the content type */
	struct kind kind;
} mains[] = {
	{"wordprocessingml.document.main", OOXML("wordprocessingml.document")},
	{"wordprocessingml.template.main", OOXML("wordprocessingml.template")},
	{"ms-word.document.macroEnabled",
	 {"application/vnd.ms-word.document.macroenabled.12", FAM_OOXML,
	  READER_ZIP, false}},
	{"ms-word.template.macroEnabled",
	 {"application/vnd.ms-word.template.macroenabled.12", FAM_OOXML,
	  READER_ZIP, false}},
	{"spreadsheetml.sheet.main", OOXML("spreadsheetml.sheet")},
	{"spreadsheetml.template.main", OOXML("spreadsheetml.template")},
	{"ms-excel.sheet.binary",
	 {"application/vnd.ms-excel.sheet.binary.macroenabled.12", FAM_OOXML,
	  READER_NONE, false}},
	{"ms-excel.",
	 {"application/vnd.ms-excel.sheet.macroenabled.12", FAM_OOXML,
	  READER_ZIP, false}},
	{"presentationml.presentation.main",
	 OOXML("presentationml.presentation")},
	{"presentationml.slideshow.main", OOXML("presentationml.slideshow")},
	{"presentationml.template.main", OOXML("presentationml.template")},
	{"ms-powerpoint.",
	 {"application/vnd.ms-powerpoint.presentation.macroenabled.12",
	  FAM_OOXML, READER_ZIP, false}},
	{"ms-visio.",
	 {"application/vnd.ms-visio.drawing", FAM_OOXML, READER_ZIP, false}},
	{"xps-fixeddocumentsequence",
	 {"application/vnd.ms-xpsdocument", FAM_OOXML, READER_NONE, false}},
};

/* OpenDocument's types; what none of them begins with is the last. */
static const struct main_row odfs[] = {
	{"text", {ODF_TYPE "text", FAM_ODF, READER_ZIP, false}},
	{"spreadsheet", {ODF_TYPE "spreadsheet", FAM_ODF, READER_ZIP, false}},
	{"presentation", {ODF_TYPE "presentation", FAM_ODF, READER_ZIP, false}},
	{"", {ODF_TYPE "graphics", FAM_ODF, READER_ZIP, false}},
};

static const struct kind plain_zip = {"application/zip", FAM_ZIP, READER_ZIP,
				      false};

/* A part of the package by its name, in any case; dir->n: none. */
static size_t find_part(const struct zip_dir *dir, struct str name)
{
	for (size_t i = 0; i < dir->n; i++)
		if (str_eq_ci(dir->v[i].name, name))
			return i;
	return dir->n;
}

static void part_name(struct package *p, const struct xml_attrs *attrs,
		      struct str *name_r)
{
	struct str name = xml_attr(attrs, "PartName");

	if (str_starts(name, STR("/")))
		name = str_skip(name, 1);
	*name_r = arena_str(&p->a, name);
}

static void types_begin(void *arg, struct str name, struct str space,
			const struct xml_attrs *attrs)
{
	struct package *p = arg;
	struct str type = xml_attr(attrs, "ContentType");

	(void)space;
	if (str_find_ci(type, STR("vbaProject")) >= 0 ||
	    str_find_ci(type, STR("macrosheet")) >= 0)
		p->macro = true;
	for (size_t i = 0; !p->kind && i < ARRAY_LEN(mains); i++)
		if (str_find_ci(type, str_of(mains[i].type)) >= 0 &&
		    str_find_ci(type, STR("main")) >= 0)
			p->kind = &mains[i].kind;
	if (!str_is(name, "Override"))
		return;
	if (str_find(type, STR("sharedStrings")) >= 0)
		part_name(p, attrs, &p->strings);
	if (str_find(type, STR("spreadsheetml.styles")) >= 0)
		part_name(p, attrs, &p->styles);
}

static void nothing_ends(void *arg, struct str name)
{
	(void)arg;
	(void)name;
}

static void nothing_is_text(void *arg, struct str text)
{
	(void)arg;
	(void)text;
}

/* Any element that tells of an algorithm: the rest is not readable. */
static void manifest_begin(void *arg, struct str name, struct str space,
			   const struct xml_attrs *attrs)
{
	bool *sealed = arg;

	(void)space;
	(void)attrs;
	*sealed = *sealed || str_is(name, "encryption-data");
}

/* Reads a part that lists things. False: a doubt was raised. */
static bool read_list(struct package *p, size_t i,
		      void (*begin)(void *arg, struct str name,
				    struct str space,
				    const struct xml_attrs *attrs),
		      void *arg)
{
	struct xml_events ev = {.begin = begin,
				.end = nothing_ends,
				.text = nothing_is_text,
				.arg = arg,
				.type_ok = begin == manifest_begin};
	struct member m;
	enum xml_result r;

	TRY(member_open(&m, p->f, p->u, p->dir, i));
	r = xml_read(member_read, &m, &ev);
	if (r == XML_DECLARES)
		files_limit(p->f);
	else if (r == XML_BROKEN)
		files_doubt(p->f, DOUBT_DAMAGED);
	return r == XML_OK;
}

static bool is_ooxml(struct package *p)
{
	size_t i = find_part(p->dir, STR(TYPES_NAME));

	return i < p->dir->n && read_list(p, i, types_begin, p) && p->kind;
}

static bool is_odf(struct package *p)
{
	size_t i = find_part(p->dir, STR(MIME_NAME));
	AUTO(buf) type = BUF_MAX(0);
	struct member m;
	struct str rest;
	bool whole;

	if (i == p->dir->n || p->dir->v[i].size > MIME_MAX ||
	    !member_open(&m, p->f, p->u, p->dir, i) ||
	    !member_take(&m, MIME_MAX, &type, &whole) ||
	    !str_starts(buf_str(&type), STR(ODF_TYPE)))
		return false;
	rest = str_skip(buf_str(&type), sizeof(ODF_TYPE) - 1);
	for (size_t k = 0; !p->kind && k < ARRAY_LEN(odfs); k++)
		if (str_starts(rest, str_of(odfs[k].type)))
			p->kind = &odfs[k].kind;
	return true;
}

static bool odf_sealed(struct package *p)
{
	size_t i = find_part(p->dir, STR(MANIFEST));
	bool sealed = false;

	return i < p->dir->n && read_list(p, i, manifest_begin, &sealed) &&
	       sealed;
}

/* ---- its parts ---- */

/* Parts that hold no text of the author, by the end of their names. */
static bool is_machinery(struct str name)
{
	static const char *const ends[] = {
		".rels",
		"vbaProject.bin",
		"vbaProjectSignature.bin",
		".odttf",
		".fntdata",
		TYPES_NAME,
		"docProps/thumbnail.jpeg",
		"docProps/thumbnail.emf",
		"docProps/thumbnail.wmf",
		"Thumbnails/thumbnail.png",
		"layout-cache",
	};

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (str_ends_ci(name, str_of(ends[i])))
			return true;
	return str_find(name, STR("printerSettings")) >= 0 ||
	       str_is_ci(name, MIME_NAME) || str_is_ci(name, MANIFEST) ||
	       str_find(name, STR("Fonts/")) >= 0;
}

static bool is_macro(struct str name)
{
	return str_ends_ci(name, STR("vbaProject.bin")) ||
	       str_find_ci(name, STR("macrosheets/")) >= 0 ||
	       (str_starts(name, STR("Basic/")) &&
		!str_ends(name, STR("-lc.xml")) &&
		!str_ends(name, STR("-lb.xml"))) ||
	       str_starts(name, STR("Scripts/"));
}

struct bytes {
	struct str left;
};

static ptrdiff_t bytes_read(void *arg, void *to, size_t n)
{
	struct bytes *b = arg;
	struct str now = str_head(b->left, n);

	if (now.n)
		memcpy(to, now.p, now.n);
	b->left = str_skip(b->left, now.n);
	return (ptrdiff_t)now.n;
}

/* Pictures, embedded documents, and XML under another name. */
static void look_at_other(struct package *p, size_t i)
{
	AUTO(buf) bytes = BUF_MAX(0);
	struct file file = {.name = p->dir->v[i].name,
			    .size = p->dir->v[i].size,
			    .depth = p->file->depth + 1};
	struct bytes all;
	struct member m;
	bool both;

	if (!member_open(&m, p->f, p->u, p->dir, i) ||
	    !member_take(&m, files_room(p->f), &bytes, &file.whole))
		return;
	file.bytes = buf_str(&bytes);
	all.left = file.bytes;
	file.kind = magic_kind(file.bytes, &both);
	if (file.kind->reader == READER_PICTURE) {
		p->pictures = true;
		return;
	}
	if (file.kind->family == FAM_XML && file.whole) {
		package_read_xml(p, bytes_read, &all, true);
		return;
	}
	p->f->held += bytes.cap;
	file_look(p->f, &file);
	p->f->held -= bytes.cap;
	file_holds(p->file, &file);
}

static void read_part(struct package *p, size_t i)
{
	struct str name = p->dir->v[i].name;
	struct member m;

	if (p->dir->v[i].folder || p->dir->v[i].size == 0 || is_machinery(name))
		return;
	if (!str_ends_ci(name, STR(".xml"))) {
		look_at_other(p, i);
		return;
	}
	if (p->f->texts && member_open(&m, p->f, p->u, p->dir, i))
		package_read_xml(p, member_read, &m, false);
}

/* What cells point at comes before them. */
static void read_parts(struct package *p)
{
	size_t styles = find_part(p->dir, p->styles);
	size_t strings = find_part(p->dir, p->strings);

	if (styles < p->dir->n)
		read_part(p, styles);
	if (strings < p->dir->n)
		read_part(p, strings);
	for (size_t i = 0; i < p->dir->n && !p->f->stop; i++)
		if (i != styles && i != strings)
			read_part(p, i);
	sheets_rest(p);
	if (p->f->texts && p->pictures && !p->main.any && !p->side.any)
		files_doubt(p->f, DOUBT_PICTURE);
}

static void look_at_document(struct package *p)
{
	struct file *file = p->file;

	file->kind = p->kind;
	for (size_t i = 0; i < p->dir->n; i++)
		p->macro = p->macro || is_macro(p->dir->v[i].name);
	if (p->macro)
		file->flags |= FILE_MACRO;
	if (p->kind->family == FAM_ODF && odf_sealed(p)) {
		file->flags |= FILE_ENCRYPTED;
		files_doubt(p->f, DOUBT_ENCRYPTED);
	} else if (p->kind->reader == READER_NONE) {
		files_doubt(p->f, DOUBT_UNKNOWN_TYPE);
	} else if (p->f->inside) {
		read_parts(p);
	}
}

static bool any_sealed(const struct zip_dir *dir)
{
	for (size_t i = 0; i < dir->n; i++)
		if (dir->v[i].encrypted)
			return true;
	return false;
}

bool package_look(struct files *f, struct file *file, const struct zip_dir *dir,
		  struct unzip *u)
{
	struct package p = {.f = f,
			    .file = file,
			    .dir = dir,
			    .u = u,
			    .strings = STR("xl/sharedStrings.xml"),
			    .styles = STR("xl/styles.xml")};
	bool is;

	file->kind = &plain_zip;
	if (any_sealed(dir))
		return false;
	gather_init(&p.main, f);
	gather_init(&p.side, f);
	sheets_init(&p.sheets);
	is = is_ooxml(&p) || is_odf(&p);
	if (is)
		look_at_document(&p);
	sheets_release(&p.sheets);
	gather_release(&p.main);
	gather_release(&p.side);
	arena_release(&p.a);
	return is;
}
