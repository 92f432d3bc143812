/* test_ranges.c - published lists: read whole or not at all, kept, watched. */
#include <arpa/inet.h>
#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include "connector/base/mem.h"
#include "connector/sched/ranges_int.h"
#include "connector/sched/sched.h"
#include "tests/unit/connector/sched/fake_outside.h"

Suite *test_ranges_suite(void);

#define IPS                                                                    \
	"\"40.92.0.0/15\",\"40.107.0.0/16\",\"52.100.0.0/14\","                \
	"\"104.47.0.0/17\",\"2a01:111:f400::/48\",\"2a01:111:f403::/48\""
#define LIST                                                                   \
	"[{\"id\":1,\"serviceArea\":\"Exchange\",\"ips\":[\"13.107.6.152/31\"" \
	"]},{\"id\":10,\"serviceArea\":\"Exchange\",\"urls\":[\"*.mail."       \
	"protection.outlook.com\"],\"ips\":[" IPS "],\"tcpPorts\":\"25\"},"    \
	"{\"id\":46}]"

/* ---- readers ----------------------------------------------------------------------- */

static const struct {
	const char *json;
	size_t n; /* 0: refused */
} lists[] = {
	{LIST, 6},
	{"", 0},
	{"[]", 0},
	{"{}", 0},
	{"[{\"id\":10}]", 0},
	{"[{\"id\":10,\"ips\":[]}]", 0},
	{"[{\"id\":10,\"ips\":{}}]", 0},
	{"[{\"id\":10,\"ips\":[1]}]", 0},
	{"[{\"id\":10,\"ips\":[\"40.92.0.0/15\"]}]", 0}, /* no IPv6 */
	{"[{\"id\":10,\"ips\":[\"2a01:111:f400::/48\"]}]", 0},
	{"[{\"id\":10,\"ips\":[\"0.0.0.0/0\",\"2a01:111:f400::/48\"]}]", 0},
	{"[{\"id\":10,\"ips\":[\"40.92.0.0/15\",\"::/0\"]}]", 0},
	{"[{\"id\":10,\"ips\":[\"40.92.0.0/15\",\"2a01:111:f400::/48\","
	 "\"x\"]}]",
	 0},
	{"[{\"id\":10,\"ips\":[" IPS "]},{\"id\":10,\"ips\":[" IPS "]}]", 0},
	{"[{\"id\":11,\"ips\":[" IPS "]}]", 0},
	{LIST "x", 0},
};

START_TEST(endpoint_lists)
{
	struct ranges r = {0};
	struct err e = ERR_EMPTY;
	bool ok = ranges_read_endpoints(str_of(lists[_i].json), &r, &e) &&
		  ranges_plausible(&r, &e);

	ck_assert_msg(ok == (lists[_i].n > 0), "%s", e.text);
	if (ok)
		ck_assert_uint_eq(r.n, lists[_i].n);
	vec_release(&r);
}
END_TEST

static const struct {
	const char *txt;
	bool ok;
	size_t n, includes;
} records[] = {
	{"v=spf1 ip4:64.233.160.0/19 ip6:2001:4860:4000::/36 ~all", true, 2, 0},
	{"v=spf1 include:_a.test include:_b.test ~all", true, 0, 2},
	{"V=SPF1  IP4:64.233.160.1 +ip4:64.233.161.0/24 -all", true, 2, 0},
	{"v=spf1", true, 0, 0},
	{"v=spf1 ?all", true, 0, 0},
	{"v=spf10 ip4:64.233.160.0/19", false, 0, 0},
	{"spf1 ip4:64.233.160.0/19", false, 0, 0},
	{"", false, 0, 0},
	{"v=spf1 +all", false, 0, 0},
	{"v=spf1 all", false, 0, 0},
	{"v=spf1 a ~all", false, 0, 0},
	{"v=spf1 mx", false, 0, 0},
	{"v=spf1 redirect=_a.test", false, 0, 0},
	{"v=spf1 include:%{i}.test", false, 0, 0},
	{"v=spf1 include:", false, 0, 0},
	{"v=spf1 -ip4:64.233.160.0/19", false, 0, 0},
	{"v=spf1 ip4:64.233.160.0/33", false, 0, 0},
	{"v=spf1 ip4:", false, 0, 0},
	{"v=spf1\tip4:64.233.160.0/19", false, 0, 0},
	{"v=spf1 include:a include:b include:c include:d include:e include:f "
	 "include:g include:h include:i include:j include:k",
	 false, 0, 0},
};

