/* The web module in raw requests: headers, languages, forms that are not ours,
 * check numbers, races, machines; the store is the witness. */
#include <arpa/inet.h>
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include "connector/base/mem.h"
#include "tests/unit/connector/web/web_talk.h"

Suite *test_web_suite(void);

static enum rcpt_state first_state(enum world_case c)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct store_found found = world_show(&w, c, &a);

	return found.rcpt[0].state;
}

START_TEST(every_state_has_its_page)
{
	AUTO_STR ja = ask_held((enum world_case)_i, "Accept-Language: ja\r\n");
	AUTO_STR en = ask_held((enum world_case)_i, "Accept-Language: en\r\n");
	AUTO_STR json = ask_held((enum world_case)_i,
				 "Accept: application/json\r\n");
	AUTO_STR body = mem_strdup(strstr(json, "\r\n\r\n") + 4);
	struct err e = ERR_EMPTY;
	AUTO_PTR(json) doc = json_parse(str_of(body), &e);
	const char *name = world_case_name((enum world_case)_i);

	ck_assert_int_eq(status(ja), 200);
	ck_assert_ptr_nonnull(strstr(ja, "<html lang=\"ja\">"));
	ck_assert_ptr_nonnull(strstr(en, "<html lang=\"en\">"));
	ck_assert_msg(doc != NULL, "%s", e.text);
	if (_i < CASE_HOSTILE)
		ck_assert_str_eq(json_get_cstr(doc, "state", ""),
				 _i == CASE_STAGE ? "held" : name);
	ck_assert_int_eq((int)json_get_int(doc, "recipient_count", 0), 5);
}
END_TEST

static const struct json *row_of(const struct json *doc, const char *address)
{
	for (const struct json *r = json_at(json_get(doc, "recipients"), 0); r;
	     r = json_next(r))
		if (strcmp(json_get_cstr(r, "address", ""), address) == 0)
			return r;
	ck_abort_msg("no row of %s", address);
}

static const char *way_of(const struct json *row, size_t at, const char *key)
{
	return json_get_cstr(json_at(json_get(row, "ways"), at), key, "-");
}

START_TEST(matrix_says_what_each_gets)
{
	AUTO_STR got = ask_held(CASE_WAYS, "Accept: application/json\r\n");
	AUTO_STR html = ask_held(CASE_WAYS, "Accept-Language: en\r\n");
	struct err e = ERR_EMPTY;
	AUTO_PTR(json)
	doc = json_parse(str_of(strstr(got, "\r\n\r\n") + 4), &e);
	const struct json *r = row_of(doc, "new@customer.example.com");
	const struct json *p = json_get(r, "password");

	/* two ways, told apart by names */
	ck_assert_str_eq(way_of(r, 0, "way"), "zip");
	ck_assert_str_eq(way_of(r, 0, "names"), "見積書_秋季展示会.pdf");
	ck_assert_str_eq(way_of(r, 0, "cipher"), "AES-256");
	ck_assert_str_eq(way_of(r, 1, "way"), "attach");
	ck_assert_str_eq(json_get_cstr(p, "word", ""), "pw_random");
	ck_assert_str_eq(json_get_cstr(p, "to_word", ""), "pw_to_both");
	ck_assert(json_get_bool(r, "pending", false));
	ck_assert(json_get_bool(r, "signs", false));
	ck_assert_int_eq(json_get_int(r, "hidden", 0), 2);
	/* not settled before the attempt */
	r = row_of(doc, "known@customer.example.com");
	ck_assert_str_eq(way_of(r, 0, "way"), "link");
	ck_assert_str_eq(way_of(r, 0, "protected"), "attach");
	ck_assert_str_eq(way_of(r, 0, "names"), "-");
	ck_assert_str_eq(json_get_cstr(r, "tls_word", ""), "tls_unknown");
	ck_assert(json_get_bool(r, "bcc", false));
	ck_assert_int_eq(json_get_int(r, "hidden", 0), 1);
	/* texts, a hint, a code */
	r = row_of(doc, "ito@partner-a.example.org");
	p = json_get(r, "password");
	ck_assert_str_eq(json_get_cstr(p, "word", ""), "pw_hint");
	ck_assert(json_get_bool(p, "by_code", false));
	ck_assert_uint_eq(json_size(json_get(r, "texts")), 2);
	/* let go as it came: nothing of the plan was done */
	r = row_of(doc, "keiri@group.example.net");
	ck_assert(json_get_bool(r, "as_is", false));
	ck_assert_str_eq(way_of(r, 0, "way"), "attach");
	ck_assert_ptr_null(json_get(r, "password"));
	ck_assert(!json_get_bool(r, "bcc", true));
	ck_assert(json_get_bool(doc, "has_passwords", false));
	ck_assert_ptr_nonnull(strstr(html, "Transport protection"));
	ck_assert_ptr_nonnull(strstr(html, "(7 days, 20 times)"));
	ck_assert_ptr_nonnull(strstr(html, "Confidential"));
}
END_TEST

