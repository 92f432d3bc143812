/* sheet.c - cells of a workbook (ECMA-376 part 1, 18); see package_int.h. */
#include "connector/extract/package_int.h"

void sheets_init(struct sheets *s)
{
	*s = (struct sheets){.strings = BUF_MAX(SHEET_STRINGS_MAX)};
}

void sheets_release(struct sheets *s)
{
	buf_release(&s->strings);
	vec_release(&s->ends);
	vec_release(&s->used);
	vec_release(&s->styles);
	vec_release(&s->formats);
	vec_release(&s->heads);
	fold_release(&s->fold);
}

static struct str shared(const struct sheets *s, size_t i)
{
	size_t start = i ? s->ends.v[i - 1] : 0;

	return str_head(str_skip(buf_str(&s->strings), start),
			s->ends.v[i] - start);
}

/* ---- the strings that cells share ---- */

static void strings_begin(struct walk *w, struct str name,
			  const struct xml_attrs *attrs)
{
	(void)attrs;
	if (str_is(name, "t"))
		w->texts++;
	else if (str_is(name, "rPh"))
		w->aside++;
}

static void strings_end(struct walk *w, struct str name)
{
	struct sheets *s = &w->p->sheets;

	if (str_is(name, "t")) {
		w->texts -= w->texts > 0;
	} else if (str_is(name, "rPh")) {
		gather_line(&w->p->side);
		w->aside -= w->aside > 0;
	} else if (str_is(name, "si") && s->ends.n < SHEET_STRINGS_N) {
		vec_push(&s->ends, (uint32_t)s->strings.n);
		vec_push(&s->used, false);
	} else if (str_is(name, "si")) {
		s->strings.full = true;
	}
}

static void strings_text(struct walk *w, struct str text)
{
	if (!w->texts)
		return;
	if (w->aside)
		gather_put(&w->p->side, text);
	else
		buf_put_str(&w->p->sheets.strings, text);
}

const struct mode mode_strings = {strings_begin, strings_end, strings_text};

void sheets_rest(struct package *p)
{
	if (p->sheets.strings.full)
		files_doubt(p->f, DOUBT_TOO_LARGE);
	for (size_t i = 0; i < p->sheets.ends.n; i++) {
		if (p->sheets.used.v[i])
			continue;
		gather_put(&p->main, shared(&p->sheets, i));
		gather_line(&p->main);
	}
	gather_end(&p->main);
}

/* ---- number formats ---- */

static uint32_t number_of(struct str s)
{
	uint64_t n = 0;

	return str_u64(s, &n) && n < UINT32_MAX ? (uint32_t)n : 0;
}

static void add_format(struct package *p, const struct xml_attrs *attrs)
{
	AUTO(buf) mask = BUF_MAX(KIB);
	struct sheet_format f = {.id = number_of(xml_attr(attrs, "numFmtId"))};

	if (!sheet_mask(xml_attr(attrs, "formatCode"), &mask))
		return;
	f.mask = arena_str(&p->a, buf_str(&mask));
	vec_push(&p->sheets.formats, f);
}

static void styles_begin(struct walk *w, struct str name,
			 const struct xml_attrs *attrs)
{
	struct sheets *s = &w->p->sheets;

	if (str_is(name, "cellXfs"))
		w->in_styles = true;
	else if (str_is(name, "numFmt") && s->formats.n < SHEET_STYLES_MAX)
		add_format(w->p, attrs);
	else if (w->in_styles && str_is(name, "xf") &&
		 s->styles.n < SHEET_STYLES_MAX)
		vec_push(&s->styles, number_of(xml_attr(attrs, "numFmtId")));
}

static void styles_end(struct walk *w, struct str name)
{
	if (str_is(name, "cellXfs"))
		w->in_styles = false;
}

static void styles_text(struct walk *w, struct str text)
{
	(void)w;
	(void)text;
}

const struct mode mode_styles = {styles_begin, styles_end, styles_text};

