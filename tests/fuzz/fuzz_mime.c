/* fuzz_mime - bytes as a message: its view, read whole and in pieces, must be
 * one that the engine takes; its edits must fit and hide who is hidden.
 */
#include "connector/base/die.h"
#include "connector/base/limits.h"
#include "connector/extract/extract.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static bool piece(void *arg, uint64_t off, void *to, size_t n)
{
	memcpy(to, (const char *)arg + off, n);
	return true;
}

static void look(struct extract *x, const struct extract_source *src,
		 struct buf *out)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct findings f;
	struct view v;
	struct err e;

	must(extract_view(x, src, &a, &v, &f, &e));
	view_write(&v, out);
	if (out->n <= VIEW_BYTES_MAX)
		must(view_read(buf_str(out), src->size, &a, &v, &e));
}

/* A mail that is read in one way only is still that mail: no text that was put
 * in makes a part of its own. */
static void still_whole(struct extract *x, const struct extract_source *src,
			const struct edits *edits)
{
	AUTO(arena) a = ARENA_EMPTY;
	AUTO(buf) all = BUF_MAX(64 * MIB);
	struct splice s;
	struct splice_piece p;
	struct extract_source edited;
	struct view before, after;
	struct findings f;
	struct err e;
	bool wrapped;

	must(extract_view(x, src, &a, &before, &f, &e));
	if (before.completeness != VIEW_COMPLETE)
		return;
	splice_init(&s, edits, src->size);
	while (splice_next(&s, &p))
		buf_put(&all, p.original ? src->p + p.off : p.text.p,
			(size_t)p.len);
	if (!buf_ok(&all))
		return;
	edited = (struct extract_source){.size = all.n, .p = all.p};
	must(extract_view(x, &edited, &a, &after, &f, &e));
	/* Around a mail without text stand three parts more. */
	wrapped = after.part_n == before.part_n + 3;
	must(wrapped || after.part_n == before.part_n);
	for (size_t i = 0; i < before.part_n; i++)
		must(str_eq(after.part[i + 2 * wrapped].type,
			    before.part[i].type));
}

static void change_it(struct extract *x, const struct extract_source *src)
{
	static struct str hide[] = {STR("a@x.jp"), STR("b@y.jp")};
	static struct header_add add = {STR("X-A"), STR("確認")};
	static struct str gone = STR("Subject");
	struct change_text text[] = {{STR("守秘\nNDA"), false},
				     {STR("end"), true}};
	struct change c = {hide, 2, STR("me@x.jp"), &add, 1, &gone, 1, text, 2};
	AUTO(arena) a = ARENA_EMPTY;
	AUTO(buf) out = BUF_MAX(64 * MIB);
	struct edits edits;
	struct err e;

	if (!extract_edits(x, src, &c, &a, &edits, &e))
		return;
	edits_write(&edits, &out);
	must(edits_read(buf_str(&out), src->size, &a, &edits, &e));
	still_whole(x, src, &edits);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct extract *x;
	struct extract_source whole = {.size = n, .p = (const char *)p};
	struct extract_source slow = {
		.size = n, .read = piece, .arg = (void *)(uintptr_t)p};
	AUTO(buf) one = BUF_MAX(64 * MIB);
	AUTO(buf) two = BUF_MAX(64 * MIB);

	if (!x)
		x = extract_new(NULL);
	look(x, &whole, &one);
	look(x, &slow, &two);
	must(str_eq(buf_str(&one), buf_str(&two)));
	change_it(x, &whole);
	return 0;
}
