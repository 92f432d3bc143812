/* test_token.c - access tokens: what is asked of Entra, of a machine's own
 * identity and of Google, and what is made of every answer.
 */
#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "auth/jwt_make_int.h"
#include "auth/token.h"
#include "connector/base/clock.h"
#include "connector/base/codec.h"
#include "connector/base/mem.h"
#include "connector/sys/http/server.h"
#include "tests/unit/pem.h"

Suite *test_token_suite(void);

#define TEXT(s)	 ((char *)(s))
#define TENANT	 "11111111-2222-3333-4444-555555555555"
#define CLIENT	 "66666666-7777-8888-9999-000000000000"
#define MARKER	 "marker+of/a secret&"
#define ASKS_MAX 32

static struct loop *loop;
static struct http_client *http;
static struct http_server *server;
static struct keys *keys;
static struct tokens *tokens;
static struct tenant_conf tenant;
static char folder[64], url[64];
static int listener;
static const struct tokens_tuning tuning = {
	.first_us = 20 * US_PER_MS,
	.most_us = 40 * US_PER_MS,
};

/* ---- the endpoint ---------------------------------------------------------- */

static struct ask {
	char *query, *body, *metadata;
} ask[ASKS_MAX];
static int asks;
static int answer_status;
static const char *answer_body; /* NULL: token-N for the N-th ask */
static const char *answer_life, *retry_after;

static char *keep(struct str s)
{
	return mem_strndup(s.p ? s.p : "", s.n);
}

static void handle(void *arg, struct http_exchange *x)
{
	const struct http_request *r = http_request(x);
	struct http_reply reply = {.status = answer_status};
	struct http_field field = {STR("Retry-After"), str_of(retry_after)};
	char body[200];

	(void)arg;
	ck_assert_int_lt(asks, ASKS_MAX);
	ask[asks++] = (struct ask){keep(r->query), keep(r->body),
				   keep(http_field(r, "Metadata"))};
	snprintf(body, sizeof(body),
		 "{\"token_type\":\"Bearer\",\"expires_in\":%s,"
		 "\"access_token\":\"token-%d\"}",
		 answer_life, asks);
	reply.body = str_of(answer_body ? answer_body : body);
	reply.field = &field;
	reply.field_n = retry_after != NULL;
	http_reply(&x, &reply);
}

/* ---- files ----------------------------------------------------------------- */

static const char *path_of(const char *name)
{
	static char path[4][128];
	static unsigned next;
	char *to = path[next++ % 4];

	snprintf(to, sizeof(path[0]), "%s/%s", folder, name);
	return to;
}

static void put_file(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static bool read_secret(void *arg, const struct secret_ref *ref,
			struct arena *a, struct str *text_r, struct err *e)
{
	(void)arg;
	if (ref->kind != SECRET_FILE)
		return err_set(e, ERR_CONFIG, 0, "not set");
	return conf_read_file(ref->value, AUTH_SECRET_TEXT_MAX, a, text_r, e);
}

static void make_certificate(const char *key, const char *pem)
{
	char command[400];

	snprintf(command, sizeof(command),
		 "cd %s && openssl req -x509 -key %s -subj /CN=app -days 30 "
		 "-out %s 2>/dev/null",
		 folder, key, pem);
	ck_assert_int_eq(system(command), 0);
}

static void put_google(const char *type, const char *pem)
{
	struct json *j = json_object();
	AUTO(buf) text = BUF_MAX(16 * KIB);

	json_add_cstr(j, "type", type);
	json_add_cstr(j, "client_email", "gate@project.example");
	json_add_cstr(j, "private_key_id", "key-7");
	json_add_cstr(j, "private_key", pem);
	json_print(j, &text, false);
	put_file("google.json", buf_cstr(&text));
	json_free(&j);
}

static struct secret_ref file_ref(const char *name)
{
	static char path[4][128];
	static unsigned next;
	char *to = path[next++ % 4];

	snprintf(to, sizeof(path[0]), "%s", path_of(name));
	return (struct secret_ref){.kind = SECRET_FILE, .value = to};
}

/* ---- setting up -------------------------------------------------------------- */

static void make_folder(void)
{
	snprintf(folder, sizeof(folder), "/tmp/sekisho-token-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	put_file("app.key", PEM_RSA_2048);
	put_file("other.key", PEM_RSA_3072);
	put_file("ec.key", PEM_P256);
	put_file("secret", MARKER "\n");
	make_certificate("app.key", "app.pem");
	make_certificate("other.key", "other.pem");
	make_certificate("ec.key", "ec.pem");
}

static void remove_folder(void)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -r -- '%s'", folder);
	ck_assert_int_eq(system(command), 0);
}

static void start_server(void)
{
	struct http_server_conf conf = {
		.loop = loop,
		.connections = 20,
		.connections_per_address = 20,
		.deadline_us = 20 * US_PER_S,
		.handler = handle,
	};
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);

	ck_assert(net_listen(STR("127.0.0.1:0"), &listener, NULL));
	getsockname(listener, (struct sockaddr *)&sa, &len);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/token",
		 ntohs(sa.sin_port));
	server = http_server_new(&conf);
	http_server_listen(server, listener, false);
}

