/* spool.c - the spool, and reading sealed bodies; see spool.h. */
#include "connector/sys/spool/spool.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "connector/base/mem.h"
#include "connector/sys/spool/spool_int.h"

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
	pthread_cond_init(&s->room, NULL);
	s->last = &s->first;
	if (!pool_scan(s, e))
		spool_close(&s);
	else
		helpers_start(s);
	return s;
}

void spool_close(struct spool **s)
{
	struct spool *old = TAKE(*s);

	if (!old)
		return;
	helpers_stop(old);
	close(old->folder_fd);
	pthread_cond_destroy(&old->wake);
	pthread_cond_destroy(&old->room);
	pthread_mutex_destroy(&old->lock);
	vec_release(&old->files);
	vec_release(&old->free);
	vec_release(&old->spare);
	mem_free(old->folder);
	mem_free(old);
}

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
