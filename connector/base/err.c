/* err.c - errors as values; see err.h. */
#include "connector/base/err.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#undef err_set /* for the analyser they are macros */
#undef err_errno
#undef err_wrap

/* A text that was cut must not end inside a UTF-8 character. */
static void mend_end(char *text)
{
	size_t n = strlen(text);
	size_t at = n;
	unsigned char lead;
	size_t want;

	if (n < ERR_TEXT_MAX - 1)
		return;
	while (at > 0 && ((unsigned char)text[at - 1] & 0xc0) == 0x80)
		at--;
	if (at == 0)
		return;
	lead = (unsigned char)text[at - 1];
	want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
	if (n - (at - 1) < want)
		text[at - 1] = '\0';
}

bool err_set(struct err *e, enum err_class class, int code, const char *fmt,
	     ...)
{
	va_list ap;

	if (!e)
		return false;
	e->class = class;
	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	mend_end(e->text);
	return false;
}

static enum err_class class_of(int code)
{
	switch (code) {
	case ENOSPC:
	case EIO:
	case EMFILE:
	case ENFILE:
	case EAGAIN:
	case EDQUOT:
	case ENOMEM:
	case EINTR:
		return ERR_RETRY;
	default:
		return ERR_PERMANENT;
	}
}

bool err_errno(struct err *e, const char *fmt, ...)
{
	int code = errno;
	char why[128];
	size_t n;
	va_list ap;

	if (!e)
		return false;
	e->class = class_of(code);
	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	snprintf(e->text + n, sizeof(e->text) - n, ": %s",
		 strerror_r(code, why, sizeof(why)));
	mend_end(e->text);
	errno = code;
	return false;
}

bool err_wrap(struct err *e, const char *fmt, ...)
{
	char old[ERR_TEXT_MAX];
	va_list ap;
	size_t n;

	if (!e)
		return false;
	memcpy(old, e->text, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	snprintf(e->text + n, sizeof(e->text) - n, ": %s", old);
	mend_end(e->text);
	return false;
}

const char *err_class_name(enum err_class class)
{
	static const char *const name[] = {
		[ERR_NONE] = "none",	       [ERR_RETRY] = "retry",
		[ERR_PERMANENT] = "permanent", [ERR_DENIED] = "denied",
		[ERR_CONFIG] = "config",       [ERR_UNCERTAIN] = "uncertain",
		[ERR_CONFLICT] = "conflict",   [ERR_NOT_FOUND] = "not-found",
		[ERR_LIMIT] = "limit",	       [ERR_BUG] = "bug",
	};

	return (size_t) class < ARRAY_LEN(name) ? name[class] : "bug";
}
