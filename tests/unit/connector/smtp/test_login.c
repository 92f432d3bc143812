/* Logging in: what is said to servers that offer, ask and refuse as they
 * like, and what they never get to hear. */
#include <check.h>
#include "connector/base/codec.h"
#include "tests/unit/connector/smtp/talk.h"
#include "tests/unit/connector/sys/pki.h"

Suite *test_login_suite(void);

#define USER "s@example.jp"
#define WORD "marker-of-a-secret-word"
#define REASON                                                                 \
	"334 eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIiwic2NvcGUiOiJ4In0="

static struct pki pki;
static struct tls_ctx *server_ctx, *client_ctx;

static void make_pki(void)
{
	struct tls_server_conf server = {0};
	struct tls_client_conf client = {.verify = TLS_VERIFY_NAME};
	struct err e = ERR_EMPTY;

	pki_make(&pki);
	server.certificate_file = pki_file(&pki, "server.pem");
	server.key_file = pki_file(&pki, "server.key");
	client.ca_file = pki_file(&pki, "ca.pem");
	server_ctx = tls_server_new(&server, &e);
	client_ctx = tls_client_new(&client, &e);
	ck_assert_msg(server_ctx && client_ctx, "%s", e.text);
}

static void remove_pki(void)
{
	tls_ctx_free(&server_ctx);
	tls_ctx_free(&client_ctx);
	pki_remove(&pki);
}

static char *coded(const char *plain, size_t n)
{
	struct buf b = BUF_MAX(1 << 20);

	b64_encode(&b, str_n(plain, n));
	buf_puts(&b, "");
	return buf_take(&b, NULL);
}

static void begin(struct talk *t, struct fake_smtp *f,
		  const struct smtp_login *login)
{
	f->tls = server_ctx;
	if (!f->tls_caps)
		f->tls_caps = "PIPELINING|AUTH PLAIN LOGIN XOAUTH2 OAUTHBEARER";
	talk_init(t, f, 1);
	t->conf.tls = SMTP_TLS_VERIFIED;
	t->conf.tls_ctx = client_ctx;
	t->conf.login = login;
	t->timeouts.ehlo_us = 2 * US_PER_S;
	talk_run(t);
}

static struct smtp_login as(bool is_token)
{
	return (struct smtp_login){
		.user = STR(USER), .secret = STR(WORD), .is_token = is_token};
}

#define XOAUTH2_BLOB "user=" USER "\1auth=Bearer " WORD "\1\1"
#define BEARER_BLOB                                                            \
	"n,a=" USER ",\1host=mx.example.test\1auth=Bearer " WORD "\1\1"

static const struct {
	const char *caps;
	bool is_token;
	const char *line[3]; /* 334 to all but the last; plain, to be coded */
	size_t n[3];
	const char *command;
} mechanism[] = {
	{"AUTH LOGIN PLAIN", false, {NULL}, {0}, "AUTH PLAIN AHNAZXhhbXBs"},
	{"AUTH LOGIN",
	 false,
	 {USER, WORD},
	 {12, sizeof(WORD) - 1},
	 "AUTH LOGIN\n"},
	{"AUTH PLAIN XOAUTH2 OAUTHBEARER",
	 true,
	 {XOAUTH2_BLOB},
	 {sizeof(XOAUTH2_BLOB) - 1},
	 "AUTH XOAUTH2\n"},
	{"auth oauthbearer",
	 true,
	 {BEARER_BLOB},
	 {sizeof(BEARER_BLOB) - 1},
	 "AUTH OAUTHBEARER\n"},
};

START_TEST(mechanisms)
{
	struct fake_smtp fake = {.caps = "AUTH GSSAPI"};
	struct smtp_login login = as(mechanism[_i].is_token);
	struct talk t;
	int at = 0;

	fake.tls_caps = mechanism[_i].caps;
	for (int i = 0; mechanism[_i].line[i]; i++)
		fake.rule[at++] = (struct fake_rule){i ? "AUTHLINE" : "AUTH", 1,
						     "334 VXNlcm5hbWU6"};
	begin(&t, &fake, &login);
	ck_assert_msg(t.ready, "%s", t.end.answer.text);
	ck_assert_int_eq(t.rcpt[0].class, SMTP_DELIVERED);
	ck_assert(fake_heard(&fake, mechanism[_i].command));
	for (int i = 0; mechanism[_i].line[i]; i++) {
		AUTO_STR line = coded(mechanism[_i].line[i],
				      mechanism[_i].n[i]);

		ck_assert_msg(fake_heard(&fake, line), "%s", line);
	}
	ck_assert(fake_heard(&fake, "STARTTLS\nEHLO gate.example.jp\nAUTH"));
	talk_end(&t);
}
END_TEST

