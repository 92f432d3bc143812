/* test_keeper.c - a real keeper process behind a socket pair. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>
#include "connector/base/mem.h"
#include "connector/keeper/keeper.h"
#include "connector/keeper/keeper_int.h"
#include "connector/sys/keys/master.h"

Suite *test_keeper_suite(void);

struct fixture {
	char folder[32];
	char *file;
	int fd;
	pid_t pid;
};
static struct fixture t;

static void keeper_start(int type)
{
	struct err e = ERR_EMPTY;
	int pair[2];

	memcpy(t.folder, "/tmp/sekisho-keeper-XXXXXX", 27);
	ck_assert_ptr_nonnull(mkdtemp(t.folder));
	t.file = mem_printf("%s/master.key", t.folder);
	ck_assert(master_key_make(t.file, &e));
	ck_assert_int_eq(socketpair(AF_UNIX, type, 0, pair), 0);
	t.pid = fork();
	if (t.pid == 0) {
		close(pair[0]);
		_exit(keeper_main(pair[1], t.file));
	}
	close(pair[1]);
	t.fd = pair[0];
}

static int keeper_end(void)
{
	int status;

	waitpid(t.pid, &status, 0);
	unlink(t.file);
	rmdir(t.folder);
	mem_free(t.file);
	return status;
}

static const int types[] = {SOCK_STREAM, SOCK_SEQPACKET};

START_TEST(serves)
{
	unsigned char dek[300][KEY_LEN], wrapped[300][WRAPPED_LEN];
	unsigned char plain[KEY_LEN], id[KEY_ID_LEN], file_id[KEY_ID_LEN];
	struct err e = ERR_EMPTY;
	struct keys *k, *local;

	keeper_start(types[_i]);
	k = keys_remote(t.fd);
	for (size_t i = 0; i < 300; i++) {
		ck_assert(keys_dek_new(k, dek[i], wrapped[i], &e));
		if (i % 7 == 0)
			ck_assert(keys_identity(k, id, &e));
	}
	for (size_t i = 0; i < 300; i++) {
		ck_assert(keys_dek_open(k, wrapped[i], plain, &e));
		ck_assert_mem_eq(plain, dek[i], KEY_LEN);
		ck_assert(i == 0 || memcmp(dek[i], dek[i - 1], KEY_LEN) != 0);
	}
	wrapped[0][20] ^= 1;
	ck_assert(!keys_dek_open(k, wrapped[0], plain, &e));
	ck_assert_int_eq(e.class, ERR_PERMANENT);
	ck_assert(keys_dek_open(k, wrapped[1], plain, &e));
	local = keys_local(t.file, &e);
	ck_assert(keys_identity(local, file_id, &e));
	ck_assert_mem_eq(id, file_id, KEY_ID_LEN);
	ck_assert(keys_dek_open(local, wrapped[5], plain, &e));
	keys_free(&local);
	keys_free(&k);
	ck_assert_int_eq(keeper_end(), 0);
}
END_TEST

START_TEST(does_not_serve_nonsense)
{
	static const char *const bad[] = {
		"\1\0\0\0\7",	      "\2\0\0\0\1x", "\3\0\0\0\2\0\0",
		"\3\0\0\0\2\xff\xff", "\0\0\0\0",    "\xff\xff\xff\x7f",
	};
	static const size_t bad_n[] = {5, 6, 7, 7, 4, 4};
	int status;
	char byte;

	keeper_start(SOCK_STREAM);
	ck_assert_int_eq(send(t.fd, bad[_i], bad_n[_i], 0), (int)bad_n[_i]);
	ck_assert_int_eq(recv(t.fd, &byte, 1, 0), 0);
	status = keeper_end();
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == EX_PROTOCOL);
	close(t.fd);
}
END_TEST

START_TEST(its_death_is_a_retry)
{
	unsigned char dek[KEY_LEN], wrapped[WRAPPED_LEN];
	struct err e = ERR_EMPTY;
	struct keys *k;

	keeper_start(SOCK_STREAM);
	k = keys_remote(t.fd);
	ck_assert(keys_dek_new(k, dek, wrapped, &e));
	kill(t.pid, SIGKILL);
	keeper_end();
	ck_assert(!keys_dek_open(k, wrapped, dek, &e));
	ck_assert_int_eq(e.class, ERR_RETRY);
	for (size_t i = 0; i < 200; i++)
		if (!keys_dek_new(k, dek, wrapped, &e))
			ck_assert_int_eq(e.class, ERR_RETRY);
	ck_assert(!keys_dek_new(k, dek, wrapped, &e));
	keys_free(&k);
}
END_TEST

START_TEST(refuses_a_bad_file)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(keeper_main(pair[0], "/nonexistent/key"), EX_CONFIG);
	close(pair[1]);
}
END_TEST

START_TEST(answers_every_frame_boundedly)
{
	unsigned char master[KEY_LEN] = {1};
	struct keeper_request r = {.op = KEEPER_NEW, .count = 64};
	struct buf out = BUF_MAX(KEEPER_FRAME_MAX);
	struct buf in = BUF_MAX(KEEPER_FRAME_MAX);
	struct str frame;

	keeper_request_write(&r, &in);
	frame = str_skip(buf_str(&in), 4);
	ck_assert(keeper_serve_frame(master, frame, &out, NULL));
	ck_assert(buf_ok(&out));
	ck_assert_uint_eq(out.n, 4 + 2 + 64 * (KEY_LEN + WRAPPED_LEN));
	for (size_t cut = 0; cut < frame.n; cut++)
		ck_assert(!keeper_serve_frame(master, str_head(frame, cut),
					      &out, NULL));
	buf_release(&in);
	buf_release(&out);
}
END_TEST

Suite *test_keeper_suite(void)
{
	Suite *s = suite_create("keeper");
	TCase *c = tcase_create("keeper");

	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, serves, 0, 2);
	tcase_add_loop_test(c, does_not_serve_nonsense, 0, 6);
	tcase_add_test(c, its_death_is_a_retry);
	tcase_add_test(c, refuses_a_bad_file);
	tcase_add_test(c, answers_every_frame_boundedly);
	suite_add_tcase(s, c);
	return s;
}
