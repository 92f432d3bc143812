/* out.c - writing sealed bodies, and the threads that do it; see spool.h.
 *
 * The last chunk is sealed with the length of the whole, the others with 0:
 * a body that was cut at a chunk, or that a row claims to be shorter or
 * longer, does not open.
 *
 * The chunks of a body are worked off in order by one thread at a time: a
 * helper, or its writer when that has no room for more and no helper is at it.
 */
#include <errno.h>
#include <unistd.h>
#include "connector/base/die.h"
#include "connector/base/fault.h"
#include "connector/base/id.h"
#include "connector/base/mem.h"
#include "connector/sys/spool/spool_int.h"

#define OUT_CHUNKS 8 /* full ones of a body that wait */

/* Its bytes are not cleared: only `most` of them are ever looked at. */
static struct spool_chunk *chunk_new(void)
{
	struct spool_chunk *c = mem_alloc(sizeof(*c));

	c->next = NULL;
	c->n = c->most = 0;
	c->length = 0;
	return c;
}

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
	o->last = &o->first;
	o->filling = chunk_new();
	o->digest = sha256_new();
	return o;
}

void spool_out_digest(struct spool_out *o, struct sha256 *running,
		      uint64_t covered)
{
	sha256_free(&o->digest);
	o->digest = running;
	o->covered = covered;
}

static void chunks_free(struct spool_chunk *c)
{
	while (c) {
		struct spool_chunk *next = c->next;

		mem_wipe(c->plain, c->most);
		mem_free(c);
		c = next;
	}
}

static void out_free(struct spool_out *o)
{
	if (o->fd >= 0)
		close(o->fd);
	chunks_free(o->filling);
	chunks_free(o->first);
	chunks_free(o->spare);
	sha256_free(&o->digest);
	mem_free(o->sealed);
	mem_wipe(o->dek, KEY_LEN);
	mem_free(o);
}

/* Nobody may name the file any more. */
static void out_give_up(struct spool_out *o)
{
	if (o->failed.class != ERR_NONE || o->is_new)
		pool_gone(o->s, o->ref.file);
	else
		spool_give(o->s, o->ref.file);
}

/* ---- the chunks: whoever is at work -------------------------------------- */

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

static void chunk_digest(struct spool_out *o, const struct spool_chunk *c)
{
	size_t skip = (size_t)MIN_OF(o->covered, (uint64_t)c->n);

	o->covered -= skip;
	sha256_add(o->digest, c->plain + skip, c->n - skip);
}

static bool chunk_write(struct spool_out *o, const struct spool_chunk *c,
			struct err *e)
{
	struct seal_id id = {.object = o->object,
			     .kind = SEAL_BODY,
			     .chunk = o->chunk,
			     .length = c->length,
			     .version = o->ref.version};
	size_t n;

	if (!o->sealed)
		o->sealed = mem_alloc(SPOOL_CHUNK);
	chunk_digest(o, c);
	n = seal_into(o->dek, &id, c->plain, c->n, o->sealed);
	if (o->fd < 0)
		TRY(pool_open_file(o->s, o->ref.file, &o->fd, &o->is_new, e));
	if (fault_fail("spool-write", &errno) ||
	    !all_written(o->fd, o->sealed, n, (off_t)o->chunk * SPOOL_CHUNK))
		return spool_errno(e, "write", o->ref.file);
	o->chunk++;
	return true;
}

/* Under the lock, which is left for the work. After an error chunks are only
 * dropped. */
static void chunk_next(struct spool_out *o)
{
	struct spool_chunk *c = o->first;
	struct err why = ERR_EMPTY;

	o->first = c->next;
	if (!o->first)
		o->last = &o->first;
	o->waiting--;
	if (o->failed.class == ERR_NONE) {
		pthread_mutex_unlock(&o->s->lock);
		(void)!chunk_write(o, c, &why);
		pthread_mutex_lock(&o->s->lock);
		o->failed = why;
	}
	c->next = o->spare;
	o->spare = c;
	pthread_cond_broadcast(&o->s->room);
}

/* ---- the queue, under the lock -------------------------------------------- */

static void queue_add(struct spool_out *o)
{
	struct spool *s = o->s;

	o->queued = true;
	o->next = NULL;
	*s->last = o;
	s->last = &o->next;
	pthread_cond_signal(&s->wake);
}

static void queue_remove(struct spool_out *o)
{
	struct spool *s = o->s;
	struct spool_out **at = &s->first;

	while (*at != o)
		at = &(*at)->next;
	*at = o->next;
	if (!*at)
		s->last = at;
	o->queued = false;
}

/* ---- the writer -------------------------------------------------------------- */

