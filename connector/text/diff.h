/* diff.h - what changed between two texts, line by line, as people know it
 * from `diff -u`.
 */
#ifndef SEKISHO_TEXT_DIFF_H
#define SEKISHO_TEXT_DIFF_H

#include "connector/base/buf.h"

/* Lines that are compared one by one; above, and where more than
 * DIFF_EDITS_MAX lines differ, what lies between the first and the last
 * difference is shown as replaced. */
#define DIFF_LINES_MAX (1000 * 1000)
#define DIFF_EDITS_MAX 2000

/* Appends a unified diff with three lines of context; nothing where the texts
 * are equal. The names stand in its two head lines. */
void diff_unified(struct str old, struct str new, const char *old_name,
		  const char *new_name, struct buf *out);

#endif
