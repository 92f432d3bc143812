/* outer_int.h - programs for formats that nothing here reads: one per document,
 * in the outer profile (sandbox.h).
 *
 * The inner profile forbids processes. So each child, before it enters that,
 * forks a starter, which can do nothing else than start these programs. The
 * document goes over in sealed shared memory, which is the program's standard
 * input; its standard output is a pipe that the child reads.
 */
#ifndef SEKISHO_INSPECTOR_OUTER_INT_H
#define SEKISHO_INSPECTOR_OUTER_INT_H

#include "connector/extract/extract.h"

#define OUTER_DOCUMENT_MAX (64 * MIB)
#define OUTER_MEMORY_MAX   (1024 * MIB) /* address space of a program */
#define OUTER_MS	   8000		/* then it is ended */

struct outer {
	int sock; /* to the starter; -1: there is none */
	unsigned programs;
};

struct outer_conf {
	bool log_only; /* as of struct sandbox */
	int64_t ms;    /* for one document; 0: OUTER_MS */
};

/* Forks the starter and hears what it can start. Never fails: without Landlock
 * or without a program there is nothing to start. */
void outer_start(struct outer *o, const struct outer_conf *conf);
void outer_stop(struct outer *o);
/* For extract_set_outer(); `o` must stay. */
struct extract_outer outer_calls(struct outer *o);

/* ---- between the two ---- */

enum outer_kind {
	OUTER_READY = 1, /* starter: `n` holds the programs' bits */
	OUTER_ASK,	 /* child: `program`, for a document of n bytes */
	OUTER_ROOM,	 /* starter, with memory for it */
	OUTER_GO,	 /* child: the document is there */
	OUTER_STARTED,	 /* starter, with the pipe */
	OUTER_DONE,	 /* starter: `status` of wait; n 1: it took too long */
	OUTER_NOT,	 /* starter, for ROOM or STARTED: it could not */
};
struct outer_msg {
	uint32_t kind, program;
	uint64_t n;
	int32_t status, more;
};

/* outer_starter.c: until the child is gone. */
NORETURN void outer_serve(int sock, const struct outer_conf *conf);

#endif
