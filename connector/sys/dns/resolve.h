/* resolve.h - host names to addresses without stopping the loop.
 *
 * getaddrinfo() blocks, so it runs on one helper thread; answers come back on
 * the loop.  This is the way to configured hosts (files, resolver, search as
 * the system says), not to MX hosts.  Addresses need no thread.
 */
#ifndef SEKISHO_SYS_RESOLVE_H
#define SEKISHO_SYS_RESOLVE_H

#include <sys/socket.h>
#include "connector/base/err.h"
#include "connector/sys/loop/loop.h"

#define RESOLVE_ADDRESSES_MAX 16

struct resolved {
	struct sockaddr_storage sa;
	socklen_t len;
};

/* "192.0.2.1", "2001:db8::1", "[2001:db8::1]"; false: a name. */
bool resolve_literal(const char *host, uint16_t port, struct resolved *to_r);

struct resolver;
struct resolver *resolver_new(struct loop *l);
/* Callbacks that are owed do not come. Does not wait for a query under way. */
void resolver_free(struct resolver **r);

typedef void resolve_done(void *arg, const struct resolved *found, size_t n,
			  const struct err *why);
/* done: n addresses in the order to try, or n 0 and why (class RETRY, or
 * NOT_FOUND when there is no such name). Never before return. */
struct query;
struct query *resolve_host(struct resolver *r, const char *host, uint16_t port,
			   resolve_done *done, void *arg);
void resolve_cancel(struct query **q); /* done does not come */

#endif
