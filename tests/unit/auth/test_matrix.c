/* test_matrix.c - SECURITY T1, generated: each proof in each of its forms,
 * crossed with all the others, two tenants, each pair of kinds.  Only the full
 * row passes, and never for the other tenant.
 */
#include <arpa/inet.h>
#include <check.h>
#include "auth/auth.h"
#include "connector/base/mem.h"

#define TEXT(s) ((char *)(s))

/* ---- two tenants of one cloud: the same peers, other values ------------------- */

#define SECRET_A  "aaaaaaaaAAAAAAAA1111"
#define SECRET_A2 "aaaaaaaaAAAAAAAA2222"
#define SECRET_B  "bbbbbbbbBBBBBBBB1111"
#define GUID_A	  "0a0b0c0d-0000-4000-8000-00000000000a"
#define GUID_B	  "0a0b0c0d-0000-4000-8000-00000000000b"

static struct cidr own_net, cloud_net;
static struct tenant_conf tenants[2];
static struct config config;
static struct auth *auth;
static char *domains[2][1] = {{TEXT("a.example")}, {TEXT("b.example")}};
static char *orgs[2][1] = {{TEXT("a.example")}, {TEXT("b.example")}};
static const char *const guids[2] = {GUID_A, GUID_B};

static bool read_secret(void *arg, const struct secret_ref *ref,
			struct arena *a, struct str *text_r, struct err *e)
{
	(void)arg;
	if (strcmp(ref->value, "none") == 0)
		return err_set(e, ERR_NOT_FOUND, 0, "not there");
	*text_r = arena_str(a, strcmp(ref->value, "a") == 0
				       ? STR(SECRET_A "\n" SECRET_A2 "\n")
				       : STR(SECRET_B));
	return true;
}

static const struct {
	enum tenant_kind a, b;
} pairs[] = {
	{KIND_M365, KIND_M365},
	{KIND_GOOGLE, KIND_GOOGLE},
	{KIND_M365, KIND_GOOGLE},
	{KIND_SMTP, KIND_LINE_WORKS},
};

enum { ASK_CERTIFICATE = 1, ASK_ID = 2, ASK_ORG = 4, ASK_SECRET = 8, ASK = 15 };

