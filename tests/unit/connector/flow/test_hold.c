/* test_hold.c - gates and people: timers, acts, ends, notices. */
#include "bench.h"

Suite *test_hold_suite(void);

static struct bench b;
#define A  "hanako@partner.example"
#define B  "jiro@other.example"
#define IT "it@example.co.jp"

/* ---- the clock ---------------------------------------------------------------- */

START_TEST(leaves_at_its_time_not_before)
{
	int64_t id, due;

	bench_open(&b, _i, HOLD_SEND);
	id = mail_to(&b, A, NULL);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	due = found(&b, id).rcpt[0].due_us;
	ck_assert_int_eq(due, found(&b, id).message.accepted_us + US_PER_MIN);
	ck_assert(str_is(found(&b, id).rcpt[0].reason, "hold"));
	ck_assert(str_is(found(&b, id).message.reason, "hold"));
	due = clock_now_us() + 400 * US_PER_MS;
	due_set(&b, id, 0, due);
	while (clock_now_us() < due) {
		ck_assert_uint_eq(sent_count(&b, id, NULL, NULL), 0);
		bench_step(&b);
	}
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	ck_assert_int_lt(clock_now_us(), due + US_PER_S);
	ck_assert_int_ge(found(&b, id).rcpt[0].ready_us, due);
	ck_assert_uint_eq(story_count(&b, id, "released"), 1);
	bench_close(&b);
}
END_TEST

START_TEST(recipients_wait_each_for_their_own)
{
	static const char rules[] =
		"  - rule: r\n    when: {recipient: {in: [" B "]}}\n"
		"    do: {hold: {for: 1m, then: send}}\n";
	int64_t id;

	bench_open(&b, _i, rules);
	id = mail_to(&b, A, B);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	ck_assert_int_eq(state_of(&b, id, 1), RCPT_HELD);
	due_set(&b, id, 1, 1);
	UNTIL(&b, state_of(&b, id, 1) == RCPT_DELIVERED);
	ck_assert_uint_eq(sent_count(&b, id, A, NULL), 1);
	ck_assert_uint_eq(sent_count(&b, id, B, NULL), 1);
	bench_close(&b);
}
END_TEST

START_TEST(one_digest_for_all_that_is_held)
{
	const char *text;

	bench_open(&b, _i, HOLD_SEND);
	b.config.notices.hold = HOLD_NOTICE_DIGEST;
	b.flow->digest_next_us = INT64_MAX;
	mail_to(&b, A, NULL);
	mail_to(&b, B, NULL);
	b.flow->digest_next_us = 0;
	text = readable(&b, notice_for(&b, TARO, 0));
	ck_assert_ptr_nonnull(strstr(text, "[Held] Messages: 2"));
	ck_assert_ptr_nonnull(strstr(text, "[Check number] "));
	ck_assert_ptr_nonnull(strstr(text, "* Will be sent automatically at "));
	text = strstr(text, "/m/");
	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_nonnull(strstr(text + 3, "/m/"));
	/* What stood in one digest does not come again. */
	b.flow->digest_next_us = 0;
	bench_wait(&b, 400);
	ck_assert_uint_eq(sent_count(&b, 0, TARO, NULL), 1);
	bench_close(&b);
}
END_TEST

#define DISCARD_OR_DELAY                                                       \
	"  - rule: r\n    when: {recipient: {in: [" A "]}}\n"                  \
	"    do: {hold: {for: 20m, then: discard}}\n"                          \
	"  - rule: q\n    when: {recipient: {in: [" B "]}}\n"                  \
	"    do: {hold: {for: 10m, then: send}}\n"

/* The moment and what happens then are of one recipient. */
START_TEST(what_comes_first_is_told)
{
	static const char send[] = "* Will be sent automatically at ";

	bench_open(&b, BENCH_MEMORY, DISCARD_OR_DELAY);
	b.config.notices.hold = HOLD_NOTICE_DIGEST;
	b.flow->digest_next_us = INT64_MAX;
	if (_i)
		mail_to(&b, B, A);
	else
		mail_to(&b, A, B);
	b.flow->digest_next_us = 0;
	ck_assert_ptr_nonnull(
		strstr(readable(&b, notice_for(&b, TARO, 0)), send));
	bench_close(&b);
}
END_TEST

