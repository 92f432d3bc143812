/* test_client.c - questions to servers that answer as they like: redirects,
 * endless and cut answers, drips, wrong certificates; ends inside callbacks.
 */
#include "connector/sys/http/client.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "connector/base/clock.h"
#include "connector/base/mem.h"
#include "connector/sys/loop/conn.h"
#include "tests/unit/connector/sys/pki.h"

Suite *test_client_suite(void);

#define STREAMS_MAX 16
#define CHUNK	    "400\r\n"

static struct pki pki;
static struct loop *loop;
static struct http_client *client;
static struct tls_ctx *server_ctx;

struct stream {
	struct conn *c;
	struct timer *drip;
	bool endless;
};
static struct site {
	int fd;
	uint16_t port;
	bool plain;
	struct acceptor *acceptor;
} tls_site, plain_site, other_site;
static struct stream stream[STREAMS_MAX];
static size_t stream_n;
static struct buf asked; /* heads and bodies of all requests */
static const char *script;

/* ---- the server ---------------------------------------------------------- */

static void say(struct stream *s, const char *text)
{
	conn_write_str(s->c, str_of(text));
}

static void on_drip(void *arg)
{
	struct stream *s = arg;

	if (!s->c)
		return;
	say(s, "x");
	timer_set(s->drip, 5 * US_PER_MS);
}

static void pour(struct stream *s)
{
	static char kilo[1024 + 1];

	memset(kilo, 'a', 1024);
	for (int i = 0; i < 64; i++) {
		say(s, CHUNK);
		say(s, kilo);
		say(s, "\r\n");
	}
}

static void answer(struct stream *s)
{
	if (str_is(str_of(script), "drip")) {
		say(s, "HTTP/1.1 200 OK\r\nX-Slow: ");
		s->drip = timer_new(loop, on_drip, s);
		timer_set(s->drip, 0);
	} else if (str_is(str_of(script), "endless")) {
		say(s, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
		s->endless = true;
		pour(s);
	} else if (str_is(str_of(script), "headers")) {
		say(s, "HTTP/1.1 200 OK\r\n");
		for (int i = 0; i < 4000; i++)
			say(s, "X-More: 0123456789012345678901234567890\r\n");
	} else if (str_is(str_of(script), "silent")) {
		return;
	} else {
		say(s, script);
		if (!strstr(script, "Content-Length: 2\r\n"))
			conn_close_after_flush(&s->c, US_PER_S);
	}
}

static void on_data(void *arg, struct conn *c, struct str in)
{
	ptrdiff_t end = str_find(in, STR("\r\n\r\n"));

	if (end < 0 || (str_starts(in, STR("POST")) && in.n < (size_t)end + 8))
		return;
	buf_put_str(&asked, in);
	conn_consume(c, in.n);
	answer(arg);
}

static void on_drained(void *arg, struct conn *c)
{
	struct stream *s = arg;

	(void)c;
	if (s->endless)
		pour(s);
}

static void on_nothing(void *arg, struct conn *c)
{
	(void)arg;
	(void)c;
}

static void on_end(void *arg, struct conn *c, enum conn_end how,
		   const struct err *why)
{
	struct stream *s = arg;

	(void)c;
	(void)how;
	(void)why;
	conn_free(&s->c);
}

static const struct conn_ops ops = {
	.on_data = on_data,
	.on_drained = on_drained,
	.on_secured = on_nothing,
	.on_connected = on_nothing,
	.on_end = on_end,
};

static void on_accept(void *arg, int fd, const struct sockaddr_storage *peer)
{
	const struct site *at = arg;
	struct stream *s = &stream[stream_n++];

	(void)peer;
	ck_assert_uint_le(stream_n, STREAMS_MAX);
	s->c = conn_new(loop, fd, &ops, s);
	if (!at->plain)
		conn_start_tls(s->c, server_ctx, NULL, NULL);
}

static void listen_at(struct site *at, const char *address, bool plain)
{
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);
	struct err e = ERR_EMPTY;

	ck_assert_msg(net_listen(str_of(address), &at->fd, &e), "%s", e.text);
	getsockname(at->fd, (struct sockaddr *)&sa, &len);
	at->port = ntohs(sa.sin_port);
	at->plain = plain;
	at->acceptor = acceptor_new(loop, at->fd, on_accept, at);
}

