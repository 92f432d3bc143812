/* proof_world.h - two tenants of one cloud, with the same peers and other
 * values, for the tests of proofs.
 */
#ifndef SEKISHO_TESTS_PROOF_WORLD_H
#define SEKISHO_TESTS_PROOF_WORLD_H

#include <check.h>
#include "auth/auth.h"

#define TEXT(s)	  ((char *)(s))
#define SECRET_A  "aaaaaaaaAAAAAAAA1111"
#define SECRET_A2 "aaaaaaaaAAAAAAAA2222"
#define SECRET_B  "bbbbbbbbBBBBBBBB1111"
#define GUID_A	  "0a0b0c0d-0000-4000-8000-00000000000a"
#define GUID_B	  "0a0b0c0d-0000-4000-8000-00000000000b"

struct proof_world {
	struct cidr own_net, cloud_net;
	struct tenant_conf tenants[2];
	struct config config;
	struct auth *auth;
};
extern struct proof_world proof_world;
extern char *domains[2][1];

#define PAIRS 4
struct proof_pair {
	enum tenant_kind a, b;
};
extern const struct proof_pair pairs[PAIRS];

/* What a tenant asks of its peers. */
enum { ASK_CERTIFICATE = 1, ASK_ID = 2, ASK_ORG = 4, ASK_SECRET = 8, ASK = 15 };
void open_pair(size_t pair, unsigned asked);
/* Of tenant "a" two values, of "b" one; "none" is not there. */
bool proof_secret(void *arg, const struct secret_ref *ref, struct arena *a,
		  struct str *text_r, struct err *e);

#endif
