/* keeper_int.h - one request and its answer, apart from sockets. */
#ifndef SEKISHO_KEEPER_INT_H
#define SEKISHO_KEEPER_INT_H

#include "connector/sys/keys/wire.h"

/* False: the request is malformed; its sender is not to be trusted further. */
bool keeper_serve_frame(const unsigned char master[KEY_LEN], struct str frame,
			struct buf *out, struct err *e) MUST_USE;

#endif
