/* pdf.c - PDF by pdftotext in a sandbox of its own; see files_int.h.
 *
 * What the program does not tell is read off the file's own words, as far as
 * objects are not packed: streams and the trailer never are (ISO 32000-1
 * 7.5.7).
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

void pdf_look(struct files *f, struct file *file)
{
	AUTO(buf) text = BUF_MAX(PDF_TEXT_MAX);
	const struct extract_outer *o = f->s->outer;
	int64_t start = clock_monotonic_us();
	struct err e = ERR_EMPTY;
	bool ok;

	if (!has_program(f)) {
		look_without(f, file);
		return;
	}
	/* Where nobody asks for its text, only a password is of interest. */
	if (!f->texts && !pdf_has_name(file->bytes, STR("/Encrypt")))
		return;
	if (f->outer_us > FILES_OUTER_US) {
		files_doubt(f, DOUBT_TOO_LARGE);
		return;
	}
	ok = o->run(o->arg, OUTER_PDFTOTEXT, file->bytes, PDF_TEXT_MAX, &text,
		    &e);
	f->outer_us += clock_monotonic_us() - start;
	if (ok || e.class == ERR_LIMIT)
		take_text(f, file, buf_str(&text));
	if (!ok)
		cannot_read(f, file, &e);
	/* Notes, forms, titles. */
	if (f->texts && !pdf_has_name(file->bytes, STR("/Encrypt")))
		pdf_strings(f, file->bytes);
	if (carries_more(file->bytes))
		files_doubt(f, DOUBT_UNKNOWN_TYPE);
}
