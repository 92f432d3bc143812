/* test_accept.c - from the first byte to the 250, and what is stored by then. */
#include "bench.h"
#include "connector/store/store_int.h"
#include "tests/unit/slow.h"

Suite *test_accept_suite(void);

static struct bench b;
#define OUTSIDE "hanako@partner.example"

/* The last of what a start writes down. */
static bool start_written(void)
{
	struct str v = STR_EMPTY;
	struct err e;

	return store_value(b.reader, STR("failed-looked-at"), &b.arena, &v,
			   &e) &&
	       v.n;
}

START_TEST(in_time_is_one_commit)
{
	struct db_faults *faults;
	long before;
	int64_t id;

	bench_open(&b, BENCH_MEMORY, NULL);
	faults = &b.store->place->faults;
	b.deaf = b.closed = true;
	UNTIL(&b, start_written() && !b.claiming && !b.flow->sweeping);
	bench_wait(&b, 5);
	before = faults->commits;
	id = mail_to(&b, OUTSIDE, NULL);
	ck_assert_int_eq(faults->commits - before, 1);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_SENDING);
	ck_assert_uint_eq(found(&b, id).rcpt[0].attempts, 1);
	ck_assert(found(&b, id).message.decided);
	ck_assert_uint_eq(found(&b, id).message.policy_version, 7);
	ck_assert(story_has(&b, id, "accepted", "\"sending\":1"));
	ck_assert(str_is(found(&b, id).message.subject, "hello"));
	ck_assert(str_is(found(&b, id).message.sender, TARO));
	bench_answer(&b);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	ck_assert_uint_eq(sent_count(&b, id, OUTSIDE, "Hello."), 1);
	bench_close(&b);
}
END_TEST

START_TEST(late_is_accepted_alone_and_decided_after)
{
	int64_t id, from = clock_monotonic_us();

	bench_open(&b, _i, HOLD_SEND);
	b.inspect.silent = true;
	id = mail_to(&b, OUTSIDE, NULL);
	ck_assert_int_ge(clock_monotonic_us() - from, JUDGE_WAIT_US);
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_RECEIVED);
	ck_assert(!found(&b, id).message.decided);
	ck_assert_uint_eq(found(&b, id).message.view.n, 0);
	bench_wait(&b, 30);
	ck_assert_uint_eq(b.sent.n, 0);
	fake_inspect_speak(&b.inspect);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_HELD);
	ck_assert(found(&b, id).message.decided);
	ck_assert_uint_eq(story_count(&b, id, "decided"), 1);
	UNTIL(&b, b.sent.n == 1); /* the notice */
	ck_assert_uint_eq(sent_count(&b, 0, TARO, NULL), 1);
	bench_close(&b);
}
END_TEST

START_TEST(late_and_free_to_go)
{
	int64_t id;

	bench_open(&b, _i, NULL);
	b.inspect.view_after_us = 40 * US_PER_MS;
	id = mail_to(&b, OUTSIDE, "jiro@other.example");
	ck_assert_int_eq(state_of(&b, id, 0), RCPT_RECEIVED);
	UNTIL(&b, state_of(&b, id, 1) == RCPT_DELIVERED);
	ck_assert_uint_eq(b.sent.n, 1); /* one copy for both */
	ck_assert_str_eq(b.sent.v[0].to, " " OUTSIDE " jiro@other.example");
	bench_close(&b);
}
END_TEST

START_TEST(no_slot_is_claimed_later)
{
	int64_t id;

	bench_open(&b, _i, NULL);
	b.slots = 0;
	id = mail_to(&b, OUTSIDE, NULL);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	ck_assert_uint_eq(b.sent.n, 1);
	ck_assert_uint_eq(story_count(&b, id, "attempt"), 1);
	bench_close(&b);
}
END_TEST

/* ---- what is put before it ----------------------------------------------------- */

static struct str only_copy(void)
{
	UNTIL(&b, b.sent.n == 1);
	return buf_str(&b.sent.v[0].bytes);
}

