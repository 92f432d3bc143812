/* inflate.c - unpack by zlib; see inflate_int.h. */
#define ZLIB_CONST /* it does not write to its input */
#include <zlib.h>

#include "connector/extract/inflate_int.h"

#define STEP_BYTES (16 * KIB)
#define INPUT_MAX  (1024 * MIB) /* zlib counts in 32 bits */

static enum inflated run(z_stream *z, uint64_t dense, uint64_t dense_from,
			 struct buf *out)
{
	for (;;) {
		char *to = buf_room(out, STEP_BYTES);
		int rc;

		if (!to)
			return INFLATE_LIMIT;
		z->next_out = (Bytef *)to;
		z->avail_out = STEP_BYTES;
		rc = inflate(z, Z_NO_FLUSH);
		buf_grown(out, STEP_BYTES - z->avail_out);
		if (z->total_out > dense_from &&
		    z->total_out / dense > z->total_in)
			return INFLATE_LIMIT;
		if (rc == Z_STREAM_END)
			return INFLATE_WHOLE;
		/* With room left it only stops for want of input. */
		if (rc != Z_OK || z->avail_out)
			return INFLATE_BROKEN;
	}
}

enum inflated inflate_put(struct str packed, uint64_t dense,
			  uint64_t dense_from, struct buf *out, size_t *used_r)
{
	z_stream z = {0};
	enum inflated got;

	*used_r = 0;
	if (inflateInit(&z) != Z_OK)
		return INFLATE_BROKEN;
	z.next_in = (const Bytef *)packed.p;
	z.avail_in = (uInt)MIN_OF(packed.n, INPUT_MAX);
	got = run(&z, dense, dense_from, out);
	*used_r = z.total_in;
	(void)inflateEnd(&z);
	return got;
}
