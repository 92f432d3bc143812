/* test_outcome.c - what an attempt came to: states, back-off, DSNs. */
#include "bench.h"
#include "tests/unit/slow.h"
#include <arpa/inet.h>
#include <netinet/in.h>

Suite *test_outcome_suite(void);

static struct bench b;
#define A "hanako@partner.example"
#define B "jiro@other.example"

static void say(struct attempt_rcpt *r, enum attempt_class class, int code,
		const char *status, const char *answer)
{
	r->class = class;
	r->code = code;
	snprintf(r->status, sizeof(r->status), "%s", status);
	snprintf(r->answer, sizeof(r->answer), "%s", answer);
}

static bool to_person_outside(const struct attempt *a)
{
	return a->message.kind == MESSAGE_MAIL;
}

static void fails(struct bench *bench, struct attempt *a,
		  struct attempt_rcpt *r)
{
	(void)bench;
	if (to_person_outside(a))
		say(r, ATTEMPT_FAILED, 550, "5.1.1",
		    "550 5.1.1 no such \"user\"");
}

static void fails_all(struct bench *bench, struct attempt *a,
		      struct attempt_rcpt *r)
{
	(void)bench;
	(void)a;
	say(r, ATTEMPT_FAILED, 550, "5.1.1", "550 5.1.1 nobody at all");
}

static void fails_b_only(struct bench *bench, struct attempt *a,
			 struct attempt_rcpt *r)
{
	if (str_is(r->row.address, B))
		fails(bench, a, r);
}

static void defers_twice(struct bench *bench, struct attempt *a,
			 struct attempt_rcpt *r)
{
	(void)bench;
	if (to_person_outside(a) && r->row.attempts < 3)
		say(r, ATTEMPT_DEFERRED, 451, "4.2.2", "451 4.2.2 later");
}

static void defers(struct bench *bench, struct attempt *a,
		   struct attempt_rcpt *r)
{
	(void)bench;
	if (to_person_outside(a))
		say(r, ATTEMPT_DEFERRED, 451, "4.2.2", "451 4.2.2 later");
}

static void unknown_once(struct bench *bench, struct attempt *a,
			 struct attempt_rcpt *r)
{
	(void)bench;
	if (to_person_outside(a) && r->row.attempts < 2)
		say(r, ATTEMPT_UNKNOWN, 0, "", "no answer to the final dot");
}

static void forgotten_once(struct bench *bench, struct attempt *a,
			   struct attempt_rcpt *r)
{
	(void)bench;
	if (to_person_outside(a) && r->row.attempts < 2)
		say(r, ATTEMPT_OPEN, 0, "", "");
}

static void misconfigured(struct bench *bench, struct attempt *a,
			  struct attempt_rcpt *r)
{
	(void)bench;
	if (to_person_outside(a))
		say(r, ATTEMPT_MISCONFIGURED, 550, "5.7.1",
		    "550 5.7.1 relaying denied");
}

static void untried(struct bench *bench, struct attempt *a,
		    struct attempt_rcpt *r)
{
	(void)a;
	say(r, ATTEMPT_UNTRIED, 0, "", "");
	bench->verdict = NULL;
}

static struct str dsn(void)
{
	UNTIL(&b, sent_count(&b, 0, TARO, "report-type=delivery-status"));
	return buf_str(&sent_to(&b, TARO)->bytes);
}

static void has(struct str text, const char *needle)
{
	ck_assert_msg(str_find(text, str_of(needle)) >= 0, "no %s in\n" STR_FMT,
		      needle, STR_ARG(text));
}

static void has_not(struct str text, const char *needle)
{
	ck_assert_msg(str_find(text, str_of(needle)) < 0, "%s", needle);
}

/* ---- classes -------------------------------------------------------------------- */

