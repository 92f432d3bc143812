/* store.h - where state lives: messages, recipients, bodies, audit, tokens.
 *
 * Changes are jobs: a list of steps that happen wholly or not at all.  One
 * writer thread takes every waiting job into one durable commit (group
 * commit); the callback comes on the caller's loop afterwards.  A step that
 * compares and finds otherwise undoes its own job only (class CONFLICT).
 * A failed commit gives every job of the group class RETRY and nothing stays.
 * After a failed sync the store is reopened before it is trusted again.
 *
 * Sealed: bodies, subjects, plans, views, edits, secrets, gates.
 * In clear: addresses, sizes, times, results.
 *
 * Reading goes through a store_reader, one per thread, and sees what was
 * committed before the call.  Results live in the arena given.
 */
#ifndef SEKISHO_STORE_H
#define SEKISHO_STORE_H

#include "connector/base/json.h"
#include "connector/base/log.h"
#include "connector/base/metrics.h"
#include "connector/mail/edit.h"
#include "connector/mail/envelope.h"
#include "connector/mail/state.h"
#include "connector/sys/keys/keys.h"
#include "connector/sys/loop/loop.h"
#include "connector/sys/spool/spool.h"

struct store;
struct store_job;

struct store_conf {
	const char *url;     /* "sqlite:PATH", "memory:" */
	struct keys *keys;   /* borrowed */
	struct spool *spool; /* borrowed; NULL only for readers */
	const struct log_ctx *log;
	struct metrics *metrics;
};

/* Is there anything in it? (The master key is made only while it is empty.) */
bool store_is_empty(const char *url, bool *empty_r, struct err *e) MUST_USE;
/* Opens, upgrades the schema in one transaction, compares the key's identity
 * (class CONFIG names the key and the backup when it differs), frees spool
 * files that no row names, starts the writer. A second engine on the same
 * store is refused (class CONFIG). */
struct store *store_open(const struct store_conf *conf, struct err *e) MUST_USE;
void store_close(struct store **s); /* waits for what was submitted */

/* ---- what is stored ---------------------------------------------------- */

enum message_kind { MESSAGE_MAIL, MESSAGE_NOTICE };
enum body_place { BODY_INLINE, BODY_SPOOL, BODY_OF_OTHER, BODY_GONE };

struct store_message {
	int64_t id;
	enum message_kind kind;
	struct str tenant;     /* name */
	struct str message_id; /* without brackets; empty: none */
	struct str from;       /* envelope sender; empty: <> */
	struct str sender;     /* the mailbox that notices mean */
	enum mail_body body;
	bool smtputf8;
	enum dsn_ret ret;
	struct str envid;
	uint64_t size;
	unsigned char digest[SHA256_LEN];
	struct str prefix; /* header bytes that we put before the original */
	enum body_place place;
	struct str bytes;	/* BODY_INLINE: plain bytes */
	struct spool_ref spool; /* BODY_SPOOL */
	unsigned char dek[KEY_LEN], wrapped[WRAPPED_LEN];
	int64_t of;	    /* BODY_OF_OTHER: whose body; that body lives on
				* until this message has ended too */
	struct str subject; /* sealed at rest */
	struct str reason;  /* why it is held: "policy" "failed" "loop" ... */
	struct str client;  /* "[192.0.2.1] helo=... tls=TLSv1.3" for audit */
	int64_t accepted_us;
	uint32_t policy_version;
	struct str language; /* of notices about it */
	int64_t about;	     /* notices: the message they speak of, or 0 */
	struct str view;     /* wire, or empty while undecided */
	struct str plan;     /* JSON, or empty */
	struct str edits;    /* wire of all shapes, or empty */
	bool decided;
};

struct store_rcpt {
	unsigned n; /* 0.. in envelope order */
	struct str address;
	struct str key; /* compared form */
	unsigned notify;
	struct str orcpt;
	enum rcpt_state state;
	unsigned version; /* grows with every change: compare-and-swap */
	unsigned shape;	  /* index into the message's edits */
	struct str gates; /* wire form of flow, sealed; empty: none */
	unsigned gate;	  /* the one that is closed now */
	int64_t due_us;	  /* when the clock has to look at it; 0: never */
	unsigned attempts;
	unsigned unknowns; /* attempts whose answer never came */
	int code;	   /* last SMTP code; 0: none */
	struct str answer; /* last answer, cleaned, <= 500 bytes */
	struct str remote; /* host that gave it */
	int64_t ended_us;
	int64_t warned_us; /* delay DSN sent; 0: not */
	int64_t ready_us;  /* when the gates opened: give-up counts from
				* here, not from acceptance; 0: not yet */
	struct str reason; /* of the hold of this recipient, or empty */
	/* What shares a way out with it: empty, all mail of the tenant; else
	 * a recipient domain, or a mailbox that it leaves by. */
	struct str route;
};