/* What is decided reaches them: nobody decides unseen. */
START_TEST(who_came_split_is_shown)
{
	AUTO_STR got = NULL;
	struct err e = ERR_EMPTY;
	AUTO_PTR(json) doc = NULL;

	world_add_copy(&w, CASE_HELD, "taro.yamada@example.co.jp",
		       "late@other.example");
	world_add_copy(&w, CASE_HELD, "redirects@example.co.jp",
		       "away@other.example");
	got = ask_held(CASE_HELD, "Accept: application/json\r\n");
	ck_assert_ptr_nonnull(strstr(got, "late@other.example"));
	ck_assert_ptr_null(strstr(got, "away@other.example"));
	doc = json_parse(str_of(strstr(got, "\r\n\r\n") + 4), &e);
	ck_assert_int_eq((int)json_get_int(doc, "recipient_count", 0), 6);
	ck_assert_str_eq(
		json_get_cstr(row_of(doc, "late@other.example"), "state", ""),
		"held");
}
END_TEST

START_TEST(every_answer_is_guarded)
{
	static const char *const paths[] = {"/help", "/nothing", "/help/admin",
					    "/assets/sekisho.css"};
	AUTO_STR got = ask("GET", paths[_i], "");

	ck_assert_ptr_nonnull(strstr(
		got, "Content-Security-Policy: default-src 'none'; style-src "
		     "'self'; script-src 'self'; img-src 'self' data:; "
		     "connect-src 'self'; form-action 'self'; base-uri 'none'; "
		     "frame-ancestors 'none'\r\n"));
	ck_assert_ptr_nonnull(strstr(got, "Referrer-Policy: no-referrer\r\n"));
	ck_assert_ptr_nonnull(
		strstr(got, "X-Content-Type-Options: nosniff\r\n"));
	ck_assert_ptr_nonnull(strstr(got, "X-Robots-Tag: noindex"));
	if (_i < 3)
		ck_assert_ptr_nonnull(
			strstr(got, "Cache-Control: no-store\r\n"));
}
END_TEST

START_TEST(language_is_chosen_and_remembered)
{
	AUTO_STR link = ask("GET", "/help?lang=en", "Accept-Language: ja\r\n");
	AUTO_STR cookie = ask("GET", "/help",
			      "Cookie: lang=en\r\nAccept-Language: ja\r\n");
	AUTO_STR none = ask("GET", "/help", "");
	AUTO_STR odd = ask("GET", "/help?lang=fr", "");

	ck_assert_ptr_nonnull(strstr(link, "<html lang=\"en\">"));
	ck_assert_ptr_nonnull(strstr(link, "Set-Cookie: lang=en; Path=/"));
	ck_assert_ptr_nonnull(strstr(cookie, "<html lang=\"en\">"));
	ck_assert_ptr_nonnull(strstr(none, "<html lang=\"ja\">"));
	ck_assert_ptr_null(strstr(odd, "Set-Cookie: lang"));
}
END_TEST

