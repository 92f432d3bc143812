/* test_login_tokens.c - logins by a token of an issuer. */
#include "tests/unit/auth/login_world.h"
#include <arpa/inet.h>
#include <unistd.h>
#include "connector/sys/http/server.h"
#include "tests/unit/auth/signed.h"

Suite *test_login_tokens_suite(void);

static struct login_world *const w = &login_world;

static struct http_server *issuer;
static int issuer_fd, asked_keys, asked_discovery;
static char issuer_url[80], keys_url[100], keys_body[8192];
static const char *discovery_issuer;
static int issuer_status;

static void handle(void *arg, struct http_exchange *x)
{
	const struct http_request *r = http_request(x);
	struct http_reply reply = {.status = issuer_status};
	char body[400];

	(void)arg;
	if (str_is(r->path, "/keys")) {
		asked_keys++;
		reply.body = str_of(keys_body);
	} else {
		asked_discovery++;
		ck_assert(str_is(r->path, "/.well-known/openid-configuration"));
		snprintf(body, sizeof(body),
			 "{\"issuer\":\"%s\",\"jwks_uri\":\"%s\"}",
			 discovery_issuer, keys_url);
		reply.body = str_of(body);
	}
	http_reply(&x, &reply);
}

static void publish(struct sigkey *k, const char *kid)
{
	AUTO(buf) set = BUF_MAX(sizeof(keys_body));

	buf_puts(&set, "{\"keys\":[");
	jwk_put(&set, k, kid, "");
	buf_puts(&set, "]}");
	snprintf(keys_body, sizeof(keys_body), "%s", buf_cstr(&set));
}

static void start_issuer(struct sigkey *k)
{
	const struct http_server_conf conf = {
		.loop = w->loop,
		.connections = 20,
		.connections_per_address = 20,
		.deadline_us = 20 * US_PER_S,
		.handler = handle,
	};
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);

	ck_assert(net_listen(STR("127.0.0.1:0"), &issuer_fd, NULL));
	getsockname(issuer_fd, (struct sockaddr *)&sa, &len);
	snprintf(issuer_url, sizeof(issuer_url), "http://127.0.0.1:%u",
		 ntohs(sa.sin_port));
	snprintf(keys_url, sizeof(keys_url), "%s/keys", issuer_url);
	issuer = http_server_new(&conf);
	http_server_listen(issuer, issuer_fd, false);
	asked_keys = asked_discovery = 0;
	issuer_status = 200;
	discovery_issuer = issuer_url;
	publish(k, "r1");
	w->tenant[0].submission.token_issuer = TEXT(ISSUER);
	w->tenant[0].submission.token_audience = TEXT(AUDIENCE);
	w->tenant[0].submission.token_keys = keys_url;
	w->tenant[0].submission.token_tenant = TEXT(
		"11111111-2222-3333-4444-555555555555");
}

static void stop_issuer(void)
{
	http_server_free(&issuer);
	close(issuer_fd);
}

static enum login_answer token_of(struct sigkey *k, const char *kid,
				  const char *name, const char *claims)
{
	AUTO(buf) token = BUF_MAX(JWT_MAX);
	char head[80];

	snprintf(head, sizeof(head), "{\"alg\":\"RS256\",\"kid\":\"%s\"}", kid);
	token_put(&token, k, SIGN_RSA_PKCS1_SHA256, head, claims);
	return by_token(name, buf_str(&token));
}

START_TEST(tokens_are_held_against_keys)
{
	struct sigkey *k = signed_key(PEM_RSA_2048);
	struct sigkey *other = signed_key(PEM_RSA_3072);
	const char *claims = claims_now("taro@example.jp");

	start_issuer(k);
	ck_assert_int_eq(token_of(k, "r1", "taro@example.jp", claims),
			 LOGIN_OK);
	ck_assert_str_eq(w->got.text, "taro@example.jp=taro@example.jp");
	ck_assert_int_eq(token_of(k, "r1", "TARO@Example.jp", claims),
			 LOGIN_OK);
	ck_assert_int_eq(token_of(k, "r1", "", claims), LOGIN_OK);
	ck_assert_int_eq(asked_keys, 1);
	/* another's name, another's key, another's mailbox */
	ck_assert_int_eq(token_of(k, "r1", "hanako@example.jp", claims),
			 LOGIN_REFUSED);
	ck_assert_int_eq(token_of(other, "r1", "taro@example.jp", claims),
			 LOGIN_REFUSED);
	ck_assert_int_eq(token_of(k, "r1", "", claims_now("x@other.test")),
			 LOGIN_REFUSED);
	ck_assert_int_eq(by_token("taro@example.jp", STR("rubbish")),
			 LOGIN_REFUSED);
	ck_assert_int_eq(asked_keys, 1);
	stop_issuer();
	sigkey_free(&k);
	sigkey_free(&other);
}
END_TEST

