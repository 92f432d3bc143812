/* test_relay.c - T8: never a relay. The classic probes from each kind of
 * peer, and the tenants' proofs crossed with each other.
 */
#include <check.h>
#include "tests/unit/connector/smtpd/harness.h"

/* From and to as relay testers send them; our host is gate.example.jp. */
static const struct {
	const char *from, *to;
} probes[] = {
	{"<probe@outside.test>", "<victim@elsewhere.test>"},
	{"<probe@gate.example.jp>", "<victim@elsewhere.test>"},
	{"<probe@localhost>", "<victim@elsewhere.test>"},
	{"<probe>", "<victim@elsewhere.test>"},
	{"<>", "<victim@elsewhere.test>"},
	{"<probe@[192.0.2.1]>", "<victim@elsewhere.test>"},
	{"<probe@outside.test>", "<victim%elsewhere.test@gate.example.jp>"},
	{"<probe@outside.test>", "<victim%elsewhere.test@[192.0.2.1]>"},
	{"<probe@outside.test>", "<\"victim@elsewhere.test\">"},
	{"<probe@outside.test>", "<\"victim%elsewhere.test\">"},
	{"<probe@outside.test>", "<victim@elsewhere.test@gate.example.jp>"},
	{"<probe@outside.test>", "<\"victim@elsewhere.test\"@gate.example.jp>"},
	{"<probe@outside.test>", "<victim@elsewhere.test@[192.0.2.1]>"},
	{"<probe@outside.test>", "<@gate.example.jp:victim@elsewhere.test>"},
	{"<probe@outside.test>", "<@[192.0.2.1]:victim@elsewhere.test>"},
	{"<probe@outside.test>", "<elsewhere.test!victim>"},
	{"<probe@outside.test>", "<elsewhere.test!victim@gate.example.jp>"},
	{"<probe@outside.test>", "<elsewhere.test!victim@[192.0.2.1]>"},
	{"<probe@outside.test>", "<victim>"},
};

static struct harness h;
static struct client k;

static void setup(void)
{
	harness_init(&h, true);
	h.config.limits.sessions_per_address = 0;
}

static void teardown(void)
{
	client_close(&k);
	ck_assert_uint_eq(h.flow.open, 0);
	harness_release(&h);
}

static void hello(const char *peer, bool tls)
{
	client_open(&h, &k, peer);
	ck_assert(client_expect(&k, "220 *"));
	client_say(&k, "EHLO probe.test");
	ck_assert(client_expect(&k, "250-*"));
	if (!tls)
		return;
	client_say(&k, "STARTTLS");
	ck_assert(client_expect(&k, "220 *"));
	ck_assert(client_start_tls(&k));
	client_say(&k, "EHLO probe.test");
	ck_assert(client_expect(&k, "250-*"));
}

/* Reply code of MAIL, of RCPT when MAIL was taken, of DATA when both were. */
static int try_one(const char *from, const char *to)
{
	AUTO(buf) b = BUF_MAX(1024);
	struct str r;

	buf_printf(&b, "MAIL FROM:%s", from);
	client_say(&k, buf_cstr(&b));
	r = client_reply(&k);
	if (fits("2*", r)) {
		buf_clear(&b);
		buf_printf(&b, "RCPT TO:%s", to);
		client_say(&k, buf_cstr(&b));
		r = client_reply(&k);
		ck_assert_msg(r.n, "no reply to %s %s", from, to);
	}
	return r.n ? (r.p[0] - '0') * 100 + (r.p[1] - '0') * 10 + r.p[2] - '0'
		   : 0;
}

START_TEST(strangers_relay_nothing)
{
	for (int tls = 0; tls < 2; tls++) {
		for (size_t i = 0; i < ARRAY_LEN(probes); i++) {
			hello(PEER_STRANGER, tls);
			ck_assert_int_ge(try_one(probes[i].from, probes[i].to),
					 500);
			/* And as one of a tenant. */
			client_say(&k, "RSET");
			client_reply(&k);
			ck_assert_int_ge(
				try_one("<a@example.jp>", probes[i].to), 500);
			client_close(&k);
		}
	}
	ck_assert_int_ge(metric_get(&h.metrics, METRIC_NO_TENANT), 19);
	ck_assert_uint_eq(h.flow.begun, 0);
}
END_TEST

START_TEST(peers_relay_for_their_own_domains_only)
{
	for (size_t i = 0; i < ARRAY_LEN(probes); i++) {
		bool null = str_is(str_of(probes[i].from), "<>");

		/* gate.example.jp is below *.example.jp: a real sender. */
		if (i == 1)
			continue;
		hello(PEER_EXAMPLE, false);
		/* <> is proved by the header: flow's test. */
		ck_assert_msg(null || try_one(probes[i].from, probes[i].to) >=
					      500,
			      "probe %zu", i);
		client_close(&k);
	}
	ck_assert_uint_eq(h.flow.begun, 0);
}
END_TEST

