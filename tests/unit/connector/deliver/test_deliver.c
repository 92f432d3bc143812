/* Slots, reuse, pace, pauses and results, against a server that fails. */
#include "connector/deliver/deliver.h"

#include <check.h>
#include "connector/smtp/client.h"
#include "tests/unit/connector/deliver/fake_flow.h"
#include "tests/unit/fake_smtp.h"

Suite *test_deliver_suite(void);

#define MAIL "Subject: x\r\n\r\nhello\r\n"

struct world {
	struct fake_smtp fake;
	struct loop *loop;
	struct flow *flow;
	struct fake_flow *f;
	struct deliver *d;
	struct tenant_conf tenant[2];
	struct config config;
	struct deliver_tuning tuning;
	struct smtp_timeouts timeouts;
	struct metrics metrics;
	struct timer *guard, *look;
	size_t wanted;
	enum attempt_class wanted_class;
	bool by_rule;
	bool late, drained;
};

static void setup(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->loop = loop_new(NULL);
	w->flow = fake_flow_new(w->loop);
	w->f = fake_flow_of(w->flow);
	w->tuning = deliver_tuning_default;
	w->timeouts = smtp_timeouts_default;
	w->tuning.timeouts = &w->timeouts;
	w->tuning.down_first_us = w->tuning.throttle_first_us =
		w->tuning.refused_first_us = 60 * US_PER_MS;
	w->config.hostname = (char *)"gate.example.jp";
	w->config.tenant = w->tenant;
	w->config.tenant_n = 1;
	for (int i = 0; i < 2; i++) {
		struct tenant_conf *t = &w->tenant[i];

		t->tenant = (char *)(i ? "two" : "one");
		t->deliver.via = (char *)"relay";
		t->deliver.host = (char *)"127.0.0.1";
		t->deliver.connections = 4;
		t->deliver.recipients = 100;
	}
}

static void too_late(void *arg)
{
	struct world *w = arg;

	w->late = true;
	loop_stop(w->loop);
}

static void begin(struct world *w)
{
	struct deliver_conf conf = {.loop = w->loop,
				    .config = &w->config,
				    .flow = w->flow,
				    .metrics = &w->metrics,
				    .tuning = &w->tuning};
	struct err e = ERR_EMPTY;

	if (!w->fake.port)
		fake_start(&w->fake);
	for (int i = 0; i < 2; i++)
		w->tenant[i].deliver.port = (uint16_t)w->fake.port;
	w->d = deliver_new(&conf, &e);
	ck_assert_msg(w->d != NULL, "%s", e.text);
	w->guard = timer_new(w->loop, too_late, w);
}

static void run(struct world *w)
{
	timer_set(w->guard, 2 * US_PER_MIN);
	loop_run(w->loop);
	ck_assert_msg(!w->late, "it hangs; %zu open", w->f->open);
}

static bool rule_was_used(struct world *w)
{
	bool used;

	pthread_mutex_lock(&w->fake.lock);
	used = w->fake.hits[0] > 0;
	pthread_mutex_unlock(&w->fake.lock);
	return used;
}

static void look_again(void *arg)
{
	struct world *w = arg;

	if (w->by_rule ? rule_was_used(w)
		       : w->f->count[w->wanted_class] >= w->wanted)
		loop_stop(w->loop);
	else
		timer_set(w->look, 2 * US_PER_MS);
}

static void run_and_look(struct world *w)
{
	w->f->stop_when_empty = false;
	w->look = timer_new(w->loop, look_again, w);
	look_again(w);
	run(w);
	timer_free(&w->look);
}

/* Until so many are delivered, whatever else is open. */
static void run_until_delivered(struct world *w, size_t n)
{
	w->wanted = n;
	w->wanted_class = ATTEMPT_DELIVERED;
	w->by_rule = false;
	run_and_look(w);
}

static void run_until_rule(struct world *w)
{
	w->by_rule = true;
	run_and_look(w);
}

static void end(struct world *w)
{
	deliver_free(&w->d);
	ck_assert_int_eq(metric_get(&w->metrics, METRIC_NEXT_HOP_CONNECTIONS),
			 0);
	timer_free(&w->guard);
	loop_free(&w->loop);
	fake_flow_free(&w->flow);
	fake_stop(&w->fake);
}

