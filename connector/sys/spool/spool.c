/* spool.c - writing and reading sealed bodies; see spool.h.
 *
 * The last chunk is sealed with the length of the whole, the others with 0:
 * a body that was cut at a chunk, or that a row claims to be shorter or
 * longer, does not open.
 */
#include "connector/sys/spool/spool.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "connector/base/die.h"
#include "connector/base/fault.h"
#include "connector/base/id.h"
#include "connector/sys/spool/spool_int.h"

static void syncers_start(struct spool *s);
static void syncers_stop(struct spool *s);
static void sync_queue(struct spool_out *o);

struct spool *spool_open(const char *folder, struct err *e)
{
	struct spool *s;
	int fd;

	if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
		err_errno(e, "spool folder %s", folder);
		return NULL;
	}
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		err_errno(e, "spool folder %s", folder);
		return NULL;
	}
	s = NEW(struct spool);
	s->folder = mem_strdup(folder);
	s->folder_fd = fd;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->wake, NULL);
	s->last = &s->first;
	if (!pool_scan(s, e))
		spool_close(&s);
	else
		syncers_start(s);
	return s;
}

void spool_close(struct spool **s)
{
	struct spool *old = TAKE(*s);

	if (!old)
		return;
	syncers_stop(old);
	close(old->folder_fd);
	pthread_cond_destroy(&old->wake);
	pthread_mutex_destroy(&old->lock);
	vec_release(&old->files);
	vec_release(&old->free);
	vec_release(&old->spare);
	mem_free(old->folder);
	mem_free(old);
}

/* ---- writing -------------------------------------------------------------- */

struct spool_out *spool_out_new(struct spool *s, int64_t object,
				const unsigned char dek[KEY_LEN])
{
	struct spool_out *o = NEW(struct spool_out);

	o->s = s;
	o->fd = -1;
	o->object = object;
	memcpy(o->dek, dek, KEY_LEN);
	o->ref.file = pool_take(s);
	random_bytes(&o->ref.version, sizeof(o->ref.version));
	o->ref.version &= INT64_MAX; /* kept in signed columns */
	o->plain = mem_alloc(BODY_CHUNK);
	return o;
}

static void out_free(struct spool_out *o)
{
	if (o->fd >= 0)
		close(o->fd);
	mem_wipe(o->plain, BODY_CHUNK);
	mem_free(o->plain);
	mem_wipe(o->dek, KEY_LEN);
	mem_free(o);
}

static bool out_fail(struct spool_out *o, struct err *e)
{
	if (e)
		*e = o->failed;
	return false;
}

static bool all_written(int fd, const unsigned char *p, size_t n, off_t at)
{
	while (n > 0) {
		ssize_t w = pwrite(fd, p, n, at);

		if (w < 0 && errno == EINTR)
			continue;
		if (w == 0)
			errno = ENOSPC;
		if (w <= 0)
			return false;
		p += w;
		n -= (size_t)w;
		at += w;
	}
	return true;
}

static bool chunk_write(struct spool_out *o, uint64_t length)
{
	struct seal_id id = {.object = o->object,
			     .kind = SEAL_BODY,
			     .chunk = o->chunk,
			     .length = length,
			     .version = o->ref.version};
	unsigned char *sealed = mem_alloc(SPOOL_CHUNK);
	size_t n = seal_into(o->dek, &id, o->plain, o->plain_n, sealed);
	bool ok = true;

	if (o->fd < 0)
		ok = pool_open_file(o->s, o->ref.file, &o->fd, &o->is_new,
				    &o->failed);
	if (ok &&
	    (fault_fail("spool-write", &errno) ||
	     !all_written(o->fd, sealed, n, (off_t)o->chunk * SPOOL_CHUNK)))
		ok = spool_errno(&o->failed, "write", o->ref.file);
	mem_free(sealed);
	o->chunk++;
	o->plain_n = 0;
	return ok;
}

bool spool_out_write(struct spool_out *o, const void *p, size_t n,
		     struct err *e)
{
	const char *from = p;

	if (o->failed.class != ERR_NONE)
		return out_fail(o, e);
	while (n > 0) {
		size_t part;

		/* A full chunk waits: it may turn out to be the last one. */
		if (o->plain_n == BODY_CHUNK && !chunk_write(o, 0))
			return out_fail(o, e);
		part = MIN_OF(n, BODY_CHUNK - o->plain_n);
		memcpy(o->plain + o->plain_n, from, part);
		o->plain_n += part;
		o->ref.length += part;
		from += part;
		n -= part;
	}
	return true;
}

void spool_out_sync(struct spool_out **o, struct loop *l,
		    void (*done)(void *arg, const struct spool_ref *ref,
				 const struct err *why),
		    void *arg)
{
	struct spool_out *out = TAKE(*o);

	out->loop = l;
	out->done = done;
	out->arg = arg;
	if (out->failed.class == ERR_NONE)
		chunk_write(out, out->ref.length);
	sync_queue(out);
}

/* Nobody may name the file any more. */
static void out_give_up(struct spool_out *o)
{
	if (o->failed.class != ERR_NONE || o->is_new)
		pool_gone(o->s, o->ref.file);
	else
		spool_give(o->s, o->ref.file);
}

void spool_out_abort(struct spool_out **o)
{
	struct spool_out *out = TAKE(*o);

	if (!out)
		return;
	out_give_up(out);
	out_free(out);
}

/* ---- syncing: the helper threads ------------------------------------------ */

