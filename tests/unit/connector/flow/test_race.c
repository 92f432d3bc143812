/* test_race.c - timer, sender and operators at a barrier: exactly one wins. */
#include <pthread.h>
#include "bench.h"

Suite *test_race_suite(void);

static struct bench b;
#define A "hanako@partner.example"

#define RACE_MAILS  40
#define RACE_ROUNDS 8

struct racer {
	struct flow_action act;
	int64_t id[RACE_MAILS];
	pthread_barrier_t *start;
	_Atomic unsigned answered, won;
};

static void on_race(void *arg, const struct err *why)
{
	struct racer *r = arg;

	ck_assert_msg(!why || why->class == ERR_CONFLICT, "%d %s", why->class,
		      why->text);
	r->won += !why;
	r->answered++;
}

static void *race(void *arg)
{
	struct racer *r = arg;

	pthread_barrier_wait(r->start);
	for (size_t i = 0; i < RACE_MAILS; i++) {
		r->act.id = r->id[i];
		flow_do(b.flow, &r->act, b.loop, on_race, r);
	}
	return NULL;
}

static void race_judge(int64_t id)
{
	static const char *const events[] = {"sent-now", "discarded",
					     "returned", "released"};
	size_t wins = 0, copies;
	enum rcpt_state s;

	UNTIL(&b, rcpt_state_ended(state_of(&b, id, 0)));
	s = state_of(&b, id, 0);
	for (size_t i = 0; i < ARRAY_LEN(events); i++)
		wins += story_count(&b, id, events[i]);
	copies = sent_count(&b, id, NULL, NULL);
	/* Taken back after it was opened, before its turn: that was asked for
	 * later, and so is in order. */
	if (wins == 2 && s != RCPT_DELIVERED)
		wins -= story_count(&b, id, "released") +
			story_count(&b, id, "sent-now");
	ck_assert_msg(
		wins == 1,
		"%zu wins: now %zu, clock %zu, discard %zu, return %zu; %s",
		wins, story_count(&b, id, "sent-now"),
		story_count(&b, id, "released"),
		story_count(&b, id, "discarded"),
		story_count(&b, id, "returned"), rcpt_state_name(s));
	ck_assert_uint_eq(copies, s == RCPT_DELIVERED);
	ck_assert_uint_eq(story_count(&b, id, "discarded"),
			  s == RCPT_DISCARDED);
	ck_assert_uint_eq(story_count(&b, id, "returned"), s == RCPT_RETURNED);
}

static void race_round(struct racer v[3], pthread_barrier_t *start)
{
	int64_t at = clock_now_us() + 30 * US_PER_MS;
	pthread_t thread[3];

	for (size_t i = 0; i < RACE_MAILS; i++) {
		int64_t id = mail_to(&b, A, NULL);

		ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
		/* Threads walk them in different directions. */
		v[0].id[i] = v[1].id[RACE_MAILS - 1 - i] = id;
		v[2].id[(i * 7) % RACE_MAILS] = id;
	}
	for (size_t i = 0; i < RACE_MAILS; i++)
		due_set(&b, v[0].id[i], 0, at);
	for (size_t i = 0; i < 3; i++) {
		v[i].answered = v[i].won = 0;
		v[i].start = start;
		ck_assert_int_eq(pthread_create(&thread[i], NULL, race, &v[i]),
				 0);
	}
	while (clock_now_us() < at)
		bench_step(&b);
	bench_wait(&b, (unsigned)(at / 7 % 5) * 50); /* the sweep's phase */
	pthread_barrier_wait(start);
	UNTIL(&b,
	      v[0].answered + v[1].answered + v[2].answered == 3 * RACE_MAILS);
	for (size_t i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	for (size_t i = 0; i < RACE_MAILS; i++)
		race_judge(v[0].id[i]);
}

START_TEST(one_of_timer_sender_and_operator_wins)
{
	static struct racer v[3];
	pthread_barrier_t start;

	v[0].act = (struct flow_action){.act = ACT_SEND_NOW,
					.actor = "sender " TARO};
	v[1].act = (struct flow_action){.act = ACT_DISCARD, .actor = "uid 0"};
	v[2].act = (struct flow_action){.act = ACT_RETURN, .actor = "uid 1"};
	bench_open(&b, _i, HOLD_SEND);
	b.config.notices.hold = HOLD_NOTICE_NONE;
	pthread_barrier_init(&start, NULL, 4);
	for (int round = 0; round < RACE_ROUNDS; round++)
		race_round(v, &start);
	pthread_barrier_destroy(&start);
	bench_close(&b);
}
END_TEST

Suite *test_race_suite(void)
{
	Suite *s = suite_create("flow/race");
	TCase *t = tcase_create("races");

	tcase_set_timeout(t, 240);
	tcase_add_loop_test(t, one_of_timer_sender_and_operator_wins, 0,
			    BENCH_DRIVERS);
	suite_add_tcase(s, t);
	return s;
}
