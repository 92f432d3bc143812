/* explain_int.h - reading one message for `sekisho explain`. */
#ifndef SEKISHO_MAIN_EXPLAIN_INT_H
#define SEKISHO_MAIN_EXPLAIN_INT_H

#include "connector/base/arena.h"
#include "connector/mail/findings.h"
#include "connector/mail/view.h"

struct explain_message {
	struct str bytes;
	bool converted; /* LF made CRLF */
	const struct view *view;
	const struct findings *findings; /* NULL: it could not be inspected */
};

/* Both print what is wrong on stderr; the result is an exit code, EX_OK to go
 * on. `max`: bytes of a message. */
int explain_read(const char *path, size_t max, struct arena *a,
		 struct explain_message *m_r);
int explain_inspect(const char *program, const struct question *q,
		    struct arena *a, struct explain_message *m);

#endif
