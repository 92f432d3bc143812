/* Routes of a tenant: none waits for another, however many are dead; and mail
 * for several domains where the next hop takes one at a time.
 */
#include <check.h>
#include "connector/deliver/deliver_int.h"
#include "connector/smtp/client.h"
#include "tests/unit/connector/deliver/fake_flow.h"
#include "tests/unit/fake_dns.h"
#include "tests/unit/fake_smtp.h"

Suite *test_routes_suite(void);

#define MAIL "Subject: x\r\n\r\nhello\r\n"
#define DEAD 1200 /* more domains than lanes */
#define GOOD 40

static struct {
	struct fake_smtp fake;
	struct fake_dns *server;
	struct fake_rr zone[DEAD + 16];
	size_t zone_n;
	char name[DEAD][24];
	struct loop *loop;
	struct dns *dns;
	struct flow *flow;
	struct fake_flow *f;
	struct deliver *d;
	struct tenant_conf tenant;
	struct cidr loopback;
	struct config config;
	struct deliver_tuning tuning;
	struct metrics metrics;
	struct timer *guard, *look;
	bool (*enough)(void);
	bool late;
} w;

static void record(const char *name, const char *data)
{
	w.zone[w.zone_n++] = (struct fake_rr){name, data};
}

static void setup(void)
{
	memset(&w, 0, sizeof(w));
	w.loop = loop_new(NULL);
	w.flow = fake_flow_new(w.loop);
	w.f = fake_flow_of(w.flow);
	w.f->stop_when_empty = false;
	w.f->retry_us = US_PER_HOUR; /* as the back-off of a recipient */
	w.tuning = deliver_tuning_default;
	w.tenant.tenant = (char *)"one";
	w.tenant.deliver.via = (char *)"direct";
	ck_assert(cidr_parse(STR("127.0.0.0/8"), &w.loopback, NULL));
	w.tenant.deliver.inside.v = &w.loopback;
	w.tenant.deliver.inside.n = 1;
	w.tenant.deliver.connections = 4;
	w.tenant.deliver.tls = TLS_LEVEL_OPPORTUNISTIC;
	w.config.hostname = (char *)"gate.example.jp";
	w.config.tenant = &w.tenant;
	w.config.tenant_n = 1;
	w.fake.host = 1;
	record("good.test", "MX 10 mx.test");
	record("mx.test", "A 127.0.0.2");
	record("away.test", "A 127.0.0.9"); /* nobody is there */
	record("null.test", "MX 0 .");
	for (unsigned i = 0; i < DEAD; i++) {
		snprintf(w.name[i], sizeof(w.name[i]), "dead%u.test", i);
		record(w.name[i], "MX 10 away.test");
	}
}

static void on_guard(void *arg)
{
	(void)arg;
	w.late = true;
	loop_stop(w.loop);
}

static void on_look(void *arg)
{
	(void)arg;
	if (w.enough())
		loop_stop(w.loop);
	timer_set(w.look, 5 * US_PER_MS);
}

static void begin(void)
{
	const char *address;
	struct dns_conf dns = {.loop = w.loop,
			       .server = &address,
			       .server_n = 1,
			       .trust_anchor = "/dev/null"};
	struct deliver_conf conf = {.loop = w.loop,
				    .config = &w.config,
				    .flow = w.flow,
				    .metrics = &w.metrics,
				    .tuning = &w.tuning};
	struct err e = ERR_EMPTY;

	w.server = fake_dns_new(w.zone);
	address = fake_dns_address(w.server);
	w.dns = conf.dns = dns_new(&dns, &e);
	ck_assert_msg(w.dns != NULL, "%s", e.text);
	fake_start(&w.fake);
	w.tenant.deliver.port = (uint16_t)w.fake.port;
	w.d = deliver_new(&conf, &e);
	ck_assert_msg(w.d != NULL, "%s", e.text);
	w.guard = timer_new(w.loop, on_guard, NULL);
	w.look = timer_new(w.loop, on_look, NULL);
}

