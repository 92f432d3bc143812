/* spool - large bodies on disk, before and after the database knows them.
 *
 * A body takes a file of the pool, overwrites it in place, sealed chunk by
 * chunk, and is then synced.  The sync callback says true only when the data,
 * and the directory entry of a new file, are on disk; only then may a row name
 * it.  Which files are free is not kept: at start, spool_free_unless() frees
 * all that no row names.  Errors: RETRY (disk full, I/O), PERMANENT (seal).
 * Threads: a spool_out belongs to one thread; the rest any.
 */
#ifndef SEKISHO_SYS_SPOOL_H
#define SEKISHO_SYS_SPOOL_H

#include "connector/sys/crypto/crypto.h"
#include "connector/sys/loop/loop.h"

struct spool;
struct spool *spool_open(const char *folder, struct err *e) MUST_USE;
void spool_close(struct spool **s);
/* At start: files whose number is_named() denies become free. */
bool spool_free_unless(struct spool *s, bool (*is_named)(void *, uint32_t),
		       void *arg, struct err *e) MUST_USE;
/* A body that is gone: its file may be overwritten. */
void spool_give(struct spool *s, uint32_t file);

struct spool_ref {
	uint32_t file;
	uint64_t version; /* random, of this use of the file */
	uint64_t length;  /* plain bytes */
};

struct spool_out;
/* Chunks are digested, sealed and written by helper threads; whoever writes
 * faster than they do helps, or waits for a chunk. Errors come with a later
 * write, or with the sync. */
struct spool_out *spool_out_new(struct spool *s, int64_t object,
				const unsigned char dek[KEY_LEN]);
/* Before the first write: the digest goes on from this one, which is taken and
 * has the first `covered` bytes in it already, or what stands for them. */
void spool_out_digest(struct spool_out *o, struct sha256 *running,
		      uint64_t covered);
bool spool_out_write(struct spool_out *o, const void *p, size_t n,
		     struct err *e) MUST_USE;
/* Writes the rest, then syncs; done comes on the loop, and before it, without
 * `why`, the SHA-256 of the plain bytes into digest_r (or NULL).  Afterwards
 * the handle is gone; on failure the file is free again. */
void spool_out_sync(struct spool_out **o, struct loop *l,
		    unsigned char *digest_r,
		    void (*done)(void *arg, const struct spool_ref *ref,
				 const struct err *why),
		    void *arg);
void spool_out_abort(struct spool_out **o); /* the file is free again */

/* Plain bytes at off (n <= length - off); blocks for a read of the cache or
 * disk. */
bool spool_read(struct spool *s, const struct spool_ref *ref, int64_t object,
		const unsigned char dek[KEY_LEN], uint64_t off, void *to,
		size_t n, struct err *e) MUST_USE;

#endif