/* Above the length of a command the response waits for its 334. */
START_TEST(long_words_wait)
{
	static char word[601];
	struct fake_smtp fake = {.rule = {{"AUTH", 1, "334 "}}};
	struct smtp_login login = as(false);
	struct talk t;

	memset(word, 'w', 600);
	login.secret = str_of(word);
	begin(&t, &fake, &login);
	ck_assert(t.ready && fake_heard(&fake, "AUTH PLAIN\nA"));
	talk_end(&t);
}
END_TEST

START_TEST(long_tokens_pass)
{
	AUTO_STR token = mem_alloc(16 * KIB);
	struct fake_smtp fake = {.rule = {{"AUTH", 1, "334 "}}};
	struct smtp_login login = as(true);
	struct talk t;

	memset(token, 'j', 16 * KIB);
	login.secret = str_n(token, 16 * KIB);
	begin(&t, &fake, &login);
	ck_assert_msg(t.ready, "%s", t.end.answer.text);
	talk_end(&t);
}
END_TEST

/* ---- refusals -------------------------------------------------------------- */

static const struct {
	const char *tls_caps;
	bool is_token;
	struct fake_rule rule[4];
	int code;
	const char *text; /* in what is told, or NULL */
	const char *heard;
} refusal[] = {
	{NULL, false, {{"AUTH", 1, "535 5.7.8 wrong"}}, 535, "wrong", NULL},
	{NULL, false, {{"AUTH", 1, "454 4.7.0 later"}}, 454, "later", NULL},
	{NULL,
	 false,
	 {{"AUTH", 1, "432 4.3.2 concurrent"}},
	 432,
	 "concurrent",
	 NULL},
	{NULL, false, {{"AUTH", 1, "334 again?"}}, 0, "unexpected", NULL},
	{NULL, false, {{"AUTH", 1, "250 sure"}}, 0, "unexpected", NULL},
	{NULL, true, {{"AUTH", 1, "235 already"}}, 0, "unexpected", NULL},
	{NULL, true, {{"AUTH", 1, "504 5.5.4 no"}}, 504, "no", NULL},
	{NULL,
	 true,
	 {{"AUTH", 1, "334 "}, {"AUTHLINE", 1, "535 5.7.3 no"}},
	 535,
	 "no",
	 NULL},
	/* Gmail: the reason first, the verdict behind an empty line */
	{NULL,
	 true,
	 {{"AUTH", 1, "334 "},
	  {"AUTHLINE", 1, REASON},
	  {"AUTHLINE", 2, "535 5.7.8 not accepted"}},
	 535,
	 "not accepted",
	 "=\n\n"},
	{"AUTH OAUTHBEARER",
	 true,
	 {{"AUTH", 1, "334 "},
	  {"AUTHLINE", 1, REASON},
	  {"AUTHLINE", 2, "535 5.7.8 not accepted"}},
	 535,
	 "not accepted",
	 "\nAQ==\n"},
	{NULL,
	 true,
	 {{"AUTH", 1, "334 "}, {"AUTHLINE", 0, "334 \xff\xfe not base64"}},
	 0,
	 "unexpected",
	 NULL},
	{NULL,
	 true,
	 {{"AUTH", 1, "334 "},
	  {"AUTHLINE", 1, REASON},
	  {"AUTHLINE", 2, "235 2.7.0 after all"}},
	 0,
	 "unexpected",
	 NULL},
	{NULL, true, {{"AUTH", 1, "close"}}, 0, "connection", NULL},
	{NULL, true, {{"AUTH", 1, "hang"}}, 0, "in time", NULL},
	{"AUTH LOGIN",
	 false,
	 {{"AUTH", 1, "334 "}, {"AUTHLINE", 0, "334 "}},
	 0,
	 "unexpected",
	 NULL},
	/* nothing that we know */
	{"AUTH GSSAPI PLAIN LOGIN", true, {{0}}, 0, "XOAUTH2", NULL},
	{"AUTH XOAUTH2 PLAINER", false, {{0}}, 0, "PLAIN", NULL},
	{"PIPELINING", true, {{0}}, 0, "offered", NULL}, /* before TLS only */
	{"AUTH", true, {{0}}, 0, "offered", NULL},
	/* a peer that sends our words back */
	{NULL,
	 false,
	 {{"AUTH", 1, "535 5.7.8 no such word: " WORD}},
	 535,
	 "repeats",
	 NULL},
	{"AUTH LOGIN",
	 false,
	 {{"AUTH", 1, "334 "},
	  {"AUTHLINE", 1, "334 "},
	  {"AUTHLINE", 2, "535-5.7.8 of-a-secret-word\r\n535 5.7.8 no"}},
	 535,
	 "repeats",
	 NULL},
	{NULL,
	 false,
	 {{"AUTH", 1, "535 AHNAZXhhbXBsZS5qcABtYXJrZXIt wrong"}},
	 535,
	 "repeats",
	 NULL},
};

