/* private.c - private keys under the master key: the blob holds the algorithm
 * and the key as PKCS #8.
 */
#include "connector/sys/keys/master.h"

static const struct seal_id private_id = {.kind = SEAL_PRIVATE_KEY};

static bool blob_put(const unsigned char key[KEY_LEN], const struct sigkey *k,
		     struct buf *blob_r, struct buf *spki_r, struct err *e)
{
	struct buf plain = BUF_MAX(1 + KEY_PRIVATE_MAX);
	bool ok;

	plain.secret = true;
	buf_put_u8(&plain, (uint8_t)sigkey_alg(k));
	ok = sigkey_private_put(k, &plain) && buf_ok(&plain);
	if (ok)
		seal(key, &private_id, plain.p, plain.n, blob_r);
	buf_release(&plain);
	if (!ok || !buf_ok(blob_r) || !sigkey_public_put(k, spki_r))
		return err_set(e, ERR_LIMIT, 0, "the key is too long");
	return true;
}

static bool blob_open(const unsigned char key[KEY_LEN], struct str blob,
		      struct sigkey **k_r, struct err *e)
{
	struct buf plain = BUF_MAX(1 + KEY_PRIVATE_MAX);
	struct str der;
	bool ok;

	*k_r = NULL;
	plain.secret = true;
	ok = blob.n <= KEY_BLOB_MAX &&
	     seal_open(key, &private_id, blob, &plain, NULL) && plain.n > 0;
	der = str_skip(buf_str(&plain), 1);
	if (ok && sigkey_from_private(der, k_r, NULL) &&
	    (int)sigkey_alg(*k_r) != plain.p[0])
		sigkey_free(k_r);
	buf_release(&plain);
	if (!*k_r)
		return err_set(e, ERR_DENIED, 0,
			       "not a private key sealed under this master "
			       "key");
	return true;
}

bool private_new(const unsigned char key[KEY_LEN], enum key_alg alg,
		 struct buf *blob_r, struct buf *spki_r, struct err *e)
{
	struct sigkey *k = NULL;
	bool ok;

	TRY(sigkey_make(alg, &k, e));
	ok = blob_put(key, k, blob_r, spki_r, e);
	sigkey_free(&k);
	return ok;
}

bool private_seal(const unsigned char key[KEY_LEN], struct str pem,
		  enum key_alg *alg_r, struct buf *blob_r, struct buf *spki_r,
		  struct err *e)
{
	struct sigkey *k = NULL;
	bool ok;

	TRY(sigkey_from_pem(pem, &k, e));
	*alg_r = sigkey_alg(k);
	ok = blob_put(key, k, blob_r, spki_r, e);
	sigkey_free(&k);
	return ok;
}

bool private_sign(const unsigned char key[KEY_LEN], struct str blob,
		  enum key_scheme scheme,
		  const unsigned char digest[KEY_DIGEST_LEN], struct buf *sig_r,
		  struct err *e)
{
	struct sigkey *k = NULL;
	bool ok;

	TRY(blob_open(key, blob, &k, e));
	ok = sigkey_sign(k, scheme, digest, sig_r, e);
	sigkey_free(&k);
	return ok;
}
