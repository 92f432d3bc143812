/* fake_flow.c - see fake_flow.h. */
#include "tests/unit/connector/deliver/fake_flow.h"

#include <stdio.h>
#include "connector/base/die.h"
#include "connector/base/vec.h"

struct claim {
	struct claim *next;
	struct fake_flow *f;
	unsigned copies, shared;
	struct fake_room {
		char tenant[64], route[256];
		struct store_room of;
	} * room;
	size_t room_n;
	void (*done)(void *arg, size_t started, int64_t next_us);
	void *arg;
};

/* As the real one keeps what it needs around what it hands over. */
struct fake_attempt {
	struct attempt attempt;
	struct fake_item *item;
};

struct source_pos {
	struct attempt *a;
	const struct fake_item *item;
	size_t at, piece;
};

struct flow *fake_flow_new(struct loop *l)
{
	struct fake_flow *f = NEW(struct fake_flow);

	f->loop = l;
	f->end = &f->first;
	f->retry_us = 20 * US_PER_MS;
	f->stop_when_empty = true;
	return (struct flow *)f;
}

struct fake_flow *fake_flow_of(struct flow *f)
{
	return (struct fake_flow *)f;
}

void fake_flow_free(struct flow **flow)
{
	struct fake_flow *f = fake_flow_of(*flow);

	must(f->sending == 0);
	/* Answers that the loop never came to; the owner may be gone. */
	while (f->claim) {
		struct claim *c = f->claim;

		f->claim = c->next;
		c->done(c->arg, 0, 0);
		mem_free(c->room);
		mem_free(c);
	}
	while (f->first) {
		struct fake_item *item = f->first;

		f->first = item->next;
		mem_free(item);
	}
	mem_free(f);
	*flow = NULL;
}

struct fake_item *fake_flow_add(struct flow *flow, const struct tenant_conf *t,
				const char *const *to, size_t n,
				const char *content)
{
	struct fake_flow *f = fake_flow_of(flow);
	struct fake_item *item = NEW(struct fake_item);

	must(n <= ARRAY_LEN(item->to));
	item->tenant = t;
	item->route = "";
	item->id = 1000 + (int64_t)f->open;
	item->from = "s@example.jp";
	item->content = content;
	item->content_n = strlen(content);
	for (size_t i = 0; i < n; i++)
		item->to[i] = to[i];
	item->n = n;
	item->due_us = loop_now_us(f->loop);
	*f->end = item;
	if (!f->at)
		f->at = item;
	f->end = &item->next;
	f->open++;
	return item;
}

static void start(struct fake_flow *f, struct fake_item *item)
{
	struct fake_attempt *whole = NEW(struct fake_attempt);
	struct attempt *a = &whole->attempt;

	must(!item->sending);
	item->sending = true;
	item->attempts++;
	f->sending++;
	f->most_sending = MAX_OF(f->most_sending, f->sending);
	a->message.id = item->id;
	a->message.from = str_of(item->from);
	a->tenant = item->tenant;
	a->route = str_of(item->route);
	a->rcpt = NEW_ARRAY(struct attempt_rcpt, item->n);
	for (size_t i = 0; i < item->n; i++) {
		if (item->ended[i])
			continue;
		a->rcpt[a->rcpt_n].row.n = (unsigned)i;
		a->rcpt[a->rcpt_n++].row.address = str_of(item->to[i]);
	}
	a->size = item->content_n;
	a->has_8bit = item->has_8bit;
	a->message.smtputf8 = item->smtputf8;
	a->has_bare_lf = item->has_bare_lf;
	whole->item = item;
	f->deliverer->start(f->arg, a);
}

static struct fake_room *find_room(struct claim *c, const char *tenant,
				   const char *route)
{
	for (size_t i = 0; i < c->room_n; i++) {
		struct fake_room *r = &c->room[i];

		if (strcmp(r->tenant, tenant) == 0 &&
		    (route ? r->of.of == ROOM_ROUTE &&
				     strcmp(r->route, route) == 0
			   : r->of.of != ROOM_ROUTE))
			return r;
	}
	return NULL;
}