static struct fake_item *add(struct world *w, int tenant)
{
	static const char *const to[] = {"a@ext.example"};

	return fake_flow_add(w->flow, &w->tenant[tenant], to, 1, MAIL);
}

START_TEST(a_backlog_leaves_by_few_connections)
{
	struct world w;

	setup(&w);
	begin(&w);
	for (int i = 0; i < 300; i++)
		add(&w, 0);
	run(&w);
	ck_assert_uint_eq(fake_mails(&w.fake), 300);
	ck_assert_uint_eq(w.f->count[ATTEMPT_DELIVERED], 300);
	ck_assert_int_le(w.fake.connections, 8);
	/* It is fast: some may be recorded that wait for a connection. */
	ck_assert_uint_le(w.f->most_sending, 4 * 32);
	end(&w);
}
END_TEST

START_TEST(a_slow_hop_has_a_slot_a_connection)
{
	struct world w;

	setup(&w);
	w.fake.slow_us = 30000;
	begin(&w);
	for (int i = 0; i < 20; i++)
		add(&w, 0);
	run(&w);
	ck_assert_uint_eq(w.f->count[ATTEMPT_DELIVERED], 20);
	/* No attempt is recorded that nobody makes. */
	ck_assert_uint_le(w.f->most_sending, 4);
	end(&w);
}
END_TEST

START_TEST(decided_mail_starts_at_once)
{
	struct world w;
	struct fake_item *item;

	setup(&w);
	begin(&w);
	for (int i = 0; i < 60; i++) {
		item = add(&w, 0);
		fake_flow_submit(w.flow, item);
	}
	run(&w);
	ck_assert_uint_eq(w.f->count[ATTEMPT_DELIVERED], 60);
	ck_assert_str_eq(item->last[0].status, "2.0.0");
	ck_assert_int_eq(item->last[0].code, 250);
	ck_assert_str_eq(item->last[0].answer, "250 2.0.0 Ok: queued as FAKE");
	ck_assert_ptr_nonnull(strstr(item->remote, "127.0.0.1[127.0.0.1]"));
	end(&w);
}
END_TEST

START_TEST(a_connection_is_not_used_for_ever)
{
	struct world w;

	setup(&w);
	w.tuning.mails = 10;
	w.tenant[0].deliver.connections = 1;
	begin(&w);
	for (int i = 0; i < 35; i++)
		add(&w, 0);
	run(&w);
	ck_assert_int_eq(w.fake.connections, 4);
	ck_assert_uint_eq(fake_mails(&w.fake), 35);
	end(&w);
}
END_TEST

static void more_mail(void *arg)
{
	struct world *w = arg;

	add(w, 0);
	fake_flow_wake(w->flow);
}

START_TEST(idle_connections_end)
{
	struct world w;
	struct timer *t;

	setup(&w);
	w.tuning.idle_us = 40 * US_PER_MS;
	begin(&w);
	add(&w, 0);
	run(&w);
	t = timer_new(w.loop, more_mail, &w);
	timer_set(t, 200 * US_PER_MS);
	run(&w);
	ck_assert_int_eq(w.fake.connections, 2);
	ck_assert(fake_heard(&w.fake, "QUIT"));
	timer_free(&t);
	end(&w);
}
END_TEST

/* The server closes kept connections: the next mail must not be deferred. */
START_TEST(a_stale_connection_costs_nothing)
{
	static const char *const how[] = {"close", "reset",
					  "last:421 4.4.2 idle too long"};
	struct world w;
	struct fake_item *second;

	setup(&w);
	w.tenant[0].deliver.connections = 1;
	w.fake.rule[0] = (struct fake_rule){"MAIL", 2, how[_i]};
	begin(&w);
	add(&w, 0);
	second = add(&w, 0);
	run(&w);
	ck_assert_uint_eq(fake_mails(&w.fake), 2);
	ck_assert_uint_eq(second->attempts, 1);
	ck_assert_uint_eq(w.f->count[ATTEMPT_DEFERRED], 0);
	ck_assert_int_eq(w.fake.connections, 2);
	end(&w);
}
END_TEST

static const char *const *many(void)
{
	static char text[230][32];
	static const char *to[230];

	for (int i = 0; i < 230; i++) {
		snprintf(text[i], sizeof(text[i]), "r%d@ext.example", i);
		to[i] = text[i];
	}
	return to;
}

