/* replay.h - what another policy would have done with past mail. Pure.
 *
 * Takes records (record.h) one after another, decides each anew, and counts:
 * by mail, and by rule, what would be treated differently, what would not, and
 * what cannot be told, because a word is asked for that nobody looked for
 * then.  Directory and lists are those of the other policy.
 */
#ifndef SEKISHO_POLICY_REPLAY_H
#define SEKISHO_POLICY_REPLAY_H

#include "policy/record.h"

struct replay;
/* p: borrowed. examples: shown of each rule, at most. */
struct replay *replay_new(const struct policy *p, unsigned examples);
void replay_free(struct replay **r);
/* Of a tenant (borrowed): its domains, by which its own mail is known, and
 * those to which it writes (facts.known), of today. */
struct replay_tenant {
	struct str name;
	const char *const *domain;
	size_t domain_n;
	const struct alike *known;
};
void replay_tenant(struct replay *r, const struct replay_tenant *t);
/* What a version's question asked, before the first record of it. */
void replay_version(struct replay *r, uint32_t version, struct str asked);
/* wire empty: it did not open. */
void replay_add(struct replay *r, int64_t id, uint32_t version,
		struct str wire);

struct replay_sums {
	uint64_t mails;	  /* all: the sum of those below */
	uint64_t changed; /* a recipient, a copy or a notice differs */
	uint64_t same;
	uint64_t untold;
	uint64_t not_enrolled; /* no rule was for them */
	uint64_t unreadable;   /* damaged, or of another release */
};
struct replay_sums replay_sums(const struct replay *r);
/* Taken; the caller adds what it knows of time and files. */
struct json *replay_json(const struct replay *r, const struct tz *tz);
void replay_text(const struct replay *r, const struct tz *tz,
		 const char *language, struct buf *out);

#endif
