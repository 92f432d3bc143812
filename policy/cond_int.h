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
static inline enum truth truth_of(bool yes)
{
	return yes ? T_TRUE : T_FALSE;
}
static inline enum truth truth_not(enum truth t)
{
	return (enum truth)(T_TRUE - t);
}
static inline enum truth truth_and(enum truth a, enum truth b)
{
	return a < b ? a : b;
}
static inline enum truth truth_or(enum truth a, enum truth b)
{
	return a > b ? a : b;
}

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
	COND_HEADER_PRESENT,
	COND_TERMS, /* words and expressions, wherever they stand */
	COND_PERSONAL,
	COND_PARTNER_DOMAIN,
	COND_PARTNER_TEXT,
	COND_ATT_COUNT,
	COND_ATT_TOTAL,
	COND_ATT_LARGEST,
	COND_ATT_EXTENSION,
	COND_ATT_TYPE,
	COND_ATT_NAME,
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
struct partners;

/* How a kind of condition is answered (cond.c). */
struct cond_op {
	/* Before `not-in` and the like, unless OP_NEGATES. Of what it cannot
	 * tell, it leaves in q->why the doubts that say why. */
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
/* Of COND_PERSONAL, behind the detectors: different persons. */
#define WHAT_PEOPLE DETECT_N
/* Of COND_ATT_ENCRYPTED. */
enum { ENCRYPTED_ALL, ENCRYPTED_SOME, ENCRYPTED_ANY, ENCRYPTED_NONE };
/* Of COND_PARTNER_TEXT. */
enum { PARTNER_MATCH = 1, PARTNER_ABSENT = 2, PARTNER_ANOTHER = 4 };

struct cond {
	enum cond_kind kind;
	bool per_rcpt; /* asks about the recipient */
	bool negate;   /* not-in, outside, nameless: false */
	bool with_inline;
	bool outer;  /* look-inside: false */
	bool regex;  /* terms: `words` are expressions */
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
	uint32_t *term; /* of the words in the question, ascending */
	size_t term_n;
	uint32_t first;	 /* of the terms, as the rule has them */
	unsigned places; /* bits of enum place; personal data: of enum scope */
	unsigned what;	 /* enum detector or WHAT_PEOPLE; ENCRYPTED_*; FILE_* */
	struct partners *partners;
	struct str name; /* header; what a reason calls it */
	const struct calendar *calendar;
};

/* ---- loading (cond_parse.c and its like) ---- */

struct cond *cond_parse(struct loader *l, const struct conf_node *n,
			bool any_key);
void cond_words(struct buf *out);
void cond_text_words(struct buf *out);
void cond_subject_keys(struct loader *l, const struct conf_node *n, void *to);
void cond_body_keys(struct loader *l, const struct conf_node *n, void *to);
void cond_file_names_keys(struct loader *l, const struct conf_node *n,
			  void *to);
void cond_attachment_text_keys(struct loader *l, const struct conf_node *n,
			       void *to);
void cond_anywhere_keys(struct loader *l, const struct conf_node *n, void *to);
void cond_header_keys(struct loader *l, const struct conf_node *n, void *to);
void cond_personal_words(struct buf *out);
void cond_personal_keys(struct loader *l, const struct conf_node *n, void *to);
void cond_partner_words(struct buf *out);
void cond_partner_keys(struct loader *l, const struct conf_node *n, void *to);
void cond_attachments_words(struct buf *out);
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
/* alike.c, known.c, look.c */
struct alike;
struct found;
void alike_prepare(struct loader *l);
void alike_free(struct alike **all);
struct str domain_look(struct str domain, struct arena *a);
bool has_a_label(struct str domain);
/* alike_text.c: in what they differ, without a stop at the end. */
void alike_difference(struct arena *a, const struct found *found,
		      struct buf *ja, struct buf *en);
enum truth ask_look_alike(struct asking *q, const struct cond *c);

/* A new condition under `parent`. */
struct cond *cond_leaf(struct loader *l, void *parent, enum cond_kind kind);
struct cond *cond_new(struct loader *l, enum cond_kind kind);
struct cond *cond_add(struct loader *l, struct cond *parent, struct cond *sub);

/* question.c: what the rules ask the inspector, once all are read. */
void question_build(struct loader *l);

/* ---- the register of partners (partners.c) ---- */

/* A domain of the register and the companies it stands for. */
struct partner {
	uint32_t *company; /* indexes into partners.company */
	size_t n, cap;
};
struct company {
	struct str name; /* as written */
	struct str key;	 /* folded */
	/* Companies that differ by their legal form alone: where a text leaves
	 * the form out, all of them are found. */
	uint32_t group; /* index of the first of them */
	uint32_t next;	/* index of the next one; 0: none */
	bool own;	/* of a domain inside */
	uint32_t at;	/* index in the question */
};
struct partners {
	struct partners *next;	      /* of the policy, for release */
	struct str list;	      /* its name */
	const struct conf_node *node; /* where it was named first */
	struct addr_map map;	      /* values are struct partner */
	struct map keys;	      /* of companies, to index + 1 */
	struct map cores;	      /* without legal forms, likewise */
	struct company *company;      /* each once */
	size_t company_n, company_cap;
	bool asked; /* for names of companies */
	/* By company of the question: PARTNER_IS_* */
	unsigned char *role;
};
enum { PARTNER_IS_NONE, PARTNER_IS_OTHER, PARTNER_IS_OWN };
/* The register that a rule names, or NULL with errors. */
struct partners *partners_of(struct loader *l, const struct conf_node *n);
const struct partner *partners_get(const struct partners *p,
				   const struct addr *addr);
/* Its names to the question; then what each of all names is to it. */
void partners_pool(struct loader *l, struct partners *p, struct map *seen);
void partners_roles(struct loader *l, struct partners *p);
void partners_release(struct partners *p);

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
	/* The domain that his looks like, as people read it, or empty; and what
	 * of his does. */
	struct str like, unlike;
};
enum { FOUND_FIRST = 1, FOUND_FIRST_UNKNOWN = 2, FOUND_PRIVATE = 4 };
enum { MISSING_GRADE = 1 };
/* Why a condition was not answered: bits of enum doubt, and this: it was not
 * asked when the mail was inspected (a replay). */
