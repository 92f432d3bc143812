/* policy.h - the policy language: load, ask, decide, explain. Pure.
 *
 * policy_load() reads files into an immutable policy (any thread may decide
 * with it); policy_decide() is a function of its arguments: no I/O, no clock,
 * no global.  Errors are all reported in one run.  POLICY reference:
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

struct policy_source {
	const char *path;		   /* file or folder */
	const char *people;		   /* people.csv, or NULL */
	const char *history, *tls, *users; /* CSV files for explain, or NULL */
	const char *timezone; /* of the configuration; NULL: Asia/Tokyo */
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
/* All files read, for the version kept in the store: name and bytes. */
struct policy_file {
	const char *name;
	struct str bytes;
};
const struct policy_file *policy_files(const struct policy *p, size_t *n_r);

enum recipient_class { RCPT_INTERNAL, RCPT_AFFILIATED, RCPT_EXTERNAL };
const char *recipient_class_name(enum recipient_class c);

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

struct gate {
	enum gate_kind kind;
	unsigned stage;	  /* hold stages open in this order, from 1 */
	int64_t for_us;	  /* hold: length from the opening of its stage */
	int64_t until_us; /* known moment, or 0 (later stages, waits) */
	enum gate_then then;
	struct str by;	  /* "sender", "manager", "admin", address */
	struct str doubt; /* doubt line that asked for it, or empty */
	struct str rule;  /* rule that asked for it, or empty */
};

struct plan_reason {
	struct str ja, en;
};

struct plan_rcpt {
	struct str address; /* as in the envelope */
	enum recipient_class class;
	enum outcome outcome;
	struct gate *gate;
	size_t gate_n;
	bool bcc;	/* its own address left To and Cc */
	unsigned shape; /* index into plan.shape */
	bool refused;	/* these-recipients */
	struct plan_reason *reason;
	size_t reason_n;
};

struct plan_copy {
	struct str to;
	bool tell_sender;
	struct str when; /* "accepted" | "released" | "refused" */
	struct str rule;
};
struct plan_notice {
	struct str to;
	struct str kind;	 /* "hold" "refused" "bcc" "text" "copy" */
	struct plan_reason text; /* kind text */
};

struct plan {
	enum outcome outcome; /* strongest of any recipient */
	struct str *rule;     /* names of rules that matched, file order */
	size_t rule_n;
	struct str *shadow; /* rules in shadow mode that matched */
	size_t shadow_n;
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
	bool doubtful; /* some doubt line made a gate */
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
	bool bulk; /* more than 100 recipients an hour */
	/* Answers to policy_question(); NULL: none came, content conditions
	 * are unknown. */
	const struct findings *findings;
	/* By recipient of the envelope, or NULL: nobody knows (explain asks
	 * the history file of the policy, the engine its ledger). */
	const struct rcpt_past *past;
	const enum tls_grade *grade; /* by recipient, or NULL */
};

/* Who of the company has written to a recipient before. */
struct rcpt_past {
	const struct str *sender; /* compared forms */
	size_t sender_n;
	bool more; /* there are others, too many to name */
};

/* What a decision needs beside the message: fetched only when asked for. */
enum { NEEDS_PAST = 1, NEEDS_GRADE = 2 };
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
/* The mailbox that `sender` conditions and notices mean (POLICY, Words). */
struct str policy_sender(const struct facts *f, struct arena *a);

/* The JSON of `sekisho explain --json`; also what is stored with a message. */
struct json *plan_json(const struct plan *plan, const struct facts *f,
		       const struct tz *tz);
/* What a person reads: sentences in ja or en. */
void plan_text(const struct plan *plan, const struct facts *f,
	       const struct tz *tz, const char *language, struct buf *out);
/* "60分後に送ります" ... for one gate; language "ja" or "en". */
void gate_text(const struct gate *g, const struct tz *tz, const char *language,
	       struct buf *out);

#endif
