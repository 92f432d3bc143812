/* hostile.c - test builds only (FAULTS=1): a parser that was taken over.
 *
 * On a message that begins with "X-Hostile: WORD" the child tries what an
 * intruder would try. Each must end the child or fail; should one succeed,
 * the child answers as if nothing were, and the test sees a good view.
 */
#include "connector/inspector/inspector_int.h"

#ifdef SEKISHO_FAULTS
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "connector/base/mem.h"

#define HOSTILE_BYTES (10 * 1024 * MIB)

/* What was refused without killing ends the child here. */
static void refused(bool yes)
{
	if (yes)
		abort();
}

static void try_open(void)
{
	refused(syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0) < 0);
}

static void try_socket(void)
{
	refused(socket(AF_INET, SOCK_STREAM, 0) < 0);
}

static void try_exec(void)
{
	char *argv[] = {(char[]){"true"}, NULL};

	execve("/bin/true", argv, NULL);
	refused(true);
}

static void try_ptrace(void)
{
	refused(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) < 0);
}

static void try_kill(void)
{
	refused(kill(getppid(), SIGKILL) < 0);
}

static void try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	refused(pid < 0);
}

static void try_memory(void)
{
	char *p = mem_alloc(HOSTILE_BYTES);

	for (size_t i = 0; i < HOSTILE_BYTES; i += 4096)
		((volatile char *)p)[i] = 1;
	mem_free(p);
}

static void try_loop(void)
{
	for (volatile unsigned i = 0;; i++)
		;
}

static void try_code(void)
{
	refused(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
}

static void try_write(void)
{
	refused(syscall(SYS_memfd_create, "x", 0) < 0);
}

static const struct {
	const char *word;
	void (*try)(void);
} tries[] = {
	{"open", try_open},	{"socket", try_socket}, {"execve", try_exec},
	{"ptrace", try_ptrace}, {"kill", try_kill},	{"fork", try_fork},
	{"memory", try_memory}, {"loop", try_loop},	{"code", try_code},
	{"memfd", try_write},
};

void hostile_try(const struct extract_source *src)
{
	struct str s = str_n(src->p, src->p ? src->size : 0);
	ptrdiff_t eol = str_chr(s, '\r');

	if (!str_starts(s, STR("X-Hostile: ")) || eol < 0)
		return;
	s = str_skip(str_head(s, (size_t)eol), 11);
	for (size_t i = 0; i < ARRAY_LEN(tries); i++)
		if (str_is(s, tries[i].word))
			tries[i].try();
}
#endif
