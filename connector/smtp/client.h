/* client.h - the SMTP client dialogue (RFC 5321), one connection at a time.
 *
 * Opens, says EHLO, secures as demanded, logs in when told to, then carries
 * copies one after the other and answers per recipient.  Knows nothing of queues, retries, names
 * or tenants: callers resolve the host, hold the TLS context, choose again.
 * All on one loop.  Callbacks come from the loop, never out of the call that
 * asked; inside a callback the owner may send, quit or free.
 */
#ifndef SEKISHO_SMTP_CLIENT_H
#define SEKISHO_SMTP_CLIENT_H

#include "connector/mail/envelope.h"
#include "connector/sys/loop/conn.h"

/* What came of one recipient. */
enum smtp_class {
	SMTP_OPEN = 0,	    /* nothing known yet */
	SMTP_DELIVERED,	    /* 2xx to the end of the content */
	SMTP_DEFERRED,	    /* 4xx, or trouble before the end was sent whole */
	SMTP_FAILED,	    /* 5xx, or the next hop cannot carry this copy */
	SMTP_UNKNOWN,	    /* the end was sent, no answer came */
	SMTP_MISCONFIGURED, /* the next hop refuses us, not the mail */
	SMTP_UNTRIED,	    /* not attempted */
};
const char *smtp_class_name(enum smtp_class class);

/* Where a dialogue stood. */
enum smtp_stage {
	SMTP_AT_CONNECT,
	SMTP_AT_GREETING,
	SMTP_AT_EHLO,
	SMTP_AT_STARTTLS, /* not offered, or refused */
	SMTP_AT_TLS,	  /* handshake or certificate */
	SMTP_AT_AUTH,
	SMTP_AT_READY, /* idle */
	SMTP_AT_MAIL,
	SMTP_AT_RCPT,
	SMTP_AT_DATA,
	SMTP_AT_CONTENT,
	SMTP_AT_END, /* final dot or last chunk */
};
const char *smtp_stage_name(enum smtp_stage at);

#define SMTP_ANSWER_MAX 500 /* bytes of cleaned text that are kept */

struct smtp_answer {
	int code;	 /* 0: not the peer's words, text is ours */
	char status[12]; /* RFC 3463 "5.1.1", or "" */
	char text[SMTP_ANSWER_MAX + 12]; /* behind the code; cleaned UTF-8 */
};

struct smtp_rcpt {
	struct str address;
	struct str orcpt; /* xtext with type, or empty */
	unsigned notify;  /* DSN_* or 0 */
	/* out: */
	enum smtp_class class;
	enum smtp_stage at; /* of the answer */
	struct smtp_answer answer;
	bool dsn_passed_on; /* the peer knows RFC 3461 and took it */
	bool asked;	    /* RCPT was said */
	bool accepted;	    /* 2xx to RCPT */
};

/* One copy for some recipients. Lives with the caller until on_sent. */
struct smtp_mail {
	struct str from; /* empty: <> */
	bool smtputf8;	 /* came so: header or addresses may be UTF-8 */
	enum dsn_ret ret;
	struct str envid; /* xtext, or empty */
	uint64_t size;	  /* exact */
	bool has_8bit;
	bool has_bare_lf;   /* or bare CR or NUL: by BDAT or not at all */
	bool envelope_only; /* a question: ends behind RCPT, nothing is sent;
			     * who was accepted is UNTRIED */
	bool no_bdat; /* the peer refused BDAT before, whatever it offers */
	struct smtp_rcpt *rcpt;
	size_t rcpt_n;
	/* Next bytes of the content, valid until the next call; n 0: the end. */
	bool (*next)(void *arg, struct str *piece_r, struct err *e);
	void *arg;
	/* out: */
	bool answered;	   /* the peer said anything at all to this mail */
	bool bdat_refused; /* it does not know BDAT; the mail is deferred */
};

