/* The server in raw dialogues over loopback: keep-alive, pipelining, every
 * split, deadlines, limits per address, answers that come late or never. */
#include "connector/sys/http/server.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <pthread.h>
#include <unistd.h>
#include "connector/base/clock.h"
#include "connector/base/mem.h"

Suite *test_server_suite(void);

static struct loop *loop;
static struct http_server *server;
static struct http_exchange *_Atomic kept; /* not answered yet */
static pthread_t thread;
static int listener;
static uint16_t port;

static void handle(void *arg, struct http_exchange *x)
{
	const struct http_request *r = http_request(x);
	struct http_reply reply = {.status = 200, .body = r->body};
	AUTO(buf) b = BUF_MAX(MIB);
	struct http_field field[2] = {{STR("X-Path"), r->path},
				      {STR("X-Bad"), STR("a\r\nX-In: 1")}};

	(void)arg;
	if (r->refused) {
		reply.status = r->refused;
	} else if (str_is(r->path, "/late")) {
		kept = x;
		return;
	} else if (str_is(r->path, "/stop")) {
		loop_stop(loop);
	} else if (str_is(r->path, "/large")) {
		for (int i = 0; i < 30000; i++)
			buf_puts(&b, "0123456789");
		reply.body = buf_str(&b);
	}
	reply.field = field;
	reply.field_n = r->refused ? 0 : 2;
	http_reply(&x, &reply);
}

static void *run(void *arg)
{
	(void)arg;
	loop_run(loop);
	return NULL;
}

static void start_with(unsigned per_address, int64_t deadline_us)
{
	struct err e = ERR_EMPTY;
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);
	struct http_server_conf conf = {
		.connections = 50,
		.connections_per_address = per_address,
		.deadline_us = deadline_us,
		.handler = handle,
	};

	kept = NULL;
	loop = loop_new(&e);
	ck_assert_msg(net_listen(STR("127.0.0.1:0"), &listener, &e), "%s",
		      e.text);
	getsockname(listener, (struct sockaddr *)&sa, &len);
	port = ntohs(sa.sin_port);
	conf.loop = loop;
	server = http_server_new(&conf);
	http_server_listen(server, listener, false);
	pthread_create(&thread, NULL, run, NULL);
}

static int dial(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct timeval most = {.tv_sec = 5};
	struct sockaddr_in sa = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	size_t n = strlen(text);

	ck_assert_int_eq((int)send(fd, text, n, MSG_NOSIGNAL), (int)n);
}

/* All until the server closes. */
static char *hear(int fd)
{
	struct buf b = BUF_MAX(8 * MIB);
	ssize_t n;

	do {
		char *room = buf_room(&b, 65536);

		n = recv(fd, room, 65536, 0);
		if (n > 0)
			buf_grown(&b, (size_t)n);
	} while (n > 0);
	close(fd);
	buf_puts(&b, "");
	return buf_take(&b, NULL);
}

static void stop(void)
{
	loop_stop(loop);
	pthread_join(thread, NULL);
	http_server_free(&server);
	if (kept) {
		struct http_reply reply = {.status = 200};
		struct http_exchange *x = kept;

		http_reply(&x, &reply); /* goes nowhere, frees */
	}
	loop_free(&loop);
	close(listener);
}

