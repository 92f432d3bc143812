/* test_params.c - paths and parameters: what is taken, and what is refused
 * with which reply.
 */
#include <check.h>
#include "connector/base/limits.h"
#include "connector/smtpd/params_int.h"

enum { UTF8 = 1, SENDER = 2 };

/* code 0: taken, with `key` as the compared form. */
static const struct {
	const char *path;
	int flags, code;
	const char *want;
} paths[] = {
	{"<a@b.test>", 0, 0, "a@b.test"},
	{"<A.B+c@B.TEST>", 0, 0, "a.b+c@b.test"},
	{"<\"a b\"@b.test>", 0, 0, "\"a b\"@b.test"},
	{"<\"a>b\"@b.test>", 0, 0, "\"a>b\"@b.test"},
	{"<\"a\\\"b\"@b.test>", 0, 0, "\"a\\\"b\"@b.test"},
	{"<\"plain\"@b.test>", 0, 0, "plain@b.test"},
	{"<a@xn--wgv71a119e.jp>", 0, 0, "a@xn--wgv71a119e.jp"},
	{"<a@\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e.jp>", UTF8, 0,
	 "a@xn--wgv71a119e.jp"},
	{"<\xe5\xb1\xb1@b.test>", UTF8, 0, "\xe5\xb1\xb1@b.test"},
	{"<a%c@b.test>", SENDER, 0, "a%c@b.test"},
	{"<SRS0=x=y!z@b.test>", SENDER, 0, "srs0=x=y!z@b.test"},
	{"", 0, 501, "5.1.3"},
	{"a@b.test", 0, 501, "5.1.3"},
	{"a@b.test", SENDER, 501, "5.1.7"},
	{"<a@b.test", 0, 501, "5.1.3"},
	{"<\"a@b.test>", 0, 501, "5.1.3"},
	{"<\"a\\\"@b.test>", 0, 501, "5.1.3"},
	{"<\"a\\", 0, 501, "5.1.3"},
	{"<>", 0, 501, "5.1.3"},
	{"<a>", 0, 553, "5.1.3"},
	{"<@>", 0, 553, "5.1.3"},
	{"<a@>", 0, 553, "5.1.3"},
	{"<@b.test>", 0, 553, "5.1.3"},
	{"<a@b@c.test>", 0, 553, "5.1.3"},
	{"<a b@c.test>", 0, 553, "5.1.3"},
	{"< a@c.test>", 0, 553, "5.1.3"},
	{"<a@c.test >", 0, 553, "5.1.3"},
	{"<a@-c.test>", 0, 553, "5.1.3"},
	{"<a@c..test>", 0, 553, "5.1.3"},
	{"<a@.test>", 0, 553, "5.1.3"},
	{"<<a@c.test>>", 0, 553, "5.1.3"},
	{"<@r.test:a@c.test>", 0, 553, "5.1.3"},
	{"<@r.test,@s.test:a@c.test>", SENDER, 553, "5.1.7"},
	{"<a%c@b.test>", 0, 553, "5.1.3"},
	{"<\"a%c\"@b.test>", 0, 553, "5.1.3"},
	{"<c!a@b.test>", 0, 553, "5.1.3"},
	{"<\"a@c\"@b.test>", 0, 553, "5.1.3"},
	{"<\"a@c\"@b.test>", SENDER, 553, "5.1.7"},
	{"<a@[192.0.2.1]>", 0, 553, "5.1.3"},
	{"<a@[IPv6:::1]>", SENDER, 553, "5.1.7"},
	{"<\xe5\xb1\xb1@b.test>", 0, 553, "5.6.7"},
	{"<a@\xe6\x97\xa5.jp>", SENDER, 553, "5.6.7"},
	{"<\xff@b.test>", UTF8, 553, "5.1.3"},
	{"<\xc0\xaf@b.test>", UTF8, 553, "5.1.3"},
	{"<postmaster>", 0, 550, "5.1.1"},
	{"<POSTMASTER>", 0, 550, "5.1.1"},
	{"<a;b@c.test>", 0, 553, "5.1.3"},
	{"<a@c.test;rm -rf>", 0, 553, "5.1.3"},
	{"<;for i in 0 1 2@c.test>", 0, 553, "5.1.3"},
	{"<a@c_d.test>", 0, 553, "5.1.3"},
};

