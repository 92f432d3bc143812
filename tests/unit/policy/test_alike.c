/* Domains that look like a known one. */
#include "tests/unit/policy/try.h"

#include <stdio.h>
#include <stdlib.h>

#include "connector/base/mem.h"
#include "policy/policy_int.h"

Suite *test_alike_suite(void);

#define DATA "tests/unit/policy/data/"
#define CUSTOMERS                                                              \
	"lists: {c: [bigcustomer.co.jp, partner-a.example, abc.co.jp, "        \
	"nec.example, \"*@tanaka-shoji.jp\", x@clover-mail.example, "          \
	"\"*.wide.example\", smithbarn.com, ichiban01.jp, 日本商事.jp, "   \
	"カネコ.jp, nikko.co.jp, toyota.co.jp, ample.com, "                 \
	"company-1000.example, acme-trading.example]}\n"

static const struct {
	const char *to, *like; /* NULL: none */
} ALIKE[] = {
	/* Known, and below what is known. */
	{"a@bigcustomer.co.jp", NULL},
	{"a@sales.bigcustomer.co.jp", NULL},
	{"a@example.co.jp", NULL},
	{"a@group.example.net", NULL},
	{"a@gmail.com", NULL},
	{"a@mail.wide.example", NULL},
	{"a@nothing-like-it.example", NULL},
	/* One slip. */
	{"a@bigcutsomer.co.jp", "bigcustomer.co.jp"},
	{"a@bigcustmer.co.jp", "bigcustomer.co.jp"},
	{"a@bigcusttomer.co.jp", "bigcustomer.co.jp"},
	{"a@bigcuatomer.co.jp", "bigcustomer.co.jp"},
	{"a@big-customer.co.jp", "bigcustomer.co.jp"},
	{"a@tanakashoji.jp", "tanaka-shoji.jp"},
	{"a@gamil.com", "gmail.com"},
	{"a@gmial.com", "gmail.com"},
	{"a@mail.bigcutsomer.co.jp", "bigcustomer.co.jp"},
	{"a@exmaple.co.jp", "example.co.jp"},
	{"a@docmo.ne.jp", "docomo.ne.jp"},
	/* Any one letter, in a name that is long. */
	{"a@bigcustomor.co.jp", "bigcustomer.co.jp"},
	{"a@bigcustomzr.co.jp", "bigcustomer.co.jp"},
	{"a@digcustomer.co.jp", "bigcustomer.co.jp"},
	{"a@bigcustoxmer.co.jp", "bigcustomer.co.jp"},
	{"a@bigcustomers.co.jp", "bigcustomer.co.jp"},
	{"a@igcustomer.co.jp", "bigcustomer.co.jp"},
	{"a@b-igcustomer.co.jp", "bigcustomer.co.jp"},
	{"a@tanaka-shogi.jp", "tanaka-shoji.jp"},
	{"a@tanaxa-shoji.jp", "tanaka-shoji.jp"},
	{"a@acme-tradinq.example", "acme-trading.example"},
	{"a@mail.bigcustomor.co.jp", "bigcustomer.co.jp"},
	{"a@ezample.co.jp", "example.co.jp"},
	{"a@axample.co.jp", "example.co.jp"},
	{"a@groap.example.net", "group.example.net"},
	{"a@bigcupomer.co.jp", NULL},
	{"a@bicgustmoer.co.jp", NULL},
	/* Parts of few letters. */
	{"a@partner-b.example", NULL},
	{"a@partner-s.example", NULL},
	{"a@partner.example", NULL},
	{"a@acne-trading.example", NULL},
	{"a@acb.co.jp", NULL},
	{"a@nec2.example", NULL},
	/* Series. */
	{"a@ichiban02.jp", NULL},
	{"a@ichiban10.jp", NULL},
	{"a@company-1001.example", NULL},
	{"a@company-0100.example", NULL},
	{"a@company-10.example", NULL},
	{"a@company-100a.example", NULL},
	{"a@comqany-1000.example", "company-1000.example"},
	/* Two short Japanese words are two companies, but for what hands do. */
	{"a@nikka.co.jp", NULL},
	{"a@toyoda.co.jp", NULL},
	{"a@toyosta.co.jp", "toyota.co.jp"},
	{"a@toota.co.jp", NULL},
	{"a@toyora.co.jp", "toyota.co.jp"},
	{"a@toyotta.co.jp", "toyota.co.jp"},
	{"a@tyoota.co.jp", "toyota.co.jp"},
	{"a@toyofa.com", NULL},
	{"a@anple.com", "ample.com"},
	{"a@amqle.com", "ample.com"},
	/* One letter and another top level, of long names. */
	{"a@bigcustomor.com", "bigcustomer.co.jp"},
	{"a@gmial.example", NULL},
	/* One letter and some that look the same. */
	{"a@bigcust0mor.co.jp", "bigcustomer.co.jp"},
	{"a@bígcustomor.co.jp", "bigcustomer.co.jp"},
	/* Looks the same. */
	{"a@srnithbarn.com", "smithbarn.com"},
	{"a@smithbam.com", "smithbarn.com"},
	{"a@bigcust0mer.co.jp", "bigcustomer.co.jp"},
	{"a@smithbarn.corn", "smithbarn.com"},
	{"a@dover-mail.example", "clover-mail.example"},
	{"a@bígcustomer.co.jp", "bigcustomer.co.jp"},
	{"a@xn--bcustomer-x5b.co.jp", NULL},
	{"a@аbc.co.jp", "abc.co.jp"}, /* Cyrillic a */
	{"a@abс.co.jp", "abc.co.jp"}, /* Cyrillic s */
	{"a@ехаmple.co.jp", "example.co.jp"},
	{"a@日本商亊.jp", NULL},
	{"a@力ネコ.jp", "カネコ.jp"},
	/* Another top level. */
	{"a@bigcustomer.com", "bigcustomer.co.jp"},
	{"a@abc.com", "abc.co.jp"},
	{"a@abc.jp", "abc.co.jp"},
	{"a@smithbarn.cm", "smithbarn.com"},
	/* Of what is shipped, short names are near many others. */
	{"a@gmal.com", "gmail.com"},
	{"a@gmailx.com", NULL},
	{"a@qmail.com", NULL},
	{"a@gnail.com", "gmail.com"},
	{"a@hotmaill.com", "hotmail.com"},
	{"a@hotmaul.com", "hotmail.com"},
	{"a@hotnail.com", "hotmail.com"},
	{"a@gmail.cm", "gmail.com"},
	{"a@gmail.co", "gmail.com"},
	{"a@gmail.con", "gmail.com"},
	{"a@gmail.example", NULL}, /* free mail has many ends */
	{"a@hotmail.cn", NULL},
};

