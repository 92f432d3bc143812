/* data.c - the end of a DATA stream; see data_int.h.
 *
 * What cannot be judged yet (a CR at the end of the input, a dot that begins
 * a line) is left untaken and seen again with more bytes behind it: so there
 * is no state but "are we inside a line", and a split of the stream at any
 * byte gives the same result.
 */
#include "connector/smtpd/data_int.h"
#include "connector/base/limits.h"

void data_begin(struct data_scan *d)
{
	*d = (struct data_scan){0};
}

const char *data_why(enum data_event bad)
{
	switch (bad) {
	case DATA_BARE_CR:
		return "carriage return without line feed";
	case DATA_BARE_LF:
		return "line feed without carriage return";
	case DATA_NUL:
		return "NUL byte";
	case DATA_LONG_LINE:
		return "line too long";
	case DATA_MORE:
	case DATA_SPAN:
	case DATA_END:
		break;
	}
	return "content not allowed";
}

/* Bytes of `in` before its first NUL. Each byte is looked at once. */
static size_t before_nul(struct data_scan *d, struct str in)
{
	const char *nul;

	if (d->clean >= in.n)
		return in.n;
	nul = memchr(in.p + d->clean, 0, in.n - d->clean);
	d->clean = nul ? (size_t)(nul - in.p) : in.n;
	return d->clean;
}

/* A dot at the begin of a line: how many bytes are known of the three that
 * decide, and which event they are. 0 with DATA_SPAN: a stuffed dot. */
static enum data_event dot(struct str in)
{
	if (in.n == 1)
		return DATA_MORE;
	if (in.p[1] != '\r')
		return DATA_SPAN;
	if (in.n == 2)
		return DATA_MORE;
	return in.p[2] == '\n' ? DATA_END : DATA_BARE_CR;
}

/* The lines of in.p[from..n): stops before a dot that begins a line. Returns
 * the end of what is good and may be handed on; bad_r: what follows it. */
static size_t lines(struct data_scan *d, struct str in, size_t from, size_t n,
		    enum data_event *bad_r)
{
	size_t at = from;

	*bad_r = DATA_MORE;
	while (at < n && (d->in_line || in.p[at] != '.')) {
		const char *p = in.p + at;
		const char *cr = memchr(p, '\r', n - at);
		size_t run = cr ? (size_t)(cr - p) : n - at;
		const char *lf = memchr(p, '\n', run);

		if (lf) {
			*bad_r = DATA_BARE_LF;
			return (size_t)(lf - in.p);
		}
		at += run;
		d->line_len += run;
		d->too_long = d->too_long || d->line_len > SMTP_TEXT_LINE_MAX;
		d->in_line = d->in_line || run > 0;
		if (!cr || at + 1 >= n) {
			/* in.n > n: a NUL stands behind the CR. */
			if (cr && at + 1 < in.n)
				*bad_r = DATA_BARE_CR;
			return at;
		}
		if (cr[1] != '\n') {
			*bad_r = DATA_BARE_CR;
			return at;
		}
		at += 2;
		d->in_line = false;
		d->line_len = 0;
	}
	return at;
}

enum data_event data_next(struct data_scan *d, struct str in, size_t *taken_r,
			  struct str *span_r)
{
	size_t n = before_nul(d, in), from = 0, end;
	enum data_event event = DATA_MORE;

	*taken_r = 0;
	*span_r = STR_EMPTY;
	if (n == 0)
		return in.n ? DATA_NUL : DATA_MORE;
	if (!d->in_line && in.p[0] == '.') {
		event = dot(in);
		if (event == DATA_END)
			*taken_r = 3;
		if (event != DATA_SPAN)
			goto out;
		from = 1; /* RFC 5321 4.5.2 */
		d->in_line = true;
	}
	end = lines(d, in, from, n, &event);
	*taken_r = end;
	*span_r = str_n(in.p + from, end - from);
	if (event == DATA_MORE && n < in.n && end == n)
		event = DATA_NUL;
	if (end > from || from) /* bad bytes behind it are met again */
		event = DATA_SPAN;
	if (event == DATA_SPAN && d->too_long && !d->told_long) {
		d->told_long = true;
		event = DATA_LONG_LINE;
	}
out:
	d->clean -= MIN_OF(d->clean, *taken_r);
	return event;
}
