/* test_identity.c - new, repeat or split copy: row by row. */
#include "connector/store/store_int.h"
#include "m365.h"

Suite *test_identity_suite(void);

#define A "hanako@partner.example"
#define B "jiro@other.example"
#define C "saburo@third.example"

static struct bench b;

START_TEST(new_one)
{
	int64_t one, two;

	bench_open(&b, _i, HOLD_SEND);
	one = mail_send(&b, &(struct mail){.to = {A}, .id = "x"});
	two = mail_send(&b, &(struct mail){.to = {A}, .id = "y"});
	ck_assert_int_ne(one, two);
	ck_assert_uint_eq(audit_count(&b, "repeat"), 0);
	bench_close(&b);
}
END_TEST

START_TEST(repeat_gets_the_first_id)
{
	int64_t one;

	bench_open(&b, _i, HOLD_SEND);
	one = mail_send(&b, &(struct mail){.to = {A, B}, .id = "x"});
	ck_assert_int_eq(mail_send(&b, &(struct mail){.to = {A, B}, .id = "x"}),
			 one);
	ck_assert_uint_eq(story_count(&b, one, "repeat"), 1);
	UNTIL(&b, b.sent.n == 1);
	bench_wait(&b, 30);
	ck_assert_uint_eq(b.sent.n, 1); /* one notice */
	ck_assert_uint_eq(message_count(&b), 2);
	ck_assert_uint_eq(b.flow->undecided, 0);
	bench_close(&b);
}
END_TEST

START_TEST(repeat_of_a_large_one_leaves_no_file)
{
	struct mail m = {.to = {A}, .n = 300000};
	char *text;
	int64_t one;

	bench_open(&b, BENCH_SQLITE, HOLD_SEND);
	text = arena_alloc(&b.arena, m.n);
	memset(text, 'x', m.n);
	snprintf(text, 64, "Message-ID: <l@c>\r\nFrom: " TARO "\r\n\r\n");
	text[strlen(text)] = 'x';
	m.text = text;
	one = mail_send(&b, &m);
	ck_assert_int_eq(mail_send(&b, &m), one);
	ck_assert_int_eq(mail_send(&b, &m), one);
	ck_assert_uint_eq(story_count(&b, one, "repeat"), 2);
	bench_close(&b);
}
END_TEST

START_TEST(repeat_while_undecided)
{
	int64_t one;

	bench_open(&b, _i, NULL);
	b.inspect.silent = true;
	one = mail_send(&b, &(struct mail){.to = {A}, .id = "x"});
	ck_assert_int_eq(mail_send(&b, &(struct mail){.to = {A}, .id = "x"}),
			 one);
	fake_inspect_speak(&b.inspect);
	UNTIL(&b, state_of(&b, one, 0) == RCPT_DELIVERED);
	ck_assert_uint_eq(b.sent.n, 1);
	bench_close(&b);
}
END_TEST

START_TEST(other_bytes_are_another_mail)
{
	struct mail m = {.to = {A}, .id = "x"};
	int64_t one;
	char *text;

	bench_open(&b, _i, HOLD_SEND);
	one = mail_send(&b, &m);
	text = mail_text(&b, &m);
	text[strlen(text) - 3] = '!';
	m.text = text;
	ck_assert_int_ne(mail_send(&b, &m), one);
	ck_assert_uint_eq(audit_count(&b, "repeat"), 0);
	ck_assert_uint_eq(ledger(&b).held, 2);
	bench_close(&b);
}
END_TEST

START_TEST(resend_of_a_released_one_is_new)
{
	int64_t one, two;

	bench_open(&b, _i, NULL);
	one = mail_send(&b, &(struct mail){.to = {A}, .id = "x"});
	UNTIL(&b, state_of(&b, one, 0) == RCPT_DELIVERED);
	two = mail_send(&b, &(struct mail){.to = {A}, .id = "x"});
	ck_assert_int_ne(one, two);
	UNTIL(&b, state_of(&b, two, 0) == RCPT_DELIVERED);
	ck_assert_uint_eq(b.sent.n, 2);
	bench_close(&b);
}
END_TEST

START_TEST(split_copies_join)
{
	int64_t one, two;
	struct store_found first, second;

	bench_open(&b, _i, HOLD_SEND);
	/* One header for both: the provider split the envelope. */
	one = mail_send(
		&b, &(struct mail){.to = {A},
				   .text = "Message-ID: <s@c>\r\nFrom: " TARO
					   "\r\n\r\nx\r\n"});
	bench_wait(&b, 20);
	two = mail_send(
		&b, &(struct mail){.to = {B},
				   .text = "Message-ID: <s@c>\r\nFrom: " TARO
					   "\r\n\r\nx\r\n"});
	ck_assert_int_ne(one, two);
	first = found(&b, one);
	second = found(&b, two);
	ck_assert_int_eq(second.rcpt[0].state, RCPT_HELD);
	ck_assert_int_eq(first.rcpt[0].due_us, second.rcpt[0].due_us);
	bench_wait(&b, 50);
	ck_assert_uint_eq(b.sent.n, 1); /* no second notice */
	bench_close(&b);
}
END_TEST

