/* test_memory.c - arena, map, vector, err, id, metrics, cidr. */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sysexits.h>
#include "connector/base/arena.h"
#include "connector/base/cidr.h"
#include "connector/base/die.h"
#include "connector/base/err.h"
#include "connector/base/id.h"
#include "connector/base/map.h"
#include "connector/base/metrics.h"
#include "connector/base/utf8.h"
#include "connector/base/vec.h"

START_TEST(arenas)
{
	struct arena a = ARENA_EMPTY;
	char *last = NULL;

	for (int round = 0; round < 2; round++) {
		for (size_t n = 0; n < 3000; n += 7) {
			char *p = arena_alloc(&a, n);

			ck_assert_uint_eq((uintptr_t)p % 16, 0);
			ck_assert_ptr_ne(p, last);
			for (size_t i = 0; i < n; i++) {
				if (p[i])
					ck_abort_msg("not zero");
				p[i] = 'x';
			}
			last = p;
		}
		memset(arena_array(&a, 1000, 1000), 'y', 1000 * 1000);
		ck_assert_str_eq(arena_printf(&a, "%d %s", 5, "five"),
				 "5 five");
		ck_assert_str_eq(arena_strdup(&a, "dup"), "dup");
		ck_assert_ptr_null(arena_strdup(&a, NULL));
		ck_assert_str_eq(arena_strndup(&a, "dup", 2), "du");
		ck_assert_str_eq(arena_str(&a, STR("xyz")).p, "xyz");
		ck_assert_uint_eq(arena_str(&a, STR_EMPTY).n, 0);
		ck_assert_uint_gt(a.total, 1000 * 1000);
		arena_release(&a);
		ck_assert_uint_eq(a.total, 0);
	}
	arena_init_secret(&a);
	ck_assert_ptr_nonnull(arena_alloc(&a, 0));
	arena_release(&a);
	ck_assert(a.secret);
}
END_TEST

START_TEST(arena_overflow_is_a_bug)
{
	struct arena a = ARENA_EMPTY;

	ck_assert_ptr_null(arena_array(&a, SIZE_MAX / 2, 4));
}
END_TEST

#define KEYS 5000

START_TEST(maps)
{
	static char seen[KEYS];
	struct map m = MAP_EMPTY;
	size_t at = 0, n = 0;
	struct str key;
	char text[32];
	void *v;

	ck_assert_ptr_null(map_get(&m, STR("x")));
	ck_assert_ptr_null(map_remove(&m, STR("x")));
	for (uintptr_t i = 1; i < KEYS; i++) {
		snprintf(text, sizeof(text), "key %zu", (size_t)i);
		ck_assert_ptr_null(map_put(&m, str_of(text), (void *)i));
	}
	ck_assert_ptr_eq(map_put(&m, STR("key 7"), (void *)99999), (void *)7);
	ck_assert_uint_eq(m.n, KEYS - 1);
	/* every second one goes; the others must still be found */
	for (uintptr_t i = 2; i < KEYS; i += 2) {
		snprintf(text, sizeof(text), "key %zu", (size_t)i);
		ck_assert_ptr_eq(map_remove(&m, str_of(text)), (void *)i);
		ck_assert_ptr_null(map_remove(&m, str_of(text)));
	}
	for (uintptr_t i = 1; i < KEYS; i++) {
		uintptr_t want = i % 2 == 0 ? 0 : i == 7 ? 99999 : i;

		snprintf(text, sizeof(text), "key %zu", (size_t)i);
		ck_assert_ptr_eq(map_get(&m, str_of(text)), (void *)want);
	}
	while (map_next(&m, &at, &key, &v)) {
		uintptr_t i = v == (void *)99999 ? 7 : (uintptr_t)v;

		ck_assert_int_eq(seen[i]++, 0);
		ck_assert(str_starts(key, STR("key ")));
		n++;
	}
	ck_assert_uint_eq(n, m.n);
	/* bytes, not C strings; the empty key too */
	map_put(&m, STR("a\0b"), (void *)1);
	map_put(&m, STR("a\0c"), (void *)2);
	map_put(&m, STR_EMPTY, (void *)3);
	ck_assert_ptr_eq(map_get(&m, STR("a\0b")), (void *)1);
	ck_assert_ptr_eq(map_get(&m, STR("")), (void *)3);
	ck_assert_ptr_null(map_get(&m, STR("a")));
	map_release(&m);
	ck_assert_ptr_null(map_get(&m, STR("a")));
}
END_TEST

