/* test_routes.c - claims by route: rooms, what is put off, and the upgrade of
 * a store that knew no routes.
 */
#include "store_help.h"

Suite *test_routes_suite(void);

static struct bench b;

/* A READY recipient each, due in this order. */
static int64_t mail_by(const char *const *route, size_t n, int64_t due_us)
{
	struct store_job *j = store_job_new(b.store);
	int64_t id = mail_add(&b, j, n, RCPT_READY);

	ck_assert_int_eq(job_do(&b, j), ERR_NONE);
	for (unsigned i = 0; i < n; i++) {
		struct store_rcpt r = mail_get(&b, id).rcpt[i];

		r.route = str_of(route[i]);
		r.due_us = due_us;
		j = store_job_new(b.store);
		store_set_rcpt(j, id, RCPT_READY, &r, 0);
		ck_assert_int_eq(job_do(&b, j), ERR_NONE);
	}
	return id;
}

static size_t claim(const struct store_rooms *rooms, int64_t now_us)
{
	struct store_job *j = store_job_new(b.store);
	const struct store_found *f;
	size_t n, rcpts = 0;

	store_claim(j, now_us, rooms);
	ck_assert(store_run(b.store, j, NULL));
	f = store_job_found(j, &n);
	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_gt(f[i].rcpt_n, 0);
		for (size_t k = 0; k < f[i].rcpt_n; k++)
			ck_assert_int_eq(f[i].rcpt[k].state, RCPT_SENDING);
		rcpts += f[i].rcpt_n;
	}
	store_job_free(&j);
	return rcpts;
}

static struct store_rcpt rcpt_of(int64_t id, unsigned n)
{
	return mail_get(&b, id).rcpt[n];
}

#define TENANT STR("example")
#define ROOMS(most, share, v)                                                  \
	(&(struct store_rooms){.copies = (most),                               \
			       .shared = (share),                              \
			       .room = (v),                                    \
			       .n = ARRAY_LEN(v)})

START_TEST(a_full_route_leaves_the_others)
{
	const char *const route[] = {"a.test", "b.test", "a.test"};
	const struct store_room room[] = {
		{.tenant = TENANT, .route = STR("a.test")},
		{.tenant = TENANT, .of = ROOM_EACH_OTHER, .copies = 5}};
	int64_t id;

	bench_open(&b, _i);
	id = mail_by(route, 3, NOW);
	ck_assert_uint_eq(claim(ROOMS(10, 10, room), NOW + 1), 1);
	ck_assert_int_eq(rcpt_of(id, 0).state, RCPT_READY);
	ck_assert_int_eq(rcpt_of(id, 0).due_us, NOW);
	ck_assert_int_eq(rcpt_of(id, 1).state, RCPT_SENDING);
	ck_assert(str_is(rcpt_of(id, 1).route, "b.test"));
	ck_assert_int_eq(rcpt_of(id, 2).state, RCPT_READY);
	/* The rest, one copy for both. */
	ck_assert_uint_eq(claim(&(struct store_rooms){.copies = 1}, NOW + 1),
			  2);
	bench_close(&b);
}
END_TEST

START_TEST(rooms_are_counted)
{
	const char *const a[] = {"a.test"}, *const c[] = {"c.test"};
	struct store_room room[] = {
		{.tenant = TENANT, .of = ROOM_EACH_OTHER, .copies = 2}};

	bench_open(&b, _i);
	for (int i = 0; i < 5; i++) {
		mail_by(a, 1, NOW + i);
		mail_by(c, 1, NOW + i);
	}
	ck_assert_uint_eq(claim(ROOMS(10, 0, room), NOW + 9), 4); /* 2 each */
	room[0].shares = true;
	ck_assert_uint_eq(claim(ROOMS(10, 3, room), NOW + 9), 3);
	ck_assert_uint_eq(claim(ROOMS(10, 0, room), NOW + 9), 0);
	room[0].shares = false;
	room[0].of = ROOM_ALL_OTHERS;
	ck_assert_uint_eq(claim(ROOMS(10, 0, room), NOW + 9), 2);
	ck_assert_uint_eq(claim(ROOMS(10, 0, room), NOW + 9), 1);
	bench_close(&b);
}
END_TEST

