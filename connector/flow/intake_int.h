/* intake_int.h - a mail between its first byte and its answer; for intake.c and
 * accept.c only.
 */
#ifndef SEKISHO_FLOW_INTAKE_INT_H
#define SEKISHO_FLOW_INTAKE_INT_H

#include "connector/flow/flow_int.h"

struct intake {
	struct flow *f;
	struct judged *j;
	struct flow_session session;
	struct sha256 *digest; /* running, until the spool takes it */
	uint64_t digested;     /* bytes of the body that are in it */
	struct spool_out *spool;
	struct head block;
	struct buf head; /* first bytes, when the body is only in the spool */
	bool seen_8bit, seen_loose, last_cr;
	bool ended, committing;
	bool synced; /* its file is ours: not yet a row's */
	struct timer *wait;
	struct turn turn; /* from the final dot to the first commit */
	struct first_attempts firsts; /* recorded with the acceptance */
	void (*done)(void *arg, const struct intake_reply *reply);
	void *arg;
};

void intake_free(struct intake *in);
/* Once; nothing when the session is gone. */
void intake_answer(struct intake *in, int code, const char *status,
		   const char *text);
void intake_fail(struct intake *in, const struct err *e);

/* accept.c: whole, the tenant's, and all before it with this Message-ID are in
 * the ledger: who is it, what becomes of it, and the first commit. The intake
 * is gone, or goes with the commit. */
void intake_identify(struct intake *in, const struct header_scan *scan);
/* Nothing of it is kept but a row that says so. */
void answer_sunk(struct intake *in);

#endif
