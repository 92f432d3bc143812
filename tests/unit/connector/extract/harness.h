/* harness.h - a view or edits of a mail given as text with \n line ends. */
#ifndef SEKISHO_TEST_EXTRACT_HARNESS_H
#define SEKISHO_TEST_EXTRACT_HARNESS_H

#include "connector/extract/extract.h"

struct harness {
	struct extract *x;
	struct arena a;
	struct buf mail;
	struct view v;
	struct findings f;
	struct edits edits;
	struct err e;
};

void harness_start(struct harness *h);
void harness_stop(struct harness *h);
/* \n becomes \r\n; also read in pieces, which has to give the same view. */
const struct view *harness_view(struct harness *h, const char *mail);
const struct view *harness_view_raw(struct harness *h, struct str mail);
bool harness_has(const struct view *v, enum doubt d);
/* The edited mail, \r\n as \n; NULL when it could not be edited. */
const char *harness_edit(struct harness *h, const char *mail,
			 const struct change *c);

#endif
