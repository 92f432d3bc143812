/* test_token_errors.c - access tokens that do not come: what every answer
 * means, and files that do not fit.
 */
#include "tests/unit/auth/token_world.h"
#include <stdio.h>
#include "connector/base/mem.h"
#include "tests/unit/pem.h"

Suite *test_token_errors_suite(void);

static struct token_world *const w = &token_world;

/* ---- errors -------------------------------------------------------------------- */

static const struct {
	int status;
	const char *body;
	enum err_class class;
	const char *text;
} failure[] = {
	{401,
	 "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: "
	 "marker\",\"error_codes\":[7000215],\"trace_id\":\"aa-1\","
	 "\"correlation_id\":\"bb-2\"}",
	 ERR_DENIED,
	 "token endpoint: HTTP 401 invalid_client 7000215 (the client secret "
	 "is wrong), trace aa-1, correlation bb-2"},
	{400, "{\"error\":\"invalid_grant\",\"error_description\":\"marker\"}",
	 ERR_DENIED,
	 "token endpoint: HTTP 400 invalid_grant (the clock, the user or the "
	 "key)"},
	{401, "{\"error\":\"unauthorized_client\"}", ERR_DENIED, "delegated"},
	{400, "not json", ERR_DENIED, "token endpoint: HTTP 400"},
	{400, "[]", ERR_DENIED, "HTTP 400"},
	{400, "{\"error\":{\"code\":7}}", ERR_DENIED, "HTTP 400"},
	{400, "{\"error\":\"a\\r\\nb <x>\"}", ERR_DENIED, "a??b??x?"},
	{400, "{\"error\":\"temporarily_unavailable\"}", ERR_RETRY,
	 "temporarily_unavailable"},
	{429, "{}", ERR_RETRY, "HTTP 429"},
	{500, "", ERR_RETRY, "HTTP 500"},
	{503, "<html>", ERR_RETRY, "HTTP 503"},
	{302, "", ERR_DENIED, "HTTP 302"},
	{404, "", ERR_DENIED, "HTTP 404"},
	{200, "", ERR_RETRY, "not JSON"},
	{200, "[1]", ERR_RETRY, "not JSON"},
	{200, "{}", ERR_RETRY, "no token"},
	{200, "{\"access_token\":\"marker\"}", ERR_RETRY, "no token"},
	{200, "{\"access_token\":\"marker\",\"token_type\":\"mac\"}", ERR_RETRY,
	 "no token"},
	{200, "{\"access_token\":\"mar\\u0001ker\",\"token_type\":\"Bearer\"}",
	 ERR_RETRY, "no token"},
	{200,
	 "{\"access_token\":\"marker\",\"token_type\":\"Bearer\","
	 "\"expires_in\":0}",
	 ERR_RETRY, "no life"},
	{200,
	 "{\"access_token\":\"marker\",\"token_type\":\"Bearer\","
	 "\"expires_in\":-5}",
	 ERR_RETRY, "no life"},
	{200,
	 "{\"access_token\":\"marker\",\"access_token\":\"b\","
	 "\"token_type\":\"Bearer\"}",
	 ERR_RETRY, "not JSON"},
};

START_TEST(failures)
{
	w->answer_status = failure[_i].status;
	w->answer_body = failure[_i].body;
	get();
	ck_assert_int_eq(w->got.why.class, failure[_i].class);
	ck_assert_msg(strstr(w->got.why.text, failure[_i].text) != NULL, "%s",
		      w->got.why.text);
	ck_assert_ptr_null(strstr(w->got.why.text, "marker"));
	w->answer_status = 200;
	w->answer_body = NULL;
	wait_a_bit(60);
	get();
	ck_assert_int_eq(w->got.why.class, ERR_NONE);
}
END_TEST

START_TEST(the_machine_may_be_updating)
{
	w->tenant.deliver.login.managed = true;
	w->answer_status = _i;
	get();
	ck_assert_int_eq(w->got.why.class, ERR_RETRY);
}
END_TEST

START_TEST(too_long_to_send)
{
	AUTO(buf) b = BUF_MAX(64 * KIB);

	buf_puts(&b, "{\"token_type\":\"Bearer\",\"access_token\":\"");
	for (int i = 0; i < TOKEN_MAX + 1; i++)
		buf_putc(&b, 'a');
	buf_puts(&b, "\"}");
	w->answer_body = buf_cstr(&b);
	get();
	ck_assert_int_eq(w->got.why.class, ERR_RETRY);
}
END_TEST

