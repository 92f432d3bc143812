/* policy.h - the policy language: load, ask, decide, explain. Pure.
 *
 * policy_load() reads files into an immutable policy (any thread may decide
 * with it); policy_decide() is a function of its arguments: no I/O, no clock,
 * no global.  Errors are all reported in one run.  The language:
 * policy/README.md.
 */
#ifndef SEKISHO_POLICY_H
#define SEKISHO_POLICY_H

#include "connector/base/clock.h"
#include "connector/base/json.h"
#include "connector/conf/conf.h"
#include "connector/mail/edit.h"
#include "connector/mail/envelope.h"
#include "connector/mail/findings.h"
#include "connector/mail/grade.h"
#include "connector/mail/view.h"

struct policy;

/* A file that was read: name within the policy's folder, or its whole path. */
struct policy_file {
	const char *name;
	struct str bytes;
};

struct policy_source {
	const char *path;   /* file or folder */
	const char *people; /* people.csv, or NULL */
	/* People's own settings: users.csv, or NULL. A version that was kept
	 * before it was named has none. */
	const char *users;
	const char *history, *tls; /* CSV files for explain, or NULL */
	const char *timezone;	   /* of the configuration; NULL: Asia/Tokyo */
	/* Domains of the tenants, used where the policy has no `domains`. */
	const char *const *internal;
	size_t internal_n;
	/* Asked once, when the question is whole, errors elsewhere or not:
	 * which of its terms cannot be compiled, by index, texts in `a`. Each
	 * becomes an error at the place the term came from. Blocks for as long
	 * as compiling takes. False: it could not be asked (an error of the
	 * file as a whole). NULL: nobody is asked (tests). */
	bool (*check)(void *arg, const struct question *q, struct arena *a,
		      struct question_error **v_r, size_t *n_r, struct err *e);
	void *check_arg;
	/* A version that was kept: these files, as policy_files() and
	 * policy_main() gave them, instead of those on disk. */
	const struct policy_file *kept;
	size_t kept_n;
	const char *main;
};
/* NULL when there was any error; warnings alone do not hinder. */
struct policy *policy_load(const struct policy_source *src,
			   struct conf_errors *errs);
/* The same from memory, as one file of that name; files it names are looked for
 * beside src->path (NULL: there are none). */
struct policy *policy_load_text(const struct policy_source *src,
				struct str text, const char *name,
				struct conf_errors *errs);
void policy_free(struct policy **p);
const struct question *policy_question(const struct policy *p);
/* SHA-256 over every file that was read, hex: tells whether it changed. */
const char *policy_digest(const struct policy *p);
/* Every word of the language: kind, word, "built" or "later", by tabs. */
void policy_words(struct buf *out);
size_t policy_rule_count(const struct policy *p);
/* What has grown old at now_us: closed days that end within 60 days, shipped
 * lists that nobody looked at for a year. Names live as long as the policy. */
enum policy_aged { AGE_HOLIDAYS, AGE_LIST };
struct policy_age {
	enum policy_aged what;
	const char *name;
	int64_t at_us; /* last day that is known; date of the list */
};
#define POLICY_AGES_MAX 32
struct policy_ages {
	struct policy_age v[POLICY_AGES_MAX];
	size_t n;
};
void policy_ages(const struct policy *p, int64_t now_us,
		 struct policy_ages *ages_r);
void policy_age_text(const struct policy_age *age, const char *language,
		     struct buf *out);
/* UNBUILT_* that rules in force may ask for. */
unsigned policy_unbuilt(const struct policy *p);
/* All files read, for the version kept in the store. */
const struct policy_file *policy_files(const struct policy *p, size_t *n_r);
/* Rules, by the file's name; all others are lists. */
bool policy_is_yaml(struct str name);
/* Name of the first of them; "" where it was a folder. */
const char *policy_main(const struct policy *p);

