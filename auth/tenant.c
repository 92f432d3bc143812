/* tenant.c - proof of tenant for SMTP peers of kind "smtp".
 *
 * Network, TLS and domain are asked of one and the same tenant: what fits of
 * one tenant never helps another.  Two tenants that fit equally well are none.
 */
#include "auth/auth.h"

/* How well a domain fits: 0 not at all; the name itself beats "*.parent",
 * and a longer parent beats a shorter one. */
static size_t domain_fit(const struct tenant_conf *t, struct str key)
{
	size_t best = 0;

	if (key.n == 0)
		return 0;
	for (size_t i = 0; i < t->domains.n; i++) {
		struct str d = str_of(t->domains.v[i]);

		if (str_eq_ci(d, key))
			return SIZE_MAX;
		if (!str_starts(d, STR("*.")))
			continue;
		d = str_skip(d, 1);
		if (key.n > d.n && str_ends_ci(key, d))
			best = MAX_OF(best, d.n);
	}
	return best;
}

bool auth_domain_of(const struct tenant_conf *t, struct str key)
{
	return domain_fit(t, key) > 0;
}

static bool network_fits(const struct tenant_conf *t,
			 const struct sockaddr *address)
{
	if (t->kind != KIND_SMTP)
		return false;
	for (size_t i = 0; i < t->accept.networks.n; i++)
		if (cidr_has(&t->accept.networks.v[i], address))
			return true;
	return false;
}

const struct tenant_conf *auth_peer_tenant(const struct config *c,
					   const struct sockaddr *address)
{
	for (size_t i = 0; i < c->tenant_n; i++)
		if (network_fits(&c->tenant[i], address))
			return &c->tenant[i];
	return NULL;
}

static bool tls_fits(const struct tenant_conf *t, const struct auth_peer *p)
{
	return p->tls || !t->accept.require_tls;
}

/* The one tenant that owns the domain best, of those that network and, where
 * tls is asked, TLS allow. */
static const struct tenant_conf *owner(const struct config *c,
				       const struct auth_peer *p,
				       struct str domain, bool tls)
{
	const struct tenant_conf *found = NULL;
	size_t best = 0;
	bool tie = false;

	for (size_t i = 0; i < c->tenant_n; i++) {
		const struct tenant_conf *t = &c->tenant[i];
		size_t fit;

		if (!network_fits(t, p->address) || (tls && !tls_fits(t, p)))
			continue;
		fit = domain_fit(t, domain);
		if (fit == 0 || fit < best)
			continue;
		tie = fit == best;
		best = fit;
		found = t;
	}
	return tie ? NULL : found;
}

static enum auth_answer prove_domain(const struct config *c,
				     const struct auth_peer *p,
				     struct str domain,
				     const struct tenant_conf **tenant_r)
{
	*tenant_r = owner(c, p, domain, true);
	if (*tenant_r)
		return AUTH_OK;
	return owner(c, p, domain, false) ? AUTH_NEEDS_TLS : AUTH_NO_TENANT;
}

/* Null sender: which tenants could it be? One: that; several: NULL. */
static enum auth_answer prove_null(const struct config *c,
				   const struct auth_peer *p,
				   const struct tenant_conf **tenant_r)
{
	size_t fit = 0, but_for_tls = 0;

	for (size_t i = 0; i < c->tenant_n; i++) {
		const struct tenant_conf *t = &c->tenant[i];

		if (!network_fits(t, p->address))
			continue;
		if (!tls_fits(t, p)) {
			but_for_tls++;
			continue;
		}
		fit++;
		*tenant_r = fit == 1 ? t : NULL;
	}
	if (fit)
		return AUTH_OK;
	return but_for_tls ? AUTH_NEEDS_TLS : AUTH_NO_TENANT;
}

enum auth_answer auth_prove(const struct config *c, const struct auth_peer *p,
			    const struct addr *from,
			    const struct tenant_conf **tenant_r)
{
	*tenant_r = NULL;
	if (!from)
		return prove_null(c, p, tenant_r);
	return prove_domain(c, p, from->key_domain, tenant_r);
}

enum auth_answer auth_prove_header(const struct config *c,
				   const struct auth_peer *p,
				   struct str from_domain,
				   const struct tenant_conf **tenant_r)
{
	struct arena a = ARENA_EMPTY;
	struct str key;
	enum auth_answer answer = AUTH_NO_TENANT;

	*tenant_r = NULL;
	if (domain_key(from_domain, &a, &key, NULL))
		answer = prove_domain(c, p, key, tenant_r);
	arena_release(&a);
	return answer;
}
