/* names.c - checks of what the DNS says about the tenant and us. */
#include <arpa/inet.h>
#include "connector/doctor/doctor_int.h"

/* ---- our own name ---------------------------------------------------------- */

static bool is_ours(const struct doctor *d, enum dns_type type, struct str data)
{
	const struct cidrs *own = &d->c.config->addresses;
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	const struct sockaddr *sa = type == DNS_A ? (struct sockaddr *)&v4
						  : (struct sockaddr *)&v6;

	if (type == DNS_A && data.n == sizeof(v4.sin_addr))
		memcpy(&v4.sin_addr, data.p, data.n);
	if (type == DNS_AAAA && data.n == sizeof(v6.sin6_addr))
		memcpy(&v6.sin6_addr, data.p, data.n);
	for (size_t i = 0; i < own->n; i++)
		if (cidr_has(&own->v[i], sa))
			return true;
	return false;
}

/* Addresses of a name; those that are ours. */
static size_t addresses(struct doctor *d, const char *host, size_t *ours_r)
{
	static const enum dns_type types[] = {DNS_A, DNS_AAAA};
	size_t n = 0;

	*ours_r = 0;
	for (size_t t = 0; t < ARRAY_LEN(types); t++) {
		const struct dns_answer *a = doctor_ask(d, host, types[t]);

		for (size_t i = 0; a->class == DNS_OK && i < a->record_n; i++) {
			n++;
			*ours_r += is_ours(d, types[t], a->record[i].data);
		}
	}
	return n;
}

static void say_host(struct doctor *d, const char *host)
{
	size_t ours, n = addresses(d, host, &ours);

	if (n == 0)
		doctor_say(
			d, DOCTOR_BAD, "A か AAAA レコードを作ってください。",
			"make an A or AAAA record", "%s にアドレスがありません",
			"%s has no address in the DNS", host);
	else if (d->c.config->addresses.n && ours == 0)
		doctor_say(d, DOCTOR_WARN,
			   "レコードか、設定の addresses を直してください。",
			   "mend the record, or `addresses` in the settings",
			   "%s は私たちのアドレスを指していません",
			   "%s does not point to an address of ours", host);
	else
		doctor_say(d, DOCTOR_FINE, NULL, NULL,
			   "%s は %zu 個のアドレスを持ちます",
			   "%s has %zu addresses", host, n);
}

void check_host(struct doctor *d)
{
	const struct config *c = d->c.config;

	say_host(d, c->hostname);
	for (size_t i = 0; i < c->tenant_n; i++) {
		d->tenant = &c->tenant[i];
		if (c->tenant[i].hostname)
			say_host(d, c->tenant[i].hostname);
	}
	d->tenant = NULL;
}

/* ---- DMARC and transport records ------------------------------------------- */

/* Its own record, or that of a parent (not of a top level): one of them speaks
 * for the domain. */
static struct str dmarc_find(struct doctor *d, const char *domain, size_t *n_r,
			     enum dns_class *class_r)
{
	struct str text;

	for (;;) {
		const char *dot = strchr(domain, '.');

		text = doctor_txt(d,
				  arena_printf(&d->arena, "_dmarc.%s", domain),
				  STR("v=DMARC1"), n_r, class_r);
		if (*n_r || dns_failed(*class_r) || !dot ||
		    !strchr(dot + 1, '.'))
			return text;
		domain = dot + 1;
	}
}

static void dmarc_of(struct doctor *d, const char *domain)
{
	enum dns_class class;
	size_t n;
	struct str text = dmarc_find(d, domain, &n, &class);

	if (dns_failed(class))
		return;
	if (n != 1)
		doctor_say(d, DOCTOR_WARN,
			   "まず \"v=DMARC1; p=none; rua=mailto:…\" を"
			   "置いてください(sekisho setup --dns)。",
			   "begin with \"v=DMARC1; p=none; rua=mailto:…\" "
			   "(`sekisho setup --dns`)",
			   "%s に DMARC がありません", "%s has no DMARC record",
			   domain);
	else if (str_find_ci(text, STR("p=none")) >= 0)
		doctor_say(d, DOCTOR_NOTE,
			   "報告を読み、p=quarantine、p=reject へ"
			   "進めてください。",
			   "read the reports, then go on to p=quarantine and "
			   "p=reject",
			   "%s の DMARC は p=none です", "%s: DMARC is p=none",
			   domain);
	else
		doctor_say(d, DOCTOR_FINE, NULL, NULL, "%s に DMARC があります",
			   "%s has DMARC", domain);
}

static void transport_of(struct doctor *d, const char *domain,
			 const char *prefix, struct str begins,
			 const char *what)
{
	const char *name = arena_printf(&d->arena, "%s.%s", prefix, domain);
	enum dns_class class;
	size_t n;

	doctor_txt(d, name, begins, &n, &class);
	if (n == 0 &&
	    (class == DNS_NO_NAME || class == DNS_NO_DATA || class == DNS_OK))
		doctor_say(d, DOCTOR_NOTE,
			   "受信を TLS で守れます(sekisho setup --dns)。",
			   "it protects the mail that you receive (`sekisho "
			   "setup --dns`)",
			   "%s に %s がありません", "%s has no %s", domain,
			   what);
}

void check_dmarc(struct doctor *d, const struct tenant_conf *t)
{
	for (size_t i = 0; i < t->domains.n; i++) {
		const char *domain = t->domains.v[i];

		if (domain[0] == '*')
			continue;
		dmarc_of(d, domain);
		transport_of(d, domain, "_mta-sts", STR("v=STSv1"), "MTA-STS");
		transport_of(d, domain, "_smtp._tls", STR("v=TLSRPTv1"),
			     "TLS-RPT");
	}
}
