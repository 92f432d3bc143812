/* names.c - checks of what the DNS says about the tenant and us. */
#include <arpa/inet.h>
#include "connector/doctor/doctor_int.h"

#define SPF_M365   "spf.protection.outlook.com"
#define SPF_GOOGLE "_spf.google.com"

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
		doctor_say(d, DOCTOR_BAD,
			   "A か AAAA レコードを作ってください。",
			   "make an A or AAAA record", "%s に住所がありません",
			   "%s has no address in the DNS", host);
	else if (d->c.config->addresses.n && ours == 0)
		doctor_say(d, DOCTOR_WARN,
			   "レコードか、設定の addresses を直してください。",
			   "mend the record, or `addresses` in the settings",
			   "%s は私たちの住所を指していません",
			   "%s does not point to an address of ours", host);
	else
		doctor_say(d, DOCTOR_FINE, NULL, NULL,
			   "%s は %zu 個の住所を持ちます",
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

/* ---- SPF ------------------------------------------------------------------- */

/* The include that the way out needs; NULL: our own addresses. */
static const char *needed_include(const struct tenant_conf *t)
{
	if (strcmp(t->deliver.via, "direct") == 0)
		return NULL;
	if (t->kind == KIND_M365 || t->deliver.login.kind == LOGIN_ENTRA)
		return SPF_M365;
	if (t->kind == KIND_GOOGLE || t->deliver.login.kind == LOGIN_GOOGLE)
		return SPF_GOOGLE;
	return "";
}

static bool has_include(const struct spf *s, const char *name)
{
	for (size_t i = 0; i < s->include_n; i++)
		if (str_is_ci(str_of(s->include[i]), name))
			return true;
	return false;
}

static bool network_in(const struct cidr *inner, const struct cidr *outer)
{
	unsigned whole = outer->bits / 8, rest = outer->bits % 8;

	if (inner->bits < outer->bits ||
	    memcmp(inner->addr, outer->addr, whole) != 0)
		return false;
	return rest == 0 ||
	       ((inner->addr[whole] ^ outer->addr[whole]) >> (8 - rest)) == 0;
}

static bool covers_own(const struct doctor *d, const struct spf *s)
{
	const struct cidrs *own = &d->c.config->addresses;

	for (size_t i = 0; i < own->n; i++) {
		bool found = false;

		for (size_t k = 0; k < s->network_n; k++)
			found = found || network_in(&own->v[i], &s->network[k]);
		if (!found)
			return false;
	}
	return true;
}

static void say_spf_way(struct doctor *d, const struct tenant_conf *t,
			const char *domain, const struct spf *s)
{
	const char *need = needed_include(t);

	if (!need && d->c.config->addresses.n == 0)
		doctor_say(d, DOCTOR_NOTE,
			   "設定の addresses に外から見た住所を書くと、SPF を"
			   "確かめられます。",
			   "write our public addresses under `addresses`, and "
			   "SPF can be checked",
			   "%s: 私たちの住所がわかりません",
			   "%s: our own addresses are not known", domain);
	else if (!need && !covers_own(d, s))
		doctor_say(d, DOCTOR_BAD,
			   "ip4: か ip6: で関所の住所を SPF に加えてください"
			   "(sekisho setup --dns)。",
			   "add our addresses as ip4: or ip6: (`sekisho setup "
			   "--dns`)",
			   "%s の SPF に関所の住所がありません",
			   "%s: SPF does not hold our addresses", domain);
	else if (need && need[0] && !has_include(s, need))
		doctor_say(d, DOCTOR_BAD,
			   "その include を SPF に加えてください(sekisho setup "
			   "--dns)。",
			   "add that include to SPF (`sekisho setup --dns`)",
			   "%s の SPF に include:%s がありません",
			   "%s: SPF has no include:%s", domain, need);
	else
		doctor_say(d, DOCTOR_FINE, NULL, NULL,
			   "%s の SPF はこの出口を許しています",
			   "%s: SPF allows this way out", domain);
}

static void spf_of(struct doctor *d, const struct tenant_conf *t,
		   const char *domain)
{
	struct spf s;

	spf_read(d, domain, &s);
	if (s.class == DNS_TROUBLE || s.class == DNS_BOGUS) {
		doctor_say(d, DOCTOR_WARN, "DNS を確かめてください。",
			   "look into the DNS", "%s の SPF を読めません",
			   "%s: SPF cannot be read", domain);
		return;
	}
	if (s.records != 1) {
		doctor_say(d, DOCTOR_BAD,
			   "v=spf1 で始まる TXT をちょうど1つにしてください。",
			   "there must be one TXT record with v=spf1",
			   "%s に SPF が %zu 個あります",
			   "%s has %zu SPF records", domain, s.records);
		return;
	}
	if (s.lookups > SPF_LOOKUPS_MAX || s.deep_broken)
		doctor_say(
			d, DOCTOR_BAD,
			"include を減らすか直してください。受け手は SPF を"
			"無効とみなします。",
			"drop or mend includes; receivers treat it as broken "
			"(RFC 7208 4.6.4)",
			"%s の SPF の検索が %u 回、または壊れた include が"
			"あります",
			"%s: SPF needs %u look-ups, or has a broken include",
			domain, s.lookups);
	if (s.all == '+')
		doctor_say(d, DOCTOR_BAD, "-all か ~all にしてください。",
			   "make it -all or ~all",
			   "%s の SPF は全世界に送信を許しています(+all)",
			   "%s: SPF lets all the world send (+all)", domain);
	say_spf_way(d, t, domain, &s);
}

void check_spf(struct doctor *d, const struct tenant_conf *t)
{
	for (size_t i = 0; i < t->domains.n; i++)
		if (t->domains.v[i][0] != '*')
			spf_of(d, t, t->domains.v[i]);
}

/* S9: who else may send for the domain without passing here? */
void check_round(struct doctor *d, const struct tenant_conf *t)
{
	const char *need = needed_include(t);

	for (size_t i = 0; i < t->domains.n; i++) {
		AUTO(buf) others = BUF_MAX(1 * KIB);
		struct spf s;

		if (t->domains.v[i][0] == '*')
			continue;
		spf_read(d, t->domains.v[i], &s);
		for (size_t k = 0; k < s.include_n; k++)
			if (!need || !str_is_ci(str_of(s.include[k]), need))
				buf_printf(&others, " %s", s.include[k]);
		if (others.n)
			doctor_say(
				d, DOCTOR_NOTE,
				"関所を通らずに送れる道です。要らなければ SPF "
				"から外してください。",
				"they may send without passing the gate; drop "
				"from SPF what is not needed",
				"%s の SPF はほかの送り手も許しています:%s",
				"%s: SPF allows other senders too:%s",
				t->domains.v[i], buf_cstr(&others));
	}
}

/* ---- DMARC and transport records ------------------------------------------- */

static void dmarc_of(struct doctor *d, const char *domain)
{
	const char *name = arena_printf(&d->arena, "_dmarc.%s", domain);
	enum dns_class class;
	size_t n;
	struct str text = doctor_txt(d, name, STR("v=DMARC1"), &n, &class);

	if (class == DNS_TROUBLE || class == DNS_BOGUS)
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