START_TEST(recipients_are_split_and_merged)
{
	struct world w;
	struct fake_item *item;

	setup(&w);
	w.fake.rule[0] = (struct fake_rule){"RCPT", 150, "550 5.1.1 no"};
	w.fake.rule[1] = (struct fake_rule){"RCPT", 210, "450 4.2.1 later"};
	begin(&w);
	item = fake_flow_add(w.flow, &w.tenant[0], many(), 230, MAIL);
	run(&w);
	/* 100 + 100 + 30, and one again */
	ck_assert_uint_eq(fake_mails(&w.fake), 4);
	ck_assert_uint_eq(item->attempts, 2);
	ck_assert_int_eq(item->last[149].class, ATTEMPT_FAILED);
	ck_assert_str_eq(item->last[149].status, "5.1.1");
	ck_assert_int_eq(item->last[209].class, ATTEMPT_DELIVERED);
	ck_assert_uint_eq(w.f->count[ATTEMPT_DELIVERED], 229);
	end(&w);
}
END_TEST

START_TEST(too_many_recipients_go_on_at_once)
{
	struct world w;
	struct fake_item *item;

	setup(&w);
	for (int i = 0; i < 10; i++)
		w.fake.rule[i] = (struct fake_rule){"RCPT", 21 + i,
						    "452 4.5.3 too many"};
	begin(&w);
	item = fake_flow_add(w.flow, &w.tenant[0], many(), 30, MAIL);
	run(&w);
	ck_assert_uint_eq(item->attempts, 1);
	ck_assert_uint_eq(fake_mails(&w.fake), 2);
	ck_assert_uint_eq(w.f->count[ATTEMPT_DELIVERED], 30);
	end(&w);
}
END_TEST

/* CHUNKING was offered, and BDAT is not known: the same attempt goes on by
 * DATA, those refused by name aside, and the next mails begin so. 2: the same
 * for bare line feeds, of which another copy leaves. 3: none can be made. */
START_TEST(refused_bdat_goes_by_data_at_once)
{
	static const char *const replies[] = {"500 5.5.1 what", "502 5.5.1 no",
					      "503 5.5.1 no", "502 5.5.1 no"};
	static const char *const to[] = {"a@ext.example", "b@ext.example"};
	AUTO(buf) text = BUF_MAX(256 * KIB);
	struct fake_item *item;
	struct world w;

	while (text.n < 100 * KIB)
		buf_puts(&text, "DATA is a word, too\r\n");
	setup(&w);
	w.fake.rule[0] = (struct fake_rule){"BDAT", 0, replies[_i]};
	w.fake.rule[1] = (struct fake_rule){"RCPT", 2, "550 5.1.1 who"};
	begin(&w);
	item = fake_flow_add(w.flow, &w.tenant[0], to, 2, buf_cstr(&text));
	item->has_bare_lf = _i >= 2;
	item->lower = _i == 2 ? MAIL : NULL;
	run(&w);
	ck_assert_uint_eq(item->attempts, 1);
	ck_assert_int_eq(item->last[1].class, ATTEMPT_FAILED);
	ck_assert_str_eq(item->last[1].status, "5.1.1");
	ck_assert_int_eq(item->last[0].class,
			 _i == 3 ? ATTEMPT_FAILED : ATTEMPT_DELIVERED);
	ck_assert_uint_eq(fake_mails(&w.fake), _i != 3);
	w.fake.rule[0].action = "reset";
	item = fake_flow_add(w.flow, &w.tenant[0], to, 1, buf_cstr(&text));
	fake_flow_wake(w.flow);
	run(&w);
	ck_assert_int_eq(item->last[0].class, ATTEMPT_DELIVERED);
	ck_assert_uint_eq(item->attempts, 1);
	end(&w);
}
END_TEST

