/* Connections that log in: tokens that are refused once or always, endpoints
 * that fail, passwords, and an end in the middle of asking.
 */
#include <check.h>
#include "connector/deliver/deliver.h"
#include "connector/smtp/client.h"
#include "connector/sys/http/server.h"
#include "tests/unit/connector/deliver/fake_flow.h"
#include "tests/unit/connector/sys/pki.h"
#include "tests/unit/fake_smtp.h"

Suite *test_logins_suite(void);

#define TEXT(s) ((char *)(s))
#define MAIL	"From: s@example.jp\r\nSubject: x\r\n\r\nhello\r\n"
#define MAILBOX "s@example.jp"

static struct pki pki;
static struct tls_ctx *server_ctx;

static struct {
	struct fake_smtp fake;
	struct loop *loop;
	struct flow *flow;
	struct fake_flow *f;
	struct http_client *http;
	struct http_server *server;
	struct tokens *tokens;
	struct keys *keys;
	struct deliver *d;
	struct tenant_conf tenant;
	struct config config;
	struct deliver_tuning tuning;
	struct metrics metrics;
	struct timer *guard, *look;
	bool (*enough)(void);
	char url[64], ca[128];
	int listener, asks, status;
	bool silent, no_password;
	struct http_exchange *kept;
} w;

/* ---- the token endpoint --------------------------------------------------------- */

static void handle(void *arg, struct http_exchange *x)
{
	struct http_reply reply = {.status = w.status};
	char body[128];

	(void)arg;
	w.asks++;
	snprintf(body, sizeof(body),
		 "{\"token_type\":\"Bearer\",\"expires_in\":3599,"
		 "\"access_token\":\"token-%d\"}",
		 w.asks);
	reply.body = str_of(body);
	if (w.silent)
		w.kept = x;
	else
		http_reply(&x, &reply);
}

static void start_endpoint(void)
{
	struct http_server_conf conf = {
		.loop = w.loop,
		.connections = 20,
		.connections_per_address = 20,
		.deadline_us = 20 * US_PER_S,
		.handler = handle,
	};
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);

	ck_assert(net_listen(STR("127.0.0.1:0"), &w.listener, NULL));
	getsockname(w.listener, (struct sockaddr *)&sa, &len);
	snprintf(w.url, sizeof(w.url), "http://127.0.0.1:%u/token",
		 ntohs(sa.sin_port));
	w.server = http_server_new(&conf);
	http_server_listen(w.server, w.listener, false);
}

static bool read_secret(void *arg, const struct secret_ref *ref,
			struct arena *a, struct str *text_r, struct err *e)
{
	(void)arg;
	(void)ref;
	if (w.no_password)
		return err_set(e, ERR_CONFIG, 0, "no such secret");
	*text_r = arena_str(a, STR("word\n"));
	return true;
}

/* ---- setting up ------------------------------------------------------------------ */

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

static void on_guard(void *arg)
{
	(void)arg;
	ck_abort_msg("it hangs: %zu open, %d asks", w.f->open, w.asks);
}

static void on_look(void *arg)
{
	(void)arg;
	if (w.enough())
		loop_stop(w.loop);
	timer_set(w.look, 2 * US_PER_MS);
}

static void setup(void)
{
	struct tokens_conf tokens = {.read = read_secret};
	static const struct tokens_tuning soon = {.first_us = 5 * US_PER_MS,
						  .most_us = 5 * US_PER_MS};

	memset(&w, 0, sizeof(w));
	tokens.loop = w.loop = loop_new(NULL);
	tokens.http = w.http = http_client_new(w.loop, NULL);
	tokens.keys = w.keys = keys_test();
	tokens.tuning = &soon;
	w.tokens = tokens_new(&tokens);
	w.flow = fake_flow_new(w.loop);
	w.f = fake_flow_of(w.flow);
	w.f->stop_when_empty = false;
	w.status = 200;
	start_endpoint();
	w.fake.tls = server_ctx;
	w.fake.tls_caps = "AUTH XOAUTH2 PLAIN";
	w.fake.rule[0] = (struct fake_rule){"AUTH", 0, "334 "};
	snprintf(w.ca, sizeof(w.ca), "%s", pki_file(&pki, "ca.pem"));
	w.tuning = deliver_tuning_default;
	w.tuning.down_first_us = w.tuning.throttle_first_us =
		w.tuning.refused_first_us = 30 * US_PER_MS;
	w.tenant.tenant = TEXT("one");
	w.tenant.deliver.via = TEXT("smtp-auth");
	w.tenant.deliver.host = TEXT("127.0.0.1");
	w.tenant.deliver.tls = TLS_LEVEL_VERIFIED;
	w.tenant.deliver.ca = w.ca;
	w.tenant.deliver.per_minute = 60000;
	w.tenant.deliver.login.kind = LOGIN_ENTRA;
	w.tenant.deliver.login.managed = true;
	w.tenant.deliver.login.token_url = w.url;
	w.tenant.notices_from = TEXT("n@example.jp");
	w.config.hostname = TEXT("gate.example.jp");
	w.config.tenant = &w.tenant;
	w.config.tenant_n = 1;
}

