/* due.c - what is due to be sent, and has room: the oldest first.
 *
 * A way is a route of a tenant. Each is walked apart, and all are merged: one
 * that is full is left at once, however much of its mail waits. A claim looks
 * once at each way that has mail, and where nothing but the routes with a room
 * of their own may take any, at those of them that have some.
 */
#include "connector/base/map.h"
#include "connector/base/mem.h"
#include "connector/store/store_int.h"

/* ---- rooms --------------------------------------------------------------------- */

struct room {
	unsigned left;
	bool shares;
	int64_t put_off_us;
	bool of_each; /* ROOM_EACH_OTHER: each route begins with `left` */
	struct str route;
	struct room *own; /* of a tenant: its routes with a room of their own */
	struct room *next;
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
			     const struct store_room *r)
{
	struct room *room = ARENA_NEW(&rooms->arena, struct room);

	room->left = r->copies;
	room->shares = r->shares;
	room->put_off_us = r->put_off_us;
	room->of_each = r->of == ROOM_EACH_OTHER;
	room->route = r->route;
	map_put(&rooms->by_name, name, room);
	return room;
}

static void rooms_init(struct rooms *rooms, const struct store_rooms *s)
{
	buf_init(&rooms->name, 64 * KIB);
	rooms->shared = s->shared;
	for (size_t i = 0; i < s->n; i++)
		if (s->room[i].of != ROOM_ROUTE)
			room_new(rooms, s->room[i].tenant, &s->room[i]);
	for (size_t i = 0; i < s->n; i++) {
		const struct store_room *r = &s->room[i];
		struct room *others = map_get(&rooms->by_name, r->tenant);
		struct room *room;

		if (r->of != ROOM_ROUTE)
			continue;
		room = room_new(rooms, room_name(rooms, r->tenant, r->route),
				r);
		if (others) {
			room->next = others->own;
			others->own = room;
		}
	}
}

static void rooms_release(struct rooms *rooms)
{
	map_release(&rooms->by_name);
	buf_release(&rooms->name);
	arena_release(&rooms->arena);
}

/* NULL: nobody limits this way. */
static struct room *room_of(struct rooms *rooms, struct str tenant,
			    struct str route)
{
	struct str name = room_name(rooms, tenant, route);
	struct room *room = map_get(&rooms->by_name, name);
	struct room *others;

	if (room)
		return room;
	others = map_get(&rooms->by_name, tenant);
	if (!others || !others->of_each)
		return others;
	room = ARENA_NEW(&rooms->arena, struct room);
	*room = *others;
	map_put(&rooms->by_name, name, room);
	return room;
}

static bool is_full(const struct rooms *rooms, const struct picks *p,
		    const struct room *room)
{
	if (!room)
		return false;
	if (room->left == 0)
		return !room->put_off_us || p->put_off == STORE_PUT_OFF_MAX;
	return room->shares && rooms->shared == 0;
}

/* ---- the rows of one way ------------------------------------------------------- */

#define WAY_ROWS 32 /* read at once */

struct due_row {
	int64_t due_us, id, n;
};

struct way_due {
	struct str tenant, route;
	struct due_row *row;
	size_t at, n; /* at = n: none is left */
	bool wide;    /* row: room for all that one look brings */
	bool ended;   /* nothing is due behind these */
};
struct ways_due {
	VEC_OF(struct way_due *);
	int64_t now_us;
	size_t at_once; /* rows that one look brings */
	struct arena arena;
};

/* The rows behind those that were read. */
static bool rows_read(struct work *w, struct ways_due *all, struct way_due *way,
		      struct err *e)
{
	struct due_row last = {.due_us = INT64_MIN};
	struct db_rows r;

	if (way->n)
		last = way->row[way->n - 1];
	if (!way->wide)
		way->row = arena_array(&all->arena, all->at_once,
				       sizeof(*way->row));
	way->wide = true;
	way->at = way->n = 0;
	r = db_ask_n(w->db, SQL_RCPT_DUE,
		     DB_ARGS(DB_T(way->tenant), DB_T(way->route),
			     DB_I(all->now_us), DB_I(last.due_us),
			     DB_I(last.id), DB_I(last.n), DB_I(all->at_once)),
		     e);
	while (way->n < all->at_once && db_next(&r))
		way->row[way->n++] = (struct due_row){
			db_int(&r, 0), db_int(&r, 1), db_int(&r, 2)};
	way->ended = way->n < all->at_once;
	return db_done(&r);
}

static bool row_passed(struct work *w, struct ways_due *all,
		       struct way_due *way, struct err *e)
{
	return ++way->at < way->n || way->ended || rows_read(w, all, way, e);
}

/* ---- the ways -------------------------------------------------------------------- */

static struct way_due *way_add(struct ways_due *all, struct str tenant,
			       struct str route)
{
	struct way_due *way = ARENA_NEW(&all->arena, struct way_due);

