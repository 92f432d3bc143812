/* smallest_int.h - what the makers of proposals share (smallest*.c). */
#ifndef SEKISHO_POLICY_SMALLEST_INT_H
#define SEKISHO_POLICY_SMALLEST_INT_H

#include "policy/policy_int.h"

#define LEAVES_MAX  64
#define NAMES_SHOWN 3

/* A copy of the message that may be cut. */
struct trial {
	struct facts f;
	struct view v;
	struct envelope env;
};

struct smallest {
	const struct policy *p;
	const struct facts *f;
	struct arena *a;    /* of the plan */
	struct arena tries; /* of what is thrown away */
	struct plan *plan;
	struct asking q; /* of the message as it is */
	const struct cond *leaf[LEAVES_MAX];
	size_t leaf_n;
	unsigned left; /* tries */
	enum outcome best;
};

/* The message as it is, to be changed. */
void trial_init(struct smallest *s, struct trial *t);
/* Decides it; true when it comes further than all before it. */
bool trial_better(struct smallest *s, struct trial *t);
/* ja and en take the same arguments in the same order. */
void propose(struct smallest *s, const char *ja, const char *en, ...)
	PRINTF_LIKE(2, 4) PRINTF_LIKE(3, 4);

/* smallest_rcpt.c: a recipient whose domain looks like another: that one. */
void smallest_meant(struct smallest *s);

#endif
