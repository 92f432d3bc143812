/* mail_look.c - mails that are attached: parts of the message's own tree, or
 * files that hold one; see files_int.h.
 */
#include "connector/extract/files_int.h"

#define SUBJECT_MAX (64 * KIB)

static bool is_leaf(const struct scan *s, size_t i)
{
	return i + 1 == s->v->part_n || s->v->part[i + 1].parent != i;
}

/* How many mails lie around part i, from part `first` on. */
static unsigned mails_around(const struct scan *s, size_t i, size_t first)
{
	unsigned n = 0;

	while (i != VIEW_WHOLE && i > first) {
		i = s->v->part[i].parent;
		n += i != VIEW_WHOLE &&
		     str_starts(s->v->part[i].type, STR("message/"));
	}
	return n;
}

/* What a mail program shows as the mail's own text. */
static bool is_body(const struct scan *s, size_t i)
{
	const struct view_part *p = &s->v->part[i];

	return str_starts(p->type, STR("text/")) && p->name.n == 0 &&
	       s->more[i].disposition != DISP_ATTACHMENT;
}

static void take_body(struct files *f, struct scan *s, size_t i)
{
	AUTO(buf) bytes = BUF_MAX(MIN_OF(files_room(f), TEXT_PART_MAX));
	const struct view_part *p = &s->v->part[i];
	struct file text = {.charset = p->charset};

	if (!f->texts)
		return;
	if (!content_read(s, i, &bytes))
		files_doubt(f, DOUBT_TOO_LARGE);
	text.bytes = buf_str(&bytes);
	text_look(f, &text, text_has_tags(p->type));
}

static void take_subject(struct files *f, struct scan *s, uint64_t at)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct str in = source_at(&s->src, at, SOURCE_WANT_MAX);
	const struct field *subject;
	struct header h;

	if (!f->texts)
		return;
	header_read(str_head(in, MIME_HEADER_BLOCK_MAX), at, NULL, &a, &h);
	subject = header_find(&h, "Subject");
	if (subject)
		text_take(f->s, PLACE_ATTACHMENTS, f->part,
			  header_text(s->cs, subject->raw, SUBJECT_MAX, &a),
			  false);
}

static void take_file(struct files *f, struct file *in, struct scan *s,
		      size_t i, unsigned depth)
{
	const struct view_part *p = &s->v->part[i];
	AUTO(buf) bytes = BUF_MAX(files_room(f));
	struct file file = {.name = p->name,
			    .others = p->other_names,
			    .declared = p->type,
			    .charset = p->charset,
			    .size = p->decoded,
			    .depth = depth};

	file_load(s, i, &bytes, &file);
	f->held += bytes.cap;
	file_look(f, &file);
	f->held -= bytes.cap;
	files_inner(f, &file);
	file_holds(in, &file);
}

/* A mail within: one row, and its own parts follow. */
static void take_mail(struct files *f, struct scan *s, size_t i, unsigned depth)
{
	const struct view_part *p = &s->v->part[i];
	struct file file = {.name = p->name,
			    .others = p->other_names,
			    .kind = magic_declared(STR("message/rfc822")),
			    .size = p->decoded,
			    .flags = FILE_ARCHIVE,
			    .depth = depth};

	take_subject(f, s, p->off);
	files_inner(f, &file);
}

void mail_parts(struct files *f, struct file *in, struct scan *s, size_t first,
		size_t end)
{
	bool own = s == f->s;

	if (!f->inside)
		return;
	between_read(f->s, s, PLACE_ATTACHMENTS, f->part, first, end);
	if (own)
		take_subject(f, s, s->v->part[first].off);
	for (size_t i = own ? first + 1 : first; i < end && !f->stop; i++) {
		unsigned depth = in->depth + mails_around(s, i, first) + !own;

		if (!is_leaf(s, i)) {
			if (str_starts(s->v->part[i].type, STR("message/")))
				take_mail(f, s, i, depth);
		} else if (s->v->part[i].multipart) {
			continue; /* nothing was found in it */
		} else if (is_body(s, i)) {
			take_body(f, s, i);
		} else {
			take_file(f, in, s, i, depth);
		}
	}
}

/* A message of its own, whose view is not kept. */
static void read_mail(struct scan *m, struct str bytes, const struct files *f,
		      struct view *v, struct arena *a)
{
	struct extract_source src = {.size = bytes.n, .p = bytes.p};

	*v = (struct view){.completeness = VIEW_COMPLETE, .size = bytes.n};
	*m = (struct scan){.cs = f->s->cs,
			   .a = a,
			   .v = v,
			   .q = f->s->q,
			   .outer = f->s->outer};
	source_init(&m->src, &src, NULL);
	header_read(str_head(bytes, MIME_HEADER_BLOCK_MAX + 1), 0, NULL, a,
		    &m->header);
	if (m->header.limit)
		scan_doubt(m, DOUBT_LIMIT, VIEW_WHOLE);
	structure_read(m);
	classes_find(m);
	if (!scan_has(m, DOUBT_LIMIT) && !second_agrees(m))
		scan_doubt(m, DOUBT_AMBIGUOUS, VIEW_WHOLE);
}

void mail_look(struct files *f, struct file *file)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct scan m;
	struct view v;

	file->flags |= FILE_ARCHIVE;
	if (!f->inside)
		return;
	read_mail(&m, file->bytes, f, &v, &a);
	for (size_t i = 0; i < v.reason_n; i++)
		files_doubt(f, v.reason[i].doubt);
	take_subject(f, &m, 0);
	if (!scan_has(&m, DOUBT_LIMIT))
		mail_parts(f, file, &m, 0, v.part_n);
}
