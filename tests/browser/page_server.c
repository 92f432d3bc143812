/* page_server.c - the real pages over a memory store, for the browser tests.
 *
 * Prints one line of JSON: the address and, for every case, its tokens. Reads
 * commands from its stdin, one a line: "add CASE" makes a fresh message and
 * prints its tokens, "mode normal|pass|hold"; ends at the end of stdin.
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

static void print_tokens(const char *kind, char (*v)[TOKEN_TEXT_LEN + 1])
{
	printf(",\"%s\":{", kind);
	for (int c = 0; c < CASE_COUNT; c++)
		printf("%s\"%s\":\"%s\"", c ? "," : "",
		       world_case_name((enum world_case)c), v[c]);
	printf("}");
}

static void print_cases(struct world *w)
{
	printf("{\"url\":\"http://127.0.0.1:%u\"", w->port);
	print_tokens("m", w->token);
	print_tokens("b", w->brake);
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
		printf("{\"m\":\"%s\",\"b\":\"%s\"}\n", w->token[c],
		       w->brake[c]);
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