START_TEST(vectors)
{
	struct {
		VEC_OF(int);
	} v = {0};
	int sum = 0;

	VEC_EACH (it, &v)
		ck_abort();
	for (int i = 0; i < 1000; i++)
		vec_push(&v, i);
	VEC_EACH (it, &v)
		sum += *it;
	ck_assert_int_eq(sum, 499500);
	vec_release(&v);
	ck_assert_uint_eq(v.n, 0);
}
END_TEST

START_TEST(errors)
{
	struct err e = ERR_EMPTY;

	ck_assert(!err_set(&e, ERR_DENIED, 550, "no %s", "way"));
	ck_assert(!err_wrap(&e, "tenant %d", 3));
	ck_assert_str_eq(e.text, "tenant 3: no way");
	ck_assert_int_eq(e.class, ERR_DENIED);
	ck_assert_int_eq(e.code, 550);
	errno = ENOSPC;
	ck_assert(!err_errno(&e, "write %s", "file"));
	ck_assert_str_eq(e.text, "write file: No space left on device");
	ck_assert_int_eq(e.class, ERR_RETRY);
	ck_assert_int_eq(e.code, ENOSPC);
	errno = EACCES;
	err_errno(&e, "x");
	ck_assert_int_eq(e.class, ERR_PERMANENT);
	ck_assert(!err_set(NULL, ERR_BUG, 0, "x"));
	ck_assert(!err_errno(NULL, "x") && !err_wrap(NULL, "x"));
	ck_assert_str_eq(err_class_name(ERR_NOT_FOUND), "not-found");
	ck_assert_str_eq(err_class_name((enum err_class)99), "bug");
}
END_TEST

START_TEST(long_errors_stay_text)
{
	char text[600];
	struct err e;

	/* three-byte characters at every offset to the end of the room */
	for (size_t shift = 0; shift < 3; shift++) {
		memset(text, 'x', shift);
		for (size_t i = shift; i + 3 < sizeof(text); i += 3)
			memcpy(text + i, "\xe9\x96\xa2\0", 4);
		err_set(&e, ERR_BUG, 0, "%s", text);
		ck_assert(utf8_valid(str_of(e.text)));
		ck_assert_uint_gt(strlen(e.text), ERR_TEXT_MAX - 5);
		err_wrap(&e, "%s", "\xe6\x89\x80");
		ck_assert(utf8_valid(str_of(e.text)));
	}
}
END_TEST

START_TEST(dying)
{
	fatal(EX_CONFIG, "the world is wrong: %d", 1);
}
END_TEST

START_TEST(ids_grow)
{
	struct id_gen g = {.node = 3};
	int64_t last = 0, now = INT64_C(1767225600) * US_PER_S, back;
	char text[ID_TEXT_LEN + 1];

	for (int i = 0; i < 200000; i++) { /* more than 16 bits in one ms */
		int64_t id = id_next(&g, now);

		if (id <= last || (id >> 16 & 31) != 3)
			ck_abort_msg("%lld", (long long)id);
		last = id;
	}
	ck_assert_int_gt(id_next(&g, now - 5 * US_PER_S), last);
	id_text(last, text);
	ck_assert(id_parse(str_of(text), &back));
	ck_assert_int_eq(back, last);
	for (char *c = text; *c; c++)
		*c = ascii_lower(*c);
	ck_assert(id_parse(str_of(text), &back) && back == last);
	id_text(INT64_MAX, text);
	ck_assert_str_eq(text, "7ZZZZZZZZZZZZ");
	ck_assert(id_parse(str_of(text), &back) && back == INT64_MAX);
	ck_assert(!id_parse(STR("8000000000000"), &back));
	ck_assert(!id_parse(STR("000000000000U"), &back));
	ck_assert(!id_parse(STR("000000000000"), &back));
	ck_assert(!id_parse(STR("000000000000\0"), &back));
	ck_assert(!id_parse(STR("00000000000000"), &back));
}
END_TEST

static void *draw(void *arg)
{
	static struct id_gen g;
	int64_t *ids = arg;

	for (int i = 0; i < 10000; i++)
		ids[i] = id_next(&g, 1000);
	return NULL;
}

START_TEST(ids_differ_between_threads)
{
	static int64_t ids[2][10000];
	size_t a = 0, b = 0;
	pthread_t t[2];

	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, draw, ids[i]);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	while (a < 10000 && b < 10000) { /* both lists grow */
		ck_assert_int_ne(ids[0][a], ids[1][b]);
		if (ids[0][a] < ids[1][b])
			a++;
		else
			b++;
	}
}
END_TEST

