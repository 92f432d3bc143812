/* fake_dns.h - a name server that answers from a small table, on a thread.
 *
 * On 127.0.0.1, UDP and TCP on one port.  A name that is not in the table does
 * not exist; one that is, without the type asked for, has no such data.
 */
#ifndef TESTS_FAKE_DNS_H
#define TESTS_FAKE_DNS_H

#include <stdint.h>

/* data: "A 192.0.2.1", "AAAA 2001:db8::1", "MX 10 a.test", "TXT words",
 * "CNAME b.test", "PTR b.test", "HEX TYPE RDATA", "SERVFAIL", "REFUSED",
 * "DROP" (never an answer), "TRUNCATE" (the name's records by TCP only),
 * "NOTHING". */
struct fake_rr {
	const char *name, *data;
};

struct fake_dns;
struct fake_dns *fake_dns_new(const struct fake_rr *zone); /* name NULL ends */
void fake_dns_free(struct fake_dns **f);
const char *fake_dns_address(struct fake_dns *f); /* ADDRESS:PORT */
void fake_dns_zone(struct fake_dns *f, const struct fake_rr *zone);
unsigned fake_dns_asked(struct fake_dns *f); /* questions so far */
unsigned fake_dns_by_tcp(struct fake_dns *f);

#endif