START_TEST(strangers_learn_nothing)
{
	AUTO_STR unknown = ask("GET", "/m/AAAAAAAAAAAAAAAAAAAAAA", "");
	AUTO_STR shorter = ask("GET", "/m/A", "");
	AUTO_STR path = mem_printf("/m/%s/nothing", w.token[CASE_HELD]);
	AUTO_STR below = ask("GET", path, "");

	ck_assert_int_eq(status(unknown), 404);
	ck_assert_int_eq(status(shorter), 404);
	ck_assert_int_eq(status(below), 404);
	ck_assert_ptr_null(strstr(unknown, "AAAAAAAAAAAAAAAAAAAAAA</"));
	ck_assert_ptr_null(strstr(below, "秋季"));
}
END_TEST

static const struct {
	const char *act;
	enum rcpt_state want;
} acts[] = {{"send", RCPT_DELIVERED},
	    {"return", RCPT_RETURNED},
	    {"discard", RCPT_DISCARDED}};

START_TEST(right_digits_decide_once)
{
	AUTO(form) f = get_form(CASE_HELD);
	struct post p = {.act = acts[_i].act, .check = WORLD_DIGITS};
	AUTO_STR got = post(CASE_HELD, &f, p);
	AUTO_STR again = post(CASE_HELD, &f, p);
	AUTO_STR where = after(got, "Location: ", "\r");
	AUTO_STR want = mem_printf("/m/%s", w.token[CASE_HELD]);

	ck_assert_int_eq(status(got), 303);
	ck_assert_str_eq(where, want);
	ck_assert_int_eq(status(again), 303);
	ck_assert_uint_eq(w.acts, 1);
	ck_assert_int_eq(first_state(CASE_HELD), acts[_i].want);
}
END_TEST

static const char *const readings[] = {"4821", "%204821%20", "48+21",
				       "%EF%BC%94%EF%BC%98%EF%BC%92%EF%BC%91"};

START_TEST(digits_are_read_kindly)
{
	AUTO(form) f = get_form(CASE_HELD);
	AUTO_STR got = post(
		CASE_HELD, &f,
		(struct post){.act = "send", .check = readings[_i]});

	ck_assert_int_eq(status(got), 303);
}
END_TEST

static const char *const misreadings[] = {
	"", "482", "48211", "abcd", "4821a", "-482", "%00%00%00%00"};

START_TEST(no_digits_no_try)
{
	AUTO(form) f = get_form(CASE_HELD);
	AUTO_STR got = post(
		CASE_HELD, &f,
		(struct post){.act = "send", .check = misreadings[_i]});

	ck_assert_int_eq(status(got), 422);
	ck_assert_ptr_nonnull(strstr(got, "aria-invalid=\"true\""));
	ck_assert_uint_eq(w.acts, 0);
	for (int i = 0; i < 6; i++) {
		AUTO_STR more = post(
			CASE_HELD, &f,
			(struct post){.act = "send", .check = "x"});

		ck_assert_int_eq(status(more), 422);
	}
}
END_TEST

START_TEST(five_tries_and_no_more)
{
	AUTO(form) f = get_form(CASE_HELD);
	AUTO_STR right = NULL;

	for (int i = 0; i < 5; i++) {
		AUTO_STR got = post(
			CASE_HELD, &f,
			(struct post){.act = "send", .check = "0000"});

		ck_assert_int_eq(status(got), 403);
	}
	right = post(CASE_HELD, &f,
		     (struct post){.act = "send", .check = WORLD_DIGITS});
	ck_assert_int_eq(status(right), 403);
	ck_assert_uint_eq(w.acts, 0);
	ck_assert_int_eq(first_state(CASE_HELD), RCPT_HELD);
}
END_TEST

START_TEST(fifth_try_may_be_right)
{
	AUTO(form) f = get_form(CASE_HELD);
	AUTO_STR right = NULL;

	for (int i = 0; i < 4; i++) {
		AUTO_STR got = post(
			CASE_HELD, &f,
			(struct post){.act = "send", .check = "0000"});

		ck_assert_int_eq(status(got), 403);
	}
	right = post(CASE_HELD, &f,
		     (struct post){.act = "send", .check = WORLD_DIGITS});
	ck_assert_int_eq(status(right), 303);
}
END_TEST