struct store_token {
	unsigned char hash[SHA256_LEN]; /* of the token's text */
	char kind;			/* 'm' */
	int64_t message;
	struct str person;
	unsigned char check[SHA256_LEN]; /* of token text + digits */
	unsigned tries;			 /* wrong ones so far */
	int64_t expires_us;
	int64_t used_us; /* right to decide consumed; 0: not */
};

struct store_audit {
	int64_t seq;
	int64_t at_us;
	int64_t message;   /* 0: none */
	struct str actor;  /* "engine", "timer", "sender a@b", "uid 0" */
	struct str event;  /* "accepted", "held", "released" ... */
	struct str detail; /* JSON text */
	unsigned char hash[SHA256_LEN];
};

/* ---- jobs ---------------------------------------------------------------- */

struct store_job *store_job_new(struct store *s);
void store_job_free(struct store_job **j); /* one that was never submitted */
struct arena *store_job_arena(struct store_job *j);

/* Steps, in order. Arguments are copied into the job, except `bytes` of an
 * inline body, which must live until the callback. */
void store_add_message(struct store_job *j, const struct store_message *m,
		       const struct store_rcpt *rcpt, size_t n);
/* View, plan, edits, subject, sender, reason and policy version of m. CONFLICT
 * when the message is decided already; `again`: when it is not. What becomes of
 * its recipients follows as steps that compare. */
void store_set_decision(struct store_job *j, const struct store_message *m,
			bool again);
/* Write all fields of r where (id, r->n) is in state `from` with version
 * `r->version`; the stored version grows by one. CONFLICT otherwise. When the
 * last recipient ends, the body is dropped in the same transaction, unless
 * keep_body_us says how long it stays or another open message uses it. */
void store_set_rcpt(struct store_job *j, int64_t id, enum rcpt_state from,
		    const struct store_rcpt *r, int64_t keep_body_us);
void store_set_reason(struct store_job *j, int64_t id, struct str reason);
/* Written behind the job's other steps. The event "accepted" carries the
 * number of recipients that the job added, any event that of those it ended,
 * in columns of their own for the ledger; what no row tells of gets one. */
void store_add_audit(struct store_job *j, int64_t at_us, int64_t message,
		     struct str actor, struct str event, struct str detail);
void store_add_token(struct store_job *j, const struct store_token *t);
/* CONFLICT when it was used already. */
void store_use_token(struct store_job *j, const unsigned char hash[SHA256_LEN],
		     int64_t at_us);
void store_count_try(struct store_job *j, const unsigned char hash[SHA256_LEN]);
void store_put_value(struct store_job *j, struct str key, struct str value);
void store_put_secret(struct store_job *j, struct str name, struct str plain);

/* A version of the policy with every file that was read for it. */
struct store_policy_file {
	struct str name; /* within the policy's folder, or a whole path */
	struct str bytes;
};
struct store_policy {
	uint32_t version; /* 0: none */
	int64_t at_us;
	struct str who, note, digest;
	struct str origin; /* "file" "page" "command" */
	struct str main;   /* name of the first file; empty: a folder */
	struct str asked;  /* wire of policy/record.h; not when listed */
	const struct store_policy_file *file; /* likewise */
	size_t file_n;
};
/* CONFLICT when there is a version of this number. A content that an older
 * version has is kept once. */
void store_add_policy(struct store_job *j, const struct store_policy *p);
/* The facts of a decision, for replay (policy/record.h); sealed under a key of
 * its own, which goes with it. A later decision takes the place of another. */
void store_add_record(struct store_job *j, int64_t id, uint32_t policy_version,
		      struct str wire);
/* How much may leave by a way now. */
struct store_room {
	struct str tenant, route;
	/* Every route of the tenant that has no room of its own: `copies` for
	 * each of them, or for all together. */
	enum { ROOM_ROUTE, ROOM_EACH_OTHER, ROOM_ALL_OTHERS } of;
	unsigned copies;
	bool shares; /* all that share have `shared` together */
	/* With copies 0: what is due is put off until then; 0: stays due. */
	int64_t put_off_us;
};
struct store_rooms {
	unsigned copies; /* in all */
	unsigned shared;
	const struct store_room *room;
	size_t n;
};
#define STORE_PUT_OFF_MAX 1000 /* in one claim; the next one goes on */
/* Claim for delivery: recipients READY, DEFERRED or UNKNOWN with due <= now,
 * at most `copies` pairs of message and route, oldest due first; each becomes
 * SENDING with attempts + 1, with an audit row `attempt`. A tenant that no
 * room names has room. Found: each message with those of its recipients that
 * were claimed. A message whose sealed fields do not open is held, reason
 * `damaged`. */
