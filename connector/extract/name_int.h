/* name_int.h - personal names, and how many persons they are.
 *
 * Family and given name; or a family name before an honorific or a title; Latin
 * names behind or before an honorific, or before an address that is made of
 * them. Names of companies and places are none.
 */
#ifndef SEKISHO_EXTRACT_NAME_INT_H
#define SEKISHO_EXTRACT_NAME_INT_H

#include "connector/extract/detect_int.h"

/* Glyphs of a text that are looked at together. */
#define NAME_SENTENCE_MAX 400

enum {
	TOKEN_FAMILY = 1 << 0,
	TOKEN_GIVEN = 1 << 1,
	TOKEN_REGION = 1 << 2,	/* of a place that is no country */
	TOKEN_UNKNOWN = 1 << 3, /* in no dictionary */
	TOKEN_NOUN = 1 << 4,
};
struct token {
	uint32_t at, end; /* glyphs */
	unsigned kind;
};
struct tokens {
	struct token v[NAME_SENTENCE_MAX];
	size_t n;
};

/* detect_name.c: the dictionary, by MeCab (wall). */
struct namer;
/* Opens the dictionary; before the sandbox closes. NULL: it is missing. */
struct namer *namer_new(struct err *e) MUST_USE;
void namer_free(struct namer **n);
void detect_name(struct detect *d, struct namer *n);

/* name_find.c: names in the tokens of a sentence. */
void name_find(struct detect *d, const struct tokens *t);
/* name_given.c: glyphs of a given name at i, or 0. */
size_t name_given_at(const struct fold *f, size_t i);
/* name_latin.c: in all of the window. */
void name_find_latin(struct detect *d);
/* A name that begins at a glyph; `given` may be empty: only the family. */
void name_hit(struct detect *d, size_t at, struct str family, struct str given);

#endif
