/* why_int.h - which conditions caught a mail, as clauses; for why*.c only. */
#ifndef SEKISHO_POLICY_WHY_INT_H
#define SEKISHO_POLICY_WHY_INT_H

#include "policy/policy_int.h"

struct why {
	struct asking *q;
	struct buf ja, en;
	unsigned n; /* clauses */
};
/* The next clause begins in both. */
void why_clause(struct why *w);
void why_text(struct why *w, const char *ja, const char *en);
/* "(3件以上)", " (3 or more)"; nothing where any number from 1 does. */
void why_range(struct buf *out, const struct range *r, bool sizes, bool ja);

/* A condition that holds (yes), or whose contrary does. */
typedef void why_leaf(struct why *w, const struct cond *c, bool yes);
/* why_content.c */
why_leaf why_terms, why_header, why_personal, why_partner_domain,
	why_partner_text, why_att_number, why_att_kind, why_encrypted, why_flag,
	why_size;

#endif