static void setup(void)
{
	struct tokens_conf conf = {.read = read_secret, .tuning = &tuning};

	conf.loop = loop = loop_new(NULL);
	conf.http = http = http_client_new(loop, NULL);
	conf.keys = keys = keys_test();
	start_server();
	tokens = tokens_new(&conf);
	asks = 0;
	answer_status = 200;
	answer_body = retry_after = NULL;
	answer_life = "3599";
	memset(&tenant, 0, sizeof(tenant));
	tenant.tenant = TEXT("one");
	tenant.deliver.login.kind = LOGIN_ENTRA;
	tenant.deliver.login.tenant = TEXT(TENANT);
	tenant.deliver.login.client = TEXT(CLIENT);
	tenant.deliver.login.token_url = url;
	tenant.deliver.login.secret = file_ref("secret");
}

static void teardown(void)
{
	tokens_free(&tokens);
	http_client_free(&http);
	http_server_free(&server);
	close(listener);
	keys_free(&keys);
	loop_free(&loop);
	for (int i = 0; i < asks; i++) {
		mem_free(ask[i].query);
		mem_free(ask[i].body);
		mem_free(ask[i].metadata);
	}
}

static void by_certificate(const char *pem, const char *key)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s", path_of(pem));
	tenant.deliver.login.secret.kind = SECRET_NOT_SET;
	tenant.deliver.login.certificate = path;
	tenant.deliver.login.key = file_ref(key);
}

static void by_google(void)
{
	tenant.deliver.login.kind = LOGIN_GOOGLE;
	tenant.deliver.login.secret.kind = SECRET_NOT_SET;
	tenant.deliver.login.key = file_ref("google.json");
	put_google("service_account", PEM_RSA_2048);
}

/* ---- asking -------------------------------------------------------------------- */

static struct got {
	int n;
	char token[64];
	struct err why;
} got;
static int wanted;

static void on_token(void *arg, struct str token, const struct err *why)
{
	struct got *g = arg;

	g->n++;
	snprintf(g->token, sizeof(g->token), STR_FMT, STR_ARG(token));
	g->why = why ? *why : ERR_EMPTY;
	ck_assert((token.n > 0) == (why == NULL));
	if (--wanted == 0)
		loop_stop(loop);
}

static void get_as(const char *user)
{
	got = (struct got){0};
	wanted = 1;
	token_get(tokens, &tenant, str_of(user), on_token, &got);
	ck_assert_int_eq(got.n, 0);
	loop_run(loop);
	ck_assert_int_eq(got.n, 1);
}

static void get(void)
{
	get_as("taro@example.jp");
}

