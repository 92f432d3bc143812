/* What a child may take grows by what its question takes, and by nothing else:
 * a large register leaves as much for a document as none does.
 */
#include <check.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "connector/inspector/inspector_int.h"

Suite *test_memory_suite(void);

#define MEMORY	   (160 * MIB) /* as the engine gives it */
#define DOCUMENT   (64 * MIB)
#define NAME_BYTES 40
#define FEW	   10
#define MANY	   50000

static struct inspector in;
static struct arena a;

static void begin(void)
{
	struct err e = ERR_EMPTY;

	in = (struct inspector){.x = extract_new(&e),
				.canary = extract_new(&e),
				.sandbox = {.memory_max = MEMORY}};
	ck_assert_msg(in.x && in.canary, "%s", e.text);
}

static void end(void)
{
	extract_free(&in.x);
	extract_free(&in.canary);
	arena_release(&a);
}

/* What the limit grows by for a register of so many names. */
static uint64_t load(size_t names)
{
	AUTO(buf) wire = BUF_MAX(QUESTION_BYTES_MAX);
	struct question q = {
		.version = 1,
		.company = arena_array(&a, names, sizeof(struct str)),
		.company_n = names,
		.company_places = 1u << PLACE_BODY};
	const struct question canary = {.version = 1};
	struct err e = ERR_EMPTY;
	int fd;

	in.sandbox.memory_max = MEMORY;
	for (size_t i = 0; i < names; i++)
		q.company[i] = str_of(arena_printf(&a, "%0*zu trading company",
						   NAME_BYTES, i));
	question_write(&q, &wire);
	question_write(&canary, &wire);
	ck_assert_msg(shm_sealed("question", buf_str(&wire), &fd, &e), "%s",
		      e.text);
	ck_assert_msg(ask_load(&in, fd, &e), "%s", e.text);
	return in.sandbox.memory_max - MEMORY;
}

START_TEST(grows_by_the_question)
{
	uint64_t few = load(FEW), many = load(MANY);

	ck_assert_uint_le(few, DOCUMENT);
	ck_assert_uint_ge(many, (uint64_t)MANY * NAME_BYTES);
	ck_assert_uint_le(many, (uint64_t)MANY * NAME_BYTES * 100);
}
END_TEST

START_TEST(a_bad_question_is_refused)
{
	struct err e = ERR_EMPTY;
	int fd;

	ck_assert(shm_sealed("question", STR("\1\2\3"), &fd, &e));
	ck_assert(!ask_load(&in, fd, &e));
	ck_assert_int_eq(e.class, ERR_PERMANENT);
	ck_assert_uint_eq(in.sandbox.memory_max, MEMORY);
}
END_TEST

/* Their runtimes take memory of their own. */
#if !defined(SEKISHO_SANITIZED) && !defined(SEKISHO_VALGRIND)
static bool can_take(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED && munmap(p, n) == 0;
}

/* Under the limit there is room for a document, and not for twice all. */
static void room_under_limit(size_t names)
{
	int status;
	pid_t pid;

	(void)load(names);
	pid = fork();
	if (pid == 0) {
		struct rlimit r = {in.sandbox.memory_max,
				   in.sandbox.memory_max};
		bool fits = setrlimit(RLIMIT_DATA, &r) == 0 &&
			    can_take(DOCUMENT);

		_exit(!fits || can_take(in.sandbox.memory_max));
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

START_TEST(room_for_a_document)
{
	room_under_limit(FEW);
	room_under_limit(MANY);
}
END_TEST
#endif

Suite *test_memory_suite(void)
{
	Suite *s = suite_create("memory");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, begin, end);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, grows_by_the_question);
	tcase_add_test(c, a_bad_question_is_refused);
#if !defined(SEKISHO_SANITIZED) && !defined(SEKISHO_VALGRIND)
	tcase_add_test(c, room_for_a_document);
#endif
	suite_add_tcase(s, c);
	return s;
}
