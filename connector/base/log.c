/* log.c - one line per event to stderr; see log.h.
 *
 * A line is built on the stack and leaves in one write(2), so that lines of
 * several threads and processes do not mix.  A field that does not fit is left
 * out whole and the line says cut=1.
 */
#include "connector/base/log.h"
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "connector/base/utf8.h"

#define LOG_LINE_MAX  (8 * 1024)
#define LOG_VALUE_MAX 1024
#define LOG_CTX_DEPTH 16
#define LOG_KEY_MAX   40
#define LINE_TAIL     16 /* room for the mark of a cut and the line end */

/* The one state: how to write. Set at start, read after. */
static struct {
	enum log_level least;
	bool json;
	char process[32];
} setup = {LOG_INFO, false, "sekisho"};

struct line {
	char p[LOG_LINE_MAX];
	size_t n;
	bool json, overflow;
};

void log_setup(enum log_level least, bool json, const char *process)
{
	setup.least = least;
	setup.json = json;
	snprintf(setup.process, sizeof(setup.process), "%s", process);
}

static void put(struct line *l, const void *p, size_t n)
{
	if (n > LOG_LINE_MAX - LINE_TAIL - l->n) {
		l->overflow = true;
		return;
	}
	memcpy(l->p + l->n, p, n);
	l->n += n;
}

PRINTF_LIKE(2, 3) static void putf(struct line *l, const char *fmt, ...)
{
	char text[64];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put(l, text, n < 0 ? 0 : MIN_OF((size_t)n, sizeof(text) - 1));
}

/* Digits, at least so many; each mail has dozens of them in its lines. */
static void put_number(struct line *l, uint64_t v, size_t least)
{
	char text[20]; /* of the greatest number */
	size_t at = sizeof(text);

	while (v > 0 || sizeof(text) - at < least) {
		text[--at] = (char)('0' + v % 10);
		v /= 10;
	}
	put(l, text + at, sizeof(text) - at);
}

/* What stands in logfmt without quotes. */
static bool is_bare(struct str s)
{
	static const char others[] = "._:/@+-,<>[]()*%";

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!ascii_alnum(s.p[i]) &&
		    !memchr(others, s.p[i], sizeof(others) - 1))
			return false;
	}
	return true;
}

/* Characters that end a line somewhere or turn the reading order. */
static bool is_control(int32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp <= 0x9f) || cp == 0x2028 ||
	       cp == 0x2029 || (cp >= 0x200b && cp <= 0x200f) ||
	       (cp >= 0x202a && cp <= 0x202e) ||
	       (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff;
}

static void put_char(struct line *l, struct str at, struct str rest)
{
	struct str one = str_head(at, at.n - rest.n);
	struct str again = one;
	int32_t cp = utf8_next(&again);

	if (cp == 0xfffd && one.n == 1) {
		if (l->json) /* JSON has no bytes */
			putf(l, "\\ufffd");
		else
			putf(l, "\\x%02x", (unsigned char)one.p[0]);
	} else if (cp == '"' || cp == '\\') {
		putf(l, "\\%c", (char)cp);
	} else if (cp == '\n') {
		putf(l, "\\n");
	} else if (is_control(cp)) {
		putf(l, "\\u%04x", (unsigned)cp);
	} else {
		put(l, one.p, one.n);
	}
}

static void put_quoted(struct line *l, struct str s)
{
	struct str left = str_head(s, LOG_VALUE_MAX);

	put(l, "\"", 1);
	while (left.n > 0) {
		struct str at = left;

		utf8_next(&left);
		put_char(l, at, left);
	}
	if (s.n > LOG_VALUE_MAX)
		put(l, "\xe2\x80\xa6", 3);
	put(l, "\"", 1);
}

static void put_key(struct line *l, const char *key)
{
	const char *before = l->n ? " " : "";

	if (l->json)
		before = l->n > 1 ? ",\"" : "\"";
	put(l, before, strlen(before));
	put(l, key, strnlen(key, LOG_KEY_MAX));
	if (l->json)
		put(l, "\":", 2);
	else
		put(l, "=", 1);
}

/* Whole or not at all. */
static void put_field(struct line *l, const struct log_field *f)
{
	size_t before = l->n;

	if (l->overflow)
		return;
	put_key(l, f->key);
	if (f->kind == LOG_F_U64)
		put_number(l, f->u, 1);
	else if (f->kind == LOG_F_I64)
		putf(l, "%lld", (long long)f->u);
	else if (!l->json && is_bare(f->s) && f->s.n <= LOG_VALUE_MAX)
		put(l, f->s.p, f->s.n);
	else
		put_quoted(l, f->s);
	if (l->overflow)
		l->n = before;
}

static void put_head(struct line *l, enum log_level level, const char *event)
{
	static const char *const name[] = {"debug", "info", "warn", "error"};
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	put_key(l, "ts");
	put(l, "\"", l->json);
	put_number(l, (uint64_t)tm.tm_year + 1900, 4);
	put(l, "-", 1);
	put_number(l, (uint64_t)tm.tm_mon + 1, 2);
	put(l, "-", 1);
	put_number(l, (uint64_t)tm.tm_mday, 2);
	put(l, "T", 1);
	put_number(l, (uint64_t)tm.tm_hour, 2);
	put(l, ":", 1);
	put_number(l, (uint64_t)tm.tm_min, 2);
	put(l, ":", 1);
	put_number(l, (uint64_t)tm.tm_sec, 2);
	put(l, ".", 1);
	put_number(l, (uint64_t)now.tv_nsec / 1000, 6);
	put(l, "Z\"", l->json ? 2 : 1);
	put_field(l, &LS("level", name[level & 3]));
	put_field(l, &LS("process", setup.process));
	put_field(l, &LU("pid", getpid()));
	put_field(l, &LS("event", event));
}

static void put_ctx(struct line *l, const struct log_ctx *ctx)
{
	const struct log_ctx *chain[LOG_CTX_DEPTH];
	size_t n = 0;

	for (; ctx && n < LOG_CTX_DEPTH; ctx = ctx->parent) {
		if (ctx->text)
			chain[n++] = ctx;
	}
	while (n-- > 0)
		put_field(l, &LS(chain[n]->key, chain[n]->text));
}

void log_event(const struct log_ctx *ctx, enum log_level level,
	       const char *event, const struct log_field *f, size_t n)
{
	struct line l;
	ssize_t ignored UNUSED;

	if (level < setup.least)
		return;
	l.n = 0;
	l.overflow = false;
	l.json = setup.json;
	if (l.json)
		put(&l, "{", 1);
	put_head(&l, level, event);
	put_ctx(&l, ctx);
	for (size_t i = 0; i < n; i++)
		put_field(&l, &f[i]);
	if (l.overflow) { /* the tail is kept free for this */
		l.n += (size_t)snprintf(l.p + l.n, LINE_TAIL,
					l.json ? ",\"cut\":1" : " cut=1");
	}
	if (l.json)
		l.p[l.n++] = '}';
	l.p[l.n++] = '\n';
	/* A log that cannot be written must not stop the mail. */
	ignored = write(STDERR_FILENO, l.p, l.n);
}