static bool read_path(struct rd *r, int flags, struct arena *a,
		      struct addr *addr, struct trouble *t)
{
	enum path_kind kind = flags & SENDER ? PATH_SENDER : PATH_RECIPIENT;
	struct str path;

	TRY(path_read(r, kind, &path, t));
	return path_address(path, flags & UTF8, kind, a, addr, t);
}

START_TEST(paths_are_strict)
{
	struct rd r = rd_of(str_of(paths[_i].path));
	struct arena a = ARENA_EMPTY;
	struct addr addr;
	struct trouble t = {0};
	bool ok = read_path(&r, paths[_i].flags, &a, &addr, &t);

	ck_assert_msg(ok == (paths[_i].code == 0), "%s: %d %s", paths[_i].path,
		      t.code, t.text);
	if (ok) {
		ck_assert_msg(str_is(addr.key, paths[_i].want), STR_FMT,
			      STR_ARG(addr.key));
		ck_assert(rd_end(&r));
	} else {
		ck_assert_msg(t.code == paths[_i].code, "%s: %d %s %s",
			      paths[_i].path, t.code, t.status, t.text);
		ck_assert_str_eq(t.status, paths[_i].want);
		ck_assert(!str_has_control(str_of(t.text)));
	}
	arena_release(&a);
}
END_TEST

/* T5: what was taken prints and parses to the same. */
START_TEST(taken_paths_parse_again)
{
	struct rd r = rd_of(str_of(paths[_i].path));
	struct arena a = ARENA_EMPTY;
	struct addr one, two;
	struct trouble t;
	AUTO(buf) b = BUF_MAX(1024);

	if (read_path(&r, paths[_i].flags, &a, &one, &t)) {
		buf_putc(&b, '<');
		buf_put_str(&b, one.key);
		buf_putc(&b, '>');
		r = rd_of(buf_str(&b));
		ck_assert(read_path(&r, paths[_i].flags | UTF8, &a, &two, &t));
		ck_assert(addr_same(&one, &two));
	}
	arena_release(&a);
}
END_TEST

START_TEST(limits_of_an_address)
{
	for (size_t n = SMTP_LOCAL_MAX - 1; n < SMTP_LOCAL_MAX + 2; n++) {
		AUTO(buf) b = BUF_MAX(1024);
		struct arena a = ARENA_EMPTY;
		struct addr addr;
		struct trouble t;
		struct rd r;

		buf_putc(&b, '<');
		for (size_t i = 0; i < n; i++)
			buf_putc(&b, 'x');
		buf_puts(&b, "@b.test>");
		r = rd_of(buf_str(&b));
		ck_assert_int_eq(read_path(&r, 0, &a, &addr, &t),
				 n <= SMTP_LOCAL_MAX);
		arena_release(&a);
	}
}
END_TEST

enum { HELO = 4 };

static const struct {
	const char *text;
	int flags, code;
} mails[] = {
	{"", 0, 0},
	{" ", 0, 0},
	{" SIZE=0", 0, 0},
	{" SIZE=12345 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=a+2Bb", 0, 0},
	{" size=1 body=7bit smtputf8 ret=hdrs envid=x", 0, 0},
	{" SIZE=18446744073709551616", 0, 0}, /* refused by its size */
	{"SIZE=1", 0, 501},
	{"\tSIZE=1", 0, 501},
	{" SIZE", 0, 501},
	{" SIZE=", 0, 501},
	{" SIZE=-1", 0, 501},
	{" SIZE=1k", 0, 501},
	{" SIZE=123456789012345678901", 0, 501},
	{" SIZE=1 SIZE=1", 0, 501},
	{" SIZE=1 size=2", 0, 501},
	{" BODY=BINARYMIME", 0, 555},
	{" BODY=9BIT", 0, 501},
	{" BODY", 0, 501},
	{" SMTPUTF8=1", 0, 501},
	{" SMTPUTF8=", 0, 501},
	{" RET=BOTH", 0, 501},
	{" RET=", 0, 501},
	{" ENVID=", 0, 501},
	{" ENVID=a+2", 0, 501},
	{" ENVID=a+0D+0A", 0, 501},
	{" ENVID=a=b", 0, 501},
	{" AUTH=<>", 0, 0},
	{" AUTH=e+3Dmc2@example.com", 0, 0},
	{" AUTH=", 0, 501},
	{" AUTH=a+0D", 0, 501},
	{" AUTH=<> AUTH=<>", 0, 501},
	{" NOTIFY=NEVER", 0, 555},
	{" =x", 0, 555},
	{" XOORG=x", 0, 555},
	{" SIZE=1", HELO, 555},
	{" ", HELO, 0},
};

