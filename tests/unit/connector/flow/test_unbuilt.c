/* test_unbuilt.c - plans that ask for what nobody carries out yet: such mail
 * is not taken, or held for an admin, and never leaves by itself.
 */
#include "bench.h"

Suite *test_unbuilt_suite(void);

static struct bench b;
#define A  "hanako@partner.example"
#define B  "jiro@other.example"
#define IT "it@example.co.jp"

#define SIGN EXTERNAL "    do: {sign: smime}\n"
#define SIGN_A                                                                 \
	"  - rule: r\n    when: {recipient: {in: [" A "]}}\n"                  \
	"    do: {sign: smime}\n"
#define HOLD_SIGN EXTERNAL "    do: {hold: {for: 1m}, sign: smime}\n"
#define APPROVE	  EXTERNAL "    do: {approve: {by: [" IT "], within: 5m%s}}\n"
#define HOLD_APPROVE                                                           \
	EXTERNAL                                                               \
	"    do: {hold: {for: 1m}, approve: {by: [" IT "], within: 5m}}\n"

/* The plan comes too late for the 250. */
static int64_t late(const char *one, const char *two)
{
	int64_t id;

	b.inspect.view_after_us = 60 * US_PER_MS;
	id = mail_send(&b, &(struct mail){.to = {one, two}});
	UNTIL(&b, state_of(&b, id, 0) != RCPT_RECEIVED);
	b.inspect.view_after_us = 0;
	return id;
}

static bool alarmed(void)
{
	return map_get(&b.flow->alarms, STR("unbuilt")) != NULL;
}

static void is_unbuilt(int64_t id, unsigned n)
{
	struct store_rcpt r = found(&b, id).rcpt[n];

	ck_assert_int_eq(r.state, RCPT_HELD);
	ck_assert(str_is(r.reason, "unbuilt"));
	ck_assert_int_eq(r.due_us, 0);
}

/* On a busy machine the plan may miss the 250, again and again. */
static bool not_taken(void)
{
	for (int i = 0; i < 50; i++) {
		struct reply r = mail_try(
			&b, &(struct mail){.to = {A},
					   .text = "From: " TARO
						   "\r\nSubject: s\r\n\r\nx"
						   "\r\n"});

		if (r.code == 250)
			continue;
		ck_assert_int_eq(r.code, 451);
		ck_assert_str_eq(r.status, "4.3.0");
		ck_assert_ptr_nonnull(strstr(r.text, "S/MIME signature"));
		return true;
	}
	return false;
}

START_TEST(is_not_taken_in_time)
{
	size_t before;

	bench_open(&b, _i, SIGN);
	ck_assert(not_taken());
	UNTIL(&b, alarmed());
	UNTIL(&b, sent_count(&b, 0, IT, NULL) > 0);
	bench_wait(&b, 30);
	before = message_count(&b);
	ck_assert(not_taken());
	bench_wait(&b, 30);
	/* One alarm an hour, and nothing is kept of what was not taken (but
	 * for mails that a busy machine took). */
	ck_assert_uint_eq(sent_count(&b, 0, IT, "Subject: [Sekisho alarm]"), 1);
	ck_assert_uint_ge(message_count(&b), before);
	ck_assert_uint_eq(sent_count(&b, 0, A, NULL), 0);
	bench_close(&b);
}
END_TEST

START_TEST(a_large_one_gives_its_spool_back)
{
	char *text = mem_alloc(300 * KIB);
	struct reply r;

	bench_open(&b, _i, SIGN);
	memset(text, 'x', 300 * KIB);
	for (size_t i = 100; i < 300 * KIB; i += 100)
		memcpy(text + i, "\r\n", 2);
	memcpy(text, "From: " TARO "\r\nSubject: s\r\n\r\n",
	       strlen("From: " TARO "\r\nSubject: s\r\n\r\n"));
	r = mail_try(&b,
		     &(struct mail){.to = {A}, .text = text, .n = 300 * KIB});
	ck_assert(r.code == 451 || r.code == 250);
	mem_free(text);
	bench_close(&b);
}
END_TEST

START_TEST(is_held_when_250_was_given)
{
	struct flow_action a = {.act = ACT_RELEASE, .actor = "uid 0"};

	bench_open(&b, _i, SIGN);
	a.id = late(A, NULL);
	is_unbuilt(a.id, 0);
	ck_assert(str_is(found(&b, a.id).message.reason, "unbuilt"));
	ck_assert(str_find(found(&b, a.id).message.plan,
			   STR("\"unbuilt\":[\"sign\"]")) > 0);
	UNTIL(&b, alarmed());
	UNTIL(&b, sent_count(&b, 0, TARO, NULL) == 1); /* he is told, too */
	/* alarm, and what waits */
	UNTIL(&b, sent_count(&b, 0, IT, NULL) == 2);
	ck_assert_int_eq(act(&b, ACT_SEND_NOW, a.id, "sender"), ERR_CONFLICT);
	ck_assert_int_eq(act_full(&b, &a), ERR_CONFLICT);
	bench_wait(&b, 30);
	ck_assert_uint_eq(sent_count(&b, a.id, NULL, NULL), 0);
	a.as_is = true;
	ck_assert_int_eq(act_full(&b, &a), ERR_NONE);
	UNTIL(&b, state_of(&b, a.id, 0) == RCPT_DELIVERED);
	ck_assert_uint_eq(sent_count(&b, a.id, A, NULL), 1);
	ck_assert(story_has(&b, a.id, "released", "\"as-is\":true"));
	bench_close(&b);
}
END_TEST

