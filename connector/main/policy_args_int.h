/* policy_args_int.h - the options of `sekisho policy`. */
#ifndef SEKISHO_MAIN_POLICY_ARGS_INT_H
#define SEKISHO_MAIN_POLICY_ARGS_INT_H

#include <stdbool.h>

struct command;
struct policy_args {
	const char *config, *note, *policy, *since, *examples;
	bool json, held, force;
};

/* cmd_replay.c */
int policy_replay(struct command *x);

#endif
