/* insert_int.h - texts put into a message's body.
 */
#ifndef SEKISHO_EXTRACT_INSERT_INT_H
#define SEKISHO_EXTRACT_INSERT_INT_H

#include "connector/extract/scan_int.h"
#include "connector/mail/edit.h"

/* Leaves of the main body, in their order: one for each way of showing it. */
#define INSERT_LEAVES_MAX 16
struct insert_leaf {
	size_t part;
	bool html;
	bool head, tail; /* where the texts go */
};
size_t insert_leaves(const struct scan *s,
		     struct insert_leaf v[INSERT_LEAVES_MAX]);

/* The texts of one end as a block, UTF-8 with line ends `eol`; empty where
 * there are none. HTML is ASCII whatever the text. */
void insert_block(const struct change *c, bool tail, bool html, const char *eol,
		  struct buf *out);
/* RFC 2045 6.7, lines ended as they are. */
void qp_encode(struct str in, const char *eol, struct buf *out);

/* insert_wrap.c: the same for a mail without any text, as parts of their own
 * beside what is there. */
bool insert_wrap(struct scan *s, const struct change *c, const char *eol,
		 struct edits *edits_r, struct err *e) MUST_USE;

/* Edits of the body and of the fields that tell how it is encoded, in order. */
bool insert_edits(struct scan *s, const struct change *c, const char *eol,
		  struct edits *edits_r, struct err *e) MUST_USE;

#endif
