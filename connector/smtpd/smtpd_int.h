/* smtpd_int.h - sessions and their parts; for this folder (and its tests).
 *
 * A session belongs to one connection on one loop.  Handlers never free it:
 * they write replies, change the state through session_enter(), and the
 * callback that woke the session settles what follows (flush, pause, close).
 */
#ifndef SEKISHO_SMTPD_INT_H
#define SEKISHO_SMTPD_INT_H

#include "connector/base/limits.h"
#include "connector/base/map.h"
#include "connector/base/vec.h"
#include "connector/smtpd/data_int.h"
#include "connector/smtpd/smtpd.h"
#include "connector/sys/loop/conn.h"

/* RFC 5321 4.5.3.2, for peers inside a tenant's networks; absolute. */
#define COMMAND_US   (5 * US_PER_MIN)
#define DATA_INIT_US (2 * US_PER_MIN)
#define BLOCK_US     (3 * US_PER_MIN)
#define END_US	     (10 * US_PER_MIN)
#define HANDSHAKE_US (60 * US_PER_S)
#define STRANGER_US  (60 * US_PER_S) /* all others: the whole session */
#define LINGER_US    (10 * US_PER_S)
/* How long a closed connection may keep its descriptor, which nobody counts
 * any more, so that a last reply arrives where bytes were still coming. */
#define FAREWELL_US	     (2 * US_PER_S)
#define FAREWELL_STRANGER_US (200 * US_PER_MS)
#define FAREWELL_NOW_US	     US_PER_MS /* it was still: nothing is coming */

#define BLOCK_BYTES    4096	   /* content that moves the deadline on */
#define OUT_MAX	       (16 * 1024) /* replies of one turn */
#define OUT_WAITING    (32 * 1024) /* unread by the peer: we stop reading */
#define HELO_MAX       255
#define AUTH_LINE_MAX  12288 /* RFC 4954 4.  A line of AUTH with its CRLF */
#define AUTH_WRONG_MAX 3     /* wrong logins in a session */
#define DISCARD_SLACK  (16 * MIB) /* above the size limit, then we hang up */
#define IDLE_MOVE_US   (300 * US_PER_MS) /* younger sessions keep their slot */
#define SILENT_MOVE_US (50 * US_PER_MS)	 /* those that never said a word */
#define REPLY_TEXT_MAX 200

/* name and meaning; steps and hints are in the tables of session.c */
#define SESSION_STATES(X)                                                      \
	X(GREET, "no EHLO yet")                                                \
	X(READY, "greeted, no transaction")                                    \
	X(AUTH, "a line of the login is awaited")                              \
	X(CHECK, "the login is being checked")                                 \
	X(MAIL, "MAIL was taken, no recipient yet")                            \
	X(RCPT, "one recipient or more was taken")                             \
	X(DATA, "content by DATA is being read")                               \
	X(CHUNK, "octets of a BDAT chunk are being read")                      \
	X(BDAT, "between two chunks of a message")                             \
	X(WAIT, "content is complete, its commit is awaited")                  \
	X(TLS, "220 to STARTTLS is sent, handshake")                           \
	X(LINGER, "refused for good: all that still comes is thrown away")     \
	X(OVER, "the last reply is written")

enum session_state {
#define SESSION_ENUM(id, meaning) SESSION_##id,
	SESSION_STATES(SESSION_ENUM)
#undef SESSION_ENUM
		SESSION_STATE_COUNT
};
#define IN(state) (1u << SESSION_##state)

struct transaction {
	struct arena arena;
	struct envelope env;
	struct {
		VEC_OF(struct envelope_rcpt);
	} rcpt;
	const struct tenant_conf *tenant; /* NULL: to be proved by header */
	struct intake *intake;
	struct intake *waiting; /* intake_end() was called, no reply yet */
	bool bdat;
	uint64_t bytes;	     /* content so far, as sent */
	uint64_t chunk_left; /* octets of this chunk still to come */
	bool chunk_last, chunk_skip;
	enum session_state chunk_back; /* state behind a skipped chunk */
	uint64_t block; /* content bytes since the deadline was moved */
	/* What the end of the content is answered with; code 0: nothing is
	 * wrong so far. */
	int fail_code;
	const char *fail_status;
	char fail_text[REPLY_TEXT_MAX];
};

/* Of a session that is logged in; owns its memory. */
struct session_login {
	struct arena arena;
	const struct tenant_conf *tenant; /* NULL: nobody is logged in */
	struct str name;
	const struct str *address;
	size_t address_n;
};

struct auth_exchange; /* auth.c: between AUTH and its last reply */

