/* jwk_int.h - one public key of an issuer; jwks.c and jwt_verify.c. */
#ifndef SEKISHO_AUTH_JWK_INT_H
#define SEKISHO_AUTH_JWK_INT_H

#include "auth/jwt_int.h"
#include "connector/sys/crypto/sigkey.h"

struct jwk {
	const char *kid;
	const char *alg;  /* "": any of its type */
	const char *json; /* as it was published */
	struct sigkey *key;
};

#endif
