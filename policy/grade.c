/* grade.c - how well the way to a recipient is protected: from the facts, or
 * from a file that stands in for them (tls.csv: domain, grade).
 */
#include "policy/policy_int.h"

const char *const GRADE_NAMES[GRADES_N] = {
	"none", "opportunistic", "valid-certificate", "mta-sts", "dane"};

const char *grade_name(enum tls_grade g)
{
	return g == GRADE_UNKNOWN ? "unknown" : GRADE_NAMES[g - GRADE_NONE];
}

static void *grade_value(enum tls_grade g)
{
	return (void *)(uintptr_t)g;
}

static enum tls_grade grade_of(struct str name)
{
	for (size_t i = 0; i < GRADES_N; i++)
		if (str_is_ci(name, GRADE_NAMES[i]))
			return (enum tls_grade)(i + GRADE_NONE);
	return GRADE_UNKNOWN;
}

static void read_row(struct loader *l, const struct csv *csv,
		     const struct csv_row *row, int domain, int grade)
{
	struct str d = str_trim(row->cell[domain]);
	struct str g = str_trim(row->cell[grade]);
	enum tls_grade is = grade_of(g);
	struct addr_pattern p;
	struct err e = ERR_EMPTY;

	if (!d.n)
		return;
	if (is == GRADE_UNKNOWN) {
		conf_error_at(l->errs, csv->file, row->line, 1,
			      "「" STR_FMT "」は使えません(none、opportunistic"
			      "、valid-certificate、mta-sts、dane)。",
			      "`" STR_FMT "` is no grade: write none, "
			      "opportunistic, valid-certificate, mta-sts or "
			      "dane",
			      STR_ARG(conf_word(g)));
		return;
	}
	if (!addr_pattern_parse(d, l->a, &p, &e)) {
		conf_error_at(l->errs, csv->file, row->line, 1,
			      "「" STR_FMT "」はドメインではありません。",
			      "`" STR_FMT "` is no domain",
			      STR_ARG(conf_word(d)));
		return;
	}
	addr_map_put(&l->p->grades, &p, grade_value(is));
}

void grades_load(struct loader *l)
{
	const char *path = l->src->tls;
	int domain, grade;
	struct str text;
	struct csv csv;

	if (!path || !files_take(l, NULL, path, &text) ||
	    !csv_parse(text, path, l->a, l->errs, &csv))
		return;
	domain = csv_column(&csv, "domain");
	grade = csv_column(&csv, "grade");
	if (domain < 0 || grade < 0) {
		conf_error_at(l->errs, path, 1, 1,
			      "列「domain」と「grade」が要ります。",
			      "columns `domain` and `grade` are needed");
		return;
	}
	for (size_t i = 0; i < csv.n; i++)
		read_row(l, &csv, &csv.row[i], domain, grade);
}

enum tls_grade rcpt_grade(const struct asking *q, size_t rcpt)
{
	const struct facts *f = q->f;

	if (f->grade)
		return f->grade[rcpt];
	return (enum tls_grade)(uintptr_t)addr_map_get(
		&q->p->grades, &f->env->rcpt[rcpt].addr);
}