static void tenant(unsigned i, enum tenant_kind kind, unsigned asked)
{
	struct tenant_conf *t = &tenants[i];
	bool cloud = kind == KIND_M365 || kind == KIND_GOOGLE;

	*t = (struct tenant_conf){
		.tenant = TEXT(i ? "b" : "a"), .index = i, .kind = kind};
	t->domains = (struct strings){domains[i], 1};
	t->accept.require_tls = true;
	t->accept.networks.published = cloud;
	if (!cloud)
		t->accept.networks = (struct cidrs){.v = &own_net, .n = 1};
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

static void open_pair(size_t pair, unsigned asked)
{
	ck_assert(cidr_parse(STR("192.0.2.0/24"), &own_net, NULL));
	ck_assert(cidr_parse(STR("40.92.0.0/15"), &cloud_net, NULL));
	tenant(0, pairs[pair].a, asked);
	tenant(1, pairs[pair].b, asked);
	config = (struct config){.tenant = tenants, .tenant_n = 2};
	auth = auth_new(&config, read_secret, NULL);
	auth_set_ranges(auth, AUTH_CLOUD_M365, &cloud_net, 1, 1);
	auth_set_ranges(auth, AUTH_CLOUD_GOOGLE, &cloud_net, 1, 1);
}

/* ---- forms of a proof; the first `good` of them are right ---------------------- */

enum { NET_RIGHT, NET_WRONG, NETS };
enum { TLS_YES, TLS_NO, TLSES };
enum {
	CERT_RIGHT,
	CERT_AMONG_OTHERS,
	CERT_OTHER_CASE,
	CERT_GOOD, /* how many are right */
	CERT_WRONG = CERT_GOOD,
	CERT_WILDCARD,
	CERT_LONGER,
	CERT_UNVERIFIED,
	CERT_ABSENT,
	CERTS
};
enum {
	DOMAIN_RIGHT,
	DOMAIN_OTHER_CASE,
	DOMAIN_GOOD,
	DOMAIN_NOBODYS = DOMAIN_GOOD,
	DOMAIN_BELOW,
	DOMAIN_OTHERS, /* must stay last: passes only with the other's proofs */
	DOMAINS
};
enum {
	FIELD_RIGHT,
	FIELD_NAME_CASE,
	FIELD_FOLDED_BEFORE, /* as RFC 5322 2.2.3 allows it */
	FIELD_BLANKS,
	FIELD_GOOD,
	FIELD_WRONG = FIELD_GOOD, /* the other tenant's */
	FIELD_ABSENT,
	FIELD_EMPTY,
	FIELD_DOUBLED,
	FIELD_DOUBLED_WRONG,
	FIELD_FOLDED_INSIDE,
	FIELD_FOLDED_BEHIND,
	FIELD_FOLDED_TWICE,
	FIELD_ENCODED_WORD,
	FIELD_IN_BODY,
	FIELD_COMMENT,
	FIELD_NAME_BLANK, /* a blank before the colon */
	FIELD_MORE,	  /* behind the value */
	FIELD_LESS,
	FIELD_QUOTED,
	FIELD_BARE_CR,
	FIELDS
};

struct cell {
	unsigned net, tls, cert, domain, id, org, secret;
	unsigned who; /* tenant whose proofs these are */
	bool null;
};

static void field_put(struct buf *head, struct buf *body, unsigned form,
		      const char *name, struct str v, struct str wrong)
{
	struct str half = str_head(v, v.n / 2), rest = str_skip(v, half.n);

#define PUT(fmt, ...) buf_printf(head, "%s" fmt "\r\n", name, __VA_ARGS__)
	switch (form) {
	case FIELD_NAME_CASE:
		for (const char *c = name; *c; c++)
			buf_putc(head, ascii_lower(*c));
		buf_printf(head, ": " STR_FMT "\r\n", STR_ARG(v));
		break;
	case FIELD_FOLDED_BEFORE:
		PUT(":\r\n\t" STR_FMT, STR_ARG(v));
		break;
	case FIELD_BLANKS:
		PUT(": \t " STR_FMT " \t", STR_ARG(v));
		break;
	case FIELD_WRONG:
		PUT(": " STR_FMT, STR_ARG(wrong));
		break;
	case FIELD_EMPTY:
		PUT(":%s", "");
		break;
	case FIELD_DOUBLED:
		PUT(": " STR_FMT, STR_ARG(v));
		PUT(": " STR_FMT, STR_ARG(v));
		break;
	case FIELD_DOUBLED_WRONG:
		PUT(": " STR_FMT, STR_ARG(v));
		PUT(": " STR_FMT, STR_ARG(wrong));
		break;
	case FIELD_FOLDED_INSIDE:
		PUT(": " STR_FMT "\r\n " STR_FMT, STR_ARG(half), STR_ARG(rest));
		break;
	case FIELD_FOLDED_BEHIND:
		PUT(": " STR_FMT "\r\n ", STR_ARG(v));
		break;
	case FIELD_FOLDED_TWICE:
		PUT(":\r\n \r\n " STR_FMT, STR_ARG(v));
		break;
	case FIELD_ENCODED_WORD:
		PUT(": =?us-ascii?Q?" STR_FMT "?=", STR_ARG(v));
		break;
	case FIELD_IN_BODY:
		buf_printf(body, "%s: " STR_FMT "\r\n", name, STR_ARG(v));
		break;
	case FIELD_COMMENT:
		PUT(": (x) " STR_FMT, STR_ARG(v));
		break;
	case FIELD_NAME_BLANK:
		PUT(" : " STR_FMT, STR_ARG(v));
		break;
	case FIELD_MORE:
		PUT(": " STR_FMT "0", STR_ARG(v));
		break;
	case FIELD_LESS:
		PUT(": " STR_FMT, STR_ARG(str_head(v, v.n - 1)));
		break;
	case FIELD_QUOTED:
		PUT(": \"" STR_FMT "\"", STR_ARG(v));
		break;
	case FIELD_BARE_CR:
		PUT(": " STR_FMT "\rX", STR_ARG(v));
		break;
	case FIELD_ABSENT:
		break;
	default:
		PUT(": " STR_FMT, STR_ARG(v));
	}
#undef PUT
}

static const char *domain_text(const struct cell *c)
{
	static const char *const text[2][DOMAINS] = {
		{"a.example", "A.Example", "c.example", "x.a.example",
		 "b.example"},
		{"b.example", "B.Example", "c.example", "x.b.example",
		 "a.example"},
	};

	return text[c->who][c->domain];
}

static size_t certificate(const struct cell *c, struct str v[3])
{
	static const struct str names[CERTS][3] = {
		[CERT_RIGHT] = {STR("mail.cloud.example")},
		[CERT_AMONG_OTHERS] = {STR("x.example"), STR("y.example"),
				       STR("mail.cloud.example")},
		[CERT_OTHER_CASE] = {STR("Mail.Cloud.Example")},
		[CERT_WRONG] = {STR("mail.evil.example")},
		[CERT_WILDCARD] = {STR("*.cloud.example")},
		[CERT_LONGER] = {STR("mail.cloud.example.evil.example")},
		[CERT_UNVERIFIED] = {STR("mail.cloud.example")},
	};
	size_t n = 0;

	while (n < 3 && names[c->cert][n].n) {
		v[n] = names[c->cert][n];
		n++;
	}
	return n;
}

static void text_put(const struct cell *c, struct buf *text)
{
	static const struct str ids[2] = {STR(GUID_A), STR(GUID_B)};
	static const struct str org[2] = {STR("a.example"), STR("b.example")};
	static const struct str secret[2] = {STR(SECRET_A), STR(SECRET_B)};
	AUTO(buf) body = BUF_MAX(8 * KIB);
	unsigned w = c->who;

	buf_clear(text);
	buf_puts(text, "Received: from x by y; z\r\n");
	field_put(text, &body, c->id, "X-MS-Exchange-CrossTenant-Id", ids[w],
		  ids[!w]);
	field_put(text, &body, c->secret, "X-Sekisho-Tenant", secret[w],
		  secret[!w]);
	buf_printf(text, "From: \"a@b.example\" <x@%s>\r\n", domain_text(c));
	field_put(text, &body, c->org, "X-OriginatorOrg", org[w], org[!w]);
	buf_puts(text, "Subject: x\r\n\r\n");
	buf_put_str(text, buf_str(&body));
}

/* Does it come through, and whose is it then? -1: nobody's. */
static int try_cell(const struct cell *c, struct buf *text)
{
	struct sockaddr_in sa = {.sin_family = AF_INET};
	struct str names[3];
	struct auth_peer p = {.address = (struct sockaddr *)&sa,
			      .tls = c->tls == TLS_YES,
			      .certificate_verified = c->cert < CERT_UNVERIFIED,
			      .certificate_name = names};
	struct envelope env = {.rcpt_n = 0};
	struct arena a = ARENA_EMPTY;
	const struct tenant_conf *t = NULL;
	enum auth_proof failed;
	bool own = tenants[c->who].accept.networks.n > 0;
	enum auth_answer answer;

	p.certificate_name_n = p.tls ? certificate(c, names) : 0;
	inet_pton(AF_INET,
		  c->net == NET_WRONG ? "198.51.100.1"
		  : own		      ? "192.0.2.1"
				      : "40.92.1.1",
		  &sa.sin_addr);
	if (!c->null) {
		char *text_of = arena_printf(&a, "x@%s", domain_text(c));

		ck_assert(addr_parse(str_of(text_of), false, false, &a,
				     &env.from, NULL));
	}
	answer = auth_prove(auth, &p, c->null ? NULL : &env.from, &t, &failed);
	if (answer == AUTH_OK) {
		text_put(c, text);
		answer = auth_prove_header(auth, &p, &env, t, buf_str(text), &t,
					   &failed);
	}
	arena_release(&a);
	ck_assert((answer == AUTH_OK) == (failed == AUTH_PROOF_NONE));
	return answer == AUTH_OK ? (int)t->index : -1;
}

static int expected(const struct cell *c, unsigned asked)
{
	bool fits = c->net == NET_RIGHT && c->tls == TLS_YES &&
		    (!(asked & ASK_CERTIFICATE) || c->cert < CERT_GOOD) &&
		    c->domain < DOMAIN_GOOD &&
		    (!(asked & ASK_ID) || c->id < FIELD_GOOD) &&
		    (!(asked & ASK_ORG) || c->org < FIELD_GOOD) &&
		    (!(asked & ASK_SECRET) || c->secret < FIELD_GOOD);

	return fits ? (int)c->who : -1;
}

static void judge(const struct cell *c, unsigned asked, struct buf *text)
{
	int got = try_cell(c, text), want = expected(c, asked);

	ck_assert_msg(got == want,
		      "got %d for %d: net %u tls %u cert %u domain %u id %u "
		      "org %u secret %u who %u null %d asked %u\n%s",
		      got, want, c->net, c->tls, c->cert, c->domain, c->id,
		      c->org, c->secret, c->who, c->null, asked,
		      buf_cstr(text));
}

/* Header fields against each other, everything before DATA as it should be. */
START_TEST(fields)
{
	AUTO(buf) text = BUF_MAX(16 * KIB);
	struct cell c = {0};

	open_pair((size_t)_i, ASK);
	for (c.who = 0; c.who < 2; c.who++)
		for (c.id = 0; c.id < FIELDS; c.id++)
			for (c.org = 0; c.org < FIELDS; c.org++)
				for (c.secret = 0; c.secret < FIELDS;
				     c.secret++)
					judge(&c, ASK, &text);
	auth_free(&auth);
}
END_TEST

/* What stands before DATA against each other, for both kinds of sender. */
START_TEST(peers)
{
	AUTO(buf) text = BUF_MAX(16 * KIB);
	struct cell c = {0};

	open_pair((size_t)_i, ASK);
	for (unsigned k = 0; k < NETS * TLSES * CERTS * DOMAINS * 4; k++) {
		unsigned n = k;

		c.net = n % NETS, n /= NETS;
		c.tls = n % TLSES, n /= TLSES;
		c.cert = n % CERTS, n /= CERTS;
		c.domain = n % DOMAINS, n /= DOMAINS;
		c.who = n & 1;
		c.null = n >> 1;
		judge(&c, ASK, &text);
	}
	auth_free(&auth);
}
END_TEST

/* Every subset that is asked, every subset that is there. */
START_TEST(subsets)
{
	static const unsigned forms[] = {FIELD_RIGHT, FIELD_WRONG, FIELD_ABSENT,
					 FIELD_DOUBLED};
	AUTO(buf) text = BUF_MAX(16 * KIB);

	for (unsigned asked = 0; asked <= ASK; asked++) {
		open_pair((size_t)_i, asked);
		for (unsigned k = 0; k < 4 * 4 * 4 * 2 * 2 * 2 * 2 * 2; k++) {
			struct cell c = {.id = forms[k & 3],
					 .org = forms[k >> 2 & 3],
					 .secret = forms[k >> 4 & 3],
					 .cert = k >> 6 & 1 ? CERT_ABSENT
							    : CERT_RIGHT,
					 .domain = k >> 7 & 1 ? DOMAIN_NOBODYS
							      : DOMAIN_RIGHT,
					 .net = k >> 8 & 1,
					 .who = k >> 9 & 1,
					 .null = k >> 10 & 1};

			judge(&c, asked, &text);
		}
		auth_free(&auth);
	}
}
END_TEST

/* ---- around the matrix -------------------------------------------------------- */

START_TEST(both_values_while_a_secret_is_changed)
{
	AUTO(buf) text = BUF_MAX(16 * KIB);
	struct cell c = {0};
	struct sockaddr_in sa = {.sin_family = AF_INET};
	struct str name = STR("mail.cloud.example");
	struct auth_peer p = {.address = (struct sockaddr *)&sa,
			      .tls = true,
			      .certificate_verified = true,
			      .certificate_name = &name,
			      .certificate_name_n = 1};
	struct envelope env = {.from = {.text = STR("x@a.example"),
					.key = STR("x@a.example"),
					.key_domain = STR("a.example")}};
	const struct tenant_conf *t;
	enum auth_proof failed;
	ptrdiff_t at;

	open_pair(0, ASK);
	inet_pton(AF_INET, "40.92.1.1", &sa.sin_addr);
	text_put(&c, &text);
	at = str_find(buf_str(&text), STR(SECRET_A));
	ck_assert(at > 0);
	memcpy(text.p + at, SECRET_A2, strlen(SECRET_A2));
	ck_assert_int_eq(auth_prove_header(auth, &p, &env, NULL, buf_str(&text),
					   &t, &failed),
			 AUTH_OK);
	text.p[at] = 'A'; /* another case is another secret */
	ck_assert_int_eq(auth_prove_header(auth, &p, &env, NULL, buf_str(&text),
					   &t, &failed),
			 AUTH_NO_TENANT);
	ck_assert_int_eq(failed, AUTH_PROOF_HEADER);
	auth_free(&auth);
}
END_TEST

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
	auth_free(&auth);
	auth = auth_new(&config, read_secret, NULL);
	ck_assert_int_eq(auth_prove(auth, &p, &from, &t, &failed),
			 AUTH_NOT_YET);
	ck_assert_int_eq(auth_prove(auth, &p, NULL, &t, &failed), AUTH_NOT_YET);
	ck_assert_ptr_null(auth_peer_tenant(auth, p.address));
	auth_health(auth, 1, &health);
	ck_assert(str_find(buf_str(&health), STR("ranges m365")) >= 0);
	/* Who could not be it in any case is told so. */
	p.certificate_verified = false;
	ck_assert_int_eq(auth_prove(auth, &p, &from, &t, &failed),
			 AUTH_NO_TENANT);
	p.certificate_verified = true;
	auth_set_ranges(auth, AUTH_CLOUD_M365, &cloud_net, 1, 1);
	ck_assert_int_eq(auth_prove(auth, &p, &from, &t, &failed), AUTH_OK);
	auth_set_ranges(auth, AUTH_CLOUD_M365, NULL, 0, 2); /* never nothing */
	ck_assert_int_eq(auth_prove(auth, &p, &from, &t, &failed), AUTH_OK);
	tenants[0].accept.header.secret.value = TEXT("none");
	auth_set_config(auth, &config, read_secret, NULL);
	ck_assert_int_eq(auth_prove(auth, &p, &from, &t, &failed),
			 AUTH_NOT_YET);
	buf_clear(&health);
	auth_health(auth, 1, &health);
	ck_assert(str_find(buf_str(&health), STR("tenant a")) >= 0);
	from.key_domain = STR("b.example");
	ck_assert_int_eq(auth_prove(auth, &p, &from, &t, &failed), AUTH_OK);
	auth_free(&auth);
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
	auth_set_ranges(auth, AUTH_CLOUD_GOOGLE, spf, 2, 1);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sockaddr_in sa = {.sin_family = AF_INET};

		inet_pton(AF_INET, rows[i].peer, &sa.sin_addr);
		ck_assert((auth_peer_tenant(auth, (struct sockaddr *)&sa) !=
			   NULL) == rows[i].inside);
	}
	auth_free(&auth);
}
END_TEST

