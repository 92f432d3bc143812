/* test_loop.c - posts, timers, descriptors, signals. */
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>
#include "connector/base/clock.h"
#include "connector/base/mem.h"
#include "connector/sys/loop/loop.h"

#define THREADS 4
#define POSTS	20000

static struct loop *l;

static void setup(void)
{
	struct err e = ERR_EMPTY;

	l = loop_new(&e);
	ck_assert_ptr_nonnull(l);
}

static void teardown(void)
{
	loop_free(&l);
	ck_assert_ptr_null(l);
}

struct poster {
	pthread_t thread;
	int next_sent, next_seen;
};
static struct poster poster[THREADS];
static int seen;

struct ticket {
	struct poster *of;
	int number;
};

static void on_post(void *arg)
{
	struct ticket *t = arg;

	ck_assert_int_eq(t->number, t->of->next_seen++);
	mem_free(t);
	if (++seen == THREADS * POSTS)
		loop_stop(l);
}

static void *post_many(void *arg)
{
	struct poster *p = arg;

	for (int i = 0; i < POSTS; i++) {
		struct ticket *t = NEW(struct ticket);

		*t = (struct ticket){p, i};
		loop_post(l, on_post, t);
	}
	return NULL;
}

START_TEST(posts_come_in_order)
{
	seen = 0;
	for (int i = 0; i < THREADS; i++)
		pthread_create(&poster[i].thread, NULL, post_many, &poster[i]);
	loop_run(l);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(poster[i].thread, NULL);
		ck_assert_int_eq(poster[i].next_seen, POSTS);
	}
}
END_TEST

static void post_again(void *arg)
{
	int *n = arg;

	if (++*n < 1000)
		loop_post(l, post_again, n);
	else
		loop_stop(l);
}

START_TEST(posts_from_the_loop)
{
	int n = 0;

	loop_post(l, post_again, &n);
	loop_run(l);
	ck_assert_int_eq(n, 1000);
	loop_stop(l); /* before the run: it ends at once */
	loop_run(l);
}
END_TEST

struct tick {
	struct timer *timer;
	int64_t due;
	int left;
};

static void on_tick(void *arg)
{
	struct tick *t = arg;
	int64_t now = clock_monotonic_us();

	ck_assert_int_ge(now, t->due);
	ck_assert_int_lt(now, t->due + 20 * US_PER_S);
	if (--t->left == 0) {
		timer_free(&t->timer);
		loop_stop(l);
		return;
	}
	t->due = now + 7 * US_PER_MS;
	timer_set(t->timer, 7 * US_PER_MS);
}

START_TEST(timers_are_never_early)
{
	struct tick t = {.left = 20};

	t.timer = timer_new(l, on_tick, &t);
	timer_set(t.timer, 60 * US_PER_S); /* replaced */
	t.due = clock_monotonic_us() + 3 * US_PER_MS;
	timer_set(t.timer, 3 * US_PER_MS);
	loop_run(l);
	ck_assert_ptr_null(t.timer);
}
END_TEST

static void never(void *arg)
{
	(void)arg;
	ck_abort_msg("a stopped timer fired");
}

static void stop_now(void *arg)
{
	(void)arg;
	loop_stop(l);
}

START_TEST(stopped_timers_stay_silent)
{
	struct timer *t = timer_new(l, never, NULL);
	struct timer *end = timer_new(l, stop_now, NULL);

	timer_set(t, 0);
	timer_stop(t);
	timer_stop(t);
	timer_set(end, 20 * US_PER_MS);
	loop_run(l);
	timer_free(&t);
	timer_set(end, -5); /* the past is now */
	loop_run(l);
	timer_free(&end);
	timer_free(&end);
}
END_TEST

struct watch {
	struct io *io;
	int fd, reads, writes;
};

static void on_watch(void *arg, int ready)
{
	struct watch *w = arg;
	char c;

	if (ready & IO_WRITE) {
		w->writes++;
		io_want(w->io, IO_READ);
		return;
	}
	ck_assert_int_eq(read(w->fd, &c, 1), 1);
	if (++w->reads == 3) {
		io_free(&w->io);
		loop_stop(l);
	}
}

START_TEST(descriptors_are_watched)
{
	struct watch w = {0};
	int fd[2];

	ck_assert_int_eq(pipe(fd), 0);
	ck_assert_int_eq(write(fd[1], "abc", 3), 3);
	w.fd = fd[0];
	w.io = io_new(l, fd[0], on_watch, &w);
	io_want(w.io, IO_READ);
	loop_run(l);
	ck_assert_int_eq(w.reads, 3);
	ck_assert_int_eq(w.writes, 0);
	close(fd[0]);
	close(fd[1]);
}
END_TEST

static void on_usr1(void *arg, int signo)
{
	*(int *)arg = signo;
	loop_stop(l);
}

START_TEST(signals_are_callbacks)
{
	struct err e = ERR_EMPTY;
	int got = 0;

	ck_assert(loop_on_signal(l, SIGUSR1, on_usr1, &got, &e));
	kill(getpid(), SIGUSR1);
	loop_run(l);
	ck_assert_int_eq(got, SIGUSR1);
	ck_assert_ptr_nonnull(loop_base(l));
	ck_assert_int_gt(loop_now_us(l), 0);
}
END_TEST

Suite *test_loop_suite(void);
Suite *test_loop_suite(void)
{
	Suite *s = suite_create("sys/loop");
	TCase *t = tcase_create("loop");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, posts_come_in_order);
	tcase_add_test(t, posts_from_the_loop);
	tcase_add_test(t, timers_are_never_early);
	tcase_add_test(t, stopped_timers_stay_silent);
	tcase_add_test(t, descriptors_are_watched);
	tcase_add_test(t, signals_are_callbacks);
	suite_add_tcase(s, t);
	return s;
}