void store_claim(struct store_job *j, int64_t now_us,
		 const struct store_rooms *rooms);
/* HELD and PARKED recipients whose due time has come, unchanged. */
void store_due(struct store_job *j, int64_t now_us, unsigned messages);
/* Messages not yet decided (after a restart), oldest first. As of claim and
 * due, one whose sealed fields do not open is held instead. */
void store_undecided(struct store_job *j, int64_t now_us, unsigned messages);
/* How long rows stay; 0: for ever. */
struct store_keep {
	int64_t ledger_us, audit_us, record_us;
};
/* Housekeeping: bodies kept after their end and past their time, ledger rows,
 * records and audit rows past retention (a cut leaves a chained head behind).
 */
void store_expire(struct store_job *j, int64_t now_us,
		  const struct store_keep *keep);

/* One more mail of this sender came to this recipient: addresses in compared
 * form, `count` is added. */
struct store_past {
	struct str sender, recipient;
	int64_t count, last_us; /* last_us 0: not known */
};
void store_add_past(struct store_job *j, struct str tenant,
		    const struct store_past *row);
/* The same from elsewhere: count and last become at least these, so that it
 * may be brought twice. */
void store_put_past(struct store_job *j, struct str tenant,
		    const struct store_past *row);
/* Forgets rows whose last mail is older, a slice of the table in each job. */
void store_expire_past(struct store_job *j, int64_t before_us);

struct store_found {
	struct store_message message; /* without bytes */
	struct store_rcpt *rcpt;
	size_t rcpt_n;
	bool damaged; /* a sealed field does not open: it is empty */
};
/* What claim, due and undecided found, after the callback; in j's arena. */
const struct store_found *store_job_found(struct store_job *j, size_t *n_r);
/* The first message that they held as damaged; 0: none. */
int64_t store_job_damaged(const struct store_job *j);

typedef void store_done(void *arg, struct store_job *j, const struct err *why);
/* why NULL: durable. The job is freed after the callback. l NULL: done is
 * called on the writer thread. */
void store_submit(struct store *s, struct store_job *j, struct loop *l,
		  store_done *done, void *arg);
/* The same, waiting; for start-up and tests. The job stays the caller's, for
 * what it found: store_job_free(). Never on the writer thread. */
bool store_run(struct store *s, struct store_job *j, struct err *e) MUST_USE;
/* At start: recipients in SENDING had an attempt whose answer is not known:
 * they become UNKNOWN, due at `due_us`, audited. */
bool store_recover(struct store *s, int64_t now_us, int64_t due_us,
		   size_t *unknown_r, struct err *e) MUST_USE;
size_t store_backlog(const struct store *s); /* jobs waiting */
bool store_healthy(const struct store *s);

/* ---- bodies ---------------------------------------------------------------- */

/* Plain bytes of a message's body, any thread that owns the reader. */
struct store_reader;
bool store_body_read(struct store_reader *r, const struct store_message *m,
		     uint64_t off, void *to, size_t n, struct err *e) MUST_USE;

/* ---- reading ------------------------------------------------------------- */

struct store_reader *store_reader_new(struct store *s, struct err *e) MUST_USE;
/* For the command line: no writer, no lock; keys may be NULL (sealed fields
 * come empty). */
struct store_reader *store_reader_open(const struct store_conf *conf,
				       struct err *e) MUST_USE;
void store_reader_free(struct store_reader **r);

struct store_query {
	bool open_only;
	struct str tenant, state, reason, sender; /* empty: any */
	int64_t after_id; /* keyset paging, newest first; 0: from the newest */
	unsigned limit;
};
bool store_list(struct store_reader *r, const struct store_query *q,
		struct arena *a, struct store_found **found_r, size_t *n_r,
		struct err *e) MUST_USE;
/* class NOT_FOUND. */
bool store_show(struct store_reader *r, int64_t id, struct arena *a,
		struct store_found *found_r, struct err *e) MUST_USE;
