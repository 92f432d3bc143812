/* detect_int.h - detectors of personal data, pure functions over folded text.
 *
 * detect_run() looks at one text (a body, a decoded file) or a window of it and
 * adds to a set, and to those behind it: what differs counts in each of them.
 * Linear: each detector visits a glyph a bounded number of times.
 */
#ifndef SEKISHO_EXTRACT_DETECT_INT_H
#define SEKISHO_EXTRACT_DETECT_INT_H

#include "connector/base/arena.h"
#include "connector/base/buf.h"
#include "connector/base/map.h"
#include "connector/extract/fold_int.h"
#include "connector/extract/people_int.h"
#include "connector/mail/question.h"

#define DETECT_UNIQUE_MAX 100000 /* counted per set, all detectors together */
#define DETECT_HITS_MAX	  1000	 /* kept with place and sample */
#define DETECT_VALUE_MAX  320	 /* bytes of a normalised value */

struct detect_hit {
	enum detector what;
	struct str value;  /* normalised: digits, compared address */
	struct str sample; /* masked, may be shown */
	uint32_t source;   /* which text: the number given to detect_run */
};

struct detect_set {
	struct arena
		arena; /* of values and samples; sealed or wiped by owner */
	struct detect_set *also; /* gets the same hits, or NULL */
	struct map seen;
	struct {
		VEC_OF(struct detect_hit);
	} hits;			   /* first occurrences, DETECT_HITS_MAX */
	uint32_t unique[DETECT_N]; /* different values */
	struct people people;	   /* of the names */
	bool more;		   /* DETECT_UNIQUE_MAX: there may be more */
	uint64_t work;		   /* glyphs visited, for tests of linearity */
};

void detect_set_init(struct detect_set *s);
void detect_set_release(struct detect_set *s);
/* Of a map whose keys are values: wiped first. */
void values_release(struct map *m);

/* `wanted`: bits 1 << enum detector. Corporate Numbers are always looked for
 * where cards or Individual Numbers are. */
void detect_run(const struct fold *f, unsigned wanted, uint32_t source,
		struct detect_set *s);

/* ---- inside of the detectors --------------------------------------------- */

/* What stands between two groups of digits. */
enum gap {
	GAP_BREAK,  /* anything else: not one number */
	GAP_BLANK,  /* up to GAP_BLANKS_MAX blanks */
	GAP_LINE,   /* blanks and one line end */
	GAP_HYPHEN, /* one hyphen, maybe blanks or a line end at one side */
	GAP_DASH,   /* a hyphen between blanks */
	GAP_DOT,    /* one dot or middle dot */
	GAP_SLASH,  /* one slash */
	GAP_PAREN,  /* parentheses, as in phone numbers */
};
#define GAP_BLANKS_MAX 4

struct group {
	uint32_t at, n; /* glyphs: digits without anything between */
	uint8_t before; /* enum gap to the group before it */
	bool column;	/* more than one blank before it */
	bool taken;	/* part of a number that was recognised */
};

struct runs {
	VEC_OF(struct group);
};
void runs_find(const struct fold *f, struct runs *r, uint64_t *work);
void runs_release(struct runs *r);

#define WINDOW_DIGITS_MAX 19
/* Groups first..last as one number. */
struct window {
	size_t first, last;
	unsigned n;				 /* digits */
	unsigned lines, hyphens, blanks, others; /* gaps by kind */
	unsigned columns;			 /* blanks that part columns */
	uint8_t shape_n, bars_n;
	char digits[WINDOW_DIGITS_MAX + 1];
	char shape[WINDOW_DIGITS_MAX + 1]; /* lengths of groups, 'a' + n */
	char bars[WINDOW_DIGITS_MAX + 1];  /* the same, blanks joined */
};

struct detect {
	const struct fold *f;
	struct runs runs;
	unsigned wanted;
	uint32_t source;
	struct detect_set *set;
};

/* Can a number begin with group i, whose shapes begin with `least` digits? */
bool window_may_begin(const struct detect *d, size_t i, unsigned least);
void window_begin(const struct detect *d, size_t first, struct window *w);
/* Takes the next group in; false: it does not join, or it would be too long. */
bool window_grow(const struct detect *d, struct window *w);
/* Not a part of something longer: no letter, tight hyphen, dot or slash at
 * its ends (a label such as "tel" or "no" may stand before it). */
bool window_edges(const struct detect *d, const struct window *w);
/* How people write a kind of number. */
struct writing {
	const char *const *shapes; /* ends in NULL */
	/* Its check digits; NULL: there are none, and it is no row of cells. */
	bool (*ok)(const char *digits, unsigned n);
	const char *const *labels; /* words before it; NULL: any shape goes */
	bool strict; /* other shapes, and cells, only behind a label */
};
/* One of the shapes, or taken apart by blanks, cells or a line end with no
 * other number beside it. */
bool window_shaped(const struct detect *d, const struct window *w,
		   const struct writing *how);
/* Groups of n digits that blanks join to the window; with `lines`, line ends
 * and cells, too. */
unsigned window_beside(const struct detect *d, const struct window *w,
		       unsigned n, bool lines);
/* Marks the groups between two glyphs. */
void runs_take(struct detect *d, size_t at, size_t end);
bool window_taken(const struct detect *d, const struct window *w);
void window_take(struct detect *d, const struct window *w);
void window_hit(struct detect *d, const struct window *w, enum detector what,
		struct str value, unsigned shown);

/* A hit that begins at glyph `at`; it counts if that is the window's own. */
void detect_hit(struct detect *d, enum detector what, size_t at,
		struct str value, struct str sample);
/* Digits with the last `shown` readable, in fours. */
void detect_mask(struct str digits, unsigned shown, struct buf *out);

bool luhn_ok(const char *digits, unsigned n);
bool card_ok(const char *digits, unsigned n);
bool my_number_ok(const char *digits); /* 12 */
/* What Individual Numbers are called; ends in NULL. */
extern const char *const my_number_words[];
bool corporate_ok(const char *digits);	       /* 13 */
bool phone_ok(const char *digits, unsigned n); /* national form, 0... */

void detect_iban(struct detect *d);
void detect_licence(struct detect *d);
void detect_corporate(struct detect *d);
void detect_card(struct detect *d);
void detect_sixteen(struct detect *d);
void detect_my_number(struct detect *d);
void detect_bank(struct detect *d);
void detect_passport(struct detect *d);
void detect_phone(struct detect *d);
void detect_mail(struct detect *d);
void detect_postal(struct detect *d);

#endif
