/* files.c - the attachments of a message, one after another; see files_int.h.
 */
#include "connector/extract/files_int.h"

/* Leaves that carry a file: attachments, and what the body shows. */
static bool carries_file(const struct scan *s, size_t i)
{
	const struct view_part *p = &s->v->part[i];

	return !s->more[i].nested && (p->attachment || p->inline_cid);
}

/* Parts up to here are within part i. */
static size_t end_of(const struct scan *s, size_t i)
{
	size_t end = i + 1;

	while (end < s->v->part_n &&
	       s->v->part[end].depth > s->v->part[i].depth)
		end++;
	return end;
}

static void look_at_leaf(struct files *f, struct file *file)
{
	AUTO(buf) bytes = BUF_MAX(FILES_MEMORY_MAX);

	file_load(f->s, f->part, &bytes, file);
	f->held = bytes.cap;
	file_look(f, file);
	f->held = 0;
}

/* An attached mail that stands open in the message's own structure. */
static void look_at_mail(struct files *f, struct file *file, size_t end)
{
	file->kind = magic_declared(STR("message/rfc822"));
	file->flags |= FILE_ARCHIVE;
	mail_parts(f, file, f->s, f->part, end);
}

static void look_at(struct files *f, size_t i)
{
	struct view_part *p = &f->s->v->part[i];
	struct file file = {.name = p->name,
			    .others = p->other_names,
			    .declared = p->type,
			    .charset = p->charset,
			    .size = p->decoded};
	size_t end = end_of(f->s, i);

	f->part = i;
	if (end > i + 1)
		look_at_mail(f, &file, end);
	else
		look_at_leaf(f, &file);
	p = &f->s->v->part[i];
	p->file = file.flags | file.within;
	p->real_type = str_of(file.kind->type);
}

/* Does a multipart/encrypted hold what it says? What else is in it some show,
 * and some take for sealed. */
static bool only_sealed(const struct scan *s, size_t i)
{
	for (size_t k = i + 1; k < end_of(s, i); k++)
		if (s->v->part[k].attachment || s->v->part[k].multipart ||
		    str_starts(s->v->part[k].type, STR("text/")))
			return false;
	return true;
}

/* The message itself is encrypted, or is for certain readers alone. */
static void doubt_sealed_message(struct scan *s)
{
	for (size_t i = 0; i < s->v->part_n; i++)
		if (str_is(s->v->part[i].type, "multipart/encrypted"))
			scan_doubt(s,
				   only_sealed(s, i) ? DOUBT_ENCRYPTED
						     : DOUBT_AMBIGUOUS,
				   i);
	if (s->v->part_n &&
	    (str_is(s->v->part[0].type, "application/pkcs7-mime") ||
	     str_is(s->v->part[0].type, "application/x-pkcs7-mime")))
		scan_doubt(s,
			   s->v->classes & CLASS_SIGNED ? DOUBT_UNKNOWN_TYPE
							: DOUBT_ENCRYPTED,
			   0);
}

void files_read(struct scan *s, const struct question *q)
{
	struct files f = {.s = s,
			  .texts = q->asks_content &&
				   text_wanted(s, PLACE_ATTACHMENTS),
			  .inside = q->asks_content || q->asks_inside};

	/* Above a limit nothing else is read: the mail is held anyway. */
	if ((!f.inside && !q->asks_files) || scan_has(s, DOUBT_LIMIT))
		return;
	if (f.inside)
		doubt_sealed_message(s);
	for (size_t i = 0; i < s->v->part_n; i++)
		if (carries_file(s, i))
			look_at(&f, i);
}
