/* policy_int.h - a loaded policy and how it is loaded; for this folder only.
 *
 * load*.c build it, cond*.c and act*.c know one word each as rows of tables,
 * decide*.c only read it.  Everything lives in the policy's arena.
 */
#ifndef SEKISHO_POLICY_INT_H
#define SEKISHO_POLICY_INT_H

#include "policy/act_int.h"

#define RULES_MAX   1000
#define FILES_MAX   1000
#define INCLUDE_MAX 16 /* files inside files */

struct csv;

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
/* A list of the program's own that the policy uses (shipped.c). */
struct shipped {
	const char *name;
	struct str bytes;
	int64_t date_us;
};
struct shippeds {
	VEC_OF(struct shipped);
};
/* A calendar whose closed days are listed no further (closed.c). */
struct closed_end {
	const char *name;
	int64_t end_us;
};
struct closed_ends {
	VEC_OF(struct closed_end);
};

struct policy {
	struct arena arena;
	struct question question;
	unsigned needs; /* NEEDS_* */
	char digest[65];
	struct policy_files files;
	const char *main; /* "": a folder */
	struct rules rules;
	size_t cond_n;			 /* ids given */
	struct zones zones;		 /* owned */
	const struct tz *tz;		 /* of the configuration */
	const struct calendar *calendar; /* defaults: calendar, or NULL */
	struct addr_map classes;	 /* value: class_value() */
	struct addr_set *sets;		 /* chain, for release */
	struct shippeds shipped;
	struct closed_ends closed_ends;
	struct partners *partners; /* likewise */
	struct persons persons;
	struct map people; /* address key to struct person */
	struct do_hold hold_default;
	struct do_refuse refuse_default;
	struct do_approve approve_default;
	struct do_ways ways_default;
	struct do_password password_default;
	struct dests *dests; /* chain, for release */
	struct map past;     /* recipient's key to struct past */
	bool past_known;
	const struct addr_set *private_domains[2];
	struct alike *alike;	/* NULL: no rule asks */
	struct alike *known;	/* of the history, or NULL */
	struct addr_map grades; /* of tls.csv; value: enum tls_grade */
	struct map users;	/* address key to struct user */
	enum doubt_line doubt[DOUBT_COUNT];
	struct class_row row[CLASS_ROWS_N];
};

static inline void *class_value(enum recipient_class c)
{
	return (void *)(uintptr_t)(c + 1);
}
void domains_parse(struct loader *l); /* domains.c */
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
	bool versioned;	    /* a document was read: it named the version */
	bool people_broken; /* told already; nothing follows from it */
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
	size_t entry_n, entry_cap;
	struct csv *csv;     /* lists from a file: all of it */
	struct dests *dests; /* the same by destination, once asked for */
};
struct entry {
	struct str text;
	const struct conf_node *at;
};

/* value.c: readers that add errors; false when they did. */
bool want_scalar(struct loader *l, const struct conf_node *n);
bool want_map(struct loader *l, const struct conf_node *n);
/* The same, with the names that stand there. */
struct key;
bool want_keys(struct loader *l, const struct conf_node *n,
	       const struct key *rows, size_t rows_n);
/* What a map lacks; silent where one of its keys was told of already. */
void missing(struct loader *l, const struct conf_node *map, const char *ja,
	     const char *en);
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
/* A TIME of 1 minute to 366 days; business ones need a default calendar, which
 * decisions find as policy.calendar. */
bool value_span(struct loader *l, const struct conf_node *n,
		struct timespan *to);
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
/* The list that a rule names; NULL with an error. */
struct named *names_list(struct loader *l, const struct conf_node *n);
/* The same where an inline list of words may stand as well. */
struct named *names_word_list(struct loader *l, const struct conf_node *n);
/* words.c: words, an inline list or the name of one, each once; expressions,
 * one or an inline list. */
bool names_words(struct loader *l, const struct conf_node *n, struct words *to);
bool names_expressions(struct loader *l, const struct conf_node *n,
		       struct words *to);
bool names_who(struct loader *l, const struct conf_node *n, struct who **v,
	       size_t *n_r);
/* The same, where `hold` and `pass` were meant perhaps. */
bool names_who_if_none(struct loader *l, const struct conf_node *n,
		       struct who **v, size_t *n_r);
const struct calendar *names_calendar(struct loader *l,
				      const struct conf_node *n);
