/* test_sigkey.c - keys that sign: made, read, written, used. */
#include "connector/sys/crypto/sigkey.h"
#include <check.h>
#include "connector/base/codec.h"
#include "connector/base/mem.h"
#include "tests/unit/pem.h"

Suite *test_sigkey_suite(void);

static const unsigned char digest[KEY_DIGEST_LEN] =
	"thirty-two bytes of digest here";

static struct sigkey *from_pem(const char *pem)
{
	struct sigkey *k = NULL;
	struct err e = ERR_EMPTY;

	ck_assert_msg(sigkey_from_pem(str_of(pem), &k, &e), "%s", e.text);
	return k;
}

/* What sealing does: out as PKCS #8 and SPKI, and in again. */
static struct sigkey *there_and_back(struct sigkey *k, struct sigkey **public_r)
{
	struct buf der = BUF_MAX(KEY_PRIVATE_MAX), spki = BUF_MAX(KEY_SPKI_MAX);
	struct sigkey *back = NULL;
	struct err e = ERR_EMPTY;

	ck_assert(sigkey_private_put(k, &der));
	ck_assert(sigkey_public_put(k, &spki));
	ck_assert(sigkey_from_private(buf_str(&der), &back, &e));
	ck_assert(sigkey_from_public(sigkey_alg(k), buf_str(&spki), public_r,
				     &e));
	ck_assert_int_eq(sigkey_alg(back), sigkey_alg(k));
	buf_release(&der);
	buf_release(&spki);
	sigkey_free(&k);
	return back;
}

static void signs_with(struct sigkey *k, struct sigkey *public,
		       enum key_scheme scheme, size_t sig_n)
{
	unsigned char other[KEY_DIGEST_LEN];
	struct buf sig = BUF_MAX(KEY_SIGN_MAX);
	struct err e = ERR_EMPTY;

	ck_assert_msg(sigkey_sign(k, scheme, digest, &sig, &e), "%s", e.text);
	ck_assert_uint_eq(sig.n, sig_n);
	ck_assert(sigkey_verify(public, scheme, digest, buf_str(&sig)));
	for (size_t i = 0; i < sig.n; i += 1 + sig.n / 40) {
		sig.p[i] ^= 4;
		ck_assert(
			!sigkey_verify(public, scheme, digest, buf_str(&sig)));
		sig.p[i] ^= 4;
		ck_assert(!sigkey_verify(public, scheme, digest,
					 str_head(buf_str(&sig), i)));
	}
	memcpy(other, digest, sizeof(other));
	other[31] ^= 1;
	ck_assert(!sigkey_verify(public, scheme, other, buf_str(&sig)));
	/* The public half proves and does not sign. */
	buf_clear(&sig);
	ck_assert(!sigkey_sign(public, scheme, digest, &sig, &e));
	ck_assert_uint_eq(sig.n, 0);
	buf_release(&sig);
}

static const struct {
	const char *pem;
	enum key_alg alg;
	unsigned bits;
	size_t sig_n;
} good[] = {
	{PEM_RSA_2048, KEY_RSA, 2048, 256},
	{PEM_RSA_TRADITIONAL, KEY_RSA, 2048, 256},
	{PEM_RSA_3072, KEY_RSA, 3072, 384},
	{PEM_ED25519, KEY_ED25519, 0, 64},
	{PEM_P256, KEY_EC_P256, 256, 64},
	{PEM_P256_TRADITIONAL, KEY_EC_P256, 256, 64},
};

START_TEST(pem_keys_sign)
{
	struct sigkey *public = NULL;
	struct sigkey *k = there_and_back(from_pem(good[_i].pem), &public);
	struct buf sig = BUF_MAX(KEY_SIGN_MAX);
	struct err e = ERR_EMPTY;
	unsigned fit = 0;

	ck_assert_int_eq(sigkey_alg(k), good[_i].alg);
	if (good[_i].bits)
		ck_assert_uint_eq(sigkey_bits(k), good[_i].bits);
	for (int scheme = 0; scheme <= SIGN_ECDSA_P256_SHA256 + 1; scheme++) {
		buf_clear(&sig);
		if (sigkey_sign(k, (enum key_scheme)scheme, digest, &sig, &e)) {
			fit++;
			signs_with(k, public, (enum key_scheme)scheme,
				   good[_i].sig_n);
			continue;
		}
		ck_assert_int_eq(e.class, ERR_PERMANENT);
		ck_assert(!sigkey_verify(public, (enum key_scheme)scheme,
					 digest, STR("x")));
	}
	ck_assert_uint_eq(fit, good[_i].alg == KEY_RSA ? 2 : 1);
	buf_release(&sig);
	sigkey_free(&k);
	sigkey_free(&public);
}
END_TEST

START_TEST(made_keys_sign)
{
	static const enum key_scheme scheme[] = {
		0, SIGN_RSA_PSS_SHA256, SIGN_ED25519, SIGN_ECDSA_P256_SHA256};
	struct sigkey *k = NULL, *public = NULL;
	struct err e = ERR_EMPTY;

	ck_assert(sigkey_make((enum key_alg)_i, &k, &e));
	k = there_and_back(k, &public);
	signs_with(k, public, scheme[_i], _i == KEY_RSA ? 256 : 64);
	sigkey_free(&k);
	sigkey_free(&public);
	ck_assert(!sigkey_make((enum key_alg)0, &k, &e));
	ck_assert_int_eq(e.class, ERR_PERMANENT);
}
END_TEST

