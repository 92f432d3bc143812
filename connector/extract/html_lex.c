/* html_lex.c - where tags and comments of HTML end (13.2.5 of the standard);
 * see html_int.h.
 */
#include "connector/extract/html_int.h"

enum place {
	IN_TAG,	   /* the tag's own name */
	BEFORE,	   /* an attribute may begin */
	IN_NAME,   /* of an attribute */
	AFTER,	   /* its name: an equals sign may follow */
	AT_VALUE,  /* a quote may begin */
	IN_VALUE,  /* without quotes */
	IN_QUOTES, /* a '>' is nothing */
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

/* Of names and what stands between them. */
static enum place after_name(enum place at, char c)
{
	if (c == '/')
		return BEFORE;
	if (is_space(c))
		return at == IN_NAME ? AFTER : at == IN_TAG ? BEFORE : at;
	if (at == IN_TAG)
		return at;
	return c == '=' && at != BEFORE ? AT_VALUE : IN_NAME;
}

static enum place step(enum place at, char c, char *quote)
{
	switch (at) {
	case IN_QUOTES:
		return c == *quote ? BEFORE : at;
	case IN_VALUE:
		return is_space(c) ? BEFORE : at;
	case AT_VALUE:
		*quote = c;
		return is_space(c)	       ? at
		       : c == '"' || c == '\'' ? IN_QUOTES
					       : IN_VALUE;
	default:
		return after_name(at, c);
	}
}

size_t html_tag(struct str s)
{
	enum place at = IN_TAG;
	char quote = 0;

	/* "</b": the slash is not the name's end. */
	for (size_t i = s.n > 1 && s.p[1] == '/' ? 2 : 1; i < s.n; i++) {
		if (s.p[i] == '>' && at != IN_QUOTES)
			return i + 1;
		at = step(at, s.p[i], &quote);
	}
	return 0;
}

size_t html_bogus(struct str s)
{
	ptrdiff_t n = str_chr(s, '>');

	return n < 0 ? 0 : (size_t)n + 1;
}

/* "<!-->" and "<!--->" are whole ones, and "--!>" ends one, too. */
size_t html_comment(struct str s)
{
	struct str rest = str_skip(s, 4);
	ptrdiff_t a, b;

	if (str_starts(rest, STR(">")))
		return 5;
	if (str_starts(rest, STR("->")))
		return 6;
	a = str_find(rest, STR("-->"));
	b = str_find(str_head(rest, a < 0 ? rest.n : (size_t)a + 1),
		     STR("--!>"));
	if (b >= 0)
		return 4 + (size_t)b + 4;
	return a < 0 ? s.n : 4 + (size_t)a + 3;
}
