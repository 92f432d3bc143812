/* package_odf.c - texts of OpenDocument (ISO/IEC 26300); see package_int.h. */
#include "connector/extract/package_int.h"

#define SPACES_MAX   256
#define DIGITS_LEAST 5 /* shorter numbers are shown as they are */

/* text:s stands for as many blanks as it says. */
static void put_spaces(struct walk *w, struct str count)
{
	uint64_t n = 1;

	if (count.n && !str_u64(count, &n))
		n = 1;
	for (n = MIN_OF(n, (uint64_t)SPACES_MAX); n > 0; n--)
		walk_put(w, STR(" "));
}

/* A cell's number with all digits: what is shown may be rounded. */
static void keep_number(struct walk *w, const struct xml_attrs *attrs)
{
	struct str type = xml_attr(attrs, "value-type");

	buf_clear(&w->value);
	buf_clear(&w->formula);
	if (!str_is(type, "float") && !str_is(type, "currency"))
		return;
	sheet_number(xml_attr(attrs, "value"), STR_EMPTY, &w->value);
	if (w->value.n < DIGITS_LEAST)
		buf_clear(&w->value);
}

static void put_number(struct walk *w)
{
	if (w->value.n &&
	    str_find(buf_str(&w->formula), buf_str(&w->value)) < 0) {
		walk_put(w, buf_str(&w->value));
		walk_put(w, STR("\t"));
	}
	buf_clear(&w->value);
	w->formula.full = false;
}

static bool is_paragraph(struct str name)
{
	return str_is(name, "p") || str_is(name, "h") ||
	       str_is(name, "title") || str_is(name, "desc");
}

static bool is_aside(struct str name)
{
	return str_is(name, "ruby-text") || str_is(name, "annotation") ||
	       str_is(name, "note-citation");
}

static void odf_begin(struct walk *w, struct str name,
		      const struct xml_attrs *attrs)
{
	if (is_paragraph(name)) {
		w->paragraphs++;
	} else if (is_aside(name)) {
		w->aside++;
	} else if (str_is(name, "s")) {
		put_spaces(w, xml_attr(attrs, "c"));
	} else if (str_is(name, "tab")) {
		walk_put(w, STR("\t"));
	} else if (str_is(name, "line-break")) {
		walk_put(w, STR("\n"));
	} else if (str_is(name, "table-cell")) {
		w->cells++;
		keep_number(w, attrs);
	} else if (str_is(name, "table")) {
		walk_put(w, xml_attr(attrs, "name"));
		walk_break(w);
	}
}

static void odf_end(struct walk *w, struct str name)
{
	if (is_paragraph(name)) {
		walk_break(w);
		w->paragraphs -= w->paragraphs > 0;
	} else if (is_aside(name)) {
		gather_line(&w->p->side);
		w->aside -= w->aside > 0;
	} else if (str_is(name, "table-cell")) {
		put_number(w);
		w->cells -= w->cells > 0;
	} else if (str_is(name, "table-row")) {
		walk_break(w);
	} else if (str_is(name, "date") || str_is(name, "creator")) {
		gather_line(&w->p->side); /* of an annotation */
	}
}

static void odf_text(struct walk *w, struct str text)
{
	if (w->paragraphs || w->aside)
		walk_put(w, text);
	/* What the cell shows. */
	if (w->cells && w->value.n)
		buf_put_str(&w->formula, text);
}

const struct mode mode_odf = {odf_begin, odf_end, odf_text};