static void run_until(bool (*enough)(void))
{
	w.enough = enough;
	timer_set(w.guard, 5 * US_PER_MIN);
	timer_set(w.look, 0);
	loop_run(w.loop);
	ck_assert_msg(!w.late, "delivered %zu deferred %zu failed %zu open %zu",
		      w.f->count[ATTEMPT_DELIVERED],
		      w.f->count[ATTEMPT_DEFERRED], w.f->count[ATTEMPT_FAILED],
		      w.f->open);
}

static void teardown(void)
{
	deliver_free(&w.d);
	ck_assert_int_eq(metric_get(&w.metrics, METRIC_NEXT_HOP_CONNECTIONS),
			 0);
	dns_free(&w.dns);
	timer_free(&w.guard);
	timer_free(&w.look);
	loop_free(&w.loop);
	fake_flow_free(&w.flow);
	fake_dns_free(&w.server);
	fake_stop(&w.fake);
}

static struct fake_item *add(const char *route)
{
	static const char *const to[] = {"a@ext.example"};
	struct fake_item *item = fake_flow_add(w.flow, &w.tenant, to, 1, MAIL);

	item->route = route;
	return item;
}

static bool all_good_and_dead(void)
{
	return w.f->count[ATTEMPT_DELIVERED] == GOOD &&
	       w.f->count[ATTEMPT_DEFERRED] >= DEAD;
}

static bool some_deferred(void)
{
	return w.f->count[ATTEMPT_DEFERRED] > 0;
}

START_TEST(dead_domains_hold_up_nobody)
{
	for (unsigned i = 0; i < DEAD; i++)
		add(w.name[i]);
	for (unsigned i = 0; i < GOOD; i++)
		add("good.test");
	begin();
	run_until(all_good_and_dead);
	ck_assert_uint_eq(fake_mails(&w.fake), GOOD);
	ck_assert_uint_le(w.f->most_rooms, LANES_MAX + 1);
	ck_assert_uint_le(w.f->most_sending, ROUTED_LOADS);
	ck_assert_uint_le(w.d->lane_n, LANES_MAX);
	/* Each was tried once, not once a claim. */
	ck_assert_uint_eq(w.f->count[ATTEMPT_DEFERRED], DEAD);
}
END_TEST

static bool put_off(void)
{
	return w.f->put_off >= 150;
}

static bool all_good(void)
{
	return w.f->count[ATTEMPT_DELIVERED] == GOOD;
}

START_TEST(a_backlog_of_a_dead_route_makes_no_claim_longer)
{
	size_t before;

	w.tuning.down_first_us = 60 * US_PER_S;
	for (unsigned i = 0; i < 200; i++)
		add(w.name[1]);
	begin();
	run_until(put_off);
	/* Nothing more of it is met while the pause lasts. */
	before = w.f->put_off;
	for (unsigned i = 0; i < GOOD; i++)
		fake_flow_submit(w.flow, add("good.test"));
	run_until(all_good);
	ck_assert_uint_eq(w.f->put_off, before);
	ck_assert_uint_eq(w.f->put_off + w.f->count[ATTEMPT_DEFERRED], 200);
}
END_TEST

static bool fifty_failed(void)
{
	return w.f->count[ATTEMPT_FAILED] == 50;
}

START_TEST(a_domain_without_mail_bounces_all)
{
	struct fake_item *item = NULL;

	for (unsigned i = 0; i < 50; i++)
		item = add(_i ? "null.test" : "nowhere.test");
	begin();
	run_until(fifty_failed);
	ck_assert_str_eq(item->last[0].status, _i ? "5.1.10" : "5.1.2");
	ck_assert_uint_eq(w.f->put_off, 0);
	ck_assert_uint_eq(w.f->alarms, 0);
}
END_TEST

static bool no_lanes(void)
{
	return w.f->count[ATTEMPT_DELIVERED] == GOOD && w.d->lane_n == 0;
}

