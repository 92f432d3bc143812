/* pool_bench.c - see pool_bench.h. */
#include "pool_bench.h"
#include <stdio.h>
#include <unistd.h>

const struct question asks_nothing = {.version = 1};
struct loop *loop;
struct inspect *pool;
char program[4096];

/* The inspector lies beside the folder of this test. */
static void find_program(void)
{
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 64);
	char *slash;

	ck_assert_int_gt(n, 0);
	program[n] = '\0';
	slash = strrchr(program, '/');
	*slash = '\0';
	slash = strrchr(program, '/');
	strcpy(slash, "/sekisho-inspector");
}

struct inspect_conf conf_of(unsigned children)
{
	struct inspect_conf c = {.program = program, .children = children};

#if defined(SEKISHO_SANITIZED) || defined(SEKISHO_VALGRIND)
	c.log_only_sandbox = true;
#endif
	return c;
}

void start(unsigned children, int64_t deadline_us)
{
	struct err e = ERR_EMPTY;
	struct inspect_conf c = conf_of(children);

	find_program();
	c.deadline_us = deadline_us;
	loop = loop_new(&e);
	ck_assert_msg(loop, "%s", e.text);
	pool = inspect_start(loop, &c, &asks_nothing, &e);
	ck_assert_msg(pool, "%s", e.text);
}

void stop(void)
{
	inspect_stop(&pool);
	loop_free(&loop);
}

void end_one(struct seen *s)
{
	s->ended++;
	if (s->ended == s->wanted)
		loop_stop(loop);
}

void on_view(void *arg, const struct inspect_answer *a)
{
	struct seen *s = arg;

	snprintf(s->subject, sizeof(s->subject), "%.*s",
		 STR_ARG(a->view->subject));
	snprintf(s->why, sizeof(s->why), "%s", a->why.text);
	s->failed += a->failed;
	s->to = a->view->to.n;
	s->parts = a->view->part_n;
	s->completeness = a->view->completeness;
	s->size = a->view->size;
	if (a->view->part_n)
		s->decoded = a->view->part[a->view->part_n - 1].decoded;
	if (a->findings) {
		s->version[a->findings->version % ARRAY_LEN(s->version)]++;
		s->hits += a->findings->hit_n;
	}
	ck_assert(a->wire.n > 0);
	end_one(s);
}

void run(struct seen *s, unsigned wanted)
{
	s->wanted = wanted;
	if (s->ended < wanted)
		loop_run(loop);
	ck_assert_uint_eq(s->ended, wanted);
}

struct inspect_job *view(const char *p, size_t n, struct seen *s)
{
	struct inspect_body b = {.size = n, .p = p};

	return inspect_view(pool, 0, &b, on_view, s);
}

pid_t child_pid(void)
{
	char path[100];
	int pid = 0;
	pid_t zygote = pool->gen[GEN_NOW]->zygote;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)zygote,
		 (int)zygote);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%d", &pid), 1);
	fclose(f);
	return pid;
}
