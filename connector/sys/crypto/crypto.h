/* crypto.h - digests, MACs, and sealed objects (OpenSSL EVP; Argon2id by
 * libsodium). Contexts are per call or per object; all functions any thread.
 *
 * A sealed object is cut into chunks of BODY_CHUNK bytes, each AES-256-GCM
 * under the object's own data key; chunk number, object id, version and the
 * whole length are authenticated, so that chunks cannot be swapped, cut or
 * taken from an older use of the same spool file.
 */
#ifndef SEKISHO_SYS_CRYPTO_H
#define SEKISHO_SYS_CRYPTO_H

#include "connector/base/buf.h"
#include "connector/base/err.h"

#define SHA256_LEN 32
#define KEY_LEN	   32 /* AES-256 */
#define SEAL_EXTRA 28 /* nonce 12 + tag 16, before the ciphertext */

struct sha256; /* running digest */
struct sha256 *sha256_new(void);
void sha256_add(struct sha256 *s, const void *p, size_t n);
void sha256_end(struct sha256 **s, unsigned char out[SHA256_LEN]);
void sha256_free(struct sha256 **s); /* for one that is not ended */
void sha256_of(const void *p, size_t n, unsigned char out[SHA256_LEN]);
void hmac_sha256(const unsigned char *key, size_t key_n, const void *p,
		 size_t n, unsigned char out[SHA256_LEN]);

/* What a seal is bound to. */
struct seal_id {
	int64_t object;	 /* message id or row id */
	uint32_t kind;	 /* enum seal_kind */
	uint32_t chunk;	 /* 0 for small objects */
	uint64_t length; /* of the whole object; 0 while unknown */
	uint64_t version;
};
enum seal_kind {
	SEAL_KEY = 1,
	SEAL_BODY,
	SEAL_SUBJECT,
	SEAL_PLAN,
	SEAL_VIEW,
	SEAL_EDITS,
	SEAL_SECRET,
	SEAL_TEXT,
	SEAL_PRIVATE_KEY,
	SEAL_RECORD,
};

/* out gets SEAL_EXTRA + n bytes. */
void seal(const unsigned char key[KEY_LEN], const struct seal_id *id,
	  const void *p, size_t n, struct buf *out);
/* Wrong key, identity or bytes: false, class PERMANENT, nothing in out. */
bool seal_open(const unsigned char key[KEY_LEN], const struct seal_id *id,
	       struct str sealed, struct buf *out, struct err *e) MUST_USE;
/* The same into caller memory (hot path); room must hold n + SEAL_EXTRA. */
size_t seal_into(const unsigned char key[KEY_LEN], const struct seal_id *id,
		 const void *p, size_t n, unsigned char *room);
bool seal_open_into(const unsigned char key[KEY_LEN], const struct seal_id *id,
		    struct str sealed, unsigned char *room, size_t *n_r,
		    struct err *e) MUST_USE;

/* Argon2id strings, for passwords (libsodium). */
bool password_hash(struct str password, struct buf *out) MUST_USE;
/* Is it such a string, at a cost that we would pay? */
bool password_hash_ok(const char *hash) MUST_USE;
bool password_verify(struct str password, const char *hash) MUST_USE;

#endif
