/* Direct delivery: MX hosts in their order, bounces that the DNS decides, TLS
 * as it can be had; and the relay that is an MX.
 */
#include "providers/mx_int.h"

#include <check.h>
#include "tests/unit/connector/sys/pki.h"
#include "tests/unit/fake_dns.h"
#include "tests/unit/fake_smtp.h"

Suite *test_direct_suite(void);

/* 127.0.0.2 to 127.0.0.4 are the three servers; nobody is at 127.0.0.9. */
static const struct fake_rr ZONE[] = {
	{"example.test", "MX 10 mx.example.test"},
	{"mx.example.test", "A 127.0.0.2"},
	{"order.test", "MX 30 three.test"},
	{"order.test", "MX 10 one.test"},
	{"order.test", "MX 20 two.test"},
	{"one.test", "A 127.0.0.2"},
	{"two.test", "A 127.0.0.3"},
	{"three.test", "A 127.0.0.4"},
	{"second.test", "MX 10 away.test"},
	{"second.test", "MX 20 two.test"},
	{"away.test", "A 127.0.0.9"},
	{"down.test", "MX 10 away.test"},
	{"implicit.test", "A 127.0.0.3"},
	{"null.test", "MX 0 ."},
	{"fail.test", "SERVFAIL"},
	{NULL, NULL},
};

static struct pki pki;

static struct {
	struct fake_smtp at[3];
	struct fake_dns *server;
	struct loop *loop;
	struct dns *dns;
	struct resolver *resolver;
	struct tenant_conf tenant;
	struct cidr loopback;
	char *domain;
	struct hop *hop;
	struct link *link;
	struct timer *guard;
	struct smtp_mail mail;
	struct smtp_rcpt rcpt;
	bool given, sent, ended, late;
	struct link_end end;
	char remote[256];
} w;

static bool next(void *arg, struct str *piece_r, struct err *e)
{
	(void)arg;
	(void)e;
	*piece_r = w.given ? STR_EMPTY : STR("a: b\r\n\r\nc\r\n");
	w.given = true;
	return true;
}

static void on_ready(void *arg)
{
	(void)arg;
	snprintf(w.remote, sizeof(w.remote), "%s", link_remote(w.link));
	link_send(w.link, &w.mail);
}

static void on_sent(void *arg, struct smtp_mail *m, enum hop_mood mood,
		    bool usable)
{
	(void)arg;
	(void)m;
	(void)mood;
	(void)usable;
	w.sent = true;
	loop_stop(w.loop);
}

static void on_end(void *arg, const struct link_end *end)
{
	(void)arg;
	w.ended = true;
	w.end = *end;
	loop_stop(w.loop);
}

static const struct link_ops OPS = {
	.on_ready = on_ready,
	.on_sent = on_sent,
	.on_end = on_end,
};

static void too_late(void *arg)
{
	(void)arg;
	w.late = true;
	loop_stop(w.loop);
}

static void make_pki(void)
{
	pki_make(&pki);
}

static void remove_pki(void)
{
	pki_remove(&pki);
}

static void setup(void)
{
	const char *address;
	struct dns_conf conf = {
		.server = &address, .server_n = 1, .trust_anchor = "/dev/null"};

	memset(&w, 0, sizeof(w));
	w.loop = conf.loop = loop_new(NULL);
	w.server = fake_dns_new(ZONE);
	address = fake_dns_address(w.server);
	w.dns = dns_new(&conf, NULL);
	ck_assert_ptr_nonnull(w.dns);
	w.resolver = resolver_new(w.loop);
	w.domain = mem_strdup("example.test");
	w.tenant.tenant = (char *)"one";
	w.tenant.deliver.via = (char *)"direct";
	w.tenant.deliver.tls = TLS_LEVEL_OPPORTUNISTIC;
	w.tenant.deliver.ca = mem_strdup(pki_file(&pki, "ca.pem"));
	ck_assert(cidr_parse(STR("127.0.0.0/8"), &w.loopback, NULL));
	w.tenant.deliver.inside.v = &w.loopback;
	w.tenant.deliver.inside.n = 1;
	w.tenant.domains.v = &w.domain;
	w.tenant.domains.n = 1;
	w.mail.from = STR("s@example.jp");
	w.mail.rcpt = &w.rcpt;
	w.mail.rcpt_n = 1;
	w.mail.next = next;
	w.rcpt.address = STR("a@ext.example");
	for (unsigned i = 0; i < ARRAY_LEN(w.at); i++)
		w.at[i].host = 1 + i;
}

static void begin(void)
{
	for (unsigned i = 0; i < ARRAY_LEN(w.at); i++) {
		w.at[i].port = w.at[0].port;
		fake_start(&w.at[i]);
	}
	w.tenant.deliver.port = (uint16_t)w.at[0].port;
}