static size_t times(const char *text, const char *needle)
{
	size_t n = 0;

	while ((text = strstr(text, needle)) != NULL) {
		n++;
		text++;
	}
	return n;
}

/* More than one notice takes: the rest stands in others. */
START_TEST(digests_of_many)
{
	enum { N = 300 };
	static const char subject[] = "=?UTF-8?B?"
				      "44GC44GC44GC44GC44GC44GC44GC44GC44GC44GC"
				      "44GC44GC44GC44GC44GC44GC44GC44GC44GC44GC"
				      "?=";
	size_t n = 0;

	bench_open(&b, BENCH_MEMORY, HOLD_SEND);
	b.config.notices.hold = HOLD_NOTICE_DIGEST;
	b.flow->digest_next_us = INT64_MAX;
	for (int i = 0; i < N; i++)
		mail_send(&b, &(struct mail){
				      .to = {A},
				      .text = arena_printf(
					      &b.arena,
					      "From: " TARO "\r\nMessage-ID: "
					      "<%d@x.example>\r\nSubject: "
					      "%s%s%s\r\n\r\nx\r\n",
					      i, subject, subject, subject)});
	b.flow->digest_next_us = 0;
	for (size_t i = 0; n < 2 * N; i++)
		n += times(readable(&b, notice_for(&b, TARO, i)),
			   "[Check number] ");
	ck_assert_uint_eq(n, 2 * N); /* text and page */
	bench_close(&b);
}
END_TEST

#define TWO_STAGES                                                             \
	EXTERNAL "    do: {hold: {for: 1m, then: send, stage: 1}}\n"           \
		 "  - rule: q\n    when: {recipient: {class: external}}\n"     \
		 "    do: {hold: {for: 2m, then: send, stage: 2}}\n"

START_TEST(two_stages_one_after_another)
{
	int64_t id, at;
	struct store_rcpt r;

	bench_open(&b, _i, TWO_STAGES);
	id = mail_to(&b, A, NULL);
	at = clock_now_us();
	due_set(&b, id, 0, at);
	UNTIL(&b, found(&b, id).rcpt[0].gate == 1);
	r = found(&b, id).rcpt[0];
	ck_assert_int_eq(r.state, RCPT_HELD);
	ck_assert_int_ge(r.due_us, at + 2 * US_PER_MIN);
	ck_assert_int_le(r.due_us, clock_now_us() + 2 * US_PER_MIN);
	due_set(&b, id, 0, at);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	bench_close(&b);
}
END_TEST

#define HOLD_AND_DELAY                                                         \
	EXTERNAL "    do: {hold: {for: 1m, then: send}, delay: {for: 60m}}\n"

START_TEST(delay_stands_beside_the_hold)
{
	int64_t id, delayed;

	bench_open(&b, _i, HOLD_AND_DELAY);
	id = mail_to(&b, A, NULL);
	delayed = found(&b, id).message.accepted_us + US_PER_HOUR;
	ck_assert_int_eq(act(&b, ACT_SEND_NOW, id, "sender"), ERR_NONE);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	ck_assert_int_eq(found(&b, id).rcpt[0].due_us, delayed);
	ck_assert_int_eq(act(&b, ACT_SEND_NOW, id, "sender"), ERR_CONFLICT);
	due_set(&b, id, 0, 1);
	bench_wait(&b, 300);
	/* The gate has its own memory: never before its moment. */
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	ck_assert_int_eq(found(&b, id).rcpt[0].due_us, delayed);
	ck_assert_int_eq(act(&b, ACT_RELEASE, id, "uid 0"), ERR_NONE);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	bench_close(&b);
}
END_TEST

