/* Another question: what is under way ends, nothing is lost, whatever dies. */
#include "pool_bench.h"
#include <signal.h>
#include <unistd.h>

Suite *test_generations_suite(void);

enum { MANY = 400 };

struct told {
	unsigned n;
	bool unwanted;
	struct err why;
};

static bool on_asked(void *arg, const struct err *why)
{
	struct told *t = arg;

	t->n++;
	t->why = why ? *why : ERR_EMPTY;
	loop_stop(loop);
	return !t->unwanted;
}

static void ask_this(const struct question *q, struct told *t)
{
	struct err e = ERR_EMPTY;
	struct inspect_question *asked = inspect_question_new(q, &e);

	ck_assert_msg(asked, "%s", e.text);
	inspect_ask(pool, &asked, on_asked, t);
	ck_assert_ptr_null(asked);
}

static void ask(uint32_t version, struct told *t)
{
	const struct question q = {.version = version};

	ask_this(&q, t);
}

static void wait_told(struct told *t)
{
	while (!t->n)
		loop_run(loop);
	ck_assert_uint_eq(t->n, 1);
}

static void one(struct seen *s)
{
	(void)view(MAIL, strlen(MAIL), s);
}

static void many(struct seen *s)
{
	for (unsigned i = 0; i < MANY; i++)
		one(s);
}

/* The loop ends by others' doing too. */
static void run_all(struct seen *s, unsigned n)
{
	s->wanted = n;
	while (s->ended < n)
		loop_run(loop);
	ck_assert_uint_eq(s->ended, n);
	ck_assert_uint_eq(s->failed, 0);
}

