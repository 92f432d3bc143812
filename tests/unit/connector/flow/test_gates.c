/* Gates: order, stages, what the clock and the sender may open. */
#include <check.h>
#include "connector/flow/flow_int.h"

#define NOW (1000 * US_PER_S)

static struct arena a;

static struct gate *stored(const struct gate *g, size_t n, size_t *n_r)
{
	struct buf wire = BUF_MAX(GATES_WIRE_MAX);
	struct gate *out;

	gates_write(g, n, &wire);
	ck_assert(
		flow_gates_read(arena_str(&a, buf_str(&wire)), &a, &out, n_r));
	ck_assert_uint_eq(*n_r, n);
	buf_release(&wire);
	return out;
}

START_TEST(order_is_holds_approvals_delays)
{
	struct gate in[] = {
		{.kind = GATE_DELAY, .until_us = NOW + 60},
		{.kind = GATE_APPROVE, .by = STR("manager")},
		{.kind = GATE_HOLD, .stage = 2, .for_us = 20},
		{.kind = GATE_HOLD, .stage = 1, .for_us = 10},
	};
	size_t n;
	struct gate *g = stored(in, 4, &n);

	ck_assert_uint_eq(g[0].stage, 1);
	ck_assert_uint_eq(g[1].stage, 2);
	ck_assert_int_eq(g[2].kind, GATE_APPROVE);
	ck_assert_int_eq(g[3].kind, GATE_DELAY);
}
END_TEST

START_TEST(one_hold_opens_by_the_clock)
{
	struct gate in[] = {{.kind = GATE_HOLD, .stage = 1, .for_us = 60}};
	struct store_rcpt r = {.state = RCPT_HELD};
	size_t n;
	struct gate *g = stored(in, 1, &n);

	gates_enter(&r, g, n, NOW);
	ck_assert_int_eq(r.due_us, NOW + 60);
	ck_assert_int_eq(gates_expire(&r, g, n, NOW + 60), RCPT_READY);
}
END_TEST

START_TEST(two_stages_follow_each_other)
{
	struct gate in[] = {{.kind = GATE_HOLD, .stage = 1, .for_us = 60},
			    {.kind = GATE_HOLD, .stage = 2, .for_us = 30}};
	struct store_rcpt r = {.state = RCPT_HELD};
	size_t n;
	struct gate *g = stored(in, 2, &n);

	gates_enter(&r, g, n, NOW);
	ck_assert_int_eq(gates_expire(&r, g, n, NOW + 60), RCPT_HELD);
	ck_assert_uint_eq(r.gate, 1);
	ck_assert_int_eq(r.due_us, NOW + 90);
	ck_assert_int_eq(gates_expire(&r, g, n, NOW + 90), RCPT_READY);
}
END_TEST

START_TEST(delay_runs_beside_the_hold)
{
	struct gate in[] = {{.kind = GATE_HOLD, .stage = 1, .for_us = 60},
			    {.kind = GATE_DELAY, .until_us = NOW + 100}};
	struct store_rcpt r = {.state = RCPT_HELD};
	size_t n;
	struct gate *g = stored(in, 2, &n);

	gates_enter(&r, g, n, NOW);
	ck_assert_int_eq(gates_expire(&r, g, n, NOW + 60), RCPT_HELD);
	ck_assert_int_eq(r.due_us, NOW + 100); /* never before its moment */
	ck_assert_int_eq(gates_expire(&r, g, n, NOW + 99), RCPT_HELD);
	ck_assert_int_eq(gates_expire(&r, g, n, NOW + 100), RCPT_READY);
}
END_TEST

START_TEST(ends_of_expiry)
{
	static const struct {
		enum gate_then then;
		enum rcpt_state end;
	} rows[] = {{THEN_DISCARD, RCPT_EXPIRED},
		    {THEN_RETURN, RCPT_RETURNED},
		    {THEN_WAIT, RCPT_RETURNED},
		    {THEN_SEND, RCPT_READY}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct gate g = {.kind = GATE_HOLD,
				 .stage = 1,
				 .for_us = 9,
				 .then = rows[i].then};
		struct store_rcpt r = {.state = RCPT_HELD};

		gates_enter(&r, &g, 1, NOW);
		ck_assert_int_eq(gates_expire(&r, &g, 1, NOW + WAIT_MOST_US),
				 rows[i].end);
	}
}
END_TEST

START_TEST(wait_lasts_72_hours)
{
	struct gate g = {
		.kind = GATE_HOLD, .stage = 1, .for_us = 60, .then = THEN_WAIT};
	struct store_rcpt r = {.state = RCPT_HELD};

	gates_enter(&r, &g, 1, NOW);
	ck_assert_int_eq(r.due_us, NOW + 72 * US_PER_HOUR);
}
END_TEST

