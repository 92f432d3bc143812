/* sandbox_outer.c - the outer profile; see sandbox.h. */
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "connector/sys/proc/sandbox_int.h"

/* What the loader, the C library and a program that reads a document use. */
static const char *const program_calls[] = {
	"execve", /* itself, once; Landlock knows no other program */
	"access",
	"faccessat",
	"faccessat2",
	"openat",
	"open",
	"close",
	"read",
	"readv",
	"pread64",
	"write",
	"writev",
	"lseek",
	"_llseek",
	"fcntl",
	"fstat",
	"stat",
	"lstat",
	"newfstatat",
	"statx",
	"readlink",
	"readlinkat",
	"getdents64",
	"getcwd",
	"mmap",
	"mprotect",
	"munmap",
	"mremap",
	"madvise",
	"brk",
	"futex",
	"arch_prctl",
	"set_tid_address",
	"set_robust_list",
	"rseq",
	"prlimit64",
	"getrlimit",
	"getrandom",
	"getpid",
	"gettid",
	"getuid",
	"geteuid",
	"getgid",
	"getegid",
	"uname",
	"sysinfo",
	"sched_getaffinity",
	"sched_yield",
	"clock_gettime",
	"gettimeofday",
	"time",
	"rt_sigaction",
	"rt_sigprocmask",
	"rt_sigreturn",
	"restart_syscall",
	"exit",
	"exit_group",
};
static const struct sandbox_calls program = {
	.v = program_calls,
	.n = ARRAY_LEN(program_calls),
};

/* Who starts programs: documents, pipes, processes, and the filter above. */
static const char *const starter_calls[] = {
	"recvmsg", "sendmsg",	      "poll",  "ppoll",	  "memfd_create",
	"pipe2",   "ftruncate",	      "dup2",  "dup3",	  "close_range",
	"clone",   "clone3",	      "fork",  "vfork",	  "wait4",
	"kill",	   "pidfd_open",      "prctl", "seccomp", "setrlimit",
	"getppid", "clock_nanosleep",
};
static const struct sandbox_calls starter = {
	.v = starter_calls,
	.n = ARRAY_LEN(starter_calls),
	.more = &program,
};

/* Landlock's rights and its one kind of rule (kernel 5.13). */
enum { MAY_EXECUTE = 1 << 0, MAY_READ = 1 << 2, MAY_LIST = 1 << 3 };
#define RULE_PATH_BENEATH 1
struct path_rule {
	uint64_t rights;
	int32_t fd;
} __attribute__((packed));

/* The loader of each architecture: a program of its own to the kernel. */
static const char *const loaders[] = {
	"/lib64/ld-linux-x86-64.so.2",
	"/lib/ld-linux-aarch64.so.1",
};
static const char *const libraries[] = {
	"/lib", "/lib64", "/usr/lib", "/usr/local/lib", "/etc/ld.so.cache",
};

/* What is not there needs no right. */
static bool let(int ruleset, const char *path, uint64_t rights, struct err *e)
{
	struct path_rule rule = {rights, open(path, O_PATH | O_CLOEXEC)};
	bool ok;

	if (rule.fd < 0)
		return errno == ENOENT || err_errno(e, "%s", path);
	ok = syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule,
		     0) == 0;
	/* A file cannot be listed. */
	if (!ok && rights & MAY_LIST) {
		rule.rights &= ~(uint64_t)MAY_LIST;
		ok = syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH,
			     &rule, 0) == 0;
	}
	if (!ok)
		err_errno(e, "Landlock: %s", path);
	close(rule.fd);
	return ok;
}

static bool let_all(int ruleset, const struct sandbox_program *p, size_t n,
		    struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(loaders); i++)
		TRY(let(ruleset, loaders[i], MAY_EXECUTE | MAY_READ, e));
	for (size_t i = 0; i < ARRAY_LEN(libraries); i++)
		TRY(let(ruleset, libraries[i], MAY_READ, e));
	for (size_t i = 0; i < n; i++) {
		TRY(let(ruleset, p[i].path, MAY_EXECUTE | MAY_READ, e));
		for (const char *const *r = p[i].reads; *r; r++)
			TRY(let(ruleset, *r, MAY_READ | MAY_LIST, e));
	}
	return true;
}

static bool enter_files(const struct sandbox_program *p, size_t n,
			struct err *e)
{
	int ruleset = sandbox_ruleset();

	if (ruleset < 0)
		return err_set(e, ERR_CONFIG, 0, "no Landlock");
	if (!let_all(ruleset, p, n, e)) {
		close(ruleset);
		return false;
	}
	return sandbox_restrict(ruleset) || err_errno(e, "Landlock");
}

bool sandbox_starter_enter(const struct sandbox_program *p, size_t n,
			   bool log_only, struct err *e)
{
	bool any = false;

	for (size_t i = 0; i < n; i++)
		any = any || access(p[i].path, X_OK) == 0;
	if (!any)
		return err_set(e, ERR_CONFIG, 0, "no program is installed");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_errno(e, "no new privileges");
	TRY(enter_files(p, n, e));
	return sandbox_filter(&starter, log_only, e);
}

bool sandbox_program_enter(uint64_t memory_max, unsigned cpu_s, bool log_only,
			   struct err *e)
{
	/* Nothing in the program's own memory is worth a core. */
	if (!sandbox_limit(RLIMIT_CORE, 0) || !sandbox_limit(RLIMIT_FSIZE, 0) ||
	    !sandbox_limit(RLIMIT_NPROC, 0) ||
	    !sandbox_limit(RLIMIT_MEMLOCK, 0) ||
	    !sandbox_limit(RLIMIT_NOFILE, SANDBOX_FILES_MAX) ||
	    !sandbox_limit(RLIMIT_CPU, cpu_s) ||
	    /* This process still has the address space of a sanitizer. */
	    (!log_only && !sandbox_limit(RLIMIT_AS, memory_max)))
		return err_errno(e, "limits");
	return sandbox_filter(&program, log_only, e);
}
