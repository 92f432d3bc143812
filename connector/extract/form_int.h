/* form_int.h - kinds of characters, and the forms of folded text in which
 * words and expressions are looked for.
 *
 * Katakana are hiragana, and variants of kanji one. Form "words": a run of
 * blanks and line ends is one blank, and none beside a Japanese character.
 * Expressions see two forms: "spaced", where a run is one blank, and "tight",
 * where it is gone beside a Japanese character; a run with two or more line
 * ends is a line end in both, so that '.' does not cross it.
 */
#ifndef SEKISHO_EXTRACT_FORM_INT_H
#define SEKISHO_EXTRACT_FORM_INT_H

#include "connector/base/buf.h"
#include "connector/extract/fold_int.h"

enum {
	/* A letter or digit of a script that parts words by blanks. */
	KIND_WORD = 1 << 0,
	/* Han, kana and their signs: blanks beside them part nothing. */
	KIND_JAPANESE = 1 << 1,
	KIND_KATAKANA = 1 << 2,
};
unsigned form_kind_slow(uint32_t cp); /* beyond the first plane */
static inline unsigned form_kind(uint32_t cp)
{
	return cp < FOLD_PLANE ? fold_table->kind[cp] : form_kind_slow(cp);
}

/* The kanji that is meant: U+9AD9 is U+9AD8. Others stay. */
uint32_t variant_of(uint32_t cp);
/* Kana and variants unified. */
uint32_t form_char(uint32_t cp);

enum { FORM_WORDS, FORM_SPACED, FORM_TIGHT, FORM_N };

/* A code point of form "words" with what was there: for names of companies,
 * where kana and blanks tell where one ends. */
#define FORM_BLANK    (1u << 31) /* a blank before it was left out */
#define FORM_KATAKANA (1u << 30)
#define FORM_CP(g)    ((g)&0x1fffffu)

/* Blanks and line ends before the next character. */
struct run {
	unsigned lines;
	unsigned last; /* kind of the last character */
	bool blank;
	bool begun; /* there was a character */
};
struct forms {
	unsigned wanted; /* bits 1 << FORM_* */
	bool wants_glyphs;
	struct buf text[FORM_N]; /* UTF-8 */
	struct {
		VEC_OF(uint32_t); /* form "words", flags above */
	} glyphs;
	bool differ; /* "spaced" and "tight" do */
	bool cut;    /* they grew too large: the rest is missing */
	struct run run;
};
void forms_init(struct forms *f);
/* A new text of so many bytes. */
void forms_begin(struct forms *f, unsigned wanted, bool glyphs, size_t bytes);
void forms_add(struct forms *f, const uint32_t *cp, size_t n);
/* Gives back the memory of large texts. */
void forms_trim(struct forms *f);
void forms_release(struct forms *f);

#endif
