/* control_int.h - the engine's side of the control socket: commands that change
 * anything come here, one JSON object each; the user is taken from the peer's
 * credentials, never from what it says.
 */
#ifndef SEKISHO_MAIN_CONTROL_INT_H
#define SEKISHO_MAIN_CONTROL_INT_H

#include "connector/flow/flow.h"
#include "connector/sys/loop/loop.h"

struct control;
struct json;
struct told;
/* Which policy shall run. */
struct policy_wish {
	const char *who, *note;
	uint32_t version; /* of the store, again; 0: the files on disk */
	bool force;	  /* the files, over a version that a page made */
	bool lists;	  /* the files, unless more than lists changed */
};
struct control_conf {
	struct loop *loop;
	const char *path;
	const char *language; /* of answers */
	struct flow *flow;
	struct store *store;
	/* Load the policy anew; done comes once, with text for the caller
	 * either way. */
	void (*apply_policy)(void *arg, const struct policy_wish *wish,
			     void (*done)(void *arg, bool ok,
					  const struct told *told),
			     void *done_arg);
	/* What the engine says of itself, for doctor. */
	void (*live)(void *arg, struct json *to);
	/* Fills the job of a request that changes what proofs need; when it
	 * is durable, changed() with the same op, then `told` for the
	 * caller. */
	bool (*change)(void *arg, const char *op, const struct json *q,
		       const char *who, struct store_job *job, struct buf *told,
		       struct err *e);
	void (*changed)(void *arg, const char *op);
	void *arg;
	const struct log_ctx *log;
};
struct control *control_new(const struct control_conf *conf,
			    struct err *e) MUST_USE;
void control_free(struct control **c);

#endif
