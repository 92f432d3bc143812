/* charset_int.h - bytes of a charset to UTF-8 (wall: ICU in charset.c only).
 *
 * Shift_JIS is read as CP932 and ISO-2022-JP with NEC row 13 and half-width
 * kana, as Japanese mail programs write them.
 */
#ifndef SEKISHO_EXTRACT_CHARSET_INT_H
#define SEKISHO_EXTRACT_CHARSET_INT_H

#include "connector/base/buf.h"
#include "connector/base/err.h"

struct charset; /* open converters */
struct charset *charset_new(struct err *e) MUST_USE;
void charset_free(struct charset **c);

/* Appends valid UTF-8. False: the name is unknown, or bytes were not of that
 * charset (U+FFFD stands for them). */
bool charset_decode(struct charset *c, struct str name, struct str in,
		    struct buf *out);
/* Undeclared bytes: ISO-2022-JP by its escapes, UTF-8, else the more likely
 * of CP932 and EUC-JP. */
void charset_guess(struct charset *c, struct str in, struct buf *out);

#endif
