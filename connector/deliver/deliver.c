/* deliver.c - claims what is due for lanes that have slots; see deliver.h. */
#include "connector/deliver/deliver_int.h"

#define LOOK_AGAIN_US (60 * US_PER_S) /* at the latest */
#define LOOK_SOON_US  (2 * US_PER_MS)
#define LOOK_DUE_US   (20 * US_PER_MS) /* due, yet not given */

const struct deliver_tuning deliver_tuning_default = {
	.idle_us = 30 * US_PER_S,
	.quiet_us = 60 * US_PER_S,
	.mails = 100,
	.down_first_us = 5 * US_PER_S,
	.down_most_us = 5 * US_PER_MIN,
	.throttle_first_us = 30 * US_PER_S,
	.throttle_most_us = 15 * US_PER_MIN,
	.refused_first_us = 5 * US_PER_MIN,
	.refused_most_us = 1 * US_PER_HOUR,
};

static void drain_check(struct deliver *d)
{
	if (!d->draining || !d->drain_done || d->claiming)
		return;
	for (struct lane *l = d->lanes; l; l = l->next) {
		if (l->loads > 0 || l->reserved > 0)
			return;
	}
	timer_set(d->drain_timer, 0);
}

/* ---- claiming -------------------------------------------------------------------- */

static void on_claimed(void *arg, size_t started, int64_t next_us)
{
	struct deliver *d = arg;
	int64_t now_us = flow_now(d->conf.flow);
	int64_t wait_us = LOOK_AGAIN_US;

	d->claiming = false;
	if (d->gone) {
		mem_free(d);
		return;
	}
	if (d->draining) {
		drain_check(d);
		return;
	}
	d->more = started >= d->claim_copies || d->full ||
		  (started > 0 && started >= d->claim_shared);
	if (next_us > 0)
		wait_us = MAX_OF(next_us - now_us, LOOK_DUE_US);
	if (!d->soon)
		timer_set(d->claim_timer, MIN_OF(wait_us, LOOK_AGAIN_US));
	if (d->wanted || started >= d->claim_copies)
		deliver_look(d);
}

void deliver_look(struct deliver *d)
{
	struct store_rooms rooms;

	d->wanted = true;
	d->soon = false;
	if (d->claiming || d->draining)
		return;
	rooms_fill(d, &rooms);
	if (rooms.copies == 0)
		return; /* the next free slot looks again */
	d->wanted = false;
	d->claiming = true;
	d->claim_copies = rooms.copies;
	d->claim_shared = rooms.shared;
	d->looked_us = clock_monotonic_us();
	flow_claim(d->conf.flow, &rooms, on_claimed, d);
}

static void look_soon(struct deliver *d)
{
	if (d->soon)
		return;
	d->soon = true;
	timer_set(d->claim_timer, LOOK_SOON_US);
}

static void look_timer(void *arg)
{
	deliver_look(arg);
}

/* A claim is a job for the store: while others of the lane are under way, wait
 * a moment for company. */
void deliver_slot_freed(struct deliver *d, struct lane *l)
{
	if (d->draining)
		drain_check(d);
	else if (!d->wanted && !d->more)
		return;
	else if (lane_is_half_free(l))
		deliver_look(d);
	else
		look_soon(d);
}

/* ---- what flow asks -------------------------------------------------------------- */

static bool has_room(struct deliver *d, const struct tenant_conf *t,
		     struct str route)
{
	struct lane *l = lane_find(d, t, route);

	if (l && (lane_free_slots(l) == 0 || !l->way->routed))
		return lane_free_slots(l) > 0;
	return routed_room(d, l) > 0;
}

static bool reserve(void *arg, const struct tenant_conf *t, struct str route)
{
	struct deliver *d = arg;
	struct lane *l;

	if (d->draining || !has_room(d, t, route))
		return false;
	l = lane_get(d, t, route);
	if (!l)
		return false;
	l->reserved++;
	return true;
}

static void unreserve(void *arg, const struct tenant_conf *t, struct str route)
{
	struct deliver *d = arg;
	struct lane *l = lane_find(d, t, route);

	if (!l)
		return;
	l->reserved -= l->reserved > 0;
	deliver_slot_freed(d, l);
}

/* A tenant, or we, left between claim and start. */
static void refuse(struct deliver *d, struct attempt *a)
{
	for (size_t i = 0; i < a->rcpt_n; i++)
		a->rcpt[i].class = ATTEMPT_UNTRIED;
	flow_attempt_done(d->conf.flow, &a);
}

