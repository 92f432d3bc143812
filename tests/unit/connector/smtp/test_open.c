/* Greeting, EHLO, TLS at every level, limits and splits. */
#include "tests/unit/connector/smtp/talk.h"

#include <check.h>
#include "tests/unit/connector/sys/pki.h"
#include "tests/unit/slow.h"

Suite *test_open_suite(void);

static struct pki pki;

static void make_pki(void)
{
	pki_make(&pki);
}

static void remove_pki(void)
{
	pki_remove(&pki);
}

static struct tls_ctx *server_tls(const char *name)
{
	char pem[32], key[32];
	struct tls_server_conf conf = {0};
	struct tls_ctx *ctx;
	struct err e = ERR_EMPTY;

	snprintf(pem, sizeof(pem), "%s.pem", name);
	snprintf(key, sizeof(key), "%s.key", name);
	conf.certificate_file = pki_file(&pki, pem);
	conf.key_file = pki_file(&pki, key);
	ctx = tls_server_new(&conf, &e);
	ck_assert_msg(ctx != NULL, "%s", e.text);
	return ctx;
}

static struct tls_ctx *client_tls(enum smtp_tls level)
{
	struct tls_client_conf conf = {.ca_file = pki_file(&pki, "ca.pem"),
				       .verify = level == SMTP_TLS_VERIFIED
							 ? TLS_VERIFY_NAME
							 : TLS_VERIFY_NONE};
	struct tls_ctx *ctx;
	struct err e = ERR_EMPTY;

	ctx = tls_client_new(&conf, &e);
	ck_assert_msg(ctx != NULL, "%s", e.text);
	return ctx;
}

/* ---- opening -------------------------------------------------------------------- */

static const struct {
	struct fake_rule rule[3];
	enum smtp_stage at;
	int code;
	bool opens;
} opening[] = {
	{{{"GREETING", 1, "554 5.7.1 go away"}}, SMTP_AT_GREETING, 554, false},
	{{{"GREETING", 1, "421 4.3.2 busy"}}, SMTP_AT_GREETING, 421, false},
	{{{"GREETING", 1, "close"}}, SMTP_AT_GREETING, 0, false},
	{{{"GREETING", 1, "hang"}}, SMTP_AT_GREETING, 0, false},
	{{{"GREETING", 1, "raw:220 bare\n"}}, SMTP_AT_GREETING, 0, false},
	{{{"GREETING", 1, "raw:\r\n"}}, SMTP_AT_GREETING, 0, false},
	{{{"GREETING", 1, "raw:220 a\rb\r\n"}}, SMTP_AT_GREETING, 0, false},
	{{{"GREETING", 1, "HTTP/1.1 400 Bad"}}, SMTP_AT_GREETING, 0, false},
	{{{"GREETING", 1, "999 what"}}, SMTP_AT_GREETING, 0, false},
	{{{"GREETING", 1, "220-a\r\n554 b"}}, SMTP_AT_GREETING, 0, false},
	{{{"GREETING", 1, "220-a\r\n220-b\r\n220 c"}}, 0, 0, true},
	{{{"GREETING", 1, "220"}}, 0, 0, true},
	{{{"GREETING", 1, "220 \xff\xfe 8-bit"}}, 0, 0, true},
	{{{"EHLO", 1, "500 5.5.1 what?"}}, 0, 0, true}, /* HELO */
	{{{"EHLO", 1, "502 no"}, {"HELO", 1, "550 no"}},
	 SMTP_AT_EHLO,
	 550,
	 false},
	{{{"EHLO", 1, "450 4.3.2 later"}}, SMTP_AT_EHLO, 450, false},
	{{{"EHLO", 1, "close"}}, SMTP_AT_EHLO, 0, false},
	{{{"EHLO", 1, "hang"}}, SMTP_AT_EHLO, 0, false},
	{{{"EHLO", 1, "last:421 4.3.2 bye"}}, SMTP_AT_EHLO, 421, false},
};