START_TEST(new_keys_are_fetched_once)
{
	struct sigkey *k = signed_key(PEM_RSA_2048);
	struct sigkey *other = signed_key(PEM_RSA_3072);
	const char *claims = claims_now("taro@example.jp");

	w->tuning.keys_again_us = 1;
	open_logins();
	start_issuer(k);
	ck_assert_int_eq(token_of(k, "r1", "", claims), LOGIN_OK);
	publish(other, "r2");
	ck_assert_int_eq(token_of(other, "r2", "", claims), LOGIN_OK);
	ck_assert_int_eq(asked_keys, 2);
	ck_assert_int_eq(token_of(k, "r1", "", claims), LOGIN_REFUSED);
	ck_assert_int_eq(asked_keys, 3);
	/* no more often than that */
	w->tuning.keys_again_us = US_PER_HOUR;
	open_logins();
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(token_of(k, "r1", "", claims), LOGIN_REFUSED);
	ck_assert_int_eq(asked_keys, 4);
	ck_assert_int_eq(token_of(other, "r2", "", claims), LOGIN_OK);
	stop_issuer();
	sigkey_free(&k);
	sigkey_free(&other);
}
END_TEST

START_TEST(discovery_names_the_keys)
{
	struct sigkey *k = signed_key(PEM_RSA_2048);
	AUTO(buf) claims = BUF_MAX(4 * KIB);
	struct str text = str_of(claims_now("taro@example.jp"));
	ptrdiff_t at = str_find(text, STR(ISSUER));

	start_issuer(k);
	buf_printf(&claims, "%.*s%s%s", (int)at, text.p, issuer_url,
		   text.p + at + strlen(ISSUER));
	w->tenant[0].submission.token_issuer = issuer_url;
	w->tenant[0].submission.token_keys = NULL;
	discovery_issuer = "http://127.0.0.1:1";
	ck_assert_int_eq(token_of(k, "r1", "", buf_cstr(&claims)), LOGIN_LATER);
	ck_assert_int_eq(asked_keys, 0);
	discovery_issuer = issuer_url;
	open_logins();
	ck_assert_int_eq(token_of(k, "r1", "", buf_cstr(&claims)), LOGIN_OK);
	ck_assert_int_eq(asked_keys, 1);
	ck_assert_int_eq(asked_discovery, 2);
	stop_issuer();
	sigkey_free(&k);
}
END_TEST

START_TEST(an_issuer_that_is_down)
{
	struct sigkey *k = signed_key(PEM_RSA_2048);
	const char *claims = claims_now("taro@example.jp");

	start_issuer(k);
	issuer_status = 503;
	ck_assert_int_eq(token_of(k, "r1", "", claims), LOGIN_LATER);
	ck_assert_int_eq(token_of(k, "r1", "", claims), LOGIN_LATER);
	ck_assert_int_eq(asked_keys, 1);
	issuer_status = 200;
	snprintf(keys_body, sizeof(keys_body), "no keys");
	open_logins();
	ck_assert_int_eq(token_of(k, "r1", "", claims), LOGIN_LATER);
	/* a set that was had serves on when no newer one is to be had */
	publish(k, "r1");
	w->tuning.keys_us = 300 * US_PER_MS;
	w->tuning.keys_again_us = 1;
	open_logins();
	ck_assert_int_eq(token_of(k, "r1", "", claims), LOGIN_OK);
	issuer_status = 500;
	usleep(400000);
	ck_assert_int_eq(token_of(k, "r1", "", claims), LOGIN_OK);
	ck_assert_int_eq(asked_keys, 4);
	stop_issuer();
	sigkey_free(&k);
}
END_TEST

Suite *test_login_tokens_suite(void)
{
	Suite *s = suite_create("login-tokens");
	TCase *t = tcase_create("all");

	tcase_add_unchecked_fixture(t, login_make, login_drop);
	tcase_add_checked_fixture(t, login_setup, login_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, tokens_are_held_against_keys);
	tcase_add_test(t, new_keys_are_fetched_once);
	tcase_add_test(t, discovery_names_the_keys);
	tcase_add_test(t, an_issuer_that_is_down);
	suite_add_tcase(s, t);
	return s;
}
