/* test_spf.c - SPF as it is written, and all that it names. */
#include <check.h>
#include "connector/doctor/doctor_int.h"
#include "tests/unit/fake_dns.h"

Suite *test_spf_suite(void);

/* ---- the text ---------------------------------------------------------------- */

static const struct {
	const char *text;
	bool ok;
	size_t n;
} texts[] = {
	{"v=spf1", true, 0},
	{"V=SPF1  -ALL ", true, 1},
	{"v=spf1 a mx ptr ip4:192.0.2.1 ip6:2001:db8::/32 ~all", true, 6},
	{"v=spf1 a:x.example/24//64 mx//64 a/32 ?all", true, 4},
	{"v=spf1 +include:x.example -exists:%{i}.x.example", true, 2},
	{"v=spf1 redirect=x.example exp=y.example other.one=", true, 3},
	{"", false, 0},
	{"v=spf10 -all", false, 0},
	{"v=spf1-all", false, 0},
	{"v=spf1 all:x", false, 0},
	{"v=spf1 include", false, 0},
	{"v=spf1 include:", false, 0},
	{"v=spf1 exists", false, 0},
	{"v=spf1 ptr:", false, 0},
	{"v=spf1 redirect=", false, 0},
	{"v=spf1 1x=y", false, 0},
	{"v=spf1 a: -all", false, 0},
	{"v=spf1 a/33", false, 0},
	{"v=spf1 a//129", false, 0},
	{"v=spf1 a/", false, 0},
	{"v=spf1 ax", false, 0},
	{"v=spf1 ip4:2001:db8::1", false, 0},
	{"v=spf1 ip6:192.0.2.1", false, 0},
	{"v=spf1 ip4:192.0.2.0/33", false, 0},
	{"v=spf1 ip4", false, 0},
	{"v=spf1 ++all", false, 0},
	{"v=spf1 -", false, 0},
	{"v=spf1\t-all", false, 0},
	{"v=spf1 \xe3\x81\x82", false, 0},
};

START_TEST(text_is_read_strictly)
{
	struct spf_term term[SPF_TERMS_MAX];
	size_t n;

	ck_assert_msg(spf_text_read(str_of(texts[_i].text), term, &n) ==
			      texts[_i].ok,
		      "%s", texts[_i].text);
	if (texts[_i].ok)
		ck_assert_uint_eq(n, texts[_i].n);
}
END_TEST

/* ---- the walk ------------------------------------------------------------------ */

static struct fake_dns *server;
static struct config config;
static struct cidr own;
static struct doctor d;

/* 192.0.2.1 is ours. */
static const struct fake_rr zone[] = {
	{"plain.example", "TXT v=spf1 ip4:192.0.2.0/24 -all"},
	{"host.example", "TXT v=spf1 a -all"},
	{"host.example", "A 192.0.2.1"},
	{"wide.example", "TXT v=spf1 a:far.example/24 -all"},
	{"far.example", "A 192.0.2.99"},
	{"mx.example", "TXT v=spf1 mx ~all"},
	{"mx.example", "MX 10 host.example"},
	{"deep.example",
	 "TXT v=spf1 include:plain.example include:x.example ?all"},
	{"x.example", "TXT v=spf1 include:cloud.example -all"},
	{"cloud.example", "TXT v=spf1 ip4:198.51.100.0/24 +all"},
	{"not.example", "TXT v=spf1 -include:plain.example ?all"},
	{"to.example", "TXT v=spf1 redirect=deep.example"},
	{"unused.example", "TXT v=spf1 redirect=none.example -all"},
	{"behind.example", "TXT v=spf1 -all include:none.example"},
	{"two.example", "TXT v=spf1 -all"},
	{"two.example", "TXT v=spf1 ~all"},
	{"other.example", "TXT v=spf10 x"},
	{"other.example", "TXT hello"},
	{"circle.example", "TXT v=spf1 include:circle.example -all"},
	{"ring.example", "TXT v=spf1 redirect=ring.example"},
	{"void.example", "TXT v=spf1 include:none.example -all"},
	{"pair.example", "TXT v=spf1 include:two.example -all"},
	{"bad.example", "TXT v=spf1 ipv4:192.0.2.1 -all"},
	{"sick.example", "TXT v=spf1 include:down.example -all"},
	{"down.example", "SERVFAIL"},
	{"macro.example",
	 "TXT v=spf1 include:%{d}.x.example exists:y.example -all"},
	{"ten.example",
	 "TXT v=spf1 exists:a exists:a exists:a exists:a exists:a "
	 "exists:a exists:a exists:a exists:a exists:a -all"},
	{"eleven.example",
	 "TXT v=spf1 exists:a exists:a exists:a exists:a exists:a exists:a "
	 "exists:a exists:a exists:a exists:a exists:a -all"},
	{"open.example", "TXT v=spf1 +all"},
	{0},
};

