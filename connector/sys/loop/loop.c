/* loop.c - one libevent base per thread; see loop.h.
 *
 * The base is made without locks: only its own thread touches it, others reach
 * it by the queue of loop_post(), whose eventfd is written only when the loop
 * has not been woken yet.
 */
#include "connector/sys/loop/loop.h"
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "connector/base/clock.h"
#include "connector/base/die.h"
#include "connector/base/mem.h"
#include "connector/base/vec.h"
#include "connector/sys/loop/loop_int.h"

struct post {
	void (*fn)(void *arg);
	void *arg;
};

struct posts {
	VEC_OF(struct post);
};

struct loop_signal {
	struct loop_signal *next;
	struct event event;
	void (*fn)(void *arg, int signo);
	void *arg;
};

struct loop {
	struct event_base *base;
	struct event wake;
	int wake_fd;
	pthread_mutex_t lock; /* guards queue and woken */
	struct posts queue;
	bool woken;
	struct posts running; /* the loop's thread only */
	struct loop_signal *signals;
	struct loop_orphan *orphans;
	char *scratch;
};

struct io {
	struct loop *loop;
	struct event read, write;
	int want;
	bool reads; /* the read event is there, wanted or not */
	void (*fn)(void *arg, int ready);
	void *arg;
};

struct timer {
	struct loop *loop;
	struct event event;
	int64_t due_us; /* monotonic */
	void (*fn)(void *arg);
	void *arg;
};

static void on_wake(int fd, short what, void *arg)
{
	struct loop *l = arg;
	struct posts swap;
	uint64_t count;
	ssize_t ignored UNUSED;

	(void)what;
	ignored = read(fd, &count, sizeof(count));
	pthread_mutex_lock(&l->lock);
	l->woken = false;
	swap = l->queue;
	l->queue = l->running;
	l->running = swap;
	pthread_mutex_unlock(&l->lock);
	for (size_t i = 0; i < l->running.n; i++)
		l->running.v[i].fn(l->running.v[i].arg);
	l->running.n = 0;
}

static struct event_base *base_new(void)
{
	struct event_config *conf = event_config_new();
	struct event_base *base;

	must(conf);
	event_config_set_flag(conf, EVENT_BASE_FLAG_NOLOCK);
	event_config_set_flag(conf, EVENT_BASE_FLAG_IGNORE_ENV);
	base = event_base_new_with_config(conf);
	event_config_free(conf);
	return base;
}

struct loop *loop_new(struct err *e)
{
	struct event_base *base = base_new();
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct loop *l;

