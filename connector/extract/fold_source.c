/* fold_source.c - characters of text, or of HTML as it is shown, one by one.
 *
 * No parser of HTML: it finds tags, comments and character references, which
 * is what can stand between the digits of a number.
 */
#include "connector/extract/fold_int.h"

#define REFERENCE_MAX 12
#define TAG_NAME_MAX  12
#define LINES_MAX     2u /* more mean the same */

/* What a tag does to the lines. */
enum edge {
	EDGE_NONE,
	EDGE_BREAK,
	EDGE_BLOCK,
	EDGE_PARAGRAPH,
	EDGE_CELL,
	EDGE_ROW,
	EDGE_N
};
static const struct {
	const char *name;
	enum edge edge;
} edges[] = {
	{"br", EDGE_BREAK},
	{"div", EDGE_BLOCK},
	{"td", EDGE_CELL},
	{"th", EDGE_CELL},
	{"tr", EDGE_ROW},
	{"table", EDGE_ROW},
	{"p", EDGE_PARAGRAPH},
	{"li", EDGE_PARAGRAPH},
	{"ol", EDGE_PARAGRAPH},
	{"ul", EDGE_PARAGRAPH},
	{"h1", EDGE_PARAGRAPH},
	{"h2", EDGE_PARAGRAPH},
	{"h3", EDGE_PARAGRAPH},
	{"h4", EDGE_PARAGRAPH},
	{"h5", EDGE_PARAGRAPH},
	{"h6", EDGE_PARAGRAPH},
	{"hr", EDGE_PARAGRAPH},
	{"pre", EDGE_PARAGRAPH},
	{"dl", EDGE_PARAGRAPH},
	{"dt", EDGE_PARAGRAPH},
	{"dd", EDGE_PARAGRAPH},
	{"address", EDGE_PARAGRAPH},
	{"form", EDGE_PARAGRAPH},
	{"section", EDGE_PARAGRAPH},
	{"fieldset", EDGE_PARAGRAPH},
	{"blockquote", EDGE_PARAGRAPH},
};
static const char *const hidden_tags[] = {"style", "script", "title"};
static const struct {
	const char *name;
	uint32_t cp;
} references[] = {
	{"nbsp", 0xa0},	    {"shy", 0xad},     {"amp", '&'},
	{"lt", '<'},	    {"gt", '>'},       {"quot", '"'},
	{"apos", '\''},	    {"ensp", 0x2002},  {"emsp", 0x2003},
	{"thinsp", 0x2009}, {"zwnj", 0x200c},  {"zwj", 0x200d},
	{"ndash", 0x2013},  {"mdash", 0x2014}, {"minus", 0x2212},
	{"hyphen", 0x2010}, {"dash", 0x2010},  {"commat", '@'},
	{"period", '.'},    {"lpar", '('},     {"rpar", ')'},
	{"plus", '+'},	    {"yen", 0xa5},
};

static bool named(const char *const *list, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_is_ci(name, list[i]))
			return true;
	return false;
}

static struct str tag_name(struct str tag)
{
	size_t n = 0;

	while (n < tag.n && n < TAG_NAME_MAX && ascii_alnum(tag.p[n]))
		n++;
	return str_head(tag, n);
}

/* The end of "<style>": behind its closing tag, or the end of all. */
static size_t hidden_end(struct fold_source *s, size_t at, struct str name)
{
	while (at < s->all.n) {
		struct str rest = str_skip(s->all, at);
		const char *lt = memchr(rest.p, '<', rest.n);

		s->work += lt ? (size_t)(lt - rest.p) + 1 : rest.n;
		if (!lt)
			return s->all.n;
		at = (size_t)(lt - s->all.p) + 1;
		rest = str_skip(s->all, at);
		if (rest.n && rest.p[0] == '/' &&
		    str_starts_ci(str_skip(rest, 1), name))
			return at - 1;
	}
	return s->all.n;
}

/* Behind the '>' of a tag that begins at `at`, or 0: none. Quoted values may
 * hold one; a quote that never ends is none. */
static size_t tag_end(struct fold_source *s, size_t at)
{
	struct str rest = str_skip(s->all, at);
	const char *gt;
	char quote = 0;

	for (size_t i = at; i < s->all.n && !s->no_quote; i++) {
		char c = s->all.p[i];

		s->work++;
		if (quote)
			quote = c == quote ? 0 : quote;
		else if (c == '>')
			return i + 1;
		else if ((c == '"' || c == '\'') && s->all.p[i - 1] == '=')
			quote = c;
	}
	s->no_quote = true;
	gt = memchr(rest.p, '>', rest.n);
	s->work += gt ? (size_t)(gt - rest.p) : rest.n;
	s->no_close = !gt;
	return gt ? (size_t)(gt - s->all.p) + 1 : 0;
}

