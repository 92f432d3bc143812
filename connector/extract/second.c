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

/* A stream over a struct source, for messages that are not in memory. */
typedef struct {
	GMimeStream parent;
	struct source *src;
} SourceStream;
typedef struct {
	GMimeStreamClass parent;
} SourceStreamClass;

static GType source_stream_get_type(void);
G_DEFINE_TYPE(SourceStream, source_stream, GMIME_TYPE_STREAM)

static gint64 end_of(GMimeStream *st)
{
	return st->bound_end != -1 ? st->bound_end
				   : (gint64)((SourceStream *)st)->src->in.size;
}

static ssize_t stream_read(GMimeStream *st, char *to, size_t n)
{
	gint64 left = end_of(st) - st->position;
	struct str w;

	if (left <= 0)
		return 0;
	n = MIN_OF(n, (size_t)left);
	w = source_at(((SourceStream *)st)->src, (uint64_t)st->position, n);
	n = MIN_OF(n, w.n);
	if (n == 0)
		return -1;
	memcpy(to, w.p, n);
	st->position += (gint64)n;
	return (ssize_t)n;
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

	sub->src = ((SourceStream *)st)->src;
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
static GMimeStream *open_stream(struct source *src)
{
	SourceStream *st = g_object_new(source_stream_get_type(), NULL);

	st->src = src;
	g_mime_stream_construct(&st->parent, 0, (gint64)src->in.size);
	return &st->parent;
}

struct walk {
	const struct scan *s;
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
	uint64_t start, end;

	if (!ours) {
		w->same = false;
		return;
	}
	if (!str_starts_ci(ours->type, type))
		w->same = false;
	if (!st) {
		w->same = w->same && ours->len <= EOL_MAX;
		return;
	}
	start = (uint64_t)st->bound_start;
	end = st->bound_end < 0 ? w->s->v->size : (uint64_t)st->bound_end;
	if (start != ours->off || end > ours->off + ours->len + EOL_MAX ||
	    end + EOL_MAX < ours->off + ours->len)
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
	GMimeStream *st = open_stream(&s->src);
	GMimeParser *parser = g_mime_parser_new_with_stream(st);
	struct walk w = {.s = s, .same = true};
	GMimeMessage *m;

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
