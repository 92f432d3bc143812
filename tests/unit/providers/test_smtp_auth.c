/* As a mailbox: by login, under TLS, and nothing that is not its own. */
#include <check.h>
#include "providers/providers.h"
#include "tests/unit/connector/sys/pki.h"
#include "tests/unit/fake_smtp.h"

Suite *test_smtp_auth_suite(void);

#define TEXT(s) ((char *)(s))
#define MAILBOX "taro@example.jp"
#define NOTICES "sekisho@example.jp"
#define HEAD	"Subject: x\r\n"
#define OWN	"From: =?utf-8?q?Taro?= (of sales) <Taro@Example.JP>\r\n"

static struct pki pki;
static struct tls_ctx *server_ctx;

static void make_pki(void)
{
	struct tls_server_conf conf = {0};

	pki_make(&pki);
	conf.certificate_file = pki_file(&pki, "server.pem");
	conf.key_file = pki_file(&pki, "server.key");
	server_ctx = tls_server_new(&conf, NULL);
	ck_assert_ptr_nonnull(server_ctx);
}

static void remove_pki(void)
{
	tls_ctx_free(&server_ctx);
	pki_remove(&pki);
}

static struct world {
	struct fake_smtp fake;
	struct loop *loop;
	struct resolver *resolver;
	struct tenant_conf tenant;
	char ca[128];
	struct hop *hop;
	struct link *link;
	struct timer *guard;
	struct smtp_mail mail;
	struct smtp_rcpt rcpt;
	const char *content;
	size_t at, piece;
	int sent, ended, wanted;
	enum hop_mood mood;
	bool usable;
	struct link_end end;
} w;

static bool next(void *arg, struct str *piece_r, struct err *e)
{
	struct str left = str_skip(str_of(w.content), w.at);

	(void)arg;
	if (!w.content)
		return err_set(e, ERR_RETRY, 0, "disk is gone");
	*piece_r = w.piece ? str_head(left, w.piece) : left;
	w.at += piece_r->n;
	return true;
}

static void send_one(void)
{
	w.at = 0;
	w.mail.size = w.content ? strlen(w.content) : 10;
	w.mail.rcpt = &w.rcpt;
	w.mail.rcpt_n = 1;
	w.mail.next = next;
	link_send(w.link, &w.mail);
	ck_assert_int_eq(w.sent, 0); /* never out of the call */
}

static void on_ready(void *arg)
{
	(void)arg;
	send_one();
}

static void on_sent(void *arg, struct smtp_mail *m, enum hop_mood mood,
		    bool usable)
{
	(void)arg;
	ck_assert_ptr_eq(m, &w.mail);
	w.sent++;
	w.mood = mood;
	w.usable = usable;
	loop_stop(w.loop);
}

static void on_end(void *arg, const struct link_end *end)
{
	(void)arg;
	w.ended++;
	w.end = *end;
	loop_stop(w.loop);
}

static const struct link_ops ops = {
	.on_ready = on_ready,
	.on_sent = on_sent,
	.on_end = on_end,
};

static void too_late(void *arg)
{
	(void)arg;
	ck_abort_msg("the dialogue hangs");
}

static void setup(void)
{
	memset(&w, 0, sizeof(w));
	w.fake.tls = server_ctx;
	w.fake.tls_caps = "AUTH XOAUTH2";
	w.fake.rule[0] = (struct fake_rule){"AUTH", 1, "334 "};
	fake_start(&w.fake);
	w.loop = loop_new(NULL);
	w.resolver = resolver_new(w.loop);
	w.guard = timer_new(w.loop, too_late, NULL);
	timer_set(w.guard, 2 * US_PER_MIN);
	snprintf(w.ca, sizeof(w.ca), "%s", pki_file(&pki, "ca.pem"));
	w.tenant.tenant = TEXT("one");
	w.tenant.notices_from = TEXT(NOTICES);
	w.tenant.deliver.via = TEXT("smtp-auth");
	w.tenant.deliver.host = TEXT("127.0.0.1");
	w.tenant.deliver.port = (uint16_t)w.fake.port;
	w.tenant.deliver.tls = TLS_LEVEL_VERIFIED;
	w.tenant.deliver.ca = w.ca;
	w.tenant.deliver.login.kind = LOGIN_ENTRA;
	w.content = HEAD OWN "\r\nbody\r\n";
	w.mail.from = STR(MAILBOX);
	w.rcpt.address = STR("x@ext.example");
}

static void teardown(void)
{
	link_close(&w.link);
	hop_free(&w.hop);
	timer_free(&w.guard);
	resolver_free(&w.resolver);
	loop_free(&w.loop);
	fake_stop(&w.fake);
}

