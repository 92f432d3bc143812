/* fuzz_jwt - bytes as a token against a fixed key set, and as a key set for a
 * fixed token.  Nothing that was not signed here may ever be believed.
 */
#include "tests/unit/auth/signed.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct jwks *set_of(struct sigkey *k)
{
	AUTO(buf) text = BUF_MAX(16 * KIB);
	struct jwks *s;

	buf_puts(&text, "{\"keys\":[");
	jwk_put(&text, k, "r1", "");
	buf_puts(&text, "]}");
	s = jwks_read(buf_str(&text), NULL);
	must(s && jwks_size(s) == 1);
	return s;
}

/* Belief needs all of it; here the claims may be any. */
static bool believed(struct str token, const struct jwks *keys)
{
	const struct jwt_wanted wanted = {.issuer = ISSUER,
					  .audience = AUDIENCE,
					  .claim = "preferred_username",
					  .now_us = 1800000000 * US_PER_S};
	const struct jwk *k;
	const char *why = NULL;
	struct str mailbox;
	struct jwt t;
	bool ok;

	if (!jwt_read(token, &t, &why)) {
		must(why);
		return false;
	}
	ok = jwt_claims_fit(&t, &wanted, &mailbox, &why);
	must(ok ? mailbox.n > 0 : why != NULL);
	k = jwks_find(keys, &t);
	ok = k && jwt_signature_ok(&t, k);
	jwt_release(&t);
	return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct jwks *keys;
	static struct buf token;
	struct str in = str_n(p, n);
	struct jwks *s;

	if (!keys) {
		struct sigkey *k = signed_key(PEM_RSA_2048);

		keys = set_of(k);
		token = BUF_MAX(16 * KIB);
		token_put(&token, k, SIGN_RSA_PKCS1_SHA256,
			  "{\"alg\":\"RS256\",\"kid\":\"r1\"}", "{}");
		sigkey_free(&k);
	}
	must(!believed(in, keys));
	s = jwks_read(in, NULL);
	if (s) {
		/* A set that holds the very key may say yes; no other can. */
		(void)!believed(buf_str(&token), s);
		must(jwks_size(s) <= JWKS_KEYS_MAX);
	}
	jwks_free(&s);
	return 0;
}
