/* test_jwt.c - tokens that prove a mailbox, and the many that do not. */
#include <check.h>
#include "tests/unit/auth/signed.h"

#define NOW_S  1800000000
#define HEAD   "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"r1\"}"
#define TENANT "11111111-2222-3333-4444-555555555555"
#define CLAIMS                                                                 \
	"{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE                          \
	"\",\"iat\":1799999990,\"nbf\":1799999990,\"exp\":1800000600,"         \
	"\"tid\":\"" TENANT "\",\"preferred_username\":\"taro@example.jp\"}"

static struct sigkey *rsa, *other, *ec;
static struct jwks *keys;
static struct jwt_wanted wanted;

static struct jwks *read_set(struct sigkey *const *k, const char *const *kid,
			     const char *const *more, size_t n)
{
	AUTO(buf) text = BUF_MAX(JWKS_BYTES_MAX);
	struct err e = ERR_EMPTY;
	struct jwks *s;

	buf_puts(&text, "{\"keys\":[");
	for (size_t i = 0; i < n; i++) {
		buf_puts(&text, i ? "," : "");
		jwk_put(&text, k[i], kid[i], more ? more[i] : "");
	}
	buf_puts(&text, "]}");
	s = jwks_read(buf_str(&text), &e);
	ck_assert_msg(s != NULL, "%s", e.text);
	return s;
}

static void setup(void)
{
	rsa = signed_key(PEM_RSA_2048);
	other = signed_key(PEM_RSA_3072);
	ec = signed_key(PEM_P256);
	keys = read_set((struct sigkey *const[]){rsa, other, ec},
			(const char *const[]){"r1", "r2", "e1"}, NULL, 3);
	ck_assert_uint_eq(jwks_size(keys), 3);
	wanted = (struct jwt_wanted){
		.issuer = ISSUER,
		.audience = AUDIENCE,
		.tenant = TENANT,
		.claim = "preferred_username",
		.now_us = NOW_S * US_PER_S,
	};
}

static void teardown(void)
{
	sigkey_free(&rsa);
	sigkey_free(&other);
	sigkey_free(&ec);
	jwks_free(&keys);
}

/* All that login_token.c asks; NULL: it is believed, else why not. */
static const char *verdict(struct str token)
{
	const struct jwk *k;
	const char *why = NULL;
	struct str mailbox;
	struct jwt t;

	if (!jwt_read(token, &t, &why))
		return why;
	if (jwt_claims_fit(&t, &wanted, &mailbox, &why)) {
		k = jwks_find(keys, &t);
		why = !k			 ? "no key"
		      : !jwt_signature_ok(&t, k) ? "signature"
						 : NULL;
		ck_assert(why || str_is(mailbox, "taro@example.jp"));
	}
	jwt_release(&t);
	return why;
}

static const char *made(struct sigkey *k, enum key_scheme scheme,
			const char *head, const char *claims)
{
	AUTO(buf) token = BUF_MAX(2 * JWT_MAX);

	token_put(&token, k, scheme, head, claims);
	return verdict(buf_str(&token));
}

static void refused(const char *why, const char *got)
{
	ck_assert_msg(got && strstr(got, why), "wanted %s, got %s", why,
		      got ? got : "belief");
}

START_TEST(three_algorithms_are_believed)
{
	ck_assert_ptr_null(made(rsa, SIGN_RSA_PKCS1_SHA256, HEAD, CLAIMS));
	ck_assert_ptr_null(made(rsa, SIGN_RSA_PSS_SHA256,
				"{\"alg\":\"PS256\",\"kid\":\"r1\"}", CLAIMS));
	ck_assert_ptr_null(made(other, SIGN_RSA_PKCS1_SHA256,
				"{\"alg\":\"RS256\",\"kid\":\"r2\"}", CLAIMS));
	ck_assert_ptr_null(
		made(ec, SIGN_ECDSA_P256_SHA256,
		     "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"e1\"}",
		     CLAIMS));
}
END_TEST

