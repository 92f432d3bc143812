/* test_log.c - lines as they reach stderr. */
#include "connector/base/log.h"
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>
#include "connector/base/json.h"
#include "connector/base/utf8.h"

static char text[256 * 1024];
static int saved, pipe_fd[2];

static void begin(void)
{
	ck_assert_int_eq(pipe(pipe_fd), 0);
	fcntl(pipe_fd[1], F_SETPIPE_SZ, (int)sizeof(text));
	saved = dup(2);
	dup2(pipe_fd[1], 2);
}

/* What was written since begin(). */
static const char *end(void)
{
	size_t n = 0;
	ssize_t got;

	dup2(saved, 2);
	close(saved);
	close(pipe_fd[1]);
	while ((got = read(pipe_fd[0], text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)got;
	close(pipe_fd[0]);
	text[n] = '\0';
	return text;
}

/* The part of the line behind its event name. */
static const char *fields(void)
{
	const char *line = end();
	const char *at = strstr(line, " event=e ");

	ck_assert_msg(at != NULL, "%s", line);
	return at + 9;
}

START_TEST(logfmt)
{
	struct log_ctx session = {.key = "session", .text = "S1"};
	struct log_ctx empty = {.parent = &session, .key = "tenant"};
	struct log_ctx c = {.parent = &empty, .key = "id", .text = "7 8"};

	log_setup(LOG_INFO, false, "engine");
	begin();
	LOG(&c, LOG_DEBUG, "e", LS("not", "seen"));
	LOG(&c, LOG_INFO, "e", LS("from", "a@b.example"), LU("n", 3),
	    LI("d", -4), LS("null", NULL), LS("say", "he said \"x=1\"\\"));
	ck_assert_str_eq(fields(), "session=S1 id=\"7 8\" from=a@b.example n=3 "
				   "d=-4 null=\"\" "
				   "say=\"he said \\\"x=1\\\"\\\\\"\n");
	ck_assert_ptr_nonnull(strstr(text, " level=info process=engine pid="));
	ck_assert_ptr_eq(strstr(text, "ts=2"), text);
}
END_TEST

START_TEST(nothing_forges_a_line)
{
	log_setup(LOG_INFO, false, "engine");
	begin();
	LOG(NULL, LOG_INFO, "e",
	    LS("a", "x\nts=2026 level=error event=forged\r\x1b[31m"),
	    LSTR("b", STR("\0\xff\xc2\x85\xe2\x80\xa8\xe2\x80\xae")),
	    LS("c", "\xe9\x96\xa2\xe6\x89\x80\xef\xbf\xbd"));
	ck_assert_str_eq(
		fields(),
		"a=\"x\\nts=2026 level=error event=forged\\u000d\\u001b[31m\" "
		"b=\"\\u0000\\xff\\u0085\\u2028\\u202e\" "
		"c=\"\xe9\x96\xa2\xe6\x89\x80\xef\xbf\xbd\"\n");
}
END_TEST

START_TEST(json_lines)
{
	struct log_ctx c = {.key = "id", .text = "7"};
	struct err e = ERR_EMPTY;
	struct json *j;

	log_setup(LOG_INFO, true, "engine");
	begin();
	LOG(&c, LOG_WARN, "e", LS("a", "x\n\"\\\x01\xff"), LU("n", UINT64_MAX),
	    LI("d", INT64_MIN));
	end();
	j = json_parse(str_of(text), &e);
	ck_assert_msg(j != NULL, "%s: %s", e.text, text);
	ck_assert_str_eq(json_get_cstr(j, "level", ""), "warn");
	ck_assert_str_eq(json_get_cstr(j, "event", ""), "e");
	ck_assert_str_eq(json_get_cstr(j, "id", ""), "7");
	ck_assert_str_eq(json_get_cstr(j, "a", ""), "x\n\"\\\x01\xef\xbf\xbd");
	ck_assert_int_eq(json_get_int(j, "d", 0), INT64_MIN);
	json_free(&j);
}
END_TEST

START_TEST(long_lines_stay_whole)
{
	static char value[5000];
	struct log_field f[40];
	struct err e = ERR_EMPTY;
	struct json *j;

	memset(value, _i ? '\x01' : 'v', sizeof(value) - 1);
	for (size_t i = 0; i < 40; i++)
		f[i] = LS("field", value);
	/* in JSON the names must differ to be read back */
	f[0].key = "first";
	log_setup(LOG_INFO, true, "engine");
	begin();
	log_event(NULL, LOG_INFO, "e", f, _i ? 40 : 2);
	end();
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
	ck_assert_uint_le(strlen(text), 8 * KIB);
	ck_assert(utf8_valid(str_of(text)));
	if (_i) {
		ck_assert_ptr_nonnull(strstr(text, ",\"cut\":1}\n"));
		return;
	}
	j = json_parse(str_of(text), &e);
	ck_assert_msg(j != NULL, "%s: %s", e.text, text);
	ck_assert_uint_eq(strlen(json_get_cstr(j, "first", "")), 1024 + 3);
	json_free(&j);
}
END_TEST

static void *shout(void *arg)
{
	for (int i = 0; i < 200; i++)
		LOG(NULL, LOG_ERROR, "e", LS("who", arg), LS("what", "a b c"));
	return NULL;
}

START_TEST(threads_do_not_mix)
{
	pthread_t t[4];
	struct str rest, line;
	size_t n = 0;

	log_setup(LOG_INFO, false, "engine");
	begin();
	for (size_t i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, shout,
			       (void *)(uintptr_t) "thread");
	for (size_t i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	rest = str_of(end());
	while (str_split(&rest, '\n', &line)) {
		ck_assert(str_starts(line, STR("ts=")));
		ck_assert(str_ends(line, STR(" event=e who=thread "
					     "what=\"a b c\"")));
		n++;
	}
	ck_assert_uint_eq(n, 800);
}
END_TEST

Suite *test_log_suite(void);
Suite *test_log_suite(void)
{
	Suite *s = suite_create("base/log");
	TCase *t = tcase_create("log");

	tcase_add_test(t, logfmt);
	tcase_add_test(t, nothing_forges_a_line);
	tcase_add_test(t, json_lines);
	tcase_add_loop_test(t, long_lines_stay_whole, 0, 2);
	tcase_add_test(t, threads_do_not_mix);
	suite_add_tcase(s, t);
	return s;
}
