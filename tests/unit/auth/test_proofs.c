/* test_proofs.c - proofs of a tenant beside the matrix: what is not known yet,
 * forwarders, logins, secrets and their headers, DKIM, the first mail.
 */
#include "tests/unit/auth/proof_world.h"
#include <arpa/inet.h>
#include "connector/base/mem.h"

Suite *test_proofs_suite(void);

static struct proof_world *const w = &proof_world;

START_TEST(not_yet_without_ranges_or_secret)
{
	struct sockaddr_in sa = {.sin_family = AF_INET};
	struct str name = STR("mail.cloud.example");
	struct auth_peer p = {.address = (struct sockaddr *)&sa,
			      .tls = true,
			      .certificate_verified = true,
			      .certificate_name = &name,
			      .certificate_name_n = 1};
	struct addr from = {.key_domain = STR("a.example")};
	const struct tenant_conf *t;
	enum auth_proof failed;
	AUTO(buf) health = BUF_MAX(4 * KIB);

	open_pair(0, ASK);
	inet_pton(AF_INET, "40.92.1.1", &sa.sin_addr);
	auth_free(&w->auth);
	w->auth = auth_new(&w->config, proof_secret, NULL);
	ck_assert_int_eq(auth_prove(w->auth, &p, &from, &t, &failed),
			 AUTH_NOT_YET);
	ck_assert_int_eq(auth_prove(w->auth, &p, NULL, &t, &failed),
			 AUTH_NOT_YET);
	ck_assert_ptr_null(auth_peer_tenant(w->auth, p.address));
	auth_health(w->auth, 1, &health);
	ck_assert(str_find(buf_str(&health), STR("ranges m365")) >= 0);
	/* Who could not be it in any case is told so. */
	p.certificate_verified = false;
	ck_assert_int_eq(auth_prove(w->auth, &p, &from, &t, &failed),
			 AUTH_NO_TENANT);
	p.certificate_verified = true;
	auth_set_ranges(w->auth, AUTH_CLOUD_M365, &w->cloud_net, 1, 1);
	ck_assert_int_eq(auth_prove(w->auth, &p, &from, &t, &failed), AUTH_OK);
	auth_set_ranges(w->auth, AUTH_CLOUD_M365, NULL, 0,
			2); /* never nothing */
	ck_assert_int_eq(auth_prove(w->auth, &p, &from, &t, &failed), AUTH_OK);
	w->tenants[0].accept.header.secret.value = TEXT("none");
	auth_set_config(w->auth, &w->config, proof_secret, NULL);
	ck_assert_int_eq(auth_prove(w->auth, &p, &from, &t, &failed),
			 AUTH_NOT_YET);
	buf_clear(&health);
	auth_health(w->auth, 1, &health);
	ck_assert(str_find(buf_str(&health), STR("tenant a")) >= 0);
	from.key_domain = STR("b.example");
	ck_assert_int_eq(auth_prove(w->auth, &p, &from, &t, &failed), AUTH_OK);
	auth_free(&w->auth);
}
END_TEST

/* Google's SPF record names them, but what comes from there proved nothing. */
START_TEST(forwarders_of_google_are_no_proof)
{
	static const struct {
		const char *peer;
		bool inside;
	} rows[] = {
		{"108.177.15.255", true},  {"108.177.16.0", false},
		{"108.177.17.255", false}, {"108.177.18.0", true},
		{"142.250.219.1", true},   {"142.250.221.1", false},
	};
	struct cidr spf[2];

	open_pair(1, 0);
	ck_assert(cidr_parse(STR("108.176.0.0/12"), &spf[0], NULL));
	ck_assert(cidr_parse(STR("142.248.0.0/13"), &spf[1], NULL));
	auth_set_ranges(w->auth, AUTH_CLOUD_GOOGLE, spf, 2, 1);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sockaddr_in sa = {.sin_family = AF_INET};

		inet_pton(AF_INET, rows[i].peer, &sa.sin_addr);
		ck_assert((auth_peer_tenant(w->auth, (struct sockaddr *)&sa) !=
			   NULL) == rows[i].inside);
	}
	auth_free(&w->auth);
}
END_TEST

