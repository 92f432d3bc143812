/* job.c - jobs: lists of steps, and what they found. */
#include "connector/base/mem.h"
#include "connector/store/store_int.h"

struct store_job *store_job_new(struct store *s)
{
	struct store_job *j = NEW(struct store_job);

	j->store = s;
	arena_init_secret(&j->arena);
	j->end = &j->first;
	return j;
}

void store_job_free(struct store_job **j)
{
	struct store_job *old = TAKE(*j);

	if (!old)
		return;
	arena_release(&old->arena);
	mem_free(old);
}

struct arena *store_job_arena(struct store_job *j)
{
	return &j->arena;
}

void *job_step(struct store_job *j, size_t bytes,
	       bool (*run)(struct work *w, struct step *step, struct err *e),
	       bool compares)
{
	struct step *step = arena_alloc(&j->arena, bytes);

	step->run = run;
	step->compares = compares;
	j->compares |= compares;
	*j->end = step;
	j->end = &step->next;
	return step;
}

struct store_found *job_found_add(struct store_job *j)
{
	if (j->found_n == j->found_cap) {
		size_t cap = j->found_cap ? j->found_cap * 2 : 16;
		struct store_found *more = arena_array(&j->arena, cap,
						       sizeof(*more));

		if (j->found_n)
			memcpy(more, j->found, j->found_n * sizeof(*more));
		j->found = more;
		j->found_cap = cap;
	}
	return &j->found[j->found_n++];
}

int64_t store_job_damaged(const struct store_job *j)
{
	return j->undone ? 0 : j->damaged;
}

const struct store_found *store_job_found(struct store_job *j, size_t *n_r)
{
	*n_r = j->found_n;
	return j->found;
}
