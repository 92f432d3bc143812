/* test_brake.c - /b/TOKEN: a superior gives waiting mail back. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include "connector/base/json.h"
#include "connector/base/mem.h"
#include "connector/base/utf8.h"
#include "tests/unit/connector/web/web_talk.h"

Suite *test_brake_suite(void);

static const char *path_of(enum world_case c)
{
	static char path[100];

	snprintf(path, sizeof(path), "/b/%s", w.brake[c]);
	return path;
}

static struct json *page_of(enum world_case c)
{
	AUTO_STR got = ask("GET", path_of(c), "Accept: application/json\r\n");
	struct err e = ERR_EMPTY;
	struct json *doc = json_parse(str_of(strstr(got, "\r\n\r\n") + 4), &e);

	ck_assert_int_eq(status(got), 200);
	ck_assert_msg(doc != NULL, "%s", e.text);
	return doc;
}

static const struct {
	enum world_case c;
	const char *state;
} STATES[] = {
	{CASE_HELD, "waits"},	   {CASE_STAGE, "waits"},
	{CASE_WAIT, "waits"},	   {CASE_TIMELAG, "waits"},
	{CASE_ADMIN, "waits"},	   {CASE_APPROVAL, "waits"},
	{CASE_SENDING, "left"},	   {CASE_SENT, "left"},
	{CASE_DISCARDED, "ended"}, {CASE_RETURNED, "returned"},
	{CASE_REFUSED, "ended"},   {CASE_EXPIRED, "ended"},
	{CASE_BOUNCED, "left"},	   {CASE_MIXED, "left"},
	{CASE_HOSTILE, "waits"},   {CASE_LOCKED, "waits"},
};

START_TEST(every_state_has_its_page)
{
	struct json *doc = page_of(STATES[_i].c);
	AUTO_STR ja = ask("GET", path_of(STATES[_i].c),
			  "Accept-Language: ja\r\n");
	AUTO_STR en = ask("GET", path_of(STATES[_i].c),
			  "Accept-Language: en\r\n");

	ck_assert_str_eq(json_get_cstr(doc, "state", ""), STATES[_i].state);
	ck_assert_int_eq(json_get_bool(doc, "can_return", false),
			 strcmp(STATES[_i].state, "waits") == 0);
	ck_assert_int_eq(json_get_int(doc, "recipient_count", 0), 5);
	ck_assert_ptr_nonnull(strstr(ja, "<html lang=\"ja\">"));
	ck_assert_ptr_nonnull(strstr(en, "<html lang=\"en\">"));
	json_free(&doc);
}
END_TEST

#define COMMENT "&comment=%E5%AE%9B%E5%90%8D+a%0D%0A%3Cscript%3E%E2%80%AE+line"

START_TEST(the_right_digits_give_it_back_once)
{
	AUTO(form) f = get_form_at(path_of(CASE_TIMELAG));
	struct post p = {
		.act = "return", .check = WORLD_DIGITS, .more = COMMENT};
	AUTO_STR got = post_at(path_of(CASE_TIMELAG), &f, p);
	AUTO_STR again = post_at(path_of(CASE_TIMELAG), &f, p);
	AUTO_STR where = after(got, "Location: ", "\r");
	struct json *doc = page_of(CASE_TIMELAG);

	ck_assert_int_eq(status(got), 303);
	ck_assert_int_eq(status(again), 303);
	ck_assert_str_eq(where, path_of(CASE_TIMELAG));
	ck_assert_uint_eq(w.acts, 1);
	ck_assert_int_eq(w.last.act, ACT_RETURN);
	ck_assert_str_eq(w.last.actor, "superior " WORLD_SUPERIOR);
	ck_assert_str_eq(w.last.by, WORLD_SUPERIOR);
	ck_assert_str_eq(w.last.comment, "宛名 a\n<script>\xef\xbf\xbd line");
	ck_assert_str_eq(w.last.reason, "");
	ck_assert_str_eq(json_get_cstr(doc, "state", ""), "given-back");
	json_free(&doc);
}
END_TEST

START_TEST(wrong_digits_keep_the_comment)
{
	AUTO(form) f = get_form_at(path_of(CASE_HELD));
	struct post p = {.act = "return",
			 .check = "0000",
			 .more = "&comment=keep+%3Cthis%3E"};

	for (int i = 0; i < 5; i++) {
		AUTO_STR got = post_at(path_of(CASE_HELD), &f, p);

		ck_assert_int_eq(status(got), 403);
		if (i < 4)
			ck_assert_ptr_nonnull(strstr(got, "keep &lt;this&gt;"));
	}
	p.check = WORLD_DIGITS;
	{
		AUTO_STR got = post_at(path_of(CASE_HELD), &f, p);

		ck_assert_int_eq(status(got), 403);
	}
	ck_assert_uint_eq(w.acts, 0);
}
END_TEST

START_TEST(long_comments_are_cut)
{
	AUTO(form) f = get_form_at(path_of(CASE_HELD));
	AUTO(buf) more = BUF_MAX(64 * KIB);
	AUTO_STR got = NULL;

	buf_puts(&more, "&comment=");
	for (int i = 0; i < 700; i++)
		buf_puts(&more, _i ? "%F0%9F%91%A9" : "x%0A");
	got = post_at(path_of(CASE_HELD), &f,
		      (struct post){.act = "return",
				    .check = WORLD_DIGITS,
				    .more = buf_cstr(&more)});
	ck_assert_int_eq(status(got), 303);
	ck_assert_uint_gt(strlen(w.last.comment), 400);
	ck_assert(utf8_valid(str_of(w.last.comment)));
}
END_TEST

/* A link of one kind opens no page of another. */
START_TEST(links_are_of_one_kind)
{
	AUTO_STR one = mem_printf("/b/%s", w.token[CASE_HELD]);
	AUTO_STR other = mem_printf("/m/%s", w.brake[CASE_HELD]);
	AUTO_STR got = ask("GET", one, "");
	AUTO_STR too = ask("GET", other, "");
	AUTO(form) f = get_form_at(path_of(CASE_HELD));
	AUTO_STR sent = post_at(
		path_of(CASE_HELD), &f,
		(struct post){.act = "send", .check = WORLD_DIGITS});

	ck_assert_int_eq(status(got), 404);
	ck_assert_int_eq(status(too), 404);
	/* Whatever the button says, this page gives back. */
	ck_assert_int_eq(status(sent), 303);
	ck_assert_int_eq(w.last.act, ACT_RETURN);
}
END_TEST

