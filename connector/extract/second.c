/* second.c - GMime's opinion on the structure (wall: GMime is here only).
 *
 * GMime reads the same bytes through a stream that owns nothing; its leaf
 * parts must be ours: same number, order, types and places. Nothing that it
 * decodes is used, and nothing is ever written with it.
 */
#include <errno.h>
#include <gmime/gmime.h>
#include <iconv.h>
#include "connector/extract/scan_int.h"

/* GMime converts names and subjects as it parses, by the C library's iconv,
 * which opens a module for each charset: in the sandbox that is death. What it
 * decodes is not used here, so in this program no conversion exists, and GMime
 * keeps the bytes. Ours are ICU's, loaded before the sandbox. */
iconv_t iconv_open(const char *to, const char *from)
{
	(void)to;
	(void)from;
	errno = EINVAL;
	return (iconv_t)-1;
}

/* ---- what is shown of a message ---- */

#define HOLES_MAX   8
#define HOLE_BESIDE (2 * KIB) /* at both sides of it */
#define HOLE_LEAST  (4 * HOLE_BESIDE)

/* Where nothing but base64's characters, blanks and line ends are, far from
 * either end of a part: no delimiter and no field can begin in it, so it is
 * left out, and what lies behind it moves up. */
struct shown {
	struct source *src;
	uint64_t size;
	struct {
		uint64_t at; /* where it was, in what is shown */
		uint64_t len;
	} hole[HOLES_MAX];
	size_t n;
};

static void shown_init(struct shown *w, struct scan *s)
{
	uint64_t gone = 0;

	*w = (struct shown){.src = &s->src};
	for (size_t i = 0; i < s->v->part_n && w->n < HOLES_MAX; i++) {
		const struct view_part *p = &s->v->part[i];

		if (!s->more[i].base64 || p->len < HOLE_LEAST)
			continue;
		w->hole[w->n].at = p->off + HOLE_BESIDE - gone;
		w->hole[w->n].len = p->len - 2 * HOLE_BESIDE;
		gone += w->hole[w->n++].len;
	}
	w->size = s->src.in.size - gone;
}

/* Where the message's byte at `off`, not in a hole, is shown. */
static uint64_t shown_at(const struct shown *w, uint64_t off)
{
	size_t i = 0;

	for (; i < w->n && w->hole[i].at < off; i++)
		off -= MIN_OF(w->hole[i].len, off - w->hole[i].at);
	return off;
}

/* n bytes or less from `at` of what is shown. */
static struct str shown_bytes(const struct shown *w, uint64_t at, size_t n)
{
	uint64_t off = at;
	size_t i = 0;

	for (; i < w->n && w->hole[i].at <= at; i++)
		off += w->hole[i].len;
	if (i < w->n)
		n = (size_t)MIN_OF((uint64_t)n, w->hole[i].at - at);
	return str_head(source_at(w->src, off, n), n);
}

/* A stream over that, for messages that are not in memory. */
typedef struct {
	GMimeStream parent;
	const struct shown *shown;
} SourceStream;
typedef struct {
	GMimeStreamClass parent;
} SourceStreamClass;

static GType source_stream_get_type(void);
G_DEFINE_TYPE(SourceStream, source_stream, GMIME_TYPE_STREAM)

static gint64 end_of(GMimeStream *st)
{
	return st->bound_end != -1 ? st->bound_end
				   : (gint64)((SourceStream *)st)->shown->size;
}

static ssize_t stream_read(GMimeStream *st, char *to, size_t n)
{
	gint64 left = end_of(st) - st->position;
	struct str w;

	if (left <= 0)
		return 0;
	n = MIN_OF(n, (size_t)left);
	w = shown_bytes(((SourceStream *)st)->shown, (uint64_t)st->position, n);
	if (w.n == 0)
		return -1;
	memcpy(to, w.p, w.n);
	st->position += (gint64)w.n;
	return (ssize_t)w.n;
}

static int stream_nothing(GMimeStream *st)
{
	(void)st;
	return 0;
}

static gboolean stream_eos(GMimeStream *st)
{
	return st->position >= end_of(st);
}

static gint64 stream_seek(GMimeStream *st, gint64 off, GMimeSeekWhence whence)
{
	if (whence == GMIME_STREAM_SEEK_CUR)
		off += st->position;
	else if (whence == GMIME_STREAM_SEEK_END)
		off += end_of(st);
	else
		off += st->bound_start;
	if (off < st->bound_start || off > end_of(st))
		return -1;
	return st->position = off;
}

static gint64 stream_tell(GMimeStream *st)
{
	return st->position;
}

static gint64 stream_length(GMimeStream *st)
{
	return end_of(st) - st->bound_start;
}