START_TEST(asked_again_after_a_pause)
{
	w->answer_status = 503;
	w->retry_after = "3600";
	get();
	ck_assert_int_eq(w->asks, 1);
	wait_a_bit(80); /* our own pause is over; the server asked for more */
	w->answer_status = 200;
	get();
	ck_assert_int_eq(w->asks, 1);
	ck_assert_int_eq(w->got.why.class, ERR_RETRY);
}
END_TEST

START_TEST(nobody_answers)
{
	w->tenant.deliver.login.token_url = TEXT("http://127.0.0.1:1/");
	get();
	ck_assert_int_eq(w->got.why.class, ERR_RETRY);
	w->tenant.deliver.login.token_url = TEXT("http://192.0.2.1/");
	get();
	ck_assert_int_ne(w->got.why.class, ERR_NONE);
}
END_TEST

static const struct {
	const char *pem, *key, *text;
} pair[] = {
	{"other.pem", "app.key", "is not of login.key"},
	{"ec.pem", "ec.key", "not an RSA key"},
	{"none.pem", "app.key", "login.certificate"},
	{"app.pem", "none.key", "login.key"},
	{"app.key", "app.key", "no certificate"},
	{"app.pem", "secret", "login.key"},
};

START_TEST(files_that_do_not_fit)
{
	by_certificate(pair[_i].pem, pair[_i].key);
	get();
	ck_assert_int_eq(w->got.why.class, ERR_DENIED);
	ck_assert_msg(strstr(w->got.why.text, pair[_i].text) != NULL, "%s",
		      w->got.why.text);
	ck_assert_ptr_null(strstr(w->got.why.text, "marker"));
	ck_assert_int_eq(w->asks, 0);
}
END_TEST

START_TEST(google_files_that_do_not_fit)
{
	static const char *const type[] = {"authorized_user", "service_account",
					   "service_account"};
	static const char *const pem[] = {PEM_RSA_2048, PEM_P256, "marker"};

	by_google();
	put_google(type[_i], pem[_i]);
	get();
	ck_assert_int_eq(w->got.why.class, ERR_DENIED);
	ck_assert_ptr_null(strstr(w->got.why.text, "marker"));
	put_google("service_account", PEM_RSA_2048); /* it is read anew */
	wait_a_bit(60);
	get();
	ck_assert_msg(w->got.why.class == ERR_NONE, "%s", w->got.why.text);
}
END_TEST

/* Another certificate in its place, after the old one was refused. */
START_TEST(a_changed_pair_is_read_after_a_refusal)
{
	struct json *head;

	put_file("now.key", PEM_RSA_2048);
	make_certificate("now.key", "now.pem");
	by_certificate("now.pem", "now.key");
	get();
	put_file("now.key", PEM_RSA_3072);
	make_certificate("now.key", "now.pem");
	token_refused(w->tokens, &w->tenant, STR("x"));
	w->answer_status = 401;
	get();
	ck_assert_int_eq(w->got.why.class, ERR_DENIED);
	w->answer_status = 200;
	wait_a_bit(60);
	get();
	head = part(form(2, "client_assertion"), 0);
	ck_thumbprint(json_get_cstr(head, "x5t#S256", ""), "now.pem");
	json_free(&head);
}
END_TEST

START_TEST(a_changed_pair_is_read_after_a_reload)
{
	struct json *head;

	put_file("new.key", PEM_RSA_2048);
	make_certificate("new.key", "new.pem");
	by_certificate("new.pem", "new.key");
	get();
	put_file("new.key", PEM_RSA_3072);
	make_certificate("new.key", "new.pem");
	tokens_reload(w->tokens);
	get();
	ck_assert_int_eq(w->asks, 1); /* the token is as good as it was */
	token_refused(w->tokens, &w->tenant, STR("x"));
	get();
	head = part(form(1, "client_assertion"), 0);
	ck_thumbprint(json_get_cstr(head, "x5t#S256", ""), "new.pem");
	json_free(&head);
}
END_TEST

Suite *test_token_errors_suite(void)
{
	Suite *s = suite_create("token-errors");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, make_folder, remove_folder);
	tcase_add_checked_fixture(t, token_setup, token_teardown);
	tcase_add_loop_test(t, failures, 0, ARRAY_LEN(failure));
	tcase_add_loop_test(t, the_machine_may_be_updating, 410, 411);
	tcase_add_test(t, too_long_to_send);
	tcase_add_test(t, asked_again_after_a_pause);
	tcase_add_test(t, nobody_answers);
	tcase_add_loop_test(t, files_that_do_not_fit, 0, ARRAY_LEN(pair));
	tcase_add_loop_test(t, google_files_that_do_not_fit, 0, 3);
	tcase_add_test(t, a_changed_pair_is_read_after_a_refusal);
	tcase_add_test(t, a_changed_pair_is_read_after_a_reload);
	suite_add_tcase(s, t);
	return s;
}
