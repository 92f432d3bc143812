/* lanes.c - ways as configured, lanes as wanted, and their sum.
 *
 * A relay has one lane, for ever.  Where a tenant's mail goes by routes, lanes
 * come with the first attempt and go when they are quiet: their number, their
 * attempts and their connections are bounded, and a part of the attempts is
 * kept for routes that answer, so that ten thousand dead domains stop nobody.
 */
#include "connector/deliver/deliver_int.h"

#define NAME_MAX_BYTES 1024

/* ---- ways --------------------------------------------------------------------- */

static struct way *way_find(struct deliver *d, const char *tenant)
{
	struct way *w = d->ways;

	while (w && strcmp(w->tenant, tenant) != 0)
		w = w->next;
	return w;
}

static struct way *way_get(struct deliver *d, const char *tenant)
{
	struct way *w = way_find(d, tenant);

	if (w)
		return w;
	w = NEW(struct way);
	w->tenant = mem_strdup(tenant);
	w->next = d->ways;
	d->ways = w;
	return w;
}

/* A route of one kind means nothing to another: what waits goes back, and comes
 * again by the routes of the new settings. */
static void way_turn(struct deliver *d, struct way *w, struct hop *hop,
		     const char *via)
{
	if (w->via && strcmp(w->via, via) == 0)
		return;
	hop_free(&w->hop); /* were there no new one, the old must not serve */
	for (struct lane *l = d->lanes; l; l = l->next) {
		if (l->way != w)
			continue;
		lane_stop_waiting(l);
		l->reserved = 0;
	}
	if (!hop)
		return;
	mem_free(w->via);
	w->via = mem_strdup(via);
}

bool way_configure(struct deliver *d, const struct tenant_conf *t,
		   const char *hostname, struct err *e)
{
	struct way *w = way_get(d, t->tenant);
	struct hop_conf conf = {
		.loop = d->conf.loop,
		.resolver = d->resolver,
		.dns = d->conf.dns,
		.tenant = t,
		.hostname = hostname,
		.own = d->own.v,
		.own_n = d->own.n,
		.timeouts = d->tuning->timeouts,
	};
	struct hop *hop = hop_new(&conf, e);

	way_turn(d, w, hop, t->deliver.via ? t->deliver.via : "");
	if (!hop)
		return false;
	hop_free(&w->hop);
	w->hop = hop;
	w->routed = !str_is(str_of(t->deliver.via), "relay");
	w->connections = t->deliver.connections ? t->deliver.connections : 8;
	w->per_minute = t->deliver.per_minute;
	w->recipients = t->deliver.recipients ? t->deliver.recipients : 100;
	w->one_domain = t->deliver.one_domain;
	hop_bears(hop, &w->connections, &w->per_minute);
	if (!w->routed)
		(void)lane_get(d, t, STR_EMPTY);
	for (struct lane *l = d->lanes; l; l = l->next)
		if (l->way == w)
			lane_configure(l);
	return true;
}

static bool is_named(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->tenant_n; i++)
		if (str_is(str_of(c->tenant[i].tenant), name))
			return true;
	return false;
}

void ways_retire(struct deliver *d, const struct config *c)
{
	for (struct way *w = d->ways; w; w = w->next) {
		if (is_named(c, w->tenant))
			continue;
		hop_free(&w->hop);
		for (struct lane *l = d->lanes; l; l = l->next) {
			if (l->way != w)
				continue;
			lane_sweep(l, true);
			lane_stop_waiting(l);
		}
	}
}

/* ---- lanes -------------------------------------------------------------------- */

/* No name of a tenant has a line's end. */
static bool lane_name(const char *tenant, struct str route, struct buf *out)
{
	buf_puts(out, tenant);
	buf_putc(out, '\n');
	buf_put_str(out, route);
	return buf_ok(out);
}

struct lane *lane_find(struct deliver *d, const struct tenant_conf *t,
		       struct str route)
{
	AUTO(buf) name = BUF_MAX(NAME_MAX_BYTES);
	struct way *w = t ? way_find(d, t->tenant) : NULL;

	if (!w || !lane_name(t->tenant, w->routed ? route : STR_EMPTY, &name))
		return NULL;
	return map_get(&d->by_name, buf_str(&name));
}

static bool is_resting(const struct lane *l)
{
	return (l->way->routed || l->route[0]) && l->loads == 0 &&
	       l->reserved == 0;
}

static void lane_forget(struct deliver *d, struct lane *l)
{
	*l->link = l->next;
	if (l->next)
		l->next->link = l->link;
	map_remove(&d->by_name, l->name);
	d->lane_n--;
	lane_free(l);
}

/* The one whose pause ends first, or that has rested longest: all that is lost
 * with it is a pause, and its recipients were put off already. */
static bool make_room(struct deliver *d)
{
	struct lane *found = NULL;

	if (d->lane_n < LANES_MAX)
		return true;
	for (struct lane *l = d->lanes; l; l = l->next) {
		if (!is_resting(l))
			continue;
		if (!found || l->pause_until_us < found->pause_until_us ||
		    (l->pause_until_us == found->pause_until_us &&
		     l->used_us < found->used_us))
			found = l;
	}
	if (found)
		lane_forget(d, found);
	return found != NULL;
}

struct lane *lane_get(struct deliver *d, const struct tenant_conf *t,
		      struct str route)
{
	struct lane *l = lane_find(d, t, route);
	struct way *w = t ? way_find(d, t->tenant) : NULL;
	AUTO(buf) name = BUF_MAX(NAME_MAX_BYTES);

