/* claim.c - what is due: for delivery, for a gate, for a decision. */
#include "connector/base/map.h"
#include "connector/base/mem.h"
#include "connector/store/store_int.h"

struct ids {
	VEC_OF(int64_t);
};

struct step_claim {
	struct step step;
	int64_t now_us;
	unsigned messages; /* copies, of a claim */
	unsigned shared;
	struct store_room *room;
	size_t room_n;
};

static void id_add(struct ids *ids, int64_t id)
{
	VEC_EACH (v, ids) {
		if (*v == id)
			return;
	}
	vec_push(ids, id);
}

static bool due_ids(struct work *w, enum sql which, const struct step_claim *s,
		    struct ids *ids, struct err *e)
{
	struct db_rows r = db_ask_n(w->db, which, DB_ARGS(DB_I(s->now_us)), e);

	while (ids->n < s->messages && db_next(&r))
		id_add(ids, db_int(&r, 0));
	return db_done(&r);
}

/* ---- rooms --------------------------------------------------------------------- */

struct room {
	unsigned left;
	bool shares;
	int64_t put_off_us;
	unsigned each; /* of ROOM_EACH_OTHER: what each route begins with */
	bool of_each;
};

/* Room by tenant, and by tenant and route. */
struct rooms {
	struct map by_name;
	struct buf name; /* made for one look */
	unsigned shared;
	struct arena arena;
};

/* No name of a tenant has a line's end. */
static struct str room_name(struct rooms *rooms, struct str tenant,
			    struct str route)
{
	buf_clear(&rooms->name);
	buf_put_str(&rooms->name, tenant);
	buf_putc(&rooms->name, '\n');
	buf_put_str(&rooms->name, route);
	return buf_str(&rooms->name);
}

static struct room *room_new(struct rooms *rooms, struct str name,
			     unsigned copies)
{
	struct room *room = ARENA_NEW(&rooms->arena, struct room);

	room->left = copies;
	map_put(&rooms->by_name, name, room);
	return room;
}

static void rooms_init(struct rooms *rooms, const struct step_claim *s)
{
	buf_init(&rooms->name, 64 * KIB);
	rooms->shared = s->shared;
	for (size_t i = 0; i < s->room_n; i++) {
		const struct store_room *r = &s->room[i];
		struct room *room = room_new(
			rooms,
			r->of == ROOM_ROUTE
				? room_name(rooms, r->tenant, r->route)
				: r->tenant,
			r->copies);

		room->put_off_us = r->put_off_us;
		room->shares = r->shares;
		room->of_each = r->of == ROOM_EACH_OTHER;
		room->each = r->copies;
	}
}

static void rooms_release(struct rooms *rooms)
{
	map_release(&rooms->by_name);
	buf_release(&rooms->name);
	arena_release(&rooms->arena);
}

/* NULL: nobody limits this tenant. */
static struct room *room_of(struct rooms *rooms, struct str tenant,
			    struct str route)
{
	struct str name = room_name(rooms, tenant, route);
	struct room *room = map_get(&rooms->by_name, name);
	bool shares;

	if (room)
		return room;
	room = map_get(&rooms->by_name, tenant);
	if (!room || !room->of_each || room->each == 0)
		return room;
	shares = room->shares;
	room = room_new(rooms, name, room->each);
	room->shares = shares;
	return room;
}

static void room_take(struct rooms *rooms, struct room *room)
{
	room->left--;
	if (room->shares)
		rooms->shared--;
}

/* ---- what is due to be sent ------------------------------------------------------ */

/* A message by one of its routes. */
struct pick {
	int64_t id;
	struct str route;
	int64_t put_off_us; /* 0: claimed */
	bool done;
};
struct picks {
	VEC_OF(struct pick);
	size_t put_off;
	struct arena arena;
};

/* Recipients of one message stand together when they became due together. */
static bool picked(const struct picks *p, int64_t id, struct str route)
{
	for (size_t i = p->n; i > 0; i--)
		if (p->v[i - 1].id == id && str_eq(p->v[i - 1].route, route))
			return true;
	return false;
}

static void pick(struct picks *p, struct rooms *rooms, const struct db_rows *r)
{
	struct str route = db_bytes(r, 2);
	int64_t id = db_int(r, 0);
	struct room *room = room_of(rooms, db_bytes(r, 1), route);
	struct pick one = {.id = id};

	if (room && room->left == 0) {
		if (!room->put_off_us || p->put_off == STORE_PUT_OFF_MAX)
			return;
		one.put_off_us = room->put_off_us;
	}
	if (picked(p, id, route) ||
	    (room && room->shares && room->left > 0 && rooms->shared == 0))
		return;
	if (one.put_off_us)
		p->put_off++;
	else if (room)
		room_take(rooms, room);
	one.route = arena_str(&p->arena, route);
	vec_push(p, one);
}

