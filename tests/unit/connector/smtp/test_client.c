/* The dialogue against a server that fails at every step. */
#include "connector/smtp/client_int.h"
#include "tests/unit/connector/smtp/talk.h"

#include <check.h>

Suite *test_client_suite(void);

#define PIPE "PIPELINING|8BITMIME|CHUNKING|ENHANCEDSTATUSCODES"
#define STEP "8BITMIME|CHUNKING|ENHANCEDSTATUSCODES"

enum {
	D = SMTP_DELIVERED,
	T = SMTP_DEFERRED,
	F = SMTP_FAILED,
	U = SMTP_UNKNOWN
};

struct row {
	struct fake_rule rule[4];
	int class[3];
	bool usable;
	size_t arrived;	  /* mails at the server */
	const char *caps; /* NULL: both ways */
	int code;	  /* of the last recipient; -1: any */
};

static const struct row row[] = {
	{{{0}}, {D, D, D}, true, 1, NULL, 250},
	/* MAIL */
	{{{"MAIL", 1, "451 4.3.0 later"}}, {T, T, T}, true, 0, NULL, 451},
	{{{"MAIL", 1, "550 5.1.8 no"}}, {F, F, F}, true, 0, NULL, 550},
	{{{"MAIL", 1, "250-a\r\n250-b\r\n250 c"}},
	 {D, D, D},
	 true,
	 1,
	 NULL,
	 -1},
	{{{"MAIL", 1, "last:421 4.3.2 going down"}},
	 {T, T, T},
	 false,
	 0,
	 NULL,
	 421},
	{{{"MAIL", 1, "close"}}, {T, T, T}, false, 0, NULL, 0},
	{{{"MAIL", 1, "reset"}}, {T, T, T}, false, 0, NULL, 0},
	{{{"MAIL", 1, "hang"}}, {T, T, T}, false, 0, NULL, 0},
	{{{"MAIL", 1, "cut:250 2.1"}}, {T, T, T}, false, 0, NULL, 0},
	{{{"MAIL", 1, "raw:250 ok\n"}}, {T, T, T}, false, 0, NULL, 0},
	{{{"MAIL", 1, "banana"}}, {T, T, T}, false, 0, NULL, 0},
	{{{"MAIL", 1, "354 what"}}, {T, T, T}, false, 0, NULL, 0},
	/* RCPT */
	{{{"RCPT", 2, "550 5.1.1 no such user"}},
	 {D, F, D},
	 true,
	 1,
	 NULL,
	 250},
	{{{"RCPT", 3, "450 4.2.1 busy"}}, {D, D, T}, true, 1, NULL, 450},
	{{{"RCPT", 1, "550 5.1.1 x"}, {"RCPT", 3, "450 4.2.1 y"}},
	 {F, D, T},
	 true,
	 1,
	 NULL,
	 450},
	{{{"RCPT", 0, "550 5.1.1 none"}}, {F, F, F}, true, 0, NULL, 550},
	{{{"RCPT", 0, "450 4.2.1 none"}}, {T, T, T}, true, 0, NULL, 450},
	{{{"RCPT", 3, "552 5.5.3 too many"}}, {D, D, T}, true, 1, NULL, 552},
	{{{"RCPT", 3, "552 5.2.2 full"}}, {D, D, F}, true, 1, NULL, 552},
	{{{"RCPT", 2, "last:421 4.3.2 bye"}}, {T, T, T}, false, 0, NULL, 421},
	{{{"RCPT", 1, "550 5.1.1 x"}, {"RCPT", 2, "last:421 4.3.2 bye"}},
	 {F, T, T},
	 false,
	 0,
	 NULL,
	 421},
	{{{"RCPT", 2, "close"}}, {T, T, T}, false, 0, NULL, 0},
	{{{"RCPT", 2, "hang"}}, {T, T, T}, false, 0, NULL, 0},
	{{{"RCPT", 1, "550 5.1.1 x"}, {"RCPT", 2, "close"}},
	 {F, T, T},
	 false,
	 0,
	 NULL,
	 0},
	{{{"RCPT", 2, "251 2.1.5 forwarded"}}, {D, D, D}, true, 1, NULL, -1},
	/* DATA */
	{{{"DATA", 1, "451 4.3.0 no disk"}}, {T, T, T}, true, 0, NULL, 451},
	{{{"DATA", 1, "554 5.5.1 no"}}, {F, F, F}, true, 0, NULL, 554},
	{{{"DATA", 1, "250 2.0.0 hm"}}, {T, T, T}, false, 0, NULL, 0},
	{{{"DATA", 1, "last:421 4.3.2 bye"}}, {T, T, T}, false, 0, NULL, 421},
	{{{"DATA", 1, "close"}}, {T, T, T}, false, 0, NULL, 0},
	{{{"DATA", 1, "hang"}}, {T, T, T}, false, 0, NULL, 0},
	{{{"RCPT", 2, "550 5.1.1 x"}, {"DATA", 1, "451 4.3.0 no"}},
	 {T, F, T},
	 true,
	 0,
	 NULL,
	 451},
	/* a verdict on what was not yet sent */
	{{{"DATA", 1, "354 go\r\n250 2.0.0 Ok"}}, {T, T, T}, false, 0, NULL, 0},
	/* the answer to the final dot */
	{{{"DOT", 1, "451 4.3.0 no disk"}}, {T, T, T}, true, 0, NULL, 451},
	{{{"DOT", 1, "554 5.7.1 spam"}}, {F, F, F}, true, 0, NULL, 554},
	{{{"DOT", 1, "last:421 4.3.2 bye"}}, {T, T, T}, false, 0, NULL, 421},
	{{{"DOT", 1, "last:250 2.0.0 Ok"}}, {D, D, D}, true, 1, NULL, 250},
	{{{"DOT", 1, "close"}}, {U, U, U}, false, 0, NULL, 0},
	{{{"DOT", 1, "reset"}}, {U, U, U}, false, 0, NULL, 0},
	{{{"DOT", 1, "hang"}}, {U, U, U}, false, 0, NULL, 0},
	{{{"DOT", 1, "cut:25"}}, {U, U, U}, false, 0, NULL, 0},
	{{{"DOT", 1, "cut:250 2.0.0 Ok"}}, {U, U, U}, false, 0, NULL, 0},
	{{{"DOT", 1, "raw:250 Ok\n"}}, {U, U, U}, false, 0, NULL, 0},
	{{{"DOT", 1, "thanks"}}, {U, U, U}, false, 0, NULL, 0},
	{{{"DOT", 1, "354 more"}}, {U, U, U}, false, 1, NULL, 0},
	{{{"DOT", 1, "250-a\r\n550 b"}}, {U, U, U}, false, 1, NULL, 0},
	{{{"RCPT", 1, "550 5.1.1 x"}, {"DOT", 1, "close"}},
	 {F, U, U},
	 false,
	 0,
	 NULL,
	 0},
	/* replies that nobody asked for */
	{{{"DOT", 1, "250 2.0.0 Ok\r\n250 2.0.0 again"}},
	 {D, D, D},
	 false,
	 1,
	 NULL,
	 250},
	/* nobody was taken, and yet 354 (RFC 2920 3.1) */
	{{{"RCPT", 0, "550 5.1.1 none"}, {"DATA", 1, "354 go"}},
	 {F, F, F},
	 true,
	 0,
	 PIPE,
	 550},
	{{{"RCPT", 0, "550 5.1.1 none"},
	  {"DATA", 1, "354 go"},
	  {"DOT", 1, "last:421 4.3.2 bye"}},
	 {F, F, F},
	 false,
	 0,
	 PIPE,
	 550},
	/* MAIL failed, RCPT did not: nothing is sent, not even a dot */
	{{{"MAIL", 1, "451 4.3.0 no"},
	  {"RCPT", 0, "250 2.1.5 Ok"},
	  {"DATA", 1, "354 go"}},
	 {T, T, T},
	 false,
	 0,
	 PIPE,
	 451},
};

