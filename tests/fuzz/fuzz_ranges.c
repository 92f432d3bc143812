/* fuzz_ranges - bytes as a cloud's endpoint list (JSON), as an SPF record, and
 * as the text of a secret.  What is believed is bounded and narrow enough.
 */
#include "connector/base/die.h"
#include "connector/sched/ranges_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(struct ranges *r, bool ok)
{
	struct err e = ERR_EMPTY;

	must(r->n <= RANGES_MOST);
	if (ok && ranges_plausible(r, &e)) {
		must(r->n >= 2);
		for (size_t i = 0; i < r->n; i++)
			must(r->v[i].bits >= 20);
	}
	vec_release(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str text = str_n(p, n);
	struct str include[RANGES_NAMES_MOST], line[AUTH_SECRET_VALUES_MAX];
	struct ranges json = {0}, spf = {0};
	struct err e = ERR_EMPTY;
	size_t found = 0;
	bool ok;

	ok = ranges_read_endpoints(text, &json, &e);
	check(&json, ok);
	ok = ranges_read_spf(text, &spf, include, &found, &e);
	must(found <= RANGES_NAMES_MOST);
	for (size_t i = 0; i < found; i++)
		must(include[i].n > 0 && include[i].p >= text.p &&
		     include[i].p + include[i].n <= text.p + text.n);
	check(&spf, ok);
	ok = auth_secret_lines(text, line, &found, &e);
	must(ok == (found > 0) && found <= AUTH_SECRET_VALUES_MAX);
	for (size_t i = 0; i < found; i++)
		must(line[i].n >= AUTH_SECRET_LEAST &&
		     line[i].n <= AUTH_SECRET_MOST);
	return 0;
}
