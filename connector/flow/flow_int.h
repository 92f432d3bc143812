/* flow_int.h - what the files of flow share: the flow, a message in flight,
 * and the small verbs that build rows, gates and jobs.
 */
#ifndef SEKISHO_FLOW_INT_H
#define SEKISHO_FLOW_INT_H

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include "connector/base/arena.h"
#include "connector/base/clock.h"
#include "connector/base/die.h"
#include "connector/base/fault.h"
#include "connector/base/id.h"
#include "connector/base/map.h"
#include "connector/base/steady.h"
#include "connector/base/utf8.h"
#include "connector/base/vec.h"
#include "connector/flow/flow.h"
#include "connector/mail/dsn.h"
#include "connector/mail/scan.h"
#include "connector/notice/notice.h"
#include "connector/sign/dkim.h"
#include "auth/auth.h"

/* How long the 250 of a small message waits for its inspection. */
#define JUDGE_WAIT_US (20 * US_PER_MS)
/* An outcome is durable within this, or with the next commit. */
#define OUTCOME_WAIT_US (5 * US_PER_MS)
/* How often the clock looks for what is due. */
#define SWEEP_EVERY_US (250 * US_PER_MS)
/* How often the deliverer looks for what has become due. */
#define CLAIM_EVERY_US	(500 * US_PER_MS)
#define DIGEST_EVERY_US (30 * US_PER_MIN)
/* Large mails between their end and their plan. Each should have a region to
 * be inspected in, beside those that come or leave (inspect_conf.regions): more
 * would be read back from the spool for it. One child at a time has them. */
#define LARGE_UNDECIDED 8
#define SWEEP_MESSAGES	200
/* A change that lost against another one is looked at again so often. */
#define RACES_MOST 3
/* A `wait` ends after this in `return` (policy/README.md). */
#define WAIT_MOST_US (72 * US_PER_HOUR)
/* A repeat or split copy joins what is younger than this. */
#define JOIN_MOST_US (24 * US_PER_HOUR)
/* One mail per cause of an alarm. */
#define ALARM_EVERY_US US_PER_HOUR
#define PARK_US	       (5 * US_PER_MIN)
#define GATES_MAX      64
#define GATES_WIRE_MAX (64 * KIB)
#define PLAN_JSON_MAX  (8 * MIB)
#define HEAD_MAX       ((size_t)MIME_HEADER_BLOCK_MAX)
#define HOPS_MAX       100 /* Received fields, RFC 5321 6.3 */
#define OWN_HOPS_MAX   3   /* of them our own */
#define BOOT_ID_MAX    64

/* The edits of this copy could not be made: only as it is, if at all. */
#define SHAPE_MISSING 0xffffu

/* A policy in use: freed when the last message lets go. */
struct held_policy {
	struct policy *policy;
	uint32_t version;
	unsigned refs;
};

struct flow {
	struct flow_conf c;
	struct log_ctx log;
	struct id_gen ids;
	struct held_policy *policy;
	struct store_reader *reader;
	struct flow_deliverer deliverer;
	void *deliverer_arg;
	struct timer *sweep;
	struct timer *outcome_timer;
	struct {
		VEC_OF(struct attempt *);
	} outcomes; /* answered, not yet recorded */
	unsigned undecided, undecided_large;
	struct judged *judged; /* all of them, in a list */
	bool sweeping;
	int64_t digest_next_us; /* by the monotonic clock */
	/* Senders of bulk mail who get a digest in any case, each with the
	 * first moment (digest.c). */
	struct map digest_senders;
	bool redecide;		  /* a decision could not be committed */
	int64_t redecide_next_us; /* monotonic: not before */
	struct {
		bool due;
		int64_t before;	 /* id: those from it on were begun; 0: none */
		int64_t next_us; /* monotonic: not before */
		unsigned under_way;
	} failed; /* held ones that are inspected once more */
	bool started;
	bool ready; /* rows became READY without a slot: worth a claim */
	bool stopping;
	size_t handed;	     /* jobs the store has not told of, or will get */
	struct timer *drain; /* NULL: it was not asked for */
	void (*drained)(void *arg);
	void *drained_arg;
	_Atomic int mode;     /* enum policy_mode, for any thread */
	unsigned hold_coming; /* changes to MODE_HOLD not yet durable */
	struct flow_mode mode_full;
	pthread_mutex_t mode_lock;
	/* Failed proofs since the window began. */
	int64_t proof_window_us;
	unsigned proof_failures;
	struct map alarms;   /* cause -> int64_t *last_us */
	struct map canaries; /* tenant -> struct canary */
	unsigned char canary_key[KEY_LEN];
	bool canary_keyed;
	/* Recipients by tenant and sender: facts.c. */
	struct map bulk_now, bulk_last;
	int64_t bulk_window_us;	 /* begin of bulk_now, monotonic */
	struct knowing *knowing; /* known.c; NULL: not started */
	struct map turns; /* tenant, Message-ID -> the struct turn held */
	struct recheck *recheck;	    /* NULL: none is under way */
	struct flow_recheck recheck_counts; /* under mode_lock */
	struct {
		struct steady steady;
		char boot_id[BOOT_ID_MAX];
		int64_t kept_us, told_us; /* by the machine's clock */
		_Atomic int64_t base_us;  /* for any thread */
		_Atomic bool jumped;
	} clock;
};