/* The list of that name; NULL (told) when there is none. */
struct named *names_list(struct loader *l, const struct conf_node *n);
bool names_prepared(struct loader *l, struct str name, struct plan_reason *to);
/* WHO as the policy writes it: "manager", "a@x.jp, checkers". */
struct str names_shown(struct loader *l, const struct conf_node *n);
/* dest.c: a list of destinations that has this column (DEST_*). */
const struct dests *names_dests(struct loader *l, const struct conf_node *n,
				int column);
const struct dest *dests_find(const struct dests *d, const struct addr *addr);
struct addr_set *set_new(struct loader *l);
bool set_add(struct loader *l, struct addr_set *s, struct str text,
	     const struct conf_node *at);

/* past.c */
struct past {
	struct rcpt_past of;
	struct str *sender;
	size_t cap;
	uint64_t count; /* mails of all */
};
void past_load(struct loader *l);

/* grade.c */
#define GRADES_N 5
extern const char *const GRADE_NAMES[GRADES_N]; /* from GRADE_NONE */
const char *grade_name(enum tls_grade g);
void grades_load(struct loader *l);
/* Of the facts, else of tls.csv; GRADE_UNKNOWN where nobody knows. */
enum tls_grade rcpt_grade(const struct asking *q, size_t rcpt);

/* list.c */
void list_build(struct loader *l, struct named *v);
struct addr_set *list_set(struct loader *l, struct named *v);
struct named *list_find(struct loader *l, struct str name); /* or NULL */
bool list_csv(struct loader *l, const struct named *v, struct csv *csv);
int list_column(struct loader *l, const struct conf_node *n,
		const struct csv *csv); /* -1: told */
void list_entries(struct loader *l, struct named *v, const struct csv *csv,
		  int col);

/* shipped.c */
#define SHIPPED_MAX 8
#define HOLIDAYS_JP "holidays-jp"
size_t shipped_names(const char **names, size_t max); /* usable as SET */
bool shipped_csv(struct loader *l, const char *name, struct csv *csv_r);

/* closed.c */
void closed_parse(struct loader *l, const struct conf_node *n, void *to);
void closed_sort(struct calendar *c);

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

/* decode.c: a list's bytes to UTF-8 without BOM. */
#define CP932_LEADS 60
extern const char *const cp932_table[CP932_LEADS];
enum csv_encoding {
	CSV_AUTO, /* UTF-8 where it is valid UTF-8, else CP932 */
	CSV_UTF8,
	CSV_CP932
};
bool csv_decode(struct str text, const char *file, enum csv_encoding as,
		struct arena *a, struct conf_errors *errs,
		struct str *utf8_r) MUST_USE;

/* csv.c: RFC 4180 text with a header row, in any encoding of csv_decode();
 * parted by tabs where the header has tabs and no comma. */
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
bool csv_parse_as(struct str text, const char *file, enum csv_encoding as,
		  struct arena *a, struct conf_errors *errs,
		  struct csv *csv_r) MUST_USE;
int csv_column(const struct csv *c, const char *name); /* -1: none */
/* The column whose name is most like the word, or NULL. */
const char *csv_nearest(struct loader *l, const struct str *head, size_t cols,
			struct str word);

/* files.c */
bool files_take(struct loader *l, const struct conf_node *at, const char *path,
		struct str *text_r);
const char *files_path(struct loader *l, struct str name);
/* False only of a version that was kept without this file. */
bool files_has(struct loader *l, const char *path);

/* say.c: sentences. */
void say_duration(struct buf *out, int64_t us, bool ja);
void say_span(struct buf *out, const struct timespan *s, bool ja);
void say_moment(struct buf *out, const struct tz *tz, int64_t at_us, bool ja);
void say_size(struct buf *out, uint64_t bytes);
/* Day and time; the time alone where it is the same day as now_us. */
void say_near(struct buf *out, const struct tz *tz, int64_t at_us,
	      int64_t now_us, bool ja);
void say_rule(struct buf *out, const struct rule *r, bool ja);
void say_who(struct buf *out, struct str who, bool ja); /* WHO as written */
/* "held for 5 minutes, then sent" */
void say_hold(struct buf *out, int64_t us, enum gate_then then, bool ja);
/* "本文と添付", "the body and the attachments" */
void say_places(struct buf *out, unsigned places, bool ja);

/* say_names.c: what people call the things that plans name. */
struct kind_words {
	const char *ja, *one, *many;
};
extern const struct kind_words KIND_WORDS[DETECT_N + 1];
void say_doubt(struct buf *out, struct str word, bool ja);
void say_notice(struct buf *out, struct str kind, bool ja);
void say_when(struct buf *out, struct str when, bool ja);
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
