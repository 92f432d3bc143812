/* test_secrets.c - what is cut from a mail and what is put on it.
 *
 * Secrets are searched for in every file, copy, notice and DSN.
 */
#include "m365.h"

Suite *test_secrets_suite(void);

#define A "hanako@partner.example"
#define B "jiro@other.example"

static struct bench b;

static bool holds(struct str s, const char *marker)
{
	return str_find(s, str_of(marker)) >= 0;
}

/* In what left the done header stands once, in front; nothing else of ours. */
static void no_marker_in_copies(void)
{
	const struct str done = STR("X-Sekisho-Done: " M365_BACK "\r\n");

	ck_assert_uint_gt(b.sent.n, 0);
	VEC_EACH (s, &b.sent) {
		struct str text = buf_str(&s->bytes);

		ck_assert(!holds(text, M365_IN));
		ck_assert(str_starts(text, done));
		ck_assert(!holds(str_skip(text, done.n), M365_BACK));
	}
}

static void fails_for_good(struct bench *bench, struct attempt *a,
			   struct attempt_rcpt *r)
{
	(void)bench;
	if (a->message.kind == MESSAGE_NOTICE)
		return;
	r->class = ATTEMPT_FAILED;
	r->code = 550;
	snprintf(r->answer, sizeof(r->answer), "550 5.1.1 no such user");
	snprintf(r->status, sizeof(r->status), "5.1.1");
}

/* Delivered, bounced with header and with all of it, returned as .eml, held;
 * small and large. */
START_TEST(secrets_leave_no_trace)
{
	size_t pad = _i ? 300000 : 100;
	struct mail m = {.to = {A}, .ret = DSN_RET_HDRS};
	int64_t held;

	m365_open(&b, HOLD_SEND);
	m.text = m365_text(
		&b, ALL "x-sekisho-done : " M365_BACK "\r\nX-Other: 1\r\n",
		"one", pad);
	held = mail_send(&b, &m);
	m365_nothing_at_rest(&b);
	ck_assert_int_eq(act(&b, ACT_RETURN, held, "uid 0"), ERR_NONE);
	UNTIL(&b, state_of(&b, held, 0) == RCPT_RETURNED);
	bench_policy(&b, NULL);
	m.text = m365_text(&b, ALL, "two", pad);
	mail_send(&b, &m);
	b.verdict = fails_for_good;
	m.text = m365_text(&b, ALL, "three", pad);
	mail_send(&b, &m);
	m.text = m365_text(&b, ALL, "four", pad);
	m.ret = DSN_RET_FULL;
	mail_send(&b, &m);
	UNTIL(&b, ledger(&b).end[RCPT_BOUNCED] == 2);
	UNTIL(&b, ledger(&b).open == 0);
	ck_assert_uint_gt(sent_count(&b, 0, TARO, "Message-ID: <four@c>"), 0);
	ck_assert_uint_gt(sent_count(&b, 0, TARO, "Message-ID: <one@c>"), 0);
	m365_nothing_at_rest(&b);
	no_marker_in_copies();
	bench_close(&b);
}
END_TEST

START_TEST(all_else_stays_byte_for_byte)
{
	struct mail m = {.to = {A}, .chunk = _i ? (size_t)_i : 0};
	const char *head = "Received: x\r\nX-Folded: a\r\n\tb\r\n";
	int64_t id;

	m365_open(&b, NULL);
	m.text = m365_text(&b, arena_printf(&b.arena, "%s" ALL, head), "one",
			   0);
	/* In the body it is nobody's secret. */
	m.text = arena_printf(&b.arena, "%sX-Sekisho-Tenant: else\r\n", m.text);
	id = mail_send(&b, &m);
	UNTIL(&b, b.sent.n == 1);
	ck_assert(str_ends(buf_str(&b.sent.v[0].bytes),
			   str_of(arena_printf(
				   &b.arena, "%s" ID_FIELD ORG_FIELD "%s", head,
				   m.text + strlen(head) + strlen(ALL)))));
	ck_assert_int_eq(b.sent.v[0].id, id);
	bench_close(&b);
}
END_TEST

/* _i: the header block comes in pieces of so many bytes. */
START_TEST(bcc_reaches_nobody)
{
	struct mail m = {.to = {A}, .chunk = (size_t)_i};

	m365_open(&b, NULL);
	m.text = m365_text(&b,
			   ALL "Bcc: " B "\r\nbCC :\r\n\t" B "\r\n"
			       "Resent-Bcc: " B "\r\nReturn-Path: <" B ">\r\n"
			       "X-Bcc: stays\r\n",
			   "one", 0);
	m.text = arena_printf(&b.arena, "%sBcc: in the text\r\n", m.text);
	mail_send(&b, &m);
	UNTIL(&b, b.sent.n == 1);
	ck_assert(!holds(buf_str(&b.sent.v[0].bytes), B));
	ck_assert(holds(buf_str(&b.sent.v[0].bytes), "X-Bcc: stays\r\n"));
	ck_assert(holds(buf_str(&b.sent.v[0].bytes), "Bcc: in the text"));
	bench_close(&b);
}
END_TEST

START_TEST(straight_to_strangers_goes_no_done_header)
{
	m365_open(&b, NULL);
	b.tenant.deliver.via = (char *)"direct";
	mail_send(&b, &(struct mail){.to = {A},
				     .text = m365_text(&b, ALL, "d", 0)});
	UNTIL(&b, b.sent.n == 1);
	ck_assert(!holds(buf_str(&b.sent.v[0].bytes), M365_BACK));
	bench_close(&b);
}
END_TEST

Suite *test_secrets_suite(void)
{
	Suite *s = suite_create("secrets");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, secrets_leave_no_trace, 0, 2);
	tcase_add_loop_test(t, all_else_stays_byte_for_byte, 0, 4);
	tcase_add_loop_test(t, bcc_reaches_nobody, 0, 3);
	tcase_add_test(t, straight_to_strangers_goes_no_done_header);
	suite_add_tcase(s, t);
	return s;
}
