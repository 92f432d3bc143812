/* share.c - a question as sealed bytes. The engine keeps them once, unmapped,
 * for every zygote of a generation.
 */
#include <unistd.h>
#include "connector/base/mem.h"
#include "connector/inspect/inspect_int.h"

bool question_share(const struct question *q, const struct question *behind,
		    int *fd_r, struct err *e)
{
	AUTO(buf) wire = BUF_MAX(QUESTION_BYTES_MAX);

	question_write(q, &wire);
	if (!buf_ok(&wire))
		return err_set(e, ERR_LIMIT, 0,
			       "the policy asks for more than %d MiB of words "
			       "and names",
			       (int)(QUESTION_BYTES_MAX / MIB));
	if (behind) {
		wire.max += QUESTION_BYTES_MAX;
		question_write(behind, &wire);
	}
	return shm_sealed("sekisho-question", buf_str(&wire), fd_r, e);
}

struct inspect_question *inspect_question_new(const struct question *q,
					      struct err *e)
{
	struct inspect_question *out = NEW(struct inspect_question);
	struct question canaries = canary_question(q);

	out->asked = (struct asked){q->version, q->term_n, q->company_n};
	out->fd = -1;
	if (!question_share(q, &canaries, &out->fd, e))
		inspect_question_free(&out);
	return out;
}

void inspect_question_free(struct inspect_question **q)
{
	if (!*q)
		return;
	if ((*q)->fd >= 0)
		close((*q)->fd);
	mem_free(*q);
	*q = NULL;
}
