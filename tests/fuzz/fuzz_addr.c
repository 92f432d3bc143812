/* fuzz_addr - bytes as an address, a domain and a pattern. */
#include "connector/base/die.h"
#include "connector/mail/addr.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct str s = str_n(p, n), key;
	struct addr_pattern pattern;
	struct addr one, two;

	for (int flags = 0; flags < 4; flags++) {
		if (!addr_parse(s, flags & 1, flags & 2, &a, &one, NULL))
			continue;
		/* The compared form is an address, and compares to itself. */
		must(addr_parse(one.key, true, true, &a, &two, NULL));
		must(addr_same(&one, &two));
		/* "*@b.jp" as a pattern means all of b.jp. */
		if (str_starts(one.key, STR("*@")))
			continue;
		must(addr_pattern_parse(one.key, &a, &pattern, NULL));
		must(addr_pattern_has(&pattern, &one));
	}
	if (domain_key(s, &a, &key, NULL))
		must(str_is_ascii(key) && !str_has_control(key));
	if (addr_pattern_parse(s, &a, &pattern, NULL) &&
	    addr_parse(STR("a@b.jp"), false, false, &a, &one, NULL))
		(void)addr_pattern_has(&pattern, &one);
	return 0;
}
