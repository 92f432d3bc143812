/* peer.c - see peer.h. */
#include "tests/unit/connector/sys/loop/peer.h"
#include <check.h>
#include "connector/base/clock.h"

static void act(struct peer *p, enum when when)
{
	if (p->when != when)
		return;
	p->when = NEVER;
	p->act(p);
}

static void on_data(void *arg, struct conn *c, struct str in)
{
	struct peer *p = arg;
	size_t n = in.n;

	ck_assert_int_eq(p->ends, 0);
	ck_assert_ptr_eq(p->c, c);
	ck_assert_uint_gt(in.n, 0);
	p->datas++;
	p->most = MAX_OF(p->most, in.n);
	if (p->lines)
		n = (size_t)(str_rchr(in, '\n') + 1);
	if (!p->hungry && n) {
		buf_put(&p->got, in.p, n);
		conn_consume(c, n);
	}
	act(p, ON_DATA);
	/* what was given must still be there, whatever act() did */
	for (size_t i = 0; i < in.n; i += 997)
		ck_assert_int_ne(in.p[i], '\x01');
}

static void on_drained(void *arg, struct conn *c)
{
	struct peer *p = arg;

	ck_assert_int_eq(p->ends, 0);
	ck_assert_uint_eq(conn_pending(c), 0);
	p->drains++;
	act(p, ON_DRAINED);
}

static void on_secured(void *arg, struct conn *c)
{
	struct peer *p = arg;

	ck_assert(conn_is_tls(c));
	p->secures++;
	act(p, ON_SECURED);
}

static void on_connected(void *arg, struct conn *c)
{
	struct peer *p = arg;

	(void)c;
	p->connects++;
	act(p, ON_CONNECTED);
}

static void on_end(void *arg, struct conn *c, enum conn_end how,
		   const struct err *why)
{
	struct peer *p = arg;

	(void)c;
	p->ends++;
	ck_assert_int_eq(p->ends, 1);
	p->how = how;
	act(p, ON_END);
	p->why = *why; /* after act(): it lives as long as the callback */
}

const struct conn_ops peer_ops = {
	.on_data = on_data,
	.on_drained = on_drained,
	.on_secured = on_secured,
	.on_connected = on_connected,
	.on_end = on_end,
};

void peer_end(struct peer *p)
{
	conn_free(&p->c);
	ck_assert_ptr_null(p->c);
	buf_release(&p->got);
}

static void stop(void *arg)
{
	loop_stop(arg);
}

void turn_for(struct loop *l, int ms)
{
	struct timer *t = timer_new(l, stop, l);

	timer_set(t, ms * US_PER_MS);
	loop_run(l);
	timer_free(&t);
}

void turn_until(struct loop *l, const int *flag, int n)
{
	int64_t end = clock_monotonic_us() + US_PER_MIN;

	while (*flag < n && clock_monotonic_us() < end)
		turn_for(l, 1);
	ck_assert_int_ge(*flag, n);
}

void turn_until_got(struct loop *l, const struct peer *p, size_t n)
{
	int64_t end = clock_monotonic_us() + US_PER_MIN;

	while (p->got.n < n && clock_monotonic_us() < end)
		turn_for(l, 1);
	ck_assert_uint_eq(p->got.n, n);
}
