/* record.h - the facts of a past decision, kept so that another policy can be
 * tried on them (`sekisho policy replay`). Pure.
 *
 * A record holds what conditions ask about and nothing that could be read as
 * the mail: addresses, sizes, types, extensions and flags of files, names of
 * header fields, counts of detectors, and which words of that version hit,
 * each as a hash.  Subjects, display names, file names, values of fields and
 * texts are not in it.  It is stored sealed.
 *
 * What the version's question asked at all stands beside the version, once
 * (`asked`): else a word that did not hit could not be told from one that
 * nobody looked for.
 */
#ifndef SEKISHO_POLICY_RECORD_H
#define SEKISHO_POLICY_RECORD_H

#include "policy/policy.h"

/* A message with more than this is not kept, and not replayed. */
#define RECORD_MAX ((size_t)256 * 1024)
#define ASKED_MAX  ((size_t)64 * MIB)

/* What the engine adds. */
struct record_note {
	struct str tenant;
	bool not_enrolled; /* no rule was for it */
};
/* False: too large, `out` is of no use. */
bool record_write(const struct policy *p, const struct facts *f,
		  const struct plan *plan, const struct record_note *note,
		  struct buf *out) MUST_USE;
void asked_write(const struct policy *p, struct buf *out);

/* The questions of an old version, as another policy's. */
struct asked;
/* wire empty or bad: nothing is known to have been asked. p: borrowed. */
struct asked *asked_new(struct str wire, const struct policy *p);
void asked_free(struct asked **a);

/* What became of a recipient, to be compared. */
struct treated {
	enum outcome outcome;
	uint64_t mark; /* of all that he gets and waits for */
};
struct record {
	struct record_note note;
	struct envelope env;
	struct view view;
	struct findings findings;
	struct facts facts;	 /* of the three above; tenant_domains are the
			     * caller's to fill in */
	struct treated *treated; /* by recipient */
	uint64_t told;		 /* mark of copies and notices */
	bool marks; /* false: of an older release, only outcomes compare */
	struct str *rule; /* names of rules that fell, file order */
	size_t rule_n;
};
/* Lives in `a`, text too. Bytes are not trusted. */
bool record_read(struct str wire, const struct asked *asked, struct arena *a,
		 struct record *r_r, struct err *e) MUST_USE;

/* The marks of a plan, as record_write() keeps them. */
void treated_of(const struct plan *plan, const struct facts *f, size_t rcpt,
		struct treated *t_r);
uint64_t told_of(const struct plan *plan);

#endif
