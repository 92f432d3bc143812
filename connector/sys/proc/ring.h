/* ring.h - the hand-over between engine and inspector: two shared pieces per
 * child and what is said beside them.
 *
 * `jobs` is written by the engine only and read-only to the child; `reports`
 * is written by the child. Slots are used in order, so that report n answers
 * job n. The engine trusts nothing it reads here: a report is copied out once
 * and checked on the copy. Wake-ups (eventfd) go to a sleeper only, and the
 * child signals at most once until the engine has looked.
 */
#ifndef SEKISHO_SYS_PROC_RING_H
#define SEKISHO_SYS_PROC_RING_H

#include "connector/base/buf.h"
#include "connector/base/limits.h"
#include "connector/sys/proc/shm.h"

#define RING_SLOTS	64
#define RING_SLOT_BYTES (80 * 1024)
#define RING_HEAD_BYTES 4096
#define RING_JOB_HEAD	64 /* of a slot */
#define RING_SLOT_ROOM	(RING_SLOT_BYTES - RING_JOB_HEAD)
#define RING_BODY_MAX	BODY_INLINE_MAX
#define RING_LARGE_MAX	(8 * MIB)  /* one report that no slot can hold */
#define RING_PARAM_MAX	(16 * MIB) /* of one job */

/* Where a job's message is. */
enum ring_where {
	RING_INLINE, /* in the slot, behind the parameters */
	RING_REGION, /* in a region that was handed over by descriptor */
	RING_READ,   /* asked for piece by piece: RING_MSG_READ */
};
enum ring_kind {
	RING_VIEW = 1,
	RING_EDIT,
	RING_CANARY, /* a view, by the question of the canaries */
};

struct ring_job {
	uint64_t id;
	uint64_t size;	 /* of the message */
	uint64_t region; /* RING_REGION: its number */
	uint32_t kind, where;
	uint32_t param_n;     /* changes */
	uint32_t param_asked; /* parameters too are asked for (RING_READ) */
};

enum ring_status { RING_OK = 1, RING_BAD };
struct ring_report {
	uint64_t id;
	uint32_t status;
	uint32_t n;	/* bytes of answer, or of the error's text */
	uint32_t large; /* they are in the large area */
	uint32_t class; /* of the error */
};

/* Messages on the socket beside the ring, either way. */
enum ring_msg_kind {
	RING_MSG_READY = 1, /* child: `n` holds the sandbox's level */
	RING_MSG_READ,	    /* child: n bytes at off of job id */
	RING_MSG_DATA,	    /* engine: they are in the slot; n 0: failed */
	RING_MSG_REGION, /* engine, with a descriptor: region id, off bytes */
	RING_MSG_FORGET, /* engine: unmap region id */
};
#define RING_MSG_PARAM ((uint64_t)1 << 63) /* in off: of the parameters */
struct ring_msg {
	uint32_t kind, n;
	uint64_t id, off;
};
#define RING_CHUNK BODY_CHUNK

/* Messages between engine and zygote. */
enum zygote_msg_kind {
	ZYGOTE_READY = 1, /* zygote: everything is loaded */
	ZYGOTE_SPAWN,	  /* engine, with ZYGOTE_FDS: a child numbered id */
	ZYGOTE_SPAWNED,	  /* zygote: id runs; value 0: it could not */
	ZYGOTE_KILL,	  /* engine: end child id */
	ZYGOTE_DIED,	  /* zygote: id ended; value: wait status */
	ZYGOTE_REFUSED,	  /* zygote, text behind: no such question; it ends */
};
struct zygote_msg {
	uint32_t kind, id;
	int32_t value, more;
};
/* Descriptors of a spawn, in this order. */
enum {
	ZYGOTE_FD_JOBS,
	ZYGOTE_FD_REPORTS,
	ZYGOTE_FD_WAKE,
	ZYGOTE_FD_BELL,
	ZYGOTE_FD_SOCK,
	ZYGOTE_FDS
};
/* In the zygote: its socket; what is asked, with the canaries' question behind
 * it (sealed). Of a check of one question: where errors go; the question. */
#define ZYGOTE_SOCK_FD	   3
#define ZYGOTE_QUESTION_FD 4

/* One side's hold on a ring. `wake` is what the child sleeps on, `bell` what
 * the engine watches. */
struct ring {
	struct shm jobs, reports;
	int wake, bell;
	uint32_t pushed; /* engine: jobs given */
	uint32_t taken;	 /* engine: reports taken; child: jobs done */
	uint32_t seen;	 /* child: the look it has signalled in */
};

/* Engine. */
bool ring_new(struct ring *r, struct err *e) MUST_USE;
void ring_release(struct ring *r);
size_t ring_free_slots(const struct ring *r);
/* The slot of the next job: RING_SLOT_ROOM bytes to fill before ring_push. */
unsigned char *ring_next_room(struct ring *r);
void ring_push(struct ring *r, const struct ring_job *job);
/* Room of the oldest job without a report, for RING_READ. */
unsigned char *ring_oldest_room(struct ring *r);
/* Call once per bell, then take until it gives false. `bad_r`: nonsense. The
 * answer is copied to *out, which bounds it. */
void ring_look(struct ring *r);
bool ring_take(struct ring *r, struct ring_report *rep_r, struct buf *out,
	       bool *bad_r) MUST_USE;
void ring_wipe(struct ring *r); /* all slots; nothing may be under way */

/* Child. */
bool ring_map(struct ring *r, const int fd[ZYGOTE_FDS], struct err *e) MUST_USE;
/* The next job, copied, and its slot's room; false: none there. */
bool ring_job_next(struct ring *r, struct ring_job *job_r,
		   const unsigned char **room_r) MUST_USE;
void ring_sleepy(struct ring *r, bool asleep); /* then ask once more */
/* True when the large area is not in use by an earlier report. */
bool ring_large_free(const struct ring *r);
void ring_report(struct ring *r, const struct ring_report *rep,
		 struct str answer);

#endif