static void ends(int driver, const char *then, enum rcpt_state end,
		 const char *subject, bool attached)
{
	char rules[200];
	int64_t id;
	const char *text;

	snprintf(rules, sizeof(rules),
		 EXTERNAL "    do: {hold: {for: 1m, then: %s}}\n", then);
	bench_open(&b, driver, rules);
	id = mail_to(&b, A, NULL);
	due_set(&b, id, 0, 1);
	UNTIL(&b, state_of(&b, id, 0) == end);
	text = readable(&b, notice_for(&b, TARO, 1));
	ck_assert_msg(strstr(text, subject) != NULL, "%s", text);
	ck_assert_int_eq(strstr(text, "message/rfc822") != NULL, attached);
	ck_assert_int_eq(strstr(text, "\r\nHello.\r\n") != NULL, attached);
	ck_assert_ptr_nonnull(strstr(text, A));
	ck_assert_uint_eq(sent_count(&b, id, NULL, NULL), 0);
	UNTIL(&b, found(&b, id).message.place == BODY_GONE);
	bench_close(&b);
}

START_TEST(hold_that_ends_in_return)
{
	ends(_i, "return", RCPT_RETURNED, "Subject: [Returned", true);
}
END_TEST

START_TEST(hold_that_ends_in_discard)
{
	ends(_i, "discard", RCPT_EXPIRED, "Subject: [Expired", false);
}
END_TEST

START_TEST(wait_ends_in_return)
{
	ends(_i, "wait", RCPT_RETURNED, "Subject: [Returned", true);
}
END_TEST

START_TEST(nobody_to_return_it_to)
{
	static const char rules[] = EXTERNAL
		"    do: {hold: {for: 1m, then: return}}\n";
	struct mail m = {
		.from = "", .to = {A}, .text = "From: " TARO "\r\n\r\nx\r\n"};
	int64_t id;

	bench_open(&b, _i, rules);
	b.inspect.fail_view = true; /* no header From is seen, either */
	id = mail_send(&b, &m);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	due_set(&b, id, 0, 1);
	bench_wait(&b, 400);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	ck_assert_int_eq(act(&b, ACT_RETURN, id, "uid 0"), ERR_PERMANENT);
	ck_assert_int_eq(act(&b, ACT_DISCARD, id, "uid 0"), ERR_NONE);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_DISCARDED);
	bench_close(&b);
}
END_TEST

/* ---- the notice ------------------------------------------------------------------ */

/* What stands behind a word, up to white space. */
static struct str word_after(const char *text, const char *before)
{
	const char *at = strstr(text, before);

	ck_assert_msg(at != NULL, "no %s in %s", before, text);
	at += strlen(before);
	return str_n(at, strcspn(at, " \r\n<\""));
}

static void token_of(const char *text, struct flow_action *a,
		     unsigned char check[SHA256_LEN])
{
	struct str token = word_after(text, "https://gate.example/m/");
	struct str digits = word_after(text, "Check number: ");
	char both[64];

	ck_assert_uint_eq(token.n, TOKEN_TEXT_LEN);
	ck_assert_uint_eq(digits.n, 4);
	sha256_of(token.p, token.n, a->token);
	snprintf(both, sizeof(both), STR_FMT STR_FMT, STR_ARG(token),
		 STR_ARG(digits));
	sha256_of(both, strlen(both), check);
	a->use_token = true;
}

