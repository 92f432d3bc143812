/* test_login.c - logins by the file of users. */
#include "tests/unit/auth/login_world.h"
#include <stdio.h>

Suite *test_login_suite(void);

static struct login_world *const w = &login_world;

START_TEST(right_and_wrong)
{
	ck_assert_int_eq(by_password(NULL, "taro", "sesame"), LOGIN_OK);
	ck_assert_str_eq(w->got.text, "taro=taro@example.jp,info@example.jp");
	ck_assert_ptr_eq(w->got.tenant, &w->tenant[0]);
	ck_assert_int_eq(by_password(NULL, "TARO", "sesame"), LOGIN_OK);
	ck_assert_int_eq(by_password(NULL, "taro", "Sesame"), LOGIN_REFUSED);
	ck_assert_int_eq(by_password(NULL, "taro", ""), LOGIN_REFUSED);
	ck_assert_int_eq(by_password(NULL, "nobody", "sesame"), LOGIN_REFUSED);
	ck_assert_int_eq(by_password(NULL, "", "sesame"), LOGIN_REFUSED);
	ck_assert_int_eq(by_password(NULL, "\xff", "sesame"), LOGIN_REFUSED);
	ck_assert_int_eq(metric_get(&w->metrics, METRIC_LOGINS), 2);
	ck_assert_int_eq(metric_get(&w->metrics, METRIC_LOGINS_REFUSED), 5);
}
END_TEST

START_TEST(long_words_are_refused)
{
	char text[LOGIN_PASSWORD_MAX + 2];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = 0;
	ck_assert_int_eq(by_password(NULL, "taro", text), LOGIN_REFUSED);
	text[LOGIN_USER_MAX + 1] = 0;
	ck_assert_int_eq(by_password(NULL, text, "sesame"), LOGIN_REFUSED);
}
END_TEST

START_TEST(the_tenant_is_chosen)
{
	char *second = TEXT("");

	put_users("taro@example.jp:%s:taro@example.jp\n"
		  "taro@a.example.jp:%s:taro@a.example.jp\n",
		  cheap_hash("sesame"), cheap_hash("sesame"));
	ck_assert_int_eq(by_password(NULL, "taro@example.jp", "sesame"),
			 LOGIN_OK);
	ck_assert_int_eq(by_password(NULL, "taro@A.example.jp", "sesame"),
			 LOGIN_OK);
	ck_assert_int_eq(
		by_password(&w->tenant[0], "taro@example.jp", "sesame"),
		LOGIN_OK);
	/* by the wrong entry, by a domain of nobody, of one without logins */
	ck_assert_int_eq(
		by_password(&w->tenant[1], "taro@example.jp", "sesame"),
		LOGIN_REFUSED);
	ck_assert_int_eq(by_password(NULL, "taro@nobody.test", "sesame"),
			 LOGIN_REFUSED);
	ck_assert_int_eq(by_password(NULL, "taro@other.test", "sesame"),
			 LOGIN_REFUSED);
	ck_assert_int_eq(by_password(NULL, "taro@", "sesame"), LOGIN_REFUSED);
	/* a bare name is nobody's when two tenants take logins */
	put_users("taro:%s:taro@example.jp\n", cheap_hash("sesame"));
	ck_assert_int_eq(by_password(NULL, "taro", "sesame"), LOGIN_OK);
	w->tenant[1].submission.auth = SUBMISSION_LOCAL;
	w->tenant[1].submission.users = second;
	ck_assert_int_eq(by_password(NULL, "taro", "sesame"), LOGIN_REFUSED);
	ck_assert_int_eq(by_password(&w->tenant[0], "taro", "sesame"),
			 LOGIN_OK);
}
END_TEST

START_TEST(the_file_is_read_again)
{
	put_users("hanako:%s:hanako@example.jp\n", cheap_hash("open"));
	ck_assert_int_eq(by_password(NULL, "taro", "sesame"), LOGIN_REFUSED);
	ck_assert_int_eq(by_password(NULL, "hanako", "open"), LOGIN_OK);
	put_users("taro:%s:taro@example.jp\nbroken line\n",
		  cheap_hash("sesame"));
	ck_assert_int_eq(by_password(NULL, "taro", "sesame"), LOGIN_REFUSED);
	ck_assert_int_eq(by_password(NULL, "hanako", "open"), LOGIN_OK);
	ck_assert_int_eq(remove(w->users_path), 0);
	ck_assert_int_eq(by_password(NULL, "hanako", "open"), LOGIN_OK);
	logins_set_config(w->logins, &w->config);
	ck_assert_int_eq(by_password(NULL, "hanako", "open"), LOGIN_OK);
	/* never read at all: nobody can say who is right */
	open_logins();
	ck_assert_int_eq(by_password(NULL, "hanako", "open"), LOGIN_LATER);
	put_users("hanako:%s:hanako@example.jp\n", cheap_hash("open"));
	ck_assert_int_eq(by_password(NULL, "hanako", "open"), LOGIN_OK);
}
END_TEST

#define GOOD_HASH                                                              \
	"$argon2id$v=19$m=65536,t=2,p=1$l+vxxb1g6NVaBm+pjQHh+w$"               \
	"OXMjTtM6FYtO7ZGFZjVqtvGkp7wrujtJFVbC1ZiomDg"