static void out_done(void *arg)
{
	struct spool_out *o = arg;
	bool ok = o->failed.class == ERR_NONE;

	o->done(o->arg, ok ? &o->ref : NULL, ok ? NULL : &o->failed);
	out_free(o);
}

static void out_sync(struct spool_out *o)
{
	bool ok = o->failed.class == ERR_NONE;

	if (ok && (fault_fail("spool-sync", &errno) || fdatasync(o->fd) != 0))
		ok = spool_errno(&o->failed, "sync", o->ref.file);
	if (ok && o->is_new)
		ok = pool_sync_entry(o->s, o->ref.file, &o->failed);
	/* After a failed sync the kernel may call pages clean that are not on
	 * disk: the file is removed, never used again as it is. */
	if (!ok)
		out_give_up(o);
	fault_point("spool-synced");
	loop_post(o->loop, out_done, o);
}

static void *syncer(void *arg)
{
	struct spool *s = arg;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		struct spool_out *o = s->first;

		if (!o && s->ending)
			break;
		if (!o) {
			pthread_cond_wait(&s->wake, &s->lock);
			continue;
		}
		s->first = o->next;
		if (!s->first)
			s->last = &s->first;
		pthread_mutex_unlock(&s->lock);
		out_sync(o);
		pthread_mutex_lock(&s->lock);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static void sync_queue(struct spool_out *o)
{
	pthread_mutex_lock(&o->s->lock);
	o->next = NULL;
	*o->s->last = o;
	o->s->last = &o->next;
	pthread_cond_signal(&o->s->wake);
	pthread_mutex_unlock(&o->s->lock);
}

static void syncers_start(struct spool *s)
{
	while (s->syncers < SPOOL_SYNCERS) {
		int bad = pthread_create(&s->syncer[s->syncers], NULL, syncer,
					 s);

		must(bad == 0);
		s->syncers++;
	}
}

static void syncers_stop(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	s->ending = true;
	pthread_cond_broadcast(&s->wake);
	pthread_mutex_unlock(&s->lock);
	while (s->syncers > 0)
		pthread_join(s->syncer[--s->syncers], NULL);
}

/* ---- reading ---------------------------------------------------------------- */

struct spool_in {
	int fd;
	const struct spool_ref *ref;
	const unsigned char *dek;
	int64_t object;
	unsigned char *sealed, *plain;
};

static bool all_read(int fd, unsigned char *p, size_t n, off_t at, size_t *n_r)
{
	for (*n_r = 0; *n_r < n;) {
		ssize_t got = pread(fd, p + *n_r, n - *n_r, at + (off_t)*n_r);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		if (got == 0)
			break;
		*n_r += (size_t)got;
	}
	return true;
}

/* Opens chunk k into in->plain; every chunk is whole or refused. */
static bool chunk_open(struct spool_in *in, uint32_t k, struct err *e)
{
	uint64_t start = (uint64_t)k * BODY_CHUNK;
	uint64_t left = in->ref->length - start;
	size_t n = (size_t)MIN_OF(left, (uint64_t)BODY_CHUNK);
	bool last = left <= BODY_CHUNK;
	struct seal_id id = {.object = in->object,
			     .kind = SEAL_BODY,
			     .chunk = k,
			     .length = last ? in->ref->length : 0,
			     .version = in->ref->version};
	size_t got, plain_n;

	if (!all_read(in->fd, in->sealed, n + SEAL_EXTRA,
		      (off_t)k * SPOOL_CHUNK, &got))
		return spool_errno(e, "read", in->ref->file);
	if (got != n + SEAL_EXTRA)
		return err_set(e, ERR_PERMANENT, 0,
			       "spool file %08x is too short",
			       (unsigned)in->ref->file);
	if (!seal_open_into(in->dek, &id, str_n(in->sealed, got), in->plain,
			    &plain_n, e))
		return err_wrap(e, "spool file %08x, chunk %u",
				(unsigned)in->ref->file, (unsigned)k);
	return true;
}

static bool range_read(struct spool_in *in, uint64_t off, char *to, size_t n,
		       struct err *e)
{
	while (n > 0) {
		uint32_t k = (uint32_t)(off / BODY_CHUNK);
		size_t skip = (size_t)(off % BODY_CHUNK);
		size_t part = MIN_OF(n, BODY_CHUNK - skip);

		TRY(chunk_open(in, k, e));
		memcpy(to, in->plain + skip, part);
		to += part;
		off += part;
		n -= part;
	}
	return true;
}

bool spool_read(struct spool *s, const struct spool_ref *ref, int64_t object,
		const unsigned char dek[KEY_LEN], uint64_t off, void *to,
		size_t n, struct err *e)
{
	struct spool_in in = {.ref = ref, .dek = dek, .object = object};
	char path[SPOOL_PATH_MAX];
	bool ok;

	if (off > ref->length || n > ref->length - off)
		return err_set(e, ERR_BUG, 0, "read behind the end of a body");
	pool_path(ref->file, path);
	in.fd = openat(s->folder_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (in.fd < 0 && errno == ENOENT)
		return err_set(e, ERR_PERMANENT, ENOENT,
			       "spool file %08x is missing",
			       (unsigned)ref->file);
	if (in.fd < 0)
		return spool_errno(e, "open", ref->file);
	in.sealed = mem_alloc(SPOOL_CHUNK);
	in.plain = mem_alloc(SPOOL_CHUNK);
	ok = range_read(&in, off, to, n, e);
	mem_wipe(in.plain, SPOOL_CHUNK);
	mem_free(in.plain);
	mem_free(in.sealed);
	close(in.fd);
	return ok;
}
