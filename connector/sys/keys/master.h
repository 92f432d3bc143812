/* master.h - what is done with the master key itself.
 *
 * Called by the keeper, and by keys_local() for the command line and tests;
 * never in the engine.  Threads: any.
 */
#ifndef SEKISHO_SYS_KEYS_MASTER_H
#define SEKISHO_SYS_KEYS_MASTER_H

#include "connector/sys/keys/keys.h"

/* A value that tells two master keys apart and gives neither away. */
void master_identity(const unsigned char key[KEY_LEN],
		     unsigned char id_r[KEY_ID_LEN]);
void master_new(const unsigned char key[KEY_LEN], unsigned char dek_r[KEY_LEN],
		unsigned char wrapped_r[WRAPPED_LEN]);
/* PERMANENT: not wrapped under this key. */
bool master_open(const unsigned char key[KEY_LEN],
		 const unsigned char wrapped[WRAPPED_LEN],
		 unsigned char dek_r[KEY_LEN], struct err *e) MUST_USE;

/* Private keys, sealed and used: as keys_key_new() and its like. */
bool private_new(const unsigned char key[KEY_LEN], enum key_alg alg,
		 struct buf *blob_r, struct buf *spki_r,
		 struct err *e) MUST_USE;
bool private_seal(const unsigned char key[KEY_LEN], struct str pem,
		  enum key_alg *alg_r, struct buf *blob_r, struct buf *spki_r,
		  struct err *e) MUST_USE;
bool private_sign(const unsigned char key[KEY_LEN], struct str blob,
		  enum key_scheme scheme,
		  const unsigned char digest[KEY_DIGEST_LEN], struct buf *sig_r,
		  struct err *e) MUST_USE;

#endif