static void setup(void)
{
	struct err e = ERR_EMPTY;

	loop = loop_new(&e);
	client = http_client_new(loop, &e);
	ck_assert_ptr_nonnull(client);
	server_ctx = tls_server_new(
		&(struct tls_server_conf){
			.certificate_file = pki_file(&pki, "server.pem"),
			.key_file = pki_file(&pki, "server.key")},
		&e);
	ck_assert_ptr_nonnull(server_ctx);
	listen_at(&tls_site, "127.0.0.1:0", false);
	listen_at(&plain_site, "127.0.0.1:0", true);
	listen_at(&other_site, "127.0.0.2:0", false);
	stream_n = 0;
	buf_init(&asked, MIB);
}

static void site_end(struct site *at)
{
	acceptor_free(&at->acceptor);
	close(at->fd);
}

static void teardown(void)
{
	http_client_free(&client);
	for (size_t i = 0; i < stream_n; i++) {
		conn_free(&stream[i].c);
		timer_free(&stream[i].drip);
		stream[i].endless = false;
	}
	site_end(&tls_site);
	site_end(&plain_site);
	site_end(&other_site);
	tls_ctx_free(&server_ctx);
	buf_release(&asked);
	loop_free(&loop);
}

/* ---- the client ------------------------------------------------------------ */

static struct got {
	int n, status;
	char body[64], type[64], why[400];
	int64_t retry_after_us;
	void (*also)(void);
} got;

static void on_answer(void *arg, const struct http_answer *r)
{
	struct got *g = arg;

	g->n++;
	g->status = r->status;
	snprintf(g->body, sizeof(g->body), STR_FMT, STR_ARG(r->body));
	snprintf(g->type, sizeof(g->type), STR_FMT, STR_ARG(r->content_type));
	snprintf(g->why, sizeof(g->why), "%s", r->why);
	g->retry_after_us = r->retry_after_us;
	if (g->also)
		g->also();
	loop_stop(loop);
}

static const char *url_at(const struct site *at, const char *host)
{
	static char url[100];

	snprintf(url, sizeof(url), "%s://%s:%u/path?q=1",
		 at->plain ? "http" : "https", host, at->port);
	return url;
}

static const char *here(void)
{
	return url_at(&tls_site, "127.0.0.1");
}

static struct http_call call_to(const char *url)
{
	return (struct http_call){.method = "GET",
				  .url = url,
				  .ca_file = pki_file(&pki, "ca.pem")};
}

static void ask(const struct http_call *call)
{
	got = (struct got){0};
	http_ask(client, call, on_answer, &got);
	ck_assert_int_eq(got.n, 0); /* never before return */
	loop_run(loop);
	ck_assert_int_eq(got.n, 1);
}

static void ask_here(const char *what)
{
	struct http_call call = call_to(here());

	script = what;
	ask(&call);
}

#define OK_SCRIPT                                                              \
	"HTTP/1.1 200 OK\r\nContent-Type: text/x\r\nContent-Length: 2\r\n\r\n" \
	"ok"

START_TEST(answers_come_whole)
{
	ask_here(OK_SCRIPT);
	ck_assert_msg(got.status == 200, "%s", got.why);
	ck_assert_str_eq(got.body, "ok");
	ck_assert_str_eq(got.type, "text/x");
	ck_assert_str_eq(got.why, "");
	ck_assert(
		str_starts(buf_str(&asked), STR("GET /path?q=1 HTTP/1.1\r\n")));
	ask_here(OK_SCRIPT);
	ck_assert_uint_eq(stream_n, 1); /* the connection was kept */
}
END_TEST

START_TEST(posts_body_and_header)
{
	const char *const header[] = {"Content-Type: application/json",
				      "Authorization: Bearer t", NULL};
	struct http_call call = call_to(here());

	call.method = "POST";
	call.header = header;
	call.body = STR("{\"a\":1}");
	script = OK_SCRIPT;
	ask(&call);
	ck_assert_int_eq(got.status, 200);
	ck_assert_int_ge(
		str_find(buf_str(&asked), STR("Authorization: Bearer t")), 0);
	ck_assert_int_ge(str_find(buf_str(&asked), STR("\r\n\r\n{\"a\":1}")),
			 0);
	ck_assert_int_lt(str_find_ci(buf_str(&asked), STR("expect:")), 0);
}
END_TEST

