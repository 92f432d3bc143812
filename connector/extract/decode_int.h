/* decode_int.h - content transfer encodings: counting and decoding.
 */
#ifndef SEKISHO_EXTRACT_DECODE_INT_H
#define SEKISHO_EXTRACT_DECODE_INT_H

#include "connector/base/buf.h"

enum cte { CTE_PLAIN, CTE_BASE64, CTE_QP, CTE_UNKNOWN };
/* "7bit", "8bit", "binary" and none are plain (RFC 2045 6.1). */
enum cte cte_of(struct str name);

/* How many bytes a content has when decoded, from its pieces in order. */
struct counter {
	enum cte cte;
	uint64_t raw, alphabet, pad;
	uint64_t qp;	 /* decoded so far */
	uint64_t blanks; /* at the end of a line: not part of it */
	unsigned held_n; /* of an escape "=XX", across pieces */
	char held;	 /* its first digit; a blank: a soft line end */
	bool after_pad;	 /* base64 goes on behind its padding */
	bool bad;	 /* bytes that the encoding has no meaning for */
};
bool base64_is(char c); /* of its alphabet */
void counter_init(struct counter *c, enum cte cte);
void counter_add(struct counter *c, const char *p, size_t n);
/* Never more than what was given. */
uint64_t counter_end(struct counter *c);

/* Decodes pieces in order, appending to out. Lenient: what the encoding has
 * no meaning for is stepped over in base64 and kept in quoted-printable. */
struct decoder {
	enum cte cte;
	uint32_t acc; /* base64: bits not yet written */
	unsigned bits;
	char held[2]; /* quoted-printable: "=" and what followed it */
	unsigned held_n;
};
void decoder_init(struct decoder *d, enum cte cte);
void decoder_add(struct decoder *d, struct str in, struct buf *out);
void decoder_end(struct decoder *d, struct buf *out);
/* All of it at once. */
void cte_decode(enum cte cte, struct str in, struct buf *out);

#endif
