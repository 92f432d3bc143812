/* keeper.c - the process that holds the master key; see keeper.h. */
#include "connector/keeper/keeper.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>
#include "connector/base/log.h"
#include "connector/base/mem.h"
#include "connector/keeper/keeper_int.h"
#include "connector/sys/keys/master.h"
#include "connector/sys/proc/sandbox.h"

#define KEEPER_PAGE   ((size_t)4096)
#define KEEPER_MEMORY (16 * MIB)
#define KEEPER_STACK  (128 * KIB)

#if defined(SEKISHO_SANITIZED) || defined(SEKISHO_VALGRIND)
#define KEEPER_LOG_ONLY true
#else
#define KEEPER_LOG_ONLY false
#endif

/* A page for the key alone: never swapped out, dumped or inherited. */
static unsigned char *key_page(const struct log_ctx *log)
{
	void *page = mmap(NULL, KEEPER_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return NULL;
	if (mlock(page, KEEPER_PAGE) != 0)
		LOG(log, LOG_WARN, "keeper-key-not-locked");
	if (madvise(page, KEEPER_PAGE, MADV_DONTDUMP) != 0 ||
	    madvise(page, KEEPER_PAGE, MADV_WIPEONFORK) != 0)
		LOG(log, LOG_WARN, "keeper-key-page");
	return page;
}

/* The stack is grown before it is locked: a locked one may not grow under a
 * lower limit. */
static void stack_grow(void)
{
	volatile char room[KEEPER_STACK];

	for (size_t i = 0; i < sizeof(room); i += KEEPER_PAGE / 4)
		room[i] = 0;
}

/* What the process can no longer do once the key is in its memory. Without
 * seccomp it does not serve; the other lines of defence are reported. */
static bool keeper_harden(const unsigned char *key, const struct log_ctx *log,
			  struct err *e)
{
	const struct sandbox box = {KEEPER_MEMORY, KEEPER_LOG_ONLY};
	unsigned char dek[KEY_LEN], wrapped[WRAPPED_LEN];
	unsigned level;

	/* The engine's end of the socket closes when it dies; the signal is for
	 * a descriptor that leaked into somebody else. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		LOG(log, LOG_WARN, "keeper-death-signal-not-set");
	/* The library loads what it needs at first use; later it could not. */
	master_new(key, dek, wrapped);
	TRY(master_open(key, wrapped, dek, e));
	TRY(sigkey_warm(e));
	stack_grow();
	/* What is in memory stays there; the rest of the libraries that it
	 * never runs is not fetched for that (some 10 MiB). */
	if (mlockall(MCL_CURRENT | MCL_ONFAULT) != 0)
		LOG(log, LOG_INFO, "keeper-only-key-locked");
	LOG(log, LOG_INFO, "keeper-ready");
	return sandbox_enter(&box, &level, e);
}

static bool keeper_serve(int fd, const unsigned char master[KEY_LEN],
			 struct err *e)
{
	struct buf out = BUF_MAX(KEEPER_FRAME_MAX);
	struct frames frames;
	struct str frame;
	bool ok = true;

	out.secret = true;
	frames_init(&frames, fd);
	while (ok && frames_next(&frames, &frame, e)) {
		buf_clear(&out);
		ok = keeper_serve_frame(master, frame, &out, e) &&
		     frames_send(&frames, buf_str(&out), e);
	}
	frames_release(&frames);
	buf_release(&out);
	return e->class == ERR_NOT_FOUND; /* closed between two requests */
}

int keeper_main(int fd, const char *master_key_file)
{
	const struct log_ctx log = {.key = "part", .text = "keeper"};
	unsigned char *master = key_page(&log);
	struct err e = ERR_EMPTY;
	bool ready = false, ok = false;

	if (!master)
		return EX_OSERR;
	if (master_key_read(master_key_file, master, &e))
		ready = keeper_harden(master, &log, &e);
	if (!ready)
		LOG(&log, LOG_ERROR, "keeper-start", LE(&e));
	else /* from here on silent: the filter knows no log */
		ok = keeper_serve(fd, master, &e);
	mem_wipe(master, KEEPER_PAGE);
	close(fd);
	if (!ready)
		return EX_CONFIG;
	return ok ? EX_OK : EX_PROTOCOL;
}
