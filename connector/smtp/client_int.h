/* client_int.h - what the files of the client dialogue share.
 *
 * client.c opens and ends; login.c says who we are; send.c talks about the envelope; body.c sends the
 * content; fit.c asks whether a copy fits the peer; reply.c reads replies.
 */
#ifndef SEKISHO_SMTP_CLIENT_INT_H
#define SEKISHO_SMTP_CLIENT_INT_H

#include "connector/base/die.h"
#include "connector/base/limits.h"
#include "connector/base/mem.h"
#include "connector/smtp/client.h"

/* ---- reply.c ------------------------------------------------------------- */

/* One reply, read line by line. */
struct reply {
	unsigned lines;
	size_t text_n;
	struct smtp_answer answer;
};
enum reply_step {
	REPLY_MORE, /* the line is not whole yet; nothing was used */
	REPLY_LINE, /* a line that is followed by others */
	REPLY_DONE, /* the last line */
	REPLY_BAD,  /* not a reply, or above a limit */
};
void reply_reset(struct reply *r);
/* Takes one line off the front of `in`. text_r: behind code and separator. */
enum reply_step reply_read(struct reply *r, struct str in, size_t *used_r,
			   struct str *text_r);
void caps_read(struct smtp_caps *caps, struct str line);
/* An answer of our own making: code 0. */
void answer_set(struct smtp_answer *a, const char *status, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* ---- body.c -------------------------------------------------------------- */

/* Dot-stuffing over pieces (RFC 5321 4.5.2). */
struct stuffer {
	bool inside; /* not at the start of a line */
	bool cr;     /* the last byte was CR */
};
/* False: a bare CR, bare LF or NUL, at which nothing more may be sent. */
bool stuff(struct stuffer *s, struct str piece, struct buf *out) MUST_USE;
/* The end of the content, with the line end that DATA needs before it. False:
 * the content ends in a bare CR. */
bool stuff_end(struct stuffer *s, struct buf *out) MUST_USE;

/* ---- the client ------------------------------------------------------------ */

enum client_state {
	ST_CONNECT,
	ST_GREETING,
	ST_EHLO,
	ST_HELO,
	ST_STARTTLS,
	ST_HANDSHAKE,
	ST_AUTH,
	ST_READY,
	ST_RSET,
	ST_MAIL,
	ST_RCPT,
	ST_DATA,
	ST_CONTENT,  /* pieces are being written */
	ST_END,	     /* all is written, the answer is awaited */
	ST_LONE_DOT, /* no recipient was taken, yet DATA was */
	ST_DEAD,
	ST_COUNT
};

/* Above it the content waits until all was handed to the kernel. */
#define OUT_HIGH (256 * KIB)
/* From here on an octet count is cheaper for both sides than stuffed dots, and
 * nothing on the way rewrites lines (RFC 3030). */
#define BDAT_FROM_BYTES (64 * 1024)
#define OUT_BLOCK	(32 * KIB)
#define OUT_MAX		(4 * MIB) /* an envelope of some thousand recipients */

struct smtp_client {
	struct loop *loop;
	struct conn *conn;
	const struct smtp_ops *ops;
	void *arg;
	const struct smtp_timeouts *timeouts;
	const char *ehlo, *tls_name;
	enum smtp_tls tls;
	struct tls_ctx *tls_ctx;
	enum client_state state;
	struct smtp_caps caps;
	struct reply reply;
	struct buf out;
	struct timer *later; /* callbacks that must not come at once */
	struct smtp_end end;
	unsigned served;
	bool secured;
	bool tls_first;
	struct login *login; /* until it was used; NULL: none */
	bool needs_rset;
	size_t unread; /* bytes behind the reply in hand */
	bool *gone;    /* set when the client is freed in a callback */

	/* the mail in hand */
	struct smtp_mail *mail;
	size_t rcpt_at; /* whose reply is next */
	size_t accepted;
	bool pipelined, bdat, mail_failed;
	struct stuffer stuffer;
	struct str piece; /* rest of what the source gave */
	uint64_t sent;	  /* bytes of content taken from the source */
	bool source_ended;
};

/* client.c */
void client_state(struct smtp_client *c, enum client_state s);
void client_write(struct smtp_client *c); /* what is in c->out */
/* The connection is of no use any more: `why` is ours. */
void client_fail(struct smtp_client *c, const struct smtp_answer *why);
enum smtp_stage client_stage(const struct smtp_client *c);

/* Outside a mail; the callback may free us and is the last thing we do. */
void client_end(struct smtp_client *c, const struct smtp_answer *why);
/* Everything that comes before a mail is done. */
void client_ready(struct smtp_client *c);

/* login.c */
struct login *login_new(const struct smtp_login *as);
void login_free(struct login **l); /* wiped */
void login_begin(struct smtp_client *c);
void login_reply(struct smtp_client *c, const struct smtp_answer *a);

/* send.c */
void send_reply(struct smtp_client *c, const struct smtp_answer *a);
/* Ends the mail in hand: what is open becomes `why`, by class. */
void send_settle(struct smtp_client *c, enum smtp_class class,
		 const struct smtp_answer *why);
void send_finish(struct smtp_client *c, bool usable);
/* The connection is lost: deferred, or unknown. */
void send_lost(struct smtp_client *c, const struct smtp_answer *why);

/* body.c */
void body_begin(struct smtp_client *c);
void body_go_on(struct smtp_client *c);

/* fit.c: gives what cannot go to this peer its class. True: some are left. */
bool fit_mail(struct smtp_client *c, struct smtp_mail *m);
bool fit_needs_utf8(const struct smtp_mail *m);

#endif
