/* own.h - mails that we write ourselves: header and MIME structure, UTF-8.
 *
 * text and html become multipart/alternative; an original may be attached as
 * message/rfc822: then the result is a head and a tail around the original's
 * bytes (as edits: insert before 0, insert at size), never a copy of them.
 */
#ifndef SEKISHO_MAIL_OWN_H
#define SEKISHO_MAIL_OWN_H

#include "connector/base/buf.h"
#include "connector/base/clock.h"
#include "connector/mail/addr.h"

struct own_mail {
	struct str from_name, from; /* address of notices */
	struct str to_name, to;
	struct str subject;	/* UTF-8; cleaned and encoded here */
	struct str message_id;	/* with brackets; made by the caller */
	struct str in_reply_to; /* threads under one subject, or empty */
	int64_t date_us;
	const struct tz *tz;
	struct str language;	       /* "ja", "en" */
	const struct header_add *more; /* extra header fields */
	size_t more_n;
	struct str text, html; /* html may be empty */
	bool attach_original;
	bool original_8bit;
	struct str attachment_name; /* "original.eml" */
};
struct header_add;

/* head: everything up to and including the original's place; tail: behind it
 * (empty when nothing is attached). CRLF throughout, lines <= 76. */
void own_mail_write(const struct own_mail *m, struct buf *head,
		    struct buf *tail);

/* RFC 2047 encoded words, UTF-8 B, folded at 76; plain ASCII stays. `used`:
 * columns taken by "Name: ". */
void header_encode(struct buf *out, struct str text, size_t used);

#endif
