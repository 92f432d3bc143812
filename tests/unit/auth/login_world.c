/* login_world.c - see login_world.h. */
#include "tests/unit/auth/login_world.h"
#include <sodium.h>
#include "connector/sys/loop/conn.h"

#define SLOW_BYTES (16 * MIB) /* some 10 ms */

struct login_world login_world;
static struct login_world *const w = &login_world;

static const char *hash_of(const char *password, size_t memory)
{
	static char text[crypto_pwhash_STRBYTES];

	ck_assert_int_ge(sodium_init(), 0);
	ck_assert_int_eq(crypto_pwhash_str_alg(text, password, strlen(password),
					       crypto_pwhash_OPSLIMIT_MIN,
					       memory,
					       crypto_pwhash_ALG_ARGON2ID13),
			 0);
	return text;
}

/* As costly as libsodium allows: cheap. */
const char *cheap_hash(const char *password)
{
	return hash_of(password, crypto_pwhash_MEMLIMIT_MIN);
}

const char *slow_hash(const char *password)
{
	return hash_of(password, SLOW_BYTES);
}

/* A new file each time, so that its stamp differs. */
void put_users(const char *fmt, ...)
{
	char next[160];
	va_list ap;
	FILE *f;

	snprintf(next, sizeof(next), "%s.next", w->users_path);
	f = fopen(next, "w");
	ck_assert_ptr_nonnull(f);
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(rename(next, w->users_path), 0);
}

static void make_tenants(void)
{
	static char *domains[2][2] = {
		{TEXT("example.jp"), TEXT("*.example.jp")},
		{TEXT("other.test"), NULL}};

	memset(&w->config, 0, sizeof(w->config));
	memset(w->tenant, 0, sizeof(w->tenant));
	w->config.hostname = TEXT("gate.test");
	w->config.tenant = w->tenant;
	w->config.tenant_n = 2;
	for (unsigned i = 0; i < 2; i++) {
		w->tenant[i].index = i;
		w->tenant[i].tenant = TEXT(i ? "other" : "example");
		w->tenant[i].domains = (struct strings){domains[i], 2 - i};
	}
	w->tenant[0].submission.auth = SUBMISSION_LOCAL;
	w->tenant[0].submission.users = w->users_path;
}

void open_logins(void)
{
	const struct logins_conf conf = {
		.loop = w->loop,
		.config = &w->config,
		.http = w->http,
		.metrics = &w->metrics,
		.tuning = &w->tuning,
	};

	logins_free(&w->logins);
	w->logins = logins_new(&conf);
}

void login_make(void)
{
	pki_make(&w->pki);
	snprintf(w->users_path, sizeof(w->users_path), "%s/users", w->pki.dir);
}

void login_drop(void)
{
	pki_remove(&w->pki);
}

void login_setup(void)
{
	log_setup(getenv("LOGIN_LOG") ? LOG_DEBUG : LOG_ERROR + 1, false,
		  "test");
	w->loop = loop_new(NULL);
	w->http = http_client_new(w->loop, NULL);
	w->tuning = (struct logins_tuning){
		.refused_us = US_PER_MS,
		.look_us = 1,
		.keys_again_us = US_PER_HOUR,
	};
	make_tenants();
	put_users("# people\n\ntaro:%s:taro@example.jp,info@Example.JP\n",
		  cheap_hash("sesame"));
	open_logins();
}

static void on_last(void *arg)
{
	loop_stop(arg);
}

void login_teardown(void)
{
	logins_free(&w->logins);
	loop_post(w->loop, on_last, w->loop); /* behind what was on its way */
	loop_run(w->loop);
	http_client_free(&w->http);
	loop_free(&w->loop);
}

void on_login(void *arg, enum login_answer answer, const struct login *login)
{
	AUTO(buf) b = BUF_MAX(300);

	(void)arg;
	w->got.n++;
	w->got.answer = answer;
	w->got.tenant = login ? login->tenant : NULL;
	if (login)
		buf_printf(&b, STR_FMT "=", STR_ARG(login->name));
	for (size_t i = 0; login && i < login->address_n; i++)
		buf_printf(&b, "%s" STR_FMT, i ? "," : "",
			   STR_ARG(login->address[i]));
	snprintf(w->got.text, sizeof(w->got.text), "%s", buf_cstr(&b));
	loop_stop(w->loop);
}

const struct sockaddr *peer(const char *text)
{
	static struct sockaddr_storage sa;
	socklen_t len;

	ck_assert(net_parse(str_of(text), &sa, &len, NULL));
	return (const struct sockaddr *)&sa;
}

enum login_answer by_password(const struct tenant_conf *label, const char *name,
			      const char *password)
{
	struct login_query *q = login_password(
		w->logins, peer("192.0.2.1:1"), label, str_of(name),
		str_of(password), on_login, NULL);

	ck_assert_ptr_nonnull(q);
	w->got = (struct got){0};
	loop_run(w->loop);
	ck_assert_int_eq(w->got.n, 1);
	return w->got.answer;
}

enum login_answer by_token(const char *name, struct str token)
{
	ck_assert_ptr_nonnull(login_token(w->logins, peer("192.0.2.1:1"), NULL,
					  str_of(name), token, on_login, NULL));
	w->got = (struct got){0};
	loop_run(w->loop);
	ck_assert_int_eq(w->got.n, 1);
	return w->got.answer;
}

void on_many(void *arg, enum login_answer answer, const struct login *login)
{
	(void)login;
	((int *)arg)[answer]++;
	if (++w->answered == 4 * HASH_QUEUE_MAX)
		loop_stop(w->loop);
}