START_TEST(delivered)
{
	int64_t id;
	struct store_rcpt r;

	bench_open(&b, _i, NULL);
	id = mail_to(&b, A, B);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	r = found(&b, id).rcpt[0];
	ck_assert_int_eq(r.code, 250);
	ck_assert(str_is(r.answer, "250 2.0.0 Ok"));
	ck_assert(str_is(r.remote, "relay.test[192.0.2.9]"));
	ck_assert_int_gt(r.ended_us, 0);
	ck_assert(story_has(&b, id, "outcome", "\"state\":\"delivered\""));
	/* Counted when the commit is known, a turn after it can be read. */
	UNTIL(&b, metric_get(&b.metrics, METRIC_DELIVERED) == 2);
	ck_assert_uint_eq(ledger(&b).end[RCPT_DELIVERED], 2);
	bench_close(&b);
}
END_TEST

START_TEST(deferred_comes_again_later_each_time)
{
	int64_t id, before, first, second;

	bench_open(&b, _i, NULL);
	b.config.queue.retry_first_us = 200 * US_PER_MS;
	b.config.queue.retry_most_us = US_PER_MIN;
	b.verdict = defers_twice;
	before = clock_now_us();
	id = mail_to(&b, A, NULL);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DEFERRED);
	first = found(&b, id).rcpt[0].due_us;
	ck_assert_int_ge(first, before + 200 * US_PER_MS);
	ck_assert_int_le(first, clock_now_us() + 250 * US_PER_MS);
	UNTIL(&b, found(&b, id).rcpt[0].attempts == 2 &&
			  state_of(&b, id, 0) == RCPT_DEFERRED);
	second = found(&b, id).rcpt[0].due_us;
	ck_assert_int_ge(second, first + 400 * US_PER_MS);
	ck_assert_int_le(second, clock_now_us() + 500 * US_PER_MS);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	ck_assert_uint_eq(b.sent.n, 3); /* nobody is told of two short delays */
	ck_assert_uint_eq(found(&b, id).rcpt[0].attempts, 3);
	bench_close(&b);
}
END_TEST

START_TEST(failed_is_told_as_rfc_3464_says)
{
	struct mail m = {.to = {A, B}, .id = "orig"};
	struct str text;
	int64_t id;

	bench_open(&b, _i, NULL);
	b.verdict = fails_b_only;
	id = mail_send(&b, &m);
	UNTIL(&b, state_of(&b, id, 1) == RCPT_BOUNCED);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_DELIVERED);
	text = dsn();
	has(text, "Content-Type: multipart/report;");
	has(text, "Content-Type: message/delivery-status");
	has(text, "Reporting-MTA: dns; gate.example.co.jp\r\n");
	has(text, "Final-Recipient: rfc822; " B "\r\n");
	has(text, "Action: failed\r\nStatus: 5.1.1\r\n");
	has(text, "Remote-MTA: dns; relay.test[192.0.2.9]\r\n");
	has(text, "Diagnostic-Code: smtp; 550 5.1.1 no such \"user\"\r\n");
	has(text, "Auto-Submitted: auto-replied");
	has(text, "In-Reply-To: <orig@client>");
	has(text, "text/rfc822-headers");
	has(text, "Subject: hello\r\n");
	has_not(text, "Final-Recipient: rfc822; " A);
	has_not(text, "\r\nHello.\r\n"); /* the header only */
	ck_assert(str_is(found(&b, sent_to(&b, TARO)->id).message.from, ""));
	bench_wait(&b, 20);
	ck_assert_uint_eq(b.sent.n, 2);
	bench_close(&b);
}
END_TEST

START_TEST(ret_says_what_of_the_original)
{
	struct mail m = {.to = {A}, .ret = DSN_RET_FULL};
	struct str text;

	bench_open(&b, _i, NULL);
	b.verdict = fails;
	mail_send(&b, &m);
	text = dsn();
	has(text, "Content-Type: message/rfc822");
	has(text, "\r\nHello.\r\n");
	ck_assert(str_ends(text, STR("--\r\n")));
	bench_close(&b);
	bench_open(&b, _i, NULL);
	b.verdict = fails;
	m.ret = DSN_RET_HDRS;
	mail_send(&b, &m);
	has_not(dsn(), "\r\nHello.\r\n");
	bench_close(&b);
}
END_TEST

