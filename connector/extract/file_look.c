/* file_look.c - one file, whatever it is in; see files_int.h. */
#include "connector/extract/collect_int.h"
#include "connector/extract/files_int.h"
#include "connector/extract/ole_int.h"

#define NAME_READINGS 8

void files_doubt(struct files *f, enum doubt d)
{
	f->doubts++;
	/* The first lines of POLICY's table speak of what a file contains. */
	if (f->inside || d == DOUBT_AMBIGUOUS || d == DOUBT_LIMIT ||
	    d == DOUBT_FAILED)
		scan_doubt(f->s, d, f->part);
}

void files_limit(struct files *f)
{
	files_doubt(f, DOUBT_LIMIT);
	f->stop = true;
}

size_t files_room(const struct files *f)
{
	return f->held < FILES_MEMORY_MAX ? FILES_MEMORY_MAX - (size_t)f->held
					  : 0;
}

void file_holds(struct file *in, const struct file *file)
{
	in->holds++;
	in->sealed += (file->flags & FILE_ENCRYPTED) != 0;
	in->within |= (file->flags | file->within) &
		      (FILE_MACRO | FILE_EXECUTABLE | FILE_DISGUISED);
	if (file->flags & (FILE_ENCRYPTED | FILE_SOME_ENCRYPTED))
		in->flags |= FILE_SOME_ENCRYPTED;
}

static bool name_next(struct str *rest, struct str *name_r)
{
	return str_split(rest, '\0', name_r);
}

static void add_inner(struct files *f, const struct file *file, struct str name)
{
	struct view *v = f->s->v;

	if (f->stop)
		return;
	if (v->inner_n == VIEW_INNER_MAX ||
	    f->names + name.n > FILES_NAMES_MAX) {
		files_limit(f);
		return;
	}
	if (v->inner_n == f->inner_cap) {
		size_t cap = f->inner_cap ? f->inner_cap * 2 : 8;
		struct view_inner *more = arena_array(f->s->a, cap,
						      sizeof(*more));

		if (v->inner_n)
			memcpy(more, v->inner, v->inner_n * sizeof(*more));
		v->inner = more;
		f->inner_cap = cap;
	}
	f->names += name.n;
	v->inner[v->inner_n++] = (struct view_inner){
		.part = (uint16_t)f->part,
		.depth = (uint16_t)file->depth,
		.name = arena_str(f->s->a, name),
		.type = str_of(file->kind->type),
		.size = file->size,
		.file = file->flags,
	};
	text_take(f->s, PLACE_FILE_NAMES, f->part, name, false);
}

void files_inner(struct files *f, const struct file *file)
{
	struct str rest = file->others, name;
	bool wanted = text_wanted(f->s, PLACE_FILE_NAMES);

	if (wanted)
		collect_readings_begin(f->s->collect);
	add_inner(f, file, file->name);
	while (name_next(&rest, &name))
		add_inner(f, file, name);
	if (wanted)
		collect_readings_end(f->s->collect, PLACE_FILE_NAMES);
}

/* The worst that any reading of the name says. */
static unsigned names_say(const struct file *file)
{
	struct str rest = file->others, name;
	unsigned flags = name_flags(file->name, file->kind->family);

	for (int i = 0; i < NAME_READINGS && name_next(&rest, &name); i++)
		flags |= name_flags(name, file->kind->family);
	return flags;
}

/* An object that carries a file is looked into as that file. */
static void look_carried(struct files *f, struct file *file, struct ole *o,
			 struct arena *a)
{
	struct file in = {.depth = file->depth + 1, .whole = true};
	AUTO(buf) bytes = BUF_MAX(files_room(f));

	if (!f->inside || !ole_carried(o, a, &bytes, &in.name)) {
		files_doubt(f, DOUBT_UNKNOWN_TYPE);
		return;
	}
	in.bytes = buf_str(&bytes);
	in.size = bytes.n;
	f->held += bytes.cap;
	file_look(f, &in);
	f->held -= bytes.cap;
	file_holds(file, &in);
}

static void look_ole(struct files *f, struct file *file)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct ole o;
	unsigned flags;

	if (!ole_open(file->bytes, &a, &o)) {
		files_doubt(f, DOUBT_DAMAGED);
		return;
	}
	file->kind = ole_kind(&o, &flags);
	file->flags |= flags;
	if (flags & FILE_ENCRYPTED)
		files_doubt(f, DOUBT_ENCRYPTED);
	else if (file->kind->reader == READER_NONE)
		look_carried(f, file, &o, &a);
}

static void look_by_kind(struct files *f, struct file *file)
{
	switch (file->kind->reader) {
	case READER_NONE:
		files_doubt(f, DOUBT_UNKNOWN_TYPE);
		break;
	case READER_TEXT:
		text_look(f, file, false);
		/* What a drawing or a document of XML shows. */
		if (file->kind->family == FAM_XML)
			text_look(f, file, true);
		break;
	case READER_HTML:
		text_look(f, file, true);
		break;
	case READER_MAIL:
		mail_look(f, file);
		break;
	case READER_ZIP:
		zip_look(f, file);
		break;
	case READER_OLE:
		look_ole(f, file);
		break;
	case READER_PDF:
		pdf_look(f, file);
		break;
	case READER_PICTURE:
		files_doubt(f, DOUBT_PICTURE);
		break;
	case READER_NOTHING:
		break;
	case READER_SEALED:
		file->flags |= FILE_ENCRYPTED;
		files_doubt(f, DOUBT_ENCRYPTED);
		break;
	}
}

/* Only its start is there. */
static void look_at_start(struct files *f, struct file *file)
{
	if (file->kind->reader == READER_SEALED)
		file->flags |= FILE_ENCRYPTED;
	files_doubt(f, file->kind->reader == READER_PICTURE  ? DOUBT_PICTURE
		       : file->kind->reader == READER_SEALED ? DOUBT_ENCRYPTED
							     : DOUBT_TOO_LARGE);
}

static bool has_text_reader(const struct kind *k)
{
	return k->reader != READER_NONE && k->reader != READER_PICTURE &&
	       k->reader != READER_SEALED && k->reader != READER_NOTHING;
}

/* By its bytes; a text whose header begins oddly is a mail if the mail says
 * so. Something with an archive behind it opens as that with some. */
static void find_kind(struct files *f, struct file *file)
{
	const struct kind *said = magic_declared(file->declared);
	bool both;

	file->kind = magic_kind(file->bytes, &both);
	if (said && file->kind->reader == READER_TEXT)
		file->kind = said;
	if (both || (file->whole && !file->plain_end &&
		     file->kind->reader != READER_ZIP &&
		     /* Objects that documents carry may be zips. */
		     zip_at_end(file->bytes, file->kind->reader == READER_OLE)))
		files_doubt(f, DOUBT_AMBIGUOUS);
}

void file_look(struct files *f, struct file *file)
{
	size_t before = f->doubts, reasons = f->s->v->reason_n;

	find_kind(f, file);
	if (file->depth > FILES_DEPTH_MAX)
		files_limit(f);
	else if (!file->whole)
		look_at_start(f, file);
	else if (!f->stop)
		look_by_kind(f, file);
	file->flags |= names_say(file);
	if (file->kind->program)
		file->flags |= FILE_EXECUTABLE;
	/* Texts raise reasons of their own: too many of them. */
	if (f->texts && !f->stop && f->doubts == before &&
	    f->s->v->reason_n == reasons && has_text_reader(file->kind))
		file->flags |= FILE_READ;
}
