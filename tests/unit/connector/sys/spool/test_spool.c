/* test_spool.c - large bodies: written, synced, read, reused, tampered with. */
#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "connector/base/id.h"
#include "connector/base/mem.h"
#include "connector/sys/spool/spool_int.h"

Suite *test_spool_suite(void);

static char folder[32];
static struct spool *spool;
static struct loop *loop;
static const unsigned char dek[KEY_LEN] = {7, 7, 7};

static void spool_begin(void)
{
	struct err e = ERR_EMPTY;

	memcpy(folder, "/tmp/sekisho-spool-XXXXXX", 26);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	spool = spool_open(folder, &e);
	ck_assert_msg(spool != NULL, "%s", e.text);
	loop = loop_new(&e);
	ck_assert_ptr_nonnull(loop);
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void spool_end(void)
{
	spool_close(&spool);
	loop_free(&loop);
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

struct outcome {
	struct spool_ref ref;
	struct err why;
	unsigned calls;
};

static void synced(void *arg, const struct spool_ref *ref,
		   const struct err *why)
{
	struct outcome *o = arg;

	o->calls++;
	if (ref)
		o->ref = *ref;
	if (why)
		o->why = *why;
	loop_stop(loop);
}

static char byte_at(size_t i, unsigned salt)
{
	return (char)(i * 31 + i / 251 + salt);
}

static struct outcome body_put(size_t n, size_t piece, unsigned salt,
			       int64_t object)
{
	struct spool_out *out = spool_out_new(spool, object, dek);
	struct outcome o = {.calls = 0};
	char *p = mem_alloc(n + 1);
	struct err e = ERR_EMPTY;

	for (size_t i = 0; i < n; i++)
		p[i] = byte_at(i, salt);
	for (size_t at = 0; at < n; at += piece)
		if (!spool_out_write(out, p + at, MIN_OF(piece, n - at), &e))
			break;
	spool_out_sync(&out, loop, NULL, synced, &o);
	ck_assert_ptr_null(out);
	loop_run(loop);
	mem_free(p);
	ck_assert_uint_eq(o.calls, 1);
	return o;
}

static bool body_good(const struct spool_ref *ref, int64_t object, uint64_t off,
		      size_t n, unsigned salt, struct err *e)
{
	char *p = mem_alloc(n + 1);
	bool ok = spool_read(spool, ref, object, dek, off, p, n, e);

	for (size_t i = 0; ok && i < n; i++)
		if (p[i] != byte_at(off + i, salt))
			ck_abort_msg("byte %zu of %zu", i, n);
	mem_free(p);
	return ok;
}

static const size_t sizes[] = {0,      1,      65535,  65536,  65537,
			       131072, 131073, 300000, 1000000};

START_TEST(comes_back_as_it_went)
{
	struct outcome o;
	struct err e = ERR_EMPTY;
	size_t n = sizes[_i];
	static const size_t pieces[] = {1000, 65536, 70000, 1 << 20};

	spool_begin();
	for (unsigned i = 0; i < ARRAY_LEN(pieces); i++) {
		o = body_put(n, pieces[i], i, 99 + i);
		ck_assert_msg(o.why.class == ERR_NONE, "%s", o.why.text);
		ck_assert_uint_eq(o.ref.length, n);
		ck_assert(body_good(&o.ref, 99 + i, 0, n, i, &e));
		for (size_t off = 0; off < n; off += 33333)
			ck_assert(body_good(&o.ref, 99 + i, off,
					    MIN_OF(n - off, (size_t)70001), i,
					    &e));
		ck_assert(body_good(&o.ref, 99 + i, n, 0, i, &e));
		ck_assert(!body_good(&o.ref, 99 + i, n, 1, i, &e));
		ck_assert(!body_good(&o.ref, 99 + i, n + 1, 0, i, &e));
	}
	spool_end();
}
END_TEST

START_TEST(files_are_reused)
{
	struct outcome first, next;
	struct err e = ERR_EMPTY;

	spool_begin();
	first = body_put(200000, 5000, 1, 1);
	spool_give(spool, first.ref.file);
	next = body_put(100000, 5000, 2, 2);
	ck_assert_uint_eq(next.ref.file, first.ref.file);
	ck_assert_uint_ne(next.ref.version, first.ref.version);
	ck_assert(body_good(&next.ref, 2, 0, 100000, 2, &e));
	/* The tail of the first is still there, and is not taken for any. */
	ck_assert(!body_good(&first.ref, 1, 150000, 10, 1, &e) ||
		  first.ref.version != next.ref.version);
	ck_assert(!body_good(&first.ref, 1, 0, 10, 1, &e));
	ck_assert_int_eq(e.class, ERR_PERMANENT);
	next.ref.length = 200000;
	ck_assert(!body_good(&next.ref, 2, 0, 200000, 2, &e));
	spool_end();
}
END_TEST

/* Whoever can write files and rows, but has no key, cannot pass one body for
 * another, nor for a shorter or longer one. */
START_TEST(tampering_is_seen)
{
	struct outcome a, z;
	struct spool_ref ref;
	struct err e = ERR_EMPTY;
	char from[80], to[80], path[SPOOL_PATH_MAX];
	unsigned char other[KEY_LEN] = {8};
	struct stat st;
	char byte;

	spool_begin();
	a = body_put(200000, 5000, 1, 1);
	z = body_put(200000, 5000, 2, 2);
	ck_assert(!spool_read(spool, &a.ref, 2, dek, 0, &byte, 1, &e));
	ck_assert(!spool_read(spool, &a.ref, 1, other, 0, &byte, 1, &e));
	for (size_t cut = 1; cut <= 200000; cut += 4999) {
		ref = a.ref; /* the row says less: the new end does not open */
		ref.length = 200000 - cut;
		ck_assert(!body_good(&ref, 1, 0, (size_t)ref.length, 1, &e) ||
			  ref.length == 0);
	}
	ref = a.ref;
	ref.length = 65536;
	ck_assert(!body_good(&ref, 1, 0, 65536, 1, &e));
	ref.length = 0;
	ck_assert(body_good(&ref, 1, 0, 0, 1, &e)); /* nothing was read */
	ref = a.ref;
	ref.version ^= 1;
	ck_assert(!body_good(&ref, 1, 0, 1, 1, &e));
	ref = a.ref;
	ref.file = z.ref.file;
	ck_assert(!body_good(&ref, 1, 0, 1, 1, &e));
	pool_path(a.ref.file, path);
	snprintf(from, sizeof(from), "%s/%s", folder, path);
	pool_path(z.ref.file, path);
	snprintf(to, sizeof(to), "%s/%s", folder, path);
	ck_assert_int_eq(stat(from, &st), 0);
	ck_assert_int_eq(st.st_size, 200000 + 4 * SEAL_EXTRA);
	ck_assert_int_eq(truncate(from, st.st_size - 1), 0);
	ck_assert(!body_good(&a.ref, 1, 199999, 1, 1, &e));
	ck_assert_int_eq(e.class, ERR_PERMANENT);
	ck_assert(body_good(&a.ref, 1, 0, 1000, 1, &e));
	ck_assert_int_eq(unlink(from), 0);
	ck_assert(!body_good(&a.ref, 1, 0, 1, 1, &e));
	ck_assert_int_eq(e.class, ERR_PERMANENT);
	ck_assert_int_eq(rename(to, from), 0);
	ck_assert(!body_good(&a.ref, 1, 0, 1, 1, &e));
	spool_end();
}
END_TEST

START_TEST(chunks_cannot_change_places)
{
	unsigned char chunk[2][SPOOL_CHUNK];
	struct outcome a;
	struct err e = ERR_EMPTY;
	char path[SPOOL_PATH_MAX];
	int fd;

	spool_begin();
	a = body_put(200000, 5000, 1, 1);
	pool_path(a.ref.file, path);
	fd = openat(spool->folder_fd, path, O_RDWR);
	ck_assert_int_eq(pread(fd, chunk[0], SPOOL_CHUNK, 0), SPOOL_CHUNK);
	ck_assert_int_eq(pread(fd, chunk[1], SPOOL_CHUNK, SPOOL_CHUNK),
			 SPOOL_CHUNK);
	ck_assert_int_eq(pwrite(fd, chunk[1], SPOOL_CHUNK, 0), SPOOL_CHUNK);
	ck_assert_int_eq(pwrite(fd, chunk[0], SPOOL_CHUNK, SPOOL_CHUNK),
			 SPOOL_CHUNK);
	ck_assert(!body_good(&a.ref, 1, 0, 1, 1, &e));
	ck_assert(!body_good(&a.ref, 1, 65536, 1, 1, &e));
	ck_assert(body_good(&a.ref, 1, 131072, 1000, 1, &e));
	close(fd);
	spool_end();
}
END_TEST

struct named {
	uint32_t file[2];
};

static bool is_named(void *arg, uint32_t file)
{
	struct named *n = arg;

	return file == n->file[0] || file == n->file[1];
}

START_TEST(restart_frees_what_no_row_names)
{
	struct outcome o[4];
	struct named named;
	struct err e = ERR_EMPTY;
	uint32_t again[2];

	spool_begin();
	for (unsigned i = 0; i < 4; i++)
		o[i] = body_put(70000, 70000, i, i);
	named.file[0] = o[1].ref.file;
	named.file[1] = 1000; /* lost; its number is not given out */
	spool_close(&spool);
	spool = spool_open(folder, &e);
	ck_assert(spool_free_unless(spool, is_named, &named, &e));
	ck_assert(body_good(&o[1].ref, 1, 0, 70000, 1, &e));
	for (unsigned i = 0; i < 2; i++)
		again[i] = body_put(10, 10, 9, 9).ref.file;
	for (unsigned i = 0; i < 2; i++)
		ck_assert(again[i] != o[1].ref.file && again[i] != 1000);
	for (unsigned i = 0; i < 1200; i++)
		ck_assert_uint_ne(pool_take(spool), 1000);
	ck_assert(body_good(&o[1].ref, 1, 0, 70000, 1, &e));
	spool_end();
}
END_TEST

START_TEST(abort_frees)
{
	struct spool_out *out;
	struct err e = ERR_EMPTY;
	uint32_t file;
	char *p = mem_zero(1, 200000);

	spool_begin();
	out = spool_out_new(spool, 1, dek);
	file = out->ref.file;
	ck_assert(spool_out_write(out, p, 200000, &e));
	spool_out_abort(&out);
	ck_assert_ptr_null(out);
	spool_out_abort(&out);
	out = spool_out_new(spool, 1, dek);
	ck_assert_uint_eq(out->ref.file, file);
	spool_out_abort(&out);
	ck_assert_uint_eq(body_put(100, 100, 1, 1).ref.file, file);
	mem_free(p);
	spool_end();
}
END_TEST

START_TEST(a_full_disk_is_a_retry)
{
	struct rlimit small = {100000, RLIM_INFINITY}, was;
	struct outcome o;
	struct err e = ERR_EMPTY;

	spool_begin();
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	setrlimit(RLIMIT_FSIZE, &small);
	o = body_put(300000, 5000, 1, 1);
	ck_assert_int_eq(o.why.class, ERR_RETRY);
	setrlimit(RLIMIT_FSIZE, &was);
	o = body_put(300000, 5000, 1, 1);
	ck_assert_int_eq(o.why.class, ERR_NONE);
	ck_assert(body_good(&o.ref, 1, 0, 300000, 1, &e));
	spool_end();
}
END_TEST

START_TEST(nothing_is_in_clear)
{
	static const char marker[] = "MARKER-OF-A-SECRET-BODY";
	struct spool_out *out;
	struct outcome o = {.calls = 0};
	struct err e = ERR_EMPTY;
	char path[SPOOL_PATH_MAX];
	char *disk = mem_alloc(2 * SPOOL_CHUNK);
	ssize_t n;
	int fd;

	spool_begin();
	out = spool_out_new(spool, 1, dek);
	for (unsigned i = 0; i < 4000; i++)
		ck_assert(spool_out_write(out, marker, sizeof(marker), &e));
	spool_out_sync(&out, loop, NULL, synced, &o);
	loop_run(loop);
	pool_path(o.ref.file, path);
	fd = openat(spool->folder_fd, path, O_RDONLY);
	n = read(fd, disk, 2 * SPOOL_CHUNK);
	ck_assert_int_gt(n, 65536);
	ck_assert_ptr_null(memmem(disk, (size_t)n, marker, 10));
	close(fd);
	mem_free(disk);
	spool_end();
}
END_TEST

/* ---- the helpers ---- */

#define MANY 6

/* Written in turns, faster than two helpers work: each is whole and in order,
 * and its digest that of what was written. */
START_TEST(many_at_once)
{
	struct spool_out *out[MANY];
	struct outcome o[MANY] = {0};
	unsigned char digest[MANY][SHA256_LEN], same[SHA256_LEN];
	const size_t n = 500000, piece = 250000;
	char *p[MANY];
	struct err e = ERR_EMPTY;

	spool_begin();
	for (unsigned i = 0; i < MANY; i++) {
		p[i] = mem_alloc(n);
		for (size_t k = 0; k < n; k++)
			p[i][k] = byte_at(k, i);
		out[i] = spool_out_new(spool, i, dek);
	}
	for (size_t at = 0; at < n; at += piece)
		for (unsigned i = 0; i < MANY; i++)
			ck_assert(
				spool_out_write(out[i], p[i] + at, piece, &e));
	for (unsigned i = 0; i < MANY; i++)
		spool_out_sync(&out[i], loop, digest[i], synced, &o[i]);
	for (unsigned done = 0; done < MANY;) {
		loop_run(loop);
		done = 0;
		for (unsigned i = 0; i < MANY; i++)
			done += o[i].calls;
	}
	for (unsigned i = 0; i < MANY; i++) {
		ck_assert_uint_eq(o[i].calls, 1);
		ck_assert_int_eq(o[i].why.class, ERR_NONE);
		ck_assert(body_good(&o[i].ref, i, 0, n, i, &e));
		sha256_of(p[i], n, same);
		ck_assert_mem_eq(digest[i], same, SHA256_LEN);
		mem_free(p[i]);
	}
	spool_end();
}
END_TEST

/* The first bytes are in it already, told otherwise. */
START_TEST(digest_goes_on)
{
	static const char told[] = "told otherwise";
	const size_t n = 200000, covered = 70000;
	struct sha256 *sum = sha256_new(), *same = sha256_new();
	struct spool_out *out = NULL;
	struct outcome o = {.calls = 0};
	unsigned char digest[SHA256_LEN], is[SHA256_LEN];
	char *p = mem_alloc(n);
	struct err e = ERR_EMPTY;

	spool_begin();
	for (size_t i = 0; i < n; i++)
		p[i] = byte_at(i, 3);
	sha256_add(sum, told, sizeof(told));
	sha256_add(same, told, sizeof(told));
	sha256_add(same, p + covered, n - covered);
	sha256_end(&same, is);
	out = spool_out_new(spool, 1, dek);
	spool_out_digest(out, sum, covered);
	ck_assert(spool_out_write(out, p, n, &e));
	spool_out_sync(&out, loop, digest, synced, &o);
	loop_run(loop);
	ck_assert_int_eq(o.why.class, ERR_NONE);
	ck_assert_mem_eq(digest, is, SHA256_LEN);
	mem_free(p);
	spool_end();
}
END_TEST

/* At any moment of the helpers' work; the file is free at once. */
START_TEST(abort_at_any_moment)
{
	struct err e = ERR_EMPTY;
	char *p = mem_zero(1, 700000);

	spool_begin();
	for (unsigned i = 0; i < 300; i++) {
		struct spool_out *out = spool_out_new(spool, 1, dek);

		ck_assert_uint_eq(out->ref.file, 0);
		ck_assert(spool_out_write(out, p, i * 2333, &e));
		spool_out_abort(&out);
	}
	ck_assert_uint_eq(body_put(100, 100, 1, 1).ref.file, 0);
	mem_free(p);
	spool_end();
}
END_TEST

Suite *test_spool_suite(void)
{
	Suite *s = suite_create("spool");
	TCase *c = tcase_create("spool");

	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, comes_back_as_it_went, 0, ARRAY_LEN(sizes));
	tcase_add_test(c, files_are_reused);
	tcase_add_test(c, tampering_is_seen);
	tcase_add_test(c, chunks_cannot_change_places);
	tcase_add_test(c, restart_frees_what_no_row_names);
	tcase_add_test(c, abort_frees);
	tcase_add_test(c, a_full_disk_is_a_retry);
	tcase_add_test(c, nothing_is_in_clear);
	tcase_add_test(c, many_at_once);
	tcase_add_test(c, digest_goes_on);
	tcase_add_test(c, abort_at_any_moment);
	suite_add_tcase(s, c);
	return s;
}