static const struct {
	const char *head, *why;
} HEADS[] = {
	{"{\"alg\":\"none\",\"kid\":\"r1\"}", "algorithm"},
	{"{\"alg\":\"None\",\"kid\":\"r1\"}", "algorithm"},
	{"{\"alg\":\"HS256\",\"kid\":\"r1\"}", "algorithm"},
	{"{\"alg\":\"RS384\",\"kid\":\"r1\"}", "algorithm"},
	{"{\"alg\":\"rs256\",\"kid\":\"r1\"}", "algorithm"},
	{"{\"alg\":[\"RS256\"],\"kid\":\"r1\"}", "algorithm"},
	{"{\"kid\":\"r1\"}", "algorithm"},
	{"{\"alg\":\"RS256\"}", "without-key"},
	{"{\"alg\":\"RS256\",\"kid\":\"\"}", "without-key"},
	{"{\"alg\":\"RS256\",\"kid\":1}", "without-key"},
	{"{\"alg\":\"RS256\",\"kid\":\"r9\"}", "no key"},
	{"{\"alg\":\"RS256\",\"kid\":\"r2\"}", "signature"},
	{"{\"alg\":\"RS256\",\"kid\":\"e1\"}", "no key"},
	{"{\"alg\":\"ES256\",\"kid\":\"r1\"}", "no key"},
	{"{\"alg\":\"ES256\",\"kid\":\"e1\"}", "signature"},
	{"{\"alg\":\"PS256\",\"kid\":\"r1\"}", "signature"},
	{"{\"alg\":\"RS256\",\"kid\":\"r1\",\"crit\":[\"b64\"],\"b64\":false}",
	 "crit"},
	{"{\"alg\":\"RS256\",\"kid\":\"r1\",\"crit\":[]}", "crit"},
	{"{\"alg\":\"RS256\",\"kid\":\"r1\",\"typ\":\"JWE\"}", "type"},
	{"{\"alg\":\"RS256\",\"alg\":\"none\",\"kid\":\"r1\"}", "form"},
	{"[\"RS256\"]", "form"},
	{"{\"alg\":\"RS256\",\"kid\":\"r1\"", "form"},
	{"", "form"},
};

START_TEST(heads_that_are_refused)
{
	refused(HEADS[_i].why,
		made(rsa, SIGN_RSA_PKCS1_SHA256, HEADS[_i].head, CLAIMS));
}
END_TEST

/* What a token brings along proves nothing: another key signed it. */
START_TEST(own_keys_and_addresses_are_not_looked_at)
{
	AUTO(buf) head = BUF_MAX(4 * KIB);

	buf_puts(&head, "{\"alg\":\"RS256\",\"kid\":\"r1\",\"jku\":"
			"\"https://evil.test/keys\",\"x5u\":\"https://evil.test"
			"/x\",\"jwk\":");
	jwk_put(&head, other, "r1", "");
	buf_puts(&head, "}");
	refused("signature",
		made(other, SIGN_RSA_PKCS1_SHA256, buf_cstr(&head), CLAIMS));
	ck_assert_ptr_null(
		made(rsa, SIGN_RSA_PKCS1_SHA256, buf_cstr(&head), CLAIMS));
}
END_TEST

/* RFC 8725 2.1: the public key as the secret of an HMAC. */
START_TEST(public_key_is_no_secret)
{
	AUTO(buf) der = BUF_MAX(KEY_SPKI_MAX);
	AUTO(buf) token = BUF_MAX(JWT_MAX);
	unsigned char mac[SHA256_LEN];

	ck_assert(sigkey_public_put(rsa, &der));
	b64url_encode(&token, STR("{\"alg\":\"HS256\",\"kid\":\"r1\"}"));
	buf_putc(&token, '.');
	b64url_encode(&token, STR(CLAIMS));
	hmac_sha256((unsigned char *)der.p, der.n, token.p, token.n, mac);
	buf_putc(&token, '.');
	b64url_encode(&token, str_n(mac, sizeof(mac)));
	refused("algorithm", verdict(buf_str(&token)));
}
END_TEST