static void on_time(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static void wait_old_gone(void)
{
	struct timer *t = timer_new(loop, on_time, NULL);

	while (pool->gen[GEN_OLD]) {
		timer_set(t, 10 * US_PER_MS);
		loop_run(loop);
	}
	timer_free(&t);
}

START_TEST(another_question_is_taken)
{
	struct told t = {0};
	struct seen s = {0};

	start(2, 0);
	ck_assert_uint_eq(inspect_version(pool), 1);
	ask(2, &t);
	one(&s);
	wait_told(&t);
	ck_assert_int_eq(t.why.class, ERR_NONE);
	ck_assert_uint_eq(inspect_version(pool), 2);
	one(&s);
	run_all(&s, 2);
	ck_assert_uint_eq(s.version[1], 1);
	ck_assert_uint_eq(s.version[2], 1);
	wait_old_gone();
	ck_assert_uint_eq(inspect_backlog(pool), 0);
	stop();
}
END_TEST

START_TEST(the_same_question_changes_nothing)
{
	struct told t = {0}, other = {0};
	pid_t zygote;

	start(1, 0);
	zygote = pool->gen[GEN_NOW]->zygote;
	ask(1, &t);
	ck_assert_uint_eq(t.n, 0);
	wait_told(&t);
	ck_assert_int_eq(t.why.class, ERR_NONE);
	ck_assert_int_eq(pool->gen[GEN_NOW]->zygote, zygote);
	ck_assert_ptr_null(pool->gen[GEN_NEXT]);
	/* Nor does going back before the other was ready. */
	t = (struct told){0};
	ask(2, &other);
	ask(1, &t);
	ck_assert_int_eq(other.why.class, ERR_CONFLICT);
	wait_told(&t);
	ck_assert_int_eq(t.why.class, ERR_NONE);
	ck_assert_uint_eq(inspect_version(pool), 1);
	stop();
}
END_TEST

START_TEST(the_later_of_two_wins)
{
	struct told first = {0}, second = {0};
	struct seen s = {0};

	start(2, 0);
	many(&s);
	ask(2, &first);
	ask(3, &second);
	ck_assert_uint_eq(first.n, 1);
	ck_assert_int_eq(first.why.class, ERR_CONFLICT);
	wait_told(&second);
	ck_assert_int_eq(second.why.class, ERR_NONE);
	ck_assert_uint_eq(inspect_version(pool), 3);
	run_all(&s, MANY);
	stop();
}
END_TEST

/* Work at three generations, one after another, faster than they end. */
START_TEST(nothing_is_lost_while_questions_change)
{
	struct seen s = {0};
	unsigned n = 0;

	start(2, 0);
	for (uint32_t v = 2; v < 7; v++, n += 2 * MANY) {
		struct told t = {0};

		many(&s);
		ask(v, &t);
		many(&s);
		wait_told(&t);
		ck_assert_int_eq(t.why.class, ERR_NONE);
	}
	many(&s);
	run_all(&s, n + MANY);
	/* What asks for the newest is answered by it. */
	ck_assert_uint_ge(s.version[6], MANY);
	wait_old_gone();
	ck_assert_uint_eq(inspect_backlog(pool), 0);
	stop();
}
END_TEST

/* 0: the one that serves, 1: the one that is made */
START_TEST(a_zygote_dies_meanwhile)
{
	struct told t = {0};
	struct seen s = {0};

	start(2, 0);
	many(&s);
	ask(2, &t);
	kill(pool->gen[_i]->zygote, SIGKILL);
	many(&s);
	wait_told(&t);
	if (_i == GEN_NOW) {
		ck_assert_int_eq(t.why.class, ERR_NONE);
		ck_assert_uint_eq(inspect_version(pool), 2);
	} else {
		ck_assert_int_eq(t.why.class, ERR_CONFIG);
		ck_assert_ptr_nonnull(strstr(t.why.text, "ended"));
		ck_assert_uint_eq(inspect_version(pool), 1);
	}
	run_all(&s, 2 * MANY);
	/* And the next one is made again. */
	t = (struct told){0};
	ask(3, &t);
	wait_told(&t);
	ck_assert_int_eq(t.why.class, ERR_NONE);
	stop();
}
END_TEST

/* What it had begun is answered by the new one, and says so. */
START_TEST(the_old_zygote_dies)
{
	struct told t = {0};
	struct seen s = {0};

	start(1, 0);
	ck_assert_int_eq(kill(child_pid(), SIGSTOP), 0);
	many(&s);
	ask(2, &t);
	wait_told(&t);
	ck_assert_int_eq(t.why.class, ERR_NONE);
	ck_assert_ptr_nonnull(pool->gen[GEN_OLD]);
	many(&s);
	ck_assert_uint_eq(s.ended, 0);
	kill(pool->gen[GEN_OLD]->zygote, SIGKILL);
	run_all(&s, 2 * MANY);
	ck_assert_uint_eq(s.version[2], 2 * MANY);
	ck_assert_ptr_null(pool->gen[GEN_OLD]);
	stop();
}
END_TEST

START_TEST(what_is_not_ready_in_time_is_given_up)
{
	struct told t = {0};
	struct seen s = {0};
	pid_t zygote;

	start(1, 0);
	pool->conf.ready_us = 20 * US_PER_MS;
	ask(2, &t);
	zygote = pool->gen[GEN_NEXT]->zygote;
	kill(zygote, SIGSTOP);
	wait_told(&t);
	ck_assert_ptr_nonnull(strstr(t.why.text, "not ready in time"));
	ck_assert_ptr_null(pool->gen[GEN_NEXT]);
	ck_assert_int_ne(kill(zygote, 0), 0);
	one(&s);
	run_all(&s, 1);
	stop();
}
END_TEST

START_TEST(what_cannot_be_begun_is_told)
{
	struct told t = {0};
	struct seen s = {0};

	start(1, 0);
	pool->conf.program = "/nonexistent/inspector";
	ask(2, &t);
	ck_assert_uint_eq(t.n, 0);
	wait_told(&t);
	ck_assert_int_ne(t.why.class, ERR_NONE);
	ck_assert_uint_eq(inspect_version(pool), 1);
	one(&s);
	run_all(&s, 1);
	stop();
}
END_TEST

static struct term refused_terms[] = {
	{.text = STR("fine"), .places = 1 << PLACE_BODY},
	{.text = STR("(a"), .regex = true, .places = 1 << PLACE_BODY},
	{.text = STR("[0-9]+"), .regex = true, .places = 1 << PLACE_BODY},
	{.text = STR("*"), .regex = true, .places = 1 << PLACE_BODY},
};
static const struct question refused = {
	.version = 2, .asks_content = true, .term = refused_terms, .term_n = 4};

/* Who asked could not take the policy in the end. */
START_TEST(what_is_not_wanted_any_more_does_not_serve)
{
	struct told t = {.unwanted = true};
	struct seen s = {0};

	start(2, 0);
	ask(2, &t);
	wait_told(&t);
	ck_assert_int_eq(t.why.class, ERR_NONE);
	one(&s);
	run_all(&s, 1);
	ck_assert_uint_eq(s.version[1], 1);
	ck_assert_uint_eq(inspect_version(pool), 1);
	ck_assert_ptr_null(pool->gen[GEN_NEXT]);
	stop();
}
END_TEST

START_TEST(what_is_refused_changes_nothing)
{
	struct told t = {0};
	struct seen s = {0};

	start(2, 0);
	ask_this(&refused, &t);
	one(&s);
	wait_told(&t);
	ck_assert_int_eq(t.why.class, ERR_CONFIG);
	ck_assert_uint_eq(inspect_version(pool), 1);
	one(&s);
	run_all(&s, 2);
	ck_assert_uint_eq(s.version[1], 2);
	stop();
}
END_TEST

START_TEST(terms_that_do_not_compile_are_told)
{
	struct arena a = ARENA_EMPTY;
	struct question_error *v;
	struct err e = ERR_EMPTY;
	atomic_bool given_up = true;
	struct inspect_conf c;
	struct question q = refused;
	size_t n;

	start(1, 0);
	c = conf_of(1);
	ck_assert_msg(inspect_check(&c, &q, &a, &v, &n, &e), "%s", e.text);
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(v[0].term, 1);
	ck_assert_uint_eq(v[1].term, 3);
	ck_assert(v[0].text.n > 0);
	q.term_n = 1;
	ck_assert(inspect_check(&c, &q, &a, &v, &n, &e));
	ck_assert_uint_eq(n, 0);
	/* Who is not there, has no time, or says nothing of use. */
	c.stop = &given_up;
	ck_assert(!inspect_check(&c, &q, &a, &v, &n, &e));
	c.stop = NULL;
	c.program = "/bin/true";
	ck_assert(!inspect_check(&c, &q, &a, &v, &n, &e));
	c.program = "/nonexistent/inspector";
	ck_assert(!inspect_check(&c, &q, &a, &v, &n, &e));
	arena_release(&a);
	stop();
}
END_TEST

START_TEST(answers_what_is_asked)
{
	static const char mail[] =
		"From: a@example.jp\r\nTo: b@example.jp\r\n"
		"Content-Type: text/plain\r\n\r\nIt is fine: 42.\r\n";
	struct term terms[] = {refused_terms[0], refused_terms[2]};
	const struct question q = {
		.version = 3, .asks_content = true, .term = terms, .term_n = 2};
	struct told t = {0};
	struct seen s = {0};

	start(2, 0);
	(void)view(mail, strlen(mail), &s);
	run_all(&s, 1);
	ck_assert_uint_eq(s.hits, 0);
	ask_this(&q, &t);
	wait_told(&t);
	ck_assert_int_eq(t.why.class, ERR_NONE);
	(void)view(mail, strlen(mail), &s);
	run_all(&s, 2);
	ck_assert_uint_eq(s.hits, 2);
	/* A child in place of a dead one knows it too. */
	kill(pool->gen[GEN_NOW]->zygote, SIGKILL);
	(void)view(mail, strlen(mail), &s);
	run_all(&s, 3);
	ck_assert_uint_eq(s.hits, 4);
	stop();
}
END_TEST

START_TEST(stops_while_one_is_made)
{
	struct told t = {0};
	struct seen s = {0};

	start(2, 0);
	many(&s);
	ask(2, &t);
	stop();
	ck_assert_uint_eq(t.n, 0);
}
END_TEST

Suite *test_generations_suite(void)
{
	Suite *s = suite_create("generations");
	TCase *c = tcase_create("generations");

	tcase_set_timeout(c, 60);
	tcase_add_test(c, another_question_is_taken);
	tcase_add_test(c, the_same_question_changes_nothing);
	tcase_add_test(c, the_later_of_two_wins);
	tcase_add_test(c, nothing_is_lost_while_questions_change);
	tcase_add_loop_test(c, a_zygote_dies_meanwhile, GEN_NOW, GEN_NEXT + 1);
	tcase_add_test(c, the_old_zygote_dies);
	tcase_add_test(c, what_is_not_ready_in_time_is_given_up);
	tcase_add_test(c, what_cannot_be_begun_is_told);
	tcase_add_test(c, what_is_not_wanted_any_more_does_not_serve);
	tcase_add_test(c, what_is_refused_changes_nothing);
	tcase_add_test(c, terms_that_do_not_compile_are_told);
	tcase_add_test(c, answers_what_is_asked);
	tcase_add_test(c, stops_while_one_is_made);
	suite_add_tcase(s, c);
	return s;
}
