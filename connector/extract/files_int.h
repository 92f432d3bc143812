/* files_int.h - what attachments are, and what is in them.
 */
#ifndef SEKISHO_EXTRACT_FILES_INT_H
#define SEKISHO_EXTRACT_FILES_INT_H

#include "connector/extract/scan_int.h"

/* Flags, real types and contents of all attachments, as far as q asks; their
 * texts go to text_take(). After structure, classes and bodies. */
void files_read(struct scan *s, const struct question *q);

#endif
