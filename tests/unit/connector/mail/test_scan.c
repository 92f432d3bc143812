/* test_scan.c - identity, loops and From of raw header blocks. */
#include <check.h>
#include "connector/base/buf.h"
#include "connector/mail/scan.h"

#define HOST "gate.example.jp"

static struct header_scan scan(const char *text)
{
	struct header_scan s;

	header_scan(str_of(text), HOST, &s);
	return s;
}

START_TEST(reads_a_plain_header)
{
	struct header_scan s = scan(
		"Received: from a.test (a.test [192.0.2.1])\r\n"
		"\tby gate.example.jp (Sekisho) with ESMTPS id AAA\r\n"
		"\tfor <x@y.test>; Sun, 22 Nov 2026 10:00:00 +0900\r\n"
		"Received: by other.test id BBB; x\r\n"
		"From: \"A, B\" <a@Example.JP>\r\n"
		"Date: Sun, 22 Nov 2026 10:00:00 +0900\r\n"
		"message-id: <1@a.test>\r\n"
		"\r\nBody: x\r\n");

	ck_assert_uint_eq(s.received, 2);
	ck_assert_uint_eq(s.received_ours, 1);
	ck_assert_uint_eq(s.our_id_n, 1);
	ck_assert(str_is(s.our_id[0], "AAA"));
	ck_assert(str_is(s.message_id, "1@a.test"));
	ck_assert(s.has_message_id && s.has_date && s.has_from);
	ck_assert_uint_eq(s.from_count, 1);
	ck_assert(str_is(s.from_domain, "Example.JP"));
	ck_assert_uint_gt(s.header_len, 100);
}
END_TEST

static const struct {
	const char *value, *domain;
} from[] = {
	{"a@b.test", "b.test"},
	{" a@b.test", "b.test"},
	{"<a@b.test>", "b.test"},
	{"A <a@b.test>", "b.test"},
	{"A B <a@b.test> (x)", "b.test"},
	{"\"<x@y.test>\" <a@b.test>", "b.test"},
	{"(<x@y.test>) a@b.test", "b.test"},
	{"(a(b)c) a@b.test (d)", "b.test"},
	{"=?utf-8?B?5bGx?=\r\n <a@b.test>", "b.test"},
	{"\"a b\"@b.test", "b.test"},
	{"\"a\\\"@x.test\"@b.test", "b.test"},
	{"a(c)@(d)b.test", "b.test"},
	{"", ""},
	{"a", ""},
	{"@b.test", ""},
	{"a@", ""},
	{"<>", ""},
	{"a@b.test, c@d.test", ""},
	{"a@b.test,", ""},
	{",a@b.test", ""},
	{"a@b.test c@d.test", ""},
	{"A <a@b.test> <c@d.test>", ""},
	{"x@y.test <a@b.test>", ""},
	{"g: a@b.test;", ""},
	{"g:;", ""},
	{"<@r.test:a@b.test>", ""},
	{"a@b@c.test", ""},
	{"a @ b . test", ""},
	{"(never closed a@b.test", ""},
	{"\"never closed <a@b.test>", ""},
	{"<a@b.test", ""},
	{"<a@b.test>>", ""},
	{"a@[192.0.2.1]", ""},
	{"a@=?utf-8?Q?b.test?=", ""},
	{"A <a@b.test>\r\n B <c@d.test>", ""},
};

START_TEST(one_mailbox_or_none)
{
	AUTO(buf) b = BUF_MAX(4096);
	struct header_scan s;

	buf_printf(&b, "From:%s\r\n\r\n", from[_i].value);
	s = scan(buf_cstr(&b));
	ck_assert_uint_eq(s.from_count, 1);
	ck_assert_msg(str_is(s.from_domain, from[_i].domain), "%s -> " STR_FMT,
		      from[_i].value, STR_ARG(s.from_domain));
}
END_TEST

START_TEST(a_nul_in_from_proves_nothing)
{
	struct header_scan s;

	header_scan(STR("From: a\0@b.test\r\n\r\n"), HOST, &s);
	ck_assert_uint_eq(s.from_domain.n, 0);
	header_scan(STR("From: \"\0\" <a@b.test>\r\n\r\n"), HOST, &s);
	ck_assert_uint_eq(s.from_domain.n, 0);
}
END_TEST

/* T6: every field that some program takes for From is counted. */
START_TEST(two_from_fields_prove_nothing)
{
	static const char *more[] = {"From: c@d.test", "FROM:c@d.test",
				     "From : c@d.test", "From\t: c@d.test",
				     "from:"};

	for (size_t i = 0; i < ARRAY_LEN(more); i++) {
		for (int first = 0; first < 2; first++) {
			AUTO(buf) b = BUF_MAX(1024);
			struct header_scan s;

			buf_printf(&b, "%s\r\nX: y\r\n%s\r\n\r\n",
				   first ? more[i] : "From: a@b.test",
				   first ? "From: a@b.test" : more[i]);
			s = scan(buf_cstr(&b));
			ck_assert_uint_eq(s.from_count, 2);
			ck_assert_uint_eq(s.from_domain.n, 0);
		}
	}
}
END_TEST