static struct str mask_of(const struct sheets *s, uint32_t style)
{
	if (style >= s->styles.n)
		return STR_EMPTY;
	for (size_t i = 0; i < s->formats.n; i++)
		if (s->formats.v[i].id == s->styles.v[style])
			return s->formats.v[i].mask;
	return STR_EMPTY;
}

/* ---- cells ---- */

static void cell_begin(struct walk *w, const struct xml_attrs *attrs)
{
	struct str type = xml_attr(attrs, "t");

	buf_clear(&w->value);
	buf_clear(&w->formula);
	w->style = number_of(xml_attr(attrs, "s"));
	column_cell(w, xml_attr(attrs, "r"));
	w->cell = str_is(type, "s")		     ? CELL_SHARED
		  : type.n == 0 || str_is(type, "n") ? CELL_NUMBER
						     : CELL_TEXT;
}

static void put_shared(struct walk *w, struct str index)
{
	struct sheets *s = &w->p->sheets;
	uint64_t i;

	if (!str_u64(str_trim(index), &i) || i >= s->ends.n) {
		if (!s->strings.full)
			files_doubt(w->p->f, DOUBT_DAMAGED);
		return;
	}
	s->used.v[i] = true;
	walk_put(w, shared(s, (size_t)i));
	column_text(w, shared(s, (size_t)i));
}

/* Texts that a formula makes are in its value; those it only names are not. */
static void put_formula(struct walk *w)
{
	if (str_chr(buf_str(&w->formula), '"') < 0)
		return;
	gather_put(&w->p->side, buf_str(&w->formula));
	gather_line(&w->p->side);
}

static void cell_end(struct walk *w)
{
	AUTO(buf) number = BUF_MAX(SHEET_CELL_MAX);
	struct str value = buf_str(&w->value);

	if (w->cell == CELL_SHARED && value.n) {
		put_shared(w, value);
	} else if (w->cell == CELL_NUMBER && value.n) {
		sheet_number(value, mask_of(&w->p->sheets, w->style), &number);
		walk_put(w, buf_str(&number));
		column_number(w, buf_str(&number));
	} else {
		walk_put(w, value);
		column_text(w, value);
	}
	/* One blank would be within a number. */
	if (value.n)
		walk_put(w, STR("\t\t"));
	put_formula(w);
	buf_clear(&w->value);
	buf_clear(&w->formula);
}

static void sheet_begin(struct walk *w, struct str name,
			const struct xml_attrs *attrs)
{
	if (str_is(name, "c")) {
		w->cells++;
		cell_begin(w, attrs);
	} else if (str_is(name, "row")) {
		column_row(w);
	} else if (str_is(name, "sheetData")) {
		w->p->sheets.heads.n = 0;
	} else if (str_is(name, "f") && w->cells) {
		w->in_formula = true;
	} else if (str_is(name, "v") || str_is(name, "t")) {
		w->in_value = true;
	} else if (str_is(name, "rPh")) {
		w->aside++;
	}
}

static void sheet_end(struct walk *w, struct str name)
{
	if (str_is(name, "c") && w->cells) {
		w->cells = 0;
		cell_end(w);
	} else if (str_is(name, "f")) {
		w->in_formula = false;
	} else if (str_is(name, "v") || str_is(name, "t")) {
		w->in_value = false;
	} else if (str_is(name, "rPh")) {
		gather_line(&w->p->side);
		w->aside -= w->aside > 0;
	} else if (!w->cells) {
		/* Rows, headers, footers, lists to choose from. */
		gather_line(&w->p->main);
	}
}

static void sheet_text(struct walk *w, struct str text)
{
	if (w->aside)
		gather_put(&w->p->side, text);
	else if (w->in_formula)
		buf_put_str(&w->formula, text);
	else if (w->cells && w->in_value)
		buf_put_str(&w->value, text);
	else if (!w->cells)
		gather_put(&w->p->main, text);
}

const struct mode mode_sheet = {sheet_begin, sheet_end, sheet_text};
