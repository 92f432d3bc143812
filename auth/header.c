/* header.c - proofs that stand in the header block: each field exactly once,
 * with exactly its value.
 *
 * A field counts by its name alone, in any case and with blanks before the
 * colon; it proves something only when it is written plainly: name, colon,
 * blanks with one fold at most, the value in one piece, the line's end.  Words
 * that would have to be decoded, joined or guessed are no values.
 */
#include "auth/auth_int.h"
#include "connector/mail/scan.h"

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

static bool is_visible(unsigned char c)
{
	return c > ' ' && c < 0x7f;
}

static bool line_end(struct rd *r)
{
	(void)rd_accept(r, '\r');
	return rd_accept(r, '\n');
}

/* The value of a field that is written plainly, else empty. */
static struct str plain_value(struct str name, struct str field)
{
	struct rd r = rd_of(str_skip(field, name.n));
	struct str value;

	if (!rd_accept(&r, ':')) /* blanks stand before it */
		return STR_EMPTY;
	(void)rd_while(&r, is_blank);
	if (line_end(&r)) /* RFC 5322 2.2.3: folded in front of the value */
		(void)rd_while(&r, is_blank);
	value = rd_while(&r, is_visible);
	(void)rd_while(&r, is_blank);
	return (rd_end(&r) || line_end(&r)) && rd_end(&r) ? value : STR_EMPTY;
}

/* The only field of this name; empty when there is none, are several, or its
 * value is not plain. */
static struct str only_value(struct str head, const char *want)
{
	struct str rest = head, name, field, value = STR_EMPTY;
	unsigned n = 0;

	while (header_field_next(&rest, &name, &field)) {
		if (!str_is_ci(name, want))
			continue;
		value = plain_value(name, field);
		n++;
	}
	return n == 1 ? value : STR_EMPTY;
}

static bool org_fits(const struct strings *list, struct str value)
{
	struct arena a = ARENA_EMPTY;
	struct str key;
	bool fits;

	if (list->n == 0)
		return true;
	fits = value.n && domain_key(value, &a, &key, NULL) &&
	       auth_domains_have(list, key);
	arena_release(&a);
	return fits;
}

static enum auth_answer prove_fields(const struct auth *a,
				     const struct tenant_conf *t,
				     struct str head, enum auth_proof *failed_r)
{
	struct str id = only_value(head, "X-MS-Exchange-CrossTenant-Id");
	struct str org = only_value(head, "X-OriginatorOrg");
	bool id_fits = !t->accept.tenant_id ||
		       (id.n && str_is_ci(id, t->accept.tenant_id));
	bool secret_fits = !t->accept.header.name ||
			   auth_secret_is(
				   &a->tenant[t->index].accept,
				   only_value(head, t->accept.header.name));

	*failed_r = AUTH_PROOF_NONE;
	if (!id_fits)
		*failed_r = AUTH_PROOF_TENANT_ID;
	else if (!org_fits(&t->accept.originator_org, org))
		*failed_r = AUTH_PROOF_ORIGINATOR_ORG;
	else if (!secret_fits)
		*failed_r = AUTH_PROOF_HEADER;
	return *failed_r == AUTH_PROOF_NONE ? AUTH_OK : AUTH_NO_TENANT;
}

static const struct tenant_conf *owner_by_from(const struct auth *a,
					       struct str head)
{
	const struct tenant_conf *owner = NULL;
	struct arena room = ARENA_EMPTY;
	struct header_scan scan;
	struct str key;

	header_scan(head, "", &scan);
	if (domain_key(scan.from_domain, &room, &key, NULL))
		owner = auth_owner(a, key);
	arena_release(&room);
	return owner;
}

static enum auth_answer prove(const struct auth *a, const struct auth_peer *p,
			      const struct envelope *env,
			      const struct tenant_conf *tenant, struct str head,
			      const struct tenant_conf **tenant_r,
			      enum auth_proof *failed_r)
{
	const struct tenant_conf *owner =
		envelope_null_sender(env) ? owner_by_from(a, head)
					  : auth_owner(a, env->from.key_domain);
	enum auth_answer answer;

	*failed_r = AUTH_PROOF_DOMAIN;
	/* A tenant that a reload has taken away is nobody's. */
	if (!owner || (tenant && auth_own(a, tenant) != owner))
		return AUTH_NO_TENANT;
	answer = auth_peer_fits(a, owner, p, failed_r);
	if (answer == AUTH_OK && !p->login)
		answer = prove_fields(a, owner, head, failed_r);
	if (answer == AUTH_OK)
		*tenant_r = owner;
	/* It is too late to ask for TLS. */
	return answer == AUTH_NEEDS_TLS ? AUTH_NO_TENANT : answer;
}

static bool is_validation(const struct auth *a, const struct auth_peer *p,
			  const struct envelope *env,
			  const struct tenant_conf **tenant_r)
{
	const struct tenant_conf *t = auth_newcomer(a), *owner;
	enum auth_proof failed;

	if (!t || p->login || env->rcpt_n == 0 ||
	    auth_peer_fits(a, t, p, &failed) != AUTH_OK)
		return false;
	/* Another tenant's sender must hear that his mail was not taken. */
	owner = envelope_null_sender(env) ? NULL
					  : auth_owner(a, env->from.key_domain);
	if (owner && owner != t)
		return false;
	for (size_t i = 0; i < env->rcpt_n; i++)
		if (!str_eq(env->rcpt[i].addr.key, a->onboarding.to))
			return false;
	*tenant_r = t;
	return true;
}

enum auth_answer
auth_prove_header(const struct auth *a, const struct auth_peer *p,
		  const struct envelope *env, const struct tenant_conf *tenant,
		  struct str head, const struct tenant_conf **tenant_r,
		  enum auth_proof *failed_r)
{
	enum auth_answer answer;

	*tenant_r = NULL;
	answer = prove(a, p, env, tenant, head, tenant_r, failed_r);
	if (answer == AUTH_NO_TENANT && is_validation(a, p, env, tenant_r))
		return AUTH_VALIDATION;
	return answer;
}

bool auth_header_is_done(const struct auth *a, const struct tenant_conf *t,
			 struct str head)
{
	const struct tenant_conf *own = auth_own(a, t);

	return own && own->done.name &&
	       auth_secret_is(&a->tenant[own->index].done,
			      only_value(head, own->done.name));
}
