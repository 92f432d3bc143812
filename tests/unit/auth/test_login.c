/* test_login.c - logins of local users, of the tenant's own server and by
 * token, and the limits against guessing.
 */
#include <check.h>
#include <sodium.h>
#include "auth/login_int.h"
#include "connector/sys/http/server.h"
#include "connector/sys/loop/conn.h"
#include "tests/unit/auth/signed.h"
#include "tests/unit/connector/sys/pki.h"
#include "tests/unit/fake_smtp.h"

#define TEXT(s) ((char *)(s))

static struct pki pki;
static struct loop *loop;
static struct http_client *http;
static struct config config;
static struct tenant_conf tenant[2];
static struct logins *logins;
static struct metrics metrics;
static char users_path[128];
static struct logins_tuning tuning;

/* ---- the world ------------------------------------------------------------------ */

/* As costly as libsodium allows: cheap. */
static const char *cheap_hash(const char *password)
{
	static char text[crypto_pwhash_STRBYTES];

	ck_assert_int_ge(sodium_init(), 0);
	ck_assert_int_eq(crypto_pwhash_str_alg(text, password, strlen(password),
					       crypto_pwhash_OPSLIMIT_MIN,
					       crypto_pwhash_MEMLIMIT_MIN,
					       crypto_pwhash_ALG_ARGON2ID13),
			 0);
	return text;
}

/* A new file each time, so that its stamp differs. */
static void put_users(const char *fmt, ...)
{
	char next[160];
	va_list ap;
	FILE *f;

	snprintf(next, sizeof(next), "%s.next", users_path);
	f = fopen(next, "w");
	ck_assert_ptr_nonnull(f);
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(rename(next, users_path), 0);
}

static void make_tenants(void)
{
	static char *domains[2][2] = {
		{TEXT("example.jp"), TEXT("*.example.jp")},
		{TEXT("other.test"), NULL}};

	memset(&config, 0, sizeof(config));
	memset(tenant, 0, sizeof(tenant));
	config.hostname = TEXT("gate.test");
	config.tenant = tenant;
	config.tenant_n = 2;
	for (unsigned i = 0; i < 2; i++) {
		tenant[i].index = i;
		tenant[i].tenant = TEXT(i ? "other" : "example");
		tenant[i].domains = (struct strings){domains[i], 2 - i};
	}
	tenant[0].submission.auth = SUBMISSION_LOCAL;
	tenant[0].submission.users = users_path;
}

static void open_logins(void)
{
	const struct logins_conf conf = {
		.loop = loop,
		.config = &config,
		.http = http,
		.metrics = &metrics,
		.tuning = &tuning,
	};

	logins_free(&logins);
	logins = logins_new(&conf);
}

static void make(void)
{
	pki_make(&pki);
	snprintf(users_path, sizeof(users_path), "%s/users", pki.dir);
}

static void drop(void)
{
	pki_remove(&pki);
}