START_TEST(quiet_lanes_go)
{
	w.tuning.quiet_us = 40 * US_PER_MS;
	w.tuning.idle_us = 40 * US_PER_MS;
	w.tuning.down_first_us = w.tuning.down_most_us = 40 * US_PER_MS;
	for (unsigned i = 0; i < GOOD; i++)
		add("good.test");
	add(w.name[0]);
	begin();
	run_until(no_lanes);
}
END_TEST

/* ---- what a next hop takes at once -------------------------------------------- */

static const char *const MIXED[] = {"a@one.example", "b@two.example",
				    "c@one.example", "d@three.example",
				    "e@TWO.example"};

static void relay(void)
{
	w.tenant.deliver.via = (char *)"relay";
	w.tenant.deliver.host = (char *)"127.0.0.2";
	w.tenant.deliver.tls = TLS_LEVEL_NONE;
	w.f->stop_when_empty = true;
}

static bool never(void)
{
	return false;
}

START_TEST(one_domain_by_setting)
{
	struct fake_item *item;

	relay();
	w.tenant.deliver.one_domain = true;
	item = fake_flow_add(w.flow, &w.tenant, MIXED, 5, MAIL);
	begin();
	run_until(never);
	ck_assert_uint_eq(fake_mails(&w.fake), 3);
	ck_assert_uint_eq(w.f->count[ATTEMPT_DELIVERED], 5);
	ck_assert_uint_eq(item->attempts, 1);
}
END_TEST

/* Google says so at the second domain, or only at the end. */
static const struct fake_rule ONE_DOMAIN[] = {
	{"RCPT", 2,
	 "451 4.3.0 Multiple destination domains per transaction is "
	 "unsupported. Please try again."},
	{"DOT", 1,
	 "451 4.3.0 Multiple destination domains per transaction is "
	 "unsupported. Please try again."},
};

START_TEST(one_domain_as_learned)
{
	struct fake_item *item;

	relay();
	w.fake.caps = "PIPELINING|SIZE 1000000|8BITMIME|DSN";
	w.fake.rule[0] = ONE_DOMAIN[_i];
	item = fake_flow_add(w.flow, &w.tenant, MIXED, 5, MAIL);
	begin();
	run_until(never);
	ck_assert_uint_eq(w.f->count[ATTEMPT_DELIVERED], 5);
	ck_assert_uint_eq(w.f->count[ATTEMPT_DEFERRED], 0);
	ck_assert_uint_eq(item->attempts, 1);
	/* The next mail begins with what was learned. */
	fake_flow_add(w.flow, &w.tenant, MIXED, 5, MAIL);
	fake_flow_wake(w.flow);
	run_until(never);
	ck_assert_uint_eq(w.f->count[ATTEMPT_DELIVERED], 10);
}
END_TEST

START_TEST(a_single_domain_is_deferred_by_it)
{
	relay();
	w.f->stop_when_empty = false;
	w.fake.rule[0] = ONE_DOMAIN[0];
	w.fake.rule[0].nth = 0;
	fake_flow_add(w.flow, &w.tenant, MIXED, 1, MAIL);
	begin();
	run_until(some_deferred);
	ck_assert_uint_eq(fake_mails(&w.fake), 0);
}
END_TEST

static bool looped(void)
{
	return w.f->count[ATTEMPT_LOOP] == 1;
}

START_TEST(a_loop_is_nobodys_bounce)
{
	relay();
	w.f->stop_when_empty = false;
	w.fake.rule[0] = (struct fake_rule){
		"DOT", 1, "554 5.4.14 Hop count exceeded - possible mail loop"};
	fake_flow_add(w.flow, &w.tenant, MIXED, 1, MAIL);
	begin();
	run_until(looped);
	ck_assert_uint_eq(w.f->count[ATTEMPT_FAILED], 0);
}
END_TEST

static bool is_sending(void)
{
	return w.f->sending > 0;
}

static bool is_over(void)
{
	return w.f->open == 0;
}