static bool due_picks(struct work *w, const struct step_claim *s,
		      struct picks *p, struct err *e)
{
	struct rooms rooms = {0};
	struct db_rows r = db_ask_n(w->db, SQL_RCPT_DUE,
				    DB_ARGS(DB_I(s->now_us)), e);

	rooms_init(&rooms, s);
	while (p->n - p->put_off < s->messages && db_next(&r))
		pick(p, &rooms, &r);
	rooms_release(&rooms);
	return db_done(&r);
}

static void picks_release(struct picks *p)
{
	arena_release(&p->arena);
	vec_release(p);
}

/* Something sealed does not open: nothing of it may leave, somebody has to
 * look (STYLE, "fail to hold"). */
static bool damaged_hold(struct work *w, int64_t id, int64_t now_us,
			 struct err *e)
{
	struct audit_row row = {.at_us = now_us,
				.message = id,
				.actor = STR("engine"),
				.event = STR("damaged"),
				.detail = STR("{\"why\":\"a sealed field does "
					      "not open\"}")};

	LOG(w->store->log, LOG_ERROR, "message-damaged", LI("id", id));
	TRY(db_do_n(w->db, SQL_RCPT_DAMAGED, DB_ARGS(DB_I(id)), NULL, e));
	return work_audit(w, &row, e);
}

/* Keeps only recipients that `wanted` accepts. */
static void rcpts_keep(struct store_found *f, int64_t now_us,
		       bool (*wanted)(const struct store_rcpt *, int64_t))
{
	size_t n = 0;

	for (size_t i = 0; i < f->rcpt_n; i++)
		if (wanted(&f->rcpt[i], now_us))
			f->rcpt[n++] = f->rcpt[i];
	f->rcpt_n = n;
}

static bool held_due(const struct store_rcpt *t, int64_t now_us)
{
	return (t->state == RCPT_HELD || t->state == RCPT_PARKED) &&
	       t->due_us > 0 && t->due_us <= now_us;
}

static bool attempt_audit(struct work *w, const struct store_found *f,
			  int64_t now_us, struct err *e)
{
	struct audit_row row = {.at_us = now_us,
				.message = f->message.id,
				.actor = STR("engine"),
				.event = STR("attempt")};
	struct buf detail = BUF_MAX(STORE_AUDIT_MAX / 2);
	bool ok;

	buf_puts(&detail, "{\"recipients\":{");
	for (size_t i = 0; i < f->rcpt_n; i++)
		buf_printf(&detail, "%s\"%u\":%u", i ? "," : "", f->rcpt[i].n,
			   f->rcpt[i].attempts);
	buf_puts(&detail, "}}");
	row.detail = buf_str(&detail);
	ok = work_audit(w, &row, e);
	buf_release(&detail);
	return ok;
}

static bool claimable(const struct store_rcpt *t, int64_t now_us)
{
	return (t->state == RCPT_READY || t->state == RCPT_DEFERRED ||
		t->state == RCPT_UNKNOWN) &&
	       t->due_us <= now_us;
}

/* All picked routes of the message of picks->v[at]. */
static bool claim_rcpts(struct work *w, struct picks *p, size_t at,
			struct store_found *f, int64_t now_us, struct err *e)
{
	int64_t id = p->v[at].id;
	size_t n = 0;

	for (size_t i = 0; i < f->rcpt_n; i++) {
		bool mine = false;

		for (size_t k = at; k < p->n && !mine; k++)
			mine = p->v[k].id == id && !p->v[k].put_off_us &&
			       str_eq(p->v[k].route, f->rcpt[i].route);
		if (mine && claimable(&f->rcpt[i], now_us))
			f->rcpt[n++] = f->rcpt[i];
	}
	f->rcpt_n = n;
	for (size_t k = at; k < p->n; k++) {
		struct pick *one = &p->v[k];

		if (one->id != id || one->put_off_us)
			continue;
		one->done = true;
		TRY(db_do_n(w->db, SQL_RCPT_CLAIM,
			    DB_ARGS(DB_I(id), DB_I(now_us), DB_T(one->route)),
			    NULL, e));
	}
	for (size_t i = 0; i < f->rcpt_n; i++) {
		f->rcpt[i].state = RCPT_SENDING;
		f->rcpt[i].due_us = 0;
		f->rcpt[i].version++;
		f->rcpt[i].attempts++;
	}
	return true;
}

