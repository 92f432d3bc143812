/* log.h - logs are events: a name and key=value fields, one line each.
 *
 * Fields are escaped in one place.  Never bodies, subjects, tokens, links or
 * passwords.  A context (node, session, message) is inherited from a parent:
 *
 *	struct log_ctx c = {.parent = &session->log, .key = "id", .text = id};
 *	LOG(&c, LOG_INFO, "accepted", LS("from", from), LU("rcpts", n));
 *
 * Output: stderr, logfmt or JSON lines (log_setup).  Thread-safe.
 */
#ifndef SEKISHO_BASE_LOG_H
#define SEKISHO_BASE_LOG_H

#include "connector/base/err.h"
#include "connector/base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_ctx {
	const struct log_ctx *parent;
	const char *key;
	const char *text; /* borrowed; NULL: no field */
};

struct log_field {
	const char *key;
	enum { LOG_F_STR, LOG_F_U64, LOG_F_I64 } kind;
	struct str s;
	uint64_t u;
};
#define LS(k, v)   ((struct log_field){(k), LOG_F_STR, str_of(v), 0})
#define LSTR(k, v) ((struct log_field){(k), LOG_F_STR, (v), 0})
#define LU(k, v)   ((struct log_field){(k), LOG_F_U64, {0}, (uint64_t)(v)})
#define LI(k, v)                                                               \
	((struct log_field){(k), LOG_F_I64, {0}, (uint64_t)(int64_t)(v)})
#define LE(e) LS("error", (e)->text)

void log_setup(enum log_level least, bool json, const char *process);
void log_event(const struct log_ctx *ctx, enum log_level level,
	       const char *event, const struct log_field *f, size_t n);
#define LOG(ctx, level, event, ...)                                            \
	log_event((ctx), (level), (event),                                     \
		  (const struct log_field[]){{0}, ##__VA_ARGS__} + 1,          \
		  sizeof((const struct log_field[]){{0}, ##__VA_ARGS__}) /     \
				  sizeof(struct log_field) -                   \
			  1)

#endif