static void begin(void)
{
	struct deliver_conf conf = {.loop = w.loop,
				    .config = &w.config,
				    .flow = w.flow,
				    .tokens = w.tokens,
				    .read = read_secret,
				    .metrics = &w.metrics,
				    .tuning = &w.tuning};
	struct err e = ERR_EMPTY;

	fake_start(&w.fake);
	w.tenant.deliver.port = (uint16_t)w.fake.port;
	w.d = deliver_new(&conf, &e);
	ck_assert_msg(w.d != NULL, "%s", e.text);
	w.guard = timer_new(w.loop, on_guard, NULL);
	w.look = timer_new(w.loop, on_look, NULL);
}

static void add(const char *route)
{
	static const char *const to[] = {"a@ext.example"};
	struct fake_item *item = fake_flow_add(w.flow, &w.tenant, to, 1, MAIL);

	item->route = route;
}

static void run_until(bool (*enough)(void))
{
	w.enough = enough;
	timer_set(w.guard, 2 * US_PER_MIN);
	timer_set(w.look, 0);
	fake_flow_wake(w.flow);
	loop_run(w.loop);
}

static void teardown(void)
{
	deliver_free(&w.d);
	ck_assert_int_eq(metric_get(&w.metrics, METRIC_NEXT_HOP_CONNECTIONS),
			 0);
	tokens_free(&w.tokens);
	http_client_free(&w.http);
	if (w.kept)
		http_reply(&w.kept, &(struct http_reply){.status = 503});
	http_server_free(&w.server);
	close(w.listener);
	timer_free(&w.guard);
	timer_free(&w.look);
	loop_free(&w.loop);
	keys_free(&w.keys);
	fake_flow_free(&w.flow);
	fake_stop(&w.fake);
}

/* ---- what shall have come ----------------------------------------------------------- */

static size_t wanted;

static bool delivered(void)
{
	return w.f->count[ATTEMPT_DELIVERED] >= wanted;
}

static bool parked(void)
{
	return w.f->count[ATTEMPT_MISCONFIGURED] > 0;
}

static bool deferred(void)
{
	return w.f->count[ATTEMPT_DEFERRED] > 0;
}

static bool asked(void)
{
	return w.asks > 0;
}

START_TEST(goes_by_token)
{
	begin();
	add(MAILBOX);
	add(MAILBOX);
	wanted = 2;
	run_until(delivered);
	ck_assert_int_eq(w.asks, 1);
	ck_assert(fake_heard(&w.fake, "AUTH XOAUTH2"));
}
END_TEST

START_TEST(a_refused_token_is_given_back_once)
{
	w.fake.rule[1] = (struct fake_rule){"AUTHLINE", 1, "535 5.7.3 no"};
	begin();
	add(MAILBOX);
	wanted = 1;
	run_until(delivered);
	ck_assert_int_eq(w.asks, 2);
	ck_assert_int_eq(w.fake.connections, 2);
	ck_assert_uint_eq(w.f->alarms, 0);
	ck_assert_uint_eq(w.f->count[ATTEMPT_MISCONFIGURED], 0);
}
END_TEST

START_TEST(tokens_refused_for_ever_park_the_mail)
{
	w.fake.rule[1] = (struct fake_rule){"AUTHLINE", 0, "535 5.7.3 no"};
	begin();
	add(MAILBOX);
	run_until(parked);
	ck_assert_int_eq(w.fake.connections, 2);
	ck_assert_uint_eq(w.f->alarms, 1);
	ck_assert_uint_eq(w.f->count[ATTEMPT_FAILED], 0);
	ck_assert_ptr_null(strstr(w.f->alarm, "token-"));
}
END_TEST

START_TEST(an_endpoint_that_refuses_parks_the_mail)
{
	w.status = 401;
	begin();
	add(MAILBOX);
	run_until(parked);
	ck_assert_int_eq(w.fake.connections, 0);
	ck_assert_uint_eq(w.f->alarms, 1);
}
END_TEST

