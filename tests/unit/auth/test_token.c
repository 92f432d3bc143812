/* test_token.c - access tokens: what is asked of Entra, of a machine's own
 * identity and of Google, and how long an answer serves.
 */
#include "tests/unit/auth/token_world.h"
#include <stdio.h>
#include <stdlib.h>
#include "connector/base/codec.h"
#include "connector/base/mem.h"
#include "tests/unit/pem.h"

Suite *test_token_suite(void);

static struct token_world *const w = &token_world;

/* ---- Entra --------------------------------------------------------------------- */

START_TEST(entra_by_secret)
{
	get();
	ck_assert_msg(w->got.why.class == ERR_NONE, "%s", w->got.why.text);
	ck_assert_str_eq(w->got.token, "token-1");
	ck_assert_str_eq(form(0, "grant_type"), "client_credentials");
	ck_assert_str_eq(form(0, "client_id"), CLIENT);
	ck_assert_str_eq(form(0, "client_secret"), MARKER);
	ck_assert_str_eq(form(0, "scope"),
			 "https://outlook.office365.com/.default");
}
END_TEST

START_TEST(entra_by_certificate)
{
	const char *assertion;
	struct json *head, *claims;
	int64_t now_s = clock_now_us() / US_PER_S;

	by_certificate("app.pem", "app.key");
	get();
	ck_assert_msg(w->got.why.class == ERR_NONE, "%s", w->got.why.text);
	assertion = form(0, "client_assertion");
	ck_assert_str_eq(form(0, "client_assertion_type"),
			 "urn:ietf:params:oauth:client-assertion-type:"
			 "jwt-bearer");
	head = part(assertion, 0);
	claims = part(assertion, 1);
	ck_claim(head, "alg", "PS256");
	ck_claim(head, "typ", "JWT");
	ck_thumbprint(json_get_cstr(head, "x5t#S256", ""), "app.pem");
	ck_claim(claims, "aud", w->url);
	ck_claim(claims, "iss", CLIENT);
	ck_claim(claims, "sub", CLIENT);
	ck_assert_uint_ge(strlen(json_get_cstr(claims, "jti", "")), 16);
	ck_assert_int_ge(json_get_int(claims, "iat", 0), now_s);
	ck_assert_int_eq(json_get_int(claims, "nbf", 0),
			 json_get_int(claims, "iat", 1));
	ck_assert_int_eq(json_get_int(claims, "exp", 0),
			 json_get_int(claims, "iat", 0) + 600);
	ck_assert(is_signed(assertion, SIGN_RSA_PSS_SHA256, PEM_RSA_2048));
	json_free(&head);
	json_free(&claims);
}
END_TEST

START_TEST(assertions_are_new_each_time)
{
	struct json *a, *b;

	by_certificate("app.pem", "app.key");
	get();
	token_refused(w->tokens, &w->tenant, STR("x"));
	get();
	ck_assert_int_eq(w->asks, 2);
	a = part(form(0, "client_assertion"), 1);
	b = part(form(1, "client_assertion"), 1);
	ck_assert_str_ne(json_get_cstr(a, "jti", ""),
			 json_get_cstr(b, "jti", ""));
	json_free(&a);
	json_free(&b);
}
END_TEST

START_TEST(entra_by_another_issuers_token)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s", path_of("federated"));
	w->tenant.deliver.login.federated = path;
	put_file("federated", "aaa.bbb.ccc\n");
	get();
	ck_assert_str_eq(form(0, "client_assertion"), "aaa.bbb.ccc");
	put_file("federated", "ddd.eee.fff"); /* it is read anew */
	token_refused(w->tokens, &w->tenant, STR("x"));
	get();
	ck_assert_str_eq(form(1, "client_assertion"), "ddd.eee.fff");
	put_file("federated", "no token\r\nX: y");
	token_refused(w->tokens, &w->tenant, STR("x"));
	get();
	ck_assert_int_eq(w->got.why.class, ERR_RETRY);
	ck_assert_int_eq(w->asks, 2);
}
END_TEST

START_TEST(entra_by_the_machine)
{
	w->tenant.deliver.login.managed = true;
	w->tenant.deliver.login.client = _i ? TEXT(CLIENT) : NULL;
	w->answer_life = "\"3599\""; /* digits in a string, there */
	get();
	ck_assert_msg(w->got.why.class == ERR_NONE, "%s", w->got.why.text);
	ck_assert_str_eq(w->ask[0].query,
			 _i ? "api-version=2018-02-01&resource=https%3A%2F%2F"
			      "outlook.office365.com%2F&client_id=" CLIENT
			    : "api-version=2018-02-01&resource=https%3A%2F%2F"
			      "outlook.office365.com%2F");
	ck_assert_str_eq(w->ask[0].metadata, "true");
	ck_assert_str_eq(w->ask[0].body, "");
}
END_TEST

