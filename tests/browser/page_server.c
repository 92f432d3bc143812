/* page_server.c - the real pages over a memory store, for the browser tests.
 *
 * Prints one line of JSON: the address and, for every case, its token. Reads
 * commands from its stdin, one a line: "add CASE" makes a fresh message and
 * prints its token, "mode normal|pass|hold"; ends at the end of stdin.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "tests/unit/connector/web/web_help.h"

static void *run(void *arg)
{
	struct world *w = arg;

	loop_run(w->loop);
	return NULL;
}

static void print_cases(const struct world *w)
{
	printf("{\"url\":\"http://127.0.0.1:%u\"", w->port);
	for (int c = 0; c < CASE_COUNT; c++)
		printf(",\"%s\":\"%s\"", world_case_name((enum world_case)c),
		       w->token[c]);
	printf("}\n");
	fflush(stdout);
}

static void command(struct world *w, char *line)
{
	line[strcspn(line, "\n")] = 0;
	for (int c = 0; c < CASE_COUNT; c++) {
		if (strncmp(line, "add ", 4) != 0 ||
		    strcmp(line + 4, world_case_name((enum world_case)c)) != 0)
			continue;
		world_add(w, (enum world_case)c);
		printf("%s\n", w->token[c]);
	}
	if (strncmp(line, "mode ", 5) == 0) {
		w->mode.mode = strcmp(line + 5, "pass") == 0   ? MODE_PASS
			       : strcmp(line + 5, "hold") == 0 ? MODE_HOLD
							       : MODE_NORMAL;
		w->mode.until_us = clock_now_us() + 2 * US_PER_HOUR;
		printf("ok\n");
	}
	fflush(stdout);
}

int main(void)
{
	static struct world w;
	pthread_t thread;
	char line[200];

	world_open(&w, 0);
	world_serve(&w);
	print_cases(&w);
	pthread_create(&thread, NULL, run, &w);
	while (fgets(line, sizeof(line), stdin))
		command(&w, line);
	loop_stop(w.loop);
	pthread_join(thread, NULL);
	world_close(&w);
	return 0;
}
