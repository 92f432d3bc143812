/* mx_int.h - where a domain takes its mail (RFC 5321 5.1, RFC 7505).
 *
 * Hosts by preference, equal ones shuffled; addresses of both families, taken
 * in turn; address literals as they stand.  What is ours ends the list: at
 * its preference and behind it mail would come back.
 */
#ifndef SEKISHO_PROVIDERS_MX_INT_H
#define SEKISHO_PROVIDERS_MX_INT_H

#include "connector/base/cidr.h"
#include "connector/sys/dns/dns.h"
#include "providers/smtp_link_int.h"

#define MX_HOSTS_MAX	 8 /* whose addresses are asked */
#define MX_ADDRESSES_MAX 4 /* of one host */

struct mx_conf {
	struct dns *dns;
	struct loop *loop;
	const char *domain; /* A-label form, or "[192.0.2.1]" */
	uint16_t port;
	const char *own_name;	    /* our host name */
	const struct resolved *own; /* where we listen, with ports */
	size_t own_n;
	/* Hosts at addresses that the internet does not have are left out,
	 * but for those in these networks, which live longer. */
	bool outside_only;
	const struct cidr *inside;
	size_t inside_n;
};
struct mx_found {
	const struct place *place; /* until the callback returns */
	size_t n;		   /* 0: see the rest */
	bool permanent;		   /* no mail for this domain, ever */
	const char *status, *text; /* RFC 3463; for the sender's eyes */
};
typedef void mx_done(void *arg, const struct mx_found *found);

struct mx;
/* Never before return; then it is no more. */
struct mx *mx_find(const struct mx_conf *conf, mx_done *done, void *arg);
void mx_cancel(struct mx **m); /* done does not come */

#endif