static void secure(struct fake_smtp *f, const char *name)
{
	char pem[32], key[32];
	struct tls_server_conf conf = {.request_client_certificate = true};

	snprintf(pem, sizeof(pem), "%s.pem", name);
	snprintf(key, sizeof(key), "%s.key", name);
	conf.certificate_file = pki_file(&pki, pem);
	conf.key_file = pki_file(&pki, key);
	conf.client_ca_file = pki_file(&pki, "ca.pem");
	f->tls = tls_server_new(&conf, NULL);
	ck_assert_ptr_nonnull(f->tls);
}

static void run(const char *route)
{
	struct hop_conf conf = {.loop = w.loop,
				.resolver = w.resolver,
				.dns = w.dns,
				.tenant = &w.tenant,
				.hostname = "gate.example.jp"};
	struct err e = ERR_EMPTY;

	w.hop = hop_new(&conf, &e);
	ck_assert_msg(w.hop != NULL, "%s", e.text);
	w.link = link_open(w.hop, route, &OPS, &w);
	ck_assert(!w.ended && !w.sent);
	w.guard = timer_new(w.loop, too_late, NULL);
	timer_set(w.guard, 2 * US_PER_MIN);
	loop_run(w.loop);
	ck_assert(!w.late);
}

static void teardown(void)
{
	hop_free(&w.hop);
	link_close(&w.link);
	resolver_free(&w.resolver);
	dns_free(&w.dns);
	timer_free(&w.guard);
	loop_free(&w.loop);
	for (unsigned i = 0; i < ARRAY_LEN(w.at); i++) {
		fake_stop(&w.at[i]);
		tls_ctx_free(&w.at[i].tls);
	}
	fake_dns_free(&w.server);
	mem_free(w.tenant.deliver.ca);
	mem_free(w.domain);
}

static void delivered_at(unsigned host)
{
	ck_assert_msg(w.sent, "%s %s", w.end.answer.status, w.end.answer.text);
	ck_assert_int_eq(w.rcpt.class, SMTP_DELIVERED);
	for (unsigned i = 0; i < ARRAY_LEN(w.at); i++)
		ck_assert_uint_eq(fake_mails(&w.at[i]), i == host);
}

START_TEST(the_first_comes_first)
{
	begin();
	run("order.test");
	delivered_at(0);
	ck_assert_str_eq(w.remote, "one.test[127.0.0.2]");
	ck_assert_int_eq(w.at[1].connections + w.at[2].connections, 0);
}
END_TEST

/* RFC 5321 5.1: whoever does not take it now is left for the next. */
static const char *const SHY[] = {"421 later", "554 5.7.1 go away", "close",
				  "reset"};

START_TEST(the_next_when_the_first_is_shy)
{
	w.at[0].rule[0] = (struct fake_rule){"GREETING", 0, SHY[_i]};
	w.at[1].rule[0] = (struct fake_rule){"EHLO", 0, SHY[_i]};
	w.at[1].rule[1] = (struct fake_rule){"HELO", 0, SHY[_i]};
	begin();
	run("order.test");
	delivered_at(2);
	ck_assert_str_eq(w.remote, "three.test[127.0.0.4]");
}
END_TEST

START_TEST(the_next_when_nobody_is_there)
{
	begin();
	run("second.test");
	delivered_at(1);
}
END_TEST

START_TEST(implicit_and_literal)
{
	begin();
	run(_i ? "[127.0.0.3]" : "implicit.test");
	delivered_at(1);
}
END_TEST

static const struct {
	const char *route, *status;
	bool permanent;
} NO[] = {
	{"null.test", "5.1.10", true},
	{"nowhere.test", "5.1.2", true},
	{"fail.test", "4.4.3", false},
	{"down.test", "4.4.2", false},
};

START_TEST(no_way)
{
	begin();
	run(NO[_i].route);
	ck_assert(w.ended);
	ck_assert_str_eq(w.end.answer.status, NO[_i].status);
	ck_assert(w.end.permanent == NO[_i].permanent);
	ck_assert_int_eq(w.end.mood, NO[_i].permanent ? HOP_FINE : HOP_DOWN);
}
END_TEST

/* Unless the settings name them, there are no hosts at private addresses. */
START_TEST(not_to_the_inside)
{
	w.tenant.deliver.inside.n = 0;
	begin();
	run("example.test");
	ck_assert(w.ended && w.end.permanent);
	ck_assert_str_eq(w.end.answer.status, "5.4.4");
	ck_assert_int_eq(w.at[0].connections, 0);
}
END_TEST

/* A stranger that refuses us is down for us, and no matter for an alarm. */
START_TEST(refused_by_all_is_later)
{
	w.at[0].rule[0] = (struct fake_rule){"GREETING", 0, "554 5.7.1 no"};
	begin();
	run("example.test");
	ck_assert(w.ended && !w.end.permanent);
	ck_assert_int_eq(w.end.mood, HOP_DOWN);
	ck_assert_int_eq(w.end.answer.code, 554);
}
END_TEST

