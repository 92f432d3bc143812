/* reply.c - what an SMTP server says (RFC 5321 4.2), bounded and cleaned.
 *
 * Strict: CR LF ends a line and nothing else does; a code has three digits,
 * the first 2 to 5; all lines of a reply carry the same code.  Whatever is
 * not a reply ends the connection: there is no guessing what a peer meant.
 */
#include "connector/smtp/client_int.h"

#include <stdarg.h>
#include <stdio.h>
#include "connector/base/utf8.h"

void reply_reset(struct reply *r)
{
	r->lines = 0;
	r->text_n = 0;
	r->answer.code = 0;
	r->answer.status[0] = '\0';
	r->answer.text[0] = '\0';
}

/* RFC 2034, RFC 3463: class "." subject "." detail, class as in the code. */
static size_t status_length(struct str s, int code)
{
	size_t at = 1;

	if (s.n < 5 || s.p[0] != '0' + code / 100)
		return 0;
	for (int part = 0; part < 2; part++) {
		size_t digits = 0;

		if (at >= s.n || s.p[at] != '.')
			return 0;
		at++;
		while (at < s.n && digits < 3 && ascii_digit(s.p[at])) {
			at++;
			digits++;
		}
		if (digits == 0)
			return 0;
	}
	return at == s.n || s.p[at] == ' ' ? at : 0;
}

/* Text that a page, a log and a DSN may show. */
static void add_clean(struct reply *r, struct str s)
{
	size_t room = SMTP_ANSWER_MAX - r->text_n;
	char *to = r->answer.text + r->text_n;

	if (s.n == 0 || room < 2)
		return;
	if (r->text_n > 0) {
		*to++ = ' ';
		r->text_n++;
		room--;
	}
	if (str_is_ascii(s) && !str_has_control(s)) {
		size_t n = MIN_OF(s.n, room);

		memcpy(to, s.p, n);
		r->text_n += n;
	} else {
		struct buf clean = BUF_MAX(4 * SMTP_REPLY_LINE_MAX);
		struct str left;
		size_t n = 0;

		utf8_clean(&clean, s, room);
		left = buf_str(&clean);
		while (left.n > 0) { /* whole characters only */
			struct str rest = left;

			utf8_next(&rest);
			if (n + (left.n - rest.n) > room)
				break;
			n += left.n - rest.n;
			left = rest;
		}
		memcpy(to, clean.p ? clean.p : "", n);
		r->text_n += n;
		buf_release(&clean);
	}
	r->answer.text[r->text_n] = '\0';
}

static void add_text(struct reply *r, struct str text)
{
	size_t n = status_length(text, r->answer.code);
	struct str status = str_head(text, n);

	if (n > 0 && r->lines == 1) {
		memcpy(r->answer.status, status.p, n);
		r->answer.status[n] = '\0';
	} else if (n > 0 && str_is(status, r->answer.status))
		text = str_trim(str_skip(text, n)); /* once is enough */
	add_clean(r, text);
}

static bool code_of(struct str line, int *code_r)
{
	TRY(line.n >= 3 && line.p[0] >= '2' && line.p[0] <= '5');
	TRY(ascii_digit(line.p[1]) && ascii_digit(line.p[2]));
	*code_r = (line.p[0] - '0') * 100 + (line.p[1] - '0') * 10 +
		  (line.p[2] - '0');
	return line.n == 3 || line.p[3] == ' ' || line.p[3] == '-';
}

enum reply_step reply_read(struct reply *r, struct str in, size_t *used_r,
			   struct str *text_r)
{
	struct str window = str_head(in, SMTP_REPLY_LINE_MAX);
	ptrdiff_t lf = str_chr(window, '\n');
	struct str line;
	int code;

	*used_r = 0;
	if (lf < 0)
		return in.n >= SMTP_REPLY_LINE_MAX ? REPLY_BAD : REPLY_MORE;
	/* RFC 5321 2.3.8: no bare LF, no bare CR. */
	if (lf == 0 || in.p[lf - 1] != '\r')
		return REPLY_BAD;
	line = str_head(in, (size_t)lf - 1);
	if (str_chr(line, '\r') >= 0 || memchr(line.p, 0, line.n) ||
	    !code_of(line, &code))
		return REPLY_BAD;
	if (r->lines > 0 && code != r->answer.code)
		return REPLY_BAD;
	if (++r->lines > SMTP_REPLY_LINES_MAX)
		return REPLY_BAD;
	r->answer.code = code;
	*used_r = (size_t)lf + 1;
	*text_r = str_skip(line, MIN_OF(line.n, (size_t)4));
	add_text(r, *text_r);
	return line.n > 3 && line.p[3] == '-' ? REPLY_LINE : REPLY_DONE;
}

/* RFC 4954 3: the names behind AUTH. */
static unsigned mechanisms_read(struct str rest)
{
	static const struct {
		const char *name;
		unsigned bit;
	} row[] = {
		{"PLAIN", SMTP_AUTH_PLAIN},
		{"LOGIN", SMTP_AUTH_LOGIN},
		{"XOAUTH2", SMTP_AUTH_XOAUTH2},
		{"OAUTHBEARER", SMTP_AUTH_OAUTHBEARER},
	};
	unsigned bits = 0;
	struct str name;

	while (str_split(&rest, ' ', &name)) {
		for (size_t i = 0; i < ARRAY_LEN(row); i++) {
			if (str_is_ci(name, row[i].name))
				bits |= row[i].bit;
		}
	}
	return bits;
}

/* One line of an EHLO reply behind the first (RFC 5321 4.1.1.1). */
void caps_read(struct smtp_caps *caps, struct str line)
{
	static const struct {
		const char *word;
		size_t at;
	} row[] = {
		{"STARTTLS", offsetof(struct smtp_caps, starttls)},
		{"PIPELINING", offsetof(struct smtp_caps, pipelining)},
		{"8BITMIME", offsetof(struct smtp_caps, eightbit)},
		{"SMTPUTF8", offsetof(struct smtp_caps, smtputf8)},
		{"CHUNKING", offsetof(struct smtp_caps, chunking)},
		{"DSN", offsetof(struct smtp_caps, dsn)},
		{"ENHANCEDSTATUSCODES", offsetof(struct smtp_caps, enhanced)},
		{"AUTH", offsetof(struct smtp_caps, auth)},
		{"SIZE", offsetof(struct smtp_caps, has_size)},
	};
	struct str word = STR_EMPTY;
	struct str rest = str_trim(line);
	uint64_t size;

	if (!str_split(&rest, ' ', &word))
		return;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		if (str_is_ci(word, row[i].word))
			*(bool *)((char *)caps + row[i].at) = true;
	}
	if (str_is_ci(word, "AUTH"))
		caps->mechanisms |= mechanisms_read(rest);
	/* RFC 1870 4: without a number, or with 0, no limit is known. */
	if (str_is_ci(word, "SIZE") && str_u64(str_trim(rest), &size))
		caps->size = size;
}

void answer_set(struct smtp_answer *a, const char *status, const char *fmt, ...)
{
	va_list ap;

	a->code = 0;
	snprintf(a->status, sizeof(a->status), "%s", status);
	va_start(ap, fmt);
	vsnprintf(a->text, SMTP_ANSWER_MAX, fmt, ap);
	va_end(ap);
}
