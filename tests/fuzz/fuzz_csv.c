/* fuzz_csv - bytes as a list, and each cell as a word that is folded. */
#include "policy/policy_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void fold_cells(const struct csv *csv)
{
	for (size_t i = 0; i < csv->n; i++) {
		for (size_t k = 0; k < csv->cols; k++) {
			AUTO(buf) once = BUF_MAX(1024 * 1024);
			AUTO(buf) twice = BUF_MAX(4 * 1024 * 1024);

			fold_text(&once, csv->row[i].cell[k]);
			fold_text(&twice, buf_str(&once));
			/* Folding what is folded changes nothing. */
			if (!str_eq(buf_str(&once), buf_str(&twice)))
				__builtin_trap();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena a = ARENA_EMPTY;
	struct conf_errors errs = {0};
	struct csv csv;

	if (csv_parse(str_n(p, n), "fuzz", &a, &errs, &csv) == !!errs.errors)
		__builtin_trap();
	if (csv.head)
		fold_cells(&csv);
	conf_errors_release(&errs);
	arena_release(&a);
	return 0;
}