START_TEST(logins_prove_their_own_tenant_only)
{
	struct sockaddr_in sa = {.sin_family = AF_INET};
	struct auth_peer p = {.address = (struct sockaddr *)&sa,
			      .tls = true,
			      .login = &w->tenants[0]};
	struct envelope env = {
		.from = {.text = STR("x"), .key_domain = STR("a.example")}};
	struct envelope null = {.rcpt_n = 0};
	const struct tenant_conf *t;
	enum auth_proof failed;

	open_pair(0, ASK);
	ck_assert_int_eq(auth_prove(w->auth, &p, &env.from, &t, &failed),
			 AUTH_OK);
	ck_assert_int_eq(auth_prove_header(w->auth, &p, &env, t, STR("\r\n"),
					   &t, &failed),
			 AUTH_OK);
	ck_assert_ptr_eq(t, &w->tenants[0]);
	ck_assert_int_eq(auth_prove_header(w->auth, &p, &null, NULL,
					   STR("From: x@b.example\r\n\r\n"), &t,
					   &failed),
			 AUTH_NO_TENANT);
	ck_assert_int_eq(auth_prove_header(w->auth, &p, &null, NULL,
					   STR("From: x@a.example\r\n\r\n"), &t,
					   &failed),
			 AUTH_OK);
	env.from.key_domain = STR("b.example");
	ck_assert_int_eq(auth_prove(w->auth, &p, &env.from, &t, &failed),
			 AUTH_NO_TENANT);
	env.from.key_domain = STR("c.example");
	ck_assert_int_eq(auth_prove(w->auth, &p, &env.from, &t, &failed),
			 AUTH_NO_TENANT);
	auth_free(&w->auth);
}
END_TEST

START_TEST(secrets_are_one_or_two_tokens)
{
	static const struct {
		const char *text;
		size_t n; /* 0: refused */
	} v[] = {
		{SECRET_A, 1},
		{SECRET_A "\n", 1},
		{SECRET_A "\r\n" SECRET_B "\r\n", 2},
		{SECRET_A "\n" SECRET_B, 2},
		{"", 0},
		{"\n", 0},
		{SECRET_A "\n\n", 0},
		{"\n" SECRET_A, 0},
		{"short", 0},
		{SECRET_A " ", 0},
		{SECRET_A "-x", 0},
		{SECRET_A "\n" SECRET_B "\n" SECRET_A2, 0},
		{SECRET_A "\nshort", 0},
	};
	struct str line[AUTH_SECRET_VALUES_MAX];
	struct err e = ERR_EMPTY;
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		ck_assert_msg(auth_secret_lines(str_of(v[i].text), line, &n,
						&e) == (v[i].n > 0),
			      "row %zu", i);
		ck_assert_uint_eq(n, v[i].n);
	}
	ck_assert(!strstr(e.text, SECRET_A));
}
END_TEST

START_TEST(names_of_secret_headers)
{
	open_pair(0, ASK);
	w->tenants[1].done.name = TEXT("X-Sekisho-Done");
	w->tenants[1].done.secret = (struct secret_ref){SECRET_STORE,
							TEXT("b")};
	auth_set_config(w->auth, &w->config, proof_secret, NULL);
	ck_assert(auth_header_is_secret(w->auth, STR("x-sekisho-TENANT")));
	ck_assert(auth_header_is_secret(w->auth, STR("X-Sekisho-Done")));
	ck_assert(!auth_header_is_secret(w->auth, STR("X-Sekisho-Don")));
	ck_assert(!auth_header_is_secret(w->auth, STR("")));
	ck_assert(!auth_header_is_secret(w->auth, STR("From")));
	ck_assert(str_is(auth_done_value(w->auth, &w->tenants[1]), SECRET_B));
	ck_assert_uint_eq(auth_done_value(w->auth, &w->tenants[0]).n, 0);
	ck_assert(auth_header_is_done(
		w->auth, &w->tenants[1],
		STR("X-Sekisho-Done: " SECRET_B "\r\n\r\n")));
	ck_assert(!auth_header_is_done(w->auth, &w->tenants[1],
				       STR("X-Sekisho-Done: " SECRET_B
					   "\r\nX-Sekisho-Done: " SECRET_B
					   "\r\n\r\n")));
	ck_assert(!auth_header_is_done(
		w->auth, &w->tenants[0],
		STR("X-Sekisho-Done: " SECRET_B "\r\n\r\n")));
	auth_free(&w->auth);
}
END_TEST

