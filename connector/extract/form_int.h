/* form_int.h - kinds of characters, and the forms of folded text in which
 * words and expressions are looked for.
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

#endif