static void stop_waiting(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static void wait_a_bit(int ms)
{
	struct timer *t = timer_new(loop, stop_waiting, NULL);

	timer_set(t, ms * US_PER_MS);
	loop_run(loop);
	timer_free(&t);
}

static const char *form(int i, const char *name)
{
	static struct arena a;
	struct str v;

	if (!name) { /* give back what was handed out */
		arena_release(&a);
		return NULL;
	}
	v = http_form_value(str_of(ask[i].body), name, &a);
	return arena_strndup(&a, v.p, v.n);
}

static struct json *part(const char *assertion, int which)
{
	struct str rest = str_of(assertion), text = STR_EMPTY;
	AUTO(buf) plain = BUF_MAX(16 * KIB);
	struct json *j;

	for (int i = 0; i <= which; i++)
		ck_assert(str_split(&rest, '.', &text));
	ck_assert(b64url_decode(&plain, text));
	j = json_parse(buf_str(&plain), NULL);
	ck_assert_ptr_nonnull(j);
	return j;
}

static bool is_signed(const char *assertion, enum key_scheme scheme,
		      const char *pem)
{
	struct str all = str_of(assertion);
	ptrdiff_t dot = str_rchr(all, '.');
	unsigned char digest[SHA256_LEN];
	AUTO(buf) signature = BUF_MAX(1024);
	struct sigkey *k;
	bool ok;

	ck_assert(b64url_decode(&signature, str_skip(all, (size_t)dot + 1)));
	sha256_of(all.p, (size_t)dot, digest);
	ck_assert(sigkey_from_pem(str_of(pem), &k, NULL));
	ok = sigkey_verify(k, scheme, digest, buf_str(&signature));
	sigkey_free(&k);
	return ok;
}

static void ck_claim(const struct json *j, const char *name, const char *v)
{
	ck_assert_str_eq(json_get_cstr(j, name, "(none)"), v);
}

/* ---- Entra --------------------------------------------------------------------- */

START_TEST(entra_by_secret)
{
	get();
	ck_assert_msg(got.why.class == ERR_NONE, "%s", got.why.text);
	ck_assert_str_eq(got.token, "token-1");
	ck_assert_str_eq(form(0, "grant_type"), "client_credentials");
	ck_assert_str_eq(form(0, "client_id"), CLIENT);
	ck_assert_str_eq(form(0, "client_secret"), MARKER);
	ck_assert_str_eq(form(0, "scope"),
			 "https://outlook.office365.com/.default");
}
END_TEST

static void ck_thumbprint(const char *x5t, const char *pem)
{
	char command[400];

	snprintf(command, sizeof(command),
		 "test \"$(openssl x509 -in %s -outform DER | openssl dgst "
		 "-sha256 -binary | basenc --base64url -w0 | tr -d =)\" = '%s'",
		 path_of(pem), x5t);
	ck_assert_msg(system(command) == 0, "%s", x5t);
}

START_TEST(entra_by_certificate)
{
	const char *assertion;
	struct json *head, *claims;
	int64_t now_s = clock_now_us() / US_PER_S;

	by_certificate("app.pem", "app.key");
	get();
	ck_assert_msg(got.why.class == ERR_NONE, "%s", got.why.text);
	assertion = form(0, "client_assertion");
	ck_assert_str_eq(form(0, "client_assertion_type"),
			 "urn:ietf:params:oauth:client-assertion-type:"
			 "jwt-bearer");
	head = part(assertion, 0);
	claims = part(assertion, 1);
	ck_claim(head, "alg", "PS256");
	ck_claim(head, "typ", "JWT");
	ck_thumbprint(json_get_cstr(head, "x5t#S256", ""), "app.pem");
	ck_claim(claims, "aud", url);
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
	token_refused(tokens, &tenant, STR("x"));
	get();
	ck_assert_int_eq(asks, 2);
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
	tenant.deliver.login.federated = path;
	put_file("federated", "aaa.bbb.ccc\n");
	get();
	ck_assert_str_eq(form(0, "client_assertion"), "aaa.bbb.ccc");
	put_file("federated", "ddd.eee.fff"); /* it is read anew */
	token_refused(tokens, &tenant, STR("x"));
	get();
	ck_assert_str_eq(form(1, "client_assertion"), "ddd.eee.fff");
	put_file("federated", "no token\r\nX: y");
	token_refused(tokens, &tenant, STR("x"));
	get();
	ck_assert_int_eq(got.why.class, ERR_RETRY);
	ck_assert_int_eq(asks, 2);
}
END_TEST

START_TEST(entra_by_the_machine)
{
	tenant.deliver.login.managed = true;
	tenant.deliver.login.client = _i ? TEXT(CLIENT) : NULL;
	answer_life = "\"3599\""; /* digits in a string, there */
	get();
	ck_assert_msg(got.why.class == ERR_NONE, "%s", got.why.text);
	ck_assert_str_eq(ask[0].query,
			 _i ? "api-version=2018-02-01&resource=https%3A%2F%2F"
			      "outlook.office365.com%2F&client_id=" CLIENT
			    : "api-version=2018-02-01&resource=https%3A%2F%2F"
			      "outlook.office365.com%2F");
	ck_assert_str_eq(ask[0].metadata, "true");
	ck_assert_str_eq(ask[0].body, "");
}
END_TEST

/* ---- Google -------------------------------------------------------------------- */

START_TEST(google_by_service_account)
{
	const char *assertion;
	struct json *head, *claims;

	by_google();
	get();
	ck_assert_msg(got.why.class == ERR_NONE, "%s", got.why.text);
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
	ck_claim(claims, "aud", url);
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
	ck_assert_int_eq(asks, _i ? 2 : 1);
	ck_assert_str_eq(got.token, "token-1");
}
END_TEST

/* ---- the cache ----------------------------------------------------------------- */

START_TEST(one_flight_serves_all)
{
	struct token_query *q;

	got = (struct got){0};
	wanted = 3;
	for (int i = 0; i < 3; i++)
		token_get(tokens, &tenant, STR("a@b"), on_token, &got);
	q = token_get(tokens, &tenant, STR("a@b"), on_token, &got);
	token_cancel(&q);
	loop_run(loop);
	ck_assert_int_eq(got.n, 3);
	ck_assert_int_eq(asks, 1);
	get();
	ck_assert_int_eq(asks, 1);
	/* cancelled while it was to be told */
	q = token_get(tokens, &tenant, STR("a@b"), on_token, &got);
	token_cancel(&q);
	wait_a_bit(5);
	ck_assert_int_eq(got.n, 1);
}
END_TEST

START_TEST(renewed_before_its_end)
{
	answer_life = "1";
	get();
	for (int i = 0; i < 200 && asks < 2; i++) {
		wait_a_bit(10);
		get(); /* never without one, never an error */
		ck_assert_int_eq(got.why.class, ERR_NONE);
	}
	ck_assert_int_ge(asks, 2);
	answer_status = 503; /* the endpoint is down: the token lives on */
	answer_life = "3599";
	for (int i = 0; i < 100 && answer_status == 503; i++) {
		get();
		if (got.why.class != ERR_NONE)
			answer_status = 200;
		wait_a_bit(20);
	}
	ck_assert_int_eq(answer_status, 200);
	wait_a_bit(60);
	get();
	ck_assert_int_eq(got.why.class, ERR_NONE);
}
END_TEST

START_TEST(refused_ones_are_dropped)
{
	get();
	get();
	ck_assert_str_eq(got.token, "token-1");
	token_refused(tokens, &tenant, STR("taro@example.jp"));
	get();
	ck_assert_str_eq(got.token, "token-2");
	token_refused(tokens, &tenant, STR("nobody"));
	tenant.deliver.login.scope = TEXT("other"); /* another login */
	token_refused(tokens, &tenant, STR("nobody"));
	get();
	ck_assert_str_eq(got.token, "token-3");
	ck_assert_str_eq(form(2, "scope"), "other");
}
END_TEST

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
	answer_status = failure[_i].status;
	answer_body = failure[_i].body;
	get();
	ck_assert_int_eq(got.why.class, failure[_i].class);
	ck_assert_msg(strstr(got.why.text, failure[_i].text) != NULL, "%s",
		      got.why.text);
	ck_assert_ptr_null(strstr(got.why.text, "marker"));
	answer_status = 200;
	answer_body = NULL;
	wait_a_bit(60);
	get();
	ck_assert_int_eq(got.why.class, ERR_NONE);
}
END_TEST

