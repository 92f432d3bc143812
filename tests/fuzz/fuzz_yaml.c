/* fuzz_yaml - bytes as a YAML file, and as a policy from memory. */
#include "connector/conf/conf.h"
#include "policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void as_yaml(struct str text)
{
	struct arena a = ARENA_EMPTY;
	struct conf_errors errs = {0};
	AUTO(buf) out = BUF_MAX(1024 * 1024);

	if (!conf_parse(text, "fuzz", &a, &errs) && !errs.errors)
		__builtin_trap();
	conf_errors_print(&errs, "ja", &out);
	conf_errors_release(&errs);
	arena_release(&a);
}

static void as_policy(struct str text)
{
	const struct policy_source src = {0};
	struct conf_errors errs = {0};
	struct policy *policy = policy_load_text(&src, text, "fuzz", &errs);
	AUTO(buf) out = BUF_MAX(1024 * 1024);

	if (!policy == !errs.errors)
		__builtin_trap();
	conf_errors_print(&errs, "en", &out);
	conf_errors_release(&errs);
	policy_free(&policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	as_yaml(str_n(p, n));
	as_policy(str_n(p, n));
	return 0;
}
