/* cidr.h - networks "192.0.2.0/24", "2001:db8::/32", or one address.
 * v4-mapped v6 peers match v4 networks.
 */
#ifndef SEKISHO_BASE_CIDR_H
#define SEKISHO_BASE_CIDR_H

#include "connector/base/buf.h"
#include "connector/base/err.h"
#include "connector/base/str.h"

struct sockaddr;
struct cidr {
	unsigned char addr[16];
	unsigned bits; /* 0..128, over the mapped form */
};
bool cidr_parse(struct str s, struct cidr *c_r, struct err *e) MUST_USE;
/* The form that was read: "192.0.2.0/24", "192.0.2.1" for a single address. */
void cidr_put(struct buf *b, const struct cidr *c);
/* A v4 network. */
bool cidr_is_v4(const struct cidr *c);
bool cidr_has(const struct cidr *c, const struct sockaddr *peer);
/* Loopback, link-local, private and other addresses that no host of the
 * internet has (RFC 6890), also inside an IPv6 one; and what is no IP. */
bool cidr_is_inside(const struct sockaddr *to);

#endif
