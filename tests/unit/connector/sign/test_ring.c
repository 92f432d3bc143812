/* test_ring.c - DKIM keys: made, used, retired, there and back. */
#include <check.h>
#include <stdio.h>
#include "connector/sign/dkim_ring.h"

Suite *test_ring_suite(void);

static struct keys *keys;
static struct dkim_ring *ring;

static void begin(void)
{
	keys = keys_test();
	ring = dkim_ring_new();
}

static void end(void)
{
	dkim_ring_free(&ring);
	keys_free(&keys);
}

static void add(enum key_alg alg, const char *domain, const char *selector)
{
	struct err e = ERR_EMPTY;

	ck_assert_msg(dkim_ring_add(ring, keys, alg, str_of(domain),
				    str_of(selector), 1000, &e),
		      "%s", e.text);
}

/* Through the store and back. */
static void reload(void)
{
	struct buf text = BUF_MAX(4 * MIB);
	struct err e = ERR_EMPTY;

	dkim_ring_write(ring, &text);
	dkim_ring_free(&ring);
	ring = dkim_ring_new();
	ck_assert_msg(dkim_ring_read(ring, buf_str(&text), &e), "%s", e.text);
	buf_release(&text);
}

START_TEST(new_active_retired)
{
	struct dkim_key key[DKIM_KEYS_MAX], other[DKIM_KEYS_MAX];
	struct buf told = BUF_MAX(1000), sig = BUF_MAX(KEY_SIGN_MAX);
	unsigned char digest[KEY_DIGEST_LEN] = {1};
	struct err e = ERR_EMPTY;

	add(KEY_ED25519, "a.jp", "s1");
	add(KEY_RSA, "a.jp", "s2");
	add(KEY_ED25519, "b.jp", "s1");
	reload();
	ck_assert_uint_eq(ring->n, 3);
	ck_assert_uint_eq(dkim_ring_active(ring, STR("a.jp"), key), 0);
	ck_assert(dkim_ring_use(ring, STR("a.jp"), STR_EMPTY, 2000, &told, &e));
	ck_assert_str_eq(buf_cstr(&told), "a.jp/s1: active\na.jp/s2: active");
	reload();
	ck_assert_uint_eq(dkim_ring_active(ring, STR("a.jp"), key), 2);
	ck_assert_uint_eq(dkim_ring_active(ring, STR("b.jp"), other), 0);
	ck_assert_uint_eq(dkim_ring_active(ring, STR("x.a.jp"), other), 0);
	ck_assert_str_eq(key[0].domain, "a.jp");
	ck_assert_str_eq(key[0].selector, "s1");
	ck_assert_int_eq(key[0].alg, KEY_ED25519);
	ck_assert_int_eq(key[1].alg, KEY_RSA);
	ck_assert(keys_sign(keys, key[0].blob, SIGN_ED25519, digest, &sig, &e));
	ck_assert_int_eq(strncmp(ring->v[1].record, "v=DKIM1; k=rsa; p=", 18),
			 0);
	/* Another of the same algorithm takes the place of the first. */
	add(KEY_ED25519, "a.jp", "s3");
	buf_clear(&told);
	ck_assert(dkim_ring_use(ring, STR("a.jp"), STR("s3"), 3000, &told, &e));
	ck_assert_str_eq(buf_cstr(&told), "a.jp/s1: retired\na.jp/s3: active");
	reload();
	ck_assert_int_eq(ring->v[0].state, DKIM_RETIRED);
	ck_assert_uint_eq(ring->v[0].blob.n, 0);
	ck_assert_int_eq(ring->v[0].made_us, 1000);
	ck_assert_int_eq(ring->v[0].used_us, 2000);
	ck_assert_int_eq(ring->v[0].retired_us, 3000);
	buf_clear(&told);
	ck_assert(dkim_ring_retire(ring, STR("a.jp"), STR("s2"), 4000, &told,
				   &e));
	ck_assert_uint_eq(dkim_ring_active(ring, STR("a.jp"), key), 1);
	ck_assert_str_eq(dkim_state_name(DKIM_NEW), "new");
	buf_release(&told);
	buf_release(&sig);
}
END_TEST

