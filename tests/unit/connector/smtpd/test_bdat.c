/* test_bdat.c - T3: chunks are counted exactly, whatever happens around and
 * inside them.  The random part draws from an alphabet of events and compares
 * with a model; SEKISHO_BDAT_DIALOGUES says how many (default 3000).
 */
#include <check.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "tests/unit/connector/smtpd/harness.h"
#include "tests/unit/slow.h"

static struct harness h;
static struct client k;

static void open_plain(void)
{
	client_open(&h, &k, PEER_EXAMPLE);
	ck_assert(client_expect(&k, "220 *"));
}

static void setup(void)
{
	harness_init(&h, true);
	open_plain();
}

static void teardown(void)
{
	client_close(&k);
	ck_assert_uint_eq(h.flow.open, 0);
	ck_assert_uint_eq(smtpd_sessions(h.smtpd), 0);
	harness_release(&h);
}

static void envelope(void)
{
	client_say(&k, "EHLO x");
	ck_assert(client_expect(&k, "250-*"));
	client_say(&k, "MAIL FROM:<a@example.jp>");
	ck_assert(client_expect(&k, "250 2.1.0 *"));
	client_say(&k, "RCPT TO:<b@partner.test>");
	ck_assert(client_expect(&k, "250 2.1.5 *"));
}

START_TEST(bytes_are_kept_as_they_are)
{
	struct str body = STR("a\nb\rc\0d\r\n.\r\nQUIT\r\n..x");

	envelope();
	client_say(&k, "BDAT 0");
	ck_assert(client_expect(&k, "250 2.0.0 *"));
	client_send(&k, STR("bdat 22 last\r\n"));
	client_send(&k, body);
	ck_assert_uint_eq(body.n, 21);
	ck_assert(client_expect(&k, ""));
	client_send(&k, STR("!NOOP\r\n"));
	ck_assert(client_expect(&k, "250 2.0.0 Ok: queued*"));
	ck_assert(client_expect(&k, "250 2.0.0 Ok"));
	ck_assert_uint_eq(h.flow.taken.n, 1);
	ck_assert(h.flow.taken.v[0]->bdat);
	ck_assert(
		str_eq(str_head(buf_str(&h.flow.taken.v[0]->body), 21), body));
}
END_TEST

START_TEST(splits_change_nothing)
{
	static const char all[] = "BDAT 3\r\na\r\nBDAT 0\r\nBDAT 6\r\nQUIT\r\n"
				  "BDAT 0 LAST\r\nNOOP\r\n";

	for (size_t n = 1; n < sizeof(all) - 1; n++) {
		size_t was = h.flow.taken.n;

		envelope();
		client_send(&k, str_n(all, n));
		client_send(&k, str_n(all + n, sizeof(all) - 1 - n));
		for (int i = 0; i < 5; i++)
			ck_assert(client_expect(&k, "250 2.0.0 *"));
		ck_assert_uint_eq(h.flow.taken.n, was + 1);
		ck_assert(str_is(buf_str(&h.flow.taken.v[was]->body),
				 "a\r\nQUIT\r\n"));
	}
}
END_TEST

START_TEST(chunks_behind_a_refused_mail_are_read_and_thrown_away)
{
	client_say(&k, "EHLO x");
	ck_assert(client_expect(&k, "250-*"));
	client_send(&k, STR("MAIL FROM:<a@nobody.test>\r\n"
			    "RCPT TO:<b@partner.test>\r\n"
			    "BDAT 12\r\nMAIL FROM:<\r"
			    "BDAT 6 LAST\r\nQUIT\r\n"
			    "NOOP\r\n"));
	ck_assert(client_expect(&k, "550 5.7.1 *"));
	ck_assert(client_expect(&k, "503 5.5.1 *"));
	ck_assert(client_expect(&k, "503 5.5.1 *"));
	ck_assert(client_expect(&k, "503 5.5.1 *"));
	ck_assert(client_expect(&k, "250 2.0.0 Ok"));
	ck_assert_uint_eq(h.flow.begun, 0);
}
END_TEST