struct guesser {
	const struct form *f;
	unsigned from, right;
};

static void *guess(void *arg)
{
	struct guesser *g = arg;

	for (unsigned i = 0; i < 10; i++) {
		AUTO_STR digits = mem_printf("%04u", g->from + i);
		AUTO_STR got = post(
			CASE_HELD, g->f,
			(struct post){.act = "discard", .check = digits});

		g->right += status(got) == 303;
	}
	return NULL;
}

/* The right number is among the guesses; all at once they get five. */
START_TEST(guessing_at_once_gains_nothing)
{
	AUTO(form) f = get_form(CASE_HELD);
	pthread_t t[8];
	struct guesser g[8];
	struct store_token row;
	unsigned char hash[SHA256_LEN];
	AUTO(arena) a = ARENA_EMPTY;
	struct err e = ERR_EMPTY;

	for (unsigned i = 0; i < 8; i++) {
		g[i] = (struct guesser){&f, 100 + 10 * i, 0};
		pthread_create(&t[i], NULL, guess, &g[i]);
	}
	for (unsigned i = 0; i < 8; i++)
		pthread_join(t[i], NULL);
	ck_assert_uint_eq(w.acts, 0);
	sha256_of(w.token[CASE_HELD], TOKEN_TEXT_LEN, hash);
	ck_assert(store_token_find(w.reader, hash, &a, &row, &e));
	ck_assert_uint_ge(row.tries, 5);
	ck_assert_int_eq(first_state(CASE_HELD), RCPT_HELD);
}
END_TEST

static const struct {
	const char *why;
	struct post p;
} foreign[] = {
	{"token", {.csrf = "AAAAAAAAAAAAAAAAAAAAAAAA"}},
	{"no token", {.csrf = ""}},
	{"another cookie", {.cookie = "AAAAAAAAAAAAAAAAAAAAAA"}},
	{"no cookie", {.cookie = ""}},
	{"doubled cookie", {.cookie = "AAAAAAAAAAAAAAAAAAAAAA; sekisho=B"}},
	{"another origin", {.origin = "Origin: https://evil.example\r\n"}},
	{"a longer origin", {.origin = "Origin: http://127.0.0.1:1.evil\r\n"}},
	{"no origin", {.origin = ""}},
	{"null origin alone", {.origin = "Origin: null\r\n"}},
	{"another site", {.site = "Sec-Fetch-Site: cross-site\r\n"}},
	{"a sister site", {.site = "Sec-Fetch-Site: same-site\r\n"}},
	{"JSON", {.type = "application/json"}},
	{"plain text", {.type = "text/plain"}},
};

START_TEST(foreign_forms_do_nothing)
{
	AUTO(form) f = get_form(CASE_HELD);
	struct post p = foreign[_i].p;
	AUTO_STR got = NULL;

	p.act = "send";
	p.check = WORLD_DIGITS;
	got = post(CASE_HELD, &f, p);
	ck_assert_msg(status(got) == 403, "%s: %s", foreign[_i].why, got);
	ck_assert_uint_eq(w.acts, 0);
}
END_TEST

START_TEST(browsers_without_referrer_are_ours)
{
	AUTO(form) f = get_form(CASE_HELD);
	AUTO_STR got = post(
		CASE_HELD, &f,
		(struct post){.act = "send",
			      .check = WORLD_DIGITS,
			      .origin = "Origin: null\r\n",
			      .site = "Sec-Fetch-Site: same-origin\r\n"});

	ck_assert_int_eq(status(got), 303);
}
END_TEST

START_TEST(unknown_acts_do_nothing)
{
	AUTO(form) f = get_form(CASE_HELD);
	AUTO_STR got = post(
		CASE_HELD, &f,
		(struct post){.act = "release", .check = WORLD_DIGITS});

	ck_assert_int_eq(status(got), 400);
	ck_assert_uint_eq(w.acts, 0);
}
END_TEST

