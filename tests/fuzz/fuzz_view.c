/* fuzz_view - bytes as a view, as a child may hand it over. */
#include "connector/base/die.h"
#include "connector/base/limits.h"
#include "connector/mail/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(arena) a = ARENA_EMPTY;
	AUTO(buf) out = BUF_MAX(64 * MIB);
	uint64_t size = n > 40 ? p[30] * 4u : 0;
	struct view v;

	if (!view_read(str_n(p, n), size, &a, &v, NULL))
		return 0;
	for (size_t i = 0; i < v.part_n; i++)
		must(v.part[i].off + v.part[i].len <= size);
	view_write(&v, &out);
	must(view_read(buf_str(&out), size, &a, &v, NULL));
	return 0;
}