START_TEST(chunks_behind_refused_recipients_too)
{
	client_say(&k, "EHLO x");
	ck_assert(client_expect(&k, "250-*"));
	client_send(&k, STR("MAIL FROM:<a@example.jp>\r\nRCPT TO:<b%c@d.test>"
			    "\r\nBDAT 6 LAST\r\nQUIT\r\n"
			    "RCPT TO:<b@partner.test>\r\n"
			    "BDAT 2 LAST\r\nok"));
	ck_assert(client_expect(&k, "250 2.1.0 *"));
	ck_assert(client_expect(&k, "553 5.1.3 *"));
	ck_assert(client_expect(&k, "503 5.5.1 *"));
	ck_assert(client_expect(&k, "250 2.1.5 *"));
	ck_assert(client_expect(&k, "250 2.0.0 *"));
	ck_assert(str_is(buf_str(&h.flow.taken.v[0]->body), "ok"));
}
END_TEST

static const struct {
	const char *args;
	bool ends;
} bad[] = {
	{"", true},
	{"x", true},
	{"-1", true},
	{"1x", true},
	{"1 FIRST", true},
	{"1 LAST x", true},
	{"0x10", true},
	{"+1", true},
	{"18446744073709551616", true},
	{"99999999999999999999999999999999", true},
	{"18446744073709551615", true},
	{"4294967296 LAST", true},
};

START_TEST(bad_sizes_end_the_session)
{
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		for (int in_message = 0; in_message < 2; in_message++) {
			AUTO(buf) b = BUF_MAX(256);

			if (in_message) {
				envelope();
			} else {
				client_say(&k, "EHLO x");
				ck_assert(client_expect(&k, "250-*"));
			}
			buf_printf(&b, "BDAT %s\r\nNOOP\r\nNOOP\r\n",
				   bad[i].args);
			client_send(&k, buf_str(&b));
			ck_assert_msg(client_expect(&k, "5* 5.*"), "%zu", i);
			ck_assert_msg(client_expect(&k, ""), "%zu", i);
			client_close(&k);
			open_plain();
		}
	}
	ck_assert_uint_eq(h.flow.taken.n, 0);
}
END_TEST

START_TEST(size_is_summed_over_chunks)
{
	AUTO(buf) b = BUF_MAX(2 * MIB);

	h.config.limits.message = 100;
	envelope();
	buf_puts(&b, "BDAT 60\r\n");
	for (int i = 0; i < 60; i++)
		buf_putc(&b, 'x');
	client_send(&k, buf_str(&b));
	ck_assert(client_expect(&k, "250 2.0.0 *"));
	client_send(&k, buf_str(&b));
	ck_assert(client_expect(&k, "552 5.3.4 *"));
	client_send(&k, buf_str(&b)); /* the rest of the pipeline */
	ck_assert(client_expect(&k, "503 5.5.1 *"));
	envelope();
	buf_clear(&b);
	buf_puts(&b, "BDAT 100 LAST\r\n");
	for (int i = 0; i < 100; i++)
		buf_putc(&b, 'x');
	client_send(&k, buf_str(&b));
	ck_assert(client_expect(&k, "250 2.0.0 *"));
	ck_assert_uint_eq(h.flow.taken.n, 1);
}
END_TEST

