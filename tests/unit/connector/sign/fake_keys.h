/* fake_keys.h - dns_ask() of the tests: TXT records from a small table. */
#ifndef TESTS_SIGN_FAKE_KEYS_H
#define TESTS_SIGN_FAKE_KEYS_H

#include "connector/sys/dns/dns.h"

/* txt NULL: no such name. Two rows of one name: two records. Names that start
 * with "trouble" or "bogus" are just that, with "nodata" have other types. */
struct fake_key {
	const char *name, *txt;
};
void fake_keys_set(struct loop *loop, const struct fake_key *table, size_t n);
unsigned fake_keys_asked(void);

#endif
