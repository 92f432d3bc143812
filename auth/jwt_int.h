/* jwt_int.h - signed tokens (RFC 7519, 7515) and the keys that prove them
 * (RFC 7517).  Pure: bytes, keys and the time in, a verdict out.
 *
 * Checked as RFC 8725 says: algorithms from a list of three, the key chosen by
 * `kid` alone and only of the algorithm's type; keys and addresses that a token
 * brings along (jwk, jku, x5c, x5u) are not looked at.
 */
#ifndef SEKISHO_AUTH_JWT_INT_H
#define SEKISHO_AUTH_JWT_INT_H

#include "connector/base/arena.h"
#include "connector/base/err.h"
#include "connector/base/json.h"

#define JWT_MAX	       (16 * 1024) /* bytes of a token */
#define JWT_HEAD_MAX   (4 * 1024)  /* of its header, as base64 */
#define JWKS_BYTES_MAX (256 * 1024)
#define JWKS_KEYS_MAX  100
#define JWT_SKEW_S     300

enum jwt_alg { JWT_NONE, JWT_RS256, JWT_PS256, JWT_ES256 };

struct jwt {
	enum jwt_alg alg;
	const char *kid; /* of head */
	struct json *head, *claims;
	struct str token, text; /* all of it; what is signed; borrowed */
	struct buf signature;
};
/* Form and header alone; nothing is believed yet. why_r: for the log. */
bool jwt_read(struct str token, struct jwt *t_r, const char **why_r) MUST_USE;
void jwt_release(struct jwt *t);

struct jwt_wanted {
	const char *issuer; /* exactly */
	const char *audience;
	const char *tenant; /* `tid`; NULL: not asked */
	const char *claim;  /* that names the mailbox */
	int64_t now_us;	    /* wall clock */
};
/* The mailbox lives as long as the token. */
bool jwt_claims_fit(const struct jwt *t, const struct jwt_wanted *w,
		    struct str *mailbox_r, const char **why_r) MUST_USE;

/* A set of public keys; keys that we cannot use are left out. */
struct jwks;
struct jwk;
struct jwks *jwks_read(struct str text, struct err *e) MUST_USE;
void jwks_free(struct jwks **s);
size_t jwks_size(const struct jwks *s);
/* NULL: no such key, or not one for this algorithm. */
const struct jwk *jwks_find(const struct jwks *s, const struct jwt *t);

/* jwt_verify.c */
bool jwt_signature_ok(const struct jwt *t, const struct jwk *k) MUST_USE;

#endif
