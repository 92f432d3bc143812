/* The pool with real children: views, edits, large bodies, deaths. */
#include "pool_bench.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

Suite *test_inspect_suite(void);

START_TEST(views_a_mail)
{
	struct seen s = {0};

	start(2, 0);
	view(MAIL, strlen(MAIL), &s);
	run(&s, 1);
	ck_assert_str_eq(s.subject, "hello");
	ck_assert_uint_eq(s.to, 2);
	ck_assert_uint_eq(s.failed, 0);
	ck_assert_uint_eq(s.parts, 1);
	ck_assert_int_eq(s.completeness, VIEW_COMPLETE);
	ck_assert_uint_eq(inspect_backlog(pool), 0);
	stop();
}
END_TEST

START_TEST(reports_its_sandbox)
{
	start(1, 0);
	ck_assert_ptr_nonnull(strstr(inspect_level(pool), "seccomp"));
#if !defined(SEKISHO_SANITIZED) && !defined(SEKISHO_VALGRIND)
	ck_assert_ptr_nonnull(strstr(inspect_level(pool), "rlimits"));
#endif
	stop();
}
END_TEST

START_TEST(takes_many_at_once)
{
	struct seen s = {0};

	start(2, 0);
	for (unsigned i = 0; i < 1000; i++)
		view(MAIL, strlen(MAIL), &s);
	run(&s, 1000);
	ck_assert_uint_eq(s.failed, 0);
	stop();
}
END_TEST

struct lazy {
	size_t head;
	char fill;
};

/* A message that exists only as far as it is asked for. */
static bool lazy_read(void *arg, uint64_t off, void *to, size_t n,
		      struct err *e)
{
	static const char head[] =
		"From: taro@example.co.jp\r\nTo: a@example.com\r\n"
		"Subject: large\r\nMIME-Version: 1.0\r\n"
		"Content-Type: application/zip; name=x.zip\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n";
	char *p = to;

	(void)arg;
	(void)e;
	for (size_t i = 0; i < n; i++) {
		uint64_t at = off + i, line;

		if (at < sizeof(head) - 1) {
			p[i] = head[at];
			continue;
		}
		line = (at - (sizeof(head) - 1)) % 78;
		p[i] = line == 76 ? '\r' : line == 77 ? '\n' : 'A';
	}
	return true;
}

START_TEST(asks_for_a_large_body)
{
	struct seen s = {0};
	size_t lines = 100 * MIB / 78;
	struct inspect_body b = {.read = lazy_read};

	start(2, 0);
	b.size = 25 + 19 + 16 + 19 + 43 + 35 + 2 + 0;
	b.size = strlen("From: taro@example.co.jp\r\nTo: a@example.com\r\n"
			"Subject: large\r\nMIME-Version: 1.0\r\n"
			"Content-Type: application/zip; name=x.zip\r\n"
			"Content-Transfer-Encoding: base64\r\n\r\n") +
		 lines * 78;
	inspect_view(pool, 0, &b, on_view, &s);
	run(&s, 1);
	ck_assert_uint_eq(s.failed, 0);
	ck_assert_str_eq(s.subject, "large");
	ck_assert_int_eq(s.completeness, VIEW_COMPLETE);
	ck_assert_uint_eq(s.decoded, lines * 76 / 4 * 3);
	stop();
}
END_TEST

static bool broken_read(void *arg, uint64_t off, void *to, size_t n,
			struct err *e)
{
	(void)arg;
	(void)off;
	(void)to;
	(void)n;
	return err_set(e, ERR_RETRY, 0, "the disk is broken");
}

START_TEST(fails_when_the_body_cannot_be_read)
{
	struct seen s = {0};
	struct inspect_body b = {.size = 1000, .read = broken_read};

	start(2, 0);
	inspect_view(pool, 0, &b, on_view, &s);
	b.size = 1000 * 1000;
	inspect_view(pool, 0, &b, on_view, &s);
	run(&s, 2);
	ck_assert_uint_eq(s.failed, 2);
	ck_assert_str_eq(s.why, "the disk is broken");
	s = (struct seen){0};
	view(MAIL, strlen(MAIL), &s);
	run(&s, 1);
	ck_assert_uint_eq(s.failed, 0);
	stop();
}
END_TEST

