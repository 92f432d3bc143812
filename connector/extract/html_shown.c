/* html_shown.c - a page without the elements that it hides, whose text would
 * part a word or a number that its reader sees whole; see html_int.h.
 */
#include "connector/extract/html_int.h"

#define NAME_N	   64 /* classes and ids that a style sheet hides */
#define STYLE_MAX  4096
#define STYLE_LOOK (16 * KIB) /* of a tag or rule, as it is written */
#define STYLE_NEAR 400	      /* of a rule, before its brace */

struct showing {
	struct str html;
	size_t at;
	struct buf *out;
	struct str hidden[NAME_N]; /* names in selectors that hide */
	size_t hidden_n;
	struct str runs_on; /* elements of that name part no lines */
	bool any;	    /* something was left out */
	bool no_more;	    /* an element was never closed: none is left out */
};

static bool is_any(struct str s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_is_ci(s, list[i]))
			return true;
	return false;
}
#define IS_ANY(s, ...)                                                         \
	is_any((s), (const char *const[]){__VA_ARGS__},                        \
	       ARRAY_LEN(((const char *const[]){__VA_ARGS__})))

static bool is_name(char c)
{
	return ascii_alnum(c) || c == '-' || c == '_' || (c & 0x80);
}

static struct str tag_name(struct str tag)
{
	size_t n = 0;

	tag = str_skip(tag, 1 + (tag.n > 1 && tag.p[1] == '/'));
	while (n < tag.n && is_name(tag.p[n]))
		n++;
	return str_head(tag, n);
}

/* Lower case, without blanks, comments and character references: how a style
 * is written does not matter. */
static struct str plain_style(struct str s, struct buf *room)
{
	s = str_head(s, STYLE_LOOK);
	buf_clear(room);
	for (size_t i = 0; i < s.n && room->n < STYLE_MAX; i++) {
		struct str rest = str_skip(s, i);
		ptrdiff_t end = str_starts(rest, STR("/*"))
					? str_find(rest, STR("*/"))
					: -1;
		size_t n = 0;
		uint32_t cp = s.p[i] == '&' ? html_reference(rest, &n) : 0;

		if (end >= 0)
			i += (size_t)end + 1;
		else if (cp && cp < 0x80)
			buf_putc(room, ascii_lower((char)cp));
		else if ((unsigned char)s.p[i] > ' ')
			buf_putc(room, ascii_lower(s.p[i]));
		i += cp ? n - 1 : 0;
	}
	return buf_str(room);
}

/* "font-size:0", "0px", but not "0.9em". */
static bool is_nothing(struct str style, struct str property)
{
	ptrdiff_t at;

	while ((at = str_find(style, property)) >= 0) {
		style = str_skip(style, (size_t)at + property.n);
		if (!style.n || (style.p[0] != '.' && !ascii_digit(style.p[0])))
			return true;
	}
	return false;
}

static bool hides(struct str style)
{
	return str_find(style, STR("display:none")) >= 0 ||
	       str_find(style, STR("visibility:hidden")) >= 0 ||
	       str_find(style, STR("mso-hide:all")) >= 0 ||
	       is_nothing(style, STR("font-size:0")) ||
	       is_nothing(style, STR("opacity:0"));
}

/* An element whose tag would part lines, but does not. */
static bool runs_on(struct str style)
{
	return str_find(style, STR("display:inline")) >= 0 ||
	       str_find(style, STR("float:")) >= 0;
}

/* The names in a selector: ".a", "#b", and a tag's own. */
static void add_names(struct showing *x, struct str selector)
{
	for (size_t i = 0; i < selector.n && x->hidden_n < NAME_N;) {
		struct str name = str_skip(selector, i);
		size_t n = 0;

		while (n < name.n && is_name(name.p[n]))
			n++;
		if (n)
			x->hidden[x->hidden_n++] = str_head(name, n);
		i += n + !n;
	}
}

/* Rules of a style sheet that hide. */
static void read_sheet(struct showing *x, struct str sheet)
{
	AUTO(buf) room = BUF_MAX(STYLE_MAX + 8);
	struct str rule;

	while (str_split(&sheet, '}', &rule)) {
		ptrdiff_t brace = str_rchr(rule, '{');
		struct str selector;

		if (brace < 0 ||
		    !hides(plain_style(str_skip(rule, (size_t)brace), &room)))
			continue;
		selector = str_head(rule, (size_t)brace);
		brace = str_rchr(selector, '{'); /* of "@media" */
		selector = str_skip(selector, (size_t)(brace + 1));
		if (selector.n > STYLE_NEAR)
			selector = str_skip(selector, selector.n - STYLE_NEAR);
		add_names(x, selector);
	}
}