static void check_row(const struct row *r, const char *caps, int i)
{
	struct fake_smtp fake = {.caps = caps};
	struct talk t;

	memcpy(fake.rule, r->rule, sizeof(r->rule));
	talk_init(&t, &fake, 3);
	t.timeouts.mail_us = t.timeouts.rcpt_us = 80 * US_PER_MS;
	t.timeouts.data_us = t.timeouts.end_us = 80 * US_PER_MS;
	talk_run(&t);
	for (int n = 0; n < 3; n++)
		ck_assert_msg((int)t.rcpt[n].class == r->class[n],
			      "row %d %s rcpt %d: %s (%d %s)", i, caps, n,
			      smtp_class_name(t.rcpt[n].class),
			      t.rcpt[n].answer.code, t.rcpt[n].answer.text);
	ck_assert_msg(t.usable == r->usable, "row %d %s: usable %d", i, caps,
		      t.usable);
	if (r->code >= 0)
		ck_assert_msg(t.rcpt[2].answer.code == r->code,
			      "row %d %s: code %d", i, caps,
			      t.rcpt[2].answer.code);
	ck_assert_int_eq(fake.wrong, 0);
	ck_assert_msg(fake_mails(&fake) == r->arrived, "row %d: arrived %zu", i,
		      fake_mails(&fake));
	talk_end(&t);
}

