/* edit.c - wire forms of changes and edits, and the splice; see edit.h. */
#include "connector/mail/edit.h"
#include "connector/base/codec.h"
#include "connector/base/limits.h"
#include "connector/base/utf8.h"

#define CHANGE_TEXT_MAX	 EDIT_REPLACEMENT_MAX
#define CHANGE_TEXTS_MAX 64
#define EDIT_WIRE_MIN	 20

bool change_is_empty(const struct change *c)
{
	return c->hide_n == 0 && c->add_n == 0 && c->remove_n == 0 &&
	       c->insert_n == 0;
}

void change_write(const struct change *c, struct buf *out)
{
	buf_put_u32(out, (uint32_t)c->hide_n);
	for (size_t i = 0; i < c->hide_n; i++)
		buf_put_bytes(out, c->hide[i]);
	buf_put_bytes(out, c->to_when_empty);
	buf_put_u32(out, (uint32_t)c->add_n);
	for (size_t i = 0; i < c->add_n; i++) {
		buf_put_bytes(out, c->add[i].name);
		buf_put_bytes(out, c->add[i].value);
	}
	buf_put_u32(out, (uint32_t)c->remove_n);
	for (size_t i = 0; i < c->remove_n; i++)
		buf_put_bytes(out, c->remove[i]);
	buf_put_u32(out, (uint32_t)c->insert_n);
	for (size_t i = 0; i < c->insert_n; i++) {
		buf_put_u8(out, c->insert[i].tail);
		buf_put_bytes(out, c->insert[i].text);
	}
}

static void read_list(struct rd *in, struct arena *a, struct str **v_r,
		      size_t *n_r)
{
	*n_r = rd_count(in, CHANGE_ITEMS_MAX, 4);
	*v_r = arena_array(a, *n_r, sizeof(**v_r));
	for (size_t i = 0; i < *n_r; i++)
		(*v_r)[i] = rd_lenbytes(in, SMTP_ADDRESS_MAX);
}

static void read_texts(struct rd *in, struct arena *a, struct change *c)
{
	c->insert_n = rd_count(in, CHANGE_TEXTS_MAX, 5);
	c->insert = arena_array(a, c->insert_n, sizeof(*c->insert));
	for (size_t i = 0; i < c->insert_n; i++) {
		c->insert[i].tail = rd_u8(in) != 0;
		c->insert[i].text = rd_lenbytes(in, CHANGE_TEXT_MAX);
		if (!utf8_valid(c->insert[i].text))
			in->bad = true;
	}
}

bool change_read(struct rd *in, struct arena *a, struct change *c_r,
		 struct err *e)
{
	*c_r = (struct change){0};
	read_list(in, a, &c_r->hide, &c_r->hide_n);
	c_r->to_when_empty = rd_lenbytes(in, SMTP_ADDRESS_MAX);
	c_r->add_n = rd_count(in, CHANGE_ITEMS_MAX, 8);
	c_r->add = arena_array(a, c_r->add_n, sizeof(*c_r->add));
	for (size_t i = 0; i < c_r->add_n; i++) {
		c_r->add[i].name = rd_lenbytes(in, SMTP_ADDRESS_MAX);
		c_r->add[i].value = rd_lenbytes(in, CHANGE_TEXT_MAX);
	}
	read_list(in, a, &c_r->remove, &c_r->remove_n);
	read_texts(in, a, c_r);
	if (!rd_ok(in))
		return err_set(e, ERR_PERMANENT, 0, "bad change");
	return true;
}

/* The kind stands in the top byte of the length. */
#define HOW_SHIFT 56
#define LEN_MASK  ((UINT64_C(1) << HOW_SHIFT) - 1)

void edits_write(const struct edits *e, struct buf *out)
{
	buf_put_u32(out, (uint32_t)e->n);
	for (size_t i = 0; i < e->n; i++) {
		const struct edit *it = &e->v[i];

		buf_put_u64(out, it->off);
		buf_put_u64(out, it->len | (uint64_t)it->how << HOW_SHIFT);
		buf_put_bytes(out, it->text);
		if (it->how == EDIT_CRLF)
			buf_put_u64(out, it->bare);
	}
}

