/* inflate_int.h - zlib streams (RFC 1950), unpacked within bounds. */
#ifndef SEKISHO_EXTRACT_INFLATE_INT_H
#define SEKISHO_EXTRACT_INFLATE_INT_H

#include "connector/base/buf.h"

enum inflated {
	INFLATE_WHOLE,
	INFLATE_BROKEN, /* no such stream, or it breaks off */
	INFLATE_LIMIT,	/* more than `out` takes, or too dense */
};

/*
 * Unpack the stream that `packed` begins with; what stands behind it does not
 * matter. What came is appended to `out`, also where the stream breaks;
 * dense: bytes out for one byte in that nothing but a bomb reaches, asked from
 * dense_from bytes on. *used_r: bytes of `packed` that were read.
 */
enum inflated inflate_put(struct str packed, uint64_t dense,
			  uint64_t dense_from, struct buf *out,
			  size_t *used_r) MUST_USE;

#endif