/* No room: its own hands, or those that are at it already. */
static void wait_room(struct spool_out *o)
{
	if (o->at_work) {
		pthread_cond_wait(&o->s->room, &o->s->lock);
		return;
	}
	/* A helper takes it only while it is queued. */
	queue_remove(o);
	o->at_work = true;
	chunk_next(o);
	o->at_work = false;
	if (o->first)
		queue_add(o);
}

/* o->filling joins the others. */
static void chunk_push(struct spool_out *o, uint64_t length)
{
	struct spool_chunk *c = o->filling;

	c->length = length;
	c->next = NULL;
	o->filling = NULL;
	*o->last = c;
	o->last = &c->next;
	o->waiting++;
	if (!o->at_work && !o->queued)
		queue_add(o);
}

static void chunk_begin(struct spool_out *o)
{
	while (o->waiting >= OUT_CHUNKS)
		wait_room(o);
	o->filling = o->spare;
	if (o->filling)
		o->spare = o->filling->next;
	else
		o->filling = chunk_new();
	o->filling->next = NULL;
	o->filling->n = 0;
}

/* A full chunk waited: it might have been the last one. */
static bool chunk_change(struct spool_out *o, struct err *e)
{
	bool ok;

	pthread_mutex_lock(&o->s->lock);
	chunk_push(o, 0);
	chunk_begin(o);
	ok = o->failed.class == ERR_NONE;
	if (!ok && e)
		*e = o->failed;
	pthread_mutex_unlock(&o->s->lock);
	return ok;
}

bool spool_out_write(struct spool_out *o, const void *p, size_t n,
		     struct err *e)
{
	const char *from = p;

	while (n > 0) {
		struct spool_chunk *c;
		size_t part;

		if (o->filling->n == BODY_CHUNK)
			TRY(chunk_change(o, e));
		c = o->filling;
		part = MIN_OF(n, BODY_CHUNK - c->n);
		memcpy(c->plain + c->n, from, part);
		c->n += part;
		c->most = MAX_OF(c->most, c->n);
		o->ref.length += part;
		from += part;
		n -= part;
	}
	return true;
}

void spool_out_sync(struct spool_out **o, struct loop *l,
		    unsigned char *digest_r,
		    void (*done)(void *arg, const struct spool_ref *ref,
				 const struct err *why),
		    void *arg)
{
	struct spool_out *out = TAKE(*o);
	struct spool *s = out->s;

	out->loop = l;
	out->digest_r = digest_r;
	out->done = done;
	out->arg = arg;
	pthread_mutex_lock(&s->lock);
	out->whole = true;
	chunk_push(out, out->ref.length);
	/* From here on it is the helper's. */
	pthread_mutex_unlock(&s->lock);
}

void spool_out_abort(struct spool_out **o)
{
	struct spool_out *out = TAKE(*o);
	struct spool *s;

	if (!out)
		return;
	s = out->s;
	pthread_mutex_lock(&s->lock);
	if (out->queued)
		queue_remove(out);
	out->dropped = true;
	while (out->at_work)
		pthread_cond_wait(&s->room, &s->lock);
	pthread_mutex_unlock(&s->lock);
	out_give_up(out);
	out_free(out);
}

/* ---- the helpers -------------------------------------------------------------- */

static void out_done(void *arg)
{
	struct spool_out *o = arg;
	bool ok = o->failed.class == ERR_NONE;

	if (ok && o->digest_r)
		memcpy(o->digest_r, o->digest_is, SHA256_LEN);
	o->done(o->arg, ok ? &o->ref : NULL, ok ? NULL : &o->failed);
	out_free(o);
}

static void out_sync(struct spool_out *o)
{
	bool ok = o->failed.class == ERR_NONE;

	sha256_end(&o->digest, o->digest_is);
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

/* Under the lock. */
static void out_work(struct spool_out *o)
{
	struct spool *s = o->s;

	queue_remove(o);
	o->at_work = true;
	while (o->first && !o->dropped)
		chunk_next(o);
	if (o->whole) {
		pthread_mutex_unlock(&s->lock);
		out_sync(o);
		pthread_mutex_lock(&s->lock);
		return; /* it may be gone */
	}
	o->at_work = false;
	pthread_cond_broadcast(&s->room);
}

static void *helper(void *arg)
{
	struct spool *s = arg;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		if (s->first)
			out_work(s->first);
		else if (s->ending)
			break;
		else
			pthread_cond_wait(&s->wake, &s->lock);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

void helpers_start(struct spool *s)
{
	while (s->helpers < SPOOL_HELPERS) {
		int bad = pthread_create(&s->helper[s->helpers], NULL, helper,
					 s);

		must(bad == 0);
		s->helpers++;
	}
}

void helpers_stop(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	s->ending = true;
	pthread_cond_broadcast(&s->wake);
	pthread_mutex_unlock(&s->lock);
	while (s->helpers > 0)
		pthread_join(s->helper[--s->helpers], NULL);
}
