/* html_beside.c - what a page holds beside its text, and some programs show:
 * comments (Outlook reads conditional ones), what XML quotes, letters in style
 * sheets, and what is a tag's to some and text to others; see html_int.h.
 */
#include "connector/extract/html_int.h"

#define CDATA STR("<![CDATA[")

struct beside {
	struct buf *out;
	bool odd;    /* some tags and comments are text */
	bool no_tag; /* no further '>' */
	bool no_end; /* an element was never closed */
};

static void put(struct buf *out, struct str s)
{
	buf_put_str(out, s);
	buf_puts(out, "\n\n");
}

/* The strings in "content: '...'" of a style sheet. */
static void put_content(struct str sheet, struct buf *out)
{
	ptrdiff_t at;

	while ((at = str_find_ci(sheet, STR("content"))) >= 0) {
		ptrdiff_t end;

		sheet = str_skip(sheet, (size_t)at + STR("content").n);
		while (sheet.n && (sheet.p[0] <= ' ' || sheet.p[0] == ':'))
			sheet = str_skip(sheet, 1);
		if (!sheet.n || (sheet.p[0] != '"' && sheet.p[0] != '\''))
			continue;
		end = str_chr(str_skip(sheet, 1), sheet.p[0]);
		if (end < 0)
			break;
		put(out, str_n(sheet.p + 1, (size_t)end));
	}
}

/* Text where a browser is within a drawing, a formula or a form field. */
static bool has_tag(struct str s)
{
	for (size_t i = 0; i + 1 < s.n; i++)
		if (s.p[i] == '<' &&
		    (ascii_alnum(s.p[i + 1]) || s.p[i + 1] == '/'))
			return true;
	return false;
}

static const char *const unseen[] = {"style", "script", "title"};

/* Where "</name" begins in s, or -1. */
static ptrdiff_t closing_in(struct str s, struct str name)
{
	size_t at = 0;
	ptrdiff_t n;

	while ((n = str_find(str_skip(s, at), STR("</"))) >= 0) {
		at += (size_t)n + 2;
		if (str_starts_ci(str_skip(s, at), name))
			return (ptrdiff_t)at - 2;
	}
	return -1;
}

/* The element whose tag is at s, and which is not shown: its length, or that of
 * the tag alone where it has no end (then it hides nothing). */
static size_t put_unseen(struct beside *b, struct str s, size_t tag)
{
	for (size_t i = 0; !b->no_end && i < ARRAY_LEN(unseen); i++) {
		struct str name = str_of(unseen[i]), in = str_skip(s, tag);
		ptrdiff_t end;

		if (!str_starts_ci(str_skip(s, 1), name))
			continue;
		end = closing_in(in, name);
		b->no_end = end < 0;
		if (b->no_end)
			break;
		in = str_head(in, (size_t)end);
		if (i == 0)
			put_content(in, b->out);
		if (b->odd || (i != 1 && has_tag(in)))
			put(b->out, in);
		return tag + in.n;
	}
	return tag;
}

/* Elements within which tags and comments are text. */
static bool has_odd_host(struct str html)
{
	static const char *const names[] = {"<textarea", "<xmp", "<plaintext",
					    "<svg", "<math"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_find_ci(html, str_of(names[i])) >= 0)
			return true;
	return false;
}

static size_t put_cdata(struct beside *b, struct str s)
{
	ptrdiff_t end = b->no_tag ? -1 : str_find(s, STR("]]>"));

	if (end > 0)
		put(b->out, str_skip(str_head(s, (size_t)end), CDATA.n));
	else
		b->no_tag = b->no_tag || str_chr(s, '>') < 0;
	return end > 0 ? (size_t)end : CDATA.n;
}

static size_t put_markup(struct beside *b, struct str s)
{
	ptrdiff_t gt;
	size_t n = 0;

	if (str_starts(s, STR("<!--"))) {
		n = html_comment(s);
		put(b->out, str_skip(str_head(s, n), STR("<!--").n));
		return n;
	}
	if (str_starts(s, CDATA))
		return put_cdata(b, s);
	if (s.n > 1 && (ascii_alnum(s.p[1]) || s.p[1] == '/') && !b->no_tag) {
		n = html_tag(s);
		b->no_tag = !n;
	}
	if (!n)
		return 1;
	gt = str_chr(str_head(s, n), '>');
	if ((size_t)gt + 1 < n) /* in a value */
		put(b->out, str_skip(str_head(s, n), (size_t)gt + 1));
	return put_unseen(b, s, n);
}

void html_beside(struct str html, struct buf *out)
{
	struct beside b = {.out = out, .odd = has_odd_host(html)};
	ptrdiff_t lt;

	while ((lt = str_chr(html, '<')) >= 0) {
		html = str_skip(html, (size_t)lt);
		html = str_skip(html, put_markup(&b, html));
	}
}
