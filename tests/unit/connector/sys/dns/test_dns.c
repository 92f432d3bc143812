/* test_dns.c - questions, answers of every class, deadlines, hostile data. */
#include "connector/sys/dns/dns.h"
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "connector/base/clock.h"
#include "connector/base/mem.h"
#include "tests/unit/fake_dns.h"

Suite *test_dns_suite(void);

#define X50  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X500 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50

static const struct fake_rr ZONE[] = {
	{"mx.test", "MX 20 B.mx.test"},
	{"mx.test", "MX 10 a.mx.test"},
	{"null.test", "MX 0 ."},
	{"a.mx.test", "A 192.0.2.1"},
	{"a.mx.test", "A 192.0.2.2"},
	{"a.mx.test", "AAAA 2001:db8::1"},
	{"only-a.test", "A 192.0.2.3"},
	{"alias.test", "CNAME behind.test"},
	{"behind.test", "MX 5 a.mx.test"},
	{"dangling.test", "CNAME nowhere.test"},
	{"loop.test", "CNAME loop.test"},
	{"text.test", "TXT v=spf1 include:_spf.test ~all"},
	{"text.test", "TXT " X500},
	{"key._domainkey.text.test", "TXT v=DKIM1; p=" X500},
	{"long.test", "TXT " X500 X500 X500 X500 X500 X500 X500 X500 X500},
	{"cut.test", "TRUNCATE"},
	{"cut.test", "TXT by tcp"},
	{"fail.test", "SERVFAIL"},
	{"refuse.test", "REFUSED"},
	{"silent.test", "DROP"},
	{"short.test", "HEX MX 00"},
	{"odd.test", "HEX MX 000a03612e6204746573740000"},
	{"mixed.test", "HEX MX 000a0361006204746573740"
		       "0"},
	{"mixed.test", "MX 20 good.test"},
	{"four.test", "HEX A c0000201ff"},
	{"tail.test", "HEX MX 000a0161047465737400ff"},
	{"tlsa.test", "HEX TLSA 030101aabb"},
	{"1.2.0.192.in-addr.arpa", "PTR Host.Example.TEST"},
	{NULL, NULL},
};

struct seen {
	struct loop *loop;
	struct dns *dns;
	unsigned calls, stop_at;
	struct arena arena;
	struct dns_answer a;
	struct dns_record record[DNS_RECORDS_MAX];
};

static struct fake_dns *server;
static struct seen seen;

static void copy(const struct dns_answer *a)
{
	seen.a = *a;
	seen.a.record = seen.record;
	seen.a.canonical = arena_str(&seen.arena, a->canonical);
	for (size_t i = 0; i < a->record_n; i++) {
		seen.record[i] = a->record[i];
		seen.record[i].name = arena_str(&seen.arena, a->record[i].name);
		seen.record[i].data = arena_str(&seen.arena, a->record[i].data);
	}
}

static void done(void *arg, const struct dns_answer *a)
{
	(void)arg;
	copy(a);
	if (++seen.calls == seen.stop_at)
		loop_stop(seen.loop);
}

static void begin(int64_t timeout_us)
{
	const char *address = fake_dns_address(server);
	struct dns_conf conf = {.loop = seen.loop,
				.server = &address,
				.server_n = 1,
				.trust_anchor = "/dev/null",
				.timeout_us = timeout_us};
	struct err e = ERR_EMPTY;

	seen.dns = dns_new(&conf, &e);
	ck_assert_msg(seen.dns != NULL, "%s", e.text);
}

static void setup(void)
{
	memset(&seen, 0, sizeof(seen));
	seen.stop_at = 1;
	seen.loop = loop_new(NULL);
	server = fake_dns_new(ZONE);
	begin(0);
}

static void teardown(void)
{
	dns_free(&seen.dns);
	fake_dns_free(&server);
	loop_free(&seen.loop);
	arena_release(&seen.arena);
}

