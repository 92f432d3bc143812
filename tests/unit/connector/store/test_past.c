/* test_past.c - who has written to whom. */
#include <stdio.h>
#include "store_help.h"

Suite *test_past_suite(void);

static struct bench b;

static const struct str T = STR("example");

static struct store_past row(const char *sender, const char *recipient,
			     int64_t count, int64_t last_us)
{
	return (struct store_past){str_of(sender), str_of(recipient), count,
				   last_us};
}

static void wrote(const char *sender, const char *recipient, int64_t at_us)
{
	struct store_job *j = store_job_new(b.store);
	struct store_past one = row(sender, recipient, 1, at_us);

	store_add_past(j, T, &one);
	ck_assert_int_eq(job_do(&b, j), ERR_NONE);
}

/* "a b+" : names in order, + for others. */
static const char *senders(const char *recipient, const char *first)
{
	AUTO(buf) out = BUF_MAX(KIB);
	struct err e = ERR_EMPTY;
	struct str *v;
	bool more;
	size_t n;

	ck_assert(store_past_of(b.reader, T, str_of(recipient), str_of(first),
				&b.arena, &v, &n, &more, &e));
	for (size_t i = 0; i < MIN_OF(n, (size_t)5); i++)
		buf_printf(&out, "%s" STR_FMT, i ? " " : "", STR_ARG(v[i]));
	if (more)
		buf_puts(&out, "+");
	return arena_strndup(&b.arena, out.p ? out.p : "", out.n);
}

static size_t all(struct store_past **v)
{
	struct store_past *after = NULL, *page;
	struct err e = ERR_EMPTY;
	size_t n = 0, got;

	*v = arena_array(&b.arena, 20000, sizeof(**v));
	do {
		ck_assert(store_past_list(b.reader, T, after, 7, &b.arena,
					  &page, &got, &e));
		if (got)
			memcpy(*v + n, page, got * sizeof(*page));
		n += got;
		after = got ? &page[got - 1] : NULL;
	} while (got == 7);
	return n;
}

START_TEST(counts_and_names)
{
	struct store_past *v;

	bench_open(&b, _i);
	ck_assert_str_eq(senders("x@c.example", "a"), "");
	wrote("a", "x@c.example", NOW);
	wrote("b", "x@c.example", NOW + 5);
	wrote("a", "x@c.example", NOW - 5);
	wrote("a", "y@c.example", NOW);
	ck_assert_str_eq(senders("x@c.example", ""), "b a");
	ck_assert_str_eq(senders("x@c.example", "a"), "a b");
	ck_assert_str_eq(senders("y@c.example", "b"), "a");
	if (_i == BENCH_SQLITE)
		bench_reopen(&b);
	ck_assert_uint_eq(all(&v), 3);
	ck_assert(str_is(v[0].recipient, "x@c.example"));
	ck_assert(str_is(v[0].sender, "a"));
	ck_assert_int_eq(v[0].count, 2);
	ck_assert_int_eq(v[0].last_us, NOW);
	bench_close(&b);
}
END_TEST

START_TEST(brought_twice_is_once)
{
	struct store_past *v, one = row("a", "x@c.example", 12, NOW);

	bench_open(&b, _i);
	wrote("a", "x@c.example", NOW + 9);
	for (int i = 0; i < 2; i++) {
		struct store_job *j = store_job_new(b.store);

		store_put_past(j, T, &one);
		ck_assert_int_eq(job_do(&b, j), ERR_NONE);
	}
	ck_assert_uint_eq(all(&v), 1);
	ck_assert_int_eq(v[0].count, 12);
	ck_assert_int_eq(v[0].last_us, NOW + 9);
	bench_close(&b);
}
END_TEST

/* It stands or falls with the end that it tells of. */
START_TEST(goes_with_its_job)
{
	struct store_past *v, one = row("a", "x@c.example", 1, NOW);
	struct store_rcpt r = {.state = RCPT_DELIVERED, .version = 7};
	struct store_job *j;
	int64_t id;

	bench_open(&b, _i);
	id = mail_put(&b, 1, RCPT_READY);
	j = store_job_new(b.store);
	store_set_rcpt(j, id, RCPT_SENDING, &r, 0);
	store_add_past(j, T, &one);
	ck_assert_int_eq(job_do(&b, j), ERR_CONFLICT);
	ck_assert_uint_eq(all(&v), 0);
	bench_close(&b);
}
END_TEST

START_TEST(very_many_senders)
{
	struct store_job *j;
	const char *names;

	bench_open(&b, _i);
	j = store_job_new(b.store);
	for (int i = 0; i <= STORE_PAST_SENDERS; i++) {
		char name[16];
		struct store_past one;

		snprintf(name, sizeof(name), "s%d", i);
		one = row(name, "x@c.example", 1, NOW + i);
		store_add_past(j, T, &one);
	}
	ck_assert_int_eq(job_do(&b, j), ERR_NONE);
	names = senders("x@c.example", "s0");
	ck_assert_ptr_eq(strstr(names, "s0 s100 s99"), names);
	ck_assert_int_eq(names[strlen(names) - 1], '+');
	bench_close(&b);
}
END_TEST

START_TEST(forgets_by_slices)
{
	enum { MANY = 12000 };
	struct store_past *v;
	struct store_job *j;
	size_t n;

	bench_open(&b, _i);
	j = store_job_new(b.store);
	for (int i = 0; i < MANY; i++) {
		char to[24];
		struct store_past one;

		snprintf(to, sizeof(to), "%05d@c.example", i);
		one = row("a", to, 1, i % 2 ? NOW : NOW - 100);
		store_add_past(j, T, &one);
	}
	ck_assert_int_eq(job_do(&b, j), ERR_NONE);
	for (int i = 0; i < 4; i++) {
		j = store_job_new(b.store);
		store_expire_past(j, NOW - 50);
		ck_assert_int_eq(job_do(&b, j), ERR_NONE);
		if (i == 0) {
			n = all(&v);
			ck_assert_uint_lt(n, MANY);
			ck_assert_uint_gt(n, MANY / 2);
		}
	}
	n = all(&v);
	ck_assert_uint_eq(n, MANY / 2);
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(v[i].last_us, NOW);
	bench_close(&b);
}
END_TEST

Suite *test_past_suite(void)
{
	Suite *s = suite_create("past");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, counts_and_names, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, brought_twice_is_once, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, goes_with_its_job, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, very_many_senders, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, forgets_by_slices, 0, BENCH_DRIVERS);
	suite_add_tcase(s, t);
	return s;
}
