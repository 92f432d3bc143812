/* The story of a message: no JSON is left in what people read. */
#include "connector/main/story_int.h"

#include <check.h>

Suite *test_story_suite(void);

static const struct {
	const char *detail, *ja, *en;
} SAID[] = {
	{"{}", "", ""},
	{"{\"states\":{\"held\":2,\"sending\":1},\"client\":\"127.0.0.1 "
	 "helo=a\",\"recipients\":3,\"policy\":1,\"outcome\":\"hold\"}",
	 "保留2件、送信中1件、接続元 127.0.0.1 helo=a、宛先3件、規則の版 "
	 "1、判定: 保留",
	 "held 2, sending 1, from 127.0.0.1 helo=a, 3 recipients, policy "
	 "version 1, decision: held"},
	{"{\"recipients\":{\"0\":1,\"1\":2,\"7\":1}}",
	 "a@x.jp 1回目、b@x.jp 2回目、? 1回目",
	 "a@x.jp attempt 1, b@x.jp attempt 2, ? attempt 1"},
	{"{\"recipients\":[{\"n\":1,\"attempt\":1,\"class\":\"failed\","
	 "\"answer\":\"550 no\\nway\",\"state\":\"bounced\"}],"
	 "\"remote\":\"mx[192.0.2.1]\"}",
	 "b@x.jp 配送不能 (550 no\xef\xbf\xbdway)、相手 mx[192.0.2.1]",
	 "b@x.jp bounced (550 no\xef\xbf\xbdway), by mx[192.0.2.1]"},
	{"{\"recipients\":1,\"reason\":\"急ぎ\",\"as-is\":true}",
	 "宛先1件、理由: 急ぎ、元のまま",
	 "1 recipient, reason: 急ぎ, as it came"},
	{"{\"recipients\":1,\"why\":\"restart\"}", "宛先1件、原因: restart",
	 "1 recipient, cause: restart"},
	{"{\"newer\":7}", "newer: 7", "newer: 7"},
};

static void said(const struct json *rcpts, const struct json *detail, bool ja,
		 const char *want)
{
	AUTO(buf) out = BUF_MAX(MIB);

	story_detail(&out, detail, rcpts, ja);
	ck_assert_str_eq(buf_cstr(&out), want);
}

START_TEST(details)
{
	struct err e = ERR_EMPTY;
	struct json *rcpts = json_parse(STR("[{\"address\":\"a@x.jp\"},"
					    "{\"address\":\"b@x.jp\"}]"),
					&e);
	struct json *detail = json_parse(str_of(SAID[_i].detail), &e);

	ck_assert_ptr_nonnull(rcpts);
	ck_assert_ptr_nonnull(detail);
	said(rcpts, detail, true, SAID[_i].ja);
	said(rcpts, detail, false, SAID[_i].en);
	said(rcpts, NULL, false, "");
	json_free(&detail);
	json_free(&rcpts);
}
END_TEST

START_TEST(events)
{
	ck_assert_str_eq(story_event("outcome", true), "送信結果");
	ck_assert_str_eq(story_event("outcome", false), "outcome");
	ck_assert_str_eq(story_event("newer", true), "newer");
}
END_TEST

Suite *test_story_suite(void)
{
	Suite *s = suite_create("story");
	TCase *c = tcase_create("all");

	tcase_add_loop_test(c, details, 0, ARRAY_LEN(SAID));
	tcase_add_test(c, events);
	suite_add_tcase(s, c);
	return s;
}
