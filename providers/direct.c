/* direct.c - to the recipients' own servers, found by MX (RFC 5321 5.1).
 *
 * The route is a recipient domain.  TLS is opportunistic unless the settings
 * demand more; with "verified" the certificate must fit the MX host's name.
 * Addresses of inside networks are for those who named them in the settings.
 */
#include <stdio.h>
#include "connector/base/mem.h"
#include "providers/mx_int.h"

struct direct_hop {
	struct smtp_hop smtp; /* first */
	struct dns *dns;
	char *hostname;
	struct resolved *own;
	size_t own_n;
	struct cidr *inside;
	size_t inside_n;
};

struct direct_link {
	struct smtp_link smtp; /* first */
	struct mx *mx;
	char domain[HOST_TEXT_MAX];
};

static void direct_hop_end(struct hop *base)
{
	struct direct_hop *h = (struct direct_hop *)base;

	smtp_hop_release(&h->smtp);
	mem_free(h->hostname);
	mem_free(h->own);
	mem_free(h->inside);
	mem_free(h);
}

static struct hop *direct_hop_new(const struct hop_conf *conf, struct err *e)
{
	const struct cidrs *inside = &conf->tenant->deliver.inside;
	struct direct_hop *h = NEW(struct direct_hop);

	h->dns = conf->dns;
	h->hostname = mem_strdup(conf->hostname);
	h->own = NEW_ARRAY(struct resolved, conf->own_n + 1);
	h->own_n = conf->own_n;
	if (conf->own_n)
		memcpy(h->own, conf->own, conf->own_n * sizeof(*h->own));
	h->inside_n = inside->n;
	h->inside = NEW_ARRAY(struct cidr, inside->n + 1);
	if (inside->n)
		memcpy(h->inside, inside->v, inside->n * sizeof(*inside->v));
	snprintf(h->smtp.base.name, sizeof(h->smtp.base.name), "direct");
	if (!smtp_hop_init(&h->smtp, HOP_DIRECT, conf, e)) {
		direct_hop_end(&h->smtp.base);
		return NULL;
	}
	return &h->smtp.base;
}

static void on_found(void *arg, const struct mx_found *found)
{
	struct direct_link *l = arg;

	l->mx = NULL;
	if (found->n == 0) {
		smtp_link_fail(&l->smtp, found->permanent, found->status,
			       found->text);
		return;
	}
	memcpy(l->smtp.place, found->place, found->n * sizeof(*found->place));
	l->smtp.place_n = found->n;
	smtp_link_go(&l->smtp);
}

static void find(struct smtp_link *base)
{
	struct direct_link *l = (struct direct_link *)base;
	const struct direct_hop *h = (const struct direct_hop *)base->hop;
	struct mx_conf conf = {.dns = h->dns,
			       .loop = h->smtp.loop,
			       .domain = l->domain,
			       .port = h->smtp.port,
			       .own_name = h->hostname,
			       .own = h->own,
			       .own_n = h->own_n,
			       .outside_only = true,
			       .inside = h->inside,
			       .inside_n = h->inside_n};

	l->mx = mx_find(&conf, on_found, l);
}

static struct link *direct_link_open(struct hop *base, const char *route)
{
	struct direct_link *l = NEW(struct direct_link);

	snprintf(l->domain, sizeof(l->domain), "%s", route);
	l->smtp.find = find;
	smtp_link_init(&l->smtp, (struct smtp_hop *)base);
	snprintf(l->smtp.base.remote, sizeof(l->smtp.base.remote), "%s", route);
	return &l->smtp.base;
}

static void direct_link_end(struct link *base)
{
	struct direct_link *l = (struct direct_link *)base;

	mx_cancel(&l->mx);
	smtp_link_release(&l->smtp);
	mem_free(l);
}

const struct provider provider_direct = {
	.name = "direct",
	.hop_new = direct_hop_new,
	.hop_end = direct_hop_end,
	.link_open = direct_link_open,
	.link_send = smtp_link_send,
	.link_end = direct_link_end,
	.link_tls = smtp_link_tls,
	.link_caps = smtp_link_caps,
};
