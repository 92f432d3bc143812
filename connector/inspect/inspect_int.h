/* inspect_int.h - pool, children and jobs. All of it on one loop's thread.
 */
#ifndef SEKISHO_INSPECT_INT_H
#define SEKISHO_INSPECT_INT_H

#include <sys/types.h>
#include "connector/base/vec.h"
#include "connector/inspect/inspect.h"
#include "connector/sys/proc/ring.h"

#define TRIES_MAX	3    /* a message that kills its child */
#define CHILD_JOBS_MAX	2000 /* then the child is replaced */
#define REGIONS_LIMIT	60   /* a child maps no more */
#define BACKOFF_LEAST	(10 * US_PER_MS)
#define BACKOFF_MOST	(2 * US_PER_S)
#define QUEUE_DEADLINES 4 /* a job that no child could take fails */

struct inspect_job {
	struct inspect *p;
	struct inspect_job *prev, *next; /* while it waits */
	uint64_t id;
	enum ring_kind kind;
	unsigned tenant, tries;
	bool cancelled, large, queued;
	int64_t since; /* monotonic: queued */
	struct inspect_body body;
	struct buf params;
	size_t changes;
	inspect_done *done;
	inspect_edited *edited;
	void *arg;
	struct err why; /* of the last failure */
};

struct queue {
	struct inspect_job *first, *last;
};

enum child_state {
	CHILD_NONE,	/* waits for its time to be started */
	CHILD_STARTING, /* asked of the zygote */
	CHILD_READY,
	CHILD_RETIRING, /* gets no more jobs; ends when it has answered */
};

struct child {
	struct inspect *p;
	enum child_state state;
	uint32_t id; /* the zygote's name for it; never used twice */
	struct ring ring;
	int sock;
	struct io *bell_io, *sock_io;
	bool bound; /* to a tenant */
	unsigned tenant;
	struct inspect_job *fifo[RING_SLOTS]; /* by place in the ring */
	size_t larges, served;
	int64_t head_since; /* when the oldest job became the oldest */
	int64_t start_at, backoff;
	struct {
		VEC_OF(uint64_t);
	} regions; /* handed over */
};

struct region {
	struct inspect *p;
	struct shm shm;
	uint64_t id;
	bool taken, shown; /* shown: some child has mapped it */
	unsigned users;	   /* jobs */
};

struct inspect {
	struct loop *loop;
	struct inspect_conf conf;
	pid_t zygote; /* 0: none */
	int zsock;
	struct io *zio;
	bool zygote_ready;
	int64_t zygote_at, zygote_backoff;
	struct child *child;
	unsigned child_n;
	uint32_t last_child;
	uint64_t last_job, last_region;
	struct queue waiting, failing;
	size_t jobs; /* not ended */
	struct timer *tick, *soon;
	bool tick_on;
	struct region *region;
	unsigned region_n;
	unsigned level; /* SANDBOX_* of the last child */
	struct buf level_text, report;
	bool several_tenants;
	unsigned first_tenant;
	bool any_tenant;
};

/* zygote.c */
bool zygote_start(struct inspect *p, struct err *e) MUST_USE;
void zygote_stop(struct inspect *p);
bool zygote_tell(struct inspect *p, uint32_t kind, uint32_t id, const int *fd,
		 size_t fd_n) MUST_USE;
void zygote_on_io(void *pool, int ready);

/* child.c */
bool child_start(struct child *c, struct err *e) MUST_USE;
/* Ends it; its oldest job is to blame or nobody is. All go back to wait. */
void child_drop(struct child *c, bool blame, const char *why);
void child_retire(struct child *c);
void child_on_bell(void *child, int ready);
void child_on_sock(void *child, int ready);
bool child_push(struct child *c, struct inspect_job *job) MUST_USE;
size_t child_load(const struct child *c);

/* job.c */
void queue_add(struct queue *q, struct inspect_job *job, bool front);
void queue_remove(struct queue *q, struct inspect_job *job);
void jobs_dispatch(struct inspect *p);
void jobs_again(struct inspect *p, struct inspect_job *job); /* or fail */
void job_fail_soon(struct inspect *p, struct inspect_job *job);
void jobs_fail_due(void *pool);
void jobs_tick(void *pool);
/* The answer in p->report; false: nonsense, and the job is still there. */
bool job_answer(struct inspect_job *job,
		const struct ring_report *rep) MUST_USE;
void job_free(struct inspect_job *job);

/* region.c */
void region_unuse(struct region *r);
void regions_free(struct inspect *p);

/* pool.c: handle what is there by now, waiting up to ms; for the start. */
void pool_step(struct inspect *p, int ms);

/* canary.c */
struct canary {
	const char *name;
	const char *mail; /* lines end in \n; CRLF is made of them */
	/* Each has to stand in the view's description, see canary.c. */
	const char *want[8];
};
extern const struct canary canaries[];
bool canaries_run(struct inspect *p, const struct canary *table,
		  struct err *e) MUST_USE;

#endif