START_TEST(a_paused_route_is_put_off_once)
{
	const char *const route[] = {"a.test", "b.test"};
	const struct store_room room[] = {
		{.tenant = TENANT,
		 .route = STR("a.test"),
		 .put_off_us = NOW + 1000},
		{.tenant = TENANT, .of = ROOM_EACH_OTHER, .copies = 100}};
	int64_t id[20];
	struct store_rcpt r;

	bench_open(&b, _i);
	for (int i = 0; i < 20; i++)
		id[i] = mail_by(route, 2, NOW + i);
	ck_assert_uint_eq(claim(ROOMS(100, 100, room), NOW + 50), 20);
	for (int i = 0; i < 20; i++) {
		r = rcpt_of(id[i], 0);
		ck_assert_int_eq(r.state, RCPT_READY);
		ck_assert_int_eq(r.due_us, NOW + 1000);
		ck_assert_uint_eq(r.attempts, 0);
		ck_assert_int_eq(rcpt_of(id[i], 1).state, RCPT_SENDING);
	}
	/* Somebody who read the row before may still act on it. */
	ck_assert_int_eq(rcpt_move(&b, id[3], 0, RCPT_DISCARDED), ERR_NONE);
	ck_assert_uint_eq(
		claim(&(struct store_rooms){.copies = 100}, NOW + 999), 0);
	ck_assert_uint_eq(
		claim(&(struct store_rooms){.copies = 100}, NOW + 1000), 19);
	ledger_good(&b);
	bench_close(&b);
}
END_TEST

/* A READY mail of this way. */
static int64_t mail_on(struct str tenant, struct str route, int64_t due_us)
{
	struct store_job *j = store_job_new(b.store);
	struct store_message m = {.id = id_next(&b.ids, NOW),
				  .tenant = tenant,
				  .message_id = STR("x@y"),
				  .place = BODY_GONE};
	struct store_rcpt r = {
		.state = RCPT_READY, .due_us = due_us, .route = route};

	store_add_message(j, &m, &r, 1);
	ck_assert_int_eq(job_do(&b, j), ERR_NONE);
	return m.id;
}

static int64_t mail_of(struct str tenant, int64_t due_us)
{
	return mail_on(tenant, STR(""), due_us);
}

static void claim_is(const struct store_rooms *rooms, int64_t now_us,
		     const int64_t *id, size_t id_n)
{
	struct store_job *j = store_job_new(b.store);
	const struct store_found *f;
	size_t n;

	store_claim(j, now_us, rooms);
	ck_assert(store_run(b.store, j, NULL));
	f = store_job_found(j, &n);
	ck_assert_uint_eq(n, id_n);
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(f[i].message.id, id[i]);
	store_job_free(&j);
}

#define WAITING 500 /* far more than one look at a tenant brings */

START_TEST(the_oldest_of_all_ways_come_first)
{
	static const struct str NAMES[] = {STR("a"), STR("aa"), STR("a b"),
					   STR("z"), STR("")};
	static const struct str ROUTES[] = {STR("x"), STR(""), STR("x x"),
					    STR("xx")};
	int64_t id[WAITING];

	bench_open(&b, _i);
	/* Not in the order of their ids, and two of each moment. */
	for (int i = 0; i < WAITING; i++) {
		int at = i / 2 * 37 % (WAITING / 2) * 2 + i % 2;

		id[at] = mail_on(NAMES[at % (int)ARRAY_LEN(NAMES)],
				 ROUTES[at / 3 % (int)ARRAY_LEN(ROUTES)],
				 NOW + at);
	}
	mail_of(STR("a"), NOW + WAITING);
	claim_is(&(struct store_rooms){.copies = 7}, NOW + WAITING - 1, id, 7);
	claim_is(&(struct store_rooms){.copies = 400}, NOW + WAITING - 1,
		 id + 7, 400);
	claim_is(&(struct store_rooms){.copies = WAITING}, NOW + WAITING - 1,
		 id + 407, WAITING - 407);
	ledger_good(&b);
	bench_close(&b);
}
END_TEST

