/* fuzz_json.c - what the strict scan lets through, cJSON must read, print and
 * read again as the same.
 */
#include <stdlib.h>
#include "connector/base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct json *j)
{
	json_int(j, 0);
	json_cstr(j, "");
	for (const struct json *m = json_at(j, 0); m; m = json_next(m))
		walk(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once = BUF_MAX(16 * MIB), twice = BUF_MAX(16 * MIB);
	struct err e = ERR_EMPTY;
	struct json *j = json_parse(str_n(data, size), &e);

	if (!j)
		return 0;
	walk(j);
	json_print(j, &once, false);
	json_free(&j);
	j = json_parse(buf_str(&once), &e);
	if (!j)
		abort();
	json_print(j, &twice, false);
	json_free(&j);
	if (!str_eq(buf_str(&once), buf_str(&twice)))
		abort();
	buf_release(&once);
	buf_release(&twice);
	return 0;
}
