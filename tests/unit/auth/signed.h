/* signed.h - signed tokens and key sets of a made-up issuer, for tests. */
#ifndef TESTS_AUTH_SIGNED_H
#define TESTS_AUTH_SIGNED_H

#include <stdio.h>
#include "auth/jwk_int.h"
#include "connector/base/clock.h"
#include "connector/base/codec.h"
#include "connector/base/die.h"
#include "tests/unit/pem.h"

#define ISSUER	 "https://login.test/one/v2.0"
#define AUDIENCE "api://sekisho"

UNUSED static struct sigkey *signed_key(const char *pem)
{
	struct sigkey *k = NULL;

	must(sigkey_from_pem(str_of(pem), &k, NULL));
	return k;
}

/* base64url of bytes of the public key, from its end or its place. */
static void part_put(struct buf *out, const char *name, struct str bytes)
{
	buf_printf(out, ",\"%s\":\"", name);
	b64url_encode(out, bytes);
	buf_puts(out, "\"");
}

/* One JWK; `more`: further members as ",\"use\":\"sig\"". */
UNUSED static void jwk_put(struct buf *out, struct sigkey *k, const char *kid,
			   const char *more)
{
	AUTO(buf) der = BUF_MAX(KEY_SPKI_MAX);
	size_t n = sigkey_bits(k) / 8;
	struct str spki;

	must(sigkey_public_put(k, &der));
	spki = buf_str(&der);
	if (sigkey_alg(k) == KEY_EC_P256) {
		buf_printf(out,
			   "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":"
			   "\"%s\"%s",
			   kid, more);
		part_put(out, "x", str_head(str_skip(spki, spki.n - 64), 32));
		part_put(out, "y", str_skip(spki, spki.n - 32));
	} else { /* ... modulus, and 02 03 01 00 01 */
		buf_printf(out, "{\"kty\":\"RSA\",\"kid\":\"%s\"%s", kid, more);
		part_put(out, "n", str_head(str_skip(spki, spki.n - 5 - n), n));
		part_put(out, "e", str_skip(spki, spki.n - 3));
	}
	buf_puts(out, "}");
}

/* HEAD.CLAIMS.SIGNATURE; scheme 0: no signature. */
UNUSED static void token_put(struct buf *out, struct sigkey *k,
			     enum key_scheme scheme, const char *head,
			     const char *claims)
{
	unsigned char digest[KEY_DIGEST_LEN];
	AUTO(buf) sig = BUF_MAX(KEY_SIGN_MAX);
	size_t from = out->n;

	b64url_encode(out, str_of(head));
	buf_putc(out, '.');
	b64url_encode(out, str_of(claims));
	sha256_of(out->p + from, out->n - from, digest);
	buf_putc(out, '.');
	if (scheme)
		must(sigkey_sign(k, scheme, digest, &sig, NULL));
	b64url_encode(out, buf_str(&sig));
}

/* Claims that fit, at this moment. */
UNUSED static const char *claims_now(const char *mailbox)
{
	static char text[600];
	long long now = clock_now_us() / US_PER_S;

	snprintf(text, sizeof(text),
		 "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE "\","
		 "\"iat\":%lld,\"nbf\":%lld,\"exp\":%lld,"
		 "\"tid\":\"11111111-2222-3333-4444-555555555555\","
		 "\"preferred_username\":\"%s\"}",
		 now - 10, now - 10, now + 600, mailbox);
	return text;
}

#endif
