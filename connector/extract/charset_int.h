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
bool charset_known(struct charset *c, struct str name);
/* Undeclared bytes: ISO-2022-JP by its escapes, UTF-8, else the more likely
 * of CP932 and EUC-JP; the other, if it may be that, into `other` (or NULL). */
void charset_guess(struct charset *c, struct str in, struct buf *out,
		   struct buf *other);
/* All that a mail program may show bytes as. */
struct readings {
	struct str text; /* in `out`, or the bytes themselves */
	bool two;	 /* `other` holds what it is if the name is wrong */
	bool wrong;	 /* nobody knows the charset that was named */
};
/* `name` may be empty. A byte order mark wins, then the name, then a guess,
 * which is also the other reading where the bytes do not fit the name well. */
void charset_read(struct charset *c, struct str name, struct str in,
		  struct buf *out, struct buf *other, struct readings *r_r);

#endif
