/* policy_int.h - what a loaded policy consists of; for this folder only.
 *
 * load*.c build it, cond*.c and act*.c know one word each as rows of tables,
 * decide*.c only read it.  Everything lives in the policy's arena.
 */
#ifndef SEKISHO_POLICY_INT_H
#define SEKISHO_POLICY_INT_H

#include "connector/base/arena.h"
#include "connector/base/limits.h"
#include "connector/base/map.h"
#include "connector/base/vec.h"
#include "policy/policy.h"

#define RULES_MAX	1000
#define FILES_MAX	1000
#define INCLUDE_MAX	16 /* files inside files */
#define SET_ENTRIES_MAX (1000 * 1000)
#define STAGES_MAX	20
#define CHAIN_MAX	32 /* managers above one another */

/* ---- sets of addresses (set.c) ---- */

/* Patterns to values; the most specific entry answers. */
struct addr_map {
	struct map exact, domain, below;
	void *all;
	size_t n;
};
void addr_map_release(struct addr_map *m);
/* The value that stood there before, or NULL. */
void *addr_map_put(struct addr_map *m, const struct addr_pattern *p,
		   void *value);
void *addr_map_get(const struct addr_map *m, const struct addr *addr);

struct addr_set {
	struct addr_set *next; /* of the policy, for release */
	struct addr_map map;
	struct str *exact; /* addresses, for those who are written to */
	size_t exact_n, exact_cap;
	bool patterns; /* holds more than addresses */
};
bool addr_set_has(const struct addr_set *s, const struct addr *addr);
/* An address of a header or file: what does not parse is still compared. */
void addr_lenient(struct str text, struct arena *a, struct addr *addr_r);

/* ---- folded words (fold.c) ---- */

/* Width, case, kana; soft hyphens and zero width gone; blanks inside
 * Japanese text gone, others one space. */
void fold_text(struct buf *out, struct str s);
struct words {
	struct str *v; /* folded */
	struct str *shown;
	size_t n;
};
size_t words_hits(const struct words *w, struct str folded);

/* ---- values (value.c) ---- */

struct range {
	uint64_t lo, hi; /* both included */
};
bool range_has(const struct range *r, uint64_t v);
bool range_parse(struct str s, bool sizes, struct range *r_r) MUST_USE;

struct window {
	unsigned days;	  /* bit 0 = Sunday; the day on which it opens */
	int from_m, to_m; /* minutes; to <= from: past midnight */
};
struct calendar {
	struct str name;
	const struct tz *tz; /* owned by the policy */
	struct window *open;
	size_t open_n;
	int *closed; /* year * 10000 + month * 100 + day, sorted */
	size_t closed_n;
};
bool calendar_open(const struct calendar *c, int64_t at_us);
/* First moment after at_us at which open/closed changes, within 40 days; 0:
 * none. */
int64_t calendar_change(const struct calendar *c, int64_t at_us);

/* ---- people (people.c) ---- */

struct person {
	struct addr addr;
	struct str name;
	struct person *manager;
	struct str manager_text;
	unsigned kind;		      /* PERSON_* */
	int64_t joined_us, leaves_us; /* 0: not known */
	struct str *cell;	      /* by column of people.csv */
	struct str *group;	      /* compared forms, nested ones included */
	size_t group_n;
	unsigned line;
};
enum {
	PERSON_PERSON = 1,
	PERSON_SHARED = 2,
	PERSON_SYSTEM = 4,
	PERSON_GROUP = 8
};

/* ---- who (value.c) ---- */

struct who {
	enum who_kind {
		WHO_SENDER,
		WHO_MANAGER,
		WHO_SUPERIOR,
		WHO_ANYONE,
		WHO_SET
	} kind;
	const struct addr_set *set;
	struct str shown;
};

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
	COND_ADDRS_COUNT,
	COND_ADDRS_HAS,
	COND_ADDRS_ONLY,
	COND_ADDRS_PRESENT,
	COND_SUBJECT,
	COND_HEADER_PRESENT,
	COND_HEADER_WORDS,
	COND_ATT_COUNT,
	COND_ATT_TOTAL,
	COND_ATT_LARGEST,
	COND_ATT_EXTENSION,
	COND_ATT_NAMELESS,
	COND_SIZE,
	COND_CLASS,
	COND_TIME,
	COND_RESULT,
	COND_REASON,
	COND_KINDS
};

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

/* ---- actions and rules (act.c) ---- */

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

