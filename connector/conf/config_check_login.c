/* config_check_login.c - logins at the next hop: which settings each kind
 * needs, and what protects them on the way.
 */
#include "connector/conf/config_int.h"

struct login_check {
	struct config_reader *r;
	const struct conf_node *at; /* of `login`, or of `deliver` */
	const struct tenant_conf *t;
};

static bool goes(const struct login_check *c, const char *via)
{
	return c->t->deliver.via && strcmp(c->t->deliver.via, via) == 0;
}

static void must_have(const struct login_check *c, bool have, const char *name)
{
	if (!have)
		conf_error(c->r->errs, c->at,
			   "この kind の「login」には「%s」が要ります。",
			   "a `login` of this kind needs `%s`", name);
}

static void check_way(const struct login_check *c, bool by_token)
{
	if (by_token && !goes(c, "smtp-auth"))
		conf_error(c->r->errs, c->at,
			   "login の kind が entra か google なら "
			   "via: smtp-auth にしてください。",
			   "login kinds entra and google are for via: "
			   "smtp-auth");
	else if (!by_token && goes(c, "smtp-auth"))
		conf_error(c->r->errs, c->at,
			   "via: smtp-auth の login は kind: entra か "
			   "google です。1つの名前とパスワードで送るなら "
			   "via: relay です。",
			   "via: smtp-auth needs login kind entra or google; "
			   "one name and password for all is via: relay");
	else if (!by_token && c->t->deliver.login.kind != LOGIN_NONE &&
		 !goes(c, "relay"))
		conf_error(c->r->errs, c->at,
			   "「login」は via: relay か smtp-auth のときだけ"
			   "使えます。",
			   "`login` is for via: relay and smtp-auth");
}

/* Who can pretend to be the server would get the password or token. */
static void check_protection(const struct login_check *c)
{
	if (c->t->deliver.tls != TLS_LEVEL_VERIFIED)
		conf_error(c->r->errs, c->at,
			   "「login」には tls: verified が要ります。",
			   "`login` needs tls: verified");
}

static void check_password(const struct login_check *c)
{
	must_have(c, c->t->deliver.login.user != NULL, "user");
	must_have(c, c->t->deliver.login.secret.kind != SECRET_NOT_SET,
		  "secret");
}

static void check_entra(const struct login_check *c)
{
	const char *pem = c->t->deliver.login.certificate;
	bool secret = c->t->deliver.login.secret.kind != SECRET_NOT_SET;
	bool key = c->t->deliver.login.key.kind != SECRET_NOT_SET;
	bool managed = c->t->deliver.login.managed;
	int ways = (pem != NULL) + secret + managed +
		   (c->t->deliver.login.federated != NULL);

	if (ways != 1)
		conf_error(c->r->errs, c->at,
			   "certificate と key、federated、managed、secret の"
			   "うち1つを選んでください。",
			   "choose one of certificate with key, federated, "
			   "managed, secret");
	if (key != (pem != NULL))
		conf_error(c->r->errs, c->at,
			   "certificate と key は組で書いてください。",
			   "certificate and key go together");
	if (managed)
		return;
	must_have(c, c->t->deliver.login.client != NULL, "client");
	must_have(c,
		  c->t->deliver.login.tenant != NULL ||
			  c->t->deliver.login.token_url != NULL,
		  "tenant");
}

/* A literal address of this machine, or of its link. */
static bool is_near(struct str host)
{
	for (size_t i = 0; i < host.n; i++)
		TRY(ascii_digit(host.p[i]) || host.p[i] == '.');
	return str_starts(host, STR("127.")) ||
	       str_starts(host, STR("169.254."));
}

/* Never in clear over a network: https, or a machine's own metadata service
 * (and what plays one in a test). */
static void check_url(const struct login_check *c)
{
	struct str url = str_of(c->t->deliver.login.token_url), host;

	if (url.n == 0 || str_starts(url, STR("https://")))
		return;
	host = str_skip(url, sizeof("http://") - 1);
	for (size_t i = 0; i < host.n; i++) {
		if (host.p[i] == ':' || host.p[i] == '/')
			host.n = i;
	}
	if (!str_starts(url, STR("http://")) || !is_near(host))
		conf_error(c->r->errs, c->at,
			   "token-url は https にしてください。",
			   "token-url must be https");
}

void config_check_login(struct config_reader *r,
			const struct conf_node *deliver,
			const struct tenant_conf *t)
{
	const struct conf_node *login = conf_get(deliver, "login");
	const struct login_check c = {r, login ? login : deliver, t};
	enum login_kind kind = t->deliver.login.kind;

	check_way(&c, kind == LOGIN_ENTRA || kind == LOGIN_GOOGLE);
	if (kind == LOGIN_NONE)
		return;
	check_protection(&c);
	check_url(&c);
	if (kind == LOGIN_PASSWORD)
		check_password(&c);
	if (kind == LOGIN_ENTRA)
		check_entra(&c);
	if (kind == LOGIN_GOOGLE)
		must_have(&c, t->deliver.login.key.kind != SECRET_NOT_SET,
			  "key");
	if (goes(&c, "smtp-auth") && t->deliver.host &&
	    strcmp(t->deliver.host, "mx") == 0)
		conf_error(r->errs, deliver,
			   "via: smtp-auth に「host: mx」は使えません。",
			   "`host: mx` is not for via: smtp-auth");
}
