/* rd.h - bounded reader over borrowed bytes: how outside bytes are read.
 *
 * Every getter checks the remaining length; the first failure sticks (`bad`)
 * and all later getters give zero.  So a parser may read a record whole and
 * ask rd_ok() once, and may never index past the end.
 */
#ifndef SEKISHO_BASE_RD_H
#define SEKISHO_BASE_RD_H

#include "connector/base/str.h"

struct rd {
	const unsigned char *p;
	size_t n;   /* bytes left */
	size_t pos; /* bytes read */
	bool bad;
};

struct rd rd_of(struct str s);
bool rd_ok(const struct rd *r);
bool rd_end(const struct rd *r); /* ok and nothing left */
uint8_t rd_u8(struct rd *r);
uint16_t rd_u16(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);
struct str rd_bytes(struct rd *r, size_t n);
struct str rd_lenbytes(struct rd *r, size_t max); /* u32 length + bytes */
/* A count that cannot exceed max nor what the remaining bytes could hold at
 * `min_each` bytes each. */
uint32_t rd_count(struct rd *r, uint32_t max, size_t min_each);

/* Text: next byte or -1; take while a test holds; expect a byte or word. */
int rd_peek(const struct rd *r);
int rd_byte(struct rd *r);
bool rd_accept(struct rd *r, char c); /* takes it if it is next */
bool rd_accept_ci(struct rd *r, const char *word);
struct str rd_while(struct rd *r, bool (*test)(unsigned char));
struct str rd_rest(struct rd *r);

#endif
