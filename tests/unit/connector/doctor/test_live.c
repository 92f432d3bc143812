/* test_live.c - what the running engine says, and what the doctor makes of it.
 */
#include <check.h>
#include "connector/doctor/doctor.h"

Suite *test_live_suite(void);

#define WELL                                                                   \
	"\"sandbox\":\"seccomp+landlock\",\"policy\":3,\"policy-digest\":"     \
	"\"d\",\"mode\":\"normal\",\"dns-validates\":true,"

/* live NULL: the engine is down. */
static const struct {
	const char *live, *digest, *check;
	enum doctor_level level;
	const char *word;
} rows[] = {
	{NULL, "d", "engine", DOCTOR_BAD, "no answer at /none"},
	{"{" WELL "\"x\":0}", "d", "engine", DOCTOR_FINE, "version 3 runs"},
	{"{" WELL "\"x\":0}", "e", "engine", DOCTOR_WARN, "differs"},
	{"{" WELL "\"x\":0}", NULL, "engine", DOCTOR_BAD, "not valid"},
	{"{\"sandbox\":\"seccomp\"}", "d", "engine", DOCTOR_WARN, "sandbox"},
	{"{" WELL "\"x\":0}", "d", "engine", DOCTOR_NOTE,
	 "no program reads PDF"},
	{"{" WELL "\"policy-aged\":[{\"ja\":\"x\",\"en\":\"calendar c "
	 "knows no more\"}]}",
	 "d", "engine", DOCTOR_WARN, "calendar c knows no more"},
	{"{\"mode\":\"pass\"}", "d", "engine", DOCTOR_WARN, "mode pass"},
	{"{\"dns-validates\":false}", "d", "engine", DOCTOR_WARN,
	 "not validated"},
	{"{\"health\":[\"tenant t: no secret\"]}", "d", "secrets", DOCTOR_BAD,
	 "tenant t: no secret"},
	{"{\"ranges\":{\"m365\":{\"count\":0}}}", "d", "ranges", DOCTOR_BAD,
	 "never fetched"},
	{"{\"ranges\":{\"m365\":{\"count\":5,\"fetched-us\":1}}}", "d",
	 "ranges", DOCTOR_WARN, "5 ranges"},
	{"{\"ranges\":{\"m365\":{\"count\":5,\"fetched-us\":"
	 "9000000000000000000}}}",
	 "d", "ranges", DOCTOR_FINE, "5 ranges"},
	{"{\"canary\":{\"t\":{\"missing\":true,\"accepted\":true}}}", "d",
	 "canary", DOCTOR_BAD, "never came back"},
	{"{\"canary\":{\"t\":{\"missing\":true,\"state\":\"deferred\","
	 "\"answer\":\"451 x\\u001b[2J\"}}}",
	 "d", "canary", DOCTOR_BAD, "deferred 451 x"},
	{"{\"canary\":{\"t\":{\"back-us\":5,\"round-us\":7000}}}", "d",
	 "canary", DOCTOR_FINE, "after 7 ms"},
	{"{\"canary\":{\"t\":{\"back-us\":0}}}", "d", "canary", DOCTOR_NOTE,
	 "no canary has come back yet"},
};

static bool said(const struct doctor *d, size_t row)
{
	size_t n;
	const struct doctor_line *l = doctor_lines(d, &n);

	for (size_t i = 0; i < n; i++) {
		ck_assert_int_eq(l[i].level == DOCTOR_FINE ||
					 (l[i].do_ja[0] && l[i].do_en[0]),
				 true);
		ck_assert(!str_has_control(str_of(l[i].en)) &&
			  !str_has_control(str_of(l[i].ja)));
		if (strcmp(l[i].check, rows[row].check) == 0 &&
		    l[i].level == rows[row].level &&
		    strstr(l[i].en, rows[row].word))
			return true;
	}
	return false;
}

START_TEST(the_engines_words_are_judged)
{
	struct tenant_conf t = {.tenant = (char *)"t"};
	struct config config = {.store = (char *)"memory:",
				.spool = (char *)"/",
				.master_key = (char *)"/none",
				.control = (char *)"/none",
				.tenant = &t,
				.tenant_n = 1};
	struct doctor_conf conf = {.config = &config,
				   .policy_digest = rows[_i].digest,
				   .offline = true};
	struct err e = ERR_EMPTY;
	struct json *live = NULL;
	AUTO(buf) text = BUF_MAX(64 * KIB);
	struct doctor *d;

	t.canary.to = (char *)"c@example.com";
	t.deliver.via = (char *)"relay";
	config.ranges.alarm_us = US_PER_DAY;
	if (rows[_i].live) {
		live = json_parse(str_of(rows[_i].live), &e);
		ck_assert_msg(live != NULL, "%s", e.text);
	}
	conf.live = live;
	d = doctor_run(&conf);
	doctor_text(d, "en", &text);
	ck_assert_msg(said(d, (size_t)_i), "%s", buf_cstr(&text));
	ck_assert_int_eq(doctor_worst(d), DOCTOR_BAD); /* no key, no store */
	doctor_free(&d);
	json_free(&live);
}
END_TEST

Suite *test_live_suite(void)
{
	Suite *s = suite_create("doctor/live");
	TCase *c = tcase_create("live");

	tcase_add_loop_test(c, the_engines_words_are_judged, 0,
			    sizeof(rows) / sizeof(rows[0]));
	suite_add_tcase(s, c);
	return s;
}
