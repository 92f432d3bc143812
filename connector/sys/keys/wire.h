/* wire.h - what engine and keeper say to each other on their socket pair.
 *
 * Frames: u32 length, then that many bytes.  Three requests, each of a fixed
 * size; one answer for each, in order.  Both sides read through the bounded
 * reader: the keeper trusts the engine no more than the engine does its peers.
 */
#ifndef SEKISHO_SYS_KEYS_WIRE_H
#define SEKISHO_SYS_KEYS_WIRE_H

#include "connector/sys/keys/keys.h"

#define KEEPER_BATCH_MAX 64
#define KEEPER_FRAME_MAX (16 + KEEPER_BATCH_MAX * (KEY_LEN + WRAPPED_LEN))

enum keeper_op {
	KEEPER_IDENTITY = 1, /* of the master key */
	KEEPER_NEW,	     /* `count` new data keys, plain and wrapped */
	KEEPER_OPEN,	     /* a wrapped data key */
};

struct keeper_request {
	enum keeper_op op;
	unsigned count;			    /* KEEPER_NEW: 1..BATCH_MAX */
	unsigned char wrapped[WRAPPED_LEN]; /* KEEPER_OPEN */
};

/* Frames with their length in front. */
void keeper_request_write(const struct keeper_request *r, struct buf *out);
bool keeper_request_read(struct str frame, struct keeper_request *r_r,
			 struct err *e) MUST_USE;
/* body is what the operation answers; empty and ok false: refused. */
void keeper_answer_write(enum keeper_op op, bool ok, struct str body,
			 struct buf *out);
/* PERMANENT when refused; RETRY when the frame is not the answer to op. */
bool keeper_answer_read(struct str frame, enum keeper_op op, size_t body_n,
			struct str *body_r, struct err *e) MUST_USE;

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