START_TEST(every_fault_at_every_step)
{
	const struct row *r = &row[_i];

	if (!r->caps || strcmp(r->caps, PIPE) == 0)
		check_row(r, PIPE, _i);
	if (!r->caps || strcmp(r->caps, STEP) == 0)
		check_row(r, STEP, _i);
}
END_TEST

START_TEST(lone_dot_is_sent)
{
	struct fake_smtp fake = {
		.caps = PIPE,
		.rule = {{"RCPT", 1, "550 5.1.1 x"}, {"DATA", 1, "354 go"}}};
	struct talk t;

	talk_init(&t, &fake, 1);
	t.mails = 2;
	talk_run(&t);
	ck_assert_int_eq(fake.lone_dots, 1);
	ck_assert_int_eq(t.rcpt[0].class, SMTP_DELIVERED); /* the second */
	ck_assert_uint_eq(fake_mails(&fake), 1);
	ck_assert(!fake_heard(&fake, "RSET"));
	talk_end(&t);
}
END_TEST

START_TEST(rset_before_the_next_mail)
{
	static const char *const caps[] = {PIPE, STEP};
	struct fake_smtp fake = {.caps = caps[_i],
				 .rule = {{"RCPT", 1, "550 5.1.1 x"}}};
	struct talk t;

	talk_init(&t, &fake, 1);
	t.mails = 3;
	talk_run(&t);
	ck_assert_uint_eq(t.sent, 3);
	ck_assert(fake_heard(&fake, "RSET\nMAIL"));
	ck_assert_uint_eq(fake_mails(&fake), 2);
	ck_assert_int_eq(fake.connections, 1);
	talk_end(&t);
}
END_TEST

START_TEST(content_arrives_byte_for_byte)
{
	static const size_t piece[] = {0, 1, 2, 3, 7};
	static const char text[] = "\r\n.\r\n..\r\n.a\r\nb.\r\n\r\n.\r\nend";
	struct fake_smtp fake = {.caps = PIPE};
	struct talk t;

	talk_init(&t, &fake, 2);
	t.content = text;
	t.content_n = sizeof(text) - 1;
	t.piece = piece[_i];
	talk_run(&t);
	ck_assert_int_eq(t.rcpt[1].class, SMTP_DELIVERED);
	ck_assert_uint_eq(fake_mails(&fake), 1);
	/* DATA ends in a line end (RFC 5321 4.1.1.4) */
	ck_assert_uint_eq(fake.mail[0].n, t.content_n + 2);
	ck_assert_mem_eq(fake.mail[0].content, text, t.content_n);
	ck_assert_str_eq(fake.mail[0].envelope,
			 "MAIL FROM:<s@example.jp>\n"
			 "RCPT TO:<a@ext.example>\nRCPT TO:<b@ext.example>\n");
	talk_end(&t);
}
END_TEST

START_TEST(bare_line_ends_never_leave_by_data)
{
	static const char *const text[] = {
		"a\r\nb\n.\r\nMAIL", "a\n", "a\r\n.\n", "a\rb\r\n",
		"a\r\r\n.\r\n",	     "\n",  "\r",	"x\r\n\r.\r\n",
	};
	struct fake_smtp fake = {.caps = PIPE};
	struct talk t;

	for (size_t piece = 0; piece < 4; piece++) {
		memset(&fake, 0, sizeof(fake));
		fake.caps = PIPE;
		talk_init(&t, &fake, 1);
		t.content = text[_i];
		t.content_n = strlen(text[_i]);
		t.piece = piece;
		talk_run(&t);
		ck_assert_int_eq(t.rcpt[0].class, SMTP_FAILED);
		ck_assert_str_eq(t.rcpt[0].answer.status, "5.6.11");
		ck_assert(!t.usable);
		talk_end(&t);
		ck_assert_uint_eq(fake.mails, 0);
		ck_assert_int_eq(fake.wrong, 0);
	}
}
END_TEST