START_TEST(logins_prove_their_own_tenant_only)
{
	struct sockaddr_in sa = {.sin_family = AF_INET};
	struct auth_peer p = {.address = (struct sockaddr *)&sa,
			      .tls = true,
			      .login = &tenants[0]};
	struct envelope env = {
		.from = {.text = STR("x"), .key_domain = STR("a.example")}};
	struct envelope null = {.rcpt_n = 0};
	const struct tenant_conf *t;
	enum auth_proof failed;

	open_pair(0, ASK);
	ck_assert_int_eq(auth_prove(auth, &p, &env.from, &t, &failed), AUTH_OK);
	ck_assert_int_eq(
		auth_prove_header(auth, &p, &env, t, STR("\r\n"), &t, &failed),
		AUTH_OK);
	ck_assert_ptr_eq(t, &tenants[0]);
	ck_assert_int_eq(auth_prove_header(auth, &p, &null, NULL,
					   STR("From: x@b.example\r\n\r\n"), &t,
					   &failed),
			 AUTH_NO_TENANT);
	ck_assert_int_eq(auth_prove_header(auth, &p, &null, NULL,
					   STR("From: x@a.example\r\n\r\n"), &t,
					   &failed),
			 AUTH_OK);
	env.from.key_domain = STR("b.example");
	ck_assert_int_eq(auth_prove(auth, &p, &env.from, &t, &failed),
			 AUTH_NO_TENANT);
	env.from.key_domain = STR("c.example");
	ck_assert_int_eq(auth_prove(auth, &p, &env.from, &t, &failed),
			 AUTH_NO_TENANT);
	auth_free(&auth);
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
	tenants[1].done.name = TEXT("X-Sekisho-Done");
	tenants[1].done.secret = (struct secret_ref){SECRET_STORE, TEXT("b")};
	auth_set_config(auth, &config, read_secret, NULL);
	ck_assert(auth_header_is_secret(auth, STR("x-sekisho-TENANT")));
	ck_assert(auth_header_is_secret(auth, STR("X-Sekisho-Done")));
	ck_assert(!auth_header_is_secret(auth, STR("X-Sekisho-Don")));
	ck_assert(!auth_header_is_secret(auth, STR("")));
	ck_assert(!auth_header_is_secret(auth, STR("From")));
	ck_assert(str_is(auth_done_value(auth, &tenants[1]), SECRET_B));
	ck_assert_uint_eq(auth_done_value(auth, &tenants[0]).n, 0);
	ck_assert(auth_header_is_done(
		auth, &tenants[1],
		STR("X-Sekisho-Done: " SECRET_B "\r\n\r\n")));
	ck_assert(!auth_header_is_done(auth, &tenants[1],
				       STR("X-Sekisho-Done: " SECRET_B
					   "\r\nX-Sekisho-Done: " SECRET_B
					   "\r\n\r\n")));
	ck_assert(!auth_header_is_done(
		auth, &tenants[0],
		STR("X-Sekisho-Done: " SECRET_B "\r\n\r\n")));
	auth_free(&auth);
}
END_TEST

