/* keeper.c - the process that holds the master key; see keeper.h. */
#include "connector/keeper/keeper.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>
#include "connector/base/log.h"
#include "connector/base/mem.h"
#include "connector/keeper/keeper_int.h"

/* What the process can no longer do once the key is in its memory. Each is a
 * second line of defence: where the kernel refuses one, we serve all the same
 * and say so. */
static void keeper_harden(const struct log_ctx *log)
{
	struct rlimit none = {0, 0};

	if (prctl(PR_SET_DUMPABLE, 0) != 0 || setrlimit(RLIMIT_CORE, &none))
		LOG(log, LOG_WARN, "keeper-core-dumps-not-off");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		LOG(log, LOG_WARN, "keeper-new-privileges-not-off");
	/* The engine's end of the socket closes when it dies; the signal is for
	 * a descriptor that leaked into somebody else. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		LOG(log, LOG_WARN, "keeper-death-signal-not-set");
	if (mlockall(MCL_CURRENT) != 0)
		LOG(log, LOG_INFO, "keeper-memory-not-locked");
	/* No new descriptors and no children, by limit. */
	if (setrlimit(RLIMIT_NOFILE, &none) || setrlimit(RLIMIT_NPROC, &none))
		LOG(log, LOG_WARN, "keeper-limits-not-set");
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
	unsigned char master[KEY_LEN];
	struct err e = ERR_EMPTY;
	bool ok;

	if (!master_key_read(master_key_file, master, &e)) {
		LOG(&log, LOG_ERROR, "keeper-start", LE(&e));
		return EX_CONFIG;
	}
	keeper_harden(&log);
	ok = keeper_serve(fd, master, &e);
	mem_wipe(master, sizeof(master));
	close(fd);
	if (!ok) {
		LOG(&log, LOG_ERROR, "keeper-end", LE(&e));
		return EX_PROTOCOL;
	}
	return EX_OK;
}
