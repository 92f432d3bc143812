/* die.c - panic and fatal; see die.h. No allocation on these paths. */
#include "connector/base/die.h"
#include <execinfo.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIE_LINE_MAX 1024
#define DIE_FRAMES   40

/* One write, control characters made harmless, a line end behind. */
static void say(char *line, size_t n)
{
	ssize_t ignored UNUSED;

	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	}
	line[n++] = '\n';
	ignored = write(STDERR_FILENO, line, n);
}

static size_t fit(int n, size_t used, size_t room)
{
	size_t total = n > 0 ? used + (size_t)n : used;

	return total < room ? total : room - 1;
}

void die_panic(const char *file, int line, const char *fmt, ...)
{
	char text[DIE_LINE_MAX + 1];
	void *frame[DIE_FRAMES];
	va_list ap;
	size_t n;

	n = fit(snprintf(text, DIE_LINE_MAX, "panic: %s:%d: ", file, line), 0,
		DIE_LINE_MAX);
	va_start(ap, fmt);
	n = fit(vsnprintf(text + n, DIE_LINE_MAX - n, fmt, ap), n,
		DIE_LINE_MAX);
	va_end(ap);
	say(text, n);
	backtrace_symbols_fd(frame, backtrace(frame, DIE_FRAMES),
			     STDERR_FILENO);
	abort();
}

void die_fatal(int exit_code, const char *fmt, ...)
{
	char text[DIE_LINE_MAX + 1];
	va_list ap;
	size_t n;

	n = fit(snprintf(text, DIE_LINE_MAX, "fatal: "), 0, DIE_LINE_MAX);
	va_start(ap, fmt);
	n = fit(vsnprintf(text + n, DIE_LINE_MAX - n, fmt, ap), n,
		DIE_LINE_MAX);
	va_end(ap);
	say(text, n);
	/* Not exit(): other threads may run, and handlers of theirs with them. */
	_exit(exit_code);
}