START_TEST(look_alike)
{
	const struct plan *plan;
	const char *like = ALIKE[_i].like;

	try_rule(CUSTOMERS, "{recipient: {look-alike: true}}");
	plan = TRY_MAIL(.to = ALIKE[_i].to);
	ck_assert_msg(plan_holds(plan) == (like != NULL), "%s", ALIKE[_i].to);
	if (like)
		ck_assert_msg(
			plan_says(plan, arena_printf(try_arena(),
						     "looks like %s:", like)),
			STR_FMT, STR_ARG(plan->rcpt[0].reason[1].en));
}
END_TEST

/* Names of companies as they are, short ones and words that are one letter
 * apart among them: each asked about while all others are known. */
#define COMPANIES     300
#define TAKEN_AT_MOST 12

static size_t read_companies(char names[][64])
{
	FILE *f = fopen(DATA "companies.txt", "r");
	size_t n = 0;

	ck_assert_ptr_nonnull(f);
	while (n < COMPANIES && fscanf(f, "%63s", names[n]) == 1)
		n++;
	fclose(f);
	return n;
}

static struct alike *all_but(char names[][64], size_t n, size_t but)
{
	struct policy_known_maker *m = policy_known_begin();

	for (size_t i = 0; i < n; i++)
		if (i != but)
			policy_known_count(m, str_of(names[i]), 9);
	return policy_known_end(&m);
}