START_TEST(reads_a_region_in_place)
{
	struct seen s = {0};
	struct region *r;
	struct inspect_body b = {.size = 1 * MIB};

	start(2, 0);
	for (unsigned tenant = 0; tenant < 4; tenant++) {
		s = (struct seen){0};
		r = inspect_region_take(pool, b.size);
		ck_assert_ptr_nonnull(r);
		b.region = r;
		b.p = inspect_region_bytes(r);
		memset(inspect_region_bytes(r), 'x', b.size);
		memcpy(inspect_region_bytes(r), MAIL, strlen(MAIL));
		inspect_view(pool, tenant / 2, &b, on_view, &s);
		run(&s, 1);
		ck_assert_uint_eq(s.failed, 0);
		ck_assert_str_eq(s.subject, "hello");
		inspect_region_give(&r);
		ck_assert_ptr_null(r);
	}
	stop();
}
END_TEST

/* What one has written, and whether it was shown to its child. */
static uint64_t region_used(bool show)
{
	struct region *r = inspect_region_take(pool, MIB);
	struct inspect_body b = {.size = MIB, .region = r};
	struct seen s = {0};
	uint64_t id = r->id;

	b.p = inspect_region_bytes(r);
	ck_assert_int_eq(b.p[MIB - 1], 0);
	memset(inspect_region_bytes(r), 'x', MIB);
	if (show) {
		memcpy(inspect_region_bytes(r), MAIL, strlen(MAIL));
		inspect_view(pool, 0, &b, on_view, &s);
		run(&s, 1);
		ck_assert_uint_eq(s.failed, 0);
	}
	inspect_region_give(&r);
	return id;
}

/* Nobody has seen a second tenant's mail yet: its body may be the next. */
START_TEST(a_region_is_of_one_mail)
{
	uint64_t id;

	start(1, 0);
	id = region_used(true);
	ck_assert_uint_ne(region_used(false), id);
	ck_assert_uint_eq(pool->gen[GEN_NOW]->child[0].regions.n, 0);
	ck_assert_uint_eq(region_used(true), id + 2);
	stop();
}
END_TEST

START_TEST(of_one_tenant_regions_are_used_again)
{
	struct region *r;
	uint64_t id;

	start(1, 0);
	inspect_set_tenants(pool, true);
	id = region_used(true);
	r = inspect_region_take(pool, MIB);
	ck_assert_uint_eq(r->id, id);
	ck_assert_int_eq(inspect_region_bytes(r)[MIB - 1], 'x');
	inspect_region_give(&r);
	/* Until it is another one. */
	inspect_set_tenants(pool, true);
	ck_assert_uint_eq(pool->gen[GEN_NOW]->child[0].regions.n, 0);
	r = inspect_region_take(pool, MIB);
	inspect_set_tenants(pool, true);
	inspect_region_give(&r);
	id = region_used(true);
	inspect_set_tenants(pool, false);
	ck_assert_uint_ne(region_used(true), id);
	ck_assert_uint_ne(region_used(true), id + 1);
	stop();
}
END_TEST

START_TEST(regions_run_out)
{
	struct region *r[20];

	start(1, 0);
	for (unsigned i = 0; i < ARRAY_LEN(r); i++) {
		r[i] = inspect_region_take(pool, 1);
		ck_assert_ptr_nonnull(r[i]);
	}
	ck_assert_ptr_null(inspect_region_take(pool, 1));
	inspect_region_give(&r[3]);
	ck_assert_ptr_nonnull(inspect_region_take(pool, 1));
	ck_assert_ptr_null(inspect_region_take(pool, BODY_REGION_MAX + 1));
	stop();
}
END_TEST

