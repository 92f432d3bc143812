/* token_entra.c - requests to Microsoft Entra (client credentials) and to the
 * metadata service of a machine in Azure (managed identity).
 */
#include "auth/jwt_make_int.h"
#include "auth/token_int.h"
#include "connector/base/clock.h"
#include "connector/base/codec.h"
#include "connector/base/id.h"
#include "connector/base/mem.h"

#define SCOPE_DEFAULT  "https://outlook.office365.com/.default"
#define SCOPE_SUFFIX   "/.default"
#define MANAGED_URL    "http://169.254.169.254/metadata/identity/oauth2/token"
#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define ASSERTION_S    600 /* life of an assertion */
#define ASSERTION_MAX  (32 * KIB)
#define SPKI_MAX       KEY_SPKI_MAX

static const char *scope_of(const struct tenant_conf *t)
{
	const char *scope = t->deliver.login.scope;

	return scope ? scope : SCOPE_DEFAULT;
}

/* ---- assertion by certificate ------------------------------------------------ */

static bool read_pair(const struct tokens_conf *c,
		      const struct tenant_conf *tenant, struct arena *a,
		      struct str *pem_r, struct str *key_r, struct err *e)
{
	const struct secret_ref certificate = {
		.kind = SECRET_FILE,
		.value = tenant->deliver.login.certificate};

	TRY(c->read(c->read_arg, &certificate, a, pem_r, e) ||
	    err_wrap(e, "login.certificate"));
	return c->read(c->read_arg, &tenant->deliver.login.key, a, key_r, e) ||
	       err_wrap(e, "login.key");
}

/* The certificate names the very key that signs. */
static bool is_pair(struct str der, struct str spki)
{
	return spki.n > 0 && str_find(der, spki) >= 0;
}

static bool take_key(const struct tokens_conf *c, struct token_login *l,
		     const struct tenant_conf *tenant, struct err *e)
{
	AUTO(arena) a = ARENA_EMPTY;
	AUTO(buf) der = BUF_MAX(32 * KIB);
	AUTO(buf) spki = BUF_MAX(SPKI_MAX);
	struct str pem, key;
	enum key_alg alg;

	arena_init_secret(&a);
	TRY(read_pair(c, tenant, &a, &pem, &key, e));
	buf_clear(&l->x5t);
	buf_clear(&l->blob);
	TRY(jwt_x5t_s256(pem, &l->x5t, &der, e) ||
	    err_wrap(e, "login.certificate"));
	TRY(keys_key_seal(c->keys, key, &alg, &l->blob, &spki, e) ||
	    err_wrap(e, "login.key"));
	if (alg != KEY_RSA)
		return err_set(e, ERR_DENIED, 0, "login.key is not an RSA key");
	if (!is_pair(buf_str(&der), buf_str(&spki)))
		return err_set(e, ERR_DENIED, 0,
			       "login.certificate is not of login.key");
	l->has_key = true;
	return true;
}

static void put_claims(struct json *claims, const char *client, const char *url)
{
	int64_t now_s = clock_now_us() / US_PER_S;
	char jti[TOKEN_TEXT_LEN + 1];

	token_new(jti);
	json_add_cstr(claims, "aud", url);
	json_add_cstr(claims, "iss", client);
	json_add_cstr(claims, "sub", client);
	json_add_cstr(claims, "jti", jti);
	json_add_int(claims, "nbf", now_s);
	json_add_int(claims, "iat", now_s);
	json_add_int(claims, "exp", now_s + ASSERTION_S);
}

static bool make_assertion(const struct tokens_conf *c, struct token_login *l,
			   const struct tenant_conf *tenant, const char *url,
			   struct buf *out, struct err *e)
{
	struct json *header, *claims;
	bool ok;

	TRY(l->has_key || take_key(c, l, tenant, e));
	header = json_object();
	json_add_cstr(header, "alg", "PS256");
	json_add_cstr(header, "typ", "JWT");
	json_add_str(header, "x5t#S256", buf_str(&l->x5t));
	claims = json_object();
	put_claims(claims, tenant->deliver.login.client, url);
	ok = jwt_make(c->keys, buf_str(&l->blob), SIGN_RSA_PSS_SHA256, header,
		      claims, out, e);
	json_free(&header);
	json_free(&claims);
	return ok;
}

