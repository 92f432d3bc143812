/* The outer profile: what a program in it may still do, tried by ourselves. A
 * real one runs in the tests of the inspector. */
#include "connector/sys/proc/sandbox.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *test_sandbox_outer_suite(void);

#if !defined(SEKISHO_SANITIZED) && !defined(SEKISHO_VALGRIND)
#define MEMORY	   (1024 * MIB)
#define CPU_S	   10
#define NOT_INSIDE 99
#define SIGNALLED  100
#define WRITTEN	   "/tmp/sekisho-outer-test"

static const char *const reads[] = {"/etc/debian_version",
				    "/usr/share/zoneinfo", NULL};
static const struct sandbox_program programs[] = {
	{"/bin/cat", reads},
	{"/nonexistent/program", reads},
};

/* What `try` gives in the profile: its value, or SIGNALLED and the signal. */
static int inside(int (*try)(void))
{
	struct err e;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (!sandbox_starter_enter(programs, ARRAY_LEN(programs), false,
					   &e) ||
		    !sandbox_program_enter(MEMORY, CPU_S, false, &e))
			_exit(NOT_INSIDE);
		_exit(try());
	}
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status)
				 : SIGNALLED + WTERMSIG(status);
}

static int opens(const char *path, int flags)
{
	return open(path, flags, 0600) >= 0 ? 0 : errno;
}

static int nothing(void)
{
	return 0;
}

/* ---- what it may ---- */

static int reads_data(void)
{
	return opens("/etc/debian_version", O_RDONLY);
}

static int lists_data(void)
{
	return opens("/usr/share/zoneinfo", O_RDONLY | O_DIRECTORY);
}

static int reads_cache(void)
{
	return opens("/etc/ld.so.cache", O_RDONLY);
}

static int (*const allowed[])(void) = {nothing, reads_data, lists_data,
				       reads_cache};

/* ---- what fails ---- */

static int reads_users(void)
{
	return opens("/etc/passwd", O_RDONLY);
}

static int reads_processes(void)
{
	return opens("/proc/self/maps", O_RDONLY);
}

static int lists_root(void)
{
	return opens("/", O_RDONLY | O_DIRECTORY);
}

static int writes_data(void)
{
	return opens("/etc/debian_version", O_WRONLY);
}

static int makes_file(void)
{
	return opens(WRITTEN, O_WRONLY | O_CREAT);
}

static int starts_other(void)
{
	char *const argv[] = {(char[]){"true"}, NULL};

	execve("/bin/true", argv, argv + 1);
	return errno;
}

static int (*const refused[])(void) = {reads_users, reads_processes,
				       lists_root,  writes_data,
				       makes_file,  starts_other};

/* ---- what ends it ---- */

static int makes_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) < 0;
}

static int makes_local_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) < 0;
}

static int forks(void)
{
	if (fork() == 0)
		_exit(0);
	return 0;
}

static int kills(void)
{
	return kill(getppid(), 0);
}

static int traces(void)
{
	return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static int makes_folder(void)
{
	return mkdir(WRITTEN, 0700);
}

static int makes_memory_file(void)
{
	return memfd_create("x", 0) < 0;
}

static int (*const ended[])(void) = {
	makes_socket, makes_local_socket, forks, kills, traces,
	makes_folder, makes_memory_file,
};

START_TEST(reads_its_own)
{
	ck_assert_int_eq(inside(allowed[_i]), 0);
}
END_TEST

START_TEST(reads_writes_and_starts_nothing_else)
{
	ck_assert_int_eq(inside(refused[_i]), EACCES);
	ck_assert_int_ne(access(WRITTEN, F_OK), 0);
}
END_TEST

START_TEST(is_ended_when_it_tries)
{
	ck_assert_int_eq(inside(ended[_i]), SIGNALLED + SIGSYS);
	ck_assert_int_ne(access(WRITTEN, F_OK), 0);
}
END_TEST

static int eats_memory(void)
{
	return mmap(NULL, 2 * MEMORY, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
		       ? errno
		       : 0;
}

START_TEST(eats_no_memory)
{
	ck_assert_int_eq(inside(eats_memory), ENOMEM);
}
END_TEST
#endif

START_TEST(without_any_program_there_is_none)
{
	const char *const none[] = {NULL};
	const struct sandbox_program p = {"/nonexistent/program", none};
	struct err e = ERR_EMPTY;

	ck_assert(!sandbox_starter_enter(&p, 1, false, &e));
	ck_assert_int_eq(e.class, ERR_CONFIG);
}
END_TEST

Suite *test_sandbox_outer_suite(void)
{
	Suite *s = suite_create("sandbox_outer");
	TCase *c = tcase_create("all");

	tcase_add_test(c, without_any_program_there_is_none);
#if !defined(SEKISHO_SANITIZED) && !defined(SEKISHO_VALGRIND)
	/* Without Landlock there is no outer profile. */
	if (inside(nothing) == 0) {
		tcase_add_loop_test(c, reads_its_own, 0, ARRAY_LEN(allowed));
		tcase_add_loop_test(c, reads_writes_and_starts_nothing_else, 0,
				    ARRAY_LEN(refused));
		tcase_add_loop_test(c, is_ended_when_it_tries, 0,
				    ARRAY_LEN(ended));
		tcase_add_test(c, eats_no_memory);
	}
#endif
	suite_add_tcase(s, c);
	return s;
}