START_TEST(refusals)
{
	struct buf told = BUF_MAX(1000);
	struct err e = ERR_EMPTY;

	ck_assert(!dkim_ring_use(ring, STR("a.jp"), STR_EMPTY, 0, &told, &e));
	ck_assert_int_eq(e.class, ERR_NOT_FOUND);
	ck_assert(!dkim_ring_retire(ring, STR("a.jp"), STR("s"), 0, &told, &e));
	ck_assert_int_eq(e.class, ERR_NOT_FOUND);
	add(KEY_ED25519, "a.jp", "s");
	ck_assert(!dkim_ring_add(ring, keys, KEY_RSA, STR("a.jp"), STR("s"), 0,
				 &e));
	ck_assert_int_eq(e.class, ERR_CONFLICT);
	ck_assert(!dkim_ring_use(ring, STR("a.jp"), STR("t"), 0, &told, &e));
	ck_assert_int_eq(e.class, ERR_NOT_FOUND);
	ck_assert(dkim_ring_use(ring, STR("a.jp"), STR("s"), 0, &told, &e));
	ck_assert(!dkim_ring_use(ring, STR("a.jp"), STR("s"), 0, &told, &e));
	ck_assert_int_eq(e.class, ERR_CONFLICT);
	ck_assert(dkim_ring_retire(ring, STR("a.jp"), STR("s"), 0, &told, &e));
	ck_assert(!dkim_ring_retire(ring, STR("a.jp"), STR("s"), 0, &told, &e));
	ck_assert(!dkim_ring_use(ring, STR("a.jp"), STR("s"), 0, &told, &e));
	/* Its record may still be published: not again. */
	ck_assert(!dkim_ring_add(ring, keys, KEY_RSA, STR("a.jp"), STR("s"), 0,
				 &e));
	buf_release(&told);
}
END_TEST

START_TEST(damage)
{
	static const char *const bad[] = {
		"x",
		"[{}]",
		"[1]",
		"[{\"domain\":\"a.jp\",\"selector\":\"s\",\"algorithm\":"
		"\"rsa\","
		"\"state\":\"active\",\"sealed\":\"\",\"record\":\"\"}]",
		"[{\"domain\":\"a.jp\",\"selector\":\"s\",\"algorithm\":"
		"\"rsa\","
		"\"state\":\"gone\",\"sealed\":\"AAAA\",\"record\":\"\"}]",
		"[{\"domain\":\"a.jp\",\"selector\":\"s/\",\"algorithm\":"
		"\"rsa\",\"state\":\"new\",\"sealed\":\"AAAA\"}]",
	};
	struct err e = ERR_EMPTY;

	ck_assert(dkim_ring_read(ring, STR_EMPTY, &e));
	ck_assert(dkim_ring_read(ring, STR("[]"), &e));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		dkim_ring_free(&ring);
		ring = dkim_ring_new();
		ck_assert_msg(!dkim_ring_read(ring, str_of(bad[i]), &e), "%s",
			      bad[i]);
	}
}
END_TEST

START_TEST(full)
{
	struct buf told = BUF_MAX(100 * 1000);
	struct err e = ERR_EMPTY;
	char name[20];

	for (int i = 0; i < DKIM_RING_MAX; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		add(KEY_ED25519, "a.jp", name);
	}
	ck_assert(!dkim_ring_add(ring, keys, KEY_ED25519, STR("a.jp"), STR("x"),
				 0, &e));
	ck_assert_int_eq(e.class, ERR_LIMIT);
	ck_assert(dkim_ring_retire(ring, STR("a.jp"), STR("s7"), 0, &told, &e));
	add(KEY_ED25519, "a.jp", "x");
	ck_assert_uint_eq(ring->n, DKIM_RING_MAX);
	ck_assert_str_eq(ring->v[7].selector, "s8");
	ck_assert_str_eq(ring->v[DKIM_RING_MAX - 1].selector, "x");
	buf_release(&told);
}
END_TEST

Suite *test_ring_suite(void)
{
	Suite *s = suite_create("sign/ring");
	TCase *t = tcase_create("ring");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, new_active_retired);
	tcase_add_test(t, refusals);
	tcase_add_test(t, damage);
	tcase_add_test(t, full);
	suite_add_tcase(s, t);
	return s;
}