/* That BDAT is not known was not said: what only BDAT carries waits. */
START_TEST(refused_bdat_may_be_taken_later)
{
	static const char *const replies[] = {"503 5.5.1 no", "504 5.5.4 no"};
	static const char *const to[] = {"a@ext.example"};
	struct fake_item *item;
	struct world w;

	setup(&w);
	w.fake.rule[0] = (struct fake_rule){"BDAT", 0, replies[_i]};
	begin(&w);
	w.f->retry_us = US_PER_HOUR;
	item = fake_flow_add(w.flow, &w.tenant[0], to, 1, MAIL);
	item->has_bare_lf = true;
	w.wanted = 1;
	w.wanted_class = ATTEMPT_DEFERRED;
	run_and_look(&w);
	ck_assert_str_eq(item->last[0].status, "4.6.11");
	ck_assert_uint_eq(w.f->count[ATTEMPT_FAILED], 0);
	end(&w);
}
END_TEST

/* A client says SMTPUTF8 of all its mail: only one that needs it cannot go
 * where that is not known. Where it is, nothing is touched. */
START_TEST(smtputf8_that_nothing_needs)
{
	static const char *const caps[] = {"PIPELINING|8BITMIME",
					   "8BITMIME|SMTPUTF8",
					   "PIPELINING|8BITMIME"};
	const char *wide = "Subject: x\r\n\r\n\xe9\x96\xa2\r\n";
	struct fake_item *item;
	struct world w;

	setup(&w);
	w.fake.caps = caps[_i];
	begin(&w);
	item = add(&w, 0);
	item->content = wide;
	item->content_n = strlen(wide);
	item->has_8bit = item->smtputf8 = true;
	item->lower = _i == 2 ? NULL : MAIL;
	run(&w);
	if (_i == 2) {
		ck_assert_int_eq(item->last[0].class, ATTEMPT_FAILED);
		ck_assert_str_eq(item->last[0].status, "5.6.9");
	} else {
		ck_assert_int_eq(item->last[0].class, ATTEMPT_DELIVERED);
		ck_assert(
			str_is(str_n(w.fake.mail[0].content, w.fake.mail[0].n),
			       _i ? wide : MAIL));
	}
	end(&w);
}
END_TEST

START_TEST(a_lost_answer_is_unknown)
{
	struct world w;
	struct fake_item *item;

	setup(&w);
	w.fake.rule[0] = (struct fake_rule){"DOT", 1, "close"};
	begin(&w);
	item = add(&w, 0);
	run(&w);
	ck_assert_int_eq(item->last[0].class, ATTEMPT_UNKNOWN);
	ck_assert_uint_eq(item->attempts, 1);
	end(&w);
}
END_TEST

START_TEST(next_hop_down_pauses_and_returns)
{
	struct world w;

	setup(&w);
	fake_start(&w.fake); /* a port of our own, closed again */
	fake_stop(&w.fake);
	begin(&w);
	for (int i = 0; i < 50; i++)
		add(&w, 0);
	w.f->stop_when_empty = true;
	timer_set(w.guard, 300 * US_PER_MS); /* some rounds of pauses */
	loop_run(w.loop);
	w.late = false;
	/* the queue is not burnt: one attempt a round */
	ck_assert_uint_ge(w.f->count[ATTEMPT_DEFERRED], 1);
	ck_assert_uint_le(w.f->count[ATTEMPT_DEFERRED], 6);
	ck_assert_uint_le(w.f->count[ATTEMPT_UNTRIED], 30);
	fake_start(&w.fake);
	run(&w);
	ck_assert_uint_eq(w.f->count[ATTEMPT_DELIVERED], 50);
	end(&w);
}
END_TEST

START_TEST(refusal_parks_and_alarms)
{
	static const struct fake_rule rule[] = {
		{"MAIL", 1,
		 "550 5.7.64 TenantAttribution; Relay Access "
		 "Denied SMTP"},
		{"RCPT", 1, "554 5.7.1 <a@ext.example>: Relay access denied"},
		{"MAIL", 1, "530 5.7.0 Must issue a STARTTLS command first"},
		{"GREETING", 1, "554 5.7.1 not you"},
	};
	struct world w;
	struct fake_item *first;

	setup(&w);
	w.fake.rule[0] = rule[_i];
	w.tenant[0].deliver.connections = 1;
	begin(&w);
	first = add(&w, 0);
	for (int i = 0; i < 5; i++)
		add(&w, 0);
	run_until_delivered(&w, 5);
	ck_assert(first->parked);
	ck_assert_int_eq(first->last[0].class, ATTEMPT_MISCONFIGURED);
	ck_assert_uint_eq(w.f->count[ATTEMPT_MISCONFIGURED], 1);
	ck_assert_uint_eq(w.f->count[ATTEMPT_DELIVERED], 5);
	ck_assert_uint_eq(w.f->alarms, 1);
	ck_assert_ptr_nonnull(strstr(w.f->alarm, "tenant one"));
	end(&w);
}
END_TEST

