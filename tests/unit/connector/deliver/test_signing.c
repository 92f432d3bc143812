/* test_signing.c - what is signed on its way out, for whom, and what happens
 * when it cannot be. That signatures are right is seen in tests/dkim.
 */
#include <check.h>
#include <stdlib.h>
#include "connector/deliver/deliver.h"
#include "connector/sign/dkim_ring.h"
#include "connector/smtp/client.h"
#include "connector/sys/keys/master.h"
#include "tests/unit/connector/deliver/fake_flow.h"
#include "tests/unit/fake_smtp.h"

Suite *test_signing_suite(void);

#define FROM(x) "From: " x "\r\nSubject: x\r\n\r\nhello\r\n"

struct world {
	struct fake_smtp fake;
	struct loop *loop;
	struct flow *flow;
	struct fake_flow *f;
	struct deliver *d;
	struct keys *keys, *other; /* of another installation */
	struct dkim_ring *ring;
	struct tenant_conf tenant[2];
	struct config config;
	struct deliver_tuning tuning;
	struct metrics metrics;
	struct timer *guard, *look;
	enum attempt_class until;
	bool late;
};

static void domains(struct tenant_conf *t, const char *a, const char *b)
{
	static const char *room[8];
	static size_t n;
	const char **v = &room[n];

	n = (n + 2) % 8;
	v[0] = a;
	v[1] = b;
	t->domains.v = (char **)(uintptr_t)v;
	t->domains.n = b ? 2 : 1;
}

static void setup(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->loop = loop_new(NULL);
	w->flow = fake_flow_new(w->loop);
	w->f = fake_flow_of(w->flow);
	w->keys = keys_test();
	w->ring = dkim_ring_new();
	w->tuning = deliver_tuning_default;
	w->config.hostname = (char *)"gate.example.jp";
	w->config.tenant = w->tenant;
	w->config.tenant_n = 2;
	for (int i = 0; i < 2; i++) {
		struct tenant_conf *t = &w->tenant[i];

		t->tenant = (char *)(i ? "two" : "one");
		t->deliver.via = (char *)"relay";
		t->deliver.host = (char *)"127.0.0.1";
		t->deliver.connections = 4;
		t->deliver.recipients = 100;
		domains(t, i ? "other.jp" : "example.jp", NULL);
	}
}

static void key(struct world *w, struct keys *keys, const char *domain,
		bool use)
{
	struct buf told = BUF_MAX(1000);
	struct err e = ERR_EMPTY;

	ck_assert(dkim_ring_add(w->ring, keys, KEY_ED25519, str_of(domain),
				STR("s1"), 1, &e));
	if (use)
		ck_assert(dkim_ring_use(w->ring, str_of(domain), STR("s1"), 2,
					&told, &e));
	buf_release(&told);
}

static void too_late(void *arg)
{
	struct world *w = arg;

	w->late = true;
	loop_stop(w->loop);
}

/* Until a recipient has that class. */
static void look(void *arg)
{
	struct world *w = arg;

	if (w->f->count[w->until] > 0)
		loop_stop(w->loop);
	else
		timer_set(w->look, US_PER_MS);
}

static void begin(struct world *w)
{
	struct deliver_conf conf = {.loop = w->loop,
				    .config = &w->config,
				    .flow = w->flow,
				    .keys = w->keys,
				    .metrics = &w->metrics,
				    .tuning = &w->tuning};
	struct err e = ERR_EMPTY;

	fake_start(&w->fake);
	for (int i = 0; i < 2; i++)
		w->tenant[i].deliver.port = (uint16_t)w->fake.port;
	w->d = deliver_new(&conf, &e);
	ck_assert_msg(w->d != NULL, "%s", e.text);
	deliver_set_dkim(w->d, &w->ring);
	ck_assert_ptr_null(w->ring);
	w->guard = timer_new(w->loop, too_late, w);
	w->look = timer_new(w->loop, look, w);
}

static void run(struct world *w)
{
	timer_set(w->guard, 5 * US_PER_MIN);
	loop_run(w->loop);
	ck_assert_msg(!w->late, "it hangs; %zu open", w->f->open);
}