static void open_hop(void)
{
	struct hop_conf conf = {.loop = w.loop,
				.resolver = w.resolver,
				.tenant = &w.tenant,
				.hostname = "gate.example.jp"};
	struct err e = ERR_EMPTY;

	w.hop = hop_new(&conf, &e);
	ck_assert_msg(w.hop != NULL, "%s", e.text);
}

static void run_as(const char *mailbox)
{
	char token[] = "a.token-of.it";
	struct smtp_login login = {str_of(mailbox), str_of(token), true};

	open_hop();
	w.link = link_open_as(w.hop, mailbox, &login, &ops, NULL);
	memset(token, 'x', sizeof(token)); /* it was copied */
	loop_run(w.loop);
}

START_TEST(goes_as_its_sender)
{
	w.piece = (size_t)_i; /* whole, or in pieces of that size */
	run_as(MAILBOX);
	ck_assert_int_eq(w.sent, 1);
	ck_assert_int_eq(w.rcpt.class, SMTP_DELIVERED);
	ck_assert(w.fake.mail[0].tls);
	ck_assert(str_eq(str_n(w.fake.mail[0].content, w.fake.mail[0].n),
			 str_of(w.content)));
	/* user=taro@example.jp^Aauth=Bearer a.token-of.it^A^A */
	ck_assert(fake_heard(&w.fake,
			     "dXNlcj10YXJvQGV4YW1wbGUuanABYXV0aD1CZWFyZXIgYS50b"
			     "2tlbi1vZi5pdAEB"));
	ck_assert(fake_heard(&w.fake, "MAIL FROM:<" MAILBOX ">"));
}
END_TEST

static const struct {
	const char *from, *content;
} stranger[] = {
	{"hanako@example.jp", HEAD OWN "\r\n"},
	{"", HEAD OWN "\r\n"}, /* not by this mailbox */
	{MAILBOX, HEAD "From: hanako@example.jp\r\n\r\n"},
	{MAILBOX, HEAD OWN OWN "\r\n"},
	{MAILBOX, HEAD "From: taro@example.jp, hanako@example.jp\r\n\r\n"},
	{MAILBOX, HEAD "From: \"taro@example.jp\" <x@y.example>\r\n\r\n"},
	{MAILBOX, HEAD "\r\nFrom: taro@example.jp\r\n"},
	{MAILBOX, HEAD "From:\r\n\r\n"},
	{MAILBOX, "no header at all"},
	{MAILBOX, ""},
};

START_TEST(holds_what_is_not_its_own)
{
	w.mail.from = str_of(stranger[_i].from);
	w.content = stranger[_i].content;
	run_as(MAILBOX);
	ck_assert_int_eq(w.sent, 1);
	ck_assert(w.usable);
	ck_assert_int_eq(w.mood, HOP_FINE);
	ck_assert_int_eq(w.rcpt.class, SMTP_MISCONFIGURED);
	ck_assert_str_eq(w.rcpt.answer.status, "5.7.1");
	ck_assert(!fake_heard(&w.fake, "MAIL"));
	/* and the next one goes */
	w.sent = 0;
	w.mail.from = STR(MAILBOX);
	w.content = HEAD OWN "\r\n";
	send_one();
	loop_run(w.loop);
	ck_assert_int_eq(w.rcpt.class, SMTP_DELIVERED);
}
END_TEST

START_TEST(waits_for_a_mail_that_cannot_be_read)
{
	w.content = NULL;
	run_as(MAILBOX);
	ck_assert_int_eq(w.rcpt.class, SMTP_DEFERRED);
	ck_assert(!fake_heard(&w.fake, "MAIL"));
}
END_TEST

START_TEST(mail_of_nobody_goes_as_notices_from)
{
	w.mail.from = STR_EMPTY;
	w.content = "From: " NOTICES "\r\n\r\n";
	run_as(NOTICES);
	ck_assert_int_eq(w.rcpt.class, SMTP_DELIVERED);
	ck_assert(fake_heard(&w.fake, "MAIL FROM:<" NOTICES ">"));
}
END_TEST

START_TEST(a_route_that_is_no_mailbox)
{
	run_as("nobody");
	ck_assert_int_eq(w.rcpt.class, SMTP_MISCONFIGURED);
}
END_TEST

START_TEST(long_headers_do_not_harm)
{
	AUTO(buf) b = BUF_MAX(2 * MIB);

	for (int i = 0; i < 12000; i++)
		buf_puts(&b, "X-Fill: 0123456789012345678901234567890\r\n");
	buf_puts(&b, OWN "\r\nbody\r\n");
	w.content = buf_cstr(&b);
	w.piece = _i ? 65536 : 0;
	run_as(MAILBOX);
	ck_assert_int_eq(w.rcpt.class, SMTP_MISCONFIGURED);
}
END_TEST

