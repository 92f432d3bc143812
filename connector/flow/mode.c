/* mode.c - the bad day (pass, hold, normal) and alarms.
 *
 * A mode always has an end, a reason and a name; it is kept in the store, so
 * that a restart does not end it.
 */
#include "connector/flow/flow_int.h"

#define MODE_KEY   "mode"
#define MODE_TIMER "timer" /* who ends a mode whose time is over */

static const char *const mode_names[] = {
	[MODE_NORMAL] = "normal",
	[MODE_PASS] = "pass",
	[MODE_HOLD] = "hold",
};

const char *flow_mode_name(enum policy_mode m)
{
	return mode_names[m];
}

bool flow_mode_parse(struct str name, enum policy_mode *m_r)
{
	for (size_t i = 0; i < ARRAY_LEN(mode_names); i++)
		if (str_is(name, mode_names[i])) {
			*m_r = (enum policy_mode)i;
			return true;
		}
	return false;
}

static void mode_take(struct flow *f, const struct flow_mode *m)
{
	pthread_mutex_lock(&f->mode_lock);
	f->mode_full = *m;
	pthread_mutex_unlock(&f->mode_lock);
	atomic_store(&f->mode, (int)m->mode);
}

void flow_get_mode(struct flow *f, struct flow_mode *m_r)
{
	pthread_mutex_lock(&f->mode_lock);
	*m_r = f->mode_full;
	pthread_mutex_unlock(&f->mode_lock);
}

static struct json *mode_json(const struct flow_mode *m)
{
	struct json *o = json_object();

	json_add_cstr(o, "mode", mode_names[m->mode]);
	json_add_int(o, "until", m->until_us);
	json_add_cstr(o, "reason", m->reason);
	json_add_cstr(o, "by", m->by);
	return o;
}

bool mode_load(struct flow *f, struct err *e)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct flow_mode m = {.mode = MODE_NORMAL};
	struct str value;
	struct json *o;

	TRY(store_value(f->reader, STR(MODE_KEY), &a, &value, e));
	if (value.n == 0)
		return true;
	o = json_parse(value, e);
	TRY(o != NULL);
	if (!flow_mode_parse(str_of(json_get_cstr(o, "mode", "")), &m.mode))
		LOG(&f->log, LOG_WARN, "unknown-mode");
	m.until_us = json_get_int(o, "until", 0);
	snprintf(m.reason, sizeof(m.reason), "%s",
		 json_get_cstr(o, "reason", ""));
	snprintf(m.by, sizeof(m.by), "%s", json_get_cstr(o, "by", ""));
	json_free(&o);
	mode_take(f, &m);
	return true;
}

/* From the moment a hold is asked for: a claim behind it in the writer's queue
 * would start after it. */
bool flow_shut(const struct flow *f)
{
	return f->stopping || f->hold_coming > 0 ||
	       atomic_load(&f->mode) == MODE_HOLD;
}

struct mode_job {
	struct flow *f;
	struct flow_mode mode;
	struct loop *back;
	void (*done)(void *arg, const struct err *why);
	void *arg;
	struct err why;
	bool failed;
};

static void mode_answer(void *arg)
{
	struct mode_job *m = arg;

	if (m->done)
		m->done(m->arg, m->failed ? &m->why : NULL);
	mem_free(m);
}

static void on_mode(void *arg, struct store_job *job, const struct err *why)
{
	struct mode_job *m = arg;

	(void)job;
	m->f->hold_coming -= m->mode.mode == MODE_HOLD;
	if (why) {
		m->failed = true;
		m->why = *why;
	} else {
		mode_take(m->f, &m->mode);
		LOG(&m->f->log, LOG_WARN, "mode",
		    LS("mode", mode_names[m->mode.mode]), LS("by", m->mode.by));
		flow_wake(m->f);
	}
	loop_post(m->back, mode_answer, m);
}

static void tell_mode(struct flow *f, struct store_job *job,
		      const struct flow_mode *m)
{
	const struct config *c = f->c.config;
	bool timer = strcmp(m->by, MODE_TIMER) == 0;
	struct notice_text why = {str_of(m->reason), str_of(m->reason)};

	if (timer)
		why.ja = STR("決めた時間が過ぎました");

	for (size_t i = 0; i < c->admins.n; i++) {
		struct notice n = {
			.kind = NOTICE_MODE,
			.to = str_of(c->admins.v[i]),
			.cause = str_of(mode_names[m->mode]),
			.by = timer ? STR_EMPTY : str_of(m->by),
			.own_text = why,
			.due_us = m->mode == MODE_NORMAL ? 0 : m->until_us,
		};

		own_notice(f, job, NULL, &n);
	}
}

