/* fold_int.h - text as detectors and word lists compare it (wall: ICU in
 * fold.c only).
 *
 * NFKC case folding: width, case, half-width kana, signs such as U+2121; what
 * is not seen (soft hyphens, zero-width characters) is gone; digits of every
 * script are ASCII digits; hyphens are one. Blanks and line ends stay as ' '
 * and '\n'. Each code point knows which source bytes it came from.
 */
#ifndef SEKISHO_EXTRACT_FOLD_INT_H
#define SEKISHO_EXTRACT_FOLD_INT_H

#include "connector/base/err.h"
#include "connector/base/str.h"
#include "connector/base/vec.h"

#define FOLD_SOURCE_MAX (8 * MIB) /* bytes of UTF-8 that are looked at */
#define FOLD_GLYPHS_MAX (9 * 1024 * 1024) /* signs may unfold to several */

struct glyph {
	uint32_t cp;
	uint32_t at, end; /* source bytes */
};

struct fold {
	VEC_OF(struct glyph);
	bool cut;      /* a limit was reached: the rest was not looked at */
	uint64_t work; /* source bytes visited, for tests of linearity */
};

/* Loads what folding needs; before the sandbox closes. */
bool fold_ready(struct err *e) MUST_USE;

/* UTF-8; a bad byte is U+FFFD. With html, tags and what is not shown are gone,
 * block tags are line ends and character references are characters. */
void fold_read(struct fold *f, struct str text, bool html);
void fold_release(struct fold *f);

static inline bool cp_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}
static inline bool cp_letter(uint32_t c) /* folded, so lower case */
{
	return c >= 'a' && c <= 'z';
}
static inline bool cp_alnum(uint32_t c)
{
	return cp_digit(c) || cp_letter(c);
}
/* The code point at i; 0 outside. */
static inline uint32_t fold_at(const struct fold *f, size_t i)
{
	return i < f->n ? f->v[i].cp : 0;
}

/* Glyphs that `word` (folded UTF-8) takes at i, blanks inside it skipped; 0
 * when it is not there. */
size_t fold_word(const struct fold *f, size_t i, const char *word);
/* Whether one of the words (a list that ends in NULL) stands within the span
 * glyphs before i. */
bool fold_before(const struct fold *f, size_t i, size_t span,
		 const char *const *words);

/* What is read: characters of text or of HTML with their source bytes. */
struct fold_source {
	struct str all;
	size_t at;
	uint64_t work; /* bytes visited */
	bool html;
	bool no_quote; /* a quote never ended: they do not count */
	bool no_close; /* no further '>': what looks like a tag is text */
};
/* False at the end. */
bool fold_source_next(struct fold_source *s, struct glyph *g_r);

#endif
