/* sched.c - jobs of the clock; see sched.h.  Each list of ranges is fetched
 * when it is due, kept in the store, and watched: an old one serves on, and is
 * an alarm.
 */
#include "connector/sched/sched.h"
#include "connector/base/mem.h"
#include "connector/sched/canary_int.h"
#include "connector/sched/ranges_int.h"

#define LOOK_US	       (10 * US_PER_S)
#define RETRY_FIRST_US (30 * US_PER_S)
#define RETRY_MOST_US  (30 * US_PER_MIN)
/* Without any list, mail of that cloud gets 451: that cannot wait for days. */
#define NEVER_ALARM_US (10 * US_PER_MIN)
#define ALARM_AGAIN_US US_PER_DAY
#define KEPT_MOST      (256 * KIB)

struct feed_row {
	const char *name, *key, *alarm;
	enum auth_cloud cloud;
	enum metric age;
	struct ranges_fetch *(*fetch)(struct sched *s, ranges_done *done,
				      void *arg);
};

struct feed {
	struct sched *s;
	const struct feed_row *row;
	struct ranges_fetch *fetch;
	int64_t fetched_us; /* wall clock; 0: never */
	int64_t due_us;	    /* monotonic: not before */
	int64_t wait_us;    /* after the last failure; 0: none */
	int64_t alarm_us;   /* monotonic: the last one; 0: none */
};

struct sched {
	struct sched_conf c;
	struct log_ctx log;
	struct store_reader *reader;
	struct timer *timer;
	int64_t begun_us; /* wall clock */
	struct feed feed[AUTH_CLOUD_COUNT];
	struct canaries *canaries;
};

static struct ranges_fetch *fetch_m365(struct sched *s, ranges_done *done,
				       void *arg)
{
	return ranges_fetch_m365(s->c.http, s->c.config, done, arg);
}

static struct ranges_fetch *fetch_google(struct sched *s, ranges_done *done,
					 void *arg)
{
	return ranges_fetch_google(s->c.dns, s->c.config, done, arg);
}

static const struct feed_row rows[AUTH_CLOUD_COUNT] = {
	{"m365", "ranges-m365", "ranges-m365", AUTH_CLOUD_M365,
	 METRIC_RANGES_M365_AGE, fetch_m365},
	{"google", "ranges-google", "ranges-google", AUTH_CLOUD_GOOGLE,
	 METRIC_RANGES_GOOGLE_AGE, fetch_google},
};

/* ---- what the store keeps ---------------------------------------------------------- */

static bool read_kept(struct str value, struct ranges *to, int64_t *fetched_r,
		      struct err *e)
{
	struct json *o = json_parse(value, e);
	const struct json *list, *one;
	bool ok = true;

	TRY(o != NULL);
	*fetched_r = json_get_int(o, "fetched", 0);
	list = json_get(o, "networks");
	for (one = list && json_size(list) ? json_at(list, 0) : NULL; ok && one;
	     one = json_next(one)) {
		struct cidr c;

		ok = to->n < RANGES_MOST &&
		     cidr_parse(str_of(json_cstr(one, "")), &c, e);
		if (ok)
			vec_push(to, c);
	}
	json_free(&o);
	return ok && ranges_plausible(to, e);
}

static void load(struct feed *f)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct ranges r = {0};
	struct str value = STR_EMPTY;
	struct err e = ERR_EMPTY;
	int64_t fetched = 0;

	if (!store_value(f->s->reader, str_of(f->row->key), &a, &value, &e) ||
	    (value.n && !read_kept(value, &r, &fetched, &e))) {
		LOG(&f->s->log, LOG_ERROR, "ranges-not-kept",
		    LS("cloud", f->row->name), LE(&e));
	} else if (value.n) {
		auth_set_ranges(f->s->c.auth, f->row->cloud, r.v, r.n, fetched);
		f->fetched_us = fetched;
	}
	vec_release(&r);
}

/* The scheduler may be gone by then. */
static void on_kept(void *arg, struct store_job *job, const struct err *why)
{
	const struct log_ctx *log = arg;

	(void)job;
	if (why)
		LOG(log, LOG_ERROR, "ranges-not-kept", LE(why));
}

static void keep(struct feed *f, const struct ranges *r)
{
	struct store_job *job = store_job_new(f->s->c.store);
	struct json *o = json_object(), *list;
	AUTO(buf) text = BUF_MAX(KEPT_MOST);

	json_add_int(o, "fetched", f->fetched_us);
	list = json_add_array(o, "networks");
	for (size_t i = 0; i < r->n; i++) {
		AUTO(buf) one = BUF_MAX(64);

		cidr_put(&one, &r->v[i]);
		json_add_str(list, NULL, buf_str(&one));
	}
	json_print(o, &text, false);
	json_free(&o);
	store_put_value(job, str_of(f->row->key), buf_str(&text));
	store_submit(f->s->c.store, job, f->s->c.loop, on_kept,
		     (void *)f->s->c.log);
}

