/* edits_int.h - a change to edits over the header's bytes.
 */
#ifndef SEKISHO_EXTRACT_EDITS_INT_H
#define SEKISHO_EXTRACT_EDITS_INT_H

#include "connector/extract/scan_int.h"

bool edits_make(struct scan *s, const struct change *c, struct edits *edits_r,
		struct err *e) MUST_USE;

#endif
