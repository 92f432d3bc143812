/* test_sign.c - what we sign verifies, and nothing else does. */
#include <check.h>
#include "tests/unit/connector/sign/sign_help.h"

Suite *test_sign_suite(void);

static struct world w;

static void begin(void)
{
	world_begin(&w);
}

static void end(void)
{
	world_end(&w);
}

/* ---- signing -------------------------------------------------------------- */

START_TEST(signs_and_verifies)
{
	struct buf out = BUF_MAX(100000);
	struct verdicts v;

	sign(&w, 2, STR(MAIL), (size_t)_i, &out);
	verify_at(w.loop, buf_str(&out), (size_t)_i, NOW_US, &v);
	ck_assert_uint_eq(v.n, 2);
	for (size_t i = 0; i < v.n; i++) {
		ck_assert_msg(v.result[i] == DKIM_PASS, "%s", v.why[i]);
		ck_assert_str_eq(v.domain[i], "example.co.jp");
	}
	ck_assert_uint_eq(fake_keys_asked(), 2);
	buf_release(&out);
}
END_TEST

START_TEST(fields_are_folded)
{
	struct buf out = BUF_MAX(100000);
	struct str rest, line;

	w.key[0].domain = "a-rather-long-label.another-one.example.co.jp";
	sign(&w, 2, STR(MAIL), 0, &out);
	rest = str_head(buf_str(&out), out.n - strlen(MAIL));
	ck_assert(str_starts(rest, STR("DKIM-Signature: v=1; a=rsa-sha256; "
				       "c=relaxed/relaxed;\r\n\t")));
	ck_assert(str_ends(rest, STR("\r\n")));
	while (str_split(&rest, '\n', &line)) {
		ck_assert_msg(line.n < 78, "%.*s", STR_ARG(line));
		ck_assert(str_ends(line, STR("\r")));
		ck_assert(line.p[0] == '\t' ||
			  str_starts(line, STR("DKIM-Signature: ")));
	}
	rest = buf_str(&out);
	ck_assert_int_ge(str_find(rest, STR("a=ed25519-sha256;")), 0);
	ck_assert_int_ge(str_find(rest, STR("t=1790000000;")), 0);
	ck_assert_int_lt(str_find(rest, STR(" l=")), 0);
	ck_assert_int_ge(str_find(rest, STR("h=From:From:To:To:Cc:Subject:")),
			 0);
	buf_release(&out);
}
END_TEST

/* 8.15, 5.4.2: a second field of a kind that a reader sees. */
START_TEST(nothing_can_be_added)
{
	static const char *const added[] = {
		"From: x@evil.example\r\n",
		"To: x@evil.example\r\n",
		"Cc: x@evil.example\r\n",
		"Subject: other\r\n",
		"Date: Sat, 21 Nov 2026 11:00:00 +0900\r\n",
		"Reply-To: x@evil.example\r\n",
		"Message-ID: <2@evil.example>\r\n",
		"MIME-Version: 1.0\r\n",
		"content-type: text/html\r\n",
		"Content-Transfer-Encoding: base64\r\n",
	};
	struct buf out = BUF_MAX(100000), more = BUF_MAX(100000);
	struct verdicts v;

	sign(&w, 2, STR(MAIL), 0, &out);
	for (size_t i = 0; i < ARRAY_LEN(added); i++) {
		/* In front of everything, and behind the signed ones. */
		ptrdiff_t end = str_find(buf_str(&out), STR("\r\n\r\n"));

		buf_clear(&more);
		buf_puts(&more, added[i]);
		buf_put_str(&more, buf_str(&out));
		verify(&w, buf_str(&more), &v);
		ck_assert_uint_eq(v.n, 2);
		ck_assert_int_eq(v.result[0], DKIM_FAIL);
		ck_assert_int_eq(v.result[1], DKIM_FAIL);
		buf_clear(&more);
		buf_put(&more, out.p, (size_t)end + 2);
		buf_puts(&more, added[i]);
		buf_put_str(&more, str_skip(buf_str(&out), (size_t)end + 2));
		verify(&w, buf_str(&more), &v);
		ck_assert_int_eq(v.result[0], DKIM_FAIL);
	}
	/* What others may add. */
	buf_clear(&more);
	buf_puts(&more, "Received: by x\r\nX-Y: z\r\nList-Id: <l.example>\r\n"
			"Authentication-Results: x; none\r\n");
	buf_put_str(&more, buf_str(&out));
	verify(&w, buf_str(&more), &v);
	ck_assert_int_eq(v.result[0], DKIM_PASS);
	ck_assert_int_eq(v.result[1], DKIM_PASS);
	buf_release(&more);
	buf_release(&out);
}
END_TEST

