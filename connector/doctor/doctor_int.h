/* doctor_int.h - a check is a row; it looks and says. For this folder. */
#ifndef SEKISHO_DOCTOR_INT_H
#define SEKISHO_DOCTOR_INT_H

#include "connector/base/vec.h"
#include "connector/doctor/doctor.h"
#include "connector/doctor/spf_int.h"
#include "connector/sys/dns/dns.h"

struct doctor {
	struct doctor_conf c;
	int64_t now_us;
	struct arena arena;
	struct loop *loop; /* NULL when offline */
	struct dns *dns;
	struct err no_network; /* why there is no loop */
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
/* No answer, which says nothing of what is there. */
static inline bool dns_failed(enum dns_class class)
{
	return class == DNS_TROUBLE || class == DNS_BOGUS;
}

/* Is this domain (compared form) one of the tenant's? */
bool doctor_owns(const struct tenant_conf *t, const char *domain);

/* hop.c: can the tenant's next hop be reached and secured? */
void check_way(struct doctor *d, const struct tenant_conf *t);
/* here.c, live.c, certificates.c, names.c, spf_check.c, dkim.c, canary.c */
void check_network(struct doctor *d);
void check_store(struct doctor *d);
void check_disk(struct doctor *d);
void check_keys(struct doctor *d);
void check_clock(struct doctor *d);
void check_engine(struct doctor *d);
void check_ranges(struct doctor *d);
void check_secrets(struct doctor *d);
void check_queue(struct doctor *d);
void check_certificates(struct doctor *d);
void check_client_certificate(struct doctor *d, const struct tenant_conf *t);
void check_proofs(struct doctor *d, const struct tenant_conf *t);
void check_host(struct doctor *d);
void check_dkim(struct doctor *d, const struct tenant_conf *t);
void check_canary(struct doctor *d, const struct tenant_conf *t);
void check_spf(struct doctor *d, const struct tenant_conf *t);
void check_dmarc(struct doctor *d, const struct tenant_conf *t);
void check_round(struct doctor *d, const struct tenant_conf *t);
void check_people(struct doctor *d, const struct tenant_conf *t);

#endif
