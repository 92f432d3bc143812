/* addr.h - mailboxes and domains: parsing, comparing, printing.
 *
 * Strict by RFC 5321 4.1.2 (with RFC 6531 for UTF-8). A parsed address keeps
 * the form in which it came; `key` is what is compared: A-label domain, lower
 * case, local part without case.  Memory: the arena given.
 */
#ifndef SEKISHO_MAIL_ADDR_H
#define SEKISHO_MAIL_ADDR_H

#include "connector/base/arena.h"
#include "connector/base/buf.h"
#include "connector/base/err.h"

struct addr {
	struct str text;   /* local@domain as it came, no angle brackets */
	struct str local;  /* as it came, quotes kept */
	struct str domain; /* as it came */
	struct str key; /* compared: unquoted where it may be, lower, A-label */
	struct str key_domain; /* the part of key behind its last @ */
};

/* Mailbox without brackets. Refused: empty parts, controls, source routes,
 * over-long parts, bad labels, 8-bit unless utf8 is allowed. Address literals
 * ("[192.0.2.1]") only where literals is true. */
bool addr_parse(struct str s, bool utf8, bool literals, struct arena *a,
		struct addr *addr_r, struct err *e) MUST_USE;
/* Does a host that knows the old ways send it on to somebody else? "%", "!" or
 * "@" in the local part (SMTP before RFC 5321 C), or an encoded word. */
bool addr_routes_on(struct str address);
bool addr_same(const struct addr *a, const struct addr *b);

/* Domain to its compared form (A-label, lower case, no trailing dot). */
bool domain_key(struct str domain, struct arena *a, struct str *key_r,
		struct err *e) MUST_USE;

/* One entry of a set: "example.jp" the domain alone; "*.example.jp" every name
 * below it, not itself; "*@example.jp" all its addresses; an address; "*" all.
 * `key` is in compared form. Specificity: address 4, "*@d" and "d" 3,
 * "*.d" 2 (longer wins), "*" 1. */
struct addr_pattern {
	enum { ADDR_EXACT, ADDR_DOMAIN, ADDR_BELOW, ADDR_ALL } kind;
	struct str key;
};
bool addr_pattern_parse(struct str s, struct arena *a, struct addr_pattern *p_r,
			struct err *e) MUST_USE;
bool addr_pattern_has(const struct addr_pattern *p, const struct addr *addr);

/* How well `domain` fits `list` of n names and "*.parent"s: 0 not at all, the
 * more the closer; the name itself fits best.  Case does not count. */
size_t domain_fit(const char *const *list, size_t n, struct str domain);

#endif