START_TEST(dkim_domains)
{
	struct str d[] = {STR("c.example"), STR("a.example")};

	open_pair(1, ASK);
	ck_assert(!auth_wants_dkim(&tenants[0]));
	ck_assert(auth_prove_dkim(&tenants[0], NULL, 0));
	tenants[0].accept.dkim = (struct strings){domains[0], 1};
	ck_assert(auth_wants_dkim(&tenants[0]));
	ck_assert(!auth_prove_dkim(&tenants[0], NULL, 0));
	ck_assert(!auth_prove_dkim(&tenants[0], d, 1));
	ck_assert(auth_prove_dkim(&tenants[0], d, 2));
	auth_free(&auth);
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

#define ASK_IT auth_prove_header(auth, &p, &env, NULL, head, &t, &failed)
	open_pair(0, ASK);
	inet_pton(AF_INET, "40.92.1.1", &sa.sin_addr);
	ck_assert_int_eq(ASK_IT, AUTH_NO_TENANT);
	auth_set_onboarding(auth, STR("a"), STR("IT@a.example"),
			    now + US_PER_HOUR);
	ck_assert_int_eq(ASK_IT, AUTH_VALIDATION);
	ck_assert_ptr_eq(t, &tenants[0]);
	/* A sender that is nobody's comes as far as the header. */
	env.from.key_domain = STR("a.onmicrosoft.example");
	ck_assert_int_eq(auth_prove(auth, &p, &env.from, &t, &failed), AUTH_OK);
	ck_assert_int_eq(ASK_IT, AUTH_VALIDATION);
	env.rcpt_n = 2;
	ck_assert_int_eq(ASK_IT, AUTH_NO_TENANT);
	env.rcpt_n = 0;
	ck_assert_int_eq(ASK_IT, AUTH_NO_TENANT);
	env.rcpt_n = 1;
	name = STR("mail.evil.example");
	ck_assert_int_eq(ASK_IT, AUTH_NO_TENANT);
	ck_assert_int_eq(auth_prove(auth, &p, &env.from, &t, &failed),
			 AUTH_NO_TENANT);
	name = STR("mail.cloud.example");
	auth_set_onboarding(auth, STR("b"), STR("it@a.example"),
			    now + US_PER_HOUR);
	ck_assert_int_eq(ASK_IT, AUTH_VALIDATION); /* the same cloud: sunk */
	ck_assert_ptr_eq(t, &tenants[1]);
	env.from.key_domain = STR("a.example"); /* nothing of a's is sunk */
	ck_assert_int_eq(ASK_IT, AUTH_NO_TENANT);
	auth_set_onboarding(auth, STR("a"), STR("it@a.example"), now - 1);
	ck_assert_int_eq(ASK_IT, AUTH_NO_TENANT); /* its time is over */
	auth_set_onboarding(auth, STR(""), STR(""), now + US_PER_HOUR);
	ck_assert_int_eq(ASK_IT, AUTH_NO_TENANT);
	auth_free(&auth);
}
END_TEST

Suite *test_matrix_suite(void);

Suite *test_matrix_suite(void)
{
	Suite *s = suite_create("matrix");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, fields, 0, ARRAY_LEN(pairs));
	tcase_add_loop_test(t, peers, 0, ARRAY_LEN(pairs));
	tcase_add_loop_test(t, subsets, 0, ARRAY_LEN(pairs));
	tcase_add_test(t, both_values_while_a_secret_is_changed);
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
