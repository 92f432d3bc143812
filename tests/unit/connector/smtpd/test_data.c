/* test_data.c - the end of DATA, against a slow reading of the same rules. */
#include <check.h>
#include <stdlib.h>
#include "connector/base/buf.h"
#include "connector/base/limits.h"
#include "connector/smtpd/data_int.h"
#include "tests/unit/slow.h"

struct outcome {
	enum data_event event; /* MORE: the end was not seen */
	size_t taken;
	struct buf body;
};

/* RFC 5321 byte by byte: what the fast one must be equal to. */
static void slow(struct str in, struct outcome *o)
{
	size_t i = 0;

	*o = (struct outcome){DATA_MORE, 0, BUF_MAX(MIB)};
	while (i < in.n) {
		bool line_start = i == 0 || in.p[i - 1] == '\n';

		if (in.p[i] == 0) {
			o->event = DATA_NUL;
			return;
		}
		if (in.p[i] == '\n') {
			o->event = DATA_BARE_LF;
			return;
		}
		if (line_start && in.p[i] == '.') {
			struct str rest = str_skip(in, i);

			if (rest.n < 3 && (rest.n == 1 || rest.p[1] == '\r'))
				return;
			if (rest.p[1] == '\r' && rest.p[2] == '\n') {
				o->event = DATA_END;
				o->taken = i + 3;
				return;
			}
			if (rest.p[1] == '\r') {
				o->event = DATA_BARE_CR;
				return;
			}
			i++;
			o->taken = i;
			if (in.p[i] == 0 || in.p[i] == '\n')
				continue;
		}
		if (in.p[i] == '\r') {
			if (i + 1 == in.n)
				return;
			if (in.p[i + 1] != '\n') {
				o->event = DATA_BARE_CR;
				return;
			}
			buf_put(&o->body, in.p + i, 2);
			i += 2;
		} else {
			buf_putc(&o->body, in.p[i++]);
		}
		o->taken = i;
	}
}

/* The fast one, fed in segments that end where cut[] says. */
static void fast(struct str in, const size_t *cut, size_t cut_n,
		 struct outcome *o)
{
	struct data_scan d;
	size_t at = 0;

	*o = (struct outcome){DATA_MORE, 0, BUF_MAX(MIB)};
	data_begin(&d);
	for (size_t k = 0; k <= cut_n; k++) {
		size_t end = k < cut_n ? cut[k] : in.n;

		for (;;) {
			struct str span;
			size_t taken;

			o->event = data_next(&d, str_n(in.p + at, end - at),
					     &taken, &span);
			at += taken;
			if (span.n)
				buf_put_str(&o->body, span);
			if (o->event != DATA_SPAN)
				break;
		}
		o->taken = at;
		if (o->event != DATA_MORE)
			return;
	}
}

static void same(struct str in, const size_t *cut, size_t cut_n)
{
	struct outcome a, b;

	slow(in, &a);
	fast(in, cut, cut_n, &b);
	if (a.event != b.event || a.taken != b.taken ||
	    !str_eq(buf_str(&a.body), buf_str(&b.body))) {
		AUTO(buf) show = BUF_MAX(4096);

		for (size_t i = 0; i < in.n; i++)
			buf_printf(&show, "%02x ", (unsigned char)in.p[i]);
		ck_abort_msg("%s: event %d/%d taken %zu/%zu", buf_cstr(&show),
			     a.event, b.event, a.taken, b.taken);
	}
	buf_release(&a.body);
	buf_release(&b.body);
}

START_TEST(equals_the_slow_one_on_all_short_inputs)
{
	static const char alphabet[] = {'\r', '\n', '.', 'x', 0};
	char in[7];
	size_t cut[6];

	for (size_t n = 0; n <= sizeof(in); n++) {
		size_t all = 1;

		for (size_t i = 0; i < n; i++)
			all *= sizeof(alphabet);
		for (size_t v = 0; v < all; v++) {
			size_t rest = v, mask;

			for (size_t i = 0; i < n; i++) {
				in[i] = alphabet[rest % sizeof(alphabet)];
				rest /= sizeof(alphabet);
			}
			same(str_n(in, n), NULL, 0);
			if (n < 2 || n > 6)
				continue;
			for (mask = 1; mask < 1u << (n - 1); mask++) {
				size_t cuts = 0;

				for (size_t i = 1; i < n; i++)
					if (mask & 1u << (i - 1))
						cut[cuts++] = i;
				same(str_n(in, n), cut, cuts);
			}
		}
	}
}
END_TEST