START_TEST(others_of_the_same_mail_go)
{
	int64_t id;

	bench_open(&b, _i, SIGN_A);
	id = late(A, B);
	is_unbuilt(id, 0);
	UNTIL(&b, state_of(&b, id, 1) == RCPT_DELIVERED);
	ck_assert_uint_eq(sent_count(&b, id, A, NULL), 0);
	ck_assert_int_eq(act(&b, ACT_DISCARD, id, "sender"), ERR_NONE);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_DISCARDED);
	bench_close(&b);
}
END_TEST

/* Its own hold opens for the sender, the rest does not. */
START_TEST(a_hold_before_it)
{
	int64_t id;

	bench_open(&b, _i, HOLD_SIGN);
	id = late(A, NULL);
	is_unbuilt(id, 0);
	ck_assert_int_eq(act(&b, ACT_SEND_NOW, id, "sender"), ERR_CONFLICT);
	due_set(&b, id, 0, 1);
	bench_wait(&b, 400);
	is_unbuilt(id, 0);
	ck_assert_int_eq(act(&b, ACT_RETURN, id, "sender"), ERR_NONE);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_RETURNED);
	ck_assert_uint_eq(sent_count(&b, id, NULL, NULL), 0);
	bench_close(&b);
}
END_TEST

START_TEST(a_restart_changes_nothing)
{
	int64_t id, undecided;

	bench_open(&b, BENCH_SQLITE, SIGN);
	id = late(A, NULL);
	b.inspect.silent = true;
	undecided = mail_send(&b, &(struct mail){.to = {A}});
	ck_assert_int_eq(state_of(&b, undecided, 0), RCPT_RECEIVED);
	bench_reopen(&b, SIGN);
	UNTIL(&b, state_of(&b, undecided, 0) != RCPT_RECEIVED);
	is_unbuilt(id, 0);
	is_unbuilt(undecided, 0);
	bench_wait(&b, 300);
	ck_assert_uint_eq(sent_count(&b, id, NULL, NULL), 0);
	ck_assert_uint_eq(sent_count(&b, undecided, NULL, NULL), 0);
	bench_close(&b);
}
END_TEST

START_TEST(a_copy_that_joins_is_held_with_the_first)
{
	static const char text[] = "Message-ID: <s@c>\r\nFrom: " TARO
				   "\r\nSubject: s\r\n\r\nx\r\n";
	int64_t id, second;

	bench_open(&b, _i, SIGN);
	b.inspect.view_after_us = 60 * US_PER_MS;
	id = mail_send(&b, &(struct mail){.to = {A}, .text = text});
	UNTIL(&b, state_of(&b, id, 0) != RCPT_RECEIVED);
	b.inspect.view_after_us = 0;
	second = mail_send(&b, &(struct mail){.to = {B}, .text = text});
	UNTIL(&b, state_of(&b, second, 0) != RCPT_RECEIVED);
	is_unbuilt(second, 0);
	bench_close(&b);
}
END_TEST

START_TEST(refusal_comes_first)
{
	int64_t id;

	bench_open(&b, _i,
		   SIGN "  - rule: no\n    when: {recipient: {class: "
			"external}}\n    do: {refuse: {}}\n");
	id = mail_to(&b, A, NULL);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_REFUSED);
	ck_assert(!alarmed());
	bench_close(&b);
}
END_TEST

START_TEST(on_the_bad_day)
{
	struct flow_mode m = {.mode = MODE_PASS, .by = "test"};
	int64_t id, held;

	bench_open(&b, _i, SIGN);
	held = late(A, NULL);
	m.until_us = clock_now_us() + US_PER_HOUR;
	flow_set_mode(b.flow, &m, b.loop, NULL, NULL);
	UNTIL(&b, atomic_load(&b.flow->mode) == MODE_PASS);
	/* The rules are off: it leaves, and what was held stays. */
	id = mail_to(&b, A, NULL);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	is_unbuilt(held, 0);
	m.mode = MODE_HOLD;
	flow_set_mode(b.flow, &m, b.loop, NULL, NULL);
	UNTIL(&b, atomic_load(&b.flow->mode) == MODE_HOLD);
	id = late(A, NULL);
	is_unbuilt(id, 0);
	m.mode = MODE_NORMAL;
	flow_set_mode(b.flow, &m, b.loop, NULL, NULL);
	UNTIL(&b, atomic_load(&b.flow->mode) == MODE_NORMAL);
	bench_wait(&b, 300);
	is_unbuilt(id, 0);
	is_unbuilt(held, 0);
	bench_close(&b);
}
END_TEST

