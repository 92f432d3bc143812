/* token_world.c - see token_world.h. */
#include "tests/unit/auth/token_world.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "connector/base/codec.h"
#include "connector/base/mem.h"
#include "tests/unit/pem.h"

struct token_world token_world;
static struct token_world *const w = &token_world;
static const struct tokens_tuning tuning = {
	.first_us = 20 * US_PER_MS,
	.most_us = 40 * US_PER_MS,
};

/* ---- the endpoint ---------------------------------------------------------- */

static char *keep(struct str s)
{
	return mem_strndup(s.p ? s.p : "", s.n);
}

static void handle(void *arg, struct http_exchange *x)
{
	const struct http_request *r = http_request(x);
	struct http_reply reply = {.status = w->answer_status};
	struct http_field field = {STR("Retry-After"), str_of(w->retry_after)};
	char body[200];

	(void)arg;
	ck_assert_int_lt(w->asks, ASKS_MAX);
	w->ask[w->asks++] = (struct ask){keep(r->query), keep(r->body),
					 keep(http_field(r, "Metadata"))};
	snprintf(body, sizeof(body),
		 "{\"token_type\":\"Bearer\",\"expires_in\":%s,"
		 "\"access_token\":\"token-%d\"}",
		 w->answer_life, w->asks);
	reply.body = str_of(w->answer_body ? w->answer_body : body);
	reply.field = &field;
	reply.field_n = w->retry_after != NULL;
	http_reply(&x, &reply);
}

/* ---- files ----------------------------------------------------------------- */

const char *path_of(const char *name)
{
	static char path[4][128];
	static unsigned next;
	char *to = path[next++ % 4];

	snprintf(to, sizeof(path[0]), "%s/%s", w->folder, name);
	return to;
}

void put_file(const char *name, const char *text)
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

void make_certificate(const char *key, const char *pem)
{
	char command[400];

	snprintf(command, sizeof(command),
		 "cd %s && openssl req -x509 -key %s -subj /CN=app -days 30 "
		 "-out %s 2>/dev/null",
		 w->folder, key, pem);
	ck_assert_int_eq(system(command), 0);
}

void put_google(const char *type, const char *pem)
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

struct secret_ref file_ref(const char *name)
{
	static char path[4][128];
	static unsigned next;
	char *to = path[next++ % 4];

	snprintf(to, sizeof(path[0]), "%s", path_of(name));
	return (struct secret_ref){.kind = SECRET_FILE, .value = to};
}

/* ---- setting up -------------------------------------------------------------- */

void make_folder(void)
{
	snprintf(w->folder, sizeof(w->folder), "/tmp/sekisho-token-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(w->folder));
	put_file("app.key", PEM_RSA_2048);
	put_file("other.key", PEM_RSA_3072);
	put_file("ec.key", PEM_P256);
	put_file("secret", MARKER "\n");
	make_certificate("app.key", "app.pem");
	make_certificate("other.key", "other.pem");
	make_certificate("ec.key", "ec.pem");
}

void remove_folder(void)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -r -- '%s'", w->folder);
	ck_assert_int_eq(system(command), 0);
}

static void start_server(void)
{
	struct http_server_conf conf = {
		.loop = w->loop,
		.connections = 20,
		.connections_per_address = 20,
		.deadline_us = 20 * US_PER_S,
		.handler = handle,
	};
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);

	ck_assert(net_listen(STR("127.0.0.1:0"), &w->listener, NULL));
	getsockname(w->listener, (struct sockaddr *)&sa, &len);
	snprintf(w->url, sizeof(w->url), "http://127.0.0.1:%u/token",
		 ntohs(sa.sin_port));
	w->server = http_server_new(&conf);
	http_server_listen(w->server, w->listener, false);
}

