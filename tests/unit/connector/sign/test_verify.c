/* test_verify.c - what verifies, what does not, and the reason that is told. */
#include <check.h>
#include <stdio.h>
#include "connector/base/codec.h"
#include "connector/base/mem.h"
#include "connector/sign/dkim_int.h"
#include "tests/unit/connector/sign/sign_help.h"

Suite *test_verify_suite(void);

static struct world w;

static void begin(void)
{
	world_begin(&w);
}

static void end(void)
{
	world_end(&w);
}

#define MAIL                                                                   \
	"From: =?UTF-8?B?5bGx55Sw?= <taro@example.co.jp>\r\n"                  \
	"To: a@customer.example.com,\r\n\tb@customer.example.com\r\n"          \
	"Subject:  quote   of \t today \r\n"                                   \
	"Date: Sat, 21 Nov 2026 10:00:00 +0900\r\n"                            \
	"Message-ID: <1@example.co.jp>\r\n"                                    \
	"MIME-Version: 1.0\r\n"                                                \
	"Content-Type: text/plain; charset=UTF-8\r\n"                          \
	"X-Mailer: none\r\n"                                                   \
	"\r\n"                                                                 \
	"Hello  \r\n\r\n world\t.\r\n\r\n"

/* RFC 8463 A.2, A.3. */
static const struct fake_key rfc8463_keys[] = {
	{"brisbane._domainkey.football.example.com",
	 "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="},
	{"test._domainkey.football.example.com",
	 "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWR"
	 "iGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutAC"
	 "DfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3"
	 "Ip3G+2kryOTIKT+l/K4w3QIDAQAB"},
};
#define SIXPACK                                                                \
	"From: Joe SixPack <joe@football.example.com>\r\n"                     \
	"To: Suzie Q <suzie@shopping.example.net>\r\n"                         \
	"Subject: Is dinner ready?\r\n"                                        \
	"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"                      \
	"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"     \
	"\r\n"                                                                 \
	"Hi.\r\n\r\nWe lost the game. Are you hungry yet?\r\n\r\nJoe.\r\n"

START_TEST(rfc8463)
{
	static const char mail[] =
		"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
		" d=football.example.com; i=@football.example.com;\r\n"
		" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
		" subject : date : message-id : from : subject : date;\r\n"
		" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
		" b=/"
		"gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"
		" Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
		"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
		" d=football.example.com; i=@football.example.com;\r\n"
		" q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"
		" date : message-id : from : subject : date;\r\n"
		" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
		" b="
		"F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n"
		" DhCVlUrSjV4BwcVcOF6+"
		"FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n"
		" dA+L10TeYt9BgDfQNZtKdN1WO//"
		"KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n" SIXPACK;
	struct verdicts v;

	fake_keys_set(w.loop, rfc8463_keys, ARRAY_LEN(rfc8463_keys));
	verify(&w, STR(mail), &v);
	ck_assert_uint_eq(v.n, 2);
	ck_assert_msg(v.result[0] == DKIM_PASS, "%s", v.why[0]);
	ck_assert_msg(v.result[1] == DKIM_PASS, "%s", v.why[1]);
	ck_assert_str_eq(v.domain[0], "football.example.com");
}
END_TEST

/* RFC 6376 A.2 with the key of A.3: simple/simple, spaces in h=. */
START_TEST(rfc6376)
{
	static const struct fake_key key[] = {
		{"brisbane._domainkey.example.com",
		 "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SB"
		 "sEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ij"
		 "Ssq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4Ou"
		 "KhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"}};
	static const char mail[] =
		"DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; "
		"d=example.com;\r\n"
		"      c=simple/simple; q=dns/txt; "
		"i=joe@football.example.com;\r\n"
		"      h=Received : From : To : Subject : Date : "
		"Message-ID;\r\n"
		"      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
		"      "
		"b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\r\n"
		"      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\r\n"
		"      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\r\n"
		"      4bmp/YzhwvcubU4=;\r\n"
		"Received: from client1.football.example.com  [192.0.2.1]\r\n"
		"      by submitserver.example.com with SUBMISSION;\r\n"
		"      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\r\n";
	struct buf all = BUF_MAX(5000);
	struct verdicts v;

	fake_keys_set(w.loop, key, 1);
	buf_puts(&all, mail);
	buf_puts(&all, SIXPACK);
	verify(&w, buf_str(&all), &v);
	ck_assert_uint_eq(v.n, 1);
	ck_assert_str_eq(v.domain[0], "example.com");
	ck_assert_msg(v.result[0] == DKIM_PASS, "%s", v.why[0]);
	buf_release(&all);
}
END_TEST

