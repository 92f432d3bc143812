/* acceptor.c - accepts on a listening socket, hands over descriptors; see
 * conn.h.
 */
#include <errno.h>
#include <sys/socket.h>
#include "connector/base/mem.h"
#include "connector/sys/loop/conn.h"

#define PER_TURN   64 /* then the other descriptors of the loop */
#define PENALTY_US (100 * US_PER_MS)

struct acceptor {
	struct io *io;
	struct timer *penalty;
	int fd;
	bool paused, starved;
	bool busy, freed; /* inside fn; acceptor_free() was called there */
	void (*fn)(void *arg, int fd, const struct sockaddr_storage *peer);
	void *arg;
};

static void settle(struct acceptor *a)
{
	io_want(a->io, a->paused || a->starved ? 0 : IO_READ);
}

static void on_ready(void *arg, int ready)
{
	struct acceptor *a = arg;

	(void)ready;
	a->busy = true;
	for (int i = 0; i < PER_TURN && !a->freed && !a->paused; i++) {
		struct sockaddr_storage peer = {0};
		socklen_t len = sizeof(peer);
		int fd = accept4(a->fd, (struct sockaddr *)&peer, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			a->fn(a->arg, fd, &peer);
			continue;
		}
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			break;
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS) {
			/* The socket stays readable: wait, do not spin. */
			a->starved = true;
			timer_set(a->penalty, PENALTY_US);
			settle(a);
			break;
		}
	}
	a->busy = false;
	if (a->freed)
		mem_free(a);
}

static void on_penalty(void *arg)
{
	struct acceptor *a = arg;

	a->starved = false;
	settle(a);
}

struct acceptor *acceptor_new(struct loop *l, int fd,
			      void (*fn)(void *arg, int fd,
					 const struct sockaddr_storage *peer),
			      void *arg)
{
	struct acceptor *a = NEW(struct acceptor);

	a->fd = fd;
	a->fn = fn;
	a->arg = arg;
	a->io = io_new(l, fd, on_ready, a);
	a->penalty = timer_new(l, on_penalty, a);
	settle(a);
	return a;
}

void acceptor_pause(struct acceptor *a, bool paused)
{
	a->paused = paused;
	settle(a);
}

void acceptor_free(struct acceptor **a)
{
	struct acceptor *old = TAKE(*a);

	if (!old)
		return;
	io_free(&old->io);
	timer_free(&old->penalty);
	if (old->busy)
		old->freed = true;
	else
		mem_free(old);
}
