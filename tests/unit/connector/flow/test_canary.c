/* test_canary.c - our own mail through the whole loop: it leaves without the
 * done header, is known when it comes back, and nothing else is.
 */
#include "bench.h"

Suite *test_canary_suite(void);

#define TO    "canary@outside.example"
#define IN    "TENANTINmarker0123456789"
#define BACK  "TENANTBACKmarker0123456789"
#define PROOF "X-Sekisho-Tenant: " IN "\r\n"
#define FIELD "X-Sekisho-Canary: "

static struct bench b;

static bool read_secret(void *arg, const struct secret_ref *ref,
			struct arena *a, struct str *text_r, struct err *e)
{
	(void)arg;
	(void)e;
	*text_r = arena_str(a, strcmp(ref->value, "in") == 0 ? STR(IN)
							     : STR(BACK));
	return true;
}

static void proofs(void)
{
	struct tenant_conf *t = &b.tenant;

	t->canary.to = (char *)TO;
	t->canary.every_us = US_PER_MIN;
	t->accept.header = (struct secret_header){(char *)"X-Sekisho-Tenant",
						  {SECRET_STORE, (char *)"in"}};
	t->done = (struct secret_header){(char *)"X-Sekisho-Done",
					 {SECRET_STORE, (char *)"back"}};
	auth_set_config(b.auth, &b.config, read_secret, NULL);
}

static void setup(void)
{
	bench_open(&b, BENCH_SQLITE, HOLD_SEND);
	proofs();
}

static void teardown(void)
{
	bench_close(&b);
}

/* One more is sent; its text as the next hop got it. */
static struct str sent_out(void)
{
	size_t n = b.sent.n;

	flow_canary_send(b.flow, &b.tenant);
	UNTIL(&b, b.sent.n == n + 1);
	return buf_str(&b.sent.v[n].bytes);
}

static struct reply comes_back(struct str text, const char *head,
			       const char *to, const char *to2)
{
	struct mail m = {.from = b.tenant.notices_from, .to = {to, to2}};

	m.text = arena_printf(&b.arena, "%s" STR_FMT, head, STR_ARG(text));
	return mail_try(&b, &m);
}

static struct flow_canary look(void)
{
	struct flow_canary c;

	flow_canary_look(b.flow, &b.tenant, &c);
	return c;
}

/* The mark in the text, to be changed. */
static struct str mark_in(struct str text)
{
	ptrdiff_t at = str_find(text, STR(FIELD));
	struct str rest;

	ck_assert_int_ge(at, 0);
	rest = str_skip(text, (size_t)at + sizeof(FIELD) - 1);
	return str_head(rest, (size_t)str_chr(rest, '\r'));
}

START_TEST(leaves_like_a_persons_mail)
{
	struct str text = sent_out();
	struct sent *s = sent_to(&b, TO);

	ck_assert_int_ge(str_find(text, STR(FIELD)), 0);
	ck_assert_int_lt(str_find(text, STR("X-Sekisho-Done")), 0);
	ck_assert_int_ge(str_find(text, STR("Auto-Submitted:")), 0);
	ck_assert_str_eq(arena_printf(&b.arena, STR_FMT,
				      STR_ARG(found(&b, s->id).message.from)),
			 b.tenant.notices_from);
	ck_assert_uint_eq(found(&b, s->id).rcpt[0].notify, DSN_NEVER);
}
END_TEST

START_TEST(is_sunk_when_it_comes_back)
{
	struct str text = sent_out();
	struct sent *s = sent_to(&b, TO);
	int64_t id = s->id;
	size_t n = message_count(&b);

	ck_assert_int_eq(comes_back(text, PROOF, TO, NULL).code, 250);
	ck_assert_uint_eq(message_count(&b), n);
	ck_assert_uint_eq(story_count(&b, id, "canary"), 1);
	ck_assert_int_eq(metric_get(&b.metrics, METRIC_CANARIES_BACK), 1);
	ck_assert_int_gt(look().back_us, 0);
	ck_assert_int_eq(look().waits_us, 0);
	/* A repeat, whose 250 was not seen, is sunk as well. */
	ck_assert_int_eq(comes_back(text, PROOF, TO, NULL).code, 250);
	ck_assert_uint_eq(message_count(&b), n);
}
END_TEST

START_TEST(is_known_after_a_restart)
{
	struct str text = arena_str(&b.arena, sent_out());

	bench_wait(&b, 20);
	bench_reopen(&b, HOLD_SEND);
	proofs();
	ck_assert_int_eq(comes_back(text, PROOF, TO, NULL).code, 250);
	ck_assert_int_eq(metric_get(&b.metrics, METRIC_CANARIES_BACK), 1);
}
END_TEST