START_TEST(notify_is_obeyed)
{
	static const struct {
		unsigned notify;
		void (*verdict)(struct bench *, struct attempt *,
				struct attempt_rcpt *);
		const char *action; /* NULL: silence */
	} rows[] = {
		{DSN_NEVER, fails, NULL},
		{DSN_NEVER, NULL, NULL},
		{DSN_SUCCESS, fails, NULL},
		{DSN_SUCCESS, NULL, "Action: relayed\r\nStatus: 2.0.0\r\n"},
		{DSN_SUCCESS | DSN_FAILURE, NULL, "Action: relayed"},
		{DSN_FAILURE, fails, "Action: failed"},
		{DSN_FAILURE, NULL, NULL},
		{DSN_DELAY, fails, NULL},
		{0, NULL, NULL},
	};
	struct mail m = {.to = {A}, .notify = rows[_i].notify};
	int64_t id;

	bench_open(&b, BENCH_MEMORY, NULL);
	b.verdict = rows[_i].verdict;
	id = mail_send(&b, &m);
	UNTIL(&b, rcpt_state_ended(state_of(&b, id, 0)));
	if (rows[_i].action)
		has(dsn(), rows[_i].action);
	bench_wait(&b, 50);
	ck_assert_uint_eq(b.sent.n, rows[_i].action ? 2 : 1);
	bench_close(&b);
}
END_TEST

START_TEST(null_sender_gets_none)
{
	struct mail m = {.from = "",
			 .to = {A},
			 .text = "From: " TARO "\r\n\r\nx\r\n",
			 .notify = DSN_SUCCESS | DSN_FAILURE};
	int64_t id;

	bench_open(&b, _i, NULL);
	b.verdict = fails;
	id = mail_send(&b, &m);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_BOUNCED);
	bench_wait(&b, 50);
	ck_assert_uint_eq(b.sent.n, 1);
	ck_assert_uint_eq(message_count(&b), 1);
	bench_close(&b);
}
END_TEST

static const char *const elsewhere[] = {
	"x%out.example@example.co.jp",
	"out.example!x@example.co.jp",
	"\"x@out.example\"@example.co.jp",
};

/* A report carries the mail: none to where the sender's text leads on. */
START_TEST(no_report_goes_astray)
{
	int64_t id;

	bench_open(&b, BENCH_MEMORY, NULL);
	b.verdict = fails;
	id = mail_send(&b, &(struct mail){.from = elsewhere[_i],
					  .to = {A},
					  .ret = DSN_RET_FULL});
	UNTIL(&b, state_of(&b, id, 0) == RCPT_BOUNCED);
	bench_wait(&b, 30);
	ck_assert_uint_eq(sent_count(&b, 0, "out.example", NULL), 0);
	/* But somebody has to know. */
	ck_assert_ptr_nonnull(map_get(&b.flow->alarms, STR("untold")));
	bench_close(&b);
}
END_TEST

START_TEST(a_notice_that_fails_makes_no_other)
{
	int64_t id;

	bench_open(&b, _i, NULL);
	b.verdict = fails_all;
	id = mail_to(&b, A, NULL);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_BOUNCED);
	UNTIL(&b, ledger(&b).end[RCPT_BOUNCED] == 2);
	bench_wait(&b, 30);
	ck_assert_uint_eq(message_count(&b), 2);
	bench_close(&b);
}
END_TEST

START_TEST(unknown_is_counted_and_comes_again)
{
	const int64_t after_us = CASES_APART(150) * US_PER_MS; /* seen */
	int64_t before, id;
	struct store_rcpt r;

	bench_open(&b, _i / 2, NULL);
	b.verdict = _i % 2 ? forgotten_once : unknown_once;
	b.config.queue.unknown_after_us = after_us;
	before = clock_now_us();
	id = mail_to(&b, A, NULL);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_UNKNOWN);
	r = found(&b, id).rcpt[0];
	ck_assert_uint_eq(r.unknowns, 1);
	ck_assert_uint_eq(ledger(&b).unknown, 1);
	ck_assert_int_le(r.due_us, clock_now_us() + after_us);
	ck_assert_int_ge(r.due_us, before + after_us);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	ck_assert_uint_eq(found(&b, id).rcpt[0].unknowns, 1);
	ck_assert_uint_eq(ledger(&b).unknown, 1); /* remembered */
	ck_assert_uint_eq(b.sent.n, 2);
	bench_close(&b);
}
END_TEST

