/* source_int.h - the message's bytes: mapped whole, or a window on them; and
 * what a single look at every byte tells.
 */
#ifndef SEKISHO_EXTRACT_SOURCE_INT_H
#define SEKISHO_EXTRACT_SOURCE_INT_H

#include "connector/base/limits.h"
#include "connector/base/str.h"
#include "connector/extract/extract.h"

/* What source_at can promise at once. */
#define SOURCE_WANT_MAX	  (MIME_HEADER_BLOCK_MAX + 4096)
#define SOURCE_WINDOW_MAX (512 * KIB)

struct source {
	struct extract_source in;
	char *window; /* SOURCE_WINDOW_MAX bytes, when read piece by piece */
	uint64_t window_off;
	size_t window_n;
	bool failed;
	/* Of the bytes before facts_to. */
	uint64_t facts_to;
	bool has_8bit, has_nul, has_bare_lf, has_bare_cr;
	char last;
};

void source_init(struct source *s, const struct extract_source *in,
		 char *window);
/* min(want, what is left) bytes at off, often more; empty at the end or when
 * reading failed. Valid until the next call. */
struct str source_at(struct source *s, uint64_t off, size_t want);

#endif