static const struct dns_answer *ask(const char *name, enum dns_type type)
{
	seen.calls = 0;
	seen.stop_at = 1;
	ck_assert_ptr_nonnull(dns_ask(seen.dns, name, type, done, NULL));
	ck_assert_uint_eq(seen.calls, 0);
	loop_run(seen.loop);
	ck_assert_uint_eq(seen.calls, 1);
	return &seen.a;
}

#define IS(got, want)                                                          \
	ck_assert_msg(str_is((got), (want)), STR_FMT, STR_ARG(got))

static size_t find(const struct dns_answer *a, unsigned preference)
{
	for (size_t i = 0; i < a->record_n; i++)
		if (a->record[i].preference == preference)
			return i;
	ck_abort_msg("no MX %u", preference);
	return 0;
}

START_TEST(mail_exchangers)
{
	const struct dns_answer *a = ask("mx.test", DNS_MX);

	ck_assert_int_eq(a->class, DNS_OK);
	ck_assert(!a->secure);
	ck_assert_uint_eq(a->record_n, 2);
	IS(a->record[find(a, 10)].name, "a.mx.test");
	IS(a->record[find(a, 20)].name, "b.mx.test");
	IS(a->canonical, "mx.test");
	a = ask("MX.Test.", DNS_MX);
	ck_assert_uint_eq(a->record_n, 2);
	a = ask("null.test", DNS_MX);
	ck_assert_uint_eq(a->record_n, 1);
	IS(a->record[0].name, ".");
}
END_TEST

START_TEST(addresses)
{
	const struct dns_answer *a = ask("a.mx.test", DNS_A);

	ck_assert_uint_eq(a->record_n, 2);
	ck_assert_uint_eq(a->record[0].data.n, 4);
	a = ask("a.mx.test", DNS_AAAA);
	ck_assert_uint_eq(a->record_n, 1);
	ck_assert_uint_eq(a->record[0].data.n, 16);
	ck_assert_int_eq(a->record[0].data.p[0], 0x20);
	a = ask("1.2.0.192.in-addr.arpa", DNS_PTR);
	IS(a->record[0].name, "host.example.test");
	a = ask("tlsa.test", DNS_TLSA);
	ck_assert(str_eq(a->record[0].data, STR("\3\1\1\xaa\xbb")));
}
END_TEST

START_TEST(absent)
{
	const struct dns_answer *a = ask("nowhere.test", DNS_MX);

	ck_assert_int_eq(a->class, DNS_NO_NAME);
	ck_assert_ptr_nonnull(a->why);
	a = ask("only-a.test", DNS_MX);
	ck_assert_int_eq(a->class, DNS_NO_DATA);
	ck_assert_uint_eq(a->record_n, 0);
	a = ask("dangling.test", DNS_MX);
	ck_assert_int_eq(a->class, DNS_NO_NAME);
}
END_TEST

START_TEST(aliases)
{
	const struct dns_answer *a = ask("alias.test", DNS_MX);

	ck_assert_int_eq(a->class, DNS_OK);
	IS(a->record[0].name, "a.mx.test");
	IS(a->canonical, "behind.test");
	a = ask("loop.test", DNS_MX);
	ck_assert_int_ne(a->class, DNS_OK);
	ck_assert_int_ne(a->class, DNS_NO_NAME);
}
END_TEST

START_TEST(texts)
{
	const struct dns_answer *a = ask("text.test", DNS_TXT);

	ck_assert_uint_eq(a->record_n, 2);
	ck_assert_uint_eq(a->record[0].data.n + a->record[1].data.n,
			  500 + strlen("v=spf1 include:_spf.test ~all"));
	a = ask("key._domainkey.text.test", DNS_TXT);
	ck_assert(str_starts(a->record[0].data, STR("v=DKIM1; p=xxx")));
	/* More than we take of one record: as if it were broken. */
	a = ask("long.test", DNS_TXT);
	ck_assert_int_eq(a->class, DNS_TROUBLE);
}
END_TEST

