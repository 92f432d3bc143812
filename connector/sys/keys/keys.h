/* keys.h - the engine's side of the keeper: data keys under the master key,
 * and private keys that sign.
 *
 * The master key never enters the engine.  Requests are typed, bounded, over a
 * socket pair; calls block for one round trip (some 20 us) and may come from
 * any thread.  New data keys are fetched in batches, ready before they are
 * needed.  keys_local() reads the key file itself: for the command line and
 * for tests, never in the engine.
 */
#ifndef SEKISHO_SYS_KEYS_H
#define SEKISHO_SYS_KEYS_H

#include "connector/sys/crypto/crypto.h"
#include "connector/sys/crypto/sigkey.h"

#define WRAPPED_LEN  (KEY_LEN + SEAL_EXTRA)
#define KEY_ID_LEN   16
#define MASTER_WORDS 18 /* 16 of key, 2 of checksum */

struct keys;
struct keys *keys_remote(int fd); /* takes the descriptor of the keeper */
struct keys *keys_local(const char *file, struct err *e) MUST_USE;
struct keys *keys_test(void); /* a fixed key, tests only */
void keys_free(struct keys **k);

bool keys_identity(struct keys *k, unsigned char id_r[KEY_ID_LEN],
		   struct err *e) MUST_USE;
bool keys_dek_new(struct keys *k, unsigned char dek_r[KEY_LEN],
		  unsigned char wrapped_r[WRAPPED_LEN], struct err *e) MUST_USE;
bool keys_dek_open(struct keys *k, const unsigned char wrapped[WRAPPED_LEN],
		   unsigned char dek_r[KEY_LEN], struct err *e) MUST_USE;

/* ---- private keys (DKIM, assertions): made, sealed and used by the keeper */

/* One copy exists in plain, in the keeper while it signs; what the engine
 * holds and stores is a blob, sealed under the master key. A data key cannot
 * be opened as a private key, nor the other way round. */
#define KEY_BLOB_MAX (1 + KEY_PRIVATE_MAX + SEAL_EXTRA)

/* RSA takes some tenths of a second, in which the keeper answers nobody. */
bool keys_key_new(struct keys *k, enum key_alg alg, struct buf *blob_r,
		  struct buf *spki_r, struct err *e) MUST_USE;
/* A private key that came from outside (PEM, PKCS #8 or traditional, not
 * encrypted; RSA of 2048 to 4096 bits, Ed25519, P-256). The caller wipes its
 * copy. PERMANENT: anything else. */
bool keys_key_seal(struct keys *k, struct str pem, enum key_alg *alg_r,
		   struct buf *blob_r, struct buf *spki_r,
		   struct err *e) MUST_USE;
/* DENIED: the blob is not one of ours; PERMANENT: scheme and key differ;
 * RETRY: no keeper. */
bool keys_sign(struct keys *k, struct str blob, enum key_scheme scheme,
	       const unsigned char digest[KEY_DIGEST_LEN], struct buf *sig_r,
	       struct err *e) MUST_USE;

/* Key file: 64 hex digits and a newline, mode 0600. Made only while the store
 * is empty (the caller knows). */
bool master_key_make(const char *file, struct err *e) MUST_USE;
/* A known key, restored from words. Never over a file that is there. */
bool master_key_write(const char *file, const unsigned char key[KEY_LEN],
		      struct err *e) MUST_USE;
bool master_key_read(const char *file, unsigned char key_r[KEY_LEN],
		     struct err *e) MUST_USE;
/* As MASTER_WORDS words of five letters for paper, and back. Reading takes any
 * case, blanks, line ends and hyphens between words; it names the first word
 * that cannot be one, and refuses a wrong checksum. */
void master_key_words(const unsigned char key[KEY_LEN], struct buf *out);
bool master_key_from_words(struct str words, unsigned char key_r[KEY_LEN],
			   struct err *e) MUST_USE;

#endif