/* As claim_is(), without a walk through what waits for room. */
static void claim_is_cheap(const struct store_rooms *rooms, const int64_t *id,
			   size_t id_n)
{
	const struct db_faults *f = &b.store->place->faults;
	long before = f->steps;

	claim_is(rooms, NOW + US_PER_DAY, id, id_n);
	ck_assert_int_lt(f->steps - before, 60);
}

/* The way of one tenant is down, and all its mail waits: the others' claims
 * must not walk through it. */
START_TEST(a_full_tenant_costs_nothing)
{
	const struct store_room room[] = {
		{.tenant = STR("down"), .of = ROOM_ALL_OTHERS},
		{.tenant = STR("none"), .of = ROOM_EACH_OTHER},
		{.tenant = STR("up"), .of = ROOM_ALL_OTHERS, .copies = 2}};
	int64_t id[3];

	bench_open(&b, BENCH_MEMORY);
	for (int i = 0; i < WAITING; i++)
		mail_of(i % 2 ? STR("down") : STR("none"), NOW);
	for (int i = 0; i < 3; i++)
		id[i] = mail_of(STR("up"), NOW + 1 + i);
	claim_is_cheap(ROOMS(10, 10, room), id, 2);
	claim_is_cheap(ROOMS(10, 10, room), id + 2, 1);
	ledger_good(&b);
	bench_close(&b);
}
END_TEST

/* The same of one route, whose tenant has others. */
START_TEST(a_full_route_costs_nothing)
{
	const struct store_room room[] = {
		{.tenant = TENANT, .route = STR("busy.test")},
		{.tenant = TENANT, .of = ROOM_EACH_OTHER, .copies = 2}};
	int64_t id[3];

	bench_open(&b, BENCH_MEMORY);
	for (int i = 0; i < WAITING; i++)
		mail_on(TENANT, STR("busy.test"), NOW);
	for (int i = 0; i < 3; i++)
		id[i] = mail_on(TENANT, STR("idle.test"), NOW + 1 + i);
	claim_is_cheap(ROOMS(10, 10, room), id, 2);
	claim_is_cheap(ROOMS(10, 10, room), id + 2, 1);
	ledger_good(&b);
	bench_close(&b);
}
END_TEST

/* What all new routes share is used up: only the known ones are looked at. */
START_TEST(routes_without_room_cost_nothing)
{
	const struct store_room room[] = {
		{.tenant = TENANT,
		 .of = ROOM_EACH_OTHER,
		 .copies = 5,
		 .shares = true},
		{.tenant = TENANT, .route = STR("full.test")},
		{.tenant = TENANT, .route = STR("none.test"), .copies = 3},
		{.tenant = TENANT, .route = STR("old.test"), .copies = 2},
		{.tenant = TENANT,
		 .route = STR("new.test"),
		 .copies = 2,
		 .shares = true}};
	int64_t id[3];

	bench_open(&b, BENCH_MEMORY);
	for (int i = 0; i < WAITING; i++)
		mail_on(TENANT, str_of(arena_printf(&b.arena, "%d.test", i)),
			NOW);
	mail_on(TENANT, STR("full.test"), NOW);
	mail_on(TENANT, STR("new.test"), NOW);
	for (int i = 0; i < 3; i++)
		id[i] = mail_on(TENANT, STR("old.test"), NOW + 1 + i);
	claim_is_cheap(ROOMS(10, 0, room), id, 2);
	ck_assert_uint_eq(claim(ROOMS(9, 7, room), NOW + US_PER_DAY), 8);
	ledger_good(&b);
	bench_close(&b);
}
END_TEST

