/* password.c - Argon2id strings by libsodium; see crypto.h.
 * Slow on purpose (some 100 ms and 64 MiB): never on a loop's thread.
 */
#include <sodium.h>
#include "connector/base/die.h"
#include "connector/sys/crypto/crypto.h"

bool password_hash(struct str password, struct buf *out)
{
	char text[crypto_pwhash_STRBYTES];

	must(sodium_init() >= 0);
	if (crypto_pwhash_str_alg(text, password.p ? password.p : "",
				  password.n,
				  crypto_pwhash_OPSLIMIT_INTERACTIVE,
				  crypto_pwhash_MEMLIMIT_INTERACTIVE,
				  crypto_pwhash_ALG_ARGON2ID13) != 0)
		return false; /* no memory for it */
	return buf_puts(out, text);
}

bool password_verify(struct str password, const char *hash)
{
	must(sodium_init() >= 0);
	/* libsodium reads a buffer of fixed size and wants NUL inside it. */
	if (strlen(hash) >= crypto_pwhash_STRBYTES)
		return false;
	return crypto_pwhash_str_verify(hash, password.p ? password.p : "",
					password.n) == 0;
}