enum recipient_class { RCPT_INTERNAL, RCPT_AFFILIATED, RCPT_EXTERNAL };
const char *recipient_class_name(enum recipient_class c);
/* Of an address in any form. */
enum recipient_class policy_recipient_class(const struct policy *p,
					    struct str address);

/* Strongest last. */
enum outcome {
	OUTCOME_DELIVER,
	OUTCOME_DELAY,
	OUTCOME_SCHEDULE,
	OUTCOME_HOLD,
	OUTCOME_APPROVE,
	OUTCOME_REFUSE
};
const char *outcome_name(enum outcome o);

enum gate_kind { GATE_HOLD, GATE_APPROVE, GATE_DELAY, GATE_SCHEDULE };
enum gate_then {
	THEN_SEND,
	THEN_DISCARD,
	THEN_RETURN,
	THEN_WAIT,
	THEN_ESCALATE
};
const char *gate_kind_name(enum gate_kind k);
const char *gate_then_name(enum gate_then t);

struct plan_reason {
	struct str ja, en;
};

struct timespan;
struct gate {
	enum gate_kind kind;
	unsigned stage;	  /* hold stages open in this order, from 1 */
	int64_t for_us;	  /* hold: length from the opening of its stage */
	int64_t until_us; /* known moment, or 0 (later stages, waits) */
	enum gate_then then;
	struct str by;	  /* "sender", "manager", "admin", address */
	struct str doubt; /* doubt line that asked for it, or empty */
	struct str rule;  /* rule that asked for it, or empty */
	bool own;	  /* the sender's own wish made it, or made it longer */
	/* Approvals: any `need` of `who`; nobody is named where anybody
	 * inside, or an admin, may. Of a schedule they open it early. */
	const struct str *who;
	size_t who_n;
	unsigned need;
	bool self;		   /* the sender may be one of them */
	struct plan_reason within; /* from when it is asked for; empty: ever */
	int64_t remind_us;	   /* known moment, or 0 */
	const struct timespan *span, *remind; /* of the policy */
	struct str urgent; /* schedule: WHO opens it early, or empty */
	/* Holds: what the sender may choose (`user`). */
	bool user;
	int64_t user_lo_us, user_hi_us;
	unsigned user_then; /* bits of gate_then; 0: as it is */
};

/* What becomes of an attachment. */
enum file_way { WAY_ATTACH, WAY_ZIP, WAY_LINK };
const char *way_name(enum file_way w);

struct plan_file {
	struct str name;
	enum file_way way;     /* for by-tls: where the grade does not do */
	enum file_way way_tls; /* where it does; the same when it is settled */
};

/* How the attachments of a recipient go; rule empty: as they came. */
struct plan_ways {
	struct str rule;
	bool by_tls; /* not settled: the attempt knows the grade */
	enum tls_grade at_least, grade;
	bool each;	/* one ZIP for each file, not one for all */
	bool zipcrypto; /* not AES-256 */
	bool cp932;	/* file names inside */
	int64_t keep_us;
	unsigned downloads;
	bool tail; /* where the notice stands */
};

enum password_make { PASSWORD_RANDOM, PASSWORD_REGISTERED, PASSWORD_NONE };
enum { TELL_RECIPIENT = 1, TELL_SENDER = 2 };
enum {
	CHARS_UPPER = 1,
	CHARS_LOWER = 2,
	CHARS_DIGIT = 4,
	CHARS_SYMBOL = 8,
	CHARS_ALL = 15
};
struct plan_password {
	bool set;
	enum password_make make;
	unsigned length, classes; /* random */
	struct str secret, hint;  /* registered: the secret's name */
	bool tell_hint;
	unsigned to; /* TELL_* */
	int64_t after_us;
	bool mailed_code;
	struct str rule;
};

struct plan_insert {
	struct str name; /* of the text, or empty */
	struct plan_reason text;
	bool tail;
	struct str rule;
};