static const struct {
	const char *text, *why; /* NULL: taken */
} LINES[] = {
	{"", NULL},
	{"# x\n \n", NULL},
	{"a:" GOOD_HASH ":a@example.jp", NULL},
	{"a:" GOOD_HASH ":a@example.jp\r\nb::b@x.example.jp\r\n", NULL},
	{"a:" GOOD_HASH ": a@example.jp , b@example.jp ", NULL},
	{"a:" GOOD_HASH ":", "write name"},
	{"a:" GOOD_HASH, "write name"},
	{"a", "write name"},
	{":" GOOD_HASH ":a@example.jp", "not a name"},
	{"a\x01:" GOOD_HASH ":a@example.jp", "not a name"},
	{"\xff:" GOOD_HASH ":a@example.jp", "not a name"},
	{"a:secret:a@example.jp", "Argon2id"},
	{"a:$argon2i$v=19$m=65536,t=2,p=1$l+vxxb1g6NVaBm+pjQHh+w$"
	 "OXMjTtM6FYtO7ZGFZjVqtvGkp7wrujtJFVbC1ZiomDg:a@example.jp",
	 "Argon2id"},
	{"a:$argon2id$v=19$m=6553600,t=2,p=1$l+vxxb1g6NVaBm+pjQHh+w$"
	 "OXMjTtM6FYtO7ZGFZjVqtvGkp7wrujtJFVbC1ZiomDg:a@example.jp",
	 "Argon2id"},
	{"a:$argon2id$v=19$m=65536,t=2,p=1$l+vxxb1g6NVaBm+pjQHh+w:"
	 "a@example.jp",
	 "Argon2id"},
	{"a:" GOOD_HASH ":a@other.test", "no domain of the tenant"},
	{"a:" GOOD_HASH ":a@example.jp,", NULL},
	{"a:" GOOD_HASH ":a@example.jp,,b@example.jp", "line 1"},
	{"a:" GOOD_HASH ":a", "line 1"},
	{"b::b@example.jp\na:" GOOD_HASH ":a@example.jp\nB::b@example.jp\n",
	 "line 3: login given twice"},
};

START_TEST(lines)
{
	struct err e = ERR_EMPTY;
	struct users u;
	bool ok = users_read(&u, &w->tenant[0], str_of(LINES[_i].text), &e);

	ck_assert_msg(ok == !LINES[_i].why, "%s: %s", LINES[_i].text, e.text);
	if (!ok)
		ck_assert_msg(strstr(e.text, LINES[_i].why), "%s", e.text);
	else
		users_release(&u);
}
END_TEST

/* "*.example.jp" names them, and "sub.example.jp" more closely. */
START_TEST(no_address_of_another_tenant)
{
	static char *domains[] = {TEXT("sub.example.jp")};

	put_users("taro:%s:boss@sub.example.jp,taro@b.example.jp\n",
		  cheap_hash("sesame"));
	ck_assert_int_eq(by_password(NULL, "taro", "sesame"), LOGIN_OK);
	ck_assert_str_eq(w->got.text,
			 "taro=boss@sub.example.jp,taro@b.example.jp");
	w->tenant[1].domains = (struct strings){domains, 1};
	ck_assert_int_eq(by_password(NULL, "taro", "sesame"), LOGIN_OK);
	ck_assert_str_eq(w->got.text, "taro=taro@b.example.jp");
	put_users("taro:%s:boss@sub.example.jp\n", cheap_hash("sesame"));
	ck_assert_int_eq(by_password(NULL, "taro", "sesame"), LOGIN_REFUSED);
}
END_TEST

START_TEST(cancelled_ones_never_answer)
{
	struct login_query *q[10];

	w->got = (struct got){0};
	for (size_t i = 0; i < ARRAY_LEN(q); i++)
		q[i] = login_password(w->logins, peer("192.0.2.1:1"), NULL,
				      STR("taro"), STR("sesame"), on_login,
				      NULL);
	for (size_t i = 0; i < ARRAY_LEN(q); i++)
		login_cancel(&q[i]);
	ck_assert_int_eq(by_password(NULL, "taro", "sesame"), LOGIN_OK);
	/* and those that are open when all ends */
	login_password(w->logins, peer("192.0.2.1:1"), NULL, STR("taro"),
		       STR("sesame"), on_login, NULL);
	logins_free(&w->logins);
	ck_assert_int_eq(w->got.n, 1);
}
END_TEST

START_TEST(the_queue_is_bounded)
{
	int count[3] = {0};

	put_users("taro:%s:taro@example.jp\n", slow_hash("sesame"));
	ck_assert_int_eq(by_password(NULL, "taro", "sesame"), LOGIN_OK);
	w->answered = 0;
	for (int i = 0; i < 4 * HASH_QUEUE_MAX; i++)
		login_password(w->logins, peer("192.0.2.1:1"), NULL,
			       STR("taro"), STR("sesame"), on_many, count);
	loop_run(w->loop);
	ck_assert_int_eq(count[LOGIN_REFUSED], 0);
	ck_assert_int_ge(count[LOGIN_OK], HASH_QUEUE_MAX);
	ck_assert_int_ge(count[LOGIN_LATER], 1);
}
END_TEST

Suite *test_login_suite(void)
{
	Suite *s = suite_create("login");
	TCase *t = tcase_create("all");

	tcase_add_unchecked_fixture(t, login_make, login_drop);
	tcase_add_checked_fixture(t, login_setup, login_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, right_and_wrong);
	tcase_add_test(t, long_words_are_refused);
	tcase_add_test(t, the_tenant_is_chosen);
	tcase_add_test(t, the_file_is_read_again);
	tcase_add_loop_test(t, lines, 0, ARRAY_LEN(LINES));
	tcase_add_test(t, no_address_of_another_tenant);
	tcase_add_test(t, cancelled_ones_never_answer);
	tcase_add_test(t, the_queue_is_bounded);
	suite_add_tcase(s, t);
	return s;
}
