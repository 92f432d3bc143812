/* test_facts.c - what a decision asks beside the message. */
#include "bench.h"
#include "connector/store/store_int.h"

Suite *test_facts_suite(void);

static struct bench b;
#define A      "Hanako@Partner.example"
#define B      "jiro@other.example"
#define INSIDE "ken@example.co.jp"
#define FIRST                                                                  \
	"  - rule: r\n    when: {recipient: {first-time: company}}\n"          \
	"    do: {hold: {for: 1m, then: send}}\n"

static bool is_held(int64_t id)
{
	UNTIL(&b, state_of(&b, id, 0) != RCPT_RECEIVED);
	return state_of(&b, id, 0) == RCPT_HELD;
}

static void delivered(int64_t id)
{
	UNTIL(&b, state_of(&b, id, 0) == RCPT_DELIVERED);
}

/* At once; nothing of it is under way any more. */
static void goes(int64_t id)
{
	ck_assert(!is_held(id));
	delivered(id);
}

static size_t past(const char *to)
{
	struct err e = ERR_EMPTY;
	struct str *v;
	size_t n;
	bool more;

	ck_assert(store_past_of(b.reader, str_of(b.tenant.tenant), str_of(to),
				STR_EMPTY, &b.arena, &v, &n, &more, &e));
	if (n)
		ck_assert(str_is(v[0], TARO));
	return n;
}

START_TEST(first_time_until_it_was_delivered)
{
	int64_t id;

	bench_open(&b, _i, FIRST);
	id = mail_to(&b, A, NULL);
	ck_assert(is_held(id));
	/* Accepted is not written to: it could still be discarded. */
	ck_assert(is_held(mail_to(&b, A, NULL)));
	ck_assert_uint_eq(past("hanako@partner.example"), 0);
	ck_assert_int_eq(act(&b, ACT_SEND_NOW, id, "sender " TARO), ERR_NONE);
	delivered(id);
	ck_assert_uint_eq(past("hanako@partner.example"), 1);
	goes(mail_to(&b, A, NULL));
	ck_assert(is_held(mail_to(&b, B, NULL)));
	bench_close(&b);
}
END_TEST

static void fails(struct bench *bench, struct attempt *a,
		  struct attempt_rcpt *r)
{
	(void)bench;
	(void)a;
	if (str_is(r->row.address, B)) {
		r->class = ATTEMPT_FAILED;
		r->code = 550;
	}
}

START_TEST(what_counts)
{
	int64_t id;

	bench_open(&b, _i, NULL);
	b.verdict = fails;
	id = mail_to(&b, A, B);
	UNTIL(&b, rcpt_state_ended(state_of(&b, id, 0)) &&
			  rcpt_state_ended(state_of(&b, id, 1)));
	ck_assert_uint_eq(past("hanako@partner.example"), 1);
	ck_assert_uint_eq(past(B), 0);
	/* Nothing that stays inside; nothing that a machine sent. */
	delivered(mail_to(&b, INSIDE, NULL));
	ck_assert_uint_eq(past(INSIDE), 0);
	b.verdict = NULL;
	id = mail_send(&b, &(struct mail){.from = "", .to = {B}});
	delivered(id);
	ck_assert_uint_eq(past(B), 0);
	bench_close(&b);
}
END_TEST

START_TEST(looks_like_where_mail_goes)
{
	struct mail m = {.to = {"a@regullar.example"}};
	struct store_job *job;
	struct store_past past = {STR(TARO), STR("a@regular.example"), 5, 1};
	struct err e = ERR_EMPTY;

	bench_open(&b, _i,
		   "  - rule: r\n    when: {recipient: {look-alike: true}}\n"
		   "    do: {hold: {for: 1m, then: send}}\n");
	goes(mail_send(&b, &m));
	job = store_job_new(b.store);
	store_put_past(job, str_of(b.tenant.tenant), &past);
	ck_assert(store_run(b.store, job, &e));
	store_job_free(&job);
	known_look(b.flow);
	UNTIL(&b, known_of(b.flow, b.tenant.tenant) != NULL);
	bench_wait(&b, 200);
	ck_assert(is_held(mail_send(&b, &m)));
	bench_close(&b);
}
END_TEST

START_TEST(more_than_a_hundred_recipients_in_an_hour)
{
	struct mail m = {.to = {"a@x.example", "b@x.example", "c@x.example",
				"d@x.example", "e@x.example", "f@x.example",
				"g@x.example", "h@x.example"}};
	struct mail other = {.from = "ken@example.co.jp",
			     .to = {"a@x.example"}};

	bench_open(&b, _i,
		   "  - rule: r\n    when: {message: {class: bulk}}\n"
		   "    do: {delay: {for: 1m}}\n");
	for (int i = 0; i < 12; i++)
		goes(mail_send(&b, &m));
	ck_assert(is_held(mail_send(&b, &m)));
	ck_assert(is_held(mail_send(&b, &m)));
	goes(mail_send(&b, &other));
	bench_close(&b);
}
END_TEST