START_TEST(relay_denied_for_one_of_two_is_his_alone)
{
	static const char *const to[] = {"a@ext.example", "b@ext.example"};
	struct world w;
	struct fake_item *item;

	setup(&w);
	w.fake.rule[0] = (struct fake_rule){"RCPT", 2,
					    "554 5.7.1 Relay access denied"};
	begin(&w);
	item = fake_flow_add(w.flow, &w.tenant[0], to, 2, MAIL);
	run(&w);
	ck_assert_int_eq(item->last[0].class, ATTEMPT_DELIVERED);
	ck_assert_int_eq(item->last[1].class, ATTEMPT_FAILED);
	ck_assert_uint_eq(w.f->alarms, 0);
	end(&w);
}
END_TEST

START_TEST(throttling_slows_the_tenant)
{
	struct world w;

	setup(&w);
	w.fake.rule[0] = (struct fake_rule){
		"MAIL", 1, "451 4.7.500 Server busy. Please try again later"};
	begin(&w);
	for (int i = 0; i < 20; i++)
		add(&w, 0);
	run(&w);
	ck_assert_uint_eq(w.f->count[ATTEMPT_DELIVERED], 20);
	ck_assert_uint_ge(w.f->count[ATTEMPT_DEFERRED], 1);
	ck_assert_uint_eq(w.f->alarms, 0);
	end(&w);
}
END_TEST

/* One tenant's next hop hangs: the other's mail flows. */
START_TEST(tenants_do_not_wait_for_each_other)
{
	struct world w;
	struct fake_smtp slow = {.rule = {{"MAIL", 0, "hang"}}};

	setup(&w);
	w.config.tenant_n = 2;
	fake_start(&slow);
	begin(&w);
	deliver_free(&w.d);
	w.tenant[1].deliver.port = (uint16_t)slow.port;
	w.d = deliver_new(&(struct deliver_conf){.loop = w.loop,
						 .config = &w.config,
						 .flow = w.flow,
						 .metrics = &w.metrics,
						 .tuning = &w.tuning},
			  NULL);
	for (int i = 0; i < 40; i++) {
		add(&w, 1);
		add(&w, 0);
	}
	run_until_delivered(&w, 40);
	ck_assert_uint_eq(w.f->count[ATTEMPT_DELIVERED], 40);
	end(&w);
	fake_stop(&slow);
}
END_TEST

START_TEST(pace_is_kept)
{
	struct world w;
	int64_t began;

	setup(&w);
	w.tenant[0].deliver.per_minute = 600; /* one each 100 ms */
	begin(&w);
	for (int i = 0; i < 14; i++)
		add(&w, 0);
	began = clock_monotonic_us();
	run(&w);
	/* a burst of a second's worth, then the pace */
	ck_assert_int_ge(clock_monotonic_us() - began, 250 * US_PER_MS);
	ck_assert_int_le(clock_monotonic_us() - began, 20 * US_PER_S);
	end(&w);
}
END_TEST

START_TEST(one_connection_more_than_the_peer_likes)
{
	struct world w;

	setup(&w);
	w.fake.rule[0] = (struct fake_rule){"GREETING", 2,
					    "last:421 4.7.0 too many"};
	w.fake.rule[1] = (struct fake_rule){"GREETING", 3,
					    "last:421 4.7.0 too many"};
	begin(&w);
	for (int i = 0; i < 100; i++)
		add(&w, 0);
	run(&w);
	ck_assert_uint_eq(w.f->count[ATTEMPT_DELIVERED], 100);
	ck_assert_uint_le(w.f->count[ATTEMPT_DEFERRED], 1);
	ck_assert_int_le(w.fake.connections, 12);
	end(&w);
}
END_TEST

static void on_drained(void *arg)
{
	struct world *w = arg;

	w->drained = true;
	loop_stop(w->loop);
}

static void drain(struct world *w)
{
	deliver_drain(w->d, 100 * US_PER_MS, on_drained, w);
	run(w);
}