START_TEST(mail_parameters)
{
	struct rd r = rd_of(str_of(mails[_i].text));
	struct arena a = ARENA_EMPTY;
	struct mail_params p;
	struct trouble t = {0};
	bool ok = mail_params_read(&r, !(mails[_i].flags & HELO), &a, &p, &t);

	ck_assert_msg(ok == (mails[_i].code == 0), "\"%s\": %d %s",
		      mails[_i].text, t.code, t.text);
	if (!ok)
		ck_assert_int_eq(t.code, mails[_i].code);
	arena_release(&a);
}
END_TEST

START_TEST(mail_parameters_are_read)
{
	struct rd r = rd_of(STR(" SIZE=77 BODY=8BITMIME SMTPUTF8 RET=HDRS "
				"ENVID=a+2Bb"));
	struct arena a = ARENA_EMPTY;
	struct mail_params p;
	struct trouble t;

	ck_assert(mail_params_read(&r, true, &a, &p, &t));
	ck_assert_uint_eq(p.size, 77);
	ck_assert_int_eq(p.body, MAIL_BODY_8BIT);
	ck_assert(p.smtputf8);
	ck_assert_int_eq(p.ret, DSN_RET_HDRS);
	ck_assert(str_is(p.envid, "a+2Bb"));
	r = rd_of(STR(" SIZE=18446744073709551616"));
	ck_assert(mail_params_read(&r, true, &a, &p, &t));
	ck_assert(p.size == UINT64_MAX);
	arena_release(&a);
}
END_TEST

static const struct {
	const char *text;
	int code;
	unsigned notify;
	const char *orcpt;
} rcpts[] = {
	{"", 0, 0, ""},
	{" NOTIFY=NEVER", 0, DSN_NEVER, ""},
	{" notify=success,FAILURE,delay", 0,
	 DSN_SUCCESS | DSN_FAILURE | DSN_DELAY, ""},
	{" ORCPT=rfc822;a+40b.test NOTIFY=DELAY", 0, DSN_DELAY,
	 "rfc822;a+40b.test"},
	{" ORCPT=utf-8;a\\x{5C71}@b.test", 0, 0, "utf-8;a\\x{5C71}@b.test"},
	/* RFC 6533 3: the UTF-8 form, kept in the one that goes anywhere */
	{" ORCPT=utf-8;\xe5\xb1\xb1\xf0\xa0\xae\xb7@b.test", 0, 0,
	 "utf-8;\\x{5C71}\\x{20BB7}@b.test"},
	{" ORCPT=UTF-8;\xc3\xa9\\x{5C71}@b.test", 0, 0,
	 "UTF-8;\\x{E9}\\x{5C71}@b.test"},
	{" ORCPT=rfc822;\xe5\xb1\xb1@b.test", 501, 0, ""},
	{" ORCPT=utf-8;\xff@b.test", 501, 0, ""},
	{" ORCPT=utf-8;\xe5\xb1@b.test", 501, 0, ""},
	{" ORCPT=utf-8;\xe5\xb1\xb1+b.test", 501, 0, ""},
	{" ORCPT=utf-8;\xe5\xb1\xb1=b.test", 501, 0, ""},
	{" ORCPT=utf-8;\xe5\xb1\xb1\xc2\x85", 501, 0, ""},
	{" NOTIFY=", 501, 0, ""},
	{" NOTIFY", 501, 0, ""},
	{" NOTIFY=NEVER,DELAY", 501, 0, ""},
	{" NOTIFY=SUCCESS,", 501, 0, ""},
	{" NOTIFY=,SUCCESS", 501, 0, ""},
	{" NOTIFY=ALWAYS", 501, 0, ""},
	{" NOTIFY=DELAY NOTIFY=DELAY", 501, 0, ""},
	{" ORCPT=a@b.test", 501, 0, ""},
	{" ORCPT=;a", 501, 0, ""},
	{" ORCPT=rfc822;", 501, 0, ""},
	{" ORCPT=rfc 822;a", 501, 0, ""},
	{" ORCPT=rfc822;a+0Db", 501, 0, ""},
	{" ORCPT=rfc822;a+b", 501, 0, ""},
	{" ORCPT=r_c;a", 501, 0, ""},
	{" SIZE=1", 555, 0, ""},
	{" BODY=7BIT", 555, 0, ""},
	{"NOTIFY=NEVER", 501, 0, ""},
};