	if (!base || fd < 0) {
		err_errno(e, "event loop");
		if (base)
			event_base_free(base);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	/* A peer that has gone is an error of write, not our end. */
	signal(SIGPIPE, SIG_IGN);
	l = NEW(struct loop);
	l->base = base;
	l->wake_fd = fd;
	pthread_mutex_init(&l->lock, NULL);
	event_assign(&l->wake, base, fd, EV_READ | EV_PERSIST, on_wake, l);
	must(event_add(&l->wake, NULL) == 0);
	return l;
}

void loop_free(struct loop **l)
{
	struct loop *old = TAKE(*l);

	if (!old)
		return;
	while (old->orphans)
		old->orphans->end(old->orphans);
	while (old->signals) {
		struct loop_signal *s = old->signals;

		old->signals = s->next;
		event_del(&s->event);
		mem_free(s);
	}
	event_del(&old->wake);
	event_base_free(old->base);
	close(old->wake_fd);
	pthread_mutex_destroy(&old->lock);
	vec_release(&old->queue);
	vec_release(&old->running);
	mem_free(old->scratch);
	mem_free(old);
}

void loop_run(struct loop *l)
{
	must(event_base_loop(l->base, EVLOOP_NO_EXIT_ON_EMPTY) >= 0);
}

static void stop_here(void *arg)
{
	struct loop *l = arg;

	event_base_loopbreak(l->base);
}

void loop_stop(struct loop *l)
{
	loop_post(l, stop_here, l);
}

struct event_base *loop_base(struct loop *l)
{
	return l->base;
}

int64_t loop_now_us(struct loop *l)
{
	(void)l;
	/* Not the base's cached time: that follows a jump of the clock late. */
	return clock_now_us();
}

void loop_post(struct loop *l, void (*fn)(void *arg), void *arg)
{
	static const uint64_t one = 1;
	bool wake;

	pthread_mutex_lock(&l->lock);
	vec_push(&l->queue, ((struct post){fn, arg}));
	wake = !l->woken;
	l->woken = true;
	pthread_mutex_unlock(&l->lock);
	if (wake)
		must(write(l->wake_fd, &one, sizeof(one)) == sizeof(one));
}

char *loop_scratch(struct loop *l)
{
	if (!l->scratch)
		l->scratch = mem_alloc(SCRATCH_BYTES);
	return l->scratch;
}

void loop_adopt(struct loop *l, struct loop_orphan *o)
{
	o->next = l->orphans;
	o->link = &l->orphans;
	if (o->next)
		o->next->link = &o->next;
	l->orphans = o;
}

void loop_unadopt(struct loop_orphan *o)
{
	if (!o->link)
		return;
	*o->link = o->next;
	if (o->next)
		o->next->link = o->link;
	o->link = NULL;
}

/* ---- descriptors ---- */

static void turn(struct event *ev, bool on)
{
	must((on ? event_add(ev, NULL) : event_del(ev)) == 0);
}

static void on_io(int fd, short what, void *arg)
{
	struct io *io = arg;

	(void)fd;
	if ((what & EV_READ) && !(io->want & IO_READ)) {
		io->reads = false;
		turn(&io->read, false);
		return;
	}
	io->fn(io->arg, what & EV_READ ? IO_READ : IO_WRITE);
}

struct io *io_new(struct loop *l, int fd, void (*fn)(void *arg, int ready),
		  void *arg)
{
	struct io *io = NEW(struct io);

	io->loop = l;
	io->fn = fn;
	io->arg = arg;
	event_assign(&io->read, l->base, fd, EV_READ | EV_PERSIST, on_io, io);
	event_assign(&io->write, l->base, fd, EV_WRITE | EV_PERSIST, on_io, io);
	return io;
}

/* What is not to be read for a while seldom has anything to read then (a session
 * whose mail is being stored): its event stays until something comes, which
 * saves two system calls a mail. */
void io_want(struct io *io, int what)
{
	int changed = io->want ^ what;

	io->want = what;
	if ((what & IO_READ) && !io->reads) {
		io->reads = true;
		turn(&io->read, true);
	}
	if (changed & IO_WRITE)
		turn(&io->write, what & IO_WRITE);
}

void io_free(struct io **io)
{
	if (!*io)
		return;
	io_want(*io, 0);
	if ((*io)->reads)
		turn(&(*io)->read, false);
	mem_free(*io);
	*io = NULL;
}

/* ---- timers ---- */

static void arm(struct timer *t, int64_t after_us)
{
	struct timeval tv = {.tv_sec = after_us / US_PER_S,
			     .tv_usec = after_us % US_PER_S};

	must(event_add(&t->event, &tv) == 0);
}

/* The base reads a coarse clock, which is cheap and may be some milliseconds
 * behind: a timer that comes early waits for the rest. */
static void on_timer(int fd, short what, void *arg)
{
	struct timer *t = arg;
	int64_t left = t->due_us - clock_monotonic_us();

	(void)fd;
	(void)what;
	if (left > 0)
		arm(t, left);
	else
		t->fn(t->arg);
}

struct timer *timer_new(struct loop *l, void (*fn)(void *arg), void *arg)
{
	struct timer *t = NEW(struct timer);

	t->loop = l;
	t->fn = fn;
	t->arg = arg;
	event_assign(&t->event, l->base, -1, 0, on_timer, t);
	return t;
}

void timer_set(struct timer *t, int64_t after_us)
{
	if (after_us < 0)
		after_us = 0;
	t->due_us = clock_monotonic_us() + after_us;
	arm(t, after_us);
}

void timer_stop(struct timer *t)
{
	event_del(&t->event);
}

void timer_free(struct timer **t)
{
	if (!*t)
		return;
	event_del(&(*t)->event);
	mem_free(*t);
	*t = NULL;
}

/* ---- signals ---- */

static void on_signal(int signo, short what, void *arg)
{
	struct loop_signal *s = arg;

	(void)what;
	s->fn(s->arg, signo);
}

bool loop_on_signal(struct loop *l, int signo, void (*fn)(void *arg, int signo),
		    void *arg, struct err *e)
{
	struct loop_signal *s = NEW(struct loop_signal);

	s->fn = fn;
	s->arg = arg;
	event_assign(&s->event, l->base, signo, EV_SIGNAL | EV_PERSIST,
		     on_signal, s);
	if (event_add(&s->event, NULL) != 0) {
		mem_free(s);
		return err_set(e, ERR_PERMANENT, 0, "signal %d", signo);
	}
	s->next = l->signals;
	l->signals = s;
	return true;
}