START_TEST(notice_has_link_and_digits)
{
	struct flow_action a = {.act = ACT_SEND_NOW};
	unsigned char check[SHA256_LEN];
	struct store_token t;
	struct sent *s;
	const char *text;
	struct err e = ERR_EMPTY;

	bench_open(&b, _i, HOLD_SEND);
	a.id = mail_to(&b, A, NULL);
	s = notice_for(&b, TARO, 0);
	ck_assert_int_eq(s->kind, MESSAGE_NOTICE);
	ck_assert(str_is(found(&b, s->id).message.from, ""));
	ck_assert_int_eq(found(&b, s->id).message.about, a.id);
	text = readable(&b, s);
	ck_assert_ptr_nonnull(strstr(text, "Auto-Submitted: "));
	ck_assert_ptr_nonnull(strstr(text, "From: "));
	ck_assert_ptr_nonnull(strstr(text, "sekisho@example.co.jp"));
	ck_assert_ptr_nonnull(strstr(text, "[Held] hello"));
	token_of(text, &a, check);
	ck_assert(store_token_find(b.reader, a.token, &b.arena, &t, &e));
	ck_assert_int_eq(t.message, a.id);
	ck_assert(str_is(t.person, TARO));
	ck_assert_int_eq(memcmp(t.check, check, SHA256_LEN), 0);
	ck_assert_int_gt(t.expires_us, clock_now_us() + US_PER_DAY);
	/* The right to decide is used once. */
	ck_assert_int_eq(act_full(&b, &a), ERR_NONE);
	a.act = ACT_DISCARD;
	ck_assert_int_eq(act_full(&b, &a), ERR_CONFLICT);
	UNTIL(&b, state_of(&b, a.id, 0) == RCPT_DELIVERED);
	bench_close(&b);
}
END_TEST

START_TEST(no_hold_notice_where_none_is_wanted)
{
	bench_open(&b, _i, HOLD_SEND);
	b.config.notices.hold = HOLD_NOTICE_NONE;
	mail_to(&b, A, NULL);
	bench_wait(&b, 60);
	ck_assert_uint_eq(b.sent.n, 0);
	bench_close(&b);
}
END_TEST

#define BCC_HELD                                                               \
	EXTERNAL "    do: {hold: {for: 1m, then: send}, "                      \
		 "bcc: {hide: external, tell-sender: true}}\n"

/* What is held has not been sent, whatever else was done to it. */
START_TEST(changed_to_bcc_and_held)
{
	const char *text;

	bench_open(&b, BENCH_MEMORY, BCC_HELD);
	b.tenant.language = (char *)"ja";
	mail_to(&b, A, NULL);
	text = readable(&b, notice_for(&b, TARO, 0));
	if (!strstr(text, "Bcc に変換したお知らせ"))
		text = readable(&b, notice_for(&b, TARO, 1));
	ck_assert_ptr_nonnull(strstr(text, "全員を Bcc に変えました。"
					   "まだ保留中です。"));
	ck_assert_ptr_null(strstr(text, "送りました"));
	bench_close(&b);
}
END_TEST

START_TEST(japanese_notice)
{
	const char *text;

	bench_open(&b, BENCH_MEMORY, HOLD_SEND);
	b.tenant.language = (char *)"ja";
	mail_to(&b, A, NULL);
	text = readable(&b, notice_for(&b, TARO, 0));
	ck_assert_ptr_nonnull(strstr(text, "メール配送保留のお知らせ"));
	ck_assert_uint_eq(word_after(text, "確認番号: ").n, 4);
	bench_close(&b);
}
END_TEST

/* ---- acts --------------------------------------------------------------------------- */

START_TEST(send_now_discard_and_conflicts)
{
	int64_t id;

	bench_open(&b, _i, HOLD_SEND);
	id = mail_to(&b, A, NULL);
	ck_assert_int_eq(act(&b, ACT_SEND_NOW, id, "sender"), ERR_NONE);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	ck_assert(story_has(&b, id, "sent-now", "because of the test"));
	ck_assert_int_eq(act(&b, ACT_DISCARD, id, "sender"), ERR_CONFLICT);
	ck_assert_int_eq(act(&b, ACT_RETURN, id, "sender"), ERR_CONFLICT);
	ck_assert_int_eq(act(&b, ACT_RELEASE, id, "uid 0"), ERR_CONFLICT);
	id = mail_to(&b, A, B);
	ck_assert_int_eq(act(&b, ACT_DISCARD, id, "sender"), ERR_NONE);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_DISCARDED);
	ck_assert_int_eq(state_of(&b, id, 1), RCPT_DISCARDED);
	ck_assert_int_eq(found(&b, id).message.place, BODY_GONE);
	ck_assert_int_eq(act(&b, ACT_SEND_NOW, id, "sender"), ERR_CONFLICT);
	ck_assert_int_eq(act(&b, ACT_SEND_NOW, id + 1, "sender"),
			 ERR_NOT_FOUND);
	bench_wait(&b, 30);
	ck_assert_uint_eq(sent_count(&b, id, NULL, NULL), 0);
	bench_close(&b);
}
END_TEST

