/* fake_dkim.h - signatures whose verdict the test gives; stands in for the
 * verifier of connector/sign.
 */
#ifndef SEKISHO_TESTS_FAKE_DKIM_H
#define SEKISHO_TESTS_FAKE_DKIM_H

#include "connector/sign/dkim.h"

struct fake_dkim {
	bool unsigned_; /* there is no signature in the header */
	struct dkim_verdict verdict[3];
	size_t n;
	struct buf body; /* that the last verifier was given */
	unsigned alive;	 /* verifiers */
	bool never;	 /* no verdict comes */
};
extern struct fake_dkim fake_dkim;

#endif