	way->tenant = tenant;
	way->route = route;
	vec_push(all, way);
	return way;
}

/* A name that comes behind this one, and before any other. */
static struct str name_behind(struct arena *a, struct str name)
{
	return str_of(arena_printf(a, STR_FMT "\001", STR_ARG(name)));
}

/* The first way of these names or behind them, and its first row. */
static bool way_read(struct work *w, struct arena *a, struct str tenant,
		     struct str route, struct way_due *way, struct due_row *row,
		     bool *there_r, struct err *e)
{
	struct db_rows r = db_ask_n(w->db, SQL_RCPT_WAY,
				    DB_ARGS(DB_T(tenant), DB_T(route)), e);

	*there_r = db_next(&r);
	if (*there_r) {
		way->tenant = arena_str(a, db_bytes(&r, 0));
		way->route = arena_str(a, db_bytes(&r, 1));
		*row = (struct due_row){db_int(&r, 2), db_int(&r, 3),
					db_int(&r, 4)};
	}
	return db_done(&r);
}

/* Only these of the tenant may have room. */
static bool own_read(struct work *w, struct ways_due *all,
		     const struct rooms *rooms, const struct picks *p,
		     struct str tenant, const struct room *own, struct err *e)
{
	for (; own; own = own->next)
		if (!is_full(rooms, p, own))
			TRY(rows_read(w, all, way_add(all, tenant, own->route),
				      e));
	return true;
}

static bool ways_read(struct work *w, struct ways_due *all,
		      const struct rooms *rooms, const struct picks *p,
		      struct err *e)
{
	struct way_due at = {.tenant = STR(""), .route = STR("")};
	struct due_row row;
	bool there;

	for (;;) {
		const struct room *others;

		TRY(way_read(w, &all->arena, at.tenant, at.route, &at, &row,
			     &there, e));
		if (!there)
			return true;
		others = map_get(&rooms->by_name, at.tenant);
		if (is_full(rooms, p, others)) {
			TRY(own_read(w, all, rooms, p, at.tenant, others->own,
				     e));
			at.tenant = name_behind(&all->arena, at.tenant);
			at.route = STR("");
			continue;
		}
		if (row.due_us <= all->now_us) {
			struct way_due *way = way_add(all, at.tenant, at.route);

			way->row = ARENA_NEW(&all->arena, struct due_row);
			*way->row = row;
			way->n = 1;
		}
		at.route = name_behind(&all->arena, at.route);
	}
}

static struct way_due *oldest(const struct ways_due *all)
{
	struct way_due *best = NULL;

	VEC_EACH (at, all) {
		struct way_due *way = *at;

		if (way->at < way->n &&
		    (!best ||
		     way->row[way->at].due_us < best->row[best->at].due_us))
			best = way;
	}
	return best;
}

/* ---- picks -------------------------------------------------------------------- */

static bool picked(const struct picks *p, int64_t id, struct str route)
{
	for (size_t i = p->n; i > 0; i--)
		if (p->v[i - 1].id == id && str_eq(p->v[i - 1].route, route))
			return true;
	return false;
}

/* There is room, or it is put off. */
static void pick(struct picks *p, struct rooms *rooms, struct room *room,
		 int64_t id, struct str route)
{
	struct pick one = {.id = id};

	if (picked(p, id, route))
		return;
	if (room && room->left == 0) {
		one.put_off_us = room->put_off_us;
		p->put_off++;
	} else if (room) {
		room->left--;
		if (room->shares)
			rooms->shared--;
	}
	one.route = arena_str(&p->arena, route);
	vec_push(p, one);
}

static bool picks_fill(struct work *w, struct ways_due *all,
		       struct rooms *rooms, size_t copies, struct picks *p,
		       struct err *e)
{
	struct way_due *way;

	while (p->n - p->put_off < copies && (way = oldest(all)) != NULL) {
		struct room *room = room_of(rooms, way->tenant, way->route);

		if (is_full(rooms, p, room)) {
			way->at = way->n;
			continue;
		}
		pick(p, rooms, room, way->row[way->at].id, way->route);
		TRY(row_passed(w, all, way, e));
	}
	return true;
}

bool due_picks(struct work *w, const struct store_rooms *s, int64_t now_us,
	       struct picks *p, struct err *e)
{
	struct ways_due all = {.now_us = now_us,
			       .at_once = MIN_OF((size_t)WAY_ROWS, s->copies)};
	struct rooms rooms = {0};
	bool ok;

	rooms_init(&rooms, s);
	ok = ways_read(w, &all, &rooms, p, e) &&
	     picks_fill(w, &all, &rooms, s->copies, p, e);
	vec_release(&all);
	arena_release(&all.arena);
	rooms_release(&rooms);
	return ok;
}

void picks_release(struct picks *p)
{
	arena_release(&p->arena);
	vec_release(p);
}
