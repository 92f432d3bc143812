/* fuzz_csv - bytes as a list in every encoding, each cell as a word that is
 * folded and as a domain that is looked at, the rows as a history.
 */
#include "connector/base/utf8.h"
#include "policy/policy_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void one_cell(struct str cell)
{
	AUTO(buf) once = BUF_MAX(1024 * 1024);
	AUTO(buf) twice = BUF_MAX(4 * 1024 * 1024);
	struct arena a = ARENA_EMPTY;

	if (!utf8_valid(cell))
		__builtin_trap();
	fold_text(&once, cell);
	fold_text(&twice, buf_str(&once));
	/* Folding what is folded changes nothing. */
	if (!str_eq(buf_str(&once), buf_str(&twice)))
		__builtin_trap();
	(void)domain_look(cell, &a);
	arena_release(&a);
}

static void as_list(struct str text, enum csv_encoding as)
{
	struct arena a = ARENA_EMPTY;
	struct conf_errors errs = {0};
	struct csv csv;

	if (csv_parse_as(text, "fuzz", as, &a, &errs, &csv) == !!errs.errors)
		__builtin_trap();
	for (size_t i = 0; csv.head && i < csv.n; i++)
		for (size_t k = 0; k < csv.cols; k++)
			one_cell(csv.row[i].cell[k]);
	conf_errors_release(&errs);
	arena_release(&a);
}

static void as_history(struct str text)
{
	struct arena a = ARENA_EMPTY;
	struct conf_errors errs = {0};
	struct past_row *row;
	size_t rows;

	if (policy_history(text, "fuzz", &a, &errs, &row, &rows) ==
	    !!errs.errors)
		__builtin_trap();
	for (size_t i = 0; i < rows; i++)
		if (!row[i].sender.n || !row[i].recipient.n || !row[i].count)
			__builtin_trap();
	conf_errors_release(&errs);
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str text = str_n(p, n);

	as_list(text, CSV_AUTO);
	as_list(text, CSV_UTF8);
	as_list(text, CSV_CP932);
	as_history(text);
	return 0;
}
