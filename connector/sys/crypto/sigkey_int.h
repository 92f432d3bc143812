/* sigkey_int.h - what sigkey.c and sigkey_sign.c share. */
#ifndef SEKISHO_SYS_CRYPTO_SIGKEY_INT_H
#define SEKISHO_SYS_CRYPTO_SIGKEY_INT_H

#include <openssl/evp.h>
#include "connector/sys/crypto/sigkey.h"

struct sigkey {
	EVP_PKEY *evp;
	enum key_alg alg;
};

#endif