/* ---- signatures of our own making, with every tag as the row says --------- */

/* Signs with the RSA key: `tags` and bh=, b= behind them; c= is told. */
static void sign_tags(const char *tags, enum dkim_canon header,
		      enum dkim_canon body, const char *names,
		      struct str content, struct buf *out)
{
	struct str head = str_of("From: a@example.co.jp\r\nTo: b@c.d\r\n");
	struct buf canon = BUF_MAX(10000), field = BUF_MAX(10000);
	struct buf sig = BUF_MAX(KEY_SIGN_MAX);
	unsigned char hash[SHA256_LEN];
	struct str name[8], list = str_of(names);
	struct dkim_body b;
	struct dkim_fields f;
	struct err e = ERR_EMPTY;
	size_t n = 0;

	dkim_body_begin(&b, body);
	dkim_body_add(&b, content.p, content.n);
	dkim_body_end(&b, hash);
	buf_printf(&field, "DKIM-Signature: %s bh=", tags);
	b64_encode(&field, str_n(hash, sizeof(hash)));
	buf_puts(&field, "; b=");
	while (str_split(&list, ':', &name[n]))
		n++;
	dkim_fields_read(head, &f);
	dkim_fields_put(&canon, header, &f, name, n);
	vec_release(&f);
	dkim_field_put(&canon, header, buf_str(&field), STR_EMPTY);
	if (header == DKIM_RELAXED)
		buf_truncate(&canon, canon.n - 2);
	sha256_of(canon.p, canon.n, hash);
	ck_assert(keys_sign(w.keys, w.key[0].blob, SIGN_RSA_PKCS1_SHA256, hash,
			    &sig, &e));
	b64_encode(&field, buf_str(&sig));
	buf_printf(out, "%.*s\r\n%.*s\r\n%.*s", STR_ARG(buf_str(&field)),
		   STR_ARG(head), STR_ARG(content));
	buf_release(&canon);
	buf_release(&field);
	buf_release(&sig);
}

#define GOOD "v=1; a=rsa-sha256; d=example.co.jp; s=rsa; h=From:To; "

