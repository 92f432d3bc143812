/* fuzz_proof - bytes as a header block that has to prove a tenant.  Whoever
 * passes has written the secret, the tenant's id and its domain.
 */
#include <arpa/inet.h>
#include "auth/auth.h"
#include "connector/base/die.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define SECRET "abcdefghijklmnop0123"
#define GUID   "0a0b0c0d-0000-4000-8000-00000000000a"

static bool read_secret(void *arg, const struct secret_ref *ref,
			struct arena *a, struct str *text_r, struct err *e)
{
	(void)arg;
	(void)ref;
	(void)e;
	*text_r = arena_str(a, STR(SECRET));
	return true;
}

static struct auth *make(void)
{
	static struct cidr net;
	static char *domains[] = {(char *)"a.example"};
	static struct tenant_conf t = {
		.tenant = (char *)"a",
		.kind = KIND_M365,
		.domains = {domains, 1},
		.accept = {.networks = {.v = &net, .n = 1},
			   .tenant_id = (char *)GUID,
			   .originator_org = {domains, 1},
			   .header = {(char *)"X-T",
				      {SECRET_STORE, (char *)"s"}}},
		.done = {(char *)"X-D", {SECRET_STORE, (char *)"s"}},
	};
	static struct config c = {.tenant = &t, .tenant_n = 1};

	must(cidr_parse(STR("192.0.2.0/24"), &net, NULL));
	return auth_new(&c, read_secret, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct auth *auth;
	struct sockaddr_in sa = {.sin_family = AF_INET};
	struct auth_peer peer = {.address = (struct sockaddr *)&sa};
	struct envelope null = {.rcpt_n = 0};
	struct str head = str_n(p, n);
	const struct tenant_conf *t;
	enum auth_proof failed;

	if (!auth)
		auth = make();
	inet_pton(AF_INET, "192.0.2.1", &sa.sin_addr);
	if (auth_prove_header(auth, &peer, &null, NULL, head, &t, &failed) ==
	    AUTH_OK) {
		must(t != NULL && failed == AUTH_PROOF_NONE);
		must(str_find(head, STR(SECRET)) >= 0);
		must(str_find_ci(head, STR(GUID)) >= 0);
		must(str_find_ci(head, STR("a.example")) >= 0);
	} else {
		must(t == NULL && failed != AUTH_PROOF_NONE);
	}
	if (t && auth_header_is_done(auth, t, head))
		must(str_find(head, STR(SECRET)) >= 0);
	return 0;
}
