/* relay.c - the tenant's relay: a configured host, by SMTP.
 *
 * The host's addresses are tried in the order of the resolver.  `host: mx`
 * means the MX hosts of the tenant's first domain, as Microsoft 365 wants it:
 * read from the DNS at each new connection, for no rule builds their names.
 * The level of TLS is the configured one; only "opportunistic" goes on in
 * clear when the handshake fails, on a new connection.
 */
#include <stdio.h>
#include "connector/base/clock.h"
#include "connector/base/mem.h"
#include "providers/mx_int.h"

#define CACHE_US (30 * US_PER_S) /* addresses of the host */

struct relay_hop {
	struct smtp_hop smtp; /* first */
	struct resolver *resolver;
	struct dns *dns;
	char *host; /* NULL: the MX of `domain` */
	char *domain, *hostname;
	bool literal;
	struct resolved cache[PLACES_MAX];
	size_t cache_n;
	int64_t cache_until_us; /* monotonic; literal: for ever */
};

struct relay_link {
	struct smtp_link smtp; /* first */
	struct query *query;
	struct mx *mx;
};

/* ---- hop ------------------------------------------------------------------- */

static void relay_hop_end(struct hop *base)
{
	struct relay_hop *h = (struct relay_hop *)base;

	smtp_hop_release(&h->smtp);
	mem_free(h->host);
	mem_free(h->domain);
	mem_free(h->hostname);
	mem_free(h);
}

static void name_host(struct relay_hop *h, const struct hop_conf *conf)
{
	const struct tenant_conf *t = conf->tenant;

	if (str_is(str_of(t->deliver.host), "mx")) {
		h->dns = conf->dns;
		h->domain = mem_strdup(t->domains.n ? t->domains.v[0] : "");
		h->hostname = mem_strdup(conf->hostname);
		snprintf(h->smtp.base.name, sizeof(h->smtp.base.name),
			 "MX of %.200s", h->domain);
		return;
	}
	h->host = mem_strdup(t->deliver.host);
	snprintf(h->smtp.base.name, sizeof(h->smtp.base.name), "%s:%u", h->host,
		 h->smtp.port);
	h->literal = resolve_literal(h->host, h->smtp.port, &h->cache[0]);
	h->cache_n = h->literal;
}

static struct hop *relay_hop_new(const struct hop_conf *conf, struct err *e)
{
	struct relay_hop *h = NEW(struct relay_hop);

	h->resolver = conf->resolver;
	if (!smtp_hop_init(&h->smtp, HOP_RELAY, conf, e)) {
		relay_hop_end(&h->smtp.base);
		return NULL;
	}
	name_host(h, conf);
	return &h->smtp.base;
}

/* ---- places ----------------------------------------------------------------- */

static void go(struct relay_link *l)
{
	const struct relay_hop *h = (struct relay_hop *)l->smtp.hop;

	for (size_t i = 0; i < h->cache_n; i++) {
		struct place *p = &l->smtp.place[i];

		snprintf(p->host, sizeof(p->host), "%s", h->host);
		p->to = h->cache[i];
	}
	l->smtp.place_n = h->cache_n;
	smtp_link_go(&l->smtp);
}

static void on_resolved(void *arg, const struct resolved *found, size_t n,
			const struct err *why)
{
	struct relay_link *l = arg;
	struct relay_hop *h = (struct relay_hop *)l->smtp.hop;

	l->query = NULL;
	if (n == 0) {
		smtp_link_fail(&l->smtp, false, "4.4.3", why->text);
		return;
	}
	h->cache_n = MIN_OF(n, (size_t)PLACES_MAX);
	memcpy(h->cache, found, h->cache_n * sizeof(*found));
	h->cache_until_us = clock_monotonic_us() + CACHE_US;
	go(l);
}

/* A relay that is not to be found is no verdict on anybody's mail. */
static void on_mx(void *arg, const struct mx_found *found)
{
	struct relay_link *l = arg;

	l->mx = NULL;
	if (found->n == 0) {
		smtp_link_fail(&l->smtp, false, "4.4.3", found->text);
		return;
	}
	memcpy(l->smtp.place, found->place, found->n * sizeof(*found->place));
	l->smtp.place_n = found->n;
	smtp_link_go(&l->smtp);
}

static void find(struct smtp_link *base)
{
	struct relay_link *l = (struct relay_link *)base;
	struct relay_hop *h = (struct relay_hop *)base->hop;
	struct mx_conf conf = {.dns = h->dns,
			       .loop = h->smtp.loop,
			       .domain = h->domain,
			       .port = h->smtp.port,
			       .own_name = h->hostname};

	if (!h->host)
		l->mx = mx_find(&conf, on_mx, l);
	else if (h->literal || h->cache_until_us > clock_monotonic_us())
		go(l);
	else
		l->query = resolve_host(h->resolver, h->host, h->smtp.port,
					on_resolved, l);
}

static void spent(struct smtp_link *base)
{
	((struct relay_hop *)base->hop)->cache_until_us = 0;
}

static struct link *relay_link_open(struct hop *base, const char *route)
{
	struct relay_link *l = NEW(struct relay_link);

	(void)route; /* one for all of a tenant's mail */
	l->smtp.find = find;
	l->smtp.spent = spent;
	smtp_link_init(&l->smtp, (struct smtp_hop *)base);
	return &l->smtp.base;
}

static void relay_link_end(struct link *base)
{
	struct relay_link *l = (struct relay_link *)base;

	resolve_cancel(&l->query);
	mx_cancel(&l->mx);
	smtp_link_release(&l->smtp);
	mem_free(l);
}

const struct provider provider_relay = {
	.name = "relay",
	.hop_new = relay_hop_new,
	.hop_end = relay_hop_end,
	.link_open = relay_link_open,
	.link_send = smtp_link_send,
	.link_end = relay_link_end,
	.link_tls = smtp_link_tls,
	.link_caps = smtp_link_caps,
};
