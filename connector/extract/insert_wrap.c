/* insert_wrap.c - texts for a mail that has no text of its own: all of its
 * content becomes one part of a multipart/mixed (RFC 2046 5.1.3) with a text
 * part before or behind it. Its bytes stay as they are; its Content- fields
 * move to the part.
 */
#include "connector/base/codec.h"
#include "connector/base/vec.h"
#include "connector/extract/insert_int.h"

#define BOUNDARY_STEM "=_sekisho_"
#define TRIES	      16 /* boundaries that stand in the mail already */
#define LINE_MOST     990
#define LOOK_STEP     (256 * KIB)
/* What the class stands for would be gone, or nobody could open it. */
#define NOT_WRAPPED                                                            \
	(CLASS_CALENDAR | CLASS_RECEIPT | CLASS_DSN | CLASS_SIGNED |           \
	 CLASS_ENCRYPTED | CLASS_RIGHTS_MANAGED | CLASS_TNEF)

struct wrap {
	struct scan *s;
	const struct change *c;
	const char *eol;
	char boundary[32];
	VEC_OF(struct edit);
};

static void add(struct wrap *w, uint64_t off, uint64_t len, struct str text)
{
	struct edit e = {
		.off = off, .len = len, .text = arena_str(w->s->a, text)};

	vec_push(w, e);
}

/* Does the text stand anywhere in the mail? True as well when it cannot be
 * read. */
static bool occurs(struct scan *s, struct str text)
{
	for (uint64_t at = 0; at < s->src.in.size; at += LOOK_STEP) {
		struct str piece = source_at(&s->src, at, LOOK_STEP + text.n);

		if (!piece.n || str_find(piece, text) >= 0)
			return true;
	}
	return false;
}

static bool choose_boundary(struct wrap *w)
{
	for (unsigned i = 0; i < TRIES; i++) {
		struct str stem = STR(BOUNDARY_STEM);

		memcpy(w->boundary, stem.p, stem.n);
		w->boundary[stem.n] = (char)('a' + i);
		w->boundary[stem.n + 1] = 0;
		if (!occurs(w->s, str_of(w->boundary)))
			return true;
	}
	return false;
}

static bool is_content(const struct field *f)
{
	return str_starts_ci(f->name, STR("Content-"));
}

/* The Content- fields go to the part; the first leaves its place. */
static void move_fields(struct wrap *w, struct buf *moved)
{
	const struct header *h = &w->s->header;
	bool first = true;

	for (size_t i = 0; i < h->n; i++) {
		const struct field *f = &h->v[i];
		AUTO(buf) text = BUF_MAX(KIB);
		struct str raw;

		if (!is_content(f))
			continue;
		raw = str_n(f->name.p, (size_t)f->len);
		buf_put_str(moved, raw);
		if (first && !header_find(h, "MIME-Version"))
			buf_printf(&text, "MIME-Version: 1.0%s", w->eol);
		if (first)
			buf_printf(&text,
				   "Content-Type: multipart/mixed;%s"
				   "\tboundary=\"%s\"%s",
				   w->eol, w->boundary, w->eol);
		first = false;
		/* RFC 2045 6.4: around what is not 7-bit it says so, too. */
		if (str_is_ci(f->name, "Content-Transfer-Encoding") &&
		    w->s->v->part[0].coding == CODING_8BIT)
			buf_put_str(&text, raw);
		add(w, f->off, f->len, buf_str(&text));
	}
}

static bool plain_enough(struct str text)
{
	struct str rest = text, line;

	while (str_split(&rest, '\n', &line))
		if (line.n > LINE_MOST)
			return false;
	return str_is_ascii(text);
}

/* One text part, behind its delimiter. */
static void put_part(const struct wrap *w, bool tail, struct buf *out)
{
	AUTO(buf) block = BUF_MAX(MIB);
	AUTO(buf) coded = BUF_MAX(2 * MIB);
	struct str text;

	insert_block(w->c, tail, false, w->eol, &block);
	text = buf_str(&block);
	if (!text.n)
		return;
	/* The blank line that would part it from what is there. */
	if (tail && str_starts(text, str_of(w->eol)))
		text = str_skip(text, strlen(w->eol));
	buf_printf(out, "--%s%sContent-Type: text/plain; charset=utf-8%s",
		   w->boundary, w->eol, w->eol);
	if (plain_enough(text)) {
		buf_printf(out, "%s" STR_FMT, w->eol, STR_ARG(text));
		return;
	}
	buf_printf(out, "Content-Transfer-Encoding: base64%s%s", w->eol,
		   w->eol);
	b64_encode_mime(&coded, text);
	buf_put_str(out, buf_str(&coded));
}

/* Around the content, with the bytes at its ends: no other edit of it goes
 * around or between. */
static bool around(struct wrap *w, struct str moved)
{
	uint64_t body = w->s->header.body, end = w->s->src.in.size;
	AUTO(buf) head = BUF_MAX(EDIT_REPLACEMENT_MAX);
	AUTO(buf) tail = BUF_MAX(EDIT_REPLACEMENT_MAX);

	put_part(w, false, &head);
	buf_printf(&head, "--%s%s" STR_FMT "%s", w->boundary, w->eol,
		   STR_ARG(moved), w->eol);
	if (end > body)
		buf_put_str(&head, str_head(source_at(&w->s->src, body, 1), 1));
	if (end > body + 1)
		buf_put_str(&tail,
			    str_head(source_at(&w->s->src, end - 1, 1), 1));
	buf_puts(&tail, w->eol);
	put_part(w, true, &tail);
	buf_printf(&tail, "--%s--%s", w->boundary, w->eol);
	if (!buf_ok(&head) || !buf_ok(&tail))
		return false;
	if (end > body + 1) {
		add(w, body, 1, buf_str(&head));
		add(w, end - 1, 1, buf_str(&tail));
		return true;
	}
	buf_put_str(&head, buf_str(&tail));
	add(w, body, end - body, buf_str(&head));
	return buf_ok(&head);
}

bool insert_wrap(struct scan *s, const struct change *c, const char *eol,
		 struct edits *edits_r, struct err *e)
{
	struct wrap w = {.s = s, .c = c, .eol = eol};
	AUTO(buf) moved = BUF_MAX(MIME_HEADER_MAX);
	bool ok;

	*edits_r = (struct edits){NULL, 0};
	if (s->v->classes & NOT_WRAPPED || s->header.no_empty_line ||
	    s->header.odd || s->header.limit || !s->v->part_n)
		return err_set(e, ERR_PERMANENT, 0,
			       "there is no text to put another into");
	if (!choose_boundary(&w))
		return err_set(e, ERR_PERMANENT, 0, "no boundary is free");
	move_fields(&w, &moved);
	ok = w.n && buf_ok(&moved) && around(&w, buf_str(&moved));
	edits_r->v = arena_array(s->a, w.n, sizeof(*w.v));
	edits_r->n = ok ? w.n : 0;
	if (edits_r->n)
		memcpy(edits_r->v, w.v, w.n * sizeof(*w.v));
	vec_release(&w);
	return ok || err_set(e, ERR_LIMIT, 0, "the text is too large");
}
