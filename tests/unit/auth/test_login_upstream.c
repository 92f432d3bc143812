/* test_login_upstream.c - logins that the tenant's own server answers. */
#include "tests/unit/auth/login_world.h"
#include "tests/unit/fake_smtp.h"

Suite *test_login_upstream_suite(void);

static struct login_world *const w = &login_world;

static struct fake_smtp server;
static char ca_path[128];

static void start_server(bool tls_first)
{
	static const char *caps = "AUTH PLAIN LOGIN|8BITMIME";
	struct err e = ERR_EMPTY;

	server.tls = tls_server_new(
		&(struct tls_server_conf){
			.certificate_file = pki_file(&w->pki, "server.pem"),
			.key_file = pki_file(&w->pki, "server.key")},
		&e);
	ck_assert_msg(server.tls != NULL, "%s", e.text);
	server.tls_first = tls_first;
	server.tls_caps = caps;
	fake_start(&server);
	snprintf(ca_path, sizeof(ca_path), "%s", pki_file(&w->pki, "ca.pem"));
	w->tenant[0].submission.auth = SUBMISSION_UPSTREAM;
	w->tenant[0].submission.users = NULL;
	w->tenant[0].submission.host = TEXT("127.0.0.1");
	w->tenant[0].submission.port = (uint16_t)server.port;
	w->tenant[0].submission.ca = ca_path;
	open_logins();
}

static void stop_server(void)
{
	logins_free(&w->logins);
	fake_stop(&server);
	tls_ctx_free(&server.tls);
}

START_TEST(upstream_is_asked)
{
	server = (struct fake_smtp){.rule = {{"AUTH", 1, "535 5.7.8 no"},
					     {"AUTH", 3, "535 5.7.8 no"},
					     {"AUTH", 4, "454 4.7.0 later"},
					     {"AUTH", 5, "504 5.5.4 what"}}};
	start_server(false);
	ck_assert_int_eq(by_password(NULL, "taro@example.jp", "x"),
			 LOGIN_REFUSED);
	ck_assert_int_eq(by_password(NULL, "taro@example.jp", "sesame"),
			 LOGIN_OK);
	ck_assert_str_eq(w->got.text, "taro@example.jp=taro@example.jp");
	/* believed for a while, and only exactly that */
	ck_assert_int_eq(by_password(NULL, "taro@example.jp", "sesame"),
			 LOGIN_OK);
	ck_assert_int_eq(server.connections, 2);
	ck_assert_int_eq(by_password(NULL, "taro@example.jp", "sesamE"),
			 LOGIN_REFUSED);
	ck_assert_int_eq(by_password(NULL, "taro@example.jp", "y"),
			 LOGIN_LATER);
	ck_assert_int_eq(by_password(NULL, "taro@example.jp", "y"),
			 LOGIN_LATER);
	ck_assert_int_eq(server.connections, 5);
	/* "\0taro@example.jp\0sesame" */
	ck_assert(fake_heard(&server, "AUTH PLAIN "
				      "AHRhcm9AZXhhbXBsZS5qcABzZXNhbWU="));
	/* a bare name is a mailbox of the first domain */
	ck_assert_int_eq(by_password(NULL, "hanako", "x"), LOGIN_OK);
	ck_assert_str_eq(w->got.text, "hanako=hanako@example.jp");
	logins_set_config(w->logins,
			  &w->config); /* nothing is known any more */
	ck_assert_int_eq(by_password(NULL, "hanako", "x"), LOGIN_OK);
	ck_assert_int_eq(server.connections, 7);
	stop_server();
}
END_TEST

START_TEST(upstream_must_prove_itself)
{
	server = (struct fake_smtp){0};
	start_server(false);
	w->tenant[0].submission.ca = TEXT(
		w->users_path); /* not a certificate */
	ck_assert_int_eq(by_password(NULL, "taro", "x"), LOGIN_LATER);
	snprintf(ca_path, sizeof(ca_path), "%s",
		 pki_file(&w->pki, "other-ca.pem"));
	w->tenant[0].submission.ca = ca_path;
	ck_assert_int_eq(by_password(NULL, "taro", "x"), LOGIN_LATER);
	ck_assert(!fake_heard(&server, "AUTH"));
	stop_server();
}
END_TEST

START_TEST(upstream_without_tls_hears_nothing)
{
	server = (struct fake_smtp){.caps = "AUTH PLAIN LOGIN"};
	start_server(false);
	tls_ctx_free(&server.tls);
	ck_assert_int_eq(by_password(NULL, "taro", "x"), LOGIN_LATER);
	ck_assert(!fake_heard(&server, "AUTH"));
	stop_server();
}
END_TEST

START_TEST(upstream_that_is_down)
{
	server = (struct fake_smtp){.rule = {{"AUTH", 1, "close"},
					     {"GREETING", 2, "421 4.3.2 no"},
					     {"AUTH", 2, "hang"}}};
	start_server(false);
	ck_assert_int_eq(by_password(NULL, "taro", "x"), LOGIN_LATER);
	ck_assert_int_eq(by_password(NULL, "taro", "x"), LOGIN_LATER);
	w->tuning.upstream_us = 300 * US_PER_MS;
	open_logins();
	ck_assert_int_eq(by_password(NULL, "taro", "x"), LOGIN_LATER);
	w->tenant[0].submission.port = 1; /* nobody listens */
	ck_assert_int_eq(by_password(NULL, "taro", "x"), LOGIN_LATER);
	stop_server();
}
END_TEST

START_TEST(aliases_come_from_the_file)
{
	server = (struct fake_smtp){0};
	start_server(false);
	put_users("taro@example.jp::taro@example.jp,sales@a.example.jp\n");
	w->tenant[0].submission.users = w->users_path;
	ck_assert_int_eq(by_password(NULL, "taro@example.jp", "x"), LOGIN_OK);
	ck_assert_str_eq(w->got.text,
			 "taro@example.jp=taro@example.jp,sales@a.example.jp");
	stop_server();
}
END_TEST

Suite *test_login_upstream_suite(void)
{
	Suite *s = suite_create("login-upstream");
	TCase *t = tcase_create("all");

	tcase_add_unchecked_fixture(t, login_make, login_drop);
	tcase_add_checked_fixture(t, login_setup, login_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, upstream_is_asked);
	tcase_add_test(t, upstream_must_prove_itself);
	tcase_add_test(t, upstream_without_tls_hears_nothing);
	tcase_add_test(t, upstream_that_is_down);
	tcase_add_test(t, aliases_come_from_the_file);
	suite_add_tcase(s, t);
	return s;
}