START_TEST(equals_the_slow_one_on_random_inputs)
{
	static const char *words[] = {"\r\n", "\r\n",	      ".",     "..",
				      "x",    "line of text", "\r\n.", "\r",
				      "\n",   "\r\n..\r\n"};
	unsigned seed = 20261122;

	for (int round = 0; round < CASES(20000); round++) {
		AUTO(buf) in = BUF_MAX(4096);
		size_t cut[8], cuts = 0;
		int n = rand_r(&seed) % 20;

		for (int i = 0; i < n; i++) {
			/* Mostly good content, so that the end is met. */
			int w = rand_r(&seed) % (round % 4 ? 7 : 10);

			buf_puts(&in, words[w]);
		}
		buf_puts(&in, round % 3 ? "\r\n.\r\nNOOP\r\n" : "");
		for (size_t at = 0; cuts < ARRAY_LEN(cut);) {
			at += 1 + (size_t)(rand_r(&seed) % 12);
			if (at >= in.n)
				break;
			cut[cuts++] = at;
		}
		same(buf_str(&in), cut, cuts);
	}
}
END_TEST

START_TEST(spans_are_long)
{
	struct data_scan d;
	struct str span;
	size_t taken, spans = 0, at = 0;
	AUTO(buf) in = BUF_MAX(MIB);

	while (in.n < 100 * KIB)
		buf_puts(&in, "a line as mails have them, of some length\r\n");
	data_begin(&d);
	while (data_next(&d, str_skip(buf_str(&in), at), &taken, &span) ==
	       DATA_SPAN) {
		spans++;
		at += taken;
	}
	ck_assert_uint_eq(spans, 1);
	ck_assert_uint_eq(at, in.n);
}
END_TEST

START_TEST(nul_behind_the_end_is_not_content)
{
	struct data_scan d;
	struct str span, in = STR("x\r\n.\r\n\0\0");
	size_t taken;

	data_begin(&d);
	ck_assert_int_eq(data_next(&d, in, &taken, &span), DATA_SPAN);
	in = str_skip(in, taken);
	ck_assert_int_eq(data_next(&d, in, &taken, &span), DATA_END);
	ck_assert_uint_eq(taken, 3);
}
END_TEST

START_TEST(line_length_is_exact)
{
	for (size_t more = 0; more < 2; more++) {
		struct data_scan d;
		struct str span, rest;
		size_t taken;
		bool told = false;
		enum data_event event;
		AUTO(buf) in = BUF_MAX(2 * MIB);

		while (in.n < SMTP_TEXT_LINE_MAX + more)
			buf_putc(&in, 'x');
		buf_puts(&in, "\r\nshort\r\n.\r\n");
		data_begin(&d);
		rest = buf_str(&in);
		while ((event = data_next(
				&d,
				str_head(rest, MIN_OF(rest.n, (size_t)4096)),
				&taken, &span)) != DATA_END) {
			told = told || event == DATA_LONG_LINE;
			rest = str_skip(rest, taken);
		}
		ck_assert_int_eq(told, more);
	}
}
END_TEST

Suite *test_data_suite(void);

Suite *test_data_suite(void)
{
	Suite *s = suite_create("data");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, equals_the_slow_one_on_all_short_inputs);
	tcase_add_test(t, equals_the_slow_one_on_random_inputs);
	tcase_add_test(t, spans_are_long);
	tcase_add_test(t, nul_behind_the_end_is_not_content);
	tcase_add_test(t, line_length_is_exact);
	suite_add_tcase(s, t);
	return s;
}
