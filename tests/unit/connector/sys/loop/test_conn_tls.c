/* test_conn_tls.c - streams that turn to TLS: nothing crosses the handshake,
 * ends are told apart, both directions at once.
 */
#include <check.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include "connector/base/mem.h"
#include "tests/unit/connector/sys/loop/peer.h"
#include "tests/unit/connector/sys/pki.h"

static struct pki pki;
static struct tls_ctx *server_ctx, *client_ctx;
static struct loop *l;
static struct peer server, client;
static int fd[2];

static void setup(void)
{
	int small = 16 * 1024;
	struct err e = ERR_EMPTY;

	l = loop_new(&e);
	server_ctx = tls_server_new(
		&(struct tls_server_conf){
			.certificate_file = pki_file(&pki, "server.pem"),
			.key_file = pki_file(&pki, "server.key"),
			.request_client_certificate = true,
			.client_ca_file = pki_file(&pki, "ca.pem")},
		&e);
	ck_assert_ptr_nonnull(server_ctx);
	client_ctx = tls_client_new(
		&(struct tls_client_conf){.ca_file = pki_file(&pki, "ca.pem"),
					  .verify = TLS_VERIFY_NAME},
		&e);
	ck_assert_ptr_nonnull(client_ctx);
	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	for (int i = 0; i < 2; i++)
		setsockopt(fd[i], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	server = (struct peer){.got = BUF_MAX(64 * MIB)};
	client = (struct peer){.got = BUF_MAX(64 * MIB)};
	server.c = conn_new(l, fd[0], &peer_ops, &server);
}

static void teardown(void)
{
	peer_end(&server);
	if (client.c)
		peer_end(&client);
	buf_release(&client.got);
	loop_free(&l);
	tls_ctx_free(&server_ctx);
	tls_ctx_free(&client_ctx);
}

static void client_tls(const char *name)
{
	if (!client.c)
		client.c = conn_new(l, fd[1], &peer_ops, &client);
	conn_start_tls(client.c, client_ctx, name, NULL);
}

/* What a server does on STARTTLS. */
static size_t dropped;
static void go_tls(struct peer *q)
{
	conn_write_str(q->c, STR("220 go\r\n"));
	conn_start_tls(q->c, server_ctx, NULL, &dropped);
}

static void both_tls(void)
{
	conn_start_tls(server.c, server_ctx, NULL, NULL);
	client_tls("mx.example.test");
	turn_until(l, &client.secures, 1);
	turn_until(l, &server.secures, 1);
}

static void expect_220(void)
{
	char in[9] = "";

	for (int i = 0; i < 100; i++) {
		if (read(fd[1], in, 8) == 8)
			break;
		turn_for(l, 1);
	}
	ck_assert_str_eq(in, "220 go\r\n");
}

#define COMMAND "STARTTLS\r\n"
#define GLUED	"RSET\r\nMAIL FROM:<evil@x>\r\n"

/* The plain bytes come in two pieces, cut at each place: whatever stands
 * behind the command is never shown, neither before nor under TLS. */
START_TEST(glued_commands_are_never_seen)
{
	static const char text[] = COMMAND GLUED;
	size_t cut = (size_t)_i, all = strlen(text);

	server.lines = true;
	server.when = ON_DATA;
	server.act = go_tls;
	/* takes the first line only, as a session would */
	server.hungry = cut < strlen(COMMAND);
	ck_assert_int_eq(write(fd[1], text, cut), (ssize_t)cut);
	if (cut < strlen(COMMAND)) {
		server.when = NEVER;
		if (cut)
			turn_until(l, &server.datas, 1);
		server.when = ON_DATA;
		ck_assert_int_eq(write(fd[1], text + cut, all - cut),
				 (ssize_t)(all - cut));
		expect_220();
		ck_assert_uint_eq(dropped, all);
	} else {
		expect_220();
		ck_assert_int_eq(write(fd[1], text + cut, all - cut),
				 (ssize_t)(all - cut));
	}
	buf_clear(&server.got);
	server.datas = 0;
	server.hungry = server.lines = false;
	client_tls("mx.example.test");
	conn_write_str(client.c, STR("NOOP\r\n"));
	for (int i = 0; i < 100 && !server.ends && !server.datas; i++)
		turn_for(l, 1);
	if (cut < strlen(COMMAND) || cut == all) {
		turn_until_got(l, &server, 6);
		ck_assert(str_is(buf_str(&server.got), "NOOP\r\n"));
		ck_assert_int_eq(server.secures, 1);
	} else { /* the rest was taken for a handshake, and failed as one */
		ck_assert_int_eq(server.ends, 1);
		ck_assert_int_eq(server.how, CONN_END_ERROR);
		ck_assert_int_eq(server.datas, 0);
		ck_assert_int_eq(server.secures, 0);
	}
}
END_TEST

static void consume_too_late(struct peer *q)
{
	conn_write_str(q->c, STR("220 go\r\n"));
	conn_start_tls(q->c, server_ctx, NULL, &dropped);
	ck_assert_uint_eq(dropped, strlen(COMMAND));
	conn_consume(q->c, strlen(COMMAND)); /* dropped already: no harm */
	ck_assert(!conn_is_tls(q->c));
	ck_assert_ptr_null(conn_tls(q->c));
}

START_TEST(handshake_byte_by_byte)
{
	server.hungry = true;
	server.when = ON_DATA;
	server.act = consume_too_late;
	for (size_t i = 0; i < strlen(COMMAND); i++) {
		server.when = i + 1 < strlen(COMMAND) ? NEVER : ON_DATA;
		ck_assert_int_eq(write(fd[1], COMMAND + i, 1), 1);
		turn_until(l, &server.datas, (int)i + 1);
	}
	expect_220();
	server.hungry = false;
	client_tls("mx.example.test");
	turn_until(l, &server.secures, 1);
	turn_until(l, &client.secures, 1);
	ck_assert_ptr_nonnull(conn_tls(server.c));
	for (int i = 0; i < 50; i++) {
		conn_write(client.c, "x", 1);
		turn_until_got(l, &server, (size_t)i + 1);
	}
}
END_TEST

START_TEST(what_is_written_after_is_under_tls)
{
	char in[64] = "";
	ssize_t n;

	conn_write_str(server.c, STR("220 go\r\n"));
	conn_start_tls(server.c, server_ctx, NULL, NULL);
	conn_write_str(server.c, STR("secret"));
	turn_for(l, 10);
	n = read(fd[1], in, sizeof(in));
	ck_assert_int_eq(n, 8);
	ck_assert_str_eq(in, "220 go\r\n");
	client_tls("mx.example.test");
	turn_until_got(l, &client, 6);
	ck_assert(str_is(buf_str(&client.got), "secret"));
}
END_TEST

START_TEST(wrong_name_is_denied)
{
	conn_start_tls(server.c, server_ctx, NULL, NULL);
	client_tls("other.example.test");
	turn_until(l, &client.ends, 1);
	ck_assert_int_eq(client.how, CONN_END_ERROR);
	ck_assert_int_eq(client.why.class, ERR_DENIED);
	ck_assert_int_eq(client.secures, 0);
	conn_free(&client.c);
	turn_until(l, &server.ends, 1);
	ck_assert_int_eq(server.secures, 0);
}
END_TEST

START_TEST(no_name_ends_by_the_loop)
{
	conn_start_tls(server.c, server_ctx, NULL, NULL);
	client_tls(NULL);
	ck_assert_int_eq(client.ends, 0);
	turn_until(l, &client.ends, 1);
	ck_assert_int_eq(client.how, CONN_END_ERROR);
}
END_TEST

static void nameless(struct peer *q)
{
	conn_start_tls(q->c, client_ctx, NULL, &dropped);
	conn_consume(q->c, 6); /* as an owner does that counts lines */
}

START_TEST(failed_start_drops_too)
{
	server.hungry = true;
	server.when = ON_DATA;
	server.act = nameless;
	ck_assert_int_eq(write(fd[1], "220 go\r\nglued", 13), 13);
	turn_until(l, &server.ends, 1);
	ck_assert_uint_eq(dropped, 13);
	ck_assert_int_eq(server.how, CONN_END_ERROR);
	ck_assert_int_eq(server.datas, 1);
	close(fd[1]);
}
END_TEST

static void free_me(struct peer *q)
{
	conn_free(&q->c);
}

static void close_me(struct peer *q)
{
	conn_write_str(q->c, STR("bye"));
	conn_close_after_flush(&q->c, US_PER_S);
}

static void (*const way[])(struct peer *q) = {free_me, close_me};

START_TEST(free_in_callbacks)
{
	static const enum when when[] = {ON_SECURED, ON_DATA, ON_DRAINED};

	server.when = when[_i / 2];
	server.act = way[_i % 2];
	both_tls();
	conn_write_str(client.c, STR("hello"));
	if (server.c) {
		conn_write_str(server.c, STR("hi"));
		turn_until(l, &server.datas, 1);
	}
	turn_until(l, &client.ends, 1);
	ck_assert_ptr_null(server.c);
	if (_i % 2) {
		ck_assert_int_eq(client.how, CONN_END_EOF);
		ck_assert(str_ends(buf_str(&client.got), STR("bye")));
	}
}
END_TEST

START_TEST(orderly_end_and_truncation)
{
	both_tls();
	conn_write_str(client.c, STR("last"));
	turn_for(l, 2);
	if (_i == 0)
		conn_close_after_flush(&client.c, US_PER_S);
	else
		shutdown(conn_fd(client.c), SHUT_RDWR);
	turn_until(l, &server.ends, 1);
	ck_assert(str_is(buf_str(&server.got), "last"));
	ck_assert_int_eq(server.how,
			 _i == 0 ? CONN_END_EOF : CONN_END_TRUNCATED);
}
END_TEST

START_TEST(end_waits_for_the_pause)
{
	both_tls();
	server.hungry = true;
	conn_write_str(client.c, STR("one"));
	turn_until(l, &server.datas, 1);
	conn_pause(server.c, true);
	conn_write_str(client.c, STR("two"));
	conn_close_after_flush(&client.c, US_PER_S);
	turn_for(l, 20);
	ck_assert_int_eq(server.ends, 0);
	server.hungry = false;
	conn_pause(server.c, false);
	turn_until(l, &server.ends, 1);
	ck_assert(str_is(buf_str(&server.got), "onetwo"));
	ck_assert_int_eq(server.how, CONN_END_EOF);
}
END_TEST

START_TEST(end_during_handshake)
{
	char in[64];

	conn_start_tls(server.c, server_ctx, NULL, NULL);
	conn_deadline(server.c, _i ? 30 * US_PER_MS : 0);
	ck_assert_int_eq(write(fd[1], "\x16\x03\x01", 3), 3);
	turn_for(l, 5);
	if (!_i)
		shutdown(fd[1], SHUT_WR);
	turn_until(l, &server.ends, 1);
	ck_assert_int_eq(server.how,
			 _i ? CONN_END_DEADLINE : CONN_END_TRUNCATED);
	conn_close_after_flush(&server.c, US_PER_S); /* at once */
	while (read(fd[1], in, sizeof(in)) > 0)	     /* an alert, perhaps */
		;
	ck_assert_int_eq(read(fd[1], in, sizeof(in)), 0);
	close(fd[1]);
}
END_TEST

static char *pattern;
static size_t fed[2];

static void feed(struct peer *q)
{
	size_t *at = q->arg;
	size_t n = MIN_OF(100 * KIB + 7, 8 * MIB - *at);

	if (n == 0)
		return;
	conn_write(q->c, pattern + *at, n);
	*at += n;
	q->when = ON_DRAINED;
}

START_TEST(both_directions_at_once)
{
	pattern = mem_alloc(8 * MIB);
	for (size_t i = 0; i < 8 * MIB; i++)
		pattern[i] = (char)('a' + i % 23);
	both_tls();
	server.act = client.act = feed;
	server.arg = &fed[0];
	client.arg = &fed[1];
	feed(&server);
	feed(&client);
	turn_until_got(l, &server, 8 * MIB);
	turn_until_got(l, &client, 8 * MIB);
	ck_assert_mem_eq(server.got.p, pattern, 8 * MIB);
	ck_assert_mem_eq(client.got.p, pattern, 8 * MIB);
	mem_free(pattern);
}
END_TEST

/* A record larger than what is read at once: the rest lies inside OpenSSL,
 * and no descriptor tells of it. */
START_TEST(decrypted_rest_is_not_forgotten)
{
	char block[16000];

	memset(block, 'b', sizeof(block));
	both_tls();
	server.hungry = true;
	for (size_t i = 0; i < CONN_IN_MAX / sizeof(block) + 2; i++) {
		conn_write(client.c, block, sizeof(block));
		turn_for(l, 2);
	}
	ck_assert_uint_eq(server.most, CONN_IN_MAX);
	server.hungry = false;
	conn_consume(server.c, 10);
	turn_until_got(l, &server,
		       (CONN_IN_MAX / sizeof(block) + 2) * sizeof(block) - 10);
}
END_TEST

static void make(void)
{
	pki_make(&pki);
}

static void drop(void)
{
	pki_remove(&pki);
}

Suite *test_conn_tls_suite(void);
Suite *test_conn_tls_suite(void)
{
	Suite *s = suite_create("sys/conn_tls");
	TCase *t = tcase_create("tls");

	tcase_add_unchecked_fixture(t, make, drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, glued_commands_are_never_seen, 0,
			    (int)strlen(COMMAND GLUED) + 1);
	tcase_add_test(t, handshake_byte_by_byte);
	tcase_add_test(t, what_is_written_after_is_under_tls);
	tcase_add_test(t, wrong_name_is_denied);
	tcase_add_test(t, no_name_ends_by_the_loop);
	tcase_add_test(t, failed_start_drops_too);
	tcase_add_loop_test(t, free_in_callbacks, 0, 6);
	tcase_add_loop_test(t, orderly_end_and_truncation, 0, 2);
	tcase_add_test(t, end_waits_for_the_pause);
	tcase_add_loop_test(t, end_during_handshake, 0, 2);
	tcase_add_test(t, both_directions_at_once);
	tcase_add_test(t, decrypted_rest_is_not_forgotten);
	suite_add_tcase(s, t);
	return s;
}