/* To, Cc or Bcc: nobody knows before somebody has read the mail. */
START_TEST(unread_mail_names_no_fields)
{
	AUTO_STR got = ask_held(CASE_CHECKING, "");

	ck_assert_ptr_nonnull(strstr(got, "<span class=\"field\"></span>"));
	ck_assert_ptr_null(strstr(got, ">Bcc</span>"));
	ck_assert_ptr_null(strstr(got, "このメールはこうなりました"));
}
END_TEST

START_TEST(our_fault_is_ours)
{
	AUTO(form) f = get_form(CASE_HELD);
	AUTO_STR got = NULL;

	w.fail_next = true;
	got = post(CASE_HELD, &f,
		   (struct post){.act = "send", .check = WORLD_DIGITS});
	ck_assert_int_eq(status(got), 500);
	ck_assert_ptr_null(strstr(got, "disk full"));
	ck_assert_int_eq(first_state(CASE_HELD), RCPT_HELD);
}
END_TEST

START_TEST(opening_changes_nothing)
{
	static const char *const methods[] = {"GET", "HEAD", "OPTIONS", "PUT",
					      "DELETE"};

	for (int i = 0; i < 200; i++) {
		AUTO_STR path = mem_printf("/m/%s%s", w.token[CASE_HELD],
					   i & 1 ? "?act=send&check=4821"
						 : "/discard");
		AUTO_STR got = ask(methods[i % 5], path, "");

		ck_assert_int_eq(status(got), i % 5 < 2 ? 200 : 405);
	}
	ck_assert_uint_eq(w.acts, 0);
	ck_assert_int_eq(first_state(CASE_HELD), RCPT_HELD);
}
END_TEST

START_TEST(hostile_text_is_inert)
{
	AUTO_STR page = ask_held(CASE_HOSTILE, "");
	const char *at = page;

	while ((at = strstr(at, "<script")) != NULL) {
		ck_assert(strncmp(at, "<script src=", 12) == 0);
		at++;
	}
	ck_assert_ptr_nonnull(strstr(page, "{{csrf}}"));
	ck_assert_ptr_null(strstr(page, "\xe2\x80\xae"));
	ck_assert_ptr_null(strstr(page, " style="));
	ck_assert_ptr_null(strstr(page, " onclick="));
}
END_TEST

START_TEST(seed_links_are_understood)
{
	AUTO_STR path = mem_printf("/gate/m/?%s", w.token[CASE_HELD]);
	AUTO_STR got = ask("GET", path, "");
	AUTO_STR where = after(got, "Location: ", "\r");
	AUTO_STR evil = ask("GET", "/m/?//evil.example/", "");

	ck_assert_int_eq(status(got), 303);
	ck_assert_ptr_nonnull(strstr(where, w.token[CASE_HELD]));
	ck_assert_int_eq(status(evil), 404);
}
END_TEST

START_TEST(assets_have_tags)
{
	AUTO_STR got = ask("GET", "/assets/sekisho.css", "");
	AUTO_STR tag = after(got, "ETag: ", "\r");
	AUTO_STR field = mem_printf("If-None-Match: %s\r\n", tag);
	AUTO_STR again = ask("GET", "/assets/sekisho.css", field);
	AUTO_STR script = ask("GET", "/assets/sekisho.js", "");
	AUTO_STR icon = ask("GET", "/assets/icon.svg", "");
	AUTO_STR none = ask("GET", "/assets/held.html", "");

	ck_assert_ptr_nonnull(strstr(icon, "Content-Type: image/svg+xml"));
	ck_assert_ptr_nonnull(strstr(got, "Content-Type: text/css"));
	ck_assert_int_eq(status(again), 304);
	ck_assert_ptr_nonnull(strstr(script, "text/javascript"));
	ck_assert_int_eq(status(none), 404);
}
END_TEST

START_TEST(machines_are_answered)
{
	AUTO_STR health = ask("GET", "/healthz", "");
	AUTO_STR ready = ask("GET", "/readyz", "");
	AUTO_STR metrics = ask("GET", "/metrics", "");
	AUTO_STR bad = ask("GET", "/../etc/passwd", "");

	ck_assert_int_eq(status(health), 200);
	ck_assert_int_eq(status(ready), 200);
	ck_assert_ptr_nonnull(strstr(metrics, "sekisho_http_requests_total"));
	ck_assert_int_eq(status(bad), 400);
}
END_TEST