/* No longer than the longest wait of any other mail. */
START_TEST(parked_waits_as_others_do)
{
	int64_t id;

	bench_open(&b, _i, NULL);
	b.config.queue.retry_most_us = US_PER_MIN;
	b.verdict = misconfigured;
	id = mail_to(&b, A, NULL);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_PARKED);
	ck_assert_int_le(found(&b, id).rcpt[0].due_us,
			 clock_now_us() + US_PER_MIN);
	bench_close(&b);
}
END_TEST

START_TEST(misconfigured_is_parked_not_bounced)
{
	int64_t id;

	bench_open(&b, _i, NULL);
	b.config.queue.give_up_us = 1; /* not even then */
	b.config.queue.retry_most_us = US_PER_HOUR;
	b.verdict = misconfigured;
	id = mail_to(&b, A, NULL);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_PARKED);
	ck_assert(str_is(found(&b, id).rcpt[0].reason, "misconfigured"));
	ck_assert_int_gt(found(&b, id).rcpt[0].due_us,
			 clock_now_us() + PARK_US - US_PER_MIN);
	bench_wait(&b, 30);
	ck_assert_uint_eq(b.sent.n, 1);
	b.verdict = NULL;
	due_set(&b, id, 0, 1);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	ck_assert(str_is(found(&b, id).rcpt[0].reason, ""));
	bench_close(&b);
}
END_TEST

/* Parked for longer than mail is tried: it is tried as long as any other. */
START_TEST(parked_time_does_not_count)
{
	struct store_job *j;
	struct store_rcpt r;
	int64_t id, ago;

	bench_open(&b, BENCH_SQLITE, NULL);
	b.config.queue.retry_most_us = US_PER_HOUR;
	b.verdict = misconfigured;
	id = mail_to(&b, A, NULL);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_PARKED);
	b.verdict = defers;
	ago = clock_now_us() - 2 * b.config.queue.give_up_us;
	r = found(&b, id).rcpt[0];
	r.ready_us = ago;
	r.due_us = ago + park_us(&b.config);
	j = store_job_new(b.store);
	store_set_rcpt(j, id, r.state, &r, 0);
	ck_assert(store_run(b.store, j, NULL));
	store_job_free(&j);
	if (_i)
		ck_assert_int_eq(act(&b, ACT_RELEASE, id, "uid 0"), ERR_NONE);
	UNTIL(&b, found(&b, id).rcpt[0].attempts == 2 &&
			  state_of(&b, id, 0) != RCPT_SENDING);
	r = found(&b, id).rcpt[0];
	ck_assert_int_eq(r.state, RCPT_DEFERRED);
	ck_assert_int_ge(r.ready_us, ago + b.config.queue.give_up_us);
	bench_close(&b);
}
END_TEST

static void not_ours_to_send(struct bench *bench, struct attempt *a,
			     struct attempt_rcpt *r)
{
	misconfigured(bench, a, r);
	r->code = 0;
}

/* What we park by ourselves nobody else tells of. */
START_TEST(parked_by_us_is_an_alarm)
{
	int64_t id;

	bench_open(&b, _i / 2, NULL);
	b.verdict = _i % 2 ? not_ours_to_send : misconfigured;
	id = mail_to(&b, A, NULL);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_PARKED);
	ck_assert_int_eq(map_get(&b.flow->alarms, STR("parked")) != NULL,
			 _i % 2);
	bench_close(&b);
}
END_TEST

static enum attempt_class aside;

static void sets_aside(struct bench *bench, struct attempt *a,
		       struct attempt_rcpt *r)
{
	(void)bench;
	if (a->message.kind == MESSAGE_MAIL)
		r->class = aside;
}

