/* fuzz_keeper.c - requests to the keeper and answers to the engine: any bytes
 * are served or refused within bounds.
 */
#include <stdlib.h>
#include "connector/keeper/keeper_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const unsigned char master[KEY_LEN] = {42};
	struct buf out = BUF_MAX(KEEPER_FRAME_MAX);
	struct str frame = str_n(data, n), body;
	struct err e = ERR_EMPTY;

	if (keeper_serve_frame(master, frame, &out, &e)) {
		if (!buf_ok(&out) || out.n < 6)
			abort();
	} else if (e.class == ERR_NONE) {
		abort();
	}
	for (int op = KEEPER_IDENTITY; op <= KEEPER_SIGN; op++) {
		enum key_alg alg;
		struct str blob, spki;

		if (!keeper_answer_read(frame, (enum keeper_op)op, &body, &e))
			continue;
		if (body.n > n)
			abort();
		if (keeper_key_read(body, &alg, &blob, &spki, &e) &&
		    (blob.n > KEY_BLOB_MAX || spki.n > KEY_SPKI_MAX))
			abort();
	}
	buf_release(&out);
	return 0;
}
