/* fuzz_detect - bytes as text and as HTML: folding keeps its way back, what is
 * found lies inside, and the work stays in bounds.
 */
#include "connector/base/die.h"
#include "connector/extract/detect_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* Steps for a byte at most, with what a candidate may look at before it. */
#define WORK_MAX 4000

static void look(struct str text, bool html)
{
	struct fold f = {0};
	struct detect_set s;
	size_t total = 0;

	detect_set_init(&s);
	fold_read(&f, text, html);
	detect_run(&f, ~0u, 0, &s);
	VEC_EACH (hit, &s.hits) {
		must(hit->value.n && hit->sample.n);
	}
	for (size_t d = 0; d < DETECT_N; d++)
		total += s.unique[d];
	must(total == s.hits.n || s.hits.n == DETECT_HITS_MAX);
	must(f.work + s.work <= (uint64_t)WORK_MAX * (text.n + 1));
	detect_set_release(&s);
	fold_release(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	look(str_n(p, n), false);
	look(str_n(p, n), true);
	return 0;
}