static void end(struct world *w)
{
	deliver_free(&w->d);
	timer_free(&w->guard);
	timer_free(&w->look);
	loop_free(&w->loop);
	fake_flow_free(&w->flow);
	dkim_ring_free(&w->ring);
	keys_free(&w->keys);
	keys_free(&w->other);
	fake_stop(&w->fake);
}

static const char *const to[] = {"a@ext.example", "b@ext.example",
				 "c@ext.example"};

/* Of mail i: the d= of its signature, or "". */
static struct str signed_by(struct world *w, size_t i)
{
	struct str s = str_n(w->fake.mail[i].content, w->fake.mail[i].n);
	ptrdiff_t d;

	if (!str_starts(s, STR("DKIM-Signature: ")))
		return STR_EMPTY;
	d = str_find(s, STR("d="));
	s = str_skip(s, (size_t)d + 2);
	return str_head(s, (size_t)str_chr(s, ';'));
}

/* ---- whose mail ----------------------------------------------------------------- */

static const struct {
	const char *content, *want;
} froms[] = {
	{FROM("a@example.jp"), "example.jp"},
	{FROM("\"x\" <a@Example.JP>"), "example.jp"},
	{"Received: by us\r\n" FROM("a@example.jp"), "example.jp"},
	{FROM("a@mail.example.jp"), "mail.example.jp"}, /* the nearest */
	{FROM("a@deep.mail.example.jp"), "mail.example.jp"},
	{FROM("a@www.example.jp"), "example.jp"},
	/* the other tenant's, though below ours */
	{FROM("a@sub.example.jp"), ""},
	{FROM("a@x.sub.example.jp"), "example.jp"},
	{FROM("a@other.jp"), ""},
	{FROM("a@example.com"), ""},
	{FROM("a@badexample.jp"), ""},
	{FROM("a@jp"), ""},
	{FROM("a@new.example.jp"), "example.jp"}, /* its own key is not used */
	/* not one mailbox */
	{FROM("a@example.jp, b@example.jp"), ""},
	{FROM("a@example.jp, b@example.com"), ""},
	{FROM("group: a@example.jp;"), ""},
	{"From: a@example.com\r\n" FROM("a@example.jp"), ""},
	{FROM("a@example.jp (b@example.com"), ""},
	{"Subject: none\r\n\r\nFrom: a@example.jp\r\n", ""},
	{"\r\nFrom: a@example.jp\r\n", ""},
	{"From: a@example.jp\r\n", "example.jp"}, /* no empty line */
	{"", ""},
};

START_TEST(only_the_tenants_own)
{
	struct world w;

	setup(&w);
	domains(&w.tenant[0], "example.jp", "*.example.jp");
	domains(&w.tenant[1], "other.jp", "sub.example.jp");
	key(&w, w.keys, "example.jp", true);
	key(&w, w.keys, "mail.example.jp", true);
	key(&w, w.keys, "new.example.jp", false);
	key(&w, w.keys, "sub.example.jp", true);
	key(&w, w.keys, "other.jp", true);
	begin(&w);
	fake_flow_add(w.flow, &w.tenant[0], to, 1, froms[_i].content);
	run(&w);
	ck_assert_uint_eq(fake_mails(&w.fake), 1);
	ck_assert_msg(str_is(signed_by(&w, 0), froms[_i].want), "%s: %.*s",
		      froms[_i].content, STR_ARG(signed_by(&w, 0)));
	ck_assert_int_eq(metric_get(&w.metrics, METRIC_DKIM_SIGNED),
			 froms[_i].want[0] != '\0');
	end(&w);
}
END_TEST

/* A domain that two tenants name is nobody's. */
START_TEST(nobodys_domain)
{
	struct world w;

	setup(&w);
	domains(&w.tenant[1], "example.jp", NULL);
	key(&w, w.keys, "example.jp", true);
	begin(&w);
	fake_flow_add(w.flow, &w.tenant[0], to, 1, FROM("a@example.jp"));
	run(&w);
	ck_assert_uint_eq(signed_by(&w, 0).n, 0);
	end(&w);
}
END_TEST