START_TEST(received_line_and_nothing_else)
{
	struct mail m = {.to = {OUTSIDE}, .tls = "TLSv1.3"};
	struct str copy;
	char *text, id_s[ID_TEXT_LEN + 1];
	int64_t id;

	bench_open(&b, BENCH_MEMORY, NULL);
	m.text = text = mail_text(&b, &m);
	id = mail_send(&b, &m);
	copy = only_copy();
	ck_assert(str_ends(copy, str_of(text)));
	ck_assert(str_starts(
		copy, STR("Received: from client.test ([192.0.2.7])\r\n")));
	id_text(id, id_s);
	ck_assert(str_find(copy, str_of(id_s)) > 0);
	ck_assert(str_find(copy, STR("by gate.example.co.jp (Sekisho) with "
				     "ESMTPS id ")) > 0);
	ck_assert(str_find(copy, STR("for <" OUTSIDE ">;\r\n\t")) > 0);
	/* Its own Message-ID and Date stay the only ones. */
	copy = str_head(copy, copy.n - strlen(text));
	ck_assert(str_find_ci(copy, STR("Message-ID")) < 0);
	ck_assert(str_find_ci(copy, STR("\nDate:")) < 0);
	ck_assert_uint_eq(found(&b, id).message.prefix.n, copy.n);
	bench_close(&b);
}
END_TEST

START_TEST(received_by_helo_says_so)
{
	struct mail m = {.to = {OUTSIDE}, .helo_only = true};

	bench_open(&b, BENCH_MEMORY, NULL);
	mail_send(&b, &m);
	ck_assert(str_find(only_copy(), STR(" (Sekisho) with SMTP id ")) > 0);
	bench_close(&b);
}
END_TEST

START_TEST(what_is_missing_is_added)
{
	struct mail m = {.to = {OUTSIDE, "jiro@other.example"},
			 .text = "From: " TARO "\r\n\r\nx\r\n"};
	struct str copy;

	bench_open(&b, BENCH_MEMORY, NULL);
	mail_send(&b, &m);
	copy = only_copy();
	ck_assert(str_find(copy, STR("\r\nMessage-ID: <")) > 0);
	ck_assert(str_find(copy, STR(".sekisho@gate.example.co.jp>\r\n")) > 0);
	ck_assert(str_find(copy, STR("\r\nDate: ")) > 0);
	/* Several recipients: none is named (RFC 5321 7.2). */
	ck_assert(str_find(copy, STR("for <")) < 0);
	ck_assert(str_find(copy, STR("with ESMTP id")) > 0);
	bench_close(&b);
}
END_TEST

START_TEST(flags_tell_the_next_hop)
{
	static const struct {
		struct str text;
		bool bdat, wide, bare;
	} rows[] = {
		{STR("From: a\r\n\r\nplain\r\n"), false, false, false},
		{STR("From: a\r\n\r\n\xe3\x81\x82\r\n"), false, true, false},
		{STR("From: a\r\n\r\nbare\nlf\r\n"), true, true, true},
		{STR("From: a\r\n\r\nfine\r\n"), true, false, false},
		/* The same for all that DATA cannot carry. */
		{STR("From: a\r\n\r\nbare\rcr\r\n"), true, true, true},
		{STR("From: a\r\n\r\nbare cr\r"), true, true, true},
		{STR("From: a\r\n\r\nbare cr\r\r\n"), true, true, true},
		{STR("From: a\r\n\r\nnul\0\r\n"), true, true, true},
	};

	bench_open(&b, BENCH_MEMORY, NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct mail m = {.to = {OUTSIDE},
				 .text = rows[i].text.p,
				 .n = rows[i].text.n,
				 .bdat = rows[i].bdat,
				 .chunk = 1};

		mail_send(&b, &m);
		UNTIL(&b, b.sent.n == i + 1);
		ck_assert_int_eq(b.sent.v[i].has_8bit, rows[i].wide);
		ck_assert_int_eq(b.sent.v[i].has_bare_lf, rows[i].bare);
		ck_assert(str_ends(buf_str(&b.sent.v[i].bytes), rows[i].text));
	}
	bench_close(&b);
}
END_TEST

START_TEST(empty_mail_is_a_mail)
{
	int64_t id;
	struct reply r;
	struct intake *in;
	struct mail m = {.to = {OUTSIDE}, .text = "", .notify = DSN_SUCCESS};

	bench_open(&b, _i, NULL);
	b.slots = 0; /* read back from the store */
	in = mail_begin(&b, &m);
	mail_end(in, &r);
	UNTIL(&b, r.came);
	ck_assert_int_eq(r.code, 250);
	ck_assert(id_parse(str_skip(str_of(r.text), 14), &id));
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	ck_assert_uint_eq(found(&b, id).message.size, 0);
	UNTIL(&b, b.sent.n == 2); /* and its "relayed" */
	bench_close(&b);
}
END_TEST