/* A relay takes no routes: its lane's name is nobody's domain. */
START_TEST(another_way_takes_over)
{
	static struct tenant_conf other;
	static struct config config;
	struct fake_item *item;

	w.tenant.deliver.via = (char *)(_i == 0 ? "relay" : "smtp-auth");
	w.tenant.deliver.host = (char *)"127.0.0.2";
	w.fake.slow_us = 50 * US_PER_MS;
	begin();
	item = add(_i == 0 ? "" : "a@example.jp");
	run_until(is_sending); /* the greeting is awaited */
	other = w.tenant;
	other.deliver.via = (char *)"direct";
	config = w.config;
	config.tenant = &other;
	deliver_set_config(w.d, &config);
	item->tenant = &other;
	item->route = "good.test";
	run_until(is_over);
	ck_assert_uint_eq(w.f->count[ATTEMPT_FAILED], 0);
	ck_assert_uint_eq(w.f->count[ATTEMPT_DEFERRED], 0);
	ck_assert_uint_eq(w.f->count[ATTEMPT_DELIVERED], 1);
	ck_assert_uint_eq(w.fake.mails, 1);
}
END_TEST

/* The new way cannot be, and the old one has no meaning for its routes. */
START_TEST(no_way_bounces_nothing)
{
	static struct tenant_conf other;
	static struct config config;

	begin();
	other = w.tenant;
	other.deliver.via = (char *)"relay";
	other.deliver.host = (char *)"127.0.0.2";
	other.deliver.tls = TLS_LEVEL_VERIFIED;
	other.deliver.ca = (char *)"/nowhere/ca.pem";
	config = w.config;
	config.tenant = &other;
	deliver_set_config(w.d, &config);
	fake_flow_add(w.flow, &other, MIXED, 1, MAIL);
	fake_flow_wake(w.flow);
	timer_set(w.guard, 100 * US_PER_MS);
	loop_run(w.loop);
	ck_assert_uint_eq(w.f->count[ATTEMPT_FAILED], 0);
	ck_assert_uint_eq(w.f->open, 1);
	/* And now it can. */
	other.deliver.tls = TLS_LEVEL_NONE;
	w.late = false;
	deliver_set_config(w.d, &config);
	run_until(is_over);
	ck_assert_uint_eq(w.f->count[ATTEMPT_DELIVERED], 1);
}
END_TEST

START_TEST(a_quota_waits_for_its_window)
{
	struct fake_item *item;

	relay();
	w.f->stop_when_empty = false;
	w.fake.rule[0] = (struct fake_rule){
		"DOT", 1,
		"550 5.4.5 Daily SMTP relay sending limit exceeded for user"};
	item = fake_flow_add(w.flow, &w.tenant, MIXED, 1, MAIL);
	begin();
	run_until(some_deferred);
	ck_assert_int_eq(item->last[0].retry_us, US_PER_DAY);
}
END_TEST

Suite *test_routes_suite(void)
{
	Suite *s = suite_create("routes");
	TCase *c = tcase_create("all");

	log_setup(LOG_ERROR, false, "test");
	tcase_set_timeout(c, 100);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, dead_domains_hold_up_nobody);
	tcase_add_test(c, a_backlog_of_a_dead_route_makes_no_claim_longer);
	tcase_add_loop_test(c, a_domain_without_mail_bounces_all, 0, 2);
	tcase_add_test(c, quiet_lanes_go);
	tcase_add_test(c, one_domain_by_setting);
	tcase_add_loop_test(c, one_domain_as_learned, 0, 2);
	tcase_add_test(c, a_single_domain_is_deferred_by_it);
	tcase_add_test(c, a_loop_is_nobodys_bounce);
	tcase_add_loop_test(c, another_way_takes_over, 0, 2);
	tcase_add_test(c, no_way_bounces_nothing);
	tcase_add_test(c, a_quota_waits_for_its_window);
	suite_add_tcase(s, c);
	return s;
}