/* ---- the other ways ------------------------------------------------------------ */

/* Another issuer's token, read anew each time: it is renewed under our feet. */
static bool read_federated(const struct tokens_conf *c, const char *path,
			   struct buf *out, struct err *e)
{
	const struct secret_ref file = {.kind = SECRET_FILE,
					.value = (char *)(uintptr_t)path};
	AUTO(arena) a = ARENA_EMPTY;
	struct str text;

	arena_init_secret(&a);
	TRY(c->read(c->read_arg, &file, &a, &text, e) ||
	    err_wrap(e, "login.federated"));
	text = str_trim(text);
	for (size_t i = 0; i < text.n; i++) {
		if (!ascii_alnum(text.p[i]) && !strchr("-_.", text.p[i]))
			text.n = 0;
	}
	buf_put_str(out, text);
	return text.n > 0 || err_set(e, ERR_RETRY, 0,
				     "login.federated holds no signed token");
}

static bool put_secret(const struct tokens_conf *c,
		       const struct tenant_conf *tenant, struct buf *form,
		       struct err *e)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct str text;

	arena_init_secret(&a);
	TRY(c->read(c->read_arg, &tenant->deliver.login.secret, &a, &text, e) ||
	    err_wrap(e, "login.secret"));
	token_form_add(form, "client_secret", str_trim(text));
	return true;
}

static bool put_proof(const struct tokens_conf *c, struct token_login *l,
		      const struct tenant_conf *tenant, struct token_ask *ask,
		      struct err *e)
{
	AUTO(buf) assertion = BUF_MAX(ASSERTION_MAX);

	assertion.secret = true;
	if (tenant->deliver.login.federated)
		TRY(read_federated(c, tenant->deliver.login.federated,
				   &assertion, e));
	else if (tenant->deliver.login.certificate)
		TRY(make_assertion(c, l, tenant, ask->url, &assertion, e));
	else
		return put_secret(c, tenant, &ask->body, e);
	token_form_add(&ask->body, "client_assertion_type",
		       STR(ASSERTION_TYPE));
	token_form_add(&ask->body, "client_assertion", buf_str(&assertion));
	return true;
}

/* Microsoft, "How to use managed identities to acquire an access token". */
static void ask_managed(const struct tenant_conf *tenant, struct token_ask *ask)
{
	const char *url = tenant->deliver.login.token_url;
	struct str resource = str_of(scope_of(tenant));
	AUTO(buf) query = BUF_MAX(4 * KIB);

	if (str_ends(resource, STR(SCOPE_SUFFIX)))
		resource.n -= sizeof(SCOPE_SUFFIX) - 2; /* with its "/" */
	token_form_add(&query, "api-version", STR("2018-02-01"));
	token_form_add(&query, "resource", resource);
	if (tenant->deliver.login.client)
		token_form_add(&query, "client_id",
			       str_of(tenant->deliver.login.client));
	ask->method = "GET";
	ask->url = arena_printf(&ask->arena, "%s?%s", url ? url : MANAGED_URL,
				buf_cstr(&query));
	ask->header[0] = "Metadata: true";
}

bool token_ask_entra(const struct tokens_conf *c, struct token_login *l,
		     const struct tenant_conf *tenant, struct token_ask *ask,
		     struct err *e)
{
	const char *url = tenant->deliver.login.token_url;

	if (tenant->deliver.login.managed) {
		ask_managed(tenant, ask);
		return true;
	}
	if (!tenant->deliver.login.client ||
	    (!tenant->deliver.login.tenant && !url))
		return err_set(e, ERR_DENIED, 0,
			       "login needs tenant and client");
	ask->method = "POST";
	ask->url = url ? url
		       : arena_printf(&ask->arena,
				      "https://login.microsoftonline.com/%s/"
				      "oauth2/v2.0/token",
				      tenant->deliver.login.tenant);
	token_form_add(&ask->body, "grant_type", STR("client_credentials"));
	token_form_add(&ask->body, "client_id",
		       str_of(tenant->deliver.login.client));
	token_form_add(&ask->body, "scope", str_of(scope_of(tenant)));
	return put_proof(c, l, tenant, ask, e);
}
