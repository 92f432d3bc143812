/* test_matrix.c - generated: each proof in each of its forms,
 * crossed with all the others, two tenants, each pair of kinds.  Only the full
 * row passes, and never for the other tenant.
 */
#include "tests/unit/auth/proof_world.h"
#include <arpa/inet.h>
#include "connector/base/mem.h"

Suite *test_matrix_suite(void);

static struct proof_world *const w = &proof_world;

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

/* %N name, %n the same in lower case, %V value, %W wrong one, %H and %R its
 * halves, %L all but its last. */
static const char *const FORM[FIELDS] = {
	[FIELD_RIGHT] = "%N: %V\r\n",
	[FIELD_NAME_CASE] = "%n: %V\r\n",
	[FIELD_FOLDED_BEFORE] = "%N:\r\n\t%V\r\n",
	[FIELD_BLANKS] = "%N: \t %V \t\r\n",
	[FIELD_WRONG] = "%N: %W\r\n",
	[FIELD_ABSENT] = "",
	[FIELD_EMPTY] = "%N:\r\n",
	[FIELD_DOUBLED] = "%N: %V\r\n%N: %V\r\n",
	[FIELD_DOUBLED_WRONG] = "%N: %V\r\n%N: %W\r\n",
	[FIELD_FOLDED_INSIDE] = "%N: %H\r\n %R\r\n",
	[FIELD_FOLDED_BEHIND] = "%N: %V\r\n \r\n",
	[FIELD_FOLDED_TWICE] = "%N:\r\n \r\n %V\r\n",
	[FIELD_ENCODED_WORD] = "%N: =?us-ascii?Q?%V?=\r\n",
	[FIELD_IN_BODY] = "%N: %V\r\n",
	[FIELD_COMMENT] = "%N: (x) %V\r\n",
	[FIELD_NAME_BLANK] = "%N : %V\r\n",
	[FIELD_MORE] = "%N: %V0\r\n",
	[FIELD_LESS] = "%N: %L\r\n",
	[FIELD_QUOTED] = "%N: \"%V\"\r\n",
	[FIELD_BARE_CR] = "%N: %V\rX\r\n",
};

static void piece_put(struct buf *to, char which, struct str name, struct str v,
		      struct str wrong)
{
	if (which == 'N')
		buf_put_str(to, name);
	for (size_t i = 0; which == 'n' && i < name.n; i++)
		buf_putc(to, ascii_lower(name.p[i]));
	if (which == 'V')
		buf_put_str(to, v);
	if (which == 'W')
		buf_put_str(to, wrong);
	if (which == 'H')
		buf_put_str(to, str_head(v, v.n / 2));
	if (which == 'R')
		buf_put_str(to, str_skip(v, v.n / 2));
	if (which == 'L')
		buf_put_str(to, str_head(v, v.n - 1));
}

static void field_put(struct buf *head, struct buf *body, unsigned form,
		      const char *name, struct str v, struct str wrong)
{
	struct buf *to = form == FIELD_IN_BODY ? body : head;

	for (const char *at = FORM[form]; *at; at++)
		if (*at == '%')
			piece_put(to, *++at, str_of(name), v, wrong);
		else
			buf_putc(to, *at);
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
	unsigned me = c->who;

	buf_clear(text);
	buf_puts(text, "Received: from x by y; z\r\n");
	field_put(text, &body, c->id, "X-MS-Exchange-CrossTenant-Id", ids[me],
		  ids[!me]);
	field_put(text, &body, c->secret, "X-Sekisho-Tenant", secret[me],
		  secret[!me]);
	buf_printf(text, "From: \"a@b.example\" <x@%s>\r\n", domain_text(c));
	field_put(text, &body, c->org, "X-OriginatorOrg", org[me], org[!me]);
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
	bool own = w->tenants[c->who].accept.networks.n > 0;
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
	answer = auth_prove(w->auth, &p, c->null ? NULL : &env.from, &t,
			    &failed);
	if (answer == AUTH_OK) {
		text_put(c, text);
		answer = auth_prove_header(w->auth, &p, &env, t, buf_str(text),
					   &t, &failed);
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
	auth_free(&w->auth);
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
	auth_free(&w->auth);
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
		auth_free(&w->auth);
	}
}
END_TEST

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
	ck_assert_int_eq(auth_prove_header(w->auth, &p, &env, NULL,
					   buf_str(&text), &t, &failed),
			 AUTH_OK);
	text.p[at] = 'A'; /* another case is another secret */
	ck_assert_int_eq(auth_prove_header(w->auth, &p, &env, NULL,
					   buf_str(&text), &t, &failed),
			 AUTH_NO_TENANT);
	ck_assert_int_eq(failed, AUTH_PROOF_HEADER);
	auth_free(&w->auth);
}
END_TEST

Suite *test_matrix_suite(void)
{
	Suite *s = suite_create("matrix");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, fields, 0, ARRAY_LEN(pairs));
	tcase_add_loop_test(t, peers, 0, ARRAY_LEN(pairs));
	tcase_add_loop_test(t, subsets, 0, ARRAY_LEN(pairs));
	tcase_add_test(t, both_values_while_a_secret_is_changed);
	suite_add_tcase(s, t);
	return s;
}