START_TEST(dkim_domains)
{
	struct str d[] = {STR("c.example"), STR("a.example")};

	open_pair(1, ASK);
	ck_assert(!auth_wants_dkim(&w->tenants[0]));
	ck_assert(auth_prove_dkim(&w->tenants[0], NULL, 0));
	w->tenants[0].accept.dkim = (struct strings){domains[0], 1};
	ck_assert(auth_wants_dkim(&w->tenants[0]));
	ck_assert(!auth_prove_dkim(&w->tenants[0], NULL, 0));
	ck_assert(!auth_prove_dkim(&w->tenants[0], d, 1));
	ck_assert(auth_prove_dkim(&w->tenants[0], d, 2));
	auth_free(&w->auth);
}
END_TEST

START_TEST(onboarding_takes_the_validation_mail_only)
{
	struct sockaddr_in sa = {.sin_family = AF_INET};
	struct str name = STR("mail.cloud.example");
	struct auth_peer p = {.address = (struct sockaddr *)&sa,
			      .tls = true,
			      .certificate_verified = true,
			      .certificate_name = &name,
			      .certificate_name_n = 1};
	struct envelope_rcpt to[2] = {{.addr.key = STR("it@a.example")},
				      {.addr.key = STR("x@out.example")}};
	struct envelope env = {.from = {.text = STR("O365@a.example"),
					.key_domain = STR("a.example")},
			       .rcpt = to,
			       .rcpt_n = 1};
	struct str head = STR("From: O365@a.example\r\n\r\n");
	int64_t now = clock_now_us();
	const struct tenant_conf *t;
	enum auth_proof failed;

#define ASK_IT auth_prove_header(w->auth, &p, &env, NULL, head, &t, &failed)
	open_pair(0, ASK);
	inet_pton(AF_INET, "40.92.1.1", &sa.sin_addr);
	ck_assert_int_eq(ASK_IT, AUTH_NO_TENANT);
	auth_set_onboarding(w->auth, STR("a"), STR("IT@a.example"),
			    now + US_PER_HOUR);
	ck_assert_int_eq(ASK_IT, AUTH_VALIDATION);
	ck_assert_ptr_eq(t, &w->tenants[0]);
	/* A sender that is nobody's comes as far as the header. */
	env.from.key_domain = STR("a.onmicrosoft.example");
	ck_assert_int_eq(auth_prove(w->auth, &p, &env.from, &t, &failed),
			 AUTH_OK);
	ck_assert_int_eq(ASK_IT, AUTH_VALIDATION);
	env.rcpt_n = 2;
	ck_assert_int_eq(ASK_IT, AUTH_NO_TENANT);
	env.rcpt_n = 0;
	ck_assert_int_eq(ASK_IT, AUTH_NO_TENANT);
	env.rcpt_n = 1;
	name = STR("mail.evil.example");
	ck_assert_int_eq(ASK_IT, AUTH_NO_TENANT);
	ck_assert_int_eq(auth_prove(w->auth, &p, &env.from, &t, &failed),
			 AUTH_NO_TENANT);
	name = STR("mail.cloud.example");
	auth_set_onboarding(w->auth, STR("b"), STR("it@a.example"),
			    now + US_PER_HOUR);
	ck_assert_int_eq(ASK_IT, AUTH_VALIDATION); /* the same cloud: sunk */
	ck_assert_ptr_eq(t, &w->tenants[1]);
	env.from.key_domain = STR("a.example"); /* nothing of a's is sunk */
	ck_assert_int_eq(ASK_IT, AUTH_NO_TENANT);
	auth_set_onboarding(w->auth, STR("a"), STR("it@a.example"), now - 1);
	ck_assert_int_eq(ASK_IT, AUTH_NO_TENANT); /* its time is over */
	auth_set_onboarding(w->auth, STR(""), STR(""), now + US_PER_HOUR);
	ck_assert_int_eq(ASK_IT, AUTH_NO_TENANT);
	auth_free(&w->auth);
}
END_TEST

Suite *test_proofs_suite(void)
{
	Suite *s = suite_create("proofs");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, not_yet_without_ranges_or_secret);
	tcase_add_test(t, forwarders_of_google_are_no_proof);
	tcase_add_test(t, logins_prove_their_own_tenant_only);
	tcase_add_test(t, secrets_are_one_or_two_tokens);
	tcase_add_test(t, names_of_secret_headers);
	tcase_add_test(t, dkim_domains);
	tcase_add_test(t, onboarding_takes_the_validation_mail_only);
	suite_add_tcase(s, t);
	return s;
}
