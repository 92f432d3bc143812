/* The relay: names, addresses, levels of TLS, client certificate. */
#include "providers/providers.h"

#include <check.h>
#include "tests/unit/connector/sys/pki.h"
#include "tests/unit/fake_smtp.h"

Suite *test_relay_suite(void);

static struct pki pki;

static void make_pki(void)
{
	pki_make(&pki);
}

static void remove_pki(void)
{
	pki_remove(&pki);
}

struct world {
	struct fake_smtp fake;
	struct loop *loop;
	struct resolver *resolver;
	struct tenant_conf tenant;
	struct smtp_timeouts timeouts;
	struct hop *hop;
	struct link *link;
	struct timer *guard;
	struct smtp_mail mail;
	struct smtp_rcpt rcpt;
	bool given, ready, sent, ended, late;
	enum hop_mood mood;
	struct link_end end;
	char remote[256], tls[16];
};

static bool next(void *arg, struct str *piece_r, struct err *e)
{
	struct world *w = arg;

	(void)e;
	*piece_r = w->given ? STR_EMPTY : STR("a: b\r\n\r\nc\r\n");
	w->given = true;
	return true;
}

static void on_ready(void *arg)
{
	struct world *w = arg;

	w->ready = true;
	snprintf(w->remote, sizeof(w->remote), "%s", link_remote(w->link));
	snprintf(w->tls, sizeof(w->tls), "%s", link_tls(w->link));
	link_send(w->link, &w->mail);
}

static void on_sent(void *arg, struct smtp_mail *m, enum hop_mood mood,
		    bool usable)
{
	struct world *w = arg;

	(void)m;
	(void)usable;
	w->sent = true;
	w->mood = mood;
	loop_stop(w->loop);
}

static void on_end(void *arg, const struct link_end *end)
{
	struct world *w = arg;

	w->ended = true;
	w->end = *end;
	loop_stop(w->loop);
}

static const struct link_ops ops = {
	.on_ready = on_ready,
	.on_sent = on_sent,
	.on_end = on_end,
};

static void too_late(void *arg)
{
	struct world *w = arg;

	w->late = true;
	loop_stop(w->loop);
}

static void setup(struct world *w, const char *host, enum tls_level level,
		  const char *certificate)
{
	w->loop = loop_new(NULL);
	w->resolver = resolver_new(w->loop);
	w->timeouts = smtp_timeouts_default;
	w->tenant.tenant = (char *)"one";
	w->tenant.deliver.via = (char *)"relay";
	w->tenant.deliver.host = (char *)host;
	w->tenant.deliver.tls = level;
	w->tenant.deliver.ca = mem_strdup(pki_file(&pki, "ca.pem"));
	if (certificate) {
		char pem[32], key[32];
		struct tls_server_conf conf = {
			.request_client_certificate = true};

		snprintf(pem, sizeof(pem), "%s.pem", certificate);
		snprintf(key, sizeof(key), "%s.key", certificate);
		conf.certificate_file = pki_file(&pki, pem);
		conf.key_file = pki_file(&pki, key);
		conf.client_ca_file = pki_file(&pki, "ca.pem");
		w->fake.tls = tls_server_new(&conf, NULL);
		ck_assert_ptr_nonnull(w->fake.tls);
	}
	fake_start(&w->fake);
	w->tenant.deliver.port = (uint16_t)w->fake.port;
	w->mail.from = STR("s@example.jp");
	w->mail.rcpt = &w->rcpt;
	w->mail.rcpt_n = 1;
	w->mail.next = next;
	w->mail.arg = w;
	w->rcpt.address = STR("a@ext.example");
}

static void run(struct world *w)
{
	struct hop_conf conf = {.loop = w->loop,
				.resolver = w->resolver,
				.tenant = &w->tenant,
				.hostname = "gate.example.jp",
				.timeouts = &w->timeouts};
	struct err e = ERR_EMPTY;

	w->hop = hop_new(&conf, &e);
	ck_assert_msg(w->hop != NULL, "%s", e.text);
	w->link = link_open(w->hop, "", &ops, w);
	ck_assert(!w->ended && !w->ready);
	w->guard = timer_new(w->loop, too_late, w);
	timer_set(w->guard, 2 * US_PER_MIN);
	loop_run(w->loop);
	ck_assert(!w->late);
}

static void end(struct world *w)
{
	hop_free(&w->hop); /* before its link, as a reload does */
	link_close(&w->link);
	resolver_free(&w->resolver);
	timer_free(&w->guard);
	loop_free(&w->loop);
	fake_stop(&w->fake);
	tls_ctx_free(&w->fake.tls);
	mem_free(w->tenant.deliver.ca);
}

START_TEST(by_address_and_by_name)
{
	static const char *const host[] = {"127.0.0.1", "localhost"};
	struct world w = {0};

	setup(&w, host[_i], TLS_LEVEL_NONE, NULL);
	run(&w);
	ck_assert(w.sent);
	ck_assert_int_eq(w.rcpt.class, SMTP_DELIVERED);
	ck_assert_ptr_nonnull(strstr(w.remote, host[_i]));
	ck_assert_ptr_nonnull(strstr(w.remote, "[127.0.0.1]"));
	ck_assert(fake_heard(&w.fake, "EHLO gate.example.jp"));
	end(&w);
}
END_TEST

START_TEST(name_that_does_not_exist)
{
	struct world w = {0};

	setup(&w, "no-such-host.invalid", TLS_LEVEL_NONE, NULL);
	run(&w);
	ck_assert(w.ended);
	ck_assert_int_eq(w.end.mood, HOP_DOWN);
	ck_assert_str_eq(w.end.answer.status, "4.4.3");
	end(&w);
}
END_TEST

