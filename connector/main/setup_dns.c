/* setup_dns.c - every DNS record of a tenant for its way of delivery. */
#include <string.h>
#include <sys/socket.h>
#include "connector/base/mem.h"
#include "connector/main/setup_int.h"

#define RECORD_MAX     (4 * KIB)
#define HEX	       "0123456789abcdef"
#define TXT_STRING_MAX 255

struct rows {
	struct json *list;
	const struct setup *s;
};

/* A row; `about` chooses its sentence in the template. */
static struct json *row(const struct rows *rows, const char *about,
			const char *name, const char *type)
{
	struct json *o = json_add_object(rows->list, NULL);

	json_add_cstr(o, "name", name);
	json_add_cstr(o, "type", type);
	json_add_bool(o, about, true);
	return o;
}

static void with_value(struct json *o, const char *value)
{
	const char *type = json_get_cstr(o, "type", "");
	const char *mark = strcmp(type, "TXT") == 0 ? "\"" : "";
	const char *dot = strcmp(type, "CNAME") == 0 || strcmp(type, "PTR") == 0
				  ? "."
				  : "";
	AUTO_STR zone = mem_printf("%s. 3600 IN %s %s%s%s%s",
				   json_get_cstr(o, "name", ""), type, mark,
				   value, mark, dot);

	json_add_cstr(o, "value", value);
	json_add_cstr(o, "zone", zone);
}

static void with_command(struct json *o, const char *command)
{
	AUTO_STR zone = mem_printf("; %s. 3600 IN %s (%s)",
				   json_get_cstr(o, "name", ""),
				   json_get_cstr(o, "type", ""), command);

	json_add_cstr(o, "command", command);
	json_add_cstr(o, "zone", zone);
}

/* RFC 1035 3.5, RFC 3596 2.5; networks have no name of their own. */
static void put_reverse(struct buf *b, const struct cidr *c)
{
	if (cidr_is_v4(c)) {
		for (int i = 15; i >= 12; i--)
			buf_printf(b, "%u.", c->addr[i]);
		buf_puts(b, "in-addr.arpa");
		return;
	}
	for (int i = 15; i >= 0; i--)
		buf_printf(b, "%c.%c.", HEX[c->addr[i] & 15],
			   HEX[c->addr[i] >> 4]);
	buf_puts(b, "ip6.arpa");
}

static void add_host(const struct rows *rows, const char *about,
		     const char *name, const struct cidr *address)
{
	AUTO(buf) text = BUF_MAX(64);

	cidr_put(&text, address);
	with_value(row(rows, about, name, cidr_is_v4(address) ? "A" : "AAAA"),
		   buf_cstr(&text));
}

static void add_hosts(const struct rows *rows)
{
	const struct config *c = rows->s->config;
	const char *entry = setup_hostname(rows->s);

	for (size_t i = 0; i < c->addresses.n; i++) {
		const struct cidr *net = &c->addresses.v[i];
		AUTO(buf) reverse = BUF_MAX(128);

		if (net->bits != 128)
			continue;
		add_host(rows, "entry", entry, net);
		if (strcmp(entry, c->hostname) != 0)
			add_host(rows, "own", c->hostname, net);
		put_reverse(&reverse, net);
		with_value(row(rows, "reverse", buf_cstr(&reverse), "PTR"),
			   c->hostname);
	}
}

static void put_own(struct buf *b, const struct config *c)
{
	for (size_t i = 0; i < c->addresses.n; i++) {
		const struct cidr *net = &c->addresses.v[i];

		buf_puts(b, cidr_is_v4(net) ? " ip4:" : " ip6:");
		cidr_put(b, net);
	}
}

/* What the tenant's cloud sends from by itself: mail of people who are not
 * enrolled, answers to meetings, and all while the gate is bypassed. */
static const char *include_of_kind(enum tenant_kind kind)
{
	switch (kind) {
	case KIND_M365:
		return " include:spf.protection.outlook.com";
	case KIND_GOOGLE:
		return " include:_spf.google.com";
	case KIND_LINE_WORKS:
		return " include:spf.worksmobile.com";
	case KIND_SMTP:
		break;
	}
	return "";
}

static const char *include_of_exit(enum setup_exit exit)
{
	if (exit == EXIT_M365)
		return include_of_kind(KIND_M365);
	return exit == EXIT_GOOGLE ? include_of_kind(KIND_GOOGLE) : "";
}