/* ---- bodies ------------------------------------------------------------------------ */

static char *big(size_t n)
{
	static const char head[] = "From: " TARO "\r\nTo: " OUTSIDE "\r\n"
				   "Message-ID: <big@client>\r\n"
				   "Date: Tue, 25 Aug 2026 14:37:00 +0900\r\n"
				   "\r\n";
	char *p = arena_alloc(&b.arena, n + 1);
	uint32_t x = 1;

	memcpy(p, head, sizeof(head) - 1);
	for (size_t i = sizeof(head) - 1; i < n; i++) {
		x = x * 1664525 + 1013904223;
		p[i] = i % 70 == 0    ? '\n'
		       : i % 70 == 69 ? '\r'
				      : (char)('a' + (x >> 24) % 26);
	}
	return p;
}

static const size_t sizes[] = {BODY_INLINE_MAX - 1,
			       BODY_INLINE_MAX,
			       BODY_INLINE_MAX + 1,
			       5 * BODY_INLINE_MAX + 7,
			       BODY_REGION_MAX,
			       BODY_REGION_MAX + 1,
			       BODY_REGION_MAX + BODY_CHUNK + 1};

static void whole_way(size_t n, unsigned slots, unsigned regions,
		      const char *policy)
{
	struct mail m = {.to = {OUTSIDE}, .n = n, .chunk = 50000};
	struct str copy;
	int64_t id;

	bench_open(&b, BENCH_SQLITE, policy);
	b.slots = slots;
	b.inspect.regions = regions;
	m.text = big(n);
	id = mail_send(&b, &m);
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
	ck_assert_uint_eq(sent_count(&b, id, NULL, NULL), 1);
	copy = buf_str(&sent_to(&b, OUTSIDE)->bytes);
	ck_assert_uint_ge(copy.n, n);
	if (!policy) {
		ck_assert_uint_eq(copy.n, found(&b, id).message.prefix.n + n);
		ck_assert(str_ends(copy, str_n(m.text, n)));
	} else {
		/* All behind the header is the original. */
		ck_assert(str_ends(copy, str_n(m.text + 200, n - 200)));
		ck_assert(str_find(copy, STR("To: " TARO "\r\n")) > 0);
		ck_assert(str_find(copy, STR("To: " OUTSIDE "\r\n")) < 0);
	}
	ck_assert_int_eq(found(&b, id).message.place, BODY_GONE);
	bench_close(&b);
}

START_TEST(bodies_byte_for_byte_from_memory)
{
	whole_way(sizes[_i], 4, 1, NULL);
}
END_TEST

START_TEST(bodies_byte_for_byte_without_a_region)
{
	whole_way(sizes[_i], 4, 0, NULL);
}
END_TEST

START_TEST(bodies_byte_for_byte_from_the_store)
{
	whole_way(sizes[_i], 0, _i % 2, NULL);
}
END_TEST

#define TO_BCC EXTERNAL "    do: {bcc: {hide: external}}\n"

START_TEST(bodies_with_edits)
{
	whole_way(sizes[_i], _i % 2 ? 4 : 0, 1, TO_BCC);
}
END_TEST

START_TEST(inline_body_of_whole_size_with_edits_from_the_store)
{
	whole_way(BODY_INLINE_MAX, 0, 1, TO_BCC);
}
END_TEST

START_TEST(too_large_is_552_at_once)
{
	struct mail m = {.to = {OUTSIDE}};
	struct intake *in;
	struct err e = ERR_EMPTY;

	bench_open(&b, BENCH_MEMORY, NULL);
	b.config.limits.message = 1000;
	in = mail_begin(&b, &m);
	ck_assert(!intake_write(in, big(1000), 1000, &e));
	ck_assert_int_eq(e.class, ERR_LIMIT);
	intake_abort(&in);
	ck_assert_ptr_null(in);
	ck_assert_uint_eq(b.flow->undecided, 0);
	bench_close(&b);
}
END_TEST

/* What is cut from a header is cut from all of it, or none is taken. 0: no
 * empty line within the bound; 1: the last that goes. */
