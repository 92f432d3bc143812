/* smallest_int.h - trials of a changed message (smallest*.c). */
#ifndef SEKISHO_POLICY_SMALLEST_INT_H
#define SEKISHO_POLICY_SMALLEST_INT_H

#include "policy/policy_int.h"

#define LEAVES_MAX  64
#define NAMES_SHOWN 3
#define CHANGES_MAX 4

/* A copy of the message that may be cut. */
struct trial {
	struct facts f;
	struct view v;
	struct envelope env;
	struct findings found; /* f.findings where there are any */
};

struct smallest {
	const struct policy *p;
	const struct facts *f;	 /* of the message that is changed */
	struct arena *a;	 /* of the plan */
	struct arena tries;	 /* of what is thrown away */
	const struct plan *plan; /* of f */
	struct asking q;	 /* of f */
	const struct cond *leaf[LEAVES_MAX];
	size_t leaf_n;
	unsigned left; /* tries */
	unsigned best; /* how far the best one was from passing; 0: it passed */
	struct plan_reason change; /* of that one */
	/* Each change is made upon the last one. */
	bool chain;
	const struct facts *next;
	const struct plan *next_plan;
};

void trial_init(struct smallest *s, struct trial *t);
/* Decided again: it is nearer to passing than the best so far. */
bool trial_better(struct smallest *s, struct trial *t);
/* ja and en take the same arguments in the same order. */
void propose(struct smallest *s, const char *ja, const char *en, ...)
	PRINTF_LIKE(2, 4) PRINTF_LIKE(3, 4);
void propose_texts(struct smallest *s, struct buf *ja, struct buf *en);
/* The condition alone, asked of the trial. */
enum truth trial_ask(struct smallest *s, const struct trial *t,
		     const struct cond *c);
/* The number that would do, or SIZE_MAX. */
size_t fewer(const struct range *r, uint64_t now);

/* smallest_files.c */
void try_attachments(struct smallest *s, const struct cond *c);
void try_size(struct smallest *s, const struct cond *c);
void try_unread(struct smallest *s, unsigned doubts);
void try_read(struct smallest *s, const struct cond *c);
/* smallest_text.c */
void try_terms(struct smallest *s, const struct cond *c);
void try_personal(struct smallest *s, const struct cond *c);
void try_partner(struct smallest *s, const struct cond *c);

/* smallest_rcpt.c */
void try_count(struct smallest *s, const struct cond *c);
void try_has(struct smallest *s, const struct cond *c);
void try_only(struct smallest *s, const struct cond *c);
void try_present(struct smallest *s, const struct cond *c);
void try_recipients(struct smallest *s);
void try_one_recipient(struct smallest *s);
/* A recipient whose domain looks like another: that one. */
void try_meant(struct smallest *s, const struct cond *c);

#endif