/* However long it takes: it is neither tried again nor given up. */
START_TEST(set_aside_until_somebody_looks)
{
	const char *why = _i % 2 ? "loop" : "damaged";
	struct store_found f;
	int64_t id;

	bench_open(&b, _i / 2, NULL);
	b.config.queue.give_up_us = 1;
	aside = _i % 2 ? ATTEMPT_LOOP : ATTEMPT_DAMAGED;
	b.verdict = sets_aside;
	id = mail_to(&b, A, NULL);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_PARKED);
	f = found(&b, id);
	ck_assert_int_eq(f.rcpt[0].due_us, 0);
	ck_assert(str_is(f.rcpt[0].reason, why));
	ck_assert(str_is(f.message.reason, why));
	ck_assert_int_eq(f.message.place, BODY_INLINE);
	ck_assert_ptr_nonnull(map_get(&b.flow->alarms, str_of(why)));
	UNTIL(&b, sent_count(&b, 0, "it@example.co.jp", NULL) == 1);
	b.verdict = NULL;
	ck_assert_int_eq(act(&b, ACT_RELEASE, id, "uid 0"), ERR_NONE);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	bench_close(&b);
}
END_TEST

START_TEST(untried_costs_no_attempt)
{
	int64_t id;

	bench_open(&b, _i, NULL);
	b.verdict = untried;
	id = mail_to(&b, A, NULL);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_READY);
	ck_assert_uint_eq(found(&b, id).rcpt[0].attempts, 0);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	ck_assert_uint_eq(found(&b, id).rcpt[0].attempts, 1);
	bench_close(&b);
}
END_TEST

static void has_quota(struct bench *bench, struct attempt *a,
		      struct attempt_rcpt *r)
{
	(void)bench;
	if (to_person_outside(a))
		say(r, ATTEMPT_DEFERRED, 550, "5.4.5", "550 5.4.5 daily limit");
}

/* ---- delays ----------------------------------------------------------------------- */

START_TEST(a_delay_is_of_class_4)
{
	struct str text;

	bench_open(&b, BENCH_MEMORY, NULL);
	b.config.queue.warn_after_us = 1;
	b.config.queue.give_up_us = US_PER_DAY;
	b.verdict = has_quota;
	mail_to(&b, A, NULL);
	text = dsn();
	has(text, "Action: delayed\r\nStatus: 4.4.5\r\n");
	has(text, "Diagnostic-Code: smtp; 550 5.4.5 daily limit\r\n");
	bench_close(&b);
}
END_TEST

START_TEST(delay_is_told_once_then_given_up)
{
	struct str text;
	int64_t id;

	bench_open(&b, _i, NULL);
	b.config.queue.warn_after_us = 100 * US_PER_MS;
	b.config.queue.give_up_us = 700 * US_PER_MS;
	b.verdict = defers;
	id = mail_to(&b, A, NULL);
	text = dsn();
	has(text, "Action: delayed\r\nStatus: 4.2.2\r\n");
	has(text, "Will-Retry-Until: ");
	ck_assert_int_lt(state_of(&b, id, 0), RCPT_FIRST_END);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_BOUNCED);
	UNTIL(&b, sent_count(&b, 0, TARO, "Action: failed"));
	ck_assert_uint_eq(sent_count(&b, 0, TARO, "Status: 4.4.7"), 1);
	ck_assert_uint_eq(sent_count(&b, 0, TARO, "Action: delayed"), 1);
	bench_close(&b);
}
END_TEST

START_TEST(give_up_counts_from_the_opening)
{
	int64_t id;

	bench_open(&b, _i, HOLD_SEND);
	b.config.queue.give_up_us = 600 * US_PER_MS;
	b.config.notices.hold = HOLD_NOTICE_NONE;
	b.verdict = defers_twice;
	id = mail_to(&b, A, NULL);
	bench_wait(&b, 700); /* held longer than that */
	ck_assert_int_eq(act(&b, ACT_SEND_NOW, id, "sender"), ERR_NONE);
	UNTIL(&b, rcpt_state_ended(state_of(&b, id, 0)));
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_DELIVERED);
	bench_close(&b);
}
END_TEST

