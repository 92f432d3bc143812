/* test_steps.c - the store fails at each step of a mail's way, the flow's own
 * reads among them, once: whatever it was, the mail comes to the same end, once.
 *
 * STEPS=all tries every step, STEPS=N that one; else some, drawn by lot.
 */
#include <stdlib.h>
#include "bench.h"
#include "connector/store/store_int.h"

Suite *test_steps_suite(void);

static struct bench b;
#define A	   "hanako@partner.example"
#define B	   "jiro@other.example"
#define STEPS_SOME 6

static void fails_b(struct bench *bench, struct attempt *a,
		    struct attempt_rcpt *r)
{
	(void)bench;
	if (a->message.kind != MESSAGE_MAIL || !str_is(r->row.address, B))
		return;
	r->class = ATTEMPT_FAILED;
	r->code = 550;
	snprintf(r->status, sizeof(r->status), "5.1.1");
	snprintf(r->answer, sizeof(r->answer), "550 5.1.1 no such user");
}

/* A client that comes again until it hears 250. */
static int64_t hand_in(const char *id_text)
{
	struct mail m = {.to = {A, B}, .id = id_text};

	for (int i = 0; i < 3; i++) {
		struct reply r = mail_try(&b, &m);
		int64_t id;

		if (r.code == 250) {
			ck_assert(id_parse(str_skip(str_of(r.text), 14), &id));
			return id;
		}
		ck_assert_int_eq(r.code, 451);
	}
	ck_abort_msg("refused again and again");
	return 0;
}

/* Held for B, who does not exist: let go by its sender, told by a DSN. */
static void let_go(void)
{
	int64_t id;

	b.verdict = fails_b;
	id = hand_in("let-go");
	UNTIL(&b, state_of(&b, id, 1) == RCPT_HELD);
	while (act(&b, ACT_SEND_NOW, id, "sender") == ERR_RETRY)
		bench_wait(&b, 5);
	UNTIL(&b, state_of(&b, id, 1) == RCPT_BOUNCED);
	UNTIL(&b, sent_count(&b, 0, TARO, "delivery-status") == 1);
	UNTIL(&b, ledger(&b).open == 0);
	ck_assert_uint_eq(sent_count(&b, id, A, NULL), 1);
	ck_assert_uint_eq(sent_count(&b, id, B, NULL), 1);
	ck_assert_uint_eq(message_count(&b), 3); /* with notice and DSN */
}

/* Nobody does anything: it goes back when its time has come. */
static void go_back(void)
{
	int64_t id = hand_in("go-back");

	UNTIL(&b, state_of(&b, id, 1) == RCPT_HELD);
	b.wall_us += US_PER_MIN + US_PER_S;
	UNTIL(&b, state_of(&b, id, 1) == RCPT_RETURNED);
	UNTIL(&b, sent_count(&b, 0, TARO, "Subject: [Returned") == 1);
	UNTIL(&b, ledger(&b).open == 0);
	ck_assert_uint_eq(sent_count(&b, id, A, NULL), 1);
	ck_assert_uint_eq(sent_count(&b, id, B, NULL), 0);
	ck_assert_uint_eq(message_count(&b), 3); /* with both notices */
	UNTIL(&b, found(&b, id).message.place == BODY_GONE);
}

/* A stop between: what was accepted is decided afterwards, from the store. */
static void decide_late(void)
{
	int64_t id;

	b.verdict = fails_b;
	b.inspect.silent = true;
	id = hand_in("decide-late");
	while (b.flow->judged) {
		struct judged *j = b.flow->judged;

		judged_free(&j);
	}
	b.inspect.silent = false;
	b.flow->redecide = true;
	UNTIL(&b, state_of(&b, id, 1) == RCPT_HELD);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	while (act(&b, ACT_DISCARD, id, "uid 0") == ERR_RETRY)
		bench_wait(&b, 5);
	UNTIL(&b, ledger(&b).open == 0);
	ck_assert_int_eq(state_of(&b, id, 1), RCPT_DISCARDED);
	ck_assert_uint_eq(sent_count(&b, id, A, NULL), 1);
	ck_assert_uint_eq(sent_count(&b, id, B, NULL), 0);
}

static const struct {
	const char *then;
	void (*walk)(void);
} ways[] = {{"send", let_go}, {"return", go_back}, {"send", decide_late}};

/* The steps that it took. */
static long walked(int way, long fail_at)
{
	AUTO(buf) rules = BUF_MAX(KIB);
	struct db_faults *f;
	long steps;

	buf_printf(&rules,
		   "  - rule: r\n    when: {recipient: {in: [" B "]}}\n"
		   "    do: {hold: {for: 1m, then: %s}}\n",
		   ways[way].then);
	bench_open(&b, BENCH_MEMORY, buf_cstr(&rules));
	b.unreadable = true;
	bench_wait(&b, 3);
	f = &b.store->place->faults;
	f->spared = b.reader->db;
	f->steps = 0;
	f->step_at = fail_at;
	ways[way].walk();
	steps = f->steps;
	f->step_at = 0;
	bench_close(&b);
	return steps;
}

START_TEST(every_step_fails_once)
{
	const char *how = getenv("STEPS");
	long one = how ? strtol(how, NULL, 10) : 0;
	long seen = walked(_i, one), stride = how ? 1 : seen / STEPS_SOME + 1;
	uint32_t lot;

	random_bytes(&lot, sizeof(lot));
	for (long n = 1 + (long)(lot % (unsigned long)stride);
	     n <= seen && !one; n += stride)
		walked(_i, n);
	ck_assert_int_gt(seen, 50);
}
END_TEST

Suite *test_steps_suite(void)
{
	Suite *s = suite_create("flow/steps");
	TCase *t = tcase_create("steps");

	tcase_set_timeout(t, 600);
	tcase_add_loop_test(t, every_step_fails_once, 0, ARRAY_LEN(ways));
	suite_add_tcase(s, t);
	return s;
}