START_TEST(nul_never_leaves_by_data)
{
	struct fake_smtp fake = {.caps = PIPE};
	struct talk t;

	talk_init(&t, &fake, 1);
	t.content = "a\r\n\0.\r\n";
	t.content_n = 7;
	talk_run(&t);
	ck_assert_int_eq(t.rcpt[0].class, SMTP_FAILED);
	ck_assert_uint_eq(fake_mails(&fake), 0);
	talk_end(&t);
}
END_TEST

START_TEST(bare_lf_goes_by_bdat)
{
	static const char text[] = "a\nb\n.\nc\r\n.\r\nd\r";
	struct fake_smtp fake = {.caps = _i ? STEP : PIPE};
	struct talk t;

	talk_init(&t, &fake, 2);
	t.content = text;
	t.content_n = sizeof(text) - 1;
	t.mail.has_bare_lf = true;
	t.piece = 3;
	t.mails = 2;
	talk_run(&t);
	ck_assert_int_eq(t.rcpt[1].class, SMTP_DELIVERED);
	ck_assert_uint_eq(fake_mails(&fake), 2);
	ck_assert_uint_eq(fake.mail[0].n, t.content_n);
	ck_assert_mem_eq(fake.mail[0].content, text, t.content_n);
	ck_assert(!fake_heard(&fake, "DATA"));
	talk_end(&t);
}
END_TEST

/* 0: small; 1: large; 2: large, and nothing but DATA is offered. */
START_TEST(large_goes_by_bdat_where_offered)
{
	struct fake_smtp fake = {.caps = _i == 2 ? "PIPELINING|8BITMIME"
						 : PIPE};
	size_t lines = _i ? 2000 : 2;
	AUTO(buf) text = BUF_MAX(BDAT_FROM_BYTES * 2);
	struct talk t;

	while (lines-- > 0)
		buf_puts(&text, ".a line that begins with a dot, 40 bytes\r\n");
	talk_init(&t, &fake, 1);
	t.content = buf_cstr(&text);
	t.content_n = text.n;
	t.piece = 4096;
	talk_run(&t);
	ck_assert_int_eq(t.rcpt[0].class, SMTP_DELIVERED);
	ck_assert_uint_eq(fake.mail[0].n, text.n);
	ck_assert_mem_eq(fake.mail[0].content, text.p, text.n);
	ck_assert_int_eq(fake_heard(&fake, "DATA"), _i != 1);
	talk_end(&t);
}
END_TEST

static const struct {
	const char *caps, *status;
	bool bare_lf, eightbit, utf8;
	const char *to;
	const char *from;
	int size;
} unfit[] = {
	{"PIPELINING|8BITMIME", "5.6.11", .bare_lf = true},
	{"PIPELINING|CHUNKING", "5.6.3", .eightbit = true},
	{"PIPELINING|SIZE 10", "5.3.4", .size = 0},
	{"8BITMIME", "5.6.9", .eightbit = true, .utf8 = true},
	{"8BITMIME", "5.6.7", .to = "\xe9\x96\xa2@ext.example"},
	{"8BITMIME", "5.6.7", .from = "\xe9\x96\xa2@example.jp"},
	{FAKE_CAPS, "5.1.3", .to = "a@b>\r\nRCPT TO:<x@y"},
	{FAKE_CAPS, "5.1.3", .to = "a@b> NOTIFY=NEVER"},
	{FAKE_CAPS, "5.1.3", .to = "a\x01@b"},
	{FAKE_CAPS, "5.1.3", .to = ""},
	{FAKE_CAPS, "5.1.7", .from = "a@b\r\nDATA"},
	{FAKE_CAPS, "5.1.7", .from = "\"a@b"},
};

