/* test_tighten.c - gates of a later policy over those of held mail. */
#include "bench.h"
#include "tests/unit/slow.h"

Suite *test_tighten_suite(void);

#define NOW (INT64_C(1788000000) * US_PER_S)
#define MIN US_PER_MIN

static struct arena arena;

static void begin(void)
{
	arena = ARENA_EMPTY;
}

static void end(void)
{
	arena_release(&arena);
}

static struct gate hold(unsigned stage, int64_t for_us, enum gate_then then)
{
	return (struct gate){.kind = GATE_HOLD,
			     .stage = stage,
			     .for_us = for_us,
			     .then = then,
			     .by = STR("sender")};
}

/* The first stage's moment is known: a minute ago it was accepted. */
static struct gate first(int64_t for_us, enum gate_then then)
{
	struct gate g = hold(1, for_us, then);

	if (then != THEN_WAIT)
		g.until_us = NOW - MIN + for_us;
	return g;
}

static struct gate approval(const char *by)
{
	return (struct gate){
		.kind = GATE_APPROVE, .then = THEN_RETURN, .by = str_of(by)};
}

static struct gate delay(int64_t until_us)
{
	return (struct gate){.kind = GATE_DELAY,
			     .until_us = until_us,
			     .then = THEN_SEND,
			     .by = STR("clock")};
}

static struct gate admin(const char *doubt)
{
	return (struct gate){.kind = GATE_HOLD,
			     .then = THEN_WAIT,
			     .by = STR("admin"),
			     .doubt = str_of(doubt)};
}

static struct store_rcpt held(const struct gate *g, size_t n, unsigned opened)
{
	AUTO(buf) wire = BUF_MAX(64 * KIB);
	struct store_rcpt r = {.state = RCPT_HELD};
	struct gate *sorted;
	size_t sorted_n;

	gates_write(g, n, &wire);
	r.gates = arena_str(&arena, buf_str(&wire));
	ck_assert(flow_gates_read(r.gates, &arena, &sorted, &sorted_n));
	r.gate = opened;
	gates_enter(&r, sorted, sorted_n, NOW - MIN);
	return r;
}

/* "hold:1:60:send approve:manager" from the closed one on. */
static const char *gates_text(const struct store_rcpt *r)
{
	AUTO(buf) b = BUF_MAX(4096);
	struct gate *g;
	size_t n;

	ck_assert(flow_gates_read(r->gates, &arena, &g, &n));
	for (size_t i = r->gate; i < n; i++) {
		buf_printf(&b, "%s%s:", i > r->gate ? " " : "",
			   gate_kind_name(g[i].kind));
		if (g[i].doubt.n)
			buf_printf(&b, STR_FMT, STR_ARG(g[i].doubt));
		else if (g[i].kind == GATE_HOLD)
			buf_printf(&b, "%u:%lld:%s", g[i].stage,
				   (long long)(g[i].for_us / MIN),
				   gate_then_name(g[i].then));
		else if (g[i].kind == GATE_APPROVE)
			buf_printf(&b, STR_FMT, STR_ARG(g[i].by));
		else
			buf_printf(&b, "%lld",
				   (long long)((g[i].until_us - NOW) / MIN));
	}
	return arena_strndup(&arena, b.p ? b.p : "", b.n);
}

static int64_t due_min(const struct store_rcpt *r)
{
	return r->due_us ? (r->due_us - NOW) / MIN : -1;
}

#define OVER(r, ...)                                                           \
	gates_tighten(&(r), (const struct gate[]){__VA_ARGS__},                \
		      sizeof((const struct gate[]){__VA_ARGS__}) /             \
			      sizeof(struct gate),                             \
		      NOW, &arena)
#define HELD(opened, ...)                                                      \
	held((const struct gate[]){__VA_ARGS__},                               \
	     sizeof((const struct gate[]){__VA_ARGS__}) / sizeof(struct gate), \
	     opened)

START_TEST(longer_is_taken_shorter_is_not)
{
	struct store_rcpt r = HELD(0, first(10 * MIN, THEN_SEND));
	struct str was = r.gates;

	ck_assert_int_eq(OVER(r, first(10 * MIN, THEN_SEND)), TIGHTEN_SAME);
	ck_assert_int_eq(OVER(r, first(5 * MIN, THEN_SEND)), TIGHTEN_LOOSER);
	ck_assert(str_eq(r.gates, was));
	ck_assert_int_eq(due_min(&r), 9);
	ck_assert_int_eq(OVER(r, first(30 * MIN, THEN_SEND)), TIGHTEN_DONE);
	ck_assert_str_eq(gates_text(&r), "hold:1:30:send");
	ck_assert_int_eq(due_min(&r), 29);
	/* Once more changes nothing. */
	ck_assert_int_eq(OVER(r, first(30 * MIN, THEN_SEND)), TIGHTEN_SAME);
}
END_TEST

