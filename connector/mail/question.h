/* question.h - what the compiled policy wants the inspector to answer.
 * One question per policy version; sent with each job. Wire form beside it.
 * Words, expressions and detectors join it as fields when they are built.
 */
#ifndef SEKISHO_MAIL_QUESTION_H
#define SEKISHO_MAIL_QUESTION_H

#include "connector/base/arena.h"
#include "connector/base/buf.h"
#include "connector/base/err.h"
#include "connector/base/rd.h"

struct question {
	uint32_t version;  /* grows with each policy; 0: nothing asked */
	bool asks_content; /* some rule asks about content (POLICY, Doubt) */
	bool asks_inside;  /* look inside archives and attached mails */
};

void question_write(const struct question *q, struct buf *out);
bool question_read(struct rd *in, struct arena *a, struct question *q_r,
		   struct err *e) MUST_USE;

#endif
