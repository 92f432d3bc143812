/* pattern_int.h - an author's word or expression as folded text has it.
 */
#ifndef SEKISHO_EXTRACT_PATTERN_INT_H
#define SEKISHO_EXTRACT_PATTERN_INT_H

#include "connector/base/buf.h"

#define PATTERN_MAX (8 * KIB)

/* A word in form "words"; empty when nothing of it can be seen. */
void pattern_word(struct str word, struct buf *out);
/* An expression: what stands for itself is folded, kana classes are one, and a
 * blank beside a Japanese character may be missing. Nothing is checked. */
void pattern_expression(struct str expression, struct buf *out);
/* How large a folded expression is when its repeats are written out. */
#define PATTERN_WEIGHT_MAX 3000
unsigned pattern_weight(struct str expression);

#endif
