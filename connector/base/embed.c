/* embed.c - look a file up among those compiled in. */
#include "connector/base/embed.h"

#include <string.h>

const struct embedded *embedded_find(const struct embedded *table,
				     const char *name)
{
	for (; table->name != NULL; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}