START_TEST(opening_changes_nothing)
{
	for (int i = 0; i < 50; i++) {
		AUTO_STR get = ask("GET", path_of(CASE_HELD), "");
		AUTO_STR head = ask("HEAD", path_of(CASE_HELD), "");

		ck_assert_int_eq(status(get), 200);
		ck_assert_int_eq(status(head), 200);
	}
	ck_assert_uint_eq(w.acts, 0);
}
END_TEST

START_TEST(it_left_meanwhile)
{
	AUTO(form) f = get_form_at(path_of(CASE_HELD));
	AUTO_STR got = post_at(
		path_of(CASE_SENT), &f,
		(struct post){.act = "return", .check = WORLD_DIGITS});

	ck_assert_int_eq(status(got), 303);
	ck_assert_uint_eq(w.acts, 0);
}
END_TEST

Suite *test_brake_suite(void)
{
	Suite *s = suite_create("brake");
	TCase *c = tcase_create("all");

	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, open_world, close_world);
	tcase_add_loop_test(c, every_state_has_its_page, 0, ARRAY_LEN(STATES));
	tcase_add_test(c, the_right_digits_give_it_back_once);
	tcase_add_test(c, wrong_digits_keep_the_comment);
	tcase_add_loop_test(c, long_comments_are_cut, 0, 2);
	tcase_add_test(c, links_are_of_one_kind);
	tcase_add_test(c, opening_changes_nothing);
	tcase_add_test(c, it_left_meanwhile);
	suite_add_tcase(s, c);
	return s;
}
