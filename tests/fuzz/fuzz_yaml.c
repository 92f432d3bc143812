/* fuzz_yaml - bytes as a YAML file. The policy's loader joins it from memory. */
#include "connector/conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena a = ARENA_EMPTY;
	struct conf_errors errs = {0};
	AUTO(buf) out = BUF_MAX(1024 * 1024);

	if (!conf_parse(str_n(p, n), "fuzz", &a, &errs) && !errs.errors)
		__builtin_trap();
	conf_errors_print(&errs, "ja", &out);
	conf_errors_release(&errs);
	arena_release(&a);
	return 0;
}
