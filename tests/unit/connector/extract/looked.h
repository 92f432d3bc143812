/* looked.h - what is found in one attachment. */
#ifndef SEKISHO_TEST_EXTRACT_LOOKED_H
#define SEKISHO_TEST_EXTRACT_LOOKED_H

#include "tests/unit/connector/extract/asked.h"
#include "tests/unit/connector/extract/made.h"

struct looked {
	struct asked t;
	struct buf file, mail;
	const struct view *v;
	const struct view_part *p; /* the attachment */
};

/* Everything is asked: contents, files, what is inside. */
void looked_start(struct looked *l);
void looked_stop(struct looked *l);
/* The file as it was made in l->file, under this name. */
void looked_at(struct looked *l, const char *name);
/* How often a word is in the texts of attachments; asks anew. */
unsigned looked_word(struct looked *l, const char *name, const char *word);
bool looked_doubt(const struct looked *l, enum doubt d);
/* No doubt at all, and read to the end. */
bool looked_clean(const struct looked *l);
const struct view_inner *looked_inner(const struct looked *l, const char *name);

#endif
