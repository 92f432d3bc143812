/* pdf.c - PDF by pdftotext in a sandbox of its own; see files_int.h.
 *
 * What the program does not tell is read off the file's own words. Streams and
 * the trailer are never packed (ISO 32000-1 7.5.7); other objects are unpacked.
 */
#include "connector/base/clock.h"
#include "connector/extract/files_int.h"

#define PDF_TEXT_MAX  (16 * MIB)
#define EXIT_NOT_OPEN 1 /* broken, or a password is asked for */
#define PAGE_END      '\f'

static bool is_blank(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] > ' ')
			return false;
	return true;
}

/* Pages that show pictures alone, in a file that has any. */
static bool has_picture_pages(struct str text, struct str file)
{
	struct str page;
	bool blank = false;

	if (is_blank(text))
		return true;
	while (!blank && str_split(&text, PAGE_END, &page))
		blank = is_blank(page);
	return blank && pdf_has_name(file, STR("/Image"));
}

static void take_text(struct files *f, const struct file *file, struct str text)
{
	struct gather g;

	if (has_picture_pages(text, file->bytes))
		files_doubt(f, DOUBT_PICTURE);
	if (!f->texts)
		return;
	gather_init(&g, f);
	gather_put(&g, text);
	gather_end(&g);
	gather_release(&g);
}

static void cannot_read(struct files *f, struct file *file, const struct err *e)
{
	bool sealed = pdf_has_name(file->bytes, STR("/Encrypt"));

	if (e->class == ERR_PERMANENT && e->code == EXIT_NOT_OPEN && sealed) {
		file->flags |= FILE_ENCRYPTED;
		files_doubt(f, DOUBT_ENCRYPTED);
	} else if (e->class == ERR_PERMANENT) {
		files_doubt(f, DOUBT_DAMAGED);
	} else if (e->class == ERR_LIMIT) {
		files_doubt(f, DOUBT_TOO_LARGE);
	} else {
		files_doubt(f, DOUBT_FAILED);
	}
}

static bool has_program(const struct files *f)
{
	const struct extract_outer *o = f->s->outer;

	return o && o->run && o->programs & 1u << OUTER_PDFTOTEXT;
}

/* Without a reader, what needs a password is known all the same. */
static void look_without(struct files *f, struct file *file)
{
	if (pdf_has_name(file->bytes, STR("/Encrypt"))) {
		file->flags |= FILE_ENCRYPTED;
		files_doubt(f, DOUBT_ENCRYPTED);
	}
	files_doubt(f, DOUBT_UNKNOWN_TYPE);
}

/* Files and forms within: nothing here takes them out. */
static bool carries_more(struct str file)
{
	static const char *const names[] = {"/EmbeddedFile", "/EmbeddedFiles",
					    "/EF",	     "/FileAttachment",
					    "/XFA",	     "/Collection"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (pdf_has_name(file, str_of(names[i])))
			return true;
	return false;
}

/* An encrypted file that opened: strings and packed objects stay unread. */
static void look_at_sealed(struct files *f, struct file *file, bool more)
{
	static const char *const names[] = {"/ObjStm", "/XRef", "/Annots",
					    "/AcroForm"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		more = more || pdf_has_name(file->bytes, str_of(names[i]));
	if (!more || file->flags & FILE_ENCRYPTED)
		return;
	file->flags |= FILE_SOME_ENCRYPTED;
	files_doubt(f, DOUBT_ENCRYPTED);
}

static bool look_at_packed(struct files *f, struct str file)
{
	struct pdf_packed p;
	bool more = false;

	pdf_packed_init(&p, f, file);
	while (pdf_packed_next(&p)) {
		more = more || carries_more(buf_str(&p.out));
		if (f->texts)
			pdf_strings(f, buf_str(&p.out), PDF_PACKED);
	}
	pdf_packed_release(&p);
	return more;
}

/* Notes, forms, titles; files. */
static void look_at_objects(struct files *f, struct file *file)
{
	bool sealed = pdf_has_name(file->bytes, STR("/Encrypt"));
	bool more = carries_more(file->bytes);

	if (f->texts)
		pdf_strings(f, file->bytes, sealed ? PDF_SEALED : PDF_FILE);
	if (sealed)
		look_at_sealed(f, file, more);
	else
		more = look_at_packed(f, file->bytes) || more;
	if (more)
		files_doubt(f, DOUBT_UNKNOWN_TYPE);
}

static void look_at_pages(struct files *f, struct file *file)
{
	AUTO(buf) text = BUF_MAX(PDF_TEXT_MAX);
	const struct extract_outer *o = f->s->outer;
	int64_t start = clock_monotonic_us();
	struct err e = ERR_EMPTY;
	bool ok;

	ok = o->run(o->arg, OUTER_PDFTOTEXT, file->bytes, PDF_TEXT_MAX, &text,
		    &e);
	f->outer_us += clock_monotonic_us() - start;
	if (ok || e.class == ERR_LIMIT)
		take_text(f, file, buf_str(&text));
	if (!ok)
		cannot_read(f, file, &e);
}

void pdf_look(struct files *f, struct file *file)
{
	/* Where nobody asks for its text, only a password is of interest. */
	bool pages = f->texts || pdf_has_name(file->bytes, STR("/Encrypt"));

	if (!has_program(f)) {
		look_without(f, file);
		return;
	}
	if (pages && f->outer_us > FILES_OUTER_US) {
		files_doubt(f, DOUBT_TOO_LARGE);
		return;
	}
	if (pages)
		look_at_pages(f, file);
	if (f->inside)
		look_at_objects(f, file);
}