static void mode_run(void *arg)
{
	struct mode_job *m = arg;
	struct flow *f = m->f;
	struct store_job *job = store_job_new(f->c.store);
	struct json *o = mode_json(&m->mode);
	AUTO(buf) text = BUF_MAX(4 * KIB);

	json_print(o, &text, false);
	store_put_value(job, STR(MODE_KEY), buf_str(&text));
	audit_add(f, job, flow_now(f), 0, m->mode.by, "mode", o);
	tell_mode(f, job, &m->mode);
	f->hold_coming += m->mode.mode == MODE_HOLD;
	flow_submit(f, job, on_mode, m);
}

void flow_set_mode(struct flow *f, const struct flow_mode *mode, struct loop *l,
		   void (*done)(void *arg, const struct err *why), void *arg)
{
	struct mode_job *m = NEW(struct mode_job);

	m->f = f;
	m->mode = *mode;
	m->back = l;
	m->done = done;
	m->arg = arg;
	loop_post(f->c.loop, mode_run, m);
}

void mode_check(struct flow *f)
{
	struct flow_mode m;

	if (atomic_load(&f->mode) == MODE_NORMAL)
		return;
	flow_get_mode(f, &m);
	if (m.until_us > flow_now(f))
		return;
	/* In force at once; the store and the admins follow. */
	m.mode = MODE_NORMAL;
	snprintf(m.by, sizeof(m.by), MODE_TIMER);
	snprintf(m.reason, sizeof(m.reason), "Its time was over");
	mode_take(f, &m);
	flow_set_mode(f, &m, f->c.loop, NULL, NULL);
}

/* ---- alarms ----------------------------------------------------------------------- */

static void on_alarm(void *arg, struct store_job *job, const struct err *why)
{
	struct flow *f = arg;

	(void)job;
	if (why)
		LOG(&f->log, LOG_ERROR, "alarm-not-stored", LE(why));
	flow_wake(f);
}

static char *alarm_key(const char *cause)
{
	return mem_printf("alarm-at/%s", cause);
}

/* When the admins had a mail of this cause last; 0: never. A restart tells
 * them nothing anew. */
static int64_t *alarm_last(struct flow *f, const char *cause)
{
	int64_t *last = map_get(&f->alarms, str_of(cause));
	AUTO(arena) a = ARENA_EMPTY;
	AUTO_STR key = NULL;
	struct str value = STR_EMPTY;
	struct err e = ERR_EMPTY;
	uint64_t us = 0;

	if (last)
		return last;
	key = alarm_key(cause);
	if (!store_value(f->reader, str_of(key), &a, &value, &e))
		LOG(&f->log, LOG_ERROR, "alarm-not-known", LE(&e));
	last = NEW(int64_t);
	if (str_u64(value, &us))
		*last = (int64_t)us;
	map_put(&f->alarms, str_of(cause), last);
	return last;
}

static void alarm_keep(struct store_job *job, const char *cause, int64_t at_us)
{
	AUTO_STR key = alarm_key(cause);
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)at_us);
	store_put_value(job, str_of(key), str_of(text));
}

void flow_alarm_both(struct flow *f, const char *cause, struct str ja,
		     struct str en)
{
	int64_t *last = alarm_last(f, cause);
	int64_t now = flow_now(f);
	struct store_job *job;
	struct json *o;

	metric_add(f->c.metrics, METRIC_ALARMS, 1);
	LOG(&f->log, LOG_ERROR, "alarm", LS("cause", cause),
	    LSTR("detail", en));
	if (*last && now >= *last && now - *last < ALARM_EVERY_US)
		return;
	*last = now;
	o = json_object();
	json_add_cstr(o, "cause", cause);
	json_add_str(o, "detail", en);
	job = store_job_new(f->c.store);
	audit_add(f, job, now, 0, "engine", "alarm", o);
	alarm_keep(job, cause, now);
	own_alarm(f, job, cause, ja, en);
	flow_submit(f, job, on_alarm, f);
}

void flow_alarm(struct flow *f, const char *cause, struct str detail)
{
	flow_alarm_both(f, cause, detail, detail);
}
