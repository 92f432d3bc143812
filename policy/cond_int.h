/* cond_int.h - conditions: what they are once loaded, and asking them.
 *
 * A kind of condition is a row of COND_OPS (cond.c): how it is answered and
 * what it needs to have been read.  The words that make it are rows of key
 * tables in cond_*.c.
 */
#ifndef SEKISHO_POLICY_COND_INT_H
#define SEKISHO_POLICY_COND_INT_H

#include "policy/value_int.h"

/* ---- conditions (cond.c) ---- */

enum truth { T_FALSE, T_UNKNOWN, T_TRUE };

enum cond_kind {
	COND_AND,
	COND_ANY,
	COND_NOT,
	COND_SENDER_IN,
	COND_SENDER_KIND,
	COND_SENDER_EMPLOYED,
	COND_SENDER_LEAVES,
	COND_RCPT_CLASS,
	COND_RCPT_IN,
	COND_RCPT_FIRST,      /* first-time */
	COND_RCPT_PRIVATE,    /* own-private */
	COND_RCPT_LOOK_ALIKE, /* look-alike */
	COND_ADDRS_COUNT,
	COND_ADDRS_HAS,
	COND_ADDRS_ONLY,
	COND_ADDRS_PRESENT,
	COND_SUBJECT,
	COND_HEADER_PRESENT,
	COND_HEADER_WORDS,
	COND_TERMS, /* words and expressions, wherever they stand */
	COND_PERSONAL,
	COND_PARTNER_DOMAIN,
	COND_PARTNER_TEXT,
	COND_ATT_COUNT,
	COND_ATT_TOTAL,
	COND_ATT_LARGEST,
	COND_ATT_EXTENSION,
	COND_ATT_TYPE,
	COND_ATT_NAMELESS,
	COND_ATT_ENCRYPTED,
	COND_ATT_FLAG, /* disguised, macro, executable */
	COND_SIZE,
	COND_CLASS,
	COND_TIME,
	COND_RESULT,
	COND_REASON,
	COND_TLS,
	COND_KINDS
};

struct asking;
struct cond;

/* How a kind of condition is answered (cond.c). */
struct cond_op {
	/* Before `not-in` and the like, unless OP_NEGATES. */
	enum truth (*ask)(struct asking *q, const struct cond *c);
	unsigned flags; /* OP_* */
};
enum {
	OP_PER_RCPT = 1, /* asks about the recipient of the moment */
	OP_HEADER = 2,	 /* needs the message's header to have been read */
	OP_PARTS = 4,	 /* needs the parts, too */
	OP_NEGATES = 8,	 /* heeds c->negate itself */
};
extern const struct cond_op COND_OPS[COND_KINDS];

enum { FIELD_TO = 1, FIELD_CC = 2 };

struct cond {
	enum cond_kind kind;
	bool per_rcpt; /* asks about the recipient */
	bool negate;   /* not-in, outside, nameless: false */
	bool with_inline;
	unsigned id; /* place of its answer in a decision's cache */
	struct cond **sub;
	size_t sub_n;
	unsigned mask;	 /* classes, kinds, days, reasons */
	unsigned fields; /* FIELD_* */
	struct range range;
	int64_t us;
	const struct addr_set *set;
	struct who *who; /* any of them */
	size_t who_n;
	struct words words;
	struct str name; /* header; what a reason calls it */
	const struct calendar *calendar;
};

/* ---- loading (cond_parse.c and its like) ---- */

struct cond *cond_parse(struct loader *l, const struct conf_node *n,
			bool any_key);
void cond_words(struct buf *out);
void cond_content_words(struct buf *out);
void cond_subject_keys(struct loader *l, const struct conf_node *n, void *to);
void cond_header_keys(struct loader *l, const struct conf_node *n, void *to);
void cond_attachments_keys(struct loader *l, const struct conf_node *n,
			   void *to);
/* cond_rcpt.c */
void cond_first_time(struct loader *l, const struct conf_node *n, void *to);
void cond_own_private(struct loader *l, const struct conf_node *n, void *to);
void cond_look_alike(struct loader *l, const struct conf_node *n, void *to);
void cond_tls_keys(struct loader *l, const struct conf_node *n, void *to);
void cond_rcpt_words(struct buf *out);
enum truth ask_tls(struct asking *q, const struct cond *c);
/* past.c */
enum { FIRST_SENDER, FIRST_TEAM, FIRST_COMPANY };
enum truth ask_first_time(struct asking *q, const struct cond *c);
/* The recipient of the moment; NULL: nobody knows. */
const struct rcpt_past *rcpt_past(const struct asking *q);
/* private.c */
void private_prepare(struct loader *l);
enum truth ask_own_private(struct asking *q, const struct cond *c);
/* alike.c, look.c */
struct alike {
	struct map known, look, name; /* to struct known */
};
void alike_prepare(struct loader *l);
void alike_release(struct alike *all);
struct str domain_look(struct str domain, struct arena *a);
enum truth ask_look_alike(struct asking *q, const struct cond *c);

/* A new condition under `parent`. */
struct cond *cond_leaf(struct loader *l, void *parent, enum cond_kind kind);
struct cond *cond_new(struct loader *l, enum cond_kind kind);
struct cond *cond_add(struct loader *l, struct cond *parent, struct cond *sub);

/* ---- one decision (decide*.c) ---- */

struct header_addr {
	struct addr addr;
	enum recipient_class class;
	unsigned field;	 /* FIELD_TO or FIELD_CC */
	bool again;	 /* its address stood before, in To or Cc */
	bool again_here; /* in the same field */
};

/* What conditions came upon at the recipient of the moment. */
struct found {
	unsigned bits;	  /* FOUND_* */
	unsigned missing; /* MISSING_*: facts without which a rule is open */
	struct str like;  /* the domain that his looks like, or empty */
};
enum { FOUND_FIRST = 1, FOUND_FIRST_UNKNOWN = 2, FOUND_PRIVATE = 4 };
enum { MISSING_GRADE = 1 };

struct asking {
	const struct policy *p;
	const struct facts *f;
	struct arena *a;
	struct addr sender;
	struct person *person; /* of the sender, or NULL */
	struct header_addr *to_cc;
	size_t to_cc_n;
	bool to_cc_done;
	struct map named;   /* keys of the addresses in To and Cc */
	struct buf subject; /* folded, once */
	bool subject_done;
	unsigned char *cache; /* truth + 1 by condition id */
	unsigned classes;     /* CLASS_* bits as they count */
	unsigned unanswered;  /* doubts that left a condition unknown */
	struct found found;   /* by the rule of the moment */
	/* The recipient of the moment. */
	const struct envelope_rcpt *rcpt;
	enum recipient_class rcpt_class;
};
struct str sender_of(const struct policy *p, const struct facts *f,
		     struct arena *a); /* p may be NULL */
void asking_init(struct asking *q, const struct policy *p,
		 const struct facts *f, struct arena *a);
void asking_release(struct asking *q);
void asking_addrs(struct asking *q);
enum truth cond_ask(struct asking *q, const struct cond *c);
bool who_is(struct asking *q, const struct who *w, const struct addr *addr);
size_t addrs_count(struct asking *q, unsigned fields, unsigned classes);
/* Attachments as they stand in the mail. */
bool part_counts(const struct view *v, const struct view_part *part,
		 bool with_inline);

#endif
