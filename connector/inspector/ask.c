/* ask.c - the question of the policy in force, once per zygote: read, compiled,
 * and inherited by every child that is forked later.
 */
#include <malloc.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>
#include "connector/inspector/inspector_int.h"

/* The question, and the one of the canaries behind it. */
#define HANDED_MAX	   (QUESTION_BYTES_MAX + 64 * KIB)
#define COMPILE_MEMORY_MAX (2048 * MIB)
#define STATM_DATA	   6 /* its place in proc(5)'s line */

/* Private writable bytes of this process: what RLIMIT_DATA counts. */
static uint64_t data_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	char line[128] = "";
	struct str rest, word = STR_EMPTY;
	uint64_t pages = 0;

	if (!f)
		return 0;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	rest = str_of(line);
	for (unsigned i = 0; i < STATM_DATA; i++)
		if (!str_split(&rest, ' ', &word))
			return 0;
	return str_u64(word, &pages) ? pages * (uint64_t)sysconf(_SC_PAGESIZE)
				     : 0;
}

void ask_limit(const struct inspector *in)
{
	struct rlimit r = {COMPILE_MEMORY_MAX, RLIM_INFINITY};

	/* A process that fails to lower it goes on with the system's limit. */
	if (!in->sandbox.log_only)
		(void)!setrlimit(RLIMIT_DATA, &r);
}

bool ask_load(struct inspector *in, int fd, struct err *e)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct question asked, canary;
	uint64_t before = data_bytes(), after;
	struct shm wire;
	struct rd rd;
	bool ok;

	TRY(shm_map_sealed(&wire, fd, HANDED_MAX, e));
	rd = rd_of(str_n(wire.p, wire.n));
	ok = question_read(&rd, &a, &asked, e) &&
	     question_read(&rd, &a, &canary, e) &&
	     (rd_end(&rd) || err_set(e, ERR_BUG, 0, "bad question")) &&
	     extract_ask(in->x, &asked, e) &&
	     extract_ask(in->canary, &canary, e);
	shm_release(&wire);
	arena_release(&a);
	malloc_trim(0);
	after = data_bytes();
	if (ok && after > before)
		in->sandbox.memory_max += after - before;
	return ok;
}
