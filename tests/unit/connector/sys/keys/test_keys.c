/* test_keys.c - the master key's file and words, data keys, frames. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "connector/base/id.h"
#include "connector/base/mem.h"
#include "connector/sys/keys/master.h"
#include "connector/sys/keys/wire.h"

Suite *test_keys_suite(void);

static char folder[32];
static char *file;

static void folder_make(void)
{
	memcpy(folder, "/tmp/sekisho-keys-XXXXXX", 25);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	file = mem_printf("%s/master.key", folder);
}

static void folder_remove(void)
{
	unlink(file);
	rmdir(folder);
	mem_free(file);
}

static void file_write(const char *text, size_t n, mode_t mode)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, mode);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	ck_assert_int_eq(write(fd, text, n), (ssize_t)n);
	close(fd);
}

START_TEST(key_file_is_made_once)
{
	unsigned char key[KEY_LEN], again[KEY_LEN];
	struct err e = ERR_EMPTY;
	struct stat st;

	folder_make();
	ck_assert_msg(master_key_make(file, &e), "%s", e.text);
	ck_assert_int_eq(stat(file, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(st.st_size, 65);
	ck_assert(master_key_read(file, key, &e));
	ck_assert(!master_key_make(file, &e));
	ck_assert_int_eq(e.class, ERR_CONFIG);
	ck_assert(master_key_read(file, again, &e));
	ck_assert_mem_eq(key, again, KEY_LEN);
	folder_remove();
}
END_TEST

START_TEST(bad_files_are_refused)
{
	unsigned char key[KEY_LEN];
	struct err e = ERR_EMPTY;
	char hex[80];

	folder_make();
	memset(hex, 'a', sizeof(hex));
	ck_assert(!master_key_read(file, key, &e)); /* missing */
	ck_assert_int_eq(e.class, ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(e.text, file));
	ck_assert_ptr_nonnull(strstr(e.text, "sekisho key restore"));
	file_write(hex, 64, 0644);
	ck_assert(!master_key_read(file, key, &e)); /* others may read */
	ck_assert_int_eq(e.class, ERR_CONFIG);
	for (size_t n = 0; n <= sizeof(hex); n++) {
		file_write(hex, n, 0600);
		ck_assert_int_eq(master_key_read(file, key, &e), n == 64);
	}
	hex[64] = '\n';
	file_write(hex, 65, 0600);
	ck_assert(master_key_read(file, key, &e));
	hex[10] = 'g';
	file_write(hex, 65, 0600);
	ck_assert(!master_key_read(file, key, &e));
	unlink(file);
	ck_assert_int_eq(mkfifo(file, 0600), 0);
	ck_assert(!master_key_read(file, key, &e)); /* and does not block */
	folder_remove();
}
END_TEST

START_TEST(words_go_there_and_back)
{
	for (unsigned round = 0; round < 500; round++) {
		unsigned char key[KEY_LEN], back[KEY_LEN];
		struct buf words = BUF_MAX(1000);
		struct err e = ERR_EMPTY;

		random_bytes(key, sizeof(key));
		master_key_words(key, &words);
		ck_assert_uint_eq(words.n, MASTER_WORDS * 6 - 1);
		ck_assert(master_key_from_words(buf_str(&words), back, &e));
		ck_assert_mem_eq(key, back, KEY_LEN);
		for (size_t i = 0; i < words.n; i++) {
			if (words.p[i] == ' ')
				words.p[i] = i % 2 ? '-' : '\n';
			else if (i % 3)
				words.p[i] -= 32;
		}
		ck_assert(master_key_from_words(buf_str(&words), back, &e));
		ck_assert_mem_eq(key, back, KEY_LEN);
		buf_release(&words);
	}
}
END_TEST

/* Every slip of one letter, every exchange of two words, every lost word. */
START_TEST(slips_are_found)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0 ";
	unsigned char key[KEY_LEN], back[KEY_LEN];
	struct buf words = BUF_MAX(1000);
	struct err e = ERR_EMPTY;

	random_bytes(key, sizeof(key));
	master_key_words(key, &words);
	for (size_t i = 0; i < words.n; i++) {
		char was = words.p[i];

		for (const char *c = letters; *c; c++) {
			if (*c == was)
				continue;
			words.p[i] = *c;
			ck_assert_msg(!master_key_from_words(buf_str(&words),
							     back, &e),
				      "%zu %c", i, *c);
			ck_assert_int_eq(e.class, ERR_PERMANENT);
		}
		words.p[i] = was;
	}
	for (size_t a = 0; a < MASTER_WORDS; a++)
		for (size_t z = a + 1; z < MASTER_WORDS; z++) {
			char keep[5];

			if (memcmp(words.p + 6 * a, words.p + 6 * z, 5) == 0)
				continue;
			memcpy(keep, words.p + 6 * a, 5);
			memcpy(words.p + 6 * a, words.p + 6 * z, 5);
			memcpy(words.p + 6 * z, keep, 5);
			ck_assert(!master_key_from_words(buf_str(&words), back,
							 &e));
			memcpy(words.p + 6 * z, words.p + 6 * a, 5);
			memcpy(words.p + 6 * a, keep, 5);
		}
	for (size_t n = 0; n < words.n; n++)
		ck_assert(!master_key_from_words(str_head(buf_str(&words), n),
						 back, &e));
	buf_puts(&words, " babab");
	ck_assert(!master_key_from_words(buf_str(&words), back, &e));
	buf_release(&words);
}
END_TEST