START_TEST(needs_the_proof_of_tenant)
{
	struct str text = sent_out();

	ck_assert_int_eq(comes_back(text, "", TO, NULL).code, 550);
	ck_assert_int_eq(
		comes_back(text, "X-Sekisho-Tenant: guessed\r\n", TO, NULL)
			.code,
		550);
	ck_assert_int_eq(look().back_us, 0);
	ck_assert_uint_eq(audit_count(&b, "canary"), 0);
}
END_TEST

/* What is not quite a canary is an ordinary mail: accepted, held by rule. */
static void is_ordinary(struct reply r)
{
	int64_t id;

	ck_assert_int_eq(r.code, 250);
	ck_assert_msg(strstr(r.text, "queued as "), "%s", r.text);
	ck_assert(id_parse(str_of(strstr(r.text, "queued as ") + 10), &id));
	UNTIL(&b, state_of(&b, id, 0) == RCPT_HELD);
	ck_assert_int_eq(metric_get(&b.metrics, METRIC_CANARIES_BACK), 0);
	ck_assert_uint_eq(audit_count(&b, "canary"), 0);
}

static struct reply forged(const char *fields, const char *to, const char *to2)
{
	struct mail m = {.from = TARO, .to = {to, to2}};
	static unsigned n;

	m.text = arena_printf(&b.arena,
			      PROOF "%sFrom: " TARO "\r\nTo: " TO "\r\n"
				    "Message-ID: <forged%u@c>\r\nSubject: s\r\n"
				    "\r\nx\r\n",
			      fields, n++);
	return mail_try(&b, &m);
}

START_TEST(forged_marks_are_ordinary)
{
	struct str mark = mark_in(sent_out());
	char *own = arena_printf(&b.arena, FIELD STR_FMT "\r\n", STR_ARG(mark));
	char *bent = arena_printf(&b.arena, FIELD STR_FMT "\r\n",
				  STR_ARG(mark));
	size_t last = strlen(bent) - 3;

	bent[last] = bent[last] == '0' ? '1' : '0';
	is_ordinary(forged(bent, TO, NULL));
	is_ordinary(forged(FIELD "\r\n", TO, NULL));
	is_ordinary(forged(FIELD "x-y\r\n", TO, NULL));
	is_ordinary(forged(FIELD "0123456789ABC-\r\n", TO, NULL));
	is_ordinary(forged(arena_printf(&b.arena, "%s%s", own, own), TO, NULL));
	/* A mark that was seen sinks no mail to anybody else. */
	is_ordinary(forged(own, "x@outside.example", NULL));
	is_ordinary(forged(own, TO, "x@outside.example"));
}
END_TEST

START_TEST(another_tenants_mark_is_ordinary)
{
	struct str mark = mark_in(sent_out());
	char *own = arena_printf(&b.arena, FIELD STR_FMT "\r\n", STR_ARG(mark));

	b.tenant.tenant = (char *)"another";
	proofs();
	is_ordinary(forged(own, TO, NULL));
}
END_TEST

START_TEST(without_canary_a_mark_is_ordinary)
{
	struct str mark = mark_in(sent_out());
	char *own = arena_printf(&b.arena, FIELD STR_FMT "\r\n", STR_ARG(mark));

	b.tenant.canary.to = NULL;
	is_ordinary(forged(own, TO, NULL));
	flow_canary_send(b.flow, &b.tenant);
	ck_assert_int_eq(metric_get(&b.metrics, METRIC_CANARIES_SENT), 1);
}
END_TEST

static void refuse(struct bench *bench, struct attempt *a,
		   struct attempt_rcpt *r)
{
	(void)bench;
	(void)a;
	r->class = ATTEMPT_DEFERRED;
	r->code = 451;
	snprintf(r->answer, sizeof(r->answer), "451 not now");
}

START_TEST(is_missed_and_says_which_half)
{
	b.tenant.canary.every_us = US_PER_MS;
	ck_assert(!look().missing);
	sent_out();
	UNTIL(&b, look().missing);
	UNTIL(&b, look().accepted);
	b.verdict = refuse;
	sent_out();
	UNTIL(&b, strcmp(look().state, "deferred") == 0);
	ck_assert(look().missing && !look().accepted);
	ck_assert_str_eq(look().answer, "451 not now");
}
END_TEST

Suite *test_canary_suite(void)
{
	Suite *s = suite_create("flow/canary");
	TCase *c = tcase_create("canary");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, leaves_like_a_persons_mail);
	tcase_add_test(c, is_sunk_when_it_comes_back);
	tcase_add_test(c, is_known_after_a_restart);
	tcase_add_test(c, needs_the_proof_of_tenant);
	tcase_add_test(c, forged_marks_are_ordinary);
	tcase_add_test(c, another_tenants_mark_is_ordinary);
	tcase_add_test(c, without_canary_a_mark_is_ordinary);
	tcase_add_test(c, is_missed_and_says_which_half);
	suite_add_tcase(s, c);
	return s;
}
