/* wide.c - many bytes at a time; see wide_int.h.
 *
 * Written once with vectors of the compiler, and compiled twice: for what every
 * processor of the kind has, and for AVX2.
 */
#include "connector/extract/wide_int.h"
#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2")))
#endif

#define LANE	    32
#define BLOCK_LANES 6 /* so that a block's count fits a byte */
#define BLOCK	    (BLOCK_LANES * LANE)
#define ALWAYS	    static inline __attribute__((always_inline))

typedef unsigned char lane __attribute__((vector_size(LANE)));

static bool is_narrow;

void wide_set_narrow(bool narrow)
{
	is_narrow = narrow;
}

ALWAYS bool any(const lane *v)
{
	uint64_t w[LANE / 8];

	memcpy(w, v, sizeof(w));
	return (w[0] | w[1] | w[2] | w[3]) != 0;
}

/* The sum of bytes that are BLOCK_LANES at most. */
ALWAYS unsigned sum(const lane *v)
{
	uint64_t w[LANE / 8];

	memcpy(w, v, sizeof(w));
	return (unsigned)(((w[0] + w[1] + w[2] + w[3]) *
			   UINT64_C(0x0101010101010101)) >>
			  56);
}

/* Which of v are of base64's alphabet: -1, else 0. */
ALWAYS void of_base64(const lane *v, lane *in_r)
{
	*in_r = (lane)(((*v | 0x20) - 'a') < 26) |
		(lane)((*v - '/') <= '9' - '/') | (lane)(*v == '+');
}

ALWAYS size_t count(const char *p, size_t n, uint64_t *alphabet)
{
	size_t at = 0;

	for (; at + BLOCK <= n; at += BLOCK) {
		lane used = {0}, other = {0};

		for (size_t i = 0; i < BLOCK; i += LANE) {
			lane v, in, gap;

			memcpy(&v, p + at + i, sizeof(v));
			of_base64(&v, &in);
			gap = (lane)(v == '\r') | (lane)(v == '\n');
			used -= in; /* each is 0 or -1 */
			other |= ~(in | gap);
		}
		if (any(&other))
			break;
		*alphabet += sum(&used);
	}
	return at;
}

ALWAYS size_t look(const char *p, size_t n, struct wide_facts *facts)
{
	lane lf = {0}, cr = {0}, nul = {0}, high = {0};
	size_t at = 0;

	for (; at + LANE <= n; at += LANE) {
		lane v, before, after_cr, is_lf;

		memcpy(&v, p + at, sizeof(v));
		memcpy(&before, p + at - 1, sizeof(before));
		after_cr = (lane)(before == '\r');
		is_lf = (lane)(v == '\n');
		lf |= is_lf & ~after_cr;
		cr |= after_cr & ~is_lf;
		nul |= (lane)(v == 0);
		high |= v;
	}
	high &= 0x80;
	facts->bare_lf |= any(&lf);
	facts->bare_cr |= any(&cr);
	facts->nul |= any(&nul);
	facts->high |= any(&high);
	return at;
}

#ifdef __x86_64__

static bool has_avx2(void)
{
	return !is_narrow && __builtin_cpu_supports("avx2");
}

AVX2 static size_t count_avx2(const char *p, size_t n, uint64_t *alphabet)
{
	return count(p, n, alphabet);
}

AVX2 static size_t look_avx2(const char *p, size_t n, struct wide_facts *facts)
{
	return look(p, n, facts);
}

/* Places in the alphabet; false: something else is among them. What is of it
 * needs no lower bound: each range begins where the one before it ends. */
AVX2 ALWAYS bool places(lane *v)
{
	lane in;

	of_base64(v, &in);
	*v += 62 - '+' - ((lane)(*v > '+') & ((62 - '+') - (63 - '/'))) -
	      ((lane)(*v > '/') & ((63 - '/') - (52 - '0'))) -
	      ((lane)(*v > '9') & ((52 - '0') + 'A')) -
	      ((lane)(*v > 'Z') & (('a' - 26) - 'A'));
	return _mm256_movemask_epi8((__m256i)in) == -1;
}

AVX2 static size_t decode_avx2(const char *p, size_t n, char *to)
{
	/* Of each four bytes the lower three, the first one highest. */
	const __m256i order = _mm256_broadcastsi128_si256(_mm_setr_epi8(
		2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1));
	size_t at = 0;

	/* What a store writes behind its 12 bytes is within the room of the
	 * characters that are left. */
	for (; at + LANE + LANE / 2 <= n; at += LANE, to += LANE / 4 * 3) {
		__m256i v;
		lane c;

		memcpy(&c, p + at, sizeof(c));
		if (!places(&c))
			break;
		v = _mm256_maddubs_epi16((__m256i)c, _mm256_set1_epi16(0x0140));
		v = _mm256_madd_epi16(v, _mm256_set1_epi32(0x00011000));
		v = _mm256_shuffle_epi8(v, order);
		_mm_storeu_si128((__m128i *)to, _mm256_castsi256_si128(v));
		_mm_storeu_si128((__m128i *)(to + LANE / 8 * 3),
				 _mm256_extracti128_si256(v, 1));
	}
	return at;
}

#endif

size_t wide_count_base64(const char *p, size_t n, uint64_t *alphabet)
{
#ifdef __x86_64__
	if (has_avx2())
		return count_avx2(p, n, alphabet);
#endif
	return count(p, n, alphabet);
}

size_t wide_facts(const char *p, size_t n, struct wide_facts *facts)
{
#ifdef __x86_64__
	if (has_avx2())
		return look_avx2(p, n, facts);
#endif
	return look(p, n, facts);
}

size_t wide_decode_base64(const char *p, size_t n, char *to)
{
#ifdef __x86_64__
	if (has_avx2())
		return decode_avx2(p, n, to);
#endif
	(void)p;
	(void)n;
	(void)to;
	return 0;
}