START_TEST(follows_no_redirect)
{
	ask_here("HTTP/1.1 302 Found\r\nLocation: /other\r\n"
		 "Content-Length: 2\r\n\r\nno");
	ck_assert_int_eq(got.status, 302);
	ck_assert_uint_eq(stream_n, 1);
	ck_assert_int_lt(str_find(buf_str(&asked), STR("/other")), 0);
}
END_TEST

START_TEST(retry_after_is_told)
{
	ask_here("HTTP/1.1 429 Slow\r\nRetry-After: 7\r\n"
		 "Content-Length: 2\r\n\r\nno");
	ck_assert_int_eq(got.status, 429);
	ck_assert_int_eq(got.retry_after_us, 7 * US_PER_S);
	ask_here("HTTP/1.1 429 Slow\r\nRetry-After: 99999999\r\n"
		 "Content-Length: 2\r\n\r\nno");
	ck_assert_int_eq(got.retry_after_us, US_PER_DAY);
}
END_TEST

START_TEST(large_answers_are_cut_off)
{
	static const char *const large[] = {
		"endless", "headers",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nno"};

	for (size_t i = 0; i < ARRAY_LEN(large); i++) {
		ask_here(large[i]);
		ck_assert_int_eq(got.status, 0);
		ck_assert_str_eq(got.why, "the answer is too large");
	}
}
END_TEST

START_TEST(deadline_is_absolute)
{
	static const char *const slow[] = {"drip", "silent"};

	for (size_t i = 0; i < ARRAY_LEN(slow); i++) {
		struct http_call call = call_to(here());

		call.timeout_us = 150 * US_PER_MS;
		script = slow[i];
		ask(&call);
		ck_assert_int_eq(got.status, 0);
		ck_assert_str_eq(got.why, "no whole answer in time");
	}
}
END_TEST

START_TEST(cut_and_wild_answers_are_no_answers)
{
	static const char *const bad[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes.",
		"HTTP/1.1 200 OK\r\n\r\nno end is named",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"220 mail.example.test ESMTP\r\n",
		"",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ask_here(bad[i]);
		ck_assert_msg(got.status == 0, "%zu: %d", i, got.status);
		ck_assert_str_ne(got.why, "");
	}
}
END_TEST

START_TEST(certificates_are_verified)
{
	struct http_call call = call_to(here());

	script = OK_SCRIPT;
	call.ca_file = pki_file(&pki, "other-ca.pem");
	ask(&call);
	ck_assert_int_eq(got.status, 0);
	call.ca_file = NULL; /* the system does not know it */
	ask(&call);
	ck_assert_int_eq(got.status, 0);
	call = call_to(url_at(&other_site, "127.0.0.2"));
	ask(&call);
	ck_assert_int_eq(got.status, 0);
	ck_assert_uint_eq(asked.n, 0);
}
END_TEST

START_TEST(urls_are_judged)
{
	static const char *const bad[] = {
		"http://example.test/",
		"http://127.0.0.1.example.test/",
		"http://localhost/",
		"http://10.0.0.1/",
		"file:///etc/passwd",
		"ftp://127.0.0.1/",
		"https://user:word@127.0.0.1/",
		"https://127.0.0.1/\r\nX-In: 1",
		"",
		"//127.0.0.1/",
	};
	struct http_call call;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		call = call_to(bad[i]);
		ask(&call);
		ck_assert_int_eq(got.status, 0);
		ck_assert_msg(strstr(got.why, "not allowed") != NULL, "%s: %s",
			      bad[i], got.why);
	}
	call = call_to(url_at(&plain_site, "127.0.0.1"));
	script = OK_SCRIPT;
	ask(&call);
	ck_assert_msg(got.status == 200, "%s", got.why);
}
END_TEST

