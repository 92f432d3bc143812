/* fold.c - text as it is compared, with its way back; see fold_int.h. */
#include "connector/extract/fold_int.h"
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>
#include "connector/base/utf8.h"

#define SEGMENT_MAX 24	/* characters that are folded together */
#define FOLDED_MAX  512 /* UTF-16 units: U+FDFA makes 18 of one */

static const UNormalizer2 *folding(void)
{
	UErrorCode st = U_ZERO_ERROR;
	const UNormalizer2 *n = unorm2_getNFKCCasefoldInstance(&st);

	return U_SUCCESS(st) ? n : NULL;
}

bool fold_ready(struct err *e)
{
	struct fold f = {0};

	if (!folding())
		return err_set(e, ERR_PERMANENT, 0, "no folding data in ICU");
	fold_read(&f, STR("\xef\xbc\xa1\xef\xbc\x91"), false);
	fold_release(&f);
	return true;
}

/* Dashes, minus signs and what people type for them. */
static bool is_hyphen(uint32_t c)
{
	static const uint32_t more[] = {0x02d7, 0x058a, 0x1806, 0x2043, 0x2053,
					0x207b, 0x208b, 0x2212, 0x2500, 0x2501,
					0x2796, 0x2e3a, 0x2e3b, 0xfe31, 0xfe32,
					0xfe58, 0xfe63, 0xff0d};

	if (c >= 0x2010 && c <= 0x2015)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(more); i++)
		if (c == more[i])
			return true;
	return false;
}

static uint32_t unify(uint32_t c)
{
	if (c < 0x80)
		return c == '\t' || (c >= '\v' && c <= '\r') ? ' ' : c;
	if (is_hyphen(c))
		return '-';
	if (c == 0x85 || c == 0x2028 || c == 0x2029)
		return '\n';
	if (u_isUWhiteSpace((UChar32)c))
		return ' ';
	if (u_charType((UChar32)c) == U_DECIMAL_DIGIT_NUMBER)
		return '0' + (uint32_t)u_charDigitValue((UChar32)c);
	return c;
}

static void put(struct fold *f, uint32_t cp, uint32_t at, uint32_t end)
{
	if (f->n >= FOLD_GLYPHS_MAX) {
		f->cut = true;
		return;
	}
	vec_push(f, ((struct glyph){unify(cp), at, end}));
}

struct segment {
	UChar text[SEGMENT_MAX * 2];
	int32_t n;
	unsigned chars;
	uint32_t at, end;
};

static void flush(struct fold *f, const UNormalizer2 *norm, struct segment *s)
{
	UChar out[FOLDED_MAX];
	UErrorCode st = U_ZERO_ERROR;
	int32_t n, i = 0;

	if (!s->n)
		return;
	n = unorm2_normalize(norm, s->text, s->n, out, FOLDED_MAX, &st);
	if (U_FAILURE(st)) {
		put(f, 0xfffd, s->at, s->end);
		n = 0;
	}
	while (i < n) {
		UChar32 c;

		U16_NEXT(out, i, n, c);
		put(f, (uint32_t)c, s->at, s->end);
	}
	s->n = 0;
	s->chars = 0;
}

static void segment_add(struct segment *s, const struct glyph *g)
{
	if (!s->n)
		s->at = g->at;
	s->end = g->end;
	U16_APPEND_UNSAFE(s->text, s->n, (UChar32)g->cp);
	s->chars++;
}

void fold_read(struct fold *f, struct str text, bool html)
{
	const UNormalizer2 *norm = folding();
	struct fold_source src = {.all = str_head(text, FOLD_SOURCE_MAX),
				  .html = html};
	struct segment seg = {.n = 0};
	struct glyph g;

	f->cut = f->cut || text.n > FOLD_SOURCE_MAX;
	while (f->n < FOLD_GLYPHS_MAX && fold_source_next(&src, &g)) {
		if (g.cp < 0x80) {
			flush(f, norm, &seg);
			put(f, (uint32_t)ascii_lower((char)g.cp), g.at, g.end);
			continue;
		}
		if (seg.chars == SEGMENT_MAX ||
		    unorm2_hasBoundaryBefore(norm, (UChar32)g.cp))
			flush(f, norm, &seg);
		segment_add(&seg, &g);
	}
	flush(f, norm, &seg);
	f->work += src.work + f->n;
}

void fold_release(struct fold *f)
{
	vec_release(f);
}

static bool is_blank(uint32_t c)
{
	return c == ' ' || c == '\n';
}

size_t fold_word(const struct fold *f, size_t i, const char *word)
{
	struct str rest = str_of(word);
	size_t at = i;
	int32_t c;

	while ((c = utf8_next(&rest)) >= 0) {
		/* Blanks may stand anywhere inside, or be missing. */
		while (at > i && is_blank(fold_at(f, at)))
			at++;
		if (c == ' ')
			continue;
		if (fold_at(f, at) != (uint32_t)c)
			return 0;
		at++;
	}
	return at - i;
}

bool fold_before(const struct fold *f, size_t i, size_t span,
		 const char *const *words)
{
	for (size_t at = i > span ? i - span : 0; at < i; at++)
		for (size_t w = 0; words[w]; w++) {
			size_t n = fold_word(f, at, words[w]);

			if (n && at + n <= i)
				return true;
		}
	return false;
}