static enum edge edge_of(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(edges); i++)
		if (str_is_ci(name, edges[i].name))
			return edges[i].edge;
	return EDGE_NONE;
}

/* A tag or comment at s->at, and its end; 0: it is none. */
static enum edge tag(struct fold_source *s, size_t *end_r)
{
	struct str rest = str_skip(s->all, s->at + 1), name;
	bool closing = rest.n && rest.p[0] == '/';

	*end_r = 0;
	if (str_starts(rest, STR("!--"))) {
		ptrdiff_t n = str_find(str_skip(rest, 3), STR("-->"));

		*end_r = n < 0 ? s->all.n : s->at + 4 + (size_t)n + 3;
		s->work += *end_r - s->at;
		return EDGE_NONE;
	}
	name = tag_name(str_skip(rest, closing));
	if (!name.n && !(rest.n && (rest.p[0] == '!' || rest.p[0] == '?')))
		return EDGE_NONE;
	if (!s->no_close)
		*end_r = tag_end(s, s->at + 1);
	if (*end_r && !closing &&
	    named(hidden_tags, ARRAY_LEN(hidden_tags), name))
		*end_r = hidden_end(s, *end_r, name);
	return edge_of(name);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Line ends of tags that follow each other: the cells of a row are like lines,
 * whatever stands in them; a blank line parts rows and paragraphs. */
static unsigned lines_of(const unsigned seen[EDGE_N])
{
	unsigned lines = seen[EDGE_BREAK] + (seen[EDGE_BLOCK] > 0);

	if (seen[EDGE_ROW])
		return LINES_MAX;
	if (seen[EDGE_CELL])
		return 1;
	return seen[EDGE_PARAGRAPH] ? LINES_MAX : MIN_OF(lines, LINES_MAX);
}

/* A tag, and where it ends a line those behind it, with blanks between: what
 * they do is known at the next character only. False: no tag. */
static bool tags(struct fold_source *s, unsigned *lines_r)
{
	unsigned seen[EDGE_N] = {0};
	size_t end;

	for (bool any = false, blanks = false;; any = true) {
		size_t at = s->at;

		while (blanks && at < s->all.n && is_space(s->all.p[at]))
			at++;
		if (at >= s->all.n || s->all.p[at] != '<') {
			s->at = blanks ? at : s->at;
			break;
		}
		s->at = at;
		seen[tag(s, &end)]++;
		if (!end && !any)
			return false;
		if (!end)
			break;
		s->work += end - at;
		s->at = end;
		blanks = blanks || lines_of(seen);
		if (!blanks)
			break;
	}
	*lines_r = lines_of(seen);
	return true;
}

static uint32_t numeric(struct str s)
{
	bool hex = s.n && ascii_lower(s.p[0]) == 'x';
	uint32_t v = 0;

	if (s.n == hex)
		return 0;
	for (size_t i = hex; i < s.n; i++) {
		char c = ascii_lower(s.p[i]);
		int d = ascii_digit(c)		      ? c - '0'
			: hex && c >= 'a' && c <= 'f' ? c - 'a' + 10
						      : -1;

		if (d < 0 || v > 0x10ffff)
			return 0;
		v = v * (hex ? 16 : 10) + (uint32_t)d;
	}
	return v > 0x10ffff || (v >= 0xd800 && v < 0xe000) ? 0 : v;
}

/* A character reference at s->at; 0: none, an ampersand. The semicolon may be
 * missing, as browsers allow. */
static uint32_t reference(const struct fold_source *s, size_t *end_r)
{
	struct str rest = str_skip(s->all, s->at + 1);
	size_t n = 0, hash = rest.n && rest.p[0] == '#';
	uint32_t cp = 0;

	rest = str_head(str_skip(rest, hash), REFERENCE_MAX);
	while (n < rest.n && ascii_alnum(rest.p[n]))
		n++;
	if (hash)
		cp = numeric(str_head(rest, n));
	for (size_t i = 0; !hash && i < ARRAY_LEN(references); i++)
		if (str_is(str_head(rest, n), references[i].name))
			cp = references[i].cp;
	*end_r = s->at + 1 + hash + n + (n < rest.n && rest.p[n] == ';');
	return cp;
}

bool fold_markup(struct fold_source *s, uint32_t *cp_r)
{
	unsigned lines;
	size_t end;

	s->again = false;
	if (s->all.p[s->at] == '<') {
		if (!tags(s, &lines))
			return false;
		*cp_r = lines ? '\n' : 0;
		s->again = lines > 1;
		return true;
	}
	*cp_r = reference(s, &end);
	if (!*cp_r)
		return false;
	s->at = end;
	return true;
}