static bool read_one(struct rd *in, struct edit *it)
{
	uint64_t len;

	it->off = rd_u64(in);
	len = rd_u64(in);
	it->len = len & LEN_MASK;
	it->text = rd_lenbytes(in, EDIT_REPLACEMENT_MAX);
	if (len >> HOW_SHIFT > EDIT_CRLF)
		return false;
	it->how = (enum edit_how)(len >> HOW_SHIFT);
	if (it->how == EDIT_CRLF)
		it->bare = rd_u64(in);
	return rd_ok(in) && it->bare <= it->len &&
	       (it->how == EDIT_TEXT || (it->len && !it->text.n));
}

bool edits_read(struct str wire, uint64_t size, struct arena *a,
		struct edits *edits_r, struct err *e)
{
	struct rd in = rd_of(wire);
	uint64_t end = 0;

	edits_r->n = rd_count(&in, EDITS_MAX, EDIT_WIRE_MIN);
	edits_r->v = arena_array(a, edits_r->n, sizeof(*edits_r->v));
	for (size_t i = 0; i < edits_r->n; i++) {
		struct edit *it = &edits_r->v[i];

		if (!read_one(&in, it))
			return err_set(e, ERR_PERMANENT, 0, "bad edits");
		if (it->off < end || it->off > size || it->len > size - it->off)
			return err_set(e, ERR_PERMANENT, 0,
				       "edit %zu is out of place", i);
		end = it->off + it->len;
	}
	if (!rd_end(&in))
		return err_set(e, ERR_PERMANENT, 0, "bad edits");
	return true;
}

void splice_init(struct splice *s, const struct edits *edits, uint64_t size)
{
	*s = (struct splice){.edits = edits, .size = size};
}

bool splice_next(struct splice *s, struct splice_piece *piece_r)
{
	const struct edit *it;
	uint64_t stop;

	for (; s->next < s->edits->n; s->next++) {
		it = &s->edits->v[s->next];
		if (s->at < it->off)
			break;
		/* At the edit: its text first, then past what it replaces. */
		if (!s->text_given && (it->text.n || it->how != EDIT_TEXT)) {
			s->text_given = true;
			*piece_r = (struct splice_piece){
				.original = it->how != EDIT_TEXT,
				.off = it->off,
				.len = it->how != EDIT_TEXT ? it->len
							    : it->text.n,
				.text = it->text,
				.how = it->how};
			return true;
		}
		s->text_given = false;
		s->at = it->off + it->len;
	}
	stop = s->next < s->edits->n ? s->edits->v[s->next].off : s->size;
	if (s->at >= stop)
		return false;
	*piece_r = (struct splice_piece){
		.original = true, .off = s->at, .len = stop - s->at};
	s->at = stop;
	return true;
}

#define B64_LINE_IN  57 /* bytes that make a line of 76 characters */
#define B64_LINE_OUT 78 /* with its CRLF */

static uint64_t b64_size(uint64_t n)
{
	uint64_t rest = n % B64_LINE_IN, last = (rest + 2) / 3 * 4;

	return n / B64_LINE_IN * B64_LINE_OUT + (rest ? last + 2 : 0);
}

static uint64_t edit_size(const struct edit *it)
{
	switch (it->how) {
	case EDIT_TEXT:
		break;
	case EDIT_BASE64:
		return b64_size(it->len);
	case EDIT_CRLF:
		return it->len + it->bare;
	}
	return it->text.n;
}

uint64_t splice_size(const struct edits *edits, uint64_t size)
{
	for (size_t i = 0; i < edits->n; i++)
		size = size - edits->v[i].len + edit_size(&edits->v[i]);
	return size;
}

void edit_code(struct edit_coder *c, enum edit_how how, struct str in,
	       struct buf *out)
{
	if (how == EDIT_BASE64) {
		b64_encode_mime(out, in);
		return;
	}
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] == '\n' && !c->after_cr)
			buf_putc(out, '\r');
		buf_putc(out, in.p[i]);
		c->after_cr = in.p[i] == '\r';
	}
}

bool edits_merge(const struct edits *x, const struct edits *y, struct arena *a,
		 struct edits *both_r)
{
	size_t i = 0, k = 0;
	uint64_t end = 0;

	both_r->n = 0;
	both_r->v = arena_array(a, x->n + y->n, sizeof(*both_r->v));
	while (i < x->n || k < y->n) {
		bool first = k == y->n ||
			     (i < x->n && x->v[i].off <= y->v[k].off);
		const struct edit *it = first ? &x->v[i++] : &y->v[k++];

		if (it->off < end)
			return false;
		end = it->off + it->len;
		both_r->v[both_r->n++] = *it;
	}
	return both_r->n <= EDITS_MAX;
}