START_TEST(an_endpoint_that_is_down_defers_it)
{
	w.status = 503;
	w.f->retry_us = 10 * US_PER_MS;
	begin();
	add(MAILBOX);
	run_until(deferred);
	ck_assert_uint_eq(w.f->alarms, 0);
	w.status = 200;
	wanted = 1;
	run_until(delivered);
}
END_TEST

START_TEST(other_mailboxes_do_not_wait)
{
	w.fake.rule[1] = (struct fake_rule){"AUTHLINE", 1,
					    "432 4.3.2 too many"};
	w.tuning.throttle_first_us = 60 * US_PER_S;
	begin();
	add(MAILBOX);
	run_until(deferred);
	ck_assert_uint_eq(w.f->alarms, 0);
	add("n@example.jp");
	run_until(parked); /* it is not that mailbox's, but it got there */
	ck_assert_int_eq(w.fake.connections, 2);
}
END_TEST

START_TEST(ends_while_a_token_is_awaited)
{
	w.silent = true;
	begin();
	add(MAILBOX);
	run_until(asked);
	deliver_free(&w.d);
	ck_assert_uint_eq(w.f->count[ATTEMPT_DELIVERED], 0);
}
END_TEST

START_TEST(a_tenant_goes_while_a_token_is_awaited)
{
	struct config none = w.config;

	w.silent = true;
	begin();
	add(MAILBOX);
	run_until(asked);
	none.tenant_n = 0;
	deliver_set_config(w.d, &none);
	w.silent = false;
	http_reply(&w.kept, &(struct http_reply){.status = 503});
	wanted = 0;
	run_until(delivered);
	deliver_free(&w.d);
}
END_TEST

/* A token of older settings is not for the host of newer ones. */
START_TEST(settings_change_while_a_token_is_awaited)
{
	static struct tenant_conf other;
	static struct config config;

	w.silent = true;
	begin();
	add(MAILBOX);
	run_until(asked);
	other = w.tenant;
	other.deliver.login.scope = TEXT("another");
	config = w.config;
	config.tenant = &other;
	deliver_set_config(w.d, &config);
	w.silent = false;
	http_reply(&w.kept, &(struct http_reply){
				    .status = 200,
				    .body = STR("{\"token_type\":\"Bearer\","
						"\"expires_in\":3599,"
						"\"access_token\":\"old\"}")});
	wanted = 1;
	run_until(delivered);
	ck_assert_int_eq(w.asks, 2);
	ck_assert_int_eq(w.fake.connections, 1);
}
END_TEST

static void by_password(void)
{
	w.tenant.deliver.via = TEXT("relay");
	w.tenant.deliver.login.kind = LOGIN_PASSWORD;
	w.tenant.deliver.login.user = TEXT("gate");
	w.fake.rule[0].at = NULL;
}

START_TEST(goes_by_password)
{
	by_password();
	begin();
	add("");
	wanted = 1;
	run_until(delivered);
	ck_assert(fake_heard(&w.fake, "AUTH PLAIN AGdhdGUAd29yZA=="));
	ck_assert_int_eq(w.asks, 0);
}
END_TEST

START_TEST(no_password_parks_the_mail)
{
	by_password();
	w.no_password = true;
	begin();
	add("");
	run_until(parked);
	ck_assert_uint_eq(w.f->alarms, 1);
	ck_assert_int_eq(w.fake.connections, 0);
}
END_TEST

START_TEST(a_wrong_password_is_tried_once)
{
	by_password();
	w.fake.rule[0] = (struct fake_rule){"AUTH", 0, "535 5.7.8 no"};
	begin();
	add("");
	run_until(parked);
	ck_assert_int_eq(w.fake.connections, 1);
}
END_TEST

Suite *test_logins_suite(void)
{
	Suite *s = suite_create("logins");
	TCase *t = tcase_create("logins");

	tcase_add_unchecked_fixture(t, make_pki, remove_pki);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, goes_by_token);
	tcase_add_test(t, a_refused_token_is_given_back_once);
	tcase_add_test(t, tokens_refused_for_ever_park_the_mail);
	tcase_add_test(t, an_endpoint_that_refuses_parks_the_mail);
	tcase_add_test(t, an_endpoint_that_is_down_defers_it);
	tcase_add_test(t, other_mailboxes_do_not_wait);
	tcase_add_test(t, ends_while_a_token_is_awaited);
	tcase_add_test(t, a_tenant_goes_while_a_token_is_awaited);
	tcase_add_test(t, settings_change_while_a_token_is_awaited);
	tcase_add_test(t, goes_by_password);
	tcase_add_test(t, no_password_parks_the_mail);
	tcase_add_test(t, a_wrong_password_is_tried_once);
	suite_add_tcase(s, t);
	return s;
}