START_TEST(spf_records)
{
	struct str include[RANGES_NAMES_MOST];
	struct ranges r = {0};
	struct err e = ERR_EMPTY;
	size_t n;
	bool ok = ranges_read_spf(str_of(records[_i].txt), &r, include, &n, &e);

	ck_assert_msg(ok == records[_i].ok, "%s: %s", records[_i].txt, e.text);
	if (ok) {
		ck_assert_uint_eq(r.n, records[_i].n);
		ck_assert_uint_eq(n, records[_i].includes);
	}
	vec_release(&r);
}
END_TEST

/* ---- the scheduler ------------------------------------------------------------------- */

static struct loop *loop;
static struct keys *keys;
static struct spool *spool;
static struct store *store;
static struct http_client *http;
static struct dns *dns;
static struct auth *auth;
static struct sched *sched;
static struct metrics metrics;
static struct config config;
static struct tenant_conf tenants[2];
static char folder[64];
static struct timer *tick;

static void on_tick(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static void turn(void)
{
	timer_set(tick, US_PER_MS);
	loop_run(loop);
}

#define UNTIL(cond)                                                            \
	do {                                                                   \
		int64_t end_ = clock_monotonic_us() + 2 * US_PER_MIN;          \
		while (!(cond)) {                                              \
			ck_assert_msg(clock_monotonic_us() < end_,             \
				      "never came: " #cond);                   \
			turn();                                                \
		}                                                              \
	} while (0)

static void sched_open(void)
{
	struct sched_conf conf = {
		.loop = loop,
		.config = &config,
		.store = store,
		.auth = auth,
		.dns = dns,
		.http = http,
		.metrics = &metrics,
	};
	struct err e = ERR_EMPTY;

	sched = sched_new(&conf, &e);
	ck_assert_msg(sched != NULL, "%s", e.text);
}

static void setup(void)
{
	struct store_conf conf = {.url = "memory:"};
	struct dns_conf dc;
	struct err e = ERR_EMPTY;

	outside = (struct fake_outside){0};
	log_setup(LOG_ERROR + 1, false, "test");
	snprintf(folder, sizeof(folder), "/tmp/sekisho-sched-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	loop = loop_new(&e);
	tick = timer_new(loop, on_tick, NULL);
	keys = keys_test();
	spool = spool_open(folder, &e);
	conf.keys = keys;
	conf.spool = spool;
	store = store_open(&conf, &e);
	ck_assert_msg(store != NULL, "%s", e.text);
	dc = (struct dns_conf){.loop = loop};
	dns = dns_new(&dc, &e);
	http = http_client_new(loop, &e);
	for (unsigned i = 0; i < 2; i++)
		tenants[i] = (struct tenant_conf){
			.tenant = (char *)(i ? "g" : "m"),
			.index = i,
			.kind = i ? KIND_GOOGLE : KIND_M365};
	tenants[0].accept.networks.published = true;
	tenants[1].accept.networks.published = true;
	config = (struct config){.tenant = tenants, .tenant_n = 2};
	config.ranges.m365 = (char *)"https://list.test/all/";
	config.ranges.google = (char *)"_spf.test";
	config.ranges.refresh_us = US_PER_HOUR;
	config.ranges.alarm_us = US_PER_DAY;
	auth = auth_new(&config, NULL, NULL);
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void teardown(void)
{
	sched_free(&sched);
	UNTIL(store_backlog(store) == 0);
	turn();
	auth_free(&auth);
	http_client_free(&http);
	dns_free(&dns);
	store_close(&store);
	spool_close(&spool);
	keys_free(&keys);
	timer_free(&tick);
	loop_free(&loop);
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static size_t known(enum auth_cloud cloud)
{
	int64_t us;

	return auth_ranges(auth, cloud, &us);
}

static const struct fake_txt chain[] = {
	{"_spf.test",
	 {"other text", "v=spf1 include:_1.test include:_2.test ~all"},
	 DNS_OK},
	{"_1.test",
	 {"v=spf1 ip4:64.233.160.0/19 include:_spf.test ~all"},
	 DNS_OK},
	{"_2.test", {"v=spf1 ip6:2001:4860:4000::/36 -all"}, DNS_OK},
};

START_TEST(lists_are_fetched_and_kept)
{
	outside.status = 200;
	outside.body = LIST;
	outside.txt = chain;
	outside.txt_n = ARRAY_LEN(chain);
	sched_open();
	UNTIL(known(AUTH_CLOUD_M365) == 6 && known(AUTH_CLOUD_GOOGLE) == 2);
	ck_assert(str_starts(str_of(outside.url),
			     STR("https://list.test/all?clientrequestid=")));
	ck_assert_uint_eq(strlen(outside.url),
			  strlen("https://list.test/all?clientrequestid=") +
				  36);
	ck_assert_uint_eq(outside.asked_dns, 3); /* no circle */
	UNTIL(store_backlog(store) == 0);
	/* A restart without network begins with them, and asks nobody. */
	sched_free(&sched);
	auth_free(&auth);
	auth = auth_new(&config, NULL, NULL);
	outside = (struct fake_outside){0};
	sched_open();
	ck_assert_uint_eq(known(AUTH_CLOUD_M365), 6);
	ck_assert_uint_eq(known(AUTH_CLOUD_GOOGLE), 2);
	for (int i = 0; i < 20; i++)
		turn();
	ck_assert_uint_eq(outside.asked_http + outside.asked_dns, 0);
	ck_assert_uint_eq(outside.alarms, 0);
	ck_assert_int_ge(metric_get(&metrics, METRIC_RANGES_M365_AGE), 0);
}
END_TEST

START_TEST(a_bad_list_leaves_the_one_before)
{
	outside.status = 200;
	outside.body = LIST;
	outside.txt = chain;
	outside.txt_n = ARRAY_LEN(chain);
	config.ranges.refresh_us = 0; /* due at each look */
	sched_open();
	UNTIL(known(AUTH_CLOUD_M365) == 6 && known(AUTH_CLOUD_GOOGLE) == 2);
	outside.body = "[]";
	outside.txt_n = 1; /* the rest is no name any more */
	for (unsigned before = outside.asked_http;
	     outside.asked_http == before;) {
		sched_set_config(sched, &config);
		turn();
	}
	for (int i = 0; i < 20; i++)
		turn();
	ck_assert_uint_eq(known(AUTH_CLOUD_M365), 6);
	ck_assert_uint_eq(known(AUTH_CLOUD_GOOGLE), 2);
}
END_TEST

START_TEST(old_lists_are_an_alarm)
{
	struct store_job *job = store_job_new(store);
	struct err e = ERR_EMPTY;
	char text[256];

	snprintf(text, sizeof(text),
		 "{\"fetched\":%lld,\"networks\":[\"40.92.0.0/15\","
		 "\"2a01:111:f400::/48\"]}",
		 (long long)(clock_now_us() - 2 * US_PER_DAY));
	store_put_value(job, STR("ranges-m365"), str_of(text));
	ck_assert(store_run(store, job, &e));
	store_job_free(&job);
	tenants[1].accept.networks.published = false;
	sched_open(); /* nobody answers */
	UNTIL(outside.alarms == 1);
	ck_assert_str_eq(outside.alarm, "ranges-m365");
	ck_assert_uint_eq(known(AUTH_CLOUD_M365), 2); /* it serves on */
	ck_assert_uint_eq(outside.asked_dns, 0);      /* nobody wants it */
	ck_assert_int_ge(metric_get(&metrics, METRIC_RANGES_M365_AGE),
			 2 * 24 * 3600 - 60);
	sched_set_config(sched, &config);
	for (int i = 0; i < 20; i++)
		turn();
	ck_assert_uint_eq(outside.alarms, 1); /* once a day */
}
END_TEST

START_TEST(what_is_kept_is_not_believed_blindly)
{
	static const char *const bad[] = {
		"not json", "{}",
		"{\"fetched\":1,\"networks\":[\"0.0.0.0/0\"]}",
		"{\"fetched\":1,\"networks\":[\"x\"]}"};
	struct store_job *job = store_job_new(store);
	struct err e = ERR_EMPTY;

	store_put_value(job, STR("ranges-m365"), str_of(bad[_i]));
	ck_assert(store_run(store, job, &e));
	store_job_free(&job);
	outside.silent = true;
	sched_open();
	for (int i = 0; i < 5; i++)
		turn();
	ck_assert_uint_eq(known(AUTH_CLOUD_M365), 0);
	ck_assert_int_eq(metric_get(&metrics, METRIC_RANGES_M365_AGE), -1);
}
END_TEST

Suite *test_ranges_suite(void)
{
	Suite *s = suite_create("ranges");
	TCase *t = tcase_create("readers");
	TCase *u = tcase_create("sched");

	tcase_add_loop_test(t, endpoint_lists, 0, ARRAY_LEN(lists));
	tcase_add_loop_test(t, spf_records, 0, ARRAY_LEN(records));
	suite_add_tcase(s, t);
	tcase_set_timeout(u, 60);
	tcase_add_checked_fixture(u, setup, teardown);
	tcase_add_test(u, lists_are_fetched_and_kept);
	tcase_add_test(u, a_bad_list_leaves_the_one_before);
	tcase_add_test(u, old_lists_are_an_alarm);
	tcase_add_loop_test(u, what_is_kept_is_not_believed_blindly, 0, 4);
	suite_add_tcase(s, u);
	return s;
}
