/* conf.h - YAML documents with positions, errors that say what to do, rows.
 *
 * Strict subset: no anchors, aliases, tags or merge keys; booleans are true and
 * false only; duplicate keys are errors.  Every node knows file, line, column.
 * All errors of a run are collected; each names file, line and column, what was
 * found, what is allowed, and the nearest known word, in ja and en.
 */
#ifndef SEKISHO_CONF_H
#define SEKISHO_CONF_H

#include "connector/base/arena.h"
#include "connector/base/buf.h"
#include "connector/base/err.h"

enum conf_kind { CONF_SCALAR, CONF_LIST, CONF_MAP };

struct conf_node {
	enum conf_kind kind;
	const char *file;	 /* as the reader of errors knows it */
	unsigned line, column;	 /* from 1 */
	bool quoted;		 /* scalar in quotes or block: always text */
	struct str text;	 /* scalar */
	struct conf_node **item; /* list items; map values */
	struct conf_node **key;	 /* map keys, scalars */
	size_t n;
};

struct conf_error {
	const char *file;
	unsigned line, column; /* 0: the file as a whole */
	bool warning;
	char *ja, *en;
};
struct conf_errors {
	struct arena arena;
	struct conf_error *v;
	size_t n, cap, errors; /* errors: without warnings */
	bool more;	       /* beyond CONF_ERRORS_MAX */
};
void conf_errors_release(struct conf_errors *errs);
/* One message in both languages at a node (NULL: file as a whole). */
void conf_error(struct conf_errors *errs, const struct conf_node *at,
		const char *ja, const char *en, ...) PRINTF_LIKE(3, 5)
	PRINTF_LIKE(4, 5);
/* en and ja formats take the same arguments in the same order. */
void conf_warning(struct conf_errors *errs, const struct conf_node *at,
		  const char *ja, const char *en, ...) PRINTF_LIKE(3, 5)
	PRINTF_LIKE(4, 5);
void conf_error_file(struct conf_errors *errs, const char *file, const char *ja,
		     const char *en, ...) PRINTF_LIKE(3, 5) PRINTF_LIKE(4, 5);
void conf_error_at(struct conf_errors *errs, const char *file, unsigned line,
		   unsigned column, const char *ja, const char *en, ...)
	PRINTF_LIKE(5, 7) PRINTF_LIKE(6, 7);
void conf_warning_at(struct conf_errors *errs, const char *file, unsigned line,
		     const char *ja, const char *en, ...) PRINTF_LIKE(4, 6)
	PRINTF_LIKE(5, 6);
/* A word of the file as it may stand in an error: cut at 60 bytes. */
struct str conf_word(struct str s);
/* Full-width signs, digits or blanks stand in it. */
bool conf_full_width(struct str s);
/* What an error about such a value adds; "" for all others. */
const char *conf_width_hint(struct str s, bool ja);
/* "a, b, c" */
void conf_list_words(struct buf *out, const char *const *known, size_t n);
/* Unknown key with "did you mean". */
void conf_unknown_key(struct conf_errors *errs, const struct conf_node *key,
		      const char *const *known, size_t n);
/* "file:line:column: text" lines, sorted. language "ja" or "en". */
void conf_errors_print(const struct conf_errors *errs, const char *language,
		       struct buf *out);

/* Parse text; NULL when it is not YAML of our kind (errors were added). */
struct conf_node *conf_parse(struct str text, const char *file, struct arena *a,
			     struct conf_errors *errs);
/* What strerror() says of a file, in Japanese where we know the words. */
const char *conf_why_ja(const char *why);
/* May we read it, and is it a file, or `folder` and one? errno says why not. */
bool conf_can_read(const char *path, bool folder);
/* Read a whole file, at most max bytes. */
bool conf_read_file(const char *path, size_t max, struct arena *a,
		    struct str *text_r, struct err *e) MUST_USE;
const struct conf_node *conf_get(const struct conf_node *map, const char *key);

#endif
