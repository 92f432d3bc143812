/* bench.c - see bench.h: opening, closing, the fake deliverer. */
#include "bench.h"
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- the deliverer ------------------------------------------------------------ */

/* False: its copy could not be read. */
static bool keep(struct bench *b, struct attempt *a)
{
	struct attempt_source *s = attempt_source_new(b->flow, a);
	struct sent it = {.id = a->message.id,
			  .kind = a->message.kind,
			  .attempts = a->rcpt[0].row.attempts,
			  .bytes = BUF_MAX(200 * MIB),
			  .has_8bit = a->has_8bit,
			  .has_bare_lf = a->has_bare_lf};
	struct str piece;
	struct err e = ERR_EMPTY;

	for (;;) {
		if (!attempt_source_next(s, &piece, &e))
			break;
		if (piece.n == 0)
			break;
		ck_assert(buf_put_str(&it.bytes, piece));
	}
	attempt_source_free(&s);
	if (b->unreadable && e.class == ERR_RETRY) {
		buf_release(&it.bytes);
		return false;
	}
	ck_assert_msg(e.class == ERR_NONE, "%s", e.text);
	ck_assert_uint_eq(it.bytes.n, a->size);
	for (size_t i = 0; i < a->rcpt_n; i++) {
		size_t n = strlen(it.to);

		snprintf(it.to + n, sizeof(it.to) - n, " " STR_FMT,
			 STR_ARG(a->rcpt[i].row.address));
	}
	vec_push(&b->sent, it);
	return true;
}

static void answer_one(struct bench *b, struct attempt *a)
{
	snprintf(a->remote, sizeof(a->remote), "relay.test[192.0.2.9]");
	for (size_t i = 0; i < a->rcpt_n; i++) {
		struct attempt_rcpt *r = &a->rcpt[i];

		ck_assert_int_eq(r->row.state, RCPT_SENDING);
		r->class = ATTEMPT_DELIVERED;
		r->code = 250;
		snprintf(r->answer, sizeof(r->answer), "250 2.0.0 Ok");
		if (b->verdict)
			b->verdict(b, a, r);
	}
	flow_attempt_done(b->flow, &a);
}

void bench_answer(struct bench *b)
{
	while (b->open.n)
		answer_one(b, b->open.v[--b->open.n]);
}

static bool reserve(void *arg, const struct tenant_conf *t, struct str route)
{
	struct bench *b = arg;

	(void)route;
	ck_assert_ptr_eq(t, &b->tenant);
	if ((int)b->open.n + b->reserved >= (int)b->slots)
		return false;
	b->reserved++;
	return true;
}

static void unreserve(void *arg, const struct tenant_conf *t, struct str route)
{
	struct bench *b = arg;

	(void)route;
	ck_assert_ptr_eq(t, &b->tenant);
	b->reserved--;
}

static void start(void *arg, struct attempt *a)
{
	struct bench *b = arg;
	struct store_found f = found(b, a->message.id);

	/* Recorded before it is made. */
	for (size_t i = 0; i < a->rcpt_n; i++) {
		const struct store_rcpt *r = &f.rcpt[a->rcpt[i].row.n];

		ck_assert_int_eq(r->state, RCPT_SENDING);
		ck_assert_uint_eq(r->version, a->rcpt[i].row.version);
		ck_assert_uint_eq(r->attempts, a->rcpt[i].row.attempts);
	}
	b->reserved--; /* a claim puts its own back when it is done */
	if (!keep(b, a)) {
		for (size_t i = 0; i < a->rcpt_n; i++)
			a->rcpt[i].class = ATTEMPT_DEFERRED;
		flow_attempt_done(b->flow, &a);
		return;
	}
	vec_push(&b->open, a);
	if (!b->deaf)
		bench_answer(b);
}

static void claimed(void *arg, size_t started, int64_t next_us)
{
	struct bench *b = arg;

	(void)next_us;
	b->reserved += (int)started;
	b->claiming = false;
}

static void wake(void *arg)
{
	struct bench *b = arg;

	b->wakes++;
	if (b->claiming || b->closed)
		return;
	b->claiming = true;
	flow_claim(b->flow, &(struct store_rooms){.copies = 50}, claimed, b);
}

