/* fold_int.h - text as detectors and word lists compare it (wall: ICU in
 * fold_table.c only).
 *
 * NFKC case folding: width, case, half-width kana, signs such as U+2121; what
 * is not seen (soft hyphens, zero-width and control characters) is gone;
 * digits of every script are ASCII digits; hyphens are one. Blanks and line
 * ends stay as ' ' and '\n'.
 *
 * A text is read window by window, so that it costs the same memory whatever
 * its size.
 */
#ifndef SEKISHO_EXTRACT_FOLD_INT_H
#define SEKISHO_EXTRACT_FOLD_INT_H

#include "connector/base/err.h"
#include "connector/base/str.h"
#include "connector/base/vec.h"

/* Code points of a text, or a window on them: what begins in [from, to) is
 * this window's, the others are there to be looked at. */
struct fold {
	VEC_OF(uint32_t);
	size_t from, to;
	uint64_t work; /* source bytes visited, for tests of linearity */
};

#define FOLD_WINDOW ((size_t)32 * 1024) /* code points that are new in it */
#define FOLD_BESIDE ((size_t)1024)	/* on each side of them */

/* Loads what folding needs; before the sandbox closes. */
bool fold_ready(struct err *e) MUST_USE;

/* What is read: characters of text or of HTML. */
struct fold_source {
	struct str all;
	size_t at;
	uint64_t work; /* bytes visited */
	bool html;
	bool no_quote;	/* a quote never ended: they do not count */
	bool no_hidden; /* a style sheet never ended: none hides anything */
	bool no_close;	/* no further '>': what looks like a tag is text */
	bool again;	/* the character twice: a line end, and a blank line */
};
/* At '<' or '&' of HTML: steps over tags, comment or character reference; the
 * character that they stand for, or 0. False: it is a character itself. */
bool fold_markup(struct fold_source *s, uint32_t *cp_r);

#define FOLD_SEGMENT_MAX 24 /* characters that are folded together */
struct fold_reader {
	struct fold_source src;
	uint16_t segment[FOLD_SEGMENT_MAX * 2]; /* UTF-16 */
	int32_t segment_n;
	unsigned segment_chars;
	size_t fresh; /* code points of the window not handed on yet */
	bool end;
};
/* UTF-8; a bad byte is U+FFFD. With html, tags and what is not shown are gone,
 * block tags are line ends and character references are characters. */
void fold_begin(struct fold_reader *r, struct fold *f, struct str text,
		bool html);
/* The next window; false: there was none. r->fresh tells how much of it
 * is read for the first time. */
bool fold_next(struct fold_reader *r, struct fold *f);
/* Everything in one window. */
void fold_read(struct fold *f, struct str text, bool html);
void fold_release(struct fold *f);

/* Of the first plane; made by fold_ready(). */
#define FOLD_PLANE 0x10000u
struct fold_table {
	uint16_t simple[FOLD_PLANE];
	uint16_t form[FOLD_PLANE]; /* form_char() */
	uint8_t kind[FOLD_PLANE];  /* form_int.h */
	uint8_t joins[FOLD_PLANE];
};
extern const struct fold_table *fold_table;

/* What one character becomes by itself: a code point, FOLD_GONE, or 0 where
 * it takes more than a look (fold_slow). */
#define FOLD_GONE 0xffffu
static inline uint32_t fold_simple(uint32_t cp)
{
	return cp < FOLD_PLANE ? fold_table->simple[cp] : 0;
}
/* May it change what stands before it (marks)? */
static inline bool fold_joins(uint32_t cp)
{
	return cp >= FOLD_PLANE || fold_table->joins[cp];
}
/* UTF-16 folded and appended. */
void fold_slow(struct fold *f, const uint16_t *text, int32_t n);

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
	return i < f->n ? f->v[i] : 0;
}

/* The next one from i on that is first or at most n - 1 above it; f->n: none. */
size_t fold_seek(const struct fold *f, size_t i, uint32_t first, uint32_t n);
/* Glyphs that `word` (folded UTF-8) takes at i, blanks inside it skipped; 0
 * when it is not there. */
size_t fold_word(const struct fold *f, size_t i, const char *word);
/* Whether one of the words (a list that ends in NULL) stands within the span
 * glyphs before i. */
bool fold_before(const struct fold *f, size_t i, size_t span,
		 const char *const *words);

#endif