START_TEST(stricter_ends_are_taken)
{
	struct store_rcpt r = HELD(0, first(10 * MIN, THEN_SEND));

	ck_assert_int_eq(OVER(r, first(10 * MIN, THEN_RETURN)), TIGHTEN_DONE);
	ck_assert_str_eq(gates_text(&r), "hold:1:10:return");
	ck_assert_int_eq(due_min(&r), 9);
	/* Shorter and stricter: the end alone. */
	r = HELD(0, first(10 * MIN, THEN_SEND));
	ck_assert_int_eq(OVER(r, first(5 * MIN, THEN_DISCARD)), TIGHTEN_DONE);
	ck_assert_str_eq(gates_text(&r), "hold:1:10:discard");
	ck_assert_int_eq(due_min(&r), 9);
	ck_assert_int_eq(OVER(r, first(10 * MIN, THEN_SEND)), TIGHTEN_LOOSER);
	/* Waiting has no moment but its most. */
	ck_assert_int_eq(OVER(r, first(10 * MIN, THEN_WAIT)), TIGHTEN_DONE);
	ck_assert_int_eq(due_min(&r), 72 * 60);
}
END_TEST

START_TEST(new_gates_are_added_in_their_order)
{
	struct store_rcpt r = HELD(0, first(10 * MIN, THEN_SEND));

	ck_assert_int_eq(OVER(r, first(10 * MIN, THEN_SEND),
			      approval("manager"), hold(2, 20 * MIN, THEN_SEND),
			      delay(NOW + 60 * MIN)),
			 TIGHTEN_DONE);
	ck_assert_str_eq(gates_text(&r),
			 "hold:1:10:send hold:2:20:send approve:manager "
			 "delay:60");
	ck_assert_int_eq(due_min(&r), 9);
	ck_assert_uint_eq(r.gate, 0);
	/* All approvals of several rules must be given. */
	ck_assert_int_eq(OVER(r, approval("it@example.co.jp")), TIGHTEN_DONE);
	ck_assert_ptr_nonnull(
		strstr(gates_text(&r), "approve:manager approve:it@"));
	/* What is gone from the plan stays. */
	ck_assert_int_eq(gates_tighten(&r, NULL, 0, NOW, &arena),
			 TIGHTEN_LOOSER);
}
END_TEST

START_TEST(a_refusal_or_a_doubt_waits_for_an_admin)
{
	struct store_rcpt r = HELD(0, first(10 * MIN, THEN_SEND));

	ck_assert_int_eq(OVER(r, admin("refused")), TIGHTEN_DONE);
	ck_assert_str_eq(gates_text(&r), "hold:refused hold:1:10:send");
	ck_assert_int_eq(due_min(&r), -1);
	ck_assert(str_is(r.reason, "refused"));
	ck_assert_int_eq(OVER(r, admin("refused"), first(10 * MIN, THEN_SEND)),
			 TIGHTEN_SAME);
	ck_assert_int_eq(due_min(&r), -1);
}
END_TEST

/* What was opened is not closed again; new gates come behind it. */
START_TEST(opened_gates_stay_open)
{
	struct store_rcpt r = HELD(1, first(10 * MIN, THEN_SEND),
				   approval("manager"));

	ck_assert_int_eq(due_min(&r), -1);
	ck_assert_int_eq(OVER(r, first(10 * MIN, THEN_SEND),
			      approval("manager"), admin("failed")),
			 TIGHTEN_DONE);
	ck_assert_str_eq(gates_text(&r), "hold:failed approve:manager");
	ck_assert_uint_eq(r.gate, 1);
	ck_assert_int_eq(OVER(r, first(10 * MIN, THEN_SEND),
			      approval("manager"), admin("failed")),
			 TIGHTEN_SAME);
	/* A longer time of the opened stage is waited for. */
	ck_assert_int_eq(OVER(r, first(40 * MIN, THEN_SEND),
			      approval("manager"), admin("failed")),
			 TIGHTEN_DONE);
	ck_assert_str_eq(gates_text(&r),
			 "hold:failed approve:manager delay:39");
}
END_TEST

