/* token_google.c - requests in the name of a user by a service account with
 * domain-wide delegation ("Using OAuth 2.0 for server to server applications").
 */
#include "auth/jwt_make_int.h"
#include "auth/token_int.h"
#include "connector/base/clock.h"
#include "connector/base/mem.h"

#define URL_DEFAULT   "https://oauth2.googleapis.com/token"
#define SCOPE_DEFAULT "https://mail.google.com/"
#define GRANT_TYPE    "urn:ietf:params:oauth:grant-type:jwt-bearer"
#define ASSERTION_S   3600
#define ASSERTION_MAX (16 * KIB)
#define NAME_MOST     320

/* What an e-mail address or a key id may be; it goes into JSON and logs. */
static char *copy_name(const char *text)
{
	struct str s = str_of(text);

	return s.n > 0 && s.n <= NAME_MOST && !str_has_control(s)
		       ? mem_strdup(text)
		       : NULL;
}

static bool take_members(const struct tokens_conf *c, struct token_login *l,
			 const struct json *j, struct err *e)
{
	struct str pem = str_of(json_get_cstr(j, "private_key", ""));
	AUTO(buf) spki = BUF_MAX(KEY_SPKI_MAX);
	enum key_alg alg;

	mem_free(l->email);
	mem_free(l->kid);
	l->email = copy_name(json_get_cstr(j, "client_email", ""));
	l->kid = copy_name(json_get_cstr(j, "private_key_id", ""));
	if (!str_is(str_of(json_get_cstr(j, "type", "")), "service_account") ||
	    !l->email || !l->kid)
		return err_set(e, ERR_DENIED, 0,
			       "login.key is not a service account's key file");
	buf_clear(&l->blob);
	TRY(keys_key_seal(c->keys, pem, &alg, &l->blob, &spki, e) ||
	    err_wrap(e, "login.key: private_key"));
	if (alg != KEY_RSA)
		return err_set(e, ERR_DENIED, 0, "login.key is not an RSA key");
	l->has_key = true;
	return true;
}

static bool take_key(const struct tokens_conf *c, struct token_login *l,
		     const struct tenant_conf *tenant, struct err *e)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct err why = ERR_EMPTY;
	struct json *j;
	struct str text;
	bool ok;

	arena_init_secret(&a);
	TRY(c->read(c->read_arg, &tenant->deliver.login.key, &a, &text, e) ||
	    err_wrap(e, "login.key"));
	j = json_parse(text, &why);
	if (!j) /* without its text: it may quote the file */
		return err_set(e, ERR_DENIED, 0, "login.key is not JSON");
	ok = take_members(c, l, j, e);
	token_wipe_member(j, "private_key");
	json_free(&j);
	return ok;
}

static void put_claims(struct json *claims, const struct token_login *l,
		       const struct tenant_conf *tenant, struct str user,
		       const char *url)
{
	const char *scope = tenant->deliver.login.scope;
	int64_t now_s = clock_now_us() / US_PER_S;

	json_add_cstr(claims, "iss", l->email);
	json_add_str(claims, "sub", user);
	json_add_cstr(claims, "scope", scope ? scope : SCOPE_DEFAULT);
	json_add_cstr(claims, "aud", url);
	json_add_int(claims, "iat", now_s);
	json_add_int(claims, "exp", now_s + ASSERTION_S);
}

static bool make_assertion(const struct tokens_conf *c,
			   const struct token_login *l,
			   const struct tenant_conf *tenant, struct str user,
			   const char *url, struct buf *out, struct err *e)
{
	struct json *header = json_object(), *claims = json_object();
	bool ok;

	json_add_cstr(header, "alg", "RS256");
	json_add_cstr(header, "typ", "JWT");
	json_add_cstr(header, "kid", l->kid);
	put_claims(claims, l, tenant, user, url);
	ok = jwt_make(c->keys, buf_str(&l->blob), SIGN_RSA_PKCS1_SHA256, header,
		      claims, out, e);
	json_free(&header);
	json_free(&claims);
	return ok;
}

bool token_ask_google(const struct tokens_conf *c, struct token_login *l,
		      const struct tenant_conf *tenant, struct str user,
		      struct token_ask *ask, struct err *e)
{
	const char *url = tenant->deliver.login.token_url;
	AUTO(buf) assertion = BUF_MAX(ASSERTION_MAX);

	assertion.secret = true;
	ask->method = "POST";
	ask->url = url ? url : URL_DEFAULT;
	TRY(l->has_key || take_key(c, l, tenant, e));
	TRY(make_assertion(c, l, tenant, user, ask->url, &assertion, e));
	token_form_add(&ask->body, "grant_type", STR(GRANT_TYPE));
	token_form_add(&ask->body, "assertion", buf_str(&assertion));
	return true;
}