/* The plain body while it is in memory, shared by intake, inspection and first
 * delivery. Counted. */
struct body {
	unsigned refs;
	struct flow *f;
	struct buf bytes;      /* up to BODY_INLINE_MAX */
	struct region *region; /* up to BODY_REGION_MAX */
	struct spool_ref spool;
	bool in_region, in_spool;
	int64_t object;
	uint64_t size;
	unsigned char dek[KEY_LEN];
};
struct body *body_new(struct flow *f);
struct body *body_ref(struct body *b);
void body_free(struct body **b);
/* Whole body in memory, or NULL. */
const char *body_bytes(const struct body *b);
bool has_8bit_bytes(struct str s);
/* Bare CR, bare LF or NUL, which no DATA carries. *last_cr: the bytes before
 * these ended in CR; updated. */
bool has_loose_ends(const char *p, size_t n, bool *last_cr);
bool body_read(struct body *b, uint64_t off, void *to, size_t n,
	       struct err *e) MUST_USE;

/* Attempts that are recorded with a decision and start when it is durable. */
struct first_attempts {
	VEC_OF(struct attempt *);
};

/* A message from its final dot (or from the store, undecided) to its plan. */
struct judged {
	struct flow *f;
	struct judged *next, **link; /* in f->judged */
	struct arena arena;
	struct log_ctx log;
	char id_text[ID_TEXT_LEN + 1];
	struct store_message m;
	struct store_rcpt *rcpt;
	size_t rcpt_n;
	struct envelope env;
	const struct tenant_conf *tenant;
	struct body *body;
	struct held_policy *policy;
	/* Identity: set by identity.c before judging. */
	bool quiet; /* joined: no second notice */
	bool loop_pass;
	bool came_back; /* with our done header */
	bool counted_bulk, bulk;
	bool not_enrolled;	/* no rules, no doubt: out as it came */
	const char *admin_hold; /* an admin has to look, and why; or NULL */
	int64_t decide_us;	/* moment that counts for the policy */
	/* Judging. */
	struct inspect_job *job;
	struct view view;
	struct findings findings; /* to what the policy asks */
	bool found;		  /* there are findings */
	unsigned questions;	  /* times it was inspected */
	struct plan plan;
	bool planned;
	struct str shapes; /* wire of all edits */
	struct str record; /* of the decision (policy/record.h), or empty */
	bool counted, large;
	bool judging; /* inspector at work */
	bool judge_done;
	void (*on_judged)(struct judged *j);
	struct intake *owner; /* whose 250 waits; NULL: accepted already */
	bool committed;	      /* accepted is durable, or goes with the plan */
	bool gates_only;      /* of the plan: no edits are made */
	bool again;	      /* it was decided before, and is held */
	struct str before;    /* then: the plan's JSON of that time */
	bool *over;	      /* then: recipients that had ended already */
};
struct judged *judged_new(struct flow *f);
/* again.c: one that is in the store, with the policy in force as of its
 * acceptance. begin: false when it cannot even be given to the inspector. */
struct judged *judged_stored(struct flow *f, const struct store_found *found);
bool judged_begin(struct judged *j, void (*on_judged)(struct judged *j),
		  struct err *e) MUST_USE;
/* Its judgement is on its way already. */
bool judged_in_hand(const struct flow *f, int64_t id);
/* Whole, and not decided: what flow_busy() bounds. A body that is still coming
 * does not count, or slow senders could stop everybody. */
void judged_count(struct judged *j);
void judged_free(struct judged **j);
/* Inspect, decide, edit; on_judged follows, never before return... it may
 * follow at once when the inspector cannot take the job. */
void judge(struct judged *j);
/* Rows, notices, tokens and audit of the decision, into the job. `fresh`: the
 * message is being added in the same job; otherwise a decision is set. */
