/* state.h - the states of a recipient, and of a message as people see it.
 * The edges between them and the only setter are in connector/flow.
 */
#ifndef SEKISHO_MAIL_STATE_H
#define SEKISHO_MAIL_STATE_H

#include "connector/base/str.h"

/* name in JSON and in the store's text forms, end?, meaning */
#define RCPT_STATE_ROWS(X)                                                     \
	X(RECEIVED, "received", 0, "accepted, not yet decided")                \
	X(HELD, "held", 0, "a gate is closed")                                 \
	X(READY, "ready", 0, "gates open, waits for its turn")                 \
	X(SENDING, "sending", 0, "an attempt is recorded, no answer yet")      \
	X(DEFERRED, "deferred", 0, "refused for now, tried again when due")    \
	X(UNKNOWN, "unknown", 0, "the answer never came, tried again by rule") \
	X(PARKED, "parked", 0, "the next hop is misconfigured, queue held")    \
	X(DELIVERED, "delivered", 1, "the next hop took it")                   \
	X(BOUNCED, "bounced", 1, "refused for good, the sender was told")      \
	X(REFUSED, "refused", 1, "the policy refused it")                      \
	X(DISCARDED, "discarded", 1, "thrown away by a named person or rule")  \
	X(RETURNED, "returned", 1, "given back to the sender whole")           \
	X(EXPIRED, "expired", 1, "ended by time as the plan said")

enum rcpt_state {
#define RCPT_STATE_ENUM(id, name, end, help) RCPT_##id,
	RCPT_STATE_ROWS(RCPT_STATE_ENUM)
#undef RCPT_STATE_ENUM
		RCPT_STATE_COUNT
};
#define RCPT_FIRST_END RCPT_DELIVERED

const char *rcpt_state_name(enum rcpt_state s);
const char *rcpt_state_help(enum rcpt_state s);
bool rcpt_state_ended(enum rcpt_state s);
bool rcpt_state_parse(struct str name, enum rcpt_state *s_r) MUST_USE;

#endif