START_TEST(opening_faults)
{
	struct fake_smtp fake = {0};
	struct talk t;

	memcpy(fake.rule, opening[_i].rule, sizeof(opening[_i].rule));
	talk_init(&t, &fake, 1);
	t.timeouts.greeting_us = t.timeouts.ehlo_us = 80 * US_PER_MS;
	talk_run(&t);
	ck_assert_int_eq(t.ended, !opening[_i].opens);
	if (opening[_i].opens) {
		ck_assert_int_eq(t.rcpt[0].class, SMTP_DELIVERED);
	} else {
		ck_assert_int_eq(t.end.at, opening[_i].at);
		ck_assert_int_eq(t.end.answer.code, opening[_i].code);
		ck_assert(!t.ready);
	}
	talk_end(&t);
}
END_TEST

START_TEST(nobody_listens)
{
	struct fake_smtp fake = {0};
	struct talk t;

	talk_init(&t, &fake, 1);
	fake_stop(&fake);
	talk_run(&t);
	ck_assert(t.ended);
	ck_assert_int_eq(t.end.at, SMTP_AT_CONNECT);
	fake_start(&fake);
	talk_end(&t);
}
END_TEST

static char *repeat(const char *s, size_t n, const char *tail)
{
	struct buf b = BUF_MAX(8 << 20);

	for (size_t i = 0; i < n; i++)
		buf_puts(&b, s);
	buf_puts(&b, tail);
	return buf_take(&b, NULL);
}

START_TEST(replies_are_bounded)
{
	AUTO_STR long_line = repeat("x", 5000, "");
	AUTO_STR lines = repeat("220-hello\r\n", 127, "220 end");
	AUTO_STR too_many = repeat("220-hello\r\n", 128, "220 end");
	AUTO_STR no_end = repeat("a", 3 << 20, "");
	AUTO_STR line = mem_printf("220 %s", long_line);
	AUTO_STR raw = mem_printf("raw:220 %s", no_end);
	const char *action[] = {lines, line, too_many, raw};
	struct fake_smtp fake = {.rule = {{"GREETING", 1, action[_i]}}};
	struct talk t;

	talk_init(&t, &fake, 1);
	t.timeouts.greeting_us = 2 * US_PER_S;
	talk_run(&t);
	ck_assert_int_eq(t.ended, _i > 0);
	if (_i > 0)
		ck_assert_str_eq(t.end.answer.text,
				 "not an SMTP reply in greeting");
	talk_end(&t);
}
END_TEST

/* A byte now and then does not stretch a phase: deadlines are absolute. */
START_TEST(dripping_does_not_stretch_a_phase)
{
	struct fake_smtp fake = {.slow_us = 30000,
				 .rule = {{"GREETING", 1, "raw:220-a\r\n"}}};
	struct talk t;

	talk_init(&t, &fake, 1);
	t.timeouts.greeting_us = 70 * US_PER_MS;
	talk_run(&t);
	ck_assert(t.ended);
	ck_assert_int_eq(t.end.at, SMTP_AT_GREETING);
	talk_end(&t);
}
END_TEST

START_TEST(capabilities_are_read)
{
	struct fake_smtp fake = {
		.caps = "PiPeLiNiNg|size 1000|8BITMIME |AUTH PLAIN LOGIN|"
			"X-PIPELINING|CHUNKING-NOT|SIZEABLE"};
	struct talk t;

	talk_init(&t, &fake, 1);
	talk_run(&t);
	ck_assert(t.caps.esmtp && t.caps.pipelining && t.caps.eightbit);
	ck_assert(t.caps.auth && t.caps.has_size);
	ck_assert_uint_eq(t.caps.size, 1000);
	ck_assert(!t.caps.chunking && !t.caps.dsn && !t.caps.smtputf8);
	talk_end(&t);
}
END_TEST

/* ---- every split ---------------------------------------------------------------- */

START_TEST(replies_split_anywhere)
{
	struct fake_smtp fake = {
		.rule = {{"RCPT", 2, "550-5.1.1 no\r\n550 5.1.1 such user"},
			 {"DOT", 1, "250-2.0.0 Ok\r\n250 2.0.0 queued"}}};
	struct talk t;

	fake.split_at = _i + 1;
	talk_init(&t, &fake, 3);
	talk_run(&t);
	ck_assert_int_eq(t.rcpt[0].class, SMTP_DELIVERED);
	ck_assert_int_eq(t.rcpt[1].class, SMTP_FAILED);
	ck_assert_int_eq(t.rcpt[2].class, SMTP_DELIVERED);
	ck_assert_str_eq(t.rcpt[1].answer.text, "5.1.1 no such user");
	ck_assert(t.usable);
	talk_end(&t);
}
END_TEST

