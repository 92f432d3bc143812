/* params_int.h - paths and parameters of MAIL and RCPT (RFC 5321, 1870, 6152,
 * 6531, 3461).  Pure: text in, facts or a ready refusal out.  Strict: what is
 * unknown, doubled or malformed is refused, never skipped.
 */
#ifndef SEKISHO_SMTPD_PARAMS_INT_H
#define SEKISHO_SMTPD_PARAMS_INT_H

#include "connector/mail/envelope.h"

/* A refusal: reply code, enhanced status, text for a person. */
struct trouble {
	int code;
	const char *status;
	char text[200];
};
/* Fills *t and returns false. */
bool trouble(struct trouble *t, int code, const char *status, const char *fmt,
	     ...) PRINTF_LIKE(4, 5);

enum path_kind { PATH_SENDER, PATH_RECIPIENT };

/* "<...>" with quoted strings inside respected; path_r without the brackets,
 * empty for "<>" (senders only). */
bool path_read(struct rd *r, enum path_kind kind, struct str *path_r,
	       struct trouble *t) MUST_USE;
/* Mailbox of a path. Refused with a text that says why: source routes, the
 * percent and bang hacks, a quoted @, literals, no domain, 8-bit without
 * SMTPUTF8. */
bool path_address(struct str path, bool utf8, enum path_kind kind,
		  struct arena *a, struct addr *addr_r,
		  struct trouble *t) MUST_USE;

struct mail_params {
	uint64_t size; /* 0: not given */
	enum mail_body body;
	bool smtputf8;
	bool auth; /* AUTH= was given (RFC 4954 5) */
	enum dsn_ret ret;
	struct str envid; /* xtext as given */
};
/* What follows the path. Texts are copied into the arena. */
bool mail_params_read(struct rd *r, bool esmtp, struct arena *a,
		      struct mail_params *p_r, struct trouble *t) MUST_USE;
/* Fills notify and orcpt. */
bool rcpt_params_read(struct rd *r, bool esmtp, bool utf8, struct arena *a,
		      struct envelope_rcpt *rcpt_r, struct trouble *t) MUST_USE;

#endif