/* What is planned and shown, and not carried out yet. */
enum {
	UNBUILT_ZIP = 1 << 0,
	UNBUILT_LINK = 1 << 1,
	UNBUILT_BY_TLS = 1 << 2,
	UNBUILT_PASSWORD = 1 << 3,
	UNBUILT_SIGN = 1 << 4,
	UNBUILT_ENCRYPT = 1 << 5,
	UNBUILT_APPROVAL = 1 << 6, /* a gate: it holds */
};
#define UNBUILT_N 7
/* Those without which no copy can be made. */
#define UNBUILT_COPY (UNBUILT_APPROVAL - 1)
const char *unbuilt_name(unsigned bit_index); /* "zip", "approval" */
/* "ZIP, password" in ja or en. */
void unbuilt_text(unsigned bits, const char *language, struct buf *out);

struct plan_rcpt {
	struct str address; /* as in the envelope */
	enum recipient_class class;
	enum outcome outcome;
	struct gate *gate;
	size_t gate_n;
	bool bcc;	/* its own address left To and Cc */
	unsigned shape; /* index into plan.shape */
	bool refused;	/* these-recipients */
	struct plan_file *file;
	size_t file_n;
	struct plan_ways ways;
	struct plan_password password;
	struct plan_insert *insert;
	size_t insert_n;
	bool sign, encrypt; /* S/MIME */
	unsigned unbuilt;   /* UNBUILT_* */
	struct plan_reason *reason;
	size_t reason_n;
};

/* What a rule in shadow mode would have done. */
struct plan_shadow {
	struct str rule;
	enum outcome outcome;
	struct str *rcpt; /* addresses it fell on */
	size_t rcpt_n;
	struct plan_reason text;
};

struct plan_copy {
	struct str to;
	bool tell_sender;
	struct str when; /* "accepted" | "released" | "refused" */
	/* To a superior, and some of the mail waits: he may give it back to
	 * its sender before it leaves. */
	bool brake;
	struct str rule;
};
struct plan_notice {
	struct str to;
	struct str kind; /* "hold" "refused" "bcc" "text" "copy" "approve" */
	struct plan_reason text; /* kind text */
};

struct plan {
	enum outcome outcome; /* strongest of any recipient */
	struct str *rule;     /* names of rules that matched, file order */
	size_t rule_n;
	struct plan_shadow *shadow; /* rules in shadow mode that matched */
	size_t shadow_n;
	/* Of a replay: rules that might have fallen, file order. They hang on
	 * what was not asked then (findings.untold_*, facts.untold). */
	struct str *untold;
	size_t untold_n;
	/* How often a rule was asked what cannot be told; UNTOLD_MORE: it is not
	 * rules alone that hang on it. */
	unsigned untold_asked;
#define UNTOLD_MORE 0xffffu
	struct plan_rcpt *rcpt; /* order of the envelope */
	size_t rcpt_n;
	struct change *shape; /* [0]: unchanged */
	size_t shape_n;
	struct plan_copy *copy;
	size_t copy_n;
	struct plan_notice *notice;
	size_t notice_n;
	struct str refuse_tell;		/* "sender" | "nobody" */
	struct str refuse_forward;	/* address or empty */
	struct plan_reason refuse_text; /* empty: the default text */
	struct plan_reason smallest_change;
	bool doubtful;	  /* some doubt line made a gate */
	unsigned unbuilt; /* of any recipient */
	/* The sender's own count for Bcc; 0: he has no say. */
	uint64_t bcc_user_lo, bcc_user_hi;
};

enum policy_mode { MODE_NORMAL, MODE_PASS, MODE_HOLD };