/* ---- approval --------------------------------------------------------------- */

START_TEST(approval_is_held_and_has_no_clock)
{
	static const char *const then[] = {"", ", then: send",
					   ", then: discard"};
	char rules[300];
	int64_t id;

	snprintf(rules, sizeof(rules), APPROVE, then[_i]);
	bench_open(&b, BENCH_MEMORY, rules);
	id = mail_to(&b, A, NULL); /* always taken */
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	ck_assert(str_is(found(&b, id).rcpt[0].reason, "approval"));
	ck_assert_int_eq(found(&b, id).rcpt[0].due_us, 0);
	UNTIL(&b, alarmed());
	/* Even if something sets a time: nobody has approved it. */
	due_set(&b, id, 0, 1);
	UNTIL(&b, found(&b, id).rcpt[0].due_us == 0);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	ck_assert_int_eq(act(&b, ACT_SEND_NOW, id, "sender"), ERR_CONFLICT);
	ck_assert_uint_eq(sent_count(&b, id, NULL, NULL), 0);
	/* The admin decides instead. */
	ck_assert_int_eq(act(&b, ACT_RELEASE, id, "uid 0"), ERR_NONE);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	bench_close(&b);
}
END_TEST

/* _i: the clock, or the sender, opens the hold before it. */
START_TEST(approval_behind_a_hold)
{
	int64_t id;

	bench_open(&b, BENCH_MEMORY, HOLD_APPROVE);
	id = mail_to(&b, A, NULL);
	ck_assert_int_gt(found(&b, id).rcpt[0].due_us, 0);
	UNTIL(&b, alarmed());
	UNTIL(&b, sent_count(&b, 0, IT, NULL) == 1); /* the alarm alone */
	if (_i)
		ck_assert_int_eq(act(&b, ACT_SEND_NOW, id, "sender"), ERR_NONE);
	else
		due_set(&b, id, 0, 1);
	UNTIL(&b, found(&b, id).rcpt[0].gate == 1);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	ck_assert_int_eq(found(&b, id).rcpt[0].due_us, 0);
	/* Now somebody has to act. */
	UNTIL(&b, sent_count(&b, 0, IT, NULL) == 2);
	bench_wait(&b, 300);
	ck_assert_uint_eq(sent_count(&b, id, NULL, NULL), 0);
	ck_assert_uint_eq(sent_count(&b, 0, IT, NULL), 2);
	ck_assert_int_eq(act(&b, ACT_RELEASE, id, "uid 0"), ERR_NONE);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	bench_close(&b);
}
END_TEST

/* ---- schedule ----------------------------------------------------------------- */

START_TEST(leaves_when_the_calendar_opens)
{
	int64_t now = clock_now_us(), due, id;
	struct tz *tz = tz_load("Asia/Tokyo", NULL);
	struct civil c;
	char rules[400];

	/* Open for an hour, and that begins in two hours. */
	civil_of(tz, now + 2 * US_PER_HOUR, &c);
	tz_free(&tz);
	snprintf(rules, sizeof(rules),
		 EXTERNAL "    do: {schedule: {next-opening: {from: "
			  "\"%02d:00\", to: \"%02d:00\"}}}\n",
		 c.hour, (c.hour + 1) % 24);
	bench_open(&b, _i, rules);
	id = mail_to(&b, A, NULL);
	due = found(&b, id).rcpt[0].due_us;
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	ck_assert_int_gt(due, now + US_PER_HOUR - US_PER_MIN);
	ck_assert_int_eq(due % US_PER_HOUR, 0);
	ck_assert(!alarmed());
	/* No hold of the sender's: nothing to send now. */
	ck_assert_int_eq(act(&b, ACT_SEND_NOW, id, "sender"), ERR_CONFLICT);
	due_set(&b, id, 0, 1);
	bench_wait(&b, 300);
	/* Whoever wakes it: not before the moment that was named. */
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	ck_assert_int_eq(found(&b, id).rcpt[0].due_us, due);
	bench_close(&b);
}
END_TEST

Suite *test_unbuilt_suite(void)
{
	Suite *s = suite_create("unbuilt");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, is_not_taken_in_time, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, a_large_one_gives_its_spool_back, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, is_held_when_250_was_given, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, others_of_the_same_mail_go, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, a_hold_before_it, 0, BENCH_DRIVERS);
	tcase_add_test(t, a_restart_changes_nothing);
	tcase_add_loop_test(t, a_copy_that_joins_is_held_with_the_first, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, refusal_comes_first, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, on_the_bad_day, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, approval_is_held_and_has_no_clock, 0, 3);
	tcase_add_loop_test(t, approval_behind_a_hold, 0, 2);
	tcase_add_loop_test(t, leaves_when_the_calendar_opens, 0,
			    BENCH_DRIVERS);
	suite_add_tcase(s, t);
	return s;
}
