/* wire.h - record data of a DNS answer, read with bounds (RFC 1035 3).
 *
 * What a name server sent, as libunbound hands it over: without compression
 * (RFC 1035 4.1.4), so that a pointer in it is an error.  Pure functions.
 */
#ifndef SEKISHO_SYS_DNS_WIRE_H
#define SEKISHO_SYS_DNS_WIRE_H

#include "connector/base/rd.h"
#include "connector/sys/dns/dns.h"

#define DNS_NAME_MAX  255 /* bytes on the wire, RFC 1035 2.3.4 */
#define DNS_LABEL_MAX 63

/* Lower case, no final dot, "." for the root; false for what is no name of a
 * host or service: other bytes than letters, digits, '-' and '_'. */
bool dns_wire_name(struct rd *in, struct arena *a, struct str *name_r) MUST_USE;
/* false: malformed, or more than DNS_TXT_MAX. Bytes go into the arena. */
bool dns_wire_record(enum dns_type type, struct str rdata, struct arena *a,
		     struct dns_record *r) MUST_USE;
/* May this be asked? A final dot is allowed. */
bool dns_wire_askable(struct str name);

#endif
