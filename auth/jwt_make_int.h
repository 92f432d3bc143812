/* jwt_make_int.h - signed tokens of our own (RFC 7519, RFC 7515 compact form),
 * with a key that only the keeper can use.
 */
#ifndef SEKISHO_AUTH_JWT_MAKE_INT_H
#define SEKISHO_AUTH_JWT_MAKE_INT_H

#include "connector/base/json.h"
#include "connector/sys/keys/keys.h"

/* Header and claims stay the caller's; blob as of keys_key_seal(). Classes as
 * keys_sign(). */
bool jwt_make(struct keys *keys, struct str blob, enum key_scheme scheme,
	      const struct json *header, const struct json *claims,
	      struct buf *out, struct err *e) MUST_USE;
/* RFC 8705 3.1: base64url of the SHA-256 of the certificate's DER; of the
 * first one in the PEM text. der_r: may be NULL. */
bool jwt_x5t_s256(struct str pem, struct buf *out, struct buf *der_r,
		  struct err *e) MUST_USE;

#endif