static const struct {
	const char *fields, *id;
	bool has;
} ids[] = {
	{"Message-ID: <a@b>", "a@b", true},
	{"Message-ID:<a@b>", "a@b", true},
	{"MESSAGE-ID:\r\n <a@b>", "a@b", true},
	{"Message-ID: <a@b> (c)", "a@b", true},
	{"Message-ID: a@b", "", true},
	{"Message-ID: <a b>", "", true},
	{"Message-ID: <>", "", true},
	{"Message-ID: <a@b> <c@d>", "", true},
	{"Message-ID: <a@b", "", true},
	{"Message-ID: <a@b>\r\nMessage-ID: <c@d>", "", true},
	{"Message-ID: <a@b>\r\nMessage-ID: <c@d>\r\nMessage-ID: <e@f>", "",
	 true},
	{"X-Message-ID: <a@b>", "", false},
};

START_TEST(message_ids)
{
	AUTO(buf) b = BUF_MAX(4096);
	struct header_scan s;

	buf_printf(&b, "%s\r\n\r\n", ids[_i].fields);
	s = scan(buf_cstr(&b));
	ck_assert_int_eq(s.has_message_id, ids[_i].has);
	ck_assert_msg(str_is(s.message_id, ids[_i].id), "%s", ids[_i].fields);
}
END_TEST

static const struct {
	const char *value;
	bool ours;
	const char *id;
} traces[] = {
	{"from x by gate.example.jp with SMTP id I1; d", true, "I1"},
	{"from x by GATE.example.jp id I1; d", true, "I1"},
	{"by gate.example.jp id I1;d", true, "I1"},
	{"from x by gate.example.jp; d", true, ""},
	{"from x by other.test id I1; by gate.example.jp", false, ""},
	{"from x (by gate.example.jp id F) by other.test id I1", false, ""},
	{"from by by other.test id I1; d", false, ""},
	{"from gate.example.jp by other.test id I1; d", false, ""},
	{"from x by gate.example.jp.evil.test id I1; d", false, ""},
	{"", false, ""},
	{"(", false, ""},
};

START_TEST(received_fields)
{
	AUTO(buf) b = BUF_MAX(4096);
	struct header_scan s;

	buf_printf(&b, "Received: %s\r\n\r\n", traces[_i].value);
	s = scan(buf_cstr(&b));
	ck_assert_uint_eq(s.received, 1);
	ck_assert_uint_eq(s.received_ours, traces[_i].ours);
	ck_assert_uint_eq(s.our_id_n, traces[_i].id[0] != 0);
	if (s.our_id_n)
		ck_assert(str_is(s.our_id[0], traces[_i].id));
}
END_TEST

START_TEST(many_traces_keep_the_newest)
{
	AUTO(buf) b = BUF_MAX(64 * KIB);
	struct header_scan s;

	for (int i = 0; i < SCAN_IDS_MAX + 5; i++)
		buf_printf(&b, "Received: by " HOST " id I%d; d\r\n", i);
	s = scan(buf_cstr(&b));
	ck_assert_uint_eq(s.received_ours, SCAN_IDS_MAX + 5);
	ck_assert_uint_eq(s.our_id_n, SCAN_IDS_MAX);
	ck_assert(str_is(s.our_id[0], "I0"));
	ck_assert_uint_eq(s.header_len, 0);
}
END_TEST

START_TEST(ends_of_a_header)
{
	ck_assert_uint_eq(scan("A: b\r\n\r\nFrom: x@y\r\n").header_len, 8);
	ck_assert_uint_eq(scan("A: b\n\nFrom: x@y\n").header_len, 6);
	ck_assert_uint_eq(scan("\r\nA: b\r\n").header_len, 2);
	ck_assert_uint_eq(scan("A: b\r\n").header_len, 0);
	ck_assert_uint_eq(scan("").header_len, 0);
	ck_assert(!scan("A: b\r\n\r\nFrom: x@y\r\n").has_from);
	ck_assert(!scan("X:\r\n From: x@y\r\n\r\n").has_from);
	ck_assert(scan("no colon here\r\nFrom: x@y\r\n\r\n").has_from);
}
END_TEST

START_TEST(fields_are_whole)
{
	struct str rest = STR("A: b\r\n c\r\nnothing\r\nD : e\r\n\r\nx: y\r\n");
	struct str name, field;

	ck_assert(header_field_next(&rest, &name, &field));
	ck_assert(str_is(name, "A") && str_is(field, "A: b\r\n c\r\n"));
	ck_assert(header_field_next(&rest, &name, &field));
	ck_assert(name.n == 0 && str_is(field, "nothing\r\n"));
	ck_assert(header_field_next(&rest, &name, &field));
	ck_assert(str_is(name, "D") && str_is(field, "D : e\r\n"));
	ck_assert(!header_field_next(&rest, &name, &field));
	ck_assert(str_is(rest, "\r\nx: y\r\n"));
}
END_TEST

Suite *test_scan_suite(void);

Suite *test_scan_suite(void)
{
	Suite *s = suite_create("scan");
	TCase *t = tcase_create("all");

	tcase_add_test(t, reads_a_plain_header);
	tcase_add_loop_test(t, one_mailbox_or_none, 0, ARRAY_LEN(from));
	tcase_add_test(t, a_nul_in_from_proves_nothing);
	tcase_add_test(t, two_from_fields_prove_nothing);
	tcase_add_loop_test(t, message_ids, 0, ARRAY_LEN(ids));
	tcase_add_loop_test(t, received_fields, 0, ARRAY_LEN(traces));
	tcase_add_test(t, many_traces_keep_the_newest);
	tcase_add_test(t, ends_of_a_header);
	tcase_add_test(t, fields_are_whole);
	suite_add_tcase(s, t);
	return s;
}
