/* wire.h - what engine and keeper say to each other on their socket pair.
 *
 * Frames: u32 length, then that many bytes.  Typed requests, each of a fixed
 * or bounded size; one answer for each, in order.  Both sides read through the
 * bounded reader: the keeper trusts the engine no more than the engine does
 * its peers.
 */
#ifndef SEKISHO_SYS_KEYS_WIRE_H
#define SEKISHO_SYS_KEYS_WIRE_H

#include "connector/sys/keys/keys.h"

#define KEEPER_BATCH_MAX 64
#define KEEPER_FRAME_MAX                                                       \
	(64 + KEY_PEM_MAX) /* the longest body, and around it */

enum keeper_op {
	KEEPER_IDENTITY = 1, /* of the master key */
	KEEPER_NEW,	     /* `count` new data keys, plain and wrapped */
	KEEPER_OPEN,	     /* a wrapped data key */
	KEEPER_KEY_NEW,	     /* a new private key of `alg` */
	KEEPER_KEY_SEAL,     /* the private key in `bytes`, PEM */
	KEEPER_SIGN,	     /* `digest`, with the blob in `bytes` */
};

struct keeper_request {
	enum keeper_op op;
	unsigned count;			    /* NEW: 1..BATCH_MAX */
	unsigned char wrapped[WRAPPED_LEN]; /* OPEN */
	enum key_alg alg;		    /* KEY_NEW */
	enum key_scheme scheme;		    /* SIGN */
	unsigned char digest[KEY_DIGEST_LEN];
	struct str bytes; /* KEY_SEAL, SIGN; borrowed */
};

enum keeper_status {
	KEEPER_REFUSED, /* PERMANENT: not wrapped under this master key */
	KEEPER_DONE,
	KEEPER_DENIED, /* DENIED: the blob is not ours */
	KEEPER_UNFIT,  /* PERMANENT: the key cannot do that */
};

/* Frames with their length in front. */
void keeper_request_write(const struct keeper_request *r, struct buf *out);
bool keeper_request_read(struct str frame, struct keeper_request *r_r,
			 struct err *e) MUST_USE;
/* body is what the operation answers; left out unless done. */
void keeper_answer_write(enum keeper_op op, enum keeper_status status,
			 struct str body, struct buf *out);
/* The body of a done answer. RETRY when the frame is not the answer to op. */
bool keeper_answer_read(struct str frame, enum keeper_op op, struct str *body_r,
			struct err *e) MUST_USE;
/* A key in the body of KEY_NEW and KEY_SEAL. */
void keeper_key_write(enum key_alg alg, struct str blob, struct str spki,
		      struct buf *out);
bool keeper_key_read(struct str body, enum key_alg *alg_r, struct str *blob_r,
		     struct str *spki_r, struct err *e) MUST_USE;

/* Whole frames from a stream or packet socket; blocks. */
struct frames {
	int fd;
	struct buf in;
	size_t taken; /* bytes of the frame that was given last */
};
void frames_init(struct frames *f, int fd); /* borrows fd */
void frames_release(struct frames *f);
/* NOT_FOUND: the other end closed between frames. The frame is good until the
 * next call. */
bool frames_next(struct frames *f, struct str *frame_r, struct err *e) MUST_USE;
bool frames_send(struct frames *f, struct str bytes, struct err *e) MUST_USE;

#endif