/* A route of its own has room where the rest of its tenant has none. */
START_TEST(a_full_tenant_has_routes)
{
	const char *const route[] = {"a.test", "b.test"};
	const struct store_room room[] = {
		{.tenant = TENANT, .of = ROOM_ALL_OTHERS},
		{.tenant = TENANT, .route = STR("b.test"), .copies = 5}};
	int64_t id;

	bench_open(&b, _i);
	id = mail_by(route, 2, NOW);
	ck_assert_uint_eq(claim(ROOMS(10, 10, room), NOW + 1), 1);
	ck_assert_int_eq(rcpt_of(id, 1).state, RCPT_SENDING);
	bench_close(&b);
}
END_TEST

START_TEST(a_recipient_without_a_message_stops_nobody)
{
	int64_t id[2];

	bench_open(&b, _i);
	for (int i = 0; i < 2; i++)
		id[i] = mail_of(STR("a"), NOW + i);
	tamper(&b, "DELETE FROM message WHERE id = (SELECT min(id) FROM "
		   "message)");
	claim_is(&(struct store_rooms){.copies = 9}, NOW + 9, id + 1, 1);
	bench_close(&b);
}
END_TEST

START_TEST(a_store_without_routes_is_upgraded)
{
	static const char older[] =
		"DROP INDEX rcpt_ready; ALTER TABLE rcpt DROP COLUMN tenant;"
		"ALTER TABLE rcpt DROP COLUMN route;"
		"DROP INDEX token_expires; DROP INDEX rcpt_failed;"
		"DROP TABLE past; DROP TABLE record; DROP TABLE policy; DROP "
		"TABLE policy_file;"
		"DROP TABLE policy_name; CREATE TABLE policy (version INTEGER"
		" PRIMARY KEY, at INTEGER, who TEXT, note TEXT, digest TEXT,"
		" files TEXT); INSERT INTO policy VALUES (1, 7, 'uid 0', 'n',"
		" 'd1', '{\"policy.yaml\":\"sekisho: "
		"1\\n\",\"l/x.csv\":\"a\"}');"
		"PRAGMA user_version = 1";
	struct store_policy p;
	struct err e = ERR_EMPTY;
	int64_t id[3];

	bench_open(&b, BENCH_SQLITE);
	for (int i = 0; i < 3; i++)
		id[i] = mail_put(&b, 2, RCPT_READY);
	tamper(&b, older);
	bench_reopen(&b);
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(mail_get(&b, id[i]).rcpt_n, 2);
		ck_assert_uint_eq(rcpt_of(id[i], 1).route.n, 0);
	}
	ck_assert(store_policy(b.reader, 0, &b.arena, &p, &e));
	ck_assert(p.version == 1 && str_is(p.origin, "file"));
	ck_assert_uint_eq(p.file_n, 2);
	ck_assert(str_is(p.file[0].name, "policy.yaml") &&
		  str_is(p.file[0].bytes, "sekisho: 1\n"));
	ck_assert(str_is(p.file[1].name, "l/x.csv"));
	ck_assert_uint_eq(
		claim(&(struct store_rooms){.copies = 100}, NOW + US_PER_DAY),
		6);
	ledger_good(&b);
	bench_close(&b);
}
END_TEST

Suite *test_routes_suite(void)
{
	Suite *s = suite_create("routes");
	TCase *c = tcase_create("all");

	tcase_add_loop_test(c, a_full_route_leaves_the_others, 0, 2);
	tcase_add_loop_test(c, rooms_are_counted, 0, 2);
	tcase_add_loop_test(c, a_paused_route_is_put_off_once, 0, 2);
	tcase_add_loop_test(c, the_oldest_of_all_ways_come_first, 0, 2);
	tcase_add_test(c, a_full_tenant_costs_nothing);
	tcase_add_test(c, a_full_route_costs_nothing);
	tcase_add_test(c, routes_without_room_cost_nothing);
	tcase_add_loop_test(c, a_full_tenant_has_routes, 0, 2);
	tcase_add_loop_test(c, a_recipient_without_a_message_stops_nobody, 0,
			    2);
	tcase_add_test(c, a_store_without_routes_is_upgraded);
	suite_add_tcase(s, c);
	return s;
}
