/* due.c - what is due to be sent, and has room: the oldest first.
 *
 * The due rows of each tenant are walked apart and merged: one whose way is
 * full or down is passed over as a whole, however much of its mail waits.
 */
#include "connector/base/map.h"
#include "connector/base/mem.h"
#include "connector/store/store_int.h"

/* ---- rooms --------------------------------------------------------------------- */

struct room {
	unsigned left;
	bool shares;
	bool has_others; /* routes of the tenant with a room of their own */
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

static void rooms_init(struct rooms *rooms, const struct store_rooms *s)
{
	buf_init(&rooms->name, 64 * KIB);
	rooms->shared = s->shared;
	for (size_t i = 0; i < s->n; i++) {
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
	for (size_t i = 0; i < s->n; i++) {
		struct room *room = map_get(&rooms->by_name, s->room[i].tenant);

		if (room && s->room[i].of == ROOM_ROUTE)
			room->has_others = true;
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

/* Whatever route: nothing more of this tenant can be picked. */
static bool tenant_is_full(const struct rooms *rooms, struct str tenant)
{
	const struct room *room = map_get(&rooms->by_name, tenant);

	return room && room->left == 0 && !room->put_off_us &&
	       !room->has_others && (!room->of_each || room->each == 0);
}

/* ---- the rows of one tenant --------------------------------------------------- */

#define TENANT_ROWS 32 /* read at once */

struct due_row {
	int64_t due_us, id, n;
	struct str route;
};

struct tenant_due {
	struct str tenant;
	struct due_row row[TENANT_ROWS];
	size_t at, n; /* at = n: none is left */
	struct arena arena;
};
struct tenants_due {
	VEC_OF(struct tenant_due *);
	int64_t now_us;
	size_t at_once; /* rows that one look brings */
	struct arena arena;
};

/* The rows behind those that were read. */
static bool rows_read(struct work *w, const struct tenants_due *all,
		      struct tenant_due *t, struct err *e)
{
	struct due_row last = {.due_us = INT64_MIN};
	struct db_rows r;

	if (t->n)
		last = t->row[t->n - 1];
	arena_release(&t->arena);
	t->at = t->n = 0;
	r = db_ask_n(w->db, SQL_RCPT_DUE,
		     DB_ARGS(DB_T(t->tenant), DB_I(all->now_us),
			     DB_I(last.due_us), DB_I(last.id), DB_I(last.n),
			     DB_I(all->at_once)),
		     e);
	while (t->n < all->at_once && db_next(&r))
		t->row[t->n++] = (struct due_row){
			.due_us = db_int(&r, 0),
			.id = db_int(&r, 1),
			.n = db_int(&r, 2),
			.route = arena_str(&t->arena, db_bytes(&r, 3))};
	return db_done(&r);
}

static bool row_passed(struct work *w, const struct tenants_due *all,
		       struct tenant_due *t, struct err *e)
{
	return ++t->at < t->n || t->n < all->at_once || rows_read(w, all, t, e);
}

/* A name that comes behind this one, and before any other. */
static struct str name_behind(struct arena *a, struct str name)
{
	return str_of(arena_printf(a, STR_FMT "\001", STR_ARG(name)));
}

static bool tenants_read(struct work *w, struct tenants_due *all,
			 const struct rooms *rooms, struct err *e)
{
	struct str from = STR("");

	for (;;) {
		struct db_rows r = db_ask_n(w->db, SQL_RCPT_TENANT,
					    DB_ARGS(DB_T(from)), e);
		struct tenant_due *t;
		struct str tenant;
		bool there = db_next(&r);

		if (there)
			tenant = arena_str(&all->arena, db_bytes(&r, 0));
		TRY(db_done(&r));
		if (!there)
			return true;
		from = name_behind(&all->arena, tenant);
		if (tenant_is_full(rooms, tenant))
			continue;
		t = ARENA_NEW(&all->arena, struct tenant_due);
		t->tenant = tenant;
		vec_push(all, t);
		TRY(rows_read(w, all, t, e));
	}
}

static void tenants_release(struct tenants_due *all)
{
	VEC_EACH (t, all) {
		arena_release(&(*t)->arena);
	}
	vec_release(all);
	arena_release(&all->arena);
}

static struct tenant_due *oldest(const struct tenants_due *all)
{
	struct tenant_due *best = NULL;

	VEC_EACH (at, all) {
		struct tenant_due *t = *at;

		if (t->at < t->n &&
		    (!best ||
		     t->row[t->at].due_us < best->row[best->at].due_us))
			best = t;
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

static void pick(struct picks *p, struct rooms *rooms, struct str tenant,
		 const struct due_row *row)
{
	struct room *room = room_of(rooms, tenant, row->route);
	struct pick one = {.id = row->id};

	if (room && room->left == 0) {
		if (!room->put_off_us || p->put_off == STORE_PUT_OFF_MAX)
			return;
		one.put_off_us = room->put_off_us;
	}
	if (picked(p, row->id, row->route) ||
	    (room && room->shares && room->left > 0 && rooms->shared == 0))
		return;
	if (one.put_off_us)
		p->put_off++;
	else if (room)
		room_take(rooms, room);
	one.route = arena_str(&p->arena, row->route);
	vec_push(p, one);
}

static bool picks_fill(struct work *w, struct tenants_due *all,
		       struct rooms *rooms, size_t copies, struct picks *p,
		       struct err *e)
{
	struct tenant_due *t;

	while (p->n - p->put_off < copies && (t = oldest(all)) != NULL) {
		pick(p, rooms, t->tenant, &t->row[t->at]);
		if (tenant_is_full(rooms, t->tenant))
			t->at = t->n;
		else
			TRY(row_passed(w, all, t, e));
	}
	return true;
}

bool due_picks(struct work *w, const struct store_rooms *s, int64_t now_us,
	       struct picks *p, struct err *e)
{
	struct tenants_due all = {
		.now_us = now_us,
		.at_once = MIN_OF((size_t)TENANT_ROWS, s->copies)};
	struct rooms rooms = {0};
	bool ok;

	rooms_init(&rooms, s);
	ok = tenants_read(w, &all, &rooms, e) &&
	     picks_fill(w, &all, &rooms, s->copies, p, e);
	tenants_release(&all);
	rooms_release(&rooms);
	return ok;
}

void picks_release(struct picks *p)
{
	arena_release(&p->arena);
	vec_release(p);
}
