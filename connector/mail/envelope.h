/* envelope.h - what SMTP says about a message (RFC 5321, 3461, 6152, 6531).
 * Plain data; lives in the arena it was built in.
 */
#ifndef SEKISHO_MAIL_ENVELOPE_H
#define SEKISHO_MAIL_ENVELOPE_H

#include "connector/base/rd.h"
#include "connector/mail/addr.h"

enum mail_body { MAIL_BODY_7BIT, MAIL_BODY_8BIT, MAIL_BODY_BINARY };

/* RFC 3461 4.1 NOTIFY; 0: not given. */
enum { DSN_NEVER = 1, DSN_SUCCESS = 2, DSN_FAILURE = 4, DSN_DELAY = 8 };
enum dsn_ret { DSN_RET_NONE, DSN_RET_FULL, DSN_RET_HDRS };

struct envelope_rcpt {
	struct addr addr;
	unsigned notify;  /* DSN_* or 0 */
	struct str orcpt; /* "rfc822;x+40y" as given (xtext), or empty */
};

struct envelope {
	struct addr from; /* text empty: <> */
	enum mail_body body;
	bool smtputf8;
	enum dsn_ret ret;
	struct str envid;	/* xtext as given, or empty */
	uint64_t size_declared; /* 0: not given */
	struct envelope_rcpt *rcpt;
	size_t rcpt_n;
};

static inline bool envelope_null_sender(const struct envelope *env)
{
	return env->from.text.n == 0;
}

#endif
