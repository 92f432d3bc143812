/* auth_int.h - what the files of the proof share: the object, and the tenant's
 * values.
 */
#ifndef SEKISHO_AUTH_INT_H
#define SEKISHO_AUTH_INT_H

#include "auth/auth.h"
#include "connector/base/map.h"

#define AUTH_UNVERIFIED 3 /* networks of Google's that are nobody's proof */

/* Values of one header; none where the text could not be read. */
struct auth_secret {
	struct str value[AUTH_SECRET_VALUES_MAX];
	size_t n;
};

struct auth_tenant {
	struct auth_secret accept, done;
	const char *why; /* a secret cannot be read; NULL: all well */
};

struct auth {
	const struct config *c;
	struct arena secrets;	    /* wiped; all below with their texts */
	struct auth_tenant *tenant; /* by index in c->tenant */
	struct cidr unverified[AUTH_UNVERIFIED];
	struct map names; /* of secret headers, lower case; value: itself */
	struct {
		struct cidr *v;
		size_t n;
		int64_t fetched_us;
	} ranges[AUTH_CLOUD_COUNT];
	struct {
		struct arena arena;
		struct str tenant, to; /* to: compared form */
		int64_t until_us;
	} onboarding;
};

/* The same tenant in the object's own configuration, or NULL. */
const struct tenant_conf *auth_own(const struct auth *a,
				   const struct tenant_conf *t);
/* auth.c: is one of the values this one? As long for every value. */
bool auth_secret_is(const struct auth_secret *s, struct str value);
/* tenant.c: who names this domain most closely; two that do are none. */
const struct tenant_conf *auth_owner(const struct auth *a, struct str key);
bool auth_domains_have(const struct strings *list, struct str key);
/* All that is asked of the peer itself. */
enum auth_answer auth_peer_fits(const struct auth *a,
				const struct tenant_conf *t,
				const struct auth_peer *p,
				enum auth_proof *failed_r);
/* The tenant that is being taken in now, or NULL. */
const struct tenant_conf *auth_newcomer(const struct auth *a);

#endif