static const struct {
	enum dkim_when when;
	enum tenant_kind kind;
	bool want;
} ways[] = {
	{DKIM_AUTO, KIND_SMTP, true},	 {DKIM_AUTO, KIND_M365, false},
	{DKIM_AUTO, KIND_GOOGLE, false}, {DKIM_OFF, KIND_SMTP, false},
	{DKIM_ON, KIND_M365, true},	 {DKIM_ON, KIND_GOOGLE, true},
};

START_TEST(only_where_it_is_to_be)
{
	struct world w;

	setup(&w);
	w.tenant[0].dkim = ways[_i].when;
	w.tenant[0].kind = ways[_i].kind;
	key(&w, w.keys, "example.jp", true);
	begin(&w);
	fake_flow_add(w.flow, &w.tenant[0], to, 1, FROM("a@example.jp"));
	run(&w);
	ck_assert_int_eq(signed_by(&w, 0).n > 0, ways[_i].want);
	end(&w);
}
END_TEST

START_TEST(no_keys)
{
	struct world w;

	setup(&w);
	begin(&w);
	fake_flow_add(w.flow, &w.tenant[0], to, 1, FROM("a@example.jp"));
	run(&w);
	ck_assert_uint_eq(signed_by(&w, 0).n, 0);
	end(&w);
}
END_TEST

/* ---- how --------------------------------------------------------------------------- */

static char *large(size_t n)
{
	struct buf b = BUF_MAX(64 * MIB);

	buf_puts(&b, "From: a@example.jp\r\nSubject: large\r\n\r\n");
	while (b.n < n)
		buf_puts(&b, "a line of a large mail  \r\n");
	return buf_take(&b, &n);
}

/* Read in slices, and each transaction begins with the signature; SIZE counts
 * it; by DATA as by BDAT. */
START_TEST(every_transaction)
{
	char *content = large(_i % 2 ? 3 * MIB : 1000), size[40];
	size_t n = strlen(content);
	struct world w;

	setup(&w);
	w.tenant[0].deliver.recipients = 1;
	w.fake.caps = _i < 2 ? NULL : "PIPELINING|SIZE 100000000";
	w.f->piece = _i == 0 ? 1 : 5000;
	key(&w, w.keys, "example.jp", true);
	begin(&w);
	fake_flow_add(w.flow, &w.tenant[0], to, 3, content);
	run(&w);
	ck_assert_uint_eq(fake_mails(&w.fake), 3);
	ck_assert_int_eq(w.fake.wrong, 0);
	for (size_t i = 0; i < 3; i++) {
		struct fake_mail *m = &w.fake.mail[i];

		ck_assert(str_is(signed_by(&w, i), "example.jp"));
		ck_assert_uint_gt(m->n, n);
		ck_assert_mem_eq(m->content + m->n - n, content, n);
		ck_assert_mem_eq(m->content, w.fake.mail[0].content, m->n);
		snprintf(size, sizeof(size), "SIZE=%zu", m->n);
		ck_assert_ptr_nonnull(strstr(m->envelope, size));
	}
	ck_assert_int_eq(metric_get(&w.metrics, METRIC_DKIM_SIGNED), 1);
	end(&w);
	mem_free(content);
}
END_TEST

#define MAIL_8BIT  "From: a@example.jp\r\nSubject: x\r\n\r\n\xe9\x96\xa2\r\n"
#define MAIL_LOWER "From: a@example.jp\r\nSubject: x\r\n\r\n6Zai\r\n"

/* The next hop turns out to take 7 bits only: another copy, signed anew; the
 * copies of others that fit it are not touched. 2: none can be made. */