START_TEST(verbs_between_chunks)
{
	static const char *refused[] = {"MAIL FROM:<a@example.jp>", "DATA",
					"RCPT TO:<c@partner.test>", "STARTTLS"};
	static const char *ending[] = {"RSET", "EHLO y", "HELO y"};

	for (size_t i = 0; i < ARRAY_LEN(ending); i++) {
		envelope();
		client_say(&k, "BDAT 3\r\nabc");
		ck_assert(client_expect(&k, "250 *"));
		ck_assert(client_expect(&k, "500 *")); /* our own CR LF */
		for (size_t j = 0; j < ARRAY_LEN(refused); j++) {
			client_say(&k, refused[j]);
			ck_assert(client_expect(&k, "503 5.5.1 *"));
		}
		client_say(&k, "NOOP");
		ck_assert(client_expect(&k, "250 *"));
		client_say(&k, ending[i]);
		ck_assert(client_expect(&k, "250*"));
		ck_assert_uint_eq(h.flow.open, 0);
		client_send(&k, STR("BDAT 3 LAST\r\nabc"));
		ck_assert(client_expect(&k, "503 5.5.1 *"));
	}
	ck_assert_uint_eq(h.flow.taken.n, 0);
}
END_TEST

START_TEST(ends_inside_a_chunk_take_nothing)
{
	for (int how = 0; how < 3; how++) {
		envelope();
		client_send(&k, STR("BDAT 10 LAST\r\nabcde"));
		if (how == 0)
			client_fin(&k);
		else if (how == 1)
			client_close(&k);
		else
			setsockopt(k.fd, SOL_SOCKET, SO_LINGER,
				   &(struct linger){1, 0},
				   sizeof(struct linger));
		client_close(&k);
		ck_assert_uint_eq(h.flow.open, 0);
		ck_assert_uint_eq(h.flow.taken.n, 0);
		open_plain();
	}
}
END_TEST

/* CVE-2026-45185: close_notify inside a chunk, then bytes in clear. */
START_TEST(close_notify_inside_a_chunk)
{
	for (int more = 0; more < 3; more++) {
		client_say(&k, "EHLO x");
		client_say(&k, "STARTTLS");
		client_pull(&k);
		buf_clear(&k.in);
		ck_assert(client_start_tls(&k));
		envelope();
		client_send(&k, STR("BDAT 10 LAST\r\nabcde"));
		tls_shutdown(k.tls);
		if (more)
			client_raw(&k, "\nfghijNOOP\r\n", more == 1 ? 1 : 11);
		client_pull(&k);
		ck_assert_uint_eq(h.flow.open, 0);
		ck_assert_uint_eq(h.flow.taken.n, 0);
		client_close(&k);
		open_plain();
	}
}
END_TEST

/* ---- random dialogues against a model ------------------------------------ */

enum { M_NONE, M_MAIL, M_RCPT, M_BDAT };

struct model {
	int state;
	size_t body, taken;
	bool tls, dead;
};

static void expect_reply(struct model *m, const char *pattern)
{
	ck_assert_msg(client_expect(&k, pattern), "state %d", m->state);
}

static void event_chunk(struct model *m, unsigned *seed, bool last)
{
	size_t n = (size_t)rand_r(seed) % 3000, at = 0;
	AUTO(buf) b = BUF_MAX(8192);
	struct str all;

	buf_printf(&b, "BDAT %zu%s\r\n", n, last ? " LAST" : "");
	for (size_t i = 0; i < n; i++)
		buf_putc(&b, (char)rand_r(seed));
	all = buf_str(&b);
	while (at < all.n) {
		size_t some = rand_r(seed) % 4 ? all.n - at
					       : 1 + (size_t)rand_r(seed) % 40;

		some = MIN_OF(some, all.n - at);
		client_send(&k, str_n(all.p + at, some));
		at += some;
	}
	if (m->state < M_RCPT) {
		expect_reply(m, "503 5.5.1 *");
		return;
	}
	m->body = m->state == M_BDAT ? m->body + n : n;
	m->state = last ? M_NONE : M_BDAT;
	expect_reply(m, "250 2.0.0 *");
	if (!last)
		return;
	m->taken++;
	ck_assert_uint_eq(h.flow.taken.n, m->taken);
	ck_assert_uint_eq(h.flow.taken.v[m->taken - 1]->body.n, m->body);
}

