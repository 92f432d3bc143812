/* test_starttls.c - T4: nothing said in clear outlives STARTTLS. */
#include <check.h>
#include "tests/unit/connector/smtpd/harness.h"

#define INJECTED                                                               \
	"EHLO evil.test\r\nMAIL FROM:<evil@example.jp>\r\n"                    \
	"RCPT TO:<victim@partner.test>\r\nDATA\r\nx\r\n.\r\n"

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

static void hello(const char *peer)
{
	client_open(&h, &k, peer);
	ck_assert(client_expect(&k, "220 *"));
	client_say(&k, "EHLO clear.test");
	ck_assert(client_expect(&k, "250-*STARTTLS*"));
}

/* The first `glued` bytes come in one segment with STARTTLS, the rest in one
 * of its own. Glued bytes are dropped and TLS goes on; the others stand where
 * a handshake should: the session ends. */
START_TEST(injected_commands_are_never_obeyed)
{
	static const char inject[] = INJECTED;
	size_t n = sizeof(inject) - 1;

	for (size_t glued = 0; glued <= n; glued++) {
		AUTO(buf) b = BUF_MAX(4096);

		hello(PEER_EXAMPLE);
		buf_puts(&b, "STARTTLS\r\n");
		buf_put(&b, inject, glued);
		client_send(&k, buf_str(&b));
		ck_assert(client_expect(&k, "220 2.0.0 *"));
		ck_assert(client_expect(&k, ""));
		if (glued < n) {
			client_raw(&k, inject + glued, n - glued);
			while (k.in.n > 0 && client_reply(&k).n)
				ck_assert(!fits("2*", client_reply(&k)));
		} else {
			ck_assert(client_start_tls(&k));
			ck_assert(client_expect(&k, ""));
			client_say(&k, "MAIL FROM:<a@example.jp>");
			ck_assert(client_expect(&k, "503 5.5.1 *"));
		}
		ck_assert_uint_eq(h.flow.begun, 0);
		client_close(&k);
		ck_assert_uint_eq(smtpd_sessions(h.smtpd), 0);
	}
}
END_TEST

START_TEST(splits_of_the_command_itself_change_nothing)
{
	static const char all[] = "STARTTLS\r\nNOOP\r\nNOOP\r\n";

	for (size_t n = 1; n < 10; n++) {
		hello(PEER_EXAMPLE);
		client_send(&k, str_n(all, n));
		ck_assert(client_expect(&k, ""));
		client_send(&k, str_n(all + n, sizeof(all) - 1 - n));
		ck_assert(client_expect(&k, "220 2.0.0 *"));
		ck_assert(client_expect(&k, ""));
		ck_assert(client_start_tls(&k));
		client_say(&k, "NOOP");
		ck_assert(client_expect(&k, "250 *"));
		ck_assert(client_expect(&k, ""));
		client_close(&k);
	}
}
END_TEST

START_TEST(greeting_is_forgotten)
{
	hello(PEER_EXAMPLE);
	client_say(&k, "STARTTLS");
	ck_assert(client_expect(&k, "220 2.0.0 *"));
	ck_assert(client_start_tls(&k));
	client_say(&k, "MAIL FROM:<a@example.jp>");
	ck_assert(client_expect(&k, "503 5.5.1 *"));
	client_say(&k, "EHLO inside.test");
	ck_assert(client_expect(&k, "250-*"));
	client_say(&k, "STARTTLS");
	ck_assert(client_expect(&k, "503 5.5.1 *"));
	client_say(&k, "MAIL FROM:<a@example.jp>");
	client_say(&k, "RCPT TO:<b@partner.test>");
	client_send(&k, STR("BDAT 1 LAST\r\nx"));
	ck_assert_uint_eq(h.flow.taken.n, 1);
	ck_assert_str_eq(h.flow.taken.v[0]->helo, "inside.test");
}
END_TEST

START_TEST(not_inside_a_transaction_nor_before_ehlo)
{
	client_open(&h, &k, PEER_EXAMPLE);
	ck_assert(client_expect(&k, "220 *"));
	client_say(&k, "STARTTLS");
	ck_assert(client_expect(&k, "503 5.5.1 *"));
	client_say(&k, "EHLO x");
	ck_assert(client_expect(&k, "250-*"));
	client_say(&k, "MAIL FROM:<a@example.jp>");
	ck_assert(client_expect(&k, "250 *"));
	client_say(&k, "STARTTLS");
	ck_assert(client_expect(&k, "503 5.5.1 *"));
	client_say(&k, "RCPT TO:<b@partner.test>");
	ck_assert(client_expect(&k, "250 *"));
	client_send(&k, STR("BDAT 2\r\nab"));
	ck_assert(client_expect(&k, "250 *"));
	client_say(&k, "STARTTLS");
	ck_assert(client_expect(&k, "503 5.5.1 *"));
	client_send(&k, STR("BDAT 2 LAST\r\ncd"));
	ck_assert(client_expect(&k, "250 *"));
	ck_assert(str_is(buf_str(&h.flow.taken.v[0]->body), "abcd"));
	client_say(&k, "STARTTLS now");
	ck_assert(client_expect(&k, "501 5.5.4 *"));
}
END_TEST

START_TEST(a_new_context_serves_the_next_session)
{
	hello(PEER_EXAMPLE);
	smtpd_set_tls(h.smtpd, NULL);
	client_say(&k, "STARTTLS");
	ck_assert(client_expect(&k, "502 5.5.1 *"));
	client_say(&k, "EHLO x");
	ck_assert(!fits("*STARTTLS*", client_reply(&k)));
	smtpd_set_tls(h.smtpd, h.server_tls);
	client_say(&k, "STARTTLS");
	ck_assert(client_expect(&k, "220 2.0.0 *"));
	ck_assert(client_start_tls(&k));
}
END_TEST

START_TEST(handshake_cut_anywhere_leaves_nothing)
{
	static const char hello_bytes[] = "\x16\x03\x01\x02\x00\x01\x00";

	for (size_t n = 0; n < sizeof(hello_bytes); n++) {
		hello(PEER_EXAMPLE);
		client_say(&k, "STARTTLS");
		client_raw(&k, hello_bytes, n);
		client_close(&k);
		ck_assert_uint_eq(smtpd_sessions(h.smtpd), 0);
	}
}
END_TEST

Suite *test_starttls_suite(void);

Suite *test_starttls_suite(void)
{
	Suite *s = suite_create("starttls");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, injected_commands_are_never_obeyed);
	tcase_add_test(t, splits_of_the_command_itself_change_nothing);
	tcase_add_test(t, greeting_is_forgotten);
	tcase_add_test(t, not_inside_a_transaction_nor_before_ehlo);
	tcase_add_test(t, a_new_context_serves_the_next_session);
	tcase_add_test(t, handshake_cut_anywhere_leaves_nothing);
	suite_add_tcase(s, t);
	return s;
}