START_TEST(companies_are_not_each_other)
{
	static char names[COMPANIES][64];
	size_t n = read_companies(names), taken = 0;

	ck_assert_uint_ge(n, 200);
	try_rule("", "{recipient: {look-alike: true}}");
	for (size_t i = 0; i < n; i++) {
		struct alike *known = all_but(names, n, i);
		struct plan plan;
		struct facts f;

		TRY_MAIL(.to = arena_printf(try_arena(), "a@%s", names[i]));
		f = *try_facts();
		f.known = known;
		policy_decide(try_loaded(), &f, try_arena(), &plan);
		if (plan.outcome == OUTCOME_HOLD && getenv("SHOW"))
			printf("%s: " STR_FMT "\n", names[i],
			       STR_ARG(plan.rcpt[0].reason[1].en));
		taken += plan.outcome == OUTCOME_HOLD;
		policy_known_free(&known);
	}
	printf("look-alike: %zu of %zu companies are taken for another, each "
	       "with all others known\n",
	       taken, n);
	/* More would teach people to press on. */
	ck_assert_uint_le(taken, TAKEN_AT_MOST);
}
END_TEST

static const struct {
	const char *to, *ja, *en;
} TOLD[] = {
	{"a@bigcustomor.co.jp",
	 "宛先のドメイン bigcustomor.co.jp は bigcustomer.co.jp "
	 "に似ています。「e」が「o」になっています。a@bigcustomer.co.jp "
	 "のことではありませんか。",
	 "The recipient's domain bigcustomor.co.jp looks like "
	 "bigcustomer.co.jp: \"o\" instead of \"e\". Did you mean "
	 "a@bigcustomer.co.jp?"},
	{"a@bigcustoxmer.co.jp", "「x」が1つ余分です", "one \"x\" too many"},
	{"a@mail.bigcustomer.co.jp.bigcustmer.co.jp", "「o」が1つ足りません",
	 "one \"o\" is missing"},
	{"a@bigcusotmer.co.jp", "「t」と「o」の順序が逆です",
	 "\"t\" and \"o\" are swapped"},
	{"a@big-customer.co.jp", "ハイフンが余分です", "a hyphen too many"},
	{"a@tanakashoji.jp", "ハイフンがありません", "a hyphen is missing"},
	{"a@bigcustomer.com", "末尾が「.co.jp」ではなく「.com」です",
	 "it ends in .com instead of .co.jp"},
	{"a@bigcustomor.com",
	 "「e」が「o」になっています。末尾が「.co.jp」ではなく「.com」です",
	 "\"o\" instead of \"e\", and it ends in .com instead of .co.jp"},
	{"a@аbc.co.jp", "見た目の似た文字が使われています",
	 "letters that look the same"},
	{"a@smithbarn.corn", "末尾が「.com」ではなく「.corn」です",
	 "it ends in .corn instead of .com"},
	{"a@srnithbarn.com", "見た目の似た文字が使われています",
	 "letters that look the same"},
};

START_TEST(the_difference)
{
	const struct plan_reason *r;

	try_rule(CUSTOMERS, "{recipient: {look-alike: true}}");
	r = &TRY_MAIL(.to = TOLD[_i].to)->rcpt[0].reason[1];
	ck_assert_msg(str_find(r->ja, str_of(TOLD[_i].ja)) >= 0, STR_FMT,
		      STR_ARG(r->ja));
	ck_assert_msg(str_find(r->en, str_of(TOLD[_i].en)) >= 0, STR_FMT,
		      STR_ARG(r->en));
}
END_TEST