/* Its time has come already: nothing to add, or the whole of it from now. */
START_TEST(what_is_over_is_not_added)
{
	struct gate past = hold(1, MIN / 2, THEN_SEND);
	struct store_rcpt r = HELD(0, approval("manager"));

	past.until_us = NOW - MIN / 2;
	ck_assert_int_eq(OVER(r, past, approval("manager"), delay(NOW - MIN)),
			 TIGHTEN_SAME);
	past.then = THEN_RETURN;
	past.for_us = 2 * MIN;
	ck_assert_int_eq(OVER(r, past, approval("manager")), TIGHTEN_DONE);
	ck_assert_str_eq(gates_text(&r), "hold:1:2:return approve:manager");
	ck_assert_int_eq(due_min(&r), 2);
}
END_TEST

START_TEST(delays_grow)
{
	struct store_rcpt r = HELD(0, delay(NOW + 10 * MIN));

	ck_assert_int_eq(OVER(r, delay(NOW + 5 * MIN)), TIGHTEN_LOOSER);
	ck_assert_int_eq(OVER(r, delay(NOW + 25 * MIN)), TIGHTEN_DONE);
	ck_assert_int_eq(due_min(&r), 25);
	ck_assert_int_eq(OVER(r, first(10 * MIN, THEN_SEND)), TIGHTEN_DONE);
	ck_assert_int_eq(due_min(&r), 9);
	ck_assert_str_eq(gates_text(&r), "hold:1:10:send delay:25");
}
END_TEST

START_TEST(what_cannot_be_read_fails)
{
	struct store_rcpt r = {.state = RCPT_HELD, .gates = STR("\1\0x")};

	ck_assert_int_eq(OVER(r, delay(NOW + MIN)), TIGHTEN_FAILED);
}
END_TEST

static bool is_kept(const struct gate *old, const struct gate *g, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (g[i].kind == old->kind && g[i].stage == old->stage &&
		    str_eq(g[i].by, old->by) &&
		    str_eq(g[i].doubt, old->doubt) &&
		    g[i].for_us >= old->for_us &&
		    g[i].until_us >= old->until_us && g[i].then >= old->then)
			return true;
	return false;
}

/* Any two lists of gates: never fewer, never sooner, and laid over again they
 * are the same. */
START_TEST(never_looser)
{
	unsigned seed = 5;

	for (int round = 0; round < CASES(20000); round++) {
		struct gate g[2][6];
		size_t n[2] = {0, 0}, kept_n, old_n;
		struct gate *kept, *old;
		struct store_rcpt r, was;
		unsigned opened;

		for (int s = 0; s < 2; s++) {
			bool seen[6] = {false};

			for (int k = 0; k < 4; k++) {
				unsigned what = (seed = seed * 1103515245u +
							12345u) >>
						16;
				int64_t t = (1 + (what >> 3) % 30) * MIN;
				enum gate_then then = (what >> 8) % 4;

				if (seen[what % 6])
					continue;
				seen[what % 6] = true;
				g[s][n[s]++] = what % 6 == 0 ? first(t, then)
					       : what % 6 == 1
						       ? hold(2, t, then)
					       : what % 6 == 2
						       ? approval("manager")
					       : what % 6 == 3
						       ? approval("x@y.jp")
					       : what % 6 == 4 ? admin("failed")
							       : delay(NOW + t);
			}
		}
		opened = (seed >> 9) % 3;
		r = held(g[0], n[0], 0);
		for (unsigned i = 0; i < opened; i++)
			r.gate += r.gate < n[0];
		was = r;
		if (gates_tighten(&r, g[1], n[1], NOW, &arena) != TIGHTEN_DONE)
			continue;
		ck_assert(flow_gates_read(was.gates, &arena, &old, &old_n));
		ck_assert(flow_gates_read(r.gates, &arena, &kept, &kept_n));
		for (size_t i = 0; i < old_n; i++)
			ck_assert(is_kept(&old[i], kept, kept_n));
		was = r;
		ck_assert_int_ne(gates_tighten(&r, g[1], n[1], NOW, &arena),
				 TIGHTEN_DONE);
		ck_assert_int_eq(r.due_us, was.due_us);
		if (round % 500 == 0)
			arena_release(&arena);
	}
}
END_TEST

Suite *test_tighten_suite(void)
{
	Suite *s = suite_create("tighten");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, longer_is_taken_shorter_is_not);
	tcase_add_test(t, stricter_ends_are_taken);
	tcase_add_test(t, new_gates_are_added_in_their_order);
	tcase_add_test(t, a_refusal_or_a_doubt_waits_for_an_admin);
	tcase_add_test(t, opened_gates_stay_open);
	tcase_add_test(t, what_is_over_is_not_added);
	tcase_add_test(t, delays_grow);
	tcase_add_test(t, what_cannot_be_read_fails);
	tcase_add_test(t, never_looser);
	suite_add_tcase(s, t);
	return s;
}