#define WHY_UNTOLD  (1u << DOUBT_COUNT)
#define WHY(doubt_) (1u << (doubt_))

struct answer {
	bool known;
	unsigned char truth;
	uint16_t why;
};

/* What may have been left unread. */
enum matter {
	MATTER_HEADER,
	MATTER_BODY,
	MATTER_FILES, /* text of attachments */
	MATTER_NAMES, /* of what attachments contain */
	MATTER_N
};

struct asking {
	const struct policy *p;
	const struct facts *f;
	/* f->findings where they answer this policy's question, or NULL. */
	const struct findings *answers;
	struct arena *a;
	struct addr sender;
	struct person *person; /* of the sender, or NULL */
	struct header_addr *to_cc;
	size_t to_cc_n;
	bool to_cc_done;
	struct found found;	 /* by the rule of the moment */
	struct map named;	 /* keys of the addresses in To and Cc */
	struct answer *cache;	 /* by condition id */
	uint32_t *others;	 /* by condition id: other companies + 1 */
	unsigned classes;	 /* CLASS_* bits as they count */
	unsigned why;		 /* of the answer given last, when unknown */
	unsigned open[MATTER_N]; /* why not all of it was read */
	unsigned whole_open;	 /* doubts of the message as a whole */
	/* By part of the view: why it was not all read, and why not all that
	 * is within it is listed. */
	unsigned *part_open, *part_hides;
	/* The recipient of the moment. */
	const struct envelope_rcpt *rcpt;
	enum recipient_class rcpt_class;
};
struct str sender_of(const struct policy *p, const struct facts *f,
		     struct arena *a); /* p may be NULL */
void asking_init(struct asking *q, const struct policy *p,
		 const struct facts *f, struct arena *a);
void asking_release(struct asking *q);
/* The same message with other content: answers are forgotten. */
void asking_change(struct asking *q, const struct facts *f, struct arena *a);
/* read.c: what was read, of the message as f->view tells it. */
void reading_init(struct asking *q);
/* Places that a mail can have text in, as far as a record of it tells. */
unsigned places_there(const struct view *v);
unsigned scope_places(unsigned scopes);
unsigned open_places(const struct asking *q, unsigned places);
unsigned open_scopes(const struct asking *q, unsigned scopes);
/* Is it known to have files within, or could it? */
bool part_may_contain(const struct view_part *part);
/* What an attachment has within. */
const struct view_inner *inner_of(const struct view *v, size_t part,
				  size_t *n_r);
/* A count of which more may be there. */
enum truth count_ask(struct asking *q, const struct range *r, uint64_t n,
		     unsigned why);
void asking_addrs(struct asking *q);
enum truth cond_ask(struct asking *q, const struct cond *c);
bool who_is(struct asking *q, const struct who *w, const struct addr *addr);
size_t addrs_count(struct asking *q, unsigned fields, unsigned classes);
/* Without the dots and blanks that Windows drops from its end. */
struct str name_as_stored(struct str name);
/* Attachments as they stand in the mail. */
bool part_counts(const struct view *v, const struct view_part *part,
		 bool with_inline);

/* For smallest*.c: how much of what is asked was found. */
bool cond_has_term(const struct cond *c, uint32_t term);
uint64_t terms_hits(const struct asking *q, const struct cond *c);
uint64_t personal_count(const struct asking *q, const struct cond *c);
unsigned personal_detectors(const struct cond *c); /* bits */
bool partner_named(const struct findings *f, uint32_t company,
		   enum place place);

/* What a kind of condition asks, one file for each family. */
enum truth ask_terms(struct asking *q, const struct cond *c);
enum truth ask_header(struct asking *q, const struct cond *c);
enum truth ask_personal(struct asking *q, const struct cond *c);
enum truth ask_partner(struct asking *q, const struct cond *c);
enum truth ask_attachments(struct asking *q, const struct cond *c);
enum truth ask_files(struct asking *q, const struct cond *c);

#endif