START_TEST(truncated_comes_by_tcp)
{
	const struct dns_answer *a = ask("cut.test", DNS_TXT);

	ck_assert_int_eq(a->class, DNS_OK);
	IS(a->record[0].data, "by tcp");
	ck_assert_uint_ge(fake_dns_by_tcp(server), 1);
}
END_TEST

START_TEST(huge_is_cut)
{
	static struct fake_rr zone[401];
	static char text[400][32];

	for (int i = 0; i < 400; i++) {
		snprintf(text[i], sizeof(text[i]), "MX %d h%d.test", i, i);
		zone[i] = (struct fake_rr){"huge.test", text[i]};
	}
	fake_dns_zone(server, zone);
	ask("huge.test", DNS_MX);
	ck_assert_int_eq(seen.a.class, DNS_OK);
	ck_assert_uint_eq(seen.a.record_n, DNS_RECORDS_MAX);
}
END_TEST

START_TEST(trouble)
{
	ck_assert_int_eq(ask("fail.test", DNS_MX)->class, DNS_TROUBLE);
	ck_assert_int_eq(ask("refuse.test", DNS_MX)->class, DNS_TROUBLE);
	ck_assert_ptr_nonnull(seen.a.why);
}
END_TEST

START_TEST(silence_ends)
{
	int64_t begun = clock_monotonic_us();

	dns_free(&seen.dns);
	begin(300 * US_PER_MS);
	ck_assert_int_eq(ask("silent.test", DNS_MX)->class, DNS_TROUBLE);
	ck_assert_str_eq(seen.a.why, "no answer");
	ck_assert_int_ge(clock_monotonic_us() - begun, 300 * US_PER_MS);
}
END_TEST

START_TEST(malformed)
{
	static const char *const bad[] = {"short.test", "odd.test",
					  "tail.test"};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ask(bad[i], DNS_MX);
		ck_assert_msg(seen.a.class == DNS_TROUBLE, "%s", bad[i]);
	}
	ck_assert_int_eq(ask("four.test", DNS_A)->class, DNS_TROUBLE);
	/* What can be read serves. */
	ask("mixed.test", DNS_MX);
	ck_assert_int_eq(seen.a.class, DNS_OK);
	ck_assert_uint_eq(seen.a.record_n, 1);
	IS(seen.a.record[0].name, "good.test");
}
END_TEST

START_TEST(names_that_cannot_be)
{
	static const char *const bad[] = {
		"",	    ".",	  "a..test",	       ".test",
		"a b.test", "a\\.b.test", "\xe3\x81\x82.test", X50 X50 ".test",
		"a@b.test",
	};
	unsigned before = fake_dns_asked(server);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ask(bad[i], DNS_MX);
		ck_assert_msg(seen.a.class == DNS_NO_NAME, "%s", bad[i]);
	}
	ck_assert_uint_eq(fake_dns_asked(server), before);
}
END_TEST

START_TEST(changes_are_seen)
{
	static const struct fake_rr after[] = {{"mx.test", "MX 1 other.test"},
					       {NULL, NULL}};

	ask("mx.test", DNS_MX);
	fake_dns_zone(server, after); /* records have a TTL of 0 */
	ask("mx.test", DNS_MX);
	ck_assert_uint_eq(seen.a.record_n, 1);
	IS(seen.a.record[0].name, "other.test");
}
END_TEST

START_TEST(many_at_once)
{
	char name[64];

	seen.stop_at = 1000;
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "n%u.mx.test", i);
		dns_ask(seen.dns, i % 2 ? name : "mx.test", DNS_MX, done, NULL);
	}
	loop_run(seen.loop);
	ck_assert_uint_eq(seen.calls, 1000);
}
END_TEST

START_TEST(too_many_are_refused)
{
	seen.stop_at = 1;
	for (unsigned i = 0; i <= DNS_ASKED_MAX; i++)
		dns_ask(seen.dns, "silent.test", DNS_MX, done, NULL);
	loop_run(seen.loop);
	ck_assert_int_eq(seen.a.class, DNS_TROUBLE);
	ck_assert_str_eq(seen.a.why, "too many questions");
	dns_free(&seen.dns); /* with all others under way */
	ck_assert_uint_eq(seen.calls, 1);
}
END_TEST