static const struct {
	enum tls_level level;
	const char *route, *certificate, *handshake;
	bool delivered, secure;
} TLS[] = {
	{TLS_LEVEL_OPPORTUNISTIC, "example.test", "server", NULL, true, true},
	{TLS_LEVEL_OPPORTUNISTIC, "order.test", "stranger", NULL, true, true},
	{TLS_LEVEL_OPPORTUNISTIC, "example.test", "server", "close", true,
	 false},
	{TLS_LEVEL_OPPORTUNISTIC, "example.test", "server", "raw:x\r\n", true,
	 false},
	{TLS_LEVEL_OPPORTUNISTIC, "example.test", NULL, NULL, true, false},
	{TLS_LEVEL_REQUIRED, "example.test", NULL, NULL, false, false},
	{TLS_LEVEL_VERIFIED, "example.test", "server", NULL, true, true},
	/* one.test is no name of the certificate. */
	{TLS_LEVEL_VERIFIED, "order.test", "server", NULL, false, false},
	{TLS_LEVEL_VERIFIED, "example.test", "stranger", NULL, false, false},
};

START_TEST(levels_of_tls)
{
	if (TLS[_i].certificate)
		secure(&w.at[0], TLS[_i].certificate);
	if (TLS[_i].handshake)
		w.at[0].rule[0] = (struct fake_rule){"HANDSHAKE", 1,
						     TLS[_i].handshake};
	for (unsigned i = 1; i < ARRAY_LEN(w.at); i++)
		w.at[i].rule[0] = (struct fake_rule){"GREETING", 0, "421 no"};
	w.tenant.deliver.tls = TLS[_i].level;
	begin();
	run(TLS[_i].route);
	if (TLS[_i].delivered) {
		delivered_at(0);
		ck_assert_int_eq(w.at[0].mail[0].tls, TLS[_i].secure);
	} else {
		/* Down, one of many: no alarm, and never in clear. */
		ck_assert(w.ended && !w.end.permanent);
		ck_assert_int_ne(w.end.mood, HOP_REFUSES_US);
		ck_assert(!fake_heard(&w.at[0], "MAIL"));
	}
}
END_TEST

START_TEST(relay_is_the_mx)
{
	secure(&w.at[0], "server");
	w.tenant.deliver.via = (char *)"relay";
	w.tenant.deliver.host = (char *)"mx";
	w.tenant.deliver.tls = TLS_LEVEL_VERIFIED;
	begin();
	run("");
	delivered_at(0);
	ck_assert(w.at[0].mail[0].tls);
	ck_assert_str_eq(w.remote, "mx.example.test[127.0.0.2]");
	ck_assert_str_eq(hop_name(w.hop), "MX of example.test");
}
END_TEST

/* Whatever the DNS says of our own relay, the users' mail waits. */
static const char *const LOST[] = {"null.test", "nowhere.test", "fail.test"};

START_TEST(relay_without_mx_waits)
{
	mem_free(w.domain);
	w.domain = mem_strdup(LOST[_i]);
	w.tenant.deliver.via = (char *)"relay";
	w.tenant.deliver.host = (char *)"mx";
	begin();
	run("");
	ck_assert(w.ended && !w.end.permanent);
	ck_assert_int_eq(w.end.mood, HOP_DOWN);
}
END_TEST

START_TEST(closed_at_any_moment)
{
	struct hop_conf conf;
	const char *const route[] = {"order.test", "[127.0.0.2]", "down.test"};

	begin();
	conf = (struct hop_conf){.loop = w.loop,
				 .dns = w.dns,
				 .tenant = &w.tenant,
				 .hostname = "gate.example.jp"};
	w.hop = hop_new(&conf, NULL);
	for (unsigned i = 0; i < 30; i++) {
		w.link = link_open(w.hop, route[i % 3], &OPS, &w);
		for (unsigned k = 0; k < i / 3; k++) {
			loop_post(w.loop, (void (*)(void *))loop_stop, w.loop);
			loop_run(w.loop);
			usleep(300);
		}
		link_close(&w.link);
	}
}
END_TEST

Suite *test_direct_suite(void)
{
	Suite *s = suite_create("direct");
	TCase *c = tcase_create("all");

	tcase_set_timeout(c, 60);
	tcase_add_unchecked_fixture(c, make_pki, remove_pki);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, the_first_comes_first);
	tcase_add_loop_test(c, the_next_when_the_first_is_shy, 0,
			    (int)ARRAY_LEN(SHY));
	tcase_add_test(c, the_next_when_nobody_is_there);
	tcase_add_loop_test(c, implicit_and_literal, 0, 2);
	tcase_add_loop_test(c, no_way, 0, (int)ARRAY_LEN(NO));
	tcase_add_test(c, not_to_the_inside);
	tcase_add_test(c, refused_by_all_is_later);
	tcase_add_loop_test(c, levels_of_tls, 0, (int)ARRAY_LEN(TLS));
	tcase_add_test(c, relay_is_the_mx);
	tcase_add_loop_test(c, relay_without_mx_waits, 0, (int)ARRAY_LEN(LOST));
	tcase_add_test(c, closed_at_any_moment);
	suite_add_tcase(s, c);
	return s;
}