START_TEST(tricks_in_recipients_are_refused_to_tenants_too)
{
	for (size_t i = 6; i < ARRAY_LEN(probes); i++) {
		hello(PEER_EXAMPLE, false);
		ck_assert_msg(try_one("<a@example.jp>", probes[i].to) >= 500,
			      "probe %zu", i);
		client_close(&k);
	}
}
END_TEST

static const struct {
	const char *peer;
	bool tls;
	const char *from;
	int code;
} proofs[] = {
	{PEER_EXAMPLE, false, "<a@example.jp>", 250},
	{PEER_EXAMPLE, false, "<a@EXAMPLE.JP>", 250},
	{PEER_EXAMPLE, false, "<a@sub.example.jp>", 250},
	{PEER_EXAMPLE, false, "<a@deep.sub.example.jp>", 250},
	{PEER_EXAMPLE, false, "<a@notexample.jp>", 550},
	{PEER_EXAMPLE, false, "<a@example.jp.evil.test>", 550},
	{PEER_EXAMPLE, false, "<a@secure.test>", 550},
	{PEER_EXAMPLE, true, "<a@secure.test>", 550},
	{PEER_SECURE, false, "<a@secure.test>", 530},
	{PEER_SECURE, true, "<a@secure.test>", 250},
	{PEER_SECURE, true, "<a@sub.secure.test>", 550},
	{PEER_SECURE, true, "<a@example.jp>", 550},
	{PEER_SECURE, false, "<a@example.jp>", 550},
	{PEER_SECURE, false, "<>", 530},
	{PEER_SECURE, true, "<>", 250},
	{PEER_SHARED, false, "<a@secure.test>", 530},
	{PEER_SHARED, false, "<a@example.jp>", 250},
	{PEER_SHARED, true, "<a@secure.test>", 250},
	{PEER_SHARED, true, "<a@example.jp>", 250},
	{PEER_SHARED, true, "<a@other.test>", 550},
	{PEER_SHARED, true, "<>", 250},
	{PEER_STRANGER, true, "<a@example.jp>", 550},
	{PEER_STRANGER, true, "<>", 550},
	{"::ffff:192.0.2.7", false, "<a@example.jp>", 250},
	{"2001:db8::7", false, "<a@example.jp>", 550},
};

START_TEST(all_proofs_are_of_one_tenant)
{
	for (size_t i = 0; i < ARRAY_LEN(proofs); i++) {
		hello(proofs[i].peer, proofs[i].tls);
		ck_assert_msg(try_one(proofs[i].from, "<b@partner.test>") ==
				      proofs[i].code,
			      "proof %zu", i);
		client_close(&k);
	}
}
END_TEST

START_TEST(tenant_and_tls_reach_the_flow)
{
	struct fake_message *m;

	hello(PEER_SHARED, true);
	client_say(&k, "MAIL FROM:<a@secure.test>");
	client_say(&k, "RCPT TO:<b@partner.test>");
	client_say(&k, "DATA");
	client_send(&k, STR("x\r\n.\r\n"));
	client_say(&k, "MAIL FROM:<>");
	client_say(&k, "RCPT TO:<b@partner.test>");
	client_say(&k, "BDAT 0 LAST");
	ck_assert_uint_eq(h.flow.taken.n, 2);
	m = h.flow.taken.v[0];
	ck_assert_str_eq(m->tenant, "secure");
	ck_assert_str_eq(m->tls, "TLSv1.3");
	ck_assert(m->verified);
	ck_assert_str_eq(m->certificate, "client.example.jp");
	ck_assert_ptr_null(h.flow.taken.v[1]->tenant);
	ck_assert_uint_eq(h.flow.taken.v[1]->env.from.text.n, 0);
}
END_TEST

START_TEST(postmaster_has_no_mailbox_here)
{
	hello(PEER_EXAMPLE, false);
	client_say(&k, "MAIL FROM:<a@example.jp>");
	client_say(&k, "RCPT TO:<Postmaster>");
	ck_assert(client_expect(&k, "250 *"));
	ck_assert(client_expect(&k, "550 5.1.1 *postmaster*"));
}
END_TEST

Suite *test_relay_suite(void);

Suite *test_relay_suite(void)
{
	Suite *s = suite_create("relay");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, strangers_relay_nothing);
	tcase_add_test(t, peers_relay_for_their_own_domains_only);
	tcase_add_test(t, tricks_in_recipients_are_refused_to_tenants_too);
	tcase_add_test(t, all_proofs_are_of_one_tenant);
	tcase_add_test(t, tenant_and_tls_reach_the_flow);
	tcase_add_test(t, postmaster_has_no_mailbox_here);
	suite_add_tcase(s, t);
	return s;
}
