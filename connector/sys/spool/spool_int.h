/* spool_int.h - what the files of the spool share: pool, paths, chunks. */
#ifndef SEKISHO_SYS_SPOOL_INT_H
#define SEKISHO_SYS_SPOOL_INT_H

#include <pthread.h>
#include "connector/base/limits.h"
#include "connector/base/vec.h"
#include "connector/sys/spool/spool.h"

#define SPOOL_CHUNK   (BODY_CHUNK + SEAL_EXTRA) /* on disk */
#define SPOOL_FOLDERS 256
#define SPOOL_FILES   (UINT32_C(1) << 20)
#define SPOOL_HELPERS 2

enum spool_file_state {
	SPOOL_ABSENT,  /* no such file, or one whose entry may not last */
	SPOOL_LASTING, /* its directory entry is on disk */
};

struct spool_files {
	VEC_OF(unsigned char); /* enum spool_file_state, by number */
};
struct spool_numbers {
	VEC_OF(uint32_t);
};

struct spool {
	char *folder;
	int folder_fd;
	pthread_mutex_t lock; /* of all below */
	struct spool_files files;
	struct spool_numbers free;  /* a stack: the warmest file first */
	struct spool_numbers spare; /* numbers without a file, for new ones */
	pthread_cond_t wake;
	struct spool_out *first, **last; /* with chunks, or to be synced */
	pthread_cond_t room;		 /* a chunk of some spool_out is done */
	bool ending;
	pthread_t helper[SPOOL_HELPERS];
	unsigned helpers;
};

struct spool_chunk {
	struct spool_chunk *next;
	size_t n;
	size_t most;	 /* bytes of `plain` that were ever in use */
	uint64_t length; /* of the whole, in the last one; else 0 */
	unsigned char plain[BODY_CHUNK];
};

struct spool_out {
	struct spool *s;
	int64_t object;
	unsigned char dek[KEY_LEN];
	/* Its writer's. */
	struct spool_ref ref;
	struct spool_chunk *filling;
	struct loop *loop;
	unsigned char *digest_r;
	void (*done)(void *arg, const struct spool_ref *ref,
		     const struct err *why);
	void *arg;
	/* Under the lock. */
	struct spool_chunk *first, **last; /* full */
	struct spool_chunk *spare;
	unsigned waiting;	/* chunks from first */
	bool queued;		/* in the queue of the spool */
	bool at_work;		/* a thread has what is below */
	bool whole;		/* nothing follows: sync, then done */
	bool dropped;		/* its writer waits to free it */
	struct err failed;	/* its first error */
	struct spool_out *next; /* in the queue */
	/* Of the thread at work. */
	int fd; /* -1: not opened yet */
	bool is_new;
	uint32_t chunk; /* number of the next one */
	struct sha256 *digest;
	uint64_t covered; /* bytes still to come that are in it */
	unsigned char digest_is[SHA256_LEN];
	unsigned char *sealed;
};

/* out.c */
void helpers_start(struct spool *s);
void helpers_stop(struct spool *s);

/* pool.c */
bool pool_scan(struct spool *s, struct err *e) MUST_USE;
uint32_t pool_take(struct spool *s);
/* lasting: the directory entry is known to be on disk now. */
void pool_lasting(struct spool *s, uint32_t file);
void pool_gone(struct spool *s, uint32_t file);
/* Opens for writing; *new_r: the entry has to be synced too. */
bool pool_open_file(struct spool *s, uint32_t file, int *fd_r, bool *new_r,
		    struct err *e) MUST_USE;
bool pool_sync_entry(struct spool *s, uint32_t file, struct err *e) MUST_USE;
#define SPOOL_PATH_MAX 32
void pool_path(uint32_t file, char path_r[SPOOL_PATH_MAX]);

/* Fails with RETRY whatever errno says: the message was not taken, and may
 * be offered again. */
bool spool_errno(struct err *e, const char *what, uint32_t file);

#endif