void token_setup(void)
{
	struct tokens_conf conf = {.read = read_secret, .tuning = &tuning};

	conf.loop = w->loop = loop_new(NULL);
	conf.http = w->http = http_client_new(w->loop, NULL);
	conf.keys = w->keys = keys_test();
	start_server();
	w->tokens = tokens_new(&conf);
	w->asks = 0;
	w->answer_status = 200;
	w->answer_body = w->retry_after = NULL;
	w->answer_life = "3599";
	memset(&w->tenant, 0, sizeof(w->tenant));
	w->tenant.tenant = TEXT("one");
	w->tenant.deliver.login.kind = LOGIN_ENTRA;
	w->tenant.deliver.login.tenant = TEXT(TENANT);
	w->tenant.deliver.login.client = TEXT(CLIENT);
	w->tenant.deliver.login.token_url = w->url;
	w->tenant.deliver.login.secret = file_ref("secret");
}

void token_teardown(void)
{
	form(0, NULL);
	tokens_free(&w->tokens);
	http_client_free(&w->http);
	http_server_free(&w->server);
	close(w->listener);
	keys_free(&w->keys);
	loop_free(&w->loop);
	for (int i = 0; i < w->asks; i++) {
		mem_free(w->ask[i].query);
		mem_free(w->ask[i].body);
		mem_free(w->ask[i].metadata);
	}
}

void by_certificate(const char *pem, const char *key)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s", path_of(pem));
	w->tenant.deliver.login.secret.kind = SECRET_NOT_SET;
	w->tenant.deliver.login.certificate = path;
	w->tenant.deliver.login.key = file_ref(key);
}

void by_google(void)
{
	w->tenant.deliver.login.kind = LOGIN_GOOGLE;
	w->tenant.deliver.login.secret.kind = SECRET_NOT_SET;
	w->tenant.deliver.login.key = file_ref("google.json");
	put_google("service_account", PEM_RSA_2048);
}

/* ---- asking -------------------------------------------------------------------- */

void on_token(void *arg, struct str token, const struct err *why)
{
	struct got *g = arg;

	g->n++;
	snprintf(g->token, sizeof(g->token), STR_FMT, STR_ARG(token));
	g->why = why ? *why : ERR_EMPTY;
	ck_assert((token.n > 0) == (why == NULL));
	if (--w->wanted == 0)
		loop_stop(w->loop);
}

void get_as(const char *user)
{
	w->got = (struct got){0};
	w->wanted = 1;
	token_get(w->tokens, &w->tenant, str_of(user), on_token, &w->got);
	ck_assert_int_eq(w->got.n, 0);
	loop_run(w->loop);
	ck_assert_int_eq(w->got.n, 1);
}

void get(void)
{
	get_as("taro@example.jp");
}

static void stop_waiting(void *arg)
{
	(void)arg;
	loop_stop(w->loop);
}

void wait_a_bit(int ms)
{
	struct timer *t = timer_new(w->loop, stop_waiting, NULL);

	timer_set(t, ms * US_PER_MS);
	loop_run(w->loop);
	timer_free(&t);
}

const char *form(int i, const char *name)
{
	static struct arena a;
	struct str v;

	if (!name) { /* give back what was handed out */
		arena_release(&a);
		return NULL;
	}
	v = http_form_value(str_of(w->ask[i].body), name, &a);
	return arena_strndup(&a, v.p, v.n);
}

struct json *part(const char *assertion, int which)
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

bool is_signed(const char *assertion, enum key_scheme scheme, const char *pem)
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

void ck_claim(const struct json *j, const char *name, const char *v)
{
	ck_assert_str_eq(json_get_cstr(j, name, "(none)"), v);
}

void ck_thumbprint(const char *x5t, const char *pem)
{
	char command[400];

	snprintf(command, sizeof(command),
		 "test \"$(openssl x509 -in %s -outform DER | openssl dgst "
		 "-sha256 -binary | basenc --base64url -w0 | tr -d =)\" = '%s'",
		 path_of(pem), x5t);
	ck_assert_msg(system(command) == 0, "%s", x5t);
}