void decision_rows(struct judged *j, struct store_job *job, bool fresh);
/* Later path: commit the decision of an accepted message. */
void decision_submit(struct judged *j);
/* First attempts that decision_rows() recorded: start or let go. */
/* An attempt for every READY recipient of this shape: they become SENDING.
 * NULL when the copy cannot be made (then nothing has changed). */
struct attempt *attempt_first(struct judged *j, unsigned shape,
			      struct str route);
/* route.c */
void routes_set(const struct tenant_conf *t, struct str from,
		struct store_rcpt *rcpt, size_t n, struct arena *a);
void attempt_free(struct attempt **a);
/* First bytes of the original, up to its empty line, at most `most`. */
struct str attempt_header(struct attempt *a, size_t most, struct arena *arena);
void first_attempts_reserve(struct judged *j, struct first_attempts *out);
void first_attempts_start(struct flow *f, struct first_attempts *v);
void first_attempts_drop(struct flow *f, struct first_attempts *v);

/* facts.c: what the policy decides by; also fills m.sender. */
void facts_fill(struct judged *j, struct facts *f);
/* In the job that records a delivery. */
void past_keep(struct flow *f, struct store_job *job, const struct attempt *a,
	       const struct attempt_rcpt *r);
bool facts_load(struct flow *f, struct err *e) MUST_USE; /* at the start */
void facts_release(struct flow *f);
/* known.c: domains to which the tenant writes; NULL: not read yet. */
void known_start(struct flow *f);
void known_look(struct flow *f); /* the policy is another one */
const struct alike *known_of(const struct flow *f, const char *tenant);
void known_release(struct flow *f);

/* identity.c */
enum identity {
	IDENTITY_NEW,
	IDENTITY_JOIN,
	IDENTITY_REPEAT,
	IDENTITY_LOOP,
	IDENTITY_LOOP_AGAIN,
	IDENTITY_FORGED,
	IDENTITY_UNKNOWN /* the ledger could not be asked */
};
enum identity identity_find(struct flow *f, const struct judged *j,
			    const struct header_scan *scan, int64_t now_us,
			    int64_t *first_id_r, int64_t *first_us_r);
/* peer.c: what a message keeps of its session and envelope. */
void session_keep(struct judged *j, const struct flow_session *s,
		  struct flow_session *to);
void envelope_keep(struct judged *j, const struct envelope *env);
void client_text(struct judged *j, const struct flow_session *s);

/* head.c: the header block of a mail while it comes. */
struct head {
	struct buf raw;	 /* as it came; wiped when it is over */
	struct buf kept; /* as it is stored */
	size_t line;	 /* begin of its last line so far */
	bool whole;	 /* its empty line came */
	bool over;	 /* head_done() was asked */
	bool sunk;	 /* a validation mail: nothing of it is kept */
	int64_t canary;	 /* our own, come back: its id; or 0 */
	struct dkim_verify *verify; /* fed with the body; NULL: not asked */
};
void head_init(struct head *h);
void head_release(struct head *h);
/* Bytes taken; the others belong to the body. */
size_t head_take(struct head *h, const void *p, size_t n);
bool head_full(const struct head *h); /* or as long as it may be */
/* The proofs; then the secrets are cut and the rest goes into `sum`: all
 * fields but Received, Return-Path, DKIM-Signature, Authentication-Results,
 * the languages, X-* and ARC-*, which differ between split copies of one mail.
 * The body follows. False: DENIED, RETRY with code FLOW_NOT_YET, or LIMIT with
 * FLOW_LONG_HEAD. */
bool head_done(struct head *h, struct judged *j, const struct flow_session *s,
	       struct sha256 *sum, struct err *e) MUST_USE;

/* sender.c: a login's mail says in its From header that it is the login's.
 * head: all of the header block. False: DENIED, FLOW_NOT_OWN. */
bool sender_is_own(struct judged *j, const struct flow_session *s,
		   struct str head, struct err *e) MUST_USE;

void validation_rows(struct judged *j, struct store_job *job);
/* The verdicts on its signatures are there: is the tenant proved by them? */
bool head_signed(struct judged *j, const struct flow_session *s,
		 const struct dkim_verdict *v, size_t n,
		 struct err *e) MUST_USE;

/* canary.c */
#define CANARY_HEADER "X-Sekisho-Canary"
#define CANARY_NAME   "canary" /* in its Message-ID */
/* Of a mail that proved its tenant: the canary's id, or 0: an ordinary mail. */
int64_t canary_known(struct judged *j, struct str head);
/* It came back: its rows. */
void canary_back(struct judged *j, int64_t id, struct store_job *job);
void canary_release(struct flow *f);

