/* route.c - what of a tenant's mail shares a way out: pure.
 *
 * By the relay all of it; directly, what goes to one domain; by a login, what
 * leaves one mailbox.  Delivery counts, paces and pauses by route.
 */
#include "connector/flow/flow_int.h"

/* Compared form; what cannot have one stays as it is, in lower case. */
static struct str lowered(struct str s, struct arena *a)
{
	char *p = arena_strndup(a, s.p ? s.p : "", s.n);

	for (size_t i = 0; i < s.n; i++)
		p[i] = ascii_lower(p[i]);
	return str_n(p, s.n);
}

static struct str domain_of(struct str address, struct arena *a)
{
	ptrdiff_t at = str_rchr(address, '@');
	struct str domain = at < 0 ? address
				   : str_skip(address, (size_t)at + 1);
	struct err e = ERR_EMPTY;
	struct str key;

	if (domain.n && domain.p[0] != '[' && domain_key(domain, a, &key, &e))
		return key;
	return lowered(domain, a);
}

static struct str mailbox_of(struct str address, struct arena *a)
{
	struct err e = ERR_EMPTY;
	struct addr addr;

	if (addr_parse(address, true, true, a, &addr, &e))
		return addr.key;
	return lowered(address, a);
}

struct str flow_route(const struct tenant_conf *t, struct str from,
		      struct str to, struct arena *a)
{
	struct str via = str_of(t->deliver.via);

	if (str_is(via, "direct"))
		return domain_of(to, a);
	if (str_is(via, "smtp-auth"))
		return mailbox_of(from.n ? from : str_of(t->notices_from), a);
	return STR_EMPTY;
}

void routes_set(const struct tenant_conf *t, struct str from,
		struct store_rcpt *rcpt, size_t n, struct arena *a)
{
	for (size_t i = 0; t && i < n; i++)
		rcpt[i].route = flow_route(t, from, rcpt[i].key, a);
}
