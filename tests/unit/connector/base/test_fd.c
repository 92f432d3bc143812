/* test_fd.c - whole texts through a pipe that is too small for them. */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>
#include "connector/base/fd.h"
#include "connector/base/limits.h"
#include "connector/base/mem.h"

Suite *test_fd_suite(void);

#define TEXT_BYTES ((size_t)MIB)

static void *drain(void *arg)
{
	static char in[1000];
	size_t *sum = arg;
	ssize_t n;

	while ((n = read((int)sum[0], in, sizeof(in))) > 0)
		sum[1] += (size_t)n;
	return NULL;
}

START_TEST(all_of_it_or_false)
{
	char *text = mem_zero(1, TEXT_BYTES);
	int fd[2], full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	size_t got[2];
	pthread_t thread;

	ck_assert_int_eq(pipe2(fd, O_CLOEXEC), 0);
	got[0] = (size_t)fd[0];
	got[1] = 0;
	ck_assert_int_eq(pthread_create(&thread, NULL, drain, got), 0);
	ck_assert(fd_write_all(fd[1], str_n(text, TEXT_BYTES)));
	ck_assert(fd_write_all(fd[1], STR_EMPTY));
	close(fd[1]);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(got[1], TEXT_BYTES);
	ck_assert(!fd_write_all(fd[1], STR("x")));
	ck_assert(full < 0 || !fd_write_all(full, STR("x")));
	close(full);
	close(fd[0]);
	mem_free(text);
}
END_TEST

Suite *test_fd_suite(void)
{
	Suite *s = suite_create("base/fd");
	TCase *t = tcase_create("fd");

	tcase_add_test(t, all_of_it_or_false);
	suite_add_tcase(s, t);
	return s;
}
