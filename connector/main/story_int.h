/* story_int.h - words for the story of a message, in ja and en. Pure. */
#ifndef SEKISHO_MAIN_STORY_INT_H
#define SEKISHO_MAIN_STORY_INT_H

#include "connector/base/buf.h"
#include "connector/base/json.h"

/* What the event of the audit is called; itself when it is none of a
 * message's. */
const char *story_event(const char *event, bool ja);
/* The details of one row behind one another. `recipients` are those of the
 * message, as `queue show --json` has them: details name them by number. */
void story_detail(struct buf *out, const struct json *detail,
		  const struct json *recipients, bool ja);

#endif
