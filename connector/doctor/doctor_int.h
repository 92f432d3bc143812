/* doctor_int.h - a check is a row; it looks and says. For this folder. */
#ifndef SEKISHO_DOCTOR_INT_H
#define SEKISHO_DOCTOR_INT_H

#include "connector/base/vec.h"
#include "connector/doctor/doctor.h"
#include "connector/sys/dns/dns.h"

struct doctor {
	struct doctor_conf c;
	int64_t now_us;
	struct arena arena;
	struct loop *loop; /* NULL when offline */
	struct dns *dns;
	const struct doctor_check *check;
	const struct tenant_conf *tenant; /* of the check under way, or NULL */
	struct {
		VEC_OF(struct doctor_line);
	} lines;
};

struct doctor_check {
	const char *name;
	const char *title; /* for --help and README */
	bool asks_network;
	void (*here)(struct doctor *d); /* once */
	void (*tenant)(struct doctor *d, const struct tenant_conf *t);
};

/* A finding in both languages, with the same arguments in both. do_*: plain
 * text; NULL with DOCTOR_FINE. */
void doctor_say(struct doctor *d, enum doctor_level level, const char *do_ja,
		const char *do_en, const char *ja, const char *en, ...)
	__attribute__((format(printf, 5, 7), format(printf, 6, 7)));

/* ask.c: one question, waited for. The answer lives in d's arena. */
const struct dns_answer *doctor_ask(struct doctor *d, const char *name,
				    enum dns_type type);
/* The only TXT record that begins so; n_r: how many there are. */
struct str doctor_txt(struct doctor *d, const char *name, struct str begins,
		      size_t *n_r, enum dns_class *class_r);

/* spf.c: what a domain's SPF record allows (RFC 7208). */
#define SPF_LOOKUPS_MAX 10
#define SPF_PARTS_MAX	64
struct spf {
	enum dns_class class;
	size_t records; /* "v=spf1" found: 1 is right */
	unsigned lookups;
	const char *include[SPF_PARTS_MAX]; /* of the record itself */
	size_t include_n;
	struct cidr network[SPF_PARTS_MAX]; /* ip4, ip6, a, mx, of it itself */
	size_t network_n;
	char all;	  /* '-', '~', '?', '+', or 0 */
	bool deep_broken; /* an include has no record */
};
void spf_read(struct doctor *d, const char *domain, struct spf *s_r);

/* hop.c: can the tenant's next hop be reached and secured? */
void check_way(struct doctor *d, const struct tenant_conf *t);
/* here.c, live.c, certificates.c, names.c */
void check_store(struct doctor *d);
void check_disk(struct doctor *d);
void check_keys(struct doctor *d);
void check_clock(struct doctor *d);
void check_engine(struct doctor *d);
void check_ranges(struct doctor *d);
void check_queue(struct doctor *d);
void check_certificates(struct doctor *d);
void check_client_certificate(struct doctor *d, const struct tenant_conf *t);
void check_proofs(struct doctor *d, const struct tenant_conf *t);
void check_host(struct doctor *d);
void check_spf(struct doctor *d, const struct tenant_conf *t);
void check_dmarc(struct doctor *d, const struct tenant_conf *t);
void check_round(struct doctor *d, const struct tenant_conf *t);
void check_people(struct doctor *d, const struct tenant_conf *t);

#endif