static void on_edit(void *arg, const struct edit_answer *a)
{
	struct seen *s = arg;
	struct splice_piece piece;
	struct splice sp;
	size_t n = 0;

	s->failed += a->failed;
	snprintf(s->why, sizeof(s->why), "%s", a->why.text);
	s->edits = a->n;
	if (!a->failed) {
		splice_init(&sp, &a->edits[a->n - 1], strlen(MAIL));
		while (splice_next(&sp, &piece)) {
			memcpy(s->edited + n,
			       piece.original ? MAIL + piece.off : piece.text.p,
			       piece.len);
			n += piece.len;
		}
		s->edited[n] = '\0';
	}
	end_one(s);
}

START_TEST(edits_a_mail)
{
	struct seen s = {0};
	struct str hide[] = {STR("a@example.com")};
	struct header_add add = {STR("X-Checked"), STR("yes")};
	struct change c[2] = {
		{.add = &add, .add_n = 1},
		{.hide = hide,
		 .hide_n = 1,
		 .to_when_empty = STR("taro@example.co.jp")},
	};
	struct inspect_body b = {.size = strlen(MAIL), .p = MAIL};

	start(2, 0);
	inspect_edit(pool, 0, &b, c, 2, on_edit, &s);
	run(&s, 1);
	ck_assert_msg(!s.failed, "%s", s.why);
	ck_assert_uint_eq(s.edits, 2);
	ck_assert_ptr_nonnull(strstr(s.edited, "\r\nTo: b@example.jp\r\n"));
	ck_assert_ptr_null(strstr(s.edited, "a@example.com"));
	stop();
}
END_TEST

START_TEST(hides_thousands)
{
	enum { N = 3000 };
	struct seen s = {0};
	struct arena a = ARENA_EMPTY;
	struct str *hide = arena_array(&a, N, sizeof(*hide));
	struct change c = {.hide = hide, .hide_n = N};
	struct inspect_body b = {.size = strlen(MAIL), .p = MAIL};

	for (unsigned i = 0; i < N; i++)
		hide[i] = str_of(arena_printf(&a, "u%u@example.com", i));
	start(2, 0);
	inspect_edit(pool, 0, &b, &c, 1, on_edit, &s);
	run(&s, 1);
	ck_assert_msg(!s.failed, "%s", s.why);
	ck_assert_str_eq(s.edited, MAIL);
	arena_release(&a);
	stop();
}
END_TEST

START_TEST(cancelled_jobs_are_silent)
{
	struct seen quiet = {0}, s = {0};
	struct inspect_job *job[100];

	start(1, 0);
	for (unsigned i = 0; i < 100; i++)
		job[i] = view(MAIL, strlen(MAIL), &quiet);
	for (unsigned i = 0; i < 100; i++)
		inspect_cancel(&job[i]);
	view(MAIL, strlen(MAIL), &s);
	run(&s, 1);
	ck_assert_uint_eq(quiet.ended, 0);
	ck_assert_uint_eq(inspect_backlog(pool), 0);
	stop();
}
END_TEST

START_TEST(broken_canary_stops_the_start)
{
	static const struct canary broken[] = {
		{"broken",
		 "From: a@example.jp\nSubject: x\n\nx\n",
		 {"subject=y"}},
		{0},
	};
	static const struct canary *const tables[] = {broken, NULL};
	struct canary_run *run;
	const struct err *why;

	start(1, 0);
	run = canary_run_begin(pool->gen[GEN_NOW], tables);
	while (!canary_run_ended(run, &why))
		pool_step(pool, 20);
	ck_assert_ptr_nonnull(why);
	ck_assert_int_eq(why->class, ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(why->text, "canary broken"));
	canary_run_free(&run);
	stop();
}
END_TEST