/* ---- many, long, late ------------------------------------------------------------ */

static void fails_with_long_words(struct bench *bench, struct attempt *a,
				  struct attempt_rcpt *r)
{
	(void)bench;
	if (!to_person_outside(a))
		return;
	say(r, ATTEMPT_FAILED, 550, "5.1.1", "");
	memset(r->answer, '"', sizeof(r->answer) - 1);
	memcpy(r->answer, "550 5.1.1 ", 10);
	r->answer[sizeof(r->answer) - 1] = 0;
}

/* Of a mail of ASCII to an address beyond it: every hop takes the report. */
START_TEST(a_report_of_ascii)
{
	struct str s;
	int64_t id;

	bench_open(&b, BENCH_MEMORY, NULL);
	b.verdict = fails;
	id = mail_send(&b,
		       &(struct mail){.to = {"花@partner.example"},
				      .text = "From: " TARO "\r\n\r\nx\r\n",
				      .smtputf8 = true,
				      .ret = _i ? DSN_RET_FULL : DSN_RET_HDRS});
	UNTIL(&b, state_of(&b, id, 0) == RCPT_BOUNCED);
	s = buf_str(&notice_for(&b, TARO, 0)->bytes);
	has(s, "Final-Recipient: utf-8; \\x{82B1}@partner.example\r\n");
	has(s, "Content-Type: message/delivery-status\r\n");
	ck_assert(str_is_ascii(s));
	ck_assert(!notice_for(&b, TARO, 0)->has_8bit);
	bench_close(&b);
}
END_TEST

/* And where it cannot be of ASCII, it says so. */
START_TEST(a_report_of_more)
{
	static const char from[] = "太郎@example.co.jp";
	int64_t id;

	bench_open(&b, BENCH_MEMORY, NULL);
	b.verdict = fails;
	id = mail_send(&b, &(struct mail){.from = from,
					  .to = {A},
					  .text = "From: " TARO "\r\n\r\nx\r\n",
					  .smtputf8 = true,
					  .ret = DSN_RET_FULL});
	UNTIL(&b, state_of(&b, id, 0) == RCPT_BOUNCED);
	ck_assert(notice_for(&b, from, 0)->has_8bit);
	bench_close(&b);
}
END_TEST

/* A thousand recipients that all fail with the longest answers: the DSN fits
 * its edits, the audit row its limit. More of them have more reports. */
START_TEST(a_thousand_failures_fit)
{
	const size_t N = _i < 2 ? 1000 : 2001;
	const size_t reports = (N + 999) / 1000;
	size_t told = 0;
	struct flow_session s = {.tenant = &b.tenant, .helo = STR("c")};
	struct sockaddr_in *peer = (struct sockaddr_in *)&s.peer;
	struct envelope env = {.rcpt_n = N,
			       .ret = _i == 1 ? DSN_RET_FULL : DSN_RET_HDRS};
	static const char text[] = "From: " TARO "\r\n\r\nall of it\r\n";
	const struct str final = STR("\r\nFinal-Recipient: ");
	struct intake *in;
	struct reply r;
	struct err e = ERR_EMPTY;
	struct str copy;

	bench_open(&b, BENCH_SQLITE, NULL);
	b.verdict = fails_with_long_words;
	peer->sin_family = AF_INET;
	peer->sin_addr.s_addr = htonl(0xc0000209); /* 192.0.2.9 */
	env.rcpt = arena_array(&b.arena, N, sizeof(*env.rcpt));
	ck_assert(addr_parse(STR(TARO), true, false, &b.arena, &env.from, &e));
	for (size_t i = 0; i < N; i++)
		ck_assert(addr_parse(
			str_of(arena_printf(
				&b.arena, "somebody-%04zu@partner.example", i)),
			true, false, &b.arena, &env.rcpt[i].addr, &e));
	in = intake_new(b.flow, &s, &env);
	ck_assert(intake_write(in, text, strlen(text), &e));
	mail_end(in, &r);
	UNTIL(&b, r.came);
	ck_assert_int_eq(r.code, 250);
	UNTIL(&b, ledger(&b).end[RCPT_BOUNCED] == N);
	UNTIL(&b, ledger(&b).end[RCPT_DELIVERED] == reports);
	copy = buf_str(&b.sent.v[1].bytes);
	ck_assert_uint_gt(copy.n, 8 * BODY_INLINE_MAX);
	has(copy, "somebody-0999@partner.example\r\nAction: failed");
	if (_i == 1)
		ck_assert(str_find(copy, STR("\r\n\r\nall of it\r\n")) > 0);
	for (size_t i = 1; i <= reports; i++) {
		copy = buf_str(&b.sent.v[i].bytes);
		ck_assert(str_ends(copy, STR("--\r\n")));
		while (str_find(copy, final) >= 0) {
			copy = str_skip(copy,
					(size_t)str_find(copy, final) + 1);
			told++;
		}
	}
	ck_assert_uint_eq(told, N);
	bench_close(&b);
}
END_TEST

