/* people_int.h - how many persons a set of names is: a family name alone is
 * the person of that family who is named in full, if there is one.
 */
#ifndef SEKISHO_EXTRACT_PEOPLE_INT_H
#define SEKISHO_EXTRACT_PEOPLE_INT_H

#include "connector/base/arena.h"
#include "connector/base/map.h"

#define PEOPLE_MAX 100000 /* names that are told apart */

struct family;
struct people {
	struct map full;     /* family, NUL, given */
	struct map families; /* -> struct family */
	struct arena arena;
	uint32_t n;
	bool more; /* PEOPLE_MAX was reached */
};

void people_init(struct people *p);
void people_release(struct people *p);
void people_add(struct people *p, struct str family, struct str given);

#endif
