/* err.h - errors as values: a class that decides what happens, a code, a text.
 *
 * A fallible function returns bool (MUST_USE), true for success, and fills the
 * struct err that the caller gave.  Each level may prefix context with
 * err_wrap(); only the top logs.  A NULL err is allowed and ignored.
 */
#ifndef SEKISHO_BASE_ERR_H
#define SEKISHO_BASE_ERR_H

#include "connector/base/macros.h"

enum err_class {
	ERR_NONE = 0,
	ERR_RETRY,     /* may pass later: disk full, busy, network */
	ERR_PERMANENT, /* will not pass: the request itself is bad */
	ERR_DENIED,    /* not allowed */
	ERR_CONFIG,    /* the operator's settings are wrong */
	ERR_UNCERTAIN, /* nobody knows whether it happened */
	ERR_CONFLICT,  /* compare-and-swap lost: somebody was faster */
	ERR_NOT_FOUND, /* no such thing */
	ERR_LIMIT,     /* a named limit was reached */
	ERR_BUG,       /* ours */
};

#define ERR_TEXT_MAX 400

struct err {
	enum err_class class;
	int code;		 /* errno, SMTP code or 0 */
	char text[ERR_TEXT_MAX]; /* always ends in NUL; UTF-8 */
};

#define ERR_EMPTY ((struct err){.class = ERR_NONE})

/* Fill *e and return false, so that `return err_set(...)` reads well. */
bool err_set(struct err *e, enum err_class class, int code, const char *fmt,
	     ...) PRINTF_LIKE(4, 5);

/* As err_set with code = errno and ": strerror" at the end. Class RETRY for
 * ENOSPC, EIO, EMFILE, ENFILE, EAGAIN, EDQUOT, ENOMEM, EINTR; else PERMANENT. */
bool err_errno(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Prefix "context: " to the text; keeps class and code; returns false. */
bool err_wrap(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

#ifdef __clang_analyzer__ /* it looks into one file at a time */
#define err_set(...)   (err_set(__VA_ARGS__), false)
#define err_errno(...) (err_errno(__VA_ARGS__), false)
#define err_wrap(...)  (err_wrap(__VA_ARGS__), false)
#endif

/* "retry", "permanent" ... for logs. */
const char *err_class_name(enum err_class class);

#endif
