/* str.h - borrowed bytes with a length. Never assumed to end in NUL.
 * Functions compare bytes; `_ci` folds ASCII letters only.
 */
#ifndef SEKISHO_BASE_STR_H
#define SEKISHO_BASE_STR_H

#include <string.h>
#include "connector/base/macros.h"

struct str {
	const char *p;
	size_t n;
};

#define STR_EMPTY  ((struct str){NULL, 0})
#define STR(lit)   ((struct str){(lit), sizeof(lit) - 1})
#define STR_FMT	   "%.*s"
#define STR_ARG(s) (int)(s).n, (s).p

static inline struct str str_of(const char *s)
{
	return (struct str){s, s ? strlen(s) : 0};
}
static inline struct str str_n(const void *p, size_t n)
{
	return (struct str){(const char *)p, n};
}

bool str_eq(struct str a, struct str b);
bool str_eq_ci(struct str a, struct str b);
bool str_is(struct str a, const char *lit); /* equal to a C string */
bool str_is_ci(struct str a, const char *lit);
bool str_starts(struct str s, struct str head);
bool str_starts_ci(struct str s, struct str head);
bool str_ends(struct str s, struct str tail);
bool str_ends_ci(struct str s, struct str tail);
int str_cmp(struct str a, struct str b);
struct str str_trim(struct str s); /* SP HTAB CR LF at both ends */
struct str str_skip(struct str s, size_t n);
struct str str_head(struct str s, size_t n);
/* Offset of c or needle, or -1. */
ptrdiff_t str_chr(struct str s, char c);
ptrdiff_t str_rchr(struct str s, char c);
ptrdiff_t str_find(struct str s, struct str needle);
ptrdiff_t str_find_ci(struct str s, struct str needle);
/* Cut the bytes before the next `sep` off *rest; false when rest was empty
 * and nothing is left (an empty field between separators is returned, one
 * behind the last separator is not). */
bool str_split(struct str *rest, char sep, struct str *field_r);
/* Decimal digits only, no sign, no blanks, no overflow. */
bool str_u64(struct str s, uint64_t *v_r) MUST_USE;
bool str_has_control(struct str s); /* any byte < 0x20 or 0x7f */
bool str_is_ascii(struct str s);

/* Constant-time comparison for secrets; lengths may differ. */
bool str_eq_secret(struct str a, struct str b);

/* Nearest of `names` to `word` by edit distance (<= 1 + len/4), or NULL:
 * "did you mean". */
const char *str_nearest(struct str word, const char *const *names, size_t n);

static inline char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}
static inline bool ascii_digit(char c)
{
	return c >= '0' && c <= '9';
}
static inline bool ascii_alnum(char c)
{
	return ascii_digit(c) ||
	       (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

#endif