static void setup(void)
{
	log_setup(getenv("LOGIN_LOG") ? LOG_DEBUG : LOG_ERROR + 1, false,
		  "test");
	loop = loop_new(NULL);
	http = http_client_new(loop, NULL);
	tuning = (struct logins_tuning){
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

static void teardown(void)
{
	logins_free(&logins);
	loop_post(loop, on_last, loop); /* behind what was on its way */
	loop_run(loop);
	http_client_free(&http);
	loop_free(&loop);
}

static struct got {
	int n;
	enum login_answer answer;
	const struct tenant_conf *tenant;
	char text[400]; /* name=address,address */
} got;

static void on_login(void *arg, enum login_answer answer,
		     const struct login *login)
{
	AUTO(buf) b = BUF_MAX(300);

	(void)arg;
	got.n++;
	got.answer = answer;
	got.tenant = login ? login->tenant : NULL;
	if (login)
		buf_printf(&b, STR_FMT "=", STR_ARG(login->name));
	for (size_t i = 0; login && i < login->address_n; i++)
		buf_printf(&b, "%s" STR_FMT, i ? "," : "",
			   STR_ARG(login->address[i]));
	snprintf(got.text, sizeof(got.text), "%s", buf_cstr(&b));
	loop_stop(loop);
}

static const struct sockaddr *peer(const char *text)
{
	static struct sockaddr_storage sa;
	socklen_t len;

	ck_assert(net_parse(str_of(text), &sa, &len, NULL));
	return (const struct sockaddr *)&sa;
}

static enum login_answer by_password(const struct tenant_conf *label,
				     const char *name, const char *password)
{
	struct login_query *q = login_password(
		logins, peer("192.0.2.1:1"), label, str_of(name),
		str_of(password), on_login, NULL);

	ck_assert_ptr_nonnull(q);
	got = (struct got){0};
	loop_run(loop);
	ck_assert_int_eq(got.n, 1);
	return got.answer;
}

static enum login_answer by_token(const char *name, struct str token)
{
	ck_assert_ptr_nonnull(login_token(logins, peer("192.0.2.1:1"), NULL,
					  str_of(name), token, on_login, NULL));
	got = (struct got){0};
	loop_run(loop);
	ck_assert_int_eq(got.n, 1);
	return got.answer;
}

/* ---- local users ------------------------------------------------------------------- */

START_TEST(right_and_wrong)
{
	ck_assert_int_eq(by_password(NULL, "taro", "sesame"), LOGIN_OK);
	ck_assert_str_eq(got.text, "taro=taro@example.jp,info@example.jp");
	ck_assert_ptr_eq(got.tenant, &tenant[0]);
	ck_assert_int_eq(by_password(NULL, "TARO", "sesame"), LOGIN_OK);
	ck_assert_int_eq(by_password(NULL, "taro", "Sesame"), LOGIN_REFUSED);
	ck_assert_int_eq(by_password(NULL, "taro", ""), LOGIN_REFUSED);
	ck_assert_int_eq(by_password(NULL, "nobody", "sesame"), LOGIN_REFUSED);
	ck_assert_int_eq(by_password(NULL, "", "sesame"), LOGIN_REFUSED);
	ck_assert_int_eq(by_password(NULL, "\xff", "sesame"), LOGIN_REFUSED);
	ck_assert_int_eq(metric_get(&metrics, METRIC_LOGINS), 2);
	ck_assert_int_eq(metric_get(&metrics, METRIC_LOGINS_REFUSED), 5);
}
END_TEST

START_TEST(long_words_are_refused)
{
	char text[LOGIN_PASSWORD_MAX + 2];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = 0;
	ck_assert_int_eq(by_password(NULL, "taro", text), LOGIN_REFUSED);
	text[LOGIN_USER_MAX + 1] = 0;
	ck_assert_int_eq(by_password(NULL, text, "sesame"), LOGIN_REFUSED);
}
END_TEST

START_TEST(the_tenant_is_chosen)
{
	char *second = TEXT("");

	put_users("taro@example.jp:%s:taro@example.jp\n"
		  "taro@a.example.jp:%s:taro@a.example.jp\n",
		  cheap_hash("sesame"), cheap_hash("sesame"));
	ck_assert_int_eq(by_password(NULL, "taro@example.jp", "sesame"),
			 LOGIN_OK);
	ck_assert_int_eq(by_password(NULL, "taro@A.example.jp", "sesame"),
			 LOGIN_OK);
	ck_assert_int_eq(by_password(&tenant[0], "taro@example.jp", "sesame"),
			 LOGIN_OK);
	/* by the wrong entry, by a domain of nobody, of one without logins */
	ck_assert_int_eq(by_password(&tenant[1], "taro@example.jp", "sesame"),
			 LOGIN_REFUSED);
	ck_assert_int_eq(by_password(NULL, "taro@nobody.test", "sesame"),
			 LOGIN_REFUSED);
	ck_assert_int_eq(by_password(NULL, "taro@other.test", "sesame"),
			 LOGIN_REFUSED);
	ck_assert_int_eq(by_password(NULL, "taro@", "sesame"), LOGIN_REFUSED);
	/* a bare name is nobody's when two tenants take logins */
	put_users("taro:%s:taro@example.jp\n", cheap_hash("sesame"));
	ck_assert_int_eq(by_password(NULL, "taro", "sesame"), LOGIN_OK);
	tenant[1].submission.auth = SUBMISSION_LOCAL;
	tenant[1].submission.users = second;
	ck_assert_int_eq(by_password(NULL, "taro", "sesame"), LOGIN_REFUSED);
	ck_assert_int_eq(by_password(&tenant[0], "taro", "sesame"), LOGIN_OK);
}
END_TEST

START_TEST(the_file_is_read_again)
{
	put_users("hanako:%s:hanako@example.jp\n", cheap_hash("open"));
	ck_assert_int_eq(by_password(NULL, "taro", "sesame"), LOGIN_REFUSED);
	ck_assert_int_eq(by_password(NULL, "hanako", "open"), LOGIN_OK);
	put_users("taro:%s:taro@example.jp\nbroken line\n",
		  cheap_hash("sesame"));
	ck_assert_int_eq(by_password(NULL, "taro", "sesame"), LOGIN_REFUSED);
	ck_assert_int_eq(by_password(NULL, "hanako", "open"), LOGIN_OK);
	ck_assert_int_eq(remove(users_path), 0);
	ck_assert_int_eq(by_password(NULL, "hanako", "open"), LOGIN_OK);
	logins_set_config(logins, &config);
	ck_assert_int_eq(by_password(NULL, "hanako", "open"), LOGIN_OK);
	/* never read at all: nobody can say who is right */
	open_logins();
	ck_assert_int_eq(by_password(NULL, "hanako", "open"), LOGIN_LATER);
	put_users("hanako:%s:hanako@example.jp\n", cheap_hash("open"));
	ck_assert_int_eq(by_password(NULL, "hanako", "open"), LOGIN_OK);
}
END_TEST

#define GOOD_HASH                                                              \
	"$argon2id$v=19$m=65536,t=2,p=1$l+vxxb1g6NVaBm+pjQHh+w$"               \
	"OXMjTtM6FYtO7ZGFZjVqtvGkp7wrujtJFVbC1ZiomDg"

static const struct {
	const char *text, *why; /* NULL: taken */
} LINES[] = {
	{"", NULL},
	{"# x\n \n", NULL},
	{"a:" GOOD_HASH ":a@example.jp", NULL},
	{"a:" GOOD_HASH ":a@example.jp\r\nb::b@x.example.jp\r\n", NULL},
	{"a:" GOOD_HASH ": a@example.jp , b@example.jp ", NULL},
	{"a:" GOOD_HASH ":", "write name"},
	{"a:" GOOD_HASH, "write name"},
	{"a", "write name"},
	{":" GOOD_HASH ":a@example.jp", "not a name"},
	{"a\x01:" GOOD_HASH ":a@example.jp", "not a name"},
	{"\xff:" GOOD_HASH ":a@example.jp", "not a name"},
	{"a:secret:a@example.jp", "Argon2id"},
	{"a:$argon2i$v=19$m=65536,t=2,p=1$l+vxxb1g6NVaBm+pjQHh+w$"
	 "OXMjTtM6FYtO7ZGFZjVqtvGkp7wrujtJFVbC1ZiomDg:a@example.jp",
	 "Argon2id"},
	{"a:$argon2id$v=19$m=6553600,t=2,p=1$l+vxxb1g6NVaBm+pjQHh+w$"
	 "OXMjTtM6FYtO7ZGFZjVqtvGkp7wrujtJFVbC1ZiomDg:a@example.jp",
	 "Argon2id"},
	{"a:$argon2id$v=19$m=65536,t=2,p=1$l+vxxb1g6NVaBm+pjQHh+w:"
	 "a@example.jp",
	 "Argon2id"},
	{"a:" GOOD_HASH ":a@other.test", "no domain of the tenant"},
	{"a:" GOOD_HASH ":a@example.jp,", NULL},
	{"a:" GOOD_HASH ":a@example.jp,,b@example.jp", "line 1"},
	{"a:" GOOD_HASH ":a", "line 1"},
	{"b::b@example.jp\na:" GOOD_HASH ":a@example.jp\nB::b@example.jp\n",
	 "line 3: login given twice"},
};

START_TEST(lines)
{
	struct err e = ERR_EMPTY;
	struct users u;
	bool ok = users_read(&u, &tenant[0], str_of(LINES[_i].text), &e);

	ck_assert_msg(ok == !LINES[_i].why, "%s: %s", LINES[_i].text, e.text);
	if (!ok)
		ck_assert_msg(strstr(e.text, LINES[_i].why), "%s", e.text);
	else
		users_release(&u);
}
END_TEST

/* "*.example.jp" names them, and "sub.example.jp" more closely. */
START_TEST(no_address_of_another_tenant)
{
	static char *domains[] = {TEXT("sub.example.jp")};

	put_users("taro:%s:boss@sub.example.jp,taro@b.example.jp\n",
		  cheap_hash("sesame"));
	ck_assert_int_eq(by_password(NULL, "taro", "sesame"), LOGIN_OK);
	ck_assert_str_eq(got.text,
			 "taro=boss@sub.example.jp,taro@b.example.jp");
	tenant[1].domains = (struct strings){domains, 1};
	ck_assert_int_eq(by_password(NULL, "taro", "sesame"), LOGIN_OK);
	ck_assert_str_eq(got.text, "taro=taro@b.example.jp");
	put_users("taro:%s:boss@sub.example.jp\n", cheap_hash("sesame"));
	ck_assert_int_eq(by_password(NULL, "taro", "sesame"), LOGIN_REFUSED);
}
END_TEST

START_TEST(cancelled_ones_never_answer)
{
	struct login_query *q[10];

	got = (struct got){0};
	for (size_t i = 0; i < ARRAY_LEN(q); i++)
		q[i] = login_password(logins, peer("192.0.2.1:1"), NULL,
				      STR("taro"), STR("sesame"), on_login,
				      NULL);
	for (size_t i = 0; i < ARRAY_LEN(q); i++)
		login_cancel(&q[i]);
	ck_assert_int_eq(by_password(NULL, "taro", "sesame"), LOGIN_OK);
	/* and those that are open when all ends */
	login_password(logins, peer("192.0.2.1:1"), NULL, STR("taro"),
		       STR("sesame"), on_login, NULL);
	logins_free(&logins);
	ck_assert_int_eq(got.n, 1);
}
END_TEST

static int answered;

static void on_many(void *arg, enum login_answer answer,
		    const struct login *login)
{
	(void)login;
	((int *)arg)[answer]++;
	if (++answered == 4 * HASH_QUEUE_MAX)
		loop_stop(loop);
}

START_TEST(the_queue_is_bounded)
{
	int count[3] = {0};

	ck_assert_int_eq(by_password(NULL, "taro", "sesame"), LOGIN_OK);
	answered = 0;
	for (int i = 0; i < 4 * HASH_QUEUE_MAX; i++)
		login_password(logins, peer("192.0.2.1:1"), NULL, STR("taro"),
			       STR("sesame"), on_many, count);
	loop_run(loop);
	ck_assert_int_eq(count[LOGIN_REFUSED], 0);
	ck_assert_int_ge(count[LOGIN_OK], HASH_QUEUE_MAX);
	ck_assert_int_ge(count[LOGIN_LATER], 1);
}
END_TEST

/* ---- guessing --------------------------------------------------------------------- */

static struct guesses g;

static struct guess who(const char *address, const char *name)
{
	struct guess w;

	guess_of(&g, peer(address), str_of(name), &w);
	return w;
}

static bool allowed(const char *address, const char *name, int64_t now)
{
	struct guess w = who(address, name);

	return guess_allowed(&g, &w, now);
}

static void wrong(const char *address, const char *name, int64_t now)
{
	struct guess w = who(address, name);

	guess_wrong(&g, &w, now);
}

static void guesses_new(void)
{
	static const struct logins_tuning t = {.window_us = 100,
					       .per_address = 3,
					       .per_name = 4,
					       .overall = 8};

	guesses_release(&g);
	guesses_init(&g, &t);
}

START_TEST(guesses_are_counted)
{
	guesses_new();
	for (int i = 0; i < 3; i++)
		wrong("192.0.2.1:9", "a", 1000);
	ck_assert(!allowed("192.0.2.1:7", "b", 1000)); /* by address */
	ck_assert(allowed("192.0.2.2:7", "a", 1000));
	wrong("192.0.2.2:7", "A", 1000);
	ck_assert(!allowed("192.0.2.3:7", "a", 1000)); /* by name */
	ck_assert(allowed("192.0.2.3:7", "b", 1000));
	ck_assert(!allowed("192.0.2.3:7", "a", 1150)); /* the next window */
	ck_assert(allowed("192.0.2.3:7", "a", 1350));
	guesses_new();
	for (int i = 0; i < 8; i++) { /* by all together */
		char a[40], n[8];

		snprintf(a, sizeof(a), "198.51.100.%d:1", i);
		snprintf(n, sizeof(n), "n%d", i);
		ck_assert(allowed(a, n, 1000));
		wrong(a, n, 1000);
	}
	ck_assert(!allowed("203.0.113.1:1", "z", 1000));
	guesses_release(&g);
}
END_TEST

START_TEST(an_ipv6_network_is_one)
{
	guesses_new();
	wrong("[2001:db8::1]:1", "a", 1000);
	wrong("[2001:db8::2]:1", "b", 1000);
	wrong("[2001:db8:0:0:ffff::]:1", "c", 1000);
	ck_assert(!allowed("[2001:db8::99]:1", "d", 1000));
	ck_assert(allowed("[2001:db8:0:1::1]:1", "d", 1000));
	guesses_release(&g);
}
END_TEST

/* Whoever guesses a name does not lock out the person who has it. */
START_TEST(known_people_stay)
{
	struct guess taro;

	guesses_new();
	taro = who("192.0.2.1:1", "taro");
	guess_right(&g, &taro);
	for (int i = 0; i < 8; i++) {
		char a[40];

		snprintf(a, sizeof(a), "198.51.100.%d:1", i);
		wrong(a, "taro", 1000);
	}
	ck_assert(!allowed("198.51.100.99:1", "taro", 1000));
	ck_assert(allowed("192.0.2.1:1", "taro", 1000));
	for (int i = 0; i < 4; i++) /* and does not guess from there */
		wrong("192.0.2.1:1", "taro", 1000);
	ck_assert(!allowed("192.0.2.1:1", "taro", 1000));
	guesses_release(&g);
}
END_TEST

START_TEST(guessing_ends_in_later)
{
	tuning.per_name = 3;
	open_logins();
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(by_password(NULL, "taro", "x"), LOGIN_REFUSED);
	ck_assert_int_eq(by_password(NULL, "taro", "sesame"), LOGIN_LATER);
	ck_assert_int_eq(by_password(NULL, "taro", "x"), LOGIN_LATER);
}
END_TEST

/* From many addresses at once: none has its answer when the last one comes. */
START_TEST(guesses_at_once_are_counted)
{
	int count[3] = {0};

	tuning.per_name = 3;
	open_logins();
	answered = 0;
	for (int i = 0; i < 4 * HASH_QUEUE_MAX; i++) {
		char from[40];

		snprintf(from, sizeof(from), "198.51.100.%d:1", i);
		login_password(logins, peer(from), NULL, STR("taro"), STR("x"),
			       on_many, count);
	}
	loop_run(loop);
	ck_assert_int_eq(count[LOGIN_REFUSED], 3);
	ck_assert_int_eq(count[LOGIN_LATER], 4 * HASH_QUEUE_MAX - 3);
	ck_assert_int_eq(by_password(NULL, "taro", "sesame"), LOGIN_LATER);
	ck_assert_uint_eq(logins->guesses.open.n, 0);
}
END_TEST

/* ---- the tenant's own server ---------------------------------------------------------- */

static struct fake_smtp server;
static char ca_path[128];

static void start_server(bool tls_first)
{
	static const char *caps = "AUTH PLAIN LOGIN|8BITMIME";
	struct err e = ERR_EMPTY;

	server.tls = tls_server_new(
		&(struct tls_server_conf){
			.certificate_file = pki_file(&pki, "server.pem"),
			.key_file = pki_file(&pki, "server.key")},
		&e);
	ck_assert_msg(server.tls != NULL, "%s", e.text);
	server.tls_first = tls_first;
	server.tls_caps = caps;
	fake_start(&server);
	snprintf(ca_path, sizeof(ca_path), "%s", pki_file(&pki, "ca.pem"));
	tenant[0].submission.auth = SUBMISSION_UPSTREAM;
	tenant[0].submission.users = NULL;
	tenant[0].submission.host = TEXT("127.0.0.1");
	tenant[0].submission.port = (uint16_t)server.port;
	tenant[0].submission.ca = ca_path;
	open_logins();
}

static void stop_server(void)
{
	logins_free(&logins);
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
	ck_assert_str_eq(got.text, "taro@example.jp=taro@example.jp");
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
	ck_assert_str_eq(got.text, "hanako=hanako@example.jp");
	logins_set_config(logins, &config); /* nothing is known any more */
	ck_assert_int_eq(by_password(NULL, "hanako", "x"), LOGIN_OK);
	ck_assert_int_eq(server.connections, 7);
	stop_server();
}
END_TEST

START_TEST(upstream_must_prove_itself)
{
	server = (struct fake_smtp){0};
	start_server(false);
	tenant[0].submission.ca = TEXT(users_path); /* not a certificate */
	ck_assert_int_eq(by_password(NULL, "taro", "x"), LOGIN_LATER);
	snprintf(ca_path, sizeof(ca_path), "%s",
		 pki_file(&pki, "other-ca.pem"));
	tenant[0].submission.ca = ca_path;
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
	tuning.upstream_us = 300 * US_PER_MS;
	open_logins();
	ck_assert_int_eq(by_password(NULL, "taro", "x"), LOGIN_LATER);
	tenant[0].submission.port = 1; /* nobody listens */
	ck_assert_int_eq(by_password(NULL, "taro", "x"), LOGIN_LATER);
	stop_server();
}
END_TEST

START_TEST(aliases_come_from_the_file)
{
	server = (struct fake_smtp){0};
	start_server(false);
	put_users("taro@example.jp::taro@example.jp,sales@a.example.jp\n");
	tenant[0].submission.users = users_path;
	ck_assert_int_eq(by_password(NULL, "taro@example.jp", "x"), LOGIN_OK);
	ck_assert_str_eq(got.text,
			 "taro@example.jp=taro@example.jp,sales@a.example.jp");
	stop_server();
}
END_TEST

/* ---- tokens ------------------------------------------------------------------------ */

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
		.loop = loop,
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
	tenant[0].submission.token_issuer = TEXT(ISSUER);
	tenant[0].submission.token_audience = TEXT(AUDIENCE);
	tenant[0].submission.token_keys = keys_url;
	tenant[0].submission.token_tenant = TEXT(
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
	ck_assert_str_eq(got.text, "taro@example.jp=taro@example.jp");
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

	tuning.keys_again_us = 1;
	open_logins();
	start_issuer(k);
	ck_assert_int_eq(token_of(k, "r1", "", claims), LOGIN_OK);
	publish(other, "r2");
	ck_assert_int_eq(token_of(other, "r2", "", claims), LOGIN_OK);
	ck_assert_int_eq(asked_keys, 2);
	ck_assert_int_eq(token_of(k, "r1", "", claims), LOGIN_REFUSED);
	ck_assert_int_eq(asked_keys, 3);
	/* no more often than that */
	tuning.keys_again_us = US_PER_HOUR;
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
	tenant[0].submission.token_issuer = issuer_url;
	tenant[0].submission.token_keys = NULL;
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
	tuning.keys_us = 300 * US_PER_MS;
	tuning.keys_again_us = 1;
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

static void add_local(TCase *t)
{
	tcase_add_test(t, right_and_wrong);
	tcase_add_test(t, long_words_are_refused);
	tcase_add_test(t, the_tenant_is_chosen);
	tcase_add_test(t, the_file_is_read_again);
	tcase_add_loop_test(t, lines, 0, ARRAY_LEN(LINES));
	tcase_add_test(t, no_address_of_another_tenant);
	tcase_add_test(t, cancelled_ones_never_answer);
	tcase_add_test(t, the_queue_is_bounded);
	tcase_add_test(t, guesses_are_counted);
	tcase_add_test(t, an_ipv6_network_is_one);
	tcase_add_test(t, known_people_stay);
	tcase_add_test(t, guessing_ends_in_later);
	tcase_add_test(t, guesses_at_once_are_counted);
}

Suite *test_login_suite(void);
Suite *test_login_suite(void)
{
	Suite *s = suite_create("login");
	TCase *t = tcase_create("all");

	tcase_add_unchecked_fixture(t, make, drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	add_local(t);
	tcase_add_test(t, upstream_is_asked);
	tcase_add_test(t, upstream_must_prove_itself);
	tcase_add_test(t, upstream_without_tls_hears_nothing);
	tcase_add_test(t, upstream_that_is_down);
	tcase_add_test(t, aliases_come_from_the_file);
	tcase_add_test(t, tokens_are_held_against_keys);
	tcase_add_test(t, new_keys_are_fetched_once);
	tcase_add_test(t, discovery_names_the_keys);
	tcase_add_test(t, an_issuer_that_is_down);
	suite_add_tcase(s, t);
	return s;
}
