/* test_tenant.c - proof of tenant: all of one, or none. */
#include <arpa/inet.h>
#include <check.h>
#include "auth/auth.h"

/* The configuration owns its texts; here nobody writes them. */
#define TEXT(s) ((char *)(s))

static struct cidr nets[3];
static char *one_domains[] = {TEXT("example.jp"), TEXT("*.example.jp"),
			      TEXT("shared.test")};
static char *two_domains[] = {TEXT("secure.test"), TEXT("*.sub.example.jp"),
			      TEXT("shared.test")};
static struct tenant_conf tenants[3];
static struct config config;
static struct auth *auth;

static void setup(void)
{
	static const char *text[] = {"192.0.2.0/24", "198.51.100.0/24",
				     "203.0.113.0/24"};

	for (size_t i = 0; i < ARRAY_LEN(nets); i++)
		ck_assert(cidr_parse(str_of(text[i]), &nets[i], NULL));
	/* nets[0] is one's, nets[2] is two's, nets[1] is of both. */
	tenants[0] = (struct tenant_conf){.tenant = TEXT("one"),
					  .kind = KIND_SMTP};
	tenants[0].domains = (struct strings){one_domains, 3};
	tenants[0].accept.networks = (struct cidrs){.v = nets, .n = 2};
	tenants[1] = (struct tenant_conf){.tenant = TEXT("two"),
					  .kind = KIND_SMTP};
	tenants[1].domains = (struct strings){two_domains, 3};
	tenants[1].accept.networks = (struct cidrs){.v = nets + 1, .n = 2};
	tenants[1].accept.require_tls = true;
	tenants[2] = (struct tenant_conf){.tenant = TEXT("cloud"),
					  .kind = KIND_M365};
	tenants[2].domains = (struct strings){one_domains, 1};
	tenants[2].accept.networks = (struct cidrs){.v = nets, .n = 3};
	for (unsigned i = 0; i < 3; i++)
		tenants[i].index = i;
	config.tenant = tenants;
	config.tenant_n = 2; /* the third one only where a test asks for it */
	auth = auth_new(&config, NULL, NULL);
}

static void teardown(void)
{
	auth_free(&auth);
}

static struct sockaddr_in peer_at(const char *text)
{
	struct sockaddr_in sa = {.sin_family = AF_INET};

	ck_assert_int_eq(inet_pton(AF_INET, text, &sa.sin_addr), 1);
	return sa;
}

#define ONE  "192.0.2.1"
#define BOTH "198.51.100.1"
#define TWO  "203.0.113.1"
#define NONE "10.0.0.1"

static const struct {
	const char *peer;
	bool tls;
	const char *domain; /* NULL: null sender */
	enum auth_answer answer;
	int tenant; /* index, or -1 */
} rows[] = {
	{ONE, false, "example.jp", AUTH_OK, 0},
	{ONE, true, "example.jp", AUTH_OK, 0},
	{ONE, false, "a.example.jp", AUTH_OK, 0},
	/* The longer parent owns it, and its proofs alone count. */
	{ONE, false, "a.sub.example.jp", AUTH_NO_TENANT, -1},
	{ONE, false, "secure.test", AUTH_NO_TENANT, -1},
	{ONE, true, "secure.test", AUTH_NO_TENANT, -1},
	{ONE, false, "jp", AUTH_NO_TENANT, -1},
	{ONE, false, "xexample.jp", AUTH_NO_TENANT, -1},
	{ONE, false, ".example.jp", AUTH_NO_TENANT, -1},
	{ONE, false, "", AUTH_NO_TENANT, -1},
	/* What two name equally is nobody's, whoever comes. */
	{ONE, false, "shared.test", AUTH_NO_TENANT, -1},
	{TWO, true, "shared.test", AUTH_NO_TENANT, -1},
	{TWO, true, "example.jp", AUTH_NO_TENANT, -1},
	{TWO, false, "example.jp", AUTH_NO_TENANT, -1},
	{BOTH, true, "secure.test", AUTH_OK, 1},
	{BOTH, false, "secure.test", AUTH_NEEDS_TLS, -1},
	{BOTH, true, "example.jp", AUTH_OK, 0},
	{BOTH, true, "a.example.jp", AUTH_OK, 0},
	{BOTH, true, "a.sub.example.jp", AUTH_OK, 1},
	{BOTH, false, "a.sub.example.jp", AUTH_NEEDS_TLS, -1},
	{BOTH, true, "shared.test", AUTH_NO_TENANT, -1},
	{NONE, true, "example.jp", AUTH_NO_TENANT, -1},
	{NONE, true, "secure.test", AUTH_NO_TENANT, -1},
	{ONE, false, NULL, AUTH_OK, 0},
	{TWO, false, NULL, AUTH_NEEDS_TLS, -1},
	{TWO, true, NULL, AUTH_OK, 1},
	{BOTH, false, NULL, AUTH_OK, 0},
	{BOTH, true, NULL, AUTH_OK, -1}, /* the header will say */
	{NONE, true, NULL, AUTH_NO_TENANT, -1},
};

