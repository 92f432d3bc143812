/* keys.c - data keys for the engine: asked of the keeper, or made here. */
#include "connector/sys/keys/keys.h"
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "connector/base/mem.h"
#include "connector/sys/keys/master.h"
#include "connector/sys/keys/wire.h"

#define KEYS_BATCH KEEPER_BATCH_MAX
/* A keeper that is silent for so long is lost. */
#ifdef SEKISHO_VALGRIND
#define KEYS_ANSWER_S 300 /* an RSA key is long in the making there */
#else
#define KEYS_ANSWER_S 10
#endif
#define KEYS_PAIR_BYTES (KEY_LEN + WRAPPED_LEN)

struct keys {
	pthread_mutex_t lock;
	int fd;			       /* of the keeper; -1: master is here */
	unsigned char master[KEY_LEN]; /* local only */
	struct frames frames;
	bool broken;  /* an answer was missed: all later ones would be wrong */
	bool ordered; /* a batch was asked for and not yet read */
	unsigned char ready[KEYS_BATCH * KEYS_PAIR_BYTES];
	unsigned ready_n; /* pairs left, taken from the end */
	unsigned char next[KEYS_BATCH * KEYS_PAIR_BYTES];
	unsigned next_n;
};

static struct keys *keys_new(int fd)
{
	struct keys *k = NEW(struct keys);

	pthread_mutex_init(&k->lock, NULL);
	k->fd = fd;
	return k;
}

struct keys *keys_remote(int fd)
{
	struct keys *k = keys_new(fd);
	struct timeval most = {.tv_sec = KEYS_ANSWER_S};

	/* Without the limits a stopped keeper would stop the loops. */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
	frames_init(&k->frames, fd);
	return k;
}

struct keys *keys_local(const char *file, struct err *e)
{
	struct keys *k = keys_new(-1);

	if (!master_key_read(file, k->master, e))
		keys_free(&k);
	return k;
}

struct keys *keys_test(void)
{
	struct keys *k = keys_new(-1);

	for (size_t i = 0; i < KEY_LEN; i++)
		k->master[i] = (unsigned char)(i * 7 + 1);
	return k;
}

void keys_free(struct keys **k)
{
	struct keys *old = TAKE(*k);

	if (!old)
		return;
	if (old->fd >= 0) {
		frames_release(&old->frames);
		close(old->fd);
	}
	pthread_mutex_destroy(&old->lock);
	mem_wipe(old, sizeof(*old));
	mem_free(old);
}

/* ---- the line to the keeper, under the lock ----------------------------- */

static bool keeper_send(struct keys *k, const struct keeper_request *r,
			struct err *e)
{
	struct buf out = BUF_MAX(KEEPER_FRAME_MAX);
	bool ok;

	out.secret = true; /* a private key may be on its way in */
	if (k->broken)
		return err_set(e, ERR_RETRY, 0, "the keeper is gone");
	keeper_request_write(r, &out);
	ok = frames_send(&k->frames, buf_str(&out), e);
	buf_release(&out);
	k->broken = !ok;
	return ok;
}

/* body_n: what its length must be, or ANY_LENGTH. */
#define ANY_LENGTH SIZE_MAX

static bool keeper_answer(struct keys *k, enum keeper_op op, size_t body_n,
			  struct str *body_r, struct err *e)
{
	struct err why = ERR_EMPTY;
	struct str frame;

	if (frames_next(&k->frames, &frame, &why) &&
	    keeper_answer_read(frame, op, body_r, &why)) {
		if (body_n == ANY_LENGTH || body_r->n == body_n)
			return true;
		err_set(&why, ERR_RETRY, 0, "malformed answer of the keeper");
	}
	switch (why.class) {
	case ERR_PERMANENT: /* it heard us, and said no */
	case ERR_DENIED:
		break;
	default:
		k->broken = true;
		why.class = ERR_RETRY;
	}
	return err_set(e, why.class, why.code, "%s", why.text);
}

static bool batch_order(struct keys *k, struct err *e)
{
	struct keeper_request r = {.op = KEEPER_NEW, .count = KEYS_BATCH};

	if (k->ordered || k->next_n > 0)
		return true;
	TRY(keeper_send(k, &r, e));
	k->ordered = true;
	return true;
}

/* Answers come in order: a batch on its way comes before any other. */
static bool batch_collect(struct keys *k, struct err *e)
{
	struct str body = STR_EMPTY;

	if (!k->ordered)
		return true;
	k->ordered = false;
	TRY(keeper_answer(k, KEEPER_NEW, sizeof(k->next), &body, e));
	memcpy(k->next, body.p, body.n);
	k->next_n = KEYS_BATCH;
	return true;
}

/* The body is good until the next question. */
static bool keeper_ask(struct keys *k, const struct keeper_request *r,
		       size_t body_n, struct str *body_r, struct err *e)
{
	TRY(keeper_send(k, r, e));
	TRY(batch_collect(k, e));
	return keeper_answer(k, r->op, body_n, body_r, e);
}

static bool keeper_ask_fixed(struct keys *k, const struct keeper_request *r,
			     size_t body_n, void *to, struct err *e)
{
	struct str body = STR_EMPTY;

	TRY(keeper_ask(k, r, body_n, &body, e));
	memcpy(to, body.p, body.n);
	return true;
}

