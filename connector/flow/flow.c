/* flow.c - the flow itself: its parts, its policy, its jobs. */
#include "connector/flow/flow_int.h"

const struct tenant_conf *flow_tenant(struct flow *f, struct str name)
{
	const struct config *c = f->c.config;

	for (size_t i = 0; i < c->tenant_n; i++)
		if (str_is(name, c->tenant[i].tenant))
			return &c->tenant[i];
	return NULL;
}

struct held_policy *policy_hold(struct flow *f)
{
	f->policy->refs++;
	return f->policy;
}

void policy_let_go(struct held_policy **hp)
{
	struct held_policy *h = TAKE(*hp);

	if (!h || --h->refs > 0)
		return;
	policy_free(&h->policy);
	mem_free(h);
}

const struct policy *flow_policy(const struct flow *f)
{
	return f->policy->policy;
}

void flow_set_policy(struct flow *f, struct policy *p, uint32_t version)
{
	struct held_policy *h = NEW(struct held_policy);

	h->policy = p;
	h->version = version;
	h->refs = 1;
	if (policy_unbuilt(p))
		unbuilt_told(f, policy_unbuilt(p));
	policy_let_go(&f->policy);
	f->policy = h;
	known_look(f);
	if (f->started)
		failed_begin(f);
}

void flow_set_config(struct flow *f, const struct config *c)
{
	f->c.config = c;
}

void flow_set_deliverer(struct flow *f, const struct flow_deliverer *d,
			void *arg)
{
	f->deliverer = *d;
	f->deliverer_arg = arg;
}

bool flow_busy(const struct flow *f)
{
	unsigned most = f->c.config->limits.undecided;

	return f->undecided >= (most ? most : 1000) ||
	       f->undecided_large >= LARGE_UNDECIDED;
}

void audit_add(struct flow *f, struct store_job *job, int64_t now_us,
	       int64_t id, const char *actor, const char *event,
	       struct json *detail)
{
	AUTO(buf) text = BUF_MAX(1 * MIB);

	(void)f;
	json_print(detail, &text, false);
	json_free(&detail);
	store_add_audit(job, now_us, id, str_of(actor), str_of(event),
			buf_str(&text));
}

/* ---- jobs for the store ---------------------------------------------------- */

/* One that the store has, until its callback has come. */
struct handed {
	struct flow *f;
	store_done *done;
	void *arg;
};

static bool is_drained(const struct flow *f)
{
	return f->handed == 0 && f->outcomes.n == 0;
}

static void drain_check(struct flow *f)
{
	if (f->drain && is_drained(f))
		timer_set(f->drain, 0);
}

static void on_handed(void *arg, struct store_job *job, const struct err *why)
{
	const struct handed *h = arg;
	struct flow *f = h->f;

	h->done(h->arg, job, why);
	f->handed--;
	drain_check(f);
}

void flow_hand_over(struct flow *f, struct store_job *job, store_done *done,
		    void *arg)
{
	struct handed *h = ARENA_NEW(store_job_arena(job), struct handed);

	*h = (struct handed){f, done, arg};
	f->handed++;
	store_submit(f->c.store, job, f->c.loop, on_handed, h);
}

void flow_submit(struct flow *f, struct store_job *job, store_done *done,
		 void *arg)
{
	/* What has been answered goes with this commit. */
	if (f->outcomes.n)
		outcomes_flush(f);
	flow_hand_over(f, job, done, arg);
}

static void on_outcome_time(void *arg)
{
	outcomes_flush(arg);
}

struct flow *flow_new(const struct flow_conf *conf, struct err *e)
{
	struct flow *f = NEW(struct flow);

	f->c = *conf;
	f->log = (struct log_ctx){conf->log, "part", "flow"};
	pthread_mutex_init(&f->mode_lock, NULL);
	f->reader = store_reader_new(conf->store, e);
	if (!f->reader || !clock_load(f, e) || !mode_load(f, e)) {
		flow_free(&f);
		return NULL;
	}
	f->outcome_timer = timer_new(conf->loop, on_outcome_time, f);
	return f;
}

bool flow_start(struct flow *f, struct err *e)
{
	int64_t now = flow_now(f);
	size_t unknown = 0;

	must(f->policy != NULL);
	TRY(facts_load(f, e) && digest_load(f, e));
	TRY(store_recover(f->c.store, now,
			  now + f->c.config->queue.unknown_after_us, &unknown,
			  e));
	if (unknown)
		LOG(&f->log, LOG_WARN, "recovered", LU("unknown", unknown));
	metric_add(f->c.metrics, METRIC_UNKNOWN, (int64_t)unknown);
	f->started = true;
	redecide(f);
	failed_begin(f);
	recheck_resume(f);
	sweep_start(f);
	known_start(f);
	return true;
}

/* Nothing is left, or time is up. */
static void on_drain(void *arg)
{
	struct flow *f = arg;
	void (*done)(void *) = TAKE(f->drained);

	if (done && !is_drained(f))
		LOG(&f->log, LOG_WARN, "not-drained", LU("jobs", f->handed));
	if (done)
		done(f->drained_arg);
}

void flow_drain(struct flow *f, int64_t within_us, void (*done)(void *arg),
		void *arg)
{
	f->stopping = true;
	f->drained = done;
	f->drained_arg = arg;
	f->drain = timer_new(f->c.loop, on_drain, f);
	timer_set(f->drain, within_us);
	if (f->outcomes.n)
		outcomes_flush(f);
	drain_check(f);
}

void flow_free(struct flow **fp)
{
	struct flow *f = TAKE(*fp);
	size_t at = 0;
	struct str key;
	void *value;

	if (!f)
		return;
	f->stopping = true;
	timer_free(&f->sweep);
	timer_free(&f->outcome_timer);
	timer_free(&f->drain);
	recheck_free(f);
	outcomes_record(f);
	store_reader_free(&f->reader);
	policy_let_go(&f->policy);
	while (map_next(&f->alarms, &at, &key, &value))
		mem_free(value);
	map_release(&f->alarms);
	canary_release(f);
	map_release(&f->turns);
	facts_release(f);
	known_release(f);
	digest_release(f);
	pthread_mutex_destroy(&f->mode_lock);
	mem_free(f);
}
