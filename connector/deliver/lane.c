/* lane.c - one route of a tenant: how much may leave by it now.
 *
 * Slots are connections; pace is mails a minute; a pause follows when the next
 * hop is down, throttles, or refuses us, growing with each that follows, with
 * jitter, so that routes do not come back together.  After a pause one mail
 * tries the way before all slots open again.
 */
#include "connector/deliver/deliver_int.h"

#include "connector/base/id.h"

#define BURST_US (1 * US_PER_S) /* of pace, after a quiet time */
/* While mails pass a lane as fast as this, attempts may be recorded for those
 * that wait for a connection, as many as 50 busy sessions bring: a claim would
 * cost each a second commit, its row read back, and more wait.  A slow next hop
 * has one slot for each connection, or the record would name attempts that
 * nobody makes; a crash leaves a tenth of a second of such at most. */
#define FAST_US	   (100 * US_PER_MS)
#define FAST_DEPTH 32 /* slots for each connection then */
#define DOWN_SLOTS 32
#define FULL_US	   (1 * US_PER_S) /* all connections of all routes are taken */

static void go_on(void *arg)
{
	struct lane *l = arg;

	lane_run(l);
	deliver_look(l->d);
}

static void sweep(void *arg)
{
	struct lane *l = arg;

	l->sweeping = false;
	lane_sweep(l, false);
	if (l->porters) {
		l->sweeping = true;
		timer_set(l->sweep, l->d->tuning->idle_us / 4 + 1);
	}
}

struct lane *lane_new(struct deliver *d, struct way *w, struct str route)
{
	struct lane *l = NEW(struct lane);

	l->d = d;
	l->way = w;
	l->route = mem_strndup(route.p ? route.p : "", route.n);
	l->waiting_end = &l->waiting;
	l->took_us = FAST_US; /* not known yet */
	l->recipients = w->recipients;
	l->one_domain = w->one_domain;
	l->offered = w->offered;
	l->used_us = clock_monotonic_us();
	l->go_on = timer_new(d->conf.loop, go_on, l);
	l->sweep = timer_new(d->conf.loop, sweep, l);
	return l;
}

void lane_configure(struct lane *l)
{
	lane_sweep(l, true);
	for (struct porter *p = l->porters; p; p = p->next)
		p->stale = true;
	l->recipients = l->way->recipients;
	l->one_domain = l->way->one_domain;
	/* New settings deserve a new try. */
	l->mood = HOP_FINE;
	l->pause_us = l->pause_until_us = 0;
}

void lane_free(struct lane *l)
{
	lane_stop_waiting(l);
	while (l->porters)
		porter_free(l->porters);
	timer_free(&l->go_on);
	timer_free(&l->sweep);
	mem_free(l->route);
	mem_free(l->name_text);
	mem_free(l);
}

/* ---- how much ------------------------------------------------------------------ */

bool lane_is_paused(const struct lane *l, int64_t now_us)
{
	return l->pause_until_us > now_us;
}

/* Mails that the pace allows now. */
static unsigned pace_room(const struct lane *l, int64_t now_us)
{
	int64_t each, credit;

	if (l->way->per_minute == 0)
		return UINT32_MAX;
	each = US_PER_MIN / l->way->per_minute;
	credit = now_us - MAX_OF(l->pace_next_us, now_us - BURST_US);
	if (l->pace_next_us > now_us)
		return 0;
	return each > 0 ? (unsigned)(credit / each) + 1 : UINT32_MAX;
}

static void pace_take(struct lane *l, int64_t now_us)
{
	if (l->way->per_minute > 0)
		l->pace_next_us = MAX_OF(l->pace_next_us, now_us - BURST_US) +
				  US_PER_MIN / l->way->per_minute;
}

static unsigned lane_limit(const struct lane *l)
{
	return l->mood == HOP_FINE ? l->way->connections : 1;
}