START_TEST(drain_ends_what_hangs)
{
	static const char *const at[] = {"MAIL", "DOT"};
	struct world w;
	struct fake_item *item;

	setup(&w);
	w.fake.rule[0] = (struct fake_rule){at[_i], 0, "hang"};
	begin(&w);
	item = add(&w, 0);
	run_until_rule(&w);
	drain(&w);
	ck_assert(w.drained);
	ck_assert(!item->sending);
	ck_assert_int_eq(item->last[0].class,
			 _i ? ATTEMPT_UNKNOWN : ATTEMPT_DEFERRED);
	end(&w);
}
END_TEST

START_TEST(drain_of_nothing_is_quick)
{
	struct world w;

	setup(&w);
	begin(&w);
	add(&w, 0);
	run_until_delivered(&w, 1);
	drain(&w);
	ck_assert(w.drained);
	ck_assert_uint_eq(w.f->count[ATTEMPT_DELIVERED], 1);
	end(&w);
}
END_TEST

START_TEST(new_settings_take_over)
{
	struct world w;

	setup(&w);
	begin(&w);
	add(&w, 0);
	run(&w);
	deliver_set_config(w.d, &w.config); /* kept connections end */
	add(&w, 0);
	fake_flow_wake(w.flow);
	run(&w);
	ck_assert_int_eq(w.fake.connections, 2);
	/* a broken one leaves the old in force */
	w.tenant[0].deliver.tls = TLS_LEVEL_VERIFIED;
	w.tenant[0].deliver.ca = (char *)"/nowhere/ca.pem";
	deliver_set_config(w.d, &w.config);
	add(&w, 0);
	fake_flow_wake(w.flow);
	run(&w);
	ck_assert_uint_eq(w.f->count[ATTEMPT_DELIVERED], 3);
	end(&w);
}
END_TEST

START_TEST(a_tenant_that_left_is_not_served)
{
	struct world w;
	struct config none;

	setup(&w);
	begin(&w);
	none = w.config;
	none.tenant_n = 0;
	deliver_set_config(w.d, &none);
	add(&w, 0);
	fake_flow_wake(w.flow);
	timer_set(w.guard, 50 * US_PER_MS);
	loop_run(w.loop);
	ck_assert_uint_eq(w.f->done, 0);
	end(&w);
}
END_TEST

Suite *test_deliver_suite(void)
{
	Suite *s = suite_create("deliver");
	TCase *c = tcase_create("all");

	log_setup(LOG_ERROR, false, "test");
	tcase_set_timeout(c, 30);
	tcase_add_test(c, a_backlog_leaves_by_few_connections);
	tcase_add_test(c, a_slow_hop_has_a_slot_a_connection);
	tcase_add_test(c, decided_mail_starts_at_once);
	tcase_add_test(c, a_connection_is_not_used_for_ever);
	tcase_add_test(c, idle_connections_end);
	tcase_add_loop_test(c, a_stale_connection_costs_nothing, 0, 3);
	tcase_add_test(c, recipients_are_split_and_merged);
	tcase_add_test(c, too_many_recipients_go_on_at_once);
	tcase_add_loop_test(c, refused_bdat_goes_by_data_at_once, 0, 4);
	tcase_add_loop_test(c, refused_bdat_may_be_taken_later, 0, 2);
	tcase_add_loop_test(c, smtputf8_that_nothing_needs, 0, 3);
	tcase_add_test(c, a_lost_answer_is_unknown);
	tcase_add_test(c, next_hop_down_pauses_and_returns);
	tcase_add_loop_test(c, refusal_parks_and_alarms, 0, 4);
	tcase_add_test(c, relay_denied_for_one_of_two_is_his_alone);
	tcase_add_test(c, throttling_slows_the_tenant);
	tcase_add_test(c, tenants_do_not_wait_for_each_other);
	tcase_add_test(c, pace_is_kept);
	tcase_add_test(c, one_connection_more_than_the_peer_likes);
	tcase_add_loop_test(c, drain_ends_what_hangs, 0, 2);
	tcase_add_test(c, drain_of_nothing_is_quick);
	tcase_add_test(c, new_settings_take_over);
	tcase_add_test(c, a_tenant_that_left_is_not_served);
	suite_add_tcase(s, c);
	return s;
}