static const struct {
	enum tls_level level;
	const char *host, *certificate;
	const char *handshake; /* fault */
	bool delivered, secure;
	enum hop_mood mood;
} level_row[] = {
	{TLS_LEVEL_NONE, "127.0.0.1", "server", NULL, true, false, 0},
	{TLS_LEVEL_OPPORTUNISTIC, "127.0.0.1", "server", NULL, true, true, 0},
	{TLS_LEVEL_OPPORTUNISTIC, "127.0.0.1", NULL, NULL, true, false, 0},
	{TLS_LEVEL_OPPORTUNISTIC, "127.0.0.1", "server", "close", true, false,
	 0},
	{TLS_LEVEL_OPPORTUNISTIC, "127.0.0.1", "server", "raw:nonsense\r\n",
	 true, false, 0},
	{TLS_LEVEL_REQUIRED, "127.0.0.1", "stranger", NULL, true, true, 0},
	{TLS_LEVEL_REQUIRED, "127.0.0.1", "server", "close", false, false,
	 HOP_DOWN},
	{TLS_LEVEL_REQUIRED, "127.0.0.1", NULL, NULL, false, false,
	 HOP_REFUSES_US},
	{TLS_LEVEL_VERIFIED, "127.0.0.1", "server", NULL, true, true, 0},
	{TLS_LEVEL_VERIFIED, "127.0.0.1", "stranger", NULL, false, false,
	 HOP_REFUSES_US},
	{TLS_LEVEL_VERIFIED, "localhost", "server", NULL, false, false,
	 HOP_REFUSES_US}, /* the name is not in the certificate */
	{TLS_LEVEL_VERIFIED, "127.0.0.1", "server", "close", false, false,
	 HOP_DOWN},
};

START_TEST(levels_of_tls)
{
	struct world w = {0};

	if (level_row[_i].handshake)
		w.fake.rule[0] = (struct fake_rule){"HANDSHAKE", 1,
						    level_row[_i].handshake};
	setup(&w, level_row[_i].host, level_row[_i].level,
	      level_row[_i].certificate);
	run(&w);
	ck_assert_int_eq(w.sent, level_row[_i].delivered);
	if (w.sent) {
		ck_assert_int_eq(w.rcpt.class, SMTP_DELIVERED);
		ck_assert_int_eq(w.fake.mail[0].tls, level_row[_i].secure);
		ck_assert_int_eq(w.tls[0] != '\0', level_row[_i].secure);
	} else {
		ck_assert_int_eq(w.end.mood, level_row[_i].mood);
		ck_assert(!fake_heard(&w.fake, "MAIL"));
	}
	end(&w);
}
END_TEST

START_TEST(refusal_of_all_is_ours)
{
	struct world w = {.fake = {.rule = {{"RCPT", 0,
					     "554 5.7.1 <a@ext.example>: "
					     "Relay access denied"}}}};

	setup(&w, "127.0.0.1", TLS_LEVEL_NONE, NULL);
	run(&w);
	ck_assert_int_eq(w.mood, HOP_REFUSES_US);
	ck_assert_int_eq(w.rcpt.class, SMTP_MISCONFIGURED);
	end(&w);
}
END_TEST

START_TEST(closing_at_any_moment)
{
	struct world w = {0};
	struct hop_conf conf;

	setup(&w, "localhost", TLS_LEVEL_NONE, NULL);
	conf = (struct hop_conf){.loop = w.loop,
				 .resolver = w.resolver,
				 .tenant = &w.tenant,
				 .hostname = "gate.example.jp"};
	w.hop = hop_new(&conf, NULL);
	for (int us = 0; us < 3000; us += 100) {
		struct link *l = link_open(w.hop, "", &ops, &w);

		w.guard = timer_new(w.loop, too_late, &w);
		timer_set(w.guard, us);
		w.link = l;
		w.given = false;
		loop_run(w.loop);
		link_close(&w.link);
		timer_free(&w.guard);
	}
	end(&w);
}
END_TEST

START_TEST(no_such_provider)
{
	struct tenant_conf t = {.tenant = (char *)"one"};
	struct hop_conf conf = {.tenant = &t, .hostname = "x"};
	struct err e = ERR_EMPTY;

	t.deliver.via = (char *)"pigeon";
	ck_assert_ptr_null(hop_new(&conf, &e));
	ck_assert_int_eq(e.class, ERR_CONFIG);
	t.deliver.via = (char *)"relay";
	t.deliver.host = (char *)"127.0.0.1";
	t.deliver.tls = TLS_LEVEL_VERIFIED;
	t.deliver.ca = (char *)"/nowhere/ca.pem";
	ck_assert_ptr_null(hop_new(&conf, &e));
}
END_TEST

Suite *test_relay_suite(void)
{
	Suite *s = suite_create("relay");
	TCase *c = tcase_create("all");

	tcase_set_timeout(c, 30);
	tcase_add_unchecked_fixture(c, make_pki, remove_pki);
	tcase_add_loop_test(c, by_address_and_by_name, 0, 2);
	tcase_add_test(c, name_that_does_not_exist);
	tcase_add_loop_test(c, levels_of_tls, 0, ARRAY_LEN(level_row));
	tcase_add_test(c, refusal_of_all_is_ours);
	tcase_add_test(c, closing_at_any_moment);
	tcase_add_test(c, no_such_provider);
	suite_add_tcase(s, c);
	return s;
}
