/* inspect.h - the engine's side of the sandboxed inspector.
 *
 * A pool of children (forked by the zygote, sekisho-inspector) takes jobs over
 * shared rings (connector/sys/proc/ring.h).  Everything here runs on the loop
 * it was made on.  A job ends exactly once, by its callback: answered, or
 * failed (child died, hung past its deadline, or answered nonsense).
 * Never a pass: a failed job gives a view of completeness NONE, reason FAILED.
 *
 * What is asked of each message is compiled once per policy: a zygote and its
 * children know one question.  Another question is another generation of them,
 * made beside the one that serves.
 */
#ifndef SEKISHO_INSPECT_H
#define SEKISHO_INSPECT_H

#include <stdatomic.h>
#include "connector/base/log.h"
#include "connector/base/metrics.h"
#include "connector/mail/edit.h"
#include "connector/mail/findings.h"
#include "connector/mail/view.h"
#include "connector/sys/loop/loop.h"

struct inspect; /* the pool */
struct inspect_conf {
	const char *program;	  /* path of sekisho-inspector */
	unsigned children;	  /* 0: 2 */
	int64_t deadline_us;	  /* per job; 0: 30 s */
	uint64_t part_memory_max; /* 0: 64 MiB */
	unsigned regions;	  /* plain 8 MiB bodies at once; 0: 20 */
	bool one_tenant;	  /* all jobs are: regions are used again */
	int64_t ready_us;      /* a generation is made within this; 0: 3 min */
	bool log_only_sandbox; /* sanitizer and valgrind builds */
	const atomic_bool *stop; /* of a check: true: give up; or NULL */
	const struct log_ctx *log;
	struct metrics *metrics;
};

/* Starts the zygote and the children, runs the canaries through real children
 * and fails (class CONFIG, says which canary differs) when one differs. The
 * question is not needed any more afterwards. May block up to ready_us: only at
 * start. */
struct inspect *inspect_start(struct loop *l, const struct inspect_conf *conf,
			      const struct question *q, struct err *e) MUST_USE;
void inspect_stop(struct inspect **p);
/* "seccomp+landlock+rlimits" ... the sandbox level that was reached. */
const char *inspect_level(const struct inspect *p);
size_t inspect_backlog(const struct inspect *p);

/* A question in the form in which it is handed over. Any thread: with a large
 * register it takes a tenth of a second. NULL: e. */
struct inspect_question;
struct inspect_question *inspect_question_new(const struct question *q,
					      struct err *e) MUST_USE;
void inspect_question_free(struct inspect_question **q);

/* Another question: a new generation is made beside the one that serves, which
 * then ends what it has begun. done comes once; why NULL: it is ready, and jobs
 * are answered by it from this moment on, unless done says false. Else all is
 * as it was: the question was refused, the canaries differ, the program ended,
 * or another question came in between (class CONFLICT). Never from within this
 * call, but the done of a question that is not ready yet is called first. */
typedef bool inspect_asked(void *arg, const struct err *why);
void inspect_ask(struct inspect *p, struct inspect_question **q,
		 inspect_asked *done, void *arg); /* takes q */
/* Version of the question that is answered now. */
uint32_t inspect_version(const struct inspect *p);

/* Which terms cannot be compiled: a sandboxed process of its own looks at them
 * and is waited for. Any thread; conf: program, log_only_sandbox, ready_us, stop.
 * False: it could not be asked. */
bool inspect_check(const struct inspect_conf *conf, const struct question *q,
		   struct arena *a, struct question_error **v_r, size_t *n_r,
		   struct err *e) MUST_USE;

/* Where a job finds the message. */
struct inspect_body {
	uint64_t size;
	const char *p;	       /* whole message in memory, or NULL */
	struct region *region; /* if p lies in a region: nothing is copied */
	/* Else: read `n` bytes at `off` into `to`; called on the loop. */
	bool (*read)(void *arg, uint64_t off, void *to, size_t n,
		     struct err *e);
	void *arg;
};

/* A plain region shared read-only with the children, for bodies above
 * BODY_INLINE_MAX and up to BODY_REGION_MAX while they are received and first
 * delivered. NULL when the budget is used up. */
struct region;
struct region *inspect_region_take(struct inspect *p, uint64_t size_hint);
char *inspect_region_bytes(struct region *r); /* BODY_REGION_MAX bytes */
void inspect_region_give(struct region **r);
/* The tenants are others now: one_tenant of the conf, and nothing that was
 * written before is used again. */
void inspect_set_tenants(struct inspect *p, bool one_tenant);

struct inspect_answer {
	bool failed;
	const struct view *view; /* valid during the callback, as all here */
	/* Their version tells to what: the question may have been changed
	 * since the job was begun. NULL when failed. */
	const struct findings *findings;
	struct str wire; /* of both, to store: inspected_read(); of the view
			  * alone when failed */
	struct err why;	 /* when failed */
};
typedef void inspect_done(void *arg, const struct inspect_answer *answer);

/* tenant: an index; a child that served another tenant has its slots wiped. */
struct inspect_job;
struct inspect_job *inspect_view(struct inspect *p, unsigned tenant,
				 const struct inspect_body *body,
				 inspect_done *done, void *arg);

struct edit_answer {
	bool failed;
	const struct edits *edits; /* one per change, valid during callback */
	size_t n;
	struct err why;
};
typedef void inspect_edited(void *arg, const struct edit_answer *answer);
struct inspect_job *inspect_edit(struct inspect *p, unsigned tenant,
				 const struct inspect_body *body,
				 const struct change *change, size_t n,
				 inspect_edited *done, void *arg);
/* The callback will not come; the child's answer is thrown away. */
void inspect_cancel(struct inspect_job **job);

#endif