START_TEST(answers_are_durable_soon)
{
	int64_t id, at;

	bench_open(&b, _i, NULL);
	b.deaf = true;
	id = mail_to(&b, A, NULL);
	UNTIL(&b, b.open.n == 1);
	at = clock_monotonic_us();
	bench_answer(&b);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	ck_assert_int_lt(clock_monotonic_us() - at, 20 * US_PER_S);
	bench_close(&b);
}
END_TEST

START_TEST(acts_and_attempts_keep_apart)
{
	/* What is on its way can be neither discarded nor sent twice. */
	int64_t id;

	bench_open(&b, _i, NULL);
	b.deaf = true;
	id = mail_to(&b, A, NULL);
	UNTIL(&b, b.open.n == 1);
	ck_assert_int_eq(act(&b, ACT_DISCARD, id, "uid 0"), ERR_CONFLICT);
	ck_assert_int_eq(act(&b, ACT_RELEASE, id, "uid 0"), ERR_CONFLICT);
	b.verdict = defers;
	bench_answer(&b);
	b.closed = true;
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DEFERRED);
	ck_assert_int_eq(act(&b, ACT_RETURN, id, "uid 0"), ERR_NONE);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_RETURNED);
	bench_close(&b);
}
END_TEST

Suite *test_outcome_suite(void)
{
	Suite *s = suite_create("flow/outcome");
	TCase *t = tcase_create("outcome");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, delivered, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, deferred_comes_again_later_each_time, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, failed_is_told_as_rfc_3464_says, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, ret_says_what_of_the_original, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, notify_is_obeyed, 0, 9);
	tcase_add_loop_test(t, null_sender_gets_none, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, no_report_goes_astray, 0, ARRAY_LEN(elsewhere));
	tcase_add_loop_test(t, a_report_of_ascii, 0, 2);
	tcase_add_test(t, a_report_of_more);
	tcase_add_loop_test(t, a_notice_that_fails_makes_no_other, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, unknown_is_counted_and_comes_again, 0, 4);
	tcase_add_loop_test(t, misconfigured_is_parked_not_bounced, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, parked_waits_as_others_do, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, parked_time_does_not_count, 0, 2);
	tcase_add_loop_test(t, parked_by_us_is_an_alarm, 0, BENCH_DRIVERS * 2);
	tcase_add_loop_test(t, set_aside_until_somebody_looks, 0,
			    BENCH_DRIVERS * 2);
	tcase_add_loop_test(t, untried_costs_no_attempt, 0, BENCH_DRIVERS);
	tcase_add_test(t, a_delay_is_of_class_4);
	tcase_add_loop_test(t, delay_is_told_once_then_given_up, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, give_up_counts_from_the_opening, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, a_thousand_failures_fit, 0, 3);
	tcase_add_loop_test(t, answers_are_durable_soon, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, acts_and_attempts_keep_apart, 0, BENCH_DRIVERS);
	suite_add_tcase(s, t);
	return s;
}
