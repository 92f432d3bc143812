/* ranges_int.h - the address ranges that clouds publish: reading, fetching.
 *
 * A list is taken whole or not at all: what cannot be read, or cannot be a
 * cloud's list, leaves the one before in force.
 */
#ifndef SEKISHO_SCHED_RANGES_INT_H
#define SEKISHO_SCHED_RANGES_INT_H

#include "auth/auth.h"
#include "connector/base/vec.h"
#include "connector/sys/dns/dns.h"
#include "connector/sys/http/client.h"

#define RANGES_MOST	  1000	    /* networks of one cloud */
#define RANGES_BYTES_MOST (4 * MIB) /* of the endpoint list */
/* RFC 7208 4.6.4: names that one check may ask for. */
#define RANGES_NAMES_MOST 10

struct ranges {
	VEC_OF(struct cidr);
};

/* Microsoft 365's endpoint list (JSON): `ips` of the set with id 10, Exchange's
 * SMTP. */
bool ranges_read_endpoints(struct str json, struct ranges *to,
			   struct err *e) MUST_USE;
/* One SPF record (RFC 7208 4.5, 4.6.1) with ip4, ip6, include and a final
 * "all" only; names to ask next into include_r, in the text. */
bool ranges_read_spf(struct str txt, struct ranges *to,
		     struct str include_r[RANGES_NAMES_MOST], size_t *n_r,
		     struct err *e) MUST_USE;
/* Could this be a cloud's list? IPv4 and IPv6, no network as wide as a
 * continent. */
bool ranges_plausible(const struct ranges *r, struct err *e) MUST_USE;

/* ranges_fetch.c: why NULL: it came, and is plausible. Never before return. */
typedef void ranges_done(void *arg, const struct ranges *r,
			 const struct err *why);
struct ranges_fetch;
struct ranges_fetch *ranges_fetch_m365(struct http_client *http,
				       const struct config *c,
				       ranges_done *done, void *arg);
struct ranges_fetch *ranges_fetch_google(struct dns *dns,
					 const struct config *c,
					 ranges_done *done, void *arg);
void ranges_fetch_cancel(struct ranges_fetch **f);

#endif