static const struct {
	const char *tags;
	enum dkim_result result;
	const char *why;
} signatures[] = {
	{GOOD, DKIM_PASS, ""},
	{GOOD "c=simple;", DKIM_PASS, ""},
	{GOOD "c=simple/simple;", DKIM_PASS, ""},
	{GOOD "q=dns/txt;", DKIM_PASS, ""},
	{GOOD "q=other:dns/txt;", DKIM_PASS, ""},
	{GOOD "x=1790000000;", DKIM_PASS, ""},
	{GOOD "t=1790000200;", DKIM_PASS, ""},
	{GOOD "i=@example.co.jp;", DKIM_PASS, ""},
	{GOOD "i=a@sub.example.co.jp;", DKIM_PASS, ""},
	{GOOD "z=whatever; new=tag;", DKIM_PASS, ""},
	{GOOD "l=6;", DKIM_PASS, ""},
	{"v=1;a=rsa-sha256;d=Example.CO.jp;s=RSA;h= from :\r\n to ;", DKIM_PASS,
	 ""},
	{GOOD "l=5;", DKIM_FAIL, "l= is not the whole body"},
	{GOOD "l=0;", DKIM_FAIL, "l= is not the whole body"},
	{GOOD "l=7;", DKIM_FAIL, "l= is not the whole body"},
	{GOOD "l=x;", DKIM_PERMERROR, "l= is missing or malformed"},
	{GOOD "l=99999999999999999999;", DKIM_PERMERROR,
	 "l= is missing or malformed"},
	{GOOD "x=1789999999;", DKIM_FAIL, "expired"},
	{GOOD "t=1790000400;", DKIM_FAIL, "signed in the future"},
	{GOOD "t=1789999000; x=1789999000;", DKIM_PERMERROR,
	 "x= is missing or malformed"},
	{GOOD "c=nowsp;", DKIM_PERMERROR, "c= is missing or malformed"},
	{GOOD "c=simple/;", DKIM_PASS, ""},
	{GOOD "q=http;", DKIM_PERMERROR, "no way to the key"},
	{GOOD "i=a@other.example;", DKIM_PERMERROR, "i= is not of d="},
	{GOOD "i=a@badexample.co.jp;", DKIM_PERMERROR, "i= is not of d="},
	{GOOD "i=example.co.jp;", DKIM_PERMERROR, "i= is missing or malformed"},
	{GOOD "d=example.co.jp;", DKIM_PERMERROR, "doubled tag"},
	{"v=2; a=rsa-sha256; d=example.co.jp; s=rsa; h=From:To;",
	 DKIM_PERMERROR, "v= is missing or malformed"},
	{"a=rsa-sha256; d=example.co.jp; s=rsa; h=From:To;", DKIM_PERMERROR,
	 "v= is missing or malformed"},
	{"v=1; a=rsa-sha1; d=example.co.jp; s=rsa; h=From:To;", DKIM_PERMERROR,
	 "algorithm not valid"},
	{"v=1; d=example.co.jp; s=rsa; h=From:To;", DKIM_PERMERROR,
	 "a= is missing or malformed"},
	{"v=1; a=rsa-sha256; d=example.co.jp; s=rsa; h=To;", DKIM_PERMERROR,
	 "From is not signed"},
	{"v=1; a=rsa-sha256; d=example.co.jp; s=rsa;", DKIM_PERMERROR,
	 "h= is missing or malformed"},
	{"v=1; a=rsa-sha256; d=example.co.jp; s=rsa; h=From::To;",
	 DKIM_PERMERROR, "h= is missing or malformed"},
	{"v=1; a=rsa-sha256; d=; s=rsa; h=From:To;", DKIM_PERMERROR,
	 "d= is missing or malformed"},
	{"v=1; a=rsa-sha256; d=a..b; s=rsa; h=From:To;", DKIM_PERMERROR,
	 "d= is missing or malformed"},
	{"v=1; a=rsa-sha256; d=a/b; s=rsa; h=From:To;", DKIM_PERMERROR,
	 "d= is missing or malformed"},
	{"v=1; a=rsa-sha256; d=example.co.jp; h=From:To;", DKIM_PERMERROR,
	 "s= is missing or malformed"},
	{"v=1; a=rsa-sha256; d=example.co.jp; s=ed; h=From:To;", DKIM_PERMERROR,
	 "the key is of another algorithm"},
	{"v=1; a=rsa-sha256; d=example.co.jp; s=none; h=From:To;",
	 DKIM_PERMERROR, "no key in the DNS"},
	{"v=1; a=rsa-sha256; d=example.co.jp; s=nodata; h=From:To;",
	 DKIM_PERMERROR, "no key in the DNS"},
	{"v=1; a=rsa-sha256; d=example.co.jp; s=trouble; h=From:To;",
	 DKIM_TEMPERROR, "the DNS did not answer"},
	{"v=1; a=rsa-sha256; d=example.co.jp; s=bogus; h=From:To;",
	 DKIM_TEMPERROR, "the DNS did not answer"},
	{"v=1; broken", DKIM_PERMERROR, "malformed tag"},
};

START_TEST(tags_are_heeded)
{
	struct buf mail = BUF_MAX(10000);
	struct verdicts v;

	sign_tags(signatures[_i].tags, DKIM_SIMPLE, DKIM_SIMPLE, "From:To",
		  STR("body\r\n"), &mail);
	verify(&w, buf_str(&mail), &v);
	ck_assert_uint_eq(v.n, 1);
	ck_assert_msg(v.result[0] == signatures[_i].result, "%s: %s",
		      signatures[_i].tags, v.why[0]);
	ck_assert_str_eq(v.why[0], signatures[_i].why);
	buf_release(&mail);
}
END_TEST

START_TEST(all_canonicalisations)
{
	static const char *const c[] = {"simple", "relaxed"};
	struct buf mail = BUF_MAX(10000);
	struct verdicts v;
	char tags[200];

	for (int header = DKIM_SIMPLE; header <= DKIM_RELAXED; header++)
		for (int body = DKIM_SIMPLE; body <= DKIM_RELAXED; body++) {
			snprintf(tags, sizeof(tags), GOOD "c=%s/%s;", c[header],
				 c[body]);
			buf_clear(&mail);
			sign_tags(tags, (enum dkim_canon)header,
				  (enum dkim_canon)body, "From:To",
				  STR(" a  b \r\n\r\n \r\n"), &mail);
			verify(&w, buf_str(&mail), &v);
			ck_assert_msg(v.result[0] == DKIM_PASS, "%s: %s", tags,
				      v.why[0]);
		}
	buf_release(&mail);
}
END_TEST

