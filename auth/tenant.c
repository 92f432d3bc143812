/* tenant.c - proof of tenant before DATA: network, TLS, certificate, domain.
 *
 * All is asked of one and the same tenant, the owner of the domain: what fits
 * of one tenant never helps another.  Two tenants that name a domain equally
 * well own nothing.
 */
#include "auth/auth_int.h"
#include "connector/base/die.h"

static size_t fit_of(const struct strings *list, struct str key)
{
	return domain_fit((const char *const *)list->v, list->n, key);
}

bool auth_domains_have(const struct strings *list, struct str key)
{
	return fit_of(list, key) > 0;
}

bool auth_domain_of(const struct tenant_conf *t, struct str key)
{
	return auth_domains_have(&t->domains, key);
}

const struct tenant_conf *auth_domain_owner(const struct config *c,
					    struct str key)
{
	const struct tenant_conf *found = NULL;
	size_t best = 0;
	bool tie = false;

	for (size_t i = 0; i < c->tenant_n; i++) {
		const struct tenant_conf *t = &c->tenant[i];
		size_t fit = fit_of(&t->domains, key);

		if (fit == 0 || fit < best)
			continue;
		tie = fit == best;
		best = fit;
		found = t;
	}
	return tie ? NULL : found;
}

const struct tenant_conf *auth_owner(const struct auth *a, struct str key)
{
	return auth_domain_owner(a->c, key);
}

/* ---- the peer ---------------------------------------------------------------- */

enum inside { OUTSIDE, INSIDE, NOT_KNOWN };

static bool has_address(const struct cidr *v, size_t n,
			const struct sockaddr *address)
{
	for (size_t i = 0; i < n; i++)
		if (cidr_has(&v[i], address))
			return true;
	return false;
}

static enum inside network_has(const struct auth *a,
			       const struct tenant_conf *t,
			       const struct sockaddr *address)
{
	const struct cidrs *own = &t->accept.networks;
	enum auth_cloud cloud = t->kind == KIND_M365 ? AUTH_CLOUD_M365
						     : AUTH_CLOUD_GOOGLE;

	if (has_address(own->v, own->n, address))
		return INSIDE;
	if (!own->published || (t->kind != KIND_M365 && t->kind != KIND_GOOGLE))
		return OUTSIDE;
	if (cloud == AUTH_CLOUD_GOOGLE &&
	    has_address(a->unverified, AUTH_UNVERIFIED, address))
		return OUTSIDE;
	if (a->ranges[cloud].n == 0)
		return NOT_KNOWN;
	return has_address(a->ranges[cloud].v, a->ranges[cloud].n, address)
		       ? INSIDE
		       : OUTSIDE;
}

const struct tenant_conf *auth_peer_tenant(const struct auth *a,
					   const struct sockaddr *address)
{
	for (size_t i = 0; i < a->c->tenant_n; i++) {
		const struct tenant_conf *t = &a->c->tenant[i];

		must(t != NULL); /* for the analyzer */
		if (network_has(a, t, address) == INSIDE)
			return t;
	}
	return NULL;
}

/* Exactly the name: a wildcard of the peer's stands for nothing here. */
static bool certificate_fits(const struct tenant_conf *t,
			     const struct auth_peer *p)
{
	if (!t->accept.certificate)
		return true;
	for (size_t i = 0;
	     p->certificate_verified && p->tls && i < p->certificate_name_n;
	     i++)
		if (str_is_ci(p->certificate_name[i], t->accept.certificate))
			return true;
	return false;
}

static enum auth_answer fails(enum auth_answer answer, enum auth_proof proof,
			      enum auth_proof *failed_r)
{
	*failed_r = proof;
	return answer;
}

enum auth_answer auth_peer_fits(const struct auth *a,
				const struct tenant_conf *t,
				const struct auth_peer *p,
				enum auth_proof *failed_r)
{
	bool asks_tls = t->accept.require_tls || t->accept.certificate;
	enum inside inside;

