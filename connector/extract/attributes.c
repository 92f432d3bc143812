/* attributes.c - words of HTML that are shown in place of something: `alt`
 * where pictures are blocked, `title` beside the pointer, what stands in the
 * fields of a form, and links that hold what they lead to; see text_int.h.
 */
#include "connector/base/codec.h"
#include "connector/base/utf8.h"
#include "connector/extract/html_int.h"
#include "connector/extract/text_int.h"

#define LINK_LOOK 64 /* bytes of a link that tell its kind */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Does an attribute of that name end before `at` (its equals sign)? */
static bool named(struct str html, size_t at, struct str name)
{
	while (at > 0 && is_space(html.p[at - 1]))
		at--;
	if (at < name.n + 1 ||
	    !str_eq_ci(str_n(html.p + at - name.n, name.n), name))
		return false;
	at -= name.n + 1;
	return is_space(html.p[at]) || html.p[at] == '"' ||
	       html.p[at] == '\'' || html.p[at] == '/';
}

/* The value that begins at `at`: in quotes, or up to a blank. A quote that
 * nothing ends is looked for once (`open`). */
static struct str value_at(struct str html, size_t at, bool open[2])
{
	struct str rest;
	size_t n = 0;

	while (at < html.n && is_space(html.p[at]))
		at++;
	rest = str_skip(html, at);
	if (rest.n && (rest.p[0] == '"' || rest.p[0] == '\'')) {
		bool *none = &open[rest.p[0] == '"'];
		ptrdiff_t end = *none ? -1
				      : str_chr(str_skip(rest, 1), rest.p[0]);

		*none = end < 0;
		if (end >= 0)
			return str_n(rest.p + 1, (size_t)end);
	}
	while (n < rest.n && !is_space(rest.p[n]) && rest.p[n] != '>')
		n++;
	return str_head(rest, n);
}

static bool is_shown(struct str html, size_t equals)
{
	static const char *const names[] = {"alt",   "title",	    "value",
					    "label", "placeholder", "srcdoc"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (named(html, equals, str_of(names[i])))
			return true;
	return false;
}

/* A value with its character references resolved. */
static void unescape(struct str s, struct buf *out)
{
	for (size_t i = 0, n; i < s.n; i++) {
		uint32_t cp = s.p[i] == '&' ? html_reference(str_skip(s, i), &n)
					    : 0;

		if (cp)
			utf8_put(out, cp);
		else
			buf_putc(out, s.p[i]);
		i += cp ? n - 1 : 0;
	}
}

/* RFC 2397 "data:[type][;base64],...". False: a file that is neither text nor
 * picture. */
static bool put_data(struct str link, struct buf *out)
{
	ptrdiff_t comma = str_chr(link, ',');
	struct str head = str_head(link, comma < 0 ? 0 : (size_t)comma);
	AUTO(buf) packed = BUF_MAX(TEXT_PART_MAX);
	AUTO(buf) bytes = BUF_MAX(TEXT_PART_MAX);
	struct str body = str_skip(link, head.n + 1);

	if (comma < 0)
		return true;
	if (str_starts_ci(head, STR("data:image/")) &&
	    str_find_ci(head, STR("svg")) < 0)
		return true;
	if (percent_decode(&packed, body, false))
		body = buf_str(&packed);
	if (str_find_ci(head, STR(";base64")) >= 0)
		cte_decode(CTE_BASE64, body, &bytes);
	else
		buf_put_str(&bytes, body);
	buf_put_str(out, buf_str(&bytes));
	buf_puts(out, "\n\n");
	return utf8_valid(buf_str(&bytes)) &&
	       !(bytes.n && memchr(bytes.p, 0, bytes.n));
}

/* A link that holds text itself; else nothing. */
static bool put_link(struct str value, struct buf *out)
{
	AUTO(buf) link = BUF_MAX(TEXT_PART_MAX);
	AUTO(buf) text = BUF_MAX(TEXT_PART_MAX);
	struct str s;

	unescape(str_head(value, LINK_LOOK), &link);
	s = str_trim(buf_str(&link));
	if (!str_starts_ci(s, STR("data:")) &&
	    !str_starts_ci(s, STR("mailto:")))
		return true;
	buf_clear(&link);
	unescape(value, &link);
	s = str_trim(buf_str(&link));
	if (str_starts_ci(s, STR("data:")))
		return put_data(s, out);
	if (str_chr(s, '?') >= 0 && percent_decode(&text, s, false)) {
		buf_put_str(out, buf_str(&text));
		buf_puts(out, "\n\n");
	}
	return true;
}

bool html_attributes(struct str html, struct buf *out)
{
	bool open[2] = {false, false}, known = true;
	size_t at = 0;
	ptrdiff_t n;

	while ((n = str_chr(str_skip(html, at), '=')) >= 0) {
		size_t equals = at + (size_t)n;
		struct str value;

		at = equals + 1;
		if (is_shown(html, equals)) {
			value = value_at(html, at, open);
			unescape(value, out);
			buf_puts(out, "\n\n");
		} else if (named(html, equals, STR("href")) ||
			   named(html, equals, STR("src")) ||
			   named(html, equals, STR("data"))) {
			value = value_at(html, at, open);
			known &= put_link(value, out);
		} else {
			continue;
		}
		if (value.n)
			at = (size_t)(value.p - html.p) + value.n;
	}
	return known;
}