/* What the key's record may say. */
static const struct {
	const char *before, *after; /* around k=rsa; p=… */
	enum dkim_result result;
	const char *why;
} key_tags[] = {
	{"v=DKIM1; ", "", DKIM_PASS, ""},
	{"", "", DKIM_PASS, ""},
	{"v=DKIM1; h=sha1:sha256; s=email; t=s; n=note; ", ";", DKIM_PASS, ""},
	{"v=DKIM1; s=*; ", "; g=*", DKIM_PASS, ""},
	{"v=DKIM1; h=sha1; ", "", DKIM_PERMERROR,
	 "the key is for another digest"},
	{"v=DKIM1; s=tlsrpt; ", "", DKIM_PERMERROR, "the key is not for mail"},
	{"v=DKIM1; t=y; ", "", DKIM_FAIL, "the key is in testing"},
	{"v=DKIM1; t=s:y; ", "", DKIM_FAIL, "the key is in testing"},
	{"v=DKIM2; ", "", DKIM_PERMERROR, "not a DKIM1 record"},
	{"s=*; v=DKIM1; ", "", DKIM_PERMERROR, "not a DKIM1 record"},
	{"v=DKIM1; p=; ", "", DKIM_PERMERROR, "doubled tag"},
	{"v=spf1 ", "", DKIM_PERMERROR, "not a DKIM1 record"},
	{"v=DKIM1; ", "!!", DKIM_PERMERROR, "malformed key"},
	{"v=DKIM1; ", "AAAA", DKIM_PERMERROR, "malformed key"},
};

START_TEST(records_are_heeded)
{
	struct buf mail = BUF_MAX(10000), txt = BUF_MAX(5000);
	struct fake_key key = {"rsa._domainkey.example.co.jp", NULL};
	const char *own = strstr(w.table[0].txt, "k=rsa");
	struct verdicts v;

	buf_printf(&txt, "%s%s%s", key_tags[_i].before, own,
		   key_tags[_i].after);
	key.txt = buf_cstr(&txt);
	fake_keys_set(w.loop, &key, 1);
	sign_tags(GOOD, DKIM_SIMPLE, DKIM_SIMPLE, "From:To", STR("body\r\n"),
		  &mail);
	verify(&w, buf_str(&mail), &v);
	ck_assert_msg(v.result[0] == key_tags[_i].result, "%s: %s", key.txt,
		      v.why[0]);
	ck_assert_str_eq(v.why[0], key_tags[_i].why);
	buf_release(&mail);
	buf_release(&txt);
}
END_TEST

START_TEST(keys_that_prove_nothing)
{
	static const struct {
		const char *txt, *why;
	} rows[] = {
		{"v=DKIM1; p=", "the key is revoked"},
		{"v=DKIM1; k=rsa", "no key in the record"},
		{"", "malformed tag"},
		{"hello", "malformed tag"},
		/* RSA of 512 bits. */
		{"v=DKIM1; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBANiF8VdJnmS5gCkbTC"
		 "eLEZmGUTzvR0kzpzh2Pc1sEJ0vwJ+nTwQk3L4DdW7QXKtu5jHkMlJrr9Yk6H1"
		 "J1ZkUqmMCAwEAAQ==",
		 "the key is too short"},
	};
	struct fake_key key[2] = {{"rsa._domainkey.example.co.jp", NULL},
				  {"rsa._domainkey.example.co.jp", NULL}};
	struct buf mail = BUF_MAX(10000);
	struct verdicts v;

	sign_tags(GOOD, DKIM_SIMPLE, DKIM_SIMPLE, "From:To", STR("body\r\n"),
		  &mail);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		key[0].txt = rows[i].txt;
		fake_keys_set(w.loop, key, 1);
		verify(&w, buf_str(&mail), &v);
		ck_assert_int_eq(v.result[0], DKIM_PERMERROR);
		ck_assert_str_eq(v.why[0], rows[i].why);
	}
	key[0].txt = key[1].txt = w.table[0].txt;
	fake_keys_set(w.loop, key, 2);
	verify(&w, buf_str(&mail), &v);
	ck_assert_int_eq(v.result[0], DKIM_PERMERROR);
	ck_assert_str_eq(v.why[0], "several keys in the DNS");
	/* t=s: not for subdomains of d=. */
	buf_clear(&mail);
	sign_tags(GOOD "i=@sub.example.co.jp; ", DKIM_SIMPLE, DKIM_SIMPLE,
		  "From:To", STR("body\r\n"), &mail);
	key[0].txt = mem_printf("t=s; %s", strstr(w.table[0].txt, "k=rsa"));
	fake_keys_set(w.loop, key, 1);
	verify(&w, buf_str(&mail), &v);
	ck_assert_str_eq(v.why[0], "the key is not for subdomains");
	mem_free((char *)(uintptr_t)key[0].txt);
	buf_release(&mail);
}
END_TEST