static void picks_done(struct picks *p, int64_t id)
{
	VEC_EACH (one, p) {
		one->done |= one->id == id;
	}
}

static bool claim_one(struct work *w, struct picks *p, size_t at,
		      int64_t now_us, struct err *e)
{
	struct load l = {w->db, w->ring, &w->job->arena, false};
	int64_t id = p->v[at].id;
	struct store_found f;

	TRY(message_load(&l, id, &f, e));
	if (l.damaged) {
		picks_done(p, id);
		return damaged_hold(w, id, now_us, e);
	}
	TRY(claim_rcpts(w, p, at, &f, now_us, e));
	*job_found_add(w->job) = f;
	return attempt_audit(w, &f, now_us, e);
}

static bool put_off(struct work *w, const struct pick *one, int64_t now_us,
		    struct err *e)
{
	return db_do_n(w->db, SQL_RCPT_PUT_OFF,
		       DB_ARGS(DB_I(one->id), DB_I(now_us), DB_T(one->route),
			       DB_I(one->put_off_us)),
		       NULL, e);
}

static bool claim_run(struct work *w, struct step *step, struct err *e)
{
	struct step_claim *s = (struct step_claim *)step;
	struct picks p = {0};
	bool ok = due_picks(w, s, &p, e);

	for (size_t i = 0; ok && i < p.n; i++) {
		if (p.v[i].put_off_us)
			ok = put_off(w, &p.v[i], s->now_us, e);
		else if (!p.v[i].done)
			ok = claim_one(w, &p, i, s->now_us, e);
	}
	picks_release(&p);
	return ok;
}

void store_claim(struct store_job *j, int64_t now_us,
		 const struct store_rooms *rooms)
{
	struct step_claim *s = job_step(j, sizeof(*s), claim_run, true);
	const struct store_room *room = rooms->room;

	s->now_us = now_us;
	s->messages = rooms->copies;
	s->shared = rooms->shared;
	s->room = arena_array(&j->arena, rooms->n, sizeof(*s->room));
	s->room_n = rooms->n;
	for (size_t i = 0; i < rooms->n; i++) {
		s->room[i] = room[i];
		s->room[i].tenant = arena_str(&j->arena, room[i].tenant);
		s->room[i].route = arena_str(&j->arena, room[i].route);
	}
}

static bool due_one(struct work *w, int64_t id, int64_t now_us, struct err *e)
{
	struct load l = {w->db, w->ring, &w->job->arena, false};
	struct store_found f;

	TRY(message_load(&l, id, &f, e));
	if (l.damaged)
		return damaged_hold(w, id, now_us, e);
	rcpts_keep(&f, now_us, held_due);
	*job_found_add(w->job) = f;
	return true;
}

static bool due_run(struct work *w, struct step *step, struct err *e)
{
	struct step_claim *s = (struct step_claim *)step;
	struct ids ids = {0};
	bool ok = due_ids(w, SQL_RCPT_HELD_DUE, s, &ids, e);

	for (size_t i = 0; ok && i < ids.n; i++)
		ok = due_one(w, ids.v[i], s->now_us, e);
	vec_release(&ids);
	return ok;
}

void store_due(struct store_job *j, int64_t now_us, unsigned messages)
{
	struct step_claim *s = job_step(j, sizeof(*s), due_run, true);

	s->now_us = now_us;
	s->messages = messages;
}

static bool undecided_run(struct work *w, struct step *step, struct err *e)
{
	struct step_claim *s = (struct step_claim *)step;
	struct load l = {w->db, w->ring, &w->job->arena, false};
	struct ids ids = {0};
	struct db_rows r = db_ask_n(w->db, SQL_MESSAGE_UNDECIDED,
				    DB_ARGS(DB_I(INT64_MIN), DB_I(s->messages)),
				    e);
	bool ok;

	while (db_next(&r))
		vec_push(&ids, db_int(&r, 0));
	ok = db_done(&r);
	for (size_t i = 0; ok && i < ids.n; i++)
		ok = message_load(&l, ids.v[i], job_found_add(w->job), e);
	vec_release(&ids);
	return ok;
}

void store_undecided(struct store_job *j, unsigned messages)
{
	struct step_claim *s = job_step(j, sizeof(*s), undecided_run, true);

	s->messages = messages;
}
