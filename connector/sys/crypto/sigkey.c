/* sigkey.c - keys that sign: made, read, written; see sigkey.h.
 *
 * OpenSSL's error queue is emptied wherever a failure is an answer: nobody
 * else may find ours in it.
 */
#include "connector/sys/crypto/sigkey.h"
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include "connector/base/die.h"
#include "connector/base/mem.h"
#include "connector/sys/crypto/sigkey_int.h"

#define EC_GROUP_NAME_MAX 40

static bool group_is_p256(const EVP_PKEY *evp)
{
	char name[EC_GROUP_NAME_MAX];
	size_t n;

	return EVP_PKEY_get_group_name(evp, name, sizeof(name), &n) == 1 &&
	       strcmp(name, "prime256v1") == 0;
}

/* The algorithm of a key, or 0 for one that we do not know. */
static enum key_alg alg_of(const EVP_PKEY *evp)
{
	switch (EVP_PKEY_get_base_id(evp)) {
	case EVP_PKEY_RSA:
		return KEY_RSA;
	case EVP_PKEY_ED25519:
		return KEY_ED25519;
	case EVP_PKEY_EC:
		return group_is_p256(evp) ? KEY_EC_P256 : (enum key_alg)0;
	default:
		return (enum key_alg)0;
	}
}

/* Takes evp, which may be NULL. */
static bool adopt(EVP_PKEY *evp, int rsa_min, struct sigkey **k_r,
		  struct err *e)
{
	enum key_alg alg = evp ? alg_of(evp) : (enum key_alg)0;
	int bits = alg == KEY_RSA ? EVP_PKEY_get_bits(evp) : 0;

	ERR_clear_error();
	if (alg == KEY_RSA && (bits < rsa_min || bits > KEY_RSA_MAX))
		err_set(e, ERR_PERMANENT, 0,
			"RSA key of %d bits; %d to %d are allowed", bits,
			rsa_min, KEY_RSA_MAX);
	else if (!alg)
		err_set(e, ERR_PERMANENT, 0,
			"not a key of RSA, Ed25519 or P-256%s",
			evp ? "" : ", or encrypted, or damaged");
	else {
		*k_r = NEW(struct sigkey);
		(*k_r)->evp = evp;
		(*k_r)->alg = alg;
		return true;
	}
	EVP_PKEY_free(evp);
	return false;
}

static bool make(enum key_alg alg, unsigned bits, struct sigkey **k_r,
		 struct err *e)
{
	EVP_PKEY *evp = NULL;

	switch (alg) {
	case KEY_RSA:
		evp = EVP_RSA_gen(bits);
		break;
	case KEY_ED25519:
		evp = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		break;
	case KEY_EC_P256:
		evp = EVP_EC_gen("P-256");
		break;
	default:
		return err_set(e, ERR_PERMANENT, 0, "no such algorithm");
	}
	return adopt(evp, (int)bits, k_r, e);
}

bool sigkey_make(enum key_alg alg, struct sigkey **k_r, struct err *e)
{
	return make(alg, KEY_RSA_MAKE, k_r, e);
}

/* Without it OpenSSL would ask at the terminal. */
static int no_password(char *to, int room, int writing, void *arg)
{
	(void)to;
	(void)room;
	(void)writing;
	(void)arg;
	return -1;
}

static bool from_pem(struct str pem, int rsa_min, struct sigkey **k_r,
		     struct err *e)
{
	EVP_PKEY *evp;
	BIO *in;

	if (pem.n > KEY_PEM_MAX)
		return err_set(e, ERR_PERMANENT, 0,
			       "key of %zu bytes; at most %d", pem.n,
			       KEY_PEM_MAX);
	in = BIO_new_mem_buf(pem.p ? pem.p : "", (int)pem.n);
	must(in != NULL);
	evp = PEM_read_bio_PrivateKey(in, NULL, no_password, NULL);
	BIO_free(in);
	return adopt(evp, rsa_min, k_r, e);
}

static bool signs(struct sigkey *k, struct err *e);

bool sigkey_from_pem(struct str pem, struct sigkey **k_r, struct err *e)
{
	TRY(from_pem(pem, KEY_RSA_MIN, k_r, e));
	if (signs(*k_r, e))
		return true;
	sigkey_free(k_r);
	return false;
}

bool sigkey_from_private(struct str pkcs8, struct sigkey **k_r, struct err *e)
{
	const unsigned char *p = (const unsigned char *)pkcs8.p;
	PKCS8_PRIV_KEY_INFO *info = NULL;
	EVP_PKEY *evp = NULL;

	if (pkcs8.n <= KEY_PRIVATE_MAX)
		info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)pkcs8.n);
	if (info)
		evp = EVP_PKCS82PKEY(info);
	PKCS8_PRIV_KEY_INFO_free(info);
	return adopt(evp, 0, k_r, e);
}

bool sigkey_from_public(enum key_alg alg, struct str der, struct sigkey **k_r,
			struct err *e)
{
	const unsigned char *p = (const unsigned char *)der.p;
	EVP_PKEY *evp = NULL;