static struct fake_room *room_of(struct claim *c, const struct fake_item *item)
{
	const char *tenant = item->tenant->tenant;
	struct fake_room *r = find_room(c, tenant, item->route), *own;

	if (r)
		return r;
	r = find_room(c, tenant, NULL);
	if (!r || r->of.of == ROOM_ALL_OTHERS || r->of.copies == 0)
		return r;
	c->room = mem_grow(c->room, c->room_n + 1, sizeof(*c->room));
	r = find_room(c, tenant, NULL);
	own = &c->room[c->room_n++];
	*own = *r;
	own->of.of = ROOM_ROUTE;
	snprintf(own->route, sizeof(own->route), "%s", item->route);
	return own;
}

/* As the store does: takes of the room, or puts off. */
static bool is_skipped(struct claim *c, struct fake_item *item, int64_t now)
{
	struct fake_room *r = room_of(c, item);

	if (!r || item->due_us > now)
		return false;
	if (r->of.copies == 0) {
		if (r->of.put_off_us) {
			item->due_us = r->of.put_off_us;
			c->f->put_off++;
		}
		return true;
	}
	if (r->of.shares && c->shared == 0)
		return true;
	r->of.copies--;
	c->shared -= r->of.shares;
	return false;
}

static void claim_now(void *arg)
{
	struct claim *c = arg;
	struct fake_flow *f = c->f;
	struct claim **at = &f->claim;
	int64_t now = loop_now_us(f->loop), next = 0;
	size_t started = 0;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	while (f->at && f->at->due_us == 0)
		f->at = f->at->next; /* ended */
	if (!f->at)
		f->at = f->first;
	for (struct fake_item *i = f->at; i; i = i->next) {
		if (started == c->copies && c->copies < 100 && next)
			break;
		if (i->sending || i->parked || i->due_us == 0 ||
		    (started < c->copies && is_skipped(c, i, now)))
			continue;
		if (i->due_us <= now && started < c->copies) {
			started++;
			start(f, i);
		} else if (next == 0 || i->due_us < next) {
			next = i->due_us;
		}
	}
	c->done(c->arg, started, next);
	mem_free(c->room);
	mem_free(c);
}

void flow_claim(struct flow *flow, const struct store_rooms *rooms,
		void (*done)(void *arg, size_t started, int64_t next_us),
		void *arg)
{
	struct claim *c = NEW(struct claim);

	must(rooms->copies > 0);
	c->f = fake_flow_of(flow);
	c->f->claims++;
	c->next = c->f->claim;
	c->f->claim = c;
	c->copies = rooms->copies;
	c->shared = rooms->shared;
	c->done = done;
	c->arg = arg;
	c->room = NEW_ARRAY(struct fake_room, rooms->n + 1);
	c->f->most_rooms = MAX_OF(c->f->most_rooms, rooms->n);
	for (; c->room_n < rooms->n; c->room_n++) {
		const struct store_room *r = &rooms->room[c->room_n];
		struct fake_room *to = &c->room[c->room_n];

		to->of = *r;
		snprintf(to->tenant, sizeof(to->tenant), STR_FMT,
			 STR_ARG(r->tenant));
		if (r->route.n)
			snprintf(to->route, sizeof(to->route), STR_FMT,
				 STR_ARG(r->route));
	}
	loop_post(c->f->loop, claim_now, c);
}

static void take_class(struct fake_flow *f, struct fake_item *item,
		       const struct attempt_rcpt *r)
{
	unsigned n = r->row.n;

	must(r->class > ATTEMPT_OPEN && r->class <= ATTEMPT_DAMAGED);
	must(!item->ended[n]);
	f->count[r->class]++;
	item->last[n] = *r;
	item->ended[n] = r->class == ATTEMPT_DELIVERED ||
			 r->class == ATTEMPT_FAILED ||
			 r->class == ATTEMPT_UNKNOWN;
	item->parked |= r->class == ATTEMPT_MISCONFIGURED ||
			r->class >= ATTEMPT_LOOP;
	item->untried += r->class == ATTEMPT_UNTRIED;
	if (r->class == ATTEMPT_DEFERRED)
		item->due_us = loop_now_us(f->loop) + f->retry_us;
}