/* SASL mechanisms that we know. */
enum {
	SMTP_AUTH_PLAIN = 1,
	SMTP_AUTH_LOGIN = 2,
	SMTP_AUTH_XOAUTH2 = 4,
	SMTP_AUTH_OAUTHBEARER = 8,
};

/* What the peer offered in its last EHLO. */
struct smtp_caps {
	bool esmtp, starttls, pipelining, eightbit, smtputf8, chunking, dsn;
	bool enhanced, auth;
	unsigned mechanisms; /* SMTP_AUTH_* */
	bool has_size;
	uint64_t size; /* 0: no limit named */
};

enum smtp_tls {
	SMTP_TLS_NONE,		/* never */
	SMTP_TLS_OPPORTUNISTIC, /* when offered; clear otherwise */
	SMTP_TLS_REQUIRED,	/* no word in clear behind EHLO */
	SMTP_TLS_VERIFIED,	/* and the certificate fits the name */
};

/* How we log in (RFC 4954), under TLS and never without: by XOAUTH2 or
 * OAUTHBEARER (RFC 7628) when it is a token, else by PLAIN (RFC 4616) or
 * LOGIN, whichever the peer offers. */
struct smtp_login {
	struct str user;   /* mailbox, or name of the login */
	struct str secret; /* access token, or password */
	bool is_token;
};

/* Absolute, each from the moment its phase begins (RFC 5321 4.5.3.2). */
struct smtp_timeouts {
	int64_t connect_us, greeting_us, ehlo_us /* and AUTH */, starttls_us;
	int64_t tls_us;
	int64_t mail_us, rcpt_us, data_us, block_us, end_us;
};
extern const struct smtp_timeouts smtp_timeouts_default;

struct smtp_client_conf {
	struct loop *loop;
	const char *ehlo;     /* our name; borrowed */
	const char *tls_name; /* SNI and name to check; NULL: none; borrowed */
	enum smtp_tls tls;
	bool tls_first; /* from the first byte (RFC 8314 3.3), no STARTTLS */
	struct tls_ctx *tls_ctx; /* borrowed; NULL only with SMTP_TLS_NONE */
	const struct smtp_timeouts *timeouts; /* NULL: default; borrowed */
	/* NULL: none. Copied; wiped when it was used or the client ends. */
	const struct smtp_login *login;
};

/* The connection could not be opened, or ended while idle. */
struct smtp_end {
	enum smtp_stage at;
	struct smtp_answer answer;
};

struct smtp_client;
struct smtp_ops {
	/* Open, EHLO, TLS and login are done: send. */
	void (*on_ready)(void *arg);
	/* Every recipient has its class. usable: another may follow; if not,
	 * the connection is closed already and the client is to be freed. */
	void (*on_sent)(void *arg, struct smtp_mail *m, bool usable);
	/* Not within a mail. The client is to be freed. */
	void (*on_end)(void *arg, const struct smtp_end *end);
};

struct smtp_client *smtp_client_open(const struct smtp_client_conf *conf,
				     const struct sockaddr *to,
				     socklen_t to_len,
				     const struct smtp_ops *ops, void *arg,
				     struct err *e) MUST_USE;
/* The same on a connected socket (takes fd). */
struct smtp_client *smtp_client_adopt(const struct smtp_client_conf *conf,
				      int fd, const struct smtp_ops *ops,
				      void *arg);
/* Only when ready. */
void smtp_client_send(struct smtp_client *c, struct smtp_mail *m);
/* QUIT and free; when it is not idle, as smtp_client_free(). */
void smtp_client_quit(struct smtp_client **c);
/* Drops the connection. A mail in hand gets its classes (deferred or unknown
 * as it stands), but no callback. */
void smtp_client_free(struct smtp_client **c);

const struct smtp_caps *smtp_client_caps(const struct smtp_client *c);
/* "TLSv1.3", or "" in clear. */
const char *smtp_client_tls(const struct smtp_client *c);
unsigned smtp_client_served(const struct smtp_client *c); /* mails so far */

#endif
