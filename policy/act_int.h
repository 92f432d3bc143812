/* act_int.h - actions and rules once loaded, and one decision under way. */
#ifndef SEKISHO_POLICY_ACT_INT_H
#define SEKISHO_POLICY_ACT_INT_H

#include "policy/cond_int.h"

/* ---- actions and rules (act.c) ---- */

/* A hold: by a rule, or as people set it for themselves. */
#define HOLD_LEAST_US US_PER_MIN
#define HOLD_MOST_US  (72 * US_PER_HOUR)

struct do_hold {
	bool set;
	int64_t for_us;
	enum gate_then then;
	unsigned stage;
	bool user; /* users may choose inside user_lo..user_hi */
	int64_t user_lo_us, user_hi_us;
	unsigned user_then; /* bits of gate_then */
};
enum { HIDE_EXTERNAL = 1, HIDE_INTERNAL = 2 };
struct do_bcc {
	unsigned hide; /* HIDE_*; 0: not set */
	bool tell_sender;
	struct range user; /* hi 0: none */
};
struct do_refuse {
	bool set, only_these, tell_nobody;
	struct str forward;
	struct plan_reason text;
};
struct do_header {
	bool set;
	struct header_add *add;
	size_t add_n;
	struct str *remove;
	size_t remove_n;
	unsigned stamp; /* STAMP_* */
};
enum copy_when { COPY_ACCEPTED, COPY_RELEASED, COPY_REFUSED };
struct do_copy {
	bool set;
	struct who who;
	bool tell_sender;
	enum copy_when when;
};
struct do_notify {
	bool set;
	struct who *who;
	size_t who_n;
	struct plan_reason text;
};

struct do_approve {
	bool set;
	struct who *by; /* any of them */
	size_t by_n;
	struct str shown;
	unsigned need;
	bool self;
	struct timespan within, remind; /* us and n 0: none */
	enum gate_then then;
	enum { NONE_HOLD, NONE_PASS, NONE_ASK } if_none;
	struct who *none; /* NONE_ASK */
	size_t none_n;
	struct str none_shown;
};
struct do_schedule {
	bool set;
	const struct calendar *opening;
	struct who *urgent; /* who opens it early; n 0: nobody */
	size_t urgent_n;
	struct str urgent_shown;
};

/* A destination's own way, password and text, from a list (dest.c). */
struct dest {
	bool has_way;
	unsigned way; /* enum do_way */
	struct str secret, hint, text_name;
	struct plan_reason text;
};
enum { DEST_WAY, DEST_SECRET, DEST_TEXT, DEST_COLUMNS };
struct dests {
	struct addr_map map;
	struct dests *next; /* of the policy, for release */
	bool by_tls;	    /* some row says so */
	bool has[DEST_COLUMNS];
};

enum do_way { DO_ATTACH, DO_ZIP, DO_LINK, DO_BY_TLS, DO_FROM };
struct do_ways {
	bool set; /* names a way */
	enum do_way way;
	const struct dests *from;
	enum tls_grade at_least;
	enum file_way then, other;
	bool other_set; /* DO_FROM: what those not listed get */
	enum { CRYPT_USUAL, CRYPT_PASS, CRYPT_AGAIN } encrypted;
	bool each, zipcrypto, cp932, tail;
	int64_t keep_us;
	unsigned downloads;
};
struct do_password {
	bool set;
	enum password_make make, other;
	const struct dests *from;
	unsigned length, classes, to;
	bool tell_hint, mailed_code;
	int64_t after_us;
};
struct do_insert {
	struct str name;
	struct plan_reason text;
	const struct dests *from; /* instead of text */
	bool tail;
};
enum { STAMP_HEADER = 1, STAMP_TEXT = 2 };

struct actions {
	struct do_hold hold;
	struct do_approve approve;
	int64_t delay_us;
	struct do_schedule schedule;
	struct do_bcc bcc;
	struct do_refuse refuse;
	struct do_ways ways;
	struct do_password password;
	struct do_insert *insert;
	size_t insert_n;
	struct do_header header;
	bool sign, encrypt;
	struct do_copy copy;
	struct do_notify notify;
};

enum rule_mode { RULE_ENFORCE, RULE_SHADOW, RULE_OFF };
struct rule {
	struct str name;
	struct plan_reason title;
	const struct conf_node *at;
	struct cond *when, *unless; /* NULL: always, never */
	struct actions act;
	enum rule_mode mode;
	bool stop;
	int64_t from_us, until_us; /* 0: open */
	struct plan_reason reason; /* what it does, in words */
	unsigned names;		   /* bits of enum doubt it decides about */
};

/* ---- doubt and classes ---- */