static unsigned lane_slots(const struct lane *l)
{
	unsigned limit = lane_limit(l);

	/* A host of many that is down: what waits for the one try shares its
	 * outcome, or a backlog would be tried one mail a pause. */
	if (l->way->routed && l->mood == HOP_DOWN)
		return DOWN_SLOTS;
	return l->mood == HOP_FINE && l->took_us < FAST_US ? limit * FAST_DEPTH
							   : limit;
}

void lane_took(struct lane *l, int64_t us)
{
	l->took_us += (us - l->took_us) / 8;
}

static size_t waiting_count(const struct lane *l)
{
	size_t n = 0;

	for (const struct load *x = l->waiting; x; x = x->next)
		n++;
	return n;
}

bool lane_is_full(const struct lane *l)
{
	return l->way->hop && !lane_is_paused(l, clock_monotonic_us()) &&
	       l->loads + l->reserved >= lane_slots(l);
}

bool lane_is_half_free(const struct lane *l)
{
	return 2 * (l->loads + l->reserved) <= lane_slots(l);
}

unsigned lane_free_slots(struct lane *l)
{
	int64_t now_us = clock_monotonic_us();
	size_t used = l->loads + l->reserved;
	size_t queued = l->way->per_minute ? waiting_count(l) + l->reserved : 0;
	unsigned limit = lane_slots(l);
	unsigned room = pace_room(l, now_us);

	if (!l->way->hop || lane_is_paused(l, now_us) || used >= limit ||
	    queued >= room)
		return 0;
	return MIN_OF((unsigned)(limit - used), (unsigned)(room - queued));
}

/* ---- work ----------------------------------------------------------------------- */

/* Recorded before the tenant's mail took another way. */
static bool is_misrouted(const struct lane *l, const struct load *load)
{
	const struct tenant_conf *t = load->attempt->tenant;

	return t && t->deliver.via && l->way->via &&
	       strcmp(t->deliver.via, l->way->via) != 0;
}

void lane_add(struct lane *l, struct load *load, bool in_front)
{
	struct load **at = in_front ? &l->waiting : l->waiting_end;

	if (is_misrouted(l, load)) {
		load_finish(load); /* untried */
		return;
	}
	load->next = *at;
	load->link = at;
	if (load->next)
		load->next->link = &load->next;
	else
		l->waiting_end = &load->next;
	*at = load;
}

struct load *lane_take(struct lane *l)
{
	struct load *load = l->waiting;

	l->waiting = load->next;
	if (load->next)
		load->next->link = &l->waiting;
	else
		l->waiting_end = &l->waiting;
	load->next = NULL;
	load->link = NULL;
	return load;
}

/* A connection that has carried nothing yet serves a load that met a stale
 * one; any other serves the rest. */
static struct porter *find_idle(struct lane *l, const struct load *load)
{
	for (struct porter *p = l->porters; p; p = p->next) {
		if (p->state == PORTER_IDLE && !p->stale &&
		    (!load->fresh || p->served == 0))
			return p;
	}
	return NULL;
}

static void wait_until(struct lane *l, int64_t at_us, int64_t now_us)
{
	timer_set(l->go_on, MAX_OF(at_us - now_us, (int64_t)1));
}

static void open_more(struct lane *l)
{
	size_t want = waiting_count(l);
	int64_t now_us = clock_monotonic_us();

	if (l->no_open_until_us > now_us) {
		wait_until(l, l->no_open_until_us, now_us);
		return;
	}
	while (l->opening < want && l->porter_n < lane_limit(l)) {
		if (l->way->routed && !routed_may_open(l->d)) {
			wait_until(l, now_us + FULL_US, now_us);
			return;
		}
		porter_open(l);
	}
}

