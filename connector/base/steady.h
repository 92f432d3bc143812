/* steady.h - a wall clock that does not jump: pure arithmetic on two clocks.
 *
 * The wall clock is believed as long as it goes with the machine's own (which
 * counts through a suspend). Where the two part by more than STEADY_JUMP_US at
 * once, time goes on as it was, until somebody confirms the new wall clock, or
 * it comes back.  Small steps and slews are followed, slowly.
 */
#ifndef SEKISHO_BASE_STEADY_H
#define SEKISHO_BASE_STEADY_H

#include <stdbool.h>
#include "connector/base/macros.h"

#define STEADY_JUMP_US (5 * US_PER_MIN)
/* What is followed of a difference: one part in so many of the time that
 * passes. Twice what a kernel slews. */
#define STEADY_FOLLOW 1000

struct steady {
	int64_t base_us; /* wall - machine, as believed */
	int64_t look_us; /* machine's clock, up to which it was followed */
	bool jumped;
};

void steady_start(struct steady *s, int64_t wall_us, int64_t machine_us);
/* Time as it was believed at a moment of the machine's clock: of before a
 * restart. Then steady_look(). */
void steady_resume(struct steady *s, int64_t believed_us, int64_t machine_us);
/* True: it jumped, or came back, since the last look. */
bool steady_look(struct steady *s, int64_t wall_us, int64_t machine_us);
/* The wall clock, or the time that goes on where it jumped. */
int64_t steady_now_us(int64_t base_us, int64_t wall_us, int64_t machine_us);
/* How far the wall clock is ahead of what is believed. */
int64_t steady_off_us(int64_t base_us, int64_t wall_us, int64_t machine_us);

#endif