struct rcpt_past;
struct facts {
	const struct envelope *env;
	const struct view *view;
	uint64_t size; /* bytes as received */
	int64_t accepted_us;
	enum policy_mode mode; /* sekisho mode */
	/* Domains of the tenant whose mail this is (compared forms). */
	const char *const *tenant_domains;
	size_t tenant_domain_n;
	bool bulk;    /* more than 100 recipients an hour */
	bool journal; /* to the tenant's journal address, and nobody else */
	/* Answers to policy_question(); NULL: none came, content conditions
	 * are unknown. */
	const struct findings *findings;
	/* By recipient of the envelope, or NULL: nobody knows (explain asks
	 * the history file of the policy, the engine its ledger). */
	const struct rcpt_past *past;
	const enum tls_grade *grade; /* by recipient, or NULL */
	/* Domains to which the company writes, for `look-alike`; or NULL (then
	 * those of the history file count). */
	const struct alike *known;
	/* Of a replay: NEEDS_* that were not fetched then, and UNTOLD_*. What
	 * asks for them is unknown, and the rule untold. */
	unsigned untold;
	/* What is assumed of such rules instead, one digit for each time that
	 * one is asked; or NULL. */
	const struct guess *guess;
};

/* Who of the company has written to a recipient before. */
struct rcpt_past {
	const struct str *sender; /* compared forms */
	size_t sender_n;
	bool more; /* there are others, too many to name */
};

/* Rows of a history (CSV with a header: sender, recipient, and where known
 * count, last) in compared form; false when some row was told in errs. */
struct past_row {
	struct str sender, recipient;
	uint64_t count;
	int64_t last_us; /* 0: not told */
};
bool policy_history(struct str text, const char *file, struct arena *a,
		    struct conf_errors *errs, struct past_row **row_r,
		    size_t *n_r) MUST_USE;
/* Domains to which at least so many mails went. */
#define POLICY_KNOWN_LEAST 5
#define POLICY_KNOWN_MAX   200000
struct alike;
struct policy_known_maker;
struct policy_known_maker *policy_known_begin(void);
/* recipient: an address in compared form. */
void policy_known_count(struct policy_known_maker *m, struct str recipient,
			uint64_t mails);
struct alike *policy_known_end(struct policy_known_maker **m); /* frees m */
void policy_known_free(struct alike **known);
/* What a decision needs beside the message: fetched only when asked for. */
enum { NEEDS_PAST = 1, NEEDS_GRADE = 2, NEEDS_KNOWN = 4 };
/* Digits: it does not fall, it falls; with base 4 also that something could
 * not be read (damaged, too large), so that doubt decides. */
struct guess {
	unsigned base, digits;
};
/* What a record does not tell (facts.untold). */
enum {
	UNTOLD_NAMES = 8,   /* other words in names of files */
	UNTOLD_ENDS = 16,   /* names, beyond their ends */
	UNTOLD_REASONS = 32 /* what could not be read: other parts were */
};
unsigned policy_needs(const struct policy *p);

/* The plan lives in `a`. Never fails: a rule that cannot be answered is doubt,
 * and doubt holds. */
void policy_decide(const struct policy *p, const struct facts *f,
		   struct arena *a, struct plan *plan_r);
/* The plan of mail that no rule is for: every recipient as he is, no doubt. */
void policy_let_pass(const struct policy *p, const struct facts *f,
		     struct arena *a, struct plan *plan_r);
/* Is the address in this group of people.csv, or in a group within it? group:
 * an address, or the part before its @. */
bool policy_in_group(const struct policy *p, struct str group,
		     struct str address);
/* The mailbox that `sender` conditions and notices mean. */
struct str policy_sender(const struct facts *f, struct arena *a);

/* The JSON of `sekisho explain --json`; also what is stored with a message. */
struct json *plan_json(const struct plan *plan, const struct facts *f,
		       const struct tz *tz);
/* What a person reads: sentences in ja or en. */
void plan_text(const struct plan *plan, const struct facts *f,
	       const struct tz *tz, const char *language, struct buf *out);
/* "60分後に送ります" ... for one gate; language "ja" or "en". */
/* When g[n] ends if nobody touches the mail: of a later stage the moment that
 * follows from those before it; 0: not known. */
int64_t gate_until(const struct gate *g, size_t n);
void gate_text(const struct gate *g, const struct tz *tz, const char *language,
	       struct buf *out);

#endif