/* from -> to in CLAIMS; why NULL: believed all the same. */
static const struct {
	const char *from, *to, *why;
} SWAPS[] = {
	{"one/v2.0", "one/v2.0/", "issuer"},
	{"one/v2.0", "one/V2.0", "issuer"},
	{"https://login.test", "https://login.test.evil", "issuer"},
	{"https://login", "http://login", "issuer"},
	{"\"iss\":\"" ISSUER "\",", "", "issuer"},
	{"\"iss\":\"" ISSUER "\",", "\"iss\":[\"" ISSUER "\"],", "issuer"},
	{"\"iss\":", "\"iss\":\"x\",\"iss\":", "form"},
	{AUDIENCE, "api://sekisho2", "audience"},
	{"\"aud\":\"" AUDIENCE "\"", "\"aud\":[\"" AUDIENCE "\"]", NULL},
	{"\"aud\":\"" AUDIENCE "\"", "\"aud\":[\"x\",\"" AUDIENCE "\"]",
	 "audience"},
	{"\"aud\":\"" AUDIENCE "\"",
	 "\"aud\":[\"x\",\"" AUDIENCE "\"],\"azp\":\"x\"", "audience"},
	{"\"aud\":\"" AUDIENCE "\"",
	 "\"aud\":[\"x\",\"" AUDIENCE "\"],\"azp\":\"" AUDIENCE "\"", NULL},
	{"\"aud\":\"" AUDIENCE "\"", "\"aud\":[]", "audience"},
	{"\"aud\":\"" AUDIENCE "\"", "\"aud\":{\"a\":\"" AUDIENCE "\"}",
	 "audience"},
	{"\"aud\":\"" AUDIENCE "\",", "", "audience"},
	{"1800000600", "1799999699", "expired"},
	{"1800000600", "1799999700", "expired"},
	{"1800000600", "1799999701", NULL},
	{"1800000600", "\"1800000600\"", "expired"},
	{"1800000600", "1e400", "expired"},
	{"1800000600", "1e300", "expired"},
	{"1800000600", "-1", "expired"},
	{"1800000600", "9223372036854775807", NULL},
	{"1800000600", "-9223372036854775807", "expired"},
	{",\"exp\":1800000600", "", "expired"},
	{"\"nbf\":1799999990", "\"nbf\":1800000300", NULL},
	{"\"nbf\":1799999990", "\"nbf\":1800000301", "not-yet"},
	{"\"nbf\":1799999990", "\"nbf\":\"soon\"", "not-yet"},
	{"\"nbf\":1799999990,", "", NULL},
	{"\"iat\":1799999990", "\"iat\":1800000301", "issued-later"},
	{"\"iat\":1799999990,", "", "issued-later"},
	{"\"iat\":1799999990", "\"iat\":-9223372036854775807", NULL},
	{"\"nbf\":1799999990", "\"nbf\":-9223372036854775807", NULL},
	{"5555\"", "5556\"", "tenant"},
	{"\"tid\":\"" TENANT "\",", "", "tenant"},
	{"taro@example.jp", "", "mailbox"},
	{"taro@example.jp", "taro", "mailbox"},
	{"taro@example.jp", "taro@example.jp\\n", "mailbox"},
	{"\"taro@example.jp\"", "[\"taro@example.jp\"]", "mailbox"},
	{"preferred_username", "upn", "mailbox"},
};

START_TEST(claims_that_are_refused)
{
	struct str text = STR(CLAIMS), from = str_of(SWAPS[_i].from);
	ptrdiff_t at = str_find(text, from);
	AUTO(buf) claims = BUF_MAX(4 * KIB);
	const char *got;

	ck_assert_int_ge(at, 0);
	buf_printf(&claims, STR_FMT "%s%s", (int)at, text.p, SWAPS[_i].to,
		   text.p + at + from.n);
	got = made(rsa, SIGN_RSA_PKCS1_SHA256, HEAD, buf_cstr(&claims));
	if (SWAPS[_i].why)
		refused(SWAPS[_i].why, got);
	else
		ck_assert_msg(!got, "%s", got);
}
END_TEST

