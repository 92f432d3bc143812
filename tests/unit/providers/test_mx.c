/* Where a domain takes its mail, and where nobody may deliver. */
#include "providers/mx_int.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include "tests/unit/fake_dns.h"

Suite *test_mx_suite(void);

#define PORT 2525

static const struct fake_rr ZONE[] = {
	{"two.test", "MX 20 b.test"},
	{"two.test", "MX 10 a.test"},
	{"a.test", "A 192.0.2.1"},
	{"a.test", "AAAA 2001:db8::1"},
	{"b.test", "A 192.0.2.3"},
	{"implicit.test", "A 192.0.2.4"},
	{"alias.test", "CNAME implicit.test"},
	{"cname-mx.test", "MX 10 cname.test"},
	{"cname.test", "CNAME a.test"},
	{"null.test", "MX 0 ."},
	{"null-and-more.test", "MX 0 ."},
	{"null-and-more.test", "MX 10 b.test"},
	{"empty.test", "TXT nothing here"},
	{"lost.test", "MX 10 nowhere.test"},
	{"fail.test", "SERVFAIL"},
	{"half.test", "MX 10 fail.test"},
	{"half.test", "MX 20 b.test"},
	{"unsure.test", "MX 10 fail.test"},
	{"silent.test", "DROP"},
	{"we-are-second.test", "MX 10 a.test"},
	{"we-are-second.test", "MX 20 gate.test"},
	{"we-are-second.test", "MX 20 b.test"},
	{"we-are-second.test", "MX 30 implicit.test"},
	{"gate.test", "A 192.0.2.99"},
	{"we-are-first.test", "MX 10 GATE.test"},
	{"we-are-first.test", "MX 20 b.test"},
	{"our-address.test", "MX 10 other-name.test"},
	{"other-name.test", "A 192.0.2.99"},
	{"local.test", "MX 10 inside.test"},
	{"inside.test", "A 127.0.0.1"},
	{"mapped.test", "AAAA ::ffff:127.0.0.1"},
	{"zero.test", "A 0.0.0.0"},
	{"zeros.test", "AAAA ::"},
	{"far-inside.test", "A 127.8.8.8"},
	{"private.test", "A 10.1.2.3"},
	{"private.test", "A 169.254.169.254"},
	{"private.test", "AAAA fd00::1"},
	{"part.test", "MX 10 private.test"},
	{"part.test", "MX 20 b.test"},
	{"equal.test", "MX 10 e1.test"},
	{"equal.test", "MX 10 e2.test"},
	{"equal.test", "MX 10 e3.test"},
	{"e1.test", "A 192.0.2.11"},
	{"e2.test", "A 192.0.2.12"},
	{"e3.test", "A 192.0.2.13"},
	{"wide.test", "MX 10 wide-a.test"},
	{"wide-a.test", "A 192.0.2.21"},
	{"wide-a.test", "A 192.0.2.22"},
	{"wide-a.test", "A 192.0.2.23"},
	{"wide-a.test", "A 192.0.2.24"},
	{"wide-a.test", "A 192.0.2.25"},
	{"wide-a.test", "A 192.0.2.26"},
	{NULL, NULL},
};

static struct {
	struct loop *loop;
	struct dns *dns;
	struct fake_dns *server;
	struct resolved own[4];
	char places[1024]; /* "host address" by "; " */
	char first[HOST_TEXT_MAX];
	size_t n;
	bool permanent;
	char status[16];
	unsigned calls;
	bool outside_only;
	struct cidr inside[2];
	size_t inside_n;
} w;

static void setup(void)
{
	const char *address;
	struct dns_conf conf = {.server = &address,
				.server_n = 1,
				.trust_anchor = "/dev/null",
				.timeout_us = 500 * US_PER_MS};
	struct err e = ERR_EMPTY;

	memset(&w, 0, sizeof(w));
	w.loop = conf.loop = loop_new(NULL);
	w.server = fake_dns_new(ZONE);
	address = fake_dns_address(w.server);
	w.dns = dns_new(&conf, &e);
	ck_assert_msg(w.dns != NULL, "%s", e.text);
	ck_assert(resolve_literal("192.0.2.99", PORT, &w.own[0]));
	ck_assert(resolve_literal("127.0.0.1", PORT, &w.own[1]));
	ck_assert(resolve_literal("0.0.0.0", PORT, &w.own[2]));
	ck_assert(resolve_literal("::1", PORT, &w.own[3]));
}

static void teardown(void)
{
	dns_free(&w.dns);
	fake_dns_free(&w.server);
	loop_free(&w.loop);
}

