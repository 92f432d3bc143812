/* insert_edits.c - texts put into the body as spans.
 *
 * In place where the part's encoding and charset can hold the text; else the
 * part's own content is written anew in base64, in UTF-8 where its charset has
 * no such characters.  An edit in place takes a byte of the content with it, so
 * that no other edit of that content can be put around it.
 */
#include "connector/base/codec.h"
#include "connector/base/vec.h"
#include "connector/extract/insert_int.h"
#include "connector/extract/text_int.h"

#define REWRITE_MAX (8 * MIB)
#define LOOK_MAX    (200 * KIB) /* for <body and </body> */
#define LINE_MAX_IN 990		/* RFC 5322 2.1.1 */
/* Whole lines of base64 in one edit. */
#define CHUNK (EDIT_REPLACEMENT_MAX / 78 * 78)

struct making {
	struct scan *s;
	const struct change *c;
	const char *eol;
	VEC_OF(struct edit);
	struct err *e;
};

struct spot {
	const struct insert_leaf *leaf;
	const struct view_part *p;
	struct buf head, tail;
	bool utf8; /* its charset is UTF-8 */
	bool wide; /* its charset is none that ASCII is part of */
};

static void add(struct making *m, uint64_t off, uint64_t len, struct str text)
{
	struct edit e = {
		.off = off, .len = len, .text = arena_str(m->s->a, text)};

	vec_push(m, e);
}

/* ---- fields ---- */

static bool is_name_end(char c)
{
	return c == '=' || c == ' ' || c == '\t' || c == '\r' || c == '\n' ||
	       c == '*';
}