START_TEST(the_clock_never_opens_what_a_person_decides)
{
	struct gate in[] = {
		{.kind = GATE_HOLD, .stage = 1, .by = STR("admin")},
		{.kind = GATE_APPROVE, .by = STR("manager")},
	};

	for (size_t i = 0; i < ARRAY_LEN(in); i++) {
		struct store_rcpt r = {.state = RCPT_HELD};

		gates_enter(&r, &in[i], 1, NOW);
		ck_assert_int_eq(r.due_us, 0);
		/* Even if something calls it: doubt holds. */
		ck_assert_int_eq(gates_expire(&r, &in[i], 1, NOW * 9),
				 RCPT_HELD);
		ck_assert_int_eq(r.due_us, 0);
	}
}
END_TEST

START_TEST(send_now_opens_own_holds_only)
{
	struct gate in[] = {{.kind = GATE_HOLD, .stage = 1, .for_us = 60},
			    {.kind = GATE_HOLD, .stage = 2, .for_us = 60},
			    {.kind = GATE_APPROVE, .by = STR("manager")}};
	struct store_rcpt r = {.state = RCPT_HELD};
	size_t n;
	struct gate *g = stored(in, 3, &n);

	gates_enter(&r, g, n, NOW);
	ck_assert(gates_skip_own(&r, g, n, NOW + 1));
	ck_assert_uint_eq(r.gate, 2);
	ck_assert_int_eq(r.due_us, 0);
	ck_assert(!gates_skip_own(&r, g, n, NOW + 2));
}
END_TEST

START_TEST(send_now_does_not_open_an_admins_hold)
{
	struct gate g = {.kind = GATE_HOLD, .stage = 1, .by = STR("admin")};
	struct store_rcpt r = {.state = RCPT_HELD};

	gates_enter(&r, &g, 1, NOW);
	ck_assert(!gates_skip_own(&r, &g, 1, NOW + 1));
}
END_TEST

START_TEST(broken_wire_is_refused)
{
	struct gate in = {.kind = GATE_HOLD, .stage = 1, .by = STR("sender")};
	struct buf wire = BUF_MAX(GATES_WIRE_MAX);
	struct gate *g;
	size_t n;

	gates_write(&in, 1, &wire);
	for (size_t cut = 1; cut < wire.n; cut++)
		ck_assert(!flow_gates_read(str_n(wire.p, cut), &a, &g, &n));
	buf_putc(&wire, 'x');
	ck_assert(!flow_gates_read(buf_str(&wire), &a, &g, &n));
	buf_release(&wire);
}
END_TEST

START_TEST(backoff_grows_and_is_bounded)
{
	struct config c = {0};
	int64_t last = 0;

	c.queue.retry_first_us = US_PER_MIN;
	c.queue.retry_most_us = US_PER_HOUR;
	for (unsigned n = 1; n < 200; n++) {
		int64_t w = backoff_us(&c, n, 0);

		ck_assert_int_ge(w, last);
		ck_assert_int_le(w, US_PER_HOUR);
		ck_assert_int_le(backoff_us(&c, n, 999), w + w / 4);
		last = w;
	}
	ck_assert_int_eq(last, US_PER_HOUR);
	ck_assert_int_eq(backoff_us(&c, 1, 0), US_PER_MIN);
	ck_assert_int_eq(backoff_us(&c, 2, 0), 2 * US_PER_MIN);
}
END_TEST

static void teardown(void)
{
	arena_release(&a);
}

Suite *test_gates_suite(void);
Suite *test_gates_suite(void)
{
	Suite *s = suite_create("flow/gates");
	TCase *t = tcase_create("gates");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, order_is_holds_approvals_delays);
	tcase_add_test(t, one_hold_opens_by_the_clock);
	tcase_add_test(t, two_stages_follow_each_other);
	tcase_add_test(t, delay_runs_beside_the_hold);
	tcase_add_test(t, ends_of_expiry);
	tcase_add_test(t, wait_lasts_72_hours);
	tcase_add_test(t, the_clock_never_opens_what_a_person_decides);
	tcase_add_test(t, send_now_opens_own_holds_only);
	tcase_add_test(t, send_now_does_not_open_an_admins_hold);
	tcase_add_test(t, broken_wire_is_refused);
	tcase_add_test(t, backoff_grows_and_is_bounded);
	suite_add_tcase(s, t);
	return s;
}