START_TEST(others_are_refused)
{
	static const char *const bad[] = {
		PEM_RSA_1024,

		PEM_P384,
		PEM_ENCRYPTED,
		PEM_ED448,
		PEM_X25519,
		"",
		"-----BEGIN ",
		"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
	};
	struct sigkey *k = NULL;
	struct err e = ERR_EMPTY;
	struct str pem;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		e = ERR_EMPTY;
		ck_assert(!sigkey_from_pem(str_of(bad[i]), &k, &e));
		ck_assert_int_eq(e.class, ERR_PERMANENT);
		ck_assert_ptr_null(k);
	}
	pem = STR(PEM_ED25519);
	for (size_t n = 0; n < pem.n - 26; n++)
		ck_assert(!sigkey_from_pem(str_head(pem, n), &k, &e));
	ck_assert(!sigkey_from_private(STR("nonsense"), &k, &e));
	ck_assert(!sigkey_from_private(STR_EMPTY, &k, &e));
}
END_TEST

/* OpenSSL knows two ways through an RSA key and takes the one that works: a
 * damaged key is refused, or signs for the same public half. */
START_TEST(damage_is_found)
{
	struct sigkey *k = from_pem(PEM_RSA_TRADITIONAL);
	struct buf want = BUF_MAX(KEY_SPKI_MAX), got = BUF_MAX(KEY_SPKI_MAX);
	struct buf text = BUF_MAX(KEY_PEM_MAX);
	unsigned refused = 0;

	ck_assert(sigkey_public_put(k, &want));
	sigkey_free(&k);
	buf_puts(&text, PEM_RSA_TRADITIONAL);
	for (size_t i = 40; i < text.n - 40; i += 37) {
		char was = text.p[i];

		text.p[i] = was == 'Q' ? 'k' : 'Q';
		if (was == '\n' || !sigkey_from_pem(buf_str(&text), &k, NULL)) {
			refused++;
		} else {
			buf_clear(&got);
			ck_assert(sigkey_public_put(k, &got));
			ck_assert(str_eq(buf_str(&got), buf_str(&want)));
			sigkey_free(&k);
		}
		text.p[i] = was;
	}
	ck_assert_uint_gt(refused, 5);
	buf_release(&text);
	buf_release(&want);
	buf_release(&got);
}
END_TEST

/* RFC 8410 10.1 and 10.3: the same key, private and public. */
START_TEST(raw_ed25519)
{
	static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
				  "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+"
				  "K06/nwoy/HU++CXqI9EdVhC\n"
				  "-----END PRIVATE KEY-----\n";
	static const char spki64[] =
		"MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=";
	struct buf spki = BUF_MAX(100), raw = BUF_MAX(100), got = BUF_MAX(100);
	struct sigkey *k = from_pem(pem), *public = NULL;
	struct err e = ERR_EMPTY;

	ck_assert(b64_decode(&spki, str_of(spki64)));
	ck_assert(sigkey_public_put(k, &got));
	ck_assert(str_eq(buf_str(&got), buf_str(&spki)));
	ck_assert(sigkey_raw_put(k, &raw));
	ck_assert_uint_eq(raw.n, KEY_ED25519_LEN);
	ck_assert_mem_eq(raw.p, spki.p + spki.n - 32, 32);
	ck_assert(sigkey_from_public(KEY_ED25519, buf_str(&raw), &public, &e));
	signs_with(k, public, SIGN_ED25519, 64);
	sigkey_free(&public);
	/* Nothing behind the key, and no key of another kind. */
	buf_putc(&spki, 'x');
	ck_assert(
		!sigkey_from_public(KEY_ED25519, buf_str(&spki), &public, &e));
	ck_assert(!sigkey_from_public(KEY_RSA, buf_str(&got), &public, &e));
	ck_assert(!sigkey_from_public(KEY_ED25519, STR_EMPTY, &public, &e));
	ck_assert_ptr_null(public);
	sigkey_free(&k);
	buf_release(&spki);
	buf_release(&raw);
	buf_release(&got);
}
END_TEST

START_TEST(warms)
{
	struct err e = ERR_EMPTY;

	ck_assert_msg(sigkey_warm(&e), "%s", e.text);
}
END_TEST

Suite *test_sigkey_suite(void)
{
	Suite *s = suite_create("sys/sigkey");
	TCase *t = tcase_create("sigkey");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, pem_keys_sign, 0, (int)ARRAY_LEN(good));
	tcase_add_loop_test(t, made_keys_sign, KEY_RSA, KEY_EC_P256 + 1);
	tcase_add_test(t, others_are_refused);
	tcase_add_test(t, damage_is_found);
	tcase_add_test(t, raw_ed25519);
	tcase_add_test(t, warms);
	suite_add_tcase(s, t);
	return s;
}
