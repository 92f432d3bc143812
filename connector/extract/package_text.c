/* package_text.c - texts of a document's XML parts; see package_int.h.
 *
 * A word may be cut into many runs by its formatting, so runs are joined, and
 * paragraphs, cells and rows part.  What stands inside a paragraph without
 * being of it (readings of kanji, text boxes) is read beside it.
 */
#include "connector/base/utf8.h"
#include "connector/extract/package_int.h"

/* Where fonts of symbols have their signs. */
#define SYMBOLS_FIRST 0xf000u
#define SYMBOLS_LAST  0xf0ffu

static bool is_any(struct str name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(name, names[i]))
			return true;
	return false;
}
#define IS_ANY(name, ...)                                                      \
	is_any((name), (const char *const[]){__VA_ARGS__},                     \
	       ARRAY_LEN(((const char *const[]){__VA_ARGS__})))

static struct gather *place(struct walk *w)
{
	return w->paragraphs > 1 || w->aside || w->vanished ? &w->p->side
							    : &w->p->main;
}

void walk_put(struct walk *w, struct str text)
{
	gather_put(place(w), text);
}

void walk_break(struct walk *w)
{
	if (w->cells)
		gather_put(place(w), STR("\t"));
	else
		gather_line(place(w));
}

/* ---- runs: Word, PowerPoint, drawings, comments ---- */

/* ECMA-376 part 1, 17.3.2.41: a switch. */
static bool is_on(const struct xml_attrs *attrs)
{
	return !IS_ANY(xml_attr(attrs, "val"), "0", "false", "off");
}

/* A character by its number in a font; those of symbol fonts lie higher. */
static void put_symbol(struct walk *w, struct str hex)
{
	AUTO(buf) text = BUF_MAX(8);
	uint32_t cp = 0;

	for (size_t i = 0; i < hex.n && i < 4; i++)
		cp = cp << 4 |
		     (uint32_t)(ascii_digit(hex.p[i])
					? hex.p[i] - '0'
					: (ascii_lower(hex.p[i]) - 'a' + 10) &
						  0xf);
	utf8_put(&text, cp >= SYMBOLS_FIRST && cp <= SYMBOLS_LAST
				? cp - SYMBOLS_FIRST
				: cp);
	walk_put(w, buf_str(&text));
}

static void runs_begin(struct walk *w, struct str name,
		       const struct xml_attrs *attrs)
{
	if (str_is(name, "p"))
		w->paragraphs++;
	else if (IS_ANY(name, "t", "delText", "instrText", "text", "v"))
		w->texts++;
	else if (IS_ANY(name, "rt", "rPh"))
		w->aside++;
	else if (str_is(name, "tc"))
		w->cells++;
	else if (IS_ANY(name, "tab", "ptab"))
		walk_put(w, STR("\t"));
	else if (IS_ANY(name, "br", "cr"))
		walk_put(w, STR("\n"));
	else if (str_is(name, "noBreakHyphen"))
		walk_put(w, STR("-"));
	else if (str_is(name, "sym"))
		put_symbol(w, xml_attr(attrs, "char"));
	else if (str_is(name, "r"))
		w->vanished = false;
	else if (str_is(name, "vanish"))
		w->vanished = is_on(attrs);
}

static void less(unsigned *n)
{
	*n -= *n > 0;
}

static void runs_end(struct walk *w, struct str name)
{
	if (str_is(name, "p")) {
		w->vanished = false;
		walk_break(w);
		less(&w->paragraphs);
	} else if (str_is(name, "r")) {
		w->vanished = false;
	} else if (IS_ANY(name, "t", "delText", "instrText")) {
		less(&w->texts);
	} else if (IS_ANY(name, "text", "v")) {
		less(&w->texts);
		walk_break(w);
	} else if (IS_ANY(name, "rt", "rPh")) {
		gather_line(&w->p->side);
		less(&w->aside);
	} else if (str_is(name, "tc")) {
		less(&w->cells);
	} else if (IS_ANY(name, "tr", "comment", "pt")) {
		walk_break(w);
	}
}

static void runs_text(struct walk *w, struct str text)
{
	if (w->texts)
		walk_put(w, text);
}

static const struct mode mode_runs = {runs_begin, runs_end, runs_text};