START_TEST(wrapped_keys_are_bound)
{
	unsigned char dek[KEY_LEN], wrapped[WRAPPED_LEN], back[KEY_LEN];
	unsigned char other[KEY_LEN] = {9}, id[2][KEY_ID_LEN];
	struct keys *k = keys_test();
	struct err e = ERR_EMPTY;

	ck_assert(keys_dek_new(k, dek, wrapped, &e));
	ck_assert(keys_dek_open(k, wrapped, back, &e));
	ck_assert_mem_eq(dek, back, KEY_LEN);
	for (size_t i = 0; i < WRAPPED_LEN; i++) {
		wrapped[i] ^= 0x40;
		ck_assert(!keys_dek_open(k, wrapped, back, &e));
		wrapped[i] ^= 0x40;
	}
	ck_assert(!master_open(other, wrapped, back, &e));
	ck_assert(keys_identity(k, id[0], &e));
	master_identity(other, id[1]);
	ck_assert_mem_ne(id[0], id[1], KEY_ID_LEN);
	keys_free(&k);
}
END_TEST

/* The other end writes one byte at a time, and two frames at once. */
START_TEST(frames_come_in_any_pieces)
{
	unsigned char id[KEY_ID_LEN] = {1, 2, 3};
	struct buf out = BUF_MAX(1000);
	struct frames f;
	struct str frame, body;
	struct err e = ERR_EMPTY;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	frames_init(&f, pair[0]);
	for (int i = 0; i < 3; i++)
		keeper_answer_write(KEEPER_IDENTITY, KEEPER_DONE,
				    str_n(id, sizeof(id)), &out);
	for (size_t i = 0; i < out.n; i++)
		ck_assert_int_eq(send(pair[1], out.p + i, 1, 0), 1);
	for (int i = 0; i < 3; i++) {
		ck_assert(frames_next(&f, &frame, &e));
		ck_assert(
			keeper_answer_read(frame, KEEPER_IDENTITY, &body, &e));
		ck_assert_uint_eq(body.n, KEY_ID_LEN);
		ck_assert_mem_eq(body.p, id, KEY_ID_LEN);
	}
	ck_assert_int_eq(send(pair[1], out.p, 10, 0), 10);
	close(pair[1]);
	ck_assert(!frames_next(&f, &frame, &e));
	ck_assert_int_eq(e.class, ERR_RETRY); /* cut in a frame */
	frames_release(&f);
	close(pair[0]);
	buf_release(&out);
}
END_TEST

/* A keeper gone mad: short, long, of another kind. All RETRY, never trusted
 * again. */
START_TEST(bad_answers_end_trust)
{
	static const char *const bad[] = {
		"\2\0\0\0\1\1",	    "\2\0\0\0\3\1",  "\0\0\0\0",
		"\xff\xff\xff\xff", "\3\0\0\0\3\1x", "\1\0\0\0\3",
	};
	static const size_t bad_n[] = {6, 6, 4, 4, 7, 5};
	unsigned char wrapped[WRAPPED_LEN] = {0}, dek[KEY_LEN];
	struct err e = ERR_EMPTY;
	struct keys *k;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	k = keys_remote(pair[0]);
	ck_assert_int_eq(send(pair[1], bad[_i], bad_n[_i], 0), (int)bad_n[_i]);
	ck_assert(!keys_dek_open(k, wrapped, dek, &e));
	ck_assert_int_eq(e.class, ERR_RETRY);
	ck_assert(!keys_dek_open(k, wrapped, dek, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "gone"));
	keys_free(&k);
	close(pair[1]);
}
END_TEST

