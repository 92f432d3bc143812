/* outer.c - the child's side of its starter; see outer_int.h. In the inner
 * profile: nothing here opens or makes anything.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>
#include "connector/inspector/outer_int.h"
#include "connector/sys/proc/fdpass.h"
#include "connector/sys/proc/shm.h"

#define START_MS   5000
#define STEP_BYTES (64 * KIB)

static bool tell(struct outer *o, struct outer_msg m)
{
	return fdpass_send(o->sock, &m, sizeof(m), NULL, 0);
}

/* A message of the kind that has to come now, with its descriptor. */
static bool hear(struct outer *o, enum outer_kind kind, struct outer_msg *m_r,
		 int *fd_r)
{
	size_t n = 0;
	ssize_t got = fdpass_recv(o->sock, m_r, sizeof(*m_r), fd_r,
				  fd_r ? 1 : 0, &n, true);

	if (got == sizeof(*m_r) && m_r->kind == kind && n == (fd_r != NULL))
		return true;
	if (n && fd_r)
		close(*fd_r);
	return false;
}

static bool give_document(struct outer *o, enum outer_program program,
			  struct str document, struct err *e)
{
	struct outer_msg m = {
		.kind = OUTER_ASK, .program = program, .n = document.n};
	struct shm room;
	int fd;

	if (!tell(o, m) || !hear(o, OUTER_ROOM, &m, &fd))
		return false;
	TRY(shm_map(&room, fd, document.n, true, e));
	memcpy(room.p, document.p, document.n);
	shm_release(&room);
	return tell(o, (struct outer_msg){.kind = OUTER_GO});
}

/* To the end, or to the maximum of what is wanted. False: there was more. */
static bool read_all(int fd, size_t max, struct buf *text)
{
	for (;;) {
		size_t want = MIN_OF(max - text->n, (size_t)STEP_BYTES);
		char *to = want ? buf_room(text, want) : NULL;
		ssize_t n = to ? read(fd, to, want) : 0;

		if (!to)
			return false;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		buf_grown(text, (size_t)n);
	}
}

static bool judge(const struct outer_msg *done, bool whole, struct err *e)
{
	int status = done->status;

	if (done->n || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU))
		return err_set(e, ERR_LIMIT, 0, "the program took too long");
	if (!whole)
		return err_set(e, ERR_LIMIT, 0, "too much text");
	if (!WIFEXITED(status))
		return err_set(e, ERR_RETRY, 0,
			       "the program ended by signal %d",
			       WTERMSIG(status));
	if (WEXITSTATUS(status) >= EX__BASE && WEXITSTATUS(status) <= EX__MAX)
		return err_set(e, ERR_RETRY, 0, "the program did not start");
	if (WEXITSTATUS(status) != 0)
		return err_set(e, ERR_PERMANENT, WEXITSTATUS(status),
			       "exit code %d", WEXITSTATUS(status));
	return true;
}

/* Anything that is not as agreed ends this child: another will try, and has a
 * starter of its own. */
NORETURN static void give_up(void)
{
	_exit(EX_SOFTWARE);
}

static bool run(void *arg, enum outer_program program, struct str document,
		size_t max, struct buf *text, struct err *e)
{
	struct outer *o = arg;
	struct outer_msg done;
	bool whole;
	int fd;

	if (document.n > OUTER_DOCUMENT_MAX)
		return err_set(e, ERR_LIMIT, 0, "the document is too large");
	if (o->sock < 0 || !give_document(o, program, document, e) ||
	    !hear(o, OUTER_STARTED, &done, &fd))
		give_up();
	whole = read_all(fd, max, text);
	close(fd);
	if (!hear(o, OUTER_DONE, &done, NULL))
		give_up();
	return judge(&done, whole, e);
}

/* What the starter can start; silence and its death are nothing. */
static unsigned hear_ready(struct outer *o)
{
	struct pollfd p = {.fd = o->sock, .events = POLLIN};
	struct outer_msg m;

	if (poll(&p, 1, START_MS) <= 0 || !hear(o, OUTER_READY, &m, NULL))
		return 0;
	return (unsigned)m.n;
}

void outer_start(struct outer *o, const struct outer_conf *conf)
{
	pid_t parent = getpid(), pid;
	int pair[2];

	*o = (struct outer){.sock = -1};
	if (!fdpass_pair(pair, NULL))
		return;
	pid = fork();
	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
		    getppid() != parent)
			_exit(EX_OSERR);
		outer_serve(pair[1], conf);
	}
	close(pair[1]);
	o->sock = pair[0];
	if (pid > 0)
		o->programs = hear_ready(o);
	if (!o->programs)
		outer_stop(o);
}

void outer_stop(struct outer *o)
{
	if (o->sock >= 0)
		close(o->sock);
	o->sock = -1;
}

struct extract_outer outer_calls(struct outer *o)
{
	return (struct extract_outer){
		.programs = o->programs, .run = run, .arg = o};
}
