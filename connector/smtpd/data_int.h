/* data_int.h - where content ends in a DATA stream, and what may not stand in it.
 *
 * RFC 5321 4.1.1.4: CR LF . CR LF is the only end.  A bare CR, a bare LF and
 * a NUL are refused, so that nothing that was no end for us can become one
 * for the next hop.  Runs at the speed of memchr; no copy: content comes as
 * spans of the input, stuffed dots (4.5.2) left out.
 */
#ifndef SEKISHO_SMTPD_DATA_INT_H
#define SEKISHO_SMTPD_DATA_INT_H

#include "connector/base/str.h"

enum data_event {
	DATA_MORE, /* all that can be judged is taken: up to 2 bytes may stay */
	DATA_SPAN, /* a piece of content */
	DATA_END,
	DATA_BARE_CR,
	DATA_BARE_LF,
	DATA_NUL,
	DATA_LONG_LINE, /* above SMTP_TEXT_LINE_MAX; told once, goes on */
};

struct data_scan {
	bool in_line; /* something of this line was taken before */
	bool too_long, told_long;
	size_t line_len; /* of what was taken of this line */
	size_t clean;	 /* bytes of the next input known to hold no NUL */
};

void data_begin(struct data_scan *d);
/* Looks at the unread input; taken_r bytes of it are done with. Call it again
 * with the rest after each SPAN and LONG_LINE. */
enum data_event data_next(struct data_scan *d, struct str in, size_t *taken_r,
			  struct str *span_r);
const char *data_why(enum data_event bad);

#endif
