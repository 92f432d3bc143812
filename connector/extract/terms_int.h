/* terms_int.h - words and expressions of a question, compiled (wall: Vectorscan
 * in terms.c only).
 *
 * A word whose first or last letter belongs to a script that parts words by
 * blanks (Latin, Greek, Cyrillic ...) or is a digit matches whole words only,
 * as mail flow rules of Exchange do: `nda` is not in "agenda". Japanese words
 * match anywhere. Expressions match anywhere; \b, \w, \d and \s speak of ASCII,
 * which folded digits and Latin letters are. Linear in the text.
 */
#ifndef SEKISHO_EXTRACT_TERMS_INT_H
#define SEKISHO_EXTRACT_TERMS_INT_H

#include "connector/base/err.h"
#include "connector/extract/form_int.h"
#include "connector/extract/tally_int.h"
#include "connector/mail/question.h"

struct terms;

/* Told of each term that cannot be compiled; `why` ends in NUL. */
typedef void terms_bad(void *arg, uint32_t term, const char *why);
/* False: at least one was bad; all are told. */
bool terms_check(const struct question *q, terms_bad *bad, void *arg) MUST_USE;
/* Before the sandbox closes, and shared with children. Copies what it needs.
 * NULL: a term cannot be compiled (class CONFIG). */
struct terms *terms_new(const struct question *q, struct err *e) MUST_USE;
void terms_free(struct terms **t);

/* Forms that scanning a text of this place needs (bits 1 << FORM_*). */
unsigned terms_forms(const struct terms *t, enum place place);
/* Hits of the terms that are counted at the place (and, of a header field,
 * name it) into `out`, which is empty; overlapping ends of a match count once,
 * and matches that overlap do. */
void terms_scan(struct terms *t, const struct forms *f, enum place place,
		struct str field, struct tally *out);

#endif