	if (der.n == 0 || der.n > KEY_SPKI_MAX)
		return err_set(e, ERR_PERMANENT, 0, "public key of %zu bytes",
			       der.n);
	if (alg == KEY_ED25519 && der.n == KEY_ED25519_LEN)
		evp = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, p,
						  der.n);
	else
		evp = d2i_PUBKEY(NULL, &p, (long)der.n);
	if (!evp && alg == KEY_RSA) {
		p = (const unsigned char *)der.p;
		evp = d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, (long)der.n);
	}
	if (evp && p != (const unsigned char *)der.p + der.n &&
	    !(alg == KEY_ED25519 && der.n == KEY_ED25519_LEN)) {
		EVP_PKEY_free(evp); /* bytes behind the key */
		evp = NULL;
	}
	TRY(adopt(evp, 0, k_r, e));
	if ((*k_r)->alg == alg)
		return true;
	sigkey_free(k_r);
	return err_set(e, ERR_PERMANENT, 0, "public key of another algorithm");
}

void sigkey_free(struct sigkey **k)
{
	struct sigkey *old = TAKE(*k);

	if (!old)
		return;
	EVP_PKEY_free(old->evp);
	mem_free(old);
}

enum key_alg sigkey_alg(const struct sigkey *k)
{
	return k->alg;
}

unsigned sigkey_bits(const struct sigkey *k)
{
	return (unsigned)EVP_PKEY_get_bits(k->evp);
}

static bool der_put(unsigned char *der, int n, struct buf *out)
{
	bool ok = n > 0 && buf_put(out, der, (size_t)n);

	if (n > 0)
		OPENSSL_clear_free(der, (size_t)n);
	ERR_clear_error();
	return ok;
}

bool sigkey_private_put(const struct sigkey *k, struct buf *out)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(k->evp);
	unsigned char *der = NULL;
	int n = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : 0;

	out->secret = true;
	PKCS8_PRIV_KEY_INFO_free(info);
	return der_put(der, n, out);
}

bool sigkey_public_put(const struct sigkey *k, struct buf *out)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(k->evp, &der);

	return der_put(der, n, out);
}

bool sigkey_raw_put(const struct sigkey *k, struct buf *out)
{
	unsigned char raw[KEY_ED25519_LEN];
	size_t n = sizeof(raw);

	if (k->alg != KEY_ED25519 ||
	    EVP_PKEY_get_raw_public_key(k->evp, raw, &n) != 1)
		return false;
	return buf_put(out, raw, n);
}

/* ---- everything once ------------------------------------------------------
 */

static const enum key_scheme first_scheme[] = {
	[KEY_RSA] = SIGN_RSA_PKCS1_SHA256,
	[KEY_ED25519] = SIGN_ED25519,
	[KEY_EC_P256] = SIGN_ECDSA_P256_SHA256,
};

static bool proves(struct sigkey *k, enum key_scheme scheme, struct err *e)
{
	static const unsigned char digest[KEY_DIGEST_LEN] = {1, 2, 3};
	struct buf sig = BUF_MAX(KEY_SIGN_MAX);
	bool ok = sigkey_sign(k, scheme, digest, &sig, e);

	if (ok && !sigkey_verify(k, scheme, digest, buf_str(&sig)))
		ok = err_set(e, ERR_PERMANENT, 0,
			     "the key's public and private part differ");
	buf_release(&sig);
	return ok;
}

static bool signs(struct sigkey *k, struct err *e)
{
	must(k != NULL);
	return proves(k, first_scheme[k->alg], e);
}

/* Small enough to be made at every start; large enough for PSS. */
#define WARM_BITS 1024

/* There and back, and half of it, which is refused. */
static bool warm_pem(const struct sigkey *k, bool traditional, struct err *e)
{
	struct sigkey *other = NULL;
	BIO *pem = BIO_new(BIO_s_mem());
	char *text = NULL;
	long n;
	bool ok;

	must(pem != NULL);
	if (traditional)
		ok = PEM_write_bio_PrivateKey_traditional(
			     pem, k->evp, NULL, NULL, 0, NULL, NULL) == 1;
	else
		ok = PEM_write_bio_PrivateKey(pem, k->evp, NULL, NULL, 0, NULL,
					      NULL) == 1;
	n = BIO_get_mem_data(pem, &text);
	ok = ok && from_pem(str_n(text, (size_t)n), 0, &other, e) &&
	     signs(other, e);
	sigkey_free(&other);
	if (ok && from_pem(str_n(text, (size_t)n / 2), 0, &other, NULL))
		sigkey_free(&other);
	BIO_free(pem);
	return ok;
}

static bool warm_one(enum key_alg alg, struct err *e)
{
	struct buf der = BUF_MAX(KEY_PRIVATE_MAX), spki = BUF_MAX(KEY_SPKI_MAX);
	struct sigkey *k = NULL, *same = NULL, *half = NULL;
	bool ok;

	ok = make(alg, WARM_BITS, &k, e) && sigkey_private_put(k, &der) &&
	     sigkey_public_put(k, &spki) &&
	     sigkey_from_private(buf_str(&der), &same, e) && signs(same, e) &&
	     (alg != KEY_RSA || proves(same, SIGN_RSA_PSS_SHA256, e)) &&
	     sigkey_from_public(alg, buf_str(&spki), &half, e) &&
	     (alg == KEY_ED25519 || warm_pem(k, true, e)) &&
	     warm_pem(k, false, e);
	sigkey_free(&k);
	sigkey_free(&same);
	sigkey_free(&half);
	buf_release(&der);
	buf_release(&spki);
	return ok;
}

bool sigkey_warm(struct err *e)
{
	for (int alg = KEY_RSA; alg <= KEY_EC_P256; alg++)
		if (!warm_one((enum key_alg)alg, e))
			return err_wrap(e, "signature algorithm %d", alg);
	return true;
}
