/* replay_int.h - the counts of a replay, for its maker and its printer. */
#ifndef SEKISHO_POLICY_REPLAY_INT_H
#define SEKISHO_POLICY_REPLAY_INT_H

#include "connector/base/map.h"
#include "connector/base/vec.h"
#include "policy/record_int.h"
#include "policy/replay.h"

enum replay_why {
	REPLAY_NEW,   /* the rule falls now, and did not */
	REPLAY_GONE,  /* it fell, and does no more */
	REPLAY_OTHER, /* it fell and falls; what it does is different */
	REPLAY_UNTOLD,
	REPLAY_WHYS
};

struct replay_example {
	int64_t id, at_us;
	enum replay_why why;
	enum outcome old, now;
};

struct replay_rule {
	struct str name; /* empty: no rule, but doubt, classes or domains */
	bool is_new;	 /* it stands in the new policy */
	uint64_t falls;	 /* by the new policy */
	uint64_t why[REPLAY_WHYS];
	struct {
		VEC_OF(struct replay_example);
	} example;
	unsigned changes, untold; /* among the examples */
};

struct replay_version {
	uint32_t version;
	struct asked *asked;
};

struct replay {
	struct arena arena;
	const struct policy *policy;
	unsigned examples;
	struct replay_sums sums;
	int64_t first_us, last_us; /* of the mails */
	struct {
		VEC_OF(struct replay_rule *);
	} rule;
	struct map by_name;
	struct {
		VEC_OF(struct replay_version);
	} version;
	struct asked *nothing; /* of versions that nobody told of */
	struct {
		VEC_OF(struct replay_tenant);
	} tenant;
};
/* Mails that a rule changes. */
uint64_t replay_changes(const struct replay_rule *rule);

#endif
