/* notice.h - every mail that we write ourselves, in ja and en.
 *
 * A notice is a Mustache template over a JSON document, from the built-in set
 * or from the folder `notices.templates` (a file there replaces the built-in
 * one of the same name).  Text part complete without the HTML part; the classic
 * forms byte for byte.  Subjects are cleaned and cut at 60
 * characters.
 */
#ifndef SEKISHO_NOTICE_H
#define SEKISHO_NOTICE_H

#include "connector/base/arena.h"
#include "connector/mail/own.h"

enum notice_kind {
	NOTICE_HELD,	   /* to the sender */
	NOTICE_REFUSED,	   /* to the sender */
	NOTICE_BCC,	   /* to the sender: changed to Bcc */
	NOTICE_RETURNED,   /* to the sender, original attached */
	NOTICE_EXPIRED,	   /* to the sender: ended by time */
	NOTICE_TEXT,	   /* action `notify`: the policy's own text */
	NOTICE_COPY,	   /* to a superior: original attached, with a brake */
	NOTICE_ALARM,	   /* to admins */
	NOTICE_MODE,	   /* to admins: mode changed */
	NOTICE_HELD_ADMIN, /* to admins: something waits for them */
	NOTICE_DIGEST, /* to the sender: held mails, `notices.hold: digest` */
	NOTICE_KINDS
};

enum notice_then {
	NOTICE_THEN_SEND,
	NOTICE_THEN_DISCARD,
	NOTICE_THEN_RETURN,
	NOTICE_THEN_WAIT
};

struct notice_text {
	struct str ja, en;
};

struct notice {
	enum notice_kind kind;
	struct str language; /* "ja", "en", or "ja+en" */
	struct str from, from_name, to;
	struct str hostname, public_url;
	struct str subject; /* of the original, UTF-8 */
	struct str original_from;
	const struct str *recipient; /* whom it is about */
	size_t recipient_n;
	struct str id;		/* of the message it is about, or empty */
	struct str message_id;	/* own, with brackets */
	struct str in_reply_to; /* original's, with brackets, or empty */
	int64_t date_us;
	const struct tz *tz;
	struct str token;	 /* for the link; empty: no link */
	struct str check_number; /* "4821" or empty */
	int64_t due_us;		 /* when the clock acts; 0: never */
	enum notice_then then;
	const struct notice_text *reason; /* why, one sentence each */
	size_t reason_n;
	size_t reason_more;	    /* not named here */
	struct notice_text way_out; /* smallest change that would pass */
	/* TEXT: the policy's; ALARM: the cause; MODE: the reason */
	struct notice_text own_text;
	struct notice_text rule; /* title of the rule */
	struct str cause;	 /* ALARM: "lists"; MODE: its name */
	struct str by;		 /* RETURNED, MODE: who did it, or empty */
	int64_t count;		 /* BCC: of them outside; DIGEST: of messages */
	bool waits;		 /* BCC: some of them are held */
	bool goes;		 /* BCC: some of them are not */
	bool seed_form_only;
	bool attach_original, original_8bit;
	const struct header_add *more;
	size_t more_n;
};

struct notices; /* loaded templates, immutable, any thread */
/* folder NULL: the built-in ones. Errors name file and line. */
struct notices *notices_load(const char *folder, struct err *e) MUST_USE;
void notices_free(struct notices **n);

/* A whole message: head, and tail when the original is attached (own.h). */
bool notice_write(const struct notices *set, const struct notice *n,
		  struct buf *head, struct buf *tail, struct err *e) MUST_USE;

#endif