START_TEST(rcpt_parameters)
{
	struct rd r = rd_of(str_of(rcpts[_i].text));
	struct arena a = ARENA_EMPTY;
	struct envelope_rcpt p = {.notify = 0};
	struct trouble t = {0};
	bool ok = rcpt_params_read(&r, true, true, &a, &p, &t);

	ck_assert_msg(ok == (rcpts[_i].code == 0), "\"%s\": %d %s",
		      rcpts[_i].text, t.code, t.text);
	if (ok) {
		ck_assert_uint_eq(p.notify, rcpts[_i].notify);
		ck_assert(str_is(p.orcpt, rcpts[_i].orcpt));
	} else {
		ck_assert_int_eq(t.code, rcpts[_i].code);
	}
	arena_release(&a);
}
END_TEST

/* Without SMTPUTF8 nothing is UTF-8; what would be too long is left out. */
START_TEST(wide_orcpt)
{
	struct rd r = rd_of(STR(" ORCPT=utf-8;\xe5\xb1\xb1@b.test"));
	struct envelope_rcpt p = {.notify = 0};
	AUTO(buf) b = BUF_MAX(4096);
	struct arena a = ARENA_EMPTY;
	struct trouble t = {0};

	ck_assert(!rcpt_params_read(&r, true, false, &a, &p, &t));
	ck_assert_int_eq(t.code, 501);
	buf_puts(&b, " ORCPT=utf-8;");
	for (int i = 0; i < 160; i++)
		buf_puts(&b, "\xe5\xb1\xb1");
	r = rd_of(buf_str(&b));
	ck_assert(rcpt_params_read(&r, true, true, &a, &p, &t));
	ck_assert_uint_eq(p.orcpt.n, 0);
	arena_release(&a);
}
END_TEST

START_TEST(long_values)
{
	static const struct {
		const char *name;
		size_t most;
		bool mail;
	} v[] = {{" ENVID=", 100, true}, {" ORCPT=rfc822;", 493, false}};

	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		for (size_t n = v[i].most; n < v[i].most + 2; n++) {
			AUTO(buf) b = BUF_MAX(4096);
			struct arena a = ARENA_EMPTY;
			struct mail_params p;
			struct envelope_rcpt row = {.notify = 0};
			struct trouble t;
			struct rd r;

			buf_puts(&b, v[i].name);
			for (size_t j = 0; j < n; j++)
				buf_putc(&b, 'x');
			r = rd_of(buf_str(&b));
			ck_assert_int_eq(
				v[i].mail
					? mail_params_read(&r, true, &a, &p, &t)
					: rcpt_params_read(&r, true, false, &a,
							   &row, &t),
				n <= v[i].most);
			arena_release(&a);
		}
	}
}
END_TEST

Suite *test_params_suite(void);

Suite *test_params_suite(void)
{
	Suite *s = suite_create("params");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, paths_are_strict, 0, ARRAY_LEN(paths));
	tcase_add_loop_test(t, taken_paths_parse_again, 0, ARRAY_LEN(paths));
	tcase_add_test(t, limits_of_an_address);
	tcase_add_loop_test(t, mail_parameters, 0, ARRAY_LEN(mails));
	tcase_add_test(t, mail_parameters_are_read);
	tcase_add_loop_test(t, rcpt_parameters, 0, ARRAY_LEN(rcpts));
	tcase_add_test(t, wide_orcpt);
	tcase_add_test(t, long_values);
	suite_add_tcase(s, t);
	return s;
}
