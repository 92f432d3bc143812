/* flow.h - the life of a message between its intake and its end.
 *
 * Takes the body while it comes, makes it durable, has it inspected and
 * decided, opens its gates, hands it to delivery, records what came of it,
 * and writes every mail of our own.  Owns the state table and its only setter.
 * All functions run on the loop it was made on, unless they say "any thread".
 */
#ifndef SEKISHO_FLOW_H
#define SEKISHO_FLOW_H

#include <sys/socket.h>
#include "auth/auth.h"
#include "connector/base/limits.h"
#include "connector/base/log.h"
#include "connector/base/metrics.h"
#include "connector/conf/config.h"
#include "connector/inspect/inspect.h"
#include "connector/mail/edit.h"
#include "connector/mail/envelope.h"
#include "connector/store/store.h"
#include "policy/policy.h"

struct flow;
struct notices;

/* Clocks of a test. */
struct flow_clocks {
	int64_t (*wall)(void *arg);
	int64_t (*machine)(void *arg); /* goes on through a suspend */
	const char *boot_id;	       /* of this run of the machine */
	void *arg;
};
struct flow_conf {
	struct loop *loop;
	const struct config *config; /* borrowed, lives longer */
	struct store *store;
	struct keys *keys;
	struct spool *spool;
	struct inspect *inspect;
	struct notices *notices;
	struct auth *auth; /* of the same configuration, at all times */
	struct dns *dns;   /* keys of signatures; NULL: who proves himself by
			    * DKIM is told to come later */
	const char *build; /* of the program; another one may read more */
	const struct log_ctx *log;
	struct metrics *metrics;
	const struct flow_clocks *clocks; /* NULL: the machine's own */
};
struct flow *flow_new(const struct flow_conf *conf, struct err *e) MUST_USE;
/* No more is begun; done when the store has told of all that it was handed, or
 * after within_us.  What the store tells of goes to the flow: as long as its
 * loop runs on, only a drained one may be freed. */
void flow_drain(struct flow *f, int64_t within_us, void (*done)(void *arg),
		void *arg);
void flow_free(struct flow **f);
/* The one that decides, until the next is set. */
const struct policy *flow_policy(const struct flow *f);
/* A new valid policy; the flow takes it and frees the one before when the last
 * message that is being decided lets go. */
void flow_set_policy(struct flow *f, struct policy *p, uint32_t version);
/* After auth_set_config(). */
void flow_set_config(struct flow *f, const struct config *c);
/* Recovery after start: unknown attempts, undecided messages, timers. */
bool flow_start(struct flow *f, struct err *e) MUST_USE;
/* The clock of all due times: the wall clock, but for its jumps. Any thread. */
int64_t flow_now(struct flow *f);

/* ---- intake ---------------------------------------------------------------- */

struct flow_session {
	const struct tenant_conf
		*tenant; /* NULL: null sender, prove by header */
	struct sockaddr_storage peer;
	struct str helo;
	struct str tls_version; /* "TLSv1.3" or empty */
	struct str tls_cipher;
	bool certificate_verified;
	const struct str *certificate_name; /* all of its DNS names */
	size_t certificate_name_n;
	const struct tenant_conf *login; /* submission; NULL: none */
	struct str login_name;
	const struct str *login_address; /* compared form */
	size_t login_address_n;
	bool smtputf8, bdat;
	bool helo_only; /* never EHLO */
};

struct intake;
/* Copies what it needs of session and envelope. */
struct intake *intake_new(struct flow *f, const struct flow_session *s,
			  const struct envelope *env);
/* Content bytes as they shall be stored: dot-unstuffed, strict line ends (or
 * BDAT octets). False: class LIMIT (552; with code FLOW_LONG_HEAD it is the
 * header block), DENIED (550 5.7.1; with code
 * FLOW_NOT_OWN the header's sender is not the login's) or
 * RETRY (452; with code FLOW_NOT_YET 451 4.7.1); call abort then. */
#define FLOW_NOT_YET   4071
#define FLOW_NOT_OWN   5071
#define FLOW_LONG_HEAD 5034
bool intake_write(struct intake *in, const void *p, size_t n,
		  struct err *e) MUST_USE;
struct intake_reply {
	int code;	    /* 250, 451, 452, 550, 552, 554 */
	const char *status; /* "2.0.0" */
	const char *text;   /* "Ok: queued as ID" */
};
/* The final dot or BDAT LAST. The reply comes once, after the commit; the
 * intake is gone by then. */
