/* test_proof.c - replies of a session whose peer has to prove a tenant: by
 * certificate, by ranges that are not known yet, by its header.
 */
#include <check.h>
#include "tests/unit/connector/smtpd/harness.h"

Suite *test_proof_suite(void);

static struct harness h;
static struct client k;

static void setup(void)
{
	harness_init(&h, true);
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

static bool mail_gets(const char *want)
{
	client_say(&k, "MAIL FROM:<a@example.jp>");
	return client_expect(&k, want);
}

/* The client shows client.example.jp. */
START_TEST(certificate_has_exactly_the_name)
{
	static const struct {
		const char *name, *want;
		bool tls;
	} rows[] = {
		{"client.example.jp", "250 *", true},
		{"CLIENT.example.jp", "250 *", true},
		{"other.example.jp", "550 5.7.1 *", true},
		{"*.example.jp", "550 5.7.1 *", true},
		{"example.jp", "550 5.7.1 *", true},
		{"client.example.jp", "530 5.7.0 *", false},
	};

	h.tenant[0].accept.certificate = (char *)rows[_i].name;
	hello(PEER_EXAMPLE, rows[_i].tls);
	ck_assert(mail_gets(rows[_i].want));
	ck_assert_uint_eq(h.flow.failed[AUTH_PROOF_CERTIFICATE],
			  rows[_i].want[0] == '5' && rows[_i].tls);
}
END_TEST

START_TEST(ranges_that_are_not_known_yet)
{
	struct cidr range;

	ck_assert(cidr_parse(STR("192.168.99.0/24"), &range, NULL));
	h.tenant[0].kind = KIND_M365;
	h.tenant[0].accept.networks.published = true;
	hello(PEER_STRANGER, true);
	ck_assert(mail_gets("451 4.7.1 *"));
	auth_set_ranges(h.auth, AUTH_CLOUD_M365, &range, 1, 1);
	ck_assert(mail_gets("250 *"));
	ck_assert_uint_eq(h.flow.failed[AUTH_PROOF_UNKNOWN], 1);
}
END_TEST

/* What flow says of the header block, after the final dot. */
static const struct {
	enum err_class class;
	int code;
	const char *want;
} refusals[] = {
	{ERR_DENIED, 550, "550 5.7.1 *"},
	{ERR_RETRY, FLOW_NOT_YET, "451 4.7.1 *"},
	{ERR_RETRY, 0, "452 4.3.1 *"},
	{ERR_LIMIT, 0, "552 5.3.4 message too large: *"},
	{ERR_LIMIT, FLOW_LONG_HEAD, "552 5.3.4 as the test wants it"},
};

START_TEST(refused_while_it_comes)
{
	hello(PEER_EXAMPLE, false);
	h.flow.fail_at = 1;
	h.flow.fail_class = refusals[_i].class;
	h.flow.fail_code = refusals[_i].code;
	ck_assert(client_to_data(&k, "a@example.jp", "b@out.test"));
	client_say(&k, "Subject: x");
	client_say(&k, "");
	client_say(&k, "body");
	client_say(&k, ".");
	ck_assert(client_expect(&k, refusals[_i].want));
	ck_assert_uint_eq(h.flow.taken.n, 0);
	/* The session goes on. */
	h.flow.fail_at = 0;
	ck_assert(client_to_data(&k, "a@example.jp", "b@out.test"));
	client_say(&k, ".");
	ck_assert(client_expect(&k, "250 *"));
}
END_TEST

Suite *test_proof_suite(void)
{
	Suite *s = suite_create("proof");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, certificate_has_exactly_the_name, 0, 6);
	tcase_add_test(t, ranges_that_are_not_known_yet);
	tcase_add_loop_test(t, refused_while_it_comes, 0, ARRAY_LEN(refusals));
	suite_add_tcase(s, t);
	return s;
}
