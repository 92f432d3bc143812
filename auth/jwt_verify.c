/* jwt_verify.c - is the signature of a token that of a key?  The key was chosen
 * by its name, and is of the algorithm's type; claims are judged elsewhere.
 */
#include "auth/jwk_int.h"

bool jwt_signature_ok(const struct jwt *t, const struct jwk *k)
{
	static const enum key_scheme SCHEME[] = {
		[JWT_RS256] = SIGN_RSA_PKCS1_SHA256,
		[JWT_PS256] = SIGN_RSA_PSS_SHA256,
		[JWT_ES256] = SIGN_ECDSA_P256_SHA256,
	};
	unsigned char digest[KEY_DIGEST_LEN];

	if (t->alg == JWT_NONE)
		return false;
	sha256_of(t->text.p, t->text.n, digest);
	return sigkey_verify(k->key, SCHEME[t->alg], digest,
			     buf_str(&t->signature));
}
