/* tally_int.h - counts by term. What is one text read in two ways, or two
 * alternatives of one body, counts as the larger of both; different texts add
 * up.
 */
#ifndef SEKISHO_EXTRACT_TALLY_INT_H
#define SEKISHO_EXTRACT_TALLY_INT_H

#include "connector/base/macros.h"

struct tally {
	uint32_t *count; /* by term; never above FINDINGS_COUNT_MAX */
	uint32_t *touched;
	size_t touched_n, n;
};

void tally_init(struct tally *t, size_t terms);
void tally_release(struct tally *t);
void tally_add(struct tally *t, uint32_t term, uint32_t n);
/* Into `t`; `from` is empty afterwards. */
void tally_take_sum(struct tally *t, struct tally *from);
void tally_take_max(struct tally *t, struct tally *from);
void tally_clear(struct tally *t);

#endif