	*failed_r = AUTH_PROOF_NONE;
	if (p->login)
		return auth_own(a, p->login) == t
			       ? AUTH_OK
			       : fails(AUTH_NO_TENANT, AUTH_PROOF_DOMAIN,
				       failed_r);
	inside = network_has(a, t, p->address);
	if (inside == OUTSIDE)
		return fails(AUTH_NO_TENANT, AUTH_PROOF_NETWORK, failed_r);
	if (asks_tls && !p->tls)
		return fails(AUTH_NEEDS_TLS, AUTH_PROOF_TLS, failed_r);
	if (!certificate_fits(t, p))
		return fails(AUTH_NO_TENANT, AUTH_PROOF_CERTIFICATE, failed_r);
	if (inside == NOT_KNOWN || a->tenant[t->index].why)
		return fails(AUTH_NOT_YET, AUTH_PROOF_UNKNOWN, failed_r);
	return AUTH_OK;
}

/* ---- MAIL FROM ----------------------------------------------------------------- */

/* A connector's validation mail may come from a domain that is nobody's. */
static enum auth_answer prove_nobodys(const struct auth *a,
				      const struct auth_peer *p,
				      enum auth_proof *failed_r)
{
	bool known = p->login || auth_peer_tenant(a, p->address);
	const struct tenant_conf *t = auth_newcomer(a);

	if (t && !p->login && auth_peer_fits(a, t, p, failed_r) == AUTH_OK)
		return AUTH_OK;
	*failed_r = known ? AUTH_PROOF_DOMAIN : AUTH_PROOF_NETWORK;
	return AUTH_NO_TENANT;
}

/* Null sender: which tenants could it be? One: that; several: NULL. */
static enum auth_answer prove_null(const struct auth *a,
				   const struct auth_peer *p,
				   const struct tenant_conf **tenant_r,
				   enum auth_proof *failed_r)
{
	enum auth_answer best = AUTH_NO_TENANT;
	size_t fit = 0;

	*failed_r = AUTH_PROOF_NETWORK;
	for (size_t i = 0; i < a->c->tenant_n; i++) {
		const struct tenant_conf *t = &a->c->tenant[i];
		enum auth_proof failed;
		enum auth_answer answer = auth_peer_fits(a, t, p, &failed);

		if (answer == AUTH_OK)
			*tenant_r = ++fit == 1 ? t : NULL;
		/* The answers stand from good to bad. */
		if (answer <= best && failed != AUTH_PROOF_NETWORK) {
			best = answer;
			*failed_r = failed;
		}
	}
	return best;
}

enum auth_answer auth_prove(const struct auth *a, const struct auth_peer *p,
			    const struct addr *from,
			    const struct tenant_conf **tenant_r,
			    enum auth_proof *failed_r)
{
	const struct tenant_conf *owner;
	enum auth_answer answer;

	*tenant_r = NULL;
	if (!from)
		return prove_null(a, p, tenant_r, failed_r);
	owner = auth_owner(a, from->key_domain);
	if (!owner)
		return prove_nobodys(a, p, failed_r);
	answer = auth_peer_fits(a, owner, p, failed_r);
	if (answer == AUTH_OK)
		*tenant_r = owner;
	return answer;
}

bool auth_wants_header(const struct auth *a, const struct tenant_conf *t)
{
	for (size_t i = 0; !t && i < a->c->tenant_n; i++)
		if (auth_wants_header(a, &a->c->tenant[i]))
			return true;
	return t && (t->accept.tenant_id || t->accept.originator_org.n ||
		     t->accept.header.name);
}

bool auth_wants_dkim(const struct tenant_conf *t)
{
	return t->accept.dkim.n > 0;
}

bool auth_prove_dkim(const struct tenant_conf *t, const struct str *d,
		     size_t d_n)
{
	if (!auth_wants_dkim(t))
		return true;
	for (size_t i = 0; i < d_n; i++)
		if (auth_domains_have(&t->accept.dkim, d[i]))
			return true;
	return false;
}