/* Strictest last. */
enum doubt_line {
	LINE_PASS,
	LINE_RULES,
	LINE_CONFIRM,
	LINE_APPROVE,
	LINE_HOLD
};
enum {
	GATES_HOLD = 1,
	GATES_APPROVE = 2,
	GATES_DELAY = 4,
	GATES_SCHEDULE = 8,
	GATES_REFUSE = 16,
	GATES_ALL = 31
};
enum class_edits { EDITS_NONE, EDITS_ADD, EDITS_HEADER, EDITS_ALL };
enum class_notices { NOTICES_NONE, NOTICES_DIGEST, NOTICES_EACH };
struct class_row {
	const char *name;
	unsigned gates;
	enum class_edits edits;
	enum class_notices notices;
};
/* What no header tells, and no inspector may say: the engine does. */
#define CLASS_JOURNAL (1u << CLASS_NAMES_N)
#define CLASS_ROWS_N  (CLASS_NAMES_N + 2) /* [0] plain, then bit + 1 */
extern const struct class_row CLASS_ROWS[CLASS_ROWS_N];

/* act.c: the words under `do` and `defaults`. */
void actions_parse(struct loader *l, const struct conf_node *n,
		   struct actions *to);
void defaults_parse(struct loader *l, const struct conf_node *n);
void act_words(struct buf *out);
/* act_*.c: one word each; `to` is a struct actions. */
void act_hold(struct loader *l, const struct conf_node *n, void *to);
void act_delay(struct loader *l, const struct conf_node *n, void *to);
void act_schedule(struct loader *l, const struct conf_node *n, void *to);
void act_approve(struct loader *l, const struct conf_node *n, void *to);
void act_bcc(struct loader *l, const struct conf_node *n, void *to);
void act_header(struct loader *l, const struct conf_node *n, void *to);
void act_insert(struct loader *l, const struct conf_node *n, void *to);
void act_sign(struct loader *l, const struct conf_node *n, void *to);
void act_encrypt(struct loader *l, const struct conf_node *n, void *to);
void act_attachments(struct loader *l, const struct conf_node *n, void *to);
void act_password(struct loader *l, const struct conf_node *n, void *to);
void act_refuse(struct loader *l, const struct conf_node *n, void *to);
void act_copy(struct loader *l, const struct conf_node *n, void *to);
void act_notify(struct loader *l, const struct conf_node *n, void *to);
/* The same under `defaults`. */
void default_hold(struct loader *l, const struct conf_node *n, void *to);
void default_approve(struct loader *l, const struct conf_node *n, void *to);
void default_refuse(struct loader *l, const struct conf_node *n, void *to);
void default_attachments(struct loader *l, const struct conf_node *n, void *to);
void default_password(struct loader *l, const struct conf_node *n, void *to);
void act_defaults(struct policy *p); /* as they are built in */
void act_gates_words(struct buf *out);
void act_approve_words(struct buf *out);
void act_look_words(struct buf *out);
void act_ways_words(struct buf *out);
void act_password_words(struct buf *out);
void act_tell_words(struct buf *out);
/* WHO that a mail, or a question, can be sent to: no patterns. */
bool who_can_be_written_to(struct loader *l, const struct conf_node *n,
			   const struct who *w, bool anyone);
void rule_words(struct buf *out);
void doubt_words(struct buf *out);
void rule_describe(struct loader *l, struct rule *r);
/* What became of a rule's way and password for one recipient. */
enum told_kind {
	WAY_AS_WRITTEN,
	WAY_EARLIER,
	WAY_NO_FILES,
	WAY_LATER,
	WAY_PROTECTED, /* from here on with the way that was chosen */
	WAY_UNPROTECTED,
	WAY_LISTED,
};
struct told_way {
	enum told_kind kind;
	enum file_way to;
	const struct plan_password *password; /* NULL: not this rule's */
};
struct plan_reason rule_told(struct arena *a, const struct rule *r,
			     const struct told_way *t);
/* rule.c */
void rules_parse(struct loader *l, const struct conf_node *n);
/* doubt.c */
void doubt_parse(struct loader *l, const struct conf_node *n);
void classes_parse(struct loader *l, const struct conf_node *n);

/* ---- people's own settings (users.c) ---- */

struct user {
	bool hold_set, then_set;
	int64_t hold_us; /* of holds that rules ask for */
	enum gate_then then;
	int64_t own_us; /* his own hold of external mail; 0: none */
	bool confirm_files, confirm_all;
	uint64_t bcc; /* external addresses from which on; 0: not his */
};
void users_load(struct loader *l);
const struct user *policy_user(const struct policy *p, const struct addr *addr);
/* The hold as this person has it; true: it is not the rule's any more. */
bool user_hold(const struct user *u, struct do_hold *h);

/* ---- one decision ---- */

/* A rule that fell on a recipient. */
struct fall {
	const struct rule *rule;
	bool refuse_only; /* an earlier rule said stop */
};
struct falls {
	struct fall *v;
	size_t n;
};
/* What was left open about a recipient: doubts for which a rule that could fall
 * was not answered, and doubts that rules decide about. */