/* ---- TLS ------------------------------------------------------------------------ */

enum { CLEAR, SECURE, REFUSED };

static const struct {
	enum smtp_tls level;
	const char *certificate; /* of the server; NULL: no STARTTLS */
	struct fake_rule rule;
	int outcome;
	enum smtp_stage at;
} secured[] = {
	{SMTP_TLS_NONE, "server", {0}, CLEAR, 0},
	{SMTP_TLS_OPPORTUNISTIC, NULL, {0}, CLEAR, 0},
	{SMTP_TLS_OPPORTUNISTIC, "server", {0}, SECURE, 0},
	{SMTP_TLS_OPPORTUNISTIC, "stranger", {0}, SECURE, 0},
	{SMTP_TLS_OPPORTUNISTIC,
	 "server",
	 {"STARTTLS", 1, "454 4.7.0 not now"},
	 CLEAR,
	 0},
	/* the relay provider goes on in clear on a new connection */
	{SMTP_TLS_OPPORTUNISTIC,
	 "server",
	 {"HANDSHAKE", 1, "close"},
	 REFUSED,
	 SMTP_AT_TLS},
	{SMTP_TLS_REQUIRED, NULL, {0}, REFUSED, SMTP_AT_STARTTLS},
	{SMTP_TLS_REQUIRED, "stranger", {0}, SECURE, 0},
	{SMTP_TLS_REQUIRED,
	 "server",
	 {"STARTTLS", 1, "454 4.7.0 not now"},
	 REFUSED,
	 SMTP_AT_STARTTLS},
	{SMTP_TLS_REQUIRED,
	 "server",
	 {"STARTTLS", 1, "250 sure"},
	 REFUSED,
	 SMTP_AT_STARTTLS},
	{SMTP_TLS_REQUIRED,
	 "server",
	 {"STARTTLS", 1, "close"},
	 REFUSED,
	 SMTP_AT_STARTTLS},
	{SMTP_TLS_REQUIRED,
	 "server",
	 {"HANDSHAKE", 1, "close"},
	 REFUSED,
	 SMTP_AT_TLS},
	{SMTP_TLS_REQUIRED,
	 "server",
	 {"HANDSHAKE", 1, "raw:250 plain\r\n"},
	 REFUSED,
	 SMTP_AT_TLS},
	{SMTP_TLS_REQUIRED,
	 "server",
	 {"HANDSHAKE", 1, "hang"},
	 REFUSED,
	 SMTP_AT_TLS},
	{SMTP_TLS_REQUIRED,
	 "server",
	 {"EHLO", 1, "500 what?"},
	 REFUSED,
	 SMTP_AT_EHLO},
	{SMTP_TLS_VERIFIED, "server", {0}, SECURE, 0},
	{SMTP_TLS_VERIFIED, "stranger", {0}, REFUSED, SMTP_AT_TLS},
	{SMTP_TLS_VERIFIED, "wild", {0}, REFUSED, SMTP_AT_TLS},
	{SMTP_TLS_OPPORTUNISTIC, "expired", {0}, SECURE, 0},
	{SMTP_TLS_VERIFIED, "expired", {0}, REFUSED, SMTP_AT_TLS},
	{SMTP_TLS_VERIFIED, NULL, {0}, REFUSED, SMTP_AT_STARTTLS},
};

START_TEST(tls_levels)
{
	struct fake_smtp fake = {.rule = {secured[_i].rule}};
	enum smtp_tls level = secured[_i].level;
	struct talk t;

	if (secured[_i].certificate)
		fake.tls = server_tls(secured[_i].certificate);
	talk_init(&t, &fake, 1);
	t.conf.tls = level;
	if (secured[_i].rule.action &&
	    strcmp(secured[_i].rule.action, "hang") == 0)
		t.timeouts.tls_us = 100 * US_PER_MS;
	if (level != SMTP_TLS_NONE)
		t.conf.tls_ctx = client_tls(level);
	talk_run(&t);
	if (secured[_i].outcome == REFUSED) {
		ck_assert(t.ended && !t.ready);
		ck_assert_int_eq(t.end.at, secured[_i].at);
		ck_assert_uint_eq(fake_mails(&fake), 0);
		ck_assert(!fake_heard(&fake, "MAIL"));
	} else {
		ck_assert_int_eq(t.rcpt[0].class, SMTP_DELIVERED);
		ck_assert_int_eq(fake.mail[0].tls,
				 secured[_i].outcome == SECURE);
		ck_assert_str_eq(
			t.tls, secured[_i].outcome == SECURE ? "TLSv1.3" : "");
	}
	tls_ctx_free(&t.conf.tls_ctx);
	talk_end(&t);
	tls_ctx_free(&fake.tls);
}
END_TEST

