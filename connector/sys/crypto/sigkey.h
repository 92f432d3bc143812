/* sigkey.h - keys that sign: RSA, Ed25519 and P-256 (OpenSSL EVP).
 *
 * Everything signs the SHA-256 digest of what is signed, so that its bytes
 * need not be where the key is.  Any thread; one key, one thread at a time.
 * The keeper calls this in its sandbox: sigkey_warm() first, so that nothing is
 * loaded later.
 */
#ifndef SEKISHO_SYS_CRYPTO_SIGKEY_H
#define SEKISHO_SYS_CRYPTO_SIGKEY_H

#include "connector/sys/crypto/crypto.h"

#define KEY_SPKI_MAX	1024 /* public key, DER */
#define KEY_PRIVATE_MAX 4096 /* PKCS #8, DER; RSA of 4096 bits has 2380 */
#define KEY_SIGN_MAX	512  /* signature */
#define KEY_PEM_MAX	8192
#define KEY_DIGEST_LEN	SHA256_LEN
#define KEY_ED25519_LEN 32 /* raw public key */
#define KEY_RSA_MAKE	2048
#define KEY_RSA_MIN	2048 /* of a private key that comes from outside */
#define KEY_RSA_MAX	4096

enum key_alg { KEY_RSA = 1, KEY_ED25519, KEY_EC_P256 };
enum key_scheme {
	SIGN_RSA_PKCS1_SHA256 = 1, /* RS256, DKIM rsa-sha256 */
	SIGN_RSA_PSS_SHA256,	   /* PS256, salt 32 (RFC 7518 3.5) */
	SIGN_ED25519,		   /* over the digest's 32 bytes (RFC 8463 3) */
	SIGN_ECDSA_P256_SHA256,	   /* ES256, r and s raw (RFC 7518 3.4) */
};

struct sigkey;
/* RSA_MAKE bits; some tenths of a second. PERMANENT: no such algorithm. */
bool sigkey_make(enum key_alg alg, struct sigkey **k_r, struct err *e) MUST_USE;
/* PKCS #8 or traditional, not encrypted. PERMANENT: not a private key, or not
 * one that signs here. */
bool sigkey_from_pem(struct str pem, struct sigkey **k_r,
		     struct err *e) MUST_USE;
bool sigkey_from_private(struct str pkcs8, struct sigkey **k_r,
			 struct err *e) MUST_USE;
/* SubjectPublicKeyInfo; for RSA also RSAPublicKey (RFC 8017 A.1.1) of any
 * size up to RSA_MAX. For Ed25519 also the 32 raw bytes (RFC 8463 4.2). */
bool sigkey_from_public(enum key_alg alg, struct str der, struct sigkey **k_r,
			struct err *e) MUST_USE;
void sigkey_free(struct sigkey **k);

enum key_alg sigkey_alg(const struct sigkey *k);
unsigned sigkey_bits(const struct sigkey *k);
/* PKCS #8 into a buffer that is secret. */
bool sigkey_private_put(const struct sigkey *k, struct buf *out) MUST_USE;
bool sigkey_public_put(const struct sigkey *k, struct buf *out) MUST_USE;
/* The 32 bytes of Ed25519. False: another algorithm. */
bool sigkey_raw_put(const struct sigkey *k, struct buf *out) MUST_USE;

/* PERMANENT: scheme and key differ. */
bool sigkey_sign(struct sigkey *k, enum key_scheme scheme,
		 const unsigned char digest[KEY_DIGEST_LEN], struct buf *sig_r,
		 struct err *e) MUST_USE;
/* False for any reason: no proof. */
bool sigkey_verify(struct sigkey *k, enum key_scheme scheme,
		   const unsigned char digest[KEY_DIGEST_LEN],
		   struct str sig) MUST_USE;

/* Everything once, with keys that are thrown away. */
bool sigkey_warm(struct err *e) MUST_USE;

#endif