START_TEST(join_is_told_when_the_first_was_not_held)
{
	static const char rules[] =
		"  - rule: r\n    when: {recipient: {in: [" B "]}}\n"
		"    do: {hold: {for: 1m, then: send}}\n";
	struct mail m = {.to = {A},
			 .text = "Message-ID: <s@c>\r\nFrom: " TARO
				 "\r\n\r\nx\r\n"};

	bench_open(&b, _i, rules);
	b.deaf = true; /* the first one stays open */
	mail_send(&b, &m);
	m.to[0] = B;
	mail_send(&b, &m);
	UNTIL(&b, sent_count(&b, 0, TARO, NULL) == 1);
	bench_close(&b);
}
END_TEST

START_TEST(no_join_with_other_bytes_or_an_ended_one)
{
	struct mail m = {.to = {A},
			 .text = "Message-ID: <s@c>\r\nFrom: " TARO
				 "\r\n\r\nx\r\n"};
	int64_t one;

	bench_open(&b, _i, HOLD_SEND);
	one = mail_send(&b, &m);
	m.to[0] = B;
	m.text = "Message-ID: <s@c>\r\nFrom: " TARO "\r\n\r\ny\r\n";
	mail_send(&b, &m);
	UNTIL(&b, sent_count(&b, 0, TARO, NULL) == 2);
	ck_assert_int_eq(act(&b, ACT_DISCARD, one, "uid 0"), ERR_NONE);
	m.to[0] = C;
	m.text = "Message-ID: <s@c>\r\nFrom: " TARO "\r\n\r\nx\r\n";
	mail_send(&b, &m);
	UNTIL(&b, sent_count(&b, 0, TARO, NULL) == 3);
	bench_close(&b);
}
END_TEST

#define TRACE_ONE                                                              \
	"Received: from a by b id 1; x\r\nX-MS-Exchange-Transport: 1\r\n"      \
	"DKIM-Signature: v=1; b=one\r\nARC-Seal: i=1\r\n"
#define TRACE_TWO                                                              \
	"Received: from c by d\r\n id 2; x\r\nX-MS-Other: 2\r\n"               \
	"DKIM-Signature: v=1;\r\n b=two\r\n"                                   \
	"Authentication-Results: x\r\nReturn-Path: <a@b>\r\n"

START_TEST(split_copies_differ_in_their_traces)
{
	struct mail m = {.to = {A}, .chunk = 5000};
	size_t pad = _i ? 200000 : 0;
	int64_t one, two, three;

	m365_open(&b, HOLD_SEND);
	m.text = m365_text(&b, TRACE_ONE ALL, "s", pad);
	one = mail_send(&b, &m);
	m.text = m365_text(&b, TRACE_TWO ALL, "s", pad);
	m.to[0] = B;
	two = mail_send(&b, &m);
	ck_assert_int_ne(one, two);
	ck_assert_int_eq(found(&b, one).rcpt[0].due_us,
			 found(&b, two).rcpt[0].due_us);
	bench_wait(&b, 30);
	ck_assert_uint_eq(b.sent.n, 1); /* one notice for both */
	/* The repeat of one is a repeat, whatever it went through. */
	ck_assert_int_eq(mail_send(&b, &m), two);
	/* What people wrote makes another mail of it. */
	m.text = m365_text(&b, "Reply-To: x@y\r\n" ALL, "s", pad);
	three = mail_send(&b, &m);
	ck_assert_int_ne(three, two);
	ck_assert_uint_eq(audit_count(&b, "repeat"), 1);
	bench_close(&b);
}
END_TEST

/* ---- at once ------------------------------------------------------------------- */

/* Final dots in one turn of the loop. */
static void at_once(const struct mail *m, size_t n, struct reply *r)
{
	struct intake *in[3];

	ck_assert_uint_le(n, ARRAY_LEN(in));
	for (size_t i = 0; i < n; i++)
		in[i] = mail_begin(&b, &m[i]);
	for (size_t i = 0; i < n; i++)
		mail_end(in[i], &r[i]);
	for (size_t i = 0; i < n; i++)
		UNTIL(&b, r[i].came);
	ck_assert_uint_eq(b.flow->turns.n, 0);
}

static const char *large_text(size_t n)
{
	char *text = arena_alloc(&b.arena, n);

	memset(text, 'x', n);
	snprintf(text, 64, "Message-ID: <s@c>\r\nFrom: " TARO "\r\n\r\n");
	text[strlen(text)] = 'x';
	return text;
}