static char *odd_body(size_t n)
{
	char *p = arena_alloc(&b.arena, n + 1);
	int head = snprintf(p, n, "From: " TARO "\r\nSubject: odd\r\n\r\n");

	for (size_t i = (size_t)head; i < n; i++)
		p[i] = (char)(i % 61 == 0 ? 0xe9 : 'a' + i % 26);
	return p;
}

START_TEST(return_has_the_original_byte_for_byte)
{
	static const size_t sizes[] = {100, BODY_INLINE_MAX, 300000};
	struct mail m = {.to = {A}, .n = sizes[_i]};
	struct str copy;
	int64_t id;

	bench_open(&b, BENCH_SQLITE, HOLD_SEND);
	m.text = odd_body(m.n);
	id = mail_send(&b, &m);
	UNTIL(&b, b.sent.n == 1);
	ck_assert_int_eq(act(&b, ACT_RETURN, id, "uid 0"), ERR_NONE);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_RETURNED);
	UNTIL(&b, b.sent.n == 2);
	copy = buf_str(&b.sent.v[1].bytes);
	ck_assert(b.sent.v[1].has_8bit);
	ck_assert(str_find(copy, str_n(m.text, m.n)) > 0);
	ck_assert(str_find(copy, STR("Content-Type: message/rfc822")) > 0);
	ck_assert(str_ends(copy, STR("--\r\n")));
	UNTIL(&b, found(&b, id).message.place == BODY_GONE);
	bench_close(&b);
}
END_TEST

#define WIDE_BCC                                                               \
	EXTERNAL "    do: {hold: {for: 1m, then: send}, bcc: {hide: "          \
		 "external}}\n"

START_TEST(release_as_is_leaves_the_edits_out)
{
	struct flow_action a = {.act = ACT_RELEASE, .actor = "uid 0"};

	bench_open(&b, _i, WIDE_BCC);
	a.id = mail_to(&b, A, NULL);
	ck_assert_int_eq(act_full(&b, &a), ERR_NONE);
	UNTIL(&b, state_of(&b, a.id, 0) == RCPT_DELIVERED);
	ck_assert_uint_eq(sent_count(&b, a.id, A, "To: " TARO "\r\n"), 1);
	a.id = mail_to(&b, A, NULL);
	a.as_is = true;
	ck_assert_int_eq(act_full(&b, &a), ERR_NONE);
	UNTIL(&b, state_of(&b, a.id, 0) == RCPT_DELIVERED);
	ck_assert_uint_eq(sent_count(&b, a.id, A, "To: " A "\r\n"), 1);
	ck_assert(story_has(&b, a.id, "released", "\"as-is\":true"));
	bench_close(&b);
}
END_TEST

/* ---- doubt --------------------------------------------------------------------------- */

START_TEST(failed_inspection_waits_for_an_admin)
{
	int64_t id;

	bench_open(&b, BENCH_MEMORY, NULL);
	b.inspect.fail_view = _i == 0;
	b.inspect.bad_view = _i == 1;
	id = mail_to(&b, A, NULL);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	ck_assert_int_eq(found(&b, id).rcpt[0].due_us, 0);
	ck_assert(str_is(found(&b, id).message.reason, "failed"));
	ck_assert(str_is(found(&b, id).rcpt[0].reason, "failed"));
	notice_for(&b, IT, 0);
	ck_assert_int_eq(act(&b, ACT_SEND_NOW, id, "sender"), ERR_CONFLICT);
	ck_assert_int_eq(act(&b, ACT_RELEASE, id, "uid 0"), ERR_NONE);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	bench_close(&b);
}
END_TEST