static void event_command(struct model *m, unsigned which)
{
	switch (which) {
	case 0:
		client_say(&k, "RSET");
		expect_reply(m, "250 *");
		m->state = M_NONE;
		break;
	case 1:
		client_say(&k, "NOOP");
		expect_reply(m, "250 *");
		break;
	case 2:
		client_say(&k, "MAIL FROM:<a@example.jp>");
		expect_reply(m, m->state == M_NONE ? "250 *" : "503 *");
		if (m->state == M_NONE)
			m->state = M_MAIL;
		break;
	default:
		client_say(&k, "RCPT TO:<b@partner.test>");
		expect_reply(m, m->state == M_MAIL || m->state == M_RCPT
					? "250 *"
					: "503 *");
		if (m->state == M_MAIL)
			m->state = M_RCPT;
		break;
	}
}

static void event_end(struct model *m, unsigned *seed)
{
	int how = rand_r(seed) % 5;

	if (rand_r(seed) % 2) /* a short chunk before */
		client_send(&k, STR("BDAT 100 LAST\r\nabc"));
	if (how < 2 && k.tls) {
		tls_shutdown(k.tls);
		if (how)
			client_raw(&k, "\n", 1);
		client_pull(&k);
	} else if (how == 2) {
		client_fin(&k);
	}
	m->dead = true;
}

static void hello(struct model *m, unsigned *seed)
{
	open_plain();
	client_say(&k, "EHLO x");
	ck_assert(client_expect(&k, "250-*"));
	if (rand_r(seed) % 3)
		return;
	client_say(&k, "STARTTLS");
	ck_assert(client_expect(&k, "220 *"));
	ck_assert(client_start_tls(&k));
	client_say(&k, "EHLO x");
	ck_assert(client_expect(&k, "250-*"));
	m->tls = true;
}

static void dialogue(unsigned seed)
{
	struct model m = {.taken = h.flow.taken.n};

	h.flow.late = rand_r(&seed) % 2;
	hello(&m, &seed);
	for (int i = 0; i < 20 && !m.dead; i++) {
		int what = rand_r(&seed) % 16;

		/* Refused verbs are errors; a session bears so many. */
		if (h.smtpd->newest->errors >= SMTP_ERRORS_MAX - 1)
			break;
		if (what < 4)
			event_chunk(&m, &seed, false);
		else if (what < 7)
			event_chunk(&m, &seed, true);
		else if (what < 15)
			event_command(&m, (unsigned)what % 4);
		else
			event_end(&m, &seed);
	}
	client_close(&k);
	ck_assert_uint_eq(h.flow.open, 0);
	ck_assert_uint_eq(h.flow.taken.n, m.taken);
	ck_assert_uint_eq(smtpd_sessions(h.smtpd), 0);
}

START_TEST(random_dialogues)
{
	const char *knob = getenv("SEKISHO_BDAT_DIALOGUES");
	unsigned n = knob ? (unsigned)strtoul(knob, NULL, 10) : CASES(3000);

	h.config.limits.message = 10 * MIB;
	client_close(&k);
	for (unsigned i = 0; i < n; i++) {
		dialogue(i * 2654435761u + 1);
		if (h.flow.taken.n > 500) {
			fake_flow_release(&h.flow);
			fake_flow_init(&h.flow, h.loop);
		}
	}
}
END_TEST

Suite *test_bdat_suite(void);

Suite *test_bdat_suite(void)
{
	Suite *s = suite_create("bdat");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 0);
	tcase_add_test(t, bytes_are_kept_as_they_are);
	tcase_add_test(t, splits_change_nothing);
	tcase_add_test(t,
		       chunks_behind_a_refused_mail_are_read_and_thrown_away);
	tcase_add_test(t, chunks_behind_refused_recipients_too);
	tcase_add_test(t, bad_sizes_end_the_session);
	tcase_add_test(t, size_is_summed_over_chunks);
	tcase_add_test(t, verbs_between_chunks);
	tcase_add_test(t, ends_inside_a_chunk_take_nothing);
	tcase_add_test(t, close_notify_inside_a_chunk);
	tcase_add_test(t, random_dialogues);
	suite_add_tcase(s, t);
	return s;
}