static bool pair_take(struct keys *k, unsigned char *dek_r,
		      unsigned char *wrapped_r, struct err *e)
{
	unsigned char *pair;

	if (k->ready_n == 0) {
		TRY(batch_order(k, e));
		TRY(batch_collect(k, e));
		memcpy(k->ready, k->next, sizeof(k->ready));
		mem_wipe(k->next, sizeof(k->next));
		k->ready_n = k->next_n;
		k->next_n = 0;
	}
	pair = k->ready + (size_t)--k->ready_n * KEYS_PAIR_BYTES;
	memcpy(dek_r, pair, KEY_LEN);
	memcpy(wrapped_r, pair + KEY_LEN, WRAPPED_LEN);
	mem_wipe(pair, KEYS_PAIR_BYTES);
	/* The next batch is made while this one is used up. If it cannot be
	 * ordered, the key in hand is good all the same. */
	if (k->ready_n == KEYS_BATCH / 2)
		batch_order(k, NULL);
	return true;
}

/* ---- what callers see ------------------------------------------------------
 */

bool keys_identity(struct keys *k, unsigned char id_r[KEY_ID_LEN],
		   struct err *e)
{
	struct keeper_request r = {.op = KEEPER_IDENTITY};
	bool ok;

	if (k->fd < 0) {
		master_identity(k->master, id_r);
		return true;
	}
	pthread_mutex_lock(&k->lock);
	ok = keeper_ask_fixed(k, &r, KEY_ID_LEN, id_r, e);
	pthread_mutex_unlock(&k->lock);
	return ok;
}

bool keys_dek_new(struct keys *k, unsigned char dek_r[KEY_LEN],
		  unsigned char wrapped_r[WRAPPED_LEN], struct err *e)
{
	bool ok;

	if (k->fd < 0) {
		master_new(k->master, dek_r, wrapped_r);
		return true;
	}
	pthread_mutex_lock(&k->lock);
	ok = pair_take(k, dek_r, wrapped_r, e);
	pthread_mutex_unlock(&k->lock);
	return ok;
}

bool keys_dek_open(struct keys *k, const unsigned char wrapped[WRAPPED_LEN],
		   unsigned char dek_r[KEY_LEN], struct err *e)
{
	struct keeper_request r = {.op = KEEPER_OPEN};
	bool ok;

	if (k->fd < 0)
		return master_open(k->master, wrapped, dek_r, e);
	memcpy(r.wrapped, wrapped, WRAPPED_LEN);
	pthread_mutex_lock(&k->lock);
	ok = keeper_ask_fixed(k, &r, KEY_LEN, dek_r, e);
	pthread_mutex_unlock(&k->lock);
	return ok;
}

/* ---- private keys ----------------------------------------------------------
 */

static bool key_ask(struct keys *k, const struct keeper_request *r,
		    enum key_alg *alg_r, struct buf *blob_r, struct buf *spki_r,
		    struct err *e)
{
	struct str body = STR_EMPTY, blob = STR_EMPTY, spki = STR_EMPTY;
	bool ok;

	pthread_mutex_lock(&k->lock);
	ok = keeper_ask(k, r, ANY_LENGTH, &body, e) &&
	     keeper_key_read(body, alg_r, &blob, &spki, e);
	if (ok && !(buf_put_str(blob_r, blob) && buf_put_str(spki_r, spki)))
		ok = err_set(e, ERR_LIMIT, 0, "no room for the key");
	pthread_mutex_unlock(&k->lock);
	return ok;
}

bool keys_key_new(struct keys *k, enum key_alg alg, struct buf *blob_r,
		  struct buf *spki_r, struct err *e)
{
	struct keeper_request r = {.op = KEEPER_KEY_NEW, .alg = alg};

	if (k->fd < 0)
		return private_new(k->master, alg, blob_r, spki_r, e);
	return key_ask(k, &r, &r.alg, blob_r, spki_r, e);
}

bool keys_key_seal(struct keys *k, struct str pem, enum key_alg *alg_r,
		   struct buf *blob_r, struct buf *spki_r, struct err *e)
{
	struct keeper_request r = {.op = KEEPER_KEY_SEAL, .bytes = pem};

	if (k->fd < 0)
		return private_seal(k->master, pem, alg_r, blob_r, spki_r, e);
	/* The keeper takes a longer request for an attack, and ends. */
	if (pem.n > KEY_PEM_MAX)
		return err_set(e, ERR_PERMANENT, 0,
			       "key of %zu bytes; at most %d", pem.n,
			       KEY_PEM_MAX);
	return key_ask(k, &r, alg_r, blob_r, spki_r, e);
}

bool keys_sign(struct keys *k, struct str blob, enum key_scheme scheme,
	       const unsigned char digest[KEY_DIGEST_LEN], struct buf *sig_r,
	       struct err *e)
{
	struct keeper_request r = {
		.op = KEEPER_SIGN, .scheme = scheme, .bytes = blob};
	struct str sig = STR_EMPTY;
	bool ok;

	if (k->fd < 0)
		return private_sign(k->master, blob, scheme, digest, sig_r, e);
	if (blob.n > KEY_BLOB_MAX)
		return err_set(e, ERR_DENIED, 0, "no private key of ours");
	memcpy(r.digest, digest, KEY_DIGEST_LEN);
	pthread_mutex_lock(&k->lock);
	ok = keeper_ask(k, &r, ANY_LENGTH, &sig, e);
	if (ok && !buf_put_str(sig_r, sig))
		ok = err_set(e, ERR_LIMIT, 0, "no room for the signature");
	pthread_mutex_unlock(&k->lock);
	return ok;
}
