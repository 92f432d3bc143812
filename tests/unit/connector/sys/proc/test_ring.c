/* The ring: both sides in one process, and a child that lies. */
#include "connector/sys/proc/ring.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

Suite *test_ring_suite(void);

static struct ring engine, child;

static void begin(void)
{
	struct err e = ERR_EMPTY;
	int fd[ZYGOTE_FDS] = {0};

	ck_assert_msg(ring_new(&engine, &e), "%s", e.text);
	fd[ZYGOTE_FD_JOBS] = dup(engine.jobs.fd);
	fd[ZYGOTE_FD_REPORTS] = dup(engine.reports.fd);
	fd[ZYGOTE_FD_WAKE] = engine.wake;
	fd[ZYGOTE_FD_BELL] = engine.bell;
	ck_assert_msg(ring_map(&child, fd, &e), "%s", e.text);
}

static void end(void)
{
	shm_release(&child.jobs);
	shm_release(&child.reports);
	ring_release(&engine);
}

static void push(uint64_t id, const char *text)
{
	struct ring_job j = {.id = id, .size = strlen(text)};

	memcpy(ring_next_room(&engine), text, strlen(text));
	ring_push(&engine, &j);
}

static bool rung(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint64_t n;

	if (poll(&p, 1, 0) != 1)
		return false;
	ck_assert_int_eq(read(fd, &n, sizeof(n)), sizeof(n));
	return true;
}

static bool answer(const char *text)
{
	struct ring_job j;
	const unsigned char *room;
	struct ring_report r = {.status = RING_OK, .n = (uint32_t)strlen(text)};

	if (!ring_job_next(&child, &j, &room))
		return false;
	r.id = j.id;
	ring_report(&child, &r, str_of(text));
	return true;
}

static bool take(struct ring_report *r, struct buf *out, bool *bad)
{
	return ring_take(&engine, r, out, bad);
}

START_TEST(passes_jobs_in_order)
{
	AUTO(buf) out = BUF_MAX(1000);
	struct ring_report r;
	bool bad;

	for (uint64_t round = 0; round < 10; round++) {
		for (uint64_t i = 0; i < RING_SLOTS; i++)
			push(round * 100 + i, "hello");
		ck_assert_uint_eq(ring_free_slots(&engine), 0);
		while (answer("world"))
			;
		for (uint64_t i = 0; i < RING_SLOTS; i++) {
			ck_assert(take(&r, &out, &bad));
			ck_assert_uint_eq(r.id, round * 100 + i);
			ck_assert(str_is(buf_str(&out), "world"));
		}
		ck_assert(!take(&r, &out, &bad) && !bad);
	}
}
END_TEST

START_TEST(wakes_only_a_sleeper)
{
	push(1, "x");
	ck_assert(!rung(engine.wake));
	ring_sleepy(&child, true);
	push(2, "x");
	ck_assert(rung(engine.wake));
	ring_sleepy(&child, false);
	push(3, "x");
	ck_assert(!rung(engine.wake));
}
END_TEST

START_TEST(rings_once_until_looked)
{
	AUTO(buf) out = BUF_MAX(1000);
	struct ring_report r;
	bool bad;

	for (int i = 0; i < 5; i++)
		push(1, "x");
	ck_assert(answer("a"));
	ck_assert(rung(engine.bell));
	ck_assert(answer("b"));
	ck_assert(!rung(engine.bell));
	ring_look(&engine);
	ck_assert(take(&r, &out, &bad) && take(&r, &out, &bad));
	ck_assert(answer("c"));
	ck_assert(rung(engine.bell));
}
END_TEST

START_TEST(the_child_cannot_write_jobs)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
		       engine.jobs.fd, 0);

	ck_assert_ptr_eq(p, MAP_FAILED);
	ck_assert_int_lt(write(engine.jobs.fd, "x", 1), 0);
	ck_assert_int_ne(ftruncate(engine.jobs.fd, 0), 0);
	ck_assert_int_ne(ftruncate(engine.reports.fd, 0), 0);
	ck_assert_int_ne(mprotect(child.jobs.p, 4096, PROT_READ | PROT_WRITE),
			 0);
}
END_TEST

START_TEST(counts_that_lie)
{
	AUTO(buf) out = BUF_MAX(1000);
	struct ring_report r;
	uint32_t *done = (uint32_t *)(void *)child.reports.p;
	bool bad;

	push(1, "x");
	for (uint32_t n = 2; n; n *= 2) {
		*done = n;
		ck_assert(!take(&r, &out, &bad));
		ck_assert(bad);
	}
	*done = (uint32_t)-1;
	ck_assert(!take(&r, &out, &bad) && bad);
}
END_TEST

START_TEST(lengths_that_lie)
{
	AUTO(buf) out = BUF_MAX(RING_LARGE_MAX);
	struct ring_report r = {.status = RING_OK, .id = 1};
	bool bad;

	for (int large = 0; large < 2; large++) {
		push(1, "x");
		r.large = (uint32_t)large;
		r.n = large ? RING_LARGE_MAX + 1 : RING_SLOT_ROOM + 1;
		ring_report(&child, &r, STR_EMPTY);
		ck_assert(!take(&r, &out, &bad) && bad);
	}
	push(1, "x");
	r.n = UINT32_MAX;
	ring_report(&child, &r, STR_EMPTY);
	ck_assert(!take(&r, &out, &bad) && bad);
}
END_TEST

START_TEST(large_answers)
{
	AUTO(buf) out = BUF_MAX(RING_LARGE_MAX);
	AUTO(buf) big = BUF_MAX(RING_LARGE_MAX);
	struct ring_report r = {.status = RING_OK, .id = 1, .large = 1};
	bool bad;

	memset(buf_room(&big, MIB), 'x', MIB);
	buf_grown(&big, MIB);
	push(1, "x");
	push(2, "x");
	r.n = MIB;
	ck_assert(ring_large_free(&child));
	ring_report(&child, &r, buf_str(&big));
	ck_assert(!ring_large_free(&child));
	ck_assert(take(&r, &out, &bad));
	ck_assert(ring_large_free(&child));
	ck_assert(str_eq(buf_str(&out), buf_str(&big)));
}
END_TEST

START_TEST(wiping)
{
	AUTO(buf) out = BUF_MAX(1000);
	struct ring_report r;
	bool bad;
	unsigned char *room = ring_next_room(&engine);

	push(1, "secret");
	ck_assert(answer("secret"));
	ck_assert(take(&r, &out, &bad));
	ring_wipe(&engine);
	ck_assert_int_eq(room[0], 0);
	for (size_t i = RING_HEAD_BYTES; i < RING_HEAD_BYTES + 1000; i++)
		ck_assert_int_eq(child.reports.p[i], 0);
	push(2, "more");
	ck_assert(answer("more"));
	ck_assert(take(&r, &out, &bad));
	ck_assert(str_is(buf_str(&out), "more"));
}
END_TEST

Suite *test_ring_suite(void)
{
	Suite *s = suite_create("ring");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, begin, end);
	tcase_add_test(c, passes_jobs_in_order);
	tcase_add_test(c, wakes_only_a_sleeper);
	tcase_add_test(c, rings_once_until_looked);
	tcase_add_test(c, the_child_cannot_write_jobs);
	tcase_add_test(c, counts_that_lie);
	tcase_add_test(c, lengths_that_lie);
	tcase_add_test(c, large_answers);
	tcase_add_test(c, wiping);
	suite_add_tcase(s, c);
	return s;
}