struct session {
	struct smtpd *server;
	enum smtpd_door door;
	struct session *older, *newer; /* by last progress */
	struct conn *conn;
	enum session_state state; /* session_enter() alone writes it */
	struct sockaddr_storage peer;
	char *peer_text;
	char *slot; /* key in server->per_address, or NULL */
	const struct tenant_conf *network; /* tenant of the network, or NULL */
	bool esmtp, tls_started, paused, busy, in_callback;
	bool listed, counted; /* in the server's list; in its counts */
	char helo[HELO_MAX + 1];
	unsigned errors;
	unsigned wrong_logins;
	unsigned messages;
	uint64_t lingered;
	int64_t farewell_us;
	int64_t progress_us;
	struct buf out;
	struct data_scan scan;
	struct transaction tx;
	struct auth_exchange *auth;
	struct session_login login;
	char id[24];
	struct log_ctx log;
};

/* Messages per sender: this hour's window and the one before, weighed. */
struct sender_rate {
	struct map now, before;
	int64_t window_us; /* begin of `now` */
};

/* One listening socket. */
struct door {
	struct smtpd *server;
	struct acceptor *acceptor;
	enum smtpd_door kind;
};

struct smtpd {
	struct smtpd_conf conf;
	const struct config *config;
	struct tls_ctx *tls;
	struct door *door;
	size_t door_n;
	struct session *oldest, *newest;
	size_t sessions, strangers;
	size_t most; /* sessions at once: configured, and what descriptors allow
		      */
	size_t *per_tenant; /* by index of the tenant */
	size_t tenant_n;
	struct map per_address; /* strangers: count as pointer value */
	struct sender_rate rate;
	struct timer *busy_timer, *drain_timer;
	bool busy_timer_set, draining, freeing;
	void (*drained)(void *arg);
	void *drained_arg;
	uint64_t counter;
};

/* ---- smtpd.c */
/* Takes fd. NULL: refused with a reply, fd closed. */
struct session *smtpd_accept(struct smtpd *d, int fd,
			     const struct sockaddr_storage *peer,
			     enum smtpd_door door);
void smtpd_forget(struct smtpd *d, struct session *s); /* it is being freed */
void smtpd_touch(struct smtpd *d, struct session *s);  /* progress was made */
void smtpd_wait_busy(struct smtpd *d);		       /* look again soon */

/* ---- quota.c */
void quota_limits(struct smtpd *d); /* after the configuration changed */
bool quota_take(struct smtpd *d, struct session *s, const char **why_r);
void quota_give(struct smtpd *d, struct session *s);
void quota_release(struct smtpd *d);
bool quota_load(struct smtpd *d, struct err *e) MUST_USE; /* at the start */
bool quota_sender_ok(struct smtpd *d, const struct addr *from, int64_t now_us);
void quota_sender_count(struct smtpd *d, const struct addr *from,
			int64_t now_us);

/* ---- session.c */
struct session *session_new(struct smtpd *d, int fd,
			    const struct sockaddr_storage *peer,
			    enum smtpd_door door);
void session_greet(struct session *s);
/* 421 as the only reply, for one that gets no slot. */
void session_refuse(struct session **s, const char *why);
void session_enter(struct session *s, enum session_state state);
void session_settle(struct session *s); /* may free it */
void session_free(struct session **s);
void session_resume(struct session *s); /* the flow has room again */
/* 421 now, whatever it is doing short of content; then the end. */
void session_dismiss(struct session *s, const char *why);
void session_deadline(struct session *s, int64_t after_us);
void session_forget_transaction(struct session *s);
bool session_in(const struct session *s, unsigned states);

/* ---- reply.c */
void reply(struct session *s, int code, const char *status, const char *fmt,
	   ...) PRINTF_LIKE(4, 5);
/* Replies without enhanced code: greeting, EHLO, 354 (RFC 2034 4). */
void reply_plain(struct session *s, int code, char sep, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

/* ---- verbs.c */
/* One command line without its line end. */
void verb_run(struct session *s, struct str line);

/* ---- auth.c: logins (RFC 4954), only where people come in */
void verb_auth(struct session *s, struct str args);
size_t auth_line(struct session *s, struct str in); /* bytes taken */
/* Mechanisms that may be said now, as EHLO lists them; empty: none. */
const char *auth_offer(const struct session *s);
bool auth_needed(const struct session *s); /* before MAIL */
void auth_forget(struct session *s);	   /* the login and what led to it */

/* ---- mail.c */
/* What the proofs are asked of; names live in the arena. */
void session_peer(struct session *s, struct arena *a, struct auth_peer *p_r);
void verb_mail(struct session *s, struct str args);
void verb_rcpt(struct session *s, struct str args);

/* ---- content.c */
void verb_data(struct session *s, struct str args);
void verb_bdat(struct session *s, struct str args);
size_t content_data(struct session *s, struct str in);	/* bytes taken */
size_t content_chunk(struct session *s, struct str in); /* bytes taken */

#endif
