/* steady.c - see steady.h. */
#include "connector/base/steady.h"

void steady_start(struct steady *s, int64_t wall_us, int64_t machine_us)
{
	steady_resume(s, wall_us, machine_us);
}

void steady_resume(struct steady *s, int64_t believed_us, int64_t machine_us)
{
	*s = (struct steady){.base_us = believed_us - machine_us,
			     .look_us = machine_us};
}

int64_t steady_off_us(int64_t base_us, int64_t wall_us, int64_t machine_us)
{
	return wall_us - machine_us - base_us;
}

static bool is_jump(int64_t off_us)
{
	return off_us > STEADY_JUMP_US || off_us < -STEADY_JUMP_US;
}

static int64_t bounded(int64_t v, int64_t most)
{
	return v > most ? most : v < -most ? -most : v;
}

bool steady_look(struct steady *s, int64_t wall_us, int64_t machine_us)
{
	int64_t off = steady_off_us(s->base_us, wall_us, machine_us);
	int64_t room = (machine_us - s->look_us) / STEADY_FOLLOW;
	bool was = s->jumped;

	s->jumped = is_jump(off);
	if (!s->jumped)
		s->base_us += bounded(off, room);
	/* What is too short to be followed yet adds up. */
	s->look_us += room * STEADY_FOLLOW;
	return s->jumped != was;
}

int64_t steady_now_us(int64_t base_us, int64_t wall_us, int64_t machine_us)
{
	return is_jump(steady_off_us(base_us, wall_us, machine_us))
		       ? base_us + machine_us
		       : wall_us;
}
