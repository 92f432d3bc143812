/* known_int.h - domains that others may look like: how they are kept. */
#ifndef SEKISHO_POLICY_KNOWN_INT_H
#define SEKISHO_POLICY_KNOWN_INT_H

#include "policy/policy_int.h"

#define DOMAIN_MAX 255
#define HASH_BASE  UINT64_C(0x9e3779b97f4a7c15)

struct known {
	struct str domain; /* compared form */
	bool shipped;
};
struct alike {
	struct arena arena;
	struct map domain, look, name; /* to struct known */
	/* Of the hashes of all names, without what they end in. */
	uint64_t *bits;
	uint64_t bits_mask;
	size_t labels; /* at most, of a name */
};
struct alike *alike_new(void);
void alike_add(struct alike *all, struct str domain, bool shipped);
void alike_seal(struct alike *all); /* no more will come */

/* "example.co.jp" is "example" and "co.jp"; false: it has no dot. */
bool domain_split(struct str domain, struct str *name_r, struct str *end_r);

size_t name_labels(struct str name);
/* syllables.c */
bool reads_japanese(struct str word);

/* A name's hash is the sum of known_char(c[i]) * HASH_BASE^i. */
static inline uint64_t known_char(char c)
{
	return (uint64_t)(unsigned char)c + 1;
}

/* High bits are the well mixed ones of a product. */
static inline uint64_t known_bit(const struct alike *all, uint64_t hash)
{
	return (hash * HASH_BASE >> 20) & all->bits_mask;
}

#endif