START_TEST(missing_program_stops_the_start)
{
	struct err e = ERR_EMPTY;
	struct inspect_conf c = {.program = "/nonexistent/inspector"};

	loop = loop_new(&e);
	ck_assert_ptr_null(inspect_start(loop, &c, &asks_nothing, &e));
	ck_assert_int_eq(e.class, ERR_CONFIG);
	c.program = "/bin/true";
	ck_assert_ptr_null(inspect_start(loop, &c, &asks_nothing, &e));
	loop_free(&loop);
}
END_TEST

START_TEST(survives_a_dead_zygote)
{
	struct seen s = {0};

	start(2, 0);
	kill(pool->gen[GEN_NOW]->zygote, SIGKILL);
	for (unsigned i = 0; i < 50; i++)
		view(MAIL, strlen(MAIL), &s);
	run(&s, 50);
	ck_assert_uint_eq(s.failed, 0);
	stop();
}
END_TEST

static void lie(struct ring *r, int how, uint64_t id)
{
	unsigned char *slot = r->reports.p + RING_HEAD_BYTES +
			      (r->taken % RING_SLOTS) * RING_SLOT_BYTES;
	struct ring_report rep = {.id = id, .status = RING_OK, .n = 100};
	uint32_t done = r->taken + 1;

	if (how == 0)
		rep.id++;
	if (how == 1)
		rep.status = 7;
	if (how == 2)
		rep.n = UINT32_MAX;
	if (how == 3)
		rep.n = 0;
	if (how == 4)
		done += 5;
	if (how == 5)
		rep.large = 1;
	memset(slot + RING_JOB_HEAD, 0xa5, 200);
	memcpy(slot, &rep, sizeof(rep));
	memcpy(r->reports.p, &done, sizeof(done));
}

/* In place of a stopped child somebody else writes its reports. */
START_TEST(lies_end_the_child_not_the_job)
{
	struct seen s = {0};
	uint32_t id;

	start(1, 0);
	ck_assert_int_eq(kill(child_pid(), SIGSTOP), 0);
	id = pool->gen[GEN_NOW]->child[0].id;
	view(MAIL, strlen(MAIL), &s);
	lie(&pool->gen[GEN_NOW]->child[0].ring, _i, pool->last_job);
	child_on_bell(&pool->gen[GEN_NOW]->child[0], 0);
	ck_assert_int_eq(pool->gen[GEN_NOW]->child[0].state, CHILD_NONE);
	run(&s, 1);
	ck_assert_uint_eq(s.failed, 0);
	ck_assert_str_eq(s.subject, "hello");
	ck_assert_uint_ne(pool->gen[GEN_NOW]->child[0].id, id);
	stop();
}
END_TEST

START_TEST(a_silent_child_is_replaced)
{
	struct seen s = {0};

	start(1, US_PER_S / 2);
	ck_assert_int_eq(kill(child_pid(), SIGSTOP), 0);
	view(MAIL, strlen(MAIL), &s);
	run(&s, 1);
	ck_assert_uint_eq(s.failed, 0);
	stop();
}
END_TEST

START_TEST(a_killed_idle_child_is_replaced)
{
	struct seen s = {0};

	start(1, 0);
	ck_assert_int_eq(kill(child_pid(), SIGKILL), 0);
	view(MAIL, strlen(MAIL), &s);
	run(&s, 1);
	ck_assert_uint_eq(s.failed, 0);
	stop();
}
END_TEST

/* A child is replaced after its share of messages, without a loss. */
START_TEST(children_retire)
{
	struct seen s = {0};
	uint32_t id;

	start(1, 0);
	id = pool->gen[GEN_NOW]->child[0].id;
	for (unsigned i = 0; i < CHILD_JOBS_MAX + 500; i++)
		view(MAIL, strlen(MAIL), &s);
	run(&s, CHILD_JOBS_MAX + 500);
	ck_assert_uint_eq(s.failed, 0);
	ck_assert_uint_ne(pool->gen[GEN_NOW]->child[0].id, id);
	stop();
}
END_TEST

