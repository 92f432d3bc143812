/* jwt_make.c - see jwt_make_int.h. */
#include "auth/jwt_make_int.h"

#include "connector/base/codec.h"

#define PART_MAX (8 * KIB)
#define DER_MAX	 (16 * KIB)

static void put_part(struct buf *out, const struct json *j)
{
	AUTO(buf) text = BUF_MAX(PART_MAX);

	json_print(j, &text, false);
	b64url_encode(out, buf_str(&text));
}

bool jwt_make(struct keys *keys, struct str blob, enum key_scheme scheme,
	      const struct json *header, const struct json *claims,
	      struct buf *out, struct err *e)
{
	unsigned char digest[KEY_DIGEST_LEN];
	AUTO(buf) signature = BUF_MAX(KEY_SIGN_MAX);

	_Static_assert(KEY_DIGEST_LEN == SHA256_LEN, "SHA-256 is signed");
	put_part(out, header);
	buf_putc(out, '.');
	put_part(out, claims);
	sha256_of(out->p, out->n, digest);
	TRY(keys_sign(keys, blob, scheme, digest, &signature, e));
	buf_putc(out, '.');
	b64url_encode(out, buf_str(&signature));
	return buf_ok(out) || err_set(e, ERR_LIMIT, 0, "signed token too long");
}

/* RFC 7468: what stands between the lines, without its white space. */
static bool pem_certificate(struct str pem, struct buf *der)
{
	const struct str begin = STR("-----BEGIN CERTIFICATE-----");
	const struct str end = STR("-----END CERTIFICATE-----");
	AUTO(buf) text = BUF_MAX(2 * DER_MAX);
	ptrdiff_t at = str_find(pem, begin);
	struct str body, line;

	TRY(at >= 0);
	body = str_skip(pem, (size_t)at + begin.n);
	at = str_find(body, end);
	TRY(at >= 0);
	body = str_head(body, (size_t)at);
	while (str_split(&body, '\n', &line))
		buf_put_str(&text, str_trim(line));
	return buf_ok(&text) && text.n > 0 && b64_decode(der, buf_str(&text));
}

bool jwt_x5t_s256(struct str pem, struct buf *out, struct buf *der_r,
		  struct err *e)
{
	unsigned char digest[SHA256_LEN];
	AUTO(buf) der = BUF_MAX(DER_MAX);

	if (!pem_certificate(pem, &der))
		return err_set(e, ERR_DENIED, 0, "no certificate in PEM");
	sha256_of(der.p, der.n, digest);
	b64url_encode(out, str_n(digest, sizeof(digest)));
	if (der_r)
		buf_put_str(der_r, buf_str(&der));
	return true;
}
