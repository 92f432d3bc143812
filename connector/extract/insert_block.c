/* insert_block.c - inserted texts as lines of plain text or HTML. */
#include "connector/base/utf8.h"
#include "connector/extract/insert_int.h"

#define QP_LINE 75 /* characters before a soft line end */

static void put_plain(struct str text, const char *eol, struct buf *out)
{
	struct str line;

	while (str_split(&text, '\n', &line)) {
		if (str_ends(line, STR("\r")))
			line.n--;
		buf_put_str(out, line);
		buf_puts(out, eol);
	}
}

/* Every charset of HTML holds ASCII, and ASCII names every character. */
static void put_entity(uint32_t cp, struct buf *out)
{
	if (cp == '&')
		buf_puts(out, "&amp;");
	else if (cp == '<')
		buf_puts(out, "&lt;");
	else if (cp == '>')
		buf_puts(out, "&gt;");
	else if (cp < 0x80)
		buf_putc(out, (char)cp);
	else
		buf_printf(out, "&#%u;", cp);
}

static void put_html(struct str text, const char *eol, struct buf *out)
{
	struct str line;

	while (str_split(&text, '\n', &line)) {
		if (str_ends(line, STR("\r")))
			line.n--;
		while (line.n)
			put_entity((uint32_t)utf8_next(&line), out);
		buf_puts(out, "<br>");
		buf_puts(out, eol);
	}
}

void insert_block(const struct change *c, bool tail, bool html, const char *eol,
		  struct buf *out)
{
	bool any = false;

	for (size_t i = 0; i < c->insert_n; i++) {
		if (c->insert[i].tail != tail)
			continue;
		if (html) {
			buf_puts(out, any ? "" : eol);
			buf_puts(out, "<div>");
			put_html(c->insert[i].text, eol, out);
			buf_puts(out, "</div>");
			buf_puts(out, eol);
		} else {
			/* A blank line parts it from what is there. */
			buf_puts(out, tail ? eol : "");
			put_plain(c->insert[i].text, eol, out);
			buf_puts(out, tail ? "" : eol);
		}
		any = true;
	}
}

static bool literal(char c, bool last)
{
	if (c == ' ' || c == '\t')
		return !last; /* at a line's end it would be cut off */
	return c > ' ' && c <= '~' && c != '=';
}

static void qp_line(struct str line, const char *eol, struct buf *out)
{
	size_t column = 0;

	for (size_t i = 0; i < line.n; i++) {
		bool as_is = literal(line.p[i], i + 1 == line.n);
		size_t n = as_is ? 1 : 3;

		if (column + n > QP_LINE) {
			buf_putc(out, '=');
			buf_puts(out, eol);
			column = 0;
		}
		if (as_is)
			buf_putc(out, line.p[i]);
		else
			buf_printf(out, "=%02X", (unsigned char)line.p[i]);
		column += n;
	}
}

void qp_encode(struct str in, const char *eol, struct buf *out)
{
	struct str line;

	while (in.n) {
		bool ended = str_chr(in, '\n') >= 0;

		str_split(&in, '\n', &line);
		if (str_ends(line, STR("\r")))
			line.n--;
		qp_line(line, eol, out);
		if (ended)
			buf_puts(out, eol);
	}
}
