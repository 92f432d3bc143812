/* test_crypto.c - digests, seals and passwords. */
#include "connector/sys/crypto/crypto.h"
#include <check.h>
#include "connector/base/codec.h"
#include "connector/base/id.h"
#include "connector/base/limits.h"
#include "connector/base/mem.h"

static void digest_is(const unsigned char got[SHA256_LEN], const char *want)
{
	struct buf hex = BUF_MAX(64);

	hex_encode(&hex, str_n(got, SHA256_LEN));
	ck_assert_str_eq(buf_cstr(&hex), want);
	buf_release(&hex);
}

START_TEST(digests)
{
	unsigned char out[SHA256_LEN], key[20], data[50];
	struct sha256 *s = sha256_new();

	sha256_of("abc", 3, out); /* FIPS 180-4 */
	digest_is(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff6"
		       "1f20015ad");
	sha256_add(s, "a", 1);
	sha256_add(s, NULL, 0);
	sha256_add(s, "bc", 2);
	sha256_end(&s, out);
	ck_assert_ptr_null(s);
	digest_is(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff6"
		       "1f20015ad");
	sha256_of(NULL, 0, out);
	digest_is(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991"
		       "b7852b855");
	memset(key, 0xaa, sizeof(key)); /* RFC 4231 4.4 */
	memset(data, 0xdd, sizeof(data));
	hmac_sha256(key, sizeof(key), data, sizeof(data), out);
	digest_is(out, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d963551"
		       "4ced565fe");
	hmac_sha256(NULL, 0, NULL, 0, out);
	digest_is(out, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c7121"
		       "44292c5ad");
	s = sha256_new();
	sha256_free(&s);
	sha256_free(&s);
}
END_TEST

static const struct seal_id id = {.object = INT64_C(-5),
				  .kind = SEAL_BODY,
				  .chunk = 3,
				  .length = 1000,
				  .version = 9};

static void opens(const unsigned char *key, const struct seal_id *as,
		  struct str sealed, const char *want)
{
	struct buf out = BUF_MAX(MIB);
	struct err e = ERR_EMPTY;
	bool ok = seal_open(key, as, sealed, &out, &e);

	ck_assert(ok == (want != NULL));
	ck_assert_str_eq(buf_cstr(&out), want ? want : "");
	if (!ok)
		ck_assert_int_eq(e.class, ERR_PERMANENT);
	buf_release(&out);
}

START_TEST(seals_are_bound)
{
	unsigned char key[KEY_LEN], other[KEY_LEN];
	struct buf sealed = BUF_MAX(KIB), again = BUF_MAX(KIB);
	struct seal_id as;

	random_bytes(key, sizeof(key));
	memcpy(other, key, sizeof(key));
	other[31] ^= 1;
	seal(key, &id, "message", 7, &sealed);
	seal(key, &id, "message", 7, &again);
	ck_assert_uint_eq(sealed.n, 7 + SEAL_EXTRA);
	ck_assert(!str_eq(buf_str(&sealed), buf_str(&again)));
	opens(key, &id, buf_str(&sealed), "message");
	opens(other, &id, buf_str(&sealed), NULL);
#define CHANGED(field)                                                         \
	do {                                                                   \
		as = id;                                                       \
		as.field ^= 1;                                                 \
		opens(key, &as, buf_str(&sealed), NULL);                       \
	} while (0)
	CHANGED(object);
	CHANGED(kind);
	CHANGED(chunk);
	CHANGED(length);
	CHANGED(version);
	for (size_t n = 0; n < sealed.n; n++)
		opens(key, &id, str_n(sealed.p, n), NULL);
	for (size_t i = 0; i < sealed.n * 8; i++) {
		sealed.p[i / 8] ^= (char)(1 << i % 8);
		opens(key, &id, buf_str(&sealed), NULL);
		sealed.p[i / 8] ^= (char)(1 << i % 8);
	}
	buf_putc(&sealed, 'x');
	opens(key, &id, buf_str(&sealed), NULL);
	buf_clear(&sealed);
	seal(key, &id, NULL, 0, &sealed);
	ck_assert_uint_eq(sealed.n, SEAL_EXTRA);
	opens(key, &id, buf_str(&sealed), "");
	opens(other, &id, buf_str(&sealed), NULL);
	buf_release(&sealed);
	buf_release(&again);
}
END_TEST