/* Only proxies that are believed may name another client. */
START_TEST(metrics_are_for_the_near)
{
	static struct cidr proxy;
	struct err e = ERR_EMPTY;
	AUTO_STR unbelieved = ask("GET", "/metrics",
				  "X-Forwarded-For: 203.0.113.9\r\n");
	AUTO_STR outside = NULL;
	AUTO_STR near = NULL;
	AUTO_STR odd = NULL;
	AUTO_STR chain = NULL;

	ck_assert_int_eq(status(unbelieved), 200);
	ck_assert(cidr_parse(STR("127.0.0.0/8"), &proxy, &e));
	pause_world();
	w.config.proxies.v = &proxy;
	w.config.proxies.n = 1;
	resume_world();
	outside = ask("GET", "/metrics", "X-Forwarded-For: 203.0.113.9\r\n");
	near = ask("GET", "/metrics", "X-Forwarded-For: 127.0.0.1\r\n");
	odd = ask("GET", "/metrics", "X-Forwarded-For: what, ever\r\n");
	chain = ask("GET", "/metrics",
		    "X-Forwarded-For: 127.0.0.1, 203.0.113.9, 127.0.0.2\r\n");
	ck_assert_int_eq(status(outside), 404);
	ck_assert_int_eq(status(near), 200);
	ck_assert_int_eq(status(odd), 404);
	ck_assert_int_eq(status(chain), 404);
}
END_TEST

START_TEST(decided_pages_cannot_decide)
{
	AUTO_STR page = ask_held(CASE_SENT, "");
	AUTO_STR path = mem_printf("/m/%s/discard", w.token[CASE_SENT]);
	AUTO_STR discard = ask("GET", path, "");

	ck_assert_ptr_null(strstr(page, "<form"));
	ck_assert_int_eq(status(discard), 303);
}
END_TEST

static void add_forms(TCase *c)
{
	tcase_add_test(c, who_came_split_is_shown);
	tcase_add_loop_test(c, right_digits_decide_once, 0, ARRAY_LEN(acts));
	tcase_add_loop_test(c, digits_are_read_kindly, 0, ARRAY_LEN(readings));
	tcase_add_loop_test(c, no_digits_no_try, 0, ARRAY_LEN(misreadings));
	tcase_add_test(c, five_tries_and_no_more);
	tcase_add_test(c, fifth_try_may_be_right);
	tcase_add_test(c, guessing_at_once_gains_nothing);
	tcase_add_loop_test(c, foreign_forms_do_nothing, 0, ARRAY_LEN(foreign));
	tcase_add_test(c, browsers_without_referrer_are_ours);
	tcase_add_test(c, unknown_acts_do_nothing);
	tcase_add_test(c, our_fault_is_ours);
	tcase_add_test(c, unread_mail_names_no_fields);
}

Suite *test_web_suite(void)
{
	Suite *s = suite_create("web");
	TCase *c = tcase_create("all");

	tcase_set_timeout(c, 30);
	tcase_add_checked_fixture(c, open_world, close_world);
	tcase_add_loop_test(c, every_state_has_its_page, 0, CASE_COUNT);
	tcase_add_test(c, matrix_says_what_each_gets);
	tcase_add_loop_test(c, every_answer_is_guarded, 0, 4);
	tcase_add_test(c, language_is_chosen_and_remembered);
	tcase_add_test(c, strangers_learn_nothing);
	add_forms(c);
	tcase_add_test(c, opening_changes_nothing);
	tcase_add_test(c, hostile_text_is_inert);
	tcase_add_test(c, seed_links_are_understood);
	tcase_add_test(c, assets_have_tags);
	tcase_add_test(c, machines_are_answered);
	tcase_add_test(c, metrics_are_for_the_near);
	tcase_add_test(c, decided_pages_cannot_decide);
	suite_add_tcase(s, c);
	return s;
}
