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
#define SPOOL_SYNCERS 2

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
	struct spool_out *first, **last; /* waiting for a sync */
	bool ending;
	pthread_t syncer[SPOOL_SYNCERS];
	unsigned syncers;
};

struct spool_out {
	struct spool *s;
	int fd; /* -1: not opened yet */
	bool is_new;
	int64_t object;
	unsigned char dek[KEY_LEN];
	struct spool_ref ref;
	unsigned char *plain; /* the chunk that is being filled */
	size_t plain_n;
	uint32_t chunk; /* its number */
	struct err failed;
	struct spool_out *next; /* in the queue of syncs */
	struct loop *loop;
	void (*done)(void *arg, const struct spool_ref *ref,
		     const struct err *why);
	void *arg;
};

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
