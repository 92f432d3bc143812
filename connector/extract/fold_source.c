/* fold_source.c - characters of text, or of HTML as it is shown, one by one.
 *
 * No parser of HTML: it finds tags, comments and character references, which
 * is what can stand between the digits of a number.
 */
#include "connector/extract/fold_int.h"
#include "connector/extract/html_int.h"

#define TAG_NAME_MAX 12
#define LINES_MAX    2u /* more mean the same */

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

/* The end of "<style>": at its closing tag. Without one nothing is hidden. */
static size_t hidden_end(struct fold_source *s, size_t at, struct str name)
{
	size_t start = at;

	while (at < s->all.n) {
		struct str rest = str_skip(s->all, at);
		const char *lt = memchr(rest.p, '<', rest.n);

		s->work += lt ? (size_t)(lt - rest.p) + 1 : rest.n;
		if (!lt)
			break;
		at = (size_t)(lt - s->all.p) + 1;
		rest = str_skip(s->all, at);
		if (rest.n && rest.p[0] == '/' &&
		    str_starts_ci(str_skip(rest, 1), name))
			return at - 1;
	}
	s->no_hidden = true;
	return start;
}

/* Behind the '>' of a tag that begins at `at`, or 0: none. Quoted values may
 * hold one; a quote that never ends is none. */
static size_t tag_end(struct fold_source *s, size_t at)
{
	struct str rest = str_skip(s->all, at);
	size_t n = s->no_quote ? 0 : html_tag(str_skip(s->all, at - 1));
	const char *gt;

	s->work += n;
	if (n)
		return at - 1 + n;
	s->work += s->no_quote ? 0 : rest.n;
	s->no_quote = true;
	gt = memchr(rest.p, '>', rest.n);
	s->work += gt ? (size_t)(gt - rest.p) : rest.n;
	s->no_close = !gt;
	return gt ? (size_t)(gt - s->all.p) + 1 : 0;
}

/* "</>", "<!x>", "<?x>": comments to browsers. */
static size_t bogus_end(struct fold_source *s)
{
	size_t n = html_bogus(str_skip(s->all, s->at));

	s->work += n ? n : s->all.n - s->at;
	s->no_close = !n;
	return n ? s->at + n : 0;
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
		*end_r = s->at + html_comment(str_skip(s->all, s->at));
		s->work += *end_r - s->at;
		return EDGE_NONE;
	}
	name = tag_name(str_skip(rest, closing));
	if (!name.n && !(rest.n && strchr("!?/", rest.p[0])))
		return EDGE_NONE;
	if (!s->no_close && !name.n)
		*end_r = bogus_end(s);
	else if (!s->no_close)
		*end_r = tag_end(s, s->at + 1);
	if (*end_r && !closing && !s->no_hidden &&
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
	*cp_r = html_reference(str_skip(s->all, s->at), &end);
	if (!*cp_r)
		return false;
	s->at += end;
	return true;
}