/* Nothing of the inspector outlives the engine. */
START_TEST(children_die_with_the_engine)
{
	int tube[2];
	pid_t engine, child = 0;

	ck_assert_int_eq(pipe(tube), 0);
	engine = fork();
	if (engine == 0) {
		start(1, 0);
		child = child_pid();
		kill(child, SIGSTOP);
		_exit(write(tube[1], &child, sizeof(child)) < 0);
	}
	ck_assert_int_eq(read(tube[0], &child, sizeof(child)), sizeof(child));
	for (int i = 0; i < 500 && kill(child, 0) == 0; i++)
		usleep(10000);
	ck_assert_int_ne(kill(child, 0), 0);
}
END_TEST

#ifdef SEKISHO_FAULTS
static const char *const tries[] = {"open", "socket", "execve", "ptrace",
				    "kill", "fork",   "memory", "loop",
				    "code", "memfd"};

START_TEST(hostile_children_get_nowhere)
{
	struct seen s = {0}, good = {0};
	char mail[400];

	snprintf(mail, sizeof(mail), "X-Hostile: %s\r\n%s", tries[_i], MAIL);
	start(2, US_PER_S);
	view(mail, strlen(mail), &s);
	run(&s, 1);
	ck_assert_uint_eq(s.failed, 1);
	ck_assert_int_eq(s.completeness, VIEW_NONE);
	/* The pool serves on. */
	for (unsigned i = 0; i < 10; i++)
		view(MAIL, strlen(MAIL), &good);
	run(&good, 10);
	ck_assert_uint_eq(good.failed, 0);
	stop();
}
END_TEST

START_TEST(innocent_jobs_survive_a_death)
{
	struct seen s = {0};
	char mail[400];

	snprintf(mail, sizeof(mail), "X-Hostile: open\r\n%s", MAIL);
	start(1, US_PER_S);
	for (unsigned i = 0; i < 30; i++)
		view(MAIL, strlen(MAIL), &s);
	view(mail, strlen(mail), &s);
	for (unsigned i = 0; i < 30; i++)
		view(MAIL, strlen(MAIL), &s);
	run(&s, 61);
	ck_assert_uint_eq(s.failed, 1);
	stop();
}
END_TEST
#endif

Suite *test_inspect_suite(void)
{
	Suite *s = suite_create("inspect");
	TCase *c = tcase_create("pool");

	tcase_set_timeout(c, 60);
	tcase_add_test(c, views_a_mail);
	tcase_add_test(c, reports_its_sandbox);
	tcase_add_test(c, takes_many_at_once);
	tcase_add_test(c, asks_for_a_large_body);
	tcase_add_test(c, fails_when_the_body_cannot_be_read);
	tcase_add_test(c, reads_a_region_in_place);
	tcase_add_test(c, a_region_is_of_one_mail);
	tcase_add_test(c, of_one_tenant_regions_are_used_again);
	tcase_add_test(c, regions_run_out);
	tcase_add_test(c, edits_a_mail);
	tcase_add_test(c, hides_thousands);
	tcase_add_test(c, cancelled_jobs_are_silent);
	tcase_add_test(c, broken_canary_stops_the_start);
	tcase_add_test(c, missing_program_stops_the_start);
	tcase_add_test(c, survives_a_dead_zygote);
	tcase_add_loop_test(c, lies_end_the_child_not_the_job, 0, 6);
	tcase_add_test(c, a_silent_child_is_replaced);
	tcase_add_test(c, a_killed_idle_child_is_replaced);
	tcase_add_test(c, children_retire);
	tcase_add_test(c, children_die_with_the_engine);
#ifdef SEKISHO_FAULTS
	tcase_add_loop_test(c, hostile_children_get_nowhere, 0,
			    ARRAY_LEN(tries));
	tcase_add_test(c, innocent_jobs_survive_a_death);
#endif
	suite_add_tcase(s, c);
	return s;
}