static char *ask(const char *text)
{
	int fd = dial();

	say(fd, text);
	return hear(fd);
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

START_TEST(answers_and_closes)
{
	AUTO_STR got = NULL;

	start_with(10, 5 * US_PER_S);
	got = ask("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
		  "Connection: close\r\n\r\nhello");
	ck_assert(strncmp(got, "HTTP/1.1 200 OK\r\n", 17) == 0);
	ck_assert_ptr_nonnull(strstr(got, "X-Path: /a\r\n"));
	ck_assert_ptr_null(strstr(got, "X-In"));
	ck_assert_ptr_nonnull(strstr(got, " GMT\r\n"));
	ck_assert_ptr_nonnull(strstr(got, "Connection: close\r\n\r\nhello"));
	stop();
}
END_TEST

START_TEST(head_has_no_body)
{
	AUTO_STR got = NULL;

	start_with(10, 5 * US_PER_S);
	got = ask("HEAD /large HTTP/1.1\r\nHost: x\r\n"
		  "Connection: close\r\n\r\n");
	ck_assert_ptr_nonnull(strstr(got, "Content-Length: 300000\r\n"));
	ck_assert(str_ends(str_of(got), STR("\r\n\r\n")));
	stop();
}
END_TEST

START_TEST(pipelined_requests_in_order)
{
	AUTO_STR got = NULL;
	const char *one, *two;

	start_with(10, 5 * US_PER_S);
	got = ask("POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
		  "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n"
		  "GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
		  "GET /4 HTTP/1.1\r\nHost: x\r\n\r\n");
	one = strstr(got, "X-Path: /1");
	two = strstr(got, "X-Path: /2");
	ck_assert(one && two && one < two);
	ck_assert_ptr_nonnull(strstr(two, "X-Path: /3"));
	ck_assert_ptr_null(strstr(got, "X-Path: /4"));
	stop();
}
END_TEST

START_TEST(same_answer_at_every_split)
{
	static const char text[] =
		"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
		"GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

	start_with(50, 5 * US_PER_S);
	for (size_t cut = 1; cut < sizeof(text) - 1; cut++) {
		AUTO_STR got = NULL;
		int fd = dial();

		ck_assert_int_eq((int)send(fd, text, cut, 0), (int)cut);
		usleep(500);
		say(fd, text + cut);
		got = hear(fd);
		ck_assert_uint_eq(count(got, "HTTP/1.1 200 OK"), 2);
	}
	stop();
}
END_TEST

/* Smuggling: the second request, if any reader saw one, would be answered. */
static const char *const smuggled[] = {
	"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
	"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /evil HTTP/1.1\r\n"
	"Host: x\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
	"0\r\n\r\nGET /evil HTTP/1.1\r\nHost: x\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
	"Content-Length: 44\r\n\r\nGET /evil HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"
	"GET /evil HTTP/1.1\r\nHost: x\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 0\r\n\r\n"
	"GET /evil HTTP/1.1\r\nHost: x\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: x\r\nX: y\r\n Content-Length: 50\r\n\r\n"
	"GET /evil HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET / HTTP/1.1\nHost: x\n\nGET /evil HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET http://x/ HTTP/1.1\r\nHost: y\r\n\r\n"
	"GET /evil HTTP/1.1\r\nHost: x\r\n\r\n",
};

START_TEST(nothing_is_smuggled)
{
	AUTO_STR got = NULL;

	start_with(10, 5 * US_PER_S);
	got = ask(smuggled[_i]);
	ck_assert_uint_eq(count(got, "HTTP/1.1 "), 1);
	ck_assert_msg(strncmp(got, "HTTP/1.1 4", 10) == 0, "%s", got);
	ck_assert_ptr_null(strstr(got, "/evil"));
	ck_assert_ptr_nonnull(strstr(got, "Connection: close"));
	stop();
}
END_TEST

START_TEST(slow_heads_are_cut)
{
	bool cut = false;
	int fd;

	start_with(10, 300 * US_PER_MS);
	fd = dial();
	for (int i = 0; i < 1000 && !cut; i++) {
		cut = send(fd, "G", 1, MSG_NOSIGNAL) < 0;
		usleep(20000);
	}
	ck_assert(cut);
	close(fd);
	stop();
}
END_TEST

START_TEST(streams_per_address_are_bounded)
{
	int fd[4];
	AUTO_STR got = NULL;

	start_with(3, 5 * US_PER_S);
	for (int i = 0; i < 3; i++) {
		fd[i] = dial();
		say(fd[i], "GET ");
	}
	usleep(50000);
	fd[3] = dial();
	got = hear(fd[3]);
	ck_assert_str_eq(got, "");
	close(fd[0]);
	usleep(50000);
	mem_free(got);
	got = ask("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	ck_assert_ptr_nonnull(strstr(got, "200 OK"));
	close(fd[1]);
	close(fd[2]);
	stop();
}
END_TEST

/* The peer goes before the answer, or the server does: nothing is touched. */
START_TEST(late_answers_go_nowhere)
{
	int fd;

	start_with(10, 200 * US_PER_MS);
	fd = dial();
	say(fd, "GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
	usleep(50000);
	close(fd);
	usleep(400000);
	ck_assert_ptr_nonnull(kept);
	stop();
}
END_TEST

START_TEST(large_answers_arrive_whole)
{
	AUTO_STR got = NULL;

	start_with(10, 5 * US_PER_S);
	got = ask("GET /large HTTP/1.1\r\nHost: x\r\n\r\n"
		  "GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
		  "\r\n");
	ck_assert_uint_eq(count(got, "0123456789"), 60000);
	stop();
}
END_TEST

Suite *test_server_suite(void)
{
	Suite *s = suite_create("server");
	TCase *c = tcase_create("all");

	tcase_set_timeout(c, 30);
	tcase_add_test(c, answers_and_closes);
	tcase_add_test(c, head_has_no_body);
	tcase_add_test(c, pipelined_requests_in_order);
	tcase_add_test(c, same_answer_at_every_split);
	tcase_add_loop_test(c, nothing_is_smuggled, 0, ARRAY_LEN(smuggled));
	tcase_add_test(c, slow_heads_are_cut);
	tcase_add_test(c, streams_per_address_are_bounded);
	tcase_add_test(c, late_answers_go_nowhere);
	tcase_add_test(c, large_answers_arrive_whole);
	suite_add_tcase(s, c);
	return s;
}
