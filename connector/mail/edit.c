/* edit.c - wire forms of changes and edits, and the splice; see edit.h. */
#include "connector/mail/edit.h"
#include "connector/base/limits.h"
#include "connector/base/utf8.h"

#define CHANGE_TEXT_MAX EDIT_REPLACEMENT_MAX
#define EDIT_WIRE_MIN	20

bool change_is_empty(const struct change *c)
{
	return c->hide_n == 0 && c->add_n == 0 && c->remove_n == 0;
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
}

static void read_list(struct rd *in, struct arena *a, struct str **v_r,
		      size_t *n_r)
{
	*n_r = rd_count(in, CHANGE_ITEMS_MAX, 4);
	*v_r = arena_array(a, *n_r, sizeof(**v_r));
	for (size_t i = 0; i < *n_r; i++)
		(*v_r)[i] = rd_lenbytes(in, SMTP_ADDRESS_MAX);
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
	if (!rd_ok(in))
		return err_set(e, ERR_PERMANENT, 0, "bad change");
	return true;
}

void edits_write(const struct edits *e, struct buf *out)
{
	buf_put_u32(out, (uint32_t)e->n);
	for (size_t i = 0; i < e->n; i++) {
		buf_put_u64(out, e->v[i].off);
		buf_put_u64(out, e->v[i].len);
		buf_put_bytes(out, e->v[i].text);
	}
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

		it->off = rd_u64(&in);
		it->len = rd_u64(&in);
		it->text = rd_lenbytes(&in, EDIT_REPLACEMENT_MAX);
		if (!rd_ok(&in))
			break;
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
		if (!s->text_given && it->text.n) {
			s->text_given = true;
			*piece_r = (struct splice_piece){.len = it->text.n,
							 .text = it->text};
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

uint64_t splice_size(const struct edits *edits, uint64_t size)
{
	for (size_t i = 0; i < edits->n; i++)
		size = size - edits->v[i].len + edits->v[i].text.n;
	return size;
}