/* _i: in memory, and in the spool. */
START_TEST(repeats_at_once_are_one_mail)
{
	struct mail m[3] = {{.to = {A}, .id = "x"}};
	struct reply r[3];

	bench_open(&b, BENCH_SQLITE, HOLD_SEND);
	if (_i) {
		m[0].n = 300000;
		m[0].text = large_text(m[0].n);
	}
	m[2] = m[1] = m[0];
	at_once(m, 3, r);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(r[i].code, 250);
		ck_assert_str_eq(r[i].text, r[0].text);
	}
	ck_assert_uint_eq(audit_count(&b, "repeat"), 2);
	UNTIL(&b, sent_count(&b, 0, TARO, NULL) == 1);
	ck_assert_uint_eq(ledger(&b).accepted, 1 + b.sent.n);
	bench_wait(&b, 30);
	ck_assert_uint_eq(b.sent.n, 1);
	ck_assert_uint_eq(b.flow->undecided, 0);
	bench_close(&b);
}
END_TEST

START_TEST(split_copies_at_once_join)
{
	struct mail m[3];
	struct reply r[3];

	bench_open(&b, _i, HOLD_SEND);
	for (size_t i = 0; i < 3; i++)
		m[i] = (struct mail){.to = {i == 0   ? A
					    : i == 1 ? B
						     : C},
				     .text = "Message-ID: <s@c>\r\nFrom: " TARO
					     "\r\n\r\nx\r\n"};
	at_once(m, 3, r);
	ck_assert_int_eq(r[0].code, 250);
	ck_assert_int_eq(r[1].code, 250);
	ck_assert_str_ne(r[0].text, r[1].text);
	UNTIL(&b, sent_count(&b, 0, TARO, NULL) == 1);
	bench_wait(&b, 50);
	ck_assert_uint_eq(b.sent.n, 1); /* one notice */
	ck_assert_uint_eq(ledger(&b).held, 3);
	bench_close(&b);
}
END_TEST

START_TEST(who_waits_goes_on_when_the_first_fails)
{
	struct mail m = {.to = {A}, .id = "x"};
	struct intake *one, *two;
	struct db_faults *faults;
	struct reply r[2];

	bench_open(&b, BENCH_MEMORY, HOLD_SEND);
	b.closed = true;
	one = mail_begin(&b, &m);
	two = mail_begin(&b, &m);
	faults = &b.store->place->faults;
	faults->lasting = true;
	faults->commit_at = 1;
	mail_end(one, &r[0]);
	mail_end(two, &r[1]);
	UNTIL(&b, r[0].came);
	faults->commit_at = 0;
	faults->lasting = false;
	UNTIL(&b, r[1].came);
	ck_assert_int_eq(r[0].code, 451);
	ck_assert_uint_eq(audit_count(&b, "repeat"), 0);
	ck_assert_uint_eq(ledger(&b).held, r[1].code == 250);
	ck_assert_uint_eq(b.flow->turns.n, 0);
	bench_close(&b);
}
END_TEST

START_TEST(who_waits_may_lose_its_session)
{
	struct mail m = {.to = {A}, .id = "x"};
	struct intake *one, *two;
	struct reply r;

	bench_open(&b, _i, HOLD_SEND);
	one = mail_begin(&b, &m);
	two = mail_begin(&b, &m);
	mail_end(one, &r);
	intake_end(&two, NULL, NULL);
	UNTIL(&b, r.came);
	UNTIL(&b, audit_count(&b, "repeat") == 1);
	UNTIL(&b, b.flow->undecided == 0);
	ck_assert_uint_eq(ledger(&b).held, 1);
	bench_close(&b);
}
END_TEST

START_TEST(another_tenants_message_id_means_nothing)
{
	struct tenant_conf other;
	int64_t one, two;

	bench_open(&b, _i, HOLD_SEND);
	one = mail_send(&b, &(struct mail){.to = {A}, .id = "x"});
	other = b.tenant;
	b.tenant.tenant = (char *)"other";
	two = mail_send(&b, &(struct mail){.to = {A}, .id = "x"});
	ck_assert_int_ne(one, two);
	ck_assert_uint_eq(audit_count(&b, "repeat"), 0);
	b.tenant = other;
	bench_close(&b);
}
END_TEST

Suite *test_identity_suite(void)
{
	Suite *s = suite_create("flow/identity");
	TCase *t = tcase_create("identity");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, new_one, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, repeat_gets_the_first_id, 0, BENCH_DRIVERS);
	tcase_add_test(t, repeat_of_a_large_one_leaves_no_file);
	tcase_add_loop_test(t, repeat_while_undecided, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, other_bytes_are_another_mail, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, resend_of_a_released_one_is_new, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, split_copies_join, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, join_is_told_when_the_first_was_not_held, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, no_join_with_other_bytes_or_an_ended_one, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, split_copies_differ_in_their_traces, 0, 2);
	tcase_add_loop_test(t, repeats_at_once_are_one_mail, 0, 2);
	tcase_add_loop_test(t, split_copies_at_once_join, 0, BENCH_DRIVERS);
	tcase_add_test(t, who_waits_goes_on_when_the_first_fails);
	tcase_add_loop_test(t, who_waits_may_lose_its_session, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, another_tenants_message_id_means_nothing, 0,
			    BENCH_DRIVERS);
	suite_add_tcase(s, t);
	return s;
}