START_TEST(a_lower_copy_is_signed_anew)
{
	static const char *const caps[] = {"PIPELINING", FAKE_CAPS,
					   "PIPELINING"};
	const char *want = _i == 0 ? MAIL_LOWER : MAIL_8BIT;
	struct fake_item *item;
	struct fake_mail *m;
	struct world w;

	setup(&w);
	w.fake.caps = caps[_i];
	w.until = _i == 2 ? ATTEMPT_FAILED : ATTEMPT_DELIVERED;
	key(&w, w.keys, "example.jp", true);
	begin(&w);
	item = fake_flow_add(w.flow, &w.tenant[0], to, 1, MAIL_8BIT);
	item->has_8bit = true;
	item->lower = _i == 2 ? NULL : MAIL_LOWER;
	run(&w);
	if (_i == 2) {
		ck_assert_uint_eq(fake_mails(&w.fake), 0);
		ck_assert_str_eq(item->last[0].status, "5.6.3");
	} else {
		m = &w.fake.mail[0];
		ck_assert_uint_eq(fake_mails(&w.fake), 1);
		ck_assert(str_is(signed_by(&w, 0), "example.jp"));
		ck_assert_mem_eq(m->content + m->n - strlen(want), want,
				 strlen(want));
		ck_assert_int_eq(metric_get(&w.metrics, METRIC_DKIM_SIGNED),
				 _i ? 1 : 2);
	}
	end(&w);
}
END_TEST

START_TEST(a_new_ring_serves_at_once)
{
	struct dkim_ring *empty = dkim_ring_new();
	struct world w;

	setup(&w);
	key(&w, w.keys, "example.jp", true);
	begin(&w);
	fake_flow_add(w.flow, &w.tenant[0], to, 1, FROM("a@example.jp"));
	run(&w);
	deliver_set_dkim(w.d, &empty);
	fake_flow_add(w.flow, &w.tenant[0], to, 1, FROM("a@example.jp"));
	fake_flow_wake(w.flow);
	run(&w);
	ck_assert_uint_gt(signed_by(&w, 0).n, 0);
	ck_assert_uint_eq(signed_by(&w, 1).n, 0);
	end(&w);
}
END_TEST

/* ---- when it cannot be ----------------------------------------------------------- */

/* Keys of an installation with another master key. */
static void other_keys(struct world *w)
{
	char folder[] = "/tmp/sekisho-signing-XXXXXX";
	struct err e = ERR_EMPTY;
	char *file;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	file = mem_printf("%s/key", folder);
	ck_assert(master_key_make(file, &e));
	w->other = keys_local(file, &e);
	unlink(file);
	rmdir(folder);
	mem_free(file);
	key(w, w->other, "example.jp", true);
}

static const enum err_class breaks[] = {ERR_PERMANENT, ERR_NOT_FOUND, ERR_BUG,
					ERR_RETRY};

/* A copy that ends in bytes which do not open: signed or not, nobody gets the
 * begin of it, and only what may be read later is tried again. */
START_TEST(what_is_damaged_never_leaves)
{
	enum err_class broken = breaks[_i % ARRAY_LEN(breaks)];
	bool again = broken == ERR_RETRY;
	AUTO(buf) text = BUF_MAX(MIB);
	struct fake_item *item;
	struct world w;

	setup(&w);
	w.fake.caps = _i % 3 ? FAKE_CAPS : "PIPELINING";
	if (_i >= (int)ARRAY_LEN(breaks))
		key(&w, w.keys, "example.jp", true);
	begin(&w);
	buf_puts(&text, FROM("a@example.jp"));
	while (text.n < 200000)
		buf_puts(&text, "a line of it that is there\r\n");
	item = fake_flow_add(w.flow, &w.tenant[0], to, 2, buf_cstr(&text));
	item->broken = broken;
	w.f->retry_us = US_PER_HOUR;
	w.until = again ? ATTEMPT_DEFERRED : ATTEMPT_DAMAGED;
	timer_set(w.look, 0);
	run(&w);
	ck_assert_uint_eq(w.f->count[w.until], 2);
	ck_assert_ptr_nonnull(strstr(item->last[1].answer, "does not open"));
	/* Others go on, and only they arrive. */
	item = fake_flow_add(w.flow, &w.tenant[0], to, 1, FROM("a@example.jp"));
	fake_flow_wake(w.flow);
	w.until = ATTEMPT_DELIVERED;
	timer_set(w.look, 0);
	run(&w);
	ck_assert_uint_eq(fake_mails(&w.fake), 1);
	end(&w);
}
END_TEST