START_TEST(seals_respect_the_maximum)
{
	struct buf out = BUF_MAX(30), sealed = BUF_MAX(KIB);
	unsigned char key[KEY_LEN] = {0};
	struct err e = ERR_EMPTY;

	seal(key, &id, "abc", 3, &out);
	ck_assert_uint_eq(out.n, 0);
	ck_assert(!buf_ok(&out));
	seal(key, &id, "0123456789012345678901234567890", 31, &sealed);
	buf_clear(&out);
	ck_assert(!seal_open(key, &id, buf_str(&sealed), &out, &e));
	ck_assert_int_eq(e.class, ERR_LIMIT);
	buf_release(&out);
	buf_release(&sealed);
}
END_TEST

START_TEST(chunks_into_memory)
{
	unsigned char *in = mem_alloc(BODY_CHUNK);
	unsigned char *mid = mem_alloc(BODY_CHUNK + SEAL_EXTRA);
	unsigned char *out = mem_alloc(BODY_CHUNK);
	unsigned char key[KEY_LEN];
	struct err e = ERR_EMPTY;
	size_t n, sealed;

	random_bytes(key, sizeof(key));
	random_bytes(in, BODY_CHUNK);
	sealed = seal_into(key, &id, in, BODY_CHUNK, mid);
	ck_assert_uint_eq(sealed, BODY_CHUNK + SEAL_EXTRA);
	ck_assert(seal_open_into(key, &id, str_n(mid, sealed), out, &n, &e));
	ck_assert_uint_eq(n, BODY_CHUNK);
	ck_assert_mem_eq(in, out, n);
	mid[sealed - 1] ^= 1; /* nothing of it may be seen */
	memset(out, 0, BODY_CHUNK);
	ck_assert(!seal_open_into(key, &id, str_n(mid, sealed), out, &n, &e));
	for (size_t i = 0; i < BODY_CHUNK; i++)
		ck_assert_uint_eq(out[i], 0);
	mem_free(in);
	mem_free(mid);
	mem_free(out);
}
END_TEST

START_TEST(passwords)
{
	struct buf h = BUF_MAX(200), small = BUF_MAX(10);
	char longest[300];

	ck_assert(password_hash(STR("pass\0word"), &h));
	ck_assert(str_starts(buf_str(&h), STR("$argon2id$")));
	ck_assert(password_verify(STR("pass\0word"), buf_cstr(&h)));
	ck_assert(!password_verify(STR("pass"), buf_cstr(&h)));
	ck_assert(!password_verify(STR_EMPTY, buf_cstr(&h)));
	ck_assert(!password_verify(STR("x"), ""));
	ck_assert(!password_verify(STR("x"), "$argon2id$v=19$rubbish"));
	memset(longest, 'x', sizeof(longest));
	longest[299] = '\0';
	ck_assert(!password_verify(STR("x"), longest));
	ck_assert(!password_hash(STR("x"), &small));
	buf_release(&h);
	buf_release(&small);
}
END_TEST

Suite *test_crypto_suite(void);
Suite *test_crypto_suite(void)
{
	Suite *s = suite_create("sys/crypto");
	TCase *t = tcase_create("crypto");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, digests);
	tcase_add_test(t, seals_are_bound);
	tcase_add_test(t, seals_respect_the_maximum);
	tcase_add_test(t, chunks_into_memory);
	tcase_add_test(t, passwords);
	suite_add_tcase(s, t);
	return s;
}
