/* canary.c - when a canary is sent, and the alarm when none comes back. */
#include "connector/sched/canary_int.h"
#include "connector/base/map.h"
#include "connector/base/mem.h"

#define LOOK_US	       US_PER_S
#define FIRST_US       (10 * US_PER_S) /* after the start: all is up */
#define ALARM_AGAIN_US US_PER_HOUR

struct canary_plan {
	int64_t due_us;	  /* monotonic */
	int64_t alarm_us; /* monotonic: the last one; 0: none */
};

struct canaries {
	const struct sched_conf *c; /* the scheduler's: it follows reloads */
	struct timer *timer;
	struct map plans; /* tenant -> struct canary_plan */
	int64_t hold_us;  /* monotonic: when nothing might leave, last; or 0 */
};

static struct canary_plan *plan_of(struct canaries *cs,
				   const struct tenant_conf *t)
{
	struct canary_plan *p = map_get(&cs->plans, str_of(t->tenant));

	if (!p) {
		p = NEW(struct canary_plan);
		p->due_us = clock_monotonic_us() +
			    MIN_OF(FIRST_US, t->canary.every_us);
		map_put(&cs->plans, str_of(t->tenant), p);
	}
	return p;
}

/* What was sent before everything was held comes back late. */
static bool in_grace(const struct canaries *cs, const struct tenant_conf *t,
		     int64_t mono)
{
	return cs->hold_us && mono - cs->hold_us < 2 * t->canary.every_us;
}

static void watch(struct canaries *cs, const struct tenant_conf *t,
		  struct canary_plan *p)
{
	int64_t mono = clock_monotonic_us();
	AUTO(buf) ja = BUF_MAX(1 * KIB);
	AUTO(buf) en = BUF_MAX(1 * KIB);
	struct flow_canary c;

	flow_canary_look(cs->c->flow, t, &c);
	if (!c.missing)
		p->alarm_us = 0;
	if (!c.missing || in_grace(cs, t, mono) ||
	    (p->alarm_us && mono - p->alarm_us < ALARM_AGAIN_US))
		return;
	p->alarm_us = mono;
	buf_printf(&ja, "%s: %s", t->tenant,
		   c.accepted ? "中継先は受け取りましたが、戻ってきません"
			      : "中継先が受け取りません");
	buf_printf(&en, "%s: %s", t->tenant,
		   c.accepted ? "the next hop took it, and it never came back"
			      : "the next hop did not take it");
	flow_alarm_both(cs->c->flow, "canary", buf_str(&ja), buf_str(&en));
}

static void look(struct canaries *cs, const struct tenant_conf *t)
{
	struct canary_plan *p;

	if (!t->canary.to)
		return;
	p = plan_of(cs, t);
	watch(cs, t, p);
	if (clock_monotonic_us() < p->due_us)
		return;
	p->due_us = clock_monotonic_us() + t->canary.every_us;
	flow_canary_send(cs->c->flow, t);
}

static void on_timer(void *arg)
{
	struct canaries *cs = arg;
	const struct config *c = cs->c->config;
	struct flow_mode mode;

	flow_get_mode(cs->c->flow, &mode);
	/* While nothing shall leave, no canary can come back. */
	if (mode.mode == MODE_HOLD)
		cs->hold_us = clock_monotonic_us();
	for (size_t i = 0; mode.mode != MODE_HOLD && i < c->tenant_n; i++)
		look(cs, &c->tenant[i]);
	timer_set(cs->timer, LOOK_US);
}

struct canaries *canaries_new(const struct sched_conf *c)
{
	struct canaries *cs = NEW(struct canaries);

	cs->c = c;
	cs->timer = timer_new(c->loop, on_timer, cs);
	timer_set(cs->timer, LOOK_US);
	return cs;
}

void canaries_free(struct canaries **csp)
{
	struct canaries *cs = TAKE(*csp);
	size_t at = 0;
	struct str key;
	void *value;

	if (!cs)
		return;
	timer_free(&cs->timer);
	while (map_next(&cs->plans, &at, &key, &value))
		mem_free(value);
	map_release(&cs->plans);
	mem_free(cs);
}