START_TEST(many_signatures)
{
	struct buf mail = BUF_MAX(100000);
	struct verdicts v;

	for (int i = 0; i < 30; i++)
		buf_puts(&mail, "DKIM-Signature: v=1\r\n");
	buf_puts(&mail, MAIL);
	verify(&w, buf_str(&mail), &v);
	ck_assert_uint_eq(v.n, DKIM_SIGNATURES_MAX);
	ck_assert_uint_eq(fake_keys_asked(), 0);
	buf_clear(&mail);
	for (int i = 0; i < 5; i++) {
		struct buf one = BUF_MAX(100000);

		sign(&w, 2, STR(MAIL), 0, &one);
		buf_put(&mail, one.p, one.n - strlen(MAIL));
		buf_release(&one);
	}
	buf_puts(&mail, MAIL);
	verify(&w, buf_str(&mail), &v);
	ck_assert_uint_eq(v.n, 10);
	for (size_t i = 0; i < v.n; i++)
		ck_assert_int_eq(v.result[i], DKIM_PASS);
	verify(&w, STR(MAIL), &v);
	ck_assert_uint_eq(v.n, 0);
	buf_release(&mail);
}
END_TEST

/* Ten signatures with 500 names each, looked for among 60,000 fields. */
START_TEST(a_header_without_end_is_not_signed)
{
	struct buf mail = BUF_MAX(100000), one = BUF_MAX(100000);
	struct verdicts v;

	sign(&w, 2, STR(MAIL), 0, &one);
	for (size_t i = 0; i < DKIM_FIELDS_MAX; i++)
		buf_puts(&mail, "a:\r\n");
	buf_put(&mail, one.p, one.n);
	verify(&w, buf_str(&mail), &v);
	ck_assert_uint_eq(v.n, 0);
	verify(&w, str_skip(buf_str(&mail), (size_t)4 * 1000), &v);
	ck_assert_uint_eq(v.n, 2);
	ck_assert_int_eq(v.result[0], DKIM_PASS);
	buf_release(&mail);
	buf_release(&one);
}
END_TEST

/* Freed with questions open, and with an answer owed. */
START_TEST(freed_early)
{
	struct buf mail = BUF_MAX(100000);
	struct dkim_verify *v;

	sign(&w, 2, STR(MAIL), 0, &mail);
	v = dkim_verify_new(w.loop, NULL, buf_str(&mail), NOW_US);
	dkim_verify_write(v, "x", 1);
	dkim_verify_free(&v);
	v = dkim_verify_new(w.loop, NULL, STR("DKIM-Signature: x\r\n\r\n"),
			    NOW_US);
	dkim_verify_end(v, NULL, NULL);
	dkim_verify_free(&v);
	dkim_verify_free(&v);
	buf_release(&mail);
}
END_TEST

START_TEST(result_names)
{
	ck_assert_str_eq(dkim_result_name(DKIM_PASS), "pass");
	ck_assert_str_eq(dkim_result_name(DKIM_PERMERROR), "permerror");
}
END_TEST

Suite *test_verify_suite(void)
{
	Suite *s = suite_create("sign/verify");
	TCase *t = tcase_create("verify");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, rfc8463);
	tcase_add_test(t, rfc6376);
	tcase_add_loop_test(t, tags_are_heeded, 0, (int)ARRAY_LEN(signatures));
	tcase_add_test(t, all_canonicalisations);
	tcase_add_loop_test(t, records_are_heeded, 0, (int)ARRAY_LEN(key_tags));
	tcase_add_test(t, keys_that_prove_nothing);
	tcase_add_test(t, many_signatures);
	tcase_add_test(t, a_header_without_end_is_not_signed);
	tcase_add_test(t, freed_early);
	tcase_add_test(t, result_names);
	suite_add_tcase(s, t);
	return s;
}