START_TEST(what_does_not_fit_is_not_sent)
{
	struct fake_smtp fake = {.caps = unfit[_i].caps};
	struct talk t;

	talk_init(&t, &fake, 1);
	t.mail.has_bare_lf = unfit[_i].bare_lf;
	t.mail.has_8bit = unfit[_i].eightbit;
	t.mail.smtputf8 = unfit[_i].utf8;
	if (unfit[_i].to)
		t.rcpt[0].address = str_of(unfit[_i].to);
	if (unfit[_i].from)
		t.mail.from = str_of(unfit[_i].from);
	talk_run(&t);
	ck_assert_int_eq(t.rcpt[0].class, SMTP_FAILED);
	ck_assert_str_eq(t.rcpt[0].answer.status, unfit[_i].status);
	ck_assert_int_eq(t.rcpt[0].answer.code, 0);
	ck_assert(t.usable);
	ck_assert(!fake_heard(&fake, "MAIL"));
	talk_end(&t);
}
END_TEST

START_TEST(one_unfit_recipient_does_not_hinder_the_rest)
{
	struct fake_smtp fake = {.caps = PIPE};
	struct talk t;

	talk_init(&t, &fake, 3);
	t.rcpt[0].address = STR("\xe9\x96\xa2@ext.example");
	talk_run(&t);
	ck_assert_int_eq(t.rcpt[0].class, SMTP_FAILED);
	ck_assert_int_eq(t.rcpt[1].class, SMTP_DELIVERED);
	ck_assert_int_eq(t.rcpt[2].class, SMTP_DELIVERED);
	ck_assert(!fake_heard(&fake, "SMTPUTF8"));
	talk_end(&t);
}
END_TEST

START_TEST(parameters_as_offered)
{
	struct fake_smtp fake = {0};
	struct talk t;

	talk_init(&t, &fake, 3);
	t.mail.has_8bit = t.mail.smtputf8 = true;
	t.mail.ret = DSN_RET_HDRS;
	t.mail.envid = STR("QQ314159");
	t.rcpt[0].notify = DSN_SUCCESS | DSN_DELAY;
	t.rcpt[0].orcpt = STR("rfc822;a@ext.example");
	t.rcpt[1].notify = DSN_NEVER;
	t.rcpt[2].orcpt = STR("rfc822;x y"); /* not xtext: left out */
	talk_run(&t);
	ck_assert_str_eq(
		fake.mail[0].envelope,
		"MAIL FROM:<s@example.jp> SIZE=37 BODY=8BITMIME SMTPUTF8 "
		"RET=HDRS ENVID=QQ314159\n"
		"RCPT TO:<a@ext.example> NOTIFY=SUCCESS,DELAY "
		"ORCPT=rfc822;a@ext.example\n"
		"RCPT TO:<b@ext.example> NOTIFY=NEVER\n"
		"RCPT TO:<c@ext.example>\n");
	ck_assert(t.rcpt[0].dsn_passed_on);
	talk_end(&t);
}
END_TEST

START_TEST(no_dsn_words_where_not_offered)
{
	struct fake_smtp fake = {.caps = PIPE};
	struct talk t;

	talk_init(&t, &fake, 1);
	t.mail.ret = DSN_RET_FULL;
	t.rcpt[0].notify = DSN_SUCCESS;
	t.mail.from = STR_EMPTY;
	talk_run(&t);
	ck_assert_str_eq(fake.mail[0].envelope,
			 "MAIL FROM:<>\nRCPT TO:<a@ext.example>\n");
	ck_assert(!t.rcpt[0].dsn_passed_on);
	talk_end(&t);
}
END_TEST

START_TEST(source_that_fails_defers)
{
	struct fake_smtp fake = {.caps = PIPE};
	struct talk t;

	talk_init(&t, &fake, 1);
	t.piece = 4;
	t.fail_at = 12;
	talk_run(&t);
	ck_assert_int_eq(t.rcpt[0].class, SMTP_DEFERRED);
	ck_assert(!t.usable);
	talk_end(&t);
	ck_assert_uint_eq(fake.mails, 0);
}
END_TEST

/* CHUNKING was offered, and BDAT is not known: what came behind it may have
 * been read as commands. Nothing bounces, and the caller is told. */
