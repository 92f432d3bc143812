/* password.c - Argon2id strings by libsodium; see crypto.h.
 * Slow on purpose (some 100 ms and 64 MiB): never on a loop's thread.
 */
#include <sodium.h>
#include "connector/base/die.h"
#include "connector/base/rd.h"
#include "connector/sys/crypto/crypto.h"

#define COST_KIB_MAX	(256 * 1024)
#define COST_PASSES_MAX 16

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

static bool is_digit(unsigned char c)
{
	return ascii_digit((char)c);
}

static bool cost_ok(struct rd *r, const char *name, uint64_t most, char end)
{
	struct str digits;
	uint64_t v;

	TRY(rd_accept_ci(r, name));
	digits = rd_while(r, is_digit);
	return str_u64(digits, &v) && v <= most && rd_accept(r, end);
}

bool password_hash_ok(const char *hash)
{
	struct rd r = rd_of(str_of(hash));

	must(sodium_init() >= 0);
	/* -1: it cannot be read; 1: it is of another cost. */
	return strlen(hash) < crypto_pwhash_STRBYTES &&
	       rd_accept_ci(&r, "$argon2id$v=19$") &&
	       cost_ok(&r, "m=", COST_KIB_MAX, ',') &&
	       cost_ok(&r, "t=", COST_PASSES_MAX, ',') &&
	       crypto_pwhash_str_needs_rehash(
		       hash, crypto_pwhash_OPSLIMIT_INTERACTIVE,
		       crypto_pwhash_MEMLIMIT_INTERACTIVE) >= 0;
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
