/* embed.h - files compiled into the program (scripts/embed makes the tables).
 *
 * A module with an `embed.list` gets one table, `<module>_embedded`, which
 * ends with a row whose name is NULL.  The bytes are followed by one NUL that
 * `n` does not count.
 */
#ifndef SEKISHO_BASE_EMBED_H
#define SEKISHO_BASE_EMBED_H

#include "connector/base/macros.h"

struct embedded {
	const char *name;
	const unsigned char *p;
	size_t n;
};

/* The row of that name, or NULL. */
const struct embedded *embedded_find(const struct embedded *table,
				     const char *name);

#endif