START_TEST(the_machine_may_be_updating)
{
	tenant.deliver.login.managed = true;
	answer_status = _i;
	get();
	ck_assert_int_eq(got.why.class, ERR_RETRY);
}
END_TEST

START_TEST(too_long_to_send)
{
	AUTO(buf) b = BUF_MAX(64 * KIB);

	buf_puts(&b, "{\"token_type\":\"Bearer\",\"access_token\":\"");
	for (int i = 0; i < TOKEN_MAX + 1; i++)
		buf_putc(&b, 'a');
	buf_puts(&b, "\"}");
	answer_body = buf_cstr(&b);
	get();
	ck_assert_int_eq(got.why.class, ERR_RETRY);
}
END_TEST

START_TEST(asked_again_after_a_pause)
{
	answer_status = 503;
	retry_after = "3600";
	get();
	ck_assert_int_eq(asks, 1);
	wait_a_bit(80); /* our own pause is over; the server asked for more */
	answer_status = 200;
	get();
	ck_assert_int_eq(asks, 1);
	ck_assert_int_eq(got.why.class, ERR_RETRY);
}
END_TEST

START_TEST(nobody_answers)
{
	tenant.deliver.login.token_url = TEXT("http://127.0.0.1:1/");
	get();
	ck_assert_int_eq(got.why.class, ERR_RETRY);
	tenant.deliver.login.token_url = TEXT("http://192.0.2.1/");
	get();
	ck_assert_int_ne(got.why.class, ERR_NONE);
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
	ck_assert_int_eq(got.why.class, ERR_DENIED);
	ck_assert_msg(strstr(got.why.text, pair[_i].text) != NULL, "%s",
		      got.why.text);
	ck_assert_ptr_null(strstr(got.why.text, "marker"));
	ck_assert_int_eq(asks, 0);
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
	ck_assert_int_eq(got.why.class, ERR_DENIED);
	ck_assert_ptr_null(strstr(got.why.text, "marker"));
	put_google("service_account", PEM_RSA_2048); /* it is read anew */
	wait_a_bit(60);
	get();
	ck_assert_msg(got.why.class == ERR_NONE, "%s", got.why.text);
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
	token_refused(tokens, &tenant, STR("x"));
	answer_status = 401;
	get();
	ck_assert_int_eq(got.why.class, ERR_DENIED);
	answer_status = 200;
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
	tokens_reload(tokens);
	get();
	ck_assert_int_eq(asks, 1); /* the token is as good as it was */
	token_refused(tokens, &tenant, STR("x"));
	get();
	head = part(form(1, "client_assertion"), 0);
	ck_thumbprint(json_get_cstr(head, "x5t#S256", ""), "new.pem");
	json_free(&head);
}
END_TEST

static void give_back(void)
{
	form(0, NULL);
	teardown();
}

Suite *test_token_suite(void)
{
	Suite *s = suite_create("token");
	TCase *t = tcase_create("token");

	tcase_add_unchecked_fixture(t, make_folder, remove_folder);
	tcase_add_checked_fixture(t, setup, give_back);
	tcase_set_timeout(t, 60);
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
