/* closed.c - days on which a calendar is closed: dates, files of dates (the
 * Cabinet Office's syukujitsu.csv as it is), the shipped holidays of Japan.
 */
#include "policy/policy_int.h"

#include <stdlib.h>

static int day_key(const struct civil *c)
{
	return c->year * 10000 + c->month * 100 + c->day;
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

bool closed_on(const struct calendar *c, const struct civil *day)
{
	int key = day_key(day);

	return c->closed_n &&
	       bsearch(&key, c->closed, c->closed_n, sizeof(int), by_number);
}

void closed_sort(struct calendar *c)
{
	if (c->closed_n)
		qsort(c->closed, c->closed_n, sizeof(int), by_number);
}

static void add_day(struct loader *l, struct calendar *c,
		    const struct civil *day)
{
	if (c->closed_n == c->closed_cap) {
		size_t cap = c->closed_cap ? c->closed_cap * 2 : 32;
		int *v = arena_array(l->a, cap, sizeof(*v));

		if (c->closed_n)
			memcpy(v, c->closed, c->closed_n * sizeof(*v));
		c->closed = v;
		c->closed_cap = cap;
	}
	c->closed[c->closed_n++] = day_key(day);
}

/* A list of days ends with the year of its last one. */
static void add_days(struct loader *l, struct calendar *c,
		     const struct csv *csv, int col)
{
	struct civil end = {.month = 12, .day = 31};

	for (size_t i = 0; i < csv->n; i++) {
		struct civil day;

		if (date_parse(csv->row[i].cell[col], &day)) {
			add_day(l, c, &day);
			end.year = MAX_OF(end.year, day.year);
			continue;
		}
		conf_error_at(l->errs, csv->file, csv->row[i].line, 1,
			      "「" STR_FMT "」は日付ではありません。",
			      "`" STR_FMT "`: write a date as 2026-09-01",
			      STR_ARG(conf_word(csv->row[i].cell[col])));
	}
	if (end.year)
		vec_push(&l->p->closed_ends,
			 ((struct closed_end){
				 arena_strndup(l->a, c->name.p, c->name.n),
				 civil_to_us(tz_utc(), &end)}));
}

/* `column`, else one called date, else the one whose Japanese name ends in
 * 月日 or 日付. */
static int date_column(struct loader *l, const struct conf_node *file,
		       const struct conf_node *column, const struct csv *csv)
{
	int col = csv_column(csv, column ? arena_strndup(l->a, column->text.p,
							 column->text.n)
					 : "date");

	for (size_t i = 0; !column && col < 0 && i < csv->cols; i++)
		if (str_ends(csv->head[i], STR("月日")) ||
		    str_ends(csv->head[i], STR("日付")))
			col = (int)i;
	if (col < 0)
		conf_error(l->errs, column ? column : file,
			   "列「%s」がありません。", "there is no column `%s`",
			   column ? column->text.p : "date");
	return col;
}

static void closed_file(struct loader *l, const struct conf_node *n,
			struct calendar *c)
{
	const struct conf_node *file = conf_get(n, "file");
	const struct conf_node *column = conf_get(n, "column");
	const char *path;
	struct str text;
	struct csv csv;
	int col;

	if (!file) {
		conf_error(l->errs, n, "「file」がありません。",
			   "`file` is missing");
		return;
	}
	if (!want_scalar(l, file) || (column && !want_scalar(l, column)))
		return;
	path = files_path(l, file->text);
	if (!files_take(l, file, path, &text) ||
	    !csv_parse(text, path, l->a, l->errs, &csv))
		return;
	col = date_column(l, file, column, &csv);
	if (col >= 0)
		add_days(l, c, &csv, col);
}

static void no_closed(struct loader *l, const struct conf_node *n)
{
	static const char *const WORDS[] = {"japan"};
	bool word = n->kind == CONF_SCALAR;
	bool near = word && str_nearest(n->text, WORDS, 1);
	struct str text = word ? conf_word(n->text) : STR("[…]");

	conf_error(l->errs, n,
		   "「" STR_FMT "」は使えません。休みの日は japan、2026-01-01、"
		   "{file: …}、またはそれらの一覧で書いてください。%s%.0s",
		   "`" STR_FMT "`: write closed days as japan, 2026-01-01, "
		   "{file: …}, or a list of these%.0s%s",
		   STR_ARG(text), near ? "「japan」のことですか。" : "",
		   near ? "; did you mean `japan`?" : "");
}

static void closed_one(struct loader *l, const struct conf_node *n,
		       struct calendar *c)
{
	struct civil day;
	struct csv csv;
	int64_t unused;

	if (n->kind == CONF_MAP) {
		closed_file(l, n, c);
	} else if (n->kind == CONF_SCALAR && str_is(n->text, "japan")) {
		if (shipped_csv(l, HOLIDAYS_JP, &csv))
			add_days(l, c, &csv, 0);
	} else if (n->kind == CONF_SCALAR && date_parse(n->text, &day)) {
		add_day(l, c, &day);
	} else if (n->kind == CONF_SCALAR && ascii_digit(n->text.p[0])) {
		(void)value_date(l, n, tz_utc(), &unused);
	} else {
		no_closed(l, n);
	}
}

void closed_parse(struct loader *l, const struct conf_node *n, void *to)
{
	for (size_t i = 0; n->kind == CONF_LIST && i < n->n; i++)
		closed_one(l, n->item[i], to);
	if (n->kind != CONF_LIST)
		closed_one(l, n, to);
}