START_TEST(never_without)
{
	struct fake_item *item;
	struct world w;

	setup(&w);
	other_keys(&w);
	begin(&w);
	item = fake_flow_add(w.flow, &w.tenant[0], to, 2, FROM("a@example.jp"));
	w.f->retry_us = US_PER_HOUR;
	w.until = ATTEMPT_DEFERRED;
	timer_set(w.look, 0);
	run(&w);
	ck_assert_uint_eq(w.f->count[ATTEMPT_DEFERRED], 2);
	ck_assert_str_eq(item->last[0].status, "4.7.5");
	ck_assert_int_eq(strncmp(item->last[0].answer, "DKIM: ", 6), 0);
	ck_assert_uint_eq(fake_mails(&w.fake), 0);
	ck_assert_uint_eq(w.f->alarms, 1);
	ck_assert_int_eq(metric_get(&w.metrics, METRIC_DKIM_FAILED), 1);
	end(&w);
}
END_TEST

START_TEST(a_dead_keeper_defers)
{
	struct world w;
	int pair[2];

	setup(&w);
	key(&w, w.keys, "example.jp", true);
	keys_free(&w.keys);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	close(pair[1]);
	w.keys = keys_remote(pair[0]);
	begin(&w);
	fake_flow_add(w.flow, &w.tenant[0], to, 1, FROM("a@example.jp"));
	w.f->retry_us = US_PER_HOUR;
	w.until = ATTEMPT_DEFERRED;
	timer_set(w.look, 0);
	run(&w);
	ck_assert_uint_eq(fake_mails(&w.fake), 0);
	end(&w);
}
END_TEST

START_TEST(a_header_without_end_fails)
{
	struct buf b = BUF_MAX(4 * MIB);
	struct world w;

	setup(&w);
	key(&w, w.keys, "example.jp", true);
	begin(&w);
	while (b.n < 2 * MIB)
		buf_puts(&b, "X-Long: a field of a header without end\r\n");
	fake_flow_add(w.flow, &w.tenant[0], to, 1, buf_cstr(&b));
	run(&w);
	ck_assert_uint_eq(w.f->count[ATTEMPT_FAILED], 1);
	ck_assert_uint_eq(fake_mails(&w.fake), 0);
	end(&w);
	buf_release(&b);
}
END_TEST

/* The end comes while a large copy is being read: it was not tried. */
START_TEST(an_end_in_between)
{
	char *content = large(8 * MIB);
	struct world w;

	setup(&w);
	w.f->piece = 1000;
	key(&w, w.keys, "example.jp", true);
	begin(&w);
	fake_flow_add(w.flow, &w.tenant[0], to, 1, content);
	w.until = ATTEMPT_OPEN; /* none ever is */
	while (w.f->sending == 0) {
		timer_set(w.guard, 0);
		loop_run(w.loop);
	}
	deliver_free(&w.d);
	ck_assert_uint_eq(w.f->sending, 0);
	ck_assert_uint_eq(w.f->count[ATTEMPT_UNTRIED], 1);
	end(&w);
	mem_free(content);
}
END_TEST

Suite *test_signing_suite(void)
{
	Suite *s = suite_create("signing");
	TCase *t = tcase_create("signing");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, only_the_tenants_own, 0, (int)ARRAY_LEN(froms));
	tcase_add_test(t, nobodys_domain);
	tcase_add_loop_test(t, only_where_it_is_to_be, 0, (int)ARRAY_LEN(ways));
	tcase_add_test(t, no_keys);
	tcase_add_loop_test(t, every_transaction, 0, 4);
	tcase_add_test(t, a_new_ring_serves_at_once);
	tcase_add_loop_test(t, a_lower_copy_is_signed_anew, 0, 3);
	tcase_add_loop_test(t, what_is_damaged_never_leaves, 0,
			    2 * ARRAY_LEN(breaks));
	tcase_add_test(t, never_without);
	tcase_add_test(t, a_dead_keeper_defers);
	tcase_add_test(t, a_header_without_end_fails);
	tcase_add_test(t, an_end_in_between);
	suite_add_tcase(s, t);
	return s;
}
