/* proof_world.c - see proof_world.h. */
#include "tests/unit/auth/proof_world.h"

struct proof_world proof_world;
static struct proof_world *const w = &proof_world;
char *domains[2][1] = {{TEXT("a.example")}, {TEXT("b.example")}};
static char *orgs[2][1] = {{TEXT("a.example")}, {TEXT("b.example")}};
static const char *const guids[2] = {GUID_A, GUID_B};

const struct proof_pair pairs[PAIRS] = {
	{KIND_M365, KIND_M365},
	{KIND_GOOGLE, KIND_GOOGLE},
	{KIND_M365, KIND_GOOGLE},
	{KIND_SMTP, KIND_LINE_WORKS},
};

bool proof_secret(void *arg, const struct secret_ref *ref, struct arena *a,
		  struct str *text_r, struct err *e)
{
	(void)arg;
	if (strcmp(ref->value, "none") == 0)
		return err_set(e, ERR_NOT_FOUND, 0, "not there");
	*text_r = arena_str(a, strcmp(ref->value, "a") == 0
				       ? STR(SECRET_A "\n" SECRET_A2 "\n")
				       : STR(SECRET_B));
	return true;
}

static void tenant(unsigned i, enum tenant_kind kind, unsigned asked)
{
	struct tenant_conf *t = &w->tenants[i];
	bool cloud = kind == KIND_M365 || kind == KIND_GOOGLE;

	*t = (struct tenant_conf){
		.tenant = TEXT(i ? "b" : "a"), .index = i, .kind = kind};
	t->domains = (struct strings){domains[i], 1};
	t->accept.require_tls = true;
	t->accept.networks.published = cloud;
	if (!cloud)
		t->accept.networks = (struct cidrs){.v = &w->own_net, .n = 1};
	if (asked & ASK_CERTIFICATE)
		t->accept.certificate = TEXT("mail.cloud.example");
	if (asked & ASK_ID)
		t->accept.tenant_id = TEXT(guids[i]);
	if (asked & ASK_ORG)
		t->accept.originator_org = (struct strings){orgs[i], 1};
	if (asked & ASK_SECRET) {
		t->accept.header.name = TEXT("X-Sekisho-Tenant");
		t->accept.header.secret = (struct secret_ref){
			SECRET_STORE, TEXT(i ? "b" : "a")};
	}
}

void open_pair(size_t pair, unsigned asked)
{
	ck_assert(cidr_parse(STR("192.0.2.0/24"), &w->own_net, NULL));
	ck_assert(cidr_parse(STR("40.92.0.0/15"), &w->cloud_net, NULL));
	tenant(0, pairs[pair].a, asked);
	tenant(1, pairs[pair].b, asked);
	w->config = (struct config){.tenant = w->tenants, .tenant_n = 2};
	w->auth = auth_new(&w->config, proof_secret, NULL);
	auth_set_ranges(w->auth, AUTH_CLOUD_M365, &w->cloud_net, 1, 1);
	auth_set_ranges(w->auth, AUTH_CLOUD_GOOGLE, &w->cloud_net, 1, 1);
}
