/* The state table: what may follow what, and that ends are ends. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include "connector/flow/flow_int.h"

START_TEST(ends_have_no_successor)
{
	for (unsigned s = RCPT_FIRST_END; s < RCPT_STATE_COUNT; s++)
		for (unsigned t = 0; t < RCPT_STATE_COUNT; t++)
			ck_assert(!flow_state_allowed(s, t));
}
END_TEST

START_TEST(every_open_state_can_end)
{
	/* By some path: an open state from which no end can be reached would
	 * be a mail that is stuck for ever. */
	for (unsigned s = 0; s < RCPT_FIRST_END; s++) {
		bool seen[RCPT_STATE_COUNT] = {false};
		bool end = false, more = true;

		seen[s] = true;
		while (more) {
			more = false;
			for (unsigned a = 0; a < RCPT_STATE_COUNT; a++)
				for (unsigned b = 0; b < RCPT_STATE_COUNT; b++)
					if (seen[a] && !seen[b] &&
					    flow_state_allowed(a, b))
						more = seen[b] = true;
		}
		for (unsigned t = RCPT_FIRST_END; t < RCPT_STATE_COUNT; t++)
			end = end || seen[t];
		ck_assert_msg(end, "%s is stuck", rcpt_state_name(s));
	}
}
END_TEST

START_TEST(nothing_is_sent_from_held)
{
	/* Only through READY, and only SENDING can be delivered. */
	ck_assert(!flow_state_allowed(RCPT_HELD, RCPT_SENDING));
	ck_assert(!flow_state_allowed(RCPT_HELD, RCPT_DELIVERED));
	for (unsigned s = 0; s < RCPT_STATE_COUNT; s++)
		ck_assert(s == RCPT_SENDING ||
			  !flow_state_allowed(s, RCPT_DELIVERED));
}
END_TEST

START_TEST(move_keeps_times)
{
	struct store_rcpt r = {.state = RCPT_HELD, .due_us = 5};

	rcpt_move(&r, RCPT_READY, 100);
	ck_assert_int_eq(r.ready_us, 100);
	rcpt_move(&r, RCPT_SENDING, 110);
	rcpt_move(&r, RCPT_READY, 120);
	ck_assert_int_eq(r.ready_us, 100); /* give-up counts from the first */
	rcpt_move(&r, RCPT_SENDING, 130);
	rcpt_move(&r, RCPT_DELIVERED, 140);
	ck_assert_int_eq(r.ended_us, 140);
	ck_assert_int_eq(r.due_us, 0);
}
END_TEST

START_TEST(bad_edge_is_our_bug)
{
	struct store_rcpt r = {.state = RCPT_DELIVERED};

	rcpt_move(&r, RCPT_READY, 1); /* panics */
}
END_TEST

START_TEST(diagram_names_every_state)
{
	struct buf b = BUF_MAX(64 * KIB);

	flow_state_diagram(&b);
	for (unsigned s = 0; s < RCPT_STATE_COUNT; s++)
		ck_assert(str_find(buf_str(&b), str_of(rcpt_state_name(s))) >=
			  0);
	buf_release(&b);
}
END_TEST

Suite *test_state_suite(void);
Suite *test_state_suite(void)
{
	Suite *s = suite_create("flow/state");
	TCase *t = tcase_create("table");

	tcase_add_test(t, ends_have_no_successor);
	tcase_add_test(t, every_open_state_can_end);
	tcase_add_test(t, nothing_is_sent_from_held);
	tcase_add_test(t, move_keeps_times);
	if (!getenv("CK_FORK")) /* "no": all would end with it */
		tcase_add_test_raise_signal(t, bad_edge_is_our_bug, SIGABRT);
	tcase_add_test(t, diagram_names_every_state);
	suite_add_tcase(s, t);
	return s;
}
