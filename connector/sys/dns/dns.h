/* dns.h - validated DNS questions without stopping the loop (libunbound).
 *
 * For mail: MX, addresses of MX hosts, TXT, TLSA, PTR.  Answers tell secure,
 * insecure, bogus and proven-absent apart (RFC 4035 4.3).  Names are
 * A-labels.  On one loop; answers come back there.
 */
#ifndef SEKISHO_SYS_DNS_H
#define SEKISHO_SYS_DNS_H

#include "connector/base/arena.h"
#include "connector/base/err.h"
#include "connector/sys/loop/loop.h"

#define DNS_RECORDS_MAX 128
#define DNS_TXT_MAX	4096 /* bytes of one TXT record, strings joined */

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
	DNS_NO_NAME, /* NXDOMAIN */
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
	bool secure;
	struct str canonical; /* behind CNAMEs */
	const struct dns_record *record;
	size_t record_n;
	uint32_t ttl_s;
	const char *why; /* for the log, when not DNS_OK */
};
struct dns;
struct dns_conf {
	struct loop *loop;
	const char *const *server; /* ADDRESS:PORT */
	size_t server_n;	   /* 0: the system's */
	const char *trust_anchor;  /* NULL: system */
	int64_t timeout_us;	   /* absolute, per question; 0: 30 s */
};
struct dns *dns_new(const struct dns_conf *conf, struct err *e) MUST_USE;
void dns_free(struct dns **d); /* callbacks that are owed do not come */

typedef void dns_done(void *arg, const struct dns_answer *a); /* until return */
struct dns_query;
/* Never before return. */
struct dns_query *dns_ask(struct dns *d, const char *name, enum dns_type type,
			  dns_done *done, void *arg);
void dns_cancel(struct dns_query **q);

#endif
