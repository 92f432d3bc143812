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
#include "tests/unit/pem.h"

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

static void proves(struct str spki, enum key_alg alg, enum key_scheme scheme,
		   const unsigned char *digest, struct str sig)
{
	struct sigkey *public = NULL;
	struct err e = ERR_EMPTY;

	ck_assert_msg(sigkey_from_public(alg, spki, &public, &e), "%s", e.text);
	ck_assert(sigkey_verify(public, scheme, digest, sig));
	sigkey_free(&public);
}

static const struct {
	enum key_alg alg;
	enum key_scheme scheme;
	const char *pem; /* NULL: made by the keeper */
} private_keys[] = {
	{KEY_RSA, SIGN_RSA_PKCS1_SHA256, NULL},
	{KEY_ED25519, SIGN_ED25519, NULL},
	{KEY_EC_P256, SIGN_ECDSA_P256_SHA256, NULL},
	{KEY_RSA, SIGN_RSA_PSS_SHA256, PEM_RSA_TRADITIONAL},
	{KEY_RSA, SIGN_RSA_PKCS1_SHA256, PEM_RSA_3072},
	{KEY_ED25519, SIGN_ED25519, PEM_ED25519},
	{KEY_EC_P256, SIGN_ECDSA_P256_SHA256, PEM_P256_TRADITIONAL},
};

/* In the sandbox, with data keys asked for in between. */
START_TEST(signs)
{
	struct buf blob = BUF_MAX(KEY_BLOB_MAX), spki = BUF_MAX(KEY_SPKI_MAX);
	struct buf sig = BUF_MAX(KEY_SIGN_MAX);
	unsigned char dek[KEY_LEN], wrapped[WRAPPED_LEN];
	unsigned char digest[KEY_DIGEST_LEN] = {1, 2, 3};
	enum key_alg alg = private_keys[_i].alg;
	const char *pem = private_keys[_i].pem;
	struct err e = ERR_EMPTY;
	struct keys *k, *local;

	keeper_start(types[_i % 2]);
	k = keys_remote(t.fd);
	ck_assert(keys_dek_new(k, dek, wrapped, &e));
	if (pem)
		ck_assert_msg(
			keys_key_seal(k, str_of(pem), &alg, &blob, &spki, &e),
			"%s", e.text);
	else
		ck_assert_msg(keys_key_new(k, alg, &blob, &spki, &e), "%s",
			      e.text);
	ck_assert_int_eq(alg, private_keys[_i].alg);
	for (unsigned i = 0; i < 40; i++) {
		digest[0] = (unsigned char)i;
		buf_clear(&sig);
		ck_assert(keys_dek_new(k, dek, wrapped, &e));
		ck_assert_msg(keys_sign(k, buf_str(&blob),
					private_keys[_i].scheme, digest, &sig,
					&e),
			      "%s", e.text);
		proves(buf_str(&spki), alg, private_keys[_i].scheme, digest,
		       buf_str(&sig));
	}
	ck_assert_int_eq(memcmp(blob.p, spki.p, 16) == 0, 0);
	local = keys_local(t.file, &e);
	buf_clear(&sig);
	ck_assert(keys_sign(local, buf_str(&blob), private_keys[_i].scheme,
			    digest, &sig, &e));
	keys_free(&local);
	keys_free(&k);
	ck_assert_int_eq(keeper_end(), 0);
	buf_release(&blob);
	buf_release(&spki);
	buf_release(&sig);
}
END_TEST

/* Refusals do not end the keeper. */
START_TEST(refuses_and_goes_on)
{
	static const char *const bad[] = {
		PEM_RSA_1024,  PEM_P384,   PEM_ENCRYPTED,

		PEM_X25519,    PEM_ED448,  "",
		"-----BEGIN ", "nonsense",
	};
	struct buf blob = BUF_MAX(KEY_BLOB_MAX), spki = BUF_MAX(KEY_SPKI_MAX);
	struct buf sig = BUF_MAX(KEY_SIGN_MAX);
	unsigned char dek[KEY_LEN], wrapped[WRAPPED_LEN];
	unsigned char digest[KEY_DIGEST_LEN] = {1, 2, 3};
	char longest[KEY_PEM_MAX + 1];
	struct err e = ERR_EMPTY;
	enum key_alg alg;
	struct keys *k;

	keeper_start(SOCK_STREAM);
	k = keys_remote(t.fd);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ck_assert(!keys_key_seal(k, str_of(bad[i]), &alg, &blob, &spki,
					 &e));
		ck_assert_int_eq(e.class, ERR_PERMANENT);
	}
	for (size_t n = KEY_PEM_MAX - 1; n <= KEY_PEM_MAX + 1; n++) {
		memset(longest, 'A', sizeof(longest));
		ck_assert(!keys_key_seal(k, str_n(longest, n), &alg, &blob,
					 &spki, &e));
		ck_assert_int_eq(e.class, ERR_PERMANENT);
	}
	ck_assert(!keys_key_new(k, (enum key_alg)77, &blob, &spki, &e));
	ck_assert_int_eq(e.class, ERR_PERMANENT);
	ck_assert(keys_dek_new(k, dek, wrapped, &e));
	ck_assert(!keys_sign(k, str_n(wrapped, WRAPPED_LEN), SIGN_ED25519,
			     digest, &sig, &e));
	ck_assert_int_eq(e.class, ERR_DENIED);
	ck_assert(keys_key_new(k, KEY_ED25519, &blob, &spki, &e));
	ck_assert(!keys_sign(k, buf_str(&blob), SIGN_RSA_PSS_SHA256, digest,
			     &sig, &e));
	ck_assert_int_eq(e.class, ERR_PERMANENT);
	ck_assert(keys_sign(k, buf_str(&blob), SIGN_ED25519, digest, &sig, &e));
	keys_free(&k);
	ck_assert_int_eq(keeper_end(), 0);
	buf_release(&blob);
	buf_release(&spki);
	buf_release(&sig);
}
END_TEST

START_TEST(does_not_serve_nonsense)
{
	static const char *const bad[] = {
		"\1\0\0\0\7",	      "\2\0\0\0\1x", "\3\0\0\0\2\0\0",
		"\3\0\0\0\2\xff\xff", "\0\0\0\0",    "\xff\xff\xff\x7f",
		"\1\0\0\0\4",	      "\1\0\0\0\5",  "\5\0\0\0\5\0\0\0\x40",
		"\1\0\0\0\6",
	};
	static const size_t bad_n[] = {5, 6, 7, 7, 4, 4, 5, 5, 9, 5};
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
	tcase_add_loop_test(c, does_not_serve_nonsense, 0, 10);
	tcase_add_loop_test(c, signs, 0, (int)ARRAY_LEN(private_keys));
	tcase_add_test(c, refuses_and_goes_on);
	tcase_add_test(c, its_death_is_a_retry);
	tcase_add_test(c, refuses_a_bad_file);
	tcase_add_test(c, answers_every_frame_boundedly);
	suite_add_tcase(s, c);
	return s;
}
