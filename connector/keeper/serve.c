/* serve.c - answers requests with the master key. No I/O, no state. */
#include "connector/base/mem.h"
#include "connector/keeper/keeper_int.h"
#include "connector/sys/keys/master.h"

static void serve_identity(const unsigned char master[KEY_LEN], struct buf *out)
{
	unsigned char id[KEY_ID_LEN];

	master_identity(master, id);
	keeper_answer_write(KEEPER_IDENTITY, KEEPER_DONE, str_n(id, sizeof(id)),
			    out);
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
	keeper_answer_write(KEEPER_NEW, KEEPER_DONE, buf_str(&body), out);
	mem_wipe(pair, sizeof(pair));
	buf_release(&body);
}

static void serve_open(const unsigned char master[KEY_LEN],
		       const unsigned char wrapped[WRAPPED_LEN],
		       struct buf *out)
{
	unsigned char dek[KEY_LEN];
	bool ok = master_open(master, wrapped, dek, NULL);

	keeper_answer_write(KEEPER_OPEN, ok ? KEEPER_DONE : KEEPER_REFUSED,
			    str_n(dek, sizeof(dek)), out);
	mem_wipe(dek, sizeof(dek));
}

/* Of KEY_NEW and KEY_SEAL. */
static void serve_key(const unsigned char master[KEY_LEN],
		      const struct keeper_request *r, struct buf *out)
{
	struct buf blob = BUF_MAX(KEY_BLOB_MAX), spki = BUF_MAX(KEY_SPKI_MAX);
	struct buf body = BUF_MAX(KEEPER_FRAME_MAX);
	enum key_alg alg = r->alg;
	bool ok;

	if (r->op == KEEPER_KEY_NEW)
		ok = private_new(master, alg, &blob, &spki, NULL);
	else
		ok = private_seal(master, r->bytes, &alg, &blob, &spki, NULL);
	if (ok)
		keeper_key_write(alg, buf_str(&blob), buf_str(&spki), &body);
	keeper_answer_write(r->op, ok ? KEEPER_DONE : KEEPER_UNFIT,
			    buf_str(&body), out);
	buf_release(&blob);
	buf_release(&spki);
	buf_release(&body);
}

static void serve_sign(const unsigned char master[KEY_LEN],
		       const struct keeper_request *r, struct buf *out)
{
	struct buf sig = BUF_MAX(KEY_SIGN_MAX);
	enum keeper_status status = KEEPER_DONE;
	struct err why = ERR_EMPTY;

	if (!private_sign(master, r->bytes, r->scheme, r->digest, &sig, &why))
		status = why.class == ERR_DENIED ? KEEPER_DENIED : KEEPER_UNFIT;
	keeper_answer_write(KEEPER_SIGN, status, buf_str(&sig), out);
	buf_release(&sig);
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
	case KEEPER_KEY_NEW:
	case KEEPER_KEY_SEAL:
		serve_key(master, &r, out);
		break;
	case KEEPER_SIGN:
		serve_sign(master, &r, out);
		break;
	}
	return true;
}
