/* sigkey_sign.c - signatures over a SHA-256 digest; see sigkey.h. */
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include "connector/sys/crypto/sigkey_int.h"

#define P256_LEN     32 /* r, and s */
#define P256_DER_MAX 80 /* both, as a DER sequence */

static const enum key_alg alg_of_scheme[] = {
	[SIGN_RSA_PKCS1_SHA256] = KEY_RSA,
	[SIGN_RSA_PSS_SHA256] = KEY_RSA,
	[SIGN_ED25519] = KEY_ED25519,
	[SIGN_ECDSA_P256_SHA256] = KEY_EC_P256,
};

static bool fits(const struct sigkey *k, enum key_scheme scheme)
{
	return scheme >= SIGN_RSA_PKCS1_SHA256 &&
	       scheme <= SIGN_ECDSA_P256_SHA256 &&
	       alg_of_scheme[scheme] == k->alg;
}

/* Padding and digest, once sign_init or verify_init was called. */
static bool set_up(EVP_PKEY_CTX *c, enum key_scheme scheme)
{
	if (EVP_PKEY_CTX_set_signature_md(c, EVP_sha256()) != 1)
		return false;
	if (scheme == SIGN_RSA_PKCS1_SHA256)
		return EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) == 1;
	if (scheme == SIGN_RSA_PSS_SHA256)
		return EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING) ==
			       1 &&
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(
			       c, RSA_PSS_SALTLEN_DIGEST) == 1;
	return true;
}

static bool digest_sign(struct sigkey *k, enum key_scheme scheme,
			const unsigned char *digest, unsigned char *sig,
			size_t *n)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(k->evp, NULL);
	bool ok = c && EVP_PKEY_sign_init(c) == 1 && set_up(c, scheme) &&
		  EVP_PKEY_sign(c, sig, n, digest, KEY_DIGEST_LEN) == 1;

	EVP_PKEY_CTX_free(c);
	return ok;
}

static bool digest_verify(struct sigkey *k, enum key_scheme scheme,
			  const unsigned char *digest, struct str sig)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(k->evp, NULL);
	bool ok = c && EVP_PKEY_verify_init(c) == 1 && set_up(c, scheme) &&
		  EVP_PKEY_verify(c, (const unsigned char *)sig.p, sig.n,
				  digest, KEY_DIGEST_LEN) == 1;

	EVP_PKEY_CTX_free(c);
	return ok;
}

/* Ed25519 hashes for itself: the digest is its message. */
static bool ed_sign(struct sigkey *k, const unsigned char *digest,
		    unsigned char *sig, size_t *n)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok = c && EVP_DigestSignInit(c, NULL, NULL, NULL, k->evp) == 1 &&
		  EVP_DigestSign(c, sig, n, digest, KEY_DIGEST_LEN) == 1;

	EVP_MD_CTX_free(c);
	return ok;
}

static bool ed_verify(struct sigkey *k, const unsigned char *digest,
		      struct str sig)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok = c && EVP_DigestVerifyInit(c, NULL, NULL, NULL, k->evp) == 1 &&
		  EVP_DigestVerify(c, (const unsigned char *)sig.p, sig.n,
				   digest, KEY_DIGEST_LEN) == 1;

	EVP_MD_CTX_free(c);
	return ok;
}

static bool raw_of_der(unsigned char *sig, size_t *n)
{
	const unsigned char *p = sig;
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &p, (long)*n);
	bool ok = pair &&
		  BN_bn2binpad(ECDSA_SIG_get0_r(pair), sig, P256_LEN) ==
			  P256_LEN &&
		  BN_bn2binpad(ECDSA_SIG_get0_s(pair), sig + P256_LEN,
			       P256_LEN) == P256_LEN;

	ECDSA_SIG_free(pair);
	*n = (size_t)2 * P256_LEN;
	return ok;
}

static bool ec_verify(struct sigkey *k, const unsigned char *digest,
		      struct str raw)
{
	const unsigned char *p = (const unsigned char *)raw.p;
	unsigned char der[P256_DER_MAX], *to = der;
	ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *r, *s;
	bool ok = false;
	int n;

	if (pair && raw.n == (size_t)2 * P256_LEN) {
		r = BN_bin2bn(p, P256_LEN, NULL);
		s = BN_bin2bn(p + P256_LEN, P256_LEN, NULL);
		ok = r && s && ECDSA_SIG_set0(pair, r, s) == 1;
	}
	n = ok ? i2d_ECDSA_SIG(pair, NULL) : 0;
	ok = n > 0 && n <= P256_DER_MAX && i2d_ECDSA_SIG(pair, &to) == n &&
	     digest_verify(k, SIGN_ECDSA_P256_SHA256, digest,
			   str_n(der, (size_t)n));
	ECDSA_SIG_free(pair);
	return ok;
}

bool sigkey_sign(struct sigkey *k, enum key_scheme scheme,
		 const unsigned char digest[KEY_DIGEST_LEN], struct buf *sig_r,
		 struct err *e)
{
	unsigned char sig[KEY_SIGN_MAX];
	size_t n = sizeof(sig);
	bool ok;

	if (!fits(k, scheme))
		return err_set(e, ERR_PERMANENT, 0,
			       "the key is of another algorithm");
	if (scheme == SIGN_ED25519)
		ok = ed_sign(k, digest, sig, &n);
	else
		ok = digest_sign(k, scheme, digest, sig, &n) &&
		     (scheme != SIGN_ECDSA_P256_SHA256 || raw_of_der(sig, &n));
	ERR_clear_error();
	if (!ok)
		return err_set(e, ERR_PERMANENT, 0, "the key does not sign");
	if (!buf_put(sig_r, sig, n))
		return err_set(e, ERR_LIMIT, 0, "signature of %zu bytes", n);
	return true;
}

bool sigkey_verify(struct sigkey *k, enum key_scheme scheme,
		   const unsigned char digest[KEY_DIGEST_LEN], struct str sig)
{
	bool ok = false;

	if (!fits(k, scheme) || sig.n == 0 || sig.n > KEY_SIGN_MAX)
		return false;
	if (scheme == SIGN_ED25519)
		ok = ed_verify(k, digest, sig);
	else if (scheme == SIGN_ECDSA_P256_SHA256)
		ok = ec_verify(k, digest, sig);
	else
		ok = digest_verify(k, scheme, digest, sig);
	ERR_clear_error();
	return ok;
}
