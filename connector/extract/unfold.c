/* unfold.c - texts whose lines a program joins before it shows them: calendars
 * and address cards (RFC 5545 3.1, RFC 6350 3.2, vCard 2.1), and flowed text
 * without blanks (RFC 3676 4.1); see text_int.h.
 */
#include "connector/extract/text_int.h"

static bool is_lines_of(struct str s, const char *what)
{
	while (s.n && (unsigned char)s.p[0] <= ' ')
		s = str_skip(s, 1);
	return str_starts_ci(s, STR("BEGIN:")) &&
	       str_starts_ci(str_skip(s, STR("BEGIN:").n), str_of(what));
}

/* Length of the line end at `at`, or 0. */
static size_t line_end(struct str s, size_t at)
{
	if (at < s.n && s.p[at] == '\n')
		return 1;
	return at + 1 < s.n && s.p[at] == '\r' && s.p[at + 1] == '\n' ? 2 : 0;
}

/* A line end and one blank are a fold. */
static void join_folds(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		size_t n = line_end(s, i);

		if (n && i + n < s.n &&
		    (s.p[i + n] == ' ' || s.p[i + n] == '\t'))
			i += n;
		else
			buf_putc(out, s.p[i]);
	}
}

/* A blank at a line's end, and the line end. */
static void join_flowed(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		size_t n = s.p[i] == ' ' ? line_end(s, i + 1) : 0;

		if (n)
			i += n;
		else
			buf_putc(out, s.p[i]);
	}
}

bool text_unfold(struct str text, bool delsp, struct buf *out)
{
	AUTO(buf) packed = BUF_MAX(TEXT_PART_MAX);

	if (delsp) {
		join_flowed(text, out);
		return true;
	}
	if (!is_lines_of(text, "VCARD") && !is_lines_of(text, "VCALENDAR"))
		return false;
	if (str_find_ci(text, STR("QUOTED-PRINTABLE")) < 0) {
		join_folds(text, out);
		return true;
	}
	cte_decode(CTE_QP, text, &packed);
	join_folds(buf_str(&packed), out);
	return true;
}

bool text_carries_files(struct str text)
{
	ptrdiff_t at;

	if (!is_lines_of(text, "VCALENDAR"))
		return false;
	while ((at = str_find_ci(text, STR("\nATTACH"))) >= 0) {
		ptrdiff_t colon;

		text = str_skip(text, (size_t)at + STR("\nATTACH").n);
		colon = str_chr(text, ':');
		if (colon > 0 && str_find_ci(str_head(text, (size_t)colon),
					     STR("BASE64")) >= 0)
			return true;
	}
	return false;
}