/* RFC 8314 3.3: no word in clear, not even a greeting. */
START_TEST(tls_from_the_first_byte)
{
	static const char *const certificate[] = {"server", "stranger", NULL};

	for (size_t i = 0; i < ARRAY_LEN(certificate); i++) {
		struct fake_smtp fake = {.tls_first = certificate[i] != NULL};
		struct talk t;

		if (certificate[i])
			fake.tls = server_tls(certificate[i]);
		talk_init(&t, &fake, 1);
		t.conf.tls = SMTP_TLS_VERIFIED;
		t.conf.tls_ctx = client_tls(SMTP_TLS_VERIFIED);
		t.conf.tls_first = true;
		t.timeouts.tls_us = i == 2 ? 200 * US_PER_MS : 20 * US_PER_S;
		talk_run(&t);
		if (i == 0) {
			ck_assert_int_eq(t.rcpt[0].class, SMTP_DELIVERED);
			ck_assert(fake.mail[0].tls);
			ck_assert(!fake_heard(&fake, "STARTTLS"));
		} else {
			ck_assert(t.ended && !t.ready);
			ck_assert_int_eq(t.end.at, SMTP_AT_TLS);
			ck_assert(!fake_heard(&fake, "EHLO"));
		}
		tls_ctx_free(&t.conf.tls_ctx);
		talk_end(&t);
		tls_ctx_free(&fake.tls);
	}
}
END_TEST

/* Capabilities and replies that were injected in clear count for nothing. */
START_TEST(what_was_said_in_clear_is_forgotten)
{
	struct fake_smtp fake = {
		.caps = "PIPELINING|CHUNKING|8BITMIME|SIZE 1",
		.tls_caps = "8BITMIME",
		.rule = {
			{"STARTTLS", 1, "220 go\r\n250-evil\r\n250 SMTPUTF8"}}};
	struct talk t;

	fake.tls = server_tls("server");
	talk_init(&t, &fake, 1);
	t.conf.tls = SMTP_TLS_VERIFIED;
	t.conf.tls_ctx = client_tls(SMTP_TLS_VERIFIED);
	talk_run(&t);
	ck_assert_int_eq(t.rcpt[0].class, SMTP_DELIVERED);
	ck_assert(t.caps.eightbit && !t.caps.pipelining && !t.caps.chunking);
	ck_assert(!t.caps.has_size && !t.caps.smtputf8);
	ck_assert(fake_heard(&fake, "STARTTLS\nEHLO"));
	tls_ctx_free(&t.conf.tls_ctx);
	talk_end(&t);
	tls_ctx_free(&fake.tls);
}
END_TEST

START_TEST(a_cut_within_tls_leaves_the_answer_unknown)
{
	struct fake_smtp fake = {.rule = {{"DOT", 1, "reset"}}};
	struct talk t;

	fake.tls = server_tls("server");
	talk_init(&t, &fake, 2);
	t.conf.tls = SMTP_TLS_REQUIRED;
	t.conf.tls_ctx = client_tls(SMTP_TLS_REQUIRED);
	talk_run(&t);
	ck_assert_int_eq(t.rcpt[0].class, SMTP_UNKNOWN);
	ck_assert_int_eq(t.rcpt[1].class, SMTP_UNKNOWN);
	tls_ctx_free(&t.conf.tls_ctx);
	talk_end(&t);
	tls_ctx_free(&fake.tls);
}
END_TEST

/* ---- large ------------------------------------------------------------------------- */

static char *large(size_t n)
{
	char *p = mem_alloc(n);

	for (size_t i = 0; i + 2 <= n; i += 2)
		memcpy(p + i, i % 64 == 62 ? "\r\n" : i % 64 ? "ab" : ".x", 2);
	memcpy(p + n - 2, "\r\n", 2);
	return p;
}

