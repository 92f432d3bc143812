/* spf_int.h - SPF (RFC 7208) as one looks at it from afar: what a domain's
 * record allows, without a mail in hand. For this folder.
 */
#ifndef SEKISHO_DOCTOR_SPF_INT_H
#define SEKISHO_DOCTOR_SPF_INT_H

#include "connector/base/cidr.h"
#include "connector/sys/dns/dns.h"

#define SPF_LOOKUPS_MAX 10  /* RFC 7208 4.6.4 */
#define SPF_TERMS_MAX	128 /* of one record; more: broken */
#define SPF_PARTS_MAX	256 /* names, networks that are kept */

enum spf_kind {
	SPF_ALL,
	SPF_INCLUDE,
	SPF_A,
	SPF_MX,
	SPF_PTR,
	SPF_NETWORK, /* ip4, ip6 */
	SPF_EXISTS,
	SPF_REDIRECT,
	SPF_OTHER, /* a modifier that allows nothing */
};
struct spf_term {
	enum spf_kind kind;
	char mark;	 /* '+', '-', '~', '?' */
	struct str name; /* as written, perhaps with macros; empty: the domain
			  * itself; in the text */
	unsigned v4_bits, v6_bits; /* A, MX */
	struct cidr network;	   /* NETWORK */
};
/* spf_text.c. False: receivers take the record for broken (permerror). */
bool spf_text_read(struct str text, struct spf_term term_r[SPF_TERMS_MAX],
		   size_t *n_r) MUST_USE;

struct doctor;
struct spf {
	enum dns_class class;
	size_t records; /* "v=spf1" found: 1 is right */
	unsigned lookups;
	/* Senders that the record itself names, or one it redirects to. */
	const char *include[SPF_PARTS_MAX];
	size_t include_n;
	const char *name[SPF_PARTS_MAX]; /* and those that these name, too */
	size_t name_n;
	struct cidr network[SPF_PARTS_MAX]; /* that pass, at any depth */
	size_t network_n;
	char all;     /* '-', '~', '?', '+', or 0 */
	bool broken;  /* no good syntax, or an include without a record */
	bool trouble; /* the DNS did not answer everything */
	bool macros;  /* more may pass, depending on the mail */
};
/* spf.c. Everything lives in d's arena. */
void spf_read(struct doctor *d, const char *domain, struct spf *s_r);

#endif
