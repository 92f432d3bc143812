/* inspector_int.h - the zygote and its children.
 */
#ifndef SEKISHO_INSPECTOR_INT_H
#define SEKISHO_INSPECTOR_INT_H

#include "connector/extract/extract.h"
#include "connector/sys/proc/ring.h"
#include "connector/sys/proc/sandbox.h"

struct inspector {
	struct extract *x;	/* asked what the policy asks */
	struct extract *canary; /* asked what the canaries ask */
	struct sandbox sandbox;
};

/* ask.c: what was handed over is compiled, before any child is forked; the
 * children's limit grows by what it takes. */
bool ask_load(struct inspector *in, int fd, struct err *e) MUST_USE;
/* What compiling may take, of this process and of those it forks. */
void ask_limit(const struct inspector *in);

/* check.c: one question, looked at in the sandbox; the exit code. */
int check_run(struct inspector *in);

/* child.c: serve a ring until the engine is gone; the exit code. */
int child_run(struct inspector *in, const int fd[ZYGOTE_FDS]);

/* answer.c: one job to one report. Its parameters are whole by now. */
bool answer_job(struct inspector *in, const struct ring_job *job,
		const struct extract_source *src, struct str params,
		struct buf *out, struct err *e) MUST_USE;

/* hostile.c: test builds only; what a taken-over parser would try. */
#ifdef SEKISHO_FAULTS
void hostile_try(const struct extract_source *src);
#else
static inline void hostile_try(const struct extract_source *src)
{
	(void)src;
}
#endif

#endif
