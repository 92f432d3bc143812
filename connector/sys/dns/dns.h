/* dns.h - validated DNS questions without stopping the loop (libunbound).
 *
 * For mail: MX, addresses of MX hosts, TXT, TLSA, PTR.  Answers tell secure,
 * insecure, bogus and proven-absent apart (RFC 4035 4.3).  Names are
 * A-labels.  On one loop; answers come back there.  libunbound validates on a
 * thread of its own: a zone made to be slow to verify stops nobody else.
 *
 * Answers are cached for their TTL.  CNAMEs are followed.
 */
#ifndef SEKISHO_SYS_DNS_H
#define SEKISHO_SYS_DNS_H

#include "connector/base/arena.h"
#include "connector/base/err.h"
#include "connector/sys/loop/loop.h"

#define DNS_RECORDS_MAX 128  /* of one answer; the rest is not looked at */
#define DNS_TXT_MAX	4096 /* bytes of one TXT record, strings joined */
#define DNS_ASKED_MAX	4096 /* questions under way; above: DNS_TROUBLE */

enum dns_type {
	DNS_A = 1,
	DNS_CNAME = 5,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_TLSA = 52,
};
enum dns_class {
	DNS_OK,
	DNS_NO_NAME, /* NXDOMAIN, or a name that cannot be in the DNS */
	DNS_NO_DATA, /* the name is there, this type is not */
	DNS_TROUBLE, /* SERVFAIL, timeout, refused: ask again later */
	DNS_BOGUS,   /* validation failed: as trouble, never as absent */
};
struct dns_record {
	unsigned preference; /* MX */
	struct str name;     /* MX, CNAME, PTR: lower case, no final dot; "."
			      * for the null MX (RFC 7505) */
	struct str data;     /* A, AAAA: address bytes; TXT; TLSA: raw rdata */
};
struct dns_answer {
	enum dns_class class;
	bool secure;	      /* also of NO_NAME and NO_DATA: proven absent */
	struct str canonical; /* behind CNAMEs; lower case, no final dot */
	const struct dns_record *record; /* malformed ones are left out */
	size_t record_n;		 /* at least 1 when DNS_OK */
	uint32_t ttl_s;
	const char *why; /* for the log, when not DNS_OK */
};
struct dns;
struct dns_conf {
	struct loop *loop;
	const char *const *server; /* ADDRESS:PORT */
	size_t server_n;	   /* 0: the system's */
	const char *trust_anchor;  /* DS or DNSKEY; NULL: the system's */
	int64_t timeout_us;	   /* absolute, per question; 0: 30 s */
};
struct dns *dns_new(const struct dns_conf *conf, struct err *e) MUST_USE;
void dns_free(struct dns **d); /* callbacks that are owed do not come */
/* Is there a trust anchor? Without one no answer is ever secure or bogus. */
bool dns_validates(const struct dns *d);

typedef void dns_done(void *arg, const struct dns_answer *a); /* until return */
struct dns_query;
/* Never before return. When done comes, the query is no more. */
struct dns_query *dns_ask(struct dns *d, const char *name, enum dns_type type,
			  dns_done *done, void *arg);
void dns_cancel(struct dns_query **q); /* done does not come */

/* "ok", "no-name" ... for logs and metrics. */
const char *dns_class_name(enum dns_class class);

#endif
