/* insets.c - files and sealed texts that are written into a text: uuencode,
 * xxencode, yEnc, BinHex, PGP; see text_int.h.
 *
 * Some mail programs show the text as it stands, others a file with a name:
 * what that holds nobody here has read.
 */
#include "connector/extract/text_int.h"

#define MODE_DIGITS  3
#define LINE_END_MAX 2

static bool at_line(struct str s, size_t at)
{
	return at == 0 || s.p[at - 1] == '\n' || s.p[at - 1] == '\r';
}

/* The line that begins at `at`, without its end; *next_r behind it. */
static struct str line_at(struct str s, size_t at, size_t *next_r)
{
	size_t n = 0;

	s = str_skip(s, at);
	while (n < s.n && s.p[n] != '\n' && s.p[n] != '\r')
		n++;
	*next_r = at + n;
	for (size_t i = 0; i < LINE_END_MAX && n + i < s.n &&
			   (s.p[n + i] == '\n' || s.p[n + i] == '\r');
	     i++)
		(*next_r)++;
	return str_head(s, n);
}

/* "begin 644 name", "begin-base64 644 name": where the mode begins, or 0. */
static size_t mode_in(struct str line)
{
	struct str rest = str_skip(line, STR("begin").n);
	size_t digits = 0;

	if (str_starts(rest, STR("-base64")))
		rest = str_skip(rest, STR("-base64").n);
	if (!rest.n || rest.p[0] != ' ')
		return 0;
	while (rest.n && rest.p[0] == ' ')
		rest = str_skip(rest, 1);
	while (digits < rest.n && rest.p[digits] >= '0' &&
	       rest.p[digits] <= '7')
		digits++;
	if (digits < MODE_DIGITS || digits + 1 >= rest.n ||
	    rest.p[digits] != ' ')
		return 0;
	return line.n - rest.n;
}

/* Characters of uuencode, which has no small letters, or of xxencode and
 * base64, which have no blanks. */
static bool is_packed(struct str line)
{
	bool uu = line.n > 0, xx = line.n > 0;

	for (size_t i = 0; i < line.n; i++) {
		char c = line.p[i];

		uu = uu && c >= ' ' && c <= '`';
		xx = xx && (ascii_alnum(c) || c == '+' || c == '-' ||
			    c == '/' || c == '=');
	}
	return uu || xx;
}

static bool has_uuencode(struct str s)
{
	size_t at = 0, next;
	ptrdiff_t n;

	while ((n = str_find(str_skip(s, at), STR("begin"))) >= 0) {
		size_t here = at + (size_t)n;
		struct str line = line_at(s, here, &next);

		at = here + 1;
		if (at_line(s, here) && mode_in(line) &&
		    is_packed(line_at(s, next, &next)))
			return true;
	}
	return false;
}

static bool has_line(struct str s, struct str start)
{
	ptrdiff_t n;

	for (size_t at = 0; (n = str_find(str_skip(s, at), start)) >= 0;) {
		at += (size_t)n;
		if (at_line(s, at))
			return true;
		at++;
	}
	return false;
}

void insets_look(struct scan *s, size_t part, struct str text)
{
	if (has_uuencode(text) || has_line(text, STR("=ybegin ")) ||
	    has_line(text, STR("(This file must be converted with BinHex")))
		scan_doubt(s, DOUBT_AMBIGUOUS, part);
	if ((s->q->asks_content || s->q->asks_inside) &&
	    has_line(text, STR("-----BEGIN PGP MESSAGE-----")))
		scan_doubt(s, DOUBT_ENCRYPTED, part);
}