/* ---- Google -------------------------------------------------------------------- */

START_TEST(google_by_service_account)
{
	const char *assertion;
	struct json *head, *claims;

	by_google();
	get();
	ck_assert_msg(w->got.why.class == ERR_NONE, "%s", w->got.why.text);
	ck_assert_str_eq(form(0, "grant_type"),
			 "urn:ietf:params:oauth:grant-type:jwt-bearer");
	assertion = form(0, "assertion");
	head = part(assertion, 0);
	claims = part(assertion, 1);
	ck_claim(head, "alg", "RS256");
	ck_claim(head, "kid", "key-7");
	ck_claim(claims, "iss", "gate@project.example");
	ck_claim(claims, "sub", "taro@example.jp");
	ck_claim(claims, "scope", "https://mail.google.com/");
	ck_claim(claims, "aud", w->url);
	ck_assert_int_eq(json_get_int(claims, "exp", 0),
			 json_get_int(claims, "iat", 0) + 3600);
	ck_assert(is_signed(assertion, SIGN_RSA_PKCS1_SHA256, PEM_RSA_2048));
	json_free(&head);
	json_free(&claims);
}
END_TEST

/* Of Google a token speaks for one mailbox, of Entra for all. */
START_TEST(users_share_no_token_of_google)
{
	if (_i)
		by_google();
	get_as("taro@example.jp");
	get_as("hanako@example.jp");
	get_as("taro@example.jp");
	ck_assert_int_eq(w->asks, _i ? 2 : 1);
	ck_assert_str_eq(w->got.token, "token-1");
}
END_TEST

/* ---- the cache ----------------------------------------------------------------- */

START_TEST(one_flight_serves_all)
{
	struct token_query *q;

	w->got = (struct got){0};
	w->wanted = 3;
	for (int i = 0; i < 3; i++)
		token_get(w->tokens, &w->tenant, STR("a@b"), on_token, &w->got);
	q = token_get(w->tokens, &w->tenant, STR("a@b"), on_token, &w->got);
	token_cancel(&q);
	loop_run(w->loop);
	ck_assert_int_eq(w->got.n, 3);
	ck_assert_int_eq(w->asks, 1);
	get();
	ck_assert_int_eq(w->asks, 1);
	/* cancelled while it was to be told */
	q = token_get(w->tokens, &w->tenant, STR("a@b"), on_token, &w->got);
	token_cancel(&q);
	wait_a_bit(5);
	ck_assert_int_eq(w->got.n, 1);
}
END_TEST

START_TEST(renewed_before_its_end)
{
	w->answer_life = "1";
	get();
	for (int i = 0; i < 200 && w->asks < 2; i++) {
		wait_a_bit(10);
		get(); /* never without one, never an error */
		ck_assert_int_eq(w->got.why.class, ERR_NONE);
	}
	ck_assert_int_ge(w->asks, 2);
	w->answer_status = 503; /* the endpoint is down: the token lives on */
	w->answer_life = "3599";
	for (int i = 0; i < 100 && w->answer_status == 503; i++) {
		get();
		if (w->got.why.class != ERR_NONE)
			w->answer_status = 200;
		wait_a_bit(20);
	}
	ck_assert_int_eq(w->answer_status, 200);
	wait_a_bit(60);
	get();
	ck_assert_int_eq(w->got.why.class, ERR_NONE);
}
END_TEST

START_TEST(refused_ones_are_dropped)
{
	get();
	get();
	ck_assert_str_eq(w->got.token, "token-1");
	token_refused(w->tokens, &w->tenant, STR("taro@example.jp"));
	get();
	ck_assert_str_eq(w->got.token, "token-2");
	token_refused(w->tokens, &w->tenant, STR("nobody"));
	w->tenant.deliver.login.scope = TEXT("other"); /* another login */
	token_refused(w->tokens, &w->tenant, STR("nobody"));
	get();
	ck_assert_str_eq(w->got.token, "token-3");
	ck_assert_str_eq(form(2, "scope"), "other");
}
END_TEST

Suite *test_token_suite(void)
{
	Suite *s = suite_create("token");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, make_folder, remove_folder);
	tcase_add_checked_fixture(t, token_setup, token_teardown);
	tcase_add_test(t, entra_by_secret);
	tcase_add_test(t, entra_by_certificate);
	tcase_add_test(t, assertions_are_new_each_time);
	tcase_add_test(t, entra_by_another_issuers_token);
	tcase_add_loop_test(t, entra_by_the_machine, 0, 2);
	tcase_add_test(t, google_by_service_account);
	tcase_add_loop_test(t, users_share_no_token_of_google, 0, 2);
	tcase_add_test(t, one_flight_serves_all);
	tcase_add_test(t, renewed_before_its_end);
	tcase_add_test(t, refused_ones_are_dropped);
	suite_add_tcase(s, t);
	return s;
}
