/* question.c - wire form of a question; see question.h. */
#include "connector/mail/question.h"

enum { ASKS_CONTENT = 1, ASKS_INSIDE = 2 };

void question_write(const struct question *q, struct buf *out)
{
	buf_put_u32(out, q->version);
	buf_put_u8(out, (uint8_t)((q->asks_content ? ASKS_CONTENT : 0) |
				  (q->asks_inside ? ASKS_INSIDE : 0)));
}

bool question_read(struct rd *in, struct arena *a, struct question *q_r,
		   struct err *e)
{
	unsigned flags;

	(void)a;
	*q_r = (struct question){.version = rd_u32(in)};
	flags = rd_u8(in);
	q_r->asks_content = flags & ASKS_CONTENT;
	q_r->asks_inside = flags & ASKS_INSIDE;
	if (!rd_ok(in) || (flags & ~3u))
		return err_set(e, ERR_PERMANENT, 0, "bad question");
	return true;
}
