/* value_int.h - what rules are made of: sets, words, values, calendars,
 * people.
 */
#ifndef SEKISHO_POLICY_VALUE_INT_H
#define SEKISHO_POLICY_VALUE_INT_H

#include "connector/base/arena.h"
#include "connector/base/limits.h"
#include "connector/base/map.h"
#include "connector/base/vec.h"
#include "policy/policy.h"

#define SET_ENTRIES_MAX (1000 * 1000)
#define STAGES_MAX	20
#define CHAIN_MAX	32 /* managers above one another */

struct loader;

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
	struct str *v;	   /* folded; expressions as they are */
	struct str *shown; /* as written */
	const struct conf_node **at;
	size_t n;
};
/* One of the words stands in the folded text. */
bool words_in(const struct words *w, struct str folded);

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
	size_t closed_n, closed_cap;
};
bool closed_on(const struct calendar *c, const struct civil *day);
bool calendar_open(const struct calendar *c, int64_t at_us);
/* First moment after at_us at which open/closed changes, within 40 days; 0:
 * none. */
int64_t calendar_change(const struct calendar *c, int64_t at_us);
/* at_us where it is open then, else when it opens; 0: not within 40 days. */
int64_t calendar_next_open(const struct calendar *c, int64_t at_us);
/* When the last window closes that began on the day of at_us; 0: none did. */
int64_t calendar_close_of_day(const struct calendar *c, int64_t at_us);

/* TIME (span.c): of the clock, or counted in a calendar. Business days end
 * when the n-th open day behind the day of the beginning closes; business
 * hours pass while the calendar is open. Without a calendar, and with one that
 * never opens, they are days and hours of the clock. */
struct timespan {
	enum { SPAN_CLOCK, SPAN_BUSINESS_DAYS, SPAN_BUSINESS_HOURS } kind;
	int64_t us; /* SPAN_CLOCK */
	unsigned n; /* the others */
};
int64_t span_end(const struct timespan *s, const struct calendar *c,
		 int64_t from_us);

/* ---- people (people.c) ---- */

struct person {
	struct addr addr;
	struct str name, reading;
	struct person *manager; /* the direct one */
	struct str manager_text;
	/* Of a shared mailbox: who uses it. by_delegates: it has no manager of
	 * its own, theirs are its managers (`manager` is the first). */
	struct person **delegate;
	struct str *delegate_text;
	size_t delegate_n;
	bool by_delegates;
	struct str *private; /* known addresses of his own, compared form */
	size_t private_n;
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

#endif