static void read_sheets(struct showing *x)
{
	struct str rest = x->html;
	ptrdiff_t at;

	while ((at = str_find_ci(rest, STR("<style"))) >= 0) {
		ptrdiff_t end;

		rest = str_skip(rest, (size_t)at);
		end = str_find_ci(rest, STR("</style"));
		read_sheet(x, str_head(rest, end < 0 ? rest.n : (size_t)end));
		if (end < 0)
			break;
		rest = str_skip(rest, (size_t)end);
	}
}

/* Is one of the hidden names a word of the tag? */
static bool named_hidden(const struct showing *x, struct str tag)
{
	for (size_t i = 0; i < tag.n;) {
		struct str word = str_skip(tag, i);
		size_t n = 0;

		while (n < word.n && is_name(word.p[n]))
			n++;
		word = str_head(word, n);
		for (size_t k = 0; n && k < x->hidden_n; k++)
			if (str_eq_ci(word, x->hidden[k]))
				return true;
		i += n + !n;
	}
	return false;
}

static bool has_word(struct str tag, struct str word)
{
	ptrdiff_t at = str_find_ci(tag, word);
	size_t end = (size_t)at + word.n;

	return at > 0 && !is_name(tag.p[at - 1]) && tag.p[at - 1] != ':' &&
	       (end >= tag.n || !is_name(tag.p[end]));
}

/* An element that mail programs do not show, or not where it stands. */
static bool is_hidden(const struct showing *x, struct str tag, struct str style)
{
	return IS_ANY(tag_name(tag), "template", "noscript", "datalist",
		      "noframes", "noembed", "audio", "video", "iframe",
		      "canvas", "object", "rp", "rt") ||
	       has_word(tag, STR("hidden")) || hides(style) ||
	       (x->hidden_n && named_hidden(x, tag));
}

static bool is_void(struct str name)
{
	return IS_ANY(name, "br", "img", "input", "hr", "meta", "link", "wbr",
		      "col", "area", "base", "embed", "source");
}

/* Behind the end of the element whose tag ends at `at`, or 0. */
static size_t element_end(struct str html, size_t at, struct str name)
{
	size_t depth = 1;
	ptrdiff_t lt;

	while ((lt = str_chr(str_skip(html, at), '<')) >= 0) {
		struct str tag = str_skip(html, at + (size_t)lt);
		size_t n = str_starts(tag, STR("<!--")) ? html_comment(tag)
							: html_tag(tag);

		if (!n)
			return 0;
		at += (size_t)lt + n;
		if (!str_eq_ci(tag_name(tag), name))
			continue;
		depth += tag.p[1] == '/' ? (size_t)-1 : 1;
		if (!depth)
			return at;
	}
	return 0;
}

/* The tag at x->at, n bytes long: written, or left out with its element. */
static void take_tag(struct showing *x, size_t n)
{
	AUTO(buf) room = BUF_MAX(STYLE_MAX + 8);
	struct str tag = str_n(x->html.p + x->at, n), name = tag_name(tag);
	struct str style = plain_style(tag, &room);
	bool opens = tag.n > 1 && tag.p[1] != '/', out;
	size_t end = 0;

	out = opens && !x->no_more && is_hidden(x, tag, style);
	if (out && !is_void(name)) {
		end = element_end(x->html, x->at + n, name);
		x->no_more = !end;
	}
	if (opens && runs_on(style))
		x->runs_on = name;
	/* Its end would part lines, too. */
	if (out || str_eq_ci(name, x->runs_on))
		x->any = true;
	else
		buf_put_str(x->out, tag);
	x->at = end ? end : x->at + n;
}

/* What must be there for anything to be hidden. */
static bool may_hide(struct str html)
{
	static const char *const signs[] = {
		"display", "visibility", "font-size", "mso-hide",  "hidden",
		"opacity", "float",	 "<template", "<noscript", "<datalist",
		"<no",	   "<audio",	 "<video",    "<iframe",   "<canvas",
		"<object", "<rp",	 "<rt",
	};

	for (size_t i = 0; i < ARRAY_LEN(signs); i++)
		if (str_find_ci(html, str_of(signs[i])) >= 0)
			return true;
	return false;
}

bool html_shown(struct str html, struct buf *out)
{
	struct showing x = {.html = html, .out = out};

	if (!may_hide(html))
		return false;
	read_sheets(&x);
	while (x.at < html.n) {
		struct str rest = str_skip(html, x.at);
		ptrdiff_t lt = str_chr(rest, '<');
		size_t n;

		buf_put_str(out, lt < 0 ? rest : str_head(rest, (size_t)lt));
		if (lt < 0)
			break;
		x.at += (size_t)lt;
		rest = str_skip(html, x.at);
		n = str_starts(rest, STR("<!--")) ? html_comment(rest) : 0;
		x.at += n;
		if (n)
			continue;
		n = html_tag(rest);
		if (!n) {
			buf_put_str(out, rest);
			break;
		}
		take_tag(&x, n);
	}
	return x.any;
}
