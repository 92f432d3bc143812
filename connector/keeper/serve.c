/* serve.c - answers requests with the master key. No I/O, no state. */
#include "connector/base/mem.h"
#include "connector/keeper/keeper_int.h"
#include "connector/sys/keys/master.h"

static void serve_identity(const unsigned char master[KEY_LEN], struct buf *out)
{
	unsigned char id[KEY_ID_LEN];

	master_identity(master, id);
	keeper_answer_write(KEEPER_IDENTITY, true, str_n(id, sizeof(id)), out);
}

static void serve_new(const unsigned char master[KEY_LEN], unsigned count,
		      struct buf *out)
{
	unsigned char pair[KEY_LEN + WRAPPED_LEN];
	struct buf body = BUF_MAX(KEEPER_FRAME_MAX);

	body.secret = true;
	for (unsigned i = 0; i < count; i++) {
		master_new(master, pair, pair + KEY_LEN);
		buf_put(&body, pair, sizeof(pair));
	}
	keeper_answer_write(KEEPER_NEW, true, buf_str(&body), out);
	mem_wipe(pair, sizeof(pair));
	buf_release(&body);
}

static void serve_open(const unsigned char master[KEY_LEN],
		       const unsigned char wrapped[WRAPPED_LEN],
		       struct buf *out)
{
	unsigned char dek[KEY_LEN];
	bool ok = master_open(master, wrapped, dek, NULL);

	keeper_answer_write(KEEPER_OPEN, ok, str_n(dek, sizeof(dek)), out);
	mem_wipe(dek, sizeof(dek));
}

bool keeper_serve_frame(const unsigned char master[KEY_LEN], struct str frame,
			struct buf *out, struct err *e)
{
	struct keeper_request r;

	TRY(keeper_request_read(frame, &r, e));
	switch (r.op) {
	case KEEPER_IDENTITY:
		serve_identity(master, out);
		break;
	case KEEPER_NEW:
		serve_new(master, r.count, out);
		break;
	case KEEPER_OPEN:
		serve_open(master, r.wrapped, out);
		break;
	}
	return true;
}