static const struct {
	const char *domain;
	size_t records;
	char all;
	bool ours, broken, trouble, macros, many;
	size_t includes, names;
} walks[] = {
	{.domain = "plain.example", .records = 1, .all = '-', .ours = true},
	{.domain = "host.example", .records = 1, .all = '-', .ours = true},
	{.domain = "wide.example", .records = 1, .all = '-', .ours = true},
	{.domain = "mx.example", .records = 1, .all = '~', .ours = true},
	{.domain = "deep.example",
	 .records = 1,
	 .all = '?',
	 .ours = true,
	 .includes = 2,
	 .names = 3},
	{.domain = "not.example",
	 .records = 1,
	 .all = '?',
	 .includes = 1,
	 .names = 1},
	{.domain = "to.example",
	 .records = 1,
	 .all = '?',
	 .ours = true,
	 .includes = 2,
	 .names = 4},
	{.domain = "unused.example", .records = 1, .all = '-'},
	{.domain = "behind.example", .records = 1, .all = '-'},
	{.domain = "two.example", .records = 2},
	{.domain = "other.example", .records = 0},
	{.domain = "none.example", .records = 0},
	{.domain = "circle.example",
	 .records = 1,
	 .all = '-',
	 .many = true,
	 .includes = 1,
	 .names = 10},
	{.domain = "ring.example", .records = 1, .many = true, .names = 10},
	{.domain = "void.example",
	 .records = 1,
	 .all = '-',
	 .broken = true,
	 .includes = 1,
	 .names = 1},
	{.domain = "pair.example",
	 .records = 1,
	 .all = '-',
	 .broken = true,
	 .includes = 1,
	 .names = 1},
	{.domain = "bad.example", .records = 1, .broken = true},
	{.domain = "sick.example",
	 .records = 1,
	 .all = '-',
	 .trouble = true,
	 .includes = 1,
	 .names = 1},
	{.domain = "macro.example", .records = 1, .all = '-', .macros = true},
	{.domain = "ten.example", .records = 1, .all = '-', .macros = true},
	{.domain = "eleven.example",
	 .records = 1,
	 .macros = true,
	 .many = true},
	{.domain = "open.example", .records = 1, .all = '+'},
};

static void setup(void)
{
	static const char *address;
	struct dns_conf conf = {
		.server = &address, .server_n = 1, .trust_anchor = "/dev/null"};
	struct err e = ERR_EMPTY;

	server = fake_dns_new(zone);
	address = fake_dns_address(server);
	ck_assert(cidr_parse(STR("192.0.2.1"), &own, &e));
	config = (struct config){.addresses = {.v = &own, .n = 1}};
	d = (struct doctor){.c = {.config = &config}};
	d.loop = loop_new(&e);
	conf.loop = d.loop;
	d.dns = dns_new(&conf, &e);
	ck_assert_msg(d.dns != NULL, "%s", e.text);
}

static void teardown(void)
{
	dns_free(&d.dns);
	loop_free(&d.loop);
	arena_release(&d.arena);
	fake_dns_free(&server);
}

static bool passes(const struct spf *s)
{
	for (size_t i = 0; i < s->network_n; i++) {
		const struct cidr *c = &s->network[i];

		if (c->bits >= 96 + 24 &&
		    memcmp(c->addr, own.addr, c->bits / 8) == 0)
			return true;
	}
	return false;
}

START_TEST(all_that_is_named_is_walked)
{
	struct spf s;

	spf_read(&d, walks[_i].domain, &s);
	ck_assert_uint_eq(s.records, walks[_i].records);
	ck_assert_int_eq(s.all, walks[_i].all);
	ck_assert_int_eq(passes(&s), walks[_i].ours);
	ck_assert_int_eq(s.broken, walks[_i].broken);
	ck_assert_int_eq(s.trouble, walks[_i].trouble);
	ck_assert_int_eq(s.macros, walks[_i].macros);
	ck_assert_int_eq(s.lookups > SPF_LOOKUPS_MAX, walks[_i].many);
	ck_assert_uint_eq(s.include_n, walks[_i].includes);
	ck_assert_uint_eq(s.name_n, walks[_i].names);
}
END_TEST

Suite *test_spf_suite(void)
{
	Suite *s = suite_create("doctor/spf");
	TCase *text = tcase_create("text"), *walk = tcase_create("walk");

	tcase_add_loop_test(text, text_is_read_strictly, 0,
			    sizeof(texts) / sizeof(texts[0]));
	suite_add_tcase(s, text);
	tcase_add_checked_fixture(walk, setup, teardown);
	tcase_set_timeout(walk, 60);
	tcase_add_loop_test(walk, all_that_is_named_is_walked, 0,
			    sizeof(walks) / sizeof(walks[0]));
	suite_add_tcase(s, walk);
	return s;
}