START_TEST(large_content_flows)
{
	size_t n = CASES(20 << 20);
	AUTO_STR text = large(n);
	struct fake_smtp fake = {0};
	struct talk t;

	if (!(_i & 4)) /* by DATA */
		fake.caps = fake.tls_caps = "PIPELINING|8BITMIME";
	if (_i & 1)
		fake.tls = server_tls("server");
	talk_init(&t, &fake, 1);
	t.content = text;
	t.content_n = n;
	t.piece = _i & 2 ? 65536 : 0;
	t.mail.has_bare_lf = _i & 4;
	if (_i & 1) {
		t.conf.tls = SMTP_TLS_VERIFIED;
		t.conf.tls_ctx = client_tls(SMTP_TLS_VERIFIED);
	}
	talk_run(&t);
	ck_assert_msg(t.rcpt[0].class == SMTP_DELIVERED, "%s",
		      t.rcpt[0].answer.text);
	ck_assert_uint_eq(fake.mail[0].n, n);
	ck_assert(memcmp(fake.mail[0].content, text, n) == 0);
	tls_ctx_free(&t.conf.tls_ctx);
	talk_end(&t);
	tls_ctx_free(&fake.tls);
}
END_TEST

/* The peer ends while content flows: the dot, or the chunk, was not sent
 * whole. The first half of the loop is DATA, the second BDAT. */
START_TEST(large_content_cut_short)
{
	static const struct {
		const char *action;
		enum smtp_class class;
	} how[] = {
		{"close", SMTP_DEFERRED},
		{"reset", SMTP_DEFERRED},
		{"hang", SMTP_DEFERRED},
		{"last:552 5.3.4 too large", SMTP_FAILED},
		{"last:452 4.3.1 no room", SMTP_DEFERRED},
		{"last:250 2.0.0 enough", SMTP_DEFERRED},
	};
	size_t n = 20 << 20;
	AUTO_STR text = large(n);
	size_t at = (size_t)_i % ARRAY_LEN(how);
	bool bdat = (size_t)_i >= ARRAY_LEN(how);
	struct fake_smtp fake = {.caps = bdat ? "PIPELINING|CHUNKING"
					      : "PIPELINING",
				 .rule = {{"CONTENT", 1, how[at].action}}};
	struct talk t;

	talk_init(&t, &fake, 1);
	t.timeouts.block_us = 150 * US_PER_MS;
	t.content = text;
	t.content_n = n;
	talk_run(&t);
	ck_assert_msg(t.rcpt[0].class == how[at].class ||
			      (how[at].class == SMTP_FAILED &&
			       t.rcpt[0].class == SMTP_DEFERRED),
		      "%s", smtp_class_name(t.rcpt[0].class));
	ck_assert(!t.usable);
	talk_end(&t);
}
END_TEST

Suite *test_open_suite(void)
{
	Suite *s = suite_create("open");
	TCase *c = tcase_create("opening");
	TCase *tls = tcase_create("tls");

	tcase_set_timeout(c, 30);
	tcase_add_loop_test(c, opening_faults, 0, ARRAY_LEN(opening));
	tcase_add_test(c, nobody_listens);
	tcase_add_loop_test(c, replies_are_bounded, 0, 4);
	tcase_add_test(c, dripping_does_not_stretch_a_phase);
	tcase_add_test(c, capabilities_are_read);
	tcase_add_loop_test(c, replies_split_anywhere, 0, 330);
	suite_add_tcase(s, c);
	tcase_set_timeout(tls, 180);
	tcase_add_unchecked_fixture(tls, make_pki, remove_pki);
	tcase_add_loop_test(tls, tls_levels, 0, ARRAY_LEN(secured));
	tcase_add_test(tls, tls_from_the_first_byte);
	tcase_add_test(tls, what_was_said_in_clear_is_forgotten);
	tcase_add_test(tls, a_cut_within_tls_leaves_the_answer_unknown);
	tcase_add_loop_test(tls, large_content_flows, 0, 8);
	tcase_add_loop_test(tls, large_content_cut_short, 0, 12);
	suite_add_tcase(s, tls);
	return s;
}