/* ---- every text there is, element by element ---- */

static void all_begin(struct walk *w, struct str name,
		      const struct xml_attrs *attrs)
{
	struct str what, value;

	(void)name;
	for (size_t i = 0; xml_attr_next(attrs, &i, &what, &value);) {
		if (IS_ANY(what, "id", "uid", "guid", "r", "ref", "rid",
			   "documentId"))
			continue; /* written by programs alone */
		walk_put(w, value);
		walk_break(w);
	}
}

static void all_end(struct walk *w, struct str name)
{
	(void)name;
	walk_break(w);
}

static void all_text(struct walk *w, struct str text)
{
	if (str_trim(text).n) /* else the file's own layout */
		walk_put(w, text);
}

static const struct mode mode_all = {all_begin, all_end, all_text};

/* ---- drawings: letters may be moved one by one ---- */

static void svg_begin(struct walk *w, struct str name,
		      const struct xml_attrs *attrs)
{
	(void)w;
	(void)name;
	(void)attrs;
}

static void svg_end(struct walk *w, struct str name)
{
	if (IS_ANY(name, "text", "p", "div", "title", "desc"))
		walk_break(w);
}

static const struct mode mode_svg = {svg_begin, svg_end, all_text};

/* ---- what an author wrote among what programs note ---- */

static bool is_authors(struct str name)
{
	return IS_ANY(name, "title", "subject", "description", "keywords",
		      "category", "creator", "lastModifiedBy", "contentStatus",
		      "Company", "Manager", "lpwstr", "bstr", "textbox",
		      "keyword", "initial-creator", "user-defined");
}

static void named_begin(struct walk *w, struct str name,
			const struct xml_attrs *attrs)
{
	(void)attrs;
	w->texts += is_authors(name);
}

static void named_end(struct walk *w, struct str name)
{
	if (w->texts)
		walk_break(w);
	if (is_authors(name))
		less(&w->texts);
}

static const struct mode mode_named = {named_begin, named_end, runs_text};

/* ---- which of them ---- */

static const struct root {
	const char *name;
	const char *space;	 /* found in the root's name space */
	const struct mode *mode; /* NULL: without text */
} roots[] = {
	{"worksheet", "spreadsheetml", &mode_sheet},
	{"macrosheet", "excel", &mode_sheet},
	{"dialogsheet", "spreadsheetml", &mode_sheet},
	{"sst", "spreadsheetml", &mode_strings},
	{"styleSheet", "spreadsheetml", &mode_styles},
	{"workbook", "spreadsheetml", &mode_all},
	{"comments", "spreadsheetml", &mode_runs},
	{"document-content", "opendocument", &mode_odf},
	{"document-styles", "opendocument", &mode_odf},
	{"document", "opendocument", &mode_odf},
	{"document-meta", "opendocument", &mode_named},
	{"document-settings", "opendocument", NULL},
	{"manifest", "opendocument", NULL},
	{"Types", "package", NULL},
	{"Relationships", "package", NULL},
	{"theme", "drawingml", NULL},
	{"tblStyleLst", "drawingml", NULL},
	{"styles", "wordprocessingml", NULL},
	{"settings", "wordprocessingml", NULL},
	{"webSettings", "wordprocessingml", NULL},
	{"fonts", "wordprocessingml", NULL},
	{"calcChain", "spreadsheetml", NULL},
	{"coreProperties", "", &mode_named},
	{"Properties", "officeDocument", &mode_named},
	{"xml", "", &mode_named}, /* drawings of old, with their boxes */
	{"svg", "svg", &mode_svg},
	{"", "wordprocessingml", &mode_runs},
	{"", "presentationml", &mode_runs},
	{"", "drawingml", &mode_runs},
	{"", "powerpoint", &mode_runs},
	{"", "", &mode_all},
};

static void choose(struct walk *w, struct str name, struct str space)
{
	for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
		const struct root *r = &roots[i];

		if ((*r->name && !str_is(name, r->name)) ||
		    str_find(space, str_of(r->space)) < 0)
			continue;
		w->mode = r->mode;
		w->skip = r->mode == NULL;
		return;
	}
}

/* ---- words in attributes, in whatever part ---- */

/* Shown in place of a picture, by the pointer, or as a rule or a list has it.
 */