void flow_attempt_done(struct flow *flow, struct attempt **attempt)
{
	struct fake_flow *f = fake_flow_of(flow);
	struct attempt *a = TAKE(*attempt);
	struct fake_item *item = ((struct fake_attempt *)a)->item;
	bool all = true;

	must(item->sending);
	item->sending = false;
	f->sending--;
	f->done++;
	for (size_t i = 0; i < a->rcpt_n; i++)
		take_class(f, item, &a->rcpt[i]);
	memcpy(item->remote, a->remote, sizeof(item->remote));
	for (size_t i = 0; i < item->n; i++)
		all &= item->ended[i];
	mem_free(a->rcpt);
	mem_free(a);
	if (all) {
		item->due_us = 0;
		f->open--;
	} else if (!item->parked) {
		f->deliverer->wake(f->arg);
	}
	if (f->open == 0 && f->stop_when_empty)
		loop_stop(f->loop);
}

struct commit {
	struct fake_flow *f;
	struct fake_item *item;
};

static void committed(void *arg)
{
	struct commit *c = arg;

	start(c->f, c->item);
	mem_free(c);
}

void fake_flow_submit(struct flow *flow, struct fake_item *item)
{
	struct fake_flow *f = fake_flow_of(flow);
	struct commit *c;

	if (item->sending || item->due_us == 0)
		return;
	if (!f->deliverer->reserve(f->arg, item->tenant, str_of(item->route))) {
		f->deliverer->wake(f->arg);
		return;
	}
	c = NEW(struct commit);
	c->f = f;
	c->item = item;
	item->due_us = INT64_MAX; /* as recorded: nobody claims it */
	loop_post(f->loop, committed, c);
}

void fake_flow_wake(struct flow *flow)
{
	struct fake_flow *f = fake_flow_of(flow);

	f->deliverer->wake(f->arg);
}

void flow_set_deliverer(struct flow *flow, const struct flow_deliverer *d,
			void *arg)
{
	struct fake_flow *f = fake_flow_of(flow);

	f->deliverer = d;
	f->arg = arg;
}

int64_t flow_now(struct flow *flow)
{
	(void)flow;
	return clock_now_us();
}

void flow_alarm(struct flow *flow, const char *cause, struct str detail)
{
	struct fake_flow *f = fake_flow_of(flow);

	f->alarms++;
	snprintf(f->alarm, sizeof(f->alarm), "%s: " STR_FMT, cause,
		 STR_ARG(detail));
}

bool attempt_lower(struct attempt *a)
{
	struct fake_item *item = ((struct fake_attempt *)a)->item;

	if (!item->lower)
		return false;
	item->content = item->lower;
	item->content_n = a->size = strlen(item->lower);
	a->has_8bit = a->has_bare_lf = false;
	return true;
}

struct attempt_source *attempt_source_new(struct flow *f, struct attempt *a)
{
	struct source_pos *s = NEW(struct source_pos);

	s->a = a;
	s->item = ((struct fake_attempt *)a)->item;
	s->piece = fake_flow_of(f)->piece;
	return (struct attempt_source *)s;
}

bool attempt_source_next(struct attempt_source *source, struct str *piece_r,
			 struct err *e)
{
	struct source_pos *s = (struct source_pos *)source;
	size_t left = s->item->content_n - s->at;
	size_t n = s->piece ? MIN_OF(left, s->piece) : left;

	if (n == 0 && s->item->broken)
		return err_set(e, s->item->broken, 0, "chunk 1 does not open");
	*piece_r = str_n(s->item->content + s->at, n);
	s->at += n;
	return true;
}

void attempt_source_free(struct attempt_source **s)
{
	mem_free(*s);
	*s = NULL;
}