static void found(void *arg, const struct mx_found *f)
{
	AUTO(buf) all = BUF_MAX(sizeof(w.places) - 1);

	(void)arg;
	for (size_t i = 0; i < f->n; i++) {
		buf_printf(&all, "%s%s ", i ? "; " : "", f->place[i].host);
		net_text((const struct sockaddr *)&f->place[i].to.sa, true,
			 &all);
	}
	snprintf(w.places, sizeof(w.places), "%s", buf_cstr(&all));
	snprintf(w.first, sizeof(w.first), "%s", f->n ? f->place[0].host : "");
	w.n = f->n;
	w.permanent = f->permanent;
	snprintf(w.status, sizeof(w.status), "%s", f->status ? f->status : "");
	w.calls++;
	loop_stop(w.loop);
}

static void look(const char *domain, uint16_t port)
{
	struct mx_conf conf = {.dns = w.dns,
			       .loop = w.loop,
			       .domain = domain,
			       .port = port,
			       .own_name = "gate.test",
			       .own = w.own,
			       .own_n = ARRAY_LEN(w.own),
			       .outside_only = w.outside_only,
			       .inside = w.inside,
			       .inside_n = w.inside_n};

	w.calls = 0;
	ck_assert_ptr_nonnull(mx_find(&conf, found, NULL));
	ck_assert_uint_eq(w.calls, 0);
	loop_run(w.loop);
	ck_assert_uint_eq(w.calls, 1);
}

static const struct {
	const char *domain, *places;
} GOOD[] = {
	{"two.test", "a.test [2001:db8::1]:2525; a.test 192.0.2.1:2525; "
		     "b.test 192.0.2.3:2525"},
	{"implicit.test", "implicit.test 192.0.2.4:2525"},
	{"alias.test", "alias.test 192.0.2.4:2525"},
	{"cname-mx.test", "cname.test [2001:db8::1]:2525; "
			  "cname.test 192.0.2.1:2525"},
	{"null-and-more.test", "b.test 192.0.2.3:2525"},
	{"half.test", "b.test 192.0.2.3:2525"},
	{"we-are-second.test", "a.test [2001:db8::1]:2525; "
			       "a.test 192.0.2.1:2525"},
	{"[192.0.2.7]", "192.0.2.7 192.0.2.7:2525"},
	{"[IPv6:2001:db8::7]", "2001:db8::7 [2001:db8::7]:2525"},
	{"wide.test", "wide-a.test 192.0.2.21:2525; "
		      "wide-a.test 192.0.2.22:2525; "
		      "wide-a.test 192.0.2.23:2525; "
		      "wide-a.test 192.0.2.24:2525"},
};

/* Addresses of one host come in the order of the answer, which may differ. */
static int count(const char *s, const char *part)
{
	int n = 0;

	for (; (s = strstr(s, part)) != NULL; s++)
		n++;
	return n;
}

START_TEST(places)
{
	look(GOOD[_i].domain, PORT);
	ck_assert_uint_eq(w.n, (size_t)count(GOOD[_i].places, "; ") + 1);
	if (_i != (int)ARRAY_LEN(GOOD) - 1)
		ck_assert_str_eq(w.places, GOOD[_i].places);
}
END_TEST

static const struct {
	const char *domain, *status;
	bool permanent;
} BAD[] = {
	{"null.test", "5.1.10", true},
	{"nowhere.test", "5.1.2", true},
	{"empty.test", "5.1.2", true},
	{"lost.test", "5.4.4", true},
	{"fail.test", "4.4.3", false},
	{"unsure.test", "4.4.3", false},
	{"silent.test", "4.4.3", false},
	{"we-are-first.test", "5.4.6", true},
	{"our-address.test", "5.4.6", true},
	{"local.test", "5.4.6", true},
	{"mapped.test", "5.4.6", true},
	{"zero.test", "5.4.6", true},
	{"zeros.test", "5.4.6", true},
	{"far-inside.test", "5.4.6", true},
	{"[127.0.0.1]", "5.4.6", true},
	{"[0.0.0.0]", "5.4.6", true},
	{"[IPv6:::ffff:127.0.0.1]", "5.4.6", true},
	{"[nonsense]", "5.1.2", true},
	{"a..b", "5.1.2", true},
};

START_TEST(no_places)
{
	look(BAD[_i].domain, PORT);
	ck_assert_msg(w.n == 0, "%s", w.places);
	ck_assert_str_eq(w.status, BAD[_i].status);
	ck_assert(w.permanent == BAD[_i].permanent);
}
END_TEST

START_TEST(ours_is_a_place_with_its_port)
{
	look("local.test", PORT + 1); /* nobody of ours listens there */
	ck_assert_str_eq(w.places, "inside.test 127.0.0.1:2526");
}
END_TEST