/* Behind a quoted string that begins at i. */
static size_t past_quoted(struct str s, size_t i)
{
	for (i++; i < s.n && s.p[i] != '"'; i++)
		if (s.p[i] == '\\')
			i++;
	return i + 1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t past_blanks(struct str s, size_t i)
{
	while (i < s.n && is_blank(s.p[i]))
		i++;
	return i;
}

/* The value of the charset parameter as a span of the field; false: there is
 * none, or it is not plain enough to be replaced. */
static bool charset_span(struct str field, size_t *from_r, size_t *to_r)
{
	size_t i = 0;

	while (i < field.n) {
		struct str rest;

		if (field.p[i] == '"') {
			i = past_quoted(field, i);
			continue;
		}
		if (field.p[i++] != ';')
			continue;
		i = past_blanks(field, i);
		rest = str_skip(field, MIN_OF(i, field.n));
		if (!str_starts_ci(rest, STR("charset")) || rest.n < 8 ||
		    !is_name_end(rest.p[7]))
			continue;
		i = past_blanks(field, i + 7);
		if (i >= field.n || field.p[i] != '=')
			return false;
		i = past_blanks(field, i + 1);
		*from_r = i;
		if (i < field.n && field.p[i] == '"')
			i = past_quoted(field, i);
		else
			while (i < field.n && !is_blank(field.p[i]) &&
			       field.p[i] != ';')
				i++;
		*to_r = MIN_OF(i, field.n);
		return *to_r > *from_r;
	}
	return false;
}

static bool has_charset(const struct spot *at)
{
	return at->p->charset.n > 0;
}

/* "charset=utf-8" where the part says what it is, or would. */
static bool field_charset(struct making *m, const struct spot *at)
{
	const struct part_more *more = &m->s->more[at->leaf->part];
	struct str field;
	size_t from, to;

	if (more->type_len == 0) {
		AUTO(buf) text = BUF_MAX(256);

		buf_printf(&text, "Content-Type: text/plain; charset=utf-8%s",
			   m->eol);
		add(m, at->p->coding_off, 0, buf_str(&text));
		return true;
	}
	field = source_at(&m->s->src, more->type_off, (size_t)more->type_len);
	field = str_head(field, (size_t)more->type_len);
	if (charset_span(field, &from, &to)) {
		add(m, more->type_off + from, to - from, STR("utf-8"));
		return true;
	}
	if (has_charset(at))
		return err_set(m->e, ERR_PERMANENT, 0,
			       "the charset cannot be replaced");
	for (to = field.n; to && is_blank(field.p[to - 1]); to--)
		;
	add(m, more->type_off + to, 0, STR("; charset=utf-8"));
	return true;
}

static void field_coding(struct making *m, const struct spot *at)
{
	AUTO(buf) text = BUF_MAX(128);

	if (at->p->coding == CODING_BASE64)
		return;
	buf_printf(&text, "Content-Transfer-Encoding: base64%s", m->eol);
	/* Without it some would not heed the encoding. */
	if (m->s->more[at->leaf->part].root &&
	    !header_find(&m->s->header, "MIME-Version"))
		buf_printf(&text, "MIME-Version: 1.0%s", m->eol);
	add(m, at->p->coding_off, at->p->coding_len, buf_str(&text));
}

static bool fields(struct making *m, const struct spot *at, bool to_utf8)
{
	const struct part_more *more = &m->s->more[at->leaf->part];
	bool type_first = more->type_len && more->type_off < at->p->coding_off;

	if (to_utf8 && (type_first || !more->type_len))
		TRY(field_charset(m, at));
	field_coding(m, at);
	return !to_utf8 || type_first || !more->type_len ||
	       field_charset(m, at);
}

/* ---- places ---- */

/* Behind "<body …>", or the beginning. */
static size_t html_head(struct str html)
{
	ptrdiff_t at = str_find_ci(html, STR("<body")), end;

	if (at < 0)
		return 0;
	end = str_chr(str_skip(html, (size_t)at), '>');
	return end < 0 ? 0 : (size_t)(at + end) + 1;
}

/* Before the last "</body", or the end. */
static size_t html_tail(struct str html)
{
	size_t found = html.n, at = 0;
	ptrdiff_t next;

	while ((next = str_find_ci(str_skip(html, at), STR("</body"))) >= 0) {
		found = at + (size_t)next;
		at = found + 1;
	}
	return found;
}

/* ---- in place ---- */

static bool long_line(struct str s)
{
	struct str line;

	while (str_split(&s, '\n', &line))
		if (line.n > LINE_MAX_IN)
			return true;
	return false;
}

static bool fits_in_place(const struct spot *at)
{
	struct str head = buf_str(&at->head), tail = buf_str(&at->tail);
	bool ascii = str_is_ascii(head) && str_is_ascii(tail);

	if (at->wide)
		return false;
	if (at->p->coding == CODING_QP)
		return ascii || at->utf8;
	if (long_line(head) || long_line(tail))
		return false;
	/* A mail of ASCII must not become one that not every hop takes. */
	if (at->p->coding == CODING_8BIT)
		return ascii || (at->utf8 && at->p->has_8bit);
	return at->p->coding == CODING_7BIT && ascii;
}

/* The bytes at this end of the part's raw content, as far as is looked. */
static struct str raw_end(struct making *m, const struct spot *at, bool tail,
			  uint64_t *off_r)
{
	uint64_t n = MIN_OF(at->p->len, (uint64_t)LOOK_MAX);

	*off_r = tail ? at->p->off + at->p->len - n : at->p->off;
	return str_head(source_at(&m->s->src, *off_r, (size_t)n), (size_t)n);
}

static bool put_block(const struct making *m, const struct spot *at,
		      struct str block, struct buf *out)
{
	if (at->p->coding == CODING_QP)
		qp_encode(block, m->eol, out);
	else
		buf_put_str(out, block);
	return buf_ok(out);
}

/* A content of a byte or none, as a whole. */
static bool around(struct making *m, const struct spot *at)
{
	AUTO(buf) text = BUF_MAX(EDIT_REPLACEMENT_MAX);
	struct str byte = source_at(&m->s->src, at->p->off, 1);

	byte = str_head(byte, (size_t)at->p->len);
	put_block(m, at, buf_str(&at->head), &text);
	buf_put_str(&text, byte);
	if (at->tail.n && byte.n && byte.p[0] != '\n')
		buf_puts(&text, m->eol);
	if (!put_block(m, at, buf_str(&at->tail), &text))
		return false;
	add(m, at->p->off, at->p->len, buf_str(&text));
	return true;
}

/* With the byte that stands there. */
static bool put_at(struct making *m, const struct spot *at, uint64_t off,
		   struct str block)
{
	uint64_t end = at->p->off + at->p->len;
	bool behind = off == end;
	AUTO(buf) text = BUF_MAX(EDIT_REPLACEMENT_MAX);
	struct str byte;

	byte = str_head(source_at(&m->s->src, behind ? off - 1 : off, 1), 1);
	if (behind)
		buf_put_str(&text, byte);
	if (behind && byte.n && byte.p[0] != '\n')
		buf_puts(&text, m->eol);
	put_block(m, at, block, &text);
	if (!behind)
		buf_put_str(&text, byte);
	if (!buf_ok(&text) || !byte.n)
		return false;
	add(m, behind ? off - 1 : off, 1, buf_str(&text));
	return true;
}

/* False: nothing was added, another way has to do. */
static bool in_place(struct making *m, const struct spot *at)
{
	size_t before = m->n;
	uint64_t head = at->p->off, tail = head + at->p->len, off;
	struct str raw;

	if (!fits_in_place(at))
		return false;
	if (at->p->len < 2)
		return around(m, at);
	if (at->leaf->html && at->head.n) {
		raw = raw_end(m, at, false, &off);
		head = off + html_head(raw);
	}
	if (at->leaf->html && at->tail.n) {
		raw = raw_end(m, at, true, &off);
		tail = off + html_tail(raw);
	}
	if (head + 1 >= tail)
		return false;
	if ((!at->head.n || put_at(m, at, head, buf_str(&at->head))) &&
	    (!at->tail.n || put_at(m, at, tail, buf_str(&at->tail))))
		return true;
	m->n = before;
	return false;
}

/* ---- anew ---- */

static bool whole_text(struct making *m, const struct spot *at, bool to_utf8,
		       struct buf *out)
{
	AUTO(buf) bytes = BUF_MAX(REWRITE_MAX);

	if (!content_read(m->s, at->leaf->part, &bytes))
		return err_set(m->e, ERR_LIMIT, 0,
			       "the text is too large to be written anew");
	if (!to_utf8) {
		buf_put_str(out, buf_str(&bytes));
		return true;
	}
	if (!charset_decode(m->s->cs,
			    has_charset(at) ? at->p->charset : STR("us-ascii"),
			    buf_str(&bytes), out))
		return err_set(m->e, ERR_PERMANENT, 0,
			       "the text cannot be read in its charset");
	return buf_ok(out) || err_set(m->e, ERR_LIMIT, 0, "too large");
}

static void put_base64(struct making *m, const struct spot *at, struct str text)
{
	AUTO(buf) coded = BUF_MAX(2 * REWRITE_MAX + MIB);
	uint64_t off = at->p->off, len = at->p->len;
	struct str rest;

	b64_encode_mime(&coded, text);
	rest = buf_str(&coded);
	do {
		struct str part = str_head(rest, MIN_OF(rest.n, (size_t)CHUNK));

		add(m, off, len, part);
		off += len;
		len = 0;
		rest = str_skip(rest, part.n);
	} while (rest.n);
}

static bool anew(struct making *m, const struct spot *at)
{
	bool ascii = str_is_ascii(buf_str(&at->head)) &&
		     str_is_ascii(buf_str(&at->tail));
	bool to_utf8 = at->wide || (!ascii && !at->utf8);
	AUTO(buf) text = BUF_MAX(2 * REWRITE_MAX);
	AUTO(buf) all = BUF_MAX(2 * REWRITE_MAX + MIB);
	size_t head, tail;
	struct str s;

	TRY(whole_text(m, at, to_utf8, &text));
	s = buf_str(&text);
	head = at->leaf->html ? html_head(s) : 0;
	tail = at->leaf->html ? html_tail(s) : s.n;
	tail = MAX_OF(head, tail);
	buf_put_str(&all, str_head(s, head));
	buf_put_str(&all, buf_str(&at->head));
	buf_put_str(&all, str_n(s.p + head, tail - head));
	if (at->tail.n && s.n && tail == s.n && !str_ends(s, STR("\n")))
		buf_puts(&all, m->eol);
	buf_put_str(&all, buf_str(&at->tail));
	buf_put_str(&all, str_skip(s, tail));
	if (!buf_ok(&all))
		return err_set(m->e, ERR_LIMIT, 0, "the text is too large");
	TRY(fields(m, at, to_utf8));
	put_base64(m, at, buf_str(&all));
	return true;
}

/* ---- all ---- */

static bool one_leaf(struct making *m, const struct insert_leaf *leaf)
{
	const struct view_part *p = &m->s->v->part[leaf->part];
	struct spot at = {.leaf = leaf,
			  .p = p,
			  .head = BUF_MAX(MIB),
			  .tail = BUF_MAX(MIB)};
	bool ok = true;

	at.utf8 = str_is_ci(p->charset, "utf-8");
	at.wide = str_starts_ci(p->charset, STR("utf-16")) ||
		  str_starts_ci(p->charset, STR("utf-32")) ||
		  str_starts_ci(p->charset, STR("utf-7")) ||
		  str_starts_ci(p->charset, STR("ucs-"));
	if (leaf->head)
		insert_block(m->c, false, leaf->html, m->eol, &at.head);
	if (leaf->tail)
		insert_block(m->c, true, leaf->html, m->eol, &at.tail);
	if (!buf_ok(&at.head) || !buf_ok(&at.tail) ||
	    p->coding == CODING_UNKNOWN)
		ok = err_set(m->e, ERR_PERMANENT, 0, "no text goes in there");
	else if ((at.head.n || at.tail.n) && !in_place(m, &at))
		ok = anew(m, &at);
	buf_release(&at.head);
	buf_release(&at.tail);
	return ok;
}

bool insert_edits(struct scan *s, const struct change *c, const char *eol,
		  struct edits *edits_r, struct err *e)
{
	struct insert_leaf leaf[INSERT_LEAVES_MAX];
	struct making m = {.s = s, .c = c, .eol = eol, .e = e};
	size_t n = insert_leaves(s, leaf);
	bool ok = true;

	*edits_r = (struct edits){NULL, 0};
	if (!n)
		return insert_wrap(s, c, eol, edits_r, e);
	if (s->header.no_empty_line)
		return err_set(e, ERR_PERMANENT, 0,
			       "there is no text to put another into");
	for (size_t i = 0; ok && i < n; i++)
		ok = one_leaf(&m, &leaf[i]);
	edits_r->v = arena_array(s->a, m.n, sizeof(*m.v));
	edits_r->n = ok ? m.n : 0;
	if (edits_r->n)
		memcpy(edits_r->v, m.v, m.n * sizeof(*m.v));
	vec_release(&m);
	return ok;
}
