/* state.c - names of states; the edges between them are flow's. */
#include "connector/mail/state.h"

static const struct {
	const char *name;
	bool end;
	const char *help;
} states[RCPT_STATE_COUNT] = {
#define ROW(id, name, end, help) [RCPT_##id] = {name, end, help},
	RCPT_STATE_ROWS(ROW)
#undef ROW
};

const char *rcpt_state_name(enum rcpt_state s)
{
	return s < RCPT_STATE_COUNT ? states[s].name : "?";
}

const char *rcpt_state_help(enum rcpt_state s)
{
	return s < RCPT_STATE_COUNT ? states[s].help : "?";
}

bool rcpt_state_ended(enum rcpt_state s)
{
	return s < RCPT_STATE_COUNT && states[s].end;
}

bool rcpt_state_parse(struct str name, enum rcpt_state *s_r)
{
	for (size_t i = 0; i < RCPT_STATE_COUNT; i++) {
		if (!str_is(name, states[i].name))
			continue;
		*s_r = (enum rcpt_state)i;
		return true;
	}
	return false;
}