/* What a stranger's DNS says leads to no host of the inside. */
START_TEST(inside_is_for_those_who_named_it)
{
	static const char *const in[] = {
		"private.test", "local.test", "[10.1.2.3]",
		"[IPv6:::ffff:127.0.0.1]", "far-inside.test"};

	w.outside_only = true;
	for (size_t i = 0; i < ARRAY_LEN(in); i++) {
		look(in[i], PORT + 1);
		ck_assert_msg(w.n == 0 && w.permanent, "%s", in[i]);
		ck_assert_str_eq(w.status, "5.4.4");
	}
	look("part.test", PORT);
	ck_assert_str_eq(w.places, "b.test 192.0.2.3:2525");
	look("unsure.test", PORT);
	ck_assert_str_eq(w.status, "4.4.3");
	ck_assert(cidr_parse(STR("10.1.0.0/16"), &w.inside[0], NULL));
	ck_assert(cidr_parse(STR("127.0.0.1"), &w.inside[1], NULL));
	w.inside_n = 2;
	look("private.test", PORT);
	ck_assert_str_eq(w.places, "private.test 10.1.2.3:2525");
	look("[10.1.2.3]", PORT);
	ck_assert_str_eq(w.places, "10.1.2.3 10.1.2.3:2525");
	look("local.test", PORT + 1);
	ck_assert_str_eq(w.places, "inside.test 127.0.0.1:2526");
	look("far-inside.test", PORT + 1);
	ck_assert_uint_eq(w.n, 0);
	look("local.test", PORT); /* ours is ours */
	ck_assert_str_eq(w.status, "5.4.6");
}
END_TEST

START_TEST(equal_ones_take_turns)
{
	unsigned seen = 0;

	for (int i = 0; i < 200 && seen != 7; i++) {
		look("equal.test", PORT);
		ck_assert_uint_eq(w.n, 3);
		seen |= 1u << (w.first[1] - '1');
	}
	ck_assert_uint_eq(seen, 7);
}
END_TEST

START_TEST(limits)
{
	static struct fake_rr zone[300];
	static char text[300][2][40];

	for (int i = 0; i < 100; i++) {
		snprintf(text[i][0], 40, "MX %d h%d.test", i, i);
		snprintf(text[i][1], 40, "h%d.test", i);
		zone[3 * i] = (struct fake_rr){"many.test", text[i][0]};
		zone[3 * i + 1] = (struct fake_rr){text[i][1], "A 192.0.2.1"};
		zone[3 * i + 2] = (struct fake_rr){text[i][1], "A 192.0.2.2"};
	}
	zone[299] = (struct fake_rr){NULL, NULL};
	fake_dns_zone(w.server, zone);
	look("many.test", PORT);
	ck_assert_uint_eq(w.n, 2 * MX_HOSTS_MAX);
	ck_assert_str_eq(w.first, "h0.test");
	/* The MX question, and two for each host that is tried. */
	ck_assert_uint_le(fake_dns_asked(w.server), 2 * (1 + 2 * MX_HOSTS_MAX));
}
END_TEST

/* What lies behind the last host that is tried may work. */
START_TEST(hosts_left_out_bounce_nothing)
{
	static struct fake_rr zone[MX_HOSTS_MAX + 2];
	static char text[MX_HOSTS_MAX + 1][40];

	for (int i = 0; i <= MX_HOSTS_MAX; i++) {
		snprintf(text[i], 40, "MX %d none%d.test", i, i);
		zone[i] = (struct fake_rr){"many.test", text[i]};
	}
	fake_dns_zone(w.server, zone);
	look("many.test", PORT);
	ck_assert_str_eq(w.status, "4.4.3");
	ck_assert(!w.permanent);
}
END_TEST

START_TEST(cancelled)
{
	struct mx_conf conf = {.dns = w.dns,
			       .loop = w.loop,
			       .domain = "two.test",
			       .port = PORT,
			       .own_name = "gate.test"};
	struct mx *m = mx_find(&conf, found, NULL);

	mx_cancel(&m);
	ck_assert_ptr_null(m);
	conf.domain = "[192.0.2.1]";
	m = mx_find(&conf, found, NULL);
	mx_cancel(&m);
	look("null.test", PORT);
	ck_assert_uint_eq(w.calls, 1);
}
END_TEST

Suite *test_mx_suite(void)
{
	Suite *s = suite_create("mx");
	TCase *c = tcase_create("all");

	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, places, 0, (int)ARRAY_LEN(GOOD));
	tcase_add_loop_test(c, no_places, 0, (int)ARRAY_LEN(BAD));
	tcase_add_test(c, ours_is_a_place_with_its_port);
	tcase_add_test(c, inside_is_for_those_who_named_it);
	tcase_add_test(c, equal_ones_take_turns);
	tcase_add_test(c, limits);
	tcase_add_test(c, hosts_left_out_bounce_nothing);
	tcase_add_test(c, cancelled);
	suite_add_tcase(s, c);
	return s;
}
