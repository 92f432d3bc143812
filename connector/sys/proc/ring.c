/* ring.c - the shared rings, both sides; see ring.h. */
#include "connector/sys/proc/ring.h"
#include <errno.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

/* First page of `jobs`, written by the engine. */
struct jobs_head {
	_Atomic uint32_t pushed;
	_Atomic uint32_t looked; /* grows with each look at the reports */
	_Atomic uint32_t taken;	 /* reports copied out */
};
/* First page of `reports`, written by the child. */
struct reports_head {
	_Atomic uint32_t done;
	_Atomic uint32_t asleep;
};

#define RING_AREA     (RING_HEAD_BYTES + (size_t)RING_SLOTS * RING_SLOT_BYTES)
#define JOBS_BYTES    RING_AREA
#define REPORTS_BYTES (RING_AREA + RING_LARGE_MAX)

_Static_assert(sizeof(struct ring_job) <= RING_JOB_HEAD, "job head");
_Static_assert(sizeof(struct ring_report) <= RING_JOB_HEAD, "report head");
_Static_assert(RING_BODY_MAX <= RING_SLOT_ROOM, "slot");
_Static_assert(RING_CHUNK <= RING_SLOT_ROOM, "chunk");

static struct jobs_head *jobs_head(const struct ring *r)
{
	return (struct jobs_head *)(void *)r->jobs.p;
}

static struct reports_head *reports_head(const struct ring *r)
{
	return (struct reports_head *)(void *)r->reports.p;
}

static unsigned char *slot(const struct shm *s, uint32_t n)
{
	return s->p + RING_HEAD_BYTES +
	       (size_t)(n % RING_SLOTS) * RING_SLOT_BYTES;
}

static void ring_bell(int fd)
{
	uint64_t one = 1;
	ssize_t rc;

	/* A full counter is readable already: nothing is lost. */
	do
		rc = write(fd, &one, sizeof(one));
	while (rc < 0 && errno == EINTR);
}

bool ring_new(struct ring *r, struct err *e)
{
	*r = (struct ring){.jobs = SHM_EMPTY,
			   .reports = SHM_EMPTY,
			   .wake = -1,
			   .bell = -1};
	if (!shm_new_one_way(&r->jobs, "sekisho-jobs", JOBS_BYTES, e) ||
	    !shm_new_two_way(&r->reports, "sekisho-reports", REPORTS_BYTES,
			     e)) {
		ring_release(r);
		return false;
	}
	r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->wake < 0 || r->bell < 0) {
		err_errno(e, "eventfd");
		ring_release(r);
		return false;
	}
	return true;
}

void ring_release(struct ring *r)
{
	shm_release(&r->jobs);
	shm_release(&r->reports);
	if (r->wake >= 0)
		close(r->wake);
	if (r->bell >= 0)
		close(r->bell);
	r->wake = r->bell = -1;
}

size_t ring_free_slots(const struct ring *r)
{
	return RING_SLOTS - (r->pushed - r->taken);
}

unsigned char *ring_next_room(struct ring *r)
{
	return slot(&r->jobs, r->pushed) + RING_JOB_HEAD;
}

void ring_push(struct ring *r, const struct ring_job *job)
{
	memcpy(slot(&r->jobs, r->pushed), job, sizeof(*job));
	r->pushed++;
	atomic_store(&jobs_head(r)->pushed, r->pushed);
	/* Full order: either it sees the job, or we see it asleep. */
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load(&reports_head(r)->asleep))
		ring_bell(r->wake);
}

unsigned char *ring_oldest_room(struct ring *r)
{
	return slot(&r->jobs, r->taken) + RING_JOB_HEAD;
}

void ring_look(struct ring *r)
{
	atomic_fetch_add(&jobs_head(r)->looked, 1);
	atomic_thread_fence(memory_order_seq_cst);
}

