/* wire.c - frames between engine and keeper; see wire.h. */
#include "connector/sys/keys/wire.h"
#include <errno.h>
#include <sys/socket.h>
#include "connector/base/rd.h"

#define FRAME_HEAD 4

_Static_assert(KEEPER_BATCH_MAX *(KEY_LEN + WRAPPED_LEN) <= KEY_PEM_MAX,
	       "a batch of data keys is a frame");
_Static_assert(KEY_BLOB_MAX + KEY_SPKI_MAX <= KEY_PEM_MAX,
	       "a private key is a frame");

static size_t frame_begin(struct buf *out)
{
	size_t at = out->n;

	buf_put_u32(out, 0);
	return at;
}

static void frame_finish(struct buf *out, size_t at)
{
	size_t n = out->n - at - FRAME_HEAD;

	for (unsigned i = 0; i < FRAME_HEAD; i++)
		out->p[at + i] = (char)(n >> (8 * i) & 0xff);
}

void keeper_request_write(const struct keeper_request *r, struct buf *out)
{
	size_t at = frame_begin(out);

	buf_put_u8(out, (uint8_t)r->op);
	switch (r->op) {
	case KEEPER_IDENTITY:
		break;
	case KEEPER_NEW:
		buf_put_u16(out, (uint16_t)r->count);
		break;
	case KEEPER_OPEN:
		buf_put(out, r->wrapped, WRAPPED_LEN);
		break;
	case KEEPER_KEY_NEW:
		buf_put_u8(out, (uint8_t)r->alg);
		break;
	case KEEPER_KEY_SEAL:
		buf_put_bytes(out, r->bytes);
		break;
	case KEEPER_SIGN:
		buf_put_u8(out, (uint8_t)r->scheme);
		buf_put(out, r->digest, KEY_DIGEST_LEN);
		buf_put_bytes(out, r->bytes);
		break;
	}
	frame_finish(out, at);
}

static void fixed_read(struct rd *in, unsigned char *to, size_t n)
{
	struct str bytes = rd_bytes(in, n);

	if (rd_ok(in))
		memcpy(to, bytes.p, n);
}

/* What follows the operation; counts and lengths are checked here, meanings
 * where they are used. */
static bool fields_read(struct rd *in, struct keeper_request *r, struct err *e)
{
	switch (r->op) {
	case KEEPER_IDENTITY:
		return true;
	case KEEPER_NEW:
		r->count = rd_u16(in);
		if (r->count == 0 || r->count > KEEPER_BATCH_MAX)
			return err_set(e, ERR_LIMIT, 0,
				       "%u data keys in one request", r->count);
		return true;
	case KEEPER_OPEN:
		fixed_read(in, r->wrapped, WRAPPED_LEN);
		return true;
	case KEEPER_KEY_NEW:
		r->alg = (enum key_alg)rd_u8(in);
		return true;
	case KEEPER_KEY_SEAL:
		r->bytes = rd_lenbytes(in, KEY_PEM_MAX);
		return true;
	case KEEPER_SIGN:
		r->scheme = (enum key_scheme)rd_u8(in);
		fixed_read(in, r->digest, KEY_DIGEST_LEN);
		r->bytes = rd_lenbytes(in, KEY_BLOB_MAX);
		return true;
	default:
		return err_set(e, ERR_PERMANENT, 0, "unknown request %u",
			       (unsigned)r->op);
	}
}

bool keeper_request_read(struct str frame, struct keeper_request *r_r,
			 struct err *e)
{
	struct rd in = rd_of(frame);

	*r_r = (struct keeper_request){.op = (enum keeper_op)rd_u8(&in)};
	TRY(fields_read(&in, r_r, e));
	if (!rd_end(&in))
		return err_set(e, ERR_PERMANENT, 0, "malformed request");
	return true;
}

void keeper_answer_write(enum keeper_op op, enum keeper_status status,
			 struct str body, struct buf *out)
{
	size_t at = frame_begin(out);

	buf_put_u8(out, (uint8_t)op);
	buf_put_u8(out, (uint8_t)status);
	if (status == KEEPER_DONE)
		buf_put_str(out, body);
	frame_finish(out, at);
}

bool keeper_answer_read(struct str frame, enum keeper_op op, struct str *body_r,
			struct err *e)
{
	struct rd in = rd_of(frame);
	unsigned what = rd_u8(&in);
	unsigned status = rd_u8(&in);