static void start(void *arg, struct attempt *a)
{
	struct deliver *d = arg;
	struct lane *l = d->gone ? NULL : lane_get(d, a->tenant, a->route);

	if (!l) {
		refuse(d, a);
		return;
	}
	/* A claimed copy may use up somebody's reservation: the sum is what
	 * counts, and one more then waits a moment in the lane. */
	l->reserved -= l->reserved > 0;
	l->loads++;
	/* Its room in the claim is used up: there may be more for it, and one
	 * of its slots may have become free in between. */
	d->full |= l->way->routed && ++l->came >= l->offered;
	l->used_us = clock_monotonic_us();
	load_sign(load_new(l, a));
}

/* Wakes come in swarms (one for each outcome): one look in LOOK_SOON_US. */
static void wake(void *arg)
{
	struct deliver *d = arg;

	if (clock_monotonic_us() - d->looked_us >= LOOK_SOON_US)
		deliver_look(d);
	else
		look_soon(d);
}

static const struct flow_deliverer deliverer = {
	.reserve = reserve,
	.unreserve = unreserve,
	.start = start,
	.wake = wake,
};

/* ---- life ------------------------------------------------------------------------- */

void deliver_set_config(struct deliver *d, const struct config *c)
{
	d->conf.config = c;
	own_places_find(c, &d->own);
	for (size_t i = 0; i < c->tenant_n; i++) {
		struct err e = ERR_EMPTY;

		if (!way_configure(d, &c->tenant[i], c->hostname, &e))
			LOG(d->conf.log, LOG_ERROR, "deliver-config", LE(&e));
	}
	ways_retire(d, c);
	deliver_look(d);
}

static void quiet(void *arg)
{
	struct deliver *d = arg;

	lanes_forget_quiet(d);
	timer_set(d->quiet_timer, d->tuning->quiet_us / 4);
}

static void drained(void *arg);

struct deliver *deliver_new(const struct deliver_conf *conf, struct err *e)
{
	const struct config *c = conf->config;
	struct deliver *d = NEW(struct deliver);

	d->conf = *conf;
	d->tuning = conf->tuning ? conf->tuning : &deliver_tuning_default;
	d->resolver = resolver_new(conf->loop);
	d->signer = signer_new(d);
	d->claim_timer = timer_new(conf->loop, look_timer, d);
	d->drain_timer = timer_new(conf->loop, drained, d);
	d->quiet_timer = timer_new(conf->loop, quiet, d);
	own_places_find(c, &d->own);
	for (size_t i = 0; i < c->tenant_n; i++) {
		if (!way_configure(d, &c->tenant[i], c->hostname, e)) {
			deliver_free(&d);
			return NULL;
		}
	}
	timer_set(d->quiet_timer, d->tuning->quiet_us / 4);
	flow_set_deliverer(conf->flow, &deliverer, d);
	timer_set(d->claim_timer, 0);
	return d;
}

/* Time is up, or nothing is left. */
static void drained(void *arg)
{
	struct deliver *d = arg;
	void (*done)(void *) = TAKE(d->drain_done);

	for (struct lane *l = d->lanes; l; l = l->next) {
		while (l->porters)
			porter_free(l->porters);
	}
	if (done)
		done(d->drain_arg);
}

void deliver_drain(struct deliver *d, int64_t within_us,
		   void (*done)(void *arg), void *arg)
{
	d->draining = true;
	d->drain_done = done;
	d->drain_arg = arg;
	timer_stop(d->claim_timer);
	timer_set(d->drain_timer, within_us);
	for (struct lane *l = d->lanes; l; l = l->next) {
		lane_stop_waiting(l);
		lane_sweep(l, true);
	}
	drain_check(d);
}

void deliver_free(struct deliver **d)
{
	struct deliver *old = TAKE(*d);

	if (!old)
		return;
	old->draining = true;
	signer_free(&old->signer);
	lanes_free(old);
	map_release(&old->by_name);
	vec_release(&old->rooms);
	vec_release(&old->own);
	timer_free(&old->quiet_timer);
	timer_free(&old->claim_timer);
	timer_free(&old->drain_timer);
	resolver_free(&old->resolver);
	old->gone = true;
	if (!old->claiming) /* else its answer comes, and ends it */
		mem_free(old);
}