START_TEST(large_bodies_pass_behind_the_head)
{
	AUTO(buf) b = BUF_MAX(2 * MIB);

	buf_puts(&b, HEAD OWN "\r\n");
	for (int i = 0; i < 20000; i++)
		buf_puts(&b, "0123456789012345678901234567890123456789\r\n");
	w.content = buf_cstr(&b);
	w.piece = _i ? 65536 : 0;
	run_as(MAILBOX);
	ck_assert_int_eq(w.rcpt.class, SMTP_DELIVERED);
	ck_assert_uint_eq(w.fake.mail[0].n, b.n);
	ck_assert(memcmp(w.fake.mail[0].content, b.p, b.n) == 0);
}
END_TEST

static const struct {
	const char *action;
	enum hop_mood mood;
	int code;
} refusal[] = {
	{"535 5.7.3 Authentication unsuccessful", HOP_REFUSES_US, 535},
	{"535 5.7.139 SmtpClientAuthentication is disabled", HOP_REFUSES_US,
	 535},
	{"454 4.7.0 Temporary authentication failure", HOP_THROTTLES, 454},
	{"432 4.3.2 Concurrent connections limit exceeded", HOP_THROTTLES, 432},
	{"421 4.7.0 Try again later", HOP_THROTTLES, 421},
	{"451 4.3.0 later", HOP_DOWN, 451},
	{"502 5.5.1 what?", HOP_REFUSES_US, 502},
	{"close", HOP_DOWN, 0},
};

START_TEST(logins_that_fail)
{
	w.fake.rule[0].action = refusal[_i].action;
	run_as(MAILBOX);
	ck_assert_int_eq(w.ended, 1);
	ck_assert_int_eq(w.end.at, SMTP_AT_AUTH);
	ck_assert_int_eq(w.end.mood, refusal[_i].mood);
	ck_assert_int_eq(w.end.answer.code, refusal[_i].code);
	ck_assert_int_eq(w.fake.connections, 1);
}
END_TEST

START_TEST(never_in_clear)
{
	w.tenant.deliver.tls = _i ? TLS_LEVEL_OPPORTUNISTIC : TLS_LEVEL_NONE;
	w.fake.tls = NULL;
	w.fake.caps = "AUTH XOAUTH2";
	run_as(MAILBOX);
	ck_assert_int_eq(w.ended, 1);
	ck_assert_int_eq(w.end.mood, HOP_REFUSES_US);
	ck_assert(!fake_heard(&w.fake, "AUTH"));
}
END_TEST

START_TEST(nothing_we_know_is_offered)
{
	w.fake.tls_caps = "AUTH LOGIN";
	run_as(MAILBOX);
	ck_assert_int_eq(w.end.mood, HOP_REFUSES_US);
}
END_TEST

START_TEST(where_it_goes_unless_told)
{
	unsigned connections = 8, per_minute = 0;

	w.tenant.deliver.host = NULL;
	w.tenant.deliver.port = 0;
	w.tenant.deliver.login.kind = _i ? LOGIN_GOOGLE : LOGIN_ENTRA;
	open_hop();
	ck_assert_str_eq(hop_name(w.hop),
			 _i ? "smtp.gmail.com:587" : "smtp.office365.com:587");
	hop_bears(w.hop, &connections, &per_minute);
	ck_assert_uint_eq(connections, 3);
	ck_assert_uint_eq(per_minute, _i ? 0 : 30);
	connections = 2;
	per_minute = 10;
	hop_bears(w.hop, &connections, &per_minute);
	ck_assert(connections == 2 && per_minute == 10);
}
END_TEST

Suite *test_smtp_auth_suite(void)
{
	Suite *s = suite_create("smtp-auth");
	TCase *tc = tcase_create("smtp-auth");

	tcase_add_unchecked_fixture(tc, make_pki, remove_pki);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, goes_as_its_sender, 0, 20);
	tcase_add_loop_test(tc, holds_what_is_not_its_own, 0,
			    ARRAY_LEN(stranger));
	tcase_add_test(tc, waits_for_a_mail_that_cannot_be_read);
	tcase_add_test(tc, mail_of_nobody_goes_as_notices_from);
	tcase_add_test(tc, a_route_that_is_no_mailbox);
	tcase_add_loop_test(tc, long_headers_do_not_harm, 0, 2);
	tcase_add_loop_test(tc, large_bodies_pass_behind_the_head, 0, 2);
	tcase_add_loop_test(tc, logins_that_fail, 0, ARRAY_LEN(refusal));
	tcase_add_loop_test(tc, never_in_clear, 0, 2);
	tcase_add_test(tc, nothing_we_know_is_offered);
	tcase_add_loop_test(tc, where_it_goes_unless_told, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}
