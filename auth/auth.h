/* auth.h - who is it: proof of tenant for SMTP peers.
 *
 * Everything that is configured for a tenant must fit; there is no default
 * that accepts.  Pure functions over the configuration snapshot.
 */
#ifndef SEKISHO_AUTH_H
#define SEKISHO_AUTH_H

#include "connector/base/err.h"
#include "connector/conf/config.h"
#include "connector/mail/addr.h"

struct sockaddr;

/* Text of a secret by its reference: file, credential, or store. */
typedef bool auth_secret_read(void *arg, const struct secret_ref *ref,
			      struct arena *a, struct str *text_r,
			      struct err *e);

struct auth_peer {
	const struct sockaddr *address;
	bool tls;
	bool certificate_verified;
	struct str certificate_name; /* empty: none */
};

enum auth_answer {
	AUTH_OK,
	AUTH_NEEDS_TLS, /* would fit but for TLS: 530 5.7.0 */
	AUTH_NO_TENANT, /* 550 5.7.1 */
};

/* Is the peer inside some tenant's networks? (Deadlines, limits.) */
const struct tenant_conf *auth_peer_tenant(const struct config *c,
					   const struct sockaddr *address);
/* All proofs that stand before DATA. from NULL: null sender, the domain is
 * proved later by auth_prove_header(). */
enum auth_answer auth_prove(const struct config *c, const struct auth_peer *p,
			    const struct addr *from,
			    const struct tenant_conf **tenant_r);
/* Null sender: the header From domain must be the tenant's; when several
 * tenants share the network, the one that owns the domain is returned. */
enum auth_answer auth_prove_header(const struct config *c,
				   const struct auth_peer *p,
				   struct str from_domain,
				   const struct tenant_conf **tenant_r);
/* Is this domain (compared form) one of the tenant's? */
bool auth_domain_of(const struct tenant_conf *t, struct str domain_key);

#endif