static GMimeStream *stream_sub(GMimeStream *st, gint64 start, gint64 end)
{
	SourceStream *sub = g_object_new(source_stream_get_type(), NULL);

	sub->shown = ((SourceStream *)st)->shown;
	g_mime_stream_construct(&sub->parent, start, end);
	return &sub->parent;
}

static int stream_reset(GMimeStream *st)
{
	st->position = st->bound_start;
	return 0;
}

static void source_stream_init(SourceStream *st)
{
	(void)st;
}

static void source_stream_class_init(SourceStreamClass *c)
{
	c->parent.read = stream_read;
	c->parent.flush = stream_nothing;
	c->parent.close = stream_nothing;
	c->parent.eos = stream_eos;
	c->parent.reset = stream_reset;
	c->parent.seek = stream_seek;
	c->parent.tell = stream_tell;
	c->parent.length = stream_length;
	c->parent.substream = stream_sub;
}

void second_init(void)
{
	g_mime_init();
	g_type_class_ref(source_stream_get_type());
}

/* The message in memory is read in place. */
static GMimeStream *open_stream(const struct shown *shown)
{
	SourceStream *st = g_object_new(source_stream_get_type(), NULL);

	st->shown = shown;
	g_mime_stream_construct(&st->parent, 0, (gint64)shown->size);
	return &st->parent;
}

struct walk {
	const struct scan *s;
	const struct shown *shown;
	size_t at; /* the next of our parts */
	bool same;
};

/* Our next part that holds content, not parts. */
static const struct view_part *next_leaf(struct walk *w)
{
	const struct view *v = w->s->v;

	for (; w->at < v->part_n; w->at++) {
		size_t next = w->at + 1;

		if (next < v->part_n && v->part[next].parent == w->at)
			continue;
		/* A multipart in which nothing was found. */
		if (v->part[w->at].multipart)
			continue;
		return &v->part[w->at++];
	}
	return NULL;
}

#define EOL_MAX 2

static void compare_leaf(struct walk *w, GMimePart *theirs)
{
	const struct view_part *ours = next_leaf(w);
	GMimeDataWrapper *content = g_mime_part_get_content(theirs);
	GMimeStream *st = content ? g_mime_data_wrapper_get_stream(content)
				  : NULL;
	GMimeContentType *ct = g_mime_object_get_content_type(
		GMIME_OBJECT(theirs));
	struct str type = str_of(g_mime_content_type_get_media_type(ct));
	uint64_t start, end, from, to;

	if (!ours) {
		w->same = false;
		return;
	}
	from = shown_at(w->shown, ours->off);
	to = shown_at(w->shown, ours->off + ours->len);
	if (!str_starts_ci(ours->type, type))
		w->same = false;
	if (!st) {
		w->same = w->same && ours->len <= EOL_MAX;
		return;
	}
	start = (uint64_t)st->bound_start;
	end = st->bound_end < 0 ? w->shown->size : (uint64_t)st->bound_end;
	if (start != from || end > to + EOL_MAX || end + EOL_MAX < to)
		w->same = false;
}

static void walk_object(struct walk *w, GMimeObject *o, int depth)
{
	if (!o || !w->same || depth > MIME_DEPTH_MAX + 1)
		return;
	if (GMIME_IS_MULTIPART(o)) {
		GMimeMultipart *m = GMIME_MULTIPART(o);

		for (int i = 0; i < g_mime_multipart_get_count(m); i++)
			walk_object(w, g_mime_multipart_get_part(m, i),
				    depth + 1);
	} else if (GMIME_IS_MESSAGE_PART(o)) {
		GMimeMessage *m = g_mime_message_part_get_message(
			GMIME_MESSAGE_PART(o));

		if (m)
			walk_object(w, g_mime_message_get_mime_part(m),
				    depth + 1);
		else
			w->same = false;
	} else if (GMIME_IS_PART(o)) {
		compare_leaf(w, GMIME_PART(o));
	}
}

bool second_agrees(struct scan *s)
{
	struct shown shown;
	struct walk w = {.s = s, .shown = &shown, .same = true};
	GMimeParser *parser;
	GMimeMessage *m;
	GMimeStream *st;

	shown_init(&shown, s);
	st = open_stream(&shown);
	parser = g_mime_parser_new_with_stream(st);
	g_mime_parser_set_persist_stream(parser, TRUE);
	g_mime_parser_set_format(parser, GMIME_FORMAT_MESSAGE);
	m = g_mime_parser_construct_message(parser, NULL);
	if (m) {
		walk_object(&w, g_mime_message_get_mime_part(m), 0);
		g_object_unref(m);
	}
	w.same = w.same && m && next_leaf(&w) == NULL;
	g_object_unref(parser);
	g_object_unref(st);
	return w.same;
}