static void must_not(void *arg, const struct dns_answer *a)
{
	(void)arg;
	(void)a;
	ck_abort_msg("a cancelled question was answered");
}

START_TEST(cancelled)
{
	struct dns_query *q[4];

	q[0] = dns_ask(seen.dns, "mx.test", DNS_MX, must_not, NULL);
	q[1] = dns_ask(seen.dns, "silent.test", DNS_MX, must_not, NULL);
	q[2] = dns_ask(seen.dns, "a..b", DNS_MX, must_not, NULL);
	dns_ask(seen.dns, "null.test", DNS_MX, done, NULL);
	for (int i = 0; i < 3; i++) {
		dns_cancel(&q[i]);
		ck_assert_ptr_null(q[i]);
		dns_cancel(&q[i]);
	}
	loop_run(seen.loop);
	ck_assert_uint_eq(seen.calls, 1);
	usleep(50 * 1000);
	ask("mx.test", DNS_MX);
}
END_TEST

static void free_inside(void *arg, const struct dns_answer *a)
{
	copy(a);
	dns_free(&seen.dns);
	(void)arg;
	loop_stop(seen.loop);
}

START_TEST(freed_in_a_callback)
{
	dns_ask(seen.dns, "mx.test", DNS_MX, free_inside, NULL);
	dns_ask(seen.dns, "silent.test", DNS_MX, must_not, NULL);
	loop_run(seen.loop);
	ck_assert_ptr_null(seen.dns);
	ck_assert_uint_eq(seen.a.record_n, 2);
}
END_TEST

static void ask_next(void *arg, const struct dns_answer *a)
{
	(void)arg;
	if (++seen.calls < 20)
		dns_ask(seen.dns, "mx.test", DNS_MX, ask_next, NULL);
	else
		done(NULL, a);
}

START_TEST(asked_in_a_callback)
{
	seen.stop_at = 21;
	dns_ask(seen.dns, "mx.test", DNS_MX, ask_next, NULL);
	loop_run(seen.loop);
	ck_assert_uint_eq(seen.calls, 21);
}
END_TEST

START_TEST(bad_settings)
{
	struct dns_conf conf = {.loop = seen.loop};
	struct err e = ERR_EMPTY;
	const char *bad = "nowhere";

	conf.trust_anchor = "/nonexistent/root.key";
	ck_assert_ptr_null(dns_new(&conf, &e));
	ck_assert_int_eq(e.class, ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(e.text, "/nonexistent/root.key"));
	conf.trust_anchor = NULL;
	conf.server = &bad;
	conf.server_n = 1;
	ck_assert_ptr_null(dns_new(&conf, &e));
	bad = "999.1.1.1:53";
	ck_assert_ptr_null(dns_new(&conf, &e));
	ck_assert_int_eq(e.class, ERR_CONFIG);
}
END_TEST

Suite *test_dns_suite(void)
{
	Suite *s = suite_create("sys/dns-validated");
	TCase *c = tcase_create("answers");

	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, mail_exchangers);
	tcase_add_test(c, addresses);
	tcase_add_test(c, absent);
	tcase_add_test(c, aliases);
	tcase_add_test(c, texts);
	tcase_add_test(c, truncated_comes_by_tcp);
	tcase_add_test(c, huge_is_cut);
	tcase_add_test(c, trouble);
	tcase_add_test(c, silence_ends);
	tcase_add_test(c, malformed);
	tcase_add_test(c, names_that_cannot_be);
	tcase_add_test(c, changes_are_seen);
	tcase_add_test(c, many_at_once);
	tcase_add_test(c, too_many_are_refused);
	tcase_add_test(c, cancelled);
	tcase_add_test(c, freed_in_a_callback);
	tcase_add_test(c, asked_in_a_callback);
	tcase_add_test(c, bad_settings);
	suite_add_tcase(s, c);
	return s;
}
