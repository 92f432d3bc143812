/* pdf_words.c - names and strings of a PDF's objects (ISO 32000-1 7.3); see
 * files_int.h.
 *
 * Strings stand in notes, forms, titles and the like, which are not on a page.
 * In an encrypted file they are noise, but for those that are not meant.
 */
#include "connector/extract/files_int.h"

#define STRING_MAX (64 * KIB)

static int hex_of(char c)
{
	if (ascii_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Length of the name at s if it begins like `name`, letters by "#41", too. */
static size_t name_at(struct str s, struct str name)
{
	size_t at = 0;

	for (size_t i = 0; i < name.n; i++) {
		int c = at < s.n ? (unsigned char)s.p[at] : -1;
		int hi = c == '#' && at + 2 < s.n ? hex_of(s.p[at + 1]) : -1;
		int lo = hi >= 0 ? hex_of(s.p[at + 2]) : -1;

		if (lo >= 0)
			c = hi << 4 | lo;
		if (c != (unsigned char)name.p[i])
			return 0;
		at += lo >= 0 ? 3 : 1;
	}
	return at;
}

size_t pdf_name_at(struct str s, struct str name)
{
	size_t n = name_at(s, name);

	return n && (n == s.n || !ascii_alnum(s.p[n])) ? n : 0;
}

size_t pdf_find_name(struct str file, struct str name)
{
	struct str s = file;
	ptrdiff_t at;
	size_t n;

	while ((at = str_chr(s, '/')) >= 0) {
		s = str_skip(s, (size_t)at);
		n = pdf_name_at(s, name);
		if (n)
			return (size_t)(s.p - file.p) + n;
		s = str_skip(s, 1);
	}
	return 0;
}

bool pdf_has_name(struct str file, struct str name)
{
	return pdf_find_name(file, name) != 0;
}

/* "\n", "\)", "\101", a line end that is none. */
static size_t put_escape(struct str s, struct buf *out)
{
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	unsigned v = 0;
	size_t n = 0;
	const char *p;

	while (n < 3 && n < s.n && s.p[n] >= '0' && s.p[n] <= '7')
		v = v * 8 + (unsigned)(s.p[n++] - '0');
	if (n) {
		buf_putc(out, (char)v);
		return n;
	}
	if (!s.n)
		return 0;
	p = s.p[0] ? strchr(from, s.p[0]) : NULL;
	if (p)
		buf_putc(out, to[p - from]);
	else if (s.p[0] != '\n' && s.p[0] != '\r')
		buf_putc(out, s.p[0]);
	return 1;
}

/* "(...)" at s: its length. */
static size_t take_literal(struct str s, struct buf *out)
{
	size_t depth = 0, i = 0;

	for (; i < s.n && i < STRING_MAX; i++) {
		if (s.p[i] == '\\') {
			i += put_escape(str_skip(s, i + 1), out);
			continue;
		}
		depth += s.p[i] == '(';
		if (s.p[i] == ')' && --depth == 0)
			break;
		if (i)
			buf_putc(out, s.p[i]);
	}
	return i + 1;
}

/* "<FEFF...>" at s: its length. */
static size_t take_hex(struct str s, struct buf *out)
{
	int held = -1;
	size_t i = 1;

	for (; i < s.n && s.p[i] != '>' && i < STRING_MAX; i++) {
		int d = hex_of(s.p[i]);

		if (d >= 0 && held >= 0)
			buf_putc(out, (char)(held << 4 | d));
		if (d >= 0)
			held = held >= 0 ? -1 : d;
	}
	return i;
}

static void put_string(struct gather *g, struct str bytes, bool sealed)
{
	AUTO(buf) text = BUF_MAX(STRING_MAX * 4);
	bool wide = str_starts(bytes, STR("\xfe\xff"));

	/* Dates are no text; other digits may be. */
	if (!bytes.n || str_starts(bytes, STR("D:")))
		return;
	if (sealed && !wide && !str_is_ascii(bytes))
		return;
	if (wide)
		(void)charset_decode(g->f->s->cs, STR("utf-16be"),
				     str_skip(bytes, 2), &text);
	else if (!str_is_ascii(bytes))
		charset_guess(g->f->s->cs, bytes, &text, NULL);
	gather_put(g, text.n ? buf_str(&text) : bytes);
	gather_put(g, STR("\n\n"));
}

/* Behind a stream's data, which are packed or on a page. */
static size_t skip_stream(struct str s)
{
	ptrdiff_t end = str_find(s, STR("endstream"));

	return end < 0 ? s.n : (size_t)end + STR("endstream").n;
}

static size_t skip_comment(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != '\r' && s.p[n] != '\n')
		n++;
	return n;
}

void pdf_strings(struct files *f, struct str s, enum pdf_source from)
{
	AUTO(buf) text = BUF_MAX(STRING_MAX + 8);
	struct gather g;

	gather_init(&g, f);
	while (s.n) {
		size_t n = 1;

		buf_clear(&text);
		if (s.p[0] == '(')
			n = take_literal(s, &text);
		else if (str_starts_ci(s, STR("<feff")))
			n = take_hex(s, &text);
		else if (s.p[0] == '%')
			n = skip_comment(s);
		else if (from != PDF_PACKED &&
			 (str_starts(s, STR("stream\r")) ||
			  str_starts(s, STR("stream\n"))))
			n = skip_stream(s);
		put_string(&g, buf_str(&text), from == PDF_SEALED);
		s = str_skip(s, n);
	}
	gather_end(&g);
	gather_release(&g);
}
