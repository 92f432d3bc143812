/* Names to addresses beside the loop, and what is cancelled in between. */
#include "connector/sys/dns/resolve.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <unistd.h>

Suite *test_resolve_suite(void);

struct asked {
	struct loop *loop;
	size_t n, calls;
	struct resolved first;
	enum err_class class;
};

static void done(void *arg, const struct resolved *found, size_t n,
		 const struct err *why)
{
	struct asked *a = arg;

	a->calls++;
	a->n = n;
	if (n > 0)
		a->first = found[0];
	a->class = why ? why->class : ERR_NONE;
	loop_stop(a->loop);
}

START_TEST(literals)
{
	struct resolved r;
	struct sockaddr_in *v4 = (struct sockaddr_in *)&r.sa;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&r.sa;

	ck_assert(resolve_literal("192.0.2.1", 25, &r));
	ck_assert_int_eq(v4->sin_family, AF_INET);
	ck_assert_int_eq(ntohs(v4->sin_port), 25);
	ck_assert(resolve_literal("2001:db8::1", 587, &r));
	ck_assert_int_eq(v6->sin6_family, AF_INET6);
	ck_assert_int_eq(ntohs(v6->sin6_port), 587);
	ck_assert(resolve_literal("[::1]", 25, &r));
	ck_assert(!resolve_literal("localhost", 25, &r));
	ck_assert(!resolve_literal("", 25, &r));
	ck_assert(!resolve_literal("192.0.2", 25, &r));
	ck_assert(!resolve_literal("[::1", 25, &r));
}
END_TEST

START_TEST(names)
{
	struct asked a = {.loop = loop_new(NULL)};
	struct resolver *r = resolver_new(a.loop);
	struct query *q = resolve_host(r, "localhost", 2525, done, &a);

	ck_assert_ptr_nonnull(q);
	ck_assert_uint_eq(a.calls, 0);
	loop_run(a.loop);
	ck_assert_uint_ge(a.n, 1);
	ck_assert_int_eq(ntohs(((struct sockaddr_in *)&a.first.sa)->sin_port),
			 2525);
	resolver_free(&r);
	loop_free(&a.loop);
}
END_TEST

START_TEST(no_such_name)
{
	struct asked a = {.loop = loop_new(NULL)};
	struct resolver *r = resolver_new(a.loop);

	resolve_host(r, "no-such-host.invalid", 25, done, &a);
	loop_run(a.loop);
	ck_assert_uint_eq(a.n, 0);
	ck_assert(a.class == ERR_NOT_FOUND || a.class == ERR_RETRY);
	resolver_free(&r);
	loop_free(&a.loop);
}
END_TEST

START_TEST(cancelled_and_freed)
{
	struct asked a = {.loop = loop_new(NULL)}, b = a;
	struct resolver *r = resolver_new(a.loop);

	for (int i = 0; i < 20; i++) {
		struct query *q = resolve_host(r, "localhost", 25, done, &a);

		resolve_cancel(&q);
		ck_assert_ptr_null(q);
	}
	resolve_host(r, "localhost", 25, done, &b);
	loop_run(b.loop);
	ck_assert_uint_eq(a.calls, 0);
	ck_assert_uint_eq(b.calls, 1);
	/* With queries under way: their thread ends by itself. */
	for (int i = 0; i < 20; i++)
		resolve_host(r, "localhost", 25, done, &a);
	usleep(1000);
	resolver_free(&r);
	usleep(20000);
	loop_post(a.loop, (void (*)(void *))loop_stop, a.loop);
	loop_run(a.loop);
	ck_assert_uint_eq(a.calls, 0);
	loop_free(&a.loop);
}
END_TEST

Suite *test_resolve_suite(void)
{
	Suite *s = suite_create("sys/dns");
	TCase *c = tcase_create("all");

	tcase_set_timeout(c, 30);
	tcase_add_test(c, literals);
	tcase_add_test(c, names);
	tcase_add_test(c, no_such_name);
	tcase_add_test(c, cancelled_and_freed);
	suite_add_tcase(s, c);
	return s;
}