START_TEST(headers_are_judged)
{
	const char *const header[] = {"X-A: 1\r\nX-B: 2", NULL};
	struct http_call call = call_to(here());

	call.header = header;
	ask(&call);
	ck_assert_int_eq(got.status, 0);
	ck_assert_uint_eq(stream_n, 0);
}
END_TEST

START_TEST(environment_names_no_proxy)
{
	setenv("https_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	ask_here(OK_SCRIPT);
	ck_assert_msg(got.status == 200, "%s", got.why);
	unsetenv("https_proxy");
	unsetenv("ALL_PROXY");
}
END_TEST

START_TEST(unreachable_is_told)
{
	struct http_call call = call_to("https://127.0.0.1:1/");

	ask(&call);
	ck_assert_int_eq(got.status, 0);
	ck_assert_str_ne(got.why, "");
}
END_TEST

/* A name that nobody answers for: the deadline comes all the same. */
START_TEST(names_do_not_hold_the_loop)
{
	struct http_call call = call_to("https://no-such-host.invalid/");

	call.timeout_us = 200 * US_PER_MS;
	ask(&call);
	ck_assert_int_eq(got.status, 0);
	ck_assert_str_ne(got.why, "");
}
END_TEST

static struct http_query *second;

static void cancel_second(void)
{
	http_cancel(&second);
}

static void free_client(void)
{
	http_client_free(&client);
}

static void ask_more(void)
{
	struct http_call call = call_to(here());

	second = http_ask(client, &call, on_answer, &got);
	got.also = NULL;
}

static void two_with(void (*also)(void))
{
	struct http_call call = call_to(here());
	struct http_call bad = call_to("ftp://127.0.0.1/");

	script = OK_SCRIPT;
	got = (struct got){.also = also};
	second = http_ask(client, &call, on_answer, &got);
	http_ask(client, &bad, on_answer, &got);
	loop_run(loop);
}

START_TEST(callbacks_may_end_others)
{
	struct http_call call = call_to(here());

	two_with(cancel_second);
	ck_assert_int_eq(got.n, 1);
	ck_assert_ptr_null(second);
	/* one that runs: nothing comes after its end */
	script = "silent";
	second = http_ask(client, &call, on_answer, &got);
	http_cancel(&second);
	ask_here(OK_SCRIPT);
	ck_assert_int_eq(got.n, 1);
	got = (struct got){.also = ask_more};
	http_ask(client, &call, on_answer, &got);
	loop_run(loop);
	if (got.n == 1)
		loop_run(loop);
	ck_assert_int_eq(got.n, 2);
	ck_assert_int_eq(got.status, 200);
}
END_TEST

START_TEST(callbacks_may_free_the_client)
{
	struct http_call call = call_to(here());

	two_with(free_client);
	ck_assert_int_eq(got.n, 1);
	ck_assert_ptr_null(client);
	client = http_client_new(loop, NULL);
	script = OK_SCRIPT; /* out of libcurl's own turn, too */
	got = (struct got){.also = free_client};
	http_ask(client, &call, on_answer, &got);
	loop_run(loop);
	ck_assert_int_eq(got.status, 200);
}
END_TEST

static void make_once(void)
{
	pki_make(&pki);
}

static void remove_once(void)
{
	pki_remove(&pki);
}

Suite *test_client_suite(void)
{
	Suite *s = suite_create("http-client");
	TCase *t = tcase_create("client");

	tcase_add_unchecked_fixture(t, make_once, remove_once);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, answers_come_whole);
	tcase_add_test(t, posts_body_and_header);
	tcase_add_test(t, follows_no_redirect);
	tcase_add_test(t, retry_after_is_told);
	tcase_add_test(t, large_answers_are_cut_off);
	tcase_add_test(t, deadline_is_absolute);
	tcase_add_test(t, cut_and_wild_answers_are_no_answers);
	tcase_add_test(t, certificates_are_verified);
	tcase_add_test(t, urls_are_judged);
	tcase_add_test(t, headers_are_judged);
	tcase_add_test(t, environment_names_no_proxy);
	tcase_add_test(t, unreachable_is_told);
	tcase_add_test(t, names_do_not_hold_the_loop);
	tcase_add_test(t, callbacks_may_end_others);
	tcase_add_test(t, callbacks_may_free_the_client);
	suite_add_tcase(s, t);
	return s;
}