START_TEST(failed_edits_never_leave_unedited_by_themselves)
{
	/* Not even where the policy takes `failed` lightly. */
	static const char *const doubt[] = {"", "doubt: {failed: pass}\n",
					    "doubt: {failed: confirm}\n"};
	struct flow_action a = {.act = ACT_RELEASE, .actor = "uid 0"};
	char rules[400];

	snprintf(rules, sizeof(rules), "%srules:\n" WIDE_BCC, doubt[_i / 2]);
	bench_open(&b, BENCH_MEMORY, rules);
	b.inspect.fail_edit = _i % 2 == 0;
	b.inspect.bad_edit = _i % 2 == 1;
	a.id = mail_to(&b, A, NULL);
	ck_assert_int_eq(state_of(&b, a.id, 0), RCPT_HELD);
	ck_assert_int_eq(found(&b, a.id).rcpt[0].due_us, 0);
	ck_assert(str_is(found(&b, a.id).message.reason, "failed"));
	ck_assert(str_is(found(&b, a.id).message.subject, "hello"));
	notice_for(&b, IT, 0);
	ck_assert_int_eq(act(&b, ACT_SEND_NOW, a.id, "sender"), ERR_CONFLICT);
	ck_assert_int_eq(act_full(&b, &a), ERR_CONFLICT);
	bench_wait(&b, 20);
	ck_assert_uint_eq(sent_count(&b, a.id, NULL, NULL), 0);
	a.as_is = true;
	ck_assert_int_eq(act_full(&b, &a), ERR_NONE);
	UNTIL(&b, state_of(&b, a.id, 0) == RCPT_DELIVERED);
	ck_assert_uint_eq(sent_count(&b, a.id, A, "To: " A "\r\n"), 1);
	bench_close(&b);
}
END_TEST

START_TEST(approval_is_held_for_the_admin)
{
	int64_t id;

	bench_open(&b, _i, NULL);
	b.inspect.attachment_unread = true; /* ambiguous: approve */
	id = mail_to(&b, A, NULL);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_HELD);
	ck_assert(str_is(found(&b, id).message.reason, "ambiguous"));
	notice_for(&b, IT, 0);
	ck_assert_int_eq(act(&b, ACT_SEND_NOW, id, "sender"), ERR_CONFLICT);
	ck_assert_int_eq(act(&b, ACT_RELEASE, id, "uid 0"), ERR_NONE);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	bench_close(&b);
}
END_TEST

Suite *test_hold_suite(void)
{
	Suite *s = suite_create("flow/hold");
	TCase *t = tcase_create("clock");
	TCase *people = tcase_create("people");

	tcase_set_timeout(t, 60);
	tcase_set_timeout(people, 60);
	tcase_add_loop_test(t, leaves_at_its_time_not_before, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, recipients_wait_each_for_their_own, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, two_stages_one_after_another, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, delay_stands_beside_the_hold, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, hold_that_ends_in_return, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, hold_that_ends_in_discard, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, wait_ends_in_return, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, nobody_to_return_it_to, 0, BENCH_DRIVERS);
	tcase_add_loop_test(people, notice_has_link_and_digits, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(people, no_hold_notice_where_none_is_wanted, 0,
			    BENCH_DRIVERS);
	tcase_add_test(people, japanese_notice);
	tcase_add_test(people, changed_to_bcc_and_held);
	tcase_add_loop_test(people, send_now_discard_and_conflicts, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(people, return_has_the_original_byte_for_byte, 0,
			    3);
	tcase_add_loop_test(people, release_as_is_leaves_the_edits_out, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(people, failed_inspection_waits_for_an_admin, 0, 2);
	tcase_add_loop_test(
		people, failed_edits_never_leave_unedited_by_themselves, 0, 6);
	tcase_add_loop_test(people, approval_is_held_for_the_admin, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(people, what_comes_first_is_told, 0, 2);
	tcase_add_test(people, digests_of_many);
	tcase_add_loop_test(people, one_digest_for_all_that_is_held, 0,
			    BENCH_DRIVERS);
	suite_add_tcase(s, t);
	suite_add_tcase(s, people);
	return s;
}