START_TEST(an_unproved_address_is_none)
{
	static const char *const MORE[] = {"", ",\"email_verified\":false",
					   ",\"email_verified\":\"true\"",
					   ",\"email_verified\":true"};

	wanted.claim = "email";
	wanted.tenant = NULL;
	for (size_t i = 0; i < ARRAY_LEN(MORE); i++) {
		AUTO(buf) claims = BUF_MAX(4 * KIB);
		const char *got;

		buf_printf(&claims,
			   "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE
			   "\",\"iat\":1800000000,\"exp\":1800000600,"
			   "\"email\":\"taro@example.jp\"%s}",
			   MORE[i]);
		got = made(rsa, SIGN_RSA_PKCS1_SHA256, HEAD, buf_cstr(&claims));
		if (i < 3)
			refused("mailbox", got);
		else
			ck_assert_ptr_null(got);
	}
}
END_TEST

/* Every byte counts: cut anywhere, or changed anywhere. */
START_TEST(damaged_tokens_are_refused)
{
	AUTO(buf) token = BUF_MAX(JWT_MAX);

	token_put(&token, rsa, SIGN_RSA_PKCS1_SHA256, HEAD, CLAIMS);
	ck_assert_ptr_null(verdict(buf_str(&token)));
	for (size_t n = 0; n < token.n; n++)
		ck_assert_ptr_nonnull(verdict(str_n(token.p, n)));
	for (size_t i = 0; i < token.n; i++) {
		char was = token.p[i];

		token.p[i] = was == 'A' ? 'Q' : 'A';
		if (was != '.')
			ck_assert_ptr_nonnull(verdict(buf_str(&token)));
		token.p[i] = was;
	}
	buf_puts(&token, ".x");
	ck_assert_ptr_nonnull(verdict(buf_str(&token)));
	refused("form", verdict(STR("..")));
	refused("form", verdict(STR("a.b.c")));
}
END_TEST

START_TEST(unsigned_tokens_are_refused)
{
	refused("form",
		made(rsa, 0, "{\"alg\":\"none\",\"kid\":\"r1\"}", CLAIMS));
	refused("form", made(rsa, 0, HEAD, CLAIMS));
}
END_TEST

START_TEST(large_tokens_are_refused)
{
	AUTO(buf) head = BUF_MAX(64 * KIB);
	AUTO(buf) claims = BUF_MAX(64 * KIB);

	buf_puts(&head, "{\"alg\":\"RS256\",\"kid\":\"r1\",\"x\":\"");
	buf_puts(&claims, "{\"x\":\"");
	for (int i = 0; i < 13000; i++) {
		if (i < 4000)
			buf_putc(&head, 'x');
		buf_putc(&claims, 'x');
	}
	buf_puts(&head, "\"}");
	buf_puts(&claims, "\"}");
	refused("form",
		made(rsa, SIGN_RSA_PKCS1_SHA256, buf_cstr(&head), CLAIMS));
	refused("form",
		made(rsa, SIGN_RSA_PKCS1_SHA256, HEAD, buf_cstr(&claims)));
}
END_TEST

/* ---- key sets ------------------------------------------------------------------ */

START_TEST(keys_for_other_uses_are_left_out)
{
	static const char *const MORE[] = {
		",\"use\":\"enc\"", ",\"key_ops\":[\"encrypt\"]",
		",\"alg\":\"RS512\"", ",\"use\":\"sig\",\"alg\":\"RS256\"",
		",\"key_ops\":[\"sign\",\"verify\"]"};
	static const char *const WHY[] = {"no key", "no key", "no key", NULL,
					  NULL};

	for (size_t i = 0; i < ARRAY_LEN(MORE); i++) {
		const char *got;

		jwks_free(&keys);
		keys = read_set(&rsa, (const char *const[]){"r1"}, &MORE[i], 1);
		got = made(rsa, SIGN_RSA_PKCS1_SHA256, HEAD, CLAIMS);
		if (WHY[i])
			refused(WHY[i], got);
		else
			ck_assert_msg(!got, "%s", got);
	}
}
END_TEST

