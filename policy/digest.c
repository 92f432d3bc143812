/* digest.c - SHA-256 (FIPS 180-4) of the policy's files.
 *
 * It tells whether a policy changed, no more; keys and seals use
 * connector/sys/crypto, which this floor does not include.
 */
#include "policy/policy_int.h"

static const uint32_t K[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turn(uint32_t v, unsigned n)
{
	return v >> n | v << (32 - n);
}

static void block(struct digest *d)
{
	uint32_t w[64], s[8];

	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)d->block[i * 4] << 24 |
		       (uint32_t)d->block[i * 4 + 1] << 16 |
		       (uint32_t)d->block[i * 4 + 2] << 8 | d->block[i * 4 + 3];
	for (int i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + w[i - 7] +
		       (turn(a, 7) ^ turn(a, 18) ^ a >> 3) +
		       (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
	}
	memcpy(s, d->h, sizeof(s));
	for (int i = 0; i < 64; i++) {
		uint32_t t1 = s[7] +
			      (turn(s[4], 6) ^ turn(s[4], 11) ^
			       turn(s[4], 25)) +
			      ((s[4] & s[5]) ^ (~s[4] & s[6])) + K[i] + w[i];
		uint32_t t2 = (turn(s[0], 2) ^ turn(s[0], 13) ^
			       turn(s[0], 22)) +
			      ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));

		memmove(s + 1, s, 7 * sizeof(*s));
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++)
		d->h[i] += s[i];
}

void digest_init(struct digest *d)
{
	static const uint32_t H[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372,
				      0xa54ff53a, 0x510e527f, 0x9b05688c,
				      0x1f83d9ab, 0x5be0cd19};

	memcpy(d->h, H, sizeof(H));
	d->n = 0;
}

void digest_add(struct digest *d, const void *p, size_t n)
{
	const unsigned char *at = p;

	while (n) {
		size_t used = d->n % 64, take = MIN_OF(64 - used, n);

		memcpy(d->block + used, at, take);
		d->n += take;
		at += take;
		n -= take;
		if (used + take == 64)
			block(d);
	}
}

void digest_hex(struct digest *d, char hex[65])
{
	static const char DIGITS[] = "0123456789abcdef";
	uint64_t bits = d->n * 8;
	unsigned char end[8];

	digest_add(d, "\x80", 1);
	while (d->n % 64 != 56)
		digest_add(d, "", 1);
	for (int i = 0; i < 8; i++)
		end[i] = (unsigned char)(bits >> (56 - i * 8));
	digest_add(d, end, 8);
	for (int i = 0; i < 64; i++)
		hex[i] = DIGITS[d->h[i / 8] >> (28 - i % 8 * 4) & 15];
	hex[64] = 0;
}