/* ---- fetching ------------------------------------------------------------------------ */

static void on_ranges(void *arg, const struct ranges *r, const struct err *why)
{
	struct feed *f = arg;
	struct sched *s = f->s;
	int64_t now = clock_monotonic_us();

	f->fetch = NULL;
	if (why) {
		f->wait_us = MAX_OF(2 * f->wait_us, RETRY_FIRST_US);
		f->wait_us = MIN_OF(f->wait_us, RETRY_MOST_US);
		f->due_us = now + f->wait_us;
		LOG(&s->log, LOG_WARN, "ranges-not-fetched",
		    LS("cloud", f->row->name), LE(why));
		return;
	}
	f->wait_us = 0;
	f->due_us = now + s->c.config->ranges.refresh_us;
	f->fetched_us = loop_now_us(s->c.loop);
	f->alarm_us = 0;
	auth_set_ranges(s->c.auth, f->row->cloud, r->v, r->n, f->fetched_us);
	keep(f, r);
	LOG(&s->log, LOG_INFO, "ranges", LS("cloud", f->row->name),
	    LU("networks", r->n));
}

static void watch_age(struct feed *f)
{
	struct sched *s = f->s;
	int64_t now = loop_now_us(s->c.loop), mono = clock_monotonic_us();
	int64_t age = now - (f->fetched_us ? f->fetched_us : s->begun_us);
	int64_t most = f->fetched_us ? s->c.config->ranges.alarm_us
				     : NEVER_ALARM_US;

	metric_set(s->c.metrics, f->row->age,
		   f->fetched_us ? age / US_PER_S : -1);
	if (age <= most || (f->alarm_us && mono - f->alarm_us < ALARM_AGAIN_US))
		return;
	f->alarm_us = mono;
	if (f->fetched_us)
		flow_alarm_both(s->c.flow, f->row->alarm,
				STR("アドレスの一覧が古くなっています"),
				STR("the list of its addresses is old"));
	else
		flow_alarm_both(s->c.flow, f->row->alarm,
				STR("アドレスの一覧がまだありません。そこからの"
				    "メールには 451 を返します"),
				STR("the list of its addresses is not known: "
				    "its mail gets 451"));
}

static void look(struct feed *f)
{
	if (!auth_wants_ranges(f->s->c.config, f->row->cloud)) {
		metric_set(f->s->c.metrics, f->row->age, 0);
		return;
	}
	if (!f->fetch && clock_monotonic_us() >= f->due_us)
		f->fetch = f->row->fetch(f->s, on_ranges, f);
	watch_age(f);
}

static void on_timer(void *arg)
{
	struct sched *s = arg;

	for (size_t i = 0; i < AUTH_CLOUD_COUNT; i++)
		look(&s->feed[i]);
	timer_set(s->timer, LOOK_US);
}

/* ---- life ---------------------------------------------------------------------------- */

struct sched *sched_new(const struct sched_conf *conf, struct err *e)
{
	struct sched *s = NEW(struct sched);

	s->c = *conf;
	s->log = (struct log_ctx){conf->log, "part", "sched"};
	s->begun_us = loop_now_us(conf->loop);
	s->reader = store_reader_new(conf->store, e);
	if (!s->reader) {
		sched_free(&s);
		return NULL;
	}
	for (size_t i = 0; i < AUTH_CLOUD_COUNT; i++) {
		struct feed *f = &s->feed[i];
		int64_t age;

		f->s = s;
		f->row = &rows[i];
		load(f);
		age = s->begun_us - f->fetched_us;
		/* A clock that was set back makes it due, too. */
		if (f->fetched_us && age >= 0 &&
		    age < conf->config->ranges.refresh_us)
			f->due_us = clock_monotonic_us() +
				    conf->config->ranges.refresh_us - age;
	}
	s->timer = timer_new(conf->loop, on_timer, s);
	timer_set(s->timer, 0);
	s->canaries = canaries_new(&s->c);
	return s;
}

void sched_set_config(struct sched *s, const struct config *c)
{
	s->c.config = c;
	timer_set(s->timer, 0);
}

void sched_free(struct sched **sp)
{
	struct sched *s = TAKE(*sp);

	if (!s)
		return;
	timer_free(&s->timer);
	canaries_free(&s->canaries);
	for (size_t i = 0; i < AUTH_CLOUD_COUNT; i++)
		ranges_fetch_cancel(&s->feed[i].fetch);
	store_reader_free(&s->reader);
	mem_free(s);
}