void intake_end(struct intake **in,
		void (*done)(void *arg, const struct intake_reply *reply),
		void *arg);
/* The session is gone while intake_end() waits: no callback, the message goes
 * its way (or was never durable). Also ends an intake before its end. */
void intake_abort(struct intake **in);
/* A peer could not prove whose mail it brings: counted by reason, and an alarm
 * when peers inside a tenant's networks fail again and again. */
void flow_proof_failed(struct flow *f, enum auth_proof failed,
		       const struct sockaddr_storage *peer);
/* Too many undecided messages: sockets shall not be read. */
bool flow_busy(const struct flow *f);

/* ---- delivery --------------------------------------------------------------- */

enum attempt_class {
	ATTEMPT_OPEN = 0,  /* nothing known yet */
	ATTEMPT_DELIVERED, /* 2xx to the final dot */
	ATTEMPT_DEFERRED,  /* 4xx, connection trouble before the final dot */
	ATTEMPT_FAILED,	   /* 5xx: this recipient will never get it */
	ATTEMPT_UNKNOWN,   /* final dot sent, answer never came */
	ATTEMPT_MISCONFIGURED, /* the next hop refuses us, not the mail */
	ATTEMPT_UNTRIED,       /* not attempted: no slot, shut down */
	ATTEMPT_LOOP,	       /* it came back: parked until somebody looks */
	ATTEMPT_DAMAGED,       /* its copy cannot be had: parked likewise */
};

struct attempt_rcpt {
	struct store_rcpt row;
	struct str notify_orcpt; /* as row.orcpt */
	enum attempt_class class;
	int code;
	char status[12];    /* enhanced, "5.1.1" or "" */
	char answer[512];   /* cleaned */
	bool dsn_passed_on; /* next hop took NOTIFY (RFC 3461 5.2.2) */
	int64_t retry_us;   /* DEFERRED: not sooner than this; 0: back-off */
};

/* What shares a way out: "" all mail of a tenant (relay), a recipient domain
 * in compared form (direct), a mailbox (smtp-auth). */
struct str flow_route(const struct tenant_conf *t, struct str from,
		      struct str to, struct arena *a);

/* One recorded attempt: one copy (shape) for some recipients of one route.
 * Owned by the deliverer between start and flow_attempt_done(). */
struct attempt {
	struct store_message message;
	const struct tenant_conf *tenant;
	struct str route;
	struct str prefix;  /* header bytes before the original */
	struct edits edits; /* of this shape */
	struct attempt_rcpt *rcpt;
	size_t rcpt_n;
	uint64_t size; /* of the copy, with prefix and edits */
	/* Of the copy; bare_lf: or bare CR or NUL, what no DATA carries. */
	bool has_8bit, has_bare_lf;
	char remote[256]; /* set by the deliverer: host[address] */
};
/* The copy in 7 bits with strict line ends, for a next hop that takes no more;
 * its content means the same. False: it cannot be made. No source is open. */
bool attempt_lower(struct attempt *a) MUST_USE;
/* Next bytes of the copy: original bytes or literals, in order. Zero n_r at
 * the end. Memory is valid until the next call. */
struct attempt_source;
struct attempt_source *attempt_source_new(struct flow *f, struct attempt *a);
bool attempt_source_next(struct attempt_source *s, struct str *piece_r,
			 struct err *e) MUST_USE;
void attempt_source_free(struct attempt_source **s);

struct flow_deliverer {
	/* A slot for one copy on this route of the tenant, now? Then start()
	 * or unreserve() follows. */
	bool (*reserve)(void *arg, const struct tenant_conf *t,
			struct str route);
	void (*unreserve)(void *arg, const struct tenant_conf *t,
			  struct str route);
	/* The attempt is durable: go. */
	void (*start)(void *arg, struct attempt *a);
	/* Something is ready or due: claim when you have slots. */
	void (*wake)(void *arg);
};
void flow_set_deliverer(struct flow *f, const struct flow_deliverer *d,
			void *arg);
/* Records attempts for what is due and has room, then calls start() for each
 * (no reserve()); done tells how many came and when to look again (next_us:
 * moment of the next due recipient, 0: none known). */
void flow_claim(struct flow *f, const struct store_rooms *rooms,
		void (*done)(void *arg, size_t started, int64_t next_us),
		void *arg);
/* Every rcpt has its class. Durable within 5 ms or with the next commit. */
void flow_attempt_done(struct flow *f, struct attempt **a);
/* What senders handed in during the last hour, by the store: for those who
 * count in memory and go on after a restart. */
