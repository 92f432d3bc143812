/* header_int.h - a block of header fields as spans, and what is wrong in it.
 */
#ifndef SEKISHO_EXTRACT_HEADER_INT_H
#define SEKISHO_EXTRACT_HEADER_INT_H

#include "connector/base/arena.h"
#include "connector/extract/charset_int.h"

struct field {
	struct str name;   /* as it stands, blanks before the colon cut off */
	struct str raw;	   /* behind the colon, folds kept, no last line end */
	uint64_t off, len; /* of the whole field with its line end */
};

struct header {
	struct field *v;
	size_t n;
	uint64_t end;	    /* of the fields: where the empty line is, if any */
	uint64_t body;	    /* behind the empty line */
	bool no_empty_line; /* the entity ends within its header */
	bool odd;	    /* mail programs would read it differently */
	bool limit;	    /* a limit was passed; v holds what came before */
};

/* Open multiparts whose delimiter ends a header early, innermost last. */
#define BOUNDARY_MAX 200
struct bounds {
	struct str *v; /* without the two dashes */
	size_t n;
};
enum { DELIM_NONE = -1, DELIM_NEAR = -2 };
/* Which boundary the line (without its end) is a delimiter of; DELIM_NEAR: it
 * only begins like one. closing_r: it ends the multipart. */
int bounds_match(const struct bounds *b, struct str line, bool *closing_r);

/* Reads the fields at the start of `in`, which lies at `off` and reaches to
 * the end of the message unless it is longer than any header may be. Spans
 * borrow from in. */
void header_read(struct str in, uint64_t off, const struct bounds *open,
		 struct arena *a, struct header *h_r);
const struct field *header_find(const struct header *h, const char *name);
size_t header_count(const struct header *h, const char *name);

/* A field's text: unfolded, RFC 2047 decoded, raw 8-bit guessed; UTF-8
 * without NUL, at most `max` bytes. Lives in the arena. */
struct str header_text(struct charset *cs, struct str raw, size_t max,
		       struct arena *a);
/* The same into a buffer. */
void words_decode(struct charset *cs, struct str raw, struct buf *out);
/* A copy, trimmed, without NUL, cut at a code point. */
struct str text_keep(struct str s, size_t max, struct arena *a);
/* UTF-8 cut at a code point. */
struct str utf8_cut(struct str s, size_t max);

#endif
