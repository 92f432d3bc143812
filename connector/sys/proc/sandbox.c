/* sandbox.c - rlimits, Landlock, seccomp; see sandbox.h. */
#include "connector/sys/proc/sandbox_int.h"
#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The inner profile. Anything else ends the process. */
static const char *const calls[] = {
	/* its ring: sleep, wake, ask, be told */
	"read",
	"write",
	"close",
	"poll",
	"ppoll",
	"recvmsg",
	"sendmsg",
	/* memory; mmap and mprotect stand in no_exec */
	"munmap",
	"mremap",
	"brk",
	"madvise",
	/* the C library */
	"futex",
	"getrandom",
	"getpid", /* OpenSSL looks for a fork */
	"clock_gettime",
	"sched_yield",
	"rt_sigreturn",
	"rt_sigprocmask",
	"restart_syscall",
	"exit",
	"exit_group",
};
/* Allowed without PROT_EXEC in their third argument. */
static const char *const no_exec[] = {"mmap", "mprotect"};
static const struct sandbox_calls inner = {
	.v = calls,
	.n = ARRAY_LEN(calls),
	.no_exec = no_exec,
	.no_exec_n = ARRAY_LEN(no_exec),
};

size_t sandbox_calls(void)
{
	return inner.n + inner.no_exec_n;
}

#define ADDRESS_SPACE_EXTRA (768 * MIB) /* libraries, ICU's tables, regions */

bool sandbox_limit(int what, uint64_t max)
{
	struct rlimit r = {max, max}, now;

	/* A limit that is lower already stays. */
	if (getrlimit((__rlimit_resource_t)what, &now) == 0 &&
	    now.rlim_max != RLIM_INFINITY && now.rlim_max < max)
		return true;
	return setrlimit((__rlimit_resource_t)what, &r) == 0;
}

static bool enter_rlimits(const struct sandbox *s)
{
	return sandbox_limit(RLIMIT_CORE, 0) &&
	       sandbox_limit(RLIMIT_FSIZE, 0) &&
	       sandbox_limit(RLIMIT_NPROC, 0) &&
	       sandbox_limit(RLIMIT_MEMLOCK, 0) &&
	       sandbox_limit(RLIMIT_NOFILE, SANDBOX_FILES_MAX) &&
	       sandbox_limit(RLIMIT_DATA, s->memory_max) &&
	       sandbox_limit(RLIMIT_AS, s->memory_max + ADDRESS_SPACE_EXTRA);
}

/* Debian 12's headers know the first ABI only: the bits are the kernel's. */
struct landlock_attr {
	uint64_t fs, net, scoped;
};
#define LANDLOCK_VERSION_FLAG 1u
static const struct {
	uint64_t fs, net, scoped;
	size_t size;
} landlock_abi[] = {
	{0, 0, 0, 0},	    {0x1fff, 0, 0, 8},	{0x3fff, 0, 0, 8},
	{0x7fff, 0, 0, 8},  {0x7fff, 3, 0, 16}, {0xffff, 3, 0, 16},
	{0xffff, 3, 3, 24},
};

/* Everything is handled and nothing allowed yet. */
int sandbox_ruleset(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
			   LANDLOCK_VERSION_FLAG);
	size_t i = ARRAY_LEN(landlock_abi) - 1;
	struct landlock_attr at;

	if (abi <= 0)
		return -1;
	if ((size_t)abi < i)
		i = (size_t)abi;
	at = (struct landlock_attr){landlock_abi[i].fs, landlock_abi[i].net,
				    landlock_abi[i].scoped};
	return (int)syscall(SYS_landlock_create_ruleset, &at,
			    landlock_abi[i].size, 0);
}

bool sandbox_restrict(int fd)
{
	bool ok;

	if (fd < 0)
		return false;
	ok = syscall(SYS_landlock_restrict_self, fd, 0) == 0;
	close(fd);
	return ok;
}

/* A name that this architecture does not have is passed over. */
static int allow(scmp_filter_ctx f, const char *name, bool without_exec)
{
	int nr = seccomp_syscall_resolve_name(name);

	if (nr == __NR_SCMP_ERROR || nr < 0)
		return 0;
	if (!without_exec)
		return seccomp_rule_add(f, SCMP_ACT_ALLOW, nr, 0);
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, nr, 1,
				SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

bool sandbox_filter(const struct sandbox_calls *c, bool log_only, struct err *e)
{
	scmp_filter_ctx f;
	int rc = 0;

#ifdef SEKISHO_VALGRIND
	/* valgrind has no such call, and there it would stop nothing. */
	if (log_only)
		return true;
#endif
	f = seccomp_init(log_only ? SCMP_ACT_LOG : SCMP_ACT_KILL_PROCESS);
	if (!f)
		return err_set(e, ERR_CONFIG, 0, "seccomp: no memory");
	for (const struct sandbox_calls *l = c; l; l = l->more) {
		for (size_t i = 0; rc == 0 && i < l->n; i++)
			rc = allow(f, l->v[i], false);
		for (size_t i = 0; rc == 0 && i < l->no_exec_n; i++)
			rc = allow(f, l->no_exec[i], true);
	}
	if (rc == 0)
		rc = seccomp_load(f);
	seccomp_release(f);
	if (rc) {
		errno = -rc;
		err_errno(e, "seccomp");
		e->class = ERR_CONFIG;
		return false;
	}
	return true;
}

bool sandbox_enter(const struct sandbox *s, unsigned *level_r, struct err *e)
{
	unsigned level = s->log_only ? SANDBOX_LOG_ONLY : 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_errno(e, "no new privileges");
	/* No core, no ptrace by processes of the same user. */
	if (!s->log_only && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return err_errno(e, "not dumpable");
	if (!s->log_only && enter_rlimits(s))
		level |= SANDBOX_RLIMITS;
	if (!s->log_only && sandbox_restrict(sandbox_ruleset()))
		level |= SANDBOX_LANDLOCK;
	TRY(sandbox_filter(&inner, s->log_only, e));
	*level_r = level | SANDBOX_SECCOMP;
	return true;
}

void sandbox_level_text(unsigned level, struct buf *out)
{
	static const char *const names[] = {"rlimits", "landlock", "seccomp",
					    "log-only", "outer"};
	static const unsigned char order[] = {2, 1, 0, 3, 4};
	size_t start = out->n;

	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		if (!(level >> order[i] & 1))
			continue;
		if (out->n > start)
			buf_putc(out, '+');
		buf_puts(out, names[order[i]]);
	}
}