/* RFC 7208. One record a domain; never a second one beside it. */
static void add_spf(const struct rows *rows, const char *domain)
{
	const struct tenant_conf *t = rows->s->tenant;
	enum setup_exit exit = setup_exit(t);
	const char *cloud = include_of_kind(t->kind);
	const char *leaves = include_of_exit(exit);
	AUTO(buf) add = BUF_MAX(RECORD_MAX);
	AUTO(buf) value = BUF_MAX(RECORD_MAX);
	struct json *o = row(rows, "spf", domain, "TXT");

	if (exit == EXIT_DIRECT)
		put_own(&add, rows->s->config);
	else if (exit == EXIT_RELAY && strcmp(t->deliver.host, "mx") == 0)
		buf_puts(&add, " mx");
	else if (exit == EXIT_RELAY)
		buf_printf(&add, " a:%s", t->deliver.host);
	else if (strcmp(leaves, cloud) != 0)
		buf_puts(&add, leaves);
	buf_printf(&value, "v=spf1%s%s ~all", buf_cstr(&add), cloud);
	with_value(o, buf_cstr(&value));
	if (add.n)
		json_add_cstr(o, "added", buf_cstr(&add) + 1);
}

static void add_cloud_dkim(const struct rows *rows, const char *domain)
{
	enum setup_exit exit = setup_exit(rows->s->tenant);

	if (exit == EXIT_GOOGLE) {
		AUTO_STR name = mem_printf("google._domainkey.%s", domain);

		with_command(row(rows, "dkim_google", name, "TXT"),
			     "Admin console: Apps > Google Workspace > Gmail > "
			     "Authenticate email");
		return;
	}
	for (int i = 1; exit == EXIT_M365 && i <= 2; i++) {
		AUTO_STR name = mem_printf("selector%d._domainkey.%s", i,
					   domain);
		AUTO_STR command = mem_printf("(Get-DkimSigningConfig "
					      "-Identity %s).Selector%dCNAME",
					      domain, i);

		with_command(row(rows, "dkim_m365", name, "CNAME"), command);
	}
}

/* A value above the length of one string (RFC 1035 3.3.14) stands in several. */
static void with_long_value(struct json *o, const char *value)
{
	struct str rest = str_of(value);
	AUTO(buf) zone = BUF_MAX(RECORD_MAX);

	buf_printf(&zone, "%s. 3600 IN TXT (", json_get_cstr(o, "name", ""));
	while (rest.n) {
		struct str part = str_head(rest, TXT_STRING_MAX);

		buf_printf(&zone, " \"" STR_FMT "\"", STR_ARG(part));
		rest = str_skip(rest, part.n);
	}
	buf_puts(&zone, " )");
	json_add_cstr(o, "value", value);
	json_add_str(o, "zone", buf_str(&zone));
}

/* The keys there are; none: how one is made. */
static void add_own_dkim(const struct rows *rows, const char *domain)
{
	const struct dkim_ring *ring = rows->s->ring;
	AUTO_STR guess = mem_printf("SELECTOR._domainkey.%s", domain);
	AUTO_STR command = mem_printf("sekisho dkim show %s", domain);
	bool have = false;
	struct json *o;

	for (size_t i = 0; ring && i < ring->n; i++) {
		const struct dkim_own *k = &ring->v[i];
		AUTO(buf) name = BUF_MAX(1 * KIB);

		if (k->state == DKIM_RETIRED ||
		    strcmp(k->domain, domain) != 0 ||
		    !dkim_record_name(k->selector, k->domain, &name))
			continue;
		o = row(rows, "dkim_key", buf_cstr(&name), "TXT");
		with_long_value(o, k->record);
		have = true;
	}
	if (have)
		return;
	o = row(rows, "dkim_own", guess, "TXT");
	json_add_cstr(o, "domain", domain);
	with_command(o, command);
}

static void add_dkim(const struct rows *rows, const char *domain)
{
	add_cloud_dkim(rows, domain);
	if (tenant_signs(rows->s->tenant))
		add_own_dkim(rows, domain);
}

/* RFC 7489, RFC 8461, RFC 8460: for the domain; the gate changes none. */
static void add_others(const struct rows *rows, const char *domain)
{
	AUTO_STR dmarc = mem_printf("_dmarc.%s", domain);
	AUTO_STR sts = mem_printf("_mta-sts.%s", domain);
	AUTO_STR tls = mem_printf("_smtp._tls.%s", domain);
	AUTO_STR dmarc_value = mem_printf(
		"v=DMARC1; p=none; rua=mailto:dmarc-reports@%s", domain);
	AUTO_STR tls_value = mem_printf("v=TLSRPTv1; rua=mailto:tls-reports@%s",
					domain);

	with_value(row(rows, "dmarc", dmarc, "TXT"), dmarc_value);
	with_value(row(rows, "mta_sts", sts, "TXT"), "v=STSv1; id=1");
	with_value(row(rows, "tls_rpt", tls, "TXT"), tls_value);
}

void setup_add_dns(struct json *doc, const struct setup *s)
{
	struct rows rows = {.list = json_add_array(doc, "dns"), .s = s};

	add_hosts(&rows);
	for (size_t i = 0; i < s->tenant->domains.n; i++) {
		const char *domain = s->tenant->domains.v[i];

		if (domain[0] == '*')
			continue;
		add_spf(&rows, domain);
		add_dkim(&rows, domain);
		add_others(&rows, domain);
	}
}
