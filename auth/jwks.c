/* jwks.c - a JSON Web Key Set as an issuer publishes it (RFC 7517, 7518 6).
 * Keys of other kinds, uses or strengths are left out; a set that is not one
 * is an error.
 */
#include "auth/jwk_int.h"
#include "connector/base/codec.h"
#include "connector/base/mem.h"
#include "connector/base/vec.h"

#define NUMBER_MAX   1024 /* bytes of a member, decoded */
#define EXPONENT_MAX 8
#define COORDINATE   32 /* of P-256 */

struct jwks {
	struct arena arena;
	struct {
		VEC_OF(struct jwk);
	} row;
};

static bool number(const struct json *k, const char *name, struct buf *out)
{
	return b64url_decode(out, str_of(json_get_cstr(k, name, ""))) &&
	       out->n > 0;
}

/* ---- DER (X.690), as far as two numbers need it ------------------------------ */

static void put_length(struct buf *out, size_t n)
{
	if (n >= 256) {
		buf_put_u8(out, 0x82);
		buf_put_u8(out, (uint8_t)(n >> 8));
	} else if (n >= 128) {
		buf_put_u8(out, 0x81);
	}
	buf_put_u8(out, (uint8_t)n);
}

static void put_integer(struct buf *out, struct str v)
{
	while (v.n > 1 && v.p[0] == 0)
		v = str_skip(v, 1);
	buf_put_u8(out, 0x02);
	put_length(out, v.n + (v.p[0] & 0x80 ? 1 : 0));
	if (v.p[0] & 0x80)
		buf_put_u8(out, 0);
	buf_put_str(out, v);
}

/* ---- keys ------------------------------------------------------------------------ */

/* Exponent 1 would let every number be a signature. */
static bool exponent_ok(struct str e)
{
	while (e.n > 1 && e.p[0] == 0)
		e = str_skip(e, 1);
	return e.n <= EXPONENT_MAX && (e.p[e.n - 1] & 1) &&
	       (e.n > 1 || (unsigned char)e.p[0] >= 3);
}

static bool rsa_key(const struct json *k, struct sigkey **to_r)
{
	AUTO(buf) n = BUF_MAX(NUMBER_MAX);
	AUTO(buf) e = BUF_MAX(NUMBER_MAX);
	AUTO(buf) numbers = BUF_MAX(3 * NUMBER_MAX);
	AUTO(buf) der = BUF_MAX(3 * NUMBER_MAX);

	if (!number(k, "n", &n) || !number(k, "e", &e) ||
	    !exponent_ok(buf_str(&e)))
		return false;
	put_integer(&numbers, buf_str(&n));
	put_integer(&numbers, buf_str(&e));
	buf_put_u8(&der, 0x30);
	put_length(&der, numbers.n);
	buf_put_str(&der, buf_str(&numbers));
	if (!sigkey_from_public(KEY_RSA, buf_str(&der), to_r, NULL))
		return false;
	if (sigkey_bits(*to_r) >= KEY_RSA_MIN) /* RFC 7518 3.3 */
		return true;
	sigkey_free(to_r);
	return false;
}

static bool ec_key(const struct json *k, struct sigkey **to_r)
{
	/* RFC 5480: id-ecPublicKey, prime256v1, an uncompressed point. */
	static const unsigned char HEAD[] = {
		0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
		0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
		0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
	AUTO(buf) x = BUF_MAX(NUMBER_MAX);
	AUTO(buf) y = BUF_MAX(NUMBER_MAX);
	AUTO(buf) der = BUF_MAX(NUMBER_MAX);

	if (strcmp(json_get_cstr(k, "crv", ""), "P-256") != 0 ||
	    !number(k, "x", &x) || !number(k, "y", &y) || x.n != COORDINATE ||
	    y.n != COORDINATE)
		return false;
	buf_put(&der, HEAD, sizeof(HEAD));
	buf_put_str(&der, buf_str(&x));
	buf_put_str(&der, buf_str(&y));
	return sigkey_from_public(KEY_EC_P256, buf_str(&der), to_r, NULL);
}

/* RFC 7517 4.2, 4.3: for signatures, as far as it says. */
static bool for_signatures(const struct json *k)
{
	const struct json *ops = json_get(k, "key_ops");

	if (strcmp(json_get_cstr(k, "use", "sig"), "sig") != 0)
		return false;
	if (!ops)
		return true;
	for (const struct json *j = json_at(ops, 0); j; j = json_next(j))
		if (strcmp(json_cstr(j, ""), "verify") == 0)
			return true;
	return false;
}

static void take(struct jwks *s, const struct json *j)
{
	const char *kid = json_get_cstr(j, "kid", "");
	const char *type = json_get_cstr(j, "kty", "");
	AUTO(buf) text = BUF_MAX(JWKS_BYTES_MAX);
	struct jwk k = {.key = NULL};
	bool ok = false;

	if (json_type(j) != JSON_OBJECT || !*kid || !for_signatures(j))
		return;
	if (strcmp(type, "RSA") == 0)
		ok = rsa_key(j, &k.key);
	else if (strcmp(type, "EC") == 0)
		ok = ec_key(j, &k.key);
	if (!ok)
		return;
	json_print(j, &text, false);
	k.kid = arena_strdup(&s->arena, kid);
	k.alg = arena_strdup(&s->arena, json_get_cstr(j, "alg", ""));
	k.json = arena_strndup(&s->arena, text.p, text.n);
	vec_push(&s->row, k);
}

struct jwks *jwks_read(struct str text, struct err *e)
{
	struct json *j = NULL;
	const struct json *keys;
	struct jwks *s = NULL;

	if (text.n > JWKS_BYTES_MAX)
		err_set(e, ERR_LIMIT, 0, "key set of %zu bytes", text.n);
	else
		j = json_parse(text, e);
	keys = json_get(j, "keys");
	if (j && (!keys || json_type(keys) != JSON_ARRAY ||
		  json_size(keys) > JWKS_KEYS_MAX))
		err_set(e, ERR_PERMANENT, 0,
			"not a key set, or one of more than %d keys",
			JWKS_KEYS_MAX);
	else if (j) {
		s = NEW(struct jwks);
		for (const struct json *k = json_at(keys, 0); k;
		     k = json_next(k))
			take(s, k);
	}
	json_free(&j);
	return s;
}

void jwks_free(struct jwks **sp)
{
	struct jwks *s = TAKE(*sp);

	if (!s)
		return;
	VEC_EACH (it, &s->row) {
		sigkey_free(&it->key);
	}
	vec_release(&s->row);
	arena_release(&s->arena);
	mem_free(s);
}

size_t jwks_size(const struct jwks *s)
{
	return s->row.n;
}

const struct jwk *jwks_find(const struct jwks *s, const struct jwt *t)
{
	enum key_alg alg = t->alg == JWT_ES256 ? KEY_EC_P256 : KEY_RSA;
	const char *name = t->alg == JWT_ES256	 ? "ES256"
			   : t->alg == JWT_PS256 ? "PS256"
						 : "RS256";

	for (size_t i = 0; i < s->row.n; i++) {
		const struct jwk *k = &s->row.v[i];

		if (strcmp(k->kid, t->kid) == 0 && sigkey_alg(k->key) == alg &&
		    (!*k->alg || strcmp(k->alg, name) == 0))
			return k;
	}
	return NULL;
}