/* turn.c: of mails with one key, one at a time is between its final dot and
 * its first commit. It lives in who waits: bounded by the sessions. */
struct turn {
	struct flow *f;
	struct intake *owner;
	struct str key;
	struct turn *next; /* who waits behind this one */
	bool held;
	void (*go)(struct turn *t); /* now it is held */
};
/* True: held at once; false: go() follows. */
bool turn_take(struct flow *f, struct turn *t) MUST_USE;
void turn_give(struct turn *t); /* nothing when it was never taken */

/* sweep.c: the job held what does not open any more: somebody is told. */
void damaged_tell(struct flow *f, const struct store_job *job);

/* received.c */
void prefix_write(struct flow *f, const struct flow_session *s,
		  const struct envelope *env, const struct header_scan *scan,
		  int64_t id, int64_t now_us, struct buf *out);

/* state.c: the only place that changes rcpt.state. Panics on an edge that the
 * table does not have: every caller knows where it comes from. */
void rcpt_move(struct store_rcpt *r, enum rcpt_state to, int64_t now_us);

/* gates.c */
/* A hold that the sender may open himself. */
bool gate_is_senders(const struct gate *g);
void gates_write(const struct gate *g, size_t n, struct buf *out);
void gates_sort(struct gate *g, size_t n); /* in the order of their opening */
void gates_put(const struct gate *g, size_t n, struct buf *out); /* as it is */
/* Sets state, gate, due, ready of a recipient that has these gates and has
 * opened those before r->gate; now is the moment of opening. Returns the end
 * that expiry asked for: RCPT_STATE_COUNT while none. */
void gates_enter(struct store_rcpt *r, const struct gate *g, size_t n,
		 int64_t now_us);
/* The clock came: what now? RCPT_HELD (next gate entered), RCPT_READY, or an
 * end (EXPIRED, RETURNED). r is changed except its state. */
enum rcpt_state gates_expire(struct store_rcpt *r, const struct gate *g,
			     size_t n, int64_t now_us);
/* What the clock will do with those of a message that are held. */
struct gates_end {
	int64_t due_us;	     /* of the recipient that is due first; 0: never */
	enum gate_then then; /* with that one; THEN_WAIT: a person decides */
};
/* Begins as {0, THEN_WAIT}. */
void gates_end_add(struct gates_end *end, const struct store_rcpt *r,
		   struct arena *a);
/* Send now: past the sender's own hold stages. false: nothing to open. */
bool gates_skip_own(struct store_rcpt *r, const struct gate *g, size_t n,
		    int64_t now_us);
/* Why: the doubt's name, or what kind of gate it is. */
struct str gates_reason(const struct gate *g, size_t n);

/* shapes.c: edits of all shapes, as stored. */
bool shapes_write(const struct edits *e, size_t n, struct arena *a,
		  struct str *wire_r) MUST_USE;
/* Adds what makes a copy 7-bit, where it needs that and it can be done. */
void shapes_add_lower(const struct view *v, struct arena *a, struct str *wire);
/* `shape` and that together; false: there is none, or they do not go
 * together. */
bool shapes_lower(struct str wire, uint64_t size, const struct edits *shape,
		  struct arena *a, struct edits *e_r) MUST_USE;
bool shapes_read(struct str wire, uint64_t size, unsigned shape,
		 struct arena *a, struct edits *e_r, struct err *e) MUST_USE;

/* unbuilt.c */
/* Its plan cannot be carried out, and its sender can still be told so. */
bool unbuilt_not_taken(const struct judged *j);
void unbuilt_words(const struct judged *j, struct buf *out);
void unbuilt_alarm(struct judged *j, bool held);
/* A policy may ask for it: into the log. */
void unbuilt_told(struct flow *f, unsigned bits);
/* An admin's gate before those of the plan. */
struct gate *unbuilt_gates(struct judged *j, const struct plan_rcpt *p,
			   size_t *n_r);
/* Has such a gate: only an admin may let it go, as it came. */
bool gates_unbuilt(const struct gate *g, size_t n);

/* own.c: our own mail, added to a job that something else is in. */
struct own_about {
	const struct store_message *m; /* the mail it speaks of */
	const struct tenant_conf *tenant;
	int64_t now_us;
};
/* False: there is nobody to tell, or it cannot be written. */
bool own_notice(struct flow *f, struct store_job *job,
		const struct own_about *about, struct notice *n);
