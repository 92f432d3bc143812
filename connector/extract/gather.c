/* gather.c - texts of files, given on in pieces; see files_int.h.
 *
 * A piece begins with the end of the one before, so that no word and no number
 * is cut: what lies in both counts twice rather than not at all.
 */
#include "connector/extract/files_int.h"

#define PIECE_BYTES   (1 * MIB)
#define OVERLAP_BYTES 512
#define STEP_BYTES    (16 * KIB)

void gather_init(struct gather *g, struct files *f)
{
	*g = (struct gather){.f = f,
			     .b = BUF_MAX(PIECE_BYTES + 2 * STEP_BYTES)};
}

void gather_release(struct gather *g)
{
	buf_release(&g->b);
}

/* Where a code point begins, at or before `at`. */
static size_t boundary(struct str s, size_t at)
{
	while (at > 0 && at < s.n && ((unsigned char)s.p[at] & 0xc0) == 0x80)
		at--;
	return at;
}

static void give(struct gather *g)
{
	size_t keep;

	if (g->fresh)
		text_take(g->f->s, PLACE_ATTACHMENTS, g->f->part,
			  buf_str(&g->b), false);
	g->fresh = 0;
	if (g->b.n > OVERLAP_BYTES) {
		keep = boundary(buf_str(&g->b), g->b.n - OVERLAP_BYTES);
		buf_drop(&g->b, keep);
	}
}

static bool has_more_than_blanks(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] > ' ')
			return true;
	return false;
}

void gather_put(struct gather *g, struct str s)
{
	g->any = g->any || has_more_than_blanks(s);
	while (s.n) {
		size_t n = boundary(s, MIN_OF(s.n, STEP_BYTES));

		n = n ? n : s.n;
		buf_put_str(&g->b, str_head(s, n));
		g->fresh += n;
		s = str_skip(s, n);
		if (g->b.n >= PIECE_BYTES)
			give(g);
	}
}

void gather_line(struct gather *g)
{
	if (g->b.n && g->b.p[g->b.n - 1] != '\n')
		gather_put(g, STR("\n"));
}

void gather_end(struct gather *g)
{
	give(g);
	buf_clear(&g->b);
}

/* UTF-16, which cannot be cut at a byte. */
static bool has_wide_units(struct str s)
{
	return str_starts(s, STR("\xff\xfe")) || str_starts(s, STR("\xfe\xff"));
}

/* The end of a piece: a line's end, else anywhere. */
static size_t piece_end(struct str s)
{
	ptrdiff_t eol;

	if (s.n <= PIECE_BYTES || has_wide_units(s))
		return s.n;
	eol = str_rchr(str_head(s, PIECE_BYTES), '\n');
	return eol > OVERLAP_BYTES ? (size_t)eol + 1 : PIECE_BYTES;
}

/* Where the next piece begins: some lines, or bytes, before the end. */
static size_t next_piece(struct str s, size_t end)
{
	size_t back = end - OVERLAP_BYTES;
	ptrdiff_t eol = str_chr(str_head(str_skip(s, back), OVERLAP_BYTES),
				'\n');

	return eol >= 0 && (size_t)eol + 1 < OVERLAP_BYTES
		       ? back + (size_t)eol + 1
		       : back;
}

void text_look(struct files *f, struct file *file, bool html)
{
	struct str s = file->bytes;

	if (!f->texts)
		return;
	for (;;) {
		size_t end = piece_end(s);
		struct str piece = str_head(s, end);

		if (!text_take_bytes(f->s, PLACE_ATTACHMENTS, f->part, piece,
				     file->charset, html))
			files_doubt(f, DOUBT_DAMAGED);
		if (end == s.n)
			break;
		s = str_skip(s, next_piece(s, end));
	}
}
