/* attributes.c - words of HTML that are shown in place of something: `alt`
 * where pictures are blocked, `title` beside the pointer; see text_int.h.
 */
#include "connector/extract/text_int.h"

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

void html_attributes(struct str html, struct buf *out)
{
	bool open[2] = {false, false};
	size_t at = 0;
	ptrdiff_t n;

	while ((n = str_chr(str_skip(html, at), '=')) >= 0) {
		size_t equals = at + (size_t)n;
		struct str value;

		at = equals + 1;
		if (!named(html, equals, STR("alt")) &&
		    !named(html, equals, STR("title")))
			continue;
		value = value_at(html, at, open);
		if (value.n) {
			buf_put_str(out, value);
			buf_puts(out, "\n\n");
			at = (size_t)(value.p - html.p) + value.n;
		}
	}
}