void lane_run(struct lane *l)
{
	int64_t now_us = clock_monotonic_us();

	if (!l->way->hop || l->d->draining || lane_is_paused(l, now_us))
		lane_stop_waiting(l);
	while (l->waiting && pace_room(l, now_us) > 0) {
		struct porter *p = find_idle(l, l->waiting);

		if (!p && l->waiting->fresh)
			lane_sweep(l, true); /* room for a new one */
		if (!p)
			break;
		pace_take(l, now_us);
		porter_send(p, lane_take(l));
	}
	if (l->waiting && pace_room(l, now_us) == 0)
		wait_until(l, l->pace_next_us, now_us);
	else if (l->waiting)
		open_more(l);
	if (l->porters && !l->sweeping) {
		l->sweeping = true;
		timer_set(l->sweep, l->d->tuning->idle_us / 4 + 1);
	}
}

void lane_stop_waiting(struct lane *l)
{
	while (l->waiting)
		load_finish(lane_take(l));
}

/* No slot because of the clock: look again when that has passed. */
void lane_wait(struct lane *l)
{
	int64_t now_us = clock_monotonic_us();
	int64_t at_us = MAX_OF(l->pause_until_us, l->pace_next_us);

	if (at_us > now_us)
		wait_until(l, at_us, now_us);
}

/* ---- the mood of the next hop ------------------------------------------------- */

static int64_t jitter(int64_t us)
{
	uint32_t r;

	random_bytes(&r, sizeof(r));
	return us - us / 4 + (int64_t)(r % 1000) * (us / 2) / 1000;
}

static void grow(struct lane *l, int64_t first_us, int64_t most_us)
{
	l->pause_us = MAX_OF(l->pause_us * 2, first_us);
	l->pause_us = MIN_OF(l->pause_us, most_us);
}

static void pause_for(struct lane *l, enum hop_mood mood, int64_t now_us)
{
	const struct deliver_tuning *t = l->d->tuning;

	if (mood != l->mood)
		l->pause_us = 0;
	l->mood = mood;
	if (mood == HOP_REFUSES_US)
		grow(l, t->refused_first_us, t->refused_most_us);
	else if (mood == HOP_THROTTLES)
		grow(l, t->throttle_first_us, t->throttle_most_us);
	else
		grow(l, t->down_first_us, t->down_most_us);
	l->pause_until_us = now_us + jitter(l->pause_us);
	wait_until(l, l->pause_until_us, now_us);
}

static void alarm_refusal(struct lane *l, const struct smtp_answer *a,
			  const char *remote)
{
	struct buf text = BUF_MAX(1024);

	buf_printf(&text, "tenant %s: %s refuses us: ", l->way->tenant, remote);
	if (a->code)
		buf_printf(&text, "%d ", a->code);
	buf_puts(&text, a->text);
	flow_alarm(l->d->conf.flow, "next-hop-refuses", buf_str(&text));
	buf_release(&text);
}

void lane_mood(struct lane *l, enum hop_mood mood,
	       const struct smtp_answer *answer, const char *remote)
{
	int64_t now_us = clock_monotonic_us();

	if (mood == HOP_FINE) {
		if (l->mood != HOP_FINE)
			LOG(l->d->conf.log, LOG_INFO, "next-hop-well",
			    LS("tenant", l->way->tenant),
			    LS("route", l->route));
		l->mood = HOP_FINE;
		l->pause_us = l->pause_until_us = 0;
		deliver_look(l->d);
		return;
	}
	/* Several connections tell the same: one pause. */
	if (lane_is_paused(l, now_us) && mood <= l->mood)
		return;
	pause_for(l, mood, now_us);
	LOG(l->d->conf.log, LOG_WARN, "next-hop-pause",
	    LS("tenant", l->way->tenant), LS("route", l->route),
	    LS("remote", remote), LS("mood", hop_mood_name(mood)),
	    LU("code", answer->code), LS("answer", answer->text),
	    LU("seconds", (l->pause_until_us - now_us) / US_PER_S));
	if (mood == HOP_REFUSES_US)
		alarm_refusal(l, answer, remote);
}