/* Is a byte of the signed mail one that may change? Fields that are not
 * signed; white space and case where relaxed allows it are left out by the
 * caller, who flips the lowest bit of letters and digits only. */
static bool may_change(struct str mail, size_t at)
{
	ptrdiff_t x = str_find(mail, STR("X-Mailer"));

	return at >= (size_t)x && at < (size_t)x + 16;
}

/* Every byte changed: no signature goes on to pass, unless the other one is
 * what was changed. */
START_TEST(any_change_fails)
{
	struct buf out = BUF_MAX(100000);
	struct verdicts v;
	struct str mail;
	size_t own[3];

	sign(&w, 2, STR(MAIL), 0, &out);
	mail = buf_str(&out);
	own[0] = 0;
	own[1] = (size_t)str_find(str_skip(mail, 1), STR("DKIM-Sig")) + 1;
	own[2] = mail.n - strlen(MAIL);
	for (size_t at = 0; at < mail.n; at++) {
		char was = out.p[at];

		if (!ascii_alnum(was) || may_change(mail, at))
			continue;
		out.p[at] = was == 'a' ? 'c' : was ^ 1;
		if (!ascii_alnum(out.p[at]))
			out.p[at] = was == 'z' || was == 'Z' ? 'b' : '7';
		verify(&w, mail, &v);
		for (size_t i = 0, k = 0; i < 2; i++) {
			bool in_mine = at >= own[i] && at < own[i + 1];
			bool in_other = !in_mine && at < own[2];
			bool hidden = v.n < 2 && in_mine; /* another name */

			if (hidden)
				continue;
			ck_assert_msg((v.result[k] == DKIM_PASS) == in_other,
				      "%zu '%c'->'%c' %zu: %s", at, was,
				      out.p[at], i, v.why[k]);
			k++;
		}
		out.p[at] = was;
	}
	buf_release(&out);
}
END_TEST

START_TEST(cuts_and_additions_fail)
{
	struct buf out = BUF_MAX(100000);
	struct verdicts v;
	size_t body = strlen("Hello  \r\n\r\n world\t.\r\n\r\n");

	sign(&w, 1, STR(MAIL), 0, &out);
	for (size_t n = 1; n < body; n++) {
		struct str cut = str_head(buf_str(&out), out.n - n);

		verify(&w, cut, &v);
		/* Whole line ends at the end do not count. */
		ck_assert_msg((v.result[0] == DKIM_PASS) == (n == 2 || n == 4),
			      "%zu", n);
	}
	buf_puts(&out, "more\r\n");
	verify(&w, buf_str(&out), &v);
	ck_assert_int_eq(v.result[0], DKIM_FAIL);
	buf_release(&out);
}
END_TEST

START_TEST(sign_errors)
{
	struct buf out = BUF_MAX(100000), head = BUF_MAX(100000);
	struct dkim_key bad = w.key[0];
	struct err e = ERR_EMPTY;
	struct dkim_sign *s;

	bad.blob = STR("not a blob");
	s = dkim_sign_new(w.keys, &bad, 1, STR("From: a@b\r\n\r\n"), NOW_US);
	ck_assert(!dkim_sign_end(&s, &out, &e));
	ck_assert_int_eq(e.class, ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(e.text, "example.co.jp/rsa"));
	ck_assert_ptr_null(s);
	ck_assert_uint_eq(out.n, 0);
	for (unsigned i = 0; i <= DKIM_NAMES_MAX; i++)
		buf_puts(&head, "To: x\r\n");
	buf_puts(&head, "\r\n");
	s = dkim_sign_new(w.keys, w.key, 1, buf_str(&head), NOW_US);
	ck_assert(!dkim_sign_end(&s, &out, &e));
	ck_assert_int_eq(e.class, ERR_LIMIT);
	s = dkim_sign_new(w.keys, w.key, 2, STR("From: a@b\r\n\r\n"), NOW_US);
	dkim_sign_free(&s);
	dkim_sign_free(&s);
	buf_release(&head);
	buf_release(&out);
}
END_TEST

