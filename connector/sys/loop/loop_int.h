/* loop_int.h - what the files of this folder share. */
#ifndef SEKISHO_SYS_LOOP_INT_H
#define SEKISHO_SYS_LOOP_INT_H

#include "connector/sys/loop/loop.h"

#define SCRATCH_BYTES (256 * 1024)

/* Receive buffer of a loop, shared by all its streams: valid within one
 * callback.  So that a waiting session holds no buffer of its own. */
char *loop_scratch(struct loop *l);

/* Something without an owner, that loop_free() ends with the loop. */
struct loop_orphan {
	struct loop_orphan *next, **link; /* link NULL: in no list */
	void (*end)(struct loop_orphan *o);
};
void loop_adopt(struct loop *l, struct loop_orphan *o);
void loop_unadopt(struct loop_orphan *o);

#endif
