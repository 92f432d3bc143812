/* wide_int.h - what is done to every byte of a mail, many bytes at a time.
 *
 * The width is that of the processor this runs on. Each function does as much
 * from the start as suits it, and tells how much; the rest is the caller's.
 */
#ifndef SEKISHO_EXTRACT_WIDE_INT_H
#define SEKISHO_EXTRACT_WIDE_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of bytes that are base64's alphabet, CR and LF alone, up to near the first
 * other one: how many they are; the alphabet's are added to *alphabet. */
size_t wide_count_base64(const char *p, size_t n, uint64_t *alphabet);
/* Whole groups of four, 3/4 of it into `to`, which has room for that much of
 * n: up to near the first other byte. A multiple of four. */
size_t wide_decode_base64(const char *p, size_t n, char *to);

struct wide_facts {
	bool bare_lf, bare_cr, nul, high;
};
/* Each byte beside the one before it: p[-1] is there. Facts found are set. */
size_t wide_facts(const char *p, size_t n, struct wide_facts *facts);

/* As on a processor that has nothing but what all of its kind have. */
void wide_set_narrow(bool narrow);

#endif