	if (w && !w->routed)
		route = STR_EMPTY;
	if (l || !w || !lane_name(t->tenant, route, &name))
		return l;
	if (w->routed && !make_room(d))
		return NULL;
	l = lane_new(d, w, route);
	l->name_text = buf_take(&name, &l->name.n);
	l->name.p = l->name_text;
	l->next = d->lanes;
	l->link = &d->lanes;
	if (l->next)
		l->next->link = &l->next;
	d->lanes = l;
	d->lane_n++;
	map_put(&d->by_name, l->name, l);
	return l;
}

void lanes_forget_quiet(struct deliver *d)
{
	int64_t now_us = clock_monotonic_us();
	struct lane *l = d->lanes;

	while (l) {
		struct lane *next = l->next;

		if (is_resting(l) && l->porter_n == 0 &&
		    !lane_is_paused(l, now_us) &&
		    MAX_OF(l->used_us, l->pause_until_us) +
				    d->tuning->quiet_us <=
			    now_us)
			lane_forget(d, l);
		l = next;
	}
}

void lanes_free(struct deliver *d)
{
	while (d->lanes)
		lane_forget(d, d->lanes);
	while (d->ways) {
		struct way *w = d->ways;

		d->ways = w->next;
		hop_free(&w->hop);
		mem_free(w->via);
		mem_free(w->tenant);
		mem_free(w);
	}
}

/* ---- the sum ------------------------------------------------------------------- */

struct sum {
	size_t used, unproven; /* loads and reservations */
	size_t open;	       /* connections */
};

static struct sum routed_sum(const struct deliver *d)
{
	struct sum sum = {0};

	for (const struct lane *l = d->lanes; l; l = l->next) {
		size_t used = l->loads + l->reserved;

		if (!l->way->routed)
			continue;
		sum.used += used;
		sum.open += l->porter_n;
		if (!l->proven || l->mood == HOP_DOWN)
			sum.unproven += used;
	}
	return sum;
}

static unsigned rest(size_t most, size_t used)
{
	return used < most ? (unsigned)(most - used) : 0;
}

/* What may be added to a lane of this kind. */
static unsigned room_beside(const struct sum *sum, bool proven)
{
	unsigned room = rest(ROUTED_LOADS, sum->used);

	return proven ? room
		      : MIN_OF(room, rest(ROUTED_UNPROVEN, sum->unproven));
}

unsigned routed_room(const struct deliver *d, const struct lane *l)
{
	struct sum sum = routed_sum(d);

	return room_beside(&sum, l && l->proven && l->mood != HOP_DOWN);
}

bool routed_may_open(struct deliver *d)
{
	if (routed_sum(d).open < ROUTED_OPEN)
		return true;
	for (struct lane *l = d->lanes; l; l = l->next)
		if (is_resting(l))
			lane_sweep(l, true);
	return routed_sum(d).open < ROUTED_OPEN;
}

/* ---- rooms for a claim ---------------------------------------------------------- */

static unsigned lane_room(struct deliver *d, struct lane *l)
{
	unsigned room = lane_free_slots(l);

	if (room == 0)
		lane_wait(l);
	d->full |= lane_is_full(l);
	return room;
}

static void routed_rooms(struct deliver *d, struct way *w,
			 const struct sum *sum)
{
	int64_t now_us = clock_monotonic_us();
	int64_t flow_us = flow_now(d->conf.flow);
	struct store_room others = {
		.tenant = str_of(w->tenant),
		.of = ROOM_EACH_OTHER,
		.shares = true,
		.copies = w->hop ? MIN_OF(w->connections,
					  room_beside(sum, false))
				 : 0,
	};

	w->offered = others.copies;
	vec_push(&d->rooms, others);
	for (struct lane *l = d->lanes; l; l = l->next) {
		bool proven = l->proven && l->mood != HOP_DOWN;
		struct store_room room = {.tenant = str_of(w->tenant),
					  .route = str_of(l->route),
					  .of = ROOM_ROUTE,
					  .shares = !proven};

		if (l->way != w)
			continue;
		room.copies = MIN_OF(lane_room(d, l), room_beside(sum, proven));
		if (lane_is_paused(l, now_us))
			room.put_off_us = flow_us + l->pause_until_us - now_us;
		l->offered = room.copies;
		l->came = 0;
		vec_push(&d->rooms, room);
	}
}

static unsigned relay_room(struct deliver *d, struct way *w)
{
	struct store_room room = {.tenant = str_of(w->tenant),
				  .of = ROOM_ALL_OTHERS};

	for (struct lane *l = d->lanes; l; l = l->next)
		if (l->way == w && !l->route[0])
			room.copies = lane_room(d, l);
	vec_push(&d->rooms, room);
	return room.copies;
}

void rooms_fill(struct deliver *d, struct store_rooms *rooms)
{
	struct sum sum = routed_sum(d);
	bool routed = false;

	rooms->copies = 0;

	d->rooms.n = 0;
	d->full = false;
	for (struct way *w = d->ways; w; w = w->next) {
		if (!w->routed)
			rooms->copies += relay_room(d, w);
		else
			routed_rooms(d, w, &sum);
		routed |= w->routed && w->hop;
	}
	if (routed)
		rooms->copies += room_beside(&sum, true);
	rooms->shared = routed ? room_beside(&sum, false) : UINT32_MAX;
	rooms->room = d->rooms.v;
	rooms->n = d->rooms.n;
}
