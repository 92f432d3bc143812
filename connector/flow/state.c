/* state.c - the table of allowed edges, and the only setter of a state.
 *
 * The README's diagram is generated from this table (flow_state_diagram).
 */
#include "connector/flow/flow_int.h"

#define TO(s) (1u << RCPT_##s)

/* What may follow what. An end has no successors. */
static const unsigned edges[RCPT_STATE_COUNT] = {
	[RCPT_RECEIVED] = TO(HELD) | TO(READY) | TO(SENDING) | TO(REFUSED),
	[RCPT_HELD] = TO(HELD) | TO(READY) | TO(REFUSED) | TO(DISCARDED) |
		      TO(RETURNED) | TO(EXPIRED),
	[RCPT_READY] = TO(SENDING) | TO(HELD) | TO(DISCARDED) | TO(RETURNED),
	[RCPT_SENDING] = TO(DELIVERED) | TO(BOUNCED) | TO(DEFERRED) |
			 TO(UNKNOWN) | TO(PARKED) | TO(READY),
	[RCPT_DEFERRED] = TO(SENDING) | TO(BOUNCED) | TO(DISCARDED) |
			  TO(RETURNED),
	[RCPT_UNKNOWN] = TO(SENDING) | TO(BOUNCED) | TO(DISCARDED) |
			 TO(RETURNED),
	[RCPT_PARKED] = TO(READY) | TO(DISCARDED) | TO(RETURNED),
};

bool flow_state_allowed(enum rcpt_state from, enum rcpt_state to)
{
	return from < RCPT_STATE_COUNT && to < RCPT_STATE_COUNT &&
	       (edges[from] & (1u << to)) != 0;
}

void rcpt_move(struct store_rcpt *r, enum rcpt_state to, int64_t now_us)
{
	if (!flow_state_allowed(r->state, to))
		panic("state %s to %s", rcpt_state_name(r->state),
		      rcpt_state_name(to));
	r->state = to;
	if (to == RCPT_READY && r->ready_us == 0)
		r->ready_us = now_us;
	if (!rcpt_state_ended(to))
		return;
	r->ended_us = now_us;
	r->due_us = 0;
}

void flow_state_diagram(struct buf *out)
{
	buf_puts(out, "stateDiagram-v2\n    [*] --> received\n");
	for (unsigned from = 0; from < RCPT_STATE_COUNT; from++)
		for (unsigned to = 0; to < RCPT_STATE_COUNT; to++)
			if (from != to && flow_state_allowed(from, to))
				buf_printf(out, "    %s --> %s\n",
					   rcpt_state_name(from),
					   rcpt_state_name(to));
	for (unsigned s = RCPT_FIRST_END; s < RCPT_STATE_COUNT; s++)
		buf_printf(out, "    %s --> [*]\n", rcpt_state_name(s));
}