static const struct {
	const char *text;
	size_t n; /* SIZE_MAX: not a set */
} SETS[] = {
	{"", SIZE_MAX},
	{"[]", SIZE_MAX},
	{"{}", SIZE_MAX},
	{"{\"keys\":{}}", SIZE_MAX},
	{"{\"keys\":[]}x", SIZE_MAX},
	{"{\"keys\":[],\"keys\":[]}", SIZE_MAX},
	{"{\"keys\":[]}", 0},
	{"{\"keys\":[1,\"x\",null,[]]}", 0},
	{"{\"keys\":[{\"kty\":\"oct\",\"kid\":\"r1\",\"k\":\"AAAA\"}]}", 0},
	{"{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"r1\",\"n\":\"AQAB\",\"e\":"
	 "\"AQAB\"}]}",
	 0},
	{"{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"r1\",\"n\":\"\",\"e\":\"\"}]}",
	 0},
	{"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-384\",\"kid\":\"e1\",\"x\":"
	 "\"AA\",\"y\":\"AA\"}]}",
	 0},
	/* a point that is not on the curve */
	{"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"e1\",\"x\":"
	 "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\",\"y\":"
	 "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}]}",
	 0},
};

START_TEST(sets_of_every_kind)
{
	struct err e = ERR_EMPTY;
	struct jwks *s = jwks_read(str_of(SETS[_i].text), &e);

	ck_assert_msg(!s == (SETS[_i].n == SIZE_MAX), "%s", SETS[_i].text);
	if (s)
		ck_assert_uint_eq(jwks_size(s), SETS[_i].n);
	else
		ck_assert_int_ne(e.text[0], 0);
	jwks_free(&s);
}
END_TEST

START_TEST(exponent_one_is_no_key)
{
	static const char *const E[] = {"AQ", "AAAB", "AA", "Ag", "AQAA"};

	for (size_t i = 0; i < ARRAY_LEN(E); i++) {
		AUTO(buf) one = BUF_MAX(4 * KIB);
		AUTO(buf) set = BUF_MAX(4 * KIB);
		struct jwks *s;
		ptrdiff_t at;

		jwk_put(&one, rsa, "r1", "");
		at = str_find(buf_str(&one), STR("\"e\":\""));
		ck_assert_int_gt(at, 0);
		buf_printf(&set, "{\"keys\":[%.*s\"e\":\"%s\"}]}", (int)at,
			   one.p, E[i]);
		s = jwks_read(buf_str(&set), NULL);
		ck_assert_ptr_nonnull(s);
		ck_assert_uint_eq(jwks_size(s), 0);
		jwks_free(&s);
	}
}
END_TEST

Suite *test_jwt_suite(void);
Suite *test_jwt_suite(void)
{
	Suite *s = suite_create("jwt");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, three_algorithms_are_believed);
	tcase_add_loop_test(t, heads_that_are_refused, 0, ARRAY_LEN(HEADS));
	tcase_add_test(t, own_keys_and_addresses_are_not_looked_at);
	tcase_add_test(t, public_key_is_no_secret);
	tcase_add_loop_test(t, claims_that_are_refused, 0, ARRAY_LEN(SWAPS));
	tcase_add_test(t, an_unproved_address_is_none);
	tcase_add_test(t, damaged_tokens_are_refused);
	tcase_add_test(t, unsigned_tokens_are_refused);
	tcase_add_test(t, large_tokens_are_refused);
	tcase_add_test(t, keys_for_other_uses_are_left_out);
	tcase_add_loop_test(t, sets_of_every_kind, 0, ARRAY_LEN(SETS));
	tcase_add_test(t, exponent_one_is_no_key);
	suite_add_tcase(s, t);
	return s;
}