static bool is_told(struct str element, struct str name)
{
	if (str_is(name, "val"))
		return IS_ANY(element, "lvlText", "alias", "tag", "listEntry",
			      "default", "statusText", "helpText");
	if (str_is(name, "name"))
		return IS_ANY(element, "property", "definedName");
	return IS_ANY(name, "alt", "string", "title", "descr", "tooltip",
		      "display", "prompt", "promptTitle", "error", "errorTitle",
		      "label", "caption", "formatCode", "string-value",
		      "formula");
}

static void put_told(struct walk *w, struct str element,
		     const struct xml_attrs *attrs)
{
	struct str name, value;

	for (size_t i = 0; xml_attr_next(attrs, &i, &name, &value);) {
		if (!value.n || !is_told(element, name))
			continue;
		gather_put(&w->p->side, value);
		gather_line(&w->p->side);
	}
}

/* Of a sheet, in print. */
static bool is_margin(struct str name)
{
	return str_ends(name, STR("Header")) || str_ends(name, STR("Footer"));
}

/* ECMA-376 part 1, 18.3.1.46: "&C" and the like place and form what follows,
 * "&12" sizes it, '&"Arial,Bold"' names a font. */
static void put_margin(struct walk *w, struct str text)
{
	ptrdiff_t at;

	while ((at = str_chr(text, '&')) >= 0 && (size_t)at + 1 < text.n) {
		struct str code = str_skip(text, (size_t)at + 1);
		ptrdiff_t end = code.p[0] == '"'
					? str_chr(str_skip(code, 1), '"')
					: -1;
		size_t n = end >= 0 ? (size_t)end + 2 : 1;

		gather_put(&w->p->side, str_head(text, (size_t)at));
		while (n < code.n && ascii_digit(code.p[0]) &&
		       ascii_digit(code.p[n]))
			n++;
		if (IS_ANY(str_head(code, 1), "L", "C", "R"))
			gather_line(&w->p->side);
		text = str_skip(code, n);
	}
	gather_put(&w->p->side, text);
}

static void on_begin(void *arg, struct str name, struct str space,
		     const struct xml_attrs *attrs)
{
	struct walk *w = arg;

	if (!w->mode && !w->skip)
		choose(w, name, space);
	if (w->mode && w->mode != &mode_all)
		put_told(w, name, attrs);
	w->told += w->mode == &mode_sheet && is_margin(name);
	if (w->mode)
		w->mode->begin(w, name, attrs);
}

static void on_end(void *arg, struct str name)
{
	struct walk *w = arg;

	if (w->told && is_margin(name)) {
		put_margin(w, buf_str(&w->value));
		buf_clear(&w->value);
		gather_line(&w->p->side);
		w->told--;
	}
	if (w->mode)
		w->mode->end(w, name);
}

static void on_text(void *arg, struct str text)
{
	struct walk *w = arg;

	if (w->told)
		buf_put_str(&w->value, text); /* it comes in pieces */
	else if (w->mode)
		w->mode->text(w, text);
}

static bool on_enough(void *arg)
{
	const struct walk *w = arg;

	return w->skip || w->p->f->stop;
}

void package_read_xml(struct package *p,
		      ptrdiff_t (*read)(void *arg, void *to, size_t n),
		      void *arg, bool lenient)
{
	struct walk w = {.p = p,
			 .value = BUF_MAX(SHEET_CELL_MAX),
			 .formula = BUF_MAX(SHEET_CELL_MAX)};
	struct xml_events ev = {.begin = on_begin,
				.end = on_end,
				.text = on_text,
				.enough = on_enough,
				.arg = &w};
	enum xml_result r = xml_read(read, arg, &ev);

	/* XML_UNREAD: it was skipped, or the reader has raised its doubt. */
	if (r == XML_DECLARES)
		files_limit(p->f);
	else if (r == XML_BROKEN && !lenient)
		files_doubt(p->f, DOUBT_DAMAGED);
	if (w.value.full || w.formula.full)
		files_doubt(p->f, DOUBT_TOO_LARGE);
	gather_line(&p->main);
	gather_end(&p->main);
	gather_end(&p->side);
	buf_release(&w.value);
	buf_release(&w.formula);
}
