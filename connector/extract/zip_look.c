/* zip_look.c - a zip: a document, or an archive whose members are looked at
 * one after another; see files_int.h.
 */
#include "connector/extract/files_int.h"

/* A member that nobody reads: folders aside, it is listed all the same. */
static const struct kind unread = {"", 0, READER_NONE, false};

static void look_at_bytes(struct files *f, struct file *file, struct member *m)
{
	AUTO(buf) bytes = BUF_MAX(0);

	if (!member_take(m, files_room(f), &bytes, &file->whole))
		return;
	file->bytes = buf_str(&bytes);
	f->held += bytes.cap;
	file_look(f, file);
	f->held -= bytes.cap;
	file->bytes = STR_EMPTY;
}

static void look_at_member(struct files *f, struct file *in,
			   const struct zip_dir *dir, size_t i, struct unzip *u)
{
	const struct zip_entry *e = &dir->v[i];
	struct file file = {.name = e->name,
			    .others = e->other,
			    .size = e->size,
			    .kind = &unread,
			    .depth = in->depth + 1};
	struct member m;

	if (e->encrypted) {
		file.flags = FILE_ENCRYPTED | name_flags(e->name, 0) |
			     name_flags(e->other, 0);
		files_doubt(f, DOUBT_ENCRYPTED);
	} else if (member_open(&m, f, u, dir, i)) {
		look_at_bytes(f, &file, &m);
	}
	files_inner(f, &file);
	file_holds(in, &file);
}

/* Without a look inside: what the directory alone tells. */
static void count_members(struct file *file, const struct zip_dir *dir)
{
	for (size_t i = 0; i < dir->n; i++) {
		struct file member = {
			.flags = dir->v[i].encrypted ? FILE_ENCRYPTED : 0};

		if (!dir->v[i].folder)
			file_holds(file, &member);
	}
}

/* Unpackers show them before they unpack. */
static void take_comment(struct files *f, struct str comment)
{
	if (f->texts && comment.n)
		(void)text_take_bytes(f->s, PLACE_ATTACHMENTS, f->part, comment,
				      STR_EMPTY, false);
}

static void look_at_members(struct files *f, struct file *file,
			    const struct zip_dir *dir, struct unzip *u)
{
	file->flags |= FILE_ARCHIVE;
	if (!f->inside)
		count_members(file, dir);
	take_comment(f, dir->comment);
	for (size_t i = 0; i < dir->n; i++)
		take_comment(f, dir->v[i].comment);
	for (size_t i = 0; f->inside && i < dir->n && !f->stop; i++)
		if (!dir->v[i].folder)
			look_at_member(f, file, dir, i, u);
	if (file->holds && file->holds == file->sealed)
		file->flags |= FILE_ENCRYPTED;
}

/* False: there is nothing that could be opened. */
static bool directory_ok(struct files *f, const struct zip_dir *dir)
{
	if (dir->ambiguous || dir->overlap)
		files_doubt(f, DOUBT_AMBIGUOUS);
	if (dir->limit || dir->overlap)
		files_limit(f);
	if (dir->damaged)
		files_doubt(f, DOUBT_DAMAGED);
	return !dir->damaged && !f->stop;
}

void zip_look(struct files *f, struct file *file)
{
	AUTO(arena) a = ARENA_EMPTY;
	size_t room = VIEW_INNER_MAX - f->s->v->inner_n;
	struct zip_dir dir;
	struct unzip *u;

	zip_list(file->bytes, room, f->s->cs, &a, &dir);
	if (!directory_ok(f, &dir))
		return;
	u = unzip_open(file->bytes);
	if (!u) {
		files_doubt(f, DOUBT_DAMAGED);
		return;
	}
	if (unzip_entries(u) != dir.n)
		files_doubt(f, DOUBT_AMBIGUOUS);
	else if (!package_look(f, file, &dir, u))
		look_at_members(f, file, &dir, u);
	unzip_free(&u);
}