START_TEST(a_header_without_end_is_not_taken)
{
	struct mail m = {.to = {OUTSIDE}};
	AUTO(buf) text = BUF_MAX(2 * HEAD_MAX);
	struct reply r;

	bench_open(&b, BENCH_MEMORY, NULL);
	buf_puts(&text, "From: <" TARO ">\r\n");
	while (text.n < HEAD_MAX - 4)
		buf_printf(
			&text, "X-Y: %.*s\r\n",
			(int)MIN_OF(HEAD_MAX - 4 - text.n - 5, (size_t)60),
			"oooooooooooooooooooooooooooooooooooooooooooooooooo");
	buf_truncate(&text, HEAD_MAX - 4);
	buf_puts(&text, _i ? "\r\n\r\n" : "o\r\n\r\n");
	buf_puts(&text, "Bcc: secret@example.com\r\n\r\ntext\r\n");
	m.text = buf_cstr(&text);
	r = mail_try(&b, &m);
	ck_assert_int_eq(r.code, _i ? 250 : 552);
	UNTIL(&b, ledger(&b).open == 0);
	ck_assert_uint_eq(message_count(&b), (unsigned)_i);
	bench_close(&b);
}
END_TEST

/* ---- null senders, sessions that go away ------------------------------------------ */

START_TEST(null_sender_is_proved_by_header)
{
	static const struct {
		const char *text;
		int code;
	} rows[] = {
		{"From: " TARO "\r\nSubject: a\r\n\r\nx\r\n", 250},
		{"From: \"T\" <" TARO ">\r\n\r\nx\r\n", 250},
		{"From: evil@elsewhere.example\r\n\r\nx\r\n", 550},
		{"From: " TARO ", evil@elsewhere.example\r\n\r\nx\r\n", 550},
		{"From: " TARO "\r\nFrom: " TARO "\r\n\r\nx\r\n", 550},
		{"Subject: no From\r\n\r\nx\r\n", 550},
	};

	bench_open(&b, BENCH_MEMORY, NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct mail m = {.from = "",
				 .to = {OUTSIDE},
				 .text = rows[i].text,
				 .nobody = i % 2 == 0};
		struct reply r = mail_try(&b, &m);

		ck_assert_msg(r.code == rows[i].code, "%zu: %d", i, r.code);
		if (r.code == 550)
			ck_assert_str_eq(r.status, "5.7.1");
	}
	UNTIL(&b, b.sent.n == 2);
	ck_assert_uint_eq(message_count(&b), 2);
	bench_close(&b);
}
END_TEST

START_TEST(a_login_writes_as_itself)
{
	static const struct {
		const char *text;
		int code;
	} rows[] = {
		{"From: " TARO "\r\n\r\nx\r\n", 250},
		{"From: \"T. T\" <Taro@EXAMPLE.co.jp>\r\n\r\nx\r\n", 250},
		{"From: Info\r\n\t<" INFO ">\r\n\r\nx\r\n", 250},
		{"From: hanako@example.co.jp\r\n\r\nx\r\n", 550},
		{"From: \"" TARO "\" <hanako@example.co.jp>\r\n\r\nx\r\n", 550},
		{"From: " TARO ", " INFO "\r\n\r\nx\r\n", 550},
		{"From: " TARO "\r\nfrom: " TARO "\r\n\r\nx\r\n", 550},
		{"From: g: " TARO ";\r\n\r\nx\r\n", 550},
		{"From: =?UTF-8?Q?taro=40example=2Eco=2Ejp?=\r\n\r\nx\r\n",
		 550},
		{"Sender: " TARO "\r\n\r\nx\r\n", 550},
		{"Subject: no end of the header\r\n", 550},
	};

	bench_open(&b, BENCH_MEMORY, NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct mail m = {.to = {OUTSIDE},
				 .text = rows[i].text,
				 .login = TARO,
				 .tls = "TLSv1.3"};
		struct reply r = mail_try(&b, &m);

		ck_assert_msg(r.code == rows[i].code, "%zu: %d %s", i, r.code,
			      r.text);
		if (r.code == 550)
			ck_assert_str_eq(r.status, "5.7.1");
	}
	UNTIL(&b, b.sent.n == 3);
	ck_assert_uint_eq(message_count(&b), 3);
	ck_assert_int_ge(
		str_find(buf_str(&b.sent.v[0].bytes), STR(" with ESMTPSA id ")),
		0);
	bench_close(&b);
}
END_TEST

START_TEST(session_gone_before_the_dot_leaves_nothing)
{
	struct mail m = {.to = {OUTSIDE}};
	struct intake *in;

	bench_open(&b, BENCH_SQLITE, NULL);
	in = mail_begin(&b, &m);
	intake_abort(&in);
	m.n = 200000;
	m.text = big(m.n);
	in = mail_begin(&b, &m);
	intake_abort(&in);
	bench_wait(&b, 5);
	ck_assert_uint_eq(message_count(&b), 0);
	ck_assert_uint_eq(b.flow->undecided, 0);
	bench_close(&b);
}
END_TEST