START_TEST(private_keys_are_bound)
{
	unsigned char dek[KEY_LEN], wrapped[WRAPPED_LEN], other[KEY_LEN] = {9};
	unsigned char digest[KEY_DIGEST_LEN] = {1}, blank[WRAPPED_LEN];
	struct buf blob = BUF_MAX(KEY_BLOB_MAX), spki = BUF_MAX(KEY_SPKI_MAX);
	struct buf sig = BUF_MAX(KEY_SIGN_MAX);
	struct keys *k = keys_test();
	struct sigkey *public = NULL;
	struct err e = ERR_EMPTY;

	ck_assert(keys_key_new(k, KEY_ED25519, &blob, &spki, &e));
	ck_assert(keys_sign(k, buf_str(&blob), SIGN_ED25519, digest, &sig, &e));
	ck_assert(sigkey_from_public(KEY_ED25519, buf_str(&spki), &public, &e));
	ck_assert(sigkey_verify(public, SIGN_ED25519, digest, buf_str(&sig)));
	for (size_t i = 0; i < blob.n; i++) {
		blob.p[i] ^= 0x40;
		ck_assert(!keys_sign(k, buf_str(&blob), SIGN_ED25519, digest,
				     &sig, &e));
		ck_assert_int_eq(e.class, ERR_DENIED);
		blob.p[i] ^= 0x40;
		ck_assert(!keys_sign(k, str_head(buf_str(&blob), i),
				     SIGN_ED25519, digest, &sig, &e));
	}
	ck_assert(!private_sign(other, buf_str(&blob), SIGN_ED25519, digest,
				&sig, &e));
	ck_assert_int_eq(e.class, ERR_DENIED);
	ck_assert(!keys_sign(k, buf_str(&blob), SIGN_RSA_PKCS1_SHA256, digest,
			     &sig, &e));
	ck_assert_int_eq(e.class, ERR_PERMANENT);
	/* Neither kind of seal opens as the other. */
	ck_assert(keys_dek_new(k, dek, wrapped, &e));
	ck_assert(!keys_sign(k, str_n(wrapped, sizeof(wrapped)), SIGN_ED25519,
			     digest, &sig, &e));
	ck_assert_int_eq(e.class, ERR_DENIED);
	memcpy(blank, blob.p, sizeof(blank));
	ck_assert(!keys_dek_open(k, blank, dek, &e));
	sigkey_free(&public);
	buf_release(&blob);
	buf_release(&spki);
	buf_release(&sig);
	keys_free(&k);
}
END_TEST

/* Even a private key of just the length of a data key. */
START_TEST(seals_of_one_length_differ)
{
	static const struct seal_id as_key = {.kind = SEAL_KEY};
	static const struct seal_id as_private = {.kind = SEAL_PRIVATE_KEY};
	unsigned char master[KEY_LEN] = {5}, plain[KEY_LEN] = {7}, out[KEY_LEN];
	unsigned char sealed[2][WRAPPED_LEN];
	size_t n;

	seal_into(master, &as_key, plain, sizeof(plain), sealed[0]);
	seal_into(master, &as_private, plain, sizeof(plain), sealed[1]);
	ck_assert(master_open(master, sealed[0], out, NULL));
	ck_assert(!master_open(master, sealed[1], out, NULL));
	ck_assert(!seal_open_into(master, &as_private,
				  str_n(sealed[0], WRAPPED_LEN), out, &n,
				  NULL));
}
END_TEST

START_TEST(requests_go_there_and_back)
{
	struct keeper_request all[] = {
		{.op = KEEPER_IDENTITY},
		{.op = KEEPER_NEW, .count = 7},
		{.op = KEEPER_OPEN, .wrapped = {3}},
		{.op = KEEPER_KEY_NEW, .alg = KEY_ED25519},
		{.op = KEEPER_KEY_SEAL, .bytes = STR("pem")},
		{.op = KEEPER_SIGN,
		 .scheme = SIGN_ED25519,
		 .digest = {8, 9},
		 .bytes = STR("blob")},
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct buf out = BUF_MAX(KEEPER_FRAME_MAX);
		struct keeper_request r;
		struct str frame;

		keeper_request_write(&all[i], &out);
		frame = str_skip(buf_str(&out), 4);
		ck_assert(keeper_request_read(frame, &r, NULL));
		ck_assert_int_eq(r.op, all[i].op);
		ck_assert_uint_eq(r.count, all[i].count);
		ck_assert_int_eq(r.alg, all[i].alg);
		ck_assert_int_eq(r.scheme, all[i].scheme);
		ck_assert_mem_eq(r.digest, all[i].digest, KEY_DIGEST_LEN);
		ck_assert_mem_eq(r.wrapped, all[i].wrapped, WRAPPED_LEN);
		ck_assert(str_eq(r.bytes, all[i].bytes));
		for (size_t n = 0; n < frame.n; n++)
			ck_assert(!keeper_request_read(str_head(frame, n), &r,
						       NULL));
		buf_putc(&out, 'x');
		frame = str_skip(buf_str(&out), 4);
		ck_assert(!keeper_request_read(frame, &r, NULL));
		buf_release(&out);
	}
}
END_TEST

Suite *test_keys_suite(void)
{
	Suite *s = suite_create("keys");
	TCase *c = tcase_create("keys");

	tcase_set_timeout(c, 60);
	tcase_add_test(c, key_file_is_made_once);
	tcase_add_test(c, bad_files_are_refused);
	tcase_add_test(c, words_go_there_and_back);
	tcase_add_test(c, slips_are_found);
	tcase_add_test(c, wrapped_keys_are_bound);
	tcase_add_test(c, private_keys_are_bound);
	tcase_add_test(c, seals_of_one_length_differ);
	tcase_add_test(c, requests_go_there_and_back);
	tcase_add_test(c, frames_come_in_any_pieces);
	tcase_add_loop_test(c, bad_answers_end_trust, 0, 6);
	suite_add_tcase(s, c);
	return s;
}