	if (!rd_ok(&in) || what != op)
		return err_set(e, ERR_RETRY, 0,
			       "the keeper answered something else");
	*body_r = rd_rest(&in);
	switch (status) {
	case KEEPER_DONE:
		return true;
	case KEEPER_REFUSED:
		return err_set(e, ERR_PERMANENT, 0,
			       "the keeper refused: not sealed under this "
			       "master key");
	case KEEPER_DENIED:
		return err_set(e, ERR_DENIED, 0,
			       "the keeper refused: not a private key sealed "
			       "under this master key");
	case KEEPER_UNFIT:
		return err_set(e, ERR_PERMANENT, 0,
			       "the keeper refused: no key of RSA (%d to %d "
			       "bits), Ed25519 or P-256 that is not encrypted, "
			       "or not one for this signature",
			       KEY_RSA_MIN, KEY_RSA_MAX);
	default:
		return err_set(e, ERR_RETRY, 0,
			       "malformed answer of the keeper");
	}
}

void keeper_key_write(enum key_alg alg, struct str blob, struct str spki,
		      struct buf *out)
{
	buf_put_u8(out, (uint8_t)alg);
	buf_put_bytes(out, blob);
	buf_put_bytes(out, spki);
}

bool keeper_key_read(struct str body, enum key_alg *alg_r, struct str *blob_r,
		     struct str *spki_r, struct err *e)
{
	struct rd in = rd_of(body);
	unsigned alg = rd_u8(&in);

	*alg_r = (enum key_alg)alg;
	*blob_r = rd_lenbytes(&in, KEY_BLOB_MAX);
	*spki_r = rd_lenbytes(&in, KEY_SPKI_MAX);
	if (!rd_end(&in) || alg < KEY_RSA || alg > KEY_EC_P256)
		return err_set(e, ERR_RETRY, 0,
			       "malformed answer of the keeper");
	return true;
}

void frames_init(struct frames *f, int fd)
{
	*f = (struct frames){.fd = fd};
	/* One frame and the head of its successors; never two whole ones that
	 * nobody asked for. */
	buf_init(&f->in, (size_t)2 * KEEPER_FRAME_MAX);
	f->in.secret = true;
}

void frames_release(struct frames *f)
{
	buf_release(&f->in);
}

/* 1: a whole frame is there; 0: more bytes are needed; -1: too long. */
static int frame_ready(const struct frames *f, struct str *frame_r)
{
	struct rd in = rd_of(buf_str(&f->in));
	uint32_t n = rd_u32(&in);

	if (!rd_ok(&in))
		return 0;
	if (n > KEEPER_FRAME_MAX)
		return -1;
	*frame_r = rd_bytes(&in, n);
	return rd_ok(&in);
}

static bool frames_fill(struct frames *f, struct err *e)
{
	char *room = buf_room(&f->in, KEEPER_FRAME_MAX);
	struct iovec part = {room, KEEPER_FRAME_MAX};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t n;

	if (!room)
		return err_set(e, ERR_PERMANENT, 0, "more than one frame");
	do {
		n = recvmsg(f->fd, &m, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		err_errno(e, "keeper socket");
		if (e)
			e->class = ERR_RETRY;
		return false;
	}
	if (n == 0)
		return err_set(e, f->in.n ? ERR_RETRY : ERR_NOT_FOUND, 0,
			       "the keeper's socket was closed");
	buf_grown(&f->in, (size_t)n);
	return true;
}

bool frames_next(struct frames *f, struct str *frame_r, struct err *e)
{
	int ready;

	buf_drop(&f->in, f->taken);
	f->taken = 0;
	while ((ready = frame_ready(f, frame_r)) == 0)
		TRY(frames_fill(f, e));
	if (ready < 0)
		return err_set(e, ERR_LIMIT, 0, "frame too long");
	f->taken = FRAME_HEAD + frame_r->n;
	return true;
}

bool frames_send(struct frames *f, struct str bytes, struct err *e)
{
	while (bytes.n > 0) {
		struct iovec part = {(void *)(uintptr_t)bytes.p, bytes.n};
		struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
		ssize_t n = sendmsg(f->fd, &m, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			err_errno(e, "keeper socket");
			if (e)
				e->class = ERR_RETRY;
			return false;
		}
		bytes = str_skip(bytes, (size_t)n);
	}
	return true;
}
