/* Spawning, passing descriptors, and the sandbox. */
#include "connector/sys/proc/fdpass.h"
#include "connector/sys/proc/sandbox.h"
#include "connector/sys/proc/spawn.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *test_proc_suite(void);

START_TEST(spawns_with_nothing_but_what_is_given)
{
	const char *argv[] = {"sh", "-c",
			      "env; ls /proc/self/fd | wc -l; "
			      "echo got >&4",
			      NULL};
	const char *env[] = {"A=b", NULL};
	int out[2], extra = open("/dev/null", O_RDWR);
	struct proc_spawn s = {.program = "/bin/sh", .argv = argv, .env = env};
	int fd[2];
	pid_t pid;
	char text[100] = "";
	struct err e = ERR_EMPTY;

	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	fd[0] = extra;
	fd[1] = out[1];
	s.fd = fd;
	s.fd_n = 2;
	ck_assert_int_eq(setenv("SECRET", "x", 1), 0);
	ck_assert_msg(proc_spawn(&s, &pid, &e), "%s", e.text);
	close(out[1]);
	ck_assert_int_eq(read(out[0], text, sizeof(text) - 1), 4);
	ck_assert_str_eq(text, "got\n");
	proc_reap(pid, 1000);
	close(out[0]);
	close(extra);
}
END_TEST

#ifndef SEKISHO_VALGRIND /* its posix_spawn tells of no failed exec */
START_TEST(a_missing_program_is_told)
{
	const char *argv[] = {"x", NULL};
	struct proc_spawn s = {.program = "/nonexistent", .argv = argv};
	struct err e = ERR_EMPTY;
	pid_t pid;

	ck_assert(!proc_spawn(&s, &pid, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "/nonexistent"));
}
END_TEST
#endif

START_TEST(a_stubborn_child_is_killed)
{
	const char *argv[] = {"sleep", "100", NULL};
	struct proc_spawn s = {.program = "/bin/sleep", .argv = argv};
	struct err e = ERR_EMPTY;
	pid_t pid;

	ck_assert_msg(proc_spawn(&s, &pid, &e), "%s", e.text);
	proc_reap(pid, 20);
	ck_assert_int_eq(kill(pid, 0), -1);
}
END_TEST

START_TEST(passes_descriptors)
{
	struct err e = ERR_EMPTY;
	int pair[2], p[2], got[4];
	size_t n = 0;
	char text[8];

	ck_assert(fdpass_pair(pair, &e));
	ck_assert_int_eq(pipe(p), 0);
	ck_assert(fdpass_send(pair[0], "hello", 5, p, 2));
	ck_assert_int_eq(fdpass_recv(pair[1], text, 8, got, 4, &n, true), 5);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(write(got[1], "x", 1), 1);
	ck_assert_int_eq(read(p[0], text, 1), 1);
	ck_assert_int_eq(fdpass_recv(pair[1], text, 8, got, 4, &n, false), -1);
	ck_assert_int_eq(errno, EAGAIN);
	/* More than there is room for, or a cut message: refused, closed. */
	ck_assert(fdpass_send(pair[0], "hello", 5, p, 2));
	ck_assert_int_eq(fdpass_recv(pair[1], text, 8, got, 1, &n, true), -1);
	ck_assert_int_eq(errno, EBADMSG);
	ck_assert(fdpass_send(pair[0], "hello", 5, NULL, 0));
	ck_assert_int_eq(fdpass_recv(pair[1], text, 2, got, 1, &n, true), -1);
	close(pair[0]);
	ck_assert_int_eq(fdpass_recv(pair[1], text, 8, got, 4, &n, true), 0);
}
END_TEST

START_TEST(names_its_level)
{
	AUTO(buf) b = BUF_MAX(100);

	sandbox_level_text(SANDBOX_SECCOMP | SANDBOX_RLIMITS, &b);
	ck_assert_str_eq(buf_cstr(&b), "seccomp+rlimits");
	ck_assert_uint_le(sandbox_calls(), 30);
}
END_TEST

#if !defined(SEKISHO_SANITIZED) && !defined(SEKISHO_VALGRIND)
static void try_open(void)
{
	syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0);
}

static void try_socket(void)
{
	socket(AF_UNIX, SOCK_STREAM, 0);
}

static void try_exec(void)
{
	char *argv[] = {(char[]){"true"}, NULL};

	execve("/bin/true", argv, NULL);
}

static void try_fork(void)
{
	if (fork() == 0)
		_exit(0);
}

static void try_kill(void)
{
	kill(getppid(), 0);
}

static void try_ptrace(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void try_code(void)
{
	mprotect(NULL, 0, PROT_READ | PROT_EXEC);
}

static void try_prctl(void)
{
	syscall(SYS_prctl, 0, 0, 0, 0, 0);
}

static void (*const tries[])(void) = {try_open, try_socket, try_exec,
				      try_fork, try_kill,   try_ptrace,
				      try_code, try_prctl};

START_TEST(kills_what_it_forbids)
{
	struct sandbox s = {.memory_max = 64 * MIB};
	unsigned level = 0;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (!sandbox_enter(&s, &level, NULL))
			_exit(2);
		tries[_i]();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGSYS);
}
END_TEST

START_TEST(leaves_what_a_child_needs)
{
	struct sandbox s = {.memory_max = 64 * MIB};
	unsigned level = 0;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		char *p;

		if (!sandbox_enter(&s, &level, NULL))
			_exit(2);
		p = malloc(16 * MIB);
		if (!p)
			_exit(3);
		memset(p, 1, 16 * MIB);
		if (malloc(1024 * MIB))
			_exit(4);
		free(p);
		_exit(level & SANDBOX_RLIMITS ? 0 : 5);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(status == 0, "%x", status);
}
END_TEST
#endif

Suite *test_proc_suite(void)
{
	Suite *s = suite_create("proc");
	TCase *c = tcase_create("all");

	tcase_add_test(c, spawns_with_nothing_but_what_is_given);
#ifndef SEKISHO_VALGRIND
	tcase_add_test(c, a_missing_program_is_told);
#endif
	tcase_add_test(c, a_stubborn_child_is_killed);
	tcase_add_test(c, passes_descriptors);
	tcase_add_test(c, names_its_level);
#if !defined(SEKISHO_SANITIZED) && !defined(SEKISHO_VALGRIND)
	tcase_add_loop_test(c, kills_what_it_forbids, 0, ARRAY_LEN(tries));
	tcase_add_test(c, leaves_what_a_child_needs);
#endif
	suite_add_tcase(s, c);
	return s;
}