bool store_story(struct store_reader *r, int64_t id, struct arena *a,
		 struct store_audit **audit_r, size_t *n_r,
		 struct err *e) MUST_USE;
bool store_token_find(struct store_reader *r,
		      const unsigned char hash[SHA256_LEN], struct arena *a,
		      struct store_token *t_r, struct err *e) MUST_USE;
bool store_value(struct store_reader *r, struct str key, struct arena *a,
		 struct str *value_r, struct err *e) MUST_USE; /* empty: none */
bool store_secret(struct store_reader *r, struct str name, struct arena *a,
		  struct str *plain_r, struct err *e) MUST_USE;
/* A version with its files; 0: the newest, or none at all (version 0).
 * NOT_FOUND. */
bool store_policy(struct store_reader *r, uint32_t version, struct arena *a,
		  struct store_policy *p_r, struct err *e) MUST_USE;
/* Newest first, without `asked` and files. */
bool store_policies(struct store_reader *r, unsigned limit, struct arena *a,
		    struct store_policy **v_r, size_t *n_r,
		    struct err *e) MUST_USE;
/* The ids of all messages with a recipient HELD, growing. */
bool store_held(struct store_reader *r, struct arena *a, int64_t **id_r,
		size_t *n_r, struct err *e) MUST_USE;
/* Of those with an open recipient whose reason is `failed`, newest first; at
 * most limit before this one, 0: from the newest. */
bool store_failed(struct store_reader *r, int64_t before_id, unsigned limit,
		  struct arena *a, int64_t **id_r, size_t *n_r,
		  struct err *e) MUST_USE;

struct store_record {
	int64_t id;
	uint32_t policy; /* version */
	struct str wire; /* empty: its key is not at hand, or it is damaged */
};
/* Records behind `after_id` in the order of their ids, `limit` at most. */
bool store_records(struct store_reader *r, int64_t after_id, unsigned limit,
		   struct arena *a, struct store_record **v_r, size_t *n_r,
		   struct err *e) MUST_USE;

/* Who of the tenant has written to this recipient: `first` before all, then
 * the latest; more_r: there are others. */
#define STORE_PAST_SENDERS 100
bool store_past_of(struct store_reader *r, struct str tenant,
		   struct str recipient, struct str first, struct arena *a,
		   struct str **sender_r, size_t *n_r, bool *more_r,
		   struct err *e) MUST_USE;
/* In the order of recipients; after: the last one that was seen, or NULL. */
bool store_past_list(struct store_reader *r, struct str tenant,
		     const struct store_past *after, unsigned limit,
		     struct arena *a, struct store_past **past_r, size_t *n_r,
		     struct err *e) MUST_USE;

/* What each envelope sender handed in since then, most recipients first. */
#define STORE_SENT_MAX 100000
struct store_sent {
	struct str tenant, from; /* as it came */
	uint64_t messages, recipients;
};
bool store_sent_since(struct store_reader *r, int64_t since_us, struct arena *a,
		      struct store_sent **v_r, size_t *n_r,
		      struct err *e) MUST_USE;

/* Identity (connector/flow/identity.c): mail of this tenant with this
 * Message-ID, newest first, with recipients. */
bool store_by_message_id(struct store_reader *r, struct str tenant,
			 struct str message_id, struct arena *a,
			 struct store_found **found_r, size_t *n_r,
			 struct err *e) MUST_USE;

struct store_ledger {
	uint64_t accepted, open, unknown;
	uint64_t end[RCPT_STATE_COUNT]; /* by state, ends only */
	struct store_found *unexplained;
	size_t unexplained_n;
	uint64_t held; /* recipients HELD now */
};
/* Counts what was accepted from the audit rows and what became of it from the
 * recipient rows: two sources that must agree. Unexplained: an accepted
 * recipient without row, a row in no known state, an end without audit row. */
bool store_ledger(struct store_reader *r, struct arena *a,
		  struct store_ledger *ledger_r, struct err *e) MUST_USE;
/* Accepted = open + ends, and nothing unexplained. */
bool store_ledger_whole(const struct store_ledger *l);
/* Recipients that have not ended, and those HELD among them: by the index of
 * open states, so that the history costs nothing. */
bool store_counts(struct store_reader *r, uint64_t *open_r, uint64_t *held_r,
		  struct err *e) MUST_USE;
/* Walks the whole chain; false (PERMANENT) names the first bad row. */
bool store_audit_verify(struct store_reader *r, uint64_t *rows_r,
			unsigned char head_r[SHA256_LEN],
			struct err *e) MUST_USE;

#endif
