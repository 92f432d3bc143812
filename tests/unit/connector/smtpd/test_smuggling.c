/* test_smuggling.c - T2: what is no end for us becomes none for anybody.
 * Each malformed end of data, split at each byte, with and without a second
 * envelope behind it: no message is taken, nothing behind it is obeyed.
 */
#include <check.h>
#include "tests/unit/connector/smtpd/harness.h"

static const struct str ends[] = {
	STR("\n.\n"),	    STR("\n.\r\n"),	  STR("\r\n.\n"),
	STR("\r.\r"),	    STR("\r.\r\n"),	  STR("\r\n.\r"),
	STR("\n.\r"),	    STR("\r.\n"),	  STR("\r\n\0.\r\n"),
	STR("\r\n.\0\r\n"), STR("\r\r\n.\r\r\n"), STR("\r\n.\r\r\n"),
};

#define SECOND                                                                 \
	"MAIL FROM:<evil@example.jp>\r\nRCPT TO:<victim@partner.test>\r\n"     \
	"DATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n"

static struct harness h;
static struct client k;

static void setup(void)
{
	harness_init(&h, false);
	h.config.limits.sessions_per_tenant = 0;
}

static void teardown(void)
{
	harness_release(&h);
}

static void attack(struct str content, size_t split, size_t which)
{
	client_open(&h, &k, PEER_EXAMPLE);
	ck_assert(client_expect(&k, "220 *"));
	ck_assert(client_to_data(&k, "a@example.jp", "b@partner.test"));
	client_send(&k, str_head(content, split));
	client_send(&k, str_skip(content, split));
	ck_assert_msg(client_expect(&k, "550 5.6.0 *"), "end %zu split %zu",
		      which, split);
	ck_assert(client_expect(&k, "")); /* no word about the second */
	ck_assert_uint_eq(h.flow.taken.n, 0);
	ck_assert_uint_eq(h.flow.open, 0);
	ck_assert_uint_eq(h.flow.begun, 1);
	h.flow.begun = 0;
	client_close(&k);
	ck_assert_uint_eq(smtpd_sessions(h.smtpd), 0);
}

START_TEST(malformed_ends_end_nothing)
{
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		for (int second = 0; second < 2; second++) {
			AUTO(buf) b = BUF_MAX(4096);

			buf_puts(&b, "Subject: x\r\n\r\nhi");
			buf_put_str(&b, ends[i]);
			buf_puts(&b, second ? SECOND : "more\r\n.\r\nQUIT\r\n");
			for (size_t n = 0; n <= b.n; n++)
				attack(buf_str(&b), n, i);
		}
	}
}
END_TEST

/* A malformed end and then silence: no reply claims that it was taken. */
START_TEST(malformed_ends_alone_take_nothing)
{
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		client_open(&h, &k, PEER_EXAMPLE);
		ck_assert(client_expect(&k, "220 *"));
		ck_assert(client_to_data(&k, "a@example.jp", "b@partner.test"));
		client_send(&k, STR("Subject: x\r\n\r\nhi"));
		client_send(&k, ends[i]);
		client_fin(&k);
		ck_assert(!fits("2*", client_reply(&k)));
		ck_assert_uint_eq(h.flow.taken.n, 0);
		client_close(&k);
		ck_assert_uint_eq(h.flow.open, 0);
	}
}
END_TEST

START_TEST(the_right_end_works_at_every_split)
{
	static const char all[] = "Subject: x\r\n\r\n..\r\n. \r\n.\r\n" SECOND;
	struct str body = STR("Subject: x\r\n\r\n.\r\n \r\n");

	for (size_t n = 0; n < sizeof(all); n++) {
		size_t was = h.flow.taken.n;

		client_open(&h, &k, PEER_EXAMPLE);
		ck_assert(client_expect(&k, "220 *"));
		ck_assert(client_to_data(&k, "a@example.jp", "b@partner.test"));
		client_send(&k, str_n(all, n));
		client_send(&k, str_n(all + n, sizeof(all) - 1 - n));
		ck_assert(client_expect(&k, "250 2.0.0 *"));
		ck_assert(client_expect(&k, "250 2.1.0 *"));
		ck_assert(client_expect(&k, "250 2.1.5 *"));
		ck_assert(client_expect(&k, "354 *"));
		ck_assert(client_expect(&k, "250 2.0.0 *"));
		ck_assert_uint_eq(h.flow.taken.n, was + 2);
		ck_assert(str_eq(buf_str(&h.flow.taken.v[was]->body), body));
		client_close(&k);
	}
}
END_TEST

START_TEST(the_refused_sender_may_finish_and_read_why)
{
	AUTO(buf) b = BUF_MAX(MIB);

	client_open(&h, &k, PEER_EXAMPLE);
	ck_assert(client_expect(&k, "220 *"));
	ck_assert(client_to_data(&k, "a@example.jp", "b@partner.test"));
	client_send(&k, STR("Subject: x\n"));
	while (b.n < 512 * KIB)
		buf_puts(&b, "0123456789012345678901234567890123456789\r\n");
	client_send(&k, buf_str(&b));
	ck_assert(!k.eof);
	client_send(&k, STR(".\r\n"));
	ck_assert(client_expect(&k, "550 5.6.0 line feed *"));
	client_send(&k, buf_str(&b));
	client_send(&k, buf_str(&b)); /* above the limit of a message */
	ck_assert(k.eof);
	client_close(&k);
}
END_TEST

Suite *test_smuggling_suite(void);

Suite *test_smuggling_suite(void)
{
	Suite *s = suite_create("smuggling");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 300);
	tcase_add_test(t, malformed_ends_end_nothing);
	tcase_add_test(t, malformed_ends_alone_take_nothing);
	tcase_add_test(t, the_right_end_works_at_every_split);
	tcase_add_test(t, the_refused_sender_may_finish_and_read_why);
	suite_add_tcase(s, t);
	return s;
}