/* Who sent much before a restart has sent much. */
START_TEST(a_restart_does_not_forget)
{
	struct mail m = {.to = {"a@x.example", "b@x.example", "c@x.example",
				"d@x.example", "e@x.example", "f@x.example",
				"g@x.example", "h@x.example"}};
	const char *policy = "  - rule: r\n    when: {message: {class: bulk}}\n"
			     "    do: {delay: {for: 1m}}\n";

	bench_open(&b, _i, policy);
	for (int i = 0; i < 12; i++)
		goes(mail_send(&b, &m));
	bench_reopen(&b, policy);
	m.from = "Taro@EXAMPLE.co.jp";
	ck_assert(is_held(mail_send(&b, &m)));
	m.from = "ken@example.co.jp";
	goes(mail_send(&b, &m));
	bench_close(&b);
}
END_TEST

START_TEST(one_digest_of_bulk_mail)
{
	AUTO(buf) key = BUF_MAX(KIB);

	bench_open(&b, _i, HOLD_SEND);
	buf_printf(&key, "%s\n" TARO, b.tenant.tenant);
	b.flow->bulk_window_us = clock_monotonic_us();
	map_put(&b.flow->bulk_now, buf_str(&key), (void *)1000);
	for (int i = 0; i < 3; i++)
		ck_assert(is_held(mail_to(&b, A, NULL)));
	bench_wait(&b, 300);
	ck_assert_uint_eq(sent_count(&b, 0, TARO, ""), 0);
	b.flow->digest_next_us = 0;
	UNTIL(&b, sent_count(&b, 0, TARO, ""));
	bench_wait(&b, 300);
	ck_assert_uint_eq(sent_count(&b, 0, TARO, ""), 1);
	ck_assert_uint_eq(b.flow->digest_senders.n, 0);
	bench_close(&b);
}
END_TEST

/* Who waits for one is not forgotten while the store cannot be asked. */
START_TEST(a_digest_waits_for_the_store)
{
	AUTO(buf) key = BUF_MAX(KIB);
	struct db_faults *f;

	bench_open(&b, BENCH_MEMORY, HOLD_SEND);
	buf_printf(&key, "%s\n" TARO, b.tenant.tenant);
	b.flow->bulk_window_us = clock_monotonic_us();
	map_put(&b.flow->bulk_now, buf_str(&key), (void *)1000);
	ck_assert(is_held(mail_to(&b, A, NULL)));
	f = &b.store->place->faults;
	f->spared = b.reader->db;
	f->lasting = true;
	f->step_at = 1;
	b.flow->digest_next_us = 0;
	UNTIL(&b, b.flow->digest_next_us > 0);
	ck_assert_uint_eq(b.flow->digest_senders.n, 1);
	f->step_at = 0;
	UNTIL(&b, sent_count(&b, 0, TARO, "") == 1);
	bench_close(&b);
}
END_TEST

START_TEST(a_digest_comes_after_a_restart)
{
	AUTO(buf) key = BUF_MAX(KIB);

	bench_open(&b, BENCH_SQLITE, HOLD_SEND);
	buf_printf(&key, "%s\n" TARO, b.tenant.tenant);
	b.flow->bulk_window_us = clock_monotonic_us();
	map_put(&b.flow->bulk_now, buf_str(&key), (void *)1000);
	ck_assert(is_held(mail_to(&b, A, NULL)));
	bench_reopen(&b, HOLD_SEND);
	ck_assert_uint_eq(b.flow->digest_senders.n, 1);
	b.flow->digest_next_us = 0;
	UNTIL(&b, sent_count(&b, 0, TARO, ""));
	bench_reopen(&b, HOLD_SEND);
	ck_assert_uint_eq(b.flow->digest_senders.n, 0);
	bench_close(&b);
}
END_TEST

START_TEST(journal)
{
	char address[] = "journal@archive.example";
	struct mail m = {.to = {"Journal@Archive.example"}};

	bench_open(&b, _i, HOLD_SEND);
	ck_assert(is_held(mail_send(&b, &m)));
	b.tenant.journal = address;
	goes(mail_send(&b, &m));
	m.to[1] = B;
	ck_assert(is_held(mail_send(&b, &m)));
	bench_close(&b);
}
END_TEST

Suite *test_facts_suite(void)
{
	Suite *s = suite_create("facts");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, first_time_until_it_was_delivered, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, what_counts, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, looks_like_where_mail_goes, 0, BENCH_DRIVERS);
	tcase_add_loop_test(t, more_than_a_hundred_recipients_in_an_hour, 0,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, a_restart_does_not_forget, BENCH_SQLITE,
			    BENCH_DRIVERS);
	tcase_add_loop_test(t, one_digest_of_bulk_mail, 0, BENCH_DRIVERS);
	tcase_add_test(t, a_digest_waits_for_the_store);
	tcase_add_test(t, a_digest_comes_after_a_restart);
	tcase_add_loop_test(t, journal, 0, BENCH_DRIVERS);
	suite_add_tcase(s, t);
	return s;
}
