/* loop.h - one event loop per thread (libevent behind our own types).
 *
 * All of a session or delivery belongs to one loop, so there are no locks.
 * Other threads reach a loop only by loop_post().  Callbacks run on the
 * loop's thread.  Watches and timers are owned by the caller's struct.
 */
#ifndef SEKISHO_SYS_LOOP_H
#define SEKISHO_SYS_LOOP_H

#include "connector/base/err.h"

struct loop;
struct event_base; /* libevent, for connector/sys/http only */

struct loop *loop_new(struct err *e) MUST_USE;
void loop_free(struct loop **l);
void loop_run(struct loop *l);	/* until loop_stop() */
void loop_stop(struct loop *l); /* any thread */
struct event_base *loop_base(struct loop *l);
/* Wall clock, now. */
int64_t loop_now_us(struct loop *l);

/* Run fn(arg) on the loop's thread, in order of posting; any thread. */
void loop_post(struct loop *l, void (*fn)(void *arg), void *arg);

enum { IO_READ = 1, IO_WRITE = 2 };
struct io; /* a watched descriptor */
struct io *io_new(struct loop *l, int fd, void (*fn)(void *arg, int ready),
		  void *arg);
void io_want(struct io *io, int what); /* IO_READ | IO_WRITE or 0 */
void io_free(struct io **io);	       /* does not close the descriptor */

struct timer; /* one-shot; may be set again, also from its own callback */
struct timer *timer_new(struct loop *l, void (*fn)(void *arg), void *arg);
void timer_set(struct timer *t, int64_t after_us); /* replaces */
void timer_stop(struct timer *t);
void timer_free(struct timer **t);

/* Deliver a signal as a callback on this loop. */
bool loop_on_signal(struct loop *l, int signo, void (*fn)(void *arg, int signo),
		    void *arg, struct err *e) MUST_USE;

#endif
