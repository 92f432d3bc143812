/* fuzz_ole - bytes as a compound file: its directory, each stream, what it is
 * and what it carries; and any bytes and names for what they look like.
 */
#include "connector/base/die.h"
#include "connector/extract/ole_int.h"
#include "connector/mail/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(arena) a = ARENA_EMPTY;
	AUTO(buf) carried = BUF_MAX(1 * MIB);
	struct str in = str_n(p, n), name;
	unsigned flags;
	struct ole o;
	bool both;

	must(magic_kind(in, &both) != NULL);
	must((name_flags(in, FAM_TEXT) & ~(unsigned)FILE_FLAGS_ALL) == 0);
	if (!ole_open(in, &a, &o))
		return 0;
	must(o.n > 0 && o.n <= OLE_ENTRIES_MAX);
	must(ole_kind(&o, &flags) != NULL);
	for (size_t i = 0; i < o.n && i < 50; i++) {
		AUTO(buf) out = BUF_MAX(64 * KIB);

		if (ole_read(&o, &o.v[i], &out))
			must(out.n <= o.v[i].size);
	}
	if (ole_carried(&o, &a, &carried, &name))
		must(carried.n <= n);
	return 0;
}