START_TEST(refused_bdat_defers)
{
	static const char *const replies[] = {"500 5.5.1 what", "502 5.5.1 no",
					      "503 5.5.1 not now", "504 no"};
	struct fake_smtp fake = {.caps = PIPE,
				 .rule = {{"BDAT", 1, replies[_i]}}};
	struct talk t;

	talk_init(&t, &fake, 1);
	t.content = "a\nb\r\n";
	t.content_n = strlen(t.content);
	t.mail.has_bare_lf = true;
	talk_run(&t);
	ck_assert_int_eq(t.rcpt[0].class, SMTP_DEFERRED);
	ck_assert(t.mail.bdat_refused && !t.usable);
	talk_end(&t);
}
END_TEST

/* A question by MAIL and RCPT: nothing is sent, and mail may follow. */
START_TEST(an_envelope_alone)
{
	struct fake_smtp fake = {.caps = _i ? STEP : PIPE,
				 .rule = {{"RCPT", 2, "550 5.1.1 no"}}};
	struct talk t;

	talk_init(&t, &fake, 2);
	t.mail.envelope_only = true;
	talk_run(&t);
	ck_assert(t.rcpt[0].accepted && t.rcpt[0].class == SMTP_UNTRIED);
	ck_assert_int_eq(t.rcpt[1].class, SMTP_FAILED);
	ck_assert(t.usable && fake_mails(&fake) == 0);
	ck_assert(!fake_heard(&fake, "DATA") && !fake_heard(&fake, "BDAT"));
	talk_end(&t);
}
END_TEST

START_TEST(no_bdat_where_it_was_refused)
{
	struct fake_smtp fake = {.caps = PIPE};
	AUTO(buf) text = BUF_MAX(BDAT_FROM_BYTES * 2);
	struct talk t;

	while (text.n <= BDAT_FROM_BYTES)
		buf_puts(&text, "a line\r\n");
	talk_init(&t, &fake, 1);
	t.content = buf_cstr(&text);
	t.content_n = text.n;
	t.mail.no_bdat = true;
	talk_run(&t);
	ck_assert_int_eq(t.rcpt[0].class, SMTP_DELIVERED);
	ck_assert(fake_heard(&fake, "DATA") && !fake_heard(&fake, "BDAT"));
	talk_end(&t);
}
END_TEST

START_TEST(copy_of_another_length_defers_by_bdat)
{
	struct fake_smtp fake = {.caps = PIPE};
	struct talk t;

	talk_init(&t, &fake, 1);
	t.mail.has_bare_lf = true;
	t.piece = 4;
	t.lie = _i ? 1 : -1;
	talk_run(&t);
	ck_assert_int_eq(t.rcpt[0].class, SMTP_DEFERRED);
	ck_assert(!t.usable);
	talk_end(&t);
	ck_assert_uint_eq(fake.mails, 0);
}
END_TEST

Suite *test_client_suite(void)
{
	Suite *s = suite_create("client");
	TCase *c = tcase_create("faults");

	tcase_set_timeout(c, 30);
	tcase_add_loop_test(c, every_fault_at_every_step, 0, ARRAY_LEN(row));
	tcase_add_test(c, lone_dot_is_sent);
	tcase_add_loop_test(c, rset_before_the_next_mail, 0, 2);
	tcase_add_loop_test(c, content_arrives_byte_for_byte, 0, 5);
	tcase_add_loop_test(c, bare_line_ends_never_leave_by_data, 0, 8);
	tcase_add_test(c, nul_never_leaves_by_data);
	tcase_add_loop_test(c, bare_lf_goes_by_bdat, 0, 2);
	tcase_add_loop_test(c, large_goes_by_bdat_where_offered, 0, 3);
	tcase_add_loop_test(c, what_does_not_fit_is_not_sent, 0,
			    ARRAY_LEN(unfit));
	tcase_add_test(c, one_unfit_recipient_does_not_hinder_the_rest);
	tcase_add_test(c, parameters_as_offered);
	tcase_add_test(c, no_dsn_words_where_not_offered);
	tcase_add_test(c, source_that_fails_defers);
	tcase_add_loop_test(c, refused_bdat_defers, 0, 4);
	tcase_add_test(c, no_bdat_where_it_was_refused);
	tcase_add_loop_test(c, an_envelope_alone, 0, 2);
	tcase_add_loop_test(c, copy_of_another_length_defers_by_bdat, 0, 2);
	suite_add_tcase(s, c);
	return s;
}