struct open {
	unsigned why, named; /* bits of enum doubt */
};
/* What the message's classes allow, together. */
struct allowed {
	unsigned gates;
	enum class_edits edits;
	enum class_notices notices;
};
bool rule_in_time(const struct rule *r, int64_t at_us);
struct wish;
struct settling;
struct said;
struct deciding {
	struct asking q;
	struct plan *plan;
	struct falls *fell;	    /* by recipient */
	struct open *open;	    /* likewise */
	struct found *found;	    /* likewise */
	bool *hit, *untold;	    /* by rule */
	unsigned guessed;	    /* digits of the guess that were taken */
	struct plan_shadow *shadow; /* by rule */
	struct allowed allowed;
	const struct rule *refused_by; /* the whole message */
	bool explains;	   /* reasons name the conditions that held */
	struct said *said; /* by rule; why.c's own */
	struct wish *wish; /* by shape; shape.c's own */
	unsigned hidden;   /* classes that left To and Cc of some copy */
	struct settling *settling; /* ways.c's own */
	size_t file_n;		   /* attachments */
	const struct user *user;   /* settings of the sender, or NULL */
};

/* Without conditions in the reasons and without smallest change: what is asked
 * again with another message. */
void decide(const struct policy *p, const struct facts *f, struct arena *a,
	    struct plan *plan_r);
void decide_rules(struct deciding *d);
void decide_gates(struct deciding *d, size_t rcpt);
/* approve.c; false: the class of the message takes no approval. */
bool decide_approvals(struct deciding *d, size_t rcpt);
/* By its gates, or those of them that count. */
enum outcome rcpt_outcome(const struct plan_rcpt *r,
			  bool (*counts)(const struct gate *g));
/* Behind all gates. */
void decide_deadlines(struct deciding *d, size_t rcpt);
bool seen_by_another(const struct plan_rcpt *r);
/* ways.c, password.c, inserts.c, unbuilt.c */
size_t files_count(const struct view *v);
void files_as_they_came(struct deciding *d, size_t rcpt);
void decide_ways(struct deciding *d, size_t rcpt);
/* The reasons say how this recipient's attachments go: by the rule that was
 * chosen (NULL: none), to this way where it is settled. */
void ways_told(struct deciding *d, size_t rcpt, const struct rule *chosen,
	       enum file_way to);
unsigned ways_used(const struct plan_rcpt *r); /* bits of file_way */
void decide_password(struct deciding *d, size_t rcpt);
void decide_inserts(struct deciding *d, size_t rcpt);
void decide_unbuilt(struct deciding *d, size_t rcpt);
void decide_shape(struct deciding *d, size_t rcpt);
/* Whose own address left To and Cc, his copy's or another's. */
void decide_hidden(struct deciding *d);
/* What a rule does to a recipient, and the conditions that made it (why.c). */
struct plan_reason why_reason(struct deciding *d, size_t rcpt,
			      const struct rule *r);
/* Of a rule that refused the message because of other recipients. */
struct plan_reason why_others(struct deciding *d, const struct rule *r);
void decide_doubt(struct deciding *d);
/* A rule that could fall on the recipient, and one that did. */
void doubt_rule_open(struct deciding *d, size_t at, const struct rule *r,
		     unsigned why);
void doubt_rule_fell(struct deciding *d, size_t at, const struct rule *r);
void decide_mode_hold(struct deciding *d);
/* cond_rcpt.c */
void found_reasons(struct deciding *d, struct plan_rcpt *r,
		   const struct found *found);
void decide_missing(struct deciding *d, size_t rcpt);
void decide_copies(struct deciding *d);
void decide_notices(struct deciding *d);
/* By itself, of a mail of any class. */
enum outcome rule_asks_for(const struct rule *r);
void decide_smallest(const struct policy *p, const struct facts *f,
		     struct arena *a, struct plan *plan);
struct gate *gate_add(struct deciding *d, struct plan_rcpt *r,
		      enum gate_kind kind);
void reason_add(struct deciding *d, struct plan_rcpt *r,
		struct plan_reason reason);
/* The sender is asked once more, where gates may be. */
void confirm_again(struct deciding *d, struct plan_rcpt *r,
		   const struct rule *rule, struct plan_reason why);
/* who.c: the addresses that WHO means, each once; all_above: the whole chain
 * for `superior`, else the first of it. */
struct addresses {
	struct str *v;
	size_t n, cap;
};
void who_addresses(struct asking *q, const struct who *w, bool all_above,
		   struct addresses *to);
bool is_the_sender(const struct asking *q, struct str address);
/* cond.c: anyone above in the chain (of a mailbox: of one who writes from it). */
bool is_superior(const struct person *person, const struct addr *addr);

#endif