START_TEST(domains_that_are_written_to)
{
	struct policy_known_maker *m = policy_known_begin();
	struct alike *known;
	struct facts f;
	struct plan plan;

	/* Of a history: eleven mails to regular.example, one to rarely. */
	try_source()->history = DATA "past.csv";
	try_rule("", "{recipient: {look-alike: true}}");
	ck_assert_uint_eq(policy_needs(try_loaded()), NEEDS_KNOWN);
	ck_assert(plan_holds(TRY_MAIL(.to = "a@regullar.example")));
	ck_assert(!plan_holds(TRY_MAIL(.to = "a@regular.example")));
	ck_assert(!plan_holds(TRY_MAIL(.to = "a@rarrely.example")));
	/* The engine's are told. */
	policy_known_count(m, STR("a@sometimes.example"), 3);
	policy_known_count(m, STR("b@sometimes.example"), 2);
	policy_known_count(m, STR("b@seldomly.example"), 4);
	known = policy_known_end(&m);
	TRY_MAIL(.to = "a@somtimes.example, a@seldomyl.example, "
		       "a@sometimes.example, a@regullar.example");
	f = *try_facts();
	f.known = known;
	policy_decide(try_loaded(), &f, try_arena(), &plan);
	ck_assert_int_eq(plan.rcpt[0].outcome, OUTCOME_HOLD);
	for (int i = 1; i < 4; i++)
		ck_assert_int_eq(plan.rcpt[i].outcome, OUTCOME_DELIVER);
	policy_known_free(&known);
}
END_TEST

START_TEST(did_you_mean)
{
	const struct plan *plan;

	try_rule(CUSTOMERS, "{recipient: {look-alike: true}}");
	plan = TRY_MAIL(.to = "taro@bigcutsomer.co.jp, b@abc.co.jp");
	ck_assert(str_is(plan->smallest_change.en,
			 "Check the address (did you mean "
			 "taro@bigcustomer.co.jp?)"));
	ck_assert(str_find(plan->smallest_change.ja,
			   STR("taro@bigcustomer.co.jp のことですか")) >= 0);
	/* Not when that changes nothing. */
	try_rule(CUSTOMERS, "{recipient: {class: external}, any: "
			    "[{recipient: {look-alike: true}}, {sender: {kind: "
			    "person}}]}");
	plan = TRY_MAIL(.to = "taro@bigcutsomer.co.jp");
	ck_assert(plan_holds(plan));
	ck_assert(str_find(plan->smallest_change.en, STR("mean")) < 0);
}
END_TEST

/* Register of n companies, and how long an answer takes. */
static int64_t time_of(size_t n, const char *to)
{
	AUTO(buf) yaml = BUF_MAX(16 * MIB);
	struct facts f;
	int64_t begun;

	buf_puts(&yaml, TRY_ORG "lists:\n  big:\n");
	for (size_t i = 0; i < n; i++)
		buf_printf(&yaml, "    - company-%zu-name%zu.example\n", i,
			   i * 7919 % n);
	buf_puts(&yaml, "rules: [{rule: r, when: {recipient: {look-alike: true}"
			"}, do: {hold: {for: 5m}}}, {rule: s, when: {recipient:"
			" {in: big}}, do: {delay: {for: 5m}}}]\n");
	try_policy(buf_cstr(&yaml));
	TRY_MAIL(.to = to);
	f = *try_facts();
	begun = clock_monotonic_us();
	for (int i = 0; i < 200; i++) {
		struct arena a = ARENA_EMPTY;
		struct plan plan;

		policy_decide(try_loaded(), &f, &a, &plan);
		arena_release(&a);
	}
	return clock_monotonic_us() - begun;
}

/* Timing is printed, not asserted: what is asserted is that it answers. */
START_TEST(large_registers)
{
	static const char to[] = "a@unknown-partner.example";
	int64_t small = time_of(1000, to), large = time_of(100000, to);

	printf("look-alike and in: %.1f us with 1,000, %.1f us with 100,000\n",
	       (double)small / 200, (double)large / 200);
	ck_assert(plan_holds(TRY_MAIL(.to = "a@comapny-0-name0.example")));
}
END_TEST

Suite *test_alike_suite(void)
{
	Suite *s = suite_create("alike");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, try_begin, try_end);
	tcase_add_loop_test(t, look_alike, 0, ARRAY_LEN(ALIKE));
	tcase_add_loop_test(t, the_difference, 0, ARRAY_LEN(TOLD));
	tcase_add_test(t, companies_are_not_each_other);
	tcase_add_test(t, domains_that_are_written_to);
	tcase_add_test(t, did_you_mean);
	tcase_add_test(t, large_registers);
	suite_add_tcase(s, t);
	return s;
}
