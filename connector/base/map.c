/* map.c - bytes -> pointer; see map.h.
 *
 * Open addressing with linear steps; a removed slot is filled by shifting
 * back, so there are no tombstones.  The hash is SipHash-2-4 under a key that
 * the process draws once: outside bytes cannot be chosen to collide.
 */
#include "connector/base/map.h"
#include <pthread.h>
#include "connector/base/id.h"
#include "connector/base/mem.h"

#define CAP_FIRST 16

struct map_slot {
	char *key; /* NULL: free */
	size_t key_n;
	uint64_t hash;
	void *value;
};

/* Drawn once per process, never changed after. */
static uint64_t hash_key[2];
static pthread_once_t hash_key_once = PTHREAD_ONCE_INIT;

static void draw_hash_key(void)
{
	random_bytes(hash_key, sizeof(hash_key));
}

static uint64_t rotl(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] = rotl(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] = rotl(v[2], 32);
}

static uint64_t load_le(const char *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)(unsigned char)p[i] << (8 * i);
	return v;
}

static uint64_t siphash(struct str s, const uint64_t key[2])
{
	uint64_t v[4] = {
		key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
		key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u};
	uint64_t m;
	size_t at = 0;

	for (; s.n - at >= 8; at += 8) {
		m = load_le(s.p + at, 8);
		v[3] ^= m;
		sip_round(v);
		sip_round(v);
		v[0] ^= m;
	}
	m = load_le(s.p + at, s.n - at) | (uint64_t)s.n << 56;
	v[3] ^= m;
	sip_round(v);
	sip_round(v);
	v[0] ^= m;
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static uint64_t hash_of(struct str key)
{
	pthread_once(&hash_key_once, draw_hash_key);
	/* An empty key may be nowhere. */
	return siphash(key.n ? key : STR(""), hash_key);
}

void map_release(struct map *m)
{
	for (size_t i = 0; i < m->cap; i++)
		mem_free(m->slot[i].key);
	mem_free(m->slot);
	*m = MAP_EMPTY;
}

/* The slot that holds key, or the free one where it belongs. */
static struct map_slot *seek(const struct map *m, struct str key, uint64_t hash)
{
	size_t i = hash & (m->cap - 1);

	while (m->slot[i].key) {
		struct map_slot *s = &m->slot[i];

		if (s->hash == hash && str_eq(str_n(s->key, s->key_n), key))
			return s;
		i = (i + 1) & (m->cap - 1);
	}
	return &m->slot[i];
}

void *map_get(const struct map *m, struct str key)
{
	struct map_slot *s;

	if (m->n == 0)
		return NULL;
	s = seek(m, key, hash_of(key));
	return s->key ? s->value : NULL;
}

static void grow(struct map *m)
{
	struct map old = *m;

	m->cap = old.cap ? old.cap * 2 : CAP_FIRST;
	m->slot = NEW_ARRAY(struct map_slot, m->cap);
	for (size_t i = 0; i < old.cap; i++) {
		struct map_slot *s = &old.slot[i];

		if (s->key)
			*seek(m, str_n(s->key, s->key_n), s->hash) = *s;
	}
	mem_free(old.slot);
}

void *map_put(struct map *m, struct str key, void *value)
{
	uint64_t hash = hash_of(key);
	struct map_slot *s;
	void *old;

	if (m->n >= m->cap - m->cap / 4)
		grow(m);
	s = seek(m, key, hash);
	if (s->key) {
		old = s->value;
		s->value = value;
		return old;
	}
	*s = (struct map_slot){.key = mem_strndup(key.p, key.n),
			       .key_n = key.n,
			       .hash = hash,
			       .value = value};
	m->n++;
	return NULL;
}

void *map_remove(struct map *m, struct str key)
{
	struct map_slot *s;
	size_t hole, i;
	void *old;

	if (m->n == 0)
		return NULL;
	s = seek(m, key, hash_of(key));
	if (!s->key)
		return NULL;
	old = s->value;
	mem_free(s->key);
	hole = (size_t)(s - m->slot);
	for (i = (hole + 1) & (m->cap - 1); m->slot[i].key;
	     i = (i + 1) & (m->cap - 1)) {
		size_t home = m->slot[i].hash & (m->cap - 1);

		/* May it stand in the hole: is the hole on its way from home? */
		if (((i - home) & (m->cap - 1)) < ((i - hole) & (m->cap - 1)))
			continue;
		m->slot[hole] = m->slot[i];
		hole = i;
	}
	m->slot[hole] = (struct map_slot){0};
	m->n--;
	return old;
}

bool map_next(const struct map *m, size_t *at, struct str *key_r,
	      void **value_r)
{
	for (; *at < m->cap; (*at)++) {
		const struct map_slot *s = &m->slot[*at];

		if (!s->key)
			continue;
		if (key_r)
			*key_r = str_n(s->key, s->key_n);
		if (value_r)
			*value_r = s->value;
		(*at)++;
		return true;
	}
	return false;
}