bool flow_sent_lately(struct flow *f, struct arena *a, struct store_sent **v_r,
		      size_t *n_r, struct err *e) MUST_USE;
/* A next hop that refuses us: all of the tenant waits until `until_us`. */
void flow_alarm(struct flow *f, const char *cause, struct str detail);
/* The same with sentences: each admin reads his own, the log the English one. */
void flow_alarm_both(struct flow *f, const char *cause, struct str ja,
		     struct str en);

/* ---- a canary: our own mail through the tenant's whole loop -------------------- */

struct flow_canary {
	int64_t id;	  /* of the last one sent; 0: none since the start */
	int64_t waits_us; /* the first sent since one came back; 0: none */
	int64_t sent_us, back_us, round_us; /* of the last; 0: none */
	bool missing;	  /* none came back for two intervals */
	bool accepted;	  /* the next hop took the last one */
	char state[16];	  /* of its recipient; "": not stored */
	char answer[512]; /* what the next hop said */
};
/* One more, now. Nothing when the tenant has none. */
void flow_canary_send(struct flow *f, const struct tenant_conf *t);
void flow_canary_look(struct flow *f, const struct tenant_conf *t,
		      struct flow_canary *c_r);

/* ---- people and operators: any thread ------------------------------------------ */

enum flow_act {
	ACT_SEND_NOW, /* opens the sender's own hold stages, nothing else */
	ACT_RELEASE,  /* operator: all gates; as_is: without edits too */
	ACT_DISCARD,
	ACT_RETURN,
};
#define FLOW_COMMENT_MAX 2048
struct flow_action {
	enum flow_act act;
	int64_t id;
	char actor[SMTP_ADDRESS_MAX + 32];
	char reason[256];
	/* Of a return: who gives it back, and what he says about it. Only its
	 * sender reads that: the audit is in clear. */
	char by[SMTP_ADDRESS_MAX + 1];
	char comment[FLOW_COMMENT_MAX];
	bool as_is;
	bool use_token; /* consume the right to decide in the same commit */
	unsigned char token[SHA256_LEN];
};
/* Callback on `l`. class CONFLICT: somebody or the clock was faster. */
void flow_do(struct flow *f, const struct flow_action *act, struct loop *l,
	     void (*done)(void *arg, const struct err *why), void *arg);

struct flow_mode {
	enum policy_mode mode;
	int64_t until_us;
	char reason[256], by[128];
};
void flow_set_mode(struct flow *f, const struct flow_mode *m, struct loop *l,
		   void (*done)(void *arg, const struct err *why), void *arg);
void flow_get_mode(struct flow *f, struct flow_mode *m_r);
const char *flow_mode_name(enum policy_mode m); /* "normal" "pass" "hold" */
bool flow_mode_parse(struct str name, enum policy_mode *m_r) MUST_USE;

/* The policy in force over held mail: only what becomes tighter is taken. */
struct flow_recheck {
	bool running;
	uint64_t messages; /* the sum of those below */
	uint64_t tightened, same;
	uint64_t looser; /* would be: not taken */
	uint64_t gone;	 /* somebody or the clock was faster */
	uint64_t failed; /* could not be read: left as it is */
};
/* done: it has begun, or RETRY when one is under way. Any thread. */
void flow_recheck(struct flow *f, const char *who, struct loop *l,
		  void (*done)(void *arg, const struct err *why), void *arg);
void flow_recheck_get(struct flow *f, struct flow_recheck *c_r);

/* The wall clock went apart from the machine's own by more than five minutes:
 * no timer releases anything until it is back, or accepted. */
struct flow_clock {
	bool jumped;
	int64_t off_us; /* how far it is ahead of the flow's clock */
};
void flow_clock_get(struct flow *f, struct flow_clock *c_r);
/* NOT_FOUND: it has not jumped. */
void flow_clock_accept(struct flow *f, const char *who, struct loop *l,
		       void (*done)(void *arg, const struct err *why),
		       void *arg);

/* Gates as stored with a recipient (for pages and `queue show`). */
bool flow_gates_read(struct str wire, struct arena *a, struct gate **gate_r,
		     size_t *n_r);
/* The state diagram of README, from the table (Mermaid). */
void flow_state_diagram(struct buf *out);
bool flow_state_allowed(enum rcpt_state from, enum rcpt_state to);

/* Of two with the same tenant and Message-ID: one mail whose recipients came
 * split over several transactions? */
bool copy_joined(const struct store_found *one,
		 const struct store_found *other);

#endif