static void no_reply(void *arg, const struct intake_reply *reply)
{
	(void)arg;
	(void)reply;
	ck_abort_msg("a reply after the session was gone");
}

START_TEST(session_gone_behind_the_dot_goes_its_way)
{
	static const size_t n[] = {200, 100000, BODY_REGION_MAX + 5};

	bench_open(&b, BENCH_SQLITE, NULL);
	for (size_t i = 0; i < ARRAY_LEN(n); i++) {
		struct mail m = {.to = {OUTSIDE}, .n = n[i]};
		struct intake *in, *it;

		m.text = big(n[i]);
		m.n = n[i];
		((char *)m.text)[60] = (char)('a' + i); /* another mail */
		in = it = mail_begin(&b, &m);
		intake_end(&it, no_reply, NULL);
		intake_abort(&in);
		UNTIL(&b, sent_count(&b, 0, OUTSIDE, NULL) == i + 1);
	}
	ck_assert_uint_eq(message_count(&b), 3);
	bench_close(&b);
}
END_TEST

START_TEST(busy_is_told)
{
	struct mail m = {.to = {OUTSIDE}};
	struct intake *coming[3];

	bench_open(&b, BENCH_MEMORY, NULL);
	b.config.limits.undecided = 2;
	/* What is still coming does not count: slow senders stop nobody. */
	for (size_t i = 0; i < ARRAY_LEN(coming); i++)
		coming[i] = mail_begin(&b, &m);
	ck_assert(!flow_busy(b.flow));
	for (size_t i = 0; i < ARRAY_LEN(coming); i++)
		intake_abort(&coming[i]);
	b.inspect.silent = true;
	mail_to(&b, OUTSIDE, NULL);
	ck_assert(!flow_busy(b.flow));
	mail_to(&b, "jiro@other.example", NULL);
	ck_assert(flow_busy(b.flow));
	b.inspect.silent = false;
	fake_inspect_speak(&b.inspect);
	UNTIL(&b, !flow_busy(b.flow));
	bench_close(&b);
}
END_TEST

Suite *test_accept_suite(void)
{
	Suite *s = suite_create("flow/accept");
	TCase *t = tcase_create("accept");
	TCase *bodies = tcase_create("bodies");

	tcase_set_timeout(t, 60);
	tcase_set_timeout(bodies, 120);
	if (!SLOW) /* there the plan comes too late, which is two */
		tcase_add_test(t, in_time_is_one_commit);
	tcase_add_loop_test(t, late_is_accepted_alone_and_decided_after, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, late_and_free_to_go, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, no_slot_is_claimed_later, 0, BENCH_DRIVERS);
	tcase_add_test(t, received_line_and_nothing_else);
	tcase_add_test(t, received_by_helo_says_so);
	tcase_add_test(t, what_is_missing_is_added);
	tcase_add_test(t, flags_tell_the_next_hop);
	tcase_add_loop_test(t, empty_mail_is_a_mail, 0, BENCH_DRIVERS);
	tcase_add_test(t, too_large_is_552_at_once);
	tcase_add_loop_test(t, a_header_without_end_is_not_taken, 0, 2);
	tcase_add_test(t, null_sender_is_proved_by_header);
	tcase_add_test(t, a_login_writes_as_itself);
	tcase_add_test(t, session_gone_before_the_dot_leaves_nothing);
	tcase_add_test(t, session_gone_behind_the_dot_goes_its_way);
	tcase_add_test(t, busy_is_told);
	tcase_add_loop_test(bodies, bodies_byte_for_byte_from_memory, 0,
			    (int)ARRAY_LEN(sizes));
	tcase_add_loop_test(bodies, bodies_byte_for_byte_without_a_region, 0,
			    (int)ARRAY_LEN(sizes));
	tcase_add_loop_test(bodies, bodies_byte_for_byte_from_the_store, 0,
			    (int)ARRAY_LEN(sizes));
	tcase_add_loop_test(bodies, bodies_with_edits, 0,
			    (int)ARRAY_LEN(sizes));
	tcase_add_test(bodies,
		       inline_body_of_whole_size_with_edits_from_the_store);
	suite_add_tcase(s, t);
	suite_add_tcase(s, bodies);
	return s;
}
