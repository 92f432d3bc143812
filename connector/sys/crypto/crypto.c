/* crypto.c - digests and sealed objects on OpenSSL EVP; see crypto.h.
 *
 * A failure of the library itself (no memory, no provider) is a panic: nothing
 * may go on with a digest or seal that was not made.
 */
#include "connector/sys/crypto/crypto.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include "connector/base/die.h"
#include "connector/base/id.h"
#include "connector/base/mem.h"

#define NONCE_LEN 12
#define TAG_LEN	  16
#define AAD_LEN	  40

/* Looked up once, for the life of the process: OpenSSL 3 would search its
 * providers, under locks, at each use of EVP_sha256() and its like. */
static struct {
	EVP_MD *sha256;
	EVP_CIPHER *gcm;
} known;

static void known_fetch(void)
{
	known.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	known.gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	must(known.sha256 && known.gcm);
}

static const EVP_MD *md_sha256(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, known_fetch);
	return known.sha256;
}

static const EVP_CIPHER *cipher_gcm(void)
{
	(void)md_sha256();
	return known.gcm;
}

struct sha256 {
	EVP_MD_CTX *md;
};

struct sha256 *sha256_new(void)
{
	struct sha256 *s = NEW(struct sha256);

	s->md = EVP_MD_CTX_new();
	must(s->md && EVP_DigestInit_ex(s->md, md_sha256(), NULL) == 1);
	return s;
}

void sha256_add(struct sha256 *s, const void *p, size_t n)
{
	must(EVP_DigestUpdate(s->md, p, n) == 1);
}

void sha256_end(struct sha256 **s, unsigned char out[SHA256_LEN])
{
	must(EVP_DigestFinal_ex((*s)->md, out, NULL) == 1);
	sha256_free(s);
}

void sha256_free(struct sha256 **s)
{
	if (!*s)
		return;
	EVP_MD_CTX_free((*s)->md);
	mem_free(*s);
	*s = NULL;
}

void sha256_of(const void *p, size_t n, unsigned char out[SHA256_LEN])
{
	must(EVP_Digest(p, n, out, NULL, md_sha256(), NULL) == 1);
}

void hmac_sha256(const unsigned char *key, size_t key_n, const void *p,
		 size_t n, unsigned char out[SHA256_LEN])
{
	must(key_n <= INT32_MAX);
	/* A NULL key would mean "the key of last time" to OpenSSL. */
	must(HMAC(EVP_sha256(), key ? key : (const void *)"", (int)key_n, p, n,
		  out, NULL) != NULL);
}

static void put_le(unsigned char **to, uint64_t v, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		*(*to)++ = (unsigned char)(v >> (8 * i));
}

/* Fixed form of what a seal is bound to; the word in front keeps it apart from
 * any other use of the same key. */
static void bind(const struct seal_id *id, unsigned char aad[AAD_LEN])
{
	memcpy(aad, "SKSEAL01", 8);
	aad += 8;
	put_le(&aad, (uint64_t)id->object, 8);
	put_le(&aad, id->kind, 4);
	put_le(&aad, id->chunk, 4);
	put_le(&aad, id->length, 8);
	put_le(&aad, id->version, 8);
}

size_t seal_into(const unsigned char key[KEY_LEN], const struct seal_id *id,
		 const void *p, size_t n, unsigned char *room)
{
	unsigned char *nonce = room, *tag = room + NONCE_LEN;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	unsigned char aad[AAD_LEN];
	int len;

	must(c && n <= INT32_MAX - SEAL_EXTRA);
	bind(id, aad);
	random_bytes(nonce, NONCE_LEN);
	must(EVP_EncryptInit_ex(c, cipher_gcm(), NULL, key, nonce) == 1);
	must(EVP_EncryptUpdate(c, NULL, &len, aad, sizeof(aad)) == 1);
	/* No bytes: OpenSSL would take a NULL input for the end. */
	if (n > 0)
		must(EVP_EncryptUpdate(c, room + SEAL_EXTRA, &len, p, (int)n) ==
		     1);
	must(EVP_EncryptFinal_ex(c, room + SEAL_EXTRA + n, &len) == 1);
	must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_LEN, tag) == 1);
	EVP_CIPHER_CTX_free(c);
	return n + SEAL_EXTRA;
}

bool seal_open_into(const unsigned char key[KEY_LEN], const struct seal_id *id,
		    struct str sealed, unsigned char *room, size_t *n_r,
		    struct err *e)
{
	const unsigned char *in = (const unsigned char *)sealed.p;
	unsigned char aad[AAD_LEN], tag[TAG_LEN];
	EVP_CIPHER_CTX *c;
	size_t n;
	bool ok;
	int len;

	if (sealed.n < SEAL_EXTRA || sealed.n > INT32_MAX)
		return err_set(e, ERR_PERMANENT, 0,
			       "sealed object of %zu bytes", sealed.n);
	n = sealed.n - SEAL_EXTRA;
	bind(id, aad);
	memcpy(tag, in + NONCE_LEN, TAG_LEN);
	c = EVP_CIPHER_CTX_new();
	must(c && EVP_DecryptInit_ex(c, cipher_gcm(), NULL, key, in) == 1);
	must(EVP_DecryptUpdate(c, NULL, &len, aad, sizeof(aad)) == 1);
	ok = n == 0 ||
	     EVP_DecryptUpdate(c, room, &len, in + SEAL_EXTRA, (int)n) == 1;
	must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_LEN, tag) == 1);
	ok = ok && EVP_DecryptFinal_ex(c, room + n, &len) == 1;
	EVP_CIPHER_CTX_free(c);
	if (!ok) {
		mem_wipe(room, n);
		return err_set(e, ERR_PERMANENT, 0,
			       "sealed object %lld, kind %u, chunk %u: wrong "
			       "key or bytes",
			       (long long)id->object, id->kind, id->chunk);
	}
	*n_r = n;
	return true;
}

void seal(const unsigned char key[KEY_LEN], const struct seal_id *id,
	  const void *p, size_t n, struct buf *out)
{
	char *room = buf_room(out, n + SEAL_EXTRA);

	if (room)
		buf_grown(out, seal_into(key, id, p, n, (unsigned char *)room));
}

bool seal_open(const unsigned char key[KEY_LEN], const struct seal_id *id,
	       struct str sealed, struct buf *out, struct err *e)
{
	size_t most = sealed.n > SEAL_EXTRA ? sealed.n - SEAL_EXTRA : 0;
	char *room = buf_room(out, most);
	size_t n = 0;

	if (!room)
		return err_set(e, ERR_LIMIT, 0,
			       "sealed object of %zu bytes is too long",
			       sealed.n);
	TRY(seal_open_into(key, id, sealed, (unsigned char *)room, &n, e));
	buf_grown(out, n);
	return true;
}