static void on_claim(void *arg)
{
	struct bench *b = arg;

	timer_set(b->claim, 10 * US_PER_MS);
	wake(b);
	b->wakes--;
}

/* ---- the loop ------------------------------------------------------------------- */

static void on_tick(void *arg)
{
	struct bench *b = arg;

	loop_stop(b->loop);
}

void bench_step(struct bench *b)
{
	timer_set(b->tick, US_PER_MS);
	loop_run(b->loop);
}

void bench_wait(struct bench *b, unsigned ms)
{
	int64_t end = clock_monotonic_us() + ms * US_PER_MS;

	while (clock_monotonic_us() < end)
		bench_step(b);
}

/* ---- opening -------------------------------------------------------------------- */

static void configure(struct bench *b)
{
	struct config *c = &b->config;
	struct tenant_conf *t = &b->tenant;
	struct err e = ERR_EMPTY;

	*c = (struct config){.hostname = (char *)"gate.example.co.jp",
			     .public_url = (char *)"https://gate.example/",
			     .language = (char *)"en",
			     .timezone = tz_load("Asia/Tokyo", &e)};
	b->admins[0] = (char *)"it@example.co.jp";
	c->admins.v = b->admins;
	c->admins.n = 1;
	c->queue.warn_after_us = US_PER_HOUR;
	c->queue.give_up_us = US_PER_DAY;
	c->queue.unknown_after_us = 30 * US_PER_MS;
	c->queue.retry_first_us = 20 * US_PER_MS;
	c->queue.retry_most_us = 80 * US_PER_MS;
	c->limits.message = 150 * MIB;
	*t = (struct tenant_conf){
		.tenant = (char *)"example",
		.kind = KIND_SMTP,
		.notices_from = (char *)"sekisho@example.co.jp"};
	b->domains[0] = (char *)"example.co.jp";
	t->domains.v = b->domains;
	t->domains.n = 1;
	ck_assert(cidr_parse(STR("192.0.2.0/24"), &b->network, &e));
	t->accept.networks.v = &b->network;
	t->accept.networks.n = 1;
	c->tenant = t;
	c->tenant_n = 1;
}

void bench_policy(struct bench *b, const char *rules)
{
	static const char *const internal[] = {"example.co.jp"};
	struct policy_source src = {.internal = internal, .internal_n = 1};
	struct conf_errors errs = {0};
	AUTO(buf) text = BUF_MAX(64 * KIB);
	AUTO(buf) told = BUF_MAX(64 * KIB);
	struct policy *p;

	buf_puts(&text, "sekisho: 1\n");
	if (rules && strncmp(rules, "  - rule", 8) == 0)
		buf_puts(&text, "rules:\n");
	buf_puts(&text, rules ? rules : "rules: []\n");
	p = policy_load_text(&src, buf_str(&text), "policy.yaml", &errs);
	conf_errors_print(&errs, "en", &told);
	ck_assert_msg(p != NULL, "%s", buf_cstr(&told));
	conf_errors_release(&errs);
	b->inspect.version = policy_question(p)->version;
	flow_set_policy(b->flow, p, 7);
}

static int64_t wall(void *arg)
{
	return clock_now_us() + ((struct bench *)arg)->wall_us;
}

static int64_t machine(void *arg)
{
	return clock_machine_us() + ((struct bench *)arg)->machine_us;
}

static void bench_start(struct bench *b, const char *policy)
{
	static const struct flow_deliverer deliverer = {reserve, unreserve,
							start, wake};
	struct store_conf conf = {.url = b->url, .keys = b->keys};
	struct err e = ERR_EMPTY;
	struct flow_conf fc = {.loop = b->loop,
			       .config = &b->config,
			       .keys = b->keys,
			       .inspect = &b->inspect,
			       .notices = b->notices,
			       .auth = b->auth,
			       .metrics = &b->metrics,
			       .build = b->build,
			       .clocks = &b->clocks};

	b->clocks.wall = wall;
	b->clocks.machine = machine;
	b->clocks.arg = b;
	if (!b->clocks.boot_id)
		b->clocks.boot_id = "a";
	b->spool = spool_open(b->spool_folder, &e);
	ck_assert_msg(b->spool != NULL, "%s", e.text);
	conf.spool = b->spool;
	b->store = store_open(&conf, &e);
	ck_assert_msg(b->store != NULL, "%s", e.text);
	b->reader = store_reader_new(b->store, &e);
	ck_assert_msg(b->reader != NULL, "%s", e.text);
	fc.store = b->store;
	fc.spool = b->spool;
	b->flow = flow_new(&fc, &e);
	ck_assert_msg(b->flow != NULL, "%s", e.text);
	bench_policy(b, policy);
	flow_set_deliverer(b->flow, &deliverer, b);
	b->claim = timer_new(b->loop, on_claim, b);
	timer_set(b->claim, US_PER_MS);
	ck_assert_msg(flow_start(b->flow, &e), "%s", e.text);
}