START_TEST(refusals)
{
	struct fake_smtp fake = {.tls_caps = refusal[_i].tls_caps};
	struct smtp_login login = as(refusal[_i].is_token);
	struct talk t;

	memcpy(fake.rule, refusal[_i].rule, sizeof(refusal[_i].rule));
	if (!fake.tls_caps)
		fake.tls_caps = refusal[_i].is_token ? "AUTH XOAUTH2"
						     : "AUTH PLAIN";
	begin(&t, &fake, &login);
	ck_assert(t.ended && !t.ready);
	ck_assert_int_eq(t.end.at, SMTP_AT_AUTH);
	ck_assert_int_eq(t.end.answer.code, refusal[_i].code);
	ck_assert_msg(strstr(t.end.answer.text, refusal[_i].text) != NULL, "%s",
		      t.end.answer.text);
	ck_assert_ptr_null(strstr(t.end.answer.text, "secret"));
	ck_assert_ptr_null(strstr(t.end.answer.text, "AHNAZXhh"));
	if (refusal[_i].heard)
		ck_assert(fake_heard(&fake, refusal[_i].heard));
	ck_assert(!fake_heard(&fake, "MAIL"));
	talk_end(&t);
}
END_TEST

START_TEST(huge_challenges_end_it)
{
	AUTO_STR line = mem_alloc(5000);
	struct fake_smtp fake = {.tls_caps = "AUTH XOAUTH2"};
	struct smtp_login login = as(true);
	struct talk t;

	memset(line, 'e', 5000);
	memcpy(line, "334 ", 4);
	line[4999] = '\0';
	fake.rule[0] = (struct fake_rule){"AUTH", 1, line};
	begin(&t, &fake, &login);
	ck_assert(t.ended);
	ck_assert_str_eq(t.end.answer.text, "not an SMTP reply in AUTH");
	talk_end(&t);
}
END_TEST

/* Without TLS nothing is said, whatever the settings allow. */
START_TEST(never_in_clear)
{
	static const enum smtp_tls level[] = {SMTP_TLS_NONE,
					      SMTP_TLS_OPPORTUNISTIC};
	struct fake_smtp fake = {.caps = "AUTH PLAIN XOAUTH2"};
	struct smtp_login login = as(_i & 1);
	struct talk t;

	talk_init(&t, &fake, 1);
	t.conf.tls = level[_i / 2];
	t.conf.tls_ctx = client_ctx;
	t.conf.login = &login;
	talk_run(&t);
	ck_assert(t.ended && !t.ready);
	ck_assert_int_eq(t.end.at, SMTP_AT_AUTH);
	ck_assert_str_eq(t.end.answer.status, "4.7.10");
	ck_assert(!fake_heard(&fake, "AUTH"));
	talk_end(&t);
}
END_TEST

START_TEST(bytes_that_would_end_a_field)
{
	static const struct {
		const char *user, *secret;
		size_t n;
		bool is_token;
	} row[] = {
		{"a\1b", "t", 1, true},	     {"a", "t\1auth=x", 8, true},
		{"a", "t\r\nQUIT", 7, true}, {"a", "p\0q", 3, false},
		{"", "t", 1, true},	     {"a", "", 0, false},
	};
	struct fake_smtp fake = {0};
	struct smtp_login login = {0};
	struct talk t;

	login.user = str_of(row[_i].user);
	login.secret = str_n(row[_i].secret, row[_i].n);
	login.is_token = row[_i].is_token;
	begin(&t, &fake, &login);
	ck_assert(t.ended && !fake_heard(&fake, "AUTH"));
	ck_assert_str_eq(t.end.answer.text, "the login cannot be written");
	talk_end(&t);
}
END_TEST

Suite *test_login_suite(void)
{
	Suite *s = suite_create("smtp-login");
	TCase *tc = tcase_create("login");

	tcase_add_unchecked_fixture(tc, make_pki, remove_pki);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, mechanisms, 0, ARRAY_LEN(mechanism));
	tcase_add_test(tc, long_words_wait);
	tcase_add_test(tc, long_tokens_pass);
	tcase_add_loop_test(tc, refusals, 0, ARRAY_LEN(refusal));
	tcase_add_test(tc, huge_challenges_end_it);
	tcase_add_loop_test(tc, never_in_clear, 0, 4);
	tcase_add_loop_test(tc, bytes_that_would_end_a_field, 0, 6);
	suite_add_tcase(s, tc);
	return s;
}
