/* company_int.h - names of companies in folded text.
 *
 * The word for the kind of company ("Co., Ltd.", U+3231 and their kin) is cut
 * off a registered name; the rest is looked for, and must not be within a
 * longer word of katakana or of Latin letters. A name of one or two characters
 * counts only beside such a word. The longest name wins. Where the text has a
 * kind, a name of another kind is not meant; where it has none, names that are
 * the same but for the kind are all found. The cost of a text does not depend on how many
 * names there are.
 */
#ifndef SEKISHO_EXTRACT_COMPANY_INT_H
#define SEKISHO_EXTRACT_COMPANY_INT_H

#include "connector/extract/form_int.h"
#include "connector/mail/question.h"

/* Kinds of company; COMPANY_PLAIN: none is named. */
enum { COMPANY_PLAIN, COMPANY_LATIN, COMPANY_FIRST };

/* company_forms.c: before the others. */
void company_forms_ready(void);
/* Cuts such words off both ends of glyphs [*from, *to); the
 * kind of the first one. Nothing may be left. */
unsigned company_strip(const uint32_t *g, size_t *from, size_t *to);
/* The kind that stands directly before `from` or behind `to`. */
unsigned company_beside(const uint32_t *g, size_t n, size_t from, size_t to);

#define COMPANY_NAME_MAX 100	       /* code points that are compared */
#define COMPANY_BESIDE	 ((size_t)160) /* kept on each side of a name */

struct companies;
struct companies *companies_new(const struct question *q);
void companies_free(struct companies **c);

/* A text in pieces: what of it was walked. */
struct company_walk {
	size_t at;  /* glyphs before it are done */
	size_t end; /* of the farthest name found */
};
/* Looks at names that begin at w->at and behind it, as far as enough text is
 * there; `last`: all of it is. `found` gets indexes of the question. */
void companies_scan(const struct companies *c, const uint32_t *g, size_t n,
		    bool last, struct company_walk *w,
		    void (*found)(void *arg, uint32_t company), void *arg);

#endif