START_TEST(hundreds_of_fields)
{
	struct buf mail = BUF_MAX(100000), out = BUF_MAX(200000);
	struct verdicts v;

	buf_puts(&mail, "From: a@example.co.jp\r\n");
	for (unsigned i = 0; i < 400; i++)
		buf_printf(&mail, "Cc: %u@example.com\r\n", i);
	buf_puts(&mail, "\r\nbody\r\n");
	sign(&w, 2, buf_str(&mail), 0, &out);
	verify(&w, buf_str(&out), &v);
	ck_assert_int_eq(v.result[0], DKIM_PASS);
	ck_assert_int_eq(v.result[1], DKIM_PASS);
	buf_release(&mail);
	buf_release(&out);
}
END_TEST

/* No body, no empty line, no line end at the end. */
START_TEST(odd_mails)
{
	static const char *const mails[] = {
		"From: a@example.co.jp\r\n\r\n",
		"From: a@example.co.jp\r\n",
		"From: a@example.co.jp\r\n\r\n\r\n\r\n",
		"From: a@example.co.jp\r\n\r\nno end",
		"From: a@example.co.jp\r\n\r\nbare\nlf\n",
		"FROM : a@example.co.jp\r\nX:\r\n\r\n \t\r\n",
		"From: a@example.co.jp\r\nSubject: bare\nlf: x\r\n\r\nx\r\n",
	};
	struct buf out = BUF_MAX(100000);
	struct verdicts v;

	sign(&w, 2, str_of(mails[_i]), 0, &out);
	verify(&w, buf_str(&out), &v);
	ck_assert_msg(v.result[0] == DKIM_PASS, "%s", v.why[0]);
	ck_assert_msg(v.result[1] == DKIM_PASS, "%s", v.why[1]);
	buf_release(&out);
}
END_TEST

START_TEST(records)
{
	struct buf name = BUF_MAX(1000);
	char domain[260];

	ck_assert_int_eq(
		str_find(buf_str(&w.record[0]), STR("v=DKIM1; k=rsa; p=MIIB")),
		0);
	ck_assert_int_eq(
		str_find(buf_str(&w.record[1]), STR("v=DKIM1; k=ed25519; p=")),
		0);
	ck_assert_uint_eq(w.record[1].n, 22 + 44);
	ck_assert(!dkim_record(KEY_EC_P256, STR("x"), &name, NULL));
	ck_assert(!dkim_record(KEY_RSA, STR("x"), &name, NULL));
	buf_clear(&name);
	ck_assert(dkim_record_name("s1", "example.com", &name));
	ck_assert_str_eq(buf_cstr(&name), "s1._domainkey.example.com");
	memset(domain, 'a', sizeof(domain));
	domain[254 - 14] = '\0';
	buf_clear(&name);
	ck_assert(!dkim_record_name("s1", domain, &name));
	domain[253 - 14] = '\0';
	buf_clear(&name);
	ck_assert(dkim_record_name("s1", domain, &name));
	ck_assert(dkim_selector_ok(STR("s2026-11")));
	ck_assert(dkim_selector_ok(STR("a.b")));
	ck_assert(!dkim_selector_ok(STR("")));
	ck_assert(!dkim_selector_ok(STR("a.")));
	ck_assert(!dkim_selector_ok(STR(".a")));
	ck_assert(!dkim_selector_ok(STR("a..b")));
	ck_assert(!dkim_selector_ok(STR("-a")));
	ck_assert(!dkim_selector_ok(STR("a_b")));
	ck_assert(!dkim_selector_ok(STR("a/b")));
	buf_release(&name);
}
END_TEST

Suite *test_sign_suite(void)
{
	Suite *s = suite_create("sign/sign");
	TCase *t = tcase_create("sign");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_loop_test(t, signs_and_verifies, 0, 5);
	tcase_add_test(t, fields_are_folded);
	tcase_add_test(t, nothing_can_be_added);
	tcase_add_test(t, any_change_fails);
	tcase_add_test(t, cuts_and_additions_fail);
	tcase_add_test(t, sign_errors);
	tcase_add_test(t, hundreds_of_fields);
	tcase_add_loop_test(t, odd_mails, 0, 7);
	tcase_add_test(t, records);
	suite_add_tcase(s, t);
	return s;
}
