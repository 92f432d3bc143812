/* shm.h - memory shared with another process by a sealed memfd.
 *
 * A one-way piece can be written by its maker only: the descriptor that is
 * handed out is read-only, and the seal F_SEAL_FUTURE_WRITE keeps everybody
 * from making a new writable mapping. A two-way piece can be written by both.
 */
#ifndef SEKISHO_SYS_PROC_SHM_H
#define SEKISHO_SYS_PROC_SHM_H

#include "connector/base/err.h"
#include "connector/base/str.h"

struct shm {
	unsigned char *p; /* mapped; NULL: none */
	size_t n;
	int fd; /* to hand out; -1: none */
};
#define SHM_EMPTY ((struct shm){.fd = -1})

bool shm_new_one_way(struct shm *s, const char *name, size_t n,
		     struct err *e) MUST_USE;
bool shm_new_two_way(struct shm *s, const char *name, size_t n,
		     struct err *e) MUST_USE;
/* Bytes that nobody changes any more, not even their maker: for handing out,
 * not mapped here. The caller closes *fd_r. */
bool shm_sealed(const char *name, struct str bytes, int *fd_r,
		struct err *e) MUST_USE;
/* Map all of such bytes, at most `max`; takes the descriptor. */
bool shm_map_sealed(struct shm *s, int fd, size_t max, struct err *e) MUST_USE;
/* Map what was handed to us; takes the descriptor and closes it. */
bool shm_map(struct shm *s, int fd, size_t n, bool writable,
	     struct err *e) MUST_USE;
void shm_release(struct shm *s);

#endif
