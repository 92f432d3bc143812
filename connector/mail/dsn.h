/* dsn.h - delivery status notifications (RFC 3464 in RFC 6522, RFC 3461).
 * Text in ja and en; the caller never makes one for a null sender.
 */
#ifndef SEKISHO_MAIL_DSN_H
#define SEKISHO_MAIL_DSN_H

#include "connector/base/buf.h"
#include "connector/base/clock.h"
#include "connector/mail/envelope.h"

enum dsn_action {
	DSN_ACT_FAILED,
	DSN_ACT_DELAYED,
	DSN_ACT_RELAYED,
	DSN_ACT_DELIVERED,
	DSN_ACT_EXPANDED
};

struct dsn_rcpt {
	struct str address;
	struct str orcpt; /* xtext form "rfc822;..." or empty */
	enum dsn_action action;
	char status[12];       /* "5.1.1" */
	struct str remote_mta; /* host name or empty */
	struct str diagnostic; /* "550 5.1.1 no such user" or empty */
	int64_t last_attempt_us;
	int64_t retry_until_us; /* delayed only; 0: none */
};

struct dsn {
	struct str reporting_mta; /* our hostname */
	struct str from, to;   /* header From (notices-from), original sender */
	struct str envid;      /* xtext, or empty */
	struct str message_id; /* of the DSN, with brackets */
	struct str original_message_id; /* for In-Reply-To, or empty */
	struct str subject;		/* of the original, or empty */
	int64_t date_us, arrival_us;
	const struct tz *tz;
	/* RFC 6533: in UTF-8. Else all is ASCII that is not the original's. */
	bool smtputf8;
	const struct dsn_rcpt *rcpt;
	size_t rcpt_n;
	bool whole_original; /* RET=FULL; else `header` is attached */
	struct str original_header;
	bool original_8bit;
};

/* As own_mail_write: head and tail around the original when it is attached
 * whole; tail empty otherwise. */
void dsn_write(const struct dsn *d, struct buf *head, struct buf *tail);

#endif
