/* fuzz_dkim.c - DKIM-Signature fields, key records, and bodies in pieces.
 *
 * First byte: what the rest is. A body has one canonical form however it was
 * cut; what is read stays within the field.
 */
#include <stdlib.h>
#include "connector/sign/dkim_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must_be(bool ok)
{
	if (!ok)
		abort();
}

static void signature(struct str field)
{
	struct arena a = ARENA_EMPTY;
	struct buf out = BUF_MAX(4 * MIB);
	struct dkim_signature s;
	struct err e = ERR_EMPTY;

	if (dkim_signature_read(field, 0, &a, &s, &e)) {
		must_be(s.name_n > 0 && s.name_n <= DKIM_NAMES_MAX);
		must_be(s.bytes.n > 0 && s.bytes.n <= KEY_SIGN_MAX);
		must_be(s.b_raw.p >= field.p &&
			s.b_raw.p + s.b_raw.n <= field.p + field.n);
		for (int c = DKIM_SIMPLE; c <= DKIM_RELAXED; c++)
			dkim_field_put(&out, (enum dkim_canon)c, field,
				       s.b_raw);
		must_be(buf_ok(&out) && out.n <= 2 * field.n + 2);
	} else {
		must_be(e.class == ERR_PERMANENT || e.class == ERR_DENIED);
	}
	buf_release(&out);
	arena_release(&a);
}

static void record(struct str txt)
{
	struct dkim_public public;
	struct err e = ERR_EMPTY;

	for (int alg = KEY_RSA; alg <= KEY_ED25519; alg++) {
		bool ok = dkim_record_read(txt, (enum key_alg)alg, &public, &e);

		must_be(ok == (public.key != NULL));
		sigkey_free(&public.key);
	}
}

static void body(struct str s, size_t step)
{
	unsigned char whole[SHA256_LEN], cut[SHA256_LEN];
	struct dkim_body b;

	for (int c = DKIM_SIMPLE; c <= DKIM_RELAXED; c++) {
		dkim_body_begin(&b, (enum dkim_canon)c);
		dkim_body_add(&b, s.p, s.n);
		dkim_body_end(&b, whole);
		must_be(b.length <= s.n + 2);
		dkim_body_begin(&b, (enum dkim_canon)c);
		for (size_t at = 0; at < s.n; at += step)
			dkim_body_add(&b, s.p + at, MIN_OF(step, s.n - at));
		dkim_body_end(&b, cut);
		must_be(memcmp(whole, cut, SHA256_LEN) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str rest;

	if (n == 0)
		return 0;
	rest = str_n(data + 1, n - 1);
	switch (data[0]) {
	case 's':
		signature(rest);
		break;
	case 'k':
		record(rest);
		break;
	default:
		body(rest, 1 + data[0] % 7u);
	}
	return 0;
}