struct own_dsn {
	enum dsn_action action;
	const struct dsn_rcpt *rcpt;
	size_t rcpt_n;
	struct str header; /* of the original */
};
/* False: not all of it is told. */
bool own_dsn(struct flow *f, struct store_job *job,
	     const struct own_about *about, const struct own_dsn *d);
/* To every admin: these recipients wait for him. False: nobody is told. */
bool own_admins(struct flow *f, struct store_job *job,
		const struct own_about *about, const struct str *whom,
		size_t n);
/* Original as it is, to somebody named by `copy`. */
void own_copy(struct flow *f, struct store_job *job,
	      const struct own_about *about, struct str to);
/* The same, attached to a notice with the brake: what waits may be given back. */
void own_brake(struct flow *f, struct store_job *job,
	       const struct own_about *about, struct notice *n);
/* mark: what it is known by when it comes back. */
void own_canary(struct flow *f, struct store_job *job,
		const struct tenant_conf *t, int64_t id, struct str mark);
/* Is it such a mail? It leaves without the done header. */
bool own_is_canary(const struct flow *f, const struct store_message *m);
/* A link's token and its check number for the notice, kept as hashes. */
enum own_link { LINK_HELD = 'm', LINK_BRAKE = 'b' };
void own_token(struct flow *f, struct store_job *job, enum own_link kind,
	       int64_t id, struct str person, int64_t due_us,
	       struct str *token_r, struct str *number_r);
/* To every admin. */
void own_alarm(struct flow *f, struct store_job *job, const char *cause,
	       struct str ja, struct str en);
/* Copies that the plan promised for the release (`when: released`). */
void own_release_copies(struct flow *f, struct store_job *job,
			const struct own_about *about);

/* backoff.c: pure. Delay before attempt n+1; jitter in 0..1000. */
int64_t backoff_us(const struct config *c, unsigned attempts, unsigned jitter);

/* outcome.c */
int64_t park_us(const struct config *c); /* for so long the clock parks */
void outcomes_flush(struct flow *f);
void outcomes_record(struct flow *f); /* waits; empties */

/* digest.c */
void digest_look(struct flow *f);
/* What is held of this sender from this message on stands in one notice. */
bool digest_load(struct flow *f, struct err *e) MUST_USE; /* at the start */
void digest_wanted(struct flow *f, struct store_job *job,
		   const struct store_message *m);
void digest_release(struct flow *f);

/* sweep.c */
void sweep_start(struct flow *f);
/* Lets the deliverer claim if anything became ready. */
void flow_wake(struct flow *f);

/* again.c */
/* Undecided messages of the store are judged (again). */
void redecide(struct flow *f);
/* Has program or question changed since the last look over those that are held
 * as failed? Then each is inspected once more, by and by. */
void failed_begin(struct flow *f);
void failed_look(struct flow *f);

/* mode.c */
bool mode_load(struct flow *f, struct err *e) MUST_USE;
/* Nothing may leave: no claim, no first attempt. */
bool flow_shut(const struct flow *f);
void mode_check(struct flow *f); /* its end has come? */

/* tighten.c: r's gates, gate, due and reason change when it is DONE. */
enum tightened { TIGHTEN_SAME, TIGHTEN_DONE, TIGHTEN_LOOSER, TIGHTEN_FAILED };
enum tightened gates_tighten(struct store_rcpt *r, const struct gate *g,
			     size_t n, int64_t now_us, struct arena *a);

/* recheck.c */
void recheck_look(struct flow *f);
void recheck_resume(struct flow *f); /* what was under way before a restart */
void recheck_free(struct flow *f);

/* clock.c */
bool clock_load(struct flow *f, struct err *e) MUST_USE;
void clock_check(struct flow *f);
bool clock_jumped(const struct flow *f);
/* The moment from which gates count, of mail that comes now. */
int64_t clock_gate_us(struct flow *f, int64_t now_us);

/* flow.c */
/* To the store; flow_submit(): with what has been answered so far. */
void flow_hand_over(struct flow *f, struct store_job *job, store_done *done,
		    void *arg);
void flow_submit(struct flow *f, struct store_job *job, store_done *done,
		 void *arg);
struct held_policy *policy_hold(struct flow *f);
void policy_let_go(struct held_policy **p);
const struct tenant_conf *flow_tenant(struct flow *f, struct str name);
void audit_add(struct flow *f, struct store_job *job, int64_t now_us,
	       int64_t id, const char *actor, const char *event,
	       struct json *detail); /* takes detail */

#endif
