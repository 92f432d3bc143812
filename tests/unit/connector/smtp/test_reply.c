/* Reading replies: codes, statuses, text; and stuffing dots. */
#include "connector/smtp/client_int.h"

#include <check.h>

Suite *test_reply_suite(void);

static enum reply_step read_one(struct reply *r, const char *s)
{
	struct str text, in = str_of(s);
	size_t used;
	enum reply_step step;

	reply_reset(r);
	do {
		step = reply_read(r, in, &used, &text);
		in = str_skip(in, used);
	} while (step == REPLY_LINE);
	return step;
}

START_TEST(codes_and_statuses)
{
	static const struct {
		const char *in;
		int code;
		const char *status, *text;
	} row[] = {
		{"250 2.1.0 Ok\r\n", 250, "2.1.0", "2.1.0 Ok"},
		{"250 Ok\r\n", 250, "", "Ok"},
		{"250\r\n", 250, "", ""},
		{"250 \r\n", 250, "", ""},
		{"550 5.1.1\r\n", 550, "5.1.1", "5.1.1"},
		{"550 2.1.1 class differs\r\n", 550, "", "2.1.1 class differs"},
		{"550 5.7.1234 x\r\n", 550, "", "5.7.1234 x"},
		{"550 5.7.606 x\r\n", 550, "5.7.606", "5.7.606 x"},
		{"550 5.7 x\r\n", 550, "", "5.7 x"},
		{"550 5..1 x\r\n", 550, "", "5..1 x"},
		{"550-5.1.1 a\r\n550-5.1.1 b\r\n550 5.1.1\r\n", 550, "5.1.1",
		 "5.1.1 a b"},
		{"550-a\r\n550 5.1.1 b\r\n", 550, "", "a 5.1.1 b"},
	};
	struct reply r;

	ck_assert_int_eq(read_one(&r, row[_i].in), REPLY_DONE);
	ck_assert_int_eq(r.answer.code, row[_i].code);
	ck_assert_str_eq(r.answer.status, row[_i].status);
	ck_assert_str_eq(r.answer.text, row[_i].text);
}
END_TEST

START_TEST(no_replies)
{
	static const char *const row[] = {
		"\r\n",		"\n",
		"25\r\n",	"2500 x\r\n",
		"250x\r\n",	"150 x\r\n",
		"650 x\r\n",	"250 x\n",
		"a\r\n",	"250-a\r\n251 b\r\n",
		"250 a\rb\r\n", "-50 x\r\n",
		"25a x\r\n",	" 250 x\r\n",
	};
	struct reply r;

	ck_assert_int_eq(read_one(&r, row[_i]), REPLY_BAD);
}
END_TEST

START_TEST(text_is_cleaned_and_bounded)
{
	struct buf b = BUF_MAX(8192);
	struct reply r;

	ck_assert_int_eq(read_one(&r, "550 a\x1b[31mred\xe2\x80\xae\xff z\r\n"),
			 REPLY_DONE);
	ck_assert(!str_has_control(str_of(r.answer.text)));
	ck_assert_ptr_null(strstr(r.answer.text, "\xe2\x80\xae"));
	buf_puts(&b, "550 ");
	for (int i = 0; i < 1200; i++)
		buf_puts(&b, "\xe9\x96\xa2");
	buf_puts(&b, "\r\n");
	ck_assert_int_eq(read_one(&r, buf_cstr(&b)), REPLY_DONE);
	ck_assert_uint_le(strlen(r.answer.text), SMTP_ANSWER_MAX);
	ck_assert_uint_eq(strlen(r.answer.text) % 3, 0); /* whole characters */
	buf_release(&b);
}
END_TEST

START_TEST(a_line_without_end_waits_until_its_limit)
{
	char line[SMTP_REPLY_LINE_MAX + 10];
	struct str text;
	struct reply r;
	size_t used;

	reply_reset(&r);
	memset(line, 'x', sizeof(line));
	memcpy(line, "250 ", 4);
	ck_assert_int_eq(reply_read(&r, str_n(line, SMTP_REPLY_LINE_MAX - 1),
				    &used, &text),
			 REPLY_MORE);
	ck_assert_uint_eq(used, 0);
	ck_assert_int_eq(
		reply_read(&r, str_n(line, SMTP_REPLY_LINE_MAX), &used, &text),
		REPLY_BAD);
}
END_TEST

/* All ways to cut a text into three pieces give the same bytes or refusal. */
static void check_stuff(const char *in, size_t n, const char *out)
{
	for (size_t a = 0; a <= n; a++) {
		for (size_t b = a; b <= n; b++) {
			struct stuffer s = {0};
			struct buf got = BUF_MAX(4096);
			bool ok = stuff(&s, str_n(in, a), &got) &&
				  stuff(&s, str_n(in + a, b - a), &got) &&
				  stuff(&s, str_n(in + b, n - b), &got) &&
				  stuff_end(&s, &got);

			ck_assert_msg(ok == (out != NULL), "%zu %zu", a, b);
			if (out)
				ck_assert_str_eq(buf_cstr(&got), out);
			buf_release(&got);
		}
	}
}

START_TEST(dots_are_stuffed_at_every_split)
{
	static const struct {
		const char *in, *out; /* NULL: refused */
	} row[] = {
		{"", ".\r\n"},
		{"a", "a\r\n.\r\n"},
		{"a\r\n", "a\r\n.\r\n"},
		{".", "..\r\n.\r\n"},
		{".\r\n", "..\r\n.\r\n"},
		{"..\r\n.\r\n", "...\r\n..\r\n.\r\n"},
		{"\r\n.\r\n", "\r\n..\r\n.\r\n"},
		{"a.\r\n.b\r\n", "a.\r\n..b\r\n.\r\n"},
		{"\r\n\r\n", "\r\n\r\n.\r\n"},
		{"\n", NULL},
		{"a\n.\r\n", NULL},
		{"a\r\n.\n", NULL},
		{"a\r", NULL},
		{"\r.\r\n", NULL},
		{"\r\r\n", NULL},
		{"a\r\n.\r", NULL},
		{"a\r\n.\r.\r\n", NULL},
		{"a\r\n\r.\r\n", NULL},
	};

	check_stuff(row[_i].in, strlen(row[_i].in), row[_i].out);
}
END_TEST

START_TEST(nul_is_refused)
{
	check_stuff("a\r\n\0.\r\n", 7, NULL);
	check_stuff("\r\n.\0\r\n", 6, NULL);
}
END_TEST

Suite *test_reply_suite(void)
{
	Suite *s = suite_create("reply");
	TCase *c = tcase_create("all");

	tcase_add_loop_test(c, codes_and_statuses, 0, 12);
	tcase_add_loop_test(c, no_replies, 0, 14);
	tcase_add_test(c, text_is_cleaned_and_bounded);
	tcase_add_test(c, a_line_without_end_waits_until_its_limit);
	tcase_add_loop_test(c, dots_are_stuffed_at_every_split, 0, 18);
	tcase_add_test(c, nul_is_refused);
	suite_add_tcase(s, c);
	return s;
}