bool ring_take(struct ring *r, struct ring_report *rep_r, struct buf *out,
	       bool *bad_r)
{
	const unsigned char *at = slot(&r->reports, r->taken);
	uint32_t done = atomic_load(&reports_head(r)->done);
	size_t room;

	*bad_r = done - r->taken > r->pushed - r->taken;
	if (*bad_r || done == r->taken)
		return false;
	/* Copied out once; from here on the child cannot change it. */
	memcpy(rep_r, at, sizeof(*rep_r));
	room = rep_r->large ? RING_LARGE_MAX : RING_SLOT_ROOM;
	at = rep_r->large ? r->reports.p + RING_AREA : at + RING_JOB_HEAD;
	buf_clear(out);
	*bad_r = rep_r->n > room || !buf_put(out, at, rep_r->n);
	if (*bad_r)
		return false; /* its job stays the oldest without a report */
	r->taken++;
	atomic_store(&jobs_head(r)->taken, r->taken);
	return true;
}

/* Untouched slots stay untouched: the memory is sparse. */
void ring_wipe(struct ring *r)
{
	size_t used = r->pushed < RING_SLOTS ? r->pushed : RING_SLOTS;

	memset(r->jobs.p + RING_HEAD_BYTES, 0, used * RING_SLOT_BYTES);
	/* Given back whole, which the seals of `jobs` do not allow. */
	if (madvise(r->reports.p + RING_HEAD_BYTES,
		    REPORTS_BYTES - RING_HEAD_BYTES, MADV_REMOVE) != 0)
		memset(r->reports.p + RING_HEAD_BYTES, 0,
		       REPORTS_BYTES - RING_HEAD_BYTES);
}

bool ring_map(struct ring *r, const int fd[ZYGOTE_FDS], struct err *e)
{
	*r = (struct ring){.jobs = SHM_EMPTY, .reports = SHM_EMPTY};
	TRY(shm_map(&r->jobs, fd[ZYGOTE_FD_JOBS], JOBS_BYTES, false, e));
	TRY(shm_map(&r->reports, fd[ZYGOTE_FD_REPORTS], REPORTS_BYTES, true,
		    e));
	r->wake = fd[ZYGOTE_FD_WAKE];
	r->bell = fd[ZYGOTE_FD_BELL];
	/* Any look that has been made counts as not yet signalled in. */
	r->seen = atomic_load(&jobs_head(r)->looked) - 1;
	return true;
}

bool ring_job_next(struct ring *r, struct ring_job *job_r,
		   const unsigned char **room_r)
{
	const unsigned char *at = slot(&r->jobs, r->taken);

	if (atomic_load(&jobs_head(r)->pushed) == r->taken)
		return false;
	memcpy(job_r, at, sizeof(*job_r));
	*room_r = at + RING_JOB_HEAD;
	return true;
}

void ring_sleepy(struct ring *r, bool asleep)
{
	uint64_t n;
	ssize_t rc;

	atomic_store(&reports_head(r)->asleep, asleep);
	atomic_thread_fence(memory_order_seq_cst);
	if (asleep)
		return;
	do
		rc = read(r->wake, &n, sizeof(n));
	while (rc < 0 && errno == EINTR);
}

bool ring_large_free(const struct ring *r)
{
	return atomic_load(&jobs_head(r)->taken) == r->taken;
}

void ring_report(struct ring *r, const struct ring_report *rep,
		 struct str answer)
{
	unsigned char *at = slot(&r->reports, r->taken);
	uint32_t looked;

	if (answer.n)
		memcpy(rep->large ? r->reports.p + RING_AREA
				  : at + RING_JOB_HEAD,
		       answer.p, answer.n);
	memcpy(at, rep, sizeof(*rep));
	r->taken++;
	atomic_store(&reports_head(r)->done, r->taken);
	/* Full order: either the engine's look sees the report, or we see
	 * that it has looked. */
	atomic_thread_fence(memory_order_seq_cst);
	looked = atomic_load(&jobs_head(r)->looked);
	if (looked != r->seen) {
		r->seen = looked;
		ring_bell(r->bell);
	}
}