START_TEST(proofs)
{
	struct sockaddr_in sa = peer_at(rows[_i].peer);
	struct auth_peer p = {.address = (struct sockaddr *)&sa,
			      .tls = rows[_i].tls};
	const struct tenant_conf *t = &tenants[2];
	struct addr from = {.text = STR("x")};
	enum auth_answer answer;
	enum auth_proof failed;

	if (rows[_i].domain)
		from.key_domain = str_of(rows[_i].domain);
	answer = auth_prove(auth, &p, rows[_i].domain ? &from : NULL, &t,
			    &failed);
	ck_assert_int_eq(answer, rows[_i].answer);
	ck_assert_ptr_eq(t, rows[_i].tenant < 0 ? NULL
						: &tenants[rows[_i].tenant]);
}
END_TEST

static const struct {
	const char *peer, *domain;
	enum auth_answer answer;
	int tenant;
} headers[] = {
	{BOTH, "secure.test", AUTH_OK, 1},
	{BOTH, "SECURE.test", AUTH_OK, 1},
	{BOTH, "secure.test.", AUTH_OK, 1},
	{BOTH, "example.jp", AUTH_OK, 0},
	{BOTH, "", AUTH_NO_TENANT, -1},
	{BOTH, "a..b", AUTH_NO_TENANT, -1},
	{BOTH, "evil.test", AUTH_NO_TENANT, -1},
	{BOTH, "\xff.example.jp", AUTH_NO_TENANT, -1},
	{ONE, "secure.test", AUTH_NO_TENANT, -1},
};

START_TEST(header_proofs)
{
	struct sockaddr_in sa = peer_at(headers[_i].peer);
	struct auth_peer p = {.address = (struct sockaddr *)&sa, .tls = true};
	const struct tenant_conf *t = &tenants[2];
	struct envelope null = {.rcpt_n = 0};
	AUTO(buf) head = BUF_MAX(1024);
	enum auth_proof failed;

	buf_printf(&head, "From: a@%s\r\n\r\n", headers[_i].domain);
	ck_assert_int_eq(auth_prove_header(auth, &p, &null, NULL,
					   buf_str(&head), &t, &failed),
			 headers[_i].answer);
	ck_assert_ptr_eq(t, headers[_i].tenant < 0
				    ? NULL
				    : &tenants[headers[_i].tenant]);
}
END_TEST

START_TEST(networks)
{
	static const struct {
		const char *peer;
		int tenant;
	} v[] = {{ONE, 0}, {BOTH, 0}, {TWO, 1}, {NONE, -1}};
	struct sockaddr unix_peer = {.sa_family = AF_UNIX};

	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct sockaddr_in sa = peer_at(v[i].peer);

		ck_assert_ptr_eq(auth_peer_tenant(auth, (struct sockaddr *)&sa),
				 v[i].tenant < 0 ? NULL
						 : &tenants[v[i].tenant]);
	}
	ck_assert_ptr_null(auth_peer_tenant(auth, &unix_peer));
}
END_TEST

START_TEST(nobody_without_configuration)
{
	struct sockaddr_in sa = peer_at(ONE);
	struct auth_peer p = {.address = (struct sockaddr *)&sa, .tls = true};
	struct config none = {0};
	struct addr from = {.key_domain = STR("example.jp")};
	const struct tenant_conf *t;
	enum auth_proof failed;

	auth_set_config(auth, &none, NULL, NULL);
	ck_assert_int_eq(auth_prove(auth, &p, &from, &t, &failed),
			 AUTH_NO_TENANT);
	ck_assert_int_eq(failed, AUTH_PROOF_NETWORK);
	ck_assert_int_eq(auth_prove(auth, &p, NULL, &t, &failed),
			 AUTH_NO_TENANT);
	auth_set_config(auth, &config, NULL, NULL);
	tenants[0].domains.n = 0;
	ck_assert_int_eq(auth_prove(auth, &p, &from, &t, &failed),
			 AUTH_NO_TENANT);
	ck_assert_int_eq(failed, AUTH_PROOF_DOMAIN);
	ck_assert(!auth_domain_of(&tenants[0], STR("example.jp")));
	ck_assert(auth_domain_of(&tenants[1], STR("secure.test")));
}
END_TEST

Suite *test_tenant_suite(void);

Suite *test_tenant_suite(void)
{
	Suite *s = suite_create("tenant");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, proofs, 0, ARRAY_LEN(rows));
	tcase_add_loop_test(t, header_proofs, 0, ARRAY_LEN(headers));
	tcase_add_test(t, networks);
	tcase_add_test(t, nobody_without_configuration);
	suite_add_tcase(s, t);
	return s;
}
