/* inspect_int.h - pool, generations, children and jobs. All of it on one loop's
 * thread.
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
#define CHILDREN_LIMIT	64   /* of a generation */
#define BACKOFF_LEAST	(10 * US_PER_MS)
#define BACKOFF_MOST	(2 * US_PER_S)
#define QUEUE_DEADLINES 4 /* a job that no child could take fails */
/* What a child needs beside the part in its memory: code's data, GMime, ICU
 * converters, a view. */
#define CHILD_MEMORY_BASE (96 * MIB)

struct inspect_job {
	struct inspect *p;
	struct inspect_job *prev, *next; /* while it waits */
	uint64_t id;
	enum ring_kind kind;
	struct generation *only; /* RING_CANARY: whose canary it is */
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
	struct generation *g;
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
	bool old;	   /* may hold mail of who is no tenant now */
	unsigned users;	   /* jobs */
};

/* What the answers to a question may name. */
struct asked {
	uint32_t version;
	size_t term_n, company_n;
};

/* A zygote that knows one question, and its children. */
struct generation {
	struct inspect *p;
	struct asked asked;
	int question; /* sealed bytes: for a zygote in place of a dead one */
	pid_t zygote; /* 0: none */
	int zsock;
	struct io *zio;
	bool zygote_ready;
	int64_t zygote_at, zygote_backoff;
	struct child *child;
	unsigned child_n;
	/* Until it serves. */
	struct canary_run *canaries;
	int64_t until;	/* it has to be ready */
	bool failed;	/* it never will be */
	struct err why; /* and this is why */
};

/* Each may be missing, the first one only until the start is over. */
enum {
	GEN_NOW,  /* answers */
	GEN_NEXT, /* is being made */
	GEN_OLD,  /* ends what it has begun */
	GEN_N
};

struct inspect {
	struct loop *loop;
	struct inspect_conf conf;
	char *program; /* of conf */
	struct generation *gen[GEN_N];
	inspect_asked *asked; /* waits for the next one, or the next tick */
	void *asked_arg;
	struct err not_begun; /* why there is no next one */
	uint32_t last_child;
	uint64_t last_job, last_region;
	struct queue waiting, failing;
	size_t jobs; /* not ended */
	struct timer *tick, *soon;
	bool tick_on, stopping;
	struct region *region;
	unsigned region_n;
	unsigned level; /* SANDBOX_* of the last child */
	struct buf level_text, report;
};
/* generation.c */
/* Begins one with the question, whose bytes it takes; it is not ready yet.
 * NULL: e. */
struct generation *generation_new(struct inspect *p, struct inspect_question *q,
				  struct err *e) MUST_USE;
/* Ends it; jobs that it has begun go back to wait. */
void generation_end(struct generation **g);
void generation_fail(struct generation *g, const char *fmt, ...)
	PRINTF_LIKE(2, 3);
/* What is ready serves, what is done ends: from timers only. */
void generations_look(struct inspect *p, int64_t now);

/* share.c */
struct inspect_question {
	struct asked asked;
	int fd; /* -1: taken */
};
/* The wire of a question, sealed; with that of the canaries behind it. */
bool question_share(const struct question *q, const struct question *behind,
		    int *fd_r, struct err *e) MUST_USE;

/* zygote.c */
bool zygote_start(struct generation *g, struct err *e) MUST_USE;
/* at_once: by force, without waiting for its own end. */
void zygote_stop(struct generation *g, bool at_once);
bool zygote_tell(struct generation *g, uint32_t kind, uint32_t id,
		 const int *fd, size_t fd_n) MUST_USE;
/* It is of no use any more: ended, and begun again where it serves. */
void zygote_lost(struct generation *g);
void zygote_on_io(void *generation, int ready);

/* child.c */
/* Of all generations: the one behind c; NULL: from the first, to the end. */
struct child *child_next(struct inspect *p, struct child *c);
void child_init(struct child *c, struct generation *g);
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
void jobs_again(struct inspect *p, struct inspect_job *job); /* or fail */
void job_fail_soon(struct inspect *p, struct inspect_job *job);
void jobs_fail_due(void *pool);
/* The answer in p->report, of a child that knows this question; false:
 * nonsense, and the job is still there. */
bool job_answer(struct inspect_job *job, const struct asked *asked,
		const struct ring_report *rep) MUST_USE;
void job_free(struct inspect_job *job);
struct inspect_job *job_canary(struct generation *g,
			       const struct inspect_body *body,
			       inspect_done *done, void *arg);

/* place.c: jobs to children, and what time asks for. */
void jobs_dispatch(struct inspect *p);
void jobs_tick(void *pool);

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
extern const struct canary canary_files[], canary_outer_files[];
/* Those that children of this level (SANDBOX_*) can answer. A table ends in a
 * row without a name, the list in NULL. */
const struct canary *const *canary_tables(unsigned level);
/* What they ask; what it names lives for ever. */
struct question canary_question(const struct question *of_policy);
const struct asked *canary_asked(void);
/* All mails of the tables through children of g, at once. */
struct canary_run *canary_run_begin(struct generation *g,
				    const struct canary *const tables[]);
/* True: all have ended; failed_r says whether one differs. */
bool canary_run_ended(const struct canary_run *c, const struct err **failed_r);
void canary_run_free(struct canary_run **c);

#endif