START_TEST(tokens)
{
	char a[TOKEN_TEXT_LEN + 1], b[TOKEN_TEXT_LEN + 1], d[5];
	int count[10] = {0};

	token_new(a);
	token_new(b);
	ck_assert_uint_eq(strlen(a), TOKEN_TEXT_LEN);
	ck_assert_str_ne(a, b);
	for (int i = 0; i < 2500; i++) {
		digits_new(d, 4);
		ck_assert_uint_eq(strlen(d), 4);
		for (int j = 0; j < 4; j++)
			count[d[j] - '0']++;
	}
	for (int i = 0; i < 10; i++) {
		ck_assert_int_gt(count[i], 800);
		ck_assert_int_lt(count[i], 1200);
	}
}
END_TEST

START_TEST(metrics)
{
	struct buf out = BUF_MAX(64 * KIB);
	static struct metrics m;

	metric_add(NULL, METRIC_ACCEPTED, 1);
	metric_set(NULL, METRIC_HELD, 1);
	ck_assert_int_eq(metric_get(NULL, METRIC_HELD), 0);
	metric_add(&m, METRIC_ACCEPTED, 2);
	metric_add(&m, METRIC_ACCEPTED, 3);
	metric_set(&m, METRIC_HELD, -4);
	ck_assert_int_eq(metric_get(&m, METRIC_ACCEPTED), 5);
	metrics_render(&m, &out);
	ck_assert(buf_ok(&out));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&out),
				     "# TYPE sekisho_accepted_total counter\n"
				     "sekisho_accepted_total 5\n"));
	ck_assert_ptr_nonnull(
		strstr(buf_cstr(&out), "sekisho_held_recipients -4\n"));
	buf_release(&out);
}
END_TEST

static bool in(const char *net, const char *peer)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	struct err e = ERR_EMPTY;
	struct cidr c;

	ck_assert_msg(cidr_parse(str_of(net), &c, &e), "%s", e.text);
	if (inet_pton(AF_INET, peer, &v4.sin_addr) == 1)
		return cidr_has(&c, (struct sockaddr *)&v4);
	ck_assert_int_eq(inet_pton(AF_INET6, peer, &v6.sin6_addr), 1);
	return cidr_has(&c, (struct sockaddr *)&v6);
}

START_TEST(networks)
{
	static const char *const bad[] = {"",
					  "192.0.2.0/33",
					  "192.0.2.1/24",
					  "::1/129",
					  "192.0.2.0/",
					  "192.0.2.0/-1",
					  "192.0.2/24",
					  "host",
					  "192.0.2.0/2 ",
					  "2001:db8::1/64",
					  "/8"};
	struct sockaddr local = {.sa_family = AF_UNIX};
	struct err e;
	struct cidr c;

	ck_assert(in("192.0.2.0/24", "192.0.2.255"));
	ck_assert(!in("192.0.2.0/24", "192.0.3.0"));
	ck_assert(in("192.0.2.0/24", "::ffff:192.0.2.9"));
	ck_assert(in("192.0.2.7", "192.0.2.7"));
	ck_assert(!in("192.0.2.7", "192.0.2.6"));
	ck_assert(in("192.0.2.128/25", "192.0.2.129"));
	ck_assert(!in("192.0.2.128/25", "192.0.2.127"));
	ck_assert(in("0.0.0.0/0", "10.1.2.3"));
	ck_assert(!in("0.0.0.0/0", "2001:db8::1"));
	ck_assert(in("::/0", "2001:db8::1"));
	ck_assert(in("2001:db8::/33", "2001:db8:7fff::1"));
	ck_assert(!in("2001:db8::/33", "2001:db8:8000::1"));
	ck_assert(in("::1", "::1"));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ck_assert_msg(!cidr_parse(str_of(bad[i]), &c, &e), "%s",
			      bad[i]);
		ck_assert_int_eq(e.class, ERR_CONFIG);
	}
	ck_assert(cidr_parse(STR("::/0"), &c, &e));
	ck_assert(!cidr_has(&c, &local));
}
END_TEST

Suite *test_memory_suite(void);
Suite *test_memory_suite(void)
{
	Suite *s = suite_create("base/memory");
	TCase *t = tcase_create("memory");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, arenas);
	tcase_add_test_raise_signal(t, arena_overflow_is_a_bug, SIGABRT);
	tcase_add_test(t, maps);
	tcase_add_test(t, vectors);
	tcase_add_test(t, errors);
	tcase_add_test(t, long_errors_stay_text);
	tcase_add_exit_test(t, dying, EX_CONFIG);
	tcase_add_test(t, ids_grow);
	tcase_add_test(t, ids_differ_between_threads);
	tcase_add_test(t, tokens);
	tcase_add_test(t, metrics);
	tcase_add_test(t, networks);
	suite_add_tcase(s, t);
	return s;
}