struct actions {
	struct do_hold hold;
	int64_t delay_us;
	struct do_bcc bcc;
	struct do_refuse refuse;
	struct do_header header;
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
enum class_notices { NOTICES_NONE, NOTICES_EACH };
struct class_row {
	const char *name;
	unsigned gates;
	enum class_edits edits;
	enum class_notices notices;
};
#define CLASS_ROWS_N (CLASS_NAMES_N + 1) /* [0] plain, then bit + 1 */
extern const struct class_row CLASS_ROWS[CLASS_ROWS_N];

struct policy_files {
	VEC_OF(struct policy_file);
};
struct rules {
	VEC_OF(struct rule);
};
struct zones {
	VEC_OF(struct tz *);
};
struct persons {
	VEC_OF(struct person *);
};

struct policy {
	struct arena arena;
	struct question question;
	char digest[65];
	struct policy_files files;
	struct rules rules;
	size_t cond_n;		 /* ids given */
	struct zones zones;	 /* owned */
	const struct tz *tz;	 /* of the configuration */
	struct addr_map classes; /* value: class_value() */
	struct addr_set *sets;	 /* chain, for release */
	struct persons persons;
	struct map people; /* address key to struct person */
	struct do_hold hold_default;
	struct do_refuse refuse_default;
	enum doubt_line doubt[DOUBT_COUNT];
	struct class_row row[CLASS_ROWS_N];
};

static inline void *class_value(enum recipient_class c)
{
	return (void *)(uintptr_t)(c + 1);
}
enum recipient_class policy_class(const struct policy *p,
				  const struct addr *addr);
struct person *policy_person(const struct policy *p, const struct addr *addr);
const struct tz *policy_zone(struct policy *p, struct str name);

/* ---- the loader (load*.c) ---- */

struct loader {
	struct policy *p;
	struct arena *a; /* of the policy */
	struct conf_errors *errs;
	const struct policy_source *src;
	const char *folder; /* of the file being read; NULL: no files */
	const char *root;   /* policy's folder, cut from names */
	struct map seen;    /* files read */
	struct map lists, people, calendars, texts; /* name to struct named */
	struct {
		VEC_OF(const struct conf_node *);
	} roots; /* documents in the order of their rules */
	unsigned depth;
	const struct calendar *default_calendar;
	struct map rule_names;
	struct str *people_head;
	size_t people_cols;
};

/* One word under a map. parse NULL: of a later issue, "not built yet". */
struct key {
	const char *name;
	void (*parse)(struct loader *l, const struct conf_node *value,
		      void *to);
};
#define LATER NULL
/* The words of a table, for the reference: "kind TAB head.name TAB built". */
struct key_table {
	const char *head;
	const struct key *rows;
	size_t n;
};
#define KEY_TABLE(head, rows)                                                  \
	{                                                                      \
		head, rows, ARRAY_LEN(rows)                                    \
	}
void key_tables_list(struct buf *out, const char *kind,
		     const struct key_table *t, size_t n);
/* Every key of a map through its row; unknown and later ones are errors. */
void keys_parse(struct loader *l, const struct conf_node *map,
		const struct key *rows, size_t n, void *to);
void not_yet(struct loader *l, const struct conf_node *at, struct str word);

/* A named thing under lists, people, calendars or texts. */
struct named {
	struct str name;
	const struct conf_node *key, *node;
	const char *folder;
	struct addr_set *set;
	struct words *words;
	struct calendar *calendar;
	struct plan_reason text;
	bool done, used;
	struct entry *entry; /* lists: raw entries */
	size_t entry_n;
};
struct entry {
	struct str text;
	const struct conf_node *at;
};

/* value.c: readers that add errors; false when they did. */
bool want_scalar(struct loader *l, const struct conf_node *n);
bool want_map(struct loader *l, const struct conf_node *n);
bool value_bool(struct loader *l, const struct conf_node *n, bool *to);
bool value_choice(struct loader *l, const struct conf_node *n,
		  const char *const *words, size_t words_n, unsigned *to);
/* One word or a list of them, as bits. */
bool value_mask(struct loader *l, const struct conf_node *n,
		const char *const *words, size_t words_n, unsigned *to);
bool value_range(struct loader *l, const struct conf_node *n, bool sizes,
		 struct range *to);
bool value_duration(struct loader *l, const struct conf_node *n, int64_t least,
		    int64_t most, int64_t *to);
bool value_date(struct loader *l, const struct conf_node *n,
		const struct tz *tz, int64_t *to);
bool date_parse(struct str s, struct civil *c_r) MUST_USE;
bool value_address(struct loader *l, const struct conf_node *n, struct str *to);
bool value_text(struct loader *l, const struct conf_node *n,
		struct plan_reason *to); /* {ja, en} or the name of a text */
bool value_ja_en(struct loader *l, const struct conf_node *n,
		 struct plan_reason *to);

/* names.c: what rules refer to. */
void names_collect(struct loader *l, const struct conf_node *root);
void names_build(struct loader *l);
const struct addr_set *names_set(struct loader *l, const struct conf_node *n);
bool names_words(struct loader *l, const struct conf_node *n, struct words *to);
bool names_who(struct loader *l, const struct conf_node *n, struct who **v,
	       size_t *n_r);
const struct calendar *names_calendar(struct loader *l,
				      const struct conf_node *n);
struct addr_set *set_new(struct loader *l);
bool set_add(struct loader *l, struct addr_set *s, struct str text,
	     const struct conf_node *at);

/* calendar.c */
bool window_parse(struct loader *l, const struct conf_node *n,
		  struct calendar *to); /* {from, to, days, timezone} */
void calendar_parse(struct loader *l, const struct conf_node *n,
		    struct calendar *to);

/* people.c */
void people_load(struct loader *l);
void people_group(struct loader *l, const struct conf_node *at, struct str name,
		  struct addr_set *to);
void people_where(struct loader *l, const struct conf_node *map,
		  struct addr_set *to);

/* csv.c: RFC 4180 text with a header row, UTF-8. */
#define CSV_COLUMNS_MAX 100
struct csv_row {
	struct str *cell; /* as many as columns */
	unsigned line;
};
struct csv {
	const char *file;
	struct str *head;
	size_t cols;
	struct csv_row *row;
	size_t n;
};
bool csv_parse(struct str text, const char *file, struct arena *a,
	       struct conf_errors *errs, struct csv *csv_r) MUST_USE;
int csv_column(const struct csv *c, const char *name); /* -1: none */

/* files.c */
bool files_read(struct loader *l, const struct conf_node *at, const char *path,
		struct str *text_r);
const char *files_path(struct loader *l, struct str name);

/* cond.c, cond_parse.c */
struct cond *cond_parse(struct loader *l, const struct conf_node *n,
			bool any_key);
void cond_words(struct buf *out);
void cond_content_words(struct buf *out);
void cond_subject_keys(struct loader *l, const struct conf_node *n, void *to);
void cond_header_keys(struct loader *l, const struct conf_node *n, void *to);
void cond_attachments_keys(struct loader *l, const struct conf_node *n,
			   void *to);
/* A new condition under `parent`. */
struct cond *cond_leaf(struct loader *l, void *parent, enum cond_kind kind);
struct cond *cond_new(struct loader *l, enum cond_kind kind);
struct cond *cond_add(struct loader *l, struct cond *parent, struct cond *sub);

/* act.c */
void actions_parse(struct loader *l, const struct conf_node *n,
		   struct actions *to);
void defaults_parse(struct loader *l, const struct conf_node *n);
void act_words(struct buf *out);
void rule_words(struct buf *out);
void doubt_words(struct buf *out);
void rule_describe(struct loader *l, struct rule *r);
/* rule.c */
void rules_parse(struct loader *l, const struct conf_node *n);
/* doubt.c */
void doubt_parse(struct loader *l, const struct conf_node *n);
void classes_parse(struct loader *l, const struct conf_node *n);

/* ---- one decision (decide*.c) ---- */

struct header_addr {
	struct addr addr;
	enum recipient_class class;
	unsigned field;	 /* FIELD_TO or FIELD_CC */
	bool again;	 /* its address stood before, in To or Cc */
	bool again_here; /* in the same field */
};

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
bool rule_in_time(const struct rule *r, int64_t at_us);
bool who_is(struct asking *q, const struct who *w, const struct addr *addr);
size_t addrs_count(struct asking *q, unsigned fields, unsigned classes);
/* Attachments as they stand in the mail. */
bool part_counts(const struct view *v, const struct view_part *part,
		 bool with_inline);

/* A rule that fell on a recipient. */
struct fall {
	const struct rule *rule;
	bool refuse_only; /* an earlier rule said stop */
};
struct falls {
	struct fall *v;
	size_t n;
};
/* What the message's classes allow, together. */
struct allowed {
	unsigned gates;
	enum class_edits edits;
	enum class_notices notices;
};
struct wish;
struct deciding {
	struct asking q;
	struct plan *plan;
	struct falls *fell; /* by recipient */
	bool *hit, *shadow; /* by rule */
	struct allowed allowed;
	const struct rule *refused_by; /* the whole message */
	struct wish *wish;	       /* by shape; shape.c's own */
};

/* Without smallest change: what is asked again with another message. */
void decide(const struct policy *p, const struct facts *f, struct arena *a,
	    struct plan *plan_r);
void decide_rules(struct deciding *d);
void decide_gates(struct deciding *d, size_t rcpt);
void decide_shape(struct deciding *d, size_t rcpt);
void decide_doubt(struct deciding *d);
void decide_mode_hold(struct deciding *d);
void decide_copies(struct deciding *d);
void decide_notices(struct deciding *d);
void decide_smallest(const struct policy *p, const struct facts *f,
		     struct arena *a, struct plan *plan);
struct gate *gate_add(struct deciding *d, struct plan_rcpt *r,
		      enum gate_kind kind);
void reason_add(struct deciding *d, struct plan_rcpt *r,
		struct plan_reason reason);

/* say.c: sentences. */
void say_duration(struct buf *out, int64_t us, bool ja);
void say_moment(struct buf *out, const struct tz *tz, int64_t at_us, bool ja);
void say_size(struct buf *out, uint64_t bytes);
/* Day and time; the time alone where it is the same day as now_us. */
void say_near(struct buf *out, const struct tz *tz, int64_t at_us,
	      int64_t now_us, bool ja);
void say_rule(struct buf *out, const struct rule *r, bool ja);
struct str arena_say(struct arena *a, struct buf *b);

/* digest.c: SHA-256 (FIPS 180-4), to tell whether files changed. */
struct digest {
	uint32_t h[8];
	uint64_t n;
	unsigned char block[64];
};
void digest_init(struct digest *d);
void digest_add(struct digest *d, const void *p, size_t n);
void digest_hex(struct digest *d, char hex[65]);

#endif