static void bench_make(struct bench *b)
{
	struct err e = ERR_EMPTY;

	log_setup(getenv("BENCH_LOG") ? LOG_DEBUG : LOG_ERROR + 1, false,
		  "test");
	b->loop = loop_new(&e);
	b->tick = timer_new(b->loop, on_tick, b);
	b->keys = keys_test();
	b->notices = notices_load(NULL, &e);
	ck_assert_msg(b->notices != NULL, "%s", e.text);
	b->spool_folder = mem_printf("%s/spool", b->folder);
	fake_inspect_init(&b->inspect, b->loop);
	b->slots = 4;
	configure(b);
	b->auth = auth_new(&b->config, NULL, NULL);
}

void bench_open(struct bench *b, int driver, const char *policy)
{
	*b = (struct bench){0};
	snprintf(b->folder, sizeof(b->folder), "/tmp/sekisho-flow-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(b->folder));
	b->url = driver == BENCH_MEMORY
			 ? mem_strdup("memory:")
			 : mem_printf("sqlite:%s/store.db", b->folder);
	bench_make(b);
	bench_start(b, policy);
}

void bench_open_at(struct bench *b, const char *folder, const char *policy)
{
	*b = (struct bench){0};
	snprintf(b->folder, sizeof(b->folder), "%s", folder);
	b->url = mem_printf("sqlite:%s/store.db", b->folder);
	bench_make(b);
	bench_start(b, policy);
}

/* ---- closing --------------------------------------------------------------------- */

static void on_drained(void *arg)
{
	*(bool *)arg = true;
}

/* What was handed to the writer is done, and told. */
static void settle(struct bench *b)
{
	bool drained = false;

	flow_drain(b->flow, US_PER_MIN, on_drained, &drained);
	UNTIL(b, drained);
	ck_assert_uint_eq(b->flow->handed, 0);
}

static void stop(struct bench *b)
{
	b->closed = true;
	b->verdict = NULL;
	fake_inspect_speak(&b->inspect);
	UNTIL(b, b->flow->undecided == 0);
	b->flow->stopping = true;
	while (b->open.n) {
		struct attempt *a = b->open.v[--b->open.n];

		for (size_t i = 0; i < a->rcpt_n; i++)
			a->rcpt[i].class = ATTEMPT_UNTRIED;
		flow_attempt_done(b->flow, &a);
	}
	UNTIL(b, inspect_backlog(&b->inspect) == 0 && b->flow->handed == 0);
	settle(b);
	UNTIL(b, b->inspect.taken == 0 && b->reserved == 0);
}

static void stop_store(struct bench *b)
{
	timer_free(&b->claim);
	flow_free(&b->flow);
	store_reader_free(&b->reader);
	store_close(&b->store);
	spool_close(&b->spool);
}

void bench_reopen(struct bench *b, const char *policy)
{
	stop(b);
	stop_store(b);
	b->closed = false;
	bench_start(b, policy);
}

void bench_shut(struct bench *b)
{
	stop_store(b);
	timer_free(&b->tick);
	loop_free(&b->loop);
	keys_free(&b->keys);
	notices_free(&b->notices);
	auth_free(&b->auth);
	tz_free(&b->config.timezone);
	mem_free(b->url);
	mem_free(b->spool_folder);
	VEC_EACH (s, &b->sent) {
		buf_release(&s->bytes);
	}
	vec_release(&b->sent);
	vec_release(&b->open);
	arena_release(&b->arena);
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void bench_close(struct bench *b)
{
	stop(b);
	judges(b);
	bench_shut(b);
	nftw(b->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
