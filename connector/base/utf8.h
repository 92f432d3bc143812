/* utf8.h - strict UTF-8 (RFC 3629): no overlong forms, no surrogates. */
#ifndef SEKISHO_BASE_UTF8_H
#define SEKISHO_BASE_UTF8_H

#include "connector/base/buf.h"

bool utf8_valid(struct str s);
/* Next code point, or 0xFFFD for one bad byte; *s advances; -1 at the end. */
int32_t utf8_next(struct str *s);
bool utf8_put(struct buf *b, uint32_t cp);
/* Copy with bad bytes replaced and control characters (line breaks, C0, C1,
 * bidi overrides U+202A..E, U+2066..9, zero width) made visible as U+FFFD or
 * dropped: text that a header, page or log may show. At most max_chars code
 * points, then U+2026. */
void utf8_clean(struct buf *out, struct str s, size_t max_chars);
size_t utf8_length(struct str s); /* code points */

#endif
