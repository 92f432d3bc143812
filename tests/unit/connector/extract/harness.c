/* harness.c - see harness.h. */
#include "tests/unit/connector/extract/harness.h"
#include <check.h>

void harness_start(struct harness *h)
{
	*h = (struct harness){.a = ARENA_EMPTY, .mail = BUF_MAX(64 * MIB)};
	h->x = extract_new(&h->e);
	ck_assert_msg(h->x, "%s", h->e.text);
}

void harness_stop(struct harness *h)
{
	extract_free(&h->x);
	arena_release(&h->a);
	buf_release(&h->mail);
}

static bool read_piece(void *arg, uint64_t off, void *to, size_t n)
{
	const struct buf *b = arg;

	ck_assert(off + n <= b->n);
	memcpy(to, b->p + off, n);
	return true;
}

static void same_in_pieces(struct harness *h, const struct extract_source *src)
{
	struct extract_source slow = {
		.size = src->size, .read = read_piece, .arg = &h->mail};
	AUTO(arena) a = ARENA_EMPTY;
	AUTO(buf) one = BUF_MAX(64 * MIB);
	AUTO(buf) two = BUF_MAX(64 * MIB);
	struct findings f;
	struct view v;

	ck_assert(extract_view(h->x, &slow, &a, &v, &f, &h->e));
	view_write(&h->v, &one);
	findings_write(&h->f, &one);
	view_write(&v, &two);
	findings_write(&f, &two);
	ck_assert(str_eq(buf_str(&one), buf_str(&two)));
}

static const struct view *view_now(struct harness *h)
{
	struct extract_source src = {.size = h->mail.n, .p = h->mail.p};
	AUTO(arena) a = ARENA_EMPTY;
	AUTO(buf) wire = BUF_MAX(64 * MIB);
	struct view v;

	if (!src.p)
		src.p = "";
	ck_assert(extract_view(h->x, &src, &h->a, &h->v, &h->f, &h->e));
	/* What it says must be what the engine takes. */
	view_write(&h->v, &wire);
	ck_assert_msg(view_read(buf_str(&wire), src.size, &a, &v, &h->e), "%s",
		      h->e.text);
	same_in_pieces(h, &src);
	return &h->v;
}

const struct view *harness_view_raw(struct harness *h, struct str mail)
{
	buf_clear(&h->mail);
	buf_put_str(&h->mail, mail);
	return view_now(h);
}

static void put_crlf(struct harness *h, const char *mail)
{
	buf_clear(&h->mail);
	for (; *mail; mail++) {
		if (*mail == '\n')
			buf_putc(&h->mail, '\r');
		buf_putc(&h->mail, *mail);
	}
}

const struct view *harness_view(struct harness *h, const char *mail)
{
	put_crlf(h, mail);
	return view_now(h);
}

bool harness_has(const struct view *v, enum doubt d)
{
	for (size_t i = 0; i < v->reason_n; i++)
		if (v->reason[i].doubt == d)
			return true;
	return false;
}

const char *harness_edit(struct harness *h, const char *mail,
			 const struct change *c)
{
	struct extract_source src;
	struct splice s;
	struct splice_piece p;
	AUTO(buf) wire = BUF_MAX(64 * MIB);
	AUTO(buf) out = BUF_MAX(64 * MIB);
	struct edits r;

	put_crlf(h, mail);
	src = (struct extract_source){.size = h->mail.n, .p = h->mail.p};
	if (!extract_edits(h->x, &src, c, &h->a, &h->edits, &h->e))
		return NULL;
	edits_write(&h->edits, &wire);
	ck_assert_msg(edits_read(buf_str(&wire), src.size, &h->a, &r, &h->e),
		      "%s", h->e.text);
	splice_init(&s, &r, src.size);
	while (splice_next(&s, &p))
		for (size_t i = 0; i < p.len; i++) {
			char ch = p.original ? h->mail.p[p.off + i]
					     : p.text.p[i];

			if (ch != '\r')
				buf_putc(&out, ch);
		}
	return arena_strdup(&h->a, buf_cstr(&out));
}
